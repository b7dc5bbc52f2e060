//! A coordinator decides about nothing that they have not read.

use futures_util::future::{join, join3};
use gotit::moderation::QueueKind;
use serde_json::{Value, json};

use super::{Town, because};
use crate::support::{Answer, connect, waiting_for_a_lock};

impl Town {
    async fn read(&self, item: &str) -> Answer {
        self.again(&self.mair).get(format!("{}/{item}", self.queue())).await.expect(200)
    }

    async fn version(&self, item: &str) -> i64 {
        self.read(item).await.body["version"].as_i64().unwrap()
    }

    async fn edit(&self, listing: &str, changes: Value) -> Answer {
        self.owner().patch(format!("/v1/listings/{listing}"), "*", changes).await.expect(200)
    }

    /// The item of the edit of a listing that waits.
    async fn edited(&self, is_live: bool) -> String {
        let queue = self.again(&self.mair).get(format!("{}?kind=edit", self.queue())).await.expect(200);
        let items = queue.body["items"].as_array().unwrap();
        items.iter().find(|item| item["edit"]["is_live"] == json!(is_live)).unwrap()["id"].as_str().unwrap().to_owned()
    }
}

fn of_version(version: i64, mut verdict: Value) -> Value {
    verdict["version"] = json!(version);
    verdict
}

fn approve(version: i64) -> Value {
    of_version(version, json!({"deed": "approve"}))
}

#[actix_web::test]
async fn words_that_were_changed_after_they_were_read_are_not_approved() {
    let town = Town::new().await;
    let (listing, item) = town.listed("Forty folding chairs", "pending").await;
    let read = town.version(&item).await;
    let listed = town.mair.get(town.queue()).await.expect(200);
    assert_eq!(listed.body["items"][0]["version"], json!(read), "the list says the same");
    town.edit(&listing, json!({"title": "Raffle tickets"})).await;
    let refused = town.decide(&town.mair, &item, approve(read)).await.problem(409, "conflict").refuses("/version", "changed");
    assert_eq!(refused.str("/detail"), "It was changed after you read it. Read it again, then decide.");
    assert_eq!((town.read(&item).await.str("/state"), town.own(&listing).await.str("/moderation")), ("waiting".into(), "pending".into()));
    let now = town.version(&item).await;
    assert!(now > read);
    town.decide(&town.mair, &item, approve(now + 1)).await.problem(409, "conflict");
    town.decide(&town.mair, &item, approve(now)).await.expect(200);
    assert_eq!(town.own(&listing).await.str("/moderation"), "approved");
    town.decide(&town.mair, &item, approve(read)).await.problem(409, "already_decided");
}

#[actix_web::test]
async fn without_a_version_it_is_decided_as_it_is_now() {
    let town = Town::new().await;
    let (listing, item) = town.listed("Forty folding chairs", "pending").await;
    town.edit(&listing, json!({"description": "A metre high."})).await;
    town.decide(&town.mair, &item, json!({"deed": "approve", "version": null})).await.expect(200);
    town.decide(&town.mair, &item, json!({"deed": "approve", "version": "1"})).await.problem(422, "invalid_fields");
}

#[actix_web::test]
async fn an_edit_that_is_merged_into_the_one_that_waits_is_another_version() {
    let town = Town::new().await;
    let (listing, item) = town.listed("Forty folding chairs", "pending").await;
    town.decide(&town.mair, &item, json!({"deed": "approve"})).await.expect(200);
    town.settle().await;
    town.edit(&listing, json!({"title": "Raffle tickets"})).await;
    let waiting = town.edited(false).await;
    let read = town.version(&waiting).await;
    town.edit(&listing, json!({"title": "Garden benches"})).await;
    town.decide(&town.again(&town.mair), &waiting, approve(read)).await.problem(409, "conflict");
    assert_eq!(town.own(&listing).await.str("/title"), "Forty folding chairs");
    let read = town.version(&waiting).await;
    town.edit(&listing, json!({"description": "A metre high."})).await;
    let live = town.edited(true).await;
    let before = town.version(&live).await;
    town.edit(&listing, json!({"description": "Half a metre high."})).await;
    town.decide(&town.again(&town.mair), &live, approve(before)).await.problem(409, "conflict");
    town.decide(&town.again(&town.mair), &waiting, approve(read)).await.problem(409, "conflict");
    let now = town.version(&waiting).await;
    town.decide(&town.again(&town.mair), &waiting, approve(now)).await.expect(200);
    assert_eq!(town.own(&listing).await.str("/title"), "Garden benches");
}

#[actix_web::test]
async fn reports_and_groups_are_read_before_they_are_decided_too() {
    let town = Town::new().await;
    let listing = town.post("Forty folding chairs").await;
    let reported = town.open(QueueKind::Report, listing.parse().unwrap(), Some(&listing)).await;
    let read = town.version(&reported).await;
    town.edit(&listing, json!({"description": "A metre high."})).await;
    town.decide(&town.mair, &reported, of_version(read, json!({"deed": "keep"}))).await.problem(409, "conflict");
    let read = town.version(&reported).await;
    town.open(QueueKind::Report, listing.parse().unwrap(), Some(&listing)).await;
    town.decide(&town.mair, &reported, of_version(read, json!({"deed": "keep"}))).await.problem(409, "conflict");

    town.app.sql("update network_groups set state = 'awaiting_review', decided_at = null").await;
    let group = town.open(QueueKind::Group, town.group.id.0, None).await;
    let read = town.version(&group).await;
    let at = format!("/v1/groups/{}", town.group.id);
    town.owner().patch(&at, "*", json!({"name": "Caffi'r Pentref"})).await.expect(200);
    town.decide(&town.mair, &group, approve(read)).await.problem(409, "conflict");
    assert!(town.version(&group).await > read);
    assert_eq!(town.version(&reported).await, read_of(&town, &reported).await, "what is about a listing stays as it is");
    town.decide(&town.mair, &group, approve(town.version(&group).await)).await.expect(200);
}

