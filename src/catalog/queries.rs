//! What the catalogue asks of the database. The common trees are everybody's; a network's own nodes are public too.

use std::ops::RangeInclusive;

use diesel::{
    dsl,
    prelude::*,
    sql_types::{BigInt, Double, Nullable, Text, Uuid},
};
use diesel_async::RunQueryDsl;

use super::{
    LocalityKind,
    model::{Category, Locality},
};
use crate::{
    db::{Conn, transaction},
    error::Result,
    schema::{categories, localities, networks},
    types::{Position, ids::NetworkId},
};

/// Whether a text can be a slug. Asked first, because clients send anything, and PostgreSQL takes no NUL.
fn is_slug(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.'))
}

/// The category with this slug.
pub async fn category_by_slug(conn: &mut Conn, slug: &str) -> Result<Option<Category>> {
    if !is_slug(slug) {
        return Ok(None);
    }
    Ok(categories::table.filter(categories::slug.eq(slug)).select(Category::as_select()).first(conn).await.optional()?)
}

/// The locality with this slug.
pub async fn locality_by_slug(conn: &mut Conn, slug: &str) -> Result<Option<Locality>> {
    if !is_slug(slug) {
        return Ok(None);
    }
    Ok(localities::table.filter(localities::slug.eq(slug)).select(Locality::as_select()).first(conn).await.optional()?)
}

/// The categories with these codes, in no order.
pub async fn categories_by_code(conn: &mut Conn, codes: &[i32]) -> Result<Vec<Category>> {
    Ok(categories::table.filter(categories::code.eq_any(codes)).select(Category::as_select()).load(conn).await?)
}

/// The localities with these codes, in no order.
pub async fn localities_by_code(conn: &mut Conn, codes: &[i64]) -> Result<Vec<Locality>> {
    Ok(localities::table.filter(localities::code.eq_any(codes)).select(Locality::as_select()).load(conn).await?)
}

/// The common categories with these codes and those of the network, if one is given, ordered by code: parents before children.
pub async fn categories_in(conn: &mut Conn, codes: RangeInclusive<i32>, network: Option<NetworkId>) -> Result<Vec<Category>> {
    Ok(categories::table
        .filter(categories::code.between(*codes.start(), *codes.end()))
        .filter(categories::network_id.is_null().or(categories::network_id.eq(network)))
        .order(categories::code)
        .select(Category::as_select())
        .load(conn)
        .await?)
}

/// The category with this slug, locked: whoever else would add children to it waits until the transaction ends.
pub async fn lock_category(tx: &mut Conn, slug: &str) -> Result<Option<Category>> {
    let found = categories::table.filter(categories::slug.eq(slug)).select(Category::as_select()).for_no_key_update();
    Ok(found.first(tx).await.optional()?)
}

/// The locality with this slug, locked in the same way.
pub async fn lock_locality(tx: &mut Conn, slug: &str) -> Result<Option<Locality>> {
    let found = localities::table.filter(localities::slug.eq(slug)).select(Locality::as_select()).for_no_key_update();
    Ok(found.first(tx).await.optional()?)
}

/// The highest category code in a range.
pub async fn highest_category(conn: &mut Conn, codes: RangeInclusive<i32>) -> Result<Option<i32>> {
    let taken = categories::table.filter(categories::code.between(*codes.start(), *codes.end()));
    Ok(taken.select(dsl::max(categories::code)).first(conn).await?)
}

/// The highest locality code in a range.
pub async fn highest_locality(conn: &mut Conn, codes: &RangeInclusive<i64>) -> Result<Option<i64>> {
    let taken = localities::table.filter(localities::code.between(*codes.start(), *codes.end()));
    Ok(taken.select(dsl::max(localities::code)).first(conn).await?)
}

/// The slug of a network, with which the slugs of its own nodes begin.
pub async fn network_slug(conn: &mut Conn, network: NetworkId) -> Result<String> {
    Ok(networks::table.find(network).select(networks::slug).first(conn).await?)
}

/// Which localities.
#[derive(Debug, Clone, Default)]
pub struct LocalityFilter {
    /// Only codes of this range: a subtree.
    pub under: Option<RangeInclusive<i64>>,
    /// Only this kind.
    pub kind: Option<LocalityKind>,
    /// With the sub-areas of this network; public geography only without.
    pub network: Option<NetworkId>,
}

impl LocalityFilter {
    fn codes(&self) -> (i64, i64) {
        self.under.as_ref().map_or((0, i64::MAX), |codes| (*codes.start(), *codes.end()))
    }

