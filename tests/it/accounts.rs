//! Accounts over HTTP: signing up and in, staying in, the own account, the password. Attacks on them are in `account_attacks`.

use chrono::Duration;
use diesel::{prelude::*, sql_types};
use diesel_async::RunQueryDsl;
use gotit::accounts::{service, tokens::Secret};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Client, TestApp};

/// The password of everybody here who signs in over HTTP.
pub const PASSWORD: &str = "kettle-harbour-violin";

/// Makes an account over HTTP.
pub async fn sign_up(app: &TestApp, email: &str) -> Answer {
    app.visitor().post("/v1/users", json!({"email": email, "password": PASSWORD, "name": "Olwen Siân O'Neill"})).await
}

/// Signs in over HTTP.
pub async fn sign_in(app: &TestApp, email: &str) -> Answer {
    app.visitor().post("/v1/sessions", json!({"email": email, "password": PASSWORD})).await
}

/// A client with the access token of an answer.
pub fn holder(app: &TestApp, tokens: &Answer) -> Client {
    Client::new(app.address, Some(tokens.str("/access_token")))
}

/// Renews with a refresh token.
pub async fn refresh(app: &TestApp, token: &str) -> Answer {
    app.visitor().post("/v1/sessions/refresh", json!({"refresh_token": token})).await
}

#[derive(QueryableByName)]
struct Texts {
    #[diesel(sql_type = sql_types::Text)]
    text: String,
}

/// The texts that a query with one column `text` finds.
pub async fn texts(app: &TestApp, sql: &str) -> Vec<String> {
    let rows: Vec<Texts> = diesel::sql_query(sql).load(&mut *app.conn().await).await.expect(sql);
    rows.into_iter().map(|row| row.text).collect()
}

#[actix_web::test]
async fn who_has_signed_up_can_sign_in_and_sees_the_own_account() {
    let app = TestApp::start().await;
    sign_up(&app, " Olwen@Example.ORG ").await.expect(202);
    let tokens = sign_in(&app, "OLWEN@example.org").await.expect(201);
    assert_eq!(tokens.header("location"), format!("/v1/sessions/{}", tokens.str("/session_id")));
    assert_eq!((&tokens.body["token_type"], &tokens.body["expires_in"]), (&json!("Bearer"), &json!(900)));
    assert_eq!(tokens.header("cache-control"), "no-store");
    let me = holder(&app, &tokens).get("/v1/users/me").await.expect(200);
    assert_eq!((me.str("/email"), me.str("/name")), ("olwen@example.org".to_owned(), "Olwen Siân O'Neill".to_owned()));
    assert_eq!((&me.body["memberships"], &me.body["staff_roles"]), (&json!([]), &json!([])));
}

#[actix_web::test]
async fn an_account_shows_the_groups_and_networks_that_its_person_acts_for() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let group = app.group(network, "St Mary's").await;
    let mair = app.staff(network, "Mair", "coordinator").await;
    app.sql(&format!(
        "insert into memberships (group_id, user_id, role, created_at) values ('{}', '{}', 'editor', now())",
        group.id, mair.id
    ))
    .await;
    let me = mair.get("/v1/users/me").await.expect(200);
    assert_eq!(me.body["memberships"], json!([{"group_id": group.id, "group_name": "St Mary's", "role": "editor"}]));
    assert_eq!(me.body["staff_roles"], json!([{"network_id": network, "network_slug": "stoke", "role": "coordinator"}]));
}

#[actix_web::test]
async fn signing_up_again_answers_the_same_costs_the_same_and_changes_nothing() {
    let app = TestApp::start().await;
    let first = sign_up(&app, "olwen@example.org").await.expect(202);
    let runs = app.state.passwords.runs();
    assert_eq!(runs, 1);
    let again = json!({"email": "Olwen@example.org", "password": "another-password-altogether", "name": "Somebody Else"});
    let second = app.visitor().post("/v1/users", again).await.expect(202);
    assert_eq!(app.state.passwords.runs() - runs, 1);
    assert_eq!(second.text, first.text);
    let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(names(&second), names(&first));
    assert_eq!(texts(&app, "select name as text from users").await, ["Olwen Siân O'Neill"]);
    sign_in(&app, "olwen@example.org").await.expect(201);
}

