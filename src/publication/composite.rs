//! What a run of a composite index is made of, and its digest.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::CompositeScore;
use super::digest::{Digest, text};
use super::disclosure::{CompositeNumbers, Hidden};
use super::manifest::VersionUsed;
use crate::schema::composite::Publication;

/// An indicator table that took part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableUsed {
    /// Its number in this database.
    pub id: i32,
    /// What people call it.
    pub title: String,
    /// SHA-256 of the file as it came, hexadecimal.
    pub sha256: String,
}

/// A run of a survey's index that leaves were taken from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SurveyUsed {
    /// The run.
    pub run: String,
    /// SHA-256 of its inputs and scores, hexadecimal.
    pub digest: String,
    /// Its index.
    pub index: String,
    /// Its wave.
    pub wave: String,
    /// The edition that took its values.
    pub edition: String,
}

/// How the uncertainty of an edition was carried through the tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UncertaintyUsed {
    /// The edition.
    pub edition: String,
    /// `delta` or `replicates`.
    pub method: String,
    /// Replicates run; 0 with the delta method.
    pub replicates: usize,
    /// Those that gave nothing.
    pub failed: usize,
}

/// The frozen inputs of a run of a composite index.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompositeManifest {
    /// The definition; its version is its edition.
    pub index: VersionUsed,
    /// The tables, in the order in which they lie over each other.
    pub tables: Vec<TableUsed>,
    /// The runs that leaves were taken from.
    pub surveys: Vec<SurveyUsed>,
    /// Whether respondents of one of them were made up.
    pub synthetic: bool,
    /// Values in force.
    pub values: usize,
    /// Those with a standard error; the others count as known.
    pub with_errors: usize,
    /// Pairs of values that covary.
    pub covariances: usize,
    /// By edition, where values have errors.
    pub uncertainty: Vec<UncertaintyUsed>,
    /// SHA-256 of the choices that a sensitivity analysis varied, hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factors: Option<String>,
    /// The level of the intervals.
    pub level: f64,
    /// Seed of whatever is drawn at random.
    pub seed: i64,
    /// SHA-256 of the units as they were when the run was made, hexadecimal: of the definition's list and those of its surveys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub units: Option<String>,
}

impl CompositeManifest {
    /// The bytes that the digest hashes. Numbers and names that a database or its people gave are left out: contents are in.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        let mut frozen = Self { units: None, ..self.clone() }; // what of it matters to figures is in the figures
        for table in &mut frozen.tables {
            (table.id, table.title) = (0, String::new());
        }
        for survey in &mut frozen.surveys {
            survey.run.clear();
        }
        serde_json::to_vec(&frozen).unwrap_or_default() // strings, numbers and lists always serialise
    }
}

/// The digest of a run of a composite index: its frozen inputs, every figure bit for bit, and the reports that follow from them.
#[must_use]
pub fn composite_digest(manifest: &CompositeManifest, figures: &[CompositeScore], reports: &[&str]) -> Digest {
    let mut hash = Sha256::new();
    hash.update(manifest.canonical());
    for figure in figures {
        for part in [&figure.edition, &figure.unit, &figure.node] {
            text(&mut hash, Some(part));
        }
        for number in [figure.score, figure.se, figure.df, figure.low, figure.high] {
            hash.update([u8::from(number.is_some())]);
            hash.update(number.unwrap_or(0.0).to_bits().to_le_bytes());
        }
        let (low, high) = figure.rank_interval.unwrap_or((0, 0));
        for rank in [figure.rank.unwrap_or(0), low, high] {
            hash.update(rank.to_le_bytes());
        }
        hash.update(figure.tier.map_or(u64::MAX, |tier| tier as u64).to_le_bytes());
        text(&mut hash, figure.hidden.map(Hidden::as_str));
    }
    for report in reports {
        text(&mut hash, Some(report));
    }
    hash.finalize().into()
}

/// The manifest as it is published. Names that are hashes of hidden figures are the office's: those of survey runs always, and those of tables
/// where anything is hidden, since one value that is missing could be tried until the hash fits. The rules are named, and never how much they hid.
#[must_use]
pub fn composite_public_manifest(manifest: &CompositeManifest, rule: &Publication, hides: bool) -> Value {
    let mut told = serde_json::to_value(manifest).unwrap_or_default(); // strings, numbers and lists always serialise
    let mut drop = |list: &str, member: &str| {
        for entry in told.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut) {
            entry.remove(member);
        }
    };
    drop("surveys", "digest");
    if hides {
        drop("tables", "sha256");
    }
    if let Some(members) = told.as_object_mut() {
        let mut rules = vec![Hidden::FewAnswers, Hidden::ProtectsSibling];
        rules.extend(rule.top.map(|_| Hidden::BeyondTop));
        members.insert("disclosure".to_owned(), json!({ "min_n": rule.min_n(), "decimals": rule.decimals(), "rules": rules }));
    }
    told
}

/// SHA-256 of what everybody sees: the published manifest and every published figure with its digits, in canonical order. What is hidden is in
/// it as hidden, and as nothing else.
#[must_use]
pub fn composite_public_digest(manifest: &Value, figures: &[CompositeScore], decimals: u8) -> Digest {
    let mut hash = Sha256::new();
    text(&mut hash, Some(&manifest.to_string()));
    for figure in figures {
        for part in [&figure.edition, &figure.unit, &figure.node] {
            text(&mut hash, Some(part));
        }
        let numbers = figure.hidden.is_none().then(|| figure.numbers().published(decimals));
        let numbers = numbers.map(|numbers| serde_json::to_string(&numbers).unwrap_or_default());
        text(&mut hash, numbers.as_deref());
        let tier = figure.tier.filter(|_| matches!(figure.hidden, None | Some(Hidden::BeyondTop)));
        hash.update(tier.map_or(u64::MAX, |tier| tier as u64).to_le_bytes());
        text(&mut hash, figure.hidden.map(Hidden::as_str));
    }
    hash.finalize().into()
}

impl CompositeScore {
    /// What was computed, as it is told.
    #[must_use]
    pub fn numbers(&self) -> CompositeNumbers {
        let number = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        CompositeNumbers {
            score: self.score,
            se: self.se,
            df: self.df,
            low: self.low,
            high: self.high,
            rank: self.rank.map(number),
            rank_low: self.rank_interval.map(|(low, _)| number(low)),
            rank_high: self.rank_interval.map(|(_, high)| number(high)),
        }
    }
}
