//! Ways to reach somebody, and addresses, in public words. Everybody reads a listing; the other group of an agreed exchange sees how to
//! get in touch.

use super::reading::{Text, is_number};

/// The ends of names of web sites that people here write.
#[rustfmt::skip]
const ENDS: [&str; 14] = [
    "com", "org", "net", "uk", "wales", "cymru", "scot", "info", "eu", "co", "gov", "io", "me", "london",
];

/// What a street is called at its end.
#[rustfmt::skip]
const STREETS: [&str; 26] = [
    "street", "st", "road", "rd", "avenue", "ave", "lane", "ln", "close", "drive", "crescent", "terrace", "court", "gardens", "grove",
    "way", "square", "row", "walk", "hill", "parade", "mews", "heol", "stryd", "ffordd", "lon",
];

/// Streets whose name begins with what they are, in Welsh.
const STREETS_FIRST: [&str; 4] = ["heol", "stryd", "ffordd", "lon"];

/// What stands before a number that looks like a telephone number and is none.
const NUMBERED: [&str; 9] = ["charity", "isbn", "company", "number", "no", "ref", "model", "part", "barcode"];

/// The first way to reach somebody, as it was written.
pub(super) fn find(text: &Text<'_>) -> Option<String> {
    addressed(text.raw).or_else(|| telephone(text)).or_else(|| street(text)).or_else(|| postcode(text)).or_else(|| spelt_out(text))
}

/// E-mail and web addresses and names in social media.
fn addressed(raw: &str) -> Option<String> {
    let cut = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '(' | ')' | '<' | '>' | '"' | '[' | ']');
    let trimmed = |word: &str| word.trim_matches(|c: char| matches!(c, '.' | ':' | '!' | '?' | '\'' | '’')).to_owned();
    raw.split(cut).map(trimmed).find(|word| {
        let lower = word.to_lowercase();
        is_email(&lower) || is_handle(&lower) || is_site(&lower)
    })
}

fn is_email(word: &str) -> bool {
    word.split_once('@').is_some_and(|(name, domain)| !name.is_empty() && domain.split('.').count() > 1 && domain.len() > 3)
}

/// "@stmarys": a name in social media, of at least three letters. "@ 5 pm" and "@7" are times.
fn is_handle(word: &str) -> bool {
    word.strip_prefix('@').is_some_and(|name| name.chars().filter(|c| c.is_alphabetic()).count() >= 3)
}

fn is_site(word: &str) -> bool {
    let bare = word.split_once("://").map_or(word, |(_, rest)| rest);
    let domain = bare.split('/').next().unwrap_or_default();
    let labels: Vec<&str> = domain.split('.').collect();
    let sound = labels.len() > 1 && labels.iter().all(|label| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-'));
    let named = labels.first().is_some_and(|label| label.chars().any(char::is_alphabetic) && label.chars().count() > 1);
    let ends = labels.last().is_some_and(|end| ENDS.contains(end));
    word.starts_with("http://") || word.starts_with("https://") || word.starts_with("www.") || (sound && named && ends)
}

/// Digits that can be dialled here: ten or eleven with a nought in front, or twelve after +44, however they are spaced.
fn telephone(text: &Text<'_>) -> Option<String> {
    let allowed = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '(' | ')' | '+' | '/');
    let mut rest = text.raw;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit() || matches!(c, '+' | '(')) {
        let from = rest.get(start..).unwrap_or_default();
        let length = from.find(|c: char| !allowed(c)).unwrap_or(from.len());
        let run = from.get(..length).unwrap_or_default().trim_end_matches([' ', '-', '.', '(', '/']);
        let before = rest.get(..start).unwrap_or_default().split_whitespace().next_back().unwrap_or_default().to_lowercase();
        let number = dialled(run).filter(|_| !NUMBERED.contains(&before.trim_end_matches([':', '.'])));
        if let Some(number) = number {
            return Some(number.to_owned());
        }
        rest = from.get(length.max(1)..).unwrap_or_default();
    }
    None
}

