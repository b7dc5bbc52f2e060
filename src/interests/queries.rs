//! What interests ask of the database. Every function starts from the interest, the listing or the group.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use diesel::{dsl::count_star, prelude::*};
use diesel_async::RunQueryDsl;

use super::{
    State,
    model::{Interest, InterestView},
};
use crate::{
    catalog::model::Locality,
    db::Conn,
    error::{Error, Result},
    exchanges,
    groups::model::Group,
    listings::{self, model::Listing},
    schema::{exchanges as exchange_rows, groups, interests, listings as listing_rows, localities},
    types::ids::{ExchangeId, GroupId, InterestId, ListingId, NetworkId},
};

/// An interest, whoever asks: the caller decides who may know of it.
pub async fn find(conn: &mut Conn, id: InterestId) -> Result<Option<Interest>> {
    Ok(interests::table.find(id).select(Interest::as_select()).first(conn).await.optional()?)
}

/// The interest, locked until the transaction ends. Its listing is locked or held before.
pub async fn lock(tx: &mut Conn, id: InterestId) -> Result<Option<Interest>> {
    Ok(interests::table.find(id).select(Interest::as_select()).for_update().first(tx).await.optional()?)
}

/// The listings, locked until the transaction ends, in the order of their ids.
pub async fn lock_listings(tx: &mut Conn, ids: &[ListingId]) -> Result<Vec<Listing>> {
    let rows = listing_rows::table.filter(listing_rows::id.eq_any(ids)).order(listing_rows::id);
    Ok(rows.select(Listing::as_select()).for_no_key_update().load(tx).await?)
}

/// The listings as they are, and as they stay until the transaction ends: others may hold them too. In the order of their ids.
pub async fn hold_listings(tx: &mut Conn, ids: &[ListingId]) -> Result<Vec<Listing>> {
    let rows = listing_rows::table.filter(listing_rows::id.eq_any(ids)).order(listing_rows::id);
    Ok(rows.select(Listing::as_select()).for_share().load(tx).await?)
}

/// The networks in which these listings are.
pub async fn networks_of(conn: &mut Conn, ids: &[ListingId]) -> Result<BTreeMap<ListingId, NetworkId>> {
    let rows = listing_rows::table.filter(listing_rows::id.eq_any(ids)).select((listing_rows::id, listing_rows::network_id));
    Ok(rows.load::<(ListingId, NetworkId)>(conn).await?.into_iter().collect())
}

/// How many interests in a listing wait for an answer.
pub async fn count_open(conn: &mut Conn, listing: ListingId) -> Result<i64> {
    let open = interests::table.filter(interests::listing_id.eq(listing)).filter(interests::state.eq(State::Open));
    Ok(open.count().get_result(conn).await?)
}

/// Everybody who is or was interested in a listing, with their groups and the exchanges that came of it, in the order of asking.
pub async fn of_listing(
    conn: &mut Conn,
    listing: ListingId,
    state: Option<State>,
) -> Result<Vec<(Interest, Group, Locality, Option<ExchangeId>)>> {
    let mut query = interests::table
        .inner_join(groups::table.on(groups::id.eq(interests::group_id)))
        .inner_join(localities::table.on(localities::code.eq(groups::locality_code)))
        .left_join(exchange_rows::table.on(exchange_rows::interest_id.eq(interests::id.nullable())))
        .filter(interests::listing_id.eq(listing))
        .select((Interest::as_select(), Group::as_select(), Locality::as_select(), exchange_rows::id.nullable()))
        .order((interests::created_at, interests::id))
        .into_boxed();
    if let Some(state) = state {
        query = query.filter(interests::state.eq(state));
    }
    Ok(query.load(conn).await?)
}

