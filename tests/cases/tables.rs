//! Tables as offices save them, through the commands and the API that read them.

use std::path::Path;

use hailong::office::Role;
use serde_json::{Value, json};

use super::path as case;
use crate::flow::process::{hailong, run};
use crate::harness::{TestApp, composites};

/// The units of an index in the order of their ranks, with their scores; the table is a file, or text.
fn ranked(definition: &str, data: &Path) -> Vec<(String, f64)> {
    let folder = tempfile::tempdir().unwrap();
    let files = [case(definition).display().to_string(), data.display().to_string()];
    let printed = run(folder.path(), &["index", "--definition", &files[0], "--data", &files[1], "--json"]);
    let printed: Value = serde_json::from_str(&printed).unwrap();
    let units = printed["editions"][0]["units"].as_array().unwrap();
    units.iter().map(|unit| (unit["unit"].as_str().unwrap().to_owned(), unit["score"].as_f64().unwrap())).collect()
}

/// The findings of `hailong table check --json`.
fn checked(definition: &str, data: &Path) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let mut command = hailong(folder.path());
    command.args(["table", "check"]).arg(data).arg("--definition").arg(case(definition)).arg("--json");
    let output = command.output().unwrap();
    let said: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
    assert_eq!(output.status.success(), said["findings"].is_null(), "{said}");
    said["findings"].as_array().or(said["warnings"].as_array()).unwrap().clone()
}

fn told(findings: &[Value]) -> Vec<(u64, &str)> {
    findings.iter().map(|finding| (finding["line"].as_u64().unwrap_or_default(), finding["code"].as_str().unwrap())).collect()
}

fn scores(list: &[(&str, f64)]) -> Vec<(String, f64)> {
    list.iter().map(|(unit, score)| ((*unit).to_owned(), *score)).collect()
}

/// A file with this content in a folder of its own.
fn written(bytes: impl AsRef<[u8]>) -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("table.csv");
    std::fs::write(&file, bytes).unwrap();
    (folder, file)
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[test]
fn a_row_whose_first_cell_begins_with_a_hash_is_a_row() {
    assert_eq!(ranked("tables/d.json", &case("tables/hash.csv")), scores(&[("A", 87.5), ("#2 Ward", 75.0)]));
}

#[test]
fn a_separator_line_trailing_delimiters_and_utf_16_are_read() {
    assert_eq!(ranked("tables/d.json", &case("tables/sep.csv")), scores(&[("A", 87.75), ("B", 75.25)]));
    assert_eq!(ranked("tables/d.json", &case("tables/trail.csv")), scores(&[("A", 87.5), ("B", 75.0)]));
    let utf16 = scores(&[("Đà Nẵng", 87.625), ("Huế", 77.375), ("Hải Phòng", 75.0)]);
    assert_eq!(ranked("tables/d.json", &case("tables/semi_utf16.csv")), utf16);
    let text = "unit\tedition\tsat\tlate\r\nĐà Nẵng\t2025\t85,5\t10,25\r\nHuế\t2025\t60,25\t5,5\r\nHải Phòng\t2025\t70,0\t20\r\n";
    let (_folder, file) = written(wide(text));
    assert_eq!(ranked("tables/d.json", &file), utf16, "tabs, and no byte order mark");
}

#[test]
fn windows_1258_is_read_with_a_warning() {
    let (_folder, file) = written(b"unit;edition;sat;late\r\n\xd0a\xcc N\xe3\xdeng;2025;85,5;10,25\r\nHu\xea\xec;2025;60,25;5,5\r\n");
    assert_eq!(ranked("tables/d.json", &file), scores(&[("Đà Nẵng", 87.625), ("Huế", 77.375)]));
    assert_eq!(told(&checked("tables/d.json", &file)), [(2, "encoding-assumed")]);
}

#[test]
fn a_name_in_nfc_and_in_nfd_is_one_unit() {
    let long = scores(&[("Đà Nẵng", 86.0), ("Huế", 77.5)]);
    assert_eq!(ranked("tables/d.json", &case("tables/nfd_long.csv")), long);
    let found = checked("tables/d.json", &case("tables/nfd_mix.csv"));
    assert_eq!(told(&found), [(3, "unit-repeated")]);
    // Blanks that cannot be seen tell no units apart either.
    let (_folder, file) = written("unit,edition,sat,late\nHuế,2025,1,2\n\u{200b}Huế\u{a0},2025,3,4\nHue\u{302}\u{301},2025,3,4\n");
    assert_eq!(told(&checked("tables/d.json", &file)), [(3, "unit-repeated"), (4, "unit-repeated")]);
}

