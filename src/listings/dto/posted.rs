//! A listing that has just been posted or published, with what the network's checks found.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::ListingOut;
use crate::{checks::shown::FindingOut, listings::service::Checked};

/// A listing that has just been posted or published.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = PostedListing, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "code": "G7K2M", "kind": "offer", "title": "Forty folding chairs",
    "description": "Stackable, a bit scratched. Collect from the hall.", "category": {"slug": "seating", "name": "Seating", "resource_type": "thing"},
    "locality": {"slug": "burslem-stoke-on-trent", "name": "Burslem", "kind": "place"}, "group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e02", "name": "St Mary's Community Hall"},
    "network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e03", "reach_km": 10, "remote": false, "basis": ["give"], "quantity": 40, "quantity_left": 30, "quantity_gone": 10, "gone_in_words": "10 of 40 gone", "unit": "chairs",
    "available_from": null, "available_until": null, "availability_note": null, "delivery_possible": true, "urgency": "normal", "state": "active", "moderation": "approved",
    "standing": false, "expires_at": "2027-01-21T09:30:00Z", "wakes_at": null, "published_at": "2026-11-22T09:30:00Z", "confirmed_at": null, "created_at": "2026-11-22T09:30:00Z",
    "posted_by_staff": null, "updated_at": "2026-11-22T09:30:00Z", "distance_km": null, "choose_first": ["small_groups"], "choose_after_hours": 48, "choose_from": "2026-11-24T09:30:00Z",
    "how_it_chooses": "The group waits until 24 November, 09:30 before it chooses; small groups come first.", "waiting_edit": null,
    "findings": [{
        "rule": "duplicate_own", "action": "warn", "pointer": "/title", "words": "Folding chairs, forty",
        "detail": "\"Folding chairs, forty\": your group has a listing that says the same, or nearly. Change that one instead, or withdraw it.",
        "listing_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e0a"
    }]
}))]
pub struct PostedListingOut {
    /// The listing.
    #[serde(flatten)]
    pub listing: ListingOut,
    /// What the network's checks found in it, for its group alone; nothing for a draft.
    pub findings: Vec<FindingOut>,
}

impl PostedListingOut {
    /// A listing as it is at `now`. `posted_by_staff` is for the staff who posted it.
    pub fn of(checked: Checked, posted_by_staff: Option<bool>, now: DateTime<Utc>) -> Self {
        let listing = ListingOut { posted_by_staff, ..ListingOut::of(checked.view, now) };
        Self { listing, findings: checked.findings.into_iter().map(FindingOut::from).collect() }
    }
}
