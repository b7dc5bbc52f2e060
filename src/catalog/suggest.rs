//! Guessing the category of a title. Pure; the lexicon it reads with is in `words`, beside this file.

mod typo;

use std::collections::{BTreeMap, BTreeSet};

use self::typo::distance;
use super::words::{Lexicon, Run, Term, Token, stem};

/// Start a new thing of the same list: "tea and coffee".
const JOINERS: &[&str] = &["and", "or", "plus", "n"];
/// What follows only qualifies what came before: "deodorant for men".
const QUALIFIERS: &[&str] = &["for", "in", "with", "from", "at", "on", "to", "by"];
/// What follows is not meant: "tables (not chairs)".
const DENIALS: &[&str] = &["not", "no", "except", "without", "excluding"];
/// What follows is an example or a preference.
const EXAMPLES: &[&str] = &["eg", "ie", "such", "including", "include", "includes", "especially", "ideally", "preferably", "like"];
/// What things come in, and how many: never what is meant.
const CONTAINERS: &[&str] = &[
    "tin", "jar", "packet", "pack", "bottl", "box", "carton", "pouch", "sachet", "tub", "bag", "crate", "tray", "pallet", "new", "set",
    "pair",
];

/// A category that a title may belong to.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    /// Slug of a category of level 2 or 3.
    pub category: String,
    /// The words of the catalogue that led to it, to show as the reason.
    pub matched_term: String,
    /// From 0 (a guess) to 1 (the title is that term). Not a probability.
    pub confidence: f32,
}

/// One thing named in a title, with what the lexicon knows of it.
struct Part<'a> {
    weight: f32,
    linked: bool,
    content: u16,
    /// Terms found, each with the words it covers and the unknown words after it.
    hits: Vec<Hit<'a>>,
    tokens: Vec<Place<'a>>,
}

struct Hit<'a> {
    term: &'a Term,
    length: u16,
    unknown_after: u16,
}

struct Place<'a> {
    token: &'a Token,
    /// Already part of a phrase of two or more words.
    used: bool,
}

/// How the part being read relates to the one before.
#[derive(Clone, Copy, Default)]
struct Mode {
    tail: bool,
    denied: bool,
    example: bool,
}

impl Lexicon {
    /// Categories that fit a title, best first, each at most once; empty when nothing is recognised. The same title always gives
    /// the same answer.
    ///
    /// The rule in words. A title is a list of parts, cut at commas, slashes, brackets, dashes, "and", "or". In each part the
    /// longest known phrases are found. A phrase counts more the more words it has and the more of the part it covers; the last
    /// one of a part, its head noun, counts most ("cat food" is food, "minibus driver" a driver). The first part counts most and
    /// each later one less; what follows "for", "with", "in" half; what is in brackets or after "e.g.", "such as", "i.e.",
    /// "especially" less than half; what follows "not", "no", "except" nothing. A phrase whose words are all there but apart
    /// ("chairs - folding", "guitar or piano lessons") counts almost as if they stood together. When no phrase is found, the names of the
    /// categories are tried; then words with one wrong letter (two from nine letters on), both with lower confidence.
    #[must_use]
    pub fn suggest(&self, title: &str) -> Vec<Suggestion> {
        let runs = self.runs(title);
        let mut found = self.by_phrases(&runs);
        if found.is_empty() {
            found = self.by_names(&runs);
        }
        if found.is_empty() {
            found = self.by_phrases(&self.corrected(&runs));
            for suggestion in &mut found {
                suggestion.confidence *= 0.7;
            }
        }
        best_first(found)
    }

    fn by_phrases(&self, runs: &[Run]) -> Vec<Suggestion> {
        let parts = self.parts(runs);
        let mut found: Vec<Suggestion> = parts.iter().flat_map(Part::suggestions).collect();
        found.extend(self.scattered(&parts));
        found
    }

    /// Cuts the runs into parts and weighs them.
    fn parts<'a>(&'a self, runs: &'a [Run]) -> Vec<Part<'a>> {
        let mut parts: Vec<Part<'a>> = Vec::new();
        let mut example = false;
        for run in runs {
            let mut mode = Mode { example: example || run.aside, ..Mode::default() };
            let mut linked = run.linked;
            let mut part = Part::new(&parts, mode, linked);
            for (term, tokens) in self.spans(&run.tokens) {
                let next = if term.is_some() { None } else { tokens.first().and_then(|token| mode.after(&token.raw, &part)) };
                if let Some((next, joined)) = next {
                    example |= next.example && !run.aside;
                    mode = next;
                    linked = joined;
                    part.close(&mut parts);
                    part = Part::new(&parts, mode, linked);
                } else if !mode.denied {
                    part.add(term, tokens);
                }
            }
            part.close(&mut parts);
        }
        parts
    }

