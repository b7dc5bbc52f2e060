//! Threads and messages on the wire.

pub mod contacts;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    model::{Message, Summary},
    permissions::Insider,
};
use crate::types::{
    Fields,
    fields::FieldError,
    ids::{ExchangeId, GroupId, InterestId, ListingId, MessageId, ThreadId},
    text::MessageBody,
    time::parse_time,
};

/// A message to the other group.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"body": "Could we come on Tuesday after ten? There will be two of us with a van."}))]
pub struct MessageIn {
    /// Plain text, 1 to 2,000 characters.
    #[schema(min_length = 1, max_length = 2000)]
    body: String,
    /// The group that writes; needed only by who belongs to both.
    #[serde(default)]
    group_id: Option<GroupId>,
}

impl MessageIn {
    /// The checked words, and the group that was named.
    pub fn parse(self) -> Result<(MessageBody, Option<GroupId>), Vec<FieldError>> {
        let mut fields = Fields::body();
        let body = fields.check("/body", MessageBody::parse(self.body));
        fields.finish(|| Some((body?, self.group_id)))
    }
}

/// How far a thread was read.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ThreadReadIn, example = json!({"until": "2026-11-22T09:30:00.123456Z"}))]
pub struct ReadIn {
    /// Time of the latest message that was read; now when null or left out.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    until: Option<String>,
}

impl ReadIn {
    /// The checked time, if one was given.
    pub fn parse(self) -> Result<Option<DateTime<Utc>>, Vec<FieldError>> {
        let mut fields = Fields::body();
        let until = fields.check_optional("/until", self.until, parse_time);
        fields.finish(|| until)
    }
}

/// One of the two groups of a thread.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ThreadGroup)]
pub struct ThreadGroupOut {
    /// Its id.
    pub id: GroupId,
    /// Its name.
    pub name: String,
}

/// A message.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Message, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e41", "group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e02", "name": "St Mary's Community Hall"}, "ours": true,
    "sender_name": "Olwen Price", "body": "Could we come on Tuesday after ten? There will be two of us with a van.", "created_at": "2026-11-22T09:30:00Z"
}))]
pub struct MessageOut {
    /// UUIDv7.
    id: MessageId,
    /// The group that wrote it.
    group: ThreadGroupOut,
    /// Whether that is a group of yours.
    ours: bool,
    /// Who wrote it, for members of the same group; null for the others, and when that person has left.
    #[schema(required)]
    sender_name: Option<String>,
    /// The words: plain text.
    body: String,
    /// When it was written (UTC).
    created_at: DateTime<Utc>,
}

impl MessageOut {
    /// A message as a person sees it.
    pub fn of(message: Message, person: &Insider) -> Self {
        let ours = person.is_of(message.group_id);
        Self {
            id: message.id,
            group: ThreadGroupOut { id: message.group_id, name: message.group_name },
            ours,
            sender_name: message.sender_name.filter(|_| ours),
            body: message.body,
            created_at: message.created_at,
        }
    }
}

/// The listing that a thread is about.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ThreadListing)]
pub struct ThreadListingOut {
    /// Its id.
    id: ListingId,
    /// What it is; null while its network has not approved what it says.
    #[schema(required)]
    title: Option<String>,
}

/// A thread, as one of its groups sees it.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Thread, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e40", "listing": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "title": "Forty folding chairs"},
    "interest_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e50", "exchange_id": null,
    "other_group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e05", "name": "Hanley Food Bank"}, "last_message_at": "2026-11-22T09:30:00Z", "unread": 2,
    "created_at": "2026-11-21T17:00:00Z"
}))]
pub struct ThreadOut {
    /// Its messages are at `/v1/threads/{id}/messages`.
    id: ThreadId,
    /// What it is about; null when that is not known.
    #[schema(required)]
    listing: Option<ThreadListingOut>,
    /// The interest that it is about, if any.
    #[schema(required)]
    interest_id: Option<InterestId>,
    /// The exchange that it is about, if any.
    #[schema(required)]
    exchange_id: Option<ExchangeId>,
    /// The other group.
    other_group: ThreadGroupOut,
    /// When something was last written (UTC); null while nothing was.
    #[schema(required)]
    last_message_at: Option<DateTime<Utc>>,
    /// Messages of the other group that this one has not read.
    unread: i64,
    /// When it began (UTC).
    created_at: DateTime<Utc>,
}

impl From<Summary> for ThreadOut {
    fn from(thread: Summary) -> Self {
        Self {
            id: thread.id,
            listing: thread.listing_id.map(|id| ThreadListingOut { id, title: thread.title }),
            interest_id: thread.interest_id,
            exchange_id: thread.exchange_id,
            other_group: ThreadGroupOut { id: thread.other_id, name: thread.other_name },
            last_message_at: thread.last_message_at,
            unread: thread.unread,
            created_at: thread.created_at,
        }
    }
}
