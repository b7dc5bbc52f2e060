//! Listings in a second network: each network decides for itself, and what the home network does not show is shown nowhere.

mod edited;

use chrono::Duration;
use gotit::{
    cross_posts::service,
    listings::Moderation,
    types::ids::{ListingId, NetworkId},
};
use serde_json::{Value, json};

use crate::{
    accounts::texts,
    pairs::post,
    support::{Answer, Group, Person, TestApp},
};

/// A group of Stoke that Leek has let in too, and its chairs, posted in Stoke.
struct Town {
    app: TestApp,
    stoke: NetworkId,
    leek: NetworkId,
    group: Group,
    chairs: String,
}

impl Town {
    async fn new(cross_posting: &str) -> Self {
        let app = TestApp::start().await;
        let (stoke, leek) = (app.network("stoke").await, app.network("leek").await);
        let group = app.group(stoke, "St Mary's").await;
        app.sql(&format!(
            "insert into network_groups (network_id, group_id, state, decided_at, requested_at) values ('{leek}', '{}', 'approved', now(), now());
             update network_policies set cross_posting = '{cross_posting}' where network_id = '{leek}'",
            group.id
        ))
        .await;
        let chairs = json!({"kind": "offer", "title": "Forty folding chairs", "category": "seating", "network_id": stoke});
        let chairs = post(&group, chairs).await;
        Self { app, stoke, leek, group, chairs }
    }

    fn path(&self) -> String {
        format!("/v1/listings/{}/networks/{}", self.chairs, self.leek)
    }

    async fn ask(&self) -> Answer {
        self.app.back_again(&self.group.owner).put(self.path(), Value::Null).await
    }

    /// The titles that a visitor finds in a network, whatever else is asked for.
    async fn found(&self, network: NetworkId, more: &str) -> Vec<String> {
        let listed = self.app.visitor().get(format!("/v1/listings?network_id={network}{more}")).await.expect(200);
        listed.each("/title")
    }

    async fn decide(&self, moderation: Moderation) -> Moderation {
        let listing: ListingId = self.chairs.parse().unwrap();
        service::decide(&mut *self.app.conn().await, self.app.now(), (listing, self.leek), moderation).await.unwrap()
    }

