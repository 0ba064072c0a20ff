//! Stored composite indices as people work with them: define, load, run, look again.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};

use super::process::{hailong, run};
use super::{file, read};
use crate::golden::{Worst, json as golden_json, numbers, path};

const DEFINITION: &str = "survey-schemas/indices/example/2025.json";
const INDICATORS: &str = "survey-schemas/indices/example/indicators.csv";
const OF: [&str; 4] = ["--index", "example", "--index-version", "2025"];

/// A command that must succeed and prints JSON.
#[track_caller]
fn told(data: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&run(data, arguments)).unwrap()
}

/// A command that must fail: what it said.
#[track_caller]
fn refused(data: &Path, arguments: &[&str]) -> String {
    let output = hailong(data).args(arguments).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!output.status.success(), "hailong {arguments:?} went through: {said}");
    said
}

fn name(path: &str) -> String {
    file(path).display().to_string()
}

fn write(folder: &Path, file: &str, text: &str) -> String {
    let path = folder.join(file);
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// Publishes the example and loads its table, which is number 1 of an empty store.
fn example(data: &Path) {
    run(data, &["define", &name(DEFINITION)]);
    let said = run(data, &[&["table", "load"], &OF[..], &[&name(INDICATORS)]].concat());
    assert!(
        said.starts_with("table 1: example 2025 · “indicators” · 23 values of 6 units and editions (2024, 2025) · 0 warnings"),
        "{said}"
    );
}

fn compute(data: &Path, more: &[&str]) -> Value {
    told(data, &[&["run"], &OF[..], &["--json"], more].concat())
}

/// The root's score of a unit in an edition.
fn score(printed: &Value, edition: &str, unit: &str) -> f64 {
    figure(printed, edition, unit, "ALL")["score"].as_f64().unwrap()
}

fn figure<'v>(printed: &'v Value, edition: &str, unit: &str, node: &str) -> &'v Value {
    let of = |figure: &&Value| figure["edition"] == edition && figure["unit"] == unit && figure["node"] == node;
    printed["figures"].as_array().unwrap().iter().find(of).unwrap_or_else(|| panic!("no {node} of {unit} in {edition}"))
}

#[track_caller]
fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() < 1e-12, "{found} is not {expected}");
}

/// The figures are calculated by hand beside the tests of `composite`.
#[test]
fn an_index_comes_from_files_into_the_store_and_its_run_can_be_looked_into() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    example(data);
    let said = run(data, &[&["table", "load"], &OF[..], &["--title", "Another name", &name(INDICATORS)]].concat());
    assert!(said.starts_with("table 1 is there already") && said.contains("“indicators”"), "{said}");
    assert!(run(data, &["define", &name(DEFINITION)]).contains("there already"));
    assert_eq!(told(data, &["table", "list", "--json"]).as_array().unwrap().len(), 1);
    let shown = told(data, &["table", "show", "1", "--unit", "C", "--edition", "2025", "--json"]);
    let items: Vec<_> =
        shown["items"].as_array().unwrap().iter().map(|item| (&item["indicator"], &item["value"], &item["status"])).collect();
    let value = |code, value: f64| (json!(code), json!(value), json!("published"));
    let expected = [value("overdue", 15.0), value("plan", 16.0), value("satisfied", 75.0)];
    assert_eq!(items, expected.each_ref().map(|(code, value, status)| (code, value, status)));

    let printed = compute(data, &["--table", "1"]);
    for (edition, unit, expected, rank) in [
        ("2024", "A", 82.72, 1),
        ("2024", "B", 58.24, 3),
        ("2024", "C", 70.48, 2),
        ("2025", "A", 94.06, 1),
        ("2025", "B", 61.84, 3),
        ("2025", "C", 73.9, 2),
    ] {
        near(score(&printed, edition, unit), expected);
        assert_eq!(figure(&printed, edition, unit, "ALL")["rank"], rank);
    }
    assert_eq!(figure(&printed, "2025", "C", "online")["score"], Value::Null);
    assert_eq!((&printed["manifest"]["tables"][0]["id"], &printed["reports"]["findings"]), (&json!(1), &json!([])));
    assert_eq!(compute(data, &["--table", "1"])["digest"], printed["digest"]);
    let screen = run(data, &[&["run"], &OF[..], &["--table", "1"]].concat());
    for expected in [
        "94.06",
        "no intervals",
        "SERVICE Service",
        "2 editions in all",
        "missed (by the figures alone)",
        printed["digest"].as_str().unwrap(),
    ] {
        assert!(screen.contains(expected), "{expected} is not in\n{screen}");
    }

    let id = printed["run"].as_str().unwrap();
    let explained = told(data, &["index", "explain", "C", "--run-id", id, "--target", "rank:1", "--json"]);
    near(explained["explanation"]["score"].as_f64().unwrap(), 73.9);
    let adds = explained["explanation"]["shares"].as_array().unwrap().iter().map(|share| share["adds"].as_f64().unwrap()).sum::<f64>();
    assert!((adds - 73.9).abs() < 1e-9, "{adds}");
    assert_eq!(
        (&explained["explanation"]["since"]["edition"], &explained["target"]["judgement"]["standing"]),
        (&json!("2024"), &json!("missed"))
    );
    // What is stored says the same as the files that it came from.
    let files = ["index", "--definition", &name(DEFINITION), "--data", &name(INDICATORS), "--panel", "--json"];
    assert_eq!(told(data, &["index", "--run-id", id, "--panel", "--json"]), told(data, &files));
}

