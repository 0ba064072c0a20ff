//! A frame made ready for its plan: derived columns, calibrated weights, tallies.

use crate::frame::Frame;
use crate::index::calibrate::{Calibrated, CalibratedError, CalibrationReport, Combinations, items};
use crate::index::compute::ComputeError;
use crate::index::derive::all_favourable;
use crate::index::domains::Splitting;
use crate::index::plan::Plan;
use crate::scoring::{CellResiduals, Sum, Tally, Task};
use crate::unit::Registry;

/// Gives a frame the columns that its plan derives.
pub(super) fn derive(plan: &Plan, frame: &mut Frame) {
    for rule in &plan.derived {
        let column = all_favourable(frame, rule);
        frame.columns.push(column);
    }
}

/// A frame with the columns that its plan derives and the weights that it calibrates.
pub(super) struct Prepared<'a> {
    plan: &'a Plan,
    registry: &'a Registry,
    pub(super) frame: Frame,
    calibrated: Option<Calibrated>,
}

/// A tally that serves every partition split by the same item, or by none.
pub(super) struct SplitTally<'a, S> {
    pub(super) tally: Tally<S>,
    /// How groups of the tally tell answers to the splitting item.
    pub(super) splitting: Option<Splitting<'a>>,
    /// What the calibration takes out of the variance.
    pub(super) residuals: Option<CellResiduals>,
}

impl<S> SplitTally<'_, S> {
    /// What is estimated from it, with the linearised values of `keep` kept.
    pub(super) fn task<'t>(&'t self, plan: &'t Plan, frame: &'t Frame, keep: &'t [usize]) -> Task<'t> {
        Task {
            measures: &plan.measures,
            leaves: &plan.leaves,
            strata: frame.strata(),
            lonely: plan.lonely,
            residuals: self.residuals.as_ref(),
            keep,
        }
    }
}

impl<'a> Prepared<'a> {
    /// Derives columns and calibrates weights.
    pub(super) fn new(plan: &'a Plan, mut frame: Frame, registry: &'a Registry) -> Result<Self, ComputeError> {
        derive(plan, &mut frame);
        let calibrated = Calibrated::new(plan, &mut frame, registry).map_err(|error| match error {
            CalibratedError::Calibrate(error) => ComputeError::Calibrate(error),
            CalibratedError::Tally(error) => ComputeError::Tally(error),
        })?;
        Ok(Self { plan, registry, frame, calibrated })
    }

    /// What the calibration did, if there was one.
    pub(super) fn report(&self) -> Option<&CalibrationReport> {
        self.calibrated.as_ref().map(|calibrated| &calibrated.report)
    }

    /// Whether 64 bits are proved to hold every sum.
    pub(super) fn is_narrow(&self) -> bool {
        Tally::<i64>::fits(&self.frame, &self.plan.measures)
    }

    /// Takes the tally split by an item, or by none.
    pub(super) fn tally<S: Sum>(&mut self, item: Option<&str>) -> Result<SplitTally<'a, S>, ComputeError> {
        let split = item.and_then(|item| self.plan.splits.get(item));
        let measures = &self.plan.measures;
        let Some((calibrated, (_, margins))) = self.calibrated.as_ref().zip(self.plan.calibration.as_ref()) else {
            let tally = Tally::take(&self.frame, measures, split.map(|split| split.column))?;
            return Ok(SplitTally { tally, splitting: split.map(Splitting::plain), residuals: None });
        };
        // A group of the tally tells the answers to the margins' items and, last, that to the splitting item.
        let mut columns = items(margins);
        columns.extend(split.map(|split| split.column));
        let mut combinations = Combinations::of(&self.frame, &columns).map_err(ComputeError::Calibrate)?;
        self.frame.columns.push(std::mem::take(&mut combinations.column));
        let tally = Tally::take(&self.frame, measures, Some(self.frame.columns.len() - 1));
        self.frame.columns.pop();
        let tally = tally?;
        let residuals = calibrated.residuals(margins, &tally, &combinations, &self.frame, self.registry);
        let splitting = split.map(|split| Splitting::last_of(split, &combinations.codes));
        Ok(SplitTally { tally, splitting, residuals: Some(residuals) })
    }
}
