//! The change of a composite index between two years that share part of their PSUs, against R's `survey`: both years'
//! estimates and standard errors, their covariance, the change and its test; by each year's own variance, and as R has it when both
//! years are stacked.

use std::ops::ControlFlow;

use hailong::index::{NodeChange, changes};
use hailong::scoring::multiple::holm;
use serde_json::Value;

use super::sipas_index::{AGENCIES, frame, plan_by, registry};
use super::{Worst, json, numbers};

fn found(rule: &str) -> Vec<NodeChange> {
    let plan = plan_by(serde_json::json!({ "change": rule }));
    let year = |file: &str| frame(file, &plan, |place, _| place);
    let (before, after) = (year("data/sipas_open_y1.csv"), year("data/sipas_open_y2.csv"));
    changes(&plan, before, after, &registry(), &|_, _| ControlFlow::Continue(())).unwrap()
}

/// The change of the index for a golden domain.
fn one<'a>(found: &'a [NodeChange], kind: &str, key: &Value) -> &'a NodeChange {
    let place: Option<i32> = key.as_str().map_or_else(|| key.as_i64().and_then(|key| i32::try_from(key).ok()), |key| key.parse().ok());
    let matches = |c: &&NodeChange| {
        c.node == "INDEX"
            && match kind {
                "province" => c.domain.kind == "province" && c.domain.area == place,
                "agency" => c.domain.kind == "unit" && c.domain.unit == place.map(|place| AGENCIES + place),
                _ => c.domain.kind == "nation",
            }
    };
    found.iter().find(matches).unwrap_or_else(|| panic!("no change of {kind} {key}"))
}

fn compare(worst: &mut Worst, what: &str, found: &NodeChange, golden: &Value) {
    let number = |name: &str| golden[name].as_f64().unwrap();
    let change = &found.change;
    for (year, measured) in [change.before, change.after].into_iter().enumerate() {
        worst.compare(&format!("{what} est {year}"), measured.value, numbers(&golden["est"])[year]);
        worst.compare(&format!("{what} se {year}"), measured.variance.sqrt(), numbers(&golden["se"])[year]);
    }
    worst.compare(&format!("{what} cov12"), change.covariance, number("cov12"));
    worst.compare(&format!("{what} change"), change.change.value, number("change"));
    worst.compare(&format!("{what} change se"), change.change.se, number("change_se"));
    worst.compare(&format!("{what} z"), change.change.statistic, number("z"));
    worst.compare(&format!("{what} p"), change.change.p_normal, number("p_two_sided_z"));
}

#[test]
fn every_change_of_stacked_years_equals_that_of_r_survey() {
    let (golden, found) = (json("09_sipas_change.json"), found("stacked"));
    let mut worst = Worst::default();
    compare(&mut worst, "nation", one(&found, "nation", &Value::Null), &golden["national"]);
    for (kind, list) in [("province", "by_province"), ("agency", "by_agency")] {
        for case in golden[list].as_array().unwrap() {
            compare(&mut worst, &format!("{kind} {}", case["key"]), one(&found, kind, &case["key"]), case);
        }
    }
    worst.hold("09_sipas_change", 1e-9, 84 * 9);
}

#[test]
fn every_change_by_each_years_own_variance_equals_that_of_r_survey() {
    let text = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/change/each_year.json"));
    let golden: Value = serde_json::from_str(&text.unwrap()).unwrap();
    let found = found("each_year");
    let mut worst = Worst::default();
    for case in golden.as_array().unwrap() {
        let (kind, key) = (case["domain"].as_str().unwrap(), &case["key"]);
        let what = format!("{kind} {key}");
        let change = one(&found, kind, key).change;
        for (year, measured) in [change.before, change.after].into_iter().enumerate() {
            worst.compare(&format!("{what} est {year}"), measured.value, numbers(&case["est"])[year]);
            worst.compare(&format!("{what} se {year}"), measured.variance.sqrt(), numbers(&case["se"])[year]);
        }
        // As a share of the two variances: a covariance near 0 is a sum of parts that all but cancel.
        let spread = (change.before.variance * change.after.variance).sqrt();
        worst.compare(&format!("{what} cov12"), spread + change.covariance, spread + case["cov12"].as_f64().unwrap());
        worst.compare(&format!("{what} change se"), change.change.se, case["change_se"].as_f64().unwrap());
    }
    worst.hold("changes by each year's own variance", 1e-9, 84 * 6);
    let stacked = json("09_sipas_change.json")["national"]["change_se"].as_f64().unwrap();
    let own = one(&found, "nation", &Value::Null).change.change.se;
    assert!(own < stacked, "what a year does not have adds variance when years are stacked");
}

#[test]
fn holm_leaves_the_changes_that_r_leaves() {
    // R 4.2.2: p.adjust(p, "holm") of the provinces' p_two_sided_z in 09_sipas_change.json: 27 lie below 5% before, these after.
    #[allow(clippy::excessive_precision, reason = "the digits as R prints them")]
    const LEFT: [(usize, f64); 12] = [
        (2, 5.062_617_216_062_659_2e-10),
        (42, 5.195_501_664_955_385_6e-8),
        (25, 8.019_819_220_386_569_7e-7),
        (19, 5.887_477_906_264_948_8e-5),
        (16, 1.873_017_781_642_893_5e-3),
        (22, 6.823_354_423_959_910_8e-3),
        (57, 9.302_840_721_921_362_7e-3),
        (23, 1.568_197_644_003_962_3e-2),
        (39, 1.959_509_199_721_341_5e-2),
        (29, 2.407_658_563_458_432_4e-2),
        (27, 3.836_771_860_093_42e-2),
        (52, 4.730_724_864_430_710_4e-2),
    ];
    let p: Vec<Option<f64>> =
        json("09_sipas_change.json")["by_province"].as_array().unwrap().iter().map(|case| case["p_two_sided_z"].as_f64()).collect();
    let significant = |p: &[Option<f64>]| p.iter().flatten().filter(|p| **p < 0.05).count();
    let adjusted = holm(&p);
    assert_eq!((p.len(), significant(&p), significant(&adjusted)), (63, 27, LEFT.len()));
    let mut worst = Worst::default();
    for (province, expected) in LEFT {
        worst.compare(&format!("province {province}"), adjusted[province - 1].unwrap(), expected);
    }
    worst.hold("Holm", 1e-14, LEFT.len());
}
