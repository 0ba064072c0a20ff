//! Questionnaires and indices by pages: writing one by form, loading one from a file, publishing it.

use serde_json::{Value, json};

use super::waves::upload;
use super::{HOSTILE, Office, guarded, harmless};
use crate::harness::composites::{PLANS, mixed};
use crate::harness::fixtures::{index, questionnaire};
use crate::harness::runs::work;

/// The draft that a page carries.
fn draft(page: &str) -> String {
    let (_, rest) = page.split_once("name=\"draft\" value=\"").expect("the page carries a draft");
    rest.split('"').next().unwrap().replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[test]
fn a_questionnaire_is_written_by_form_checked_looked_at_and_published() {
    let office = Office::empty();
    let first = draft(&office.lan.get("/console/surveys/write").page(200));
    let post = |draft: &str, fields: &[(&str, &str)]| {
        let mut all = vec![("draft", draft), ("open", "0")];
        all.extend(fields);
        office.lan.post("/console/surveys/write", &all)
    };
    let wrong = post(&first, &[("do", "check")]).page(422);
    assert!(wrong.contains("<title>Lỗi: Soạn phiếu hỏi") && wrong.contains("href=\"#code\""), "{wrong}");
    let page = post(&first, &[("do", "add-item"), ("code", "thu"), ("title.vi", "Phiếu thử"), ("title.en", "A test")]).page(200);
    assert!(page.contains("name=\"sections.0.items.1.text.vi\"") && page.contains("value=\"thu\""), "{page}");
    let filled = [
        ("do", "check"),
        ("sections.0.title.vi", "Phần A"),
        ("sections.0.title.en", "Part A"),
        ("sections.0.items.0.text.vi", HOSTILE),
        ("sections.0.items.0.text.en", "Satisfied?"),
        ("sections.0.items.1.code", "why"),
        ("sections.0.items.1.kind", "multiple"),
        ("sections.0.items.1.scale", ""),
        ("sections.0.items.1.options", "fee | | Phí | Fee\nwait | | Đợi | Waiting"),
        ("sections.0.items.1.text.vi", "Vì sao?"),
        ("sections.0.items.1.text.en", "Why?"),
        ("sections.0.items.1.relevant.item", "Q1"),
        ("sections.0.items.1.relevant.is", "1, 2"),
    ];
    let checked = post(&draft(&page), &filled).page(200);
    harmless(&checked);
    assert!(checked.contains("Không có lỗi: công bố được"), "{checked}");
    assert!(checked.contains("name=\"answers.why\"") && checked.contains("data-if="), "the renderer shows it: {checked}");
    let file = post(&draft(&checked), &[("do", "download")]);
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"thu-1.json\""));
    assert_eq!(file.json()["sections"][0]["items"][1]["relevant"], json!({ "item": "Q1", "is": ["1", "2"] }));

    assert!(office.app.anyone().get("/v1/surveys").expect(200)["items"].as_array().unwrap().is_empty(), "nothing is stored yet");
    assert_eq!(post(&draft(&checked), &[("do", "publish")]).leads_to(), "/console/surveys/thu");
    let published = office.app.anyone().get("/v1/surveys/thu/versions/1").expect(200);
    assert_eq!(published["sections"][0]["items"][0]["text"]["vi"], HOSTILE);
    for path in ["/console/surveys", "/console/surveys/thu", "/console/surveys/thu/1/preview", "/console/surveys/write?from=thu%401"] {
        harmless(&office.lan.get(path).page(200));
    }
    let other = post(&draft(&checked), &[("do", "publish"), ("title.vi", "Khác")]).page(422);
    assert!(other.contains("version-immutable"), "{other}");
}

