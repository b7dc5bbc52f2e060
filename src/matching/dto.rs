//! Matches on the wire.

pub mod explain;
pub mod network;
pub mod preview;
pub mod similar;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::{
    model::{Match, Pair},
    queries::{After, Search, Seekers},
    rules::{
        self, DistanceBand,
        words::{Words, reason, words},
    },
};
use crate::{
    catalog::links::{CategoryLink, LocalityLink},
    error::{Code, Error, Result},
    http::{Cursor, Limit},
    listings::{Basis, Kind, Urgency, model::ListingView},
    types::{
        Fields,
        ids::{GroupId, ListingId},
        place::whole_km,
    },
};

/// Which page of matches to show.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct MatchesQuery {
    /// Entries on the page, 1 to 100; 20 unless asked for.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<String>,
    /// next_cursor of the page before. Later pages are reckoned as of the first one's time.
    cursor: Option<String>,
}

/// A page of matches, checked.
#[derive(Debug, Clone, Copy)]
pub struct MatchesPage {
    /// How many.
    pub limit: Limit,
    /// The time that freshness and expiry are reckoned from.
    pub as_of: DateTime<Utc>,
    /// Where the page before ended.
    pub after: Option<After>,
}

/// What a cursor keeps. The score as its bits: as decimals it might come back as a neighbour.
type Key = (DateTime<Utc>, u64, ListingId, ListingId, bool);

/// Which page of a group's matches to show, and in which order.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct GroupMatchesQuery {
    /// `first`: those first whose groups fit both ways round, whatever their score: they can swap.
    #[param(inline, value_type = Option<TwoWay>)]
    two_way: Option<String>,
    /// Entries on the page, 1 to 100; 20 unless asked for.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100, default = 20)]
    limit: Option<String>,
    /// next_cursor of the page before. Later pages are reckoned as of the first one's time.
    cursor: Option<String>,
}

crate::word_enum! {
    /// What to do with two-way matches.
    pub enum TwoWay {
        /// Show them before the others.
        First = "first",
    }
}

impl GroupMatchesQuery {
    /// Whose matches to look for, and the page's own parameters.
    pub fn split(self, group: GroupId) -> Result<(Seekers, MatchesQuery)> {
        let mut fields = Fields::query();
        let two_way = fields.check_optional("two_way", self.two_way, TwoWay::parse);
        let seekers = match fields.finish(|| two_way)? {
            Some(TwoWay::First) => Seekers::GroupTwoWayFirst(group),
            None => Seekers::Group(group),
        };
        Ok((seekers, MatchesQuery { limit: self.limit, cursor: self.cursor }))
    }
}

impl MatchesQuery {
    /// Checks the parameters for the list that `list` names.
    pub fn parse(self, list: &str, now: DateTime<Utc>) -> Result<MatchesPage> {
        let mut fields = Fields::query();
        let limit = fields.check_optional("limit", self.limit, Limit::parse);
        let limit = fields.finish(|| limit)?.unwrap_or_default();
        let key: Option<Key> = self.cursor.map(|cursor| Cursor::decode(&list, &cursor)).transpose()?;
        Ok(match key {
            None => MatchesPage { limit, as_of: now, after: None },
            // Anybody can write a cursor: an older time would show what has expired since.
            Some((as_of, ..)) if as_of > now + chrono::Duration::minutes(1) || as_of < now - chrono::Duration::hours(1) => {
                return Err(Error::problem(
                    Code::InvalidCursor,
                    "This cursor is more than an hour old, or not from here. Start again without a cursor.",
                ));
            }
            Some((as_of, score, counterpart, seeker, two_way)) => MatchesPage {
                limit,
                as_of: as_of.min(now),
                after: Some(After { score: f64::from_bits(score), counterpart, seeker, two_way }),
            },
        })
    }
}

impl MatchesPage {
    /// What to search for: one more than the page holds, to see whether another page follows.
    pub fn search(&self) -> Search {
        Search { after: self.after, ..Search::new(self.as_of, self.limit.and_one()) }
    }

