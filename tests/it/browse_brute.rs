//! A page of listings against a plain filter and sort over structs, written from docs/API.md: any combination of filters, both orders,
//! all pages walked, and with so little patience that every way of looking for a page is taken.

use std::{collections::BTreeSet, fmt::Write};

use chrono::{DateTime, Utc};
use gotit::{
    http::Limit,
    listings::{
        Kind,
        filter::{Filter, Key, Order},
        queries::browse::{self, Hit, Patience, Way},
    },
    types::{
        Position,
        ids::{GroupId, ListingId, NetworkId},
    },
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::support::TestApp;

const NOW: i64 = 1_800_000_000;
const CATEGORIES: [i32; 7] = [100_000_000, 101_000_000, 101_010_000, 101_020_000, 101_020_001, 102_010_000, 600_000_000];
/// Words of listings.
const WORDS: [&str; 9] = ["kettle", "kettles", "kettel", "hall", "halls", "halal", "of", "often", "urn"];
/// Words that are asked for, and what they find.
const ASKED: [(&str, &[&str]); 5] =
    [("kettle", &["kettle", "kettles", "kettel"]), ("ketle", &["kettle"]), ("hall", &["hall", "halls"]), ("of", &["of"]), ("wok", &[])];

#[derive(Debug, Clone)]
struct Place {
    code: i64,
    position: Position,
}

#[derive(Debug, Clone)]
struct Listing {
    id: ListingId,
    group: (NetworkId, GroupId),
    /// The other network shows it too.
    shown_too: bool,
    kind: Kind,
    category: i32,
    place: Place,
    from: Option<DateTime<Utc>>,
    until: Option<DateTime<Utc>>,
    active: bool,
    fresh: DateTime<Utc>,
    expires: Option<DateTime<Utc>>,
    updated: DateTime<Utc>,
    words: Vec<&'static str>,
}

fn time(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(NOW + seconds, 0).unwrap()
}

fn pick<T: Clone>(rng: &mut StdRng, from: &[T]) -> T {
    from[rng.random_range(0..from.len())].clone()
}

fn places(rng: &mut StdRng) -> Vec<Place> {
    let mut positions: Vec<(f64, f64)> = (0..25).map(|_| (53.0 + rng.random_range(0.0..0.6), -2.0 + rng.random_range(0.0..0.6))).collect();
    positions.extend((0..10).map(|_| (50.0 + rng.random_range(0.0..8.0), -6.0 + rng.random_range(0.0..7.0))));
    positions.extend([(53.0, -2.0), (53.0, -2.0), (53.0, -2.0), (0.0, 179.99), (0.0, -179.99), (89.99, 0.0), (89.99, 179.0), (-90.0, 0.0)]);
    let codes: BTreeSet<i64> = (0..400)
        .map(|_| {
            let (region, district) = (rng.random_range(0..2), rng.random_range(0..3));
            let (place, area) = (rng.random_range(1..20), if rng.random_bool(0.8) { 0 } else { 1 });
            90_000_000_000_000 + region * 100_000_000_000 + district * 100_000_000 + place * 1_000 + area
        })
        .collect();
    positions.into_iter().zip(codes).map(|((lat, lng), code)| Place { code, position: Position { lat, lng } }).collect()
}

fn listing(rng: &mut StdRng, places: &[Place], groups: &[(NetworkId, GroupId)]) -> Listing {
    let day = |rng: &mut StdRng| rng.random_bool(0.3).then(|| time(86_400 * rng.random_range(0..20)));
    let (from, until) = (day(rng), day(rng));
    let fresh = time(-3_600 * rng.random_range(0..60));
    Listing {
        id: ListingId(uuid::Uuid::from_u128(rng.random())),
        group: pick(rng, groups),
        shown_too: rng.random_bool(0.2),
        kind: pick(rng, &[Kind::Offer, Kind::Want]),
        category: pick(rng, &CATEGORIES),
        place: places[rng.random_range(0..places.len())].clone(),
        until: until.filter(|until| from.is_none_or(|from| from < *until)),
        from,
        active: rng.random_bool(0.9),
        fresh,
        expires: if rng.random_bool(0.8) { None } else { Some(time(pick(rng, &[-1, 0, 1, 86_400]))) },
        updated: if rng.random_bool(0.6) { fresh } else { time(-3_600 * rng.random_range(0..60)) },
        words: WORDS.into_iter().filter(|_| rng.random_bool(0.25)).collect(),
    }
}

fn filter(rng: &mut StdRng, places: &[Place], groups: &[(NetworkId, GroupId)]) -> Filter {
    let often = pick(rng, &[0.05, 0.25]);
    let few = |rng: &mut StdRng| rng.random_bool(often);
    let place = pick(rng, places);
    let near = rng.random_bool(0.5).then(|| pick(rng, places).position);
    let order = if near.is_some() && rng.random_bool(0.7) { Order::Nearest } else { Order::Newest };
    let width = pick(rng, &[1, 1_000, 100_000_000, 100_000_000_000, 10_000_000_000_000_i64]);
    let category = pick(rng, &CATEGORIES);
    let category_width = [100_000_000, 1_000_000, 10_000].into_iter().find(|width| category % width == 0).unwrap_or(1);
    let words = if few(rng) { (0..rng.random_range(1..3)).map(|_| pick(rng, &ASKED).0.to_owned()).collect() } else { Vec::new() };
    Filter {
        kind: few(rng).then(|| pick(rng, &[Kind::Offer, Kind::Want])),
        category: few(rng).then(|| category..=category + category_width - 1),
        locality: rng.random_bool(0.25).then(|| place.code / width * width..=place.code / width * width + width - 1),
        near,
        within_km: near.filter(|_| rng.random_bool(0.3)).map(|_| pick(rng, &[0.0, 3.0, 20.0, 60.0, 500.0])),
        words: words.into_iter().map(|word: String| (word.clone(), word)).collect(),
        available_from: few(rng).then(|| time(86_400 * rng.random_range(0..20))),
        available_until: few(rng).then(|| time(86_400 * rng.random_range(0..20))),
        network: few(rng).then(|| pick(rng, groups).0),
        group: few(rng).then(|| pick(rng, groups).1),
        updated_since: few(rng).then(|| time(-3_600 * rng.random_range(0..60))),
        order,
        limit: Limit::parse("9").unwrap(),
        after: None,
    }
}

// ---- The definition -------------------------------------------------------------------------------------------------

fn fits(l: &Listing, f: &Filter) -> bool {
    let has = |asked: &str| ASKED.iter().any(|(word, found)| *word == asked && found.iter().any(|word| l.words.contains(word)));
    l.active
        && l.expires.is_none_or(|time| time > self::time(0))
        && f.kind.is_none_or(|kind| kind == l.kind)
        && f.category.as_ref().is_none_or(|subtree| subtree.contains(&l.category))
        && f.locality.as_ref().is_none_or(|subtree| subtree.contains(&l.place.code))
        && f.within_km.is_none_or(|km| f.near.unwrap().km_to(l.place.position) <= km)
        && f.words.iter().all(|(written, _)| has(written))
        && f.available_from.is_none_or(|from| l.until.is_none_or(|until| until > from))
        && f.available_until.is_none_or(|until| l.from.is_none_or(|from| from < until))
        && f.network.is_none_or(|network| network == l.group.0 || l.shown_too)
        && f.group.is_none_or(|group| group == l.group.1)
        && f.updated_since.is_none_or(|since| l.updated >= since)
}

fn all_that_fit(listings: &[Listing], f: &Filter) -> Vec<ListingId> {
    let mut all: Vec<&Listing> = listings.iter().filter(|l| fits(l, f)).collect();
    let km = |l: &Listing| if f.order == Order::Nearest { f.near.unwrap().km_to(l.place.position) } else { 0.0 };
    all.sort_by(|a, b| km(a).total_cmp(&km(b)).then(b.fresh.cmp(&a.fresh)).then(b.id.0.cmp(&a.id.0)));
    all.iter().map(|l| l.id).collect()
}

// ---- The comparison -------------------------------------------------------------------------------------------------

async fn store(app: &TestApp, places: &[Place], groups: &[(NetworkId, GroupId)], listings: &[Listing]) {
    let mut sql = String::new();
    for Place { code, position: Position { lat, lng } } in places {
        write!(sql, "insert into localities (code, slug, kind, name, lat, lng, search_text) values ({code}, 'x{code}', 'country', 'X', {lat}, {lng}, 'x');").unwrap();
    }
    let Place { code, position: Position { lat, lng } } = &places[0];
    for (_, group) in groups {
        write!(sql, "insert into groups (id, name, description, locality_code, lat, lng, search_text, created_at, updated_at) values ('{group}', 'Group', '', {code}, {lat}, {lng}, '', now(), now());
            insert into network_groups (network_id, group_id, state, decided_at, requested_at) select id, '{group}', 'approved', now(), now() from networks;").unwrap();
    }
    let text = |time: Option<DateTime<Utc>>| time.map_or("null".into(), |time| format!("to_timestamp({})", time.timestamp()));
    for l in listings {
        let fresh = text(Some(l.fresh));
        write!(
            sql,
            "insert into listings (id, group_id, network_id, in_good_standing, kind, title, description, category_code, locality_code, lat, lng, reach_km, remote, basis, quantity,
               available_from, available_until, delivery_possible, urgency, state, moderation, published_at, expires_at, words, search_text, created_at, updated_at)
             values ('{}', '{}', '{}', true, '{}', 'Thing', '', {}, {}, {}, {}, 5, false, '{{give}}', 1, {}, {}, false, 'normal', '{}', 'approved', {fresh}, {}, '{{}}', '{}', {fresh}, {});",
            l.id, l.group.1, l.group.0, l.kind, l.category, l.place.code, l.place.position.lat, l.place.position.lng, text(l.from), text(l.until),
            if l.active { "active" } else { "withdrawn" }, text(l.expires), l.words.join(" "), text(Some(l.updated)),
        )
        .unwrap();
        let moderation = if l.shown_too { "approved" } else { "pending" };
        write!(
            sql,
            "insert into cross_posts (listing_id, network_id, group_id, in_good_standing, moderation, asked_at)
             select '{}', id, '{}', true, '{moderation}', {fresh} from networks where id <> '{}';",
            l.id, l.group.1, l.group.0
        )
        .unwrap();
    }
    app.sql(&sql).await;
}

/// All pages, one after the other, each looked for in some ways.
async fn all_pages(app: &TestApp, mut filter: Filter, patience: Patience, ways: &[Way]) -> Vec<ListingId> {
    let mut all = Vec::new();
    loop {
        let mut page: Vec<Hit> = browse::find(&mut *app.conn().await, &filter, time(0), patience, ways).await.unwrap();
        let more = page.len() > filter.limit.entries();
        page.truncate(filter.limit.entries());
        filter.after = page.last().map(|last| match filter.order {
            Order::Newest => Key::Newest(last.fresh_at, last.id),
            Order::Nearest => Key::Nearest(last.km, last.fresh_at, last.id),
        });
        all.extend(page.iter().map(|hit| hit.id));
        if !more {
            return all;
        }
    }
}

#[actix_web::test]
async fn every_way_finds_what_a_plain_filter_and_sort_finds() {
    let app = TestApp::start().await;
    let (stoke, crewe) = (app.network("stoke").await, app.network("crewe").await);
    app.sql(&format!("insert into categories (code, slug, parent_code, resource_type, name, description, network_id) values (101020001, 'stoke.trestles', 101020000, 'thing', 'Trestles', '', '{stoke}')")).await;
    let mut rng = StdRng::seed_from_u64(2_026);
    let groups: Vec<_> = [stoke, stoke, stoke, crewe].into_iter().map(|network| (network, GroupId::new())).collect();
    let places = places(&mut rng);
    let listings: Vec<Listing> = (0..250).map(|_| listing(&mut rng, &places, &groups)).collect();
    store(&app, &places, &groups, &listings).await;
    let (none, little) = (Patience { glance: 1, walk: 1, gather: 0 }, Patience { glance: 10, walk: 30, gather: 40 });
    let (mut found, mut taken) = (0, Vec::new());
    for _ in 0..80 {
        let filter = filter(&mut rng, &places, &groups);
        let (expected, ways) = (all_that_fit(&listings, &filter), browse::ways(&filter));
        for patience in [none, little, Patience::default()] {
            assert_eq!(all_pages(&app, filter.clone(), patience, &ways).await, expected, "{patience:?} {filter:?}");
        }
        for way in &ways[..ways.len() - 1] {
            // With all the patience in the world, each way but those that walk finds the page alone.
            if matches!(way, Way::Group | Way::Marks | Way::Edited | Way::Outwards) {
                let endless = Patience { glance: 1_000_000, walk: 1_000_000, gather: 1_000_000 };
                assert_eq!(all_pages(&app, filter.clone(), endless, &[*way]).await, expected, "{way:?} {filter:?}");
            }
        }
        found += expected.len();
        taken.extend(ways);
    }
    assert!(found > 1_000, "the filters find only {found}: too few to prove anything");
    for way in [Way::Group, Way::Shelves, Way::Places, Way::Newest, Way::Leaf, Way::Network, Way::Outwards, Way::Edited, Way::Marks] {
        assert!(taken.contains(&way), "{way:?} was never tried");
    }
}
