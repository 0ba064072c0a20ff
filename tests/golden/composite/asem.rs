//! The ASEM example of `COINr` (51 units, 49 indicators, 8 pillars, 2 sub-indices), stage by stage.

use std::collections::BTreeSet;

use hailong::composite::{
    ComputeError, Matrix, Outcome, Record, StageError, State, StepResult, Table, compute, correlation, cronbach, effective_weights, run,
    summary,
};
use hailong::schema::composite::{CompositeDefinition, Stage};
use serde_json::{Value, json};

use super::{Csv, definition, path};
use crate::golden::Worst;

const EDITION: &str = "2018";

fn asem(pipeline: &Value) -> CompositeDefinition {
    let structure = Csv::read("coinr_asem_input_structure.csv");
    let denominators: Vec<&String> = structure.rows.iter().filter(|row| row["Type"] == "Denominator").map(|row| &row["iCode"]).collect();
    definition(&json!({
        "kind": "composite", "code": "asem", "edition": EDITION, "title": {"vi": "ASEM", "en": "ASEM"},
        "attributes": ["EurAsia_group"], "denominators": denominators, "pipeline": pipeline,
        "tree": tree(&structure, "Index"),
    }))
}

fn tree(structure: &Csv, code: &str) -> Value {
    let row = structure.rows.iter().find(|row| row["iCode"] == code).unwrap();
    let mut node = json!({"code": code, "label": {"vi": row["iName"], "en": row["iName"]}});
    if !row["Parent"].is_empty() {
        node["weight"] = json!(row["Weight"].parse::<f64>().unwrap());
    }
    if row["Level"] == "1" {
        let mut indicator = json!({"direction": if row["Direction"] == "-1" { "lower" } else { "higher" }, "unit": row["Unit"]});
        if !row["Denominator"].is_empty() {
            indicator["denominator"] = json!(row["Denominator"]);
        }
        node["indicator"] = indicator;
    } else {
        let children = structure.rows.iter().filter(|child| child["Parent"] == code).map(|child| tree(structure, &child["iCode"]));
        node["children"] = children.collect();
    }
    node
}

fn pipeline() -> Value {
    json!([
        {"stage": "denominate"},
        {"stage": "impute", "method": "centre", "of": "mean", "group": "EurAsia_group"},
        {"stage": "screen", "available": 0.9},
        {"stage": "treat", "skewness": 2, "kurtosis": 3.5, "winsorise": 5, "then": {"transform": "log_ct"}},
        {"stage": "normalise", "method": "min_max", "scale": [0, 100]},
        {"stage": "aggregate", "method": "arithmetic"}
    ])
}

fn table(definition: &CompositeDefinition) -> Table {
    let text = std::fs::read_to_string(path("coinr_asem_input_indicators.csv")).unwrap();
    let text = text.replacen("uName,uCode,", "uName,unit,", 1).replacen(",Time,", ",edition,", 1);
    Table::read(&text, definition).unwrap().0
}

fn outcome() -> (CompositeDefinition, Outcome) {
    let definition = asem(&pipeline());
    let outcome = compute(&definition, &table(&definition)).unwrap();
    (definition, outcome)
}

/// Compares `found` with a number or a blank; a zero must be met to 1e-12.
fn compare(worst: &mut Worst, what: &str, found: Option<f64>, expected: Option<f64>) {
    match (found, expected) {
        (Some(found), Some(expected)) if expected.abs() < 1e-12 => {
            assert!(found.abs() < 1e-12, "{what}: found {found}, expected {expected}");
            worst.compared += 1;
        }
        (Some(found), Some(expected)) => worst.compare(what, found, expected),
        (found, expected) => assert_eq!(found, expected, "{what}"),
    }
}

/// Holds every cell of a matrix against a file of units × columns.
fn hold(name: &str, file: &str, step: &StepResult, at_least: usize) {
    let expected = Csv::read(file);
    assert_eq!(expected.rows.len(), step.data.rows.len(), "{name}: the units that are left");
    let mut worst = Worst::default();
    for row in &expected.rows {
        let at = step.data.rows.find(0, &row["uCode"]).unwrap();
        for column in expected.header.iter().filter(|column| *column != "uCode") {
            let place = step.data.columns.iter().position(|code| code == column).unwrap();
            let what = format!("{} {column}", row["uCode"]);
            compare(&mut worst, &what, step.data.values.get(at, place), Csv::number(row, column));
        }
    }
    worst.hold(name, 1e-9, at_least);
}

