//! One unit in one edition, with all that its score depends on.

use crate::composite::matrix::{Matrix, Rows};
use crate::composite::pipeline::Outcome;
use crate::composite::stages::State;
use crate::composite::stages::aggregate::{Child, Inner};
use crate::composite::stages::normalise::Scorer;
use crate::schema::composite::{Aggregation, CompositeDefinition, CompositeNode, Normalisation, Normaliser, Stage};

/// A unit in an edition: a row of an outcome, with the definition and the data that it came from.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// The definition.
    pub definition: &'a CompositeDefinition,
    /// What the pipeline started from.
    pub initial: &'a State,
    /// What it gave.
    pub outcome: &'a Outcome,
    /// The row of the outcome.
    pub row: usize,
}

impl<'a> Subject<'a> {
    /// The same index, another row.
    #[must_use]
    pub fn at(self, row: usize) -> Self {
        Self { row, ..self }
    }

    /// The unit.
    #[must_use]
    pub fn unit(&self) -> &'a str {
        self.outcome.rows().units().get(self.row).map_or("", String::as_str)
    }

    /// The edition.
    #[must_use]
    pub fn edition(&self) -> &'a str {
        let rows = self.outcome.rows();
        rows.editions().get(rows.edition_of(self.row)).map_or("", String::as_str)
    }

    /// The unit that is first in the same edition, the first of the list where several are.
    #[must_use]
    pub fn best(&self) -> Option<Self> {
        let rows = self.outcome.rows();
        let mut span = rows.spans().get(rows.edition_of(self.row))?.clone();
        span.find(|row| self.outcome.rank(0, *row) == Some(1)).map(|row| self.at(row))
    }

    /// The same unit in the edition before, where it has a row there.
    #[must_use]
    pub fn before(&self) -> Option<Self> {
        let rows = self.outcome.rows();
        rows.find(rows.edition_of(self.row).checked_sub(1)?, self.unit()).map(|row| self.at(row))
    }

    pub(super) fn aggregation(&self) -> Option<&'a Aggregation> {
        self.outcome.steps().iter().find_map(|step| match &step.arguments {
            Stage::Aggregate(aggregation) => Some(aggregation),
            _ => None,
        })
    }

    fn normaliser(&self) -> Option<&'a Normaliser> {
        self.outcome.steps().iter().find_map(|step| match &step.arguments {
            Stage::Normalise(normaliser) => Some(normaliser),
            _ => None,
        })
    }

    /// The maximum that the value of a leaf is given out of; none where the value is not its score in points, or has no maximum.
    pub(super) fn points(&self, node: &CompositeNode) -> Option<f64> {
        let normaliser = node.indicator()?.normalise.as_ref().or_else(|| self.normaliser())?;
        node.maximum().filter(|_| matches!(normaliser.method, Normalisation::AsGiven | Normalisation::Points))
    }

    /// The values of the leaves right before normalisation: what denominators, imputation and treatment made of them.
    fn measured(&self) -> Option<(&'a Rows, &'a Matrix)> {
        let steps = self.outcome.steps();
        let place = steps.iter().position(|step| matches!(step.arguments, Stage::Normalise(_)))?;
        Some(match place.checked_sub(1).and_then(|before| steps.get(before)) {
            Some(step) => (&step.data.rows, &step.data.values),
            None => (&self.initial.rows, &self.initial.indicators),
        })
    }

    /// The value of a leaf (by its column) before normalisation, and how its edition scores values.
    pub(super) fn scorer(&self, column: usize) -> Option<(f64, Scorer<'a>)> {
        let (rows, values) = self.measured()?;
        let (_, node, _) = self.definition.leaves().nth(column)?;
        let edition = rows.edition_of(self.row);
        Some((values.get(self.row, column)?, Scorer::new(self.normaliser()?, node, rows, values.column(column), edition)?))
    }
}

/// An inner node with the children that count in the subject's edition.
pub(super) struct Family<'a> {
    pub(super) inner: Inner<'a>,
    pub(super) children: Vec<Child>,
}

/// The scores of every node of a subject: as they are, or as they would be with other scores of leaves.
pub(super) struct Situation<'a> {
    pub(super) subject: Subject<'a>,
    /// One row.
    pub(super) scores: Matrix,
    /// Whether leaves have the scores that the normalisation gave them.
    pub(super) actual: bool,
    pub(super) families: Vec<Option<Family<'a>>>,
}

impl<'a> Situation<'a> {
    /// None where the root has no score.
    pub(super) fn of(subject: Subject<'a>) -> Option<Self> {
        let (outcome, nodes) = (subject.outcome, subject.definition.nodes());
        outcome.score(0, subject.row)?;
        let aggregation = subject.aggregation()?;
        let span = outcome.rows().spans().get(outcome.rows().edition_of(subject.row))?;
        let family = |node: &'a CompositeNode| {
            let inner = Inner::new(aggregation, subject.definition, node, outcome.weights());
            let children = inner.present(outcome.scores(), span.clone());
            node.indicator().is_none().then_some(Family { inner, children })
        };
        let mut scores = Matrix::missing(1, nodes.len());
        for place in 0..nodes.len() {
            scores.set(0, place, outcome.score(place, subject.row));
        }
        Some(Self { subject, scores, actual: true, families: nodes.iter().map(family).collect() })
    }

    /// The situation with other final scores of some leaves (by place), everything above computed anew.
    ///
    /// None where an aggregation does not admit them or compares units with each other.
    pub(super) fn with(subject: Subject<'a>, leaves: &[(usize, f64)]) -> Option<Self> {
        let mut situation = Self::of(subject)?;
        situation.actual = false;
        for (place, score) in leaves {
            situation.scores.set(0, *place, Some(*score));
        }
        let nodes = subject.definition.nodes();
        for (place, family) in situation.families.iter().enumerate().rev() {
            let Some(family) = family else { continue };
            let raw = family.inner.value(&family.children, &situation.scores, 0).ok()?;
            let rescaled = |raw: f64| nodes.get(place).and_then(CompositeNode::rescale).map_or(raw, |by| by.factor * raw + by.offset);
            situation.scores.set(0, place, raw.map(rescaled));
        }
        situation.score(0).is_some().then_some(situation)
    }

    pub(super) fn score(&self, place: usize) -> Option<f64> {
        self.scores.get(0, place)
    }
}
