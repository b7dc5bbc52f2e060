//! Inboxes on the wire.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Topic, WaitsFor,
    model::{Mailbox, Read, Waiting},
    stream::Ended,
    words,
};
use crate::{
    error::Result,
    http::{Cursor, Limit},
    types::{
        Fields, Refusal,
        fields::FieldError,
        ids::{ExchangeId, GroupId, InboxId, InterestId, ListingId, NetworkId, UserId},
    },
};

/// Which notices, and which page of them.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListInboxQuery {
    /// `true`: only those that you have not read.
    #[param(value_type = Option<bool>)]
    unread: Option<String>,
    /// Only those of this topic.
    #[param(value_type = Option<Topic>)]
    topic: Option<String>,
    /// Entries on a page, 1 to 100; 20 unless given.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Where a page ended: in each inbox the number below which to go on.
pub type Positions = Vec<(InboxId, i64)>;

/// What a list of notices is asked for.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Who asks.
    pub user: UserId,
    /// The group whose inbox it is; all of the person's otherwise.
    pub group: Option<GroupId>,
    /// Only unread ones.
    pub unread: bool,
    /// Only those of this topic.
    pub topic: Option<Topic>,
    /// How many.
    pub limit: Limit,
    /// Where the page before ended.
    pub after: Option<Positions>,
}

impl Listed {
    /// The cursor that goes on from there.
    pub fn cursor(&self, positions: Positions) -> String {
        Cursor::encode(&list_of(self.user, self.group, self.unread, self.topic), positions)
    }
}

fn list_of(user: UserId, group: Option<GroupId>, unread: bool, topic: Option<Topic>) -> impl Serialize {
    ("inbox", user, group, unread, topic)
}

impl ListInboxQuery {
    /// What is asked for, checked.
    pub fn parse(self, user: UserId, group: Option<GroupId>) -> Result<Listed> {
        let mut fields = Fields::query();
        let unread = fields.check_optional("unread", self.unread, |text| {
            text.parse::<bool>().map_err(|_not_one| Refusal::new("not_one_of", "Use one of: true, false."))
        });
        let topic = fields.check_optional("topic", self.topic, Topic::parse);
        let limit = fields.check_optional("limit", self.limit, Limit::parse);
        let (unread, topic, limit) = fields.finish(|| Some((unread?, topic?, limit?)))?;
        let unread = unread.unwrap_or_default();
        let after = self.cursor.map(|text| Cursor::decode(&list_of(user, group, unread, topic), &text)).transpose()?;
        Ok(Listed { user, group, unread, topic, limit: limit.unwrap_or_default(), after })
    }
}

/// A group, as a notice names it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = NoticeGroup, example = json!({"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e02", "name": "St Mary's Community Hall"}))]
pub struct GroupOut {
    /// Id of the group.
    pub id: GroupId,
    /// Its name now.
    pub name: String,
}

/// What a group or a person is told.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Notice, example = json!({
    "group_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e02", "number": 17, "topic": "interest_received",
    "sentence": "Burslem Food Bank would like \"Forty folding chairs\". Accept or decline.", "read": false,
    "listing_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "listing_ids": [], "interest_ids": [], "exchange_ids": [], "interest_id": "01980a8e-4d1e-7a52-9f8b-0c7d1e2f3a4b", "exchange_id": null,
    "other_group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e05", "name": "Burslem Food Bank"}, "created_at": "2026-11-22T09:30:00Z"
}))]
pub struct NoticeOut {
    /// The group whose inbox it is in; null in your own.
    #[schema(required)]
    pub group_id: Option<GroupId>,
    /// Counts up by one in each inbox.
    pub number: i64,
    /// What happened.
    #[schema(value_type = Topic)]
    pub topic: String,
    /// What happened, for people, with what things are called now.
    pub sentence: String,
    /// Whether you have read it.
    pub read: bool,
    /// The listing that it is about.
    #[schema(required)]
    pub listing_id: Option<ListingId>,
    /// The group's own listings that it is about, where it may be several.
    #[schema(value_type = Vec<ListingId>)]
    pub listing_ids: Vec<Value>,
    /// The interests that it is about, where it may be several.
    #[schema(value_type = Vec<InterestId>)]
    pub interest_ids: Vec<Value>,
    /// The exchanges that it is about, where it may be several.
    #[schema(value_type = Vec<ExchangeId>)]
    pub exchange_ids: Vec<Value>,
    /// The interest that it is about.
    #[schema(required)]
    pub interest_id: Option<InterestId>,
    /// The exchange that it is about.
    #[schema(required)]
    pub exchange_id: Option<ExchangeId>,
    /// The other group.
    #[schema(required)]
    pub other_group: Option<GroupOut>,
    /// When it happened.
    pub created_at: DateTime<Utc>,
}

