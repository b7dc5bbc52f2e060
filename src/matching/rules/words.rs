//! A match in words: each part of its score, and one sentence put together from them, for the group whose listing was asked about.

use chrono::{DateTime, Utc};

use crate::{
    listings::{
        Kind,
        model::{Listing, ListingView},
    },
    matching::model::{Match, Pair},
    types::place::whole_km,
};

/// The parts of a score in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Is it what they asked for?
    pub category: String,
    /// How far, and who can carry it.
    pub nearness: String,
    /// How much of the titles is the same.
    pub words: String,
    /// How long ago the counterpart was posted or confirmed.
    pub freshness: String,
    /// What the one has and the other wants.
    pub quantity: String,
}

/// The words of each part.
pub fn words(found: &Match, now: DateTime<Utc>) -> Words {
    let Match { pair, seeker, counterpart } = found;
    Words {
        category: category(found).1,
        nearness: nearness(pair, counterpart),
        words: in_common(pair),
        freshness: freshness(&counterpart.listing, now),
        quantity: quantity(&seeker.listing, &counterpart.listing),
    }
}

/// Why two listings fit, in one sentence: its parts are those of [`words`]. Numbers are said only where one of the two is about
/// more than one; what the titles have in common can be seen.
pub fn reason(found: &Match, words: &Words) -> String {
    let Match { pair, seeker, counterpart } = found;
    let (start, category) = category(found);
    let place = if pair.both_remote { format!("and {}", words.nearness) } else { words.nearness.clone() };
    let mut parts = vec![format!("{start} {category}"), place];
    if seeker.listing.quantity_left.max(counterpart.listing.quantity_left) > 1 {
        parts.push(words.quantity.clone());
    }
    parts.push(words.freshness.clone());
    if pair.two_way {
        parts.push(match seeker.listing.kind {
            Kind::Offer => "and they have something you want".to_owned(),
            Kind::Want => "and they want something you have".to_owned(),
        });
    }
    format!("{}.", parts.join(", "))
}

/// How a sentence about the category begins, and its words.
fn category(found: &Match) -> (&'static str, String) {
    let Match { pair, seeker, counterpart } = found;
    let theirs = &counterpart.category.name;
    let (itself, same) = (pair.category > 0.0, seeker.category.code == counterpart.category.code);
    match seeker.listing.kind {
        Kind::Want if itself && same => ("They have", "just what you want".to_owned()),
        Kind::Want if itself => ("They have", format!("what you want ({theirs})")),
        Kind::Want => ("They have", format!("something like it ({theirs})")),
        Kind::Offer if itself && same => ("They want", "just what you have".to_owned()),
        Kind::Offer if itself => ("What you have is", format!("among what they want ({theirs})")),
        Kind::Offer => ("They want", format!("something like it ({theirs})")),
    }
}

