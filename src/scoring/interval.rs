//! Confidence intervals.

use crate::scoring::distribution::{normal, student};

/// The two-sided interval `value ∓ t · se` with the t quantile at `df` degrees of freedom; the normal quantile where
/// `df` is infinite; `None` where there are no degrees of freedom to speak of.
#[must_use]
pub fn t_interval(value: f64, se: f64, df: f64, level: f64) -> Option<(f64, f64)> {
    let upper = f64::midpoint(1.0, level);
    let t = if df.is_infinite() { normal::quantile(upper) } else { student::quantile(upper, df) };
    (df > 0.0 && t.is_finite()).then(|| (value - t * se, value + t * se))
}
