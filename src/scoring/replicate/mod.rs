//! Replicate weights: variance from estimating again and again with parts of the sample weighted up and down.
//!
//! ```text
//! Strata or Stages ──Replicates::make──▶ Replicates ──over rows────▶ estimate: any statistic of a Sample
//!                                                   ──over a tally─▶ domains: every output of every domain of a run
//! ```
//!
//! A replicate multiplies the weights of the units of the first stage by factors. The variance of any statistic is the
//! spread of its values over the replicates: no derivative is needed, so medians and what else cannot be linearised with ease
//! have one too.
//!
//! All draws follow from the seed. Each replicate reads a `ChaCha` stream of its own, so it depends neither on how many
//! replicates there are nor on how many threads make them.

mod bootstrap;
mod domains;
mod draw;
#[cfg(test)]
mod golden;
mod hadamard;
mod jackknife;
mod kernel;
mod multistage;
mod spread;
mod supplied;
#[cfg(test)]
mod tests;

use rayon::prelude::*;

use crate::frame::Strata;
use crate::schema::{BootstrapKind, LonelyPsu, VarianceMethod};
use crate::scoring::sample::Sample;

pub use domains::{DomainReplicates, ReplicateEstimate, Wanted, estimates};
pub use hadamard::Hadamard;
pub use spread::Spread;

/// Why there are no replicates.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ReplicateError {
    /// The method makes no replicates.
    #[error("linearisation makes no replicates")]
    Linearised,
    /// A number of the method out of its range.
    #[error("{0:?}: a number lies outside its range")]
    Range(VarianceMethod),
    /// A stratum has one PSU, and nothing says what to do.
    #[error("stratum {stratum:?} has a single sampled PSU: state a rule for it (remove, certainty)")]
    Lonely {
        /// The stratum.
        stratum: String,
    },
    /// A rule for lonely PSUs that replicates cannot express.
    #[error("the rule {rule:?} for lonely PSUs has no replicates: choose remove or certainty, or linearise")]
    Rule {
        /// The rule's name.
        rule: &'static str,
    },
    /// Half-samples of a stratum that has not two PSUs.
    #[error("balanced half-samples need two PSUs in every stratum: stratum {stratum:?} has {sampled}")]
    NotTwo {
        /// The stratum.
        stratum: String,
        /// PSUs drawn in it.
        sampled: u32,
    },
    /// Half-samples of a sample drawn without replacement.
    #[error("balanced half-samples know no population counts: leave them out, or choose another method")]
    Population,
    /// Replicate weights of another number of rows than the sample, or ragged.
    #[error("replicate {replicate} has {found} weights, the sample {expected} rows")]
    Ragged {
        /// The replicate, from 1.
        replicate: usize,
        /// Weights found.
        found: usize,
        /// Rows of the sample.
        expected: usize,
    },
    /// A weight that is no number.
    #[error("replicate {replicate}, row {row}: the weight is no finite number")]
    Weight {
        /// The replicate, from 1.
        replicate: usize,
        /// The row, from 0.
        row: usize,
    },
    /// Fewer than two replicates, or another number of scales.
    #[error("{replicates} replicates with {rscales} scales of their own: at least two, and one scale each")]
    Count {
        /// Replicates.
        replicates: usize,
        /// Scales.
        rscales: usize,
    },
    /// A scale that is no number from 0.
    #[error("the scales of the replicates must be numbers from 0")]
    Scale,
    /// Replicates of other units than those to be weighted.
    #[error("the replicates weigh {found} units, the sample has {expected}")]
    Units {
        /// Units of the replicates.
        found: usize,
        /// Units of the sample.
        expected: usize,
    },
    /// The weights of the run were calibrated, and a tally cannot calibrate those of each replicate anew.
    #[error("weights that were calibrated have no replicates here: linearise")]
    Calibrated,
    /// Every replicate leaves the statistic without a value.
    #[error("no replicate has a value")]
    NoValue,
}

/// What the factors of a replicate multiply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// The PSUs, by their canonical number.
    Psus,
    /// The rows of a sample.
    Rows,
}

/// The factors, unit by unit.
#[derive(Debug, Clone, PartialEq)]
enum Factors {
    /// `replicates` numbers a unit, those of one unit after the other.
    Dense(Vec<f64>),
    /// Each replicate leaves one unit out.
    LeaveOneOut(jackknife::LeaveOneOut),
}

