//! What a network may be called in addresses, and the table of how a group's standing may change: by decisions, by what the group does, and
//! by the clock. Pure. docs/TRUST.md shows it as a picture.

use std::fmt::Display;

use chrono::Duration;

use super::Standing;
use crate::{
    error::{Code, Error, Result},
    types::Refusal,
};

/// Short name of a network in addresses and on the command line: 2 to 40 lower-case letters, digits and single hyphens between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetworkSlug(String);

impl NetworkSlug {
    /// Takes a slug as it is.
    pub fn parse(text: impl Into<String>) -> Result<Self, Refusal> {
        let text = text.into();
        let word = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if (2..=40).contains(&text.len()) && text.split('-').all(word) {
            return Ok(Self(text));
        }
        Err(Refusal::new("not_a_slug", "Use 2 to 40 small letters, digits and single hyphens between them, for example stoke-on-trent."))
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

crate::word_enum! {
    /// What a coordinator decides about a group.
    pub enum Decision {
        /// Let it in; also after a refusal, when the coordinator changes their mind.
        Approve = "approve",
        /// Ask for changes before anything is decided.
        AskChanges = "ask_changes",
        /// Do not let it in; take an invitation back.
        Reject = "reject",
        /// Take it out for now: its listings disappear.
        Suspend = "suspend",
        /// Let it back in.
        Reinstate = "reinstate",
    }
}

crate::word_enum! {
    /// What else moves a group: what it does itself, and the clock.
    pub enum Step as "StandingStep" {
        /// Somebody of an invited group has come: it may be looked at.
        Arrive = "arrive",
        /// The group has changed what it was asked to change, and asks again.
        Resubmit = "resubmit",
        /// The group says that it is still there and that what it says is true.
        StillHere = "still_here",
        /// Its approval has lasted for as long as the network lets it.
        Recertify = "recertify",
    }
}

/// Each decision, the states from which it is possible, and the state that it leads to.
pub const DECISIONS: [(Decision, &[Standing], Standing); 5] = [
    (
        Decision::Approve,
        &[Standing::AwaitingReview, Standing::ChangesRequested, Standing::Rejected, Standing::RecertificationRequired],
        Standing::Approved,
    ),
    (Decision::AskChanges, &[Standing::AwaitingReview], Standing::ChangesRequested),
    (Decision::Reject, &[Standing::Invited, Standing::AwaitingReview, Standing::ChangesRequested], Standing::Rejected),
    (Decision::Suspend, &[Standing::Approved, Standing::RecertificationRequired], Standing::Suspended),
    (Decision::Reinstate, &[Standing::Suspended], Standing::Approved),
];

/// Each step, the states from which it is possible, and the state that it leads to. (Closing is possible from everywhere, and for good.)
pub const STEPS: [(Step, &[Standing], Standing); 4] = [
    (Step::Arrive, &[Standing::Invited], Standing::AwaitingReview),
    (Step::Resubmit, &[Standing::ChangesRequested], Standing::AwaitingReview),
    (Step::StillHere, &[Standing::Approved, Standing::RecertificationRequired], Standing::Approved),
    (Step::Recertify, &[Standing::Approved], Standing::RecertificationRequired),
];

/// How long a group has to say that it is still there, once it is asked.
pub const TIME_TO_ANSWER: Duration = Duration::days(30);

impl Decision {
    /// The name of the act in the audit trail.
    pub const fn act(self) -> &'static str {
        match self {
            Self::Approve => "approve_group",
            Self::AskChanges => "ask_group_for_changes",
            Self::Reject => "reject_group",
            Self::Suspend => "suspend_group",
            Self::Reinstate => "reinstate_group",
        }
    }

    /// The state after this decision on a group in the state `from`; 409 with the states from which it is possible.
    pub fn applied_to(self, from: Standing) -> Result<Standing> {
        let done = match self {
            Self::AskChanges => "ask a group for changes".to_owned(),
            _ => format!("{self} a group"),
        };
        let (possible, to) = found(&DECISIONS, self)?;
        if possible.contains(&from) { Ok(to) } else { Err(impossible(from, &done, possible)) }
    }
}

impl Step {
    /// The name of the act in the audit trail.
    pub const fn act(self) -> &'static str {
        match self {
            Self::Arrive => "accept_group_invitation",
            Self::Resubmit => "resubmit_group",
            Self::StillHere => "confirm_group",
            Self::Recertify => "recheck_group",
        }
    }

    /// The state after this step of a group in the state `from`; 409 with the states from which it is possible.
    pub fn applied_to(self, from: Standing) -> Result<Standing> {
        let done = match self {
            Self::Resubmit => "ask again for a group",
            Self::StillHere => "say that a group is still there",
            Self::Arrive | Self::Recertify => "do this for a group",
        };
        let (possible, to) = found(&STEPS, self)?;
        if possible.contains(&from) { Ok(to) } else { Err(impossible(from, done, possible)) }
    }
}

