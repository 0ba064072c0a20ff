//! `hailong index` as people type it.

use std::path::Path;

use serde_json::{Value, json};

use super::command_line::{HOUSING, import};
use super::process::{hailong, run};
use super::{file, read};

pub(super) const DEFINITION: &str = "survey-schemas/indices/example/2025.json";
const INDICATORS: &str = "survey-schemas/indices/example/indicators.csv";

/// The arguments of `hailong index` over files: the verb with what it is about, then the files, then the options.
pub(super) fn asked<'a>((definition, data): (&'a str, &'a str), more: &[&'a str]) -> Vec<&'a str> {
    let (verb, options) = more.split_at(more.iter().take_while(|word| !word.starts_with("--")).count());
    [&["index"], verb, &["--definition", definition, "--data", data], options].concat()
}

pub(super) fn said(more: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (definition, data) = (file(DEFINITION).display().to_string(), file(INDICATORS).display().to_string());
    run(folder.path(), &asked((&definition, &data), more))
}

/// The figures are calculated by hand beside the tests of `composite`.
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

/// Everything that `check` prints, and whether it was content.
fn checked(arguments: &[&str]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = hailong(folder.path()).arg("check").args(arguments).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn check_takes_tables_and_factors_with_the_definition_they_are_made_for() {
    let folder = tempfile::tempdir().unwrap();
    let (own, table, factors) = (file(DEFINITION).display().to_string(), example("indicators.csv"), example("factors.json"));
    let (fine, said) = checked(&["--definition", &own, &table, &factors]);
    assert!(fine && said.contains("table of example, 6 units and editions, 23 values"), "{said}");
    assert!(said.contains("factors of example, 5 factors, 2000 replicates"), "{said}");

    let (fine, said) = checked(&[&table, &factors]);
    assert!(!fine && said.matches("(definition-needed)").count() == 2, "{said}");

    let bad = data(folder.path(), "unit,satisfied,overdue,online,note\nA,x,1,1,1\nA,1,1,1,1\n");
    let worse = folder.path().join("factors.json");
    std::fs::write(&worse, read("docs/examples/sensitivity/factors.json").replace("\"overdue\", \"online\"", "\"late\", \"ALL\"")).unwrap();
    let worse = worse.display().to_string();
    let (fine, said) = checked(&["--definition", &own, &bad, &worse]);
    assert!(!fine, "{said}");
    for expected in [
        "data.csv: line 1 /note: warning: ",
        "data.csv: line 2 /0/satisfied: ",
        "data.csv: line 3 /1/unit: ",
        "/factors/4/nodes/0: The definition has no node “late” (unknown-node)",
        "(drops-all)",
    ] {
        assert!(said.contains(expected), "{expected} is not in\n{said}");
    }
    let (fine, said) = checked(&["--vi", "--definition", &own, &bad]);
    assert!(!fine && said.contains("data.csv: dòng 2 /0/satisfied: “x” không phải là số"), "{said}");
    assert!(said.contains("/plan: cảnh báo: Thiếu cột “plan”"), "{said}");
    let (fine, said) = checked(&["--definition", &worse, &table]);
    assert!(!fine && said.contains("(definition-faulty)"), "{said}");
}

fn example(name: &str) -> String {
    file(&format!("docs/examples/sensitivity/{name}")).display().to_string()
}

/// `satisfied` goes from 0–100 onto 1–10, has 0.6 of SERVICE, which has 0.6 of ALL, times ten: 0.324 points a percent.
#[test]
fn intervals_of_scores_and_ranks_are_printed_with_the_method_that_was_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let (definition, data) = (file(DEFINITION).display().to_string(), example("indicators.csv"));
    let with = |more: &[&str]| run(folder.path(), &asked((&definition, &data), &[&["uncertainty"], more].concat()));
    let printed: Value = serde_json::from_str(&with(&["--json"])).unwrap();
    let uncertainty = &printed["uncertainty"];
    assert_eq!((&uncertainty["method"], &uncertainty["reasons"]), (&Value::from("delta"), &serde_json::json!([])));
    let a = &uncertainty["nodes"][0]["units"][0];
    assert!((a["value"].as_f64().unwrap() - 94.06).abs() < 1e-9 && (a["se"].as_f64().unwrap() - 0.648).abs() < 1e-9, "{a}");
    assert!((a["df"].as_f64().unwrap() - 15.0).abs() < 1e-9);
    assert_eq!(a["rank"], serde_json::json!({"rank": 1, "low": 1, "high": 1}));
    // The value itself on its own scale: 90 ∓ t(15) · 2, from a printed table of t.
    let leaf = &uncertainty["leaves"][0];
    assert_eq!((&leaf["leaf"], &leaf["units"][0]["value"], &leaf["units"][0]["df"]), (&json!("satisfied"), &json!(90.0), &json!(15.0)));
    assert!((leaf["units"][0]["high"].as_f64().unwrap() - (90.0 + 2.131_449_546 * 2.0)).abs() < 1e-8, "{leaf}");
    assert_eq!(uncertainty["leaves"].as_array().unwrap().len(), 1, "the others have no standard error");
    let text = with(&[]);
    assert!(text.contains("on the scale of the table") && text.contains("85.737     94.263"), "{text}");
    assert!(with(&[]).contains("smooth") && with(&["--method", "replicates", "--replicates", "50"]).contains("50 replicates"));
}

