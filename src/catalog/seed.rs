//! Writes the common categories and localities, which are built into the program, to the database. Run at each start: it
//! changes only what differs, and never removes anything, since listings may stand there.

use anyhow::Context;
use diesel::sql_types::{Array, BigInt, Double, Integer, Nullable, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use serde::Deserialize;

use crate::{
    db::{Conn, transaction},
    error::{Error, Result},
    types::text::fold,
};

/// The common categories.
pub const CATEGORIES: &str = include_str!("../../data/catalog/categories.csv");
/// The everyday words that lead to them.
pub const SYNONYMS: &str = include_str!("../../data/catalog/synonyms.csv");
/// The common localities.
pub const LOCALITIES: &str = include_str!("../../data/localities/localities.csv");
/// Whom we have the localities from; shown by the program.
pub const ATTRIBUTION: &str = include_str!("../../data/localities/ATTRIBUTION.txt");

#[derive(Debug, Deserialize)]
struct CategoryRow {
    code: i32,
    slug: String,
    name: String,
    description: String,
}

#[derive(Debug, Deserialize)]
struct LocalityRow {
    code: i64,
    slug: String,
    kind: String,
    name: String,
    parent: String,
    lat: f64,
    lng: f64,
    population: Option<i32>,
    also_known_as: String,
}

/// What was new or had changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seeded {
    /// Categories written.
    pub categories: usize,
    /// Localities written.
    pub localities: usize,
}

/// Writes what is missing or differs. Processes that start together do so one after the other; nobody who reads waits.
pub async fn seed(conn: &mut Conn) -> Result<Seeded> {
    let categories: Vec<CategoryRow> = read(CATEGORIES, "data/catalog/categories.csv")?;
    let localities: Vec<LocalityRow> = read(LOCALITIES, "data/localities/localities.csv")?;
    transaction(conn, async |tx| {
        tx.batch_execute("lock table categories, localities in share row exclusive mode").await?;
        Ok(Seeded { categories: write_categories(tx, &categories).await?, localities: write_localities(tx, &localities).await? })
    })
    .await
}

fn read<T: serde::de::DeserializeOwned>(text: &str, name: &str) -> Result<Vec<T>> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .with_context(|| format!("{name}, built into this program, is malformed"))
        .map_err(Error::Internal)
}

async fn write_categories(tx: &mut Conn, rows: &[CategoryRow]) -> Result<usize> {
    let written = diesel::sql_query(
        "insert into categories (code, slug, parent_code, resource_type, name, description)
         select code, slug, category_parent(code), (array['thing', 'space', 'skill', 'time', 'transport', 'food'])[code / 100000000], name, description
         from unnest($1, $2, $3, $4) as given (code, slug, name, description)
         order by code
         on conflict (code) do update set slug = excluded.slug, name = excluded.name, description = excluded.description
         where (categories.slug, categories.name, categories.description) is distinct from (excluded.slug, excluded.name, excluded.description)",
    )
    .bind::<Array<Integer>, _>(rows.iter().map(|row| row.code).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| &row.slug).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| &row.name).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| &row.description).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(written)
}

/// Leaves alone what an operator has imported: rows written from a published file, and slugs that an import gave another code.
async fn write_localities(tx: &mut Conn, rows: &[LocalityRow]) -> Result<usize> {
    let codes: std::collections::HashMap<&str, i64> = rows.iter().map(|row| (row.slug.as_str(), row.code)).collect();
    let parents: Vec<Option<i64>> = rows.iter().map(|row| codes.get(row.parent.as_str()).copied()).collect();
    let written = diesel::sql_query(
        "insert into localities (code, slug, kind, name, also_known_as, parent_code, lat, lng, population, search_text)
         select code, slug, kind, name, string_to_array(also_known_as, '|'), parent_code, lat, lng, coalesce(population, 0), search_text
         from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
           as given (code, slug, kind, name, also_known_as, parent_code, lat, lng, population, search_text)
         where not exists (select from localities other where other.slug = given.slug and other.code <> given.code)
         order by code
         on conflict (code) do update set slug = excluded.slug, name = excluded.name, also_known_as = excluded.also_known_as, lat = excluded.lat,
           lng = excluded.lng, population = excluded.population, search_text = excluded.search_text
         where not localities.published
           and (localities.slug, localities.name, localities.also_known_as, localities.lat, localities.lng, localities.population, localities.search_text)
           is distinct from (excluded.slug, excluded.name, excluded.also_known_as, excluded.lat, excluded.lng, excluded.population, excluded.search_text)",
    )
    .bind::<Array<BigInt>, _>(rows.iter().map(|row| row.code).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| &row.slug).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| &row.kind).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| &row.name).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| &row.also_known_as).collect::<Vec<_>>())
    .bind::<Array<Nullable<BigInt>>, _>(parents)
    .bind::<Array<Double>, _>(rows.iter().map(|row| row.lat).collect::<Vec<_>>())
    .bind::<Array<Double>, _>(rows.iter().map(|row| row.lng).collect::<Vec<_>>())
    .bind::<Array<Nullable<Integer>>, _>(rows.iter().map(|row| row.population).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| search_text(&row.name, row.also_known_as.split('|'))).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(written)
}

/// What a locality is found by: its folded names, the first one first, so that a prefix of it is a prefix of the text.
pub fn search_text<'a>(name: &'a str, also_known_as: impl Iterator<Item = &'a str>) -> String {
    let names = std::iter::once(name).chain(also_known_as).filter(|name| !name.is_empty()).map(fold);
    names.collect::<Vec<_>>().join(" | ")
}
