//! Units and their lineage.

use hailong::office::Role;
use serde_json::json;

use crate::harness::fixtures::{finish_run, publish, start_run};
use crate::harness::runs::release;
use crate::harness::{Client, Reply, TestApp};

const HEADER: &str = "list,code,kind,name_vi,name_en,parent_list,parent_code,valid_from,valid_to\n";

fn add(client: &Client, rows: &str) -> Reply {
    client.send("POST", "/v1/units", &[("Content-Type", "text/csv; charset=utf-8")], Some(format!("{HEADER}{rows}").as_bytes()))
}

#[test]
fn units_are_listed_by_list_kind_and_parent() {
    let app = TestApp::start();
    let names = |path: &str| -> Vec<String> {
        let page = app.anyone().get(path).expect(200);
        page["items"].as_array().unwrap().iter().map(|unit| unit["code"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("/v1/units?list=vn-34&kind=province"), ["01", "48"]);
    assert_eq!(names("/v1/units?parent=agency-danang:UB"), ["SYT", "SXD"]);
    assert_eq!(names("/v1/units?as_of=2000-01-01"), Vec::<String>::new());
    app.anyone().get("/v1/units?kind=planet").problem(400, "query-invalid");
    app.anyone().get("/v1/units?as_of=2024-13-01").problem(400, "query-invalid");
    app.anyone().get("/v1/units?parent=vn-34:99").problem(400, "query-invalid");
}

#[test]
fn a_unit_knows_what_it_belongs_to() {
    let app = TestApp::start();
    let unit = app.anyone().get("/v1/units/agency-danang/SYT").expect(200);
    let above: Vec<_> = unit["ancestors"].as_array().unwrap().iter().map(|unit| unit["code"].clone()).collect();
    assert_eq!(above, ["UB", "48", "VN"]);
    assert_eq!(unit["parent"], json!({ "list": "agency-danang", "code": "UB" }));
    app.anyone().get("/v1/units/agency-danang/NONE").problem(404, "not-found");
}

#[test]
fn a_published_figure_keeps_the_name_that_it_was_published_under() {
    let app = TestApp::start();
    publish(&app);
    let run = start_run(&app);
    finish_run(&app, &run);
    release(&app, &run);
    let name =
        || app.anyone().get("/v1/scores?edition=open.1&unit=agency-danang:SYT").expect(200)["items"][0]["unit"]["name"]["vi"].clone();
    assert_eq!(name(), "Sở Y tế");
    let row = "agency-danang,SYT,agency,Sở Y tế và Dân số,,agency-danang,UB,2008-08-01,\n";
    assert_eq!(add(&app.client(Role::Admin), row).expect(200), json!({ "added": 0, "changed": 1 }));
    assert_eq!(app.anyone().get("/v1/units/agency-danang/SYT").expect(200)["name_vi"], "Sở Y tế và Dân số");
    assert_eq!(name(), "Sở Y tế", "the edition was published with the name of its time");
}

#[test]
fn an_office_adds_its_own_units_and_not_the_nations() {
    let app = TestApp::start();
    let admin = app.client(Role::Admin);
    let row = "agency-danang,STC,agency,Sở Tài chính,Department of Finance,agency-danang,UB,2025-07-01,\n";
    assert_eq!(add(&admin, row).expect(200), json!({ "added": 1, "changed": 0 }));
    assert_eq!(add(&admin, row).expect(200), json!({ "added": 0, "changed": 0 }));
    assert_eq!(app.anyone().get("/v1/units/agency-danang/STC").expect(200)["name_en"], "Department of Finance");
    let problem = add(&admin, "vn-34,99,province,Tỉnh mới,,vn-34,VN,2025-07-01,\n").problem(422, "units-invalid");
    assert_eq!(problem["errors"][0]["code"], "list-reserved");
    for bad in ["agency-danang,A,agency,Sở A,,agency-danang,NONE,2025-07-01,\n", "agency-danang,A,planet,Sở A,,,,2025-07-01,\n"] {
        add(&admin, bad).problem(422, "units-invalid");
    }
    app.anyone().get("/v1/units/agency-danang/A").problem(404, "not-found");
    admin.post("/v1/units", &json!({})).problem(415, "media-type-unsupported");
}
