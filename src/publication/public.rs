//! What everybody is told of how an edition was made, and the name of what everybody sees.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::digest::{Digest, text};
use super::disclosure::{Numbers, Rule, Settled};
use super::{ChainUsed, Manifest};
use crate::index::{ClassReport, DomainKey, Score};

/// Members of a manifest that are the office's own: what did not count, where the count of arrivals stood, what the full digest is salted with,
/// and the name of the earlier run, which is a hash of hidden figures too.
const OWN: [&str; 5] = ["high_water_seq", "high_water_event", "left_out", "salt", "since"];

/// The manifest as it is published: without what would tell of few people. Classes of a calibration with fewer people than a figure may rest on
/// are left out; the rules that hid figures are named, and never how much was hidden.
#[must_use]
pub fn public_manifest(manifest: &Manifest, rule: Rule) -> Value {
    let mut told = serde_json::to_value(manifest).unwrap_or_default(); // strings, numbers and lists always serialise
    let Some(members) = told.as_object_mut() else { return told };
    for own in OWN {
        members.remove(own);
    }
    if let Some(report) = members.get_mut("calibration").and_then(Value::as_object_mut) {
        // The smallest and the largest factor are those of one class, which may be of few people.
        report.remove("g_min");
        report.remove("g_max");
    }
    if let Some(told) = members.get_mut("calibration").and_then(|calibration| calibration.get_mut("margins")) {
        let classes = manifest.calibration.as_ref().map_or(&[][..], |calibration| &calibration.margins);
        *told = json!(shown_classes(classes, rule.people));
    }
    if let Some(chain) = manifest.chain.as_ref() {
        members.insert("chain".to_owned(), json!(of_those_that_count(chain, manifest.responses)));
    }
    if let Some(flags) = members.get_mut("flags").and_then(Value::as_object_mut) {
        flags.remove("left_out");
        flags.remove("not_judged");
    }
    let rules = ["few_answers", "dominated", "unanimous", "protects_sibling"];
    let disclosure = json!({ "min_n": rule.people, "decimals": rule.decimals, "rules": rules });
    members.insert("disclosure".to_owned(), disclosure);
    told
}

/// The classes of margins of which nothing of few people is told. The classes of a margin sum up to all who answered: one that is hidden needs
/// company in its own margin, of at least as many people together as a figure may rest on. A margin of fewer than three classes is hidden as a whole.
fn shown_classes(classes: &[ClassReport], people: i64) -> Vec<&ClassReport> {
    let margin = |class: &ClassReport| class.class.split_once(" = ").map_or("", |(margin, _)| margin).to_owned();
    let few = |rows: u64| i64::try_from(rows).is_ok_and(|rows| rows < people);
    let mut shown = Vec::with_capacity(classes.len());
    for of_margin in classes.chunk_by(|one, other| margin(one) == margin(other)) {
        let mut by_rows: Vec<usize> = (0..of_margin.len()).collect();
        by_rows.sort_by_key(|place| of_margin[*place].rows);
        let (mut hidden, mut together) = (0, 0_u64);
        for place in &by_rows {
            let rows = of_margin[*place].rows;
            let needs_company = hidden > 0 && (hidden < 2 || few(together));
            if !few(rows) && !needs_company {
                break;
            }
            (hidden, together) = (hidden + 1, together.saturating_add(rows));
        }
        if hidden > 0 && of_margin.len() < 3 {
            continue;
        }
        let kept = |place: &usize| !by_rows[..hidden].contains(place);
        shown.extend((0..of_margin.len()).filter(kept).map(|place| &of_margin[place]));
    }
    shown
}

/// A chain of those that took part alone: with all answers that stand, the number of those left out as suspicious would be told.
#[allow(clippy::cast_precision_loss)] // counts of people
fn of_those_that_count(chain: &ChainUsed, answers: i64) -> ChainUsed {
    let rate = |whole: Option<i64>| whole.filter(|whole| *whole > 0).map(|whole| answers as f64 / whole as f64);
    ChainUsed { answers, answered: rate(chain.invitations), overall: rate(chain.customers), ..chain.clone() }
}

/// SHA-256 of what everybody sees: the published manifest and every published figure with its digits, in canonical order. What is hidden is in
/// it as hidden, and as nothing else.
#[must_use]
pub fn public_digest(
    manifest: &Value,
    scores: &[Score],
    seen: &dyn Fn(usize) -> Option<Numbers>,
    unit_code: &dyn Fn(i32) -> String,
) -> Digest {
    let mut hash = Sha256::new();
    text(&mut hash, Some(&manifest.to_string()));
    for (place, score) in scores.iter().enumerate() {
        let DomainKey { kind, area, unit, item, option } = &score.domain;
        let code = |id: &Option<i32>| id.map(unit_code);
        for part in [Some(kind.clone()), code(area), code(unit), item.clone(), option.clone(), Some(score.node.clone())] {
            text(&mut hash, part.as_deref());
        }
        let numbers = seen(place).map(|numbers| serde_json::to_string(&numbers).unwrap_or_default());
        text(&mut hash, numbers.as_deref());
    }
    hash.finalize().into()
}

/// The numbers of a figure that everybody sees, given how it was settled; nothing of a hidden one.
#[must_use]
pub fn seen_of(numbers: Numbers, settled: &Settled, decimals: u8) -> Option<Numbers> {
    match settled {
        Settled::Published => Some(numbers.published(decimals)),
        Settled::Carried(standing) => Some(standing.numbers),
        Settled::Hidden(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(classes: &[(&str, u64)]) -> Vec<String> {
        let report =
            |(class, rows): &(&str, u64)| ClassReport { class: (*class).to_owned(), rows: *rows, before: 0.0, after: 0.0, total: 0.0 };
        let all: Vec<ClassReport> = classes.iter().map(report).collect();
        shown_classes(&all, 10).into_iter().map(|class| class.class.clone()).collect()
    }

    #[test]
    fn a_class_of_few_people_does_not_follow_from_the_others_of_its_margin() {
        let ages = [("age = 1", 40), ("age = 2", 30), ("age = 3", 30)];
        let with = |sex: [(&'static str, u64); 2]| [&sex[..], &ages[..]].concat();
        // The only other class of the margin is all others.
        assert_eq!(shown(&with([("sex = f", 97), ("sex = m", 3)])), ["age = 1", "age = 2", "age = 3"]);
        assert_eq!(shown(&with([("sex = f", 60), ("sex = m", 40)])).len(), 5);
        assert_eq!(shown(&[("age = 1", 3), ("age = 2", 50), ("age = 3", 20), ("age = 4", 27)]), ["age = 2", "age = 4"]);
        assert_eq!(shown(&[("age = 1", 3), ("age = 2", 50), ("age = 3", 2), ("age = 4", 45)]), ["age = 2"], "five are too few together");
        assert_eq!(shown(&[("age = 1", 6), ("age = 2", 50), ("age = 3", 5), ("age = 4", 39)]), ["age = 2", "age = 4"]);
        assert!(shown(&[("age = 1", 3), ("age = 2", 4), ("age = 3", 2)]).is_empty());
    }
}
