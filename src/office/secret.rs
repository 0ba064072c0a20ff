//! Secrets of keys: 256 random bits behind a prefix that scanners for leaked secrets can find.
//!
//! The store has a secret's SHA-256 only, which for random bits is as good as a slow hash.

use sha2::{Digest, Sha256};

use crate::words::encode::base64url;

/// What every key starts with.
pub const PREFIX: &str = "hl_";

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
#[must_use]
pub fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}
