//! Commands as people type them.

use std::ops::ControlFlow;

use hailong::jobs::recompute::recompute;
use hailong::store::{Store, StoreOptions, audit, runs};
use serde_json::Value;

use super::process::{hailong, run};
use super::{file, read};
use crate::golden::{Worst, json, numbers};

pub(super) const HOUSING: &str = "tests/golden/survey/data/housing.csv";

pub(super) fn import(data: &std::path::Path, csv: &std::path::Path) -> String {
    run(
        data,
        &[
            "import",
            csv.to_str().unwrap(),
            "--questionnaire",
            file("survey-schemas/housing/1978.1.json").to_str().unwrap(),
            "--index",
            file("survey-schemas/housing/index-1978.1.json").to_str().unwrap(),
            "--wave",
            "housing",
            "--unit-list",
            "housing",
            "--new-unit-list",
            "--simple-random-sample",
            "--unit-column",
            "agency",
            "--id-column",
            "resp_id",
        ],
    )
}

#[test]
fn householders_of_a_real_survey_come_out_as_r_survey_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let said = import(folder.path(), &file(HOUSING));
    assert!(said.contains("1681  records") && said.contains("1681  stored") && !said.contains("invalid"), "{said}");
    let compute = ["run", "--index", "housing", "--index-version", "1978.1", "--wave", "housing"];
    let printed: Value = serde_json::from_str(&run(folder.path(), &[&compute[..], &["--json"]].concat())).unwrap();
    let golden = json("11_housing.json");
    let mut worst = Worst::default();
    for domain in std::iter::once(&golden["all"]).chain(golden["by_agency"].as_array().unwrap()) {
        let key = domain["key"].as_str().unwrap();
        for (place, name) in domain["names"].as_array().unwrap().iter().enumerate() {
            let found = printed["scores"].as_array().unwrap().iter().find(|score| {
                score["node"] == *name && if key == "all" { score["domain"] == "nation" } else { score["unit"] == format!("housing:{key}") }
            });
            let found = found.unwrap_or_else(|| panic!("no {name} of {key}"));
            for (ours, theirs) in [("value", "est"), ("se", "se"), ("low", "ci_low"), ("high", "ci_high")] {
                worst.compare(&format!("{key} {name} {ours}"), found[ours].as_f64().unwrap(), numbers(&domain[theirs])[place]);
            }
            assert_eq!((&found["n"], found["df"].as_f64()), (&domain["n"], domain["df"].as_f64()), "{key} {name}");
        }
    }
    worst.hold("11_housing", 1e-9, 100);

    // The same file again stores nothing, and the same run has the same digest.
    let said = import(folder.path(), &file(HOUSING));
    assert!(said.contains("1681  there already") && !said.contains("stored"), "{said}");
    let again: Value = serde_json::from_str(&run(folder.path(), &[&compute[..], &["--json"]].concat())).unwrap();
    assert_eq!(printed["digest"], again["digest"]);

    // The same householders in another order, in a database of their own, come to the same figures. Digests are salted there and here.
    let other = tempfile::tempdir().unwrap();
    let text = read(HOUSING);
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].reverse();
    let reversed = other.path().join("reversed.csv");
    std::fs::write(&reversed, lines.join("\n")).unwrap();
    import(other.path(), &reversed);
    let turned: Value = serde_json::from_str(&run(other.path(), &[&compute[..], &["--json"]].concat())).unwrap();
    assert_eq!(printed["scores"], turned["scores"]);
    assert_ne!(printed["digest"], turned["digest"]);
    let table = run(folder.path(), &compute);
    assert!(table.contains("53.00") && table.contains("Terrace"), "{table}");
}

#[test]
fn a_unit_renamed_and_moved_changes_no_run_of_before_and_shows_in_the_manifest_of_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    import(data, &file(HOUSING));
    let compute = || -> Value {
        serde_json::from_str(&run(data, &["run", "--index", "housing", "--index-version", "1978.1", "--wave", "housing", "--json"]))
            .unwrap()
    };
    let before = compute();
    let unit = run(data, &["units", "list", "--list", "housing", "--json"]);
    let unit = serde_json::from_str::<Value>(&unit).unwrap()[0].clone();
    let csv = folder.path().join("units.csv");
    let (code, since) = (unit["code"].as_str().unwrap(), unit["valid_from"].as_str().unwrap());
    let text = format!(
        "list,code,kind,name_vi,name_en,parent_list,parent_code,valid_from,valid_to\n\
         housing,HQ,agency,Trụ sở,Headquarters,,,{since},\n\
         housing,{code},agency,Tên mới,New name,housing,HQ,{since},\n"
    );
    std::fs::write(&csv, text).unwrap();
    assert!(run(data, &["units", "add", csv.to_str().unwrap()]).contains("1 units added, 1 changed"));
    assert!(run(data, &["units", "add", csv.to_str().unwrap()]).contains("0 units added, 0 changed"));
    let after = compute();
    assert_eq!(before["digest"], after["digest"], "the figures are the same");
    assert_ne!(before["scores"], after["scores"], "they have other names");

    let url = data.join("hailong.sqlite").display().to_string();
    let store = Store::open(&StoreOptions { url, readers: 1 }).unwrap();
    let mut db = store.db().unwrap();
    let mut manifest = |shown: &Value| {
        let stored = runs::get(&mut db, shown["run"].as_str().unwrap().parse().unwrap()).unwrap();
        let again = recompute(&mut db, &stored, &|_, _, _| ControlFlow::Continue(())).unwrap();
        assert_eq!(stored.digest, Some(again.digest), "repeating a run gives the same digest");
        let kept: Value = serde_json::from_str(stored.manifest.as_deref().unwrap()).unwrap();
        assert_eq!(kept, serde_json::to_value(&again.manifest).unwrap(), "and is made of the same");
        kept
    };
    let (old, new) = (manifest(&before), manifest(&after));
    assert!(old["units"].is_string() && old["units"] != new["units"], "two states of units never have equal manifests");
    let changed = audit::list(&mut db, &audit::Filter { object: Some("housing".to_owned()), ..audit::Filter::default() }, 10)
        .unwrap()
        .into_iter()
        .filter(|line| line.action == "unit.add")
        .count();
    assert_eq!(changed, 2, "the import's and this one");
}