#[actix_web::test]
async fn bad_sign_ups_hear_of_every_field_at_once() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let bad = visitor.post("/v1/users", json!({"email": "olwen", "password": "short", "name": "  "})).await.problem(422, "invalid_fields");
    bad.refuses("/email", "not_an_email_address").refuses("/password", "too_short").refuses("/name", "required");
    let sign_up = async |password: &str, name: &str| {
        visitor
            .post("/v1/users", json!({"email": "olwen@example.org", "password": password, "name": name}))
            .await
            .problem(422, "invalid_fields")
    };
    sign_up("Password123", "Olwen").await.refuses("/password", "too_common");
    sign_up(&"x y".repeat(67), "Olwen").await.refuses("/password", "too_long");
    sign_up(PASSWORD, "Ol\u{0}wen").await.refuses("/name", "control_character");
    sign_up(PASSWORD, "Ol\u{202E}wen").await.refuses("/name", "bidi_control");
    sign_up(PASSWORD, &"x".repeat(101)).await.refuses("/name", "too_long");
    visitor.post("/v1/users", json!({"email": "olwen@example.org", "password": PASSWORD})).await.refuses("/name", "required");
    let extra = json!({"email": "olwen@example.org", "password": PASSWORD, "name": "Olwen", "admin": true});
    visitor.post("/v1/users", extra).await.problem(422, "invalid_fields").refuses("/admin", "unknown_field");
    visitor.send_text(Method::POST, "/v1/users", Some(("text/plain", "{}"))).await.problem(415, "unsupported_media_type");
    visitor.send_text(Method::POST, "/v1/users", Some(("application/json", "{"))).await.problem(400, "invalid_json");
    assert_eq!(app.state.passwords.runs(), 0);
}

#[actix_web::test]
async fn a_wrong_password_and_an_unknown_address_get_the_same_answer_for_the_same_work() {
    let app = TestApp::start().await;
    sign_up(&app, "olwen@example.org").await.expect(202);
    let mut answers = Vec::new();
    for email in ["olwen@example.org", "nobody@example.org"] {
        let before = app.state.passwords.runs();
        let answer = app.visitor().post("/v1/sessions", json!({"email": email, "password": "kettle-harbour-viola"})).await;
        let mut body = answer.problem(401, "wrong_credentials").body;
        body["request_id"] = Value::Null;
        answers.push((body, app.state.passwords.runs() - before));
    }
    assert_eq!(answers[0], answers[1]);
    assert_eq!(answers[0].1, 1);
}

#[actix_web::test]
async fn bad_sign_ins_hear_which_field() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    let body = |device: Value| json!({"email": "olwen@example.org", "password": PASSWORD, "device": device});
    visitor.post("/v1/sessions", body(json!(""))).await.refuses("/device", "required");
    visitor.post("/v1/sessions", body(json!("x".repeat(101)))).await.refuses("/device", "too_long");
    visitor.post("/v1/sessions", json!({"email": "x", "password": ""})).await.refuses("/email", "not_an_email_address");
    visitor.post("/v1/sessions", json!({"email": "olwen@example.org", "password": 1})).await.refuses("/password", "wrong_type");
    visitor.post("/v1/sessions", json!({"user": "olwen"})).await.refuses("/user", "unknown_field");
}

#[actix_web::test]
async fn a_refresh_token_renews_the_session_once_for_90_days() {
    let app = TestApp::start().await;
    sign_up(&app, "olwen@example.org").await.expect(202);
    let first = sign_in(&app, "olwen@example.org").await.expect(201);
    app.advance(Duration::days(89));
    holder(&app, &first).get("/v1/users/me").await.problem(401, "not_signed_in");
    let second = refresh(&app, &first.str("/refresh_token")).await.expect(200);
    assert_ne!(second.str("/refresh_token"), first.str("/refresh_token"));
    assert_eq!(second.str("/session_id"), first.str("/session_id"));
    assert!(second.str("/refresh_expires_at") > first.str("/refresh_expires_at"));
    holder(&app, &second).get("/v1/users/me").await.expect(200);
    app.advance(Duration::days(90));
    refresh(&app, &second.str("/refresh_token")).await.problem(401, "session_ended");
}

