//! The use cases of the catalogue: looking up, and what a network's coordinators add to the common trees.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{
    dto::{CategoryFilter, LocalitiesWanted},
    links::CategoryLink,
    model::{Category, Locality},
    queries, rules,
    rules::{Band, BandFull, Slug},
    seed::search_text,
    suggest::Suggestion,
    words::Lexicon,
};
use crate::{
    audit::{self, Act},
    db::{Conn, transaction},
    error::{Code, Error, OnConstraint, Result},
    http::{Cursor, Page},
    networks::NetworkCoordinator,
    schema::{categories, localities},
    types::{
        Position, Refusal,
        fields::FieldError,
        ids::NetworkId,
        text::{NodeName, Prose, fold},
    },
};

/// Suggestions for a title.
const SUGGESTIONS: usize = 5;

/// A locality with everything that it lies in, the nearest first.
#[derive(Debug)]
pub struct Placed {
    /// The locality.
    pub locality: Locality,
    /// Its parent, the parent's parent and so on.
    pub above: Vec<Locality>,
}

/// A category that a network adds, checked.
#[derive(Debug)]
pub struct NewCategory {
    /// A category of level 3.
    pub parent: Slug,
    /// Its name.
    pub name: NodeName,
    /// What the name makes of the slug.
    pub slug: String,
    /// What belongs here.
    pub description: Prose<0, 300>,
}

/// A sub-area that a network draws, checked.
#[derive(Debug)]
pub struct NewSubArea {
    /// A place, ward or district.
    pub parent: Slug,
    /// Its name.
    pub name: NodeName,
    /// What the name makes of the slug.
    pub slug: String,
    /// Its middle.
    pub centroid: Position,
}

/// Categories with the slugs of their parents, ordered by code.
pub async fn list_categories(conn: &mut Conn, filter: CategoryFilter) -> Result<Vec<(Category, Option<String>)>> {
    let codes = match filter.under {
        None => 0..=i32::MAX,
        Some(slug) => queries::category_by_slug(conn, slug.as_str())
            .await?
            .map(|category| category.subtree())
            .ok_or_else(|| Error::from(vec![FieldError::parameter("under", unknown_category())]))?,
    };
    let found = queries::categories_in(conn, codes, filter.network).await?;
    with_parents(conn, found).await
}

/// A category with the slug of its parent.
pub async fn find_category(conn: &mut Conn, slug: &Slug) -> Result<(Category, Option<String>)> {
    let category = queries::category_by_slug(conn, slug.as_str()).await?;
    let found = with_parents(conn, category.into_iter().collect()).await?;
    found.into_iter().next().ok_or_else(|| Error::not_found("category"))
}

async fn with_parents(conn: &mut Conn, found: Vec<Category>) -> Result<Vec<(Category, Option<String>)>> {
    let mut slugs: HashMap<i32, String> = found.iter().map(|category| (category.code, category.slug.clone())).collect();
    let missing: Vec<i32> = found.iter().filter_map(|category| category.parent_code).filter(|code| !slugs.contains_key(code)).collect();
    if !missing.is_empty() {
        slugs.extend(queries::categories_by_code(conn, &missing).await?.into_iter().map(|category| (category.code, category.slug)));
    }
    let shown = found.into_iter().map(|category| {
        let parent = category.parent_code.and_then(|code| slugs.get(&code).cloned());
        (category, parent)
    });
    Ok(shown.collect())
}

/// Categories of the common catalogue that fit a title, best first. Needs no database.
pub fn suggest(lexicon: &Lexicon, title: &str) -> Vec<(CategoryLink, Suggestion)> {
    let found = lexicon.suggest(title).into_iter().take(SUGGESTIONS);
    found.filter_map(|suggestion| Some((link(lexicon, &suggestion.category)?, suggestion))).collect()
}

fn link(lexicon: &Lexicon, slug: &str) -> Option<CategoryLink> {
    let category = lexicon.categories().iter().find(|category| category.slug == slug)?;
    let root = category.code / 100_000_000 * 100_000_000;
    let root = lexicon.categories().iter().find(|category| category.code == root)?;
    Some(CategoryLink { slug: category.slug.clone(), name: category.name.clone(), resource_type: root.slug.clone() })
}

