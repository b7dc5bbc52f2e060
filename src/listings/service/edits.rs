//! Edits of listings that somebody has looked at. Small ones are live at once and looked at afterwards; one that changes the meaning
//! waits, and the listing stays as it was approved; so does one in which the checks find what has to be looked at first. docs/MODERATION.md says which is which.

use chrono::{DateTime, Utc};
use diesel::{dsl::sql, prelude::*, sql_types::Bool};
use diesel_async::RunQueryDsl;
use futures_util::future::LocalBoxFuture;
use serde_json::{Map, Value};

use super::{Posting, locked_view, record, reopens, resolve, store, view};
use crate::{
    catalog::Catalogue,
    checks::{self, Finding, service::Subject},
    cross_posts,
    db::{Conn, rehearse},
    error::{Error, Result},
    http::json::decode_value,
    inbox::Notice,
    listings::{
        EditState, Moderation, State,
        dto::ListingIn,
        model::{Content, Edit, Listing, ListingView},
        queries,
        rules::Expiry,
    },
    moderation::{
        self, QueueKind,
        rules::{Said, changes_meaning},
        service::Opening,
    },
    policies::{self, service::Room},
    schema::listing_edits,
    types::ids::{EditId, ListingId},
};

/// What becomes of an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// It is live, and nobody has to look at it: nobody has looked at the listing yet.
    Free,
    /// What the coordinators asked for: the listing goes back to them.
    BackToQueue,
    /// It is live, and nobody looks at this group's small edits; noted, as many small ones may change the meaning.
    Noted,
    /// It is live, and somebody looks at it afterwards.
    LookedAt,
    /// It waits.
    Waits,
}

impl Way {
    /// The moderation state after such an edit of a listing.
    pub(super) fn moderation(self, current: &Listing) -> Moderation {
        if self == Self::BackToQueue { Moderation::Pending } else { current.moderation }
    }
}

/// Whether nobody judges an edit: a draft is free until it is published, also when it was withdrawn, and imports are the operator's
/// business.
fn is_free(posting: &Posting, listing: &Listing) -> bool {
    posting.user.is_none() || listing.published_at.is_none()
}

/// What the network's checks find in a listing as edited; of what holds an approved listing, only what they had not found in it before
/// ([`checks::service::examine_edit`]). 422 when the network refuses it.
pub(super) fn findings<'a>(
    tx: &'a mut Conn,
    posting: &'a Posting,
    current: &'a Listing,
    (before, after): (&'a Content, &'a Content),
) -> LocalBoxFuture<'a, Result<Vec<Finding>>> {
    // Boxed: inside the futures of posting it would be too deep for the compiler.
    Box::pin(async move {
        if is_free(posting, current) {
            return Ok(Vec::new());
        }
        let settings = policies::service::find(tx, current.network_id).await?;
        let edited = Subject::of(current, after.clone());
        let found = checks::service::examine(tx, posting.now, &settings, &edited).await?;
        checks::service::refuse(&found)?;
        if current.moderation != Moderation::Approved || !found.iter().any(Finding::stops) {
            return Ok(found);
        }
        let was = Subject::of(current, before.clone());
        checks::service::examine_edit(tx, posting.now, &settings, (&was, &edited)).await
    })
}

/// What becomes of an edit that makes `after` of `before`, in which the checks have found something new. The listing is locked.
pub(super) async fn way(
    tx: &mut Conn,
    posting: &Posting,
    view: &ListingView,
    (before, after): (&Content, &Content),
    findings: &[Finding],
) -> Result<Way> {
    let current = &view.listing;
    if is_free(posting, current) {
        return Ok(Way::Free);
    }
    match current.moderation {
        Moderation::ChangesRequested => return Ok(Way::BackToQueue),
        Moderation::Pending | Moderation::Rejected | Moderation::Held => return Ok(Way::Free),
        Moderation::Approved if findings.iter().any(Finding::stops) => return Ok(Way::Waits),
        Moderation::Approved => {}
    }
    let looks = moderation::queries::review_of(tx, current.network_id, current.id).await?;
    if looks.is_to_come {
        return Ok(Way::Free);
    }
    let policy = policies::service::find(tx, current.network_id).await?.policy;
    let trusts_group = policies::service::trusts(tx, current.group_id, &policy).await?;
    if !looks.is_decided {
        return Ok(if trusts_group { Way::Free } else { Way::LookedAt });
    }
    // However many edits it takes.
    let approved = match lock_waiting(tx, current.id, true).await? {
        Some(live) => still_said(live, &fields(view)?).before,
        None => Value::Null,
    };
    Ok(if changes_meaning(Said::from(before).otherwise(&approved), after.into()) {
        Way::Waits
    } else if trusts_group {
        Way::Noted
    } else {
        Way::LookedAt
    })
}

