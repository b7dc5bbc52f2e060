//! Browsing: each filter, all of them together against a plain computation, the words, the order, the pages.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use gotit::{
    catalog::{
        model::{Category, Locality},
        queries::{category_by_slug, locality_by_slug},
    },
    types::ids::NetworkId,
};
use serde_json::{Value, json};

use crate::support::{Answer, Group, TestApp};

async fn town() -> (TestApp, Group) {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let group = app.group(network, "St Mary's").await;
    (app, group)
}

async fn post(group: &Group, title: &str, more: Value) -> Answer {
    let mut body = json!({"kind": "offer", "title": title, "category": "seating"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    group.owner.post(format!("/v1/groups/{}/listings", group.id), body).await.expect(201)
}

fn address(query: &[(&str, String)]) -> String {
    let encode = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
    let query: Vec<_> = query.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    format!("/v1/listings?{}", query.join("&"))
}

async fn browse(app: &TestApp, query: &[(&str, &str)]) -> Answer {
    let query: Vec<_> = query.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    app.visitor().get(address(&query)).await
}

/// The titles that a search finds, sorted.
async fn titles(app: &TestApp, query: &[(&str, &str)]) -> Vec<String> {
    let mut titles = browse(app, query).await.expect(200).each("/title");
    titles.sort();
    titles
}

/// The ids on all pages, followed by their Link headers.
async fn all_pages(client: &crate::support::Client, first: String) -> Vec<String> {
    let (mut ids, mut next) = (Vec::new(), Some(first));
    while let Some(path) = next {
        let page = client.get(&path).await.expect(200);
        ids.extend(page.each("/id"));
        let link = page.header("link");
        next = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).map(str::to_owned);
        assert_eq!(next.is_some(), page.body["next_cursor"].is_string(), "the header and the body agree: {link}");
        assert!(next.as_ref().is_none_or(|next| next.contains(&page.str("/next_cursor"))));
    }
    ids
}

#[actix_web::test]
async fn each_filter_narrows_and_together_they_all_hold() {
    let (app, group) = town().await;
    let crewe = app.network("crewe").await;
    let scouts = app.group(crewe, "Crewe Scouts").await;
    post(&group, "Settee", json!({"locality": "hanley-stoke-on-trent"})).await;
    post(&group, "Trestle table", json!({"category": "tables", "locality": "burslem-stoke-on-trent"})).await;
    post(&group, "Want of chairs", json!({"kind": "want", "locality": "birmingham"})).await;
    app.advance(Duration::minutes(1));
    let since = app.now().to_rfc3339();
    post(&scouts, "Soup", json!({"category": "food", "locality": "stokesley-north-yorkshire"})).await;
    for (query, found) in [
        (vec![], vec!["Settee", "Soup", "Trestle table", "Want of chairs"]),
        (vec![("kind", "want")], vec!["Want of chairs"]),
        (vec![("category", "furniture")], vec!["Settee", "Trestle table", "Want of chairs"]),
        (vec![("category", "seating")], vec!["Settee", "Want of chairs"]),
        (vec![("category", "food")], vec!["Soup"]),
        (vec![("category", "thing")], vec!["Settee", "Trestle table", "Want of chairs"]),
        (vec![("locality", "hanley-stoke-on-trent")], vec!["Settee"]),
        (vec![("locality", "stoke-on-trent")], vec!["Settee", "Trestle table"]),
        (vec![("locality", "west-midlands")], vec!["Settee", "Trestle table", "Want of chairs"]),
        (vec![("locality", "england")], vec!["Settee", "Soup", "Trestle table", "Want of chairs"]),
        (vec![("locality", "wales")], vec![]),
        (vec![("network_id", &crewe.to_string())], vec!["Soup"]),
        (vec![("group_id", &group.id.to_string())], vec!["Settee", "Trestle table", "Want of chairs"]),
        (vec![("group_id", &NetworkId::new().to_string())], vec![]),
        (vec![("updated_since", &since)], vec!["Soup"]),
        (vec![("kind", "offer"), ("locality", "west-midlands"), ("category", "furniture"), ("q", "settee")], vec!["Settee"]),
        (vec![("kind", "want"), ("locality", "stoke-on-trent")], vec![]),
    ] {
        assert_eq!(titles(&app, &query).await, found, "{query:?}");
    }
    let nothing = browse(&app, &[("locality", "wales")]).await;
    assert_eq!((nothing.body, nothing.headers.get("link")), (json!({"items": [], "next_cursor": null}), None));
}

#[actix_web::test]
async fn within_km_counts_from_centroid_to_centroid() {
    let (app, group) = town().await;
    post(&group, "Settee", json!({})).await;
    post(&group, "Bench", json!({"locality": "burslem-stoke-on-trent"})).await;
    let mut conn = app.conn().await;
    let place = async |conn: &mut _, slug| locality_by_slug(conn, slug).await.unwrap().unwrap().position();
    let km = place(&mut *conn, "hanley-stoke-on-trent").await.km_to(place(&mut *conn, "burslem-stoke-on-trent").await);
    let near = async |km: String| titles(&app, &[("near", "hanley-stoke-on-trent"), ("within_km", &km)]).await;
    assert_eq!(near("0".into()).await, ["Settee"]);
    assert_eq!(near((km - 1e-6).to_string()).await, ["Settee"]);
    assert_eq!(near((km + 1e-6).to_string()).await, ["Bench", "Settee"]);
    assert_eq!(near("500".into()).await, ["Bench", "Settee"]);
    let listed = browse(&app, &[("near", "hanley-stoke-on-trent")]).await.expect(200);
    assert_eq!((listed.each("/title"), listed.each("/distance_km")), (vec!["Settee".into(), "Bench".into()], vec!["0".into(), "3".into()]));
    let newest = browse(&app, &[("near", "hanley-stoke-on-trent"), ("sort", "newest")]).await.expect(200);
    assert_eq!(newest.each("/title"), ["Bench", "Settee"]);
    assert_eq!(browse(&app, &[]).await.each("/distance_km"), ["null", "null"], "a distance is from somewhere");
}

#[actix_web::test]
async fn times_overlap_or_they_do_not() {
    let (app, group) = town().await;
    let day = |day: u32| format!("2026-12-{day:02}T00:00:00Z");
    post(&group, "Any time", json!({})).await;
    post(&group, "1 to 10", json!({"available_from": day(1), "available_until": day(10)})).await;
    post(&group, "To 5", json!({"available_until": day(5)})).await;
    post(&group, "From 20", json!({"available_from": day(20)})).await;
    for (from, until, found) in [
        (Some(5), Some(20), vec!["1 to 10", "Any time"]),
        (Some(4), Some(21), vec!["1 to 10", "Any time", "From 20", "To 5"]),
        (Some(10), None, vec!["Any time", "From 20"]),
        (None, Some(1), vec!["Any time", "To 5"]),
    ] {
        let (from, until) = (from.map(day), until.map(day));
        let query: Vec<_> = [("available_from", &from), ("available_until", &until)]
            .into_iter()
            .filter_map(|(name, time)| Some((name, time.as_deref()?)))
            .collect();
        assert_eq!(titles(&app, &query).await, found, "{query:?}");
    }
    assert_eq!(titles(&app, &[("available_until", "2026-12-01T00:30:00+01:00")]).await, ["Any time", "To 5"], "in any offset");
}

#[actix_web::test]
async fn words_are_found_as_people_write_them() {
    let (app, group) = town().await;
    post(&group, "Forty folding chairs", json!({"description": "Blue, of the old sort"})).await;
    post(&group, "Settee", json!({})).await;
    post(&group, "Bwrdd o Dŷ Coch", json!({"category": "tables"})).await;
    post(&group, "Bench from St Mary’s", json!({})).await;
    post(&group, "Kitchen boxes", json!({"category": "kitchenware", "description": "Knives, forks; an O'Neill couch comes with it"})).await;
    for (words, found) in [
        ("folding chairs", vec!["Forty folding chairs"]),
        ("foldng chairs", vec!["Forty folding chairs"]),
        ("FOLDING", vec!["Forty folding chairs"]),
        ("fold-up chair", vec!["Forty folding chairs"]),
        ("blue chairs", vec!["Forty folding chairs"]),
        ("red chairs", vec![]),
        ("couch", vec!["Kitchen boxes", "Settee"]),
        ("sofas", vec!["Kitchen boxes", "Settee"]),
        ("settee", vec!["Kitchen boxes", "Settee"]),
        ("knives", vec!["Kitchen boxes"]),
        ("knife", vec!["Kitchen boxes"]),
        ("dy coch", vec!["Bwrdd o Dŷ Coch"]),
        ("Dŷ Coch", vec!["Bwrdd o Dŷ Coch"]),
        ("Dy\u{302} Coch", vec!["Bwrdd o Dŷ Coch"]),
        ("St Mary's", vec!["Bench from St Mary’s"]),
        ("st mary’s", vec!["Bench from St Mary’s"]),
        ("st marys", vec!["Bench from St Mary’s"]),
        ("o'neill", vec!["Kitchen boxes"]),
        ("oneill", vec!["Kitchen boxes"]),
        ("the", vec!["Forty folding chairs"]),
        ("100% _\\ ' \" wool", vec![]),
        ("!!!", vec![]),
        ("'; drop table listings; --", vec![]),
    ] {
        assert_eq!(titles(&app, &[("q", words)]).await, found, "{words}");
    }
}

#[actix_web::test]
async fn parameters_that_do_not_fit_are_refused_by_name() {
    let (app, _) = town().await;
    for (name, value, code) in [
        ("kind", "gift", "not_one_of"),
        ("category", "no-such", "unknown"),
        ("category", "sea\0ting", "unknown"),
        ("category", "", "unknown"),
        ("locality", "no-such", "unknown"),
        ("locality", "\0", "unknown"),
        ("near", "no-such", "unknown"),
        ("near", "\0", "unknown"),
        ("within_km", "5", "required"),
        ("within_km", "-1", "out_of_range"),
        ("within_km", "501", "out_of_range"),
        ("within_km", "NaN", "out_of_range"),
        ("within_km", "inf", "out_of_range"),
        ("q", "", "required"),
        ("q", "chairs\0", "control_character"),
        ("available_from", "Tuesday", "not_a_time"),
        ("available_until", "2026-13-01T00:00:00Z", "not_a_time"),
        ("updated_since", "yesterday", "not_a_time"),
        ("network_id", "stoke", "not_an_id"),
        ("group_id", "", "not_an_id"),
        ("sort", "cheapest", "not_one_of"),
        ("limit", "0", "out_of_range"),
        ("limit", "101", "out_of_range"),
        ("limit", "x", "out_of_range"),
        ("limit", "", "out_of_range"),
    ] {
        let field = if (name, value) == ("within_km", "5") { "near" } else { name };
        browse(&app, &[(name, value)]).await.problem(422, "invalid_fields").refuses(field, code);
    }
    browse(&app, &[("sort", "nearest")]).await.refuses("near", "required");
    browse(&app, &[("q", &"x".repeat(101))]).await.refuses("q", "too_long");
    browse(&app, &[("kind", "gift"), ("limit", "0")]).await.refuses("kind", "not_one_of").refuses("limit", "out_of_range");
    browse(&app, &[("colour", "red")]).await.problem(400, "unknown_parameter").refuses("colour", "unknown_parameter");
    browse(&app, &[("kind", "offer"), ("kind", "want")]).await.problem(400, "invalid_request").refuses("kind", "duplicate_parameter");
    for cursor in ["", "x", "bm90IGEgY3Vyc29y", "e30", "\0"] {
        browse(&app, &[("cursor", cursor)]).await.problem(400, "invalid_cursor");
    }
}

#[actix_web::test]
async fn a_cursor_continues_its_own_list_only() {
    let (app, group) = town().await;
    for title in ["One bench", "Two benches", "Three benches"] {
        post(&group, title, json!({})).await;
    }
    let cursor = browse(&app, &[("limit", "1")]).await.expect(200).str("/next_cursor");
    browse(&app, &[("limit", "2"), ("cursor", &cursor)]).await.expect(200);
    for other in [vec![("kind", "offer")], vec![("near", "hanley-stoke-on-trent")], vec![("sort", "newest")]] {
        let query = [other, vec![("cursor", cursor.as_str())]].concat();
        browse(&app, &query).await.problem(400, "cursor_mismatch");
    }
    let own = format!("/v1/groups/{}/listings", group.id);
    group.owner.get(format!("{own}?cursor={cursor}")).await.problem(400, "cursor_mismatch");
    assert_eq!(all_pages(&group.owner, format!("{own}?limit=1")).await, group.owner.get(&own).await.each("/id"));
    for wrong in ["limit=0", "limit=101", "limit=x"] {
        group.owner.get(format!("{own}?{wrong}")).await.problem(422, "invalid_fields").refuses("limit", "out_of_range");
    }
    group.owner.get(format!("{own}?kind=offer")).await.problem(400, "unknown_parameter");
    let mut forged: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(&cursor).unwrap()).unwrap();
    for time in ["-200000-01-01T00:00:00Z", "+262000-01-01T00:00:00Z"] {
        forged["after"]["Newest"][0] = json!(time);
        let cursor = BASE64_URL_SAFE_NO_PAD.encode(forged.to_string());
        browse(&app, &[("limit", "1"), ("cursor", &cursor)]).await.problem(400, "invalid_cursor");
    }
}

