//! Two years of one survey, imported, computed and compared as a statistician would, against R's `survey`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::process::run;
use super::{file, read};
use crate::golden::{Worst, json};

/// The design of a year: its PSUs, without population counts as in the reference, and the sample list with weights.
fn design(folder: &Path, year: &str) -> [PathBuf; 2] {
    let text = read(&format!("tests/golden/survey/data/{year}.csv"));
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let place = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let (mut psus, mut people) = (BTreeMap::new(), "respondent,psu,weight\n".to_owned());
    for line in lines {
        let cells: Vec<&str> = line.split(',').collect();
        psus.insert(cells[place("psu")], cells[place("stratum")]);
        writeln!(people, "{},{},{}", cells[place("resp_id")], cells[place("psu")], cells[place("weight")]).unwrap();
    }
    let psus = psus.iter().fold("psu,stratum\n".to_owned(), |text, (psu, stratum)| text + psu + "," + stratum + "\n");
    let paths = ["psus", "respondents"].map(|name| folder.join(format!("{year}-{name}.csv")));
    std::fs::write(&paths[0], psus).unwrap();
    std::fs::write(&paths[1], people).unwrap();
    paths
}

fn import(data: &Path, year: &str, index: &Path) {
    let [psus, respondents] = design(data, year).map(|path| path.display().to_string());
    let csv = file(&format!("tests/golden/survey/data/{year}.csv")).display().to_string();
    let questionnaire = file("survey-schemas/sipas-open/1.1.json").display().to_string();
    let index = index.display().to_string();
    let wave = year.replace('_', "-");
    let said = run(
        data,
        &[
            &["import", &csv, "--questionnaire", &questionnaire, "--index", &index, "--wave", &wave][..],
            &["--unit-list", "agencies", "--new-unit-list", "--unit-column", "agency", "--id-column", "resp_id"],
            &["--psus", &psus, "--psu-column", "psu", "--respondents", &respondents, "--respondent-column", "resp_id"],
        ]
        .concat(),
    );
    assert!(said.contains(" stored") && !said.contains("invalid"), "{said}");
}

#[test]
fn a_year_compared_with_the_year_before_moves_as_r_survey_has_it() {
    let folder = tempfile::tempdir().unwrap();
    // The index of the open data set for the nation and the agencies; the design tables have no areas.
    let mut definition: Value = serde_json::from_str(&read("survey-schemas/sipas-open/index-1.1.json")).unwrap();
    definition["domains"] = serde_json::json!([{ "kind": "nation" }, { "kind": "unit" }]);
    definition["estimation"] = serde_json::json!({ "change": "stacked" });
    let index = folder.path().join("index.json");
    std::fs::write(&index, definition.to_string()).unwrap();
    import(folder.path(), "sipas_open_y1", &index);
    import(folder.path(), "sipas_open_y2", &index);

    let compute = ["run", "--index", "sipas-open", "--index-version", "1.1", "--json", "--wave"];
    let first: Value = serde_json::from_str(&run(folder.path(), &[&compute[..], &["sipas-open-y1"]].concat())).unwrap();
    let since = ["sipas-open-y2", "--since", first["run"].as_str().unwrap()];
    let second: Value = serde_json::from_str(&run(folder.path(), &[&compute[..], &since].concat())).unwrap();
    assert_eq!(second["manifest"]["since"], first["digest"]);

    let golden = json("09_sipas_change.json");
    let mut worst = Worst::default();
    let mut holm: Vec<(f64, f64)> = Vec::new();
    for domain in std::iter::once(&golden["national"]).chain(golden["by_agency"].as_array().unwrap()) {
        let score = second["scores"].as_array().unwrap().iter().find(|score| {
            score["node"] == "INDEX"
                && match domain.get("key") {
                    Some(key) => score["unit"] == format!("agencies:{key}"),
                    None => score["domain"] == "nation",
                }
        });
        let score = score.unwrap_or_else(|| panic!("no score for {domain}"));
        let (change, name) = (&score["change"], domain["key"].to_string());
        let number = |value: &Value| value.as_f64().unwrap();
        worst.compare(&format!("{name} before"), number(&change["before"]), number(&domain["est"][0]));
        worst.compare(&format!("{name} after"), number(&score["value"]), number(&domain["est"][1]));
        worst.compare(&format!("{name} change"), number(&change["difference"]), number(&domain["change"]));
        worst.compare(&format!("{name} se"), number(&change["se"]), number(&domain["change_se"]));
        if domain.get("key").is_some() {
            holm.push((number(&change["p"]), number(&change["p_holm"])));
            let (low, high) = (change["rise_low"].as_i64().unwrap(), change["rise_high"].as_i64().unwrap());
            let rise = change["rank_before"].as_i64().unwrap() - score["rank"].as_i64().unwrap();
            assert!(low <= rise && rise <= high, "{change}");
        }
    }
    worst.hold("a year compared with the year before", 1e-9, 84);
    assert_eq!(holm.len(), 20);
    let smallest = holm.iter().copied().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
    assert!((smallest.1 - (20.0 * smallest.0).min(1.0)).abs() < 1e-15, "{smallest:?}");
    assert!(holm.iter().all(|(p, adjusted)| p <= adjusted));

    let table = run(folder.path(), &[&compute[..5], &["--wave", "sipas-open-y2"], &since[1..]].concat());
    assert!(table.contains("by Holm"), "{table}");
}
