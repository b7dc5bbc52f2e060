//! What becomes of listings by the clock: they end, their groups are warned before, and sleeping ones wake. For the worker: each
//! call deals with some and says with how many, so that it is called again until none is left. Any number may do so at once.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::json;
use uuid::Uuid;

use super::{
    State,
    model::{Listing, Moved},
    queries::{
        self,
        due::{self, Due},
    },
    rules,
};
use crate::{
    audit::{self, Act},
    db::Conn,
    error::{Error, Result},
    exchanges,
    inbox::{self, Notice, Recipient, Topic},
    interests::{self, EndReason},
    matching,
    policies::{self, service::Room},
    schema::listings,
    setbacks,
    types::ids::{GroupId, ListingId},
};

/// Groups that one call deals with.
const GROUPS: i64 = 10;
/// Listings of a group that one transaction deals with: the most that one notice names.
const LISTINGS: i64 = 100;
/// Those that one transaction wakes: who should hear of each is looked for.
const WAKING: i64 = 5;

/// Ends listings whose time has run out, which everybody who reads them has seen by the clock already, and answers those who wait
/// for them. It is no edit, so versions stay.
pub async fn expire(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    some(conn, Due::End, now).await
}

/// Warns groups of what ends within a week.
pub async fn warn_a_week_before(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    some(conn, Due::WarnAWeekBefore, now).await
}

/// Warns groups of what ends within a day.
pub async fn warn_a_day_before(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    some(conn, Due::WarnADayBefore, now).await
}

/// Brings back listings whose sleep is over, for the usual time, and records whom they fit; as many as their networks have room for.
pub async fn wake(conn: &mut Conn, now: DateTime<Utc>) -> Result<usize> {
    some(conn, Due::Wake, now).await
}

/// Deals with some groups, each in a transaction of its own; where that fails, with one listing after the other, and those that it fails for
/// step back.
async fn some(conn: &mut Conn, due: Due, now: DateTime<Utc>) -> Result<usize> {
    let (mut done, most) = (0, if due == Due::Wake { WAKING } else { LISTINGS });
    for group in due::groups(conn, due, now, GROUPS).await? {
        let of_group = async |tx: &mut Conn, most, taken: &mut Vec<Uuid>| of_group(tx, group, (due, now), most, taken).await;
        done += setbacks::batch(conn, (due.job(), now), most, of_group).await?;
    }
    Ok(done)
}

async fn of_group(tx: &mut Conn, group: GroupId, (due, now): (Due, DateTime<Utc>), most: i64, taken: &mut Vec<Uuid>) -> Result<usize> {
    if !due::lock_group(tx, group).await? {
        return Ok(0);
    }
    if due == Due::Wake {
        // How the group stands is locked before its listings: what wakes is counted with what is posted.
        policies::queries::lock_all_postings(tx, group).await?;
    }
    let listings = due::lock_listings(tx, group, due, now, most).await?;
    taken.extend(listings.iter().map(|listing| listing.id.0));
    if listings.is_empty() {
        return Ok(0);
    }
    let notices = match due {
        Due::End => end(tx, group, &listings, now).await?,
        Due::WarnAWeekBefore | Due::WarnADayBefore => warn(tx, group, &listings, due, now).await?,
        Due::Wake => bring_back(tx, group, &listings, now).await?,
    };
    inbox::tell(tx, now, notices).await?;
    Ok(listings.len())
}

async fn end(tx: &mut Conn, group: GroupId, ending: &[Listing], now: DateTime<Utc>) -> Result<Vec<Notice>> {
    let ids: Vec<ListingId> = ending.iter().map(|listing| listing.id).collect();
    diesel::update(listings::table.filter(listings::id.eq_any(&ids))).set(listings::state.eq(State::Expired)).execute(tx).await?;
    let mut answers = Vec::new();
    // All interests before all exchanges: the order in which everybody locks.
    for listing in &ids {
        answers.extend(interests::service::close_for_listing(tx, now, *listing, EndReason::ListingExpired, None).await?);
    }
    for listing in &ids {
        answers.extend(exchanges::service::close_for_listing(tx, now, *listing, EndReason::ListingExpired).await?);
    }
    for listing in ending {
        record(tx, now, "expire_listing", listing).await?;
    }
    // The group itself hears of its listings, not of every proposal that ends with them.
    answers.retain(|notice| notice.to != Recipient::Group(group));
    Ok([vec![about(group, Topic::ListingsExpired, &ids)], answers].concat())
}

