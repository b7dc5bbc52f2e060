//! A private PostgreSQL, for those who have set no `DATABASE_URL` and for tests: started from the installed server
//! programs, in a folder of its own, reachable only through a Unix socket in that folder, and stopped with its owner.
//! Not a way to manage a PostgreSQL that runs elsewhere, and no schema: it gives an empty server.
//!
//! ```text
//!  this program ──pipe──> watchdog (sh) ──child──> postgres ──> its processes
//!       └──────────────── gotit.lock: open in all of them ─────────┘
//! ```
//!
//! - **Stopping.** The program never signals a process by number. It closes the pipe, and the watchdog, whose child the
//!   server is, sends SIGINT (a fast, clean shutdown) and later SIGQUIT. When the program is killed, even with SIGKILL,
//!   the kernel closes the pipe, and the same happens.
//! - **Ctrl-C** in a terminal goes to a process group. The watchdog and the server have their own, so that the program
//!   can finish its requests before it stops the server. Under systemd, use `KillMode=mixed` for the same reason.
//! - **One owner.** The lock is released when the last server process has closed it, so a new start after a crash waits
//!   for the old server to be gone, and a second program on the same folder is refused.
//! - **Root.** PostgreSQL refuses to run as root. Started as root, the server and the folder belong to the user
//!   `postgres`, else `nobody`.
//!
//! Everything here blocks: call it through `spawn_blocking` from async code. The only variables read from the
//! environment are `PATH` and, for a socket whose path would be too long, `TMPDIR`.

mod account;
mod error;
mod folder;
mod programs;
mod server;

use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Child;

pub use self::error::PrivatePostgresError;

use self::account::Account;
use self::folder::Folder;
use self::programs::Programs;

/// How a private PostgreSQL is to be started.
#[derive(Debug, Clone)]
pub struct Options {
    /// The folder for the data, the log and the socket; made when absent. It must be empty or have been made by this
    /// module, and becomes readable only to the user that the server runs as.
    pub data_dir: PathBuf,
    /// Whether the data must survive.
    pub durability: Durability,
    /// The folder that holds `initdb` and `postgres` (what a user gives as `PG_BIN`). `None`: look for them.
    pub bin_dir: Option<PathBuf>,
}

/// Whether the data must survive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// What is committed survives a crash and a loss of power.
    Full,
    /// For tests: fast, nothing is forced to disk, up to 300 connections, and the folder, which must be new or empty, is
    /// deleted when the server stops, even when its owner is killed; a server that fails leaves it to be looked at.
    Throwaway,
}

/// A running private PostgreSQL. Dropping it stops the server too, but does not wait for that: prefer [`Self::stop`].
#[derive(Debug)]
pub struct PrivatePostgres {
    folder: Folder,
    socket_dir: PathBuf,
    programs: Programs,
    durability: Durability,
    /// The shell that holds the server. Its standard input is the pipe whose end stops it.
    watchdog: Child,
    /// Held open, never read: it is the lock.
    _lock: File,
}

impl PrivatePostgres {
    /// Starts the server and waits until it takes connections, at most 60 s. The first start in a folder creates the
    /// data, which takes about a second.
    ///
    /// # Errors
    /// When the programs are missing or of the wrong version, the folder is in use, not ours or out of reach, or the
    /// server does not come up; the message then holds the end of its log.
    pub fn start(options: Options) -> Result<Self, PrivatePostgresError> {
        let throwaway = options.durability == Durability::Throwaway;
        let folder = Folder::open(&options.data_dir, throwaway)?;
        let account = Account::for_cluster(&folder.cluster())?;
        folder.close_to_others(account.as_ref())?;
        let lock = folder.lock(account.as_ref())?;
        let programs = Programs::find(options.bin_dir.as_deref(), folder.data_major(), folder.root())?;
        if let Some(account) = &account {
            account.check_reach(folder.root())?;
            account.check_reach(&programs.path("initdb"))?;
        }
        folder.clear_leftovers()?;
        folder.turn_log();
        let launch =
            server::Launch { folder: &folder, programs: &programs, account: account.as_ref(), durability: options.durability, lock: &lock };
        if !folder.cluster().exists() {
            launch.create_cluster()?;
        }
        let socket_dir = folder.socket_dir(account.as_ref())?;
        let watchdog = launch.spawn(&socket_dir)?;
        tracing::info!(folder = %folder.root().display(), version = programs.major, "private PostgreSQL is ready");
        Ok(Self { folder, socket_dir, programs, durability: options.durability, watchdog, _lock: lock })
    }

    /// Whether the server has ended although nobody asked it to.
    #[must_use]
    pub fn has_ended(&mut self) -> bool {
        !matches!(self.watchdog.try_wait(), Ok(None))
    }

    /// The address of `database` on this server for PostgreSQL clients, such as
    /// `postgres://postgres@%2Fvar%2Flib%2Fgotit/gotit`. A new server has only the database `postgres`.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        url_of(&self.socket_dir, database)
    }

    /// The address of `database` on the server that another program, or this one, is running in `data_dir` now. None when there is no
    /// such server, it is not ready, or the folder is closed to us; nothing is made or changed. It ends when its owner does.
    #[must_use]
    pub fn url_of_running(data_dir: &Path, database: &str) -> Option<String> {
        Some(url_of(&Folder::existing(data_dir)?.socket_dir_of_running()?, database))
    }

    /// The folder with the programs of the running version; `pg_dump` and `pg_restore` are usually there too.
    #[must_use]
    pub fn bin_dir(&self) -> &Path {
        &self.programs.bin_dir
    }

    /// The server's log, for messages.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.folder.log()
    }

    /// Stops the server and waits for it: open connections are ended and what is committed is kept. A server that has
    /// not ended after 20 s is told to drop everything, which loses nothing that is committed either.
    ///
    /// # Errors
    /// [`PrivatePostgresError::NotStopped`] when even that does not end it.
    pub fn stop(mut self) -> Result<(), PrivatePostgresError> {
        server::stop(&mut self.watchdog, &self.folder)?;
        if self.socket_dir != self.folder.root() {
            removed_or_gone(&self.socket_dir, fs::remove_dir(&self.socket_dir))?;
        }
        if self.durability == Durability::Throwaway {
            // The watchdog has emptied it, but may not have been allowed to remove the folder itself.
            removed_or_gone(self.folder.root(), fs::remove_dir_all(self.folder.root()))?;
        }
        Ok(())
    }
}

/// The result of removing `dir`; that it was gone already is fine.
fn removed_or_gone(dir: &Path, removed: std::io::Result<()>) -> Result<(), PrivatePostgresError> {
    match removed {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(PrivatePostgresError::io("remove", dir)(source)),
        _ => Ok(()),
    }
}

fn url_of(socket_dir: &Path, database: &str) -> String {
    let host = percent_encode(socket_dir.as_os_str().as_bytes());
    format!("postgres://postgres@{host}/{}", percent_encode(database.as_bytes()))
}

/// Writes everything but letters, digits and `-._~` as `%XX` (RFC 3986).
fn percent_encode(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|&byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::percent_encode;

    #[test]
    fn a_path_becomes_one_host() {
        assert_eq!(percent_encode("/var/lib/got it/é".as_bytes()), "%2Fvar%2Flib%2Fgot%20it%2F%C3%A9");
    }
}
