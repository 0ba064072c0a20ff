//! Draws with a seed.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

/// The stream of random numbers of one replicate.
pub(super) struct Draws(ChaCha8Rng);

impl Draws {
    /// The stream of a replicate: it shares the seed with its sisters and nothing else.
    pub(super) fn of_replicate(seed: u64, replicate: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(replicate);
        Self(rng)
    }

    /// A whole number from 0 up to, not including, `n`, each as likely; 0 for `n` of 0.
    ///
    /// # Formula
    /// The upper half of a product with 32 random bits, drawn again in the few cases that would favour some numbers: Lemire
    /// (2019), ACM Transactions on Modeling and Computer Simulation 29.
    #[allow(clippy::cast_possible_truncation)] // the halves are meant
    pub(super) fn below(&mut self, n: u32) -> u32 {
        let n = n.max(1);
        let unfair = n.wrapping_neg() % n;
        loop {
            let product = u64::from(self.0.next_u32()) * u64::from(n);
            if product as u32 >= unfair {
                return (product >> 32) as u32;
            }
        }
    }

    /// Marks `size` of `n` places, every set of that size as likely.
    ///
    /// # Formula
    /// Floyd's algorithm: Bentley and Floyd (1987), Communications of the ACM 30(9).
    pub(super) fn subset(&mut self, size: u32, n: u32) -> Vec<bool> {
        let mut taken = vec![false; n as usize];
        for last in n.saturating_sub(size)..n {
            let place = self.below(last + 1);
            let place = if taken[place as usize] { last } else { place };
            taken[place as usize] = true;
        }
        taken
    }
}

/// Fills a table of `units × replicates` factors, those of one unit after the other, from the draws of each replicate.
pub(super) fn table(units: usize, replicates: u32, seed: u64, draw: impl Fn(&mut Draws, &mut [f64]) + Sync) -> Vec<f64> {
    let replicates = replicates as usize;
    let columns: Vec<Vec<f64>> = (0..replicates)
        .into_par_iter()
        .map(|replicate| {
            let mut factors = vec![1.0; units];
            draw(&mut Draws::of_replicate(seed, replicate as u64), &mut factors);
            factors
        })
        .collect();
    // Eight units at a time: what one read of a column brings along.
    const TILE: usize = 8;
    let mut table = vec![0.0; units * replicates];
    table.par_chunks_mut(TILE * replicates.max(1)).enumerate().for_each(|(tile, rows)| {
        for (replicate, column) in columns.iter().enumerate() {
            for (row, factor) in rows.chunks_exact_mut(replicates).zip(&column[tile * TILE..]) {
                row[replicate] = *factor;
            }
        }
    });
    table
}
