//! Edits of listings that somebody has approved.

use chrono::Duration;
use gotit::moderation::QueueKind;
use serde_json::json;

use super::{Town, because};
use crate::support::Answer;

/// A listing that a coordinator has approved, for good.
pub async fn approved(town: &Town) -> String {
    let (listing, item) = town.listed("Forty folding chairs", "pending").await;
    town.decide(&town.mair, &item, json!({"deed": "approve"})).await.expect(200);
    town.settle().await;
    listing
}

pub async fn edit(town: &Town, listing: &str, changes: serde_json::Value) -> Answer {
    town.owner().patch(format!("/v1/listings/{listing}"), "*", changes).await.expect(200)
}

pub async fn waiting(town: &Town) -> Answer {
    town.again(&town.mair).get(format!("{}?kind=edit", town.queue())).await.expect(200)
}

#[actix_web::test]
async fn before_anybody_has_looked_an_edit_is_live() {
    let town = Town::new().await;
    let (listing, _) = town.listed("Forty folding chairs", "approved").await;
    let edited = edit(&town, &listing, json!({"title": "Raffle tickets", "quantity": 400})).await;
    assert_eq!((edited.str("/title"), &edited.body["waiting_edit"]), ("Raffle tickets".into(), &json!(null)));
    assert_eq!(waiting(&town).await.each("/id").len(), 0, "the listing itself waits");
}

#[actix_web::test]
async fn a_change_of_meaning_waits_while_the_approved_version_stays() {
    let town = Town::new().await;
    let listing = approved(&town).await;
    let answer = edit(&town, &listing, json!({"title": "Raffle tickets", "description": "Three pounds each"})).await;
    assert_eq!((answer.str("/title"), answer.str("/waiting_edit/changes/title")), ("Forty folding chairs".into(), "Raffle tickets".into()));
    edit(&town, &listing, json!({"quantity": 400})).await;
    let own = town.own(&listing).await;
    assert_eq!(
        own.body["waiting_edit"]["changes"],
        json!({"title": "Raffle tickets", "description": "Three pounds each", "quantity": 400})
    );
    let all = town.owner().get(format!("/v1/groups/{}/listings", town.group.id)).await.expect(200);
    assert_eq!(all.str("/items/0/waiting_edit/changes/title"), "Raffle tickets");
    let seen = town.app.visitor().get(format!("/v1/listings/{listing}")).await.expect(200);
    assert_eq!((seen.str("/title"), &seen.body["waiting_edit"]), ("Forty folding chairs".into(), &json!(null)));
    assert!(!seen.text.contains("Raffle"));
    let queue = waiting(&town).await;
    assert_eq!(queue.each("/edit/is_live"), ["false"]);
    let fields: Vec<&str> =
        queue.body["items"][0]["edit"]["changes"].as_array().unwrap().iter().map(|change| change["field"].as_str().unwrap()).collect();
    assert!(fields.len() == 3 && ["description", "quantity", "title"].iter().all(|field| fields.contains(field)), "{fields:?}");

    let item = queue.str("/items/0/id");
    let mair = town.again(&town.mair);
    let decision = town.decide(&mair, &item, json!({"deed": "approve"})).await.expect(200).str("/id");
    let seen = async || town.app.visitor().get(format!("/v1/listings/{listing}")).await.expect(200);
    assert_eq!((seen().await.str("/title"), &seen().await.body["quantity"]), ("Raffle tickets".into(), &json!(400)));
    town.undo(&mair, &decision).await.expect(200);
    assert_eq!(seen().await.str("/title"), "Forty folding chairs");
    assert_eq!(town.own(&listing).await.str("/waiting_edit/changes/title"), "Raffle tickets");
    town.decide(&mair, &item, because("reject")).await.expect(200);
    town.settle().await;
    assert_eq!((seen().await.str("/title"), &town.own(&listing).await.body["waiting_edit"]), ("Forty folding chairs".into(), &json!(null)));
    assert!(town.told().await[0].contains("was not taken"));
}

