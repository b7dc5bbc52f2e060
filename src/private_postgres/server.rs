//! Starts `initdb` and the server, waits for it, and stops it. Where things lie and who may use them is decided elsewhere.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::Durability;
use super::account::Account;
use super::error::PrivatePostgresError;
use super::folder::Folder;
use super::programs::Programs;

/// The shell script that holds the server.
const WATCHDOG: &str = include_str!("watchdog.sh");
/// How long a server may take to become ready, recovery after a crash included.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How many seconds a server may take to end by itself before it must drop everything.
const GRACE_SECONDS: u64 = 20;
/// How long we wait for the end: the grace, and what PostgreSQL then takes to kill its own processes (5 s).
const STOPPED_WITHIN: Duration = Duration::from_secs(GRACE_SECONDS + 15);
/// Between two looks at the server.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Settings that every private server has.
const SETTINGS: [&str; 7] = [
    "port=5432", // names the socket; else PostgreSQL would take it from the configuration
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_checkpoints=off",
    "log_line_prefix=%m [%p] ",
];

/// Names and e-mail addresses, which stand in statements and in the details of errors, stay out of the log.
const DISCREET: [&str; 2] = ["log_min_error_statement=panic", "log_error_verbosity=terse"];

/// For data that nobody will miss (<https://www.postgresql.org/docs/current/non-durability.html>).
const FAST: [&str; 6] = [
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "shared_buffers=128MB",
    "max_connections=300",
    "autovacuum_naptime=10min", // less work beside hundreds of test databases
];

/// What is needed to start a server.
pub(super) struct Launch<'a> {
    pub(super) folder: &'a Folder,
    pub(super) programs: &'a Programs,
    pub(super) account: Option<&'a Account>,
    pub(super) durability: Durability,
    pub(super) lock: &'a File,
}

impl Launch<'_> {
    /// Creates PostgreSQL's data folder.
    pub(super) fn create_cluster(&self) -> Result<(), PrivatePostgresError> {
        let (unfinished, initdb) = (self.folder.unfinished_cluster(), self.programs.path("initdb"));
        tracing::info!(folder = %self.folder.root().display(), "creating the database files");
        let log = self.folder.open_log(self.account)?;
        let log_copy = log.try_clone().map_err(PrivatePostgresError::io("open", self.folder.log()))?;
        let mut command = self.command(&initdb);
        command
            .args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-instructions"])
            .args(self.throwaway().then_some("--no-sync"))
            .arg("-D")
            .arg(&unfinished)
            // Not read, but held: the folder stays locked while initdb works, even when we are killed.
            .stdin(self.copy_of_lock()?)
            .stdout(log)
            .stderr(log_copy);
        let status = command.status().map_err(PrivatePostgresError::io("run", &initdb))?;
        if !status.success() {
            return Err(PrivatePostgresError::InitdbFailed { log: self.folder.log(), tail: self.folder.log_tail() });
        }
        let cluster = self.folder.cluster();
        fs::rename(&unfinished, &cluster).map_err(PrivatePostgresError::io("create", cluster))?;
        File::open(self.folder.root()).and_then(|folder| folder.sync_all()).map_err(PrivatePostgresError::io("write", self.folder.root()))
    }

    /// Starts the watchdog with the server, and waits until the server takes connections. Gives the watchdog.
    pub(super) fn spawn(&self, socket_dir: &Path) -> Result<Child, PrivatePostgresError> {
        drop(self.folder.open_log(self.account)?); // so that it exists with the right owner
        let mut command = self.command(Path::new("/bin/sh"));
        command
            .args(["-c", WATCHDOG, "gotit-postgres"])
            .arg(self.folder.cluster())
            .arg(self.folder.log())
            .arg(if self.throwaway() { self.folder.root() } else { Path::new("") })
            .arg(GRACE_SECONDS.to_string())
            .arg(self.programs.path("postgres"))
            .arg("-D")
            .arg(self.folder.cluster())
            .arg("-k")
            .arg(socket_dir)
            .args(self.settings().flat_map(|setting| ["-c", setting]))
            .stdin(Stdio::piped())
            .stdout(self.copy_of_lock()?)
            .stderr(Stdio::null());
        let mut watchdog = command.spawn().map_err(PrivatePostgresError::io("run", "/bin/sh"))?;
        match self.wait_until_ready(&mut watchdog) {
            Ok(()) => Ok(watchdog),
            Err(error) => {
                if let Err(stop_error) = stop(&mut watchdog, self.folder) {
                    tracing::warn!(error = %stop_error, "stopping a PostgreSQL that did not start");
                }
                Err(error)
            }
        }
    }

    fn throwaway(&self) -> bool {
        self.durability == Durability::Throwaway
    }

    fn settings(&self) -> impl Iterator<Item = &'static str> {
        let particular: &[&str] = match self.durability {
            Durability::Full => &DISCREET,
            Durability::Throwaway => &FAST,
        };
        SETTINGS.iter().chain(particular).copied()
    }

    /// A command for the server's user, in its own process group, without our environment: it may hold secrets, and
    /// `PGPORT`, `PGDATA` and the like would change what the server does.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()))
            .env("LC_ALL", "C")
            .current_dir(self.folder.root())
            .process_group(0);
        if let Some(account) = self.account {
            account.run_as(&mut command);
        }
        command
    }

    fn copy_of_lock(&self) -> Result<Stdio, PrivatePostgresError> {
        let copy = self.lock.try_clone().map_err(PrivatePostgresError::io("lock", self.folder.root()))?;
        Ok(Stdio::from(copy))
    }

    fn wait_until_ready(&self, watchdog: &mut Child) -> Result<(), PrivatePostgresError> {
        let started = Instant::now();
        while !self.is_ready() {
            let ended = watchdog.try_wait().map_err(PrivatePostgresError::io("watch", "/bin/sh"))?;
            if ended.is_some() {
                return Err(PrivatePostgresError::EndedWhileStarting { log: self.folder.log(), tail: self.folder.log_tail() });
            }
            if started.elapsed() > READY_WITHIN {
                return Err(PrivatePostgresError::NotReady {
                    seconds: READY_WITHIN.as_secs(),
                    log: self.folder.log(),
                    tail: self.folder.log_tail(),
                });
            }
            sleep(LOOK_EVERY);
        }
        Ok(())
    }

    /// Whether the server has noted in line 8 of its pid file that it takes connections, which is what `pg_ctl --wait`
    /// looks at. An older file of the same name was removed before the start.
    fn is_ready(&self) -> bool {
        fs::read_to_string(self.folder.pid_file()).is_ok_and(|text| text.lines().nth(7).is_some_and(|status| status.trim() == "ready"))
    }
}

/// Tells the watchdog to stop the server, by closing the pipe, and waits until both have ended.
pub(super) fn stop(watchdog: &mut Child, folder: &Folder) -> Result<(), PrivatePostgresError> {
    drop(watchdog.stdin.take());
    let started = Instant::now();
    loop {
        match watchdog.try_wait().map_err(PrivatePostgresError::io("watch", "/bin/sh"))? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => {
                tracing::warn!(%status, folder = %folder.root().display(), "PostgreSQL had ended before it was asked to, or had to be forced");
                return Ok(());
            }
            None if started.elapsed() > STOPPED_WITHIN => {
                return Err(PrivatePostgresError::NotStopped { folder: folder.root().to_owned(), seconds: STOPPED_WITHIN.as_secs() });
            }
            None => sleep(LOOK_EVERY),
        }
    }
}
