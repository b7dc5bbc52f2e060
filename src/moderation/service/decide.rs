//! Decisions. One takes effect at once and can be undone for half a minute; then those concerned are told (`finish`).

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{
    apply::{self, Ground},
    claims::{self, no_such_item},
};
use crate::{
    audit::{self, Act},
    catalog::Catalogue,
    checks::Action,
    cross_posts,
    db::{Conn, transaction},
    error::{Code, Error, OnConstraint, Problem, Result},
    groups,
    listings::Moderation,
    moderation::{
        Deed, ItemState, Reason,
        model::{Decision, Image, Item},
        queries,
        rules::{self, sentences},
    },
    networks::{self, StaffRole},
    schema::{decisions, queue_items},
    types::{
        Refusal,
        fields::FieldError,
        ids::{DecisionId, ListingId, NetworkId, QueueItemId, ReplyId, UserId},
        local_time,
    },
};

/// What somebody decides.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// What.
    pub deed: Deed,
    /// Why, as a word.
    pub reason: Option<Reason>,
    /// Why, in words.
    pub words: Option<String>,
    /// The standard reply that gives reason and words where they are not said.
    pub reply: Option<ReplyId>,
    /// The listing that a duplicate is put together with.
    pub into: Option<ListingId>,
    /// The version of the item that was read; none: whatever it is now.
    pub version: Option<i32>,
}

/// Who decides, and when. Without a person, the program does.
#[derive(Debug, Clone, Copy)]
pub struct Decider {
    /// The person.
    pub user: Option<UserId>,
    /// Now.
    pub now: DateTime<Utc>,
}

/// Decides about an item of a network's queue. 404 when it is not there; 409 when somebody has decided, saying what, when somebody else is
/// at it, when it is another version than was read, and when the state of things does not allow it; 403 for whoever decided first what is
/// appealed, and for the group that appeals; 422 when it does not say why.
pub async fn decide(
    conn: &mut Conn,
    catalogue: &Catalogue,
    (network, decider): (NetworkId, Decider),
    id: QueueItemId,
    verdict: Verdict,
) -> Result<Decision> {
    transaction(conn, async |tx| {
        let seen = queries::item(tx, network, id).await?.ok_or_else(no_such_item)?;
        // What the decision changes is locked before the item, in the order that everybody keeps to.
        let ground = Ground::hold(tx, &seen, verdict.into).await?;
        let item = claims::waiting(tx, network, id).await?;
        match decider.user {
            Some(user) => claims::free(&item, user, decider.now)?,
            None => is_for_program(tx, &item, &ground, verdict.deed).await?,
        }
        was_read(&item, verdict.version)?;
        let verdict = complete(tx, &item, &ground, verdict, decider).await?;
        let (before, after) = apply::apply(tx, catalogue, decider, &item, &ground, &verdict).await?;
        let decision = new_decision(&item, decider, verdict, (&before, &after))?;
        store(tx, &item, &decision).await?;
        record(tx, &item, &decision).await?;
        Ok(decision)
    })
    .await
}

/// 409 for what the program leaves to people: what one of them holds, what is reported, and letting through what the network refuses.
async fn is_for_program(tx: &mut Conn, item: &Item, ground: &Ground, deed: Deed) -> Result<()> {
    let is_held = ground.stands_in(item.network_id) == Some(Moderation::Held);
    let is_reported = match item.listing_id {
        Some(listing) => cross_posts::queries::is_reported(tx, listing, item.network_id).await?,
        None => false,
    };
    let is_refused = deed == Deed::Approve && item.findings().iter().any(|finding| finding.action == Action::Refuse);
    if is_held || is_reported || is_refused {
        let detail = "A coordinator holds it, it is reported, or the network refuses what is in it: it waits for a person.";
        return Err(Error::problem(Code::Conflict, detail));
    }
    Ok(())
}

/// 409 for what was changed after it was read. The item is held, and so is what it is about.
fn was_read(item: &Item, read: Option<i32>) -> Result<()> {
    match read {
        Some(version) if version != item.version => {
            let detail = "It was changed after you read it. Read it again, then decide.";
            let errors = vec![FieldError::body("/version", Refusal::new("changed", format!("It is version {} now.", item.version)))];
            Err(Problem { errors, ..Problem::new(Code::Conflict, detail) }.into())
        }
        _ => Ok(()),
    }
}

