//! One-time codes by time: RFC 6238 with HMAC-SHA-1, six digits and steps of thirty seconds, which is what every authenticator makes.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use super::password::equal;
use crate::words::encode::{base32, percent};

/// Seconds of a step, µs.
const STEP: i64 = 30_000_000;
/// Bytes of a secret, as RFC 4226 §4 recommends.
pub const SECRET: usize = 20;

/// The step of an instant, µs UTC.
#[must_use]
pub fn step_of(now: i64) -> i64 {
    now.div_euclid(STEP)
}

/// The code of a step.
#[must_use]
pub fn code(secret: &[u8], step: i64) -> String {
    // A key of any length is taken; RFC 4226 §5.3 cuts the digest.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret) else { return String::new() };
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest.last().copied().unwrap_or(0) & 15);
    let part: [u8; 4] = digest.get(at..at + 4).and_then(|part| part.try_into().ok()).unwrap_or_default();
    format!("{:06}", (u32::from_be_bytes(part) & 0x7fff_ffff) % 1_000_000)
}

/// The step whose code this is: the present one or one beside it, later than the last that was used.
#[must_use]
pub fn matching(secret: &[u8], typed: &str, now: i64, last: i64) -> Option<i64> {
    let typed: String = typed.chars().filter(|letter| !letter.is_whitespace()).collect();
    let present = step_of(now);
    // All are compared, so that time does not tell which.
    [present - 1, present, present + 1]
        .into_iter()
        .filter(|step| equal(code(secret, *step).as_bytes(), typed.as_bytes()))
        .fold(None, |_, step| Some(step))
        .filter(|step| *step > last)
}

/// The address that an authenticator reads from a picture.
#[must_use]
pub fn address(login: &str, secret: &[u8]) -> String {
    format!("otpauth://totp/Hailong:{}?secret={}&issuer=Hailong&algorithm=SHA1&digits=6&period=30", percent(login), base32(secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_rfc_6238() {
        // Appendix B has eight digits; the last six are ours.
        for (seconds, wanted) in [(59, "287082"), (1_111_111_109, "081804"), (1_234_567_890, "005924"), (20_000_000_000, "353130")] {
            assert_eq!(code(KEY, step_of(seconds * 1_000_000)), wanted);
        }
    }

    #[test]
    fn a_code_is_taken_once_and_a_step_early_or_late() {
        let now = 1_725_152_400_000_000;
        let step = step_of(now);
        assert_eq!(matching(KEY, &code(KEY, step), now, 0), Some(step));
        assert_eq!(matching(KEY, &code(KEY, step), now, step), None);
        assert_eq!(matching(KEY, &code(KEY, step - 1), now, 0), Some(step - 1));
        assert_eq!(matching(KEY, &code(KEY, step - 2), now, 0), None);
        assert_eq!(matching(KEY, "", now, 0), None);
    }
}
