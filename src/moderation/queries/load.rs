//! Who carries what. Starts from the network.

use chrono::{DateTime, Duration, Utc};
use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl;

use crate::{
    db::{Conn, Prepared},
    error::Result,
    moderation::model::Load,
    networks::StaffRole,
    schema::{network_staff, queue_items, users},
    types::ids::{NetworkId, UserId},
};

/// The whole queue in numbers.
#[derive(Debug, Clone, QueryableByName)]
pub struct Totals {
    /// How much waits.
    #[diesel(sql_type = BigInt)]
    pub waiting: i64,
    /// How much of that is late.
    #[diesel(sql_type = BigInt)]
    pub late: i64,
    /// How much of it somebody is at.
    #[diesel(sql_type = BigInt)]
    pub claimed: i64,
    /// The oldest promise.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub oldest_due_at: Option<DateTime<Utc>>,
}

/// Counted exactly, in indexes alone: what waits in that of the page, what somebody is at in that of live claims.
const TOTALS: &str = "
    select w.waiting, w.late, c.claimed, w.oldest_due_at
    from (select count(*) as waiting, count(*) filter (where due_at <= $2) as late, min(due_at) as oldest_due_at
      from queue_items where network_id = $1 and state = 'waiting') w
    cross join (select count(*) as claimed
      from queue_items where network_id = $1 and state = 'waiting' and claimed_by is not null and claimed_until > $2) c";

/// The whole queue of a network in numbers.
pub async fn totals(conn: &mut Conn, network: NetworkId, now: DateTime<Utc>) -> Result<Totals> {
    let statement = diesel::sql_query(TOTALS).bind::<SqlUuid, _>(network).bind::<Timestamptz, _>(now);
    Ok(Prepared(statement).get_result(conn).await?)
}

/// What a coordinator is at, and has done.
#[derive(Debug, Clone, QueryableByName)]
pub struct Carried {
    /// The person.
    #[diesel(sql_type = SqlUuid)]
    pub user_id: UserId,
    /// What the person is called.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// How many items the person is at.
    #[diesel(sql_type = BigInt)]
    pub claimed: i64,
    /// How many the person has decided since a time.
    #[diesel(sql_type = BigInt)]
    pub decided: i64,
}

const CARRIED: &str = "
    select s.user_id, u.name, c.claimed, d.decided
    from network_staff s
    join users u on u.id = s.user_id
    cross join lateral (select count(*) as claimed from queue_items q
      where q.claimed_by = s.user_id and q.network_id = $1 and q.state = 'waiting' and q.claimed_until > $2) c
    cross join lateral (select count(*) as decided from decisions d
      where d.network_id = $1 and d.decided_at > $3 and d.decided_by = s.user_id and d.undone_at is null) d
    where s.network_id = $1 and s.role = 'coordinator' order by s.created_at, s.user_id";

/// What each coordinator of a network is at, and has decided within the last seven days; longest in their post first.
pub async fn carried(conn: &mut Conn, network: NetworkId, now: DateTime<Utc>) -> Result<Vec<Carried>> {
    let statement =
        diesel::sql_query(CARRIED).bind::<SqlUuid, _>(network).bind::<Timestamptz, _>(now).bind::<Timestamptz, _>(now - Duration::days(7));
    Ok(Prepared(statement).load(conn).await?)
}

/// How many items a person is at.
pub async fn claimed_by(conn: &mut Conn, network: NetworkId, user: UserId, now: DateTime<Utc>) -> Result<i64> {
    let own = queue_items::table.filter(queue_items::network_id.eq(network)).filter(queue_items::claimed_by.eq(user));
    // As text: a statement planned once for all values sees only then that the partial index serves.
    let live = own.filter(sql::<Bool>("queue_items.state = 'waiting'")).filter(queue_items::claimed_until.gt(now));
    Ok(live.count().get_result(conn).await?)
}

/// How much of the queue each coordinator of a network takes on.
pub async fn loads(conn: &mut Conn, network: NetworkId) -> Result<Vec<Load>> {
    let own = network_staff::table.filter(network_staff::network_id.eq(network)).filter(network_staff::role.eq(StaffRole::Coordinator));
    Ok(own.order((network_staff::created_at, network_staff::user_id)).select(Load::as_select()).load(conn).await?)
}

/// How much of the queue a person of the staff takes on.
pub async fn load(conn: &mut Conn, network: NetworkId, user: UserId) -> Result<Option<Load>> {
    Ok(network_staff::table.find((network, user)).select(Load::as_select()).first(conn).await.optional()?)
}

/// The same, held until the end of the transaction.
pub async fn lock_load(tx: &mut Conn, network: NetworkId, user: UserId) -> Result<Option<Load>> {
    let own = network_staff::table.find((network, user)).select(Load::as_select()).for_no_key_update();
    Ok(own.first(tx).await.optional()?)
}

/// What a person is called.
pub async fn name_of(conn: &mut Conn, user: UserId) -> Result<Option<String>> {
    Ok(users::table.find(user).select(users::name).first(conn).await.optional()?)
}
