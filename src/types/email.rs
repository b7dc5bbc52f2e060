//! E-mail addresses. Personal data: never logged, never shown to anybody but their owner.

use unicode_normalization::UnicodeNormalization;

use super::{fields::Refusal, text::is_fit};

/// An e-mail address in lower case. Its `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress(String);

impl EmailAddress {
    /// Trims and lower-cases. Takes what could be delivered (something@domain.tld, at most 254 characters, RFC 5321) and
    /// leaves the rest to the mail server.
    pub fn parse(text: impl AsRef<str>) -> Result<Self, Refusal> {
        let address: String = text.as_ref().trim().to_lowercase().nfc().collect();
        let sound = address.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && local.len() <= 64
                && domain.contains('.')
                && domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
                && domain.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
                && !local
                    .chars()
                    .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '@' | '<' | '>' | '(' | ')' | ',' | ';' | ':' | '"' | '\\'))
        });
        if sound && address.len() <= 254 && address.chars().all(is_fit) {
            Ok(Self(address))
        } else {
            Err(Refusal::new("not_an_email_address", "Write an e-mail address such as name@example.org."))
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EmailAddress(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_and_surrounding_space_do_not_matter() {
        assert_eq!(EmailAddress::parse(" Olwen@Example.ORG ").unwrap(), EmailAddress::parse("olwen@example.org").unwrap());
    }

    #[test]
    fn what_cannot_be_delivered_is_refused() {
        for text in [
            "",
            "olwen",
            "@example.org",
            "olwen@",
            "olwen@example",
            "a b@example.org",
            "a@b@example.org",
            "a@-x.org",
            "a@x..org",
            "a\0@example.org",
        ] {
            assert!(EmailAddress::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn debug_output_hides_the_address() {
        assert_eq!(format!("{:?}", EmailAddress::parse("olwen@example.org").unwrap()), "EmailAddress(hidden)");
    }

    proptest! {
        #[test]
        fn parsing_twice_changes_nothing(text in "[a-zA-Z0-9.+]{1,20}@[a-zA-Z0-9-]{1,20}\\.[a-z]{2,5}") {
            if let Ok(once) = EmailAddress::parse(&text) {
                prop_assert_eq!(EmailAddress::parse(once.as_str()).unwrap(), once);
            }
        }
    }
}
