//! How the trees grow and how people write places. Pure: no database, no HTTP.
//!
//! Codes are never used again, so the next one is the one after the highest that was given in its range:
//!
//! | New node | Below | Codes |
//! |---|---|---|
//! | a network's category | a category of level 3 | its `CCCC`, 0001 to 9999 |
//! | a network's sub-area | a place or ward | its `SSS`, 001 to 999 |
//! | a network's sub-area | a district | a place number `PPPPP` of its own, 80001 to 89999 |
//! | an imported ward | a district | `PPPPP` 50001 to 79999 |
//! | an imported postcode district | a district | `PPPPP` 95001 to 99999 |
//!
//! Place numbers up to 49999 and from 90001 to 94999 are left to the common localities that come with the program, so that a
//! newer edition of them never meets what was added here.

use std::{ops::RangeInclusive, str::FromStr};

use crate::types::{Position, Refusal, text::fold};

/// Codes between a place and the next.
const PLACE: i64 = 1_000;
/// How far the centroid of a sub-area may be from that of its parent, in kilometres.
pub const SUB_AREA_KM: f64 = 50.0;
/// How far the nearest place may be to be called near, in kilometres.
pub const NEAREST_KM: f64 = 50.0;

/// The codes that one sort of new nodes may have below one parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Band {
    /// From the first code to the last.
    pub codes: RangeInclusive<i64>,
    /// From one code to the next.
    pub step: i64,
}

/// Every code of a band is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("every code of this range is taken")]
pub struct BandFull;

impl Band {
    /// The categories that networks may add below a category of level 3; none below any other.
    pub fn of_categories(parent: i32) -> Option<Self> {
        let leaf = parent % 10_000 == 0 && parent % 1_000_000 != 0;
        let code = i64::from(parent);
        leaf.then_some(Self { codes: code + 1..=code + 9_999, step: 1 })
    }

    /// The sub-areas that networks may add below a locality; none where its kind allows none.
    pub fn of_sub_areas(parent: i64, kind: &str) -> Option<Self> {
        match kind {
            "place" | "ward" => Some(Self { codes: parent + 1..=parent + 999, step: 1 }),
            "district" => Some(Self::of_places(parent, 80_001, 89_999)),
            _ => None,
        }
    }

    /// The wards that an import may add to a district.
    pub fn of_wards(district: i64) -> Self {
        Self::of_places(district, 50_001, 79_999)
    }

    /// The postcode districts that an import may add to a district.
    pub fn of_postcode_districts(district: i64) -> Self {
        Self::of_places(district, 95_001, 99_999)
    }

    fn of_places(district: i64, first: i64, last: i64) -> Self {
        Self { codes: district + first * PLACE..=district + last * PLACE, step: PLACE }
    }

    /// The next code, where `highest` is the highest that is taken in the band.
    pub fn next(&self, highest: Option<i64>) -> Result<i64, BandFull> {
        let next = highest.map_or(*self.codes.start(), |highest| highest + self.step);
        if self.codes.contains(&next) { Ok(next) } else { Err(BandFull) }
    }
}

/// The codes under which the ancestors of a locality are, if they are there at all; the nearest first.
pub fn ancestor_codes(code: i64) -> Vec<i64> {
    let widths = [PLACE, 100_000_000, 100_000_000_000, 10_000_000_000_000];
    let mut codes: Vec<i64> = widths.into_iter().map(|width| code / width * width).filter(|above| *above != code).collect();
    codes.dedup();
    codes
}

/// The district that a code of a place, ward, postcode district or sub-area lies in.
pub fn district_of(code: i64) -> i64 {
    code / 100_000_000 * 100_000_000
}

/// Something that has the shape of a slug of either tree: `seating`, `stoke.havercroft-and-ryhill`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slug(String);

impl Slug {
    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Slug {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
        if text.len() <= 120 && text.split(['.', '-']).all(part) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Refusal::new("unknown", "Give a slug as the lists of categories and localities show it."))
        }
    }
}

