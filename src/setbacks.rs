//! What a job of the worker cannot do steps back: it is tried again later, each time after a longer pause, so that what fails again and
//! again keeps nothing else waiting. A job leaves out what is put off ([`not_put_off`]), and comes to the rest.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::{
    db::{Conn, transaction},
    error::{Error, Result},
    schema::setbacks,
};

/// The pause of what the database was too busy for.
pub const BUSY: Duration = Duration::seconds(30);

/// How long after its last failure something is forgotten that has not failed again. Longer than the longest pause.
const KEPT: Duration = Duration::days(7);

/// The pause after so many failures: half a minute, then twice as long each time, up to six hours.
pub fn pause_after(attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 12) - 1).unwrap_or_default();
    (Duration::seconds(30) * 2_i32.pow(doublings)).min(Duration::hours(6))
}

/// A condition: a job has not put off the thing with the id of this column.
macro_rules! not_put_off {
    ($job:expr, $id:expr, $now:expr) => {{
        use $crate::schema::setbacks;
        let put_off = setbacks::table.filter(setbacks::job.eq($job)).filter(setbacks::subject_id.eq($id));
        diesel::dsl::not(diesel::dsl::exists(put_off.filter(setbacks::retry_at.gt($now))))
    }};
}
pub(crate) use not_put_off;

/// Deals with each of these by itself; what fails steps back. Gives with how many it dealt, with those that stepped back, so that the job
/// goes on as long as there are others.
pub async fn each<T>(
    conn: &mut Conn,
    (job, now): (&'static str, DateTime<Utc>),
    due: Vec<(Uuid, T)>,
    deal: impl AsyncFn(&mut Conn, T) -> Result<usize>,
) -> Result<usize> {
    let mut dealt = 0;
    for (subject, one) in due {
        match deal(conn, one).await {
            Ok(some) => dealt += some,
            Err(error) => {
                step_back(conn, (job, now), subject, &error).await?;
                dealt += 1;
            }
        }
    }
    Ok(dealt)
}

/// Deals with some in one transaction. When that fails, it deals with one after the other, each in a transaction of its own, and what fails
/// then steps back. `deal` gets how many it takes at most; it leaves out what is put off, takes the others in the same order each time, and
/// notes the ids of those that it takes before it does anything with them.
pub async fn batch(
    conn: &mut Conn,
    (job, now): (&'static str, DateTime<Utc>),
    most: i64,
    deal: impl AsyncFn(&mut Conn, i64, &mut Vec<Uuid>) -> Result<usize>,
) -> Result<usize> {
    let mut taken = Vec::new();
    let failed = match transaction(conn, async |tx| deal(tx, most, &mut taken).await).await {
        Ok(dealt) => return Ok(dealt),
        Err(error) => error,
    };
    match taken.as_slice() {
        [] => return Err(failed),
        [one] => return step_back(conn, (job, now), *one, &failed).await.map(|_| 1),
        _ => {}
    }
    let mut dealt = 0;
    for _ in &taken {
        let mut one = Vec::new();
        let dealt_with = transaction(conn, async |tx| deal(tx, 1, &mut one).await).await;
        match (dealt_with, one.as_slice().first()) {
            (Ok(some), _) => dealt += some,
            (Err(error), None) => return Err(error),
            (Err(error), Some(one)) => {
                step_back(conn, (job, now), *one, &error).await?;
                dealt += 1;
            }
        }
    }
    Ok(dealt)
}

/// Notes that a job could not deal with something, and when it is to try again. Fails when the database is away, since then nothing is the
/// thing's fault. Gives how often it has failed.
pub async fn step_back(conn: &mut Conn, (job, now): (&'static str, DateTime<Utc>), subject: Uuid, error: &Error) -> Result<i32> {
    let is_busy = matches!(error, Error::Unavailable(_));
    let counted = i32::from(!is_busy);
    let (attempts, retry_at) = transaction(conn, async |tx| {
        let attempts: i32 = diesel::insert_into(setbacks::table)
            .values((
                setbacks::job.eq(job),
                setbacks::subject_id.eq(subject),
                setbacks::attempts.eq(counted),
                setbacks::retry_at.eq(now + BUSY),
            ))
            .on_conflict((setbacks::job, setbacks::subject_id))
            .do_update()
            .set(setbacks::attempts.eq(setbacks::attempts + counted))
            .returning(setbacks::attempts)
            .get_result(tx)
            .await?;
        let retry_at = now + if is_busy { BUSY } else { pause_after(attempts) };
        diesel::update(setbacks::table.find((job, subject))).set(setbacks::retry_at.eq(retry_at)).execute(tx).await?;
        Ok((attempts, retry_at))
    })
    .await?;
    metrics::counter!("gotit_job_setbacks_total", "job" => job).increment(1);
    if is_busy {
        tracing::warn!(job, %subject, %retry_at, cause = %error, "something that is due has to wait");
    } else {
        tracing::error!(job, %subject, attempts, %retry_at, cause = ?error, "something that is due could not be done");
    }
    Ok(attempts)
}

/// Forgets what has not failed again for long. Gives how many.
pub async fn forget_old(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    Ok(diesel::delete(setbacks::table.filter(setbacks::retry_at.le(now - KEPT))).execute(conn).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_six_hours() {
        assert_eq!(pause_after(0), Duration::seconds(30));
        assert_eq!(pause_after(1), Duration::seconds(30));
        assert_eq!(pause_after(2), Duration::seconds(60));
        assert_eq!(pause_after(i32::MAX), Duration::hours(6));
    }
}
