//! Keys and callers.
//!
//! A key is `hl_` and 43 characters of base64url: 256 random bits with a prefix that scanners for leaked secrets can find. The store
//! has its SHA-256 only, which for a random secret is as good as a slow hash. It travels in `Authorization: Bearer` and nowhere else.
//! Pages know a person by a cookie instead; what programs call never looks at it.
//!
//! A key that is malformed, unknown or revoked gets one and the same answer. A session's secret looks like a key and is sent like one.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev};
use futures_util::future::LocalBoxFuture;

use crate::http::state::AppState;
use crate::office::Code;
use crate::office::Refusal;
use crate::office::secret::{self, ENROLMENT, INVITATION, PREFIX};
use crate::office::{Actor, Holder, Standing};

/// 256 bits in base64url.
const SECRET_LENGTH: usize = 43;
/// Names of query parameters that people send secrets in.
const SECRET_NAMES: [&str; 7] = ["key", "api_key", "apikey", "token", "access_token", "secret", "password"];

impl FromRequest for Actor {
    type Error = Refusal;
    type Future = LocalBoxFuture<'static, Result<Self, Refusal>>;

    fn from_request(req: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move { identify(&req).await })
    }
}

async fn identify(req: &HttpRequest) -> Result<Actor, Refusal> {
    let state = req.app_data::<AppState>().ok_or_else(|| Refusal::internal("no state"))?;
    let peer = peer(req, state);
    let Some(header) = req.headers().get(AUTHORIZATION) else {
        state.limit(|limiter| limiter.peer(peer))?;
        return Ok(Actor::anyone());
    };
    let key = header.to_str().ok().and_then(bearer);
    let holder = match key {
        Some(key) => state.key(secret::hash(key)).await?,
        None => None,
    };
    let Some(holder) = holder else {
        state.metrics().auth_failure();
        state.limit(|limiter| limiter.failure(peer))?;
        return Err(Refusal::new(Code::Unauthenticated));
    };
    // Sessions are counted by their persons, whose numbers are not those of keys.
    let counted = holder.key.unwrap_or_else(|| -holder.person().unwrap_or_default());
    state.limit(|limiter| limiter.key(counted))?;
    if let Standing::Role(role) = holder.standing {
        req.extensions_mut().insert(role);
    }
    Ok(Actor::known(holder))
}

/// The person of a session by its secret, which a page's cookie has; none for a key, and for a session that has ended.
///
/// # Errors
/// Those of the store, and of the limiter, which counts the person; the address was counted already.
pub async fn of_session(req: &HttpRequest, state: &AppState, secret: &str) -> Result<Option<Arc<Holder>>, Refusal> {
    let known = if is_well_formed(secret) { state.key(secret::hash(secret)).await? } else { None };
    let person = known.filter(|holder| holder.key.is_none());
    if let Some(person) = person.as_ref().and_then(|holder| holder.person()) {
        state.limit(|limiter| limiter.key(-person))?;
    }
    if let Some(Standing::Role(role)) = person.as_ref().map(|holder| holder.standing) {
        req.extensions_mut().insert(role);
    }
    Ok(person)
}

/// What the store would know the key or the session of a request by; none if there is none, or it is malformed.
#[must_use]
pub fn presented(req: &HttpRequest) -> Option<[u8; 32]> {
    req.headers().get(AUTHORIZATION)?.to_str().ok().and_then(bearer).map(secret::hash)
}

/// Counts a login or an enrolment before it is judged, which takes long.
///
/// # Errors
/// `rate-limited` for an address with too many.
pub fn trying(req: &HttpRequest, state: &AppState) -> Result<(), Refusal> {
    let peer = peer(req, state);
    state.limit(|limiter| limiter.login(peer))
}

/// Counts a login that was refused, as a key that is not valid.
///
/// # Errors
/// `rate-limited` for an address with too many.
pub fn failed(req: &HttpRequest, state: &AppState) -> Result<(), Refusal> {
    state.metrics().auth_failure();
    let peer = peer(req, state);
    state.limit(|limiter| limiter.failure(peer))
}

/// The key of a well-formed `Authorization` header.
fn bearer(header: &str) -> Option<&str> {
    let (scheme, key) = header.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && is_well_formed(key.trim())).then_some(key.trim())
}

