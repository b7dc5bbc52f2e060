//! Telephone numbers. Personal data: never logged, shown only to whom their owner shows them.

use super::fields::Refusal;

/// A telephone number as somebody wrote it. Its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// Takes 5 to 20 digits (E.164 has 15 at most, an extension some more), a plus in front, and what people write in between: spaces,
    /// hyphens, dots, slashes, brackets, and `x` or `ext` before an extension. At most 40 characters. It is not dialled to see.
    pub fn parse(text: impl AsRef<str>) -> Result<Self, Refusal> {
        let text = text.as_ref().split_whitespace().collect::<Vec<_>>().join(" ");
        let bare = text.strip_prefix('+').unwrap_or(&text).to_ascii_lowercase();
        let (number, extension) = bare.split_once("ext").or_else(|| bare.split_once('x')).unwrap_or((&bare, "0"));
        let digits = |part: &str| part.chars().filter(char::is_ascii_digit).count();
        let plain = |part: &str| part.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '-' | '.' | '/' | '(' | ')'));
        let sound = plain(number) && plain(extension) && digits(number) >= 5 && digits(extension) >= 1 && digits(&bare) <= 20;
        if sound && text.len() <= 40 {
            return Ok(Self(text));
        }
        Err(Refusal::new("not_a_phone_number", "Write a telephone number such as 01782 000 111 or +44 1782 000 111 ext 5."))
    }

    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PhoneNumber(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_as_people_write_them_are_taken() {
        for text in [
            "01782 000 111",
            "+44 (0)1782 000111",
            "01782-000.111",
            "101/22 333",
            " 0800  1111 ",
            "01782 000111 ext 12",
            "+353 1 234 5678x9",
        ] {
            assert!(PhoneNumber::parse(text).is_ok(), "{text}");
        }
        assert_eq!(PhoneNumber::parse("  01782   000 ").unwrap().as_str(), "01782 000");
    }

    #[test]
    fn what_cannot_be_dialled_is_refused() {
        for text in [
            "",
            "1234",
            "ask at the bar",
            "01782 000 111 or 222 333",
            "0178+2000",
            "+",
            "01782\u{202e}000",
            "٠١٧٨٢٠٠٠",
            "01782 000111 ext",
            "123456789012345678901",
        ] {
            assert_eq!(PhoneNumber::parse(text).unwrap_err().code, "not_a_phone_number", "{text}");
        }
    }

    #[test]
    fn debug_output_hides_the_number() {
        assert_eq!(format!("{:?}", PhoneNumber::parse("01782 000 111").unwrap()), "PhoneNumber(hidden)");
    }

    proptest! {
        #[test]
        fn parsing_twice_changes_nothing(text in "[+0-9 ()ext-]{0,45}") {
            if let Ok(once) = PhoneNumber::parse(&text) {
                prop_assert!((5..=40).contains(&once.as_str().chars().count()));
                prop_assert_eq!(PhoneNumber::parse(once.as_str()).unwrap(), once);
            }
        }
    }
}
