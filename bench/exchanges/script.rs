//! The statements of a proposal and its accept as one pgbench script that can be run again and again: what the program made anew
//! (ids), or was told by the database (inboxes, numbers of notices), is made anew and asked for again each time, and each client asks
//! for a group of its own.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::rig::{pgbench::Script, statements::Statement};

/// What counting an inbox up gives, as pgbench names it.
const NUMBER: &str = "last_number";

/// The script of these statements, which ran after `since`, for the first of the groups that ask.
pub fn of(number: usize, statements: &[Statement], since: DateTime<Utc>, askers: &[String]) -> Script {
    let new_ids = new_ids(statements, since);
    let mut script = Script::default();
    let ids = new_ids.values().map(|name| format!("lpad(to_hex(nextval('bench.exchange_numbers')), 32, '0')::uuid as {name}"));
    let asker = format!("('{{{}}}'::uuid[])[:client_id::integer + 1] as asker", askers.join(","));
    script.sql = format!("select {} \\gset\n", ids.chain([asker]).collect::<Vec<_>>().join(", "));
    let mut counted = None;
    for (place, statement) in statements.iter().enumerate() {
        let into_notices = statement.sql.starts_with("INSERT INTO \"notices\"");
        let sql = statement.with_parameters(|parameter, value, of_type| {
            let Some(value) = value else { return format!("null::{of_type}") };
            // pgbench takes no empty values.
            if value.is_empty() {
                return format!("''::{of_type}");
            }
            if let Some(name) = new_ids.get(value) {
                return format!(":{name}::uuid");
            }
            if askers.first().is_some_and(|asker| asker == value) {
                return ":asker::uuid".to_owned();
            }
            match (counted, of_type) {
                (Some(inbox), "uuid") if into_notices && parameter == 1 => return format!(":i{inbox}_id::uuid"),
                (Some(inbox), "bigint") if into_notices => return format!(":i{inbox}_{NUMBER}::bigint"),
                _ => {}
            }
            let name = format!("r{number}_s{place}_p{parameter}");
            let written = format!(":{name}::{of_type}");
            script.variables.push((name, value.to_owned()));
            written
        });
        let counts = statement.sql.starts_with("INSERT INTO \"inboxes\"");
        counted = if counts { Some(place) } else { counted };
        let end = if counts { format!(" \\gset i{place}_") } else { ";".to_owned() };
        script.sql.push_str(&format!("{}{end}\n", sql.replace('\n', " ")));
    }
    script
}

/// Ids that were made since then, and a name for each.
fn new_ids(statements: &[Statement], since: DateTime<Utc>) -> BTreeMap<String, String> {
    let values = statements.iter().flat_map(|statement| statement.values.iter().flatten());
    let new = values.filter(|value| made_at(value).is_some_and(|time| time >= since));
    let mut ids: BTreeMap<String, String> = BTreeMap::new();
    for value in new {
        let name = format!("n{}", ids.len());
        ids.entry(value.clone()).or_insert(name);
    }
    ids
}

/// When a UUIDv7 was made.
fn made_at(text: &str) -> Option<DateTime<Utc>> {
    let (seconds, nanos) = Uuid::parse_str(text).ok()?.get_timestamp()?.to_unix();
    DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanos)
}
