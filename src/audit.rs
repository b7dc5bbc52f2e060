//! Audit entries: what was done, by whom, as what, for which group, when and why; and what somebody tried who may not. Written in the
//! transaction of the act, and only ever added to: the database refuses to change or delete them (`audit_entries_stay`), and the role that
//! the program works as may not (`db`).

use chrono::{DateTime, Utc};
use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{Bool, Timestamptz},
};
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::{
    db::Conn,
    error::Result,
    schema::audit_entries,
    types::ids::{GroupId, NetworkId, UserId},
};

crate::word_enum! {
    /// What came of an act.
    pub enum Outcome as "AuditOutcome" {
        /// It was done.
        Done = "done",
        /// It was refused, because the person may not.
        Denied = "denied",
    }
}

/// The role of the program itself, in what it does by the clock.
pub const PROGRAM: &str = "program";
/// The role of whoever runs the program, at the command line.
pub const OPERATOR: &str = "operator";

/// One act, to be made with [`Act::of`] or [`Act::by_program`] and struct update syntax. `detail`, `before` and `after` hold facts, never an e-mail address, a name or a password.
#[derive(Debug, Clone)]
pub struct Act {
    /// Who did it; none for the system itself.
    pub actor: Option<UserId>,
    /// As what: coordinator, broker, owner, operator, program ...; none: not said.
    pub role: Option<&'static str>,
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
    /// What it changed, as it was.
    pub before: Option<Value>,
    /// What it changed, as it is.
    pub after: Option<Value>,
    /// What came of it.
    pub outcome: Outcome,
}

impl Act {
    /// An act of `actor` on a subject, to be completed with struct update syntax.
    pub fn of(actor: UserId, action: &'static str, subject: &'static str, id: impl ToString) -> Self {
        Self { actor: Some(actor), role: None, ..Self::by_program(action, subject, id) }
    }

    /// An act of a person, or of the program when there is none.
    pub fn by(actor: Option<UserId>, action: &'static str, subject: &'static str, id: impl ToString) -> Self {
        match actor {
            Some(actor) => Self::of(actor, action, subject, id),
            None => Self::by_program(action, subject, id),
        }
    }

    /// An act of the program itself on a subject, to be completed with struct update syntax.
    pub fn by_program(action: &'static str, subject: &'static str, id: impl ToString) -> Self {
        Self {
            actor: None,
            role: Some(PROGRAM),
            group: None,
            network: None,
            action,
            subject: (subject, id.to_string()),
            reason: None,
            detail: Value::Object(serde_json::Map::new()),
            before: None,
            after: None,
            outcome: Outcome::Done,
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
            audit_entries::actor_role.eq(act.role),
            audit_entries::group_id.eq(act.group.map(|id| id.0)),
            audit_entries::network_id.eq(act.network.map(|id| id.0)),
            audit_entries::action.eq(act.action),
            audit_entries::subject_type.eq(act.subject.0),
            audit_entries::subject_id.eq(act.subject.1),
            audit_entries::reason.eq(act.reason),
            audit_entries::detail.eq(act.detail),
            audit_entries::before.eq(act.before),
            audit_entries::after.eq(act.after),
            audit_entries::outcome.eq(act.outcome),
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

/// What was done to a subject, the latest first, from before the entry with this time and id on. Decisions of coordinators are told when
/// they are final, as to those concerned, and those of another network by that network alone.
pub async fn of_subject(
    conn: &mut Conn,
    now: DateTime<Utc>,
    (kind, id): (&str, String),
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Entry>> {
    let about = audit_entries::table.filter(audit_entries::subject_type.eq(kind)).filter(audit_entries::subject_id.eq(id));
    let is_told = sql::<Bool>(
        "(not audit_entries.detail ? 'decision_id' or exists (select from decisions d join listings l on l.id = d.listing_id
          where d.id = (audit_entries.detail ->> 'decision_id')::uuid and d.network_id = l.network_id and d.undone_at is null and d.final_at <= ",
    )
    .bind::<Timestamptz, _>(now)
    .sql("))");
    let mut query = about.filter(is_told).order((audit_entries::occurred_at.desc(), audit_entries::id.desc())).limit(limit).into_boxed();
    if let Some((time, id)) = before {
        let same_time = audit_entries::occurred_at.eq(time).and(audit_entries::id.lt(id));
        query = query.filter(audit_entries::occurred_at.lt(time).or(same_time));
    }
    Ok(query.select(Entry::as_select()).load(conn).await?)
}
