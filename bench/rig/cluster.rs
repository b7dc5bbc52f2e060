//! The bench's own PostgreSQL: made with `initdb`, started and stopped with `pg_ctl`, reachable through a Unix socket alone. Its
//! databases stay for the next run; nothing in it is worth keeping, so nothing is forced to disk.
//!
//! Not the program's private PostgreSQL, which ends with its owner and whose settings are not the bench's business.

use std::{
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, ensure};
use nix::unistd::User;
use tokio_postgres::{Client, NoTls};

use super::capture::quieten;

/// The longest that the path of a Unix socket may be, in bytes.
const LONGEST_SOCKET: usize = 103;

/// Where the server is, and how it is set.
#[derive(Debug, Clone, clap::Args)]
pub struct ClusterArgs {
    /// Folder of the bench's PostgreSQL; made when absent, kept afterwards
    #[arg(long, global = true, default_value = "target/bench")]
    folder: PathBuf,
    /// Folder with initdb, pg_ctl and postgres
    #[arg(long, global = true, env = "PG_BIN", default_value = "/usr/lib/postgresql/15/bin")]
    pg_bin: PathBuf,
    /// shared_buffers of the server; takes effect when it starts
    #[arg(long, global = true, default_value = "2GB")]
    shared_buffers: String,
}

/// The server.
#[derive(Debug, Clone)]
pub struct Cluster {
    folder: PathBuf,
    bin: PathBuf,
    shared_buffers: String,
    /// Who PostgreSQL runs as when we are root, which it refuses.
    stand_in: Option<User>,
}

/// Settings for loading much and measuring in peace. Those of the planner stay as PostgreSQL has them.
const SETTINGS: [&str; 17] = [
    "listen_addresses=",
    "port=5432",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=16GB",
    "checkpoint_timeout=1h",
    "shared_preload_libraries=pg_stat_statements",
    "pg_stat_statements.track=none",
    "logging_collector=on",
    "log_destination=jsonlog",
    "log_filename=postgresql.log",
    "timezone=UTC",
    "log_timezone=UTC",
    "max_connections=100",
];

impl Cluster {
    /// The server of these arguments, which need not be there yet.
    pub fn at(args: &ClusterArgs) -> anyhow::Result<Self> {
        std::fs::create_dir_all(&args.folder).with_context(|| format!("{} cannot be made", args.folder.display()))?;
        let folder = args.folder.canonicalize()?;
        let stand_in = if nix::unistd::geteuid().is_root() {
            Some(User::from_name("postgres")?.context("as root, the user postgres is needed: PostgreSQL does not run as root")?)
        } else {
            None
        };
        let cluster = Self { folder, bin: args.pg_bin.clone(), shared_buffers: args.shared_buffers.clone(), stand_in };
        ensure!(
            cluster.program("initdb").exists(),
            "there is no initdb in {}; start this with ./dev bench, or name the folder with --pg-bin",
            args.pg_bin.display()
        );
        let socket = cluster.socket_dir().join(".s.PGSQL.5432");
        ensure!(socket.as_os_str().len() <= LONGEST_SOCKET, "{} is too long for a socket; choose another --folder", socket.display());
        Ok(cluster)
    }

    /// Where its socket is.
    pub fn socket_dir(&self) -> PathBuf {
        self.folder.join("socket")
    }

    /// Where the server writes what it has to say.
    pub fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    /// The server's data.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The folder of everything.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A program of this PostgreSQL.
    pub fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    /// The address of a database.
    pub fn url(&self, database: &str) -> String {
        let host: String = self.socket_dir().to_string_lossy().replace('%', "%25").replace('/', "%2F").replace(' ', "%20");
        format!("postgres://postgres@{host}/{database}")
    }

    /// How a person connects.
    pub fn psql(&self, database: &str) -> String {
        format!("psql -h {} -U postgres {database}", self.socket_dir().display())
    }

