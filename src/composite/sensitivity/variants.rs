//! The index under every combination of alternatives: what the factors do not touch is computed once.

use std::sync::{Arc, OnceLock};

use super::super::pipeline::ComputeError;
use super::super::replay::{Leaves, Scratch, Tree};
use super::super::stages::rank::rank_into;
use super::super::stages::{State, apply};
use super::super::table::Table;
use super::super::{Outcome, compute};
use super::SensitivityError;
use super::draw;
use crate::schema::composite::{Aggregation, CompositeDefinition, FactorKind, FactorSet, Stage};
use crate::words::Said;

/// The stages in the order in which one that the definition lacks is put in.
const ORDER: [&str; 7] = ["screen", "denominate", "impute", "treat", "normalise", "weight", "aggregate"];

/// An index with its factors, and all that is computed once.
pub struct Variations<'d> {
    definition: &'d CompositeDefinition,
    factors: &'d FactorSet,
    start: State,
    edition: String,
    nominal: Vec<(String, f64, u32)>,
    /// For each list of nodes that a factor drops, which nodes of the tree take no part.
    dropped: Vec<Vec<Vec<bool>>>,
    /// By the alternatives chosen up to normalisation.
    leaves: Vec<OnceLock<Result<Arc<Prepared>, Said>>>,
    /// By the alternatives chosen of every stage.
    variants: Vec<OnceLock<Result<Variant<'d>, Said>>>,
}

/// Normalised indicators, and the state they came of where weights follow from the data.
struct Prepared {
    number: usize,
    leaves: Leaves,
    state: Option<State>,
    /// For each nominal unit its row; none where it was screened out.
    rows: Vec<Option<usize>>,
}

/// All that points with the same stages share.
struct Variant<'d> {
    prepared: Arc<Prepared>,
    tree: Tree<'d>,
    weights: Vec<f64>,
}

/// What one thread works in.
#[derive(Default)]
pub(super) struct Work {
    scratch: Scratch,
    weights: Vec<f64>,
    order: Vec<u32>,
    ranks: Vec<u32>,
    /// The scores of the nominal units, NaN where there is none.
    pub(super) unit_scores: Vec<f64>,
    /// Their ranks, 0 where there is none.
    pub(super) unit_ranks: Vec<u32>,
}

impl<'d> Variations<'d> {
    /// Computes the index as defined and makes room for its variants. Ranks are those of one edition.
    ///
    /// # Errors
    /// [`SensitivityError::Nominal`], [`SensitivityError::NoEdition`].
    pub fn new(
        definition: &'d CompositeDefinition,
        factors: &'d FactorSet,
        table: &Table,
        edition: &str,
    ) -> Result<Self, SensitivityError> {
        let outcome = compute(definition, table).map_err(SensitivityError::Nominal)?;
        let nominal = nominal(&outcome, edition).ok_or_else(|| SensitivityError::NoEdition(edition.to_owned()))?;
        let dropped = factors.factors().iter().map(|factor| dropped(definition, &factor.kind)).collect();
        let count = |upstream: bool| {
            let stages = factors.factors().iter().filter(|factor| is_stage(&factor.kind, upstream));
            stages.map(|factor| factor.kind.alternatives().unwrap_or(1)).product::<usize>()
        };
        Ok(Self {
            definition,
            factors,
            start: table.state(definition),
            edition: edition.to_owned(),
            nominal,
            dropped,
            leaves: std::iter::repeat_with(OnceLock::new).take(count(true)).collect(),
            variants: std::iter::repeat_with(OnceLock::new).take(count(false)).collect(),
        })
    }

    /// The factors.
    #[must_use]
    pub fn factors(&self) -> &FactorSet {
        self.factors
    }

    /// The units that the definition scores, each with its score and rank, in order of units.
    #[must_use]
    pub fn nominal(&self) -> &[(String, f64, u32)] {
        &self.nominal
    }

