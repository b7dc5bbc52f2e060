//! Rows of interests.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{EndReason, State};
use crate::{
    listings::Kind,
    schema::interests,
    types::ids::{GroupId, InterestId, ListingId, ThreadId, UserId},
};

/// An interest as it is stored.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = interests)]
pub struct Interest {
    /// UUIDv7.
    pub id: InterestId,
    /// What it is about.
    pub listing_id: ListingId,
    /// Kind of that listing.
    pub listing_kind: Kind,
    /// Whose listing it is: who answers.
    pub owner_group_id: GroupId,
    /// The group that is interested.
    pub group_id: GroupId,
    /// Its own listing that this is about.
    pub with_listing_id: Option<ListingId>,
    /// Where the two talk about it.
    pub thread_id: ThreadId,
    /// How many it asks for or could give.
    pub quantity: i32,
    /// A few words to the owner.
    pub message: String,
    /// Where it stands.
    pub state: State,
    /// Why it was declined.
    pub end_reason: Option<EndReason>,
    /// The owner's own words about that.
    pub end_words: Option<String>,
    /// Who said it for the group.
    pub created_by: Option<UserId>,
    /// Who answered.
    pub answered_by: Option<UserId>,
    /// When it was said.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub answered_at: Option<DateTime<Utc>>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}
