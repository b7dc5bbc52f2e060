//! How long two groups may write to each other and show contact details, and for whom of the two a person acts. Pure.

use chrono::{DateTime, Duration, Utc};

use super::model::ExchangeEnd;
use crate::{
    error::{Error, Result},
    exchanges::State,
    groups::Role,
    http::limits::Allowance,
    listings::Basis,
    types::{Refusal, fields::FieldError, ids::GroupId},
};

/// After the end of what two groups dealt in, they can still write for so long, and contact details are kept for so long.
pub const AFTER_THE_END: Duration = Duration::days(30);

/// Messages that one account may write.
pub const MESSAGES: Allowance = Allowance { tries: 60, minutes: 60 };

/// When an exchange ended; none while it goes on. A loan ends when it comes back, or when it should have.
pub fn ended_at(exchange: &ExchangeEnd) -> Option<DateTime<Utc>> {
    match exchange.state {
        State::Proposed | State::Accepted | State::Scheduled | State::HandedOver => None,
        State::Completed if exchange.basis == Basis::Give => exchange.completed_at,
        State::Completed => exchange.returned_at.or_else(|| exchange.completed_at.max(exchange.return_by)),
        State::Declined | State::Withdrawn | State::Cancelled | State::NoShow => Some(exchange.updated_at),
    }
}

/// Whether something that ended then, if it did, is long over.
pub fn is_long_over(ended_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> bool {
    ended_at.is_some_and(|time| time + AFTER_THE_END < now)
}

/// Whether the parties of an exchange may show each other contact details.
pub fn may_show_contact(exchange: &ExchangeEnd, now: DateTime<Utc>) -> bool {
    match exchange.state {
        State::Accepted | State::Scheduled | State::HandedOver => true,
        State::Completed => !is_long_over(ended_at(exchange), now),
        State::Proposed | State::Declined | State::Withdrawn | State::Cancelled | State::NoShow => false,
    }
}

/// For which of the two groups a person acts, who has these roles in one or both: the one that they name, or the only one in which their
/// role is enough. `refused` makes the error of the field or parameter that names it.
pub fn acting_group(
    own: &[(GroupId, Role)],
    named: Option<GroupId>,
    least: Role,
    refused: impl FnOnce(Refusal) -> FieldError,
) -> Result<GroupId> {
    let too_small = || Error::not_allowed(format!("This takes the role {least} in one of the two groups. An owner can change that."));
    let able: Vec<GroupId> = own.iter().filter(|(_, role)| role.includes(least)).map(|(group, _)| *group).collect();
    match (named, able.as_slice()) {
        (Some(named), able) if able.contains(&named) => Ok(named),
        (Some(named), _) if own.iter().any(|(group, _)| *group == named) => Err(too_small()),
        (Some(_), _) => Err(vec![refused(Refusal::new("not_a_member", "You act for neither of the two groups under this id."))].into()),
        (None, [only]) => Ok(*only),
        (None, []) => Err(too_small()),
        (None, _) => Err(vec![refused(Refusal::new("required", "You belong to both groups: say for which one you do this."))].into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

    fn day(number: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap() + Duration::days(number)
    }

    fn exchange(state: State, basis: Basis) -> ExchangeEnd {
        ExchangeEnd { state, basis, completed_at: None, return_by: None, returned_at: None, updated_at: day(1) }
    }

    #[test]
    fn what_goes_on_has_no_end_and_a_loan_ends_when_it_comes_back() {
        for state in State::ALL {
            let completed_at = (*state == State::Completed).then(|| day(2));
            let given = ExchangeEnd { completed_at, ..exchange(*state, Basis::Give) };
            let expected = match state {
                State::Completed => Some(day(2)),
                State::Declined | State::Withdrawn | State::Cancelled | State::NoShow => Some(day(1)),
                _ => None,
            };
            assert_eq!(ended_at(&given), expected, "{state}");
        }
        let lent = ExchangeEnd { completed_at: Some(day(2)), ..exchange(State::Completed, Basis::Lend) };
        assert_eq!(ended_at(&lent), Some(day(2)));
        let lent = ExchangeEnd { return_by: Some(day(9)), ..lent };
        assert_eq!(ended_at(&lent), Some(day(9)));
        assert_eq!(ended_at(&ExchangeEnd { returned_at: Some(day(5)), ..lent }), Some(day(5)));
    }

    #[test]
    fn contact_details_are_for_agreed_exchanges_that_are_not_long_over() {
        for state in State::ALL {
            let given = ExchangeEnd { completed_at: Some(day(0)), ..exchange(*state, Basis::Give) };
            let agreed = [State::Accepted, State::Scheduled, State::HandedOver].contains(state);
            assert_eq!(may_show_contact(&given, day(30)), agreed || *state == State::Completed, "{state}");
            assert_eq!(may_show_contact(&given, day(31)), agreed, "{state}");
        }
    }

    #[test]
    fn who_acts_for_both_says_for_which() {
        let (one, two) = (GroupId::new(), GroupId::new());
        let act = |own: &[(GroupId, Role)], named| {
            acting_group(own, named, Role::Editor, |refusal| FieldError::body("/group_id", refusal)).map_err(|error| error.code())
        };
        let both = [(one, Role::Editor), (two, Role::Owner)];
        assert_eq!(act(&both, None), Err(Code::InvalidFields));
        assert_eq!(act(&both, Some(two)), Ok(two));
        assert_eq!(act(&[(one, Role::Editor), (two, Role::Viewer)], None), Ok(one));
        assert_eq!(act(&[(one, Role::Editor), (two, Role::Viewer)], Some(two)), Err(Code::NotAllowed));
        assert_eq!(act(&[(one, Role::Viewer)], None), Err(Code::NotAllowed));
        assert_eq!(act(&[(one, Role::Editor)], Some(two)), Err(Code::InvalidFields));
    }
}