#[actix_web::test]
async fn a_small_edit_is_live_and_looked_at_afterwards() {
    let town = Town::new().await;
    let listing = approved(&town).await;
    let edited = edit(&town, &listing, json!({"title": "Forty folding chairs, blue", "quantity": 45})).await;
    assert_eq!(edited.str("/title"), "Forty folding chairs, blue");
    edit(&town, &listing, json!({"quantity": 46, "description": "Ring Bob."})).await;
    let queue = waiting(&town).await;
    assert_eq!(queue.each("/edit/is_live"), ["true"], "one item for both");
    let changes = queue.body["items"][0]["edit"]["changes"].as_array().unwrap().clone();
    assert!(changes.contains(&json!({"field": "quantity", "before": 40, "after": 46})), "against the approved version: {changes:?}");
    let (mair, item) = (town.again(&town.mair), queue.str("/items/0/id"));
    let decision = town.decide(&mair, &item, because("reject")).await.expect(200).str("/id");
    let own = town.own(&listing).await;
    assert_eq!(
        (own.str("/title"), &own.body["quantity"], own.str("/description")),
        ("Forty folding chairs".into(), &json!(40), String::new())
    );
    town.undo(&mair, &decision).await.expect(200);
    assert_eq!(town.own(&listing).await.str("/title"), "Forty folding chairs, blue");
    town.decide(&mair, &item, json!({"deed": "approve"})).await.expect(200);
    assert_eq!(town.own(&listing).await.str("/title"), "Forty folding chairs, blue");
}

#[actix_web::test]
async fn small_edits_of_trusted_groups_are_not_queued_but_changes_of_meaning_are() {
    let town = Town::new().await;
    town.app.sql("update network_policies set review = 'trust', trust_after = 1").await;
    let listing = approved(&town).await;
    edit(&town, &listing, json!({"description": "Blue."})).await;
    assert_eq!(waiting(&town).await.each("/id").len(), 0);
    edit(&town, &listing, json!({"title": "Raffle tickets"})).await;
    assert_eq!(waiting(&town).await.each("/edit/is_live"), ["false"]);
    town.app.sql("update network_policies set trust_after = 2").await;
    edit(&town, &listing, json!({"description": "Green."})).await;
    assert_eq!(waiting(&town).await.each("/id").len(), 2);
}

#[actix_web::test]
async fn an_edit_that_waits_can_be_taken_back_by_its_group_alone() {
    let town = Town::new().await;
    let listing = approved(&town).await;
    edit(&town, &listing, json!({"title": "Raffle tickets"})).await;
    let at = format!("/v1/listings/{listing}/waiting-edit");
    town.app.person("Olwen").await.delete(&at).await.problem(403, "not_allowed");
    town.owner().delete(&at).await.expect(204);
    town.owner().delete(&at).await.problem(404, "not_found");
    assert_eq!(waiting(&town).await.each("/id").len(), 0);
    edit(&town, &listing, json!({"title": "Raffle tickets"})).await;
    assert_eq!(waiting(&town).await.each("/id").len(), 1);
}

#[actix_web::test]
async fn what_waits_goes_with_its_listing_and_comes_back_with_it() {
    let town = Town::new().await;
    let (listing, item) = town.listed("Forty folding chairs", "pending").await;
    let step =
        async |step: &str| town.owner().send(reqwest::Method::POST, &format!("/v1/listings/{listing}/{step}"), None).await.expect(200);
    step("withdraw").await;
    assert_eq!(town.mair.get(town.queue()).await.expect(200).each("/id").len(), 0);
    town.decide(&town.mair, &item, json!({"deed": "approve"})).await.problem(409, "wrong_state");
    step("renew").await;
    assert_eq!(town.mair.get(town.queue()).await.expect(200).each("/id"), [item.as_str()]);
    assert_eq!(town.own(&listing).await.str("/moderation"), "pending");
    step("fulfil").await;
    assert_eq!(town.mair.get(town.queue()).await.expect(200).each("/id").len(), 0);
}

