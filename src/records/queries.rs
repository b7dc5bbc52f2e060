//! What records ask of the database. Every function starts from the network.

pub mod figures;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::{dsl::sql, prelude::*, sql_types::Bool};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::model::{Entry, Filter};
use crate::{
    db::Conn,
    error::Result,
    schema::{audit_entries, network_staff, users},
    types::ids::{NetworkId, UserId},
};

/// Where the page before ended: time and id of its last entry.
pub type After = (DateTime<Utc>, Uuid);

/// What was done in a network, the latest first.
pub async fn entries(conn: &mut Conn, network: NetworkId, filter: &Filter, after: Option<After>, limit: i64) -> Result<Vec<Entry>> {
    let mut query = audit_entries::table.filter(audit_entries::network_id.eq(network.0)).into_boxed();
    if let Some(action) = &filter.action {
        query = query.filter(audit_entries::action.eq(action));
    }
    if let Some(actor) = filter.actor {
        query = query.filter(audit_entries::actor_id.eq(actor.0));
    }
    if let Some(group) = filter.group {
        query = query.filter(audit_entries::group_id.eq(group.0));
    }
    if let Some(kind) = &filter.subject_type {
        query = query.filter(audit_entries::subject_type.eq(kind));
    }
    if let Some(id) = &filter.subject_id {
        query = query.filter(audit_entries::subject_id.eq(id));
    }
    if let Some(outcome) = filter.outcome {
        // As text: a statement planned once for all values sees only then that an index of the denied serves.
        query = query.filter(sql::<Bool>(&format!("audit_entries.outcome = '{outcome}'")));
    }
    if let Some(from) = filter.from {
        query = query.filter(audit_entries::occurred_at.ge(from));
    }
    if let Some(until) = filter.until {
        query = query.filter(audit_entries::occurred_at.lt(until));
    }
    if let Some((time, id)) = after {
        // The first condition says the same as the second, in a way that an index understands.
        let earlier = audit_entries::occurred_at.lt(time).or(audit_entries::id.lt(id));
        query = query.filter(audit_entries::occurred_at.le(time)).filter(earlier);
    }
    let latest = query.order((audit_entries::occurred_at.desc(), audit_entries::id.desc())).limit(limit);
    Ok(latest.select(Entry::as_select()).load(conn).await?)
}

/// What those of these people are called who work for the network now: its staff know each other. Others stay ids.
pub async fn staff_names(conn: &mut Conn, network: NetworkId, people: &[UserId]) -> Result<HashMap<UserId, String>> {
    let staff = network_staff::table.inner_join(users::table).filter(network_staff::network_id.eq(network));
    let known = staff.filter(network_staff::user_id.eq_any(people)).select((network_staff::user_id, users::name));
    Ok(known.load(conn).await?.into_iter().collect())
}
