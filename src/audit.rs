//! Audit entries: what was done, by whom, as what, for which group, when and why; and what somebody tried who may not. Written in the
//! transaction of the act, and only ever added to: the database refuses to change or delete them (`audit_entries_stay`), and the role that
//! the program works as may not (`db`).

use chrono::{DateTime, Utc};
use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{self, Bool, Nullable, Text, Timestamptz},
};
use diesel_async::RunQueryDsl;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::{
    db::Conn,
    error::Result,
    groups::rules::Looker,
    moderation::queries::CONCERNS_GROUP,
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

/// One act, to be made with [`Act::of`] or [`Act::by_program`] and struct update syntax. `detail`, `before` and `after` hold facts, never
/// an e-mail address, a name or a password.
#[derive(Debug, Clone)]
pub struct Act {
    /// Who did it; none for the system itself.
    pub actor: Option<UserId>,
    /// As what: coordinator, broker, owner, operator, program ...; none: as what the person is in the group, or else in the network.
    pub role: Option<&'static str>,
    /// The group it was done for, or that a decision of staff concerns.
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
            detail: Value::Object(Map::new()),
            before: None,
            after: None,
            outcome: Outcome::Done,
        }
    }

    /// The same act with what it changed of a thing, of which these are JSON images; null where there is no such thing.
    pub fn changing(self, before: &Value, after: &Value) -> Self {
        let (before, after) = changed(before, after);
        Self { before, after, ..self }
    }
}

/// What differs between two JSON values, as it was and as it is: of objects, and of objects in them, the fields that differ, and null for a
/// field that one of them lacks; of anything else all of it, and nothing for null. Nothing for both when they are the same. Pure.
pub fn changed(before: &Value, after: &Value) -> (Option<Value>, Option<Value>) {
    let (Value::Object(was), Value::Object(is)) = (before, after) else {
        let known = |value: &Value| (before != after && !value.is_null()).then(|| value.clone());
        return (known(before), known(after));
    };
    let (mut old, mut new) = (Map::new(), Map::new());
    for name in was.keys().chain(is.keys().filter(|name| !was.contains_key(*name))) {
        let (was, is) = (was.get(name).unwrap_or(&Value::Null), is.get(name).unwrap_or(&Value::Null));
        if was != is {
            let (was, is) = changed(was, is);
            old.insert(name.clone(), was.unwrap_or_default());
            new.insert(name.clone(), is.unwrap_or_default());
        }
    }
    if old.is_empty() { (None, None) } else { (Some(Value::Object(old)), Some(Value::Object(new))) }
}

diesel::define_sql_function! {
    /// As what a person acts for a group in a network now (migration 0016).
    fn acting_role(of_group: Nullable<sql_types::Uuid>, of_network: Nullable<sql_types::Uuid>, person: Nullable<sql_types::Uuid>) -> Nullable<Text>;
}
diesel::define_sql_function! {
    /// The first if there is one, else the second.
    fn coalesce(first: Nullable<Text>, second: Nullable<Text>) -> Nullable<Text>;
}

