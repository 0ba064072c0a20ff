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
        let terms: Vec<f64> = self.terms.iter().map(|term| term.value(weights)).collect();
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
            values.push(term.linearise(weights, influence.iter_mut().skip(place).step_by(width)));
        }
        let terms = Linearised::new(values, influence).over(&self.rows(weights.len()));
        match &self.function {
            Function::Terms => terms,
            Function::Linear(coefficients) => {
                let derivatives: Vec<f64> =
                    coefficients.iter().flat_map(|list| (0..width).map(|term| list.get(term).copied().unwrap_or(0.0))).collect();
                terms.map(self.values(weights), &derivatives)
            }
            Function::Expression(expression) => {
                let (value, derivatives) = expression.gradient(terms.values());
                terms.map(vec![value], &derivatives)
            }
        }
    }
}

impl Term {
    /// The weights and places of the domain's rows.
    fn kept<'a>(&'a self, weights: &'a [f64]) -> impl Iterator<Item = (usize, f64)> + 'a {
        weights.iter().zip(self.rows.iter()).enumerate().filter(|(_, (_, keep))| **keep).map(|(row, (w, _))| (row, *w))
    }

    fn weighted(&self, weights: &[f64], of: impl Fn(usize) -> f64) -> f64 {
        // A row of weight 0 says nothing, a missing value in it neither.
        sum(self.kept(weights).filter(|(_, w)| *w != 0.0).map(|(row, w)| w * of(row)))
    }

    fn value(&self, weights: &[f64]) -> f64 {
        match &self.statistic {
            Statistic::Total(y) => self.weighted(weights, |row| at(y, row)),
            Statistic::Mean(y) => self.weighted(weights, |row| at(y, row)) / self.weighted(weights, |_| 1.0),
            Statistic::Ratio(y, x) => self.weighted(weights, |row| at(y, row)) / self.weighted(weights, |row| at(x, row)),
            Statistic::Variance(y) => {
                let weight = self.weighted(weights, |_| 1.0);
                let mean = self.weighted(weights, |row| at(y, row)) / weight;
                self.bessel(weights) * self.weighted(weights, |row| (at(y, row) - mean) * (at(y, row) - mean)) / weight
            }
        }
    }

    /// `n/(n − 1)` over the rows that have weight.
    fn bessel(&self, weights: &[f64]) -> f64 {
        let n = sum(self.kept(weights).filter(|(_, w)| *w != 0.0).map(|_| 1.0));
        n / (n - 1.0)
    }

    /// The variance of a mean or total over that of a simple random sample of as many rows; NaN for other statistics.
    ///
    /// # Formula
    /// `V / (s² · f/n)` for a mean, with `s²` of [`Statistic::Variance`], and the same over `W²` for a total; `f = 1 − n/W` for
    /// samples drawn without replacement (the weights add up to the population), 1 for those drawn with replacement: Kish
    /// (1965); `deff` of R's survey package.
    #[must_use]
    pub fn design_effect(&self, weights: &[f64], variance: f64, without_replacement: bool) -> f64 {
        let (values, scale) = match &self.statistic {
            Statistic::Mean(values) => (values, 1.0),
            Statistic::Total(values) => (values, self.weighted(weights, |_| 1.0)),
            _ => return f64::NAN,
        };
        let spread = Self { rows: Arc::clone(&self.rows), statistic: Statistic::Variance(Arc::clone(values)) }.value(weights);
        let n = sum(self.kept(weights).filter(|(_, w)| *w != 0.0).map(|_| 1.0));
        let fraction = if without_replacement { 1.0 - n / self.weighted(weights, |_| 1.0) } else { 1.0 };
        variance / (scale * scale * spread * fraction / n)
    }

    /// The value; fills the influence of each row.
    fn linearise<'a>(&self, weights: &[f64], influence: impl Iterator<Item = &'a mut f64>) -> f64 {
        let value = self.value(weights);
        let of: Box<dyn Fn(usize) -> f64 + '_> = match &self.statistic {
            Statistic::Total(y) => Box::new(|row| at(y, row)),
            Statistic::Mean(y) => {
                let weight = self.weighted(weights, |_| 1.0);
                Box::new(move |row| (at(y, row) - value) / weight)
            }
            Statistic::Ratio(y, x) => {
                let weight = self.weighted(weights, |row| at(x, row));
                Box::new(move |row| (at(y, row) - value * at(x, row)) / weight)
            }
            Statistic::Variance(y) => {
                let weight = self.weighted(weights, |_| 1.0);
                let mean = self.weighted(weights, |row| at(y, row)) / weight;
                let bessel = self.bessel(weights);
                Box::new(move |row| (bessel * ((at(y, row) - mean) * (at(y, row) - mean)) - value) / weight)
            }
        };
        for ((row, z), (keep, weight)) in influence.enumerate().zip(self.rows.iter().zip(weights)) {
            if *keep && *weight != 0.0 {
                *z = weight * of(row);
            }
        }
        value
    }
}

/// The value of a row; one that the column is too short for is missing.
fn at(values: &Values, row: usize) -> f64 {
    values.get(row).copied().unwrap_or(f64::NAN)
}
