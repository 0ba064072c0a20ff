//! Keys and callers.
//!
//! A key is `hl_` and 43 characters of base64url: 256 random bits with a prefix that scanners for leaked secrets can find. The store
//! has its SHA-256 only, which for a random secret is as good as a slow hash. It travels in `Authorization: Bearer` and nowhere else.
//!
//! A key that is malformed, unknown or revoked gets one and the same answer.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpMessage, HttpRequest, dev};
use futures_util::future::LocalBoxFuture;
use sha2::{Digest, Sha256};

use crate::api::codes::Code;
use crate::api::encode::base64url;
use crate::api::problem::Problem;
use crate::api::role::{Action, Role};
use crate::api::state::AppState;

/// What every key starts with.
const PREFIX: &str = "hl_";
/// 256 bits in base64url.
const SECRET_LENGTH: usize = 43;
/// Names of query parameters that people send secrets in.
const SECRET_NAMES: [&str; 7] = ["key", "api_key", "apikey", "token", "access_token", "secret", "password"];

/// A new key: the text to show once, and the hash to store.
pub struct NewSecret {
    /// What the holder sends. Shown once, kept nowhere.
    pub text: String,
    /// What the store keeps.
    pub hash: [u8; 32],
}

impl NewSecret {
    /// Draws a key from the operating system.
    ///
    /// # Errors
    /// The operating system has no randomness to give.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bits = [0_u8; 32];
        getrandom::fill(&mut bits)?;
        let text = format!("{PREFIX}{}", base64url(&bits));
        let hash = hash(&text);
        Ok(Self { text, hash })
    }
}

/// What the store knows a key by.
fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// A valid key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyHolder {
    /// Its number.
    pub id: i32,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// The unit it is bound to, by registry number: that unit and all below it.
    pub unit: Option<i32>,
}

/// Who asks: the holder of a valid key, or anyone.
#[derive(Debug, Clone)]
pub struct Caller {
    holder: Option<Arc<KeyHolder>>,
}

impl Caller {
    /// The key, if there was one.
    #[must_use]
    pub fn holder(&self) -> Option<&KeyHolder> {
        self.holder.as_deref()
    }

    /// The key's role.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        self.holder().map(|holder| holder.role)
    }

    /// Whether the permission table lets this caller.
    #[must_use]
    pub fn can(&self, action: Action) -> bool {
        self.role().is_some_and(|role| action.roles().contains(&role))
    }

    /// The key of someone who may.
    ///
    /// # Errors
    /// 401 without a key, 403 with one whose role may not.
    pub fn may(&self, action: Action) -> Result<&KeyHolder, Problem> {
        let holder = self.holder().ok_or_else(|| Problem::new(Code::Unauthenticated))?;
        if self.can(action) { Ok(holder) } else { Err(Problem::new(Code::Forbidden)) }
    }

    /// The name in the audit log and as the author of runs: unique, since it has the key's number.
    #[must_use]
    pub fn actor(&self) -> String {
        self.holder().map_or_else(|| "anonymous".into(), KeyHolder::actor)
    }
}

impl KeyHolder {
    /// The name in the audit log and as the author of runs: unique, since it has the key's number.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("{}#{}", self.name, self.id)
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut dev::Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move { identify(&req).await })
    }
}

async fn identify(req: &HttpRequest) -> Result<Caller, Problem> {
    if names_a_secret(req.query_string()) {
        return Err(Problem::new(Code::SecretInQuery));
    }
    let state = req.app_data::<AppState>().ok_or_else(|| Problem::internal("no state"))?;
    let peer = peer(req, state);
    let Some(header) = req.headers().get(AUTHORIZATION) else {
        state.limit(|limiter| limiter.peer(peer))?;
        return Ok(Caller { holder: None });
    };
    let key = header.to_str().ok().and_then(bearer);
    let holder = match key {
        Some(key) => state.key(hash(key)).await?,
        None => None,
    };
    let Some(holder) = holder else {
        state.metrics().auth_failure();
        state.limit(|limiter| limiter.failure(peer))?;
        return Err(Problem::new(Code::Unauthenticated));
    };
    state.limit(|limiter| limiter.key(holder.id))?;
    req.extensions_mut().insert(holder.role);
    Ok(Caller { holder: Some(holder) })
}

/// The key of a well-formed `Authorization` header.
fn bearer(header: &str) -> Option<&str> {
    let (scheme, key) = header.split_once(' ')?;
    let secret = key.trim().strip_prefix(PREFIX)?;
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (scheme.eq_ignore_ascii_case("bearer") && secret.len() == SECRET_LENGTH && secret.bytes().all(good)).then_some(key.trim())
}

fn names_a_secret(query: &str) -> bool {
    query.split('&').any(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        SECRET_NAMES.iter().any(|secret| name.eq_ignore_ascii_case(secret))
            || value.strip_prefix(PREFIX).is_some_and(|rest| rest.len() >= SECRET_LENGTH)
    })
}

/// The address of the client: of the peer, or as a trusted proxy names it.
fn peer(req: &HttpRequest, state: &AppState) -> IpAddr {
    let peer = req.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.ip().to_canonical());
    let trusted = &state.limits().trusted_proxies;
    if !trusted.contains(&peer) {
        return peer;
    }
    let forwarded = req.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
    let hops: Vec<IpAddr> = forwarded.flat_map(|value| value.split(',')).filter_map(|hop| hop.trim().parse().ok()).collect();
    // Each proxy appends whom it heard from: the last that is not one of ours is the client.
    hops.into_iter().rev().find(|hop| !trusted.contains(hop)).unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_well_formed_and_never_the_same() {
        let (one, other) = (NewSecret::generate().unwrap(), NewSecret::generate().unwrap());
        assert_eq!(bearer(&format!("Bearer {}", one.text)), Some(one.text.as_str()));
        assert_eq!(hash(&one.text), one.hash);
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
    fn a_secret_in_the_query_is_noticed_by_name_and_by_form() {
        assert!(names_a_secret("wave=a&access_token=x"));
        assert!(names_a_secret(&format!("q=hl_{}", "a".repeat(43))));
        assert!(!names_a_secret("wave=a&unit=vn-34:01"));
    }
}
