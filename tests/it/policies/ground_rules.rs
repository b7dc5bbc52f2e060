//! Ground rules have versions; groups accept them; a change asks again.

use chrono::Duration;
use gotit::outbox::{MailConfig, Post};
use serde_json::{Value, json};

use super::Town;
use crate::support::{Answer, Person};

impl Town {
    async fn change_rules(&self, rules: &str) {
        let coordinator = self.app.back_again(&self.coordinator);
        let network = format!("/v1/networks/{}", self.network);
        let etag = coordinator.get(&network).await.expect(200).etag();
        coordinator.patch(&network, &etag, json!({"rules": rules})).await.expect(200);
    }

    async fn deliver(&self) {
        let post = Post::new(&self.app.state.db, &self.app.state.clock, &MailConfig::default()).unwrap();
        while post.deliver_next().await.unwrap() {}
    }

    async fn accept(&self, person: &Person, version: i32) -> Answer {
        let body = json!({"network_id": self.network, "version": version});
        self.app.back_again(person).post(format!("/v1/groups/{}/ground-rules", self.marys.id), body).await
    }

    async fn accepted(&self) -> Value {
        let owner = self.app.back_again(&self.marys.owner);
        owner.get(format!("/v1/groups/{}/ground-rules", self.marys.id)).await.expect(200).body["items"][0].clone()
    }

    async fn waiting(&self) -> Answer {
        self.app.back_again(&self.marys.owner).get(format!("/v1/groups/{}/waiting", self.marys.id)).await.expect(200)
    }
}

#[actix_web::test]
async fn every_version_of_the_rules_is_kept_and_the_last_one_holds() {
    let town = Town::new().await;
    town.change_rules("Be kind. No money.").await;
    town.change_rules("Be kind. No money. Dim gwerthu.").await;
    let visitor = town.app.visitor();
    let now = visitor.get(town.at("ground-rules")).await.expect(200);
    assert_eq!((now.body["version"].clone(), now.str("/text")), (json!(3), "Be kind. No money. Dim gwerthu.".into()));
    let first = visitor.get(town.at("ground-rules/versions?limit=2")).await.expect(200);
    assert_eq!(first.each("/version"), ["3", "2"]);
    let rest = visitor.get(town.at(&format!("ground-rules/versions?limit=2&cursor={}", first.str("/next_cursor")))).await.expect(200);
    assert_eq!((rest.each("/version"), rest.str("/items/0/text")), (vec!["1".to_owned()], "Be kind.".to_owned()));
    visitor.get("/v1/networks/01980a8e-0000-7000-8000-000000000000/ground-rules").await.problem(404, "not_found");
    visitor.get("/v1/networks/01980a8e-0000-7000-8000-000000000000/ground-rules/versions").await.problem(404, "not_found");
}

#[actix_web::test]
async fn asking_to_join_accepts_the_rules_that_hold_then() {
    let town = Town::new().await;
    town.change_rules("Be kind. No money.").await;
    let olwen = town.app.person("Olwen").await;
    let body = json!({"name": "Knitters", "locality": "hanley-stoke-on-trent", "network_id": town.network});
    let group = olwen.post("/v1/groups", body).await.expect(201).str("/id");
    let accepted = olwen.get(format!("/v1/groups/{group}/ground-rules")).await.expect(200);
    assert_eq!(
        (accepted.body["items"][0]["accepted_version"].clone(), accepted.body["items"][0]["is_accepted"].clone()),
        (json!(2), json!(true))
    );
}

#[actix_web::test]
async fn a_change_asks_again_and_after_a_while_nothing_is_posted_without_an_answer() {
    let town = Town::new().await;
    assert_eq!(town.accepted().await["accept_by"], Value::Null);
    town.change_rules("Be kind. No money.").await;
    town.deliver().await;
    let told = town.marys.owner.get(format!("/v1/groups/{}/inbox?topic=rules_changed", town.marys.id)).await.expect(200);
    assert!(told.str("/items/0/sentence").starts_with("The ground rules of Network of stoke have changed."), "{}", told.text);
    let waiting = town.waiting().await;
    assert_eq!((waiting.each("/kind"), waiting.str("/items/0/network_id")), (vec!["accept_rules".to_owned()], town.network.to_string()));
    town.post("Folding chairs").await.expect(201);
    town.app.advance(Duration::days(13));
    town.post("Bar stools").await.expect(201);
    town.app.advance(Duration::days(1));
    let refused = town.post("Garden bench").await.problem(409, "rules_not_accepted");
    assert!(refused.str("/detail").contains("accepts version 2"), "{}", refused.text);
    assert_eq!(town.accepted().await["is_accepted"], false);
    let edd = town.app.member(&town.marys, "Edd", "viewer").await;
    town.accept(&edd, 2).await.problem(403, "not_allowed");
    town.accept(&town.marys.owner, 1).await.problem(409, "conflict");
    let accepted = town.accept(&town.marys.owner, 2).await.expect(200);
    assert_eq!((accepted.body["is_accepted"].clone(), accepted.body["accept_by"].clone()), (json!(true), Value::Null));
    assert_eq!(town.accept(&town.marys.owner, 2).await.expect(200).body, accepted.body, "a repeat changes nothing");
    town.post("Garden bench").await.expect(201);
    assert!(town.waiting().await.each("/kind").iter().all(|kind| kind != "accept_rules"));
    town.app.sql("do $$ begin assert (select count(*) from audit_entries where action = 'accept_ground_rules') = 1; end $$").await;
}

#[actix_web::test]
async fn rules_that_say_nothing_need_no_acceptance_and_other_edits_ask_nobody() {
    let town = Town::new().await;
    town.change_rules("").await;
    town.deliver().await;
    assert_eq!(town.accepted().await["is_accepted"], true);
    town.app.advance(Duration::days(90));
    town.post("Folding chairs").await.expect(201);
    let coordinator = town.app.back_again(&town.coordinator);
    let network = format!("/v1/networks/{}", town.network);
    let etag = coordinator.get(&network).await.expect(200).etag();
    coordinator.patch(&network, &etag, json!({"description": "For all."})).await.expect(200);
    assert_eq!(coordinator.get(town.at("ground-rules")).await.expect(200).body["version"], 2);
    assert!(town.waiting().await.each("/kind").is_empty());
}

#[actix_web::test]
async fn only_a_networks_own_groups_accept_its_rules() {
    let town = Town::new().await;
    let leek = town.app.network("leek").await;
    let body = json!({"network_id": leek, "version": 1});
    let path = format!("/v1/groups/{}/ground-rules", town.marys.id);
    town.marys.owner.post(&path, body).await.problem(422, "invalid_fields").refuses("/network_id", "not_a_member");
}
