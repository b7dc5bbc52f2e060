//! The match query against a brute-force reckoning of the definition (docs/MATCHING.md), written from the definition alone,
//! over plain structs, on many small and nasty random worlds: same matches, same order, same parts.

use std::fmt::Write;

use chrono::{DateTime, Duration, Utc};
use gotit::{
    http::Limit,
    matching::{
        model::Pair,
        queries::{self, After, Search, Seekers},
    },
    types::ids::{GroupId, ListingId, NetworkId},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::support::TestApp;

const WORLDS: u64 = 25;
const NOW: i64 = 1_800_000_000;

#[derive(Debug, Clone)]
struct Place {
    code: i64,
    lat: f64,
    lng: f64,
}

#[derive(Debug, Clone)]
struct Group {
    id: GroupId,
    standing: bool,
}

#[derive(Debug, Clone)]
struct Listing {
    id: ListingId,
    group: usize,
    offer: bool,
    category: i32,
    place: Place,
    reach: i32,
    remote: bool,
    basis: Vec<&'static str>,
    quantity: i32,
    promised: i32,
    from: Option<i64>,
    until: Option<i64>,
    state: &'static str,
    moderation: &'static str,
    fresh: i64,
    expires: Option<i64>,
    words: Vec<&'static str>,
}

#[derive(Debug, Clone)]
struct World {
    groups: Vec<Group>,
    listings: Vec<Listing>,
    blocks: Vec<(usize, usize)>,
    dismissals: Vec<(usize, usize)>,
}

#[derive(Debug, Clone, PartialEq)]
struct Found {
    seeker: ListingId,
    counterpart: ListingId,
    score: f64,
    parts: [f64; 5],
    two_way: bool,
}

// ---- The definition -------------------------------------------------------------------------------------------------

impl World {
    fn is_open(&self, l: &Listing) -> bool {
        l.state == "active"
            && l.moderation == "approved"
            && l.quantity > l.promised
            && self.groups[l.group].standing
            && l.expires.is_none_or(|time| time > NOW)
    }

    fn eligible(&self, o: usize, w: usize) -> bool {
        let (offer, want) = (&self.listings[o], &self.listings[w]);
        let blocked = self.blocks.iter().any(|&(a, b)| (a, b) == (offer.group, want.group) || (b, a) == (offer.group, want.group));
        let before = |a: Option<i64>, b: Option<i64>| a.is_none() || b.is_none() || a < b;
        self.is_open(offer)
            && self.is_open(want)
            && offer.group != want.group
            && !blocked
            && !self.dismissals.contains(&(o, w))
            && before(offer.from, want.until)
            && before(want.from, offer.until)
            && offer.basis.iter().any(|basis| want.basis.contains(basis))
            && (offer.remote && want.remote || km(&offer.place, &want.place) <= f64::from(offer.reach.max(want.reach)))
            && band(offer, want).is_some()
    }

    fn matches_of(&self, seeker: usize) -> Vec<Found> {
        let mine = &self.listings[seeker];
        let mut found = Vec::new();
        for (other, theirs) in self.listings.iter().enumerate() {
            let (o, w) = if mine.offer { (seeker, other) } else { (other, seeker) };
            if mine.offer == theirs.offer || !self.eligible(o, w) {
                continue;
            }
            let (offer, want) = (&self.listings[o], &self.listings[w]);
            let (distance, reach) = (km(&mine.place, &theirs.place), f64::from(mine.reach.max(theirs.reach)));
            let near =
                if mine.remote && theirs.remote || distance == 0.0 { 1.0 } else { (1.0 - distance / reach) / (1.0 + distance / 10.0) };
            let longer = mine.words.len().max(theirs.words.len()).max(1);
            let parts = [
                band(offer, want).unwrap(),
                near,
                count(shared(mine, theirs)) / count(longer),
                (-seconds((NOW - theirs.fresh).max(0)) / 86_400.0 / 30.0).exp(),
                (f64::from(offer.quantity - offer.promised) / f64::from(want.quantity - want.promised)).min(1.0),
            ];
            let score = 0.5 * parts[0] + 0.3 * parts[1] + 0.1 * parts[2] + 0.05 * parts[3] + 0.05 * parts[4];
            let two_way = (0..self.listings.len()).any(|r| {
                (0..self.listings.len()).any(|t| {
                    let (r_listing, t_listing) = (&self.listings[r], &self.listings[t]);
                    r_listing.group == mine.group
                        && t_listing.group == theirs.group
                        && r_listing.offer == theirs.offer
                        && t_listing.offer == mine.offer
                        && if t_listing.offer { self.eligible(t, r) } else { self.eligible(r, t) }
                })
            });
            found.push(Found { seeker: mine.id, counterpart: theirs.id, score, parts, two_way });
        }
        sort(&mut found);
        found
    }
}

fn sort(found: &mut [Found]) {
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.counterpart.cmp(&b.counterpart)).then(a.seeker.cmp(&b.seeker)));
}