    /// Phrases of two or more words whose words are all in the title, but not side by side.
    fn scattered(&self, parts: &[Part<'_>]) -> Vec<Suggestion> {
        let keys: BTreeSet<&str> = parts.iter().flat_map(|part| &part.tokens).map(|place| place.token.key.as_str()).collect();
        let mut found = Vec::new();
        for first in &keys {
            let from = vec![(*first).to_owned()];
            for (words, term) in self.terms.range(from..).take_while(|(words, _)| words.first().is_some_and(|word| word == first)) {
                let apart = words.len() > 1 && words.iter().all(|word| keys.contains(word.as_str()) && !is_joint(word));
                if let Some(weight) = apart.then(|| scattered_weight(parts, words)).flatten() {
                    let length = u16::try_from(words.len()).unwrap_or(u16::MAX);
                    found.push(suggestion(term, weight * length_weight(length) * 0.95));
                }
            }
        }
        found
    }

    /// Titles that share words with the name of a category.
    fn by_names(&self, runs: &[Run]) -> Vec<Suggestion> {
        let title = content_keys(runs);
        let share = f32::from(u16::try_from(title.len()).unwrap_or(u16::MAX)).max(1.0);
        let below_roots = self.categories().iter().filter(|category| category.parent.is_some());
        let scored = below_roots.filter_map(|category| {
            let common = content_keys(&self.runs(&category.name)).intersection(&title).count();
            let common = u16::try_from(common).ok().filter(|common| *common > 0)?;
            let confidence = 0.5 * f32::from(common) / share;
            Some(Suggestion { category: category.slug.clone(), matched_term: category.name.clone(), confidence })
        });
        scored.collect()
    }

    /// The word that a misspelt one was probably meant to be: the known one nearest in spelling, where there is one near enough;
    /// of equally near ones the first of the alphabet.
    #[must_use]
    pub fn meant(&self, word: &str) -> Option<&str> {
        let length = word.chars().count();
        if length < 5 {
            return None;
        }
        let allowed = slips(length);
        let alike = self.spellings.iter().filter(|(raw, _)| raw.chars().count().abs_diff(length) <= allowed);
        let near = alike.map(|(raw, key)| (distance(word, raw), key)).min_by_key(|(steps, _)| *steps);
        near.filter(|(steps, _)| *steps <= allowed).map(|(_, key)| key.as_str())
    }

    /// Whether a word is probably another one, misspelt: of five letters or more, and one letter away (two from nine letters on).
    #[must_use]
    pub fn is_misspelling(word: &str, of: &str) -> bool {
        let length = word.chars().count();
        length >= 5 && of.chars().count().abs_diff(length) <= slips(length) && distance(word, of) <= slips(length)
    }

    /// The runs with unknown words replaced by what they were probably meant to be.
    fn corrected(&self, runs: &[Run]) -> Vec<Run> {
        let mut runs = runs.to_vec();
        for token in runs.iter_mut().flat_map(|run| run.tokens.iter_mut()) {
            if let Some(key) = self.meant(&token.raw).filter(|_| !token.is_noise()) {
                key.clone_into(&mut token.key);
            }
        }
        runs
    }
}

/// How many letters of a word of this length may be wrong.
const fn slips(length: usize) -> usize {
    if length >= 9 { 2 } else { 1 }
}

impl Mode {
    /// What a connecting word does to the part that follows it, and whether that part shares words with the one before; none for
    /// an ordinary word. A qualifier at the start of a part ("for hire") is an ordinary word.
    fn after(self, word: &str, part: &Part<'_>) -> Option<(Self, bool)> {
        if DENIALS.contains(&word) {
            Some((Self { denied: true, ..self }, false))
        } else if EXAMPLES.contains(&word) {
            Some((Self { example: true, ..self }, false))
        } else if JOINERS.contains(&word) {
            Some((self, true))
        } else if (QUALIFIERS.contains(&word) && part.content > 0) || (word == "of" && part.names_a_thing()) {
            Some((Self { tail: true, ..self }, false))
        } else {
            None
        }
    }
}

impl<'a> Part<'a> {
    fn new(before: &[Part<'_>], mode: Mode, linked: bool) -> Self {
        let rank = match before.len() {
            0 => 1.0,
            1 => 0.85,
            2 => 0.72,
            _ => 0.6,
        };
        let tail = if mode.tail { 0.5 } else { 1.0 };
        let example = if mode.example { 0.4 } else { 1.0 };
        Self { weight: rank * tail * example, linked, content: 0, hits: Vec::new(), tokens: Vec::new() }
    }

    fn add(&mut self, term: Option<&'a Term>, tokens: &'a [Token]) {
        let length = u16::try_from(tokens.len()).unwrap_or(u16::MAX);
        self.tokens.extend(tokens.iter().map(|token| Place { token, used: length > 1 }));
        if let Some(term) = term {
            self.content += length;
            self.hits.push(Hit { term, length, unknown_after: 0 });
        } else if tokens.iter().any(|token| !token.is_noise() && !CONTAINERS.contains(&token.key.as_str())) {
            self.content += 1;
            if let Some(hit) = self.hits.last_mut() {
                hit.unknown_after += 1;
            }
        }
    }

    /// False for "loan", "box": what follows "of" is then the thing itself ("box of tea bags"); true for "translation of a leaflet".
    fn names_a_thing(&self) -> bool {
        self.hits.last().is_some_and(|hit| hit.unknown_after == 0 && !is_container(hit.term))
    }

    /// Keeps the part when it says anything.
    fn close(self, parts: &mut Vec<Part<'a>>) {
        if !self.tokens.is_empty() {
            parts.push(self);
        }
    }

    fn suggestions(&self) -> Vec<Suggestion> {
        let mut head = self.hits.iter().rposition(|hit| !is_container(hit.term)).unwrap_or(self.hits.len());
        if head == self.hits.len() {
            head = head.saturating_sub(1);
        }
        let scored = self.hits.iter().enumerate().map(|(position, hit)| {
            let place = match (position == head, hit.unknown_after) {
                (true, 0) => 1.0,
                (true, _) => 0.85,
                (false, _) => 0.6,
            };
            let cover = 0.7 + 0.3 * f32::from(hit.length) / f32::from(self.content.max(1));
            suggestion(hit.term, self.weight * place * cover * length_weight(hit.length))
        });
        scored.collect()
    }
}

/// The weight of the best part that a scattered phrase touches; none when its words stand together anyway or belong to other
/// phrases. Only its last word may be shared, when the parts from its first word to there are joined ("guitar or piano lessons").
fn scattered_weight(parts: &[Part<'_>], words: &[String]) -> Option<f32> {
    let mut weight = 0.0_f32;
    let mut places: Vec<(usize, bool)> = Vec::new();
    for word in words {
        let at = parts.iter().enumerate().flat_map(|(index, part)| part.tokens.iter().map(move |place| (index, part, place)));
        let (index, part, place) = at.filter(|(_, _, place)| place.token.key == *word).min_by_key(|(_, _, place)| place.used)?;
        weight = weight.max(part.weight);
        places.push((index, place.used));
    }
    let ((last, last_used), others) = places.split_last()?;
    let first = others.iter().map(|(index, _)| *index).min()?;
    if others.iter().any(|(_, used)| *used) {
        return None;
    }
    let joined = first <= *last && parts.iter().take(last + 1).skip(first + 1).all(|part| part.linked);
    (!last_used || joined).then_some(weight)
}

fn length_weight(words: u16) -> f32 {
    match words {
        0 | 1 => 0.8,
        2 => 0.92,
        _ => 1.0,
    }
}

fn is_joint(word: &str) -> bool {
    JOINERS.contains(&word) || QUALIFIERS.contains(&word) || matches!(word, "of" | "a" | "the")
}

fn is_container(term: &Term) -> bool {
    CONTAINERS.contains(&stem(&term.text).as_str())
}

fn suggestion(term: &Term, confidence: f32) -> Suggestion {
    Suggestion { category: term.category.clone(), matched_term: term.text.clone(), confidence: confidence.clamp(0.0, 1.0) }
}

fn content_keys(runs: &[Run]) -> BTreeSet<String> {
    runs.iter().flat_map(|run| &run.tokens).filter(|token| !token.is_noise()).map(|token| token.key.clone()).collect()
}

/// One suggestion for each category, by confidence, then by the order found, then by slug.
fn best_first(found: Vec<Suggestion>) -> Vec<Suggestion> {
    let mut best: BTreeMap<String, (usize, Suggestion)> = BTreeMap::new();
    for (order, suggestion) in found.into_iter().enumerate() {
        let better = best.get(&suggestion.category).is_none_or(|(_, other)| suggestion.confidence > other.confidence);
        if better {
            best.insert(suggestion.category.clone(), (order, suggestion));
        }
    }
    let mut sorted: Vec<(usize, Suggestion)> = best.into_values().collect();
    sorted.sort_by(|(order, one), (other_order, other)| other.confidence.total_cmp(&one.confidence).then(order.cmp(other_order)));
    sorted.into_iter().map(|(_, suggestion)| suggestion).collect()
}

#[cfg(test)]
mod tests;
