//! Writes notices, and reads them. Call [`tell`] once, as the last step of a transaction.

use std::collections::{BTreeMap, HashMap, VecDeque};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    Topic,
    dto::{Listed, Positions, beyond},
    model::{Mailbox, Read},
    queries::{self, Span},
};
use crate::{
    assisted,
    db::Conn,
    error::{Error, Result},
    outbox,
    schema::{inboxes, notices},
    types::{
        fields::FieldError,
        ids::{ExchangeId, GroupId, InboxId, InterestId, ListingId, UserId},
    },
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
        Self::to(Recipient::Group(group), topic)
    }

    /// A notice to a person, to be completed with struct update syntax.
    pub fn to_person(person: UserId, topic: Topic) -> Self {
        Self::to(Recipient::User(person), topic)
    }

    fn to(to: Recipient, topic: Topic) -> Self {
        Self { to, topic, listing: None, interest: None, exchange: None, other_group: None, facts: json!({}) }
    }
}

/// Puts notices into inboxes, and an outbox event for each. An inbox stays locked until the transaction ends, so that its numbers
/// are committed in order; inboxes are locked in the order of their owners, so that two transactions never wait for each other.
/// A transaction calls this once, after everything else that it locks. A group that is not online is put on its network's call list.
pub async fn tell(tx: &mut Conn, now: DateTime<Utc>, notices: Vec<Notice>) -> Result<()> {
    let told: Vec<_> = notices.iter().filter_map(assisted::service::Subject::of).collect();
    let mut by_recipient = BTreeMap::<Recipient, Vec<Notice>>::new();
    for notice in notices {
        by_recipient.entry(notice.to).or_default().push(notice);
    }
    for (recipient, notices) in by_recipient {
        for notice in notices {
            put_in(tx, now, recipient, notice).await?;
        }
    }
    assisted::service::call_about(tx, now, &told).await
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

/// A page of notices.
#[derive(Debug)]
pub struct Found {
    /// Newest first, each with how far the person has read its inbox.
    pub notices: Vec<(Read, i64)>,
    /// Where the next page begins, if there is one.
    pub next: Option<Positions>,
    /// How many are unread, whatever was asked for.
    pub unread: i64,
}

/// A page of the notices of one or several inboxes. In each they come in the order of their numbers; which inbox is next is decided by
/// the time. So the page that follows needs no more than the number where each inbox stopped.
pub async fn list(conn: &mut Conn, listed: &Listed) -> Result<Found> {
    let mailboxes = queries::mailboxes(conn, listed.user, listed.group).await?;
    let unread = mailboxes.iter().map(|mailbox| mailbox.unread).sum();
    let read_until: HashMap<InboxId, i64> = mailboxes.iter().filter_map(|mailbox| Some((mailbox.id?, mailbox.read_until))).collect();
    let mut spans: Vec<Span> = mailboxes.iter().filter_map(|mailbox| span(mailbox, listed)).collect();
    let mut heads = HashMap::<InboxId, VecDeque<Read>>::new();
    for notice in queries::newest(conn, &spans, listed.topic, listed.limit.and_one()).await? {
        heads.entry(notice.inbox_id).or_default().push_back(notice);
    }
    let mut page = Vec::new();
    while page.len() < listed.limit.entries() {
        let newest = heads.values().filter_map(|queue| queue.front()).max_by_key(|notice| (notice.created_at, notice.inbox_id));
        let Some(inbox) = newest.map(|notice| notice.inbox_id) else { break };
        let Some(notice) = heads.get_mut(&inbox).and_then(VecDeque::pop_front) else { break };
        spans.iter_mut().filter(|span| span.inbox == inbox).for_each(|span| span.below = notice.number);
        page.push((notice, read_until.get(&inbox).copied().unwrap_or_default()));
    }
    let more = heads.values().any(|queue| !queue.is_empty());
    let next = more.then(|| spans.iter().map(|span| (span.inbox, span.below)).collect());
    Ok(Found { notices: page, next, unread })
}

/// The part of an inbox that a page is taken from. An inbox that was not there on the page before has only what is newer than that.
fn span(mailbox: &Mailbox, listed: &Listed) -> Option<Span> {
    let inbox = mailbox.id?;
    let below = match &listed.after {
        None => i64::MAX,
        Some(after) => after.iter().find(|(id, _)| *id == inbox)?.1,
    };
    Some(Span { inbox, above: if listed.unread { mailbox.read_until } else { 0 }, below })
}

/// Notes that a person has read an inbox up to a number: that of a group of the person, or the own one. Gives how far it is read now.
pub async fn mark_read(conn: &mut Conn, user: UserId, group: Option<GroupId>, until: i64) -> Result<Mailbox> {
    let mailbox = find(conn, user, group).await?;
    if until > mailbox.last_number {
        return Err(Error::from(vec![FieldError::body("/until", beyond())]));
    }
    let Some(inbox) = mailbox.id else { return Ok(mailbox) };
    queries::mark_read(conn, inbox, user, until.max(mailbox.read_until)).await?;
    find(conn, user, group).await
}

async fn find(conn: &mut Conn, user: UserId, group: Option<GroupId>) -> Result<Mailbox> {
    let mailboxes = queries::mailboxes(conn, user, group).await?;
    mailboxes.into_iter().find(|mailbox| mailbox.group_id == group).ok_or_else(|| Error::not_found("group"))
}
