//! Targets on the screen: whether one is met, and what it would take.

use super::explain::{Page, ROWS, rank};
use crate::cli::lang;
use crate::composite::explain::{Outlook, Plan};
use crate::composite::targets::{Basis, Judgement};
use crate::schema::composite::{TargetError, TargetKind};
use crate::words::Lang;

/// `rank:20`, `score:69.5`, `rise:5` or `gain:1.5`.
pub(super) fn parse(text: &str) -> Result<TargetKind, String> {
    text.parse().map_err(|error: TargetError| lang::chosen().pick(error.vi(), error.to_string()))
}

/// What a target says.
pub(super) fn wording(kind: TargetKind, lang: Lang) -> String {
    match kind {
        TargetKind::Rank { value } => lang.pick(format!("vào nhóm {value} đơn vị đứng đầu"), format!("among the first {value}")),
        TargetKind::RankGain { value } => {
            let ranks = lang.count(value as usize, "bậc", ["rank", "ranks"]);
            lang.pick(format!("tăng {ranks}"), format!("up {ranks}"))
        }
        TargetKind::Score { value } => lang.pick(format!("đạt {value} điểm"), format!("a score of {value}")),
        TargetKind::ScoreGain { value } => {
            let points = if value.to_bits() == 1_f64.to_bits() { "point" } else { "points" };
            lang.pick(format!("tăng {value} điểm"), format!("up {value} {points}"))
        }
    }
}

/// What is made of a target.
pub(super) fn verdict(judgement: &Judgement, lang: Lang) -> String {
    let (vi, en) = judgement.standing.words();
    let basis = match judgement.basis {
        Basis::Figures => lang.pick(" (theo con số, không có sai số chuẩn)", " (by the figures alone)"),
        Basis::StandardErrors => "",
    };
    let chance = judgement.chance.map_or(String::new(), |chance| format!(", {} {:.0}%", lang.pick("xác suất", "chance"), 100.0 * chance));
    format!("{}{chance}{basis}", lang.pick(vi, en))
}

/// Whether a target of a unit is met, and the ways there.
pub(super) fn print(page: &Page<'_>, outlook: &Outlook) {
    let (lang, decimals, reach) = (page.lang, page.decimals, &outlook.reach);
    println!("\n{}: {}", lang.pick("Mục tiêu", "Target"), wording(outlook.target, lang));
    println!("  {}: {}", lang.pick("hiện nay", "now"), verdict(&outlook.judgement, lang));
    if let Some(needed) = reach.needed {
        let short = (needed - reach.now.score).max(0.0);
        let said = lang.pick(
            format!("cần {needed:.decimals$} điểm, còn thiếu {short:.decimals$}"),
            format!("needed: {needed:.decimals$}, short of it by {short:.decimals$}"),
        );
        println!("  {said}");
    }
    if reach.met {
        return;
    }
    let most = lang.pick("mọi chỉ tiêu đạt mức tốt nhất", "with every indicator at its best");
    println!("  {most}: {:.decimals$}, {} {}", reach.most.score, lang.pick("hạng", "rank"), rank(reach.most.rank));
    if reach.alone.is_empty() {
        println!("  {}", lang.pick("không chỉ tiêu nào một mình đủ", "no indicator suffices alone"));
    } else {
        println!("  {}", lang.pick("chỉ cần một chỉ tiêu", "one indicator alone"));
        reach.alone.iter().take(ROWS).for_each(|way| plan(page, way));
    }
    match &reach.alike {
        Some(way) => {
            let said = lang.pick("mọi chỉ tiêu đi cùng một phần khoảng cách", "the same share of each one's way");
            println!("  {said}: {:.2}%", 100.0 * way.share);
            plan(page, way);
        }
        None => println!("  {}", lang.pick("không thể đạt trong giới hạn của các mốc", "out of reach within the goalposts")),
    }
    if let Some(way) = reach.fewest.as_ref().filter(|way| way.steps.len() > 1) {
        println!("  {}: {}", lang.pick("ít chỉ tiêu nhất", "as few indicators as possible"), way.steps.len());
        plan(page, way);
    }
}

fn plan(page: &Page<'_>, plan: &Plan) {
    let (lang, decimals) = (page.lang, page.decimals);
    for step in plan.steps.iter().take(ROWS) {
        let (from, to, bound) = (value(step.from), value(step.to), value(step.bound));
        println!("    {from:>10} → {to:>10} ({} {bound})  {}", lang.pick("tốt nhất", "best"), page.named(&step.leaf));
    }
    let reached = &plan.reached;
    let (score, place) = lang.pick(("điểm", "hạng"), ("score", "rank"));
    println!("    ⇒ {score} {:.decimals$}, {place} {}", reached.score, rank(reached.rank));
}

/// A value of the table, whose scale may be any: four decimals at most.
fn value(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
