//! The matches of a whole network, line by line: equal to asking one by one, cheap for the server, and honest about its end.

use std::time::Duration;

use gotit::{db::DbConfig, http::body::LimitsConfig};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use crate::support::{Client, Group, Person, TestApp, connect, ends, eventually, waiting_for_a_lock};

async fn post(group: &Group, listing: Value) -> String {
    group.owner.post(format!("/v1/groups/{}/listings", group.id), listing).await.expect(201).str("/id")
}

/// Groups that have and want several things, and somebody who works for their network.
struct Town {
    app: TestApp,
    groups: Vec<Group>,
    coordinator: Person,
    path: String,
}

impl Town {
    async fn of(app: TestApp) -> Self {
        let network = app.network("stoke").await;
        let mut groups = Vec::new();
        for (name, place) in
            [("Zion Hall", "burslem-stoke-on-trent"), ("Air Cadets", "hanley-stoke-on-trent"), ("Men's Shed", "hanley-stoke-on-trent")]
        {
            groups.push(app.group_at(network, name, place).await);
        }
        let coordinator = app.staff(network, "Mair", "coordinator").await;
        Self { app, groups, coordinator, path: format!("/v1/networks/{network}/matches") }
    }

    /// Each group has and wants each of these.
    async fn post(&self, titles: &[&str]) {
        for group in &self.groups {
            for title in titles {
                for kind in ["want", "offer"] {
                    post(group, json!({"kind": kind, "title": title, "category": "seating"})).await;
                }
            }
        }
    }

    /// So many more listings of the first group, which the others' fit.
    async fn fill(&self, number: usize) {
        self.app
            .sql(&format!(
                "insert into listings (id, group_id, network_id, in_good_standing, kind, title, description, category_code, locality_code, lat, lng, reach_km, remote, basis,
                   quantity, delivery_possible, urgency, state, moderation, published_at, words, search_text, created_at, updated_at)
                 select gen_random_uuid(), group_id, network_id, in_good_standing, kind, title || ' ' || n, description, category_code, locality_code, lat, lng, reach_km, remote,
                   basis, quantity, delivery_possible, urgency, state, moderation, published_at, words, search_text, created_at, updated_at
                 from (select * from listings where group_id = '{}' order by id limit 1) l, generate_series(1, {number}) n",
                self.groups[0].id
            ))
            .await;
    }

    fn idle(&self) -> bool {
        let state = self.app.state.db.pool_state();
        state.open == state.idle && state.waiting == 0
    }

    /// Asks over a connection of our own, that takes little at a time.
    async fn ask(&self, headers: &str) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let mut stream = socket.connect(self.app.address).await.unwrap();
        let token = self.coordinator.token.clone().unwrap();
        let path = &self.path;
        let request = format!("GET {path}?limit=20 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n{headers}\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }
}

/// What comes until it contains this.
async fn read_until(stream: &mut TcpStream, text: &str) -> String {
    let mut said = Vec::new();
    while !String::from_utf8_lossy(&said).contains(text) {
        let mut chunk = [0; 4096];
        let read = ends("something comes", stream.read(&mut chunk)).await.expect("bytes");
        assert!(read > 0, "the end came after {}", String::from_utf8_lossy(&said));
        said.extend_from_slice(&chunk[..read]);
    }
    String::from_utf8_lossy(&said).into_owned()
}

/// What comes until the connection ends, by a close or a reset.
async fn rest(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    ends("the connection ends", stream.read_to_end(&mut said)).await.ok();
    String::from_utf8_lossy(&said).into_owned()
}

async fn one_by_one(client: &Client, listing: &str) -> Vec<Value> {
    client.get(format!("/v1/listings/{listing}/matches?limit=3")).await.expect(200).body["items"].as_array().unwrap().clone()
}

/// A match without what the seconds between two requests change.
fn at_any_time(found: &Value) -> Value {
    let mut found = found.clone();
    let fields = found.as_object_mut().unwrap();
    let rounded = |value: &Value| json!((value.as_f64().unwrap() * 1e4).round());
    fields["score"] = rounded(&fields["score"]);
    fields["parts"]["freshness"] = rounded(&fields["parts"]["freshness"]);
    found
}

