//! Forgets, hour by hour, what nobody needs any more, and puts away what has expired. Any number of processes may do so at once on
//! one database.

use std::time::Duration;

use actix_web::web::Data;

use crate::{accounts, app::App, error::Result, http::idempotency, listings};

/// From the start of the process to the first time, so that a restart does not put it off.
const FIRST_AFTER: Duration = Duration::from_secs(2);
/// From one time to the next.
const EVERY: Duration = Duration::from_secs(3600);

/// What was put away and forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Forgotten {
    /// Ended sessions, and counts of tries at doors.
    pub sessions_and_tries: usize,
    /// First answers under an Idempotency-Key.
    pub answers: usize,
    /// Listings that had expired and now say so.
    pub listings: usize,
}

/// Tidies up soon after the start and then each hour, until it is dropped. A failure is logged and tried again next time.
pub async fn keep_house(app: Data<App>) {
    let mut times = tokio::time::interval_at(tokio::time::Instant::now() + FIRST_AFTER, EVERY);
    loop {
        times.tick().await;
        match tidy(&app).await {
            Ok(forgotten) => tracing::info!(forgotten.sessions_and_tries, forgotten.answers, forgotten.listings, "tidied up"),
            Err(error) => tracing::warn!(%error, "could not tidy up; trying again in an hour"),
        }
    }
}

/// Tidies up once. Each is tried, whatever becomes of the others.
pub async fn tidy(app: &App) -> Result<Forgotten> {
    let (mut conn, now) = (app.db.conn().await?, app.clock.now());
    let sessions_and_tries = accounts::service::forget_old(&mut conn, now).await;
    let answers = idempotency::forget_old(&mut conn, now).await;
    let listings = listings::service::put_away_expired(&mut conn, now).await;
    Ok(Forgotten { sessions_and_tries: sessions_and_tries?, answers: answers?, listings: listings? })
}
