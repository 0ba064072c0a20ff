//! The pages of a rated agency: its own figures and nothing of another's that not everybody sees. A browser here runs no script.

use hailong::office::Role;
use serde_json::{Value, json};

use super::console::guarded;
use crate::harness::accounts::{enrolled, enrolled_at};
use crate::harness::composites::{index_with, provinces};
use crate::harness::fixtures::{new_response, publish, start_run, submission};
use crate::harness::runs::{approve, id_of, release, start, work};
use crate::harness::{Browser, NOW, TestApp, Wish};

const LIST: &str = "agency-danang";

/// Answers about departments: how many each, and the answers to the first question of one after the other.
fn answers(app: &TestApp, of: &[(&str, u8, u8)]) {
    for (unit, people, worst) in of {
        for place in 0..*people {
            let mut body = submission();
            body["unit"]["code"] = json!(unit);
            body["answers"] = json!({ "Q1": (worst + place % 3).to_string(), "Q2": (1 + place % 5).to_string() });
            app.anyone().put(&new_response(), &body).expect(201);
        }
    }
}

/// A server with a finished run: the health department with 20 answers, construction with 16.
fn finished() -> (TestApp, String) {
    finished_of(&[("SYT", 20, 3), ("SXD", 16, 1)])
}

/// A division of health with 4 answers besides, which is too few to be published.
const FEW: [(&str, u8, u8); 4] = [("SYT", 20, 3), ("SXD", 16, 1), ("UB", 14, 2), ("SYT-KCB", 4, 2)];

fn finished_of(of: &[(&str, u8, u8)]) -> (TestApp, String) {
    let app = TestApp::start();
    publish(&app);
    answers(&app, of);
    let run = start_run(&app);
    work(&app, &run);
    (app, run)
}

fn agency(app: &TestApp, name: &'static str, unit: &str) -> Browser {
    Browser::signed_in(app, &enrolled_at(app, name, "agency", (LIST, unit)), NOW)
}

/// A number of the office's own, as a page in Vietnamese writes it.
fn written(value: &Value) -> String {
    format!("{:.2}", value.as_f64().unwrap()).replace('.', ",")
}

/// Scores of a run with all digits and hidden ones too, by unit and node.
fn truth(app: &TestApp, run: &str, unit: &str, node: &str) -> Value {
    let path = format!("/v1/scores?run={}&unit={LIST}:{unit}&node={node}", id_of(run));
    app.client(Role::Statistician).get(&path).expect(200)["items"][0].clone()
}

#[test]
fn an_agency_comes_to_its_own_score_rank_and_where_it_loses_points() {
    let (app, run) = finished();
    release(&app, &run);
    let person = enrolled_at(&app, "Hoa", "agency", (LIST, "SYT"));
    app.set_now(NOW);
    let browser = Browser::at(&app);
    let totp = crate::harness::accounts::code(&person, NOW);
    let fields = [("login", "Hoa"), ("password", crate::harness::accounts::PASSWORD), ("totp", totp.as_str())];
    assert_eq!(browser.post("/login", &fields).leads_to(), "/a", "where its role works");
    let page = browser.get("/a").page(200);
    assert!(page.contains("<h1>Sở Y tế</h1>") && !page.contains("<script"), "{page}");
    let root = truth(&app, &run, "SYT", "INDEX");
    assert!(page.contains(&format!("<p class=\"score\">{}</p>", written(&root["value"]))), "{root}: {page}");
    assert!(page.contains(&format!("<strong>{}/2</strong>", root["rank"])), "{root}: {page}");
    // Half of what each question is short of 100.
    for node in ["Q1", "Q2"] {
        let value = truth(&app, &run, "SYT", node)["value"].as_f64().unwrap();
        let shown: f64 = format!("{value:.2}").parse().unwrap();
        let lost = written(&json!((100.0 - shown) / 2.0));
        assert!(page.contains(&format!("<td class=\"number\">50,0%</td><td class=\"number\">{lost}</td>")), "{node} {lost}: {page}");
    }
    for bar in ["href=\"/a/stream\"", "href=\"/a/qr\"", "href=\"/a/report/open.1?u=SYT\"", "open.1"] {
        assert!(page.contains(bar), "{bar}: {page}");
    }
    assert!(!page.contains("href=\"/console\""));
}

