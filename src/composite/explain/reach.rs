//! What it would take to reach a score or a rank.

use serde::Serialize;

use super::improvable::{Improvable, Ways, moved, whole};
use super::subject::Subject;
use crate::composite::pipeline::{ComputeError, scores};
use crate::composite::stages::State;
use crate::composite::stages::rank::ranks;
use crate::composite::ties::{levelled, reaches, tolerance};
use crate::schema::composite::Ties;

/// What is to be reached.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Goal {
    /// A score of the root of at least this.
    Score(f64),
    /// A rank by the root no worse than this.
    Rank(u32),
}

/// Why nothing can be said.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReachError {
    /// The unit has no score, or none once its values are changed.
    #[error("the unit has no score")]
    NoScore,
    /// The pipeline does not admit the changed values.
    #[error(transparent)]
    Compute(#[from] ComputeError),
}

/// The value of a leaf as it is and as it would have to be, in the terms of the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// The code of the leaf.
    pub leaf: String,
    /// Its value.
    pub from: f64,
    /// The value needed.
    pub to: f64,
    /// The best value there is: the goalpost, the maximum of points, or the best that any unit has.
    pub bound: f64,
}

/// Score and rank of the root after a recomputation with everything that moves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Reached {
    /// The score.
    pub score: f64,
    /// The rank.
    pub rank: Option<u32>,
}

/// Changes that together reach the goal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// The share of the way to the best value that the last leaf changed has to go, from 0 to 1; of all leaves where they go alike.
    pub share: f64,
    /// The changes.
    pub steps: Vec<Step>,
    /// What they reach.
    pub reached: Reached,
}

/// What it would take.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reach {
    /// The goal.
    pub goal: Goal,
    /// Score and rank now.
    pub now: Reached,
    /// The score that is needed with the others as they are; none where fewer units than the rank asks for have one.
    pub needed: Option<f64>,
    /// Whether it is reached already.
    pub met: bool,
    /// What every leaf at its best value would give.
    pub most: Reached,
    /// For each leaf that suffices alone, what it needs; the smallest share of its way first.
    pub alone: Vec<Plan>,
    /// Every leaf going the same share of its way.
    pub alike: Option<Plan>,
    /// As few leaves as the greatest gains allow, each going all its way but the last.
    pub fewest: Option<Plan>,
}

/// What comes out with other values.
struct Run {
    reached: Reached,
    /// The score that the goal needs.
    needed: Option<f64>,
    /// By how much the score is above it.
    margin: f64,
    /// Whether the goal is reached: what is short of it by rounding alone has reached it.
    there: bool,
}

struct Search<'s, 'a> {
    subject: &'s Subject<'a>,
    /// The row of the unit before any unit was screened out.
    row: usize,
    goal: Goal,
}

/// Finds the smallest changes of a subject's values that reach `goal`, each verified by a run of the whole pipeline, so that
/// goalposts and other units' scores move as they would.
///
/// A leaf moves between its value and the best one, a count that is scored by steps in whole numbers; leaves without a value stay
/// without. `alone` is the least change of one leaf;
/// `alike` the least common share of all leaves' ways; `fewest` takes leaves by what each gains alone, greatest first.
///
/// # Errors
/// [`ReachError`].
pub fn reach(subject: &Subject<'_>, goal: Goal) -> Result<Reach, ReachError> {
    let row = row_of(&subject.initial.rows, subject).ok_or(ReachError::NoScore)?;
    let search = Search { subject, row, goal };
    let improvable = Ways { subject, row }.improvable();
    let Run { reached: now, needed, margin, there: met } = search.run(&[])?;
    let all = search.run(&whole(&improvable))?;
    let mut found = Reach { goal, now, needed, met, most: all.reached, alone: Vec::new(), alike: None, fewest: None };
    if found.met {
        return Ok(found);
    }
    let mut gains = Vec::with_capacity(improvable.len());
    for (place, leaf) in improvable.iter().enumerate() {
        let one = search.run(&whole(std::slice::from_ref(leaf)))?;
        if one.margin > margin {
            gains.push((place, one.margin));
        }
        if one.there {
            found.alone.push(search.least(&[], std::slice::from_ref(leaf), margin)?);
        }
    }
    found.alone.sort_by(|a, b| a.share.total_cmp(&b.share));
    if all.there {
        found.alike = Some(search.least(&[], &improvable, margin)?);
    }
    gains.sort_by(|a, b| b.1.total_cmp(&a.1));
    found.fewest = search.fewest(&improvable, &gains, margin)?;
    Ok(found)
}

/// The row of the subject's unit and edition.
fn row_of(rows: &crate::composite::Rows, subject: &Subject<'_>) -> Option<usize> {
    let edition = rows.editions().iter().position(|edition| edition == subject.edition())?;
    rows.find(edition, subject.unit())
}

