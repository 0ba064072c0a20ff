//! Runs by pages: starting one, looking at it, its way to publication, which takes two people.

use super::{HOSTILE, Office, guarded, harmless, page_of, revision, step};
use crate::harness::fixtures::start_run;
use crate::harness::runs::work;

#[test]
fn two_people_take_a_run_to_publication_by_pages_alone() {
    let office = Office::open();
    office.answers();
    let form = office.lan.get("/console/runs/new?index=mini%401&wave=open").page(200);
    assert!(form.contains("Những gì sẽ được cố định") && form.contains("<dd>16</dd>"), "{form}");
    assert!(office.lan.get("/console/runs").page(200).contains("Chưa có lần tính nào"), "looking makes no run");
    let run = office.lan.post("/console/runs/new", &[("index", "mini@1"), ("wave", "open"), ("seed", "7")]).leads_to().to_owned();
    let page = office.lan.get(&run).page(200);
    assert!(page.contains("chờ tính") && page.contains("http-equiv=\"refresh\"") && page.contains("Hủy lần tính"), "{page}");
    work(&office.app, &run.replace("/console/", "/v1/"));
    let page = office.lan.get(&run).page(200);
    assert!(page.contains("bản thảo") && page.contains("Trình duyệt") && !page.contains("http-equiv"), "{page}");
    assert!(page.contains("Đây sẽ là ấn bản đầu tiên") && page.contains("ít phiếu trả lời: không công bố"), "{page}");
    assert_eq!(step(&office.lan, &run, "submit", &[]).leads_to(), run);
    assert!(!office.lan.get(&run).page(200).contains("/approve"), "a statistician does not approve");

    let page = office.minh.get(&run).page(200);
    assert!(page.contains(&format!("action=\"{run}/approve\"")) && page.contains(&format!("action=\"{run}/return\"")), "{page}");
    step(&office.minh, &run, "approve", &[]).leads_to();
    let page = office.minh.get(&run).page(200);
    assert!(page.contains("open.1"), "the code to type stands on the page: {page}");
    let wrong = step(&office.minh, &run, "publish", &[("edition", "open.2")]).page(422);
    assert!(wrong.contains("Ấn bản này mang tên open.1, không phải open.2") && wrong.contains("role=\"alert\""), "{wrong}");
    let none = step(&office.minh, &run, "publish", &[("edition", "")]).page(422);
    assert!(none.contains("Hãy gõ mã của ấn bản"), "{none}");
    office.app.anyone().get("/v1/editions/open.1").problem(404, "not-found");
    step(&office.minh, &run, "publish", &[("edition", "open.1")]).leads_to();
    assert_eq!(office.app.anyone().get("/v1/editions/open.1").expect(200)["state"], "published");

    let short = step(&office.minh, &run, "withdraw", &[("reason", "x")]).page(422);
    assert!(short.contains("href=\"#reason\""), "{short}");
    step(&office.minh, &run, "withdraw", &[("reason", "Sai trọng số")]).leads_to();
    let page = office.lan.get(&run).page(200);
    assert!(page.contains("đã rút") && page.contains("Sai trọng số"), "{page}");
}

#[test]
fn what_is_sent_back_is_a_draft_again_and_says_why() {
    let office = Office::open();
    office.answers();
    let run = office.finished();
    step(&office.lan, &run, "submit", &[]).leads_to();
    let empty = step(&office.minh, &run, "return", &[("reason", "")]).page(422);
    assert!(empty.contains("Lý do phải từ 3 đến 500 ký tự"), "{empty}");
    step(&office.minh, &run, "return", &[("reason", HOSTILE)]).leads_to();
    let page = office.lan.get(&run).page(200);
    harmless(&page);
    assert!(page.contains("đã trả lại") && page.contains("&lt;script&gt;alert(1)") && page.contains("bản thảo"), "{page}");
    let api = office.statistician().get(&run.replace("/console/", "/v1/")).expect(200);
    assert_eq!(api["state"], "draft");
    assert!(!api["steps"].as_array().unwrap().iter().any(|step| step["step"] == "submitted"), "{api}");
    step(&office.lan, &run, "submit", &[]).leads_to();
    step(&office.minh, &run, "approve", &[]).leads_to();
    assert!(office.lan.get(&run).page(200).contains("trả lại"), "its history stays");
    assert_eq!(step_status(&office, &run), 409, "what is approved is not sent back");
}

/// Sends back whatever its state is.
fn step_status(office: &Office, run: &str) -> u16 {
    step(&office.minh, run, "return", &[("reason", "thử lại")]).status
}

#[test]
fn whoever_made_a_run_cannot_approve_it_and_the_button_says_why() {
    let office = Office::open();
    office.answers();
    let key = office.app.key_of("Minh", hailong::office::Role::Statistician, None);
    let client = crate::harness::Client::new(office.app.addr, Some(key));
    let request = serde_json::json!({ "index": "mini", "version": "1", "wave": "open" });
    let run = client.post("/v1/runs", &request).header("location").unwrap().to_owned();
    work(&office.app, &run);
    let page = page_of(&run);
    step(&office.lan, &page, "submit", &[]).leads_to();
    let seen = office.minh.get(&page).page(200);
    assert!(seen.contains("disabled>Duyệt</button>") && seen.contains("Người tính hoặc trình không được duyệt"), "{seen}");
    let refused = office.minh.post(&format!("{page}/approve"), &[("revision", &revision(&seen))]).page(403);
    assert!(refused.contains("Người tính hoặc trình không được duyệt"), "{refused}");
    let english = office.minh.get(&format!("{page}?lang=en")).page(200);
    assert!(english.contains("Whoever made or submitted it neither approves nor publishes it"), "{english}");
    let thu = office.also("Thu", "publisher");
    step(&thu, &page, "approve", &[]).leads_to();
    assert!(office.minh.get(&page).page(200).contains("disabled>Công bố</button>"));
}

