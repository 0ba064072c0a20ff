//! Pages that everyone reads: editions, units, methods, files. They show what the API shows, and nothing else.

use hailong::office::Role;
use serde_json::json;

use crate::harness::composites::{example_run, index_with, provinces};
use crate::harness::fixtures::{finish_run, publish, start_run};
use crate::harness::runs::{approve, release, start, work};
use crate::harness::{Browser, NOW, TestApp, Wish};

/// A server where the edition `open.1` of a stream is published: Sở Y tế, a part of it that few rated, Sở Xây dựng.
fn published() -> TestApp {
    let app = TestApp::start();
    publish(&app);
    let run = start_run(&app);
    finish_run(&app, &run);
    release(&app, &run);
    app
}

#[test]
fn without_an_edition_the_first_page_says_how_one_comes_to_be() {
    let app = TestApp::start();
    let page = Browser::at(&app).get("/").page(200);
    assert!(page.contains("Chưa có ấn bản nào") && page.contains("<h1>Người dân hài lòng đến đâu?</h1>"), "{page}");
}

#[test]
fn an_edition_shows_the_figures_of_the_api_and_of_hidden_ones_nothing() {
    let app = published();
    let browser = Browser::at(&app);
    let home = browser.get("/").page(200);
    assert!(home.contains("<a href=\"/e/open.1\">Chỉ số thử</a>") && home.contains("80,00"), "{home}");
    let page = browser.get("/e/open.1").page(200);
    let api = app.anyone().get("/v1/scores?edition=open.1&node=INDEX&domain=unit").expect(200);
    let mut compared = 0;
    for item in api["items"].as_array().unwrap() {
        let name = item["unit"]["name"]["vi"].as_str().unwrap();
        match item["value"].as_f64() {
            Some(value) => assert!(page.contains(&format!("<title>{name}: {}", format!("{value:.2}").replace('.', ","))), "{name}: {page}"),
            None => assert!(page.contains(&format!("<title>{name}: không công bố</title>")), "{name}: {page}"),
        }
        compared += 1;
    }
    assert_eq!(compared, 3);
    for hidden in ["70,25", "67,25", "73,25"] {
        assert!(!page.contains(hidden), "{hidden} of the part that few people rated");
    }
    assert!(page.contains("Người trả lời tự chọn tham gia"), "a stream says that it is one");
    assert!(page.contains("<svg class=\"chart\"") && page.contains("role=\"img\"") && page.contains("<caption>"));
    assert!(page.contains("khoảng tin cậy") || page.contains("Khoảng tin cậy 95%"), "{page}");
}

#[test]
fn a_place_is_found_with_or_without_marks_and_has_a_page() {
    let app = published();
    let browser = Browser::at(&app);
    for wanted in ["so%20y", "S%E1%BB%9F%20Y"] {
        let page = browser.get(&format!("/?q={wanted}")).page(200);
        assert!(page.contains("<a href=\"/e/open.1/u/SYT\">Sở Y tế</a>"), "{wanted}: {page}");
    }
    assert!(browser.get("/?q=%3Cscript%3E").page(200).contains("“&lt;script&gt;”"));
    let page = browser.get("/e/open.1/u/SYT").page(200);
    assert!(page.contains("<h1>Sở Y tế</h1>") && page.contains("81,50"), "{page}");
    let hidden = browser.get("/e/open.1/u/SYT-KCB").page(200);
    assert!(hidden.contains("không công bố") && !hidden.contains("70,25"), "{hidden}");
    assert!(browser.get("/e/open.1/u/none").page(404).contains("không có nơi nào mang mã none"));
    let beside = browser.get("/e/open.1/u/SYT?with=SXD").page(200);
    assert!(beside.contains("Sở Y tế và Sở Xây dựng lệch nhau 4,50 điểm: chưa đủ bằng chứng về khác biệt."), "{beside}");
    let with_hidden = browser.get("/e/open.1/u/SYT?with=SYT-KCB").page(200);
    assert!(with_hidden.contains("Chưa so sánh được"), "{with_hidden}");
    assert_eq!(browser.get("/e/open.1/u/SYT?with=none").status, 404);
}

