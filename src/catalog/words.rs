//! The words of a title: how they are cut, stemmed and folded, and the lexicon (categories and synonyms) they are read with.
//!
//! Pure: no files, no database, no clock. Guessing a category from a title is in `suggest`, beside this file.

mod read;

use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use read::{Category, LexiconError};
use read::{parse_categories, parse_synonyms};
use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Letters of a word that count; PostgreSQL refuses very long ones.
const LONGEST_WORD: usize = 40;

/// Words that say nothing about what is offered or wanted, as stems: English function words, then the small talk of an exchange.
const STOP_WORDS: &[&str] = &[
    "a", "an", "and", "ani", "are", "as", "at", "be", "but", "by", "can", "could", "do", "for", "from", "have", "i", "if", "in", "is",
    "it", "no", "not", "of", "on", "or", "our", "some", "someon", "such", "that", "the", "their", "them", "these", "this", "to", "us",
    "we", "who", "will", "with", "would", "you", "your", // small talk
    "appreci", "avail", "borrow", "donat", "eg", "etc", "free", "give", "got", "help", "ie", "item", "larg", "lend", "loan", "look",
    "need", "offer", "other", "plea", "requir", "seek", "size", "small", "spare", "thank", "urgent", "various", "want", "welcom",
];

/// Words that the stemmer would confuse with another word ("bedding" with "bed") or cannot reach ("knives"), and what they become.
const IRREGULAR: &[(&str, &str)] = &[
    ("bedding", "bedding"),
    ("canned", "tin"),
    ("cans", "tin"),
    ("clothes", "clothing"),
    ("clothing", "clothing"),
    ("corned", "corned"),
    ("gardener", "gardening"),
    ("gardeners", "gardening"),
    ("gardening", "gardening"),
    ("laminator", "laminator"),
    ("laminators", "laminator"),
    ("medication", "medication"),
    ("shopping", "shopping"),
    ("glasses", "glasses"),
    ("knives", "knife"),
    ("loaves", "loaf"),
    ("scarves", "scarf"),
    ("shelves", "shelf"),
    ("training", "training"),
    ("paints", "paint"),
    ("painting", "painting"),
    ("parking", "parking"),
    ("woods", "woods"),
    ("recorder", "recorder"),
    ("recorders", "recorder"),
];

/// Units that make a number a size, as in "500g" or "2ltr"; "s" is for "80s".
const UNITS: &[&str] = &[
    "g", "gm", "gms", "kg", "kgs", "l", "lt", "ltr", "ltrs", "litr", "litre", "litres", "m", "ml", "mls", "cm", "mm", "ft", "oz", "s", "x",
];

/// A row of the synonyms file, ready for matching.
#[derive(Debug, Clone)]
pub(super) struct Term {
    /// As written in the file.
    pub(super) text: String,
    /// Slug of the category it belongs to.
    pub(super) category: String,
    canonical: String,
    /// The one word it folds to; none when there is nothing else to fold with.
    word: Option<String>,
}

/// One word of a title: as typed (lower case, no diacritics) and as matched (stemmed, one-word synonyms folded).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) raw: String,
    pub(super) key: String,
}

impl Token {
    /// True for stop words, numbers, sizes and single letters.
    pub(super) fn is_noise(&self) -> bool {
        STOP_WORDS.contains(&self.raw.as_str()) || is_noise(&self.key)
    }
}

/// A stretch of a title that phrases do not cross: what stands between commas, slashes, brackets, dashes.
#[derive(Debug, Clone, Default)]
pub(super) struct Run {
    pub(super) tokens: Vec<Token>,
    /// Inside brackets.
    pub(super) aside: bool,
    /// Joined to the run before by a slash.
    pub(super) linked: bool,
}

/// The category tree and the synonyms, checked against each other.
#[derive(Debug, Clone)]
pub struct Lexicon {
    categories: Vec<Category>,
    fold: HashMap<String, String>,
    pub(super) terms: BTreeMap<Vec<String>, Term>,
    longest: usize,
    /// Every word of the synonyms file as written, of four letters or more, with its key: what a typing error is compared with.
    pub(super) spellings: BTreeMap<String, String>,
}

