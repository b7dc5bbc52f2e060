//! What the delivery asks of the database and notes in it. An event waits, until it is delivered or given up; then its payload is
//! emptied. These look at the events of everybody: only the worker calls them.

use chrono::{DateTime, Duration, Utc};
use diesel::{
    pg::Pg,
    prelude::*,
    sql_types::{Array, Bool, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    db::{Conn, transaction},
    error::Result,
    schema::outbox_events,
};

/// How long a claimed event is left alone by the others. Longer than any attempt takes, so only a worker that died loses its claim.
pub const LEASE: Duration = Duration::minutes(2);

/// An event that somebody has to deliver now.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = outbox_events)]
pub struct Event {
    /// Its id; the same each time it is tried.
    pub id: Uuid,
    /// What happened.
    pub topic: String,
    /// What the delivery needs.
    pub payload: Value,
    /// When it happened; a mail about a notice has the time of that.
    pub created_at: DateTime<Utc>,
    /// How often delivery was tried, this time included.
    pub attempts: i32,
}

type Condition = Box<dyn BoxableExpression<outbox_events::table, Pg, SqlType = Bool>>;

fn waiting() -> Condition {
    Box::new(outbox_events::delivered_at.is_null().and(outbox_events::given_up_at.is_null()))
}

/// Takes the event of these topics that has been due longest, for as long as the [lease](LEASE). Committed before delivery begins,
/// so that no transaction is open while a slow server is talked to.
pub async fn claim(conn: &mut Conn, topics: &[&str], now: DateTime<Utc>) -> Result<Option<Event>> {
    transaction(conn, async |tx| {
        let Some(event) = hold(tx, topics, now).await? else {
            return Ok(None);
        };
        let claimed = diesel::update(outbox_events::table.find(event.id))
            .set((outbox_events::attempts.eq(outbox_events::attempts + 1), outbox_events::next_attempt_at.eq(now + LEASE)));
        Ok(Some(claimed.returning(Event::as_returning()).get_result(tx).await?))
    })
    .await
}

/// Locks the event of these topics that has been due longest, until the transaction ends; passes over those that others hold.
pub async fn hold(tx: &mut Conn, topics: &[&str], now: DateTime<Utc>) -> Result<Option<Event>> {
    let due = outbox_events::table
        .filter(waiting())
        .filter(outbox_events::topic.eq_any(topics))
        .filter(outbox_events::next_attempt_at.le(now))
        .order(outbox_events::next_attempt_at)
        .select(Event::as_select());
    Ok(due.for_update().skip_locked().first(tx).await.optional()?)
}

/// Counts an attempt that ended with its transaction.
pub async fn count_attempt(conn: &mut Conn, event: &Event) -> Result<()> {
    let counted = outbox_events::attempts.eq(outbox_events::attempts + 1);
    diesel::update(outbox_events::table.find(event.id).filter(waiting())).set(counted).execute(conn).await?;
    Ok(())
}

/// Notes that an event was delivered.
pub async fn mark_delivered(conn: &mut Conn, event: &Event, now: DateTime<Utc>) -> Result<()> {
    let over = (outbox_events::delivered_at.eq(now), outbox_events::last_error.eq(None::<String>), outbox_events::payload.eq(json!({})));
    diesel::update(outbox_events::table.find(event.id).filter(waiting())).set(over).execute(conn).await?;
    Ok(())
}

/// Notes that an event will not be delivered, and why.
pub async fn give_up(conn: &mut Conn, event: &Event, now: DateTime<Utc>, why: &str) -> Result<()> {
    let over = (outbox_events::given_up_at.eq(now), outbox_events::last_error.eq(why), outbox_events::payload.eq(json!({})));
    diesel::update(outbox_events::table.find(event.id).filter(waiting())).set(over).execute(conn).await?;
    Ok(())
}

/// Notes why an attempt failed, and when to try again; not when another worker has tried since.
pub async fn put_off(conn: &mut Conn, event: &Event, until: DateTime<Utc>, why: &str) -> Result<()> {
    let mine = outbox_events::table.find(event.id).filter(waiting()).filter(outbox_events::attempts.eq(event.attempts));
    let later = (outbox_events::next_attempt_at.eq(until), outbox_events::last_error.eq(why));
    diesel::update(mine).set(later).execute(conn).await?;
    Ok(())
}

/// Gives up what has waited since before `since`. Gives their number.
pub async fn give_up_older(conn: &mut Conn, topic: &str, since: DateTime<Utc>, now: DateTime<Utc>, why: &str) -> Result<usize> {
    let old = outbox_events::table.filter(waiting()).filter(outbox_events::topic.eq(topic)).filter(outbox_events::created_at.le(since));
    let over = (outbox_events::given_up_at.eq(now), outbox_events::last_error.eq(why), outbox_events::payload.eq(json!({})));
    Ok(diesel::update(old).set(over).execute(conn).await?)
}

/// Gives up what waits of a topic about these things: `key` is the field of the payload that holds their id.
pub async fn give_up_about(conn: &mut Conn, topic: &str, (key, ids): (&str, Vec<String>), now: DateTime<Utc>, why: &str) -> Result<()> {
    diesel::sql_query(
        "update outbox_events set given_up_at = $1, last_error = $2, payload = '{}'
         where delivered_at is null and given_up_at is null and topic = $3 and payload ->> $4 = any($5)",
    )
    .bind::<Timestamptz, _>(now)
    .bind::<Text, _>(why)
    .bind::<Text, _>(topic)
    .bind::<Text, _>(key)
    .bind::<Array<Text>, _>(ids)
    .execute(conn)
    .await?;
    Ok(())
}

/// Deletes what is over and was recorded before `since`. Gives their number.
pub async fn forget_older(conn: &mut Conn, since: DateTime<Utc>) -> Result<usize> {
    let over = outbox_events::delivered_at.is_not_null().or(outbox_events::given_up_at.is_not_null());
    Ok(diesel::delete(outbox_events::table.filter(over).filter(outbox_events::created_at.le(since))).execute(conn).await?)
}
