//! The likelihood interval as R reads it off a spline through a few points of the profile.

use super::{Share, divergence, expit, log_odds, multiplier};
use crate::numeric::distribution::{normal, student};

/// Most steps to each side of the estimate, as in R.
const STEPS: i32 = 9;

/// What R's fit of the quasi-binomial model with an intercept only leaves behind.
///
/// Its covariance is that of the last step's weights, which are one step behind the estimate: where answers are one-sided
/// that shows in the fifth digit of the interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InterceptFit {
    /// The weight of the rows with an answer, in mean weights of all rows.
    weight: f64,
    /// The information about the intercept at the last step.
    information: f64,
}

impl InterceptFit {
    /// The fit that ends at the share `p`, of rows with weights in mean weights of all rows and answers of 1 or 0.
    ///
    /// # Formula
    /// Iteratively reweighted least squares (Green 1984, Journal of the Royal Statistical Society B 46) from `(w y + ½)/(w + 1)` on, until
    /// the deviance changes by less than 1e-8 of itself, as `glm.fit` of R has it. From the second step on all rows have one fitted
    /// value `μ`, so that a step is `(p − μ)/(μ (1 − μ))` and the information `Σ w μ (1 − μ)`.
    pub fn new(p: f64, rows: impl Iterator<Item = (f64, f64)>) -> Self {
        const CLOSE: f64 = 1e-8;
        const FITS: usize = 25;
        let (mut weight, mut information, mut score, mut deviance) = (0.0, 0.0, 0.0, 0.0);
        for (w, y) in rows {
            let start = (w * y + 0.5) / (w + 1.0);
            let curvature = start * (1.0 - start);
            weight += w;
            information += w * curvature;
            score += w * (curvature * log_odds(start) + y - start);
            deviance -= 2.0 * w * if y > 0.5 { libm::log(start) } else { libm::log1p(-start) };
        }
        let mut b = score / information;
        for _ in 1..FITS {
            let mu = expit(b);
            let now = -2.0 * weight * (p * libm::log(mu) + (1.0 - p) * libm::log1p(-mu));
            if (now - deviance).abs() < CLOSE * (now.abs() + 0.1) {
                break;
            }
            deviance = now;
            information = weight * mu * (1.0 - mu);
            b += (p - mu) / (mu * (1.0 - mu));
        }
        Self { weight, information }
    }
}

/// The interval of [`likelihood`](super::likelihood), with the error of R's interpolation.
///
/// R walks from the estimate in steps of a fifth of the design's standard error times the normal distance sought, until it
/// has passed the ends; under a large design effect that is two or three points a side. It lays a cubic spline through
/// them, reads that off at three times as many points, and joins those by straight lines. What it ends at differs from
/// the likelihood interval by up to 2e-3 in the published comparisons, so the way there is part of the definition.
///
/// # Formula
/// In the log odds `b`, with `u = Σ w / w̄` over the rows with an answer and `w̄` the mean weight of all rows:
/// `z(b) = ± √(2 u D / φ)`, read at `± t √λ`, where `λ` is the design effect, the variance of the log odds times the information of
/// [`InterceptFit`], and `φ = u/(n − 1)` the dispersion that R finds (it sets weights over the mean of all rows beside weights over
/// the mean of the answered ones); `D` as in [`likelihood`](super::likelihood).
pub(super) fn profile(share: &Share, level: f64) -> (f64, f64) {
    let Share { estimate: p, variance, df, answers: n, .. } = *share;
    let fit = share.fit.unwrap_or(InterceptFit { weight: n, information: n * p * (1.0 - p) });
    let se = libm::sqrt(variance) / (p * (1.0 - p));
    let centre = log_odds(p);
    let sought = multiplier(level, df) * se * libm::sqrt(fit.information);
    // Half the tail beyond the distance sought, cut off by an F distribution with 1 and n − 1 degrees of freedom.
    let farthest = -student::quantile(0.25 * normal::sf(sought), n - 1.0);
    let step = farthest / 5.0 * se;
    if !(step > 0.0 && step.is_finite()) {
        return (f64::NAN, f64::NAN);
    }
    let distance = |b: f64| libm::copysign(libm::sqrt(2.0 * (n - 1.0) * divergence(p, expit(b)).max(0.0)), b - centre);
    let mut points = vec![(centre, 0.0)];
    for side in [-1.0, 1.0] {
        for number in 1..=STEPS {
            let b = centre + side * f64::from(number) * step;
            let z = distance(b);
            points.push((b, z));
            if z.abs() >= farthest {
                break;
            }
        }
    }
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    let curve = Spline::through(&points, step).at_thirds();
    (expit(read(&curve, -sought)), expit(read(&curve, sought)))
}

