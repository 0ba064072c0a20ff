//! How many people to ask, and how well so many can answer.

use super::number::{as_real, up_to_whole};

/// Why there is no sample size.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SizeError {
    /// Not a number above zero.
    #[error("{what} is {value}; it must be a number above zero")]
    NotPositive {
        /// What should be positive.
        what: &'static str,
        /// What was given.
        value: f64,
    },
    /// Not strictly between 0 and 1, or not in (0, 1] for a rate.
    #[error("{what} is {value}; it must lie between 0 and 1")]
    NotAShare {
        /// What should be a share.
        what: &'static str,
        /// What was given.
        value: f64,
    },
    /// A correlation outside −1 to 1.
    #[error("{0} is no correlation; it must lie between -1 and 1")]
    Correlation(f64),
    /// A population of nobody, or of one person, of whom nothing can be estimated.
    #[error("a population of {0} has no variance")]
    Population(u64),
    /// The answer does not fit a whole number: the wish is too fine.
    #[error("no sample is large enough")]
    TooLarge,
}

/// The sample size of Slovin's formula, as the Ministry of Home Affairs' guidance on satisfaction surveys had it from
/// 2012 to 2016.
///
/// `population` is the number of transactions, `margin` the error `e` (0.05 in the guidance). It is the size for a
/// share of one half at about 95% (z = 2) under simple random sampling, with a finite population: no design effect, no
/// non-response, the same for every question.
///
/// # Formula
/// `n = N / (1 + N e²)`, rounded to the nearest whole number: 20,000 transactions give 392.16 and the published tables
/// 392. Yamane (1967), *Statistics: An Introductory Analysis*, p. 886.
///
/// # Errors
/// [`SizeError`] where the population is empty or the margin no share.
pub fn slovin(population: u64, margin: f64) -> Result<u64, SizeError> {
    if population == 0 {
        return Err(SizeError::Population(0));
    }
    share("the margin", margin)?;
    let all = as_real(population);
    up_to_whole((all / (1.0 + all * margin * margin) + 0.5).floor()).ok_or(SizeError::TooLarge)
}

/// What is to be estimated, and so how much answers differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Target {
    /// The mean of scores that have this standard deviation.
    Mean {
        /// S, in the unit of the score.
        sd: f64,
    },
    /// A share of about this size, from 0 to 1.
    Share {
        /// P.
        p: f64,
    },
}

impl Target {
    /// The variance S² of one answer.
    ///
    /// # Formula
    /// `S²`, or `P (1 − P) · N/(N − 1)` (Cochran 1977, §3.2; without a population the last factor is 1).
    #[must_use]
    pub fn variance(self, population: Option<u64>) -> f64 {
        match self {
            Target::Mean { sd } => sd * sd,
            Target::Share { p } => {
                let finite = population.map_or(1.0, |all| as_real(all) / as_real(all.saturating_sub(1)));
                p * (1.0 - p) * finite
            }
        }
    }

    fn check(self) -> Result<(), SizeError> {
        match self {
            Target::Mean { sd } => positive("the standard deviation", sd),
            Target::Share { p } => share("the share", p),
        }
    }
}

/// The circumstances under which a sample size stands for a half-width and the other way round.
///
/// Everything follows from one equation for the half-width `d` of the interval that `n` answers give.
///
/// # Formula
/// `d² = z² · deff · (1/n − 1/N) · S²`: Cochran (1977), §4.4 for shares and §4.6 for means, with the design effect of
/// Kish (1965), §8.2, which multiplies the variance of a simple random sample of the same size, finite population correction included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Precision {
    target: Target,
    quantile: f64,
    deff: f64,
    population: Option<u64>,
}

impl Precision {
    /// An interval of `quantile` standard errors (1.96 at 95%) about `target`, where clusters and weights multiply the variance by `deff`,
    /// in a population of so many people (`None`: so large that it does not matter).
    ///
    /// # Errors
    /// [`SizeError`] for a value that cannot be.
    pub fn new(target: Target, quantile: f64, deff: f64, population: Option<u64>) -> Result<Self, SizeError> {
        target.check()?;
        positive("the quantile", quantile)?;
        positive("the design effect", deff)?;
        match population {
            Some(all @ 0..=1) => Err(SizeError::Population(all)),
            _ => Ok(Self { target, quantile, deff, population }),
        }
    }

