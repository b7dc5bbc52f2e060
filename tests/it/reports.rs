//! Reports: who may make one of what, and who hears of it.

mod decided;
mod groups;
mod hiding;

use std::cell::Cell;

use chrono::Duration;
use gotit::{db::transaction, inbox, reports, types::ids::NetworkId, worker};
use serde_json::{Value, json};

use crate::{
    pairs::Pair,
    support::{Answer, Client, Group, Person, TestApp},
};

/// A network with a coordinator, and a group that has a listing.
struct Town {
    app: TestApp,
    network: NetworkId,
    mair: Person,
    marys: Group,
    chairs: String,
    code: String,
    came: Cell<u8>,
}

impl Town {
    async fn new() -> Self {
        Self::on(TestApp::start_behind_proxy().await).await
    }

    async fn on(app: TestApp) -> Self {
        let network = app.network("stoke").await;
        let (mair, marys) = (app.staff(network, "Mair", "coordinator").await, app.group(network, "St Mary's").await);
        let listing = json!({"kind": "offer", "title": "Forty folding chairs", "category": "seating"});
        let posted = marys.owner.post(format!("/v1/groups/{}/listings", marys.id), listing).await.expect(201);
        let (chairs, code) = (posted.str("/id"), posted.str("/code"));
        Self { app, network, mair, marys, chairs, code, came: Cell::new(0) }
    }

    /// Somebody who comes from where nobody else does.
    async fn somebody(&self, name: &str) -> Person {
        let mut person = self.app.person(name).await;
        self.came.set(self.came.get() + 1);
        person.client = person.with("x-forwarded-for", format!("203.0.113.{}", self.came.get()));
        person
    }

    /// The id of what waits in a network's queue because something was reported.
    async fn item(&self, staff: &Person, network: NetworkId, subject: &str) -> String {
        let queue = staff.get(format!("/v1/networks/{network}/queue?kind=report&limit=100")).await.expect(200);
        let items = queue.body["items"].as_array().unwrap();
        items.iter().find(|item| item["subject_id"] == subject).unwrap()["id"].as_str().unwrap().to_owned()
    }

    async fn report(&self, by: &Client, reason: &str) -> Answer {
        by.post("/v1/reports", json!({"listing_id": self.chairs, "reason": reason})).await
    }

    /// So many people report the listing, one after the other; gives where their reports stand.
    async fn reported_by(&self, people: &[&str]) -> Vec<String> {
        let mut states = Vec::new();
        for name in people {
            let person = self.somebody(name).await;
            states.push(self.report(&person, "misleading").await.expect(201).str("/state"));
        }
        states
    }

    async fn is_seen(&self) -> bool {
        self.app.visitor().get(format!("/v1/listings/{}", self.chairs)).await.status == 200
    }

    /// The coordinators have decided about what is reported, and the decision is final.
    async fn settle(&self, subject: &str, acted: bool) {
        let (now, subject) = (self.app.now(), subject.parse().unwrap());
        let close =
            format!("update queue_items set state = 'decided', closed_at = now() where subject_id = '{subject}' and state = 'waiting'");
        self.app.sql(&close).await;
        transaction(&mut *self.app.conn().await, async |tx| {
            let notices = reports::service::settle(tx, now, self.network, subject, acted).await?;
            inbox::tell(tx, now, notices).await
        })
        .await
        .unwrap();
    }

    async fn holds(&self, condition: &str) {
        self.app.sql(&format!("do $$ begin assert (select {condition}); end $$")).await;
    }

    async fn reports(&self, query: &str) -> Answer {
        self.app.back_again(&self.mair).get(format!("/v1/networks/{}/reports{query}", self.network)).await.expect(200)
    }
}

const ONE_ITEM: &str = "count(*) = 1 from queue_items where state = 'waiting' and kind = 'report'";
const NO_ITEM: &str = "count(*) = 0 from queue_items where state = 'waiting' and kind = 'report'";

async fn sentences(person: &Client) -> Vec<String> {
    person.get("/v1/users/me/inbox").await.expect(200).each("/sentence")
}