/// Records an act. As what somebody acts for a group or in a network is looked up there and then, so that no act goes without: record
/// before what ends it.
pub async fn record(conn: &mut Conn, now: DateTime<Utc>, act: Act) -> Result<()> {
    let (actor, group, network) = (act.actor.map(|id| id.0), act.group.map(|id| id.0), act.network.map(|id| id.0));
    diesel::insert_into(audit_entries::table)
        .values((
            audit_entries::id.eq(Uuid::now_v7()),
            audit_entries::occurred_at.eq(now),
            audit_entries::actor_id.eq(actor),
            audit_entries::actor_role.eq(coalesce(act.role, acting_role(group, network, actor))),
            audit_entries::group_id.eq(group),
            audit_entries::network_id.eq(network),
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
    /// As what.
    pub actor_role: Option<String>,
    /// The group it was done for, or that a decision concerns.
    pub group_id: Option<Uuid>,
    /// The network whose staff may read it.
    pub network_id: Option<NetworkId>,
    /// Verb and resource.
    pub action: String,
    /// Why.
    pub reason: Option<String>,
}

/// What was done to a subject, the latest first, from before the entry with this time and id on: to members of its group all of it, to
/// staff what was done in their own networks. Decisions of coordinators are told when they are final, as to those concerned; that what was
/// reported stays as it is is for the staff of that network.
pub async fn of_subject(
    conn: &mut Conn,
    (looker, now): (&Looker, DateTime<Utc>),
    (kind, id): (&str, String),
    before: Option<(DateTime<Utc>, Uuid)>,
    limit: i64,
) -> Result<Vec<Entry>> {
    let about = audit_entries::table.filter(audit_entries::subject_type.eq(kind)).filter(audit_entries::subject_id.eq(id));
    let is_told = sql::<Bool>(
        "(not audit_entries.detail ? 'decision_id' or exists (select from decisions
          where decisions.id = (audit_entries.detail ->> 'decision_id')::uuid and decisions.undone_at is null and decisions.final_at <= ",
    )
    .bind::<Timestamptz, _>(now)
    .sql(" and (decisions.network_id = any(")
    .bind::<sql_types::Array<sql_types::Uuid>, _>(&looker.staff_of)
    .sql(") or ")
    .sql(CONCERNS_GROUP)
    .sql(")))");
    let mut query = about.filter(is_told).order((audit_entries::occurred_at.desc(), audit_entries::id.desc())).limit(limit).into_boxed();
    if !looker.member {
        query = query.filter(audit_entries::network_id.is_null().or(audit_entries::network_id.eq_any(&looker.staff_of)));
    }
    if let Some((time, id)) = before {
        let same_time = audit_entries::occurred_at.eq(time).and(audit_entries::id.lt(id));
        query = query.filter(audit_entries::occurred_at.lt(time).or(same_time));
    }
    Ok(query.select(Entry::as_select()).load(conn).await?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn of_two_objects_only_the_fields_that_differ_are_kept() {
        let table = [
            (json!({"a": 1, "b": 2}), json!({"a": 1, "b": 3}), json!({"b": 2}), json!({"b": 3})),
            (json!({"a": 1}), json!({"a": 1, "b": 3}), json!({"b": null}), json!({"b": 3})),
            (json!({"a": 1, "b": [1, 2]}), json!({"a": 1}), json!({"b": [1, 2]}), json!({"b": null})),
            (json!({"a": [1, 2]}), json!({"a": [2]}), json!({"a": [1, 2]}), json!({"a": [2]})),
            (json!({"a": null}), json!({"a": false}), json!({"a": null}), json!({"a": false})),
            (json!({"a": {"b": 1, "c": 2}, "d": 0}), json!({"a": {"b": 1}, "d": 0}), json!({"a": {"c": 2}}), json!({"a": {"c": null}})),
            (json!({"a": {"b": 1}}), json!({"a": 7}), json!({"a": {"b": 1}}), json!({"a": 7})),
        ];
        for (before, after, was, is) in table {
            assert_eq!(changed(&before, &after), (Some(was.clone()), Some(is.clone())), "{before} {after}");
            assert_eq!(changed(&after, &before), (Some(is), Some(was)), "{after} {before}");
        }
    }

    #[test]
    fn what_comes_or_goes_is_kept_whole_and_what_stays_is_not_kept() {
        let thing = json!({"name": "Thanks", "deed": null});
        assert_eq!(changed(&Value::Null, &thing), (None, Some(thing.clone())));
        assert_eq!(changed(&thing, &Value::Null), (Some(thing.clone()), None));
        for same in [thing, json!({"a": {"b": 1}}), Value::Null, json!(7)] {
            assert_eq!(changed(&same, &same), (None, None), "{same}");
        }
        assert_eq!(changed(&json!({"a": null}), &json!({})), (None, None), "what is not there is null");
    }

    #[test]
    fn an_act_has_what_it_changed() {
        let act = Act::by_program("set_load", "user", 7)
            .changing(&json!({"paused": false, "at_once": 20}), &json!({"paused": true, "at_once": 20}));
        assert_eq!((act.before, act.after), (Some(json!({"paused": false})), Some(json!({"paused": true}))));
    }
}
