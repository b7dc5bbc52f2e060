//! Assisted groups on the wire.

pub mod follow_ups;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    AssistanceState, ConsentGiven, Way,
    model::{Assistance, Consent},
    queries::Assisted,
};
use crate::{
    catalog::links::LocalityLink,
    groups::{Activity, Size, model::GroupText, rules::activities},
    types::{
        Fields, PhoneNumber, Refusal,
        fields::FieldError,
        ids::{GroupId, NetworkId},
        text::{About, Line, OrganisationName, Prose},
        time::parse_time,
    },
};

/// How to reach a group that is not online, and what it agreed to.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AssistanceIn, example = json!({
    "way": "call", "contact": "01782 000 111", "consent_given": "spoken",
    "consent_words": "The treasurer, on the telephone: post what we have over, and ring us when somebody wants it.", "consent_at": "2026-11-20T10:30:00Z"
}))]
pub struct AssistanceIn {
    /// How to reach it: `call`, `text`, `post` or `through_helper`.
    #[schema(value_type = Way)]
    pub way: String,
    /// The number (for `call` and `text`), the address or the helper by which it is reached, 1 to 300 characters.
    #[schema(min_length = 1, max_length = 300)]
    pub contact: String,
    /// How it agreed: `spoken` or `written`.
    #[schema(value_type = ConsentGiven)]
    pub consent_given: String,
    /// What it agreed to, and who said so (by their part in the group), 1 to 500 characters.
    #[schema(min_length = 1, max_length = 500)]
    pub consent_words: String,
    /// When it agreed; not in the future.
    #[schema(value_type = DateTime<Utc>)]
    pub consent_at: String,
}

impl AssistanceIn {
    /// Checks every field.
    pub fn parse(self, now: DateTime<Utc>) -> Result<Consent, Vec<FieldError>> {
        let mut fields = Fields::body();
        let consent = self.check(&mut fields, "", now);
        fields.finish(|| consent)
    }

    /// Checks every field; `at` is where this is in the body. What is refused is remembered in `fields`.
    fn check(self, fields: &mut Fields, at: &str, now: DateTime<Utc>) -> Option<Consent> {
        let way = fields.check(format!("{at}/way"), Way::parse(&self.way));
        let contact = fields.check(format!("{at}/contact"), contact(way, &self.contact));
        let given = fields.check(format!("{at}/consent_given"), ConsentGiven::parse(&self.consent_given));
        let words = fields.check(format!("{at}/consent_words"), Prose::<1, 500>::parse(&self.consent_words));
        let past = |time: DateTime<Utc>| {
            if time <= now { Ok(time) } else { Err(Refusal::new("in_the_future", "Give the time at which the group agreed.")) }
        };
        let when = fields.check(format!("{at}/consent_at"), parse_time(&self.consent_at).and_then(past));
        Some(Consent { way: way?, contact: contact?, given: given?, words: words?.into_string(), at: when? })
    }
}

/// Who is called or sent a text has a telephone number.
fn contact(way: Option<Way>, text: &str) -> Result<String, Refusal> {
    match way {
        Some(Way::Call | Way::Text) => Ok(PhoneNumber::parse(text)?.as_str().to_owned()),
        _ => Ok(Line::<1, 300>::parse(text)?.into_string()),
    }
}

/// A group that is not online.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAssistedGroupIn, example = json!({
    "name": "Tuesday Lunch Club", "description": "Lunch for older neighbours, Tuesdays.", "locality": "hanley-stoke-on-trent", "activities": ["older_people", "food"],
    "assistance": {"way": "call", "contact": "01782 000 111", "consent_given": "spoken",
        "consent_words": "The treasurer, on the telephone: post what we have over, and ring us when somebody wants it.", "consent_at": "2026-11-20T10:30:00Z"}
}))]
pub struct NewAssistedGroupIn {
    /// Name on screens, 2 to 120 characters. Never a private person's.
    #[schema(min_length = 2, max_length = 120)]
    pub name: String,
    /// What it does, up to 2,000 characters.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub description: Option<String>,
    /// Slug of the locality where it is.
    pub locality: String,
    /// What it does, from the fixed list; at most 10.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Activity>>, max_items = 10)]
    pub activities: Option<Vec<String>>,
    /// How many people it serves: `small` (up to 20), `medium` (up to 100) or `large`.
    #[serde(default)]
    #[schema(value_type = Option<Size>)]
    pub size: Option<String>,
    /// How to reach it, and what it agreed to.
    pub assistance: AssistanceIn,
}

