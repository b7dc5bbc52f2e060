//! Browsing: a page of the open listings that fit a filter, newest or nearest first, at a cost that does not depend on how many
//! listings there are. docs/decisions/0022-browse-without-cliffs.md says why it is done like this, and what it costs.
//!
//! The page is looked for in the [ways](Way) that suit the filter, one after the other, until one is sure to have it whole. Each
//! way is one statement. PostgreSQL plans statements without seeing values, so each names the entries of one index that it reads, and
//! how many at the most. All check the whole filter on the listing itself: they differ in cost, never in what they find.

mod sql;
mod ways;

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Double, Nullable, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl;

use self::sql::{
    AFTER, FITS, KM, OPEN, PLACES, SHELVES, after_nearest, counted, edited_sql, group_sql, marks_sql, of_network, outwards_sql,
    walk_network_sql, walk_shelves_sql, walk_sql,
};
pub use self::ways::{Way, ways};
use super::{
    statement::{Statement, Values},
    terms,
};
use crate::{
    db::{Conn, Prepared},
    error::Result,
    listings::{
        Kind,
        filter::{Filter, Key, Order},
        model::ListingView,
    },
    types::ids::ListingId,
};

/// The most that is read before something else is tried.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Listings passed at first, to see how many of them fit.
    pub glance: i64,
    /// Listings passed while walking along the order asked for, if enough of the first ones fit.
    pub walk: i64,
    /// Listings gathered from an index that is not in the order asked for, to be sorted.
    pub gather: i64,
}

impl Default for Patience {
    /// Reading 1,000 listings takes 1 to 3 ms.
    fn default() -> Self {
        Self { glance: 300, walk: 5_000, gather: 20_000 }
    }
}

/// Where a listing stands in the list.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Hit {
    /// Which.
    pub id: ListingId,
    /// When freshness counts from.
    pub fresh_at: DateTime<Utc>,
    /// Kilometres from where distances are counted, when the nearest come first.
    pub km: f64,
}

/// A page of the listings that everybody may see, and where the next one begins if there is one.
pub async fn list_open(conn: &mut Conn, filter: &Filter, now: DateTime<Utc>) -> Result<(Vec<ListingView>, Option<Key>)> {
    let mut hits = find(conn, filter, now, Patience::default(), &ways(filter)).await?;
    let more = hits.len() > filter.limit.entries();
    hits.truncate(filter.limit.entries());
    let next = hits.last().filter(|_| more).map(|last| match filter.order {
        Order::Newest => Key::Newest(last.fresh_at, last.id),
        Order::Nearest => Key::Nearest(last.km, last.fresh_at, last.id),
    });
    let ids: Vec<ListingId> = hits.iter().map(|hit| hit.id).collect();
    // One that was taken back a moment ago is not shown. The page is one shorter then; the next begins where it would have.
    let mut views = super::views_near(conn, &ids, filter.near).await?;
    views.retain(|view| view.listing.is_open_at(now));
    views.sort_by_key(|view| ids.iter().position(|id| *id == view.listing.id));
    Ok((views, next))
}

/// A page and one more, looked for in some ways; the whole of it if the last way is a sure one.
pub async fn find(conn: &mut Conn, filter: &Filter, now: DateTime<Utc>, patience: Patience, ways: &[Way]) -> Result<Vec<Hit>> {
    let words = if filter.words.is_empty() {
        None
    } else {
        match terms::words(&filter.words, &alike(conn, &terms::roughly(&filter.words)).await?) {
            Some(words) => Some(words),
            None => return Ok(Vec::new()),
        }
    };
    let mut search = Search { filter, patience, values: values(filter, words, now) };
    for way in ways {
        if let Some(hits) = search.go(conn, *way).await? {
            return Ok(hits);
        }
    }
    Ok(Vec::new())
}

/// Words of some listings that are spelt somewhat like the given ones: pairs of a given word and another.
async fn alike(conn: &mut Conn, words: &[String]) -> Result<Vec<(String, String)>> {
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let query = diesel::dsl::sql::<(Text, Text)>("select asked.word, known.word from unnest(")
        .bind::<diesel::sql_types::Array<Text>, _>(words.to_vec())
        .sql(") asked (word) join listing_words known on known.word % asked.word");
    Ok(Prepared(query).load(conn).await?)
}

/// What a search carries from way to way.
struct Search<'f> {
    filter: &'f Filter,
    patience: Patience,
    values: Values,
}

type Row = (BigInt, Nullable<Uuid>, Nullable<Timestamptz>, Nullable<Double>);
type RowOut = (i64, Option<ListingId>, Option<DateTime<Utc>>, Option<f64>);