/// In how many exchanges that were completed after a time each of some groups was the receiver, by resource type.
pub async fn received_since(conn: &mut Conn, of: &[GroupId], since: DateTime<Utc>) -> Result<Vec<(GroupId, String, i64)>> {
    let rows = exchange_rows::table
        .filter(exchange_rows::receiver_group_id.eq_any(of))
        .filter(exchange_rows::state.eq(exchanges::State::Completed))
        .filter(exchange_rows::completed_at.gt(since))
        .group_by((exchange_rows::receiver_group_id, exchange_rows::resource_type))
        .select((exchange_rows::receiver_group_id, exchange_rows::resource_type, count_star()));
    Ok(rows.load(conn).await?)
}

/// In how many exchanges that were completed after a time each of some groups was the giver.
pub async fn given_since(conn: &mut Conn, of: &[GroupId], since: DateTime<Utc>) -> Result<Vec<(GroupId, i64)>> {
    let rows = exchange_rows::table
        .filter(exchange_rows::giver_group_id.eq_any(of))
        .filter(exchange_rows::state.eq(exchanges::State::Completed))
        .filter(exchange_rows::completed_at.gt(since))
        .group_by(exchange_rows::giver_group_id)
        .select((exchange_rows::giver_group_id, count_star()));
    Ok(rows.load(conn).await?)
}

/// A page of what a group has been interested in, the latest first.
pub async fn of_group(
    conn: &mut Conn,
    group: GroupId,
    state: Option<State>,
    after: Option<(DateTime<Utc>, InterestId)>,
    limit: i64,
) -> Result<Vec<InterestView>> {
    let mut query = interests::table
        .filter(interests::group_id.eq(group))
        .select(Interest::as_select())
        .order((interests::created_at.desc(), interests::id.desc()))
        .limit(limit)
        .into_boxed();
    if let Some(state) = state {
        query = query.filter(interests::state.eq(state));
    }
    if let Some((time, id)) = after {
        query = query.filter(interests::created_at.lt(time).or(interests::created_at.eq(time).and(interests::id.lt(id))));
    }
    let rows = query.load(conn).await?;
    views(conn, rows).await
}

/// An interest with what it refers to.
pub async fn view(conn: &mut Conn, id: InterestId) -> Result<InterestView> {
    let interest = find(conn, id).await?.ok_or_else(|| Error::not_found("interest"))?;
    views(conn, vec![interest]).await?.pop().ok_or_else(|| Error::not_found("interest"))
}

/// Interests with what they refer to, in their order.
async fn views(conn: &mut Conn, rows: Vec<Interest>) -> Result<Vec<InterestView>> {
    let unique = |ids: BTreeSet<ListingId>| ids.into_iter().collect::<Vec<_>>();
    let about = unique(rows.iter().map(|interest| interest.listing_id).collect());
    let listings: BTreeMap<_, _> = listings::queries::views(conn, &about).await?.into_iter().map(|view| (view.listing.id, view)).collect();
    let askers: BTreeSet<GroupId> = rows.iter().map(|interest| interest.group_id).collect();
    let named = groups::table.filter(groups::id.eq_any(askers)).select((groups::id, groups::name));
    let names: BTreeMap<GroupId, String> = named.load::<(GroupId, String)>(conn).await?.into_iter().collect();
    let ids: Vec<InterestId> = rows.iter().map(|interest| interest.id).collect();
    let came = exchange_rows::table
        .filter(exchange_rows::interest_id.eq_any(ids))
        .select((exchange_rows::interest_id.assume_not_null(), exchange_rows::id));
    let exchanges: BTreeMap<InterestId, ExchangeId> = came.load::<(InterestId, ExchangeId)>(conn).await?.into_iter().collect();
    let whole = |interest: Interest| {
        let listing = listings.get(&interest.listing_id)?.clone();
        let group_name = names.get(&interest.group_id)?.clone();
        Some(InterestView { exchange: exchanges.get(&interest.id).copied(), listing, group_name, interest })
    };
    Ok(rows.into_iter().filter_map(whole).collect())
}
