//! Request bodies: one JSON object, checked for its media type, decoded with the field named when it does not fit.

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::CONTENT_TYPE, web::Bytes};
use futures_util::future::{LocalBoxFuture, Ready, ready};
use serde::de::DeserializeOwned;

use crate::{
    error::{Code, Error, Result},
    types::{Refusal, fields::FieldError},
};

/// A decoded JSON body. `http::body` has read it already, within its size and time.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = is_json(request);
        let bytes = Bytes::from_request(request, payload);
        Box::pin(async move {
            media_type?;
            let bytes = bytes.await.map_err(|error| Error::problem(Code::InvalidRequest, error.to_string()))?;
            decode(&bytes).map(Self)
        })
    }
}

/// A decoded JSON body that may be left out, or be null: then it is as if an empty object had been sent.
#[derive(Debug)]
pub struct MaybeJson<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for MaybeJson<T> {
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let media_type = is_json(request);
        let bytes = Bytes::from_request(request, payload);
        Box::pin(async move {
            let bytes = bytes.await.map_err(|error| Error::problem(Code::InvalidRequest, error.to_string()))?;
            if bytes.is_empty() || bytes.trim_ascii() == b"null" {
                return decode(b"{}").map(Self);
            }
            media_type?;
            decode(&bytes).map(Self)
        })
    }
}

/// Decodes a JSON object, naming the field that does not fit. (serde would take an array for an object, field by field.)
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    if bytes.trim_ascii_start().first().is_some_and(|first| *first != b'{') {
        return Err(Error::problem(Code::InvalidJson, "The body is not a JSON object: it has to begin with {."));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| refuse(&error))?;
    reader.end().map_err(|error| not_json(&error))?;
    Ok(value)
}

/// Like [`decode`], from a JSON value.
pub fn decode_value<T: DeserializeOwned>(value: serde_json::Value) -> Result<T> {
    serde_path_to_error::deserialize(value).map_err(|error| refuse(&error))
}

fn refuse(error: &serde_path_to_error::Error<serde_json::Error>) -> Error {
    let cause = error.inner();
    if !cause.is_data() {
        return not_json(cause);
    }
    let message = cause.to_string();
    let message = message.split(" at line ").next().unwrap_or_default();
    let (parent, field) = (pointer(error.path()), message.split('`').nth(1).unwrap_or_default());
    let (pointer, refusal) = if message.starts_with("missing field") {
        (format!("{parent}/{field}"), Refusal::new("required", "Give this field."))
    } else if message.starts_with("unknown field") {
        let pointer = if parent.ends_with(&format!("/{field}")) { parent } else { format!("{parent}/{field}") };
        (pointer, Refusal::new("unknown_field", format!("There is no field {field}; leave it out or check its spelling.")))
    } else if message.starts_with("duplicate field") {
        (format!("{parent}/{field}"), Refusal::new("duplicate_field", "Give this field once."))
    } else {
        (parent, Refusal::new("wrong_type", format!("This does not fit: {message}.")))
    };
    vec![FieldError::body(pointer, refusal)].into()
}

fn not_json(error: &serde_json::Error) -> Error {
    Error::problem(Code::InvalidJson, format!("The body is not JSON: {error}."))
}

/// The JSON pointer (RFC 6901) of a path.
fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .filter_map(|segment| match segment {
            Segment::Seq { index } => Some(format!("/{index}")),
            Segment::Map { key } => Some(format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Enum { .. } | Segment::Unknown => None,
        })
        .collect()
}

/// 415 unless the body is said to be JSON.
fn is_json(request: &HttpRequest) -> Result<()> {
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if matches!(essence.as_str(), "application/json" | "application/merge-patch+json") {
        return Ok(());
    }
    Err(Error::problem(Code::UnsupportedMediaType, "Send the body as JSON, with Content-Type: application/json."))
}

/// For extractors that need nothing asynchronous.
pub(super) type Now<T> = Ready<Result<T>>;

/// An extractor's answer that is there already.
pub(super) fn now<T>(result: Result<T>) -> Now<T> {
    ready(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Chairs {
        #[serde(rename = "quantity")]
        _quantity: u32,
    }

    fn first_field(body: &str) -> (String, String) {
        let error = decode::<Chairs>(body.as_bytes()).unwrap_err();
        let field = error.fields().first().expect("a field is named").clone();
        (field.pointer.unwrap(), field.code)
    }

    #[test]
    fn the_field_that_does_not_fit_is_named() {
        assert_eq!(first_field(r#"{"quantity": "forty"}"#), ("/quantity".into(), "wrong_type".into()));
        assert_eq!(first_field("{}"), ("/quantity".into(), "required".into()));
        assert_eq!(first_field(r#"{"quantity": 4, "colour": "red"}"#), ("/colour".into(), "unknown_field".into()));
        assert_eq!(first_field(r#"{"quantity": 4, "quantity": 5}"#), ("/quantity".into(), "duplicate_field".into()));
    }

    #[test]
    fn what_is_not_json_is_said_to_be_so() {
        for body in ["", "{", "{\"quantity\": 4} x", "\u{0}"] {
            assert_eq!(decode::<Chairs>(body.as_bytes()).unwrap_err().code(), Code::InvalidJson, "{body}");
        }
        assert_eq!(decode::<serde_json::Value>("[".repeat(5000).as_bytes()).unwrap_err().code(), Code::InvalidJson);
    }
}