#[test]
fn a_unit_that_the_stated_list_does_not_have_is_an_error_that_names_the_lost_zero() {
    for (definition, data, lines) in [
        ("tables/dg.json", "tables/lead0.csv", vec![(2, Some("01")), (4, Some("04"))]),
        ("tables/dg63.json", "tables/lead0_63.csv", vec![(2, Some("01")), (4, Some("02"))]),
        ("tables/dg.json", "tables/old63_on34.csv", vec![(4, None), (5, None)]),
    ] {
        let found = checked(definition, &case(data));
        assert_eq!(told(&found), lines.iter().map(|(line, _)| (*line, "unknown-unit")).collect::<Vec<_>>(), "{data}");
        for (finding, (_, code)) in found.iter().zip(&lines) {
            let (vi, en) = (finding["vi"].as_str().unwrap(), finding["en"].as_str().unwrap());
            let named = code.map(|code| format!("“{code}”"));
            assert!(named.as_ref().is_none_or(|code| vi.contains(code) && en.contains(code)), "{finding}");
            assert_eq!(en.contains("zero"), code.is_some(), "{finding}");
        }
        let folder = tempfile::tempdir().unwrap();
        let index = hailong(folder.path()).args(["index", "--definition"]).arg(case(definition)).arg("--data").arg(case(data)).output();
        assert!(!index.unwrap().status.success(), "{data}: nothing is scored");
    }
    // Full-width digits are digits, and a code with a zero fraction lost its zero as well.
    let (_folder, file) = written("unit,edition,sat,late\n０１,2025,85,10\n4.0,2025,60,5\n");
    assert_eq!(told(&checked("tables/dg.json", &file)), [(3, "unknown-unit")]);
}

#[test]
fn lines_are_counted_right_whatever_ends_them() {
    for end in ["\n", "\r\n", "\r"] {
        let text = ["# Nguồn: Sở Nội vụ", "", "unit;edition;sat;late", "A;2025;85;10", "", "B;2025;x;20", "C;2025;1"].join(end);
        let (_folder, file) = written(text);
        assert_eq!(told(&checked("tables/d.json", &file)), [(6, "not-a-number"), (7, "wrong-width")], "{end:?}");
    }
}

#[test]
fn a_heading_that_misleads_is_a_finding() {
    for (text, code) in [
        ("Bảng 1: mức độ hài lòng;;;\nunit;edition;sat;late\nA;2025;1;2\n", "title-above-heading"),
        ("unit,edition,sat,late,sat \nA,2025,1,2,3\n", "column-repeated"),
        ("unit,edition,sat,late\nA,2025,\"1,2\nB,2025,1,2\n", "quote-unclosed"),
        ("unit,edition,sat,late\nA,2025,\"1,234\",2\n", "ambiguous-comma"),
        ("", "table-empty"),
    ] {
        let (_folder, file) = written(text);
        let found = checked("tables/d.json", &file);
        assert!(found.iter().any(|finding| finding["code"] == code), "{code}: {found:?}");
        assert!(found.iter().all(|finding| finding["vi"] != finding["en"] && finding["line"].is_u64()), "{found:?}");
    }
}

#[test]
fn indicator_tables_of_the_api_are_read_by_the_same_reader() {
    let app = TestApp::start();
    let statistician = app.client(Role::Statistician);
    let definition: Value = serde_json::from_slice(&std::fs::read(case("tables/dg.json")).unwrap()).unwrap();
    composites::index_with(&statistician, &definition, "unit,edition,sat,late\n01,2025,1,2\n");
    let send = |verb: &str, bytes: &[u8]| {
        let path = format!("/v1/indicator-tables{verb}");
        statistician.send("POST", &path, &[("Content-Type", "text/csv")], Some(bytes))
    };
    let load = "?index=t&version=2025&title=Sheet";
    let table = send(load, &wide("\u{feff}unit;edition;sat;late\r\nHue\u{302}\u{301};2025;85,5;10\r\n")).expect(201);
    let values = statistician.get(&format!("/v1/indicator-tables/{}/values?indicator=sat", table["id"])).expect(200);
    assert_eq!((&values["items"][0]["unit"], &values["items"][0]["value"]), (&json!("Huế"), &json!(85.5)));
    let check = send(":check?index=t&version=2025", &std::fs::read(case("tables/lead0.csv")).unwrap()).expect(200);
    assert_eq!(
        (&check["valid"], told(check["findings"].as_array().unwrap())),
        (&json!(false), vec![(2, "unknown-unit"), (4, "unknown-unit")])
    );
    send(load, &std::fs::read(case("tables/old63_on34.csv")).unwrap()).problem(422, "indicators-invalid");
}

