//! Exchanges that end because a group closes, or is out of a network. (Proposals that end with their listing, or because two groups part,
//! are in `service`.)

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{Side, State, model::Exchange, service};
use crate::{
    audit::{self, Act},
    db::Conn,
    error::Result,
    inbox::{Notice, Topic},
    interests::EndReason,
    schema::{exchanges, listings},
    types::ids::{GroupId, ListingId, NetworkId, UserId},
};

/// Agreed and not over.
const UNDER_WAY: [State; 3] = [State::Accepted, State::Scheduled, State::HandedOver];

/// Nothing has been handed over: what ends with a group of it.
const TO_COME: [State; 3] = [State::Proposed, State::Accepted, State::Scheduled];

/// How many exchanges of a listing are agreed and not over.
pub async fn under_way(tx: &mut Conn, listing: ListingId) -> Result<i64> {
    let about = exchanges::offer_id.eq(listing).or(exchanges::want_id.eq(listing));
    Ok(exchanges::table.filter(about).filter(exchanges::state.eq_any(UNDER_WAY)).count().get_result(tx).await?)
}

/// The listings of the exchanges of these groups of which nothing has been handed over, proposals too. Whoever ends those locks these
/// first.
pub async fn listings_of_groups(tx: &mut Conn, groups: &[GroupId]) -> Result<Vec<ListingId>> {
    let of_them = exchanges::giver_group_id.eq_any(groups).or(exchanges::receiver_group_id.eq_any(groups));
    let rows = exchanges::table.filter(of_them).filter(exchanges::state.eq_any(TO_COME)).select((exchanges::offer_id, exchanges::want_id));
    let pairs: Vec<(Option<ListingId>, Option<ListingId>)> = rows.load(tx).await?;
    Ok(pairs.into_iter().flat_map(|(offer, want)| [offer, want]).flatten().collect())
}

/// Ends what groups that close have under way: their own proposals are withdrawn, those of others declined, and what was agreed is
/// called off, unless it has been handed over. Gives what the others are told. The caller has locked [`listings_of_groups`].
pub async fn close_of_groups(tx: &mut Conn, (user, now): (UserId, DateTime<Utc>), groups: &[GroupId]) -> Result<Vec<Notice>> {
    let open: Vec<Exchange> = exchanges::table
        .filter(exchanges::giver_group_id.eq_any(groups).or(exchanges::receiver_group_id.eq_any(groups)))
        .filter(exchanges::state.eq_any(TO_COME))
        .order(exchanges::id)
        .select(Exchange::as_select())
        .for_update()
        .load(tx)
        .await?;
    let mut notices = Vec::new();
    for exchange in &open {
        let (side, group, other) = if groups.contains(&exchange.giver_group_id) {
            (Side::Giver, exchange.giver_group_id, exchange.receiver_group_id)
        } else {
            (Side::Receiver, exchange.receiver_group_id, exchange.giver_group_id)
        };
        let (action, state, topic) = match exchange.state {
            State::Proposed if exchange.proposed_by == side => ("withdraw_exchange", State::Withdrawn, Topic::ExchangeWithdrawn),
            State::Proposed => ("decline_exchange", State::Declined, Topic::ExchangeDeclined),
            _ => ("cancel_exchange", State::Cancelled, Topic::ExchangeCancelled),
        };
        end(tx, now, exchange, state, side, EndReason::GroupClosed).await?;
        let act = Act::of(user, action, "exchange", exchange.id);
        let detail = json!({"reason": EndReason::GroupClosed});
        audit::record(tx, now, Act { group: Some(group), network: Some(exchange.network_id), detail, ..act }).await?;
        if !groups.contains(&other) {
            notices.push(told(exchange, other, topic, EndReason::GroupClosed));
        }
    }
    Ok(notices)
}

async fn end(tx: &mut Conn, now: DateTime<Utc>, exchange: &Exchange, state: State, by: Side, reason: EndReason) -> Result<()> {
    diesel::update(exchanges::table.find(exchange.id))
        .set((
            exchanges::state.eq(state),
            exchanges::ended_by.eq(by),
            exchanges::end_reason.eq(reason.as_str()),
            exchanges::updated_at.eq(now),
            exchanges::version.eq(exchanges::version + 1),
        ))
        .execute(tx)
        .await?;
    Ok(())
}

/// What one of the two groups is told.
fn told(exchange: &Exchange, group: GroupId, topic: Topic, reason: EndReason) -> Notice {
    let other = if group == exchange.giver_group_id { exchange.receiver_group_id } else { exchange.giver_group_id };
    Notice {
        listing: exchange.offer_id.or(exchange.want_id),
        exchange: Some(exchange.id),
        other_group: Some(other),
        facts: json!({"reason": reason}),
        ..Notice::to_group(group, topic)
    }
}

/// Declines the proposals of a group that is out of a network: those in that network, and those about its listings there. What was
/// agreed stays agreed. Gives what both groups are told, which does not say why. The caller has locked [`listings_of_groups`].
pub async fn close_proposals_in(tx: &mut Conn, now: DateTime<Utc>, group: GroupId, network: NetworkId) -> Result<Vec<Notice>> {
    let open = of_group_in(tx, &[State::Proposed], group, network).await?;
    service::close(tx, now, open, EndReason::NotAvailable).await
}

/// What those are told who have agreed on something with a group that is out of a network: it stands, and they decide.
pub async fn tell_partners_in(tx: &mut Conn, group: GroupId, network: NetworkId) -> Result<Vec<Notice>> {
    let agreed = of_group_in(tx, &UNDER_WAY, group, network).await?;
    let partner = |exchange: &Exchange| {
        if exchange.giver_group_id == group { exchange.receiver_group_id } else { exchange.giver_group_id }
    };
    let told = |exchange: &Exchange| Notice {
        facts: json!({"state": exchange.state}),
        ..told(exchange, partner(exchange), Topic::PartnerSuspended, EndReason::NotAvailable)
    };
    Ok(agreed.iter().map(told).collect())
}

/// The exchanges of a group that a network is concerned with.
async fn of_group_in(tx: &mut Conn, states: &[State], group: GroupId, network: NetworkId) -> Result<Vec<Exchange>> {
    let there = || {
        let posted = listings::table.filter(listings::group_id.eq(group)).filter(listings::network_id.eq(network));
        posted.select(listings::id.nullable())
    };
    let of_it = exchanges::giver_group_id.eq(group).or(exchanges::receiver_group_id.eq(group));
    let about_it = exchanges::offer_id.eq_any(there()).or(exchanges::want_id.eq_any(there()));
    let concerned = exchanges::table.filter(of_it).filter(exchanges::state.eq_any(states.to_vec()));
    let in_network = exchanges::network_id.eq(network).or(about_it);
    Ok(concerned.filter(in_network).order(exchanges::id).select(Exchange::as_select()).for_update().load(tx).await?)
}
