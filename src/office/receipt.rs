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

/// What a respondent keeps on paper: the first letters of the response's id, by which it is found, and its code, which opens it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slip {
    /// The first bytes of the id.
    pub head: [u8; HEAD],
    /// The code.
    pub code: ReceiptCode,
}

/// Bytes of an id on a slip: few responses begin alike.
const HEAD: usize = 4;

impl Slip {
    /// The slip of a response.
    #[must_use]
    pub fn of(id: Uuid, code: ReceiptCode) -> Self {
        let bytes = id.as_bytes();
        Self { head: std::array::from_fn(|at| bytes[at]), code }
    }

    /// The slip that somebody typed, in groups or without, in capitals or not.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let plain: String = text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').collect();
        let (head, code) = plain.split_at_checked(2 * HEAD)?;
        let digits = head.to_ascii_lowercase().replace('o', "0").replace(['i', 'l'], "1");
        let number = digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u32::from_str_radix(&digits, 16).ok()).flatten()?;
        Some(Self { head: number.to_be_bytes(), code: ReceiptCode::read(code)? })
    }

    /// As it is shown: ten groups of four.
    #[must_use]
    pub fn text(&self) -> String {
        let [a, b, c, d] = self.head;
        format!("{a:02X}{b:02X}-{c:02X}{d:02X}-{}", self.code.text())
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
        let slip = Slip::of(Uuid::from_u128(0x0190_b3a8 << 96), code);
        let text = slip.text();
        assert!(text.starts_with("0190-B3A8-") && text.len() == 49, "{text}");
        let typed = text.to_lowercase().replace('-', " ").replace('0', "o");
        assert_eq!((Slip::read(&text), Slip::read(&typed)), (Some(slip), Some(slip)));
        for bad in ["", "0190-B3A8", &text[5..], &format!("x{}", &text[1..]), &format!("é{}", &text[1..]), &format!("+190{}", &text[4..])]
        {
            assert_eq!(Slip::read(bad), None, "{bad}");
        }
    }
}