#[test]
fn a_target_says_whether_it_is_met_what_it_would_take_and_which_part_would_do_it() {
    let (app, run) = finished();
    release(&app, &run);
    let browser = agency(&app, "Thảo", "SXD");
    let own = truth(&app, &run, "SXD", "INDEX")["value"].as_f64().unwrap();
    let bound = own + 2.0;
    let page = browser.get(&format!("/a?kind=score&number={}", format!("{bound:.1}").replace('.', "%2C"))).page(200);
    assert!(page.contains("Chưa phân biệt được: con số chưa đạt mục tiêu"), "{page}");
    assert!(page.contains("Chỉ nâng một phần, các phần khác giữ nguyên"), "{page}");
    let api = app.anyone().get(&format!("/v1/scores?edition=open.1&unit={LIST}:SXD&node=INDEX&target=score:{bound:.1}")).expect(200);
    let chance = api["items"][0]["verdict"]["chance"].as_f64().unwrap();
    assert!(page.contains(&format!("<dd>{:.0}%</dd>", chance * 100.0)), "{chance}: {page}");
    let top = browser.get("/a?kind=rank&number=1").page(200);
    assert!(top.contains("Nơi giữ mức đó") && top.contains("Sở Y tế: "), "{top}");
    assert!(top.contains(&written(&truth(&app, &run, "SYT", "INDEX")["value"])), "what the first rank has: {top}");
    let none = browser.get("/a?kind=rank&number=%3Cb%3E").page(200);
    assert!(none.contains("Không đọc được mục tiêu này") && none.contains("value=\"&lt;b&gt;\"") && !none.contains("<b>"), "{none}");
    assert!(browser.get("/a?kind=rise&number=5").page(200).contains("không được so với lần trước"));
}

#[test]
fn an_agency_sees_nothing_of_another_and_nothing_that_is_hidden() {
    let (app, run) = finished_of(&FEW);
    release(&app, &run);
    let browser = agency(&app, "Hoa", "SYT");
    for path in
        ["/a?u=SXD", "/a/report/open.1?u=SXD", "/a?edition=none", "/a/report/none", "/a/qr/open/poster?u=SXD", "/a/qr/open/slips?u=SXD"]
    {
        assert_eq!(browser.get(path).status, 404, "{path}");
    }
    // Four people rated the division: its score is hidden from itself too.
    let hidden = truth(&app, &run, "SYT-KCB", "INDEX");
    assert_eq!(hidden["status"], "c", "{hidden}");
    let division = browser.get("/a?u=SYT-KCB").page(200);
    assert!(division.contains("<h1>Phòng Khám chữa bệnh</h1>") && division.contains("không công bố"), "{division}");
    let own = browser.get("/a").page(200);
    assert!(own.contains("href=\"/a?edition=open.1&amp;u=SYT-KCB\""), "what lies below is its own: {own}");
    for page in [division, own, browser.get("/a/report/open.1?u=SYT-KCB").page(200)] {
        assert!(!page.contains(&written(&hidden["value"])), "{hidden}: {page}");
    }
    // A division knows nothing of the department above it.
    let below = agency(&app, "Kiên", "SYT-KCB");
    assert_eq!(below.get("/a?u=SYT").status, 404);
}

