//! What the program finds against the brute-force reckoning of the definition (`worlds`): same matches, same order, same parts.

mod explain;
mod similar;

use chrono::{DateTime, Utc};
use gotit::{
    http::Limit,
    matching::{
        model::Pair,
        queries::{self, After, Search, Seekers},
        sql::Question,
    },
    types::ids::ListingId,
};

use crate::{
    support::TestApp,
    worlds::{self, Found, NOW, Place},
};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(NOW, 0).unwrap()
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

/// Where a page that ends with this pair goes on.
fn after_pair(last: &Pair) -> After {
    After { score: last.score, counterpart: last.counterpart_id, seeker: last.seeker_id, two_way: last.two_way }
}

/// All pages of so many matches, one after the other.
async fn all_pages(app: &TestApp, seekers: Seekers, limit: &str) -> Vec<Pair> {
    let (limit, mut all, mut after) = (Limit::parse(limit).unwrap(), Vec::new(), None);
    loop {
        let mut page =
            queries::best(&mut *app.conn().await, seekers, &Search { after, ..Search::new(now(), limit.and_one()) }).await.unwrap();
        let more = page.len() > limit.entries();
        page.truncate(limit.entries());
        after = page.last().map(after_pair);
        all.extend(page);
        if !more {
            return all;
        }
    }
}

/// GOTIT_WORLDS=3000 looks at more worlds than a usual run.
#[actix_web::test]
async fn every_answer_equals_the_brute_force_answer_of_the_definition() {
    let app = TestApp::start().await;
    let network = worlds::prepare(&app).await;
    let mut seen = 0;
    for seed in 0..worlds::how_many(30) {
        let (world, places) = worlds::world(seed);
        worlds::store(&app, network, &world, &places).await;
        for seeker in 0..world.listings.len() {
            let expected = world.matches_of(seeker);
            let (asked, limit) = (Seekers::Listing(world.listings[seeker].id), [1, 3, 8, 21][seeker % 4]);
            let top = queries::best(&mut *app.conn().await, asked, &Search::new(now(), limit)).await.unwrap();
            same(seed, &expected[..expected.len().min(usize::try_from(limit).unwrap())], &top);
            seen += expected.len();
        }
        for (number, group) in world.groups.iter().enumerate().take(if seed < 6 { 6 } else { 1 }) {
            let mut expected: Vec<Found> =
                (0..world.listings.len()).filter(|i| world.listings[*i].group == number).flat_map(|i| world.matches_of(i)).collect();
            worlds::sort(&mut expected);
            let limit = if expected.len() < 100 { "7" } else { "60" };
            same(seed, &expected, &all_pages(&app, Seekers::Group(group.id), limit).await);
            expected.sort_by_key(|found| !found.two_way);
            same(seed, &expected, &all_pages(&app, Seekers::GroupTwoWayFirst(group.id), limit).await);
        }
    }
    assert!(seen > 500, "the worlds have only {seen} matches: too few to prove anything");
}

#[actix_web::test]
async fn a_match_is_seen_from_both_sides() {
    let app = TestApp::start().await;
    let network = worlds::prepare(&app).await;
    let (world, places) = worlds::world(1_000);
    worlds::store(&app, network, &world, &places).await;
    let mut pairs = std::collections::HashSet::new();
    for listing in &world.listings {
        for pair in all_pages(&app, Seekers::Listing(listing.id), "100").await {
            pairs.insert((pair.seeker_id, pair.counterpart_id));
        }
    }
    assert!(pairs.len() > 10 && pairs.iter().all(|(a, b)| pairs.contains(&(*b, *a))), "{} pairs", pairs.len());
}

/// What becomes of one pair's score when the database is changed.
async fn score_of(app: &TestApp, pair: (ListingId, ListingId)) -> Option<f64> {
    let all = all_pages(app, Seekers::Listing(pair.0), "100").await;
    all.into_iter().find(|found| found.counterpart_id == pair.1).map(|found| found.score)
}

#[actix_web::test]
async fn moving_a_pair_closer_never_lowers_it() {
    let app = TestApp::start().await;
    let network = worlds::prepare(&app).await;
    let mut moved = 0;
    for seed in 0..worlds::how_many(6) {
        let (world, places) = worlds::world(seed);
        worlds::store(&app, network, &world, &places).await;
        for (number, seeker) in world.listings.iter().enumerate().step_by(7) {
            let Some(found) = world.matches_of(number).into_iter().last() else { continue };
            let counterpart = world.listings.iter().find(|l| l.id == found.counterpart).unwrap();
            let distance = worlds::km(&seeker.place, &counterpart.place);
            for place in places.iter().filter(|place| worlds::km(&seeker.place, place) <= distance) {
                let Place { code, lat, lng } = place;
                app.sql(&format!("update listings set (locality_code, lat, lng) = ({code}, {lat}, {lng}) where id = '{}'", counterpart.id))
                    .await;
                let closer = score_of(&app, (seeker.id, counterpart.id)).await;
                assert!(
                    closer.is_some_and(|closer| closer >= found.score - 1e-12),
                    "world {seed}: {} became {closer:?} at {place:?}",
                    found.score
                );
                moved += 1;
            }
            let Place { code, lat, lng } = &counterpart.place;
            app.sql(&format!("update listings set (locality_code, lat, lng) = ({code}, {lat}, {lng}) where id = '{}'", counterpart.id))
                .await;
        }
    }
    assert!(moved > 50, "only {moved} moves: too few to prove anything");
}