impl Standing {
    /// Whether the listings of a group that stands so may be found.
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Approved | Self::RecertificationRequired)
    }

    /// Whether nobody has decided about a group that stands so.
    pub const fn is_undecided(self) -> bool {
        matches!(self, Self::Invited | Self::AwaitingReview)
    }
}

fn found<M: Copy + PartialEq + Display>(table: &[(M, &'static [Standing], Standing)], asked: M) -> Result<(&'static [Standing], Standing)> {
    let row = table.iter().find(|(known, ..)| *known == asked);
    row.map(|(_, possible, to)| (*possible, *to)).ok_or_else(|| Error::Internal(anyhow::anyhow!("no transition for {asked}")))
}

fn impossible(from: Standing, done: &str, possible: &[Standing]) -> Error {
    let possible: Vec<_> = possible.iter().map(|state| state.as_str()).collect();
    Error::problem(Code::WrongState, format!("The group is {from} in this network. You can {done} that is {}.", possible.join(" or ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_plain_words_with_hyphens() {
        for good in ["stoke", "1000-lives", "a1"] {
            assert_eq!(NetworkSlug::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "a", "Stoke", "-stoke", "stoke-", "sto--ke", "st oke", "ynys-môn", &"x".repeat(41)] {
            assert_eq!(NetworkSlug::parse(bad).unwrap_err().code, "not_a_slug", "{bad}");
        }
    }

    #[test]
    fn every_decision_in_every_state_does_what_the_table_says() {
        use {Decision::*, Standing::*};
        let legal = [
            (Approve, AwaitingReview, Approved),
            (Approve, ChangesRequested, Approved),
            (Approve, Rejected, Approved),
            (Approve, RecertificationRequired, Approved),
            (AskChanges, AwaitingReview, ChangesRequested),
            (Reject, Invited, Rejected),
            (Reject, AwaitingReview, Rejected),
            (Reject, ChangesRequested, Rejected),
            (Suspend, Approved, Suspended),
            (Suspend, RecertificationRequired, Suspended),
            (Reinstate, Suspended, Approved),
        ];
        for decision in Decision::ALL {
            for from in Standing::ALL {
                let expected = legal.iter().find(|(d, f, _)| d == decision && f == from).map(|(_, _, to)| *to);
                match (decision.applied_to(*from), expected) {
                    (Ok(to), Some(expected)) => assert_eq!(to, expected, "{decision} from {from}"),
                    (Err(error), None) => assert_eq!(error.code(), Code::WrongState, "{decision} from {from}"),
                    (outcome, expected) => panic!("{decision} from {from}: {outcome:?}, expected {expected:?}"),
                }
            }
        }
    }

    #[test]
    fn every_step_in_every_state_does_what_the_table_says() {
        use {Standing::*, Step::*};
        let legal = [
            (Arrive, Invited, AwaitingReview),
            (Resubmit, ChangesRequested, AwaitingReview),
            (StillHere, Approved, Approved),
            (StillHere, RecertificationRequired, Approved),
            (Recertify, Approved, RecertificationRequired),
        ];
        for step in Step::ALL {
            for from in Standing::ALL {
                let expected = legal.iter().find(|(s, f, _)| s == step && f == from).map(|(_, _, to)| *to);
                match (step.applied_to(*from), expected) {
                    (Ok(to), Some(expected)) => assert_eq!(to, expected, "{step} from {from}"),
                    (Err(error), None) => assert_eq!(error.code(), Code::WrongState, "{step} from {from}"),
                    (outcome, expected) => panic!("{step} from {from}: {outcome:?}, expected {expected:?}"),
                }
            }
        }
    }

    #[test]
    fn what_is_closed_stays_closed_and_every_other_state_can_be_left() {
        for from in Standing::ALL {
            let ways = Decision::ALL.iter().filter(|decision| decision.applied_to(*from).is_ok()).count()
                + Step::ALL.iter().filter(|step| step.applied_to(*from).is_ok_and(|to| to != *from)).count();
            assert_eq!(ways == 0, *from == Standing::Closed, "{from}");
        }
    }

    #[test]
    fn a_refusal_names_the_states_from_which_it_is_possible() {
        let refusal = Decision::Approve.applied_to(Standing::Suspended).unwrap_err().to_string();
        assert!(refusal.contains("You can approve a group that is awaiting_review or changes_requested or rejected"), "{refusal}");
    }

    #[test]
    fn acts_are_named_after_their_decisions() {
        for decision in Decision::ALL.iter().filter(|decision| **decision != Decision::AskChanges) {
            assert_eq!(decision.act(), format!("{decision}_group"));
        }
    }
}
