//! What a group learns of reports: nothing, unless something came of them.

use gotit::moderation::QueueKind;
use serde_json::{Value, json};

use super::{Town, because};
use crate::support::Client;

impl Town {
    /// What is decided about a report of a listing, when that is final.
    async fn decided_about_report(&self, listing: &str, verdict: Value) -> String {
        let item = self.open(QueueKind::Report, listing.parse().unwrap(), Some(listing)).await;
        let decision = self.decide(&self.again(&self.mair), &item, verdict).await.expect(200).str("/id");
        self.settle().await;
        decision
    }

    async fn decisions(&self) -> Vec<String> {
        self.owner().get(format!("/v1/groups/{}/decisions", self.group.id)).await.expect(200).each("/deed")
    }

    async fn history(&self, by: &Client, listing: &str) -> Vec<String> {
        by.get(format!("/v1/listings/{listing}/history")).await.expect(200).each("/action")
    }
}

#[actix_web::test]
async fn that_something_reported_was_left_as_it_is_is_for_staff_alone() {
    let town = Town::new().await;
    let (listing, _) = town.listed("Forty folding chairs", "approved").await;
    let decision = town.decided_about_report(&listing, json!({"deed": "keep", "words": "It is fine."})).await;
    assert_eq!(town.decisions().await, Vec::<String>::new());
    assert_eq!(town.told().await, Vec::<String>::new());
    assert_eq!(town.history(&town.owner(), &listing).await, ["create_listing"]);
    assert_eq!(town.history(&town.again(&town.mair), &listing).await, ["keep_reported", "create_listing"]);
    let appeal = format!("/v1/groups/{}/decisions/{decision}/appeal", town.group.id);
    town.owner().get(&appeal).await.problem(404, "not_found");
    town.owner().post(&appeal, json!({"words": "Who said so?"})).await.problem(404, "not_found");
    // The same about the group itself.
    let item = town.open(QueueKind::Report, town.group.id.0, None).await;
    town.decide(&town.again(&town.mair), &item, json!({"deed": "keep"})).await.expect(200);
    town.settle().await;
    assert_eq!((town.decisions().await.len(), town.told().await.len()), (0, 0));
}

#[actix_web::test]
async fn who_was_told_that_reports_have_hidden_a_listing_hears_that_it_is_back() {
    let town = Town::new().await;
    let (listing, _) = town.listed("Forty folding chairs", "pending").await;
    town.decided_about_report(&listing, json!({"deed": "keep"})).await;
    assert_eq!((town.seen(&listing).await, town.decisions().await), (200, vec!["keep".to_owned()]));
    let told = town.told().await;
    assert!(told.len() == 1 && told[0].contains("everybody can find it"), "{told:?}");
    assert!(town.history(&town.owner(), &listing).await.contains(&"keep_reported".to_owned()));
}

#[actix_web::test]
async fn what_came_of_a_report_is_told() {
    let town = Town::new().await;
    let (listing, _) = town.listed("Forty folding chairs", "approved").await;
    town.decided_about_report(&listing, because("remove")).await;
    assert_eq!((town.decisions().await, town.told().await.len()), (vec!["remove".to_owned()], 1));
    assert_eq!(town.history(&town.owner(), &listing).await[0], "remove_listing");
}

#[actix_web::test]
async fn a_live_edit_for_which_a_listing_is_hidden_settles_its_reports() {
    let town = Town::new().await;
    let (listing, item) = town.listed("Forty folding chairs", "pending").await;
    town.decide(&town.mair, &item, json!({"deed": "approve"})).await.expect(200);
    town.settle().await;
    town.owner().patch(format!("/v1/listings/{listing}"), "*", json!({"description": "A metre high."})).await.expect(200);
    let report = json!({"listing_id": listing, "reason": "unsafe"});
    town.app.visitor().post("/v1/reports", report).await.expect(201);
    let kinds = async |kind: &str| town.again(&town.mair).get(format!("{}?kind={kind}", town.queue())).await.expect(200);
    let edit = kinds("edit").await.str("/items/0/id");
    town.decide(&town.again(&town.mair), &edit, because("ask_changes")).await.expect(200);
    town.settle().await;
    assert_eq!(kinds("report").await.each("/id").len(), 0);
    let states = town.again(&town.mair).get(format!("/v1/networks/{}/reports", town.network)).await.expect(200).each("/state");
    assert_eq!(states, ["acted"]);
    town.owner().patch(format!("/v1/listings/{listing}"), "*", json!({"description": "Half a metre high."})).await.expect(200);
    assert_eq!(kinds("listing").await.each("/listing/moderation"), ["pending"]);
}