#[test]
fn before_publication_it_sees_its_own_where_that_was_granted_and_never_another_s() {
    let (app, run) = finished();
    let browser = agency(&app, "Hoa", "SYT");
    assert!(browser.get("/a").page(200).contains("Chưa có ấn bản nào có số liệu của đơn vị này"), "a draft");
    approve(&app, &run, true);
    let (own, other) = (truth(&app, &run, "SYT", "INDEX"), truth(&app, &run, "SXD", "INDEX"));
    let root = written(&own["value"]);
    let page = browser.get("/a?kind=rank&number=1").page(200);
    assert!(page.contains(&root) && page.contains("Ấn bản này chưa công bố"), "{page}");
    assert!(page.contains(&format!("<strong>{}</strong>", own["rank"])), "of how many is not known yet: {page}");
    for path in ["/a", "/a?kind=rank&number=1", "/a?kind=score&number=99", "/a/report/open.1"] {
        let page = browser.get(path).page(200);
        assert!(!page.contains(&written(&other["value"])) && !page.contains("Sở Xây dựng"), "{path}: {page}");
    }
    assert_eq!(Browser::at(&app).get("/e/open.1").status, 404);
    let outside = Browser::signed_in(&app, &enrolled_at(&app, "An", "agency", ("vn-34", "01")), NOW);
    let page = outside.get("/a").page(200);
    assert!(page.contains("Chưa có ấn bản nào") && !page.contains("open.1"), "{page}");
}

#[test]
fn what_is_withdrawn_is_gone_and_what_was_not_granted_is_not_there() {
    let (app, run) = finished();
    let browser = agency(&app, "Hoa", "SYT");
    approve(&app, &run, false);
    assert!(browser.get("/a").page(200).contains("Chưa có ấn bản nào"));
    let publisher = app.client(Role::Publisher);
    publisher.step(&format!("{run}:publish"), "*", None).expect(200);
    browser.get("/a/report/open.1").page(200);
    publisher.step(&format!("{run}:withdraw"), "*", Some(&json!({ "reason": "Sai trọng số" }))).expect(200);
    assert_eq!(browser.get("/a/report/open.1").status, 404);
    assert!(browser.get("/a").page(200).contains("Chưa có ấn bản nào"));
}

#[test]
fn the_pages_are_of_an_agency_alone() {
    let (app, run) = finished();
    release(&app, &run);
    let publisher = Browser::signed_in(&app, &enrolled(&app, "Minh", &["publisher"]), NOW);
    for path in ["/a", "/a?u=SYT", "/a/report/open.1", "/a/stream", "/a/qr", "/a/qr/open/poster?u=SYT", "/a/qr/open/slips?u=SYT"] {
        guarded(&app, path, &publisher);
    }
    let browser = agency(&app, "Hoa", "SYT");
    for path in [
        "/console",
        "/console/waves/open",
        "/console/waves/open/links",
        "/console/waves/open/poster?u=SYT",
        "/console/runs",
        "/console/devices",
    ] {
        assert!(browser.get(path).page(403).contains("<code>forbidden</code>"), "{path}");
    }
}

#[test]
fn answers_stand_by_week_with_nothing_of_another_unit() {
    let (app, _run) = finished_of(&FEW);
    let browser = agency(&app, "Hoa", "SYT");
    let page = browser.get("/a/stream").page(200);
    // 1 September 2024 was a Sunday.
    assert!(page.contains("<th scope=\"row\">26/08/2024</th><td class=\"number\">24</td>"), "{page}");
    assert!(page.contains("<th scope=\"row\">Phòng Khám chữa bệnh</th><td class=\"number\">4</td>"), "{page}");
    assert!(!page.contains("Sở Xây dựng") && !page.contains("<td class=\"number\">54</td>"), "{page}");
    assert!(!page.contains("Đợt chọn mẫu"), "a sample is no stream");
    let codes = browser.get("/a/qr?at=https%3A%2F%2Fhailong.example").page(200);
    assert!(codes.contains("https://hailong.example/s/open?u=SYT-KCB") && !codes.contains("SXD"), "{codes}");
    let poster = browser.get("/a/qr/open/poster?u=SYT&at=https%3A%2F%2Fhailong.example").page(200);
    assert!(poster.contains("<p class=\"link\">https://hailong.example/s/open?u=SYT</p>") && poster.contains("class=\"qr\""), "{poster}");
    let slips = browser.get("/a/qr/open/slips?u=SYT").page(200);
    assert_eq!(slips.matches("class=\"slip-to-cut\"").count(), 8);
}

