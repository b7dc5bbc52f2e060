//! One listing after the other, in the order in which they were made, as the rows that the program would have written.

use std::collections::HashMap;

use chrono::{DateTime, Duration, Utc};
use gotit::listings::rules::days_of;
use uuid::Uuid;

use super::{
    OPEN_DAYS, Plan,
    land::{Category, Place, Places},
    people::{Group, People},
    random::{Dice, Weighted},
    texts::{Text, Texts},
    tuples::Tuples,
    uuid_at,
};

/// The columns that are written; PostgreSQL fills the others.
pub const COLUMNS: [&str; 35] = [
    "id",
    "group_id",
    "network_id",
    "in_good_standing",
    "kind",
    "title",
    "description",
    "category_code",
    "locality_code",
    "lat",
    "lng",
    "reach_km",
    "remote",
    "basis",
    "quantity",
    "quantity_promised",
    "unit",
    "available_from",
    "available_until",
    "availability_note",
    "delivery_possible",
    "urgency",
    "state",
    "moderation",
    "published_at",
    "confirmed_at",
    "expires_at",
    "words",
    "search_text",
    "external_id",
    "created_by",
    "version",
    "created_at",
    "updated_at",
    "code",
];

/// The share of a group's listings that stand in its own locality.
const AT_HOME: f64 = 0.8;
/// The share of wants that ask for a parent category or a whole resource type.
const GENERAL_WANTS: f64 = 0.03;
/// The share of listings for which place does not matter: of skills and time, and of the rest.
const REMOTE: (f64, f64) = (0.25, 0.03);
/// The share of open listings whose time has run out although nobody has said so.
const RUN_OUT: f64 = 0.04;
/// The share of recent listings that are open where not all are; older ones make up the rest.
pub const RECENT_OPEN: f64 = 0.8;
/// One in so many open listings has a counterpart that was dismissed.
const DISMISSED: f64 = 0.005;

const UNITS: [&str; 6] = ["boxes", "bags", "sets", "chairs", "hours", "crates"];
const WHEN: [&str; 5] = ["Tuesdays 9 to 12", "Evenings", "School terms only", "After Sunday's service", "Any weekday but Friday"];

/// What listings are made of.
#[derive(Debug)]
pub struct World<'a> {
    pub plan: &'a Plan,
    pub places: &'a Places,
    pub people: &'a People,
    pub categories: &'a [Category],
    pub leaves: Weighted<usize>,
    pub by_code: HashMap<i32, usize>,
    pub texts: &'a Texts,
    pub reaches: Weighted<i32>,
}

/// A pair that a group does not want to see.
#[derive(Debug, Clone, Copy)]
pub struct Dismissal {
    pub offer: Uuid,
    pub want: Uuid,
    pub group: Uuid,
}

/// The latest open offer and want of each category and district, from which dismissed pairs are taken.
pub type Latest = HashMap<(i32, i64, bool), Uuid>;

/// When things happened to a listing, and what came of it.
struct Life {
    state: &'static str,
    moderation: &'static str,
    created: DateTime<Utc>,
    published: Option<DateTime<Utc>>,
    confirmed: Option<DateTime<Utc>>,
    expires: Option<DateTime<Utc>>,
    open: bool,
}

impl<'a> World<'a> {
    pub fn new(
        plan: &'a Plan,
        places: &'a Places,
        people: &'a People,
        categories: &'a [Category],
        shares: &[(usize, u64)],
        texts: &'a Texts,
    ) -> Self {
        let near = [(5, 25), (10, 30), (20, 20), (30, 12), (50, 8)];
        let far = [(0, 2), (100, 1), (200, 1), (500, 1)];
        Self {
            plan,
            places,
            people,
            categories,
            leaves: shares.iter().copied().collect(),
            by_code: categories.iter().enumerate().map(|(number, category)| (category.code, number)).collect(),
            texts,
            reaches: near.into_iter().chain(far).collect(),
        }
    }

