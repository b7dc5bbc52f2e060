//! Complaints on the wire.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{About, Outcome, model::Complaint, service::Said};
use crate::{
    http::Limit,
    types::{EmailAddress, Fields, Refusal, fields::FieldError, ids::ComplaintId, text::Concern},
};

/// A complaint.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"about": "data_protection", "words": "A listing of October showed my telephone number. I want to know who has seen it.", "email": "olwen@example.org"}))]
pub struct ComplaintIn {
    /// What it is about.
    #[schema(value_type = About)]
    about: String,
    /// The complaint, 1 to 4,000 characters.
    #[schema(min_length = 1, max_length = 4000)]
    words: String,
    /// Where to write to. Needed by who is not signed in; others are told in their inbox in any case. Shown to nobody, and erased 30 days
    /// after the answer.
    #[serde(default)]
    #[schema(format = "email", max_length = 254)]
    email: Option<String>,
}

impl ComplaintIn {
    /// Checks every field; a visitor has to say where to write to.
    pub fn parse(self, is_visitor: bool) -> Result<Said, Vec<FieldError>> {
        let mut fields = Fields::body();
        let about = fields.check("/about", About::parse(self.about));
        let words = fields.check("/words", Concern::parse(self.words));
        let email = fields.check_optional("/email", self.email, EmailAddress::parse);
        if is_visitor && email == Some(None) {
            fields.refuse("/email", Refusal::new("required", "Say where to write to, or sign in."));
        }
        fields.finish(|| Some(Said { about: about?, words: words?, email: email? }))
    }
}

/// A complaint, for whoever made it.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ComplaintReceipt, example = json!({
    "code": "W8PJ4TQ2XK7M", "about": "data_protection", "made_at": "2026-11-22T09:30:00Z", "acknowledged_at": "2026-11-22T09:30:00Z",
    "answer_by": "2026-12-20T09:30:00Z", "outcome": null, "answer": null, "answered_at": null
}))]
pub struct ComplaintReceiptOut {
    /// Keep it: with it you can look up the answer. Whoever has it can.
    code: String,
    /// What it is about.
    about: About,
    /// When it came (UTC).
    made_at: DateTime<Utc>,
    /// When you were told that it has come (UTC).
    #[schema(required)]
    acknowledged_at: Option<DateTime<Utc>>,
    /// By when it is to be answered (UTC).
    answer_by: DateTime<Utc>,
    /// What came of it; null while it waits.
    #[schema(required)]
    outcome: Option<Outcome>,
    /// The answer.
    #[schema(required)]
    answer: Option<String>,
    /// When it was answered (UTC).
    #[schema(required)]
    answered_at: Option<DateTime<Utc>>,
}

impl From<Complaint> for ComplaintReceiptOut {
    fn from(complaint: Complaint) -> Self {
        Self {
            code: complaint.code,
            about: complaint.about,
            made_at: complaint.made_at,
            acknowledged_at: complaint.acknowledged_at,
            answer_by: complaint.answer_by,
            outcome: complaint.outcome,
            answer: complaint.answer,
            answered_at: complaint.answered_at,
        }
    }
}

/// A complaint, as coordinators see it. Whose it is stands there only if the words say so.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Complaint, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e81", "code": "W8PJ4TQ2XK7M", "about": "data_protection",
    "words": "A listing of October showed my telephone number. I want to know who has seen it.", "made_at": "2026-11-22T09:30:00Z",
    "acknowledged_at": "2026-11-22T09:30:00Z", "answer_by": "2026-12-20T09:30:00Z", "late": false, "outcome": null, "answer": null, "answered_at": null
}))]
pub struct ComplaintOut {
    /// UUIDv7.
    id: ComplaintId,
    /// What the complainant can quote.
    code: String,
    /// What it is about.
    about: About,
    /// The complaint.
    words: String,
    /// When it came (UTC).
    made_at: DateTime<Utc>,
    /// When the complainant was told that it has come (UTC).
    #[schema(required)]
    acknowledged_at: Option<DateTime<Utc>>,
    /// By when it is to be answered (UTC).
    answer_by: DateTime<Utc>,
    /// Whether it should have been answered by now, or was answered later than that.
    late: bool,
    /// What came of it; null while it waits.
    #[schema(required)]
    outcome: Option<Outcome>,
    /// The answer.
    #[schema(required)]
    answer: Option<String>,
    /// When it was answered (UTC).
    #[schema(required)]
    answered_at: Option<DateTime<Utc>>,
}

impl ComplaintOut {
    /// A complaint as it is at a time.
    pub fn of(complaint: Complaint, now: DateTime<Utc>) -> Self {
        Self {
            id: complaint.id,
            code: complaint.code,
            about: complaint.about,
            words: complaint.words,
            made_at: complaint.made_at,
            acknowledged_at: complaint.acknowledged_at,
            answer_by: complaint.answer_by,
            late: complaint.answered_at.unwrap_or(now) > complaint.answer_by,
            outcome: complaint.outcome,
            answer: complaint.answer,
            answered_at: complaint.answered_at,
        }
    }
}

/// The answer to a complaint.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ComplaintAnswerIn, example = json!({
    "outcome": "upheld", "answer": "You are right. The listing showed your number for two days; eleven people opened it. We have taken it down, and the checks look for numbers now."
}))]
pub struct AnswerIn {
    /// What came of it.
    #[schema(value_type = Outcome)]
    outcome: String,
    /// The answer, 1 to 4,000 characters. The complainant reads it.
    #[schema(min_length = 1, max_length = 4000)]
    answer: String,
}

impl AnswerIn {
    /// Checks every field.
    pub fn parse(self) -> Result<(Outcome, Concern), Vec<FieldError>> {
        let mut fields = Fields::body();
        let outcome = fields.check("/outcome", Outcome::parse(self.outcome));
        let answer = fields.check("/answer", Concern::parse(self.answer));
        fields.finish(|| Some((outcome?, answer?)))
    }
}

/// Which of a network's complaints.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ComplaintsQuery {
    /// `true`: only those that wait for an answer, the most urgent first. Otherwise all, the latest first.
    #[param(value_type = Option<bool>)]
    open: Option<String>,
    /// Entries on a page, 1 to 100; 20 unless given.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl ComplaintsQuery {
    /// Whether only open ones, the limit, and the cursor, which is checked by the list.
    pub fn parse(self) -> Result<(bool, Limit, Option<String>), Vec<FieldError>> {
        let mut fields = Fields::query();
        let open = fields.check_optional("open", self.open, |text| {
            text.parse::<bool>().map_err(|_not_one| Refusal::new("not_one_of", "Use one of: true, false."))
        });
        let limit = fields.check_optional("limit", self.limit, Limit::parse);
        fields.finish(|| Some((open?.unwrap_or_default(), limit?.unwrap_or_default(), self.cursor)))
    }
}
