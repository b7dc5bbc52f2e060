//! What is done with threads.

pub mod contacts;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;

use super::{
    model::{Message, Subject},
    permissions::{Acting, Insider},
    queries, rules,
};
use crate::{
    audit::{self, Act},
    db::{Conn, transaction},
    error::{Code, Error, Result},
    groups,
    inbox::{self, Notice, Topic},
    schema::{messages, thread_groups, threads},
    types::{
        ids::{GroupId, MessageId, ThreadId},
        text::MessageBody,
    },
};

/// Begins a talk between two groups.
pub async fn open(tx: &mut Conn, now: DateTime<Utc>, groups: [GroupId; 2]) -> Result<ThreadId> {
    let id = ThreadId::new();
    diesel::insert_into(threads::table).values((threads::id.eq(id), threads::created_at.eq(now))).execute(tx).await?;
    let both = groups.map(|group| (thread_groups::thread_id.eq(id), thread_groups::group_id.eq(group)));
    diesel::insert_into(thread_groups::table).values(both.to_vec()).execute(tx).await?;
    Ok(id)
}

/// Writes a message to the other group, which is told unless it has an unread one already. 409 when what they talk about is long over,
/// or when the two groups cannot write to each other.
pub async fn say(conn: &mut Conn, now: DateTime<Utc>, thread: ThreadId, acting: Acting, body: &MessageBody) -> Result<Message> {
    transaction(conn, async |tx| {
        groups::queries::hold_both(tx, [acting.group, acting.other]).await?;
        queries::lock(tx, thread).await?;
        let subject = queries::subject(tx, thread).await?;
        may_write(tx, now, &subject, acting).await?;
        let told_before = queries::has_unread(tx, thread, acting.other, acting.group).await?;
        let id = MessageId::new();
        diesel::insert_into(messages::table)
            .values((
                messages::id.eq(id),
                messages::thread_id.eq(thread),
                messages::group_id.eq(acting.group),
                messages::sender_id.eq(acting.user),
                messages::body.eq(body.as_str()),
                messages::created_at.eq(now),
                messages::network_id.eq(subject.network),
            ))
            .execute(tx)
            .await?;
        let act = Act::of(acting.user, "post_message", "thread", thread);
        audit::record(tx, now, Act { group: Some(acting.group), ..act }).await?;
        let message = queries::message(tx, thread, id).await?;
        let notices = if told_before { Vec::new() } else { vec![told(thread, &subject, acting)] };
        inbox::tell(tx, now, notices).await?;
        Ok(message)
    })
    .await
}

/// 409 when nothing more can be written. Which of the two has blocked the other is not told.
async fn may_write(tx: &mut Conn, now: DateTime<Utc>, subject: &Subject, acting: Acting) -> Result<()> {
    if rules::is_long_over(subject.ended_at, now) {
        let detail =
            "What you talk about here ended more than 30 days ago, so nothing more can be written. A new interest begins a new talk.";
        return Err(Error::problem(Code::WrongState, detail));
    }
    if groups::queries::are_parted(tx, acting.group, acting.other).await? || queries::is_closed(tx, acting.other).await? {
        return Err(Error::problem(Code::Conflict, "These two groups cannot write to each other."));
    }
    Ok(())
}

fn told(thread: ThreadId, subject: &Subject, acting: Acting) -> Notice {
    Notice {
        listing: subject.listing,
        interest: subject.interest,
        exchange: subject.exchange,
        other_group: Some(acting.group),
        facts: json!({"thread_id": thread}),
        ..Notice::to_group(acting.other, Topic::MessageReceived)
    }
}

/// Notes that the groups that a person belongs to have read a thread until a time, which is now at the latest. Nothing is ever unread
/// again.
pub async fn mark_read(
    conn: &mut Conn,
    now: DateTime<Utc>,
    thread: ThreadId,
    person: &Insider,
    until: Option<DateTime<Utc>>,
) -> Result<()> {
    let until = until.map_or(now, |until| until.min(now));
    let own: Vec<GroupId> = person.own.iter().map(|(group, _)| *group).collect();
    transaction(conn, async |tx| {
        queries::lock(tx, thread).await?;
        let behind = thread_groups::read_until.is_null().or(thread_groups::read_until.lt(until));
        diesel::update(thread_groups::table)
            .filter(thread_groups::thread_id.eq(thread))
            .filter(thread_groups::group_id.eq_any(own))
            .filter(behind)
            .set(thread_groups::read_until.eq(until))
            .execute(tx)
            .await?;
        Ok(())
    })
    .await
}
