//! What comes into the queue, and what leaves it because it has gone.

pub mod appeals;
mod apply;
pub(super) use apply::case_of;
pub mod claims;
pub mod decide;
pub mod direct;
pub mod finish;
pub mod load;
pub mod replies;
pub mod undo;

use chrono::{DateTime, Utc};
use diesel::{dsl::sql, prelude::*, sql_types::Bool};
use diesel_async::RunQueryDsl;
use futures_util::future::LocalBoxFuture;
use serde_json::Value;
use uuid::Uuid;

use super::{ItemState, QueueKind, model::Item, queries};
use crate::{
    checks::{self, Finding, service::Subject},
    cross_posts,
    db::{Conn, Prepared},
    error::{Error, Result},
    listings::{self, EditState, Moderation, model::Listing, service::edits},
    policies,
    schema::queue_items,
    types::ids::{EditId, GroupId, ListingId, NetworkId, QueueItemId},
};

/// Something that is to wait for a network's coordinators.
#[derive(Debug, Clone)]
pub struct Opening {
    /// The network whose coordinators decide.
    pub network: NetworkId,
    /// What kind of thing.
    pub kind: QueueKind,
    /// What waits: the listing (listing, cross_post), the edit, the group, what is reported (listing, group or message), the appeal.
    pub subject: Uuid,
    /// The listing that it is about, if any.
    pub listing: Option<ListingId>,
    /// The group that it is about.
    pub group: GroupId,
    /// What the checks found.
    pub findings: Vec<Finding>,
}

/// Puts something into the queue; what waits there already is left where it is, with the newer findings, as another version.
pub async fn open(tx: &mut Conn, now: DateTime<Utc>, opening: &Opening) -> Result<()> {
    let findings = serde_json::to_value(&opening.findings).map_err(|error| Error::Internal(error.into()))?;
    let due_at = now + queries::promise(tx, opening.network).await?;
    let put = diesel::insert_into(queue_items::table)
        .values((
            queue_items::id.eq(QueueItemId::new()),
            queue_items::network_id.eq(opening.network),
            queue_items::kind.eq(opening.kind),
            queue_items::subject_id.eq(opening.subject),
            queue_items::listing_id.eq(opening.listing),
            queue_items::group_id.eq(opening.group),
            queue_items::findings.eq(&findings),
            queue_items::opened_at.eq(now),
            queue_items::due_at.eq(due_at),
        ))
        .on_conflict((queue_items::network_id, queue_items::kind, queue_items::subject_id))
        // As text: a statement planned once for all values sees only then which index it means.
        .filter_target(sql::<Bool>("queue_items.state = 'waiting'"))
        .do_update()
        .set((queue_items::findings.eq(&findings), queue_items::version.eq(queue_items::version + 1)));
    Prepared(put).execute(tx).await?;
    Ok(())
}

/// Gives everything that waits, or has waited, about a listing another version, because the listing says something else: what was decided may
/// wait again. The listing is locked.
pub async fn listing_changed(tx: &mut Conn, listing: ListingId) -> Result<()> {
    let about = queue_items::table.filter(queue_items::listing_id.eq(listing));
    let ids = about.order(queue_items::id).select(queue_items::id).for_no_key_update().load(tx).await?;
    raise_versions(tx, ids).await
}

/// The same in a network's queue, because a listing is reported there: whoever decides about it decides about the reports too.
pub async fn listing_reported(tx: &mut Conn, network: NetworkId, listing: ListingId) -> Result<()> {
    let about = queue_items::table.filter(queue_items::listing_id.eq(listing)).filter(queue_items::network_id.eq(network));
    let ids = about.order(queue_items::id).select(queue_items::id).for_no_key_update().load(tx).await?;
    raise_versions(tx, ids).await
}

/// The same about a group that says something else of itself. The group is locked.
pub async fn group_changed(tx: &mut Conn, group: GroupId) -> Result<()> {
    let about = queue_items::table.filter(queue_items::group_id.eq(group)).filter(queue_items::listing_id.is_null());
    let ids = about.order(queue_items::id).select(queue_items::id).for_no_key_update().load(tx).await?;
    raise_versions(tx, ids).await
}

async fn raise_versions(tx: &mut Conn, ids: Vec<QueueItemId>) -> Result<()> {
    if !ids.is_empty() {
        let held = queue_items::table.filter(queue_items::id.eq_any(ids));
        diesel::update(held).set(queue_items::version.eq(queue_items::version + 1)).execute(tx).await?;
    }
    Ok(())
}

/// Says anew what the checks find in what waits under a subject in a network's queue, if anything does. That it is another version is said
/// by [`listing_changed`].
pub async fn refresh(tx: &mut Conn, (network, kind): (NetworkId, QueueKind), subject: Uuid, findings: &[Finding]) -> Result<()> {
    let findings = serde_json::to_value(findings).map_err(|error| Error::Internal(error.into()))?;
    let waiting = queue_items::table
        .filter(queue_items::network_id.eq(network))
        .filter(queue_items::kind.eq(kind))
        .filter(queue_items::subject_id.eq(subject))
        .filter(sql::<Bool>("queue_items.state = 'waiting'"));
    diesel::update(waiting).set(queue_items::findings.eq(findings)).execute(tx).await?;
    Ok(())
}

/// Notes of a listing of another network that waits in a network's queue what it says otherwise than when it was approved there.
pub async fn note_changes(tx: &mut Conn, network: NetworkId, listing: ListingId, changes: Value) -> Result<()> {
    let waiting = queue_items::table
        .filter(queue_items::network_id.eq(network))
        .filter(queue_items::kind.eq(QueueKind::CrossPost))
        .filter(queue_items::subject_id.eq(listing.0))
        .filter(sql::<Bool>("queue_items.state = 'waiting'"));
    diesel::update(waiting).set(queue_items::changes.eq(changes)).execute(tx).await?;
    Ok(())
}

