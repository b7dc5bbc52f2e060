//! Groups on the wire.

pub mod people;
pub mod standing;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Activity, Register, Size,
    model::{Block, GroupText, GroupThere},
    queries::directory::{Entry, Sort},
    registration::Registration,
    rules::{SeenStanding, activities},
    service::{Search, SeenGroup},
};
use crate::{
    catalog::links::LocalityLink,
    http::Limit,
    networks::Standing,
    types::{
        Fields, ReachKm, Refusal,
        fields::FieldError,
        ids::{GroupId, NetworkId},
        text::{About, OrganisationName, SearchWords},
    },
};

/// A group that signs up.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewGroupIn, example = json!({
    "name": "St Mary's Pantry", "description": "A food pantry, Tuesdays and Fridays.", "locality": "hanley-stoke-on-trent",
    "activities": ["food"], "size": "small", "registered_as": "charity", "registered_number": "1045617",
    "network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e00"
}))]
pub struct NewGroupIn {
    /// Name on screens, 2 to 120 characters.
    #[schema(min_length = 2, max_length = 120)]
    pub name: String,
    /// What it does, in its own words, up to 2,000 characters.
    #[schema(max_length = 2000)]
    pub description: Option<String>,
    /// Slug of the locality where it is.
    pub locality: String,
    /// What it does, from the fixed list; at most 10.
    #[schema(value_type = Option<Vec<Activity>>, max_items = 10)]
    pub activities: Option<Vec<String>>,
    /// How many people it serves: `small` (up to 20), `medium` (up to 100) or `large`.
    #[serde(default)]
    #[schema(value_type = Option<Size>)]
    pub size: Option<String>,
    /// As what it is registered: `charity`, `cic` or `other`. Goes with the number.
    #[serde(default)]
    #[schema(value_type = Option<Register>)]
    pub registered_as: Option<String>,
    /// Its number in that register: a charity number, a company number of Companies House, or another of 3 to 12 letters and digits.
    #[serde(default)]
    #[schema(max_length = 40)]
    pub registered_number: Option<String>,
    /// The network that it asks to join.
    pub network_id: NetworkId,
}

/// What people may change of a group.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = GroupIn)]
pub struct GroupIn {
    /// Name on screens, 2 to 120 characters.
    #[schema(min_length = 2, max_length = 120)]
    pub name: String,
    /// What it does, in its own words, up to 2,000 characters.
    #[schema(max_length = 2000)]
    pub description: Option<String>,
    /// Slug of the locality where it is.
    pub locality: String,
    /// What it does, from the fixed list; at most 10.
    #[schema(value_type = Option<Vec<Activity>>, max_items = 10)]
    pub activities: Option<Vec<String>>,
    /// How many people it serves: `small` (up to 20), `medium` (up to 100) or `large`.
    #[serde(default)]
    #[schema(value_type = Option<Size>)]
    pub size: Option<String>,
    /// As what it is registered: `charity`, `cic` or `other`. Goes with the number.
    #[serde(default)]
    #[schema(value_type = Option<Register>)]
    pub registered_as: Option<String>,
    /// Its number in that register: a charity number, a company number of Companies House, or another of 3 to 12 letters and digits.
    #[serde(default)]
    #[schema(max_length = 40)]
    pub registered_number: Option<String>,
}

impl NewGroupIn {
    /// Checks every field.
    pub fn parse(self) -> Result<(GroupText, NetworkId), Vec<FieldError>> {
        let Self { name, description, locality, activities, size, registered_as, registered_number, network_id } = self;
        Ok((GroupIn { name, description, locality, activities, size, registered_as, registered_number }.parse()?, network_id))
    }
}

impl GroupIn {
    /// Checks every field.
    pub fn parse(self) -> Result<GroupText, Vec<FieldError>> {
        let mut fields = Fields::body();
        let name = fields.check("/name", OrganisationName::parse(self.name));
        let description = fields.check("/description", About::parse(self.description.unwrap_or_default()));
        let activities = activities(&mut fields, &self.activities.unwrap_or_default());
        let size = fields.check_optional("/size", self.size, Size::parse);
        let registration = Registration::check(&mut fields, self.registered_as.as_deref(), self.registered_number.as_deref());
        let locality = self.locality;
        fields.finish(|| {
            Some(GroupText { name: name?, description: description?, locality, activities, size: size?, registration: registration? })
        })
    }
}

impl From<&GroupThere> for GroupIn {
    fn from((group, locality): &GroupThere) -> Self {
        Self {
            name: group.name.clone(),
            description: Some(group.description.clone()),
            locality: locality.slug.clone(),
            activities: Some(group.activities().iter().map(ToString::to_string).collect()),
            size: group.size.map(|size| size.to_string()),
            registered_as: group.registered_as.map(|register| register.to_string()),
            registered_number: group.registered_number.clone(),
        }
    }
}

