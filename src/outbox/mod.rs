//! The outbox: what must leave the program (mail, later webhooks), written in the transaction of the change it announces and
//! delivered after that commits, at least once. `docs/MAIL.md` tells operators how to switch mail on.

pub mod mail;
pub mod queries;
pub mod service;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;

use crate::{db::Conn, error::Result, schema::outbox_events};

pub use mail::MailConfig;
pub use service::Worker;

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
