//! Design-based variance of linearised statistics under ultimate clusters.

use std::ops::Range;

use crate::frame::{Strata, Stratum};
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
            add_products(&mut sum, factor, centred, centred);
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

    /// The covariances of these statistics with those of another domain, row-major `width × other.width`: 0 where the domains
    /// share no stratum.
    ///
    /// # Formula
    /// That of [`Scatter::covariance`] over both domains' PSUs. A stratum with one PSU takes part where both domains have rows in
    /// it. [`LonelyPsu::Average`] multiplies by the root of the product of what it multiplies the two domains' variances by, so that
    /// correlations are those of the strata with more PSUs and the matrix of all domains stays positive semidefinite.
    ///
    /// # Errors
    /// As [`Scatter::covariance`].
    pub fn covariance_with(&self, other: &Self, strata: &Strata, lonely: LonelyPsu) -> Result<Vec<f64>, LonelyStratum> {
        let sides = [self, other];
        let mut sum = vec![0.0; self.width * other.width];
        let mut centred = sides.map(|side| vec![0.0; side.width]);
        let all = f64::from(u32::try_from(strata.psus()).unwrap_or(u32::MAX));
        for (stratum, parts) in shared(self.parts(strata), other.parts(strata)) {
            let info = &strata.strata()[stratum as usize];
            let (n, rest) = (f64::from(info.sampled), undrawn(info));
            let rows = [0, 1].map(|side| &sides[side].z[parts[side].start * sides[side].width..parts[side].end * sides[side].width]);
            if info.sampled > 1 {
                let means = [self.mean(rows[0], n), other.mean(rows[1], n)];
                let factor = rest * n / (n - 1.0);
                let mut absent = n;
                for places in united(&self.psus[parts[0].clone()], &other.psus[parts[1].clone()]) {
                    for side in 0..2 {
                        let row = places[side].and_then(|place| rows[side].chunks_exact(sides[side].width).nth(place));
                        centre(&mut centred[side], row, &means[side]);
                    }
                    add_products(&mut sum, factor, &centred[0], &centred[1]);
                    absent -= 1.0;
                }
                if absent > 0.0 {
                    add_products(&mut sum, factor * absent, &means[0], &means[1]);
                }
            } else if rest > 0.0 {
                match lonely {
                    LonelyPsu::Fail => return Err(LonelyStratum { stratum: info.name.clone() }),
                    LonelyPsu::Remove | LonelyPsu::Certainty | LonelyPsu::Average => {}
                    LonelyPsu::Adjust => {
                        for side in 0..2 {
                            centre(&mut centred[side], Some(rows[side]), &sides[side].mean(&sides[side].z, all));
                        }
                        add_products(&mut sum, rest, &centred[0], &centred[1]);
                    }
                }
            }
        }
        let scale = if lonely == LonelyPsu::Average { (self.averaged(strata) * other.averaged(strata)).sqrt() } else { 1.0 };
        Ok(sum.iter().map(|cell| cell * scale).collect())
    }

    /// The strata that have PSUs here, each with the places of its PSUs.
    fn parts(&self, strata: &Strata) -> Vec<(u32, Range<usize>)> {
        let mut start = 0;
        let part = |psus: &[u32]| {
            start += psus.len();
            (strata.stratum_of(psus[0]), start - psus.len()..start)
        };
        self.psus.chunk_by(|a, b| strata.stratum_of(*a) == strata.stratum_of(*b)).map(part).collect()
    }

    /// By what [`LonelyPsu::Average`] multiplies variances: strata over those of them that have more than one PSU.
    fn averaged(&self, strata: &Strata) -> f64 {
        let lonely = |stratum: &u32| strata.strata()[*stratum as usize].sampled == 1 && undrawn(&strata.strata()[*stratum as usize]) > 0.0;
        let parts = self.parts(strata);
        let alone = parts.iter().filter(|(stratum, _)| lonely(stratum)).count();
        let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
        if parts.len() > alone { count(parts.len()) / count(parts.len() - alone) } else { 1.0 }
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
            let rest = undrawn(info) * reach.get(stratum as usize).copied().unwrap_or(1.0);
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

/// The share of a stratum's PSUs that were not drawn: 1 where they were drawn with replacement.
fn undrawn(stratum: &Stratum) -> f64 {
    #[allow(clippy::cast_precision_loss)] // population counts are far below 2^53
    stratum.population.map_or(1.0, |population| (1.0 - f64::from(stratum.sampled) / population as f64).max(0.0))
}

/// The linearised values of a PSU less their means; a PSU without rows has 0.
fn centre(centred: &mut [f64], row: Option<&[f64]>, mean: &[f64]) {
    for (place, (centred, mean)) in centred.iter_mut().zip(mean).enumerate() {
        *centred = row.map_or(0.0, |row| row[place]) - mean;
    }
}

/// Adds `factor · a bᵀ`.
fn add_products(sum: &mut [f64], factor: f64, a: &[f64], b: &[f64]) {
    for (row, a) in sum.chunks_exact_mut(b.len().max(1)).zip(a) {
        for (cell, b) in row.iter_mut().zip(b) {
            *cell += factor * (a * b);
        }
    }
}

/// What stands in both lists, which rise by their first members.
fn shared<T>(a: Vec<(u32, T)>, b: Vec<(u32, T)>) -> Vec<(u32, [T; 2])> {
    let mut b = b.into_iter().peekable();
    let both = |(key, mine): (u32, T)| {
        while b.next_if(|(other, _)| *other < key).is_some() {}
        let (_, theirs) = b.next_if(|(other, _)| *other == key)?;
        Some((key, [mine, theirs]))
    };
    a.into_iter().filter_map(both).collect()
}

/// The members of two rising lists, each once, with its place in either.
fn united<'a>(first: &'a [u32], second: &'a [u32]) -> impl Iterator<Item = [Option<usize>; 2]> + 'a {
    let mut next = [0, 0];
    std::iter::from_fn(move || {
        let members = [first.get(next[0]), second.get(next[1])];
        let least = members.into_iter().flatten().min()?;
        Some([0, 1].map(|side| {
            let place = (members[side] == Some(least)).then_some(next[side]);
            next[side] += usize::from(place.is_some());
            place
        }))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Strata of 4, 3, 1 and 1 PSUs, the last but one drawn whole.
    fn strata() -> Strata {
        let stratum = |(name, population): (&str, Option<i64>)| Stratum { name: name.to_owned(), sampled: 0, population };
        let list = [("a", Some(20)), ("b", None), ("whole", Some(1)), ("lonely", Some(9))].map(stratum).to_vec();
        Strata::new(list, vec![0, 0, 0, 0, 1, 1, 1, 2, 3], vec![None; 9]).unwrap()
    }

    /// Two statistics of a domain that has rows in these PSUs.
    fn domain(psus: &[u32], seed: f64) -> Scatter {
        let z = psus.iter().flat_map(|psu| [1.0, 2.0].map(|by| (seed * by * f64::from(psu + 1)) % 1.0 - 0.4)).collect();
        Scatter { width: 2, psus: psus.to_vec(), z }
    }

    #[test]
    fn two_domains_covary_as_the_statistics_of_both_over_the_psus_of_either() {
        let strata = strata();
        let (a, b) = (domain(&[0, 1, 3, 4, 7, 8], 0.37), domain(&[1, 2, 4, 5, 6, 7, 8], 0.73));
        let mut both = Scatter { width: 4, ..Scatter::default() };
        for psu in 0..9 {
            both.psus.push(psu);
            for side in [&a, &b] {
                let row = side.psus.iter().position(|own| *own == psu).map(|place| &side.z[2 * place..2 * place + 2]);
                both.z.extend(row.unwrap_or(&[0.0, 0.0]));
            }
        }
        for rule in [LonelyPsu::Remove, LonelyPsu::Certainty, LonelyPsu::Adjust, LonelyPsu::Average] {
            let (found, joint) = (a.covariance_with(&b, &strata, rule).unwrap(), both.covariance(&strata, rule).unwrap());
            for (place, cell) in found.iter().enumerate() {
                let expected = joint[place / 2 * 4 + 2 + place % 2];
                assert!((cell - expected).abs() < 1e-14, "{rule:?} {place}: {cell} is not {expected}");
            }
            let (own, variances) = (a.covariance_with(&a, &strata, rule).unwrap(), a.covariance(&strata, rule).unwrap());
            assert!(own.iter().zip(&variances).all(|(a, b)| (a - b).abs() < 1e-14), "{rule:?}");
        }
        assert_eq!(a.covariance_with(&b, &strata, LonelyPsu::Fail), Err(LonelyStratum { stratum: "lonely".to_owned() }));
    }

    #[test]
    fn domains_of_different_strata_do_not_covary() {
        let (a, b) = (domain(&[0, 1, 3, 8], 0.37), domain(&[4, 5], 0.73));
        assert_eq!(a.covariance_with(&b, &strata(), LonelyPsu::Fail), Ok(vec![0.0; 4]));
    }
}