impl Lexicon {
    /// Reads `categories.csv` and `synonyms.csv` (their text, not their paths) and checks every rule of the catalogue's README.
    ///
    /// # Errors
    /// The first rule that is broken, naming the row.
    pub fn parse(categories_csv: &str, synonyms_csv: &str) -> Result<Self, LexiconError> {
        let categories = parse_categories(categories_csv)?;
        let rows = parse_synonyms(synonyms_csv, &categories)?;
        let fold = one_word_synonyms(&rows);
        let terms = phrases(rows, &fold)?;
        let longest = terms.keys().map(Vec::len).max().unwrap_or(0);
        let mut lexicon = Self { categories, fold, terms, longest, spellings: BTreeMap::new() };
        let runs: Vec<Run> = lexicon.terms.values().flat_map(|term| lexicon.runs(&term.text)).collect();
        let tokens = runs.into_iter().flat_map(|run| run.tokens).filter(|token| token.raw.len() >= 4);
        lexicon.spellings = tokens.map(|token| (token.raw, token.key)).collect();
        Ok(lexicon)
    }

    /// All categories in the order of the file: parents before their children.
    #[must_use]
    pub fn categories(&self) -> &[Category] {
        &self.categories
    }

    /// How many rows of synonyms there are after stemming.
    #[must_use]
    pub fn term_count(&self) -> usize {
        self.terms.len()
    }

    /// The words of a title, for the `words` part of the match score.
    ///
    /// Letters are decomposed (NFKD), stripped of diacritics and apostrophes and lower-cased; everything that is not a letter or
    /// digit separates words; words are stemmed (Snowball English). Then the longest phrases of the synonyms file are found;
    /// one that has synonyms becomes one word, its canonical joined by `_` (loo rolls, toilet tissue -> `toilet_paper`); one
    /// without synonyms stays its plain words, so that "tinned soup" still shares "soup". Stop words, numbers, sizes and single
    /// letters go. Phrases do not cross commas, slashes, brackets or dashes, so the order of such parts makes no difference, and
    /// the words of a word are that word.
    #[must_use]
    pub fn words(&self, title: &str) -> BTreeSet<String> {
        let mut words = BTreeSet::new();
        for run in self.runs(title) {
            for (term, tokens) in self.spans(&run.tokens) {
                match term.and_then(|term| term.word.clone()) {
                    Some(word) => drop(words.insert(word)),
                    None => words.extend(tokens.iter().filter_map(|token| self.word(token))),
                }
            }
        }
        words
    }

    fn word(&self, token: &Token) -> Option<String> {
        if token.is_noise() {
            return None;
        }
        let term = self.terms.get(std::slice::from_ref(&token.key));
        Some(term.and_then(|term| term.word.clone()).unwrap_or_else(|| token.key.chars().take(LONGEST_WORD).collect()))
    }

    /// Cuts a title into runs of tokens with one-word synonyms folded.
    pub(super) fn runs(&self, title: &str) -> Vec<Run> {
        let mut runs = cut(title);
        for token in runs.iter_mut().flat_map(|run| run.tokens.iter_mut()) {
            if let Some(canonical) = self.fold.get(&token.key) {
                token.key.clone_from(canonical);
            }
        }
        runs
    }

    /// Splits a run into phrases of the lexicon, longest first from the left, and single tokens that belong to none.
    pub(super) fn spans<'a>(&'a self, tokens: &'a [Token]) -> Vec<(Option<&'a Term>, &'a [Token])> {
        let mut spans = Vec::new();
        let mut rest = tokens;
        while !rest.is_empty() {
            let keys: Vec<String> = rest.iter().take(self.longest).map(|token| token.key.clone()).collect();
            let found = (1..=keys.len()).rev().find_map(|length| {
                let term = self.terms.get(keys.get(..length)?)?;
                (length > 1 || rest.first().is_some_and(|token| !token.is_noise())).then_some((term, length))
            });
            let (head, tail) = rest.split_at(found.map_or(1, |(_, length)| length));
            spans.push((found.map(|(term, _)| term), head));
            rest = tail;
        }
        spans
    }
}

/// "settee" -> "sofa": pairs of single words, which also hold inside phrases ("settee bed").
fn one_word_synonyms(terms: &[Term]) -> HashMap<String, String> {
    let single = |text: &str| <[String; 1]>::try_from(keys(text)).ok().map(|[key]| key);
    terms.iter().filter_map(|term| Some((single(&term.text)?, single(&term.canonical)?))).filter(|(from, to)| from != to).collect()
}