impl NoticeOut {
    /// A notice as somebody sees it who has read the inbox up to `read_until`.
    pub fn of(notice: Read, read_until: i64) -> Self {
        Self {
            sentence: notice.sentence(),
            group_id: notice.group_id,
            number: notice.number,
            topic: notice.topic,
            read: notice.number <= read_until,
            listing_id: notice.listing_id,
            listing_ids: ids(&notice.facts, "listings"),
            interest_ids: ids(&notice.facts, "interests"),
            exchange_ids: ids(&notice.facts, "exchanges"),
            interest_id: notice.interest_id,
            exchange_id: notice.exchange_id,
            other_group: group_out(notice.other_group_id, notice.other_group_name),
            created_at: notice.created_at,
        }
    }
}

/// Ids among the facts of a notice.
fn ids(facts: &Value, name: &str) -> Vec<Value> {
    facts.get(name).and_then(Value::as_array).cloned().unwrap_or_default()
}

fn group_out(id: Option<GroupId>, name: Option<String>) -> Option<GroupOut> {
    id.zip(name).map(|(id, name)| GroupOut { id, name })
}

/// A page of notices, and how many of all are unread.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = InboxPage)]
pub struct InboxPageOut {
    /// The notices, newest first.
    pub items: Vec<NoticeOut>,
    /// Continue with `?cursor=` this, the other parameters unchanged; null on the last page.
    #[schema(required)]
    pub next_cursor: Option<String>,
    /// How many you have not read in the inboxes of this list, whatever the filters.
    pub unread: i64,
}

/// How far you have read your inboxes.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = InboxCounts, example = json!({"unread": 3, "inboxes": [
    {"group": null, "unread": 0, "read_until": 0, "last_number": 0},
    {"group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e02", "name": "St Mary's Community Hall"}, "unread": 3, "read_until": 14, "last_number": 17}
]}))]
pub struct CountsOut {
    /// How many you have not read in all of them.
    pub unread: i64,
    /// Your own inbox, then those of your groups by name.
    pub inboxes: Vec<InboxOut>,
}

/// How far you have read an inbox.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Inbox, example = json!({
    "group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e02", "name": "St Mary's Community Hall"}, "unread": 3, "read_until": 14, "last_number": 17
}))]
pub struct InboxOut {
    /// The group whose it is; null for your own.
    #[schema(required)]
    pub group: Option<GroupOut>,
    /// How many notices you have not read.
    pub unread: i64,
    /// Number of the last one that you have read.
    pub read_until: i64,
    /// Number of the last one.
    pub last_number: i64,
}

impl From<Mailbox> for InboxOut {
    fn from(mailbox: Mailbox) -> Self {
        Self {
            group: group_out(mailbox.group_id, mailbox.group_name),
            unread: mailbox.unread,
            read_until: mailbox.read_until,
            last_number: mailbox.last_number,
        }
    }
}

impl From<Vec<Mailbox>> for CountsOut {
    fn from(mailboxes: Vec<Mailbox>) -> Self {
        let unread = mailboxes.iter().map(|mailbox| mailbox.unread).sum();
        Self { unread, inboxes: mailboxes.into_iter().map(Into::into).collect() }
    }
}