    /// The titles that the staff of a network get matches for.
    async fn reported(&self, staff: &Person, network: NetworkId) -> Vec<String> {
        let report = staff.get(format!("/v1/networks/{network}/matches")).await.expect(200);
        report
            .lines()
            .iter()
            .filter(|line| line["type"] == "listing")
            .map(|line| line["listing"]["title"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// Each asks for the chairs in another way of looking for a page.
const ASKED: [&str; 6] = [
    "",
    "&kind=offer",
    "&q=chairs",
    "&near=hanley-stoke-on-trent&within_km=10",
    "&category=seating",
    "&updated_since=2020-01-01T00:00:00Z",
];

#[actix_web::test]
async fn a_network_that_is_open_shows_it_at_once_however_it_is_looked_for() {
    let town = Town::new("open").await;
    for more in ASKED {
        assert!(town.found(town.leek, more).await.is_empty(), "{more}");
    }
    let shown = town.ask().await.expect(200);
    assert_eq!((shown.str("/moderation"), &shown.body["is_shown"], shown.str("/slug")), ("approved".into(), &json!(true), "leek".into()));
    for more in ASKED {
        assert_eq!(town.found(town.leek, more).await, ["Forty folding chairs"], "{more}");
        assert_eq!(town.found(town.stoke, more).await, ["Forty folding chairs"], "{more}");
    }
    assert!(town.found(town.leek, "&kind=want").await.is_empty());
    assert_eq!(town.app.visitor().get("/v1/listings").await.expect(200).each("/title").len(), 1, "it is one listing");
    let mair = town.app.staff(town.leek, "Mair", "coordinator").await;
    assert_eq!(town.reported(&mair, town.leek).await, ["Forty folding chairs"]);
    assert_eq!(texts(&town.app, "select count(*)::text as text from queue_items where kind = 'cross_post'").await, ["0"]);

    assert_eq!(town.ask().await.expect(200).str("/asked_at"), shown.str("/asked_at"), "asked again, nothing changes");
    town.group.owner.delete(town.path()).await.expect(204);
    assert!(town.found(town.leek, "").await.is_empty());
    assert_eq!(town.found(town.stoke, "").await, ["Forty folding chairs"]);
    assert!(town.reported(&mair, town.leek).await.is_empty());
    town.group.owner.delete(town.path()).await.problem(404, "not_found");
    let acts = format!(
        "select action as text from audit_entries where network_id = '{}' and outcome = 'done' order by occurred_at, id",
        town.leek
    );
    assert_eq!(texts(&town.app, &acts).await, ["show_in_network", "hide_from_network"]);
}

#[actix_web::test]
async fn a_network_that_reviews_decides_for_itself() {
    let town = Town::new("review").await;
    let asked = town.ask().await.expect(200);
    assert_eq!((asked.str("/moderation"), &asked.body["is_shown"]), ("pending".into(), &json!(false)));
    assert!(town.found(town.leek, "").await.is_empty());
    assert_eq!(town.found(town.stoke, "").await, ["Forty folding chairs"], "at home it stays");
    let waiting =
        format!("select kind || ' ' || state || ' ' || (network_id = '{}') as text from queue_items where kind = 'cross_post'", town.leek);
    assert_eq!(texts(&town.app, &waiting).await, ["cross_post waiting true"]);
    town.ask().await.expect(200);
    assert_eq!(texts(&town.app, &waiting).await, ["cross_post waiting true"], "it waits once");

    assert_eq!(town.decide(Moderation::ChangesRequested).await, Moderation::Pending);
    assert_eq!(town.ask().await.expect(200).str("/moderation"), "pending", "it is put before them again");
    assert_eq!(town.decide(Moderation::Approved).await, Moderation::Pending);
    assert_eq!(town.found(town.leek, "").await, ["Forty folding chairs"]);
    town.decide(Moderation::Rejected).await;
    assert!(town.found(town.leek, "").await.is_empty());
    assert_eq!(town.found(town.stoke, "").await, ["Forty folding chairs"]);
    town.ask().await.problem(409, "wrong_state");
    let told = service::told(&mut *town.app.conn().await, town.chairs.parse().unwrap(), town.leek).await.unwrap().unwrap();
    assert_eq!(told.facts, json!({"network_id": town.leek, "network": "Network of leek", "moderation": "rejected"}));
    town.group.owner.delete(town.path()).await.expect(204);
    let listing: ListingId = town.chairs.parse().unwrap();
    let gone = service::decide(&mut *town.app.conn().await, town.app.now(), (listing, town.leek), Moderation::Approved).await.unwrap_err();
    assert_eq!(gone.code().as_str(), "not_found");
    assert!(service::told(&mut *town.app.conn().await, listing, town.leek).await.unwrap().is_none());
}

#[actix_web::test]
async fn taking_it_out_and_asking_anew_undoes_no_decision() {
    let town = Town::new("review").await;
    town.ask().await.expect(200);
    town.decide(Moderation::Rejected).await;
    town.group.owner.delete(town.path()).await.expect(204);
    town.app.sql("update network_policies set cross_posting = 'open'").await;
    assert_eq!(town.ask().await.expect(200).str("/moderation"), "pending", "somebody is to see it again");
    assert!(town.found(town.leek, "").await.is_empty());
}

#[actix_web::test]
async fn what_is_taken_out_waits_for_nobody() {
    let town = Town::new("review").await;
    town.ask().await.expect(200);
    town.group.owner.delete(town.path()).await.expect(204);
    assert_eq!(texts(&town.app, "select state as text from queue_items where kind = 'cross_post'").await, ["withdrawn"]);
}

#[actix_web::test]
async fn a_lock_by_the_home_network_holds_everywhere() {
    let town = Town::new("open").await;
    town.ask().await.expect(200);
    let mair = town.app.staff(town.leek, "Mair", "coordinator").await;
    for moderation in ["pending", "changes_requested", "rejected", "held"] {
        town.app.sql(&format!("update listings set moderation = '{moderation}'")).await;
        for more in ASKED {
            assert!(town.found(town.leek, more).await.is_empty(), "{moderation}{more}");
        }
        assert!(town.reported(&mair, town.leek).await.is_empty(), "{moderation}");
        mair.get(format!("/v1/listings/{}", town.chairs)).await.problem(404, "not_found");
    }
    town.app.sql("update listings set moderation = 'approved'").await;
    assert_eq!(town.found(town.leek, "").await.len(), 1);
    town.app.sql(&format!("update network_groups set state = 'suspended' where network_id = '{}'", town.stoke)).await;
    assert!(town.found(town.leek, "").await.is_empty(), "so does a suspension at home");
}

#[actix_web::test]
async fn a_suspension_there_takes_it_out_there_and_nowhere_else() {
    let town = Town::new("open").await;
    town.ask().await.expect(200);
    let mair = town.app.staff(town.leek, "Mair", "coordinator").await;
    let decide = format!("/v1/networks/{}/groups/{}", town.leek, town.group.id);
    mair.post(format!("{decide}/suspend"), json!({"reason": "Ring us."})).await.expect(200);
    assert!(town.found(town.leek, "").await.is_empty());
    assert_eq!(town.found(town.stoke, "").await.len(), 1);
    let listed = town.group.owner.get(format!("/v1/listings/{}/networks", town.chairs)).await.expect(200);
    assert_eq!((listed.each("/moderation"), listed.each("/is_shown")), (vec!["approved".to_owned()], vec!["false".to_owned()]));
    town.ask().await.problem(409, "wrong_state");
    mair.post(format!("{decide}/reinstate"), json!({})).await.expect(200);
    assert_eq!(town.found(town.leek, "").await.len(), 1);
}

#[actix_web::test]
async fn what_cannot_be_shown_there_is_refused_with_the_reason() {
    let town = Town::new("off").await;
    let refused = town.ask().await.problem(409, "conflict");
    assert!(refused.str("/detail").contains("shows no listings of other networks"), "{}", refused.text);
    town.app.sql("update network_policies set cross_posting = 'open'").await;
    let owner = &town.group.owner;
    let at = |listing: &str, network: NetworkId| format!("/v1/listings/{listing}/networks/{network}");
    owner.put(at(&town.chairs, town.stoke), Value::Null).await.problem(409, "conflict");
    owner.put(at(&town.chairs, NetworkId::new()), Value::Null).await.problem(404, "not_found");
    let burslem = town.app.network("burslem").await;
    owner.put(at(&town.chairs, burslem), Value::Null).await.problem(409, "wrong_state");
    let draft = json!({"kind": "offer", "title": "Forty stools", "category": "seating", "network_id": town.stoke});
    let draft = owner.post(format!("/v1/groups/{}/listings?draft=true", town.group.id), draft).await.expect(201).str("/id");
    owner.put(at(&draft, town.leek), Value::Null).await.problem(409, "wrong_state");
    owner.post(format!("/v1/listings/{}/withdraw", town.chairs), json!({})).await.expect(200);
    town.ask().await.problem(409, "wrong_state");
    assert_eq!(texts(&town.app, "select count(*)::text as text from cross_posts").await, ["0"]);
}

#[actix_web::test]
async fn members_see_where_it_is_shown_and_staff_their_own_network_alone() {
    let town = Town::new("review").await;
    town.ask().await.expect(200);
    let path = format!("/v1/listings/{}/networks", town.chairs);
    let (vi, mair) = (town.app.member(&town.group, "Vi", "viewer").await, town.app.staff(town.stoke, "Mair", "coordinator").await);
    let fflur = town.app.staff(town.leek, "Fflur", "coordinator").await;
    assert_eq!(vi.get(&path).await.expect(200).each("/slug"), ["leek"]);
    assert_eq!(mair.get(&path).await.expect(200).each("/slug").len(), 0, "what Leek thinks is Leek's business");
    fflur.get(&path).await.problem(403, "not_allowed");
    vi.put(town.path(), Value::Null).await.problem(403, "not_allowed");
    fflur.put(town.path(), Value::Null).await.problem(403, "not_allowed");
    vi.delete(town.path()).await.problem(403, "not_allowed");
    town.app.visitor().put(town.path(), Value::Null).await.problem(401, "not_signed_in");
}

#[actix_web::test]
async fn what_another_network_does_is_in_the_history_for_the_group_and_that_network_alone() {
    let town = Town::new("review").await;
    town.ask().await.expect(200);
    let (vi, mair) = (town.app.member(&town.group, "Vi", "viewer").await, town.app.staff(town.stoke, "Mair", "coordinator").await);
    let fflur = town.app.staff(town.leek, "Fflur", "coordinator").await;
    let queue = format!("/v1/networks/{}/queue", town.leek);
    let item = fflur.get(&queue).await.expect(200).str("/items/0/id");
    let reject = json!({"deed": "reject", "reason": "too_vague"});
    fflur.post(format!("{queue}/{item}/decision"), reject).await.expect(200);
    let history = async |person: &Person, column| {
        let path = format!("/v1/listings/{}/history", town.chairs);
        town.app.back_again(person).get(path).await.expect(200).each(column)
    };
    assert_eq!(history(&vi, "/action").await, ["show_in_network", "create_listing"], "it can be undone yet");
    town.app.advance(Duration::seconds(31));
    assert_eq!(history(&vi, "/action").await, ["reject_listing", "show_in_network", "create_listing"]);
    assert_eq!(history(&vi, "/network_id").await, [town.leek, town.leek, town.stoke].map(|id| id.to_string()));
    assert_eq!(history(&mair, "/action").await, ["create_listing"], "as if home had done it");
    let also_there = format!(
        "insert into network_staff (network_id, user_id, role, created_at) values ('{}', '{}', 'broker', now())",
        town.leek, mair.id
    );
    town.app.sql(&also_there).await;
    assert_eq!(history(&mair, "/action").await.len(), 3);
}

#[actix_web::test]
async fn pages_of_a_network_run_on_through_what_it_shows_of_others() {
    let town = Town::new("open").await;
    for number in 0..6 {
        town.app.advance(Duration::seconds(1));
        let network = if number % 2 == 0 { town.stoke } else { town.leek };
        let stool = json!({"kind": "offer", "title": format!("Stool {number}"), "category": "seating", "network_id": network});
        let stool = post(&town.group, stool).await;
        if number % 2 == 0 {
            town.group.owner.put(format!("/v1/listings/{stool}/networks/{}", town.leek), Value::Null).await.expect(200);
        }
    }
    let (mut titles, mut next) = (Vec::new(), format!("/v1/listings?network_id={}&limit=2", town.leek));
    loop {
        let page = town.app.visitor().get(&next).await.expect(200);
        titles.extend(page.each("/title"));
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        next = format!("/v1/listings?network_id={}&limit=2&cursor={cursor}", town.leek);
    }
    assert_eq!(titles, ["Stool 5", "Stool 4", "Stool 3", "Stool 2", "Stool 1", "Stool 0"]);
}
