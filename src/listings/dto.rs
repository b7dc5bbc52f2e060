//! Listings on the wire.

pub mod edit;
pub mod life;
pub mod posted;
mod shown;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Basis, ChooseFirst, Kind, Urgency,
    model::ListingView,
    rules::{self, Expiry, choosing},
    service::Posted,
};
use crate::{
    error::Result,
    http::MergePatch,
    types::{
        Fields, ReachKm, Refusal,
        fields::FieldError,
        ids::NetworkId,
        text::{AvailabilityNote, ListingDescription, Title, Unit},
        time::parse_time,
    },
};
pub use shown::{GroupOut, ListingOut};

/// A listing to post, or as it should be after an edit.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "kind": "offer", "title": "Forty folding chairs", "description": "Stackable, a bit scratched. Collect from the hall.", "category": "seating",
    "locality": "burslem-stoke-on-trent", "reach_km": 10, "basis": ["give"], "quantity": 40, "unit": "chairs", "delivery_possible": true
}))]
pub struct ListingIn {
    /// `offer` (Got it) or `want` (Want it). Cannot be changed later.
    #[schema(value_type = Kind)]
    pub kind: String,
    /// What it is, 3 to 120 characters.
    #[schema(min_length = 3, max_length = 120)]
    pub title: String,
    /// More about it, at most 4,000 characters. Never about a private person.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub description: Option<String>,
    /// Slug of the category; guessed from the title when null or left out.
    #[serde(default)]
    pub category: Option<String>,
    /// Slug of the locality; the group's when null or left out.
    #[serde(default)]
    pub locality: Option<String>,
    /// The network to post in; needed when the group belongs to several. Cannot be changed later.
    #[serde(default)]
    pub network_id: Option<NetworkId>,
    /// How far the group will bring it (offer) or come for it (want), whole kilometres.
    #[serde(default = "default_reach")]
    #[schema(minimum = 0, maximum = 500)]
    pub reach_km: i64,
    /// True when place does not matter, for example for accounts done from home.
    #[serde(default)]
    pub remote: bool,
    /// An offer: exactly one of `give`, `lend`, `share`. A want: all it accepts; a gift always is.
    #[serde(default = "default_basis")]
    #[schema(value_type = Vec<Basis>, min_items = 1, max_items = 3)]
    pub basis: Vec<String>,
    /// How many there are, or are wanted.
    #[serde(default = "default_quantity")]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: i64,
    /// What is counted, for example chairs.
    #[serde(default)]
    #[schema(max_length = 40)]
    pub unit: Option<String>,
    /// Not before this time.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub available_from: Option<String>,
    /// Not after this time.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub available_until: Option<String>,
    /// When, in words: "Tuesdays 9 to 12".
    #[serde(default)]
    #[schema(max_length = 200)]
    pub availability_note: Option<String>,
    /// Whether the group can bring it (offer) or fetch it (want).
    #[serde(default)]
    pub delivery_possible: bool,
    /// `low`, `normal` or `high`.
    #[serde(default = "default_urgency")]
    #[schema(value_type = Urgency)]
    pub urgency: String,
    /// True: stays until it is withdrawn. Otherwise it expires.
    #[serde(default)]
    pub standing: bool,
    /// When it expires, at most a year from now; the usual time for its resource type when null or left out.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub expires_at: Option<String>,
    /// Who comes first when the group chooses among those who are interested: `small_groups`, `this_locality`, `registered_charities`.
    #[serde(default)]
    #[schema(value_type = Option<Vec<ChooseFirst>>, max_items = 3)]
    pub choose_first: Option<Vec<String>>,
    /// How many hours after publishing the group waits before it chooses, so that groups who look in once a week have a chance;
    /// at most two weeks.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 336)]
    pub choose_after_hours: Option<i64>,
}

fn default_reach() -> i64 {
    ReachKm::DEFAULT.km().into()
}

fn default_basis() -> Vec<String> {
    vec![Basis::Give.to_string()]
}

fn default_quantity() -> i64 {
    1
}

fn default_urgency() -> String {
    Urgency::Normal.to_string()
}