#[actix_web::test]
async fn each_listing_gets_what_it_gets_when_asked_about_alone() {
    let town = Town::of(TestApp::start().await).await;
    town.post(&["Folding chairs", "Garden benches", "Stools"]).await;
    let lonely = post(&town.groups[0], json!({"kind": "want", "title": "Zebra", "category": "moves"})).await;
    let owner = &town.groups[0].owner;
    owner
        .post(
            format!("/v1/groups/{}/listings?draft=true", town.groups[0].id),
            json!({"kind": "want", "title": "Draft", "category": "seating"}),
        )
        .await
        .expect(201);
    let elsewhere = town.app.network("leek").await;
    post(&town.app.group(elsewhere, "Leek Pantry").await, json!({"kind": "offer", "title": "Folding chairs", "category": "seating"})).await;
    let answer = town.coordinator.get(format!("{}?limit=3", town.path)).await.expect(200);
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    let lines = answer.lines();
    let [start, listings @ .., end] = &lines[..] else { panic!("{}", answer.text) };
    assert_eq!((&start["type"], &start["listings"]), (&json!("start"), &json!(19)));
    let matches: usize = listings.iter().map(|line| line["matches"].as_array().unwrap().len()).sum();
    assert_eq!(*end, json!({"type": "end", "listings": 19, "matches": matches}));
    let said: Vec<String> = listings
        .iter()
        .map(|line| format!("{} {} {}", line["listing"]["group"]["name"], line["listing"]["kind"], line["listing"]["title"]))
        .collect();
    let mut sorted = said.clone();
    sorted.sort();
    assert_eq!(said, sorted, "group by group, what it has before what it wants, by title");
    for (number, line) in listings.iter().enumerate() {
        assert_eq!((&line["type"], &line["done"], &line["of"]), (&json!("listing"), &json!(number + 1), &json!(19)));
        let id = line["listing"]["id"].as_str().unwrap();
        let alone = one_by_one(&town.coordinator, id).await;
        let here: Vec<Value> = line["matches"].as_array().unwrap().iter().map(at_any_time).collect();
        assert_eq!(here, alone.iter().map(at_any_time).collect::<Vec<_>>(), "{}", line["listing"]["title"]);
        assert_eq!(here.is_empty(), id == lonely);
        assert!(here.iter().all(|found| found["listing_id"] == id), "{line}");
        // The pantry of Leek only has, so there is nothing to swap.
        assert!(here.iter().all(|found| (found["two_way"] == true) != (found["counterpart"]["group"]["name"] == "Leek Pantry")), "{line}");
    }
}

#[actix_web::test]
async fn a_network_without_listings_has_a_start_and_an_end() {
    let town = Town::of(TestApp::start().await).await;
    let lines = town.coordinator.get(&town.path).await.expect(200).lines();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["type"], &lines[0]["listings"]), (&json!("start"), &json!(0)));
    assert_eq!(lines[1], json!({"type": "end", "listings": 0, "matches": 0}));
}

#[actix_web::test]
async fn only_the_networks_staff_may_ask_and_not_without_end() {
    let town = Town::of(TestApp::start().await).await;
    let broker = town.app.staff(town.groups[0].network, "Huw", "broker").await;
    broker.get(&town.path).await.expect(200);
    town.app.visitor().get(&town.path).await.problem(401, "not_signed_in");
    town.groups[0].owner.get(&town.path).await.problem(403, "not_allowed");
    let elsewhere = town.app.network("leek").await;
    town.app.staff(elsewhere, "Nia", "coordinator").await.get(&town.path).await.problem(403, "not_allowed");
    town.coordinator.get(format!("/v1/networks/{}/matches", uuid::Uuid::now_v7())).await.problem(404, "not_found");
    for limit in ["0", "21", "-1", "many", ""] {
        town.coordinator.get(format!("{}?limit={limit}", town.path)).await.problem(422, "invalid_fields").refuses("limit", "out_of_range");
    }
    town.coordinator.get(format!("{}?cursor=x", town.path)).await.problem(400, "unknown_parameter");
    for _ in 0..10 {
        town.coordinator.get(&town.path).await.expect(200);
    }
    let refused = town.coordinator.get(&town.path).await.problem(429, "too_many_requests");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() <= 600);
    broker.get(&town.path).await.expect(200);
    town.app.advance(chrono::Duration::minutes(11));
    town.app.back_again(&town.coordinator).get(&town.path).await.expect(200);
}

