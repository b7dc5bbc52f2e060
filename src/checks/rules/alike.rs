//! Whether two listings say the same, or nearly. Words are compared as matching folds them (settee is sofa); what tells two things of a
//! sort apart (sizes, days, ages, numbers) counts against it.

use std::collections::BTreeSet;

use super::reading::Text;

/// What a listing says, ready to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The folded words of the title, as `Lexicon::words` gives them.
    title: BTreeSet<String>,
    /// What tells it from others of its sort: sizes, days, ages, numbers.
    marks: BTreeSet<String>,
    /// The longer words of the description.
    description: BTreeSet<String>,
}

/// Words of a title that tell two things of a sort apart.
#[rustfmt::skip]
const MARKS: [&str; 54] = [
    "small", "medium", "large", "xl", "adult", "child", "children", "childrens", "kids", "toddler", "baby", "boys", "girls", "mens",
    "womens", "ladies", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "mondays", "tuesdays", "wednesdays",
    "thursdays", "fridays", "saturdays", "sundays", "morning", "mornings", "afternoon", "afternoons", "evening", "evenings", "single",
    "double", "king", "round", "square", "red", "blue", "green", "black", "white", "summer", "winter", "spring", "autumn", "left", "right",
    "welsh", "english",
];

/// Share of the words of both titles that they have in common, from which they are about the same thing.
const SAME_TITLE: f64 = 0.6;
/// The same of descriptions, when both have one that says something.
const SAME_STORY: f64 = 0.25;
/// With descriptions as alike as this, titles may differ more.
const COPIED: f64 = 0.7;
/// Words from which a description says something.
const STORY: usize = 4;
/// What it takes between groups: they have the same sort of thing without its being the same.
const SAME_TITLE_ELSEWHERE: f64 = 0.75;
/// The same of descriptions between groups.
const SAME_STORY_ELSEWHERE: f64 = 0.5;

impl Said {
    /// `words` are the folded words of the title.
    pub fn new<S: AsRef<str>>(words: impl IntoIterator<Item = S>, title: &str, description: &str) -> Self {
        let folded = |raw| Text::new("", raw).words.into_iter().map(|word| word.folded);
        let is_mark = |word: &String| MARKS.contains(&word.as_str()) || word.chars().any(|c| c.is_ascii_digit());
        Self {
            title: words.into_iter().map(|word| word.as_ref().to_owned()).collect(),
            marks: folded(title).filter(is_mark).collect(),
            description: folded(description).filter(|word| word.chars().count() > 3).collect(),
        }
    }

    /// Whether another listing of the same group says the same.
    pub fn repeats(&self, other: &Self) -> bool {
        if self.differs_by_a_mark(other) {
            return false;
        }
        let title = share(&self.title, &other.title);
        match self.stories(other) {
            Some(story) => (title >= SAME_TITLE && story >= SAME_STORY) || (title >= SAME_TITLE / 2.0 && story >= COPIED),
            None => title >= SAME_TITLE,
        }
    }

    /// Whether a listing of another group is probably the same thing posted twice. Two groups that both offer chairs are not enough: the
    /// title has to have two words or more, and descriptions, where both have one, have to be alike.
    pub fn is_also(&self, other: &Self) -> bool {
        let title = share(&self.title, &other.title);
        let alike = title >= SAME_TITLE_ELSEWHERE && self.is_telling() && !self.differs_by_a_mark(other);
        alike && self.stories(other).is_none_or(|story| story >= SAME_STORY_ELSEWHERE)
    }

    /// Whether the title says enough to be compared with those of other groups.
    pub fn is_telling(&self) -> bool {
        self.title.len() > 1
    }

    /// Each has a mark that the other does not have: size 4 and size 5, Mondays and Thursdays.
    fn differs_by_a_mark(&self, other: &Self) -> bool {
        !self.marks.is_subset(&other.marks) && !other.marks.is_subset(&self.marks)
    }

    /// How alike the descriptions are, when both say something.
    fn stories(&self, other: &Self) -> Option<f64> {
        (self.description.len() >= STORY && other.description.len() >= STORY).then(|| share(&self.description, &other.description))
    }
}

/// What two sets have in common, of all that is in either.
fn share(one: &BTreeSet<String>, other: &BTreeSet<String>) -> f64 {
    let count = |words: usize| u32::try_from(words).map_or(f64::MAX, f64::from);
    let all = one.union(other).count();
    if all == 0 { 0.0 } else { count(one.intersection(other).count()) / count(all) }
}
