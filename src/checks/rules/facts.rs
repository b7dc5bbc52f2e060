//! What has to be said of a kind of thing and is not said. Of offers, since it is for others to judge whether they can use it; of
//! clothes and nappies also in wants.

use super::{Draft, Found, Rule, Texts, reading::is_number};
use crate::listings::Kind;

/// How one says until when food keeps.
#[rustfmt::skip]
const KEEPING: [&str; 24] = [
    "use by", "best before", "bbe", "dated", "date", "expiry", "expire", "until", "keep", "today", "tonight", "tomorrow", "this week",
    "eat by", "long life", "in date", "tin", "tinned", "dried", "fresh every", "weekly", "each week", "every week", "shelf life",
];

/// How one says when.
#[rustfmt::skip]
const WHEN: [&str; 46] = [
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "mon", "tue", "wed", "thu", "fri", "sat", "sun",
    "weekday", "weekend", "morning", "afternoon", "evening", "daytime", "am", "pm", "term time", "school holiday", "any time", "anytime",
    "hour", "weekly", "monthly", "a week", "a month", "week", "day", "notice", "dydd", "bore", "nos", "prynhawn", "llun", "mawrth",
    "mercher", "iau", "gwener", "sadwrn", "sul", "out of hours",
];

/// What comes in sizes.
#[rustfmt::skip]
const SIZED: [&str; 24] = [
    "clothes", "clothing", "nappies", "nappy", "shoe", "trainer", "boot", "wellies", "coat", "uniform", "trousers", "jumper", "pyjamas",
    "tights", "underwear", "dress", "school shirt", "t shirt", "jeans", "cardigan", "football kit", "dillad", "esgidiau", "blazer",
];

#[rustfmt::skip]
const NOT_SIZED: [&str; 22] = [
    "clothes rail", "clothes horse", "clothes hanger", "coat hanger", "coat stand", "coat hook", "coat peg", "shoe rack", "shoe box",
    "boot scraper", "boot room", "nappy bag", "nappy bin", "nappy sack", "fancy dress", "clothes line", "clothes airer", "clothes peg",
    "boot fair", "car boot", "dress rehearsal", "nappy cream",
];

/// How one says which size.
#[rustfmt::skip]
const SIZES: [&str; 32] = [
    "size", "sizes", "age", "aged", "month", "months", "newborn", "year", "years", "small", "medium", "large", "xl", "xxl", "xs", "adult",
    "men", "mens", "women", "womens", "ladies", "boys", "girls", "childrens", "child", "toddler", "baby", "babies", "teenage", "teen",
    "primary", "secondary",
];

/// The first thing that is missing, and where it belongs.
pub(super) fn find(draft: &Draft<'_>, texts: &Texts<'_>) -> Option<Found> {
    let offers = draft.kind == Kind::Offer;
    // A unit of hours or days says how long and not when.
    let says_when = draft.is_dated || !draft.note.is_empty() || texts.title.says(&WHEN) || texts.description.says(&WHEN);
    let missing = match draft.resource_type {
        "food" if offers && !draft.is_dated && draft.note.is_empty() && !texts.say(&KEEPING) && !has_date(texts) => Some("/description"),
        "space" | "transport" | "time" if offers && !says_when => Some("/availability_note"),
        "thing" if lacks_size(texts) => Some("/description"),
        _ => None,
    };
    missing.map(|pointer| Found::missing(Rule::MissingFacts, pointer))
}

/// Something that comes in sizes, and nothing that tells which.
fn lacks_size(texts: &Texts<'_>) -> bool {
    let sized = texts.title.names(&SIZED, &NOT_SIZED).is_some();
    let says = texts.say(&SIZES) || texts.say(&["any size", "all sizes", "mixed sizes"]);
    let numbered = texts.all().into_iter().flat_map(|text| &text.words).any(|word| is_number(&word.folded) && word.folded.len() < 3);
    sized && !says && !numbered
}

/// "12/03", "3 March", "03.12.2026".
fn has_date(texts: &Texts<'_>) -> bool {
    #[rustfmt::skip]
    const MONTHS: [&str; 23] = [
        "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december", "jan",
        "feb", "mar", "apr", "jun", "jul", "aug", "sept", "oct", "nov", "dec",
    ];
    let month = texts.all().into_iter().any(|text| text.words.iter().any(|word| MONTHS.contains(&word.folded.as_str())));
    let slashed = |raw: &str| {
        raw.split_whitespace().any(|word| {
            let parts: Vec<&str> = word.trim_end_matches(['.', ',', ')']).split(['/', '.']).collect();
            parts.len() > 1 && parts.iter().all(|part| is_number(part))
        })
    };
    month || texts.all().into_iter().any(|text| slashed(text.raw))
}
