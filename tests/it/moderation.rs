//! What waits for coordinators, what they decide, and what becomes of that.

mod appeals;
mod edits;
mod guests;
mod jobs;
mod plans;
mod queue;
mod races;
mod replies;
mod reported;
mod returning;
mod table;
mod versions;

use chrono::Duration;
use gotit::{
    checks::{Action, Finding, Rule},
    moderation::{
        QueueKind,
        service::{Opening, open},
    },
    types::ids::{GroupId, ListingId, NetworkId},
    worker,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{Answer, Client, Group, Person, TestApp};

/// A network with two coordinators and a group.
pub struct Town {
    pub app: TestApp,
    pub network: NetworkId,
    pub mair: Person,
    pub nerys: Person,
    pub group: Group,
}

impl Town {
    pub async fn new() -> Self {
        let app = TestApp::start().await;
        let network = app.network("stoke").await;
        let (mair, nerys) = (app.staff(network, "Mair", "coordinator").await, app.staff(network, "Nerys", "coordinator").await);
        let group = app.group(network, "Caffi'r Môr").await;
        Self { app, network, mair, nerys, group }
    }

    /// A listing of the group that nobody has looked at.
    pub async fn post(&self, title: &str) -> String {
        self.post_with(json!({"kind": "offer", "title": title, "category": "seating", "quantity": 40})).await
    }

    pub async fn post_with(&self, listing: Value) -> String {
        self.owner().post(format!("/v1/groups/{}/listings", self.group.id), listing).await.expect(201).str("/id")
    }

    /// Puts something into the queue, or leaves what waits; gives its item.
    pub async fn open(&self, kind: QueueKind, subject: Uuid, listing: Option<&str>) -> String {
        self.open_of(self.group.id, kind, subject, listing).await
    }

    pub async fn open_of(&self, group: GroupId, kind: QueueKind, subject: Uuid, listing: Option<&str>) -> String {
        let findings = vec![Finding {
            rule: Rule::ContactDetails,
            action: Action::Hold,
            pointer: "/description".to_owned(),
            words: Some("01782 000 111".to_owned()),
            listing: None,
        }];
        let listing: Option<ListingId> = listing.map(|id| id.parse().unwrap());
        let opening = Opening { network: self.network, kind, subject, listing, group, findings };
        open(&mut *self.app.conn().await, self.app.now(), &opening).await.unwrap();
        let found = self.again(&self.mair).get(format!("{}?kind={kind}&limit=100", self.queue())).await.expect(200);
        let items = found.body["items"].as_array().unwrap().clone();
        let item = items.into_iter().find(|item| item["subject_id"] == json!(subject)).expect("the item is in the queue");
        item["id"].as_str().unwrap().to_owned()
    }

    /// A listing of the group in a moderation state, waiting.
    pub async fn listed(&self, title: &str, moderation: &str) -> (String, String) {
        let listing = self.post(title).await;
        self.app.sql(&format!("update listings set moderation = '{moderation}' where id = '{listing}'")).await;
        let item = self.open(QueueKind::Listing, listing.parse().unwrap(), Some(&listing)).await;
        (listing, item)
    }

    pub fn queue(&self) -> String {
        format!("/v1/networks/{}/queue", self.network)
    }

    pub async fn decide(&self, by: &Client, item: &str, verdict: Value) -> Answer {
        by.post(format!("{}/{item}/decision", self.queue()), verdict).await
    }

    pub async fn undo(&self, by: &Client, decision: &str) -> Answer {
        by.send(reqwest::Method::POST, &format!("/v1/networks/{}/decisions/{decision}/undo", self.network), None).await
    }

    /// What everybody sees of a listing.
    pub async fn seen(&self, listing: &str) -> u16 {
        self.app.visitor().get(format!("/v1/listings/{listing}")).await.status
    }

    /// The listing as its group sees it.
    pub async fn own(&self, listing: &str) -> Answer {
        self.owner().get(format!("/v1/listings/{listing}")).await.expect(200)
    }

    /// The owner of the group, with a token that is good now.
    pub fn owner(&self) -> Client {
        self.app.back_again(&self.group.owner).client
    }

    pub fn again(&self, person: &Person) -> Client {
        self.app.back_again(person).client
    }

    /// Lets thirty seconds pass, and does what is due.
    pub async fn settle(&self) {
        self.app.advance(Duration::seconds(31));
        self.catch_up().await;
    }

    pub async fn catch_up(&self) {
        worker::catch_up(&mut *self.app.conn().await, self.app.now()).await.unwrap();
    }

    /// The sentences in the group's inbox, newest first.
    pub async fn told(&self) -> Vec<String> {
        self.owner().get(format!("/v1/groups/{}/inbox", self.group.id)).await.expect(200).each("/sentence")
    }
}

/// A reason that will do.
pub fn because(deed: &str) -> Value {
    json!({"deed": deed, "reason": "too_vague", "words": "Say how big they are."})
}
