//! Who sees what of a group, and the numbers that groups keep to. Pure.

use chrono::Duration;

use super::Activity;
use crate::{
    networks::model::StandingInNetwork,
    types::{Fields, Refusal, ids::NetworkId},
};

/// The most activities a group may name.
const MOST_ACTIVITIES: usize = 10;

/// How long an invitation is good.
pub const INVITATION_GOOD_FOR: Duration = Duration::days(14);

/// What a group says that it does, in the field `activities`: each once, in the order of their words. What is refused is remembered in `fields`.
pub fn activities(fields: &mut Fields, words: &[String]) -> Vec<Activity> {
    if words.len() > MOST_ACTIVITIES {
        fields.refuse("/activities", Refusal::new("too_many", format!("Name at most {MOST_ACTIVITIES} activities.")));
        return Vec::new();
    }
    let words = words.iter().enumerate();
    let mut known: Vec<_> = words.filter_map(|(at, word)| fields.check(format!("/activities/{at}"), Activity::parse(word))).collect();
    known.sort_unstable_by_key(|activity| activity.as_str());
    known.dedup();
    known
}

/// Who looks at a group.
#[derive(Debug, Clone, Default)]
pub struct Looker {
    /// Whether they are a member of it.
    pub member: bool,
    /// The networks they work for.
    pub staff_of: Vec<NetworkId>,
}

/// How a group stands in a network, as somebody may see it.
#[derive(Debug, Clone)]
pub struct SeenStanding {
    /// The standing.
    pub of: StandingInNetwork,
    /// Whether they may know when and why.
    pub in_detail: bool,
}

impl Looker {
    /// What this person sees of a group's standings: members everything, staff everything in their own networks, everybody else that
    /// it is in good standing.
    pub fn sees(&self, standings: Vec<StandingInNetwork>) -> Vec<SeenStanding> {
        let insider = |standing: &StandingInNetwork| self.member || self.staff_of.contains(&standing.standing.network_id);
        let seen = standings.into_iter().map(|of| SeenStanding { in_detail: insider(&of), of });
        seen.filter(|seen| seen.in_detail || seen.of.standing.state.is_good()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        networks::{Standing, model::GroupStanding},
        types::ids::GroupId,
    };

    fn standing(network: NetworkId, state: Standing) -> StandingInNetwork {
        let requested_at = chrono::DateTime::UNIX_EPOCH;
        let standing = GroupStanding {
            network_id: network,
            group_id: GroupId::new(),
            state,
            reason: None,
            requested_at,
            decided_at: None,
            recheck_at: None,
            sign_of_life_at: None,
        };
        StandingInNetwork { slug: String::new(), name: String::new(), standing }
    }

    #[test]
    fn strangers_see_good_standings_staff_their_own_network_and_members_everything() {
        let network = NetworkId::new();
        let cases = [
            (Looker::default(), false),
            (Looker { staff_of: vec![NetworkId::new()], ..Looker::default() }, false),
            (Looker { staff_of: vec![network], ..Looker::default() }, true),
            (Looker { member: true, ..Looker::default() }, true),
        ];
        for (looker, insider) in cases {
            for state in Standing::ALL {
                let seen = looker.sees(vec![standing(network, *state)]);
                assert_eq!(!seen.is_empty(), insider || state.is_good(), "{looker:?} {state}");
                assert!(seen.iter().all(|seen| seen.in_detail == insider), "{looker:?} {state}");
            }
        }
    }
}
