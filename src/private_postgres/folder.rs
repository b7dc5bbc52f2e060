//! The data folder: what lies where in it, who may use it, and that only one program does. Starts no server.
//!
//! | Path | Is |
//! |---|---|
//! | `gotit.lock` | locked while the program, or any server process that it left behind, is running; holds the owner's pid |
//! | `cluster/` | PostgreSQL's own data folder |
//! | `cluster.new/` | the same while `initdb` works; renamed when complete, so a half-made one is never used |
//! | `postgres.log` | what `initdb` and the server say; `postgres.log.1` is the one before |
//! | `.s.PGSQL.5432` | the socket, unless the path would be too long for one |

use std::collections::hash_map::DefaultHasher;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::hash::{Hash, Hasher};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use super::account::Account;
use super::error::PrivatePostgresError;

/// The longest path that a Unix socket may have, in bytes: 104 with the closing zero on macOS, 108 on Linux.
const LONGEST_SOCKET_PATH: usize = 103;
/// The socket's name, from the port that we give.
const SOCKET_NAME: &str = ".s.PGSQL.5432";
/// How long a folder may stay locked by an owner that lives: it may be just ending.
const WAIT_FOR_LIVING_OWNER: Duration = Duration::from_secs(1);
/// How long a folder may stay locked after its owner has died: the watchdog is stopping the server.
const WAIT_FOR_DEAD_OWNER: Duration = Duration::from_secs(40);
/// A log that is longer than this at start is put aside.
const LONGEST_LOG_BYTES: u64 = 10 * 1024 * 1024;
/// How much of the end of the log is read for a message.
const TAIL_BYTES: u64 = 8 * 1024;
/// How many lines of it are shown.
const TAIL_LINES: usize = 20;

/// The data folder, as an absolute path without links.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    root: PathBuf,
}

impl Folder {
    /// Makes the folder at `path` when it is not there, and refuses one that holds other things than ours.
    pub(super) fn open(path: &Path, throwaway: bool) -> Result<Self, PrivatePostgresError> {
        fs::create_dir_all(path).map_err(PrivatePostgresError::io("create", path))?;
        let root = path.canonicalize().map_err(PrivatePostgresError::io("find", path))?;
        let folder = Self { root };
        let mut entries = fs::read_dir(folder.root()).map_err(PrivatePostgresError::io("list", folder.root()))?;
        let empty = entries.next().is_none();
        if throwaway && !empty {
            return Err(PrivatePostgresError::ThrowawayNotEmpty { folder: folder.root });
        }
        if !empty && !folder.lock_path().is_file() {
            return Err(PrivatePostgresError::FolderNotOurs { folder: folder.root });
        }
        Ok(folder)
    }

    /// The folder at `path` as it is; none when there is no such folder, or it is closed to us.
    pub(super) fn existing(path: &Path) -> Option<Self> {
        Some(Self { root: path.canonicalize().ok()? })
    }

