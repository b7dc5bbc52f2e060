//! How much of the queue a coordinator takes on, and when.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};

use super::claims;
use crate::{
    audit::{self, Act},
    db::{Conn, transaction},
    error::{Error, Result},
    moderation::{Day, model::Load, queries::load},
    networks::StaffRole,
    schema::network_staff,
    types::ids::{NetworkId, UserId},
};

/// What a coordinator sets, checked.
#[derive(Debug, Clone)]
pub struct Wishes {
    /// How many items at once.
    pub carries_at_once: i32,
    /// On which days the person wants to hear of the queue.
    pub works_on: Vec<Day>,
    /// Whether the person has a break.
    pub paused: bool,
    /// When it ends by itself.
    pub paused_until: Option<DateTime<Utc>>,
}

/// How much a coordinator takes on, and how many items they are at.
pub async fn find(conn: &mut Conn, (user, now): (UserId, DateTime<Utc>), network: NetworkId) -> Result<(Load, i64)> {
    let carries = load::load(conn, network, user).await?.ok_or_else(|| Error::not_found("member of the staff"))?;
    Ok((carries, load::claimed_by(conn, network, user, now).await?))
}

/// Sets how much a coordinator takes on. Who has a break gives back all that they are at.
pub async fn set(conn: &mut Conn, (user, now): (UserId, DateTime<Utc>), network: NetworkId, wishes: Wishes) -> Result<(Load, i64)> {
    transaction(conn, async |tx| {
        let before = load::lock_load(tx, network, user).await?.ok_or_else(|| Error::not_found("member of the staff"))?;
        let days: Vec<Option<Day>> = wishes.works_on.iter().copied().map(Some).collect();
        diesel::update(network_staff::table.find((network, user)))
            .set((
                network_staff::carries_at_once.eq(wishes.carries_at_once),
                network_staff::works_on.eq(days),
                network_staff::paused.eq(wishes.paused),
                network_staff::paused_until.eq(wishes.paused_until),
            ))
            .execute(tx)
            .await?;
        let found = find(tx, (user, now), network).await?;
        if found.0.is_paused_at(now) {
            claims::release_all(tx, network, user).await?;
        }
        let detail = json!({"carries_at_once": wishes.carries_at_once, "paused": wishes.paused});
        let act = Act { role: Some(StaffRole::Coordinator.as_str()), ..Act::of(user, "set_load", "user", user) };
        let act = act.changing(&for_records(&before), &for_records(&found.0));
        audit::record(tx, now, Act { network: Some(network), detail, ..act }).await?;
        find(tx, (user, now), network).await
    })
    .await
}

fn for_records(load: &Load) -> Value {
    let Load { carries_at_once, works_on, paused, paused_until, .. } = load;
    json!({"carries_at_once": carries_at_once, "works_on": works_on, "paused": paused, "paused_until": paused_until})
}