    /// Writes listing `number` of the plan as a row. Now and then a pair of it and an earlier one is dismissed.
    pub fn write(&self, number: u64, row: &mut Tuples, latest: &mut Latest) -> Option<Dismissal> {
        let mut dice = Dice::of(self.plan.seed, number);
        let created = self.plan.created_at(number);
        let id = uuid_at(created, &mut dice);
        let offer = dice.chance(0.5);
        let group = self.people.group(&mut dice);
        let category = self.category(offer, &mut dice);
        let place = if dice.chance(AT_HOME) { &group.place } else { self.places.nearby(&group.place, &mut dice) };
        let text = self.texts.about(category, &mut dice);
        let category = &self.categories[category];
        let life = self.life(created, group.in_good_standing, &category.resource_type, &mut dice);
        row.row(COLUMNS.len());
        write_owner(row, id, group, offer);
        write_what(row, text, category, place);
        self.write_terms(row, category, offer, &life, &mut dice);
        self.write_life(row, &life, text, number, &mut dice);
        life.open.then(|| dismissal((category.code, place.district), offer, id, group, latest, &mut dice)).flatten()
    }

    /// The position of a category: a leaf, or for a few wants what is above one.
    fn category(&self, offer: bool, dice: &mut Dice) -> usize {
        let leaf = *self.leaves.pick(dice);
        if offer || !dice.chance(GENERAL_WANTS) {
            return leaf;
        }
        let wide = if dice.chance(0.67) { self.categories[leaf].parent() } else { self.categories[leaf].root() };
        self.by_code.get(&wide).copied().unwrap_or(leaf)
    }

    fn write_terms(&self, row: &mut Tuples, category: &Category, offer: bool, life: &Life, dice: &mut Dice) {
        let placeless = matches!(category.resource_type.as_str(), "skill" | "time");
        row.int4(*self.reaches.pick(dice));
        row.boolean(dice.chance(if placeless { REMOTE.0 } else { REMOTE.1 }));
        row.texts(&basis(&category.resource_type, offer, dice));
        let quantity = quantity(dice);
        row.int4(quantity);
        row.int4(match life.state {
            "fulfilled" => quantity,
            "active" if quantity > 1 && dice.chance(0.1) => dice.between(1, quantity - 1),
            _ => 0,
        });
        row.optional_text((quantity > 6 && dice.chance(0.4)).then(|| *dice.pick(&UNITS)));
        let dated = dice.chance(0.15);
        let from = (dated && dice.chance(0.8)).then(|| life.created + hours(dice, 60));
        let until = (dated && dice.chance(0.7)).then(|| from.unwrap_or(life.created) + Duration::hours(1) + hours(dice, 90));
        row.optional_time(from);
        row.optional_time(until);
        row.optional_text(dice.chance(0.2).then(|| *dice.pick(&WHEN)));
        row.boolean(dice.chance(0.4));
        row.text(match dice.below(100) {
            0..10 => "low",
            10..85 => "normal",
            _ => "high",
        });
    }

    fn write_life(&self, row: &mut Tuples, life: &Life, text: &Text, number: u64, dice: &mut Dice) {
        row.text(life.state);
        row.text(life.moderation);
        row.optional_time(life.published);
        row.optional_time(life.confirmed);
        row.optional_time(life.expires);
        row.bytes(&text.words);
        row.text(&text.search_text);
        let external = dice.chance(0.05).then(|| format!("import-{number}"));
        row.optional_text(external.as_deref());
        row.uuid(self.people.user);
        row.int4(1);
        row.time(life.created);
        row.time(life.confirmed.or(life.published).unwrap_or(life.created));
        row.text(&short_code(number + 1));
    }

    /// Whether a listing of that age is still open, and how it came to its end if not.
    fn life(&self, created: DateTime<Utc>, in_good_standing: bool, resource_type: &str, dice: &mut Dice) -> Life {
        let now = self.plan.now;
        let recent = now - created < Duration::days(OPEN_DAYS);
        let open = in_good_standing && dice.chance(self.plan.chance_open(recent) / self.people.share_in_good_standing());
        let (state, moderation) = if open { ("active", "approved") } else { ended(dice) };
        let draft = state == "draft";
        let renewed = open && (!recent || dice.chance(0.3));
        let span = (now - created).min(Duration::days(OPEN_DAYS));
        let confirmed = renewed.then(|| now - Duration::seconds(dice.below(span.num_seconds().max(1).unsigned_abs()) as i64));
        let fresh = confirmed.unwrap_or(created);
        let usual = fresh + Duration::days(days_of(resource_type));
        let expires = dice.chance(0.9).then(|| match state {
            "active" if dice.chance(RUN_OUT) => now - hours(dice, 20),
            "active" if usual > now => usual,
            "active" => now + Duration::hours(1) + hours(dice, 60),
            _ => usual,
        });
        Life { state, moderation, created, published: (!draft).then_some(created), confirmed, expires, open }
    }
}