/// Replicates of a sample: by what each multiplies the weights, and how their spread becomes a variance.
///
/// # Formula
/// `V = scale · Σ_r rscale_r (t_r − c)(t_r − c)ᵀ`, with `c` the mean of the replicates, or the full-sample estimate where `mse` is asked
/// for: Wolter (2007), *Introduction to Variance Estimation*; `svrVar` of R's survey package.
#[derive(Debug, Clone, PartialEq)]
pub struct Replicates {
    level: Level,
    units: usize,
    count: usize,
    factors: Factors,
    scale: f64,
    rscales: Vec<f64>,
    mse: bool,
    df: f64,
    /// Whether replicates are draws of one kind, so that some may stand for all.
    exchangeable: bool,
}

impl Replicates {
    /// Makes the replicates of a method that acts on PSUs, those of a run among them; `seed` is what random ones follow from.
    ///
    /// Population counts shrink the jackknife by `1 − f_h`, and the bootstraps as [`BootstrapKind`] says.
    ///
    /// # Errors
    /// [`ReplicateError`]: a number out of range; a lonely PSU without a rule that replicates can express (`remove` and
    /// `certainty`: its factor is always 1); for half-samples, strata without two PSUs or with population counts.
    pub fn make(method: VarianceMethod, seed: u64, strata: &Strata, lonely: LonelyPsu) -> Result<Self, ReplicateError> {
        if !method.in_range() {
            return Err(ReplicateError::Range(method));
        }
        check_lonely(strata, lonely)?;
        match method {
            VarianceMethod::Linearised => Err(ReplicateError::Linearised),
            VarianceMethod::Jackknife => jackknife::make(strata),
            VarianceMethod::Brr => hadamard::half_samples(strata, 0.0),
            VarianceMethod::Fay { rho } => hadamard::half_samples(strata, rho),
            VarianceMethod::Bootstrap { kind, replicates } => Ok(bootstrap::make(kind, strata, replicates, seed)),
        }
    }

    /// Makes the replicates of a sample: over its PSUs, or for Preston's bootstrap of a sample with several stages over its rows.
    ///
    /// # Errors
    /// As [`Replicates::make`].
    pub fn of_sample(method: VarianceMethod, seed: u64, sample: &Sample) -> Result<Self, ReplicateError> {
        let stages = sample.stages();
        let strata = stages.strata(0).ok_or(ReplicateError::Units { found: 0, expected: sample.rows() })?;
        match method {
            VarianceMethod::Bootstrap { kind: BootstrapKind::Preston, replicates } if stages.len() > 1 => {
                if !method.in_range() {
                    return Err(ReplicateError::Range(method));
                }
                check_lonely(strata, sample.lonely().rule)?;
                multistage::preston(stages, sample.rows(), replicates, seed)
            }
            _ => Self::make(method, seed, strata, sample.lonely().rule),
        }
    }

    /// The same replicates about the full-sample estimate (`true`) or about their own mean.
    #[must_use]
    pub fn about_the_estimate(mut self, mse: bool) -> Self {
        self.mse = mse;
        self
    }

    /// How many replicates there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none; there always are two.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// What the factors multiply.
    #[must_use]
    pub fn level(&self) -> Level {
        self.level
    }

    /// How many units have factors.
    #[must_use]
    pub fn units(&self) -> usize {
        self.units
    }

    /// What the sum of squares is multiplied by.
    #[must_use]
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// The share of each replicate in the sum of squares.
    #[must_use]
    pub fn rscales(&self) -> &[f64] {
        &self.rscales
    }

    /// Degrees of freedom: as many independent contrasts as the replicates hold. For replicates made here, PSUs less strata, or one
    /// less than the replicates where those are fewer; for weights supplied, their rank less one. Both as `degf` of R.
    #[must_use]
    pub fn df(&self) -> f64 {
        self.df
    }

    /// The factor of a unit in a replicate.
    #[must_use]
    pub fn factor(&self, unit: usize, replicate: usize) -> f64 {
        match &self.factors {
            Factors::Dense(factors) => factors[unit * self.count + replicate],
            Factors::LeaveOneOut(out) => out.factor(unit, replicate),
        }
    }