/// The weights of `hailong weight`, by id.
fn weights(plan: &Path) -> Vec<(String, f64)> {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("weighted.csv");
    run(folder.path(), &["weight", plan.to_str().unwrap(), "--output", output.to_str().unwrap()]);
    let mut reader = csv::Reader::from_path(&output).unwrap();
    let place = |name: &str, headers: &csv::StringRecord| headers.iter().position(|header| header == name).unwrap();
    let headers = reader.headers().unwrap().clone();
    let (id, weight) = (place("id", &headers), place("weight", &headers));
    reader.records().map(Result::unwrap).map(|record| (record[id].to_owned(), record[weight].parse().unwrap())).collect()
}

#[test]
fn a_weighting_reads_semicolons_and_decimal_commas() {
    assert_eq!(weights(&case("weight/semi_plan.json")), scores(&[("1", 5.0), ("2", 5.0)]));
}

#[test]
fn a_plan_in_nfc_knows_the_data_in_nfd() {
    let made = weights(&case("weight/nfd_plan2.json"));
    assert_eq!(made[..2], scores(&[("0", 10.0), ("1", 50.0 / 6.0)])[..]);
    assert!((made.iter().map(|(_, weight)| weight).sum::<f64>() - 110.0).abs() < 1e-9);
}

#[test]
fn ends_of_a_case_are_compared_without_blanks_and_each_unknown_one_is_told_once() {
    let (folder, _) = written("");
    std::fs::copy(case("weight/h.csv"), folder.path().join("h.csv")).unwrap();
    let plan = |completed: &[&str]| {
        let outcome =
            json!({ "column": "out", "complete": completed, "partial": ["partial"], "refused": ["refused"], "other": ["moved out"] });
        let plan = json!({ "kind": "weighting", "data": "h.csv", "id": "id", "base": { "column": "w" }, "outcome": outcome, "steps": [] });
        std::fs::write(folder.path().join("plan.json"), plan.to_string()).unwrap();
        let output = hailong(folder.path()).arg("weight").arg(folder.path().join("plan.json")).output().unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    let said = plan(&["completed"]);
    assert!(said.contains("line 6: “Completed”") && said.contains("is it “completed”?"), "{said}");
    assert!(said.contains("line 7: “”") && said.matches("outcome-unknown").count() == 2, "{said}");
    assert!(!said.contains("partial"), "{said}");
}

#[test]
fn a_frame_that_a_spreadsheet_saved_gives_the_same_sample() {
    let folder = tempfile::tempdir().unwrap();
    let frame = crate::flow::read("docs/examples/sampling/frame.csv");
    let saved = folder.path().join("frame.csv");
    std::fs::write(&saved, wide(&format!("\u{feff}sep=;\n{}", frame.replace(',', ";")).replace('\n', "\r\n"))).unwrap();
    let plan = crate::flow::file("docs/examples/sampling/sipas.json").display().to_string();
    let drawn = |frame: &Path, out: &str| {
        let out = folder.path().join(out);
        let [frame, out_text] = [frame, &out].map(|path| path.to_str().unwrap().to_owned());
        run(folder.path(), &["sample", "draw", "--frame", &frame, "--plan", &plan, "--seed", "7", "--out", &out_text]);
        std::fs::read_to_string(out.join("psus.csv")).unwrap()
    };
    assert_eq!(drawn(&saved, "saved"), drawn(&crate::flow::file("docs/examples/sampling/frame.csv"), "plain"));
}

#[test]
fn a_nul_is_a_finding_wherever_it_comes_in_and_nothing_is_kept() {
    let (folder, _) = written("");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let indicators = write("indicators.csv", b"unit,edition,sat,late\r\nA,2025,1,2\r\nB\0,2025,1,2\r\n");
    let plan = json!({ "kind": "weighting", "data": "r.csv", "id": "id", "base": { "column": "w" }, "steps": [] });
    let plan = write("plan.json", plan.to_string().as_bytes());
    write("r.csv", b"id,w\r\n1,2\r\n2\0,2\r\n");
    let frame = write("frame.csv", b"province,adults\r\n01,10\r\n\0,10\r\n");
    let design = case("tables/d.json").display().to_string();
    let records = write("records.csv", &wide("\u{feff}used,sat\r\nyes,5\r\nyes,\0\r\n"));
    let questionnaire = case("import/svc-1.1.json").display().to_string();
    for arguments in [
        &["index", "--definition", &design, "--data", &indicators][..],
        &["table", "check", &indicators, "--definition", &design],
        &["check", &indicators, "--definition", &design],
        &["weight", &plan],
        &["sample", "plan", "--frame", &frame, "--size", "adults", "--total", "5"],
        &[
            "import",
            &records,
            "--questionnaire",
            &questionnaire,
            "--wave",
            "w",
            "--unit-list",
            "u",
            "--new-unit-list",
            "--simple-random-sample",
        ],
    ] {
        let output = hailong(folder.path()).args(arguments).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(!output.status.success() && said.contains("line 3") && said.contains("nul-character"), "{arguments:?}: {said}");
        assert!(!said.contains('\0'), "{arguments:?}");
    }
    let app = TestApp::start();
    let admin = app.client(Role::Admin);
    let heading = "list,code,kind,name_vi,name_en,parent_list,parent_code,valid_from,valid_to\n";
    let units = format!("{heading}own,A,agency,Sở A,,,,2025-07-01,\nown,B,agency,Sở\0 B,,,,2025-07-01,\n");
    let problem = admin.send("POST", "/v1/units", &[("Content-Type", "text/csv")], Some(units.as_bytes())).problem(422, "units-invalid");
    assert_eq!(told(problem["errors"].as_array().unwrap()).iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3], "{problem}");
    assert_eq!(admin.get("/v1/units/own/A").status, 404);
}

