//! Puts records together, and notes that somebody took them away.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::{
    model::{Entry, Figures, Filter, Period},
    queries::{self, After, figures},
};
use crate::{
    audit::{self, Act},
    db::Conn,
    error::Result,
    http::limits::{Allowance, count_try},
    networks::StaffRole,
    types::ids::{NetworkId, UserId},
};

/// How often one person may take records away: those of a year are work for some seconds.
const EXPORTS: Allowance = Allowance { tries: 10, minutes: 10 };

/// Entries with the names of those who work for the network.
#[derive(Debug, Default)]
pub struct Found {
    /// The latest first.
    pub entries: Vec<Entry>,
    /// What the staff among those who acted are called.
    pub names: HashMap<UserId, String>,
}

/// A page of a network's records.
pub async fn page(conn: &mut Conn, network: NetworkId, filter: &Filter, after: Option<After>, limit: i64) -> Result<Found> {
    let entries = queries::entries(conn, network, filter, after, limit).await?;
    let mut people: Vec<UserId> = entries.iter().filter_map(|entry| entry.actor_id).collect();
    people.sort_unstable();
    people.dedup();
    let names = queries::staff_names(conn, network, &people).await?;
    Ok(Found { entries, names })
}

/// Notes that somebody takes records away, in which form. 429 when that is too often.
pub async fn record_export(
    conn: &mut Conn,
    (user, now): (UserId, DateTime<Utc>),
    network: NetworkId,
    filter: &Filter,
    form: &'static str,
) -> Result<()> {
    count_try(conn, ("export_audit", &user.to_string()), EXPORTS, now).await?;
    let act = Act { role: Some(StaffRole::Coordinator.as_str()), ..Act::of(user, "export_audit", "network", network) };
    let detail = json!({"form": form, "filter": filter});
    audit::record(conn, now, Act { network: Some(network), detail, ..act }).await
}

/// What is counted of a network's moderation in a period.
pub async fn figures(conn: &mut Conn, network: NetworkId, period: Period, now: DateTime<Utc>) -> Result<Figures> {
    let mut flows = figures::flows(conn, network, period, now).await?;
    flows.sort_unstable_by_key(|flow| flow.kind);
    let paces = figures::paces(conn, network, period).await?;
    let counts = figures::counts(conn, network, period, now).await?;
    Ok(Figures { period, as_of: now, flows, paces, counts })
}
