//! Who sees which scores.

use hailong::office::Role;
use serde_json::{Value, json};

use crate::harness::TestApp;
use crate::harness::fixtures::{finish_run, publish, start_run};
use crate::harness::runs::{approve, id_of};

/// A run on its way to publication, as far as `:approve`; gives its id.
fn approved(app: &TestApp, preview: bool) -> String {
    let run = start_run(app);
    finish_run(app, &run);
    approve(app, &run, preview);
    id_of(&run).to_owned()
}

fn units(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|score| score["unit"]["code"].as_str().unwrap_or("nation")).collect()
}

#[test]
fn a_published_edition_is_for_everyone_and_hides_small_cells() {
    let app = TestApp::start();
    publish(&app);
    let run = approved(&app, false);
    app.anyone().get("/v1/scores?index=mini").problem(404, "not-found");
    app.client(Role::Publisher).step(&format!("/v1/runs/{run}:publish"), "*", None).expect(200);
    let page = app.anyone().get("/v1/scores?index=mini&period=open").expect(200);
    assert_eq!((&page["edition"], &page["mode"], &page["frame"]["en"]), (&json!("open.1"), &json!("opt_in"), &json!("Users")));
    assert_eq!(units(&page), ["nation", "SYT", "SYT-KCB", "SXD"]);
    let (open, small) = (&page["items"][1], &page["items"][2]);
    assert_eq!((&open["value"], &open["low"], &open["high"], &open["n"]), (&json!(81.5), &json!(78.5), &json!(84.5), &json!(60)));
    assert_eq!(small["status"], "c");
    for told in ["value", "se", "low", "high", "n", "psus", "df", "deff", "rank", "rank_low", "rank_high"] {
        assert_eq!(small[told], Value::Null, "{told} tells about a small cell");
    }
    for filter in ["&node=INDEX&domain=unit&unit=agency-danang:SXD", "&unit=agency-danang:SXD"] {
        assert_eq!(units(&app.anyone().get(&format!("/v1/scores?edition=open.1{filter}")).expect(200)), ["SXD"]);
    }
    let tag = app.anyone().get("/v1/scores?edition=open.1").etag();
    assert_eq!(app.anyone().send("GET", "/v1/scores?edition=open.1", &[("If-None-Match", &tag)], None).status, 304);
}

#[test]
fn the_office_sees_every_cell_of_its_runs_and_nobody_else_does() {
    let app = TestApp::start();
    publish(&app);
    let run = approved(&app, false);
    let path = format!("/v1/scores?run={run}");
    for role in [Role::Statistician, Role::Publisher] {
        let page = app.client(role).get(&path).expect(200);
        assert_eq!((&page["items"][2]["value"], &page["items"][2]["status"]), (&json!(70.25), &json!("c")));
    }
    let audited = app.client(Role::Auditor).get(&path).expect(200);
    assert_eq!((&audited["items"][2]["value"], &audited["items"][2]["status"]), (&Value::Null, &json!("c")));
    app.anyone().get(&path).problem(401, "unauthenticated");
    for role in [Role::Agency, Role::Device, Role::Collector, Role::Admin] {
        app.client(role).get(&path).problem(403, "forbidden");
    }
}

#[test]
fn under_embargo_an_agency_sees_its_own_and_nothing_of_another() {
    let app = TestApp::start();
    publish(&app);
    approved(&app, true);
    let path = "/v1/scores?edition=open.1";
    let agency = app.client_of(Role::Agency, Some(("agency-danang", "SYT")));
    let page = agency.get(path).expect(200);
    assert_eq!((units(&page), &page["state"]), (vec!["SYT", "SYT-KCB"], &json!("embargoed")));
    assert_eq!(page["items"][1]["value"], Value::Null, "a small cell stays hidden from the agency too");
    assert_eq!(units(&agency.get(&format!("{path}&unit=agency-danang:SXD")).expect(200)), Vec::<&str>::new());
    let other = app.client_of(Role::Agency, Some(("agency-danang", "SXD")));
    assert_eq!(units(&other.get(path).expect(200)), ["SXD"]);
    for client in [app.anyone(), app.client(Role::Device), app.client(Role::Collector), app.client(Role::Admin)] {
        client.get(path).problem(404, "not-found");
        client.get("/v1/editions/open.1").problem(404, "not-found");
        assert_eq!(client.get("/v1/editions").expect(200)["items"], json!([]));
        client.get("/v1/scores?index=mini").problem(404, "not-found");
    }
    assert_eq!(units(&app.client(Role::Auditor).get(path).expect(200)).len(), 4);
}

#[test]
fn without_the_grant_an_agency_sees_nothing_before_publication() {
    let app = TestApp::start();
    publish(&app);
    approved(&app, false);
    let agency = app.client(Role::Agency);
    assert_eq!(agency.get("/v1/editions").expect(200)["items"], json!([]));
    agency.get("/v1/scores?edition=open.1").problem(404, "not-found");
}

#[test]
fn scores_are_paged_and_asked_for_in_one_way() {
    let app = TestApp::start();
    publish(&app);
    let run = approved(&app, false);
    app.client(Role::Publisher).step(&format!("/v1/runs/{run}:publish"), "*", None).expect(200);
    let first = app.anyone().get("/v1/scores?edition=open.1&limit=3").expect(200);
    let next = first["next"].as_str().unwrap();
    let second = app.anyone().get(next).expect(200);
    assert_eq!((units(&first).len(), units(&second), &second["next"]), (3, vec!["SXD"], &Value::Null));
    app.anyone().get("/v1/scores").problem(400, "query-invalid");
    app.anyone().get("/v1/scores?edition=open.1&index=mini").problem(400, "query-invalid");
}
