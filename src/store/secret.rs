//! The secret of a database: what keys of imported records and codes of receipts are hashed with.
//!
//! # Design
//! 256 bits, drawn when the database is made and kept in it, so that several servers over one database and a restored backup know
//! the same. It keeps what is hashed from whoever sees hashes and not the database. Each use has a name of its own, its first part.

use diesel::prelude::*;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

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
        let mut hash = self.mac();
        for part in parts {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hash.finalize().into_bytes().into()
    }

    fn mac(&self) -> Hmac<Sha256> {
        // A key shorter than a block is filled up with zeros (RFC 2104 §2).
        let mut block = [0_u8; 64];
        block[..self.0.len()].copy_from_slice(&self.0);
        Hmac::new(&block.into())
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
    use crate::words::encode::hex;

    #[test]
    fn a_keyed_hash_depends_on_the_secret_and_on_where_its_parts_end() {
        let hash = |secret: u8, parts: &[&[u8]]| Secret::fixed(secret).keyed(parts);
        assert_eq!(hash(1, &[b"a", b"b"]), hash(1, &[b"a", b"b"]));
        assert_ne!(hash(1, &[b"a", b"b"]), hash(2, &[b"a", b"b"]));
        assert_ne!(hash(1, &[b"ab", b""]), hash(1, &[b"a", b"b"]));
        assert_eq!(format!("{:?}", Secret::fixed(1)), "Secret");
        // What is stored was hashed so: another way would find none of it again.
        assert_eq!(hex(&hash(1, &[b"a", b"b"])), "f71706a801f2288f65f7d850d1ab74297bb98a723a069a8cc46be9f8aa79c558");
    }

    #[test]
    fn hashes_are_those_of_rfc_4231() {
        let of = |key: &[u8], data: &[u8]| {
            let mut secret = Secret([0; 32]);
            secret.0[..key.len()].copy_from_slice(key);
            let mut hash = secret.mac();
            hash.update(data);
            hex(&hash.finalize().into_bytes())
        };
        // §4.2 and §4.3, whose keys are shorter than ours and are filled up with zeros as they are there.
        assert_eq!(of(&[0x0b; 20], b"Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
        assert_eq!(of(b"Jefe", b"what do ya want for nothing?"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
}
