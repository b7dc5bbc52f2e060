//! Forgets, hour by hour, what nobody needs any more: a job of the worker. Any number of processes may do so at once on one database.

use chrono::{DateTime, Duration, Utc};

use crate::{accounts, db::Conn, error::Result, http::idempotency, inbox, outbox, setbacks};

/// How long notices are kept.
const NOTICES_KEPT: Duration = Duration::days(400);

/// Tidies up once. Each is tried, whatever becomes of the others. Gives 0: there is no more to do until the next time.
pub async fn tidy(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let sessions_and_tries = accounts::service::forget_old(conn, now).await;
    let answers = idempotency::forget_old(conn, now).await;
    let events = outbox::tidy(conn, now).await;
    let notices = inbox::queries::forget_older(conn, now - NOTICES_KEPT).await;
    let failures = setbacks::forget_old(conn, now).await;
    let (sessions_and_tries, answers, events, notices, failures) = (sessions_and_tries?, answers?, events?, notices?, failures?);
    tracing::info!(
        forgotten.sessions_and_tries = sessions_and_tries,
        forgotten.answers = answers,
        forgotten.events = events,
        forgotten.notices = notices,
        forgotten.failures = failures,
        "tidied up"
    );
    Ok(0)
}
