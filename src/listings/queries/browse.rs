//! Browsing: a page of the open listings that fit a filter, newest or nearest first, at a cost that does not depend on how many
//! listings there are. docs/decisions/0022-browse-without-cliffs.md says why it is done like this, and what it costs.
//!
//! The page is looked for in the [ways](Way) that suit the filter, one after the other, until one is sure to have it whole. Each
//! way is one statement. PostgreSQL plans statements without seeing values, so each names the entries of one index that it reads, and
//! how many at the most. All check the whole filter on the listing itself: they differ in cost, never in what they find.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Double, Nullable, Text, Timestamptz, Uuid};
use diesel_async::RunQueryDsl;

use super::{
    statement::{Statement, Values},
    terms,
};
use crate::{
    db::Conn,
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
    /// Listings passed while walking along the order asked for.
    pub walk: i64,
    /// Listings passed while walking along several shelves at once, on each.
    pub merge: i64,
    /// Listings gathered from the index of words and marks, or from another, to be sorted.
    pub gather: i64,
}

impl Default for Patience {
    /// A walk takes about 1 ms for 1,000 listings, a gathering likewise.
    fn default() -> Self {
        Self { walk: 5_000, merge: 500, gather: 20_000 }
    }
}

/// A way to look for a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Everything of one group. Index `listings_group_newest`.
    Group,
    /// The newest of each shelf of a category, merged. Index `listings_shelf`. Only without other filters: it reads on until each shelf
    /// has given a page.
    Shelves,
    /// The newest of each locality of a subtree, merged, likewise. Index `listings_place`.
    Places,
    /// From the newest on, so many. Index `listings_newest`. Finds what is common.
    Newest,
    /// The same along the shelves of a category without categories below it, but those that networks add. Index `listings_shelf`.
    Leaf,
    /// The same along one network. Index `listings_network`.
    Network,
    /// From the nearest locality outwards, the newest first in each, so many. Index `listings_place`. Finds what is common.
    Outwards,
    /// What was changed since, all of it. Indexes `listings_edited` and `listings_newest`.
    Edited,
    /// All that has the words and marks, if that is not too much. Index `listings_search`. Finds what is rare.
    Marks,
    /// From the newest on without end: for what is neither common nor rare, such as a filter that the last thousand listings
    /// happen not to fit.
    NewestOn,
    /// Outwards without end, likewise.
    OutwardsOn,
}

/// The ways that suit a filter, in the order in which they are tried. The last one always finds the page.
pub fn ways(filter: &Filter) -> Vec<Way> {
    let narrow = terms::marks(filter, (!filter.words.is_empty()).then_some("")).is_some();
    let mut ways = Vec::new();
    ways.extend(filter.group.map(|_| Way::Group));
    match filter.order {
        Order::Nearest => ways.push(Way::Outwards),
        Order::Newest if filter.is_only_a_category() => return vec![Way::Shelves],
        Order::Newest if filter.is_only_a_locality() => return vec![Way::Places],
        Order::Newest if filter.is_of_a_leaf() => ways.push(Way::Leaf),
        Order::Newest if filter.network.is_some() => ways.push(Way::Network),
        Order::Newest => ways.push(Way::Newest),
    }
    ways.extend(filter.updated_since.map(|_| Way::Edited));
    ways.extend(narrow.then_some(Way::Marks));
    ways.push(match filter.order {
        Order::Newest => Way::NewestOn,
        Order::Nearest => Way::OutwardsOn,
    });
    ways
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
    Ok(query.load(conn).await?)
}

/// What a search carries from way to way.
struct Search<'f> {
    filter: &'f Filter,
    patience: Patience,
    values: Values,
}

type Row = (BigInt, Nullable<Uuid>, Nullable<Timestamptz>, Nullable<Double>);
type RowOut = (i64, Option<ListingId>, Option<DateTime<Utc>>, Option<f64>);

/// Listings that everybody may see.
const OPEN: &str = "l.is_open and (l.expires_at is null or l.expires_at > {now})";

/// The whole filter.
const FITS: &str = "(l.shelf between {offers_from} and {offers_to} or l.shelf between {wants_from} and {wants_to})
  and l.locality_code between {places_from} and {places_to}
  and ({network} is null or l.network_id = {network})
  and ({group} is null or l.group_id = {group})
  and ({available_from} is null or l.available_until is null or l.available_until > {available_from})
  and ({available_until} is null or l.available_from is null or l.available_from < {available_until})
  and ({since} is null or l.updated_at >= {since})
  and ({words} is null or l.found_by @@ (select {words}::tsquery))
  and ({within} is null or km_between(l.position, point({lng}, {lat})) <= {within})";

