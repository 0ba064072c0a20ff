//! Reading request bodies: bounded in size and in time, never compressed.
//!
//! actix-web has a deadline for headers and none for bodies: a client that sends a byte a minute would hold its connection for ever.

use std::time::Duration;

use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest, dev};
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;
use validator::Validate;

use crate::http::query;
use crate::http::state::AppState;
use crate::office::{Code, Refusal, wire};

/// The most bytes that one response, or one small command, may have.
pub const SMALL: usize = 64 * 1024;
/// The most bytes that a definition, a batch, a design or a unit list may have.
pub const LARGE: usize = 8 * 1024 * 1024;
/// The most bytes that a table of indicators may have: every commune of the country with a hundred of them stays below.
pub const TABLE: usize = 64 * 1024 * 1024;

/// The most characters that a field of a form may have.
const FIELD_CHARS: usize = 20_000;

/// A body of any type, of at most `MAX` bytes.
pub struct Raw<const MAX: usize>(pub Bytes);

/// A body that says it is JSON, unread.
pub struct JsonBytes<const MAX: usize>(pub Bytes);

/// The fields of a form that a browser sent, in its order; a name may come several times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(pub Vec<(String, String)>);

/// A form that a browser sent.
pub struct Form<const MAX: usize = SMALL>(pub Fields);

/// A body read from JSON and within its stated bounds.
pub struct Json<T, const MAX: usize = SMALL>(pub T);

impl<const MAX: usize> FromRequest for Raw<MAX> {
    type Error = Refusal;
    type Future = LocalBoxFuture<'static, Result<Self, Refusal>>;

    fn from_request(req: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (req, mut payload) = (req.clone(), payload.take());
        Box::pin(async move { read(&req, &mut payload, MAX).await.map(Self) })
    }
}

impl<const MAX: usize> FromRequest for JsonBytes<MAX> {
    type Error = Refusal;
    type Future = LocalBoxFuture<'static, Result<Self, Refusal>>;

    fn from_request(req: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (req, mut payload) = (req.clone(), payload.take());
        Box::pin(async move {
            require_type(&req, "application/json")?;
            read(&req, &mut payload, MAX).await.map(Self)
        })
    }
}

impl<const MAX: usize> FromRequest for Form<MAX> {
    type Error = Refusal;
    type Future = LocalBoxFuture<'static, Result<Self, Refusal>>;

    fn from_request(req: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let (req, mut payload) = (req.clone(), payload.take());
        Box::pin(async move {
            require_type(&req, "application/x-www-form-urlencoded")?;
            // A form that may be large carries a document in a field.
            let most = if MAX > SMALL { MAX } else { FIELD_CHARS };
            Ok(Self(Fields(fields(&read(&req, &mut payload, MAX).await?, most)?)))
        })
    }
}

impl Fields {
    /// The first of a name as it was sent; empty where it is not there.
    #[must_use]
    pub fn as_sent(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    /// The same without space around it.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.as_sent(name).trim()
    }

    /// The same; none where it is empty.
    #[must_use]
    pub fn some(&self, name: &str) -> Option<String> {
        Some(self.get(name)).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    /// Every one of a name, without space around it.
    pub fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.trim())
    }

    /// Whether a box of this name was ticked.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }
}

/// The fields in a form's bytes, of `most` characters each at most.
fn fields(bytes: &[u8], most: usize) -> Result<Vec<(String, String)>, Refusal> {
    // What is no ASCII is no form; its values then find themselves not to be UTF-8.
    let (coded, mut findings) = (String::from_utf8_lossy(bytes), Vec::new());
    let pairs = query::pairs(&coded, "", most, &mut findings);
    if findings.is_empty() { Ok(pairs) } else { Err(Refusal::new(Code::BodyInvalid).errors(findings)) }
}

impl<T: DeserializeOwned + Validate + 'static, const MAX: usize> FromRequest for Json<T, MAX> {
    type Error = Refusal;
    type Future = LocalBoxFuture<'static, Result<Self, Refusal>>;

    fn from_request(req: &HttpRequest, payload: &mut dev::Payload) -> Self::Future {
        let bytes = JsonBytes::<MAX>::from_request(req, payload);
        Box::pin(async move { parse(&bytes.await?.0).map(Self) })
    }
}

/// Lets a body pass that says it is of the type `expected` (in lower case), in UTF-8 if it says in what encoding.
///
/// # Errors
/// `media-type-unsupported`.
pub fn require_type(req: &HttpRequest, expected: &'static str) -> Result<(), Refusal> {
    let header = req.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = header.split(';').map(str::trim);
    let refused = Refusal::new(Code::MediaTypeUnsupported);
    if !parts.next().is_some_and(|named| named.eq_ignore_ascii_case(expected)) {
        return Err(refused.detail(format!("Content-Type phải là {expected}"), format!("Content-Type must be {expected}")));
    }
    let charset = parts.filter_map(|part| part.split_once('=')).find(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
    let utf8 = |value: &str| ["utf-8", "utf8"].iter().any(|name| value.trim().trim_matches('"').eq_ignore_ascii_case(name));
    if charset.is_some_and(|(_, value)| !utf8(value)) {
        return Err(refused.detail("Nội dung phải ở bảng mã UTF-8", "The body must be in UTF-8"));
    }
    Ok(())
}

/// Reads the body of a request whose sender may send it. One above [`LARGE`] has longer to arrive, as much as it is larger.
///
/// # Errors
/// `body-too-large`, `encoding-unsupported`, `request-timeout`.
pub async fn receive(req: &HttpRequest, payload: actix_web::web::Payload, max: usize) -> Result<Bytes, Refusal> {
    read(req, &mut payload.into_inner(), max).await
}

async fn read(req: &HttpRequest, payload: &mut dev::Payload, max: usize) -> Result<Bytes, Refusal> {
    let encoding = req.headers().get(CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Refusal::new(Code::EncodingUnsupported));
    }
    let announced = req.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > max as u64) {
        return Err(too_large(max));
    }
    let deadline = req.app_data::<AppState>().map_or(Duration::from_secs(10), |state| state.limits().body_deadline);
    let deadline = deadline.saturating_mul(u32::try_from(max.div_ceil(LARGE)).unwrap_or(1));
    tokio::time::timeout(deadline, collect(payload, max)).await.unwrap_or_else(|_| Err(Refusal::new(Code::RequestTimeout)))
}