#[actix_web::test]
async fn what_waits_shows_what_the_checks_find_in_it_now() {
    let town = Town::new().await;
    let (listing, item) = town.listed("Forty folding chairs", "pending").await;
    let found = async || {
        let item = town.again(&town.mair).get(format!("{}/{item}", town.queue())).await.expect(200);
        item.body["findings"].as_array().unwrap().iter().any(|finding| finding["rule"] == "contact_details")
    };
    assert!(found().await, "as it came");
    edit(&town, &listing, json!({"description": "A metre high."})).await;
    assert!(!found().await);
    edit(&town, &listing, json!({"description": "Ring 01632 960123"})).await;
    assert!(found().await);
    town.decide(&town.again(&town.mair), &item, because("ask_changes")).await.expect(200);
    town.settle().await;
    edit(&town, &listing, json!({"quantity": 30})).await;
    let back = town.again(&town.mair).get(format!("{}?finding=contact_details", town.queue())).await.expect(200);
    assert_eq!(back.each("/subject_id"), [listing.as_str()], "what was asked for was not done");
}

#[actix_web::test]
async fn undoing_an_edit_loses_none_of_those_that_went_live_meanwhile() {
    let town = Town::new().await;
    let listing = approved(&town).await;
    edit(&town, &listing, json!({"title": "Raffle tickets", "quantity": 60})).await;
    edit(&town, &listing, json!({"quantity": 41})).await;
    let queue = waiting(&town).await;
    let items = queue.body["items"].as_array().unwrap();
    let item = items.iter().find(|item| item["edit"]["is_live"] == json!(false)).unwrap()["id"].as_str().unwrap();
    let mair = town.again(&town.mair);
    let decision = town.decide(&mair, item, json!({"deed": "approve"})).await.expect(200).str("/id");
    assert_eq!(town.own(&listing).await.body["quantity"], json!(60));
    town.undo(&mair, &decision).await.expect(200);
    let own = town.own(&listing).await;
    assert_eq!((own.str("/title"), &own.body["quantity"]), ("Forty folding chairs".into(), &json!(41)));
}

#[actix_web::test]
async fn what_was_decided_by_way_of_a_report_does_not_come_back_with_its_listing() {
    let town = Town::new().await;
    let (listing, _) = town.listed("Forty folding chairs", "approved").await;
    let reported = town.open(QueueKind::Report, listing.parse().unwrap(), Some(&listing)).await;
    town.decide(&town.mair, &reported, json!({"deed": "keep"})).await.expect(200);
    for step in ["withdraw", "renew"] {
        town.owner().send(reqwest::Method::POST, &format!("/v1/listings/{listing}/{step}"), None).await.expect(200);
    }
    assert_eq!(town.mair.get(town.queue()).await.expect(200).each("/id").len(), 0);
}

#[actix_web::test]
async fn what_hides_a_listing_by_way_of_an_edit_decides_about_the_listing_too() {
    let town = Town::new().await;
    let listing = approved(&town).await;
    edit(&town, &listing, json!({"description": "Blue."})).await;
    let item = waiting(&town).await.str("/items/0/id");
    town.app.sql(&format!("update listings set moderation = 'held' where id = '{listing}'")).await;
    town.open(QueueKind::Listing, listing.parse().unwrap(), Some(&listing)).await;
    let mair = town.again(&town.mair);
    let decision = town.decide(&mair, &item, because("remove")).await.expect(200).str("/id");
    let all = async || mair.get(town.queue()).await.expect(200).each("/id").len();
    assert_eq!(all().await, 0, "nothing that nobody could decide any more stays");
    town.undo(&mair, &decision).await.expect(200);
    assert_eq!(all().await, 2);
    town.decide(&mair, &item, because("remove")).await.expect(200);
    town.settle().await;
    assert!(town.told().await[0].contains("taken down"), "not the edit alone: {:?}", town.told().await);
}

#[actix_web::test]
async fn an_edit_in_which_the_checks_find_something_new_waits_whatever_its_size() {
    let town = Town::new().await;
    let (listing, _) = town.listed("Forty folding chairs", "approved").await;
    let answer = edit(&town, &listing, json!({"description": "Ring 01632 960123"})).await;
    assert_eq!(answer.str("/waiting_edit/changes/description"), "Ring 01632 960123");
    let seen = town.app.visitor().get(format!("/v1/listings/{listing}")).await.expect(200);
    assert!(!seen.text.contains("960123"), "{}", seen.text);
    let queue = waiting(&town).await;
    assert_eq!(queue.str("/items/0/findings/0/rule"), "contact_details");
    town.decide(&town.again(&town.mair), &queue.str("/items/0/id"), json!({"deed": "approve"})).await.expect(200);
    town.settle().await;
    // It was found before, and somebody has approved it.
    let small = edit(&town, &listing, json!({"description": "Ring 01632 960123, please"})).await;
    assert_eq!(small.body["waiting_edit"], json!(null));
}