    /// Whether a locality of public geography is among those meant.
    pub fn takes(&self, locality: &Locality) -> bool {
        self.under.as_ref().is_none_or(|codes| codes.contains(&locality.code))
            && self.kind.is_none_or(|kind| kind.as_str() == locality.kind)
    }
}

/// Up to `limit` localities after the code `after`, by code.
pub async fn localities_after(conn: &mut Conn, filter: &LocalityFilter, after: i64, limit: i64) -> Result<Vec<Locality>> {
    let (first, last) = filter.codes();
    let mut found = localities::table
        .filter(localities::code.gt(after))
        .filter(localities::code.between(first, last))
        .filter(localities::network_id.is_null().or(localities::network_id.eq(filter.network)))
        .order(localities::code)
        .limit(limit)
        .select(Locality::as_select())
        .into_boxed();
    if let Some(kind) = filter.kind {
        found = found.filter(localities::kind.eq(kind.as_str()));
    }
    Ok(found.load(conn).await?)
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    code: i64,
}

/// Names that begin with what was typed.
const BEGINS: &str = "search_text like $2 || '%' or search_text like '%| ' || $2 || '%'";
/// Names with a word like what was typed.
const RESEMBLES: &str = "$1 <% search_text";
/// Trigrams of what was typed that the best stretch of a name must share: below it "Hanly" would not find Hanley, and much lower
/// everything finds everything.
const LIKENESS: &str = "select set_config('pg_trgm.word_similarity_threshold', '0.5', true)";

/// Up to `limit` localities by name: those of that name, then those whose name begins so, of these the more populous first; then those
/// with a name like it, where a city counts a little more than a hamlet. `text` is folded as search texts are.
pub async fn localities_named(conn: &mut Conn, filter: &LocalityFilter, text: &str, limit: i64) -> Result<Vec<Locality>> {
    let mut codes = named(conn, BEGINS, filter, text, limit).await?;
    // Two letters are like everything.
    if i64::try_from(codes.len()).is_ok_and(|found| found < limit) && text.chars().count() > 2 {
        codes = transaction(conn, async |tx| {
            diesel::sql_query(LIKENESS).execute(tx).await?;
            named(tx, &format!("{BEGINS} or {RESEMBLES}"), filter, text, limit).await
        })
        .await?;
    }
    let mut found = localities_by_code(conn, &codes).await?;
    found.sort_by_key(|locality| codes.iter().position(|code| *code == locality.code));
    Ok(found)
}

async fn named(conn: &mut Conn, condition: &str, filter: &LocalityFilter, text: &str, limit: i64) -> Result<Vec<i64>> {
    let (first, last) = filter.codes();
    let pattern = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let found: Vec<Found> = diesel::sql_query(format!(
        "select code from (
           select code, population, case
               when position(' | ' || $1 || ' | ' in ' | ' || search_text || ' | ') > 0 then 0
               when {BEGINS} then 1
               else 4 - similarity($1, search_text) - word_similarity($1, search_text) / 2 - ln(1 + population / 1000.0) / 50 end as distance
           from localities
           where ({condition}) and code between $3 and $4 and ($5 is null or kind = $5) and (network_id is null or network_id = $6)
         ) found order by distance, population desc, code limit $7"
    ))
    .bind::<Text, _>(text)
    .bind::<Text, _>(pattern)
    .bind::<BigInt, _>(first)
    .bind::<BigInt, _>(last)
    .bind::<Nullable<Text>, _>(filter.kind.map(LocalityKind::as_str))
    .bind::<Nullable<Uuid>, _>(filter.network)
    .bind::<BigInt, _>(limit)
    .load(conn)
    .await?;
    Ok(found.into_iter().map(|found| found.code).collect())
}

/// The place whose centroid is nearest to a position. The index knows distances on a flat map only, good to a few per cent in Great
/// Britain (0.58 is the cosine of 54.5 degrees north), so the nearest of its first twenty by great circle is taken.
pub async fn nearest_place(conn: &mut Conn, position: Position) -> Result<Option<Locality>> {
    let near: Vec<Found> = diesel::sql_query(
        "select code from localities where kind = 'place' order by point(lng * 0.58, lat) <-> point($1 * 0.58, $2) limit 20",
    )
    .bind::<Double, _>(position.lng)
    .bind::<Double, _>(position.lat)
    .load(conn)
    .await?;
    let codes: Vec<i64> = near.into_iter().map(|found| found.code).collect();
    let places = localities_by_code(conn, &codes).await?;
    let by_distance = |one: &Locality, other: &Locality| {
        position.km_to(one.position()).total_cmp(&position.km_to(other.position())).then(one.code.cmp(&other.code))
    };
    Ok(places.into_iter().min_by(by_distance))
}
