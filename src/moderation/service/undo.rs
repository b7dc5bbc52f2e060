//! Taking a decision back, while nobody has been told of it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{
    appeals::by_another,
    apply::{posting, read},
    decide::Decider,
};
use crate::{
    audit::{self, Act},
    catalog::Catalogue,
    cross_posts,
    db::{Conn, transaction},
    error::{Code, Error, OnConstraint, Result},
    groups, interests,
    listings::service::{edits, moderating},
    moderation::{
        AppealOutcome, ItemState, QueueKind,
        model::{Decision, EditImage, Image, Item, ListingImage},
        queries,
    },
    networks::{
        self, StaffRole,
        service::{Doer, standing},
    },
    schema::{appeals, decisions, queue_items},
    types::ids::{AppealId, DecisionId, ListingId, NetworkId, UserId},
};

/// Takes a decision of a network back: everything it changed is as it was, and what waited waits again. Nobody has been told, and nobody
/// but staff will. 404 when there is no such decision; 403 for whoever decided first what is appealed, and for the group that appeals; 409
/// when its thirty seconds are over, when it has been undone, and when what it changed has changed again since.
pub async fn undo(
    conn: &mut Conn,
    catalogue: &Catalogue,
    (user, now): (UserId, DateTime<Utc>),
    network: NetworkId,
    id: DecisionId,
) -> Result<Decision> {
    transaction(conn, async |tx| {
        let no_such = || Error::not_found("decision");
        let seen = queries::decision(tx, network, id).await?.ok_or_else(no_such)?;
        hold(tx, &seen).await?;
        let item = queries::item(tx, network, seen.queue_item_id).await?.ok_or_else(no_such)?;
        if item.kind == QueueKind::Appeal {
            // The appeal before its item, as when it is decided.
            let appeal = queries::lock_appeal(tx, AppealId(item.subject_id)).await?.ok_or_else(no_such)?;
            by_another(tx, &appeal, Some(user)).await?;
        }
        let item = queries::lock_item(tx, network, seen.queue_item_id).await?.ok_or_else(no_such)?;
        let decision = queries::lock_decision(tx, network, id).await?.ok_or_else(no_such)?;
        if decision.undone_at.is_some() {
            return Err(Error::problem(Code::WrongState, "This decision has been undone already."));
        }
        if decision.told_at.is_some() || decision.final_at <= now {
            return Err(Error::problem(
                Code::WrongState,
                "Thirty seconds are over, and the group has been told. Decide anew where that is possible.",
            ));
        }
        let decider = Decider { user: Some(user), now };
        put_back(tx, catalogue, decider, &item, &decision).await?;
        reopen(tx, &item).await?;
        diesel::update(decisions::table.find(id)).set((decisions::undone_by.eq(user.0), decisions::undone_at.eq(now))).execute(tx).await?;
        let subject =
            decision.listing_id.map_or_else(|| ("group", decision.group_id.to_string()), |listing| ("listing", listing.to_string()));
        let detail = json!({"decision_id": id, "deed": decision.deed});
        let (role, group) = (Some(StaffRole::Coordinator.as_str()), Some(decision.group_id));
        let act = Act { subject, role, group, network: Some(network), detail, ..Act::of(user, "undo_decision", "decision", id) };
        audit::record(tx, now, act).await?;
        Ok(Decision { undone_at: Some(now), ..decision })
    })
    .await
}

/// Holds what the decision changed, in the order that everybody keeps to.
pub(super) async fn hold(tx: &mut Conn, decision: &Decision) -> Result<()> {
    if decision.listing_id.is_none() {
        groups::queries::lock(tx, decision.group_id).await?;
        networks::queries::lock_standing(tx, decision.network_id, decision.group_id).await?;
    }
    let ids: Vec<ListingId> = decision.listing_id.into_iter().collect();
    interests::queries::lock_listings(tx, &ids).await.map(drop)
}

async fn put_back(tx: &mut Conn, catalogue: &Catalogue, decider: Decider, item: &Item, decision: &Decision) -> Result<()> {
    let (before, after) = (read(&decision.before)?, read(&decision.after)?);
    if let (Some(was), Some(became), Some(listing)) = (&before.listing, &after.listing, decision.listing_id) {
        let now = moderating::image(tx, listing).await?;
        if now != *became {
            return Err(changed_since());
        }
        if let (Some(old), Some(new)) = (&before.edit, &after.edit) {
            put_edit_back(tx, catalogue, decider, item, listing, (old, new)).await?;
        }
        if (was.moderation, was.kind, &was.basis) != (now.moderation, now.kind, &now.basis) {
            moderating::put_back(tx, decider.now, listing, ListingImage { version: now.version, ..was.clone() }).await?;
        }
    }
    if let (Some(was), Some(listing)) = (before.cross_post, decision.listing_id) {
        let stood = cross_posts::service::decide(tx, decider.now, (listing, decision.network_id), was).await?;
        if Some(stood) != after.cross_post {
            return Err(changed_since());
        }
    }
    let appealed = AppealId(item.subject_id);
    if item.kind == QueueKind::Appeal {
        diesel::update(appeals::table.find(appealed))
            .set((
                appeals::outcome.eq(None::<AppealOutcome>),
                appeals::answer.eq(None::<String>),
                appeals::decided_by.eq(None::<uuid::Uuid>),
                appeals::decided_at.eq(None::<DateTime<Utc>>),
            ))
            .execute(tx)
            .await?;
    }
    put_others_back(tx, &before).await?;
    if let (Some(was), Some(became)) = (before.standing, after.standing) {
        let doer = Doer { actor: decider.user, now: decider.now };
        let decided = standing::Decided { before: was, after: became };
        standing::undo_within(tx, doer, (decision.network_id, decision.group_id), &decided).await?;
    }
    Ok(())
}

async fn put_edit_back(
    tx: &mut Conn,
    catalogue: &Catalogue,
    decider: Decider,
    item: &Item,
    listing: ListingId,
    (was, became): (&EditImage, &EditImage),
) -> Result<()> {
    let edit = edits::lock(tx, was.id).await?;
    if was.live != became.live {
        let patch = if was.live { &edit.changes } else { &edit.before };
        edits::say(tx, catalogue, &posting(item, decider), listing, patch).await?;
    }
    edits::settle(tx, decider.now, edit.id, was.state).await.on_constraint("listing_edits_one_waiting", changed_since)
}

/// What else had waited about the listing waits again.
async fn put_others_back(tx: &mut Conn, before: &Image) -> Result<()> {
    diesel::update(queue_items::table.filter(queue_items::id.eq_any(&before.items)))
        .set((queue_items::state.eq(ItemState::Waiting), queue_items::closed_at.eq(None::<DateTime<Utc>>)))
        .execute(tx)
        .await
        .on_constraint("queue_items_one_waiting", changed_since)?;
    Ok(())
}

/// It waits as it did: in the version that was read, unless it has been changed since it was decided.
async fn reopen(tx: &mut Conn, item: &Item) -> Result<()> {
    diesel::update(queue_items::table.find(item.id))
        .set((
            queue_items::state.eq(ItemState::Waiting),
            queue_items::closed_at.eq(None::<DateTime<Utc>>),
            queue_items::version.eq(item.version),
        ))
        .execute(tx)
        .await
        .on_constraint("queue_items_one_waiting", changed_since)?;
    Ok(())
}

fn changed_since() -> Error {
    Error::problem(Code::Conflict, "It has changed since, so this decision cannot be undone. Read it again, and decide anew.")
}
