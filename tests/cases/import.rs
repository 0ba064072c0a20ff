//! Files of records: none is lost and none doubled on the way in. The inputs lie in `data/import`; each stands for its kind.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::flow::file;
use crate::flow::process::{hailong, run};

/// What an import said, and whether it ended well.
struct Said {
    report: Value,
    ok: bool,
    words: String,
}

/// A file of the cases.
fn case(name: &str) -> String {
    file(&format!("tests/cases/data/import/{name}")).display().to_string()
}

struct Office(tempfile::TempDir);

impl Office {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn data(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path: PathBuf = self.data().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    }

    /// Imports into the wave `w` with the list `svc`, made of the codes in the first file.
    fn import(&self, csv: &str, more: &[&str]) -> Said {
        self.raw(csv, &[&["--wave", "w", "--unit-list", "svc", "--new-unit-list", "--simple-random-sample"], more].concat())
    }

    fn raw(&self, csv: &str, more: &[&str]) -> Said {
        let questionnaire = case("svc-1.1.json");
        let output = hailong(self.data()).args(["import", csv, "--questionnaire", &questionnaire, "--json"]).args(more).output().unwrap();
        let report = serde_json::from_slice(&output.stdout).unwrap_or_default();
        Said { report, ok: output.status.success(), words: String::from_utf8_lossy(&output.stderr).into_owned() }
    }

    /// How often each answer to `item` counts, by a run of the index: `n` and the mean of the nation.
    fn nation(&self) -> (u64, f64) {
        run(self.data(), &["define", &case("svc-1.1.json"), &case("svc-1.2.json"), &case("svc-index.json")]);
        let printed = run(self.data(), &["run", "--index", "svc", "--index-version", "1.1", "--wave", "w", "--json"]);
        let printed: Value = serde_json::from_str(&printed).unwrap();
        let score = printed["scores"].as_array().unwrap().iter().find(|score| score["domain"] == "nation" && score["node"] == "S").unwrap();
        (score["n"].as_u64().unwrap(), score["value"].as_f64().unwrap())
    }
}

impl Said {
    /// Records by what became of them, those that are none left out.
    #[track_caller]
    fn is(&self, expect: &Value) -> &Self {
        let kinds =
            ["records", "stored", "replayed", "corrected", "in_part", "doubled", "conflicting", "invalid", "quarantined", "refused"];
        let told = kinds.into_iter().filter(|kind| self.report[*kind] != 0).map(|kind| (kind.to_owned(), self.report[kind].clone()));
        assert_eq!(Value::Object(told.collect()), *expect, "{}\n{}", self.report, self.words);
        let clean = ["in_part", "uncounted", "doubled", "conflicting", "invalid", "quarantined", "refused"]
            .iter()
            .all(|kind| self.report[*kind] == 0);
        assert_eq!(self.ok, clean, "{}", self.words);
        self
    }

    /// Line, pointer and code of each error.
    fn errors(&self) -> Vec<(u64, &str, &str)> {
        let errors = self.report["findings"].as_array().unwrap().iter().filter(|finding| finding["severity"] == "error");
        errors
            .map(|finding| (finding["line"].as_u64().unwrap_or(0), finding["pointer"].as_str().unwrap(), finding["code"].as_str().unwrap()))
            .collect()
    }
}

#[test]
fn files_of_three_provinces_are_all_stored_and_each_again_is_a_replay() {
    let office = Office::new();
    for (name, n) in [("p1.csv", 3), ("p2.csv", 3), ("p3.csv", 4)] {
        office.import(&case(name), &[]).is(&json!({ "records": n, "stored": n }));
    }
    for (name, n) in [("p3.csv", 4), ("p1.csv", 3)] {
        let again = office.import(&case(name), &[]);
        again.is(&json!({ "records": n, "replayed": n }));
        assert_eq!(again.report["identity"], json!({ "batch": n }), "it says by what records are known");
    }
    // The same records saved by another program are the same records.
    let text = std::fs::read_to_string(case("p1.csv")).unwrap().replace(',', ";").replace('\n', "\r\n");
    office.import(&office.write("p1-semi.csv", format!("\u{feff}{text}")), &[]).is(&json!({ "records": 3, "replayed": 3 }));
    let (n, mean) = office.nation();
    // Those who used it: 5, 1; 5, 2; 3, 5, 1.
    assert_eq!(n, 7);
    assert!((mean - (100.0 + 0.0 + 100.0 + 25.0 + 50.0 + 100.0 + 0.0) / 7.0).abs() < 1e-9, "{mean}");
}