/// Indexes the terms by their folded stems, and gives those that have synonyms the word they fold to.
fn phrases(rows: Vec<Term>, fold: &HashMap<String, String>) -> Result<BTreeMap<Vec<String>, Term>, LexiconError> {
    let folded = |text: &str| -> Vec<String> { keys(text).into_iter().map(|key| fold.get(&key).cloned().unwrap_or(key)).collect() };
    let mut terms: BTreeMap<Vec<String>, Term> = BTreeMap::new();
    let mut members: HashMap<String, usize> = HashMap::new();
    let (canonicals, others): (Vec<Term>, Vec<Term>) = rows.into_iter().partition(|term| term.text == term.canonical);
    for term in canonicals.into_iter().chain(others) {
        let key = folded(&term.text);
        if let Some(other) = terms.get(&key) {
            if other.category != term.category || folded(&other.canonical) != folded(&term.canonical) {
                return Err(LexiconError::DuplicateTerm(other.text.clone(), term.text));
            }
            continue;
        }
        *members.entry(term.canonical.clone()).or_default() += 1;
        terms.insert(key, term);
    }
    for term in terms.values_mut().filter(|term| members.get(&term.canonical).is_some_and(|count| *count > 1)) {
        term.word = Some(folded(&term.canonical).join("_"));
    }
    Ok(terms)
}

fn keys(text: &str) -> Vec<String> {
    cut(text).into_iter().flat_map(|run| run.tokens).map(|token| token.key).collect()
}

/// Lower case without diacritics and apostrophes.
fn plain(text: &str) -> String {
    let lower: String = text.nfkd().flat_map(char::to_lowercase).nfkd().filter(|letter| !is_combining_mark(*letter)).collect();
    lower.chars().filter(|letter| !matches!(letter, '\'' | '\u{2019}' | '\u{2018}' | '\u{2bc}' | '`' | '\u{b4}' | '\u{2032}')).collect()
}

fn cut(title: &str) -> Vec<Run> {
    let text = plain(title);
    let mut runs = Vec::new();
    let mut run = Run::default();
    let mut word = String::new();
    let mut depth = 0_u32;
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let dash = letter == '-' && (before.is_whitespace() || letters.peek().is_none_or(|next| next.is_whitespace()));
        if letter.is_alphanumeric() {
            word.push(letter);
        } else {
            push_token(&mut run, &mut word);
        }
        match letter {
            '&' | '+' => push_token(&mut run, &mut "and".to_owned()),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if dash
            || matches!(letter, '/' | ',' | ';' | ':' | '(' | ')' | '[' | ']' | '{' | '}' | '|' | '–' | '—' | '•' | '!' | '?' | '"' | '\n')
        {
            runs.push(std::mem::replace(&mut run, Run { tokens: Vec::new(), aside: depth > 0, linked: letter == '/' }));
        }
        before = letter;
    }
    push_token(&mut run, &mut word);
    runs.push(run);
    runs.retain(|run| !run.tokens.is_empty());
    runs
}

fn push_token(run: &mut Run, word: &mut String) {
    if !word.is_empty() {
        let mut raw = std::mem::take(word);
        if let Some(last) = run.tokens.pop_if(|last| matches!((last.raw.as_str(), raw.as_str()), ("e", "g") | ("i", "e"))) {
            raw.insert_str(0, &last.raw);
        }
        run.tokens.push(Token { key: stem(&raw), raw });
    }
}

/// Snowball English, repeated until nothing changes, so that the stem of a stem is itself; never down to one letter.
pub(super) fn stem(word: &str) -> String {
    let stemmer = Stemmer::create(Algorithm::English);
    let mut word = word.to_owned();
    loop {
        if let Some((_, known)) = IRREGULAR.iter().find(|(from, _)| *from == word) {
            return (*known).to_owned();
        }
        let shorter = stemmer.stem(&word).into_owned();
        if shorter == word || shorter.len() < 2 {
            return word;
        }
        word = shorter;
    }
}

fn is_noise(key: &str) -> bool {
    let unit = key.trim_start_matches(char::is_numeric);
    let size = unit.len() < key.len() && (unit.is_empty() || UNITS.contains(&unit));
    size || key.chars().nth(1).is_none() || STOP_WORDS.contains(&key)
}

#[cfg(test)]
mod tests;
