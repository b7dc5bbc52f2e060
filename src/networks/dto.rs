//! Networks on the wire.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    StaffRole, Standing,
    model::{NetworkText, NetworkThere, StaffMember},
    queries::GroupThere,
};
use crate::{
    catalog::links::LocalityLink,
    groups::Activity,
    http::Limit,
    moderation::{Reason as Rule, service::direct::Said},
    types::{
        Fields, Refusal,
        fields::FieldError,
        ids::{GroupId, NetworkId, UserId},
        text::{About, OrganisationName, Reason, Rules},
    },
};

/// A network in a list.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = NetworkSummary, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e00", "slug": "stoke", "name": "1000 Lives Stoke-on-Trent", "description": "For groups in the Potteries.",
    "locality": {"slug": "stoke-on-trent", "name": "Stoke-on-Trent", "kind": "district"}
}))]
pub struct NetworkSummaryOut {
    /// Its id.
    pub id: NetworkId,
    /// Short name in addresses.
    pub slug: String,
    /// Name on screens.
    pub name: String,
    /// Who it is for.
    pub description: String,
    /// The area it covers.
    pub locality: LocalityLink,
}

/// A network.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Network, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e00", "slug": "stoke", "name": "1000 Lives Stoke-on-Trent", "description": "For groups in the Potteries.",
    "rules": "Be kind. No money. Never name a private person.", "locality": {"slug": "stoke-on-trent", "name": "Stoke-on-Trent", "kind": "district"},
    "created_at": "2026-01-05T09:00:00Z", "updated_at": "2026-01-05T09:00:00Z"
}))]
pub struct NetworkOut {
    /// Its id.
    pub id: NetworkId,
    /// Short name in addresses.
    pub slug: String,
    /// Name on screens.
    pub name: String,
    /// Who it is for.
    pub description: String,
    /// What may be posted and how people treat each other.
    pub rules: String,
    /// The area it covers.
    pub locality: LocalityLink,
    /// When it was made (UTC).
    pub created_at: DateTime<Utc>,
    /// When it last changed (UTC).
    pub updated_at: DateTime<Utc>,
}

/// What people may change of a network.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NetworkIn)]
pub struct NetworkIn {
    /// Name on screens, 2 to 120 characters.
    #[schema(min_length = 2, max_length = 120)]
    pub name: String,
    /// Who it is for, up to 2,000 characters.
    #[schema(max_length = 2000)]
    pub description: Option<String>,
    /// What may be posted and how people treat each other, up to 10,000 characters.
    #[schema(max_length = 10000)]
    pub rules: Option<String>,
    /// Slug of the locality that it covers.
    pub locality: String,
}

impl NetworkIn {
    /// Checks every field.
    pub fn parse(self) -> Result<NetworkText, Vec<FieldError>> {
        let mut fields = Fields::body();
        let name = fields.check("/name", OrganisationName::parse(self.name));
        let description = fields.check("/description", About::parse(self.description.unwrap_or_default()));
        let rules = fields.check("/rules", Rules::parse(self.rules.unwrap_or_default()));
        fields.finish(|| Some(NetworkText { name: name?, description: description?, rules: rules?, locality: self.locality }))
    }
}

impl From<&NetworkThere> for NetworkIn {
    fn from((network, locality): &NetworkThere) -> Self {
        Self {
            name: network.name.clone(),
            description: Some(network.description.clone()),
            rules: Some(network.rules.clone()),
            locality: locality.slug.clone(),
        }
    }
}

impl From<NetworkThere> for NetworkSummaryOut {
    fn from((network, locality): NetworkThere) -> Self {
        Self { id: network.id, slug: network.slug, name: network.name, description: network.description, locality: locality.into() }
    }
}

impl From<NetworkThere> for NetworkOut {
    fn from((network, locality): NetworkThere) -> Self {
        Self {
            id: network.id,
            slug: network.slug,
            name: network.name,
            description: network.description,
            rules: network.rules,
            locality: locality.into(),
            created_at: network.created_at,
            updated_at: network.updated_at,
        }
    }
}

/// Which groups of a network.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NetworkGroupsQuery {
    /// Only groups in this state; all unless given.
    #[param(value_type = Option<Standing>)]
    pub state: Option<String>,
    /// Entries on a page, 1 to 100; 20 unless given.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    pub limit: Option<String>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl NetworkGroupsQuery {
    /// Checks state and limit; the cursor is checked by the list.
    pub fn parse(self) -> Result<(Option<Standing>, Limit, Option<String>), Vec<FieldError>> {
        let mut fields = Fields::query();
        let state = fields.check_optional("state", self.state, Standing::parse);
        let limit = fields.check_optional("limit", self.limit, Limit::parse);
        fields.finish(|| Some((state?, limit?.unwrap_or_default(), self.cursor)))
    }
}

