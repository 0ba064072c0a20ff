//! Targets that nothing can meet, or that everything meets.

use super::pipeline::Outcome;
use super::scale::scale;
use super::ties::{above, tolerance};
use crate::schema::composite::{CompositeDefinition, TargetKind};

/// Why a target says nothing about a unit.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Objection {
    /// The first is to rise.
    #[error("the unit was first already: it has no rank to gain")]
    FirstAlready,
    /// A rise by more ranks than there are above.
    #[error("impossible: the unit was number {from} and can rise by {} at most", .from - 1)]
    BeyondFirst {
        /// Its rank before.
        from: u32,
    },
    /// A rank that the last unit has too.
    #[error("only {units} units have a score: each of them is among the first {rank}")]
    BeyondLast {
        /// The rank.
        rank: u32,
        /// How many units there are.
        units: usize,
    },
    /// A gain below 0.
    #[error("a gain of {gain} points is a loss: a target is at least 0")]
    Loss {
        /// The gain.
        gain: f64,
    },
    /// A score that the index cannot give.
    #[error("no unit can have {score} points: the scores of this index run from {low} to {high}")]
    OffScale {
        /// The score.
        score: f64,
        /// The least score there can be.
        low: f64,
        /// The greatest.
        high: f64,
    },
    /// A score of another order than any of an index whose scale has no ends.
    #[error("{score} points are more than a thousand times any score of the edition, the largest of which is {largest}")]
    FarOff {
        /// The score.
        score: f64,
        /// The largest score of the edition, by size.
        largest: f64,
    },
}

/// How many times the largest score of the edition a target may be where the scale has no ends.
const FAR: f64 = 1000.0;

impl Objection {
    /// A short name for findings.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::FirstAlready => "first-already",
            Self::BeyondFirst { .. } => "rise-beyond-first",
            Self::BeyondLast { .. } => "rank-beyond-last",
            Self::Loss { .. } => "negative-gain",
            Self::OffScale { .. } => "score-off-scale",
            Self::FarOff { .. } => "score-far-off",
        }
    }

    /// The reason in Vietnamese.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::FirstAlready => "Đơn vị đã đứng đầu từ kỳ trước: không còn bậc nào để tăng".to_owned(),
            Self::BeyondFirst { from } => {
                format!("Không thể đạt: kỳ trước đơn vị đứng thứ {from} nên chỉ tăng được nhiều nhất {} bậc", from - 1)
            }
            Self::BeyondLast { rank, units } => {
                format!("Chỉ có {units} đơn vị có điểm: đơn vị nào cũng nằm trong nhóm {rank} đơn vị đứng đầu")
            }
            Self::Loss { gain } => format!("Tăng {gain} điểm tức là giảm: mục tiêu tăng điểm phải từ 0 trở lên"),
            Self::OffScale { score, low, high } => {
                format!("Không đơn vị nào có thể có {score} điểm: điểm của chỉ số này từ {low} đến {high}")
            }
            Self::FarOff { score, largest } => {
                format!("{score} điểm gấp hơn một nghìn lần mọi điểm của kỳ này (lớn nhất là {largest})")
            }
        }
    }
}

/// What can be held against a target of a row by a node; `before` is the unit's rank and score in the last edition.
///
/// # Errors
/// [`Objection`].
pub(crate) fn object(
    definition: &CompositeDefinition,
    outcome: &Outcome,
    (node, row): (usize, usize),
    before: Option<(u32, f64)>,
    target: TargetKind,
) -> Result<(), Objection> {
    let span = outcome.rows().spans().get(outcome.rows().edition_of(row)).cloned().unwrap_or_default();
    let scores = || span.clone().filter_map(|row| outcome.score(node, row));
    let on_scale = |score: f64| {
        if let Some((low, high)) = scale(definition, outcome.weights(), node) {
            let tolerance = tolerance(scores().chain([low, high]));
            let off = above(low, score, tolerance) || above(score, high, tolerance);
            return if off { Err(Objection::OffScale { score, low, high }) } else { Ok(()) };
        }
        let largest = scores().map(f64::abs).fold(0.0, f64::max);
        let far = largest > 0.0 && score.abs() > FAR * largest;
        if far { Err(Objection::FarOff { score, largest }) } else { Ok(()) }
    };
    match target {
        TargetKind::Rank { value } => {
            let units = scores().count();
            if value as usize > units { Err(Objection::BeyondLast { rank: value, units }) } else { Ok(()) }
        }
        TargetKind::RankGain { value } => match before {
            Some((1, _)) => Err(Objection::FirstAlready),
            Some((from, _)) if value >= from => Err(Objection::BeyondFirst { from }),
            _ => Ok(()),
        },
        TargetKind::Score { value } => on_scale(value),
        TargetKind::ScoreGain { value } if value < 0.0 => Err(Objection::Loss { gain: value }),
        TargetKind::ScoreGain { value } => before.map_or(Ok(()), |(_, score)| on_scale(score + value)),
    }
}
