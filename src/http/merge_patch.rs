//! PATCH: a JSON merge patch (RFC 7396) over what a client could have sent to create the thing.
//!
//! The patched document goes through the same parse as a new one, so there is one set of rules. `contract` describes the body
//! of each PATCH as the document with every field optional.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _, MapAccess, Visitor},
};
use serde_json::{Map, Value};

use super::json::{Json, decode_value};
use crate::error::{Error, Result};

/// Changes to a `T`: fields to set, `null` to empty. Absent fields stay.
#[derive(Debug)]
pub struct MergePatch<T> {
    changes: Map<String, Value>,
    document: std::marker::PhantomData<T>,
}

impl<T: Serialize + DeserializeOwned> MergePatch<T> {
    /// What the patch says of a field, if anything.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.changes.get(name)
    }

    /// The document `current` with the changes made. Fields that `T` does not know are refused by name.
    pub fn apply(self, current: &T) -> Result<T> {
        let mut document = serde_json::to_value(current).map_err(|error| Error::Internal(error.into()))?;
        merge(&mut document, Value::Object(self.changes));
        decode_value(document)
    }
}

/// The fields of a patch, each given once.
struct Changes(Map<String, Value>);

impl<'de> Deserialize<'de> for Changes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EachOnce;
        impl<'de> Visitor<'de> for EachOnce {
            type Value = Changes;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object with the fields to change")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Changes, A::Error> {
                let mut changes = Map::new();
                while let Some((name, value)) = fields.next_entry::<String, Value>()? {
                    if changes.contains_key(&name) {
                        return Err(A::Error::custom(format_args!("duplicate field `{name}`")));
                    }
                    changes.insert(name, value);
                }
                Ok(Changes(changes))
            }
        }
        deserializer.deserialize_map(EachOnce)
    }
}

/// RFC 7396, section 2, except that `null` stays: our types read it as "empty", and refuse it where empty cannot be.
fn merge(target: &mut Value, patch: Value) {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => {
            for (name, value) in patch {
                merge(target.entry(name).or_insert(Value::Null), value);
            }
        }
        (target, patch) => *target = patch,
    }
}

impl<T: 'static> FromRequest for MergePatch<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = Json::<Changes>::from_request(request, payload);
        Box::pin(async move { Ok(Self { changes: body.await?.0.0, document: std::marker::PhantomData }) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_fields_stay_and_null_empties() {
        let mut document = serde_json::json!({"title": "Chairs", "unit": "chairs", "quantity": 40});
        merge(&mut document, serde_json::json!({"quantity": 30, "unit": null}));
        assert_eq!(document, serde_json::json!({"title": "Chairs", "unit": null, "quantity": 30}));
    }
}
