//! Cases that cannot be answered: each says why, and none stands in the way of the next.

use std::fs;

use hailong::cli::estimate::{evaluate_file, line};
use serde_json::{Value, json};

const DATA: &str = "# a comment\nstratum,psu,weight,fpc,y,x,name\n1,1,2,9,3,1,a\n1,2,3,9,5,,b\n2,3,1,8,4,2,a\n2,4,4,8,6,7,\n";

/// The answers to cases over some data.
fn answers(data: &str, cases: &Value) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("data.csv"), data).unwrap();
    fs::write(folder.path().join("cases.json"), json!({ "cases": cases }).to_string()).unwrap();
    let mut lines = Vec::new();
    evaluate_file(&folder.path().join("cases.json"), |answer| lines.push(answer)).unwrap();
    lines
}

fn case(design: &Value, estimator: &Value) -> Value {
    json!({ "id": "c", "data": "data.csv", "design": design, "estimator": estimator })
}

fn design() -> Value {
    json!({ "ids": ["psu"], "strata": ["stratum"], "weights": ["weight"], "fpc": ["fpc"] })
}

fn mean() -> Value {
    json!({ "fn": "mean", "vars": ["y"] })
}

/// The code and detail of the one refusal.
fn refused(data: &str, case: &Value) -> (String, String) {
    let found = answers(data, &json!([case, case]));
    assert_eq!(found.len(), 2);
    assert_eq!(found[0], found[1]);
    let text = |name: &str| found[0]["error"][name].as_str().unwrap_or_else(|| panic!("answered: {}", found[0])).to_owned();
    (text("code"), text("detail"))
}

#[test]
fn what_is_wrong_in_a_case_is_named_all_at_once() {
    let mut wrong =
        case(&json!({ "ids": "psu", "lonely_psu": "drop", "clusters": 1 }), &json!({ "vars": [1], "where": "y ~ 3", "deff": "yes" }));
    wrong["level"] = json!(95);
    wrong["post"] = json!([]);
    let (code, detail) = refused(DATA, &wrong);
    assert_eq!(code, "case-invalid");
    for part in [
        "/level: 95",
        "/post",
        "/design/lonely_psu",
        "/design/clusters",
        "/estimator/fn",
        "/estimator/vars",
        "/estimator/where",
        "/estimator/deff",
    ] {
        assert!(detail.contains(part), "{part} is not in {detail}");
    }
}

#[test]
fn columns_that_do_not_fit_are_named_with_the_row() {
    let with = |name: &str, column: &str| {
        let mut design = design();
        design[name] = json!([column]);
        refused(DATA, &case(&design, &mean()))
    };
    let of = |estimator: Value| refused(DATA, &case(&design(), &estimator));
    for ((code, detail), expected, part) in [
        (of(json!({ "fn": "mean", "vars": ["z"] })), "column-unknown", "\"z\""),
        (of(json!({ "fn": "mean", "vars": ["name"] })), "not-a-number", "line 3: \"a\""),
        (of(json!({ "fn": "mean", "vars": ["y"], "where": "name > 2" })), "not-a-number", "line 3"),
        (of(json!({ "fn": "mean", "vars": ["y"], "by": ["z"] })), "column-unknown", "\"z\""),
        (with("weights", "name"), "not-a-number", "line 3"),
        (with("weights", "x"), "design-invalid", "row 2: the weight"),
        (with("fpc", "weight"), "design-invalid", "another population count"),
        (with("ids", "name"), "design-invalid", "line 6"),
        (with("ids", "stratum"), "lonely-psu", "stratum \"1\""),
    ] {
        assert_eq!(code, expected, "{detail}");
        assert!(detail.contains(part), "{part} is not in {detail}");
    }
}