/// A group.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Group, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "name": "St Mary's Pantry", "description": "A food pantry, Tuesdays and Fridays.",
    "activities": ["food"], "size": "small", "registered_as": "charity", "registered_number": "1045617",
    "locality": {"slug": "hanley-stoke-on-trent", "name": "Hanley", "kind": "place"},
    "networks": [{"network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e00", "slug": "stoke", "name": "1000 Lives Stoke-on-Trent",
        "state": "awaiting_review", "reason": null, "requested_at": "2026-01-06T10:00:00Z", "decided_at": null, "recheck_at": null, "sign_of_life_at": null}],
    "created_at": "2026-01-06T10:00:00Z", "updated_at": "2026-01-06T10:00:00Z"
}))]
pub struct GroupOut {
    /// Its id.
    pub id: GroupId,
    /// Name on screens.
    pub name: String,
    /// What it does, in its own words.
    pub description: String,
    /// What it does, from the fixed list.
    pub activities: Vec<Activity>,
    /// How many people it serves, by its own word; null: not said.
    #[schema(required)]
    pub size: Option<Size>,
    /// As what it says it is registered; null: not said.
    #[schema(required)]
    pub registered_as: Option<Register>,
    /// Its number in that register, capitals and digits alone; null: not said.
    #[schema(required)]
    pub registered_number: Option<String>,
    /// Where it is.
    pub locality: LocalityLink,
    /// The networks that have approved it. Members, and the staff of a network, also see where it stands otherwise.
    pub networks: Vec<GroupStandingOut>,
    /// When it signed up (UTC).
    pub created_at: DateTime<Utc>,
    /// When it last changed (UTC).
    pub updated_at: DateTime<Utc>,
}

/// How a group stands in a network.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = GroupStanding, example = json!({
    "network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e00", "slug": "stoke", "name": "1000 Lives Stoke-on-Trent", "state": "awaiting_review",
    "reason": null, "requested_at": "2026-01-06T10:00:00Z", "decided_at": null, "recheck_at": null, "sign_of_life_at": null
}))]
pub struct GroupStandingOut {
    /// The network.
    pub network_id: NetworkId,
    /// Short name of the network.
    pub slug: String,
    /// Name of the network.
    pub name: String,
    /// The group's state there. Everybody but members and the network's staff reads `approved` for `recertification_required`.
    pub state: Standing,
    /// Why it was decided so; null when nothing was said, and for everybody but members and the network's staff.
    pub reason: Option<String>,
    /// When the group asked to join (UTC); null for everybody but members and the network's staff.
    pub requested_at: Option<DateTime<Utc>>,
    /// When it was decided (UTC); null while it waits, and for everybody but members and the network's staff.
    pub decided_at: Option<DateTime<Utc>>,
    /// When it must next say that it is still there (UTC); in `recertification_required`: until when it may. Null for everybody but
    /// members and the network's staff.
    #[schema(required)]
    pub recheck_at: Option<DateTime<Utc>>,
    /// When somebody of it last said so (UTC); null for everybody but members and the network's staff.
    #[schema(required)]
    pub sign_of_life_at: Option<DateTime<Utc>>,
}

impl From<SeenStanding> for GroupStandingOut {
    fn from(SeenStanding { of, in_detail }: SeenStanding) -> Self {
        let standing = of.standing;
        Self {
            network_id: standing.network_id,
            slug: of.slug,
            name: of.name,
            // Strangers see good standings alone, and need not know that one is being checked.
            state: if in_detail { standing.state } else { Standing::Approved },
            reason: standing.reason.filter(|_| in_detail),
            requested_at: in_detail.then_some(standing.requested_at),
            decided_at: standing.decided_at.filter(|_| in_detail),
            recheck_at: standing.recheck_at.filter(|_| in_detail),
            sign_of_life_at: standing.sign_of_life_at.filter(|_| in_detail),
        }
    }
}

impl From<SeenGroup> for GroupOut {
    fn from(seen: SeenGroup) -> Self {
        Self {
            id: seen.group.id,
            activities: seen.group.activities(),
            name: seen.group.name,
            description: seen.group.description,
            size: seen.group.size,
            registered_as: seen.group.registered_as,
            registered_number: seen.group.registered_number,
            locality: seen.locality.into(),
            networks: seen.standings.into_iter().map(GroupStandingOut::from).collect(),
            created_at: seen.group.created_at,
            updated_at: seen.group.updated_at,
        }
    }
}

/// The network that a group asks to join.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = JoinNetworkIn, example = json!({"network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e00"}))]
pub struct JoinNetworkIn {
    /// The network.
    pub network_id: NetworkId,
}

