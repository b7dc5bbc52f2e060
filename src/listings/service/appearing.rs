//! What can be found where it could not be found before, though nobody has edited it: for whoever asks what has changed since a time, it
//! has. Its version stays.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::{
    db::Conn,
    error::Result,
    schema::{cross_posts, listings},
    types::ids::{GroupId, ListingId, NetworkId},
};

/// What a group has open in a network that has let it in, or back: what was posted there, and what that network shows of others. The group's
/// listings are locked.
pub async fn of_group(tx: &mut Conn, now: DateTime<Utc>, (network, group): (NetworkId, GroupId)) -> Result<()> {
    let shown = cross_posts::table.filter(cross_posts::network_id.eq(network)).filter(cross_posts::group_id.eq(group));
    let shown = shown.filter(cross_posts::is_shown).select(cross_posts::listing_id);
    diesel::update(listings::table)
        .filter(listings::group_id.eq(group))
        .filter(listings::network_id.eq(network).or(listings::id.eq_any(shown)))
        .filter(listings::is_open)
        .set(listings::updated_at.eq(now))
        .execute(tx)
        .await?;
    Ok(())
}

/// A listing that a network other than its own has begun to show. It is locked.
pub async fn elsewhere(tx: &mut Conn, now: DateTime<Utc>, listing: ListingId) -> Result<()> {
    diesel::update(listings::table.find(listing)).set(listings::updated_at.eq(now)).execute(tx).await?;
    Ok(())
}
