//! Words of titles, and the rules of the catalogue.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use proptest::prelude::*;

use super::*;

const CATEGORIES: &str = include_str!("../../../data/catalog/categories.csv");
const SYNONYMS: &str = include_str!("../../../data/catalog/synonyms.csv");
const TREE: &str = "code,slug,parent,name,description\n100000000,thing,,Things,\n101000000,furniture,thing,Furniture,\n101010000,seating,furniture,Seating,\n";

thread_local!(static LEXICON: Lexicon = Lexicon::parse(CATEGORIES, SYNONYMS).unwrap());

fn words(title: &str) -> Vec<String> {
    LEXICON.with(|lexicon| lexicon.words(title).into_iter().collect())
}

fn error(synonyms: &str) -> LexiconError {
    Lexicon::parse(TREE, &format!("term,canonical,category\n{synonyms}")).unwrap_err()
}

#[test]
fn the_catalogue_is_three_levels_deep_and_large_enough() {
    let lexicon = Lexicon::parse(CATEGORIES, SYNONYMS).unwrap();
    let level = |unit: i32| lexicon.categories().iter().filter(|category| category.code % unit == 0).count();
    assert_eq!(level(100_000_000), 6);
    assert!(level(1_000_000) - 6 >= 25 && level(10_000) - level(1_000_000) >= 130);
    assert!(lexicon.term_count() >= 700);
}

#[test]
fn synonyms_and_plurals_become_one_word() {
    assert_eq!(words("Loo Rolls"), ["toilet_paper"]);
    assert_eq!(words("toilet tissue"), words("bog roll"));
    assert_eq!(words("Two settees"), words("a couch, two"));
    assert_eq!(words("40 folding chairs needed please"), ["fold_chair"]);
}

#[test]
fn a_phrase_without_synonyms_keeps_its_words() {
    assert_eq!(words("Tins of Soup 400g"), ["soup", "tin"]);
    assert_eq!(words("canned soup"), ["soup", "tin"]);
}

#[test]
fn diacritics_apostrophes_case_and_noise_are_dropped() {
    assert_eq!(words("CRÈCHE"), words("creche"));
    assert_eq!(words("Men\u{2019}s shed"), words("mens shed"));
    assert!(words("We need 3 x 500g of the, i.e. size 4!").is_empty());
}

#[test]
fn stop_words_are_written_as_stems() {
    let changed: Vec<&&str> = STOP_WORDS.iter().filter(|word| stem(word) != **word).collect();
    assert!(changed.is_empty(), "{changed:?}");
}

#[test]
fn broken_catalogues_are_refused_with_the_rule() {
    assert!(matches!(error("sofa,sofa,sofas\n"), LexiconError::UnknownCategory(term) if term == "sofa"));
    assert!(matches!(error("sofa,sofa,thing\n"), LexiconError::UnknownCategory(_)));
    assert!(matches!(error("settee,sofa,seating\n"), LexiconError::Canonical(_)));
    assert!(matches!(error("sofa,sofa,seating\nsofa,sofa,seating\n"), LexiconError::DuplicateTerm(..)));
    assert!(matches!(error("chair,chair,seating\nchairs,chairs,furniture\n"), LexiconError::DuplicateTerm(..)));
    assert!(matches!(error("Sofa,Sofa,seating\n"), LexiconError::Term(_)));
    assert!(matches!(error("spare,spare,seating\n"), LexiconError::Term(_)));
    let tree = |row: &str| Lexicon::parse(&format!("{TREE}{row}\n"), "term,canonical,category\n").unwrap_err();
    assert!(matches!(tree("101020000,seating,furniture,x,"), LexiconError::DuplicateCategory(_)));
    assert!(matches!(tree("101020000,tables,thing,x,"), LexiconError::Code(_)));
    assert!(matches!(tree("102010000,pans,kitchen,x,"), LexiconError::Parent(_)));
    assert!(matches!(tree("101020000,Tables,furniture,x,"), LexiconError::Slug(_)));
    assert!(matches!(Lexicon::parse("a,b\n", ""), Err(LexiconError::Header(_))));
}

#[test]
fn every_term_of_the_catalogue_is_stable() {
    for term in SYNONYMS.lines().skip(1).filter_map(|row| row.split(',').next()) {
        let once = words(term);
        assert!(!once.is_empty(), "{term}");
        assert_eq!(words(&once.join(", ")), once, "{term}");
    }
}

proptest! {
    #[test]
    fn the_words_of_the_words_are_the_words(title in "\\PC{0,40}|([a-z]{1,9}[ ,/-]){0,8}") {
        let once = words(&title);
        prop_assert_eq!(words(&once.join(", ")), once.clone());
        for word in &once {
            prop_assert_eq!(words(word), std::slice::from_ref(word));
        }
    }

    #[test]
    fn the_order_of_parts_makes_no_difference(one in "[a-z ]{0,20}", other in "\\PC{0,20}") {
        prop_assert_eq!(words(&format!("{one}, {other}")), words(&format!("{other}, {one}")));
    }
}