#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn every_stage_of_asem_is_that_of_coinr() {
    let (_, outcome) = outcome();
    let stages = ["denominated", "imputed", "screened", "treated", "normalised", "aggregated"];
    assert_eq!(outcome.steps().len(), stages.len());
    for (step, name) in outcome.steps().iter().zip(stages) {
        hold(&format!("ASEM {name}"), &format!("coinr_asem_stage_{name}.csv"), step, 2400);
    }
}

#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn scores_and_ranks_of_asem_are_those_of_coinr() {
    let (definition, outcome) = outcome();
    let (scores, ranks) = (Csv::read("coinr_asem_expected_scores.csv"), Csv::read("coinr_asem_expected_ranks.csv"));
    let mut worst = Worst::default();
    for (score, rank) in scores.rows.iter().zip(&ranks.rows) {
        assert_eq!(score["uCode"], rank["uCode"]);
        let row = outcome.rows().find(0, &score["uCode"]).unwrap();
        for column in ranks.header.iter().skip(1) {
            let node = definition.position(column).unwrap();
            worst.compare(column, outcome.score(node, row).unwrap(), Csv::number(score, column).unwrap());
            assert_eq!(outcome.rank(node, row), rank[column].parse().ok(), "{} {column}", rank["uCode"]);
        }
    }
    worst.hold("ASEM scores", 1e-9, 51 * 11);
}

#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn outliers_of_asem_are_found_and_treated_as_in_coinr() {
    let (_, outcome) = outcome();
    let Record::Treated { indicators } = &outcome.steps()[3].record else { panic!("the fourth stage treats") };
    let details = Csv::read("coinr_asem_treat_details.csv");
    assert_eq!(details.rows.len(), indicators.len());
    let mut worst = Worst::default();
    for (row, treated) in details.rows.iter().zip(indicators) {
        let code = &row["iCode"];
        assert_eq!((&treated.indicator, treated.passed), (code, row["check_SkewKurt0.Pass"] == "TRUE"));
        compare(&mut worst, code, treated.before.skewness, Csv::number(row, "check_SkewKurt0.Skew"));
        compare(&mut worst, code, treated.before.kurtosis, Csv::number(row, "check_SkewKurt0.Kurt"));
        assert_eq!(treated.winsorised, row["winsorise.nwin"].parse().unwrap_or(0), "{code}");
        compare(&mut worst, code, treated.winsorised_shape.and_then(|shape| shape.skewness), Csv::number(row, "check_SkewKurt1.Skew"));
        compare(&mut worst, code, treated.winsorised_shape.and_then(|shape| shape.kurtosis), Csv::number(row, "check_SkewKurt1.Kurt"));
    }
    worst.hold("ASEM skewness and kurtosis", 1e-9, 128);
}

/// A pipeline of `normalise` and an aggregation, run from the treated values of `COINr`'s own file.
fn from_treated(normalise: &Value, aggregate: &Value) -> (CompositeDefinition, Outcome) {
    let definition = asem(&json!([normalise, aggregate]));
    let text = std::fs::read_to_string(path("coinr_asem_stage_treated.csv")).unwrap().replacen("uCode,", "unit,", 1);
    let table = Table::read(&text, &definition).unwrap().0;
    let outcome = compute(&definition, &table).unwrap();
    (definition, outcome)
}

/// Units whose `TolMin`, of which less is better, is the number next to that of others, 5.0999999999999996 beside
/// 5.1000000000000005: by `COINr` they rank above these, here they tie.
fn told_apart_by_the_last_bit() -> BTreeSet<String> {
    let treated = Csv::read("coinr_asem_stage_treated.csv");
    let values: Vec<(&str, f64)> =
        treated.rows.iter().filter_map(|row| Some((row["uCode"].as_str(), Csv::number(row, "TolMin")?))).collect();
    let next_to = |value: f64| values.iter().any(|(_, other)| *other > value && other - value < 1e-12);
    values.iter().filter(|(_, value)| next_to(*value)).map(|(unit, _)| (*unit).to_owned()).collect()
}

