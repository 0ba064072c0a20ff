//! Findings on the screen.

use anyhow::{Error, anyhow};

use crate::words::Finding;
use crate::words::Lang;

/// Most letters of one thing that a finding quotes.
const QUOTED: usize = 80;
/// Most letters of a finding, whatever it quotes.
const WHOLE: usize = 2000;

/// A finding on one line: `FILE: line 12 /tree/children/0: warning: … (code)`. What it quotes from the input is cut short.
pub(super) fn line(finding: &Finding, lang: Lang) -> String {
    let file = finding.file.as_ref().map(|file| format!("{file}: ")).unwrap_or_default();
    let line = finding.line.map(|line| format!("{} {line} ", lang.pick("dòng", "line"))).unwrap_or_default();
    let place = format!("{line}{}", cut(&finding.pointer, 4 * QUOTED));
    let place = if place.is_empty() { place } else { format!("{}: ", place.trim_end()) };
    let kind = if finding.is_error() { "" } else { lang.pick("cảnh báo: ", "warning: ") };
    format!("{file}{place}{kind}{} ({})", capped(finding.message(lang)), finding.code)
}

/// Prints findings of an input to standard error; returns how many refuse it.
pub(super) fn tell(name: &str, findings: &[Finding], lang: Lang) -> usize {
    for finding in findings {
        eprintln!("{name}: {}", line(finding, lang));
    }
    findings.iter().filter(|finding| finding.is_error()).count()
}

/// `1 error`, `2 errors`.
pub(super) fn errors(n: usize, lang: Lang) -> String {
    lang.count(n, "lỗi", ["error", "errors"])
}

/// Prints every finding of an input that cannot be used.
pub(super) fn refusal(name: &str, findings: &[Finding], lang: Lang) -> Error {
    anyhow!("{name}: {}", errors(tell(name, findings, lang), lang))
}

/// A message with everything between “ and ” cut short, and itself where it is long all the same.
pub(super) fn capped(message: &str) -> String {
    let (mut short, mut rest) = (String::new(), message);
    while let Some((before, quoted)) = rest.split_once('“') {
        short.push_str(before);
        let (quote, after) = quoted.split_once('”').unwrap_or((quoted, ""));
        let closing = if quoted.len() > quote.len() { "”" } else { "" };
        short.extend(["“", &cut(quote, QUOTED), closing]);
        rest = after;
    }
    short.push_str(rest);
    cut(&short, WHOLE)
}

/// A name that an input gave, cut short where it is no name any more.
pub(super) fn name(text: &str) -> String {
    cut(text, QUOTED)
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_cell_is_quoted_by_its_beginning_and_the_words_around_it_stay() {
        let cell = "7".repeat(10_000);
        let finding = Finding::error("/0/x", "not-a-number", format!("“{cell}” không phải là số"), format!("“{cell}” is no number"));
        let told = line(&finding, Lang::En);
        assert_eq!(told, format!("/0/x: “{}…” is no number (not-a-number)", "7".repeat(QUOTED)));
        assert!(line(&finding, Lang::Vi).ends_with("…” không phải là số (not-a-number)"));
        let odd = format!("“a” and “{cell} ” {cell}");
        assert!(capped(&odd).chars().count() <= WHOLE + 1 && capped(&odd).starts_with("“a” and “777"));
        assert_eq!(capped("a “b” c “d"), "a “b” c “d");
    }

    #[test]
    fn a_finding_of_the_whole_has_no_empty_place() {
        let mut finding = Finding::warning("", "run-not-used", "vi", "en");
        assert_eq!(
            (line(&finding, Lang::En), line(&finding, Lang::Vi)),
            ("warning: en (run-not-used)".into(), "cảnh báo: vi (run-not-used)".into())
        );
        finding.line = Some(3);
        assert_eq!(line(&finding, Lang::En), "line 3: warning: en (run-not-used)");
        finding.pointer = "/0".to_owned();
        assert_eq!(line(&finding, Lang::Vi), "dòng 3 /0: cảnh báo: vi (run-not-used)");
    }
}
