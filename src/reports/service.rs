//! Takes reports, counts those that are independent, and tells reporters what came of them.
//!
//! Locks, in this order: what is reported (the group, the listing or the thread), the queue item, inboxes.

pub mod about;
pub mod flags;
pub mod lead;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;
use uuid::Uuid;

use about::About;

use super::{
    Outcome, Reason, State,
    model::NewReport,
    queries::{self, is_on},
    rules::{self, Fate, Voice},
};
use crate::{
    cross_posts,
    db::{Conn, transaction},
    error::{Code, Error, OnConstraint, Result},
    groups,
    inbox::{self, Notice, Topic},
    listings::{self, queries::ListingKey, service::hiding::hide_reported},
    moderation::{
        QueueKind,
        service::{Opening, finish::is_settling, listing_reported, open, withdraw_in},
    },
    schema::reports,
    threads,
    types::{
        LookUpCode,
        ids::{GroupId, ListingId, MessageId, NetworkId, ReportId, UserId},
        text::{Concern, ReportWords},
    },
};

/// Who reports something, from where, and when.
#[derive(Clone)]
pub struct Reporter {
    /// The person; none for a visitor.
    pub user: Option<UserId>,
    /// The network address, as limits count it.
    pub address: String,
    /// Now.
    pub now: DateTime<Utc>,
}

/// What somebody names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// A listing.
    Listing(ListingKey),
    /// A group.
    Group(GroupId),
    /// A message.
    Message(MessageId),
    /// Nothing but the network.
    Nothing,
}

/// What somebody says, checked as far as that goes without the database.
pub struct Said {
    /// What it is about.
    pub named: Named,
    /// The network that is to decide; none: the one that the thing is in.
    pub network: Option<NetworkId>,
    /// What is wrong.
    pub what: Complaint,
}

/// What is wrong.
pub enum Complaint {
    /// Something that coordinators decide about.
    Report(Reason, Option<ReportWords>),
    /// A worry about somebody's safety.
    Flag(Concern),
}

/// What was taken down, for whoever sent it.
pub struct Taken {
    /// By which it is found again.
    pub code: LookUpCode,
    /// Where it stands.
    pub state: State,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// When it was settled.
    pub closed_at: Option<DateTime<Utc>>,
}

/// Takes down what somebody says is wrong. 404 when they may not know of the thing, 409 when they have said so already.
pub async fn take(conn: &mut Conn, by: &Reporter, said: Said) -> Result<Taken> {
    transaction(conn, async |tx| {
        let about = about::find(tx, by, &said.named, said.network).await?;
        match said.what {
            Complaint::Flag(words) => flags::raise(tx, by, &about, words).await,
            Complaint::Report(reason, words) => {
                about.takes(reason)?;
                report(tx, by, &about, (reason, words)).await
            }
        }
    })
    .await
}

/// Takes down a report: it waits for the coordinators, or is told at once that their recent decision stands. Two independent ones hide a
/// listing, if its network wants that.
async fn report(tx: &mut Conn, by: &Reporter, about: &About, (reason, words): (Reason, Option<ReportWords>)) -> Result<Taken> {
    let (subject, group) = about.subject()?;
    lock(tx, about, group).await?;
    let voice = voice_of(tx, by, subject).await?;
    let decided_at = queries::decided_at(tx, about.network, subject).await?;
    let mut voices = queries::voices(tx, about.network, subject, decided_at).await?;
    voices.push(voice.clone());
    // A decision that can still be undone settles all that waits when it is final: nothing joins that meanwhile.
    let fate = if is_settling(tx, about.network, subject).await? {
        Fate::DecidedBefore
    } else {
        rules::fate(&voices, decided_at.map(|time| by.now - time))
    };
    let taken = insert(tx, by, about, (group, reason, words), (voice, fate)).await?;
    if let Fate::Waits(independent) = fate {
        let (network, kind, listing) = (about.network, QueueKind::Report, about.listing.as_ref().map(|listing| listing.id));
        if let Some(listing) = listing {
            listing_reported(tx, network, listing).await?;
        }
        let opening = Opening { network, kind, subject, listing, group, findings: Vec::new() };
        open(tx, by.now, &opening).await?;
        let notice = hide(tx, by.now, about, independent).await?;
        inbox::tell(tx, by.now, notice.into_iter().collect()).await?;
    }
    Ok(taken)
}

