//! A small world with somebody in every role and something private of every sort.

use std::collections::BTreeMap;

use gotit::{
    accounts::passwords::Password,
    types::ids::{ExchangeId, FollowUpId, ThreadId, UserId},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::table::Row;
use crate::support::{Answer, CONTRACT, Client, Group, Person, TestApp};

/// What all accounts of the world have as their password.
const PASSWORD: &str = "kettle-harbour-violin";
/// Hashing takes its time by design, so it is done once.
static HASH: OnceCell<String> = OnceCell::const_new();

pub struct World {
    pub app: TestApp,
    callers: BTreeMap<&'static str, Client>,
    ids: BTreeMap<&'static str, String>,
}

impl World {
    /// A fresh one.
    pub async fn new() -> Self {
        let app = TestApp::start().await;
        let mut world = Self { callers: BTreeMap::from([("visitor", app.visitor())]), ids: BTreeMap::new(), app };
        world.add_people().await;
        world.add_private_things().await;
        let hash = HASH.get_or_init(|| async { world.app.state.passwords.hash(&Password::parse(PASSWORD).unwrap()).await.unwrap() }).await;
        world.app.sql(&format!("update users set password_hash = '{hash}'")).await;
        world
    }

    async fn add_people(&mut self) {
        let app = &self.app;
        let (network, foreign) = (app.network("stoke").await, app.network("leek").await);
        let (group, other) = (app.group(network, "St Mary's").await, app.group(network, "Etruria Bowls Club").await);
        let people = [
            ("stranger", app.person("Olwen").await),
            ("viewer", app.member(&group, "Vi", "viewer").await),
            ("editor", app.member(&group, "Edd", "editor").await),
            ("owner", group.owner.clone()),
            ("coordinator", app.staff(network, "Mair", "coordinator").await),
            ("broker", app.staff(network, "Bran", "broker").await),
            ("foreign_coordinator", app.staff(foreign, "Fflur", "coordinator").await),
            ("other_owner", other.owner.clone()),
            // Those who are only acted upon.
            ("member", app.member(&group, "Mo", "viewer").await),
            ("helper", app.staff(network, "Hari", "broker").await),
            ("nobody", app.person("Nia").await),
            ("waiting_owner", app.person("Sol").await),
            ("suspended_owner", app.person("Sal").await),
        ];
        for (name, Person { id, client, .. }) in people {
            self.name(name, id);
            self.callers.insert(name, client);
        }
        for (name, id) in [("network", network), ("foreign_network", foreign)] {
            self.name(name, id);
        }
        for (name, Group { id, .. }) in [("group", group), ("other_group", other)] {
            self.name(name, id);
        }
        for (name, slug) in [("category", "seating"), ("locality", "hanley-stoke-on-trent")] {
            self.name(name, slug);
        }
    }

    async fn add_private_things(&mut self) {
        let group = |name: &str| json!({"name": name, "locality": "hanley-stoke-on-trent", "network_id": self.id("network")});
        let waiting = self.by("waiting_owner").post("/v1/groups", group("Waiting")).await.expect(201).str("/id");
        let suspended = self.by("suspended_owner").post("/v1/groups", group("Suspended")).await.expect(201).str("/id");
        self.name("waiting_group", waiting);
        self.name("suspended_group", suspended);
        let invited = json!({"name": "Invited", "locality": "hanley-stoke-on-trent", "email": "invited@example.org"});
        let invited = self.by("coordinator").post(self.address("/v1/networks/<network>/group-invitations"), invited).await.expect(201);
        self.name("invited_group", invited.str("/group/id"));
        let decide = self.address("/v1/networks/<network>/groups/<suspended_group>");
        self.by("coordinator").post(format!("{decide}/approve"), json!({})).await.expect(200);
        self.by("coordinator").post(format!("{decide}/suspend"), json!({"reason": "Nobody answers."})).await.expect(200);
        let chairs = |kind: &str| json!({"kind": kind, "title": "Folding chairs", "category": "seating"});
        self.add_listing("listing", ("owner", "group"), "", chairs("offer")).await;
        self.add_listing("draft", ("owner", "group"), "?draft=true", chairs("offer")).await;
        self.add_listing("wanted", ("other_owner", "other_group"), "", chairs("want")).await;
        self.add_listing("dismissed", ("other_owner", "other_group"), "", chairs("want")).await;
        self.add_listing("other_draft", ("other_owner", "other_group"), "?draft=true", chairs("want")).await;
        self.add_listing("other_draft_offer", ("other_owner", "other_group"), "?draft=true", chairs("offer")).await;
        self.add_listing("waiting_listing", ("waiting_owner", "waiting_group"), "", chairs("want")).await;
        let dismissal = self.address("/v1/listings/<listing>/dismissals/<dismissed>");
        self.by("owner").put(dismissal, Value::Null).await.expect(204);
        let interested = json!({"group_id": self.id("other_group"), "message": "For our lunches."});
        let interest = self.by("other_owner").post(self.address("/v1/listings/<listing>/interests"), interested).await.expect(201);
        self.name("interest", interest.str("/id"));
        self.add_invitation("invitation", "strangers_code", ("owner", "group"), "olwen@example.org").await;
        self.add_invitation("other_invitation", "other_code", ("other_owner", "other_group"), "nia@example.org").await;
        self.add_agreed_exchange().await;
        let sessions = self.by("nobody").get("/v1/sessions").await.expect(200);
        self.name("session", sessions.str("/items/0/id"));
        self.add_exchanges().await;
        self.add_assisted_groups().await;
        self.add_reports().await;
        self.add_moderation().await;
    }

    /// Two groups that the network's staff act for: one that nobody is in, and one of the other owner's.
    async fn add_assisted_groups(&mut self) {
        let (network, owner) = (self.id("network").to_owned(), self.id("other_owner").to_owned());
        let (assisted, follow_up) = (self.app.group(network.parse().unwrap(), "Assisted").await, FollowUpId::new());
        let helped = self.app.group(network.parse().unwrap(), "Helped").await;
        self.app
            .sql(&format!(
                "delete from memberships where group_id in ('{0}', '{1}');
                 insert into memberships (group_id, user_id, role, created_at) values ('{1}', '{owner}', 'owner', now());
                 insert into assisted_groups (group_id, network_id, way, contact, consent_given, consent_words, consent_at, recorded_at, state, begun_at)
                   select id, '{network}', 'call', '01782 000 111', 'spoken', 'Please do.', now(), now(), 'begun', now() from groups where id in ('{0}', '{1}');
                 insert into follow_ups (id, network_id, group_id, topic, due_at, made_at) values ('{follow_up}', '{network}', '{0}', 'call_back', now(), now())",
                assisted.id, helped.id
            ))
            .await;
        self.name("assisted_group", assisted.id);
        self.name("helped_group", helped.id);
        self.name("follow_up", follow_up);
    }

    /// A report with what waits in the queue because of it, a worry about somebody's safety, and a complaint. A helper is the lead.
    async fn add_reports(&mut self) {
        for name in ["report_item", "flag", "complaint", "message"] {
            self.name(name, uuid::Uuid::now_v7());
        }
        self.name("report_code", "K7M2XW9P4T3B");
        self.name("complaint_code", "W8PJ4TQ2XK7M");
        let report = json!({"listing_id": self.id("wanted"), "reason": "misleading"});
        self.by("nobody").post("/v1/reports", report).await.expect(201);
        let sql = "
            update reports set code = '<report_code>';
            update queue_items set id = '<report_item>' where kind = 'report';
            update networks set safeguarding_lead = '<helper>' where id = '<network>';
            insert into safeguarding_flags (id, code, network_id, words, made_at) values ('<flag>', 'Q3ZD8VHK2N5C', '<network>', 'Somebody is afraid.', now());
            insert into complaints (id, code, network_id, about, words, made_at, acknowledged_at, answer_by)
              values ('<complaint>', '<complaint_code>', '<network>', 'staff', 'Nobody answers.', now(), now(), now() + interval '28 days');
            insert into messages (id, thread_id, group_id, network_id, body, created_at)
              values ('<message>', '<thread>', '<other_group>', '<network>', 'Hurry up.', now())";
        self.app.sql(&self.address(sql)).await;
    }

    /// Something that waits, an edit, decisions about the group that are final and that can be undone, an appeal and a standard reply.
    async fn add_moderation(&mut self) {
        for name in [
            "item",
            "edit",
            "edit_item",
            "decided_item",
            "decision",
            "fresh_item",
            "fresh_decision",
            "appealed_item",
            "appealed",
            "appeal",
            "reply",
        ] {
            self.name(name, uuid::Uuid::now_v7());
        }
        let decided = |item: &str, decision: &str, when: &str| {
            format!(
                "insert into queue_items (id, network_id, kind, subject_id, listing_id, group_id, opened_at, due_at, state, closed_at)
                   values ('<{item}>', '<network>', 'listing', '<listing>', '<listing>', '<group>', now(), now(), 'decided', now());
                 insert into decisions (id, queue_item_id, network_id, listing_id, group_id, deed, reason, decided_by, decided_at, final_at, told_at)
                   values ('<{decision}>', '<{item}>', '<network>', '<listing>', '<group>', 'hold', 'duplicate', '<nobody>', now(), {when});"
            )
        };
        let sql = [
            "delete from queue_items where listing_id = '<listing>' and state = 'waiting';
             insert into queue_items (id, network_id, kind, subject_id, listing_id, group_id, opened_at, due_at)
               values ('<item>', '<network>', 'listing', '<listing>', '<listing>', '<group>', now(), now() + interval '1 day'),
                      ('<edit_item>', '<network>', 'edit', '<edit>', '<listing>', '<group>', now(), now() + interval '1 day');
             insert into listing_edits (id, listing_id, network_id, changes, before, applied, made_at)
               values ('<edit>', '<listing>', '<network>', '{\"title\": \"Stools\"}', '{\"title\": \"Folding chairs\"}', false, now());
             insert into standard_replies (id, network_id, name, words, created_at, updated_at)
               values ('<reply>', '<network>', 'Hello', 'Hello', now(), now());",
            &decided("decided_item", "decision", "now() - interval '1 second', now()"),
            &decided("fresh_item", "fresh_decision", "now() + interval '1 day', null")
                .replace("'listing', '<listing>',", "'report', '<listing>',"),
            &decided("appealed_item", "appealed", "now() - interval '1 second', now()"),
            "insert into appeals (id, decision_id, first_decider, network_id, group_id, words, made_at)
               values ('<appeal>', '<appealed>', '<nobody>', '<network>', '<group>', 'No.', now());",
        ];
        self.app.sql(&self.address(&sql.concat())).await;
    }

    /// Exchanges between the group, which gives, and another one that nobody of the table is in.
    async fn add_exchanges(&mut self) {
        let partner = self.app.group(self.id("network").parse().unwrap(), "Partner").await.id;
        self.name("soon", (self.app.now() + chrono::Duration::days(1)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true));
        let agreed = "giver_agreed_at = now(), receiver_agreed_at = now()";
        let over = "handed_over_at = now(), receiver_quantity = 1";
        let done = "giver_quantity = 1, received_quantity = 1, completed_at = now()";
        let states = [
            ("asked_exchange", "proposed_by = 'receiver', receiver_agreed_at = now()".to_owned()),
            ("own_exchange", "proposed_by = 'giver', giver_agreed_at = now()".to_owned()),
            ("pair_exchange", "proposed_by = 'staff'".to_owned()),
            ("agreed_exchange", format!("state = 'accepted', {agreed}")),
            ("past_exchange", format!("state = 'scheduled', {agreed}, scheduled_for = now() - interval '1 hour'")),
            ("handed_exchange", format!("state = 'handed_over', {agreed}, {over}")),
            ("lent_exchange", format!("state = 'completed', basis = 'lend', {agreed}, {over}, {done}")),
        ];
        let chairs = json!({"kind": "offer", "title": "Folding chairs", "category": "seating", "quantity": 40});
        self.add_listing("exchanged", ("owner", "group"), "", chairs).await;
        let (group, network, offer) = (self.id("group").to_owned(), self.id("network").to_owned(), self.id("exchanged").to_owned());
        let mut sql = String::new();
        for (name, state) in states {
            let id = ExchangeId::new();
            sql += &format!(
                "insert into threads (id, created_at) values ('{id}', now());
                 insert into thread_groups (thread_id, group_id) values ('{id}', '{group}'), ('{id}', '{partner}');
                 insert into exchanges (id, offer_id, giver_group_id, receiver_group_id, network_id, thread_id, title, resource_type, basis, quantity, requested,
                     state, proposed_by, message, created_at, updated_at)
                   values ('{id}', '{offer}', '{group}', '{partner}', '{network}', '{id}', 'Folding chairs', 'thing', 'give', 1, 1, 'proposed', 'staff', '', now(), now());
                 update exchanges set {state} where id = '{id}';"
            );
            self.name(name, id);
        }
        self.app.sql(&sql).await;
    }

    /// An agreed exchange of the listing with the other group, and where they talk about it.
    async fn add_agreed_exchange(&mut self) {
        let stools = json!({"kind": "offer", "title": "Stacking stools", "category": "seating", "quantity": 2});
        self.add_listing("stools", ("owner", "group"), "", stools).await;
        self.name("thread", ThreadId::new());
        self.name("agreed", ExchangeId::new());
        let sql = "
            insert into threads (id, created_at) values ('<thread>', now());
            insert into thread_groups (thread_id, group_id) values ('<thread>', '<group>'), ('<thread>', '<other_group>');
            insert into exchanges (id, offer_id, giver_group_id, receiver_group_id, network_id, thread_id, title, resource_type, basis, quantity, requested,
                state, proposed_by, giver_agreed_at, receiver_agreed_at, message, created_at, updated_at)
              select '<agreed>', id, group_id, '<other_group>', network_id, '<thread>', title, 'thing', 'give', 1, 1,
                'accepted', 'receiver', now(), now(), '', now(), now()
              from listings where id = '<stools>'";
        self.app.sql(&self.address(sql)).await;
    }

    async fn add_listing(&mut self, name: &'static str, (who, group): (&str, &str), query: &str, listing: Value) {
        let address = format!("/v1/groups/{}/listings{query}", self.id(group));
        let answer = self.by(who).post(address, listing).await.expect(201);
        self.name(name, answer.str("/id"));
        if name == "draft" {
            self.name("draft_code", answer.str("/code"));
        }
    }

    async fn add_invitation(&mut self, name: &'static str, code: &'static str, (who, group): (&str, &str), email: &str) {
        let address = format!("/v1/groups/{}/invitations", self.id(group));
        let answer = self.by(who).post(address, json!({"email": email, "role": "viewer"})).await.expect(201);
        self.name(name, answer.str("/id"));
        self.name(code, answer.str("/code"));
    }

    fn name(&mut self, name: &'static str, id: impl ToString) {
        self.ids.insert(name, id.to_string());
    }

    pub fn id(&self, name: &str) -> &str {
        self.ids.get(name).unwrap_or_else(|| panic!("the world has no {name}"))
    }

    pub fn by(&self, caller: &str) -> Client {
        self.callers.get(caller).unwrap_or_else(|| panic!("the world has no {caller}")).clone()
    }

    /// The person's id, for statements of tests.
    pub fn user(&self, name: &str) -> UserId {
        self.id(name).parse().unwrap()
    }

    /// A text with each `<name>` replaced by what has that name here.
    pub fn address(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("<{name}>"), id))
    }

    /// Calls an operation of the table, at its own address or another one.
    pub async fn call(&self, client: &Client, row: &Row, at: &str) -> Answer {
        let (method, operation) = operation_of(row);
        let named = operation["parameters"].as_array().into_iter().flatten().any(|parameter| parameter["name"] == "If-Match");
        let client = if named { client.with("if-match", "*") } else { client.clone() };
        let body = (!row.body.is_empty()).then(|| serde_json::from_str(&self.address(row.body)).unwrap());
        client.send(method, &self.address(at), body).await
    }
}

/// The operation of the contract that a row is about, with its method.
pub fn operation_of(row: &Row) -> (Method, Value) {
    let found = CONTRACT.operations().into_iter().find(|(_, _, operation)| operation["operationId"] == row.operation);
    let (method, path, operation) = found.unwrap_or_else(|| panic!("the contract has no {}", row.operation));
    let address = row.at.split('?').next().unwrap();
    assert_eq!(CONTRACT.template(address, &method).as_ref(), Some(&path), "{} is not at {address}", row.operation);
    (method.parse().unwrap(), operation)
}
