//! Change between two years, with what both years' samples share.
//!
//! Where a PSU is in both samples its villages are much the same in both years: the estimates covary, and a change has
//! another standard error than the two years' own would give. [`paired`] puts both years' linearised values side by side
//! over one list of PSUs (`frame::stack` makes it); [`between`] reads variances and covariance off them.

use std::cmp::Ordering;

use crate::frame::{Strata, Stratum};
use crate::numeric::distribution::{normal, student};
use crate::schema::LonelyPsu;
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

/// The change from `before` to `after`, of whose covariance nothing is known: with the largest standard error that there can be, so that what it
/// calls a change is one whatever the covariance.
///
/// # Formula
/// `se = se₁ + se₂`, the bound of `√(V₁ + V₂ − 2 C₁₂)` over all `C₁₂` with `|C₁₂| ≤ se₁ se₂` (Cauchy and Schwarz); the fewer degrees of
/// freedom of the two.
#[must_use]
pub fn unknown_covariance(before: Measured, after: Measured) -> Change {
    let se = before.variance.max(0.0).sqrt() + after.variance.max(0.0).sqrt();
    Change::new(after.value - before.value, se * se, before.df.min(after.df))
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

/// The samples of two years over one list of PSUs.
#[derive(Debug, Clone, Copy)]
pub struct Samples<'a> {
    /// The PSUs of both years.
    pub strata: &'a Strata,
    /// Which of them each year has, where its variance is its own; none: a PSU that a year does not have counts as one whose total
    /// was 0, as in a design whose rows are those of both years with the year as a domain.
    pub drawn: Option<[&'a [bool]; 2]>,
    /// What to do with strata that hold one PSU.
    pub lonely: LonelyPsu,
}

impl Samples<'_> {
    /// Restates a year's linearised values so that [`Scatter::covariance`] over the PSUs of both years gives the year's own variance,
    /// and between years the covariance of the PSUs that both have. Values stay as they are where PSUs of no year are told apart.
    ///
    /// # Formula
    /// In a stratum with m PSUs in the year and n in either, `z′ = (z − z̄) √(m/(m−1) · (n−1)/n)` for the year's PSUs, z̄ their
    /// mean, and 0 for the others. Since the z′ sum to 0, `n/(n−1) Σ z′² = m/(m−1) Σ (z − z̄)²`, the variance of the year by itself;
    /// the covariance is `√(m₁/(m₁−1) · m₂/(m₂−1)) Σ (z₁ − z̄₁)(z₂ − z̄₂)` over PSUs of both years, and no change has a negative
    /// variance. Särndal, Swensson and Wretman (1992), eq. 4.2.10, for each year. A year's only PSU in a stratum follows the rule
    /// for lonely PSUs.
    ///
    /// # Errors
    /// [`LonelyStratum`], if that rule is to fail.
    pub fn restate(&self, year: usize, scatter: &Scatter) -> Result<Scatter, LonelyStratum> {
        let Some(drawn) = self.drawn else { return Ok(scatter.clone()) };
        let (width, drawn) = (scatter.width.max(1), drawn[year]);
        let mut restated = Scatter { width: scatter.width, ..Scatter::default() };
        let (mut strata, mut alone) = (0_u32, 0_u32);
        let mut rows = scatter.psus.iter().zip(scatter.z.chunks_exact(width)).peekable();
        while let Some((psu, _)) = rows.peek() {
            let stratum = self.strata.stratum_of(**psu);
            let info = &self.strata.strata()[stratum as usize];
            let mut own: Vec<(u32, &[f64])> = Vec::new();
            for psu in self.strata.psus_of(stratum) {
                let row = rows.next_if(|(known, _)| **known == psu).map(|(_, row)| row);
                if row.is_some() || drawn.get(psu as usize).copied().unwrap_or(false) {
                    own.push((psu, row.unwrap_or_default()));
                }
            }
            strata += 1;
            alone += u32::from(own.len() == 1 && info.sampled > 1);
            self.restate_stratum(info, &own, (scatter, drawn), &mut restated)?;
        }
        if self.lonely == LonelyPsu::Average && strata > alone {
            let scale = (f64::from(strata) / f64::from(strata - alone)).sqrt();
            restated.z.iter_mut().for_each(|z| *z *= scale);
        }
        Ok(restated)
    }

    /// The values of one stratum; `own` has the year's PSUs, those without rows with nothing.
    fn restate_stratum(
        &self,
        info: &Stratum,
        own: &[(u32, &[f64])],
        (scatter, drawn): (&Scatter, &[bool]),
        restated: &mut Scatter,
    ) -> Result<(), LonelyStratum> {
        let value = |row: &[f64], column: usize| row.get(column).copied().unwrap_or(0.0);
        let all = f64::from(info.sampled);
        let mut push = |centre: &dyn Fn(usize) -> f64, scale: f64| {
            for (psu, row) in own {
                restated.psus.push(*psu);
                restated.z.extend((0..scatter.width).map(|column| (value(row, column) - centre(column)) * scale));
            }
        };
        if info.sampled == 1 {
            push(&|_| 0.0, 1.0);
        } else if own.len() > 1 {
            let n = f64::from(u32::try_from(own.len()).unwrap_or(u32::MAX));
            // The mean of equal values by division may miss them by a digit; their variance is 0.
            let equal = own.iter().all(|(_, row)| *row == own[0].1);
            let mean =
                |column| if equal { value(own[0].1, column) } else { own.iter().map(|(_, row)| value(row, column)).sum::<f64>() / n };
            let means: Vec<f64> = (0..scatter.width).map(mean).collect();
            push(&|column| means[column], (n / (n - 1.0) * (all - 1.0) / all).sqrt());
        } else {
            match self.lonely {
                LonelyPsu::Fail => return Err(LonelyStratum { stratum: info.name.clone() }),
                LonelyPsu::Remove | LonelyPsu::Certainty | LonelyPsu::Average => push(&|_| 0.0, 0.0),
                // One value in its stratum: n/(n−1) times its square about the stratum's mean is the square itself.
                LonelyPsu::Adjust => {
                    let psus = f64::from(u32::try_from(drawn.iter().filter(|drawn| **drawn).count()).unwrap_or(u32::MAX)).max(1.0);
                    let sums = |column: usize| scatter.z.iter().skip(column).step_by(scatter.width.max(1)).sum::<f64>() / psus;
                    let means: Vec<f64> = (0..scatter.width).map(sums).collect();
                    push(&|column| means[column], 1.0);
                }
            }
        }
        Ok(())
    }
}

