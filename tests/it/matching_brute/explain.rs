//! The explanation of every pair against the brute-force reckoning: eligible exactly when it is, the same conditions unmet, and
//! the score and parts that the list of matches has.

use std::collections::HashMap;

use gotit::{
    listings::{self, model::ListingView},
    matching::{
        permissions::PairInsider,
        rules::conditions::{Condition, Reader, Tie},
        service::explain::{Explanation, explain},
    },
};

use super::*;
use crate::worlds::{Listing, World, band, km};

const EXPLAINED_WORLDS: u64 = 6;

/// Whose view it is makes a difference to the score; staff of both networks know everything.
const STAFF: Tie = Tie { member: false, insider: true, sees_blocks: true };
const MEMBER: Tie = Tie { member: true, ..STAFF };

impl World {
    /// The conditions of the definition that a pair does not satisfy.
    fn unmet(&self, o: usize, w: usize) -> Vec<&'static str> {
        let (offer, want) = (&self.listings[o], &self.listings[w]);
        let no = self.blocks.iter().any(|&(a, b)| (a, b) == (offer.group, want.group) || (b, a) == (offer.group, want.group))
            || self.dismissals.contains(&(o, w));
        let ends_before = |a: &Listing, b: &Listing| a.until.zip(b.from).is_some_and(|(end, start)| end <= start);
        let distant = km(&offer.place, &want.place) > f64::from(offer.reach.max(want.reach));
        let conditions = [
            ("offer_open", !self.is_open(offer)),
            ("want_open", !self.is_open(want)),
            ("different_groups", offer.group == want.group),
            ("not_refused", no),
            ("times", ends_before(offer, want) || ends_before(want, offer)),
            ("basis", !offer.basis.iter().any(|basis| want.basis.contains(basis))),
            ("place", distant && !(offer.remote && want.remote)),
            ("thing", band(offer, want).is_none()),
        ];
        conditions.into_iter().filter(|(_, unmet)| *unmet).map(|(name, _)| name).collect()
    }
}

/// What an explanation must say about the pair of these, as the group of the one with index `seeker` sees it.
fn check(world: &World, found: &[Found], (o, w, seeker): (usize, usize, usize), told: &Explanation) {
    let expected = world.unmet(o, w);
    let unmet: Vec<&str> = told.findings.iter().filter(|finding| !finding.met).map(|finding| finding.condition.as_str()).collect();
    let (offer, want) = (&world.listings[o], &world.listings[w]);
    assert_eq!(unmet, expected, "{offer:?} {want:?}");
    assert_eq!(told.eligible, expected.is_empty(), "{offer:?} {want:?}");
    assert_eq!(told.eligible, world.eligible(o, w));
    let pair = &told.found.pair;
    assert_eq!(pair.seeker_id, world.listings[seeker].id);
    let left = [offer, want].iter().all(|listing| listing.quantity > listing.promised);
    assert_eq!(told.score.is_some(), left && !unmet.contains(&"place") && !unmet.contains(&"thing"), "{offer:?} {want:?}");
    let listed = found.iter().find(|found| found.counterpart == pair.counterpart_id);
    assert_eq!(listed.is_some(), told.eligible);
    if let Some(listed) = listed {
        let parts = [pair.category, pair.nearness, pair.words, pair.freshness, pair.quantity];
        for (a, b) in listed.parts.iter().zip(parts) {
            assert!((a - b).abs() < 1e-12, "{parts:?} instead of {:?}", listed.parts);
        }
        assert!((listed.score - pair.score).abs() < 1e-12, "{} instead of {}", pair.score, listed.score);
    }
    for finding in &told.findings {
        let closed = matches!(finding.condition, Condition::OfferOpen | Condition::WantOpen) && !finding.met;
        assert!(!closed || finding.detail.contains("not open. "), "nothing says why it is not open: {}", finding.detail);
    }
}

#[actix_web::test]
async fn every_pair_is_explained_as_the_brute_force_reckons_it() {
    let app = TestApp::start().await;
    let network = worlds::prepare(&app).await;
    let now = now();
    let mut conn = app.conn().await;
    let (mut seen, mut eligible) = (0, 0);
    for seed in (2_000..2_000 + 2 * EXPLAINED_WORLDS).step_by(2) {
        let (world, places) = worlds::world(seed);
        worlds::store(&app, network, &world, &places).await;
        let ids: Vec<ListingId> = world.listings.iter().map(|listing| listing.id).collect();
        let views = listings::queries::views(&mut conn, &ids).await.unwrap();
        let views: HashMap<ListingId, ListingView> = views.into_iter().map(|view| (view.listing.id, view)).collect();
        let lists: Vec<Vec<Found>> = (0..ids.len()).map(|seeker| world.matches_of(seeker)).collect();
        let of_kind = |offer: bool| (0..ids.len()).filter(|i| world.listings[*i].offer == offer).collect::<Vec<_>>();
        for o in of_kind(true) {
            for w in of_kind(false) {
                for (seeker, reader) in [(o, Reader { offer: MEMBER, want: STAFF }), (w, Reader { offer: STAFF, want: STAFF })] {
                    let asked = PairInsider { offer: views[&ids[o]].clone(), want: views[&ids[w]].clone(), reader };
                    let told = explain(&mut conn, asked, now).await.unwrap();
                    check(&world, &lists[seeker], (o, w, seeker), &told);
                    (seen, eligible) = (seen + 1, eligible + usize::from(told.eligible));
                }
            }
        }
    }
    assert!(seen > 2_000 && eligible > 50, "{seen} pairs, {eligible} of them eligible: too few to prove anything");
}

#[actix_web::test]
async fn an_explained_score_is_to_the_bit_that_of_the_list() {
    let app = TestApp::start().await;
    let network = worlds::prepare(&app).await;
    let now = now();
    let (world, places) = worlds::world(1_000);
    worlds::store(&app, network, &world, &places).await;
    let mut seen = 0;
    for listing in &world.listings {
        for pair in all_pages(&app, Seekers::Listing(listing.id), "100").await {
            let explained = queries::explain(&mut *app.conn().await, (pair.seeker_id, pair.counterpart_id), now).await.unwrap().unwrap();
            let key = |pair: &Pair| {
                let parts = [pair.score, pair.category, pair.nearness, pair.words, pair.freshness, pair.quantity, pair.km];
                (parts.map(f64::to_bits), pair.both_remote, pair.most_words, pair.seeker_group, pair.counterpart_group)
            };
            assert_eq!(key(&explained.pair), key(&pair));
            seen += 1;
        }
    }
    assert!(seen > 10, "{seen} pairs");
}
