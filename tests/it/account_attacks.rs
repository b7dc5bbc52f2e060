//! Attacks on accounts: stolen and forged tokens, guessing, and things done at the same moment.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::future::join_all;
use gotit::{accounts::passwords::Password, db::DbConfig, http::body::LimitsConfig, schema::signing_keys, types::ids::UserId};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tokio::{sync::OwnedSemaphorePermit, task::JoinHandle};

use crate::{
    accounts::{PASSWORD, holder, refresh, sign_in, sign_up, texts},
    support::{Answer, Client, Person, TestApp},
};

#[actix_web::test]
async fn using_an_old_refresh_token_again_ends_the_session_for_both_holders() {
    let app = TestApp::start().await;
    sign_up(&app, "olwen@example.org").await.expect(202);
    let first = sign_in(&app, "olwen@example.org").await.expect(201);
    let second = refresh(&app, &first.str("/refresh_token")).await.expect(200);
    holder(&app, &second).get("/v1/users/me").await.expect(200);
    refresh(&app, &first.str("/refresh_token")).await.problem(401, "session_ended");
    holder(&app, &second).get("/v1/users/me").await.problem(401, "session_ended");
    refresh(&app, &second.str("/refresh_token")).await.problem(401, "session_ended");
    assert_eq!(texts(&app, "select end_reason as text from sessions").await, ["token_reused"]);
    let entries = "select action || ' ' || subject_id || ' ' || (actor_id is null) as text from audit_entries";
    assert_eq!(texts(&app, entries).await, [format!("token_reused {} true", first.str("/session_id"))]);
}

#[actix_web::test]
async fn of_two_renewals_at_the_same_moment_one_wins_and_the_session_ends() {
    let app = TestApp::start().await;
    sign_up(&app, "olwen@example.org").await.expect(202);
    for _ in 0..5 {
        let tokens = sign_in(&app, "olwen@example.org").await.expect(201);
        let token = tokens.str("/refresh_token");
        let answers = join_all((0..4).map(|_| refresh(&app, &token))).await;
        let mut statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401, 401, 401]);
        let won = answers.into_iter().find(|answer| answer.status == 200).unwrap();
        holder(&app, &won).get("/v1/users/me").await.problem(401, "session_ended");
        refresh(&app, &won.str("/refresh_token")).await.problem(401, "session_ended");
    }
    assert_eq!(texts(&app, "select distinct end_reason as text from sessions").await, ["token_reused"]);
    assert_eq!(texts(&app, "select count(*)::text as text from audit_entries").await, ["5"]);
}

#[actix_web::test]
async fn a_refresh_token_that_never_was_is_refused() {
    let app = TestApp::start().await;
    for token in ["", "x", "Yy3Qm0Xk5l1r8cV2nTqg7bJwZs4uHf9oPaE6iDxRtKM"] {
        refresh(&app, token).await.problem(401, "session_ended");
    }
    let extra = json!({"refresh_token": "x", "scope": "all"});
    app.visitor().post("/v1/sessions/refresh", extra).await.problem(422, "invalid_fields").refuses("/scope", "unknown_field");
}

#[actix_web::test]
async fn an_account_takes_ten_wrong_passwords_then_waits_and_a_right_one_starts_anew() {
    let app = TestApp::start().await;
    sign_up(&app, "olwen@example.org").await.expect(202);
    let wrong = async |email: &str| app.visitor().post("/v1/sessions", json!({"email": email, "password": "wrong"})).await;
    for _ in 0..9 {
        wrong("Olwen@example.org").await.problem(401, "wrong_credentials");
    }
    sign_in(&app, "olwen@example.org").await.expect(201);
    for _ in 0..10 {
        wrong("olwen@example.org").await.problem(401, "wrong_credentials");
    }
    let runs = app.state.passwords.runs();
    let locked = sign_in(&app, "olwen@example.org").await.problem(429, "too_many_requests");
    assert_eq!(app.state.passwords.runs(), runs, "the try is counted before the hash");
    let wait: i64 = locked.header("retry-after").parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");
    wrong("nobody@example.org").await.problem(401, "wrong_credentials");
    app.advance(Duration::seconds(wait + 1));
    sign_in(&app, "olwen@example.org").await.expect(201);
}

#[actix_web::test]
async fn guesses_at_the_same_moment_are_all_counted() {
    let app = TestApp::start().await;
    let guess = async || app.visitor().post("/v1/sessions", json!({"email": "nobody@example.org", "password": "wrong"})).await.status;
    let statuses = join_all((0..16).map(|_| guess())).await;
    let count = |status| statuses.iter().filter(|found| **found == status).count();
    assert_eq!((count(401), count(429)), (10, 6));
}