/// A telephone number: all of a run of digits, or a few groups of them, of which the first is a code, among other numbers.
fn dialled(run: &str) -> Option<&str> {
    const MOST_GROUPS: usize = 6;
    if is_dialled(run) {
        return Some(run);
    }
    let is_code = |group: &str| group.starts_with("+44") || group.starts_with('0') && group.len() > 2;
    let begins = |part: &str| part.split([' ', '-', '.', '(', ')']).find(|group| !group.is_empty()).is_some_and(is_code);
    let ends: Vec<usize> = run.match_indices(' ').map(|(at, _)| at).chain(std::iter::once(run.len())).collect();
    let starts = std::iter::once(0).chain(ends.iter().map(|end| end + 1));
    starts.enumerate().find_map(|(group, start)| {
        let parts = ends.iter().skip(group).take(MOST_GROUPS).filter_map(|end| run.get(start..*end));
        parts.into_iter().find(|part| begins(part) && is_dialled(part))
    })
}

fn is_dialled(run: &str) -> bool {
    let digits: String = run.chars().filter(char::is_ascii_digit).collect();
    let from_abroad = run.starts_with("+44") || digits.starts_with("0044");
    let grouped = run.split([' ', '-', '.', '(', ')']).filter(|part| !part.is_empty()).all(|part| part.len() > 1);
    (digits.starts_with('0') && (10..=11).contains(&digits.len()) && grouped) || (from_abroad && (11..=15).contains(&digits.len()))
}

/// "14 Church Street", "12a Heol y Bryn": a number, one to three words, and what a street is called.
fn street(text: &Text<'_>) -> Option<String> {
    let numbered = |word: &str| {
        let digits = word.trim_end_matches(|c: char| matches!(c, 'a'..='d'));
        digits.len() <= 3 && is_number(digits)
    };
    (0..text.words.len()).filter(|at| numbered(text.word(*at))).find_map(|at| {
        let is_name = |place: usize| {
            text.words.get(place).is_some_and(|word| word.is_capital && !word.begins) && !STREETS.contains(&text.word(place))
        };
        let last = (at + 2..=at + 4).find(|last| {
            STREETS.contains(&text.word(*last)) && text.words.get(*last).is_some_and(|word| word.is_capital) && (at + 1..*last).all(is_name)
        });
        let welsh = STREETS_FIRST.contains(&text.word(at + 1)) && text.words.get(at + 1).is_some_and(|word| word.is_capital);
        let last = last.or_else(|| (welsh && text.words.len() > at + 2).then_some(at + 2))?;
        Some(text.quote(at..last + 1))
    })
}

/// A whole postcode, "ST6 4AB", which is a dozen houses. The first half alone is a part of a town.
fn postcode(text: &Text<'_>) -> Option<String> {
    (0..text.words.len()).find_map(|at| {
        let (one, two) = (text.word(at), text.word(at + 1));
        if is_outward(one) && is_inward(two) && text.words.get(at).is_some_and(|word| word.is_capital) {
            return Some(text.quote(at..at + 2));
        }
        let cut = one.len().checked_sub(3).filter(|_| one.is_ascii())?;
        let (outward, inward) = one.split_at_checked(cut)?;
        (is_outward(outward) && is_inward(inward)).then(|| text.quote(at..at + 1))
    })
}

fn is_outward(word: &str) -> bool {
    let letters = word.chars().take_while(char::is_ascii_lowercase).count();
    let rest: Vec<char> = word.chars().skip(letters).collect();
    let district = matches!(rest.as_slice(), [one] if one.is_ascii_digit())
        || matches!(rest.as_slice(), [one, two] if one.is_ascii_digit() && two.is_ascii_alphanumeric());
    (1..=2).contains(&letters) && district
}

fn is_inward(word: &str) -> bool {
    let letters: Vec<char> = word.chars().collect();
    matches!(letters.as_slice(), [digit, one, two] if digit.is_ascii_digit() && one.is_ascii_lowercase() && two.is_ascii_lowercase())
}

/// "jo at example dot org", "oh seven seven ...": ways round a check.
fn spelt_out(text: &Text<'_>) -> Option<String> {
    const DIGITS: [&str; 11] = ["oh", "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let dot = |at: usize| text.word(at) == "dot" && ENDS.contains(&text.word(at + 1));
    if let Some(at) = (2..text.words.len()).find(|at| dot(*at)) {
        return Some(text.quote(at - 1..at + 2));
    }
    let run = |at: usize| (at..text.words.len()).take_while(|at| DIGITS.contains(&text.word(*at))).count();
    (0..text.words.len()).find(|at| run(*at) >= 6).map(|at| text.quote(at..at + run(at)))
}