fn km(a: &Place, b: &Place) -> f64 {
    let half_sine = |degrees: f64| (degrees.to_radians() / 2.0).sin();
    let h = half_sine(b.lat - a.lat).powi(2) + a.lat.to_radians().cos() * b.lat.to_radians().cos() * half_sine(b.lng - a.lng).powi(2);
    2.0 * 6371.0088 * h.sqrt().min(1.0).asin()
}

fn shared(a: &Listing, b: &Listing) -> usize {
    a.words.iter().filter(|word| b.words.contains(word)).count()
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).expect("a small number"))
}

fn seconds(number: i64) -> f64 {
    f64::from(i32::try_from(number).expect("a short time"))
}

/// The digits of a category: type, parent, leaf, child; what is not given is 0.
fn digits(code: i32) -> [i32; 4] {
    [code / 100_000_000, code / 1_000_000 % 100, code / 10_000 % 100, code % 10_000]
}

fn is_within(code: i32, ancestor: i32) -> bool {
    digits(code).iter().zip(digits(ancestor)).all(|(own, ancestor)| ancestor == 0 || *own == ancestor)
}

fn parent(code: i32) -> Option<[i32; 4]> {
    let mut digits = digits(code);
    let last = digits.iter().rposition(|digit| *digit != 0)?;
    digits[last] = 0;
    (last > 0).then_some(digits)
}

/// 1: the thing itself. 0: something like it. None: neither.
fn band(offer: &Listing, want: &Listing) -> Option<f64> {
    if is_within(offer.category, want.category) {
        return Some(1.0);
    }
    let siblings = parent(offer.category).is_some() && parent(offer.category) == parent(want.category);
    let related = digits(offer.category)[0] == digits(want.category)[0] && shared(offer, want) > 0;
    (siblings || is_within(want.category, offer.category) || related).then_some(0.0)
}

// ---- Random worlds --------------------------------------------------------------------------------------------------

fn pick<T: Copy>(rng: &mut StdRng, from: &[T]) -> T {
    from[rng.random_range(0..from.len())]
}

fn places(rng: &mut StdRng) -> Vec<Place> {
    let mut at: Vec<(f64, f64)> = (0..6).map(|_| (53.0 + rng.random_range(-0.3..0.3), -2.2 + rng.random_range(-0.4..0.4))).collect();
    // Two localities with one centroid, both sides of the date line, around a pole, and an antipode.
    at.extend([at[0], (0.0, 179.99), (0.05, -179.98), (89.95, 10.0), (89.97, -170.0), (-53.0, 177.8), (51.48, 0.0), (51.5, -0.01)]);
    at.iter().enumerate().map(|(i, &(lat, lng))| Place { code: 90_000_000_000_001 + i64::try_from(i).unwrap(), lat, lng }).collect()
}

fn listing(rng: &mut StdRng, places: &[Place], groups: usize) -> Listing {
    // Root, parents, leaves and a network's child; two leaves share a parent; another resource type.
    let categories = [100_000_000, 101_000_000, 101_010_000, 101_010_000, 101_020_000, 101_020_001, 102_010_000, 200_000_000, 201_010_000];
    let words = ["chair", "fold", "green", "sofa", "tabl", "tent"];
    let offer = rng.random_bool(0.5);
    let quantity = pick(rng, &[1, 1, 2, 3, 30, 1_000_000]);
    let hours = |rng: &mut StdRng| rng.random_bool(0.15).then(|| NOW + 3600 * rng.random_range(-5..5));
    let (from, length) = (hours(rng), rng.random_range(1..5));
    let mut basis = vec![pick(rng, &["give", "give", "lend", "share"])];
    if !offer && basis[0] != "give" {
        basis.insert(0, "give");
    }
    Listing {
        id: ListingId(uuid::Uuid::from_u128(rng.random())),
        group: rng.random_range(0..groups),
        offer,
        category: pick(rng, &categories),
        place: places[rng.random_range(0..places.len())].clone(),
        reach: pick(rng, &[0, 1, 5, 10, 20, 50, 50, 500]),
        remote: rng.random_bool(0.15),
        basis,
        quantity,
        promised: if rng.random_bool(0.85) { 0 } else { pick(rng, &[quantity - 1, quantity]) },
        from,
        until: if rng.random_bool(0.5) {
            from.map(|from| from + 3600 * length)
        } else {
            hours(rng).filter(|until| from.is_none_or(|from| from < *until))
        },
        state: if rng.random_bool(0.9) { "active" } else { pick(rng, &["draft", "withdrawn", "fulfilled", "expired"]) },
        moderation: if rng.random_bool(0.92) { "approved" } else { pick(rng, &["pending", "changes_requested", "rejected", "held"]) },
        fresh: NOW - pick(rng, &[0, 0, 3600, 86_400, 86_400 * 40, -60]),
        expires: if rng.random_bool(0.8) { None } else { pick(rng, &[Some(NOW + 86_400), Some(NOW + 1), Some(NOW), Some(NOW - 1)]) },
        words: words.into_iter().filter(|_| rng.random_bool(0.3)).collect(),
    }
}

