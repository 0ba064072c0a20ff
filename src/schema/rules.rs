//! The spelling rules that every definition file shares.

use chrono::NaiveDate;
use serde_json::Value;

use super::decode::{At, string};

fn code<'v>(value: &'v Value, at: &mut At<'_>, rule: impl Fn(&str) -> bool, vi: &str, en: &str) -> Option<&'v str> {
    let text = string(value, at)?;
    if rule(text) {
        return Some(text);
    }
    at.error("bad-code", format!("Mã “{text}” không hợp lệ: {vi}"), format!("The code “{text}” is not valid: {en}"));
    None
}

fn all_of(text: &str, others: &[u8]) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || others.contains(&byte))
}

fn starts_with_letter(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
}

/// The code of an item, a section, a scale, a parameter or an index node: `[A-Za-z][A-Za-z0-9_]*`.
pub(super) fn item_code<'v>(value: &'v Value, at: &mut At<'_>) -> Option<&'v str> {
    let rule = |text: &str| starts_with_letter(text) && all_of(text, b"_");
    code(value, at, rule, "bắt đầu bằng chữ cái, chỉ gồm A–Z a–z 0–9 _", "a letter, then A–Z a–z 0–9 _")
}

/// The code of an option: `[A-Za-z0-9_]+`.
pub(super) fn option_code<'v>(value: &'v Value, at: &mut At<'_>) -> Option<&'v str> {
    code(value, at, |text| all_of(text, b"_"), "chỉ gồm A–Z a–z 0–9 _", "A–Z a–z 0–9 _ only")
}

/// The code of a questionnaire or an index: `[a-z][a-z0-9-]*`, as it stands in addresses.
pub(crate) fn document_code<'v>(value: &'v Value, at: &mut At<'_>) -> Option<&'v str> {
    let rule = |text: &str| starts_with_letter(text) && all_of(text, b"-") && !text.bytes().any(|byte| byte.is_ascii_uppercase());
    code(value, at, rule, "bắt đầu bằng chữ cái, chỉ gồm a–z 0–9 -", "a small letter, then a–z 0–9 -")
}

/// A version: whole numbers joined by dots, such as `2024.1`.
pub(crate) fn version<'v>(value: &'v Value, at: &mut At<'_>) -> Option<&'v str> {
    let text = string(value, at)?;
    let part = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if text.split('.').all(part) {
        return Some(text);
    }
    at.error(
        "bad-version",
        format!("Phiên bản “{text}” không hợp lệ: chỉ gồm các số cách nhau bằng dấu chấm, ví dụ 2024.1"),
        format!("The version “{text}” is not valid: numbers joined by dots, such as 2024.1"),
    );
    None
}

/// A day as `YYYY-MM-DD`, years 0001 to 9999.
#[must_use]
pub fn parse_day(text: &str) -> Option<NaiveDate> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes.iter().enumerate().any(|(i, b)| if i == 4 || i == 7 { *b != b'-' } else { !b.is_ascii_digit() }) {
        return None;
    }
    let part = |range: std::ops::Range<usize>| text.get(range)?.parse::<u32>().ok();
    let year = i32::try_from(part(0..4)?).ok().filter(|year| *year >= 1)?;
    NaiveDate::from_ymd_opt(year, part(5..7)?, part(8..10)?)
}

/// Reads a day.
pub(super) fn day(value: &Value, at: &mut At<'_>) -> Option<NaiveDate> {
    let text = string(value, at)?;
    let day = parse_day(text);
    if day.is_none() {
        at.error(
            "bad-date",
            format!("“{text}” không phải là ngày dạng NĂM-THÁNG-NGÀY (ví dụ 2024-09-01)"),
            format!("“{text}” is no day written as YYYY-MM-DD"),
        );
    }
    day
}

/// Reports a code that was seen before.
pub(super) fn duplicate(code: &str, at: &mut At<'_>) {
    at.key("code").error("duplicate-code", format!("Mã “{code}” đã được dùng ở trên"), format!("The code “{code}” is used above already"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refused<'v>(value: &'v Value, read: impl Fn(&'v Value, &mut At<'_>) -> Option<&'v str>) -> Option<String> {
        let mut findings = Vec::new();
        let read = read(value, &mut At::root(&mut findings));
        assert_eq!(read.is_none(), !findings.is_empty());
        findings.first().map(|finding| finding.code.to_string())
    }

    #[test]
    fn codes_hold_to_their_characters() {
        assert_eq!(refused(&json!("Q9_1"), item_code), None);
        for bad in ["9a", "_a", "a-b", "câu", "a b"] {
            assert_eq!(refused(&json!(bad), item_code).as_deref(), Some("bad-code"), "{bad}");
        }
        assert_eq!(refused(&json!("1"), option_code), None);
        assert_eq!(refused(&json!("one-stop"), document_code), None);
        for bad in ["SIPAS", "-a", "a_b"] {
            assert_eq!(refused(&json!(bad), document_code).as_deref(), Some("bad-code"), "{bad}");
        }
        assert_eq!(refused(&json!("x".repeat(201)), item_code).as_deref(), Some("too-long"));
    }

    #[test]
    fn a_version_is_numbers_joined_by_dots() {
        assert_eq!(refused(&json!("2024.1"), version), None);
        for bad in ["2024.", "v1", "1..2", ".1"] {
            assert_eq!(refused(&json!(bad), version).as_deref(), Some("bad-version"), "{bad}");
        }
    }

    #[test]
    fn a_day_is_written_in_full_and_exists() {
        assert_eq!(parse_day("2024-02-29").map(|day| day.to_string()).as_deref(), Some("2024-02-29"));
        for bad in ["2023-02-29", "2024-2-29", "0000-01-01", "2024-02-29 ", "+024-02-29", "２024-1-1"] {
            assert_eq!(parse_day(bad), None, "{bad}");
        }
    }
}
