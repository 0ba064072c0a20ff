//! Pairs of values that covary, held against the table that the values stand in.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::matrix::Rows;
use super::super::stages::leaf_codes;
use super::super::table::{Key, Table};
use super::errors::Errors;
use crate::schema::composite::CompositeDefinition;
use crate::words::Finding;

/// By how much a correlation may exceed 1 where numbers are rounded.
const ROUNDED: f64 = 1e-6;

/// The covariance of two values, each named by edition, unit and indicator.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// One value.
    pub a: Key,
    /// The other; the same as `a` for a variance.
    pub b: Key,
    /// The covariance of their errors, in the values' own units.
    pub covariance: f64,
}

/// The name of a value in a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name<'a> {
    pub(super) edition: &'a str,
    pub(super) unit: &'a str,
    pub(super) indicator: &'a str,
}

impl<'a> From<&'a Key> for Name<'a> {
    fn from((edition, unit, indicator): &'a Key) -> Self {
        Self { edition, unit, indicator }
    }
}

/// What is wrong with a pair: in which of its fields, as they are called in files, and how.
pub(super) struct Fault {
    field: &'static str,
    code: &'static str,
    vi: String,
    en: String,
}

impl Fault {
    fn new(field: &'static str, code: &'static str, vi: String, en: String) -> Self {
        Self { field, code, vi, en }
    }

    /// The finding about the pair at a place, counted from 0.
    pub(super) fn at(self, place: usize) -> Finding {
        Finding::error(format!("/{place}/{}", self.field), self.code, self.vi, self.en)
    }
}

/// The covariance of each pair of cells, the earlier cell first.
pub(super) type Covariances = BTreeMap<(usize, usize), f64>;

/// Pairs on their way from names to cells.
pub(super) struct Pairs<'a> {
    codes: Vec<&'a str>,
    rows: Arc<Rows>,
    errors: &'a Errors,
    found: Covariances,
}

impl<'a> Pairs<'a> {
    /// Starts with what covaries already in `errors`, which are those of the values of `table`.
    pub(super) fn new(errors: &'a Errors, definition: &'a CompositeDefinition, table: &Table) -> Self {
        let found = errors.covariances().map(|(a, b, covariance)| ((a, b), covariance)).collect();
        Self { codes: leaf_codes(definition), rows: table.state(definition).rows, errors, found }
    }

    pub(super) fn found(self) -> Covariances {
        self.found
    }

    /// Adds the covariance of two values of one table, or says all that is wrong with it; `Err` holds what is no number.
    pub(super) fn add(&mut self, names: [Name<'_>; 2], covariance: Result<f64, &str>) -> Vec<Fault> {
        let [a, b] = [self.cell(names[0], ["edition", "unit_a", "indicator_a"]), self.cell(names[1], ["edition", "unit_b", "indicator_b"])];
        let covariance = match covariance {
            Ok(number) if number.is_finite() => Ok(number),
            Ok(number) => Err(not_a_number(&number.to_string())),
            Err(text) => Err(not_a_number(text)),
        };
        match (a, b, covariance) {
            (Ok(a), Ok(b), Ok(covariance)) => self.put(a, b, covariance).err().into_iter().collect(),
            // One unknown edition is told once.
            (Err(a), Err(b), _) if a.field == b.field && a.en == b.en => vec![a],
            (a, b, covariance) => a.err().into_iter().chain(b.err()).chain(covariance.err()).collect(),
        }
    }

    /// The cell of a value.
    fn cell(&self, name: Name<'_>, fields: [&'static str; 3]) -> Result<usize, Fault> {
        let Name { edition, unit, indicator } = name;
        let Some(place) = self.rows.editions().iter().position(|known| known == edition) else {
            let (vi, en) = (format!("Bảng không có kỳ “{edition}”"), format!("The table has no edition “{edition}”"));
            return Err(Fault::new(fields[0], "unknown-edition", vi, en));
        };
        let Some(leaf) = self.codes.iter().position(|known| *known == indicator) else {
            let (vi, en) = (format!("Không có chỉ tiêu “{indicator}”"), format!("There is no indicator “{indicator}”"));
            return Err(Fault::new(fields[2], "unknown-indicator", vi, en));
        };
        let Some(row) = self.rows.find(place, unit) else {
            let (vi, en) = (format!("Không có đơn vị “{unit}”"), format!("There is no unit “{unit}”"));
            return Err(Fault::new(fields[1], "unknown-unit", vi, en));
        };
        self.errors.find(row, leaf).ok_or_else(|| {
            let vi = format!("“{indicator}” của {unit} không có sai số chuẩn");
            Fault::new(fields[2], "no-standard-error", vi, format!("“{indicator}” of {unit} has no standard error"))
        })
    }

    fn put(&mut self, a: usize, b: usize, covariance: f64) -> Result<(), Fault> {
        let fault = |code, vi, en| Err(Fault::new("covariance", code, vi, en));
        let limit = self.errors.cells()[a].sd * self.errors.cells()[b].sd;
        if a == b {
            // A whole covariance matrix may be given: its diagonal must then say the same as the table.
            if (covariance / limit - 1.0).abs() > ROUNDED {
                let vi = format!("Phương sai {covariance} khác với sai số chuẩn trong bảng");
                return fault("another-variance", vi, format!("The variance {covariance} is not the square of the table's standard error"));
            }
            return Ok(());
        }
        if covariance.abs() > limit * (1.0 + ROUNDED) {
            let vi = format!("Tương quan {:.4} vượt quá 1", covariance / limit);
            return fault("beyond-one", vi, format!("The correlation {:.4} lies beyond 1", covariance / limit));
        }
        let known = *self.found.entry((a.min(b), a.max(b))).or_insert(covariance);
        // The mirrored cell of a whole matrix repeats it.
        if (known - covariance).abs() > ROUNDED * limit {
            let vi = "Cặp này đã có hiệp phương sai khác".to_owned();
            return fault("contradiction", vi, "This pair has another covariance already".to_owned());
        }
        Ok(())
    }
}

