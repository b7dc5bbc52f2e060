//! Finds matches, and keeps dismissals. The statements that find are in [`sql`].

pub mod network;
pub mod similar;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::{dsl::exists, prelude::*, sql_types};
use diesel_async::RunQueryDsl;

use super::{
    model::{Explained, Fit, FoundGroup, Pair},
    rules,
    sql::{self, Question},
};
use crate::{
    db::{Conn, Prepared},
    error::Result,
    listings::Kind,
    schema::{listings, match_dismissals},
    types::ids::{GroupId, ListingId},
};

/// Whose matches are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seekers {
    /// Those of one listing.
    Listing(ListingId),
    /// Those of all listings of a group.
    Group(GroupId),
    /// The same, two-way ones first.
    GroupTwoWayFirst(GroupId),
}

/// Where the page before ended: score, counterpart, seeker.
#[derive(Debug, Clone, Copy)]
pub struct After {
    /// Score of the last match.
    pub score: f64,
    /// Its counterpart.
    pub counterpart: ListingId,
    /// Its seeker.
    pub seeker: ListingId,
    /// Whether it was a two-way match; told apart only where those come first.
    pub two_way: bool,
}

impl After {
    /// Before every match.
    const BEGINNING: Self =
        Self { score: f64::INFINITY, counterpart: ListingId(uuid::Uuid::nil()), seeker: ListingId(uuid::Uuid::nil()), two_way: true };
}

/// What is asked for, whatever the listing.
#[derive(Debug, Clone)]
pub struct Search {
    /// The time that freshness and expiry are reckoned from.
    pub as_of: DateTime<Utc>,
    /// How many.
    pub limit: i64,
    /// Those after this match only.
    pub after: Option<After>,
    /// Those that score at least so much only.
    pub at_least: f64,
    /// Groups to leave out.
    pub avoid: Vec<GroupId>,
    /// Take the listing asked about even while it is a draft, to see what it would match.
    pub even_draft: bool,
}

impl Search {
    /// The best so many at a time.
    pub fn new(as_of: DateTime<Utc>, limit: i64) -> Self {
        Self { as_of, limit, after: None, at_least: 0.0, avoid: Vec::new(), even_draft: false }
    }
}

/// The best matches, best first; equal scores by smaller counterpart, then smaller seeker. None when the listing asked about is
/// not open (a draft may be, see [`Search::even_draft`]).
pub async fn best(conn: &mut Conn, seekers: Seekers, search: &Search) -> Result<Vec<Pair>> {
    let mut pairs = match seekers {
        Seekers::Listing(listing) => best_of_listing(conn, listing, search).await?,
        Seekers::Group(group) => best_of_group(conn, group, search).await?,
        Seekers::GroupTwoWayFirst(group) => return two_way_first(conn, group, search).await,
    };
    mark_two_way(conn, search.as_of, &mut pairs).await?;
    Ok(pairs)
}

/// First the thing itself. Something like it is worth a look only when that does not fill the answer, as it always scores less.
pub async fn best_of_listing(conn: &mut Conn, listing: ListingId, search: &Search) -> Result<Vec<Pair>> {
    let least_of_itself = rules::WEIGHTS[0].1;
    let mut pairs = match &search.after {
        Some(after) if after.score <= least_of_itself => Vec::new(),
        _ => ask(conn, Question::Itself, listing, search).await?,
    };
    let missing = search.limit - i64::try_from(pairs.len()).unwrap_or(search.limit);
    if missing > 0 && search.at_least <= least_of_itself {
        pairs.extend(ask(conn, Question::Like, listing, &Search { limit: missing, ..search.clone() }).await?);
    }
    Ok(pairs)
}

