//! Balanced half-samples, and the matrices that balance them.

use crate::frame::Strata;
use crate::scoring::replicate::{Factors, Level, ReplicateError, Replicates, contrasts, count};

/// A square matrix of ±1 whose columns are orthogonal, the first all +1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hadamard {
    order: usize,
    /// Row-major; whether an entry is +1.
    positive: Vec<bool>,
}

/// How a matrix of some order is built.
#[derive(Debug, Clone, Copy)]
enum Construction {
    /// The matrix `[1]`.
    Unit,
    /// From the matrix of half the order.
    Sylvester,
    /// From the squares modulo a prime `q ≡ 3 (mod 4)`, order `q + 1`.
    PaleyOne,
    /// From the squares modulo a prime `q ≡ 1 (mod 4)`, order `2(q + 1)`.
    PaleyTwo,
}

impl Hadamard {
    /// The smallest matrix of at least this order that the constructions of Sylvester and of Paley give, over primes.
    ///
    /// # Formula
    /// Sylvester (1867): `[[H, H], [H, −H]]`. Paley (1933), *On orthogonal matrices*: with `Q` the matrix of quadratic characters
    /// `χ(i − j)` of the integers modulo `q`, `I + [[0, 1ᵀ], [−1, Q]]` for `q ≡ 3 (mod 4)`; for `q ≡ 1 (mod 4)` the symmetric matrix
    /// `[[0, 1ᵀ], [1, Q]]` with each 0 replaced by `[[1, −1], [−1, −1]]` and each ±1 by `±[[1, 1], [1, −1]]`.
    #[must_use]
    pub fn at_least(order: usize) -> Self {
        // The next power of two always works, so the search ends.
        (order.max(1)..).find_map(Self::of_order).unwrap_or(Self { order: 1, positive: vec![true] })
    }

    /// The matrix of one order, if the constructions have it.
    #[must_use]
    pub fn of_order(order: usize) -> Option<Self> {
        let mut matrix = match construction(order)? {
            Construction::Unit => Self { order: 1, positive: vec![true] },
            Construction::Sylvester => doubled(&Self::of_order(order / 2)?),
            Construction::PaleyOne => paley_one(order - 1),
            Construction::PaleyTwo => paley_two(order / 2 - 1),
        };
        matrix.normalise();
        Some(matrix)
    }

    /// Rows, and columns.
    #[must_use]
    pub fn order(&self) -> usize {
        self.order
    }

    /// Whether an entry is +1.
    #[must_use]
    pub fn positive(&self, row: usize, column: usize) -> bool {
        self.positive[row * self.order + column]
    }

    fn build(order: usize, positive: impl Fn(usize, usize) -> bool) -> Self {
        Self { order, positive: (0..order * order).map(|at| positive(at / order, at % order)).collect() }
    }

    /// Turns rows over so that the first column is all +1; columns stay orthogonal.
    fn normalise(&mut self) {
        for row in self.positive.chunks_exact_mut(self.order) {
            if !row[0] {
                row.iter_mut().for_each(|entry| *entry = !*entry);
            }
        }
    }
}

/// Which construction gives an order, the cheapest first.
fn construction(order: usize) -> Option<Construction> {
    match order {
        0 => None,
        1 => Some(Construction::Unit),
        2 => Some(Construction::Sylvester),
        _ if order % 4 != 0 => None,
        _ if prime(order - 1) => Some(Construction::PaleyOne), // order − 1 ≡ 3 (mod 4)
        _ if (order / 2 - 1) % 4 == 1 && prime(order / 2 - 1) => Some(Construction::PaleyTwo),
        _ => construction(order / 2).map(|_| Construction::Sylvester),
    }
}

fn prime(n: usize) -> bool {
    n > 1 && (2..).take_while(|d| d * d <= n).all(|d| n % d != 0)
}

/// For each residue modulo a prime, whether it is a square other than 0.
fn squares(q: usize) -> Vec<bool> {
    let mut square = vec![false; q];
    for i in 1..q {
        square[i * i % q] = true;
    }
    square
}

fn doubled(half: &Hadamard) -> Hadamard {
    let n = half.order;
    Hadamard::build(2 * n, |row, column| half.positive(row % n, column % n) != (row >= n && column >= n))
}

