//! Scores with and without the flagged responses, side by side.

use std::collections::HashMap;

use serde_json::{Value, json};

use crate::cli::flag::percent;
use crate::cli::lang;
use crate::cli::show::{domain_name, padded, partition, words};
use crate::index::{DomainKey, Score};
use crate::jobs::recompute::Outcome;
use crate::office::runs::FlaggedWish;
use crate::schema::IndexDefinition;
use crate::unit::Registry;

/// `latest`, or the version of an evaluation.
pub(super) fn which(text: &str) -> Result<FlaggedWish, String> {
    if text == "latest" {
        return Ok(FlaggedWish::default());
    }
    let version = text.parse().map_err(|_| {
        let vi = format!("“{text}” không phải là `latest` hay số của một lần đánh giá");
        lang::chosen().pick(vi, format!("“{text}” is neither `latest` nor the number of an evaluation"))
    })?;
    Ok(FlaggedWish { evaluation: Some(version), rules: None })
}

/// A score of all responses, and the same without the flagged ones.
struct Pair<'a> {
    all: &'a Score,
    without: Option<&'a Score>,
}

impl Pair<'_> {
    fn difference(&self) -> Option<f64> {
        Some(self.without?.value? - self.all.value?)
    }

    fn n_without(&self) -> i64 {
        self.without.map_or(0, |score| score.n)
    }
}

fn pairs<'a>(all: &'a Outcome, without: &'a Outcome) -> Vec<Pair<'a>> {
    let key = |score: &'a Score| -> (&'a DomainKey, &'a str) { (&score.domain, &score.node) };
    let others: HashMap<_, &Score> = without.scores.iter().map(|score| (key(score), score)).collect();
    all.scores.iter().map(|score| Pair { all: score, without: others.get(&key(score)).copied() }).collect()
}

/// Prints the roots of the index for every domain.
pub(super) fn table(all: &Outcome, without: &Outcome, definition: &IndexDefinition, units: &Registry) {
    let lang = lang::chosen();
    let roots: Vec<&str> = definition.tree().iter().map(crate::schema::Node::code).collect();
    if let Some(flags) = &without.manifest.flags {
        let (evaluation, set, rules) = (flags.evaluation, &flags.rule_set, flags.rules.join(", "));
        let (code, version) = (&set.code, &set.version);
        let (left_out, responses, late) = (flags.left_out, all.manifest.responses, flags.not_judged);
        let share = percent(left_out, responses);
        let said = lang.pick(
            format!(
                "\nCó và không có những phiếu mà lần đánh giá {evaluation} ({code} {version}: {rules}) gắn cờ: {left_out} trên {responses} phiếu \
                 ({share}), {late} phiếu đến muộn nên chưa được xét"
            ),
            format!(
                "\nWith and without what evaluation {evaluation} ({code} {version}: {rules}) flagged: {left_out} of {responses} responses \
                 ({share}), {late} came too late to be judged"
            ),
        );
        println!("{said}");
    }
    let mut kind = "";
    for pair in pairs(all, without).iter().filter(|pair| roots.contains(&pair.all.node.as_str())) {
        let domain = &pair.all.domain;
        if domain.kind != kind {
            kind = &domain.kind;
            println!("\n{}", partition(kind, lang));
            let [node, score, without, difference, flagged] =
                lang.pick(["nút", "điểm", "khi bỏ", "chênh lệch", "gắn cờ"], ["node", "score", "without", "difference", "flagged"]);
            println!("  {:<26} {node:<18} {score:>8} {without:>8} {difference:>10} {:>7} {flagged:>8}", "", "n");
        }
        let number = |x: Option<f64>| x.map_or("–".to_owned(), |x| format!("{x:.2}"));
        println!(
            "  {} {:<18} {:>8} {:>8} {:>10} {:>7} {:>8}",
            padded(&domain_name(domain, units), 26),
            pair.all.node,
            number(pair.all.value),
            number(pair.without.and_then(|score| score.value)),
            pair.difference().map_or("–".to_owned(), |x| format!("{x:+.2}")),
            pair.all.n,
            percent(pair.all.n - pair.n_without(), pair.all.n)
        );
    }
}

/// Every pair, doubles in full.
pub(super) fn json(all: &Outcome, without: &Outcome, units: &Registry) -> Value {
    let scores: Vec<Value> = pairs(all, without)
        .iter()
        .map(|pair| {
            let mut value = json!({
                "domain": pair.all.domain.kind, "node": pair.all.node, "value": pair.all.value,
                "without": pair.without.and_then(|score| score.value), "difference": pair.difference(),
                "se_without": pair.without.and_then(|score| score.se), "n": pair.all.n, "n_without": pair.n_without(),
            });
            words(&mut value, &pair.all.domain, units);
            value
        })
        .collect();
    json!({ "flags": without.manifest.flags, "clusters": without.manifest.clusters, "scores": scores })
}
