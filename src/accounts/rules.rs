//! The rules of sessions and of the doors that check a credential. Pure.

use chrono::{DateTime, Duration, Utc};

use crate::http::limits::Allowance;

/// Days after which a session ends when it is not used.
pub const IDLE_DAYS: i64 = 90;

/// Days after which a session ends however much it is used.
pub const LONGEST_DAYS: i64 = 400;

/// Days for which ended sessions are kept.
pub const ENDED_KEPT_DAYS: i64 = 30;

/// Days for which counts of tries are kept; longer than every window.
pub const TRIES_KEPT_DAYS: i64 = 1;

/// Sign-ups from one network address: a whole workshop behind one router.
pub const SIGN_UPS: Allowance = Allowance { tries: 30, minutes: 60 };

/// Sign-ins to one account. Forgotten once the password was right.
pub const SIGN_INS_OF_ACCOUNT: Allowance = Allowance { tries: 10, minutes: 15 };

/// Sign-ins from one network address.
pub const SIGN_INS_FROM_ADDRESS: Allowance = Allowance { tries: 60, minutes: 15 };

/// Renewals from one network address. Nobody guesses 256 bits; this keeps one address from filling the database with tries.
pub const RENEWALS_FROM_ADDRESS: Allowance = Allowance { tries: 600, minutes: 15 };

/// Renewals of one account's sessions, and apart from them as many tries with its tokens that are no longer good. Each device
/// renews about once in 15 minutes, so an account with a dozen of them stays far below.
pub const RENEWALS_OF_ACCOUNT: Allowance = Allowance { tries: 120, minutes: 15 };

/// Changes of one account's password. Forgotten once the current one was right.
pub const PASSWORD_CHANGES: Allowance = Allowance { tries: 10, minutes: 15 };

/// Tries to change a password, right or wrong, from one network address: each keeps the hashers busy.
pub const PASSWORD_CHANGES_FROM_ADDRESS: Allowance = Allowance { tries: 60, minutes: 15 };

/// When a session that began at `created_at` and is used at `now` ends, unless it is used again.
pub fn expiry(created_at: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    (now + Duration::days(IDLE_DAYS)).min(created_at + Duration::days(LONGEST_DAYS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_90_days_after_its_last_use_and_400_days_after_its_first() {
        let start: DateTime<Utc> = "2026-03-01T09:00:00Z".parse().unwrap();
        let ends_after = |used_day| (expiry(start, start + Duration::days(used_day)) - start).num_days();
        assert_eq!([0, 1, 310, 311, 399].map(ends_after), [90, 91, 400, 400, 400]);
    }
}