#[actix_web::test]
async fn a_session_ends_after_400_days_however_much_it_is_used() {
    let app = TestApp::start().await;
    sign_up(&app, "olwen@example.org").await.expect(202);
    let mut tokens = sign_in(&app, "olwen@example.org").await.expect(201);
    for _ in 0..5 {
        app.advance(Duration::days(79));
        tokens = refresh(&app, &tokens.str("/refresh_token")).await.expect(200);
    }
    app.advance(Duration::days(5));
    refresh(&app, &tokens.str("/refresh_token")).await.problem(401, "session_ended");
}

#[actix_web::test]
async fn the_own_sessions_are_listed_newest_first_and_can_be_ended() {
    let app = TestApp::start().await;
    let (olwen, ben) = (app.person("Olwen").await, app.person("Ben").await);
    sign_up(&app, "mair@example.org").await.expect(202);
    let visitor = app.visitor();
    let body = json!({"email": "mair@example.org", "password": PASSWORD, "device": "Caffi'r Môr"});
    let old = visitor.post("/v1/sessions", body).await.expect(201);
    let new = sign_in(&app, "mair@example.org").await.expect(201);
    let mair = holder(&app, &new);
    let list = mair.get("/v1/sessions").await.expect(200);
    assert_eq!(list.each("/id"), [new.str("/session_id"), old.str("/session_id")]);
    assert_eq!(list.each("/current"), ["true", "false"]);
    assert_eq!(list.each("/device"), ["null", "Caffi'r Môr"]);
    let others = format!("/v1/sessions/{}", olwen.get("/v1/sessions").await.expect(200).each("/id")[0]);
    for path in [others.as_str(), "/v1/sessions/mine", "/v1/sessions/00000000-0000-0000-0000-000000000000"] {
        mair.delete(path).await.problem(404, "not_found");
    }
    mair.delete(old.header("location")).await.expect(204);
    mair.delete(old.header("location")).await.problem(404, "not_found");
    holder(&app, &old).get("/v1/users/me").await.problem(401, "session_ended");
    refresh(&app, &old.str("/refresh_token")).await.problem(401, "session_ended");
    assert_eq!(mair.get("/v1/sessions").await.each("/id"), [new.str("/session_id")]);
    mair.delete("/v1/sessions/current").await.expect(204);
    mair.get("/v1/users/me").await.problem(401, "session_ended");
    for person in [olwen, ben] {
        person.get("/v1/users/me").await.expect(200);
    }
}

#[actix_web::test]
async fn long_lists_of_sessions_are_paged() {
    let app = TestApp::start().await;
    let (olwen, ben) = (app.person("Olwen").await, app.person("Ben").await);
    app.sql(&format!(
        "insert into sessions (id, user_id, created_at, last_used_at, expires_at)
         select gen_random_uuid(), '{}', now(), now(), now() + interval '1 day' from generate_series(1, 4)",
        olwen.id
    ))
    .await;
    let whole = olwen.get("/v1/sessions").await.expect(200).each("/id");
    assert_eq!(whole.len(), 5);
    let first = olwen.get("/v1/sessions?limit=3").await.expect(200);
    let cursor = first.str("/next_cursor");
    assert_eq!(first.header("link"), format!("</v1/sessions?limit=3&cursor={cursor}>; rel=\"next\""));
    let second = olwen.get(format!("/v1/sessions?limit=3&cursor={cursor}")).await.expect(200);
    assert_eq!([first.each("/id"), second.each("/id")].concat(), whole);
    assert_eq!(second.body["next_cursor"], Value::Null);
    ben.get(format!("/v1/sessions?cursor={cursor}")).await.problem(400, "cursor_mismatch");
    olwen.get("/v1/sessions?cursor=x").await.problem(400, "invalid_cursor");
    olwen.get("/v1/sessions?limit=0").await.problem(422, "invalid_fields").refuses("limit", "out_of_range");
    olwen.get("/v1/sessions?page=2").await.problem(400, "unknown_parameter");
}

