//! A composite of item means, each over the answers that are there.

use std::sync::Arc;

use hailong::scoring::LonelyStratum;
use hailong::scoring::sample::{Estimator, Linearised, Rows, Sample, Statistic, Term, Values, standard_errors};

/// Results that are sums of means and ratios, each over its own answers.
#[derive(Debug, Clone, Default)]
pub(super) struct Composite {
    terms: Vec<(Statistic, Option<Rows>)>,
    /// What each result is called, and its terms with their coefficients.
    results: Vec<(String, Vec<(usize, f64)>)>,
}

/// The results of a composite in one domain.
#[derive(Debug, Clone)]
pub(super) struct Results {
    /// Values and influence.
    pub statistics: Linearised,
    /// Their covariance matrix, row-major.
    pub covariance: Vec<f64>,
}

impl Composite {
    /// Adds the mean of the answers to an item; returns its place.
    pub(super) fn mean(&mut self, values: Values) -> usize {
        let there = values.iter().map(|value| !value.is_nan()).collect();
        self.terms.push((Statistic::Mean(values), Some(there)));
        self.terms.len() - 1
    }

    /// Adds the ratio of two variables without missing values; returns its place.
    pub(super) fn ratio(&mut self, numerator: Values, denominator: Values) -> usize {
        self.terms.push((Statistic::Ratio(numerator, denominator), None));
        self.terms.len() - 1
    }

    /// Adds a result: a sum of terms with coefficients.
    pub(super) fn result(&mut self, name: impl Into<String>, terms: Vec<(usize, f64)>) {
        self.results.push((name.into(), terms));
    }

    /// The terms of a result, each multiplied by a factor.
    pub(super) fn scaled(&self, name: &str, factor: f64) -> Vec<(usize, f64)> {
        let terms = self.results.iter().find(|result| result.0 == name).map(|result| result.1.as_slice());
        terms.unwrap_or_default().iter().map(|(term, coefficient)| (*term, factor * coefficient)).collect()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.results.iter().map(|result| result.0.clone()).collect()
    }

    /// The terms and coefficients over several domains: those of the first, then those of the second, and so on.
    pub(super) fn terms(&self, domain: &Rows) -> Vec<Term> {
        let rows = |there: &Option<Rows>| match there {
            None => Arc::clone(domain),
            Some(there) => domain.iter().zip(there.iter()).map(|(domain, there)| *domain && *there).collect(),
        };
        self.terms.iter().map(|(statistic, there)| Term { rows: rows(there), statistic: statistic.clone() }).collect()
    }

    /// The coefficients of a result, one a term.
    pub(super) fn coefficients(&self, result: usize) -> Vec<f64> {
        let mut list = vec![0.0; self.terms.len()];
        for (term, coefficient) in self.results.get(result).map(|result| result.1.as_slice()).unwrap_or_default() {
            list[*term] += coefficient;
        }
        list
    }

    /// Every result in a domain.
    pub(super) fn estimate(&self, sample: &Sample, domain: &Rows) -> Result<Results, LonelyStratum> {
        let coefficients = (0..self.results.len()).map(|result| self.coefficients(result)).collect();
        let statistics = Estimator::contrasts(self.terms(domain), coefficients).linearise(sample.weights()).over(domain);
        let covariance = sample.covariance(&statistics)?;
        Ok(Results { statistics, covariance })
    }
}

impl Results {
    /// The values of some results.
    pub(super) fn values(&self, places: std::ops::Range<usize>) -> &[f64] {
        self.statistics.values().get(places).unwrap_or_default()
    }

    /// The covariance of two results.
    pub(super) fn between(&self, a: usize, b: usize) -> f64 {
        self.covariance.get(a * self.statistics.width() + b).copied().unwrap_or(f64::NAN)
    }

    /// The standard errors of some results.
    pub(super) fn se(&self, places: std::ops::Range<usize>) -> Vec<f64> {
        standard_errors(&self.covariance, self.statistics.width()).drain(places).collect()
    }
}
