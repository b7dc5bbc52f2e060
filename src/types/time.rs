//! Times as clients write them.

use chrono::{DateTime, Datelike, SubsecRound, Utc};

use super::fields::Refusal;

/// A time of RFC 3339, in any offset; kept in UTC, in microseconds. Years 2000 to 2199.
pub fn parse_time(text: impl AsRef<str>) -> Result<DateTime<Utc>, Refusal> {
    DateTime::parse_from_rfc3339(text.as_ref())
        .ok()
        .map(|time| time.with_timezone(&Utc).trunc_subsecs(6))
        .filter(|time| (2000..2200).contains(&time.year()))
        .ok_or_else(|| Refusal::new("not_a_time", "Write a time such as 2026-12-01T09:00:00Z."))
}
