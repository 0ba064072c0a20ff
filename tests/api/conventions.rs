//! What holds at every address: one envelope, tags, languages, headers.

use hailong::office::Role;

use crate::harness::TestApp;
use crate::harness::fixtures::{new_response, publish, submission};

#[test]
fn whatever_is_not_there_is_not_found_in_the_one_envelope() {
    let app = TestApp::start();
    for path in ["/none", "/v1", "/v1/none", "/v1/surveys/", "/v2/surveys", "/v1/runs/x:explode", "/%00", "/v1/../livez"] {
        app.anyone().get(path).problem(404, "not-found");
    }
}

#[test]
fn another_method_is_answered_with_those_there_are() {
    let app = TestApp::start();
    for (method, path, allowed) in [
        ("POST", "/v1/surveys", "GET, HEAD"),
        ("DELETE", "/v1/waves/open", "GET, PUT, HEAD"),
        ("GET", "/v1/runs/x:submit", "POST"),
        ("PATCH", "/v1/responses/x", "DELETE, GET, PUT, HEAD"),
    ] {
        let reply = app.anyone().send(method, path, &[], None);
        assert_eq!(reply.header("allow"), Some(allowed), "{method} {path}");
        reply.problem(405, "method-not-allowed");
    }
}

#[test]
fn a_problem_speaks_the_language_asked_for_and_vietnamese_else() {
    let app = TestApp::start();
    for (asked, title, language) in
        [("", "Không tìm thấy", "vi"), ("en", "Not found", "en"), ("fr,en;q=0.2", "Not found", "en"), ("de", "Không tìm thấy", "vi")]
    {
        let headers: &[(&str, &str)] = if asked.is_empty() { &[] } else { &[("Accept-Language", asked)] };
        let reply = app.anyone().send("GET", "/v1/none", headers, None);
        assert_eq!(reply.header("content-language"), Some(language));
        assert_eq!(reply.problem(404, "not-found")["title"], title);
    }
}

#[test]
fn every_kind_of_problem_explains_itself_at_its_address() {
    let app = TestApp::start();
    let kinds = app.anyone().send("GET", "/v1/problems", &[("Accept-Language", "en")], None).expect(200);
    assert_eq!(kinds["items"].as_array().unwrap().len(), hailong::office::Code::ALL.len());
    let kind = app.anyone().get("/v1/problems/response-withdrawn").expect(200);
    assert_eq!((kind["status"].as_u64(), kind["title"].as_str()), (Some(410), Some("Phiếu đã được rút")));
    app.anyone().get("/v1/problems/none").problem(404, "not-found");
}

#[test]
fn every_read_has_a_tag_and_is_not_sent_twice() {
    let app = TestApp::start();
    publish(&app);
    for path in ["/v1/surveys", "/v1/indices/mini", "/v1/units?limit=2", "/v1/waves", "/v1/waves/open", "/v1/openapi.json", "/v1/editions"]
    {
        let reply = app.anyone().get(path);
        let again = app.anyone().send("GET", path, &[("If-None-Match", &reply.etag())], None);
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
        let other = app.anyone().send("GET", path, &[("If-None-Match", "\"another\"")], None);
        assert_eq!((other.status, other.body), (200, reply.body), "{path}");
    }
}

#[test]
fn head_answers_as_get_without_the_body() {
    let app = TestApp::start();
    let (get, head) = (app.anyone().get("/v1/surveys"), app.anyone().send("HEAD", "/v1/surveys", &[], None));
    assert_eq!((head.status, head.body.len(), head.etag()), (200, 0, get.etag()));
    assert_eq!(app.anyone().send("HEAD", "/v1/none", &[], None).status, 404);
}

#[test]
fn every_answer_is_named_and_guarded() {
    let app = TestApp::start();
    publish(&app);
    let statistician = app.client(Role::Statistician);
    for reply in [app.anyone().get("/v1/surveys"), app.anyone().get("/v1/none"), statistician.get("/v1/runs")] {
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("content-security-policy"), Some("default-src 'none'; frame-ancestors 'none'"));
        assert_eq!(reply.header("x-request-id").map(str::len), Some(36));
    }
    assert_eq!(app.anyone().get("/v1/surveys").header("access-control-allow-origin"), Some("*"), "anyone may read it from any page");
    let signing_in = app.anyone().post("/v1/sessions", &serde_json::json!({}));
    for reply in [statistician.get("/v1/surveys"), signing_in, app.anyone().get("/metrics")] {
        assert_eq!(reply.header("access-control-allow-origin"), None);
    }
    assert_eq!(statistician.get("/v1/runs").header("cache-control"), Some("no-store"));
    assert_eq!(app.anyone().get("/v1/surveys").header("cache-control"), Some("public, no-cache"));
}

#[test]
fn a_query_or_a_cursor_that_makes_no_sense_is_refused() {
    let app = TestApp::start();
    for path in ["/v1/units?colour=red", "/v1/units?limit=0", "/v1/units?limit=1001", "/v1/units?limit=x", "/v1/units?list=a&list=b"] {
        app.anyone().get(path).problem(400, "query-invalid");
    }
    app.anyone().get("/v1/units?cursor=made-up").problem(400, "cursor-invalid");
}

#[test]
fn json_is_said_to_be_json_and_never_compressed() {
    let app = TestApp::start();
    publish(&app);
    let body = submission().to_string();
    let send = |headers: &[(&str, &str)]| app.anyone().send("PUT", &new_response(), headers, Some(body.as_bytes()));
    send(&[("Content-Type", "application/json; charset=utf-8")]).expect(201);
    send(&[("Content-Type", "text/plain")]).problem(415, "media-type-unsupported");
    send(&[]).problem(415, "media-type-unsupported");
    send(&[("Content-Type", "application/json"), ("Content-Encoding", "gzip")]).problem(415, "encoding-unsupported");
}
