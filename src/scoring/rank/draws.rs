//! Draws of the errors of several estimates at once.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

use super::joint::{Joint, RankError};
use crate::numeric::distribution::normal;
use crate::numeric::linear::correlation_factor;

/// Proposals before the draw of a gamma variable settles for the centre: each is refused less than once in twenty times.
const PROPOSALS: usize = 200;

/// Errors of the estimates of all units, drawn together: a parametric bootstrap, or the replicates of another one.
///
/// Where variances are estimates, each draw holds for each unit an estimated standard error too, as a share of the true
/// one: what a statistic is divided by then varies as it does in truth, and units with few degrees of freedom get the
/// tails of Student's t.
#[derive(Debug, Clone, PartialEq)]
pub struct Draws {
    count: usize,
    /// For each unit, its error in each draw.
    errors: Vec<Vec<f64>>,
    /// For each unit, the ratio of estimated to true standard error in each draw.
    ratios: Option<Vec<Vec<f64>>>,
}

impl Draws {
    /// `count` draws for the units of `joint`; the same seed gives the same bits, for any number of threads.
    ///
    /// # Formula
    /// Errors from the normal distribution with the covariance of `joint`, by a pivoted Cholesky factor and the inverse of
    /// the normal distribution function; ratios `√(χ²_ν/ν)` with each unit's own degrees of freedom ν, independent from
    /// unit to unit, χ² by Marsaglia and Tsang (2000), ACM Transactions on Mathematical Software 26. Each unit draws from
    /// two streams of its own of one `ChaCha8` generator. Ratios of a unit without degrees of freedom are NaN.
    #[must_use]
    pub fn of(joint: &Joint, count: usize, seed: u64) -> Self {
        let units = 0..joint.len();
        let stream = |number: usize| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(u64::try_from(number).unwrap_or(u64::MAX));
            rng
        };
        let fill = |unit: usize| {
            let mut rng = stream(2 * unit);
            (0..count).map(|_| standard_normal(&mut rng)).collect()
        };
        let standard: Vec<Vec<f64>> = units.clone().into_par_iter().map(fill).collect();
        let rows = correlation_factor(joint.len(), |a, b| joint.covariance(a, b));
        let combine = |unit: usize| {
            let mut errors = vec![0.0; count];
            let sd = joint.covariance(unit, unit).sqrt();
            for (place, number) in &rows[unit] {
                for (error, draw) in errors.iter_mut().zip(&standard[*place as usize]) {
                    *error += number * sd * draw;
                }
            }
            errors
        };
        let errors = units.clone().into_par_iter().map(combine).collect();
        let ratio = |unit: usize| {
            let (mut rng, df) = (stream(2 * unit + 1), joint.df(unit));
            (0..count).map(|_| if df > 0.0 { (chi_squared(&mut rng, df) / df).sqrt() } else { f64::NAN }).collect()
        };
        let ratios = (!joint.known()).then(|| {
            units.into_par_iter().map(|unit| if joint.df(unit) == f64::INFINITY { vec![1.0; count] } else { ratio(unit) }).collect()
        });
        Self { count, errors, ratios }
    }

    /// Draws from elsewhere, such as bootstrap replicates less the estimate: a list for each unit.
    ///
    /// # Errors
    /// [`RankError::Shape`] where lists differ in length.
    pub fn given(errors: Vec<Vec<f64>>, ratios: Option<Vec<Vec<f64>>>) -> Result<Self, RankError> {
        let count = errors.first().map_or(0, Vec::len);
        let units = ratios.as_ref().map_or(errors.len(), Vec::len);
        if units != errors.len() {
            return Err(RankError::Shape { what: "the list of ratios", found: units, expected: errors.len() });
        }
        for list in errors.iter().chain(ratios.iter().flatten()) {
            if list.len() != count {
                return Err(RankError::Shape { what: "a unit's draws", found: list.len(), expected: count });
            }
        }
        Ok(Self { count, errors, ratios })
    }

    /// How many draws there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// How many units were drawn.
    #[must_use]
    pub fn units(&self) -> usize {
        self.errors.len()
    }

    /// A unit's error in each draw.
    #[must_use]
    pub fn errors(&self, unit: usize) -> &[f64] {
        &self.errors[unit]
    }

    /// A unit's estimated over its true standard error in each draw; `None` where variances count as known.
    #[must_use]
    pub fn ratios(&self, unit: usize) -> Option<&[f64]> {
        self.ratios.as_ref().map(|ratios| ratios[unit].as_slice())
    }
}

