//! Change between two years, with what both years' samples share.
//!
//! Where a PSU is in both samples its villages are much the same in both years: the estimates covary, and a change has
//! another standard error than the two years' own would give. [`paired`] puts both years' linearised values side by side
//! over one list of PSUs (`frame::stack` makes it); [`between`] reads variances and covariance off them.

use std::cmp::Ordering;

use crate::frame::Strata;
use crate::schema::LonelyPsu;
use crate::scoring::distribution::{normal, student};
use crate::scoring::{LonelyStratum, Scatter};

/// An estimate as far as a comparison needs it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// The value.
    pub value: f64,
    /// Its variance: the square of its standard error.
    pub variance: f64,
    /// Degrees of freedom of the variance; infinity where it is known.
    pub df: f64,
}

/// A difference of two estimates, and the test of whether there is one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// After less before.
    pub value: f64,
    /// Its standard error.
    pub se: f64,
    /// `value / se`: z where it is held against the normal distribution, t where against Student's.
    pub statistic: f64,
    /// Degrees of freedom for t.
    pub df: f64,
    /// Two-sided p-value of the normal distribution.
    pub p_normal: f64,
    /// Two-sided p-value of Student's t; `None` where there are no degrees of freedom.
    pub p_t: Option<f64>,
}

impl Change {
    /// A difference whose variance and degrees of freedom are known. A variance that rounding made negative counts as 0.
    #[must_use]
    pub fn new(value: f64, variance: f64, df: f64) -> Self {
        let se = variance.max(0.0).sqrt();
        let statistic = if value == 0.0 { 0.0 } else { value / se };
        let p_t = (df > 0.0).then(|| if statistic.is_infinite() { 0.0 } else { 2.0 * student::sf(statistic.abs(), df) });
        Self { value, se, statistic, df, p_normal: 2.0 * normal::sf(statistic.abs()), p_t }
    }
}

/// The change from `before` to `after`, whose estimates have this covariance.
///
/// # Formula
/// `V = V₁ + V₂ − 2 C₁₂`, with degrees of freedom by [`welch_satterthwaite`].
#[must_use]
pub fn change(before: Measured, after: Measured, covariance: f64) -> Change {
    let variance = before.variance + after.variance - 2.0 * covariance;
    Change::new(after.value - before.value, variance, welch_satterthwaite(before, after))
}

/// Degrees of freedom of a difference: between the fewer of the two and their sum. 0 where either has none.
///
/// # Formula
/// `(V₁ + V₂)² / (V₁²/ν₁ + V₂²/ν₂)`, Satterthwaite (1946), Welch (1947).
#[must_use]
pub fn welch_satterthwaite(a: Measured, b: Measured) -> f64 {
    if !(a.df > 0.0 && b.df > 0.0) {
        return 0.0;
    }
    let all = a.variance + b.variance;
    if all <= 0.0 {
        return a.df.min(b.df);
    }
    // As shares of the whole, so that no square leaves the range of a double.
    let (x, y) = (a.variance / all, b.variance / all);
    1.0 / (x * x / a.df + y * y / b.df)
}

/// The change of one domain between two years, with both years' variances over the PSUs of both.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairedChange {
    /// The first year.
    pub before: Measured,
    /// The second year.
    pub after: Measured,
    /// The covariance of their estimates.
    pub covariance: f64,
    /// The change; its degrees of freedom are the PSUs less the strata that have rows in either year.
    pub change: Change,
}

/// The linearised values of two years, a column each, over the PSUs of either. Both have one column and count their PSUs
/// on one list.
#[must_use]
pub fn paired(before: &Scatter, after: &Scatter) -> Scatter {
    let mut both = Scatter { width: 2, ..Scatter::default() };
    let (mut a, mut b) = (0, 0);
    loop {
        let order = match (before.psus.get(a), after.psus.get(b)) {
            (None, None) => return both,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(x), Some(y)) => x.cmp(y),
        };
        both.psus.push(if order.is_le() { before.psus[a] } else { after.psus[b] });
        both.z.push(if order.is_le() { before.z[a] } else { 0.0 });
        both.z.push(if order.is_ge() { after.z[b] } else { 0.0 });
        a += usize::from(order.is_le());
        b += usize::from(order.is_ge());
    }
}

