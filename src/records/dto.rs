//! Records on the wire.

pub mod report;

use std::collections::HashMap;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{
    RecordedOutcome,
    model::{Entry, Filter},
};
use crate::{
    http::{Limit, PageQuery},
    types::{
        Fields, Refusal,
        fields::FieldError,
        ids::{GroupId, UserId},
        text::Line,
        time::parse_time,
    },
};

/// Which part of the records.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RecordsQuery {
    /// Only this act, for example `suspend_group`.
    #[param(value_type = Option<String>)]
    pub action: Option<String>,
    /// Only what this person did.
    #[param(value_type = Option<UserId>)]
    pub actor_id: Option<String>,
    /// Only what was done for, or to, this group.
    #[param(value_type = Option<GroupId>)]
    pub group_id: Option<String>,
    /// Only what was done to things of this kind, for example `listing`.
    #[param(value_type = Option<String>)]
    pub subject_type: Option<String>,
    /// Only what was done to the thing with this id.
    #[param(value_type = Option<String>)]
    pub subject_id: Option<String>,
    /// Only what was `done`, or `denied`.
    #[param(value_type = Option<RecordedOutcome>)]
    pub outcome: Option<String>,
    /// From this time on.
    #[param(value_type = Option<DateTime<Utc>>)]
    pub from: Option<String>,
    /// Until just before this time.
    #[param(value_type = Option<DateTime<Utc>>)]
    pub until: Option<String>,
}

/// Which part of the records, and which page of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditQuery {
    #[serde(flatten)]
    filters: RecordsQuery,
    #[serde(flatten)]
    page: PageQuery,
}

impl RecordsQuery {
    /// Checks every filter.
    pub fn parse(self) -> Result<Filter, Vec<FieldError>> {
        let mut fields = Fields::query();
        let filter = self.check(&mut fields);
        fields.finish(|| filter)
    }

    fn check(self, fields: &mut Fields) -> Option<Filter> {
        let word = |text: String| Line::<1, 60>::parse(text).map(Line::into_string);
        let action = fields.check_optional("action", self.action, word);
        let actor = fields.check_optional("actor_id", self.actor_id, id);
        let group = fields.check_optional("group_id", self.group_id, id);
        let subject_type = fields.check_optional("subject_type", self.subject_type, word);
        let subject_id = fields.check_optional("subject_id", self.subject_id, |text| Line::<1, 100>::parse(text).map(Line::into_string));
        let outcome = fields.check_optional("outcome", self.outcome, RecordedOutcome::parse);
        let from = fields.check_optional("from", self.from, parse_time);
        let until = fields.check_optional("until", self.until, parse_time);
        if let (Some(Some(from)), Some(Some(until))) = (from, until)
            && from >= until
        {
            fields.refuse("until", ends_too_early());
        }
        Some(Filter {
            action: action?,
            actor: actor?.map(UserId),
            group: group?.map(GroupId),
            subject_type: subject_type?,
            subject_id: subject_id?,
            outcome: outcome?,
            from: from?,
            until: until?,
        })
    }
}

impl AuditQuery {
    /// Checks every filter; the cursor is checked by the list.
    pub fn parse(self) -> Result<(Filter, Limit, Option<String>), Vec<FieldError>> {
        let mut fields = Fields::query();
        let filter = self.filters.check(&mut fields);
        let limit = fields.check_optional("limit", self.page.limit, Limit::parse);
        fields.finish(|| Some((filter?, limit?.unwrap_or_default(), self.page.cursor)))
    }
}

fn id(text: String) -> Result<Uuid, Refusal> {
    text.parse().map_err(|_not_a_uuid| Refusal::new("not_an_id", "Give the id as the API shows it: a UUID."))
}

/// Why a period that ends before it begins is refused.
fn ends_too_early() -> Refusal {
    Refusal::new("before_start", "Give a time after from.")
}

/// An act, as it was recorded.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = AuditEntry, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e80", "occurred_at": "2026-11-22T09:30:00Z", "actor_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e10",
    "actor_name": "Mair Evans", "actor_role": "coordinator", "group_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "action": "suspend_group",
    "subject_type": "group", "subject_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "outcome": "done", "reason": "Nobody answers.",
    "before": {"state": "approved"}, "after": {"state": "suspended"}, "detail": {}
}))]
pub struct EntryOut {
    /// UUIDv7.
    pub id: Uuid,
    /// When it was done (UTC).
    pub occurred_at: DateTime<Utc>,
    /// Who did it; null for the program itself, and the operator.
    #[schema(required)]
    pub actor_id: Option<UserId>,
    /// What that person is called, if they work for the network.
    #[schema(required)]
    pub actor_name: Option<String>,
    /// As what it was done: coordinator, broker, owner, editor ...; null for entries from before that was kept, and denials of people who
    /// are nothing there.
    #[schema(required)]
    pub actor_role: Option<String>,
    /// The group it was done for, or to, or that a decision concerns.
    #[schema(required)]
    pub group_id: Option<GroupId>,
    /// What was done: verb and resource.
    pub action: String,
    /// The kind of thing it was done to.
    pub subject_type: String,
    /// The id of that.
    pub subject_id: String,
    /// Whether it was done, or refused because the person may not.
    pub outcome: RecordedOutcome,
    /// Why, as the person concerned reads it.
    #[schema(required)]
    pub reason: Option<String>,
    /// What changed, as it was; null: not said.
    #[schema(required, value_type = Option<Object>)]
    pub before: Option<Value>,
    /// What changed, as it is; null: not said.
    #[schema(required, value_type = Option<Object>)]
    pub after: Option<Value>,
    /// Facts of the act.
    #[schema(value_type = Object)]
    pub detail: Value,
}

impl EntryOut {
    /// An entry, with the names of the network's staff.
    pub fn of(entry: Entry, names: &HashMap<UserId, String>) -> Self {
        Self {
            id: entry.id,
            occurred_at: entry.occurred_at,
            actor_name: entry.actor_id.and_then(|id| names.get(&id).cloned()),
            actor_id: entry.actor_id,
            actor_role: entry.actor_role,
            group_id: entry.group_id,
            action: entry.action,
            subject_type: entry.subject_type,
            subject_id: entry.subject_id,
            outcome: entry.outcome,
            reason: entry.reason,
            before: entry.before,
            after: entry.after,
            detail: entry.detail,
        }
    }

    /// The same as cells of a table, in the order of its headings.
    pub fn cells(&self) -> [String; 14] {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let json = |value: &Option<Value>| value.as_ref().map(ToString::to_string).unwrap_or_default();
        [
            self.id.to_string(),
            self.occurred_at.to_rfc3339_opts(SecondsFormat::Micros, true),
            self.actor_id.map(|id| id.to_string()).unwrap_or_default(),
            text(&self.actor_name),
            text(&self.actor_role),
            self.group_id.map(|id| id.to_string()).unwrap_or_default(),
            self.action.clone(),
            self.subject_type.clone(),
            self.subject_id.clone(),
            self.outcome.to_string(),
            text(&self.reason),
            json(&self.before),
            json(&self.after),
            self.detail.to_string(),
        ]
    }
}
