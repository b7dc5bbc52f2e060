//! What becomes of listings: publishing, withdrawing, renewing, copying, standing, and who may do that.

mod edits;
mod expiry;

use chrono::Duration;
use serde_json::{Value, json};

use crate::support::{Answer, Client, Group, TestApp};

/// A network with a group in Hanley.
async fn town() -> (TestApp, Group) {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let group = app.group(network, "St Mary's").await;
    (app, group)
}

async fn post(group: &Group, body: Value) -> Answer {
    post_to(format!("/v1/groups/{}/listings", group.id), group, body).await
}

async fn draft(group: &Group, body: Value) -> Answer {
    post_to(format!("/v1/groups/{}/listings?draft=true", group.id), group, body).await
}

async fn post_to(path: String, group: &Group, body: Value) -> Answer {
    let mut whole = json!({"kind": "offer", "title": "Forty folding chairs", "category": "seating"});
    whole.as_object_mut().unwrap().extend(body.as_object().unwrap().clone());
    group.owner.post(path, whole).await.expect(201)
}

fn address(listing: &Answer) -> String {
    format!("/v1/listings/{}", listing.str("/id"))
}

async fn step(client: &Client, listing: &Answer, verb: &str) -> Answer {
    client.send(reqwest::Method::POST, &format!("{}/{verb}", address(listing)), None).await
}

/// Whether everybody can find it by browsing; reading it must agree.
async fn is_open(app: &TestApp, listing: &Answer) -> bool {
    let browsed = app.visitor().get("/v1/listings?limit=100").await.expect(200).each("/id").contains(&listing.str("/id"));
    let read = app.visitor().get(address(listing)).await;
    assert_eq!(read.status, if browsed { 200 } else { 404 }, "browsing and reading disagree");
    browsed
}

#[actix_web::test]
async fn steps_are_taken_from_their_states_only() {
    let (app, group) = town().await;
    let owner = &group.owner;
    let listing = draft(&group, json!({})).await;
    assert!(!is_open(&app, &listing).await);
    step(owner, &listing, "renew").await.problem(409, "wrong_state");
    let published = step(owner, &listing, "publish").await.expect(200);
    assert_eq!((published.str("/state"), published.version()), ("active".into(), "2".into()));
    assert!(is_open(&app, &listing).await);
    let refused = step(owner, &listing, "publish").await.problem(409, "wrong_state");
    assert!(refused.str("/detail").contains("active") && refused.str("/detail").contains("draft"), "{}", refused.text);
    step(owner, &listing, "withdraw").await.expect(200);
    assert!(!is_open(&app, &listing).await);
    let refused = step(owner, &listing, "withdraw").await.problem(409, "wrong_state");
    for state in ["withdrawn", "draft", "active", "paused", "expired"] {
        assert!(refused.str("/detail").contains(state), "{}", refused.text);
    }
    let edited = owner.patch(address(&listing), "*", json!({"title": "Thirty folding chairs"})).await.expect(200);
    assert_eq!(edited.str("/state"), "withdrawn", "an edit does not bring it back");
    let renewed = step(owner, &listing, "renew").await.expect(200);
    assert_eq!(renewed.str("/state"), "active");
    assert_ne!(renewed.body["confirmed_at"], Value::Null);
    assert!(is_open(&app, &listing).await);
    let given_up = draft(&group, json!({})).await;
    step(owner, &given_up, "withdraw").await.expect(200);
    step(owner, &given_up, "publish").await.problem(409, "wrong_state");
    assert_ne!(step(owner, &given_up, "renew").await.expect(200).body["published_at"], Value::Null);
    assert!(is_open(&app, &given_up).await);
    app.sql("update listings set state = 'fulfilled'").await;
    for verb in ["publish", "withdraw", "renew"] {
        step(owner, &listing, verb).await.problem(409, "wrong_state");
    }
    owner.patch(address(&listing), "*", json!({})).await.problem(409, "wrong_state");
    let audit: i64 = {
        use diesel::QueryDsl;
        use diesel_async::RunQueryDsl;
        gotit::schema::audit_entries::table.count().get_result(&mut *app.conn().await).await.unwrap()
    };
    assert_eq!(audit, 5 + 3, "each act that was done is recorded, and none that was refused");
}

