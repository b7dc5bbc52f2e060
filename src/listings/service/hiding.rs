//! Hiding a listing that was reported, until a coordinator has decided.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;

use crate::{
    audit::{self, Act},
    db::Conn,
    error::Result,
    inbox::{Notice, Topic},
    listings::Moderation,
    schema::listings,
    types::ids::{GroupId, ListingId, NetworkId},
};

/// Takes an approved listing out of sight because so many have reported it. Gives what its group is told; nothing when it was out of
/// sight already. The listing is locked by the caller.
pub async fn hide_reported(tx: &mut Conn, now: DateTime<Utc>, listing: ListingId, reporters: usize) -> Result<Option<Notice>> {
    let hidden: Option<(GroupId, NetworkId)> = diesel::update(listings::table.find(listing))
        .filter(listings::moderation.eq(Moderation::Approved))
        .set((listings::moderation.eq(Moderation::Pending), listings::version.eq(listings::version + 1), listings::updated_at.eq(now)))
        .returning((listings::group_id, listings::network_id))
        .get_result(tx)
        .await
        .optional()?;
    let Some((group, network)) = hidden else { return Ok(None) };
    let act = Act::by_program("hide_reported_listing", "listing", listing);
    let act = Act { group: Some(group), network: Some(network), detail: json!({"reporters": reporters}), ..act };
    audit::record(tx, now, act).await?;
    Ok(Some(Notice { listing: Some(listing), ..Notice::to_group(group, Topic::ListingHidden) }))
}
