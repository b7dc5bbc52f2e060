//! Audit entries: what was done, by whom, for which group, when and why. Written in the transaction of the act.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    db::Conn,
    error::Result,
    schema::audit_entries,
    types::ids::{GroupId, NetworkId, UserId},
};

/// One act. `detail` holds facts, never an e-mail address, a name or a password.
#[derive(Debug, Clone)]
pub struct Act {
    /// Who did it; none for the system itself.
    pub actor: Option<UserId>,
    /// The group it was done for.
    pub group: Option<GroupId>,
    /// The network whose staff may read the entry.
    pub network: Option<NetworkId>,
    /// Verb and resource, for example `approve_group`.
    pub action: &'static str,
    /// What it was done to: a kind and an id.
    pub subject: (&'static str, String),
    /// Why, for the person concerned to read.
    pub reason: Option<String>,
    /// Facts of the act.
    pub detail: Value,
}

impl Act {
    /// An act of `actor` on a subject, to be completed with struct update syntax.
    pub fn of(actor: UserId, action: &'static str, subject: &'static str, id: impl ToString) -> Self {
        Self {
            actor: Some(actor),
            group: None,
            network: None,
            action,
            subject: (subject, id.to_string()),
            reason: None,
            detail: Value::Object(serde_json::Map::new()),
        }
    }
}

/// Records an act.
pub async fn record(conn: &mut Conn, now: DateTime<Utc>, act: Act) -> Result<()> {
    diesel::insert_into(audit_entries::table)
        .values((
            audit_entries::id.eq(Uuid::now_v7()),
            audit_entries::occurred_at.eq(now),
            audit_entries::actor_id.eq(act.actor.map(|id| id.0)),
            audit_entries::group_id.eq(act.group.map(|id| id.0)),
            audit_entries::network_id.eq(act.network.map(|id| id.0)),
            audit_entries::action.eq(act.action),
            audit_entries::subject_type.eq(act.subject.0),
            audit_entries::subject_id.eq(act.subject.1),
            audit_entries::reason.eq(act.reason),
            audit_entries::detail.eq(act.detail),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// An act, as it was recorded.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
pub struct Entry {
    /// UUIDv7.
    pub id: Uuid,
    /// When it was done.
    pub occurred_at: DateTime<Utc>,
    /// Who did it; none for the system itself.
    pub actor_id: Option<Uuid>,
    /// The group it was done for.
    pub group_id: Option<Uuid>,
    /// Verb and resource.
    pub action: String,
    /// Why.
    pub reason: Option<String>,
}

/// What was done to a subject, the latest first, from before the entry with this time and id on.
pub async fn of_subject(
    conn: &mut Conn,
    (kind, id): (&str, String),
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Entry>> {
    let about = audit_entries::table.filter(audit_entries::subject_type.eq(kind)).filter(audit_entries::subject_id.eq(id));
    let mut query = about.order((audit_entries::occurred_at.desc(), audit_entries::id.desc())).limit(limit).into_boxed();
    if let Some((time, id)) = before {
        let same_time = audit_entries::occurred_at.eq(time).and(audit_entries::id.lt(id));
        query = query.filter(audit_entries::occurred_at.lt(time).or(same_time));
    }
    Ok(query.select(Entry::as_select()).load(conn).await?)
}
