//! The secret half of a receipt: a code with which whoever sent a response takes it back or corrects it, without a key.
//!
//! # Design
//! The code is an HMAC of the response's id and bytes under the database's secret, so that the same bytes sent again get the same
//! receipt, and nobody else can make it up. The row keeps an HMAC of the code: what is shown is held against that. A withdrawal erases
//! it, since with the secret at hand a guess at the bytes could be held against it too.

use uuid::Uuid;

use crate::store::Secret;
use crate::words::encode::{crockford, from_crockford};

/// Bytes of a code: 160 bits.
const LENGTH: usize = 20;

/// The code of a response.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ReceiptCode([u8; LENGTH]);

impl std::fmt::Debug for ReceiptCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ReceiptCode")
    }
}

impl ReceiptCode {
    /// The code of the response with this id and the hash of these bytes.
    #[must_use]
    pub fn of(secret: &Secret, id: Uuid, body_sha256: &[u8; 32]) -> Self {
        let whole = secret.keyed(&[b"receipt", id.as_bytes(), body_sha256]);
        Self(std::array::from_fn(|at| whole[at]))
    }

    /// The code that somebody typed, in groups or without, in capitals or not.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        from_crockford(text)?.try_into().ok().map(Self)
    }

    /// As it is shown: eight groups of four letters and digits, none of which is mistaken for another.
    #[must_use]
    pub fn text(&self) -> String {
        let letters = crockford(&self.0);
        let groups: Vec<&str> = (0..letters.len()).step_by(4).filter_map(|from| letters.get(from..(from + 4).min(letters.len()))).collect();
        groups.join("-")
    }

    /// What the store knows it by.
    #[must_use]
    pub fn hash(&self, secret: &Secret) -> [u8; 32] {
        secret.keyed(&[b"receipt hash", &self.0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::store::Store;
    use crate::store::StoreOptions;

    #[test]
    fn a_code_is_read_back_as_it_is_shown_or_typed_and_belongs_to_one_response() {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("h.sqlite").display().to_string();
        let secret = *Store::open(&StoreOptions { url: url.clone(), readers: 1 }).unwrap().secret();
        assert_eq!(secret, *Store::open(&StoreOptions { url, readers: 1 }).unwrap().secret(), "it is kept");
        let code = ReceiptCode::of(&secret, Uuid::from_u128(1), &[7; 32]);
        let text = code.text();
        assert_eq!((text.len(), text.matches('-').count()), (39, 7), "{text}");
        let typed = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
        assert_eq!((ReceiptCode::read(&text), ReceiptCode::read(&typed)), (Some(code), Some(code)));
        for other in [ReceiptCode::of(&secret, Uuid::from_u128(2), &[7; 32]), ReceiptCode::of(&secret, Uuid::from_u128(1), &[8; 32])] {
            assert_ne!(other, code);
        }
        for bad in ["", "7", &text[1..], &format!("{text}0"), &text.replace('-', "!")] {
            assert_eq!(ReceiptCode::read(bad), None, "{bad}");
        }
        assert!(!format!("{code:?}").contains(&text[..4]));
    }
}
