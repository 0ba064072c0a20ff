//! Figures: degrees of freedom of domains, rows of weight 0, targets that were passed, components that go against each other,
//! margins after a trim.

use std::collections::BTreeMap;

use hailong::cli::estimate::{Freedom, Tables, evaluate, evaluate_file};
use hailong::composite::{ComputeError, Outcome, StageError, Table, compute, doubts};
use hailong::schema::composite::{CompositeDefinition, parse_composite};
use hailong::words::Finding;
use serde_json::{Value, json};

use super::{path, read};
use crate::flow::process::run;

/// The answers to `estimate/cases.json` by their ids.
fn answers() -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    evaluate_file(&path("estimate/cases.json"), |answer| drop(found.insert(answer["id"].as_str().unwrap().to_owned(), answer))).unwrap();
    found
}

fn near(found: &Value, expected: f64) {
    let found = found.as_f64().unwrap_or_else(|| panic!("{found} is not {expected}"));
    assert!((found - expected).abs() < 5e-7 * expected.abs().max(1.0), "{found} is not {expected}");
}

#[test]
fn an_estimate_of_a_domain_has_the_domains_degrees_of_freedom_and_no_interval_without_any() {
    let answers = answers();
    let whole = &answers["where dom mean"];
    assert_eq!((whole["df"].as_f64(), whole["ci_t"]["df"].as_f64()), (Some(6.0), Some(6.0)));
    assert_eq!(answers["where dom degf"]["df"], whole["df"], "as degf says");

    let by = &answers["by stratum in dom"];
    assert_eq!((&by["df"], &by["ci_t"]["df"]), (&json!([3.0, 0.0, 2.0, 1.0]), &json!([3.0, 0.0, 2.0, 1.0])));
    // Student's t at 97.5%, from printed tables: 3.182446, 4.302653 and 12.706205 with 3, 2 and 1.
    for (domain, t) in [(0, 3.182_446_3), (2, 4.302_652_7), (3, 12.706_204_7)] {
        let half = (by["ci_t"]["high"][domain].as_f64().unwrap() - by["ci_t"]["low"][domain].as_f64().unwrap()) / 2.0;
        near(&json!(half), t * by["se"][domain].as_f64().unwrap());
    }
    assert!((by["est"][2].as_f64().unwrap() - 35.74).abs() < 0.005);
    assert!((by["ci_t"]["high"][2].as_f64().unwrap() - 35.74 - 27.9).abs() < 0.05, "{by}");
    for interval in ["ci_z", "ci_t"] {
        assert_eq!((&by[interval]["low"][1], &by[interval]["high"][1]), (&Value::Null, &Value::Null), "all of B is one PSU");
        assert_eq!(answers["lonely dom B"][interval]["low"], json!([null]));
    }
    assert_eq!(answers["lonely dom B"]["df"].as_f64(), Some(0.0));
}

#[test]
fn ratios_variances_contrasts_and_replicates_of_a_domain_have_its_degrees_of_freedom_too() {
    let text = read("estimate/cases.json");
    let file: Value = serde_json::from_str(&text).unwrap();
    let tables = Tables::new(&path("estimate"));
    let of = |estimator: Value, post: Option<Value>, freedom: Freedom| {
        let mut case = file["cases"][0].clone();
        case["estimator"] = estimator;
        case["estimator"]["where"] = json!("dom == 1");
        if let Some(post) = post {
            case["post"] = post;
        }
        let answer = evaluate(&case, freedom, &tables);
        answer["df"].as_f64().unwrap_or_else(|| panic!("{answer}"))
    };
    let estimators = [
        json!({"fn": "total", "vars": ["y"]}),
        json!({"fn": "ratio", "num": ["y"], "den": ["sat"]}),
        json!({"fn": "variance", "vars": ["y"]}),
        json!({"fn": "contrast", "vars": ["y", "sat"], "coef": [1, -1]}),
        json!({"fn": "nonlinear", "expr": "T_y / T_sat"}),
        json!({"fn": "prop_ci", "vars": ["sat"]}),
    ];
    for estimator in estimators {
        assert!((of(estimator.clone(), None, Freedom::Domain) - 6.0).abs() < 1e-12, "{estimator}");
        assert!((of(estimator.clone(), None, Freedom::Design) - 12.0).abs() < 1e-12, "{estimator}: the files of R keep the design's");
        if estimator["fn"] != "variance" {
            let jackknife = json!({"replicates": {"type": "JKn"}});
            assert!((of(estimator.clone(), Some(jackknife), Freedom::Domain) - 6.0).abs() < 1e-12, "{estimator}");
        }
    }
}

