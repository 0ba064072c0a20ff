//! Tests of association between two classifications, under the design.

use crate::words::named;
use std::sync::Arc;

use crate::numeric::distribution::{chi_squared, fisher};
use crate::numeric::linear::{quadratic, solve};
use crate::scoring::LonelyStratum;
use crate::scoring::sample::{Estimator, Rows, Sample, Statistic, Term, Values};

named! {
    /// How association is tested; the names are those of `svychisq` of R's survey package.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum AssociationTest {
        /// Pearson's X² with the second-order correction of Rao and Scott, referred to an F distribution.
        F = "F",
        /// Pearson's X² with the first-order correction of Rao and Scott, referred to a χ² distribution.
        Chisq = "Chisq",
        /// Wald's test that no cell departs from independence.
        Wald = "Wald",
        /// Wald's test, adjusted for the degrees of freedom of its covariance matrix.
        AdjWald = "adjWald",
    }
}

/// What a test of association found.
#[derive(Debug, Clone, PartialEq)]
pub struct Association {
    /// The statistic: X² itself for [`AssociationTest::Chisq`], an F value for the others.
    pub statistic: f64,
    /// Degrees of freedom: of the χ² distribution, or the numerator's and the denominator's of the F distribution.
    pub parameter: Vec<f64>,
    /// The probability of a statistic at least as large without association.
    pub p_value: f64,
}

/// Why there is no test.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ContingencyError<E> {
    /// A classification with one class, or none: nothing to be associated with.
    #[error("the {0} have {1} classes, at least two are needed")]
    Classes(&'static str, usize),
    /// The covariance of the cells cannot be estimated.
    #[error(transparent)]
    Variance(E),
}

/// Cells so empty, or clusters so few, that the departures from independence have no covariance matrix of full rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too few rows or clusters in some cells: the covariance matrix of the table is singular")]
pub struct SingularTable;

/// A two-way table of weighted totals with their covariance.
#[derive(Debug, Clone, PartialEq)]
pub struct Contingency {
    /// How many classes the rows and the columns of the table have.
    shape: (usize, usize),
    /// The total of each cell, row-major.
    totals: Vec<f64>,
    /// Their covariance matrix, row-major.
    covariance: Vec<f64>,
    /// Rows of the domain, those without a class included.
    n: f64,
    /// Degrees of freedom.
    df: f64,
}

impl Contingency {
    /// The table of two classifications over a domain, with the covariance of the design.
    ///
    /// Classes are numbers; NaN where the class is not known, and that row is then in no cell. The classes are those that
    /// occur among the domain's rows, ascending.
    ///
    /// # Errors
    /// [`ContingencyError`]: fewer than two classes, or a lonely PSU whose rule is to fail.
    pub fn new(sample: &Sample, row_class: &Values, column_class: &Values, rows: &Rows) -> Result<Self, ContingencyError<LonelyStratum>> {
        Self::by(sample.weights(), row_class, column_class, rows, sample.df(rows), |cells| {
            sample.covariance(&cells.linearise(sample.weights()))
        })
    }