    /// The same in a population of another size.
    ///
    /// # Errors
    /// [`SizeError::Population`] where it is too small to have a variance.
    pub fn within(self, population: u64) -> Result<Self, SizeError> {
        Self::new(self.target, self.quantile, self.deff, Some(population))
    }

    /// The fewest answers whose interval is no wider than `± half_width`, in the unit of the target (a share: 0.03 for 3 points).
    ///
    /// # Formula
    /// `n = n₀ / (1 + n₀/N)` with `n₀ = z² deff S² / d²`, rounded up.
    ///
    /// # Errors
    /// [`SizeError`] where the half-width is not positive or so small that no whole number reaches it.
    pub fn answers_for(&self, half_width: f64) -> Result<u64, SizeError> {
        positive("the half-width", half_width)?;
        let ratio = self.quantile / half_width;
        let infinite = ratio * ratio * self.deff * self.target.variance(self.population);
        let finite = self.population.map_or(infinite, |all| infinite / (1.0 + infinite / as_real(all)));
        up_to_whole(finite).map(|n| n.max(1)).ok_or(SizeError::TooLarge)
    }

    /// The half-width of the interval that `answers` give: the inverse of [`Precision::answers_for`]. Zero where everyone answers.
    ///
    /// # Errors
    /// [`SizeError`] where there are no answers.
    pub fn half_width_of(&self, answers: u64) -> Result<f64, SizeError> {
        self.variance_of(answers).map(|variance| self.quantile * variance.sqrt())
    }

    /// The half-width about the mean of a population in strata, each of which has a size and so many answers.
    ///
    /// # Formula
    /// `d² = z² Σ W_h² · deff · (1/n_h − 1/N_h) · S_h²`, `W_h = N_h/N`: Cochran (1977), §5.3.
    ///
    /// # Errors
    /// [`SizeError`] where a stratum has no answers or too small a population.
    pub fn half_width_in_strata(&self, strata: &[(u64, u64)]) -> Result<f64, SizeError> {
        let all: f64 = strata.iter().map(|(size, _)| as_real(*size)).sum();
        let mut variance = 0.0;
        for (size, answers) in strata {
            let part = as_real(*size) / all;
            // One person who answers is the whole of their stratum.
            variance += if *size == 1 { 0.0 } else { part * part * self.within(*size)?.variance_of(*answers)? };
        }
        Ok(self.quantile * variance.sqrt())
    }

    /// The variance of the mean of `answers`.
    fn variance_of(&self, answers: u64) -> Result<f64, SizeError> {
        if answers == 0 {
            return Err(SizeError::NotPositive { what: "the number of answers", value: 0.0 });
        }
        let part = 1.0 / as_real(answers) - self.population.map_or(0.0, |all| 1.0 / as_real(all));
        Ok(self.deff * part.max(0.0) * self.target.variance(self.population))
    }
}

/// How many people to ask so that `answers` come back, where the share `response_rate` of those asked answers.
///
/// # Formula
/// `n / r`, rounded up. It keeps the number of answers, and says nothing on who does not answer.
///
/// # Errors
/// [`SizeError::NotAShare`] unless the rate is above 0 and at most 1.
pub fn invitations(answers: u64, response_rate: f64) -> Result<u64, SizeError> {
    if !(response_rate > 0.0 && response_rate <= 1.0) {
        return Err(SizeError::NotAShare { what: "the response rate", value: response_rate });
    }
    up_to_whole(as_real(answers) / response_rate).ok_or(SizeError::TooLarge)
}

/// The design effect of clusters: `per_cluster` answers from each, alike by the intraclass correlation `rho`.
///
/// # Formula
/// `1 + (b − 1) ρ`, Kish (1965), §5.4. Unequal weights come on top.
///
/// # Errors
/// [`SizeError`] unless there is at least one answer a cluster and the correlation one from 0 to 1.
pub fn cluster_effect(per_cluster: f64, rho: f64) -> Result<f64, SizeError> {
    if !(per_cluster.is_finite() && per_cluster >= 1.0) {
        return Err(SizeError::NotPositive { what: "the number of answers a cluster beyond the first", value: per_cluster - 1.0 });
    }
    if !(0.0..=1.0).contains(&rho) {
        return Err(SizeError::Correlation(rho));
    }
    Ok(1.0 + (per_cluster - 1.0) * rho)
}