fn paley_one(q: usize) -> Hadamard {
    let square = squares(q);
    Hadamard::build(q + 1, |row, column| match (row, column) {
        (0, _) => true,
        (_, 0) => false,
        _ => row == column || square[(q + row - column) % q],
    })
}

fn paley_two(q: usize) -> Hadamard {
    let square = squares(q);
    Hadamard::build(2 * (q + 1), |row, column| {
        let corner = row % 2 == 1 && column % 2 == 1;
        match (row / 2, column / 2) {
            (i, j) if i == j => row % 2 == 0 && column % 2 == 0,
            (0, _) | (_, 0) => !corner,
            (i, j) => square[(q + i - j) % q] != corner,
        }
    })
}

/// One replicate for each row of a Hadamard matrix whose order exceeds the number of strata.
///
/// # Formula
/// The first PSU of stratum `h` has the factor `1 ± (1 − ρ)` after the sign in the row's column `h + 1`, the second `1 ∓ (1 − ρ)`;
/// `scale = 1/(R(1 − ρ)²)`. `ρ = 0`: McCarthy (1969); otherwise Fay, as in Judkins (1990), Journal of Official Statistics 6.
/// Columns are orthogonal to each other and to the constant one, so the mean of the replicates of a total is the total, and their variance
/// is the linearised one.
pub(super) fn half_samples(strata: &Strata, rho: f64) -> Result<Replicates, ReplicateError> {
    for stratum in strata.strata() {
        // A lone PSU that the caller's rule let through is as good as certain.
        if stratum.sampled > 2 {
            return Err(ReplicateError::NotTwo { stratum: stratum.name.clone(), sampled: stratum.sampled });
        }
        if stratum.sampled == 2 && stratum.population.is_some() {
            return Err(ReplicateError::Population);
        }
    }
    let paired: Vec<u32> = (0_u32..).zip(strata.strata()).filter(|(_, stratum)| stratum.sampled == 2).map(|(h, _)| h).collect();
    let matrix = Hadamard::at_least(paired.len().max(1) + 1);
    let replicates = matrix.order();
    let mut factors = Vec::with_capacity(strata.psus() * replicates);
    let mut before = None;
    for stratum in (0_u32..).take(strata.psus()).map(|psu| strata.stratum_of(psu)) {
        let second = before.replace(stratum) == Some(stratum);
        match paired.binary_search(&stratum) {
            Ok(column) => {
                factors.extend((0..replicates).map(|row| if matrix.positive(row, column + 1) == second { rho } else { 2.0 - rho }))
            }
            Err(_) => factors.extend(std::iter::repeat_n(1.0, replicates)),
        }
    }
    Ok(Replicates {
        level: Level::Psus,
        units: strata.psus(),
        count: replicates,
        factors: Factors::Dense(factors),
        scale: 1.0 / (count(replicates) * (1.0 - rho) * (1.0 - rho)),
        rscales: vec![1.0; replicates],
        mse: false,
        df: contrasts(strata),
        exchangeable: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_orthogonal_and_the_first_is_constant() {
        for least in [1, 2, 3, 4, 9, 13, 20, 25, 28, 29, 37, 45, 64, 93, 101, 190, 260] {
            let matrix = Hadamard::at_least(least);
            let order = matrix.order();
            assert!(order >= least && order < (2 * least).max(2), "{least}: {order}");
            for a in 0..order {
                assert!(matrix.positive(a, 0));
                for b in 0..a {
                    let equal = (0..order).filter(|row| matrix.positive(*row, a) == matrix.positive(*row, b)).count();
                    assert_eq!(2 * equal, order, "order {order}, columns {a} and {b}");
                }
            }
        }
    }

    #[test]
    fn the_smallest_orders_are_found() {
        // 52 and 92 need other constructions.
        let orders: Vec<usize> = [3, 5, 9, 13, 17, 21, 25, 29, 33, 37, 41, 49, 89].map(|least| Hadamard::at_least(least).order()).to_vec();
        assert_eq!(orders, [4, 8, 12, 16, 20, 24, 28, 32, 36, 40, 44, 56, 96]);
    }
}
