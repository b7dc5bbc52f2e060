//! Those who are interested in a listing, side by side, on the wire.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use crate::{
    catalog::links::LocalityLink,
    error::Result,
    groups::{Register, Size},
    http::{Cursor, Limit, Page},
    interests::{EndReason, State, model::Candidate},
    listings::{ChooseFirst, model::ListingView},
    types::{
        Fields,
        ids::{ExchangeId, GroupId, InterestId, ListingId, ThreadId},
        place::whole_km,
    },
};

crate::word_enum! {
    /// The order of those who are interested.
    pub enum Order {
        /// Who asked last comes first.
        Newest = "newest",
        /// Who should be next, all considered, comes first: docs/INTERESTS.md.
        Fair = "fair",
        /// Who is nearest comes first.
        Nearest = "nearest",
    }
}

/// Which of those who are interested, in which order.
#[derive(Debug, Clone, Serialize, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CandidatesQuery {
    /// Interests in this state alone.
    #[param(inline, value_type = Option<State>)]
    state: Option<String>,
    /// The order: newest first unless given.
    #[param(inline, value_type = Option<Order>)]
    order: Option<String>,
    /// Entries on the page, 1 to 100; 20 unless asked for.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<String>,
    /// next_cursor of the page before.
    cursor: Option<String>,
}

/// The place of an entry in an order: the least comes first.
type Key = (i64, i64, i64, InterestId);

/// A page of those who are interested, checked.
#[derive(Debug)]
pub struct CandidatesPage {
    /// Interests in this state alone.
    pub state: Option<State>,
    order: Order,
    limit: Limit,
    after: Option<Key>,
    list: (ListingId, CandidatesQuery),
}

impl CandidatesQuery {
    /// Checks every parameter, for the list of a listing.
    pub fn parse(self, listing: ListingId) -> Result<CandidatesPage> {
        let list = (listing, Self { limit: None, cursor: None, ..self.clone() });
        let mut fields = Fields::query();
        let state = fields.check_optional("state", self.state, State::parse);
        let order = fields.check_optional("order", self.order, Order::parse);
        let limit = fields.check_optional("limit", self.limit, Limit::parse);
        let (state, order, limit) = fields.finish(|| Some((state?, order?.unwrap_or(Order::Newest), limit?.unwrap_or_default())))?;
        let after = self.cursor.map(|cursor| Cursor::decode(&list, &cursor)).transpose()?;
        Ok(CandidatesPage { state, order, limit, after, list })
    }
}

impl CandidatesPage {
    /// The page, of everybody. Whoever is not of the listing's group sees no messages.
    pub fn of(self, everybody: Vec<Candidate>, about: &ListingView, now: DateTime<Utc>, with_messages: bool) -> Page<CandidateOut> {
        let mut keyed: Vec<(Key, Candidate)> = everybody.into_iter().map(|one| (self.key(&one, about), one)).collect();
        keyed.retain(|(key, _)| self.after.is_none_or(|after| *key > after));
        keyed.sort_by_key(|(key, _)| *key);
        keyed.truncate(self.limit.entries() + 1);
        let page = Page::cut(keyed, self.limit.entries(), |(key, _)| Cursor::encode(&self.list, *key));
        page.map(|(_, candidate)| CandidateOut::of(candidate, about, now, with_messages))
    }

    fn key(&self, candidate: &Candidate, about: &ListingView) -> Key {
        let (id, asked) = (candidate.interest.id, candidate.interest.created_at.timestamp_micros());
        match self.order {
            Order::Newest => (-asked, 0, 0, id),
            Order::Nearest => (whole_km(candidate.km * 1000.0), asked, 0, id),
            Order::Fair => {
                let (met, had, ..) = candidate.asker.key(&about.listing.chosen_first());
                (-i64::try_from(met.0).unwrap_or(i64::MAX), had, asked, id)
            }
        }
    }
}

/// A group that is interested in a listing.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = CandidateGroup)]
pub struct CandidateGroupOut {
    /// Id of the group.
    pub id: GroupId,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub locality: LocalityLink,
    /// How many people it serves, by its own word; null: not said.
    #[schema(required)]
    pub size: Option<Size>,
    /// As what it says it is registered; null: not said.
    #[schema(required)]
    pub registered_as: Option<Register>,
    /// Its number in that register; null: not said.
    #[schema(required)]
    pub registered_number: Option<String>,
}