/// Up to so many days, in whole minutes.
fn hours(dice: &mut Dice, days: u64) -> Duration {
    Duration::minutes(dice.below(days * 24 * 60) as i64)
}

fn ended(dice: &mut Dice) -> (&'static str, &'static str) {
    match dice.below(100) {
        0..40 => ("withdrawn", "approved"),
        40..70 => ("expired", "approved"),
        70..88 => ("fulfilled", "approved"),
        88..94 => ("draft", "approved"),
        94..98 => ("active", "pending"),
        98 => ("active", "held"),
        _ => ("active", "rejected"),
    }
}

fn write_owner(row: &mut Tuples, id: Uuid, group: &Group, offer: bool) {
    row.uuid(id);
    row.uuid(group.id);
    row.uuid(group.network);
    row.boolean(group.in_good_standing);
    row.text(if offer { "offer" } else { "want" });
}

fn write_what(row: &mut Tuples, text: &Text, category: &Category, place: &Place) {
    row.text(&text.title);
    row.text(&text.description);
    row.int4(category.code);
    row.int8(place.code);
    row.float8(place.lat);
    row.float8(place.lng);
}

fn basis(resource_type: &str, offer: bool, dice: &mut Dice) -> Vec<&'static str> {
    if !offer {
        let more = [("lend", 0.5), ("share", 0.3)];
        return std::iter::once("give").chain(more.into_iter().filter(|(_, share)| dice.chance(*share)).map(|(basis, _)| basis)).collect();
    }
    vec![match (resource_type, dice.below(100)) {
        ("food" | "skill" | "time", _) => "give",
        ("space" | "transport", 0..60) => "share",
        ("space" | "transport", 60..90) => "lend",
        (_, 0..70) => "give",
        (_, 70..90) => "lend",
        _ => "share",
    }]
}

fn quantity(dice: &mut Dice) -> i32 {
    match dice.below(100) {
        0..70 => 1,
        70..85 => dice.between(2, 6),
        85..95 => dice.between(7, 30),
        _ => dice.between(31, 500),
    }
}

/// Remembers an open listing as the latest of its category and district; now and then gives a pair of it and the latest that could
/// match it.
fn dismissal(shelf: (i32, i64), offer: bool, id: Uuid, group: &Group, latest: &mut Latest, dice: &mut Dice) -> Option<Dismissal> {
    let other = latest.get(&(shelf.0, shelf.1, !offer)).copied();
    latest.insert((shelf.0, shelf.1, offer), id);
    let other = other.filter(|_| dice.chance(DISMISSED))?;
    let (offer, want) = if offer { (id, other) } else { (other, id) };
    Some(Dismissal { offer, want, group: group.id })
}

/// What `short_code` of the migrations gives, without a call for each of ten million rows; loading compares some.
pub fn short_code(number: u64) -> String {
    const ALPHABET: &[u8; 26] = b"23456789BCDFGHJKMNPQRTVWXY";
    const FIVE: u64 = 11_881_376;
    const SIX: u64 = 308_915_776;
    let (mut scattered, letters) =
        if number < FIVE { ((number * 7_368_787 + 1_234_577) % FIVE, 5) } else { (((number - FIVE) * 190_392_491 + 98_765_431) % SIX, 6) };
    let mut code = [0; 6];
    for position in (0..letters).rev() {
        code[position] = ALPHABET[(scattered % 26) as usize];
        scattered /= 26;
    }
    code.iter().take(letters).map(|letter| char::from(*letter)).collect()
}