#[test]
fn rows_of_weight_0_count_nowhere() {
    let answers = answers();
    // Clopper and Pearson's 0.025^(1/5), and Wilson's 5/(5 + t²) with t at 4 degrees of freedom.
    near(&answers["zero.csv beta a"]["ci_low"][0], 0.478_176_2);
    near(&answers["zero.csv wilson a"]["ci_low"][0], 5.0 / (5.0 + 2.776_445_1 * 2.776_445_1));

    // Every answer is that of the file without those rows, under whichever weights, cluster or estimator.
    let folder = tempfile::tempdir().unwrap();
    let without = |file: &str, weight: &str| {
        let text = read(&format!("estimate/{file}"));
        let (heading, rows) = text.split_once('\n').unwrap();
        let column = heading.split(',').position(|name| name.trim() == weight).unwrap();
        let zero = |row: &&str| row.split(',').nth(column).unwrap().parse::<f64>().unwrap() != 0.0;
        let kept: Vec<&str> = rows.lines().filter(zero).collect();
        assert!(kept.len() < rows.lines().count(), "{file} has rows of weight 0");
        std::fs::write(folder.path().join(file), format!("{heading}\n{}\n", kept.join("\n"))).unwrap();
    };
    without("zero.csv", "w");
    without("base.csv", "zero");
    let mut cases: Vec<Value> = Vec::new();
    let design = |ids: &[&str], strata: &[&str], weight: &str| json!({"ids": ids, "strata": strata, "weights": [weight], "nest": true});
    for (place, method) in ["beta", "wilson", "logit", "mean", "asin", "likelihood"].iter().enumerate() {
        for (ids, strata) in [(&[][..], &[][..]), (&["psu"], &["stratum"])] {
            for variable in ["a", "b"] {
                let estimator = json!({"fn": "prop_ci", "vars": [variable], "method": method});
                cases.push(json!({"id": place, "data": "zero.csv", "design": design(ids, strata, "w"), "estimator": estimator}));
            }
        }
    }
    for estimator in [
        json!({"fn": "mean", "vars": ["y"], "by": ["stratum"], "where": "dom == 1", "deff": ["wr"]}),
        json!({"fn": "variance", "vars": ["y"]}),
        json!({"fn": "ratio", "num": ["y"], "den": ["sat"]}),
        json!({"fn": "quantile", "vars": ["y"], "probs": [0.5]}),
        json!({"fn": "alpha", "vars": ["y", "sat"]}),
        json!({"fn": "chisq", "vars": ["sat", "grp"]}),
    ] {
        cases.push(json!({"id": "base", "data": "base.csv", "design": design(&["psu"], &["stratum"], "zero"), "estimator": estimator}));
    }
    for case in &cases {
        let answer = |tables: &Tables| evaluate(case, Freedom::Domain, tables);
        let (with, without) = (answer(&Tables::new(&path("estimate"))), answer(&Tables::new(folder.path())));
        assert_eq!(with, without, "{case}");
        assert!(with.get("error").is_none(), "{case}: {with}");
    }
}

fn definition(name: &str) -> CompositeDefinition {
    parse_composite(&read(&format!("composite/{name}.json"))).unwrap_or_else(|found| panic!("{name}: {found:?}")).definition
}

