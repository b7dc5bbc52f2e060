//! Asking another network to show a listing, taking it out again, and what that network decides.

pub mod edited;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};

use super::{model::CrossPost, queries, rules};
use crate::{
    audit::{self, Act},
    checks::{self, Finding, service::Subject},
    db::{Conn, transaction},
    error::{Code, Error, Result},
    groups,
    inbox::{Notice, Topic},
    listings::{self, Moderation, model::Listing},
    moderation::{
        self, QueueKind,
        service::{Opening, withdraw_in},
    },
    networks, policies,
    schema::cross_posts,
    types::ids::{GroupId, ListingId, NetworkId, UserId},
};

/// Where a listing is shown beside its home, as a person may know it: the group's members everything, staff what is in their own networks.
pub async fn list(conn: &mut Conn, user: UserId, (listing, group): (ListingId, GroupId)) -> Result<Vec<CrossPost>> {
    let mut rows = queries::of_listing(conn, listing).await?;
    if groups::queries::role_of(conn, group, user).await?.is_none() {
        let own = networks::queries::networks_of_staff(conn, user).await?;
        rows.retain(|row| own.contains(&row.network_id));
    }
    Ok(rows)
}

/// Asks a network to show a listing of another one. Asked before: changes nothing, but that what was to be changed waits again. 404 when
/// there is no such network, 409 when the group is not in good standing there, the network shows none, has decided against this one, or the
/// listing is not open; 422 when that network's checks refuse it.
pub async fn show(
    conn: &mut Conn,
    (user, now): (UserId, DateTime<Utc>),
    (listing, group): (ListingId, GroupId),
    network: NetworkId,
) -> Result<CrossPost> {
    transaction(conn, async |tx| {
        let welcome = policies::service::find(tx, network).await?.policy.terms.cross_posting;
        if queries::standing(tx, network, group).await? != Some(true) {
            let detail = "The group is not in good standing in that network. Ask it to let the group in first.";
            return Err(Error::problem(Code::WrongState, detail));
        }
        let there = listings::queries::lock(tx, listing).await?.ok_or_else(|| Error::not_found("listing"))?;
        if there.network_id == network {
            return Err(Error::problem(Code::Conflict, "The listing was posted in this network. Name another one."));
        }
        rules::may_ask(there.state_at(now))?;
        let stands = queries::lock(tx, listing, network).await?;
        let begins = match stands {
            Some(stands) => rules::asked_again(stands, welcome)?,
            None => rules::begins(welcome, queries::decided(tx, listing, network).await?)?,
        };
        if stands != Some(begins) {
            let findings = judge(tx, now, &there, network).await?;
            let is_seen_first = findings.iter().any(Finding::stops) || queries::was_looked_at(tx, listing, network).await?;
            let to = rules::begins_seen(begins, is_seen_first);
            store(tx, (user, now), &there, network, (stands, to, findings)).await?;
        }
        queries::find(tx, listing, network).await?.ok_or_else(|| Error::not_found("listing"))
    })
    .await
}

/// What that network's checks find in the listing as it is. 422 when it refuses that.
async fn judge(tx: &mut Conn, now: DateTime<Utc>, listing: &Listing, network: NetworkId) -> Result<Vec<Finding>> {
    let settings = policies::service::find(tx, network).await?;
    let subject = Subject::of(listing, listings::queries::content(tx, listing.id).await?).seen_by(network);
    let findings = checks::service::examine(tx, now, &settings, &subject).await?;
    let (there, _) = networks::service::find(tx, network).await?;
    checks::service::refuse_by(&there.name, &findings)?;
    Ok(findings)
}

