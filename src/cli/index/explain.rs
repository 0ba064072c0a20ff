//! Why a unit has its score, and what it would take to reach another: in Vietnamese with English beside it.

use anyhow::{Context as _, Result};
use serde_json::json;

use super::Shown;
use crate::index::composite::explain::{self, Aim, Compared, Explanation, Lost, LostSum, Plan, Share, Subject};
use crate::index::composite::targets::{Basis, Judgement, Rules};
use crate::schema::composite::{CompositeDefinition, TargetError, TargetKind};

/// Rows of one table on the screen; the rest is a line that says how many.
const ROWS: usize = 40;

/// `rank:20`, `score:69.5`, `rise:5` or `gain:1.5`.
pub(super) fn target(text: &str) -> Result<TargetKind, String> {
    text.parse().map_err(|error: TargetError| error.to_string())
}

/// Prints the explanation of a row; `before` is the unit in the last edition.
pub(super) fn print(
    shown: &Shown<'_>,
    subject: &Subject<'_>,
    before: Option<&Subject<'_>>,
    aim: Option<TargetKind>,
    as_json: bool,
) -> Result<()> {
    let found = explain::explain(subject, before).with_context(|| format!("{} has no score in {}", subject.unit(), subject.edition()))?;
    let aim = match aim {
        Some(kind) => {
            let errors = |node: usize, row: usize| shown.error(node, row);
            let found = explain::aim(subject, before, kind, &errors, &Rules::default());
            Some(found.map_err(|error| anyhow::anyhow!("{} / {error}", error.vi()))?)
        }
        None => None,
    };
    if as_json {
        let definition = subject.definition;
        let whole = json!({"code": definition.code(), "edition": found.edition, "explanation": found, "target": aim});
        println!("{}", serde_json::to_string_pretty(&whole)?);
        return Ok(());
    }
    Page { definition: subject.definition }.all(&found, aim.as_ref());
    Ok(())
}

/// What a target says, in both languages.
pub(super) fn wording(kind: TargetKind) -> String {
    match kind {
        TargetKind::Rank { value } => format!("vào nhóm {value} đơn vị đứng đầu / among the first {value}"),
        TargetKind::RankGain { value } => format!("tăng {value} bậc / up {value} ranks"),
        TargetKind::Score { value } => format!("đạt {value} điểm / a score of {value}"),
        TargetKind::ScoreGain { value } => format!("tăng {value} điểm / up {value} points"),
    }
}

/// What is made of a target, in both languages.
pub(super) fn verdict(judgement: &Judgement) -> String {
    let (vi, en) = judgement.standing.words();
    let basis = match judgement.basis {
        Basis::Figures => " (theo con số, không có sai số chuẩn / by the figures alone)",
        Basis::StandardErrors => "",
    };
    let chance = judgement.chance.map_or(String::new(), |chance| format!(", xác suất / chance {:.0}%", 100.0 * chance));
    format!("{vi} / {en}{chance}{basis}")
}

struct Page<'a> {
    definition: &'a CompositeDefinition,
}

