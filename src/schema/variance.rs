//! Where the standard errors of an index come from.

/// The method of the variance.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub enum VarianceMethod {
    /// Taylor linearisation.
    #[default]
    Linearised,
    /// Leave out one PSU at a time: `JK1` without strata, `JKn` with them.
    Jackknife,
    /// Balanced repeated replication: two PSUs a stratum, half-samples by a Hadamard matrix.
    Brr,
    /// BRR that keeps the share `rho` of the weight of the half left out.
    Fay {
        /// Between 0 and 1.
        rho: f64,
    },
    /// Resampling of PSUs; the seed is the run's.
    Bootstrap {
        /// How.
        kind: BootstrapKind,
        /// How often.
        replicates: u32,
    },
}

impl VarianceMethod {
    /// The names in a file.
    pub const NAMES: [&'static str; 5] = ["linearised", "jackknife", "brr", "fay", "bootstrap"];
}

/// How a bootstrap resamples PSUs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BootstrapKind {
    /// n − 1 of the n PSUs of a stratum with replacement, rescaled (Rao and Wu 1988).
    RaoWu,
    /// Half of the PSUs without replacement, rescaled for the sampling fraction (Preston 2009, first stage).
    Preston,
}

impl BootstrapKind {
    /// The names in a file.
    pub const NAMES: [&'static str; 2] = ["rao_wu", "preston"];
    pub(super) const ALL: [Self; 2] = [Self::RaoWu, Self::Preston];
}
