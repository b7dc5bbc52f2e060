//! Posting: what is taken, what is filled in, what is refused and how, and that a repeat posts nothing twice.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Client, Group, TestApp};

fn path(group: &Group) -> String {
    format!("/v1/groups/{}/listings", group.id)
}

/// A network with a group in Hanley.
async fn town() -> (TestApp, Group) {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let group = app.group(network, "St Mary's").await;
    (app, group)
}

/// A good offer with some fields set otherwise.
fn chairs(changes: Value) -> Value {
    let mut body = json!({"kind": "offer", "title": "Forty folding chairs"});
    body.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    body
}

/// How many listings there are.
async fn count(app: &TestApp) -> i64 {
    use diesel::QueryDsl;
    use diesel_async::RunQueryDsl;
    gotit::schema::listings::table.count().get_result(&mut *app.conn().await).await.unwrap()
}

#[actix_web::test]
async fn the_least_that_can_be_posted_gets_the_defaults() {
    let (app, group) = town().await;
    let posted = group.owner.post(path(&group), chairs(json!({}))).await.expect(201);
    let body = &posted.body;
    assert_eq!((body["category"]["slug"].as_str(), body["locality"]["slug"].as_str()), (Some("seating"), Some("hanley-stoke-on-trent")));
    assert_eq!((body["reach_km"].as_i64(), body["quantity"].as_i64(), body["quantity_left"].as_i64()), (Some(10), Some(1), Some(1)));
    assert_eq!(
        (&body["basis"], &body["urgency"], &body["state"], &body["moderation"]),
        (&json!(["give"]), &json!("normal"), &json!("active"), &json!("approved"))
    );
    assert_eq!(
        (&body["remote"], &body["delivery_possible"], &body["standing"], &body["description"]),
        (&json!(false), &json!(false), &json!(false), &json!(""))
    );
    for empty in ["unit", "available_from", "available_until", "availability_note", "confirmed_at", "distance_km"] {
        assert_eq!(body[empty], Value::Null, "{empty}");
    }
    assert_eq!(body["published_at"], body["created_at"]);
    assert_eq!(
        (body["group"]["name"].as_str(), body["network_id"].as_str()),
        (Some("St Mary's"), Some(group.network.to_string().as_str()))
    );
    assert_eq!((posted.header("location"), posted.version()), (format!("/v1/listings/{}", posted.str("/id")), "1".into()));
    let read = app.visitor().get(posted.header("location")).await.expect(200);
    assert_eq!(read.body, as_read(&posted), "what was answered is what is stored");
}

#[actix_web::test]
async fn everything_that_is_said_is_kept() {
    let (app, group) = town().await;
    let said = json!({
        "kind": "want", "title": "Bwrdd a chadeiriau i Neuadd Tŷ Coch", "description": "Dau fwrdd.\r\nDiolch!", "category": "tables",
        "locality": "burslem-stoke-on-trent", "network_id": group.network, "reach_km": 0, "remote": true, "basis": ["share", "lend"], "quantity": 1_000_000,
        "unit": "tables", "available_from": "2026-12-01T09:00:00+01:00", "available_until": "2027-02-01T00:30:00.123456789-05:00",
        "availability_note": "Tuesdays 9 to 12", "delivery_possible": true, "urgency": "high", "standing": true
    });
    let posted = group.owner.post(path(&group), said.clone()).await.expect(201);
    for field in [
        "kind",
        "title",
        "network_id",
        "reach_km",
        "remote",
        "quantity",
        "unit",
        "availability_note",
        "delivery_possible",
        "urgency",
        "standing",
    ] {
        assert_eq!(posted.body[field], said[field], "{field}");
    }
    assert_eq!(posted.str("/description"), "Dau fwrdd.\nDiolch!");
    assert_eq!((posted.str("/category/slug"), posted.str("/locality/slug")), ("tables".into(), "burslem-stoke-on-trent".into()));
    assert_eq!(posted.body["basis"], json!(["give", "lend", "share"]), "a want always takes a gift");
    assert_eq!(posted.str("/available_from"), "2026-12-01T08:00:00Z", "times come back in UTC");
    assert_eq!(posted.str("/available_until"), "2027-02-01T05:30:00.123456Z");
    assert_eq!(posted.body["expires_at"], Value::Null);
    assert_eq!(app.visitor().get(format!("/v1/listings/{}", posted.str("/code"))).await.expect(200).body, as_read(&posted));
}

/// What was posted, as everybody reads it: without what the checks found.
fn as_read(posted: &Answer) -> Value {
    let mut body = posted.body.clone();
    body.as_object_mut().unwrap().remove("findings");
    body
}