/// Where straight lines between points reach a height; NaN outside of them.
fn read(curve: &[(f64, f64)], height: f64) -> f64 {
    curve.windows(2).find(|pair| pair[0].1 <= height && height <= pair[1].1).map_or(f64::NAN, |pair| {
        let [(x0, y0), (x1, y1)] = [pair[0], pair[1]];
        x0 + (x1 - x0) * ((height - y0) / (y1 - y0))
    })
}

/// A cubic spline over equally spaced points.
struct Spline<'a> {
    points: &'a [(f64, f64)],
    /// Second derivatives at the points, over 6.
    bends: Vec<f64>,
    step: f64,
}

impl<'a> Spline<'a> {
    /// The spline whose third derivatives at the ends are those of the cubics through the four points there.
    ///
    /// # Formula
    /// Forsythe, Malcolm and Moler (1977), Computer Methods for Mathematical Computations, chapter 4. With `s` the second
    /// derivatives over 6 and `h` the spacing: `s_{i−1} + 4 s_i + s_{i+1} = Δ²y_i / h²` within, and at the ends
    /// `s_1 − s_0 = Δ³y / 6h²`. Solved by elimination from the first row down.
    fn through(points: &'a [(f64, f64)], step: f64) -> Self {
        let last = points.len() - 1;
        let square = step * step;
        let y = |i: usize| points[i].1;
        let third = |i: usize| if last < 3 { 0.0 } else { (y(i + 3) - 3.0 * y(i + 2) + 3.0 * y(i + 1) - y(i)) / (6.0 * square) };
        // After elimination each row says s_i = right_i − factor_i · s_{i+1}.
        let (mut factor, mut right) = (vec![-1.0; last + 1], vec![-third(0); last + 1]);
        for i in 1..last {
            let pivot = 4.0 - factor[i - 1];
            factor[i] = 1.0 / pivot;
            right[i] = ((y(i + 1) - 2.0 * y(i) + y(i - 1)) / square - right[i - 1]) / pivot;
        }
        let mut bends = vec![0.0; last + 1];
        // The last row: s_last − s_{last−1} = Δ³y / 6h², with s_{last−1} = right − factor · s_last.
        bends[last] = (third(last.saturating_sub(3)) + right[last - 1]) / (1.0 + factor[last - 1]);
        for i in (0..last).rev() {
            bends[i] = right[i] - factor[i] * bends[i + 1];
        }
        Self { points, bends, step }
    }

    /// The spline at three times as many points, equally spaced from the first to the last.
    fn at_thirds(&self) -> Vec<(f64, f64)> {
        let last = self.points.len() - 1;
        let many = 3 * self.points.len() - 1;
        let position = |k: usize| f64::from(u32::try_from(k * last).unwrap_or(0)) / f64::from(u32::try_from(many).unwrap_or(1));
        (0..=many).map(|k| ((k * last / many).min(last - 1), position(k))).map(|(i, at)| self.at(i, at)).collect()
    }

    /// The point `at` steps from the first, in the interval from point `i` on.
    fn at(&self, i: usize, at: f64) -> (f64, f64) {
        let right = at - f64::from(u32::try_from(i).unwrap_or(0));
        let left = 1.0 - right;
        let square = self.step * self.step;
        let line = left * self.points[i].1 + right * self.points[i + 1].1;
        let bend = self.bends[i] * (left * left * left - left) + self.bends[i + 1] * (right * right * right - right);
        (self.points[0].0 + at * self.step, line + square * bend)
    }
}
