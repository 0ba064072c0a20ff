//! The made-up people of a demonstration: whom one may be at the machine, and nobody anywhere else.

use hailong::http::state::Limits;
use hailong::office::demo::{CAST, invite_cast};
use hailong::office::{Actor, Office};
use serde_json::json;

use crate::harness::accounts::{PASSWORD, enrol};
use crate::harness::{Browser, NOW, TestApp, Wish};

const AT_HOME: [(&str, &str); 2] = [("Sec-Fetch-Site", "same-origin"), ("Content-Type", "application/x-www-form-urlencoded")];

fn app(demo: bool) -> TestApp {
    let app = TestApp::with(Wish { limits: Limits { rates: None, demo, ..Limits::default() }, ..Wish::default() });
    let office = Office::new(app.store.clone(), std::sync::Arc::new(|| NOW));
    office.act(&Actor::operator("demo"), |act| invite_cast(act, ("vn-34", "48"))).unwrap();
    app
}

#[test]
fn whoever_sits_at_the_machine_is_each_of_them_and_comes_to_where_that_one_works() {
    let app = app(true);
    for (name, role, _) in CAST {
        let browser = Browser::at(&app);
        assert!(browser.get("/demo").page(200).contains(&format!("value=\"{name}\"")));
        let place = browser.post("/demo", &[("as", name)]).leads_to().to_owned();
        assert_eq!(browser.get(&place).status, 200, "{name} at {place}");
        assert!(browser.get("/account").page(200).contains(role.said().vi.as_ref()), "{name}");
    }
}

#[test]
fn nobody_else_is_any_of_them() {
    let plain = app(false);
    assert_eq!(Browser::at(&plain).get("/demo").status, 404, "a server that shows no demonstration");
    assert_eq!(Browser::at(&plain).post("/demo", &[("as", "demo-publisher")]).status, 404);

    let app = app(true);
    let refused = |more: &[(&str, &str)]| {
        let headers: Vec<(&str, &str)> = AT_HOME.iter().chain(more).copied().collect();
        let reply = app.anyone().send("POST", "/demo", &headers, Some(b"as=demo-publisher"));
        assert_eq!((reply.status, reply.header("set-cookie")), (404, None), "{more:?}");
    };
    refused(&[("X-Forwarded-For", "192.0.2.1")]);
    refused(&[("Forwarded", "for=192.0.2.1")]);
    refused(&[("Host", "hailong.example")]);
    let other = app.anyone().send("POST", "/demo", &[("Sec-Fetch-Site", "cross-site"), AT_HOME[1]], Some(b"as=demo-publisher"));
    assert_eq!((other.status, other.header("set-cookie")), (403, None), "a form of another site");
    let unknown = Browser::at(&app).post("/demo", &[("as", "Lan")]);
    assert_eq!((unknown.status, unknown.header("set-cookie")), (404, None));
}

#[test]
fn they_have_no_password_and_one_who_gets_one_is_made_up_no_more() {
    let app = app(true);
    let tried = json!({ "login": "demo-publisher", "password": PASSWORD, "totp": "000000" });
    app.anyone().post("/v1/sessions", &tried).problem(403, "login-refused");
    let (first, second) = crate::harness::accounts::invite(&app, "demo-publisher", &["publisher"]);
    enrol(&app, "demo-publisher", &format!("{first}{second}")).expect(201);
    assert_eq!(Browser::at(&app).post("/demo", &[("as", "demo-publisher")]).status, 404);
    assert_eq!(Browser::at(&app).post("/demo", &[("as", "demo-statistician")]).status, 303);
}