    /// The cursor that goes on after `last`.
    pub fn cursor(&self, list: &str, last: &Match) -> String {
        let Pair { score, counterpart_id, seeker_id, two_way, .. } = last.pair;
        let key: Key = (self.as_of, score.to_bits(), counterpart_id, seeker_id, two_way);
        Cursor::encode(&list, key)
    }
}

/// The parts of a score, each from 0 to 1.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct MatchParts {
    /// 1: the thing itself. 0: something like it.
    #[schema(minimum = 0, maximum = 1)]
    pub category: f64,
    /// 1 in the same place, 0 at the edge of the larger reach.
    #[schema(minimum = 0, maximum = 1)]
    pub nearness: f64,
    /// Words that both titles have, as a share of the longer title's.
    #[schema(minimum = 0, maximum = 1)]
    pub words: f64,
    /// 1 when the counterpart was just published or confirmed.
    #[schema(minimum = 0, maximum = 1)]
    pub freshness: f64,
    /// How much of the want the offer covers.
    #[schema(minimum = 0, maximum = 1)]
    pub quantity: f64,
}

impl From<&Pair> for MatchParts {
    fn from(pair: &Pair) -> Self {
        let &Pair { category, nearness, words, freshness, quantity, .. } = pair;
        Self { category, nearness, words, freshness, quantity }
    }
}

/// The parts of a score in words. The sentence `reason` is put together from them.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct MatchWords {
    /// Is it what they asked for?
    pub category: String,
    /// How far, and whether they can bring or fetch it.
    pub nearness: String,
    /// How many words the titles have in common, of those of the longer one; small words are not counted, and synonyms are one.
    pub words: String,
    /// When it was posted or last confirmed.
    pub freshness: String,
    /// How many they have and you want, or the other way round.
    pub quantity: String,
}

impl From<Words> for MatchWords {
    fn from(words: Words) -> Self {
        let Words { category, nearness, words, freshness, quantity } = words;
        Self { category, nearness, words, freshness, quantity }
    }
}

/// A group, as a match names it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct MatchedGroup {
    /// Id of the group.
    pub id: GroupId,
    /// Its name.
    pub name: String,
}

/// A listing, as a match shows it. Read the whole of it at /v1/listings/{id}.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct MatchedListing {
    /// Id of the listing.
    pub id: ListingId,
    /// Short code to say on the telephone.
    pub code: String,
    /// `offer` or `want`.
    pub kind: Kind,
    /// What it is.
    pub title: String,
    /// What kind of thing.
    pub category: CategoryLink,
    /// Where.
    pub locality: LocalityLink,
    /// Whose it is.
    pub group: MatchedGroup,
    /// The one basis of an offer; all that a want accepts.
    #[schema(value_type = Vec<Basis>)]
    pub basis: Vec<String>,
    /// How many have not been promised.
    pub quantity_left: i32,
    /// What is counted.
    #[schema(required)]
    pub unit: Option<String>,
    /// When, in words.
    #[schema(required)]
    pub availability_note: Option<String>,
    /// Whether the group can bring or fetch it.
    pub delivery_possible: bool,
    /// How soon it matters.
    pub urgency: Urgency,
}

impl From<ListingView> for MatchedListing {
    fn from(view: ListingView) -> Self {
        let ListingView { listing, category, locality, group_name, .. } = view;
        Self {
            id: listing.id,
            code: listing.code,
            kind: listing.kind,
            title: listing.title,
            category: category.into(),
            locality: locality.into(),
            group: MatchedGroup { id: listing.group_id, name: group_name },
            basis: listing.basis.into_iter().flatten().collect(),
            quantity_left: listing.quantity_left,
            unit: listing.unit,
            availability_note: listing.availability_note,
            delivery_possible: listing.delivery_possible,
            urgency: listing.urgency,
        }
    }
}

