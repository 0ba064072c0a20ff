//! `hailong index` as people type it.

use serde_json::Value;

use super::file;
use super::process::{hailong, run};

const DEFINITION: &str = "survey-schemas/indices/example/2025.json";
const INDICATORS: &str = "survey-schemas/indices/example/indicators.csv";

fn index(more: &[&str]) -> Vec<String> {
    let (definition, data) = (file(DEFINITION).display().to_string(), file(INDICATORS).display().to_string());
    let fixed = ["index".to_owned(), "--definition".to_owned(), definition, "--data".to_owned(), data];
    fixed.into_iter().chain(more.iter().map(|argument| (*argument).to_owned())).collect()
}

fn said(more: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let arguments = index(more);
    run(folder.path(), &arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The figures are calculated by hand beside the tests of `index::composite`.
#[test]
fn the_example_is_printed_with_scores_ranks_stages_and_contributions() {
    let printed: Value = serde_json::from_str(&said(&["--panel", "--json"])).unwrap();
    assert_eq!(printed["editions"].as_array().unwrap().len(), 2);
    let units = printed["editions"][1]["units"].as_array().unwrap();
    for (unit, (name, score)) in units.iter().zip([("A", 94.06), ("C", 73.9), ("B", 61.84)]) {
        assert_eq!(unit["unit"], name);
        assert!((unit["score"].as_f64().unwrap() - score).abs() < 1e-12);
        let adds = unit["contributions"].as_array().unwrap().iter().map(|part| part["adds"].as_f64().unwrap()).sum::<f64>();
        assert!((adds - score).abs() < 1e-12, "{name}: the contributions sum to {adds}");
    }
    assert_eq!(units[1]["nodes"]["online"]["score"], Value::Null);
    let stages: Vec<&Value> = printed["stages"].as_array().unwrap().iter().map(|stage| &stage["arguments"]["stage"]).collect();
    assert_eq!(stages, ["normalise", "aggregate"]);
    assert_eq!(printed["stages"][0]["data"].as_array().unwrap().len(), 6);

    let own: Value = serde_json::from_str(&said(&["--json"])).unwrap();
    assert_eq!(own["editions"].as_array().unwrap().len(), 1, "without --panel, the definition's own edition");
    assert_eq!(own["editions"][0], printed["editions"][1]);
    assert!(said(&[]).contains("94.06") && said(&["--unit", "C", "--vi"]).contains("Hồ sơ quá hạn"));
}

#[test]
fn a_table_that_cannot_be_used_is_refused_with_every_finding() {
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.csv");
    std::fs::write(&bad, "unit,satisfied,overdue,online,plan\nA,x,1,1,1\nA,1,1,1,1\n").unwrap();
    let output = hailong(folder.path()).args(["index", "--definition"]).arg(file(DEFINITION)).arg("--data").arg(&bad).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(said.contains("line 2 /0/satisfied") && said.contains("line 3 /1/unit") && said.contains("2 errors"), "{said}");
}

#[test]
fn check_takes_a_composite_index_too() {
    let folder = tempfile::tempdir().unwrap();
    let said = run(folder.path(), &["check", file(DEFINITION).to_str().unwrap()]);
    assert!(said.contains("composite example 2025, 4 indicators"), "{said}");
}

fn example(name: &str) -> String {
    file(&format!("docs/examples/sensitivity/{name}")).display().to_string()
}

/// `satisfied` goes from 0–100 onto 1–10, has 0.6 of SERVICE, which has 0.6 of ALL, times ten: 0.324 points a percent.
#[test]
fn intervals_of_scores_and_ranks_are_printed_with_the_method_that_was_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let (definition, data) = (file(DEFINITION).display().to_string(), example("indicators.csv"));
    let with = |more: &[&str]| {
        let fixed = ["index", "--definition", &definition, "--data", &data, "--uncertainty"];
        run(folder.path(), &fixed.iter().chain(more).copied().collect::<Vec<_>>())
    };
    let printed: Value = serde_json::from_str(&with(&["--json"])).unwrap();
    let uncertainty = &printed["uncertainty"];
    assert_eq!((&uncertainty["method"], &uncertainty["reasons"]), (&Value::from("delta"), &serde_json::json!([])));
    let a = &uncertainty["nodes"][0]["units"][0];
    assert!((a["value"].as_f64().unwrap() - 94.06).abs() < 1e-9 && (a["se"].as_f64().unwrap() - 0.648).abs() < 1e-9, "{a}");
    assert!((a["df"].as_f64().unwrap() - 15.0).abs() < 1e-9);
    assert_eq!(a["rank"], serde_json::json!({"rank": 1, "low": 1, "high": 1}));
    assert!(with(&[]).contains("smooth") && with(&["--method", "replicates", "--replicates", "50"]).contains("50 replicates"));
}

#[test]
fn rank_ranges_and_shares_of_variance_are_the_same_for_the_same_seed() {
    let folder = tempfile::tempdir().unwrap();
    let (definition, data, factors) = (file(DEFINITION).display().to_string(), example("indicators.csv"), example("factors.json"));
    let with = |more: &[&str]| {
        let fixed = ["index", "--definition", &definition, "--data", &data, "--sensitivity", &factors];
        run(folder.path(), &fixed.iter().chain(more).copied().collect::<Vec<_>>())
    };
    let json = with(&["--json", "--seed", "7"]);
    assert_eq!(json, with(&["--json", "--seed", "7"]));
    let printed: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(printed["sensitivity"]["monte_carlo"]["replicates"], 2000);
    assert_eq!(printed["sensitivity"]["monte_carlo"]["units"].as_array().unwrap().len(), 3);
    assert_eq!(printed["sensitivity"]["sobol"]["factors"].as_array().unwrap().len(), 5);
    assert!(with(&["--replicates", "20"]).contains("over 20 replicates"));
}
