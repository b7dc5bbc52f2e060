//! All filters together, against the definition in plain Rust.

use chrono::{DateTime, Utc};
use gotit::catalog::{
    model::{Category, Locality},
    queries::{category_by_slug, locality_by_slug},
};
use serde_json::{Value, json};

use super::{address, post, town};

/// Numbers that look random and are the same each time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % u64::try_from(most).unwrap()).unwrap()
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    fn day(&mut self) -> String {
        format!("2027-01-{:02}T12:00:00Z", 1 + self.below(28))
    }
}

const CATEGORIES: [&str; 7] = ["thing", "furniture", "seating", "tables", "bedding", "food", "transport"];
const LOCALITIES: [&str; 7] = [
    "england",
    "west-midlands",
    "stoke-on-trent",
    "hanley-stoke-on-trent",
    "burslem-stoke-on-trent",
    "birmingham",
    "stokesley-north-yorkshire",
];
const WORDS: [&str; 4] = ["benches", "kettles", "lanterns", "parasols"];

/// What browsing is measured by: the definition in plain Rust, over what posting answered.
fn fits(listing: &Value, query: &[(&str, String)], categories: &[Category], localities: &[Locality]) -> bool {
    let category = |slug: &str| categories.iter().find(|category| category.slug == slug).unwrap();
    let locality = |slug: &str| localities.iter().find(|locality| locality.slug == slug).unwrap();
    let text = |path: &str| listing.pointer(path).unwrap().as_str();
    let time = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
    let near = query.iter().find(|(name, _)| *name == "near").map(|(_, slug)| locality(slug).position());
    query.iter().all(|(name, value)| match *name {
        "kind" => text("/kind") == Some(value),
        "category" => category(value).subtree().contains(&category(text("/category/slug").unwrap()).code),
        "locality" => locality(value).subtree().contains(&locality(text("/locality/slug").unwrap()).code),
        "within_km" => near.unwrap().km_to(locality(text("/locality/slug").unwrap()).position()) <= value.parse().unwrap(),
        "q" => text("/title").unwrap().contains(value),
        "available_from" => text("/available_until").is_none_or(|until| time(until) > time(value)),
        "available_until" => text("/available_from").is_none_or(|from| time(from) < time(value)),
        "network_id" => text("/network_id") == Some(value),
        "group_id" => text("/group/id") == Some(value),
        "updated_since" => time(text("/updated_at").unwrap()) >= time(value),
        _ => true,
    })
}

#[actix_web::test]
async fn any_combination_of_filters_finds_what_a_plain_filter_finds() {
    let (app, group) = town().await;
    let crewe = app.network("crewe").await;
    let groups = [group.clone(), app.group(crewe, "Crewe Scouts").await, app.group(crewe, "Crewe Guides").await];
    let mut dice = Dice(2026);
    let mut listings = Vec::new();
    for _ in 0..60 {
        let mut more =
            json!({"kind": dice.pick(&["offer", "want"]), "category": dice.pick(&CATEGORIES), "locality": dice.pick(&LOCALITIES)});
        let (from, until) = (dice.day(), dice.day());
        if dice.below(2) == 0 {
            more["available_from"] = json!(from);
        }
        if dice.below(2) == 0 && (more["available_from"].is_null() || from < until) {
            more["available_until"] = json!(until);
        }
        let title = format!("{} and {}", dice.pick(&WORDS), dice.pick(&WORDS));
        listings.push(post(dice.pick(&groups), &title, more).await.body);
    }
    let (mut categories, mut localities, mut conn) = (Vec::new(), Vec::new(), app.conn().await);
    for slug in CATEGORIES {
        categories.push(category_by_slug(&mut conn, slug).await.unwrap().unwrap());
    }
    for slug in LOCALITIES {
        localities.push(locality_by_slug(&mut conn, slug).await.unwrap().unwrap());
    }
    let mut found_some = 0;
    for _ in 0..150 {
        let all = [
            ("kind", (*dice.pick(&["offer", "want"])).to_owned()),
            ("category", (*dice.pick(&CATEGORIES)).to_owned()),
            ("locality", (*dice.pick(&LOCALITIES)).to_owned()),
            ("near", (*dice.pick(&LOCALITIES)).to_owned()),
            ("q", (*dice.pick(&WORDS)).to_owned()),
            ("available_from", dice.day()),
            ("available_until", dice.day()),
            ("network_id", dice.pick(&groups).network.to_string()),
            ("group_id", dice.pick(&groups).id.to_string()),
            ("updated_since", dice.pick(&listings)["updated_at"].as_str().unwrap().to_owned()),
        ];
        let mut query: Vec<(&str, String)> = all.into_iter().filter(|_| dice.below(4) == 0).collect();
        if query.iter().any(|(name, _)| *name == "near") {
            query.push(("within_km", (dice.below(200) + 1).to_string()));
        }
        let mut expected: Vec<_> = listings.iter().filter(|listing| fits(listing, &query, &categories, &localities)).collect();
        expected.sort_by_key(|listing| std::cmp::Reverse((listing["published_at"].as_str(), listing["id"].as_str())));
        let expected: Vec<_> = expected.into_iter().map(|listing| listing["id"].as_str().unwrap().to_owned()).collect();
        found_some += usize::from(!expected.is_empty());
        query.extend([("sort", "newest".to_owned()), ("limit", "100".to_owned())]);
        assert_eq!(app.visitor().get(address(&query)).await.expect(200).each("/id"), expected, "{query:?}");
    }
    assert!(found_some > 50, "the queries say something: {found_some}");
}
