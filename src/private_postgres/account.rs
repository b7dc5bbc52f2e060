//! The user that the server runs as: ourselves, or, when we are root (which PostgreSQL refuses), somebody harmless.

use std::fs::File;
use std::os::unix::fs::{MetadataExt, fchown, lchown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nix::unistd::{Gid, Uid, User};

use super::error::PrivatePostgresError;

/// Users that are tried in turn when we are root. `postgres` exists where PostgreSQL was installed as a package.
const STAND_INS: [&str; 2] = ["postgres", "nobody"];

/// Another user to run the server as. There is one only when we are root.
#[derive(Debug, Clone)]
pub(super) struct Account {
    /// For messages.
    name: String,
    uid: Uid,
    gid: Gid,
}

impl Account {
    /// The user to run as: `None` when we may run it ourselves; else the owner of the data at `cluster`, so that data
    /// made by an ordinary user stays theirs; else the first stand-in that exists.
    pub(super) fn for_cluster(cluster: &Path) -> Result<Option<Self>, PrivatePostgresError> {
        if !nix::unistd::geteuid().is_root() {
            return Ok(None);
        }
        if let Ok(metadata) = cluster.metadata()
            && metadata.uid() != 0
        {
            return Ok(Some(Self {
                name: user_name(metadata.uid()),
                uid: Uid::from_raw(metadata.uid()),
                gid: Gid::from_raw(metadata.gid()),
            }));
        }
        STAND_INS
            .iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|user| Some(Self { name: user.name, uid: user.uid, gid: user.gid }))
            .ok_or(PrivatePostgresError::NoUserToRunAs)
    }

    /// Gives the folder at `path` to this user. A link is itself given, not what it points to.
    pub(super) fn give(&self, path: &Path) -> Result<(), PrivatePostgresError> {
        lchown(path, Some(self.uid.as_raw()), Some(self.gid.as_raw()))
            .map_err(PrivatePostgresError::io("give to the PostgreSQL user", path))
    }

    /// Gives an open file, known as `path` in messages, to this user.
    pub(super) fn give_file(&self, file: &File, path: &Path) -> Result<(), PrivatePostgresError> {
        fchown(file, Some(self.uid.as_raw()), Some(self.gid.as_raw()))
            .map_err(PrivatePostgresError::io("give to the PostgreSQL user", path))
    }

    /// The user's number.
    pub(super) fn uid(&self) -> u32 {
        self.uid.as_raw()
    }

    /// Makes `command` run as this user: std sets the group, clears the other groups, then sets the user.
    pub(super) fn run_as(&self, command: &mut Command) {
        command.gid(self.gid.as_raw()).uid(self.uid.as_raw());
    }

    /// Fails, naming the obstacle, when this user cannot pass through every folder above `path`, or execute or enter
    /// `path` itself. The user tries it, so that access lists and the like count too.
    pub(super) fn check_reach(&self, path: &Path) -> Result<(), PrivatePostgresError> {
        let mut way: Vec<&Path> = path.ancestors().collect();
        way.reverse();
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", r#"for place; do test -x "$place" || { printf %s "$place"; exit 1; }; done"#, "sh"])
            .args(way)
            .current_dir("/")
            .stdin(Stdio::null());
        self.run_as(&mut shell);
        let output = shell.output().map_err(PrivatePostgresError::io("run", "/bin/sh"))?;
        if output.status.success() {
            return Ok(());
        }
        Err(PrivatePostgresError::Unreachable {
            path: PathBuf::from(String::from_utf8_lossy(&output.stdout).into_owned()),
            user: self.name.clone(),
        })
    }
}

/// The user's name, or the number where it has none.
fn user_name(uid: u32) -> String {
    User::from_uid(Uid::from_raw(uid)).ok().flatten().map_or_else(|| uid.to_string(), |user| user.name)
}
