//! Why a unit has its score, on the screen and as JSON.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde_json::json;

use super::arguments::Explain;
use super::{Shown, target};
use crate::cli::lang;
use crate::composite::explain::{self, Compared, Effect, Explanation, Lost, Share, Subject};
use crate::composite::targets::Rules;
use crate::schema::composite::{CompositeDefinition, CompositeNode};
use crate::words::Lang;

/// Rows of one table on the screen; the rest is a line that says how many.
pub(super) const ROWS: usize = 40;

/// What a row is compared with.
pub(super) struct Since<'s> {
    /// The unit in an earlier edition.
    pub(super) compared: Option<Subject<'s>>,
    /// What is to be said of that edition.
    pub(super) told: Option<String>,
    /// The unit in the edition right before, by which gains of targets count.
    pub(super) direct: Option<Subject<'s>>,
}

/// Prints the explanation of a row that has a score.
pub(super) fn print(shown: &Shown<'_>, subject: &Subject<'_>, since: &Since<'_>, arguments: &Explain) -> Result<()> {
    let found = explain::explain(subject, since.compared.as_ref())
        .with_context(|| format!("{} has no score in {}", subject.unit(), subject.edition()))?;
    let errors = |node: usize, row: usize| shown.error(node, row);
    let judged = |kind| explain::outlook(subject, since.direct.as_ref(), kind, &errors, &Rules::default());
    let wanted = arguments.target.map(judged).transpose()?;
    if arguments.json {
        let definition = subject.definition;
        let whole = json!({"code": definition.code(), "edition": found.edition, "explanation": found, "target": wanted});
        println!("{}", serde_json::to_string_pretty(&whole)?);
        return Ok(());
    }
    let page = Page { definition: subject.definition, lang: shown.lang, decimals: shown.decimals() };
    page.all(&found, since.told.as_deref());
    if let Some(wanted) = &wanted {
        target::print(&page, wanted);
    }
    Ok(())
}

/// How an index is printed.
pub(super) struct Page<'a> {
    definition: &'a CompositeDefinition,
    pub(super) lang: Lang,
    pub(super) decimals: usize,
}

