//! Audit entries: what was done, by whom, for which group, when and why. Written in the transaction of the act.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;

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
            audit_entries::id.eq(uuid::Uuid::now_v7()),
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
