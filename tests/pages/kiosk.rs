//! Kiosks: the office lets one join, its code opens once and for a short time, its key is bound to one unit.

use hailong::office::Role;
use hailong::office::devices::OPENS;
use serde_json::{Value, json};

use crate::harness::accounts::enrolled;
use crate::harness::fixtures;
use crate::harness::{Browser, Client, NOW, Reply, TestApp};

/// What stands between two texts.
fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}")).1.split_once(after).unwrap().0
}

/// An administrator at a browser.
fn office(app: &TestApp) -> Browser {
    fixtures::publish(app);
    let an = enrolled(app, "An", &["admin"]);
    Browser::signed_in(app, &an, NOW)
}

fn admit(app: &TestApp, office: &Browser, fields: &[(&str, &str)]) -> Reply {
    let origin = format!("http://{}", app.addr);
    office.post_from(&[("Sec-Fetch-Site", "same-origin"), ("Origin", &origin)], "/console/devices/new", fields)
}

/// The secret of an enrolment: pages show it as a code alone, so the office is asked as a page asks it.
fn secret(app: &TestApp, name: &str) -> (String, String) {
    use hailong::office::devices::{EnrolWish, admit};
    use hailong::office::{Actor, Office};
    let office = Office::new(app.store.clone(), std::sync::Arc::new(|| NOW));
    let wish = EnrolWish { name: name.into(), wave: "open".into(), unit: "SYT".into(), sections: vec!["A".into()] };
    let admitted = office.act(&Actor::operator("test"), |act| admit(act, &wish)).unwrap();
    (admitted.secret, admitted.pin)
}

fn join(app: &TestApp, secret: &str) -> Reply {
    let origin = format!("http://{}", app.addr);
    let headers = [("Content-Type", "application/json"), ("Sec-Fetch-Site", "same-origin"), ("Origin", origin.as_str())];
    app.anyone().send("POST", "/k/join", &headers, Some(json!({ "secret": secret }).to_string().as_bytes()))
}

#[test]
fn an_office_lets_a_kiosk_join_by_a_code() {
    let app = TestApp::start();
    let office = office(&app);
    assert!(office.get("/console/devices").page(200).contains("Chưa có kiosk nào"));
    let waves = office.get("/console/devices/new").page(200);
    assert!(waves.contains("Đợt mở (open)") && !waves.contains("Đợt chọn mẫu"), "{waves}");
    let form = office.get("/console/devices/new?wave=open").page(200);
    assert!(form.contains("<option value=\"SYT\">Sở Y tế</option>"), "{form}");
    let page = admit(&app, &office, &[("name", "Kiosk 1"), ("wave", "open"), ("unit", "SYT")]).page(200);
    assert!(page.contains("<svg class=\"qr\"") && !page.contains("hle_"), "the secret is in the code alone: {page}");
    let pin = between(&page, "<strong class=\"pin\">", "</strong>");
    assert!(pin.len() == 6 && pin.bytes().all(|digit| digit.is_ascii_digit()), "{pin}");
    assert!(page.contains("08:15, 01/09/2024"), "{page}");
    let list = office.get("/console/devices").page(200);
    assert!(list.contains("Kiosk 1") && list.contains("mã dùng được đến 08:15"), "{list}");
    assert!(!list.contains(pin));
    for (fields, fault) in [
        ([("name", ""), ("wave", "open"), ("unit", "SYT")], "Tên phải có từ 1 đến 100 ký tự"),
        ([("name", "Kiosk 2"), ("wave", "open"), ("unit", "XXX")], "không có mã “XXX”"),
        ([("name", "Kiosk 2"), ("wave", "sample"), ("unit", "01")], "Đợt chọn mẫu xác suất không dùng kiosk"),
    ] {
        let page = admit(&app, &office, &fields).page(422);
        assert!(page.contains(fault), "{fault} in {page}");
    }
    let audit = app.client(Role::Auditor).get("/v1/audit").text();
    assert!(audit.contains("device.admit"), "{audit}");
}