fn not_a_number(text: &str) -> Fault {
    Fault::new("covariance", "not-a-number", format!("“{text}” không phải là số"), format!("“{text}” is no number"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::composite::Observation;
    use crate::schema::composite::sample::{definition, text};

    fn own() -> CompositeDefinition {
        let leaf = |code: &str| json!({"code": code, "label": text(code), "indicator": {}});
        definition(&json!({
            "kind": "composite", "code": "two", "edition": "2024", "title": text("x"),
            "pipeline": [{"stage": "normalise", "method": "as_given"}, {"stage": "aggregate", "method": "sum"}],
            "tree": {"code": "ALL", "label": text("x"), "children": [leaf("a"), leaf("b"), leaf("c")]},
        }))
    }

    /// Two units and editions; `a` and `b` have standard errors of 0.2 and 0.1, `c` has none.
    fn table() -> Table {
        let mut table = Table::default();
        for (edition, unit) in [("2023", "u1"), ("2024", "u1"), ("2024", "u2")] {
            for (code, standard_error) in [("a", Some(0.2)), ("b", Some(0.1)), ("c", None)] {
                table.insert(edition, unit, code, Observation { value: Some(5.0), standard_error, ..Observation::default() });
            }
        }
        table
    }

    fn key((edition, unit, indicator): (&str, &str, &str)) -> Key {
        (edition.to_owned(), unit.to_owned(), indicator.to_owned())
    }

    fn pair(a: (&str, &str, &str), b: (&str, &str, &str), covariance: f64) -> Pair {
        Pair { a: key(a), b: key(b), covariance }
    }

    #[test]
    fn pairs_say_what_a_file_of_them_says_and_come_on_top_of_it() {
        let (own, table) = (own(), table());
        let file = "unit_a,indicator_a,unit_b,indicator_b,covariance\nu1,a,u1,b,0.01\nu2,b,u2,a,-0.005\nu1,a,u1,a,0.04\n";
        let of_file = Errors::of(&own, &table).with_covariances(file, &own, &table).unwrap();
        let (first, second) =
            (pair(("2024", "u1", "b"), ("2024", "u1", "a"), 0.01), pair(("2024", "u2", "b"), ("2024", "u2", "a"), -0.005));
        let of_pairs = Errors::of(&own, &table).with_pairs([first.clone(), second.clone()], &own, &table).unwrap();
        assert_eq!(of_pairs, of_file);
        let one_by_one = Errors::of(&own, &table).with_pairs([first], &own, &table).unwrap().with_pairs([second], &own, &table).unwrap();
        assert_eq!(one_by_one, of_file);
        let editions = of_file.with_pairs([pair(("2023", "u1", "a"), ("2024", "u1", "a"), 0.02)], &own, &table).unwrap();
        assert_eq!(editions.covariances().count(), 3, "editions may covary too");
    }

    #[test]
    fn all_that_is_wrong_with_pairs_is_told_at_once() {
        let (own, table) = (own(), table());
        let u1 = |code: &'static str| ("2024", "u1", code);
        let given = [
            pair(("2020", "u1", "a"), ("2020", "u1", "b"), 0.0),
            pair(("2020", "u1", "a"), ("2021", "u1", "b"), 0.0),
            pair(u1("z"), ("2024", "u9", "a"), f64::NAN),
            pair(u1("a"), u1("c"), 0.0),
            pair(u1("a"), u1("a"), 0.05),
            pair(u1("a"), u1("b"), 0.021),
            pair(u1("a"), u1("b"), 0.01),
            pair(u1("b"), u1("a"), 0.011),
        ];
        let findings = Errors::of(&own, &table).with_pairs(given, &own, &table).unwrap_err();
        let found: Vec<(&str, &str)> = findings.iter().map(|finding| (finding.pointer.as_str(), finding.code.as_ref())).collect();
        let expected = [
            ("/0/edition", "unknown-edition"),
            ("/1/edition", "unknown-edition"),
            ("/1/edition", "unknown-edition"),
            ("/2/indicator_a", "unknown-indicator"),
            ("/2/unit_b", "unknown-unit"),
            ("/2/covariance", "not-a-number"),
            ("/3/indicator_b", "no-standard-error"),
            ("/4/covariance", "another-variance"),
            ("/5/covariance", "beyond-one"),
            ("/7/covariance", "contradiction"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn covariances_that_no_errors_have_together_are_refused() {
        let (own, table) = (own(), table());
        let (a, b, c) = (("2024", "u1", "a"), ("2024", "u2", "a"), ("2023", "u1", "a"));
        let apart = [pair(a, b, 0.039), pair(b, c, 0.039), pair(a, c, -0.039)];
        let findings = Errors::of(&own, &table).with_pairs(apart, &own, &table).unwrap_err();
        assert_eq!(findings[0].code, "not-a-covariance-matrix");
        // One and the same estimate: singular, but a covariance matrix.
        let same = [pair(a, b, 0.04), pair(b, c, 0.04), pair(a, c, 0.04)];
        assert!(Errors::of(&own, &table).with_pairs(same, &own, &table).is_ok());
    }
}
