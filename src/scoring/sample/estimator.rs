//! Estimators: statistics as functions of the weights, so that replicate weights and calibrated ones use the same code.

use std::sync::Arc;

use crate::scoring::sample::{Expression, Linearised, sum};

/// A value of each row; NaN where it is missing.
pub type Values = Arc<[f64]>;
/// Which rows take part.
pub type Rows = Arc<[bool]>;

/// One statistic of a variable.
#[derive(Debug, Clone)]
pub enum Statistic {
    /// `Σ w·y`.
    Total(Values),
    /// `Σ w·y / Σ w`.
    Mean(Values),
    /// `Σ w·y / Σ w·x`: numerator, denominator.
    Ratio(Values, Values),
    /// `n/(n − 1) · Σ w·(y − ȳ)² / Σ w`, the variance among the population's members.
    Variance(Values),
}

/// A statistic of a domain.
#[derive(Debug, Clone)]
pub struct Term {
    /// The rows of the domain.
    pub rows: Rows,
    /// What is computed over them.
    pub statistic: Statistic,
}

/// What is made of the terms.
#[derive(Debug, Clone)]
enum Function {
    /// The terms themselves.
    Terms,
    /// Sums of the terms with these coefficients, a list for each result.
    Linear(Vec<Vec<f64>>),
    /// An expression over the terms.
    Expression(Expression),
}

/// Statistics of domains, and what is made of them.
#[derive(Debug, Clone)]
pub struct Estimator {
    terms: Vec<Term>,
    function: Function,
}

impl Estimator {
    /// The terms, each a result of its own.
    #[must_use]
    pub fn new(terms: Vec<Term>) -> Self {
        Self { terms, function: Function::Terms }
    }

    /// Contrasts: one result for each list of coefficients, which has one number a term; missing ones are 0.
    #[must_use]
    pub fn contrasts(terms: Vec<Term>, coefficients: Vec<Vec<f64>>) -> Self {
        Self { terms, function: Function::Linear(coefficients) }
    }

    /// A smooth function of the terms: the expression's variables are their places.
    #[must_use]
    pub fn function(terms: Vec<Term>, expression: Expression) -> Self {
        Self { terms, function: Function::Expression(expression) }
    }

    /// The terms.
    #[must_use]
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The rows that any term takes, out of `count`.
    #[must_use]
    pub fn rows(&self, count: usize) -> Vec<bool> {
        (0..count).map(|row| self.terms.iter().any(|term| term.rows.get(row).copied().unwrap_or(false))).collect()
    }

    /// How many results there are.
    #[must_use]
    pub fn width(&self) -> usize {
        match &self.function {
            Function::Terms => self.terms.len(),
            Function::Linear(coefficients) => coefficients.len(),
            Function::Expression(_) => 1,
        }
    }

    /// The results under some weights, one a row.
    #[must_use]
    pub fn values(&self, weights: &[f64]) -> Vec<f64> {
        self.of_terms(self.terms.iter().map(|term| term.value(&term.kept(weights))).collect())
    }

    fn of_terms(&self, terms: Vec<f64>) -> Vec<f64> {
        match &self.function {
            Function::Terms => terms,
            Function::Linear(coefficients) => coefficients.iter().map(|list| sum(list.iter().zip(&terms).map(|(c, t)| c * t))).collect(),
            Function::Expression(expression) => vec![expression.value(&terms)],
        }
    }

    /// The results under some weights, and how each row moves them.
    ///
    /// # Formula
    /// With `ŷ` the statistic and `W = Σ w` over the domain, the influence of a row of it is `w·y` for a total,
    /// `w·(y − ŷ)/W` for a mean, `w·(y − ŷ·x)/Σ w·x` for a ratio and `w·(n/(n − 1)·(y − ȳ)² − ŷ)/W` for a variance:
    /// Särndal, Swensson and Wretman (1992), sections 5.5 to 5.9. Functions of them follow by [`Linearised::map`].
    #[must_use]
    pub fn linearise(&self, weights: &[f64]) -> Linearised {
        let width = self.terms.len();
        let mut values = Vec::with_capacity(width);
        let mut influence = vec![0.0; width * weights.len()];
        for (place, term) in self.terms.iter().enumerate() {
            let kept = term.kept(weights);
            let value = term.value(&kept);
            term.influence(&kept, value, |row, z| influence[row * width + place] = z);
            values.push(value);
        }
        let terms = Linearised::new(values, influence).over(&self.rows(weights.len()));
        match &self.function {
            Function::Terms => terms,
            Function::Linear(coefficients) => {
                let derivatives: Vec<f64> =
                    coefficients.iter().flat_map(|list| (0..width).map(|term| list.get(term).copied().unwrap_or(0.0))).collect();
                terms.map(self.of_terms(terms.values().to_vec()), &derivatives)
            }
            Function::Expression(expression) => {
                let (value, derivatives) = expression.gradient(terms.values());
                terms.map(vec![value], &derivatives)
            }
        }
    }
}

