//! How the variance of an estimate is found.

use crate::words::named;

/// The way from a sample to the variance of an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum VarianceMethod {
    /// Taylor linearisation: no replicates. Fast, exact, the default.
    #[default]
    Linearised,
    /// Leave one PSU out at a time: `JK1` without strata, `JKn` with them.
    Jackknife,
    /// Balanced half-samples; each stratum must hold two PSUs.
    Brr,
    /// Fay's balanced half-samples, in which the other half keeps the share `rho` of its weight.
    Fay {
        /// From 0 (the same as [`VarianceMethod::Brr`]) up to, not including, 1.
        rho: f64,
    },
    /// PSUs drawn again at random; the seed is the run's.
    Bootstrap {
        /// How they are drawn.
        kind: BootstrapKind,
        /// How many times: [`MIN_REPLICATES`](Self::MIN_REPLICATES) to [`MAX_REPLICATES`](Self::MAX_REPLICATES).
        replicates: u32,
    },
}

impl VarianceMethod {
    /// The names in a file, in the order of the variants.
    pub const NAMES: [&'static str; 5] = ["linearised", "jackknife", "brr", "fay", "bootstrap"];
    /// The fewest replicates of a bootstrap: one has no spread.
    pub const MIN_REPLICATES: u32 = 2;
    /// The most: past it the random error of an SE is below 1 %, and time is wasted.
    pub const MAX_REPLICATES: u32 = 10_000;
    /// Replicates where a file names none: the random error of an SE is about 1/√(2·1000), 2 %.
    pub const DEFAULT_REPLICATES: u32 = 1_000;
    /// Fay's `rho` where a file names none.
    pub const DEFAULT_RHO: f64 = 0.5;

    /// The name in a file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Linearised => "linearised",
            Self::Jackknife => "jackknife",
            Self::Brr => "brr",
            Self::Fay { .. } => "fay",
            Self::Bootstrap { .. } => "bootstrap",
        }
    }

    /// Whether its numbers lie in their ranges.
    #[must_use]
    pub fn in_range(self) -> bool {
        match self {
            Self::Linearised | Self::Jackknife | Self::Brr => true,
            Self::Fay { rho } => (0.0..1.0).contains(&rho),
            Self::Bootstrap { replicates, .. } => (Self::MIN_REPLICATES..=Self::MAX_REPLICATES).contains(&replicates),
        }
    }
}

named! {
    /// How a bootstrap draws PSUs.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
    pub enum BootstrapKind {
        /// `n − 1` of the `n` PSUs of a stratum, with replacement: Rao and Wu (1988) as weights (Rao, Wu and Yue 1992). Population counts
        /// are left aside.
        RaoWu = "rao_wu",
        /// The same, shrunk by `√(1 − f)` where a stratum's population of PSUs is known.
        #[default]
        RaoWuYueBeaumont = "rao_wu_yue_beaumont",
        /// `n` of `n` with replacement, the variance corrected by the harmonic mean of the strata's sizes: Canty and Davison (1999).
        CantyDavison = "canty_davison",
        /// Half of the units without replacement, at every stage whose population is known: Preston (2009).
        Preston = "preston",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_in_the_order_of_the_variants() {
        assert_eq!(BootstrapKind::ALL.map(BootstrapKind::as_str), BootstrapKind::NAMES);
        let bootstrap = VarianceMethod::Bootstrap { kind: BootstrapKind::default(), replicates: 1000 };
        let methods =
            [VarianceMethod::Linearised, VarianceMethod::Jackknife, VarianceMethod::Brr, VarianceMethod::Fay { rho: 0.5 }, bootstrap];
        assert_eq!(methods.map(VarianceMethod::as_str), VarianceMethod::NAMES);
        assert!(methods.into_iter().all(VarianceMethod::in_range));
    }

    #[test]
    fn numbers_out_of_range_are_told() {
        let bootstrap = |replicates| VarianceMethod::Bootstrap { kind: BootstrapKind::RaoWu, replicates };
        for method in [VarianceMethod::Fay { rho: 1.0 }, VarianceMethod::Fay { rho: f64::NAN }, bootstrap(1), bootstrap(10_001)] {
            assert!(!method.in_range(), "{method:?}");
        }
    }
}
