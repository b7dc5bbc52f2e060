//! Similar listings on the wire.

use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody};
use serde::Serialize;

use super::{MatchParts, MatchedListing};
use crate::{
    http::{Page, answers::show_page},
    listings::State,
    matching::{
        model::{Duplicate, Match, Similar},
        rules::{self, DistanceBand},
    },
    types::{ids::ListingId, place::whole_km},
};

/// A listing of another group that wants or has the same.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = SimilarListing)]
pub struct SimilarListingOut {
    /// The listing asked about.
    pub listing_id: ListingId,
    /// How similar they are, 0 to 1: as for a match, category and quantity being 1.
    #[schema(minimum = 0, maximum = 1)]
    pub score: f64,
    /// The parts of the score.
    pub parts: MatchParts,
    /// How far apart the localities are, roughly.
    pub distance_band: DistanceBand,
    /// The same in whole kilometres; null when place does not matter.
    #[schema(required)]
    pub distance_km: Option<i64>,
    /// What they want or have, in plain English.
    pub reason: String,
    /// The other group's listing.
    pub counterpart: MatchedListing,
}

impl From<Match> for SimilarListingOut {
    fn from(found: Match) -> Self {
        let (reason, distance_band) = (rules::similar::reason(&found), rules::band(&found.pair));
        let Match { pair, counterpart, .. } = found;
        Self {
            listing_id: pair.seeker_id,
            score: pair.score,
            parts: MatchParts::from(&pair),
            distance_band,
            distance_km: (!pair.both_remote).then(|| whole_km(pair.km)),
            reason,
            counterpart: counterpart.into(),
        }
    }
}

/// Something that the group, or the person who asks, has posted already in the same words.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = DuplicateListing)]
pub struct DuplicateOut {
    /// Words that both titles have, as a share of the longer title's.
    #[schema(minimum = 0, maximum = 1)]
    pub words: f64,
    /// When and for whom it was posted, in plain English.
    pub reason: String,
    /// What was posted.
    pub listing: MatchedListing,
}

/// Who wants or has the same, and what has been posted already.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = SimilarListings, example = json!({
    "summary": "One other group wants this near you: ask together. You have posted this already.", "groups": 1,
    "items": [{"listing_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "score": 0.84,
        "parts": {"category": 1.0, "nearness": 0.62, "words": 1.0, "freshness": 0.97, "quantity": 1.0}, "distance_band": "up_to_5_km", "distance_km": 4,
        "reason": "They want the same, 30 of it, about 4 km away.",
        "counterpart": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e04", "code": "H3P8T", "kind": "want", "title": "30 folding chairs for lunches",
            "category": {"slug": "seating", "name": "Seating", "resource_type": "thing"}, "locality": {"slug": "hanley-stoke-on-trent", "name": "Hanley", "kind": "place"},
            "group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e05", "name": "Hanley Food Bank"}, "basis": ["give", "lend"], "quantity_left": 30, "unit": "chairs",
            "availability_note": null, "delivery_possible": true, "urgency": "normal"}}],
    "duplicates": [{"words": 1.0, "reason": "You posted this on 3 November 2026 in the same words.",
        "listing": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e06", "code": "K7M2P", "kind": "want", "title": "Folding chairs",
            "category": {"slug": "seating", "name": "Seating", "resource_type": "thing"}, "locality": {"slug": "burslem-stoke-on-trent", "name": "Burslem", "kind": "place"},
            "group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e07", "name": "St Mary's"}, "basis": ["give"], "quantity_left": 20, "unit": "chairs",
            "availability_note": null, "delivery_possible": false, "urgency": "normal"}}],
    "next_cursor": null
}))]
pub struct SimilarListingsOut {
    /// How many other groups are in the same position, and what has been posted already: in plain English, also when it is none.
    pub summary: String,
    /// Other groups that want or have the same, counted among the 100 most similar listings.
    pub groups: usize,
    /// Their listings, the most similar first.
    pub items: Vec<SimilarListingOut>,
    /// What your group, or you for another group, have posted already in the same or nearly the same words: at most 20, the same on
    /// each page.
    pub duplicates: Vec<DuplicateOut>,
    /// Continue with `?cursor=` this; null on the last page.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

impl SimilarListingsOut {
    /// A page, cut to so many items.
    pub fn new(similar: Similar, limit: usize, cursor_of: impl FnOnce(&Match) -> String) -> Self {
        let Similar { asked, groups, more, found, duplicates } = similar;
        let page = Page::cut(found, limit, cursor_of).map(SimilarListingOut::from);
        let compared = asked.listing.is_open || asked.listing.state == State::Draft;
        let summary = match compared {
            true => rules::similar::summary((asked.listing.kind, asked.listing.remote), groups, more, duplicates.len()),
            false => "This listing is not open, so it is not compared with others.".to_owned(),
        };
        let show = |found: Duplicate| DuplicateOut {
            words: found.words,
            reason: rules::similar::posted_already(&asked, &found),
            listing: found.view.into(),
        };
        Self { summary, groups, items: page.items, duplicates: duplicates.into_iter().map(show).collect(), next_cursor: page.next_cursor }
    }
}

impl Responder for SimilarListingsOut {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        show_page(request, self.next_cursor.as_deref(), &self)
    }
}
