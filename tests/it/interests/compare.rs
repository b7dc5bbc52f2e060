//! Those who are interested, side by side, and the fair order.

use chrono::Duration;
use serde_json::{Value, json};

use super::{Town, ask, post, step};
use crate::support::{Answer, Group};

impl Town {
    async fn compared(&self, query: &str) -> Answer {
        self.owner.owner.get(format!("/v1/listings/{}/interests?{query}", self.chairs)).await.expect(200)
    }

    /// A group that has received something of another resource type or the same, so many days ago.
    async fn has_received(&self, group: &Group, title: &str, days: i64) {
        let listing = post(&self.owner, json!({"kind": "offer", "title": title})).await;
        let interest = ask(group, &listing, json!({})).await.expect(201).str("/id");
        let exchange = step(&self.owner, &interest, "accept", json!({})).await.expect(201).str("/exchange_id");
        let then = (self.app.now() - Duration::days(days)).to_rfc3339();
        let completed = format!(
            "update exchanges set state = 'completed', handed_over_at = '{then}', completed_at = '{then}', giver_quantity = 1, receiver_quantity = 1,
               received_quantity = 1 where id = '{exchange}'"
        );
        self.app.sql(&completed).await;
    }

    async fn describe(&self, group: &Group, body: Value) {
        let at = format!("/v1/groups/{}", group.id);
        let etag = group.owner.get(&at).await.etag();
        group.owner.patch(&at, &etag, body).await.expect(200);
    }
}

#[actix_web::test]
async fn the_owner_sees_what_there_is_to_choose_by() {
    let town = Town::with(json!({"choose_first": ["registered_charities", "small_groups"]})).await;
    town.describe(&town.asker, json!({"size": "small", "registered_as": "charity", "registered_number": " sc 012345"})).await;
    town.has_received(&town.asker, "Tea urn", 10).await;
    town.has_received(&town.asker, "Minibus on Tuesdays", 20).await;
    town.has_received(&town.asker, "Projector", 366).await;
    let said = ask(&town.asker, &town.chairs, json!({"quantity": 12, "message": "Iau"})).await.expect(201);
    let seen = town.compared("").await;
    let one = &seen.body["items"][0];
    assert_eq!((one["id"].as_str(), one["thread_id"].as_str()), (said.body["id"].as_str(), said.body["thread_id"].as_str()));
    assert_eq!(
        (one["group"]["name"].as_str(), one["group"]["locality"]["slug"].as_str()),
        (Some("Tŷ Coch"), Some("burslem-stoke-on-trent"))
    );
    assert_eq!((one["group"]["size"].as_str(), one["group"]["registered_number"].as_str()), (Some("small"), Some("SC012345")));
    assert_eq!((one["quantity"].as_i64(), one["message"].as_str(), one["distance_km"].as_i64()), (Some(12), Some("Iau"), Some(3)));
    assert_eq!(
        (one["received_last_year"].as_i64(), one["received_alike_last_year"].as_i64(), one["given_last_year"].as_i64()),
        (Some(2), Some(1), Some(0))
    );
    assert_eq!(one["meets"], json!(["small_groups", "registered_charities"]));
    assert_eq!((one["fair_place"].as_i64(), one["can_be_chosen"].as_bool(), &one["choose_from"]), (Some(1), Some(true), &Value::Null));
    assert_eq!(
        one["why"],
        "small group and registered charity, as you asked; has received twice in the last year, which counts for more as it is small; asked first"
    );
    let vi = town.app.member(&town.owner, "Vi", "viewer").await;
    assert_eq!(vi.get(format!("/v1/listings/{}/interests", town.chairs)).await.expect(200).body, seen.body);
}

