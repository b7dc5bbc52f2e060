//! Words about a private person: listings belong to groups, and whom something is for is nobody's business.

use super::reading::{Text, is_number};

const TITLES: [&str; 5] = ["mr", "mrs", "ms", "miss", "mister"];

/// Who is called so and is nobody's neighbour.
const NOBODY: [&str; 9] = ["claus", "men", "tumble", "potato", "motivator", "universe", "bump", "punch", "whippy"];

#[rustfmt::skip]
const KIN: [&str; 24] = [
    "mum", "mam", "mother", "nan", "nana", "gran", "grandmother", "dad", "father", "grandad", "son", "daughter", "wife", "husband",
    "partner", "brother", "sister", "neighbour", "friend", "uncle", "aunt", "granddaughter", "grandson", "client",
];

const WHOSE: [&str; 5] = ["my", "her", "his", "whose", "fy"];

/// Words for one person, as in "a lady who ...".
#[rustfmt::skip]
const SOMEBODY: [&str; 28] = [
    "lady", "gentleman", "man", "woman", "mother", "mum", "father", "dad", "boy", "girl", "pensioner", "widow", "widower", "client",
    "resident", "patient", "tenant", "refugee", "family", "couple", "teenager", "child", "toddler", "baby", "veteran", "carer", "neighbour",
    "pupil",
];

/// What such a person's story goes on with.
#[rustfmt::skip]
const STORY: [&str; 20] = [
    "who", "whose", "in", "fleeing", "living", "needs", "need", "has", "have", "suffering", "struggling", "starting", "moving",
    "recovering", "aged", "leaving", "escaping", "without", "is", "just",
];

/// What "who" may go on with when it is about somebody who is looked for or offers to help.
#[rustfmt::skip]
const HELPERS: [&str; 17] = [
    "can", "could", "will", "would", "knows", "know", "speaks", "likes", "loves", "drives", "is happy", "teaches", "plays", "enjoys",
    "wants", "runs", "sings",
];

/// What "in" goes on with when it is a place or a part of a group and not a plight.
const PLIGHTS: [&str; 10] = ["need", "crisis", "hardship", "temporary", "hospital", "a hostel", "debt", "poverty", "a refuge", "care"];

#[rustfmt::skip]
const HEALTH: [&str; 16] = [
    "dementia", "cancer", "depression", "a stroke", "parkinsons", "alzheimers", "epilepsy", "arthritis", "autism", "adhd", "been diagnosed",
    "mental health", "a disability", "learning difficulties", "special needs", "been evicted",
];

#[rustfmt::skip]
const FATE: [&str; 14] = [
    "has", "needs", "lost", "lives", "suffers", "struggles", "cannot", "cant", "is disabled", "is housebound", "is homeless",
    "uses a wheelchair", "was made", "is pregnant",
];

/// The first words that are about a private person, as they were written.
pub(super) fn find(text: &Text<'_>) -> Option<String> {
    (0..text.words.len()).find_map(|at| {
        named(text, at).or_else(|| kin(text, at)).or_else(|| somebody(text, at)).or_else(|| aged(text, at)).or_else(|| fate(text, at))
    })
}

fn follows(text: &Text<'_>, at: usize, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| phrase.split(' ').enumerate().all(|(place, word)| text.word(at + place) == word))
}

/// "Mrs Evans", "Mr K": a title and a name, but for those that everybody knows.
fn named(text: &Text<'_>, at: usize) -> Option<String> {
    let name = text.words.get(at + 1)?;
    let is_name =
        text.words.get(at)?.is_capital && name.is_capital && TITLES.contains(&text.word(at)) && !NOBODY.contains(&text.word(at + 1));
    is_name.then(|| text.quote(at..at + 2))
}

/// "my mother": the poster's own people, or somebody's.
fn kin(text: &Text<'_>, at: usize) -> Option<String> {
    let related = WHOSE.contains(&text.word(at)) && (1..=2).any(|place| KIN.contains(&text.word(at + place)));
    related.then(|| text.quote(at..at + if KIN.contains(&text.word(at + 1)) { 2 } else { 3 }))
}

/// "a lady who", "one young family fleeing": one person, or one family, and a story.
fn somebody(text: &Text<'_>, at: usize) -> Option<String> {
    if !matches!(text.word(at), "a" | "an" | "one" | "this" | "local" | "another") {
        return None;
    }
    let noun = (at + 1..=at + 3).find(|place| SOMEBODY.contains(&text.word(*place)))?;
    let next = noun + 1;
    if text.words.get(next).is_none_or(|word| word.begins) || (text.word(noun) == "man" && matches!(text.word(next), "and" | "with")) {
        return None;
    }
    let tells = match text.word(next) {
        "who" => !follows(text, next + 1, &HELPERS),
        "in" => follows(text, next + 1, &PLIGHTS),
        "with" => follows(text, next + 1, &HEALTH) || follows(text, next + 1, &["no", "three", "two", "four", "five"]),
        "of" => is_number(text.word(next + 1)) && matches!(text.word(next + 2), "who" | "living" | "fleeing" | "in"),
        word => STORY.contains(&word),
    };
    tells.then(|| text.quote(at..next + 1))
}

/// "an 82-year-old lady", "a girl aged 9": how old one person is.
fn aged(text: &Text<'_>, at: usize) -> Option<String> {
    if !is_number(text.word(at)) {
        return None;
    }
    if follows(text, at + 1, &["year old"]) {
        let noun = (at + 3..=at + 4).find(|place| SOMEBODY.contains(&text.word(*place)));
        return noun.filter(|noun| text.words.get(*noun).is_some_and(|word| !word.begins)).map(|noun| text.quote(at..noun + 1));
    }
    let ranges = ["to", "and", "or", "plus", "upwards", "over", "up"];
    let one = (2..=3).any(|places| SOMEBODY.contains(&text.before(at, places)));
    let open = ranges.contains(&text.word(at + 1)) || is_number(text.word(at + 1));
    (text.before(at, 1) == "aged" && one && !open).then(|| text.quote(at - 2..at + 1))
}

/// "she has dementia", "he lost ...": what happened to somebody.
fn fate(text: &Text<'_>, at: usize) -> Option<String> {
    let somebody = matches!(text.word(at), "she" | "he");
    let ill = matches!(text.word(at), "has" | "with" | "have") && follows(text, at + 1, &HEALTH) && SOMEBODY.contains(&text.before(at, 1));
    if ill {
        return Some(text.quote(at - 1..at + 2));
    }
    (somebody && follows(text, at + 1, &FATE)).then(|| text.quote(at..at + 2))
}
