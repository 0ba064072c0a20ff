//! Design-based variance of linearised statistics under ultimate clusters.

use crate::frame::Strata;
use crate::schema::LonelyPsu;

/// A stratum holds one sampled PSU and the rule is to fail.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stratum {stratum:?} has a single sampled PSU: state a rule for it (remove, adjust, average, certainty)")]
pub struct LonelyStratum {
    /// The stratum's name.
    pub stratum: String,
}

/// What to do with strata that hold one PSU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LonelyRule {
    /// The rule for strata with one sampled PSU.
    pub rule: LonelyPsu,
    /// Whether `Adjust` and `Average` also hold for strata that have more PSUs, but one with rows in the domain.
    pub in_domains: bool,
}

impl From<LonelyPsu> for LonelyRule {
    fn from(rule: LonelyPsu) -> Self {
        Self { rule, in_domains: false }
    }
}

/// The linearised values of several statistics, PSU by PSU, for the PSUs that a domain has rows in.
///
/// PSUs come in canonical order; `z` is row-major, `width` values a PSU.
#[derive(Debug, Clone, Default)]
pub struct Scatter {
    /// Statistics a PSU.
    pub width: usize,
    /// The PSUs, ascending.
    pub psus: Vec<u32>,
    /// Their linearised totals.
    pub z: Vec<f64>,
}

impl Scatter {
    /// One statistic of several.
    #[must_use]
    pub fn column(&self, statistic: usize) -> Self {
        let z = self.z.chunks_exact(self.width.max(1)).map(|row| row[statistic]).collect();
        Self { width: 1, psus: self.psus.clone(), z }
    }

    /// Degrees of freedom: its PSUs less the strata that they lie in.
    #[must_use]
    pub fn df(&self, strata: &Strata) -> f64 {
        let groups = self.psus.chunk_by(|a, b| strata.stratum_of(*a) == strata.stratum_of(*b)).count();
        f64::from(u32::try_from(self.psus.len() - groups).unwrap_or(u32::MAX))
    }

    /// The covariance matrix of the statistics, row-major `width × width`.
    ///
    /// # Formula
    /// `Σ_h (1 − n_h/N_h) · n_h/(n_h−1) · Σ_j (z_hj − z̄_h)(z_hj − z̄_h)ᵀ`, Särndal, Swensson and Wretman (1992), eq. 4.2.10,
    /// with `n_h` all sampled PSUs of the stratum: those without rows in the domain contribute `z = 0`. The same as
    /// `svyrecvar` of R's survey package with ultimate clusters.
    ///
    /// # Errors
    /// [`LonelyStratum`] where the rule is [`LonelyPsu::Fail`] and a stratum of the domain has one sampled PSU that is
    /// not its whole population.
    pub fn covariance(&self, strata: &Strata, lonely: impl Into<LonelyRule>) -> Result<Vec<f64>, LonelyStratum> {
        self.covariance_within(strata, lonely, &[])
    }

    /// The covariance matrix where each stratum lies within a cluster of a stage before it, reached with the fraction
    /// `reach[stratum]`, by which its part is multiplied; an empty list stands for ones.
    ///
    /// # Errors
    /// As [`Scatter::covariance`].
    pub fn covariance_within(&self, strata: &Strata, lonely: impl Into<LonelyRule>, reach: &[f64]) -> Result<Vec<f64>, LonelyStratum> {
        let mut sum = vec![0.0; self.width * self.width];
        self.walk(strata, lonely.into(), reach, |factor, centred| {
            for (a, row) in sum.chunks_exact_mut(self.width.max(1)).enumerate() {
                for (cell, b) in row.iter_mut().zip(centred) {
                    *cell += factor * (centred[a] * b);
                }
            }
        })
        .map(|scale| sum.iter().map(|cell| cell * scale).collect())
    }