/// A number strictly between 0 and 1: the middle of one of 2⁵² equal steps.
#[allow(clippy::cast_precision_loss)] // 53 bits fit a double
pub(crate) fn uniform(rng: &mut ChaCha8Rng) -> f64 {
    ((rng.next_u64() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
}

fn standard_normal(rng: &mut ChaCha8Rng) -> f64 {
    normal::quantile(uniform(rng))
}

/// A χ² variable: twice a gamma variable of half the degrees of freedom.
fn chi_squared(rng: &mut ChaCha8Rng, df: f64) -> f64 {
    let shape = 0.5 * df;
    if shape < 1.0 {
        return 2.0 * gamma(rng, shape + 1.0) * libm::pow(uniform(rng), 1.0 / shape);
    }
    2.0 * gamma(rng, shape)
}

/// A gamma variable of shape 1 or more: the cube of a normal one, made exact by refusing some.
pub(crate) fn gamma(rng: &mut ChaCha8Rng, shape: f64) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (9.0 * d).sqrt();
    let propose = |_| {
        let (x, even) = (standard_normal(rng), uniform(rng));
        let cube = (1.0 + c * x) * (1.0 + c * x) * (1.0 + c * x);
        (cube > 0.0 && libm::log(even) < 0.5 * x * x + d - d * cube + d * libm::log(cube)).then_some(d * cube)
    };
    (0..PROPOSALS).find_map(propose).unwrap_or(d)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::distribution::chi_squared as chi;

    #[allow(clippy::cast_precision_loss)]
    fn mean(x: impl ExactSizeIterator<Item = f64>) -> f64 {
        let n = x.len() as f64;
        x.sum::<f64>() / n
    }

    #[test]
    fn draws_have_the_covariance_asked_for() {
        let covariance = vec![4.0, 1.5, 0.0, 1.5, 1.0, -0.2, 0.0, -0.2, 0.25];
        let joint = Joint::new(vec![0.0; 3], covariance, None).unwrap();
        let draws = Draws::of(&joint, 20_000, 5);
        for a in 0..3 {
            assert!(mean(draws.errors(a).iter().copied()).abs() < 4.0 * joint.covariance(a, a).sqrt() / 20_000_f64.sqrt());
            for b in 0..3 {
                let found = mean(draws.errors(a).iter().zip(draws.errors(b)).map(|(x, y)| x * y));
                let scale = (joint.covariance(a, a) * joint.covariance(b, b)).sqrt();
                assert!((found - joint.covariance(a, b)).abs() < 4.0 * scale * (2.0 / 20_000.0_f64).sqrt(), "{a} {b}: {found}");
            }
        }
    }

    #[test]
    fn ratios_are_those_of_estimated_variances() {
        for df in [1.0, 2.0, 9.0, 400.0] {
            let joint = Joint::independent(vec![0.0], &[1.0], Some(vec![df])).unwrap();
            let draws = Draws::of(&joint, 10_000, 11);
            let mut squares: Vec<f64> = draws.ratios(0).unwrap().iter().map(|r| r * r * df).collect();
            squares.sort_by(f64::total_cmp);
            // Kolmogorov and Smirnov's distance from χ², at 1.63/√n for 1%.
            let count = |n: u32| f64::from(n) / 10_000.0;
            let distance = squares.iter().zip(1_u32..).map(|(x, n)| (chi::cdf(*x, df) - count(n)).abs()).fold(0.0, f64::max);
            assert!(distance < 0.0163 + 1e-4, "df {df}: {distance}");
        }
    }

    #[test]
    fn neither_the_number_of_threads_nor_the_other_units_change_a_draw() {
        let joint = |units: usize| Joint::independent(vec![0.0; units], &vec![1.0; units], Some(vec![3.0; units])).unwrap();
        let whole = Draws::of(&joint(9), 50, 7);
        for threads in [1, 3] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            assert_eq!(pool.install(|| Draws::of(&joint(9), 50, 7)), whole);
        }
        assert_eq!(Draws::of(&joint(4), 50, 7).ratios(3), whole.ratios(3));
        assert_ne!(Draws::of(&joint(9), 50, 8), whole);
    }
}
