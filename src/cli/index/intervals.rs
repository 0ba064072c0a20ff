//! Intervals of scores, ranks and values on the screen.

use super::uncertainty::Found;
use crate::cli::findings;
use crate::cli::lang;
use crate::composite::uncertainty::{LeafInterval, LeafUncertainty, Method, ScoreInterval, Uncertainty};
use crate::words::Lang;

/// Units of one table on the screen; the rest is a line that says how many.
const ROWS: usize = 100;

/// The inner nodes, the root first, then the values that have standard errors of their own.
pub(super) fn print(found: &Found, lang: Lang) {
    method(&found.nodes, lang);
    nodes(&found.nodes, lang);
    values(&found.nodes.units, &found.leaves, lang);
}

/// How intervals were found, and why so.
fn method(found: &Uncertainty, lang: Lang) {
    let level = found.level;
    let (how, failed) = match found.method {
        Method::Delta => (lang.pick("phương pháp delta", "by the delta method").to_owned(), String::new()),
        Method::Replicates => {
            let replicates = lang.count(found.replicates, "mẫu lặp", ["replicate", "replicates"]);
            let failed = found.failed;
            (
                lang.pick(format!("tính từ {replicates}"), format!("from {replicates}")),
                lang.pick(format!(", {failed} mẫu không tính được"), format!(", {failed} failed")),
            )
        }
    };
    println!("\n{}", lang.pick(format!("khoảng tin cậy {level}, {how}{failed}"), format!("intervals {how}{failed}, level {level}")));
    let things = lang.count(found.reasons.len(), "điều", ["thing is", "things are"]);
    let why = match (found.method, found.reasons.is_empty()) {
        (Method::Delta, true) => lang.pick(
            "đường đi từ mọi giá trị có sai số tới chỉ số đều trơn".to_owned(),
            "every path from a value with an error to the index is smooth".to_owned(),
        ),
        (Method::Delta, false) => lang.pick(
            format!("theo yêu cầu, dù có {things} không trơn và được coi là cố định:"),
            format!("asked for, though {things} not smooth and count as fixed:"),
        ),
        (Method::Replicates, true) => {
            lang.pick("theo yêu cầu, dù mọi đường đi đều trơn".to_owned(), "asked for, though every path is smooth".to_owned())
        }
        (Method::Replicates, false) => lang.pick("vì không dùng được đạo hàm:".to_owned(), "because slopes would not do:".to_owned()),
    };
    println!("  {why}");
    for reason in &found.reasons {
        println!("  {}", lang.pick(reason.vi(), reason.to_string()));
    }
}

fn nodes(found: &Uncertainty, lang: Lang) {
    let [rank, interval, score, se, low, high] = lang
        .pick(["hạng", "khoảng hạng", "điểm", "sai số chuẩn", "cận dưới", "cận trên"], ["rank", "interval", "score", "se", "low", "high"]);
    for node in &found.nodes {
        println!("\n  {rank:>5} {interval:>11}  {:<20} {score:>10} {se:>12} {low:>10} {high:>10}", node.node);
        let mut units: Vec<(&String, &ScoreInterval)> =
            found.units.iter().zip(&node.units).filter_map(|(unit, score)| Some((unit, score.as_ref()?))).collect();
        units.sort_by(|a, b| b.1.value.total_cmp(&a.1.value));
        for (unit, score) in units.iter().take(ROWS) {
            let rank = score.rank.map_or(String::new(), |rank| rank.rank.to_string());
            let (unit, span) = (findings::name(unit), score.rank.map_or(String::new(), |rank| format!("{}–{}", rank.low, rank.high)));
            println!(
                "  {rank:>5} {span:>11}  {unit:<20} {:>10.3} {:>12.3} {:>10.3} {:>10.3}",
                score.value, score.se, score.low, score.high
            );
        }
        lang::more(lang, units.len(), ROWS, "đơn vị", ["unit", "units"]);
    }
}

fn values(units: &[String], leaves: &[LeafUncertainty], lang: Lang) {
    if leaves.is_empty() {
        return;
    }
    let heading = lang.pick(
        "giá trị có sai số chuẩn, theo thang đo của bảng: điểm là phép biến đổi của giá trị nên có khoảng tin cậy khác",
        "values with standard errors, on the scale of the table: a score is a transformation of its value, so it has another interval",
    );
    println!("\n{heading}");
    let [value, se, low, high] = lang.pick(["giá trị", "sai số chuẩn", "cận dưới", "cận trên"], ["value", "se", "low", "high"]);
    for leaf in leaves {
        let unit = leaf.measured_in.as_deref().unwrap_or_default();
        println!("\n  {:<20} {unit:<12} {value:>10} {se:>12} {low:>10} {high:>10}", leaf.leaf);
        let known: Vec<(&String, &LeafInterval)> =
            units.iter().zip(&leaf.units).filter_map(|(unit, value)| Some((unit, value.as_ref()?))).collect();
        for (unit, value) in known.iter().take(ROWS) {
            let unit = findings::name(unit);
            println!("  {unit:<33} {:>10.3} {:>12.3} {:>10.3} {:>10.3}", value.value, value.se, value.low, value.high);
        }
        lang::more(lang, known.len(), ROWS, "đơn vị", ["unit", "units"]);
    }
}