impl Search<'_> {
    /// The page and one more, if this way is sure to have found it whole.
    async fn go(&mut self, conn: &mut Conn, way: Way) -> Result<Option<Vec<Hit>>> {
        self.values.limit = self.filter.limit.and_one();
        match way {
            Way::Shelves => self.merge(conn, SHELVES, "l.shelf = s.key").await.map(Some),
            Way::Places => self.merge(conn, PLACES, "l.locality_code = s.key").await.map(Some),
            Way::Newest => self.walk(conn, &walk_sql()).await,
            Way::Leaf => self.walk(conn, &walk_shelves_sql()).await,
            Way::Network => self.walk(conn, &walk_network_sql()).await,
            Way::NewestOn => self.walk_on(conn).await.map(Some),
            Way::Group => self.gather(conn, &group_sql()).await,
            Way::Marks => self.gather(conn, &marks_sql(self.filter.network.is_some())).await,
            Way::Edited => self.gather(conn, &edited_sql(self.filter.order)).await,
            Way::Outwards => self.outwards(conn).await,
            Way::OutwardsOn => {
                self.patience = Patience { walk: i64::MAX, ..self.patience };
                self.outwards(conn).await
            }
        }
    }

    async fn run(&self, conn: &mut Conn, text: String) -> Result<(i64, Vec<Hit>)> {
        let text = text.replace("{of_network}", of_network(self.filter.network.is_some()));
        let rows: Vec<RowOut> = Statement::<Row>::new(text, &self.values).load(conn).await?;
        let read = rows.as_slice().first().map_or(0, |row| row.0);
        let hits =
            rows.into_iter().filter_map(|(_, id, fresh_at, km)| Some(Hit { id: id?, fresh_at: fresh_at?, km: km.unwrap_or_default() }));
        Ok((read, hits.collect()))
    }

    /// Along the order of freshness: a glance, and while that promises to fill the page, farther.
    async fn walk(&mut self, conn: &mut Conn, text: &str) -> Result<Option<Vec<Hit>>> {
        let mut window = self.patience.glance;
        loop {
            self.values.window = window;
            let hits = self.run(conn, text.to_owned()).await?.1;
            if self.is_page(&hits) {
                return Ok(Some(hits));
            }
            if window >= self.patience.walk || !self.is_promising(hits.len(), window) {
                return Ok(None);
            }
            window = self.farther(window, hits.len()).min(self.patience.walk);
        }
    }

    /// Twice what should be enough, going by how many have been found.
    fn farther(&self, window: i64, found: usize) -> i64 {
        let found = i64::try_from(found).unwrap_or(i64::MAX).max(1);
        window.saturating_mul(self.values.limit).saturating_mul(2).saturating_div(found).max(window.saturating_mul(2))
    }

    /// Whether a walk that has found so many in passing so many is likely to fill the page.
    fn is_promising(&self, found: usize, passed: i64) -> bool {
        if self.patience.walk == i64::MAX {
            return true;
        }
        let found = i64::try_from(found).unwrap_or(i64::MAX);
        found.saturating_mul(self.patience.walk) >= self.filter.limit.and_one().saturating_mul(passed)
    }

    async fn walk_on(&mut self, conn: &mut Conn) -> Result<Vec<Hit>> {
        self.values.window = i64::MAX;
        Ok(self.run(conn, walk_sql()).await?.1)
    }

    async fn merge(&self, conn: &mut Conn, keys: &str, of_key: &str) -> Result<Vec<Hit>> {
        let text = format!(
            "select 0::bigint, l.id, l.fresh_at, null::float8 from ({keys}) s cross join lateral (
               select l.id, l.fresh_at from listings l where {OPEN} and {of_key} and {AFTER} order by l.fresh_at desc, l.id desc limit {{limit}}) l
             order by l.fresh_at desc, l.id desc limit {{limit}}"
        );
        Ok(self.run(conn, text).await?.1)
    }

    /// Reads a pool of listings, and sorts those that fit.
    async fn gather(&mut self, conn: &mut Conn, pool: &str) -> Result<Option<Vec<Hit>>> {
        let (km, after, order) = match self.filter.order {
            Order::Newest => ("null::float8", AFTER.to_owned(), "fresh_at desc, id desc"),
            Order::Nearest => (KM, after_nearest(KM), "km, fresh_at desc, id desc"),
        };
        let page = format!("select l.id, l.fresh_at, {km} as km from pool l where {FITS} and {after} order by {order} limit {{limit}}");
        // The number stands in the text: for a limit that it does not know, PostgreSQL would read the table from its beginning.
        let pool = pool.replace("{most}", &self.patience.gather.saturating_add(1).to_string());
        let text = format!("with pool as materialized ({pool}) {}", counted(&page, order));
        let (read, hits) = self.run(conn, text).await?;
        Ok((read <= self.patience.gather).then_some(hits))
    }

    fn is_page(&self, hits: &[Hit]) -> bool {
        hits.len() > self.filter.limit.entries()
    }

    /// From locality to locality, the nearest first, until the page is full or patience is at its end.
    async fn outwards(&mut self, conn: &mut Conn) -> Result<Option<Vec<Hit>>> {
        let (mut found, mut passed, mut done) = (Vec::new(), 0, -1.0);
        for ring in RINGS {
            let places = self.places(conn, *ring, done).await?;
            done = *ring;
            for part in parts(&places) {
                (self.values.codes, self.values.kms) = part.iter().copied().unzip();
                let Some((read, hits)) = self.step(conn, (self.patience.walk - passed).max(1)).await? else { return Ok(None) };
                // Looking for the listings of a locality costs about as much as passing one.
                passed += read + i64::try_from(part.len()).unwrap_or(0);
                self.values.limit -= i64::try_from(hits.len()).unwrap_or(i64::MAX);
                found.extend(hits);
                if self.is_page(&found) {
                    return Ok(Some(found));
                }
                if passed >= self.patience.glance && !self.is_promising(found.len(), passed) {
                    return Ok(None);
                }
            }
            if self.filter.within_km.is_some_and(|km| km <= *ring) {
                break;
            }
        }
        Ok(Some(found))
    }

    /// The listings of some localities: a few at first, then more. None when patience is not enough.
    async fn step(&mut self, conn: &mut Conn, patience: i64) -> Result<Option<(i64, Vec<Hit>)>> {
        let few = if self.filter.is_only_a_place() { self.values.limit } else { self.patience.glance };
        let mut window = few.min(patience);
        loop {
            self.values.window = window;
            let (read, hits) = self.run(conn, outwards_sql()).await?;
            let found = i64::try_from(hits.len()).unwrap_or(i64::MAX);
            if read < window || found >= self.values.limit {
                return Ok(Some((read, hits)));
            }
            if window >= patience || !self.is_promising(hits.len(), read) {
                return Ok(None);
            }
            window = self.farther(window, hits.len()).min(patience);
        }
    }

    /// The localities that fit, not nearer than where the page begins, farther than `done` and at most `ring` kilometres away.
    async fn places(&mut self, conn: &mut Conn, ring: f64, done: f64) -> Result<Vec<(i64, f64)>> {
        self.values.ring = self.filter.within_km.map_or(ring, |km| km.min(ring));
        if self.values.after_km > self.values.ring {
            return Ok(Vec::new());
        }
        let text = "select code, km from (select code, km_between(point(lng, lat), point({lng}, {lat})) as km from localities
             where is_within(point(lng, lat), point({lng}, {lat}), {ring}) and code between {places_from} and {places_to}) l
           where km >= {after_km} order by km, code"
            .to_owned();
        let mut places: Vec<(i64, f64)> = Statement::<(BigInt, Double)>::new(text, &self.values).load(conn).await?;
        places.retain(|(_, km)| *km > done);
        Ok(places)
    }
}

