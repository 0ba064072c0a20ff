//! Files that state a composite index rather than cases: a line for each domain.

mod change;
mod composite;
mod housing;
mod sipas;

use serde_json::{Map, Value};

use super::refusal::Refusal;
use super::table::{Table, Tables};
use crate::scoring::sample::Rows;

/// The lines of a file.
///
/// # Errors
/// A format that is not known, or what is wrong in the file or its data.
pub fn answers(format: &str, file: &Value, tables: &Tables) -> Result<Vec<Value>, Refusal> {
    match format {
        "svy-golden-sipas-1" => sipas::answers(file, tables),
        "svy-golden-change-1" => change::answers(file, tables),
        "housing-1" => housing::answers(file, tables),
        _ => Err(Refusal::new("format-unknown", format!("{format:?} is no format that is read here"))),
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
            let domains = super::study::domains(table, &[(*column).to_owned()], &everyone, &everyone)?;
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
