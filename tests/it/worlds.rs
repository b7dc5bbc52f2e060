//! Random worlds for matching, small and nasty, and the definition of a match (docs/MATCHING.md) reckoned a second time: written
//! from the definition alone, over plain structs, pair by pair. What the program finds is compared with it.

use std::{collections::HashSet, fmt::Write};

use gotit::types::ids::{GroupId, ListingId, NetworkId};
use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::support::TestApp;

/// The time in every world, seconds since 1970.
pub const NOW: i64 = 1_800_000_000;

#[derive(Debug, Clone)]
pub struct Place {
    pub code: i64,
    pub lat: f64,
    pub lng: f64,
}

#[derive(Debug, Clone)]
pub struct Group {
    pub id: GroupId,
    pub standing: bool,
}

#[derive(Debug, Clone)]
pub struct Listing {
    pub id: ListingId,
    pub group: usize,
    pub offer: bool,
    pub category: i32,
    pub place: Place,
    pub reach: i32,
    pub remote: bool,
    pub basis: Vec<&'static str>,
    pub quantity: i32,
    pub promised: i32,
    pub from: Option<i64>,
    pub until: Option<i64>,
    pub state: &'static str,
    pub moderation: &'static str,
    pub fresh: i64,
    pub expires: Option<i64>,
    pub words: Vec<&'static str>,
}

#[derive(Debug, Clone)]
pub struct World {
    pub groups: Vec<Group>,
    pub listings: Vec<Listing>,
    pub blocks: Vec<(usize, usize)>,
    pub dismissals: Vec<(usize, usize)>,
    /// Which groups fit: one of the first group's offers (or wants) and something of the other group.
    fits: HashSet<(usize, bool, usize)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    pub seeker: ListingId,
    pub counterpart: ListingId,
    pub score: f64,
    pub parts: [f64; 5],
    pub two_way: bool,
}

// ---- The definition -------------------------------------------------------------------------------------------------

impl World {
    pub fn is_open(&self, l: &Listing) -> bool {
        l.state == "active"
            && l.moderation == "approved"
            && l.quantity > l.promised
            && self.groups[l.group].standing
            && l.expires.is_none_or(|time| time > NOW)
    }

    /// Whether an offer and a want may match.
    pub fn eligible(&self, o: usize, w: usize) -> bool {
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

    /// All matches of a listing, best first.
    pub fn matches_of(&self, seeker: usize) -> Vec<Found> {
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
            let two_way = self.fits.contains(&(mine.group, !mine.offer, theirs.group));
            found.push(Found { seeker: mine.id, counterpart: theirs.id, score, parts, two_way });
        }
        sort(&mut found);
        found
    }
}

/// The order of matches.
pub fn sort(found: &mut [Found]) {
    found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.counterpart.cmp(&b.counterpart)).then(a.seeker.cmp(&b.seeker)));
}

/// Great-circle distance, kilometres.
pub fn km(a: &Place, b: &Place) -> f64 {
    let half_sine = |degrees: f64| (degrees.to_radians() / 2.0).sin();
    let h = half_sine(b.lat - a.lat).powi(2) + a.lat.to_radians().cos() * b.lat.to_radians().cos() * half_sine(b.lng - a.lng).powi(2);
    2.0 * 6371.0088 * h.sqrt().min(1.0).asin()
}

pub fn shared(a: &Listing, b: &Listing) -> usize {
    a.words.iter().filter(|word| b.words.contains(word)).count()
}

pub fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).expect("a small number"))
}

pub fn seconds(number: i64) -> f64 {
    f64::from(i32::try_from(number).expect("a short time"))
}

/// The digits of a category: type, parent, leaf, child; what is not given is 0.
fn digits(code: i32) -> [i32; 4] {
    [code / 100_000_000, code / 1_000_000 % 100, code / 10_000 % 100, code % 10_000]
}

pub fn is_within(code: i32, ancestor: i32) -> bool {
    digits(code).iter().zip(digits(ancestor)).all(|(own, ancestor)| ancestor == 0 || *own == ancestor)
}

