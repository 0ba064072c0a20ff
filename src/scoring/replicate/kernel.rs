//! Sums over PSUs under many replicates at once: a product of matrices, in blocks that stay in registers.

/// Replicates side by side.
pub(super) const LANES: usize = 4;
/// Sums side by side.
pub(super) const WIDE: usize = 4;
/// Replicates that are worked on together: their factors, for the PSUs of a domain, stay in the cache near the core.
pub(super) const BLOCK: usize = 64;

/// The PSU totals of a domain, `WIDE` columns side by side, PSU by PSU; columns past the last are 0.
pub(super) struct Totals {
    psus: usize,
    columns: usize,
    packed: Vec<[f64; WIDE]>,
}

impl Totals {
    /// Packs totals: `total(psu, column)` for each.
    pub(super) fn pack(psus: usize, columns: usize, total: impl Fn(usize, usize) -> f64) -> Self {
        let block = |first: usize| {
            let total = &total;
            (0..psus).map(move |psu| std::array::from_fn(|c| if first + c < columns { total(psu, first + c) } else { 0.0 }))
        };
        Self { psus, columns, packed: (0..columns).step_by(WIDE).flat_map(block).collect() }
    }

    /// The sums of every column over the PSUs under up to [`BLOCK`] replicates: `sums[column][replicate]`.
    ///
    /// Every sum is taken in the order of the PSUs, whatever its place in a block, so its bits do not depend on the blocks.
    pub(super) fn under(&self, panel: &Panel, sums: &mut Vec<[f64; BLOCK]>) {
        sums.clear();
        sums.resize(self.columns, [0.0; BLOCK]);
        if self.psus == 0 {
            return;
        }
        for (totals, sums) in self.packed.chunks_exact(self.psus).zip(sums.chunks_mut(WIDE)) {
            for (lane, factors) in panel.packed.chunks_exact(self.psus).enumerate() {
                for (sums, found) in sums.iter_mut().zip(product(factors, totals)) {
                    sums[lane * LANES..(lane + 1) * LANES].copy_from_slice(&found);
                }
            }
        }
    }
}

/// The factors of the PSUs of a domain in up to [`BLOCK`] replicates, `LANES` side by side, PSU by PSU.
#[derive(Default)]
pub(super) struct Panel {
    packed: Vec<[f64; LANES]>,
}

impl Panel {
    /// Packs `of_psu`, the factors of each PSU in the same replicates, at most [`BLOCK`]; those past the last are 0.
    pub(super) fn pack<'a>(&mut self, psus: usize, of_psu: impl Iterator<Item = &'a [f64]>) {
        self.packed.clear();
        self.packed.resize(psus * BLOCK / LANES, [0.0; LANES]);
        for (psu, factors) in of_psu.take(psus).enumerate() {
            for (lane, factors) in factors.chunks(LANES).take(BLOCK / LANES).enumerate() {
                self.packed[lane * psus + psu][..factors.len()].copy_from_slice(factors);
            }
        }
    }
}

/// `Σ_psu factor · total`, for every pair of a replicate and a column.
fn product(factors: &[[f64; LANES]], totals: &[[f64; WIDE]]) -> [[f64; LANES]; WIDE] {
    let mut sums = [[0.0; LANES]; WIDE];
    for (factors, totals) in factors.iter().zip(totals) {
        for (sums, total) in sums.iter_mut().zip(totals) {
            for (sum, factor) in sums.iter_mut().zip(factors) {
                *sum += total * factor;
            }
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_hold_the_sums_of_a_plain_loop() {
        let factor = |psu: usize, replicate: usize| f64::from(u32::try_from((psu * 7 + replicate * 3) % 5).unwrap());
        let total = |psu: usize, column: usize| f64::from(u32::try_from((psu * 13 + column * 11) % 17).unwrap()) / 3.0;
        for (psus, columns, replicates) in [(0, 3, 5), (1, 1, 1), (9, 6, 64), (30, 51, 61)] {
            let table: Vec<Vec<f64>> = (0..psus).map(|psu| (0..replicates).map(|r| factor(psu, r)).collect()).collect();
            let mut panel = Panel::default();
            panel.pack(psus, table.iter().map(Vec::as_slice));
            let mut sums = Vec::new();
            Totals::pack(psus, columns, total).under(&panel, &mut sums);
            assert_eq!(sums.len(), columns);
            for (column, sums) in sums.iter().enumerate() {
                for (replicate, found) in sums.iter().enumerate().take(replicates) {
                    let plain = (0..psus).fold(0.0, |sum, psu| sum + total(psu, column) * factor(psu, replicate));
                    assert_eq!(found.to_bits(), f64::to_bits(plain));
                }
            }
        }
    }
}