    /// The variances alone: the diagonal of [`Scatter::covariance`].
    ///
    /// # Errors
    /// As [`Scatter::covariance`].
    pub fn variances(&self, strata: &Strata, lonely: impl Into<LonelyRule>) -> Result<Vec<f64>, LonelyStratum> {
        let mut sum = vec![0.0; self.width];
        self.walk(strata, lonely.into(), &[], |factor, centred| {
            for (cell, z) in sum.iter_mut().zip(centred) {
                *cell += factor * (z * z);
            }
        })
        .map(|scale| sum.iter().map(|cell| cell * scale).collect())
    }

    /// Visits every centred PSU vector with its stratum's factor; PSUs without rows are visited as one vector whose
    /// factor counts them. Returns by what the sums are to be multiplied.
    fn walk(&self, strata: &Strata, lonely: LonelyRule, reach: &[f64], mut visit: impl FnMut(f64, &[f64])) -> Result<f64, LonelyStratum> {
        let mut centred = vec![0.0; self.width];
        let (mut seen, mut alone) = (0_u32, 0_u32);
        let mut start = 0;
        while start < self.psus.len() {
            let stratum = strata.stratum_of(self.psus[start]);
            let end = start + self.psus[start..].iter().take_while(|psu| strata.stratum_of(**psu) == stratum).count();
            let info = &strata.strata()[stratum as usize];
            let n = f64::from(info.sampled);
            #[allow(clippy::cast_precision_loss)] // population counts are far below 2^53
            let rest = info.population.map_or(1.0, |population| (1.0 - n / population as f64).max(0.0));
            let rest = rest * reach.get(stratum as usize).copied().unwrap_or(1.0);
            seen += 1;
            let rows = &self.z[start * self.width..end * self.width];
            let factor = if info.sampled > 1 { rest * n / (n - 1.0) } else { rest };
            let applies = matches!(lonely.rule, LonelyPsu::Adjust | LonelyPsu::Average);
            let lonely_here = info.sampled == 1 || lonely.in_domains && applies && end - start == 1;
            if !lonely_here {
                let absent = f64::from(info.sampled) - f64::from(u32::try_from(end - start).unwrap_or(u32::MAX));
                let first = &rows[..self.width];
                // The mean of equal rows by division may miss them by a digit; their variance is 0.
                let equal = absent == 0.0 && rows.chunks_exact(self.width.max(1)).all(|row| row == first);
                let mean = if equal { first.to_vec() } else { self.mean(rows, n) };
                for row in rows.chunks_exact(self.width.max(1)) {
                    for ((c, z), m) in centred.iter_mut().zip(row).zip(&mean) {
                        *c = z - m;
                    }
                    visit(factor, &centred);
                }
                if absent > 0.0 {
                    visit(factor * absent, &mean);
                }
            } else if rest > 0.0 {
                alone += 1;
                match lonely.rule {
                    LonelyPsu::Fail => return Err(LonelyStratum { stratum: info.name.clone() }),
                    LonelyPsu::Remove | LonelyPsu::Certainty | LonelyPsu::Average => {}
                    LonelyPsu::Adjust => {
                        let all = f64::from(u32::try_from(strata.psus()).unwrap_or(u32::MAX));
                        let mean = self.mean(&self.z, all);
                        for ((c, z), m) in centred.iter_mut().zip(rows).zip(&mean) {
                            *c = z - m;
                        }
                        visit(factor, &centred);
                    }
                }
            }
            start = end;
        }
        let average = lonely.rule == LonelyPsu::Average && seen > alone;
        Ok(if average { f64::from(seen) / f64::from(seen - alone) } else { 1.0 })
    }

    /// Column sums over `n`.
    fn mean(&self, rows: &[f64], n: f64) -> Vec<f64> {
        let mut sum = vec![0.0; self.width];
        for row in rows.chunks_exact(self.width.max(1)) {
            for (s, z) in sum.iter_mut().zip(row) {
                *s += z;
            }
        }
        sum.iter().map(|s| s / n).collect()
    }
}
