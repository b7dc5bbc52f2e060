//! Listings that are edited while a second network shows them: that network looks at them for itself.

mod again;

use chrono::Duration;
use futures_util::future::join;
use gotit::worker;
use serde_json::{Value, json};

use super::{ASKED, Town};
use crate::{
    accounts::texts,
    support::{Answer, Client, Person},
};

impl Town {
    /// The coordinator of Leek, who has let the chairs in where that was to be decided; for good.
    async fn let_in(&self) -> Person {
        let fflur = self.app.staff(self.leek, "Fflur", "coordinator").await;
        if self.ask().await.expect(200).str("/moderation") == "pending" {
            self.judge(&fflur, json!({"deed": "approve"})).await.expect(200);
        }
        self.settle().await;
        fflur
    }

    async fn settle(&self) {
        self.app.advance(Duration::seconds(31));
        worker::catch_up(&mut *self.app.conn().await, self.app.now()).await.unwrap();
    }

    fn again(&self, person: &Person) -> Client {
        self.app.back_again(person).client
    }

    /// What waits in Leek.
    async fn waiting(&self, fflur: &Person) -> Answer {
        self.again(fflur).get(format!("/v1/networks/{}/queue?kind=cross_post", self.leek)).await.expect(200)
    }

    /// Decides about the only thing that waits in Leek.
    async fn judge(&self, fflur: &Person, verdict: Value) -> Answer {
        let item = self.waiting(fflur).await.str("/items/0/id");
        self.again(fflur).post(format!("/v1/networks/{}/queue/{item}/decision", self.leek), verdict).await
    }

    async fn edit(&self, changes: Value) -> Answer {
        let owner = self.again(&self.group.owner);
        owner.patch(format!("/v1/listings/{}", self.chairs), "*", changes).await.expect(200)
    }

    /// Where the chairs stand in Leek.
    async fn stands(&self) -> String {
        let listed = self.again(&self.group.owner).get(format!("/v1/listings/{}/networks", self.chairs)).await.expect(200);
        listed.str("/items/0/moderation")
    }

    /// What the group has been told of Leek, newest first.
    async fn told(&self) -> Vec<String> {
        let inbox = self.again(&self.group.owner).get(format!("/v1/groups/{}/inbox?topic=cross_post_decided", self.group.id)).await;
        inbox.expect(200).each("/sentence")
    }

    /// Somebody at home approves the chairs, for good, so that their edits are looked at there.
    async fn approve_at_home(&self) -> Person {
        let mair = self.app.staff(self.stoke, "Mair", "coordinator").await;
        self.at_home(&mair, "listing", json!({"deed": "approve"})).await.expect(200);
        self.settle().await;
        mair
    }

    /// Decides about the only thing of a kind that waits at home.
    async fn at_home(&self, mair: &Person, kind: &str, verdict: Value) -> Answer {
        let queue = format!("/v1/networks/{}/queue", self.stoke);
        let item = self.again(mair).get(format!("{queue}?kind={kind}")).await.expect(200).str("/items/0/id");
        self.again(mair).post(format!("{queue}/{item}/decision"), verdict).await
    }
}

fn reject() -> Value {
    json!({"deed": "reject", "reason": "too_vague"})
}