/// The survey's share of A has 2 percent of error: 0.324 points a percent (see `composite`), and no other value has any.
#[test]
fn errors_in_a_table_become_intervals_by_the_method_and_at_the_level_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    run(data, &["define", &name(DEFINITION)]);
    let indicators = name("docs/examples/sensitivity/indicators.csv");
    assert_eq!(told(data, &[&["table", "load"], &OF[..], &["--json", &indicators]].concat())["new"], true);
    let printed = compute(data, &["--table", "1"]);
    let a = figure(&printed, "2025", "A", "ALL");
    assert!((a["se"].as_f64().unwrap() - 0.648).abs() < 1e-9, "{a}");
    assert_eq!((&a["df"], &a["rank_low"], &a["rank_high"]), (&json!(15.0), &json!(1), &json!(1)));
    assert_eq!(printed["manifest"]["uncertainty"][1], json!({ "edition": "2025", "method": "delta", "replicates": 0, "failed": 0 }));
    let width = |a: &Value| a["high"].as_f64().unwrap() - a["low"].as_f64().unwrap();
    let narrow = compute(data, &["--table", "1", "--level", "0.9"]);
    assert!(width(figure(&narrow, "2025", "A", "ALL")) < 0.9 * width(a));

    let factors = name("docs/examples/sensitivity/factors.json");
    let drawn = ["--table", "1", "--method", "replicates", "--replicates", "100", "--factors", &factors];
    let seven = compute(data, &[&drawn[..], &["--seed", "7"]].concat());
    assert_eq!(seven["manifest"]["uncertainty"][1]["replicates"], 100);
    assert_eq!(seven["reports"]["sensitivity"]["monte_carlo"]["units"].as_array().unwrap().len(), 3);
    assert_eq!(compute(data, &[&drawn[..], &["--seed", "7"]].concat())["digest"], seven["digest"]);
    assert_ne!(compute(data, &[&drawn[..], &["--seed", "8"]].concat())["digest"], seven["digest"]);
}

