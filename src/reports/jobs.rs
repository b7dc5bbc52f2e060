//! What time does to reports.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::RunQueryDsl;

use super::rules::MARKS_KEPT;
use crate::{db::Conn, error::Result};

/// Reports in one statement.
const AT_ONCE: i64 = 500;

/// Forgets, 30 days after the end of reports, from which network addresses they came. Gives how many reports.
pub async fn forget_addresses(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let forgotten = diesel::sql_query(
        "with old as (
               select id from reports where closed_at < $1 and address_mark is not null order by closed_at limit $2 for update skip locked)
             update reports set address_mark = null,
               reporter_mark = case when reporter_mark = address_mark then sha256(convert_to(id::text, 'UTF8')) else reporter_mark end
             where id in (select id from old)",
    )
    .bind::<Timestamptz, _>(now - MARKS_KEPT)
    .bind::<BigInt, _>(AT_ONCE)
    .execute(conn)
    .await?;
    Ok(forgotten)
}
