//! What the automatic checks say of a listing, and what comes of it.

use chrono::Duration;
use gotit::types::ids::NetworkId;
use serde_json::{Value, json};

use crate::support::{Answer, Group, Person, TestApp};

struct Town {
    app: TestApp,
    coordinator: Person,
    marys: Group,
}

impl Town {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let network = app.network("stoke").await;
        let coordinator = app.staff(network, "Mair", "coordinator").await;
        let marys = app.group(network, "St Mary's").await;
        Self { app, coordinator, marys }
    }

    async fn check(&self, body: Value) -> Answer {
        let owner = self.app.back_again(&self.marys.owner);
        owner.post(format!("/v1/groups/{}/listings/check", self.marys.id), body).await
    }

    async fn post(&self, group: &Group, body: Value) -> Answer {
        self.app.back_again(&group.owner).post(format!("/v1/groups/{}/listings", group.id), body).await
    }

    async fn set(&self, checks: Value) {
        let at = format!("/v1/networks/{}/policy", self.marys.network);
        let etag = self.coordinator.get(&at).await.expect(200).etag();
        self.coordinator.patch(&at, &etag, json!({"checks": checks})).await.expect(200);
    }
}

fn chairs(description: &str) -> Value {
    json!({"kind": "offer", "title": "Forty folding chairs", "description": description, "category": "seating"})
}

