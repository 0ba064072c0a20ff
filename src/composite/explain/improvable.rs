//! The leaves of a unit that can become better, and how far.

use super::reach::Step;
use super::subject::Subject;
use crate::composite::matrix::present;
use crate::composite::stages::Record;
use crate::composite::stages::normalise::step_score;
use crate::composite::statistics::range;
use crate::schema::composite::{self as schema, CompositeNode, Direction, Indicator, Normalisation, Stage};

/// A leaf that can become better.
pub(super) struct Improvable {
    pub(super) column: usize,
    pub(super) step: Step,
    /// Whether it moves in whole numbers.
    whole: bool,
}

/// Every leaf at its best value.
pub(super) fn whole(improvable: &[Improvable]) -> Vec<(usize, f64)> {
    improvable.iter().map(|leaf| (leaf.column, leaf.step.bound)).collect()
}

/// Every leaf so far on its way.
pub(super) fn moved(improvable: &[Improvable], share: f64) -> Vec<(usize, f64)> {
    let to = |Improvable { step, whole, .. }: &Improvable| match step.from + share * (step.bound - step.from) {
        _ if share >= 1.0 => step.bound,
        to if !whole => to,
        to if step.bound < step.from => libm::floor(to),
        to => libm::ceil(to),
    };
    improvable.iter().map(|leaf| (leaf.column, to(leaf))).collect()
}

/// Where the nearest of the steps with the highest score begins, seen from a value; none where the value has that score. From above
/// its beginning is as far as a value need ever fall.
fn best_step(steps: &[schema::Step], value: f64) -> Option<f64> {
    let highest = steps.iter().map(|step| step.score).reduce(f64::max).filter(|highest| step_score(steps, value) < *highest)?;
    let far = |step: &&schema::Step| (step.from - value).abs();
    let best = steps.iter().filter(|step| step.score >= highest).min_by(|a, b| far(a).total_cmp(&far(b)))?;
    Some(best.from)
}

/// The ways that the leaves of a unit can go.
pub(super) struct Ways<'s, 'a> {
    pub(super) subject: &'s Subject<'a>,
    /// The row of the unit before any unit was screened out.
    pub(super) row: usize,
}

impl Ways<'_, '_> {
    /// The leaves whose value can become better.
    pub(super) fn improvable(&self) -> Vec<Improvable> {
        let initial = self.subject.initial;
        let leaf = |(column, (place, node, indicator)): (usize, (usize, &CompositeNode, &Indicator))| {
            let from = initial.indicators.get(self.row, column)?;
            self.subject.outcome.score(place, self.subject.row).filter(|_| self.counts(place))?;
            let per = self.divisor(indicator)?;
            let (bound, whole) = if let Normalisation::Steps { steps } = self.method(indicator)? {
                (best_step(steps, from * per)? / per, self.counted(column, steps))
            } else {
                let bound = self.bound(column, node.maximum(), indicator)? / per;
                let better = if self.falls(indicator) { bound < from } else { bound > from };
                (better.then_some(bound)?, false)
            };
            Some(Improvable { column, whole, step: Step { leaf: node.code().to_owned(), from, to: bound, bound } })
        };
        self.subject.definition.leaves().enumerate().filter_map(leaf).collect()
    }

    /// Whether the root takes a node in: it and all above it are scored.
    fn counts(&self, place: usize) -> bool {
        let nodes = self.subject.definition.nodes();
        let mut up = std::iter::successors(nodes.get(place), |node| nodes.get(node.parent()?));
        up.all(CompositeNode::scored)
    }

    fn method<'i>(&'i self, indicator: &'i Indicator) -> Option<&'i Normalisation> {
        let global = self.subject.definition.pipeline().iter().find_map(|stage| match stage {
            Stage::Normalise(normaliser) => Some(normaliser),
            _ => None,
        });
        Some(&indicator.normalise.as_ref().or(global)?.method)
    }

    /// Whether less is better by the method: some take values as they are.
    fn falls(&self, indicator: &Indicator) -> bool {
        let blind = matches!(self.method(indicator), Some(Normalisation::AsGiven | Normalisation::Points));
        indicator.direction == Direction::Lower && !blind
    }

    /// What a value of the table is multiplied by on its way to normalisation.
    fn divisor(&self, indicator: &Indicator) -> Option<f64> {
        let divided = self.subject.definition.pipeline().iter().any(|stage| matches!(stage, Stage::Denominate));
        let Some(name) = indicator.denominator.as_ref().filter(|_| divided) else { return Some(1.0) };
        let column = self.subject.definition.denominators().iter().position(|known| known == name)?;
        let divisor = self.subject.initial.denominators.get(self.row, column).filter(|divisor| *divisor != 0.0)?;
        Some(indicator.per / divisor)
    }

    /// Whether a leaf is a count: nothing but whole numbers in its steps and in the edition.
    fn counted(&self, column: usize, steps: &[schema::Step]) -> bool {
        let initial = self.subject.initial;
        let span = initial.rows.spans().get(initial.rows.edition_of(self.row)).cloned().unwrap_or_default();
        let values = initial.indicators.column(column).get(span).unwrap_or_default();
        let mut numbers = present(values).chain(steps.iter().map(|step| step.from));
        numbers.all(|number| number.fract() == 0.0)
    }

    /// The best value that a leaf can have, in the terms of its goalposts.
    fn bound(&self, column: usize, maximum: Option<f64>, indicator: &Indicator) -> Option<f64> {
        let falls = self.falls(indicator);
        let goalpost = if falls { indicator.goalposts.low } else { indicator.goalposts.high };
        let observed = || {
            // By the values that were normalised where nothing bent them; else by those of the table.
            let bent = self.subject.definition.pipeline().iter().any(|stage| matches!(stage, Stage::Treat(_)));
            let limits = (!bent).then(|| self.limits(column)).flatten();
            let (low, high) = limits.or_else(|| self.observed(column, indicator))?;
            Some(if falls { low } else { high })
        };
        match self.method(indicator)? {
            Normalisation::AsGiven | Normalisation::Points => maximum.or_else(observed),
            Normalisation::DistanceToTarget { .. } => indicator.target,
            Normalisation::MinMax { .. } => goalpost.or_else(observed),
            _ => observed(),
        }
    }

    /// The goalposts that min–max normalisation used in the edition.
    fn limits(&self, column: usize) -> Option<(f64, f64)> {
        let (_, node, indicator) = self.subject.definition.leaves().nth(column)?;
        if !matches!(self.method(indicator)?, Normalisation::MinMax { .. }) {
            return None;
        }
        let limits = self.subject.outcome.steps().iter().find_map(|step| match &step.record {
            Record::Normalised { limits, .. } => Some(limits),
            _ => None,
        })?;
        let own = limits.iter().find(|limits| limits.edition == self.subject.edition() && limits.indicator == node.code())?;
        own.low.zip(own.high)
    }

    /// The least and the greatest value of the edition's units.
    fn observed(&self, column: usize, indicator: &Indicator) -> Option<(f64, f64)> {
        let initial = self.subject.initial;
        let span = initial.rows.spans().get(initial.rows.edition_of(self.row))?.clone();
        let value = |row: usize| {
            let value = initial.indicators.get(row, column)?;
            let at = Ways { row, ..*self };
            Some(value * at.divisor(indicator)?)
        };
        range(span.filter_map(value))
    }
}
