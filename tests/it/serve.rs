//! The life of the real program: how it starts, refuses to start, stops, is killed, and shares a database.

use std::{net::TcpListener, path::Path};

use gotit::private_postgres::PrivatePostgres;
use serde_json::json;

use crate::support::{Client, Database, Program, connect, eventually, open_folder, run_sql, send_signal, waiting_for_a_lock};

/// Makes an account, signs in, and gives a client with the token.
async fn sign_in(program: &Program) -> Client {
    let account = json!({"email": "olwen@example.org", "password": "seven purple herons", "name": "Olwen"});
    program.visitor().post("/v1/users", account).await.expect(202);
    again(program).await
}

async fn again(program: &Program) -> Client {
    let credentials = json!({"email": "olwen@example.org", "password": "seven purple herons"});
    let token = program.visitor().post("/v1/sessions", credentials).await.expect(201).str("/access_token");
    Client::new(program.address(), Some(token))
}

/// The address of the private PostgreSQL while it runs.
fn private_url(data_dir: &Path) -> Option<String> {
    PrivatePostgres::url_of_running(&data_dir.join("postgres"), "postgres")
}

/// The number of the private PostgreSQL's main process.
fn postgres_pid(data_dir: &Path) -> String {
    let note = std::fs::read_to_string(data_dir.join("postgres/cluster/postmaster.pid")).expect("a running server's note");
    note.lines().next().expect("a number").to_owned()
}

fn lives(pid: &str) -> bool {
    std::process::Command::new("/bin/sh").args(["-c", "kill -s 0 \"$1\" 2>/dev/null", "sh", pid]).status().expect("a shell").success()
}

#[actix_web::test]
async fn what_is_asked_to_stop_answers_first_and_leaves_nothing_running() {
    let folder = open_folder();
    for signal in ["TERM", "INT"] {
        let patient = ["--db-lock-ms", "240000", "--db-statement-ms", "240000", "--answer-ms", "240000"];
        let mut program = Program::ready(Program::command().args(patient).arg("--data-dir").arg(folder.path()));
        let (url, postgres, visitor) = (private_url(folder.path()).expect("it runs"), postgres_pid(folder.path()), program.visitor());
        let (holder, watcher) = (connect(&url).await, connect(&url).await);
        holder.batch_execute("begin; lock table networks in access exclusive mode").await.unwrap();
        let slow = actix_web::rt::spawn(async move { visitor.get("/v1/networks").await });
        waiting_for_a_lock(&watcher, 1).await;
        program.send(signal);
        let address = program.address();
        eventually("new connections are refused", async || std::net::TcpStream::connect(address).is_err()).await;
        assert!(!slow.is_finished(), "the slow request was not slow");
        holder.batch_execute("commit").await.unwrap();
        slow.await.expect("an answer").expect(200);
        assert_eq!(program.ended().code(), Some(0), "{}", program.said());
        assert_eq!(private_url(folder.path()), None);
        assert!(!lives(&postgres), "PostgreSQL still runs after {signal}");
    }
}

#[actix_web::test]
async fn data_outlives_a_stop_and_a_kill() {
    let folder = open_folder();
    let mut program = Program::on_folder(folder.path());
    sign_in(&program).await.get("/v1/users/me").await.expect(200);
    assert_eq!(program.stop().code(), Some(0));

    let mut program = Program::on_folder(folder.path());
    let signed_in = again(&program).await;
    let postgres = postgres_pid(folder.path());
    program.send("KILL");
    program.ended();
    eventually("PostgreSQL ends with its owner", async || !lives(&postgres)).await;

    let program = Program::on_folder(folder.path());
    // The token is of a program that is gone; its key is in the database.
    Client::new(program.address(), signed_in.token).get("/v1/users/me").await.expect(200);
}

#[actix_web::test]
async fn a_private_database_that_was_killed_is_started_again() {
    let folder = open_folder();
    let mut program = Program::on_folder(folder.path());
    let signed_in = sign_in(&program).await;
    send_signal("KILL", postgres_pid(folder.path()).parse().expect("a number"));
    eventually("it is missed", async || program.visitor().get("/health/ready").await.status == 503).await;
    program.visitor().get("/health/live").await.expect(200);
    eventually("it is back", async || program.visitor().get("/health/ready").await.status == 200).await;
    signed_in.get("/v1/users/me").await.expect(200);
    let postgres = postgres_pid(folder.path());
    assert_eq!(program.stop().code(), Some(0));
    assert!(!lives(&postgres));
}

#[actix_web::test]
async fn a_second_program_on_the_same_data_is_refused_in_words() {
    let folder = open_folder();
    let first = Program::on_folder(folder.path());
    let mut second = Program::spawn(Program::command().arg("--data-dir").arg(folder.path()));
    assert_eq!(second.ended().code(), Some(1));
    eventually("it says why", async || second.said().contains("in use")).await;
    assert!(second.said().contains(&first.child.id().to_string()), "it does not name the first: {}", second.said());
    first.visitor().get("/health/ready").await.expect(200);
}

