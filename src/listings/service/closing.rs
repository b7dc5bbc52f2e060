//! What becomes of the listings of groups that close.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::{
    audit::{self, Act},
    db::Conn,
    error::Result,
    listings::{
        State,
        rules::{self, Step},
    },
    schema::listings,
    types::ids::{GroupId, ListingId, NetworkId, UserId},
};

/// Holds the listings of groups, and others, in the order of their ids, until the end of the transaction.
pub async fn lock(tx: &mut Conn, groups: &[GroupId], others: &[ListingId]) -> Result<()> {
    let all = listings::table.filter(listings::group_id.eq_any(groups).or(listings::id.eq_any(others)));
    let _: Vec<ListingId> = all.order(listings::id).select(listings::id).for_no_key_update().load(tx).await?;
    Ok(())
}

/// Withdraws all that groups have, whatever state it is in, except what has ended. Who waits for an answer is told by the caller.
pub async fn withdraw_all(tx: &mut Conn, (user, now): (UserId, DateTime<Utc>), groups: &[GroupId]) -> Result<()> {
    let from: Vec<State> = State::ALL.iter().copied().filter(|state| rules::step(Step::Withdraw, *state).is_ok()).collect();
    let withdrawn: Vec<(ListingId, GroupId, NetworkId)> = diesel::update(listings::table)
        .filter(listings::group_id.eq_any(groups))
        .filter(listings::state.eq_any(from))
        .set((
            listings::state.eq(State::Withdrawn),
            listings::wakes_at.eq(None::<DateTime<Utc>>),
            listings::version.eq(listings::version + 1),
            listings::updated_at.eq(now),
        ))
        .returning((listings::id, listings::group_id, listings::network_id))
        .get_results(tx)
        .await?;
    super::edits::forget(tx, now, &withdrawn.iter().map(|(listing, ..)| *listing).collect::<Vec<_>>()).await?;
    for (listing, group, network) in withdrawn {
        let act = Act::of(user, rules::action(Step::Withdraw), "listing", listing);
        audit::record(tx, now, Act { group: Some(group), network: Some(network), ..act }).await?;
    }
    Ok(())
}