    /// The table with a covariance matrix of `covariance`, which is handed the estimator of the cells' totals.
    ///
    /// # Errors
    /// As [`Contingency::new`], with the error of `covariance`.
    pub fn by<E>(
        weights: &[f64],
        row_class: &Values,
        column_class: &Values,
        rows: &Rows,
        df: f64,
        covariance: impl FnOnce(&Estimator) -> Result<Vec<f64>, E>,
    ) -> Result<Self, ContingencyError<E>> {
        let (down, across) = (classes(row_class, rows), classes(column_class, rows));
        for (what, classes) in [("rows", &down), ("columns", &across)] {
            if classes.len() < 2 {
                return Err(ContingencyError::Classes(what, classes.len()));
            }
        }
        let cell = |r: f64, c: f64| -> Values {
            #[allow(clippy::float_cmp, reason = "classes are labels")]
            row_class.iter().zip(column_class.iter()).map(|(row, column)| f64::from(u8::from(*row == r && *column == c))).collect()
        };
        let known: Rows =
            rows.iter().zip(row_class.iter().zip(column_class.iter())).map(|(keep, (r, c))| *keep && !(r + c).is_nan()).collect();
        let term = |(r, c): (f64, f64)| Term { rows: Arc::clone(&known), statistic: Statistic::Total(cell(r, c)) };
        let cells = Estimator::new(down.iter().flat_map(|r| across.iter().map(|c| (*r, *c))).map(term).collect());
        let totals = cells.values(weights);
        let covariance = covariance(&cells).map_err(ContingencyError::Variance)?;
        let n = f64::from(u32::try_from(rows.iter().filter(|keep| **keep).count()).unwrap_or(u32::MAX));
        Ok(Self { shape: (down.len(), across.len()), totals, covariance, n, df })
    }

    /// The estimated share of each cell, row-major.
    #[must_use]
    pub fn shares(&self) -> Vec<f64> {
        let total: f64 = self.totals.iter().sum();
        self.totals.iter().map(|cell| cell / total).collect()
    }

    /// A test of association.
    ///
    /// # Errors
    /// [`SingularTable`].
    pub fn test(&self, test: AssociationTest) -> Result<Association, SingularTable> {
        let found = match test {
            AssociationTest::F | AssociationTest::Chisq => self.rao_scott(test),
            AssociationTest::Wald | AssociationTest::AdjWald => self.wald(test),
        };
        found.filter(|found| found.statistic.is_finite()).ok_or(SingularTable)
    }

    /// Pearson's statistic for a simple random sample, corrected for the design.
    ///
    /// # Formula
    /// `X² = n Σ (p_rc − p_r p_c)² / (p_r p_c)` is distributed as `Σ δ_k χ²_k`, with `δ` the eigenvalues of the generalised
    /// design effects `Δ = (Cᵀ D⁻¹ C / n)⁻¹ Cᵀ D⁻¹ V D⁻¹ C`: `D` is the diagonal matrix of the shares, `V` their covariance, the
    /// columns of `C` span the contrasts of the log-linear model's interaction. First order: `X² / δ̄` as χ² with
    /// `(R − 1)(C − 1)` degrees of freedom. Second order: `X² / Σ δ` as F with `d = (Σ δ)² / Σ δ²` and `d · df` degrees of
    /// freedom (Satterthwaite's correction): Rao and Scott (1984), Annals of Statistics 12, sections 3 and 4; Thomas and Rao (1987),
    /// JASA 82, for F.
    fn rao_scott(&self, test: AssociationTest) -> Option<Association> {
        let k = self.freedom();
        let shares = self.shares();
        let (down, across) = self.margins(&shares);
        let expected = |cell: usize| down[cell / self.shape.1] * across[cell % self.shape.1];
        let departure = |(cell, share): (usize, &f64)| (share - expected(cell)) * (share - expected(cell)) / expected(cell);
        let pearson = self.n * shares.iter().enumerate().map(departure).sum::<f64>();
        // The columns of D⁻¹C; an empty cell has no variance either and takes no part.
        let contrasts = self.interactions();
        let scaled: Vec<Vec<f64>> = contrasts
            .iter()
            .map(|contrast| contrast.iter().zip(&shares).map(|(c, share)| if *share == 0.0 { 0.0 } else { c / share }).collect())
            .collect();
        let covariance = self.map_covariance(|cell, other| f64::from(u8::from(cell == other)) - shares[cell]);
        let total: f64 = self.totals.iter().sum();
        let numerator = quadratic(&scaled, &covariance).into_iter().map(|cell| cell / (total * total)).collect();
        let denominator =
            contrasts.iter().flat_map(|a| scaled.iter().map(|b| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / self.n)).collect();
        let delta = solve(denominator, numerator, k)?;
        let trace: f64 = (0..k).map(|a| delta[a * k + a]).sum();
        let square: f64 = (0..k).flat_map(|a| (0..k).map(move |b| (a, b))).map(|(a, b)| delta[a * k + b] * delta[b * k + a]).sum();
        let freedom = count(k);
        Some(if test == AssociationTest::Chisq {
            let p_value = chi_squared::sf(pearson * freedom / trace, freedom);
            Association { statistic: pearson, parameter: vec![freedom], p_value }
        } else {
            let (statistic, numerator) = (pearson / trace, trace * trace / square);
            let denominator = numerator * self.df;
            Association { statistic, parameter: vec![numerator, denominator], p_value: fisher::sf(statistic, numerator, denominator) }
        })
    }

