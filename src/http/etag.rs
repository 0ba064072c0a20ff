//! Entity tags: strong, from a digest or a revision.
//!
//! Reads need nothing of their handlers: the middleware tags every complete answer and turns it into 304 where the client has it.
//! Mutable things are tagged by their revision, so that `If-Match` can guard a change.

use actix_web::http::header::{HeaderMap, IF_MATCH, IF_NONE_MATCH};
use sha2::{Digest, Sha256};

use crate::office::Code;
use crate::office::Refusal;
use crate::words::encode::hex;

/// The tag of a thing with a revision: `"r12"`.
#[must_use]
pub fn revision(revision: i64) -> String {
    format!("\"r{revision}\"")
}

/// The tag of an answer's bytes: half of their SHA-256.
#[must_use]
pub fn of(bytes: &[u8]) -> String {
    digest(&Sha256::digest(bytes))
}

/// The tag of a thing that its digest names.
#[must_use]
pub fn digest(digest: &[u8]) -> String {
    format!("\"{}\"", hex(digest.get(..16).unwrap_or(digest)))
}

/// Whether the client has the answer already (`If-None-Match`; weak comparison, RFC 9110 §13.1.2).
#[must_use]
pub fn client_has(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get_all(IF_NONE_MATCH)
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.split(',').map(str::trim).any(|named| named == "*" || named.strip_prefix("W/").unwrap_or(named) == tag))
}

/// Lets a change pass if `If-Match` names the tag (strong comparison, RFC 9110 §13.1.1).
///
/// # Errors
/// 428 without the header, 412 where it names others.
pub fn require_match(headers: &HeaderMap, tag: &str) -> Result<(), Refusal> {
    let mut asked = headers.get_all(IF_MATCH).filter_map(|value| value.to_str().ok()).peekable();
    if asked.peek().is_none() {
        return Err(Refusal::new(Code::PreconditionRequired));
    }
    let matched = asked.flat_map(|value| value.split(',')).map(str::trim).any(|named| named == "*" || named == tag);
    if matched { Ok(()) } else { Err(Refusal::new(Code::PreconditionFailed).with("current", tag)) }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(name: HeaderName, value: &'static str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_static(value));
        headers
    }

    #[test]
    fn a_change_needs_the_present_tag() {
        let tag = revision(3);
        assert_eq!(require_match(&HeaderMap::new(), &tag).unwrap_err().code(), Code::PreconditionRequired);
        assert_eq!(require_match(&headers(IF_MATCH, "\"r2\""), &tag).unwrap_err().code(), Code::PreconditionFailed);
        assert_eq!(require_match(&headers(IF_MATCH, "W/\"r3\""), &tag).unwrap_err().code(), Code::PreconditionFailed);
        assert!(require_match(&headers(IF_MATCH, "\"r2\", \"r3\""), &tag).is_ok());
        assert!(require_match(&headers(IF_MATCH, "*"), &tag).is_ok());
    }

    #[test]
    fn a_client_that_has_the_bytes_is_recognised() {
        let tag = of(b"{}");
        assert_eq!(tag.len(), 34);
        assert!(!client_has(&HeaderMap::new(), &tag));
        assert!(client_has(&headers(IF_NONE_MATCH, "\"a\", *"), &tag));
        assert!(client_has(&headers(IF_NONE_MATCH, "W/\"44136fa355b3678a1146ad16f7e8649e\""), &tag));
        assert!(!client_has(&headers(IF_NONE_MATCH, "\"44136fa3\""), &tag));
    }
}
