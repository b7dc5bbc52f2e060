//! Entity tags: which version of a thing a client has read, and which it means to change (RFC 9110, sections 8.8 and 13.1).

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{IF_MATCH, IF_NONE_MATCH},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::json::{Now, now};
use crate::error::{Code, Error, Result};

/// The entity tag of content: a hash of it.
pub fn of_content(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    BASE64_URL_SAFE_NO_PAD.encode(digest.get(..9).unwrap_or_default())
}

/// The entity tag of a version of something as it is shown: the number of its edits, and a hash of what is shown. The first is what
/// If-Match goes by; the second changes with everything that is no edit, such as the name of a listing's group.
pub fn of_version(version: i32, body: &[u8]) -> String {
    format!("{version}.{}", of_content(body))
}

/// Whether an If-None-Match header names this tag (weak comparison, RFC 9110, 13.1.2).
pub fn is_known(request: &HttpRequest, tag: &str) -> bool {
    let known = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    known.split(',').map(str::trim).any(|known| known == "*" || known.trim_start_matches("W/").trim_matches('"') == tag)
}

/// The version that a change is meant for. 428 when the header is missing.
#[derive(Debug)]
pub struct IfMatch(Vec<String>);

impl IfMatch {
    /// 412 unless `version` is the one that the client has read.
    pub fn check(&self, version: i32) -> Result<()> {
        let current = version.to_string();
        let names = |tag: &String| tag == "*" || tag.strip_prefix('"').and_then(|tag| tag.split(['.', '"']).next()) == Some(&current);
        if self.0.iter().any(names) {
            return Ok(());
        }
        Err(Error::problem(Code::Stale, "You changed an older version. Read it again and apply your change to what is there now."))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_checked_against_the_number_of_edits() {
        let tag = format!("\"{}\"", of_version(3, b"{}"));
        assert!(IfMatch(vec![tag.clone()]).check(3).is_ok());
        assert_eq!(IfMatch(vec![tag]).check(4).unwrap_err().code(), Code::Stale);
        assert!(IfMatch(vec!["\"2\"".to_owned(), "\"3\"".to_owned()]).check(3).is_ok());
        assert!(IfMatch(vec!["*".to_owned()]).check(3).is_ok());
        for tag in ["W/\"3\"", "3", "\"33\"", "\"\""] {
            assert!(IfMatch(vec![tag.to_owned()]).check(3).is_err(), "{tag}");
        }
    }

    #[test]
    fn the_tag_changes_with_what_is_shown() {
        assert_ne!(of_version(3, b"a"), of_version(3, b"b"));
    }
}