/// The first line comes at once, also through gzip, while the others wait for the database.
#[actix_web::test]
async fn lines_are_sent_as_they_are_found() {
    let town = Town::of(TestApp::start().await).await;
    town.post(&["Folding chairs"]).await;
    for headers in ["", "Accept-Encoding: gzip\r\n"] {
        let client = connect(&town.app.database.url).await;
        client.batch_execute("begin; lock table match_dismissals in access exclusive mode").await.unwrap();
        let mut stream = town.ask(headers).await;
        if headers.is_empty() {
            let said = read_until(&mut stream, "\"as_of\"").await;
            assert!(said.contains("\"listings\":6") && !said.contains("\"done\""), "{said}");
        } else {
            // The head of a chunked answer, and a first chunk in it with all of the first line: more than gzip's own head.
            let said = read_until(&mut stream, "\r\n\r\n").await;
            assert!(said.to_lowercase().contains("content-encoding: gzip"), "{said}");
            let mut chunk = vec![0; 4096];
            let mut got = said.split("\r\n\r\n").nth(1).unwrap_or_default().len();
            while got < 60 {
                got += ends("the first line comes", stream.read(&mut chunk)).await.unwrap();
            }
        }
        client.batch_execute("rollback").await.unwrap();
        if headers.is_empty() {
            read_until(&mut stream, "\"end\"").await;
        }
    }
}

#[actix_web::test]
async fn what_fails_in_the_middle_is_told_in_the_last_line() {
    let limits = LimitsConfig { answer_ms: 20_000, ..LimitsConfig::default() };
    let db = DbConfig { db_connections: 2, db_statement_ms: 20_000, db_lock_ms: 20_000, db_acquire_ms: 20_000 };
    let town = Town::of(TestApp::start_with(limits, db).await).await;
    town.post(&["Folding chairs"]).await;
    let client = connect(&town.app.database.url).await;
    client.batch_execute("begin; lock table match_dismissals in access exclusive mode").await.unwrap();
    let coordinator = town.coordinator.clone();
    let path = town.path.clone();
    let asking = actix_web::rt::spawn(async move { coordinator.get(path).await });
    waiting_for_a_lock(&connect(&town.app.database.url).await, 1).await;
    client.batch_execute("alter table match_dismissals rename to gone; commit").await.unwrap();
    let answer = asking.await.unwrap().expect(200);
    let lines = answer.lines();
    assert_eq!((lines.len(), &lines[0]["type"], &lines[1]["type"]), (2, &json!("start"), &json!("error")), "{}", answer.text);
    let problem = &lines[1]["problem"];
    assert_eq!((&problem["code"], &problem["status"], &problem["instance"]), (&json!("internal"), &json!(500), &json!(town.path)));
    assert_eq!(problem["request_id"], answer.header("x-request-id").as_str());
    assert!(!answer.text.contains("match_dismissals"), "what is wrong inside is for the log: {}", answer.text);
}

#[actix_web::test]
async fn it_ends_when_whoever_asked_may_not_ask_any_more() {
    let limits = LimitsConfig { answer_ms: 20_000, ..LimitsConfig::default() };
    let db = DbConfig { db_connections: 2, db_statement_ms: 20_000, db_lock_ms: 20_000, db_acquire_ms: 20_000 };
    let town = Town::of(TestApp::start_with(limits, db).await).await;
    town.post(&["Folding chairs", "Garden benches", "Stools"]).await;
    let (holder, watcher) = (connect(&town.app.database.url).await, connect(&town.app.database.url).await);
    let huw = town.app.staff(town.groups[0].network, "Huw", "broker").await;
    let ended = "update sessions set ended_at = now(), end_reason = 'signed_out'";
    for (reader, lost, code) in [(&town.coordinator, "delete from network_staff", "not_allowed"), (&huw, ended, "session_ended")] {
        // The first eight of eighteen are being looked at when it happens.
        holder.batch_execute("begin; lock table match_dismissals in access exclusive mode").await.unwrap();
        let (person, path) = (reader.clone(), town.path.clone());
        let asking = actix_web::rt::spawn(async move { person.get(path).await });
        waiting_for_a_lock(&watcher, 1).await;
        holder.batch_execute(&format!("{lost} where user_id = '{}'; commit", reader.id)).await.unwrap();
        let lines = asking.await.unwrap().expect(200).lines();
        assert_eq!((lines.len(), &lines[8]["done"], &lines[9]["type"]), (10, &json!(8), &json!("error")), "{lost}");
        assert_eq!((&lines[9]["problem"]["code"], &lines[9]["problem"]["instance"]), (&json!(code), &json!(town.path)), "{lost}");
    }
}

