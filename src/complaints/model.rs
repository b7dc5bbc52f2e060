//! Rows of complaints. They hold people's words and addresses, so they do not print.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{About, Outcome};
use crate::{
    schema::{complaints, networks},
    types::ids::{ComplaintId, NetworkId, UserId},
};

/// A new complaint.
#[derive(Insertable)]
#[diesel(table_name = complaints)]
pub struct NewComplaint {
    /// UUIDv7.
    pub id: ComplaintId,
    /// What the complainant looks the answer up by.
    pub code: String,
    /// The network that answers.
    pub network_id: NetworkId,
    /// What it is about.
    pub about: About,
    /// The complaint.
    pub words: String,
    /// Who complains; none for a visitor.
    pub user_id: Option<UserId>,
    /// Where to write to.
    pub email: Option<String>,
    /// When it came.
    pub made_at: DateTime<Utc>,
    /// When the complainant was told that it has come.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// When it is to be answered.
    pub answer_by: DateTime<Utc>,
}

/// A complaint, without whose it is.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = complaints)]
pub struct Complaint {
    /// UUIDv7.
    pub id: ComplaintId,
    /// What the complainant looks the answer up by.
    pub code: String,
    /// The network that answers.
    pub network_id: NetworkId,
    /// What it is about.
    pub about: About,
    /// The complaint.
    pub words: String,
    /// When it came.
    pub made_at: DateTime<Utc>,
    /// When the complainant was told that it has come.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// When it is to be answered.
    pub answer_by: DateTime<Utc>,
    /// What came of it; none while it waits.
    pub outcome: Option<Outcome>,
    /// The answer.
    pub answer: Option<String>,
    /// When it was answered.
    pub answered_at: Option<DateTime<Utc>>,
}

/// Whom to tell about a complaint.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = complaints)]
pub struct Complainant {
    /// The person; none for a visitor, and when that person has left.
    pub user_id: Option<UserId>,
    /// Where to write to.
    pub email: Option<String>,
}

/// A complaint as a mail about it needs it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = complaints)]
pub struct ToWrite {
    /// The complaint.
    #[diesel(embed)]
    pub complaint: Complaint,
    /// Whom to tell.
    #[diesel(embed)]
    pub to: Complainant,
    /// What the network is called.
    #[diesel(select_expression = networks::name)]
    pub network_name: String,
}
