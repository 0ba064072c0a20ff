//! The pages of those who keep the house: persons, keys, units, the audit log, how the server stands.

use hailong::office::Role;
use serde_json::json;

use super::console::{HOSTILE, guarded, harmless};
use crate::harness::accounts::{enrol, enrolled, enrolled_at};
use crate::harness::composites::provinces;
use crate::harness::fixtures::publish;
use crate::harness::{Browser, Client, HOUR, NOW, TestApp, Wish};

const DAY: i64 = 24 * HOUR;

fn signed_in(app: &TestApp, name: &'static str, role: &str) -> Browser {
    Browser::signed_in(app, &enrolled(app, name, &[role]), NOW)
}

/// What stands between two texts of a page.
#[track_caller]
fn between<'p>(page: &'p str, from: &str, to: &str) -> &'p str {
    page.split_once(from).and_then(|(_, rest)| rest.split_once(to)).unwrap_or_else(|| panic!("no {from:?} … {to:?} in {page}")).0
}

#[test]
fn an_admin_comes_to_how_the_server_stands() {
    let app = TestApp::start();
    let person = enrolled(&app, "An", &["admin"]);
    let browser = Browser::at(&app);
    let totp = crate::harness::accounts::code(&person, NOW);
    let fields = [("login", "An"), ("password", crate::harness::accounts::PASSWORD), ("totp", totp.as_str())];
    assert_eq!(browser.post("/login", &fields).leads_to(), "/console/admin");
    let page = browser.get("/console/admin").page(200);
    assert!(page.contains("Máy chủ sẵn sàng nhận và ghi phiếu") && page.contains("0024"), "{page}");
    let on_file = !app.url().starts_with("postgres");
    assert!(!on_file || page.contains("test.sqlite") && page.contains("còn trống"), "{page}");
    assert!(page.contains("href=\"/console/admin/keys\"") && page.contains("href=\"/console/audit\""), "{page}");
    let backups = browser.get("/console/admin/backups").page(200);
    assert!(backups.contains("Máy chủ không giữ danh sách bản sao lưu"), "{backups}");
    let commands = if on_file { ["test.sqlite", "VACUUM INTO"] } else { ["pg_dump", "HAILONG_DATABASE"] };
    assert!(commands.iter().all(|part| backups.contains(part)), "the command is that of this database: {backups}");
}

#[test]
fn every_page_is_of_those_whose_role_it_is() {
    let app = TestApp::start();
    let (publisher, auditor) = (signed_in(&app, "Minh", "publisher"), signed_in(&app, "Hoa", "auditor"));
    for path in [
        "/console/admin",
        "/console/admin/persons",
        "/console/admin/keys",
        "/console/admin/units",
        "/console/admin/backups",
        "/console/audit",
    ] {
        guarded(&app, path, &publisher);
    }
    auditor.get("/console/audit").page(200);
    assert!(auditor.get("/account").page(200).contains("href=\"/console/audit\""));
    let bound = Browser::signed_in(&app, &enrolled_at(&app, "Bình", "admin", ("agency-danang", "SYT")), NOW);
    for (path, fields) in [
        ("/console/admin/persons", vec![("name", "X"), ("roles", "publisher")]),
        ("/console/admin/keys", vec![("name", "X"), ("role", "device")]),
        ("/console/admin/persons/1/disable", vec![]),
        ("/console/admin/keys/1/revoke", vec![]),
    ] {
        assert_eq!(auditor.post(path, &fields).status, 403, "{path}");
        assert_eq!(bound.post(path, &fields).status, 403, "{path}: what is about all units");
        assert!(Browser::at(&app).post(path, &fields).leads_to().starts_with("/login"), "{path}");
    }
    for path in ["/console/admin", "/console/admin/keys", "/console/audit"] {
        assert!(bound.get(path).page(403).contains("<code>unit-forbidden</code>"), "{path}");
    }
}