/// The change of a domain from its estimates in two years and their linearised values, one column each.
///
/// # Formula
/// [`Scatter::covariance`] of [`paired`] values, as [`Samples::restate`] has them.
///
/// # Errors
/// [`LonelyStratum`], if the rule for lonely PSUs is to fail.
pub fn between(values: [f64; 2], scatters: [&Scatter; 2], samples: Samples<'_>) -> Result<PairedChange, LonelyStratum> {
    let strata = samples.strata;
    let restated = [samples.restate(0, scatters[0])?, samples.restate(1, scatters[1])?];
    let matrix = paired(&restated[0], &restated[1]).covariance(strata, samples.lonely)?;
    let (v1, covariance, v2) = (matrix[0], matrix[1], matrix[3]);
    let measured = |side: usize, variance: f64| Measured { value: values[side], variance, df: scatters[side].df(strata) };
    let change = Change::new(values[1] - values[0], v1 + v2 - 2.0 * covariance, paired(scatters[0], scatters[1]).df(strata));
    Ok(PairedChange { before: measured(0, v1), after: measured(1, v2), covariance, change })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_covariance_makes_a_change_more_uncertain_than_one_of_which_nothing_is_known() {
        let (a, b) = (Measured { value: 80.0, variance: 2.25, df: 12.0 }, Measured { value: 84.0, variance: 0.5, df: 30.0 });
        let bound = unknown_covariance(a, b);
        let most = (a.variance * b.variance).sqrt();
        for share in [-1.0, -0.5, 0.0, 0.5, 1.0] {
            let known = change(a, b, share * most);
            assert!(bound.se >= known.se - 1e-12 && bound.p_t >= known.p_t, "{share}: {bound:?} {known:?}");
        }
        assert!((bound.se - change(a, b, -most).se).abs() < 1e-12, "and it is reached");
    }

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

    /// Two strata: PSUs 0 to 3, and 4 to 6.
    fn strata() -> Strata {
        let stratum = |name: &str| Stratum { name: name.into(), sampled: 0, population: None };
        Strata::new(vec![stratum("a"), stratum("b")], vec![0, 0, 0, 0, 1, 1, 1], vec![None; 7]).unwrap()
    }

    fn year(psus: &[u32], z: &[f64]) -> Scatter {
        Scatter { width: 1, psus: psus.to_vec(), z: z.to_vec() }
    }

    #[test]
    fn a_years_own_variance_knows_nothing_of_the_psus_of_another() {
        let strata = strata();
        // The first year has 0, 1, 2 and 4, 5; the domain has no rows in 1. The second has 1, 2, 3 and 5, 6.
        let drawn = [vec![true, true, true, false, true, true, false], vec![false, true, true, true, false, true, true]];
        let samples = Samples { strata: &strata, drawn: Some(drawn.each_ref().map(Vec::as_slice)), lonely: LonelyPsu::Fail };
        let (before, after) = (year(&[0, 2, 4, 5], &[3.0, 6.0, 1.0, 5.0]), year(&[1, 2, 3, 5, 6], &[1.0, 2.0, 6.0, 4.0, 8.0]));
        let found = between([10.0, 12.0], [&before, &after], samples).unwrap();
        // By hand: z̄ 3 and 3: 3/2 (0 + 9 + 9) + 2/1 (4 + 4); z̄ 3 and 6: 3/2 (4 + 1 + 9) + 2/1 (4 + 4).
        assert!((found.before.variance - 43.0).abs() < 1e-12 && (found.after.variance - 37.0).abs() < 1e-12, "{found:?}");
        // Shared: 1 (0 − 3)(1 − 3), 2 (6 − 3)(2 − 3), times 3/2; 5 (5 − 3)(4 − 6), times 2.
        assert!((found.covariance - (1.5 * (6.0 - 3.0) - 8.0)).abs() < 1e-12, "{found:?}");
        assert!((found.change.se.powi(2) - (43.0 + 37.0 + 2.0 * 3.5)).abs() < 1e-12);
        assert!((found.before.df - 2.0).abs() < 1e-15 && (found.change.df - 5.0).abs() < 1e-15, "by PSUs with rows: {found:?}");
        let stacked = between([10.0, 12.0], [&before, &after], Samples { drawn: None, ..samples }).unwrap();
        assert!((stacked.before.variance - (4.0 / 3.0 * (45.0 - 81.0 / 4.0) + 1.5 * (26.0 - 12.0))).abs() < 1e-12, "{stacked:?}");
    }

    #[test]
    fn the_only_psu_of_a_year_in_a_stratum_follows_the_rule() {
        let strata = strata();
        let drawn = [vec![true, true, true, true, true, false, false], vec![true; 7]];
        let scatter = year(&[0, 1, 2, 3, 4], &[1.0, 3.0, 5.0, 7.0, 9.0]);
        let by = |lonely| {
            let samples = Samples { strata: &strata, drawn: Some(drawn.each_ref().map(Vec::as_slice)), lonely };
            Ok::<f64, LonelyStratum>(between([0.0, 0.0], [&scatter, &year(&[], &[])], samples)?.before.variance)
        };
        assert!(by(LonelyPsu::Fail).is_err());
        let rest = 4.0 / 3.0 * 20.0;
        assert!((by(LonelyPsu::Remove).unwrap() - rest).abs() < 1e-12);
        assert!((by(LonelyPsu::Average).unwrap() - 2.0 * rest).abs() < 1e-12);
        assert!((by(LonelyPsu::Adjust).unwrap() - (rest + 16.0)).abs() < 1e-12, "9 about the mean 5 of five PSUs");
    }
}
