//! `hailong index coherence`: how the parts of a composite index hang together.

use anyhow::Result;
use serde_json::json;

use super::Shown;
use super::explain::figure;
use crate::composite::{Coherence, Summary, coherence};
use crate::words::encode::hex;

/// Prints statistics, alpha, correlations and effective weights of every node, edition by edition.
pub(super) fn print(shown: &Shown<'_>, as_json: bool) -> Result<()> {
    let (definition, lang) = (&shown.checked.definition, shown.lang);
    let found = shown.editions.iter().map(|place| (shown.edition(*place), coherence(definition, shown.outcome, *place)));
    if as_json {
        let editions: Vec<_> = found.map(|(edition, nodes)| json!({"edition": edition, "nodes": nodes})).collect();
        let whole = json!({"code": definition.code(), "sha256": hex(&shown.checked.sha256), "editions": editions});
        println!("{}", serde_json::to_string_pretty(&whole)?);
        return Ok(());
    }
    println!("{} {} · {}", definition.code(), definition.edition(), definition.title().get(lang.tag()));
    for (edition, nodes) in found {
        println!("\n{edition}");
        let [n, mean, sd, skew, kurtosis, alpha, parent, weight, node] = lang.pick(
            ["n", "trung bình", "độ lệch", "độ xiên", "độ nhọn", "alpha", "r với cha", "tỷ trọng", "nút"],
            ["n", "mean", "sd", "skew", "kurtosis", "alpha", "r parent", "weight", "node"],
        );
        println!("  {n:>5} {mean:>10} {sd:>10} {skew:>8} {kurtosis:>8} {alpha:>7} {parent:>9} {weight:>8}  {node}");
        for node in &nodes {
            line(shown, node);
        }
    }
    let said = lang.pick(
        "thống kê theo điểm đã chuẩn hóa; alpha: Cronbach của các nút con; r với cha: tương quan với nút cha; tỷ trọng: phần trong chỉ số",
        "statistics of normalised scores; alpha: Cronbach's, of a node's children; r parent: correlation with the node above; \
         weight: share in the index",
    );
    println!("\n{said}");
    Ok(())
}

fn line(shown: &Shown<'_>, of: &Coherence) {
    let number = |number: Option<f64>, decimals: usize| number.map_or("–".to_owned(), |number| figure(number, decimals));
    let decimals = shown.decimals();
    let statistic = |pick: &dyn Fn(&Summary) -> Option<f64>, decimals: usize| number(of.summary.as_ref().and_then(pick), decimals);
    let n = of.summary.map_or(0, |summary| summary.n);
    let (mean, sd) = (statistic(&|summary| Some(summary.mean), decimals), statistic(&|summary| summary.sd, decimals));
    let (skew, kurtosis) = (statistic(&|summary| summary.skewness, 2), statistic(&|summary| summary.kurtosis, 2));
    let (alpha, parent, weight) = (number(of.alpha, 3), number(of.with_parent, 3), number(Some(of.effective_weight), 4));
    let definition = &shown.checked.definition;
    let node = definition.position(&of.node).and_then(|place| definition.nodes().get(place));
    let label = node.map_or("", |node| node.label().get(shown.lang.tag()));
    let (indent, code) = (2 * of.depth as usize, &of.node);
    println!("  {n:>5} {mean:>10} {sd:>10} {skew:>8} {kurtosis:>8} {alpha:>7} {parent:>9} {weight:>8}  {:indent$}{code} {label}", "");
}
