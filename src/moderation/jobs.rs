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
    setbacks,
    types::ids::{NetworkId, QueueItemId, UserId},
};

/// As what failures are noted: the names of the jobs (`worker::JOBS`).
const FINISH: &str = "finish_decisions";
const KEEP_PROMISES: &str = "keep_promises";

/// Decisions that one call deals with.
const DECISIONS: i64 = 20;
/// Items that one call deals with.
const ITEMS: i64 = 100;

/// Tells those concerned of decisions that can no longer be undone, each in a transaction of its own. One for which that fails steps
/// back.
pub async fn finish(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let due = queries::due(conn, FINISH, now, DECISIONS).await?.into_iter().map(|due| (due.id.0, due)).collect();
    setbacks::each(conn, (FINISH, now), due, async |conn, due| finish::conclude(conn, now, due).await.map(usize::from)).await
}

/// Tells the staff once of what is late, and decides it where the network wants that: listings, edits and cross posts. Groups, reports and
/// appeals wait for a person. A network for which that fails steps back.
pub async fn keep_promises(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let mut by_network = BTreeMap::<NetworkId, Vec<Late>>::new();
    for late in queries::late(conn, KEEP_PROMISES, now, ITEMS).await? {
        by_network.entry(late.network).or_default().push(late);
    }
    let due = by_network.into_iter().map(|(network, late)| (network.0, (network, late))).collect();
    setbacks::each(conn, (KEEP_PROMISES, now), due, async |conn, (network, late)| keep(conn, now, network, late).await).await
}

/// Decides first and tells then: of what is told nothing is looked at again, so whatever stops the program in between, nothing that it was
/// to decide is left to wait for ever. What it had no time to decide is told once it has been decided, or could not be.
async fn keep(conn: &mut Conn, now: DateTime<Utc>, network: NetworkId, mut late: Vec<Late>) -> Result<usize> {
    let Silent { decided, put_off } = decide_silently(conn, now, &late).await?;
    late.retain(|late| !put_off.contains(&late.id));
    Ok(warn(conn, now, (network, &late), &decided).await? + put_off.len())
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

/// What became of items that the program is to decide; the others wait for a person, who is told.
#[derive(Debug, Default)]
struct Silent {
    /// It has decided these.
    decided: Vec<QueueItemId>,
    /// The database was too busy for these: they are tried again.
    put_off: Vec<QueueItemId>,
}

async fn decide_silently(conn: &mut Conn, now: DateTime<Utc>, late: &[Late]) -> Result<Silent> {
    let (mut catalogue, mut silent) = (None::<Catalogue>, Silent::default());
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
        let verdict = Verdict { deed, reason: Some(Reason::Undecided), words: None, reply: None, into: None, version: None };
        let decider = Decider { user: None, now };
        match decide::decide(conn, catalogue, (late.network, decider), late.id, verdict).await {
            Ok(_) => silent.decided.push(late.id),
            Err(error @ Error::Unavailable(_)) => {
                setbacks::step_back(conn, (KEEP_PROMISES, now), late.id.0, &error).await?;
                silent.put_off.push(late.id);
            }
            // It waits for a person, who is told.
            Err(Error::Problem(problem)) => tracing::info!(item = %late.id, code = problem.code.as_str(), "the program could not decide"),
            Err(error) => tracing::error!(item = %late.id, cause = ?error, "the program could not decide"),
        }
    }
    Ok(silent)
}
