//! Answering by a page, without script: the form, what is wrong with it, the receipt and what it opens.

use std::num::NonZeroU32;

use hailong::http::limit::Rates;
use hailong::http::state::Limits;
use hailong::office::Role;
use serde_json::{Value, json};

use crate::harness::fixtures::{self, words};
use crate::harness::{Browser, HOUR, NOW, TestApp, Wish};

/// A questionnaire with every kind of item and a condition.
fn every_kind() -> Value {
    let option = |code: &str, vi: &str, en: &str| json!({ "code": code, "label": words(vi, en) });
    json!({
        "kind": "questionnaire", "code": "mini", "version": "2", "languages": ["vi", "en", "tay"], "title": words("Phiếu thử", "Test form"),
        "scales": { "three": { "options": [
            { "code": "bad", "score": 0, "label": words("Không hài lòng", "Dissatisfied") },
            { "code": "fair", "score": 50, "label": words("Bình thường", "Neutral") },
            { "code": "good", "score": 100, "label": words("Hài lòng", "Satisfied") } ] } },
        "sections": [
            { "code": "A", "title": words("Phần A", "Part A"), "items": [
                { "code": "Q1", "kind": "scale", "scale": "three", "required": true,
                  "text": { "vi": "Hài lòng?", "en": "Satisfied?", "tay": "Đảy slim bấu?" } },
                { "code": "why", "kind": "multiple", "min_selected": 1, "max_selected": 2, "exclusive": ["none"], "required": true,
                  "relevant": { "item": "Q1", "is": ["bad"] }, "text": words("Vì sao?", "Why?"),
                  "options": [option("wait", "Chờ lâu", "Wait"), option("fee", "Phí", "Fee"), option("rude", "Thái độ", "Manner"), option("none", "Không rõ", "Unclear")] },
                { "code": "age", "kind": "number", "min": 18, "max": 120, "decimals": 0, "does_not_apply": true, "text": words("Tuổi", "Age") },
                { "code": "day", "kind": "date", "min": "2024-01-01", "max": "2024-12-31", "text": words("Ngày", "Day") },
                { "code": "note", "kind": "text", "max_length": 20, "text": words("Góp ý", "Comment") } ] },
            { "code": "B", "title": words("Phần B", "Part B"), "items": [
                { "code": "Q2", "kind": "scale", "scale": "three", "required": true, "text": words("Thái độ?", "Attitude?") } ] } ]
    })
}

fn with_every_kind(app: &TestApp) {
    fixtures::publish(app);
    app.client(Role::Statistician).put("/v1/surveys/mini/versions/2", &every_kind()).expect(201);
}

/// What stands between two texts.
fn between<'t>(text: &'t str, before: &str, after: &str) -> &'t str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}")).1;
    rest.split_once(after).unwrap().0
}

fn hidden_id(page: &str) -> String {
    between(page, "name=\"id\" value=\"", "\"").to_owned()
}

/// The submissions that are stored about a wave, in the order of arrival.
fn stored(app: &TestApp) -> Vec<Value> {
    let list = app.client(Role::Statistician).get("/v1/responses?wave=open").json();
    let reader = app.client(Role::Statistician);
    let ids = list["items"].as_array().unwrap().iter().map(|row| row["seq"].to_string());
    ids.map(|seq| reader.get(&format!("/v1/responses/{seq}")).json()).collect()
}

const FORM: &str = "/s/open?u=SYT";