fn parent(code: i32) -> Option<[i32; 4]> {
    let mut digits = digits(code);
    let last = digits.iter().rposition(|digit| *digit != 0)?;
    digits[last] = 0;
    (last > 0).then_some(digits)
}

/// 1: the thing itself. 0: something like it. None: neither.
pub fn band(offer: &Listing, want: &Listing) -> Option<f64> {
    if is_within(offer.category, want.category) {
        return Some(1.0);
    }
    let siblings = parent(offer.category).is_some() && parent(offer.category) == parent(want.category);
    let related = digits(offer.category)[0] == digits(want.category)[0] && shared(offer, want) > 0;
    (siblings || is_within(want.category, offer.category) || related).then_some(0.0)
}

// ---- Random worlds --------------------------------------------------------------------------------------------------

/// One of several.
pub fn pick<T: Copy>(rng: &mut StdRng, from: &[T]) -> T {
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

/// The world with this number. Every other one is dense: many listings of few kinds in few places, so that most of what fits does
/// not fit on a page.
pub fn world(seed: u64) -> (World, Vec<Place>) {
    let mut rng = StdRng::seed_from_u64(seed);
    let dense = seed % 2 == 1;
    let mut places = places(&mut rng);
    if dense {
        places.truncate(7);
    }
    let groups: Vec<Group> = (0..6).map(|i| Group { id: GroupId::new(), standing: i != 5 }).collect();
    let listings: Vec<Listing> = (0..rng.random_range(2..if dense { 300 } else { 100 }))
        .map(|_| {
            let mut listing = listing(&mut rng, &places, groups.len());
            if dense {
                listing.category = pick(&mut rng, &[101_010_000, 101_010_000, 101_020_000, 101_000_000]);
            }
            listing
        })
        .collect();
    let blocks = if rng.random_bool(0.5) { vec![(0, 1), (3, 2)] } else { vec![] };
    let offers: Vec<usize> = (0..listings.len()).filter(|i| listings[*i].offer).collect();
    let wants: Vec<usize> = (0..listings.len()).filter(|i| !listings[*i].offer).collect();
    let dismissals: std::collections::BTreeSet<_> = if offers.is_empty() || wants.is_empty() {
        Default::default()
    } else {
        (0..10).map(|_| (pick(&mut rng, &offers), pick(&mut rng, &wants))).collect()
    };
    let mut world = World { groups, listings, blocks, dismissals: dismissals.into_iter().collect(), fits: HashSet::new() };
    for &o in &offers {
        for &w in &wants {
            if world.eligible(o, w) {
                let (giver, taker) = (world.listings[o].group, world.listings[w].group);
                world.fits.extend([(giver, true, taker), (taker, false, giver)]);
            }
        }
    }
    (world, places)
}

fn text(values: &[&str]) -> String {
    format!("'{{{}}}'", values.join(","))
}

fn time(seconds: Option<i64>) -> String {
    seconds.map_or("null".into(), |seconds| format!("to_timestamp({seconds})"))
}

/// A network, with the one category that only a network can have.
pub async fn prepare(app: &TestApp) -> NetworkId {
    let network = app.network("stoke").await;
    app.sql(&format!(
        "insert into categories (code, slug, parent_code, resource_type, name, description, network_id)
         values (101020001, 'stoke.trestles', 101020000, 'thing', 'Trestles', '', '{network}')"
    ))
    .await;
    network
}

/// How many worlds to look at: so many, or as GOTIT_WORLDS says.
#[allow(clippy::disallowed_methods, reason = "a setting of the tests, not of the program")]
pub fn how_many(usually: u64) -> u64 {
    std::env::var("GOTIT_WORLDS").map_or(usually, |number| number.parse().expect("GOTIT_WORLDS is a number"))
}

/// Makes the database hold this world and no other.
pub async fn store(app: &TestApp, network: NetworkId, world: &World, places: &[Place]) {
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
             values ('{}', '{}', '{network}', {}, '{}', 'Thing', '', {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, false, 'normal', '{}', '{}', {published}, {}, {}, 'not marks: /w1 /o1 /w2 /o2', {}, now());",
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