/// Holds what is reported, so that of two who report it at the same moment the second counts the first.
async fn lock(tx: &mut Conn, about: &About, group: GroupId) -> Result<()> {
    match (&about.listing, about.message) {
        (Some(listing), _) => listings::queries::lock(tx, listing.id).await.map(|_| ()),
        (None, Some((_, thread))) => threads::queries::lock(tx, thread).await,
        (None, None) => groups::queries::lock(tx, group).await.map(|_| ()),
    }
}

async fn voice_of(tx: &mut Conn, by: &Reporter, subject: Uuid) -> Result<Voice> {
    let people: Vec<UserId> = by.user.into_iter().collect();
    let groups = queries::groups_of(tx, &people).await?.into_values().flatten().collect();
    let is_vouched_for = !queries::vouched_for(tx, &people).await?.is_empty();
    let address = rules::mark(subject, &by.address);
    let mark = by.user.map_or_else(|| address.clone(), |user| rules::mark(subject, &user.to_string()));
    Ok(Voice { mark, person: by.user, address: Some(address), groups, is_vouched_for, is_open: true })
}

async fn insert(
    tx: &mut Conn,
    by: &Reporter,
    about: &About,
    (group, reason, words): (GroupId, Reason, Option<ReportWords>),
    (voice, fate): (Voice, Fate),
) -> Result<Taken> {
    let code = LookUpCode::new();
    let outcome = (fate == Fate::DecidedBefore).then_some(Outcome::DecidedBefore);
    let closed_at = outcome.map(|_| by.now);
    let report = NewReport {
        id: ReportId::new(),
        code: code.as_str().to_owned(),
        network_id: about.network,
        listing_id: about.listing.as_ref().map(|listing| listing.id),
        group_id: group,
        message_id: about.message.map(|(message, _)| message),
        reason,
        words: words.map(ReportWords::into_string),
        reporter_id: voice.person,
        reporter_mark: voice.mark,
        address_mark: voice.address,
        made_at: by.now,
        outcome,
        closed_at,
        told_at: closed_at,
    };
    diesel::insert_into(reports::table).values(&report).execute(tx).await.on_constraint("reports_one_open", || {
        let detail = match by.user {
            Some(_) => "You have reported this already. It waits for the network's coordinators; you will hear what came of it.",
            None => "This has been reported from where you are already. It waits for the network's coordinators.",
        };
        Error::problem(Code::AlreadyExists, detail)
    })?;
    Ok(Taken { code, state: outcome.into(), made_at: by.now, closed_at })
}

/// Hides a listing that so many have reported, in the network that they have reported it to: one of another network stays there.
async fn hide(tx: &mut Conn, now: DateTime<Utc>, about: &About, independent: usize) -> Result<Option<Notice>> {
    let Some(listing) = &about.listing else { return Ok(None) };
    if independent < rules::HIDING || !queries::hides_reported(tx, about.network).await? {
        return Ok(None);
    }
    if listing.network_id == about.network {
        hide_reported(tx, now, listing.id, independent).await
    } else {
        cross_posts::service::hide_reported(tx, now, listing, about.network, independent).await
    }
}

/// Settles the open reports on a subject (listing, group or message), because it was decided about. Gives what the reporters are told.
/// What has come into the queue since, before the decision was final, leaves it.
pub async fn settle(tx: &mut Conn, now: DateTime<Utc>, network: NetworkId, subject: Uuid, acted: bool) -> Result<Vec<Notice>> {
    let outcome = if acted { Outcome::Acted } else { Outcome::NotActed };
    let settled: Vec<(Option<UserId>, Option<ListingId>, GroupId)> = diesel::update(reports::table)
        .filter(reports::network_id.eq(network))
        .filter(is_on!(subject))
        .filter(reports::outcome.is_null())
        .set((reports::outcome.eq(outcome), reports::closed_at.eq(now), reports::told_at.eq(now)))
        .returning((reports::reporter_id, reports::listing_id, reports::group_id))
        .get_results(tx)
        .await?;
    withdraw_in(tx, now, (network, QueueKind::Report), subject).await?;
    let told = |(person, listing, group): (Option<UserId>, Option<ListingId>, GroupId)| {
        let facts = json!({"outcome": outcome});
        Some(Notice { listing, other_group: Some(group), facts, ..Notice::to_person(person?, Topic::ReportSettled) })
    };
    Ok(settled.into_iter().filter_map(told).collect())
}
