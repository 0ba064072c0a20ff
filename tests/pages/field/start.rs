//! Where a fieldworker begins, and the form at a door: as plain HTML, and as what a device sends for whoever is signed in.

use serde_json::json;

use crate::harness::accounts::enrolled_at;
use crate::harness::fixtures::{id, new_response, sampled, submission};
use crate::harness::{Browser, NOW, Reply};
use crate::pages::console::{Office, guarded};

/// Sends a response as a script of a page does.
fn put(office: &Office, browser: &Browser, id: &str, body: &serde_json::Value) -> Reply {
    let cookies = browser.cookies();
    let headers =
        [("Content-Type", "application/json"), ("Sec-Fetch-Site", "same-origin"), ("Accept", "*/*"), ("Cookie", cookies.as_str())];
    office.app.anyone().send("PUT", &format!("/f/responses/{id}"), &headers, Some(body.to_string().as_bytes()))
}

fn progress(office: &Office) -> i64 {
    let told = office.statistician().get("/v1/waves/sample/progress?by=psu").expect(200);
    told["items"].as_array().unwrap().iter().map(|row| row["valid"].as_i64().unwrap()).sum()
}

#[test]
fn villages_show_what_is_done_of_what_is_planned_and_who_is_next() {
    let office = Office::open();
    let collector = office.also("Hà", "collector");
    let page = collector.get("/f").page(200);
    assert!(page.contains("0 / 1") && page.contains("href=\"/f/w/sample?psu=p1&amp;respondent=HN-1\""), "{page}");
    assert!(page.contains("href=\"/f/entry/open\"") && page.contains("href=\"/f/upload\""), "{page}");
    let mut body = sampled();
    body["respondent"] = json!("HN-1");
    put(&office, &collector, &id(), &body).expect(200);
    let page = collector.get("/f").page(200);
    assert!(page.contains("1 / 1") && !page.contains("respondent=HN-1"), "{page}");
    assert!(collector.get("/").status == 200 && office.lan.get("/f").page(200).contains("1 / 1"));
    assert_eq!(office.lan.get("/f/w/sample").status, 403, "a statistician asks nobody");
    guarded(&office.app, "/f", &office.minh);
}

#[test]
fn a_form_at_a_door_works_without_script() {
    let office = Office::open();
    let collector = office.also("Hà", "collector");
    let page = collector.get("/f/w/sample?psu=p1&respondent=HN-1").page(200);
    assert!(
        page.contains("name=\"unit\" type=\"text\" value=\"01\"") && page.contains("value=\"HN-1\""),
        "the design says the unit: {page}"
    );
    let send = |more: &[(&str, &str)]| {
        let id = id();
        let mut fields = vec![("id", id.as_str()), ("version", "1"), ("unit", "01"), ("psu", "p1"), ("respondent", "HN-1")];
        fields.extend(more);
        collector.post("/f/w/sample", &fields)
    };
    let wrong = send(&[("answers.Q2", "4")]).page(422);
    assert!(wrong.contains("href=\"#answers.Q1\"") && wrong.contains("value=\"HN-1\""), "{wrong}");
    assert_eq!(progress(&office), 0);
    assert!(send(&[("answers.Q1", "4")]).leads_to().contains("done=1&psu=p1"));
    assert_eq!(progress(&office), 1);
    let page = send(&[("answers.Q1", "4")]).page(422);
    assert!(page.contains("đã có một phiếu") || page.contains("class=\"summary\""), "a second answer of one respondent is told: {page}");
}

#[test]
fn a_device_sends_for_whoever_is_signed_in_once_and_only_once() {
    let office = Office::open();
    let collector = office.also("Hà", "collector");
    let (id, body) = (id(), sampled());
    assert_eq!(put(&office, &Browser::at(&office.app), &id, &body).status, 401, "it waits until somebody signs in");
    assert_eq!(put(&office, &office.lan, &id, &body).status, 403, "and not for somebody else");
    let told = put(&office, &collector, &id, &body).expect(200);
    assert_eq!((told["id"].as_str(), told["state"].as_str()), (Some(id.as_str()), Some("valid")));
    put(&office, &collector, &id, &body).expect(200);
    assert_eq!(progress(&office), 1);
    let mut other = body.clone();
    other["answers"]["Q1"] = json!(1);
    put(&office, &collector, &id, &other).problem(409, "response-conflict");
    let mut wrong = body.clone();
    wrong["answers"]["Q1"] = json!(9);
    assert_eq!(
        put(&office, &collector, &crate::harness::fixtures::id(), &wrong).expect(200)["state"],
        "valid",
        "nobody can be asked again: it is kept, and counts but for that item"
    );
    let forged = collector.send(
        "PUT",
        &format!("/f/responses/{id}"),
        &[("Content-Type", "application/json"), ("Sec-Fetch-Site", "cross-site")],
        Some(b"{}"),
    );
    assert_eq!(forged.status, 403);
}

#[test]
fn whoever_is_bound_to_a_unit_sees_its_villages_and_answers_for_it_alone() {
    let office = Office::open();
    let person = enrolled_at(&office.app, "Cúc", "collector", ("vn-34", "48"));
    let bound = Browser::signed_in(&office.app, &person, NOW);
    let page = bound.get("/f").page(200);
    assert!(page.contains("p3") && !page.contains(">p1 ") && !page.contains("HN-1"), "{page}");
    put(&office, &bound, &id(), &sampled()).problem(403, "unit-forbidden");
    let form = bound.get("/f/w/sample?psu=p3").page(200);
    assert!(form.contains("value=\"48\"") && !form.contains("data-psu=\"p1\""), "{form}");
}

#[test]
fn a_session_of_a_fieldworker_reads_no_receipt_of_what_came_without_a_key() {
    let office = Office::open();
    let response = new_response();
    office.app.anyone().put(&response, &submission()).expect(201);
    let collector = office.also("Hà", "collector");
    let token = collector.cookies().split_once("hailong=").unwrap().1.to_owned();
    let client = crate::harness::Client::new(office.app.addr, Some(token));
    client.get(&response).problem(404, "not-found");
    client.get("/v1/responses/1").problem(404, "not-found");
}
