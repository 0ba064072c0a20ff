//! What a finding is about: one item, or the response as a whole.

use crate::words::Finding;

/// The item that a finding is about; `None`: it is about the whole response (who, where and when).
#[must_use]
pub fn item_of(finding: &Finding) -> Option<String> {
    let code = finding.pointer.strip_prefix("/answers/")?.split('/').next()?;
    Some(code.replace("~1", "/").replace("~0", "~"))
}

/// Whether one of the findings refuses the response as a whole, whatever its answers.
#[must_use]
pub fn refuses_whole(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.is_error() && item_of(finding).is_none())
}

/// The items that are not valid, each once.
#[must_use]
pub fn invalid_items(findings: &[Finding]) -> Vec<String> {
    let mut items: Vec<String> = findings.iter().filter(|finding| finding.is_error()).filter_map(item_of).collect();
    items.sort_unstable();
    items.dedup();
    items
}

/// Why a response or its items do not count: the item (empty: the whole response) and the code of what was found, each pair once.
#[must_use]
pub fn reasons(findings: &[Finding]) -> Vec<(String, String)> {
    let errors = findings.iter().filter(|finding| finding.is_error());
    let mut reasons: Vec<_> = errors.map(|finding| (item_of(finding).unwrap_or_default(), finding.code.clone().into_owned())).collect();
    reasons.sort_unstable();
    reasons.dedup();
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_belongs_to_its_item_or_to_the_whole() {
        let at = |pointer: &str| Finding::error(pointer, "x", "", "");
        assert_eq!(item_of(&at("/answers/a~1b~0/2")).as_deref(), Some("a/b~"));
        assert_eq!((item_of(&at("/unit/code")), item_of(&at("/answers"))), (None, None));
        assert!(!refuses_whole(&[at("/answers/a"), Finding::warning("/psu", "x", "", "")]));
        assert!(refuses_whole(&[at("/answers/a"), at("/psu")]));
        let found = [at("/answers/a/1"), at("/answers/a/2"), at("/psu"), Finding::warning("/answers/b", "x", "", "")];
        assert_eq!(reasons(&found), [(String::new(), "x".to_owned()), ("a".to_owned(), "x".to_owned())]);
    }
}
