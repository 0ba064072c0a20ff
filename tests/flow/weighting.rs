//! `hailong weight` as a statistician uses it.

use hailong::design::{Design, WeightUnit};
use serde_json::{Value, json};

use super::process::{hailong, run};
use super::{file, read};
use crate::golden::{Worst, json as golden, numbers};

fn column(csv: &str, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let place = reader.headers().unwrap().iter().position(|header| header == name).unwrap_or_else(|| panic!("no column {name}"));
    reader.records().map(|record| record.unwrap()[place].to_owned()).collect()
}

fn weights(csv: &str, name: &str) -> Vec<f64> {
    column(csv, name).iter().map(|cell| cell.parse().unwrap()).collect()
}

#[test]
fn raked_weights_are_those_of_r() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("weighted.csv");
    let plan = file("docs/examples/weighting/schools.json").display().to_string();
    let said = run(folder.path(), &["weight", &plan, "--output", output.to_str().unwrap()]);
    assert!(said.contains("Kish's design effect") && said.contains("stype = E"), "{said}");
    let written = std::fs::read_to_string(&output).unwrap();
    let file = golden("05_calibration.json");
    let case = file["cases"].as_array().unwrap().iter().find(|case| case["id"] == "cal/c_rk/weights").unwrap();
    let mut worst = Worst::default();
    for (place, (found, expected)) in weights(&written, "weight").iter().zip(numbers(&case["expected"]["weights"])).enumerate() {
        worst.compare(&format!("weight {place}"), *found, expected);
    }
    worst.hold("hailong weight", 1e-9, 183);
    assert_eq!(weights(&written, "weight_1_rake"), weights(&written, "weight"));
}

#[test]
fn a_household_sample_goes_through_every_step_and_can_be_imported() {
    let folder = tempfile::tempdir().unwrap();
    let (output, list) = (folder.path().join("weighted.csv"), folder.path().join("respondents.csv"));
    let plan = file("docs/examples/weighting/household.json").display().to_string();
    let paths = [output.to_str().unwrap(), list.to_str().unwrap()];
    let said = run(folder.path(), &["weight", &plan, "--output", paths[0], "--respondents", paths[1], "--json"]);
    let said: Value = serde_json::from_str(&said).unwrap();
    let steps: Vec<&str> = said["steps"].as_array().unwrap().iter().map(|step| step["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["base", "unknown_eligibility", "nonresponse", "trim", "calibrate"]);

    // Each step up to the calibration hands on the weight it was given, the ineligible's share apart.
    let sum = |place: usize| said["steps"][place]["weights"]["sum"].as_f64().unwrap();
    assert!((sum(1) / sum(0) - 1.0).abs() < 1e-12 && (sum(2) / sum(1) - 1.0).abs() < 1e-12, "{said}");
    assert!((sum(4) - 37_300.0).abs() < 1e-6);
    for line in said["steps"][4]["margins"].as_array().unwrap() {
        assert!(line["gap"].as_f64().unwrap() < 1e-12, "{line}");
    }
    let factors = &said["steps"][4]["factors"]["quantiles"];
    assert!(factors["min"].as_f64().unwrap() >= 0.4 && factors["max"].as_f64().unwrap() <= 2.5, "{factors}");

    // RR1 and RR2 by hand.
    let outcomes = column(&read("docs/examples/weighting/household.csv"), "outcome");
    let count = |end: &str| u32::try_from(outcomes.iter().filter(|outcome| *outcome == end).count()).unwrap();
    let (complete, partial) = (f64::from(count("completed")), f64::from(count("broken off")));
    let eligible = 240.0 - f64::from(count("moved out"));
    let rates = &said["response_rates"]["unweighted"];
    assert!((rates["rr1"].as_f64().unwrap() - complete / eligible).abs() < 1e-15, "{rates}");
    assert!((rates["rr2"].as_f64().unwrap() - (complete + partial) / eligible).abs() < 1e-15, "{rates}");

    // The sample list is one that a wave's design takes.
    let list = std::fs::read_to_string(&list).unwrap();
    assert!(list.starts_with("respondent,psu,weight\n"), "{list}");
    let total: f64 = weights(&list, "weight").iter().sum();
    assert!((total - 37_300.0).abs() < 1e-6, "{total}");
    assert_eq!(said["respondents"], json!(count("completed") + count("broken off")));
    let psus: String = ["Đông", "Tây"]
        .iter()
        .zip([40, 25])
        .flat_map(|(province, villages)| (1..=6).map(move |village| format!("{province} {village},{province},{villages}\n")))
        .collect();
    let (design, rounding) = Design::read(&format!("psu,stratum,fpc\n{psus}"), Some(&list), WeightUnit::MICRO).unwrap();
    assert_eq!(design.respondents().len(), weights(&list, "weight").len());
    assert!(rounding.worst_relative < 1e-7, "{rounding:?}");
}

#[test]
fn a_bad_plan_is_refused_with_every_finding_in_both_languages() {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan.json");
    let mut value: Value = serde_json::from_str(&read("docs/examples/weighting/household.json")).unwrap();
    value["steps"][0]["step"] = json!("guess");
    value["steps"][3]["bounds"] = json!([1.2, 2.5]);
    value["surprise"] = json!(1);
    std::fs::write(&plan, serde_json::to_string_pretty(&value).unwrap()).unwrap();
    for (language, words) in [(None, "must be one of"), (Some("--vi"), "Phải là một trong")] {
        let output = hailong(folder.path()).arg("weight").arg(&plan).args(language).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).to_lowercase();
        assert!(!output.status.success() && said.contains(&words.to_lowercase()), "{said}");
        for pointer in ["/steps/0/step", "/steps/3/bounds", "/surprise"] {
            assert!(said.contains(pointer), "{pointer} in {said}");
        }
    }
}

#[test]
fn totals_that_do_not_fit_are_refused_with_margin_and_amount() {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan.json");
    let mut value: Value = serde_json::from_str(&read("docs/examples/weighting/schools.json")).unwrap();
    value["data"] = json!(file("tests/golden/survey/data/apiclus1.csv").display().to_string());
    for (totals, words) in [
        (json!({"E": 4421, "H": 755, "M": 1000, "X": 18}), "stype = X: the total is 18 and no row with weight stands for it"),
        (json!({"E": 4421, "H": 755}), "stype = M: 25 rows have this category and the totals have nobody in it"),
        (json!({"E": 4421, "H": 755, "M": 1500}), "sch_wide: the total is 6194, the other totals imply 6676 (difference -482)"),
    ] {
        value["steps"][0]["margins"][0]["totals"] = totals;
        std::fs::write(&plan, value.to_string()).unwrap();
        let output = hailong(folder.path()).arg("weight").arg(&plan).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(words) && said.contains("/steps/0"), "{said}");
    }
    // An id that stands twice.
    value["id"] = json!("stype");
    std::fs::write(&plan, value.to_string()).unwrap();
    let output = hailong(folder.path()).arg("weight").arg(&plan).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("Line 4: the id “E” is empty or stands twice"));
    // Columns that are not there are all named before anything is computed.
    value["id"] = json!("nobody");
    value["psu"] = json!("nowhere");
    value["steps"][0]["margins"][1]["columns"] = json!(["nothing"]);
    std::fs::write(&plan, value.to_string()).unwrap();
    let output = hailong(folder.path()).arg("weight").arg(&plan).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(["nobody", "nowhere", "nothing"].iter().all(|name| said.contains(name)), "{said}");
}
