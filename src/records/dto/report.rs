//! Figures on moderation on the wire.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize};

use super::ends_too_early;
use crate::{
    moderation::QueueKind,
    records::model::{Figures, Flow, Pace, Period, tenth},
    types::{Fields, Refusal, fields::FieldError, ids::NetworkId, time::parse_time},
};

/// The longest period that is counted at once.
const LONGEST: Duration = Duration::days(1830);

/// Which period.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PeriodQuery {
    /// From this time on; before `until` by 30 days (report) or 365 days (record sheet) unless given.
    #[param(value_type = Option<DateTime<Utc>>)]
    pub from: Option<String>,
    /// Until just before this time; now unless given.
    #[param(value_type = Option<DateTime<Utc>>)]
    pub until: Option<String>,
}

impl PeriodQuery {
    /// The period: without a beginning, so many days.
    pub fn parse(self, now: DateTime<Utc>, days: i64) -> Result<Period, Vec<FieldError>> {
        let mut fields = Fields::query();
        let from = fields.check_optional("from", self.from, parse_time);
        let until = fields.check_optional("until", self.until, parse_time);
        let (Some(from), Some(until)) = (from, until) else { return fields.finish(|| None) };
        let until = until.unwrap_or(now);
        let from = from.unwrap_or(until - Duration::days(days));
        if from >= until {
            fields.refuse("until", ends_too_early());
        } else if until - from > LONGEST {
            fields.refuse("from", Refusal::new("out_of_range", "Count at most five years at once."));
        }
        fields.finish(|| Some(Period { from, until }))
    }
}

/// A word and how often it was used.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = WordCount, example = json!({"word": "duplicate", "count": 12}))]
pub struct WordCountOut {
    /// The word, as it is in decisions, reports and complaints.
    pub word: String,
    /// How often.
    pub count: i64,
}

/// What came, went and waits of one kind.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = QueueFigures, example = json!({
    "kind": "listing", "came_in": 214, "decided": 201, "decided_in_time": 190, "median_hours": 5.5, "p95_hours": 22.4, "withdrawn": 6, "waiting": 7, "late": 1
}))]
pub struct QueueFiguresOut {
    /// What kind of thing; null: all together.
    #[schema(required)]
    pub kind: Option<QueueKind>,
    /// How many came in the period.
    pub came_in: i64,
    /// How many were decided in the period, without those decisions that were taken back.
    pub decided: i64,
    /// How many of these as soon as was promised.
    pub decided_in_time: i64,
    /// Half of them took at most so many hours; null when none was decided.
    #[schema(required)]
    pub median_hours: Option<f64>,
    /// 95 in 100 of them took at most so many hours.
    #[schema(required)]
    pub p95_hours: Option<f64>,
    /// How many went of themselves in the period.
    pub withdrawn: i64,
    /// How many wait now.
    pub waiting: i64,
    /// How many of these wait longer than was promised.
    pub late: i64,
}

impl QueueFiguresOut {
    fn of(kind: Option<QueueKind>, flows: &[&Flow], pace: &Pace) -> Self {
        let sum = |count: fn(&Flow) -> i64| flows.iter().map(|flow| count(flow)).sum();
        Self {
            kind,
            came_in: sum(|flow| flow.came_in),
            decided: pace.decided,
            decided_in_time: pace.in_time,
            median_hours: pace.median_hours.map(tenth),
            p95_hours: pace.p95_hours.map(tenth),
            withdrawn: sum(|flow| flow.withdrawn),
            waiting: sum(|flow| flow.waiting),
            late: sum(|flow| flow.late),
        }
    }
}

/// Promises that are open now.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = OpenPromises, example = json!({"waiting": 7, "late": 1, "waiting_since": "2026-11-20T09:30:00Z", "most_hours_late": 24.0}))]
pub struct OpenPromisesOut {
    /// How many wait.
    pub waiting: i64,
    /// How many of these wait longer than was promised.
    pub late: i64,
    /// Since when the first of them waits (UTC).
    #[schema(required)]
    pub waiting_since: Option<DateTime<Utc>>,
    /// How many hours the promise that was broken first is overdue; null when none is broken.
    #[schema(required)]
    pub most_hours_late: Option<f64>,
}

