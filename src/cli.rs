//! The command line: its verbs, each in a file of its own, and how they find their database.

mod import;
mod localities;
mod networks;
mod serve;
mod staff;
mod worker;

use std::{
    io::{IsTerminal, Write},
    time::Duration,
};

use anyhow::Context;
use clap::{Parser, Subcommand};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::{
    catalog::seed,
    config::{DatabaseConfig, ServeConfig, WorkerConfig},
    db::{self, Conn, Db, DbConfig, missing_migrations},
    error::Error,
    private_postgres::{Durability, Options, PrivatePostgres},
    telemetry,
};

/// Got It / Want It: community groups say what they have got and what they want; the API matches them.
#[derive(Debug, Parser)]
#[command(version, about, long_about = None, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Start the API, with a private PostgreSQL unless DATABASE_URL is set
    Serve(Box<ServeConfig>),
    /// Do time-driven work and send mail, beside any number of `gotit serve --no-worker`
    Worker(Box<WorkerConfig>),
    /// Bring the database up to date with this program, then stop
    Migrate(DatabaseConfig),
    /// Load the demo town into an empty database
    Demo(DatabaseConfig),
    /// Import groups and listings from a file (docs/IMPORT.md)
    Import(import::ImportArgs),
    /// Import and look up places
    #[command(subcommand, after_help = seed::ATTRIBUTION)]
    Localities(localities::LocalitiesVerb),
    /// Add and list networks
    #[command(subcommand)]
    Networks(networks::NetworksVerb),
    /// Take people on as staff of a network; the way to its first coordinator
    #[command(subcommand)]
    Staff(staff::StaffVerb),
    /// Print the contract (OpenAPI 3.1, YAML)
    Openapi {
        /// Print the table of problems instead (docs/PROBLEMS.md)
        #[arg(long)]
        problems: bool,
    },
    /// Ask a running API whether it is ready; exits with 1 when it is not
    Health {
        /// Address and port of the API
        #[arg(long, env = "GOTIT_LISTEN", default_value = "127.0.0.1:8080")]
        listen: std::net::SocketAddr,
    },
}

/// Reads the command line and does what it says.
pub async fn run() -> anyhow::Result<()> {
    match Cli::parse().verb {
        Verb::Serve(config) => serve::serve(*config).await,
        Verb::Worker(config) => worker::work(*config).await,
        Verb::Migrate(config) => {
            let database = Database::open(&config).await?;
            database.migrate().await?;
            say("The database is up to date.")?;
            database.close().await
        }
        Verb::Demo(config) => import::load_demo(&config).await,
        Verb::Import(arguments) => import::run(arguments).await,
        Verb::Localities(verb) => localities::run(verb).await,
        Verb::Networks(verb) => networks::run(verb).await,
        Verb::Staff(verb) => staff::run(verb).await,
        Verb::Openapi { problems: true } => say(crate::contract::problems_md().trim_end()),
        Verb::Openapi { problems: false } => say(crate::contract::openapi_yaml()?.trim_end()),
        Verb::Health { listen } => serve::ask_health(listen).await,
    }
}

