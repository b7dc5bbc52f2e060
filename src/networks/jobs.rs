//! The yearly check of groups, by the clock: those whose approval has lasted for long enough are asked whether they are still there, and
//! those that have not answered for a month are suspended. For the worker: each call deals with some and says with how many.

use chrono::{DateTime, Utc};

use super::{Standing, queries, rules::Decision, service::standing};
use crate::{
    db::{Conn, transaction},
    error::Result,
    inbox,
    moderation::{
        Reason,
        service::{
            decide::Decider,
            direct::{self, Said},
        },
    },
    setbacks,
    types::{
        ids::{GroupId, NetworkId},
        text::Reason as Words,
    },
};

/// Groups that one call deals with, each in a transaction of its own.
const GROUPS: i64 = 20;

/// Why a group is suspended that does not answer, for it to read.
const NOT_HEARD_OF: &str =
    "Nobody of the group has said for a month that it is still there. If it is, appeal, and a coordinator of the network lets it back in.";

/// Asks groups whether they are still there.
pub async fn recertify(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let job = ("recertify_groups", now);
    some(conn, job, Standing::Approved, async |tx, of| {
        let notice = standing::recertify(tx, now, of).await?;
        inbox::tell(tx, now, vec![notice]).await
    })
    .await
}

/// Suspends groups that have not answered: decisions of the program, against which they may appeal.
pub async fn suspend_silent(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let job = ("suspend_silent_groups", now);
    some(conn, job, Standing::RecertificationRequired, async |tx, of| {
        let said = Said { reason: Some(Reason::NotReachable), words: Words::parse(NOT_HEARD_OF).ok() };
        direct::decide_within(tx, Decider { user: None, now }, of, Decision::Suspend, said).await
    })
    .await
}

/// Deals with some groups; what goes wrong with one does not keep the others waiting. `job`: as `worker::JOBS` names it, and now.
async fn some(
    conn: &mut Conn,
    job: (&'static str, DateTime<Utc>),
    state: Standing,
    deal: impl AsyncFn(&mut Conn, (NetworkId, GroupId)) -> Result<()>,
) -> Result<usize> {
    let now = job.1;
    let due = queries::due_for_check(conn, job, state, GROUPS).await?.into_iter().map(|of| (of.1.0, of)).collect();
    let one = async |conn: &mut Conn, of| {
        transaction(conn, async |tx| {
            if !queries::lock_due(tx, of, state, now).await? {
                return Ok(0);
            }
            deal(tx, of).await?;
            Ok(1)
        })
        .await
    };
    setbacks::each(conn, job, due, one).await
}
