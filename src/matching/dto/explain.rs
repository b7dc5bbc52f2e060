//! Why an offer and a want match or not, on the wire.

use serde::{Deserialize, Serialize};
use utoipa::IntoParams;

use super::MatchedListing;
use crate::{
    error::Result,
    listings::{Kind, queries::ListingKey},
    matching::{
        model::Match,
        rules::{
            self,
            conditions::{Condition, Finding},
            words::Words,
        },
        service::explain::Explanation,
    },
    types::{Fields, Refusal, place::whole_km},
};

/// Which pair to explain.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExplainQuery {
    /// Id or short code of the offer.
    #[param(value_type = String, required = true)]
    offer: Option<String>,
    /// Id or short code of the want.
    #[param(value_type = String, required = true)]
    want: Option<String>,
}

impl ExplainQuery {
    /// The keys of offer and want.
    pub fn parse(self) -> Result<(ListingKey, ListingKey)> {
        let mut fields = Fields::query();
        let offer = fields.check("offer", key(self.offer));
        let want = fields.check("want", key(self.want));
        Ok(fields.finish(|| Some((offer?, want?)))?)
    }
}

fn key(text: Option<String>) -> Result<ListingKey, Refusal> {
    let text = text.ok_or_else(|| Refusal::new("required", "Give the id or the short code of the listing."))?;
    text.parse().map_err(|()| Refusal::new("not_an_id", "This is neither the id of a listing nor a short code such as G7K2M."))
}

/// A condition of matching, for one pair.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = MatchCondition)]
pub struct ConditionOut {
    /// Which one.
    pub condition: Condition,
    /// Whether it is met.
    pub met: bool,
    /// What is so and, if the condition is not met, what would mend it.
    pub detail: String,
}

impl From<Finding> for ConditionOut {
    fn from(finding: Finding) -> Self {
        let Finding { condition, met, detail } = finding;
        Self { condition, met, detail }
    }
}

/// A part of a score.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = ScorePart)]
pub struct ScorePartOut {
    /// Name of the part.
    pub part: &'static str,
    /// From 0 to 1.
    #[schema(minimum = 0, maximum = 1)]
    pub value: f64,
    /// What it weighs.
    pub weight: f64,
    /// What it adds to the score: value times weight.
    pub adds: f64,
    /// The same in words, for the group of the listing that `seen_from` names.
    pub in_words: String,
}

/// Why an offer and a want match or not.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = MatchExplanation, example = json!({
    "eligible": false,
    "summary": "These two do not match. Burslem and Leek are about 18 km apart, and neither group goes farther than 10 km for this. Raise the reach of your offer or of their want to 18 km.",
    "seen_from": "offer",
    "conditions": [
        {"condition": "offer_open", "met": true, "detail": "Your offer is open."},
        {"condition": "want_open", "met": true, "detail": "Their want is open."},
        {"condition": "different_groups", "met": true, "detail": "They belong to two groups."},
        {"condition": "not_refused", "met": true, "detail": "Neither group has said no to it."},
        {"condition": "times", "met": true, "detail": "Their times overlap."},
        {"condition": "basis", "met": true, "detail": "Your offer is a gift, which their want accepts."},
        {"condition": "place", "met": false, "detail": "Burslem and Leek are about 18 km apart, and neither group goes farther than 10 km for this. Raise the reach of your offer or of their want to 18 km."},
        {"condition": "thing", "met": true, "detail": "Both are Seating."}
    ],
    "distance_km": 18, "score": null, "parts": [],
    "offer": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e01", "code": "G7K2M", "kind": "offer", "title": "Forty folding chairs",
        "category": {"slug": "seating", "name": "Seating", "resource_type": "thing"}, "locality": {"slug": "burslem-stoke-on-trent", "name": "Burslem", "kind": "place"},
        "group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e02", "name": "St Mary's Community Hall"}, "basis": ["give"], "quantity_left": 40, "unit": "chairs",
        "availability_note": null, "delivery_possible": true, "urgency": "normal"},
    "want": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e04", "code": "H3P8T", "kind": "want", "title": "30 folding chairs for lunches",
        "category": {"slug": "seating", "name": "Seating", "resource_type": "thing"}, "locality": {"slug": "leek-staffordshire-moorlands", "name": "Leek", "kind": "place"},
        "group": {"id": "01980a8e-0c7c-7d10-a3c0-2a5f3c1d9e05", "name": "Leek Food Bank"}, "basis": ["give", "lend"], "quantity_left": 30, "unit": "chairs",
        "availability_note": null, "delivery_possible": true, "urgency": "normal"}
}))]
pub struct ExplanationOut {
    /// Whether they match.
    pub eligible: bool,
    /// The answer in a few sentences.
    pub summary: String,
    /// Whose view the score is: that of the group with the `offer` or with the `want`. The two differ in freshness alone.
    pub seen_from: Kind,
    /// Every condition that an offer and a want have to satisfy.
    pub conditions: Vec<ConditionOut>,
    /// How far apart they are, whole kilometres; null when place does not matter to either.
    #[schema(required)]
    pub distance_km: Option<i64>,
    /// How well they fit, or would if nothing else were in the way; null unless place and thing fit and something is left of both.
    #[schema(required, minimum = 0, maximum = 1)]
    pub score: Option<f64>,
    /// What the score is made of; empty without a score.
    pub parts: Vec<ScorePartOut>,
    /// The offer.
    pub offer: MatchedListing,
    /// The want.
    pub want: MatchedListing,
}

impl From<Explanation> for ExplanationOut {
    fn from(explanation: Explanation) -> Self {
        let Explanation { eligible, summary, findings, score, found } = explanation;
        let Match { pair, seeker, counterpart } = found;
        let (offer, want) = match pair.seeker_kind {
            Kind::Offer => (seeker, counterpart),
            Kind::Want => (counterpart, seeker),
        };
        let values = [pair.category, pair.nearness, pair.words, pair.freshness, pair.quantity];
        Self {
            eligible,
            summary,
            seen_from: pair.seeker_kind,
            conditions: findings.into_iter().map(ConditionOut::from).collect(),
            distance_km: (!pair.both_remote).then(|| whole_km(pair.km)),
            score: score.is_some().then_some(pair.score),
            parts: score.map_or_else(Vec::new, |words| parts(values, words)),
            offer: offer.into(),
            want: want.into(),
        }
    }
}

fn parts(values: [f64; 5], words: Words) -> Vec<ScorePartOut> {
    let words = [words.category, words.nearness, words.words, words.freshness, words.quantity];
    let parts = rules::WEIGHTS.iter().zip(values).zip(words);
    parts
        .map(|(((part, weight, _), value), in_words)| ScorePartOut { part, value, weight: *weight, adds: weight * value, in_words })
        .collect()
}
