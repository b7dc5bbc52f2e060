//! What waits of a listing that is withdrawn and comes back, or is edited meanwhile.

use chrono::Duration;
use serde_json::json;

use super::{
    Town, because,
    edits::{approved, edit, waiting},
};
use crate::accounts::texts;

async fn step(town: &Town, listing: &str, step: &str) {
    town.owner().send(reqwest::Method::POST, &format!("/v1/listings/{listing}/{step}"), None).await.expect(200);
}

async fn all(town: &Town) -> Vec<String> {
    town.again(&town.mair).get(town.queue()).await.expect(200).each("/id")
}

#[actix_web::test]
async fn a_live_edit_that_nobody_has_looked_at_waits_again_when_its_listing_is_back() {
    let town = Town::new().await;
    let listing = approved(&town).await;
    edit(&town, &listing, json!({"description": "Blue."})).await;
    let item = waiting(&town).await.str("/items/0/id");
    step(&town, &listing, "withdraw").await;
    assert!(all(&town).await.is_empty());
    step(&town, &listing, "renew").await;
    assert_eq!(all(&town).await, [item.as_str()]);

    // The next one is told from what was approved, and so is one that is made out of sight.
    let changes = async || waiting(&town).await.body["items"][0]["edit"]["changes"].clone();
    edit(&town, &listing, json!({"description": "Green."})).await;
    assert_eq!(changes().await, json!([{"field": "description", "before": "", "after": "Green."}]));
    step(&town, &listing, "withdraw").await;
    edit(&town, &listing, json!({"description": "Red."})).await;
    assert_eq!(changes().await, json!([{"field": "description", "before": "", "after": "Red."}]));
    step(&town, &listing, "renew").await;
    assert_eq!(all(&town).await, [item.as_str()]);

    town.decide(&town.again(&town.mair), &item, json!({"deed": "approve"})).await.expect(200);
    town.settle().await;
    for to in ["withdraw", "renew"] {
        step(&town, &listing, to).await;
        assert!(all(&town).await.is_empty(), "it is decided");
    }
}

#[actix_web::test]
async fn an_edit_that_is_not_live_goes_with_its_listing() {
    let town = Town::new().await;
    let listing = approved(&town).await;
    edit(&town, &listing, json!({"title": "Raffle tickets"})).await;
    step(&town, &listing, "withdraw").await;
    assert_eq!(town.own(&listing).await.body["waiting_edit"], json!(null));
    step(&town, &listing, "renew").await;
    assert!(all(&town).await.is_empty());
    assert_eq!(town.own(&listing).await.str("/title"), "Forty folding chairs");
}

#[actix_web::test]
async fn what_waits_again_is_promised_and_checked_anew() {
    let town = Town::new().await;
    town.app.sql("update network_policies set undecided_then = 'reject'").await;
    let (listing, item) = town.listed("Forty folding chairs", "pending").await;
    let found = async || {
        let item = town.again(&town.mair).get(format!("{}/{item}", town.queue())).await.expect(200);
        item.body["findings"].as_array().unwrap().len()
    };
    assert_eq!(found().await, 1);
    town.app.sql("update queue_items set warned_at = now()").await;
    step(&town, &listing, "withdraw").await;
    town.app.advance(Duration::days(10));
    let back = town.app.now();
    step(&town, &listing, "renew").await;
    let opened = town.again(&town.mair).get(format!("{}/{item}", town.queue())).await.expect(200).str("/opened_at");
    assert!(
        opened.parse::<chrono::DateTime<chrono::Utc>>().unwrap() >= back - Duration::seconds(1),
        "it has waited since it came back: {opened}"
    );
    town.catch_up().await;
    assert_eq!(town.own(&listing).await.str("/moderation"), "pending", "nobody has had the time to look at it");
    assert_eq!(found().await, 0, "what is found in it now");
    town.app.advance(Duration::days(10));
    town.catch_up().await;
    assert_eq!(town.own(&listing).await.str("/moderation"), "rejected", "the promise is kept");
    assert_eq!(texts(&town.app, "select (warned_at is null)::text as text from queue_items where kind = 'listing'").await, ["false"]);
}

#[actix_web::test]
async fn what_is_edited_out_of_sight_waits_as_it_is_then() {
    let town = Town::new().await;
    let (listing, item) = town.listed("Forty folding chairs", "pending").await;
    step(&town, &listing, "withdraw").await;
    edit(&town, &listing, json!({"description": "Ring 01632 960123"})).await;
    step(&town, &listing, "renew").await;
    assert_eq!(all(&town).await, [item.as_str()]);
    let item = town.again(&town.mair).get(format!("{}/{item}", town.queue())).await.expect(200);
    assert!(item.body["findings"][0].to_string().contains("01632 960123"), "{}", item.body["findings"]);
    town.decide(&town.again(&town.mair), &item.str("/id"), because("reject")).await.expect(200);
}
