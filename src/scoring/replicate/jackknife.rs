//! The jackknife: one PSU left out at a time.

use crate::frame::Strata;
use crate::scoring::replicate::{Factors, Level, ReplicateError, Replicates, contrasts, fraction};

/// Each replicate leaves one PSU out and weights up the others of its stratum; nothing else is kept of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LeaveOneOut {
    /// The PSU that each replicate leaves out, ascending.
    pub(super) left_out: Vec<u32>,
    /// The stratum of each PSU.
    pub(super) stratum: Vec<u32>,
    /// PSUs of each stratum.
    pub(super) sampled: Vec<u32>,
}

impl LeaveOneOut {
    pub(super) fn factor(&self, unit: usize, replicate: usize) -> f64 {
        let out = self.left_out[replicate] as usize;
        if out == unit {
            0.0
        } else if self.stratum[out] == self.stratum[unit] {
            self.others(self.stratum[unit])
        } else {
            1.0
        }
    }

    /// By what the other PSUs of the stratum of the one left out are multiplied.
    pub(super) fn others(&self, stratum: u32) -> f64 {
        let n = f64::from(self.sampled[stratum as usize]);
        n / (n - 1.0)
    }
}

/// One replicate for each PSU whose stratum has others.
///
/// # Formula
/// In the replicate of PSU `j` of stratum `h`, `j` has the factor 0, the others of `h` have `n_h/(n_h − 1)`; `scale` 1, `rscale_r =
/// (n_h − 1)/n_h · (1 − f_h)`: JKn of Wolter (2007), section 4.6, and `as.svrepdesign` of R. With one stratum it is JK1, whose
/// common share stands in `scale`.
pub(super) fn make(strata: &Strata) -> Result<Replicates, ReplicateError> {
    let sampled: Vec<u32> = strata.strata().iter().map(|stratum| stratum.sampled).collect();
    let stratum: Vec<u32> = (0_u32..).take(strata.psus()).map(|psu| strata.stratum_of(psu)).collect();
    let left_out: Vec<u32> = (0_u32..).zip(&stratum).filter(|(_, h)| sampled[**h as usize] > 1).map(|(psu, _)| psu).collect();
    let share = |h: u32| {
        let info = &strata.strata()[h as usize];
        let n = f64::from(info.sampled);
        (n - 1.0) / n * (1.0 - fraction(info))
    };
    let count = left_out.len();
    if count < 2 {
        return Err(ReplicateError::Count { replicates: count, rscales: count });
    }
    let one_stratum = strata.strata().len() == 1;
    let shares: Vec<f64> = left_out.iter().map(|psu| share(stratum[*psu as usize])).collect();
    Ok(Replicates {
        level: Level::Psus,
        units: strata.psus(),
        count,
        scale: if one_stratum { shares[0] } else { 1.0 },
        rscales: if one_stratum { vec![1.0; count] } else { shares },
        factors: Factors::LeaveOneOut(LeaveOneOut { left_out, stratum, sampled }),
        mse: false,
        df: contrasts(strata),
        exchangeable: false,
    })
}