/// Prints a line to standard output; a reader that has gone away is no error.
pub(crate) fn say(line: impl std::fmt::Display) -> anyhow::Result<()> {
    match writeln!(std::io::stdout().lock(), "{line}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// The database that a verb works on: the one at DATABASE_URL, the private one of a `gotit serve` that is running, or a private one
/// that lives as long as the verb.
pub(crate) struct Database {
    /// Its address.
    pub url: String,
    private: Option<PrivatePostgres>,
    /// How the private one was started.
    options: Option<Options>,
}

impl Database {
    /// Finds the database, also when a running `gotit serve` holds it, or starts the private one.
    pub async fn open(config: &DatabaseConfig) -> anyhow::Result<Self> {
        if config.database_url.is_none() {
            let data_dir = private_dir(config)?;
            let running = tokio::task::spawn_blocking(move || PrivatePostgres::url_of_running(&data_dir, PRIVATE_DATABASE)).await?;
            if let Some(url) = running {
                return Ok(Self { url, private: None, options: None });
            }
        }
        Self::own(config).await
    }

    /// Finds the database, or starts the private one; refuses one that another program holds, which would end with that.
    pub async fn own(config: &DatabaseConfig) -> anyhow::Result<Self> {
        if let Some(url) = &config.database_url {
            return Ok(Self { url: url.clone(), private: None, options: None });
        }
        let options = Options { data_dir: private_dir(config)?, durability: Durability::Full, bin_dir: config.pg_bin.clone() };
        let private = start(options.clone()).await?;
        Ok(Self { url: private.url(PRIVATE_DATABASE), private: Some(private), options: Some(options) })
    }

    /// Starts the private database again, at the same address, whenever it has ended by itself (out of memory, killed by mistake).
    /// Never returns. Dropped while it starts one, that one is stopped.
    pub async fn keep_running(&mut self) {
        let Some(options) = self.options.clone() else { return std::future::pending().await };
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            if self.private.as_mut().is_some_and(|private| !private.has_ended()) {
                continue;
            }
            tracing::error!("the private PostgreSQL has ended by itself; starting it again");
            // The old one's lock goes with it.
            self.private = None;
            match start(options.clone()).await {
                Ok(private) => self.private = Some(private),
                Err(error) => tracing::error!(%error, "the private PostgreSQL did not start; trying again"),
            }
        }
    }

    /// Runs the migrations and writes the common catalogue.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        for name in db::migrate(&self.url).await.context("the database could not be brought up to date")? {
            tracing::info!(migration = %name, "migrated");
        }
        let database =
            Db::new(&self.url, &DbConfig { db_connections: 1, db_statement_ms: 60_000, db_lock_ms: 60_000, ..DbConfig::default() })?;
        let seeded = seed::seed(&mut *database.conn().await?).await?;
        if seeded.categories + seeded.localities > 0 {
            tracing::info!(seeded.categories, seeded.localities, "wrote the common catalogue");
        }
        Ok(())
    }

    /// Stops the private database, if there is one.
    pub async fn close(self) -> anyhow::Result<()> {
        if let Some(private) = self.private {
            tokio::task::spawn_blocking(|| private.stop()).await??;
        }
        Ok(())
    }
}

/// Between two looks at the private database.
const LOOK_EVERY: Duration = Duration::from_millis(500);

async fn start(options: Options) -> anyhow::Result<PrivatePostgres> {
    Ok(tokio::task::spawn_blocking(|| PrivatePostgres::start(options)).await??)
}

/// The database of ours on a private server.
const PRIVATE_DATABASE: &str = "postgres";

/// Where the private server keeps its data.
fn private_dir(config: &DatabaseConfig) -> std::io::Result<std::path::PathBuf> {
    Ok(std::path::absolute(&config.data_dir)?.join("postgres"))
}

/// Does `work` on a connection to the database, which must be up to date, and stops what was started for it. Statements may take
/// longer than the API's: nobody waits but the person at the terminal.
pub(crate) async fn on_database(config: &DatabaseConfig, work: impl AsyncFnOnce(&mut Conn) -> anyhow::Result<()>) -> anyhow::Result<()> {
    log_quietly()?;
    let database = Database::open(config).await?;
    let outcome = on_connection(&database.url, work).await;
    database.close().await?;
    outcome
}

async fn on_connection(url: &str, work: impl AsyncFnOnce(&mut Conn) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let patient = DbConfig { db_connections: 1, db_acquire_ms: 5_000, db_statement_ms: 60_000, db_lock_ms: 30_000 };
    let mut conn = Db::new(url, &patient)?.conn().await?;
    let missing = missing_migrations(&mut conn).await?;
    anyhow::ensure!(missing.is_empty(), "The database is not up to date with this program. Run gotit migrate first.");
    work(&mut conn).await
}

/// A bar on standard error; none when that is no terminal.
pub(crate) fn progress(length: u64, template: &str) -> ProgressBar {
    let target = if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(length), target).with_style(style)
}

/// An error as a person at the terminal reads it: what is wrong with which option, or the sentence.
pub(crate) fn plain(error: Error) -> anyhow::Error {
    match error {
        Error::Problem(problem) if problem.errors.is_empty() => anyhow::anyhow!(problem.detail),
        Error::Problem(problem) => {
            let option = |pointer: &Option<String>| pointer.as_deref().unwrap_or_default().replace('/', "--");
            let lines: Vec<_> = problem.errors.iter().map(|field| format!("{}: {}", option(&field.pointer), field.detail)).collect();
            anyhow::anyhow!(lines.join("\n"))
        }
        other => other.into(),
    }
}

/// Starts logging for a verb other than `serve`: warnings, for people.
pub(crate) fn log_quietly() -> anyhow::Result<()> {
    telemetry::start(&telemetry::LogConfig { log: "warn".to_owned(), log_format: telemetry::LogFormat::Text })
}
