//! Rows of assisted groups and of the call list.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as sql};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{AssistanceState, ConsentGiven, Way};
use crate::{
    schema::assisted_groups,
    types::ids::{ExchangeId, FollowUpId, GroupId, InboxId, ListingId, NetworkId, UserId},
};

/// How to reach a group that is not online, and what it agreed to. Personal data: never logged, so there is no `Debug`.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = assisted_groups)]
pub struct Assistance {
    /// The group.
    pub group_id: GroupId,
    /// The network whose staff act for it.
    pub network_id: NetworkId,
    /// How to reach it.
    pub way: Way,
    /// The number, address or helper by which it is reached.
    pub contact: String,
    /// How it agreed.
    pub consent_given: ConsentGiven,
    /// What it agreed to, and who said so.
    pub consent_words: String,
    /// When it agreed.
    pub consent_at: DateTime<Utc>,
    /// Who recorded that.
    pub recorded_by: Option<Uuid>,
    /// When that was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Whether staff act for it.
    pub state: AssistanceState,
    /// Since when they do.
    pub begun_at: Option<DateTime<Utc>>,
}

impl Assistance {
    /// What of it records may keep: neither how to reach the group nor any words.
    pub fn for_records(&self) -> Value {
        json!({"way": self.way, "consent_given": self.consent_given, "consent_at": self.consent_at, "state": self.state})
    }
}

/// What is to be recorded of it, checked.
#[derive(Clone)]
pub struct Consent {
    /// How to reach it.
    pub way: Way,
    /// The number, address or helper.
    pub contact: String,
    /// How it agreed.
    pub given: ConsentGiven,
    /// What it agreed to, and who said so.
    pub words: String,
    /// When it agreed.
    pub at: DateTime<Utc>,
}

/// A person of the staff, or of the group itself, who does something, in which network, and when.
#[derive(Debug, Clone, Copy)]
pub struct Helper {
    /// The person.
    pub user: UserId,
    /// As what.
    pub role: &'static str,
    /// The network that the person works for.
    pub network: NetworkId,
    /// Now.
    pub now: DateTime<Utc>,
}

/// An entry of the call list, with what it takes to make the call. There is no `Debug`, as it says how to reach the group.
#[derive(Clone, QueryableByName)]
pub struct FollowUp {
    /// UUIDv7.
    #[diesel(sql_type = sql::Uuid)]
    pub id: FollowUpId,
    /// Whom to call.
    #[diesel(sql_type = sql::Uuid)]
    pub group_id: GroupId,
    /// What the group is called.
    #[diesel(sql_type = sql::Text)]
    pub group_name: String,
    /// How to reach it; none when it no longer agrees to that.
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    pub way: Option<Way>,
    /// The number, address or helper.
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    pub contact: Option<String>,
    /// The topic of the notice, or [`super::rules::CALL_BACK`].
    #[diesel(sql_type = sql::Text)]
    pub topic: String,
    /// The listing that it is about.
    #[diesel(sql_type = sql::Nullable<sql::Uuid>)]
    pub listing_id: Option<ListingId>,
    /// The exchange that it is about.
    #[diesel(sql_type = sql::Nullable<sql::Uuid>)]
    pub exchange_id: Option<ExchangeId>,
    /// Title of the listing, or else of the exchange.
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    pub title: Option<String>,
    /// By when.
    #[diesel(sql_type = sql::Timestamptz)]
    pub due_at: DateTime<Utc>,
    /// When it was put on the list.
    #[diesel(sql_type = sql::Timestamptz)]
    pub made_at: DateTime<Utc>,
    /// When it was done.
    #[diesel(sql_type = sql::Nullable<sql::Timestamptz>)]
    pub done_at: Option<DateTime<Utc>>,
    /// Who did it.
    #[diesel(sql_type = sql::Nullable<sql::Uuid>)]
    pub done_by: Option<Uuid>,
    /// What came of it.
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    pub note: Option<String>,
    /// The group's inbox, where the last notice about this is.
    #[diesel(sql_type = sql::Nullable<sql::Uuid>)]
    pub inbox_id: Option<InboxId>,
    /// The number of that notice.
    #[diesel(sql_type = sql::Nullable<sql::BigInt>)]
    pub number: Option<i64>,
}

/// Part of the call list.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct CallFilter {
    /// What has been done, the latest first, instead of what is to be done.
    pub done: bool,
    /// Only what is due until then.
    pub due: Option<DateTime<Utc>>,
    /// Only of this group.
    pub group: Option<GroupId>,
}
