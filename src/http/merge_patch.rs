//! PATCH: a JSON merge patch (RFC 7396) over what a client could have sent to create the thing.
//!
//! The patched document goes through the same parse as a new one, so there is one set of rules. `contract` describes the body
//! of each PATCH as the document with every field optional.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::json::{Json, decode_value};
use crate::error::{Code, Error, Result};

/// Changes to a `T`: fields to set, `null` to empty. Absent fields stay.
#[derive(Debug)]
pub struct MergePatch<T> {
    changes: Map<String, Value>,
    document: std::marker::PhantomData<T>,
}

impl<T: Serialize + DeserializeOwned> MergePatch<T> {
    /// The document `current` with the changes made. Fields that `T` does not know are refused by name.
    pub fn apply(self, current: &T) -> Result<T> {
        let mut document = serde_json::to_value(current).map_err(|error| Error::Internal(error.into()))?;
        merge(&mut document, Value::Object(self.changes));
        decode_value(document)
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
        let body = Json::<Value>::from_request(request, payload);
        Box::pin(async move {
            match body.await?.0 {
                Value::Object(changes) => Ok(Self { changes, document: std::marker::PhantomData }),
                _ => Err(Error::problem(Code::InvalidJson, "Send a JSON object with the fields to change.")),
            }
        })
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