#[actix_web::test]
async fn an_edit_that_the_network_does_not_take_is_refused_and_changes_nothing() {
    let town = Town::new().await;
    let (listing, _) = town.listed("Forty folding chairs", "approved").await;
    let owner = town.owner();
    let change = json!({"description": "With leftover antibiotics."});
    owner
        .patch(format!("/v1/listings/{listing}"), "*", change)
        .await
        .problem(422, "refused_by_checks")
        .refuses("/description", "medicines");
    assert!(!town.own(&listing).await.text.contains("antibiotics"));
}

#[actix_web::test]
async fn what_a_live_edit_said_is_taken_back_only_where_nothing_later_was_decided() {
    let town = Town::new().await;
    let listing = approved(&town).await;
    edit(&town, &listing, json!({"quantity": 45, "description": "Blue."})).await;
    edit(&town, &listing, json!({"title": "Raffle tickets", "quantity": 60})).await;
    let queue = waiting(&town).await;
    let items = queue.body["items"].as_array().unwrap();
    let item = |is_live| items.iter().find(|item| item["edit"]["is_live"] == json!(is_live)).unwrap()["id"].as_str().unwrap();
    let mair = town.again(&town.mair);
    let said = async || {
        let own = town.own(&listing).await;
        (own.str("/title"), own.body["quantity"].clone(), own.str("/description"))
    };
    town.decide(&mair, item(false), json!({"deed": "approve"})).await.expect(200);
    town.settle().await;
    assert_eq!(said().await, ("Raffle tickets".into(), json!(60), "Blue.".into()));
    let mair = town.again(&town.mair);
    let decision = town.decide(&mair, item(true), because("reject")).await.expect(200).str("/id");
    assert_eq!(said().await, ("Raffle tickets".into(), json!(60), String::new()), "the newer quantity stays");
    town.undo(&mair, &decision).await.expect(200);
    assert_eq!(said().await, ("Raffle tickets".into(), json!(60), "Blue.".into()));
    // Nothing of it is left when all was changed since.
    edit(&town, &listing, json!({"title": "Fifty stools", "description": "Red."})).await;
    let newer = waiting(&town).await;
    let newer = newer.body["items"].as_array().unwrap().iter().find(|item| item["edit"]["is_live"] == json!(false)).unwrap().clone();
    town.decide(&mair, newer["id"].as_str().unwrap(), json!({"deed": "approve"})).await.expect(200);
    town.settle().await;
    let mair = town.again(&town.mair);
    let decision = town.decide(&mair, item(true), because("reject")).await.expect(200).str("/id");
    assert_eq!(said().await, ("Fifty stools".into(), json!(60), "Red.".into()));
    town.undo(&mair, &decision).await.expect(200);
    assert_eq!(said().await, ("Fifty stools".into(), json!(60), "Red.".into()));
}

