//! The program under measurement: the release `gotit serve`, a process of its own on the bench's database.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use gotit::db::DbConfig;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use super::{
    database::{EMAIL, PASSWORD, Ready},
    wire::{Request, Wire},
};

/// A statement may take so long: what is slow is to be measured, not cut off.
const STATEMENT_MS: u32 = 60_000;
/// How long an access token is used. It is good for fifteen minutes.
const TOKEN_FOR: Duration = Duration::from_secs(8 * 60);
/// How long the server may take to start; a migration of ten million listings takes its time.
const START_WITHIN: Duration = Duration::from_secs(3_600);
/// Housekeeping begins two seconds after the start; what is measured begins after that.
const SETTLE: Duration = Duration::from_secs(4);

/// How the server under measurement talks to PostgreSQL: as by default, but patient.
pub fn db_config() -> DbConfig {
    DbConfig { db_statement_ms: STATEMENT_MS, ..DbConfig::default() }
}

/// The running server.
pub struct Api {
    child: Child,
    pub address: SocketAddr,
    token: Option<(String, Instant)>,
}

impl Api {
    /// Starts it, without its worker, whose statements belong to no request, and waits until it listens. Its log goes to `gotit.log` in the
    /// folder.
    pub async fn start(program: &Path, database: &Ready, folder: &Path) -> anyhow::Result<Self> {
        ensure!(program.exists(), "{} is missing: build it with cargo build --release, or start this with ./dev bench", program.display());
        let log = std::fs::File::create(folder.join("gotit.log"))?;
        let mut child = Command::new(program)
            .args(["serve", "--no-worker", "--listen", "127.0.0.1:0", "--log", "warn"])
            .env_clear()
            .env("DATABASE_URL", &database.url)
            .env("GOTIT_DB_STATEMENT_MS", STATEMENT_MS.to_string())
            .env("GOTIT_ANSWER_MS", (STATEMENT_MS + 10_000).to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} could not be started", program.display()))?;
        let output = child.stdout.take().context("the server's output is ours")?;
        let mut api = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), token: None };
        let address = tokio::time::timeout(START_WITHIN, spawn_blocking(|| address_in(BufReader::new(output))));
        let address = address.await.context("gotit serve did not start in time")??;
        api.address = address.with_context(|| format!("gotit serve ended; its log is {}", folder.join("gotit.log").display()))?;
        tokio::time::sleep(SETTLE).await;
        Ok(api)
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// An access token that is good for some minutes yet.
    pub async fn token(&mut self) -> anyhow::Result<String> {
        if let Some((token, since)) = &self.token
            && since.elapsed() < TOKEN_FOR
        {
            return Ok(token.clone());
        }
        let request = Request::post("/v1/sessions", None, &json!({"email": EMAIL, "password": PASSWORD, "device": "bench"}));
        let mut wire = Wire::to(self.address).await?;
        let (status, body) = wire.ask(&request).await?;
        ensure!(status == 201, "signing in was answered {status}: {}", String::from_utf8_lossy(body));
        let body: Value = serde_json::from_slice(body)?;
        let token = body.pointer("/access_token").and_then(Value::as_str).context("no access_token in the answer")?.to_owned();
        self.token = Some((token.clone(), Instant::now()));
        Ok(token)
    }

    /// Stops it as an operator would, and waits.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.terminate()?;
        spawn_blocking(move || self.child.wait().map(drop)).await??;
        Ok(())
    }

    fn terminate(&self) -> anyhow::Result<()> {
        Ok(kill(Pid::from_raw(i32::try_from(self.pid())?), Signal::SIGTERM)?)
    }
}

/// A measurement that was broken off leaves no server behind.
impl Drop for Api {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None))
            && let Err(error) = self.terminate()
        {
            eprintln!("gotit serve, process {}, could not be stopped: {error}", self.pid());
        }
    }
}

/// Where the server listens, from what it prints. The rest of that is read to its end, so that the server can go on printing.
fn address_in(output: impl BufRead + Send + 'static) -> Option<SocketAddr> {
    let mut lines = output.lines().map_while(Result::ok);
    let address = lines.find_map(|line| line.split("http://").nth(1)?.split('/').next()?.parse().ok());
    std::thread::spawn(move || lines.for_each(drop));
    address
}