/// Who decided.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = DecisionFigures, example = json!({
    "by_people": 199, "by_program": 2, "undone": 3, "deeds": [{"word": "approve", "count": 180}], "reasons": [{"word": "duplicate", "count": 12}]
}))]
pub struct DecisionFiguresOut {
    /// Decisions of coordinators that stand.
    pub by_people: i64,
    /// Decisions of the program, because nobody had decided in time.
    pub by_program: i64,
    /// Decisions that were taken back within 30 seconds.
    pub undone: i64,
    /// What was decided, the most frequent first.
    pub deeds: Vec<WordCountOut>,
    /// Why, the most frequent first.
    pub reasons: Vec<WordCountOut>,
}

/// Appeals that were made in the period.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AppealFigures, example = json!({"made": 4, "upheld": 2, "overturned": 1, "withdrawn": 0, "waiting": 1}))]
pub struct AppealFiguresOut {
    /// How many.
    pub made: i64,
    /// The first decision stands.
    pub upheld: i64,
    /// Another coordinator decided otherwise.
    pub overturned: i64,
    /// The group took it back.
    pub withdrawn: i64,
    /// Not decided yet.
    pub waiting: i64,
}

/// Reports that were made in the period. Worries about somebody's safety are not counted here.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ReportFigures, example = json!({"made": 9, "acted": 4, "not_acted": 3, "decided_before": 1, "waiting": 1, "reasons": [{"word": "not_available", "count": 5}]}))]
pub struct ReportFiguresOut {
    /// How many.
    pub made: i64,
    /// Something was done.
    pub acted: i64,
    /// It was left as it is.
    pub not_acted: i64,
    /// It had been decided a short while before.
    pub decided_before: i64,
    /// Not decided yet.
    pub waiting: i64,
    /// Why, the most frequent first.
    pub reasons: Vec<WordCountOut>,
}

/// Complaints that were made in the period.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ComplaintFigures, example = json!({
    "made": 2, "upheld": 1, "partly_upheld": 0, "not_upheld": 0, "withdrawn": 0, "waiting": 1, "answered_late": 0, "late": 0, "about": [{"word": "service", "count": 2}]
}))]
pub struct ComplaintFiguresOut {
    /// How many.
    pub made: i64,
    /// The complaint was right.
    pub upheld: i64,
    /// It was right in part.
    pub partly_upheld: i64,
    /// It was not.
    pub not_upheld: i64,
    /// It was taken back.
    pub withdrawn: i64,
    /// Not answered yet.
    pub waiting: i64,
    /// Answered later than was promised.
    pub answered_late: i64,
    /// Not answered yet, later than was promised.
    pub late: i64,
    /// About what, the most frequent first.
    pub about: Vec<WordCountOut>,
}

