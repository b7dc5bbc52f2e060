//! Words that a network's coordinators use again and again.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::{Value, json};

use crate::{
    audit::{self, Act},
    db::{Conn, transaction},
    error::{Code, Error, OnConstraint, Result},
    moderation::{Deed, Reason, model::Reply, queries},
    networks::StaffRole,
    schema::standard_replies,
    types::{
        ids::{NetworkId, ReplyId, UserId},
        text::{Line, Prose},
    },
};

/// Name of a standard reply.
pub type ReplyName = Line<1, 80>;
/// Its words.
pub type ReplyWords = Prose<1, 2000>;

/// What a standard reply says, checked.
#[derive(Debug, Clone)]
pub struct ReplyText {
    /// What it is called in a list.
    pub name: ReplyName,
    /// The decision it goes with.
    pub deed: Option<Deed>,
    /// The reason it goes with.
    pub reason: Option<Reason>,
    /// The words, whose placeholders are known.
    pub words: ReplyWords,
}

/// Makes a standard reply. 409 when there is one of that name.
pub async fn create(conn: &mut Conn, (user, now): (UserId, DateTime<Utc>), network: NetworkId, text: &ReplyText) -> Result<Reply> {
    transaction(conn, async |tx| {
        let id = ReplyId::new();
        diesel::insert_into(standard_replies::table)
            .values((
                standard_replies::id.eq(id),
                standard_replies::network_id.eq(network),
                standard_replies::name.eq(text.name.as_str()),
                standard_replies::deed.eq(text.deed),
                standard_replies::reason.eq(text.reason),
                standard_replies::words.eq(text.words.as_str()),
                standard_replies::created_at.eq(now),
                standard_replies::updated_at.eq(now),
            ))
            .execute(tx)
            .await
            .on_constraint("standard_replies_name_key", same_name)?;
        let made = find(tx, network, id).await?;
        record(tx, (user, now), network, ("create_reply", id), (None, Some(&made))).await?;
        Ok(made)
    })
    .await
}

/// Changes a standard reply; `change` gets it as it is, locked, and gives what it is to be.
pub async fn update(
    conn: &mut Conn,
    (user, now): (UserId, DateTime<Utc>),
    network: NetworkId,
    id: ReplyId,
    change: impl FnOnce(&Reply) -> Result<ReplyText>,
) -> Result<Reply> {
    transaction(conn, async |tx| {
        let current = queries::lock_reply(tx, network, id).await?.ok_or_else(no_such_reply)?;
        let text = change(&current)?;
        diesel::update(standard_replies::table.find(id))
            .set((
                standard_replies::name.eq(text.name.as_str()),
                standard_replies::deed.eq(text.deed),
                standard_replies::reason.eq(text.reason),
                standard_replies::words.eq(text.words.as_str()),
                standard_replies::version.eq(standard_replies::version + 1),
                standard_replies::updated_at.eq(now),
            ))
            .execute(tx)
            .await
            .on_constraint("standard_replies_name_key", same_name)?;
        let changed = find(tx, network, id).await?;
        record(tx, (user, now), network, ("update_reply", id), (Some(&current), Some(&changed))).await?;
        Ok(changed)
    })
    .await
}

/// Deletes a standard reply. What was decided with it keeps its words.
pub async fn delete(conn: &mut Conn, (user, now): (UserId, DateTime<Utc>), network: NetworkId, id: ReplyId) -> Result<()> {
    transaction(conn, async |tx| {
        let current = queries::lock_reply(tx, network, id).await?.ok_or_else(no_such_reply)?;
        diesel::delete(standard_replies::table.find(id)).execute(tx).await?;
        record(tx, (user, now), network, ("delete_reply", id), (Some(&current), None)).await
    })
    .await
}

/// A standard reply of a network, or 404.
pub async fn find(conn: &mut Conn, network: NetworkId, id: ReplyId) -> Result<Reply> {
    queries::reply(conn, network, id).await?.ok_or_else(no_such_reply)
}

async fn record(
    tx: &mut Conn,
    (user, now): (UserId, DateTime<Utc>),
    network: NetworkId,
    (action, id): (&'static str, ReplyId),
    (before, after): (Option<&Reply>, Option<&Reply>),
) -> Result<()> {
    let act = Act { role: Some(StaffRole::Coordinator.as_str()), ..Act::of(user, action, "standard_reply", id) };
    let act = act.changing(&for_records(before), &for_records(after));
    audit::record(tx, now, Act { network: Some(network), ..act }).await
}

fn for_records(reply: Option<&Reply>) -> Value {
    reply.map_or(Value::Null, |reply| json!({"name": reply.name, "deed": reply.deed, "reason": reply.reason, "words": reply.words}))
}

fn no_such_reply() -> Error {
    Error::not_found("standard reply")
}

fn same_name() -> Error {
    Error::problem(Code::AlreadyExists, "There is a standard reply of this name. Choose another name, or change that one.")
}