#[test]
fn estimators_that_do_not_fit_are_refused() {
    for (estimator, expected, part) in [
        (json!({ "fn": "mode", "vars": ["y"] }), "estimator-unsupported", "mode"),
        (json!({ "fn": "mean" }), "case-invalid", "mean needs variables"),
        (json!({ "fn": "ratio", "num": ["y", "x"], "den": ["x"] }), "case-invalid", "same length"),
        (json!({ "fn": "contrast", "vars": ["y", "x"], "coef": [1] }), "case-invalid", "2 estimates and 1 coefficients"),
        (json!({ "fn": "contrast", "vars": ["y"], "coef": [1], "by": ["name"] }), "case-invalid", "/estimator/by"),
        (json!({ "fn": "contrast_domains", "vars": ["y"], "coef": [1] }), "case-invalid", "/estimator/by"),
        (json!({ "fn": "ratio", "num": ["y"], "den": ["x"], "deff": ["wr"] }), "case-invalid", "/estimator/deff"),
        (json!({ "fn": "nonlinear", "expr": "T_y / (T_x" }), "case-invalid", "character 11"),
        (json!({ "fn": "nonlinear", "expr": "y / T_x" }), "case-invalid", "\"y\""),
    ] {
        let (code, detail) = refused(DATA, &case(&design(), &estimator));
        assert_eq!(code, expected, "{detail}");
        assert!(detail.contains(part), "{part} is not in {detail}");
    }
}

#[test]
fn data_that_are_no_table_are_refused() {
    for (data, part) in [
        ("", "the heading is missing"),
        ("y,weight\n", "no rows"),
        ("y,y\n1,2\n", "line 1: The column “y” is there twice"),
        ("y,weight\n1\n", "line 2: The line has 1 cells"),
        ("y,weight\n1,\0\n", "Line 2 holds a NUL"),
    ] {
        let (code, detail) = refused(data, &case(&json!({}), &mean()));
        assert_eq!(code, "data-unreadable");
        assert!(detail.contains(part), "{part} is not in {detail}");
    }
    let mut missing = case(&design(), &mean());
    missing["data"] = json!("nowhere.csv");
    assert_eq!(refused(DATA, &missing).0, "data-unreadable");
}

#[test]
fn a_missing_value_makes_the_estimate_missing_unless_its_row_is_dropped() {
    let estimators = [json!({ "fn": "mean", "vars": ["x"] }), json!({ "fn": "mean", "vars": ["x"], "na_rm": true })];
    let found = answers(DATA, &estimators.iter().map(|estimator| case(&design(), estimator)).collect());
    assert_eq!((&found[0]["est"], &found[0]["se"], &found[0]["ci_t"]["low"]), (&json!([null]), &json!([null]), &json!([null])));
    assert_eq!(found[1]["est"], json!([32.0 / 7.0]));
    assert!(found[1]["se"][0].as_f64().unwrap() > 0.0);
}

#[test]
fn nothing_to_estimate_is_an_empty_answer() {
    let data = "y,x,weight\n1,,1\n2,,1\n";
    let design = json!({ "weights": "weight" });
    for estimator in [json!({ "fn": "mean_factor", "vars": ["x"] }), json!({ "fn": "mean", "vars": ["y"], "by": ["x"] })] {
        let found = answers(data, &json!([case(&design, &estimator)]));
        assert_eq!(found[0]["est"], json!([]), "{}", found[0]);
    }
    let found = answers(data, &json!([case(&design, &json!({ "fn": "total", "vars": ["y"], "where": "y > 5" }))]));
    assert_eq!((&found[0]["est"], &found[0]["se"]), (&json!([0.0]), &json!([0.0])));
}

#[test]
fn a_line_begins_with_the_id_and_has_seventeen_digits() {
    let found = answers(DATA, &json!([case(&design(), &mean())]));
    let line = line(&found[0]);
    assert!(line.starts_with("{\"id\":\"c\",\""), "{line}");
    assert!(line.contains("\"est\":[4.9000000000000004e0]"), "{line}");
    assert_eq!(serde_json::from_str::<Value>(&line).unwrap(), found[0]);
}

#[test]
fn a_file_without_cases_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cases.json");
    assert!(evaluate_file(&path, |_| ()).is_err());
    for text in ["", "[]", "{}", "{\"cases\": 3}", "{\"format\": \"housing-1\"}"] {
        fs::write(&path, text).unwrap();
        assert!(evaluate_file(&path, |_| ()).is_err(), "{text}");
    }
}