    /// Whether it runs.
    pub fn is_running(&self) -> anyhow::Result<bool> {
        Ok(self.data().exists() && self.pg_ctl(&["status"])?.status()?.success())
    }

    /// Starts it, unless it runs; the first time makes it. True when it was started now.
    pub fn start(&self) -> anyhow::Result<bool> {
        if self.is_running()? {
            return Ok(false);
        }
        if !self.data().exists() {
            self.make()?;
        }
        let settings: Vec<String> = SETTINGS.iter().map(|setting| format!("-c {setting}")).collect();
        let options = format!(
            "{} -c shared_buffers={} -c unix_socket_directories='{}'",
            settings.join(" "),
            self.shared_buffers,
            self.socket_dir().display()
        );
        // What earlier runs logged has been read, and takes gigabytes.
        let logged = self.data().join("log");
        if logged.exists() {
            std::fs::remove_dir_all(&logged).with_context(|| format!("{} cannot be removed", logged.display()))?;
        }
        let log = self.log();
        let status = self.pg_ctl(&["start", "-w", "-t", "600", "-s", "-l", &log.to_string_lossy(), "-o", &options])?.status()?;
        ensure!(status.success(), "PostgreSQL did not start; its log is {}", log.display());
        Ok(true)
    }

    /// Stops it.
    pub fn stop(&self) -> anyhow::Result<()> {
        let status = self.pg_ctl(&["stop", "-w", "-t", "600", "-s", "-m", "fast"])?.status()?;
        ensure!(status.success(), "PostgreSQL in {} did not stop", self.folder.display());
        Ok(())
    }

    /// Runs it while something is done, until Ctrl-C; stops it afterwards, unless it ran before or shall stay.
    pub async fn during(&self, stays: bool, work: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
        let started = self.start()?;
        let outcome = tokio::select! {
            outcome = work => outcome,
            _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("stopped")),
        };
        // Also after a failure: PostgreSQL must not go on telling everything to its log.
        quieten(&connect(&self.url("postgres")).await?).await?;
        if started && !stays {
            self.stop()?;
        }
        outcome
    }

    /// The process that all others of the server are children of.
    pub fn postmaster(&self) -> anyhow::Result<u32> {
        let note = std::fs::read_to_string(self.data().join("postmaster.pid")).context("PostgreSQL is not running")?;
        Ok(note.lines().next().unwrap_or_default().trim().parse()?)
    }

    fn make(&self) -> anyhow::Result<()> {
        std::fs::create_dir_all(self.socket_dir())?;
        if let Some(user) = &self.stand_in {
            for place in [self.folder.clone(), self.socket_dir()] {
                std::os::unix::fs::chown(&place, Some(user.uid.as_raw()), Some(user.gid.as_raw()))?;
            }
        }
        let data = self.data();
        let mut initdb = self.command("initdb");
        initdb.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-instructions", "--no-sync", "-D"]).arg(&data);
        let output = initdb.stdout(Stdio::null()).stderr(Stdio::piped()).output()?;
        let hint = "its user must be able to reach the folder; choose another with --folder";
        ensure!(output.status.success(), "initdb failed ({hint}):\n{}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }

    fn pg_ctl(&self, arguments: &[&str]) -> anyhow::Result<Command> {
        let mut command = self.command("pg_ctl");
        command.arg("-D").arg(self.data()).args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
        Ok(command)
    }

    /// A program, run as the user that the server runs as.
    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.program(name));
        command.current_dir("/").env("LC_ALL", "C");
        if let Some(user) = &self.stand_in {
            command.uid(user.uid.as_raw()).gid(user.gid.as_raw());
        }
        command
    }
}

/// A connection to an address; the task that drives it ends with it.
pub async fn connect(url: &str) -> anyhow::Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    tokio::spawn(async move {
        // Whoever uses the connection is told what befell it.
        drop(connection.await);
    });
    Ok(client)
}
