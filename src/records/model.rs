//! Rows of audit entries, and the figures of a period.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types as sql};
use serde_json::Value;
use uuid::Uuid;

use super::RecordedOutcome;
use crate::{
    moderation::QueueKind,
    schema::audit_entries,
    types::ids::{GroupId, UserId},
};

/// An act, as it was recorded.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
pub struct Entry {
    /// UUIDv7.
    pub id: Uuid,
    /// When it was done.
    pub occurred_at: DateTime<Utc>,
    /// Who did it; none for the program itself.
    pub actor_id: Option<UserId>,
    /// As what.
    pub actor_role: Option<String>,
    /// The group it was done for.
    pub group_id: Option<GroupId>,
    /// Verb and resource.
    pub action: String,
    /// The kind of thing it was done to.
    pub subject_type: String,
    /// The id of that.
    pub subject_id: String,
    /// What came of it.
    pub outcome: RecordedOutcome,
    /// Why.
    pub reason: Option<String>,
    /// What changed, as it was.
    pub before: Option<Value>,
    /// What changed, as it is.
    pub after: Option<Value>,
    /// Facts of the act.
    pub detail: Value,
}

/// Part of a network's records.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct Filter {
    /// Verb and resource.
    pub action: Option<String>,
    /// Who did it.
    pub actor: Option<UserId>,
    /// The group it was done for.
    pub group: Option<GroupId>,
    /// The kind of thing it was done to.
    pub subject_type: Option<String>,
    /// The id of that.
    pub subject_id: Option<String>,
    /// What came of it.
    pub outcome: Option<RecordedOutcome>,
    /// At or after this time.
    pub from: Option<DateTime<Utc>>,
    /// Before this time.
    pub until: Option<DateTime<Utc>>,
}

/// A stretch of time: its beginning belongs to it, its end does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// From then on.
    pub from: DateTime<Utc>,
    /// Until just before.
    pub until: DateTime<Utc>,
}

/// What came and went of one kind, and what waits now.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct Flow {
    /// What kind of thing.
    #[diesel(sql_type = sql::Text)]
    pub kind: QueueKind,
    /// How many came in the period.
    #[diesel(sql_type = sql::BigInt)]
    pub came_in: i64,
    /// How many went of themselves in the period.
    #[diesel(sql_type = sql::BigInt)]
    pub withdrawn: i64,
    /// How many wait now.
    #[diesel(sql_type = sql::BigInt)]
    pub waiting: i64,
    /// How many of those wait longer than was promised.
    #[diesel(sql_type = sql::BigInt)]
    pub late: i64,
    /// Since when the first of those that wait does.
    #[diesel(sql_type = sql::Nullable<sql::Timestamptz>)]
    pub oldest: Option<DateTime<Utc>>,
    /// The earliest promise that is still open.
    #[diesel(sql_type = sql::Nullable<sql::Timestamptz>)]
    pub first_due: Option<DateTime<Utc>>,
}

/// How long decisions took, those that stand.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct Pace {
    /// Of what kind of thing; none: all together.
    #[diesel(sql_type = sql::Nullable<sql::Text>)]
    pub kind: Option<QueueKind>,
    /// How many.
    #[diesel(sql_type = sql::BigInt)]
    pub decided: i64,
    /// How many of them as soon as was promised.
    #[diesel(sql_type = sql::BigInt)]
    pub in_time: i64,
    /// Half of them took at most so long, hours.
    #[diesel(sql_type = sql::Nullable<sql::Double>)]
    pub median_hours: Option<f64>,
    /// 95 in 100 of them took at most so long, hours.
    #[diesel(sql_type = sql::Nullable<sql::Double>)]
    pub p95_hours: Option<f64>,
}

/// How often a word was used.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Counted {
    /// Which list it belongs to; see `queries::figures`.
    #[diesel(sql_type = sql::Text)]
    pub list: String,
    /// The word.
    #[diesel(sql_type = sql::Text)]
    pub word: String,
    /// How often.
    #[diesel(sql_type = sql::BigInt)]
    pub count: i64,
}

