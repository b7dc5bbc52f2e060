//! Appeals: once, in time, and never decided by who decided first, or who asks.

use chrono::{DateTime, Duration, Utc};
use gotit::moderation::QueueKind;
use serde_json::{Value, json};

use super::{Town, because};
use crate::support::Answer;

/// A listing that Mair has taken down for good, and the decision.
async fn refused(town: &Town, deed: &str) -> (String, String) {
    let (listing, item) = town.listed("Forty folding chairs", "approved").await;
    let decision = town.decide(&town.again(&town.mair), &item, because(deed)).await.expect(200).str("/id");
    town.settle().await;
    (listing, decision)
}

async fn appeal(town: &Town, decision: &str) -> Answer {
    let at = format!("/v1/groups/{}/decisions/{decision}/appeal", town.group.id);
    town.owner().post(at, json!({"words": "They are a metre high, it says so."})).await
}

async fn appeal_item(town: &Town) -> Answer {
    town.again(&town.nerys).get(format!("{}?kind=appeal", town.queue())).await.expect(200)
}

#[actix_web::test]
async fn another_coordinator_overturns_it() {
    let town = Town::new().await;
    let (listing, decision) = refused(&town, "remove").await;
    let made = appeal(&town, &decision).await.expect(201);
    assert_eq!(made.body["outcome"], Value::Null);
    town.owner().get(made.header("location")).await.expect(200);
    appeal(&town, &decision).await.problem(409, "already_exists");
    let found = appeal_item(&town).await;
    assert_eq!((found.str("/items/0/appeal/deed"), &found.body["items"][0]["appeal"]["is_for_you"]), ("remove".into(), &json!(true)));
    let item = found.str("/items/0/id");
    let overturn = json!({"deed": "overturn", "reason": "other", "words": "Quite right, sorry."});
    town.decide(&town.again(&town.mair), &item, overturn.clone()).await.problem(403, "not_allowed");
    let second = town.decide(&town.again(&town.nerys), &item, overturn.clone()).await.expect(200).str("/id");
    assert_eq!(town.seen(&listing).await, 200);
    town.undo(&town.again(&town.nerys), &second).await.expect(200);
    assert_eq!(town.seen(&listing).await, 404);
    town.decide(&town.again(&town.nerys), &item, overturn).await.expect(200);
    town.settle().await;
    assert_eq!(town.seen(&listing).await, 200);
    let read = town.owner().get(made.header("location")).await.expect(200);
    assert_eq!((read.str("/outcome"), read.str("/answer")), ("overturned".into(), "Quite right, sorry.".into()));
    assert!(town.told().await[0].contains("successful"));
}

#[actix_web::test]
async fn or_lets_it_stand_and_that_is_the_end() {
    let town = Town::new().await;
    let (listing, decision) = refused(&town, "reject").await;
    appeal(&town, &decision).await.expect(201);
    let item = appeal_item(&town).await.str("/items/0/id");
    let kept =
        town.decide(&town.again(&town.nerys), &item, json!({"deed": "keep", "words": "Still too vague."})).await.expect(200).str("/id");
    town.settle().await;
    assert_eq!(town.seen(&listing).await, 404);
    appeal(&town, &decision).await.problem(409, "already_exists");
    appeal(&town, &kept).await.problem(409, "wrong_state");
}

#[actix_web::test]
async fn an_appeal_comes_in_time_and_against_something() {
    let town = Town::new().await;
    let (_, decision) = refused(&town, "hold").await;
    let other = town.app.group(town.network, "Etruria Bowls Club").await;
    let elsewhere = format!("/v1/groups/{}/decisions/{decision}/appeal", other.id);
    town.again(&other.owner).post(elsewhere, json!({"words": "Not mine."})).await.problem(404, "not_found");
    let read = town.owner().get(format!("/v1/groups/{}/decisions", town.group.id)).await.expect(200);
    let time = |path: &str| read.str(path).parse::<DateTime<Utc>>().unwrap();
    assert_eq!(time("/items/0/appeal_until") - time("/items/0/decided_at"), Duration::days(30));
    // Half a minute has passed since it was decided.
    town.app.advance(Duration::days(30));
    appeal(&town, &decision).await.problem(409, "wrong_state");
    let (_, item) = town.listed("Sixty stools", "pending").await;
    let fresh = town.decide(&town.again(&town.mair), &item, json!({"deed": "approve"})).await.expect(200).str("/id");
    appeal(&town, &fresh).await.problem(404, "not_found");
    town.settle().await;
    appeal(&town, &fresh).await.problem(409, "wrong_state");
}

#[actix_web::test]
async fn an_appeal_can_be_taken_back_while_it_waits() {
    let town = Town::new().await;
    let (_, decision) = refused(&town, "remove").await;
    appeal(&town, &decision).await.expect(201);
    let at = format!("/v1/groups/{}/decisions/{decision}/appeal", town.group.id);
    town.owner().delete(&at).await.expect(204);
    assert_eq!(appeal_item(&town).await.each("/id").len(), 0);
    town.owner().delete(&at).await.problem(409, "wrong_state");
    assert_eq!(town.owner().get(&at).await.expect(200).str("/outcome"), "withdrawn");
}

