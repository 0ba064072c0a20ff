//! The one root finder behind the quantiles.

/// Where a tail on `(0, ∞)` reaches `target`.
///
/// `read` gives the tail at a point and the size of its derivative by the logarithm of the point; `rising` says
/// whether the tail is a lower one (it grows with the point) or an upper one. The tail must be the smaller of the two
/// for the answer to have full relative accuracy.
///
/// # Formula
/// Newton's method on `ln tail` as a function of `ln point`. For the beta (by odds), gamma, F and squared t
/// distributions both tails are log-concave on that scale, so Newton passes the root at most once and then closes in
/// from one side, whatever the start. A bracket catches tails that underflow: a step that leaves it is replaced by
/// its geometric middle. Stops at a step of 4 ulp, or where rounding keeps steps from shrinking, or after 60 steps.
pub(super) fn solve(target: f64, start: f64, rising: bool, read: impl Fn(f64) -> (f64, f64)) -> f64 {
    const STEPS: usize = 60;
    const TOLERANCE: f64 = 4.0 * f64::EPSILON;
    const ROUNDING: f64 = 1e-9;
    let (mut low, mut high) = (f64::MIN_POSITIVE, f64::MAX);
    let mut point = start.clamp(low, high);
    let mut last = f64::INFINITY;
    for _ in 0..STEPS {
        let (tail, slope) = read(point);
        let missing = libm::log(target / tail);
        if (missing > 0.0) == rising {
            low = point;
        } else {
            high = point;
        }
        let step = if rising { missing } else { -missing } * tail / slope;
        let next = point + point * libm::expm1(step);
        if step.abs() <= TOLERANCE {
            return next;
        }
        if last <= ROUNDING && step.abs() >= last {
            return point;
        }
        let inside = next > low && next < high;
        point = if inside { next } else { libm::sqrt(low) * libm::sqrt(high) };
        last = if inside { step.abs() } else { f64::INFINITY };
    }
    point
}
