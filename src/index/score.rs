//! One published figure: a node of an index for a domain.

use serde::Serialize;

use crate::scoring::RankInterval;

/// Which part of the population a score speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct DomainKey {
    /// The partition: `nation`, `province`, `unit`, `unit-by-province`, `item`, `item-by-province` …
    pub kind: String,
    /// The administrative unit, by registry id.
    pub area: Option<i32>,
    /// The rated unit, by registry id.
    pub unit: Option<i32>,
    /// The demographic item, where one splits.
    pub item: Option<String>,
    /// The option of that item.
    pub option: Option<String>,
}

impl DomainKey {
    /// A domain of a partition that names no unit and no item.
    #[must_use]
    pub fn whole(kind: &str) -> Self {
        Self { kind: kind.to_owned(), area: None, unit: None, item: None, option: None }
    }
}

/// An estimate that borrows strength from other domains by a model.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Modelled {
    /// The estimate.
    pub value: f64,
    /// The root of its mean squared error.
    pub rmse: f64,
}

/// Whom a figure really rests on: what disclosure control asks about, and nobody else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Basis {
    /// People: of a leaf those who answered it, of a combination those who answered the most answered leaf below it.
    pub people: i64,
    /// The weights of a leaf's answers, summed; 0 of a combination.
    pub weight: f64,
    /// The two largest weights of a person in the domain, as shares of `weight`, the larger first; 0 of a combination.
    pub shares: [f64; 2],
    /// Whether every answer of a leaf is the same.
    pub unanimous: bool,
}

/// What becomes of a figure in publication.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fate {
    /// It is published.
    Published,
    /// It is hidden.
    Hidden,
    /// Too few answers changed since it was published last: that figure stands on, whose value this is.
    Carried(f64),
}

/// A value as it is published, with so many decimals.
#[must_use]
pub fn round(value: f64, decimals: u8) -> f64 {
    let power = 10_f64.powi(i32::from(decimals));
    let rounded = (value * power).round() / power;
    if rounded.is_finite() { rounded + 0.0 } else { value }
}

/// One figure with all that is needed to judge it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Score {
    /// Of whom it speaks.
    pub domain: DomainKey,
    /// The node of the index.
    pub node: String,
    /// The estimate; `None` where nobody answered or the definition lets a missing part make the whole missing.
    pub value: Option<f64>,
    /// Its design-based standard error.
    pub se: Option<f64>,
    /// Lower end of the interval at the index's level.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
    /// Responses it rests on.
    pub n: i64,
    /// PSUs with responses in the domain.
    pub psus: u32,
    /// Degrees of freedom of the interval.
    pub df: f64,
    /// Design effect against a simple random sample with replacement; leaves only.
    pub deff: Option<f64>,
    /// The weights of the domain's responses, summed.
    pub weight: f64,
    /// Its rank among the domains of the partition, with its interval where one was made.
    pub rank: Option<u32>,
    /// The interval of the rank that holds for this domain by itself.
    pub rank_interval: Option<RankInterval>,
    /// The interval of the rank that holds for all domains of the partition at once.
    pub rank_joint: Option<RankInterval>,
    /// The probability of being among the first so many, where the definition asks for it.
    pub top: Option<f64>,
    /// A modelled estimate, never in place of the direct one.
    pub modelled: Option<Modelled>,
    /// Whether the definition calls the direct estimate too thin to rely on.
    pub thin: bool,
    /// Whether it is hidden from all but the office that made it.
    pub suppressed: bool,
    /// Whom it rests on.
    pub basis: Basis,
}
