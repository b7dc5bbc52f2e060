//! How many listings a group may have active: counted at every step that makes one active.

use chrono::Duration;
use gotit::worker;
use reqwest::Method;
use serde_json::{Value, json};

use super::Town;
use crate::support::Answer;

impl Town {
    async fn step(&self, listing: &str, step: &str, body: Option<Value>) -> Answer {
        let owner = self.app.back_again(&self.marys.owner);
        owner.send(Method::POST, &format!("/v1/listings/{listing}/{step}"), body).await
    }

    /// A listing that is asleep, until a time if one is given.
    async fn asleep(&self, title: &str, until: Option<Duration>) -> String {
        let id = self.post(title).await.expect(201).str("/id");
        let until = until.map(|until| json!({"until": (self.app.now() + until).to_rfc3339()}));
        self.step(&id, "pause", until).await.expect(200);
        id
    }

    async fn states(&self, listings: &[&String]) -> Vec<String> {
        let owner = self.app.back_again(&self.marys.owner);
        let mut states = Vec::new();
        for listing in listings {
            states.push(owner.get(format!("/v1/listings/{listing}")).await.expect(200).str("/state"));
        }
        states
    }

    async fn work(&self) {
        worker::catch_up(&mut *self.app.conn().await, self.app.now()).await.unwrap();
    }

    /// The topics and sentences in the group's inbox, newest first.
    async fn told(&self) -> Vec<(String, String)> {
        let owner = self.app.back_again(&self.marys.owner);
        let inbox = owner.get(format!("/v1/groups/{}/inbox", self.marys.id)).await.expect(200);
        inbox.each("/topic").into_iter().zip(inbox.each("/sentence")).collect()
    }
}

#[actix_web::test]
async fn pausing_one_and_renewing_it_later_does_not_pass_the_limit() {
    let town = Town::new().await;
    town.set(json!({"most_active_listings": 1})).await.expect(200);
    let chairs = town.asleep("Folding chairs", None).await;
    let stools = town.post("Bar stools").await.expect(201).str("/id");
    let refused = town.step(&chairs, "renew", None).await.problem(409, "limit_reached");
    assert!(refused.str("/detail").contains("1 active listings"), "{}", refused.text);
    // One that is active already takes no more room.
    town.step(&stools, "renew", None).await.expect(200);
    town.set(json!({"most_active_listings": 2})).await.expect(200);
    town.step(&chairs, "renew", None).await.expect(200);
    town.set(json!({"most_active_listings": 1})).await.expect(200);
    town.step(&chairs, "renew", None).await.expect(200);
    // One that was withdrawn, and one that has ended.
    for (end, days) in [("withdraw", 0), ("pause", 61)] {
        town.step(&chairs, end, None).await.expect(200);
        town.app.advance(Duration::days(days));
        town.work().await;
        town.step(&stools, "renew", None).await.expect(200);
        town.step(&chairs, "renew", None).await.problem(409, "limit_reached");
        town.step(&stools, "withdraw", None).await.expect(200);
        town.step(&chairs, "renew", None).await.expect(200);
    }
}

