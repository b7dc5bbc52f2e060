//! What is done with exchanges. Locks are taken in this order everywhere: listings by id, interest, exchange, inboxes.

pub mod outcome;
pub mod propose;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{
    Side, State,
    model::{Exchange, ExchangeView, Line},
    notices, queries,
    rules::{
        self, Action, Refused,
        deeds::{self, Deed},
        terms,
    },
};
use crate::{
    audit::{self, Act},
    db::{Conn, transaction},
    error::{Code, Error, OnConstraint, Result},
    groups,
    inbox::{self, Notice},
    interests::EndReason,
    listings::service::fulfilment::fulfil_if_all_gone,
    schema::exchanges,
    types::ids::{ExchangeId, GroupId, ListingId, UserId},
};

/// Who does something about an exchange, for which side, and when.
#[derive(Debug, Clone, Copy)]
pub struct Actor {
    /// The person; none for the program.
    pub user: Option<UserId>,
    /// For which side.
    pub side: Side,
    /// Now.
    pub now: DateTime<Utc>,
}

impl Actor {
    /// The program itself.
    pub fn program(now: DateTime<Utc>) -> Self {
        Self { user: None, side: Side::System, now }
    }
}

/// Does something about an exchange: whole, or not at all.
pub async fn act(conn: &mut Conn, actor: Actor, id: ExchangeId, deed: Deed) -> Result<ExchangeView> {
    let now = actor.now;
    transaction(conn, async |tx| {
        let known = queries::find(tx, id).await?.ok_or_else(|| Error::not_found("exchange"))?;
        let lines = if deed.counts() { queries::lock_lines(tx, &known.listing_ids()).await? } else { Vec::new() };
        let before = queries::lock(tx, id).await?.ok_or_else(|| Error::not_found("exchange"))?;
        let action = deed.action();
        let to = rules::decide(action, actor.side, &before, now)?;
        if to == State::Accepted {
            check_promise(tx, &before, &lines, now).await?;
        }
        let after = deed.applied(before.clone(), (actor.side, to), now)?;
        store(tx, &after).await?;
        record(tx, &actor, action, (&before, &after)).await?;
        let mut told = notices::of(action, &after, actor.side);
        if action == Action::Confirm {
            told.extend(fulfil(tx, now, &after).await?);
        }
        inbox::tell(tx, now, told).await?;
        view(tx, id).await
    })
    .await
}

/// Whether what is agreed may be promised now: 409 when a listing is not open or has less left, while the group of one waits before it
/// chooses, or when a group is not there for the other any more. The listings are locked.
async fn check_promise(tx: &mut Conn, exchange: &Exchange, lines: &[Line], now: DateTime<Utc>) -> Result<()> {
    for line in lines {
        terms::may_promise(line, exchange.quantity, now)?;
        if exchange.group_of(exchange.proposed_by) != Some(line.group_id) {
            terms::may_choose(line, now)?;
        }
    }
    let (giver, receiver) = (exchange.giver_group_id, exchange.receiver_group_id);
    for line in lines {
        for group in [giver, receiver].into_iter().filter(|group| *group != line.group_id) {
            if !groups::queries::may_deal_in(tx, group, line.network_id).await? {
                return Err(not_there_any_more());
            }
        }
    }
    if groups::queries::are_parted(tx, giver, receiver).await? {
        return Err(not_there_any_more());
    }
    Ok(())
}

/// Does not tell who has left or blocked whom.
fn not_there_any_more() -> Error {
    Refused::State("This is not possible any more: one of the two groups is not open to it. Nothing was promised.".to_owned()).into()
}

/// After a completion: listings of which all is gone are fulfilled. They are locked. Gives what the groups are told.
pub async fn fulfil(tx: &mut Conn, now: DateTime<Utc>, exchange: &Exchange) -> Result<Vec<Notice>> {
    fulfil_if_all_gone(tx, now, &exchange.listing_ids()).await
}

