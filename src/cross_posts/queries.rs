//! What listings in second networks ask of the database. Every function starts from the listing or the network.

use diesel::{
    dsl::{exists, sql},
    prelude::*,
    sql_types::Bool,
};
use diesel_async::RunQueryDsl;
use serde_json::Value;

use super::model::CrossPost;
use crate::{
    db::Conn,
    error::Result,
    listings::Moderation,
    moderation::{Deed, QueueKind},
    schema::{cross_posts, decisions, network_groups, networks, queue_items},
    types::ids::{GroupId, ListingId, NetworkId},
};

/// What waits of a kind about a listing for a network's coordinators.
macro_rules! waits {
    ($network:expr, $listing:expr, $kind:expr) => {
        queue_items::table
            .filter(queue_items::network_id.eq($network))
            .filter(queue_items::kind.eq($kind))
            .filter(queue_items::subject_id.eq($listing.0))
            // As text: a statement planned once for all values sees only then which index serves.
            .filter(sql::<Bool>("queue_items.state = 'waiting'"))
    };
}

/// The networks that have been asked to show a listing, by name.
pub async fn of_listing(conn: &mut Conn, listing: ListingId) -> Result<Vec<CrossPost>> {
    let rows = cross_posts::table.inner_join(networks::table.on(networks::id.eq(cross_posts::network_id)));
    let rows = rows.filter(cross_posts::listing_id.eq(listing)).order((networks::name, networks::id));
    Ok(rows.select(CrossPost::as_select()).load(conn).await?)
}

/// A listing in one network.
pub async fn find(conn: &mut Conn, listing: ListingId, network: NetworkId) -> Result<Option<CrossPost>> {
    let row = cross_posts::table.find((listing, network)).inner_join(networks::table.on(networks::id.eq(cross_posts::network_id)));
    Ok(row.select(CrossPost::as_select()).first(conn).await.optional()?)
}

/// What a network's staff think of a listing of another one, locked until the transaction ends.
pub async fn lock(tx: &mut Conn, listing: ListingId, network: NetworkId) -> Result<Option<Moderation>> {
    let row = cross_posts::table.find((listing, network)).select(cross_posts::moderation).for_no_key_update();
    Ok(row.first(tx).await.optional()?)
}

/// What the networks that were asked to show a listing think of it, locked until the transaction ends, in the order of their ids.
pub async fn lock_all(tx: &mut Conn, listing: ListingId) -> Result<Vec<(NetworkId, Moderation)>> {
    let rows = cross_posts::table.filter(cross_posts::listing_id.eq(listing)).order(cross_posts::network_id);
    Ok(rows.select((cross_posts::network_id, cross_posts::moderation)).for_no_key_update().load(tx).await?)
}

/// A listing that waits for the coordinators of a network that is not its home.
#[derive(Debug, Clone, Queryable)]
pub struct Waiting {
    /// What it says otherwise than when it was approved there ([`super::rules::changes`]); none: it was not.
    pub changes: Option<Value>,
}

/// What waits of a listing, as a guest, for a network's coordinators.
pub async fn waiting(tx: &mut Conn, listing: ListingId, network: NetworkId) -> Result<Option<Waiting>> {
    let item = waits!(network, listing, QueueKind::CrossPost).select((queue_items::changes,));
    Ok(item.first(tx).await.optional()?)
}

/// Whether reports of a listing wait for a network's coordinators.
pub async fn is_reported(tx: &mut Conn, listing: ListingId, network: NetworkId) -> Result<bool> {
    Ok(diesel::select(exists(waits!(network, listing, QueueKind::Report))).get_result(tx).await?)
}

/// The networks that have to look at what a listing says before they show it again.
pub async fn looking_again(conn: &mut Conn, listing: ListingId) -> Result<Vec<NetworkId>> {
    let hidden = cross_posts::table.filter(cross_posts::listing_id.eq(listing)).filter(cross_posts::moderation.eq(Moderation::Pending));
    let edited = queue_items::table
        .filter(queue_items::network_id.eq(cross_posts::network_id))
        .filter(queue_items::kind.eq(QueueKind::CrossPost))
        .filter(queue_items::subject_id.eq(listing.0))
        .filter(sql::<Bool>("queue_items.state = 'waiting'"))
        .filter(queue_items::changes.is_not_null());
    Ok(hidden.filter(exists(edited)).order(cross_posts::network_id).select(cross_posts::network_id).load(conn).await?)
}

/// Whether a network's coordinators had, or have, something to decide about a listing.
pub async fn was_looked_at(conn: &mut Conn, listing: ListingId, network: NetworkId) -> Result<bool> {
    let looked_at = queue_items::table.filter(queue_items::listing_id.eq(listing)).filter(queue_items::network_id.eq(network));
    Ok(diesel::select(exists(looked_at)).get_result(conn).await?)
}

/// What a network's coordinators decided last about showing a listing, and stands. What they decided otherwise on appeal counts as approved.
pub async fn decided(conn: &mut Conn, listing: ListingId, network: NetworkId) -> Result<Option<Moderation>> {
    let about = decisions::table
        .filter(decisions::listing_id.eq(listing))
        .filter(decisions::network_id.eq(network))
        .filter(decisions::undone_at.is_null())
        .filter(sql::<Bool>("(decisions.after ? 'cross_post' or decisions.deed = 'overturn')"))
        .order((decisions::decided_at.desc(), decisions::id.desc()))
        .select((decisions::deed, decisions::after));
    let last: Option<(Deed, Value)> = about.first(conn).await.optional()?;
    Ok(last.and_then(|(deed, after)| match deed {
        Deed::Overturn => Some(Moderation::Approved),
        _ => after.get("cross_post").and_then(|moderation| serde_json::from_value(moderation.clone()).ok()),
    }))
}

/// Whether a group is in good standing in a network, which stays so until the transaction ends; none when it has nothing to do with it.
pub async fn standing(tx: &mut Conn, network: NetworkId, group: GroupId) -> Result<Option<bool>> {
    let row = network_groups::table.find((network, group)).select(network_groups::in_good_standing).for_key_share();
    Ok(row.first(tx).await.optional()?)
}