impl ListingIn {
    /// What the client says, checked; or everything that is wrong with it.
    pub fn parse(self) -> Result<Posted, Vec<FieldError>> {
        let mut fields = Fields::body();
        let kind = fields.check("/kind", Kind::parse(&self.kind));
        let title = fields.check("/title", Title::parse(&self.title));
        let description = fields.check("/description", ListingDescription::parse(self.description.unwrap_or_default()));
        let reach = fields.check("/reach_km", ReachKm::parse(self.reach_km));
        let basis = parse_basis(&mut fields, kind, &self.basis);
        let quantity = fields.check("/quantity", rules::quantity(self.quantity));
        let unit = fields.check_optional("/unit", self.unit, Unit::parse);
        let from = fields.check_optional("/available_from", self.available_from, parse_time);
        let until = fields.check_optional("/available_until", self.available_until, parse_time);
        let note = fields.check_optional("/availability_note", self.availability_note, AvailabilityNote::parse);
        let urgency = fields.check("/urgency", Urgency::parse(&self.urgency));
        let expires_at = fields.check_optional("/expires_at", self.expires_at, parse_time);
        let choose_first = choosing::wishes(&mut fields, self.choose_first.as_deref());
        let choose_after_hours = fields.check_optional("/choose_after_hours", self.choose_after_hours, choosing::hours);
        if let (Some(Some(from)), Some(Some(until))) = (from, until)
            && from >= until
        {
            fields.refuse("/available_until", Refusal::new("before_start", "Give a time after available_from."));
        }
        if self.standing && expires_at.flatten().is_some() {
            fields
                .refuse("/standing", Refusal::new("standing_or_expiring", "A standing listing does not expire: leave out one of the two."));
        }
        let (category, locality, network, remote, delivery_possible) =
            (self.category, self.locality, self.network_id, self.remote, self.delivery_possible);
        let standing = self.standing;
        fields.finish(|| {
            Some(Posted {
                kind: kind?,
                title: title?,
                description: description?,
                category,
                locality,
                network,
                reach: reach?,
                remote,
                basis: basis?,
                quantity: quantity?,
                unit: unit?,
                available_from: from?,
                available_until: until?,
                availability_note: note?,
                delivery_possible,
                urgency: urgency?,
                expiry: if standing { Expiry::Standing } else { expires_at?.map_or(Expiry::ByResourceType, Expiry::At) },
                choose_first: choose_first?,
                choose_after_hours: choose_after_hours?,
            })
        })
    }

    /// The listing after an edit. Standing and expiring exclude each other, so a patch that asks for one alone ends the other.
    pub fn patched(current: &ListingView, patch: MergePatch<Self>) -> Result<Self> {
        let current = Self::of(current);
        let start = match (patch.get("standing"), patch.get("expires_at")) {
            (Some(Value::Bool(true)), None) => Self { expires_at: None, ..current },
            (None, Some(Value::String(_))) => Self { standing: false, ..current },
            _ => current,
        };
        patch.apply(&start)
    }

    /// A listing as its group could have posted it: what an edit starts from.
    pub fn of(view: &ListingView) -> Self {
        let ListingView { listing, category, locality, .. } = view;
        let text = |time: Option<DateTime<Utc>>| time.map(|time| time.to_rfc3339());
        Self {
            kind: listing.kind.to_string(),
            title: listing.title.clone(),
            description: Some(listing.description.clone()),
            category: Some(category.slug.clone()),
            locality: Some(locality.slug.clone()),
            network_id: Some(listing.network_id),
            reach_km: listing.reach_km.into(),
            remote: listing.remote,
            basis: listing.basis.iter().flatten().cloned().collect(),
            quantity: listing.quantity.into(),
            unit: listing.unit.clone(),
            available_from: text(listing.available_from),
            available_until: text(listing.available_until),
            availability_note: listing.availability_note.clone(),
            delivery_possible: listing.delivery_possible,
            urgency: listing.urgency.to_string(),
            standing: listing.expires_at.is_none(),
            expires_at: text(listing.expires_at),
            choose_first: Some(listing.choose_first.iter().flatten().map(ToString::to_string).collect()),
            choose_after_hours: Some(listing.choose_after_hours.into()),
        }
    }
}

fn parse_basis(fields: &mut Fields, kind: Option<Kind>, words: &[String]) -> Option<Vec<Basis>> {
    if words.len() > Basis::ALL.len() {
        fields.refuse("/basis", Refusal::new("too_many", "Name each of give, lend and share once at most."));
        return None;
    }
    let parsed: Vec<_> = words.iter().enumerate().map(|(i, word)| fields.check(format!("/basis/{i}"), Basis::parse(word))).collect();
    let named: Option<Vec<Basis>> = parsed.into_iter().collect();
    fields.check("/basis", rules::bases(kind?, named?))
}
