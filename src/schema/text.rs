//! Text in several languages, Vietnamese first.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::decode::{At, Object};
use crate::words::Finding;

/// The code of the warning of a text that has no English.
const MISSING_ENGLISH: &str = "missing-english";
/// Lines that the warning names.
const LINES: usize = 10;

/// A text by language tag (`vi`, `en`, `tay` …); Vietnamese is always there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Text(BTreeMap<String, String>);

/// A text was given without its Vietnamese wording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the Vietnamese text (\"vi\") is missing or empty")]
pub struct NoVietnamese;

impl TryFrom<BTreeMap<String, String>> for Text {
    type Error = NoVietnamese;

    fn try_from(by_language: BTreeMap<String, String>) -> Result<Self, NoVietnamese> {
        match by_language.get("vi") {
            Some(vi) if !vi.trim().is_empty() => Ok(Self(by_language)),
            _ => Err(NoVietnamese),
        }
    }
}

impl From<Text> for BTreeMap<String, String> {
    fn from(text: Text) -> Self {
        text.0
    }
}

impl Text {
    /// The text in `language`; in Vietnamese where it was not translated.
    #[must_use]
    pub fn get(&self, language: &str) -> &str {
        self.0.get(language).or_else(|| self.0.get("vi")).or_else(|| self.0.values().next()).map_or("", String::as_str)
    }

    /// The Vietnamese text.
    #[must_use]
    pub fn vi(&self) -> &str {
        self.get("vi")
    }

    /// The languages this text is written in, sorted.
    pub fn languages(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Reads `{"vi": …, "en": …}`: Vietnamese is required, a missing English text is a warning.
    pub(crate) fn read(value: &Value, at: &mut At<'_>) -> Option<Self> {
        let object = Object::open(value, at)?;
        let mut by_language = BTreeMap::new();
        for (language, value) in object.members() {
            let mut at = at.key(language);
            if !is_language_tag(language) {
                at.error(
                    "bad-language",
                    format!("“{language}” không phải là mã ngôn ngữ (ví dụ: vi, en, tay)"),
                    format!("“{language}” is no language tag (such as vi, en, tay)"),
                );
            }
            let Value::String(text) = value else {
                at.wrong_type("một chuỗi", "a string", value);
                continue;
            };
            if let Some(bad) = forbidden_character(text) {
                at.forbidden_character(bad);
            }
            by_language.insert(language.clone(), text.clone());
        }
        if by_language.get("en").is_none_or(|en| en.trim().is_empty()) {
            at.warning(MISSING_ENGLISH, "Thiếu bản tiếng Anh (“en”)", "The English text (“en”) is missing");
        }
        let text = Self::try_from(by_language).ok();
        if text.is_none() {
            at.error("missing-vietnamese", "Thiếu bản tiếng Việt (“vi”)", "The Vietnamese text (“vi”) is missing");
        }
        text
    }
}

/// Makes one warning of all texts without English, at the first of them: a definition in Vietnamese alone lacks it everywhere.
pub(super) fn gather_missing_english(findings: &mut Vec<Finding>) {
    let missing = |finding: &Finding| finding.code == MISSING_ENGLISH;
    let texts = findings.iter().filter(|finding| missing(finding)).count();
    let Some(first) = findings.iter().position(missing).filter(|_| texts > 1) else { return };
    let mut lines: Vec<u32> = findings.iter().filter(|finding| missing(finding)).filter_map(|finding| finding.line).collect();
    lines.dedup();
    let more = if lines.len() > LINES { ", …" } else { "" };
    let lines = lines.iter().take(LINES).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut place = 0;
    findings.retain(|finding| {
        place += 1;
        place - 1 == first || !missing(finding)
    });
    if let Some(finding) = findings.get_mut(first) {
        finding.vi = format!("{texts} đoạn văn thiếu bản tiếng Anh (“en”): dòng {lines}{more}");
        finding.en = format!("{texts} texts lack English (“en”): lines {lines}{more}");
    }
}

/// Whether `tag` looks like a language tag: two or three small letters, then parts after hyphens.
pub(crate) fn is_language_tag(tag: &str) -> bool {
    let mut parts = tag.split('-');
    let primary = parts.next().unwrap_or("");
    (2..=3).contains(&primary.len())
        && primary.bytes().all(|b| b.is_ascii_lowercase())
        && parts.all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// The first character of `text` that no text may hold: a control character other than a newline or
/// a tab, or one that overrides the reading direction and so can make a text show as another one.
pub(crate) fn forbidden_character(text: &str) -> Option<char> {
    text.chars().find(|&c| is_forbidden(c))
}

/// Whether no text may hold this character.
pub(crate) fn is_forbidden(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t') || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_missing_translation_falls_back_to_vietnamese() {
        let text: Text = serde_json::from_value(json!({"vi": "Hài lòng", "en": "Satisfied"})).unwrap();
        assert_eq!(text.get("en"), "Satisfied");
        assert_eq!(text.get("tay"), "Hài lòng");
    }

    #[test]
    fn a_text_without_vietnamese_cannot_be_made() {
        assert!(serde_json::from_value::<Text>(json!({"en": "Satisfied"})).is_err());
        assert!(serde_json::from_value::<Text>(json!({"vi": "  "})).is_err());
    }

    #[test]
    fn direction_overrides_and_control_characters_are_found() {
        assert_eq!(forbidden_character("dòng 1\n\tdòng 2"), None);
        assert_eq!(forbidden_character("a\u{0}b"), Some('\u{0}'));
        assert_eq!(forbidden_character("a\u{202E}b"), Some('\u{202E}'));
        assert_eq!(forbidden_character("a\u{2069}b"), Some('\u{2069}'));
    }
}
