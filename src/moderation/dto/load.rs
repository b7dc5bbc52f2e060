//! Who carries what, on the wire.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    moderation::{
        Day,
        model::Load,
        queries::load::{Carried, Totals},
        service::load::Wishes,
    },
    types::{Fields, Refusal, fields::FieldError, ids::UserId, time::parse_time},
};

/// How much of the queue you take on, and when.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = LoadIn, example = json!({"carries_at_once": 10, "works_on": ["tue", "thu"], "paused": true, "paused_until": "2027-01-04T08:00:00Z"}))]
pub struct LoadIn {
    /// How many items you claim at once, 1 to 200.
    #[schema(minimum = 1, maximum = 200)]
    pub carries_at_once: i64,
    /// The days on which you want to hear of what is late.
    #[schema(value_type = Vec<Day>, max_items = 7)]
    pub works_on: Vec<String>,
    /// Whether you have a break. What you are at goes back to the others.
    #[serde(default)]
    pub paused: bool,
    /// When the break ends by itself; when you say so, if null.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub paused_until: Option<String>,
}

impl LoadIn {
    /// Checks every field.
    pub fn parse(self, now: DateTime<Utc>) -> Result<Wishes, Vec<FieldError>> {
        let mut fields = Fields::body();
        let carries = i32::try_from(self.carries_at_once).ok().filter(|number| (1..=200).contains(number));
        let carries = carries.ok_or_else(|| Refusal::new("out_of_range", "Give a whole number from 1 to 200."));
        let carries = fields.check("/carries_at_once", carries);
        let days: Vec<_> =
            self.works_on.iter().enumerate().map(|(i, day)| fields.check(format!("/works_on/{i}"), Day::parse(day))).collect();
        let days: Option<Vec<Day>> = days.into_iter().collect();
        if days.as_ref().is_some_and(|days| days.len() > Day::ALL.len()) {
            fields.refuse("/works_on", Refusal::new("too_many", "Name each day once at most."));
        }
        let until = fields.check_optional("/paused_until", self.paused_until, parse_time);
        if let Some(Some(time)) = until {
            if !self.paused {
                fields.refuse("/paused_until", Refusal::new("not_paused", "Only a break has an end: set paused, or leave this out."));
            } else if time <= now {
                fields.refuse("/paused_until", Refusal::new("in_the_past", "Give a time in the future, or leave it out."));
            }
        }
        let paused = self.paused;
        fields.finish(|| Some(Wishes { carries_at_once: carries?, works_on: days?, paused, paused_until: until? }))
    }
}

/// How much of the queue a coordinator takes on.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Load, example = json!({"carries_at_once": 10, "works_on": ["tue", "thu"], "paused": false, "paused_until": null, "claimed": 3}))]
pub struct LoadOut {
    /// How many items at once.
    pub carries_at_once: i32,
    /// On which days the person hears of what is late.
    pub works_on: Vec<Day>,
    /// Whether the person has a break now.
    pub paused: bool,
    /// When it ends by itself; null: when the person says so.
    #[schema(required)]
    pub paused_until: Option<DateTime<Utc>>,
    /// How many items the person is at.
    pub claimed: i64,
}

impl LoadOut {
    /// What somebody carries at a time.
    pub fn of((load, claimed): (Load, i64), now: DateTime<Utc>) -> Self {
        let paused = load.is_paused_at(now);
        Self {
            carries_at_once: load.carries_at_once,
            works_on: load.works_on.into_iter().flatten().collect(),
            paused,
            paused_until: load.paused_until.filter(|_| paused),
            claimed,
        }
    }
}

/// The whole queue in numbers, and who carries what.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = QueueLoad, example = json!({"waiting": 12, "late": 1, "claimed": 3, "oldest_due_at": "2026-11-22T08:00:00Z", "people": [
    {"user_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e10", "name": "Mair Evans", "claimed": 3, "decided_in_7_days": 41, "carries_at_once": 20, "works_on": ["tue", "thu"], "paused": false, "paused_until": null}]}))]
pub struct QueueLoadOut {
    /// How much waits.
    pub waiting: i64,
    /// How much of that is later than was promised.
    pub late: i64,
    /// How much of it somebody is at.
    pub claimed: i64,
    /// The oldest promise; null when nothing waits.
    #[schema(required)]
    pub oldest_due_at: Option<DateTime<Utc>>,
    /// The coordinators.
    pub people: Vec<CarrierOut>,
}

/// What a coordinator carries.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = QueueCarrier)]
pub struct CarrierOut {
    /// The person.
    pub user_id: UserId,
    /// What the person is called.
    pub name: String,
    /// How many items the person is at.
    pub claimed: i64,
    /// How many the person has decided within the last seven days.
    pub decided_in_7_days: i64,
    /// How many the person takes on at once.
    pub carries_at_once: i32,
    /// On which days the person hears of what is late.
    pub works_on: Vec<Day>,
    /// Whether the person has a break now.
    pub paused: bool,
    /// When it ends by itself; null: when the person says so.
    #[schema(required)]
    pub paused_until: Option<DateTime<Utc>>,
}

impl QueueLoadOut {
    /// The queue at a time.
    pub fn of(totals: Totals, carried: Vec<Carried>, loads: &[Load], now: DateTime<Utc>) -> Self {
        let people = carried.into_iter().filter_map(|carried| {
            let load = loads.iter().find(|load| load.user_id == carried.user_id)?;
            let LoadOut { carries_at_once, works_on, paused, paused_until, claimed } = LoadOut::of((load.clone(), carried.claimed), now);
            let Carried { user_id, name, decided, .. } = carried;
            Some(CarrierOut { user_id, name, claimed, decided_in_7_days: decided, carries_at_once, works_on, paused, paused_until })
        });
        let people = people.collect();
        Self { waiting: totals.waiting, late: totals.late, claimed: totals.claimed, oldest_due_at: totals.oldest_due_at, people }
    }
}
