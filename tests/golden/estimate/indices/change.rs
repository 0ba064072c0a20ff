//! The change of an index between two years whose samples share PSUs.

use serde_json::Value;

use super::sipas::Definition;
use super::{Part, object};
use hailong::cli::estimate::Refusal;
use hailong::cli::estimate::{Table, Tables};
use hailong::cli::estimate::{number, numbers};
use hailong::numeric::distribution::normal;
use hailong::scoring::sample::{Estimator, Rows, standard_errors};

/// A line for the nation, each province and each agency. Both years are one sample: a PSU of the same name is the same
/// PSU, through which the years covary.
pub(super) fn answers(file: &Value, tables: &Tables) -> Result<Vec<Value>, Refusal> {
    let names: Option<Vec<&str>> = file.get("data").and_then(Value::as_array).and_then(|list| list.iter().map(Value::as_str).collect());
    let Some([before, after]) = names.as_deref() else {
        return Err(Refusal::new("case-invalid", "/data: the names of two CSV files belong here, one for each year"));
    };
    let table = stacked(before, after);
    let definition = Definition::read(file)?;
    let sample = definition.design.sample(&table)?;
    let composite = definition.composite(&table)?;
    let first = tables.table(before)?.rows();
    let mut lines = Vec::new();
    for part in Part::all(&table, &["province", "agency"])? {
        let year = |late: bool| -> Rows { part.rows.iter().enumerate().map(|(row, keep)| *keep && (row >= first) == late).collect() };
        let terms = [composite.terms(&year(false)), composite.terms(&year(true))].concat();
        let index = composite.coefficients(definition.index());
        let none = vec![0.0; index.len()];
        let change = index.iter().map(|c| -c).chain(index.iter().copied()).collect();
        let coefficients = vec![[index.as_slice(), &none].concat(), [none.as_slice(), &index].concat(), change];
        let statistics = Estimator::contrasts(terms, coefficients).linearise(sample.weights()).over(&part.rows);
        let covariance = sample.covariance(&statistics)?;
        let se = standard_errors(&covariance, 3);
        let z = statistics.values()[2] / se[2];
        lines.push(object([
            ("id", part.id().into()),
            ("domain", part.by.as_str().into()),
            ("key", part.key.parse::<i64>().map_or_else(|_| part.key.as_str().into(), Value::from)),
            ("est", numbers(&statistics.values()[..2])),
            ("se", numbers(&se[..2])),
            ("cov12", number(covariance[1])),
            ("change", number(statistics.values()[2])),
            ("change_se", number(se[2])),
            ("z", number(z)),
            ("p_two_sided_z", number(2.0 * normal::sf(z.abs()))),
        ]));
    }
    Ok(lines)
}

/// Two files one below the other; the second has the column `year` behind the columns of both.
fn stacked(before: &str, after: &str) -> Table {
    let [before, after] = [before, after].map(|name| std::fs::read_to_string(crate::golden::path(name)).unwrap());
    let after: Vec<&str> = after.lines().map(|line| line.rsplit_once(',').unwrap().0).collect();
    assert_eq!(before.lines().next(), Some(after[0]));
    Table::parse(&(before.trim_end().to_owned() + "\n" + &after[1..].join("\n"))).unwrap()
}