/// A comparison of two years, each with a sample of the same size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// What is estimated in the first year.
    pub before: Target,
    /// What is estimated in the second.
    pub after: Target,
    /// The design effect of each year's estimate.
    pub deff: f64,
    /// The share of the PSUs (and so of the sample) that both years have, from 0 to 1.
    pub overlap: f64,
    /// The correlation between the two years in the part that both have.
    pub correlation: f64,
}

impl Change {
    /// The fewest answers **a year** with which a change of `difference` is found significant with the power wished
    /// for.
    ///
    /// `critical` is the normal quantile of the test (1.96: two-sided at 5%), `power` that of the power (0.8416 for
    /// 80%).
    ///
    /// # Formula
    /// `n = deff · (z_α + z_β)² · (S₁² + S₂² − 2 P R S₁ S₂) / Δ²`: the sample size of Magnani (1997), *Sampling Guide*,
    /// ch. 3, for two surveys, with the variance of a difference of partly overlapping samples of Kish (1965), §12.4.
    /// Finite populations are not corrected for: a change is a statement on how two years differ, not on two lists.
    ///
    /// # Errors
    /// [`SizeError`] for a value that cannot be.
    pub fn answers_for(&self, difference: f64, critical: f64, power: f64) -> Result<u64, SizeError> {
        self.before.check()?;
        self.after.check()?;
        positive("the design effect", self.deff)?;
        positive("the sum of both quantiles", critical + power)?;
        positive("the difference", difference.abs())?;
        if !(0.0..=1.0).contains(&self.overlap) {
            return Err(SizeError::NotAShare { what: "the overlap", value: self.overlap });
        }
        if !(-1.0..=1.0).contains(&self.correlation) {
            return Err(SizeError::Correlation(self.correlation));
        }
        let (first, second) = (self.before.variance(None), self.after.variance(None));
        let shared = 2.0 * self.overlap * self.correlation * (first * second).sqrt();
        let ratio = (critical + power) / difference;
        up_to_whole(self.deff * ratio * ratio * (first + second - shared).max(0.0)).map(|n| n.max(1)).ok_or(SizeError::TooLarge)
    }
}

fn positive(what: &'static str, value: f64) -> Result<(), SizeError> {
    if value.is_finite() && value > 0.0 { Ok(()) } else { Err(SizeError::NotPositive { what, value }) }
}