/// Declines every proposal about a listing that has ended. What was agreed stays agreed. Gives what the groups are told. The
/// listing is locked by the caller.
pub async fn close_for_listing(tx: &mut Conn, now: DateTime<Utc>, listing: ListingId, reason: EndReason) -> Result<Vec<Notice>> {
    let about = exchanges::offer_id.eq(listing).or(exchanges::want_id.eq(listing));
    let open = exchanges::table.filter(about).filter(exchanges::state.eq(State::Proposed));
    let open = open.order(exchanges::id).select(Exchange::as_select()).for_update().load(tx).await?;
    close(tx, now, open, reason).await
}

/// Declines every proposal between two groups, for example when one of them has blocked the other. What was agreed stays agreed.
/// Gives what the groups are told.
pub async fn close_between(tx: &mut Conn, now: DateTime<Utc>, groups: [GroupId; 2], reason: EndReason) -> Result<Vec<Notice>> {
    let between = exchanges::giver_group_id.eq_any(groups).and(exchanges::receiver_group_id.eq_any(groups));
    let open = exchanges::table.filter(between).filter(exchanges::state.eq(State::Proposed));
    let open = open.order(exchanges::id).select(Exchange::as_select()).for_update().load(tx).await?;
    close(tx, now, open, reason).await
}

/// Declines these proposals, which are locked. Gives what the groups are told.
pub(super) async fn close(tx: &mut Conn, now: DateTime<Utc>, open: Vec<Exchange>, reason: EndReason) -> Result<Vec<Notice>> {
    let mut told = Vec::new();
    for before in open {
        let next = Exchange { state: State::Declined, version: before.version + 1, updated_at: now, ..before.clone() };
        let after = deeds::ended(next, Side::System, reason.as_str(), None);
        store(tx, &after).await?;
        record(tx, &Actor::program(now), Action::Close, (&before, &after)).await?;
        told.extend(notices::of(Action::Close, &after, Side::System));
    }
    Ok(told)
}

/// Stores a new exchange. One that both sides have agreed on promises its quantity: the caller has locked its listings, in the order of
/// their ids, and seen that they are open and have enough left; should that be wrong, the database refuses. A proposal is refused while
/// the group has one about the same listing that waits for an answer.
pub async fn insert(tx: &mut Conn, exchange: &Exchange) -> Result<()> {
    let inserted = diesel::insert_into(exchanges::table).values(exchange).execute(tx).await;
    inserted
        .on_constraint("listings_never_promise_more_than_there_is", not_enough_left)
        .on_constraint("exchanges_one_proposal_for_offer", proposed_already)
        .on_constraint("exchanges_one_proposal_for_want", proposed_already)?;
    Ok(())
}

fn proposed_already() -> Error {
    Error::problem(
        Code::AlreadyExists,
        "Your group has proposed an exchange about this listing that waits for an answer. Withdraw it first to propose something else.",
    )
}

/// Stores what has become of an exchange. What it promises is counted by the database, which refuses to promise more than there is.
pub async fn store(tx: &mut Conn, exchange: &Exchange) -> Result<()> {
    let stored = diesel::update(exchanges::table.find(exchange.id)).set(exchange).execute(tx).await;
    stored.on_constraint("listings_never_promise_more_than_there_is", not_enough_left)?;
    Ok(())
}

fn not_enough_left() -> Error {
    Error::problem(Code::NotEnoughLeft, "Less than that is left. Read the listing again and ask for what there is.")
}

/// Records an act, in the words of the table.
pub async fn record(tx: &mut Conn, actor: &Actor, action: Action, (before, after): (&Exchange, &Exchange)) -> Result<()> {
    let act = Act {
        group: after.group_of(actor.side),
        network: Some(after.network_id),
        reason: after.end_reason.clone(),
        detail: json!({"by": actor.side, "from": before.state, "to": after.state}),
        ..Act::by(actor.user, action.act(), "exchange", after.id)
    };
    audit::record(tx, actor.now, act).await
}

async fn view(conn: &mut Conn, id: ExchangeId) -> Result<ExchangeView> {
    queries::view(conn, id).await?.ok_or_else(|| Error::not_found("exchange"))
}
