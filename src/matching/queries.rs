//! The match query. The rules of who fits whom stand here once, as fragments over two aliases, an offer and a want.
//!
//! Exact: it scores every eligible pair of the listings asked about and takes the best. docs/MATCHING.md says what that costs.

use chrono::{DateTime, Utc};
use diesel::{dsl::exists, prelude::*, sql_types};
use diesel_async::RunQueryDsl;

use super::model::Pair;
use crate::{
    db::Conn,
    error::Result,
    http::Limit,
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
}

/// The best matches at `as_of`, best first; equal scores by smaller counterpart, then smaller seeker.
pub async fn best(conn: &mut Conn, seekers: Seekers, as_of: DateTime<Utc>, limit: Limit, after: Option<After>) -> Result<Vec<Pair>> {
    let id = match seekers {
        Seekers::Listing(id) => id.0,
        Seekers::Group(id) => id.0,
    };
    let after =
        after.unwrap_or(After { score: f64::INFINITY, counterpart: ListingId(uuid::Uuid::nil()), seeker: ListingId(uuid::Uuid::nil()) });
    let pairs = diesel::sql_query(best_sql(seekers))
        .bind::<sql_types::Uuid, _>(id)
        .bind::<sql_types::Timestamptz, _>(as_of)
        .bind::<sql_types::BigInt, _>(limit.and_one())
        .bind::<sql_types::Double, _>(after.score)
        .bind::<sql_types::Uuid, _>(after.counterpart)
        .bind::<sql_types::Uuid, _>(after.seeker)
        .load(conn)
        .await?;
    Ok(pairs)
}

/// $1 whose, $2 as of, $3 how many, $4 to $6 after which match.
fn best_sql(seekers: Seekers) -> String {
    let whose = match seekers {
        Seekers::Listing(_) => "s.id = $1",
        Seekers::Group(_) => "s.group_id = $1",
    };
    format!(
        "with best as (
           select * from ({offers} union all {wants}) pair
           where (-score, counterpart_id, seeker_id) > (-$4, $5, $6)
           order by score desc, counterpart_id, seeker_id
           limit $3)
         select best.*, {two_way} as two_way from best order by score desc, counterpart_id, seeker_id",
        offers = pairs_sql(Kind::Offer, whose),
        wants = pairs_sql(Kind::Want, whose),
        two_way = two_way_sql(),
    )
}

/// The eligible pairs of listings of one kind (alias s) with their counterparts (alias c), scored.
fn pairs_sql(kind: Kind, whose: &str) -> String {
    let (offer, want, counterpart_shelf) = match kind {
        Kind::Offer => ("s", "c", 1_000_000_000),
        Kind::Want => ("c", "s", 0),
    };
    format!(
        "select s.id as seeker_id, s.group_id as seeker_group, c.id as counterpart_id, c.group_id as counterpart_group, s.kind as seeker_kind,
           match_score(parts.category, parts.nearness, parts.words, parts.freshness, parts.quantity) as score,
           parts.*, fact.km, fact.both_remote
         from listings s
         join listings c on c.shelf between {counterpart_shelf} + s.category_code / 100000000 * 100000000
                                        and {counterpart_shelf} + s.category_code / 100000000 * 100000000 + 99999999
         cross join lateral (select km_between(s.position, c.position) as km, s.remote and c.remote as both_remote,
           shared_words(s.words, c.words) as in_common offset 0) fact
         cross join lateral (select
           category_part({offer}.category_code, {want}.category_code, fact.in_common) as category,
           nearness_part(fact.both_remote, fact.km, greatest(s.reach_km, c.reach_km)) as nearness,
           words_part(fact.in_common, s.words, c.words) as words,
           freshness_part(c.fresh_at, $2) as freshness,
           quantity_part({offer}.quantity_left, {want}.quantity_left) as quantity) parts
         where {whose} and s.kind = '{kind}' and {seeker_open} and {counterpart_open} and {eligible}",
        seeker_open = open_sql("s"),
        counterpart_open = open_sql("c"),
        eligible = eligible_sql(offer, want),
    )
}

/// Rule 1 of the design: active, approved, unexpired, something left, group in good standing.
fn open_sql(listing: &str) -> String {
    format!("{listing}.is_open and ({listing}.expires_at is null or {listing}.expires_at > $2)")
}

/// Whether an offer and a want, both open, may match: the definition's list of conditions, one a line.
fn eligible_sql(offer: &str, want: &str) -> String {
    format!(
        "{offer}.group_id <> {want}.group_id
         and category_part({offer}.category_code, {want}.category_code, shared_words({offer}.words, {want}.words)) is not null
         and (({offer}.remote and {want}.remote) or km_between({offer}.position, {want}.position) <= greatest({offer}.reach_km, {want}.reach_km))
         and {offer}.basis && {want}.basis
         and ({offer}.available_from is null or {want}.available_until is null or {offer}.available_from < {want}.available_until)
         and ({want}.available_from is null or {offer}.available_until is null or {want}.available_from < {offer}.available_until)
         and not exists (select from group_blocks b where b.group_id = {offer}.group_id and b.blocked_group_id = {want}.group_id)
         and not exists (select from group_blocks b where b.group_id = {want}.group_id and b.blocked_group_id = {offer}.group_id)
         and not exists (select from match_dismissals d where d.offer_id = {offer}.id and d.want_id = {want}.id)"
    )
}

/// Whether the two groups of a pair also fit the other way round: some listing `r` of the seeker's group, of the counterpart's
/// kind, and some listing `t` of the counterpart's group, of the seeker's kind.
fn two_way_sql() -> String {
    let (offers, wants) = (eligible_sql("t", "r"), eligible_sql("r", "t"));
    format!(
        "exists (select from listings r, listings t
           where r.group_id = best.seeker_group and r.kind <> best.seeker_kind and {}
             and t.group_id = best.counterpart_group and t.kind = best.seeker_kind and {}
             and case best.seeker_kind when 'offer' then {offers} else {wants} end)",
        open_sql("r"),
        open_sql("t"),
    )
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