/// What comes after the page before, in the order of freshness.
const AFTER: &str = "(l.fresh_at, l.id) < ({after_time}, {after_id})";

/// What the filter and the order look at.
const COLUMNS: &str = "l.id, l.fresh_at, l.shelf, l.locality_code, l.position, l.network_id, l.group_id, l.available_from, l.available_until, \
                       l.updated_at, l.found_by";

impl Search<'_> {
    /// The page and one more, if this way is sure to have found it whole.
    async fn go(&mut self, conn: &mut Conn, way: Way) -> Result<Option<Vec<Hit>>> {
        self.values.limit = self.filter.limit.and_one();
        match way {
            Way::Shelves => self.merge(conn, SHELVES, "l.shelf = s.key").await.map(Some),
            Way::Places => self.merge(conn, PLACES, "l.locality_code = s.key").await.map(Some),
            Way::Newest => self.walk(conn, walk_sql(""), self.patience.walk).await,
            Way::Leaf => self.walk(conn, walk_shelves_sql(), self.patience.merge).await,
            Way::Network => self.walk(conn, walk_sql("and l.network_id = {network}"), self.patience.walk).await,
            Way::NewestOn => self.walk_on(conn).await.map(Some),
            Way::Group => {
                self.gather(conn, &format!("select {COLUMNS} from listings l where {OPEN} and l.group_id = {{group}} limit {{window}}"))
                    .await
            }
            Way::Marks => {
                self.gather(
                    conn,
                    &format!(
                        "select {COLUMNS} from listings l where {OPEN} and l.found_by @@ (select {{marks}}::tsquery) limit {{window}}"
                    ),
                )
                .await
            }
            Way::Edited => self.gather(conn, &edited_sql(self.filter.order)).await,
            Way::Outwards => self.outwards(conn, self.patience.walk).await,
            Way::OutwardsOn => self.outwards(conn, i64::MAX).await,
        }
    }

    async fn run(&self, conn: &mut Conn, text: String) -> Result<(i64, Vec<Hit>)> {
        let rows: Vec<RowOut> = Statement::<Row>::new(text, &self.values).load(conn).await?;
        let read = rows.as_slice().first().map_or(0, |row| row.0);
        let hits =
            rows.into_iter().filter_map(|(_, id, fresh_at, km)| Some(Hit { id: id?, fresh_at: fresh_at?, km: km.unwrap_or_default() }));
        Ok((read, hits.collect()))
    }

    /// Along the order of freshness, as far as patience goes.
    async fn walk(&mut self, conn: &mut Conn, text: String, window: i64) -> Result<Option<Vec<Hit>>> {
        self.values.window = window;
        let hits = self.run(conn, text).await?.1;
        Ok(self.is_page(&hits).then_some(hits))
    }

    async fn walk_on(&mut self, conn: &mut Conn) -> Result<Vec<Hit>> {
        self.values.window = i64::MAX;
        Ok(self.run(conn, walk_sql("")).await?.1)
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
        self.values.window = self.patience.gather.saturating_add(1);
        let (km, after, order) = match self.filter.order {
            Order::Newest => ("null::float8", AFTER.to_owned(), "fresh_at desc, id desc"),
            Order::Nearest => (KM, after_nearest(KM), "km, fresh_at desc, id desc"),
        };
        let page = format!("select l.id, l.fresh_at, {km} as km from pool l where {FITS} and {after} order by {order} limit {{limit}}");
        let text = format!("with pool as materialized ({pool}) {}", counted(&page, order));
        let (read, hits) = self.run(conn, text).await?;
        Ok((read <= self.patience.gather).then_some(hits))
    }

    fn is_page(&self, hits: &[Hit]) -> bool {
        hits.len() > self.filter.limit.entries()
    }

    /// From locality to locality, the nearest first, until the page is full or `patience` listings have been passed.
    async fn outwards(&mut self, conn: &mut Conn, patience: i64) -> Result<Option<Vec<Hit>>> {
        let (mut found, mut passed, mut done) = (Vec::new(), 0, -1.0);
        for ring in RINGS {
            let places = self.places(conn, *ring, done).await?;
            done = *ring;
            for part in parts(&places) {
                (self.values.codes, self.values.kms) = part.iter().copied().unzip();
                let Some((read, hits)) = self.step(conn, patience - passed).await? else { return Ok(None) };
                passed += read;
                self.values.limit -= i64::try_from(hits.len()).unwrap_or(i64::MAX);
                found.extend(hits);
                if self.is_page(&found) {
                    return Ok(Some(found));
                }
            }
            if self.filter.within_km.is_some_and(|km| km <= *ring) {
                break;
            }
        }
        Ok(Some(found))
    }

    /// The listings of some localities: a few at first, then as many as there is patience for. None when that is not enough.
    async fn step(&mut self, conn: &mut Conn, patience: i64) -> Result<Option<(i64, Vec<Hit>)>> {
        let few = if self.filter.is_only_a_place() { self.values.limit } else { FEW };
        for window in [few.min(patience), patience] {
            self.values.window = window;
            let (read, hits) = self.run(conn, outwards_sql()).await?;
            if read < window || i64::try_from(hits.len()).is_ok_and(|found| found >= self.values.limit) {
                return Ok(Some((read, hits)));
            }
        }
        Ok(None)
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

/// Listings that are looked at first, going outwards.
const FEW: i64 = 200;

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

const KM: &str = "km_between(l.position, point({lng}, {lat}))";

fn after_nearest(km: &str) -> String {
    format!("({km} > {{after_km}} or ({km} = {{after_km}} and {AFTER}))")
}

/// The rows of a page, each with the number of listings in the pool; that alone when nothing fits.
fn counted(page: &str, order: &str) -> String {
    format!(
        "select n.read, l.id, l.fresh_at, l.km from (select count(*) as read from pool) n left join ({page}) l on true order by {order}"
    )
}

const SHELVES: &str = "select code + kind.shelf as key from categories cross join (values (0), (1000000000)) kind (shelf)
  where code + kind.shelf between {offers_from} and {offers_to} or code + kind.shelf between {wants_from} and {wants_to}";

const PLACES: &str = "select code as key from localities where code between {places_from} and {places_to}";

fn walk_sql(along: &str) -> String {
    format!(
        "select 0::bigint, l.id, l.fresh_at, null::float8 from (
           select {COLUMNS} from listings l where {OPEN} {along} and {AFTER} order by l.fresh_at desc, l.id desc limit {{window}}) l
         where {FITS} order by l.fresh_at desc, l.id desc limit {{limit}}"
    )
}