#[test]
fn a_code_opens_once_and_gives_a_key_for_one_unit() {
    let app = TestApp::start();
    fixtures::publish(&app);
    let (secret, pin) = secret(&app, "Kiosk 1");
    let told = join(&app, &secret).expect(200);
    let expected =
        json!({ "pin": pin, "title": "Kiosk 1", "unit": "Sở Y tế", "start": "/k/open?u=SYT&sections=A&lang=vi", "key": told["key"] });
    assert_eq!(told, expected);
    let again = join(&app, &secret);
    let unknown = join(&app, "hle_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
    let same = |reply: Reply| reply.problem(403, "login-refused");
    assert_eq!(same(again)["detail"], same(unknown)["detail"], "used looks like unknown");
    let kiosk = Client::new(app.addr, Some(told["key"].as_str().unwrap().to_owned()));
    let mut answer = fixtures::submission();
    answer["channel"] = json!("kiosk");
    kiosk.put(&fixtures::new_response(), &answer).expect(201);
    answer["unit"]["code"] = json!("SXD");
    kiosk.put(&fixtures::new_response(), &answer).problem(403, "unit-forbidden");
    kiosk.get("/v1/keys").problem(403, "forbidden");
    let an = Browser::signed_in(&app, &enrolled(&app, "An", &["admin"]), NOW);
    let page = an.get("/console/devices").page(200);
    assert_eq!(page.matches("<td>08:00, 01/09/2024</td>").count(), 2, "let in, and last seen: {page}");
    let keys = app.client(Role::Admin).get("/v1/keys").expect(200);
    let key = keys["items"].as_array().unwrap().iter().find(|key| key["name"] == "Kiosk 1").unwrap().clone();
    assert_eq!((&key["role"], &key["unit"]["code"]), (&json!("device"), &json!("SYT")));
    let audit: Value = app.client(Role::Auditor).get("/v1/audit").expect(200);
    let lines: Vec<&str> = audit["items"].as_array().unwrap().iter().filter_map(|line| line["action"].as_str()).collect();
    assert!(["device.admit", "key.create", "device.join"].iter().all(|action| lines.contains(action)), "{lines:?}");
    assert!(!audit.to_string().contains(&secret) && !audit.to_string().contains(told["key"].as_str().unwrap()));
}

#[test]
fn a_code_that_is_too_old_opens_nothing() {
    let app = TestApp::start();
    fixtures::publish(&app);
    let (secret, _) = secret(&app, "Kiosk 1");
    app.set_now(NOW + OPENS);
    join(&app, &secret).problem(403, "login-refused");
    app.set_now(NOW + OPENS - 1);
    join(&app, &secret).expect(200);
}

#[test]
fn a_kiosk_joins_from_its_own_page_over_a_line_that_nobody_reads() {
    let app = TestApp::start();
    fixtures::publish(&app);
    let (secret, _) = secret(&app, "Kiosk 1");
    let send = |headers: &[(&str, &str)]| {
        let headers: Vec<_> = headers.iter().copied().chain([("Content-Type", "application/json")]).collect();
        app.anyone().send("POST", "/k/join", &headers, Some(json!({ "secret": secret }).to_string().as_bytes()))
    };
    send(&[("Sec-Fetch-Site", "cross-site")]).problem(403, "cross-site");
    send(&[("Host", "10.1.2.3"), ("Origin", "http://10.1.2.3")]).problem(403, "forbidden");
    send(&[("Host", "hailong.example"), ("Origin", "https://hailong.example")]).expect(200);
    assert!(Browser::at(&app).get(&format!("/k?enrol={secret}")).page(400).contains("secret-in-query"));
}

#[test]
fn who_may_not_let_kiosks_join_sees_no_such_page() {
    let app = TestApp::start();
    fixtures::publish(&app);
    let browser = Browser::signed_in(&app, &enrolled(&app, "Minh", &["publisher"]), NOW);
    assert!(!browser.get("/account").page(200).contains("/console/devices"));
    for path in ["/console/devices", "/console/devices/new", "/console/devices/new?wave=open"] {
        assert!(browser.get(path).page(403).contains("<code>forbidden</code>"), "{path}");
    }
    admit(&app, &browser, &[("name", "Kiosk 1"), ("wave", "open"), ("unit", "SYT")]).page(403);
    assert!(Browser::at(&app).get("/console/devices").leads_to().starts_with("/login"));
}

#[test]
fn a_kiosk_s_pages_lead_nowhere_else() {
    let app = TestApp::start();
    fixtures::publish(&app);
    let browser = Browser::at(&app);
    for path in ["/k", "/k/open?u=SYT&lang=vi", "/k/none?u=SYT"] {
        let page = browser.get(path).text();
        let links: Vec<&str> = page.split("<a ").skip(1).map(|link| between(link, "href=\"", "\"")).collect();
        let own = path.split('?').next().unwrap();
        assert!(links.iter().all(|link| link.starts_with(own) || *link == "#main"), "{path}: {links:?}");
        assert!(page.contains("/static/kiosk.mjs?v=") && page.contains("id=\"bar\""), "{page}");
    }
    let form = browser.get("/k/open?u=SYT&lang=vi").page(200);
    assert!(form.contains("data-channel=\"kiosk\"") && !form.contains("id=\"invited\""), "{form}");
}
