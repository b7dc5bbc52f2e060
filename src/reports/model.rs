//! Rows of reports and of safeguarding flags. They hold people's words, so they do not print.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{Outcome, Reason};
use crate::{
    schema::{groups, listings, messages, reports, safeguarding_flags, users},
    types::ids::{FlagId, GroupId, ListingId, MessageId, NetworkId, ReportId, UserId},
};

/// A new report.
#[derive(Insertable)]
#[diesel(table_name = reports)]
pub struct NewReport {
    /// UUIDv7.
    pub id: ReportId,
    /// What the reporter looks the outcome up by.
    pub code: String,
    /// The network whose coordinators decide.
    pub network_id: NetworkId,
    /// The listing, when it is about one.
    pub listing_id: Option<ListingId>,
    /// The group that it is about, or whose listing or message it is about.
    pub group_id: GroupId,
    /// The message, when it is about one.
    pub message_id: Option<MessageId>,
    /// What is wrong.
    pub reason: Reason,
    /// The same, in words.
    pub words: Option<String>,
    /// Who says so; none for a visitor.
    pub reporter_id: Option<UserId>,
    /// The same for two reports of this reporter about this.
    pub reporter_mark: Vec<u8>,
    /// The same for two reports about this from one network address.
    pub address_mark: Option<Vec<u8>>,
    /// When.
    pub made_at: DateTime<Utc>,
    /// What came of it, if that is clear at once.
    pub outcome: Option<Outcome>,
    /// When that was settled.
    pub closed_at: Option<DateTime<Utc>>,
    /// When the reporter was told.
    pub told_at: Option<DateTime<Utc>>,
}

/// A report as coordinators see it: without whose it is.
#[derive(Queryable, Selectable)]
#[diesel(table_name = reports)]
pub struct Report {
    /// UUIDv7.
    pub id: ReportId,
    /// The listing, when it is about one.
    pub listing_id: Option<ListingId>,
    /// The group that it is about, or whose listing or message it is about.
    pub group_id: GroupId,
    /// The message, when it is about one.
    pub message_id: Option<MessageId>,
    /// What is wrong.
    pub reason: Reason,
    /// The same, in words.
    pub words: Option<String>,
    /// When.
    pub made_at: DateTime<Utc>,
    /// What came of it; none while it waits.
    pub outcome: Option<Outcome>,
    /// When that was settled.
    pub closed_at: Option<DateTime<Utc>>,
    /// What the group is called.
    #[diesel(select_expression = groups::name)]
    pub group_name: String,
    /// Title of the listing.
    #[diesel(select_expression = listings::title.nullable())]
    pub listing_title: Option<String>,
    /// What the message says.
    #[diesel(select_expression = messages::body.nullable())]
    pub message_body: Option<String>,
}

/// What somebody finds who has the code of a report or of a flag.
#[derive(Clone, Queryable)]
pub struct Found {
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// When it was settled.
    pub closed_at: Option<DateTime<Utc>>,
}

/// A new worry about somebody's safety.
#[derive(Insertable)]
#[diesel(table_name = safeguarding_flags)]
pub struct NewFlag {
    /// UUIDv7.
    pub id: FlagId,
    /// What the reporter can quote.
    pub code: String,
    /// The network whose lead reads it.
    pub network_id: NetworkId,
    /// The listing, when it is about one.
    pub listing_id: Option<ListingId>,
    /// The group, when it is about one.
    pub group_id: Option<GroupId>,
    /// The message, when it is about one.
    pub message_id: Option<MessageId>,
    /// The worry.
    pub words: String,
    /// Who says so; none for a visitor.
    pub reporter_id: Option<UserId>,
    /// When.
    pub made_at: DateTime<Utc>,
}

/// A worry about somebody's safety, as far as a list shows it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = safeguarding_flags)]
pub struct FlagSummary {
    /// UUIDv7.
    pub id: FlagId,
    /// When it came.
    pub made_at: DateTime<Utc>,
    /// When it was first read.
    pub read_at: Option<DateTime<Utc>>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
}

/// The whole of it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = safeguarding_flags)]
pub struct Flag {
    /// What a list shows.
    #[diesel(embed)]
    pub summary: FlagSummary,
    /// What the reporter can quote.
    pub code: String,
    /// The listing, when it is about one.
    pub listing_id: Option<ListingId>,
    /// The group, when it is about one.
    pub group_id: Option<GroupId>,
    /// The message, when it is about one.
    pub message_id: Option<MessageId>,
    /// The worry.
    pub words: String,
    /// What the lead did.
    pub outcome: Option<String>,
    /// Who says so; none for a visitor, and when that person has left.
    pub reporter_id: Option<UserId>,
    /// What that person is called.
    #[diesel(select_expression = users::name.nullable())]
    pub reporter_name: Option<String>,
    /// What the group is called.
    #[diesel(select_expression = groups::name.nullable())]
    pub group_name: Option<String>,
    /// Title of the listing.
    #[diesel(select_expression = listings::title.nullable())]
    pub listing_title: Option<String>,
    /// What the message says.
    #[diesel(select_expression = messages::body.nullable())]
    pub message_body: Option<String>,
}

/// The person who reads a network's flags.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Lead {
    /// The person.
    pub user_id: UserId,
    /// What the person is called.
    pub name: String,
}
