//! Means, totals, ratios, variances and functions of them, with their linearised variance.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::answer::{Answer, number};
use super::case::Simple;
use super::refusal::Refusal;
use super::study::Study;
use crate::scoring::sample::{Estimator, Expression, Linearised, Rows, Statistic, Term, Values, standard_errors, sum};

/// An estimator of a case, with what its results are called.
#[derive(Debug, Clone)]
pub struct Named {
    /// What is estimated, as a function of the weights.
    pub estimator: Estimator,
    /// A name for each result.
    pub names: Vec<String>,
    /// The columns that made the domains, with a value for each domain; empty without `by`.
    pub groups: Vec<(String, Vec<String>)>,
    /// The rows of each result's domain, those without a value included.
    pub domains: Vec<Rows>,
}

impl Named {
    /// The degrees of freedom of each result's interval; `most` where those of its variance are fewer.
    pub fn df(&self, study: &Study<'_>, most: f64) -> Vec<f64> {
        let all = self.estimator.rows(study.sample.rows());
        let alone = self.estimator.width() == self.estimator.terms().len() && !self.groups.is_empty();
        let part = |place: usize| self.estimator.terms().get(place).filter(|_| alone).map_or(all.as_slice(), |term| &term.rows);
        self.domains.iter().enumerate().map(|(place, domain)| study.interval_df(domain, part(place)).min(most)).collect()
    }
}

/// Answers a case.
pub fn answer(study: &Study<'_>) -> Result<Map<String, Value>, Refusal> {
    let options = &study.case.estimator;
    if options.function == "degf" {
        return Ok(Map::from_iter([("df".to_owned(), number(study.domain_df()))]));
    }
    let named = named(study)?;
    let df = named.df(study, f64::INFINITY);
    let Named { estimator, names, groups, .. } = named;
    let statistics = estimator.linearise(study.sample.weights());
    let se = errors(study, &estimator, &statistics)?;
    // Covariances across domains are those of the whole sample, in which each domain has influence 0 outside itself.
    let statistics = if options.by.is_empty() { statistics } else { statistics.over(&study.domain) };
    let vcov = study.sample.covariance(&statistics)?;
    let deff = match options.deff {
        None => Vec::new(),
        Some(simple) => estimator.terms().iter().zip(&se).map(|(term, se)| design_effect(term, se * se, study, simple)).collect(),
    };
    let est = statistics.values().to_vec();
    Ok(Answer { names, groups, est, se, vcov, df, freedom: study.case.freedom, deff }.object(study.case.level))
}

/// The standard error of each result, each in its own domain.
fn errors(study: &Study<'_>, estimator: &Estimator, statistics: &Linearised) -> Result<Vec<f64>, Refusal> {
    let weights = study.sample.weights();
    if study.case.estimator.by.is_empty() || estimator.width() < estimator.terms().len() {
        return Ok(standard_errors(&study.sample.covariance(statistics)?, estimator.width()));
    }
    let alone = |term: &Term| study.sample.covariance(&Estimator::new(vec![term.clone()]).linearise(weights));
    let variances: Vec<Vec<f64>> = estimator.terms().iter().map(alone).collect::<Result<_, _>>()?;
    Ok(variances.iter().flat_map(|variance| standard_errors(variance, 1)).collect())
}

