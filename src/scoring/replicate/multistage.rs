//! Preston's bootstrap: half of the units at every stage.

use crate::scoring::replicate::bootstrap::drawn;
use crate::scoring::replicate::draw::{Draws, table};
use crate::scoring::replicate::{Level, ReplicateError, Replicates, fraction};
use crate::scoring::sample::Stages;

/// One stage as a replicate walks it.
struct Walk<'a> {
    /// For each stratum of the stage: its first cluster, how many it has, the fraction drawn, and any one row in it.
    strata: Vec<Part>,
    /// The cluster of each row.
    of_row: &'a [u32],
    clusters: usize,
}

struct Part {
    start: usize,
    len: u32,
    fraction: f64,
    row: Option<usize>,
}

/// What the stages before have done to a row's cluster.
#[derive(Clone, Copy)]
struct Before {
    /// Its factor so far.
    factor: f64,
    /// `Π √(n/n' · taken)` over the stages.
    kept: f64,
    /// `Π f` over the stages.
    reach: f64,
}

/// Draws `replicates` bootstraps of all stages, over the rows of a sample.
///
/// # Formula
/// At each stage half of the units, `n' = ⌊n/2⌋`, are drawn without replacement. A row's factor is the sum over the stages `s` of
/// `λ_s · Π_{t<s} √(n_t/n'_t) δ_t · (n_s/n'_s · δ_s − 1)`, plus 1, with `δ` telling whether its unit was drawn and
/// `λ_s = √(n'_s · Π_{t<s} f_t · (1 − f_s)/(n_s − n'_s))`: Preston (2009), Survey Methodology 35, section 3; `mrbbootstrap` of R's survey
/// package. For totals its expectation is the linearised variance over all stages. A stage is reached only through fractions that are
/// known; strata drawn whole (`f = 1`) are kept whole, so that only the stages after them vary.
///
/// Factors are at least 0 where fewer than 8/9 of the units of every stage but the last are drawn.
pub(super) fn preston(stages: &Stages, rows: usize, replicates: u32, seed: u64) -> Result<Replicates, ReplicateError> {
    let walks: Vec<Walk<'_>> = (0..stages.len()).filter_map(|stage| Walk::new(stages, stage)).collect();
    let factors = table(rows, replicates, seed, |draws, factors| {
        let mut before = vec![Before { factor: 1.0, kept: 1.0, reach: 1.0 }; rows];
        for walk in &walks {
            walk.step(draws, &mut before);
        }
        for (factor, row) in factors.iter_mut().zip(&before) {
            *factor = row.factor;
        }
    });
    let strata = stages.strata(0).ok_or(ReplicateError::Units { found: 0, expected: rows })?;
    Ok(drawn(Level::Rows, strata, rows, replicates, factors, 1.0))
}

/// The same for one stage: factors of the units of a stratum.
pub(super) fn halve(draws: &mut Draws, factors: &mut [f64], fraction: f64) {
    let n = u32::try_from(factors.len()).unwrap_or(u32::MAX);
    let half = Half::of(n, fraction, 1.0);
    for (factor, taken) in factors.iter_mut().zip(draws.subset(half.size, n)) {
        *factor = 1.0 + half.lambda * (if taken { half.inverse } else { 0.0 } - 1.0);
    }
}

/// The half of a stratum's units.
struct Half {
    size: u32,
    /// `n/n'`.
    inverse: f64,
    lambda: f64,
}

impl Half {
    /// Of `n` units drawn with `fraction`, where the stages before were drawn with `reach`.
    fn of(n: u32, fraction: f64, reach: f64) -> Self {
        let size = if n < 2 || fraction >= 1.0 { n } else { n / 2 };
        let rest = f64::from(n - size);
        let lambda = if rest > 0.0 { (f64::from(size) * reach * (1.0 - fraction) / rest).sqrt() } else { 0.0 };
        Self { size, inverse: f64::from(n) / f64::from(size.max(1)), lambda }
    }
}

impl<'a> Walk<'a> {
    fn new(stages: &'a Stages, stage: usize) -> Option<Self> {
        let (strata, of_row) = (stages.strata(stage)?, stages.clusters(stage)?);
        let mut parts: Vec<Part> = Vec::with_capacity(strata.strata().len());
        for stratum in strata.strata() {
            let start = parts.last().map_or(0, |part| part.start + part.len as usize);
            parts.push(Part { start, len: stratum.sampled, fraction: fraction(stratum), row: None });
        }
        for (row, cluster) in of_row.iter().enumerate() {
            parts[strata.stratum_of(*cluster) as usize].row.get_or_insert(row);
        }
        Some(Self { strata: parts, of_row, clusters: strata.psus() })
    }

    fn step(&self, draws: &mut Draws, before: &mut [Before]) {
        let none = Before { factor: 1.0, kept: 0.0, reach: 0.0 };
        let mut after = vec![none; self.clusters];
        for part in &self.strata {
            // All rows of a stratum of this stage lie in one cluster of the stage before.
            let Some(parent) = part.row.map(|row| before[row]) else { continue };
            let half = Half::of(part.len, part.fraction, parent.reach);
            let taken = draws.subset(half.size, part.len);
            for (after, taken) in after[part.start..].iter_mut().zip(taken) {
                let drawn = if taken { half.inverse } else { 0.0 };
                *after = Before {
                    factor: parent.factor + half.lambda * parent.kept * (drawn - 1.0),
                    kept: parent.kept * drawn.sqrt(),
                    reach: parent.reach * part.fraction,
                };
            }
        }
        for (row, cluster) in before.iter_mut().zip(self.of_row) {
            *row = after[*cluster as usize];
        }
    }
}
