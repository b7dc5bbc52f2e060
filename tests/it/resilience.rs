//! The database away, frozen, slow or full: 503 with Retry-After, never a 500 nor a wait without end, and back by itself. How long an
//! answer may take at most is `http::body`'s to keep, and tested there.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use diesel_async::RunQueryDsl;
use futures_util::future::{join, join_all};
use gotit::{
    db::{Db, DbConfig, PoolState, PooledConn},
    http::body::LimitsConfig,
    private_postgres::{Durability, Options, PrivatePostgres},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Answer, CONTRACT, Client, Program, TestApp, connect, ends, eventually, open_folder, run_sql, send_signal, waiting_for_a_lock,
};

/// What can be answered without a database.
const FROM_MEMORY: [&str; 5] =
    ["/health/live", "/.well-known/jwks.json", "/v1/matching/method", "/v1/categories", "/v1/exchanges/transitions"];

/// A PostgreSQL that tests may stop, kill and freeze, and the program on it.
struct Server {
    folder: tempfile::TempDir,
    postgres: Option<PrivatePostgres>,
    program: Program,
    token: String,
}

impl Server {
    async fn start(arguments: &[&str]) -> Self {
        let folder = open_folder();
        let postgres = start_postgres(folder.path());
        let program = Program::on_database(&postgres.url("postgres"), arguments);
        let account = json!({"email": "olwen@example.org", "password": "seven purple herons", "name": "Olwen"});
        program.visitor().post("/v1/users", account).await.expect(202);
        let credentials = json!({"email": "olwen@example.org", "password": "seven purple herons"});
        let token = program.visitor().post("/v1/sessions", credentials).await.expect(201).str("/access_token");
        Self { folder, postgres: Some(postgres), program, token }
    }

    fn person(&self) -> Client {
        Client::new(self.program.address(), Some(self.token.clone()))
    }

    /// Sends every operation of the contract at once, and judges the answers: 503, or an answer that needs no database.
    async fn expect_everything_unavailable(&self) {
        let person = self.person().with("if-match", "\"1\"");
        let operations = CONTRACT.operations();
        assert!(operations.len() > 40);
        let answers = join_all(operations.iter().map(async |(method, path, operation)| {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            (path, person.send(method, &filled(path), example_body(operation)).await)
        }));
        let mut unavailable = 0;
        for (path, answer) in ends("everything is answered", answers).await {
            match answer.status {
                503 => {
                    is_unavailable(&answer);
                    unavailable += 1;
                }
                200 if FROM_MEMORY.contains(&path.as_str()) => {}
                // Refused before the database was asked.
                400 | 404 | 422 if path.contains('{') || answer.body["errors"] != json!([]) => {}
                status => panic!("{path} answered {status}: {}", answer.text),
            }
        }
        assert!(unavailable > 40, "only {unavailable} operations asked the database");
        self.person().get("/health/live").await.expect(200);
        is_unavailable(&self.person().get("/health/ready").await.problem(503, "unavailable"));
    }

    async fn expect_back(&self) {
        eventually("it is ready again", async || self.person().get("/health/ready").await.status == 200).await;
        eventually("people are served again", async || self.person().get("/v1/users/me").await.status == 200).await;
        for _ in 0..40 {
            self.person().get("/v1/users/me").await.expect(200);
        }
    }
}

fn start_postgres(folder: &Path) -> PrivatePostgres {
    let options = Options { data_dir: folder.join("postgres"), durability: Durability::Full, bin_dir: None };
    PrivatePostgres::start(options).expect("PostgreSQL starts")
}

/// The main process of a server.
fn postmaster(folder: &Path) -> u32 {
    let note = std::fs::read_to_string(folder.join("postgres/cluster/postmaster.pid")).expect("a running server's note");
    note.lines().next().expect("a number").parse().expect("a number")
}

#[track_caller]
fn is_unavailable(answer: &Answer) {
    assert_eq!(answer.body["code"], "unavailable", "{}", answer.text);
    let wait: u64 = answer.header("retry-after").parse().expect("seconds to wait");
    assert!((1..=10).contains(&wait));
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(answer.body["request_id"], answer.header("x-request-id"));
}

/// A path with something in the place of its parameters.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{code}" | "{short_code}" => "G7K2M",
        "{slug}" => "stoke-on-trent",
        part if part.starts_with('{') => "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01",
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

/// The example that the contract gives for the body of an operation.
fn example_body(operation: &Value) -> Option<Value> {
    let content = operation["requestBody"]["content"].as_object()?.values().next()?;
    if !content["example"].is_null() {
        return Some(content["example"].clone());
    }
    let schema = content["schema"]["$ref"].as_str().and_then(|reference| CONTRACT.document.pointer(reference.trim_start_matches('#')));
    Some(schema.map_or_else(|| json!({}), |schema| schema["example"].clone()))
}

