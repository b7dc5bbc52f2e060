//! The clock of complaints, and the limits on making them. Pure.

use chrono::{DateTime, Duration, Utc};

use super::Outcome;
use crate::http::limits::Allowance;

/// Complaints from one network address or account.
pub const COMPLAINTS: Allowance = Allowance { tries: 5, minutes: 60 };

/// Complaints that name one e-mail address: each is a mail to it.
pub const COMPLAINTS_TO_ADDRESS: Allowance = Allowance { tries: 3, minutes: 24 * 60 };

/// Codes tried from one network address.
pub const LOOK_UPS: Allowance = Allowance { tries: 60, minutes: 15 };

/// A complaint is answered within so long. The law wants those about personal data acknowledged within 30 days (ours are at once) and
/// answered without undue delay; 28 days is four weeks of a part-time coordinator.
pub const ANSWERED_WITHIN: Duration = Duration::days(28);

/// The coordinators are reminded so long before.
pub const WARNED_BEFORE: Duration = Duration::days(7);

/// So long after the answer, the address of a visitor who complained is erased.
pub const ADDRESS_KEPT: Duration = Duration::days(30);

/// A day, as people write it.
pub fn day(time: DateTime<Utc>) -> String {
    time.format("%-d %B %Y").to_string()
}

/// What came of a complaint, in words.
pub fn words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Upheld => "The network agrees with your complaint.",
        Outcome::PartlyUpheld => "The network agrees with part of your complaint.",
        Outcome::NotUpheld => "The network does not agree with your complaint.",
        Outcome::Withdrawn => "You have taken the complaint back.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_due_within_the_time_that_the_law_gives_for_a_mere_acknowledgement() {
        assert!(ANSWERED_WITHIN < Duration::days(30) && WARNED_BEFORE < ANSWERED_WITHIN);
    }

    #[test]
    fn a_day_is_written_without_a_nought() {
        assert_eq!(day("2026-12-04T09:00:00Z".parse().unwrap()), "4 December 2026");
    }

    #[test]
    fn every_outcome_has_words_of_its_own() {
        let all: std::collections::BTreeSet<&str> = Outcome::ALL.iter().map(|outcome| words(*outcome)).collect();
        assert_eq!(all.len(), Outcome::ALL.len());
    }
}
