//! Writes notices. Call [`tell`] once, as the last step of a transaction.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use uuid::Uuid;

use super::Topic;
use crate::{
    db::Conn,
    error::Result,
    outbox,
    schema::{inboxes, notices},
    types::ids::{ExchangeId, GroupId, InboxId, InterestId, ListingId, UserId},
};

/// The outbox topic of a notice, for those who are told by mail. Its payload: `inbox_id` and `number`.
pub const TOPIC: &str = "notice.created";

/// Whose inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Recipient {
    /// A group: all of its members read it.
    Group(GroupId),
    /// A person.
    User(UserId),
}

/// What somebody is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// Who is told.
    pub to: Recipient,
    /// What happened.
    pub topic: Topic,
    /// The listing that it is about.
    pub listing: Option<ListingId>,
    /// The interest that it is about.
    pub interest: Option<InterestId>,
    /// The exchange that it is about.
    pub exchange: Option<ExchangeId>,
    /// The other group.
    pub other_group: Option<GroupId>,
    /// What else the words need, an object. Never a name, an address or a message.
    pub facts: Value,
}

impl Notice {
    /// A notice to a group, to be completed with struct update syntax.
    pub fn to_group(group: GroupId, topic: Topic) -> Self {
        Self { to: Recipient::Group(group), topic, listing: None, interest: None, exchange: None, other_group: None, facts: json!({}) }
    }
}

/// Puts notices into inboxes, and an outbox event for each. An inbox stays locked until the transaction ends, so that its numbers
/// are committed in order; inboxes are locked in the order of their owners, so that two transactions never wait for each other.
/// A transaction calls this once, after everything else that it locks.
pub async fn tell(tx: &mut Conn, now: DateTime<Utc>, notices: Vec<Notice>) -> Result<()> {
    let mut by_recipient = BTreeMap::<Recipient, Vec<Notice>>::new();
    for notice in notices {
        by_recipient.entry(notice.to).or_default().push(notice);
    }
    for (recipient, notices) in by_recipient {
        for notice in notices {
            put_in(tx, now, recipient, notice).await?;
        }
    }
    Ok(())
}

async fn put_in(tx: &mut Conn, now: DateTime<Utc>, recipient: Recipient, notice: Notice) -> Result<()> {
    let (inbox_id, number) = next_number(tx, recipient).await?;
    diesel::insert_into(notices::table)
        .values((
            notices::inbox_id.eq(inbox_id.0),
            notices::number.eq(number),
            notices::topic.eq(notice.topic.as_str()),
            notices::listing_id.eq(notice.listing.map(|id| id.0)),
            notices::interest_id.eq(notice.interest.map(|id| id.0)),
            notices::exchange_id.eq(notice.exchange.map(|id| id.0)),
            notices::other_group_id.eq(notice.other_group.map(|id| id.0)),
            notices::facts.eq(notice.facts),
            notices::created_at.eq(now),
        ))
        .execute(tx)
        .await?;
    outbox::record(tx, now, TOPIC, json!({"inbox_id": inbox_id, "number": number})).await
}

/// Counts an inbox up, making it when it is the first notice, and locks it.
async fn next_number(tx: &mut Conn, recipient: Recipient) -> Result<(InboxId, i64)> {
    let (group, user) = match recipient {
        Recipient::Group(group) => (Some(group.0), None),
        Recipient::User(user) => (None, Some(user.0)),
    };
    let new = diesel::insert_into(inboxes::table).values((
        inboxes::id.eq(Uuid::now_v7()),
        inboxes::group_id.eq(group),
        inboxes::user_id.eq(user),
        inboxes::last_number.eq(1),
    ));
    let (id, counted, number) = ((inboxes::id), inboxes::last_number.eq(inboxes::last_number + 1), inboxes::last_number);
    Ok(match recipient {
        Recipient::Group(_) => new.on_conflict(inboxes::group_id).do_update().set(counted).returning((id, number)).get_result(tx).await?,
        Recipient::User(_) => new.on_conflict(inboxes::user_id).do_update().set(counted).returning((id, number)).get_result(tx).await?,
    })
}
