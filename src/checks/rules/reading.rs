//! A public text cut into words that can be compared, each knowing where it stands.

use std::ops::Range;

use crate::types::text::fold;

/// A word of a text.
#[derive(Debug, Clone)]
pub(super) struct Word {
    /// Lower case, without diacritics and apostrophes.
    pub(super) folded: String,
    /// Where it stands in the text, in bytes.
    span: Range<usize>,
    /// Whether it begins with a capital.
    pub(super) is_capital: bool,
    /// Whether a sentence, or a part of one, ends between it and the word before.
    pub(super) begins: bool,
}

/// A field of a listing.
#[derive(Debug, Clone)]
pub(super) struct Text<'a> {
    /// Where it is, as a JSON pointer.
    pub(super) pointer: &'static str,
    /// As it was written.
    pub(super) raw: &'a str,
    /// Its words.
    pub(super) words: Vec<Word>,
}

/// Words that turn a phrase into its opposite, when they stand before it.
const DENIALS: [&str; 10] = ["no", "not", "nothing", "without", "non", "nor", "never", "except", "excluding", "dim"];

impl<'a> Text<'a> {
    pub(super) fn new(pointer: &'static str, raw: &'a str) -> Self {
        Self { pointer, raw, words: cut(raw) }
    }

    /// The text from the first of some words to the last.
    pub(super) fn quote(&self, words: Range<usize>) -> String {
        let inside = self.words.get(words).unwrap_or_default();
        let span = inside.first().zip(inside.last()).map(|(first, last)| first.span.start..last.span.end);
        span.and_then(|span| self.raw.get(span)).unwrap_or_default().to_owned()
    }

    pub(super) fn word(&self, at: usize) -> &str {
        self.words.get(at).map_or("", |word| word.folded.as_str())
    }

    /// The word so many places before another; empty when there is none.
    pub(super) fn before(&self, at: usize, places: usize) -> &str {
        at.checked_sub(places).map_or("", |at| self.word(at))
    }

    /// Where a phrase stands; its words may have an s at the end.
    pub(super) fn find(&self, phrase: &str) -> Vec<Range<usize>> {
        let length = phrase.split(' ').count();
        let fits = |at: &usize| phrase.split(' ').enumerate().all(|(place, word)| is(self.word(at + place), word));
        (0..self.words.len()).filter(fits).map(|at| at..at + length).collect()
    }

    /// Whether it says one of these phrases.
    pub(super) fn says(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| !self.find(phrase).is_empty())
    }

    /// The first of these phrases that is neither denied nor part of something harmless.
    pub(super) fn names(&self, phrases: &[&str], harmless: &[&str]) -> Option<Range<usize>> {
        let safe: Vec<Range<usize>> = harmless.iter().flat_map(|phrase| self.find(phrase)).collect();
        let is_safe = |found: &Range<usize>| safe.iter().any(|safe| safe.start < found.end && found.start < safe.end);
        let all = phrases.iter().flat_map(|phrase| self.find(phrase)).filter(|found| !is_safe(found) && !self.is_denied(found.start));
        all.min_by_key(|found| found.start)
    }

    /// Whether a word before this one denies it: "no alcohol", "not for wine".
    fn is_denied(&self, at: usize) -> bool {
        DENIALS.contains(&self.before(at, 1))
            || (DENIALS.contains(&self.before(at, 2)) && !self.words.get(at).is_some_and(|word| word.begins))
    }
}

/// Whether a word is another one, or more of it.
pub(super) fn is(word: &str, of: &str) -> bool {
    word.strip_prefix(of).is_some_and(|rest| matches!(rest, "" | "s" | "es"))
}

/// Whether a word is a whole number.
pub(super) fn is_number(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| c.is_ascii_digit())
}

fn cut(raw: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut start = None;
    let mut begins = true;
    for (at, c) in raw.char_indices().chain(std::iter::once((raw.len(), ' '))) {
        let is_part =
            c.is_alphanumeric() || (matches!(c, '\'' | '’') && start.is_some()) || unicode_normalization::char::is_combining_mark(c);
        match (is_part, start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                words.extend(word(raw, from..at, begins));
                begins = is_break(c);
                start = None;
            }
            (false, None) => begins = begins || is_break(c),
            (true, Some(_)) => {}
        }
    }
    words
}

fn word(raw: &str, span: Range<usize>, begins: bool) -> Option<Word> {
    let written = raw.get(span.clone())?;
    let folded: String = fold(written).chars().filter(|c| *c != '\'').collect();
    Some(Word { folded, span, is_capital: written.chars().next().is_some_and(char::is_uppercase), begins })
}

fn is_break(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | ';' | ':' | '\n' | '(' | ')' | '–' | '—')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_without_case_accents_and_apostrophes_and_quoted_as_written() {
        let text = Text::new("/title", "Tŷ Coch’s WINES, and more");
        assert_eq!(text.words.iter().map(|word| word.folded.as_str()).collect::<Vec<_>>(), ["ty", "cochs", "wines", "and", "more"]);
        let found = text.names(&["wine"], &[]).unwrap();
        assert_eq!(text.quote(found), "WINES");
    }

    #[test]
    fn what_is_denied_or_part_of_something_harmless_is_not_named() {
        let names = |raw| Text::new("/title", raw).names(&["wine", "beer"], &["wine glass", "ginger beer"]).is_some();
        assert!(names("Red wine") && names("Wine glasses and wine"));
        assert!(!names("Forty wine glasses") && !names("No wine please") && !names("Ginger beer") && !names("Winery"));
    }
}