/// An offer and a want that fit.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Match, example = json!({
    "listing_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "score": 0.87,
    "parts": {"category": 1.0, "nearness": 0.62, "words": 0.66, "freshness": 0.97, "quantity": 1.0},
    "in_words": {"category": "just what you have", "nearness": "about 4 km away (they can fetch it)", "words": "2 of 3 words in common",
        "freshness": "posted this week", "quantity": "they want 30 and you have 40"},
    "distance_band": "up_to_5_km", "distance_km": 4, "two_way": true,
    "reason": "They want just what you have, about 4 km away (they can fetch it), they want 30 and you have 40, posted this week, and they have something you want.",
    "counterpart": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e04", "code": "H3P8T", "kind": "want", "title": "30 folding chairs for lunches",
        "category": {"slug": "seating", "name": "Seating", "resource_type": "thing"}, "locality": {"slug": "hanley-stoke-on-trent", "name": "Hanley", "kind": "place"},
        "group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e05", "name": "Hanley Food Bank"}, "basis": ["give", "lend"], "quantity_left": 30, "unit": "chairs",
        "availability_note": null, "delivery_possible": true, "urgency": "normal"}
}))]
pub struct MatchOut {
    /// The listing of your group that it fits.
    pub listing_id: ListingId,
    /// How well they fit, 0 to 1: the weighted sum of the parts (GET /v1/matching/method).
    #[schema(minimum = 0, maximum = 1)]
    pub score: f64,
    /// The parts of the score.
    pub parts: MatchParts,
    /// The same in words.
    pub in_words: MatchWords,
    /// How far apart the localities are, roughly.
    pub distance_band: DistanceBand,
    /// The same in whole kilometres; null when place does not matter.
    #[schema(required)]
    pub distance_km: Option<i64>,
    /// Their group also has something that your group wants, or wants something that it has: swap.
    pub two_way: bool,
    /// Why they fit, in plain English.
    pub reason: String,
    /// The listing that fits.
    pub counterpart: MatchedListing,
}

impl MatchOut {
    /// A match as it is shown to the group of the listing asked about.
    pub fn of(found: Match, now: DateTime<Utc>) -> Self {
        let (words, distance_band) = (words(&found, now), rules::band(&found.pair));
        let reason = reason(&found, &words);
        let Match { pair, counterpart, .. } = found;
        Self {
            listing_id: pair.seeker_id,
            score: pair.score,
            parts: MatchParts::from(&pair),
            in_words: words.into(),
            distance_band,
            distance_km: (!pair.both_remote).then(|| whole_km(pair.km)),
            two_way: pair.two_way,
            reason,
            counterpart: counterpart.into(),
        }
    }
}

/// A pair that the group has dismissed.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = Dismissal, example = json!({"listing_id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e04", "dismissed_at": "2026-11-22T09:30:00Z"}))]
pub struct DismissalOut {
    /// The listing that is not to be shown as a match any more.
    pub listing_id: ListingId,
    /// Since when.
    pub dismissed_at: DateTime<Utc>,
}

/// A part of the score and what it weighs.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = MatchingWeight)]
pub struct WeightOut {
    /// Name of the part.
    pub part: &'static str,
    /// What it weighs; the weights sum to 1.
    pub weight: f64,
    /// How it is reckoned.
    pub meaning: &'static str,
}

/// How matches are found and scored.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = MatchingMethod, example = json!({
    "version": "1", "weights": [{"part": "category", "weight": 0.5, "meaning": "1 for the thing itself."}],
    "eligible": ["Both are active, approved and unexpired, with something left, and their groups are in good standing."]
}))]
pub struct MethodOut {
    /// Goes up whenever the method changes.
    pub version: &'static str,
    /// The parts of the score.
    pub weights: Vec<WeightOut>,
    /// What an offer and a want must satisfy to match at all.
    pub eligible: &'static [&'static str],
}

impl MethodOut {
    /// The method of this program.
    pub fn current() -> Self {
        let weights = rules::WEIGHTS.iter().map(|(part, weight, meaning)| WeightOut { part, weight: *weight, meaning });
        Self { version: rules::VERSION, weights: weights.collect(), eligible: rules::ELIGIBLE }
    }
}