#[actix_web::test]
async fn signing_out_everywhere_stops_every_token_of_the_person_at_once() {
    let app = TestApp::start().await;
    sign_up(&app, "olwen@example.org").await.expect(202);
    let ben = app.person("Ben").await;
    let (one, two) = (sign_in(&app, "olwen@example.org").await.expect(201), sign_in(&app, "olwen@example.org").await.expect(201));
    holder(&app, &one).delete("/v1/sessions").await.expect(204);
    for tokens in [&one, &two] {
        holder(&app, tokens).get("/v1/users/me").await.problem(401, "session_ended");
        refresh(&app, &tokens.str("/refresh_token")).await.problem(401, "session_ended");
    }
    ben.get("/v1/users/me").await.expect(200);
    let entries =
        "select action || ' ' || (detail ->> 'sessions_ended') || ' ' || (actor_id::text = subject_id) as text from audit_entries";
    assert_eq!(texts(&app, entries).await, ["end_all_sessions 2 true"]);
    sign_in(&app, "olwen@example.org").await.expect(201);
}

#[actix_web::test]
async fn people_change_their_names() {
    let app = TestApp::start().await;
    let olwen = app.person("Olwen").await;
    let patch = async |body: Value| olwen.send(Method::PATCH, "/v1/users/me", Some(body)).await;
    assert_eq!(patch(json!({"name": " Olwen  Siân "})).await.expect(200).str("/name"), "Olwen Siân");
    assert_eq!(olwen.get("/v1/users/me").await.str("/name"), "Olwen Siân");
    assert_eq!(patch(json!({})).await.expect(200).str("/name"), "Olwen Siân");
    patch(json!({"name": ""})).await.problem(422, "invalid_fields").refuses("/name", "required");
    patch(json!({"name": null})).await.problem(422, "invalid_fields").refuses("/name", "wrong_type");
    patch(json!({"email": "new@example.org"})).await.problem(422, "invalid_fields").refuses("/email", "unknown_field");
    patch(json!([])).await.problem(400, "invalid_json");
}

#[actix_web::test]
async fn changing_the_password_keeps_this_session_and_ends_the_others() {
    let app = TestApp::start().await;
    sign_up(&app, "olwen@example.org").await.expect(202);
    let (one, two) = (sign_in(&app, "olwen@example.org").await.expect(201), sign_in(&app, "olwen@example.org").await.expect(201));
    let change = json!({"current_password": PASSWORD, "new_password": "lantern-otter-tuesday"});
    holder(&app, &one).put("/v1/users/me/password", change).await.expect(204);
    holder(&app, &one).get("/v1/users/me").await.expect(200);
    refresh(&app, &one.str("/refresh_token")).await.expect(200);
    holder(&app, &two).get("/v1/users/me").await.problem(401, "session_ended");
    refresh(&app, &two.str("/refresh_token")).await.problem(401, "session_ended");
    sign_in(&app, "olwen@example.org").await.problem(401, "wrong_credentials");
    let new = json!({"email": "olwen@example.org", "password": "lantern-otter-tuesday"});
    app.visitor().post("/v1/sessions", new).await.expect(201);
    assert_eq!(
        texts(&app, "select action || ' ' || detail::text as text from audit_entries").await,
        ["change_password {\"sessions_ended\": 1}"]
    );
    assert_eq!(texts(&app, "select end_reason as text from sessions where ended_at is not null").await, ["password_changed"]);
}

