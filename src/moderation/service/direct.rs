//! Decisions about a group at its own address in a network, beside the queue: by who knows the group, in a hurry, or by the program. They are
//! decisions like those of the queue, which the group reads and may appeal against, but for one thing: they are final at once, and so is what
//! follows.

use chrono::{DateTime, Utc};

use super::{
    Opening, apply, claims,
    decide::{self, Decider, Verdict},
    finish,
};
use crate::{
    db::{Conn, transaction},
    error::{Error, Result},
    moderation::{
        Deed, QueueKind, Reason,
        model::{Decision, Item},
        queries,
    },
    networks::{self, queries::GroupThere, rules::Decision as StandingDecision},
    types::{
        ids::{GroupId, NetworkId, UserId},
        text::Reason as Words,
    },
};

/// Why something is decided about a group.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// As a word; [`Reason::Other`] where a reason is needed and none is given.
    pub reason: Option<Reason>,
    /// In words.
    pub words: Option<Words>,
}

/// Decides about a group as [`decide_within`], and gives how it stands then.
pub async fn decide(
    conn: &mut Conn,
    (user, now): (UserId, DateTime<Utc>),
    (network, group): (NetworkId, GroupId),
    decision: StandingDecision,
    said: Said,
) -> Result<GroupThere> {
    transaction(conn, async |tx| {
        decide_within(tx, Decider { user: Some(user), now }, (network, group), decision, said).await?;
        networks::queries::group_of(tx, network, group).await?.ok_or_else(|| Error::not_found("group"))
    })
    .await
}

/// Decides about a group, at once and for good: what waits for that decision in the queue is decided with it, the group hears of it, and so
/// does everybody who had to do with a group that is suspended. The last step of its transaction. 404 when it is not in the network; 409 when
/// its state does not allow that, and when somebody else is at it in the queue.
pub async fn decide_within(
    tx: &mut Conn,
    decider: Decider,
    of: (NetworkId, GroupId),
    decision: StandingDecision,
    said: Said,
) -> Result<()> {
    let (now, verdict) = (decider.now, verdict(decision, said));
    // Group, standing and listings before the item, in the order that everybody keeps to.
    let (before, after) = apply::change_standing(tx, decider, of, decision, &verdict).await?;
    let item = take(tx, now, of).await?;
    if let Some(user) = decider.user {
        claims::free(&item, user, now)?;
    }
    let decided = Decision { final_at: now, ..decide::new_decision(&item, decider, verdict, (&before, &after))? };
    decide::store(tx, &item, &decided).await?;
    finish::conclude_within(tx, now, &item, &decided).await
}

/// As the queue would have it. Letting a group back in is letting it in.
fn verdict(decision: StandingDecision, said: Said) -> Verdict {
    let deed = match decision {
        StandingDecision::Approve | StandingDecision::Reinstate => Deed::Approve,
        StandingDecision::AskChanges => Deed::AskChanges,
        StandingDecision::Reject => Deed::Reject,
        StandingDecision::Suspend => Deed::Suspend,
    };
    let reason = said.reason.or((deed != Deed::Approve).then_some(Reason::Other));
    Verdict { deed, reason, words: said.words.map(Words::into_string), reply: None, into: None, version: None }
}

/// What waits for a decision about the group, held; put there if nothing did. The group is locked, so nobody else puts it there meanwhile.
async fn take(tx: &mut Conn, now: DateTime<Utc>, (network, group): (NetworkId, GroupId)) -> Result<Item> {
    let of = (network, QueueKind::Group);
    if let Some(waiting) = queries::lock_waiting(tx, of, group.0).await? {
        return Ok(waiting);
    }
    let opening = Opening { network, kind: QueueKind::Group, subject: group.0, listing: None, group, findings: Vec::new() };
    super::open(tx, now, &opening).await?;
    queries::lock_waiting(tx, of, group.0).await?.ok_or_else(claims::no_such_item)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moderation::rules::explained;

    #[test]
    fn every_decision_about_a_group_is_a_deed_that_says_why() {
        for decision in StandingDecision::ALL {
            let words = || Some(Words::parse("Ring us.").unwrap());
            let made = verdict(*decision, Said { reason: None, words: words() });
            assert!(explained(made.deed, made.reason, made.words.as_deref()).is_empty(), "{decision}");
            let named = verdict(*decision, Said { reason: Some(Reason::NotReachable), words: words() });
            assert_eq!((named.reason, named.deed), (Some(Reason::NotReachable), made.deed), "{decision}");
        }
        assert_eq!(verdict(StandingDecision::Reinstate, Said::default()).reason, None);
    }
}
