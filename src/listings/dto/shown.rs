//! A listing as it is shown.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::edit::WaitingEditOut;
use crate::{
    catalog::links::{CategoryLink, LocalityLink},
    listings::{Basis, ChooseFirst, Kind, Moderation, State, Urgency, model::ListingView, rules::choosing},
    types::ids::{GroupId, ListingId, NetworkId},
};

/// A group, as a listing names it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = ListingGroup)]
pub struct GroupOut {
    /// Id of the group.
    pub id: GroupId,
    /// Its name.
    pub name: String,
}

/// A listing.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Listing, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "code": "G7K2M", "kind": "offer", "title": "Forty folding chairs",
    "description": "Stackable, a bit scratched. Collect from the hall.", "category": {"slug": "seating", "name": "Seating", "resource_type": "thing"},
    "locality": {"slug": "burslem-stoke-on-trent", "name": "Burslem", "kind": "place"}, "group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e02", "name": "St Mary's Community Hall"},
    "network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e03", "reach_km": 10, "remote": false, "basis": ["give"], "quantity": 40, "quantity_left": 30, "quantity_gone": 10, "gone_in_words": "10 of 40 gone", "unit": "chairs",
    "available_from": null, "available_until": null, "availability_note": null, "delivery_possible": true, "urgency": "normal", "state": "active", "moderation": "approved",
    "standing": false, "expires_at": "2027-01-21T09:30:00Z", "wakes_at": null, "published_at": "2026-11-22T09:30:00Z", "confirmed_at": null, "created_at": "2026-11-22T09:30:00Z",
    "posted_by_staff": null, "updated_at": "2026-11-22T09:30:00Z", "distance_km": null, "choose_first": ["small_groups"], "choose_after_hours": 48, "choose_from": "2026-11-24T09:30:00Z",
    "how_it_chooses": "The group waits until 24 November, 09:30 before it chooses; small groups come first.", "waiting_edit": null
}))]
pub struct ListingOut {
    /// UUIDv7.
    pub id: ListingId,
    /// Short code to say on the telephone; works wherever the id does.
    pub code: String,
    /// `offer` or `want`.
    pub kind: Kind,
    /// What it is.
    pub title: String,
    /// More about it.
    pub description: String,
    /// What kind of thing.
    pub category: CategoryLink,
    /// Where, never finer than a locality.
    pub locality: LocalityLink,
    /// Whose it is.
    pub group: GroupOut,
    /// The network it was posted in.
    pub network_id: NetworkId,
    /// How far the group will go, kilometres.
    pub reach_km: i32,
    /// Place does not matter.
    pub remote: bool,
    /// The one basis of an offer; all that a want accepts.
    #[schema(value_type = Vec<Basis>)]
    pub basis: Vec<String>,
    /// How many there are or are wanted.
    pub quantity: i32,
    /// How many have not been promised.
    pub quantity_left: i32,
    /// How many are promised or handed over.
    pub quantity_gone: i32,
    /// The same in words, such as "10 of 30 gone"; null while nothing is.
    #[schema(required)]
    pub gone_in_words: Option<String>,
    /// What is counted.
    #[schema(required)]
    pub unit: Option<String>,
    /// Not before.
    #[schema(required)]
    pub available_from: Option<DateTime<Utc>>,
    /// Not after.
    #[schema(required)]
    pub available_until: Option<DateTime<Utc>>,
    /// When, in words.
    #[schema(required)]
    pub availability_note: Option<String>,
    /// Whether the group can bring or fetch it.
    pub delivery_possible: bool,
    /// How soon it matters.
    pub urgency: Urgency,
    /// Life cycle.
    pub state: State,
    /// What the network's staff think of it.
    pub moderation: Moderation,
    /// Stays until it is withdrawn.
    pub standing: bool,
    /// When it expires; null when standing.
    #[schema(required)]
    pub expires_at: Option<DateTime<Utc>>,
    /// When it comes back by itself; null unless it is paused until a date.
    #[schema(required)]
    pub wakes_at: Option<DateTime<Utc>>,
    /// Since when it can be found; null for a draft.
    #[schema(required)]
    pub published_at: Option<DateTime<Utc>>,
    /// When the group last said that it is still there.
    #[schema(required)]
    pub confirmed_at: Option<DateTime<Utc>>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Whether staff of the network posted it, for a group that is not online; null in all answers but those to that staff.
    #[schema(required)]
    pub posted_by_staff: Option<bool>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Distance between localities in whole kilometres, when the list was asked for near somewhere.
    #[schema(required)]
    pub distance_km: Option<i64>,
    /// Who comes first when the group chooses among those who are interested.
    pub choose_first: Vec<ChooseFirst>,
    /// How many hours after publishing the group waits before it chooses.
    pub choose_after_hours: i32,
    /// From when it chooses; null: at once, or it is not published yet.
    #[schema(required)]
    pub choose_from: Option<DateTime<Utc>>,
    /// The same in words (times of the United Kingdom); null: as it likes.
    #[schema(required)]
    pub how_it_chooses: Option<String>,
    /// For its group and its network's staff: an edit that changes the meaning and waits for a coordinator. Null for everybody else, and in
    /// lists of other listings than the group's own.
    #[schema(required)]
    pub waiting_edit: Option<WaitingEditOut>,
}

impl ListingOut {
    /// A listing as it is at `now`.
    pub fn of(view: ListingView, now: DateTime<Utc>) -> Self {
        let ListingView { listing, category, locality, group_name, km } = view;
        Self {
            state: listing.state_at(now),
            choose_first: listing.chosen_first(),
            choose_after_hours: listing.choose_after_hours,
            choose_from: listing.choose_from(),
            how_it_chooses: choosing::in_words(&listing, now),
            quantity_gone: listing.quantity_gone(),
            gone_in_words: super::life::gone_in_words(&listing),
            id: listing.id,
            code: listing.code,
            kind: listing.kind,
            title: listing.title,
            description: listing.description,
            category: category.into(),
            locality: locality.into(),
            group: GroupOut { id: listing.group_id, name: group_name },
            network_id: listing.network_id,
            reach_km: listing.reach_km,
            remote: listing.remote,
            basis: listing.basis.into_iter().flatten().collect(),
            quantity: listing.quantity,
            quantity_left: listing.quantity_left,
            unit: listing.unit,
            available_from: listing.available_from,
            available_until: listing.available_until,
            availability_note: listing.availability_note,
            delivery_possible: listing.delivery_possible,
            urgency: listing.urgency,
            moderation: listing.moderation,
            standing: listing.expires_at.is_none(),
            expires_at: listing.expires_at,
            wakes_at: listing.wakes_at,
            published_at: listing.published_at,
            confirmed_at: listing.confirmed_at,
            created_at: listing.created_at,
            posted_by_staff: None,
            updated_at: listing.updated_at,
            distance_km: km.map(crate::types::place::whole_km),
            waiting_edit: None,
        }
    }
}
