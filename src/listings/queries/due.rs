//! What is due for listings by the clock, whoever's they are: for the jobs of the worker alone. A group is locked before its
//! listings, so that of many workers one deals with all that is due for it, and tells it once.

use chrono::{DateTime, Duration, Utc};
use diesel::{
    dsl::sql,
    pg::Pg,
    prelude::*,
    sql_types::{Bool, Timestamptz},
};
use diesel_async::RunQueryDsl;

use crate::{
    db::Conn,
    error::Result,
    listings::model::Listing,
    schema::{groups, listings, reminders},
    setbacks::not_put_off,
    types::ids::{GroupId, ListingId},
};

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// The end of those whose time has run out.
    End,
    /// A warning to those that end within a week, and later than within a day.
    WarnAWeekBefore,
    /// A warning to those that end within a day.
    WarnADayBefore,
    /// The return of those whose sleep is over.
    Wake,
}

type Condition = Box<dyn BoxableExpression<listings::table, Pg, SqlType = Bool>>;

impl Due {
    /// As text: a statement planned once for all values sees only then that the partial indexes serve.
    fn condition(self, now: DateTime<Utc>) -> Condition {
        match self {
            Self::End => Box::new(sql::<Bool>("listings.state = 'active' and listings.expires_at <= ").bind::<Timestamptz, _>(now)),
            Self::Wake => Box::new(sql::<Bool>("listings.wakes_at is not null and listings.wakes_at <= ").bind::<Timestamptz, _>(now)),
            // Those that end within a day get that warning alone.
            Self::WarnAWeekBefore => unwarned(now, (1, 7), LASTS_A_WEEK),
            Self::WarnADayBefore => unwarned(now, (0, 1), LASTS_A_DAY),
        }
    }

    /// The job that does it, as `worker::JOBS` names it.
    pub fn job(self) -> &'static str {
        match self {
            Self::End => "expire_listings",
            Self::WarnAWeekBefore => "warn_a_week_before",
            Self::WarnADayBefore => "warn_a_day_before",
            Self::Wake => "wake_listings",
        }
    }

    /// The kind of its reminders, where it has some.
    pub fn reminder(self) -> &'static str {
        match self {
            Self::WarnAWeekBefore => "listing_ends_in_a_week",
            Self::WarnADayBefore => "listing_ends_in_a_day",
            Self::End | Self::Wake => "",
        }
    }
}

// Nobody is warned of an end so near that they have just set it themselves.
const LASTS_A_WEEK: &str = " and listings.expires_at - listings.fresh_at > interval '7 days' and not exists (select from reminders r \
    where r.kind = 'listing_ends_in_a_week' and r.subject_id = listings.id and r.due_at = listings.expires_at)";
const LASTS_A_DAY: &str = " and listings.expires_at - listings.fresh_at > interval '1 day' and not exists (select from reminders r \
    where r.kind = 'listing_ends_in_a_day' and r.subject_id = listings.id and r.due_at = listings.expires_at)";

/// Those that end between so many days from now, and of which nobody has been warned.
fn unwarned(now: DateTime<Utc>, (after, within): (i64, i64), and: &'static str) -> Condition {
    let between = sql::<Bool>("listings.state = 'active' and listings.expires_at > ")
        .bind::<Timestamptz, _>(now + Duration::days(after))
        .sql(" and listings.expires_at <= ")
        .bind::<Timestamptz, _>(now + Duration::days(within));
    Box::new(between.sql(and))
}

/// So many of the groups for whose listings it is due, but for listings that the job has put off.
pub async fn groups(conn: &mut Conn, due: Due, now: DateTime<Utc>, most: i64) -> Result<Vec<GroupId>> {
    let rows = listings::table.filter(due.condition(now)).filter(not_put_off!(due.job(), listings::id, now));
    Ok(rows.select(listings::group_id).distinct().limit(most).load(conn).await?)
}

/// Locks a group against other workers until the transaction ends; false when one of them has it.
pub async fn lock_group(tx: &mut Conn, group: GroupId) -> Result<bool> {
    let locked = groups::table.find(group).select(groups::id).for_no_key_update().skip_locked();
    Ok(locked.first::<GroupId>(tx).await.optional()?.is_some())
}

/// So many listings of a group for which it is due, locked. Those that somebody is changing are left for the next time, as are those that
/// the job has put off.
pub async fn lock_listings(tx: &mut Conn, group: GroupId, due: Due, now: DateTime<Utc>, most: i64) -> Result<Vec<Listing>> {
    let query = listings::table.filter(listings::group_id.eq(group)).filter(due.condition(now));
    let query = query.filter(not_put_off!(due.job(), listings::id, now)).select(Listing::as_select());
    Ok(query.order(listings::id).limit(most).for_no_key_update().skip_locked().load(tx).await?)
}

/// Notes that somebody is warned of these ends; gives the listings of which nobody had been.
pub async fn note_warnings(tx: &mut Conn, due: Due, ends: &[(ListingId, DateTime<Utc>)], now: DateTime<Utc>) -> Result<Vec<ListingId>> {
    let note = |(listing, end): &(ListingId, DateTime<Utc>)| {
        let about = (reminders::kind.eq(due.reminder()), reminders::subject_id.eq(listing.0));
        (about, reminders::due_at.eq(*end), reminders::created_at.eq(now))
    };
    let notes: Vec<_> = ends.iter().map(note).collect();
    let noted = diesel::insert_into(reminders::table).values(notes).on_conflict_do_nothing().returning(reminders::subject_id);
    Ok(noted.load::<uuid::Uuid>(tx).await?.into_iter().map(ListingId).collect())
}
