//! The outbox: what must happen after a change (mail, notices to others, later webhooks), written in the transaction of the change it
//! announces and delivered after that commits, at least once. `topics` is the table of what it delivers. `docs/MAIL.md` tells operators how to switch mail on.

pub mod mail;
pub mod queries;
pub mod service;
pub mod topics;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;

use crate::{db::Conn, error::Result, schema::outbox_events};

pub use mail::MailConfig;
pub use service::{Post, tidy};

/// Records that something happened, to be delivered as soon as the transaction has committed. `topic` is a noun and what became
/// of it, for example `invitation.created`; `payload` is all that the delivery needs.
pub async fn record(conn: &mut Conn, now: DateTime<Utc>, topic: &'static str, payload: Value) -> Result<()> {
    diesel::insert_into(outbox_events::table)
        .values((
            outbox_events::id.eq(uuid::Uuid::now_v7()),
            outbox_events::topic.eq(topic),
            outbox_events::payload.eq(payload),
            outbox_events::created_at.eq(now),
            outbox_events::next_attempt_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Takes back what was recorded under a topic about these things and waits, for this reason: its payload is emptied, and nobody
/// delivers it. `key` is the field of the payload that holds their id.
pub async fn forget(
    tx: &mut Conn,
    now: DateTime<Utc>,
    topic: &'static str,
    (key, ids): (&'static str, Vec<String>),
    why: &'static str,
) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    queries::give_up_about(tx, topic, (key, ids), now, why).await
}