#[actix_web::test]
async fn of_two_who_publish_at_once_one_does() {
    let (_app, group) = town().await;
    let listing = draft(&group, json!({})).await;
    let (one, two) = tokio::join!(step(&group.owner, &listing, "publish"), step(&group.owner, &listing, "publish"));
    assert_eq!(one.status.min(two.status), 200);
    (if one.status == 200 { two } else { one }).problem(409, "wrong_state");
}

#[actix_web::test]
async fn a_copy_is_a_draft_that_says_the_same() {
    let (app, group) = town().await;
    let said = json!({"kind": "want", "description": "Blue", "quantity": 7, "unit": "chairs", "basis": ["lend"], "reach_km": 3, "urgency": "low", "remote": true,
        "availability_note": "Mondays", "locality": "burslem-stoke-on-trent", "available_from": "2026-12-01T00:00:00Z"});
    let listing = post(&group, said).await;
    step(&group.owner, &listing, "withdraw").await.expect(200);
    let copy = step(&group.owner, &listing, "copy").await.expect(201);
    assert_eq!((copy.str("/state"), &copy.body["published_at"], copy.version()), ("draft".into(), &Value::Null, "1".into()));
    let said = |answer: &Answer| {
        let mut body = answer.body.clone();
        for own in ["id", "code", "state", "published_at", "confirmed_at", "expires_at", "created_at", "updated_at", "findings"] {
            body[own].take();
        }
        body
    };
    assert_eq!(said(&copy), said(&listing));
    assert!(copy.str("/id") != listing.str("/id") && copy.str("/code") != listing.str("/code"));
    assert_eq!(group.owner.get(copy.header("location")).await.expect(200).body, copy.body);
    let with_key = group.owner.with("idempotency-key", "copy");
    let (one, two) = (step(&with_key, &listing, "copy").await.expect(201), step(&with_key, &listing, "copy").await.expect(201));
    assert_eq!(one.str("/id"), two.str("/id"));
    let standing = post(&group, json!({"standing": true})).await;
    assert_eq!(step(&group.owner, &standing, "copy").await.expect(201).body["standing"], true);
    app.advance(Duration::minutes(1));
    step(&group.owner.with("idempotency-key", ""), &listing, "copy").await.refuses("Idempotency-Key", "malformed");
}

#[actix_web::test]
async fn a_reader_who_has_the_version_is_told_so() {
    let (app, group) = town().await;
    let listing = post(&group, json!({})).await;
    let tag = app.visitor().get(address(&listing)).await.expect(200).etag();
    for known in [tag.clone(), format!("W/{tag}"), "*".to_owned(), format!("\"8\", {tag}")] {
        let answer = app.visitor().with("if-none-match", known).get(address(&listing)).await.expect(304);
        assert_eq!((answer.text.as_str(), answer.etag()), ("", tag.clone()));
    }
    // What is shown has changed, though nobody has edited the listing.
    app.sql("update groups set name = 'St Chad''s'").await;
    app.visitor().with("if-none-match", &tag).get(address(&listing)).await.expect(200);
    app.visitor().with("if-none-match", "\"2\"").get(address(&listing)).await.expect(200);
}