#[actix_web::test]
async fn paging_shows_each_listing_once_whatever_comes_in_between() {
    let (app, group) = town().await;
    let slugs: Vec<String> = places(&app).await;
    let mut ids = Vec::new();
    for number in 0..50 {
        ids.push(post(&group, "Bench", json!({"locality": slugs[number % slugs.len()]})).await.str("/id"));
    }
    // Some at the same time, and the same distance wherever places come round again.
    app.sql("update listings set published_at = date_trunc('second', published_at), created_at = date_trunc('second', created_at)").await;
    ids.sort();
    for order in
        ["", "&near=hanley-stoke-on-trent", "&near=hanley-stoke-on-trent&sort=newest", "&near=longton-stoke-on-trent&within_km=500"]
    {
        for limit in [1, 7] {
            let whole = app.visitor().get(format!("/v1/listings?limit=100{order}")).await.expect(200).each("/id");
            let paged = all_pages(&app.visitor(), format!("/v1/listings?limit={limit}{order}")).await;
            assert_eq!(paged, whole, "{order} by {limit}");
            let mut sorted = paged;
            sorted.sort();
            assert_eq!(sorted, ids, "{order} by {limit}");
        }
    }
    for order in ["", "&near=hanley-stoke-on-trent"] {
        let first = app.visitor().get(format!("/v1/listings?limit=7{order}")).await.expect(200);
        let mut seen = first.each("/id");
        post(&group, "New bench", json!({})).await;
        seen.extend(all_pages(&app.visitor(), format!("/v1/listings?limit=7{order}&cursor={}", first.str("/next_cursor"))).await);
        let once: std::collections::BTreeSet<_> = seen.iter().collect();
        assert_eq!(once.len(), seen.len(), "nothing twice");
        assert!(ids.iter().all(|id| once.contains(id)), "nothing left out");
    }
}

