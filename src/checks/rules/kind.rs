//! An offer that asks, a want that gives: the words give it away.

use super::{Draft, Found, Rule, Texts, reading::Text};
use crate::listings::Kind;

/// What a group says that wants something.
#[rustfmt::skip]
const ASKS: [&str; 36] = [
    "wanted", "looking for", "in need of", "we need", "needed", "seeking", "does anyone have", "does anybody have", "has anyone got",
    "has anybody got", "can anyone", "can anybody", "could anyone", "could anybody", "anyone have", "required", "appeal for",
    "we are short of", "were short of", "we would like", "we would love", "hoping to find", "hoping to borrow", "please donate",
    "can you spare", "have you got", "please help us find", "desperate for", "after a", "eisiau", "angen", "yn chwilio am", "chwilio am",
    "oes gan rywun", "needs a", "need",
];

/// What an offer may say that sounds like it.
#[rustfmt::skip]
const NO_ASKING: [&str; 42] = [
    "no longer needed", "not needed", "need gone", "need it gone", "need them gone", "needs collecting", "need collecting",
    "looking for a good home", "looking for a new home", "looking for new homes", "looking for good homes", "wanted poster", "you need",
    "you will need", "needs to go", "need to go", "need to clear", "needs clearing", "we need the space", "need the space",
    "no longer need", "dont need", "do not need", "as needed", "if needed", "when needed", "where needed", "needs some", "needs a clean",
    "needs a wipe", "needs a new", "needs a good", "needs a little", "needs a bit", "in need", "assembly required", "booking required",
    "no experience required", "those in need", "more than we need", "unwanted", "special needs",
];

/// What a group says that gives something.
#[rustfmt::skip]
const GIVES: [&str; 32] = [
    "free to", "giving away", "to give away", "give away", "offering", "to offer", "going spare", "going free", "available to borrow",
    "up for grabs", "we have spare", "we have a spare", "we have surplus", "surplus to", "can offer", "can lend", "happy to lend",
    "happy to give", "come and collect", "must be collected", "collection only", "to a good home", "free of charge", "no longer needed",
    "no longer need", "we have some", "we can give", "i rhoi", "ar gael", "ar gynnig", "spare to give", "help yourself",
];

/// What a want may say that sounds like it.
#[rustfmt::skip]
const NO_GIVING: [&str; 20] = [
    "anyone offering", "anybody offering", "someone offering", "somebody offering", "anyone giving away", "anybody giving away",
    "anyone happy to lend", "somebody happy to lend", "someone happy to lend", "you no longer need", "no longer needed by you",
    "if you can offer", "you can offer", "anyone can offer", "you can lend", "they no longer need", "free to collect from", "free to come",
    "free to help", "anyone who can lend",
];

/// The words that show the other kind. A title says it anywhere, a description in its first words.
pub(super) fn find(draft: &Draft<'_>, texts: &Texts<'_>) -> Option<Found> {
    let (says, but) = match draft.kind {
        Kind::Offer => (ASKS.as_slice(), NO_ASKING.as_slice()),
        Kind::Want => (GIVES.as_slice(), NO_GIVING.as_slice()),
    };
    let found = |text: &Text<'_>, within: usize| {
        let words = text.names(says, but).filter(|found| found.start < within)?;
        Some(Found { rule: Rule::WrongKind, pointer: text.pointer, words: Some(text.quote(words)) })
    };
    // A want that asks in its title is a want, whatever it goes on to say; so is an offer that gives.
    let right = match draft.kind {
        Kind::Offer => texts.title.names(&GIVES, &[]).is_some(),
        Kind::Want => texts.title.names(&ASKS, &[]).is_some(),
    };
    found(&texts.title, usize::MAX).or_else(|| if right { None } else { found(&texts.description, 4) })
}
