//! Rows of exchanges.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{Side, State};
use crate::{
    listings::Basis,
    schema::exchanges,
    types::ids::{ExchangeId, GroupId, InterestId, ListingId, NetworkId, ThreadId, UserId},
};

/// An exchange as it is stored.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable, Identifiable, AsChangeset)]
#[diesel(table_name = exchanges, treat_none_as_null = true)]
pub struct Exchange {
    /// UUIDv7.
    pub id: ExchangeId,
    /// The giver's offer, when there is one.
    pub offer_id: Option<ListingId>,
    /// The receiver's want, when there is one.
    pub want_id: Option<ListingId>,
    /// The group that gives, lends or shares.
    pub giver_group_id: GroupId,
    /// The group that receives.
    pub receiver_group_id: GroupId,
    /// Whose staff may see it.
    pub network_id: NetworkId,
    /// The interest that it came of.
    pub interest_id: Option<InterestId>,
    /// Where the two talk about it.
    pub thread_id: ThreadId,
    /// Title of the listing when it was proposed.
    pub title: String,
    /// Resource type of the listing.
    pub resource_type: String,
    /// On what terms.
    pub basis: Basis,
    /// How many are promised.
    pub quantity: i32,
    /// What is counted.
    pub unit: Option<String>,
    /// How many the receiver had asked for.
    pub requested: i32,
    /// Where it stands.
    pub state: State,
    /// Giver, receiver or staff.
    pub proposed_by: Side,
    /// When the giver agreed.
    pub giver_agreed_at: Option<DateTime<Utc>>,
    /// When the receiver agreed.
    pub receiver_agreed_at: Option<DateTime<Utc>>,
    /// A few words with the proposal.
    pub message: String,
    /// When it is to be handed over.
    pub scheduled_for: Option<DateTime<Utc>>,
    /// Until when.
    pub scheduled_until: Option<DateTime<Utc>>,
    /// Where, in words; for the two parties alone.
    pub place: Option<String>,
    /// When a loan is due back.
    pub return_by: Option<DateTime<Utc>>,
    /// When it came back.
    pub returned_at: Option<DateTime<Utc>>,
    /// How many the giver says were handed over.
    pub giver_quantity: Option<i32>,
    /// How many the receiver says were handed over.
    pub receiver_quantity: Option<i32>,
    /// How many were received, as settled at completion.
    pub received_quantity: Option<i32>,
    /// When a side first said that it was handed over.
    pub handed_over_at: Option<DateTime<Utc>>,
    /// When it was completed.
    pub completed_at: Option<DateTime<Utc>>,
    /// Who ended it before completion.
    pub ended_by: Option<Side>,
    /// Why it ended before completion.
    pub end_reason: Option<String>,
    /// Why, in words.
    pub end_words: Option<String>,
    /// Counts changes.
    pub version: i32,
    /// Who proposed it.
    pub created_by: Option<UserId>,
    /// When it was proposed.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}
