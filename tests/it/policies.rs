//! What a network allows: its policy, its ground rules, its limits and quiet hours.

mod active;
mod ground_rules;

use chrono::Duration;
use serde_json::{Value, json};

use crate::support::{Answer, Group, Person, TestApp};
use gotit::types::ids::NetworkId;

struct Town {
    app: TestApp,
    network: NetworkId,
    coordinator: Person,
    marys: Group,
}

impl Town {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let network = app.network("stoke").await;
        let coordinator = app.staff(network, "Mair", "coordinator").await;
        let marys = app.group(network, "St Mary's").await;
        Self { app, network, coordinator, marys }
    }

    fn at(&self, rest: &str) -> String {
        format!("/v1/networks/{}/{rest}", self.network)
    }

    /// Changes the policy, as it is now.
    async fn set(&self, changes: Value) -> Answer {
        let coordinator = self.app.back_again(&self.coordinator);
        let etag = coordinator.get(self.at("policy")).await.expect(200).etag();
        coordinator.patch(self.at("policy"), &etag, changes).await
    }

    async fn post(&self, title: &str) -> Answer {
        let owner = self.app.back_again(&self.marys.owner);
        owner.post(format!("/v1/groups/{}/listings", self.marys.id), json!({"kind": "offer", "title": title, "category": "seating"})).await
    }
}

#[actix_web::test]
async fn anybody_reads_a_policy_and_a_coordinator_changes_it() {
    let town = Town::new().await;
    let before = town.app.visitor().get(town.at("policy")).await.expect(200);
    assert_eq!((before.str("/review"), before.body["trust_after"].clone()), ("after".to_owned(), json!(3)));
    assert_eq!(before.body["checks"]["medicines"], "refuse");
    assert_eq!(before.body["most_new_a_day"], Value::Null);
    let after =
        town.set(json!({"review": "trust", "most_new_a_day": 20, "checks": {"animals": "refuse", "loans": "warn"}})).await.expect(200);
    assert_eq!(
        (after.str("/review"), after.str("/checks/animals"), after.str("/checks/loans")),
        ("trust".into(), "refuse".into(), "warn".into())
    );
    let usual = town.set(json!({"checks": {"animals": null}, "most_new_a_day": null})).await.expect(200);
    assert_eq!((usual.str("/checks/animals"), usual.str("/checks/loans")), ("hold".into(), "warn".into()));
    assert_eq!((usual.body["most_new_a_day"].clone(), usual.version()), (Value::Null, "3".to_owned()));
}

#[actix_web::test]
async fn each_setting_that_does_not_fit_is_named() {
    let town = Town::new().await;
    let table = [
        (json!({"review": "never"}), "/review", "not_one_of"),
        (json!({"trust_after": 0}), "/trust_after", "out_of_range"),
        (json!({"most_active_listings": 0}), "/most_active_listings", "out_of_range"),
        (json!({"most_new_a_day": 10_001}), "/most_new_a_day", "out_of_range"),
        (json!({"repeat_after_days": 366}), "/repeat_after_days", "out_of_range"),
        (json!({"area_margin_km": -1}), "/area_margin_km", "out_of_range"),
        (json!({"cross_posting": "yes"}), "/cross_posting", "not_one_of"),
        (json!({"decide_within_hours": 337}), "/decide_within_hours", "out_of_range"),
        (json!({"undecided_then": "shrug"}), "/undecided_then", "not_one_of"),
        (json!({"quiet_from": 24, "quiet_until": 7}), "/quiet_from", "out_of_range"),
        (json!({"quiet_from": 21}), "/quiet_until", "required"),
        (json!({"quiet_until": 7}), "/quiet_from", "required"),
        (json!({"quiet_from": 7, "quiet_until": 7}), "/quiet_until", "before_start"),
        (json!({"rules_grace_days": 91}), "/rules_grace_days", "out_of_range"),
        (json!({"recheck_after_days": 29}), "/recheck_after_days", "out_of_range"),
        (json!({"checks": {"unicorns": "warn"}}), "/checks/unicorns", "not_one_of"),
        (json!({"checks": {"food": "burn"}}), "/checks/food", "not_one_of"),
    ];
    for (changes, field, code) in table {
        town.set(changes).await.problem(422, "invalid_fields").refuses(field, code);
    }
    let client = &town.coordinator;
    client.patch(town.at("policy"), "\"7\"", json!({"review": "before"})).await.problem(412, "stale");
}