#[test]
fn what_is_not_published_is_not_there_and_what_was_withdrawn_says_why() {
    let app = TestApp::start();
    publish(&app);
    let run = start_run(&app);
    finish_run(&app, &run);
    let browser = Browser::at(&app);
    assert_eq!(browser.get("/e/open.1").status, 404, "a draft");
    approve(&app, &run, true);
    for path in ["/e/open.1", "/e/open.1/u/SYT", "/e/open.1/figures.csv", "/e/open.1/figures.xlsx", "/e/open.1/figure/caterpillar.svg"] {
        assert_eq!(browser.get(path).status, 404, "{path} under embargo");
    }
    assert!(!browser.get("/").text().contains("open.1"));
    let publisher = app.client(Role::Publisher);
    publisher.step(&format!("{run}:publish"), "*", None).expect(200);
    browser.get("/e/open.1").page(200);
    publisher.step(&format!("{run}:withdraw"), "*", Some(&json!({ "reason": "Sai trọng số" }))).expect(200);
    let page = browser.get("/e/open.1").page(200);
    assert!(page.contains("đã bị rút") && page.contains("Sai trọng số") && !page.contains("81,50"), "{page}");
    for path in ["/e/open.1/u/SYT", "/e/open.1/figures.csv", "/e/open.1/figure/caterpillar.svg"] {
        let page = browser.get(path).page(404);
        assert!(!page.contains("81,50"), "{path}");
    }
    assert!(browser.get("/").page(200).contains("đã rút"), "people have quoted it");
}

