//! A target of a unit: whether it is met, and what it would take.

use serde::Serialize;

use super::reach::{Goal, Reach, ReachError, reach};
use super::subject::Subject;
use crate::index::composite::targets::{Judgement, Rules, judge};
use crate::schema::composite::TargetKind;

/// A target with what can be said of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Aim {
    /// The target.
    pub target: TargetKind,
    /// Whether it is met.
    pub judgement: Judgement,
    /// What it would take.
    pub reach: Reach,
}

/// Why nothing can be said of a target.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AimError {
    /// Points are to be gained since an edition that is not there.
    #[error("a gain needs an edition before in which the unit has a score")]
    NoScoreBefore,
    /// Ranks are to be gained since an edition that is not there.
    #[error("a rise needs an edition before in which the unit has a rank")]
    NoRankBefore,
    /// It cannot be judged.
    #[error("{en}")]
    Open {
        /// Why, in Vietnamese.
        vi: String,
        /// Why, in English.
        en: String,
    },
    /// It cannot be said what it would take.
    #[error(transparent)]
    Reach(#[from] ReachError),
}

impl AimError {
    /// The reason in Vietnamese.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::NoScoreBefore => "Tăng điểm thì phải có kỳ trước mà đơn vị có điểm".to_owned(),
            Self::NoRankBefore => "Tăng bậc thì phải có kỳ trước mà đơn vị có hạng".to_owned(),
            Self::Open { vi, .. } => vi.clone(),
            Self::Reach(ReachError::NoScore) => "Đơn vị không có điểm".to_owned(),
            Self::Reach(ReachError::Compute(error)) => format!("Không tính lại được với giá trị đã đổi: {error}"),
        }
    }
}

/// Judges a target of a subject and says what it would take; `before` is the unit in the last edition, by which gains are counted.
///
/// # Errors
/// [`AimError`].
pub fn aim(
    subject: &Subject<'_>,
    before: Option<&Subject<'_>>,
    target: TargetKind,
    errors: &dyn Fn(usize, usize) -> Option<f64>,
    rules: &Rules,
) -> Result<Aim, AimError> {
    let outcome = subject.outcome;
    let goal = match target {
        TargetKind::Score { value } => Goal::Score(value),
        TargetKind::Rank { value } => Goal::Rank(value),
        TargetKind::ScoreGain { value } => {
            let score = before.and_then(|before| before.outcome.score(0, before.row));
            Goal::Score(score.ok_or(AimError::NoScoreBefore)? + value)
        }
        TargetKind::RankGain { value } => {
            let rank = before.and_then(|before| before.outcome.rank(0, before.row));
            Goal::Rank(rank.ok_or(AimError::NoRankBefore)?.saturating_sub(value).max(1))
        }
    };
    // An edition before under another definition is another outcome: all that is left of a gain is the rank or score to reach.
    let judged_as = match goal {
        _ if before.is_none_or(|before| std::ptr::eq(before.outcome, outcome)) => target,
        Goal::Score(value) => TargetKind::Score { value },
        Goal::Rank(value) => TargetKind::Rank { value },
    };
    let judged = judge(outcome, 0, subject.row, judged_as, errors, rules);
    let judgement = judged.map_err(|(_, vi, en)| AimError::Open { vi, en })?;
    Ok(Aim { target, judgement, reach: reach(subject, goal)? })
}
