//! Whom an act on an exchange is told. Pure: the words are made when a notice is read.

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    Side,
    model::Exchange,
    rules::{Action, has_agreed},
};
use crate::{
    inbox::{Notice, Topic},
    types::ids::GroupId,
};

/// What the groups are told of an act: the other group, and both when staff or the program acted.
pub fn of(action: Action, exchange: &Exchange, by: Side) -> Vec<Notice> {
    let topic = match action {
        // The first side of a pair agrees: the other has been asked already.
        Action::Accept if !(has_agreed(exchange, Side::Giver) && has_agreed(exchange, Side::Receiver)) => return Vec::new(),
        Action::Accept => Topic::ExchangeAccepted,
        Action::Decline | Action::Close | Action::GiveUp => Topic::ExchangeDeclined,
        Action::Withdraw => Topic::ExchangeWithdrawn,
        Action::Schedule => Topic::ExchangeScheduled,
        Action::HandOver => Topic::ExchangeHandedOver,
        Action::Confirm | Action::Settle => Topic::ExchangeCompleted,
        Action::Cancel => Topic::ExchangeCancelled,
        Action::NoShow => Topic::ExchangeNoShow,
        Action::Return => Topic::ExchangeReturned,
    };
    told(by).iter().map(|side| to_side(exchange, *side, topic, by)).collect()
}

/// What those are told who are asked to agree.
pub fn of_proposal(exchange: &Exchange) -> Vec<Notice> {
    asked(exchange).map(|side| to_side(exchange, side, Topic::ExchangeProposed, exchange.proposed_by)).collect()
}

/// The sides that have not agreed.
pub fn asked(exchange: &Exchange) -> impl Iterator<Item = Side> {
    [Side::Giver, Side::Receiver].into_iter().filter(|side| !has_agreed(exchange, *side))
}

fn told(by: Side) -> &'static [Side] {
    match by {
        Side::Giver => &[Side::Receiver],
        Side::Receiver => &[Side::Giver],
        Side::Staff | Side::System => &[Side::Giver, Side::Receiver],
    }
}

fn to_side(exchange: &Exchange, side: Side, topic: Topic, by: Side) -> Notice {
    let group = exchange.group_of(side).unwrap_or(exchange.giver_group_id);
    Notice {
        listing: exchange.offer_id.or(exchange.want_id),
        interest: exchange.interest_id,
        exchange: Some(exchange.id),
        other_group: side.other().and_then(|other| exchange.group_of(other)),
        facts: json!({"by": by, "side": side, "reason": exchange.end_reason, "quantity": exchange.quantity}),
        ..Notice::to_group(group, topic)
    }
}

/// A notice for each group of a batch of a job, about all of the group's exchanges in it.
pub fn one_each(exchanges: &[(Side, &Exchange)], topic: Topic, reason: &str) -> Vec<Notice> {
    let mut by_group = BTreeMap::<GroupId, Vec<(Side, &Exchange)>>::new();
    for (side, exchange) in exchanges {
        if let Some(group) = exchange.group_of(*side) {
            by_group.entry(group).or_default().push((*side, exchange));
        }
    }
    by_group.into_iter().map(|(group, about)| of_several(group, &about, topic, reason)).collect()
}

fn of_several(group: GroupId, about: &[(Side, &Exchange)], topic: Topic, reason: &str) -> Notice {
    let ids: Vec<_> = about.iter().map(|(_, exchange)| exchange.id).collect();
    let facts = json!({"by": Side::System, "reason": reason, "count": ids.len(), "exchanges": ids});
    match about {
        [(side, exchange)] => Notice { facts, ..to_side(exchange, *side, topic, Side::System) },
        _ => Notice { facts, ..Notice::to_group(group, topic) },
    }
}