    /// Wald's test of the departures from independence, all but those of the first row and column.
    ///
    /// # Formula
    /// `Y_rc = T_rc − T_r T_c / T` with covariance `V` by linearisation; `W = Yᵀ V⁻¹ Y`. With `k = (R − 1)(C − 1)`: `W/k` as F with
    /// `k` and `df` degrees of freedom (Koch, Freeman and Freeman 1975, International Statistical Review 43), or
    /// `(df − k + 1) W / (k df)` as F with `k` and `df − k + 1` (Fellegi 1980, JASA 75; Thomas and Rao 1987).
    fn wald(&self, test: AssociationTest) -> Option<Association> {
        let total: f64 = self.totals.iter().sum();
        let (down, across) = self.margins(&self.totals);
        let width = self.shape.1;
        let independent = |cell: usize| down[cell / width] * across[cell % width] / total;
        let derivative = |cell: usize, other: usize| {
            let same_row = if cell / width == other / width { across[cell % width] } else { 0.0 };
            let same_column = if cell % width == other % width { down[cell / width] } else { 0.0 };
            f64::from(u8::from(cell == other)) - (same_row + same_column - independent(cell)) / total
        };
        let covariance = self.map_covariance(derivative);
        let cells: Vec<usize> = (0..self.totals.len()).filter(|cell| cell / width > 0 && cell % width > 0).collect();
        let departures: Vec<f64> = cells.iter().map(|cell| self.totals[*cell] - independent(*cell)).collect();
        let within = cells.iter().flat_map(|a| cells.iter().map(|b| covariance[*a * self.totals.len() + *b])).collect();
        let k = self.freedom();
        let weighted = solve(within, departures.clone(), k)?;
        let wald: f64 = departures.iter().zip(&weighted).map(|(y, z)| y * z).sum();
        let numerator = count(k);
        let (statistic, denominator) = if test == AssociationTest::Wald {
            (wald / numerator, self.df)
        } else {
            let rest = self.df - numerator + 1.0;
            (wald * rest / (numerator * self.df), rest)
        };
        Some(Association { statistic, parameter: vec![numerator, denominator], p_value: fisher::sf(statistic, numerator, denominator) })
    }

    /// Degrees of freedom of the table: `(R − 1)(C − 1)`.
    fn freedom(&self) -> usize {
        (self.shape.0 - 1) * (self.shape.1 - 1)
    }

    /// Sums over the columns and over the rows of the table.
    fn margins(&self, cells: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let width = self.shape.1;
        let down = cells.chunks_exact(width).map(|row| row.iter().sum()).collect();
        let across = (0..width).map(|column| cells.iter().skip(column).step_by(width).sum()).collect();
        (down, across)
    }

    /// Contrasts between rows and columns: they span what row and column effects leave.
    fn interactions(&self) -> Vec<Vec<f64>> {
        let (height, width) = self.shape;
        let contrast = |r: usize, c: usize| {
            let mut cells = vec![0.0; height * width];
            (cells[0], cells[c], cells[r * width], cells[r * width + c]) = (1.0, -1.0, -1.0, 1.0);
            cells
        };
        (1..height).flat_map(|r| (1..width).map(move |c| contrast(r, c))).collect()
    }

