//! Which reasons fit what, which reports count, and when a decision holds against new ones. Pure.

use std::collections::BTreeSet;

use chrono::Duration;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Reason, State};
use crate::{
    http::limits::Allowance,
    listings::Kind,
    types::{
        Refusal,
        ids::{GroupId, UserId},
    },
};

/// Reports of visitors from one network address.
pub const REPORTS_FROM_ADDRESS: Allowance = Allowance { tries: 10, minutes: 60 };

/// Reports of one account.
pub const REPORTS_OF_ACCOUNT: Allowance = Allowance { tries: 30, minutes: 60 };

/// Worries about somebody's safety from one network address or account: apart from the others, so that nobody is turned away because
/// of those.
pub const FLAGS: Allowance = Allowance { tries: 10, minutes: 60 };

/// Codes tried from one network address.
pub const LOOK_UPS: Allowance = Allowance { tries: 60, minutes: 15 };

/// So long a decision about reports holds against new ones.
pub const DECISION_HOLDS: Duration = Duration::days(7);

/// Unless so many independent reporters disagree with it.
pub const DISAGREEING: usize = 5;

/// So many independent reporters hide a listing until somebody has decided.
pub const HIDING: usize = 2;

/// For so long after the end of a report it is remembered from which network address it came, as a hash.
pub const MARKS_KEPT: Duration = Duration::days(30);

/// What a report is about, as far as that matters for its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// A listing.
    Listing(Kind),
    /// A group.
    Group,
    /// A message.
    Message,
    /// The network, and no one thing in it.
    Network,
}

/// Whether a reason can be given of something.
pub fn fits(reason: Reason, thing: Thing) -> Result<(), Refusal> {
    let fitting = match (reason, thing) {
        (Reason::Safeguarding, _) => true,
        (_, Thing::Network) => return Err(Refusal::new("required", "Say what it is about: a listing, a group or a message.")),
        (Reason::ShouldBeWant, Thing::Listing(kind)) => kind == Kind::Offer,
        (Reason::ShouldBeOffer, Thing::Listing(kind)) => kind == Kind::Want,
        (Reason::ShouldBeWant | Reason::ShouldBeOffer | Reason::NotAvailable, _) => matches!(thing, Thing::Listing(_)),
        (Reason::NotAGroup, _) => thing == Thing::Group,
        _ => true,
    };
    if fitting {
        return Ok(());
    }
    Err(Refusal::new("wrong_kind", "This reason is for something else. If no other one fits, choose other and say it in your own words."))
}

/// Whether a reason needs words.
pub fn needs_words(reason: Reason) -> bool {
    matches!(reason, Reason::Safeguarding | Reason::Other)
}

/// Somebody who reports something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voice {
    /// The same for two reports of one reporter.
    pub mark: Vec<u8>,
    /// Who it is; none for a visitor.
    pub person: Option<UserId>,
    /// From where, as a hash; none when that has been forgotten.
    pub address: Option<Vec<u8>>,
    /// The groups that the person belongs to.
    pub groups: BTreeSet<GroupId>,
    /// Whether a network has let one of these in. Anybody can make accounts, one after the other, and groups that nobody knows.
    pub is_vouched_for: bool,
    /// Whether the report waits for a decision.
    pub is_open: bool,
}

impl Voice {
    /// Whether two reports are of people who have nothing to do with each other: different people without a group in common. Of
    /// visitors, and of accounts that no group stands for, it is only known from where they come.
    fn is_independent_of(&self, other: &Self) -> bool {
        let both_known = self.is_vouched_for && other.is_vouched_for;
        let same_place = self.address.is_some() && self.address == other.address;
        self.mark != other.mark && self.groups.is_disjoint(&other.groups) && (both_known || !same_place)
    }
}

/// How many of these reports are independent of each other. Beginning with each in turn, so that somebody who has to do with two of the
/// others does not stand for both; exact for two, and never too many.
pub fn independent(voices: &[Voice]) -> usize {
    let beginning_with = |first: &Voice| {
        let mut counted = vec![first];
        for voice in voices {
            if counted.iter().all(|known| voice.is_independent_of(known)) {
                counted.push(voice);
            }
        }
        counted.len()
    };
    voices.iter().map(beginning_with).max().unwrap_or_default()
}

/// What becomes of a new report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It waits for the coordinators, as one of so many independent ones.
    Waits(usize),
    /// A recent decision stands.
    DecidedBefore,
}

/// What becomes of the last of these reports about one thing, which came `since_decision` after the latest decision about it, if there
/// was one; the others came since then, too, or wait still.
pub fn fate(voices: &[Voice], since_decision: Option<Duration>) -> Fate {
    if since_decision.is_some_and(|time| time < DECISION_HOLDS) {
        let against = independent(voices);
        return if against >= DISAGREEING { Fate::Waits(against) } else { Fate::DecidedBefore };
    }
    let open: Vec<Voice> = voices.iter().filter(|voice| voice.is_open).cloned().collect();
    Fate::Waits(independent(&open))
}

/// Who or what reports, as far as two reports about the same thing can be told apart. Nothing can be found out by comparing reports about
/// different things.
pub fn mark(subject: Uuid, who: &str) -> Vec<u8> {
    Sha256::new().chain_update(subject.as_bytes()).chain_update(who).finalize().to_vec()
}