/// An outcome, the scores of the root by unit, and what somebody should look at.
type Computed = (Outcome, BTreeMap<String, f64>, Vec<Finding>);

/// A composite index over a table of `composite`: the scores of the root by unit, and what somebody should look at.
fn composite(name: &str, table: &str) -> Result<Computed, ComputeError> {
    let definition = definition(name);
    let (table, _) = Table::read(read(&format!("composite/{table}.csv")), &definition).unwrap();
    let outcome = compute(&definition, &table)?;
    let scores = (0..outcome.rows().len()).filter_map(|row| Some((outcome.rows().units()[row].clone(), outcome.score(0, row)?))).collect();
    let found = doubts(&definition, &outcome);
    Ok((outcome, scores, found))
}

/// By hand: `b` scores 0, 0.5 and 1; what `a` has, after `1 − (goal − x)/|goal − least|`, stands here.
#[test]
fn whoever_has_passed_a_target_by_more_is_ahead_and_a_cap_gives_1() {
    let cases: [(&str, [f64; 3], &[&str]); 8] = [
        ("x7_below_nocap", [2.0, 4.0, 6.0], &["target-passed"]),
        ("x7_below_cap", [1.0; 3], &[]),
        ("x7_atmin_cap", [1.0; 3], &[]),
        ("x7_atmin_nocap", [f64::NAN; 3], &["target-is-worst"]),
        ("x7_low_abovemax_nocap", [4.0, 3.0, 2.0], &["target-passed"]),
        ("x7_low_abovemax_cap", [1.0; 3], &[]),
        ("x7_low_below_nocap", [2.0 / 3.0, 1.0 / 3.0, 0.0], &[]),
        ("x7_low_below_cap", [2.0 / 3.0, 1.0 / 3.0, 0.0], &[]),
    ];
    for (name, a, expected) in cases {
        let (_, scores, found) = composite(name, "x7").unwrap();
        for ((unit, a), b) in ["U1", "U2", "U3"].iter().zip(a).zip([0.0, 0.5, 1.0]) {
            let score = if a.is_nan() { b } else { f64::midpoint(a, b) };
            assert!((scores[*unit] - score).abs() < 1e-12, "{name} {unit}: {} is not {score}", scores[*unit]);
        }
        assert_eq!(found.iter().map(|finding| finding.code.as_ref()).collect::<Vec<_>>(), expected, "{name}");
        assert!(found.iter().all(|finding| finding.pointer == "/a" && finding.en.contains("2025")), "{name}: {found:?}");
    }
}

#[test]
fn check_says_beforehand_that_a_table_leaves_an_indicator_without_a_scale() {
    let folder = tempfile::tempdir().unwrap();
    let name = |name: &str| path(&format!("composite/{name}")).display().to_string();
    let said = run(folder.path(), &["check", "--definition", &name("x7_atmin_nocap.json"), &name("x7.csv")]);
    assert!(said.contains("the target is the worst value") && said.contains("target-is-worst"), "{said}");
    let said = run(folder.path(), &["check", "--definition", &name("x7_below_nocap.json"), &name("x7.csv"), "--vi"]);
    assert!(said.contains("mọi đơn vị đều đã vượt mục tiêu"), "{said}");
    let said = run(folder.path(), &["check", "--definition", &name("x8neg_raw.json"), &name("x8.csv")]);
    assert!(said.contains("“c” against the others"), "{said}");
    let said = run(folder.path(), &["index", "--definition", &name("x7_atmin_nocap.json"), "--data", &name("x7.csv")]);
    assert!(said.contains("without a score as the target is the worst value") && !said.contains("do not vary"), "{said}");
}

