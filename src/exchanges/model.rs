//! Rows of exchanges.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{HowItWent, Measure, Side, State};
use crate::{
    listings::{Basis, Kind, Moderation, State as ListingState, rules::state_at},
    schema::{exchanges, listings, outcomes},
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

/// An exchange with the names of its groups.
#[derive(Debug, Clone)]
pub struct ExchangeView {
    /// The exchange.
    pub exchange: Exchange,
    /// Name of the group that gives.
    pub giver: String,
    /// Name of the group that receives.
    pub receiver: String,
}

impl Exchange {
    /// The group of a side; staff and the program have none.
    pub fn group_of(&self, side: Side) -> Option<GroupId> {
        match side {
            Side::Giver => Some(self.giver_group_id),
            Side::Receiver => Some(self.receiver_group_id),
            Side::Staff | Side::System => None,
        }
    }

    /// Its listings, in the order of their ids.
    pub fn listing_ids(&self) -> Vec<ListingId> {
        let mut ids: Vec<_> = [self.offer_id, self.want_id].into_iter().flatten().collect();
        ids.sort_unstable();
        ids
    }
}

/// A listing as far as an exchange of it goes.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = listings)]
pub struct Line {
    /// UUIDv7.
    pub id: ListingId,
    /// Offer or want.
    pub kind: Kind,
    /// Whose it is.
    pub group_id: GroupId,
    /// The network it was posted in.
    pub network_id: NetworkId,
    /// What it is.
    pub title: String,
    /// What kind of thing.
    pub category_code: i32,
    /// Terms, as words.
    pub basis: Vec<Option<String>>,
    /// What can still be promised.
    pub quantity_left: i32,
    /// What is counted.
    pub unit: Option<String>,
    /// Life cycle as stored.
    pub state: ListingState,
    /// Moderation state.
    pub moderation: Moderation,
    /// Whether its group is in good standing in its network.
    pub in_good_standing: bool,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// How long after that its group waits before it chooses, hours.
    pub choose_after_hours: i32,
}

impl Line {
    /// Whether it is published and not hidden at a time; there may be nothing left of it.
    pub fn is_there_at(&self, now: DateTime<Utc>) -> bool {
        state_at(self.state, self.expires_at, now) == ListingState::Active
            && self.moderation == Moderation::Approved
            && self.in_good_standing
    }

    /// Whether others may find it at a time.
    pub fn is_open_at(&self, now: DateTime<Utc>) -> bool {
        self.is_there_at(now) && self.quantity_left > 0
    }

    /// From when its group chooses among those who ask; none: at once, or it is not published.
    pub fn choose_from(&self) -> Option<DateTime<Utc>> {
        let published = self.published_at.filter(|_| self.choose_after_hours > 0)?;
        Some(published + chrono::Duration::hours(self.choose_after_hours.into()))
    }

    /// The basis of an offer.
    pub fn only_basis(&self) -> Option<Basis> {
        self.basis.iter().flatten().next().and_then(|word| Basis::parse(word).ok())
    }

    /// Whether a want accepts it on these terms.
    pub fn accepts(&self, basis: Basis) -> bool {
        self.basis.iter().flatten().any(|word| word == basis.as_str())
    }
}

/// What became of an exchange, as one of its groups tells it.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = outcomes)]
pub struct Outcome {
    /// The exchange.
    pub exchange_id: ExchangeId,
    /// The group that tells it.
    pub group_id: GroupId,
    /// How it went.
    pub how_it_went: HowItWent,
    /// How many people it helped.
    pub people_helped: Option<i32>,
    /// How much, in the measure.
    pub amount: Option<f64>,
    /// What the amount is counted in.
    pub measure: Option<Measure>,
    /// A story about it.
    pub story: Option<String>,
    /// Whether the story may be published.
    pub may_publish: bool,
    /// Who wrote it.
    pub created_by: Option<UserId>,
    /// When it was first told.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

/// A published story with what it is about.
#[derive(Debug, Clone)]
pub struct Story {
    /// What the group tells.
    pub outcome: Outcome,
    /// Name of the group.
    pub group: String,
    /// Title of the exchange.
    pub title: String,
    /// Resource type of the exchange.
    pub resource_type: String,
}
