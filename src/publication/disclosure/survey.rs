//! Figures of an index of a survey.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Hidden, Reader, Seen, Standing};
use crate::index::{DomainKey, round};

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
    /// Whether it is hidden from all but the office.
    pub suppressed: bool,
    /// Whether everybody may know how it moved.
    pub shown: bool,
    /// Why it is hidden, for the office.
    pub hidden: Option<Hidden>,
    /// The figure of an earlier edition that stands for the public: too few answers changed since.
    pub standing: Option<Standing>,
    /// Decimals of what is published.
    pub decimals: u8,
}

/// What was measured. All of it is absent of a figure that is hidden, also how many people it rests on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
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

impl Numbers {
    /// As they are published: with so many decimals, ranks from what is rounded so.
    #[must_use]
    pub fn published(self, decimals: u8) -> Self {
        let to = |number: Option<f64>| number.map(|number| round(number, decimals));
        Self {
            value: to(self.value),
            se: to(self.se),
            low: to(self.low),
            high: to(self.high),
            deff: to(self.deff),
            top: to(self.top),
            modelled: to(self.modelled),
            modelled_rmse: to(self.modelled_rmse),
            ..self
        }
    }
}

impl Movement {
    /// As it is published: the difference of the two published values.
    #[must_use]
    pub fn published(self, value: Option<f64>, decimals: u8) -> Self {
        let before = round(self.before, decimals);
        Self {
            before,
            difference: round(value.map_or(self.difference, |value| value - before), decimals),
            se: round(self.se, decimals),
            p: self.p.map(|p| round(p, 4)),
            p_holm: self.p_holm.map(|p| round(p, 4)),
            ..self
        }
    }
}

impl Figure {
    /// The figure as a reader sees it; none of one that the reader may not know of.
    #[must_use]
    pub fn seen_by(self, reader: &Reader) -> Option<Seen<Self>> {
        let unit = self.domain.unit.or(self.domain.area);
        if !reader.knows(unit) {
            return None;
        }
        if reader.is_office() {
            return Some(Seen(self));
        }
        let (numbers, change) = match (&self.standing, self.suppressed) {
            (_, true) => (Numbers::default(), None),
            (Some(standing), false) => (standing.numbers, None),
            (None, false) => {
                let numbers = self.numbers.published(self.decimals);
                (numbers, self.change.filter(|_| self.shown).map(|change| change.published(numbers.value, self.decimals)))
            }
        };
        // The rule that hides a figure is not told: of some it is the answer itself.
        Some(Seen(Self { numbers, change, hidden: None, ..self }))
    }
}
