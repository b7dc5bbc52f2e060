//! What listings ask of the database. Every function starts from the listing, its group, or what everybody may see.

pub mod browse;
pub mod due;
pub mod statement;
pub mod terms;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::{
    dsl::sql,
    pg::Pg,
    prelude::*,
    sql_types::{Bool, Double, Nullable},
};
use diesel_async::RunQueryDsl;

use super::model::{Content, Edit, Listing, ListingView};
use crate::{
    catalog::model::{CategoryName, LocalityName},
    db::Conn,
    error::Result,
    http::Limit,
    schema::{categories, groups, listing_edits, listings, localities, network_groups, network_staff, sql_types::Point},
    types::{
        Position,
        ids::{GroupId, ListingId, NetworkId, UserId},
        text::ExternalId,
    },
};

/// A listing by its id or by its short code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ListingKey {
    /// By id.
    Id(ListingId),
    /// By short code, upper case.
    Code(String),
}

impl std::str::FromStr for ListingKey {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        match text.parse() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) if matches!(text.len(), 5 | 6) && text.chars().all(|c| c.is_ascii_alphanumeric()) => {
                Ok(Self::Code(text.to_ascii_uppercase()))
            }
            Err(_) => Err(()),
        }
    }
}

type Row = (Listing, CategoryName, LocalityName, String, Option<f64>);

impl From<Row> for ListingView {
    fn from((listing, category, locality, group_name, km): Row) -> Self {
        Self { listing, category, locality, group_name, km }
    }
}

diesel::define_sql_function! {
    /// Great-circle distance of two points (lng, lat), kilometres.
    fn km_between(a: Point, b: Point) -> Double;
}
diesel::define_sql_function! {
    /// A point (lng, lat).
    fn point(lng: Double, lat: Double) -> Point;
}

/// Listings with what they refer to, as a query to be narrowed. `$km` is the expression for their distance; without it there is none.
macro_rules! views {
    () => {
        views!(None::<f64>.into_sql::<Nullable<Double>>())
    };
    ($km:expr) => {
        listings::table
            .inner_join(categories::table)
            .inner_join(localities::table.on(localities::code.eq(listings::locality_code)))
            .inner_join(groups::table.on(groups::id.eq(listings::group_id)))
            .select((Listing::as_select(), CategoryName::as_select(), LocalityName::as_select(), groups::name, $km))
    };
}

/// The group and the network of a listing, for permissions.
pub async fn owner_of(conn: &mut Conn, key: &ListingKey) -> Result<Option<(ListingId, GroupId, NetworkId)>> {
    let query = listings::table.select((listings::id, listings::group_id, listings::network_id)).into_boxed::<Pg>();
    let query = match key {
        ListingKey::Id(id) => query.filter(listings::id.eq(*id)),
        ListingKey::Code(code) => query.filter(listings::code.eq(code.clone())),
    };
    Ok(query.first(conn).await.optional()?)
}

/// A listing with what it refers to.
pub async fn view(conn: &mut Conn, id: ListingId) -> Result<Option<ListingView>> {
    Ok(views!().filter(listings::id.eq(id)).first::<Row>(conn).await.optional()?.map(Into::into))
}

