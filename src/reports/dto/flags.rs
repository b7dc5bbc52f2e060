//! Worries about somebody's safety on the wire, and who reads them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{ReportedGroupOut, ReportedListingOut, ReportedMessageOut};
use crate::{
    reports::model::{Flag, FlagSummary, Lead},
    types::{
        Fields,
        fields::FieldError,
        ids::{FlagId, UserId},
        text::Concern,
    },
};

/// A worry about somebody's safety in a list: that there is one, and no more.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SafeguardingFlagSummary, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e71", "made_at": "2026-11-22T09:30:00Z", "read_at": null, "closed_at": null
}))]
pub struct FlagSummaryOut {
    /// UUIDv7.
    id: FlagId,
    /// When it came (UTC).
    made_at: DateTime<Utc>,
    /// When it was first read (UTC).
    #[schema(required)]
    read_at: Option<DateTime<Utc>>,
    /// When it was closed (UTC); null while it is open.
    #[schema(required)]
    closed_at: Option<DateTime<Utc>>,
}

impl From<FlagSummary> for FlagSummaryOut {
    fn from(flag: FlagSummary) -> Self {
        Self { id: flag.id, made_at: flag.made_at, read_at: flag.read_at, closed_at: flag.closed_at }
    }
}

/// Somebody with an account.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = NamedPerson)]
pub struct PersonOut {
    /// The person.
    user_id: UserId,
    /// What the person is called.
    name: String,
}

/// A worry about somebody's safety, for the network's safeguarding lead alone.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SafeguardingFlag, example = json!({
    "id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e71", "code": "Q3ZD8VHK2N5C", "group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e02", "name": "St Mary's Community Hall"},
    "listing": null, "message": null, "words": "A helper there asks children for their telephone numbers.", "reporter": null,
    "made_at": "2026-11-22T09:30:00Z", "read_at": "2026-11-22T10:05:00Z", "closed_at": null, "outcome": null
}))]
pub struct FlagOut {
    /// UUIDv7.
    id: FlagId,
    /// What the reporter can quote.
    code: String,
    /// The group, when it is about one, or about a listing or message of one.
    #[schema(required)]
    group: Option<ReportedGroupOut>,
    /// The listing, when it is about one.
    #[schema(required)]
    listing: Option<ReportedListingOut>,
    /// The message, when it is about one.
    #[schema(required)]
    message: Option<ReportedMessageOut>,
    /// The worry, in the reporter's words.
    words: String,
    /// Who says so; null for somebody who was not signed in, and when that person has left.
    #[schema(required)]
    reporter: Option<PersonOut>,
    /// When it came (UTC).
    made_at: DateTime<Utc>,
    /// When it was first read (UTC).
    #[schema(required)]
    read_at: Option<DateTime<Utc>>,
    /// When it was closed (UTC); null while it is open.
    #[schema(required)]
    closed_at: Option<DateTime<Utc>>,
    /// What was done.
    #[schema(required)]
    outcome: Option<String>,
}

impl From<Flag> for FlagOut {
    fn from(flag: Flag) -> Self {
        let FlagSummary { id, made_at, read_at, closed_at } = flag.summary;
        Self {
            id,
            code: flag.code,
            group: flag.group_id.zip(flag.group_name).map(|(id, name)| ReportedGroupOut { id, name }),
            listing: flag.listing_id.zip(flag.listing_title).map(|(id, title)| ReportedListingOut { id, title }),
            message: flag.message_id.zip(flag.message_body).map(|(id, body)| ReportedMessageOut { id, body }),
            words: flag.words,
            reporter: flag.reporter_id.zip(flag.reporter_name).map(|(user_id, name)| PersonOut { user_id, name }),
            made_at,
            read_at,
            closed_at,
            outcome: flag.outcome,
        }
    }
}

/// What was done about a worry.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CloseFlagIn, example = json!({"outcome": "Rang the group's chair and the council's helpline on 23 November. The helper no longer comes."}))]
pub struct CloseFlagIn {
    /// 1 to 4,000 characters, for the network's safeguarding leads alone.
    #[schema(min_length = 1, max_length = 4000)]
    outcome: String,
}

impl CloseFlagIn {
    /// The checked words.
    pub fn parse(self) -> Result<Concern, Vec<FieldError>> {
        let mut fields = Fields::body();
        let outcome = fields.check("/outcome", Concern::parse(self.outcome));
        fields.finish(|| outcome)
    }
}

/// Who is to read worries about somebody's safety.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SafeguardingLeadIn, example = json!({"user_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e10"}))]
pub struct LeadIn {
    /// One of the network's staff, of whichever role.
    pub user_id: UserId,
}

/// Who reads a network's worries about somebody's safety.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = SafeguardingLead, example = json!({"lead": {"user_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e10", "name": "Mair Evans"}}))]
pub struct LeadOut {
    /// The person; null when nobody is named.
    #[schema(required)]
    lead: Option<PersonOut>,
}

impl From<Option<Lead>> for LeadOut {
    fn from(lead: Option<Lead>) -> Self {
        Self { lead: lead.map(|Lead { user_id, name }| PersonOut { user_id, name }) }
    }
}