#[actix_web::test]
async fn a_rejected_edit_is_taken_after_all() {
    let town = Town::new().await;
    let (listing, item) = town.listed("Forty folding chairs", "pending").await;
    town.decide(&town.mair, &item, json!({"deed": "approve"})).await.expect(200);
    town.settle().await;
    town.owner().patch(format!("/v1/listings/{listing}"), "*", json!({"title": "Forty deck chairs for the prom"})).await.expect(200);
    let edit = town.again(&town.mair).get(format!("{}?kind=edit", town.queue())).await.expect(200).str("/items/0/id");
    let decision = town.decide(&town.again(&town.mair), &edit, because("reject")).await.expect(200).str("/id");
    town.settle().await;
    appeal(&town, &decision).await.expect(201);
    let item = appeal_item(&town).await.str("/items/0/id");
    let overturn = json!({"deed": "overturn", "reason": "other", "words": "Fine."});
    town.decide(&town.again(&town.nerys), &item, overturn).await.expect(200);
    assert_eq!(town.own(&listing).await.str("/title"), "Forty deck chairs for the prom");
}

#[actix_web::test]
async fn an_appeal_does_not_let_out_what_was_hidden_for_something_else_since() {
    let town = Town::new().await;
    let (listing, decision) = refused(&town, "ask_changes").await;
    town.owner().patch(format!("/v1/listings/{listing}"), "*", json!({"description": "A metre high."})).await.expect(200);
    let item = town.again(&town.mair).get(format!("{}?kind=listing", town.queue())).await.expect(200).str("/items/0/id");
    town.decide(&town.again(&town.mair), &item, because("reject")).await.expect(200);
    town.settle().await;
    appeal(&town, &decision).await.expect(201);
    let item = appeal_item(&town).await.str("/items/0/id");
    let overturn = json!({"deed": "overturn", "reason": "other", "words": "It says so indeed."});
    town.decide(&town.again(&town.nerys), &item, overturn).await.problem(409, "conflict");
    town.decide(&town.again(&town.nerys), &item, json!({"deed": "keep"})).await.expect(200);
    assert_eq!(town.seen(&listing).await, 404);
}

#[actix_web::test]
async fn an_edit_that_is_taken_after_all_and_undone_leaves_what_was_said_since() {
    let town = Town::new().await;
    let (listing, item) = town.listed("Forty folding chairs", "pending").await;
    town.decide(&town.mair, &item, json!({"deed": "approve"})).await.expect(200);
    town.settle().await;
    let says = async |title: &str| town.owner().patch(format!("/v1/listings/{listing}"), "*", json!({"title": title})).await.expect(200);
    says("Forty deck chairs for the prom").await;
    let edit = town.again(&town.mair).get(format!("{}?kind=edit", town.queue())).await.expect(200).str("/items/0/id");
    let decision = town.decide(&town.again(&town.mair), &edit, because("reject")).await.expect(200).str("/id");
    town.settle().await;
    assert_eq!(says("Thirty folding chairs").await.str("/title"), "Thirty folding chairs");
    appeal(&town, &decision).await.expect(201);
    let item = appeal_item(&town).await.str("/items/0/id");
    let overturn = json!({"deed": "overturn", "reason": "other", "words": "Fine."});
    let second = town.decide(&town.again(&town.nerys), &item, overturn).await.expect(200).str("/id");
    assert_eq!(town.own(&listing).await.str("/title"), "Forty deck chairs for the prom");
    town.undo(&town.again(&town.nerys), &second).await.expect(200);
    assert_eq!(town.own(&listing).await.str("/title"), "Thirty folding chairs");
}

#[actix_web::test]
async fn what_becomes_of_an_appeal_is_read_when_it_is_final() {
    let town = Town::new().await;
    let (_, decision) = refused(&town, "remove").await;
    appeal(&town, &decision).await.expect(201);
    let item = appeal_item(&town).await.str("/items/0/id");
    let keep = json!({"deed": "keep", "words": "Still too vague."});
    let second = town.decide(&town.again(&town.nerys), &item, keep.clone()).await.expect(200).str("/id");
    let at = format!("/v1/groups/{}/decisions/{decision}/appeal", town.group.id);
    let all = format!("/v1/groups/{}/decisions", town.group.id);
    let unknown = json!([null, null, null]);
    let told = |appeal: &Value| json!([appeal["outcome"], appeal["answer"], appeal["decided_at"]]);
    assert_eq!(told(&town.owner().get(&at).await.expect(200).body), unknown);
    assert_eq!(told(&town.owner().get(&all).await.expect(200).body["items"][0]["appeal"]), unknown);
    let refused = town.owner().delete(&at).await.problem(409, "wrong_state");
    assert!(!refused.text.contains("upheld"), "{}", refused.text);
    town.undo(&town.again(&town.nerys), &second).await.expect(200);
    town.settle().await;
    assert_eq!(told(&town.owner().get(&at).await.expect(200).body), unknown);
    town.decide(&town.again(&town.nerys), &item, keep).await.expect(200);
    town.settle().await;
    assert_eq!(town.owner().get(&at).await.expect(200).str("/answer"), "Still too vague.");
    assert_eq!(town.owner().get(&all).await.expect(200).str("/items/1/appeal/outcome"), "upheld");
    assert!(town.owner().delete(&at).await.problem(409, "wrong_state").text.contains("upheld"));
}