/// Where a report stands, for whoever made it.
pub fn sentence(state: State) -> &'static str {
    match state {
        State::Waiting => "Thank you. Somebody will look at it.",
        State::Acted => "Thank you. The network's coordinators have looked at it, and have done something about it.",
        State::NotActed => "Thank you. The network's coordinators have looked at it, and have decided to leave things as they are.",
        State::DecidedBefore => {
            "Thank you. The network's coordinators have looked at this within the last seven days; what they decided stands for now. \
             When several others report it too, they look again."
        }
        State::DealtWith => "Thank you. The network's safeguarding lead has dealt with it.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn voice(number: u8, groups: &[GroupId]) -> Voice {
        let (person, address) = (Some(UserId::new()), Some(vec![number]));
        let is_vouched_for = !groups.is_empty();
        Voice { mark: vec![number], person, address, groups: groups.iter().copied().collect(), is_vouched_for, is_open: true }
    }

    fn visitor(number: u8) -> Voice {
        Voice { person: None, ..voice(number, &[]) }
    }

    fn answered(voices: &[Voice]) -> Vec<Voice> {
        voices.iter().map(|voice| Voice { is_open: false, ..voice.clone() }).collect()
    }

    #[test]
    fn every_reason_fits_what_it_is_about_and_nothing_else() {
        let things = [Thing::Listing(Kind::Offer), Thing::Listing(Kind::Want), Thing::Group, Thing::Message, Thing::Network];
        let fitting = |reason: Reason| things.map(|thing| u8::from(fits(reason, thing).is_ok()));
        for reason in Reason::ALL {
            let expected = match reason {
                Reason::ShouldBeWant => [1, 0, 0, 0, 0],
                Reason::ShouldBeOffer => [0, 1, 0, 0, 0],
                Reason::NotAvailable => [1, 1, 0, 0, 0],
                Reason::NotAGroup => [0, 0, 1, 0, 0],
                Reason::Safeguarding => [1, 1, 1, 1, 1],
                Reason::Misleading | Reason::Money | Reason::PrivatePerson | Reason::Unkind => [1, 1, 1, 1, 0],
                Reason::Unsafe | Reason::Illegal | Reason::Other => [1, 1, 1, 1, 0],
            };
            assert_eq!(fitting(*reason), expected, "{reason}");
        }
    }

    #[test]
    fn two_people_of_one_group_count_once() {
        let (club, choir) = (GroupId::new(), GroupId::new());
        assert_eq!(independent(&[voice(1, &[club]), voice(2, &[club])]), 1);
        assert_eq!(independent(&[voice(1, &[club]), voice(2, &[choir])]), 2);
        assert_eq!(independent(&[voice(1, &[]), voice(2, &[])]), 2);
    }

    #[test]
    fn somebody_who_is_in_both_groups_does_not_stand_for_both() {
        let (club, choir) = (GroupId::new(), GroupId::new());
        assert_eq!(independent(&[voice(1, &[club, choir]), voice(2, &[club]), voice(3, &[choir])]), 2);
    }

    #[test]
    fn a_visitor_counts_once_for_each_place_also_beside_somebody_who_is_signed_in() {
        assert_eq!(independent(&[visitor(1), visitor(1)]), 1);
        assert_eq!(independent(&[visitor(1), visitor(2)]), 2);
        let signed_in = Voice { address: Some(vec![1]), ..voice(9, &[]) };
        assert_eq!(independent(&[visitor(1), signed_in.clone()]), 1);
        assert_eq!(independent(&[]), 0);
    }

    #[test]
    fn accounts_from_one_place_count_for_more_than_one_only_if_groups_stand_for_them() {
        let from_there = |number, groups: &[GroupId]| Voice { address: Some(vec![1]), ..voice(number, groups) };
        let (club, choir) = (GroupId::new(), GroupId::new());
        assert_eq!(independent(&[from_there(8, &[]), from_there(9, &[])]), 1, "perhaps one person");
        assert_eq!(independent(&[from_there(8, &[club]), from_there(9, &[])]), 1);
        assert_eq!(independent(&[from_there(8, &[club]), from_there(9, &[choir])]), 2, "two neighbours at one desk");
        assert_eq!(independent(&[from_there(8, &[club]), from_there(9, &[club])]), 1);
    }

    #[test]
    fn a_decision_holds_for_seven_days_unless_five_disagree() {
        let five: Vec<Voice> = (1..=5).map(|number| voice(number, &[])).collect();
        let last_is_new = |number: usize| [answered(&five[..number - 1]), vec![five[number - 1].clone()]].concat();
        for number in 1..=4 {
            assert_eq!(fate(&last_is_new(number), Some(Duration::days(6))), Fate::DecidedBefore, "{number}");
        }
        assert_eq!(fate(&last_is_new(5), Some(Duration::days(6))), Fate::Waits(5));
        assert_eq!(fate(&last_is_new(1), Some(DECISION_HOLDS)), Fate::Waits(1));
        assert_eq!(fate(&last_is_new(4), Some(DECISION_HOLDS)), Fate::Waits(1), "those that were answered are over");
        assert_eq!(fate(&five[..2], None), Fate::Waits(2));
        let same = vec![five[0].clone(); 5];
        assert_eq!(fate(&same, Some(Duration::days(1))), Fate::DecidedBefore);
    }

    #[test]
    fn marks_tell_reporters_of_one_thing_apart_and_nothing_else() {
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        assert_eq!(mark(one, "192.0.2.7"), mark(one, "192.0.2.7"));
        assert_ne!(mark(one, "192.0.2.7"), mark(one, "192.0.2.8"));
        assert_ne!(mark(one, "192.0.2.7"), mark(other, "192.0.2.7"));
    }

    #[test]
    fn every_state_has_a_sentence_of_its_own() {
        let all: BTreeSet<&str> = State::ALL.iter().map(|state| sentence(*state)).collect();
        assert_eq!(all.len(), State::ALL.len());
    }
}