/// What a network's moderation did in a period, in numbers.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = ModerationReport, example = json!({
    "network_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e00", "from": "2026-10-23T09:30:00Z", "until": "2026-11-22T09:30:00Z", "as_of": "2026-11-22T09:30:00Z",
    "all": {"kind": null, "came_in": 214, "decided": 201, "decided_in_time": 190, "median_hours": 5.5, "p95_hours": 22.4, "withdrawn": 6, "waiting": 7, "late": 1},
    "kinds": [{"kind": "listing", "came_in": 214, "decided": 201, "decided_in_time": 190, "median_hours": 5.5, "p95_hours": 22.4, "withdrawn": 6, "waiting": 7, "late": 1}],
    "promises": {"waiting": 7, "late": 1, "waiting_since": "2026-11-20T09:30:00Z", "most_hours_late": 24.0},
    "decisions": {"by_people": 199, "by_program": 2, "undone": 3, "deeds": [{"word": "approve", "count": 180}], "reasons": [{"word": "duplicate", "count": 12}]},
    "findings": [{"word": "duplicate_own", "count": 14}],
    "appeals": {"made": 4, "upheld": 2, "overturned": 1, "withdrawn": 0, "waiting": 1},
    "reports": {"made": 9, "acted": 4, "not_acted": 3, "decided_before": 1, "waiting": 1, "reasons": [{"word": "not_available", "count": 5}]},
    "complaints": {"made": 2, "upheld": 1, "partly_upheld": 0, "not_upheld": 0, "withdrawn": 0, "waiting": 1, "answered_late": 0, "late": 0, "about": [{"word": "service", "count": 2}]}
}))]
pub struct ModerationReportOut {
    /// The network.
    pub network_id: NetworkId,
    /// From this time on (UTC).
    pub from: DateTime<Utc>,
    /// Until just before this time (UTC).
    pub until: DateTime<Utc>,
    /// When it was counted (UTC): what waits waits then.
    pub as_of: DateTime<Utc>,
    /// The queue, all kinds together.
    pub all: QueueFiguresOut,
    /// The queue, kind by kind.
    pub kinds: Vec<QueueFiguresOut>,
    /// Promises that are open now.
    pub promises: OpenPromisesOut,
    /// What was decided, and why.
    pub decisions: DecisionFiguresOut,
    /// What the automatic checks found in what came, the most frequent first. What they refused is not there.
    pub findings: Vec<WordCountOut>,
    /// Appeals, and what came of them.
    pub appeals: AppealFiguresOut,
    /// Reports, and what came of them.
    pub reports: ReportFiguresOut,
    /// Complaints, and what came of them.
    pub complaints: ComplaintFiguresOut,
}

impl ModerationReportOut {
    /// The figures of a network.
    pub fn of(network_id: NetworkId, figures: &Figures) -> Self {
        let words = |list| figures.list(list).map(|(word, count)| WordCountOut { word: word.to_owned(), count }).collect();
        let kinds = QueueKind::ALL.iter().map(|kind| {
            let flows: Vec<_> = figures.flows.iter().filter(|flow| flow.kind == *kind).collect();
            QueueFiguresOut::of(Some(*kind), &flows, &figures.pace(Some(*kind)))
        });
        let all = QueueFiguresOut::of(None, &figures.flows.iter().collect::<Vec<_>>(), &figures.pace(None));
        let count = |list, word| figures.count(list, word);
        Self {
            network_id,
            from: figures.period.from,
            until: figures.period.until,
            as_of: figures.as_of,
            kinds: kinds.collect(),
            promises: OpenPromisesOut {
                waiting: all.waiting,
                late: all.late,
                waiting_since: figures.flows.iter().filter_map(|flow| flow.oldest).min(),
                most_hours_late: figures.most_hours_late(),
            },
            all,
            decisions: DecisionFiguresOut {
                by_people: count("decision", "by_people"),
                by_program: count("decision", "by_program"),
                undone: count("decision", "undone"),
                deeds: words("deed"),
                reasons: words("reason"),
            },
            findings: words("finding"),
            appeals: AppealFiguresOut {
                made: figures.total("appeal"),
                upheld: count("appeal", "upheld"),
                overturned: count("appeal", "overturned"),
                withdrawn: count("appeal", "withdrawn"),
                waiting: count("appeal", "waiting"),
            },
            reports: ReportFiguresOut {
                made: figures.total("report"),
                acted: count("report", "acted"),
                not_acted: count("report", "not_acted"),
                decided_before: count("report", "decided_before"),
                waiting: count("report", "waiting"),
                reasons: words("report_reason"),
            },
            complaints: ComplaintFiguresOut {
                made: figures.total("complaint"),
                upheld: count("complaint", "upheld"),
                partly_upheld: count("complaint", "partly_upheld"),
                not_upheld: count("complaint", "not_upheld"),
                withdrawn: count("complaint", "withdrawn"),
                waiting: count("complaint", "waiting"),
                answered_late: count("complaint_time", "answered_late"),
                late: count("complaint_time", "open_and_late"),
                about: words("complaint_about"),
            },
        }
    }
}
