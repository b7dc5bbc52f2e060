//! The real program, `gotit serve`, as a process of its own.

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use super::Client;

/// How long a test waits for what should be there in a moment, before it says that it will never be. No test asserts how long something
/// takes: that says more of the machine and of what else it does than of the program.
pub const PATIENCE: Duration = Duration::from_secs(240);

/// A running `gotit serve`. Stopped when dropped.
pub struct Program {
    pub child: Child,
    said: Arc<Mutex<String>>,
}

impl Program {
    /// The command, on a free port, with one worker, without the settings of the person who runs the tests.
    pub fn command() -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gotit"));
        for name in ["DATABASE_URL", "GOTIT_DATA_DIR", "GOTIT_LOG", "GOTIT_LOG_FORMAT", "GOTIT_LISTEN", "GOTIT_METRICS_LISTEN"] {
            command.env_remove(name);
        }
        command.args(["serve", "--listen", "127.0.0.1:0", "--workers", "1"]);
        command
    }

    /// Starts it and collects what it says.
    pub fn spawn(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let said = Arc::new(Mutex::new(String::new()));
        collect(child.stdout.take().expect("its output"), said.clone());
        collect(child.stderr.take().expect("its complaints"), said.clone());
        Self { child, said }
    }

    /// Starts it with its own PostgreSQL in `data_dir` and waits until it is ready.
    pub fn on_folder(data_dir: &Path) -> Self {
        Self::ready(Self::command().arg("--data-dir").arg(data_dir))
    }

    /// Starts it on a database and waits until it is ready.
    pub fn on_database(url: &str, arguments: &[&str]) -> Self {
        Self::ready(Self::command().args(arguments).env("DATABASE_URL", url))
    }

    /// Starts it and waits until it is ready.
    pub fn ready(command: &mut Command) -> Self {
        let program = Self::spawn(command);
        program.address();
        program
    }

    /// Where the API is, once it is ready.
    pub fn address(&self) -> SocketAddr {
        let address = || {
            let said = self.said();
            let (_, rest) = said.split_once("API        http://")?;
            rest.split_once("/v1")?.0.parse().ok()
        };
        let started = Instant::now();
        loop {
            if let Some(address) = address() {
                return address;
            }
            assert!(started.elapsed() < PATIENCE, "it does not become ready: {}", self.said());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// A visitor.
    pub fn visitor(&self) -> Client {
        Client::new(self.address(), None)
    }

    /// Everything that it wrote to standard output and standard error so far.
    pub fn said(&self) -> String {
        self.said.lock().expect("no reader fails").clone()
    }

    /// Sends a signal.
    pub fn send(&self, signal: &str) {
        send_signal(signal, self.child.id());
    }

    /// How it ended.
    pub fn ended(&mut self) -> ExitStatus {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the program is ours") {
                return status;
            }
            assert!(started.elapsed() < PATIENCE, "it does not end: {}", self.said());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Asks it to stop, and says how it ended.
    pub fn stop(&mut self) -> ExitStatus {
        self.send("TERM");
        self.ended()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.send("TERM");
            self.child.wait().ok();
        }
    }
}

/// Sends a signal to one process, which must be of this test's own making.
pub fn send_signal(signal: &str, process: u32) {
    let status = Command::new("/bin/sh").args(["-c", "kill -s \"$1\" \"$2\"", "sh", signal, &process.to_string()]).status();
    assert!(status.expect("a shell").success());
}

/// A folder for data that the server's user may reach, and that is gone after the test.
pub fn open_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("its access rights");
    folder
}

/// Waits until something holds.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let started = Instant::now();
    while !holds().await {
        assert!(started.elapsed() < PATIENCE, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What something comes to that must have an end.
pub async fn ends<T>(what: &str, work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| panic!("waited in vain until {what}"))
}

fn collect(output: impl Read + Send + 'static, into: Arc<Mutex<String>>) {
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let mut said = into.lock().expect("no reader fails");
            said.push_str(&line);
            said.push('\n');
        }
    });
}
