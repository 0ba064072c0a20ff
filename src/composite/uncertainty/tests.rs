use serde_json::{Value, json};

use super::*;
use crate::composite::{Observation, compute};
use crate::numeric::distribution::normal;
use crate::schema::composite::sample::{definition, text};
use crate::scoring::interval::multiplier;

const OPTIONS: Options = Options { level: 0.95, method: None, replicates: 4000, seed: 17 };

/// Two pillars: `a` and `b` (1 to 3) by 0.6, `c` by 0.4; all on fixed goalposts from 0 to 10 onto 0 to 100, `c` turned round.
fn value(aggregate: &str) -> Value {
    let leaf = |code: &str, weight: f64, direction: &str| {
        json!({"code": code, "label": text(code), "weight": weight,
            "indicator": {"direction": direction, "goalposts": {"low": 0, "high": 10}}})
    };
    json!({
        "kind": "composite", "code": "two", "edition": "2024", "title": text("x"),
        "pipeline": [{"stage": "normalise", "method": "min_max", "scale": [0, 100]}, {"stage": "aggregate", "method": aggregate}],
        "tree": {"code": "ALL", "label": text("x"), "rescale": {"factor": 0.1, "offset": 1}, "children": [
            {"code": "P", "label": text("x"), "weight": 0.6, "children": [leaf("a", 1.0, "higher"), leaf("b", 3.0, "higher")]},
            {"code": "Q", "label": text("x"), "weight": 0.4, "children": [leaf("c", 1.0, "lower")]}
        ]},
    })
}

/// Unit, indicator, value, standard error and degrees of freedom.
type Line<'a> = (&'a str, &'a str, f64, Option<f64>, Option<f64>);

fn table(lines: &[Line<'_>]) -> Table {
    let mut table = Table::default();
    for (unit, code, value, standard_error, df) in lines {
        let observation = Observation { value: Some(*value), standard_error: *standard_error, df: *df, ..Observation::default() };
        table.insert("2024", unit, code, observation);
    }
    table
}

fn three() -> Table {
    table(&[
        ("u1", "a", 6.0, Some(0.2), Some(10.0)),
        ("u1", "b", 4.0, Some(0.1), None),
        ("u1", "c", 3.0, None, None),
        ("u2", "a", 5.0, Some(0.3), Some(8.0)),
        ("u2", "c", 2.0, Some(0.4), Some(20.0)),
        ("u3", "a", 7.0, Some(0.2), Some(10.0)),
        ("u3", "b", 5.0, Some(0.2), Some(10.0)),
        ("u3", "c", 4.0, Some(0.2), Some(10.0)),
    ])
}

fn find(definition: &CompositeDefinition, table: &Table, covariances: &str, options: &Options) -> Result<Uncertainty, UncertaintyError> {
    let outcome = compute(definition, table).unwrap();
    let errors = Errors::of(definition, table);
    let errors = if covariances.is_empty() {
        errors
    } else {
        errors.with_covariances(covariances, definition, table).unwrap_or_else(|f| panic!("{f:#?}"))
    };
    propagate(definition, table, &outcome, &errors, "2024", options)
}

fn score(found: &Uncertainty, node: &str, unit: usize) -> ScoreInterval {
    found.nodes.iter().find(|known| known.node == node).unwrap().units[unit].unwrap()
}

#[track_caller]
fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12 * expected.abs().max(1.0), "{found} is not {expected}");
}

#[test]
fn a_linear_tree_comes_out_as_by_hand() {
    let own = definition(&value("arithmetic"));
    let found = find(&own, &three(), "", &OPTIONS).unwrap();
    assert_eq!((found.method, found.reasons.len(), found.units.len()), (Method::Delta, 0, 3));
    // A point of `a` is 10 of its score, of which P takes a quarter: 2.5; of `b` 7.5.
    let (a, b) = (2.5 * 0.2, 7.5 * 0.1);
    let p = score(&found, "P", 0);
    near(p.value, 45.0);
    near(p.se, f64::hypot(a, b));
    let all = score(&found, "ALL", 0);
    near(all.value, 1.0 + 0.1 * (0.6 * 45.0 + 0.4 * 70.0));
    near(all.se, 0.06 * f64::hypot(a, b));
    let df = (a * a + b * b) * (a * a + b * b) / (a * a * a * a / 10.0);
    near(all.df.unwrap(), df);
    near(all.high - all.value, multiplier(0.95, df) * all.se);
    // `b` of u2 is missing, so that `a` is P; `c` is turned round.
    let all = score(&found, "ALL", 1);
    near(all.se, 0.1 * f64::hypot(0.6 * 10.0 * 0.3, 0.4 * 10.0 * 0.4));
    assert_eq!((score(&found, "Q", 0).se, score(&found, "Q", 0).df), (0.0, None), "a value without an error is exact");
    assert_eq!(found.root.values().len(), 3);
}