#[test]
fn a_form_shows_every_question_and_what_script_needs_to_ask_one_by_one() {
    let app = TestApp::start();
    with_every_kind(&app);
    let page = Browser::at(&app).get(FORM).page(200);
    for part in [
        "<h1>Đợt mở</h1><p class=\"lead rated\">Sở Y tế</p>",
        "<fieldset class=\"q\" id=\"answers.Q1\" name=\"answers.Q1\"",
        "<legend>Hài lòng? <span class=\"must\" lang=\"vi\">(bắt buộc)</span></legend>",
        "<input type=\"radio\" name=\"answers.Q1\" value=\"good\">",
        "data-if=\"{&quot;is&quot;:[&quot;bad&quot;],&quot;item&quot;:&quot;Q1&quot;}\" data-required data-alone=\"none\"",
        "Chọn nhiều nhất 2",
        "<input type=\"checkbox\" name=\"answers.why\" value=\"fee\">",
        "inputmode=\"numeric\" name=\"answers.age\"",
        "<input type=\"checkbox\" name=\"answers.age\" value=\"@does_not_apply\">",
        "<input type=\"date\" name=\"answers.day\" value=\"\" min=\"2024-01-01\" max=\"2024-12-31\"",
        "<textarea name=\"answers.note\" rows=\"4\" maxlength=\"20\"",
        "<summary>Tôi có mã thư mời</summary>",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert_eq!(page.matches("<svg class=\"face\"").count(), 6, "a face for each option of a scale, and for no other");
    let shapes: std::collections::HashSet<&str> =
        page.split("<path class=\"shape\" d=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(shapes.len(), 3, "each step has a shape of its own");
    assert_ne!(hidden_id(&page), hidden_id(&Browser::at(&app).get(FORM).page(200)));
}

#[test]
fn an_answer_is_stored_once_however_often_its_form_is_sent() {
    let app = TestApp::start();
    with_every_kind(&app);
    let browser = Browser::at(&app);
    let id = hidden_id(&browser.get("/s/open?u=SYT&via=qr").page(200));
    let fields = [
        ("id", id.as_str()),
        ("version", "2"),
        ("answers.Q1", "bad"),
        ("answers.why", "wait"),
        ("answers.why", "fee"),
        ("answers.age", "34"),
        ("answers.day", "2024-08-30"),
        ("answers.note", "Tốt"),
        ("answers.Q2", "good"),
        ("invitation", ""),
    ];
    let reply = browser.post("/s/open?u=SYT&via=qr", &fields);
    assert_eq!(reply.leads_to(), "/s/open/thanks?u=SYT&via=qr&lang=vi");
    let cookie = reply.header("set-cookie").unwrap().to_owned();
    assert!(cookie.ends_with("; Path=/s/open/thanks; Max-Age=600; HttpOnly; SameSite=Strict"), "{cookie}");
    let thanks = browser.get("/s/open/thanks?u=SYT&lang=vi").page(200);
    let slip = between(&thanks, "<p class=\"slip-code\"><code>", "</code>").to_owned();
    assert!(slip.replace('-', "").to_lowercase().starts_with(&id[..8]), "{slip} {id}");
    assert_eq!(browser.post("/s/open?u=SYT&via=qr", &fields).leads_to(), "/s/open/thanks?u=SYT&via=qr&lang=vi");
    assert!(browser.get("/s/open/thanks?u=SYT").page(200).contains(&slip), "the same receipt");
    let stored = stored(&app);
    assert_eq!(stored.len(), 1);
    let sent = &stored[0]["submission"];
    assert_eq!(
        (&sent["channel"], &sent["language"], &sent["version"], &sent["unit"]["code"]),
        (&json!("qr"), &json!("vi"), &json!("2"), &json!("SYT"))
    );
    assert_eq!(
        sent["answers"],
        json!({ "Q1": "bad", "why": ["wait", "fee"], "age": 34, "day": "2024-08-30", "note": "Tốt", "Q2": "good" })
    );
    let mut changed = fields;
    changed[2].1 = "good";
    assert!(browser.post(FORM, &changed).page(409).contains("<h1>Phiếu này đã được gửi trước đó</h1>"));
    assert_eq!(browser.post("/s/open/thanks", &[]).leads_to(), "/s/open/thanks");
    assert!(!browser.get("/s/open/thanks").page(200).contains("slip-code"), "the receipt is gone from the browser");
}

#[test]
fn what_is_wrong_is_told_at_each_question_and_what_was_written_stays() {
    let app = TestApp::start();
    with_every_kind(&app);
    let browser = Browser::at(&app);
    let id = hidden_id(&browser.get(FORM).page(200));
    let fields = [
        ("id", id.as_str()),
        ("version", "2"),
        ("answers.Q1", "bad"),
        ("answers.age", "7"),
        ("answers.note", "dài hơn hai mươi ký tự rồi"),
    ];
    let page = browser.post(FORM, &fields).page(422);
    assert!(page.contains("<title>Lỗi: Đợt mở"), "{page}");
    for part in [
        "<section class=\"summary\" role=\"alert\"",
        "<a href=\"#answers.why\">Vì sao? – Câu này bắt buộc trả lời</a>",
        "<a href=\"#answers.Q2\">Thái độ? – Câu này bắt buộc trả lời</a>",
        "<p class=\"fault\" id=\"answers.age-fault\">",
        "aria-describedby=\"answers.age-hint answers.age-fault\"",
        "value=\"bad\" checked",
        "name=\"answers.age\" value=\"7\"",
        "\ndài hơn hai mươi ký tự rồi</textarea>",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    assert_eq!(hidden_id(&page), id);
    assert_eq!(stored(&app).len(), 0);
    let good = [
        ("id", id.as_str()),
        ("version", "2"),
        ("answers.Q1", "good"),
        ("answers.why", "wait"),
        ("answers.age", "@does_not_apply"),
        ("answers.Q2", "fair"),
    ];
    browser.post(FORM, &good).leads_to();
    let answers = stored(&app)[0]["submission"]["answers"].clone();
    assert_eq!(answers["age"], json!({ "missing": "does_not_apply" }), "{answers}");
}

#[test]
fn sections_that_are_not_offered_are_recorded_as_such() {
    let app = TestApp::start();
    with_every_kind(&app);
    let browser = Browser::at(&app);
    let address = "/s/open?u=SYT&sections=B,none";
    let page = browser.get(address).page(200);
    assert!(
        page.contains("answers.Q2") && !page.contains("id=\"answers.Q1\"") && page.contains("data-not-offered=\"Q1 why age day note\""),
        "{page}"
    );
    browser.post(address, &[("id", &hidden_id(&page)), ("version", "2"), ("answers.Q2", "good"), ("answers.Q1", "bad")]).leads_to();
    let answers = stored(&app)[0]["submission"]["answers"].clone();
    assert_eq!((&answers["Q2"], &answers["Q1"]), (&json!("good"), &json!({ "missing": "not_offered" })));
}

#[test]
fn a_form_speaks_each_language_of_its_questionnaire() {
    let app = TestApp::start();
    with_every_kind(&app);
    let browser = Browser::at(&app);
    let english = browser.get("/s/open?u=SYT&lang=en").page(200);
    assert!(
        english.contains("<h1>Open wave</h1>") && english.contains("<legend>Satisfied?") && english.contains(">Send</button>"),
        "{english}"
    );
    let tay = browser.get("/s/open?u=SYT&lang=tay").page(200);
    assert!(
        tay.contains("<legend lang=\"tay\">Đảy slim bấu?") && tay.contains("data-language=\"tay\"") && tay.contains(">Gửi phiếu</button>"),
        "{tay}"
    );
    assert!(tay.contains("href=\"/s/open?u=SYT&amp;lang=tay\" lang=\"tay\""), "{tay}");
    browser.post("/s/open?u=SYT&lang=tay", &[("version", "2"), ("answers.Q1", "good"), ("answers.Q2", "good")]).leads_to();
    assert_eq!(stored(&app)[0]["submission"]["language"], "tay");
    app.client(Role::Statistician)
        .put("/v1/surveys/mini/versions/3", &{
            let mut only = fixtures::questionnaire();
            (only["version"], only["languages"]) = (json!("3"), json!(["vi"]));
            only
        })
        .expect(201);
    let page = browser.get("/s/open?u=SYT&lang=en").page(200);
    assert!(page.contains("data-language=\"vi\"") && page.contains("<legend lang=\"vi\">Hài lòng?"), "{page}");
}

#[test]
fn where_there_is_no_form_a_page_says_why_and_what_to_do() {
    let app = TestApp::start();
    fixtures::publish(&app);
    let browser = Browser::at(&app);
    assert!(browser.get("/s/none?u=SYT").page(404).contains("Không có phiếu ở địa chỉ này"));
    assert!(browser.get("/s/sample?u=01").page(403).contains("người được chọn ngẫu nhiên"));
    let which = browser.get("/s/open").page(200);
    assert!(which.contains("Ông/Bà đánh giá đơn vị nào?") && which.contains("href=\"/s/open?u=SXD\""), "{which}");
    let unknown = browser.get("/s/open?u=XXX&lang=en").page(404);
    assert!(
        unknown.contains("The unit in the address is not on the list") && unknown.contains("href=\"/s/open?u=SYT&amp;lang=en\""),
        "{unknown}"
    );
    app.set_now(NOW - 11 * HOUR);
    let early = browser.get(FORM).page(409);
    assert!(early.contains("Đợt này chưa nhận phiếu. Nhận phiếu từ <strong>22:00, 31/08/2024</strong>"), "{early}");
    assert!(browser.post(FORM, &[("version", "1"), ("answers.Q1", "5")]).page(409).contains("chưa nhận phiếu"));
    app.set_now(NOW);
    let id = hidden_id(&browser.get(FORM).page(200));
    let fields = [("id", id.as_str()), ("version", "1"), ("answers.Q1", "5")];
    browser.post(FORM, &fields).leads_to();
    app.set_now(NOW + 11 * HOUR);
    assert!(browser.get(FORM).page(409).contains("kể từ <strong>18:00, 01/09/2024</strong>"));
    assert!(browser.post(FORM, &[("version", "1"), ("answers.Q1", "5")]).page(409).contains("không nhận phiếu nữa"));
    browser.post(FORM, &fields).leads_to(); // what was stored in time has its receipt still
    assert_eq!(browser.post(FORM, &[("version", "9"), ("answers.Q1", "5")]).status, 404);
}

#[test]
fn an_invitation_is_used_once_and_stands_in_no_address() {
    let app = TestApp::start();
    fixtures::publish(&app);
    let mut needed = fixtures::open_wave();
    needed["invitations"] = json!("required");
    app.client(Role::Statistician).put("/v1/waves/invited", &needed).expect(201);
    let office = app.client(Role::Statistician);
    let wish = json!({ "wave": "invited", "unit": { "list": "agency-danang", "code": "SYT" }, "dossier": "H1", "address": "https://h.example/s/invited?u=SYT" });
    let made = office.post("/v1/invitations", &wish).json();
    let token = made["token"].as_str().unwrap();
    assert_eq!(made["link"], format!("https://h.example/s/invited?u=SYT#{token}"));
    let (browser, address) = (Browser::at(&app), "/s/invited?u=SYT");
    assert!(browser.get(address).page(200).contains("<div id=\"invited\"><div class=\"field\">"), "it is asked for where it is needed");
    let fields = |token: &'static str| [("version", "1"), ("answers.Q1", "5"), ("invitation", token)];
    let missing = browser.post(address, &fields("")).page(403);
    assert!(missing.contains("<a href=\"#invitation\">Cần thư mời để trả lời</a>") && missing.contains("value=\"5\" checked"), "{missing}");
    let wrong = browser.post(address, &fields("hli_sai")).page(404);
    assert!(wrong.contains("href=\"#invitation\"") && wrong.contains("value=\"5\" checked"), "{wrong}");
    let spaced = format!(" {token} ");
    browser.post(address, &[("version", "1"), ("answers.Q1", "5"), ("invitation", &spaced)]).leads_to();
    let again = browser.post(address, &[("version", "1"), ("answers.Q1", "1"), ("invitation", token)]).page(409);
    assert!(again.contains("<h1>Thư mời này đã được dùng</h1>") && !again.contains(token), "{again}");
    assert!(browser.get(&format!("{address}&invitation={token}")).page(400).contains("secret-in-query"));
}

#[test]
fn forms_have_the_limits_of_open_links_and_lose_nothing() {
    let few = Rates { answers_per_minute: NonZeroU32::new(2).unwrap(), ..Rates::DEFAULT };
    let app = TestApp::with(Wish { limits: Limits { rates: Some(few), ..Limits::default() }, ..Wish::default() });
    fixtures::publish(&app);
    let browser = Browser::at(&app);
    let send = || browser.post(FORM, &[("version", "1"), ("answers.Q1", "5"), ("answers.note", "Còn đây")]);
    assert_eq!([send().status, send().status], [303, 303]);
    let reply = send();
    assert!(reply.header("retry-after").is_some());
    let page = reply.page(429);
    assert!(
        page.contains("Chưa gửi được lúc này") && page.contains("\nCòn đây</textarea>") && page.contains("value=\"5\" checked"),
        "{page}"
    );
}

#[test]
fn a_receipt_says_whether_an_answer_counts_and_takes_it_back() {
    let app = TestApp::start();
    fixtures::publish(&app);
    let browser = Browser::at(&app);
    browser.post(FORM, &[("version", "1"), ("answers.Q1", "5")]).leads_to();
    let thanks = browser.get("/s/open/thanks").page(200);
    let slip = between(&thanks, "<p class=\"slip-code\"><code>", "</code>").to_lowercase().replace('-', " ");
    assert!(browser.get("/receipt").page(200).contains("name=\"receipt\""));
    let found = browser.post("/receipt", &[("receipt", &slip)]).page(200);
    assert!(found.contains("Phiếu được tính vào kết quả của đợt.") && found.contains("08:00, 01/09/2024"), "{found}");
    let mut other = slip.clone();
    other.replace_range(20..21, if &slip[20..21] == "a" { "b" } else { "a" });
    let unknown = browser.post("/receipt", &[("receipt", &other)]).page(404).replace(&other, "");
    assert!(unknown.contains("Không có phiếu nào ứng với mã này, hoặc phiếu đã được rút"), "{unknown}");
    assert!(browser.post("/receipt", &[("receipt", &slip), ("do", "withdraw")]).page(200).contains("<h1>Phiếu đã được rút</h1>"));
    for fields in [vec![("receipt", slip.as_str())], vec![("receipt", slip.as_str()), ("do", "withdraw")]] {
        assert_eq!(browser.post("/receipt", &fields).page(404).replace(&slip, ""), unknown, "withdrawn looks like unknown");
    }
    assert_eq!(browser.post("/receipt", &[("receipt", "")]).status, 404);
    let audit = app.client(Role::Auditor).get("/v1/audit").text();
    assert!(audit.contains("response.withdraw") && !audit.contains(&slip), "{audit}");
}

#[test]
fn a_corrected_answer_is_said_not_to_count() {
    let app = TestApp::start();
    fixtures::publish(&app);
    let browser = Browser::at(&app);
    let id = hidden_id(&browser.get(FORM).page(200));
    browser.post(FORM, &[("id", &id), ("version", "1"), ("answers.Q1", "5")]).leads_to();
    let thanks = browser.get("/s/open/thanks").page(200);
    let slip = between(&thanks, "<p class=\"slip-code\"><code>", "</code>").to_owned();
    let mut correction = fixtures::submission();
    correction["supersedes"] = json!(id);
    let body = correction.to_string();
    let headers = [("Content-Type", "application/json"), ("Withdrawal-Code", &slip[10..])];
    assert_eq!(app.anyone().send("PUT", &fixtures::new_response(), &headers, Some(body.as_bytes())).status, 201);
    assert!(browser.post("/receipt", &[("receipt", &slip)]).page(200).contains("đã có phiếu sửa thay thế"));
}

#[test]
fn who_guesses_at_receipts_is_slowed() {
    let few = Rates { failures_per_minute: NonZeroU32::new(2).unwrap(), ..Rates::DEFAULT };
    let app = TestApp::with(Wish { limits: Limits { rates: Some(few), ..Limits::default() }, ..Wish::default() });
    let browser = Browser::at(&app);
    let tried: Vec<u16> = (0..3).map(|_| browser.post("/receipt", &[("receipt", "x")]).status).collect();
    assert_eq!(tried, [404, 404, 429]);
}

#[test]
fn nothing_that_people_write_becomes_markup() {
    let app = TestApp::start();
    fixtures::publish(&app);
    let attacks = [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "</textarea><svg onload=alert(1)>",
        "' autofocus onfocus=alert(1) x='",
        "&lt;b&gt;",
        "javascript:alert(1)",
    ];
    let browser = Browser::at(&app);
    for (at, attack) in attacks.into_iter().enumerate() {
        let mut evil = fixtures::questionnaire();
        evil["version"] = json!(format!("{}", at + 10));
        for place in ["/title", "/sections/0/title", "/sections/0/items/0/text", "/scales/five/options/0/label"] {
            *evil.pointer_mut(place).unwrap() = words(attack, attack);
        }
        app.client(Role::Statistician).put(&format!("/v1/surveys/mini/versions/{}", at + 10), &evil).expect(201);
        let page = browser.get(FORM).page(200);
        let version = (at + 10).to_string();
        let refused = browser.post(
            FORM,
            &[
                ("version", &version),
                ("answers.note", attack),
                ("answers.age", attack),
                ("answers.Q1", attack),
                ("invitation", attack),
                ("id", attack),
            ],
        );
        let refused = refused.page(422);
        let receipt = browser.post("/receipt", &[("receipt", attack)]).page(404);
        let which =
            browser.get(&format!("/s/open?u={0}&q={0}&sections={0}&lang={0}&via={0}", hailong::words::encode::percent(attack))).page(404);
        for page in [page, refused, receipt, which] {
            assert!(!attack.contains(['<', '"']) || !page.contains(attack), "{attack} in {page}");
            for bad in ["<script>", "<img", "<svg onload", "\" onfocus", "href=\"javascript"] {
                assert!(!page.contains(bad), "{bad} in {page}");
            }
            assert!(
                page.contains("alert(1)") || page.contains("alert%281%29") || attack == "&lt;b&gt;",
                "it is shown as what it is: {page}"
            );
        }
    }
}

#[test]
fn a_form_of_another_site_is_not_taken() {
    let app = TestApp::start();
    fixtures::publish(&app);
    let browser = Browser::at(&app);
    let fields = [("version", "1"), ("answers.Q1", "5")];
    browser.post_from(&[("Sec-Fetch-Site", "cross-site")], FORM, &fields).page(403);
    assert_eq!(stored(&app).len(), 0);
}