#[actix_web::test]
async fn a_database_that_is_away_is_told_and_its_return_is_noticed() {
    let mut server = Server::start(&[]).await;
    // Stopped in good order: connections are ended with a word.
    server.postgres.take().expect("it runs").stop().expect("it stops");
    server.expect_everything_unavailable().await;
    server.postgres = Some(start_postgres(server.folder.path()));
    server.expect_back().await;
    // Killed: connections just end.
    send_signal("KILL", postmaster(server.folder.path()));
    drop(server.postgres.take());
    server.expect_everything_unavailable().await;
    server.postgres = Some(start_postgres(server.folder.path()));
    server.expect_back().await;
}

/// The processes of a server, which go on when this is dropped.
struct Frozen(Vec<u32>);

impl Frozen {
    fn new(folder: &Path) -> Self {
        let main = postmaster(folder);
        send_signal("STOP", main);
        let frozen = Self([vec![main], children_of(main)].concat());
        frozen.0.iter().skip(1).for_each(|process| send_signal("STOP", *process));
        frozen
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        self.0.iter().for_each(|process| send_signal("CONT", *process));
    }
}

fn children_of(parent: u32) -> Vec<u32> {
    let listed = std::process::Command::new("ps").args(["-eo", "pid=,ppid="]).output().expect("ps").stdout;
    let text = String::from_utf8(listed).expect("text");
    let pairs = text.lines().filter_map(|line| line.trim().split_once(' '));
    pairs.filter(|(_, of)| of.trim() == parent.to_string()).filter_map(|(pid, _)| pid.parse().ok()).collect()
}

#[actix_web::test]
async fn a_database_that_hangs_is_told_and_its_return_is_noticed() {
    for connections in ["16", "1"] {
        let server = Server::start(&["--db-connections", connections]).await;
        let frozen = Frozen::new(server.folder.path());
        assert!(frozen.0.len() > 3);
        server.expect_everything_unavailable().await;
        server.expect_everything_unavailable().await;
        drop(frozen);
        server.expect_back().await;
    }
}

/// A server whose pool and patience are small.
async fn small() -> TestApp {
    let db = DbConfig { db_connections: 2, db_acquire_ms: 300, db_lock_ms: 300, db_statement_ms: 600 };
    TestApp::start_with(LimitsConfig::default(), db).await
}

/// Which of the server's processes a connection talks to.
async fn process_of(conn: &mut PooledConn) -> i32 {
    diesel::select(diesel::dsl::sql::<diesel::sql_types::Integer>("pg_backend_pid()")).get_result(conn).await.expect("a number")
}

/// A database for two threads of four connections each, and how long they wait for one.
fn two_threads(url: &str) -> (Db, Duration) {
    let few = DbConfig { db_connections: 8, db_acquire_ms: 1500, ..DbConfig::default() };
    (Db::for_threads(url, &few, 2).expect("a good address"), Duration::from_millis(few.db_acquire_ms))
}

/// All that a thread may open, held.
async fn all_of(thread: &Db) -> Vec<PooledConn> {
    let held = join_all((0..4).map(|_| thread.conn())).await;
    held.into_iter().map(|conn| conn.expect("one of four")).collect()
}

#[actix_web::test]
async fn a_thread_uses_its_own_connections_and_what_another_has_to_spare() {
    let app = TestApp::start().await;
    let (db, patience) = two_threads(&app.database.url);
    let (one, other) = (db.of_thread(0), db.of_thread(1));
    let own = process_of(&mut other.conn().await.expect("its own")).await;
    for _ in 0..3 {
        assert_ne!(process_of(&mut one.conn().await.expect("its own")).await, own);
        assert_eq!(process_of(&mut other.conn().await.expect("its own")).await, own);
    }
    let _held = all_of(&one).await;
    let mut spare = one.conn().await.expect("what the other thread does not use");
    assert_eq!(process_of(&mut spare).await, own);
    assert_eq!(db.pool_state(), PoolState { open: 5, idle: 0, waiting: 0 });
    let started = Instant::now();
    assert!(one.conn().await.is_err(), "it opens none for the other thread");
    assert!(started.elapsed() >= patience);
    assert_eq!(db.pool_state().open, 5);
    drop(spare);
    assert_eq!(process_of(&mut other.conn().await.expect("it came back")).await, own);
}