#[test]
fn covariances_add_up_within_a_unit_and_part_or_join_units() {
    // As in PAPI: dimensions from the same respondents, composite their plain sum.
    let mut value = value("sum");
    value["tree"].as_object_mut().unwrap().remove("rescale");
    value["pipeline"][0] = json!({"stage": "normalise", "method": "as_given"});
    let own = definition(&value);
    let covariances = "# from the survey\nunit_a,indicator_a,unit_b,indicator_b,covariance,edition\n\
        u1,a,u1,b,0.015,\nu3,b,u3,a,0.03,2024\nu3,a,u3,c,-0.01,\nu3,b,u3,c,0.01,\nu1,a,u3,a,0.012,\nu1,b,u1,b,0.01,\n";
    let found = find(&own, &three(), covariances, &OPTIONS).unwrap();
    assert_eq!(found.method, Method::Delta);
    let (v1, v3): (f64, f64) = (0.04 + 0.01 + 2.0 * 0.015, 3.0 * 0.04 + 2.0 * (0.03 - 0.01 + 0.01));
    near(score(&found, "ALL", 0).se, v1.sqrt());
    near(score(&found, "ALL", 2).se, v3.sqrt());
    near(score(&found, "P", 2).se, (0.08_f64 + 0.06).sqrt());
    near(found.root.covariance(0, 2), 0.012);
    assert!(found.root.covariance(0, 1).abs() < f64::MIN_POSITIVE);
    near(found.root.difference(2, 0).variance, v1 + v3 - 0.024);
    // What hangs together has the fewest degrees of freedom of its parts.
    near(score(&found, "ALL", 2).df.unwrap(), 10.0);

    let replicates = Options { method: Some(Method::Replicates), replicates: 20_000, ..OPTIONS };
    let again = find(&own, &three(), covariances, &replicates).unwrap();
    for a in 0..3 {
        for b in 0..3 {
            let scale = (found.root.covariance(a, a) * found.root.covariance(b, b)).sqrt();
            let difference = again.root.covariance(a, b) - found.root.covariance(a, b);
            assert!(difference.abs() < 4.0 * scale * (2.0 / 20_000.0_f64).sqrt(), "{a} {b}: {difference}");
        }
    }
}

#[test]
fn replicates_and_the_delta_method_agree_where_the_path_is_smooth() {
    for method in ["geometric", "harmonic", "arithmetic"] {
        let own = definition(&value(method));
        let delta = find(&own, &three(), "", &OPTIONS).unwrap();
        let again = find(&own, &three(), "", &Options { method: Some(Method::Replicates), ..OPTIONS }).unwrap();
        assert_eq!((delta.method, again.method, again.replicates, again.failed), (Method::Delta, Method::Replicates, 4000, 0));
        for node in ["ALL", "P", "Q"] {
            for unit in 0..3 {
                let (delta, again) = (score(&delta, node, unit), score(&again, node, unit));
                // A standard deviation of 4,000 draws errs by 1 / √8000; the rest is the curvature that slopes leave out.
                assert!(
                    (again.se - delta.se).abs() < (4.0 / 8000.0_f64.sqrt() + 0.005) * delta.se + 1e-12,
                    "{method} {node} {unit}: {again:?} {delta:?}"
                );
                assert!(again.low < again.value + 1e-12 && again.value < again.high + 1e-12);
                // The first order has no bias; the second, half the curvature times the variance, is small here.
                assert!(again.bias.unwrap().abs() <= 0.1 * delta.se + 1e-12, "{method} {node} {unit}: {again:?}");
            }
        }
    }
}

