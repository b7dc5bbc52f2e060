//! A group asks once for another coordinator to look at a decision again.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{
    Opening,
    apply::{change_standing, close_others},
    decide::{Decider, Verdict},
};
use crate::{
    audit::{self, Act},
    db::{Conn, transaction},
    error::{Code, Error, OnConstraint, Result},
    groups,
    moderation::{
        AppealOutcome, Deed, QueueKind,
        model::{Appeal, Decision, Image, Item},
        queries, rules,
    },
    networks::rules::Decision as StandingDecision,
    schema::appeals,
    types::{
        ids::{AppealId, DecisionId, GroupId, UserId},
        local_time,
        text::Reason as Words,
    },
};

/// Appeals against a final decision. 404 when the group knows of no such decision; 409 when nothing was refused, when its time is over,
/// and when it was appealed before.
pub async fn appeal(
    conn: &mut Conn,
    (user, now): (UserId, DateTime<Utc>),
    group: GroupId,
    id: DecisionId,
    words: &Words,
) -> Result<(Decision, Appeal)> {
    transaction(conn, async |tx| {
        let decision = known(tx, (group, now), id).await?;
        if !rules::can_be_appealed(decision.deed) {
            return Err(Error::problem(Code::WrongState, "This decision was in your favour, or was the answer to an appeal."));
        }
        let until = rules::appeal_until(decision.decided_at);
        if until <= now {
            let until = local_time::in_words(until);
            return Err(Error::problem(Code::WrongState, format!("It could be appealed until {until}. Speak to a coordinator.")));
        }
        let appeal = AppealId::new();
        diesel::insert_into(appeals::table)
            .values((
                appeals::id.eq(appeal),
                appeals::decision_id.eq(id),
                appeals::first_decider.eq(decision.decided_by.map(|user| user.0)),
                appeals::network_id.eq(decision.network_id),
                appeals::group_id.eq(group),
                appeals::words.eq(words.as_str()),
                appeals::made_by.eq(user),
                appeals::made_at.eq(now),
            ))
            .execute(tx)
            .await
            .on_constraint("appeals_once", || {
                Error::problem(Code::AlreadyExists, "Your group has appealed against this decision. That is possible once.")
            })?;
        let (network, kind, listing) = (decision.network_id, QueueKind::Appeal, decision.listing_id);
        super::open(tx, now, &Opening { network, kind, subject: appeal.0, listing, group, findings: Vec::new() }).await?;
        let act = Act::of(user, "appeal_decision", "decision", id);
        audit::record(tx, now, Act { group: Some(group), network: Some(network), ..act }).await?;
        Ok((decision, of(tx, id).await?))
    })
    .await
}

/// A final decision about a group, and the appeal against it. 404 when there is none.
pub async fn find(conn: &mut Conn, seen_by: (GroupId, DateTime<Utc>), id: DecisionId) -> Result<(Decision, Appeal)> {
    Ok((known(conn, seen_by, id).await?, of(conn, id).await?))
}

/// Takes an appeal back. 404 when there is none, 409 when it is decided.
pub async fn withdraw(conn: &mut Conn, (user, now): (UserId, DateTime<Utc>), group: GroupId, id: DecisionId) -> Result<()> {
    transaction(conn, async |tx| {
        let (decision, seen) = find(tx, (group, now), id).await?;
        // The appeal before its item, as when it is decided.
        let appeal = queries::lock_appeal(tx, seen.id).await?.ok_or_else(|| Error::not_found("appeal"))?;
        if let Some(outcome) = appeal.outcome {
            let told = appeal.is_told_at(now).then(|| format!("This appeal is {outcome} already."));
            let deciding = "A coordinator is deciding about this appeal. Read it again in half a minute.";
            return Err(Error::problem(Code::WrongState, told.unwrap_or_else(|| deciding.to_owned())));
        }
        super::withdraw_in(tx, now, (decision.network_id, QueueKind::Appeal), appeal.id.0).await?;
        diesel::update(appeals::table.find(appeal.id))
            .set((appeals::outcome.eq(AppealOutcome::Withdrawn), appeals::decided_at.eq(now)))
            .execute(tx)
            .await?;
        let act = Act::of(user, "withdraw_appeal", "decision", id);
        audit::record(tx, now, Act { group: Some(group), network: Some(decision.network_id), ..act }).await
    })
    .await
}

async fn known(conn: &mut Conn, seen_by: (GroupId, DateTime<Utc>), id: DecisionId) -> Result<Decision> {
    queries::final_decision(conn, seen_by, id).await?.ok_or_else(|| Error::not_found("decision"))
}

async fn of(conn: &mut Conn, id: DecisionId) -> Result<Appeal> {
    queries::appeals_against(conn, &[id]).await?.pop().ok_or_else(|| Error::not_found("appeal"))
}

/// 403 for whoever decided first what is appealed, and for the group that appeals.
pub(super) async fn by_another(tx: &mut Conn, appeal: &Appeal, decider: Option<UserId>) -> Result<()> {
    let Some(user) = decider else { return Ok(()) };
    let is_member = groups::queries::membership_of(tx, appeal.group_id, user).await?.is_some();
    if appeal.is_for(user, is_member) {
        return Ok(());
    }
    Err(Error::not_allowed("You decided first, or it is your own group's. An appeal is decided by another coordinator."))
}

/// Lets the group in, or back in, unless the network has decided anew since. Had it asked again meanwhile, it does not wait any more.
pub(super) async fn overturn_standing(
    tx: &mut Conn,
    decider: Decider,
    item: &Item,
    first: &Decision,
    verdict: &Verdict,
) -> Result<(Image, Image)> {
    if queries::is_standing_decided_since(tx, first).await? {
        let detail = "It was decided anew since then how the group stands, and that stands. Keep this decision; where the later one is not \
                      in its favour, the group can appeal against that.";
        return Err(Error::problem(Code::Conflict, detail));
    }
    let decision = if first.deed == Deed::Suspend { StandingDecision::Reinstate } else { StandingDecision::Approve };
    let (before, after) = change_standing(tx, decider, (item.network_id, item.group_id), decision, verdict).await?;
    let items = close_others(tx, decider, item, (QueueKind::Group, item.group_id.0)).await?;
    Ok((Image { items, ..before }, after))
}