#[test]
fn sections_and_items_are_added_moved_and_dropped_and_nothing_that_was_typed_is_lost() {
    let office = Office::empty();
    let mut page = office.lan.get("/console/surveys/write").page(200);
    let mut press = |open: &str, button: &str, more: &[(&str, &str)]| {
        let carried = draft(&page);
        let mut all = vec![("draft", carried.as_str()), ("open", open), ("do", button)];
        all.extend(more);
        page = office.lan.post("/console/surveys/write", &all).page(200);
        page.clone()
    };
    let added = press("0", "add-section", &[("sections.0.title.vi", "Phần đầu")]);
    assert!(added.contains("name=\"sections.1.title.vi\"") && added.contains("Phần đầu"), "{added}");
    press("1", "add-item", &[]);
    let moved = press("1", "up:1", &[("sections.1.items.1.code", "second")]);
    assert!(moved.contains("name=\"sections.1.items.0.code\" type=\"text\" value=\"second\""), "{moved}");
    press("1", "drop-item:1", &[]);
    press("1", "add-scale", &[]);
    let back = press("1", "open:0", &[]);
    assert!(back.contains("value=\"Phần đầu\"") && back.contains("scale1"), "{back}");
    let value: Value = serde_json::from_str(&draft(&back)).unwrap();
    assert_eq!(value["sections"][1]["items"].as_array().unwrap().len(), 1);
    assert_eq!(value["sections"][1]["items"][0]["code"], "second");
    let gone = press("1", "drop-section:1", &[]);
    assert_eq!(serde_json::from_str::<Value>(&draft(&gone)).unwrap()["sections"].as_array().unwrap().len(), 1);
    assert_eq!(office.lan.post("/console/surveys/write", &[("draft", "[]"), ("do", "check")]).status, 400);
}

#[test]
fn a_file_is_checked_with_its_lines_and_versions_are_compared() {
    let office = Office::open();
    let path = "/console/surveys/upload";
    let mut second = questionnaire();
    second["version"] = json!("2");
    second["sections"][0]["items"].as_array_mut().unwrap().remove(1);
    second["sections"][0]["items"][0]["colour"] = json!("red");
    let send = |text: &str| upload(&office.lan, path, "same-origin", &[], &[("file", text)]);
    let wrong = send(&serde_json::to_string_pretty(&second).unwrap()).page(422);
    assert!(wrong.contains("dòng ") && wrong.contains("/sections/0/items/0/colour"), "{wrong}");
    second["sections"][0]["items"][0].as_object_mut().unwrap().remove("colour");
    let good = send(&second.to_string()).page(200);
    assert_eq!(
        office.lan.post("/console/surveys/write", &[("draft", &draft(&good)), ("do", "publish")]).leads_to(),
        "/console/surveys/mini"
    );
    let page = office.lan.get("/console/surveys/mini").page(200);
    assert!(page.contains("Không còn so sánh được") && page.contains("Câu “Q2” bị bỏ"), "{page}");
    let english = office.lan.get("/console/surveys/mini?lang=en&old=2&new=1").page(200);
    assert!(english.contains("The item “Q2” was added"), "{english}");
    assert_eq!(office.lan.get("/console/surveys/mini?old=9").status, 404);
    assert!(send("not json").page(422).contains("Tệp không phải phiếu hỏi JSON"));
    let other = send(&index().to_string()).page(422);
    assert!(other.contains("Ở đây cần một phiếu hỏi"), "{other}");
    assert_eq!(upload(&office.lan, path, "cross-site", &[], &[("file", "{}")]).status, 403);
}

#[test]
fn an_index_is_checked_against_its_questionnaire_drawn_as_a_tree_and_published() {
    let office = Office::open();
    let path = "/console/indices/upload";
    let send = |value: &Value| upload(&office.lan, path, "same-origin", &[], &[("file", &value.to_string())]);
    let mut next = index();
    next["version"] = json!("2");
    next["tree"][0]["children"][0]["weight"] = json!(3);
    next["tree"][0]["children"][1]["weight"] = json!(1);
    next["title"]["vi"] = json!(HOSTILE);
    next["survey_versions"] = json!(["9"]);
    let wrong = send(&next).page(422);
    assert!(wrong.contains("Chưa công bố phiếu hỏi mini phiên bản 9"), "{wrong}");
    next["survey_versions"] = json!(["1"]);
    let page = send(&next).page(200);
    harmless(&page);
    assert!(page.contains("75,0%") && page.contains("25,0%") && page.contains("Công bố được"), "{page}");
    assert_eq!(office.app.anyone().get("/v1/indices/mini/versions/2").status, 404, "looking publishes nothing");
    let to = office.lan.post("/console/indices/publish", &[("document", &next.to_string())]).leads_to().to_owned();
    assert_eq!(to, "/console/indices/mini/2");
    for path in [to.as_str(), "/console/indices", "/console/runs/new"] {
        harmless(&office.lan.get(path).page(200));
    }
    next["min_n"] = json!(12);
    let taken = office.lan.post("/console/indices/publish", &[("document", &next.to_string())]).page(422);
    assert!(taken.contains("version-immutable"), "{taken}");
}

