//! Who is at what, for a quarter of an hour, so that two people do not decide the same thing.

use chrono::{DateTime, Duration, Utc};
use diesel::{dsl::sql, prelude::*, sql_types::Bool};
use diesel_async::RunQueryDsl;

use crate::{
    audit::{self, Act},
    db::{Conn, transaction},
    error::{Code, Error, Result},
    moderation::{
        ItemState,
        model::Item,
        queries::{self, load},
        rules::CLAIM_MINUTES,
        service::decide::decided_already,
    },
    networks::StaffRole,
    schema::queue_items,
    types::{
        ids::{NetworkId, QueueItemId, UserId},
        local_time,
    },
};

/// Claims an item for a person, or claims it for longer. 409 when somebody else is at it, when it is decided, when the person has a break
/// or carries as much as they want to.
pub async fn claim(conn: &mut Conn, (user, now): (UserId, DateTime<Utc>), network: NetworkId, id: QueueItemId) -> Result<Item> {
    transaction(conn, async |tx| {
        // The person first: of two claims at once, the second sees the first.
        let carries = load::lock_load(tx, network, user).await?.ok_or_else(|| Error::not_found("member of the staff"))?;
        let item = waiting(tx, network, id).await?;
        free(&item, user, now)?;
        let is_mine = item.claim_at(now).is_some();
        if carries.is_paused_at(now) {
            return Err(Error::problem(Code::Conflict, "You have a break from the queue. End it first."));
        }
        if !is_mine && load::claimed_by(tx, network, user, now).await? >= carries.carries_at_once.into() {
            let most = carries.carries_at_once;
            return Err(Error::problem(
                Code::LimitReached,
                format!("You carry {most} at once, as you have set. Decide or release one of those, or set a higher number."),
            ));
        }
        let until = now + Duration::minutes(CLAIM_MINUTES);
        diesel::update(queue_items::table.find(id))
            .set((queue_items::claimed_by.eq(user), queue_items::claimed_until.eq(until)))
            .execute(tx)
            .await?;
        let act = Act::of(user, "claim_queue_item", "queue_item", id);
        let role = Some(StaffRole::Coordinator.as_str());
        audit::record(tx, now, Act { role, network: Some(network), group: Some(item.group_id), ..act }).await?;
        Ok(Item { claimed_by: Some(user), claimed_until: Some(until), ..item })
    })
    .await
}

/// Gives a claimed item back. Given back before: nothing changes. 409 when somebody else is at it.
pub async fn release(conn: &mut Conn, (user, now): (UserId, DateTime<Utc>), network: NetworkId, id: QueueItemId) -> Result<()> {
    transaction(conn, async |tx| {
        let item = queries::lock_item(tx, network, id).await?.ok_or_else(no_such_item)?;
        free(&item, user, now)?;
        if item.claimed_by != Some(user) {
            return Ok(());
        }
        hand_back(tx, &[id]).await?;
        let act = Act::of(user, "release_queue_item", "queue_item", id);
        let role = Some(StaffRole::Coordinator.as_str());
        audit::record(tx, now, Act { role, network: Some(network), group: Some(item.group_id), ..act }).await
    })
    .await
}

/// Gives back all that a person is at, but for what is being decided at this moment.
pub async fn release_all(tx: &mut Conn, network: NetworkId, user: UserId) -> Result<()> {
    let own = queue_items::table.filter(queue_items::network_id.eq(network)).filter(queue_items::claimed_by.eq(user));
    // As text: a statement planned once for all values sees only then that the partial index serves.
    let waiting = own.filter(sql::<Bool>("queue_items.state = 'waiting'"));
    let ids: Vec<QueueItemId> = waiting.order(queue_items::id).select(queue_items::id).for_update().skip_locked().load(tx).await?;
    hand_back(tx, &ids).await
}

async fn hand_back(tx: &mut Conn, ids: &[QueueItemId]) -> Result<()> {
    diesel::update(queue_items::table.filter(queue_items::id.eq_any(ids)))
        .set((queue_items::claimed_by.eq(None::<UserId>), queue_items::claimed_until.eq(None::<DateTime<Utc>>)))
        .execute(tx)
        .await?;
    Ok(())
}

/// The item, held, which must wait.
pub(super) async fn waiting(tx: &mut Conn, network: NetworkId, id: QueueItemId) -> Result<Item> {
    let item = queries::lock_item(tx, network, id).await?.ok_or_else(no_such_item)?;
    match item.state {
        ItemState::Waiting => Ok(item),
        ItemState::Withdrawn => Err(Error::problem(Code::WrongState, "What waited here has gone, so there is nothing to decide any more.")),
        ItemState::Decided => Err(decided_already(queries::standing(tx, network, &[id]).await?.as_slice().first())),
    }
}

/// 409 while somebody else is at the item.
pub(super) fn free(item: &Item, user: UserId, now: DateTime<Utc>) -> Result<()> {
    match item.claim_at(now) {
        Some((other, until)) if other != user => Err(Error::problem(
            Code::Claimed,
            format!("Somebody else is at it until {}. Take another one, or wait.", local_time::in_words(until)),
        )),
        _ => Ok(()),
    }
}

/// 404.
pub fn no_such_item() -> Error {
    Error::not_found("item in the queue")
}