impl NewAssistedGroupIn {
    /// Checks every field.
    pub fn parse(self, now: DateTime<Utc>) -> Result<(GroupText, Consent), Vec<FieldError>> {
        let mut fields = Fields::body();
        let name = fields.check("/name", OrganisationName::parse(self.name));
        let description = fields.check("/description", About::parse(self.description.unwrap_or_default()));
        let activities = activities(&mut fields, &self.activities.unwrap_or_default());
        let size = fields.check_optional("/size", self.size, Size::parse);
        let consent = self.assistance.check(&mut fields, "/assistance", now);
        let locality = self.locality;
        fields.finish(|| {
            let text = GroupText { name: name?, description: description?, locality, activities, size: size?, registration: None };
            Some((text, consent?))
        })
    }
}

/// How to reach a group that is not online, and what it agreed to. For the network's staff and the group's own members.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Assistance, example = json!({
    "group_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e00", "way": "call", "contact": "01782 000 111",
    "consent_given": "spoken", "consent_words": "The treasurer, on the telephone: post what we have over, and ring us when somebody wants it.",
    "consent_at": "2026-11-20T10:30:00Z", "recorded_by": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e10", "recorded_at": "2026-11-20T11:00:00Z", "state": "begun"
}))]
pub struct AssistanceOut {
    /// The group.
    pub group_id: GroupId,
    /// The network whose staff act for it.
    pub network_id: NetworkId,
    /// How to reach it.
    pub way: Way,
    /// The number, address or helper by which it is reached.
    pub contact: String,
    /// How it agreed.
    pub consent_given: ConsentGiven,
    /// What it agreed to, and who said so.
    pub consent_words: String,
    /// When it agreed (UTC).
    pub consent_at: DateTime<Utc>,
    /// The person of the staff who recorded it.
    #[schema(required)]
    pub recorded_by: Option<Uuid>,
    /// When it was recorded (UTC).
    pub recorded_at: DateTime<Utc>,
    /// `asked`: the group has members, and none of its owners has said yes yet; `begun`: staff act for it.
    pub state: AssistanceState,
}

impl From<Assistance> for AssistanceOut {
    fn from(row: Assistance) -> Self {
        Self {
            group_id: row.group_id,
            network_id: row.network_id,
            way: row.way,
            contact: row.contact,
            consent_given: row.consent_given,
            consent_words: row.consent_words,
            consent_at: row.consent_at,
            recorded_by: row.recorded_by,
            recorded_at: row.recorded_at,
            state: row.state,
        }
    }
}

/// A group that the network's staff act for.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = AssistedGroup, example = json!({
    "group_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "name": "Tuesday Lunch Club", "description": "Lunch for older neighbours, Tuesdays.", "activities": ["food", "older_people"],
    "locality": {"slug": "hanley-stoke-on-trent", "name": "Hanley", "kind": "place"},
    "assistance": {"group_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e00", "way": "call", "contact": "01782 000 111",
        "consent_given": "spoken", "consent_words": "The treasurer, on the telephone: post what we have over, and ring us when somebody wants it.",
        "consent_at": "2026-11-20T10:30:00Z", "recorded_by": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e10", "recorded_at": "2026-11-20T11:00:00Z", "state": "begun"}
}))]
pub struct AssistedGroupOut {
    /// The group.
    pub group_id: GroupId,
    /// Name on screens.
    pub name: String,
    /// What it does.
    pub description: String,
    /// What it does, from the fixed list.
    pub activities: Vec<Activity>,
    /// Where it is.
    pub locality: LocalityLink,
    /// How to reach it, and what it agreed to; null when the request that made the group is repeated.
    #[schema(required)]
    pub assistance: Option<AssistanceOut>,
}

impl From<Assisted> for AssistedGroupOut {
    fn from(((group, locality), assistance): Assisted) -> Self {
        Self {
            group_id: group.id,
            activities: group.activities(),
            name: group.name,
            description: group.description,
            locality: locality.into(),
            assistance: Some(assistance.into()),
        }
    }
}

/// How assistance ends.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EndQuery {
    /// `true`: close the group if it has no members, as nobody is left to act for it.
    #[param(value_type = Option<bool>)]
    pub close_group: Option<String>,
}

impl EndQuery {
    /// Whether a group without members closes.
    pub fn parse(self) -> Result<bool, Vec<FieldError>> {
        let mut fields = Fields::query();
        let close = fields.check_optional("close_group", self.close_group, true_or_false);
        fields.finish(|| Some(close?.unwrap_or_default()))
    }
}

/// `true` or `false`.
fn true_or_false(text: String) -> Result<bool, Refusal> {
    text.parse().map_err(|_neither| Refusal::new("not_one_of", "Use true or false."))
}