    /// The covariance of functions of the cells' totals, one a cell, with these derivatives of each by each total.
    fn map_covariance(&self, derivative: impl Fn(usize, usize) -> f64) -> Vec<f64> {
        let size = self.totals.len();
        let rows: Vec<Vec<f64>> = (0..size).map(|cell| (0..size).map(|other| derivative(cell, other)).collect()).collect();
        quadratic(&rows, &self.covariance)
    }
}

/// The classes that occur, ascending.
fn classes(values: &Values, rows: &Rows) -> Vec<f64> {
    let mut classes: Vec<f64> = values.iter().zip(rows.iter()).filter(|(class, keep)| **keep && !class.is_nan()).map(|(c, _)| *c).collect();
    classes.sort_by(f64::total_cmp);
    classes.dedup();
    classes
}

/// A count as a number.
fn count(number: usize) -> f64 {
    u32::try_from(number).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::LonelyPsu;

    /// A simple random sample with these counts.
    fn table(counts: &[&[u32]]) -> Result<Contingency, ContingencyError<LonelyStratum>> {
        let (mut down, mut across) = (Vec::new(), Vec::new());
        for (r, row) in (0_u32..).zip(counts) {
            for (c, n) in (0_u32..).zip(*row) {
                down.extend((0..*n).map(|_| f64::from(r)));
                across.extend((0..*n).map(|_| f64::from(c)));
            }
        }
        let rows: Rows = vec![true; down.len()].into();
        let sample = Sample::new(vec![1.0; down.len()], &[], LonelyPsu::Fail).unwrap();
        Contingency::new(&sample, &down.into(), &across.into(), &rows)
    }

    #[test]
    fn without_a_design_the_corrections_do_next_to_nothing() {
        // Pearson's statistic of four cells: n (ad − bc)² / (product of the margins).
        let found = table(&[&[30, 20], &[15, 35]]).unwrap().test(AssociationTest::Chisq).unwrap();
        let pearson = 100.0 * (30.0_f64 * 35.0 - 20.0 * 15.0).powi(2) / (50.0 * 50.0 * 45.0 * 55.0);
        assert!((found.statistic / pearson - 1.0).abs() < 1e-13, "{found:?}");
        // Rows drawn with replacement have n/(n − 1) times the multinomial variance, at the estimated shares.
        let second = table(&[&[30, 20, 10], &[15, 35, 10], &[12, 8, 30]]).unwrap().test(AssociationTest::F).unwrap();
        assert!((second.parameter[0] - 4.0).abs() < 0.2, "{second:?}");
    }

    #[test]
    fn independence_leaves_nothing_to_find() {
        let table = table(&[&[10, 20, 30], &[20, 40, 60]]).unwrap();
        for test in AssociationTest::ALL {
            let found = table.test(test).unwrap();
            assert!(found.statistic.abs() < 1e-20 && (found.p_value - 1.0).abs() < 1e-9, "{test:?}: {found:?}");
        }
    }

    #[test]
    fn a_table_that_cannot_be_tested_is_refused() {
        assert_eq!(table(&[&[4, 0], &[6, 0]]), Err(ContingencyError::Classes("columns", 1)));
        // Everyone lies on the diagonal: whatever departs from independence, departs together.
        let diagonal = table(&[&[9, 0, 0], &[0, 9, 0], &[0, 0, 9]]).unwrap();
        assert_eq!(diagonal.test(AssociationTest::F), Err(SingularTable));
    }

    #[test]
    fn empty_cells_take_no_part() {
        let found = table(&[&[12, 5, 0], &[4, 9, 11], &[6, 7, 8]]).unwrap();
        for test in AssociationTest::ALL {
            let found = found.test(test).unwrap();
            assert!((0.0..0.1).contains(&found.p_value), "{test:?}: {found:?}");
        }
    }
}