#[actix_web::test]
async fn only_those_who_may_change_a_listing_and_the_rest_learn_only_what_they_may() {
    let (app, group) = town().await;
    let other_network = app.network("crewe").await;
    let (viewer, editor) = (app.member(&group, "Vi", "viewer").await, app.member(&group, "Ed", "editor").await);
    let (staff, foreign) = (app.staff(group.network, "Mair", "coordinator").await, app.staff(other_network, "Huw", "coordinator").await);
    let outsider = app.person("Olwen").await;
    let (open, hidden) = (post(&group, json!({})).await, draft(&group, json!({})).await);
    let withdrawn = post(&group, json!({})).await;
    step(&group.owner, &withdrawn, "withdraw").await.expect(200);
    let all = async |client: &Client, listing: &Answer| {
        let mut answers = vec![client.patch(address(listing), "*", json!({"quantity": 2})).await];
        for verb in ["publish", "withdraw", "renew", "copy"] {
            answers.push(step(client, listing, verb).await);
        }
        answers
    };
    for (who, listing, status) in [
        (&app.visitor(), &open, 401),
        (&app.visitor(), &hidden, 401),
        (&outsider.client, &open, 403),
        (&outsider.client, &hidden, 404),
        (&outsider.client, &withdrawn, 404),
        (&viewer.client, &open, 403),
        (&viewer.client, &hidden, 403),
        (&foreign.client, &open, 403),
        (&foreign.client, &hidden, 404),
        (&staff.client, &open, 403),
        (&staff.client, &hidden, 403),
    ] {
        for answer in all(who, listing).await {
            assert_eq!(answer.status, status, "{}", answer.text);
        }
    }
    for (who, status) in
        [(&app.visitor(), 404), (&outsider.client, 404), (&foreign.client, 404), (&viewer.client, 200), (&staff.client, 200)]
    {
        for listing in [&hidden, &withdrawn] {
            who.get(address(listing)).await.expect(status);
        }
        who.get(address(&open)).await.expect(200);
    }
    let (new, own) = (json!({"kind": "offer", "title": "Chairs"}), format!("/v1/groups/{}/listings", group.id));
    for (who, posts, lists) in [
        (&app.visitor(), 401, 401),
        (&outsider.client, 403, 403),
        (&viewer.client, 403, 200),
        (&editor.client, 201, 200),
        (&foreign.client, 403, 403),
    ] {
        who.post(&own, new.clone()).await.expect(posts);
        who.get(&own).await.expect(lists);
    }
    app.sql(&format!("delete from memberships where user_id = '{}'", editor.id)).await;
    editor.post(&own, new).await.problem(403, "not_allowed");
    editor.get(address(&hidden)).await.problem(404, "not_found");
    app.visitor().with("authorization", "Bearer nonsense").get(address(&open)).await.problem(401, "not_signed_in");
}

#[actix_web::test]
async fn listings_come_and_go_with_their_groups_standing() {
    let (app, group) = town().await;
    let outsider = app.person("Olwen").await;
    let listing = post(&group, json!({})).await;
    let stand = async |state: &str, decided: &str| {
        app.sql(&format!("update network_groups set state = '{state}', decided_at = {decided} where group_id = '{}'", group.id)).await;
    };
    for (state, decided, open) in
        [("suspended", "now()", false), ("approved", "now()", true), ("awaiting_review", "null", false), ("approved", "now()", true)]
    {
        stand(state, decided).await;
        assert_eq!(is_open(&app, &listing).await, open, "{state}");
        let (status, code) = if open { (403, "not_allowed") } else { (404, "not_found") };
        outsider.patch(address(&listing), "*", json!({})).await.problem(status, code);
        group.owner.get(address(&listing)).await.expect(200);
    }
    stand("awaiting_review", "null").await;
    let early = post(&group, json!({})).await;
    outsider.get(format!("/v1/groups/{}/listings", group.id)).await.problem(404, "not_found");
    assert!(!is_open(&app, &early).await);
    stand("approved", "now()").await;
    assert!(is_open(&app, &early).await);
    for (column, value, back) in [("moderation", "'held'", "'approved'"), ("quantity_promised", "1", "0")] {
        app.sql(&format!("update listings set {column} = {value}")).await;
        assert!(!is_open(&app, &listing).await, "{column}");
        app.sql(&format!("update listings set {column} = {back}")).await;
    }
    app.sql("update listings set quantity = 5, quantity_promised = 3").await;
    group.owner.patch(address(&listing), "*", json!({"quantity": 2})).await.problem(409, "not_enough_left");
}

#[actix_web::test]
async fn short_codes_can_be_said_on_the_telephone() {
    let (app, group) = town().await;
    let listing = post(&group, json!({})).await;
    let code = listing.str("/code");
    for spelt in [code.clone(), code.to_lowercase()] {
        assert_eq!(app.visitor().get(format!("/v1/listings/{spelt}")).await.expect(200).str("/id"), listing.str("/id"));
    }
    let unknown = if code == "BBBBB" { "CCCCC" } else { "BBBBB" };
    for wrong in [unknown, "AAAAA", "B", "BBBBBBB", "B%20BBB", "%C3%89BBBB", "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e03"] {
        app.visitor().get(format!("/v1/listings/{wrong}")).await.problem(404, "not_found");
    }
    app.sql(
        "do $$ begin
           assert (select count(distinct short_code(n)) from generate_series(1, 1000) n) = 1000;
           assert (select bool_and(short_code(n) ~ '^[2-9BCDFGHJKMNPQRTVWXY]{5}$') from generate_series(1, 1000) n);
           assert (select bool_and(short_code(n) ~ '^[2-9BCDFGHJKMNPQRTVWXY]{6}$') from generate_series(11881376, 11882376) n);
         end $$",
    )
    .await;
}