#[actix_web::test]
async fn anybody_reports_a_listing_and_looks_up_what_became_of_it() {
    let town = Town::new().await;
    let visitor = town.app.visitor();
    let words = "Mae'r cadeiriau wedi mynd – they're gone.";
    let body = json!({"listing_id": town.code.to_lowercase(), "reason": "not_available", "words": words});
    let made = visitor.post("/v1/reports", body).await.expect(201);
    assert_eq!((made.str("/state"), made.body["closed_at"].clone()), ("waiting".to_owned(), Value::Null));
    let code = made.str("/code");
    assert_eq!(made.header("location"), format!("/v1/reports/{code}"));
    for written in [code.clone(), code.to_lowercase(), format!("{}-{}", &code[..6], &code[6..])] {
        let found = visitor.get(format!("/v1/reports/{written}")).await.expect(200);
        assert_eq!(found.str("/state"), "waiting");
        assert!(!found.text.contains("cadeiriau") && !found.text.contains(&town.chairs), "{}", found.text);
    }
    visitor.get("/v1/reports/K7M2XW9P4T3B").await.problem(404, "not_found");
    town.holds(ONE_ITEM).await;
    assert!(town.is_seen().await, "one report hides nothing");
    let listed = town.reports("").await;
    assert_eq!((listed.each("/words"), listed.each("/reason")), (vec![words.to_owned()], vec!["not_available".to_owned()]));
    town.settle(&town.chairs, true).await;
    let found = visitor.get(format!("/v1/reports/{code}")).await.expect(200);
    assert_eq!(found.str("/state"), "acted");
    assert!(found.str("/sentence").contains("done something about it") && !found.body["closed_at"].is_null());
}

#[actix_web::test]
async fn what_is_wrong_with_a_report_is_said_of_each_field() {
    let town = Town::new().await;
    let visitor = town.app.visitor();
    let chairs = &town.chairs;
    let refusals = [
        (json!({"reason": "misleading"}), "/listing_id", "required"),
        (json!({"reason": "misleading", "listing_id": "no id"}), "/listing_id", "not_an_id"),
        (json!({"reason": "misleading", "listing_id": chairs, "group_id": town.marys.id}), "/group_id", "too_many"),
        (json!({"reason": "misleading", "listing_id": chairs, "message_id": chairs}), "/message_id", "too_many"),
        (json!({"reason": "boring", "listing_id": chairs}), "/reason", "not_one_of"),
        (json!({"reason": "should_be_offer", "listing_id": chairs}), "/reason", "wrong_kind"),
        (json!({"reason": "not_a_group", "listing_id": chairs}), "/reason", "wrong_kind"),
        (json!({"reason": "should_be_want", "group_id": town.marys.id}), "/reason", "wrong_kind"),
        (json!({"reason": "other", "listing_id": chairs, "words": "  "}), "/words", "required"),
        (json!({"reason": "safeguarding", "listing_id": chairs}), "/words", "required"),
        (json!({"reason": "safeguarding", "words": "Somebody is afraid."}), "/network_id", "required"),
        (json!({"reason": "safeguarding", "words": "Afraid.", "network_id": chairs}), "/network_id", "no_such_network"),
        (json!({"reason": "unkind", "listing_id": chairs, "words": "x".repeat(2001)}), "/words", "too_long"),
        (json!({"reason": "unkind", "listing_id": chairs, "words": "a\u{0}b"}), "/words", "control_character"),
        (json!({"reason": "unkind", "listing_id": chairs, "who": "me"}), "/who", "unknown_field"),
    ];
    for (body, field, code) in refusals {
        // A visitor has ten tries an hour.
        town.app.sql("delete from credential_attempts").await;
        visitor.post("/v1/reports", body).await.problem(422, "invalid_fields").refuses(field, code);
    }
    let leek = town.app.network("leek").await;
    let elsewhere = json!({"reason": "unkind", "listing_id": chairs, "network_id": leek});
    town.app
        .person("Olwen")
        .await
        .post("/v1/reports", elsewhere)
        .await
        .problem(422, "invalid_fields")
        .refuses("/network_id", "other_network");
    town.holds("count(*) = 0 from reports").await;
}

#[actix_web::test]
async fn what_one_may_not_know_of_cannot_be_reported() {
    let town = Town::new().await;
    let owner = &town.marys.owner;
    let draft = json!({"kind": "offer", "title": "Secret chairs", "category": "seating"});
    let draft = owner.post(format!("/v1/groups/{}/listings?draft=true", town.marys.id), draft).await.expect(201).str("/id");
    let nothing = "01980a8e-0000-7000-8000-000000000000";
    let olwen = town.somebody("Olwen").await;
    for client in [&town.app.visitor(), &olwen.client] {
        for body in
            [json!({"listing_id": draft}), json!({"listing_id": nothing}), json!({"group_id": nothing}), json!({"message_id": nothing})]
        {
            let mut body = body;
            body["reason"] = json!("unsafe");
            client.post("/v1/reports", body).await.problem(404, "not_found");
        }
    }
    owner.post("/v1/reports", json!({"listing_id": draft, "reason": "unsafe"})).await.expect(201);
}

#[actix_web::test]
async fn the_same_report_twice_is_one() {
    let town = Town::new().await;
    let olwen = town.somebody("Olwen").await;
    let with_key = olwen.with("idempotency-key", "report-1");
    let first = town.report(&with_key, "misleading").await.expect(201);
    assert_eq!(town.report(&with_key, "misleading").await.expect(201).text, first.text);
    town.report(&olwen, "unsafe").await.problem(409, "already_exists");
    town.holds("count(*) = 1 from reports").await;
    // The group is another thing than its listing.
    olwen.post("/v1/reports", json!({"group_id": town.marys.id, "reason": "not_a_group"})).await.expect(201);
    town.holds("count(*) = 2 from queue_items where kind = 'report' and state = 'waiting'").await;
}

