//! Ids in paths.

use std::str::FromStr;

use actix_web::HttpRequest;

use crate::error::{Error, Result};

/// The path parameter `name` as a `T`. What is not one names nothing, so it is 404 like an id that does not exist.
pub fn param<T: FromStr>(request: &HttpRequest, name: &str, what: &str) -> Result<T> {
    request.match_info().get(name).and_then(|text| text.parse().ok()).ok_or_else(|| Error::not_found(what))
}
