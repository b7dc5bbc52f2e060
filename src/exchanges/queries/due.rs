//! What is due: exchanges whose time has come, whoever's they are. Those that somebody is changing are left for the next time, and those
//! that the job has put off for later.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, not},
    prelude::*,
};
use diesel_async::RunQueryDsl;

use crate::{
    db::Conn,
    error::Result,
    exchanges::{
        State,
        model::Exchange,
        rules::{DECLINE_AFTER, REMIND_AFTER, RETURN_WARNING, SILENT_FOR},
    },
    listings::State as ListingState,
    schema::{exchanges, listings, reminders},
    setbacks::not_put_off,
    types::ids::{ExchangeId, ListingId},
};

/// A loan that is this long overdue has been asked for; nobody is reminded of it any more.
const OVERDUE_IS_NEWS_FOR: chrono::Duration = chrono::Duration::days(7);

/// Those that a reminder has not been sent for.
macro_rules! not_reminded {
    ($kind:expr) => {
        not(exists(reminders::table.filter(reminders::kind.eq($kind)).filter(reminders::subject_id.eq(exchanges::id))))
    };
}

/// Those of which no listing is paused: while one is, they cannot be accepted.
macro_rules! not_paused {
    () => {
        not(exists(
            listings::table
                .filter(listings::id.nullable().eq(exchanges::offer_id).or(listings::id.nullable().eq(exchanges::want_id)))
                .filter(listings::state.eq(ListingState::Paused)),
        ))
    };
}

/// Proposals that have waited for days, and of which nobody has been reminded; not those that have waited too long.
pub async fn unanswered(tx: &mut Conn, kind: &str, (job, now): (&str, DateTime<Utc>), most: i64) -> Result<Vec<Exchange>> {
    let waiting = exchanges::table
        .filter(exchanges::state.eq(State::Proposed))
        .filter(exchanges::created_at.le(now - REMIND_AFTER))
        .filter(exchanges::created_at.gt(now - DECLINE_AFTER))
        .filter(not_paused!())
        .filter(not_put_off!(job, exchanges::id, now))
        .filter(not_reminded!(kind));
    Ok(waiting.order(exchanges::id).limit(most).select(Exchange::as_select()).for_update().skip_locked().load(tx).await?)
}

/// Proposals that have waited too long.
pub async fn given_up(tx: &mut Conn, (job, now): (&str, DateTime<Utc>), most: i64) -> Result<Vec<Exchange>> {
    let waiting = exchanges::table
        .filter(exchanges::state.eq(State::Proposed))
        .filter(exchanges::created_at.le(now - DECLINE_AFTER))
        .filter(not_put_off!(job, exchanges::id, now))
        .filter(not_paused!());
    Ok(waiting.order(exchanges::id).limit(most).select(Exchange::as_select()).for_update().skip_locked().load(tx).await?)
}

/// Exchanges of which one side has said for long that they were handed over, with their listings; not held.
pub async fn silent(tx: &mut Conn, (job, now): (&str, DateTime<Utc>), most: i64) -> Result<Vec<Exchange>> {
    let silent = exchanges::table.filter(exchanges::state.eq(State::HandedOver)).filter(exchanges::handed_over_at.le(now - SILENT_FOR));
    let silent = silent.filter(not_put_off!(job, exchanges::id, now));
    Ok(silent.order(exchanges::handed_over_at).limit(most).select(Exchange::as_select()).load(tx).await?)
}

/// Of these listings those that nobody else holds, now locked in the order of their ids.
pub async fn lock_free_listings(tx: &mut Conn, ids: &[ListingId]) -> Result<Vec<ListingId>> {
    let free = listings::table.filter(listings::id.eq_any(ids)).order(listings::id).select(listings::id);
    Ok(free.for_no_key_update().skip_locked().load(tx).await?)
}

/// Of these exchanges those that are still silent and that nobody else holds, now locked. Their listings are.
pub async fn lock_silent(tx: &mut Conn, ids: &[ExchangeId]) -> Result<Vec<Exchange>> {
    let silent = exchanges::table.filter(exchanges::id.eq_any(ids)).filter(exchanges::state.eq(State::HandedOver));
    Ok(silent.order(exchanges::id).select(Exchange::as_select()).for_update().skip_locked().load(tx).await?)
}

/// Loans that are due back within a day, or overdue, and of which nobody has been reminded; also those that one side has not confirmed.
pub async fn to_come_back(
    tx: &mut Conn,
    (kind, overdue): (&str, bool),
    (job, now): (&str, DateTime<Utc>),
    most: i64,
) -> Result<Vec<Exchange>> {
    let (from, until) = if overdue { (now - OVERDUE_IS_NEWS_FOR, now) } else { (now, now + RETURN_WARNING) };
    let due = exchanges::table
        .filter(exchanges::state.eq_any([State::HandedOver, State::Completed]))
        .filter(exchanges::returned_at.is_null())
        .filter(exchanges::return_by.is_not_null())
        .filter(exchanges::return_by.gt(from))
        .filter(exchanges::return_by.le(until))
        .filter(not_put_off!(job, exchanges::id, now))
        .filter(not_reminded!(kind));
    Ok(due.order(exchanges::id).limit(most).select(Exchange::as_select()).for_update().skip_locked().load(tx).await?)
}