#[actix_web::test]
async fn reporters_hear_the_outcome() {
    let town = Town::new().await;
    let (olwen, rhys) = (town.somebody("Olwen").await, town.somebody("Rhys").await);
    town.report(&olwen, "misleading").await.expect(201);
    rhys.post("/v1/reports", json!({"group_id": town.marys.id, "reason": "unkind"})).await.expect(201);
    town.settle(&town.chairs, false).await;
    assert_eq!(
        sentences(&olwen).await,
        ["Thank you for your report about \"Forty folding chairs\". The coordinators have looked at it and left it as it is."]
    );
    assert_eq!(sentences(&rhys).await, Vec::<String>::new(), "the group is another thing than its listing");
    town.settle(&town.marys.id.to_string(), true).await;
    assert_eq!(sentences(&rhys).await, ["Thank you for your report about St Mary's. The coordinators have done something about it."]);
    town.settle(&town.marys.id.to_string(), true).await;
    assert_eq!(sentences(&rhys).await.len(), 1);
}

#[actix_web::test]
async fn coordinators_see_their_own_networks_reports_alone() {
    let town = Town::new().await;
    town.reported_by(&["Ann", "Bob"]).await;
    town.somebody("Cai").await.post("/v1/reports", json!({"group_id": town.marys.id, "reason": "unkind"})).await.expect(201);
    town.settle(&town.marys.id.to_string(), true).await;
    assert_eq!(town.reports("?state=waiting").await.each("/reason"), ["misleading", "misleading"]);
    assert_eq!(town.reports("?state=acted").await.each("/reason"), ["unkind"]);
    assert_eq!(town.reports("?reason=unkind").await.each("/group/name"), ["St Mary's"]);
    let page = town.reports("?limit=2").await;
    let rest = town.reports(&format!("?limit=2&cursor={}", page.str("/next_cursor"))).await;
    assert_eq!((page.each("/id").len(), rest.each("/id").len()), (2, 1));
    let item = "01980a8e-1111-7000-8000-000000000000";
    town.app.sql(&format!("update queue_items set id = '{item}' where state = 'waiting' and kind = 'report'")).await;
    let path = |network: NetworkId| format!("/v1/networks/{network}/queue/{item}/reports");
    let behind = town.mair.get(path(town.network)).await.expect(200);
    assert_eq!(behind.each("/listing/title"), ["Forty folding chairs", "Forty folding chairs"]);
    let leek = town.app.network("leek").await;
    let fflur = town.app.staff(leek, "Fflur", "coordinator").await;
    fflur.get(path(leek)).await.problem(404, "not_found");
    fflur.get(path(town.network)).await.problem(403, "not_allowed");
    assert_eq!(fflur.get(format!("/v1/networks/{leek}/reports")).await.expect(200).each("/id"), Vec::<String>::new());
    let broker = town.app.staff(town.network, "Bran", "broker").await;
    broker.get(format!("/v1/networks/{}/reports", town.network)).await.problem(403, "not_allowed");
}

#[actix_web::test]
async fn a_message_is_reported_by_those_who_read_it_and_then_read_by_coordinators_it_alone() {
    let pair = Pair::start().await;
    let mair = pair.app.staff(pair.network, "Mair", "coordinator").await;
    for talk in [pair.interest("open").await, pair.exchange("accepted").await] {
        let say = async |words: &str| pair.giver.owner.post(talk.messages(), json!({"body": words})).await.expect(201).str("/id");
        let (rude, private) = (say("You are all thieves.").await, say("My number is on the door.").await);
        let report = json!({"message_id": rude, "reason": "unkind"});
        for outsider in [&pair.app.visitor(), &mair.client, &pair.app.person(&format!("O{}", &talk.id)).await.client] {
            outsider.post("/v1/reports", report.clone()).await.problem(404, "not_found");
        }
        pair.receiver.owner.post("/v1/reports", report.clone()).await.expect(201);
        let seen = mair.get(format!("/v1/networks/{}/reports?reason=unkind&limit=1", pair.network)).await.expect(200);
        assert_eq!((seen.str("/items/0/message/id"), seen.str("/items/0/message/body")), (rude, "You are all thieves.".to_owned()));
        assert!(!seen.text.contains("on the door") && !seen.text.contains(&private), "{}", seen.text);
        mair.get(talk.messages()).await.problem(404, "not_found");
    }
    pair.app.sql("do $$ begin assert (select count(*) = 2 from queue_items where kind = 'report' and listing_id is null); end $$").await;
}