#[actix_web::test]
async fn what_a_network_says_holds_there_alone() {
    let town = Town::new().await;
    let leek = town.app.network("leek").await;
    town.set(json!({"review": "before", "checks": {"food": "refuse"}})).await.expect(200);
    let other = town.app.visitor().get(format!("/v1/networks/{leek}/policy")).await.expect(200);
    assert_eq!((other.str("/review"), other.str("/checks/food")), ("after".into(), "warn".into()));
    let fflur = town.app.staff(leek, "Fflur", "coordinator").await;
    fflur.patch(town.at("policy"), "\"2\"", json!({"review": "after"})).await.problem(403, "not_allowed");
}

#[actix_web::test]
async fn a_group_has_so_many_active_listings_and_hears_when_there_is_room() {
    let town = Town::new().await;
    town.set(json!({"most_active_listings": 2})).await.expect(200);
    town.post("Folding chairs").await.expect(201);
    let stools = town.post("Bar stools").await.expect(201).str("/id");
    let refused = town.post("Rocking chair").await.problem(409, "limit_reached");
    let detail = refused.str("/detail");
    assert!(detail.contains("2 active listings") && detail.contains("withdraw one, or when the first of them ends ("), "{detail}");
    // A draft does not count, and counts when it is published.
    let owner = &town.marys.owner;
    let body = json!({"kind": "offer", "title": "Armchair", "category": "seating"});
    let draft = owner.post(format!("/v1/groups/{}/listings?draft=true", town.marys.id), body).await.expect(201).str("/id");
    owner.post(format!("/v1/listings/{draft}/publish"), json!({})).await.problem(409, "limit_reached");
    owner.post(format!("/v1/listings/{stools}/withdraw"), json!({})).await.expect(200);
    owner.post(format!("/v1/listings/{draft}/publish"), json!({})).await.expect(200);
}

#[actix_web::test]
async fn what_has_expired_makes_room() {
    let town = Town::new().await;
    town.set(json!({"most_active_listings": 1})).await.expect(200);
    town.post("Folding chairs").await.expect(201);
    town.app.advance(Duration::days(61));
    town.post("Bar stools").await.expect(201);
}

#[actix_web::test]
async fn what_a_group_does_in_another_network_counts_there_alone() {
    let town = Town::new().await;
    let (leek, group) = (town.app.network("leek").await, town.marys.id);
    town.app.let_in(leek, group).await;
    town.set(json!({"review": "trust", "trust_after": 1, "most_active_listings": 1, "most_new_a_day": 1})).await.expect(200);
    let post = async |title: &str, network: NetworkId| {
        let body = json!({"kind": "offer", "title": title, "category": "seating", "network_id": network});
        town.marys.owner.post(format!("/v1/groups/{group}/listings"), body).await.expect(201)
    };
    let there = post("Folding chairs", leek).await.str("/id");
    let approved = format!(
        "insert into decisions (id, queue_item_id, network_id, listing_id, group_id, deed, decided_at, final_at)
         select gen_random_uuid(), id, network_id, listing_id, group_id, 'approve', now(), now() from queue_items where subject_id = '{there}'"
    );
    town.app.sql(&approved).await;
    assert_eq!(post("Bar stools", town.network).await.str("/moderation"), "pending", "Leek's trust is Leek's");
}