#[actix_web::test]
async fn a_change_of_meaning_is_out_of_sight_there_until_that_network_has_looked() {
    let town = Town::new("review").await;
    let fflur = town.let_in().await;
    assert_eq!(town.found(town.leek, "").await, ["Forty folding chairs"]);
    assert_eq!(town.reported(&fflur, town.leek).await, ["Forty folding chairs"]);

    town.edit(json!({"title": "Chairs made into firewood"})).await;
    for more in ["", "&kind=offer", "&category=seating", "&q=firewood"] {
        assert!(town.found(town.leek, more).await.is_empty(), "{more}");
        assert_eq!(town.found(town.stoke, more).await, ["Chairs made into firewood"], "at home it stays{more}");
    }
    assert!(town.reported(&fflur, town.leek).await.is_empty());
    assert_eq!(town.stands().await, "pending");
    assert_eq!(town.told().await.len(), 2, "let in, and looked at again");
    assert!(town.told().await[0].contains("looking at"), "{:?}", town.told().await);
    let waiting = town.waiting(&fflur).await;
    assert_eq!(
        waiting.body["items"][0]["changes"],
        json!([{"field": "title", "before": "Forty folding chairs", "after": "Chairs made into firewood"}])
    );
    assert_eq!((waiting.str("/items/0/case"), waiting.str("/items/0/listing/moderation")), ("cross_post".into(), "pending".into()));

    // While it waits it is edited on, and nobody there approves what they have not read.
    let read = waiting.body["items"][0]["version"].clone();
    town.edit(json!({"description": "Dry."})).await;
    town.judge(&fflur, json!({"deed": "approve", "version": read})).await.problem(409, "conflict");
    let waiting = town.waiting(&fflur).await;
    assert_eq!(waiting.body["items"][0]["changes"].as_array().unwrap().len(), 2, "against what was approved: {}", waiting.text);
    let read = waiting.body["items"][0]["version"].clone();
    town.judge(&fflur, json!({"deed": "approve", "version": read})).await.expect(200);
    assert_eq!(town.found(town.leek, "").await, ["Chairs made into firewood"]);
    assert_eq!(town.reported(&fflur, town.leek).await, ["Chairs made into firewood"]);
    let acts = format!("select action as text from audit_entries where network_id = '{}' and actor_role = 'program'", town.leek);
    assert_eq!(texts(&town.app, &acts).await, ["hide_edited_listing"]);
}

#[actix_web::test]
async fn a_small_change_stays_visible_there_and_is_looked_at_afterwards() {
    let town = Town::new("review").await;
    let fflur = town.let_in().await;
    let told = town.told().await.len();
    town.edit(json!({"title": "Forty folding chairs, blue"})).await;
    town.edit(json!({"unit": "chairs"})).await;
    for more in ASKED {
        assert_eq!(town.found(town.leek, more).await, ["Forty folding chairs, blue"], "{more}");
    }
    let waiting = town.waiting(&fflur).await;
    assert_eq!(waiting.each("/listing/moderation"), ["approved"], "one item for both");
    assert_eq!(
        waiting.body["items"][0]["changes"],
        json!([
            {"field": "unit", "before": null, "after": "chairs"},
            {"field": "title", "before": "Forty folding chairs", "after": "Forty folding chairs, blue"}
        ])
    );
    town.judge(&fflur, json!({"deed": "approve"})).await.expect(200);
    town.settle().await;
    assert_eq!(town.told().await.len(), told, "nothing has changed for the group");
    assert!(town.waiting(&fflur).await.each("/id").is_empty());
    // From then on this is what was approved.
    town.edit(json!({"unit": "seats"})).await;
    let waiting = town.waiting(&fflur).await;
    assert_eq!(waiting.body["items"][0]["changes"], json!([{"field": "unit", "before": "chairs", "after": "seats"}]));
    town.judge(&fflur, reject()).await.expect(200);
    assert!(town.found(town.leek, "").await.is_empty());
    assert_eq!(town.found(town.stoke, "").await.len(), 1, "each decides for itself");
    town.edit(json!({"unit": "places", "title": "Firewood"})).await;
    assert_eq!((town.stands().await.as_str(), town.waiting(&fflur).await.each("/id").len()), ("rejected", 0));
}

#[actix_web::test]
async fn small_changes_of_groups_that_it_trusts_are_not_queued_there() {
    let town = Town::new("review").await;
    town.app.sql(&format!("update network_policies set review = 'trust', trust_after = 1 where network_id = '{}'", town.leek)).await;
    let fflur = town.let_in().await;
    town.edit(json!({"description": "Blue."})).await;
    assert_eq!((town.stands().await.as_str(), town.waiting(&fflur).await.each("/id").len()), ("approved", 0));
    town.edit(json!({"quantity": 400})).await;
    assert_eq!((town.stands().await.as_str(), town.waiting(&fflur).await.each("/id").len()), ("pending", 1));
}