async fn warn(tx: &mut Conn, group: GroupId, ending: &[Listing], due: Due, now: DateTime<Utc>) -> Result<Vec<Notice>> {
    let ends: Vec<_> = ending.iter().filter_map(|listing| Some((listing.id, listing.expires_at?))).collect();
    let mut unwarned = due::note_warnings(tx, due, &ends, now).await?;
    unwarned.sort_unstable();
    if unwarned.is_empty() {
        return Ok(Vec::new());
    }
    let mut notice = about(group, Topic::ListingsExpireSoon, &unwarned);
    if let Some(facts) = notice.facts.as_object_mut() {
        facts.insert("days".to_owned(), json!(if due == Due::WarnADayBefore { 1 } else { 7 }));
    }
    Ok(vec![notice])
}

/// Those for which the network has no room stay asleep: until their group brings them back, or, where too many are new in a day, until there
/// is room.
async fn bring_back(tx: &mut Conn, group: GroupId, sleeping: &[Listing], now: DateTime<Utc>) -> Result<Vec<Notice>> {
    let (mut awake, mut left, mut put_off) = (Vec::new(), Vec::new(), Vec::new());
    for listing in sleeping {
        // What nobody has seen yet is published when it wakes.
        let is_new = listing.published_at == listing.wakes_at;
        match policies::service::room(tx, now, (group, listing.network_id), listing.id, is_new).await? {
            Room::Now => {
                wake_one(tx, listing, now).await?;
                awake.push(listing.id);
            }
            Room::From(time) => {
                leave_asleep(tx, listing, Some(time), now).await?;
                put_off.push(listing.id);
            }
            Room::None => {
                leave_asleep(tx, listing, None, now).await?;
                left.push(listing.id);
            }
        }
    }
    let about = [(Topic::ListingsWoke, awake), (Topic::ListingsLeftAsleep, left), (Topic::ListingsPutOff, put_off)];
    let about = about.into_iter().filter(|(_, ids)| !ids.is_empty());
    Ok(about.map(|(topic, ids)| self::about(group, topic, &ids)).collect())
}

async fn wake_one(tx: &mut Conn, listing: &Listing, now: DateTime<Utc>) -> Result<()> {
    let view = queries::view(tx, listing.id).await?.ok_or_else(|| Error::not_found("listing"))?;
    let moved = Moved {
        state: State::Active,
        published_at: listing.published_at.or(Some(now)),
        confirmed_at: Some(now),
        expires_at: rules::renewed_until(listing.expires_at, &view.category.resource_type, now),
        wakes_at: None,
        updated_at: now,
    };
    diesel::update(listings::table.find(listing.id)).set((moved, listings::version.eq(listings::version + 1))).execute(tx).await?;
    record(tx, now, "wake_listing", listing).await?;
    matching::notices::announce(tx, listing.id, now).await
}

/// It stays asleep: what nobody has seen yet until a time, if one is given. What it said was judged when it was put to sleep, so its group
/// brings it back without that.
async fn leave_asleep(tx: &mut Conn, listing: &Listing, until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Result<()> {
    let times = (listings::wakes_at.eq(until), listings::published_at.eq(until.or(listing.published_at)), listings::updated_at.eq(now));
    diesel::update(listings::table.find(listing.id)).set((times, listings::version.eq(listings::version + 1))).execute(tx).await?;
    record(tx, now, "leave_listing_asleep", listing).await
}

/// One notice about several listings; of a single one it is about that.
fn about(group: GroupId, topic: Topic, ids: &[ListingId]) -> Notice {
    let alone = if let [one] = ids { Some(*one) } else { None };
    Notice { listing: alone, facts: json!({"listings": ids, "count": ids.len()}), ..Notice::to_group(group, topic) }
}

async fn record(tx: &mut Conn, now: DateTime<Utc>, action: &'static str, listing: &Listing) -> Result<()> {
    let act = Act::by_program(action, "listing", listing.id);
    audit::record(tx, now, Act { group: Some(listing.group_id), network: Some(listing.network_id), ..act }).await
}
