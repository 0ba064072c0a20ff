//! Householders' satisfaction with their housing: a simple random sample, an index of three items.

use serde_json::Value;

use super::composite::Composite;
use super::{Part, object};
use hailong::cli::estimate::Refusal;
use hailong::cli::estimate::{Table, Tables};
use hailong::cli::estimate::{number, numbers, texts};
use hailong::schema::LonelyPsu;
use hailong::scoring::interval;
use hailong::scoring::sample::{Sample, Values};

/// The level of the intervals.
const LEVEL: f64 = 0.95;
/// The items: the column, its best answer, its weight in the index. The worst answer is 1.
const ITEMS: [(&str, f64, f64); 3] = [("satisfaction", 3.0, 0.5), ("influence", 3.0, 0.3), ("contact", 2.0, 0.2)];

/// A line for all householders and one for each kind of housing.
pub(super) fn answers(file: &Value, tables: &Tables) -> Result<Vec<Value>, Refusal> {
    let name = file.get("data").and_then(Value::as_str);
    let table = tables.table(name.ok_or_else(|| Refusal::new("case-invalid", "/data: the name of a CSV file is missing"))?)?;
    let sample = Sample::new(vec![1.0; table.rows()], &[], LonelyPsu::Fail)?;
    let composite = composite(&table)?;
    let mut lines = Vec::new();
    for part in Part::all(&table, &["agency"])? {
        let results = composite.estimate(&sample, &part.rows)?;
        let width = results.statistics.width();
        let (est, se, df) = (results.values(0..width), results.se(0..width), sample.df(&part.rows));
        let (low, high): (Vec<f64>, Vec<f64>) = est.iter().zip(&se).map(|(est, se)| interval::linear(*est, se * se, df, LEVEL)).unzip();
        lines.push(object([
            ("id", if part.by == "all" { "all".into() } else { part.id().into() }),
            ("key", part.key.as_str().into()),
            ("n", part.rows.iter().filter(|keep| **keep).count().into()),
            ("df", number(df)),
            ("names", texts(&composite.names())),
            ("est", numbers(est)),
            ("se", numbers(&se)),
            ("ci_low", numbers(&low)),
            ("ci_high", numbers(&high)),
        ]));
    }
    Ok(lines)
}

/// Scores of 0 to 100, the share of the satisfied, and the index.
fn composite(table: &Table) -> Result<Composite, Refusal> {
    let mut composite = Composite::default();
    let mut index = Vec::new();
    for (column, best, weight) in ITEMS {
        let values = table.numbers(column)?;
        let score: Values = values.iter().map(|answer| 100.0 * (answer - 1.0) / (best - 1.0)).collect();
        let term = composite.mean(score);
        composite.result(column, vec![(term, 1.0)]);
        index.push((term, weight));
    }
    let (column, best, _) = ITEMS[0];
    let share = |answer: &f64| if answer.is_nan() { f64::NAN } else { 100.0 * f64::from(u8::from(answer.total_cmp(&best).is_ge())) };
    let term = composite.mean(table.numbers(column)?.iter().map(share).collect());
    composite.result("high_satisfaction", vec![(term, 1.0)]);
    composite.result("index", index);
    Ok(composite)
}