#[actix_web::test]
async fn the_category_is_guessed_from_the_title_or_asked_for() {
    let (_app, group) = town().await;
    let guess = |title: &'static str| group.owner.post(path(&group), json!({"kind": "offer", "title": title, "category": null}));
    assert_eq!(guess("Settee in good condition").await.expect(201).str("/category/slug"), "seating");
    assert_eq!(guess("Minibus on Tuesdays").await.expect(201).str("/category/resource_type"), "transport");
    guess("Xyzzy qwrtp").await.problem(422, "invalid_fields").refuses("/category", "required");
    let chosen = group.owner.post(path(&group), json!({"kind": "offer", "title": "Xyzzy qwrtp", "category": "thing"})).await;
    assert_eq!(chosen.expect(201).str("/category/slug"), "thing");
}

#[actix_web::test]
async fn text_keeps_its_letters_and_is_stored_composed() {
    let (_app, group) = town().await;
    for (title, stored) in [
        ("Cadeiriau i Glwb Tŷ'r Ysgol, Llanfair-ym-Muallt", "Cadeiriau i Glwb Tŷ'r Ysgol, Llanfair-ym-Muallt"),
        ("St Mary’s & St John's chairs", "St Mary’s & St John's chairs"),
        ("  Cafe\u{301}   chairs ", "Café chairs"),
        ("Chairs 👨‍👩‍👧", "Chairs 👨‍👩‍👧"),
        ("'; drop table listings; -- chairs", "'; drop table listings; -- chairs"),
    ] {
        let posted = group.owner.post(path(&group), chairs(json!({"title": title, "category": "seating"}))).await.expect(201);
        assert_eq!(posted.str("/title"), stored);
    }
}

#[actix_web::test]
async fn every_field_that_does_not_fit_is_named_with_its_code() {
    let (app, group) = town().await;
    let long = |length: usize| "x".repeat(length);
    let soon = (app.now() + chrono::Duration::days(367)).to_rfc3339();
    let cases = [
        (json!({"kind": "gift"}), "/kind", "not_one_of"),
        (json!({"kind": null}), "/kind", "wrong_type"),
        (json!({"title": ""}), "/title", "required"),
        (json!({"title": "ab"}), "/title", "too_short"),
        (json!({"title": "\u{200b}\u{2060}\u{ad}"}), "/title", "required"),
        (json!({"title": long(121)}), "/title", "too_long"),
        (json!({"title": "chairs\u{0}"}), "/title", "control_character"),
        (json!({"title": "two\nlines"}), "/title", "control_character"),
        (json!({"title": "chairs \u{202e}sriahc"}), "/title", "bidi_control"),
        (json!({"title": 40}), "/title", "wrong_type"),
        (json!({"title": [["deep"]]}), "/title", "wrong_type"),
        (json!({"description": long(4001)}), "/description", "too_long"),
        (json!({"description": "a\u{7}b"}), "/description", "control_character"),
        (json!({"description": "a\u{2066}b"}), "/description", "bidi_control"),
        (json!({"category": "no-such"}), "/category", "unknown"),
        (json!({"category": "sea\u{0}ting"}), "/category", "unknown"),
        (json!({"locality": "no-such"}), "/locality", "unknown"),
        (json!({"locality": "\u{0}"}), "/locality", "unknown"),
        (json!({"network_id": "stoke"}), "/network_id", "wrong_type"),
        (json!({"network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e03"}), "/network_id", "not_a_member"),
        (json!({"reach_km": -1}), "/reach_km", "out_of_range"),
        (json!({"reach_km": 501}), "/reach_km", "out_of_range"),
        (json!({"reach_km": 1.5}), "/reach_km", "wrong_type"),
        (json!({"remote": "yes"}), "/remote", "wrong_type"),
        (json!({"basis": []}), "/basis", "one_basis"),
        (json!({"basis": ["give", "lend"]}), "/basis", "one_basis"),
        (json!({"basis": ["sell"]}), "/basis/0", "not_one_of"),
        (json!({"basis": vec!["give"; 4]}), "/basis", "too_many"),
        (json!({"kind": "want", "basis": []}), "/basis", "required"),
        (json!({"quantity": 0}), "/quantity", "out_of_range"),
        (json!({"quantity": 1_000_001}), "/quantity", "out_of_range"),
        (json!({"quantity": "forty"}), "/quantity", "wrong_type"),
        (json!({"unit": ""}), "/unit", "required"),
        (json!({"unit": long(41)}), "/unit", "too_long"),
        (json!({"available_from": "Tuesday"}), "/available_from", "not_a_time"),
        (json!({"available_until": "2026-02-30T00:00:00Z"}), "/available_until", "not_a_time"),
        (json!({"available_from": "1999-12-31T00:00:00Z"}), "/available_from", "not_a_time"),
        (json!({"available_from": "2027-01-02T00:00:00Z", "available_until": "2027-01-02T00:00:00Z"}), "/available_until", "before_start"),
        (json!({"availability_note": long(201)}), "/availability_note", "too_long"),
        (json!({"urgency": "now"}), "/urgency", "not_one_of"),
        (json!({"standing": true, "expires_at": "2027-01-02T00:00:00Z"}), "/standing", "standing_or_expiring"),
        (json!({"expires_at": "2026-01-02T00:00:00Z"}), "/expires_at", "in_the_past"),
        (json!({"expires_at": soon}), "/expires_at", "too_far"),
        (json!({"colour": "red"}), "/colour", "unknown_field"),
        (json!({"state": "active"}), "/state", "unknown_field"),
    ];
    for (changes, field, code) in cases {
        group.owner.post(path(&group), chairs(changes)).await.problem(422, "invalid_fields").refuses(field, code);
    }
    group.owner.post(path(&group), json!({"kind": "offer"})).await.problem(422, "invalid_fields").refuses("/title", "required");
    let all = group.owner.post(path(&group), chairs(json!({"title": "", "reach_km": 501, "unit": ""}))).await;
    all.refuses("/title", "required").refuses("/reach_km", "out_of_range").refuses("/unit", "required");
    assert_eq!(count(&app).await, 0, "nothing refused is stored");
    for edge in [
        json!({"title": long(120), "category": "seating"}),
        json!({"title": "fan"}),
        json!({"description": long(4000)}),
        json!({"reach_km": 500}),
    ] {
        group.owner.post(path(&group), chairs(edge)).await.expect(201);
    }
    group.owner.post(path(&group), chairs(json!({"description": null, "unit": null, "expires_at": null}))).await.expect(201);
}

