//! Signing in by a page: the cookie, what it opens, whose forms it sends.

use std::num::NonZeroU32;

use hailong::http::limit::Rates;
use hailong::http::state::Limits;
use hailong::office::Role;
use hailong::office::sessions::IDLE;

use serde_json::json;

use crate::harness::accounts::{PASSWORD, code, enrolled, enrolled_at};
use crate::harness::{Browser, Client, NOW, TestApp, Wish};

#[test]
fn a_person_signs_in_comes_to_where_they_were_going_and_signs_out() {
    let app = TestApp::start();
    let lan = enrolled(&app, "Lan", &["statistician"]);
    let browser = Browser::at(&app);
    let login = browser.get("/account?x=1").leads_to().to_owned();
    assert_eq!(login, "/login?next=%2Faccount%3Fx%3D1");
    assert!(browser.get(&login).page(200).contains("name=\"next\" value=\"/account?x=1\""));
    let totp = code(&lan, NOW);
    let spaced = format!("{} {}", &totp[..3], &totp[3..]);
    let fields = [("login", " lan"), ("password", PASSWORD), ("totp", spaced.as_str()), ("role", ""), ("next", "/account?x=1")];
    let reply = browser.post("/login", &fields);
    assert_eq!(reply.leads_to(), "/account?x=1");
    let cookie = reply.header("set-cookie").unwrap();
    assert!(cookie.starts_with("hailong=hl_") && cookie.ends_with("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
    let account = browser.get("/account").page(200);
    assert!(account.contains("<dd>Lan</dd>") && account.contains("<dd>Cán bộ thống kê</dd>"), "{account}");
    assert_eq!(browser.get("/account").header("cache-control"), Some("no-store"));
    let kept = browser.cookies();
    assert_eq!(browser.post("/logout", &[]).leads_to(), "/login");
    assert_eq!(browser.cookies(), "");
    assert!(browser.get("/account").leads_to().starts_with("/login"));
    let stolen = app.anyone().send("GET", "/account", &[("Cookie", &kept), ("Accept", "text/html")], None);
    assert!(stolen.leads_to().starts_with("/login"), "the session has ended on the server too");
}

#[test]
fn what_is_wrong_is_told_to_nobody_and_what_was_typed_stays_but_for_secrets() {
    let app = TestApp::start();
    let lan = enrolled(&app, "Lan", &["statistician"]);
    let mut pages = Vec::new();
    for (login, password, totp) in
        [("Lan", "sai mật khẩu", code(&lan, NOW)), ("Lan", PASSWORD, "000000".to_owned()), ("Nobody", PASSWORD, code(&lan, NOW))]
    {
        let reply = Browser::at(&app).post("/login", &[("login", login), ("password", password), ("totp", &totp)]);
        assert_eq!(reply.header("set-cookie"), None);
        let page = reply.page(403);
        assert!(page.contains("<title>Lỗi: Đăng nhập") && page.contains("role=\"alert\"") && !page.contains(password), "{page}");
        assert!(page.contains(&format!("value=\"{login}\"")), "{page}");
        pages.push(page.replace(login, ""));
    }
    assert!(pages.windows(2).all(|two| two[0] == two[1]));
}

#[test]
fn one_with_several_roles_says_as_which() {
    let app = TestApp::start();
    let an = enrolled(&app, "An", &["admin", "auditor"]);
    let browser = Browser::at(&app);
    let totp = code(&an, NOW);
    let mut fields = vec![("login", "An"), ("password", PASSWORD), ("totp", totp.as_str())];
    let page = browser.post("/login", &fields).page(422);
    assert!(page.contains("<a href=\"#role\">Hãy nêu một trong các vai trò"), "{page}");
    fields.push(("role", "auditor"));
    browser.post("/login?lang=en", &fields).leads_to();
    assert!(browser.get("/account?lang=en").page(200).contains("<dd>Auditor</dd>"));
}

#[test]
fn nobody_is_sent_to_another_site() {
    let app = TestApp::start();
    let lan = enrolled(&app, "Lan", &["statistician"]);
    let totp = code(&lan, NOW);
    let fields = [("login", "Lan"), ("password", PASSWORD), ("totp", totp.as_str()), ("next", "//evil.example/account")];
    assert_eq!(Browser::at(&app).post("/login", &fields).leads_to(), "/console");
}

#[test]
fn an_agency_and_a_fieldworker_have_accounts_and_an_agency_s_is_bound_to_its_unit() {
    let app = TestApp::start();
    let admin = app.client(Role::Admin);
    let unbound = admin.post("/v1/persons", &json!({ "name": "Sở", "roles": ["agency"] })).problem(422, "body-invalid");
    assert_eq!(unbound["errors"][0]["code"], "missing-member");
    admin.post("/v1/persons", &json!({ "name": "Máy", "roles": ["device"] })).problem(422, "body-invalid");
    let hoa = enrolled_at(&app, "Hoa", "agency", ("agency-danang", "SYT"));
    let page = Browser::signed_in(&app, &hoa, NOW).get("/account").page(200);
    assert!(page.contains("<dd>Cơ quan được đánh giá</dd>") && page.contains("<dd>Sở Y tế</dd>"), "{page}");
    let tam = enrolled(&app, "Tâm", &["collector"]);
    assert!(Browser::signed_in(&app, &tam, NOW).get("/account").page(200).contains("<dd>Điều tra viên</dd>"));
}

#[test]
fn a_cookie_opens_nothing_of_the_api_and_a_key_no_page() {
    let app = TestApp::start();
    let lan = enrolled(&app, "Lan", &["statistician"]);
    let browser = Browser::signed_in(&app, &lan, NOW);
    browser.get("/account").page(200);
    for (method, path) in
        [("GET", "/v1/runs"), ("GET", "/v1/proposals"), ("POST", "/v1/sessions/current/keys"), ("DELETE", "/v1/sessions/current")]
    {
        let headers = [("Content-Type", "application/json"), ("Sec-Fetch-Site", "same-origin")];
        let body: Option<&[u8]> = (method == "POST").then_some(b"{\"name\":\"x\"}");
        browser.send(method, path, &headers, body).problem(401, "unauthenticated");
    }
    let key = app.key(Role::Statistician, None);
    for headers in [[("Authorization", format!("Bearer {key}"))], [("Cookie", format!("hailong={key}"))]] {
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (*name, value.as_str())).chain([("Accept", "text/html")]).collect();
        let reply = app.anyone().send("GET", "/account", &headers, None);
        assert!(reply.leads_to().starts_with("/login"), "{headers:?}");
    }
    app.anyone().send("GET", "/account", &[], None).problem(401, "unauthenticated");
}

#[test]
fn a_form_of_another_site_is_refused_though_it_has_the_cookie() {
    let app = TestApp::start();
    let lan = enrolled(&app, "Lan", &["statistician"]);
    let browser = Browser::signed_in(&app, &lan, NOW);
    let own = format!("http://{}", app.addr);
    let sibling = format!("http://{}", app.addr).replace("127.0.0.1", "127.0.0.2");
    let evil = [
        vec![("Sec-Fetch-Site", "cross-site")],
        vec![("Sec-Fetch-Site", "same-site"), ("Origin", own.as_str())],
        vec![("Origin", sibling.as_str())],
        vec![("Origin", "null")],
        vec![],
    ];
    for from in &evil {
        let page = browser.post_from(from, "/logout", &[]).page(403);
        assert!(page.contains("<code>cross-site</code>"), "{from:?}: {page}");
        browser.get("/account").page(200);
    }
    // Signing somebody in as somebody else is as much a thing to do from another site.
    assert_eq!(Browser::at(&app).post_from(&evil[0], "/login", &[("login", "Lan")]).status, 403);
    assert_eq!(browser.post_from(&[("Origin", own.as_str())], "/logout", &[]).leads_to(), "/login");
}

#[test]
fn nobody_signs_in_over_a_line_that_others_can_read() {
    let app = TestApp::start();
    let lan = enrolled(&app, "Lan", &["statistician"]);
    let totp = code(&lan, NOW);
    let fields = [("login", "Lan"), ("password", PASSWORD), ("totp", totp.as_str())];
    let open = [("Host", "10.1.2.3"), ("Origin", "http://10.1.2.3")];
    let reply = Browser::at(&app).post_from(&open, "/login", &fields);
    assert_eq!(reply.header("set-cookie"), None);
    assert!(reply.page(403).contains("https"));
    let encrypted = [("Host", "hailong.example"), ("Origin", "https://hailong.example")];
    let reply = Browser::at(&app).post_from(&encrypted, "/login", &fields);
    let cookie = reply.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-hailong=hl_") && cookie.contains("; Secure"), "{cookie}");
}

#[test]
fn a_session_ends_by_itself_after_a_quarter_of_an_hour() {
    let app = TestApp::start();
    let lan = enrolled(&app, "Lan", &["statistician"]);
    let browser = Browser::signed_in(&app, &lan, NOW);
    app.set_now(NOW + IDLE + 1);
    std::thread::sleep(std::time::Duration::from_millis(2_100)); // longer than a server remembers
    assert_eq!(browser.get("/account").leads_to(), "/login?next=%2Faccount");
    assert_eq!(browser.post("/logout", &[]).leads_to(), "/login", "a form has nowhere to come back to");
}

#[test]
fn failures_on_the_page_count_as_those_of_keys() {
    let few = Rates { failures_per_minute: NonZeroU32::new(3).unwrap(), ..Rates::DEFAULT };
    let app = TestApp::with(Wish { limits: Limits { rates: Some(few), ..Limits::default() }, ..Wish::default() });
    let tried: Vec<u16> =
        (0..4).map(|_| Browser::at(&app).post("/login", &[("login", "Lan"), ("password", "x"), ("totp", "000000")]).status).collect();
    assert_eq!(tried, [403, 403, 403, 429]);
    let key = Client::new(app.addr, Some(format!("hl_{}", "A".repeat(43))));
    key.get("/v1/runs").problem(429, "rate-limited");
}

#[test]
fn logins_are_counted_before_they_are_judged_and_a_made_up_cookie_is_no_way_around() {
    let few = NonZeroU32::new(3).unwrap();
    let app = |rates| TestApp::with(Wish { limits: Limits { rates: Some(rates), ..Limits::default() }, ..Wish::default() });
    let logins = app(Rates { logins_per_minute: few, ..Rates::DEFAULT });
    let lan = enrolled(&logins, "Lan", &["statistician"]);
    let right = code(&lan, NOW);
    let tried: Vec<u16> =
        (0..3).map(|_| Browser::at(&logins).post("/login", &[("login", "Lan"), ("password", PASSWORD), ("totp", &right)]).status).collect();
    // Enrolling was one, and a code is taken once.
    assert_eq!(tried, [303, 403, 429]);
    logins.anyone().post("/v1/sessions", &json!({ "login": "Lan", "password": PASSWORD, "totp": right })).problem(429, "rate-limited");

    let pages = app(Rates { peer_per_second: few, ..Rates::DEFAULT });
    let made_up = [("Cookie", format!("hailong=hl_{}", "A".repeat(43))), ("Accept", "text/html".to_owned())];
    let made_up: Vec<(&str, &str)> = made_up.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let passed = (0..60).filter(|_| pages.anyone().send("GET", "/login", &made_up, None).status == 200).count();
    assert!((6..30).contains(&passed), "{passed} of 60 at three a second");
}

#[test]
fn signing_in_again_ends_the_session_before_it() {
    let app = TestApp::start();
    let (lan, minh) = (enrolled(&app, "Lan", &["statistician"]), enrolled(&app, "Minh", &["publisher"]));
    let browser = Browser::signed_in(&app, &lan, NOW);
    let before = browser.cookies();
    browser.post("/login", &[("login", "Minh"), ("password", PASSWORD), ("totp", &code(&minh, NOW))]).leads_to();
    assert!(browser.get("/account").page(200).contains("<dd>Minh</dd>"));
    let kept = app.anyone().send("GET", "/account", &[("Cookie", &before), ("Accept", "text/html")], None);
    assert!(kept.leads_to().starts_with("/login"), "whoever kept the cookie of before is nobody");
}
