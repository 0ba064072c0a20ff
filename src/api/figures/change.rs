//! What is said of a score beside itself: how it moved, and whether it met a target.

use serde::Serialize;
use utoipa::ToSchema;

use crate::scoring::RankInterval;
use crate::scoring::change::Measured;
use crate::scoring::rank::{Evidence, RiseInterval, Target};
use crate::store::changes::Change;
use crate::store::scores::Score;

/// How a score moved since an earlier run, whose answers were read by the same definition.
#[derive(Debug, Serialize, ToSchema)]
pub struct MovementBody {
    /// The earlier estimate.
    pub before: f64,
    /// The later less the earlier.
    pub difference: f64,
    /// Its standard error, with the covariance of PSUs that both samples share.
    pub se: f64,
    /// Degrees of freedom.
    pub df: f64,
    /// Two-sided p-value of no change; null without degrees of freedom.
    pub p: Option<f64>,
    /// The same by Holm's correction over the score's peers.
    pub p_holm: Option<f64>,
    /// Rank in the earlier run.
    pub rank_before: Option<i32>,
    /// Fewest ranks gained that the data allow; negative where ranks were lost.
    pub rise_low: Option<i32>,
    /// Most ranks gained that the data allow.
    pub rise_high: Option<i32>,
}

impl From<Change> for MovementBody {
    fn from(change: Change) -> Self {
        Self {
            before: change.before,
            difference: change.difference,
            se: change.se,
            df: change.df,
            p: change.p,
            p_holm: change.p_holm,
            rank_before: change.rank_before,
            rise_low: change.rise_lo,
            rise_high: change.rise_hi,
        }
    }
}

/// A target held against a score, in view of its sampling error.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerdictBody {
    /// `met`, `missed` or `not_distinguishable`: whether all, none or some of the values that the data allow meet the target.
    pub verdict: &'static str,
    /// Whether the figure itself meets it.
    pub reached: bool,
    /// The chance that the true score meets it; for targets on scores.
    pub chance: Option<f64>,
}

/// Holds a target against a stored score and its change.
#[must_use]
pub fn verdict(target: Target, score: &Score, change: Option<&Change>, level: f64) -> Option<VerdictBody> {
    let place = |rank: Option<i32>| rank.and_then(|rank| u32::try_from(rank).ok());
    let rank = place(score.rank).zip(place(score.rank_lo)).zip(place(score.rank_hi));
    let rank = rank.map(|((rank, low), high)| RankInterval { rank, low, high });
    let rise = change.and_then(|change| {
        let before = place(change.rank_before).map(|rank| RankInterval { rank, low: rank, high: rank })?;
        Some(RiseInterval { before, after: rank?, rise: change.rank_before? - score.rank?, low: change.rise_lo?, high: change.rise_hi? })
    });
    let measured = score.est.zip(score.se).zip(score.df);
    let evidence =
        Evidence { score: measured.map(|((value, se), df)| Measured { value, variance: se * se, df }), rank, rise, ..Evidence::default() };
    let found = target.assess(&evidence, level)?;
    Some(VerdictBody { verdict: found.verdict.as_str(), reached: found.reached, chance: found.chance.map(|chance| chance.value) })
}
