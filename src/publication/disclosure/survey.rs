//! Figures of an index of a survey.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Hidden, Reader, Seen};
use crate::index::{DomainKey, Score};

/// The pattern: marks every score that rests on fewer than `min_n` responses. The office that made it still sees it; agencies and the
/// public see that it is hidden, and nothing else of it.
///
/// This is the threshold rule alone: it does not stop anyone from differencing published cells.
pub fn hide_few(scores: &mut [Score], min_n: i64) {
    for score in scores {
        score.suppressed = score.n < min_n;
    }
}

/// A figure on its way out: a node of the index for a part of the population.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    /// Its place in the run's canonical order.
    pub ord: i32,
    /// The node of the index.
    pub node: String,
    /// Of whom it speaks.
    pub domain: DomainKey,
    /// What was measured.
    pub numbers: Numbers,
    /// How it moved since the run that its run is compared with.
    pub change: Option<Movement>,
    /// Whether it rests on too few responses to be published.
    pub suppressed: bool,
}

/// What was measured. All of it is absent of a figure that is hidden, also how many people it rests on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, ToSchema)]
pub struct Numbers {
    /// The estimate.
    pub value: Option<f64>,
    /// Its standard error.
    pub se: Option<f64>,
    /// Lower end of the interval.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
    /// Responses it rests on.
    pub n: Option<i64>,
    /// PSUs they are in.
    pub psus: Option<i32>,
    /// Degrees of freedom of the interval.
    pub df: Option<f64>,
    /// Design effect.
    pub deff: Option<f64>,
    /// Its rank among its peers, from 1.
    pub rank: Option<i32>,
    /// The best rank that the data allow.
    pub rank_low: Option<i32>,
    /// The worst rank that the data allow.
    pub rank_high: Option<i32>,
    /// The best rank that the data allow, all peers taken together.
    pub rank_joint_low: Option<i32>,
    /// The worst rank that the data allow, all peers taken together.
    pub rank_joint_high: Option<i32>,
    /// The probability of being among the first so many; how many, the index definition says.
    pub top: Option<f64>,
    /// An estimate that borrows strength from other domains by a model; null where the definition asks for none.
    pub modelled: Option<f64>,
    /// The root of its mean squared error.
    pub modelled_rmse: Option<f64>,
    /// Whether the direct estimate is too thin to rely on.
    pub thin: Option<bool>,
}

/// How a score moved since an earlier run, whose answers were read by the same definition.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct Movement {
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

impl Figure {
    /// The figure as a reader sees it; none of one that the reader may not know of.
    #[must_use]
    pub fn seen_by(self, reader: &Reader) -> Option<Seen<Self>> {
        let unit = self.domain.unit.or(self.domain.area);
        if !reader.knows(unit) {
            return None;
        }
        let hidden = self.suppressed.then_some(Hidden::FewAnswers);
        Some(Seen(if reader.sees(hidden, unit) { self } else { Self { numbers: Numbers::default(), change: None, ..self } }))
    }
}