/// The estimator that a case names: `mean`, `total`, `ratio`, `mean_factor`, `variance`, `rowmean`, `contrast`,
/// `contrast_domains`, `nonlinear`.
///
/// # Errors
/// Columns that are not there, options that do not fit, another name.
pub fn named(study: &Study<'_>) -> Result<Named, Refusal> {
    let options = &study.case.estimator;
    let (name, domains) = (options.function.as_str(), !options.by.is_empty());
    if options.deff.is_some() && !matches!(name, "mean" | "total" | "rowmean" | "mean_factor") {
        return Err(Refusal::new("case-invalid", "/estimator/deff: means and totals have a design effect here, nothing else"));
    }
    if domains && matches!(name, "contrast" | "nonlinear") || !domains && name == "contrast_domains" {
        return Err(Refusal::new("case-invalid", "/estimator/by: contrast_domains compares domains, contrast and nonlinear have none"));
    }
    match name {
        "mean" | "total" | "variance" | "rowmean" | "mean_factor" | "ratio" => {
            let (statistics, names, rows) = statistics(study)?;
            by(study, statistics, names, &rows)
        }
        "contrast" => {
            let (statistics, _, rows) = means(study)?;
            contrast(study, statistics.into_iter().map(|statistic| Term { rows: Arc::clone(&rows), statistic }).collect(), &options.coef)
        }
        "contrast_domains" => {
            let (statistics, names, rows) = means(study)?;
            contrast(study, by(study, statistics, names, &rows)?.estimator.terms().to_vec(), &options.coef)
        }
        "nonlinear" => nonlinear(study),
        other => Err(Refusal::unsupported(format!("there is no estimator {other:?}"))),
    }
}

type Statistics = (Vec<Statistic>, Vec<String>, Rows);

fn means(study: &Study<'_>) -> Result<Statistics, Refusal> {
    let variables = study.variables(&study.case.estimator.vars)?;
    let rows = study.rows(&variables);
    Ok((variables.into_iter().map(Statistic::Mean).collect(), study.case.estimator.vars.clone(), rows))
}

/// The statistics of the case, their names, and the rows they are made of.
fn statistics(study: &Study<'_>) -> Result<Statistics, Refusal> {
    let options = &study.case.estimator;
    match options.function.as_str() {
        "mean" => means(study),
        "ratio" => {
            let (num, den) = (study.variables(&options.num)?, study.variables(&options.den)?);
            if num.len() != den.len() {
                return Err(Refusal::new("case-invalid", "/estimator: num and den are lists of the same length"));
            }
            // A row counts for a ratio where both are known.
            let rows = study.complete(&[num.as_slice(), den.as_slice()].concat());
            let names = options.num.iter().zip(&options.den).map(|(num, den)| format!("{num}/{den}")).collect();
            Ok((num.into_iter().zip(den).map(|(num, den)| Statistic::Ratio(num, den)).collect(), names, rows))
        }
        "mean_factor" => {
            let (mut statistics, mut names, mut all) = (Vec::new(), Vec::new(), Vec::new());
            for name in &options.vars {
                let levels = study.table.levels(name)?;
                for (place, level) in levels.names.iter().enumerate() {
                    let value = |of: &Option<usize>| of.map_or(f64::NAN, |of| if of == place { 1.0 } else { 0.0 });
                    let values: Values = levels.of_row.iter().map(value).collect();
                    statistics.push(Statistic::Mean(Arc::clone(&values)));
                    // R writes a number that is taken for a category as `factor(name)`.
                    names.push(if levels.numeric { format!("factor({name}){level}") } else { format!("{name}{level}") });
                    all.push(values);
                }
            }
            let rows = study.rows(&all);
            Ok((statistics, names, rows))
        }
        "rowmean" => {
            let variables = study.variables(&options.vars)?;
            let values = row_means(&variables);
            let rows = study.domain.iter().zip(values.iter()).map(|(keep, value)| *keep && !value.is_nan()).collect();
            Ok((vec![Statistic::Mean(values)], vec!["rowmean".to_owned()], rows))
        }
        name => {
            let variables = study.variables(&options.vars)?;
            let rows = study.rows(&variables);
            let of = |values: Values| if name == "total" { Statistic::Total(values) } else { Statistic::Variance(values) };
            // The variance is that of one variable, the first.
            let count = if name == "variance" { 1 } else { variables.len() };
            Ok((variables.into_iter().map(of).take(count).collect(), options.vars.iter().take(count).cloned().collect(), rows))
        }
    }
}

/// The mean of the values of each row that are there.
fn row_means(variables: &[Values]) -> Values {
    let rows = variables.first().map_or(0, |values| values.len());
    (0..rows)
        .map(|row| {
            let there: Vec<f64> = variables.iter().map(|values| values[row]).filter(|value| !value.is_nan()).collect();
            #[allow(clippy::cast_precision_loss)] // a handful of columns
            let n = there.len() as f64;
            sum(there) / n
        })
        .collect()
}

