//! Interests that end because two groups part, or because a group closes or is out of a network. (Those that end with their listing are in `service`.)

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{EndReason, State, model::Interest, queries};
use crate::{
    audit::{self, Act},
    db::Conn,
    error::Result,
    inbox::{Notice, Topic},
    schema::{interests, listings},
    types::ids::{GroupId, InterestId, ListingId, NetworkId},
};

/// Declines what is open between two groups, in whosever listing. Gives what both are told, which is the same whoever wanted it.
pub async fn close_between(tx: &mut Conn, now: DateTime<Utc>, one: GroupId, other: GroupId) -> Result<Vec<Notice>> {
    let one_to_other = interests::group_id.eq(one).and(interests::owner_group_id.eq(other));
    let other_to_one = interests::group_id.eq(other).and(interests::owner_group_id.eq(one));
    // In the order of their ids, as everywhere, so that two who end several never wait for each other.
    let open: Vec<Interest> = interests::table
        .filter(interests::state.eq(State::Open))
        .filter(one_to_other.or(other_to_one))
        .order(interests::id)
        .select(Interest::as_select())
        .for_update()
        .load(tx)
        .await?;
    end(tx, now, &open, State::Declined, EndReason::NotAvailable).await?;
    let both = |interest: &Interest| [told_interested(interest, EndReason::NotAvailable), told_owner(interest, EndReason::NotAvailable)];
    Ok(open.iter().flat_map(both).collect())
}

/// Ends what is open of groups that close: their own interests are withdrawn, those in their listings declined. Gives what the others
/// are told.
pub async fn close_of_groups(tx: &mut Conn, now: DateTime<Utc>, groups: &[GroupId]) -> Result<Vec<Notice>> {
    let open: Vec<Interest> = interests::table
        .filter(interests::state.eq(State::Open))
        .filter(interests::group_id.eq_any(groups).or(interests::owner_group_id.eq_any(groups)))
        .order(interests::id)
        .select(Interest::as_select())
        .for_update()
        .load(tx)
        .await?;
    let (own, of_others): (Vec<_>, Vec<_>) = open.into_iter().partition(|interest| groups.contains(&interest.group_id));
    end(tx, now, &own, State::Withdrawn, EndReason::GroupClosed).await?;
    end(tx, now, &of_others, State::Declined, EndReason::GroupClosed).await?;
    let owners = own.iter().filter(|interest| !groups.contains(&interest.owner_group_id));
    let owners = owners.map(|interest| told_owner(interest, EndReason::GroupClosed));
    Ok(owners.chain(of_others.iter().map(|interest| told_interested(interest, EndReason::GroupClosed))).collect())
}

/// Ends what is open of a group that is out of a network, in that network's listings: its own interests are withdrawn, those in its
/// listings declined. Gives what the others are told, which does not say why.
pub async fn close_of_group_in(tx: &mut Conn, now: DateTime<Utc>, group: GroupId, network: NetworkId) -> Result<Vec<Notice>> {
    let there = listings::table.filter(listings::network_id.eq(network)).select(listings::id);
    let open: Vec<Interest> = interests::table
        .filter(interests::state.eq(State::Open))
        .filter(interests::group_id.eq(group).or(interests::owner_group_id.eq(group)))
        .filter(interests::listing_id.eq_any(there))
        .order(interests::id)
        .select(Interest::as_select())
        .for_update()
        .load(tx)
        .await?;
    let (own, of_others): (Vec<_>, Vec<_>) = open.into_iter().partition(|interest| interest.group_id == group);
    end(tx, now, &own, State::Withdrawn, EndReason::NotAvailable).await?;
    end(tx, now, &of_others, State::Declined, EndReason::NotAvailable).await?;
    let owners = own.iter().map(|interest| told_owner(interest, EndReason::NotAvailable));
    Ok(owners.chain(of_others.iter().map(|interest| told_interested(interest, EndReason::NotAvailable))).collect())
}

async fn end(tx: &mut Conn, now: DateTime<Utc>, interests: &[Interest], state: State, reason: EndReason) -> Result<()> {
    let ids: Vec<InterestId> = interests.iter().map(|interest| interest.id).collect();
    diesel::update(interests::table.filter(interests::id.eq_any(ids)))
        .set((interests::state.eq(state), interests::end_reason.eq(reason), interests::answered_at.eq(now), interests::updated_at.eq(now)))
        .execute(tx)
        .await?;
    record(tx, now, interests, state, reason).await
}

/// Records that interests have ended for a reason, each for the staff of its listing's network. Not who did it: that is on record with
/// what was done to the listing or the group, and of two who part nobody is to know who wanted it.
pub async fn record(tx: &mut Conn, now: DateTime<Utc>, ended: &[Interest], state: State, reason: EndReason) -> Result<()> {
    let listings: Vec<ListingId> = ended.iter().map(|interest| interest.listing_id).collect();
    let networks = queries::networks_of(tx, &listings).await?;
    for interest in ended {
        let (group, action) = match state {
            State::Withdrawn => (interest.group_id, "withdraw_interest"),
            _ => (interest.owner_group_id, "decline_interest"),
        };
        let (network, detail) = (networks.get(&interest.listing_id).copied(), json!({"reason": reason}));
        let act = Act { group: Some(group), network, detail, ..Act::by_program(action, "interest", interest.id) };
        audit::record(tx, now, act).await?;
    }
    Ok(())
}

/// What a group is told whose interest came to nothing.
pub(super) fn told_interested(interest: &Interest, reason: EndReason) -> Notice {
    Notice {
        listing: Some(interest.listing_id),
        interest: Some(interest.id),
        other_group: Some(interest.owner_group_id),
        facts: json!({"reason": reason}),
        ..Notice::to_group(interest.group_id, Topic::InterestDeclined)
    }
}

fn told_owner(interest: &Interest, reason: EndReason) -> Notice {
    Notice {
        listing: Some(interest.listing_id),
        interest: Some(interest.id),
        other_group: Some(interest.group_id),
        facts: json!({"reason": reason}),
        ..Notice::to_group(interest.owner_group_id, Topic::InterestWithdrawn)
    }
}
