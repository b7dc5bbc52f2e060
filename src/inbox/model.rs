//! Rows of inboxes.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as sql};
use serde_json::Value;

use super::{
    Topic,
    words::{self, About},
};
use crate::{
    listings::Kind,
    types::ids::{ExchangeId, GroupId, InboxId, InterestId, ListingId, NetworkId, SessionId, UserId},
};

/// A notice with what its words are made of.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct Read {
    /// The inbox.
    #[diesel(sql_type = sql::Uuid)]
    pub inbox_id: InboxId,
    /// The group whose inbox it is; none for a person's own.
    #[diesel(sql_type = sql::Nullable<sql::Uuid>)]
    pub group_id: Option<GroupId>,
    /// Number in its inbox.
    #[diesel(sql_type = sql::BigInt)]
    pub number: i64,
    /// What happened: a [`Topic`], or a word of a newer program on the same database, which must not stop anybody from reading the rest.
    #[diesel(sql_type = sql::Text)]
    pub topic: String,
    /// The listing that it is about.
    #[diesel(sql_type = sql::Nullable<sql::Uuid>)]
    pub listing_id: Option<ListingId>,
    /// The interest that it is about.
    #[diesel(sql_type = sql::Nullable<sql::Uuid>)]
    pub interest_id: Option<InterestId>,
    /// The exchange that it is about.
    #[diesel(sql_type = sql::Nullable<sql::Uuid>)]
    pub exchange_id: Option<ExchangeId>,
    /// The other group.
    #[diesel(sql_type = sql::Nullable<sql::Uuid>)]
    pub other_group_id: Option<GroupId>,
    /// What else is known.
    #[diesel(sql_type = sql::Jsonb)]
    pub facts: Value,
    /// When it happened.
    #[diesel(sql_type = sql::Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// Title of the listing as it is now, if the reader may know it, or else of the exchange as it was proposed.
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    pub title: Option<String>,
    /// Kind of the listing.
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    pub kind: Option<Kind>,
    /// Name of the other group, as it is now.
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    pub other_group_name: Option<String>,
}

impl Read {
    /// What happened, in words.
    pub fn sentence(&self) -> String {
        let title = self.title.as_deref();
        let Ok(topic) = Topic::parse(&self.topic) else { return words::of_unknown(title) };
        words::sentence(&About { topic, title, kind: self.kind, other: self.other_group_name.as_deref(), facts: &self.facts })
    }
}

/// An inbox that a person reads.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Mailbox {
    /// Its id; none when nothing has come into it yet.
    #[diesel(sql_type = sql::Nullable<sql::Uuid>)]
    pub id: Option<InboxId>,
    /// The group whose it is; none for the person's own.
    #[diesel(sql_type = sql::Nullable<sql::Uuid>)]
    pub group_id: Option<GroupId>,
    /// Name of that group.
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    pub group_name: Option<String>,
    /// Number of its last notice.
    #[diesel(sql_type = sql::BigInt)]
    pub last_number: i64,
    /// Number of the last notice that the person has read.
    #[diesel(sql_type = sql::BigInt)]
    pub read_until: i64,
    /// How many the person has not read.
    #[diesel(sql_type = sql::BigInt)]
    pub unread: i64,
}

/// An inbox as a live stream sees it, for the session that the stream belongs to.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Watched {
    /// The person.
    #[diesel(sql_type = sql::Uuid)]
    pub user_id: UserId,
    /// The person's session, which lives.
    #[diesel(sql_type = sql::Uuid)]
    pub session_id: SessionId,
    /// The inbox; none when nothing has come into it yet.
    #[diesel(sql_type = sql::Nullable<sql::Uuid>)]
    pub inbox_id: Option<InboxId>,
    /// The group whose it is; none for the person's own.
    #[diesel(sql_type = sql::Nullable<sql::Uuid>)]
    pub group_id: Option<GroupId>,
    /// Number of its last notice.
    #[diesel(sql_type = sql::BigInt)]
    pub last_number: i64,
    /// Number of the last notice that the person has read.
    #[diesel(sql_type = sql::BigInt)]
    pub read_until: i64,
    /// Number of the last notice from before the person joined the group; none when that is longer ago than was asked for.
    #[diesel(sql_type = sql::Nullable<sql::BigInt>)]
    pub before_joining: Option<i64>,
}

/// Something that waits for a group.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct Waiting {
    /// What is to be done.
    #[diesel(sql_type = sql::Text)]
    pub kind: super::WaitsFor,
    /// What it is: the id of the interest, the exchange, the listing or the network.
    #[diesel(sql_type = sql::Uuid)]
    pub id: uuid::Uuid,
    /// The listing.
    #[diesel(sql_type = sql::Nullable<sql::Uuid>)]
    pub listing_id: Option<ListingId>,
    /// The interest.
    #[diesel(sql_type = sql::Nullable<sql::Uuid>)]
    pub interest_id: Option<InterestId>,
    /// The exchange.
    #[diesel(sql_type = sql::Nullable<sql::Uuid>)]
    pub exchange_id: Option<ExchangeId>,
    /// The network.
    #[diesel(sql_type = sql::Nullable<sql::Uuid>)]
    pub network_id: Option<NetworkId>,
    /// The other group.
    #[diesel(sql_type = sql::Nullable<sql::Uuid>)]
    pub other_group_id: Option<GroupId>,
    /// Its name.
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    pub other_group_name: Option<String>,
    /// Title of the listing or the exchange, or name of the network.
    #[diesel(sql_type = sql::Text)]
    pub title: String,
    /// What a coordinator has asked for.
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    pub words: Option<String>,
    /// Since when it waits.
    #[diesel(sql_type = sql::Timestamptz)]
    pub since: DateTime<Utc>,
    /// When it is too late, if ever.
    #[diesel(sql_type = sql::Nullable<sql::Timestamptz>)]
    pub due: Option<DateTime<Utc>>,
    /// What it is sorted by: when it is due, or should be done.
    #[diesel(sql_type = sql::Timestamptz)]
    pub urgency: DateTime<Utc>,
}

/// Whom a notice is mailed to, and what is said there.
#[derive(Debug, Clone)]
pub struct ToMail {
    /// The address.
    pub email: String,
    /// The group it is for; none for the person's own.
    pub group_name: Option<String>,
    /// What happened, in words.
    pub sentence: String,
    /// Whether the person has read it meanwhile.
    pub is_read: bool,
    /// Whether it is about something that fitted and can be found no more.
    pub has_gone: bool,
}
