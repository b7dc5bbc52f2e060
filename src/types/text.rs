//! Text that people wrote: NFC, trimmed, within its length, free of control characters and of characters that reorder text.

use unicode_normalization::UnicodeNormalization;

use super::fields::Refusal;

/// A single line of `MIN` to `MAX` characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Line<const MIN: usize, const MAX: usize>(String);

/// Text that may have paragraphs, of `MIN` to `MAX` characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prose<const MIN: usize, const MAX: usize>(String);

/// Title of a listing.
pub type Title = Line<3, 120>;
/// Description of a listing.
pub type ListingDescription = Prose<0, 4000>;
/// Description of a group or a network.
pub type About = Prose<0, 2000>;
/// A network's rules.
pub type Rules = Prose<0, 10_000>;
/// Name of a group or a network.
pub type OrganisationName = Line<2, 120>;
/// What a person is called.
pub type PersonName = Line<1, 100>;
/// A reason that the person concerned can read.
pub type Reason = Prose<1, 2000>;
/// What a group says when something of it ends, to those who waited for it.
pub type PartingWords = Prose<1, 1000>;
/// What one group writes to another.
pub type MessageBody = Prose<1, 2000>;
/// What is wrong with something, as somebody reports it.
pub type ReportWords = Prose<1, 2000>;
/// A worry about somebody's safety, a complaint, or the answer to one.
pub type Concern = Prose<1, 4000>;
/// What is counted: chairs, boxes.
pub type Unit = Line<1, 40>;
/// When, in words.
pub type AvailabilityNote = Line<1, 200>;
/// What a user calls a device.
pub type Device = Line<1, 100>;
/// Words to search for.
pub type SearchWords = Line<1, 100>;
/// Name of a locality or category that a network adds.
pub type NodeName = Line<2, 80>;
/// An importer's own id.
pub type ExternalId = Line<1, 200>;

impl<const MIN: usize, const MAX: usize> Line<MIN, MAX> {
    /// Normalises to NFC, trims, and joins runs of white space. Refuses other lengths, line breaks and [unfit](unfit) characters.
    pub fn parse(text: impl AsRef<str>) -> Result<Self, Refusal> {
        let text: String = text.as_ref().trim().nfc().collect();
        if let Some(refusal) = text.chars().find_map(unfit) {
            return Err(refusal);
        }
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        within::<MIN, MAX>(&text)?;
        Ok(Self(text))
    }
}

impl<const MIN: usize, const MAX: usize> Prose<MIN, MAX> {
    /// Normalises to NFC, line ends to `\n`, and trims. Refuses other lengths and [unfit](unfit) characters except line breaks and tabs.
    pub fn parse(text: impl AsRef<str>) -> Result<Self, Refusal> {
        let text: String = text.as_ref().replace("\r\n", "\n").trim().nfc().collect();
        if let Some(refusal) = text.chars().filter(|c| !matches!(c, '\n' | '\t')).find_map(unfit) {
            return Err(refusal);
        }
        within::<MIN, MAX>(&text)?;
        Ok(Self(text))
    }
}

/// Whether a character has no place in text: control characters (NUL too), and those that change the direction or order of
/// what a reader sees (Unicode TR 36, "bidirectional text spoofing").
fn unfit(c: char) -> Option<Refusal> {
    match c {
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}' => Some(Refusal::new(
            "bidi_control",
            format!("Take out the invisible character U+{:04X}, which changes the order of the text.", u32::from(c)),
        )),
        '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}' => Some(control(c)),
        c if c.is_control() => Some(control(c)),
        _ => None,
    }
}

/// Whether a character shows nothing by itself: text of these alone is empty to whoever reads it (Unicode's Default_Ignorable_Code_Point,
/// the common part).
fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '\u{AD}' | '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2064}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}' | '\u{E0000}'..='\u{E0FFF}')
}

fn control(c: char) -> Refusal {
    Refusal::new("control_character", format!("Take out the control character U+{:04X}.", u32::from(c)))
}