#[actix_web::test]
async fn what_is_hidden_meanwhile_has_no_line() {
    let limits = LimitsConfig { answer_ms: 20_000, ..LimitsConfig::default() };
    let db = DbConfig { db_connections: 2, db_statement_ms: 20_000, db_lock_ms: 20_000, db_acquire_ms: 20_000 };
    let town = Town::of(TestApp::start_with(limits, db).await).await;
    town.post(&["Folding chairs"]).await;
    let (holder, watcher) = (connect(&town.app.database.url).await, connect(&town.app.database.url).await);
    holder.batch_execute("begin; lock table match_dismissals in access exclusive mode").await.unwrap();
    let (coordinator, path) = (town.coordinator.clone(), town.path.clone());
    let asking = actix_web::rt::spawn(async move { coordinator.get(path).await });
    waiting_for_a_lock(&watcher, 1).await;
    holder
        .batch_execute(&format!(
            "update listings set moderation = 'held', title = 'Not for you' where group_id = '{}'; commit",
            town.groups[0].id
        ))
        .await
        .unwrap();
    let answer = asking.await.unwrap().expect(200);
    let lines = answer.lines();
    assert_eq!((lines.len(), &lines[5]["type"], &lines[5]["listings"]), (6, &json!("end"), &json!(6)), "{}", answer.text);
    assert!(!answer.text.contains("Not for you"), "{}", answer.text);
}

/// How often tables and indexes have been scanned.
async fn all_scans(client: &tokio_postgres::Client) -> i64 {
    let all = "select sum(seq_scan + coalesce(idx_scan, 0))::bigint from pg_stat_user_tables";
    client.query_one(all, &[]).await.unwrap().get(0)
}

#[actix_web::test]
async fn a_client_that_hangs_up_frees_its_connection_to_the_database() {
    let limits = LimitsConfig { answer_ms: 20_000, ..LimitsConfig::default() };
    let db = DbConfig { db_connections: 1, db_statement_ms: 20_000, db_lock_ms: 20_000, db_acquire_ms: 20_000 };
    let town = Town::of(TestApp::start_with(limits, db).await).await;
    town.post(&["Folding chairs"]).await;
    town.fill(2000).await;
    let mut stream = town.ask("").await;
    read_until(&mut stream, "\"done\":17,").await;
    drop(stream);
    eventually("the only connection is free", async || town.idle()).await;
    let (client, mut until_then) = (connect(&town.app.database.url).await, None);
    eventually("nothing more is read", async || {
        // An idle connection says after a second, at the latest, what it has read.
        tokio::time::sleep(Duration::from_secs(2)).await;
        let before = until_then.replace(all_scans(&client).await);
        before == until_then
    })
    .await;
    town.coordinator.get(&town.path).await.expect(200);
    // Had it gone on, this would have read no more than the same again.
    eventually("reading all takes far longer", async || Some(all_scans(&client).await / 3) > until_then).await;
    town.app.visitor().get("/health/ready").await.expect(200);
}

#[actix_web::test]
async fn a_client_that_does_not_read_holds_nothing_and_is_sent_away() {
    let limits = LimitsConfig { answer_ms: 20_000, head_ms: 1500, idle_ms: 1500, ..LimitsConfig::default() };
    let db = DbConfig { db_connections: 2, db_statement_ms: 20_000, db_acquire_ms: 20_000, ..DbConfig::default() };
    let town = Town::of(TestApp::start_with(limits, db).await).await;
    town.post(&["Folding chairs", "Garden benches", "Stools"]).await;
    town.fill(1500).await;
    let mut stream = town.ask("").await;
    read_until(&mut stream, "\"start\"").await;
    // It goes on until what lies between it and the client is full, then it waits without a connection to the database.
    let mut full = 0;
    eventually("it stops", async || {
        tokio::time::sleep(Duration::from_millis(100)).await;
        full = if town.idle() { full + 1 } else { 0 };
        full > 20
    })
    .await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let said = rest(&mut stream).await;
    assert!(!said.contains("\"end\"") && said.contains("\"done\""), "it was not too much for the buffers: {} bytes", said.len());
}

#[actix_web::test]
async fn a_stop_of_the_server_does_not_wait_for_a_client_that_does_not_read() {
    let town = Town::of(TestApp::start().await).await;
    town.post(&["Folding chairs"]).await;
    town.fill(1500).await;
    let mut stream = town.ask("").await;
    read_until(&mut stream, "\"start\"").await;
    ends("it stops", town.app.stop()).await;
    assert!(!rest(&mut stream).await.contains("\"end\""));
}