#[actix_web::test]
async fn an_open_network_goes_on_showing_what_its_checks_let_through() {
    let town = Town::new("open").await;
    let checks = format!("('{}', 'alcohol', 'off'), ('{}', 'alcohol', 'refuse')", town.stoke, town.leek);
    town.app.sql(&format!("insert into network_checks (network_id, rule, action) values {checks}")).await;
    let fflur = town.let_in().await;
    town.edit(json!({"title": "Chairs made into firewood", "quantity": 400})).await;
    assert_eq!(town.found(town.leek, "").await, ["Chairs made into firewood"]);
    assert!(town.waiting(&fflur).await.each("/id").is_empty());

    // What is refused there is no business of the home network.
    let edited = town.edit(json!({"description": "With two bottles of wine."})).await;
    assert_eq!(edited.str("/description"), "With two bottles of wine.");
    assert_eq!((town.found(town.leek, "").await.len(), town.found(town.stoke, "").await.len()), (0, 1));
    let waiting = town.waiting(&fflur).await;
    assert_eq!((waiting.str("/items/0/findings/0/rule"), waiting.str("/items/0/findings/0/action")), ("alcohol".into(), "refuse".into()));
    assert!(town.told().await[0].contains("looking at"));
    town.judge(&fflur, json!({"deed": "approve"})).await.expect(200);
    town.settle().await;
    town.edit(json!({"quantity": 401})).await;
    assert_eq!(town.stands().await, "approved", "somebody has approved the wine");
    town.edit(json!({"title": "Chairs and a bottle of gin"})).await;
    assert_eq!(town.stands().await, "pending");
    town.edit(json!({"title": "Chairs made into firewood", "quantity": 400})).await;
    let waiting = town.waiting(&fflur).await;
    assert_eq!(waiting.body["items"][0]["changes"], json!([{"field": "quantity", "before": 401, "after": 400}]));
}

#[actix_web::test]
async fn what_says_again_what_was_approved_there_is_shown_again() {
    let town = Town::new("review").await;
    let fflur = town.let_in().await;
    town.edit(json!({"title": "Raffle tickets"})).await;
    assert!(town.found(town.leek, "").await.is_empty());
    town.edit(json!({"title": "Forty folding chairs"})).await;
    assert_eq!(town.found(town.leek, "").await, ["Forty folding chairs"]);
    assert!(town.waiting(&fflur).await.each("/id").is_empty());
    assert!(town.told().await[0].contains("shows"), "{:?}", town.told().await);
    town.edit(json!({"unit": "chairs"})).await;
    assert_eq!(town.waiting(&fflur).await.each("/id").len(), 1);
    town.edit(json!({"unit": null})).await;
    assert_eq!((town.stands().await.as_str(), town.waiting(&fflur).await.each("/id").len()), ("approved", 0));

    // Unless it was hidden for something else too.
    town.edit(json!({"unit": "chairs"})).await;
    town.app
        .sql(&format!(
            "update cross_posts set moderation = 'pending';
             insert into queue_items (id, network_id, kind, subject_id, listing_id, group_id, opened_at, due_at)
               values (gen_random_uuid(), '{}', 'report', '{1}', '{1}', '{2}', now(), now())",
            town.leek, town.chairs, town.group.id
        ))
        .await;
    town.edit(json!({"unit": null})).await;
    assert_eq!(town.stands().await, "pending");
}