/// One listing after the other. What the ones before have found need not be looked at again by those that follow.
async fn best_of_group(conn: &mut Conn, group: GroupId, search: &Search) -> Result<Vec<Pair>> {
    let seekers: Vec<ListingId> = listings::table
        .filter(listings::group_id.eq(group))
        .filter(listings::is_open)
        .order((listings::fresh_at.desc(), listings::id))
        .select(listings::id)
        .load(conn)
        .await?;
    let wanted = usize::try_from(search.limit).unwrap_or_default();
    let mut best: Vec<Pair> = Vec::new();
    for seeker in seekers {
        let last = wanted.checked_sub(1).and_then(|last| best.get(last)).map_or(search.at_least, |pair| pair.score);
        best.extend(best_of_listing(conn, seeker, &Search { at_least: last, ..search.clone() }).await?);
        best.sort_by(Pair::better_first);
        best.truncate(wanted);
    }
    Ok(best)
}

/// The answer to one question about one listing.
pub async fn ask(conn: &mut Conn, question: Question, listing: ListingId, search: &Search) -> Result<Vec<Pair>> {
    let after = search.after.unwrap_or(After::BEGINNING);
    let statement = diesel::sql_query(question.statement())
        .bind::<sql_types::Uuid, _>(listing)
        .bind::<sql_types::Timestamptz, _>(search.as_of)
        .bind::<sql_types::BigInt, _>(search.limit)
        .bind::<sql_types::Double, _>(after.score)
        .bind::<sql_types::Uuid, _>(after.counterpart)
        .bind::<sql_types::Uuid, _>(after.seeker)
        .bind::<sql_types::Double, _>(search.at_least)
        .bind::<sql_types::Array<sql_types::Uuid>, _>(&search.avoid)
        .bind::<sql_types::Bool, _>(search.even_draft);
    Ok(Prepared(statement).load(conn).await?)
}

/// Each condition and each part of the score for a listing and another of the opposite kind; none when there is no such pair.
pub async fn explain(conn: &mut Conn, (seeker, counterpart): (ListingId, ListingId), as_of: DateTime<Utc>) -> Result<Option<Explained>> {
    let statement = diesel::sql_query(sql::EXPLAIN.as_str())
        .bind::<sql_types::Uuid, _>(seeker)
        .bind::<sql_types::Timestamptz, _>(as_of)
        .bind::<sql_types::Uuid, _>(counterpart);
    Ok(Prepared(statement).get_result(conn).await.optional()?)
}

/// Marks the pairs whose groups also fit the other way round. All are of one seeking group.
pub async fn mark_two_way(conn: &mut Conn, as_of: DateTime<Utc>, pairs: &mut [Pair]) -> Result<()> {
    let Some(&Pair { seeker_group: group, .. }) = pairs.iter().next() else { return Ok(()) };
    let others: BTreeSet<GroupId> = pairs.iter().map(|pair| pair.counterpart_group).collect();
    // What fits an offer the other way round is a want of the same group.
    let kinds: BTreeSet<&str> = pairs.iter().map(|pair| pair.seeker_kind.opposite().as_str()).collect();
    let fits = fits(conn, (group, kinds.into_iter().collect()), as_of, others.into_iter().collect()).await?;
    for pair in pairs {
        pair.two_way = fits.iter().any(|fit| fit.group_id == pair.counterpart_group && fit.kind != pair.seeker_kind);
    }
    Ok(())
}

/// Which of these kinds of a group's listings fit something of which of these other groups.
async fn fits(conn: &mut Conn, (group, kinds): (GroupId, Vec<&str>), as_of: DateTime<Utc>, others: Vec<GroupId>) -> Result<Vec<Fit>> {
    let statement = diesel::sql_query(sql::FITS.as_str())
        .bind::<sql_types::Uuid, _>(group)
        .bind::<sql_types::Timestamptz, _>(as_of)
        .bind::<sql_types::Array<sql_types::Uuid>, _>(others)
        .bind::<sql_types::Array<sql_types::Text>, _>(kinds);
    Ok(Prepared(statement).load(conn).await?)
}

/// The groups that both have something for a group and want something of it.
async fn two_way_groups(conn: &mut Conn, group: GroupId, as_of: DateTime<Utc>) -> Result<Vec<GroupId>> {
    let takers = diesel::sql_query(sql::GROUPS_THAT_FIT.as_str())
        .bind::<sql_types::Uuid, _>(group)
        .bind::<sql_types::Timestamptz, _>(as_of)
        .bind::<sql_types::Text, _>(Kind::Offer);
    let takers: Vec<FoundGroup> = Prepared(takers).load(conn).await?;
    let takers = takers.iter().map(|found| found.counterpart_group).collect();
    let fits = fits(conn, (group, vec![Kind::Want.as_str()]), as_of, takers).await?;
    Ok(fits.into_iter().map(|fit| fit.group_id).collect())
}