/// Several listings with what they refer to, in no order.
pub async fn views(conn: &mut Conn, ids: &[ListingId]) -> Result<Vec<ListingView>> {
    let rows: Vec<Row> = views!().filter(listings::id.eq_any(ids)).load(conn).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Several listings with what they refer to and their distances from a position, if there is one, in no order.
async fn views_near(conn: &mut Conn, ids: &[ListingId], near: Option<Position>) -> Result<Vec<ListingView>> {
    let Some(near) = near else { return views(conn, ids).await };
    let km = km_between(listings::position, point(near.lng, near.lat)).nullable();
    let rows: Vec<Row> = views!(km).filter(listings::id.eq_any(ids)).load(conn).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// The listing, locked until the transaction ends.
pub async fn lock(tx: &mut Conn, id: ListingId) -> Result<Option<Listing>> {
    Ok(listings::table.find(id).select(Listing::as_select()).for_no_key_update().first(tx).await.optional()?)
}

/// Whose a listing is, whoever asks. It never changes.
pub async fn group_of(conn: &mut Conn, id: ListingId) -> Result<Option<GroupId>> {
    Ok(listings::table.find(id).select(listings::group_id).first(conn).await.optional()?)
}

/// Those of the listings that can be found at `now`, with their groups.
pub async fn open_among(conn: &mut Conn, ids: &[ListingId], now: DateTime<Utc>) -> Result<HashMap<ListingId, GroupId>> {
    let lasting = listings::expires_at.is_null().or(listings::expires_at.gt(now));
    let open = listings::table.filter(listings::id.eq_any(ids)).filter(listings::is_open).filter(lasting);
    Ok(open.select((listings::id, listings::group_id)).load(conn).await?.into_iter().collect())
}

/// The newest of what a group has open in the network that it was posted in.
pub async fn newest_open(conn: &mut Conn, (network, group): (NetworkId, GroupId), now: DateTime<Utc>, most: i64) -> Result<Vec<ListingId>> {
    let lasting = listings::expires_at.is_null().or(listings::expires_at.gt(now));
    let open = listings::table.filter(listings::group_id.eq(group)).filter(listings::network_id.eq(network));
    let open = open.filter(listings::is_open).filter(lasting).order((listings::fresh_at.desc(), listings::id.desc())).limit(most);
    Ok(open.select(listings::id).load(conn).await?)
}

/// What a listing says, as it is stored.
pub async fn content(tx: &mut Conn, id: ListingId) -> Result<Content> {
    Ok(listings::table.find(id).select(Content::as_select()).first(tx).await?)
}

/// The edits of listings that wait for a coordinator, one of each at most.
pub async fn waiting_edits(conn: &mut Conn, ids: &[ListingId]) -> Result<Vec<Edit>> {
    // As text: a statement planned once for all values sees only then that the partial index serves.
    let waiting = sql::<Bool>("listing_edits.state = 'waiting' and not listing_edits.applied");
    let query = listing_edits::table.filter(listing_edits::listing_id.eq_any(ids)).filter(waiting);
    Ok(query.select(Edit::as_select()).load(conn).await?)
}

/// The listing that a group has under an importer's id.
pub async fn id_by_external_id(conn: &mut Conn, group: GroupId, external_id: &ExternalId) -> Result<Option<ListingId>> {
    let known = listings::table.filter(listings::group_id.eq(group)).filter(listings::external_id.eq(external_id.as_str()));
    Ok(known.select(listings::id).first(conn).await.optional()?)
}

/// A group's networks that have not turned it away and that it has not left, with its standing there; the rows stay as they are until the
/// transaction ends.
pub async fn networks_of_group(tx: &mut Conn, group: GroupId) -> Result<Vec<(NetworkId, bool)>> {
    let rows = network_groups::table
        .filter(network_groups::group_id.eq(group))
        .filter(network_groups::state.ne_all(["invited", "rejected", "closed"]))
        .order(network_groups::requested_at)
        .select((network_groups::network_id, network_groups::in_good_standing))
        .for_key_share();
    Ok(rows.load(tx).await?)
}

/// Of these listings, those of networks that a person works for: whether staff posted them for a group that is not online.
pub async fn posted_by_staff(conn: &mut Conn, user: UserId, ids: &[ListingId]) -> Result<HashMap<ListingId, bool>> {
    let known = listings::table
        .inner_join(network_staff::table.on(network_staff::network_id.eq(listings::network_id)))
        .filter(listings::id.eq_any(ids))
        .filter(network_staff::user_id.eq(user));
    Ok(known.select((listings::id, listings::posted_by_staff)).load(conn).await?.into_iter().collect())
}

/// A page of a group's listings, drafts and all, newest first.
pub async fn list_of_group(
    conn: &mut Conn,
    group: GroupId,
    limit: Limit,
    after: Option<(DateTime<Utc>, ListingId)>,
) -> Result<Vec<ListingView>> {
    let mut query = views!()
        .into_boxed::<Pg>()
        .filter(listings::group_id.eq(group))
        .order((listings::created_at.desc(), listings::id.desc()))
        .limit(limit.and_one());
    if let Some((time, id)) = after {
        query = query.filter(listings::created_at.lt(time).or(listings::created_at.eq(time).and(listings::id.lt(id))));
    }
    let rows: Vec<Row> = query.load(conn).await?;
    Ok(rows.into_iter().map(Into::into).collect())
}
