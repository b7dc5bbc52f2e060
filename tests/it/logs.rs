//! What is logged about requests, and what never is, however much the operator asks for.

use serde_json::{Value, json};

use crate::support::{Client, Database, Program, eventually, run_sql};

/// Words that stand for what must not be logged.
const MARKERS: [&str; 9] = [
    "markeremail",
    "Markername",
    "markerpassword",
    "markerdevice",
    "markerwords",
    "markerquery",
    "markertoken",
    "markerheader",
    "01782 000 111",
];

/// Does what people do, with a marker in each thing that is theirs, and gives the tokens that they were given.
async fn use_everything(program: &Program, database: &str) -> Vec<String> {
    let visitor = program.visitor().with("x-marker", "markerheader");
    let (email, password) = ("markeremail@example.org", "markerpassword seven purple herons");
    visitor.post("/v1/users", json!({"email": email, "password": password, "name": "Markername"})).await.expect(202);
    visitor.post("/v1/users", json!({"email": "markeremail", "password": "markerpas", "name": "Markername\u{0}"})).await.expect(422);
    let sign_in = json!({"email": email, "password": password, "device": "markerdevice"});
    let tokens = visitor.post("/v1/sessions", sign_in).await.expect(201);
    visitor.post("/v1/sessions", json!({"email": email, "password": "markerpassword wrong"})).await.expect(401);
    visitor.post("/v1/sessions/refresh", json!({"refresh_token": "markertoken"})).await.expect(401);
    let renewed = visitor.post("/v1/sessions/refresh", json!({"refresh_token": tokens.str("/refresh_token")})).await.expect(200);
    let person = Client::new(program.address(), Some(renewed.str("/access_token"))).with("x-marker", "markerheader");
    person.get("/v1/users/me").await.expect(200);
    person.patch("/v1/users/me", "\"1\"", json!({"name": "Markername Siân"})).await.expect(200);
    person.post("/v1/groups", json!({"name": "Markername", "description": "markerwords"})).await;
    deal_with_somebody(&person, database).await;
    Client::new(program.address(), Some("markertoken".to_owned())).get("/v1/users/me").await.expect(401);
    visitor.get("/v1/listings?q=markerwords").await.expect(200);
    visitor.get("/v1/listings?markerquery=markerquery").await.expect(400);
    visitor.get("/v1/localities?q=markerwords").await;
    visitor.get("/v1/networks?cursor=markerquery").await.expect(400);
    visitor.get("/v1/listings/markerquery").await.expect(404);
    visitor.get("/v1/markerquery/markerwords?markerquery").await.expect(404);
    visitor.send_text(reqwest::Method::POST, "/v1/sessions", Some(("application/json", "{\"email\": \"markeremail"))).await.expect(400);
    ["/access_token", "/refresh_token"].into_iter().flat_map(|path| [tokens.str(path), renewed.str(path)]).collect()
}

/// A network with two groups, of which the person owns the first.
const TWO_GROUPS: &str = "
  insert into networks (id, slug, name, description, rules, locality_code, created_at, updated_at)
    select '01980a8e-0000-7000-8000-000000000001', 'stoke', 'Stoke', '', '', code, now(), now() from localities where slug = 'stoke-on-trent';
  insert into groups (id, name, description, locality_code, lat, lng, search_text, created_at, updated_at)
    select id, 'A group', '', code, lat, lng, '', now(), now() from localities,
      (values ('01980a8e-0000-7000-8000-00000000000a'::uuid), ('01980a8e-0000-7000-8000-00000000000b')) ids (id) where slug = 'hanley-stoke-on-trent';
  insert into network_groups (network_id, group_id, state, decided_at, requested_at)
    select networks.id, groups.id, 'approved', now(), now() from networks, groups;
  insert into memberships (group_id, user_id, role, created_at) select '01980a8e-0000-7000-8000-00000000000a', id, 'owner', now() from users;
  insert into threads (id, created_at) values ('01980a8e-0000-7000-8000-00000000000c', now());
  insert into thread_groups (thread_id, group_id) select '01980a8e-0000-7000-8000-00000000000c', id from groups";

/// An agreed exchange of the only listing.
const EXCHANGE: &str = "
  insert into exchanges (id, offer_id, giver_group_id, receiver_group_id, network_id, thread_id, title, resource_type, basis, quantity, requested,
      state, proposed_by, giver_agreed_at, receiver_agreed_at, message, created_at, updated_at)
    select '01980a8e-0000-7000-8000-00000000000d', id, group_id, '01980a8e-0000-7000-8000-00000000000b', network_id,
      '01980a8e-0000-7000-8000-00000000000c', title, 'thing', 'give', 1, 1, 'accepted', 'receiver', now(), now(), '', now(), now() from listings";