async fn read_of(town: &Town, item: &str) -> i64 {
    town.mair.get(town.queue()).await.expect(200).body["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|each| each["id"] == json!(item))
        .unwrap()["version"]
        .as_i64()
        .unwrap()
}

#[actix_web::test]
async fn of_many_decisions_the_one_about_something_else_than_was_read_fails_alone() {
    let town = Town::new().await;
    let (mut listings, mut items, mut versions) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..3 {
        let (listing, item) = town.listed(&format!("Chairs number {number}"), "pending").await;
        versions.push(town.version(&item).await);
        listings.push(listing);
        items.push(item);
    }
    town.edit(&listings[1], json!({"title": "Raffle tickets"})).await;
    let rows: Vec<Value> =
        items.iter().zip(&versions).map(|(item, version)| json!({"item_id": item, "deed": "approve", "version": version})).collect();
    let answer = town.mair.post(format!("{}/decisions", town.queue()), json!({"decisions": rows})).await.expect(200);
    let codes: Vec<&Value> = answer.body["results"].as_array().unwrap().iter().map(|result| &result["problem"]["code"]).collect();
    assert_eq!(codes, [&json!(null), &json!("conflict"), &json!(null)]);
    assert_eq!(answer.str("/results/1/problem/errors/0/pointer"), "/version");
    let mut stand = Vec::new();
    for listing in &listings {
        stand.push(town.own(listing).await.str("/moderation"));
    }
    assert_eq!(stand, ["approved", "pending", "approved"]);
}

#[actix_web::test]
async fn what_was_undone_can_be_decided_anew_as_it_was_read() {
    let town = Town::new().await;
    let (listing, item) = town.listed("Forty folding chairs", "pending").await;
    for deed in [because("turn"), because("reject"), json!({"deed": "approve"})] {
        let read = town.version(&item).await;
        let decision = town.decide(&town.mair, &item, of_version(read, deed.clone())).await.expect(200).str("/id");
        town.undo(&town.mair, &decision).await.expect(200);
        assert_eq!(town.version(&item).await, read, "{deed}");
    }
    town.decide(&town.mair, &item, approve(town.version(&item).await)).await.expect(200);
    town.settle().await;
    // So can an edit, which changes what the listing says and is undone.
    town.edit(&listing, json!({"title": "Raffle tickets"})).await;
    let (waiting, mair) = (town.edited(false).await, town.again(&town.mair));
    let read = town.version(&waiting).await;
    let decision = town.decide(&mair, &waiting, approve(read)).await.expect(200).str("/id");
    assert_eq!(town.own(&listing).await.str("/title"), "Raffle tickets");
    town.undo(&mair, &decision).await.expect(200);
    town.decide(&mair, &waiting, of_version(read, because("reject"))).await.expect(200);
}

#[actix_web::test]
async fn edits_and_decisions_at_once_approve_nothing_unread() {
    let town = Town::new().await;
    for round in 0..8 {
        let title = format!("Chairs number {round}");
        let (listing, item) = town.listed(&title, "pending").await;
        let (read, owner) = (town.version(&item).await, town.owner());
        let edit = owner.patch(format!("/v1/listings/{listing}"), "*", json!({"title": "Raffle tickets"}));
        let (edited, decided) = join(edit, town.decide(&town.mair, &item, approve(read))).await;
        edited.expect(200);
        let own = town.own(&listing).await;
        match decided.status {
            // Decided first: the edit waits for somebody to read it.
            200 => assert_eq!((own.str("/title"), own.str("/waiting_edit/changes/title")), (title, "Raffle tickets".into())),
            _ => {
                decided.problem(409, "conflict");
                assert_eq!((own.str("/title"), own.str("/moderation")), ("Raffle tickets".into(), "pending".into()));
            }
        }
    }
}

#[actix_web::test]
async fn a_decision_that_has_waited_for_an_edit_sees_it() {
    let town = Town::new().await;
    let (listing, item) = town.listed("Forty folding chairs", "pending").await;
    let (read, owner) = (town.version(&item).await, town.owner());
    let (holder, watcher) = (connect(&town.app.database.url).await, connect(&town.app.database.url).await);
    holder.batch_execute(&format!("begin; select from listings where id = '{listing}' for update")).await.unwrap();
    let edit = owner.patch(format!("/v1/listings/{listing}"), "*", json!({"title": "Raffle tickets"}));
    let decide = async {
        waiting_for_a_lock(&watcher, 1).await;
        town.decide(&town.mair, &item, approve(read)).await
    };
    let release = async {
        waiting_for_a_lock(&watcher, 2).await;
        holder.batch_execute("commit").await.unwrap();
    };
    let (edited, decided, ()) = join3(edit, decide, release).await;
    edited.expect(200);
    decided.problem(409, "conflict");
    assert_eq!(town.own(&listing).await.str("/moderation"), "pending");
}

#[actix_web::test]
async fn what_is_reported_after_it_was_read_is_read_again() {
    let town = Town::new().await;
    let (listing, item) = town.listed("Forty folding chairs", "approved").await;
    let read = town.version(&item).await;
    let olwen = town.app.person("Olwen").await;
    olwen.post("/v1/reports", json!({"listing_id": listing, "reason": "unsafe"})).await.expect(201);
    town.decide(&town.mair, &item, approve(read)).await.problem(409, "conflict");
    assert_eq!(town.read(&item).await.str("/reports/0/reason"), "unsafe");
    town.decide(&town.mair, &item, approve(town.version(&item).await)).await.expect(200);
}