#[test]
fn rank_ranges_and_shares_of_variance_are_the_same_for_the_same_seed() {
    let folder = tempfile::tempdir().unwrap();
    let (definition, data, factors) = (file(DEFINITION).display().to_string(), example("indicators.csv"), example("factors.json"));
    let with = |more: &[&str]| run(folder.path(), &asked((&definition, &data), &[&["sensitivity", &factors], more].concat()));
    let json = with(&["--json", "--seed", "7"]);
    assert_eq!(json, with(&["--json", "--seed", "7"]));
    let printed: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(printed["sensitivity"]["monte_carlo"]["replicates"], 2000);
    assert_eq!(printed["sensitivity"]["monte_carlo"]["units"].as_array().unwrap().len(), 3);
    assert_eq!(printed["sensitivity"]["sobol"]["factors"].as_array().unwrap().len(), 5);
    assert!(with(&["--replicates", "20"]).contains("over 20 replicates"));
}

/// The figures are calculated by hand beside the tests of `composite::explain`.
#[test]
fn a_unit_is_explained_with_what_a_target_would_take() {
    let printed: Value = serde_json::from_str(&said(&["explain", "C", "--target", "score:80", "--json"])).unwrap();
    let found = &printed["explanation"];
    let sum = |parts: &Value, member: &str| parts.as_array().unwrap().iter().map(|part| part[member].as_f64().unwrap()).sum::<f64>();
    let near = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found} is not {expected}");
    near(sum(&found["shares"], "adds") + found["rest"].as_f64().unwrap(), 73.9);
    near(sum(&found["lost"]["leaves"], "lost"), 100.0 - 73.9);
    for (compared, expected) in [("to_best", 94.06 - 73.9), ("since", 73.9 - 70.48)] {
        let effects = &found[compared]["difference"]["effects"];
        near(["value", "goalposts", "weights", "structure"].iter().map(|part| sum(effects, part)).sum(), expected);
    }
    let target = &printed["target"];
    assert_eq!((&target["judgement"]["standing"], &target["reach"]["met"]), (&json!("missed"), &json!(false)));
    near(target["reach"]["alike"]["share"].as_f64().unwrap(), 6.1 / 26.1);

    let text = said(&["explain", "C", "--target", "rank:1"]);
    for expected in ["Points lost: 26.10 / 100.00", "overdue Dossiers overdue", "Văn phòng HĐND và UBND xã", "now: missed"] {
        assert!(text.contains(expected), "{expected} is not in\n{text}");
    }
}

#[test]
fn targets_of_the_definition_are_judged_in_the_table_and_as_json() {
    let printed: Value = serde_json::from_str(&said(&["--json"])).unwrap();
    let target = &printed["targets"][0];
    assert_eq!((&target["unit"], &target["value"], &target["source"]), (&json!("C"), &json!(75.0), &json!("Kế hoạch năm 2025")));
    assert_eq!((&target["judgement"]["standing"], &target["judgement"]["basis"]), (&json!("missed"), &json!("figures")));
    let text = said(&[]);
    assert!(text.contains("a score of 75 (Kế hoạch năm 2025): missed"), "{text}");
}