#[test]
fn a_table_is_loaded_with_findings_by_cell_and_a_composite_run_tells_how_it_came_about() {
    let office = Office::open();
    let mut definition = mixed();
    definition["tree"]["children"].as_array_mut().unwrap().remove(0);
    definition["targets"] = json!([{ "unit": "SYT", "kind": "score", "value": 60 }]);
    office.statistician().put("/v1/indices/mixed/versions/2025", &definition).expect(201);
    let send = |what: &str, csv: &str| {
        let fields = [("index", "mixed@2025"), ("title", HOSTILE), ("do", what)];
        upload(&office.lan, "/console/tables", "same-origin", &fields, &[("file", csv)])
    };
    let wrong = send("load", &format!("{PLANS}SYT,plan,much\n")).page(422);
    assert!(wrong.contains("dòng ") && wrong.contains("chưa nạp gì"), "{wrong}");
    harmless(&wrong);
    assert!(send("check", PLANS).page(200).contains("nạp được"));
    assert!(office.lan.get("/console/tables").page(200).contains("Chưa có bảng nào"));
    let table = send("load", PLANS).leads_to().to_owned();
    let page = office.lan.get(&table).page(200);
    harmless(&page);
    assert!(page.contains("SYT") && page.contains("plan"), "{page}");
    assert_eq!(office.lan.get(&format!("{table}?unit=none")).status, 400);
    let number = table.rsplit('/').next().unwrap();
    let form = office.lan.get("/console/runs/new?index=mixed%402025").page(200);
    harmless(&form);
    assert!(form.contains(&format!("name=\"tables\" value=\"{number}\"")), "{form}");
    let run = office.lan.post("/console/runs/new", &[("index", "mixed@2025"), ("tables", number)]).leads_to().to_owned();
    work(&office.app, &run.replace("/console/", "/v1/"));
    let page = office.lan.get(&run).page(200);
    assert!(page.contains("Sở Y tế") && page.contains(&format!("{run}/report")), "{page}");
    let report = office.lan.get(&format!("{run}/report")).page(200);
    assert!(report.contains("Các bước") && report.contains("normalise") && report.contains("Trọng số có hiệu lực"), "{report}");
    harmless(&office.lan.get(&format!("{run}/preview")).page(200));
}

#[test]
fn pages_of_definitions_are_for_those_who_may() {
    let office = Office::open();
    let admin = office.also("An", "admin");
    for path in
        ["/console/surveys", "/console/surveys/mini", "/console/surveys/mini/1/preview", "/console/indices/mini/1", "/console/tables"]
    {
        guarded(&office.app, path, &admin);
        office.minh.get(path).page(200);
    }
    assert_eq!(office.minh.get("/console/surveys/write").status, 403, "a publisher defines nothing");
    assert_eq!(office.minh.post("/console/surveys/write", &[("draft", "{}"), ("do", "publish")]).status, 403);
    assert_eq!(office.minh.post("/console/indices/publish", &[("document", "{}")]).status, 403);
    for path in ["/console/surveys/write", "/console/indices/publish"] {
        let forged = office.lan.post_from(&[("Sec-Fetch-Site", "cross-site")], path, &[("draft", "{}"), ("do", "publish")]);
        assert_eq!(forged.status, 403, "{path}");
    }
    assert_eq!(office.lan.get("/console/indices/none/1").status, 404);
}
