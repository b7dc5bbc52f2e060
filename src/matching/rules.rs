//! The method of matching in words: its version and weights as the API serves them, distance bands, and the sentence that
//! explains a match. Pure. The score itself is computed by SQL; a test holds both to the same numbers.

pub mod similar;

use chrono::{DateTime, Utc};

use super::model::{Match, Pair};
use crate::{
    listings::{Kind, model::ListingView},
    types::place::whole_km,
};

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

/// Why two listings fit, in one sentence for the group whose listing was asked about.
pub fn reason(found: &Match, now: DateTime<Utc>) -> String {
    let Match { pair, seeker, counterpart } = found;
    let mut parts = vec![thing(found), place(pair, counterpart)];
    parts.extend(amount(seeker, counterpart));
    parts.push(age(counterpart, now).to_owned());
    if pair.two_way {
        parts.push(match seeker.listing.kind {
            Kind::Offer => "and they have something you want".to_owned(),
            Kind::Want => "and they want something you have".to_owned(),
        });
    }
    format!("{}.", parts.join(", "))
}

fn thing(found: &Match) -> String {
    let Match { pair, seeker, counterpart } = found;
    let same = seeker.category.code == counterpart.category.code;
    let theirs = &counterpart.category.name;
    match seeker.listing.kind {
        Kind::Want if pair.category > 0.0 && same => "They have just what you want".to_owned(),
        Kind::Want if pair.category > 0.0 => format!("They have what you want ({theirs})"),
        Kind::Want => format!("They have something like it ({theirs})"),
        Kind::Offer if pair.category > 0.0 && same => "They want just what you have".to_owned(),
        Kind::Offer if pair.category > 0.0 => format!("What you have is among what they want ({theirs})"),
        Kind::Offer => format!("They want something like it ({theirs})"),
    }
}

fn place(pair: &Pair, counterpart: &ListingView) -> String {
    if pair.both_remote {
        return "and place does not matter".to_owned();
    }
    let way = match whole_km(pair.km) {
        0 => "in the same place".to_owned(),
        km => format!("about {km} km away"),
    };
    let verb = match counterpart.listing.kind {
        Kind::Offer => "bring it",
        Kind::Want => "fetch it",
    };
    let reaches = pair.km <= f64::from(counterpart.listing.reach_km);
    if counterpart.listing.delivery_possible && reaches && pair.km > 0.0 { format!("{way} (they can {verb})") } else { way }
}

/// Said only where numbers matter: one of the two is about more than one.
fn amount(seeker: &ListingView, counterpart: &ListingView) -> Option<String> {
    let (mine, theirs) = (seeker.listing.quantity_left, counterpart.listing.quantity_left);
    if mine.max(theirs) < 2 {
        return None;
    }
    Some(match seeker.listing.kind {
        Kind::Want => format!("they have {theirs} and you want {mine}"),
        Kind::Offer => format!("they want {theirs} and you have {mine}"),
    })
}

fn age(counterpart: &ListingView, now: DateTime<Utc>) -> &'static str {
    match (now - counterpart.listing.fresh_at).num_days() {
        ..=0 => "posted today",
        1..=7 => "posted this week",
        8..=31 => "posted this month",
        _ => "posted over a month ago",
    }
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
            seeker_kind: Kind::Offer,
            seeker_group: crate::types::ids::GroupId::new(),
            counterpart_id: crate::types::ids::ListingId::new(),
            counterpart_group: crate::types::ids::GroupId::new(),
            score: 0.0,
            category: 0.0,
            nearness: 0.0,
            words: 0.0,
            freshness: 0.0,
            quantity: 0.0,
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