#[test]
fn a_row_added_on_top_of_a_file_adds_one_person_whatever_the_lines() {
    let office = Office::new();
    office.import(&case("b1.csv"), &["--id-column", "rid"]).is(&json!({ "records": 2, "stored": 2 }));
    office.import(&case("b2.csv"), &["--id-column", "rid"]).is(&json!({ "records": 2, "stored": 2 }));
    let by_name = Office::new();
    let batch = ["--batch", "tháng 9"];
    by_name.import(&by_name.write("1.csv", "unit,used,sat\nA,yes,5\nA,yes,4\nA,yes,5\n"), &batch).is(&json!({ "records": 3, "stored": 3 }));
    let grown = by_name.write("2.csv", "unit,used,sat\nA,yes,1\nA,yes,5\nA,yes,4\nA,yes,5\n");
    by_name.import(&grown, &batch).is(&json!({ "records": 4, "stored": 1, "replayed": 3 }));
    by_name.import(&grown, &batch).is(&json!({ "records": 4, "replayed": 4 }));
    assert_eq!(by_name.nation().0, 4, "two people who say the same are two");
    // Without a name the grown file is taken for other people, and it is said that it may not be.
    let nameless = Office::new();
    nameless.import(&nameless.write("1.csv", "unit,used,sat\nA,yes,5\nA,yes,4\n"), &[]);
    let said = nameless.import(&nameless.write("2.csv", "unit,used,sat\nA,yes,1\nA,yes,5\nA,yes,4\n"), &[]);
    said.is(&json!({ "records": 3, "stored": 3 }));
    assert_eq!(said.report["findings"][0]["code"], "batch-overlaps");
}

#[test]
fn a_second_answer_of_a_listed_respondent_is_kept_and_told_and_is_no_second_record_of_the_file() {
    let office = Office::new();
    let list = ["--wave", "w", "--unit-list", "svc", "--new-unit-list", "--respondents", &case("resp.csv"), "--respondent-column", "rid"];
    let csv = office.write("b3.csv", "rid,unit,used,sat\nr1,A,yes,5\nr1,A,yes,4\nr4,A,yes,4\n");
    let said = office.raw(&csv, &list);
    said.is(&json!({ "records": 3, "stored": 2, "doubled": 1 }));
    assert_eq!(said.errors(), [(3, "/respondent", "second-answer")]);
    // It does not count the second time either, and the exit status says so again.
    let again = office.raw(&csv, &list);
    again.is(&json!({ "records": 3, "replayed": 3 }));
    assert_eq!((again.ok, again.errors()), (false, vec![(3, "", "second-answer")]));
    // A correction says which holds.
    let holds = office.write("holds.csv", "rid,unit,used,sat\nr1,A,yes,4\n");
    office.raw(&holds, &[&list[..], &["--correct"]].concat()).is(&json!({ "records": 1, "corrected": 1 }));
    office.raw(&holds, &[&list[..], &["--correct"]].concat()).is(&json!({ "records": 1, "replayed": 1 }));
    let unlisted = Office::new().raw(&case("b3.csv"), &list);
    assert_eq!(unlisted.errors(), [(3, "/respondent", "second-answer"), (4, "/respondent", "respondent-unknown")]);
}

#[test]
fn rows_that_begin_with_a_hash_are_rows() {
    let office = Office::new();
    office.import(&case("hash.csv"), &[]).is(&json!({ "records": 3, "stored": 3 }));
    Office::new().import(&case("hashid.csv"), &["--id-column", "id"]).is(&json!({ "records": 2, "stored": 2 }));
    let commented = office.write("c.csv", "# Quý III\ncomment,unit,used,sat\n#1,A,yes,4\n");
    office.import(&commented, &[]).is(&json!({ "records": 1, "stored": 1 }));
}

