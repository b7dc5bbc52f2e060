//! New listings reach the inboxes of those whose listings they fit, once, and only while that is news.

use chrono::Duration;
use futures_util::future::join_all;
use gotit::outbox::{MailConfig, Post};
use serde_json::json;

use super::{inbox, post, topics, town};
use crate::support::{Group, TestApp};

async fn want(group: &Group, title: &str) -> String {
    post(group, title, json!({"kind": "want"})).await
}

/// Delivers what is due, without mail.
async fn deliver(app: &TestApp) {
    let post = Post::new(&app.state.db, &app.state.clock, &MailConfig::default()).unwrap();
    while post.deliver_next().await.unwrap() {}
}

#[actix_web::test]
async fn each_group_that_a_listing_fits_hears_of_it_once() {
    let (app, marys) = town().await;
    let (bank, shed) = (app.group(marys.network, "Food Bank").await, app.group(marys.network, "Men's Shed").await);
    let wants = [want(&bank, "Folding chairs").await, want(&bank, "Folding chairs for the hall").await];
    want(&shed, "Folding chairs").await;
    let chairs = post(&marys, "Folding chairs", json!({"quantity": 10})).await;
    join_all((0..4).map(|_| deliver(&app))).await;
    let told = inbox(&app, &bank).await;
    assert_eq!((told.len(), told[0]["topic"].clone(), told[0]["listing_id"].clone()), (1, json!("listings_matched"), json!(chairs)));
    assert_eq!(told[0]["other_group"], json!({"id": marys.id, "name": "St Mary's"}));
    let mut fitting: Vec<_> = told[0]["listing_ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    fitting.sort();
    assert_eq!(fitting, wants);
    assert_eq!(told[0]["sentence"], "New from St Mary's: \"Folding chairs\". It fits 2 of your listings.");
    assert_eq!(inbox(&app, &shed).await[0]["sentence"], "St Mary's has \"Folding chairs\", which you want.");
    // Posting a want told the owner of the offer as well, had there been one; here the offer came last.
    assert!(topics(&app, &marys).await.is_empty());
    want(&app.group(marys.network, "Zion Hall").await, "Folding chairs").await;
    deliver(&app).await;
    assert_eq!(inbox(&app, &marys).await[0]["sentence"], "Zion Hall wants \"Folding chairs\", which you have.");
    app.sql("do $$ begin assert (select bool_and(delivered_at is not null and payload = '{}') from outbox_events); end $$").await;
}

#[actix_web::test]
async fn nobody_hears_of_what_has_gone_or_from_whom_they_have_nothing_to_do_with() {
    let (app, marys) = town().await;
    let [blocks, blocked, fed_up] = [
        app.group(marys.network, "Zion Hall").await,
        app.group(marys.network, "Air Cadets").await,
        app.group(marys.network, "Quilters").await,
    ];
    for group in [&blocks, &blocked] {
        want(group, "Folding chairs").await;
    }
    let over = want(&fed_up, "Folding chairs").await;
    let chairs = post(&marys, "Folding chairs", json!({})).await;
    app.sql(&format!(
        "insert into group_blocks values ('{}', '{1}', now()), ('{1}', '{2}', now()); update listings set state = 'withdrawn' where id = '{over}'",
        blocks.id, marys.id, blocked.id
    ))
    .await;
    deliver(&app).await;
    for group in [&blocks, &blocked, &fed_up] {
        assert!(topics(&app, group).await.is_empty());
    }
    app.sql("delete from group_blocks").await;
    marys.owner.post(format!("/v1/listings/{chairs}/renew"), json!(null)).await.expect(200);
    marys.owner.post(format!("/v1/listings/{chairs}/withdraw"), json!(null)).await.expect(200);
    deliver(&app).await;
    assert!(topics(&app, &blocks).await.is_empty());
    app.sql("do $$ begin assert (select count(*) = 2 and bool_and(given_up_at is not null) from outbox_events where topic = 'listing.matched'); end $$").await;
}

#[actix_web::test]
async fn a_group_hears_of_the_same_listing_once_in_a_week_however_often_it_is_renewed() {
    let (app, marys) = town().await;
    let bank = app.group(marys.network, "Food Bank").await;
    want(&bank, "Folding chairs").await;
    let chairs = post(&marys, "Folding chairs", json!({})).await;
    let step = async |step: &str| {
        app.back_again(&marys.owner).post(format!("/v1/listings/{chairs}/{step}"), json!(null)).await.expect(200);
    };
    deliver(&app).await;
    for _ in 0..3 {
        step("renew").await;
        step("pause").await;
        step("renew").await;
    }
    join_all((0..4).map(|_| deliver(&app))).await;
    assert_eq!(topics(&app, &bank).await, ["listings_matched"]);
    // Who comes later has not heard of it yet.
    let shed = app.group(marys.network, "Men's Shed").await;
    app.sql(&format!("update listings set group_id = '{}' where group_id = '{}'", shed.id, bank.id)).await;
    step("renew").await;
    step("renew").await;
    join_all((0..4).map(|_| deliver(&app))).await;
    assert_eq!((topics(&app, &bank).await.len(), topics(&app, &shed).await.len()), (1, 1));
    app.advance(Duration::days(7));
    step("renew").await;
    deliver(&app).await;
    assert_eq!((topics(&app, &bank).await.len(), topics(&app, &shed).await.len()), (1, 2));
}

#[actix_web::test]
async fn what_fitted_a_week_ago_is_no_news() {
    let (app, marys) = town().await;
    let bank = app.group(marys.network, "Food Bank").await;
    want(&bank, "Folding chairs").await;
    post(&marys, "Folding chairs", json!({})).await;
    app.advance(Duration::days(7));
    gotit::outbox::tidy(&mut *app.conn().await, app.now()).await.unwrap();
    deliver(&app).await;
    assert!(topics(&app, &bank).await.is_empty());
}

#[actix_web::test]
async fn an_event_that_cannot_be_dealt_with_keeps_no_other_waiting() {
    let (app, marys) = town().await;
    let bank = app.group(marys.network, "Food Bank").await;
    want(&bank, "Folding chairs").await;
    app.sql("insert into outbox_events (id, topic, payload, created_at, next_attempt_at) values (gen_random_uuid(), 'listing.matched', '{\"listing_id\": 7}', now(), now() - interval '1 day')").await;
    // The first inbox cannot be written to.
    app.sql(
        "create function no() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
             create trigger no before insert on notices for each row when (new.topic = 'listings_matched') execute function no()",
    )
    .await;
    post(&marys, "Folding chairs", json!({})).await;
    deliver(&app).await;
    app.sql("do $$ begin
       assert (select count(*) = 1 from outbox_events where given_up_at is not null and last_error like '%cannot be read%');
       assert (select count(*) = 1 from outbox_events where attempts = 1 and next_attempt_at > now() and given_up_at is null and last_error like '%the log says why%');
     end $$")
    .await;
    app.sql("drop trigger no on notices").await;
    app.advance(Duration::minutes(1));
    deliver(&app).await;
    assert_eq!(topics(&app, &bank).await, ["listings_matched"]);
}
