//! What waits for a group because a network waits for it: said to those who can do it, with where to say that it is done.

use chrono::Duration;
use gotit::{types::ids::NetworkId, worker::catch_up};
use serde_json::{Value, json};

use crate::support::{Client, Group, Person, TestApp};

/// A group with somebody in every role, and a coordinator.
struct Town {
    app: TestApp,
    network: NetworkId,
    mair: Person,
    group: Group,
    edd: Person,
    vi: Person,
}

impl Town {
    async fn new() -> Self {
        let app = TestApp::start().await;
        let network = app.network("stoke").await;
        let mair = app.staff(network, "Mair", "coordinator").await;
        let group = app.group(network, "Etruria Pantry").await;
        let (edd, vi) = (app.member(&group, "Edd", "editor").await, app.member(&group, "Vi", "viewer").await);
        Self { app, network, mair, group, edd, vi }
    }

    fn again(&self, person: &Person) -> Client {
        self.app.back_again(person).client
    }

    /// What waits of this kind, as somebody sees it.
    async fn waiting(&self, person: &Person, kind: &str) -> Vec<Value> {
        let list = self.again(person).get(format!("/v1/groups/{}/waiting", self.group.id)).await.expect(200);
        list.body["items"].as_array().unwrap().iter().filter(|item| item["kind"] == kind).cloned().collect()
    }

    /// Whether those who run the group, post for it and read in it see something of this kind.
    async fn seen(&self, kind: &str) -> [usize; 3] {
        [
            self.waiting(&self.group.owner, kind).await.len(),
            self.waiting(&self.edd, kind).await.len(),
            self.waiting(&self.vi, kind).await.len(),
        ]
    }

    async fn post(&self, person: &Person, link: &Value) -> u16 {
        self.again(person).send(reqwest::Method::POST, link.as_str().unwrap(), None).await.status
    }
}

#[actix_web::test]
async fn a_group_that_is_asked_for_changes_reads_which_and_asks_again() {
    let town = Town::new().await;
    town.app.sql("update network_groups set state = 'awaiting_review', decided_at = null").await;
    let words = "Say where you meet – \"yn y neuadd\"?";
    let ask = format!("/v1/networks/{}/groups/{}/ask-changes", town.network, town.group.id);
    town.mair.post(ask, json!({"reason": words})).await.expect(200);
    assert_eq!(town.seen("change_group").await, [1, 1, 0]);
    let item = town.waiting(&town.edd, "change_group").await.remove(0);
    assert_eq!((&item["words"], &item["network_id"], &item["due"]), (&json!(words), &json!(town.network), &Value::Null));
    assert_eq!(item["sentence"], "Network of stoke asks you to change something about your group. Read what, change it, and ask again.");
    assert_eq!(item["link"], format!("/v1/groups/{}/networks/{}/resubmit", town.group.id, town.network));
    assert_eq!(town.post(&town.vi, &item["link"]).await, 403);
    assert_eq!(town.post(&town.edd, &item["link"]).await, 200);
    assert_eq!(town.seen("change_group").await, [0, 0, 0]);
}

#[actix_web::test]
async fn a_group_that_is_to_say_that_it_is_still_there_reads_until_when() {
    let town = Town::new().await;
    town.app.sql("update network_groups set recheck_at = now() + interval '30 days'").await;
    assert_eq!(town.seen("confirm_group").await, [0, 0, 0]);
    town.app.advance(Duration::days(31));
    let asked_at = town.app.now();
    catch_up(&mut *town.app.conn().await, asked_at).await.unwrap();
    assert_eq!(town.seen("confirm_group").await, [1, 1, 0]);
    let item = town.waiting(&town.group.owner, "confirm_group").await.remove(0);
    let until = asked_at + Duration::days(30);
    assert_eq!((item["since"].as_str().unwrap().parse(), item["due"].as_str().unwrap().parse()), (Ok(asked_at), Ok(until)));
    let sentence = item["sentence"].as_str().unwrap();
    assert!(sentence.contains(&until.format("tell Network of stoke by %-d %B %Y").to_string()), "{sentence}");
    assert_eq!(town.post(&town.edd, &item["link"]).await, 200);
    assert_eq!(town.seen("confirm_group").await, [0, 0, 0]);
}

#[actix_web::test]
async fn ground_rules_that_wait_say_where_they_are_accepted() {
    let town = Town::new().await;
    town.mair.patch(format!("/v1/networks/{}", town.network), "*", json!({"rules": "Be kinder."})).await.expect(200);
    assert_eq!(town.seen("accept_rules").await, [1, 1, 1]);
    let item = town.waiting(&town.vi, "accept_rules").await.remove(0);
    assert_eq!((&item["link"], &item["words"]), (&json!(format!("/v1/groups/{}/ground-rules", town.group.id)), &Value::Null));
}

#[actix_web::test]
async fn owners_are_asked_whether_staff_may_act_for_the_group() {
    let town = Town::new().await;
    let consent = json!({"way": "call", "contact": "01782 000 111", "consent_given": "spoken", "consent_words": "The treasurer.", "consent_at": "2026-01-06T10:00:00Z"});
    town.mair.put(format!("/v1/networks/{}/groups/{}/assistance", town.network, town.group.id), consent).await.expect(200);
    assert_eq!(town.seen("confirm_assistance").await, [1, 0, 0]);
    let item = town.waiting(&town.group.owner, "confirm_assistance").await.remove(0);
    assert!(item["sentence"].as_str().unwrap().starts_with("The staff of Network of stoke would act for your group too."), "{item}");
    assert_eq!(town.post(&town.edd, &item["link"]).await, 403);
    assert_eq!(town.post(&town.group.owner, &item["link"]).await, 200);
    assert_eq!(town.seen("confirm_assistance").await, [0, 0, 0]);
}
