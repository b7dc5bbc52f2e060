//! When a decision is final: those concerned are told, and what hangs on it ends or begins.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;
use uuid::Uuid;

use super::{
    Opening,
    apply::{is_shown, read},
    undo::hold,
};
use crate::{
    cross_posts,
    db::{Conn, transaction},
    error::{Error, Result},
    exchanges,
    inbox::{self, Notice, Topic},
    interests::{self, EndReason},
    listings::{Moderation, service::moderating},
    matching,
    moderation::{
        Deed, QueueKind,
        model::{Decision, Image, Item},
        queries::{self, Due},
        rules::acts,
    },
    networks::service::standing,
    reports,
    schema::decisions,
    types::ids::{ListingId, NetworkId},
};

/// Tells those concerned of a decision that has become final, unless somebody has undone it or is doing this at the same time. Gives
/// whether it has.
pub async fn conclude(conn: &mut Conn, now: DateTime<Utc>, due: Due) -> Result<bool> {
    transaction(conn, async |tx| {
        let Some(seen) = queries::decision(tx, due.network, due.id).await? else { return Ok(false) };
        hold(tx, &seen).await?;
        let open = decisions::table.find(due.id).filter(decisions::told_at.is_null()).filter(decisions::undone_at.is_null());
        let held = open.select(Decision::as_select()).for_update().skip_locked().first(tx).await.optional()?;
        let Some(decision) = held else { return Ok(false) };
        let item = queries::item(tx, due.network, decision.queue_item_id).await?.ok_or_else(|| Error::not_found("item in the queue"))?;
        conclude_within(tx, now, &item, &decision).await?;
        Ok(true)
    })
    .await
}

/// Does what follows from a final decision, and tells those concerned. What it changed is locked, and so is the decision.
pub(super) async fn conclude_within(tx: &mut Conn, now: DateTime<Utc>, item: &Item, decision: &Decision) -> Result<()> {
    let (before, after) = (read(&decision.before)?, read(&decision.after)?);
    let mut notices = follow(tx, now, item, decision, (&before, &after)).await?;
    if let Some(listing) = decision.listing_id.filter(|_| says_otherwise(&before, &after)) {
        notices.extend(cross_posts::service::edited::told_where_hidden(tx, listing).await?);
    }
    let network = decision.network_id;
    if let Some(subject) = settles(item, &before, &after) {
        notices.extend(reports::service::settle(tx, now, network, subject, acts(decision.deed)).await?);
    }
    if puts_out(&before, &after) {
        for subject in queries::reported_of_group(tx, network, decision.group_id).await? {
            notices.extend(reports::service::settle(tx, now, network, subject, true).await?);
        }
    }
    let guest = decision.listing_id.filter(|_| item.kind != QueueKind::Appeal && before.cross_post != after.cross_post);
    notices.extend(match guest {
        Some(listing) => cross_posts::service::told(tx, listing, network).await?,
        None => told(item, decision, (&before, &after)),
    });
    diesel::update(decisions::table.find(decision.id)).set(decisions::told_at.eq(now)).execute(tx).await?;
    inbox::tell(tx, now, notices).await
}

/// The reports on what a decision settles: on what was looked at, or on a listing that stands otherwise by it.
fn settles(item: &Item, before: &Image, after: &Image) -> Option<Uuid> {
    match item.kind {
        QueueKind::Listing | QueueKind::Report => Some(item.subject_id),
        QueueKind::Edit | QueueKind::CrossPost => item.listing_id.filter(|_| before.moderation() != after.moderation()).map(|id| id.0),
        QueueKind::Group | QueueKind::Appeal => None,
    }
}

/// Whether a decision takes a group out of the network: more cannot be done about what was reported of it.
fn puts_out(before: &Image, after: &Image) -> bool {
    let is_good = |image: &Image| image.standing.as_ref().map(|standing| standing.state.is_good());
    (is_good(before), is_good(after)) == (Some(true), Some(false))
}