async fn send(client: &Client, path: &str, media_type: &str, text: &str) -> Answer {
    client.send_text(Method::POST, path, Some((media_type, text))).await
}

#[actix_web::test]
async fn bodies_that_are_not_one_json_object_are_refused() {
    let (app, group) = town().await;
    let (owner, path) = (&group.owner.client, path(&group));
    let json = "application/json";
    for body in [
        "",
        "{",
        "null",
        "\"chairs\"",
        r#"["offer", "Forty folding chairs"]"#,
        r#"{"kind": "offer", "title": "Chairs"} x"#,
        r#"{"title": "\ud800"}"#,
    ] {
        send(owner, &path, json, body).await.problem(400, "invalid_json");
    }
    let twice = r#"{"kind": "offer", "title": "Chairs", "title": "Tables"}"#;
    send(owner, &path, json, twice).await.problem(422, "invalid_fields").refuses("/title", "duplicate_field");
    let deep = format!(r#"{{"kind": "offer", "title": "Chairs", "description": {}"#, "[".repeat(30_000));
    send(owner, &path, json, &deep).await.problem(422, "invalid_fields").refuses("/description", "wrong_type");
    let good = chairs(json!({})).to_string();
    send(owner, &path, "text/plain", &good).await.problem(415, "unsupported_media_type");
    owner.send_text(Method::POST, &path, None).await.problem(415, "unsupported_media_type");
    send(owner, &path, "application/json; charset=utf-8", &good).await.expect(201);
    let padded = |length: usize| format!("{good}{}", " ".repeat(length - good.len()));
    send(owner, &path, json, &padded(64 * 1024)).await.expect(201);
    send(owner, &path, json, &padded(64 * 1024 + 1)).await.problem(413, "body_too_large");
    assert_eq!(count(&app).await, 2);
}

#[actix_web::test]
async fn what_the_address_says_is_checked() {
    let (app, group) = town().await;
    for wrong in ["nobody", "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e03", "%00"] {
        group.owner.post(format!("/v1/groups/{wrong}/listings"), chairs(json!({}))).await.problem(404, "not_found");
    }
    group.owner.post(format!("{}?draft=maybe", path(&group)), chairs(json!({}))).await.refuses("draft", "not_one_of");
    group.owner.post(format!("{}?drafts=true", path(&group)), chairs(json!({}))).await.problem(400, "unknown_parameter");
    let draft = group.owner.post(format!("{}?draft=true", path(&group)), chairs(json!({}))).await.expect(201);
    assert_eq!((draft.str("/state"), &draft.body["published_at"]), ("draft".into(), &Value::Null));
    app.visitor().get(draft.header("location")).await.problem(404, "not_found");
    let posted = group.owner.post(format!("{}?draft=false", path(&group)), chairs(json!({}))).await.expect(201);
    assert_eq!(posted.str("/state"), "active");
}

#[actix_web::test]
async fn a_group_of_several_networks_says_in_which_it_posts() {
    let (app, group) = town().await;
    let other = app.network("crewe").await;
    app.sql(&format!(
        "insert into network_groups (network_id, group_id, state, decided_at, requested_at) values ('{other}', '{}', 'approved', now(), now());
         insert into localities (code, slug, kind, name, parent_code, lat, lng, network_id, search_text)
           select 10500900016001, 'hanley-park-side', 'sub_area', 'Park side', code, lat, lng, '{}', 'park side' from localities where code = 10500900016000",
        group.id, group.network
    ))
    .await;
    group.owner.post(path(&group), chairs(json!({}))).await.problem(422, "invalid_fields").refuses("/network_id", "required");
    let posted = group.owner.post(path(&group), chairs(json!({"network_id": other}))).await.expect(201);
    assert_eq!(posted.str("/network_id"), other.to_string());
    let sub_area = |network| chairs(json!({"network_id": network, "locality": "hanley-park-side"}));
    group.owner.post(path(&group), sub_area(group.network)).await.expect(201);
    group.owner.post(path(&group), sub_area(other)).await.refuses("/locality", "other_network");
    let (other_app_group, rejected) = (app.group(other, "Crewe Scouts").await, app.network("leek").await);
    app.sql(&format!("update network_groups set state = 'rejected' where group_id = '{}'", other_app_group.id)).await;
    other_app_group.owner.post(path(&other_app_group), chairs(json!({}))).await.refuses("/network_id", "not_a_member");
    group.owner.post(path(&group), chairs(json!({"network_id": rejected}))).await.refuses("/network_id", "not_a_member");
}

#[actix_web::test]
async fn a_repeat_with_the_same_key_gives_the_first_answer() {
    let (app, group) = town().await;
    let editor = app.member(&group, "Ben", "editor").await;
    let with_key = group.owner.with("idempotency-key", "monday-chairs");
    let first = with_key.post(path(&group), chairs(json!({}))).await.expect(201);
    let again = with_key.post(path(&group), chairs(json!({}))).await.expect(201);
    assert_eq!((&again.body, again.header("location"), again.etag()), (&first.body, first.header("location"), first.etag()));
    with_key.post(path(&group), chairs(json!({"quantity": 2}))).await.problem(422, "idempotency_key_reused");
    with_key.post(format!("{}?draft=true", path(&group)), chairs(json!({}))).await.problem(422, "idempotency_key_reused");
    with_key.send(Method::POST, &format!("/v1/listings/{}/copy", first.str("/id")), None).await.problem(422, "idempotency_key_reused");
    assert_eq!(count(&app).await, 1);
    let other = editor.with("idempotency-key", "monday-chairs").post(path(&group), chairs(json!({}))).await.expect(201);
    assert_ne!(other.str("/id"), first.str("/id"), "keys are each person's own");
    for malformed in [String::new(), "x".repeat(256), "tab\there".into(), "caf\u{e9}".into()] {
        group.owner.with("idempotency-key", malformed).post(path(&group), chairs(json!({}))).await.refuses("Idempotency-Key", "malformed");
    }
    let refused = group.owner.with("idempotency-key", "second");
    refused.post(path(&group), chairs(json!({"category": "no-such"}))).await.problem(422, "invalid_fields");
    refused.post(path(&group), chairs(json!({}))).await.expect(201);
}

#[actix_web::test]
async fn two_requests_with_the_same_key_at_once_post_one_listing() {
    let (app, group) = town().await;
    let with_key = group.owner.with("idempotency-key", "twice");
    let post = || with_key.post(path(&group), chairs(json!({})));
    let (one, two, three) = tokio::join!(post(), post(), post());
    let ids: Vec<_> = [one, two, three].into_iter().map(|answer| answer.expect(201).str("/id")).collect();
    assert!(ids[0] == ids[1] && ids[1] == ids[2], "{ids:?}");
    assert_eq!(count(&app).await, 1);
}

#[actix_web::test]
async fn keys_are_kept_for_24_hours() {
    let (app, group) = town().await;
    let post = async || {
        let owner = app.back_again(&group.owner);
        owner.with("idempotency-key", "daily").post(path(&group), chairs(json!({"standing": true}))).await.expect(201).str("/id")
    };
    let first = post().await;
    app.advance(chrono::Duration::minutes(23 * 60 + 59));
    assert_eq!(post().await, first);
    app.advance(chrono::Duration::minutes(2));
    assert_ne!(post().await, first);
}