/// How far you have read.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"until": 17}))]
pub struct ReadIn {
    /// Number of the last notice that you have read. A lower one than before changes nothing.
    #[schema(minimum = 0)]
    pub until: i64,
}

impl ReadIn {
    /// The number, or what is wrong with it. That it is not beyond the last one is checked where that is known.
    pub fn parse(self) -> Result<i64, Vec<FieldError>> {
        let mut fields = Fields::body();
        let until = fields.check("/until", if self.until < 0 { Err(beyond()) } else { Ok(self.until) });
        fields.finish(|| until)
    }
}

/// For a number that no notice has.
pub fn beyond() -> Refusal {
    Refusal::new("out_of_range", "Give the number of a notice that is there, at most last_number; 0 for none.")
}

/// What a stream of notices sends as the data of an event.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[schema(as = StreamedNotice)]
pub enum StreamOut {
    /// Of an event `notice`.
    Notice(Box<NoticeOut>),
    /// Of the event `end`, the last one.
    End {
        /// Why the stream ends.
        reason: Ended,
    },
}

/// Something that waits for a group.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ToDo, example = json!({
    "kind": "answer_interest", "sentence": "Burslem Food Bank waits for your answer about \"Forty folding chairs\". Accept or decline.",
    "words": null, "link": null,
    "listing_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "interest_id": "01980a8e-4d1e-7a52-9f8b-0c7d1e2f3a4b", "exchange_id": null, "network_id": null,
    "other_group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e05", "name": "Burslem Food Bank"}, "since": "2026-11-20T09:30:00Z", "due": "2026-11-27T09:30:00Z"
}))]
pub struct WaitingOut {
    /// What is to be done.
    pub kind: WaitsFor,
    /// The same, for people.
    pub sentence: String,
    /// What the coordinator asked for, in their words: of `change_group`.
    #[schema(required)]
    pub words: Option<String>,
    /// Where to POST that it is done, of what is between the group and a network.
    #[schema(required)]
    pub link: Option<String>,
    /// The listing.
    #[schema(required)]
    pub listing_id: Option<ListingId>,
    /// The interest.
    #[schema(required)]
    pub interest_id: Option<InterestId>,
    /// The exchange.
    #[schema(required)]
    pub exchange_id: Option<ExchangeId>,
    /// The network.
    #[schema(required)]
    pub network_id: Option<NetworkId>,
    /// The other group.
    #[schema(required)]
    pub other_group: Option<GroupOut>,
    /// Since when it waits.
    pub since: DateTime<Utc>,
    /// When it is answered for you, due back or over; null when it can wait.
    #[schema(required)]
    pub due: Option<DateTime<Utc>>,
}

impl WaitingOut {
    /// What waits for a group.
    pub fn of(group: GroupId, waiting: Waiting) -> Self {
        Self {
            sentence: words::to_do(waiting.kind, &waiting.title, waiting.other_group_name.as_deref(), waiting.due),
            link: waiting.network_id.and_then(|network| link(waiting.kind, group, network)),
            words: waiting.words,
            kind: waiting.kind,
            listing_id: waiting.listing_id,
            interest_id: waiting.interest_id,
            exchange_id: waiting.exchange_id,
            network_id: waiting.network_id,
            other_group: group_out(waiting.other_group_id, waiting.other_group_name),
            since: waiting.since,
            due: waiting.due,
        }
    }
}

/// Where a group says that it has done what a network waits for.
fn link(kind: WaitsFor, group: GroupId, network: NetworkId) -> Option<String> {
    let at = match kind {
        WaitsFor::AcceptRules => "ground-rules".to_owned(),
        WaitsFor::ChangeGroup => format!("networks/{network}/resubmit"),
        WaitsFor::ConfirmGroup => format!("networks/{network}/still-here"),
        WaitsFor::ConfirmAssistance => "assistance/confirm".to_owned(),
        _ => return None,
    };
    Some(format!("/v1/groups/{group}/{at}"))
}