#[test]
fn check_prints_every_finding_with_its_place_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    let good = read("survey-schemas/housing/1978.1.json");
    let bad = folder.path().join("bad.json");
    std::fs::write(&bad, good.replacen("\"code\": \"influence\"", "\"code\": \"satisfaction\"", 1).replacen("\"vi\"", "\"fr\"", 1))
        .unwrap();
    let output = hailong(folder.path()).arg("check").arg(&bad).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!output.status.success());
    assert!(said.matches("line ").count() >= 2 && said.contains("/sections/"), "{said}");

    let shipped =
        ["survey-schemas/housing/1978.1.json", "survey-schemas/housing/index-1978.1.json"].map(|path| file(path).display().to_string());
    let said = run(folder.path(), &["check", &shipped[0], &shipped[1]]);
    assert!(said.contains("questionnaire housing 1978.1, 3 items") && said.contains("sha256"), "{said}");

    let rules = file("survey-schemas/quality/default-1.json");
    let said = run(folder.path(), &["check", rules.to_str().unwrap()]);
    assert!(said.contains("rule set default 1, 5 rules"), "{said}");
    std::fs::write(&bad, std::fs::read_to_string(rules).unwrap().replace("\"min_blocks\": 2", "\"min_blocks\": 0")).unwrap();
    let output = hailong(folder.path()).arg("check").arg(&bad).output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!output.status.success() && said.contains("line ") && said.contains("/rules/straight_lined/min_blocks"), "{said}");
}

#[test]
fn an_import_of_answers_that_nobody_was_drawn_for_says_how_many_there_were_to_answer() {
    let folder = tempfile::tempdir().unwrap();
    let questionnaire = file("survey-schemas/housing/1978.1.json").display().to_string();
    let csv = file(HOUSING).display().to_string();
    let arguments = [
        "import",
        &csv,
        "--questionnaire",
        &questionnaire,
        "--wave",
        "open",
        "--unit-list",
        "housing",
        "--new-unit-list",
        "--unit-column",
        "agency",
        "--mode",
        "opt_in",
    ];
    let output = hailong(folder.path()).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("/chain") && said.contains("chain-missing"), "{said}");
    let said = run(folder.path(), &[&arguments[..], &["--customers", "5000", "--chain-unknown", "letters were not counted"]].concat());
    assert!(said.contains("1681  stored"), "{said}");
    let index = file("survey-schemas/housing/index-1978.1.json").display().to_string();
    run(folder.path(), &[&arguments[..], &["--index", &index]].concat());
    let said = run(folder.path(), &["run", "--index", "housing", "--index-version", "1978.1", "--wave", "open"]);
    for words in ["rest on 1681 single responses in 1 strata", "customers 5000 → invitations unknown → answers 1681, overall (33.6%)"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn check_says_what_a_new_version_breaks() {
    let folder = tempfile::tempdir().unwrap();
    let old = file("survey-schemas/housing/1978.1.json");
    let new = folder.path().join("new.json");
    let text = std::fs::read_to_string(&old).unwrap().replace("1978.1", "1978.2").replace("\"contact\"", "\"contacts\"");
    std::fs::write(&new, text).unwrap();
    let said = run(folder.path(), &["check", new.to_str().unwrap(), "--against", old.to_str().unwrap()]);
    assert!(!said.contains("0 breaking") && said.contains("/sections/"), "{said}");
}

#[test]
fn estimate_prints_a_line_a_case_and_takes_no_offence_at_those_it_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let name = "tests/golden/survey/03_lonely_fpc.json";
    let said = run(folder.path(), &["estimate", file(name).to_str().unwrap()]);
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let golden = json("03_lonely_fpc.json");
    let cases = golden["cases"].as_array().unwrap();
    assert_eq!(lines.len(), cases.len());
    for (line, case) in lines.iter().zip(cases) {
        assert_eq!(line["id"], case["id"]);
        assert_eq!(line.get("error").is_some(), case["expect_error"] == true, "{line}");
    }
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "no database is made for it");
}

#[test]
fn a_command_that_cannot_be_done_says_why_and_fails() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path(), &["migrate"]);
    for (arguments, why) in [
        (vec!["run", "--index", "none", "--index-version", "1", "--wave", "none"], "there is no index none 1"),
        (vec!["key", "create", "--name", "x", "--role", "king"], "is no role"),
        (vec!["key", "create", "--name", "x", "--role", "agency", "--unit", "vn-34:00"], "has no unit 00"),
        (vec!["check", "no-such-file.json"], "file-unreadable"),
        (vec!["estimate", "no-such-file.json"], "cannot be read"),
    ] {
        let output = hailong(folder.path()).args(&arguments).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!output.status.success() && said.contains(why), "{arguments:?}: {said}");
    }
}
