//! A composite index as tables on the screen.

use super::{Shown, no_unit, stages, target};
use crate::cli::findings;
use crate::cli::lang;
use crate::composite::contributions;
use crate::composite::targets::TargetReport;
use crate::publication::disclosure::Hidden;
use crate::schema::composite::{CompositeNode, Tiers};
use crate::words::Lang;

/// Rows of one table on the screen; the rest is a line that says how many.
const ROWS: usize = 100;

/// The stages, then for each edition the units by rank, with the root's score and those right below it.
pub(super) fn tables(shown: &Shown<'_>, targets: &[TargetReport]) {
    let definition = &shown.checked.definition;
    println!("{} {} · {}", definition.code(), definition.edition(), definition.title().get(shown.lang.tag()));
    for warning in shown.checked.warnings.iter().chain(shown.warnings) {
        println!("  {}", findings::line(warning, shown.lang));
    }
    stages::print(shown);
    for edition in &shown.editions {
        ranking(shown, *edition);
    }
    judged(targets.iter(), shown.lang);
}

/// Prints targets with their judgements.
pub(in crate::cli) fn judged<'t>(reports: impl Iterator<Item = &'t TargetReport>, lang: Lang) {
    let mut reports = reports.peekable();
    if reports.peek().is_none() {
        return;
    }
    println!("\n{}", lang.pick("mục tiêu", "targets"));
    for report in reports {
        let wanted = &report.target;
        let node = wanted.node.as_ref().map(|node| format!(" · {node}")).unwrap_or_default();
        let source = wanted.source.as_ref().map(|source| format!(" ({source})")).unwrap_or_default();
        let said = match (&report.judgement, &report.open) {
            (Some(judgement), _) => target::verdict(judgement, lang),
            (None, Some(open)) => open.message(lang).to_owned(),
            (None, None) => "–".to_owned(),
        };
        println!("  {:<12} {}{node}{source}: {said}", wanted.unit, target::wording(wanted.kind, lang));
    }
}

fn ranking(shown: &Shown<'_>, edition: usize) {
    let (definition, outcome, lang, decimals) = (&shown.checked.definition, shown.outcome, shown.lang, shown.decimals());
    let Some(span) = outcome.rows().spans().get(edition) else { return };
    let root = definition.nodes().first().map(CompositeNode::children).unwrap_or_default();
    println!("\n{}", shown.edition(edition));
    let codes: Vec<String> =
        root.iter().filter_map(|place| definition.nodes().get(*place)).map(|node| format!(" {:>12.12}", node.code())).collect();
    let codes = codes.concat();
    let own = definition.nodes().first().map_or("", CompositeNode::code);
    println!("  {:>5}  {:<20} {own:>12}{codes}", lang.pick("hạng", "rank"), lang.pick("đơn vị", "unit"));
    let mut rows: Vec<usize> = span.clone().collect();
    let (release, reader) = (&shown.release, &shown.reader);
    rows.sort_by_key(|row| (release.rank(reader, 0, *row).unwrap_or(u32::MAX), *row));
    let number =
        |place: usize, row: usize| release.score(reader, place, row).map_or("–".to_owned(), |score| format!("{score:.decimals$}"));
    for row in rows.iter().take(ROWS) {
        let rank = release.rank(reader, 0, *row).map_or("–".to_owned(), |rank| rank.to_string());
        let unit = findings::name(outcome.rows().units().get(*row).map_or("", String::as_str));
        let below: Vec<String> = root.iter().map(|place| format!(" {:>12}", number(*place, *row))).collect();
        println!("  {rank:>5}  {unit:<20} {:>12}{}{}", number(0, *row), below.concat(), notes(shown, *row));
    }
    lang::more(lang, rows.len(), ROWS, "dòng", ["row", "rows"]);
}

/// The tier of a row, and what the office should know of its publication.
fn notes(shown: &Shown<'_>, row: usize) -> String {
    let (definition, lang) = (&shown.checked.definition, shown.lang);
    let labels = definition.publication().tiers.as_ref().map(Tiers::labels);
    let label = shown.release.tier(&shown.reader, row).zip(labels).and_then(|(tier, labels)| labels.get(tier));
    let tier = label.map_or(String::new(), |label| format!("  {}", label.get(lang.tag())));
    if !shown.reader.is_office() {
        return tier;
    }
    let reasons: Vec<Hidden> = (0..definition.nodes().len()).filter_map(|node| shown.release.hidden(node, row)).collect();
    let of = |reason: Hidden| reasons.iter().filter(|other| **other == reason).count();
    let few = reasons.iter().filter(|reason| **reason != Hidden::BeyondTop).count();
    let figures = lang.count(few, "số liệu", ["figure", "figures"]);
    let few = match few {
        0 => String::new(),
        _ => lang.pick(format!("  (ít phiếu trả lời: {figures} không công bố)"), format!("  (few answers: {figures} not published)")),
    };
    let beyond = lang.pick("  (ngoài nhóm được công bố)", "  (not among those published)");
    format!("{tier}{few}{}", if of(Hidden::BeyondTop) > 0 { beyond } else { "" })
}

/// One unit, edition by edition: its nodes, then each leaf from its score to what it adds.
pub(super) fn unit(shown: &Shown<'_>, unit: &str) {
    for (place, edition) in shown.editions.iter().enumerate() {
        let gap = if place > 0 { "\n" } else { "" };
        let name = shown.edition(*edition);
        match shown.outcome.rows().find(*edition, unit) {
            Some(row) => {
                println!("{gap}{unit} · {name}");
                in_edition(shown, row);
            }
            None => println!("{gap}{}", no_unit(shown.lang, unit, name)),
        }
    }
}

fn in_edition(shown: &Shown<'_>, row: usize) {
    let (definition, outcome, lang) = (&shown.checked.definition, shown.outcome, shown.lang);
    let number = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.4}"));
    println!("\n  {:>12} {:>6}  {}", lang.pick("điểm", "score"), lang.pick("hạng", "rank"), lang.pick("nút", "node"));
    for (place, node) in definition.nodes().iter().enumerate() {
        let indent = 2 * node.depth() as usize;
        let name = format!("{:indent$}{} {}", "", node.code(), node.label().get(lang.tag()));
        let rank = shown.release.rank(&shown.reader, place, row).map_or("–".to_owned(), |rank| rank.to_string());
        println!("  {:>12} {rank:>6}  {name}", number(outcome.score(place, row)));
    }
    let Some((leaves, constant)) = contributions(definition, outcome, row) else {
        let said = lang.pick(
            "điểm không phải là tổng các phần đóng góp: có nút không tuyến tính, hoặc không có giá trị",
            "the score is not a sum of contributions: a node on the way is not linear, or has no value",
        );
        println!("\n  {said}");
        return;
    };
    let [score, adds, lost, indicator] = lang.pick(["điểm", "đóng góp", "điểm mất", "chỉ tiêu"], ["score", "adds", "lost", "indicator"]);
    println!("\n  {score:>12} {adds:>12} {lost:>12}  {indicator}");
    for leaf in leaves {
        println!("  {:>12.4} {:>12.4} {:>12}  {}", leaf.score, leaf.adds, number(leaf.lost), leaf.leaf);
    }
    if constant != 0.0 {
        println!("  {:>12} {constant:>12.4} {:>12}  ({})", "", "", lang.pick("hằng số của thang điểm", "offsets"));
    }
}