async fn collect(payload: &mut dev::Payload, max: usize) -> Result<Bytes, Refusal> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        // The connection broke: nobody is left to read the answer.
        let chunk = chunk.map_err(|_| Refusal::new(Code::RequestTimeout))?;
        if body.len() + chunk.len() > max {
            return Err(too_large(max));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

fn too_large(max: usize) -> Refusal {
    Refusal::new(Code::BodyTooLarge).detail(format!("Tối đa {max} byte"), format!("At most {max} bytes")).with("max_bytes", max)
}

/// Reads `bytes` as JSON of the shape of `T` and checks its bounds.
///
/// # Errors
/// `json-invalid` for what is no JSON, `body-invalid` with a pointer for each member that does not fit or is out of bounds.
pub fn parse<T: DeserializeOwned + Validate>(bytes: &[u8]) -> Result<T, Refusal> {
    let value: T = wire::decode(bytes)?;
    wire::check(&value)?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::http::problem;
    use crate::words::Lang;

    #[derive(Debug, Deserialize, Validate)]
    #[serde(deny_unknown_fields)]
    struct Small {
        #[validate(length(min = 1, max = 3))]
        name: String,
    }

    fn refusal(text: &str) -> Refusal {
        parse::<Small>(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn a_body_that_is_no_json_says_where() {
        let problem = refusal("{\"name\": \n x}");
        assert_eq!(problem.code(), Code::JsonInvalid);
        for (lang, place) in [(Lang::En, "line 2 column 2"), (Lang::Vi, "dòng 2, cột 2")] {
            let body = problem::body(&problem, lang, "");
            assert!(body["detail"].as_str().unwrap().contains(place), "{body}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_and_not_followed() {
        assert_eq!(refusal(&"[".repeat(100_000)).code(), Code::JsonInvalid);
    }

    #[test]
    fn a_member_of_the_wrong_type_given_twice_or_with_a_nul_is_found_with_its_line() {
        let text = "{\n \"name\": \"a\",\n \"name\": \"a\\u0000\"}";
        let found: Vec<_> = refusal(text).findings().iter().map(|f| (f.pointer.clone(), f.code.to_string(), f.line)).collect();
        let expected = [("duplicate-key", 3), ("nul-character", 2)].map(|(code, line)| ("/name".to_owned(), code.to_owned(), Some(line)));
        assert_eq!(found, expected);
    }

    #[test]
    fn the_fields_of_a_form_keep_their_order_and_come_as_often_as_they_were_sent() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            fields(b"why=wait&note=%C4%90%E1%BB%A3i+l%C3%A2u&why=fee", 100).unwrap(),
            [pair("why", "wait"), pair("note", "Đợi lâu"), pair("why", "fee")]
        );
        let found = fields(b"a=%ff&b=%00", 100).unwrap_err();
        let found: Vec<_> = found.findings().iter().map(|finding| (finding.pointer.as_str(), finding.code.as_ref())).collect();
        assert_eq!(found, [("/a", "not-utf8"), ("/b", "nul-character")]);
    }

    #[test]
    fn a_media_type_is_compared_without_case_and_must_be_utf_8() {
        let of = |value: &str| {
            let req = actix_web::test::TestRequest::default().insert_header((CONTENT_TYPE, value)).to_http_request();
            require_type(&req, "application/json").is_ok()
        };
        for good in ["application/json", "Application/JSON", "application/json;charset=UTF-8", "application/json; x=y; charset=\"utf-8\""] {
            assert!(of(good), "{good}");
        }
        for bad in ["", "text/json", "application/json; charset=utf-16", "application/jsonx"] {
            assert!(!of(bad), "{bad}");
        }
    }

    #[test]
    fn a_member_out_of_bounds_has_a_pointer_and_its_value_is_not_repeated() {
        let body = problem::body(&refusal("{\"name\": \"s3cret\"}"), Lang::En, "");
        assert_eq!(body["errors"][0]["pointer"], "/name");
        assert_eq!(body["errors"][0]["code"], "out-of-bounds-length");
        assert!(!body.to_string().contains("s3cret"));
    }

    #[test]
    fn an_unknown_member_is_refused() {
        assert_eq!(refusal("{\"name\": \"a\", \"role\": \"admin\"}").code(), Code::BodyInvalid);
    }
}
