//! Two groups that deal with each other: what tests of threads, contacts and closing start with. Interests and exchanges are written
//! straight to the database; the ways of making them over HTTP have tests of their own.

use chrono::Duration;
use diesel_async::RunQueryDsl;
use gotit::types::ids::{ExchangeId, GroupId, InterestId, NetworkId, ThreadId};
use serde_json::{Value, json};

use crate::support::{Group, TestApp};

/// St Mary's has forty folding chairs, Hanley Food Bank would like some.
pub struct Pair {
    pub app: TestApp,
    pub network: NetworkId,
    pub giver: Group,
    pub receiver: Group,
    pub offer: String,
}

/// An interest or an exchange, and where it is talked about.
#[derive(Debug, Clone)]
pub struct Talk {
    pub id: String,
    pub thread: String,
}

impl Talk {
    pub fn messages(&self) -> String {
        format!("/v1/threads/{}/messages", self.thread)
    }

    pub fn contact(&self) -> String {
        format!("/v1/exchanges/{}/contact", self.id)
    }
}

#[derive(diesel::QueryableByName)]
struct Text {
    #[diesel(sql_type = diesel::sql_types::Text)]
    text: String,
}

impl Pair {
    pub async fn start() -> Self {
        let app = TestApp::start().await;
        let network = app.network("stoke").await;
        let (giver, receiver) = (app.group(network, "St Mary's").await, app.group(network, "Hanley Food Bank").await);
        let offer = post(&giver, json!({"kind": "offer", "title": "Forty folding chairs", "category": "seating", "quantity": 40})).await;
        Self { app, network, giver, receiver, offer }
    }

    /// The receiver is interested in the offer. `state` is open, declined or withdrawn.
    pub async fn interest(&self, state: &str) -> Talk {
        self.interest_in(&self.offer, &self.receiver, state).await
    }

    /// A group is interested in an offer of the giver.
    pub async fn interest_in(&self, listing: &str, group: &Group, state: &str) -> Talk {
        let (id, thread) = (InterestId::new(), self.thread(self.giver.id, group.id).await);
        let (now, owner) = (self.app.now().to_rfc3339(), self.giver.id);
        let answered = if state == "open" { "null".to_owned() } else { format!("'{now}'") };
        let sql = format!(
            "insert into interests (id, listing_id, listing_kind, owner_group_id, group_id, thread_id, quantity, message, state, end_reason, created_by, created_at, answered_at, updated_at)
             values ('{id}', '{listing}', 'offer', '{owner}', '{}', '{thread}', 10, 'For our hall', '{state}',
               case '{state}' when 'declined' then 'not_chosen' when 'withdrawn' then 'taken_back' end, '{}', '{now}', {answered}, '{now}')",
            group.id, group.owner.id
        );
        self.app.sql(&sql).await;
        Talk { id: id.to_string(), thread: thread.to_string() }
    }

    /// An exchange of ten of the offered chairs in a state, proposed by the receiver.
    pub async fn exchange(&self, state: &str) -> Talk {
        self.exchange_with(&self.receiver, state, "receiver").await
    }

    /// The same with another group, proposed by `giver`, `receiver` or `staff`.
    pub async fn exchange_with(&self, receiver: &Group, state: &str, by: &str) -> Talk {
        let (id, thread) = (ExchangeId::new(), self.thread(self.giver.id, receiver.id).await);
        let (now, offer, giver) = (self.app.now().to_rfc3339(), &self.offer, self.giver.id);
        let at = |states: &[&str]| if states.contains(&state) { format!("'{now}'") } else { "null".to_owned() };
        let ended = ["declined", "withdrawn", "cancelled", "no_show"].contains(&state);
        let agreed = at(&["accepted", "scheduled", "handed_over", "completed", "cancelled", "no_show"]);
        let sql = format!(
            "insert into exchanges (id, offer_id, giver_group_id, receiver_group_id, network_id, thread_id, title, resource_type, basis, quantity, requested, state,
               proposed_by, giver_agreed_at, receiver_agreed_at, message, scheduled_for, handed_over_at, completed_at, received_quantity, ended_by, end_reason,
               created_by, created_at, updated_at)
             values ('{id}', '{offer}', '{giver}', '{}', '{}', '{thread}', 'Forty folding chairs', 'thing', 'give', 10, 10, '{state}',
               '{by}', {agreed}, {agreed}, '', {}, {}, {}, {}, {}, {}, '{}', '{now}', '{now}')",
            receiver.id,
            self.network,
            at(&["scheduled"]),
            at(&["handed_over", "completed"]),
            at(&["completed"]),
            if state == "completed" { "10" } else { "null" },
            if ended { "'giver'" } else { "null" },
            if ended { "'not_chosen'" } else { "null" },
            receiver.owner.id,
        );
        self.app.sql(&sql).await;
        Talk { id: id.to_string(), thread: thread.to_string() }
    }

    async fn thread(&self, one: GroupId, other: GroupId) -> ThreadId {
        let (id, now) = (ThreadId::new(), self.app.now().to_rfc3339());
        let sql = format!(
            "insert into threads (id, created_at) values ('{id}', '{now}');
             insert into thread_groups (thread_id, group_id) values ('{id}', '{one}'), ('{id}', '{other}')"
        );
        self.app.sql(&sql).await;
        id
    }

    /// The first column of a statement, as texts.
    pub async fn texts(&self, select: &str) -> Vec<String> {
        let rows: Vec<Text> = diesel::sql_query(format!("select text::text from ({select}) as rows (text)"))
            .load(&mut *self.app.conn().await)
            .await
            .unwrap_or_else(|error| panic!("{error}: {select}"));
        rows.into_iter().map(|row| row.text).collect()
    }

    /// What a group has been told, in order: topic and reason.
    pub async fn told(&self, group: &Group) -> Vec<String> {
        let sql = "select n.topic || coalesce(' ' || (n.facts ->> 'reason'), '') from notices n join inboxes i on i.id = n.inbox_id";
        self.texts(&format!("{sql} where i.group_id = '{}' order by n.number", group.id)).await
    }

    /// Where an interest or an exchange stands, and why.
    pub async fn stands(&self, table: &str, talk: &Talk) -> String {
        let sql = format!("select state || coalesce(' ' || end_reason, '') from {table} where id = '{}'", talk.id);
        self.texts(&sql).await.remove(0)
    }

    /// Moves the clock on; the two owners get new tokens.
    pub fn wait(&mut self, by: Duration) {
        self.app.advance(by);
        self.giver.owner = self.app.back_again(&self.giver.owner);
        self.receiver.owner = self.app.back_again(&self.receiver.owner);
    }
}

/// Posts a listing and gives its id.
pub async fn post(group: &Group, listing: Value) -> String {
    group.owner.post(format!("/v1/groups/{}/listings", group.id), listing).await.expect(201).str("/id")
}