#[test]
fn whole_numbers_with_a_point_are_read_and_a_corrected_file_takes_the_place_of_what_was_invalid() {
    let office = Office::new();
    let id = ["--id-column", "id"];
    let first = office.import(&case("floats.csv"), &id);
    first.is(&json!({ "records": 4, "stored": 3, "in_part": 1 }));
    assert_eq!(first.errors(), [(5, "/answers/used", "unknown-option")]);
    assert_eq!((&first.report["reasons"][0]["code"], &first.report["reasons"][0]["records"]), (&json!("unknown-option"), &json!(1)));
    let unsaid = office.import(&case("floats_fixed.csv"), &id);
    unsaid.is(&json!({ "records": 4, "replayed": 3, "conflicting": 1 }));
    assert_eq!(unsaid.errors(), [(5, "", "response-conflict")], "a conflict names its own line");
    let correct = ["--id-column", "id", "--correct"];
    office.import(&case("floats_fixed.csv"), &correct).is(&json!({ "records": 4, "replayed": 3, "corrected": 1 }));
    for more in [&id[..], &correct] {
        office.import(&case("floats_fixed.csv"), more).is(&json!({ "records": 4, "replayed": 4 }));
    }
    // What was said before is there already; whoever says that it is a correction wants it again.
    office.import(&case("floats.csv"), &id).is(&json!({ "records": 4, "replayed": 4 }));
    assert_eq!(office.nation(), (3, (75.0 + 100.0 + 50.0) / 3.0));
    let back = office.import(&case("floats.csv"), &correct);
    assert_eq!((&back.report["corrected"], back.ok), (&json!(1), false));
    assert_eq!(back.errors(), [(5, "/answers/used", "unknown-option")]);
}

#[test]
fn a_column_named_id_tells_records_apart_unless_something_else_is_said() {
    let office = Office::new();
    office.import(&case("floats.csv"), &[]).is(&json!({ "records": 4, "stored": 3, "in_part": 1 }));
    office.import(&case("floats_fixed.csv"), &["--correct"]).is(&json!({ "records": 4, "replayed": 3, "corrected": 1 }));
}

#[test]
fn a_second_answer_that_has_an_id_counts_once_a_correction_says_so() {
    let office = Office::new();
    let list = ["--wave", "w", "--unit-list", "svc", "--new-unit-list", "--respondents", &case("resp.csv"), "--respondent-column", "rid"];
    let csv = office.write("ids.csv", "id,rid,unit,used,sat\nx1,r1,A,yes,5\nx2,r1,A,yes,1\n");
    office.raw(&csv, &list).is(&json!({ "records": 2, "stored": 1, "doubled": 1 }));
    let holds = office.write("holds.csv", "id,rid,unit,used,sat\nx2,r1,A,yes,1\n");
    let correct = [&list[..], &["--correct"]].concat();
    office.raw(&holds, &correct).is(&json!({ "records": 1, "corrected": 1 }));
    office.raw(&holds, &correct).is(&json!({ "records": 1, "replayed": 1 }));
}

#[test]
fn a_code_that_was_mistyped_and_is_corrected_takes_nothing_from_whose_code_it_is() {
    let office = Office::new();
    let list = ["--wave", "w", "--unit-list", "svc", "--new-unit-list", "--respondents", &case("resp.csv"), "--respondent-column", "rid"];
    let csv = office.write("typed.csv", "id,rid,unit,used,sat\nx1,r1,A,yes,5\nx2,r1,A,yes,1\n");
    office.raw(&csv, &list).is(&json!({ "records": 2, "stored": 1, "doubled": 1 }));
    let right = office.write("right.csv", "id,rid,unit,used,sat\nx1,r1,A,yes,5\nx2,r2,A,yes,1\n");
    let correct = [&list[..], &["--correct"]].concat();
    office.raw(&right, &correct).is(&json!({ "records": 2, "replayed": 1, "corrected": 1 }));
    assert_eq!(office.nation(), (2, 40.0), "both count, with weights 2 and 3");
}