#[test]
fn public_pages_are_the_same_for_everybody_and_are_not_sent_twice() {
    let app = published();
    let browser = Browser::at(&app);
    let person = crate::harness::accounts::enrolled(&app, "Lan", &["publisher"]);
    let signed_in = Browser::signed_in(&app, &person, NOW);
    for path in ["/", "/e/open.1", "/e/open.1/u/SYT", "/methods/mini", "/e/open.1/figures.csv", "/e/open.1/figure/caterpillar.svg"] {
        let reply = browser.get(path);
        assert_eq!((reply.status, reply.header("cache-control")), (200, Some("public, no-cache")), "{path}");
        assert_eq!(reply.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(signed_in.get(path).body, reply.body, "{path}");
        let again = browser.send("GET", path, &[("If-None-Match", &reply.etag())], None);
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
    }
}

#[test]
fn files_hold_what_everybody_sees_with_a_sign_for_what_is_hidden() {
    let app = published();
    let browser = Browser::at(&app);
    let reply = browser.get("/e/open.1/figures.csv");
    assert_eq!(reply.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(reply.header("content-disposition"), Some("attachment; filename=\"open.1.csv\""));
    let text = reply.text();
    let api = app.anyone().get("/v1/scores?edition=open.1").expect(200);
    let items = api["items"].as_array().unwrap();
    assert_eq!(text.lines().count(), items.len() + 1, "{text}");
    let line = |code: &str| text.lines().find(|line| line.contains(&format!(",{code},"))).unwrap().to_owned();
    assert!(line("SXD").contains(",77.00,1.50,74.00,80.00,44,"), "{}", line("SXD"));
    assert!(line("SYT-KCB").ends_with(",,,,,,,,,,,,c"), "{}", line("SYT-KCB"));
    let excel = browser.get("/e/open.1/figures-excel.csv").text();
    assert!(excel.starts_with("\u{feff}Mã nút của chỉ số;") && excel.contains(";77,00;1,50;"), "{excel}");
    assert!(excel.lines().any(|line| line.contains(";SYT-KCB;") && line.contains(";c;c;c;c;c;")), "{excel}");
    let book = browser.get("/e/open.1/figures.xlsx");
    assert_eq!(book.header("content-type"), Some("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"));
    assert!(book.body.starts_with(b"PK") && book.header("content-disposition").unwrap().contains("open.1.xlsx"));
    for file in [text, excel] {
        assert!(!file.contains("70.25") && !file.contains("70,25"));
    }
}

#[test]
fn the_figure_to_embed_names_its_source_and_needs_nothing_else() {
    let app = published();
    let reply = Browser::at(&app).get("/e/open.1/figure/caterpillar.svg?lang=en");
    assert_eq!(reply.header("content-type"), Some("image/svg+xml"));
    let svg = reply.text();
    assert!(svg.starts_with("<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\""), "{svg}");
    assert!(svg.contains(&format!("Source: {}/e/open.1", app.addr)) && svg.contains("not published"), "{svg}");
    assert!(!svg.contains("href") && !svg.contains("style="));
}

#[test]
fn a_composite_edition_has_the_same_pages() {
    let app = TestApp::start();
    let statistician = app.client(Role::Statistician);
    let run = example_run(&app, &statistician);
    release(&app, &run);
    let browser = Browser::at(&app);
    let page = browser.get("/e/example@2025.1").page(200);
    let api = app.anyone().get("/v1/composite-scores?edition=example@2025.1&year=2025").expect(200);
    let root = api["items"][0]["node"].as_str().unwrap();
    let mut seen = 0;
    for item in api["items"].as_array().unwrap().iter().filter(|item| item["node"] == root) {
        let value = format!("{:.2}", item["score"].as_f64().unwrap()).replace('.', ",");
        assert!(page.contains(&format!("<title>{}: {value}", item["unit"].as_str().unwrap())), "{item}: {page}");
        seen += 1;
    }
    assert_eq!(seen, 3);
    assert!(page.contains("Kỳ 2025") && page.contains("Không có khoảng tin cậy"), "{page}");
    let unit = browser.get("/e/example@2025.1/u/A").page(200);
    assert!(unit.contains("Qua các lần") && unit.contains("nơi thấp nhất"), "{unit}");
    assert!(browser.get("/methods/example?version=2025&lang=en").page(200).contains("Bring indicators onto one scale"));
    let csv = browser.get("/e/example@2025.1/figures.csv").text();
    let all = app.anyone().get("/v1/composite-scores?edition=example@2025.1").expect(200)["items"].as_array().unwrap().len();
    assert_eq!(csv.lines().count(), all + 1);
}

#[test]
fn the_method_tells_formula_weights_and_what_is_left_out() {
    let app = published();
    let page = Browser::at(&app).get("/methods/mini").page(200);
    for part in ["Khoảng tin cậy", "95%", "dưới 10 người trả lời", "/v1/indices/mini/versions/1", "<code>Q1</code>"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(Browser::at(&app).get("/methods/none").status, 404);
    assert_eq!(Browser::at(&app).get("/methods/mini?version=9").status, 404);
}

#[test]
fn an_edition_of_provinces_has_a_map_with_both_archipelagos_and_finds_provinces_that_were_merged() {
    let app = TestApp::with(Wish { units: provinces(), ..Wish::default() });
    let statistician = app.client(Role::Statistician);
    let words = |text: &str| json!({ "vi": text, "en": text });
    let definition = json!({
        "kind": "composite", "code": "map", "edition": "2025", "title": words("Theo tỉnh"), "geography": "vn-34",
        "pipeline": [{ "stage": "normalise", "method": "as_given" }, { "stage": "aggregate", "method": "arithmetic" }],
        "tree": { "code": "ALL", "label": words("Chung"), "children": [
            { "code": "x", "label": words("Một"), "weight": 1, "indicator": {} }, { "code": "y", "label": words("Hai"), "weight": 1, "indicator": {} }
        ] }
    });
    let table = index_with(&statistician, &definition, "unit,x,y\n01,70,80\n48,60,90\n56,81,82\n");
    let run = start(&statistician, &json!({ "index": "map", "version": "2025", "tables": [table] }));
    work(&app, &run);
    release(&app, &run);
    let browser = Browser::at(&app);
    for lang in ["vi", "en"] {
        let page = browser.get(&format!("/e/map@2025.1?lang={lang}")).page(200);
        assert!(page.contains("Hoàng Sa (Đà Nẵng)") && page.contains("Trường Sa (Khánh Hòa)"), "{page}");
        assert!(page.contains(if lang == "vi" { "<title>Hà Nội: 75,00</title>" } else { "75.00</title>" }), "{page}");
    }
    // Quảng Nam went to Đà Nẵng in 2025.
    let found = browser.get("/?q=quang%20nam").page(200);
    assert!(found.contains("<a href=\"/e/map@2025.1/u/48\">Tỉnh Quảng Nam → Đà Nẵng</a>"), "{found}");
}

#[test]
fn a_province_is_followed_over_the_years_on_either_list() {
    let app = TestApp::with(Wish { units: provinces(), ..Wish::default() });
    let statistician = app.client(Role::Statistician);
    let words = |text: &str| json!({ "vi": text, "en": text });
    let definition = json!({
        "kind": "composite", "code": "tinh", "edition": "2025", "title": words("Tỉnh"), "geography": "vn-34",
        "pipeline": [{ "stage": "normalise", "method": "as_given" }, { "stage": "aggregate", "method": "arithmetic" }],
        "tree": { "code": "ALL", "label": words("Chung"), "children": [{ "code": "x", "label": words("Một"), "weight": 1, "indicator": {} }] }
    });
    // Đà Nẵng and Quảng Nam, which went to it.
    let csv = "edition,unit,x\n2024,01,70\n2024,48,80\n2024,49,60\n2025,01,72\n2025,48,75\n";
    let table = index_with(&statistician, &definition, csv);
    let run = start(&statistician, &json!({ "index": "tinh", "version": "2025", "tables": [table] }));
    work(&app, &run);
    release(&app, &run);
    let api = app.anyone().get("/v1/composite-series?edition=tinh@2025.1&geography=vn-34");
    assert_eq!(api.status, 200, "{}", api.text());
    let browser = Browser::at(&app);
    let page = browser.get("/e/tinh@2025.1/u/48?list=vn-34").page(200);
    assert!(page.contains("<td>48, 49</td>") && page.contains("<td class=\"number\">70,00</td>"), "the mean of 80 and 60: {page}");
    let refused = browser.get("/e/tinh@2025.1/u/48?list=vn-63").page(200);
    assert!(refused.contains("Không lập được chuỗi trên danh mục này"), "{refused}");
    assert!(browser.get("/e/tinh@2025.1/u/48").page(200).contains("list=vn-34#geography"));
}
