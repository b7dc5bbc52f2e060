//! Real processes, killed in the middle: nothing acknowledged is lost, nothing is half there, and what had to leave leaves.

use std::{collections::BTreeSet, process::Command};

use serde_json::json;
use tokio::task::JoinSet;

use super::{EACH_ONCE, many_ended, town};
use crate::{
    mail::receiver::Receiver,
    support::{Client, Program, TestApp, connect, eventually},
};

/// Starts `gotit worker`.
pub fn spawn_worker(url: &str) -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gotit"));
    command.arg("worker").env("DATABASE_URL", url).env_remove("SMTP_URL").env_remove("GOTIT_LOG").env_remove("GOTIT_LOG_FORMAT");
    Program::spawn(&mut command)
}

struct Counts(tokio_postgres::Client);

impl Counts {
    async fn of(app: &TestApp) -> Self {
        let client = connect(&app.database.url).await;
        Self(client)
    }

    async fn number(&self, query: &str) -> i64 {
        self.0.query_one(query, &[]).await.unwrap_or_else(|error| panic!("{error}: {query}")).get(0)
    }

    async fn texts(&self, query: &str) -> BTreeSet<String> {
        self.0.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }
}

const LEFT: &str = "select count(*) from listings where state = 'active' and expires_at < now()";

#[actix_web::test]
async fn workers_that_are_killed_leave_nothing_half_done_and_others_go_on() {
    let (app, group) = town().await;
    many_ended(&app, group.network, 400, 4).await;
    let counts = Counts::of(&app).await;
    let mut before = 1600;
    for _ in 0..3 {
        let mut worker = spawn_worker(&app.database.url);
        eventually("it is in the middle", async || counts.number(LEFT).await < before).await;
        worker.send("KILL");
        worker.ended();
        before = counts.number(LEFT).await;
        app.sql(EACH_ONCE).await;
    }
    assert!(before > 0, "they were not killed in the middle");
    let mut workers = [spawn_worker(&app.database.url), spawn_worker(&app.database.url)];
    eventually("all is done", async || counts.number(LEFT).await == 0).await;
    for worker in &mut workers {
        assert_eq!(worker.stop().code(), Some(0), "{}", worker.said());
        assert!(!worker.said().contains("ERROR") && worker.said().contains("the worker is ready"), "{}", worker.said());
    }
    app.sql(EACH_ONCE).await;
    assert_eq!(counts.number("select count(*) from notices where topic = 'listings_expired'").await, 400, "one for each group");
}

#[actix_web::test]
async fn a_worker_that_is_asked_to_stop_finishes_what_it_has_in_hand() {
    let (app, group) = town().await;
    many_ended(&app, group.network, 400, 4).await;
    let counts = Counts::of(&app).await;
    let mut worker = spawn_worker(&app.database.url);
    eventually("it is in the middle", async || counts.number(LEFT).await < 1600).await;
    assert_eq!(worker.stop().code(), Some(0), "{}", worker.said());
    assert!(counts.number(LEFT).await > 0, "it did not do all of it first");
    app.sql(EACH_ONCE).await;
}

/// Posts until the server is gone; gives the ids of what was acknowledged.
async fn post_until_it_ends(client: Client, path: String, kind: &'static str, number: usize) -> Vec<String> {
    let mut acknowledged = Vec::new();
    for turn in 0.. {
        let listing = json!({"kind": kind, "title": format!("Folding chairs {number} {turn}"), "category": "seating", "description": "x".repeat(500)});
        let (client, path) = (client.clone(), path.clone());
        // The client panics when there is no answer.
        match actix_web::rt::spawn(async move { client.post(path, listing).await }).await {
            // A busy machine: nothing is promised.
            Ok(answer) if answer.status == 503 => {}
            Ok(answer) => acknowledged.push(answer.expect(201).str("/id")),
            Err(_) => break,
        }
    }
    acknowledged
}

#[actix_web::test]
async fn a_server_that_is_killed_while_many_write_keeps_its_word_and_its_mail() {
    let (app, marys) = town().await;
    let groups = [marys.clone(), app.group(marys.network, "Food Bank").await, app.group(marys.network, "Men's Shed").await];
    let receiver = Receiver::start().await;
    let mail = [
        ("SMTP_URL", format!("smtp://{}?tls=none", receiver.address)),
        ("GOTIT_MAIL_FROM", "Got It <gotit@example.net>".to_owned()),
        ("GOTIT_PUBLIC_URL", "https://gotit.example.net".to_owned()),
    ];
    let start = || Program::ready(Program::command().env("DATABASE_URL", &app.database.url).envs(mail.clone()));
    let counts = Counts::of(&app).await;
    let mut acknowledged = BTreeSet::new();
    for round in 0..3 {
        let mut program = start();
        let mut writers = JoinSet::new();
        for number in 0..6 {
            let group = &groups[number % 3];
            let client = Client::new(program.address(), app.back_again(&group.owner).token.clone());
            let kind = if number < 3 { "offer" } else { "want" };
            writers.spawn_local(post_until_it_ends(client, format!("/v1/groups/{}/listings", group.id), kind, round * 10 + number));
        }
        let (before, told) = (counts.number("select count(*) from listings").await, counts.number("select count(*) from notices").await);
        eventually("they write, and notices are made of it", async || {
            counts.number("select count(*) from listings").await >= before + 12
                && counts.number("select count(*) from notices").await > told
        })
        .await;
        program.send("KILL");
        program.ended();
        acknowledged.extend(writers.join_all().await.into_iter().flatten());
        let kept = counts.texts("select id::text from listings").await;
        assert!(acknowledged.is_subset(&kept), "acknowledged, and gone: {:?}", acknowledged.difference(&kept));
        let half = "select count(*) from listings l where (select count(*) from audit_entries a where a.action = 'create_listing' and a.subject_id = l.id::text) <> 1";
        assert_eq!(counts.number(half).await, 0, "a listing without its history");
        assert_eq!(
            counts.number("select count(*) from audit_entries where action = 'create_listing'").await,
            i64::try_from(kept.len()).unwrap()
        );
        let events = "select count(*) from outbox_events where topic = 'notice.created'";
        assert_eq!(counts.number("select count(*) from notices").await, counts.number(events).await, "a notice without its event");
    }
    assert!(acknowledged.len() > 12, "{}", acknowledged.len());
    // What somebody had in hand when it was killed is free again after two minutes.
    app.sql("update outbox_events set next_attempt_at = now() where delivered_at is null").await;
    let program = start();
    let waiting = "select count(*) from outbox_events where delivered_at is null and given_up_at is null";
    eventually("all has left", async || counts.number(waiting).await == 0).await;
    assert_eq!(counts.number("select count(*) from outbox_events where topic = 'notice.mail' and given_up_at is not null").await, 0);
    drop(program);
    let sent: Vec<String> = receiver.mails().iter().map(|mail| mail.header("Message-ID")).collect();
    let expected = counts.texts("select '<' || id || '@example.net>' from outbox_events where topic = 'notice.mail'").await;
    assert_eq!(sent.iter().cloned().collect::<BTreeSet<_>>(), expected, "each at least once, under its id");
    let notices = counts.number("select count(*) from notices").await;
    assert_eq!(expected.len(), usize::try_from(notices).unwrap(), "each group has one who is told");
    assert!(sent.len() - expected.len() <= 3, "a repeat for each kill at most: {} of {}", sent.len(), expected.len());
}