#[test]
fn a_second_table_restates_a_value_and_that_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    example(data);
    let text = "unit,edition,indicator,value,date,source,status\nC,2025,plan,20,2026-02-01,Decision 12,restated\n";
    let second = write(data, "restated.csv", text);
    run(data, &[&["table", "load"], &OF[..], &["--title", "Plan restated", &second]].concat());
    let shown = run(data, &["table", "show", "2"]);
    for expected in ["“Plan restated”", "restated", "2026-02-01", "Decision 12"] {
        assert!(shown.contains(expected), "{expected} is not in\n{shown}");
    }
    // 20 of 20 points are 10 instead of 8.2, which have 0.4 of ALL, times ten.
    let printed = compute(data, &["--table", "1", "--table", "2"]);
    assert!((score(&printed, "2025", "C") - (73.9 + 7.2)).abs() < 1e-9);
    near(score(&printed, "2024", "C"), 70.48);
    let finding = &printed["reports"]["findings"][0];
    assert_eq!((&finding["code"], &finding["severity"]), (&json!("values-replaced"), &json!("warning")));
    assert_eq!(printed["reports"]["targets"][0]["judgement"]["standing"], "met");
    let screen = run(data, &[&["run"], &OF[..], &["--table", "1", "--table", "2", "--vi"]].concat());
    assert!(screen.contains("cảnh báo: Bảng “Plan restated” thay 1 giá trị") && screen.contains("81.10"), "{screen}");
    let again = told(data, &["index", "--run-id", printed["run"].as_str().unwrap(), "--json"]);
    assert_eq!(again["warnings"][0]["code"], "values-replaced");
    // The order of tables is the order of revisions.
    near(score(&compute(data, &["--table", "2", "--table", "1"]), "2025", "C"), 73.9);
}

#[test]
fn a_bad_table_is_refused_with_every_finding_in_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let bad = write(data, "bad.csv", "unit,satisfied,overdue,online,plan\nA,x,1,1,1\nA,1,1,1,1\n");
    let of_file = refused(data, &["table", "check", "--definition", &name(DEFINITION), &bad]);
    assert!(!data.join("hailong.sqlite").exists(), "a check against a file needs no database");
    run(data, &["define", &name(DEFINITION)]);
    for said in [
        of_file,
        refused(data, &[&["table", "check"], &OF[..], &[&bad]].concat()),
        refused(data, &[&["table", "load"], &OF[..], &[&bad]].concat()),
    ] {
        assert!(said.contains("line 2 /0/satisfied") && said.contains("line 3 /1/unit"), "{said}");
        assert!(said.contains("2 errors") || said.contains("(indicators-invalid)"), "{said}");
    }
    let said = refused(data, &[&["table", "load"], &OF[..], &["--vi", &bad]].concat());
    assert!(said.contains("dòng 2 /0/satisfied"), "{said}");
    let output = hailong(data).args(["table", "load"]).args(OF).args(["--json", &bad]).output().unwrap();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(!output.status.success());
    assert_eq!((&found["findings"][0]["line"], &found["findings"][1]["line"]), (&json!(2), &json!(3)));
    assert_eq!(told(data, &["table", "list", "--json"]), json!([]), "nothing of it is stored");
    let said = run(data, &[&["table", "check"], &OF[..], &[&name(INDICATORS)]].concat());
    assert!(said.contains("23 values of 6 units and editions for example 2025, 0 warnings"), "{said}");
}

#[test]
fn everything_that_stands_in_the_way_of_a_run_is_said_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    example(data);
    let unknown = "018f0000-0000-7000-8000-000000000000";
    let of_example = [&["run"], &OF[..]].concat();
    let said = refused(data, &[&of_example[..], &["--wave", "w", "--set", "a=1", "--table", "9", "--survey-run", unknown]].concat());
    let foreign = "Runs of composite indices do not have this";
    let (wave, set) = (format!("--wave: {foreign}"), format!("--set: {foreign}"));
    for expected in ["4 things are wrong", &wave, &set, "--table: There is no table 9", "--survey-run: There is no run 018f0000"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    let said = refused(data, &of_example);
    assert!(said.contains("At least one indicator table or survey run is needed"), "{said}");
    let factors =
        write(data, "factors.json", &read("docs/examples/sensitivity/factors.json").replace("\"overdue\", \"online\", ", "\"none\", "));
    let said = refused(data, &[&of_example[..], &["--table", "1", "--factors", &factors]].concat());
    assert!(said.contains("line ") && said.contains("none"), "{said}");

    let (questionnaire, index) = ("survey-schemas/housing/1978.1.json", "survey-schemas/housing/index-1978.1.json");
    assert!(refused(data, &["define", &name(index)]).contains("survey-version-unknown"));
    let said = run(data, &["define", &name(index), &name(questionnaire)]);
    assert!(said.contains("survey housing 1978.1: published") && said.contains("index housing 1978.1: published"), "{said}");
    let said = refused(data, &["run", "--index", "housing", "--index-version", "1978.1", "--table", "1"]);
    assert!(said.contains("--wave: The wave is missing") && said.contains("--table, --survey-run: Only runs of composite"), "{said}");
    let of_housing = ["table", "load", "--index", "housing", "--index-version", "1978.1", &name(INDICATORS)];
    assert!(refused(data, &of_housing).contains("takes no tables"));
}