/// Everything that is counted of a network's moderation in a period.
#[derive(Debug, Clone)]
pub struct Figures {
    /// The period.
    pub period: Period,
    /// When it was counted; what waits waits then.
    pub as_of: DateTime<Utc>,
    /// What came and went, by kind, in the order of the kinds.
    pub flows: Vec<Flow>,
    /// How long decisions took, by kind and all together.
    pub paces: Vec<Pace>,
    /// Words and how often they were used, the most frequent first in each list.
    pub counts: Vec<Counted>,
}

impl Figures {
    /// The words of a list with how often they were used, the most frequent first.
    pub fn list<'a>(&'a self, list: &'a str) -> impl Iterator<Item = (&'a str, i64)> {
        self.counts.iter().filter(move |counted| counted.list == list).map(|counted| (counted.word.as_str(), counted.count))
    }

    /// How often one word of a list was used.
    pub fn count(&self, list: &str, word: &str) -> i64 {
        self.list(list).find(|(known, _)| *known == word).map_or(0, |(_, count)| count)
    }

    /// All words of a list together.
    pub fn total(&self, list: &str) -> i64 {
        self.list(list).map(|(_, count)| count).sum()
    }

    /// How long decisions about one kind took, or all together.
    pub fn pace(&self, kind: Option<QueueKind>) -> Pace {
        let none = || Pace { kind, decided: 0, in_time: 0, median_hours: None, p95_hours: None };
        self.paces.iter().find(|pace| pace.kind == kind).cloned().unwrap_or_else(none)
    }

    /// How many hours the promise that has been broken longest is overdue, if any is.
    pub fn most_hours_late(&self) -> Option<f64> {
        let first = self.flows.iter().filter_map(|flow| flow.first_due).min()?;
        (first < self.as_of).then(|| hours_between(first, self.as_of))
    }
}

/// Hours from one time to another, to a tenth.
fn hours_between(from: DateTime<Utc>, until: DateTime<Utc>) -> f64 {
    tenth((until - from).as_seconds_f64() / 3600.0)
}

/// To a tenth.
pub fn tenth(hours: f64) -> f64 {
    (hours * 10.0).round() / 10.0
}

/// What there is in a network, for the description of the service in the record sheet.
#[derive(Debug, Clone, PartialEq, QueryableByName)]
pub struct Extent {
    /// Groups in good standing.
    #[diesel(sql_type = sql::BigInt)]
    pub groups: i64,
    /// Those of them that the staff act for.
    #[diesel(sql_type = sql::BigInt)]
    pub assisted: i64,
    /// People who act for these groups.
    #[diesel(sql_type = sql::BigInt)]
    pub people: i64,
    /// Coordinators.
    #[diesel(sql_type = sql::BigInt)]
    pub coordinators: i64,
    /// Listings that can be found now.
    #[diesel(sql_type = sql::BigInt)]
    pub listings: i64,
    /// Listings published in the period.
    #[diesel(sql_type = sql::BigInt)]
    pub published: i64,
    /// Messages between groups in the period, about listings and exchanges of this network.
    #[diesel(sql_type = sql::BigInt)]
    pub messages: i64,
    /// Exchanges completed in the period.
    #[diesel(sql_type = sql::BigInt)]
    pub exchanges: i64,
    /// When listings are reviewed.
    #[diesel(sql_type = sql::Text)]
    pub review: String,
    /// The promise: decided within so many hours.
    #[diesel(sql_type = sql::Integer)]
    pub decide_within_hours: i32,
    /// How long an approval of a group lasts before it is checked again.
    #[diesel(sql_type = sql::Integer)]
    pub recheck_after_days: i32,
    /// What happens when it is broken.
    #[diesel(sql_type = sql::Text)]
    pub undecided_then: String,
    /// Whether two independent reports hide a listing.
    #[diesel(sql_type = sql::Bool)]
    pub hide_reported: bool,
    /// The version of the ground rules.
    #[diesel(sql_type = sql::Integer)]
    pub rules_version: i32,
    /// Whether a safeguarding lead is named.
    #[diesel(sql_type = sql::Bool)]
    pub has_lead: bool,
}
