//! Secrets of keys and of invitations: random bits behind a prefix that scanners for leaked secrets can find.
//!
//! The store has a secret's SHA-256 only, which for random bits is as good as a slow hash.

use sha2::{Digest, Sha256};

use crate::words::encode::base64url;

/// What every key starts with.
pub const PREFIX: &str = "hl_";
/// What the secret in every code by which a device joins starts with.
pub const ENROLMENT: &str = "hle_";
/// What the token of every invitation starts with.
pub const INVITATION: &str = "hli_";

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
        Self::draw::<32>(PREFIX)
    }

    /// Draws the token of an invitation: 192 bits, which make a smaller QR code.
    ///
    /// # Errors
    /// The operating system has no randomness to give.
    pub fn invitation() -> Result<Self, getrandom::Error> {
        Self::draw::<24>(INVITATION)
    }

    /// Draws the secret by which a device joins: 192 bits.
    ///
    /// # Errors
    /// The operating system has no randomness to give.
    pub fn enrolment() -> Result<Self, getrandom::Error> {
        Self::draw::<24>(ENROLMENT)
    }

    fn draw<const N: usize>(prefix: &str) -> Result<Self, getrandom::Error> {
        let mut bits = [0_u8; N];
        getrandom::fill(&mut bits)?;
        let text = format!("{prefix}{}", base64url(&bits));
        let hash = hash(&text);
        Ok(Self { text, hash })
    }
}

/// The text of a key in two: the first half has the prefix and 132 bits, the second 126 (base64url has six a letter).
#[must_use]
pub fn halves(text: &str) -> (String, String) {
    let at = (PREFIX.len() + 22).min(text.len());
    text.split_at_checked(at).map_or_else(|| (text.to_owned(), String::new()), |(one, other)| (one.to_owned(), other.to_owned()))
}

/// What the store knows a key by.
#[must_use]
pub fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}