/// Whether a decision was made that settles the reports on a subject when it is final, and can still be undone.
pub async fn is_settling(tx: &mut Conn, network: NetworkId, subject: Uuid) -> Result<bool> {
    for (item, decision) in queries::unfinished(tx, network, subject).await? {
        if settles(&item, &read(&decision.before)?, &read(&decision.after)?) == Some(subject) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a final decision brings with it: who waits for what is gone is answered, matches of what is new are announced, and what is held
/// comes back into the queue.
async fn follow(
    tx: &mut Conn,
    now: DateTime<Utc>,
    item: &Item,
    decision: &Decision,
    (before, after): (&Image, &Image),
) -> Result<Vec<Notice>> {
    if let Some(image) = &after.standing {
        let there = (decision.network_id, decision.group_id);
        let mut notices = standing::aftermath(tx, now, there).await?;
        if image.state.is_good() && before.standing.as_ref().is_some_and(|was| !was.state.is_good()) {
            matching::notices::announce_group(tx, there, now).await?;
        }
        // Who has appealed hears of that. Of what was decided otherwise meanwhile, the group has heard.
        if item.kind != QueueKind::Appeal && standing::is_as_decided(tx, there, image).await? {
            notices.push(standing::told(tx, there, image).await?);
        }
        return Ok(notices);
    }
    let Some(listing) = decision.listing_id else { return Ok(Vec::new()) };
    let turned = matches!((&before.listing, &after.listing), (Some(was), Some(is)) if was.kind != is.kind);
    if is_shown(after) && (!is_shown(before) || turned) {
        matching::notices::announce(tx, listing, now).await?;
    }
    // What was decided otherwise since then has its own end.
    let stands = moderating::image(tx, listing).await?.moderation;
    let state = after.listing.as_ref().map(|listing| listing.moderation).filter(|state| *state == stands);
    let held = match after.cross_post {
        Some(_) => cross_posts::queries::lock(tx, listing, item.network_id).await?.map(|there| (there, QueueKind::CrossPost)),
        None => state.map(|state| (state, QueueKind::Listing)),
    };
    if let Some((Moderation::Held, kind)) = held
        && decision.deed == Deed::Hold
    {
        let (network, group) = (item.network_id, item.group_id);
        let opening = Opening { network, kind, subject: listing.0, listing: Some(listing), group, findings: item.findings() };
        super::open(tx, now, &opening).await?;
        if let Some(changes) = item.changes.clone() {
            super::note_changes(tx, network, listing, changes).await?;
        }
    }
    if state == Some(Moderation::Rejected) { answer_everybody(tx, now, listing).await } else { Ok(Vec::new()) }
}

/// Whether the listing says something else by a decision.
fn says_otherwise(before: &Image, after: &Image) -> bool {
    let live = |image: &Image| image.edit.as_ref().map(|edit| edit.live);
    let kind = |image: &Image| image.listing.as_ref().map(|listing| listing.kind);
    live(before) != live(after) || kind(before) != kind(after)
}

/// All interests before all exchanges: the order in which everybody locks.
async fn answer_everybody(tx: &mut Conn, now: DateTime<Utc>, listing: ListingId) -> Result<Vec<Notice>> {
    let mut notices = interests::service::close_for_listing(tx, now, listing, EndReason::NotAvailable, None).await?;
    notices.extend(exchanges::service::close_for_listing(tx, now, listing, EndReason::NotAvailable).await?);
    Ok(notices)
}

/// What the group itself is told; nothing when nothing has changed for it.
fn told(item: &Item, decision: &Decision, (before, after): (&Image, &Image)) -> Option<Notice> {
    let topic = match item.kind {
        QueueKind::Appeal => Topic::AppealDecided,
        QueueKind::Edit if before.listing.as_ref().map(|was| was.moderation) == after.listing.as_ref().map(|is| is.moderation) => {
            Topic::EditDecided
        }
        // A live edit for which the listing itself was hidden.
        QueueKind::Edit => Topic::ListingDecided,
        QueueKind::Listing | QueueKind::CrossPost | QueueKind::Report => Topic::ListingDecided,
        QueueKind::Group => return None,
    };
    let changed = item.kind == QueueKind::Appeal
        || before.cross_post != after.cross_post
        || before.edit.as_ref().is_some_and(|edit| !edit.live)
        || before.listing.as_ref().map(|listing| (listing.moderation, listing.kind))
            != after.listing.as_ref().map(|listing| (listing.moderation, listing.kind))
        || acts(decision.deed) && decision.listing_id.is_some();
    let facts = json!({"deed": decision.deed, "reason": decision.reason, "decision_id": decision.id, "network_id": decision.network_id});
    changed.then(|| Notice { listing: decision.listing_id, facts, ..Notice::to_group(decision.group_id, topic) })
}
