//! What time does to complaints. Safe with any number of processes; each call is one batch.

use chrono::{DateTime, Duration, Utc};
use diesel::{
    prelude::*,
    sql_types::{BigInt, Timestamptz},
};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::{
    queries,
    rules::{ADDRESS_KEPT, WARNED_BEFORE},
    service::to_coordinators,
};
use crate::{
    db::Conn,
    error::Result,
    inbox::{self, Topic},
    schema::reminders,
    setbacks,
};

/// Complaints in one transaction.
const AT_ONCE: i64 = 100;

/// As what failures are noted: the name of the job (`worker::JOBS`).
const JOB: &str = "warn_of_complaints";

const DUE_SOON: &str = "complaint_due_soon";
const LATE: &str = "complaint_late";

/// Warns coordinators a week before a complaint has to be answered, and when it should have been. Gives the number of complaints.
pub async fn warn(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let mut warned = 0;
    for (kind, before) in [(LATE, Duration::zero()), (DUE_SOON, WARNED_BEFORE)] {
        let some = async |tx: &mut Conn, most, taken: &mut Vec<Uuid>| remind(tx, (kind, before), now, most, taken).await;
        warned += setbacks::batch(conn, (JOB, now), AT_ONCE, some).await?;
    }
    Ok(warned)
}

async fn remind(
    tx: &mut Conn,
    (kind, before): (&'static str, Duration),
    now: DateTime<Utc>,
    most: i64,
    taken: &mut Vec<Uuid>,
) -> Result<usize> {
    let due = queries::due(tx, (JOB, kind), (now, now + before), most).await?;
    taken.extend(due.iter().map(|complaint| complaint.id.0));
    let mut notices = Vec::new();
    for complaint in &due {
        let reminder = (
            reminders::kind.eq(kind),
            reminders::subject_id.eq(complaint.id.0),
            reminders::due_at.eq(complaint.answer_by),
            reminders::created_at.eq(now),
        );
        // Another process may have done so meanwhile.
        let is_new = diesel::insert_into(reminders::table).values(reminder).on_conflict_do_nothing().execute(tx).await? == 1;
        let late = complaint.answer_by <= now;
        // What is late already is not due soon.
        if is_new && late == (kind == LATE) {
            notices.extend(to_coordinators(tx, complaint, Topic::ComplaintDue, late).await?);
        }
    }
    inbox::tell(tx, now, notices).await?;
    Ok(due.len())
}

/// Erases the e-mail addresses of visitors 30 days after their complaints were answered. Gives how many.
pub async fn erase_addresses(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let erased = diesel::sql_query(
        "with old as (select id from complaints where answered_at < $1 and email is not null limit $2 for update skip locked)
         update complaints set email = null where id in (select id from old)",
    )
    .bind::<Timestamptz, _>(now - ADDRESS_KEPT)
    .bind::<BigInt, _>(AT_ONCE)
    .execute(conn)
    .await?;
    Ok(erased)
}