    /// The weights of a sample in one replicate.
    ///
    /// # Errors
    /// [`ReplicateError::Units`], if they are replicates of another sample.
    pub fn weights(&self, sample: &Sample, replicate: usize) -> Result<Vec<f64>, ReplicateError> {
        self.fit(sample)?;
        let units = self.units_of(sample);
        Ok(sample.weights().iter().enumerate().map(|(row, w)| w * self.factor(units(row), replicate)).collect())
    }

    /// The values of a statistic in every replicate and what their spread says, for a sample whose rows are at hand.
    ///
    /// `statistic` turns weights into values, NaN where there is none. Replicates are computed in parallel; the result does not
    /// depend on it.
    ///
    /// # Errors
    /// [`ReplicateError::Units`], if they are replicates of another sample; [`ReplicateError::NoValue`].
    pub fn estimate(&self, sample: &Sample, statistic: impl Fn(&[f64]) -> Vec<f64> + Sync) -> Result<Spread, ReplicateError> {
        self.try_estimate(sample, |weights| Ok(statistic(weights)))
    }

    /// The same for a statistic that may fail, as one that calibrates the weights of every replicate anew: `sample` has the weights
    /// before the calibration then.
    ///
    /// # Errors
    /// As [`Replicates::estimate`], and the first failure of `statistic`.
    pub fn try_estimate<E: From<ReplicateError> + Send>(
        &self,
        sample: &Sample,
        statistic: impl Fn(&[f64]) -> Result<Vec<f64>, E> + Sync,
    ) -> Result<Spread, E> {
        self.fit(sample)?;
        let full = statistic(sample.weights())?;
        let of_replicate = |replicate| statistic(&self.weights(sample, replicate)?);
        let values: Vec<Result<Vec<f64>, E>> = (0..self.count).into_par_iter().map(of_replicate).collect();
        // One after the other, so that the failure told is the same for any number of threads.
        let values: Vec<Vec<f64>> = values.into_iter().collect::<Result<_, E>>()?;
        Ok(Spread::new(self, full, &values)?)
    }

    fn fit(&self, sample: &Sample) -> Result<(), ReplicateError> {
        let expected = match self.level {
            Level::Rows => sample.rows(),
            Level::Psus => sample.stages().strata(0).map_or(0, Strata::psus),
        };
        if self.units == expected { Ok(()) } else { Err(ReplicateError::Units { found: self.units, expected }) }
    }

    /// The unit of each row of a sample that they fit.
    fn units_of<'a>(&self, sample: &'a Sample) -> impl Fn(usize) -> usize + 'a {
        let psus = if self.level == Level::Psus { sample.stages().clusters(0) } else { None };
        move |row| psus.map_or(row, |psus| psus[row] as usize)
    }
}

/// Refuses lonely PSUs whose rule replicates cannot follow.
fn check_lonely(strata: &Strata, lonely: LonelyPsu) -> Result<(), ReplicateError> {
    let alone = |stratum: &&crate::frame::Stratum| stratum.sampled == 1 && stratum.population != Some(1);
    let Some(stratum) = strata.strata().iter().find(alone) else { return Ok(()) };
    match lonely {
        LonelyPsu::Remove | LonelyPsu::Certainty => Ok(()),
        LonelyPsu::Fail => Err(ReplicateError::Lonely { stratum: stratum.name.clone() }),
        LonelyPsu::Adjust | LonelyPsu::Average => Err(ReplicateError::Rule { rule: lonely.as_str() }),
    }
}

/// The sampling fraction of a stratum; 0 where its population is not known.
fn fraction(stratum: &crate::frame::Stratum) -> f64 {
    #[allow(clippy::cast_precision_loss)] // population counts are far below 2^53
    stratum.population.map_or(0.0, |population| (f64::from(stratum.sampled) / population as f64).min(1.0))
}

/// PSUs less strata.
fn contrasts(strata: &Strata) -> f64 {
    let there = strata.strata().iter().filter(|stratum| stratum.sampled > 0).count();
    count(strata.psus()) - count(there)
}

#[allow(clippy::cast_precision_loss)] // lists in memory
fn count(n: usize) -> f64 {
    n as f64
}