/// The part of a slug that a name makes, of at most `most` bytes: lower case, no diacritics or apostrophes, everything else between
/// hyphens. None when no Latin letter or digit is in the name.
pub fn slugify(name: &str, most: usize) -> Option<String> {
    let mut slug = String::new();
    for letter in fold(name).chars() {
        match letter {
            'a'..='z' | '0'..='9' => slug.push(letter),
            'ł' => slug.push('l'),
            'ø' => slug.push('o'),
            'đ' | 'ð' => slug.push('d'),
            'ı' => slug.push('i'),
            'ß' => slug.push_str("ss"),
            'æ' => slug.push_str("ae"),
            'œ' => slug.push_str("oe"),
            'þ' => slug.push_str("th"),
            '&' => slug.push_str("-and-"),
            '\'' | '`' | '\u{2018}' | '\u{2bc}' => {}
            _ => slug.push('-'),
        }
    }
    let mut slug = slug.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    slug.truncate(most);
    let slug = slug.trim_end_matches('-');
    (!slug.is_empty()).then(|| slug.to_owned())
}

/// The outward part of what looks like a postcode with something after the outward part: "ST1 4AB", "st14ab" and "st1 4" give `st1`.
/// The rest is dropped here and kept nowhere. None for anything else, an outward part alone included: that is looked up like a name.
pub fn outward_part(text: &str) -> Option<String> {
    let parts: Vec<String> = text.split_whitespace().map(str::to_ascii_lowercase).collect();
    let (outward, inward) = match parts.as_slice() {
        [joined] => joined.split_at_checked(joined.len().checked_sub(3)?)?,
        [outward, inward] => (outward.as_str(), inward.as_str()),
        _ => return None,
    };
    let whole = parts.len() == 2 || inward.len() == 3 && inward.bytes().skip(1).all(|byte| byte.is_ascii_alphabetic());
    (whole && is_outward(outward) && is_inward(inward)).then(|| outward.to_owned())
}

/// One or two letters, a digit, perhaps one more letter or digit.
fn is_outward(text: &str) -> bool {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let digits = rest.starts_with(|c: char| c.is_ascii_digit()) && rest.chars().all(|c| c.is_ascii_alphanumeric());
    (1..=2).contains(&(text.len() - rest.len())) && rest.len() <= 2 && digits
}

/// A digit and up to two letters.
fn is_inward(text: &str) -> bool {
    text.len() <= 3 && text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().skip(1).all(|c| c.is_ascii_alphabetic())
}

