//! What becomes of a listing that a group asks another network to show. Pure.

use serde_json::{Map, Value, json};

use crate::{
    error::{Code, Error, Result},
    listings::{Moderation, State},
    moderation::{self, rules::Said},
    policies::CrossPosting,
};

/// Where a listing begins in a network with this welcome; 409 when it shows none of others, and when it has decided against this one
/// (`decided`: what it decided last) before the group took it out.
pub fn begins(welcome: CrossPosting, decided: Option<Moderation>) -> Result<Moderation> {
    match welcome {
        _ if matches!(decided, Some(Moderation::Rejected | Moderation::Held)) => Err(decided_against()),
        CrossPosting::Off => {
            Err(Error::problem(Code::Conflict, "This network shows no listings of other networks. Post one there instead."))
        }
        CrossPosting::Review => Ok(Moderation::Pending),
        CrossPosting::Open => Ok(Moderation::Approved),
    }
}

/// Where it begins when somebody is to see it first, however welcome others are: that network's checks stop it; or it was there before, and
/// that network had something to decide about it. Taking it out and asking anew undoes no decision, and no reports.
pub fn begins_seen(begins: Moderation, is_seen_first: bool) -> Moderation {
    if is_seen_first { Moderation::Pending } else { begins }
}

/// What becomes of it when the group asks again: one that changes were asked for begins anew, others stay as they are. 409 when the network
/// has decided against it.
pub fn asked_again(stands: Moderation, welcome: CrossPosting) -> Result<Moderation> {
    match stands {
        Moderation::Pending | Moderation::Approved => Ok(stands),
        // Somebody is to see whether it has been changed, however welcome others are.
        Moderation::ChangesRequested => begins(welcome, None).map(|_| Moderation::Pending),
        Moderation::Rejected | Moderation::Held => Err(decided_against()),
    }
}

fn decided_against() -> Error {
    Error::problem(Code::WrongState, "This network has decided not to show it. Its coordinators can change that.")
}

/// How a network that shows a listing of another one looks at it when it says something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// Before it shows it again.
    First,
    /// Afterwards; it goes on showing it.
    Afterwards,
    /// Not at all.
    NotAtAll,
}

/// What is known of an edit.
#[derive(Debug, Clone, Copy)]
pub struct Edit {
    /// That network's checks find something that stops it, and was not there before.
    pub is_stopped: bool,
    /// Together with those that somebody is still to look at, it changes the meaning ([`changes_meaning`]).
    pub changes_meaning: bool,
    /// That network looks at no small edits of the group.
    pub is_trusted: bool,
}

/// How it looks. One that is open has looked at nothing so far, and goes on so unless its checks stop it; the others look at what they have
/// approved as a home network does.
pub fn look(welcome: CrossPosting, edit: Edit) -> Look {
    match welcome {
        _ if edit.is_stopped => Look::First,
        CrossPosting::Open => Look::NotAtAll,
        CrossPosting::Review | CrossPosting::Off if edit.changes_meaning => Look::First,
        CrossPosting::Review | CrossPosting::Off if edit.is_trusted => Look::NotAtAll,
        CrossPosting::Review | CrossPosting::Off => Look::Afterwards,
    }
}

/// What a listing says otherwise than when a network approved it: each field as it was then (`before`) and as it is (`after`). `known` is
/// that until now, `said` and `says` what the listing said until now and says now. Empty: it says again what was approved.
pub fn changes(known: &Map<String, Value>, said: &Map<String, Value>, says: &Map<String, Value>) -> Map<String, Value> {
    let changed = |(field, after): (&String, &Value)| {
        let approved = known.get(field).and_then(|change| change.get("before")).or_else(|| said.get(field));
        let before = approved.cloned().unwrap_or_default();
        (before != *after).then(|| (field.clone(), json!({"before": before, "after": after})))
    };
    says.iter().filter_map(changed).collect()
}

