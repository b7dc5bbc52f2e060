//! Under which number a group is registered, checked for its form. Nobody is asked whether it is so.

use super::Register;
use crate::types::{Fields, Refusal};

/// A register and the number in it: capitals and digits alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// The register.
    pub register: Register,
    /// The number.
    pub number: String,
}

impl Registration {
    /// Takes a number of the register, however it is spaced, in capitals or not.
    ///
    /// Forms: England and Wales 6 or 7 digits ("Charity number", register-of-charities.charitycommission.gov.uk), Scotland SC and 6
    /// digits (oscr.org.uk), Northern Ireland NIC and 6 digits (charitycommissionni.org.uk); Companies House 8 digits, or 2 letters and
    /// 6 digits (gov.uk, "Companies House company number").
    pub fn parse(register: Register, number: &str) -> Result<Self, Refusal> {
        let number: String = number.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_uppercase()).collect();
        let digits = |text: &str, count: &[usize]| count.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let after = |start: &str| number.strip_prefix(start).is_some_and(|rest| digits(rest, &[6]));
        let (fits, form) = match register {
            Register::Charity => (
                digits(&number, &[6, 7]) || after("SC") || after("NIC"),
                "A charity number has 6 or 7 digits (England and Wales), SC and 6 digits (Scotland), or NIC and 6 digits (Northern Ireland).",
            ),
            Register::Cic => (
                digits(&number, &[8])
                    || number.split_at_checked(2).is_some_and(|(letters, rest)| are_letters(letters) && digits(rest, &[6])),
                "A company number has 8 digits, or 2 letters and 6 digits, as Companies House writes it.",
            ),
            Register::Other => (
                (3..=12).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()),
                "Give 3 to 12 letters and digits.",
            ),
        };
        if fits { Ok(Self { register, number }) } else { Err(Refusal::new("not_a_registered_number", form)) }
    }

    /// The two fields of a request as one: both or neither. What is refused is remembered in `fields`.
    pub fn check(fields: &mut Fields, register: Option<&str>, number: Option<&str>) -> Option<Option<Self>> {
        let together = |detail: &str| Refusal::new("required", detail);
        match (register, number) {
            (None, None) => Some(None),
            (Some(register), Some(number)) => {
                let register = fields.check("/registered_as", Register::parse(register))?;
                fields.check("/registered_number", Self::parse(register, number)).map(Some)
            }
            (Some(register), None) => {
                fields.check("/registered_as", Register::parse(register));
                fields.refuse("/registered_number", together("Give the number too, or null for both."));
                None
            }
            (None, Some(_)) => {
                fields
                    .refuse("/registered_as", together("Say which register the number is from: charity, cic or other; or null for both."));
                None
            }
        }
    }
}

fn are_letters(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stored(register: Register, number: &str) -> Option<String> {
        Registration::parse(register, number).ok().map(|registration| registration.number)
    }

    #[test]
    fn numbers_of_each_register_are_taken_however_they_are_written() {
        let table = [
            (Register::Charity, "1045617", "1045617"),
            (Register::Charity, "207 544", "207544"),
            (Register::Charity, "sc 012 345", "SC012345"),
            (Register::Charity, "NIC100123", "NIC100123"),
            (Register::Cic, "0712 3456", "07123456"),
            (Register::Cic, "sc123456", "SC123456"),
            (Register::Other, "rs00 7f", "RS007F"),
        ];
        for (register, written, expected) in table {
            assert_eq!(stored(register, written).as_deref(), Some(expected), "{register} {written}");
        }
    }

    #[test]
    fn numbers_of_another_form_are_refused() {
        let table = [
            (Register::Charity, "12345"),
            (Register::Charity, "12345678"),
            (Register::Charity, "SC12345"),
            (Register::Charity, "NIC12345"),
            (Register::Charity, "XX123456"),
            (Register::Charity, "1045617-1"),
            (Register::Charity, "١٠٤٥٦١٧"),
            (Register::Cic, "1234567"),
            (Register::Cic, "S1234567"),
            (Register::Cic, "ÄÖ123456"),
            (Register::Other, "AB"),
            (Register::Other, "ABCDEFGHIJKLM"),
            (Register::Other, "AB_12"),
            (Register::Other, ""),
        ];
        for (register, written) in table {
            assert_eq!(Registration::parse(register, written).unwrap_err().code, "not_a_registered_number", "{register} {written}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_has_the_form_that_the_database_keeps_and_is_taken_again(number in "\\PC{0,16}") {
            for register in Register::ALL {
                if let Some(kept) = stored(*register, &number) {
                    prop_assert!((3..=12).contains(&kept.len()) && kept.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()), "{}", kept);
                    prop_assert_eq!(stored(*register, &kept), Some(kept));
                }
            }
        }

        #[test]
        fn spaces_and_small_letters_make_no_difference(digits in "[0-9]{6}", start in "(SC|NIC|sc|Nic|)", spaces in " {0,3}") {
            let number = format!("{start}{digits}");
            let spaced: String = number.to_lowercase().chars().flat_map(|c| [spaces.clone(), c.to_string()]).collect();
            prop_assert_eq!(stored(Register::Charity, &spaced), Some(number.to_uppercase()));
        }
    }
}