#[actix_web::test]
async fn an_edit_that_waits_at_home_is_looked_at_elsewhere_when_home_has_approved_it() {
    let town = Town::new("review").await;
    let (fflur, mair) = (town.let_in().await, town.approve_at_home().await);
    town.edit(json!({"title": "Raffle tickets"})).await;
    assert_eq!(
        (town.stands().await.as_str(), town.waiting(&fflur).await.each("/id").len()),
        ("approved", 0),
        "it is nowhere to be seen yet"
    );
    let told = town.told().await.len();
    let decision = town.at_home(&mair, "edit", json!({"deed": "approve"})).await.expect(200).str("/id");
    assert_eq!((town.found(town.stoke, "").await, town.found(town.leek, "").await.len()), (vec!["Raffle tickets".to_owned()], 0));
    assert_eq!(town.told().await.len(), told, "nobody is told of what can be undone");
    let undo = format!("/v1/networks/{}/decisions/{decision}/undo", town.stoke);
    town.again(&mair).send(reqwest::Method::POST, &undo, None).await.expect(200);
    assert_eq!(town.found(town.leek, "").await, ["Forty folding chairs"], "undone, everything is as it was");
    assert!(town.waiting(&fflur).await.each("/id").is_empty());

    town.at_home(&mair, "edit", json!({"deed": "approve"})).await.expect(200);
    town.settle().await;
    assert!(town.told().await[0].contains("looking at"), "{:?}", town.told().await);
    assert_eq!(town.told().await.len(), told + 1);
    town.judge(&fflur, json!({"deed": "approve"})).await.expect(200);
    assert_eq!(town.found(town.leek, "").await, ["Raffle tickets"]);
}

#[actix_web::test]
async fn a_live_edit_that_home_takes_back_and_a_turn_are_looked_at_too() {
    let town = Town::new("review").await;
    let (fflur, mair) = (town.let_in().await, town.approve_at_home().await);
    town.edit(json!({"description": "Blue."})).await;
    assert_eq!(town.waiting(&fflur).await.each("/id").len(), 1);
    town.judge(&fflur, json!({"deed": "approve"})).await.expect(200);
    town.settle().await;
    town.at_home(&mair, "edit", reject()).await.expect(200);
    let waiting = town.waiting(&fflur).await;
    assert_eq!(waiting.body["items"][0]["changes"], json!([{"field": "description", "before": "Blue.", "after": ""}]));
    town.judge(&fflur, json!({"deed": "approve"})).await.expect(200);
    town.settle().await;

    let (one, other) = (town.app.person("Olwen").await, town.app.person("Ioan").await);
    for person in [&one, &other] {
        person
            .post("/v1/reports", json!({"listing_id": town.chairs, "reason": "should_be_want", "network_id": town.stoke}))
            .await
            .expect(201);
    }
    town.at_home(&mair, "report", json!({"deed": "turn", "reason": "wrong_kind"})).await.expect(200);
    assert_eq!(town.stands().await, "pending");
    let changes = town.waiting(&fflur).await.body["items"][0]["changes"].clone();
    assert!(changes.as_array().unwrap().contains(&json!({"field": "kind", "before": "offer", "after": "want"})), "{changes}");
    town.settle().await;
    assert!(town.told().await[0].contains("looking at"));
}

#[actix_web::test]
async fn that_networks_checks_are_asked_when_it_is() {
    let town = Town::new("open").await;
    let set = async |network, action: &str| {
        town.app
            .sql(&format!(
                "insert into network_checks (network_id, rule, action) values ('{network}', 'alcohol', '{action}')
                 on conflict (network_id, rule) do update set action = excluded.action"
            ))
            .await;
    };
    set(town.stoke, "off").await;
    town.edit(json!({"description": "With two bottles of wine."})).await;
    set(town.leek, "refuse").await;
    let refused = town.ask().await.problem(422, "refused_by_checks").refuses("/description", "alcohol");
    assert!(refused.str("/detail").starts_with("Network of leek does not take this"), "{}", refused.text);
    assert_eq!(texts(&town.app, "select count(*)::text as text from cross_posts").await, ["0"]);

    set(town.leek, "hold").await;
    let fflur = town.app.staff(town.leek, "Fflur", "coordinator").await;
    assert_eq!(town.ask().await.expect(200).str("/moderation"), "pending", "however welcome others are");
    let waiting = town.waiting(&fflur).await;
    assert_eq!((waiting.str("/items/0/findings/0/rule"), &waiting.body["items"][0]["changes"]), ("alcohol".into(), &json!([])));
    // It waits as it is, and was never approved here.
    let read = waiting.body["items"][0]["version"].clone();
    town.edit(json!({"description": "With two cushions."})).await;
    let waiting = town.waiting(&fflur).await;
    assert_eq!((&waiting.body["items"][0]["findings"], &waiting.body["items"][0]["changes"]), (&json!([]), &json!([])));
    town.judge(&fflur, json!({"deed": "ask_changes", "reason": "missing_facts", "version": read})).await.problem(409, "conflict");
    town.judge(&fflur, json!({"deed": "ask_changes", "reason": "missing_facts"})).await.expect(200);
    set(town.leek, "refuse").await;
    town.edit(json!({"description": "With two bottles of wine."})).await;
    town.ask().await.problem(422, "refused_by_checks");
    town.edit(json!({"description": "With two cushions."})).await;
    assert_eq!(town.ask().await.expect(200).str("/moderation"), "pending");
}