#[test]
fn a_report_holds_headline_tree_and_what_to_work_on() {
    let (app, run) = finished();
    release(&app, &run);
    let browser = agency(&app, "Hoa", "SYT");
    let page = browser.get("/a/report/open.1").page(200);
    assert_eq!(page.matches("<section class=\"leaf\">").count(), 2, "two sheets: {page}");
    for part in ["id=\"tree-title\"", "<caption>", "Nên làm trước", "Mất điểm ở đâu", "Khoảng tin cậy", "Lập lúc 08:00, 01/09/2024"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    let english = browser.get("/a/report/open.1?lang=en").page(200);
    assert!(english.contains("What to work on first") && english.contains("lang=\"en\""), "{english}");
}

#[test]
fn of_a_composite_index_a_province_sees_what_it_lost_its_plan_and_what_a_target_would_take() {
    let app = TestApp::with(Wish { units: provinces(), ..Wish::default() });
    let statistician = app.client(Role::Statistician);
    let words = |text: &str| json!({ "vi": text, "en": text });
    let goalposts = json!({ "low": 0, "high": 100 });
    let leaf =
        |code: &str, name: &str| json!({ "code": code, "label": words(name), "weight": 0.5, "indicator": { "goalposts": goalposts } });
    let definition = json!({
        "kind": "composite", "code": "tinh", "edition": "2025", "title": words("Cải cách"), "geography": "vn-34",
        "targets": [{ "unit": "48", "kind": "rank", "value": 1, "source": "QĐ 12" }, { "unit": "01", "kind": "score", "value": 61 }],
        "pipeline": [
            { "stage": "normalise", "method": "min_max", "scale": [0, 100] }, { "stage": "aggregate", "method": "arithmetic" }
        ],
        "tree": { "code": "ALL", "label": words("Chung"), "children": [leaf("files", "Hồ sơ"), leaf("dates", "Hạn")] }
    });
    let csv = "edition,unit,files,dates\n2024,01,70,80\n2024,48,60,60\n2025,01,90,80\n2025,48,80,60\n2025,56,20,30\n";
    let table = index_with(&statistician, &definition, csv);
    let run = start(&statistician, &json!({ "index": "tinh", "version": "2025", "tables": [table] }));
    work(&app, &run);
    release(&app, &run);
    let browser = Browser::signed_in(&app, &enrolled_at(&app, "Đào", "agency", ("vn-34", "48")), NOW);
    let page = browser.get("/a").page(200);
    assert!(page.contains("<p class=\"score\">70,00</p>") && page.contains("<h1>Thành phố Đà Nẵng</h1>"), "{page}");
    // Half of 100 − 60, and half of 100 − 80.
    let lost = page.split_once("Mất điểm ở đâu").unwrap().1;
    assert!(lost.find("<th scope=\"row\">Hạn ").unwrap() < lost.find("<th scope=\"row\">Hồ sơ ").unwrap(), "{lost}");
    assert!(lost.contains("<td class=\"number\">20,00</td>") && lost.contains("<td class=\"number\">10,00</td>"), "{lost}");
    assert!(page.contains("Thay đổi so với kỳ 2024") && page.contains("+10,00"), "{page}");
    let plan = page.split_once("Mục tiêu trong kế hoạch").unwrap().1;
    assert!(plan.contains("TOP 1") && plan.contains("QĐ 12") && !plan.contains("61 điểm"), "{plan}");
    let target = browser.get("/a?kind=rank&number=1").page(200);
    let api = app.client_of(Role::Agency, Some(("vn-34", "48")));
    let api = api.get("/v1/composite-explanations?edition=tinh@2025.1&unit=48&target=rank:1").expect(200);
    assert!(target.contains(&written(&api["target"]["reach"]["needed"])), "{api}: {target}");
    assert!(target.contains("Chỉ nâng một chỉ tiêu") || target.contains("Không phần nào một mình đủ"), "{target}");
    assert!(browser.get("/a?kind=gain&number=5").page(200).contains("Đạt: mọi giá trị"), "ten points were gained");
}
