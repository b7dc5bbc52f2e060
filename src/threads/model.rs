//! Rows of threads, messages and contact details. Those with somebody's words or details do not print.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};

use crate::{
    exchanges::State,
    listings::Basis,
    schema::{contact_reveals, exchanges, groups, messages, users},
    types::ids::{ExchangeId, GroupId, InterestId, ListingId, MessageId, NetworkId, ThreadId},
};

/// What a thread is about.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The listing, if any.
    pub listing: Option<ListingId>,
    /// The interest, if any.
    pub interest: Option<InterestId>,
    /// The exchange, if any.
    pub exchange: Option<ExchangeId>,
    /// The network: that of the exchange, or of the listing while there is none.
    pub network: NetworkId,
    /// When it ended; none while it goes on.
    pub ended_at: Option<DateTime<Utc>>,
}

/// What of an exchange says whether it is over.
#[derive(Debug, Clone, Copy, Queryable, Selectable)]
#[diesel(table_name = exchanges)]
pub struct ExchangeEnd {
    /// Where it stands.
    pub state: State,
    /// On what terms.
    pub basis: Basis,
    /// When it was completed.
    pub completed_at: Option<DateTime<Utc>>,
    /// When a loan is due back.
    pub return_by: Option<DateTime<Utc>>,
    /// When it came back.
    pub returned_at: Option<DateTime<Utc>>,
    /// When it last changed: when it ended, if it ended before completion.
    pub updated_at: DateTime<Utc>,
}

/// A message with the names of who wrote it.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = messages)]
pub struct Message {
    /// UUIDv7.
    pub id: MessageId,
    /// The group that wrote it.
    pub group_id: GroupId,
    /// The words.
    pub body: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// What the group is called.
    #[diesel(select_expression = groups::name)]
    pub group_name: String,
    /// What the person is called who wrote it, unless they have left.
    #[diesel(select_expression = users::name.nullable())]
    pub sender_name: Option<String>,
}

/// A thread as one of its groups finds it in its list.
#[derive(Debug, Clone, QueryableByName)]
pub struct Summary {
    /// UUIDv7.
    #[diesel(sql_type = sql_types::Uuid)]
    pub id: ThreadId,
    /// When it began.
    #[diesel(sql_type = sql_types::Timestamptz)]
    pub created_at: DateTime<Utc>,
    /// When something was last written; none yet.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Timestamptz>)]
    pub last_message_at: Option<DateTime<Utc>>,
    /// Messages of the other group that this one has not read.
    #[diesel(sql_type = sql_types::BigInt)]
    pub unread: i64,
    /// The other group.
    #[diesel(sql_type = sql_types::Uuid)]
    pub other_id: GroupId,
    /// What it is called.
    #[diesel(sql_type = sql_types::Text)]
    pub other_name: String,
    /// The interest that it is about.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Uuid>)]
    pub interest_id: Option<InterestId>,
    /// The exchange that it is about.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Uuid>)]
    pub exchange_id: Option<ExchangeId>,
    /// The listing that it is about.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Uuid>)]
    pub listing_id: Option<ListingId>,
    /// What that is, if the group may know it.
    #[diesel(sql_type = sql_types::Nullable<sql_types::Text>)]
    pub title: Option<String>,
}

impl Summary {
    /// When it last moved: by which threads are listed.
    pub fn moved_at(&self) -> DateTime<Utc> {
        self.last_message_at.unwrap_or(self.created_at)
    }
}

/// Contact details that a group shows.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = contact_reveals)]
pub struct Reveal {
    /// The group that shows them.
    pub group_id: GroupId,
    /// Whom to ask for.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// When they were shown.
    pub created_at: DateTime<Utc>,
    /// What the group is called.
    #[diesel(select_expression = groups::name)]
    pub group_name: String,
}