#[test]
fn two_units_that_set_each_others_goalposts_change_places_as_often_as_the_normal_distribution_says() {
    let mut value = value("arithmetic");
    value["tree"] = json!({"code": "ALL", "label": text("x"), "children": [{"code": "a", "label": text("a"), "indicator": {}}]});
    let own = definition(&value);
    let table = table(&[("u1", "a", 5.0, Some(1.0), None), ("u2", "a", 6.0, Some(1.0), None)]);
    let found = find(&own, &table, "", &OPTIONS).unwrap();
    assert_eq!((found.method, found.reasons.clone()), (Method::Replicates, vec![Reason::DataGoalposts { indicator: "a".into() }]));
    // The score is 0 or 100, and 100 for the first with this chance.
    let chance = normal::cdf(-1.0 / 2.0_f64.sqrt());
    let first = score(&found, "ALL", 0);
    let error = (chance * (1.0 - chance) / 4000.0).sqrt();
    assert!((first.bias.unwrap() / 100.0 - chance).abs() < 4.0 * error, "{first:?} {chance}");
    assert_eq!((first.value, first.low, first.high), (0.0, 0.0, 100.0));
    assert!((found.root.covariance(0, 1) + first.se * first.se).abs() < 1e-9 * first.se * first.se, "what one wins the other loses");
    // Whoever insists on the delta method gets it with the goalposts as they are.
    let fixed = find(&own, &table, "", &Options { method: Some(Method::Delta), ..OPTIONS }).unwrap();
    near(score(&fixed, "ALL", 0).se, 100.0);
    assert_eq!(fixed.reasons.len(), 1);
}

#[test]
fn what_is_not_smooth_is_told_and_the_delta_method_refused_where_there_is_no_slope() {
    let reasons = |change: &dyn Fn(&mut Value)| {
        let mut value = value("arithmetic");
        change(&mut value);
        let own = definition(&value);
        let found = find(&own, &three(), "", &Options { replicates: 50, ..OPTIONS }).unwrap();
        let delta = find(&own, &three(), "", &Options { method: Some(Method::Delta), ..OPTIONS });
        (found.reasons.iter().map(ToString::to_string).collect::<Vec<_>>(), delta.is_ok())
    };
    let pipeline = |stages: Value| move |value: &mut Value| value["pipeline"] = stages.clone();
    let (normalise, aggregate) =
        (json!({"stage": "normalise", "method": "min_max"}), json!({"stage": "aggregate", "method": "arithmetic"}));
    let impute = json!({"stage": "impute", "method": "centre", "of": "mean"});
    let (found, delta) = reasons(&pipeline(json!([impute, normalise, aggregate])));
    assert_eq!((found, delta), (vec!["b: missing values are filled in from values with errors".to_owned()], true));
    let (found, delta) = reasons(&pipeline(json!([{"stage": "treat", "skip": ["a", "b"]}, normalise, aggregate])));
    assert_eq!((found, delta), (vec!["c: outliers are drawn in".to_owned()], true), "none is treated as the values are");
    let (found, delta) = reasons(&pipeline(json!([{"stage": "normalise", "method": "percentile_rank"}, aggregate])));
    assert_eq!((found.len(), delta), (3, false));
    let (found, delta) = reasons(&pipeline(json!([normalise, {"stage": "aggregate", "method": "median"}])));
    assert_eq!((found.len(), delta), (3, false), "P, Q and ALL are medians");
    let (found, delta) = reasons(&pipeline(json!([normalise, {"stage": "weight", "method": "pca", "nodes": ["ALL"]}, aggregate])));
    assert_eq!((found, delta), (vec!["weights follow from the data".to_owned()], true));
    let truncate = |value: &mut Value| {
        value["pipeline"][0]["truncate"] = json!(true);
        value["tree"]["children"][1]["children"][0]["indicator"]["goalposts"]["low"] = json!(1);
    };
    let (found, delta) = reasons(&truncate);
    assert_eq!((found, delta), (vec!["c: u2 lies near a goalpost at which scores are cut off".to_owned()], true));
}

