//! Findings on the screen.

use crate::schema::Finding;

/// A finding on one line, in English for `en`, else in Vietnamese.
pub(super) fn line(finding: &Finding, language: &str) -> String {
    if language == "en" {
        return finding.to_string();
    }
    let line = finding.line.map(|line| format!("dòng {line} ")).unwrap_or_default();
    let kind = if finding.is_error() { "" } else { "cảnh báo: " };
    format!("{line}{}: {kind}{} ({})", finding.pointer, finding.vi, finding.code)
}

/// Prints findings of an input to standard error; returns how many refuse it.
pub(super) fn tell(name: &str, findings: &[Finding], language: &str) -> usize {
    for finding in findings {
        eprintln!("{name}: {}", line(finding, language));
    }
    findings.iter().filter(|finding| finding.is_error()).count()
}

/// Prints every finding of an input that cannot be used.
pub(super) fn refusal(name: &str, findings: &[Finding], language: &str) -> anyhow::Error {
    anyhow::anyhow!("{name}: {} errors", tell(name, findings, language))
}