    /// The position of a unit among them.
    pub(super) fn unit(&self, unit: &str) -> Result<usize, SensitivityError> {
        let place = self.nominal.binary_search_by(|(known, _, _)| known.as_str().cmp(unit));
        place.map_err(|_| SensitivityError::NoUnit(unit.to_owned()))
    }

    /// Scores and ranks at a point, left in `work`.
    pub(super) fn evaluate(&self, point: &[f64], seed: u64, work: &mut Work) -> Result<(), Said> {
        let variant = self.variant(point)?;
        let Work { scratch, weights, order, ranks, unit_scores, unit_ranks } = work;
        weights.clone_from(&variant.weights);
        let mut without: &[bool] = &[];
        for (place, (factor, number)) in self.factors.factors().iter().zip(point).enumerate() {
            match &factor.kind {
                FactorKind::Drop { alternatives } => {
                    let choice = draw::alternative(*number, alternatives.len() + 1);
                    let lists = self.dropped.get(place).map_or(&[][..], Vec::as_slice);
                    if let Some(list) = choice.checked_sub(1).and_then(|choice| lists.get(choice)) {
                        without = list;
                    }
                }
                FactorKind::WeightNoise { .. } | FactorKind::Dirichlet { .. } => {
                    draw::weights(&factor.kind, self.definition, seed, place, *number, weights);
                }
                FactorKind::Stage { .. } => {}
            }
        }
        let prepared = &variant.prepared;
        scratch.load(&prepared.leaves, prepared.number);
        variant.tree.aggregate(&prepared.leaves, weights, without, scratch).map_err(|error| error.said())?;
        let root = scratch.column(0);
        rank_into(root, self.definition.rank().ties, order, ranks);
        unit_scores.clear();
        unit_ranks.clear();
        for row in &prepared.rows {
            unit_scores.push(row.and_then(|row| root.get(row)).copied().unwrap_or(f64::NAN));
            unit_ranks.push(row.and_then(|row| ranks.get(row)).copied().unwrap_or(0));
        }
        Ok(())
    }

