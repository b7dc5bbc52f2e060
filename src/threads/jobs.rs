//! What time does to threads.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::RunQueryDsl;

use super::rules::AFTER_THE_END;
use crate::{db::Conn, error::Result};

/// Contact details that are erased in one statement: few enough for its timeout.
const AT_ONCE: i64 = 500;

/// Erases contact details 30 days after their exchange ended (see `rules::ended_at`, which this repeats in SQL). Gives how many groups'.
pub async fn erase_contacts(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let erased = diesel::sql_query(
        "with old as (
               select r.id from contact_reveals r join exchanges e on e.id = r.exchange_id
               where r.erased_at is null and $2 > case
                 when e.state in ('proposed', 'accepted', 'scheduled', 'handed_over') then 'infinity'
                 when e.state = 'completed' and e.basis = 'give' then e.completed_at
                 when e.state = 'completed' then coalesce(e.returned_at, greatest(e.completed_at, e.return_by))
                 else e.updated_at end
               limit $3 for update of r skip locked)
             update contact_reveals set name = null, email = null, phone = null, erased_at = $1 where id in (select id from old)",
    )
    .bind::<Timestamptz, _>(now)
    .bind::<Timestamptz, _>(now - AFTER_THE_END)
    .bind::<BigInt, _>(AT_ONCE)
    .execute(conn)
    .await?;
    Ok(erased)
}
