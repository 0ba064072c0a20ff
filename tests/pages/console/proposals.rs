//! Proposals by pages: one proposes, another confirms.

use serde_json::json;

use super::{HOSTILE, Office, harmless};
use crate::harness::fixtures::{new_response, submission};

/// A response that somebody proposes to leave out; gives the address of the proposal's page.
fn proposed(office: &Office, reason: &str) -> String {
    let response = new_response();
    office.app.anyone().put(&response, &submission()).expect(201);
    let made = office.statistician().post(&format!("{response}:exclude"), &json!({ "reason": reason }));
    made.header("location").unwrap().replace("/v1/", "/console/")
}

#[test]
fn another_person_confirms_and_what_was_typed_is_shown_as_text() {
    let office = Office::open();
    assert!(office.minh.get("/console/proposals").page(200).contains("Không có đề nghị nào đang chờ"));
    let proposal = proposed(&office, HOSTILE);
    let page = office.minh.get("/console/proposals").page(200);
    harmless(&page);
    assert!(page.contains("&lt;script&gt;alert(1)") && page.contains("loại phiếu"), "{page}");
    assert!(office.minh.get("/console").page(200).contains("1 đề nghị chờ Ông/Bà xác nhận"));
    assert_eq!(office.minh.post(&format!("{proposal}/confirm"), &[]).leads_to(), "/console/proposals");
    let page = office.minh.get("/console/proposals?all=1").page(200);
    assert!(page.contains("đã xác nhận"), "{page}");
    let again = office.minh.post(&format!("{proposal}/confirm"), &[]).page(409);
    assert!(again.contains("role=\"alert\"") && again.contains("<title>Lỗi: Đề nghị"), "{again}");
    let english = office.minh.get("/console/proposals?lang=en&all=1").page(200);
    assert!(english.contains("<h1>Proposals</h1>") && english.contains("confirmed"), "{english}");
}

#[test]
fn nobody_confirms_what_they_proposed_and_the_button_says_so() {
    let office = Office::open();
    let response = new_response();
    office.app.anyone().put(&response, &submission()).expect(201);
    let lan = hailong::store::people::find(&mut office.app.store.db().unwrap(), "Lan").unwrap().unwrap();
    let key = office.app.key_of("Lan", hailong::office::Role::Statistician, None);
    let made = crate::harness::Client::new(office.app.addr, Some(key)).post(&format!("{response}:exclude"), &json!({ "reason": "thử" }));
    let proposal = made.header("location").unwrap().replace("/v1/", "/console/");
    assert_eq!(lan.name, "Lan");
    let page = office.lan.get("/console/proposals").page(200);
    assert!(page.contains("disabled>Xác nhận</button>") && page.contains("Người khác phải xác nhận"), "{page}");
    let refused = office.lan.post(&format!("{proposal}/confirm"), &[]).page(403);
    assert!(refused.contains("một người khác phải xác nhận"), "{refused}");
    office.lan.post(&format!("{proposal}/reject"), &[]).leads_to();
    assert!(office.lan.get("/console/proposals?all=1").page(200).contains("đã từ chối"));
}

#[test]
fn a_forged_form_and_a_wrong_role_decide_nothing() {
    let office = Office::open();
    let proposal = proposed(&office, "thử");
    let path = format!("{proposal}/confirm");
    assert_eq!(office.minh.post_from(&[("Sec-Fetch-Site", "cross-site")], &path, &[]).status, 403);
    assert!(crate::harness::Browser::at(&office.app).post(&path, &[]).leads_to().starts_with("/login"));
    let auditor = office.also("Hoa", "auditor");
    assert_eq!(auditor.post(&path, &[]).status, 403);
    assert!(office.minh.get("/console/proposals").page(200).contains("loại phiếu"), "it still waits");
    assert_eq!(office.minh.post(&format!("{proposal}/forget"), &[]).status, 404);
    let agency = office.app.client(hailong::office::Role::Agency);
    agency.get("/v1/proposals").problem(403, "forbidden");
}