impl Page<'_> {
    fn node(&self, code: &str) -> Option<&CompositeNode> {
        self.definition.nodes().get(self.definition.position(code)?)
    }

    /// A node's code and label.
    pub(super) fn named(&self, code: &str) -> String {
        self.node(code).map_or_else(|| code.to_owned(), |node| format!("{code} {}", node.label().get(self.lang.tag())))
    }

    fn plain(&self, number: f64) -> String {
        figure(number, self.decimals)
    }

    /// With its sign, unless it is printed as zero.
    fn signed(&self, number: f64) -> String {
        let text = self.plain(number);
        if is_zero(&text) || number < 0.0 { text } else { format!("+{text}") }
    }

    fn shows(&self, number: f64) -> bool {
        !is_zero(&self.plain(number))
    }

    fn all(&self, found: &Explanation, told: Option<&str>) {
        let lang = self.lang;
        let root = self.definition.nodes().first().map_or("", |node| node.label().get(lang.tag()));
        let (score, place) = lang.pick(("điểm", "hạng"), ("score", "rank"));
        println!("{} · {} · {root}", found.unit, found.edition);
        println!("{score} {}, {place} {}", self.plain(found.score), rank(found.rank));
        self.shares(&found.shares, found.rest);
        if let Some(lost) = &found.lost {
            self.lost(lost, found.score);
        }
        if let Some(best) = &found.to_best {
            let heading = lang.pick("Khoảng cách tới đơn vị tốt nhất", "Distance from the best");
            println!("\n{heading}: {}, {}", best.unit, self.plain(best.difference.to));
            self.difference(best);
        }
        match (&found.since, told) {
            (Some(since), told) => {
                let heading = lang.pick("Thay đổi so với kỳ", "Change since");
                let (from, to) = (self.plain(since.difference.from), self.plain(found.score));
                println!("\n{heading} {}: {from} → {to}, {place} {} → {}", since.edition, rank(since.rank), rank(found.rank));
                if let Some(told) = told {
                    println!("  ({told})");
                }
                self.difference(since);
            }
            (None, Some(told)) => println!("\n{told}"),
            (None, None) => {}
        }
    }

    fn shares(&self, shares: &[Share], rest: f64) {
        let lang = self.lang;
        println!("\n{}", lang.pick("Đóng góp vào điểm", "What each indicator adds"));
        let [score, adds, indicator] = lang.pick(["điểm", "đóng góp", "chỉ tiêu"], ["score", "adds", "indicator"]);
        println!("  {score:>10} {adds:>10}  {indicator}");
        for share in shares {
            println!("  {:>10} {:>10}  {}", self.plain(share.score), self.plain(share.adds), self.named(&share.leaf));
        }
        if rest.abs() > 1e-9 {
            let offsets = lang.pick("hằng số của thang điểm", "offsets of scales");
            println!("  {:>10} {:>10}  ({offsets})", "", self.plain(rest));
        }
    }

    fn lost(&self, lost: &Lost, score: f64) {
        let lang = self.lang;
        let heading = lang.pick("Điểm bị mất", "Points lost");
        println!("\n{heading}: {} / {}", self.plain(lost.ideal - score), self.plain(lost.ideal));
        let leaves: Vec<_> = lost.leaves.iter().filter(|leaf| leaf.lost != 0.0).collect();
        for leaf in leaves.iter().take(ROWS) {
            let agency = leaf.agency.as_ref().map(|agency| format!(" · {agency}")).unwrap_or_default();
            println!("  {:>10}  {}{agency}", self.plain(leaf.lost), self.named(&leaf.leaf));
        }
        lang::more(lang, leaves.len(), ROWS, "chỉ tiêu", ["indicator", "indicators"]);
        self.criteria(lost);
        if lost.agencies.iter().any(|sum| sum.of.is_some()) {
            println!("  {}", lang.pick("theo cơ quan", "by agency"));
            for sum in &lost.agencies {
                let of = sum.of.as_deref().unwrap_or(lang.pick("chưa giao cơ quan nào", "no agency named"));
                println!("  {:>10}  {of} ({})", self.plain(sum.lost), lang.count(sum.leaves, "chỉ tiêu", ["indicator", "indicators"]));
            }
        }
        if !lost.open.is_empty() {
            println!("  {}: {}", lang.pick("không có điểm tối đa", "without a best score"), lost.open.join(", "));
        }
    }

    /// What was lost under each inner node, in the order of the tree and indented by its depth; a leaf beside inner nodes is a criterion
    /// like them. A tree of one level has none.
    fn criteria(&self, lost: &Lost) {
        let inner = lost.criteria.iter().filter_map(|sum| Some((sum.of.as_deref()?, sum.lost)));
        let sums: BTreeMap<&str, f64> = inner.chain(lost.leaves.iter().map(|leaf| (leaf.leaf.as_str(), leaf.lost))).collect();
        let nodes = self.definition.nodes();
        let is_inner = |place: &usize| nodes.get(*place).is_some_and(|node| node.indicator().is_none());
        let criterion = |node: &&CompositeNode| {
            let siblings = node.parent().and_then(|parent| nodes.get(parent)).map(CompositeNode::children).unwrap_or_default();
            siblings.iter().any(is_inner)
        };
        let criteria: Vec<(&CompositeNode, f64)> =
            nodes.iter().filter(criterion).filter_map(|node| Some((node, *sums.get(node.code())?))).collect();
        if criteria.is_empty() {
            return;
        }
        println!("  {}", self.lang.pick("theo tiêu chí", "by criterion"));
        for (node, lost) in criteria {
            let indent = 2 * (node.depth() as usize).saturating_sub(1);
            println!("  {:>10}  {:indent$}{}", self.plain(lost), "", self.named(node.code()));
        }
    }

    fn difference(&self, compared: &Compared) {
        let (found, lang) = (&compared.difference, self.lang);
        let mut effects: Vec<_> = found.effects.iter().filter(|effect| parts(effect).iter().any(|part| self.shows(*part))).collect();
        effects.sort_by(|a, b| b.total().abs().total_cmp(&a.total().abs()));
        let lines = || effects.iter().map(|effect| &**effect).chain([&found.totals]);
        let heads = lang.pick(["giá trị", "mốc", "trọng số", "cấu trúc"], ["value", "goalposts", "weights", "structure"]);
        let columns: Vec<usize> = (0..heads.len()).filter(|column| lines().any(|line| self.shows(part(line, *column)))).collect();
        let head: Vec<String> = columns.iter().filter_map(|column| heads.get(*column)).map(|head| format!(" {head:>10}")).collect();
        println!("  {:>10}{}", lang.pick("tổng", "all"), head.concat());
        let print = |effect: &Effect, name: &str| {
            let cells: Vec<String> = columns.iter().map(|column| format!(" {:>10}", self.signed(part(effect, *column)))).collect();
            println!("  {:>10}{}  {name}", self.signed(effect.total()), cells.concat());
        };
        for effect in effects.iter().take(ROWS) {
            print(effect, &self.named(&effect.node));
        }
        lang::more(lang, effects.len(), ROWS, "dòng", ["line", "lines"]);
        print(&found.totals, lang.pick("tổng cộng", "sum"));
    }
}

/// By value, goalposts, weights, structure.
fn parts(effect: &Effect) -> [f64; 4] {
    [effect.value, effect.goalposts, effect.weights, effect.structure]
}

fn part(effect: &Effect, column: usize) -> f64 {
    parts(effect).get(column).copied().unwrap_or_default()
}

/// A number with so many decimals; what rounds to zero has no sign.
pub(super) fn figure(number: f64, decimals: usize) -> String {
    let text = format!("{number:.decimals$}");
    if is_zero(&text) { text.trim_start_matches('-').to_owned() } else { text }
}

/// Whether a printed number is zero.
fn is_zero(text: &str) -> bool {
    !text.bytes().any(|byte| (b'1'..=b'9').contains(&byte))
}

pub(super) fn rank(rank: Option<u32>) -> String {
    rank.map_or("–".to_owned(), |rank| rank.to_string())
}
