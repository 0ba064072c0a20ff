//! Standard normal deviates by the hundred million.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use crate::numeric::distribution::normal;
use crate::scoring::rank::uniform;

/// Layers under the density, as many as a byte has values.
const LAYERS: usize = 256;

/// Where the tail begins for so many layers of equal area: the root of what Marsaglia and Tsang (2000) solve.
const TAIL: f64 = 3.654_152_885_361_009;

/// Proposals before a draw settles for 0: each is refused less than once in a hundred times, in the tail in ten.
const PROPOSALS: usize = 200;

/// The ziggurat: layers of equal area that cover the normal density.
pub(super) struct Deviates {
    /// Up to where each layer reaches, falling; the lowest one as if it were a rectangle. The last is 0.
    edges: [f64; LAYERS + 1],
    /// `exp(−x²/2)` at the edges.
    heights: [f64; LAYERS + 1],
}

impl Deviates {
    /// # Formula
    /// `x_1 = r`, `f(x_{i+1}) = f(x_i) + v/x_i` with `f(x) = exp(−x²/2)` and the area of a layer `v = r f(r) + ∫_r^∞ f`; the lowest
    /// layer counts as a rectangle of width `v/f(r)`. Marsaglia and Tsang (2000), Journal of Statistical Software 5(8).
    pub(super) fn new() -> Self {
        let height = |x: f64| libm::exp(-0.5 * x * x);
        let area = TAIL * height(TAIL) + std::f64::consts::TAU.sqrt() * normal::sf(TAIL);
        let mut edges = [0.0; LAYERS + 1];
        (edges[0], edges[1]) = (area / height(TAIL), TAIL);
        for layer in 2..LAYERS {
            let below = edges[layer - 1];
            edges[layer] = (-2.0 * libm::log(height(below) + area / below)).sqrt();
        }
        Self { edges, heights: edges.map(height) }
    }

    /// One deviate. Layer and place within it come from different bits, as Doornik (2005), An Improved Ziggurat Method to
    /// Generate Normal Random Samples, asks for.
    #[inline]
    pub(super) fn draw(&self, rng: &mut ChaCha8Rng) -> f64 {
        let (layer, side) = proposal(rng.next_u64());
        let x = side * self.edges[layer];
        if x.abs() < self.edges[layer + 1] { x } else { self.beyond(rng, layer, side) }
    }

    /// The deviate where the first proposal does not lie well within its layer.
    #[cold]
    fn beyond(&self, rng: &mut ChaCha8Rng, layer: usize, side: f64) -> f64 {
        let (mut layer, mut side) = (layer, side);
        for _ in 0..PROPOSALS {
            if layer == 0 && (side * self.edges[0]).abs() >= TAIL {
                return tail(rng).copysign(side);
            }
            let x = side * self.edges[layer];
            let (bottom, top) = (self.heights[layer], self.heights[layer + 1]);
            if x.abs() < self.edges[layer + 1] || bottom + uniform(rng) * (top - bottom) < libm::exp(-0.5 * x * x) {
                return x;
            }
            (layer, side) = proposal(rng.next_u64());
        }
        0.0
    }
}

/// A layer from the lowest eight bits, a number strictly between −1 and 1 from the highest 53.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // 53 bits fit a double, eight an index
fn proposal(bits: u64) -> (usize, f64) {
    let side = ((bits >> 11) as f64 + 0.5) / (1_u64 << 52) as f64 - 1.0;
    ((bits & 0xff) as usize, side)
}

