//! Brings officially published places into the tree. All of a file in one transaction: either all of it is there afterwards, or
//! nothing. The same file again changes nothing.
//!
//! **Which row is which.** A postcode district is known by its outward code (slug `st1`), a ward by its GSS code, with which its slug
//! ends (`example-park-e05000001`), a district by its name. **Whose child a new row is.** Our tree does not carry the published codes of
//! districts, so a new row belongs to the district of the nearest place that the tree has. Codes are permanent: a row that is there
//! keeps its code, slug and parent, whatever a newer file says. New districts have no place in the tree and are left out.

use std::collections::{BTreeSet, HashMap};

use diesel::{
    prelude::*,
    sql_types::{Array, BigInt, Double, Text},
};
use diesel_async::RunQueryDsl;

use super::{
    model::Locality,
    published::{PublishedKind, PublishedPlace},
    queries,
    rules::{Band, BandFull, district_of, slugify},
    seed::search_text,
};
use crate::{
    db::{Conn, analyze, transaction},
    error::{Error, Result},
    schema::localities,
    types::{Position, text::Line},
};

/// Rows written by one statement.
const BATCH: usize = 500;
/// The key of the advisory lock that keeps two imports from giving the same codes.
const IMPORT_LOCK: i64 = 0x0067_6f74_696c;
/// Bytes of a ward's slug before its GSS code; the whole may have 120.
const WARD_NAME: usize = 100;
/// Kilometres in a degree of latitude, rounded down: nothing is nearer than its difference in latitude.
const KM_PER_DEGREE: f64 = 111.0;
/// What official lists add to the names of districts that our tree calls by their usual ones.
const TITLES: [(&str, &str); 5] = [("", ", City of"), ("", ", County of"), ("City of ", ""), ("", " City"), ("The ", "")];

/// What came of it. The names are those of the file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Rows that were not there.
    pub new: usize,
    /// Rows that are different now.
    pub changed: usize,
    /// Rows that are as the file has them.
    pub same: usize,
    /// Districts that the tree has not.
    pub unknown_districts: Vec<String>,
    /// Names or positions that cannot be kept.
    pub unfit: Vec<String>,
    /// New rows of districts whose codes are all taken.
    pub no_room: Vec<String>,
    /// Codes that the file has again; the first row counts.
    pub repeated: Vec<String>,
}

/// A row to be written.
#[derive(Debug)]
struct Row {
    code: i64,
    slug: String,
    kind: &'static str,
    name: String,
    other_names: Vec<String>,
    parent: i64,
    position: Position,
}

/// What is known before the file is gone through.
struct Tree {
    /// Places, from south to north.
    places: Vec<(Position, i64)>,
    /// Localities of the kinds that a file may have, by what they are known by.
    known: HashMap<(&'static str, String), Locality>,
    /// The highest code given in a band, by the band's first code.
    highest: HashMap<i64, Option<i64>>,
    /// Codes of the file that were gone through.
    seen: BTreeSet<String>,
}

/// Imports what a file has. `progress` hears how many rows are written. A dry run counts and writes nothing.
pub async fn import(conn: &mut Conn, places: &[PublishedPlace], dry_run: bool, progress: impl Fn(usize)) -> Result<Outcome> {
    transaction(conn, async |tx| {
        diesel::sql_query("select pg_advisory_xact_lock($1)").bind::<BigInt, _>(IMPORT_LOCK).execute(tx).await?;
        let mut tree = Tree::load(tx).await?;
        let (mut outcome, mut rows) = (Outcome::default(), Vec::new());
        for place in places {
            rows.extend(tree.plan(tx, place, &mut outcome).await?);
        }
        let batches = if dry_run { [].chunks(BATCH) } else { rows.chunks(BATCH) };
        let mut written = 0;
        for batch in batches {
            write(tx, batch).await?;
            written += batch.len();
            progress(written);
        }
        if written > 0 {
            analyze(tx, "localities").await?;
        }
        Ok(outcome)
    })
    .await
}

impl Tree {
    async fn load(tx: &mut Conn) -> Result<Self> {
        let found: Vec<Locality> = localities::table
            .filter(localities::kind.eq_any(["district", "place", "ward", "postcode_district"]))
            .select(Locality::as_select())
            .load(tx)
            .await?;
        let of_kind = |kind: &'static str| found.iter().filter(move |locality| locality.kind == kind);
        let mut places: Vec<(Position, i64)> = of_kind("place").map(|place| (place.position(), district_of(place.code))).collect();
        if places.is_empty() {
            return Err(Error::Internal(anyhow::anyhow!("the common localities are missing; run gotit migrate first")));
        }
        places.sort_by(|one, other| one.0.lat.total_cmp(&other.0.lat).then(one.1.cmp(&other.1)));
        let known = ["district", "ward", "postcode_district"]
            .into_iter()
            .flat_map(|kind| of_kind(kind).map(move |locality| ((kind, identity(locality).to_owned()), locality.clone())));
        Ok(Self { places, known: known.collect(), highest: HashMap::new(), seen: BTreeSet::new() })
    }

