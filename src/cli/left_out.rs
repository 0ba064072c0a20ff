//! What arrived and does not count, in words.

use crate::publication::{LeftOut, Reason};
use crate::words::Lang;

/// Reasons told on the screen; the rest is a number.
const REASONS: usize = 20;

/// The lines that say what a run left out, and why; none where everything counts.
pub(super) fn lines(left_out: Option<&LeftOut>, lang: Lang) -> Vec<String> {
    let Some(left_out) = left_out else { return Vec::new() };
    let count = |n: i64| lang.count(usize::try_from(n).unwrap_or(0), "phiếu", ["response", "responses"]);
    let mut lines = Vec::new();
    if left_out.invalid > 0 {
        let n = count(left_out.invalid);
        lines.push(lang.pick(format!("không tính {n} không hợp lệ:"), format!("left out as invalid: {n}")));
        lines.extend(reasons(&left_out.responses, lang));
    }
    if left_out.quarantined > 0 {
        let n = count(left_out.quarantined);
        lines.push(lang.pick(format!("không tính {n} đến sau khi đợt đóng"), format!("left out because they came after the close: {n}")));
    }
    if left_out.dropped > 0 {
        let n = count(left_out.dropped);
        lines.push(lang.pick(
            format!("không tính {n} có câu trả lời không hợp lệ, theo quy tắc của chỉ số (drop_response)"),
            format!("left out for an invalid item, by the rule of the index (drop_response): {n}"),
        ));
    }
    if !left_out.items.is_empty() {
        let title = lang.pick("câu trả lời không hợp lệ, coi như thiếu:", "invalid items, which count as missing:");
        lines.push(title.to_owned());
        lines.extend(reasons(&left_out.items, lang));
    }
    lines
}

fn reasons(reasons: &[Reason], lang: Lang) -> Vec<String> {
    let line = |reason: &Reason| {
        let item = reason.item.as_ref().map(|item| format!("{item}: ")).unwrap_or_default();
        format!("  {item}{} × {}", reason.code, reason.responses)
    };
    let mut lines: Vec<String> = reasons.iter().take(REASONS).map(line).collect();
    if reasons.len() > REASONS {
        let more = reasons.len() - REASONS;
        lines
            .push(lang.pick(format!("  … và {more} lý do nữa: --json có đủ"), format!("  … and {more} more reasons: --json has them all")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_count_is_told_with_its_reasons() {
        let reason = |item: Option<&str>, code: &str, responses| Reason { item: item.map(str::to_owned), code: code.into(), responses };
        let left_out = LeftOut {
            invalid_items: "drop_item".into(),
            invalid: 2,
            quarantined: 1,
            dropped: 0,
            responses: vec![reason(None, "psu-unknown", 2)],
            items: vec![reason(Some("fee"), "out-of-range", 3)],
        };
        let english = lines(Some(&left_out), Lang::En);
        assert_eq!(
            english,
            [
                "left out as invalid: 2 responses",
                "  psu-unknown × 2",
                "left out because they came after the close: 1 response",
                "invalid items, which count as missing:",
                "  fee: out-of-range × 3"
            ]
        );
        assert_eq!(lines(Some(&left_out), Lang::Vi)[0], "không tính 2 phiếu không hợp lệ:");
        assert!(lines(None, Lang::En).is_empty());
    }
}
