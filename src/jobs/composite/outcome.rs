//! What a run of a composite index came to, as it is stored.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Prepared;
use crate::composite::sensitivity::Sensitivity;
use crate::composite::targets::TargetReport;
use crate::composite::uncertainty::{Errors, Uncertainty};
use crate::publication;
use crate::publication::disclosure::Extent;
use crate::publication::{CompositeManifest, Digest, UncertaintyUsed};
use crate::store::composites::{self, CompositeScore, ReportKind};
use crate::store::disclosure::Disclosure;
use crate::words::Finding;

/// What a run came to.
pub struct CompositeOutcome {
    /// What it was made of.
    pub manifest: CompositeManifest,
    /// SHA-256 of inputs and figures.
    pub digest: Digest,
    /// SHA-256 of what everybody sees.
    pub public_digest: Digest,
    /// Every figure, in canonical order.
    pub figures: Vec<publication::CompositeScore>,
    /// What was found when tables and runs were put together.
    pub findings: Vec<Finding>,
    /// The targets of the definition, judged.
    pub targets: Vec<TargetReport>,
    /// What else it came to, these two among it.
    pub reports: Vec<composites::Report>,
    /// The number of each unit that the registry knows, by code.
    pub(super) units: BTreeMap<String, i32>,
}

impl CompositeOutcome {
    /// How much of it would be hidden.
    #[must_use]
    pub fn extent(&self) -> Extent {
        Extent::of(self.figures.iter().filter(|figure| figure.score.is_some()).map(|figure| figure.hidden), 0)
    }

    /// What was settled of its publication, as it is stored.
    #[must_use]
    pub fn disclosure(&self) -> Disclosure {
        Disclosure { editions: String::new(), extent: self.extent(), digest: self.public_digest }
    }

    /// The figures as they are stored.
    #[must_use]
    pub fn rows(&self) -> Vec<CompositeScore> {
        let number = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        let row = |(ord, figure): (i32, &publication::CompositeScore)| CompositeScore {
            ord,
            edition: figure.edition.clone(),
            unit: figure.unit.clone(),
            unit_id: self.units.get(&figure.unit).copied(),
            node: figure.node.clone(),
            score: figure.score,
            se: figure.se,
            df: figure.df,
            lo: figure.low,
            hi: figure.high,
            rank: figure.rank.map(number),
            rank_lo: figure.rank_interval.map(|(low, _)| number(low)),
            rank_hi: figure.rank_interval.map(|(_, high)| number(high)),
            tier: figure.tier.and_then(|tier| i32::try_from(tier).ok()),
            hidden: figure.hidden.map(|hidden| hidden.as_str().to_owned()),
        };
        (0..).zip(&self.figures).map(row).collect()
    }
}

/// What the run was made of.
pub(super) fn manifest(
    prepared: &Prepared,
    errors: &Errors,
    uncertainty: &[Option<Uncertainty>],
    factors: Option<String>,
    seed: i64,
) -> CompositeManifest {
    let editions = prepared.outcome.rows().editions();
    let used = |(edition, found): (&String, &Option<Uncertainty>)| {
        let found = found.as_ref()?;
        let (method, edition) = (found.method.as_str().to_owned(), edition.clone());
        Some(UncertaintyUsed { edition, method, replicates: found.replicates, failed: found.failed })
    };
    CompositeManifest {
        index: prepared.version.clone(),
        tables: prepared.tables.clone(),
        surveys: prepared.surveys.clone(),
        synthetic: prepared.synthetic,
        values: prepared.table.observations().filter(|(_, observation)| observation.value.is_some()).count(),
        with_errors: errors.len(),
        covariances: errors.pairs(),
        uncertainty: editions.iter().zip(uncertainty).filter_map(used).collect(),
        factors,
        level: prepared.parameters.level,
        seed,
        units: prepared.units_state.clone(),
    }
}

/// What a run tells beside its figures.
pub(super) fn reports(
    prepared: &Prepared,
    targets: &[TargetReport],
    uncertainty: &[Option<Uncertainty>],
    sensitivity: Option<&Sensitivity>,
) -> Vec<composites::Report> {
    // Texts, numbers and lists always serialise.
    fn json<T: Serialize>(value: &T) -> String {
        serde_json::to_string(value).unwrap_or_default()
    }
    let Prepared { definition, outcome, findings, .. } = prepared;
    let weights: serde_json::Map<String, serde_json::Value> =
        definition.nodes().iter().zip(outcome.weights()).map(|(node, weight)| (node.code().to_owned(), (*weight).into())).collect();
    let stages: Vec<_> = outcome.steps().iter().collect();
    let mut reports = vec![
        (ReportKind::Findings, json(findings)),
        (ReportKind::Stages, json(&stages)),
        (ReportKind::Weights, json(&weights)),
        (ReportKind::Targets, json(&targets)),
    ];
    let known: Vec<_> =
        outcome.rows().editions().iter().zip(uncertainty).filter_map(|(edition, found)| Some((edition, found.as_ref()?))).collect();
    if !known.is_empty() {
        let told = |(edition, found): &(&String, &Uncertainty)| {
            serde_json::json!({
                "edition": edition,
                "method": found.method,
                "reasons": found.reasons,
                "level": found.level,
                "replicates": found.replicates,
                "failed": found.failed,
                "failure": found.failure,
            })
        };
        reports.push((ReportKind::Uncertainty, json(&known.iter().map(told).collect::<Vec<_>>())));
    }
    if let Some(found) = sensitivity {
        reports.push((ReportKind::Sensitivity, json(found)));
    }
    reports
}
