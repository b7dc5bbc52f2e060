//! What became of exchanges, on the wire.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::PartyOut;
use crate::{
    exchanges::{
        HowItWent, Measure, Side,
        model::{ExchangeView, Outcome, Story},
        service::outcome::Told,
    },
    types::{Fields, Refusal, fields::FieldError, text::Prose},
};

/// A story about an exchange.
type StoryText = Prose<1, 4000>;

/// What became of an exchange, as your group tells it.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OutcomeIn, example = json!({
    "how_it_went": "well", "people_helped": 35, "amount": 80.0, "story": "The lunch club has room for everybody now.", "may_publish": true
}))]
pub struct OutcomeIn {
    /// `well`, `fairly` or `badly`.
    #[schema(value_type = HowItWent)]
    pub how_it_went: String,
    /// How many people it helped.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub people_helped: Option<i64>,
    /// How much, in the exchange's `measure`: kilograms, hours, room_hours or miles.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub amount: Option<f64>,
    /// A story about it, at most 4,000 characters. Never about a private person.
    #[serde(default)]
    #[schema(max_length = 4000)]
    pub story: Option<String>,
    /// Whether the story may be published, with your group's name.
    #[serde(default)]
    pub may_publish: bool,
}

impl OutcomeIn {
    /// What the client says, checked; or everything that is wrong with it.
    pub fn parse(self) -> Result<Told, Vec<FieldError>> {
        let mut fields = Fields::body();
        let how_it_went = fields.check("/how_it_went", HowItWent::parse(&self.how_it_went));
        let people_helped = fields.check_optional("/people_helped", self.people_helped, people);
        let amount = fields.check_optional("/amount", self.amount, amount);
        let story = fields.check_optional("/story", self.story, StoryText::parse);
        if self.may_publish && story.as_ref().is_some_and(Option::is_none) {
            fields.refuse("/story", Refusal::new("required", "Tell the story that may be published, or leave may_publish out."));
        }
        let may_publish = self.may_publish;
        fields.finish(|| {
            let story = story?.map(StoryText::into_string);
            Some(Told { how_it_went: how_it_went?, people_helped: people_helped?, amount: amount?, story, may_publish })
        })
    }
}

fn people(number: i64) -> Result<i32, Refusal> {
    let number = i32::try_from(number).ok().filter(|number| (0..=1_000_000).contains(number));
    number.ok_or_else(|| Refusal::new("out_of_range", "Give a whole number from 0 to 1,000,000."))
}

fn amount(amount: f64) -> Result<f64, Refusal> {
    if (0.0..=1_000_000.0).contains(&amount) { Ok(amount) } else { Err(Refusal::new("out_of_range", "Give a number from 0 to 1,000,000.")) }
}

/// What became of an exchange, as one of its groups tells it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Outcome, example = json!({
    "group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e05", "name": "Etruria Bowls Club"}, "side": "receiver", "how_it_went": "well",
    "people_helped": 35, "amount": 80.0, "measure": "kilograms", "story": "The lunch club has room for everybody now.", "may_publish": true,
    "created_at": "2026-12-01T09:30:00Z", "updated_at": "2026-12-01T09:30:00Z"
}))]
pub struct OutcomeOut {
    /// Who tells it.
    pub group: PartyOut,
    /// Its side of the exchange.
    pub side: Side,
    /// How it went.
    pub how_it_went: HowItWent,
    /// How many people it helped.
    #[schema(required)]
    pub people_helped: Option<i32>,
    /// How much, in the measure.
    #[schema(required)]
    pub amount: Option<f64>,
    /// What the amount is counted in.
    #[schema(required)]
    pub measure: Option<Measure>,
    /// The story; for staff only when it may be published.
    #[schema(required)]
    pub story: Option<String>,
    /// Whether the story may be published.
    pub may_publish: bool,
    /// When it was first told.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
}

impl OutcomeOut {
    /// An outcome as a side of its exchange sees it.
    pub fn of(outcome: Outcome, view: &ExchangeView, you: Side) -> Self {
        let gives = outcome.group_id == view.exchange.giver_group_id;
        let (side, name) = if gives { (Side::Giver, &view.giver) } else { (Side::Receiver, &view.receiver) };
        Self {
            group: PartyOut { id: outcome.group_id, name: name.clone() },
            side,
            how_it_went: outcome.how_it_went,
            people_helped: outcome.people_helped,
            amount: outcome.amount,
            measure: outcome.measure,
            story: outcome.story.filter(|_| you != Side::Staff || outcome.may_publish),
            may_publish: outcome.may_publish,
            created_at: outcome.created_at,
            updated_at: outcome.updated_at,
        }
    }
}

/// A story that a group has told of an exchange, and agreed to publish.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Story, example = json!({
    "group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e05", "name": "Etruria Bowls Club"}, "title": "Forty folding chairs", "resource_type": "thing",
    "story": "The lunch club has room for everybody now.", "people_helped": 35, "amount": 80.0, "measure": "kilograms", "told_at": "2026-12-01T09:30:00Z"
}))]
pub struct StoryOut {
    /// Who tells it. The other group is not named: it has not been asked.
    pub group: PartyOut,
    /// What was exchanged.
    pub title: String,
    /// Root of its category: thing, space, skill, time, transport or food.
    pub resource_type: String,
    /// The story.
    pub story: String,
    /// How many people it helped.
    #[schema(required)]
    pub people_helped: Option<i32>,
    /// How much, in the measure.
    #[schema(required)]
    pub amount: Option<f64>,
    /// What the amount is counted in.
    #[schema(required)]
    pub measure: Option<Measure>,
    /// When it was first told.
    pub told_at: DateTime<Utc>,
}

impl From<Story> for StoryOut {
    fn from(story: Story) -> Self {
        let Story { outcome, group, title, resource_type } = story;
        Self {
            group: PartyOut { id: outcome.group_id, name: group },
            title,
            resource_type,
            story: outcome.story.unwrap_or_default(),
            people_helped: outcome.people_helped,
            amount: outcome.amount,
            measure: outcome.measure,
            told_at: outcome.created_at,
        }
    }
}