/// The best matches of a group's listings with those of certain other groups, of which the two-way ones are asked for.
async fn best_with_groups(conn: &mut Conn, group: GroupId, others: &[GroupId], search: &Search) -> Result<Vec<Pair>> {
    let after = search.after.unwrap_or(After::BEGINNING);
    let statement = diesel::sql_query(sql::WITH_GROUPS.as_str())
        .bind::<sql_types::Uuid, _>(group)
        .bind::<sql_types::Timestamptz, _>(search.as_of)
        .bind::<sql_types::Array<sql_types::Uuid>, _>(others)
        .bind::<sql_types::BigInt, _>(search.limit)
        .bind::<sql_types::Double, _>(after.score)
        .bind::<sql_types::Uuid, _>(after.counterpart)
        .bind::<sql_types::Uuid, _>(after.seeker);
    Ok(Prepared(statement).load(conn).await?)
}

/// The best matches of a group with the two-way ones first: all pairs with groups that fit both ways round, then the others.
async fn two_way_first(conn: &mut Conn, group: GroupId, search: &Search) -> Result<Vec<Pair>> {
    let partners = two_way_groups(conn, group, search.as_of).await?;
    let past_them = search.after.is_some_and(|after| !after.two_way);
    let mut pairs = if past_them { Vec::new() } else { best_with_groups(conn, group, &partners, search).await? };
    let missing = search.limit - i64::try_from(pairs.len()).unwrap_or(search.limit);
    if missing > 0 {
        let after = search.after.filter(|after| !after.two_way);
        let others = Search { limit: missing, after, avoid: partners, ..search.clone() };
        pairs.extend(best_of_group(conn, group, &others).await?);
    }
    Ok(pairs)
}

/// Dismisses a pair for a group. Doing so twice is no error.
pub async fn dismiss(conn: &mut Conn, group: GroupId, (offer, want): (ListingId, ListingId), now: DateTime<Utc>) -> Result<bool> {
    let inserted = diesel::insert_into(match_dismissals::table)
        .values((
            match_dismissals::offer_id.eq(offer),
            match_dismissals::want_id.eq(want),
            match_dismissals::group_id.eq(group),
            match_dismissals::created_at.eq(now),
        ))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(inserted > 0)
}

/// Takes a group's dismissal of a pair back.
pub async fn restore(conn: &mut Conn, group: GroupId, (offer, want): (ListingId, ListingId)) -> Result<bool> {
    Ok(diesel::delete(match_dismissals::table.find((offer, want, group))).execute(conn).await? > 0)
}

/// Whether a group has dismissed a pair.
pub async fn is_dismissed(conn: &mut Conn, group: GroupId, (offer, want): (ListingId, ListingId)) -> Result<bool> {
    Ok(diesel::select(exists(match_dismissals::table.find((offer, want, group)))).get_result(conn).await?)
}

/// The counterparts that a group has dismissed for a listing of its own, the latest first.
pub async fn dismissed(conn: &mut Conn, group: GroupId, listing: ListingId) -> Result<Vec<(ListingId, DateTime<Utc>)>> {
    let rows: Vec<(ListingId, ListingId, DateTime<Utc>)> = match_dismissals::table
        .filter(match_dismissals::group_id.eq(group))
        .filter(match_dismissals::offer_id.eq(listing).or(match_dismissals::want_id.eq(listing)))
        .inner_join(listings::table.on(listings::id.eq(listing)))
        .order((match_dismissals::created_at.desc(), match_dismissals::offer_id, match_dismissals::want_id))
        .select((match_dismissals::offer_id, match_dismissals::want_id, match_dismissals::created_at))
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(|(offer, want, time)| (if offer == listing { want } else { offer }, time)).collect())
}
