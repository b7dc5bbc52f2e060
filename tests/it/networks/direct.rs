//! Decisions about a group at its own address: decisions like others, which it reads and appeals against, and which are counted once.

use chrono::Duration;
use futures_util::future::join;
use gotit::{types::ids::NetworkId, worker::catch_up};
use serde_json::{Value, json};

use super::{decide, waiting_group};
use crate::{
    accounts::texts,
    pairs::post,
    support::{Answer, Client, Group, Person, TestApp},
};

/// A network with two coordinators.
struct Town {
    app: TestApp,
    network: NetworkId,
    mair: Person,
    nerys: Person,
}

impl Town {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let network = app.network("stoke").await;
        let (mair, nerys) = (app.staff(network, "Mair", "coordinator").await, app.staff(network, "Nerys", "coordinator").await);
        Self { app, network, mair, nerys }
    }

    fn again(&self, person: &Person) -> Client {
        self.app.back_again(person).client
    }

    async fn read(&self, group: &Group) -> Answer {
        self.again(&group.owner).get(format!("/v1/groups/{}/decisions", group.id)).await.expect(200)
    }

    async fn appeal(&self, group: &Group, decision: &str) -> Answer {
        let at = format!("/v1/groups/{}/decisions/{decision}/appeal", group.id);
        self.again(&group.owner).post(at, json!({"words": "We were on holiday."})).await
    }

    /// The item of this kind that waits first.
    async fn item(&self, kind: &str) -> String {
        let queue = format!("/v1/networks/{}/queue?kind={kind}", self.network);
        self.again(&self.mair).get(queue).await.expect(200).str("/items/0/id")
    }

    async fn decide_item(&self, by: &Person, item: &str, verdict: Value) -> Answer {
        self.again(by).post(format!("/v1/networks/{}/queue/{item}/decision", self.network), verdict).await
    }

    async fn overturn(&self, by: &Person, item: &str) -> Answer {
        self.decide_item(by, item, json!({"deed": "overturn", "reason": "other", "words": "So you were."})).await
    }

    async fn settle(&self) {
        self.app.advance(Duration::seconds(31));
        catch_up(&mut *self.app.conn().await, self.app.now()).await.unwrap();
    }

    async fn told(&self, group: &Group) -> Vec<String> {
        self.again(&group.owner).get(format!("/v1/groups/{}/inbox", group.id)).await.expect(200).each("/sentence")
    }

    async fn standing(&self, group: &Group) -> String {
        self.again(&group.owner).get(format!("/v1/groups/{}", group.id)).await.expect(200).str("/networks/0/state")
    }
}

const QUEUE: &str = "select kind || ' ' || state as text from queue_items where kind = 'group' order by opened_at, id";

#[actix_web::test]
async fn every_decision_about_a_group_is_one_that_it_reads() {
    let town = Town::new().await;
    let group = waiting_group(&town.app, town.network, "Etruria Pantry").await;
    let at = |action: &str| format!("/v1/networks/{}/groups/{}/{action}", town.network, group.id);
    let asked = json!({"reason": "Give your charity number.", "reason_code": "number_not_found"});
    town.mair.post(at("ask-changes"), asked).await.expect(200);
    decide(&town.mair, town.network, group.id, "reject", json!("Nobody answers.")).await.expect(200);
    decide(&town.mair, town.network, group.id, "approve", Value::Null).await.expect(200);
    decide(&town.mair, town.network, group.id, "suspend", json!("Ring us.")).await.expect(200);
    decide(&town.mair, town.network, group.id, "reinstate", json!("Thank you.")).await.expect(200);
    let read = town.read(&group).await;
    assert_eq!(read.each("/deed"), ["approve", "suspend", "approve", "reject", "ask_changes"]);
    assert_eq!(read.each("/reason"), ["null", "other", "null", "other", "number_not_found"]);
    assert_eq!(read.each("/words"), ["Thank you.", "Ring us.", "null", "Nobody answers.", "Give your charity number."]);
    assert_eq!(read.each("/can_appeal"), ["false", "true", "false", "true", "true"]);
    assert_eq!(read.str("/items/4/rule"), "A number of a register has to be in that register.");
    assert!(
        read.each("/decided_by").iter().all(|by| by == "coordinator of Network of stoke") && !read.text.contains("Mair"),
        "{}",
        read.text
    );
    assert_eq!(texts(&town.app, QUEUE).await, vec!["group decided"; 5], "nothing waits any more");
    // Told at once, so it cannot be taken back.
    let undo = format!("/v1/networks/{}/decisions/{}/undo", town.network, read.str("/items/0/id"));
    town.mair.send(reqwest::Method::POST, &undo, None).await.problem(409, "wrong_state");
    assert_eq!(town.told(&group).await.len(), 5);
    town.settle().await;
    assert_eq!(town.told(&group).await.len(), 5, "and nobody is told again");
    let entries = format!(
        "select action as text from audit_entries where subject_id = '{}' and actor_id = '{}' order by occurred_at, id",
        group.id, town.mair.id
    );
    assert_eq!(
        texts(&town.app, &entries).await,
        ["ask_group_for_changes", "reject_group", "approve_group", "suspend_group", "reinstate_group"],
        "one entry each"
    );
}