/// Lets an edit wait; one that waits already says both then. The listing stays as it is.
pub(super) async fn keep_waiting(
    tx: &mut Conn,
    posting: &Posting,
    current: &ListingView,
    content: Content,
    findings: Vec<Finding>,
) -> Result<()> {
    let listing = &current.listing;
    let as_edited = rehearse(tx, async |tx| {
        store(tx, listing, content, (listing.state, listing.moderation)).await?;
        view(tx, listing.id).await
    });
    let as_edited = as_edited.await?;
    let edit = note(tx, posting, current, &as_edited, false).await?;
    record(tx, posting, "propose_edit", listing.id, listing.network_id).await?;
    open(tx, posting.now, listing, (QueueKind::Edit, edit.0), findings).await
}

/// Does what an edit that is live brings with it.
pub(super) async fn follow(tx: &mut Conn, posting: &Posting, way: Way, before: &ListingView, findings: Vec<Finding>) -> Result<()> {
    let listing = &before.listing;
    match way {
        Way::Waits => Ok(()),
        Way::Free if is_free(posting, listing) => Ok(()),
        // Where the listing itself waits, it is looked at as it is now.
        Way::Free => moderation::service::refresh(tx, (listing.network_id, QueueKind::Listing), listing.id.0, &findings).await,
        Way::Noted => note_live(tx, posting, before).await.map(drop),
        Way::BackToQueue => open(tx, posting.now, listing, (QueueKind::Listing, listing.id.0), findings).await,
        Way::LookedAt => {
            let edit = note_live(tx, posting, before).await?;
            open(tx, posting.now, listing, (QueueKind::Edit, edit.0), findings).await
        }
    }
}

async fn open(
    tx: &mut Conn,
    now: DateTime<Utc>,
    listing: &Listing,
    (kind, subject): (QueueKind, uuid::Uuid),
    findings: Vec<Finding>,
) -> Result<()> {
    let (network, group) = (listing.network_id, listing.group_id);
    let opening = Opening { network, kind, subject, listing: Some(listing.id), group, findings };
    moderation::service::open(tx, now, &opening).await
}

async fn note_live(tx: &mut Conn, posting: &Posting, before: &ListingView) -> Result<EditId> {
    let after = view(tx, before.listing.id).await?;
    note(tx, posting, before, &after, true).await
}

/// Notes an edit as merge patches from the last approved version and back, together with the one that nobody has decided yet.
async fn note(tx: &mut Conn, posting: &Posting, before: &ListingView, after: &ListingView, applied: bool) -> Result<EditId> {
    let (mut changes, mut was) = (Map::new(), Map::new());
    let (old, new) = (fields(before)?, fields(after)?);
    for (name, value) in new {
        let past = old.get(&name).cloned().unwrap_or_default();
        if past != value {
            was.insert(name.clone(), past);
            changes.insert(name, value);
        }
    }
    let Some(known) = lock_waiting(tx, before.listing.id, applied).await? else {
        let id = EditId::new();
        diesel::insert_into(listing_edits::table)
            .values((
                listing_edits::id.eq(id),
                listing_edits::listing_id.eq(before.listing.id),
                listing_edits::network_id.eq(before.listing.network_id),
                listing_edits::changes.eq(Value::Object(changes)),
                listing_edits::before.eq(Value::Object(was)),
                listing_edits::applied.eq(applied),
                listing_edits::made_by.eq(posting.user),
                listing_edits::made_at.eq(posting.now),
            ))
            .execute(tx)
            .await?;
        return Ok(id);
    };
    let known = if applied { still_said(known, &old) } else { known };
    diesel::update(listing_edits::table.find(known.id))
        .set((
            listing_edits::changes.eq(over(&known.changes, &Value::Object(changes))),
            listing_edits::before.eq(over(&Value::Object(was), &known.before)),
            listing_edits::made_by.eq(posting.user),
            listing_edits::made_at.eq(posting.now),
        ))
        .execute(tx)
        .await?;
    Ok(known.id)
}

