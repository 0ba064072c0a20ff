//! The page for those who write programs: what it says to copy works as it stands.

use hailong::office::Role;

use crate::harness::composites::example_run;
use crate::harness::fixtures::{finish_run, publish, start_run};
use crate::harness::runs::release;
use crate::harness::{Browser, TestApp};

/// A server with an edition of a survey's index and one of a composite index.
fn published() -> TestApp {
    let app = TestApp::start();
    publish(&app);
    let run = start_run(&app);
    finish_run(&app, &run);
    release(&app, &run);
    let run = example_run(&app, &app.client(Role::Statistician));
    release(&app, &run);
    app
}

#[test]
fn every_example_runs_as_it_stands() {
    let app = published();
    let page = Browser::at(&app).get("/developers").page(200);
    let server = format!("http://{}", app.addr);
    let lines: Vec<String> =
        page.split("<pre tabindex=\"0\">").skip(1).map(|rest| rest.split("</pre>").next().unwrap().replace("&amp;", "&")).collect();
    assert_eq!(lines.len(), 8, "{lines:?}");
    let mut asked = Vec::new();
    for line in &lines {
        let address = line.split('\'').find(|part| part.starts_with(&server)).unwrap_or_else(|| panic!("no address in {line}"));
        let reply = app.anyone().get(&address[server.len()..]);
        assert_eq!(reply.status, 200, "{line}: {}", reply.text());
        assert!(!reply.text().is_empty(), "{line}");
        asked.push(address.to_owned());
    }
    for part in ["/v1/scores?edition=open.1", "/v1/composite-scores?edition=example@2025.1", "figures.csv", "list=vn-34&kind=province"] {
        assert!(asked.iter().any(|address| address.contains(part)), "{part}: {asked:?}");
    }
}

#[test]
fn every_operation_of_the_description_is_there_with_what_it_takes_and_gives() {
    let app = TestApp::start();
    let page = Browser::at(&app).get("/developers?lang=en").page(200);
    let document = app.anyone().get("/v1/openapi.json").expect(200);
    let mut compared = 0;
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            let section =
                page.split_once(&format!("<section class=\"operation\" id=\"{id}\">")).unwrap_or_else(|| panic!("{id} is missing")).1;
            let section = section.split_once("</section>").unwrap().0;
            assert!(
                section.contains(&format!("<span class=\"tag\">{}</span> <code>{path}</code>", method.to_uppercase())),
                "{id}: {section}"
            );
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                let named = parameter["$ref"].as_str().map(|name| document.pointer(name.trim_start_matches('#')).unwrap());
                let parameter = named.unwrap_or(parameter);
                assert!(section.contains(&format!("<code>{}</code>", parameter["name"].as_str().unwrap())), "{id}: {parameter}");
            }
            for status in operation["responses"].as_object().unwrap().keys() {
                assert!(section.contains(&format!("<th scope=\"row\">{status}</th>")), "{id}: {status}");
            }
            compared += 1;
        }
    }
    assert!(compared > 70, "{compared}");
    assert!(!page.contains("<script"));
}

#[test]
fn without_an_edition_the_addresses_are_there_and_the_page_is_the_same_for_everybody() {
    let app = TestApp::start();
    let browser = Browser::at(&app);
    let reply = browser.get("/developers");
    let page = reply.page(200);
    assert!(page.contains(&format!("<code>http://{}/v1/openapi.json</code>", app.addr)) && page.contains("MÃ_ẤN_BẢN"), "{page}");
    assert!(page.contains("/v1/editions"));
    assert_eq!((reply.header("cache-control"), reply.header("access-control-allow-origin")), (Some("public, no-cache"), Some("*")));
    assert!(browser.get("/").page(200).contains("href=\"/developers\""), "every page leads there");
}
