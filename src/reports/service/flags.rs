//! Worries about somebody's safety: told to the network's safeguarding lead, read by nobody else. No word of one, and not even that there
//! is one about something, is in an audit entry, a notice or a log.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Reporter, Taken, about::About};
use crate::{
    audit::{self, Act},
    db::{Conn, transaction},
    error::{Code, Error, Result},
    inbox::{self, Notice, Topic},
    reports::{
        State,
        model::{Flag, NewFlag},
        permissions::SafeguardingLead,
        queries,
    },
    schema::safeguarding_flags,
    types::{
        LookUpCode,
        ids::{FlagId, NetworkId},
        text::Concern,
    },
};

/// Takes down a worry, and tells the lead that there is one; without a lead, the coordinators, who then name one.
pub async fn raise(tx: &mut Conn, by: &Reporter, about: &About, words: Concern) -> Result<Taken> {
    let code = LookUpCode::new();
    let flag = NewFlag {
        id: FlagId::new(),
        code: code.as_str().to_owned(),
        network_id: about.network,
        listing_id: about.listing.as_ref().map(|listing| listing.id),
        group_id: about.group,
        message_id: about.message.map(|(message, _)| message),
        words: words.into_string(),
        reporter_id: by.user,
        made_at: by.now,
    };
    diesel::insert_into(safeguarding_flags::table).values(&flag).execute(tx).await?;
    let notices = match queries::lead(tx, about.network).await? {
        Some(lead) => vec![Notice::to_person(lead.user_id, Topic::SafeguardingFlagRaised)],
        None => lead_is_missing(tx, about.network).await?,
    };
    inbox::tell(tx, by.now, notices).await?;
    Ok(Taken { code, state: State::Waiting, made_at: by.now, closed_at: None })
}

/// What the coordinators are told when a worry waits and nobody is named to read it.
pub async fn lead_is_missing(tx: &mut Conn, network: NetworkId) -> Result<Vec<Notice>> {
    let coordinators = queries::coordinators(tx, network).await?;
    Ok(coordinators.into_iter().map(|person| Notice::to_person(person, Topic::SafeguardingLeadMissing)).collect())
}

/// A flag, for the lead; that it was read is recorded. 404 when the network has no such flag.
pub async fn read(conn: &mut Conn, lead: &SafeguardingLead, now: DateTime<Utc>, flag: FlagId) -> Result<Flag> {
    transaction(conn, async |tx| {
        lock(tx, lead, flag).await?;
        mark_read(tx, now, flag).await?;
        record(tx, lead, now, "read_safeguarding_flag", flag).await?;
        find(tx, lead, flag).await
    })
    .await
}

/// Closes a flag, saying what was done. 409 when it is closed already.
pub async fn close(conn: &mut Conn, lead: &SafeguardingLead, now: DateTime<Utc>, flag: FlagId, outcome: Concern) -> Result<Flag> {
    transaction(conn, async |tx| {
        if lock(tx, lead, flag).await? {
            return Err(Error::problem(Code::WrongState, "It is closed already; only what is open can be closed."));
        }
        mark_read(tx, now, flag).await?;
        diesel::update(safeguarding_flags::table.find(flag))
            .set((safeguarding_flags::closed_at.eq(now), safeguarding_flags::outcome.eq(outcome.as_str())))
            .execute(tx)
            .await?;
        record(tx, lead, now, "close_safeguarding_flag", flag).await?;
        find(tx, lead, flag).await
    })
    .await
}

/// Notes when a flag was first read.
async fn mark_read(tx: &mut Conn, now: DateTime<Utc>, flag: FlagId) -> Result<()> {
    let unread = safeguarding_flags::table.find(flag).filter(safeguarding_flags::read_at.is_null());
    diesel::update(unread).set(safeguarding_flags::read_at.eq(now)).execute(tx).await?;
    Ok(())
}

/// Holds a flag until the end of the transaction; says whether it is closed.
async fn lock(tx: &mut Conn, lead: &SafeguardingLead, flag: FlagId) -> Result<bool> {
    let held = queries::lock_flag(tx, lead.network_id, flag).await?.ok_or_else(|| Error::not_found("flag"))?;
    Ok(held.closed_at.is_some())
}

async fn find(tx: &mut Conn, lead: &SafeguardingLead, flag: FlagId) -> Result<Flag> {
    queries::flag(tx, lead.network_id, flag).await?.ok_or_else(|| Error::not_found("flag"))
}

async fn record(tx: &mut Conn, lead: &SafeguardingLead, now: DateTime<Utc>, action: &'static str, flag: FlagId) -> Result<()> {
    let act = Act { role: Some("safeguarding_lead"), ..Act::of(lead.user_id, action, "safeguarding_flag", flag) };
    audit::record(tx, now, Act { network: Some(lead.network_id), ..act }).await
}