/// A definition with some members replaced, written into a folder.
pub(super) fn definition(folder: &Path, change: impl FnOnce(&mut Value)) -> String {
    let mut value: Value = serde_json::from_str(&read(DEFINITION)).unwrap();
    change(&mut value);
    let path = folder.join("definition.json");
    std::fs::write(&path, value.to_string()).unwrap();
    path.display().to_string()
}

pub(super) fn data(folder: &Path, text: &str) -> String {
    let path = folder.join("data.csv");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

#[test]
fn the_public_sees_the_first_alone_and_the_office_sees_all() {
    let folder = tempfile::tempdir().unwrap();
    let definition = definition(folder.path(), |value| {
        let label = |vi: &str| json!({"vi": vi, "en": vi});
        value["publication"] = json!({"top": 2, "decimals": 1, "tiers": {"kind": "natural", "labels": [label("tốt"), label("khá")]}});
    });
    let fixed = ["index", "--definition", &definition, "--data", file(INDICATORS).to_str().unwrap()].map(str::to_owned);
    let of = |more: &[&str]| run(folder.path(), &fixed.iter().map(String::as_str).chain(more.iter().copied()).collect::<Vec<_>>());
    let office: Value = serde_json::from_str(&of(&["--json"])).unwrap();
    let public: Value = serde_json::from_str(&of(&["--json", "--public"])).unwrap();
    let score = |value: &Value, place: usize| value["editions"][0]["units"][place]["score"].clone();
    assert!(score(&office, 2).is_f64() && score(&public, 1).is_f64());
    assert_eq!((score(&public, 2), &public["editions"][0]["units"][2]["nodes"]["plan"]["score"]), (Value::Null, &Value::Null));
    assert_eq!(office["editions"][0]["units"][2]["nodes"]["ALL"]["hidden"], "beyond_top");
    assert_eq!(public["editions"][0]["units"][0]["tier"]["label"]["vi"], "tốt");
    assert!(!of(&["--json", "--public"]).contains("61.8"), "the score of B is nowhere");
    assert!(of(&[]).contains("61.8") && of(&["--public"]).contains("94.1") && !of(&["--public"]).contains("61.8"));
}

#[test]
fn a_series_is_shown_on_the_new_list_of_provinces_and_flagged() {
    let folder = tempfile::tempdir().unwrap();
    let definition = definition(folder.path(), |value| {
        value["geography"] = json!("vn-34");
        value["denominators"] = json!(["people"]);
    });
    let rows = "unit,edition,satisfied,overdue,online,plan,people\n01,2024,80,10,40,20,8\n48,2024,60,20,60,10,1\n49,2024,70,15,50,15,3\n\
        01,2025,90,5,70,20,8\n48,2025,60,25,80,12,4\n";
    let data = data(folder.path(), rows);
    let of = |more: &[&str]| -> Value {
        let more = [&["series"], more, &["--panel", "--json"]].concat();
        serde_json::from_str(&run(folder.path(), &asked((&definition, &data), &more))).unwrap()
    };
    let on_34 = of(&["vn-34", "--weight", "people"])["series"].clone();
    let unit = &on_34["editions"][0]["units"][1];
    assert_eq!((&on_34["editions"][0]["rebuilt"], &unit["unit"], &unit["rebuilt"]), (&json!(true), &json!("48"), &json!(true)));
    // By hand as in the example: 58.24 and 70.48 by one and three million.
    let score = unit["scores"]["ALL"].as_f64().unwrap();
    assert!((score - (58.24 + 3.0 * 70.48) / 4.0).abs() < 1e-9, "{score}");
    let back = of(&["vn-63"])["series"].clone();
    assert!(back["findings"].as_array().unwrap().iter().any(|finding| finding["code"] == "cannot-rebuild"));
    assert_eq!(back["editions"][1]["units"].as_array().unwrap().len(), 1, "Hà Nội alone stayed as it was");
}

/// As above, `satisfied` is worth 0.324 points a percent; the parts weigh 1/4 and 3/4.
#[test]
fn figures_that_are_rebuilt_have_the_standard_errors_of_their_parts() {
    let folder = tempfile::tempdir().unwrap();
    let definition = definition(folder.path(), |value| {
        value["geography"] = json!("vn-34");
        value["denominators"] = json!(["people"]);
    });
    let rows = "unit,edition,indicator,value,standard_error,df\n\
        01,2024,satisfied,80,2,12\n01,2024,overdue,10,,\n01,2024,online,40,,\n01,2024,plan,20,,\n01,2024,people,8,,\n\
        48,2024,satisfied,60,3,10\n48,2024,overdue,20,,\n48,2024,online,60,,\n48,2024,plan,10,,\n48,2024,people,1,,\n\
        49,2024,satisfied,70,2,20\n49,2024,overdue,15,,\n49,2024,online,50,,\n49,2024,plan,15,,\n49,2024,people,3,,\n";
    let data = data(folder.path(), rows);
    let fixed = ["series", "vn-34", "--edition", "2024", "--weight", "people"];
    let of = |more: &[&str]| run(folder.path(), &asked((&definition, &data), &[&fixed, more].concat()));
    let plain: Value = serde_json::from_str(&of(&["--json"])).unwrap();
    assert_eq!(plain["series"]["editions"][0]["units"][1].get("intervals"), None);
    let found: Value = serde_json::from_str(&of(&["--uncertainty", "--json"])).unwrap();
    let edition = &found["series"]["editions"][0];
    assert_eq!((&edition["precision"]["method"], &edition["precision"]["level"]), (&json!("delta"), &json!(0.95)));
    let near = |found: &Value, expected: f64| assert!((found.as_f64().unwrap() - expected).abs() < 1e-9, "{found} is not {expected}");
    let (whole, rebuilt) = (&edition["units"][0]["intervals"]["ALL"], &edition["units"][1]["intervals"]["ALL"]);
    near(&whole["se"], 0.324 * 2.0);
    near(&whole["df"], 12.0);
    near(&rebuilt["se"], 0.324 * (0.75_f64 * 0.75 + 1.5 * 1.5).sqrt());
    near(&rebuilt["df"], 2.8125 * 2.8125 / (0.5625 * 0.5625 / 10.0 + 2.25 * 2.25 / 20.0));
    assert_eq!((&rebuilt["independent"], &edition["units"][1]["intervals"]["satisfied"]), (&json!(false), &Value::Null));
    let text = of(&["--uncertainty"]);
    assert!(text.contains("weights count as known") && text.contains(" 0.543 ") && text.contains("* 48 + 49"), "{text}");
    assert!(!of(&[]).contains("weights count as known"));
}

#[test]
fn one_tree_mixes_estimates_of_a_run_with_a_table() {
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), &file(HOUSING));
    let printed = run(folder.path(), &["run", "--index", "housing", "--index-version", "1978.1", "--wave", "housing", "--json"]);
    let file = folder.path().join("run.json");
    std::fs::write(&file, printed).unwrap();
    let definition = definition(folder.path(), |value| {
        let leaf = &mut value["tree"]["children"][0]["children"][0]["children"][0]["indicator"];
        leaf["survey"] = json!({"index": "housing", "node": "satisfaction", "wave": "housing"});
        value["publication"] = json!({"min_n": 300});
        value["targets"] = json!([{"unit": "Tower", "kind": "score", "value": 30.0}]);
    });
    let rows = "unit,satisfied,overdue,online,plan\nTower,,10,40,20\nTerrace,,20,60,10\nAtrium,,15,50,15\nApartment,,15,50,15\n";
    let data = data(folder.path(), rows);
    let of = ["index", "--definition", &definition, "--data", &data, "--run", file.to_str().unwrap(), "--json"];
    let found: Value = serde_json::from_str(&run(folder.path(), &of)).unwrap();
    let unit = |name: &str| found["editions"][0]["units"].as_array().unwrap().iter().find(|unit| unit["unit"] == name).unwrap().clone();
    // 62.625 of the golden figures, from 0–100 onto 1–10.
    let score = unit("Tower")["nodes"]["satisfied"]["score"].as_f64().unwrap();
    assert!((score - (1.0 + 0.09 * 62.625)).abs() < 1e-9, "{score}");
    assert_eq!(unit("Terrace")["nodes"]["satisfied"]["hidden"], "few_answers", "277 answers of 300");
    assert!(unit("Tower")["se"].as_f64().unwrap() > 0.0, "the run's standard error reaches the root");
    assert_eq!(
        (&found["targets"][0]["judgement"]["basis"], &found["targets"][0]["judgement"]["standing"]),
        (&json!("standard_errors"), &json!("met"))
    );
}
