//! Entity tags: which version of a thing a client has read, and which it means to change (RFC 9110, sections 8.8 and 13.1).

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{HeaderValue, IF_MATCH},
};

use super::json::{Now, now};
use crate::error::{Code, Error, Result};

/// The strong entity tag of a version.
pub fn etag(version: i32) -> HeaderValue {
    HeaderValue::from_str(&format!("\"{version}\"")).unwrap_or_else(|_| HeaderValue::from_static("\"0\""))
}

/// The version that a change is meant for. 428 when the header is missing.
#[derive(Debug)]
pub struct IfMatch(Vec<String>);

impl IfMatch {
    /// 412 unless `version` is the one that the client has read.
    pub fn check(&self, version: i32) -> Result<()> {
        let current = format!("\"{version}\"");
        if self.0.iter().any(|tag| tag == "*" || *tag == current) {
            return Ok(());
        }
        Err(Error::problem(
            Code::Stale,
            format!("You changed an older version; the current one is {current}. Read it again and apply your change to that."),
        ))
    }
}

impl FromRequest for IfMatch {
    type Error = Error;
    type Future = Now<Self>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let tags = request.headers().get(IF_MATCH).and_then(|value| value.to_str().ok());
        now(tags.map(|tags| Self(tags.split(',').map(|tag| tag.trim().to_owned()).collect())).ok_or_else(|| {
            Error::problem(Code::PreconditionRequired, "Send the ETag of the version you have read in the If-Match header.")
        }))
    }
}
