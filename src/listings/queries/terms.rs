//! What a search looks up in the index of words and marks (`listings.found_by`), as text of PostgreSQL's type `tsquery`. Pure.
//!
//! Marks say what a listing is besides its words; the SQL function `listing_marks` makes them for each listing, this file asks for
//! them. They narrow a search and decide nothing: every filter is checked on the listing's own columns too.

use std::collections::BTreeSet;

use crate::{
    catalog::words::Lexicon,
    listings::{Kind, filter::Filter},
    types::{Position, ids::NetworkId},
};

/// Sizes of the squares that `listing_marks` names, degrees.
const SQUARES: [f64; 4] = [0.0625, 0.25, 1.0, 4.0];

/// The most squares that a circle is covered with.
const MOST_SQUARES: usize = 20;

/// One word that is asked for: any of its spellings will do, each of one or more words that all have to be there.
pub type Spellings = BTreeSet<String>;

/// The single words that a search is about, without those of which likenesses are not looked for.
pub fn roughly(words: &[(String, String)]) -> Vec<String> {
    let mut single: Vec<String> =
        words.iter().flat_map(|(written, meant)| [written, meant]).filter(|word| is_rough(word)).cloned().collect();
    single.sort();
    single.dedup();
    single
}

/// Whether a word is also found by words that are spelt nearly like it.
fn is_rough(word: &str) -> bool {
    word.chars().count() >= 5 && word.chars().all(char::is_alphanumeric)
}

/// The words of a search as a tsquery: all of them, each as the beginning of a word or, from `known`, the pairs of a word and one
/// that is in some listing, spelt nearly alike. None when there is no letter in them, so that nothing can be found.
pub fn words(asked: &[(String, String)], known: &[(String, String)]) -> Option<String> {
    let each: Vec<String> = asked
        .iter()
        .filter_map(|(written, meant)| {
            let mut any: Spellings = [written, meant].into_iter().filter_map(|words| all_of(words)).collect();
            let alike = known.iter().filter(|(word, other)| (word == written || word == meant) && Lexicon::is_misspelling(word, other));
            any.extend(alike.map(|(_, other)| quoted(other)));
            (!any.is_empty()).then(|| one_of(any))
        })
        .collect();
    (!each.is_empty()).then(|| each.join(" & "))
}

/// Every word of a phrase, as the beginning of a word; one of one or two letters as it is.
fn all_of(phrase: &str) -> Option<String> {
    let words: Vec<String> = phrase
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| if word.chars().count() > 2 { format!("{}:*", quoted(word)) } else { quoted(word) })
        .collect();
    (!words.is_empty()).then(|| format!("({})", words.join(" & ")))
}

fn one_of(terms: impl IntoIterator<Item = String>) -> String {
    format!("({})", terms.into_iter().collect::<Vec<_>>().join(" | "))
}

/// A word or a mark as part of a tsquery.
pub fn quoted(term: &str) -> String {
    format!("'{}'", term.replace('\\', "\\\\").replace('\'', "''"))
}

/// Everything of a filter that the index knows, as a tsquery; none when that is next to nothing.
pub fn marks(filter: &Filter, words: Option<&str>) -> Option<String> {
    let mut all: Vec<String> = words.map(str::to_owned).into_iter().collect();
    let category =
        filter.category.as_ref().map(|subtree| beginning(i64::from(*subtree.start()), i64::from(subtree.end() - subtree.start())));
    let locality = filter.locality.as_ref().map(|subtree| beginning(*subtree.start(), subtree.end() - subtree.start()));
    all.extend(locality.map(|code| quoted(&format!("@{code}"))));
    all.extend(filter.network.map(of_network));
    if let (Some(near), Some(km)) = (filter.near, filter.within_km) {
        all.extend(squares(near, km).map(one_of));
    }
    if category.is_none() && all.is_empty() {
        return None;
    }
    if filter.kind.is_some() || category.is_some() {
        let kinds = Kind::ALL.iter().filter(|kind| filter.kind.is_none_or(|asked| asked == **kind));
        let code = category.unwrap_or_default();
        all.push(one_of(kinds.map(|kind| quoted(&format!("/{}{code}", initial(*kind))))));
    }
    Some(all.join(" & "))
}