#[actix_web::test]
async fn whoever_waits_for_a_connection_gets_the_first_that_comes_back_to_any_thread() {
    let app = TestApp::start().await;
    let (db, _) = two_threads(&app.database.url);
    let (one, other) = (db.of_thread(0), db.of_thread(1));
    let (_held, mut lent) = (all_of(&one).await, all_of(&other).await);
    let back = async {
        eventually("it waits", async || db.pool_state() == PoolState { open: 8, idle: 0, waiting: 1 }).await;
        drop(lent.pop());
    };
    let (got, ()) = join(one.conn(), back).await;
    drop(got.expect("what came back to the other thread"));
}

#[actix_web::test]
async fn a_thread_that_cannot_open_a_connection_takes_what_another_has_to_spare() {
    let folder = open_folder();
    let postgres = start_postgres(folder.path());
    let (db, _) = two_threads(&postgres.url("postgres"));
    let (one, other) = (db.of_thread(0), db.of_thread(1));
    let own = process_of(&mut other.conn().await.expect("its own")).await;
    // It takes no new connections, and goes on with those that it has.
    let main = postmaster(folder.path());
    send_signal("STOP", main);
    let taken = ends("there is one", one.conn()).await;
    send_signal("CONT", main);
    assert_eq!(process_of(&mut taken.expect("the other thread's")).await, own);
}

#[actix_web::test]
async fn a_pool_without_a_free_connection_is_told() {
    let app = small().await;
    let olwen = app.person("Olwen").await;
    let held = (app.conn().await, app.conn().await);
    is_unavailable(&olwen.get("/v1/users/me").await.problem(503, "unavailable"));
    is_unavailable(&app.visitor().get("/health/ready").await.problem(503, "unavailable"));
    app.visitor().get("/health/live").await.expect(200);
    drop(held);
    olwen.get("/v1/users/me").await.expect(200);
}

#[actix_web::test]
async fn a_row_that_somebody_holds_is_waited_for_a_moment_only() {
    let app = small().await;
    let olwen = app.person("Olwen").await;
    let holder = connect(&app.database.url).await;
    holder.batch_execute("begin; select from users for update").await.expect("the row is held");
    let change = async || olwen.send(Method::PATCH, "/v1/users/me", Some(json!({"name": "Olwen Siân"}))).await;
    is_unavailable(&change().await.problem(503, "unavailable"));
    // Reading goes on meanwhile.
    olwen.get("/v1/users/me").await.expect(200);
    holder.batch_execute("commit").await.expect("it is free");
    change().await.expect(200);
}

#[actix_web::test]
async fn a_table_that_is_locked_is_told_for_reading_too() {
    let app = small().await;
    let olwen = app.person("Olwen").await;
    let holder = connect(&app.database.url).await;
    holder.batch_execute("begin; lock table users, networks, listings in access exclusive mode").await.expect("the tables are locked");
    for path in ["/v1/users/me", "/v1/networks", "/v1/listings"] {
        is_unavailable(&olwen.get(path).await.problem(503, "unavailable"));
    }
    holder.batch_execute("commit").await.expect("they are free");
    olwen.get("/v1/networks").await.expect(200);
}

#[actix_web::test]
async fn connections_that_the_database_ended_are_replaced_within_the_request() {
    let app = TestApp::start().await;
    let olwen = app.person("Olwen").await;
    for _ in 0..5 {
        join_all((0..8).map(|_| olwen.get("/v1/users/me"))).await.into_iter().for_each(|answer| drop(answer.expect(200)));
        let end_all =
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
        run_sql(&app.database.url, end_all).await;
        join_all((0..8).map(|_| olwen.get("/v1/users/me"))).await.into_iter().for_each(|answer| drop(answer.expect(200)));
    }
}

#[actix_web::test]
async fn a_request_whose_connection_is_ended_under_it_is_told_so() {
    let db = DbConfig { db_connections: 2, db_lock_ms: 240_000, db_statement_ms: 240_000, db_acquire_ms: 240_000 };
    let app = TestApp::start_with(LimitsConfig { answer_ms: 240_000, ..LimitsConfig::default() }, db).await;
    let olwen = app.person("Olwen").await;
    let (holder, watcher) = (connect(&app.database.url).await, connect(&app.database.url).await);
    holder.batch_execute("begin; lock table networks in access exclusive mode").await.expect("the table is locked");
    let end = async {
        waiting_for_a_lock(&watcher, 1).await;
        let who_waits = "datname = current_database() and wait_event_type = 'Lock'";
        let end = format!("select pg_terminate_backend(pid, 5000) from pg_stat_activity where {who_waits}");
        watcher.batch_execute(&end).await.expect("it is ended");
    };
    let (answer, ()) = join(olwen.get("/v1/networks"), end).await;
    is_unavailable(&answer.problem(503, "unavailable"));
    holder.batch_execute("commit").await.expect("the table is free");
    olwen.get("/v1/networks").await.expect(200);
}
