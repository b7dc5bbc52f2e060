//! Reading the two catalogue files and checking their rules, row by row.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Term, is_noise, keys};

/// One node of the category tree as the catalogue file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Category {
    /// Permanent nine-digit number, R PP LL CCCC.
    pub code: i32,
    /// Permanent short name, unique over the tree.
    pub slug: String,
    /// Slug of the parent; none for the six resource types.
    pub parent: Option<String>,
    /// What a person reads.
    pub name: String,
    /// One line of explanation or examples.
    pub description: String,
}

/// Why the catalogue files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LexiconError {
    /// Not CSV, or a row with too few or too many fields.
    #[error("the catalogue is not readable CSV: {0}")]
    Csv(#[from] csv::Error),
    /// The first line is not the one expected.
    #[error("expected the header {0}")]
    Header(&'static str),
    /// A code that is not a number, or not where the tree says the node is.
    #[error("category {0}: the code does not fit its place in the tree")]
    Code(String),
    /// A slug that is not lower-case letters, digits and hyphens.
    #[error("category {0:?}: not a slug")]
    Slug(String),
    /// Two categories share a slug or a code.
    #[error("category {0}: slug or code is there twice")]
    DuplicateCategory(String),
    /// The parent is absent or comes later in the file.
    #[error("category {0}: parent not found above it")]
    Parent(String),
    /// A synonym that is nothing but stop words, or not in lower case.
    #[error("term {0:?}: nothing but stop words, or not in lower case")]
    Term(String),
    /// A synonym points at a category that is not there or is a resource type.
    #[error("term {0:?}: no category of level 2 or 3 has that slug")]
    UnknownCategory(String),
    /// A canonical without a row of its own, or in another category than its term.
    #[error("term {0:?}: its canonical has no row of its own in the same category")]
    Canonical(String),
    /// The same term twice, or two terms that stemming makes the same but that mean different things.
    #[error("terms {0:?} and {1:?} are the same and disagree, or are there twice")]
    DuplicateTerm(String, String),
}

/// The rows of `categories.csv`, each below its parent and in the place that its code says.
pub(super) fn parse_categories(text: &str) -> Result<Vec<Category>, LexiconError> {
    const HEADER: &str = "code,slug,parent,name,description";
    let mut seen: HashMap<String, i32> = HashMap::new();
    let mut categories: Vec<Category> = Vec::new();
    for row in rows::<5>(text, HEADER)? {
        let [code, slug, parent, name, description] = row;
        let code: i32 = code.parse().ok().filter(|code| code % 10_000 == 0).ok_or_else(|| LexiconError::Code(slug.clone()))?;
        if slug.is_empty() || !slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-') {
            return Err(LexiconError::Slug(slug));
        }
        let parent_code = match parent.as_str() {
            "" => 0,
            above => *seen.get(above).ok_or_else(|| LexiconError::Parent(slug.clone()))?,
        };
        if parent_of(code) != Some(parent_code) {
            return Err(LexiconError::Code(slug));
        }
        if seen.values().any(|other| *other == code) || seen.insert(slug.clone(), code).is_some() {
            return Err(LexiconError::DuplicateCategory(slug));
        }
        let parent = Some(parent).filter(|parent| !parent.is_empty());
        categories.push(Category { code, slug, parent, name, description });
    }
    Ok(categories)
}

/// The code of the node above: 0 for a resource type (1..=6), none when the code is no place in the tree.
fn parent_of(code: i32) -> Option<i32> {
    match (code / 100_000_000, code / 1_000_000 % 100, code / 10_000 % 100) {
        (1..=6, 0, 0) => Some(0),
        (1..=6, _, 0) => Some(code / 100_000_000 * 100_000_000),
        (1..=6, 1.., _) => Some(code / 1_000_000 * 1_000_000),
        _ => None,
    }
}

fn rows<const N: usize>(text: &str, header: &'static str) -> Result<Vec<[String; N]>, LexiconError> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    if reader.headers()?.iter().collect::<Vec<_>>().join(",") != header {
        return Err(LexiconError::Header(header));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let fields: Vec<String> = record?.iter().map(|field| field.trim().to_owned()).collect();
        rows.push(<[String; N]>::try_from(fields).map_err(|_fields| LexiconError::Header(header))?);
    }
    Ok(rows)
}

/// The rows of `synonyms.csv`, each with a category and a canonical that exist.
pub(super) fn parse_synonyms(text: &str, categories: &[Category]) -> Result<Vec<Term>, LexiconError> {
    let known: BTreeSet<&str> =
        categories.iter().filter(|category| category.parent.is_some()).map(|category| category.slug.as_str()).collect();
    let mut terms: BTreeMap<String, Term> = BTreeMap::new();
    for [text, canonical, category] in rows::<3>(text, "term,canonical,category")? {
        if keys(&text).iter().all(|key| is_noise(key)) || text != text.to_lowercase() {
            return Err(LexiconError::Term(text));
        }
        if !known.contains(category.as_str()) {
            return Err(LexiconError::UnknownCategory(text));
        }
        let term = Term { text: text.clone(), category, canonical, word: None };
        if terms.insert(text.clone(), term).is_some() {
            return Err(LexiconError::DuplicateTerm(text.clone(), text));
        }
    }
    let good = |term: &Term| terms.get(&term.canonical).is_some_and(|row| row.canonical == row.text && row.category == term.category);
    match terms.values().find(|term| !good(term)) {
        Some(term) => Err(LexiconError::Canonical(term.text.clone())),
        None => Ok(terms.into_values().collect()),
    }
}
