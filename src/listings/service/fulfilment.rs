//! When all of a listing has been handed over.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, not},
    prelude::*,
};
use diesel_async::RunQueryDsl;

use crate::{
    audit::{self, Act},
    db::Conn,
    error::Result,
    exchanges::{self, State as ExchangeState},
    inbox::{Notice, Topic},
    interests::{self, EndReason},
    listings::{Basis, Kind, State},
    schema::{exchanges as exchanges_table, listings},
    types::ids::{GroupId, ListingId, NetworkId},
};

/// Makes those listings `fulfilled` of which all has been handed over for good. Answers their open interests and proposals, and gives
/// what the groups are told. The listings are locked by the caller.
pub async fn fulfil_if_all_gone(tx: &mut Conn, now: DateTime<Utc>, listings: &[ListingId]) -> Result<Vec<Notice>> {
    let (mut ended, mut notices) = (Vec::new(), Vec::new());
    for listing in listings {
        if let Some(group) = fulfil(tx, now, *listing).await? {
            notices.push(Notice { listing: Some(*listing), ..Notice::to_group(group, Topic::ListingFulfilled) });
            ended.push(*listing);
        }
    }
    // All interests before all exchanges: the order in which everybody locks.
    for listing in &ended {
        notices.extend(interests::service::close_for_listing(tx, now, *listing, EndReason::ListingFulfilled, None).await?);
    }
    for listing in &ended {
        notices.extend(exchanges::service::close_for_listing(tx, now, *listing, EndReason::ListingFulfilled).await?);
    }
    Ok(notices)
}

/// Makes a listing `fulfilled` when nothing of it is left and nothing on its way. What was lent comes back, so an offer to lend is never
/// all gone. Gives its group, if it was.
async fn fulfil(tx: &mut Conn, now: DateTime<Utc>, listing: ListingId) -> Result<Option<GroupId>> {
    use exchanges_table::{offer_id, state, table, want_id};
    let under_way = [ExchangeState::Accepted, ExchangeState::Scheduled, ExchangeState::HandedOver];
    let open = table.filter(offer_id.eq(listing).or(want_id.eq(listing))).filter(state.eq_any(under_way));
    let gone = listings::table
        .find(listing)
        .filter(listings::state.eq_any([State::Active, State::Paused, State::Expired]))
        .filter(listings::quantity_left.eq(0))
        .filter(listings::kind.eq(Kind::Want).or(listings::basis.eq(vec![Some(Basis::Give.to_string())])))
        .filter(not(exists(open)));
    let fulfilled: Option<(GroupId, NetworkId)> = diesel::update(gone)
        .set((
            listings::state.eq(State::Fulfilled),
            listings::wakes_at.eq(None::<DateTime<Utc>>),
            listings::version.eq(listings::version + 1),
            listings::updated_at.eq(now),
        ))
        .returning((listings::group_id, listings::network_id))
        .get_result(tx)
        .await
        .optional()?;
    let Some((group, network)) = fulfilled else { return Ok(None) };
    super::edits::forget(tx, now, &[listing]).await?;
    let act = Act::by_program("fulfil_listing", "listing", listing);
    audit::record(tx, now, Act { group: Some(group), network: Some(network), ..act }).await?;
    Ok(Some(group))
}
