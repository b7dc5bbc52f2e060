//! What is guessed from titles, by the catalogue that is built in.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;

thread_local!(static LEXICON: Lexicon = Lexicon::parse(
    include_str!("../../../data/catalog/categories.csv"),
    include_str!("../../../data/catalog/synonyms.csv"),
).unwrap());

fn suggest(title: &str) -> Vec<Suggestion> {
    LEXICON.with(|lexicon| lexicon.suggest(title))
}

fn best(title: &str) -> String {
    suggest(title).into_iter().next().map_or_else(String::new, |suggestion| suggestion.category)
}

#[test]
fn the_head_noun_decides() {
    assert_eq!(best("cat food"), "pet-food");
    assert_eq!(best("Baby Food Pouches"), "baby-food");
    assert_eq!(best("Minibus driver wanted"), "minibus-drivers");
    assert_eq!(best("Welsh translation of a leaflet"), "welsh");
    assert_eq!(best("Box of tea bags"), "tea-and-coffee");
}

#[test]
fn what_is_denied_or_only_an_example_does_not_decide() {
    assert_eq!(best("Folding tables (not chairs)"), "tables");
    assert_eq!(best("Duvets (no pillows please)"), "bedding");
    assert_eq!(best("Board games e.g. chess"), "board-games-and-puzzles");
    assert_eq!(best("Chairs for the village hall"), "seating");
}

#[test]
fn the_first_of_several_things_comes_first_and_the_others_follow() {
    let all: Vec<String> = suggest("Soap / biscuits").into_iter().map(|suggestion| suggestion.category).collect();
    assert_eq!(all, ["soap-and-body-wash", "biscuits"]);
}

#[test]
fn a_phrase_may_be_scattered() {
    assert_eq!(best("Chairs - folding"), "seating");
    assert_eq!(best("Guitar or piano lessons"), "music-teaching");
    assert_eq!(best("Room for meetings"), "meeting-rooms");
}

#[test]
fn one_wrong_letter_is_forgiven_with_less_confidence() {
    let right = suggest("wheelbarrow");
    let wrong = suggest("wheelbarow");
    assert_eq!(best("wheelbarow"), "garden-tools");
    assert!(wrong.first().unwrap().confidence < right.first().unwrap().confidence);
    assert_eq!(best("marqee"), "gazebos-and-marquees");
    assert_eq!(best("qwertyuiop"), "");
}

proptest! {
    #[test]
    fn suggestions_are_sorted_distinct_and_known(title in "\\PC{0,60}|((tin|of|soup|baby|food|for|not|chair|hall|e\\.g\\.|/|,|\\(|\\)|and) ){0,9}") {
        let found = suggest(&title);
        prop_assert_eq!(&found, &suggest(&title));
        prop_assert!(found.iter().all(|suggestion| (0.0..=1.0).contains(&suggestion.confidence)));
        prop_assert!(found.is_sorted_by(|one, next| one.confidence >= next.confidence));
        let distinct: BTreeSet<&String> = found.iter().map(|suggestion| &suggestion.category).collect();
        prop_assert_eq!(distinct.len(), found.len());
        LEXICON.with(|lexicon| {
            assert!(distinct.iter().all(|slug| lexicon.categories().iter().any(|category| category.parent.is_some() && category.slug == **slug)));
        });
    }
}