fn share(what: &'static str, value: f64) -> Result<(), SizeError> {
    if value > 0.0 && value < 1.0 { Ok(()) } else { Err(SizeError::NotAShare { what, value }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The normal quantiles 0.975, 0.8 and 0.9, from R's `qnorm`.
    const Z: f64 = 1.959_963_984_540_054;
    const Z_80: f64 = 0.841_621_233_572_914_3;
    const Z_90: f64 = 1.281_551_565_544_600_4;

    fn share_of(p: f64, deff: f64, population: Option<u64>) -> Precision {
        Precision::new(Target::Share { p }, Z, deff, population).unwrap()
    }

    #[test]
    fn slovin_gives_what_the_guidance_printed() {
        let sizes = [1_000, 20_000, 1_000_000].map(|population| slovin(population, 0.05).unwrap());
        assert_eq!(sizes, [286, 392, 400]);
        assert_eq!((slovin(0, 0.05), slovin(1, 0.05)), (Err(SizeError::Population(0)), Ok(1)));
        assert!(slovin(100, 0.0).is_err() && slovin(100, f64::NAN).is_err());
    }

    /// Cochran (1977), §4.4: the anthropologist's island of 3,200 people, ± 5 points with a chance of one in twenty (t = 2).
    #[test]
    fn cochrans_island_needs_356_people() {
        let island = Precision::new(Target::Share { p: 0.5 }, 2.0, 1.0, Some(3_200)).unwrap();
        assert_eq!(island.answers_for(0.05), Ok(356));
        assert_eq!(Precision::new(Target::Share { p: 0.5 }, 2.0, 1.0, None).unwrap().answers_for(0.05), Ok(400));
    }

    /// Figures of a search in R for the smallest n whose half-width is narrow enough.
    #[test]
    fn sizes_are_those_of_a_search_in_r() {
        assert_eq!(share_of(0.84, 2.0, Some(1_200_000)).answers_for(0.03), Ok(1_147));
        assert_eq!(share_of(0.84, 2.0, Some(900)).answers_for(0.03), Ok(505));
        assert_eq!(Precision::new(Target::Mean { sd: 22.0 }, Z, 1.7, None).unwrap().answers_for(1.5), Ok(1_405));
    }

    #[test]
    fn half_widths_are_those_of_r() {
        let mut worst: f64 = 0.0;
        for (answers, deff, expected) in [
            (510, 1.0, 0.031_817_249_776_432_015),
            (510, 2.0, 0.044_996_386_151_242_476),
            (510, 4.0, 0.063_634_499_552_864_03),
            (2_700, 4.0, 0.027_656_412_169_259_87),
            (36_525, 4.0, 0.007_519_389_969_732_293),
        ] {
            worst = worst.max((share_of(0.84, deff, None).half_width_of(answers).unwrap() / expected - 1.0).abs());
        }
        let strata = [(2_000, 100), (3_000, 200), (5_000, 300)];
        worst = worst.max((share_of(0.84, 2.0, None).half_width_in_strata(&strata).unwrap() / 0.040_440_420_090_216_346 - 1.0).abs());
        println!("worst relative difference to R: {worst:.1e}");
        assert!(worst < 1e-14);
        assert_eq!(share_of(0.84, 2.0, Some(510)).half_width_of(510), Ok(0.0), "everyone answers");
        assert_eq!(share_of(0.84, 2.0, None).half_width_in_strata(&[(1, 1)]), Ok(0.0));
    }

    #[test]
    fn a_size_and_its_half_width_are_inverse() {
        for population in [None, Some(300), Some(40_000)] {
            let precision = share_of(0.3, 1.8, population);
            for half_width in [0.01, 0.03, 0.1] {
                let answers = precision.answers_for(half_width).unwrap();
                assert!(precision.half_width_of(answers).unwrap() <= half_width * (1.0 + 1e-9), "{population:?} {half_width}");
                assert!(answers == 1 || precision.half_width_of(answers - 1).unwrap() > half_width, "{population:?} {half_width}");
            }
        }
    }

    /// Figures of a search in R for the smallest n with the power; the last of the formula written out.
    #[test]
    fn changes_need_what_a_search_in_r_found() {
        let change = |before, after, deff, overlap, correlation| Change { before, after, deff, overlap, correlation };
        let (before, after) = (Target::Share { p: 0.80 }, Target::Share { p: 0.83 });
        assert_eq!(change(before, after, 2.0, 0.0, 0.0).answers_for(0.03, Z, Z_80), Ok(5_252));
        assert_eq!(change(before, after, 2.0, 0.6, 0.5).answers_for(-0.03, Z, Z_80), Ok(3_680));
        let score = Target::Mean { sd: 22.0 };
        assert_eq!(change(score, score, 1.5, 0.5, 0.4).answers_for(3.0, Z, Z_90), Ok(1_357));
        let magnani = change(Target::Share { p: 0.4 }, Target::Share { p: 0.5 }, 2.0, 0.0, 0.0);
        assert_eq!(magnani.answers_for(0.1, 1.645, 0.840), Ok(606));
    }

    #[test]
    fn what_cannot_be_is_an_error() {
        assert!(Precision::new(Target::Share { p: 1.0 }, Z, 1.0, None).is_err());
        assert!(Precision::new(Target::Mean { sd: f64::INFINITY }, Z, 1.0, None).is_err());
        assert_eq!(Precision::new(Target::Mean { sd: 1.0 }, Z, 1.0, Some(1)), Err(SizeError::Population(1)));
        assert_eq!(share_of(0.5, 1.0, None).answers_for(1e-30), Err(SizeError::TooLarge));
        assert!(share_of(0.5, 1.0, None).half_width_of(0).is_err());
        let score = Target::Mean { sd: 1.0 };
        let change = Change { before: score, after: score, deff: 1.0, overlap: 1.0, correlation: 1.5 };
        assert_eq!(change.answers_for(1.0, Z, Z_80), Err(SizeError::Correlation(1.5)));
        assert!(Change { correlation: 0.5, ..change }.answers_for(0.0, Z, Z_80).is_err());
        assert_eq!((cluster_effect(28.0, 0.05), cluster_effect(1.0, 0.3)), (Ok(2.35), Ok(1.0)));
        assert!(cluster_effect(0.5, 0.1).is_err() && cluster_effect(5.0, -0.1).is_err());
        assert_eq!((invitations(510, 0.95), invitations(95, 0.95)), (Ok(537), Ok(100)));
        assert!(invitations(10, 0.0).is_err() && invitations(10, 1.01).is_err());
    }
}
