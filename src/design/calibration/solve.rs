//! Weights within a distance that reproduce totals: Newton's method with step control.

use crate::design::calibration::{Auxiliary, CalibrationError, Distance};
use crate::numeric::linear::{Orthonormal, dot, solve_damped};

/// Rounds after which totals count as out of reach.
const ROUNDS: usize = 60;
/// Lengths of a step that are tried.
const TRIALS: usize = 60;
/// Relative gap between weighted sums and totals that is aimed at.
const AIM: f64 = 1e-13;
/// Relative gap that is taken where rounding keeps the aim away.
const ACCEPTED: f64 = 1e-9;

/// What solves a calibration.
#[derive(Debug, Clone)]
pub(super) struct Solution {
    /// The factor of each row.
    pub(super) g: Vec<f64>,
    /// Orthonormal columns that span `√d·x`.
    pub(super) basis: Vec<Vec<f64>>,
    /// Rounds gone.
    pub(super) rounds: usize,
}

/// The factors `g(xᵀλ)` for which `Σ d·g·x` is the total of every variable.
///
/// # Formula
/// Deville and Särndal (1992), JASA 87, eq. 2.6: `λ` is the minimum of the convex dual `Σ d·G(xᵀλ) − Tᵀλ`, with `G' = g`. The variables are
/// replaced by an orthonormal basis of `√d·x` first: redundant ones drop out, and the Hessian starts as the identity.
///
/// # Errors
/// Every total that contradicts others, that no weights within the bounds reach, or that was not reached.
pub(super) fn solve(base: &[f64], auxiliaries: &[Auxiliary], distance: Distance) -> Result<Solution, Vec<CalibrationError>> {
    let roots: Vec<f64> = base.iter().map(|d| d.sqrt()).collect();
    let span = Orthonormal::new(auxiliaries.iter().map(|x| x.values.iter().zip(&roots).map(|(x, root)| x * root).collect()));
    let totals: Vec<f64> = auxiliaries.iter().map(|x| x.total).collect();
    let (targets, implied) = span.carry_over(&totals);
    let mut errors = out_of_reach(base, auxiliaries, distance);
    for (place, implied) in implied {
        let Auxiliary { name, total, values } = &auxiliaries[place];
        let size: f64 = total.abs().max(values.iter().zip(base).map(|(x, d)| (x * d).abs()).sum());
        if (total - implied).abs() > 1e-6 * size && !errors.iter().any(|error| names(error, name)) {
            errors.push(CalibrationError::Contradiction { name: name.clone(), total: *total, implied });
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let dual = Dual { roots: &roots, basis: &span.basis, targets: &targets, distance };
    let (point, rounds) = dual.minimise(|g| worst_gap(base, auxiliaries, g));
    if worst_gap(base, auxiliaries, &point.g) <= ACCEPTED {
        return Ok(Solution { g: point.g, basis: span.basis, rounds });
    }
    let missed = auxiliaries.iter().filter(|x| gap(base, x, &point.g) > ACCEPTED).map(|x| CalibrationError::NotReached {
        name: x.name.clone(),
        total: x.total,
        reached: reached(base, x, &point.g),
        iterations: rounds,
    });
    Err(missed.collect())
}

fn names(error: &CalibrationError, sought: &str) -> bool {
    matches!(error, CalibrationError::OutOfReach { name, .. } | CalibrationError::Empty { name, .. } if name == sought)
}

fn reached(base: &[f64], x: &Auxiliary, g: &[f64]) -> f64 {
    base.iter().zip(&x.values).zip(g).map(|((d, x), g)| d * x * g).sum()
}

/// The gap between weighted sum and total, relative to the larger of the total and the sum of sizes.
fn gap(base: &[f64], x: &Auxiliary, g: &[f64]) -> f64 {
    let size = base.iter().zip(&x.values).zip(g).map(|((d, x), g)| (d * x * g).abs()).sum::<f64>().max(x.total.abs());
    let gap = (reached(base, x, g) - x.total).abs();
    if gap == 0.0 { 0.0 } else { gap / size }
}

fn worst_gap(base: &[f64], auxiliaries: &[Auxiliary], g: &[f64]) -> f64 {
    auxiliaries.iter().map(|x| gap(base, x, g)).fold(0.0, |worst, gap| if gap > worst || gap.is_nan() { gap } else { worst })
}

/// Totals that even the extremes of g do not reach, each for itself.
fn out_of_reach(base: &[f64], auxiliaries: &[Auxiliary], distance: Distance) -> Vec<CalibrationError> {
    let (least, most) = distance.range();
    let mut errors = Vec::new();
    for Auxiliary { name, values, total } in auxiliaries {
        let (mut low, mut high) = (0.0, 0.0);
        for (x, d) in values.iter().zip(base).map(|(x, d)| (x * d, *d)).filter(|(x, _)| *x != 0.0) {
            debug_assert!(d > 0.0, "only rows with weight count");
            low += if x > 0.0 { least * x } else { most * x };
            high += if x > 0.0 { most * x } else { least * x };
        }
        if low == 0.0 && high == 0.0 && *total != 0.0 {
            errors.push(CalibrationError::Empty { name: name.clone(), total: *total });
        } else if *total < low || *total > high {
            errors.push(CalibrationError::OutOfReach { name: name.clone(), total: *total, low, high });
        }
    }
    errors
}

/// The convex function whose minimum calibrates.
struct Dual<'a> {
    roots: &'a [f64],
    basis: &'a [Vec<f64>],
    targets: &'a [f64],
    distance: Distance,
}

/// Where the search stands.
struct Point {
    lambda: Vec<f64>,
    g: Vec<f64>,
    slope: Vec<f64>,
    /// Targets less weighted sums: the direction of steepest descent.
    gap: Vec<f64>,
}

impl Dual<'_> {
    fn at(&self, lambda: Vec<f64>) -> Point {
        let mut u = vec![0.0; self.roots.len()];
        for (column, along) in self.basis.iter().zip(&lambda) {
            for (u, q) in u.iter_mut().zip(column) {
                *u += along * q;
            }
        }
        let factor = |(u, root): (f64, &f64)| if *root > 0.0 { self.distance.factor(u / root) } else { (1.0, 0.0) };
        let (g, slope): (Vec<f64>, Vec<f64>) = u.into_iter().zip(self.roots).map(factor).unzip();
        let weighted: Vec<f64> = g.iter().zip(self.roots).map(|(g, root)| g * root).collect();
        let gap = self.basis.iter().zip(self.targets).map(|(column, target)| target - dot(column, &weighted)).collect();
        Point { lambda, g, slope, gap }
    }

    /// Newton steps until the totals are met, or rounding keeps them from coming nearer.
    fn minimise(&self, worst: impl Fn(&[f64]) -> f64) -> (Point, usize) {
        let mut point = self.at(vec![0.0; self.basis.len()]);
        let mut best = worst(&point.g);
        for round in 0..ROUNDS {
            if best <= AIM {
                return (point, round);
            }
            let Some(next) = self.step(&point) else { return (point, round) };
            let gap = worst(&next.g);
            let stalled = best <= ACCEPTED && gap > best / 2.0;
            if gap < best || best > ACCEPTED {
                (point, best) = (next, gap);
            }
            if stalled {
                return (point, round + 1);
            }
        }
        (point, ROUNDS)
    }

    /// A Newton step of the right length: where all rows are at their bounds the Hessian says little of it.
    fn step(&self, point: &Point) -> Option<Point> {
        let direction = solve_damped(&self.hessian(&point.slope), &point.gap)?;
        let start = dot(&direction, &point.gap);
        let (mut length, mut short, mut long, mut best) = (1.0, 0.0, f64::INFINITY, None);
        for _ in 0..TRIALS {
            let next = self.at(point.lambda.iter().zip(&direction).map(|(lambda, d)| lambda + length * d).collect());
            // How steeply the dual still falls here; it falls less and less along the ray, then rises.
            let falling = dot(&direction, &next.gap);
            if !(falling.is_finite() && falling >= -0.1 * start) {
                long = length;
            } else if falling > 0.9 * start {
                (short, best) = (length, Some(next));
            } else {
                return Some(next);
            }
            length = if long.is_finite() { f64::midpoint(short, long) } else { 4.0 * length };
        }
        best
    }

    /// `Σ g'(u)·q·qᵀ`, row-major.
    fn hessian(&self, slope: &[f64]) -> Vec<f64> {
        let size = self.basis.len();
        let mut hessian = vec![0.0; size * size];
        for (j, column) in self.basis.iter().enumerate() {
            let weighted: Vec<f64> = column.iter().zip(slope).map(|(q, slope)| q * slope).collect();
            for (k, other) in self.basis.iter().enumerate().take(j + 1) {
                let cell = dot(&weighted, other);
                hessian[j * size + k] = cell;
                hessian[k * size + j] = cell;
            }
        }
        hessian
    }
}