/// Slugs of places in Stoke-on-Trent.
async fn places(app: &TestApp) -> Vec<String> {
    use diesel::{ExpressionMethods, QueryDsl};
    use diesel_async::RunQueryDsl;
    use gotit::schema::localities::dsl;
    let query = dsl::localities.filter(dsl::code.between(10_500_900_001_000, 10_500_900_031_000)).select(dsl::slug).order(dsl::code);
    query.load(&mut *app.conn().await).await.unwrap()
}

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

#[actix_web::test]
async fn short_words_are_found_at_the_beginning_of_words_and_not_by_likeness() {
    let app = TestApp::start().await;
    let network = app.network("stoke").await;
    let group = app.group(network, "Toy Library").await;
    app.group(network, "Tower Street Friends").await;
    for title in ["Village hall on Tuesdays", "Halal meals", "Half a shipping container", "Two gazebos and a tent", "Basmati rice"] {
        let listing = json!({"kind": "offer", "title": title, "category": "halls"});
        group.owner.post(format!("/v1/groups/{}/listings", group.id), listing).await.expect(201);
    }
    let titles = async |q: &str| app.visitor().get(format!("/v1/listings?q={q}")).await.expect(200).each("/title");
    assert_eq!(titles("hall").await, ["Village hall on Tuesdays"]);
    assert_eq!(titles("tent").await, ["Two gazebos and a tent"]);
    assert_eq!(titles("tents").await, ["Two gazebos and a tent"]);
    assert_eq!(app.visitor().get("/v1/groups?q=toy").await.expect(200).each("/name"), ["Toy Library"]);
}