/// One of those who are interested in a listing, with what its group chooses by.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Candidate, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e11", "state": "open",
    "group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e05", "name": "Hanley Food Bank", "locality": {"slug": "hanley-stoke-on-trent", "name": "Hanley", "kind": "place"},
        "size": "small", "registered_as": "charity", "registered_number": "1045617"},
    "distance_km": 4, "quantity": 20, "message": "For our Thursday lunches. We have a van.", "with_listing_id": null, "received_last_year": 0,
    "received_alike_last_year": 0, "given_last_year": 2, "meets": ["small_groups"], "fair_place": 1,
    "why": "small group, as you asked; has received nothing in the last year; asked first", "can_be_chosen": true, "choose_from": null,
    "thread_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e12", "exchange_id": null, "end_reason": null, "end_words": null, "created_at": "2026-11-22T09:30:00Z", "answered_at": null
}))]
pub struct CandidateOut {
    /// Id of the interest.
    pub id: InterestId,
    /// Where it stands.
    pub state: State,
    /// Who.
    pub group: CandidateGroupOut,
    /// How far from the listing's locality to the group's, whole kilometres.
    pub distance_km: i64,
    /// How many it asks for or could give.
    pub quantity: i32,
    /// A few words to the owner; null for staff of the network.
    #[schema(required)]
    pub message: Option<String>,
    /// Its own listing that this is about.
    #[schema(required)]
    pub with_listing_id: Option<ListingId>,
    /// Exchanges completed in the last 365 days in which the group received something.
    pub received_last_year: i64,
    /// Those of them that were of the listing's resource type.
    pub received_alike_last_year: i64,
    /// Exchanges completed in the last 365 days in which the group gave something.
    pub given_last_year: i64,
    /// Which of the listing's wishes (`choose_first`) it meets.
    pub meets: Vec<ChooseFirst>,
    /// Its place in the fair order among those of this list, from 1.
    pub fair_place: usize,
    /// Why it has that place, in plain English.
    pub why: String,
    /// Whether it can be accepted now: it is open, so is the listing, of which something is left, and the time that the group said it
    /// waits is over.
    pub can_be_chosen: bool,
    /// From when the listing's group chooses; null: at once.
    #[schema(required)]
    pub choose_from: Option<DateTime<Utc>>,
    /// Where the two groups talk about it; null for staff of the network.
    #[schema(required)]
    pub thread_id: Option<ThreadId>,
    /// The exchange that came of it.
    #[schema(required)]
    pub exchange_id: Option<ExchangeId>,
    /// Why it came to nothing; null while it is open, or chosen.
    #[schema(required)]
    pub end_reason: Option<EndReason>,
    /// The owner's own words about that; null for staff of the network.
    #[schema(required)]
    pub end_words: Option<String>,
    /// When it was said.
    pub created_at: DateTime<Utc>,
    /// When it ended; null while it is open.
    #[schema(required)]
    pub answered_at: Option<DateTime<Utc>>,
}

impl CandidateOut {
    fn of(candidate: Candidate, about: &ListingView, now: DateTime<Utc>, with_messages: bool) -> Self {
        let wishes = about.listing.chosen_first();
        let choose_from = about.listing.choose_from();
        let Candidate { interest, group, locality, exchange, km, asker, .. } = candidate;
        Self {
            id: interest.id,
            state: interest.state,
            group: CandidateGroupOut {
                id: group.id,
                name: group.name,
                locality: locality.into(),
                size: group.size,
                registered_as: group.registered_as,
                registered_number: group.registered_number,
            },
            distance_km: whole_km(km),
            quantity: interest.quantity,
            message: Some(interest.message).filter(|_| with_messages),
            with_listing_id: interest.with_listing_id,
            received_last_year: candidate.received,
            received_alike_last_year: candidate.received_alike,
            given_last_year: candidate.given,
            meets: asker.meets(&wishes),
            fair_place: candidate.fair_place,
            why: asker.why(about.listing.kind, &wishes, candidate.nth),
            can_be_chosen: interest.state == State::Open && about.listing.is_open_at(now) && choose_from.is_none_or(|from| from <= now),
            choose_from,
            thread_id: Some(interest.thread_id).filter(|_| with_messages),
            exchange_id: exchange,
            end_reason: interest.end_reason,
            end_words: interest.end_words.filter(|_| with_messages),
            created_at: interest.created_at,
            answered_at: interest.answered_at,
        }
    }
}