    fn variant(&self, point: &[f64]) -> Result<&Variant<'d>, Said> {
        let (mut upstream, mut whole) = (0, 0);
        for (factor, number) in self.factors.factors().iter().zip(point) {
            let Some(count) = factor.kind.alternatives().filter(|_| is_stage(&factor.kind, false)) else { continue };
            let choice = draw::alternative(*number, count);
            whole = whole * count + choice;
            if is_stage(&factor.kind, true) {
                upstream = upstream * count + choice;
            }
        }
        let slot = self.variants.get(whole).ok_or_else(no_combination)?;
        slot.get_or_init(|| self.make(point, upstream)).as_ref().map_err(Clone::clone)
    }

    /// The pipeline with the alternatives that a point chooses.
    fn pipeline(&self, point: &[f64]) -> Vec<Stage> {
        let mut stages = self.definition.pipeline().to_vec();
        for (factor, number) in self.factors.factors().iter().zip(point) {
            let FactorKind::Stage { stage: name, alternatives } = &factor.kind else { continue };
            let Some(choice) = draw::alternative(*number, alternatives.len() + 1).checked_sub(1) else { continue };
            let own = stages.iter().position(|stage| stage.name() == *name);
            match (own, alternatives.get(choice).cloned().flatten()) {
                (Some(place), Some(stage)) => stages[place] = stage,
                (Some(place), None) => drop(stages.remove(place)),
                (None, Some(stage)) => {
                    let order = |name: &str| ORDER.iter().position(|known| *known == name);
                    let place = stages.iter().position(|known| order(known.name()) > order(name)).unwrap_or(stages.len());
                    stages.insert(place, stage);
                }
                (None, None) => {}
            }
        }
        stages
    }

    fn make(&self, point: &[f64], upstream: usize) -> Result<Variant<'d>, Said> {
        let stages = self.pipeline(point);
        let Some(Stage::Aggregate(aggregation)) = stages.last() else { return Err(ComputeError::NoAggregation.said()) };
        let before = stages.iter().position(|stage| stage.name() == "normalise").map_or(0, |place| place + 1);
        let slot = self.leaves.get(upstream).ok_or_else(no_combination)?;
        let prepared = slot.get_or_init(|| self.prepare(upstream, stages.get(..before).unwrap_or_default(), aggregation));
        let prepared = prepared.as_ref().map_err(Clone::clone)?;
        let mut weights = self.start.weights.clone();
        let weighting = stages.get(before..stages.len() - 1).unwrap_or_default();
        if let (Some(state), false) = (&prepared.state, weighting.is_empty()) {
            let mut state = state.clone();
            for stage in weighting {
                apply(stage, self.definition, aggregation, &mut state).map_err(|error| error.said())?;
            }
            weights = state.weights;
        }
        Ok(Variant { prepared: Arc::clone(prepared), tree: Tree::new(self.definition, aggregation), weights })
    }

    /// Runs the stages up to normalisation.
    fn prepare(&self, number: usize, stages: &[Stage], aggregation: &Aggregation) -> Result<Arc<Prepared>, Said> {
        let mut state = self.start.clone();
        for stage in stages {
            if state.rows.is_empty() {
                return Err(ComputeError::NoUnits.said());
            }
            apply(stage, self.definition, aggregation, &mut state).map_err(|error| error.said())?;
        }
        let edition = state
            .rows
            .editions()
            .iter()
            .position(|edition| *edition == self.edition)
            .ok_or_else(|| Said::new("kỳ này không còn đơn vị nào", "no unit of the edition is left"))?;
        let leaves = Leaves::of(self.definition, &state, edition);
        let rows = self.nominal.iter().map(|(unit, _, _)| leaves.rows.find(0, unit)).collect();
        let weighted = |kind: &FactorKind| matches!(kind, FactorKind::Stage { stage: "weight", .. });
        let own = self.definition.pipeline().iter().any(|stage| stage.name() == "weight");
        let keeps = own || self.factors.factors().iter().any(|factor| weighted(&factor.kind));
        Ok(Arc::new(Prepared { number, leaves, state: keeps.then_some(state), rows }))
    }
}

fn no_combination() -> Said {
    Said::new("không có tổ hợp này", "no such combination")
}

/// Whether a factor varies a stage, or with `upstream` one up to normalisation.
fn is_stage(kind: &FactorKind, upstream: bool) -> bool {
    matches!(kind, FactorKind::Stage { stage, .. } if !upstream || !["weight", "aggregate"].contains(stage))
}

/// The scored units of an edition; none where there is no such edition.
fn nominal(outcome: &Outcome, edition: &str) -> Option<Vec<(String, f64, u32)>> {
    let rows = outcome.rows();
    let span = rows.spans().get(rows.editions().iter().position(|known| known == edition)?)?.clone();
    Some(span.filter_map(|row| Some((rows.units().get(row)?.clone(), outcome.score(0, row)?, outcome.rank(0, row)?))).collect())
}

/// For each list of nodes, which nodes take no part: those named, and inner nodes of which no child is left.
fn dropped(definition: &CompositeDefinition, kind: &FactorKind) -> Vec<Vec<bool>> {
    let FactorKind::Drop { alternatives } = kind else { return Vec::new() };
    let one = |codes: &Vec<String>| {
        let mut out: Vec<bool> = definition.nodes().iter().map(|node| codes.iter().any(|code| code == node.code())).collect();
        for (place, node) in definition.nodes().iter().enumerate().rev() {
            let left = |child: &usize| !out.get(*child).copied().unwrap_or(false);
            if !node.children().is_empty() && !node.children().iter().any(left) {
                out[place] = true;
            }
        }
        out
    };
    alternatives.iter().map(one).collect()
}