/// The listing is locked, so that nobody else asks for it meanwhile.
async fn store(
    tx: &mut Conn,
    (user, now): (UserId, DateTime<Utc>),
    listing: &Listing,
    network: NetworkId,
    (from, to, findings): (Option<Moderation>, Moderation, Vec<Finding>),
) -> Result<()> {
    diesel::insert_into(cross_posts::table)
        .values((
            cross_posts::listing_id.eq(listing.id),
            cross_posts::network_id.eq(network),
            cross_posts::group_id.eq(listing.group_id),
            cross_posts::in_good_standing.eq(true),
            cross_posts::moderation.eq(to),
            cross_posts::asked_by.eq(user),
            cross_posts::asked_at.eq(now),
        ))
        .on_conflict((cross_posts::listing_id, cross_posts::network_id))
        .do_update()
        .set((cross_posts::moderation.eq(to), cross_posts::asked_by.eq(user), cross_posts::asked_at.eq(now)))
        .execute(tx)
        .await?;
    if to == Moderation::Approved {
        listings::service::appearing::elsewhere(tx, now, listing.id).await?;
    }
    if to == Moderation::Pending {
        let (kind, subject, group) = (QueueKind::CrossPost, listing.id.0, listing.group_id);
        let opening = Opening { network, kind, subject, listing: Some(listing.id), group, findings };
        moderation::service::open(tx, now, &opening).await?;
    }
    let act = Act::of(user, "show_in_network", "listing", listing.id).changing(&for_records(from), &for_records(Some(to)));
    let detail = json!({"moderation": to});
    audit::record(tx, now, Act { group: Some(listing.group_id), network: Some(network), detail, ..act }).await
}

/// What a network thinks of a listing; null: it is not shown there.
fn for_records(moderation: Option<Moderation>) -> Value {
    moderation.map_or(Value::Null, |moderation| json!({"moderation": moderation}))
}

/// Takes a listing out of a network that is not its home. 404 when it is not there.
pub async fn hide(
    conn: &mut Conn,
    (user, now): (UserId, DateTime<Utc>),
    (listing, group): (ListingId, GroupId),
    network: NetworkId,
) -> Result<()> {
    transaction(conn, async |tx| {
        listings::queries::lock(tx, listing).await?.ok_or_else(|| Error::not_found("listing"))?;
        withdraw_in(tx, now, (network, QueueKind::CrossPost), listing.0).await?;
        let gone = diesel::delete(cross_posts::table.find((listing, network))).returning(cross_posts::moderation);
        let was: Option<Moderation> = gone.get_result(tx).await.optional()?;
        if was.is_none() {
            return Err(Error::not_found("listing in that network"));
        }
        let act = Act::of(user, "hide_from_network", "listing", listing).changing(&for_records(was), &Value::Null);
        audit::record(tx, now, Act { group: Some(group), network: Some(network), ..act }).await
    })
    .await
}

/// What a network decides about a listing of another one, as a step of a larger transaction that records it. Gives what was thought of it
/// before. The listing is locked. 404 when the network has not been asked, or not any more.
pub async fn decide(
    tx: &mut Conn,
    now: DateTime<Utc>,
    (listing, network): (ListingId, NetworkId),
    moderation: Moderation,
) -> Result<Moderation> {
    let before = queries::lock(tx, listing, network).await?.ok_or_else(|| Error::not_found("listing in this network"))?;
    diesel::update(cross_posts::table.find((listing, network))).set(cross_posts::moderation.eq(moderation)).execute(tx).await?;
    if moderation == Moderation::Approved && before != moderation {
        listings::service::appearing::elsewhere(tx, now, listing).await?;
    }
    Ok(before)
}

/// Takes a listing out of a network that shows it as a guest, because so many have reported it there, until a coordinator of that network
/// has decided. Gives what its group is told; nothing when it was out of sight already. The listing is locked by the caller.
pub async fn hide_reported(
    tx: &mut Conn,
    now: DateTime<Utc>,
    listing: &Listing,
    network: NetworkId,
    reporters: usize,
) -> Result<Option<Notice>> {
    if queries::lock(tx, listing.id, network).await? != Some(Moderation::Approved) {
        return Ok(None);
    }
    decide(tx, now, (listing.id, network), Moderation::Pending).await?;
    let act = Act::by_program("hide_reported_listing", "listing", listing.id);
    audit::record(tx, now, Act { group: Some(listing.group_id), network: Some(network), detail: json!({"reporters": reporters}), ..act })
        .await?;
    told(tx, listing.id, network).await
}

/// What the group is told of what a network thinks of its listing now; nothing when it has taken it out.
pub async fn told(tx: &mut Conn, listing: ListingId, network: NetworkId) -> Result<Option<Notice>> {
    let (Some(row), Some(view)) = (queries::find(tx, listing, network).await?, listings::queries::view(tx, listing).await?) else {
        return Ok(None);
    };
    let facts = json!({"network_id": network, "network": row.name, "moderation": row.moderation});
    Ok(Some(Notice { listing: Some(listing), facts, ..Notice::to_group(view.listing.group_id, Topic::CrossPostDecided) }))
}