#[actix_web::test]
async fn who_decided_first_neither_decides_again_nor_undoes_and_that_is_recorded() {
    let town = Town::new().await;
    let (listing, decision) = refused(&town, "remove").await;
    appeal(&town, &decision).await.expect(201);
    let item = appeal_item(&town).await.str("/items/0/id");
    let mair = town.again(&town.mair);
    town.decide(&mair, &item, json!({"deed": "keep"})).await.problem(403, "not_allowed");
    let rows = json!({"decisions": [{"item_id": item, "deed": "keep"}]});
    let many = mair.post(format!("{}/decisions", town.queue()), rows).await.expect(200);
    assert_eq!(many.str("/results/0/problem/code"), "not_allowed");
    let overturn = json!({"deed": "overturn", "reason": "other", "words": "Quite right, sorry."});
    let second = town.decide(&town.again(&town.nerys), &item, overturn).await.expect(200).str("/id");
    town.undo(&mair, &second).await.problem(403, "not_allowed");
    assert_eq!(town.seen(&listing).await, 200);
    let denied = mair.get(format!("/v1/networks/{}/audit?outcome=denied", town.network)).await.expect(200);
    assert_eq!(denied.each("/actor_role"), ["coordinator"; 3]);
    let tried = ["decisions/{decision_id}/undo", "queue/decisions", "queue/{item_id}/decision"];
    assert_eq!(denied.each("/subject_id"), tried.map(|what| format!("POST /v1/networks/{{network_id}}/{what}")));
}

#[actix_web::test]
async fn an_appeal_does_not_let_out_what_reports_have_hidden_since() {
    let town = Town::new().await;
    let (listing, decision) = refused(&town, "ask_changes").await;
    town.owner().patch(format!("/v1/listings/{listing}"), "*", json!({"description": "A metre high."})).await.expect(200);
    appeal(&town, &decision).await.expect(201);
    let item = town.again(&town.nerys).get(format!("{}?kind=listing", town.queue())).await.expect(200).str("/items/0/id");
    town.decide(&town.again(&town.nerys), &item, json!({"deed": "approve"})).await.expect(200);
    town.settle().await;
    town.app.sql(&format!("update listings set moderation = 'pending' where id = '{listing}'")).await;
    let reports = town.open(QueueKind::Report, listing.parse().unwrap(), Some(&listing)).await;
    let item = appeal_item(&town).await.str("/items/0/id");
    let overturn = json!({"deed": "overturn", "reason": "other", "words": "It says so indeed."});
    let refused = town.decide(&town.again(&town.nerys), &item, overturn.clone()).await.problem(409, "conflict");
    assert!(refused.str("/detail").contains("reports first"), "{}", refused.text);
    assert_eq!(town.seen(&listing).await, 404);
    town.decide(&town.again(&town.nerys), &reports, json!({"deed": "keep"})).await.expect(200);
    town.decide(&town.again(&town.nerys), &item, overturn).await.expect(200);
    assert_eq!(town.seen(&listing).await, 200);
}

#[actix_web::test]
async fn who_belongs_to_the_group_or_asked_for_it_neither_decides_nor_undoes() {
    let town = Town::new().await;
    let olwen = town.app.staff(town.network, "Olwen", "coordinator").await;
    let joins = format!(
        "insert into memberships (group_id, user_id, role, created_at) values ('{}', '{}', 'viewer', now())",
        town.group.id, town.nerys.id
    );
    let asked = format!("update appeals set made_by = '{}'", town.nerys.id);
    for (change, back) in [(joins, "delete from memberships where role = 'viewer'"), (asked, "update appeals set made_by = null")] {
        let (_, decision) = refused(&town, "remove").await;
        appeal(&town, &decision).await.expect(201);
        town.app.sql(&change).await;
        let found = appeal_item(&town).await;
        assert_eq!(found.body["items"][0]["appeal"]["is_for_you"], json!(false), "{change}");
        let item = found.str("/items/0/id");
        let overturn = json!({"deed": "overturn", "reason": "other", "words": "Quite right, sorry."});
        town.decide(&town.again(&town.nerys), &item, overturn.clone()).await.problem(403, "not_allowed");
        let second = town.decide(&town.again(&olwen), &item, overturn).await.expect(200).str("/id");
        town.undo(&town.again(&town.nerys), &second).await.problem(403, "not_allowed");
        town.app.sql(back).await;
        town.undo(&town.again(&town.nerys), &second).await.expect(200);
        town.decide(&town.again(&olwen), &item, json!({"deed": "keep"})).await.expect(200);
    }
}
