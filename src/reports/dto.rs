//! Reports on the wire.

pub mod flags;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{
    Reason, State,
    model::Report,
    queries::Wanted,
    rules,
    service::{Complaint, Named, Said, Taken},
};
use crate::{
    http::Limit,
    listings::queries::ListingKey,
    types::{
        Fields, Refusal,
        fields::FieldError,
        ids::{GroupId, ListingId, MessageId, NetworkId, ReportId},
        text::{Concern, ReportWords},
    },
};

/// What is wrong with something.
#[derive(Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"listing_id": "G7K2M", "reason": "should_be_want", "words": "They are looking for chairs, not giving any away."}))]
pub struct ReportIn {
    /// The listing, by id or short code. Name one thing: a listing, a group or a message.
    #[serde(default)]
    listing_id: Option<String>,
    /// The group.
    #[serde(default)]
    group_id: Option<GroupId>,
    /// The message, by a member of one of the two groups that write to each other.
    #[serde(default)]
    message_id: Option<MessageId>,
    /// The network that is to look at it. Needed for a group that belongs to several, and for a worry about somebody's safety that is about
    /// none of these. Of a listing it is the network that it was posted in, unless you name another one in which it is shown too.
    #[serde(default)]
    network_id: Option<NetworkId>,
    /// What is wrong.
    #[schema(value_type = Reason)]
    reason: String,
    /// The same in your own words, up to 2,000 characters; with `safeguarding` up to 4,000. Needed with `safeguarding` and `other`. Do not
    /// say who you are if the coordinators are not to know.
    #[serde(default)]
    #[schema(max_length = 4000)]
    words: Option<String>,
}

impl ReportIn {
    /// Whether it is a worry about somebody's safety.
    pub fn is_flag(&self) -> bool {
        self.reason == Reason::Safeguarding.as_str()
    }

    /// Checks every field.
    pub fn parse(self) -> Result<Said, Vec<FieldError>> {
        let mut fields = Fields::body();
        let named = named(&mut fields, (self.listing_id, self.group_id, self.message_id));
        let reason = fields.check("/reason", Reason::parse(&self.reason));
        if named == Some(Named::Nothing) && reason.is_some_and(|reason| reason != Reason::Safeguarding) {
            fields.refuse("/listing_id", Refusal::new("required", "Say what it is about: give listing_id, group_id or message_id."));
        }
        let words = self.words.filter(|words| !words.trim().is_empty());
        if words.is_none() && reason.is_some_and(rules::needs_words) {
            fields.refuse("/words", Refusal::new("required", "Say in your own words what is wrong."));
        }
        let what = match reason {
            Some(Reason::Safeguarding) => {
                let words = fields.check_optional("/words", words, Concern::parse);
                words.flatten().map(Complaint::Flag)
            }
            reason => {
                let words = fields.check_optional("/words", words, ReportWords::parse);
                reason.zip(words).map(|(reason, words)| Complaint::Report(reason, words))
            }
        };
        let network = self.network_id;
        fields.finish(|| Some(Said { named: named?, network, what: what? }))
    }
}

/// The one thing that is named, or nothing.
fn named(fields: &mut Fields, named: (Option<String>, Option<GroupId>, Option<MessageId>)) -> Option<Named> {
    match named {
        (None, None, None) => Some(Named::Nothing),
        (Some(listing), None, None) => {
            let key = listing.parse::<ListingKey>();
            let key = key.map_err(|()| Refusal::new("not_an_id", "Give the id of the listing, or its short code."));
            fields.check("/listing_id", key).map(Named::Listing)
        }
        (None, Some(group), None) => Some(Named::Group(group)),
        (None, None, Some(message)) => Some(Named::Message(message)),
        (_, group, _) => {
            let second = if group.is_some() { "/group_id" } else { "/message_id" };
            fields.refuse(second, Refusal::new("too_many", "Name one thing: a listing, a group or a message."));
            None
        }
    }
}