/// Lets all counted tries be so many.
async fn tried(app: &TestApp, tries: i32) {
    app.sql(&format!("update credential_attempts set attempts = {tries}")).await;
}

#[actix_web::test]
async fn every_door_that_checks_a_credential_has_its_limit() {
    let app = TestApp::start().await;
    sign_up(&app, "olwen@example.org").await.expect(202);
    tried(&app, 29).await;
    sign_up(&app, "ben@example.org").await.expect(202);
    sign_up(&app, "mair@example.org").await.problem(429, "too_many_requests");
    app.sql("delete from credential_attempts").await;

    let tokens = sign_in(&app, "olwen@example.org").await.expect(201);
    tried(&app, 59).await;
    sign_in(&app, "olwen@example.org").await.expect(201);
    assert!(!sign_in(&app, "ben@example.org").await.problem(429, "too_many_requests").header("retry-after").is_empty());
    app.sql("delete from credential_attempts").await;

    refresh(&app, "x").await.problem(401, "session_ended");
    tried(&app, 599).await;
    let tokens = refresh(&app, &tokens.str("/refresh_token")).await.expect(200);
    refresh(&app, &tokens.str("/refresh_token")).await.problem(429, "too_many_requests");
    app.sql("delete from credential_attempts").await;

    let tokens = refresh(&app, &tokens.str("/refresh_token")).await.expect(200);
    tried(&app, 119).await;
    let tokens = refresh(&app, &tokens.str("/refresh_token")).await.expect(200);
    refresh(&app, &tokens.str("/refresh_token")).await.problem(429, "too_many_requests");
    app.advance(Duration::minutes(16));
    let tokens = refresh(&app, &tokens.str("/refresh_token")).await.expect(200);
    app.sql("delete from credential_attempts").await;

    let olwen = holder(&app, &tokens);
    let change = async |current: &str| {
        olwen.put("/v1/users/me/password", json!({"current_password": current, "new_password": "lantern-otter-tuesday"})).await
    };
    change("wrong").await.refuses("/current_password", "wrong_password");
    tried(&app, 9).await;
    change("wrong").await.refuses("/current_password", "wrong_password");
    change(PASSWORD).await.problem(429, "too_many_requests");
    app.advance(Duration::minutes(16));
    let tokens = refresh(&app, &tokens.str("/refresh_token")).await.expect(200);
    let change = json!({"current_password": PASSWORD, "new_password": "lantern-otter-tuesday"});
    holder(&app, &tokens).put("/v1/users/me/password", change).await.expect(204);
}

#[actix_web::test]
async fn tries_with_an_accounts_old_refresh_tokens_are_counted_and_do_not_hold_up_its_living_sessions() {
    let app = TestApp::start().await;
    sign_up(&app, "olwen@example.org").await.expect(202);
    let (phone, office) = (sign_in(&app, "olwen@example.org").await.expect(201), sign_in(&app, "olwen@example.org").await.expect(201));
    holder(&app, &phone).delete("/v1/sessions/current").await.expect(204);
    let of_ended = phone.str("/refresh_token");
    refresh(&app, &of_ended).await.problem(401, "session_ended");
    tried(&app, 119).await;
    refresh(&app, &of_ended).await.problem(401, "session_ended");
    let over = refresh(&app, &of_ended).await.problem(429, "too_many_requests");
    let wait: i64 = over.header("retry-after").parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");

    refresh(&app, "x").await.problem(401, "session_ended");
    let newer = refresh(&app, &office.str("/refresh_token")).await.expect(200);
    // One that was used before still ends its session, although the try is one too many.
    refresh(&app, &office.str("/refresh_token")).await.problem(429, "too_many_requests");
    holder(&app, &newer).get("/v1/users/me").await.problem(401, "session_ended");
    app.sql("delete from credential_attempts").await;

    sign_up(&app, "ben@example.org").await.expect(202);
    let expired = sign_in(&app, "ben@example.org").await.expect(201).str("/refresh_token");
    app.advance(Duration::days(91));
    refresh(&app, &expired).await.problem(401, "session_ended");
    tried(&app, 120).await;
    refresh(&app, &expired).await.problem(429, "too_many_requests");
    refresh(&app, &of_ended).await.problem(401, "session_ended");
    refresh(&app, "x").await.problem(401, "session_ended");
}