#[actix_web::test]
async fn of_two_that_are_renewed_at_once_one_takes_the_last_place() {
    let town = Town::new().await;
    town.set(json!({"most_active_listings": 1})).await.expect(200);
    for round in 0..5 {
        let one = town.asleep(&format!("Folding chairs {round}"), None).await;
        let other = town.asleep(&format!("Bar stools {round}"), None).await;
        let (a, b) = futures_util::future::join(town.step(&one, "renew", None), town.step(&other, "renew", None)).await;
        let mut statuses = [a.status, b.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{} {}", a.text, b.text);
        for listing in [&one, &other] {
            town.step(listing, "withdraw", None).await.expect(200);
        }
    }
}

#[actix_web::test]
async fn what_was_to_wake_stays_paused_where_there_is_no_room_and_the_group_hears_of_it() {
    let town = Town::new().await;
    town.set(json!({"most_active_listings": 2})).await.expect(200);
    let week = Some(Duration::days(7));
    let sleeping = [town.asleep("Folding chairs", week).await, town.asleep("Bar stools", week).await];
    let benches = town.post("Garden benches").await.expect(201).str("/id");
    town.app.advance(Duration::days(7) + Duration::minutes(1));
    town.work().await;
    let mut states = town.states(&[&sleeping[0], &sleeping[1]]).await;
    states.sort();
    assert_eq!(states, ["active", "paused"], "there was room for one");
    let told = town.told().await;
    let topics: Vec<&str> = told.iter().map(|(topic, _)| topic.as_str()).collect();
    assert_eq!(topics, ["listings_left_asleep", "listings_woke"]);
    assert!(told[0].1.contains("stays paused: you have as many active listings as your network takes"), "{told:?}");
    town.work().await;
    assert_eq!(town.told().await.len(), 2, "once");
    let left = if town.states(&[&sleeping[0]]).await == ["paused"] { &sleeping[0] } else { &sleeping[1] };
    town.step(left, "renew", None).await.problem(409, "limit_reached");
    town.step(&benches, "withdraw", None).await.expect(200);
    town.step(left, "renew", None).await.expect(200);
    let woken = "do $$ begin assert (select count(*) from audit_entries where action = 'leave_listing_asleep') = 1; end $$";
    town.app.sql(woken).await;
}

#[actix_web::test]
async fn waking_and_posting_at_once_do_not_pass_the_limit_together() {
    let town = Town::new().await;
    town.set(json!({"most_active_listings": 1})).await.expect(200);
    for round in 0..5 {
        let sleeping = town.asleep(&format!("Folding chairs {round}"), Some(Duration::hours(1))).await;
        town.app.advance(Duration::hours(2));
        let title = format!("Bar stools {round}");
        let (posted, ()) = futures_util::future::join(town.post(&title), town.work()).await;
        assert!([201, 409].contains(&posted.status), "{}", posted.text);
        town.work().await;
        let awake = town.states(&[&sleeping]).await == ["active"];
        assert_eq!(awake, posted.status == 409, "round {round}");
        town.app.sql("update listings set state = 'withdrawn'").await;
    }
}

#[actix_web::test]
async fn a_later_end_for_what_has_ended_takes_a_place_too() {
    let town = Town::new().await;
    town.set(json!({"most_active_listings": 1})).await.expect(200);
    let chairs = town.post("Folding chairs").await.expect(201).str("/id");
    town.app.advance(Duration::days(61));
    let stools = town.post("Bar stools").await.expect(201).str("/id");
    let later = json!({"expires_at": (town.app.now() + Duration::days(10)).to_rfc3339()});
    let patch = async || town.app.back_again(&town.marys.owner).patch(format!("/v1/listings/{chairs}"), "*", later.clone()).await;
    patch().await.problem(409, "limit_reached");
    town.work().await;
    patch().await.problem(409, "limit_reached");
    town.step(&stools, "withdraw", None).await.expect(200);
    assert_eq!(patch().await.expect(200).str("/state"), "active");
}

#[actix_web::test]
async fn edits_of_what_is_active_need_no_room() {
    let town = Town::new().await;
    let chairs = town.post("Folding chairs").await.expect(201).str("/id");
    town.post("Bar stools").await.expect(201);
    town.set(json!({"most_active_listings": 1})).await.expect(200);
    let owner = town.app.back_again(&town.marys.owner);
    owner.patch(format!("/v1/listings/{chairs}"), "*", json!({"description": "A bit scratched."})).await.expect(200);
}

#[actix_web::test]
async fn what_sleeps_until_a_date_is_new_on_that_day_and_not_before() {
    let town = Town::new().await;
    town.set(json!({"most_new_a_day": 1})).await.expect(200);
    let chairs = json!({"kind": "offer", "title": "Folding chairs", "category": "seating"});
    let draft = town.marys.owner.post(format!("/v1/groups/{}/listings?draft=true", town.marys.id), chairs).await.expect(201).str("/id");
    let until = json!({"until": (town.app.now() + Duration::days(20)).to_rfc3339()});
    town.step(&draft, "pause", Some(until)).await.expect(200);
    town.post("Bar stools").await.expect(201);
    town.post("Garden bench").await.problem(409, "limit_reached");
    town.app.advance(Duration::days(20) + Duration::minutes(1));
    town.work().await;
    town.post("Garden bench").await.problem(409, "limit_reached");
    town.app.advance(Duration::days(1));
    town.post("Garden bench").await.expect(201);
}

#[actix_web::test]
async fn drafts_that_sleep_first_do_not_pass_the_limit_of_a_day() {
    let town = Town::new().await;
    town.set(json!({"most_new_a_day": 1})).await.expect(200);
    let mut drafts = Vec::new();
    for title in ["Folding chairs", "Bar stools", "Garden benches"] {
        let body = json!({"kind": "offer", "title": title, "category": "seating"});
        let at = format!("/v1/groups/{}/listings?draft=true", town.marys.id);
        let id = town.marys.owner.post(at, body).await.expect(201).str("/id");
        let until = (town.app.now() + Duration::hours(30)).to_rfc3339();
        town.step(&id, "pause", Some(json!({"until": until}))).await.expect(200);
        drafts.push(id);
    }
    // Renewed before its date, one is seen now, and the others wait.
    town.step(&drafts[0], "renew", None).await.expect(200);
    let refused = town.step(&drafts[1], "renew", None).await.problem(409, "limit_reached");
    assert!(refused.str("/detail").contains("1 listings in 24 hours"), "{}", refused.text);
    // On their date there is room for one; the other wakes a day later.
    town.app.advance(Duration::hours(30) + Duration::minutes(1));
    town.work().await;
    let mut states = town.states(&[&drafts[1], &drafts[2]]).await;
    states.sort();
    assert_eq!(states, ["active", "paused"]);
    let told = town.told().await;
    assert_eq!(told.iter().map(|(topic, _)| topic.as_str()).collect::<Vec<_>>(), ["listings_put_off", "listings_woke"]);
    assert!(told[0].1.contains("wakes later by itself"), "{told:?}");
    let later = if town.states(&[&drafts[1]]).await == ["paused"] { &drafts[1] } else { &drafts[2] };
    town.step(later, "renew", None).await.problem(409, "limit_reached");
    town.app.advance(Duration::hours(24));
    town.work().await;
    assert_eq!(town.states(&[later]).await, ["active"]);
}

#[actix_web::test]
async fn what_was_seen_before_it_slept_is_not_new_when_it_wakes() {
    let town = Town::new().await;
    let chairs = town.asleep("Folding chairs", Some(Duration::hours(1))).await;
    town.post("Bar stools").await.expect(201);
    town.set(json!({"most_new_a_day": 1})).await.expect(200);
    town.app.advance(Duration::hours(1) + Duration::minutes(1));
    town.work().await;
    assert_eq!(town.states(&[&chairs]).await, ["active"]);
}
