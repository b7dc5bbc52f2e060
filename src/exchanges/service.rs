//! What is done with exchanges.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{Side, State, model::Exchange};
use crate::{
    db::Conn,
    error::{Code, Error, OnConstraint, Result},
    inbox::{Notice, Topic},
    interests::EndReason,
    schema::exchanges,
    types::ids::ListingId,
};

/// Declines every proposal about a listing that has ended. What was agreed stays agreed. Gives what the groups are told. The
/// listing is locked by the caller.
pub async fn close_for_listing(tx: &mut Conn, now: DateTime<Utc>, listing: ListingId, reason: EndReason) -> Result<Vec<Notice>> {
    let about = exchanges::offer_id.eq(listing).or(exchanges::want_id.eq(listing));
    let closed = diesel::update(exchanges::table.filter(about).filter(exchanges::state.eq(State::Proposed)))
        .set((
            exchanges::state.eq(State::Declined),
            exchanges::ended_by.eq(Side::System),
            exchanges::end_reason.eq(reason.as_str()),
            exchanges::updated_at.eq(now),
            exchanges::version.eq(exchanges::version + 1),
        ))
        .returning(Exchange::as_returning())
        .get_results(tx)
        .await?;
    let told = |exchange: &Exchange| {
        let (giver, receiver) = (exchange.giver_group_id, exchange.receiver_group_id);
        [(giver, receiver), (receiver, giver)].map(|(group, other)| Notice {
            listing: Some(listing),
            exchange: Some(exchange.id),
            other_group: Some(other),
            facts: json!({"reason": reason}),
            ..Notice::to_group(group, Topic::ExchangeDeclined)
        })
    };
    Ok(closed.iter().flat_map(told).collect())
}

/// Stores an exchange that both sides have agreed on, which promises its quantity. The caller has locked its listings, in the order
/// of their ids, and seen that they are open and have enough left; should that be wrong, the database refuses.
pub async fn insert(tx: &mut Conn, exchange: &Exchange) -> Result<()> {
    diesel::insert_into(exchanges::table)
        .values(exchange)
        .execute(tx)
        .await
        .on_constraint("listings_never_promise_more_than_there_is", || {
            Error::problem(Code::NotEnoughLeft, "Less than that is left. Read the listing again and ask for what there is.")
        })?;
    Ok(())
}