#[test]
fn a_person_is_invited_by_one_confirmed_by_another_and_disabled() {
    let app = TestApp::start();
    let (an, hoa) = (signed_in(&app, "An", "admin"), signed_in(&app, "Hoa", "auditor"));
    let wrong = an.post("/console/admin/persons", &[("name", "Lan"), ("roles", "agency")]).page(422);
    assert!(wrong.contains("href=\"#unit\"") && wrong.contains("value=\"Lan\""), "{wrong}");
    let none = an.post("/console/admin/persons", &[("name", "Lan")]).page(422);
    assert!(none.contains("href=\"#roles\"") && none.contains("id=\"roles\""), "{none}");
    let page = an
        .post("/console/admin/persons", &[("name", "Lan"), ("roles", "agency"), ("roles", "collector"), ("unit", "agency-danang:SYT")])
        .page(200);
    let first = between(&page, "<p><code>", "</code></p>").to_owned();
    assert!(!page.contains("<th scope=\"row\">Lan</th>"), "nothing takes effect before: {page}");
    assert!(!an.get("/console/admin/persons").page(200).contains(&first), "shown once");
    let id = between(&hoa.get("/console/proposals").page(200), "/console/proposals/", "/confirm").to_owned();
    assert_eq!(an.post(&format!("/console/proposals/{id}/confirm"), &[]).status, 403, "not by oneself");
    let confirmed = hoa.post(&format!("/console/proposals/{id}/confirm"), &[]).page(200);
    let second = between(&confirmed, "<p><code>", "</code></p>").to_owned();
    enrol(&app, "Lan", &format!("{first}{second}")).expect(201);
    let page = an.get("/console/admin/persons").page(200);
    let row = between(&page, "<th scope=\"row\">Lan</th>", "</tr>");
    assert!(row.contains("Điều tra viên") && row.contains("Cơ quan được đánh giá") && row.contains("Sở Y tế"), "{row}");
    let disable = between(row, "action=\"", "\"").to_owned();
    assert_eq!(an.post(&disable, &[]).leads_to(), "/console/admin/persons");
    let page = an.get("/console/admin/persons").page(200);
    assert!(between(&page, "<th scope=\"row\">Lan</th>", "</tr>").contains("ngừng từ 01/09/2024"), "{page}");
    let log = hoa.get("/console/audit?action=person.").page(200);
    assert!(log.contains("<code>person.disable</code>") && log.contains("<code>person.invite</code>"), "{log}");
}

#[test]
fn the_last_admin_stays() {
    let app = TestApp::start();
    let an = signed_in(&app, "An", "admin");
    let own =
        |page: &str, name: &str| between(between(page, &format!("<th scope=\"row\">{name}</th>"), "</tr>"), "action=\"", "\"").to_owned();
    let page = an.get("/console/admin/persons").page(200);
    let refused = an.post(&own(&page, "An"), &[]).page(409);
    assert!(refused.contains("quản trị viên cuối cùng"), "{refused}");
    let binh = signed_in(&app, "Bình", "admin");
    let page = binh.get("/console/admin/persons").page(200);
    assert_eq!(binh.post(&own(&page, "An"), &[]).leads_to(), "/console/admin/persons");
    assert!(binh.get("/console/admin/persons").page(200).contains("ngừng từ"));
}

#[test]
fn a_key_is_shown_once_expires_and_says_when_it_was_used() {
    let app = TestApp::start();
    publish(&app);
    let an = signed_in(&app, "An", "admin");
    let form = an.get("/console/admin/keys").page(200);
    assert!(form.contains("value=\"365\""), "a year if nobody says otherwise: {form}");
    let fields = [("name", "Kiosk 3"), ("role", "device"), ("unit", "agency-danang:SYT"), ("days", "2")];
    let page = an.post("/console/admin/keys", &fields).page(200);
    let text = between(&page, "<p><code>", "</code></p>").to_owned();
    assert!(text.starts_with("hl_") && !an.get("/console/admin/keys").page(200).contains(&text));
    let row = |page: &str| between(page, "<td>Kiosk 3</td>", "</tr>").to_owned();
    assert!(row(&page).contains("03/09/2024") && row(&page).contains("chưa dùng"), "{page}");
    let key = Client::new(app.addr, Some(text));
    key.post("/v1/responses:batch", &json!({ "responses": [] })).expect(200);
    assert!(row(&an.get("/console/admin/keys").page(200)).contains("08:00, 01/09/2024"), "it was used");
    app.set_now(NOW + 2 * DAY - 1);
    std::thread::sleep(std::time::Duration::from_millis(2_100)); // longer than a server remembers
    key.post("/v1/responses:batch", &json!({ "responses": [] })).expect(200);
    app.set_now(NOW + 2 * DAY);
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    key.post("/v1/responses:batch", &json!({ "responses": [] })).problem(401, "unauthenticated");
    let told = app.client(Role::Admin).get("/v1/keys").expect(200);
    let told = told["items"].as_array().unwrap().iter().find(|key| key["name"] == "Kiosk 3").unwrap().clone();
    assert_eq!(
        (&told["expires_at"], &told["used_at"]),
        (&json!("2024-09-03T01:00:00.000000Z"), &json!("2024-09-03T00:59:59.999999Z")),
        "{told}"
    );
}