#[actix_web::test]
async fn staff_see_everything_but_what_was_written_and_outsiders_nothing() {
    let town = Town::new().await;
    let interest = town.interest_of(&town.asker, json!({"message": "Between us"})).await;
    step(&town.owner, &interest, "decline", json!({"words": "Sorry, dim tro yma"})).await.expect(200);
    let at = format!("/v1/listings/{}/interests", town.chairs);
    for role in ["coordinator", "broker"] {
        let staff = town.app.staff(town.owner.network, role, role).await;
        let seen = staff.get(&at).await.expect(200);
        assert_eq!(seen.body["items"][0]["group"]["name"], "Tŷ Coch");
        assert!(!seen.text.contains("Between us") && !seen.text.contains("Sorry"), "{}", seen.text);
        assert_eq!(seen.body["items"][0]["thread_id"], Value::Null);
    }
    let foreign = town.app.network("leek").await;
    town.app.staff(foreign, "Fflur", "coordinator").await.get(&at).await.problem(403, "not_allowed");
    town.asker.owner.get(&at).await.problem(403, "not_allowed");
    town.app.visitor().get(&at).await.problem(401, "not_signed_in");
    town.app.sql("update listings set state = 'withdrawn'").await;
    town.asker.owner.get(&at).await.problem(404, "not_found");
}

#[actix_web::test]
async fn the_orders_differ_and_each_goes_on_from_page_to_page() {
    let town = Town::with(json!({"choose_first": ["small_groups"], "locality": "hanley-stoke-on-trent"})).await;
    let network = town.owner.network;
    let knitters = town.another("Knitters").await;
    let stafford = town.app.group_at(network, "Stafford Scouts", "stafford-staffordshire").await;
    let large = town.another("Large Hall").await;
    town.describe(&stafford, json!({"size": "small"})).await;
    town.describe(&large, json!({"size": "large"})).await;
    town.has_received(&knitters, "Tea urn", 3).await;
    town.has_received(&large, "Projector", 3).await;
    for group in [&large, &knitters, &town.asker, &stafford] {
        town.interest_of(group, json!({})).await;
    }
    for (order, expected) in [
        ("newest", ["Stafford Scouts", "Tŷ Coch", "Knitters", "Large Hall"]),
        ("nearest", ["Large Hall", "Knitters", "Tŷ Coch", "Stafford Scouts"]),
        ("fair", ["Stafford Scouts", "Tŷ Coch", "Large Hall", "Knitters"]),
    ] {
        assert_eq!(town.compared(&format!("order={order}")).await.each("/group/name"), expected, "{order}");
        let (mut seen, mut query) = (Vec::new(), format!("order={order}&limit=1"));
        loop {
            let page = town.compared(&query).await;
            seen.extend(page.each("/group/name"));
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            query = format!("order={order}&limit=1&cursor={next}");
        }
        assert_eq!(seen, expected, "{order} by pages");
    }
    let fair = town.compared("order=fair").await;
    assert_eq!(fair.each("/fair_place"), ["1", "2", "3", "4"]);
    assert_eq!(
        fair.each("/why"),
        [
            "small group, as you asked; has received nothing in the last year; asked 4th",
            "has received nothing in the last year; asked 3rd",
            "has received once in the last year, which counts for less as it is large; asked first",
            "has received once in the last year; asked 2nd",
        ]
    );
}

#[actix_web::test]
async fn states_filter_and_bad_parameters_are_named() {
    let town = Town::new().await;
    let other = town.another("Knitters").await;
    let (first, second) = (town.interest_of(&town.asker, json!({})).await, town.interest_of(&other, json!({})).await);
    let chosen = step(&town.owner, &first, "accept", json!({})).await.expect(201);
    assert_eq!(town.compared("state=open").await.each("/id"), std::slice::from_ref(&second));
    let seen = town.compared("state=chosen").await;
    assert_eq!((seen.each("/id"), seen.str("/items/0/exchange_id")), (vec![first], chosen.str("/exchange_id")));
    assert_eq!(seen.body["items"][0]["can_be_chosen"], false);
    let at = format!("/v1/listings/{}/interests", town.chairs);
    for (query, field, code) in
        [("state=lost", "state", "not_one_of"), ("order=best", "order", "not_one_of"), ("limit=0", "limit", "out_of_range")]
    {
        town.owner.owner.get(format!("{at}?{query}")).await.problem(422, "invalid_fields").refuses(field, code);
    }
    town.owner.owner.get(format!("{at}?colour=red")).await.problem(400, "unknown_parameter");
    let next = town.compared("limit=1").await.str("/next_cursor");
    town.owner.owner.get(format!("{at}?limit=1&order=fair&cursor={next}")).await.problem(400, "cursor_mismatch");
}

