//! What complaints ask of the database. Every function starts from the network, or from a code or id that nobody else has.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, not},
    prelude::*,
};
use diesel_async::RunQueryDsl;

use super::model::{Complainant, Complaint, ToWrite};
use crate::{
    db::Conn,
    error::Result,
    schema::{complaints, networks, reminders},
    setbacks::not_put_off,
    types::{
        LookUpCode,
        ids::{ComplaintId, NetworkId},
    },
};

/// The complaint with this code, for whoever has the code.
pub async fn by_code(conn: &mut Conn, code: &LookUpCode) -> Result<Option<Complaint>> {
    let one = complaints::table.filter(complaints::code.eq(code.as_str()));
    Ok(one.select(Complaint::as_select()).first(conn).await.optional()?)
}

/// A page of a network's complaints, the latest first.
pub async fn list(conn: &mut Conn, network: NetworkId, before: Option<(DateTime<Utc>, ComplaintId)>, limit: i64) -> Result<Vec<Complaint>> {
    let mut query = complaints::table.filter(complaints::network_id.eq(network)).into_boxed();
    if let Some((time, id)) = before {
        query = query.filter(complaints::made_at.lt(time).or(complaints::made_at.eq(time).and(complaints::id.lt(id))));
    }
    let rows = query.order((complaints::made_at.desc(), complaints::id.desc())).limit(limit);
    Ok(rows.select(Complaint::as_select()).load(conn).await?)
}

/// A page of those that wait for an answer, the most urgent first.
pub async fn list_open(
    conn: &mut Conn,
    network: NetworkId,
    after: Option<(DateTime<Utc>, ComplaintId)>,
    limit: i64,
) -> Result<Vec<Complaint>> {
    let mut query = complaints::table.filter(complaints::network_id.eq(network)).filter(complaints::answered_at.is_null()).into_boxed();
    if let Some((time, id)) = after {
        query = query.filter(complaints::answer_by.gt(time).or(complaints::answer_by.eq(time).and(complaints::id.gt(id))));
    }
    let rows = query.order((complaints::answer_by, complaints::id)).limit(limit);
    Ok(rows.select(Complaint::as_select()).load(conn).await?)
}

/// A complaint to a network.
pub async fn find(conn: &mut Conn, network: NetworkId, id: ComplaintId) -> Result<Option<Complaint>> {
    let one = complaints::table.find(id).filter(complaints::network_id.eq(network));
    Ok(one.select(Complaint::as_select()).first(conn).await.optional()?)
}

/// The same with whom to tell, locked until the transaction ends.
pub async fn lock(tx: &mut Conn, network: NetworkId, id: ComplaintId) -> Result<Option<(Complaint, Complainant)>> {
    let one = complaints::table.find(id).filter(complaints::network_id.eq(network));
    Ok(one.select((Complaint::as_select(), Complainant::as_select())).for_no_key_update().first(tx).await.optional()?)
}

/// A complaint as a mail about it needs it. For the outbox alone.
pub async fn to_write(conn: &mut Conn, id: ComplaintId) -> Result<Option<ToWrite>> {
    let one = complaints::table.find(id).inner_join(networks::table);
    Ok(one.select(ToWrite::as_select()).first(conn).await.optional()?)
}

/// Complaints of all networks that have to be answered before a time, and of which nobody has been reminded so: held until the transaction
/// ends, but for those that somebody else holds, and those that the job has put off.
pub async fn due(
    tx: &mut Conn,
    (job, kind): (&str, &str),
    (now, before): (DateTime<Utc>, DateTime<Utc>),
    most: i64,
) -> Result<Vec<Complaint>> {
    let reminded = reminders::table.filter(reminders::kind.eq(kind)).filter(reminders::subject_id.eq(complaints::id));
    let due =
        complaints::table.filter(complaints::answered_at.is_null()).filter(complaints::answer_by.le(before)).filter(not(exists(reminded)));
    let due = due.filter(not_put_off!(job, complaints::id, now));
    Ok(due.order(complaints::id).limit(most).select(Complaint::as_select()).for_update().skip_locked().load(tx).await?)
}
