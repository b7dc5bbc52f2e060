//! What a network may be called in addresses, and which decisions about a group are possible in which state. Pure.

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
        /// Do not let it in.
        Reject = "reject",
        /// Take it out for now: its listings disappear.
        Suspend = "suspend",
        /// Let it back in.
        Reinstate = "reinstate",
    }
}

/// Each decision, the states from which it is possible, and the state that it leads to.
const TRANSITIONS: [(Decision, &[Standing], Standing); 4] = [
    (Decision::Approve, &[Standing::AwaitingReview, Standing::Rejected], Standing::Approved),
    (Decision::Reject, &[Standing::AwaitingReview], Standing::Rejected),
    (Decision::Suspend, &[Standing::Approved], Standing::Suspended),
    (Decision::Reinstate, &[Standing::Suspended], Standing::Approved),
];

impl Decision {
    /// The name of the act in the audit trail.
    pub const fn act(self) -> &'static str {
        match self {
            Self::Approve => "approve_group",
            Self::Reject => "reject_group",
            Self::Suspend => "suspend_group",
            Self::Reinstate => "reinstate_group",
        }
    }

    /// The state after this decision on a group in the state `from`; 409 with the states from which it is possible.
    pub fn applied_to(self, from: Standing) -> Result<Standing> {
        let (_, possible, to) = TRANSITIONS
            .into_iter()
            .find(|(decision, _, _)| *decision == self)
            .ok_or_else(|| Error::Internal(anyhow::anyhow!("no transition for {self}")))?;
        if possible.contains(&from) {
            return Ok(to);
        }
        let possible: Vec<_> = possible.iter().map(|state| state.as_str()).collect();
        Err(Error::problem(
            Code::WrongState,
            format!("The group is {from} in this network. You can {self} a group that is {}.", possible.join(" or ")),
        ))
    }
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
            (Approve, Rejected, Approved),
            (Reject, AwaitingReview, Rejected),
            (Suspend, Approved, Suspended),
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
    fn a_refusal_names_the_states_from_which_it_is_possible() {
        let refusal = Decision::Approve.applied_to(Standing::Suspended).unwrap_err().to_string();
        assert!(refusal.contains("awaiting_review or rejected"), "{refusal}");
    }

    #[test]
    fn acts_are_named_after_their_decisions() {
        for decision in Decision::ALL {
            assert_eq!(decision.act(), format!("{decision}_group"));
        }
    }
}