#[actix_web::test]
async fn a_group_in_several_networks_is_reported_to_one_and_a_listing_to_one_that_shows_it() {
    let town = Town::new().await;
    let leek = town.app.network("leek").await;
    let group = town.marys.id;
    town.app.let_in(leek, group).await;
    let olwen = town.somebody("Olwen").await;
    let report = json!({"group_id": group, "reason": "not_a_group"});
    olwen.post("/v1/reports", report.clone()).await.problem(422, "invalid_fields").refuses("/network_id", "required");
    let mut named = report;
    named["network_id"] = json!(leek);
    olwen.post("/v1/reports", named).await.expect(201);
    town.holds(&format!("count(*) = 1 from queue_items where kind = 'report' and network_id = '{leek}'")).await;
    town.app
        .sql(&format!(
            "insert into cross_posts (listing_id, network_id, group_id, in_good_standing, moderation, asked_at) values ('{}', '{leek}', '{group}', true, 'approved', now())",
            town.chairs
        ))
        .await;
    for name in ["Ann", "Bob"] {
        let person = town.somebody(name).await;
        person.post("/v1/reports", json!({"listing_id": town.chairs, "reason": "unsafe", "network_id": leek})).await.expect(201);
    }
    assert_eq!(town.reports("").await.each("/id"), Vec::<String>::new(), "the home network is not asked");
    assert!(town.is_seen().await, "one network does not hide another's listing");
    town.holds("moderation = 'pending' and not is_shown from cross_posts").await;
    let told = town.marys.owner.get(format!("/v1/groups/{group}/inbox")).await.expect(200);
    assert_eq!(told.each("/topic"), ["cross_post_decided"]);
    // The home network is asked too, in its own queue.
    town.report(&town.somebody("Cai").await.client, "unsafe").await.expect(201);
    let fflur = town.app.staff(leek, "Fflur", "coordinator").await;
    let item = town.item(&fflur, leek, &town.chairs).await;
    let decision = format!("/v1/networks/{leek}/queue/{item}/decision");
    let turn = json!({"deed": "turn", "reason": "too_vague", "words": "Say more."});
    fflur.post(&decision, turn).await.problem(422, "invalid_fields").refuses("/deed", "not_for_this");
    fflur.post(&decision, json!({"deed": "remove", "reason": "too_vague", "words": "Say more."})).await.expect(200);
    town.app.advance(Duration::seconds(31));
    worker::catch_up(&mut *town.app.conn().await, town.app.now()).await.unwrap();
    assert!(town.is_seen().await, "each network decides for itself");
    town.holds("moderation = 'rejected' from cross_posts").await;
    town.holds(&format!("count(*) = 1 from queue_items where kind = 'report' and state = 'waiting' and network_id = '{}'", town.network))
        .await;
    assert_eq!(town.reports("").await.each("/state"), ["waiting"]);
}

#[actix_web::test]
async fn reports_and_codes_are_limited_by_address() {
    let town = Town::new().await;
    let visitor = town.app.visitor();
    town.report(&visitor, "misleading").await.expect(201);
    for _ in 1..10 {
        town.report(&visitor, "misleading").await.problem(409, "already_exists");
    }
    let refused = town.report(&visitor, "misleading").await.problem(429, "too_many_requests");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 3000);
    // A worry about somebody's safety is let through all the same.
    let flag = json!({"network_id": town.network, "reason": "safeguarding", "words": "Somebody is afraid."});
    visitor.post("/v1/reports", flag).await.expect(201);
    for _ in 0..60 {
        visitor.get("/v1/reports/K7M2XW9P4T3B").await.problem(404, "not_found");
    }
    visitor.get("/v1/reports/K7M2XW9P4T3B").await.problem(429, "too_many_requests");
}

#[actix_web::test]
async fn thirty_days_after_the_end_nobody_can_tell_from_where_a_report_came() {
    let town = Town::new().await;
    town.report(&town.app.visitor(), "misleading").await.expect(201);
    let olwen = town.somebody("Olwen").await;
    town.report(&olwen, "misleading").await.expect(201);
    town.app.sql("alter table reports add column was bytea; update reports set was = reporter_mark").await;
    town.settle(&town.chairs, false).await;
    let forget = async || reports::jobs::forget_addresses(&mut *town.app.conn().await, town.app.now()).await.unwrap();
    town.app.advance(Duration::days(30) - Duration::minutes(1));
    assert_eq!(forget().await, 0);
    town.app.advance(Duration::minutes(1));
    assert_eq!((forget().await, forget().await), (2, 0));
    town.holds("bool_and(address_mark is null and (reporter_id is null) = (reporter_mark <> was)) from reports").await;
    town.app.sql(&format!("delete from users where id = '{}'", olwen.id)).await;
    town.holds("count(*) = 2 from reports where reporter_id is null").await;
}