#[test]
fn one_id_with_two_contents_in_one_file_is_a_conflict_and_the_same_row_twice_is_one_record() {
    let office = Office::new();
    let csv = office.write("twice.csv", "id,unit,used,sat\n1,A,yes,5\n1,A,yes,5\n1,A,yes,4\n2,A,no,\n");
    for more in [&["--id-column", "id"][..], &["--id-column", "id", "--correct"]] {
        let said = office.import(&csv, more);
        assert_eq!(said.errors().iter().map(|(line, _, code)| (*line, *code)).collect::<Vec<_>>(), [(4, "record-twice")]);
        assert_eq!(said.report["conflicting"], 1);
    }
}

#[test]
fn every_dialect_and_encoding_is_read() {
    for (name, n, more) in [
        ("semi.csv", 2, &["--id-column", "id"][..]),
        ("utf16.csv", 2, &["--id-column", "id"]),
        ("deccomma.csv", 2, &["--id-column", "id"]),
        ("cp.csv", 1, &["--id-column", "id"]),
    ] {
        Office::new().import(&case(name), more).is(&json!({ "records": n, "stored": n }));
    }
}

#[test]
fn one_name_in_several_spellings_is_one_unit() {
    let office = Office::new();
    office.import(&case("nfd.csv"), &[]).is(&json!({ "records": 18, "stored": 18 }));
    run(office.data(), &["define", &case("svc-1.1.json"), &case("svc-1.2.json"), &case("svc-index.json")]);
    let printed = run(office.data(), &["run", "--index", "svc", "--index-version", "1.1", "--wave", "w", "--json"]);
    let printed: Value = serde_json::from_str(&printed).unwrap();
    let units: Vec<_> =
        printed["scores"].as_array().unwrap().iter().filter(|score| score["domain"] == "unit" && score["node"] == "S").collect();
    assert_eq!(units.len(), 1, "{units:?}");
    assert_eq!((&units[0]["n"], &units[0]["unit"]), (&json!(18), &json!("svc:Phường Hòa Cường")));
}

#[test]
fn exports_of_kobo_and_odk_are_read_as_their_makers_mean_them() {
    let id = ["--id-column", "id"];
    for name in ["kobo_space.csv", "kobo_split.csv", "kobo_group.csv"] {
        let said = Office::new().import(&case(name), &id);
        said.is(&json!({ "records": 2, "stored": 2 }));
        assert_eq!(said.report["findings"], json!([]), "{name}");
    }
    // All of it at once, as a server exports it: groups, split columns alone, its own columns for who and when.
    let office = Office::new();
    let csv = office.write(
        "kobo.csv",
        "start,end,dv/unit,dv/used,dv/sat,dv/why/slow,dv/why/rude,dv/why/cost,dv/why/none,_id,_uuid,_submission_time,__version__\n\
         2024-09-01T08:00:00.000+07:00,2024-09-01T08:04:00.000+07:00,A,yes,4,1,TRUE,0,0,17,u-17,2024-09-01T01:05:00,v1\n\
         2024-09-01T08:10:00.000+07:00,2024-09-01T08:11:00.000+07:00,A,no,,,,,,18,u-18,2024-09-01T01:12:00,v1\n",
    );
    let said = office.import(&csv, &["--unit-column", "dv/unit"]);
    said.is(&json!({ "records": 2, "stored": 2 }));
    assert_eq!(said.report["identity"], json!({ "id": 2 }));
    assert_eq!((&said.report["columns"]["_uuid"], &said.report["columns"]["end"]), (&json!("@id"), &json!("@answered_at")));
    assert_eq!(said.report["columns"]["dv/why/slow"], "why/slow");
    let wrong = office.write("wrong.csv", "id,unit,used,sat,why,why/slow,why/rude\n1,A,yes,4,slow,0,1\n2,A,yes,4,,2,0\n");
    let said = office.import(&wrong, &id);
    assert_eq!(said.errors(), [(2, "/answers/why", "columns-differ"), (3, "/answers/why", "not-a-mark")]);
}