#[test]
fn denominators_scale_errors_and_screening_moves_rows() {
    let mut value = value("arithmetic");
    value["denominators"] = json!(["people"]);
    value["tree"]["children"][0]["children"][0]["indicator"]["denominator"] = json!("people");
    value["tree"]["children"][0]["children"][0]["indicator"]["per"] = json!(100);
    value["pipeline"].as_array_mut().unwrap().insert(0, json!({"stage": "denominate"}));
    value["pipeline"].as_array_mut().unwrap().insert(1, json!({"stage": "screen", "drop": ["u1"]}));
    let own = definition(&value);
    let mut table = three();
    for unit in ["u1", "u2", "u3"] {
        table.insert("2024", unit, "people", Observation { value: Some(200.0), ..Observation::default() });
    }
    for method in [None, Some(Method::Replicates)] {
        let found = find(&own, &table, "", &Options { method, ..OPTIONS }).unwrap();
        assert_eq!(found.units, ["u2", "u3"]);
        let (found, expected) = (score(&found, "P", 1).se, f64::hypot(2.5 * 0.5 * 0.2, 7.5 * 0.2));
        assert!((found - expected).abs() < if method.is_none() { 1e-12 } else { 0.06 * expected }, "{found} {expected}");
    }
}

#[test]
fn a_table_without_errors_is_exact_and_failed_replicates_are_counted() {
    let own = definition(&value("geometric"));
    let exact = table(&[("u1", "a", 6.0, None, None), ("u1", "b", 4.0, Some(0.0), None), ("u1", "c", 3.0, None, None)]);
    let found = find(&own, &exact, "", &OPTIONS).unwrap();
    assert_eq!((found.method, score(&found, "ALL", 0).se), (Method::Delta, 0.0));
    let vague = table(&[("u1", "a", 1.0, Some(1.0), None), ("u1", "b", 4.0, None, None), ("u1", "c", 3.0, None, None)]);
    let found = find(&own, &vague, "", &Options { method: Some(Method::Replicates), replicates: 1000, ..OPTIONS }).unwrap();
    let expected = 1000.0 * normal::cdf(-1.0);
    #[allow(clippy::cast_precision_loss)]
    let failed = found.failed as f64;
    assert!((failed - expected).abs() < 4.0 * expected.sqrt(), "{failed} {expected}");
    assert!(found.failure.unwrap().contains("geometric"));
    assert_eq!(find(&own, &vague, "", &Options { level: 1.0, ..OPTIONS }), Err(UncertaintyError::Level(1.0)));
}

#[test]
fn every_finding_of_a_covariance_file_comes_with_its_line() {
    let own = definition(&value("arithmetic"));
    let table = three();
    let found = |text: &str| {
        let refused = Errors::of(&own, &table).with_covariances(text, &own, &table).unwrap_err();
        refused.into_iter().map(|finding| (finding.line, finding.pointer, finding.code.into_owned())).collect::<Vec<_>>()
    };
    let at = |line: u32, pointer: &str, code: &str| (Some(line), pointer.to_owned(), code.to_owned());
    let header = "unit_a,indicator_a,unit_b,indicator_b,covariance,edition\n";
    assert_eq!(
        found(&format!(
            "{header}u1,a,u1,ghost,0.1,\nu9,a,u1,b,x,\nu1,c,u1,a,0,\nu1,a,u1,b,0.03,\n\
            u1,a,u1,a,0.05,\nu1,a,u3,a,0.01,\nu3,a,u1,a,0.02,\nu1,a,u1,b,0,1999\n"
        )),
        [
            at(2, "/0/indicator_b", "unknown-indicator"),
            at(3, "/1/unit_a", "unknown-unit"),
            at(3, "/1/covariance", "not-a-number"),
            at(4, "/2/indicator_a", "no-standard-error"),
            at(5, "/3/covariance", "beyond-one"),
            at(6, "/4/covariance", "another-variance"),
            at(8, "/6/covariance", "contradiction"),
            at(9, "/7/edition", "unknown-edition"),
        ]
    );
    let impossible = format!("{header}u3,a,u3,b,0.036,\nu3,a,u3,c,0.036,\nu3,b,u3,c,-0.036,\n");
    assert_eq!(found(&impossible), [(None, String::new(), "not-a-covariance-matrix".to_owned())]);
    assert_eq!(found("unit_a,x\n").len(), 5);
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let own = definition(&value("arithmetic"));
    let options = Options { method: Some(Method::Replicates), replicates: 500, ..OPTIONS };
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| format!("{:?}", find(&own, &three(), "", &options).unwrap()))
    };
    let one = on(1);
    assert!(on(2) == one && on(8) == one);
}
