//! The index of a satisfaction survey: criteria of items on a five-point scale, and shares of the two best answers.

use serde_json::Value;

use super::composite::{Composite, Results};
use super::{Part, object};
use hailong::cli::estimate::Design;
use hailong::cli::estimate::Refusal;
use hailong::cli::estimate::{Table, Tables};
use hailong::cli::estimate::{number, numbers, texts};
use hailong::numeric::distribution::normal;
use hailong::scoring::interval;
use hailong::scoring::sample::{Linearised, Sample, Values, sum};
use hailong::scoring::{RankMethod, rank_intervals};

/// The level of the intervals.
const LEVEL: f64 = 0.95;
/// The level of rank intervals, unless the file says another.
const RANK_LEVEL: f64 = 0.9;

/// What the file says of the index.
#[derive(Debug, Clone)]
pub(super) struct Definition {
    pub(super) design: Design,
    /// The criteria with their items, in order.
    criteria: Vec<(String, Vec<String>)>,
    weights: Vec<f64>,
}

impl Definition {
    /// Reads the design, and the criteria with their weights; file 09 names none: its index is that of file 07.
    pub(super) fn read(file: &Value) -> Result<Self, Refusal> {
        let mut findings = Vec::new();
        let design = Design::read(file.get("design"), &mut findings);
        let list = |value: &Value| value.as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect();
        let criteria: Vec<(String, Vec<String>)> = match file.get("criteria").and_then(Value::as_object) {
            Some(stated) => stated.iter().map(|(name, items)| (name.clone(), list(items))).collect(),
            None => (0..5).map(|c| (format!("C{}", c + 1), (5 * c + 1..=5 * c + 5).map(|q| format!("q{q:02}")).collect())).collect(),
        };
        let weights = file.get("criterion_weights").map_or_else(|| vec![0.15, 0.25, 0.20, 0.20, 0.20], crate::golden::numbers);
        assert_eq!(weights.len(), criteria.len());
        design.map(|design| Self { design, criteria, weights }).ok_or_else(|| Refusal::invalid(&findings))
    }

    fn items(&self) -> usize {
        self.criteria.iter().map(|(_, items)| items.len()).sum()
    }

    /// The place of the index among the results.
    pub(super) fn index(&self) -> usize {
        self.criteria.len()
    }

    /// The criteria, the index, the shares of answers 4 and 5 by item mean and pooled, and last the items themselves.
    pub(super) fn composite(&self, table: &Table) -> Result<Composite, Refusal> {
        let mut composite = Composite::default();
        let (mut scores, mut shares, mut pooled, mut means) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut everything: Vec<Values> = Vec::new();
        for (_, items) in &self.criteria {
            let answers: Vec<Values> = items.iter().map(|item| item_answers(table, item)).collect::<Result<_, _>>()?;
            let terms = |composite: &mut Composite, of: fn(f64) -> f64| -> Vec<usize> {
                answers.iter().map(|item| composite.mean(item.iter().map(|answer| of(*answer)).collect())).collect()
            };
            let points = terms(&mut composite, |answer| 25.0 * (answer - 1.0));
            means.extend_from_slice(&points);
            scores.push(points);
            shares.push(terms(&mut composite, percent));
            pooled.push(pool(&mut composite, &answers));
            everything.extend(answers);
        }
        let all = pool(&mut composite, &everything);
        let average = |terms: &Vec<usize>| {
            #[allow(clippy::cast_precision_loss)] // a handful of items
            let part = 1.0 / terms.len() as f64;
            terms.iter().map(|term| (*term, part)).collect::<Vec<_>>()
        };
        for ((name, _), points) in self.criteria.iter().zip(&scores) {
            composite.result(name, average(points));
        }
        let index = |composite: &Composite, names: &[String]| -> Vec<(usize, f64)> {
            names.iter().zip(&self.weights).flat_map(|(name, weight)| composite.scaled(name, *weight)).collect()
        };
        let criteria: Vec<String> = self.criteria.iter().map(|criterion| criterion.0.clone()).collect();
        composite.result("INDEX", index(&composite, &criteria));
        let tops: Vec<String> = (1..=criteria.len()).map(|place| format!("T2_{place}")).collect();
        for (name, shares) in tops.iter().zip(&shares) {
            composite.result(name, average(shares));
        }
        composite.result("T2_INDEX", index(&composite, &tops));
        for (place, term) in (1..).zip(pooled) {
            composite.result(format!("T2POOL_{place}"), vec![(term, 1.0)]);
        }
        composite.result("T2POOL_ALL", vec![(all, 1.0)]);
        for term in means {
            composite.result("item", vec![(term, 1.0)]);
        }
        Ok(composite)
    }
}

/// 100 for one of the two best answers, 0 for another.
fn percent(answer: f64) -> f64 {
    match answer {
        answer if answer.is_nan() => f64::NAN,
        answer if answer >= 4.0 => 100.0,
        _ => 0.0,
    }
}

/// The answers to an item, which are whole numbers from 1 to 5.
fn item_answers(table: &Table, item: &str) -> Result<Values, Refusal> {
    let values = table.numbers(item)?;
    let known = |value: &f64| value.is_nan() || (1.0..=5.0).contains(value) && value.fract() == 0.0;
    match values.iter().position(|value| !known(value)) {
        Some(row) => {
            Err(Refusal::new("answer-unknown", format!("column {item:?}, row {}: {} is no answer from 1 to 5", row + 1, values[row])))
        }
        None => Ok(values),
    }
}

