//! What holds on every page: one heading, two languages, headers, packed text, refusals as pages.

use crate::harness::{Browser, TestApp};

/// How often a text holds another.
fn count(text: &str, what: &str) -> usize {
    text.matches(what).count()
}

#[test]
fn every_page_has_one_heading_a_skip_link_and_a_language() {
    let app = TestApp::start();
    for path in ["/login", "/none"] {
        let page = Browser::at(&app).get(path).text();
        assert!(page.starts_with("<!DOCTYPE html><html lang=\"vi\">"), "{page}");
        assert_eq!((count(&page, "<h1>"), count(&page, "<main id=\"main\"")), (1, 1), "{page}");
        assert!(page.contains("<a class=\"skip\" href=\"#main\">"), "{page}");
        for forbidden in ["style=\"", "<style", "<script>", "onclick", "http://"] {
            assert!(!page.contains(forbidden), "{forbidden} in {page}");
        }
    }
}

#[test]
fn the_language_is_that_of_the_address_or_else_of_the_browser_and_links_keep_a_chosen_one() {
    let app = TestApp::start();
    let mut browser = Browser::at(&app);
    let page = browser.get("/login").page(200);
    assert!(page.contains("<h1>Đăng nhập</h1>") && page.contains("href=\"/login?lang=en\" lang=\"en\""), "{page}");
    let page = browser.get("/login?lang=en&next=%2Faccount").page(200);
    assert!(page.contains("<h1>Sign in</h1>") && page.contains("action=\"/login?lang=en\""), "{page}");
    assert!(page.contains("href=\"/login?next=%2Faccount&amp;lang=vi\""), "{page}");
    browser.language = "en-GB,en;q=0.9";
    let reply = browser.get("/login");
    assert_eq!(reply.header("content-language"), Some("en"));
    assert!(reply.header("vary").is_some_and(|vary| vary.contains("Accept-Language")));
    assert!(reply.page(200).contains("action=\"/login\""));
}

#[test]
fn every_answer_tells_the_browser_what_a_page_may_do() {
    let app = TestApp::start();
    let style = style(&app);
    for (path, status) in [("/login", 200), ("/none", 404), (style.as_str(), 200)] {
        let reply = Browser::at(&app).get(path);
        assert_eq!(reply.status, status, "{path}");
        let policy = reply.header("content-security-policy").unwrap();
        for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"] {
            assert!(policy.contains(part), "{part}: {policy}");
        }
        assert!(!policy.contains("unsafe"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("referrer-policy"), Some("same-origin"));
        assert_eq!(reply.header("cross-origin-opener-policy"), Some("same-origin"));
    }
}

#[test]
fn a_browser_gets_pages_and_a_program_problems() {
    let app = TestApp::start();
    let page = Browser::at(&app).get("/none?lang=en").page(404);
    assert!(page.contains("<h1>Not found</h1>") && page.contains("<code>not-found</code>"), "{page}");
    app.anyone().get("/none").problem(404, "not-found");
    for path in ["/v1", "/v1/none", "/livez/"] {
        let reply = Browser::at(&app).get(path);
        assert_eq!(reply.status, 404);
        assert_eq!(reply.header("content-type") == Some("application/problem+json"), path != "/livez/", "{path}");
    }
    let secret = Browser::at(&app).get("/login?token=x").page(400);
    assert!(secret.contains("secret-in-query"), "{secret}");
    assert_eq!(Browser::at(&app).send("POST", "/v1/surveys", &[], None).header("allow"), Some("GET, HEAD"), "the API keeps its addresses");
}

/// The address of the style sheet as a page links it.
fn style(app: &TestApp) -> String {
    let page = Browser::at(app).get("/login").text();
    let at = page.find("/static/style.css?v=").unwrap();
    page[at..].split('"').next().unwrap().to_owned()
}

#[test]
fn a_file_is_kept_for_good_by_the_address_that_names_its_bytes() {
    let app = TestApp::start();
    let (browser, path) = (Browser::at(&app), style(&app));
    let reply = browser.get(&path);
    assert_eq!(reply.header("cache-control"), Some("public, max-age=31536000, immutable"));
    assert_eq!(reply.header("content-type"), Some("text/css; charset=utf-8"));
    let bare = browser.get("/static/style.css?v=00000000");
    assert_eq!((bare.header("cache-control"), &bare.body), (Some("public, no-cache"), &reply.body));
    let again = browser.send("GET", &path, &[("If-None-Match", &reply.etag())], None);
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(browser.get("/static/none.css").status, 404);
    assert_eq!(browser.get("/static/..%2fCargo.toml").status, 404);
}

#[test]
fn text_is_packed_for_those_who_take_it_and_has_a_tag_of_its_own() {
    let app = TestApp::start();
    let browser = Browser::at(&app);
    for path in ["/login", "/static/style.css"] {
        let (plain, packed) = (browser.get(path), browser.send("GET", path, &[("Accept-Encoding", "gzip")], None));
        assert_eq!((plain.header("content-encoding"), packed.header("content-encoding")), (None, Some("gzip")), "{path}");
        assert!(packed.header("vary").unwrap().contains("Accept-Encoding"), "{path}");
        assert!(packed.body.len() < plain.body.len() / 2, "{path}: {} of {}", packed.body.len(), plain.body.len());
        assert_ne!(plain.etag(), packed.etag(), "{path}");
        assert_eq!(packed.body, browser.send("GET", path, &[("Accept-Encoding", "gzip")], None).body);
        let again = browser.send("GET", path, &[("Accept-Encoding", "gzip"), ("If-None-Match", &packed.etag())], None);
        assert_eq!(again.status, 304, "{path}");
    }
}
