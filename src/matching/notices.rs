//! Who should hear of a new or renewed listing: the groups whose open listings it fits well. Recorded in the outbox in the
//! transaction of the change, so that nobody hears of what was not saved. Posting does not wait long for it: when those who should
//! hear are not found in time, the listing is saved and nobody hears.

use chrono::{DateTime, Duration, Utc};
use diesel_async::SimpleAsyncConnection;
use futures_util::future::LocalBoxFuture;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    queries::{self, Search},
    sql::Question,
};
use crate::{
    db::{Conn, transaction},
    error::{Error, Result},
    groups,
    inbox::{self, Notice, Topic},
    listings, outbox,
    types::ids::{GroupId, ListingId, NetworkId},
};

/// The outbox topic. Its payload: `listing_id`, and `hearers`, best first, each with `listing_id`, `group_id` and `score`.
pub const TOPIC: &str = "listing.matched";

/// The outbox topic of a group that was let in. Its payload: `network_id` and `group_id`.
pub const GROUP_TOPIC: &str = "group.let_in";

/// The least score, as the hearer will see it, that is worth a notice: the thing itself, all that is wanted, and with one third of
/// nearness or of nearness and words.
const WORTH_A_NOTICE: f64 = 0.70;

/// So many listings hear of one at most: in a dense city thousands may fit, and the owner can only deal with few.
const MOST_HEARERS: i64 = 50;

/// So many listings of a group that was let in are announced at most, the newest: each is a search of some milliseconds.
const MOST_OF_GROUP: i64 = 20;

/// So long a group that has been told of a listing is not told of it again, however often that is renewed or comes back: what one was told
/// within a week is no news. Food, which lasts for two weeks, can still be told of once more.
const TOLD_ONCE_IN: Duration = Duration::days(7);

/// How long to look for them, milliseconds: posting is worth more than the notice of it.
const PATIENCE_MS: u32 = 700;

/// Records who should hear of a listing that has just been published or renewed. Nothing is recorded when nobody should, or when
/// the listing is not open (its group may be waiting for approval), or when they are not found in time.
pub fn announce(tx: &mut Conn, listing: ListingId, now: DateTime<Utc>) -> LocalBoxFuture<'_, Result<()>> {
    // Boxed: inside the futures of posting it would be too deep for the compiler.
    Box::pin(record_hearers(tx, listing, now))
}

/// Records that a group has been let into a network, or back: those whom what it has open there fits should hear of it.
pub async fn announce_group(tx: &mut Conn, (network, group): (NetworkId, GroupId), now: DateTime<Utc>) -> Result<()> {
    outbox::record(tx, now, GROUP_TOPIC, json!({"network_id": network, "group_id": group})).await
}

/// What [`announce_group`] has recorded.
#[derive(Deserialize)]
struct LetIn {
    network_id: NetworkId,
    group_id: GroupId,
}

/// Announces the newest of what a group that was let in has open there. Gives how many that were; none when `payload` cannot be read.
pub async fn announce_each(tx: &mut Conn, payload: &Value, now: DateTime<Utc>) -> Result<Option<usize>> {
    let Ok(LetIn { network_id, group_id }) = LetIn::deserialize(payload) else { return Ok(None) };
    let newest = listings::queries::newest_open(tx, (network_id, group_id), now, MOST_OF_GROUP).await?;
    for listing in &newest {
        announce(tx, *listing, now).await?;
    }
    Ok(Some(newest.len()))
}

/// What [`announce`] has recorded.
#[derive(Deserialize)]
struct Announced {
    listing_id: ListingId,
    hearers: Vec<Hearer>,
}

/// Somebody who should hear of it.
#[derive(Deserialize)]
struct Hearer {
    listing_id: ListingId,
    group_id: GroupId,
}

/// What the groups that should hear of a listing are told: one notice each, about all of their listings that it fits. Those are left
/// out that have blocked its group or are blocked by it, that have been told of it within a week, and whose own listing is no longer open;
/// all, when it is no longer open itself. None when `payload` cannot be read. The listing stays locked until the transaction ends, so that
/// two events about it are dealt with one after the other.
pub async fn to_hearers(tx: &mut Conn, payload: &Value, now: DateTime<Utc>) -> Result<Option<Vec<Notice>>> {
    let Ok(announced) = Announced::deserialize(payload) else { return Ok(None) };
    let mut all: Vec<ListingId> = announced.hearers.iter().map(|hearer| hearer.listing_id).collect();
    all.push(announced.listing_id);
    listings::queries::lock(tx, announced.listing_id).await?;
    let open = listings::queries::open_among(tx, &all, now).await?;
    let Some(owner) = open.get(&announced.listing_id).copied() else { return Ok(Some(Vec::new())) };
    let mut passed_over = groups::queries::avoided_by(tx, owner).await?;
    passed_over.extend(inbox::queries::told_since(tx, announced.listing_id, Topic::ListingsMatched, now - TOLD_ONCE_IN).await?);
    let mut fits = Vec::<(GroupId, Vec<ListingId>)>::new();
    for Hearer { listing_id, group_id } in announced.hearers {
        if passed_over.contains(&group_id) || !open.contains_key(&listing_id) {
            continue;
        }
        match fits.iter_mut().find(|(group, _)| *group == group_id) {
            Some((_, theirs)) => theirs.push(listing_id),
            None => fits.push((group_id, vec![listing_id])),
        }
    }
    let told = |(group, theirs): (GroupId, Vec<ListingId>)| Notice {
        listing: Some(announced.listing_id),
        other_group: Some(owner),
        facts: json!({"listings": theirs, "count": theirs.len()}),
        ..Notice::to_group(group, Topic::ListingsMatched)
    };
    Ok(Some(fits.into_iter().map(told).collect()))
}

async fn record_hearers(tx: &mut Conn, listing: ListingId, now: DateTime<Utc>) -> Result<()> {
    let search = Search { at_least: WORTH_A_NOTICE, ..Search::new(now, MOST_HEARERS) };
    let found = transaction(tx, async |tx| {
        tx.batch_execute(&format!("set local statement_timeout = {PATIENCE_MS}")).await?;
        let hearers = queries::ask(tx, Question::Hearers, listing, &search).await?;
        tx.batch_execute("set local statement_timeout to default").await?;
        Ok(hearers)
    });
    let hearers = match found.await {
        Ok(hearers) => hearers,
        Err(Error::Unavailable(why)) => {
            tracing::warn!(%listing, why, "who should hear of a listing was not found in time; nobody does");
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    if hearers.is_empty() {
        return Ok(());
    }
    let hearers: Vec<_> = hearers
        .iter()
        .map(|pair| json!({"listing_id": pair.counterpart_id, "group_id": pair.counterpart_group, "score": pair.score}))
        .collect();
    outbox::record(tx, now, TOPIC, json!({"listing_id": listing, "hearers": hearers})).await
}