#[actix_web::test]
async fn many_small_edits_change_the_meaning_as_one_does() {
    for review in ["after", "trust"] {
        let town = Town::new().await;
        town.app.sql(&format!("update network_policies set review = '{review}', trust_after = 1")).await;
        let listing = approved(&town).await;
        let small = edit(&town, &listing, json!({"title": "Forty folding tables", "quantity": 50})).await;
        assert_eq!((small.str("/title"), &small.body["waiting_edit"]), ("Forty folding tables".into(), &json!(null)), "{review}");
        assert_eq!(waiting(&town).await.each("/id").len(), usize::from(review == "after"), "trusted, nobody looks");
        let more = edit(&town, &listing, json!({"quantity": 51})).await;
        assert_eq!((&more.body["quantity"], &more.body["waiting_edit"]["changes"]["quantity"]), (&json!(50), &json!(51)), "{review}");
        town.owner().delete(format!("/v1/listings/{listing}/waiting-edit")).await.expect(204);
        let turned = edit(&town, &listing, json!({"title": "Forty raffle tables"})).await;
        let waits = (turned.str("/title"), turned.str("/waiting_edit/changes/title"));
        assert_eq!(waits, ("Forty folding tables".into(), "Forty raffle tables".into()), "{review}");

        // Approved, it is what the next one is measured against.
        let queue = waiting(&town).await;
        let item = queue.body["items"].as_array().unwrap().iter().find(|item| item["edit"]["is_live"] == json!(false)).unwrap().clone();
        town.decide(&town.again(&town.mair), item["id"].as_str().unwrap(), json!({"deed": "approve"})).await.expect(200);
        town.settle().await;
        let small = edit(&town, &listing, json!({"title": "Forty raffle tickets"})).await;
        assert_eq!((small.str("/title"), &small.body["waiting_edit"]), ("Forty raffle tickets".into(), &json!(null)), "{review}");
        town.app.sql("update network_policies set review = 'after'").await;
        edit(&town, &listing, json!({"description": "Blue."})).await;
        let mut changes = waiting(&town).await.body["items"][0]["edit"]["changes"].as_array().unwrap().clone();
        changes.sort_by_key(|change| change["field"].to_string());
        let looked_at = json!([
            {"field": "description", "before": "", "after": "Blue."},
            {"field": "quantity", "before": 40, "after": 50},
            {"field": "title", "before": "Forty raffle tables", "after": "Forty raffle tickets"},
        ]);
        assert_eq!(json!(changes), looked_at, "{review}: against what was approved");
    }
}

#[actix_web::test]
async fn what_was_approved_of_a_check_covers_nothing_else_that_it_finds() {
    let town = Town::new().await;
    let chairs = json!({"kind": "offer", "title": "Forty folding chairs", "category": "seating", "description": "See www.stmarys.org."});
    let listing = town.post_with(chairs).await;
    let item = town.mair.get(town.queue()).await.expect(200).str("/items/0/id");
    town.decide(&town.mair, &item, json!({"deed": "approve"})).await.expect(200);
    town.settle().await;
    let small = edit(&town, &listing, json!({"description": "Blue. See www.stmarys.org."})).await;
    assert_eq!((small.str("/description"), &small.body["waiting_edit"]), ("Blue. See www.stmarys.org.".into(), &json!(null)));
    let more = edit(&town, &listing, json!({"description": "See www.stmarys.org, or ring Jo on 07700 900123."})).await;
    assert_eq!(more.str("/description"), "Blue. See www.stmarys.org.");
    let queue = waiting(&town).await;
    let item = queue.body["items"].as_array().unwrap().iter().find(|item| item["edit"]["is_live"] == json!(false)).unwrap().clone();
    assert_eq!(item["findings"].as_array().unwrap().len(), 1);
    assert!(item["findings"][0].to_string().contains("07700 900123"), "{}", item["findings"]);
}

#[actix_web::test]
async fn an_approved_edit_that_gives_what_has_ended_a_later_end_opens_it_if_there_is_room() {
    for (most, state) in [(2, "active"), (1, "expired")] {
        let town = Town::new().await;
        let listing = approved(&town).await;
        let later = |days| (town.app.now() + Duration::days(days)).to_rfc3339();
        let changes = json!({"title": "Raffle tickets", "expires_at": later(300)});
        assert_eq!(edit(&town, &listing, changes).await.str("/waiting_edit/changes/title"), "Raffle tickets");
        town.app.advance(Duration::days(61));
        town.catch_up().await;
        assert_eq!(town.own(&listing).await.str("/state"), "expired");
        town.post("Sixty stools").await;
        town.app.sql(&format!("update network_policies set most_active_listings = {most}")).await;
        let item = waiting(&town).await.str("/items/0/id");
        let decision = town.decide(&town.again(&town.mair), &item, json!({"deed": "approve"})).await.expect(200).str("/id");
        let own = town.own(&listing).await;
        assert_eq!((own.str("/title"), own.str("/state")), ("Raffle tickets".into(), state.to_owned()));
        town.undo(&town.again(&town.mair), &decision).await.expect(200);
        assert_eq!(town.own(&listing).await.str("/state"), "expired", "as it was");
    }
}
