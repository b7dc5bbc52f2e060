//! The settings of `gotit serve`: read once at start from flags and environment, one documented struct per concern.

use std::{net::SocketAddr, path::PathBuf};

use crate::{db::DbConfig, http::body::LimitsConfig, outbox::MailConfig, telemetry::LogConfig};

/// Which database, and where a private one lives.
#[derive(Debug, Clone, clap::Args)]
pub struct DatabaseConfig {
    /// The PostgreSQL (15 or newer) to use, as postgres://user:password@host/database. Without it, gotit starts a private
    /// PostgreSQL of its own in the data folder
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Folder for what the program keeps itself: its private PostgreSQL
    #[arg(long, env = "GOTIT_DATA_DIR", default_value = ".gotit")]
    pub data_dir: PathBuf,
    /// Folder with PostgreSQL's server programs, when they are not where the system puts them
    #[arg(long, env = "PG_BIN")]
    pub pg_bin: Option<PathBuf>,
}

/// Everything that `gotit serve` can be told.
#[derive(Debug, Clone, clap::Args)]
pub struct ServeConfig {
    /// Address and port of the API
    #[arg(long, env = "GOTIT_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Address and port for Prometheus (`/metrics`); not for the public
    #[arg(long, env = "GOTIT_METRICS_LISTEN")]
    pub metrics_listen: Option<SocketAddr>,
    /// Load the demo town when the database is empty, and print its logins
    #[arg(long)]
    pub demo: bool,
    /// Refuse to start when migrations are missing, instead of running them
    #[arg(long)]
    pub no_migrate: bool,
    /// Leave time-driven work and mail to `gotit worker`, or to other processes
    #[arg(long)]
    pub no_worker: bool,
    /// Threads that answer requests; one per core unless set
    #[arg(long, env = "GOTIT_WORKERS")]
    pub workers: Option<usize>,
    /// Seconds that running requests have to finish after SIGTERM
    #[arg(long, env = "GOTIT_DRAIN_SECONDS", default_value_t = 20)]
    pub drain_seconds: u64,
    /// Database
    #[command(flatten)]
    pub database: DatabaseConfig,
    /// Pool and timeouts
    #[command(flatten)]
    pub db: DbConfig,
    /// Sizes and deadlines of requests
    #[command(flatten)]
    pub limits: LimitsConfig,
    /// What the application itself needs to know
    #[command(flatten)]
    pub app: AppConfig,
    /// Mail
    #[command(flatten)]
    pub mail: MailConfig,
    /// Logs
    #[command(flatten)]
    pub log: LogConfig,
}

/// Everything that `gotit worker` can be told.
#[derive(Debug, Clone, clap::Args)]
pub struct WorkerConfig {
    /// Database
    #[command(flatten)]
    pub database: DatabaseConfig,
    /// Pool and timeouts
    #[command(flatten)]
    pub db: DbConfig,
    /// Mail
    #[command(flatten)]
    pub mail: MailConfig,
    /// Logs
    #[command(flatten)]
    pub log: LogConfig,
}

/// What the application needs to know, apart from its database.
#[derive(Debug, Clone, clap::Args)]
pub struct AppConfig {
    /// Who issues access tokens: the `iss` claim. Use the public address of the API
    #[arg(long, env = "GOTIT_ISSUER", default_value = "http://127.0.0.1:8080")]
    pub issuer: String,
    /// Take client addresses from the last entry of the X-Forwarded-For header. Only behind a proxy that writes it
    #[arg(long, env = "GOTIT_BEHIND_PROXY")]
    pub behind_proxy: bool,
    /// Passwords hashed or checked at once; each takes 19 MiB and about 50 ms of a core
    #[arg(long, env = "GOTIT_PASSWORD_WORKERS", default_value_t = 2)]
    pub password_workers: usize,
}

impl Default for AppConfig {
    fn default() -> Self {
        Self { issuer: "http://127.0.0.1:8080".to_owned(), behind_proxy: false, password_workers: 2 }
    }
}
