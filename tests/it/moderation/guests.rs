//! What a network decides about a listing of another one: whether it shows it, and nothing else.

use chrono::Duration;
use gotit::types::ids::NetworkId;
use serde_json::{Value, json};

use super::{Town, because};
use crate::{
    accounts::texts,
    support::{Answer, Person},
};

/// A network with two coordinators that shows the chairs of a group of Stoke.
struct Leek {
    town: Town,
    id: NetworkId,
    fflur: Person,
    gwen: Person,
    chairs: String,
}

impl Leek {
    async fn new(cross_posting: &str) -> Self {
        let town = Town::new().await;
        let id = town.app.network("leek").await;
        let (fflur, gwen) = (town.app.staff(id, "Fflur", "coordinator").await, town.app.staff(id, "Gwen", "coordinator").await);
        let (chairs, _) = town.listed("Forty folding chairs", "approved").await;
        town.app.let_in(id, town.group.id).await;
        town.app.sql(&format!("update network_policies set cross_posting = '{cross_posting}' where network_id = '{id}'")).await;
        let leek = Self { town, id, fflur, gwen, chairs };
        leek.ask().await.expect(200);
        leek
    }

    fn there(&self) -> String {
        format!("/v1/listings/{}/networks/{}", self.chairs, self.id)
    }

    async fn ask(&self) -> Answer {
        self.town.owner().put(self.there(), Value::Null).await
    }

    async fn take_out(&self) {
        self.town.owner().delete(self.there()).await.expect(204);
    }

    /// Where the chairs stand at home, and in Leek.
    async fn stands(&self) -> (String, Option<String>) {
        let there = texts(&self.town.app, "select moderation as text from cross_posts").await.pop();
        (self.town.own(&self.chairs).await.str("/moderation"), there)
    }

    async fn report(&self, by: &Person) -> String {
        let body = json!({"listing_id": self.chairs, "reason": "unsafe", "network_id": self.id});
        self.town.again(by).post("/v1/reports", body).await.expect(201).str("/state")
    }

    /// Two groups report the chairs, which hides them in Leek.
    async fn hide(&self) {
        for name in ["Etruria Bowls Club", "Gweuwyr"] {
            let group = self.town.app.group(self.town.network, name).await;
            self.report(&group.owner).await;
        }
    }

    /// What waits in Leek.
    async fn waiting(&self, kind: &str) -> Answer {
        self.town.again(&self.fflur).get(format!("/v1/networks/{}/queue?kind={kind}", self.id)).await.expect(200)
    }

    /// Decides about the only thing of a kind that waits in Leek.
    async fn decide(&self, by: &Person, kind: &str, verdict: Value) -> Answer {
        let item = self.waiting(kind).await.str("/items/0/id");
        self.town.again(by).post(format!("/v1/networks/{}/queue/{item}/decision", self.id), verdict).await
    }

    async fn appeal(&self, decision: &str) {
        let at = format!("/v1/groups/{}/decisions/{decision}/appeal", self.town.group.id);
        self.town.owner().post(at, json!({"words": "They are safe."})).await.expect(201);
    }
}

fn overturn() -> Value {
    json!({"deed": "overturn", "reason": "other", "words": "Quite right."})
}

fn stood(home: &str, there: &str) -> (String, Option<String>) {
    (home.to_owned(), Some(there.to_owned()))
}

#[actix_web::test]
async fn what_its_group_has_taken_out_is_only_kept() {
    let leek = Leek::new("open").await;
    leek.report(&leek.town.app.person("Olwen").await).await;
    leek.take_out().await;
    assert_eq!(leek.waiting("report").await.body["items"][0]["deeds"], json!(["keep"]));
    leek.decide(&leek.fflur, "report", because("remove")).await.problem(409, "wrong_state");
    leek.decide(&leek.fflur, "report", because("merge")).await.problem(422, "invalid_fields");
    leek.decide(&leek.fflur, "report", json!({"deed": "keep"})).await.expect(200);
    leek.town.settle().await;
    assert_eq!(leek.stands().await, ("approved".to_owned(), None));
    assert_eq!(texts(&leek.town.app, "select outcome as text from reports").await, ["not_acted"]);
}