/// Takes out of one network's queue what waits there under a subject, because it has gone.
pub async fn withdraw_in(tx: &mut Conn, now: DateTime<Utc>, (network, kind): (NetworkId, QueueKind), subject: Uuid) -> Result<()> {
    let waiting = queue_items::table
        .filter(queue_items::network_id.eq(network))
        .filter(queue_items::kind.eq(kind))
        .filter(queue_items::subject_id.eq(subject))
        .filter(sql::<Bool>("queue_items.state = 'waiting'"));
    diesel::update(waiting).set((queue_items::state.eq(ItemState::Withdrawn), queue_items::closed_at.eq(now))).execute(tx).await?;
    Ok(())
}

/// Takes out of the queue what waits there under one of these subjects, because it has gone.
pub async fn withdraw(tx: &mut Conn, now: DateTime<Utc>, kind: QueueKind, subjects: &[Uuid]) -> Result<()> {
    let waiting = queue_items::table
        .filter(queue_items::kind.eq(kind))
        .filter(queue_items::subject_id.eq_any(subjects))
        .filter(sql::<Bool>("queue_items.state = 'waiting'"));
    diesel::update(waiting).set((queue_items::state.eq(ItemState::Withdrawn), queue_items::closed_at.eq(now))).execute(tx).await?;
    Ok(())
}

/// Takes out of the queue what waits of listings that have ended. Reports and appeals stay: they are about more than that. The listings
/// are locked.
pub async fn forget_listings(tx: &mut Conn, now: DateTime<Utc>, listings: &[ListingId]) -> Result<()> {
    let waiting = queue_items::table
        .filter(queue_items::listing_id.eq_any(listings))
        .filter(queue_items::kind.eq_any([QueueKind::Listing, QueueKind::Edit, QueueKind::CrossPost]))
        .filter(sql::<Bool>("queue_items.state = 'waiting'"));
    diesel::update(waiting).set((queue_items::state.eq(ItemState::Withdrawn), queue_items::closed_at.eq(now))).execute(tx).await?;
    Ok(())
}

/// Puts a listing that has ended, and is back or says something else, into the queues again in which it and its live edits waited when it
/// ended, unless somebody has decided about it there since, by way of a report or otherwise. It is promised anew, and the checks are asked
/// anew. The listing is locked.
pub fn come_back<'a>(tx: &'a mut Conn, now: DateTime<Utc>, listing: &'a Listing) -> LocalBoxFuture<'a, Result<()>> {
    // Boxed: inside the futures of editing it would be too deep for the compiler.
    Box::pin(async move {
        let about = queue_items::table.filter(queue_items::listing_id.eq(listing.id)).filter(queue_items::kind.eq_any([
            QueueKind::Listing,
            QueueKind::Edit,
            QueueKind::CrossPost,
        ]));
        let all: Vec<Item> =
            about.order((queue_items::opened_at.desc(), queue_items::id.desc())).select(Item::as_select()).load(tx).await?;
        let mut seen = Vec::new();
        for item in all {
            // The last of each network, kind and subject alone.
            let place = (item.network_id, item.kind, item.subject_id);
            if seen.contains(&place) {
                continue;
            }
            seen.push(place);
            if item.state == ItemState::Withdrawn
                && !queries::is_decided_otherwise(tx, listing.id, item.id).await?
                && is_looked_for(tx, &item, listing.id).await?
            {
                wait_again(tx, now, &item, listing).await?;
            }
        }
        Ok(())
    })
}

async fn wait_again(tx: &mut Conn, now: DateTime<Utc>, item: &Item, listing: &Listing) -> Result<()> {
    let network = item.network_id;
    let waits = (
        queue_items::state.eq(ItemState::Waiting),
        queue_items::closed_at.eq(None::<DateTime<Utc>>),
        // Since now: how long it took is told from here.
        queue_items::opened_at.eq(now),
        queue_items::due_at.eq(now + queries::promise(tx, network).await?),
        queue_items::warned_at.eq(None::<DateTime<Utc>>),
    );
    diesel::update(queue_items::table.find(item.id)).set(waits).execute(tx).await?;
    if item.kind == QueueKind::Edit {
        return Ok(());
    }
    let settings = policies::service::find(tx, network).await?;
    let subject = Subject::of(listing, listings::queries::content(tx, listing.id).await?).seen_by(network);
    let findings = checks::service::examine(tx, now, &settings, &subject).await?;
    refresh(tx, (network, item.kind), item.subject_id, &findings).await
}

/// Whether somebody has still to look at what waited when its listing ended.
async fn is_looked_for(tx: &mut Conn, item: &Item, listing: ListingId) -> Result<bool> {
    match item.kind {
        QueueKind::Edit => Ok(edits::lock(tx, EditId(item.subject_id)).await?.state == EditState::Waiting),
        QueueKind::CrossPost => is_guest_looked_for(tx, item, listing).await,
        _ => Ok(true),
    }
}

/// Whether a network that was asked to show a listing has still to look at it: at all, or at what was edited since it was approved there.
async fn is_guest_looked_for(tx: &mut Conn, item: &Item, listing: ListingId) -> Result<bool> {
    Ok(match cross_posts::queries::lock(tx, listing, item.network_id).await? {
        Some(Moderation::Pending | Moderation::Held) => true,
        Some(Moderation::Approved) => item.changes.as_ref().and_then(Value::as_object).is_some_and(|changes| !changes.is_empty()),
        Some(Moderation::ChangesRequested | Moderation::Rejected) | None => false,
    })
}