#[actix_web::test]
async fn what_waits_there_comes_back_with_its_listing() {
    let town = Town::new("review").await;
    let fflur = town.let_in().await;
    town.edit(json!({"title": "Raffle tickets"})).await;
    let item = town.waiting(&fflur).await.each("/id");
    let owner = town.again(&town.group.owner);
    owner.post(format!("/v1/listings/{}/withdraw", town.chairs), json!({})).await.expect(200);
    assert!(town.waiting(&fflur).await.each("/id").is_empty());
    owner.post(format!("/v1/listings/{}/renew", town.chairs), json!({})).await.expect(200);
    assert_eq!(town.waiting(&fflur).await.each("/id"), item);
    town.judge(&fflur, json!({"deed": "approve"})).await.expect(200);
    assert_eq!(town.found(town.leek, "").await, ["Raffle tickets"]);
}

#[actix_web::test]
async fn a_decision_there_is_not_undone_over_a_later_edit() {
    let town = Town::new("review").await;
    let fflur = town.app.staff(town.leek, "Fflur", "coordinator").await;
    town.ask().await.expect(200);
    let approve = async || town.judge(&fflur, json!({"deed": "approve"})).await.expect(200).str("/id");
    let undo = async |decision: String| {
        let at = format!("/v1/networks/{}/decisions/{decision}/undo", town.leek);
        town.again(&fflur).send(reqwest::Method::POST, &at, None).await
    };
    undo(approve().await).await.expect(200);
    assert_eq!(town.stands().await, "pending");
    let decision = approve().await;
    town.edit(json!({"title": "Raffle tickets"})).await;
    undo(decision).await.problem(409, "conflict");
    assert_eq!((town.stands().await.as_str(), town.waiting(&fflur).await.each("/id").len()), ("pending", 1));
}

#[actix_web::test]
async fn edits_at_home_and_decisions_there_at_once_show_nothing_unread() {
    let town = Town::new("review").await;
    let fflur = town.let_in().await;
    let mut shown = "Forty folding chairs".to_owned();
    for round in 0..8 {
        let (read, unread) = (format!("Raffle tickets {round}"), format!("Garden benches {round}"));
        town.edit(json!({"title": read})).await;
        let waiting = town.waiting(&fflur).await;
        let version = waiting.body["items"][0]["version"].clone();
        let (edited, decided) =
            join(town.edit(json!({"title": unread})), town.judge(&fflur, json!({"deed": "approve", "version": version}))).await;
        assert_eq!(edited.str("/title"), unread);
        assert!([200, 409].contains(&decided.status), "{}", decided.text);
        assert!(town.found(town.leek, "").await.is_empty(), "whoever was first, nobody there has read the second title");
        if decided.status == 200 {
            shown = read;
        }
        let before = town.waiting(&fflur).await.str("/items/0/changes/0/before");
        assert_eq!(before, shown, "the difference is to what was approved");
        town.judge(&fflur, json!({"deed": "approve"})).await.expect(200);
        shown = unread;
    }
}