/// The rules that were found.
fn rules(answer: &Answer) -> Vec<String> {
    let findings = answer.body["findings"].as_array().unwrap_or_else(|| panic!("no findings: {}", answer.text));
    findings.iter().map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn a_draft_is_checked_without_being_posted() {
    let town = Town::new().await;
    let fine = town.check(chairs("Stackable, a bit scratched.")).await.expect(200);
    assert_eq!((fine.str("/outcome"), rules(&fine).len()), ("published".to_owned(), 0));
    let held = town.check(chairs("Ring 01782 000 111, ask for Siân.")).await.expect(200);
    assert_eq!((held.str("/outcome"), rules(&held)), ("held".to_owned(), vec!["contact_details".to_owned()]));
    assert_eq!((held.str("/findings/0/pointer"), held.str("/findings/0/words")), ("/description".into(), "01782 000 111".into()));
    assert!(held.str("/findings/0/detail").contains("Take it out."), "{}", held.text);
    let refused = town.check(json!({"kind": "offer", "title": "Two boxes of paracetamol", "category": "seating"})).await.expect(200);
    assert_eq!(refused.str("/outcome"), "refused");
    town.app.sql("do $$ begin assert (select count(*) from listings) = 0 and (select count(*) from queue_items) = 0; end $$").await;
    town.check(json!({"kind": "offer", "title": "ab"})).await.problem(422, "invalid_fields").refuses("/title", "too_short");
}

#[actix_web::test]
async fn what_is_refused_is_not_taken_and_each_reason_is_named() {
    let town = Town::new().await;
    let body = json!({"kind": "offer", "title": "Paracetamol and cigarettes", "category": "seating"});
    let refused = town.post(&town.marys, body.clone()).await.problem(422, "refused_by_checks");
    let refused = refused.refuses("/title", "medicines").refuses("/title", "tobacco");
    assert!(refused.str("/detail").contains("pharmacy"), "{}", refused.text);
    town.app.sql("do $$ begin assert (select count(*) from listings) = 0; end $$").await;
    // As a draft it is written down, and refused when it is to be published.
    let draft = town.marys.owner.post(format!("/v1/groups/{}/listings?draft=true", town.marys.id), body).await.expect(201);
    assert!(rules(&draft).is_empty());
    let id = draft.str("/id");
    let owner = &town.marys.owner;
    owner.post(format!("/v1/listings/{id}/publish"), json!({})).await.problem(422, "refused_by_checks").refuses("/title", "medicines");
    let until = (town.app.now() + Duration::hours(1)).to_rfc3339();
    owner.post(format!("/v1/listings/{id}/pause"), json!({"until": until})).await.problem(422, "refused_by_checks");
    assert_eq!(owner.get(format!("/v1/listings/{id}")).await.expect(200).str("/state"), "draft");
}

#[actix_web::test]
async fn what_is_held_waits_in_the_queue_unseen_with_what_was_found() {
    let town = Town::new().await;
    let held = town.post(&town.marys, chairs("Ring 01782 000 111.")).await.expect(201);
    assert_eq!((held.str("/moderation"), rules(&held)), ("pending".to_owned(), vec!["contact_details".to_owned()]));
    let id = held.str("/id");
    town.app.visitor().get(format!("/v1/listings/{id}")).await.problem(404, "not_found");
    let kept = format!("select findings from queue_items where subject_id = '{id}' and kind = 'listing' and state = 'waiting'");
    town.app.sql(&format!("do $$ begin assert ({kept}) @> '[{{\"rule\": \"contact_details\", \"pointer\": \"/description\", \"words\": \"01782 000 111\"}}]'; end $$")).await;
}

#[actix_web::test]
async fn a_warning_is_for_the_poster_alone() {
    let town = Town::new().await;
    let body = json!({"kind": "offer", "title": "Baby car seat", "category": "seating"});
    let posted = town.post(&town.marys, body).await.expect(201);
    assert_eq!((posted.str("/moderation"), rules(&posted)), ("approved".to_owned(), vec!["car_seats".to_owned()]));
    let seen = town.app.visitor().get(format!("/v1/listings/{}", posted.str("/id"))).await.expect(200);
    assert!(seen.body.get("findings").is_none(), "{}", seen.text);
}

#[actix_web::test]
async fn a_network_decides_what_comes_of_a_finding() {
    let town = Town::new().await;
    for (action, outcome, found) in [("off", "published", 0), ("warn", "published", 1), ("hold", "held", 1), ("refuse", "refused", 1)] {
        town.set(json!({"car_seats": action})).await;
        let checked = town.check(json!({"kind": "offer", "title": "Baby car seat", "category": "seating"})).await.expect(200);
        assert_eq!((checked.str("/outcome"), rules(&checked).len()), (outcome.to_owned(), found), "{action}");
    }
}

#[actix_web::test]
async fn the_same_again_is_noticed_in_the_group_and_in_the_network() {
    let town = Town::new().await;
    let first = town.post(&town.marys, chairs("Stackable, a bit scratched.")).await.expect(201);
    assert!(rules(&first).is_empty(), "{}", first.text);
    let again = town.check(chairs("Stackable and a bit scratched.")).await.expect(200);
    assert_eq!((rules(&again), again.str("/findings/0/listing_id")), (vec!["duplicate_own".to_owned()], first.str("/id")));
    assert_eq!((again.str("/outcome"), again.str("/findings/0/words")), ("published".into(), "Forty folding chairs".into()));
    let zion = town.app.group(town.marys.network, "Zion Hall").await;
    let other = town.post(&zion, chairs("Stackable, a bit scratched.")).await.expect(201);
    assert_eq!((rules(&other), other.str("/findings/0/listing_id")), (vec!["duplicate_other".to_owned()], first.str("/id")));
    let leek = town.app.network("leek").await;
    let far = town.app.group(leek, "Leek Hall").await;
    assert!(rules(&town.post(&far, chairs("Stackable, a bit scratched.")).await.expect(201)).is_empty(), "another network's");
    let wanted = json!({"kind": "want", "title": "Forty folding chairs", "category": "seating"});
    assert!(rules(&town.check(wanted).await.expect(200)).is_empty(), "a want is no copy of an offer");
}

#[actix_web::test]
async fn what_ended_a_short_while_ago_is_repeated_too_soon() {
    let town = Town::new().await;
    let first = town.post(&town.marys, chairs("Stackable, a bit scratched.")).await.expect(201).str("/id");
    town.marys.owner.post(format!("/v1/listings/{first}/withdraw"), json!({})).await.expect(200);
    assert_eq!(rules(&town.check(chairs("Stackable, a bit scratched.")).await.expect(200)), ["repeated_too_soon"]);
    town.app.advance(Duration::days(7) - Duration::hours(1));
    assert_eq!(rules(&town.check(chairs("Stackable, a bit scratched.")).await.expect(200)), ["repeated_too_soon"]);
    town.app.advance(Duration::hours(1));
    assert!(rules(&town.check(chairs("Stackable, a bit scratched.")).await.expect(200)).is_empty());
}

#[actix_web::test]
async fn what_was_refused_is_over_and_what_others_had_once_repeats_nothing() {
    let town = Town::new().await;
    let said = || chairs("Stackable, a bit scratched.");
    town.post(&town.marys, said()).await.expect(201);
    town.app.sql("update listings set moderation = 'rejected'").await;
    assert_eq!(rules(&town.check(said()).await.expect(200)), ["repeated_too_soon"], "there is none to change instead");
    town.app.sql("delete from queue_items; delete from listings").await;
    let zion = town.app.group(town.marys.network, "Zion Hall").await;
    town.post(&zion, said()).await.expect(201);
    assert_eq!(rules(&town.check(said()).await.expect(200)), ["duplicate_other"]);
    town.app.advance(Duration::days(61));
    assert!(rules(&town.check(said()).await.expect(200)).is_empty(), "it has expired");
}

#[actix_web::test]
async fn what_a_group_posts_in_one_network_repeats_nothing_in_another() {
    let town = Town::new().await;
    let (leek, group) = (town.app.network("leek").await, town.marys.id);
    town.app.let_in(leek, group).await;
    let said = |network: NetworkId| {
        let mut body = chairs("Stackable, a bit scratched.");
        body["network_id"] = json!(network);
        body
    };
    town.post(&town.marys, said(town.marys.network)).await.expect(201);
    assert_eq!(rules(&town.check(said(town.marys.network)).await.expect(200)), ["duplicate_own"]);
    assert!(rules(&town.check(said(leek)).await.expect(200)).is_empty());
}

#[actix_web::test]
async fn what_is_far_from_the_networks_area_is_noticed_unless_place_does_not_matter() {
    let town = Town::new().await;
    let at = |locality: &str, remote: bool| json!({"kind": "offer", "title": "Forty folding chairs", "category": "seating", "locality": locality, "remote": remote});
    for (locality, remote, found) in [
        ("manchester-centre", false, 1),
        ("manchester-centre", true, 0),
        ("leek-staffordshire", false, 0),
        ("meir-stoke-on-trent", false, 0),
    ] {
        let checked = town.check(at(locality, remote)).await.expect(200);
        assert_eq!(rules(&checked).iter().filter(|rule| *rule == "out_of_area").count(), found, "{locality}: {}", checked.text);
    }
}

#[actix_web::test]
async fn one_networks_words_and_listings_are_not_looked_at_for_another() {
    let town = Town::new().await;
    town.set(json!({"contact_details": "off", "car_seats": "refuse"})).await;
    let leek = town.app.network("leek").await;
    let far = town.app.group_at(leek, "Leek Hall", "hanley-stoke-on-trent").await;
    let posted =
        town.post(&far, json!({"kind": "offer", "title": "Baby car seat", "description": "Ring 01782 000 111.", "category": "seating"}));
    assert_eq!(posted.await.expect(201).str("/moderation"), "pending");
}

#[actix_web::test]
async fn whoever_may_not_post_may_not_check() {
    let town = Town::new().await;
    let at = format!("/v1/groups/{}/listings/check", town.marys.id);
    let vi = town.app.member(&town.marys, "Vi", "viewer").await;
    vi.post(&at, chairs("")).await.problem(403, "not_allowed");
    town.app.visitor().post(&at, chairs("")).await.problem(401, "not_signed_in");
    town.app.person("Olwen").await.post(&at, chairs("")).await.problem(403, "not_allowed");
}

#[actix_web::test]
async fn what_is_counted_is_read_like_every_other_public_text() {
    let town = Town::new().await;
    let counted = |unit: &str| {
        let mut body = chairs("Stackable, a bit scratched.");
        body["unit"] = json!(unit);
        body
    };
    let held = town.check(counted("ring Ann on 07700 900123")).await.expect(200);
    assert_eq!((held.str("/outcome"), held.str("/findings/0/pointer")), ("held".into(), "/unit".into()));
    town.post(&town.marys, counted("air pistols")).await.problem(422, "refused_by_checks").refuses("/unit", "weapons");
    // An edit is looked at by what is found in it, however small.
    let posted = town.post(&town.marys, counted("chairs")).await.expect(201);
    assert!(rules(&posted).is_empty(), "{}", posted.text);
    let at = format!("/v1/listings/{}", posted.str("/id"));
    let owner = &town.marys.owner;
    owner.patch(&at, "*", json!({"unit": "air pistols"})).await.problem(422, "refused_by_checks").refuses("/unit", "weapons");
    let edited = owner.patch(&at, "*", json!({"unit": "07700 900123"})).await.expect(200);
    assert_eq!((edited.str("/unit"), edited.str("/waiting_edit/changes/unit")), ("chairs".into(), "07700 900123".into()));
    // How long is not when.
    let hall = |unit: &str| json!({"kind": "offer", "title": "Village hall", "category": "halls", "quantity": 3, "unit": unit});
    for unit in ["halls", "hours"] {
        assert_eq!(rules(&town.check(hall(unit)).await.expect(200)), ["missing_facts"], "{unit}");
    }
}

#[actix_web::test]
async fn what_was_rejected_or_has_run_out_is_repeated_too_soon_for_a_week_and_no_longer() {
    let town = Town::new().await;
    let said = || chairs("Stackable, a bit scratched.");
    for over in ["moderation = 'rejected'", "expires_at = published_at + interval '1 minute'"] {
        town.post(&town.marys, said()).await.expect(201);
        town.app.sql(&format!("update listings set {over}")).await;
        town.app.advance(Duration::days(7) - Duration::minutes(1));
        assert_eq!(rules(&town.check(said()).await.expect(200)), ["repeated_too_soon"], "{over}");
        town.app.advance(Duration::minutes(1));
        assert!(rules(&town.check(said()).await.expect(200)).is_empty(), "{over}");
    }
}
