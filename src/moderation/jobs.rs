//! What becomes of the queue by the clock: decisions become final, and broken promises are told and kept. For the worker: each call deals
//! with some and says with how many. Any number may do so at once.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{
    Deed, ItemState, QueueKind, Reason,
    model::Load,
    queries::{
        self, Late,
        load::{self},
    },
    rules::day_of,
    service::{
        decide::{self, Decider, Verdict},
        finish,
    },
};
use crate::{
    catalog::Catalogue,
    db::{Conn, transaction},
    error::{Error, Result},
    inbox::{self, Notice, Recipient, Topic},
    schema::queue_items,
    types::ids::{NetworkId, QueueItemId, UserId},
};

/// Decisions that one call deals with.
const DECISIONS: i64 = 20;
/// Items that one call deals with.
const ITEMS: i64 = 100;

/// Tells those concerned of decisions that can no longer be undone, each in a transaction of its own.
pub async fn finish(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let (mut done, mut failed) = (0, None);
    for due in queries::due(conn, now, DECISIONS).await? {
        match finish::conclude(conn, now, due).await {
            Ok(concluded) => done += usize::from(concluded),
            Err(error @ Error::Unavailable(_)) => return Err(error),
            Err(error) => {
                tracing::error!(decision = %due.id, cause = ?error, "a decision could not be concluded");
                failed = Some(error);
            }
        }
    }
    failed.filter(|_| done == 0).map_or(Ok(done), Err)
}

/// Tells the staff once of what is late, and decides it where the network wants that: listings, edits and cross posts. Groups, reports and
/// appeals wait for a person.
pub async fn keep_promises(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let mut by_network = BTreeMap::<NetworkId, Vec<Late>>::new();
    for late in queries::late(conn, now, ITEMS).await? {
        by_network.entry(late.network).or_default().push(late);
    }
    let (mut done, mut failed) = (0, None);
    for (network, late) in by_network {
        match keep(conn, now, network, &late).await {
            Ok(told) => done += told,
            Err(error @ Error::Unavailable(_)) => return Err(error),
            // The other networks do not wait for that.
            Err(error) => {
                tracing::error!(%network, cause = ?error, "what is late in a network could not be told");
                failed = Some(error);
            }
        }
    }
    failed.filter(|_| done == 0).map_or(Ok(done), Err)
}

/// Decides first and tells then: of what is told nothing is looked at again, so whatever stops the program in between, nothing that it was
/// to decide is left to wait for ever.
async fn keep(conn: &mut Conn, now: DateTime<Utc>, network: NetworkId, late: &[Late]) -> Result<usize> {
    let decided = decide_silently(conn, now, late).await?;
    warn(conn, now, (network, late), &decided).await
}

/// Tells those who work today, or all when nobody does, of what waits still and of what the program has decided. Gives of how many items
/// nobody had been told.
async fn warn(conn: &mut Conn, now: DateTime<Utc>, (network, late): (NetworkId, &[Late]), decided: &[QueueItemId]) -> Result<usize> {
    let ids: Vec<QueueItemId> = late.iter().map(|late| late.id).collect();
    transaction(conn, async |tx| {
        let unwarned = queue_items::table
            .filter(queue_items::id.eq_any(&ids))
            .filter(queue_items::state.eq(ItemState::Waiting).or(queue_items::id.eq_any(decided)))
            .filter(queue_items::warned_at.is_null());
        let held = unwarned.order(queue_items::id).select((queue_items::id, queue_items::listing_id)).for_update().skip_locked();
        let held: Vec<(QueueItemId, Option<crate::types::ids::ListingId>)> = held.load(tx).await?;
        let ids: Vec<QueueItemId> = held.iter().map(|(id, _)| *id).collect();
        if ids.is_empty() {
            return Ok(0);
        }
        diesel::update(queue_items::table.filter(queue_items::id.eq_any(&ids))).set(queue_items::warned_at.eq(now)).execute(tx).await?;
        let alone = if let [(_, listing)] = held.as_slice() { *listing } else { None };
        let facts = json!({"network_id": network, "count": ids.len()});
        let tell = |user| Notice {
            to: Recipient::User(user),
            topic: Topic::QueueLate,
            listing: alone,
            interest: None,
            exchange: None,
            other_group: None,
            facts: facts.clone(),
        };
        let notices = on_duty(load::loads(tx, network).await?, now).into_iter().map(tell).collect();
        inbox::tell(tx, now, notices).await?;
        Ok(ids.len())
    })
    .await
}

/// Those who have no break and work today; all, when that is nobody.
fn on_duty(all: Vec<Load>, now: DateTime<Utc>) -> Vec<UserId> {
    let today = Some(day_of(now));
    let there: Vec<UserId> =
        all.iter().filter(|load| !load.is_paused_at(now) && load.works_on.contains(&today)).map(|load| load.user_id).collect();
    if there.is_empty() { all.iter().map(|load| load.user_id).collect() } else { there }
}

/// Gives what it has decided.
async fn decide_silently(conn: &mut Conn, now: DateTime<Utc>, late: &[Late]) -> Result<Vec<QueueItemId>> {
    let (mut catalogue, mut decided) = (None::<Catalogue>, Vec::new());
    for late in late {
        let deed = match late.then.as_str() {
            "approve" => Deed::Approve,
            "reject" => Deed::Reject,
            _ => continue,
        };
        let Some(item) = queries::item(conn, late.network, late.id).await? else { continue };
        if !matches!(item.kind, QueueKind::Listing | QueueKind::Edit | QueueKind::CrossPost) {
            continue;
        }
        let catalogue = match &mut catalogue {
            Some(read) => read,
            // Read only where something is to be decided, which is seldom.
            none => none.insert(Catalogue::built_in().map_err(|error| Error::Internal(error.into()))?),
        };
        let verdict = Verdict { deed, reason: Some(Reason::Undecided), words: None, reply: None, into: None };
        let decider = Decider { user: None, now };
        match decide::decide(conn, catalogue, (late.network, decider), late.id, verdict).await {
            Ok(_) => decided.push(late.id),
            Err(error @ Error::Unavailable(_)) => return Err(error),
            // It waits for a person, who is told.
            Err(Error::Problem(problem)) => tracing::info!(item = %late.id, code = problem.code.as_str(), "the program could not decide"),
            Err(error) => tracing::error!(item = %late.id, cause = ?error, "the program could not decide"),
        }
    }
    Ok(decided)
}