/// Adds a network's own category.
pub async fn add_category(conn: &mut Conn, by: &NetworkCoordinator, new: &NewCategory, now: DateTime<Utc>) -> Result<Category> {
    transaction(conn, async |tx| {
        let refuse = |refusal| Error::from(vec![FieldError::body("/parent", refusal)]);
        let parent = queries::lock_category(tx, new.parent.as_str()).await?.ok_or_else(|| refuse(unknown_category()))?;
        let code = next_category(tx, &parent).await?.ok_or_else(|| {
            refuse(Refusal::new("wrong_level", "Networks add categories below those of level 3, such as seating; choose one of them."))
        })?;
        let added = insert_category(tx, by.network_id, &parent, code, new).await?;
        let act = Act::of(by.user_id, "add_category", "category", &added.slug);
        audit::record(tx, now, Act { role: Some(by.role.as_str()), network: Some(by.network_id), ..act }).await?;
        Ok(added)
    })
    .await
}

/// The next free code below a locked category; none when its level has no children of networks.
async fn next_category(tx: &mut Conn, parent: &Category) -> Result<Option<i32>> {
    let Some(band) = Band::of_categories(parent.code) else { return Ok(None) };
    let highest = queries::highest_category(tx, parent.code + 1..=*parent.subtree().end()).await?;
    let next = band.next(highest.map(i64::from)).map_err(full)?;
    Ok(Some(i32::try_from(next).map_err(|error| Error::Internal(error.into()))?))
}

async fn insert_category(tx: &mut Conn, network: NetworkId, parent: &Category, code: i32, new: &NewCategory) -> Result<Category> {
    let slug = format!("{}.{}", queries::network_slug(tx, network).await?, new.slug);
    diesel::insert_into(categories::table)
        .values((
            categories::code.eq(code),
            categories::slug.eq(&slug),
            categories::parent_code.eq(parent.code),
            categories::resource_type.eq(&parent.resource_type),
            categories::name.eq(new.name.as_str()),
            categories::description.eq(new.description.as_str()),
            categories::network_id.eq(network),
        ))
        .returning(Category::as_returning())
        .get_result(tx)
        .await
        .on_constraint("categories_slug_key", || already_exists("category", &slug))
}

/// Localities, by name or by code.
pub async fn list_localities(conn: &mut Conn, wanted: LocalitiesWanted) -> Result<Page<Placed>> {
    let mut filter = wanted.filter;
    if let Some(slug) = &wanted.under {
        let found = queries::locality_by_slug(conn, slug.as_str()).await?;
        filter.under = Some(
            found
                .map(|locality| locality.subtree())
                .ok_or_else(|| Error::from(vec![FieldError::parameter("under", unknown_locality())]))?,
        );
    }
    let limit = wanted.limit;
    if let Some(words) = &wanted.words {
        let found = search_localities(conn, &filter, words.as_str(), limit.and_one() - 1).await?;
        return Ok(Page::whole(place(conn, found).await?));
    }
    let list = (filter.under.as_ref().map(|codes| *codes.start()), filter.kind, filter.network);
    let after = wanted.cursor.map(|cursor| Cursor::<i64>::decode(&list, &cursor)).transpose()?.unwrap_or_default();
    let rows = queries::localities_after(conn, &filter, after, limit.and_one()).await?;
    let page = Page::cut(rows, limit.entries(), |last| Cursor::encode(&list, last.code));
    Ok(Page { items: place(conn, page.items).await?, next_cursor: page.next_cursor })
}

/// Localities that somebody may mean by `words`, best first: see `queries::localities_named`. A postcode means its district, and
/// nothing else of it is looked at.
pub async fn search_localities(conn: &mut Conn, filter: &queries::LocalityFilter, words: &str, limit: i64) -> Result<Vec<Locality>> {
    if let Some(outward) = rules::outward_part(words) {
        let found = queries::locality_by_slug(conn, &outward).await?;
        return Ok(found.into_iter().filter(|locality| locality.kind == "postcode_district" && filter.takes(locality)).collect());
    }
    let text = fold(&words.replace('|', " "));
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    queries::localities_named(conn, filter, text.trim(), limit).await
}

/// A locality with everything it lies in.
pub async fn find_locality(conn: &mut Conn, slug: &Slug) -> Result<Placed> {
    let found = queries::locality_by_slug(conn, slug.as_str()).await?;
    place_one(conn, found.ok_or_else(|| Error::not_found("locality"))?).await
}