    /// Where the socket of the server that runs here is: somebody holds the lock, and the server has noted the folder in line 5
    /// of its pid file and in line 8 that it takes connections.
    pub(super) fn socket_dir_of_running(&self) -> Option<PathBuf> {
        let lock = File::open(self.lock_path()).ok()?;
        if !matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)) {
            return None;
        }
        let note = fs::read_to_string(self.pid_file()).ok()?;
        let mut lines = note.lines().skip(4);
        let (socket_dir, status) = (lines.next()?, lines.nth(2)?);
        (status.trim() == "ready").then(|| PathBuf::from(socket_dir))
    }

    /// The folder itself.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// PostgreSQL's data folder in it.
    pub(super) fn cluster(&self) -> PathBuf {
        self.root.join("cluster")
    }

    /// Where `initdb` works.
    pub(super) fn unfinished_cluster(&self) -> PathBuf {
        self.root.join("cluster.new")
    }

    /// PostgreSQL's note of its process and state.
    pub(super) fn pid_file(&self) -> PathBuf {
        self.cluster().join("postmaster.pid")
    }

    /// The log.
    pub(super) fn log(&self) -> PathBuf {
        self.root.join("postgres.log")
    }

    fn lock_path(&self) -> PathBuf {
        self.root.join("gotit.lock")
    }

    /// Closes the folder to everybody but the user that the server runs as (and root).
    pub(super) fn close_to_others(&self, account: Option<&Account>) -> Result<(), PrivatePostgresError> {
        fs::set_permissions(&self.root, Permissions::from_mode(0o700))
            .map_err(PrivatePostgresError::io("set the access rights of", &self.root))?;
        account.map_or(Ok(()), |account| account.give(&self.root))
    }

    /// The major version that wrote the data, when there is any.
    pub(super) fn data_major(&self) -> Option<u32> {
        fs::read_to_string(self.cluster().join("PG_VERSION")).ok()?.trim().parse().ok()
    }

    /// Takes the folder for this process. The lock lasts as long as the file, or a copy of it in another process, is open.
    pub(super) fn lock(&self, account: Option<&Account>) -> Result<File, PrivatePostgresError> {
        let path = self.lock_path();
        let mut file = open_own_file(&path, account, OpenOptions::new().read(true).write(true).create(true).truncate(false))?;
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(source)) => {
                    return Err(PrivatePostgresError::io("lock", &path)(source));
                }
                Err(TryLockError::WouldBlock) => self.wait_for_owner(started)?,
            }
        }
        file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(PrivatePostgresError::io("write", &path))?;
        Ok(file)
    }

    /// The log, open for adding to, owned by the server's user.
    pub(super) fn open_log(&self, account: Option<&Account>) -> Result<File, PrivatePostgresError> {
        open_own_file(&self.log(), account, OpenOptions::new().append(true).create(true))
    }

    /// Waits a moment for the lock's owner, or fails when that has taken too long since `started`.
    fn wait_for_owner(&self, started: Instant) -> Result<(), PrivatePostgresError> {
        let owner = read_pid(&self.lock_path());
        let patience = match owner {
            Some(pid) if !is_alive(pid) => WAIT_FOR_DEAD_OWNER,
            _ => WAIT_FOR_LIVING_OWNER,
        };
        if started.elapsed() > patience {
            return Err(PrivatePostgresError::FolderInUse {
                folder: self.root.clone(),
                owner: owner.map_or_else(|| "another program".to_owned(), |pid| format!("process {pid}")),
            });
        }
        sleep(Duration::from_millis(50));
        Ok(())
    }

    /// Removes what a crash left: a half-made cluster, and the pid file of a server that is gone. To be called under the lock.
    ///
    /// PostgreSQL itself refuses to start when the pid in its file has since been given to another program, which is
    /// common in containers. The lock says that no server of ours is left; on Linux the process' working folder says
    /// whether one that was started by hand is. Elsewhere the person must decide.
    pub(super) fn clear_leftovers(&self) -> Result<(), PrivatePostgresError> {
        let unfinished = self.unfinished_cluster();
        if unfinished.exists() {
            fs::remove_dir_all(&unfinished).map_err(PrivatePostgresError::io("remove", &unfinished))?;
        }
        let pid_file = self.pid_file();
        if !pid_file.exists() {
            return Ok(());
        }
        match read_pid(&pid_file) {
            Some(pid) if is_alive(pid) && self.may_work_here(pid) => Err(PrivatePostgresError::StillRunning { pid, pid_file }),
            _ => {
                tracing::info!(file = %pid_file.display(), "removing the pid file that a crash left");
                fs::remove_file(&pid_file).map_err(PrivatePostgresError::io("remove", &pid_file))
            }
        }
    }

    /// Whether the process may be a PostgreSQL on this cluster: a server's working folder is its data folder.
    fn may_work_here(&self, pid: i32) -> bool {
        if !Path::new("/proc/self/cwd").exists() {
            return true; // not Linux
        }
        // What we may not look at belongs to another user, who cannot be at work in our folder.
        fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == self.cluster())
    }

    /// Removes the socket and its note that a crash left in the socket's folder. PostgreSQL would do so itself, but not when
    /// the pid in the note has since been given to another program. To be called under the lock, after
    /// [`Self::clear_leftovers`] has seen that no server is left.
    fn clear_socket(&self, socket_dir: &Path) -> Result<(), PrivatePostgresError> {
        for name in [SOCKET_NAME.to_owned(), format!("{SOCKET_NAME}.lock")] {
            let path = socket_dir.join(name);
            if path.symlink_metadata().is_ok() {
                fs::remove_file(&path).map_err(PrivatePostgresError::io("remove", &path))?;
            }
        }
        Ok(())
    }

    /// The folder for the socket, without what a crash left there: this one or, when the path would be too long for a socket or PostgreSQL would read it
    /// as a list, one with a short name that is always the same for the same data folder, in the folder for temporary files.
    pub(super) fn socket_dir(&self, account: Option<&Account>) -> Result<PathBuf, PrivatePostgresError> {
        let bytes = self.root.as_os_str().as_bytes();
        if bytes.len() + 1 + SOCKET_NAME.len() <= LONGEST_SOCKET_PATH && !bytes.contains(&b',') && !bytes.contains(&b'"') {
            self.clear_socket(&self.root)?;
            return Ok(self.root.clone());
        }
        let mut hasher = DefaultHasher::new();
        self.root.hash(&mut hasher);
        let short = std::env::temp_dir().join(format!("gotit-{:016x}", hasher.finish()));
        let owner = account.map_or_else(|| nix::unistd::geteuid().as_raw(), Account::uid);
        match DirBuilder::new().mode(0o700).create(&short) {
            Ok(()) => account.map_or(Ok(()), |account| account.give(&short))?,
            // From a run that crashed. Somebody else's would let them answer in the server's place.
            Err(_) if is_private_dir(&short, owner) => {}
            Err(source) => return Err(PrivatePostgresError::io("create", short)(source)),
        }
        self.clear_socket(&short)?;
        Ok(short)
    }

    /// Puts a long log aside, so that it does not grow for ever.
    pub(super) fn turn_log(&self) {
        let log = self.log();
        if log.metadata().is_ok_and(|metadata| metadata.len() > LONGEST_LOG_BYTES)
            && let Err(error) = fs::rename(&log, self.root.join("postgres.log.1"))
        {
            tracing::warn!(%error, "could not put the old PostgreSQL log aside");
        }
    }

    /// The last lines of the log, indented, for a message.
    pub(super) fn log_tail(&self) -> String {
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = File::open(self.log())?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
            let mut bytes = Vec::new();
            file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let Ok(bytes) = read() else {
            return "  (the log cannot be read)".to_owned();
        };
        let text = String::from_utf8_lossy(&bytes);
        let mut lines: Vec<String> = text.lines().rev().take(TAIL_LINES).map(|line| format!("  {line}")).collect();
        lines.reverse();
        lines.join("\n")
    }
}

/// Opens a file in the folder and gives it to the server's user. No link is followed: as root we would otherwise open, and
/// give away, whatever file that user has put a link to.
fn open_own_file(path: &Path, account: Option<&Account>, options: &mut OpenOptions) -> Result<File, PrivatePostgresError> {
    let file = options.mode(0o600).custom_flags(OFlag::O_NOFOLLOW.bits()).open(path).map_err(PrivatePostgresError::io("open", path))?;
    account.map_or(Ok(()), |account| account.give_file(&file, path))?;
    Ok(file)
}

/// The number in the first line of a file.
fn read_pid(path: &Path) -> Option<i32> {
    fs::read_to_string(path).ok()?.lines().next()?.trim().parse().ok()
}

/// Whether there is such a process, whoever owns it.
fn is_alive(pid: i32) -> bool {
    pid > 0 && kill(Pid::from_raw(pid), None) != Err(Errno::ESRCH)
}

/// Whether `path` is a real folder (no link) of `owner` that nobody else can enter.
fn is_private_dir(path: &Path, owner: u32) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir() && metadata.uid() == owner && metadata.mode() & 0o077 == 0)
}
