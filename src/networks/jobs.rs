//! The yearly check of groups, by the clock: those whose approval has lasted for long enough are asked whether they are still there, and
//! those that have not answered for a month are suspended. For the worker: each call deals with some and says with how many.

use chrono::{DateTime, Utc};

use super::{Standing, queries, service::standing};
use crate::{
    db::{Conn, transaction},
    error::Result,
    inbox::{self, Notice},
    setbacks,
    types::ids::{GroupId, NetworkId},
};

/// Groups that one call deals with, each in a transaction of its own.
const GROUPS: i64 = 20;

/// Asks groups whether they are still there.
pub async fn recertify(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let job = ("recertify_groups", now);
    some(conn, job, Standing::Approved, async |tx, of| Ok(vec![standing::recertify(tx, now, of).await?])).await
}

/// Suspends groups that have not answered.
pub async fn suspend_silent(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let job = ("suspend_silent_groups", now);
    some(conn, job, Standing::RecertificationRequired, async |tx, of| standing::lapse(tx, now, of).await).await
}

/// Deals with some groups; what goes wrong with one does not keep the others waiting. `job`: as `worker::JOBS` names it, and now.
async fn some(
    conn: &mut Conn,
    job: (&'static str, DateTime<Utc>),
    state: Standing,
    deal: impl AsyncFn(&mut Conn, (NetworkId, GroupId)) -> Result<Vec<Notice>>,
) -> Result<usize> {
    let now = job.1;
    let due = queries::due_for_check(conn, job, state, GROUPS).await?.into_iter().map(|of| (of.1.0, of)).collect();
    let one = async |conn: &mut Conn, of| {
        transaction(conn, async |tx| {
            if !queries::lock_due(tx, of, state, now).await? {
                return Ok(0);
            }
            let notices = deal(tx, of).await?;
            inbox::tell(tx, now, notices).await?;
            Ok(1)
        })
        .await
    };
    setbacks::each(conn, job, due, one).await
}
