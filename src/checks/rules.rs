//! The rules of the checks: what each does unless the network says otherwise, what it tells the poster, and what it finds in a text.
//! Pure. docs/CHECKS.md says how well each does.

pub mod alike;
pub mod area;
mod contact;
mod facts;
mod kind;
#[cfg(test)]
mod measure;
mod person;
mod reading;
mod regulated;
mod vague;

use super::{Action, Rule};
use crate::listings::Kind;
use reading::Text;

/// A listing as far as its own words say whether something is wrong with it.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// Offer or want.
    pub kind: Kind,
    /// Slug of the resource type, such as `food`.
    pub resource_type: &'a str,
    /// What it is.
    pub title: &'a str,
    /// More about it.
    pub description: &'a str,
    /// When, in words.
    pub note: &'a str,
    /// What is counted.
    pub unit: &'a str,
    /// Whether it is to be brought back.
    pub lends: bool,
    /// Whether it says from when or until when.
    pub is_dated: bool,
}

/// Something that a check has found, before the network's settings are looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which check.
    pub rule: Rule,
    /// Where, as a JSON pointer into the listing.
    pub pointer: &'static str,
    /// The words, as they were written; none when something is missing.
    pub words: Option<String>,
}

impl Found {
    fn missing(rule: Rule, pointer: &'static str) -> Self {
        Self { rule, pointer, words: None }
    }
}

/// What is public of a draft, field by field.
struct Texts<'a> {
    title: Text<'a>,
    description: Text<'a>,
    note: Text<'a>,
    unit: Text<'a>,
}

impl<'a> Texts<'a> {
    fn of(draft: &Draft<'a>) -> Self {
        Self {
            title: Text::new("/title", draft.title),
            description: Text::new("/description", draft.description),
            note: Text::new("/availability_note", draft.note),
            unit: Text::new("/unit", draft.unit),
        }
    }

    fn all(&self) -> [&Text<'a>; 4] {
        [&self.title, &self.description, &self.note, &self.unit]
    }

