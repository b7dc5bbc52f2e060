//! What everybody is shown alike: answered with an ETag of its content, for browsers and proxies to keep for a while.

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::header::{CACHE_CONTROL, ETAG, HeaderValue, IF_NONE_MATCH},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::error::Error;

/// 200 with ETag and Cache-Control; 304 when If-None-Match names the same content.
#[derive(Debug)]
pub struct Cacheable<T> {
    /// How long it may be shown without asking again.
    pub seconds: u32,
    /// What is shown.
    pub thing: T,
}

impl<T: Serialize> Responder for Cacheable<T> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let Ok(body) = serde_json::to_vec(&self.thing) else {
            return HttpResponse::from_error(Error::Internal(anyhow::anyhow!("an answer could not be written as JSON")));
        };
        let digest = Sha256::digest(&body);
        let tag = format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(digest.get(..12).unwrap_or_default()));
        let keep = format!("public, max-age={}", self.seconds);
        if names(request.headers().get(IF_NONE_MATCH), &tag) {
            return HttpResponse::NotModified().insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, keep)).finish();
        }
        HttpResponse::Ok().insert_header((ETAG, tag)).insert_header((CACHE_CONTROL, keep)).content_type("application/json").body(body)
    }
}

/// Whether an If-None-Match header names this entity tag (weak comparison, RFC 9110, 13.1.2).
fn names(header: Option<&HeaderValue>, tag: &str) -> bool {
    let known = header.and_then(|value| value.to_str().ok()).unwrap_or_default();
    known.split(',').map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/") == tag)
}