/// A deviate beyond the tail's begin.
///
/// # Formula
/// `r − ln(u)/r`, kept where `−2 ln(w) > (ln(u)/r)²`: Marsaglia (1964), Technometrics 6.
fn tail(rng: &mut ChaCha8Rng) -> f64 {
    let propose = |_| {
        let beyond = -libm::log(uniform(rng)) / TAIL;
        (-2.0 * libm::log(uniform(rng)) > beyond * beyond).then_some(TAIL + beyond)
    };
    (0..PROPOSALS).find_map(propose).unwrap_or(TAIL)
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    fn sorted(count: usize, seed: u64) -> Vec<f64> {
        let (deviates, mut rng) = (Deviates::new(), ChaCha8Rng::seed_from_u64(seed));
        let mut drawn: Vec<f64> = (0..count).map(|_| deviates.draw(&mut rng)).collect();
        drawn.sort_unstable_by(f64::total_cmp);
        drawn
    }

    #[test]
    fn layers_have_one_area_and_close_at_the_peak() {
        let Deviates { edges, heights } = Deviates::new();
        // By 40 digits r = 3.654152885361008771645… and this area; Marsaglia and Tsang print 0.00492867323399.
        let area = edges[0] * heights[1];
        assert!((area / 0.004_928_673_233_974_655 - 1.0).abs() < 1e-14, "{area}");
        for layer in 1..LAYERS {
            let own = edges[layer] * (heights[layer + 1] - heights[layer]);
            assert!((own / area - 1.0).abs() < 1e-10, "{layer}: {own}");
        }
        assert!(edges.is_sorted_by(|a, b| a > b));
    }

    #[test]
    #[allow(clippy::cast_precision_loss)]
    fn deviates_are_normal() {
        let (count, drawn) = (500_000_usize, sorted(500_000, 5));
        // Kolmogorov and Smirnov's distance, at 1.63/√n for 1%.
        let distance = drawn.iter().enumerate().map(|(n, x)| (normal::cdf(*x) - (n as f64 + 0.5) / count as f64).abs());
        let distance = distance.fold(0.0, f64::max);
        assert!(distance < 1.63 / (count as f64).sqrt(), "{distance}");
        // The first four moments, with their errors: √(1/n), √(2/n), √(15/n), √(96/n).
        for (power, expected, variance) in [(1, 0.0, 1.0), (2, 1.0, 2.0), (3, 0.0, 15.0), (4, 3.0, 96.0)] {
            let moment = drawn.iter().map(|x| x.powi(power)).sum::<f64>() / count as f64;
            assert!((moment - expected).abs() < 4.0 * (variance / count as f64).sqrt(), "moment {power}: {moment}");
        }
    }

    /// A cell for each hundredth of a standard deviation around the edges of layers, and for the tail on either side.
    #[test]
    #[allow(clippy::cast_precision_loss)]
    fn neither_an_edge_nor_the_tail_draws_too_many() {
        let (count, drawn) = (1_000_000_usize, sorted(1_000_000, 11));
        let bounds: Vec<f64> = (-400..=400).map(|place| f64::from(place) / 100.0).collect();
        let (mut chi, mut cells, mut start) = (0.0, 0_u32, 0);
        let mut before = 0.0;
        for bound in bounds.iter().copied().chain([f64::INFINITY]) {
            let end = drawn.partition_point(|x| *x <= bound);
            let share = normal::cdf(bound);
            let expected = (share - before) * count as f64;
            if expected < 10.0 {
                continue; // joined to the next cell
            }
            chi += ((end - start) as f64 - expected) * ((end - start) as f64 - expected) / expected;
            (cells, start, before) = (cells + 1, end, share);
        }
        // χ² with cells − 1 degrees of freedom, four standard deviations √(2 df) either way.
        let df = f64::from(cells - 1);
        assert!(cells > 700 && (chi - df).abs() < 4.0 * (2.0 * df).sqrt(), "{chi} with {df} degrees of freedom");
        for side in [-1.0, 1.0] {
            let beyond = drawn.iter().filter(|x| side * **x > TAIL).count() as f64;
            let expected = normal::sf(TAIL) * count as f64;
            assert!((beyond - expected).abs() < 4.0 * expected.sqrt(), "{beyond} {expected}");
        }
    }
}
