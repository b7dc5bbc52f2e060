//! What becomes of a listing that a group asks another network to show. Pure.

use super::Welcome;
use crate::{
    error::{Code, Error, Result},
    listings::{Moderation, State},
};

/// Where a listing begins in a network with this welcome; 409 when it shows none of others.
pub fn begins(welcome: Welcome) -> Result<Moderation> {
    match welcome {
        Welcome::Off => Err(Error::problem(Code::Conflict, "This network shows no listings of other networks. Post one there instead.")),
        Welcome::Review => Ok(Moderation::Pending),
        Welcome::Open => Ok(Moderation::Approved),
    }
}

/// Where it begins when it was there before, and that network had something to decide about it: somebody is to see it first, however
/// welcome others are. Taking it out and asking anew undoes no decision, and no reports.
pub fn begins_again(begins: Moderation, was_looked_at: bool) -> Moderation {
    if was_looked_at { Moderation::Pending } else { begins }
}

/// What becomes of it when the group asks again: one that changes were asked for begins anew, others stay as they are. 409 when the network
/// has decided against it.
pub fn asked_again(stands: Moderation, welcome: Welcome) -> Result<Moderation> {
    match stands {
        Moderation::Pending | Moderation::Approved => Ok(stands),
        // Somebody is to see whether it has been changed, however welcome others are.
        Moderation::ChangesRequested => begins(welcome).map(|_| Moderation::Pending),
        Moderation::Rejected | Moderation::Held => {
            Err(Error::problem(Code::WrongState, "This network has decided not to show it. Its coordinators can change that."))
        }
    }
}

/// 409 for a listing that has not begun or that has ended.
pub fn may_ask(state: State) -> Result<()> {
    match state {
        State::Active | State::Paused => Ok(()),
        State::Draft | State::Fulfilled | State::Withdrawn | State::Expired => {
            let detail = format!("This listing is {state}. Another network can be asked to show one that is active or paused.");
            Err(Error::problem(Code::WrongState, detail))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_shows_none_some_or_all() {
        assert_eq!(begins(Welcome::Off).unwrap_err().code(), Code::Conflict);
        assert_eq!(begins(Welcome::Review).unwrap(), Moderation::Pending);
        assert_eq!(begins(Welcome::Open).unwrap(), Moderation::Approved);
        assert_eq!(begins_again(Moderation::Approved, false), Moderation::Approved);
        assert_eq!(begins_again(Moderation::Approved, true), Moderation::Pending);
    }

    #[test]
    fn asking_again_reopens_only_what_was_to_be_changed() {
        for stands in Moderation::ALL {
            for welcome in Welcome::ALL {
                let expected = match (stands, welcome) {
                    (Moderation::Pending | Moderation::Approved, _) => Ok(*stands),
                    (Moderation::ChangesRequested, Welcome::Off) => Err(Code::Conflict),
                    (Moderation::ChangesRequested, _) => Ok(Moderation::Pending),
                    _ => Err(Code::WrongState),
                };
                assert_eq!(asked_again(*stands, *welcome).map_err(|error| error.code()), expected, "{stands} {welcome}");
            }
        }
    }

    #[test]
    fn what_can_come_back_by_itself_can_be_shown_and_nothing_else() {
        for state in State::ALL {
            assert_eq!(may_ask(*state).is_ok(), [State::Active, State::Paused].contains(state), "{state}");
        }
    }
}