#[actix_web::test]
async fn a_reason_is_one_of_the_words_for_people() {
    let town = Town::new().await;
    let group = town.app.group(town.network, "Etruria Pantry").await;
    let at = |action: &str| format!("/v1/networks/{}/groups/{}/{action}", town.network, group.id);
    for (code, refusal) in [("undecided", "not_for_people"), ("because", "not_one_of")] {
        let body = json!({"reason": "Ring us.", "reason_code": code});
        town.mair.post(at("suspend"), body).await.problem(422, "invalid_fields").refuses("/reason_code", refusal);
    }
    town.mair
        .post(at("suspend"), json!({"reason_code": "not_reachable"}))
        .await
        .problem(422, "invalid_fields")
        .refuses("/reason", "required");
    town.mair.post(at("suspend"), json!({"reason": "Ring us.", "reason_code": "not_reachable"})).await.expect(200);
    town.mair.post(at("reinstate"), json!({"reason_code": "other"})).await.problem(422, "invalid_fields").refuses("/reason", "required");
    town.mair.post(at("reinstate"), json!({})).await.expect(200);
    assert_eq!(town.read(&group).await.each("/reason"), ["null", "not_reachable"]);
}

#[actix_web::test]
async fn a_suspended_group_appeals_and_another_coordinator_lets_it_back_in() {
    let town = Town::new().await;
    let group = town.app.group(town.network, "Etruria Pantry").await;
    let hall = post(&group, json!({"kind": "offer", "title": "Forty folding chairs", "category": "seating"})).await;
    let seen = async || town.app.visitor().get(format!("/v1/listings/{hall}")).await.status;
    decide(&town.mair, town.network, group.id, "suspend", json!("Ring us.")).await.expect(200);
    assert_eq!(seen().await, 404, "at once");
    let decision = town.read(&group).await.str("/items/0/id");
    town.appeal(&group, &decision).await.expect(201);
    town.appeal(&group, &decision).await.problem(409, "already_exists");
    let item = town.item("appeal").await;
    town.overturn(&town.mair, &item).await.problem(403, "not_allowed");
    town.overturn(&town.nerys, &item).await.expect(200);
    assert_eq!((seen().await, town.standing(&group).await), (200, "approved".to_owned()));
    town.settle().await;
    assert_eq!(town.read(&group).await.each("/deed"), ["overturn", "suspend"]);
    let told = town.told(&group).await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[0], "Your appeal about how your group stands was successful: it was decided otherwise.");
    let report = town.again(&town.nerys).get(format!("/v1/networks/{}/moderation-report", town.network)).await.expect(200).body;
    let deeds = json!([{"word": "overturn", "count": 1}, {"word": "suspend", "count": 1}]);
    assert_eq!(report["decisions"]["deeds"], deeds);
    assert_eq!((&report["kinds"][3]["decided"], &report["kinds"][5]["decided"]), (&json!(1), &json!(1)));
    assert_eq!(report["appeals"], json!({"made": 1, "upheld": 0, "overturned": 1, "withdrawn": 0, "waiting": 0}));
}

#[actix_web::test]
async fn an_appeal_does_not_undo_what_was_decided_anew_since() {
    let town = Town::new().await;
    let group = town.app.group(town.network, "Etruria Pantry").await;
    decide(&town.mair, town.network, group.id, "suspend", json!("Ring us.")).await.expect(200);
    let first = town.read(&group).await.str("/items/0/id");
    town.appeal(&group, &first).await.expect(201);
    let item = town.item("appeal").await;
    decide(&town.mair, town.network, group.id, "reinstate", Value::Null).await.expect(200);
    town.overturn(&town.nerys, &item).await.problem(409, "conflict");
    decide(&town.mair, town.network, group.id, "suspend", json!("Nobody came.")).await.expect(200);
    let refused = town.overturn(&town.nerys, &item).await.problem(409, "conflict");
    assert!(refused.str("/detail").contains("can appeal against that"), "{}", refused.text);
    assert_eq!(town.standing(&group).await, "suspended");
    town.decide_item(&town.nerys, &item, json!({"deed": "keep"})).await.expect(200);
    // Against the later one it can appeal by itself, and the appeal that was turned down is nothing newer.
    town.settle().await;
    let second = town.read(&group).await;
    assert_eq!(second.each("/deed"), ["keep", "suspend", "approve", "suspend"]);
    town.appeal(&group, &second.str("/items/1/id")).await.expect(201);
    town.overturn(&town.nerys, &town.item("appeal").await).await.expect(200);
    assert_eq!(town.standing(&group).await, "approved");
}

