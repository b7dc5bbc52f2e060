//! What listings in second networks ask of the database. Every function starts from the listing or the network.

use diesel::{dsl::exists, prelude::*};
use diesel_async::RunQueryDsl;

use super::{Welcome, model::CrossPost};
use crate::{
    db::Conn,
    error::Result,
    listings::Moderation,
    schema::{cross_posts, network_groups, network_policies, networks, queue_items},
    types::ids::{GroupId, ListingId, NetworkId},
};

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

/// Whether a network's coordinators had, or have, something to decide about a listing.
pub async fn was_looked_at(conn: &mut Conn, listing: ListingId, network: NetworkId) -> Result<bool> {
    let looked_at = queue_items::table.filter(queue_items::listing_id.eq(listing)).filter(queue_items::network_id.eq(network));
    Ok(diesel::select(exists(looked_at)).get_result(conn).await?)
}

/// Whether a group is in good standing in a network, which stays so until the transaction ends; none when it has nothing to do with it.
pub async fn standing(tx: &mut Conn, network: NetworkId, group: GroupId) -> Result<Option<bool>> {
    let row = network_groups::table.find((network, group)).select(network_groups::in_good_standing).for_key_share();
    Ok(row.first(tx).await.optional()?)
}

/// What a network does with listings of others. None when there is no such network.
pub async fn welcome(conn: &mut Conn, network: NetworkId) -> Result<Option<Welcome>> {
    Ok(network_policies::table.find(network).select(network_policies::cross_posting).first(conn).await.optional()?)
}
