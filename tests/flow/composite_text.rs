//! What `hailong index` says to people: in one language, of what was asked, and nothing that the public must not see.

use std::path::Path;

use serde_json::{Value, json};

use super::composite::{DEFINITION, asked, data, definition, said};
use super::process::{hailong, run};
use super::{file, read};

/// Three editions with gaps: A has no row in 2024, C no value.
const GAPS: &str = "unit,edition,satisfied,overdue,online,plan\n\
    A,2023,80,10,40,20\nB,2023,60,20,60,10\nB,2024,60,20,60,10\nC,2024,,,,\nA,2025,90,5,70,20\nC,2025,,,,\nB,2025,60,25,80,12\n";

/// Whether `hailong index` was content, and everything that it said.
fn index(folder: &Path, (definition, data): (&str, &str), more: &[&str]) -> (bool, String) {
    let output = hailong(folder).args(asked((definition, data), more)).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&said).into_owned())
}

/// The example with the text of a table.
fn of_table(table: &str, more: &[&str]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    index(folder.path(), (file(DEFINITION).to_str().unwrap(), &data(folder.path(), table)), more)
}

fn holds(text: &str, expected: &[&str]) {
    for part in expected {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

fn lacks(text: &str, unwanted: &[&str]) {
    for part in unwanted {
        assert!(!text.contains(part), "{part} is in\n{text}");
    }
}

/// X is beyond the top, and rests on few answers for `online`; Y has few answers for `satisfied`.
fn published(folder: &Path) -> (String, String) {
    let definition = definition(folder, |value| {
        value["publication"] = json!({"min_n": 30, "top": 2});
        value["targets"] = json!([]);
    });
    let line = |unit: &str, code: &str, value: f64, n: u32| format!("{unit},{code},{value},{n},0.5\n");
    let mut table = "unit,indicator,value,n,standard_error\n".to_owned();
    for (unit, satisfied, few) in [("X", 31.25, 500), ("Y", 72.75, 7), ("Z", 88.5, 500)] {
        table += &line(unit, "satisfied", satisfied, few);
        table += &line(unit, "overdue", 10.0 + satisfied / 10.0, 500);
        table += &line(unit, "online", satisfied / 2.0, 500);
        table += &line(unit, "plan", satisfied / 5.0, 500);
    }
    (definition, data(folder, &table))
}

#[test]
fn the_public_sees_no_gain_since_a_hidden_figure() {
    let folder = tempfile::tempdir().unwrap();
    let definition = definition(folder.path(), |value| {
        value["publication"] = json!({"top": 1});
        value["targets"] = json!([
            {"unit": "X", "kind": "rank_gain", "value": 1}, {"unit": "X", "kind": "score_gain", "value": 1}, {"unit": "X", "kind": "rank", "value": 1}
        ]);
    });
    // X was third, beyond the top, and is first.
    let table = "unit,edition,satisfied,overdue,online,plan\n\
        X,2024,50,20,40,8\nY,2024,70,15,60,12\nZ,2024,80,10,70,16\nX,2025,90,5,80,20\nY,2025,70,15,60,12\nZ,2025,80,10,70,16\n";
    let table = data(folder.path(), table);
    let told = |more: &[&str]| {
        let (fine, said) = index(folder.path(), (&definition, &table), &[&["--json"], more].concat());
        assert!(fine, "{said}");
        let printed: Value = serde_json::from_str(&said).unwrap();
        printed["targets"].as_array().unwrap().iter().map(|target| target["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(told(&[]), ["rank_gain", "score_gain", "rank"]);
    assert_eq!(told(&["--public"]), ["rank"]);
}

#[test]
fn the_public_sees_no_interval_and_no_range_of_a_hidden_figure() {
    let folder = tempfile::tempdir().unwrap();
    let (definition, table) = published(folder.path());
    let of = |more: &[&str]| index(folder.path(), (&definition, &table), more);
    let (_, office) = of(&["uncertainty", "--json"]);
    holds(&office, &["31.25", "72.75", "88.5"]);
    for method in ["delta", "replicates"] {
        let (fine, public) = of(&["uncertainty", "--public", "--json", "--method", method, "--replicates", "60"]);
        assert!(fine, "{public}");
        lacks(&public, &["31.25", "72.75"]);
        let printed: Value = serde_json::from_str(&public).unwrap();
        let found = &printed["uncertainty"];
        assert_eq!(found["units"], json!(["X", "Y", "Z"]));
        for of in found["nodes"].as_array().unwrap().iter().chain(found["leaves"].as_array().unwrap()) {
            assert_eq!(of["units"][0], Value::Null, "X is beyond the top: {of}");
            assert!(of["units"][2].is_object(), "{of}");
        }
        assert_eq!(found["nodes"][0]["node"], "ALL");
        assert!(found["nodes"][0]["units"][1].is_object(), "the score of Y is published");
    }
    let (_, text) = of(&["uncertainty", "--public"]);
    lacks(&text, &["31.25", "72.75", " X "]);
    holds(&text, &["88.500", " Y "]);

    let factors = |output: Value| {
        let mut value: Value = serde_json::from_str(&read("docs/examples/sensitivity/factors.json")).unwrap();
        value["replicates"] = json!(20);
        value["output"] = output;
        let path = folder.path().join("factors.json");
        std::fs::write(&path, value.to_string()).unwrap();
        path.display().to_string()
    };
    let shift = factors(json!({"kind": "mean_rank_shift"}));
    let (fine, public) = of(&["sensitivity", &shift, "--public", "--json"]);
    assert!(fine, "{public}");
    let printed: Value = serde_json::from_str(&public).unwrap();
    let units = printed["sensitivity"]["monte_carlo"]["units"].as_array().unwrap();
    assert_eq!(units.iter().map(|unit| unit["unit"].clone()).collect::<Vec<_>>(), ["Y", "Z"]);
    lacks(&of(&["sensitivity", &shift, "--public"]).1, &[" X "]);
    let score = factors(json!({"kind": "score", "unit": "X"}));
    let (fine, refused) = of(&["sensitivity", &score, "--public"]);
    assert!(!fine && refused.contains("--public: the factors ask about X"), "{refused}");
}

#[test]
fn an_edition_that_is_not_there_is_refused_and_another_one_can_be_chosen() {
    let table =
        "unit,edition,satisfied,overdue,online,plan\nA,2019,80,10,40,20\nB,2019,60,20,60,10\nA,2020,80,10,40,20\nB,2020,60,20,60,11\n";
    for more in [&[][..], &["--json"], &["--unit", "A"], &["explain", "A"], &["uncertainty"], &["coherence"], &["--edition", "2018"]] {
        let (fine, said) = of_table(table, more);
        assert!(!fine && said.contains("the table has: 2019, 2020"), "{more:?}: {said}");
    }
    holds(&of_table(table, &["--vi"]).1, &["không có số liệu của kỳ 2025; bảng có: 2019, 2020"]);
    let factors = file("docs/examples/sensitivity/factors.json").display().to_string();
    for more in
        [&[][..], &["--unit", "A"], &["explain", "A"], &["uncertainty"], &["sensitivity", &factors, "--replicates", "5"], &["coherence"]]
    {
        let (fine, said) = of_table(table, &[more, &["--edition", "2019"]].concat());
        assert!(fine && said.contains("2019"), "{more:?}: {said}");
    }
    let (_, json) = of_table(table, &["--edition", "2019", "--json"]);
    let printed: Value = serde_json::from_str(&json).unwrap();
    assert_eq!((printed["editions"].as_array().unwrap().len(), &printed["editions"][0]["edition"]), (1, &json!("2019")));
}

#[test]
fn a_verb_takes_its_own_options_alone_and_a_panel_has_intervals() {
    for more in [
        &["explain", "B", "--panel"][..],
        &["explain", "B", "--public"],
        &["uncertainty", "--unit", "B"],
        &["--panel", "--edition", "2024"],
        &["--level", "0.9"],
        &["--seed", "3"],
        &["--replicates", "30"],
        &["sensitivity", "factors.json", "--level", "0.9"],
        &["coherence", "--public"],
        &["series", "vn-34", "--public"],
    ] {
        let (fine, said) = of_table(GAPS, more);
        assert!(!fine && (said.contains("cannot be used with") || said.contains("unexpected argument")), "{more:?}: {said}");
    }
    let printed: Value = serde_json::from_str(&said(&["uncertainty", "--panel", "--json"])[..]).unwrap();
    let editions: Vec<&Value> = printed["editions"].as_array().unwrap().iter().map(|edition| &edition["edition"]).collect();
    assert_eq!(editions, ["2024", "2025"]);
    let of_one: Value = serde_json::from_str(&said(&["--unit", "A", "--json"])).unwrap();
    assert_eq!(of_one["editions"][0]["units"].as_array().unwrap().len(), 1);
    assert_eq!(of_one["stages"][0]["data"].as_array().unwrap().len(), 1);
}

#[test]
fn stages_name_the_units_and_indicators_that_they_touched() {
    let folder = tempfile::tempdir().unwrap();
    let definition = definition(folder.path(), |value| {
        let stages = value["pipeline"].as_array_mut().unwrap();
        stages.insert(0, json!({"stage": "impute", "method": "centre", "of": "mean"}));
    });
    let mut table = "unit,satisfied,overdue,online,plan\n".to_owned();
    for unit in 10..22 {
        table.extend(["u", &unit.to_string(), ",60,10,,20\n"]);
    }
    table += "v,80,20,30,\nw,,10,40,20\n";
    let table = data(folder.path(), &table);
    let (_, text) = index(folder.path(), (&definition, &table), &[]);
    holds(&text, &["14 values filled in: ", "w satisfied", " and 4 more; 0 missing still"]);
    let (_, public) = index(folder.path(), (&definition, &table), &["--public"]);
    holds(&public, &["14 values filled in; 0 missing"]);
    let (_, vi) = index(folder.path(), (&definition, &table), &["--vi"]);
    holds(&vi, &["các bước", "điền giá trị thiếu", "14 giá trị được điền: ", "và 4 mục nữa; còn thiếu 0"]);
}

#[test]
fn a_unit_with_gaps_is_told_edition_by_edition() {
    let (fine, text) = of_table(GAPS, &["--panel", "--unit", "A"]);
    assert!(fine);
    holds(&text, &["A · 2023", "there is no unit A in 2024", "A · 2025", "94.0600"]);
    let (fine, text) = of_table(GAPS, &["--panel", "--unit", "nobody"]);
    assert!(!fine && text.contains("no unit nobody in 2023, 2024, 2025"), "{text}");

    let (fine, text) = of_table(GAPS, &["explain", "A"]);
    assert!(fine);
    holds(&text, &["Change since 2023: 82.72 → 94.06", "A has no score in 2024, so it is compared with 2023"]);
    holds(&of_table(GAPS, &["explain", "A", "--edition", "2023"]).1, &["82.72"]);
    let (fine, text) = of_table(GAPS, &["explain", "A", "--target", "rise:1"]);
    assert!(!fine && text.contains("needs an edition before"), "{text}");
    let (fine, text) = of_table(GAPS, &["explain", "C", "--vi"]);
    assert!(!fine && text.contains("C không có điểm trong kỳ 2025: thiếu giá trị của satisfied, overdue, online, plan"), "{text}");
}

#[test]
fn an_explanation_compares_with_the_definition_that_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let before = definition(folder.path(), |value| {
        value["edition"] = json!("2023");
        value["tree"]["children"][0]["weight"] = json!(0.5);
        value["tree"]["children"][1]["weight"] = json!(0.5);
    });
    let (fine, text) = of_table(GAPS, &["explain", "A", "--before", &before]);
    assert!(fine, "{text}");
    holds(&text, &["Change since 2023", "definition.json · example 2023", "weights"]);
    let own = file(DEFINITION).display().to_string();
    let (fine, text) = of_table(GAPS, &["explain", "A", "--before", &own]);
    assert!(!fine && text.contains("is of 2025 too"), "{text}");
}

#[test]
fn an_explanation_is_laid_out_as_the_tree_and_leaves_columns_of_zeros_out() {
    let text = said(&["explain", "C"]);
    holds(
        &text,
        &[
            "       18.90  SERVICE Service\n        8.10    SOFT Survey\n       10.80    HARD Published data\n        7.20  plan Reform plan",
            "         all      value  structure\n",
            "         all      value\n       +1.80      +1.80  plan",
        ],
    );
    let folder = tempfile::tempdir().unwrap();
    let flat = definition(folder.path(), |value| {
        let leaf = value["tree"]["children"][1].clone();
        value["tree"]["children"] = json!([leaf]);
        value["publication"] = json!({"decimals": 1});
        value["targets"] = json!([]);
    });
    let table = data(folder.path(), "unit,edition,plan\nA,2025,20\nB,2025,10\n");
    let (fine, text) = index(folder.path(), (&flat, &table), &["explain", "B"]);
    assert!(fine, "{text}");
    lacks(&text, &["by criterion", "by agency"]);
    holds(&text, &["score 55.0, rank 2"]);
}

#[test]
fn a_run_that_adds_an_edition_or_units_is_told_and_fills_a_column_that_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let definition = definition(folder.path(), |value| {
        value["geography"] = json!("vn-63");
        value["tree"]["children"][0]["children"][0]["children"][0]["indicator"]["survey"] = json!({"index": "sipas", "node": "ALL"});
        value["targets"] = json!([]);
    });
    let score =
        |unit: &str, value: f64| json!({"node": "ALL", "value": value, "se": 1.0, "df": 40.0, "n": 500, "area": format!("vn-63:{unit}")});
    let file = |index: &str| {
        let printed =
            json!({"run": "r1", "manifest": {"index": {"code": index}, "wave": "w"}, "scores": [score("01", 80.0), score("48", 70.0)]});
        let path = folder.path().join(format!("{index}.json"));
        std::fs::write(&path, printed.to_string()).unwrap();
        path.display().to_string()
    };
    let table = data(folder.path(), "unit,edition,overdue,online,plan\n01,2025,5,70,20\n02,2025,25,80,12\n");
    let of = |run: &str, more: &[&str]| index(folder.path(), (&definition, &table), &[&["--run", run], more].concat()).1;
    let text = of(&file("sipas"), &[]);
    holds(&text, &["warning: Units that the table does not have in 2025 come with figures of the run r1 alone: 48 (run-adds-units)"]);
    lacks(&text, &["column-missing"]);
    holds(&of(&format!("1999={}", file("sipas")), &["--vi"]), &["Kỳ 1999 không có trong bảng (bảng có: 2025)", "run-adds-edition"]);
    let text = of(&file("papi"), &[]);
    holds(&text, &["  warning: No indicator takes estimates of the index papi", "The column “satisfied” is missing"]);
}

/// Words of the other language: none may be among what a command says.
#[test]
fn everything_is_said_in_the_language_that_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let (definition, table) = published(folder.path());
    let factors = file("docs/examples/sensitivity/factors.json").display().to_string();
    let asked: [&[&str]; 7] = [
        &[],
        &["--unit", "Y"],
        &["explain", "Y", "--target", "rank:1"],
        &["uncertainty"],
        &["uncertainty", "--method", "replicates", "--replicates", "50"],
        &["sensitivity", &factors, "--replicates", "20"],
        &["coherence"],
    ];
    let english =
        "rank score unit stages indicator level value mean answers points best lost adds interval shares replicates none needed weight";
    let vietnamese = ["điểm", "hạng", "đơn vị", "chỉ tiêu", "mục tiêu", "tổng", "khoảng tin cậy", "mẫu lặp"];
    for more in asked {
        let (fine, vi) = index(folder.path(), (&definition, &table), &[more, &["--vi"]].concat());
        assert!(fine, "{vi}");
        let lines = vi.lines().filter(|line| !line.contains("weights  ") && !line.contains("mean  ")); // names of factors
        let words: Vec<&str> = lines.flat_map(|line| line.split(|letter: char| !letter.is_alphanumeric())).collect();
        for word in english.split(' ') {
            assert!(!words.contains(&word), "{more:?}: “{word}” is in\n{vi}");
        }
        let (fine, en) = index(folder.path(), (&definition, &table), more);
        assert!(fine, "{en}");
        let en: String = en.lines().filter(|line| !line.starts_with("  plan  ")).collect(); // `plan` is measured in “điểm”
        lacks(&en, &vietnamese);
    }
    lacks(&of_table("unit,satisfied,overdue,online,plan\nA,x,1,1,1\n", &[]).1, &["1 errors"]);
    holds(&of_table("unit,satisfied,overdue,online,plan\nA,x,1,1,1\n", &["--vi"]).1, &["data.csv: 1 lỗi"]);
}

#[test]
fn what_stops_a_computation_is_told_once_in_either_language() {
    let folder = tempfile::tempdir().unwrap();
    let definition = definition(folder.path(), |value| {
        value["pipeline"] = json!([{"stage": "normalise", "method": "as_given"}, {"stage": "aggregate", "method": "geometric"}]);
    });
    let table = data(folder.path(), "unit,satisfied,overdue,online,plan\nA,-1,1,1,1\nB,2,1,1,1\n");
    let (fine, said) = index(folder.path(), (&definition, &table), &[]);
    assert!(!fine && said.matches("needs positive values").count() == 1, "{said}");
    let (fine, said) = index(folder.path(), (&definition, &table), &["--vi"]);
    assert!(!fine && said.contains("Bước 2 (tổng hợp)") && said.contains("trung bình nhân cần giá trị dương"), "{said}");
    lacks(&said, &["stage"]);
}

#[test]
fn tables_are_read_as_a_spreadsheet_saves_them() {
    let plain = "unit,edition,satisfied,overdue,online,plan\nA,2025,90.5,5,70,20\nB,2025,60,25,80,12\n";
    let (fine, expected) = of_table(plain, &["--json"]);
    assert!(fine, "{expected}");
    for (mark, decimal) in [(";", ","), ("\t", ","), (";", "."), ("\t", ".")] {
        let text = plain.replace(',', mark).replace("90.5", &format!("90{decimal}5"));
        assert_eq!(of_table(&text, &["--json"]), (true, expected.clone()), "{text}");
    }
    let folder = tempfile::tempdir().unwrap();
    let marked = |name: &str, bytes: Vec<u8>| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.display().to_string()
    };
    let wide = [0xff, 0xfe].into_iter().chain(plain.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let definition = marked("definition.json", [b"\xef\xbb\xbf", read(DEFINITION).as_bytes()].concat());
    let (fine, said) = index(folder.path(), (&definition, &marked("wide.csv", wide)), &[]);
    assert!(fine && said.contains(" A "), "{said}");
    let windows = marked("windows.csv", b"unit,satisfied\nH\xe0 N\xf4\xf2i,1\n".to_vec());
    let (fine, said) = index(folder.path(), (&definition, &windows), &["--vi"]);
    assert!(fine && said.contains("Hà Nội") && said.contains("dòng 2: cảnh báo: ") && said.contains("(encoding-assumed)"), "{said}");
    let tcvn3 = marked("tcvn3.csv", b"unit,satisfied\nH\xb5 N\xe9i,1\n".to_vec());
    let (fine, said) = index(folder.path(), (&definition, &tcvn3), &["--vi"]);
    assert!(!fine && said.contains("tcvn3.csv: dòng 2: ") && said.contains("CSV UTF-8"), "{said}");
    let (fine, said) = of_table("unit;satisfied;overdue;online;plan\nA;90,5;5;1.5;2\n", &[]);
    assert!(!fine && said.contains("use one decimal mark"), "{said}");
    let (fine, said) = of_table(&plain.replace("90.5", &"9".repeat(1_000_000)), &[]);
    assert!(!fine && said.len() < 1000, "a cell of a million digits is not said again");
}

#[test]
fn a_series_on_which_no_unit_could_be_shown_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (definition, table) = published(folder.path());
    let (fine, said) = index(folder.path(), (&definition, &table), &["series", "vn-34", "--list", "2025=vn-63"]);
    assert!(!fine && said.contains("X, Y, Z"), "{said}");
    // Đà Nẵng of 2025 is two provinces of before, which its one figure does not tell apart.
    let table = data(folder.path(), "unit,satisfied,overdue,online,plan\n48,80,10,40,20\n");
    let (fine, said) = index(folder.path(), (&definition, &table), &["series", "vn-63", "--list", "2025=vn-34", "--vi"]);
    assert!(!fine && said.contains("không đưa được đơn vị nào lên danh mục vn-63"), "{said}");
}

/// The figures are held against hand calculations beside `composite::coherence`.
#[test]
fn how_nodes_hang_together_is_printed_for_every_edition() {
    let printed: Value = serde_json::from_str(&said(&["coherence", "--panel", "--json"])).unwrap();
    assert_eq!(printed["editions"].as_array().unwrap().len(), 2);
    let nodes = printed["editions"][1]["nodes"].as_array().unwrap();
    let plan = nodes.iter().find(|node| node["node"] == "plan").unwrap();
    assert!((plan["effective_weight"].as_f64().unwrap() - 0.4).abs() < 1e-12, "{plan}");
    assert_eq!((&plan["summary"]["n"], &plan["alpha"]), (&json!(3), &Value::Null));
    let folder = tempfile::tempdir().unwrap();
    let (definition, table) = published(folder.path());
    holds(
        &run(folder.path(), &asked((&definition, &table), &["coherence"])),
        &["kurtosis", "weight: share in the index", "    plan Reform plan carried out"],
    );
}