/// Fills in what a standard reply says, and refuses what does not say why.
async fn complete(tx: &mut Conn, item: &Item, ground: &Ground, mut verdict: Verdict, decider: Decider) -> Result<Verdict> {
    if let Some(id) = verdict.reply {
        let unknown = || vec![FieldError::body("/reply_id", Refusal::new("unknown", "There is no such standard reply in this network."))];
        let reply = queries::reply(tx, item.network_id, id).await?.ok_or_else(unknown)?;
        verdict.reason = verdict.reason.or(reply.reason);
        if verdict.words.is_none() {
            let network = networks::service::find(tx, item.network_id).await?.0.name;
            let group = groups::queries::find(tx, item.group_id).await?.map(|(group, _)| group.name).unwrap_or_default();
            let title = ground.title().unwrap_or("your group");
            let filling = sentences::Filling { title, group: &group, network: &network, reason: verdict.reason };
            verdict.words = Some(sentences::fill(&reply.words, &filling).chars().take(2000).collect());
        }
    }
    if decider.user.is_some() {
        let missing = rules::explained(verdict.deed, verdict.reason, verdict.words.as_deref());
        if !missing.is_empty() {
            return Err(missing.into());
        }
    }
    Ok(verdict)
}

/// What is to be stored of a verdict about an item, with what it changed.
pub(super) fn new_decision(item: &Item, decider: Decider, verdict: Verdict, (before, after): (&Image, &Image)) -> Result<Decision> {
    let written = |image: &Image| serde_json::to_value(image).map_err(|error| Error::Internal(error.into()));
    Ok(Decision {
        id: DecisionId::new(),
        queue_item_id: item.id,
        network_id: item.network_id,
        listing_id: item.listing_id,
        group_id: item.group_id,
        deed: verdict.deed,
        reason: verdict.reason,
        words: verdict.words,
        decided_by: decider.user,
        decided_at: decider.now,
        final_at: rules::final_at(decider.now),
        before: written(before)?,
        after: written(after)?,
        undone_at: None,
        told_at: None,
    })
}

/// Stores a decision, and takes its item, which is held, out of the queue. 409 when another one stands.
pub(super) async fn store(tx: &mut Conn, item: &Item, decision: &Decision) -> Result<()> {
    diesel::insert_into(decisions::table)
        .values(decision)
        .execute(tx)
        .await
        .on_constraint("decisions_one_standing", || decided_already(None))?;
    diesel::update(queue_items::table.find(decision.queue_item_id))
        .set((
            queue_items::state.eq(ItemState::Decided),
            queue_items::closed_at.eq(decision.decided_at),
            // Should it be undone, nobody is at it: who was may have a break by then.
            queue_items::claimed_by.eq(None::<UserId>),
            queue_items::claimed_until.eq(None::<DateTime<Utc>>),
            // Nor has it changed for whoever has read it: what the decision changes, undoing it changes back.
            queue_items::version.eq(item.version),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

async fn record(tx: &mut Conn, item: &Item, decision: &Decision) -> Result<()> {
    let subject = item.listing_id.map_or_else(|| ("group", item.group_id.to_string()), |listing| ("listing", listing.to_string()));
    let act = Act {
        role: Some(if decision.decided_by.is_some() { StaffRole::Coordinator.as_str() } else { audit::PROGRAM }),
        group: Some(item.group_id),
        network: Some(decision.network_id),
        reason: decision.words.clone().or_else(|| decision.reason.map(|reason| sentences::rule(reason).to_owned())),
        detail: json!({"decision_id": decision.id, "deed": decision.deed, "reason": decision.reason}),
        before: Some(decision.before.clone()),
        after: Some(decision.after.clone()),
        ..Act::by(decision.decided_by, rules::act(item.kind, decision.deed), subject.0, subject.1)
    };
    audit::record(tx, decision.decided_at, act).await
}

/// 409: what was decided, and when.
pub fn decided_already(decision: Option<&Decision>) -> Error {
    let Some(decision) = decision else {
        return Error::problem(Code::AlreadyDecided, "Somebody has decided it already.");
    };
    let why = decision.reason.map_or(String::new(), |reason| format!(" ({reason})"));
    let when = local_time::in_words(decision.decided_at);
    let who = if decision.decided_by.is_some() { "A coordinator" } else { "The program" };
    Error::problem(Code::AlreadyDecided, format!("{who} has decided it already, {when}: {}{why}.", decision.deed))
}