fn walk_shelves_sql() -> String {
    format!(
        "select 0::bigint, l.id, l.fresh_at, null::float8 from (
           select l.* from ({SHELVES}) s cross join lateral (
             select {COLUMNS} from listings l where {OPEN} and l.shelf = s.key and {AFTER} order by l.fresh_at desc, l.id desc limit {{window}}) l
           order by l.fresh_at desc, l.id desc limit {{window}}) l
         where {FITS} order by l.fresh_at desc, l.id desc limit {{limit}}"
    )
}

/// Going by when things were changed. Most were last changed when they were published or confirmed.
fn edited_sql(order: Order) -> String {
    let after = if order == Order::Newest { AFTER } else { "true" };
    format!(
        "(select {COLUMNS} from listings l where {OPEN} and l.updated_at <> l.fresh_at and l.updated_at >= {{since}} limit {{window}})
         union all
         (select {COLUMNS} from listings l where {OPEN} and l.updated_at = l.fresh_at and l.fresh_at >= {{since}} and {after}
          order by l.fresh_at desc, l.id desc limit {{window}})"
    )
}

fn outwards_sql() -> String {
    let columns = COLUMNS;
    let page = format!("select l.id, l.fresh_at, l.km from pool l where {FITS} order by km, fresh_at desc, id desc limit {{limit}}");
    format!(
        "with pool as materialized (
           select l.*, p.km from unnest({{codes}}, {{kms}}) p (code, km) cross join lateral (
             select {columns} from listings l where {OPEN} and l.locality_code = p.code
               and (l.fresh_at, l.id) < (case when p.km = {{after_km}} then {{after_time}} else 'infinity' end,
                                         case when p.km = {{after_km}} then {{after_id}} else 'ffffffff-ffff-ffff-ffff-ffffffffffff' end)
             order by l.fresh_at desc, l.id desc limit {{window}}) l
           order by p.km, l.fresh_at desc, l.id desc limit {{window}})
         {}",
        counted(&page, "km, fresh_at desc, id desc")
    )
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
