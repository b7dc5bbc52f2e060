//! What a group has posted appears when it is let in, and those whom it concerns hear of it.

use chrono::Duration;
use gotit::{
    outbox::{MailConfig, Post},
    worker::catch_up,
};
use serde_json::{Value, json};

use super::{decide, waiting_group};
use crate::{
    pairs::post,
    support::{Group, Person, TestApp},
};

/// Lets what is decided become final, and delivers what follows.
async fn settle(app: &TestApp) {
    app.advance(Duration::seconds(31));
    catch_up(&mut *app.conn().await, app.now()).await.unwrap();
    let post = Post::new(&app.state.db, &app.state.clock, &MailConfig::default()).unwrap();
    while post.deliver_next().await.unwrap() {}
}

/// The listings that a group was told of.
async fn told(app: &TestApp, group: &Group) -> Vec<String> {
    let inbox = app.back_again(&group.owner).get(format!("/v1/groups/{}/inbox?topic=listings_matched", group.id)).await.expect(200);
    inbox.each("/listing_id")
}

#[actix_web::test]
async fn what_was_posted_while_a_group_waited_is_announced_when_it_is_let_in() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let (mair, bank) = (app.staff(network, "Mair", "coordinator").await, app.group(network, "Food Bank").await);
    post(&bank, json!({"kind": "want", "title": "Folding chairs", "category": "seating"})).await;
    let (queued, direct) = (waiting_group(&app, network, "Etruria Pantry").await, waiting_group(&app, network, "Tŷ Coch").await);
    let offer = json!({"kind": "offer", "title": "Folding chairs", "category": "seating"});
    let (first, second) = (post(&queued, offer.clone()).await, post(&direct, offer.clone()).await);
    let draft = format!("/v1/groups/{}/listings?draft=true", queued.id);
    queued.owner.post(draft, offer).await.expect(201);
    settle(&app).await;
    assert!(told(&app, &bank).await.is_empty());

    let by = app.back_again(&mair);
    let item = by.get(format!("/v1/networks/{network}/queue?kind=group")).await.expect(200).str("/items/0/id");
    by.post(format!("/v1/networks/{network}/queue/{item}/decision"), json!({"deed": "approve"})).await.expect(200);
    settle(&app).await;
    assert_eq!(told(&app, &bank).await, std::slice::from_ref(&first));
    decide(&app.back_again(&mair), network, direct.id, "approve", Value::Null).await.expect(200);
    settle(&app).await;
    assert_eq!(told(&app, &bank).await, [second.clone(), first]);

    // Who is let back in within a week tells nobody twice; whose want has appeared meanwhile hears of it.
    let shed = app.group(network, "Men's Shed").await;
    decide(&app.back_again(&mair), network, direct.id, "suspend", json!("A complaint.")).await.expect(200);
    post(&shed, json!({"kind": "want", "title": "Folding chairs", "category": "seating"})).await;
    decide(&app.back_again(&mair), network, direct.id, "reinstate", json!("It was unfounded.")).await.expect(200);
    settle(&app).await;
    assert_eq!((told(&app, &bank).await.len(), told(&app, &shed).await), (2, vec![second]));
}

/// The titles that whoever has looked last at this time finds to have changed.
async fn changed(app: &TestApp, since: &str, more: &str) -> Vec<String> {
    let since = since.replace('+', "%2B");
    app.visitor().get(format!("/v1/listings?updated_since={since}{more}")).await.expect(200).each("/title")
}

#[actix_web::test]
async fn what_appears_with_its_group_has_changed_for_those_who_look_for_changes() {
    let app = TestApp::start().await;
    let (network, other) = (app.network("stoke").await, app.network("leek").await);
    let mair: Person = app.staff(network, "Mair", "coordinator").await;
    let huw = app.staff(other, "Huw", "coordinator").await;
    let group = waiting_group(&app, network, "Etruria Pantry").await;
    let chairs = post(&group, json!({"kind": "offer", "title": "Folding chairs", "category": "seating", "quantity": 3})).await;
    let benches = json!({"kind": "offer", "title": "Garden benches", "category": "seating"});
    let benches = post(&group, benches).await;
    group.owner.post(format!("/v1/listings/{benches}/pause"), Value::Null).await.expect(200);
    let version = async || app.back_again(&group.owner).get(format!("/v1/listings/{chairs}")).await.expect(200).version();
    let before = version().await;
    app.advance(Duration::hours(1));
    let since = app.now().to_rfc3339();
    assert!(changed(&app, &since, "").await.is_empty());
    decide(&app.back_again(&mair), network, group.id, "approve", Value::Null).await.expect(200);
    assert_eq!(changed(&app, &since, "").await, ["Folding chairs"]);
    assert_eq!(version().await, before, "nobody has edited it");

    // In a second network: when it begins to show it, and when its group is back there.
    app.let_in(other, group.id).await;
    app.sql("update network_policies set cross_posting = 'open'").await;
    let in_leek = format!("&network_id={other}");
    app.advance(Duration::hours(1));
    let since = app.now().to_rfc3339();
    app.back_again(&group.owner).put(format!("/v1/listings/{chairs}/networks/{other}"), Value::Null).await.expect(200);
    assert_eq!(changed(&app, &since, &in_leek).await, ["Folding chairs"]);
    decide(&app.back_again(&huw), other, group.id, "suspend", json!("A complaint.")).await.expect(200);
    app.advance(Duration::hours(1));
    let since = app.now().to_rfc3339();
    decide(&app.back_again(&huw), other, group.id, "reinstate", json!("It was unfounded.")).await.expect(200);
    assert_eq!(changed(&app, &since, &in_leek).await, ["Folding chairs"]);
}
