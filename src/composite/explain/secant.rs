//! How a mean moves with its members, exactly and not in the limit only.

use crate::composite::statistics::median;
use crate::schema::composite::Aggregator;

/// Most children of a median whose orderings are averaged.
pub(super) const MOST: usize = 12;

/// The function `f` under which a node's value is `f⁻¹(Σ c f(x))`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Generator {
    /// `x`: means and sums.
    Identity,
    /// `ln x`: the geometric mean.
    Logarithm,
    /// `x^p`: generalised means; −1 for the harmonic one.
    Power(f64),
}

impl Generator {
    /// None for the median and for Copeland's score, which are no such means.
    pub(super) fn of(method: Aggregator) -> Option<Self> {
        Some(match method {
            Aggregator::Arithmetic | Aggregator::Sum | Aggregator::WeightedSum => Self::Identity,
            Aggregator::Geometric | Aggregator::Generalised { power: 0.0 } => Self::Logarithm,
            Aggregator::Harmonic => Self::Power(-1.0),
            Aggregator::Generalised { power } => Self::Power(power),
            Aggregator::Median | Aggregator::Copeland => return None,
        })
    }

    pub(super) fn at(self, x: f64) -> f64 {
        match self {
            Self::Identity => x,
            Self::Logarithm => libm::log(x),
            Self::Power(p) => libm::pow(x, p),
        }
    }

    pub(super) fn inverse(self, y: f64) -> f64 {
        match self {
            Self::Identity => y,
            Self::Logarithm => libm::exp(y),
            Self::Power(p) => libm::pow(y, 1.0 / p),
        }
    }

    /// `(f(b) − f(a)) / (b − a)`, `f′(a)` where they are equal. For the logarithm this is the inverse of the logarithmic mean.
    pub(super) fn secant(self, a: f64, b: f64) -> f64 {
        let step = b - a;
        match self {
            Self::Identity => 1.0,
            Self::Logarithm if step == 0.0 => 1.0 / a,
            Self::Logarithm => libm::log1p(step / a) / step,
            Self::Power(p) if step == 0.0 => p * libm::pow(a, p - 1.0),
            Self::Power(p) => libm::pow(a, p) * libm::expm1(p * libm::log1p(step / a)) / step,
        }
    }
}

/// For each member, what the median moves for its part from `from` to `to`, by 1 of its own movement: its mean effect over all
/// orderings in which the members move one after the other (Shapley 1953). Where none moves, the derivative.
///
/// None for more than [`MOST`] members.
pub(super) fn median_slopes(from: &[f64], to: &[f64]) -> Option<Vec<f64>> {
    let n = from.len();
    if n > MOST || n == 0 {
        return None;
    }
    if from == to {
        let middle = median(from.iter().copied())?;
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|a, b| from.get(*a).unwrap_or(&middle).total_cmp(from.get(*b).unwrap_or(&middle)));
        let half: &[usize] = order.get((n - 1) / 2..=n / 2)?;
        return Some((0..n).map(|member| if half.contains(&member) { 1.0 / size(half.len()) } else { 0.0 }).collect());
    }
    let value = |set: usize| {
        let members = from.iter().zip(to).enumerate();
        median(members.map(|(member, (a, b))| if set >> member & 1 == 1 { *b } else { *a }))
    };
    let values: Vec<f64> = (0..1_usize << n).map(value).collect::<Option<_>>()?;
    let factorial = |k: usize| (1..=k).map(size).product::<f64>();
    let weight = |others: usize| factorial(others) * factorial(n - others - 1) / factorial(n);
    let effect = |member: usize| {
        let without = (0..values.len()).filter(|set| set >> member & 1 == 0);
        let gain = |set: usize| Some(values.get(set | 1 << member)? - values.get(set)?);
        without.filter_map(|set| Some(weight(set.count_ones() as usize) * gain(set)?)).sum::<f64>()
    };
    let slope = |(member, (a, b)): (usize, (&f64, &f64))| if b - a == 0.0 { 0.0 } else { effect(member) / (b - a) };
    Some(from.iter().zip(to).enumerate().map(slope).collect())
}

#[allow(clippy::cast_precision_loss)] // at most MOST
fn size(n: usize) -> f64 {
    n as f64
}
