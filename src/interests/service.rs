//! What is done with interests.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{EndReason, State, model::Interest};
use crate::{
    db::Conn,
    error::Result,
    inbox::{Notice, Topic},
    schema::interests,
    types::ids::ListingId,
};

/// Answers every open interest in a listing that has ended, with the owner's words if there are any. Gives what the interested
/// groups are told. The listing is locked by the caller.
pub async fn close_for_listing(
    tx: &mut Conn,
    now: DateTime<Utc>,
    listing: ListingId,
    reason: EndReason,
    words: Option<&str>,
) -> Result<Vec<Notice>> {
    let open = interests::table.filter(interests::listing_id.eq(listing)).filter(interests::state.eq(State::Open));
    let closed = diesel::update(open)
        .set((
            interests::state.eq(State::Declined),
            interests::end_reason.eq(reason),
            interests::end_words.eq(words),
            interests::answered_at.eq(now),
            interests::updated_at.eq(now),
        ))
        .returning(Interest::as_returning())
        .get_results(tx)
        .await?;
    Ok(closed.iter().map(|interest| declined(interest, reason)).collect())
}

/// What a group is told whose interest came to nothing.
fn declined(interest: &Interest, reason: EndReason) -> Notice {
    Notice {
        listing: Some(interest.listing_id),
        interest: Some(interest.id),
        other_group: Some(interest.owner_group_id),
        facts: json!({"reason": reason}),
        ..Notice::to_group(interest.group_id, Topic::InterestDeclined)
    }
}
