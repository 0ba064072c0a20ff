//! What everybody is told of how an edition was made, and the name of what everybody sees.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Manifest;
use super::digest::{Digest, text};
use super::disclosure::{Numbers, Rule, Settled};
use crate::index::{DomainKey, Score};

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
    let few = |count: &Value| count.as_i64().is_none_or(|count| count < rule.people);
    if let Some(margins) = members.get_mut("calibration").and_then(|calibration| calibration.get_mut("margins")?.as_array_mut()) {
        let all = margins.len();
        margins.retain(|class| !few(&class["rows"]));
        // The weights of a class alone would follow from the totals of the others.
        if all == margins.len() + 1 {
            margins.pop();
        }
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