/// What became of a report, for whoever made it.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ReportReceipt, example = json!({
    "code": "K7M2XW9P4T3B", "state": "waiting", "sentence": "Thank you. Somebody will look at it.", "made_at": "2026-11-22T09:30:00Z", "closed_at": null
}))]
pub struct ReportOut {
    /// Keep it: with it you can look up what became of the report. Whoever has it can.
    code: String,
    /// Where it stands.
    state: State,
    /// The same, for people.
    sentence: &'static str,
    /// When it was made (UTC).
    made_at: DateTime<Utc>,
    /// When it was settled (UTC); null while it waits.
    #[schema(required)]
    closed_at: Option<DateTime<Utc>>,
}

impl From<Taken> for ReportOut {
    fn from(taken: Taken) -> Self {
        Self {
            code: taken.code.as_str().to_owned(),
            state: taken.state,
            sentence: rules::sentence(taken.state),
            made_at: taken.made_at,
            closed_at: taken.closed_at,
        }
    }
}

/// A group that is reported, or whose listing or message is.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ReportedGroup)]
pub struct ReportedGroupOut {
    /// Its id.
    pub id: GroupId,
    /// Its name.
    pub name: String,
}

/// A listing that is reported.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ReportedListing)]
pub struct ReportedListingOut {
    /// Its id.
    pub id: ListingId,
    /// What it is.
    pub title: String,
}

/// A message that is reported. Of what the two groups write to each other, this is all that is shown.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = ReportedMessage)]
pub struct ReportedMessageOut {
    /// Its id.
    pub id: MessageId,
    /// What it says: plain text.
    pub body: String,
}

/// A report, as coordinators see it. Whose it is, they do not learn.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Report, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e61", "group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e02", "name": "St Mary's Community Hall"},
    "listing": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "title": "Forty folding chairs"}, "message": null, "reason": "should_be_want",
    "words": "They are looking for chairs, not giving any away.", "state": "waiting", "made_at": "2026-11-22T09:30:00Z", "closed_at": null
}))]
pub struct NetworkReportOut {
    /// UUIDv7.
    id: ReportId,
    /// The group that it is about, or whose listing or message it is about.
    group: ReportedGroupOut,
    /// The listing, when it is about one.
    #[schema(required)]
    listing: Option<ReportedListingOut>,
    /// The message, when it is about one.
    #[schema(required)]
    message: Option<ReportedMessageOut>,
    /// What is wrong.
    reason: Reason,
    /// The same in the reporter's words.
    #[schema(required)]
    words: Option<String>,
    /// Where it stands.
    state: State,
    /// When it was made (UTC).
    made_at: DateTime<Utc>,
    /// When it was settled (UTC); null while it waits.
    #[schema(required)]
    closed_at: Option<DateTime<Utc>>,
}

impl From<Report> for NetworkReportOut {
    fn from(report: Report) -> Self {
        Self {
            id: report.id,
            group: ReportedGroupOut { id: report.group_id, name: report.group_name },
            listing: report.listing_id.zip(report.listing_title).map(|(id, title)| ReportedListingOut { id, title }),
            message: report.message_id.zip(report.message_body).map(|(id, body)| ReportedMessageOut { id, body }),
            reason: report.reason,
            words: report.words,
            state: report.outcome.into(),
            made_at: report.made_at,
            closed_at: report.closed_at,
        }
    }
}

/// Which of a network's reports.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NetworkReportsQuery {
    /// Only those that stand so.
    #[param(value_type = Option<State>)]
    state: Option<String>,
    /// Only those for this reason.
    #[param(value_type = Option<Reason>)]
    reason: Option<String>,
    /// Entries on a page, 1 to 100; 20 unless given.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl NetworkReportsQuery {
    /// What is asked for, the limit, and the cursor, which is checked by the list.
    pub fn parse(self) -> Result<(Wanted, Limit, Option<String>), Vec<FieldError>> {
        let mut fields = Fields::query();
        let state = fields.check_optional("state", self.state, State::parse);
        let reason = fields.check_optional("reason", self.reason, Reason::parse);
        let limit = fields.check_optional("limit", self.limit, Limit::parse);
        fields.finish(|| Some((Wanted { subject: None, state: state?, reason: reason? }, limit?.unwrap_or_default(), self.cursor)))
    }
}
