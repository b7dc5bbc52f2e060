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
    support::{Group, TestApp},
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
