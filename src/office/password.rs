//! Passwords: which are taken (NIST SP 800-63B §3.1.1, beside a second factor), and how they are kept: Argon2id with the parameters of the
//! OWASP Password Storage Cheat Sheet (19 MiB, two passes, one lane), as a PHC string that has its parameters with it.

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use unicode_normalization::UnicodeNormalization as _;

use crate::store::people::login;
use crate::words::Finding;

/// How long a password may be, in characters. Nothing is said about what it must be made of.
const LENGTH: std::ops::RangeInclusive<usize> = 8..=256;

/// Memory in KiB, passes, lanes.
const COST: (u32, u32, u32) = (19_456, 2, 1);

/// What people choose first, in Việt Nam and elsewhere, and so does whoever guesses. Compared without case; a run of one character and
/// what is only the person's or the program's name with digits behind is found by rule.
const COMMON: [&str; 44] = [
    "12345678",
    "123456789",
    "1234567890",
    "0123456789",
    "87654321",
    "987654321",
    "0987654321",
    "11223344",
    "12341234",
    "123123123",
    "147258369",
    "1q2w3e4r",
    "1qaz2wsx",
    "abc12345",
    "abcd1234",
    "abcdefgh",
    "a1234567",
    "aa123456",
    "adminadmin",
    "administrator",
    "asdfghjkl",
    "baseball",
    "football",
    "iloveyou",
    "letmein1",
    "passw0rd",
    "password",
    "princess",
    "qwerty123",
    "qwertyui",
    "qwertyuiop",
    "sunshine",
    "superman",
    "trustno1",
    "welcome1",
    "anhyeuem",
    "anhnhoem",
    "emyeuanh",
    "matkhau1",
    "matkhau123",
    "khongbiet",
    "vietnam1",
    "hanoi123",
    "saigon123",
];

/// A password as it is hashed and compared.
fn composed(password: &str) -> String {
    password.nfc().collect()
}

/// What is wrong with a password that a person chose.
#[must_use]
pub fn fault(password: &str, name: &str) -> Option<Finding> {
    let composed = composed(password);
    let (least, most) = (LENGTH.start(), LENGTH.end());
    if !LENGTH.contains(&composed.chars().count()) {
        let (vi, en) =
            (format!("Mật khẩu phải có từ {least} đến {most} ký tự"), format!("A password must have {least} to {most} characters"));
        return Some(Finding::error("/password", "out-of-bounds-length", vi, en));
    }
    let plain = composed.to_lowercase();
    let bare = plain.trim_end_matches(|letter: char| letter.is_ascii_digit() || !letter.is_alphanumeric());
    let repeated = plain.chars().all(|letter| plain.starts_with(letter));
    let named = [login(name).replace(' ', ""), "hailong".to_owned(), "password".to_owned(), "matkhau".to_owned()];
    let guessed = COMMON.contains(&plain.as_str())
        || repeated
        || bare.is_empty() && plain.chars().count() < 12
        || named.iter().any(|name| name == bare);
    let (vi, en) = (
        "Mật khẩu này dễ đoán: nhiều người dùng, hoặc chỉ là tên kèm số",
        "This password is easily guessed: many use it, or it is a name with digits",
    );
    guessed.then(|| Finding::error("/password", "password-common", vi, en))
}

/// The hash with the parameters that passwords are kept with now.
fn argon() -> Result<Argon2<'static>, argon2::Error> {
    let (memory, passes, lanes) = COST;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::new(memory, passes, lanes, None)?))
}

/// A password as it is kept.
///
/// # Errors
/// Those of the operating system's randomness, and of the hash.
pub fn hash(password: &str) -> Result<String, String> {
    let mut salt = [0_u8; 16];
    getrandom::fill(&mut salt).map_err(|error| error.to_string())?;
    let argon = argon().map_err(|error| error.to_string())?;
    let kept: PasswordHash = argon.hash_password_with_salt(composed(password).as_bytes(), &salt).map_err(|error| error.to_string())?;
    Ok(kept.to_string())
}

/// Whether a password is the one that is kept, by the parameters that it was kept with. Where none is kept one is hashed all the same, so that
/// it takes as long.
#[must_use]
pub fn is_right(password: &str, kept: Option<&str>) -> bool {
    let (Ok(argon), password) = (argon(), composed(password)) else { return false };
    if let Some(kept) = kept.and_then(|kept| PasswordHash::new(kept).ok()) {
        return argon.verify_password(password.as_bytes(), &kept).is_ok();
    }
    let _: argon2::password_hash::Result<PasswordHash> = argon.hash_password_with_salt(password.as_bytes(), &[7; 16]);
    false
}

/// Whether two byte strings are the same, in a time that depends on their length alone.
#[must_use]
pub fn equal(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |different, (one, other)| different | (one ^ other)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_kept_with_salt_and_cost_and_compared_composed() {
        let kept = hash("mật khẩu của Lan").unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert_ne!(kept, hash("mật khẩu của Lan").unwrap());
        assert!(is_right("ma\u{323}\u{302}t kh\u{e2}\u{309}u của Lan", Some(&kept)));
        assert!(!is_right("mật khẩu của lan", Some(&kept)));
        assert!(!is_right("", None) && !is_right("x", Some("$argon2id$broken")));
        // Of other parameters and another salt, as the reference implementation writes it (password, somesalt).
        let other = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        assert!(is_right("password", Some(other)) && !is_right("passwords", Some(other)));
    }

    #[test]
    fn what_many_choose_is_refused_and_no_composition_is_asked_for() {
        for bad in
            ["1234567", "12345678", "MatKhau123", "Password2026!", "aaaaaaaaaa", "nguyenlan2024", "20242025", "hailong@1", &"x".repeat(257)]
        {
            assert!(fault(bad, "Nguyen Lan").is_some(), "{bad}");
        }
        for good in ["chuồn chuồn bay", "correct horse", "thấp thì mưa", "9f3kq0zz", "         x"] {
            assert!(fault(good, "Nguyen Lan").is_none(), "{good}");
        }
    }
}