/// The statistics in every domain, variable by variable; the first column of `by` changes fastest.
fn by(study: &Study<'_>, statistics: Vec<Statistic>, names: Vec<String>, rows: &Rows) -> Result<Named, Refusal> {
    let columns = &study.case.estimator.by;
    if columns.is_empty() {
        let terms = statistics.into_iter().map(|statistic| Term { rows: Arc::clone(rows), statistic }).collect();
        let domains = vec![Arc::clone(&study.domain); names.len()];
        return Ok(Named { estimator: Estimator::new(terms), names, groups: Vec::new(), domains });
    }
    let domains = study.domains(columns, rows)?;
    let whole: Vec<Rows> = study.domains(columns, &study.domain)?.into_iter().map(|domain| domain.rows).collect();
    let whole = std::iter::repeat_n(whole, statistics.len()).flatten().collect();
    let (mut terms, mut all) = (Vec::new(), Vec::new());
    let mut groups: Vec<(String, Vec<String>)> = columns.iter().map(|column| (column.clone(), Vec::new())).collect();
    let several = statistics.len() > 1;
    for (place, (statistic, name)) in statistics.into_iter().zip(&names).enumerate() {
        for domain in &domains {
            let key = domain.key.join(".");
            all.push(if several { format!("{key}:{name}") } else { key });
            terms.push(Term { rows: Arc::clone(&domain.rows), statistic: statistic.clone() });
            // The same domains for every statistic: they are named once.
            for ((_, values), value) in groups.iter_mut().zip(&domain.key).filter(|_| place == 0) {
                values.push(value.clone());
            }
        }
    }
    Ok(Named { estimator: Estimator::new(terms), names: all, groups, domains: whole })
}

fn contrast(study: &Study<'_>, terms: Vec<Term>, coefficients: &[f64]) -> Result<Named, Refusal> {
    if coefficients.len() != terms.len() {
        let detail = format!("/estimator/coef: {} estimates and {} coefficients", terms.len(), coefficients.len());
        return Err(Refusal::new("case-invalid", detail));
    }
    Ok(single(study, Estimator::contrasts(terms, vec![coefficients.to_vec()])))
}

fn single(study: &Study<'_>, estimator: Estimator) -> Named {
    Named { estimator, names: vec!["contrast".to_owned()], groups: Vec::new(), domains: vec![Arc::clone(&study.domain)] }
}

/// A function of totals `T_x` and means `M_x`.
fn nonlinear(study: &Study<'_>) -> Result<Named, Refusal> {
    let invalid = |detail: String| Refusal::new("case-invalid", format!("/estimator/expr: {detail}"));
    let text = study.case.estimator.expr.as_deref().ok_or_else(|| invalid("an expression is missing".to_owned()))?;
    let expression = Expression::parse(text).map_err(|error| invalid(error.to_string()))?;
    let mut statistics = Vec::new();
    let mut all = Vec::new();
    for name in expression.variables() {
        let (column, make): (_, fn(Values) -> Statistic) = match (name.strip_prefix("T_"), name.strip_prefix("M_")) {
            (Some(column), _) => (column, Statistic::Total),
            (_, Some(column)) => (column, Statistic::Mean),
            _ => return Err(invalid(format!("{name:?} is neither a total T_x nor a mean M_x"))),
        };
        let values = study.variable(column)?;
        all.push(Arc::clone(&values));
        statistics.push(make(values));
    }
    let rows = study.complete(&all);
    let terms = statistics.into_iter().map(|statistic| Term { rows: Arc::clone(&rows), statistic }).collect();
    Ok(single(study, Estimator::function(terms, expression)))
}

/// The variance over that of a simple random sample of as many rows.
fn design_effect(term: &Term, variance: f64, study: &Study<'_>, simple: Simple) -> f64 {
    term.design_effect(study.sample.weights(), variance, simple == Simple::WithoutReplacement)
}