/// The share of the two best answers among all answers to some items.
fn pool(composite: &mut Composite, items: &[Values]) -> usize {
    let rows = items.first().map_or(0, |item| item.len());
    let over = |of: &dyn Fn(f64) -> f64| -> Values {
        (0..rows).map(|row| sum(items.iter().map(|item| item[row]).filter(|answer| !answer.is_nan()).map(of))).collect()
    };
    let (best, all) = (over(&percent), over(&|_| 1.0));
    composite.ratio(best, all)
}

/// A line for the nation, each province, agency and kind of place, and one for the ranks of provinces.
pub(super) fn answers(file: &Value, tables: &Tables) -> Result<Vec<Value>, Refusal> {
    let definition = Definition::read(file)?;
    let name = file.get("data").and_then(Value::as_str);
    let table = tables.table(name.ok_or_else(|| Refusal::new("case-invalid", "/data: the name of a CSV file is missing"))?)?;
    let sample = definition.design.sample(&table)?;
    let composite = definition.composite(&table)?;
    let mut lines = Vec::new();
    let mut provinces = Vec::new();
    for part in Part::all(&table, &["province", "agency", "urban"])? {
        let results = composite.estimate(&sample, &part.rows)?;
        lines.push(line(&definition, &composite, &sample, &part, &results));
        if part.by == "province" {
            let width = results.statistics.width();
            let only: Vec<f64> = (0..width).map(|place| if place == definition.index() { 1.0 } else { 0.0 }).collect();
            provinces.push(results.statistics.map(vec![results.statistics.values()[definition.index()]], &only));
        }
    }
    let level = file.pointer("/ranks_province/level").and_then(Value::as_f64).unwrap_or(RANK_LEVEL);
    lines.push(ranks(&sample, &provinces, level)?);
    Ok(lines)
}

fn line(definition: &Definition, composite: &Composite, sample: &Sample, part: &Part, results: &Results) -> Value {
    let items = definition.items();
    let shown = results.statistics.width() - items;
    let (est, se) = (results.values(0..shown).to_vec(), results.se(0..shown));
    let (df_domain, df_design) = (sample.df(&part.rows), sample.df(&vec![true; sample.rows()]));
    let bounds =
        |df: f64| -> (Vec<f64>, Vec<f64>) { est.iter().zip(&se).map(|(est, se)| interval::linear(*est, se * se, df, LEVEL)).unzip() };
    let ((low_domain, high_domain), (low_design, high_design)) = (bounds(df_domain), bounds(df_design));
    let criteria = 0..definition.criteria.len();
    let vcov = criteria.clone().map(|a| numbers(&criteria.clone().map(|b| results.between(a, b)).collect::<Vec<_>>()));
    // Back from 0–100 to the scale of the answers.
    let item_mean: Vec<f64> = results.values(shown..shown + items).iter().map(|score| 1.0 + score / 25.0).collect();
    let item_se: Vec<f64> = results.se(shown..shown + items).iter().map(|se| se / 25.0).collect();
    object([
        ("id", part.id().into()),
        ("domain", part.by.as_str().into()),
        ("key", part.key.as_str().into()),
        ("n", vec![part.rows.iter().filter(|keep| **keep).count()].into()),
        ("n_psu", sample.psus(&part.rows).into()),
        ("df_domain", number(df_domain)),
        ("df_design", number(df_design)),
        ("sum_w", number(sum(sample.weights().iter().zip(part.rows.iter()).filter(|(_, keep)| **keep).map(|(weight, _)| *weight)))),
        ("names", texts(&composite.names()[..shown])),
        ("est", numbers(&est)),
        ("se", numbers(&se)),
        ("ci_low_tdomain", numbers(&low_domain)),
        ("ci_high_tdomain", numbers(&high_domain)),
        ("ci_low_tdesign", numbers(&low_design)),
        ("ci_high_tdesign", numbers(&high_design)),
        ("vcov_criteria", vcov.collect()),
        ("item_mean", numbers(&item_mean)),
        ("item_se", numbers(&item_se)),
    ])
}

/// The ranks of provinces by their index, with intervals of three kinds.
fn ranks(sample: &Sample, provinces: &[Linearised], level: f64) -> Result<Value, Refusal> {
    let joint = Linearised::join(provinces);
    let k = provinces.len();
    let covariance = sample.covariance(&joint)?;
    let between = |a: usize, b: usize| covariance.get(a * k + b).copied().unwrap_or(f64::NAN);
    let mut fields = serde_json::Map::new();
    fields.insert("id".to_owned(), "ranks_province".into());
    fields.insert("level".to_owned(), number(level));
    #[allow(clippy::cast_precision_loss)] // a list of provinces
    let units = k as f64;
    let tail = 1.0 - level;
    for (name, method, half) in [
        ("kww", RankMethod::KleinWrightWieczorek, (1.0 - libm::pow(level, 1.0 / units)) / 2.0),
        ("pairwise_simultaneous", RankMethod::PairwiseJoint, tail / (units * (units - 1.0))),
        ("pairwise_marginal", RankMethod::PairwiseMarginal, tail / (2.0 * (units - 1.0))),
    ] {
        let intervals = rank_intervals(joint.values(), &between, method, level);
        fields.insert("rank_point".to_owned(), intervals.iter().map(|interval| interval.rank).collect());
        fields.insert(format!("{name}_z"), number(-normal::quantile(half)));
        fields.insert(format!("{name}_low"), intervals.iter().map(|interval| interval.low).collect());
        fields.insert(format!("{name}_high"), intervals.iter().map(|interval| interval.high).collect());
    }
    Ok(Value::Object(fields))
}