/// A PAR INDEX in small: the satisfaction of people is worth 10 of 100 points, and what is appraised 90.
fn par_index() -> Value {
    let label = |vi: &str, en: &str| json!({ "vi": vi, "en": en });
    json!({
        "kind": "composite", "code": "par-small", "edition": "2024", "title": label("PAR INDEX thu nhỏ", "A small PAR INDEX"),
        "geography": "vn-63", "missing": "zero",
        "pipeline": [
            { "stage": "normalise", "method": "min_max", "scale": "maximum", "truncate": true },
            { "stage": "aggregate", "method": "sum" },
        ],
        "tree": { "code": "PAR", "label": label("Tổng điểm", "Total"), "maximum": 100, "children": [
            { "code": "appraised", "label": label("Thẩm định", "Appraised"), "maximum": 90,
              "indicator": { "evidence": "appraised", "unit": "điểm", "normalise": { "method": "points" } } },
            { "code": "sipas", "label": label("Hài lòng", "Satisfaction"), "maximum": 10,
              "indicator": { "evidence": "survey", "unit": "%", "goalposts": { "low": 0, "high": 100 },
                             "survey": { "index": "sipas-open", "node": "INDEX" } } },
        ] },
    })
}

/// The codes of the 63 provinces, so that the file's province 1 to 63 has a place on the real list.
fn provinces() -> Vec<String> {
    let (records, _) = hailong::unit::embedded().unwrap();
    let is_province = |record: &&hailong::unit::UnitRecord| record.list == "vn-63" && record.kind.as_str() == "province";
    let mut codes: Vec<String> = records.iter().filter(is_province).map(|record| record.code.clone()).collect();
    codes.sort_unstable();
    assert_eq!(codes.len(), 63);
    codes
}

/// Imports the open data set with its design, and computes its index: the run.
fn survey_run(data: &Path, provinces: &[String]) -> String {
    let csv = path("data/sipas_open_y1.csv");
    let mut reader = csv::Reader::from_path(&csv).unwrap();
    let (mut psus, mut people) = (BTreeMap::new(), String::from("respondent,psu,weight\n"));
    for person in reader.deserialize::<BTreeMap<String, String>>().map(Result::unwrap) {
        let of = |column: &str| person[column].as_str();
        let area = &provinces[of("province").parse::<usize>().unwrap() - 1];
        psus.insert(of("psu").to_owned(), format!("{},{},{},vn-63:{area}\n", of("psu"), of("stratum"), of("fpc")));
        writeln!(people, "{},{},{}", of("resp_id"), of("psu"), of("weight")).unwrap();
    }
    let design = write(data, "psus.csv", &format!("psu,stratum,fpc,area\n{}", psus.into_values().collect::<String>()));
    let people = write(data, "people.csv", &people);
    let definitions = ["survey-schemas/sipas-open/1.1.json", "survey-schemas/sipas-open/index-1.1.json"].map(name);
    run(data, &["define", &definitions[0], &definitions[1]]);
    let from = ["import", csv.to_str().unwrap(), "--questionnaire", &definitions[0], "--wave", "open-2024", "--unit-list", "open-agencies"];
    let columns =
        ["--new-unit-list", "--unit-column", "agency", "--psu-column", "psu", "--respondent-column", "resp_id", "--id-column", "resp_id"];
    let said = run(data, &[&from[..], &columns[..], &["--psus", &design, "--respondents", &people]].concat());
    assert!(said.contains("3832  stored"), "{said}");
    let printed = told(data, &["run", "--index", "sipas-open", "--index-version", "1.1", "--wave", "open-2024", "--json"]);
    printed["run"].as_str().unwrap().to_owned()
}