#[test]
fn a_column_map_says_what_the_columns_of_another_program_mean() {
    let office = Office::new();
    let map = office.write(
        "map.json",
        json!({
            "columns": { "Cơ quan": "@unit", "Mã phiếu": "@id", "Lúc": "@answered_at", "Đã dùng?": "used", "Hài lòng": "sat",
                         "Hài lòng (bản 2)": "sat", "Ghi chú": "@ignore" },
            "options": { "used": { "Có": "yes", "Không": "no" }, "sat": { "Rất hài lòng": "5", "KTL": { "missing": "not_answered" } } },
            "units": { "Sở Y tế": "A" },
        })
        .to_string(),
    );
    let csv = office.write(
        "other.csv",
        "Mã phiếu,Lúc,Cơ quan,Đã dùng?,Hài lòng,Hài lòng (bản 2),Ghi chú\n\
         1,1/9/2024 8:05,Sở Y tế,Có,Rất hài lòng,,x\n2,1/9/2024 8:06,Sở Y tế,Có,,4,y\n3,1/9/2024 8:07,Sở Y tế,Không,,,\n4,hôm qua,Sở Y tế,Có,KTL,,\n",
    );
    let said = office.import(&csv, &["--map", &map]);
    said.is(&json!({ "records": 4, "stored": 3, "invalid": 1 }));
    assert_eq!(said.errors(), [(5, "/answered_at", "bad-instant")]);
    assert_eq!(office.nation(), (2, 87.5));
    let bad = office.write("bad.json", r#"{"columns":{"a":"nope"},"options":{"used":{"Có":"maybe"}},"x":1}"#);
    let said = office.import(&csv, &["--map", &bad]);
    for code in ["/columns/a", "/options/used/Có", "/x"] {
        assert!(!said.ok && said.words.contains(code), "{code}: {}", said.words);
    }
}

#[test]
fn a_dry_run_tells_the_same_and_stores_nothing() {
    let office = Office::new();
    let dry = office.import(&case("floats.csv"), &["--id-column", "id", "--check"]);
    dry.is(&json!({ "records": 4, "stored": 3, "in_part": 1 }));
    assert_eq!(dry.report["check"], true);
    let wet = office.import(&case("floats.csv"), &["--id-column", "id"]);
    wet.is(&json!({ "records": 4, "stored": 3, "in_part": 1 }));
    assert_eq!(dry.report["findings"], wet.report["findings"]);
    office
        .import(&case("floats_fixed.csv"), &["--id-column", "id", "--check", "--correct"])
        .is(&json!({ "records": 4, "replayed": 3, "corrected": 1 }));
    office.import(&case("floats_fixed.csv"), &["--id-column", "id"]).is(&json!({ "records": 4, "replayed": 3, "conflicting": 1 }));
}

#[test]
fn what_http_refuses_the_command_line_refuses_and_nothing_is_left_behind() {
    let office = Office::new();
    let csv = case("p1.csv");
    let index = std::fs::read_to_string(case("svc-index.json")).unwrap();
    let broken =
        office.write("broken.json", index.replace("\"1.1\",\n  \"1.2\"", "\"1.1\"").replace("\"item\": \"sat\"", "\"item\": \"nope\""));
    let basic = ["--unit-list", "svc", "--new-unit-list", "--simple-random-sample"];
    for (more, code) in [
        (&["--index", &broken, "--wave", "w"][..], "/tree/0/measure/item"),
        (&["--wave", "Bad Wave!"], "wave"),
        (&["--wave", "w", "--unit-column", "agency"], "column-missing"),
        (&["--wave", "w", "--customers", "7"], "chain-unexpected"),
        (&["--wave", "w", "--batch", " "], "bad-batch"),
    ] {
        let said = office.raw(&csv, &[&basic[..], more].concat());
        assert!(!said.ok && said.words.contains(code), "{more:?}: {}", said.words);
    }
    // A forgotten design and a mistyped list are no silent choice.
    let said = office.raw(&csv, &["--wave", "w", "--unit-list", "svc", "--new-unit-list"]);
    assert!(!said.ok && said.words.contains("design-missing"), "{}", said.words);
    let said = office.raw(&csv, &["--wave", "w", "--unit-list", "vn34", "--simple-random-sample"]);
    assert!(!said.ok && said.words.contains("unit-list-unknown") && said.words.contains("did you mean “vn-34”"), "{}", said.words);
    // Nothing of all that was kept: the first good import makes the list and the wave.
    office.raw(&csv, &[&basic[..], &["--wave", "w"]].concat()).is(&json!({ "records": 3, "stored": 3 }));
    let said = office.raw(&csv, &[&basic[..], &["--wave", "w", "--mode", "opt_in"]].concat());
    assert!(!said.ok && said.words.contains("/mode"), "{}", said.words);
}

#[test]
fn a_unit_outside_the_list_is_told_and_so_is_a_zero_that_a_spreadsheet_took() {
    let office = Office::new();
    let csv = office.write("units.csv", "id,unit,used,sat\n1,1,yes,4\n2,01,yes,5\n3,999,yes,5\n4,,yes,5\n");
    let said = office.raw(&csv, &["--wave", "w", "--unit-list", "vn-34", "--simple-random-sample", "--id-column", "id"]);
    said.is(&json!({ "records": 4, "stored": 1, "invalid": 2, "refused": 1 }));
    let findings = said.report["findings"].as_array().unwrap();
    assert!(findings[0]["en"].as_str().unwrap().contains("is it “01”"), "{findings:?}");
    assert!(!findings[1]["en"].as_str().unwrap().contains("is it"), "{findings:?}");
}

#[test]
fn four_hundred_and_eighty_invalid_records_are_no_success_and_the_table_says_why_in_both_languages() {
    let office = Office::new();
    let rows: String = (0..480).map(|n| format!("{n},A,maybe,5\n")).collect();
    let csv = office.write("all.csv", format!("id,unit,used,sat\n{rows}"));
    let questionnaire = case("svc-1.1.json");
    let arguments = ["import", &csv, "--questionnaire", &questionnaire, "--wave", "w", "--unit-list", "svc", "--id-column", "id"];
    for (more, words) in
        [(&["--check"][..], "480  stored and counted, but for items"), (&["--vi"], "480  đã lưu và tính, trừ câu trả lời không hợp lệ")]
    {
        let made = ["--new-unit-list", "--simple-random-sample"];
        let output = hailong(office.data()).args(arguments).args(made).args(more).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.code() == Some(1) && said.contains(words) && said.contains("480  /answers/used"), "{said}");
    }
}

