//! What somebody does about an exchange, on the wire.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    exchanges::{
        CancelReason,
        rules::deeds::{Appointment, Deed, Place, Words},
    },
    listings::rules::quantity,
    types::{Fields, Refusal, fields::FieldError, time::parse_time},
};

/// How far ahead a time may be.
const FARTHEST: Duration = Duration::days(366);

/// A few words, if you like.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ExchangeWordsIn, example = json!({"words": "They have gone to the school already. Sorry!"}))]
pub struct WordsIn {
    /// A few words for the other group, at most 1,000 characters.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub words: Option<String>,
}

impl WordsIn {
    /// The words, checked.
    pub fn parse(self) -> Result<Option<Words>, Vec<FieldError>> {
        let mut fields = Fields::body();
        let words = fields.check_optional("/words", self.words, Words::parse);
        fields.finish(|| words)
    }
}

/// A time and a place.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ScheduleIn, example = json!({
    "scheduled_for": "2026-11-28T10:00:00Z", "scheduled_until": "2026-11-28T10:30:00Z", "place": "The hall's back door", "return_by": null
}))]
pub struct ScheduleIn {
    /// When it is to be handed over, within a year.
    #[schema(value_type = DateTime<Utc>)]
    pub scheduled_for: String,
    /// Until when.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub scheduled_until: Option<String>,
    /// Where, in words. Seen by the two groups alone.
    #[serde(default)]
    #[schema(max_length = 300)]
    pub place: Option<String>,
    /// When it is due back, if it is lent or shared.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub return_by: Option<String>,
}

impl ScheduleIn {
    /// What the client says, checked; or everything that is wrong with it.
    pub fn parse(self, now: DateTime<Utc>) -> Result<Deed, Vec<FieldError>> {
        let mut fields = Fields::body();
        let from = fields.check("/scheduled_for", to_come(&self.scheduled_for, now));
        let until = fields.check_optional("/scheduled_until", self.scheduled_until, |time| to_come(&time, now));
        let place = fields.check_optional("/place", self.place, Place::parse);
        let return_by = fields.check_optional("/return_by", self.return_by, |time| to_come(&time, now));
        if let (Some(from), Some(Some(until))) = (from, until)
            && until <= from
        {
            fields.refuse("/scheduled_until", Refusal::new("before_start", "Give a time after scheduled_for."));
        }
        fields.finish(|| Some(Deed::Schedule(Appointment { from: from?, until: until?, place: place?, return_by: return_by? })))
    }
}

/// How many were handed over, as the first side says.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HandOverIn, example = json!({"quantity": 20}))]
pub struct HandOverIn {
    /// How many were handed over; all that were promised when null or left out.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: Option<i64>,
    /// When it is due back, if it is lent or shared; as scheduled when null or left out.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub return_by: Option<String>,
}

impl HandOverIn {
    /// What the client says, checked; or everything that is wrong with it.
    pub fn parse(self, now: DateTime<Utc>) -> Result<Deed, Vec<FieldError>> {
        let mut fields = Fields::body();
        let quantity = fields.check_optional("/quantity", self.quantity, quantity);
        let return_by = fields.check_optional("/return_by", self.return_by, |time| to_come(&time, now));
        fields.finish(|| Some(Deed::HandOver(quantity?, return_by?)))
    }
}

/// How many were handed over, as the second side says.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ConfirmIn, example = json!({"quantity": 18}))]
pub struct ConfirmIn {
    /// How many were handed over; as many as the other side says when null or left out.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: Option<i64>,
}

impl ConfirmIn {
    /// What the client says, checked; or everything that is wrong with it.
    pub fn parse(self) -> Result<Deed, Vec<FieldError>> {
        let mut fields = Fields::body();
        let quantity = fields.check_optional("/quantity", self.quantity, quantity);
        fields.finish(|| Some(Deed::Confirm(quantity?)))
    }
}

/// Why what was agreed is called off.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CancelIn, example = json!({"reason": "not_needed", "words": "Our event was called off."}))]
pub struct CancelIn {
    /// Why, as a word.
    #[schema(value_type = CancelReason)]
    pub reason: String,
    /// Why, in words, at most 1,000 characters.
    #[serde(default)]
    #[schema(max_length = 1000)]
    pub words: Option<String>,
}

impl CancelIn {
    /// What the client says, checked; or everything that is wrong with it.
    pub fn parse(self) -> Result<Deed, Vec<FieldError>> {
        let mut fields = Fields::body();
        let reason = fields.check("/reason", CancelReason::parse(&self.reason));
        let words = fields.check_optional("/words", self.words, Words::parse);
        if reason == Some(CancelReason::OtherReason) && words.as_ref().is_some_and(Option::is_none) {
            fields.refuse("/words", Refusal::new("required", "Say in a few words why."));
        }
        fields.finish(|| Some(Deed::Cancel(reason?, words?)))
    }
}

/// A time to come, within a year.
fn to_come(text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>, Refusal> {
    match parse_time(text)? {
        time if time <= now => Err(Refusal::new("in_the_past", "Give a time in the future.")),
        time if time > now + FARTHEST => Err(Refusal::new("too_far", "Give a time within a year.")),
        time => Ok(time),
    }
}
