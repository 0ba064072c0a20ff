//! The secret of a database: what keys of imported records and codes of receipts are hashed with.
//!
//! # Design
//! 256 bits, drawn when the database is made and kept in it, so that several servers over one database and a restored backup know
//! the same. It keeps what is hashed from whoever sees hashes and not the database. Each use has a name of its own, its first part.

use diesel::prelude::*;
use sha2::{Digest as _, Sha256};

use super::columns::Bytes32;
use super::db::{Db, each_backend};
use super::error::{Result, StoreError};
use super::tables::setting;

/// Its name among the settings.
const SECRET: &str = "secret";

/// The secret. It is shown to nobody, and not in logs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Secret([u8; 32]);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    /// The secret of a database, drawn if it has none yet.
    pub(super) fn of(db: &mut Db) -> Result<Self> {
        if let Some(known) = Self::find(db)? {
            return Ok(known);
        }
        let mut fresh = [0_u8; 32];
        getrandom::fill(&mut fresh).map_err(|error| StoreError::Connect(format!("no randomness for the secret: {error}")))?;
        let row = (setting::name.eq(SECRET), setting::value.eq(fresh.as_slice()));
        each_backend!(db, c => diesel::insert_into(setting::table).values(row).on_conflict(setting::name).do_nothing().execute(c))?;
        // Another server may have been faster.
        Self::find(db)?.ok_or_else(|| StoreError::not_found("setting", SECRET))
    }

    fn find(db: &mut Db) -> Result<Option<Self>> {
        let found: Option<Kept> = setting::table.find(SECRET).select(Kept::as_select()).first(db).optional()?;
        Ok(found.map(|kept| Self(kept.value)))
    }

    /// HMAC-SHA-256 (RFC 2104) over parts, each with its length in front of it.
    #[must_use]
    pub fn keyed(&self, parts: &[&[u8]]) -> [u8; 32] {
        let pad = |with: u8| -> [u8; 64] { std::array::from_fn(|at| self.0.get(at).copied().unwrap_or(0) ^ with) };
        let mut inner = Sha256::new();
        inner.update(pad(0x36));
        for part in parts {
            inner.update((part.len() as u64).to_be_bytes());
            inner.update(part);
        }
        let mut outer = Sha256::new();
        outer.update(pad(0x5c));
        outer.update(inner.finalize());
        outer.finalize().into()
    }

    /// One that a test can repeat.
    #[cfg(test)]
    pub(crate) fn fixed(byte: u8) -> Self {
        Self([byte; 32])
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = setting)]
struct Kept {
    #[diesel(deserialize_as = Bytes32)]
    value: [u8; 32],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyed_hash_depends_on_the_secret_and_on_where_its_parts_end() {
        let hash = |secret: u8, parts: &[&[u8]]| Secret::fixed(secret).keyed(parts);
        assert_eq!(hash(1, &[b"a", b"b"]), hash(1, &[b"a", b"b"]));
        assert_ne!(hash(1, &[b"a", b"b"]), hash(2, &[b"a", b"b"]));
        assert_ne!(hash(1, &[b"ab", b""]), hash(1, &[b"a", b"b"]));
        assert_eq!(format!("{:?}", Secret::fixed(1)), "Secret");
    }
}
