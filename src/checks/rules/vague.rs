//! Titles that do not tell what it is about.

use super::{Draft, Found, Rule, Texts, reading::is_number};
use crate::listings::Kind;

/// Words that could be about anything.
#[rustfmt::skip]
const EMPTY: [&str; 88] = [
    "a", "an", "and", "any", "all", "the", "some", "of", "for", "to", "with", "our", "your", "we", "have", "got", "has", "need", "want",
    "wanted", "offer", "offering", "free", "please", "lots", "lot", "many", "more", "few", "various", "misc", "miscellaneous", "mixed",
    "stuff", "thing", "things", "item", "items", "bits", "pieces", "bobs", "odds", "ends", "goods", "something", "anything", "everything",
    "nothing", "help", "helping", "support", "assistance", "resources", "resource", "donation", "donations", "useful", "good", "nice",
    "great", "clutter", "job", "general", "other", "others", "etc", "new", "old", "used", "spare", "extra", "surplus", "available", "here",
    "hello", "hi", "volunteer", "volunteers", "test", "testing", "title", "listing", "pethau", "cymorth", "unrhyw", "beth", "needed",
    "usual",
];

/// Whole shelves: of an offer they say too little by themselves.
#[rustfmt::skip]
const SHELVES: [&str; 18] = [
    "furniture", "clothes", "clothing", "food", "equipment", "tools", "household", "kitchen", "electricals", "toys", "materials",
    "supplies", "dillad", "bwyd", "dodrefn", "space", "transport", "skills",
];

/// How many words with content a description needs to make up for an empty title.
const ENOUGH: usize = 5;

/// The title, when it says nothing and the description does not help.
pub(super) fn find(draft: &Draft<'_>, texts: &Texts<'_>) -> Option<Found> {
    let told = texts.description.words.iter().filter(|word| is_content(&word.folded)).count();
    let content: Vec<&str> = texts.title.words.iter().map(|word| word.folded.as_str()).filter(|word| is_content(word)).collect();
    let only_shelves = draft.kind == Kind::Offer && content.iter().all(|word| SHELVES.contains(word));
    let vague = content.is_empty() || only_shelves;
    (vague && told < ENOUGH).then(|| Found { rule: Rule::TooVague, pointer: "/title", words: Some(draft.title.to_owned()) })
}

/// Whether a word says something: known, or at least pronounceable.
fn is_content(word: &str) -> bool {
    !EMPTY.contains(&word) && !is_number(word) && word.chars().count() > 1 && !is_noise(word)
}

/// "asdf", "xxxx", "qwerty": keys, not words.
fn is_noise(word: &str) -> bool {
    const KEYS: [&str; 7] = ["asdf", "qwer", "zxcv", "hjkl", "sdfg", "dfgh", "jkl"];
    let first = word.chars().next();
    let one_letter = word.chars().count() > 2 && word.chars().all(|c| Some(c) == first);
    one_letter || KEYS.iter().any(|keys| word.contains(keys))
}
