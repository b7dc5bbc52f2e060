//! Who should hear of a listing: recorded when it is published or renewed, together with that, and at no other time.

use serde_json::{Value, json};

use crate::support::{Group, TestApp, connect};

async fn post(group: &Group, path: &str, body: Value) -> String {
    group.owner.post(format!("/v1/groups/{}/listings{path}", group.id), body).await.expect(201).str("/id")
}

/// The recorded notices, oldest first: the listing, then who should hear of it.
async fn notices(app: &TestApp) -> Vec<(String, Vec<String>)> {
    let client = connect(&app.database.url).await;
    let rows = client.query("select payload::text from outbox_events where topic = 'listing.matched' order by id", &[]).await.unwrap();
    let payloads = rows.iter().map(|row| serde_json::from_str::<Value>(row.get(0)).unwrap());
    payloads
        .map(|payload| {
            let hearers = payload["hearers"].as_array().unwrap().iter();
            assert!(hearers.clone().all(|hearer| hearer["score"].as_f64().unwrap() >= 0.7 && hearer["group_id"].is_string()), "{payload}");
            (
                payload["listing_id"].as_str().unwrap().to_owned(),
                hearers.map(|hearer| hearer["listing_id"].as_str().unwrap().to_owned()).collect(),
            )
        })
        .collect()
}

#[actix_web::test]
async fn a_listing_that_is_published_or_renewed_is_heard_of_by_those_it_fits() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let (marys, bank) = (app.group(network, "St Mary's").await, app.group(network, "Food Bank").await);
    let wanted = post(&bank, "", json!({"kind": "want", "title": "Folding chairs", "category": "seating"})).await;
    assert!(notices(&app).await.is_empty(), "nobody has any");

    let chairs = post(&marys, "?draft=true", json!({"kind": "offer", "title": "Folding chairs", "category": "seating"})).await;
    assert!(notices(&app).await.is_empty(), "a draft is nobody's business");

    marys.owner.post(format!("/v1/listings/{chairs}/publish"), Value::Null).await.expect(200);
    let heard = (chairs.clone(), vec![wanted.clone()]);
    assert_eq!(notices(&app).await, std::slice::from_ref(&heard));

    app.advance(chrono::Duration::days(2));
    let owner = app.back_again(&marys.owner);
    owner.post(format!("/v1/listings/{chairs}/renew"), Value::Null).await.expect(200);
    assert_eq!(notices(&app).await, [heard.clone(), heard.clone()]);

    owner.post(format!("/v1/listings/{chairs}/withdraw"), Value::Null).await.expect(200);
    assert_eq!(notices(&app).await.len(), 2, "nobody hears that something has gone");
}

#[actix_web::test]
async fn what_could_not_be_posted_is_not_heard_of() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let (marys, bank) = (app.group(network, "St Mary's").await, app.group(network, "Food Bank").await);
    post(&bank, "", json!({"kind": "want", "title": "Folding chairs", "category": "seating"})).await;
    // The transaction fails after the notice is written.
    app.sql("create function no() returns trigger language plpgsql as $$ begin raise 'no'; end $$; create constraint trigger no after insert on outbox_events deferrable initially deferred for each row execute function no()").await;
    let body = json!({"kind": "offer", "title": "Folding chairs", "category": "seating"});
    assert_eq!(marys.owner.post(format!("/v1/groups/{}/listings", marys.id), body.clone()).await.status, 500);
    app.sql("drop trigger no on outbox_events").await;
    assert!(notices(&app).await.is_empty());
    assert!(app.visitor().get(format!("/v1/listings?group_id={}", marys.id)).await.expect(200).each("/id").is_empty());
    post(&marys, "", body).await;
    assert_eq!(notices(&app).await.len(), 1);
}

#[actix_web::test]
async fn whom_a_group_has_blocked_and_who_is_too_far_away_does_not_hear() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let (marys, bank) = (app.group(network, "St Mary's").await, app.group(network, "Food Bank").await);
    let far = app.group_at(network, "Leek Larder", "leek-staffordshire").await;
    for group in [&bank, &far] {
        post(group, "", json!({"kind": "want", "title": "Folding chairs", "category": "seating", "reach_km": 1})).await;
    }
    app.sql(&format!("insert into group_blocks values ('{}', '{}', now())", marys.id, bank.id)).await;
    post(&marys, "", json!({"kind": "offer", "title": "Folding chairs", "category": "seating", "reach_km": 1})).await;
    assert!(notices(&app).await.is_empty());
}

#[actix_web::test]
async fn posting_does_not_wait_long_for_those_who_should_hear() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let (marys, bank) = (app.group(network, "St Mary's").await, app.group(network, "Food Bank").await);
    post(&bank, "", json!({"kind": "want", "title": "Folding chairs", "category": "seating"})).await;
    // The search for them reads dismissals; posting does not.
    let holder = connect(&app.database.url).await;
    holder.batch_execute("begin; lock table match_dismissals in access exclusive mode").await.unwrap();
    post(&marys, "", json!({"kind": "offer", "title": "Folding chairs", "category": "seating"})).await;
    holder.batch_execute("rollback").await.unwrap();
    assert!(notices(&app).await.is_empty());
}