#[test]
fn a_key_that_decides_takes_two_and_any_is_revoked() {
    let app = TestApp::start();
    let (an, hoa) = (signed_in(&app, "An", "admin"), signed_in(&app, "Hoa", "auditor"));
    for (fields, place) in [
        (vec![("name", "X"), ("role", "root")], "#role"),
        (vec![("name", "X"), ("role", "device"), ("days", "0")], "#days"),
        (vec![("name", "X"), ("role", "device"), ("days", "soon")], "#days"),
        (vec![("name", "X"), ("role", "agency")], "#unit"),
        (vec![("name", ""), ("role", "device")], "#name"),
    ] {
        let page = an.post("/console/admin/keys", &fields).page(422);
        assert!(page.contains(&format!("href=\"{place}\"")), "{fields:?}: {page}");
    }
    let page = an.post("/console/admin/keys", &[("name", "Lan"), ("role", "statistician"), ("days", "30")]).page(200);
    let first = between(&page, "<p><code>", "</code></p>").to_owned();
    let id = between(&hoa.get("/console/proposals").page(200), "/console/proposals/", "/confirm").to_owned();
    let confirmed = hoa.post(&format!("/console/proposals/{id}/confirm"), &[]).page(200);
    let key = Client::new(app.addr, Some(format!("{first}{}", between(&confirmed, "<p><code>", "</code></p>"))));
    key.get("/v1/runs").expect(200);
    let page = an.get("/console/admin/keys").page(200);
    let row = between(&page, "<td>Lan</td>", "</tr>");
    assert!(row.contains("01/10/2024"), "thirty days from the confirmation: {row}");
    assert_eq!(an.post(between(row, "action=\"", "\""), &[]).leads_to(), "/console/admin/keys");
    key.get("/v1/runs").problem(401, "unauthenticated");
    assert!(an.get("/console/admin/keys").page(200).contains("thu hồi 01/09/2024"));
    let hostile = an.post("/console/admin/keys", &[("name", HOSTILE), ("role", "device")]).text();
    harmless(&hostile);
}

#[test]
fn units_are_found_by_name_with_or_without_marks_and_tell_what_they_came_from() {
    let app = TestApp::with(Wish { units: provinces(), ..Wish::default() });
    let an = signed_in(&app, "An", "admin");
    for wanted in ["da%20nang", "%C4%90%C3%A0%20N%E1%BA%B5ng"] {
        let page = an.get(&format!("/console/admin/units?q={wanted}&list=vn-34")).page(200);
        let row = between(&page, "<tbody>", "</tbody>");
        assert!(row.contains("vn-34 <code>48</code>") && row.contains("Tỉnh Quảng Nam 49"), "{wanted}: {row}");
        assert_eq!(row.matches("<tr>").count(), 1, "{row}");
    }
    let first = an.get("/console/admin/units?q=").page(200);
    assert_eq!(first.matches("<tr><th scope=\"row\">").count(), 99, "63, 34 and the country twice");
    assert!(an.get("/console/admin/units?q=none").page(200).contains("Không có đơn vị nào như vậy"));
    harmless(&an.get("/console/admin/units?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E").page(200));
}

#[test]
fn the_audit_log_is_found_by_who_what_when_and_paged() {
    let app = TestApp::start();
    let hoa = signed_in(&app, "Hoa", "auditor");
    let an = signed_in(&app, "An", "admin");
    for place in 0..105 {
        an.post("/console/admin/keys", &[("name", format!("Kiosk {place}").as_str()), ("role", "device")]).page(200);
    }
    let page = hoa.get("/console/audit?action=key.create&actor=An").page(200);
    assert_eq!(page.matches("<code>key.create</code>").count(), 100, "{page}");
    let older = between(&page, "<p><a href=\"/console/audit?", "\"").replace("&amp;", "&");
    assert!(older.contains("action=key.create") && older.contains("actor=An"), "{older}");
    let rest = hoa.get(&format!("/console/audit?{older}")).page(200);
    assert_eq!(rest.matches("<code>key.create</code>").count(), 5, "{rest}");
    assert!(!rest.contains("Cũ hơn"));
    for (query, found) in [
        ("from=2024-09-01", true),
        ("from=2024-09-02", false),
        ("until=2024-08-31", false),
        ("until=2024-09-01", true),
        ("actor=Minh", false),
    ] {
        let page = hoa.get(&format!("/console/audit?action=key.create&{query}")).page(200);
        assert_eq!(page.contains("<code>key.create</code>"), found, "{query}");
    }
    harmless(&hoa.get("/console/audit?object=%3Cscript%3Ealert(1)%3C%2Fscript%3E").page(200));
}