/// Whether a sub-area may have its centroid here, given the centroid of its parent.
pub fn check_centroid(centroid: Position, parent: Position) -> Result<Position, Refusal> {
    let km = centroid.km_to(parent);
    if km <= SUB_AREA_KM {
        return Ok(centroid);
    }
    Err(Refusal::new(
        "too_far",
        format!(
            "This point is {km:.0} km from the middle of the parent; it may be at most {SUB_AREA_KM:.0} km. Are lat and lng the right way round?"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bands() -> impl Strategy<Value = (Band, RangeInclusive<i64>)> {
        let district =
            (1..=3_i64, 0..=9_i64, 1..=99_i64).prop_map(|(n, r, d)| n * 10_000_000_000_000 + r * 100_000_000_000 + d * 100_000_000);
        let category = (1..=6_i32, 1..=99_i32, 1..=99_i32).prop_map(|(r, p, l)| r * 100_000_000 + p * 1_000_000 + l * 10_000);
        prop_oneof![
            category.prop_map(|code| (Band::of_categories(code).unwrap(), i64::from(code)..=i64::from(code) + 9_999)),
            (district.clone(), 0..4_u8, 1..=99_999_i64).prop_map(|(code, sort, place)| {
                let (all, place) = (code..=code + 99_999_999, code + place * PLACE);
                match sort {
                    0 => (Band::of_wards(code), all),
                    1 => (Band::of_postcode_districts(code), all),
                    2 => (Band::of_sub_areas(code, "district").unwrap(), all),
                    _ => (Band::of_sub_areas(place, "ward").unwrap(), place..=place + 999),
                }
            }),
        ]
    }

    proptest! {
        #[test]
        fn codes_stay_in_the_parents_range_never_collide_and_end_with_an_error((band, parent) in bands()) {
            let (mut highest, mut given) = (None, 0_i64);
            while let Ok(code) = band.next(highest) {
                prop_assert!(parent.contains(&code) && code != *parent.start());
                prop_assert!(highest.is_none_or(|highest| code > highest));
                (highest, given) = (Some(code), given + 1);
            }
            prop_assert_eq!(highest, Some(*band.codes.end()));
            prop_assert_eq!(given, (band.codes.end() - band.codes.start()) / band.step + 1);
        }

        #[test]
        fn slugs_of_names_are_slugs_and_short_enough(name in "\\PC{0,90}") {
            if let Some(slug) = slugify(&name, 39) {
                prop_assert!(slug.len() <= 39);
                prop_assert_eq!(slug.parse::<Slug>().map(|slug| slug.as_str().to_owned()), Ok(slug.clone()));
                prop_assert_eq!(slugify(&slug, 39), Some(slug));
            }
        }

        #[test]
        fn nothing_of_the_inward_part_is_kept(outward in "[a-zA-Z]{1,2}[0-9][a-zA-Z0-9]?", inward in "[0-9][a-zA-Z]{2}", space in " ?") {
            prop_assert_eq!(outward_part(&format!("{outward}{space}{inward}")), Some(outward.to_ascii_lowercase()));
        }

        #[test]
        fn whatever_is_typed_for_a_place_is_taken(text in "\\PC{0,20}") {
            outward_part(&text);
        }
    }

    #[test]
    fn the_sorts_of_new_places_do_not_share_a_code() {
        let district = 10_500_900_000_000;
        let bands = [Band::of_wards(district), Band::of_sub_areas(district, "district").unwrap(), Band::of_postcode_districts(district)];
        assert!(bands.windows(2).all(|pair| pair[0].codes.end() < pair[1].codes.start()));
    }

    #[test]
    fn only_leaves_take_children() {
        assert_eq!(Band::of_categories(100_000_000), None);
        assert_eq!(Band::of_categories(101_000_000), None);
        assert_eq!(Band::of_categories(101_010_001), None);
        assert_eq!(Band::of_sub_areas(10_500_900_016_001, "sub_area"), None);
        assert_eq!(Band::of_sub_areas(10_000_000_000_000, "country"), None);
    }

    #[test]
    fn ancestors_follow_from_the_code() {
        assert_eq!(ancestor_codes(10_500_900_016_003), [10_500_900_016_000, 10_500_900_000_000, 10_500_000_000_000, 10_000_000_000_000]);
        assert_eq!(ancestor_codes(30_000_400_000_000), [30_000_000_000_000]);
        assert!(ancestor_codes(30_000_000_000_000).is_empty());
    }

    #[test]
    fn names_become_slugs() {
        assert_eq!(slugify("Tŷ Coch & St Mary's", 80).as_deref(), Some("ty-coch-and-st-marys"));
        assert_eq!(slugify("Łódź / Ærø", 80).as_deref(), Some("lodz-aero"));
        assert_eq!(slugify("مقهى", 80), None);
    }

    #[test]
    fn postcodes_lose_their_inward_part() {
        for text in ["ST1 4AB", "st1 4", "st14ab", "ST1  4ab", "st1 4a"] {
            assert_eq!(outward_part(text).as_deref(), Some("st1"), "{text}");
        }
        for text in ["ST1", "HX7", "Hanley", "St 1", "3 Oaks", "", "st1 4ab 5", "ST14", "WC1A"] {
            assert_eq!(outward_part(text), None, "{text}");
        }
    }

    #[test]
    fn a_sub_area_is_near_its_parent() {
        let hanley = Position { lat: 53.025, lng: -2.175 };
        assert!(check_centroid(Position { lat: 53.03, lng: -2.17 }, hanley).is_ok());
        assert_eq!(check_centroid(Position { lat: -2.17, lng: 53.03 }, hanley).unwrap_err().code, "too_far");
    }
}
