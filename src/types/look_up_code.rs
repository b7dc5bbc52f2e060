//! Codes by which somebody who may not be signed in finds again what they have sent.

/// Letters and digits that are not taken for each other when they are read out or written down: no I, L, O, U, 0 or 1.
const LETTERS: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";

/// How many of them: 59 bits, which nobody guesses through a door that counts tries.
const LENGTH: usize = 12;

/// Twelve letters and digits. Whoever has it may read what became of what was sent, so it is shown to nobody else.
#[derive(Clone, PartialEq, Eq)]
pub struct LookUpCode(String);

impl LookUpCode {
    /// A new one, at random.
    #[allow(clippy::new_without_default, reason = "a default that differs each time would surprise")]
    pub fn new() -> Self {
        let letters = std::iter::repeat_with(|| LETTERS.get(rand::random_range(0..LETTERS.len()))).flatten();
        Self(letters.take(LENGTH).map(|letter| char::from(*letter)).collect())
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for LookUpCode {
    type Err = ();

    /// In capitals or small letters, with or without spaces and dashes between them.
    fn from_str(text: &str) -> Result<Self, ()> {
        let code: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_uppercase()).collect();
        let sound = code.len() == LENGTH && code.bytes().all(|letter| LETTERS.contains(&letter));
        if sound { Ok(Self(code)) } else { Err(()) }
    }
}

impl std::fmt::Debug for LookUpCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LookUpCode(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_was_written_however_it_was_copied() {
        let code = LookUpCode::new();
        let (first, last) = code.as_str().split_at(4);
        for text in [code.as_str().to_owned(), code.as_str().to_lowercase(), format!("{first}-{last}"), format!("{first} {last}")] {
            assert_eq!(text.parse(), Ok(code.clone()), "{text}");
        }
        assert_ne!(LookUpCode::new(), LookUpCode::new());
    }

    #[test]
    fn what_is_no_code_is_told_from_one() {
        for text in ["", "K7M2XW9P4T3", "K7M2XW9P4T3BB", "K7M2XW9P4T3O", "K7M2XW9P4T3é", "01980a8e-0000-7000-8000-000000000000"] {
            assert_eq!(text.parse::<LookUpCode>(), Err(()), "{text}");
        }
    }
}