    /// The row that a published place becomes; none when it is there already, or left out, which `outcome` counts.
    async fn plan(&mut self, tx: &mut Conn, place: &PublishedPlace, outcome: &mut Outcome) -> Result<Option<Row>> {
        let fit = Line::<1, 100>::parse(&place.name).ok().zip(Position::parse(place.position.lat, place.position.lng).ok());
        let Some((name, position)) = fit else {
            outcome.unfit.push(place.name.clone());
            return Ok(None);
        };
        if !self.seen.insert(place.code.clone()) {
            outcome.repeated.push(place.code.clone());
            return Ok(None);
        }
        let kind = kind_of(place.kind);
        let welsh = place.welsh_name.as_deref().and_then(|name| Line::<1, 100>::parse(name.replace('|', "/")).ok());
        if let Some(known) = self.find(place) {
            // Districts keep the usual name that our tree has for them.
            let name = if kind == "district" { known.name.clone() } else { name.into_string() };
            let row = Row::of(known, kind, name, welsh.as_ref().map(Line::as_str), position);
            let changed = row.differs(known);
            *(if changed { &mut outcome.changed } else { &mut outcome.same }) += 1;
            return Ok(changed.then_some(row));
        }
        let district = self.nearest_district(position);
        let (band, slug) = match place.kind {
            PublishedKind::District => {
                outcome.unknown_districts.push(place.name.clone());
                return Ok(None);
            }
            PublishedKind::Ward => (Band::of_wards(district), ward_slug(place)),
            PublishedKind::PostcodeDistrict => (Band::of_postcode_districts(district), place.code.to_ascii_lowercase()),
        };
        let Ok(code) = self.next_code(tx, &band).await? else {
            outcome.no_room.push(place.name.clone());
            return Ok(None);
        };
        outcome.new += 1;
        let other_names = welsh.map(Line::into_string).into_iter().collect();
        Ok(Some(Row { code, slug, kind, name: name.into_string(), other_names, parent: district, position }))
    }

    fn find(&self, place: &PublishedPlace) -> Option<&Locality> {
        let kind = kind_of(place.kind);
        let known = |key: Option<String>| self.known.get(&(kind, key?));
        if place.kind != PublishedKind::District {
            return known(Some(place.code.to_ascii_lowercase()));
        }
        let shorter = TITLES.iter().filter_map(|(before, after)| place.name.strip_prefix(before)?.strip_suffix(after));
        std::iter::once(place.name.as_str()).chain(shorter).find_map(|name| known(slugify(name, 120)))
    }

    /// The district of the place whose centroid is nearest; of equally near ones the one with the smaller code.
    fn nearest_district(&self, position: Position) -> i64 {
        let from = self.places.partition_point(|(place, _)| place.lat < position.lat);
        let (south, north) = self.places.split_at(from);
        let best = nearest_of(south.iter().rev(), position, (f64::INFINITY, 0));
        nearest_of(north.iter(), position, best).1
    }