/// One object with the fields of another over its own.
fn over(below: &Value, above: &Value) -> Value {
    let fields = [below, above].into_iter().filter_map(Value::as_object).flatten();
    Value::Object(fields.map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// What a listing says, field by field, as the API takes it.
pub fn fields(view: &ListingView) -> Result<Map<String, Value>> {
    match serde_json::to_value(ListingIn::of(view)) {
        Ok(Value::Object(fields)) => Ok(fields),
        other => Err(Error::Internal(anyhow::anyhow!("a listing is not an object of fields: {other:?}"))),
    }
}

/// Makes a listing say what an edit says, or what it said before the edit. For coordinators: its times may have passed. One that has ended
/// and gets a later end is open again, if its network has room for it; else it stays so. Gives what the fields concerned said. The listing
/// is locked, and before it how its group stands ([`policies::queries::lock_postings`]).
pub async fn say(tx: &mut Conn, catalogue: &Catalogue, posting: &Posting, id: ListingId, patch: &Value) -> Result<Value> {
    let current = locked_view(tx, id).await?;
    if patch.as_object().is_none_or(Map::is_empty) {
        return Ok(Value::Object(Map::new()));
    }
    let said = fields(&current)?;
    let names = patch.as_object().into_iter().flatten().map(|(name, _)| name);
    let past = Value::Object(names.map(|name| (name.clone(), said.get(name).cloned().unwrap_or_default())).collect());
    let document = over(&Value::Object(said), patch);
    let mut posted = decode_value::<ListingIn>(document)?.parse()?;
    if let Expiry::At(time) = posted.expiry {
        posted.expiry = Expiry::Kept(time);
    }
    let content = resolve(tx, catalogue, posting, current.listing.network_id, posted).await?;
    let was = queries::content(tx, id).await?;
    let of = (current.listing.group_id, current.listing.network_id);
    let state = match reopens(&current.listing, &content, posting.now) {
        false => current.listing.state,
        true if policies::service::room(tx, posting.now, of, id, false).await? == Room::Now => State::Active,
        true => State::Expired,
    };
    store(tx, &current.listing, content, (state, current.listing.moderation)).await?;
    // Those concerned are told when the decision is final.
    spread(tx, posting.now, &current, &was).await.map(drop)?;
    Ok(past)
}

/// What takes back an edit that is live: what the listing said before, in the fields that say still what the edit says. The others were
/// changed by something later. The listing is locked.
pub async fn taken_back(tx: &mut Conn, edit: &Edit) -> Result<Value> {
    let says = fields(&view(tx, edit.listing_id).await?)?;
    Ok(still_said(edit.clone(), &says).before)
}

/// A live edit without the fields that something later has changed.
fn still_said(mut live: Edit, says: &Map<String, Value>) -> Edit {
    if let (Value::Object(changes), Value::Object(before)) = (&mut live.changes, &mut live.before) {
        changes.retain(|name, after| says.get(name) == Some(after));
        before.retain(|name, _| changes.contains_key(name));
    }
    live
}

/// What follows elsewhere of an edit that is live ([`spread`]). What the operator imports nobody looks at, but it is another version.
pub(super) async fn follow_elsewhere(tx: &mut Conn, posting: &Posting, before: &ListingView, was: &Content) -> Result<Vec<Notice>> {
    if posting.user.is_none() {
        moderation::service::listing_changed(tx, before.listing.id).await?;
        return Ok(Vec::new());
    }
    spread(tx, posting.now, before, was).await
}

/// What follows elsewhere when a listing says something else: what waits about it in any queue is another version, and the networks that
/// show it as a guest look at it for themselves. Gives what its group is told. The listing is locked; `before` and `was` is what it said.
pub(super) async fn spread(tx: &mut Conn, now: DateTime<Utc>, before: &ListingView, was: &Content) -> Result<Vec<Notice>> {
    moderation::service::listing_changed(tx, before.listing.id).await?;
    if before.listing.state == State::Withdrawn {
        // What is edited out of sight is looked at as what is in sight, so that it is known what somebody has looked at when it is back.
        moderation::service::come_back(tx, now, &before.listing).await?;
    }
    cross_posts::service::edited::look(tx, now, before, was).await
}

/// Notes what a listing said in the fields of an edit until it was made live, or taken back: other edits may have changed that since the
/// edit was made, and undoing brings back what there was.
pub async fn note_past(tx: &mut Conn, id: EditId, is_live: bool, past: Value) -> Result<()> {
    let edit = listing_edits::table.find(id);
    if is_live {
        diesel::update(edit).set(listing_edits::before.eq(past)).execute(tx).await?;
    } else {
        diesel::update(edit).set(listing_edits::changes.eq(past)).execute(tx).await?;
    }
    Ok(())
}

/// The edit of a listing, live or not, about which nobody has decided, held until the end of the transaction.
async fn lock_waiting(tx: &mut Conn, listing: ListingId, applied: bool) -> Result<Option<Edit>> {
    let waiting = waiting_of(&[listing]).filter(listing_edits::applied.eq(applied));
    Ok(waiting.select(Edit::as_select()).for_update().first(tx).await.optional()?)
}

/// An edit, held until the end of the transaction. Its listing is locked before.
pub async fn lock(tx: &mut Conn, id: EditId) -> Result<Edit> {
    let edit = listing_edits::table.find(id).select(Edit::as_select()).for_update().first(tx).await.optional()?;
    edit.ok_or_else(|| Error::not_found("edit"))
}

/// Says where an edit stands.
pub async fn settle(tx: &mut Conn, now: DateTime<Utc>, id: EditId, state: EditState) -> Result<()> {
    let decided_at = (state != EditState::Waiting).then_some(now);
    diesel::update(listing_edits::table.find(id))
        .set((listing_edits::state.eq(state), listing_edits::decided_at.eq(decided_at)))
        .execute(tx)
        .await?;
    Ok(())
}

/// Takes back the edit of a listing that waits. 404 when none does.
pub async fn take_back(conn: &mut Conn, posting: &Posting, id: ListingId) -> Result<()> {
    crate::db::transaction(conn, async |tx| {
        let listing = locked_view(tx, id).await?.listing;
        let waiting = waiting_of(&[id]).filter(listing_edits::applied.eq(false)).select(listing_edits::id);
        let edit: EditId = waiting.first(tx).await.optional()?.ok_or_else(|| Error::not_found("edit that waits"))?;
        settle(tx, posting.now, edit, EditState::Withdrawn).await?;
        moderation::service::withdraw_in(tx, posting.now, (listing.network_id, QueueKind::Edit), edit.0).await?;
        record(tx, posting, "withdraw_edit", id, listing.network_id).await
    })
    .await
}

/// Takes out of the queue what waits of listings that have ended, and drops the edits that are not live. Those that are wait to be looked
/// at when their listing is back ([`moderation::service::come_back`]). The listings are locked.
pub async fn forget(tx: &mut Conn, now: DateTime<Utc>, ids: &[ListingId]) -> Result<()> {
    diesel::update(waiting_of(ids).filter(listing_edits::applied.eq(false)))
        .set((listing_edits::state.eq(EditState::Withdrawn), listing_edits::decided_at.eq(now)))
        .execute(tx)
        .await?;
    moderation::service::forget_listings(tx, now, ids).await
}

type Waiting = diesel::helper_types::Filter<
    diesel::helper_types::Filter<listing_edits::table, diesel::helper_types::EqAny<listing_edits::listing_id, Vec<ListingId>>>,
    diesel::expression::SqlLiteral<Bool>,
>;

/// The edits of listings of which nobody has decided. As text: only then the partial index serves a statement that is planned once.
fn waiting_of(ids: &[ListingId]) -> Waiting {
    listing_edits::table.filter(listing_edits::listing_id.eq_any(ids.to_vec())).filter(sql::<Bool>("listing_edits.state = 'waiting'"))
}