#[actix_web::test]
async fn a_draft_that_was_withdrawn_is_judged_when_it_is_renewed() {
    let town = Town::new().await;
    town.set(json!({"review": "before", "most_active_listings": 1})).await.expect(200);
    let owner = &town.marys.owner;
    let step = async |id: &str, step: &str| owner.send(reqwest::Method::POST, &format!("/v1/listings/{id}/{step}"), None).await;
    let mut drafts = Vec::new();
    for title in ["Folding chairs", "Bar stools"] {
        let body = json!({"kind": "offer", "title": title, "category": "seating"});
        let draft = owner.post(format!("/v1/groups/{}/listings?draft=true", town.marys.id), body).await.expect(201).str("/id");
        step(&draft, "withdraw").await.expect(200);
        drafts.push(draft);
    }
    assert_eq!(step(&drafts[0], "renew").await.expect(200).str("/moderation"), "pending");
    town.app.visitor().get(format!("/v1/listings/{}", drafts[0])).await.problem(404, "not_found");
    step(&drafts[1], "renew").await.problem(409, "limit_reached");
    step(&drafts[0], "withdraw").await.expect(200);
    assert_eq!(step(&drafts[0], "renew").await.expect(200).str("/moderation"), "pending", "judged once");
}

#[actix_web::test]
async fn a_group_posts_so_many_listings_in_24_hours() {
    let town = Town::new().await;
    town.set(json!({"most_new_a_day": 2})).await.expect(200);
    town.post("Folding chairs").await.expect(201);
    town.app.advance(Duration::hours(3));
    town.post("Bar stools").await.expect(201);
    let refused = town.post("Rocking chair").await.problem(409, "limit_reached");
    assert!(refused.str("/detail").contains("2 listings in 24 hours in this network. There is room from "), "{}", refused.text);
    town.app.advance(Duration::hours(21) + Duration::minutes(1));
    town.post("Rocking chair").await.expect(201);
    town.post("Garden bench").await.problem(409, "limit_reached");
}

#[actix_web::test]
async fn two_posts_at_once_do_not_pass_a_limit_together() {
    let town = Town::new().await;
    town.set(json!({"most_active_listings": 1})).await.expect(200);
    let answers = futures_util::future::join_all(["Folding chairs", "Bar stools"].map(|title| town.post(title))).await;
    let mut statuses: Vec<u16> = answers.iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

#[actix_web::test]
async fn what_is_reviewed_before_waits_unseen_and_what_is_reviewed_after_is_seen() {
    let town = Town::new().await;
    let seen = town.post("Folding chairs").await.expect(201);
    assert_eq!(seen.str("/moderation"), "approved");
    town.set(json!({"review": "before"})).await.expect(200);
    let waits = town.post("Bar stools").await.expect(201);
    assert_eq!(waits.str("/moderation"), "pending");
    let (seen, waits) = (seen.str("/id"), waits.str("/id"));
    town.app.visitor().get(format!("/v1/listings/{seen}")).await.expect(200);
    town.app.visitor().get(format!("/v1/listings/{waits}")).await.problem(404, "not_found");
    town.marys.owner.get(format!("/v1/listings/{waits}")).await.expect(200);
    town.coordinator.get(format!("/v1/listings/{waits}")).await.expect(200);
    let counted = format!(
        "do $$ begin assert (select count(*) from queue_items where state = 'waiting' and subject_id in ('{seen}', '{waits}')) = 2; end $$"
    );
    town.app.sql(&counted).await;
}

#[actix_web::test]
async fn a_group_is_trusted_after_so_many_approved_listings_in_that_network() {
    let town = Town::new().await;
    town.set(json!({"review": "trust", "trust_after": 2})).await.expect(200);
    for title in ["Folding chairs", "Bar stools"] {
        let id = town.post(title).await.expect(201).str("/id");
        let item = format!("select id from queue_items where subject_id = '{id}'");
        let decided = format!(
            "insert into decisions (id, queue_item_id, network_id, listing_id, group_id, deed, decided_at, final_at)
             select gen_random_uuid(), ({item}), '{}', '{id}', '{}', 'approve', now(), now()",
            town.network, town.marys.id
        );
        assert_eq!(town.app.back_again(&town.marys.owner).get(format!("/v1/listings/{id}")).await.str("/moderation"), "pending");
        town.app.sql(&decided).await;
    }
    assert_eq!(town.post("Garden bench").await.expect(201).str("/moderation"), "approved");
    town.app.sql("update decisions set undone_at = now() where ctid = (select min(ctid) from decisions)").await;
    assert_eq!(town.post("Rocking chair").await.expect(201).str("/moderation"), "pending", "what was undone does not count");
}
