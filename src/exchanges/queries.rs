//! What exchanges ask of the database. Every function starts from the exchange, one of its groups, its network or its listings.

pub mod due;

use chrono::{DateTime, Utc};
use diesel::{dsl::exists, pg::Pg, prelude::*};
use diesel_async::RunQueryDsl;

use super::{
    Side, State,
    model::{Exchange, ExchangeView, Line, Outcome, Story},
};
use crate::{
    db::Conn,
    error::Result,
    http::Limit,
    schema::{categories, exchanges, groups, listings, network_groups, outcomes},
    types::ids::{ExchangeId, GroupId, ListingId, NetworkId},
};

diesel::alias! {
    const GIVERS: Alias<Givers> = groups as givers;
    const RECEIVERS: Alias<Receivers> = groups as receivers;
}

/// Where a page of exchanges ended.
pub type After = Option<(DateTime<Utc>, ExchangeId)>;

/// The two groups of an exchange, giver first, and its network: for permissions.
pub type Parties = (GroupId, GroupId, NetworkId);

type Row = (Exchange, String, String);

impl From<Row> for ExchangeView {
    fn from((exchange, giver, receiver): Row) -> Self {
        Self { exchange, giver, receiver }
    }
}

/// Exchanges with the names of their groups.
macro_rules! views {
    () => {
        exchanges::table
            .inner_join(GIVERS.on(GIVERS.field(groups::id).eq(exchanges::giver_group_id)))
            .inner_join(RECEIVERS.on(RECEIVERS.field(groups::id).eq(exchanges::receiver_group_id)))
            .select((Exchange::as_select(), GIVERS.field(groups::name), RECEIVERS.field(groups::name)))
    };
}

/// The groups and the network of an exchange, for permissions.
pub async fn parties(conn: &mut Conn, id: ExchangeId) -> Result<Option<Parties>> {
    let parties = (exchanges::giver_group_id, exchanges::receiver_group_id, exchanges::network_id);
    Ok(exchanges::table.find(id).select(parties).first(conn).await.optional()?)
}

/// An exchange with the names of its groups, whoever asks: the caller decides who may know of it.
pub async fn view(conn: &mut Conn, id: ExchangeId) -> Result<Option<ExchangeView>> {
    Ok(views!().filter(exchanges::id.eq(id)).first::<Row>(conn).await.optional()?.map(Into::into))
}

/// Whose exchanges.
#[derive(Debug, Clone, Copy)]
pub enum Whose {
    /// A group's, on one side if that is asked for.
    Group(GroupId, Option<Side>),
    /// A network's.
    Network(NetworkId),
}

/// A page of exchanges, newest first; in one state, if that is asked for.
pub async fn list(conn: &mut Conn, whose: Whose, state: Option<State>, (limit, after): (Limit, After)) -> Result<Vec<ExchangeView>> {
    let query = views!().into_boxed::<Pg>();
    let mut query = match whose {
        Whose::Group(group, Some(Side::Giver)) => query.filter(exchanges::giver_group_id.eq(group)),
        Whose::Group(group, Some(_)) => query.filter(exchanges::receiver_group_id.eq(group)),
        Whose::Group(group, None) => query.filter(exchanges::giver_group_id.eq(group).or(exchanges::receiver_group_id.eq(group))),
        Whose::Network(network) => query.filter(exchanges::network_id.eq(network)),
    };
    if let Some(state) = state {
        query = query.filter(exchanges::state.eq(state));
    }
    if let Some((time, id)) = after {
        query = query.filter(exchanges::created_at.lt(time).or(exchanges::created_at.eq(time).and(exchanges::id.lt(id))));
    }
    let page = query.order((exchanges::created_at.desc(), exchanges::id.desc())).limit(limit.and_one());
    Ok(page.load::<Row>(conn).await?.into_iter().map(Into::into).collect())
}

/// The exchange as it is, not held. Its listings and groups never change.
pub async fn find(conn: &mut Conn, id: ExchangeId) -> Result<Option<Exchange>> {
    Ok(exchanges::table.find(id).select(Exchange::as_select()).first(conn).await.optional()?)
}

/// The exchange, locked until the transaction ends. Lock its listings first.
pub async fn lock(tx: &mut Conn, id: ExchangeId) -> Result<Option<Exchange>> {
    Ok(exchanges::table.find(id).select(Exchange::as_select()).for_update().first(tx).await.optional()?)
}

/// Listings, locked in the order of their ids until the transaction ends: nobody else promises anything of them meanwhile.
pub async fn lock_lines(tx: &mut Conn, ids: &[ListingId]) -> Result<Vec<Line>> {
    let lines = listings::table.filter(listings::id.eq_any(ids)).order(listings::id).select(Line::as_select());
    Ok(lines.for_no_key_update().load(tx).await?)
}

/// Listings, held in the order of their ids until the transaction ends so that they cannot end meanwhile.
pub async fn hold_lines(tx: &mut Conn, ids: &[ListingId]) -> Result<Vec<Line>> {
    let lines = listings::table.filter(listings::id.eq_any(ids)).order(listings::id).select(Line::as_select());
    Ok(lines.for_share().load(tx).await?)
}

/// The resource type of a category. Categories are public.
pub async fn resource_type(conn: &mut Conn, category_code: i32) -> Result<String> {
    Ok(categories::table.filter(categories::code.eq(category_code)).select(categories::resource_type).first(conn).await?)
}

/// What the groups of an exchange tell of its outcome, the first to tell first.
pub async fn outcomes_of(conn: &mut Conn, id: ExchangeId) -> Result<Vec<Outcome>> {
    let told = outcomes::table.filter(outcomes::exchange_id.eq(id)).order((outcomes::created_at, outcomes::group_id));
    Ok(told.select(Outcome::as_select()).load(conn).await?)
}

/// The sort key of a published story.
pub type StoryKey = (DateTime<Utc>, ExchangeId, GroupId);

/// A page of the stories of a network's exchanges that their groups agree to publish, newest first. Groups that are not in good
/// standing there tell nothing.
pub async fn stories(conn: &mut Conn, network: NetworkId, limit: Limit, after: Option<StoryKey>) -> Result<Vec<Story>> {
    let standing = network_groups::table
        .filter(network_groups::network_id.eq(network))
        .filter(network_groups::group_id.eq(outcomes::group_id))
        .filter(network_groups::in_good_standing);
    let mut query = outcomes::table
        .inner_join(exchanges::table)
        .inner_join(groups::table.on(groups::id.eq(outcomes::group_id)))
        .filter(exchanges::network_id.eq(network))
        .filter(outcomes::may_publish)
        .filter(exists(standing))
        .select((Outcome::as_select(), groups::name, exchanges::title, exchanges::resource_type))
        .into_boxed::<Pg>();
    if let Some((time, exchange, group)) = after {
        let before = outcomes::exchange_id.lt(exchange).or(outcomes::exchange_id.eq(exchange).and(outcomes::group_id.lt(group)));
        query = query.filter(outcomes::created_at.lt(time).or(outcomes::created_at.eq(time).and(before)));
    }
    let page = query.order((outcomes::created_at.desc(), outcomes::exchange_id.desc(), outcomes::group_id.desc()));
    let rows: Vec<(Outcome, String, String, String)> = page.limit(limit.and_one()).load(conn).await?;
    Ok(rows.into_iter().map(|(outcome, group, title, resource_type)| Story { outcome, group, title, resource_type }).collect())
}