#[actix_web::test]
async fn an_appeal_there_lets_nothing_be_seen_at_home() {
    let leek = Leek::new("open").await;
    leek.report(&leek.town.app.person("Olwen").await).await;
    let removed = leek.decide(&leek.fflur, "report", because("remove")).await.expect(200).str("/id");
    leek.town.settle().await;
    assert_eq!(leek.stands().await, stood("approved", "rejected"));
    leek.take_out().await;
    leek.town.app.sql("update listings set moderation = 'held'").await;
    leek.appeal(&removed).await;
    leek.decide(&leek.gwen, "appeal", overturn()).await.expect(200);
    assert_eq!(leek.stands().await, ("held".to_owned(), None));
    leek.town.settle().await;
    assert_eq!(leek.stands().await, ("held".to_owned(), None));
}

#[actix_web::test]
async fn what_an_appeal_lets_in_does_not_wait_any_more() {
    let leek = Leek::new("review").await;
    let changes = leek.decide(&leek.fflur, "cross_post", because("ask_changes")).await.expect(200).str("/id");
    leek.town.settle().await;
    leek.ask().await.expect(200);
    leek.appeal(&changes).await;
    let decision = leek.decide(&leek.gwen, "appeal", overturn()).await.expect(200).str("/id");
    assert_eq!((leek.stands().await, leek.waiting("cross_post").await.each("/id").len()), (stood("approved", "approved"), 0));
    let undo = format!("/v1/networks/{}/decisions/{decision}/undo", leek.id);
    leek.town.again(&leek.gwen).send(reqwest::Method::POST, &undo, None).await.expect(200);
    assert_eq!((leek.stands().await, leek.waiting("cross_post").await.each("/id").len()), (stood("approved", "pending"), 1));
}

#[actix_web::test]
async fn a_guest_that_reports_have_hidden_waits_for_a_person() {
    let leek = Leek::new("review").await;
    leek.decide(&leek.fflur, "cross_post", json!({"deed": "approve"})).await.expect(200);
    leek.town.settle().await;
    leek.town.owner().patch(format!("/v1/listings/{}", leek.chairs), "*", json!({"description": "A metre high."})).await.expect(200);
    assert_eq!(leek.waiting("cross_post").await.each("/id").len(), 1);
    leek.town.app.advance(Duration::hours(1));
    leek.hide().await;
    leek.town.app.sql("update network_policies set undecided_then = 'approve'").await;
    leek.town.app.advance(Duration::hours(23) + Duration::minutes(30));
    leek.town.catch_up().await;
    leek.town.settle().await;
    assert_eq!(leek.stands().await.1.unwrap(), "pending");
    assert_eq!(texts(&leek.town.app, "select count(*)::text as text from reports where outcome is null").await, ["2"]);
}

#[actix_web::test]
async fn its_group_reads_that_a_guest_is_back_which_reports_had_hidden() {
    let leek = Leek::new("open").await;
    leek.hide().await;
    assert_eq!(leek.stands().await, stood("approved", "pending"));
    leek.decide(&leek.fflur, "report", json!({"deed": "keep"})).await.expect(200);
    leek.town.settle().await;
    assert_eq!(leek.stands().await, stood("approved", "approved"));
    let read = async || leek.town.owner().get(format!("/v1/groups/{}/decisions", leek.town.group.id)).await.expect(200).each("/deed");
    assert_eq!(read().await, ["keep"]);
    // What hid nothing its group does not hear of.
    leek.town.app.advance(Duration::days(8));
    leek.report(&leek.town.app.person("Olwen").await).await;
    leek.decide(&leek.fflur, "report", json!({"deed": "keep"})).await.expect(200);
    leek.town.settle().await;
    assert_eq!(read().await, ["keep"]);
}

#[actix_web::test]
async fn a_guest_that_is_decided_about_as_such_settles_its_reports() {
    let leek = Leek::new("review").await;
    leek.decide(&leek.fflur, "cross_post", json!({"deed": "approve"})).await.expect(200);
    assert_eq!(leek.report(&leek.town.app.person("Rhys").await).await, "decided_before", "that can still be undone");
    leek.town.settle().await;
    leek.town.owner().patch(format!("/v1/listings/{}", leek.chairs), "*", json!({"description": "A metre high."})).await.expect(200);
    assert_eq!(leek.report(&leek.town.app.person("Olwen").await).await, "waiting");
    leek.decide(&leek.fflur, "cross_post", because("ask_changes")).await.expect(200);
    leek.town.settle().await;
    assert_eq!(leek.waiting("report").await.each("/id").len(), 0);
    assert_eq!(texts(&leek.town.app, "select outcome as text from reports order by outcome").await, ["acted", "decided_before"]);
}