#[actix_web::test]
async fn a_password_is_changed_only_by_who_knows_the_present_one() {
    let app = TestApp::start().await;
    sign_up(&app, "olwen@example.org").await.expect(202);
    let olwen = holder(&app, &sign_in(&app, "olwen@example.org").await.expect(201));
    let put = async |current: &str, new: &str| {
        olwen.put("/v1/users/me/password", json!({"current_password": current, "new_password": new})).await
    };
    put("kettle-harbour-viola", "lantern-otter-tuesday")
        .await
        .problem(422, "invalid_fields")
        .refuses("/current_password", "wrong_password");
    put(PASSWORD, "short").await.refuses("/new_password", "too_short");
    put(PASSWORD, "1234567890").await.refuses("/new_password", "too_common");
    put(PASSWORD, &"x y".repeat(67)).await.refuses("/new_password", "too_long");
    olwen.put("/v1/users/me/password", json!({"password": PASSWORD})).await.refuses("/password", "unknown_field");
    sign_in(&app, "olwen@example.org").await.expect(201);
}

#[actix_web::test]
async fn the_public_keys_are_served_for_others_to_check_tokens_with() {
    let app = TestApp::start().await;
    let answer = app.visitor().get("/.well-known/jwks.json").await.expect(200);
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let key = &answer.body["keys"][0];
    assert_eq!((&key["kty"], &key["crv"], &key["alg"], &key["use"]), (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA"), &json!("sig")));
    assert!(!answer.text.contains("\"d\""));
    let olwen = app.person("Olwen").await;
    let decoding = jsonwebtoken::DecodingKey::from_ed_components(key["x"].as_str().unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
    validation.set_audience(&["gotit"]);
    let token = jsonwebtoken::decode::<Value>(olwen.token.as_ref().unwrap(), &decoding, &validation).unwrap();
    assert_eq!(token.claims["sub"], json!(olwen.id));
    assert_eq!(token.header.kid.as_deref(), key["kid"].as_str());
}

#[actix_web::test]
async fn every_door_of_the_own_account_needs_a_token() {
    let app = TestApp::start().await;
    let visitor = app.visitor();
    for (method, path) in [
        (Method::GET, "/v1/sessions"),
        (Method::DELETE, "/v1/sessions"),
        (Method::DELETE, "/v1/sessions/current"),
        (Method::GET, "/v1/users/me"),
    ] {
        let answer = visitor.send(method, path, None).await.problem(401, "not_signed_in");
        assert!(answer.header("www-authenticate").starts_with("Bearer"));
    }
    visitor.send(Method::PATCH, "/v1/users/me", Some(json!({"name": "X"}))).await.problem(401, "not_signed_in");
    let change = json!({"current_password": PASSWORD, "new_password": "lantern-otter-tuesday"});
    visitor.put("/v1/users/me/password", change).await.problem(401, "not_signed_in");
}

#[actix_web::test]
async fn old_sessions_and_counts_are_forgotten_and_living_ones_are_not() {
    let app = TestApp::start().await;
    let olwen = app.person("Olwen").await;
    let hash = Secret::generate().hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    app.sql(&format!(
        "insert into sessions (id, user_id, device, created_at, last_used_at, expires_at, ended_at, end_reason)
         select gen_random_uuid(), '{0}', device, now() - interval '100 days', now() - interval '100 days', now() + expires::interval,
             now() + ended::interval, case when ended is not null then 'signed_out' end
           from (values ('ended long ago', '1 day', '-31 days'), ('ended lately', '1 day', '-29 days'),
             ('expired long ago', '-31 days', null), ('expired lately', '-29 days', null)) as rows (device, expires, ended);
         insert into refresh_tokens (token_hash, session_id, created_at)
           select '\\x{hash}', id, now() from sessions where device = 'ended long ago';
         insert into credential_attempts (bucket, window_start, attempts)
           values (sha256('old'), now() - interval '25 hours', 3), (sha256('new'), now() - interval '23 hours', 3)",
        olwen.id
    ))
    .await;
    assert_eq!(service::forget_old(&mut *app.conn().await, app.now()).await.unwrap(), 3);
    assert_eq!(
        texts(&app, "select coalesce(device, 'living') as text from sessions order by 1").await,
        ["ended lately", "expired lately", "living"]
    );
    assert_eq!(texts(&app, "select attempts::text as text from credential_attempts").await, ["3"]);
    olwen.get("/v1/users/me").await.expect(200);
}