/// A person who works for a network.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = StaffMember, example = json!({
    "user_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e10", "name": "Mair Evans", "role": "coordinator", "since": "2026-01-05T09:00:00Z"
}))]
pub struct StaffMemberOut {
    /// The person.
    pub user_id: UserId,
    /// What the person is called.
    pub name: String,
    /// What the person does.
    pub role: StaffRole,
    /// Since when (UTC).
    pub since: DateTime<Utc>,
}

impl From<StaffMember> for StaffMemberOut {
    fn from(member: StaffMember) -> Self {
        Self { user_id: member.user_id, name: member.name, role: member.role, since: member.created_at }
    }
}

/// The role that a person is to have.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = StaffRoleIn, example = json!({"role": "broker"}))]
pub struct StaffRoleIn {
    /// coordinator decides; broker may propose matches and post for others.
    #[schema(value_type = StaffRole)]
    pub role: String,
}

impl StaffRoleIn {
    /// Checks the role.
    pub fn parse(self) -> Result<StaffRole, Vec<FieldError>> {
        let mut fields = Fields::body();
        let role = fields.check("/role", StaffRole::parse(self.role));
        fields.finish(|| role)
    }
}

/// A decision that speaks for itself.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DecisionIn, example = json!({"reason": "Known to us for years. Welcome!"}))]
pub struct DecisionIn {
    /// Why, for the group to read, up to 2,000 characters.
    #[schema(max_length = 2000)]
    pub reason: Option<String>,
    /// Why, as a word that stands for a rule. The group reads the rule.
    #[serde(default)]
    #[schema(value_type = Option<Rule>)]
    pub reason_code: Option<String>,
}

impl DecisionIn {
    /// Checks the reason, if there is one.
    pub fn parse(self) -> Result<Said, Vec<FieldError>> {
        let mut fields = Fields::body();
        let words = fields.check_optional("/reason", self.reason, Reason::parse);
        let reason = fields.check_optional("/reason_code", self.reason_code, |word| match Rule::parse(word)? {
            Rule::Undecided => Err(Refusal::new("not_for_people", "Only the program decides for this reason. Choose another one.")),
            reason => Ok(reason),
        });
        if matches!((&reason, &words), (Some(Some(Rule::Other)), Some(None))) {
            fields.refuse("/reason", Refusal::new("required", "Say in words what the reason is."));
        }
        fields.finish(|| Some(Said { reason: reason?, words: words? }))
    }
}

/// A decision that has to be explained.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ReasonedDecisionIn, example = json!({"reason": "We could not reach anybody at the number you gave. Please ring us."}))]
pub struct ReasonedDecisionIn {
    /// Why, for the group to read, 1 to 2,000 characters.
    #[schema(min_length = 1, max_length = 2000)]
    pub reason: String,
    /// Why, as a word that stands for a rule; `other` unless given. The group reads the rule.
    #[serde(default)]
    #[schema(value_type = Option<Rule>)]
    pub reason_code: Option<String>,
}

impl ReasonedDecisionIn {
    /// Checks the reason.
    pub fn parse(self) -> Result<Said, Vec<FieldError>> {
        DecisionIn { reason: Some(self.reason), reason_code: self.reason_code }.parse()
    }
}

/// A group as the staff of a network see it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = NetworkGroup, example = json!({
    "group_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "name": "St Mary's Pantry", "description": "A food pantry, Tuesdays and Fridays.",
    "activities": ["food"], "locality": {"slug": "hanley-stoke-on-trent", "name": "Hanley", "kind": "place"}, "state": "awaiting_review",
    "reason": null, "requested_at": "2026-01-06T10:00:00Z", "decided_at": null, "recheck_at": null, "sign_of_life_at": null
}))]
pub struct NetworkGroupOut {
    /// The group.
    pub group_id: GroupId,
    /// Name on screens.
    pub name: String,
    /// What it does, in its own words.
    pub description: String,
    /// What it does, from the fixed list.
    pub activities: Vec<Activity>,
    /// Where it is.
    pub locality: LocalityLink,
    /// How it stands in this network.
    pub state: Standing,
    /// Why it was decided so; null when nothing was said.
    pub reason: Option<String>,
    /// When it asked to join (UTC).
    pub requested_at: DateTime<Utc>,
    /// When it was decided (UTC); null while it waits.
    pub decided_at: Option<DateTime<Utc>>,
    /// When it must next say that it is still there (UTC); in `recertification_required`: until when it may.
    pub recheck_at: Option<DateTime<Utc>>,
    /// When somebody of it last said so (UTC).
    pub sign_of_life_at: Option<DateTime<Utc>>,
}

impl From<GroupThere> for NetworkGroupOut {
    fn from((standing, group, locality): GroupThere) -> Self {
        Self {
            group_id: group.id,
            activities: group.activities(),
            name: group.name,
            description: group.description,
            locality: locality.into(),
            state: standing.state,
            reason: standing.reason,
            requested_at: standing.requested_at,
            decided_at: standing.decided_at,
            recheck_at: standing.recheck_at,
            sign_of_life_at: standing.sign_of_life_at,
        }
    }
}