/// The rows that a term takes and their weights. A row of weight 0 says nothing, a missing value in it neither.
type Kept = [(usize, f64)];

impl Term {
    fn kept(&self, weights: &[f64]) -> Vec<(usize, f64)> {
        let rows = weights.iter().zip(self.rows.iter()).enumerate();
        rows.filter(|(_, (weight, keep))| **keep && **weight != 0.0).map(|(row, (weight, _))| (row, *weight)).collect()
    }

    fn value(&self, kept: &Kept) -> f64 {
        match &self.statistic {
            Statistic::Total(y) => weighted(kept, |row| at(y, row)),
            Statistic::Mean(y) => mean(kept, y),
            Statistic::Ratio(y, x) => weighted(kept, |row| at(y, row)) / weighted(kept, |row| at(x, row)),
            Statistic::Variance(y) => {
                let mean = mean(kept, y);
                bessel(kept) * weighted(kept, |row| (at(y, row) - mean) * (at(y, row) - mean)) / weighted(kept, |_| 1.0)
            }
        }
    }

    /// Hands out the influence of each row that is kept.
    fn influence(&self, kept: &Kept, value: f64, mut set: impl FnMut(usize, f64)) {
        let mut each = |of: &dyn Fn(usize) -> f64| kept.iter().for_each(|(row, weight)| set(*row, weight * of(*row)));
        match &self.statistic {
            Statistic::Total(y) => each(&|row| at(y, row)),
            Statistic::Mean(y) => {
                let weight = weighted(kept, |_| 1.0);
                each(&|row| (at(y, row) - value) / weight);
            }
            Statistic::Ratio(y, x) => {
                let weight = weighted(kept, |row| at(x, row));
                each(&|row| (at(y, row) - value * at(x, row)) / weight);
            }
            Statistic::Variance(y) => {
                let (mean, weight, bessel) = (mean(kept, y), weighted(kept, |_| 1.0), bessel(kept));
                each(&|row| (bessel * ((at(y, row) - mean) * (at(y, row) - mean)) - value) / weight);
            }
        }
    }

    /// The variance of a mean or total over that of a simple random sample of as many rows; NaN for other statistics.
    ///
    /// # Formula
    /// `V / (s² · f/n)` for a mean, with `s²` of [`Statistic::Variance`], and the same over `W²` for a total; `f = 1 − n/W` for
    /// samples drawn without replacement (the weights add up to the population), 1 for those drawn with replacement: Kish
    /// (1965); `deff` of R's survey package.
    #[must_use]
    pub fn design_effect(&self, weights: &[f64], variance: f64, without_replacement: bool) -> f64 {
        let kept = self.kept(weights);
        let total = weighted(&kept, |_| 1.0);
        let (values, scale) = match &self.statistic {
            Statistic::Mean(values) => (values, 1.0),
            Statistic::Total(values) => (values, total),
            _ => return f64::NAN,
        };
        let spread = Self { rows: Arc::clone(&self.rows), statistic: Statistic::Variance(Arc::clone(values)) }.value(&kept);
        #[allow(clippy::cast_precision_loss)] // rows of a sample
        let n = kept.len() as f64;
        let fraction = if without_replacement { 1.0 - n / total } else { 1.0 };
        variance / (scale * scale * spread * fraction / n)
    }
}

/// `Σ w·y` over the rows kept.
fn weighted(kept: &Kept, of: impl Fn(usize) -> f64) -> f64 {
    sum(kept.iter().map(|(row, weight)| weight * of(*row)))
}

/// `Σ w·y / Σ w` over the rows kept.
fn mean(kept: &Kept, y: &Values) -> f64 {
    weighted(kept, |row| at(y, row)) / weighted(kept, |_| 1.0)
}

/// `n/(n − 1)`.
fn bessel(kept: &Kept) -> f64 {
    #[allow(clippy::cast_precision_loss)] // rows of a sample
    let n = kept.len() as f64;
    n / (n - 1.0)
}

/// The value of a row; one that the column is too short for is missing.
fn at(values: &Values, row: usize) -> f64 {
    values.get(row).copied().unwrap_or(f64::NAN)
}