impl Search<'_, '_> {
    /// Runs the pipeline with other values.
    fn run(&self, changes: &[(usize, f64)]) -> Result<Run, ReachError> {
        let (definition, mut state) = (self.subject.definition, self.subject.initial.clone());
        for (column, value) in changes {
            state.indicators.set(self.row, *column, Some(*value));
        }
        let state = scores(definition, definition.pipeline(), state)?;
        let row = row_of(&state.rows, self.subject).ok_or(ReachError::NoScore)?;
        let score = state.scores.get(row, 0).ok_or(ReachError::NoScore)?;
        let span = state.rows.spans().get(state.rows.edition_of(row)).cloned().unwrap_or_default();
        let column = state.scores.column(0).get(span.clone()).unwrap_or_default();
        let rank = ranks(column, definition.rank().ties).get(row - span.start).copied().flatten();
        let (needed, there) = match self.goal {
            Goal::Score(goal) => (Some(goal), reaches(score, goal, tolerance(column.iter().copied()))),
            Goal::Rank(goal) => (self.threshold(&state, row, goal), rank.is_some_and(|rank| rank <= goal)),
        };
        // Too few others for the rank to be missed.
        let margin = needed.map_or(f64::INFINITY, |needed| score - needed);
        Ok(Run { reached: Reached { score, rank }, needed, margin, there: there || margin >= 0.0 })
    }

    /// The score that has the rank: at most `rank − 1` of the others are better.
    fn threshold(&self, state: &State, row: usize, rank: u32) -> Option<f64> {
        let span = state.rows.spans().get(state.rows.edition_of(row))?.clone();
        let mut others = levelled(&span.filter(|other| *other != row).filter_map(|other| state.scores.get(other, 0)).collect::<Vec<_>>());
        others.sort_by(|a, b| b.total_cmp(a));
        if self.subject.definition.rank().ties == Ties::Dense {
            others.dedup();
        }
        others.get((rank as usize).checked_sub(1)?).copied()
    }

    /// The least share of the leaves' ways that reaches the goal on top of `given`, which all of their ways do.
    fn least(&self, given: &[(usize, f64)], improvable: &[Improvable], margin: f64) -> Result<Plan, ReachError> {
        const TOLERANCE: f64 = 1e-11;
        let run = |share: f64| self.run(&[given, moved(improvable, share).as_slice()].concat());
        let Run { mut reached, margin: mut above, .. } = run(1.0)?;
        let (mut low, mut high, mut below) = (0.0, 1.0, margin);
        for round in 0..100 {
            if high - low <= TOLERANCE {
                break;
            }
            // Regula falsi with a margin for rounding, which is exact where the path is linear; every third step halves.
            let guess = low + (high - low) * (-below / (above - below));
            let guess = if round % 3 == 2 || !guess.is_finite() { 0.5 * (low + high) } else { guess + 0.25 * TOLERANCE };
            let share = guess.clamp(low + 0.1 * (high - low).min(TOLERANCE), high - 0.1 * (high - low).min(TOLERANCE));
            let Run { reached: at, margin: found, .. } = run(share)?;
            if found >= 0.0 {
                (high, above, reached) = (share, found, at);
                // Just above: try right below next.
                let close = share - 0.5 * TOLERANCE;
                if close > low {
                    let Run { reached: at, margin: found, .. } = run(close)?;
                    if found >= 0.0 {
                        (high, above, reached) = (close, found, at);
                    } else {
                        (low, below) = (close, found);
                    }
                }
            } else {
                (low, below) = (share, found);
            }
        }
        let to = |(leaf, (_, to)): (&Improvable, (usize, f64))| Step { to, ..leaf.step.clone() };
        let steps: Vec<Step> = improvable.iter().zip(moved(improvable, high)).map(to).collect();
        // A count goes further than its share: to the next whole number.
        let share = steps.iter().map(|step| (step.to - step.from) / (step.bound - step.from)).fold(high, f64::max);
        Ok(Plan { share, steps, reached })
    }

    /// Leaves by what each gains alone, until the goal is reached; the last goes only as far as it must.
    fn fewest(&self, improvable: &[Improvable], gains: &[(usize, f64)], margin: f64) -> Result<Option<Plan>, ReachError> {
        let (mut taken, mut given, mut before) = (Vec::new(), Vec::new(), margin);
        for leaf in gains.iter().filter_map(|(place, _)| improvable.get(*place)) {
            let all = [given.as_slice(), &whole(std::slice::from_ref(leaf))].concat();
            let after = self.run(&all)?;
            if after.there {
                let last = self.least(&given, std::slice::from_ref(leaf), before)?;
                taken.extend(last.steps);
                return Ok(Some(Plan { share: last.share, steps: taken, reached: last.reached }));
            }
            taken.push(leaf.step.clone());
            (given, before) = (all, after.margin);
        }
        Ok(None)
    }
}