fn world(seed: u64) -> (World, Vec<Place>) {
    let mut rng = StdRng::seed_from_u64(seed);
    let places = places(&mut rng);
    let groups: Vec<Group> = (0..6).map(|i| Group { id: GroupId::new(), standing: i != 5 }).collect();
    let listings: Vec<Listing> = (0..rng.random_range(2..100)).map(|_| listing(&mut rng, &places, groups.len())).collect();
    let blocks = if rng.random_bool(0.5) { vec![(0, 1), (3, 2)] } else { vec![] };
    let offers: Vec<usize> = (0..listings.len()).filter(|i| listings[*i].offer).collect();
    let wants: Vec<usize> = (0..listings.len()).filter(|i| !listings[*i].offer).collect();
    let dismissals: std::collections::BTreeSet<_> = if offers.is_empty() || wants.is_empty() {
        Default::default()
    } else {
        (0..10).map(|_| (pick(&mut rng, &offers), pick(&mut rng, &wants))).collect()
    };
    (World { groups, listings, blocks, dismissals: dismissals.into_iter().collect() }, places)
}

fn text(values: &[&str]) -> String {
    format!("'{{{}}}'", values.join(","))
}

fn time(seconds: Option<i64>) -> String {
    seconds.map_or("null".into(), |seconds| format!("to_timestamp({seconds})"))
}