/// The digits that all codes of a subtree begin with: without those that vary.
fn beginning(first: i64, width_less_one: i64) -> String {
    let digits = first.to_string();
    let vary = if width_less_one == 0 { 0 } else { width_less_one.to_string().len() };
    digits.get(..digits.len().saturating_sub(vary)).unwrap_or_default().to_owned()
}

fn initial(kind: Kind) -> char {
    match kind {
        Kind::Offer => 'o',
        Kind::Want => 'w',
    }
}

/// The mark of a network's listings, the end of its id, as a tsquery.
pub fn of_network(id: NetworkId) -> String {
    let id = id.to_string();
    quoted(&format!("%{}", id.get(id.len().saturating_sub(8)..).unwrap_or_default()))
}

/// The squares that cover a circle, of the smallest size that takes few; none around the poles and the date line.
fn squares(centre: Position, km: f64) -> Option<Vec<String>> {
    // A degree of latitude is 111.19 km. The rest is room for rounding.
    let high = km / 111.0 + 1e-6;
    let edge = (centre.lat.abs() + high).to_radians().cos();
    let wide = high / edge;
    if centre.lat.abs() + high >= 89.0 || centre.lng.abs() + wide >= 180.0 {
        return None;
    }
    SQUARES.iter().enumerate().find_map(|(number, size)| {
        let (rows, columns) = (covering(centre.lat, high, *size), covering(centre.lng, wide, *size));
        let few = rows.clone().count() * columns.clone().count() <= MOST_SQUARES;
        few.then(|| rows.flat_map(|row| columns.clone().map(move |column| quoted(&format!("#{number} {row} {column}")))).collect())
    })
}

/// The squares of a size, counted from 0 degrees, that reach from `middle - half` to `middle + half`.
#[expect(clippy::as_conversions, reason = "degrees by a sixteenth of a degree fit")]
fn covering(middle: f64, half: f64, size: f64) -> std::ops::RangeInclusive<i64> {
    ((middle - half) / size).floor() as i64..=((middle + half) / size).floor() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(words: &[(&str, &str)]) -> Vec<(String, String)> {
        words.iter().map(|(one, other)| ((*one).to_owned(), (*other).to_owned())).collect()
    }

    #[test]
    fn words_are_asked_for_by_their_beginnings_and_their_misspellings() {
        assert_eq!(words(&pairs(&[("hall", "hall"), ("st", "st")]), &[]).unwrap(), "(('hall':*)) & (('st'))");
        assert_eq!(words(&pairs(&[("foldng", "fold chair")]), &[]).unwrap(), "(('fold':* & 'chair':*) | ('foldng':*))");
        let known = pairs(&[("kettl", "kettle"), ("kettl", "nettle"), ("kettl", "kettledrum"), ("other", "kettle")]);
        assert_eq!(words(&pairs(&[("kettl", "kettl")]), &known).unwrap(), "('kettle' | ('kettl':*))");
    }

    #[test]
    fn what_has_no_letters_is_nothing() {
        assert_eq!(words(&pairs(&[("!' \\", "&|")]), &[]), None);
    }

    #[test]
    fn a_subtree_is_the_digits_that_do_not_vary() {
        assert_eq!(beginning(101_000_000, 999_999), "101");
        assert_eq!(beginning(101_010_003, 0), "101010003");
        assert_eq!(beginning(10_500_900_000_000, 99_999_999), "105009");
    }

    #[test]
    fn a_circle_is_covered_by_few_squares_or_none() {
        let stoke = Position { lat: 53.0, lng: -2.18 };
        for km in [0.0, 2.0, 10.0, 100.0, 500.0] {
            let squares = squares(stoke, km).unwrap();
            assert!((1..=MOST_SQUARES).contains(&squares.len()), "{km}: {squares:?}");
        }
        assert_eq!(squares(stoke, 0.0).unwrap(), ["'#0 847 -35'", "'#0 848 -35'"]);
        assert_eq!(squares(Position { lat: 89.5, lng: 0.0 }, 1.0), None);
        assert_eq!(squares(Position { lat: 0.0, lng: 179.99 }, 10.0), None);
    }
}
