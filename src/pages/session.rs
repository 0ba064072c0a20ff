//! The cookie of a session. It opens pages and nothing else: what programs call takes `Authorization` alone.
//!
//! Over https its name begins with `__Host-`, so that no other host, not even one below ours, can set it. On the loopback address of a
//! machine, where nobody listens in between, it has its plain name. Over any other connection nobody signs in.

use std::net::IpAddr;

use actix_web::http::header::{COOKIE, HOST, HeaderMap, HeaderValue, ORIGIN};

/// The name over https.
const GUARDED: &str = "__Host-hailong";
/// The name on loopback.
const PLAIN: &str = "hailong";

/// The secret of the session that a request's cookie names.
pub(super) fn cookie(headers: &HeaderMap) -> Option<&str> {
    named(headers, GUARDED).or_else(|| is_loopback(headers).then(|| named(headers, PLAIN)).flatten())
}

/// A cookie by its name.
pub(super) fn named<'h>(headers: &'h HeaderMap, wanted: &str) -> Option<&'h str> {
    let pairs = headers.get_all(COOKIE).filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('=')).find_map(|(name, value)| (name == wanted).then_some(value))
}

/// Whether a connection keeps what is sent over it, as the browser that sends a form sees it.
pub(super) fn is_private(headers: &HeaderMap) -> bool {
    is_encrypted(headers) || is_loopback(headers)
}

/// A browser names its own page's address with a form; a script of another site cannot make it name another.
pub(super) fn is_encrypted(headers: &HeaderMap) -> bool {
    headers.get(ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"))
}

pub(super) fn is_loopback(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, port)| if port.bytes().all(|byte| byte.is_ascii_digit()) { name } else { host });
    let address = name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// The address by which this server is reached: as the browser that sent a form says it, else by the name that was asked for.
pub(super) fn server(headers: &HeaderMap) -> String {
    let text = |name| headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    if let Some(origin) = text(ORIGIN).filter(|origin| *origin != "null") {
        return origin.to_owned();
    }
    let scheme = if is_loopback(headers) { "http" } else { "https" };
    format!("{scheme}://{}", text(HOST).unwrap_or_default())
}

/// What sets the cookie. It goes when the browser is closed; the server ends the session sooner.
pub(super) fn begin(headers: &HeaderMap, secret: &str) -> String {
    written(headers, secret, "")
}

/// What takes the cookie away.
pub(super) fn end(headers: &HeaderMap) -> String {
    written(headers, "", "; Max-Age=0")
}

fn written(headers: &HeaderMap, secret: &str, more: &str) -> String {
    let (name, secure) = if is_encrypted(headers) { (GUARDED, "; Secure") } else { (PLAIN, "") };
    format!("{name}={secret}; Path=/; HttpOnly; SameSite=Lax{secure}{more}")
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn the_plain_cookie_counts_on_loopback_alone() {
        for (host, expected) in [
            ("localhost:8080", Some("x")),
            ("127.0.0.1:8080", Some("x")),
            ("[::1]:8080", Some("x")),
            ("hailong.example", None),
            ("localhost.evil.example", None),
            ("10.0.0.1:8080", None),
        ] {
            assert_eq!(cookie(&headers(&[(HOST, host), (COOKIE, "a=b; hailong=x")])), expected, "{host}");
        }
        let guarded = headers(&[(HOST, "hailong.example"), (COOKIE, "hailong=planted"), (COOKIE, "b=c; __Host-hailong=y")]);
        assert_eq!(cookie(&guarded), Some("y"));
    }

    #[test]
    fn the_cookie_is_guarded_wherever_the_browser_sees_https() {
        let over = |origin: &'static str| begin(&headers(&[(HOST, "127.0.0.1:8080"), (ORIGIN, origin)]), "s");
        assert_eq!(over("https://hailong.example"), "__Host-hailong=s; Path=/; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(over("http://127.0.0.1:8080"), "hailong=s; Path=/; HttpOnly; SameSite=Lax");
        assert!(!is_private(&headers(&[(HOST, "10.0.0.1"), (ORIGIN, "http://10.0.0.1")])));
    }
}
