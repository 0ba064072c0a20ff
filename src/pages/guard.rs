//! What surrounds every page: forms come from our own pages alone, browsers are told what a page may do, and text is packed.

use std::io::Write as _;

use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN,
    REFERRER_POLICY, VARY,
};
use actix_web::middleware::Next;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::session;
use crate::http::auth;
use crate::http::state::AppState;
use crate::office::{Code, Refusal};

/// What a page may load and send, and whereto. No inline script, no inline style, no frame around it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types hailong";

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Shorter texts gain nothing by being packed.
const WORTH_PACKING: usize = 1_000;

/// The middleware.
///
/// # Errors
/// None of its own: what it refuses is an answer.
pub(super) async fn around(req: ServiceRequest, next: Next<impl MessageBody + 'static>) -> Result<ServiceResponse<BoxBody>, Error> {
    if let Err(refusal) = admit(&req) {
        return Ok(ServiceResponse::from_err(refusal, req.into_parts().0));
    }
    let packs = takes_gzip(req.headers());
    let answer = next.call(req).await?.map_into_boxed_body();
    if answer.response().error().is_some() {
        // It is worded further out, with its headers.
        return Ok(answer);
    }
    Ok(answer.map_body(|head, body| {
        protect(head.headers_mut());
        if packs { pack(head.headers_mut(), body) } else { body }
    }))
}

/// Counts a request by its address, whatever cookie it has, which anybody can make up; and lets forms pass that come from our own pages.
fn admit(req: &ServiceRequest) -> Result<(), Refusal> {
    let signed_in = session::cookie(req.headers()).is_some();
    if let Some(state) = req.app_data::<AppState>() {
        state.limit(|limiter| limiter.peer(auth::peer(req.request(), state)))?;
    }
    if req.method().is_safe() || is_own(req.headers(), signed_in) {
        return Ok(());
    }
    Err(Refusal::new(Code::CrossSite))
}

/// Whether a request comes from one of our pages, as far as a browser says. Every browser of today says it by `Sec-Fetch-Site`, older ones by
/// `Origin`; what says nothing and has no cookie is no browser, and acts for nobody.
fn is_own(headers: &HeaderMap, signed_in: bool) -> bool {
    let text = |name: &HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    match (text(&FETCH_SITE), text(&ORIGIN)) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => origin.split_once("://").is_some_and(|(_, host)| Some(host) == text(&HOST)),
        (None, None) => !signed_in,
    }
}

/// Tells the browser what a page may do.
pub(super) fn protect(headers: &mut HeaderMap) {
    for (name, value) in [(CONTENT_SECURITY_POLICY, POLICY), (REFERRER_POLICY, "same-origin"), (OPENER_POLICY, "same-origin")] {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
}

/// Whether a client takes gzip.
pub(super) fn takes_gzip(headers: &HeaderMap) -> bool {
    let asked = headers.get_all(ACCEPT_ENCODING).filter_map(|value| value.to_str().ok());
    asked.flat_map(|value| value.split(',')).any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0));
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

/// Bytes in gzip; the same bytes give the same.
pub(super) fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::with_capacity(bytes.len() / 3), Compression::default());
    // Writing to memory cannot fail.
    let _ = packer.write_all(bytes);
    packer.finish().unwrap_or_default()
}

/// Packs a complete text.
pub(super) fn pack(headers: &mut HeaderMap, body: BoxBody) -> BoxBody {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_text = kind.starts_with("text/") || kind.starts_with("image/svg") || kind.starts_with("application/json");
    if !is_text || kind.starts_with("text/event-stream") || headers.contains_key(CONTENT_ENCODING) {
        return body;
    }
    match body.try_into_bytes() {
        Ok(bytes) => {
            headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
            if bytes.len() < WORTH_PACKING {
                return BoxBody::new(bytes);
            }
            headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            BoxBody::new(packed(&bytes))
        }
        Err(stream) => stream,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn a_form_of_another_site_is_told_from_our_own() {
        let own = |site: Option<&'static str>, origin: Option<&'static str>, signed_in| {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("hailong.example"));
            for (name, value) in [(FETCH_SITE, site), (ORIGIN, origin)] {
                value.map(|value| headers.insert(name, HeaderValue::from_static(value)));
            }
            is_own(&headers, signed_in)
        };
        for signed_in in [true, false] {
            assert!(own(Some("same-origin"), None, signed_in));
            assert!(own(Some("none"), None, signed_in));
            assert!(!own(Some("same-site"), None, signed_in), "a sibling host of the province's portal");
            assert!(!own(Some("cross-site"), Some("https://hailong.example"), signed_in));
            assert!(own(None, Some("https://hailong.example"), signed_in));
            assert!(!own(None, Some("https://hailong.example.evil"), signed_in));
            assert!(!own(None, Some("null"), signed_in));
        }
        assert!(!own(None, None, true));
        assert!(own(None, None, false));
    }

    #[test]
    fn gzip_is_taken_by_those_who_say_so() {
        let takes = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(value));
            takes_gzip(&headers)
        };
        assert!(takes("gzip, deflate, br") && takes("br;q=1, GZIP;q=0.5"));
        assert!(!takes("br") && !takes("gzip;q=0") && !takes(""));
        let text = "hài lòng ".repeat(500);
        let mut read = String::new();
        flate2::read::GzDecoder::new(packed(text.as_bytes()).as_slice()).read_to_string(&mut read).unwrap();
        assert_eq!(read, text);
    }
}
