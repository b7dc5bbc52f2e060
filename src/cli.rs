//! The command line: its verbs, each in a file of its own, and how they find their database.

mod localities;
mod serve;

use std::io::Write;

use anyhow::Context;
use clap::{Parser, Subcommand};

use crate::{
    catalog::seed,
    config::{DatabaseConfig, ServeConfig},
    db::{self, Db, DbConfig},
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
    /// Bring the database up to date with this program, then stop
    Migrate(DatabaseConfig),
    /// Import and look up places
    #[command(subcommand, after_help = seed::ATTRIBUTION)]
    Localities(localities::LocalitiesVerb),
    /// Print the contract (OpenAPI 3.1, YAML)
    Openapi,
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
        Verb::Migrate(config) => {
            let database = Database::open(&config).await?;
            database.migrate().await?;
            database.close().await
        }
        Verb::Localities(verb) => localities::run(verb).await,
        Verb::Openapi => say(crate::contract::openapi_yaml()?.trim_end()),
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

/// The database that a verb works on: the one at DATABASE_URL, or a private one that lives as long as the verb.
pub(crate) struct Database {
    /// Its address.
    pub url: String,
    private: Option<PrivatePostgres>,
}

impl Database {
    /// Finds the database, or starts the private one.
    pub async fn open(config: &DatabaseConfig) -> anyhow::Result<Self> {
        if let Some(url) = &config.database_url {
            return Ok(Self { url: url.clone(), private: None });
        }
        let options = Options {
            data_dir: std::path::absolute(&config.data_dir)?.join("postgres"),
            durability: Durability::Full,
            bin_dir: config.pg_bin.clone(),
        };
        let private = tokio::task::spawn_blocking(|| PrivatePostgres::start(options)).await??;
        Ok(Self { url: private.url("postgres"), private: Some(private) })
    }

    /// Runs the migrations and writes the common catalogue.
    pub async fn migrate(&self) -> anyhow::Result<()> {
        for name in db::migrate(&self.url).await.context("the database could not be brought up to date")? {
            tracing::info!(migration = %name, "migrated");
        }
        let database = Db::new(&self.url, &DbConfig { db_connections: 1, db_statement_ms: 60_000, ..DbConfig::default() })?;
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

/// Starts logging for a verb other than `serve`: warnings, for people.
pub(crate) fn log_quietly() -> anyhow::Result<()> {
    telemetry::start(&telemetry::LogConfig { log: "warn".to_owned(), log_format: telemetry::LogFormat::Text })
}
