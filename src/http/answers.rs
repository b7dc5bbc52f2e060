//! Answers that several handlers give: a created thing, a thing with its version, a page of a list.

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::{
        StatusCode,
        header::{ETAG, HeaderValue, LINK, LOCATION},
    },
};
use serde::Serialize;
use serde_json::Value;

use super::etag;
use crate::error::{Error, Result};

/// 201 with Location and, where it can be edited, ETag. What an idempotent repeat is answered with, too.
#[derive(Debug, Clone)]
pub struct Created {
    /// Path of the new thing.
    pub location: String,
    /// Its version, where it has one.
    pub version: Option<i32>,
    /// Its representation.
    pub body: Value,
    /// A field of the representation that is shown once: a repeat of the request gets null in its place.
    pub once: Option<&'static str>,
}

impl Created {
    /// An answer that shows `thing`, found at `location`.
    pub fn new(location: impl Into<String>, version: Option<i32>, thing: &impl Serialize) -> Result<Self> {
        let body = serde_json::to_value(thing).map_err(|error| Error::Internal(error.into()))?;
        Ok(Self { location: location.into(), version, body, once: None })
    }

    /// The same with a field that is shown this once and stored nowhere.
    pub fn showing_once(self, field: &'static str) -> Self {
        Self { once: Some(field), ..self }
    }

    /// The representation without what is shown once: for a repeat.
    pub fn lasting_body(&self) -> Value {
        let mut body = self.body.clone();
        if let Some(secret) = self.once.and_then(|field| body.get_mut(field)) {
            *secret = Value::Null;
        }
        body
    }
}

impl Responder for Created {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Created();
        response.insert_header((LOCATION, self.location));
        let body = self.body.to_string();
        if let Some(version) = self.version {
            response.insert_header((ETAG, format!("\"{}\"", etag::of_version(version, body.as_bytes()))));
        }
        response.content_type("application/json").body(body)
    }
}

/// 200 with an ETag; 304 without a body when If-None-Match names the same version.
#[derive(Debug)]
pub struct Edited<T> {
    /// The version of `thing`.
    pub version: i32,
    /// What is shown.
    pub thing: T,
}

impl<T: Serialize> Responder for Edited<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let Ok(body) = serde_json::to_vec(&self.thing) else {
            return HttpResponse::from_error(Error::Internal(anyhow::anyhow!("an answer could not be written as JSON")));
        };
        let tag = etag::of_version(self.version, &body);
        let header = (ETAG, format!("\"{tag}\""));
        if request.method().is_safe() && etag::is_known(request, &tag) {
            return HttpResponse::build(StatusCode::NOT_MODIFIED).insert_header(header).finish();
        }
        HttpResponse::Ok().insert_header(header).content_type("application/json").body(body)
    }
}

/// One page of a list. `next_cursor` is null on the last page; otherwise a Link header says the same (RFC 8288).
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The entries, in the order of the list.
    pub items: Vec<T>,
    /// Continue with `?cursor=` this, the other parameters unchanged; null on the last page.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// The first `limit` of `rows`, which were asked for with one more than the limit to see whether there is a next page.
    pub fn cut(mut rows: Vec<T>, limit: usize, cursor_of: impl FnOnce(&T) -> String) -> Self {
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(cursor_of);
        Self { items: rows, next_cursor }
    }

    /// A list that always fits on one page.
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None }
    }

    /// The page with each entry turned into what is shown.
    pub fn map<U>(self, show: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(show).collect(), next_cursor: self.next_cursor }
    }
}

impl<T: Serialize> Responder for Page<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        show_page(request, self.next_cursor.as_deref(), &self)
    }
}

/// 200 with a page of a list, and the link to the next one, if there is one.
pub fn show_page(request: &HttpRequest, next_cursor: Option<&str>, page: &impl Serialize) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    if let Some(link) = next_cursor.and_then(|cursor| link_to_next(request, cursor)) {
        response.insert_header((LINK, link));
    }
    response.json(page)
}

fn link_to_next(request: &HttpRequest, cursor: &str) -> Option<HeaderValue> {
    let mut query: Vec<(String, String)> = serde_urlencoded::from_str(request.query_string()).ok()?;
    query.retain(|(name, _)| name != "cursor");
    query.push(("cursor".to_owned(), cursor.to_owned()));
    let query = serde_urlencoded::to_string(query).ok()?;
    HeaderValue::from_str(&format!("<{}?{query}>; rel=\"next\"", request.path())).ok()
}
