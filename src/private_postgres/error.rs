//! Why the private PostgreSQL could not be started or stopped, in words that say what to do next.

use std::io;
use std::path::PathBuf;

use super::programs::OLDEST_MAJOR;

/// What went wrong. The messages are for the person at the terminal: they name the folder or program and a way out.
#[derive(Debug, thiserror::Error)]
pub enum PrivatePostgresError {
    /// No `initdb` and `postgres` were found in any of the usual places.
    #[error(
        "PostgreSQL is not installed: no `initdb` and `postgres` in {searched}.\n\
         Install version {OLDEST_MAJOR} or newer:\n  \
         Debian, Ubuntu:  sudo apt-get install postgresql\n  \
         Fedora:          sudo dnf install postgresql-server\n  \
         macOS:           brew install postgresql@17   (or Postgres.app from https://postgresapp.com)\n\
         or set DATABASE_URL to use a PostgreSQL that runs elsewhere."
    )]
    ProgramsMissing {
        /// The places that were looked into, for people.
        searched: String,
    },

    /// Server programs were found, but all of them are older than we support.
    #[error(
        "The newest PostgreSQL found is version {major} in {}; version {OLDEST_MAJOR} or newer is needed.\n\
         Install a newer one (packages for older systems: https://www.postgresql.org/download/),\n\
         or set DATABASE_URL to use a PostgreSQL that runs elsewhere.",
        bin_dir.display()
    )]
    ProgramsTooOld {
        /// Where they are.
        bin_dir: PathBuf,
        /// Their major version.
        major: u32,
    },

    /// The folder was made by a major version whose programs are not installed.
    #[error(
        "The data in {} belongs to PostgreSQL {data}, but only version {installed} is installed.\n\
         Install PostgreSQL {data} beside it to use this data as it is. To move to {installed}: make a backup with {data},\n\
         then restore it into a new data folder.",
        folder.display()
    )]
    OtherMajorVersion {
        /// The data folder.
        folder: PathBuf,
        /// Major version that wrote the data.
        data: u32,
        /// Newest major version that is installed.
        installed: u32,
    },

    /// Another program holds the folder's lock.
    #[error(
        "The data folder {} is in use by {owner}. Stop that program first, or choose another data folder.",
        folder.display()
    )]
    FolderInUse {
        /// The data folder.
        folder: PathBuf,
        /// The holder, for people: "process 123".
        owner: String,
    },

    /// A PostgreSQL that we did not start seems to run on the data.
    #[error(
        "Process {pid}, named in {}, seems to be a PostgreSQL running on this data. Stop it first.\n\
         If process {pid} is some other program, delete that file and start again.",
        pid_file.display()
    )]
    StillRunning {
        /// The process named in the file.
        pid: i32,
        /// `postmaster.pid` of the cluster.
        pid_file: PathBuf,
    },

    /// The folder holds files that are not ours; we would change their access rights or delete them.
    #[error(
        "{} holds files that this program did not put there. Choose an empty or new folder for the data.",
        folder.display()
    )]
    FolderNotOurs {
        /// The folder.
        folder: PathBuf,
    },

    /// A throwaway server was asked for in a folder that holds data.
    #[error(
        "{} is not empty. A throwaway PostgreSQL deletes its folder when it stops, so it must have a new one.",
        folder.display()
    )]
    ThrowawayNotEmpty {
        /// The folder.
        folder: PathBuf,
    },

    /// We run as root, PostgreSQL may not, and its user cannot reach a folder or program.
    #[error(
        "PostgreSQL does not run as root, so it runs as user `{user}`, who may not pass {}.\n\
         Choose a data folder that `{user}` can reach, such as one below /var/lib, run this program as an ordinary user,\n\
         or allow passing with: chmod o+x {}",
        path.display(), path.display()
    )]
    Unreachable {
        /// The first folder or program on the way that is closed.
        path: PathBuf,
        /// The name of the user.
        user: String,
    },

    /// We run as root and there is neither a user `postgres` nor `nobody`.
    #[error(
        "PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody` to run it as.\n\
         Run this program as an ordinary user, or set DATABASE_URL."
    )]
    NoUserToRunAs,

    /// The operating system refused something about a file, folder or process.
    #[error("Could not {action} {}: {source}", path.display())]
    Io {
        /// What was tried, as a verb: "create".
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// The refusal.
        source: io::Error,
    },

    /// `initdb` ended with an error.
    #[error("Creating the database files failed. The last lines of {} are:\n{tail}", log.display())]
    InitdbFailed {
        /// The log.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },

    /// The server ended while we waited for it to become ready.
    #[error("PostgreSQL ended while starting. The last lines of {} are:\n{tail}", log.display())]
    EndedWhileStarting {
        /// The log.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },

    /// The server did not become ready in time.
    #[error(
        "PostgreSQL was not ready after {seconds} seconds. The last lines of {} are:\n{tail}",
        log.display()
    )]
    NotReady {
        /// How long we waited, in seconds.
        seconds: u64,
        /// The log.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },

    /// The server did not end in time, not even when told to drop everything.
    #[error("PostgreSQL in {} has not ended after {seconds} seconds.", folder.display())]
    NotStopped {
        /// The data folder.
        folder: PathBuf,
        /// How long we waited, in seconds.
        seconds: u64,
    },
}

impl PrivatePostgresError {
    /// For `map_err`: the I/O error of doing `action` (a verb) to `path`.
    pub(super) fn io(action: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
