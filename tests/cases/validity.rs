//! One answer that does not fit costs its item and no more, unless the index says otherwise; and a run tells what it left out.

use serde_json::{Value, json};

use crate::flow::file;
use crate::flow::process::{hailong, run};

fn case(name: &str) -> String {
    file(&format!("tests/cases/data/import/{name}")).display().to_string()
}

/// A wave of four: one is whole, one has an answer that does not exist, one has none where one is needed, one is whole too.
const RECORDS: &str = "id,unit,used,sat\n1,A,yes,5\n2,A,maybe,4\n3,B,,3\n4,B,yes,2\n";

#[test]
fn an_invalid_item_is_missing_or_takes_the_response_with_it_as_the_index_says() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    let write = |name: &str, text: &str| {
        std::fs::write(data.join(name), text).unwrap();
        data.join(name).display().to_string()
    };
    let csv = write("records.csv", RECORDS);
    let definition: Value = serde_json::from_str(&std::fs::read_to_string(case("svc-index.json")).unwrap()).unwrap();
    let with = |version: &str, rule: Option<&str>| {
        let mut definition = definition.clone();
        definition["version"] = json!(version);
        if let Some(rule) = rule {
            definition["invalid_items"] = json!(rule);
        }
        write(&format!("index-{version}.json"), &definition.to_string())
    };
    let indices = [with("2.1", None), with("2.2", Some("drop_item")), with("2.3", Some("drop_response"))];
    let questionnaire = case("svc-1.1.json");
    let columns = ["--wave", "w", "--unit-list", "svc", "--new-unit-list", "--simple-random-sample", "--id-column", "id"];
    let imported = hailong(data).args(["import", &csv, "--questionnaire", &questionnaire]).args(columns).output().unwrap();
    assert!(!imported.status.success(), "not everything is as it was wanted");
    run(data, &["define", &case("svc-1.2.json"), &indices[0], &indices[1], &indices[2]]);
    let compute = |version: &str| -> Value {
        let printed = run(data, &["run", "--index", "svc", "--index-version", version, "--wave", "w", "--json"]);
        serde_json::from_str(&printed).unwrap()
    };
    let n = |printed: &Value| {
        let scores = printed["scores"].as_array().unwrap();
        scores.iter().find(|score| score["domain"] == "nation" && score["node"] == "S").unwrap()["n"].as_u64().unwrap()
    };
    let runs = ["2.1", "2.2", "2.3"].map(compute);
    let invalid: u64 =
        runs[0]["manifest"]["left_out"]["items"].as_array().unwrap().iter().map(|item| item["responses"].as_u64().unwrap()).sum();
    assert!(invalid >= 1);
    assert_eq!(runs.each_ref().map(n), [4, 4, 4 - invalid]);
    for (printed, rule, dropped) in [(&runs[0], "drop_item", 0), (&runs[2], "drop_response", invalid)] {
        let left_out = &printed["manifest"]["left_out"];
        assert_eq!((&left_out["invalid_items"], &left_out["dropped"], &left_out["invalid"]), (&json!(rule), &json!(dropped), &json!(0)));
        assert!(left_out["items"].as_array().unwrap().contains(&json!({ "item": "used", "code": "unknown-option", "responses": 1 })));
    }
    let told = run(data, &["run", "--index", "svc", "--index-version", "2.1", "--wave", "w"]);
    assert!(told.contains("invalid items, which count as missing:\n  used: "), "{told}");
    assert!(told.contains("used: unknown-option × 1"), "{told}");
    let vietnamese = run(data, &["run", "--index", "svc", "--index-version", "2.1", "--wave", "w", "--vi"]);
    assert!(vietnamese.contains("câu trả lời không hợp lệ, coi như thiếu:"), "{vietnamese}");
}