#[actix_web::test]
async fn renewing_a_listing_never_lowers_it() {
    let app = TestApp::start().await;
    let network = worlds::prepare(&app).await;
    let mut renewed = 0;
    for seed in 0..worlds::how_many(6) {
        let (world, places) = worlds::world(seed);
        worlds::store(&app, network, &world, &places).await;
        for number in (0..world.listings.len()).step_by(5) {
            for found in world.matches_of(number).into_iter().take(3) {
                app.sql(&format!(
                    "update listings set confirmed_at = greatest(to_timestamp({NOW}), fresh_at) where id = '{}'",
                    found.counterpart
                ))
                .await;
                let after = score_of(&app, (found.seeker, found.counterpart)).await;
                assert!(after.is_some_and(|after| after >= found.score - 1e-12), "world {seed}: {} became {after:?}", found.score);
                app.sql(&format!("update listings set confirmed_at = null where id = '{}'", found.counterpart)).await;
                renewed += 1;
            }
        }
    }
    assert!(renewed > 50, "only {renewed} renewals: too few to prove anything");
}

#[actix_web::test]
async fn a_worse_listing_changes_nothing_before_it() {
    let app = TestApp::start().await;
    let network = worlds::prepare(&app).await;
    let mut added = 0;
    for seed in 0..worlds::how_many(6) {
        let (world, places) = worlds::world(seed);
        worlds::store(&app, network, &world, &places).await;
        for seeker in world.listings.iter().step_by(6) {
            let before = all_pages(&app, Seekers::Listing(seeker.id), "100").await;
            let Some(last) = before.last() else { continue };
            // The last one again, but older, without a word, and later by its id.
            app.sql(&format!(
                "insert into listings (id, group_id, network_id, in_good_standing, kind, title, description, category_code, locality_code, lat, lng, reach_km, remote, basis, quantity, quantity_promised,
                   available_from, available_until, delivery_possible, urgency, state, moderation, published_at, expires_at, words, search_text, created_at, updated_at)
                 select 'ffffffff-ffff-ffff-ffff-ffffffffffff', group_id, network_id, in_good_standing, kind, title, description, category_code, locality_code, lat, lng, reach_km, remote, basis, quantity, quantity_promised,
                   available_from, available_until, delivery_possible, urgency, state, moderation, published_at - interval '1 day', expires_at, '{{}}', '', created_at - interval '1 day', updated_at
                 from listings where id = '{}'",
                last.counterpart_id
            ))
            .await;
            let (counted, after) = (before.len(), all_pages(&app, Seekers::Listing(seeker.id), "100").await);
            let ids =
                |pairs: &[Pair]| pairs.iter().take(counted).map(|pair| (pair.counterpart_id, pair.score.to_bits())).collect::<Vec<_>>();
            assert_eq!(ids(&before), ids(&after), "world {seed}");
            app.sql("delete from listings where id = 'ffffffff-ffff-ffff-ffff-ffffffffffff'").await;
            added += 1;
        }
    }
    assert!(added > 20, "only {added} listings added: too few to prove anything");
}

#[actix_web::test]
async fn those_who_should_hear_of_a_listing_are_those_that_see_it_score_well_when_it_is_new() {
    let app = TestApp::start().await;
    let network = worlds::prepare(&app).await;
    let mut heard = 0;
    for seed in 0..worlds::how_many(10) {
        let (mut world, places) = worlds::world(seed);
        worlds::store(&app, network, &world, &places).await;
        for number in (0..world.listings.len()).step_by(4) {
            let news = Search { at_least: 0.7, ..Search::new(now(), 9) };
            let hearers = queries::ask(&mut *app.conn().await, Question::Hearers, world.listings[number].id, &news).await.unwrap();
            // The same from the other side: what they see of it, once it is new.
            let (fresh, id) = (std::mem::replace(&mut world.listings[number].fresh, NOW), world.listings[number].id);
            let mut expected: Vec<Found> = (0..world.listings.len())
                .flat_map(|other| world.matches_of(other))
                .filter(|found| found.counterpart == id && found.parts[0] == 1.0 && found.score >= 0.7)
                .map(|found| Found { seeker: id, counterpart: found.seeker, ..found })
                .collect();
            world.listings[number].fresh = fresh;
            worlds::sort(&mut expected);
            expected.truncate(9);
            assert_eq!(
                hearers.iter().map(|pair| pair.counterpart_id).collect::<Vec<_>>(),
                expected.iter().map(|found| found.counterpart).collect::<Vec<_>>(),
                "world {seed}"
            );
            heard += hearers.len();
        }
    }
    assert!(heard > 50, "only {heard} hear anything: too few to prove anything");
}
