//! What is said with the steps in a listing's life, and what has happened to it, on the wire.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    audit::Entry,
    listings::{Kind, model::Listing},
    networks::StaffRole,
    types::{
        Fields,
        fields::FieldError,
        ids::{GroupId, NetworkId},
        text::PartingWords,
        time::parse_time,
    },
};

/// How long a listing is to be out of sight.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"until": "2027-03-01T08:00:00Z"}))]
pub struct PauseIn {
    /// When it comes back by itself, at most 366 days from now; null or left out: when you renew it. A draft needs one.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    until: Option<String>,
}

impl PauseIn {
    /// The checked time, if there is one.
    pub fn parse(self) -> Result<Option<DateTime<Utc>>, Vec<FieldError>> {
        let mut fields = Fields::body();
        let until = fields.check_optional("/until", self.until, parse_time);
        fields.finish(|| until)
    }
}

/// What the group says when a listing ends.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"words": "The school across the road took them all. Thank you for asking!"}))]
pub struct EndListingIn {
    /// Told to every group that was interested, up to 1,000 characters; null or left out: nothing.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 1000)]
    words: Option<String>,
}

impl EndListingIn {
    /// The checked words, if there are any.
    pub fn parse(self) -> Result<Option<PartingWords>, Vec<FieldError>> {
        let mut fields = Fields::body();
        let words = fields.check_optional("/words", self.words, PartingWords::parse);
        fields.finish(|| words)
    }
}

/// How much of a listing is promised or handed over, in words; none while nothing is.
pub(super) fn gone_in_words(listing: &Listing) -> Option<String> {
    let gone = listing.quantity_gone();
    let word = match listing.kind {
        Kind::Offer => "gone",
        Kind::Want => "found",
    };
    (gone > 0).then(|| format!("{gone} of {} {word}", listing.quantity))
}

crate::word_enum! {
    /// In what role somebody did something to a listing.
    pub enum DoneBy {
        /// Somebody of the listing's group.
        Group = "group",
        /// Somebody of the network's staff.
        Staff = "staff",
        /// The program itself, or its operator.
        System = "system",
    }
}

/// Something that happened to a listing.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ListingHistoryEntry, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e31", "time": "2026-11-22T09:30:00Z", "action": "remove_listing", "by": "staff", "network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e00",
    "reason": "This is not for lending."
}))]
pub struct HistoryEntryOut {
    /// Its id.
    pub id: Uuid,
    /// When it was done (UTC).
    pub time: DateTime<Utc>,
    /// What was done: verb and resource, for example `pause_listing`.
    pub action: String,
    /// In what role; never who.
    pub by: DoneBy,
    /// The network that did it, or in which it was done: another one than the listing's own where the group shows it there. Null: none.
    pub network_id: Option<NetworkId>,
    /// Why, as staff said it; null when nothing was. What a group says when its listing ends is for those who were interested.
    pub reason: Option<String>,
}

impl HistoryEntryOut {
    /// An entry about a listing of this group.
    pub fn of(entry: Entry, owner: GroupId) -> Self {
        let as_staff = match entry.actor_role.as_deref() {
            Some(role) => StaffRole::parse(role).is_ok(),
            // From before roles were kept: what was done for no group was done by staff.
            None => entry.group_id != Some(owner.0),
        };
        let by = match entry.actor_id {
            None => DoneBy::System,
            Some(_) if as_staff => DoneBy::Staff,
            Some(_) => DoneBy::Group,
        };
        Self { id: entry.id, time: entry.occurred_at, action: entry.action, by, network_id: entry.network_id, reason: entry.reason }
    }
}
