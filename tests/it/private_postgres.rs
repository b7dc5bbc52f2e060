//! The private PostgreSQL against the installed programs: start, stop, keep, refuse, recover. Each test has its own
//! server. That a killed owner takes its server along needs a second process and is not tested here.

#![allow(clippy::expect_used, reason = "in a test, a panic that says what was expected is the result")]

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};

use gotit::private_postgres::{Durability, Options, PrivatePostgres, PrivatePostgresError};
use tempfile::TempDir;

use crate::support::PATIENCE;

fn options(folder: &Path, durability: Durability) -> Options {
    Options { data_dir: folder.to_owned(), durability, bin_dir: None }
}

fn start(folder: &Path, durability: Durability) -> PrivatePostgres {
    PrivatePostgres::start(options(folder, durability)).expect("the server starts")
}

/// A folder for data that the server's user may reach, and that is gone after the test.
fn parent_folder() -> TempDir {
    let parent = tempfile::tempdir().expect("a temporary folder");
    fs::set_permissions(parent.path(), fs::Permissions::from_mode(0o755)).expect("its access rights");
    parent
}

/// The socket that the URL names.
fn socket_of(postgres: &PrivatePostgres) -> PathBuf {
    let url = postgres.url("postgres");
    let host = url.strip_prefix("postgres://postgres@").and_then(|rest| rest.split_once('/')).expect("a host").0;
    let dir = host.replace("%2F", "/").replace("%20", " ");
    assert!(!dir.contains('%'), "this test decodes too little for {url}");
    Path::new(&dir).join(".s.PGSQL.5432")
}

/// Runs one statement over the wire protocol, without a password, and gives the whole answer as loose text.
fn query(postgres: &PrivatePostgres, sql: &str) -> String {
    let mut stream = UnixStream::connect(socket_of(postgres)).expect("the socket answers");
    let start_up = b"\0\x03\0\0user\0postgres\0database\0postgres\0\0";
    let mut message = u32::try_from(start_up.len() + 4).expect("short").to_be_bytes().to_vec();
    message.extend_from_slice(start_up);
    message.push(b'Q');
    message.extend_from_slice(&u32::try_from(sql.len() + 5).expect("short").to_be_bytes());
    message.extend_from_slice(sql.as_bytes());
    message.extend_from_slice(b"\0X\0\0\0\x04"); // the end of the text, and good-bye
    stream.write_all(&message).expect("the server reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the server answers");
    String::from_utf8_lossy(&answer).into_owned()
}

/// The number of the server's main process.
fn server_pid(folder: &Path) -> String {
    let text = fs::read_to_string(folder.join("cluster/postmaster.pid")).expect("a running server's pid file");
    text.lines().next().expect("a first line").to_owned()
}

/// Sends a signal by number, only to processes that this test has started.
fn send(signal: &str, pid: &str) {
    assert!(Command::new("/bin/sh").args(["-c", "kill -s \"$1\" \"$2\"", "sh", signal, pid]).status().expect("sh").success());
}

fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < PATIENCE, "waited too long until {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn data_is_kept_over_a_stop_and_a_start() {
    let parent = parent_folder();
    let folder = parent.path().join("data");
    let postgres = start(&folder, Durability::Full);
    assert!(query(&postgres, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('sofa')").contains("INSERT 0 1"));
    assert!(query(&postgres, "SHOW fsync").contains("on"));
    assert_eq!(fs::metadata(&folder).expect("the folder").permissions().mode() & 0o777, 0o700);
    postgres.stop().expect("it stops");
    assert!(!folder.join("cluster/postmaster.pid").exists());

    let postgres = start(&folder, Durability::Full);
    assert!(query(&postgres, "SELECT word FROM kept").contains("sofa"));
    postgres.stop().expect("it stops again");
}

#[test]
fn a_second_start_on_the_same_folder_is_refused_while_the_first_runs() {
    let parent = parent_folder();
    let folder = parent.path().join("data");
    let first = start(&folder, Durability::Full);
    let error = PrivatePostgres::start(options(&folder, Durability::Full)).expect_err("the folder is taken");
    assert!(matches!(error, PrivatePostgresError::FolderInUse { .. }), "{error}");
    assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
    assert!(query(&first, "SELECT 'still here'").contains("still here"));
    first.stop().expect("it stops");
    start(&folder, Durability::Full).stop().expect("and then another may have it");
}

#[test]
fn a_throwaway_server_is_fast_and_leaves_nothing() {
    let parent = parent_folder();
    let folder = parent.path().join("data");
    let postgres = start(&folder, Durability::Throwaway);
    assert!(query(&postgres, "SHOW fsync").contains("off"));
    assert!(query(&postgres, "SHOW max_connections").contains("300"));
    postgres.stop().expect("it stops");
    assert!(!folder.exists());
}

#[test]
fn dropping_a_throwaway_server_also_ends_it_and_leaves_nothing() {
    let parent = parent_folder();
    fs::set_permissions(parent.path(), fs::Permissions::from_mode(0o777)).expect("a folder that all may change");
    let folder = parent.path().join("data");
    let postgres = start(&folder, Durability::Throwaway);
    let socket = socket_of(&postgres);
    drop(postgres);
    wait_until("the folder is gone", || !folder.exists());
    assert!(UnixStream::connect(socket).is_err());
}

#[test]
fn a_server_that_was_killed_starts_again_with_what_was_committed() {
    let parent = parent_folder();
    let folder = parent.path().join("data");
    let postgres = start(&folder, Durability::Full);
    query(&postgres, "CREATE TABLE kept (word text); INSERT INTO kept VALUES ('sofa')");
    send("KILL", &server_pid(&folder));
    drop(postgres);

    let postgres = start(&folder, Durability::Full);
    assert!(query(&postgres, "SELECT word FROM kept").contains("sofa"));
    postgres.stop().expect("it stops");
}

#[test]
#[cfg(target_os = "linux")] // elsewhere the person is asked, as a process' working folder cannot be read
fn a_pid_file_that_names_a_foreign_process_is_no_obstacle() {
    let parent = parent_folder();
    let folder = parent.path().join("data");
    start(&folder, Durability::Full).stop().expect("it stops");
    let stale = format!("{}\n{}/cluster\n0\n5432\n\n\n\nready\n", std::process::id(), folder.display());
    fs::write(folder.join("cluster/postmaster.pid"), stale).expect("a stale pid file");

    let postgres = start(&folder, Durability::Full);
    assert!(query(&postgres, "SELECT 'here'").contains("here"));
    postgres.stop().expect("it stops");
}

#[test]
fn a_folder_with_other_peoples_files_is_left_alone() {
    let parent = parent_folder();
    fs::write(parent.path().join("letter.txt"), "Dear all").expect("a file");
    for (durability, wanted) in [(Durability::Full, "did not put there"), (Durability::Throwaway, "is not empty")] {
        let error = PrivatePostgres::start(options(parent.path(), durability)).expect_err("not ours");
        assert!(error.to_string().contains(wanted), "{error}");
    }
    assert!(parent.path().join("letter.txt").exists());
    assert_eq!(fs::metadata(parent.path()).expect("the folder").permissions().mode() & 0o777, 0o755);
}

#[test]
fn data_of_another_major_version_is_refused_by_name() {
    let parent = parent_folder();
    let folder = parent.path().join("data");
    start(&folder, Durability::Full).stop().expect("it stops");
    fs::write(folder.join("cluster/PG_VERSION"), "9\n").expect("an old version");
    let error = PrivatePostgres::start(options(&folder, Durability::Full)).expect_err("9 is not installed");
    assert!(error.to_string().contains("belongs to PostgreSQL 9"), "{error}");
}

#[test]
fn a_server_that_cannot_start_shows_its_log() {
    let parent = parent_folder();
    let folder = parent.path().join("data");
    start(&folder, Durability::Full).stop().expect("it stops");
    fs::write(folder.join("cluster/postgresql.conf"), "no_such_setting = 1\n").expect("a bad configuration");
    let error = PrivatePostgres::start(options(&folder, Durability::Full)).expect_err("it cannot start");
    assert!(matches!(error, PrivatePostgresError::EndedWhileStarting { .. }), "{error}");
    assert!(error.to_string().contains("no_such_setting"), "{error}");
}

#[test]
fn a_running_server_is_found_by_its_folder_and_a_stopped_one_is_not() {
    let parent = parent_folder();
    let folders = [parent.path().join("data"), parent.path().join("a folder with a long name ".repeat(5).trim())];
    for folder in folders {
        assert_eq!(PrivatePostgres::url_of_running(&folder, "postgres"), None);
        assert!(!folder.exists(), "looking makes nothing");
        let postgres = start(&folder, Durability::Full);
        assert_eq!(PrivatePostgres::url_of_running(&folder, "a b"), Some(postgres.url("a b")));
        // Looking does not take the folder from its owner, nor from the next one.
        postgres.stop().expect("it stops");
        assert_eq!(PrivatePostgres::url_of_running(&folder, "postgres"), None);
        let postgres = start(&folder, Durability::Full);
        send("KILL", &server_pid(&folder));
        drop(postgres);
        wait_until("the lock is released", || PrivatePostgres::url_of_running(&folder, "postgres").is_none());
    }
}

#[test]
fn a_long_path_gets_a_short_socket() {
    let parent = parent_folder();
    let folder = parent.path().join("a folder with a long name ".repeat(5).trim());
    let postgres = start(&folder, Durability::Full);
    let socket = socket_of(&postgres);
    assert!(!socket.starts_with(&folder), "{}", socket.display());
    assert!(query(&postgres, "SELECT 'here'").contains("here"));
    postgres.stop().expect("it stops");
    assert!(!socket.parent().expect("its folder").exists());
}

#[tokio::test]
async fn the_url_is_understood_by_tokio_postgres() {
    let parent = parent_folder();
    let folder = parent.path().join("got it, é"); // a comma sends the socket elsewhere
    let folders = [parent.path().join("got it é"), folder];
    for folder in folders {
        let postgres = tokio::task::spawn_blocking(move || start(&folder, Durability::Throwaway)).await.expect("no panic");
        let (client, connection) = tokio_postgres::connect(&postgres.url("postgres"), tokio_postgres::NoTls).await.expect("a connection");
        let connection = tokio::spawn(connection);
        let row = client.query_one("SELECT current_user::text", &[]).await.expect("an answer");
        assert_eq!(row.get::<_, String>(0), "postgres");
        // Stopping ends connections that are still open.
        tokio::task::spawn_blocking(move || postgres.stop()).await.expect("no panic").expect("it stops");
        drop(connection.await);
    }
}

#[test]
fn a_folder_that_the_servers_user_cannot_reach_is_named() {
    let is_root = Command::new("id").arg("-u").stderr(Stdio::null()).output().expect("id").stdout == b"0\n";
    let parent = parent_folder();
    fs::set_permissions(parent.path(), fs::Permissions::from_mode(0o700)).expect("a closed folder");
    let folder = parent.path().join("data");
    let result = PrivatePostgres::start(options(&folder, Durability::Full));
    if is_root {
        let error = result.expect_err("PostgreSQL does not run as root");
        assert!(error.to_string().contains(&parent.path().display().to_string()), "{error}");
        assert!(matches!(error, PrivatePostgresError::Unreachable { .. }), "{error}");
    } else {
        result.expect("our own folder is open to us").stop().expect("it stops");
    }
}
