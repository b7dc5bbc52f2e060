//! The same for similar listings: those of one kind that are about the same thing.

use gotit::matching::sql::Question;

use super::*;
use crate::worlds::{Listing, World, count, is_within, km, seconds, shared, sort};

impl World {
    /// Whether two of a kind can be asked for, or offered, together. The first may be a draft.
    fn similar(&self, asked: &Listing, other: &Listing) -> bool {
        let blocked = self.blocks.iter().any(|&(a, b)| (a, b) == (asked.group, other.group) || (b, a) == (asked.group, other.group));
        let before = |a: Option<i64>, b: Option<i64>| a.is_none() || b.is_none() || a < b;
        asked.offer == other.offer
            && self.is_open(other)
            && asked.group != other.group
            && !blocked
            && before(asked.from, other.until)
            && before(other.from, asked.until)
            && asked.basis.iter().any(|basis| other.basis.contains(basis))
            && (asked.remote && other.remote || km(&asked.place, &other.place) <= f64::from(asked.reach.max(other.reach)))
            && (is_within(asked.category, other.category) || is_within(other.category, asked.category))
    }

    fn similar_to(&self, asked: &Listing) -> Vec<Found> {
        let similar = self.listings.iter().filter(|other| self.similar(asked, other)).map(|other| {
            let (distance, reach) = (km(&asked.place, &other.place), f64::from(asked.reach.max(other.reach)));
            let near =
                if asked.remote && other.remote || distance == 0.0 { 1.0 } else { (1.0 - distance / reach) / (1.0 + distance / 10.0) };
            let words = count(shared(asked, other)) / count(asked.words.len().max(other.words.len()).max(1));
            let fresh = (-seconds((NOW - other.fresh).max(0)) / 86_400.0 / 30.0).exp();
            let score = 0.5 + 0.3 * near + 0.1 * words + 0.05 * fresh + 0.05;
            Found { seeker: asked.id, counterpart: other.id, score, parts: [1.0, near, words, fresh, 1.0], two_way: false }
        });
        let mut similar: Vec<Found> = similar.collect();
        sort(&mut similar);
        similar
    }
}

#[actix_web::test]
async fn similar_listings_are_those_of_the_definition_for_drafts_too() {
    let app = TestApp::start().await;
    let network = worlds::prepare(&app).await;
    let mut seen = 0;
    for seed in 2_000..2_000 + worlds::how_many(10) {
        let (world, places) = worlds::world(seed);
        worlds::store(&app, network, &world, &places).await;
        for asked in world.listings.iter().step_by(3) {
            let shown = asked.state == "draft" || world.is_open(asked);
            let expected = if shown { world.similar_to(asked) } else { Vec::new() };
            let (mut all, mut after) = (Vec::new(), None);
            loop {
                let search = Search { after, even_draft: true, ..Search::new(now(), if expected.len() > 60 { 40 } else { 3 }) };
                let page = queries::ask(&mut *app.conn().await, Question::Similar, asked.id, &search).await.unwrap();
                after = page.last().map(after_pair);
                all.extend(page);
                if after.is_none() {
                    break;
                }
            }
            same(seed, &expected, &all);
            let search = Search { even_draft: true, ..Search::new(now(), 2) };
            let top = queries::ask(&mut *app.conn().await, Question::Similar, asked.id, &search).await.unwrap();
            same(seed, &expected[..expected.len().min(2)], &top);
            seen += expected.len();
        }
    }
    assert!(seen > 500, "the worlds have only {seen} similar pairs: too few to prove anything");
}
