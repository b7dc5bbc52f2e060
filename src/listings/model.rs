//! Rows of listings.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{ChooseFirst, EditState, Kind, Moderation, State, Urgency, rules};
use crate::{
    catalog::model::{CategoryName, LocalityName},
    schema::{listing_edits, listings},
    types::ids::{EditId, GroupId, ListingId, NetworkId, UserId},
};

/// A listing as it is stored.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = listings)]
pub struct Listing {
    /// UUIDv7.
    pub id: ListingId,
    /// Short code.
    pub code: String,
    /// Whose it is.
    pub group_id: GroupId,
    /// The network it was posted in.
    pub network_id: NetworkId,
    /// Offer or want.
    pub kind: Kind,
    /// What it is.
    pub title: String,
    /// More about it.
    pub description: String,
    /// What kind of thing.
    pub category_code: i32,
    /// Where.
    pub locality_code: i64,
    /// How far the group will go, kilometres.
    pub reach_km: i32,
    /// Place does not matter.
    pub remote: bool,
    /// Terms, as words.
    pub basis: Vec<Option<String>>,
    /// How many there are or are wanted.
    pub quantity: i32,
    /// What can still be promised.
    pub quantity_left: i32,
    /// What is counted.
    pub unit: Option<String>,
    /// Not before.
    pub available_from: Option<DateTime<Utc>>,
    /// Not after.
    pub available_until: Option<DateTime<Utc>>,
    /// When, in words.
    pub availability_note: Option<String>,
    /// Whether the group can bring or fetch it.
    pub delivery_possible: bool,
    /// How soon it matters.
    pub urgency: Urgency,
    /// Life cycle as stored; see [`Listing::state_at`].
    pub state: State,
    /// Moderation state.
    pub moderation: Moderation,
    /// Since when it can be found.
    pub published_at: Option<DateTime<Utc>>,
    /// When the group last said that it is still there.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// When freshness counts from.
    pub fresh_at: DateTime<Utc>,
    /// When it ends by itself; none: standing.
    pub expires_at: Option<DateTime<Utc>>,
    /// Who comes first when the group chooses, as words.
    pub choose_first: Vec<Option<ChooseFirst>>,
    /// How long after publishing the group waits before it chooses, hours.
    pub choose_after_hours: i32,
    /// When it comes back by itself, if it is paused until a date.
    pub wakes_at: Option<DateTime<Utc>>,
    /// Counts edits.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Whether it may be found, apart from expiry.
    pub is_open: bool,
}

impl Listing {
    /// The state at a time, expiry included.
    pub fn state_at(&self, now: DateTime<Utc>) -> State {
        rules::state_at(self.state, self.expires_at, now)
    }

    /// Who comes first when the group chooses.
    pub fn chosen_first(&self) -> Vec<ChooseFirst> {
        self.choose_first.iter().flatten().copied().collect()
    }

    /// From when the group chooses among those who are interested; none: at once, or it is not published.
    pub fn choose_from(&self) -> Option<DateTime<Utc>> {
        let published = self.published_at.filter(|_| self.choose_after_hours > 0)?;
        Some(published + chrono::Duration::hours(self.choose_after_hours.into()))
    }

    /// How many are promised or handed over.
    pub fn quantity_gone(&self) -> i32 {
        self.quantity - self.quantity_left
    }

    /// Whether others may find it at a time.
    pub fn is_open_at(&self, now: DateTime<Utc>) -> bool {
        self.is_open && self.state_at(now) == State::Active
    }
}

/// A listing with what it refers to.
#[derive(Debug, Clone)]
pub struct ListingView {
    /// The listing.
    pub listing: Listing,
    /// Its category.
    pub category: CategoryName,
    /// Its locality.
    pub locality: LocalityName,
    /// Name of its group.
    pub group_name: String,
    /// Distance from where the client asked, kilometres.
    pub km: Option<f64>,
}

/// What a listing says, ready to be stored: everything that an edit may change.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, AsChangeset, Insertable)]
#[diesel(table_name = listings, treat_none_as_null = true, treat_none_as_default_value = false)]
pub struct Content {
    /// What it is.
    pub title: String,
    /// More about it.
    pub description: String,
    /// What kind of thing.
    pub category_code: i32,
    /// Where.
    pub locality_code: i64,
    /// Latitude of the locality's centroid.
    pub lat: f64,
    /// Longitude of the locality's centroid.
    pub lng: f64,
    /// How far the group will go, kilometres.
    pub reach_km: i32,
    /// Place does not matter.
    pub remote: bool,
    /// Terms.
    pub basis: Vec<Option<String>>,
    /// How many.
    pub quantity: i32,
    /// What is counted.
    pub unit: Option<String>,
    /// Not before.
    pub available_from: Option<DateTime<Utc>>,
    /// Not after.
    pub available_until: Option<DateTime<Utc>>,
    /// When, in words.
    pub availability_note: Option<String>,
    /// Whether the group can bring or fetch it.
    pub delivery_possible: bool,
    /// How soon it matters.
    pub urgency: Urgency,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// Who comes first when the group chooses.
    pub choose_first: Vec<Option<ChooseFirst>>,
    /// How long after publishing the group waits before it chooses, hours.
    pub choose_after_hours: i32,
    /// The words of the title.
    pub words: Vec<Option<String>>,
    /// What it is found by.
    pub search_text: String,
    /// When this was written.
    pub updated_at: DateTime<Utc>,
}

/// What a step in its life makes of a listing.
#[derive(Debug, Clone, AsChangeset)]
#[diesel(table_name = listings, treat_none_as_null = true)]
pub struct Moved {
    /// Where it stands.
    pub state: State,
    /// Since when it can be found.
    pub published_at: Option<DateTime<Utc>>,
    /// When the group last said that it is still there.
    pub confirmed_at: Option<DateTime<Utc>>,
    /// When it ends by itself.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it comes back by itself, if it is paused until a date.
    pub wakes_at: Option<DateTime<Utc>>,
    /// When the step was taken.
    pub updated_at: DateTime<Utc>,
}

/// A new listing: what it says, and whose it is. What it does not have is null and not a default, as a statement with defaults in it
/// is another one each time, and would be parsed anew.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = listings, treat_none_as_default_value = false)]
pub struct NewListing {
    /// UUIDv7.
    pub id: ListingId,
    /// Whose it is.
    pub group_id: GroupId,
    /// The network it is posted in.
    pub network_id: NetworkId,
    /// The group's standing in that network.
    pub in_good_standing: bool,
    /// Offer or want.
    pub kind: Kind,
    /// Draft or active.
    pub state: State,
    /// Moderation state.
    pub moderation: Moderation,
    /// Now, unless it is a draft.
    pub published_at: Option<DateTime<Utc>>,
    /// The importer's id.
    pub external_id: Option<String>,
    /// Who posts it.
    pub created_by: Option<UserId>,
    /// Whether that is somebody of the staff, for a group that is not online.
    pub posted_by_staff: bool,
    /// Now.
    pub created_at: DateTime<Utc>,
    /// What it says.
    #[diesel(embed)]
    pub content: Content,
}

/// An edit of a listing that is reviewed.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = listing_edits)]
pub struct Edit {
    /// UUIDv7.
    pub id: EditId,
    /// The listing.
    pub listing_id: ListingId,
    /// What it changes: a merge patch on what the API takes.
    pub changes: serde_json::Value,
    /// The same fields as they were approved.
    pub before: serde_json::Value,
    /// Whether it was live when it was made.
    pub applied: bool,
    /// Where it stands.
    pub state: EditState,
    /// When it was made.
    pub made_at: DateTime<Utc>,
}
