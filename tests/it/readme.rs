//! The README's tour, word for word: its commands run against the demo town, and print what it says they print.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use crate::support::Database;

const README: &str = include_str!("../../README.md");
const HOME: &str = "http://127.0.0.1:8080";

/// The blocks of the tour: commands, and what they print (nothing, where the README shows nothing).
fn steps() -> Vec<(String, String)> {
    let tour = README.split("## A two-minute tour").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("the README has a tour");
    let mut steps: Vec<(String, String)> = Vec::new();
    for block in tour.split("```").skip(1).step_by(2) {
        match block.split_once('\n').expect("a block has lines") {
            ("sh", commands) => steps.push((commands.to_owned(), String::new())),
            ("text", output) => steps.last_mut().expect("commands come before what they print").1 = output.to_owned(),
            (other, _) => panic!("the tour has a block of {other}"),
        }
    }
    steps
}

#[test]
fn the_tour_prints_what_it_says() {
    let database = Database::empty();
    let mut server = Command::new(env!("CARGO_BIN_EXE_gotit"))
        .args(["serve", "--demo", "--listen", "127.0.0.1:0"])
        .env("DATABASE_URL", &database.url)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("gotit runs");
    let lines = BufReader::new(server.stdout.take().expect("a pipe")).lines().map_while(Result::ok);
    let address =
        lines.filter_map(|line| line.trim().strip_prefix("API").map(|rest| rest.trim().trim_end_matches("/v1").to_owned())).next();
    let address = address.expect("gotit prints its address");
    let steps = steps();
    assert!(steps.len() >= 4, "the tour has only {} steps", steps.len());
    let mut script = "set -euo pipefail\n".to_owned();
    for (commands, _) in &steps {
        script += &format!("{}\necho '=== end of step'\n", commands.replace(HOME, &address));
    }
    let output = Command::new("bash").args(["-c", &script]).output().expect("bash runs");
    server.kill().expect("the server is there");
    server.wait().expect("the server ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).expect("text");
    let printed: Vec<&str> = printed.split("=== end of step\n").collect();
    for ((commands, expected), printed) in steps.iter().zip(printed) {
        assert_eq!(printed, expected, "after:\n{commands}");
    }
}