/// A group in the directory.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = GroupSummary, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "name": "St Mary's Pantry", "description": "A food pantry, Tuesdays and Fridays.",
    "activities": ["food"], "locality": {"slug": "hanley-stoke-on-trent", "name": "Hanley", "kind": "place"}, "distance_km": 3,
    "created_at": "2026-01-06T10:00:00Z"
}))]
pub struct GroupSummaryOut {
    /// Its id.
    pub id: GroupId,
    /// Name on screens.
    pub name: String,
    /// What it does, in its own words.
    pub description: String,
    /// What it does, from the fixed list.
    pub activities: Vec<Activity>,
    /// Where it is.
    pub locality: LocalityLink,
    /// Whole kilometres from `near`, between the middles of the localities; null without `near`.
    pub distance_km: Option<i32>,
    /// When it signed up (UTC).
    pub created_at: DateTime<Utc>,
}

impl GroupSummaryOut {
    /// An entry of the directory, with its distance where one was asked for.
    pub fn new(entry: Entry, with_distance: bool) -> Self {
        let distance_km = with_distance.then(|| format!("{:.0}", entry.km()).parse().ok()).flatten();
        Self {
            id: entry.group.id,
            activities: entry.group.activities(),
            name: entry.group.name,
            description: entry.group.description,
            locality: entry.locality.into(),
            distance_km,
            created_at: entry.group.created_at,
        }
    }
}

/// Which groups of the directory, in which order.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DirectoryQuery {
    /// Words of the name or the description; all must be there, and may be spelt nearly right.
    #[param(max_length = 100, example = "pantry")]
    pub q: Option<String>,
    /// Slug of a locality: groups there and below it.
    #[param(example = "stoke-on-trent")]
    pub locality: Option<String>,
    /// Slug of the locality from which distances count.
    #[param(example = "hanley-stoke-on-trent")]
    pub near: Option<String>,
    /// At most so many kilometres from `near`.
    #[param(value_type = Option<i32>, minimum = 0, maximum = 500)]
    pub within_km: Option<String>,
    /// Groups that this network has approved.
    #[param(value_type = Option<NetworkId>)]
    pub network_id: Option<String>,
    /// Groups that do this.
    #[param(value_type = Option<Activity>)]
    pub activity: Option<String>,
    /// The order: newest first unless given. `nearest` needs `near`.
    #[param(inline, value_type = Option<Sort>)]
    pub sort: Option<String>,
    /// Entries on a page, 1 to 100; 20 unless given.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    pub limit: Option<String>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl DirectoryQuery {
    /// What makes the list what it is, for its cursors.
    pub fn filters(&self) -> impl Serialize + use<> {
        ("list_groups", Self { limit: None, cursor: None, ..self.clone() })
    }

    /// Checks every parameter but the cursor.
    pub fn parse(self) -> Result<(Search, Limit), Vec<FieldError>> {
        let mut fields = Fields::query();
        let words = fields.check_optional("q", self.q, SearchWords::parse);
        let within_km = fields.check_optional("within_km", self.within_km, whole_km);
        let network = fields.check_optional("network_id", self.network_id, network_id);
        let activity = fields.check_optional("activity", self.activity, Activity::parse);
        let sort = fields.check_optional("sort", self.sort, Sort::parse);
        let limit = fields.check_optional("limit", self.limit, Limit::parse);
        let needs_near = || Refusal::new("needs_near", "Give near too: the slug of the locality from which distances count.");
        if self.near.is_none() && within_km.flatten().is_some() {
            fields.refuse("within_km", needs_near());
        }
        if self.near.is_none() && sort.flatten() == Some(Sort::Nearest) {
            fields.refuse("sort", needs_near());
        }
        let (locality, near) = (self.locality, self.near);
        fields.finish(|| {
            let sort = sort?.unwrap_or(Sort::Newest);
            let search = Search { words: words?, locality, near, within_km: within_km?, network: network?, activity: activity?, sort };
            Some((search, limit?.unwrap_or_default()))
        })
    }
}

fn whole_km(text: String) -> Result<ReachKm, Refusal> {
    ReachKm::parse(text.parse().unwrap_or(-1))
}

fn network_id(text: String) -> Result<NetworkId, Refusal> {
    text.parse().ok().ok_or_else(|| Refusal::new("not_an_id", "Give the id of a network, as /v1/networks shows it."))
}

/// A blocked group.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Block, example = json!({"group_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e02", "name": "Etruria Bowls Club", "since": "2026-02-01T12:00:00Z"}))]
pub struct BlockOut {
    /// The blocked group.
    pub group_id: GroupId,
    /// Name on screens.
    pub name: String,
    /// Since when (UTC).
    pub since: DateTime<Utc>,
}

impl From<Block> for BlockOut {
    fn from(block: Block) -> Self {
        Self { group_id: block.blocked_group_id, name: block.name, since: block.created_at }
    }
}