fn is_well_formed(key: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    key.strip_prefix(PREFIX).is_some_and(|secret| secret.len() == SECRET_LENGTH && secret.bytes().all(good))
}

/// Whether a query holds a secret, by its name or by its form.
pub(crate) fn names_a_secret(query: &str) -> bool {
    query.split('&').any(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        SECRET_NAMES.iter().any(|secret| name.eq_ignore_ascii_case(secret))
            || value.strip_prefix(PREFIX).is_some_and(|rest| rest.len() >= SECRET_LENGTH)
            || value.starts_with(INVITATION)
            || value.starts_with(ENROLMENT)
    })
}

/// The address of the client: of the peer, or as a trusted proxy names it.
pub(crate) fn peer(req: &HttpRequest, state: &AppState) -> IpAddr {
    let peer = req.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.ip().to_canonical());
    let trusted = &state.limits().trusted_proxies;
    if !trusted.contains(&peer) {
        return peer;
    }
    let forwarded = req.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = forwarded.flat_map(|value| value.split(',')).collect();
    client(peer, &hops, trusted)
}

/// Each proxy appends whom it heard from: the last that is not one of ours is the client. What stands before a hop that cannot be read may be
/// anybody's word.
fn client(peer: IpAddr, hops: &[&str], trusted: &[IpAddr]) -> IpAddr {
    let named = hops.iter().rev().map(|hop| address(hop)).find(|hop| !hop.is_some_and(|hop| trusted.contains(&hop)));
    named.flatten().unwrap_or(peer)
}

/// An address as proxies write it, some with a port.
fn address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let bare = hop.parse().ok().or_else(|| hop.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    bare.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_well_formed_and_never_the_same() {
        let (one, other) = (secret::NewSecret::generate().unwrap(), secret::NewSecret::generate().unwrap());
        assert_eq!(bearer(&format!("Bearer {}", one.text)), Some(one.text.as_str()));
        assert_eq!(secret::hash(&one.text), one.hash);
        assert_ne!(one.text, other.text);
    }

    #[test]
    fn malformed_headers_hold_no_key() {
        let secret = "a".repeat(43);
        for bad in [
            String::new(),
            format!("hl_{secret}"),
            format!("Basic hl_{secret}"),
            format!("Bearer hl_{secret}a"),
            format!("Bearer {secret}"),
            format!("Bearer hl_{}!", "a".repeat(42)),
        ] {
            assert_eq!(bearer(&bad), None, "{bad}");
        }
        assert!(bearer(&format!("bearer  hl_{secret}")).is_some());
    }

    #[test]
    fn whoever_forges_hops_is_known_by_what_the_proxy_wrote() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let trusted = [ip("10.0.0.1"), ip("10.0.0.2")];
        let client = |hops: &[&str]| client(ip("10.0.0.1"), hops, &trusted);
        assert_eq!(client(&["198.51.100.7"]), ip("198.51.100.7"));
        assert_eq!(client(&["203.0.113.9", " 198.51.100.7", "10.0.0.2"]), ip("198.51.100.7"));
        assert_eq!(client(&["203.0.113.9", "198.51.100.7:4711"]), ip("198.51.100.7"), "with a port");
        assert_eq!(client(&["[2001:db8::1]:4711"]), ip("2001:db8::1"));
        assert_eq!(client(&["::ffff:198.51.100.7"]), ip("198.51.100.7"));
        assert_eq!(client(&["203.0.113.9", "unknown"]), ip("10.0.0.1"), "what cannot be read hides nobody behind what stands before it");
        assert_eq!(client(&[]), ip("10.0.0.1"));
        assert_eq!(client(&["10.0.0.2"]), ip("10.0.0.1"));
    }

    #[test]
    fn a_secret_in_the_query_is_noticed_by_name_and_by_form() {
        assert!(names_a_secret("wave=a&access_token=x"));
        assert!(names_a_secret(&format!("q=hl_{}", "a".repeat(43))));
        assert!(names_a_secret(&format!("i=hli_{}", "a".repeat(32))));
        assert!(!names_a_secret("wave=a&unit=vn-34:01"));
    }
}