#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn each_normalisation_of_asem_and_what_follows_is_that_of_coinr() {
    let (values, aggregates) =
        (Csv::read("coinr_asem_normalise_variants_long.csv"), Csv::read("coinr_asem_normalise_variants_aggregates.csv"));
    let methods = [
        ("minmax_1_10", json!({"method": "min_max", "scale": [1, 10]})),
        ("zscore", json!({"method": "z_score"})),
        ("prank", json!({"method": "percentile_rank"})),
        ("dist2max", json!({"method": "distance_to_maximum"})),
    ];
    assert!(values.rows.iter().all(|row| methods.iter().any(|(name, _)| *name == row["method"])), "a method of the file is not tested");
    let apart = told_apart_by_the_last_bit();
    for (name, mut stage) in methods {
        stage["stage"] = json!("normalise");
        let (definition, outcome) = from_treated(&stage, &json!({"stage": "aggregate", "method": "arithmetic"}));
        // What rests on the ranks of these units by `TolMin` differs from COINr's, and nothing else.
        let tol_min = definition.nodes().get(definition.position("TolMin").unwrap());
        let above: Vec<&str> = std::iter::successors(tol_min, |node| definition.nodes().get(node.parent()?))
            .map(hailong::schema::composite::CompositeNode::code)
            .collect();
        let ours = |unit: &str, code: &str| name == "prank" && apart.contains(unit) && above.contains(&code);
        let (less, less_above) = if name == "prank" { (apart.len(), apart.len() * (above.len() - 1)) } else { (0, 0) };
        let (mut worst, mut nodes) = (Worst::default(), Worst::default());
        for row in values.rows.iter().filter(|row| row["method"] == name && !ours(&row["uCode"], &row["iCode"])) {
            let at = outcome.rows().find(0, &row["uCode"]).unwrap();
            let node = definition.position(&row["iCode"]).unwrap();
            let what = format!("{} {}", row["uCode"], row["iCode"]);
            compare(&mut worst, &what, outcome.score(node, at), Csv::number(row, "value"));
        }
        worst.hold(&format!("ASEM {name}"), 1e-9, 2499 - less);
        for row in aggregates.rows.iter().filter(|row| row["method"] == name) {
            let at = outcome.rows().find(0, &row["uCode"]).unwrap();
            for column in aggregates.header.iter().skip(2).filter(|column| !ours(&row["uCode"], column)) {
                let node = definition.position(column).unwrap();
                compare(&mut nodes, &format!("{} {column}", row["uCode"]), outcome.score(node, at), Csv::number(row, column));
            }
        }
        nodes.hold(&format!("ASEM {name}, aggregated"), 1e-9, 51 * 11 - less_above);
    }
}

#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn each_aggregation_of_asem_is_that_of_coinr() {
    let file = Csv::read("coinr_asem_aggregation_variants.csv");
    let methods = [("a_amean", "arithmetic"), ("a_gmean", "geometric")];
    assert!(file.rows.iter().all(|row| methods.iter().any(|(name, _)| *name == row["method"])), "a method of the file is not tested");
    for (name, method) in methods {
        let normalise = json!({"stage": "normalise", "method": "min_max", "scale": [1, 100]});
        let (definition, outcome) = from_treated(&normalise, &json!({"stage": "aggregate", "method": method}));
        let mut worst = Worst::default();
        for row in file.rows.iter().filter(|row| row["method"] == name) {
            let at = outcome.rows().find(0, &row["uCode"]).unwrap();
            for column in file.header.iter().skip(2) {
                let node = definition.position(column).unwrap();
                compare(&mut worst, &format!("{} {column}", row["uCode"]), outcome.score(node, at), Csv::number(row, column));
            }
        }
        worst.hold(&format!("ASEM {method}"), 1e-9, 51 * 11);
    }
}

/// `prcomp(pillars, scale. = TRUE)$rotation[, 1]` of R 4.2 on the pillars of `coinr_asem_stage_aggregated.csv`, its sign such that
/// its sum is positive.
#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn weights_by_principal_components_of_asem_are_those_of_r() {
    let mut stages = pipeline();
    stages.as_array_mut().unwrap().insert(5, json!({"stage": "weight", "method": "pca", "nodes": ["Conn", "Sust"], "loadings": "raw"}));
    let definition = asem(&stages);
    let expected = [
        ("Physical", 0.511_797_025_340_065_3),
        ("ConEcFin", 0.304_992_608_726_185_8),
        ("Political", 0.354_767_147_353_439_3),
        ("Instit", 0.508_153_980_575_37),
        ("P2P", 0.510_845_491_963_632_4),
        ("Environ", 0.651_318_823_160_884_6),
        ("Social", -0.744_367_730_807_621_8),
        ("SusEcFin", 0.147_310_800_448_006_2),
    ];
    // `Social` goes against the other two and is refused as a weight, with the loadings; `Conn` alone has weights.
    let refused = compute(&definition, &table(&definition)).unwrap_err();
    let ComputeError::Stage { source: StageError::Opposed { node, opposed, loadings }, .. } = &refused else { panic!("{refused}") };
    assert_eq!((node.as_str(), opposed.as_slice()), ("Sust", ["Social".to_owned()].as_slice()));
    let mut found: std::collections::BTreeMap<&str, f64> = loadings.iter().map(|(child, loading)| (child.as_str(), *loading)).collect();
    stages[5]["nodes"] = json!(["Conn"]);
    let definition = asem(&stages);
    let outcome = compute(&definition, &table(&definition)).unwrap();
    for (pillar, _) in &expected[..5] {
        found.insert(pillar, outcome.weights()[definition.position(pillar).unwrap()]);
    }
    let mut worst = Worst::default();
    for (pillar, loading) in expected {
        worst.compare(pillar, found[pillar], loading);
    }
    worst.hold("ASEM principal components", 1e-9, 8);
}