#[test]
fn records_of_before_ids_were_random_are_still_known() {
    use diesel::connection::SimpleConnection;
    use diesel::{Connection, RunQueryDsl, SqliteConnection, sql_query};

    /// The id that followed from wave and key.
    fn derived(key: &str) -> String {
        let hash = Sha256::digest(format!("w\n{key}").as_bytes());
        let id = uuid::Builder::from_custom_bytes(hash[..16].try_into().unwrap()).into_uuid();
        hailong::words::encode::hex(id.as_bytes())
    }
    let office = Office::new();
    office.import(&case("floats.csv"), &["--id-column", "id"]);
    office.import(&case("p1.csv"), &[]);
    // The database as an import of the last release left it: four records by id, three by line.
    let mut db = SqliteConnection::establish(office.data().join("hailong.sqlite").to_str().unwrap()).unwrap();
    db.batch_execute("DELETE FROM import_record; DELETE FROM import_batch; UPDATE import_before SET seq = 7").unwrap();
    for (seq, key) in ["r1", "r2", "r3", "r4", "2", "3", "4"].into_iter().enumerate() {
        sql_query(format!("UPDATE response SET id = x'{}' WHERE seq = {}", derived(key), seq + 1)).execute(&mut db).unwrap();
    }
    drop(db);
    let again = office.import(&case("floats.csv"), &["--id-column", "id"]);
    assert_eq!((&again.report["replayed"], &again.report["uncounted"]), (&json!(4), &json!(1)));
    let said = office.import(&case("floats_fixed.csv"), &["--id-column", "id", "--correct"]);
    said.is(&json!({ "records": 4, "replayed": 3, "corrected": 1 }));
    office.import(&case("p1.csv"), &[]).is(&json!({ "records": 3, "replayed": 3 }));
    office.import(&case("p2.csv"), &[]).is(&json!({ "records": 3, "stored": 3 }));
    office.import(&case("p1.csv"), &[]).is(&json!({ "records": 3, "replayed": 3 }));
}