/// The change of a domain from its estimates in two years and their linearised values, one column each, over `strata`
/// that hold the PSUs of both years.
///
/// # Formula
/// [`Scatter::covariance`] of [`paired`]: a PSU drawn in one year only has z = 0 in the other, as in a design whose rows
/// are those of both years with the year as a domain.
///
/// # Errors
/// [`LonelyStratum`], if the rule for lonely PSUs is to fail.
pub fn between(values: [f64; 2], scatters: [&Scatter; 2], strata: &Strata, lonely: LonelyPsu) -> Result<PairedChange, LonelyStratum> {
    let both = paired(scatters[0], scatters[1]);
    let matrix = both.covariance(strata, lonely)?;
    let (v1, covariance, v2) = (matrix[0], matrix[1], matrix[3]);
    let measured = |side: usize, variance: f64| Measured { value: values[side], variance, df: scatters[side].df(strata) };
    let change = Change::new(values[1] - values[0], v1 + v2 - 2.0 * covariance, both.df(strata));
    Ok(PairedChange { before: measured(0, v1), after: measured(1, v2), covariance, change })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn welchs_test_of_a_textbook_example() {
        // Student's sleep data in R: t.test(extra ~ group) gives t = -1.8608, df = 17.776, p-value = 0.07939.
        let first = Measured { value: 0.75, variance: 3.200_555_555_555_556 / 10.0, df: 9.0 };
        let second = Measured { value: 2.33, variance: 4.009 / 10.0, df: 9.0 };
        let change = change(first, second, 0.0);
        assert!((change.statistic - 1.8608).abs() < 5e-5, "{change:?}");
        assert!((change.df - 17.776).abs() < 5e-4);
        assert!((change.p_t.unwrap() - 0.07939).abs() < 5e-6);
    }

    #[test]
    fn a_shared_sample_sharpens_a_change() {
        let year = |value| Measured { value, variance: 4.0, df: f64::INFINITY };
        let (apart, shared) = (change(year(80.0), year(83.0), 0.0), change(year(80.0), year(83.0), 3.0));
        assert!((apart.se - 8.0_f64.sqrt()).abs() < 1e-15 && (shared.se - 2.0_f64.sqrt()).abs() < 1e-15);
        assert!(shared.p_normal < apart.p_normal);
        assert!((shared.p_t.unwrap() - shared.p_normal).abs() < 1e-15, "no end of degrees of freedom is the normal distribution");
    }

    #[test]
    fn no_change_and_no_doubt_have_their_p_values() {
        let none = Change::new(0.0, 0.0, 5.0);
        assert_eq!((none.statistic, none.p_normal, none.p_t), (0.0, 1.0, Some(1.0)));
        let certain = Change::new(2.0, 0.0, 5.0);
        assert_eq!((certain.statistic, certain.p_normal, certain.p_t), (f64::INFINITY, 0.0, Some(0.0)));
        assert_eq!(Change::new(2.0, 1.0, 0.0).p_t, None);
    }

    #[test]
    fn years_pair_by_psu() {
        let year = |psus: &[u32], z: &[f64]| Scatter { width: 1, psus: psus.to_vec(), z: z.to_vec() };
        let both = paired(&year(&[1, 4, 5], &[0.1, 0.4, 0.5]), &year(&[0, 4, 9], &[7.0, 7.4, 7.9]));
        assert_eq!(both.psus, [0, 1, 4, 5, 9]);
        assert_eq!(both.z, [0.0, 7.0, 0.1, 0.0, 0.4, 7.4, 0.5, 0.0, 0.0, 7.9]);
    }
}