    async fn next_code(&mut self, tx: &mut Conn, band: &Band) -> Result<Result<i64, BandFull>> {
        let first = *band.codes.start();
        let highest = match self.highest.get(&first) {
            Some(highest) => *highest,
            None => queries::highest_locality(tx, &band.codes).await?,
        };
        let next = band.next(highest);
        self.highest.insert(first, next.ok().or(highest));
        Ok(next)
    }
}

impl Row {
    /// What a row that is there becomes.
    fn of(known: &Locality, kind: &'static str, name: String, welsh: Option<&str>, position: Position) -> Self {
        let names = known.also_known_as.iter().flatten().map(String::as_str).chain(welsh);
        let mut seen = BTreeSet::from([name.clone()]);
        let other_names = names.filter(|name| seen.insert((*name).to_owned())).map(str::to_owned).collect();
        Self {
            code: known.code,
            slug: known.slug.clone(),
            kind,
            name,
            other_names,
            parent: known.parent_code.unwrap_or_default(),
            position,
        }
    }

    fn differs(&self, known: &Locality) -> bool {
        self.name != known.name || self.position != known.position() || !self.other_names.iter().eq(known.also_known_as.iter().flatten())
    }
}

/// The nearer of `best` and the nearest of one side: distance and district. `side` leads away from the position in latitude.
fn nearest_of<'a>(side: impl Iterator<Item = &'a (Position, i64)>, position: Position, mut best: (f64, i64)) -> (f64, i64) {
    for (place, district) in side {
        if (place.lat - position.lat).abs() * KM_PER_DEGREE > best.0 {
            break;
        }
        let km = position.km_to(*place);
        if (km, *district) < best {
            best = (km, *district);
        }
    }
    best
}

/// What a locality that is there is known by.
fn identity(locality: &Locality) -> &str {
    match locality.kind.as_str() {
        "ward" => locality.slug.rsplit('-').next().unwrap_or_default(),
        _ => &locality.slug,
    }
}

fn kind_of(kind: PublishedKind) -> &'static str {
    match kind {
        PublishedKind::District => "district",
        PublishedKind::Ward => "ward",
        PublishedKind::PostcodeDistrict => "postcode_district",
    }
}

fn ward_slug(place: &PublishedPlace) -> String {
    let gss = place.code.to_ascii_lowercase();
    slugify(&place.name, WARD_NAME).map_or_else(|| format!("ward-{gss}"), |name| format!("{name}-{gss}"))
}

async fn write(tx: &mut Conn, rows: &[Row]) -> Result<()> {
    diesel::sql_query(
        "insert into localities (code, slug, kind, name, also_known_as, parent_code, lat, lng, search_text, published)
         select code, slug, kind, name, string_to_array(also_known_as, '|'), parent_code, lat, lng, search_text, true
         from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9) as given (code, slug, kind, name, also_known_as, parent_code, lat, lng, search_text)
         on conflict (code) do update set name = excluded.name, also_known_as = excluded.also_known_as, lat = excluded.lat, lng = excluded.lng,
           search_text = excluded.search_text, published = true",
    )
    .bind::<Array<BigInt>, _>(rows.iter().map(|row| row.code).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| &row.slug).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.kind).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| &row.name).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| row.other_names.join("|")).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(rows.iter().map(|row| row.parent).collect::<Vec<_>>())
    .bind::<Array<Double>, _>(rows.iter().map(|row| row.position.lat).collect::<Vec<_>>())
    .bind::<Array<Double>, _>(rows.iter().map(|row| row.position.lng).collect::<Vec<_>>())
    .bind::<Array<Text>, _>(rows.iter().map(|row| search_text(&row.name, row.other_names.iter().map(String::as_str))).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}
