//! The listings of a whole network.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::{
    db::Conn,
    error::Result,
    schema::{cross_posts, groups, listings},
    types::ids::{ListingId, NetworkId},
};

/// The open listings of a network, those of other networks that it shows among them, group by group in the order of their names; of each group what it has before what it wants, by
/// title. So those of one group stand together.
pub async fn open_listings(conn: &mut Conn, network: NetworkId, as_of: DateTime<Utc>) -> Result<Vec<ListingId>> {
    // Asked for first: PostgreSQL reads two indexes for a network or some ids, and all listings for a network or a subquery.
    let shown = cross_posts::table.filter(cross_posts::network_id.eq(network)).filter(cross_posts::is_shown);
    let shown: Vec<ListingId> = shown.select(cross_posts::listing_id).load(conn).await?;
    let open = listings::table
        .inner_join(groups::table.on(groups::id.eq(listings::group_id)))
        .filter(listings::network_id.eq(network).or(listings::id.eq_any(shown)))
        .filter(listings::is_open)
        .filter(listings::expires_at.is_null().or(listings::expires_at.gt(as_of)))
        .order((groups::name, groups::id, listings::kind, listings::title, listings::id));
    Ok(open.select(listings::id).load(conn).await?)
}