#[actix_web::test]
async fn a_person_with_twelve_devices_is_never_held_up() {
    let app = TestApp::start().await;
    sign_up(&app, "olwen@example.org").await.expect(202);
    let mut devices = Vec::new();
    for _ in 0..12 {
        devices.push(sign_in(&app, "olwen@example.org").await.expect(201));
    }
    for _ in 0..12 {
        app.advance(Duration::minutes(14));
        for tokens in &mut devices {
            *tokens = refresh(&app, &tokens.str("/refresh_token")).await.expect(200);
        }
    }
}

#[actix_web::test]
async fn two_sign_ups_with_one_address_at_the_same_moment_make_one_account() {
    let app = TestApp::start().await;
    for answer in join_all((0..3).map(|_| sign_up(&app, "olwen@example.org"))).await {
        answer.expect(202);
    }
    assert_eq!(texts(&app, "select email as text from users").await, ["olwen@example.org"]);
}

#[actix_web::test]
async fn of_two_password_changes_at_the_same_moment_one_wins() {
    let app = TestApp::start().await;
    sign_up(&app, "olwen@example.org").await.expect(202);
    let (one, two) = (sign_in(&app, "olwen@example.org").await.expect(201), sign_in(&app, "olwen@example.org").await.expect(201));
    let change = async |tokens: &Answer, new: &str| {
        holder(&app, tokens).put("/v1/users/me/password", json!({"current_password": PASSWORD, "new_password": new})).await.status
    };
    let statuses = join_all([change(&one, "lantern-otter-tuesday"), change(&two, "saddle-comet-thursday")]).await;
    // The loser hears that it came second, or, when it came much later, that its session has been ended or its password is old.
    assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [204, 401, 409, 422].contains(status)), "{statuses:?}");
    assert_eq!(texts(&app, "select count(*)::text as text from sessions where ended_at is null").await, ["1"]);
}

/// The claims that an access token of this person would have.
fn claims(app: &TestApp, person: &Person) -> Value {
    let token = person.token.as_deref().unwrap();
    let payload = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(claims["iss"], json!(app.state.config.issuer));
    claims
}

#[actix_web::test]
async fn forged_tokens_are_refused() {
    let app = TestApp::start().await;
    let olwen = app.person("Olwen").await;
    let claims = claims(&app, &olwen);
    let (kid, pkcs8): (String, Vec<u8>) =
        signing_keys::table.select((signing_keys::id, signing_keys::pkcs8)).first(&mut *app.conn().await).await.unwrap();
    let header = |algorithm| Header { kid: Some(kid.clone()), ..Header::new(algorithm) };
    let ours = EncodingKey::from_ed_der(&pkcs8);
    let signed = |claims: &Value| jsonwebtoken::encode(&header(Algorithm::EdDSA), claims, &ours).unwrap();
    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        signed(&claims)
    };
    let without = |name: &str| {
        let mut claims = claims.clone();
        claims.as_object_mut().unwrap().remove(name);
        signed(&claims)
    };
    let send = async |token: String| Client::new(app.address, Some(token)).get("/v1/users/me").await;
    send(signed(&claims)).await.expect(200);

    let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let unsigned = |alg: &str| format!("{}.{}.", encode(&json!({"alg": alg, "typ": "JWT", "kid": kid})), encode(&claims));
    let public = app.state.tokens.public_keys[0].x.clone();
    let hmac = |secret: &[u8]| jsonwebtoken::encode(&header(Algorithm::HS256), &claims, &EncodingKey::from_secret(secret)).unwrap();
    let another = aws_lc_rs::signature::Ed25519KeyPair::generate().unwrap();
    let another = EncodingKey::from_ed_der(another.to_pkcs8v1().unwrap().as_ref());
    let good = signed(&claims);
    let (signed_part, signature) = good.rsplit_once('.').unwrap();
    let forged = [
        unsigned("none"),
        unsigned("None"),
        unsigned("EdDSA"),
        hmac(public.as_bytes()),
        hmac(&BASE64_URL_SAFE_NO_PAD.decode(&public).unwrap()),
        jsonwebtoken::encode(&header(Algorithm::EdDSA), &claims, &another).unwrap(),
        jsonwebtoken::encode(&Header::new(Algorithm::EdDSA), &claims, &ours).unwrap(),
        jsonwebtoken::encode(&Header { kid: Some("other".to_owned()), ..Header::new(Algorithm::EdDSA) }, &claims, &ours).unwrap(),
        format!("{}.{}.{signature}", signed_part.split('.').next().unwrap(), encode(&json!({"sub": UserId::new()}))),
        with("aud", json!("somebody-else")),
        with("iss", json!("https://elsewhere.example")),
        with("exp", json!(app.now().timestamp())),
        with("iat", json!(app.now().timestamp() + 60)),
        with("sub", json!("olwen")),
        without("aud"),
        without("iss"),
        without("exp"),
        without("sid"),
        "x.y.z".to_owned(),
        "x".to_owned(),
    ];
    for token in forged {
        send(token).await.problem(401, "not_signed_in");
    }
    // A token of ours for a session that is another person's, or nobody's.
    send(with("sub", json!(UserId::new()))).await.problem(401, "session_ended");
    send(with("sid", json!(UserId::new()))).await.problem(401, "session_ended");
    app.visitor().with("authorization", "Basic b2x3ZW46eA==").get("/v1/users/me").await.problem(401, "not_signed_in");
}

