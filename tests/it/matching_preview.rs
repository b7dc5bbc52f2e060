//! What a listing would match before it is published: as a preview of something that is not stored, and as a draft.

use serde_json::{Value, json};

use crate::support::{Answer, Client, Group, TestApp, connect};

struct Town {
    app: TestApp,
    marys: Group,
    bank: Group,
}

async fn town() -> Town {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let (marys, bank) = (app.group_at(network, "St Mary's", "burslem-stoke-on-trent").await, app.group(network, "Food Bank").await);
    Town { app, marys, bank }
}

async fn post(group: &Group, query: &str, listing: Value) -> String {
    group.owner.post(format!("/v1/groups/{}/listings{query}", group.id), listing).await.expect(201).str("/id")
}

async fn preview(client: &Client, group: &Group, listing: Value) -> Answer {
    client.post(format!("/v1/groups/{}/listings/preview", group.id), listing).await
}

fn chairs(kind: &str) -> Value {
    json!({"kind": kind, "title": "Folding chairs", "category": "seating"})
}

/// Everything that posting writes, as numbers.
async fn traces(app: &TestApp) -> Vec<i64> {
    let client = connect(&app.database.url).await;
    let sql = "select count(*) from listings union all select count(*) from audit_entries union all select last_value from listing_numbers";
    client.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// Makes every listing as fresh as can be for an hour, so that scores do not change while a test looks at them.
async fn keep_fresh(app: &TestApp) {
    app.sql("update listings set published_at = published_at + interval '1 hour'").await;
}

#[actix_web::test]
async fn a_preview_counts_the_groups_and_shows_the_best_but_posts_nothing() {
    let town = town().await;
    let wanted = post(&town.bank, "", json!({"kind": "want", "title": "Folding chairs", "category": "seating"})).await;
    post(&town.bank, "", json!({"kind": "want", "title": "Any old chairs", "category": "seating"})).await;
    let bowls = town.app.group(town.marys.network, "Etruria Bowls Club").await;
    post(&bowls, "", json!({"kind": "want", "title": "Benches for watching", "category": "seating"})).await;
    post(&bowls, "", json!({"kind": "want", "title": "Trestle tables", "category": "tables"})).await;
    let scouts = town.app.group(town.marys.network, "Scouts").await;
    post(&scouts, "", json!({"kind": "want", "title": "Trestle tables", "category": "tables"})).await;
    keep_fresh(&town.app).await;
    let before = traces(&town.app).await;
    let answer = preview(&town.marys.owner, &town.marys, chairs("offer")).await.expect(200);
    assert_eq!(answer.str("/summary"), "Two groups nearby want this. One group nearby wants something like it.");
    assert_eq!((answer.body["groups"].as_i64(), answer.body["groups_like_it"].as_i64()), (Some(2), Some(1)));
    assert_eq!(answer.each("/counterpart/id").len(), 5);
    assert_eq!(answer.str("/items/0/counterpart/id"), wanted);
    assert!(answer.str("/items/0/reason").starts_with("They want just what you have, about 3 km away"), "{}", answer.text);
    assert_eq!(traces(&town.app).await, before, "a preview left something behind");
    let own = town.marys.owner.get(format!("/v1/groups/{}/listings", town.marys.id)).await.expect(200);
    assert!(own.each("/id").is_empty());
    // The same as what it matches once it is posted.
    let posted = post(&town.marys, "", chairs("offer")).await;
    let matches = town.marys.owner.get(format!("/v1/listings/{posted}/matches")).await.expect(200);
    assert_eq!(matches.each("/counterpart/id"), answer.each("/counterpart/id"));
    assert_eq!(matches.each("/score"), answer.each("/score"));
}

#[actix_web::test]
async fn previews_at_the_same_time_do_not_get_in_each_others_way() {
    let town = town().await;
    post(&town.bank, "", chairs("want")).await;
    let previews = (0..6).map(|_| preview(&town.marys.owner, &town.marys, chairs("offer")));
    for answer in futures_util::future::join_all(previews).await {
        assert_eq!(answer.expect(200).str("/summary"), "One group nearby wants this.");
    }
}

#[actix_web::test]
async fn when_there_is_nobody_it_says_so_kindly() {
    let town = town().await;
    let empty = preview(&town.marys.owner, &town.marys, chairs("offer")).await.expect(200);
    let expected =
        "Nobody nearby wants this yet. Post it all the same: everybody can find it, and it matches as soon as somebody wants it.";
    assert_eq!(empty.body, json!({"summary": expected, "groups": 0, "groups_like_it": 0, "items": []}));
    post(&town.marys, "", chairs("offer")).await;
    let own = preview(&town.marys.owner, &town.marys, chairs("want")).await.expect(200);
    assert!(own.str("/summary").starts_with("Nobody nearby has this yet. "), "{}", own.text);
    town.app.sql(&format!("insert into group_blocks values ('{}', '{}', now())", town.marys.id, town.bank.id)).await;
    let blocked = preview(&town.bank.owner, &town.bank, chairs("want")).await.expect(200);
    assert_eq!(blocked.body["items"], json!([]));
    town.app.sql("delete from group_blocks").await;
    let remote = json!({"kind": "want", "title": "Folding chairs", "category": "seating", "remote": true});
    assert_eq!(preview(&town.bank.owner, &town.bank, remote).await.expect(200).str("/summary"), "One group has this.");
}

#[actix_web::test]
async fn a_preview_refuses_what_posting_refuses() {
    let town = town().await;
    let elsewhere = town.app.network("leek").await;
    for body in [
        json!({"kind": "offer", "title": "x"}),
        json!({"kind": "gift", "title": "Folding chairs", "quantity": 0, "reach_km": 501, "basis": ["sell"]}),
        json!({"kind": "offer", "title": "Folding chairs", "basis": ["give", "lend"]}),
        json!({"kind": "offer", "title": "Folding chairs", "category": "no-such-thing", "locality": "nowhere"}),
        json!({"kind": "offer", "title": "Zyx wvut"}),
        json!({"kind": "offer", "title": "Folding chairs", "network_id": elsewhere}),
        json!({"kind": "offer", "title": "Folding chairs", "expires_at": "2001-01-01T00:00:00Z"}),
        json!({"kind": "offer", "title": "Folding chairs", "colour": "green"}),
        json!({"title": "Folding chairs"}),
        json!([]),
    ] {
        let told =
            |answer: Answer| (answer.status, answer.body["code"].clone(), answer.body["detail"].clone(), answer.body["errors"].clone());
        let posted = town.marys.owner.post(format!("/v1/groups/{}/listings", town.marys.id), body.clone()).await;
        let previewed = preview(&town.marys.owner, &town.marys, body.clone()).await;
        assert!(posted.status >= 400, "{body} was posted");
        assert_eq!(told(previewed), told(posted), "{body}");
    }
}

#[actix_web::test]
async fn previews_are_for_those_who_may_post() {
    let town = town().await;
    let path = format!("/v1/groups/{}/listings/preview", town.marys.id);
    town.app.visitor().post(&path, chairs("offer")).await.problem(401, "not_signed_in");
    town.bank.owner.post(&path, chairs("offer")).await.problem(403, "not_allowed");
    town.app.member(&town.marys, "Vera", "viewer").await.post(&path, chairs("offer")).await.problem(403, "not_allowed");
    town.app.member(&town.marys, "Edd", "editor").await.post(&path, chairs("offer")).await.expect(200);
    // A group that awaits its network may look as well: it is no less curious.
    post(&town.bank, "", chairs("want")).await;
    town.app
        .sql(&format!("update network_groups set state = 'awaiting_review', decided_at = null where group_id = '{}'", town.marys.id))
        .await;
    assert_eq!(town.marys.owner.post(&path, chairs("offer")).await.expect(200).body["groups"], 1);
}

#[actix_web::test]
async fn one_person_can_preview_as_often_as_typing_takes_but_not_without_end() {
    let town = town().await;
    preview(&town.marys.owner, &town.marys, chairs("offer")).await.expect(200);
    town.app.sql("update credential_attempts set attempts = 599").await;
    preview(&town.marys.owner, &town.marys, chairs("offer")).await.expect(200);
    let refused = preview(&town.marys.owner, &town.marys, chairs("offer")).await.problem(429, "too_many_requests");
    assert!(refused.header("retry-after").parse::<u32>().unwrap() > 0);
    preview(&town.bank.owner, &town.bank, chairs("offer")).await.expect(200);
    town.app.advance(chrono::Duration::minutes(16));
    preview(&town.app.back_again(&town.marys.owner), &town.marys, chairs("offer")).await.expect(200);
}

#[actix_web::test]
async fn a_draft_shows_what_it_would_match_to_its_group_alone() {
    let town = town().await;
    let wanted = post(&town.bank, "", chairs("want")).await;
    let draft = post(&town.marys, "?draft=true", chairs("offer")).await;
    keep_fresh(&town.app).await;
    let path = format!("/v1/listings/{draft}/matches");
    let own = town.marys.owner.get(&path).await.expect(200);
    assert_eq!(own.each("/counterpart/id"), std::slice::from_ref(&wanted));
    town.bank.owner.get(&path).await.problem(404, "not_found");
    assert!(town.bank.owner.get(format!("/v1/listings/{wanted}/matches")).await.expect(200).each("/listing_id").is_empty());
    assert!(town.marys.owner.get(format!("/v1/groups/{}/matches", town.marys.id)).await.expect(200).each("/listing_id").is_empty());
    let explained = format!("/v1/matching/explain?offer={draft}&want={wanted}");
    let why = town.marys.owner.get(explained).await.expect(200);
    assert_eq!(why.str("/summary"), "These two do not match. Your offer is not open. It is a draft: publish it.");
    assert_eq!(why.body["score"], own.body["items"][0]["score"]);
    town.marys.owner.post(format!("/v1/listings/{draft}/withdraw"), Value::Null).await.expect(200);
    assert!(town.marys.owner.get(&path).await.expect(200).each("/listing_id").is_empty(), "only drafts");
}
