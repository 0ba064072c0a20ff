//! What a check found, where, in both languages.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::Lang;

/// Whether a finding refuses the input or only points something out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The input cannot be used.
    Error,
    /// The input can be used; somebody should look at this.
    Warning,
}

/// One thing found wrong in an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// JSON pointer (RFC 6901) to the value concerned; a missing member is reported at its object.
    pub pointer: String,
    /// The file, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Line of that value in the text, counted from 1, where the text is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Error or warning.
    pub severity: Severity,
    /// What kind of thing it is, in kebab-case; stable, for programs.
    pub code: Cow<'static, str>,
    /// The explanation in Vietnamese.
    pub vi: String,
    /// The explanation in English.
    pub en: String,
}

impl Finding {
    /// A finding that refuses the input.
    pub fn error(pointer: impl Into<String>, code: impl Into<Cow<'static, str>>, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), file: None, line: None, severity: Severity::Error, code: code.into(), vi: vi.into(), en: en.into() }
    }

    /// A finding that lets the input pass.
    pub fn warning(pointer: impl Into<String>, code: impl Into<Cow<'static, str>>, vi: impl Into<String>, en: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(pointer, code, vi, en) }
    }

    /// The same, of this file.
    #[must_use]
    pub fn in_file(self, file: Option<&str>) -> Self {
        Self { file: file.map(str::to_owned), ..self }
    }

    /// Whether this finding refuses the input.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The explanation in this language.
    #[must_use]
    pub fn message(&self, lang: Lang) -> &str {
        lang.pick(&self.vi, &self.en)
    }
}

impl fmt::Display for Finding {
    /// `line 12 /sections/0/items/3/code: The code … (duplicate-code)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line} ")?;
        }
        let kind = if self.is_error() { "" } else { "warning: " };
        write!(f, "{}: {kind}{} ({})", self.pointer, self.en, self.code)
    }
}

/// Whether any of `findings` refuses the input.
#[must_use]
pub fn any_error(findings: &[Finding]) -> bool {
    findings.iter().any(Finding::is_error)
}

/// Where a reader stands in a JSON document; costs nothing until it is written out.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Path<'a> {
    Root,
    Key(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    /// The JSON pointer, with `~` and `/` escaped (RFC 6901 §3).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Path::Root => Ok(()),
            Path::Key(parent, key) => {
                write!(f, "{parent}/")?;
                push_escaped(key, |part| f.write_str(part))
            }
            Path::Index(parent, index) => write!(f, "{parent}/{index}"),
        }
    }
}

/// Hands `key` on piece by piece, with `~` as `~0` and `/` as `~1`.
pub(crate) fn push_escaped<E>(key: &str, mut push: impl FnMut(&str) -> Result<(), E>) -> Result<(), E> {
    let mut rest = key;
    while let Some(at) = rest.find(['~', '/']) {
        push(&rest[..at])?;
        push(if rest.as_bytes()[at] == b'~' { "~0" } else { "~1" })?;
        rest = &rest[at + 1..];
    }
    push(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_escapes_tilde_and_slash() {
        let answers = Path::Key(&Path::Root, "answers");
        assert_eq!(Path::Index(&Path::Key(&answers, "a/b~c"), 3).to_string(), "/answers/a~1b~0c/3");
    }

    #[test]
    fn a_finding_reads_as_line_pointer_and_text() {
        let mut finding = Finding::error("/code", "bad-code", "Mã không hợp lệ", "The code is not valid");
        finding.line = Some(12);
        assert_eq!(finding.to_string(), "line 12 /code: The code is not valid (bad-code)");
        assert_eq!(finding.message(Lang::Vi), "Mã không hợp lệ");
        assert_eq!(Finding::warning("", "x", "v", "e").to_string(), ": warning: e (x)", "the root's pointer is the empty string");
    }

    #[test]
    fn a_finding_serialises_without_an_unknown_line() {
        let json = serde_json::to_string(&Finding::warning("/a", "b", "c", "d")).unwrap();
        assert_eq!(json, r#"{"pointer":"/a","severity":"warning","code":"b","vi":"c","en":"d"}"#);
    }
}
