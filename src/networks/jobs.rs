//! The yearly check of groups, by the clock: those whose approval has lasted for long enough are asked whether they are still there, and
//! those that have not answered for a month are suspended. For the worker: each call deals with some and says with how many.

use chrono::{DateTime, Utc};

use super::{Standing, queries, service::standing};
use crate::{
    db::{Conn, transaction},
    error::{Error, Result},
    inbox::{self, Notice},
    types::ids::{GroupId, NetworkId},
};

/// Groups that one call deals with, each in a transaction of its own.
const GROUPS: i64 = 20;

/// Asks groups whether they are still there.
pub async fn recertify(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    some(conn, Standing::Approved, now, async |tx, of| Ok(vec![standing::recertify(tx, now, of).await?])).await
}

/// Suspends groups that have not answered.
pub async fn suspend_silent(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    some(conn, Standing::RecertificationRequired, now, async |tx, of| standing::lapse(tx, now, of).await).await
}

/// Deals with some groups; what goes wrong with one does not keep the others waiting.
async fn some(
    conn: &mut Conn,
    state: Standing,
    now: DateTime<Utc>,
    deal: impl AsyncFn(&mut Conn, (NetworkId, GroupId)) -> Result<Vec<Notice>>,
) -> Result<usize> {
    let (mut done, mut failed) = (0, None);
    for of in queries::due_for_check(conn, state, now, GROUPS).await? {
        let dealt = transaction(conn, async |tx| {
            if !queries::lock_due(tx, of, state, now).await? {
                return Ok(0);
            }
            let notices = deal(tx, of).await?;
            inbox::tell(tx, now, notices).await?;
            Ok(1)
        });
        match dealt.await {
            Ok(one) => done += one,
            Err(error @ Error::Unavailable(_)) => return Err(error),
            Err(error) => {
                tracing::error!(network = %of.0, group = %of.1, cause = ?error, "the yearly check of a group could not be done");
                failed = Some(error);
            }
        }
    }
    failed.filter(|_| done == 0).map_or(Ok(done), Err)
}
