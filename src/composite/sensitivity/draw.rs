//! Points of the factors' space, and weights drawn from a trigger.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::schema::composite::{CompositeDefinition, CompositeNode, FactorKind, Noise};
use crate::scoring::rank::{gamma, uniform};

/// What a stream of the generator is for; each use has streams of its own.
#[derive(Clone, Copy)]
pub(super) enum Use {
    /// The points of Monte Carlo replicates.
    MonteCarlo,
    /// Both base samples of the Sobol design.
    Sobol,
    /// Bootstrap samples of its rows.
    Bootstrap,
    /// Weights of a factor; the stream is the trigger.
    Weights(usize),
}

/// Stream `number` of the generator for one use.
pub(super) fn stream(seed: u64, purpose: Use, number: u64) -> ChaCha8Rng {
    let purpose = match purpose {
        Use::MonteCarlo => 0,
        Use::Sobol => 1,
        Use::Bootstrap => 2,
        Use::Weights(factor) => 3 + u64::try_from(factor).unwrap_or(u64::MAX - 3),
    };
    // A key for each use: the seed, moved by an odd constant that no two uses share.
    let mut rng = ChaCha8Rng::seed_from_u64(seed.wrapping_add(purpose.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
    rng.set_stream(number);
    rng
}

/// Fills a point with numbers strictly between 0 and 1.
pub(super) fn fill(rng: &mut ChaCha8Rng, point: &mut [f64]) {
    for number in point {
        *number = uniform(rng);
    }
}

/// Which of `count` alternatives a number between 0 and 1 stands for.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a short list
pub(super) fn alternative(number: f64, count: usize) -> usize {
    let place = libm::floor(number * count as f64) as usize;
    place.min(count.saturating_sub(1))
}

/// Moves weights as a factor says; `trigger` is its number of the point.
///
/// # Formula
/// Noise: `w (1 + a (2u − 1))` with u even on (0, 1), each node for itself. Dirichlet: shares `γ_i / Σ γ` with γ from gamma
/// distributions of shape `c · w_i / Σ w`, times `Σ w`: a share has the mean given and the variance `p (1 − p)/(c + 1)`.
pub(super) fn weights(kind: &FactorKind, definition: &CompositeDefinition, seed: u64, factor: usize, trigger: f64, weights: &mut [f64]) {
    let mut rng = stream(seed, Use::Weights(factor), trigger.to_bits());
    match kind {
        FactorKind::WeightNoise { noise } => {
            for (node, weight) in definition.nodes().iter().zip(weights) {
                if let Some(amount) = amount(noise, node) {
                    *weight *= 1.0 + amount * (2.0 * uniform(&mut rng) - 1.0);
                }
            }
        }
        FactorKind::Dirichlet { depth, concentration } => {
            for node in definition.nodes() {
                if depth.is_none_or(|depth| depth == node.depth() + 1) {
                    shares(&mut rng, definition, node, *concentration, weights);
                }
            }
        }
        FactorKind::Stage { .. } | FactorKind::Drop { .. } => {}
    }
}

/// How far a node's weight is moved: by the first entry of its depth or of every depth.
fn amount(noise: &[Noise], node: &CompositeNode) -> Option<f64> {
    noise.iter().find(|noise| noise.depth.is_none_or(|depth| depth == node.depth())).map(|noise| noise.amount)
}

/// Draws the shares of a node's children that are scored; a weight that is not positive stays.
fn shares(rng: &mut ChaCha8Rng, definition: &CompositeDefinition, node: &CompositeNode, concentration: f64, weights: &mut [f64]) {
    let scored = |place: usize| definition.nodes().get(place).is_some_and(CompositeNode::scored);
    let weight = |weights: &[f64], place: usize| weights.get(place).copied().filter(|weight| *weight > 0.0 && scored(place));
    let total: f64 = node.children().iter().filter_map(|child| weight(weights, *child)).sum();
    let mut drawn = 0.0;
    for child in node.children() {
        let Some(given) = weight(weights, *child) else { continue };
        // Below the least normal number all shares might come out 0.
        let part = any_gamma(rng, concentration * given / total).max(f64::MIN_POSITIVE);
        drawn += part;
        if let Some(cell) = weights.get_mut(*child) {
            *cell = part;
        }
    }
    for child in node.children() {
        if let Some(cell) = weights.get_mut(*child).filter(|cell| **cell > 0.0 && scored(*child)) {
            *cell *= total / drawn;
        }
    }
}

/// A gamma variable of any shape.
///
/// # Formula
/// Below shape 1, one of shape + 1 times `u^(1/shape)`: Marsaglia and Tsang (2000), ACM Transactions on Mathematical Software 26.
fn any_gamma(rng: &mut ChaCha8Rng, shape: f64) -> f64 {
    if shape < 1.0 { gamma(rng, shape + 1.0) * libm::pow(uniform(rng), 1.0 / shape) } else { gamma(rng, shape) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::composite::sample::{composite, definition};

    #[test]
    #[allow(clippy::cast_precision_loss)]
    fn dirichlet_shares_have_their_mean_and_variance_and_keep_the_sum() {
        let definition = definition(&composite());
        let given: Vec<f64> = definition.nodes().iter().map(CompositeNode::weight).collect();
        let kind = FactorKind::Dirichlet { depth: Some(1), concentration: 2.5 };
        let (mut sum, mut squares, n) = (0.0, 0.0, 40_000);
        for draw in 0..n {
            let mut weights_now = given.clone();
            weights(&kind, &definition, 7, 0, f64::from(draw) / 1e5, &mut weights_now);
            let (cost, plan) = (weights_now[1], weights_now[4]);
            assert!((cost + plan - 1.0).abs() < 1e-12);
            assert_eq!((weights_now[2], weights_now[3]), (1.0, 1.0), "another depth");
            sum += cost;
            squares += (cost - 0.6) * (cost - 0.6);
        }
        let (mean, variance, expected) = (sum / f64::from(n), squares / f64::from(n), 0.24 / 3.5);
        assert!((mean - 0.6).abs() < 4.0 * (expected / f64::from(n)).sqrt(), "{mean}");
        assert!((variance / expected - 1.0).abs() < 0.03, "{variance} {expected}");
    }

    #[test]
    fn noise_stays_within_its_amount_and_depth() {
        let definition = definition(&composite());
        let given: Vec<f64> = definition.nodes().iter().map(CompositeNode::weight).collect();
        let kind = FactorKind::WeightNoise { noise: vec![Noise { depth: Some(2), amount: 0.25 }] };
        let (mut least, mut greatest) = (f64::INFINITY, 0.0_f64);
        for draw in 0..2000 {
            let mut moved = given.clone();
            weights(&kind, &definition, 7, 0, f64::from(draw) / 1e5, &mut moved);
            assert_eq!((moved[1], moved[4], moved[6]), (given[1], given[4], given[6]));
            (least, greatest) = (least.min(moved[2]), greatest.max(moved[2]));
        }
        assert!((0.75..0.751).contains(&least) && (1.249..1.25).contains(&greatest), "{least} {greatest}");
    }

    #[test]
    fn a_number_picks_each_alternative_as_often() {
        let picked: Vec<usize> = [0.0, 0.33, 0.34, 0.66, 0.67, 1.0].iter().map(|number| alternative(*number, 3)).collect();
        assert_eq!(picked, [0, 0, 1, 1, 2, 2]);
    }
}
