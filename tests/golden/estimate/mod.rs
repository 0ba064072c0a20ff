//! `hailong estimate` over the files of `tests/golden/survey` and `tests/golden/multistage`: a test a case, at the case's own tolerance.

mod calibration;
mod indices;
mod linearization;
mod lonely_fpc;
mod multistage;
mod proportions;
mod quantiles;
mod refusals;
mod replicates;
mod sipas_items;
mod weighting;
mod wilson;

use std::collections::BTreeSet;

use hailong::cli::estimate::{Freedom, Tables, evaluate};
use serde_json::Value;

use super::{json, path};

/// A test for each case of a file, and one that no case of it is left out.
macro_rules! cases {
    ($file:literal; $($name:ident: $id:literal;)*) => {
        $(
            #[test]
            fn $name() {
                super::holds($file, $id);
            }
        )*

        #[test]
        fn every_case_of_the_file_has_a_test() {
            super::complete($file, &[$($id),*]);
        }
    };
}
use cases;

fn list(file: &str) -> Vec<Value> {
    json(file)["cases"].as_array().unwrap().clone()
}

fn complete(file: &str, tested: &[&str]) {
    let cases = list(file);
    let ids: BTreeSet<&str> = cases.iter().map(|case| case["id"].as_str().unwrap()).collect();
    assert_eq!(ids, tested.iter().copied().collect());
    assert_eq!(ids.len(), cases.len(), "an id occurs twice");
}

/// Evaluates a case and holds it to what is expected of it.
fn holds(file: &str, id: &str) {
    let case = list(file).into_iter().find(|case| case["id"] == id).unwrap_or_else(|| panic!("{file} has no case {id}"));
    let found = evaluate(&case, Freedom::of_format(json(file)["format"].as_str()), &Tables::new(path(file).parent().unwrap()));
    if case["expect_error"] == true {
        assert!(found["error"]["code"].is_string(), "{id} is to be refused, and answered {found}");
        println!("{id}: refused: {}", found["error"]["detail"]);
        return;
    }
    assert!(found.get("error").is_none(), "{id}: {}", found["error"]);
    let expected = case.get("expected_survey45").unwrap_or(&case["expected"]);
    let mut comparison = Comparison::default();
    comparison.compare("", &found, expected);
    let Comparison { worst, at, figures } = comparison;
    println!("{id}: {figures} figures, worst relative difference {worst:.1e} ({at})");
    assert!(figures > 0, "{id}: nothing was compared");
    let tolerance = case["rel_tol"].as_f64().unwrap();
    assert!(worst <= tolerance, "{id}: {worst:e} exceeds {tolerance:e} at {at}");
}

/// Compares every figure that is expected with the one found under its name.
#[derive(Default)]
struct Comparison {
    worst: f64,
    at: String,
    figures: usize,
}

impl Comparison {
    fn compare(&mut self, place: &str, found: &Value, expected: &Value) {
        match expected {
            Value::Object(fields) => {
                for (name, expected) in fields {
                    let found = found.get(name).unwrap_or_else(|| panic!("{place}/{name} is missing in {found}"));
                    // How R calls its results is R's own; what they are is not.
                    if name != "names" {
                        self.compare(&format!("{place}/{name}"), found, expected);
                    }
                }
            }
            Value::Array(list) => {
                let length = found.as_array().map(Vec::len);
                assert_eq!(length, Some(list.len()), "{place}: found {found}, expected {expected}");
                let scale = scale(expected);
                for (number, expected) in list.iter().enumerate() {
                    let place = format!("{place}/{number}");
                    match (expected.as_f64(), found[number].as_f64()) {
                        (Some(expected), Some(found)) => self.figure(&place, found, expected, scale),
                        _ => self.compare(&place, &found[number], expected),
                    }
                }
            }
            Value::Number(number) => {
                let number = number.as_f64().unwrap();
                let found = found.as_f64().unwrap_or_else(|| panic!("{place}: found {found}, expected {number}"));
                self.figure(place, found, number, number.abs());
            }
            other => assert_eq!(found, other, "{place}"),
        }
    }

    /// A figure; next to others of its list that it is 0 beside, it has to be as good as 0 beside them.
    fn figure(&mut self, place: &str, found: f64, expected: f64, scale: f64) {
        let reference = if expected.abs() <= 1e-12 * scale || expected == 0.0 { scale.max(1e-3) } else { expected.abs() };
        let relative = (found - expected).abs() / reference;
        assert!(relative.is_finite(), "{place}: found {found}, expected {expected}");
        self.figures += 1;
        if relative >= self.worst {
            (self.worst, self.at) = (relative, format!("{place}: found {found:?}, expected {expected:?}"));
        }
    }
}

/// The largest figure of a list.
fn scale(list: &Value) -> f64 {
    list.as_array().into_iter().flatten().filter_map(Value::as_f64).fold(0.0, |scale: f64, figure| scale.max(figure.abs()))
}