#[actix_web::test]
async fn an_access_token_is_good_for_fifteen_minutes() {
    let app = TestApp::start().await;
    let olwen = app.person("Olwen").await;
    app.advance(Duration::seconds(14 * 60 + 50));
    olwen.get("/v1/users/me").await.expect(200);
    app.advance(Duration::seconds(11));
    olwen.get("/v1/users/me").await.problem(401, "not_signed_in");
}

/// A server with one connection to its database: who asks for it waits as long as somebody holds it.
async fn start_with_one_connection() -> TestApp {
    let db = DbConfig { db_connections: 1, db_statement_ms: 15_000, db_acquire_ms: 15_000, db_lock_ms: 15_000 };
    TestApp::start_with(LimitsConfig { answer_ms: 20_000, ..LimitsConfig::default() }, db).await
}

/// Takes all turns for passwords, then sends the request, and comes back when its try is counted and it has let go of the connection.
/// It cannot go on before the turns are dropped.
async fn send_behind_others(app: &TestApp, request: impl Future<Output = Answer> + 'static) -> (JoinHandle<Answer>, OwnedSemaphorePermit) {
    app.sql("delete from credential_attempts").await;
    let turns = app.state.passwords.all_turns().await.unwrap();
    let waiting = actix_web::rt::spawn(request);
    while texts(app, "select attempts::text as text from credential_attempts").await.is_empty() {
        tokio::task::yield_now().await;
    }
    (waiting, turns)
}

#[actix_web::test]
async fn no_connection_is_held_while_a_password_is_checked() {
    let app = start_with_one_connection().await;
    let (olwen, visitor) = (app.person("Olwen").await, app.visitor());
    let guess = async move { visitor.post("/v1/sessions", json!({"email": "nobody@example.org", "password": "wrong"})).await };
    let (waiting, turns) = send_behind_others(&app, guess).await;
    olwen.get("/v1/users/me").await.expect(200);
    assert!(!waiting.is_finished());
    drop(turns);
    waiting.await.unwrap().problem(401, "wrong_credentials");
}

/// Changes the only account's password behind the program's back.
async fn change_password_meanwhile(app: &TestApp, hash: &str) {
    app.sql(&format!("update users set password_hash = '{hash}'")).await;
}

#[actix_web::test]
async fn a_sign_in_with_a_password_that_is_changed_meanwhile_is_refused() {
    let app = start_with_one_connection().await;
    sign_up(&app, "olwen@example.org").await.expect(202);
    let hash = app.state.passwords.hash(&Password::parse("lantern-otter-tuesday").unwrap()).await.unwrap();
    let (visitor, body) = (app.visitor(), json!({"email": "olwen@example.org", "password": PASSWORD}));
    let (waiting, turns) = send_behind_others(&app, async move { visitor.post("/v1/sessions", body).await }).await;
    change_password_meanwhile(&app, &hash).await;
    drop(turns);
    waiting.await.unwrap().problem(401, "wrong_credentials");
    assert_eq!(texts(&app, "select id::text as text from sessions").await, Vec::<String>::new());
}

#[actix_web::test]
async fn a_change_of_a_password_that_is_changed_meanwhile_is_a_conflict() {
    let app = start_with_one_connection().await;
    sign_up(&app, "olwen@example.org").await.expect(202);
    let olwen = holder(&app, &sign_in(&app, "olwen@example.org").await.expect(201));
    let hash = app.state.passwords.hash(&Password::parse("lantern-otter-tuesday").unwrap()).await.unwrap();
    let body = json!({"current_password": PASSWORD, "new_password": "saddle-comet-thursday"});
    let (waiting, turns) = send_behind_others(&app, async move { olwen.put("/v1/users/me/password", body).await }).await;
    change_password_meanwhile(&app, &hash).await;
    drop(turns);
    waiting.await.unwrap().problem(409, "conflict");
    assert_eq!(texts(&app, "select password_hash as text from users").await, [hash]);
}
