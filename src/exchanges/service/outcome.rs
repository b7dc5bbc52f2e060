//! What became of an exchange, as each of its groups tells it.

use chrono::{DateTime, Utc};
use diesel::{prelude::*, upsert::excluded};
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::Actor;
use crate::{
    audit::{self, Act},
    db::{Conn, transaction},
    error::{Error, Result},
    exchanges::{
        HowItWent, State,
        model::{Exchange, Outcome},
        queries,
        rules::{Refused, measure_of},
    },
    schema::outcomes,
    types::ids::ExchangeId,
};

/// What a group tells, checked.
#[derive(Debug, Clone)]
pub struct Told {
    /// How it went.
    pub how_it_went: HowItWent,
    /// How many people it helped.
    pub people_helped: Option<i32>,
    /// How much, in the measure of the resource type.
    pub amount: Option<f64>,
    /// A story about it.
    pub story: Option<String>,
    /// Whether the story may be published.
    pub may_publish: bool,
}

/// Writes what the actor's group tells, in the place of what it told before.
pub async fn tell(conn: &mut Conn, actor: Actor, id: ExchangeId, told: Told) -> Result<Outcome> {
    transaction(conn, async |tx| {
        let exchange = queries::lock(tx, id).await?.ok_or_else(|| Error::not_found("exchange"))?;
        if exchange.state != State::Completed {
            let detail = format!("This exchange is {}. Its outcome can be told once it is completed.", exchange.state.in_words());
            return Err(Refused::State(detail).into());
        }
        let outcome = store(tx, of(&exchange, actor, told, actor.now)?).await?;
        let act = Act {
            group: Some(outcome.group_id),
            network: Some(exchange.network_id),
            detail: json!({"may_publish": outcome.may_publish}),
            ..Act::by(actor.user, "tell_outcome", "exchange", id)
        };
        audit::record(tx, actor.now, act).await?;
        Ok(outcome)
    })
    .await
}

fn of(exchange: &Exchange, actor: Actor, told: Told, now: DateTime<Utc>) -> Result<Outcome> {
    Ok(Outcome {
        exchange_id: exchange.id,
        group_id: exchange.group_of(actor.side).ok_or_else(|| Error::not_allowed("Only the two groups tell what became of it."))?,
        how_it_went: told.how_it_went,
        people_helped: told.people_helped,
        amount: told.amount,
        measure: told.amount.map(|_| measure_of(&exchange.resource_type)),
        story: told.story,
        may_publish: told.may_publish,
        created_by: actor.user,
        created_at: now,
        updated_at: now,
    })
}

async fn store(tx: &mut Conn, outcome: Outcome) -> Result<Outcome> {
    let stored = diesel::insert_into(outcomes::table)
        .values(outcome)
        .on_conflict((outcomes::exchange_id, outcomes::group_id))
        .do_update()
        .set((
            outcomes::how_it_went.eq(excluded(outcomes::how_it_went)),
            outcomes::people_helped.eq(excluded(outcomes::people_helped)),
            outcomes::amount.eq(excluded(outcomes::amount)),
            outcomes::measure.eq(excluded(outcomes::measure)),
            outcomes::story.eq(excluded(outcomes::story)),
            outcomes::may_publish.eq(excluded(outcomes::may_publish)),
            outcomes::updated_at.eq(excluded(outcomes::updated_at)),
        ))
        .returning(Outcome::as_returning());
    Ok(stored.get_result(tx).await?)
}
