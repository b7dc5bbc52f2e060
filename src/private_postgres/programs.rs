//! Finds the installed PostgreSQL server programs. Starts nothing but `postgres --version`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::error::PrivatePostgresError;

/// The oldest major version that the program supports.
pub(super) const OLDEST_MAJOR: u32 = 15;

/// Folders whose children, named after versions, hold the programs in `bin`: (folder, start of the child's name).
const VERSIONED_PLACES: [(&str, &str); 6] = [
    ("/usr/lib/postgresql", ""),                       // Debian, Ubuntu
    ("/usr", "pgsql-"),                                // the PostgreSQL project's own packages for Fedora and RHEL
    ("/opt/homebrew/opt", "postgresql@"),              // Homebrew on Apple silicon
    ("/usr/local/opt", "postgresql@"),                 // Homebrew on Intel
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql@"), // Homebrew on Linux
    ("/Applications/Postgres.app/Contents/Versions", ""),
];

/// A folder that holds `initdb` and `postgres` of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Programs {
    /// The folder.
    pub(super) bin_dir: PathBuf,
    /// The major version, such as 15.
    pub(super) major: u32,
}

impl Programs {
    /// Finds the programs: `given` alone when it is set, else the usual places, highest version first, then `PATH`.
    ///
    /// With `data_major`, the version that wrote the data in `folder`, only that version will do.
    pub(super) fn find(given: Option<&Path>, data_major: Option<u32>, folder: &Path) -> Result<Self, PrivatePostgresError> {
        let found: Vec<Self> = candidates(given).iter().filter_map(|dir| Self::in_dir(dir)).collect();
        let fits = |programs: &&Self| programs.major >= OLDEST_MAJOR && data_major.is_none_or(|major| major == programs.major);
        if let Some(programs) = found.iter().find(fits) {
            return Ok(programs.clone());
        }
        let Some(newest) = found.into_iter().max_by_key(|programs| programs.major) else {
            return Err(PrivatePostgresError::ProgramsMissing {
                searched: given.map_or_else(
                    || "the places of Debian, Fedora, Homebrew and Postgres.app, nor in PATH".to_owned(),
                    |dir| dir.display().to_string(),
                ),
            });
        };
        Err(match data_major {
            Some(data) if newest.major >= OLDEST_MAJOR => {
                PrivatePostgresError::OtherMajorVersion { folder: folder.to_owned(), data, installed: newest.major }
            }
            _ => PrivatePostgresError::ProgramsTooOld { bin_dir: newest.bin_dir, major: newest.major },
        })
    }

    /// The path of one of the programs.
    pub(super) fn path(&self, program: &str) -> PathBuf {
        self.bin_dir.join(program)
    }

    /// The programs in `bin_dir`, when both are there and say their version.
    fn in_dir(bin_dir: &Path) -> Option<Self> {
        let postgres = bin_dir.join("postgres");
        if !bin_dir.join("initdb").is_file() || !postgres.is_file() {
            return None;
        }
        let output = Command::new(postgres).arg("--version").stdin(Stdio::null()).output().ok()?;
        Some(Self { bin_dir: bin_dir.to_owned(), major: major_of(&String::from_utf8_lossy(&output.stdout))? })
    }
}

/// The folders to look into, best first.
fn candidates(given: Option<&Path>) -> Vec<PathBuf> {
    if let Some(dir) = given {
        return vec![dir.to_owned()];
    }
    let mut versioned: Vec<(u32, PathBuf)> =
        VERSIONED_PLACES.iter().flat_map(|(place, prefix)| versions_in(Path::new(place), prefix)).collect();
    versioned.sort_by_key(|(version, _)| std::cmp::Reverse(*version));
    let path = std::env::var_os("PATH").unwrap_or_default();
    versioned.into_iter().map(|(_, dir)| dir).chain(std::env::split_paths(&path)).collect()
}

/// The children of `place` called `prefix` and a version number, with their `bin`.
fn versions_in(place: &Path, prefix: &str) -> Vec<(u32, PathBuf)> {
    let Ok(entries) = fs::read_dir(place) else {
        return Vec::new(); // the place belongs to another system
    };
    entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = version_in_name(&entry.file_name(), prefix)?;
            Some((version, entry.path().join("bin")))
        })
        .collect()
}

/// 17 for the name `postgresql@17` with the prefix `postgresql@`.
fn version_in_name(name: &OsStr, prefix: &str) -> Option<u32> {
    name.to_str()?.strip_prefix(prefix)?.parse().ok()
}

/// 15 for `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`; also for a beta, `18beta1`.
fn major_of(version_line: &str) -> Option<u32> {
    let (_, version) = version_line.split_once("(PostgreSQL) ")?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn major_version_is_read_from_what_postgres_prints() {
        assert_eq!(major_of("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major_of("command not found"), None);
    }

    #[test]
    fn only_version_numbers_count_as_versioned_folders() {
        assert_eq!(version_in_name(OsStr::new("postgresql@17"), "postgresql@"), Some(17));
        assert_eq!(version_in_name(OsStr::new("17"), ""), Some(17));
        assert_eq!(version_in_name(OsStr::new("latest"), ""), None);
    }

    #[test]
    fn a_given_folder_without_the_programs_says_what_to_install() {
        let missing = Path::new("/nonexistent/bin");
        let error = Programs::find(Some(missing), None, Path::new("/data")).expect_err("nothing is there");
        let text = error.to_string();
        for word in ["/nonexistent/bin", "apt-get", "dnf", "brew", "DATABASE_URL"] {
            assert!(text.contains(word), "{word} is missing in: {text}");
        }
    }

    #[test]
    fn data_of_a_version_that_is_not_installed_is_refused_by_name() {
        let error = Programs::find(None, Some(9), Path::new("/data")).expect_err("9 is not installed");
        assert!(matches!(error, PrivatePostgresError::OtherMajorVersion { data: 9, .. }), "{error}");
    }
}