#[test]
fn a_page_that_somebody_left_open_takes_no_step_on_what_has_changed() {
    let office = Office::open();
    office.answers();
    let run = office.finished();
    let stale = revision(&office.lan.get(&run).page(200));
    step(&office.lan, &run, "submit", &[]).leads_to();
    let minh = revision(&office.minh.get(&run).page(200));
    let page = office.minh.post(&format!("{run}/approve"), &[("revision", &stale)]).page(412);
    assert!(page.contains("role=\"alert\"") && page.contains(&format!("value=\"{minh}\"")), "it shows the run as it is: {page}");
    assert_eq!(office.minh.post(&format!("{run}/approve"), &[]).status, 428);
    assert_eq!(office.minh.post(&format!("{run}/forget"), &[("revision", &minh)]).status, 404);
    for from in [vec![("Sec-Fetch-Site", "cross-site")], vec![("Origin", "http://evil.example")]] {
        assert_eq!(office.minh.post_from(&from, &format!("{run}/approve"), &[("revision", &minh)]).status, 403);
    }
    assert!(office.minh.get(&run).page(200).contains("đã trình"));
}

#[test]
fn the_preview_is_what_everybody_sees_afterwards_and_no_more() {
    let office = Office::open();
    office.answers();
    let run = office.finished();
    let preview = office.lan.get(&format!("{run}/preview")).page(200);
    let hidden = preview.matches("không công bố</span>").count();
    assert!(hidden > 0 && !preview.contains("ít phiếu trả lời"), "the rule is not told: {preview}");
    let id = run.rsplit('/').next().unwrap();
    crate::harness::runs::release(&office.app, &format!("/v1/runs/{id}"));
    let public = office.app.anyone().get("/v1/scores?edition=open.1&node=INDEX").expect(200);
    let items = public["items"].as_array().unwrap();
    let withheld = items.iter().filter(|item| item["value"].is_null()).count();
    assert_eq!(hidden, withheld);
    for item in items.iter().filter(|item| item["value"].is_f64()) {
        let value = format!("{:.2}", item["value"].as_f64().unwrap()).replace('.', ",");
        assert!(preview.contains(&value), "{value} is not in {preview}");
    }
    assert_eq!(office.lan.get("/console/runs/none/preview").status, 404);
}

#[test]
fn a_run_is_held_against_the_edition_before_it() {
    let office = Office::open();
    office.answers();
    let first = office.finished();
    crate::harness::runs::release(&office.app, &first.replace("/console/", "/v1/"));
    office.answers();
    let request = serde_json::json!({ "index": "mini", "version": "1", "wave": "open", "since": first.rsplit('/').next().unwrap() });
    let second = office.statistician().post("/v1/runs", &request).header("location").unwrap().to_owned();
    work(&office.app, &second);
    let page = office.lan.get(&page_of(&second)).page(200);
    assert!(page.contains("So với ấn bản <strong>open.1</strong>") && !page.contains("Chưa có kiểm định"), "{page}");
    let untested = start_run(&office.app);
    work(&office.app, &untested);
    let page = office.lan.get(&page_of(&untested)).page(200);
    assert!(page.contains("So với ấn bản <strong>open.1</strong>"), "{page}");
}

#[test]
fn a_run_that_cannot_be_is_told_at_its_field() {
    let office = Office::open();
    let post = |fields: &[(&str, &str)]| office.lan.post("/console/runs/new", fields);
    let page = post(&[("index", "mini@1"), ("wave", "open"), ("seed", "-1")]).page(422);
    assert!(page.contains("href=\"#seed\"") && page.contains("value=\"-1\""), "{page}");
    let page = post(&[("index", "mini@1"), ("wave", "open"), ("since", "00000000-0000-4000-8000-000000000000")]).page(422);
    assert!(page.contains("href=\"#since\""), "{page}");
    assert_eq!(post(&[("index", "none@1"), ("wave", "open")]).status, 404);
    let page = post(&[]).page(422);
    assert!(page.contains("href=\"#index\""), "{page}");
    harmless(&post(&[("index", &format!("mini@1{HOSTILE}")), ("wave", HOSTILE)]).text());
}

#[test]
fn runs_are_listed_by_wave_and_state_and_their_pages_are_of_the_office_alone() {
    let office = Office::open();
    office.answers();
    let run = office.finished();
    let queued = page_of(&start_run(&office.app));
    let drafts = office.lan.get("/console/runs?wave=open&state=draft").page(200);
    assert!(drafts.contains(&run) && !drafts.contains(&queued), "{drafts}");
    assert!(office.lan.get("/console/runs?lang=en&wave=sample").page(200).contains("There are no runs"));
    let admin = office.also("An", "admin");
    for path in ["/console/runs", run.as_str(), &format!("{run}/preview"), "/console/runs/new"] {
        guarded(&office.app, path, &admin);
    }
    assert_eq!(office.minh.get("/console/runs/new").status, 403, "a publisher computes nothing");
    assert_eq!(office.minh.post("/console/runs/new", &[("index", "mini@1"), ("wave", "open")]).status, 403);
    assert_eq!(office.lan.post(&format!("{run}/approve"), &[("revision", "1")]).status, 403);
    step(&office.lan, &queued, "cancel", &[]).leads_to();
    assert!(office.lan.get(&queued).page(200).contains("đã hủy"));
}
