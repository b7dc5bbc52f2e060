//! Rows of interests.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{EndReason, State, rules::fair::Asker};
use crate::{
    catalog::model::Locality,
    groups::model::Group,
    listings::{Kind, model::ListingView},
    schema::interests,
    types::ids::{ExchangeId, GroupId, InterestId, ListingId, ThreadId, UserId},
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

/// An interest with what it refers to.
#[derive(Debug, Clone)]
pub struct InterestView {
    /// The interest.
    pub interest: Interest,
    /// What it is about.
    pub listing: ListingView,
    /// Name of the group that is interested.
    pub group_name: String,
    /// The exchange that came of it.
    pub exchange: Option<ExchangeId>,
}

/// One of those who are interested in a listing, with what an owner chooses by.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The interest.
    pub interest: Interest,
    /// The group.
    pub group: Group,
    /// Where the group is.
    pub locality: Locality,
    /// The exchange that came of it.
    pub exchange: Option<ExchangeId>,
    /// From the listing's locality to the group's, kilometres.
    pub km: f64,
    /// Exchanges of the last year in which the group received.
    pub received: i64,
    /// Those of them that were of the listing's resource type.
    pub received_alike: i64,
    /// Exchanges of the last year in which the group gave.
    pub given: i64,
    /// What the fair order goes by.
    pub asker: Asker,
    /// Its place in the order of asking, from 1.
    pub nth: usize,
    /// Its place in the fair order, from 1.
    pub fair_place: usize,
}