/// The columns of the leaves below a node.
fn leaves_of(definition: &CompositeDefinition, parent: &str) -> Vec<usize> {
    let parent = definition.position(parent);
    definition.leaves().enumerate().filter(|(_, (_, node, _))| node.parent() == parent).map(|(column, _)| column).collect()
}

#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn coherence_of_asem_is_that_of_coinr() {
    let (definition, outcome) = outcome();
    let raw: State = table(&definition).state(&definition);
    let mut worst = Worst::default();
    for row in &Csv::read("coinr_asem_cronbach.csv").rows {
        let columns = leaves_of(&definition, &row["group"]);
        compare(&mut worst, &row["group"], cronbach(&raw.indicators, &columns), Csv::number(row, "alpha_raw"));
        compare(&mut worst, &row["group"], cronbach(&outcome.steps()[4].data.values, &columns), Csv::number(row, "alpha_norm"));
    }
    worst.hold("ASEM Cronbach's alpha", 1e-9, 16);

    let mut worst = Worst::default();
    let column = |code: &str| outcome.scores().column(definition.position(code).unwrap());
    for row in &Csv::read("coinr_asem_correlation_pillars.csv").rows {
        let found = correlation(column(&row["Var1"]), column(&row["Var2"]));
        compare(&mut worst, &format!("{} {}", row["Var1"], row["Var2"]), found, Csv::number(row, "Correlation"));
    }
    worst.hold("ASEM correlations of pillars", 1e-9, 64);

    let mut worst = Worst::default();
    let effective = effective_weights(&definition, outcome.weights());
    for row in &Csv::read("coinr_asem_effective_weights.csv").rows {
        let found = effective[definition.position(&row["iCode"]).unwrap()];
        compare(&mut worst, &row["iCode"], Some(found), Csv::number(row, "EffWeight"));
    }
    worst.hold("ASEM effective weights", 1e-9, 60);
}

/// `COINr` prints these with three significant digits.
#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn statistics_of_the_raw_asem_data_are_those_of_coinr() {
    let definition = asem(&pipeline());
    let raw: Matrix = table(&definition).state(&definition).indicators;
    let mut compared = 0;
    for row in &Csv::read("coinr_asem_stats_raw.csv").rows {
        let code = &row["iCode"];
        let column = definition.leaves().position(|(_, node, _)| node.code() == code).unwrap();
        let found = summary(raw.column(column)).unwrap();
        let counts = [("N.Avail", found.n), ("N.NonZero", found.non_zero), ("N.Unique", found.distinct), ("N.Same", found.most_frequent)];
        for (name, count) in counts {
            assert_eq!(count, row[name].parse::<usize>().unwrap(), "{code} {name}");
        }
        let figures = [
            ("Min", Some(found.min)),
            ("Max", Some(found.max)),
            ("Mean", Some(found.mean)),
            ("Median", Some(found.median)),
            ("Std", found.sd),
            ("Skew", found.skewness),
            ("Kurt", found.kurtosis),
        ];
        for (name, figure) in figures {
            let (figure, expected) = (figure.unwrap(), Csv::number(row, name).unwrap());
            let exponent: i32 = format!("{expected:e}").rsplit('e').next().unwrap().parse().unwrap();
            let half = 0.5 * 10_f64.powi(exponent - 2) * (1.0 + 1e-9);
            assert!((figure - expected).abs() <= half, "{code} {name}: {figure} is not {expected}");
            compared += 1;
        }
    }
    println!("ASEM statistics: {compared} figures agree in three significant digits");
    assert_eq!(compared, 49 * 7);
}

#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn a_log_that_is_run_again_gives_the_same_bits() {
    let (definition, outcome) = outcome();
    let log: Value = outcome.steps().iter().map(|step| serde_json::to_value(&step.arguments).unwrap()).collect();
    let replayed = asem(&log);
    let stages: Vec<Stage> = outcome.steps().iter().map(|step| step.arguments.clone()).collect();
    assert_eq!(replayed.pipeline(), stages);
    let again = run(&replayed, replayed.pipeline(), table(&definition).state(&replayed)).unwrap();
    let bits = |matrix: &Matrix| {
        (0..matrix.columns()).flat_map(|c| matrix.column(c).iter().map(|x| x.to_bits()).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    assert_eq!(bits(outcome.scores()), bits(again.scores()));
}
