//! Keyset paging: how many entries, and where to go on.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{
    error::{Code, Error, Result},
    types::{Fields, Refusal},
};

/// Entries on a page: 1 to 100, 20 unless asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u8);

impl Limit {
    /// Takes 1 to 100.
    pub fn parse(text: impl AsRef<str>) -> Result<Self, Refusal> {
        text.as_ref()
            .parse()
            .ok()
            .filter(|limit| (1..=100).contains(limit))
            .map(Self)
            .ok_or_else(|| Refusal::new("out_of_range", "Give a whole number from 1 to 100."))
    }

    /// The number of entries.
    pub fn entries(self) -> usize {
        self.0.into()
    }

    /// One more than the page holds, to see whether another page follows.
    pub fn and_one(self) -> i64 {
        i64::from(self.0) + 1
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(20)
    }
}

/// Where a list goes on: the sort key of the last entry, and which list it belongs to.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cursor<K> {
    list: String,
    after: K,
}

impl<K: Serialize + DeserializeOwned> Cursor<K> {
    /// The opaque text for the entry whose sort key is `after`, in the list that `filters` describes.
    pub fn encode(filters: &impl Serialize, after: K) -> String {
        let cursor = Self { list: fingerprint(filters), after };
        BASE64_URL_SAFE_NO_PAD.encode(serde_json::to_vec(&cursor).unwrap_or_default())
    }

    /// The sort key in `text`: 400 when it is not a cursor, or not one of the list that `filters` describes.
    pub fn decode(filters: &impl Serialize, text: &str) -> Result<K> {
        let invalid = || Error::problem(Code::InvalidCursor, "Use next_cursor of the page before, unchanged, or start without a cursor.");
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_not_ours| invalid())?;
        // The list first: the sort key of another list may have another shape.
        let cursor: Cursor<Value> = serde_json::from_slice(&bytes).map_err(|_not_ours| invalid())?;
        if cursor.list != fingerprint(filters) {
            return Err(Error::problem(
                Code::CursorMismatch,
                "This cursor belongs to a list with other filters or another order. Repeat those, or start without a cursor.",
            ));
        }
        if !is_storable(&cursor.after) {
            return Err(invalid());
        }
        serde_json::from_value(cursor.after).map_err(|_not_ours| invalid())
    }
}

/// Whether PostgreSQL can take the texts and times of a sort key. Ours it can; but anybody can write a cursor.
fn is_storable(key: &Value) -> bool {
    match key {
        Value::String(text) => !text.contains('\0') && text.parse::<DateTime<Utc>>().map_or(true, |time| (0..=9999).contains(&time.year())),
        Value::Array(parts) => parts.iter().all(is_storable),
        Value::Object(parts) => parts.values().all(is_storable),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

/// The parameters of a list without filters.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Entries on a page, 1 to 100; 20 unless given.
    #[param(value_type = Option<u8>, minimum = 1, maximum = 100)]
    pub limit: Option<String>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl PageQuery {
    /// The limit, and the sort key after which the page of the list that `filters` describes begins.
    pub fn parse<K: Serialize + DeserializeOwned>(self, filters: &impl Serialize) -> Result<(Limit, Option<K>)> {
        let mut fields = Fields::query();
        let limit = fields.check_optional("limit", self.limit, Limit::parse);
        let limit = fields.finish(|| limit)?.unwrap_or_default();
        Ok((limit, self.cursor.map(|cursor| Cursor::decode(filters, &cursor)).transpose()?))
    }
}

/// A short hash of what makes a list what it is.
fn fingerprint(filters: &impl Serialize) -> String {
    let digest = Sha256::digest(serde_json::to_vec(filters).unwrap_or_default());
    BASE64_URL_SAFE_NO_PAD.encode(digest.get(..6).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cursor_of_another_list_is_told_from_nonsense_whatever_its_key_is() {
        let text = Cursor::encode(&"names", "St Mary's".to_owned());
        assert_eq!(Cursor::<(i64, i64)>::decode(&"times", &text).unwrap_err().code(), Code::CursorMismatch);
        assert_eq!(Cursor::<(i64, i64)>::decode(&"names", &text).unwrap_err().code(), Code::InvalidCursor);
    }

    #[test]
    fn what_the_database_cannot_take_is_no_cursor_of_ours() {
        for forged in ["-200000-01-01T00:00:00Z", "+262000-01-01T00:00:00Z", "St\0Mary's"] {
            let text = Cursor::encode(&"", (forged.to_owned(), 1_i64));
            assert_eq!(Cursor::<(String, i64)>::decode(&"", &text).unwrap_err().code(), Code::InvalidCursor, "{forged}");
        }
        assert!(Cursor::<String>::decode(&"", &Cursor::encode(&"", "- Hope -".to_owned())).is_ok());
    }

    proptest! {
        #[test]
        fn a_cursor_comes_back_as_it_was(filters in ".{0,20}", time in any::<i64>(), id in any::<u128>()) {
            let text = Cursor::encode(&filters, (time, id.to_string()));
            prop_assert_eq!(Cursor::<(i64, String)>::decode(&filters, &text).unwrap(), (time, id.to_string()));
            prop_assert_eq!(Cursor::<(i64, String)>::decode(&format!("{filters}x"), &text).unwrap_err().code(), Code::CursorMismatch);
        }

        #[test]
        fn what_is_not_a_cursor_is_refused(text in ".{0,80}") {
            prop_assert_eq!(Cursor::<i64>::decode(&"", &text).unwrap_err().code(), Code::InvalidCursor);
        }

        #[test]
        fn limits_are_1_to_100(number in any::<i32>()) {
            prop_assert_eq!(Limit::parse(number.to_string()).is_ok(), (1..=100).contains(&number));
        }
    }
}
