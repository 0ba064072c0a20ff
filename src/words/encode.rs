//! Small encodings of the wire: base64url for secrets and cursors, Crockford's base 32 for what people type, base 32 for
//! authenticators, hexadecimal for digests, RFC 3339 for instants.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// `bytes` in base64url without padding (RFC 4648 §5).
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0_u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            let index = (group >> (18 - 6 * place)) & 0x3f;
            text.push(char::from(ALPHABET[index as usize]));
        }
    }
    text
}

/// The bytes that [`base64url`] wrote; `None` for any other text, also for one that another writer could have meant the same by.
#[must_use]
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for chunk in text.as_bytes().chunks(4) {
        let mut group = 0_u32;
        for byte in chunk {
            group = group << 6 | u32::try_from(ALPHABET.iter().position(|known| known == byte)?).ok()?;
        }
        group <<= 6 * (4 - chunk.len());
        bytes.extend_from_slice(&group.to_be_bytes()[1..chunk.len()]);
    }
    (base64url(&bytes) == text).then_some(bytes)
}

/// Crockford's letters and digits: without I, L, O and U, which are taken for others or make words.
const TYPED: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// `bytes` in Crockford's base 32, for people to read and type.
#[must_use]
pub fn crockford(bytes: &[u8]) -> String {
    by_fives(bytes, TYPED)
}

/// The letters and digits of RFC 4648 §6.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// `bytes` in base 32 without padding (RFC 4648 §6), as authenticators take secrets by hand.
#[must_use]
pub fn base32(bytes: &[u8]) -> String {
    by_fives(bytes, BASE32)
}

/// A letter for every five bits, the first ones first; the last are filled up with zeros.
fn by_fives(bytes: &[u8], letters: &[u8; 32]) -> String {
    let mut text = String::with_capacity((bytes.len() * 8).div_ceil(5));
    for chunk in bytes.chunks(5) {
        let group = chunk.iter().fold(0_u64, |group, byte| group << 8 | u64::from(*byte)) << (8 * (5 - chunk.len()));
        for place in 0..(chunk.len() * 8).div_ceil(5) {
            let index = (group >> (35 - 5 * place)) & 0x1f;
            text.push(char::from(letters[usize::try_from(index).unwrap_or(0)]));
        }
    }
    text
}

/// The bytes that [`crockford`] wrote, however somebody typed them: in small letters, with spaces or hyphens, O for 0, I or L for 1.
#[must_use]
pub fn from_crockford(text: &str) -> Option<Vec<u8>> {
    let mut values = Vec::with_capacity(text.len());
    for letter in text.bytes().filter(|letter| !matches!(letter, b' ' | b'-')) {
        let letter = match letter.to_ascii_uppercase() {
            b'O' => b'0',
            b'I' | b'L' => b'1',
            letter => letter,
        };
        values.push(u8::try_from(TYPED.iter().position(|known| *known == letter)?).ok()?);
    }
    let mut bytes = Vec::with_capacity(values.len() * 5 / 8);
    for chunk in values.chunks(8) {
        let group = chunk.iter().fold(0_u64, |group, value| group << 5 | u64::from(*value)) << (5 * (8 - chunk.len()));
        bytes.extend_from_slice(group.to_be_bytes().get(3..3 + chunk.len() * 5 / 8)?);
    }
    let written = crockford(&bytes);
    (written.len() == values.len() && written.bytes().zip(&values).all(|(letter, value)| TYPED[usize::from(*value)] == letter))
        .then_some(bytes)
}

/// `bytes` in lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// An instant (UTC microseconds) in RFC 3339 with six decimals; the offset is `Z`.
#[must_use]
pub fn rfc3339(instant: i64) -> String {
    DateTime::from_timestamp_micros(instant).map_or_else(String::new, |at| at.to_rfc3339_opts(SecondsFormat::Micros, true))
}

/// The instant (UTC microseconds) of an RFC 3339 text with any offset.
#[must_use]
pub fn from_rfc3339(text: &str) -> Option<i64> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.timestamp_micros())
}

/// Every byte but letters, digits and `-._~` as `%XX`, for the value of a query parameter.
#[must_use]
pub fn percent(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn base64url_is_read_back(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(from_base64url(&base64url(&bytes)), Some(bytes));
        }

        #[test]
        fn crockford_is_read_back(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            prop_assert_eq!(from_crockford(&crockford(&bytes).to_lowercase()), Some(bytes));
        }
    }

    #[test]
    fn base64url_agrees_with_the_vectors_of_rfc_4648() {
        for (plain, coded) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64url(plain.as_bytes()), coded);
        }
        assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn base32_agrees_with_the_vectors_of_rfc_4648() {
        for (plain, coded) in [("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("fooba", "MZXW6YTB"), ("foobar", "MZXW6YTBOI")] {
            assert_eq!(base32(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn what_base64url_never_writes_is_refused() {
        for bad in ["Z", "Zg==", "Zh", "a+b/", "Zm9v Zg", "é"] {
            assert_eq!(from_base64url(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_instant_is_read_back_from_any_offset() {
        let noon = from_rfc3339("2024-09-01T08:00:00+07:00").unwrap();
        assert_eq!(rfc3339(noon), "2024-09-01T01:00:00.000000Z");
        assert_eq!(from_rfc3339(&rfc3339(noon)), Some(noon));
        assert_eq!(from_rfc3339("2024-09-01T08:00:00"), None, "without an offset it is no instant");
    }
}