fn nearness(pair: &Pair, counterpart: &ListingView) -> String {
    if pair.both_remote {
        return "place does not matter".to_owned();
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

/// Counted in words as they are compared: stems, without small words, synonyms as one.
fn in_common(pair: &Pair) -> String {
    let longer = f64::from(pair.most_words);
    match whole(pair.words * longer) {
        0 => "no words in common".to_owned(),
        shared if shared >= i64::from(pair.most_words) => "the same words".to_owned(),
        shared => format!("{shared} of {longer} words in common"),
    }
}

/// A share of a whole number of words is a whole number again, but for rounding.
#[expect(clippy::as_conversions, reason = "a title has few words, and `as` saturates")]
fn whole(number: f64) -> i64 {
    number.round() as i64
}

fn freshness(counterpart: &Listing, now: DateTime<Utc>) -> String {
    let confirmed = counterpart.confirmed_at == Some(counterpart.fresh_at) && counterpart.published_at != counterpart.confirmed_at;
    let verb = if confirmed { "confirmed" } else { "posted" };
    let when = match (now - counterpart.fresh_at).num_days() {
        ..=0 => "today",
        1..=7 => "this week",
        8..=31 => "this month",
        _ => "over a month ago",
    };
    format!("{verb} {when}")
}

/// Both numbers, with what is counted where both say so: once when it is the same.
fn quantity(seeker: &Listing, counterpart: &Listing) -> String {
    let (their_unit, your_unit) = match (counterpart.unit.as_deref(), seeker.unit.as_deref()) {
        // Said with the first number that it suits: units are mostly plurals.
        (Some(theirs), Some(yours)) if theirs.to_lowercase() == yours.to_lowercase() => match counterpart.quantity_left {
            1 => (None, Some(yours)),
            _ => (Some(theirs), None),
        },
        (Some(theirs), Some(yours)) => (Some(theirs), Some(yours)),
        _ => (None, None),
    };
    let (theirs, yours) = (counted(counterpart.quantity_left, their_unit), counted(seeker.quantity_left, your_unit));
    match seeker.kind {
        Kind::Want => format!("they have {theirs} and you want {yours}"),
        Kind::Offer => format!("they want {theirs} and you have {yours}"),
    }
}

fn counted(number: i32, unit: Option<&str>) -> String {
    match unit {
        Some(unit) if number != 1 => format!("{number} {unit}"),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::Duration;

    use super::*;
    use crate::matching::rules::example;

    fn noon() -> DateTime<Utc> {
        example::noon()
    }

    /// An offer of 40 chairs in the category and a want of 30, 3.4 km apart, as the group asking sees it.
    fn asked_by(kind: Kind) -> Match {
        example::found(kind)
    }

    #[test]
    fn the_category_says_how_it_is_what_they_asked_for() {
        let table = [
            (Kind::Want, true, true, "They have just what you want"),
            (Kind::Want, true, false, "They have what you want (Seating)"),
            (Kind::Want, false, false, "They have something like it (Seating)"),
            (Kind::Offer, true, true, "They want just what you have"),
            (Kind::Offer, true, false, "What you have is among what they want (Seating)"),
            (Kind::Offer, false, false, "They want something like it (Seating)"),
        ];
        for (kind, itself, same, expected) in table {
            let mut found = asked_by(kind);
            found.pair.category = if itself { 1.0 } else { 0.0 };
            found.seeker.category.code = if same { found.counterpart.category.code } else { 1 };
            let (start, words) = category(&found);
            assert_eq!(format!("{start} {words}"), expected);
        }
    }

    #[test]
    fn nearness_says_how_far_and_who_can_carry_it() {
        let table = [
            (Kind::Want, 3.4, 10, true, false, "about 3 km away (they can bring it)"),
            (Kind::Offer, 3.4, 10, true, false, "about 3 km away (they can fetch it)"),
            (Kind::Want, 3.4, 3, true, false, "about 3 km away"),
            (Kind::Want, 3.4, 10, false, false, "about 3 km away"),
            (Kind::Want, 0.7, 10, false, false, "about 1 km away"),
            (Kind::Want, 0.4, 0, false, false, "in the same place"),
            (Kind::Want, 0.0, 10, true, false, "in the same place"),
            (Kind::Want, 400.0, 10, true, true, "place does not matter"),
        ];
        for (kind, km, reach_km, delivery_possible, both_remote, expected) in table {
            let mut found = asked_by(kind);
            (found.pair.km, found.pair.both_remote) = (km, both_remote);
            (found.counterpart.listing.reach_km, found.counterpart.listing.delivery_possible) = (reach_km, delivery_possible);
            assert_eq!(nearness(&found.pair, &found.counterpart), expected);
        }
    }

    #[test]
    fn words_in_common_are_counted() {
        let table = [
            (0.0, 0, "no words in common"),
            (0.0, 3, "no words in common"),
            (2.0 / 3.0, 3, "2 of 3 words in common"),
            (1.0 / 7.0, 7, "1 of 7 words in common"),
            (1.0, 1, "the same words"),
            (1.0, 4, "the same words"),
        ];
        for (words, most_words, expected) in table {
            assert_eq!(in_common(&Pair { words, most_words, ..asked_by(Kind::Want).pair }), expected);
        }
    }

    #[test]
    fn freshness_tells_posted_from_confirmed() {
        let table = [
            (-1, None, "posted today"),
            (0, None, "posted today"),
            (1, None, "posted this week"),
            (7, None, "posted this week"),
            (8, None, "posted this month"),
            (31, None, "posted this month"),
            (32, None, "posted over a month ago"),
            (40, Some(0), "confirmed today"),
            (40, Some(3), "confirmed this week"),
            (40, Some(33), "confirmed over a month ago"),
            // Brought back before it was ever published: both at once.
            (3, Some(3), "posted this week"),
        ];
        for (posted, confirmed, expected) in table {
            let mut listing = asked_by(Kind::Want).counterpart.listing;
            listing.published_at = Some(noon() - Duration::days(posted));
            listing.confirmed_at = confirmed.map(|days| noon() - Duration::days(days));
            listing.fresh_at = listing.published_at.max(listing.confirmed_at).unwrap();
            assert_eq!(freshness(&listing, noon()), expected);
        }
    }

    #[test]
    fn quantities_are_said_with_what_is_counted_where_both_say_it() {
        let table = [
            (Kind::Want, (40, None), (30, None), "they have 40 and you want 30"),
            (Kind::Want, (40, Some("chairs")), (30, None), "they have 40 and you want 30"),
            (Kind::Want, (40, Some("chairs")), (30, Some("Chairs")), "they have 40 chairs and you want 30"),
            (Kind::Want, (1, Some("chairs")), (30, Some("chairs")), "they have 1 and you want 30 chairs"),
            (Kind::Want, (1, Some("chairs")), (1, Some("chairs")), "they have 1 and you want 1"),
            (Kind::Want, (10, Some("boxes")), (40, Some("tins")), "they have 10 boxes and you want 40 tins"),
            (Kind::Offer, (10, Some("boxes")), (40, Some("boxes")), "they want 10 boxes and you have 40"),
        ];
        for (kind, theirs, yours, expected) in table {
            let mut found = asked_by(kind);
            for (listing, (number, unit)) in [(&mut found.counterpart.listing, theirs), (&mut found.seeker.listing, yours)] {
                (listing.quantity_left, listing.unit) = (number, unit.map(str::to_owned));
            }
            assert_eq!(quantity(&found.seeker.listing, &found.counterpart.listing), expected);
        }
    }

    #[test]
    fn the_sentence_is_put_together_from_the_words_of_the_parts() {
        for kind in Kind::ALL {
            let mut found = asked_by(*kind);
            let words = words(&found, noon());
            let sentence = reason(&found, &words);
            for part in [&words.category, &words.nearness, &words.freshness, &words.quantity] {
                assert!(sentence.contains(part.as_str()), "{sentence} does not say: {part}");
            }
            (found.seeker.listing.quantity_left, found.counterpart.listing.quantity_left) = (1, 1);
            (found.pair.both_remote, found.pair.two_way) = (true, true);
            let words = super::words(&found, noon());
            let expected = match kind {
                Kind::Want => "They have just what you want, and place does not matter, posted today, and they want something you have.",
                Kind::Offer => "They want just what you have, and place does not matter, posted today, and they have something you want.",
            };
            assert_eq!(reason(&found, &words), expected);
        }
    }
}