#[test]
fn a_leaf_takes_the_estimates_of_a_stored_run_with_their_errors() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let provinces = provinces();
    let survey = survey_run(data, &provinces);
    run(data, &["define", &write(data, "par.json", &par_index().to_string())]);
    let of = ["--index", "par-small", "--index-version", "2024"];
    let points = |place: usize| 60.0 + f64::from(u32::try_from(place).unwrap()) / 4.0;
    let mut rows = String::from("unit,appraised,sipas\n");
    for (place, code) in provinces.iter().enumerate() {
        writeln!(rows, "{code},{},", points(place)).unwrap();
    }
    let table = write(data, "par.csv", &rows);
    run(data, &[&["table", "load"], &of[..], &[&table]].concat());
    let printed = told(data, &[&["run"], &of[..], &["--table", "1", "--survey-run", &survey, "--json"]].concat());

    // R's figures of each province, 0 to 100, are worth a tenth of that. The survey publishes two decimals, and the leaf takes what is published.
    let golden = golden_json("07_sipas_index.json");
    let mut worst = Worst::default();
    for (place, code) in provinces.iter().enumerate() {
        let of =
            |domain: &&Value| domain["key"].as_str().map_or_else(|| domain["key"].to_string(), str::to_owned) == (place + 1).to_string();
        let domain = golden["by_province"].as_array().unwrap().iter().find(of).unwrap();
        let index = domain["names"].as_array().unwrap().iter().position(|name| name == "INDEX").unwrap();
        let theirs = |what: &str| numbers(&domain[what])[index] / 10.0;
        let ours = |node: &str, what: &str| figure(&printed, "2024", code, node)[what].as_f64().unwrap();
        let rounded = (1_000.0 * theirs("est")).round() / 1_000.0;
        let base = points(place) + rounded - theirs("est");
        worst.compare(&format!("{code} leaf"), ours("sipas", "score"), rounded);
        worst.compare(&format!("{code} total"), ours("PAR", "score"), points(place) + rounded);
        worst.compare(&format!("{code} se"), ours("PAR", "se"), theirs("se"));
        worst.compare(&format!("{code} low"), ours("PAR", "low"), base + theirs("ci_low_tdomain"));
        worst.compare(&format!("{code} high"), ours("PAR", "high"), base + theirs("ci_high_tdomain"));
    }
    worst.hold("07_sipas_index as a leaf", 1e-9, 315);
    assert_eq!((&printed["manifest"]["surveys"][0]["run"], &printed["manifest"]["with_errors"]), (&json!(survey), &json!(63)));
    let screen = run(data, &[&["run"], &of[..], &["--table", "1", "--survey-run", &format!("2024={survey}")]].concat());
    assert!(
        screen.contains("sipas-open over open-2024 for 2024") && screen.contains("intervals at level 0.95 by the delta method"),
        "{screen}"
    );
    assert!(screen.contains(printed["digest"].as_str().unwrap()), "the definition's edition is the one that is meant if none is said");

    // What is computed anew from what the run froze has the errors that are stored with it.
    let id = printed["run"].as_str().unwrap();
    let anew = told(data, &["index", "uncertainty", "--run-id", id, "--json"]);
    for (place, unit) in anew["uncertainty"]["units"].as_array().unwrap().iter().enumerate() {
        let (anew, stored) = (&anew["uncertainty"]["nodes"][0]["units"][place], figure(&printed, "2024", unit.as_str().unwrap(), "PAR"));
        assert_eq!((&anew["value"], &anew["se"], &anew["low"]), (&stored["score"], &stored["se"], &stored["low"]));
    }

    // A run of a composite index is no run of a survey, and the other way round; and an index without such leaves takes none.
    run(data, &["define", &name(DEFINITION)]);
    let said = refused(data, &[&["run"], &OF[..], &["--survey-run", &survey]].concat());
    assert!(said.contains("run-not-used"), "{said}");
    let said = refused(data, &[&["run"], &of[..], &["--survey-run", id]].concat());
    assert!(said.contains("(composite)"), "{said}");
    assert!(refused(data, &["index", "--run-id", &survey]).contains("the index of a survey"));
}
