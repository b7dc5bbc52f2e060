//! What becomes of interests by the clock: the owner is reminded, and then the program answers. Called by the worker; any number of
//! processes may do so at once.
//!
//! An interest waits from when it was said, or from when its listing's group chooses, whichever is later. While the listing is paused
//! nothing happens, and when it comes back the days begin anew (`interests.waits_from`).

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use diesel::{prelude::*, sql_types};
use diesel_async::RunQueryDsl;
use serde_json::json;
use uuid::Uuid;

use super::{
    EndReason, State,
    rules::{ANSWERED_AFTER, REMINDED_AFTER},
};
use crate::{
    audit::{self, Act},
    db::Conn,
    error::Result,
    inbox::{self, Notice, Topic},
    schema::{interests, reminders},
    setbacks,
    types::ids::{GroupId, InterestId, ListingId, NetworkId},
};

/// Interests that are dealt with in one transaction.
const AT_ONCE: i64 = 200;

/// As what failures are noted: the names of the jobs (`worker::JOBS`).
const REMIND: &str = "remind_of_interests";
const ANSWER: &str = "answer_interests";

/// Under what a reminder is noted, so that nobody is reminded twice.
const REMINDER: &str = "interest_waiting";

/// An interest that has waited.
#[derive(Debug, Clone, QueryableByName)]
struct Waiting {
    #[diesel(sql_type = sql_types::Uuid)]
    id: InterestId,
    #[diesel(sql_type = sql_types::Uuid)]
    listing_id: ListingId,
    #[diesel(sql_type = sql_types::Uuid)]
    owner_group_id: GroupId,
    #[diesel(sql_type = sql_types::Uuid)]
    group_id: GroupId,
    #[diesel(sql_type = sql_types::Uuid)]
    network_id: NetworkId,
    #[diesel(sql_type = sql_types::Timestamptz)]
    since: DateTime<Utc>,
}

/// Reminds owners of interests that have waited for three days; once each, in one notice to each group. Those that have waited so long
/// that they are answered anyway are left out. Gives how many interests it was about.
pub async fn remind_waiting(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let some = async |tx: &mut Conn, most, taken: &mut Vec<Uuid>| remind_some(tx, now, most, taken).await;
    setbacks::batch(conn, (REMIND, now), AT_ONCE, some).await
}

/// Answers for owners what has waited for seven days: declined, and everybody is told, each group in one notice. Gives how many.
pub async fn answer_unanswered(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    let some = async |tx: &mut Conn, most, taken: &mut Vec<Uuid>| answer_some(tx, now, most, taken).await;
    setbacks::batch(conn, (ANSWER, now), AT_ONCE, some).await
}

async fn remind_some(tx: &mut Conn, now: DateTime<Utc>, most: i64, taken: &mut Vec<Uuid>) -> Result<usize> {
    let unreminded = format!(
        "since > $2 and not exists (
           select from reminders r where r.kind = '{REMINDER}' and r.subject_id = i.id and r.due_at = since + interval '{} days')",
        REMINDED_AFTER.num_days()
    );
    let waiting = waiting(tx, (REMIND, now), (now - REMINDED_AFTER, now - ANSWERED_AFTER), &unreminded, most).await?;
    taken.extend(waiting.iter().map(|one| one.id.0));
    let rows: Vec<_> = waiting
        .iter()
        .map(|one| {
            (
                reminders::kind.eq(REMINDER),
                reminders::subject_id.eq(one.id.0),
                reminders::due_at.eq(one.since + REMINDED_AFTER),
                reminders::created_at.eq(now),
            )
        })
        .collect();
    // Another process may have reminded of some since these were read: who wrote it down tells.
    let new = diesel::insert_into(reminders::table).values(rows).on_conflict_do_nothing().returning(reminders::subject_id);
    let new: Vec<Uuid> = new.get_results(tx).await?;
    let waiting: Vec<Waiting> = waiting.into_iter().filter(|one| new.contains(&one.id.0)).collect();
    let owners = by_group(&waiting, |one| one.owner_group_id).into_iter();
    inbox::tell(tx, now, owners.map(|(owner, of_group)| to_owner(owner, &of_group, Topic::InterestWaiting)).collect()).await?;
    Ok(waiting.len())
}