#[actix_web::test]
async fn a_taken_port_is_told_before_anything_is_started() {
    let folder = open_folder();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its number").to_string();
    for option in ["--listen", "--metrics-listen"] {
        let data_dir = folder.path().join("data");
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_gotit"));
        command.env_remove("DATABASE_URL").args(["serve", option, &address, "--data-dir"]).arg(&data_dir);
        if option == "--metrics-listen" {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let mut program = Program::spawn(&mut command);
        assert_eq!(program.ended().code(), Some(1));
        eventually("it says why", async || program.said().contains(&format!("choose another with {option}"))).await;
        assert!(program.said().contains(&address));
        assert!(!data_dir.exists(), "something was started");
    }
}

#[actix_web::test]
async fn missing_migrations_are_refused_when_they_may_not_be_run() {
    let database = Database::empty();
    let mut program = Program::spawn(Program::command().arg("--no-migrate").env("DATABASE_URL", &database.url));
    assert_eq!(program.ended().code(), Some(1));
    eventually("it says why", async || program.said().contains("gotit migrate")).await;
    let up_to_date = Database::create();
    Program::on_database(&up_to_date.url, &["--no-migrate"]).visitor().get("/health/ready").await.expect(200);
}

#[actix_web::test]
async fn programs_that_start_together_on_a_new_database_agree() {
    let database = Database::empty();
    let [one, two, three] = [(); 3].map(|()| Program::spawn(Program::command().env("DATABASE_URL", &database.url)));
    let signed_in = sign_in(&one).await;
    for program in [&one, &two, &three] {
        Client::new(program.address(), signed_in.token.clone()).get("/v1/users/me").await.expect(200);
        program.visitor().get("/health/ready").await.expect(200);
    }
    // What one of them ends has ended for all.
    signed_in.delete("/v1/sessions/current").await.expect(204);
    Client::new(two.address(), signed_in.token).get("/v1/users/me").await.problem(401, "session_ended");
}

#[actix_web::test]
async fn a_database_that_asks_for_encryption_and_cannot_have_it_is_refused_in_words() {
    let database = Database::empty();
    let mut program = Program::spawn(Program::command().env("DATABASE_URL", format!("{}?sslmode=require", database.url)));
    assert_eq!(program.ended().code(), Some(1));
    eventually("it says why", async || program.said().to_lowercase().contains("tls")).await;
}

#[actix_web::test]
async fn the_house_is_kept_from_the_start() {
    let database = Database::create();
    let old = "insert into users (id, email, name, password_hash, password_changed_at, created_at, updated_at)
         values (gen_random_uuid(), 'olwen@example.org', 'Olwen', 'none', now(), now(), now());
       insert into idempotency_keys (user_id, key, operation, request_hash, created_at)
         select id, 'old', 'POST /', sha256(''), now() - interval '25 hours' from users;
       insert into idempotency_keys (user_id, key, operation, request_hash, created_at)
         select id, 'new', 'POST /', sha256(''), now() - interval '23 hours' from users;
       insert into sessions (id, user_id, created_at, last_used_at, expires_at)
         select gen_random_uuid(), id, now() - interval '99 days', now() - interval '99 days', now() - interval '31 days' from users";
    run_sql(&database.url, old).await;
    let program = Program::on_database(&database.url, &[]);
    eventually("the house has been kept", async || program.said().contains("tidied up")).await;
    assert!(program.said().contains("forgotten.sessions_and_tries=1 forgotten.answers=1"), "{}", program.said());
    run_sql(&database.url, "select 1 / (select count(*)::int from idempotency_keys where key = 'new')").await;
    run_sql(&database.url, "select 1 / (1 - (select count(*)::int from sessions))").await;
}

#[actix_web::test]
async fn numbers_for_prometheus_are_on_a_door_of_their_own() {
    let database = Database::create();
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its number");
    let program = Program::on_database(&database.url, &["--metrics-listen", &port.to_string()]);
    program.visitor().get("/v1/networks?limit=3").await.expect(200);
    program.visitor().get("/v1/listings/01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01").await.expect(404);
    program.visitor().get("/v1/nothing/secret-word").await.expect(404);
    program.visitor().get("/metrics").await.problem(404, "not_found");
    let numbers = async || Client::new(port, None).get("/metrics").await.expect(200).text;
    // Measured one after the other; this one comes last of the pool's.
    eventually("the pool is measured", async || numbers().await.contains("gotit_db_requests_waiting 0")).await;
    let numbers = numbers().await;
    for line in [
        r#"gotit_http_requests_total{method="GET",route="/v1/networks",status="200"} 1"#,
        r#"gotit_http_requests_total{method="GET",route="/v1/listings/{listing_id}",status="404"} 1"#,
        r#"gotit_http_request_seconds_bucket{method="GET",route="/v1/networks",status="200",le="2"} 1"#,
        "gotit_db_connections_idle ",
        "gotit_db_requests_waiting 0",
    ] {
        assert!(numbers.contains(line), "{line} is missing:\n{numbers}");
    }
    assert!(!numbers.contains("secret-word") && !numbers.contains("01980a8e"), "{numbers}");
}
