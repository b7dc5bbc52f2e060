//! The call list on the wire.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::true_or_false;
use crate::{
    assisted::{
        Way,
        model::{CallFilter, FollowUp},
        rules::{CALL_BACK, FARTHEST},
        service::Called,
    },
    http::Limit,
    inbox::words,
    types::{
        Fields, Refusal,
        fields::FieldError,
        ids::{ExchangeId, FollowUpId, GroupId, ListingId},
        text::Prose,
        time::parse_time,
    },
};

/// Which part of the call list.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CallListQuery {
    /// Only what is due until this time, for example the end of today.
    #[param(value_type = Option<DateTime<Utc>>)]
    pub due: Option<String>,
    /// Only of this group.
    #[param(value_type = Option<GroupId>)]
    pub group_id: Option<String>,
    /// `true`: what has been done, the latest first, with what came of it.
    #[param(value_type = Option<bool>)]
    pub done: Option<String>,
    /// Entries on a page, 1 to 100; 20 unless given.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    pub limit: Option<String>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl CallListQuery {
    /// Checks the filters; the cursor is checked by the list.
    pub fn parse(self) -> Result<(CallFilter, Limit, Option<String>), Vec<FieldError>> {
        let mut fields = Fields::query();
        let due = fields.check_optional("due", self.due, parse_time);
        let not_an_id = || Refusal::new("not_an_id", "Give the id as the API shows it: a UUID.");
        let group = fields.check_optional("group_id", self.group_id, |id| id.parse::<GroupId>().map_err(|_not_a_uuid| not_an_id()));
        let done = fields.check_optional("done", self.done, true_or_false);
        let limit = fields.check_optional("limit", self.limit, Limit::parse);
        let cursor = self.cursor;
        fields.finish(|| {
            let filter = CallFilter { done: done?.unwrap_or_default(), due: due?, group: group? };
            Some((filter, limit?.unwrap_or_default(), cursor))
        })
    }
}

/// What came of a call.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CallDoneIn, example = json!({"note": "They would like to give ten of the chairs. Ring again on Thursday about the time.", "call_again_at": "2026-11-26T10:00:00Z"}))]
pub struct CallDoneIn {
    /// What came of it, 1 to 1,000 characters. Never about a private person.
    #[schema(min_length = 1, max_length = 1000)]
    pub note: String,
    /// When to call again about the same thing, within a year; null or left out: not.
    #[serde(default)]
    #[schema(value_type = Option<DateTime<Utc>>)]
    pub call_again_at: Option<String>,
}

impl CallDoneIn {
    /// Checks every field.
    pub fn parse(self, now: DateTime<Utc>) -> Result<Called, Vec<FieldError>> {
        let mut fields = Fields::body();
        let note = fields.check("/note", Prose::<1, 1000>::parse(self.note));
        let ahead = |time: DateTime<Utc>| {
            let refusal = || Refusal::new("out_of_range", "Give a time from now on, at most a year ahead.");
            if time > now && time <= now + FARTHEST { Ok(time) } else { Err(refusal()) }
        };
        let again = fields.check_optional("/call_again_at", self.call_again_at, |text| parse_time(text).and_then(ahead));
        fields.finish(|| Some(Called { note: note?.into_string(), again: again? }))
    }
}

/// Whom to call.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = CalledGroup)]
pub struct CalledGroupOut {
    /// Its id.
    pub id: GroupId,
    /// Its name.
    pub name: String,
}

/// An entry of the call list.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = FollowUp, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e70", "group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "name": "Tuesday Lunch Club"}, "way": "call", "contact": "01782 000 111",
    "topic": "interest_received", "says": "Hanley Food Bank would like \"Forty folding chairs\". Accept or decline.", "listing_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e02",
    "exchange_id": null, "due_at": "2026-11-23T09:30:00Z", "late": false, "made_at": "2026-11-22T09:30:00Z", "done_at": null, "done_by": null, "note": null
}))]
pub struct FollowUpOut {
    /// UUIDv7.
    pub id: FollowUpId,
    /// Whom to call.
    pub group: CalledGroupOut,
    /// How to reach it; null when it no longer agrees to that.
    #[schema(required)]
    pub way: Option<Way>,
    /// The number, address or helper by which it is reached; null when it no longer agrees to that.
    #[schema(required)]
    pub contact: Option<String>,
    /// What happened: a topic of notices, or `call_back` for a call that was promised.
    pub topic: String,
    /// The same in words, as the group would read them.
    pub says: String,
    /// The listing that it is about, if any.
    #[schema(required)]
    pub listing_id: Option<ListingId>,
    /// The exchange that it is about, if any.
    #[schema(required)]
    pub exchange_id: Option<ExchangeId>,
    /// By when to call (UTC).
    pub due_at: DateTime<Utc>,
    /// Whether that is over, and nobody has called.
    pub late: bool,
    /// When it was put on the list (UTC).
    pub made_at: DateTime<Utc>,
    /// When it was done (UTC); null while it is to be done.
    #[schema(required)]
    pub done_at: Option<DateTime<Utc>>,
    /// The person of the staff who did it.
    #[schema(required)]
    pub done_by: Option<Uuid>,
    /// What came of it.
    #[schema(required)]
    pub note: Option<String>,
}

impl FollowUpOut {
    /// An entry as it is at `now`; `notice` is what the group was told, if that is still known.
    pub fn of(entry: FollowUp, notice: Option<String>, now: DateTime<Utc>) -> Self {
        let says = match notice {
            Some(notice) => notice,
            None if entry.topic == CALL_BACK => match &entry.title {
                Some(title) => format!("A call was promised about \"{title}\"."),
                None => "A call was promised.".to_owned(),
            },
            None => words::of_unknown(entry.title.as_deref()),
        };
        Self {
            id: entry.id,
            group: CalledGroupOut { id: entry.group_id, name: entry.group_name },
            way: entry.way,
            contact: entry.contact,
            topic: entry.topic,
            says,
            listing_id: entry.listing_id,
            exchange_id: entry.exchange_id,
            due_at: entry.due_at,
            late: entry.done_at.is_none() && entry.due_at < now,
            made_at: entry.made_at,
            done_at: entry.done_at,
            done_by: entry.done_by,
            note: entry.note,
        }
    }
}
