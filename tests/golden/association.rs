//! Tests of association in larger tables, with missing answers and in a domain, against R (`association/tables.csv`).

use hailong::cli::estimate::{Freedom, Tables, evaluate};
use serde_json::{Value, json};

use super::{Worst, path};

/// The answer to a case of the table of that name.
fn answer(table: &str, statistic: &str) -> Value {
    let nhanes = json!({ "ids": ["psu"], "strata": ["stratum"], "weights": ["weight"], "nest": true });
    let sipas = json!({ "ids": ["psu"], "strata": ["stratum"], "weights": ["weight"], "fpc": ["fpc"] });
    let (data, design, vars, condition) = match table {
        "agecat by race" => ("data/nhanes.csv", nhanes, ["agecat", "race"], Value::Null),
        "q01 by q05" => ("data/sipas_open_y1.csv", sipas, ["q01", "q05"], Value::Null),
        "q03 by sex in cities" => ("data/sipas_open_y1.csv", sipas, ["q03", "sex"], json!("urban == 1")),
        other => panic!("no table {other}"),
    };
    let estimator = json!({ "fn": "chisq", "vars": vars, "where": condition, "statistic": statistic });
    let case = json!({ "id": table, "data": data, "design": design, "estimator": estimator, "level": 0.95 });
    evaluate(&case, Freedom::Domain, &Tables::new(&path("")))
}

#[test]
fn tests_of_larger_tables_are_those_of_r() {
    let mut worst = Worst::default();
    let mut rows = csv::ReaderBuilder::new().has_headers(false).from_path(path("../association/tables.csv")).unwrap();
    for record in rows.records().map(Result::unwrap) {
        let (table, statistic) = (&record[0], &record[1]);
        let found = answer(table, statistic);
        let parameter = |place: usize| if record[4].is_empty() { &found["parameter"] } else { &found["parameter"][place] };
        let figures = [(&found["statistic"], 2), (parameter(0), 3), (parameter(1), 4), (&found["p_value"], 5)];
        for (value, column) in figures.into_iter().filter(|(_, column)| !record[*column].is_empty()) {
            let value = value.as_f64().unwrap_or_else(|| panic!("{table}, {statistic}: {found}"));
            worst.compare(&format!("{table}, {statistic}, column {column}"), value, record[column].parse().unwrap());
        }
    }
    worst.hold("tests of association", 1e-9, 45);
}

#[test]
fn turning_a_table_round_changes_no_test() {
    for statistic in ["F", "Chisq", "Wald", "adjWald"] {
        let case = |vars: [&str; 2]| {
            let design = json!({ "ids": ["psu"], "strata": ["stratum"], "weights": ["weight"], "nest": true });
            let estimator = json!({ "fn": "chisq", "vars": vars, "statistic": statistic });
            let case = json!({ "id": "t", "data": "data/nhanes.csv", "design": design, "estimator": estimator, "level": 0.95 });
            evaluate(&case, Freedom::Domain, &Tables::new(&path("")))["p_value"].as_f64().unwrap()
        };
        let (one, other) = (case(["agecat", "sex"]), case(["sex", "agecat"]));
        assert!((one / other - 1.0).abs() < 1e-10, "{statistic}: {one} {other}");
    }
}