async fn store(app: &TestApp, network: NetworkId, world: &World, places: &[Place]) {
    let mut sql =
        "delete from match_dismissals; delete from listings; delete from groups; delete from localities where code >= 90000000000000;"
            .to_owned();
    for p in places {
        let (code, lat, lng) = (p.code, p.lat, p.lng);
        write!(sql, "insert into localities (code, slug, kind, name, lat, lng, search_text) values ({code}, 'x{code}', 'country', 'X', {lat}, {lng}, 'x');").unwrap();
    }
    for g in &world.groups {
        let (id, state) = (g.id, if g.standing { "approved" } else { "suspended" });
        let Place { code, lat, lng } = &places[0];
        write!(sql, "insert into groups (id, name, description, locality_code, lat, lng, search_text, created_at, updated_at) values ('{id}', 'Group', '', {code}, {lat}, {lng}, '', now(), now());
            insert into network_groups (network_id, group_id, state, decided_at, requested_at) values ('{network}', '{id}', '{state}', now(), now());").unwrap();
    }
    for l in &world.listings {
        let group = &world.groups[l.group];
        let published = if l.state == "draft" { "null".to_owned() } else { time(Some(l.fresh)) };
        write!(
            sql,
            "insert into listings (id, group_id, network_id, in_good_standing, kind, title, description, category_code, locality_code, lat, lng, reach_km, remote, basis, quantity,
               quantity_promised, available_from, available_until, delivery_possible, urgency, state, moderation, published_at, expires_at, words, search_text, created_at, updated_at)
             values ('{}', '{}', '{network}', {}, '{}', 'Thing', '', {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, false, 'normal', '{}', '{}', {published}, {}, {}, '', {}, now());",
            l.id, group.id, group.standing, if l.offer { "offer" } else { "want" }, l.category, l.place.code, l.place.lat, l.place.lng, l.reach, l.remote, text(&l.basis),
            l.quantity, l.promised, time(l.from), time(l.until), l.state, l.moderation, time(l.expires), text(&l.words), time(Some(l.fresh)),
        )
        .unwrap();
    }
    for (a, b) in &world.blocks {
        write!(sql, "insert into group_blocks values ('{}', '{}', now());", world.groups[*a].id, world.groups[*b].id).unwrap();
    }
    for (o, w) in &world.dismissals {
        let (o, w) = (&world.listings[*o], &world.listings[*w]);
        write!(
            sql,
            "insert into match_dismissals (offer_id, want_id, group_id, created_at) values ('{}', '{}', '{}', now());",
            o.id, w.id, world.groups[o.group].id
        )
        .unwrap();
    }
    app.sql(&sql).await;
}

fn same(seed: u64, expected: &[Found], pairs: &[Pair]) {
    let ids = |found: &[Found]| found.iter().map(|f| (f.seeker, f.counterpart)).collect::<Vec<_>>();
    assert_eq!(
        pairs.iter().map(|p| (p.seeker_id, p.counterpart_id)).collect::<Vec<_>>(),
        ids(expected),
        "world {seed}: other matches or another order"
    );
    for (want, got) in expected.iter().zip(pairs) {
        let parts = [got.category, got.nearness, got.words, got.freshness, got.quantity];
        for (a, b) in want.parts.iter().zip(parts) {
            assert!((a - b).abs() < 1e-12, "world {seed}: parts {parts:?} instead of {:?}", want.parts);
        }
        assert!((want.score - got.score).abs() < 1e-12, "world {seed}: score {} instead of {}", got.score, want.score);
        assert_eq!(want.two_way, got.two_way, "world {seed}: two-way of {:?}", (got.seeker_id, got.counterpart_id));
    }
}

/// All pages of so many matches, one after the other.
async fn all_pages(app: &TestApp, seekers: Seekers, limit: &str, now: DateTime<Utc>) -> Vec<Pair> {
    let (limit, mut all, mut after) = (Limit::parse(limit).unwrap(), Vec::new(), None);
    loop {
        let mut page =
            queries::best(&mut *app.conn().await, seekers, &Search { after, ..Search::new(now, limit.and_one()) }).await.unwrap();
        let more = page.len() > limit.entries();
        page.truncate(limit.entries());
        after = page.last().map(|last| After { score: last.score, counterpart: last.counterpart_id, seeker: last.seeker_id });
        all.extend(page);
        if !more {
            return all;
        }
    }
}

#[actix_web::test]
async fn every_answer_equals_the_brute_force_answer_of_the_definition() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    // The two categories that only networks have.
    app.sql(&format!(
        "insert into categories (code, slug, parent_code, resource_type, name, description, network_id)
         values (101020001, 'stoke.trestles', 101020000, 'thing', 'Trestles', '', '{network}')"
    ))
    .await;
    let now = DateTime::from_timestamp(NOW, 0).unwrap();
    let mut seen = 0;
    for seed in 0..WORLDS {
        let (world, places) = world(seed);
        store(&app, network, &world, &places).await;
        for seeker in 0..world.listings.len() {
            let expected = world.matches_of(seeker);
            let asked = Seekers::Listing(world.listings[seeker].id);
            let top = queries::best(&mut *app.conn().await, asked, &Search::new(now, 21)).await.unwrap();
            same(seed, &expected[..expected.len().min(21)], &top);
            seen += expected.len();
        }
        for (number, group) in world.groups.iter().enumerate() {
            let mut expected: Vec<Found> =
                (0..world.listings.len()).filter(|i| world.listings[*i].group == number).flat_map(|i| world.matches_of(i)).collect();
            sort(&mut expected);
            same(seed, &expected, &all_pages(&app, Seekers::Group(group.id), "7", now).await);
        }
    }
    assert!(seen > 500, "the worlds have only {seen} matches: too few to prove anything");
}

#[actix_web::test]
async fn a_match_is_seen_from_both_sides() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    app.sql(&format!("insert into categories (code, slug, parent_code, resource_type, name, description, network_id) values (101020001, 'stoke.trestles', 101020000, 'thing', 'Trestles', '', '{network}')")).await;
    let (world, places) = world(1_000);
    store(&app, network, &world, &places).await;
    let now = DateTime::from_timestamp(NOW, 0).unwrap() + Duration::zero();
    let mut pairs = std::collections::HashSet::new();
    for listing in &world.listings {
        for pair in all_pages(&app, Seekers::Listing(listing.id), "100", now).await {
            pairs.insert((pair.seeker_id, pair.counterpart_id));
        }
    }
    assert!(pairs.len() > 10 && pairs.iter().all(|(a, b)| pairs.contains(&(*b, *a))), "{} pairs", pairs.len());
}