#[test]
fn a_component_that_goes_against_the_others_or_does_not_vary_is_named() {
    let (outcome, scores, found) = composite("x8", "x8").unwrap();
    assert!(found.is_empty() && outcome.weights()[1..].iter().all(|weight| *weight > 0.0), "{found:?}");
    assert!(scores.values().all(|score| (0.0..=1.0).contains(score)));

    let (outcome, scores, found) = composite("x8neg", "x8").unwrap();
    assert!((outcome.weights()[1..].iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(scores.values().all(|score| (0.0..=1.0).contains(score)), "{scores:?}");
    assert_eq!(
        found.iter().map(|finding| (finding.code.as_ref(), finding.pointer.as_str())).collect::<Vec<_>>(),
        [("loading-opposed", "/c")]
    );

    let refused = composite("x8neg_raw", "x8").unwrap_err();
    let ComputeError::Stage { source: StageError::Opposed { opposed, .. }, .. } = &refused else { panic!("{refused}") };
    assert_eq!(opposed.as_slice(), ["c"]);
    assert!(refused.vi().contains("“c” đi ngược"), "{}", refused.vi());

    let refused = composite("x8k", "x8").unwrap_err();
    let ComputeError::Stage { source: StageError::Constant { node, children }, .. } = &refused else { panic!("{refused}") };
    assert_eq!((node.as_str(), children.as_slice()), ("I", ["k".to_owned()].as_slice()));
}

#[test]
fn steps_that_rise_are_refused_where_less_is_better() {
    for name in ["x13_steps_sign", "x13_steps_reflect"] {
        let found = parse_composite(&read(&format!("composite/{name}.json"))).unwrap_err();
        let expected = ("/tree/children/1/indicator/direction", "steps-rise");
        assert!(found.iter().any(|finding| (finding.pointer.as_str(), finding.code.as_ref()) == expected), "{name}: {found:?}");
    }
    // Steps whose scores fall say the same as the direction, and stay as they are.
    let mut value: Value = serde_json::from_str(&read("composite/x13_steps_sign.json")).unwrap();
    value["tree"]["children"][1]["indicator"]["normalise"] =
        json!({"method": "steps", "steps": [{"from": 0, "score": 9}, {"from": 2, "score": 5}, {"from": 4, "score": 0}]});
    let definition = parse_composite(&value.to_string()).unwrap().definition;
    let (table, _) = Table::read(read("composite/x13.csv"), &definition).unwrap();
    let outcome = compute(&definition, &table).unwrap();
    assert_eq!((0..3).map(|row| outcome.score(0, row)).collect::<Vec<_>>(), [Some(4.5), Some(5.0), Some(4.5)]);
}

#[test]
fn margins_are_shown_after_every_step_that_can_move_them() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("weighted.csv");
    let plan = path("weight/raketrim.json").display().to_string();
    let said = run(folder.path(), &["weight", &plan, "--output", output.to_str().unwrap(), "--json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    let lines = |step: usize| said["steps"][step]["margins"].as_array().unwrap().clone();
    assert!(lines(0).is_empty(), "nothing is aimed at before the first step");
    assert!(lines(1).len() == 4 && lines(1).iter().all(|line| line["gap"].as_f64().unwrap() < 1e-9), "{said}");

    // After the trim: the sums of the weights that were written.
    let written = std::fs::read_to_string(&output).unwrap();
    let mut reader = csv::Reader::from_reader(written.as_bytes());
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    let names: Vec<String> = lines(2).iter().map(|line| line["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names.iter().collect::<std::collections::BTreeSet<_>>().len(), 4, "{names:?}");
    let mut gaps = 0;
    for line in lines(2) {
        let (column, category) = line["name"].as_str().unwrap().split_once(" = ").unwrap();
        let of = rows.iter().filter(|row| row[column] == category).map(|row| row["weight"].parse::<f64>().unwrap());
        near(&line["after"], of.sum());
        gaps += usize::from(line["gap"].as_f64().unwrap() > 1e-3);
    }
    assert!(gaps > 0, "the trim moved what the raking had reached: {said}");
}
