//! The verbs `gotit networks` and `gotit staff`, through the real program.

use std::{
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    process::{Child, Command, Stdio},
};

use crate::support::{Database, TestApp};

/// What the program says and whether it was content.
struct Outcome {
    good: bool,
    said: String,
    complained: String,
}

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gotit"));
    command.env_remove("DATABASE_URL").env_remove("GOTIT_DATA_DIR");
    command
}

fn outcome(command: &mut Command) -> Outcome {
    let output = command.output().expect("the program runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    Outcome { good: output.status.success(), said: text(output.stdout), complained: text(output.stderr) }
}

/// Runs a verb on a database.
fn gotit(database: &Database, arguments: &[&str]) -> Outcome {
    outcome(program().args(arguments).env("DATABASE_URL", &database.url))
}

#[track_caller]
fn says(outcome: &Outcome, words: &[&str]) {
    assert!(outcome.good, "{}", outcome.complained);
    for word in words {
        assert!(outcome.said.contains(word), "{word} is missing: {}", outcome.said);
    }
}

#[track_caller]
fn complains(outcome: &Outcome, words: &str) {
    assert!(!outcome.good && outcome.complained.contains(words), "{} {}", outcome.said, outcome.complained);
}

#[actix_web::test]
async fn the_first_coordinator_of_a_new_network_is_made_on_the_command_line() {
    let app = TestApp::start().await;
    let database = &app.database;
    says(&gotit(database, &["networks", "list"]), &["SLUG"]);
    let name = "1000 Lives – Sant Siôr's";
    says(&gotit(database, &["networks", "add", "stoke", "--name", name, "--locality", "stoke-on-trent"]), &["stoke"]);
    says(&gotit(database, &["networks", "list"]), &["stoke", name, "Stoke-on-Trent"]);
    let network = app.visitor().get("/v1/networks").await.expect(200).str("/items/0/id");

    let mair = app.person("Mair").await;
    mair.get(format!("/v1/networks/{network}/staff")).await.problem(403, "not_allowed");
    let add = ["staff", "add", "--network", "stoke", "--email", "Mair@example.org", "--role", "coordinator"];
    says(&gotit(database, &add), &["Mair", "coordinator", "stoke"]);
    assert_eq!(mair.get(format!("/v1/networks/{network}/staff")).await.expect(200).each("/role"), ["coordinator"]);
    let list = gotit(database, &["staff", "list", "--network", "stoke"]);
    says(&list, &["Mair", "coordinator", &mair.id.to_string()]);
    assert!(!list.said.contains('@'));

    let remove = ["staff", "remove", "--network", "stoke", "--email", "mair@example.org"];
    complains(&gotit(database, &remove), "keeps a coordinator");
    let cai = app.person("Cai").await;
    says(&gotit(database, &["staff", "add", "--network", "stoke", "--email", "cai@example.org", "--role", "coordinator"]), &["Cai"]);
    says(&gotit(database, &remove), &["Removed"]);
    mair.get(format!("/v1/networks/{network}/staff")).await.problem(403, "not_allowed");
    cai.get(format!("/v1/networks/{network}/staff")).await.expect(200);
}

#[actix_web::test]
async fn mistakes_on_the_command_line_are_explained() {
    let app = TestApp::start().await;
    let database = &app.database;
    app.network("stoke").await;
    app.person("Mair").await;
    let add = |slug, name, locality| gotit(database, &["networks", "add", slug, "--name", name, "--locality", locality]);
    complains(&add("stoke", "Stoke", "stoke-on-trent"), "There is a network stoke already.");
    complains(&add("Stoke on Trent", "Stoke", "stoke-on-trent"), "small letters");
    complains(&add("leek", "x", "stoke-on-trent"), "--name: Use at least 2 characters");
    complains(&add("leek", "Leek", "atlantis"), "--locality: There is no locality");
    let staff = |network, email, role| gotit(database, &["staff", "add", "--network", network, "--email", email, "--role", role]);
    complains(&staff("stoke", "nobody@example.org", "coordinator"), "Nobody has signed up with this e-mail address");
    complains(&staff("leek", "mair@example.org", "coordinator"), "There is no network leek");
    complains(&staff("stoke", "mair", "king"), "--role: Use one of: broker, coordinator.");
    complains(&gotit(&Database::empty(), &["networks", "list"]), "gotit migrate");
    assert!(!staff("stoke", "nobody@example.org", "broker").complained.contains("nobody@"), "addresses stay out of messages");
}

#[test]
fn help_teaches_with_an_example() {
    for verb in [["networks", "add"], ["networks", "list"], ["staff", "add"], ["staff", "list"], ["staff", "remove"]] {
        let help = outcome(program().args(verb).arg("--help"));
        says(&help, &["Example:", &format!("gotit {} {}", verb[0], verb[1]), "--data-dir"]);
    }
}

/// A running program that is told to stop when the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let stopped = Command::new("/bin/sh").args(["-c", "kill -s TERM \"$1\"", "sh", &self.0.id().to_string()]).status();
        if stopped.is_ok() {
            self.0.wait().ok();
        }
    }
}

#[test]
fn verbs_work_beside_a_running_server_with_its_own_database() {
    let parent = tempfile::tempdir().expect("a temporary folder");
    std::fs::set_permissions(parent.path(), std::fs::Permissions::from_mode(0o755)).expect("its access rights");
    let data_dir = parent.path().join("data");
    let serve = |listen: &str| {
        let mut command = program();
        command.args(["serve", "--listen", listen, "--workers", "1", "--data-dir"]).arg(&data_dir).stderr(Stdio::null());
        command
    };
    let mut running = Running(serve("127.0.0.1:0").stdout(Stdio::piped()).spawn().expect("the server starts"));
    let mut lines = BufReader::new(running.0.stdout.take().expect("its output")).lines();
    assert!(lines.any(|line| line.is_ok_and(|line| line.contains("is ready"))));

    let verb = |arguments: &[&str]| outcome(program().args(arguments).arg("--data-dir").arg(&data_dir));
    says(&verb(&["networks", "add", "stoke", "--name", "Stoke", "--locality", "stoke-on-trent"]), &["stoke"]);
    says(&verb(&["networks", "list"]), &["Stoke"]);
    let second = outcome(&mut serve("127.0.0.1:0"));
    assert!(!second.good, "a second server on the same data is refused");
    drop(running);
    says(&verb(&["networks", "list"]), &["Stoke"]);
}