#[actix_web::test]
async fn a_group_that_appeals_and_asks_again_does_not_wait_when_it_is_let_in() {
    let town = Town::new().await;
    let group = waiting_group(&town.app, town.network, "Etruria Pantry").await;
    decide(&town.mair, town.network, group.id, "ask-changes", json!("Say where you meet.")).await.expect(200);
    let decision = town.read(&group).await.str("/items/0/id");
    town.appeal(&group, &decision).await.expect(201);
    let again = format!("/v1/groups/{}/networks/{}/resubmit", group.id, town.network);
    group.owner.post(again, Value::Null).await.expect(200);
    assert_eq!(texts(&town.app, QUEUE).await, ["group decided", "group waiting"]);
    let overturned = town.overturn(&town.nerys, &town.item("appeal").await).await.expect(200).str("/id");
    assert_eq!(
        (town.standing(&group).await.as_str(), texts(&town.app, QUEUE).await),
        ("approved", vec!["group decided".into(), "group withdrawn".into()])
    );
    let undo = format!("/v1/networks/{}/decisions/{overturned}/undo", town.network);
    town.nerys.send(reqwest::Method::POST, &undo, None).await.expect(200);
    assert_eq!(
        (town.standing(&group).await.as_str(), texts(&town.app, QUEUE).await),
        ("awaiting_review", vec!["group decided".into(), "group waiting".into()])
    );
}

#[actix_web::test]
async fn what_somebody_else_is_at_in_the_queue_is_theirs_and_what_is_decided_says_what() {
    let town = Town::new().await;
    let group = waiting_group(&town.app, town.network, "Etruria Pantry").await;
    let item = town.item("group").await;
    let claim = format!("/v1/networks/{}/queue/{item}/claim", town.network);
    town.nerys.send(reqwest::Method::POST, &claim, None).await.expect(200);
    decide(&town.mair, town.network, group.id, "reject", json!("Not from here.")).await.problem(409, "claimed");
    assert_eq!(town.standing(&group).await, "awaiting_review");
    decide(&town.nerys, town.network, group.id, "reject", json!("Not from here.")).await.expect(200);
    let late = town.decide_item(&town.mair, &item, json!({"deed": "approve"})).await.problem(409, "already_decided");
    assert!(late.str("/detail").contains("reject (other)"), "{}", late.text);
}

#[actix_web::test]
async fn of_the_queue_and_the_direct_way_at_the_same_moment_one_wins() {
    let town = Town::new().await;
    for round in 0..5 {
        let group = waiting_group(&town.app, town.network, &format!("Pantry {round}")).await;
        let item = town.item("group").await;
        let queued = town.decide_item(&town.nerys, &item, json!({"deed": "reject", "reason": "not_a_group"}));
        let (direct, queued) = join(decide(&town.mair, town.network, group.id, "reject", json!("Not from here.")), queued).await;
        let mut statuses = [direct.status, queued.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409], "{} {}", direct.text, queued.text);
        let standing = "select count(*)::text as text from decisions where undone_at is null";
        assert_eq!(texts(&town.app, standing).await, [(round + 1).to_string()]);
    }
}

#[actix_web::test]
async fn a_group_is_not_told_late_of_what_was_decided_otherwise_meanwhile() {
    let town = Town::new().await;
    let group = waiting_group(&town.app, town.network, "Etruria Pantry").await;
    let approved = town.decide_item(&town.mair, &town.item("group").await, json!({"deed": "approve"})).await.expect(200).str("/id");
    decide(&town.nerys, town.network, group.id, "suspend", json!("Ring us.")).await.expect(200);
    let undo = format!("/v1/networks/{}/decisions/{approved}/undo", town.network);
    town.mair.send(reqwest::Method::POST, &undo, None).await.problem(409, "wrong_state");
    town.settle().await;
    let told = town.told(&group).await;
    assert!(told.len() == 1 && told[0].contains("has suspended your group"), "{told:?}");
    assert_eq!(town.read(&group).await.each("/deed"), ["suspend", "approve"]);
}