#[actix_web::test]
async fn nobody_can_be_chosen_while_the_listing_is_not_open_or_nothing_is_left() {
    let town = Town::new().await;
    town.interest_of(&town.asker, json!({})).await;
    for (set, expected) in [
        ("state = 'active'", true),
        ("state = 'paused'", false),
        ("state = 'active', moderation = 'held'", false),
        ("state = 'active', moderation = 'approved'", true),
    ] {
        town.app.sql(&format!("update listings set {set}")).await;
        assert_eq!(town.compared("").await.body["items"][0]["can_be_chosen"], expected, "{set}");
    }
    let all = town.interest_of(&town.another("Knitters").await, json!({"quantity": 40})).await;
    step(&town.owner, &all, "accept", json!({})).await.expect(201);
    assert_eq!(town.compared("state=open").await.body["items"][0]["can_be_chosen"], false);
}

#[actix_web::test]
async fn for_a_want_it_is_who_has_given_less_that_comes_first() {
    let town = Town::new().await;
    let giver = town.another("Always Giving").await;
    let gift = post(&giver, json!({"kind": "offer", "title": "Tea urn"})).await;
    let interest = ask(&town.asker, &gift, json!({})).await.expect(201).str("/id");
    step(&giver, &interest, "accept", json!({})).await.expect(201);
    let now = town.app.now().to_rfc3339();
    town.app
        .sql(&format!("update exchanges set state = 'completed', handed_over_at = '{now}', completed_at = '{now}', received_quantity = 1"))
        .await;
    let wanted = post(&town.owner, json!({"kind": "want", "title": "Folding tables"})).await;
    for group in [&giver, &town.asker] {
        ask(group, &wanted, json!({})).await.expect(201);
    }
    let seen = town.owner.owner.get(format!("/v1/listings/{wanted}/interests?order=fair")).await.expect(200);
    assert_eq!(seen.each("/why"), ["has given nothing in the last year; answered 2nd", "has given once in the last year; answered first"]);
    assert_eq!(
        (seen.each("/given_last_year"), seen.each("/received_last_year")),
        (vec!["0".into(), "1".to_owned()], vec!["1".into(), "0".to_owned()])
    );
}

#[actix_web::test]
async fn how_a_group_chooses_is_kept_by_edits_and_copies_and_can_be_changed() {
    let town = Town::with(json!({"choose_first": ["this_locality", "small_groups", "this_locality"], "choose_after_hours": 24})).await;
    let at = format!("/v1/listings/{}", town.chairs);
    let read = town.owner.owner.get(&at).await.expect(200);
    assert_eq!((&read.body["choose_first"], &read.body["choose_after_hours"]), (&json!(["small_groups", "this_locality"]), &json!(24)));
    let edited = town.owner.owner.patch(&at, &read.etag(), json!({"title": "Forty folding chairs"})).await.expect(200);
    assert_eq!(edited.body["choose_first"], read.body["choose_first"]);
    assert_eq!(edited.body["choose_from"], read.body["choose_from"]);
    let copy = town.owner.owner.post(format!("{at}/copy"), Value::Null).await.expect(201);
    assert_eq!((&copy.body["choose_first"], &copy.body["choose_after_hours"]), (&read.body["choose_first"], &json!(24)));
    assert_eq!(
        (&copy.body["choose_from"], copy.str("/how_it_chooses")),
        (&Value::Null, "The group waits 24 hours after publishing before it chooses; small groups and groups from here come first.".into())
    );
    let none = town.owner.owner.patch(&at, &edited.etag(), json!({"choose_first": null, "choose_after_hours": null})).await.expect(200);
    assert_eq!(
        (&none.body["choose_first"], &none.body["choose_after_hours"], &none.body["how_it_chooses"]),
        (&json!([]), &json!(0), &Value::Null)
    );
    for (body, field, code) in [
        (json!({"choose_first": ["friends"]}), "/choose_first/0", "not_one_of"),
        (json!({"choose_first": ["small_groups", "small_groups", "small_groups", "small_groups"]}), "/choose_first", "too_many"),
        (json!({"choose_after_hours": 337}), "/choose_after_hours", "out_of_range"),
        (json!({"choose_after_hours": -1}), "/choose_after_hours", "out_of_range"),
    ] {
        town.owner.owner.patch(&at, "*", body).await.problem(422, "invalid_fields").refuses(field, code);
    }
}