#[test]
fn units_of_a_list_are_read_as_a_spreadsheet_saves_them() {
    let app = TestApp::start();
    let admin = app.client(Role::Admin);
    let send = |bytes: &[u8]| admin.send("POST", "/v1/units", &[("Content-Type", "text/csv")], Some(bytes));
    let heading = "list;code;kind;name_vi;name_en;parent_list;parent_code;valid_from;valid_to";
    let saved = wide(&format!("\u{feff}sep=;\r\n{heading}\r\nown;A;agency;Sở Y tế Hue\u{302}\u{301} ;;;;2025-07-01;\r\n;;;;;;;;\r\n"));
    assert_eq!(send(&saved).expect(200)["added"], 1);
    let unchanged = format!("# đơn vị\n{}\nown,A,agency,Sở Y tế Huế,,,,2025-07-01,\n", heading.replace(';', ","));
    let again = send(unchanged.as_bytes()).expect(200);
    assert_eq!((&again["added"], &again["changed"]), (&json!(0), &json!(0)), "the same name in NFC");
    let wrong = format!("# đơn vị\r\n{heading}\r\nown;B;agency;Sở B;;;;1/7/2025;\r\n# C;C;agency;Sở C;;;;2025-07-01;\r\n");
    let problem = send(wrong.as_bytes()).problem(422, "units-invalid");
    let lines: Vec<_> = told(problem["errors"].as_array().unwrap()).into_iter().map(|(line, _)| line).collect();
    assert_eq!(lines, [3, 4], "comments stand above the heading alone: {problem}");
}

#[test]
fn what_is_wrong_in_the_data_of_a_weighting_is_told_with_its_line_whatever_ends_lines() {
    for end in ["\n", "\r\n", "\r"] {
        let (folder, _) = written("");
        let rows = ["# phiếu", "id;sex;w", "1;a;2,5", "#2;a;1", "", "3;b;x", "4;b;2"].join(end);
        std::fs::write(folder.path().join("r.csv"), rows).unwrap();
        let plan = json!({ "kind": "weighting", "data": "r.csv", "id": "id", "base": { "column": "w" }, "steps": [] });
        let file = folder.path().join("plan.json");
        std::fs::write(&file, plan.to_string()).unwrap();
        let output = hailong(folder.path()).arg("weight").arg(&file).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains("line 6: “x” is no number"), "{said}");
        let sound = std::fs::read_to_string(folder.path().join("r.csv")).unwrap().replace('x', "2,0");
        std::fs::write(folder.path().join("r.csv"), sound).unwrap();
        assert_eq!(weights(&file), scores(&[("1", 2.5), ("#2", 1.0), ("3", 2.0), ("4", 2.0)]));
    }
}