impl Page<'_> {
    /// A node's name in both languages.
    fn name(&self, code: &str) -> String {
        let node = self.definition.position(code).and_then(|place| self.definition.nodes().get(place));
        node.map_or_else(|| code.to_owned(), |node| format!("{} / {}", node.label().get("vi"), node.label().get("en")))
    }

    fn all(&self, found: &Explanation, aim: Option<&Aim>) {
        let root = self.definition.nodes().first().map_or("", |node| node.code());
        println!("{} · {} · {}", found.unit, found.edition, self.name(root));
        println!("điểm / score {:.4}, hạng / rank {}", found.score, rank(found.rank));
        self.shares(&found.shares, found.rest);
        if let Some(lost) = &found.lost {
            self.lost(lost, found.score);
        }
        if let Some(best) = &found.to_best {
            println!("\nKhoảng cách tới đơn vị tốt nhất / Distance from the best: {}, {:.4}", best.unit, best.difference.to);
            self.difference(best);
        }
        if let Some(since) = &found.since {
            let (edition, from, then) = (&since.edition, since.difference.from, rank(since.rank));
            println!(
                "\nThay đổi so với kỳ {edition} / Change since {edition}: {from:.4} → {:.4}, hạng / rank {then} → {}",
                found.score,
                rank(found.rank)
            );
            self.difference(since);
        }
        if let Some(aim) = aim {
            self.aim(aim);
        }
    }

    fn shares(&self, shares: &[Share], rest: f64) {
        println!("\nĐóng góp vào điểm / What each indicator adds");
        println!("  {:>10} {:>10}  {}", "điểm/score", "góp/adds", "chỉ tiêu / indicator");
        for share in shares {
            println!("  {:>10.4} {:>10.4}  {} {}", share.score, share.adds, share.leaf, self.name(&share.leaf));
        }
        if rest.abs() > 1e-9 {
            println!("  {:>10} {rest:>10.4}  (hằng số của thang điểm / offsets of scales)", "");
        }
    }

    fn lost(&self, lost: &Lost, score: f64) {
        println!("\nĐiểm bị mất / Points lost: {:.4} / {:.4}", lost.ideal - score, lost.ideal);
        for leaf in lost.leaves.iter().filter(|leaf| leaf.lost != 0.0).take(ROWS) {
            let agency = leaf.agency.as_ref().map(|agency| format!(" · {agency}")).unwrap_or_default();
            println!("  {:>10.4}  {} {}{agency}", leaf.lost, leaf.leaf, self.name(&leaf.leaf));
        }
        more(lost.leaves.len());
        println!("  theo tiêu chí / by criterion");
        let inner = |sum: &&LostSum| sum.of.as_deref().is_some_and(|code| self.definition.position(code) != Some(0));
        for sum in lost.criteria.iter().filter(inner) {
            let code = sum.of.as_deref().unwrap_or_default();
            println!("  {:>10.4}  {code} {}", sum.lost, self.name(code));
        }
        println!("  theo cơ quan / by agency");
        for sum in &lost.agencies {
            let of = sum.of.as_deref().unwrap_or("chưa giao cơ quan nào / no agency named");
            println!("  {:>10.4}  {of} ({} chỉ tiêu / indicators)", sum.lost, sum.leaves);
        }
        if !lost.open.is_empty() {
            println!("  không có điểm tối đa / without a best score: {}", lost.open.join(", "));
        }
    }

    fn difference(&self, compared: &Compared) {
        let found = &compared.difference;
        println!("  {:>10} {:>10} {:>10} {:>10} {:>10}", "tổng/all", "giá trị", "mốc", "trọng số", "cấu trúc");
        println!("  {:>10} {:>10} {:>10} {:>10} {:>10}", "", "value", "goalposts", "weights", "structure");
        let line = |total: f64, effect: &crate::index::composite::explain::Effect, name: &str| {
            let parts = [effect.value, effect.goalposts, effect.weights, effect.structure].map(|part| format!(" {:>+10.4}", part + 0.0));
            println!("  {:>+10.4}{}  {name}", total + 0.0, parts.concat());
        };
        let mut effects: Vec<_> = found.effects.iter().filter(|effect| effect.total().abs() > 1e-12 || effect.value != 0.0).collect();
        effects.sort_by(|a, b| b.total().abs().total_cmp(&a.total().abs()));
        for effect in effects.iter().take(ROWS) {
            line(effect.total(), effect, &format!("{} {}", effect.node, self.name(&effect.node)));
        }
        more(effects.len());
        line(found.totals.total(), &found.totals, "tổng cộng / sum");
    }

    fn aim(&self, aim: &Aim) {
        let reach = &aim.reach;
        println!("\nMục tiêu / Target: {}", wording(aim.target));
        println!("  hiện nay / now: {}", verdict(&aim.judgement));
        if let Some(needed) = reach.needed {
            println!("  cần / needed: {needed:.4}, còn thiếu / short of it by {:.4}", (needed - reach.now.score).max(0.0));
        }
        if reach.met {
            return;
        }
        println!(
            "  mọi chỉ tiêu đạt mức tốt nhất / with every indicator at its best: {:.4}, hạng / rank {}",
            reach.most.score,
            rank(reach.most.rank)
        );
        if reach.alone.is_empty() {
            println!("  không chỉ tiêu nào một mình đủ / no indicator suffices alone");
        } else {
            println!("  chỉ cần một chỉ tiêu / one indicator alone");
            reach.alone.iter().take(ROWS).for_each(|plan| self.plan(plan));
        }
        match &reach.alike {
            Some(plan) => {
                println!("  cùng một phần khoảng cách / the same share of each one's way: {:.2}%", 100.0 * plan.share);
                self.plan(plan);
            }
            None => println!("  không thể đạt trong giới hạn của các mốc / out of reach within the goalposts"),
        }
        if let Some(plan) = reach.fewest.as_ref().filter(|plan| plan.steps.len() > 1) {
            println!("  ít chỉ tiêu nhất / as few indicators as possible: {}", plan.steps.len());
            self.plan(plan);
        }
    }

    fn plan(&self, plan: &Plan) {
        for step in plan.steps.iter().take(ROWS) {
            let name = self.name(&step.leaf);
            println!("    {:>12.4} → {:>12.4} (tốt nhất / best {:.4})  {} {name}", step.from, step.to, step.bound, step.leaf);
        }
        println!("    ⇒ điểm / score {:.4}, hạng / rank {}", plan.reached.score, rank(plan.reached.rank));
    }
}

fn rank(rank: Option<u32>) -> String {
    rank.map_or("–".to_owned(), |rank| rank.to_string())
}

fn more(all: usize) {
    if all > ROWS {
        println!("  … {} dòng nữa trong --json / more lines in --json", all - ROWS);
    }
}