/// Radii within which localities are looked for, one after the other, kilometres; the last one reaches round the Earth.
const RINGS: &[f64] = &[25.0, 150.0, 20_100.0];

/// Localities in order of distance, cut into parts of growing size; those equally far away stay together.
fn parts(places: &[(i64, f64)]) -> Vec<&[(i64, f64)]> {
    let (mut parts, mut rest, mut size) = (Vec::new(), places, 4);
    while !rest.is_empty() {
        let last = rest.get(size - 1).or(rest.last()).map_or(0.0, |place| place.1);
        let (part, others) = rest.split_at(rest.partition_point(|place| place.1 <= last));
        parts.push(part);
        rest = others;
        size *= 4;
    }
    parts
}

/// The last second of the year 9999, the latest that a cursor can say.
const END_OF_TIME: i64 = 253_402_300_799;

/// The filter as parameters; neutral where nothing is asked for.
fn values(filter: &Filter, words: Option<String>, now: DateTime<Utc>) -> Values {
    let (first, last) = filter.category.as_ref().map_or((0, 999_999_999), |subtree| (*subtree.start(), *subtree.end()));
    let shelves = |kind: Kind, base: i32| {
        if filter.kind.is_none_or(|asked| asked == kind) { (base + first, base + last) } else { (1, 0) }
    };
    let (after_km, after_time, after_id) = match filter.after {
        Some(Key::Newest(time, id)) => (-1.0, time, id.0),
        Some(Key::Nearest(km, time, id)) => (km, time, id.0),
        None => (-1.0, DateTime::from_timestamp(END_OF_TIME, 0).unwrap_or(DateTime::<Utc>::MAX_UTC), uuid::Uuid::max()),
    };
    Values {
        now,
        offers: shelves(Kind::Offer, 0),
        wants: shelves(Kind::Want, 1_000_000_000),
        places: filter.locality.as_ref().map_or((0, i64::MAX), |subtree| (*subtree.start(), *subtree.end())),
        network: filter.network.map(|id| id.0),
        group: filter.group.map(|id| id.0),
        available_from: filter.available_from,
        available_until: filter.available_until,
        since: filter.updated_since,
        marks: terms::marks(filter, words.as_deref()).unwrap_or_default(),
        words,
        near: filter.near.map_or((0.0, 0.0), |near| (near.lng, near.lat)),
        within: filter.within_km,
        after_km,
        after_time,
        after_id,
        codes: Vec::new(),
        kms: Vec::new(),
        ring: 0.0,
        window: 0,
        limit: filter.limit.and_one(),
    }
}
