//! The method of matching: its version and weights as the API serves them, and distance bands; [`words`] has the sentences that
//! explain a match, [`conditions`] those that say why there is none. Pure. The score itself is computed by SQL; a test holds both to
//! the same numbers.

pub mod conditions;
#[cfg(test)]
pub mod example;
pub mod preview;
pub mod similar;
pub mod words;

use super::model::Pair;

/// Version of the method. Goes up whenever eligibility or score change.
pub const VERSION: &str = "1";

/// The weights of the parts: category, nearness, words, freshness, quantity. They sum to 1, and those below category to 0.5.
pub const WEIGHTS: [(&str, f64, &str); 5] = [
    ("category", 0.50, "1 for the thing itself: the same category, or the want asks for a wider one. 0 for something like it."),
    (
        "nearness",
        0.30,
        "1 in the same locality or when place does not matter; else (1 - d / R) / (1 + d / 10 km), d the distance, R the larger reach.",
    ),
    ("words", 0.10, "Words that both titles have, as a share of the longer title's words; endings and synonyms do not matter."),
    ("freshness", 0.05, "exp(-days since the counterpart was published or confirmed / 30)."),
    ("quantity", 0.05, "How much of what is wanted the offer covers, at most 1."),
];

/// What a pair must satisfy to match at all, for people. `queries` has the same conditions as SQL.
pub const ELIGIBLE: &[&str] = &[
    "Both are active, approved and unexpired, something is left of both, and their groups are in good standing.",
    "They belong to different groups, neither of which has blocked the other, and nobody has dismissed the pair.",
    "Their times overlap; an open end overlaps with everything.",
    "The want accepts the offer's basis; a gift is always accepted.",
    "Place does not matter to either, or the distance between their localities is within the larger of the two reaches.",
    "The thing itself: the same category, or the want's is wider. Or something like it: the same parent category, or the offer's is wider, or the same resource type and a word of the titles in common.",
];

/// The longest reach that a listing can have, km (`types::ReachKm`): nothing farther away can match.
pub const MOST_REACH_KM: i32 = crate::types::ReachKm::MAX;

crate::word_enum! {
    /// How far apart two localities are, roughly.
    pub enum DistanceBand {
        /// The same locality, or less than half a kilometre.
        SamePlace = "same_place",
        /// Up to 2 km.
        Walk = "up_to_2_km",
        /// Up to 5 km.
        Near = "up_to_5_km",
        /// Up to 10 km.
        Drive = "up_to_10_km",
        /// Up to 25 km.
        Far = "up_to_25_km",
        /// Up to 50 km.
        Farther = "up_to_50_km",
        /// More than 50 km.
        Farthest = "over_50_km",
        /// Place does not matter to either.
        Remote = "remote",
    }
}

/// The band of a pair.
pub fn band(pair: &Pair) -> DistanceBand {
    if pair.both_remote {
        return DistanceBand::Remote;
    }
    let bands = [
        (0.5, DistanceBand::SamePlace),
        (2.0, DistanceBand::Walk),
        (5.0, DistanceBand::Near),
        (10.0, DistanceBand::Drive),
        (25.0, DistanceBand::Far),
        (50.0, DistanceBand::Farther),
    ];
    bands.into_iter().find(|(most, _)| pair.km < *most).map_or(DistanceBand::Farthest, |(_, band)| band)
}

/// Small numbers as words, larger ones as digits.
fn in_words(number: usize) -> String {
    const WORDS: [&str; 11] = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    WORDS.get(number).map_or_else(|| number.to_string(), |word| (*word).to_owned())
}

/// The text with a capital letter at its beginning.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_sum_to_one_and_the_thing_itself_weighs_half() {
        let total: f64 = WEIGHTS.iter().map(|(_, weight, _)| weight).sum();
        assert!((total - 1.0).abs() < 1e-12);
        assert_eq!(WEIGHTS[0], ("category", 0.50, WEIGHTS[0].2));
    }

    #[test]
    fn bands_cover_every_distance() {
        let pair = |km, both_remote| Pair {
            seeker_id: crate::types::ids::ListingId::new(),
            seeker_kind: crate::listings::Kind::Offer,
            seeker_group: crate::types::ids::GroupId::new(),
            counterpart_id: crate::types::ids::ListingId::new(),
            counterpart_group: crate::types::ids::GroupId::new(),
            score: 0.0,
            category: 0.0,
            nearness: 0.0,
            words: 0.0,
            freshness: 0.0,
            quantity: 0.0,
            most_words: 0,
            km,
            both_remote,
            two_way: false,
        };
        assert_eq!(band(&pair(0.0, false)), DistanceBand::SamePlace);
        assert_eq!(band(&pair(4.99, false)), DistanceBand::Near);
        assert_eq!(band(&pair(5.0, false)), DistanceBand::Drive);
        assert_eq!(band(&pair(400.0, false)), DistanceBand::Farthest);
        assert_eq!(band(&pair(400.0, true)), DistanceBand::Remote);
    }
}
