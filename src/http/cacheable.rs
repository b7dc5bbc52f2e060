//! What everybody is shown alike: answered with an ETag of its content, for browsers and proxies to keep for a while.

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::header::{CACHE_CONTROL, ETAG},
};
use serde::Serialize;

use super::etag;
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
        let tag = etag::of_content(&body);
        let keep = format!("public, max-age={}", self.seconds);
        if etag::is_known(request, &tag) {
            return HttpResponse::NotModified().insert_header((ETAG, format!("\"{tag}\""))).insert_header((CACHE_CONTROL, keep)).finish();
        }
        HttpResponse::Ok()
            .insert_header((ETAG, format!("\"{tag}\"")))
            .insert_header((CACHE_CONTROL, keep))
            .content_type("application/json")
            .body(body)
    }
}