    /// The first thing that `look` finds in any of the fields.
    fn find(&self, rule: Rule, mut look: impl FnMut(&Text<'a>) -> Option<String>) -> Option<Found> {
        self.all().into_iter().find_map(|text| Some(Found { rule, pointer: text.pointer, words: Some(look(text)?) }))
    }

    /// Whether any of the fields says one of these phrases.
    fn say(&self, phrases: &[&str]) -> bool {
        self.all().into_iter().any(|text| text.says(phrases))
    }
}

/// What the words of a listing show. At most one finding for each rule; those that need other listings or the map are not here
/// ([`alike`], [`area`]).
pub fn read(draft: &Draft<'_>) -> Vec<Found> {
    let texts = Texts::of(draft);
    let mut found = Vec::new();
    found.extend(vague::find(draft, &texts));
    found.extend(kind::find(draft, &texts));
    found.extend(texts.find(Rule::ContactDetails, contact::find));
    found.extend(texts.find(Rule::PrivatePerson, person::find));
    found.extend(regulated::find(draft, &texts));
    found.extend(facts::find(draft, &texts));
    found
}

/// How often a rule reads on after what it has found first: a text of nothing but numbers would keep a thread for seconds.
const MOST_OF_A_RULE: usize = 10;

/// The same, with what each rule finds after the first: what was found is taken out of its field, and the rule reads again, ten times at most.
pub fn read_all(draft: &Draft<'_>) -> Vec<Found> {
    let mut all = read(draft);
    for first in all.clone() {
        let (mut last, mut rest) = (first, Rest::of(draft));
        for _ in 0..MOST_OF_A_RULE {
            if !rest.take_out(&last) {
                break;
            }
            let is_next = |found: &Found| found.rule == last.rule && found.words.as_ref().is_some_and(|words| !words.trim().is_empty());
            let Some(next) = read(&rest.draft(draft)).into_iter().find(is_next) else { break };
            all.push(next.clone());
            last = next;
        }
    }
    all
}

/// What is public of a draft, without what was found in it.
struct Rest([(&'static str, String); 4]);

impl Rest {
    fn of(draft: &Draft<'_>) -> Self {
        Self(Texts::of(draft).all().map(|text| (text.pointer, text.raw.to_owned())))
    }

    /// Takes the words out of their field, wherever they stand there by themselves; false when they do not.
    fn take_out(&mut self, found: &Found) -> bool {
        let words = found.words.as_deref().filter(|words| !words.is_empty());
        let field = self.0.iter_mut().find(|(pointer, _)| *pointer == found.pointer);
        let (Some(words), Some((_, text))) = (words, field) else { return false };
        let mut pieces = text.split(words);
        let mut rest = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let is_inside = rest.ends_with(char::is_alphanumeric) || piece.starts_with(char::is_alphanumeric);
            // What stands before and after them is not read as one.
            rest.push_str(if is_inside { words } else { "\n" });
            rest.push_str(piece);
        }
        let is_out = rest != *text;
        *text = rest;
        is_out
    }

    fn draft<'a>(&'a self, draft: &Draft<'a>) -> Draft<'a> {
        let [(_, title), (_, description), (_, note), (_, unit)] = &self.0;
        Draft { title, description, note, unit, ..*draft }
    }
}

impl Rule {
    /// What is done about it in a network that has not said otherwise. Refused is only what may not be passed on at all; held is what a
    /// person should look at first; for the rest the poster's own second look is enough.
    pub const fn usual(self) -> Action {
        match self {
            Self::Medicines | Self::Tobacco | Self::Weapons => Action::Refuse,
            Self::ContactDetails | Self::PrivatePerson | Self::Knives | Self::Alcohol | Self::Animals | Self::Money => Action::Hold,
            Self::DuplicateOwn
            | Self::DuplicateOther
            | Self::OutOfArea
            | Self::RepeatedTooSoon
            | Self::TooVague
            | Self::WrongKind
            | Self::MissingFacts
            | Self::Food
            | Self::CarSeats
            | Self::Electricals => Action::Warn,
            Self::Loans => Action::Off,
        }
    }

    /// What is wrong, without the words.
    const fn fault(self) -> &'static str {
        match self {
            Self::DuplicateOwn => "Your group has a listing that says the same, or nearly",
            Self::DuplicateOther => "Another group has a listing that says nearly the same",
            Self::OutOfArea => "This place is far from the network's area",
            Self::RepeatedTooSoon => "Your group posted the same a short while ago",
            Self::TooVague => "This does not tell what it is about",
            Self::WrongKind => "This reads like the other kind: an offer that asks, or a want that gives",
            Self::ContactDetails => "Everybody can read this, and it looks like a way to reach somebody or an address",
            Self::PrivatePerson => "This looks as if it is about a private person",
            Self::MissingFacts => "Something that others need to know is missing",
            Self::Food => "Food that does not keep",
            Self::Medicines => "Medicines may not be passed on",
            Self::Knives => "Knives and blades",
            Self::CarSeats => "A car seat for a child",
            Self::Alcohol => "Alcohol",
            Self::Tobacco => "Tobacco and vapes may not be passed on",
            Self::Weapons => "Weapons, fireworks and what looks like a weapon may not be passed on",
            Self::Animals => "Live animals",
            Self::Loans => "A loan",
            Self::Electricals => "Something electrical that has been used",
            Self::Money => "This is about money, and there is none here: nothing is sold, and no money or vouchers are passed on",
        }
    }

    /// What the poster can do about it.
    const fn advice(self) -> &'static str {
        match self {
            Self::DuplicateOwn => "Change that one instead, or withdraw it.",
            Self::DuplicateOther => "Look at it: perhaps you can ask or give together. If it is something else, say what is different.",
            Self::OutOfArea => "Check the place. If place does not matter, say so; otherwise post where it is.",
            Self::RepeatedTooSoon => "Renew that one if it is still true.",
            Self::TooVague => "Say what it is, as you would on a card in a shop window: \"Twelve folding chairs\".",
            Self::WrongKind => "Choose the other kind, or say it the other way round.",
            Self::ContactDetails => "Take it out. The other group sees how to reach you when an exchange is agreed.",
            Self::PrivatePerson => "Say what is needed, not for whom: no names, no ages, nothing about anybody's health or home.",
            Self::MissingFacts => {
                "Add it: for food, until when it keeps; for rooms, transport and time, when; for clothes and nappies, which sizes."
            }
            Self::Food => "Say when it was made or opened, until when it keeps, what is in it and how it has been kept.",
            Self::Medicines => "Take it out. Any pharmacy takes back medicines that are left over.",
            Self::Knives => "Say what they are for. They are handed to adults only, wrapped.",
            Self::CarSeats => "Say which standard it meets (R44 or R129), how old it is, and that it has never been in an accident.",
            Self::Alcohol => "It is passed on between adults only, and nobody may sell it without a licence.",
            Self::Tobacco => "Take it out.",
            Self::Weapons => "Take it out. The police take what should not be lying about.",
            Self::Animals => "Animals go through a rescue centre, which checks the new home.",
            Self::Loans => "Say for how long, and what happens if something breaks.",
            Self::Electricals => "Say whether it has been tested (PAT), by whom and when.",
            Self::Money => "Offer or ask for the thing itself.",
        }
    }

    /// What is wrong and what to do, as the poster reads it. Points at the words, if there are any.
    pub fn sentence(self, words: Option<&str>) -> String {
        match words {
            Some(words) => format!("\"{words}\": {}. {}", lower_first(self.fault()), self.advice()),
            None => format!("{}. {}", self.fault(), self.advice()),
        }
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_says_what_is_wrong_and_what_to_do_in_words_of_its_own() {
        let said: BTreeSet<String> = Rule::ALL.iter().map(|rule| rule.sentence(None)).collect();
        assert_eq!(said.len(), Rule::ALL.len());
        for text in said {
            assert!(text.ends_with('.') && !text.contains("..") && !text.contains('_') && text.len() < 260, "{text}");
        }
        assert_eq!(Rule::Tobacco.sentence(Some("Vapes")), "\"Vapes\": tobacco and vapes may not be passed on. Take it out.");
    }

    #[test]
    fn all_that_a_rule_finds_is_read_and_not_the_first_alone() {
        let draft = |description| Draft {
            kind: Kind::Offer,
            resource_type: "thing",
            title: "Chairs, see www.stmarys.org",
            description,
            note: "",
            unit: "",
            lends: false,
            is_dated: false,
        };
        let words = |description| -> Vec<String> {
            let all = read_all(&draft(description)).into_iter().filter(|found| found.rule == Rule::ContactDetails);
            all.map(|found| format!("{} {}", found.pointer, found.words.unwrap())).collect()
        };
        let all = ["/title www.stmarys.org", "/description www.stmarys.org", "/description 07700 900123", "/description ST6 4AB"];
        assert_eq!(words("www.stmarys.org (www.stmarys.org). Ring 07700 900123. ST6 4AB"), all);
        assert_eq!(words("Blue."), all[..1]);
        // Numbers side by side are numbers.
        assert_eq!(words("Room 12, 01782 000111 07700 900123")[1..], ["/description 01782 000111", "/description 07700 900123"]);
        assert_eq!(words("Open 0930 1130 1400 1600")[1..], [""; 0]);
        let numbers: String = (0..200).map(|number| format!("07700 900{number:03}, or ")).collect();
        assert_eq!(words(&numbers).len(), 1 + MOST_OF_A_RULE);
        let drinks = read_all(&draft("Wine, beer, winery, wine.")).into_iter().filter(|found| found.rule == Rule::Alcohol);
        assert_eq!(drinks.filter_map(|found| found.words).collect::<Vec<_>>(), ["Wine", "beer", "wine"]);
    }

    #[test]
    fn what_is_refused_unasked_is_only_what_nobody_may_pass_on() {
        let refused: Vec<Rule> = Rule::ALL.iter().copied().filter(|rule| rule.usual() == Action::Refuse).collect();
        assert_eq!(refused, [Rule::Medicines, Rule::Tobacco, Rule::Weapons]);
    }
}