fn within<const MIN: usize, const MAX: usize>(text: &str) -> Result<(), Refusal> {
    let length = text.chars().count();
    if MIN > 0 && text.chars().all(is_blank) {
        return Err(Refusal::new("required", "Fill this in."));
    }
    if length < MIN {
        return Err(Refusal::new("too_short", format!("Use at least {MIN} characters; this has {length}.")));
    }
    if length > MAX {
        return Err(Refusal::new("too_long", format!("Use at most {MAX} characters; this has {length}.")));
    }
    Ok(())
}

/// What both kinds of text can do: be read, be stored, be loaded from where only checked text is kept.
macro_rules! text_type {
    ($name:ident) => {
        impl<const MIN: usize, const MAX: usize> $name<MIN, MAX> {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The text, given away.
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl<const MIN: usize, const MAX: usize> std::fmt::Display for $name<MIN, MAX> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
text_type!(Line);
text_type!(Prose);

/// Lower case without diacritics, as search columns keep it: "Ynys Môn" becomes "ynys mon", "St Mary's" "st mary's".
pub fn fold(text: &str) -> String {
    text.nfkd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if c == '’' { '\'' } else { c })
        .collect()
}

/// How a folded word of up to four letters is looked for in folded text: as a regular expression that finds it at the beginning of
/// words. None for longer words, which are found by likeness: by that, "hall" would find "halal" and "toy" any "tow".
pub fn beginning_of_word(word: &str) -> Option<String> {
    let letters: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
    (1..=4).contains(&letters.chars().count()).then(|| format!("\\m{letters}"))
}

/// Whether a character may stand in an address: not one that shows nothing or changes the order of the text.
pub fn is_fit(c: char) -> bool {
    unfit(c).is_none() && !is_blank(c)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_keep_their_diacritics_and_apostrophes() {
        for name in ["Llanfair-ym-Muallt Tŷ Cymunedol", "St Mary’s & St John's", "Żółta Łódź", "Caffi'r Môr"] {
            assert_eq!(OrganisationName::parse(name).unwrap().as_str(), name.nfc().collect::<String>());
        }
    }

    #[test]
    fn control_and_reordering_characters_are_refused_by_code() {
        assert_eq!(Title::parse("chairs\0").unwrap_err().code, "control_character");
        assert_eq!(Title::parse("two\nlines").unwrap_err().code, "control_character");
        assert_eq!(Title::parse("chairs \u{202E}elbat").unwrap_err().code, "bidi_control");
        assert_eq!(Title::parse("   ").unwrap_err().code, "required");
        assert_eq!(Title::parse("\u{200B}\u{AD}\u{3164}").unwrap_err().code, "required");
        assert_eq!(Title::parse("ab").unwrap_err().code, "too_short");
        assert_eq!(Title::parse("x".repeat(121)).unwrap_err().code, "too_long");
    }

    #[test]
    fn decomposed_text_is_stored_composed() {
        assert_eq!(Title::parse("Cafe\u{301} tables").unwrap().as_str(), "Café tables");
    }

    #[test]
    fn short_words_are_found_at_the_beginning_of_words() {
        assert_eq!(beginning_of_word("hall").as_deref(), Some("\\mhall"));
        assert_eq!(beginning_of_word("a.*b").as_deref(), Some("\\mab"));
        assert_eq!(beginning_of_word("halls"), None);
        assert_eq!(beginning_of_word("..."), None);
    }

    #[test]
    fn folding_drops_case_and_diacritics() {
        assert_eq!(fold("Ynys MÔN, Tŷ Coch’s"), "ynys mon, ty coch's");
    }

    proptest! {
        #[test]
        fn parsing_a_line_twice_changes_nothing(text in "\\PC{0,140}") {
            if let Ok(once) = Title::parse(&text) {
                prop_assert_eq!(Title::parse(once.as_str()).unwrap(), once);
            }
        }

        #[test]
        fn what_is_accepted_is_within_its_length_and_has_no_control_characters(text in any::<String>()) {
            if let Ok(prose) = About::parse(&text) {
                prop_assert!(prose.as_str().chars().count() <= 2000);
                prop_assert!(!prose.as_str().chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
            }
        }
    }
}
