//! What is done with threads.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::{
    db::Conn,
    error::Result,
    schema::{thread_groups, threads},
    types::ids::{GroupId, ThreadId},
};

/// Begins a talk between two groups.
pub async fn open(tx: &mut Conn, now: DateTime<Utc>, groups: [GroupId; 2]) -> Result<ThreadId> {
    let id = ThreadId::new();
    diesel::insert_into(threads::table).values((threads::id.eq(id), threads::created_at.eq(now))).execute(tx).await?;
    let both = groups.map(|group| (thread_groups::thread_id.eq(id), thread_groups::group_id.eq(group)));
    diesel::insert_into(thread_groups::table).values(both.to_vec()).execute(tx).await?;
    Ok(id)
}