async fn answer_some(tx: &mut Conn, now: DateTime<Utc>, most: i64, taken: &mut Vec<Uuid>) -> Result<usize> {
    let waiting = waiting(tx, (ANSWER, now), (now - ANSWERED_AFTER, now - ANSWERED_AFTER), "since <= $2", most).await?;
    taken.extend(waiting.iter().map(|one| one.id.0));
    let ids: Vec<InterestId> = waiting.iter().map(|one| one.id).collect();
    diesel::update(interests::table.filter(interests::id.eq_any(ids)))
        .set((
            interests::state.eq(State::Declined),
            interests::end_reason.eq(EndReason::NoAnswer),
            interests::answered_at.eq(now),
            interests::updated_at.eq(now),
        ))
        .execute(tx)
        .await?;
    for one in &waiting {
        record(tx, now, one).await?;
    }
    let askers = by_group(&waiting, |one| one.group_id).into_iter().map(|(asker, of_group)| to_asker(asker, &of_group));
    let owners = by_group(&waiting, |one| one.owner_group_id).into_iter();
    let owners = owners.map(|(owner, of_group)| to_owner(owner, &of_group, Topic::InterestsAnswered));
    inbox::tell(tx, now, askers.chain(owners).collect()).await?;
    Ok(waiting.len())
}

/// Some of the open interests that have waited since `before` or longer and of which `more` is true, locked, with their listings held:
/// those that somebody is dealing with are left for the next time, and those that the job has put off for later. `$2` in `more` is `other`. In
/// the order of owners, and all of an owner's together, unless there are very many.
async fn waiting(
    tx: &mut Conn,
    (job, now): (&str, DateTime<Utc>),
    (before, other): (DateTime<Utc>, DateTime<Utc>),
    more: &str,
    most: i64,
) -> Result<Vec<Waiting>> {
    let found = diesel::sql_query(format!(
        "select i.id, i.listing_id, i.owner_group_id, i.group_id, l.network_id, since
         from interests i
         join listings l on l.id = i.listing_id
         cross join lateral (
           select greatest(coalesce(i.waits_from, i.created_at), l.published_at + l.choose_after_hours * interval '1 hour') as since) s
         where i.state = 'open' and i.created_at <= $1 and l.state <> 'paused' and since <= $1 and {more}
           and not exists (select from setbacks s where s.job = $3 and s.subject_id = i.id and s.retry_at > $4)
         order by i.owner_group_id, i.id
         limit $5
         for update of i skip locked
         for share of l skip locked"
    ));
    let found = found.bind::<sql_types::Timestamptz, _>(before).bind::<sql_types::Timestamptz, _>(other);
    let found = found.bind::<sql_types::Text, _>(job).bind::<sql_types::Timestamptz, _>(now).bind::<sql_types::BigInt, _>(most);
    let mut rows: Vec<Waiting> = found.load(tx).await?;
    let ends = if let [first, .., last] = rows.as_slice() { Some((first.owner_group_id, last.owner_group_id)) } else { None };
    if let Some((first, last)) = ends
        && i64::try_from(rows.len()) == Ok(most)
        && first != last
    {
        // Perhaps not all of the last one's: its turn comes next.
        rows.retain(|row| row.owner_group_id != last);
    }
    Ok(rows)
}

/// Those who waited, by a group of each.
fn by_group(waiting: &[Waiting], group: impl Fn(&Waiting) -> GroupId) -> BTreeMap<GroupId, Vec<&Waiting>> {
    let mut groups = BTreeMap::<_, Vec<_>>::new();
    for one in waiting {
        groups.entry(group(one)).or_default().push(one);
    }
    groups
}

/// One notice about several interests in a group's listings; of a single one, or of a single listing, it is about that.
fn to_owner(owner: GroupId, of_group: &[&Waiting], topic: Topic) -> Notice {
    let listings: BTreeSet<ListingId> = of_group.iter().map(|one| one.listing_id).collect();
    let only = if listings.len() == 1 { of_group.iter().map(|one| one.listing_id).next() } else { None };
    let alone = if let [one] = of_group { Some(*one) } else { None };
    Notice {
        listing: only,
        interest: alone.map(|one| one.id),
        other_group: alone.map(|one| one.group_id),
        facts: json!({"listings": listings, "count": of_group.len()}),
        ..Notice::to_group(owner, topic)
    }
}

/// One notice about all of a group's interests that were answered for others; of a single one, it is about that.
fn to_asker(asker: GroupId, of_group: &[&Waiting]) -> Notice {
    if let [one] = of_group {
        return Notice {
            listing: Some(one.listing_id),
            interest: Some(one.id),
            other_group: Some(one.owner_group_id),
            facts: json!({"reason": EndReason::NoAnswer}),
            ..Notice::to_group(asker, Topic::InterestDeclined)
        };
    }
    let ids: BTreeSet<InterestId> = of_group.iter().map(|one| one.id).collect();
    Notice {
        facts: json!({"interests": ids, "count": ids.len(), "reason": EndReason::NoAnswer}),
        ..Notice::to_group(asker, Topic::InterestDeclined)
    }
}

async fn record(tx: &mut Conn, now: DateTime<Utc>, one: &Waiting) -> Result<()> {
    let act = Act {
        group: Some(one.owner_group_id),
        network: Some(one.network_id),
        detail: json!({"reason": EndReason::NoAnswer}),
        ..Act::by_program("decline_interest", "interest", one.id)
    };
    audit::record(tx, now, act).await
}