/// Whether what a listing says otherwise than when a network approved it ([`changes`]) makes a want of an offer, or changes its meaning as at
/// home. `says` is what it says now.
pub fn changes_meaning(changes: &Map<String, Value>, says: Said<'_>) -> bool {
    let approved = changes.iter().filter_map(|(field, change)| Some((field.clone(), change.get("before")?.clone())));
    let approved = Value::Object(approved.collect());
    changes.contains_key("kind") || changes.contains_key("category") || moderation::rules::changes_meaning(says.otherwise(&approved), says)
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
        assert_eq!(begins(CrossPosting::Off, None).unwrap_err().code(), Code::Conflict);
        assert_eq!(begins(CrossPosting::Review, None).unwrap(), Moderation::Pending);
        assert_eq!(begins(CrossPosting::Open, None).unwrap(), Moderation::Approved);
        for decided in Moderation::ALL {
            let is_against = [Moderation::Rejected, Moderation::Held].contains(decided);
            assert_eq!(begins(CrossPosting::Open, Some(*decided)).is_err(), is_against, "{decided}");
        }
        assert_eq!(begins_seen(Moderation::Approved, false), Moderation::Approved);
        assert_eq!(begins_seen(Moderation::Approved, true), Moderation::Pending);
    }

    #[test]
    fn asking_again_reopens_only_what_was_to_be_changed() {
        for stands in Moderation::ALL {
            for welcome in CrossPosting::ALL {
                let expected = match (stands, welcome) {
                    (Moderation::Pending | Moderation::Approved, _) => Ok(*stands),
                    (Moderation::ChangesRequested, CrossPosting::Off) => Err(Code::Conflict),
                    (Moderation::ChangesRequested, _) => Ok(Moderation::Pending),
                    _ => Err(Code::WrongState),
                };
                assert_eq!(asked_again(*stands, *welcome).map_err(|error| error.code()), expected, "{stands} {welcome}");
            }
        }
    }

    #[test]
    fn what_a_network_looks_at_again_is_what_it_has_looked_at_and_what_its_checks_stop() {
        let mut asked = 0;
        for welcome in CrossPosting::ALL {
            for [is_stopped, changes_meaning, is_trusted] in [0, 1, 2, 3, 4, 5, 6, 7].map(|n| [n & 1 > 0, n & 2 > 0, n & 4 > 0]) {
                let expected = match (welcome, is_stopped, changes_meaning, is_trusted) {
                    (_, true, ..) => Look::First,
                    (CrossPosting::Open, ..) => Look::NotAtAll,
                    (_, _, true, _) => Look::First,
                    (_, _, _, true) => Look::NotAtAll,
                    _ => Look::Afterwards,
                };
                let edit = Edit { is_stopped, changes_meaning, is_trusted };
                assert_eq!(look(*welcome, edit), expected, "{welcome} {edit:?}");
                asked += 1;
            }
        }
        assert_eq!(asked, 3 * 8);
    }

    #[test]
    fn changes_are_against_what_was_approved_and_nothing_when_that_is_back() {
        let map = |value: Value| value.as_object().unwrap().clone();
        let approved = map(json!({"title": "Forty folding chairs", "unit": null, "quantity": 40}));
        let blue = map(json!({"title": "Forty folding chairs, blue", "unit": null, "quantity": 40}));
        let more = map(json!({"title": "Forty folding chairs, red", "unit": "chairs", "quantity": 40}));
        let first = changes(&Map::new(), &approved, &blue);
        assert_eq!(
            Value::Object(first.clone()),
            json!({"title": {"before": "Forty folding chairs", "after": "Forty folding chairs, blue"}})
        );
        let second = changes(&first, &blue, &more);
        assert_eq!(second["title"], json!({"before": "Forty folding chairs", "after": "Forty folding chairs, red"}));
        assert_eq!(second["unit"], json!({"before": null, "after": "chairs"}));
        assert_eq!(changes(&second, &more, &approved), Map::new());
    }

    #[test]
    fn what_can_come_back_by_itself_can_be_shown_and_nothing_else() {
        for state in State::ALL {
            assert_eq!(may_ask(*state).is_ok(), [State::Active, State::Paused].contains(state), "{state}");
        }
    }
}
