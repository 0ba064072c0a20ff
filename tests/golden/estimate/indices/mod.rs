//! The files that state an index of a survey: its figures in each domain from the estimators that `hailong estimate` has.

mod change;
mod composite;
mod housing;
mod sipas;

use hailong::cli::estimate::{Refusal, Table, Tables, domains};
use hailong::scoring::sample::Rows;
use serde_json::{Map, Value};

use super::{Comparison, json, path};

/// Holds the lines of a file to its domains, in order; the lists of domains are named.
fn holds(file: &str, lists: &[&str]) -> Comparison {
    let golden = json(file);
    let tables = Tables::new(path(file).parent().unwrap());
    let lines = answers(golden["format"].as_str().unwrap(), &golden, &tables).unwrap();
    let expected: Vec<&Value> =
        lists.iter().flat_map(|list| golden[list].as_array().map_or_else(|| vec![&golden[list]], |list| list.iter().collect())).collect();
    assert_eq!(lines.len(), expected.len());
    let mut comparison = Comparison::default();
    for (found, expected) in lines.iter().zip(expected) {
        assert!(found.get("error").is_none(), "{found}");
        comparison.compare(&format!("{} {}", found["id"], found["key"]), found, expected);
    }
    let Comparison { worst, at, figures } = &comparison;
    println!("{file}: {figures} figures, worst relative difference {worst:.1e} ({at})");
    let tolerance = golden["rel_tol"].as_f64().unwrap();
    assert!(*worst <= tolerance, "{file}: {worst:e} exceeds {tolerance:e} at {at}");
    comparison
}

#[test]
fn the_sipas_like_index_of_every_domain_and_the_ranks_of_provinces() {
    let held = holds("07_sipas_index.json", &["national", "by_province", "by_agency", "by_urban", "ranks_province"]);
    assert!(held.figures > 15_000, "{}", held.figures);
}

#[test]
fn the_change_between_two_years_that_share_psus() {
    let held = holds("09_sipas_change.json", &["national", "by_province", "by_agency"]);
    assert!(held.figures > 600, "{}", held.figures);
}

#[test]
fn the_satisfaction_of_copenhagen_householders() {
    let held = holds("11_housing.json", &["all", "by_agency"]);
    assert!(held.figures > 100, "{}", held.figures);
}

/// The lines of a file.
fn answers(format: &str, file: &Value, tables: &Tables) -> Result<Vec<Value>, Refusal> {
    match format {
        "svy-golden-sipas-1" => sipas::answers(file, tables),
        "svy-golden-change-1" => change::answers(file, tables),
        "housing-1" => housing::answers(file, tables),
        other => panic!("{other} is no format of the golden files"),
    }
}

/// A part of the population that an index is estimated for.
#[derive(Debug, Clone)]
struct Part {
    /// The column that makes it, or `all`.
    by: String,
    /// Its value.
    key: String,
    /// Its rows.
    rows: Rows,
}

impl Part {
    /// The whole, then a part for each value of those of the columns that the table has.
    fn all(table: &Table, columns: &[&str]) -> Result<Vec<Self>, Refusal> {
        let everyone: Rows = vec![true; table.rows()].into();
        let mut parts = vec![Self { by: "all".to_owned(), key: "all".to_owned(), rows: everyone.clone() }];
        for column in columns.iter().filter(|column| table.has(column)) {
            let domains = domains(table, &[(*column).to_owned()], &everyone, &everyone)?;
            parts.extend(domains.into_iter().map(|domain| Self { by: (*column).to_owned(), key: domain.key.concat(), rows: domain.rows }));
        }
        Ok(parts)
    }

    /// The name of its line.
    fn id(&self) -> String {
        if self.by == "all" { "national".to_owned() } else { format!("{}/{}", self.by, self.key) }
    }
}

/// An object of some fields.
fn object(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}