/// The place nearest to a position. Neither the position nor the answer is kept.
pub async fn nearest(conn: &mut Conn, position: Position) -> Result<Placed> {
    let found = queries::nearest_place(conn, position).await?;
    let near = found.filter(|place| place.position().km_to(position) <= rules::NEAREST_KM);
    place_one(conn, near.ok_or_else(|| Error::problem(Code::NotFound, "No place that we know is within 50 km of there."))?).await
}

/// Adds what each locality lies in; keeps the order.
pub async fn place(conn: &mut Conn, found: Vec<Locality>) -> Result<Vec<Placed>> {
    let mut codes: Vec<i64> = found.iter().flat_map(|locality| rules::ancestor_codes(locality.code)).collect();
    codes.sort_unstable();
    codes.dedup();
    let known: HashMap<i64, Locality> =
        queries::localities_by_code(conn, &codes).await?.into_iter().map(|locality| (locality.code, locality)).collect();
    let placed = found.into_iter().map(|locality| {
        let above = rules::ancestor_codes(locality.code).iter().filter_map(|code| known.get(code).cloned()).collect();
        Placed { locality, above }
    });
    Ok(placed.collect())
}

async fn place_one(conn: &mut Conn, locality: Locality) -> Result<Placed> {
    let placed = place(conn, vec![locality]).await?;
    placed.into_iter().next().ok_or_else(|| Error::not_found("locality"))
}

/// Adds a network's own sub-area.
pub async fn add_sub_area(conn: &mut Conn, by: &NetworkCoordinator, new: &NewSubArea, now: DateTime<Utc>) -> Result<Placed> {
    transaction(conn, async |tx| {
        let refuse = |pointer: &str, refusal| Error::from(vec![FieldError::body(pointer, refusal)]);
        let parent = queries::lock_locality(tx, new.parent.as_str()).await?.ok_or_else(|| refuse("/parent", unknown_locality()))?;
        let band = Band::of_sub_areas(parent.code, &parent.kind).ok_or_else(|| {
            refuse("/parent", Refusal::new("wrong_kind", "A sub-area lies in a place, a ward or a district; choose one of them."))
        })?;
        let centroid = rules::check_centroid(new.centroid, parent.position()).map_err(|refusal| refuse("/lat", refusal))?;
        let code = band.next(queries::highest_locality(tx, &band.codes).await?).map_err(full)?;
        let added = insert_sub_area(tx, by.network_id, (code, parent.code), (new, centroid)).await?;
        let act = Act::of(by.user_id, "add_sub_area", "locality", &added.slug);
        audit::record(tx, now, Act { role: Some(by.role.as_str()), network: Some(by.network_id), ..act }).await?;
        place_one(tx, added).await
    })
    .await
}

async fn insert_sub_area(
    tx: &mut Conn,
    network: NetworkId,
    (code, parent): (i64, i64),
    (new, centroid): (&NewSubArea, Position),
) -> Result<Locality> {
    let slug = format!("{}.{}", queries::network_slug(tx, network).await?, new.slug);
    diesel::insert_into(localities::table)
        .values((
            localities::code.eq(code),
            localities::slug.eq(&slug),
            localities::kind.eq("sub_area"),
            localities::name.eq(new.name.as_str()),
            localities::parent_code.eq(parent),
            localities::lat.eq(centroid.lat),
            localities::lng.eq(centroid.lng),
            localities::network_id.eq(network),
            localities::search_text.eq(search_text(new.name.as_str(), std::iter::empty())),
        ))
        .returning(Locality::as_returning())
        .get_result(tx)
        .await
        .on_constraint("localities_slug_key", || already_exists("sub-area", &slug))
}

fn already_exists(what: &str, slug: &str) -> Error {
    Error::problem(Code::AlreadyExists, format!("Your network has a {what} {slug} already. Use that one, or choose another name."))
}

fn full(BandFull: BandFull) -> Error {
    Error::problem(Code::Conflict, "There is no room for more below this parent. Choose another parent.")
}

fn unknown_category() -> Refusal {
    Refusal::new("unknown", "There is no such category; the list of categories has the slugs.")
}

fn unknown_locality() -> Refusal {
    Refusal::new("unknown", "There is no such locality; the list of localities has the slugs.")
}