/// Posts, writes to another group, shows how to be reached, and takes all of it back.
async fn deal_with_somebody(person: &Client, database: &str) {
    run_sql(database, TWO_GROUPS).await;
    let group = "/v1/groups/01980a8e-0000-7000-8000-00000000000a";
    let chairs = json!({"kind": "offer", "title": "Chairs of markerwords", "description": "markerwords", "category": "seating"});
    let listing = person.post(format!("{group}/listings"), chairs).await.expect(201).str("/id");
    run_sql(database, EXCHANGE).await;
    let messages = "/v1/threads/01980a8e-0000-7000-8000-00000000000c/messages";
    person.with("idempotency-key", "markerheader").post(messages, json!({"body": "markerwords"})).await.expect(201);
    person.post(messages, json!({"body": "markerwords\u{0}"})).await.expect(422);
    let contact = "/v1/exchanges/01980a8e-0000-7000-8000-00000000000d/contact";
    let details = json!({"name": "Markername", "email": "markeremail@example.org", "phone": "01782 000 111"});
    person.post(contact, details).await.expect(200);
    person.get(contact).await.expect(200);
    person.delete(contact).await.expect(204);
    person.post(format!("/v1/listings/{listing}/withdraw"), json!({"words": "markerwords"})).await.expect(200);
    person.send(reqwest::Method::DELETE, "/v1/users/me", Some(json!({"password": "markerpassword wrong"}))).await.expect(422);
    person.delete(group).await.expect(204);
}

#[actix_web::test]
async fn nothing_that_is_somebodys_own_is_logged_even_when_all_is_asked_for() {
    for log in ["debug", "trace,tokio_postgres=trace,actix_web=trace,actix_http=trace"] {
        let database = Database::create();
        let mut program = Program::ready(Program::command().env("DATABASE_URL", &database.url).env("GOTIT_LOG", log));
        let tokens = use_everything(&program, &database.url).await;
        program.stop();
        let said = program.said();
        assert!(said.matches("answered").count() >= 15, "there is no log to look into: {said}");
        for marker in MARKERS.into_iter().chain(tokens.iter().map(String::as_str)) {
            let line = said.lines().find(|line| line.to_lowercase().contains(&marker.to_lowercase()));
            assert_eq!(line, None, "{marker} is in the log");
        }
        for word in ["select", "insert into", "127.0.0.1:5432"] {
            assert!(!said.lines().filter(|line| line.contains("DEBUG")).any(|line| line.contains(word)), "a statement is in the log");
        }
    }
}

#[actix_web::test]
async fn each_request_is_one_json_line_that_says_what_and_how_long() {
    let database = Database::create();
    let mut program = Program::ready(Program::command().env("DATABASE_URL", &database.url).args(["--log-format", "json"]));
    let good = program.visitor().get("/v1/networks").await.expect(200).header("x-request-id");
    let lost = program.visitor().get("/v1/listings/01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01").await.expect(404).header("x-request-id");
    let nowhere = program.visitor().delete("/v1/nowhere").await.expect(404).header("x-request-id");
    program.stop();
    let said = program.said();
    let lines: Vec<Value> = said.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let line_of = |id: &str| {
        let found: Vec<_> = lines.iter().filter(|line| line["span"]["request_id"] == id).collect();
        assert_eq!(found.len(), 1, "{id} has not one line: {said}");
        found[0]["span"].clone()
    };
    for (id, method, route, status) in
        [(good, "GET", "/v1/networks", 200), (lost, "GET", "/v1/listings/{listing_id}", 404), (nowhere, "DELETE", "none", 404)]
    {
        let span = line_of(&id);
        assert_eq!((&span["http.request.method"], &span["http.route"]), (&json!(method), &json!(route)));
        assert_eq!((&span["http.response.status_code"], &span["otel.status_code"]), (&json!(status), &json!("OK")));
        assert!(span["elapsed_ms"].is_u64(), "{span}");
    }
}

#[actix_web::test]
async fn each_request_is_one_line_of_text() {
    let database = Database::create();
    let program = Program::on_database(&database.url, &[]);
    let id = program.visitor().get("/v1/networks").await.expect(200).header("x-request-id");
    eventually("the line is there", async || program.said().contains(&id)).await;
    let said = program.said();
    let lines: Vec<_> = said.lines().filter(|line| line.contains(&id)).collect();
    assert_eq!(lines.len(), 1, "{said}");
    for part in ["INFO", "http.route=\"/v1/networks\"", "http.response.status_code=200", "elapsed_ms="] {
        assert!(lines[0].contains(part), "{part} is missing: {}", lines[0]);
    }
}
