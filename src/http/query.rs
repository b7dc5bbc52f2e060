//! Query strings, decoded into a struct that refuses names it does not know.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::de::DeserializeOwned;

use super::json::{Now, now};
use crate::{
    error::{Code, Error, Problem, Result},
    types::{Refusal, fields::FieldError},
};

/// A decoded query string. `T` denies unknown fields and takes every value as text, which its parse function checks.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = Error;
    type Future = Now<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        now(decode(request.query_string()).map(Self))
    }
}

fn decode<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_urlencoded::from_str(text).map_err(|error| {
        let message = error.to_string();
        let name = message.split('`').nth(1).unwrap_or_default();
        let (code, refusal) = if message.starts_with("unknown field") {
            (
                Code::UnknownParameter,
                Refusal::new("unknown_parameter", format!("There is no parameter {name}; leave it out or check its spelling.")),
            )
        } else if message.starts_with("duplicate field") {
            (Code::InvalidRequest, Refusal::new("duplicate_parameter", format!("Give {name} once; separate several values with commas.")))
        } else if message.starts_with("missing field") {
            (Code::InvalidFields, Refusal::new("required", format!("Give {name}.")))
        } else {
            (Code::InvalidRequest, Refusal::new("unreadable", "The query string cannot be read."))
        };
        let detail = refusal.detail.clone();
        Error::from(Problem { errors: vec![FieldError::parameter(name, refusal)], ..Problem::new(code, detail) })
    })
}
