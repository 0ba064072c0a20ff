//! Waves by pages: dates, design, how fieldwork goes, posters, quality.

use std::fmt::Write as _;
use std::ops::ControlFlow;

use hailong::jobs::quality as judging;

use super::{HOSTILE, Office, guarded, harmless, revision};
use crate::harness::fixtures::{new_response, sampled, submission};
use crate::harness::{Browser, HOUR, NOW, Reply};

/// Sends a form with files.
pub fn upload(browser: &Browser, path: &str, from: &str, fields: &[(&str, &str)], files: &[(&str, &str)]) -> Reply {
    let mut body = String::new();
    for (name, value) in fields {
        write!(body, "--frontier\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").unwrap();
    }
    for (name, content) in files {
        write!(
            body,
            "--frontier\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}.csv\"\r\nContent-Type: text/csv\r\n\r\n{content}\r\n"
        )
        .unwrap();
    }
    body += "--frontier--\r\n";
    browser.send(
        "POST",
        path,
        &[("Content-Type", "multipart/form-data; boundary=frontier"), ("Sec-Fetch-Site", from)],
        Some(body.as_bytes()),
    )
}

/// The fields of a new wave that anyone may answer.
fn fields() -> Vec<(&'static str, &'static str)> {
    vec![
        ("code", "thu-2"),
        ("survey", "mini"),
        ("mode", "opt_in"),
        ("design", "element"),
        ("unit_list", "agency-danang"),
        ("title.vi", "Đợt thử hai"),
        ("title.en", ""),
        ("frame.vi", "Người dùng dịch vụ"),
        ("opens_at", "2024-09-01T00:00"),
        ("closes_at", "2024-09-30T17:00"),
        ("chain.customers", "1.200"),
        ("chain.invitations", "600"),
    ]
}

#[test]
fn a_wave_is_opened_changed_and_closed_by_pages_alone() {
    let office = Office::open();
    assert!(office.lan.get("/console/waves/new").page(200).contains("<option value=\"mini\">mini</option>"));
    assert_eq!(office.lan.post("/console/waves/new", &fields()).leads_to(), "/console/waves/thu-2");
    let told = office.app.anyone().get("/v1/waves/thu-2").expect(200);
    assert_eq!((&told["opens_at"], &told["chain"]["customers"]), (&"2024-08-31T17:00:00.000000Z".into(), &1200.into()));
    let taken = office.lan.post("/console/waves/new", &fields()).page(422);
    assert!(taken.contains("href=\"#code\">Mã này đã có đợt khác dùng"), "{taken}");
    let mut wrong = fields();
    wrong.retain(|(name, _)| *name != "title.vi" && !name.starts_with("chain"));
    wrong[0].1 = "thu-3";
    let page = office.lan.post("/console/waves/new", &wrong).page(422);
    assert!(page.contains("href=\"#title\"") && page.contains("href=\"#chain\"") && page.contains("value=\"thu-3\""), "{page}");

    let form = office.lan.get("/console/waves/thu-2/edit").page(200);
    assert!(form.contains("value=\"2024-09-01T00:00\"") && !form.contains("name=\"survey\""), "{form}");
    let seen = revision(&form);
    let mut changed: Vec<(&str, &str)> =
        vec![("revision", &seen), ("title.vi", HOSTILE), ("frame.vi", "Người dùng"), ("opens_at", "2024-09-01T00:00")];
    assert_eq!(office.lan.post("/console/waves/thu-2/edit", &changed).leads_to(), "/console/waves/thu-2");
    let page = office.lan.get("/console/waves/thu-2").page(200);
    harmless(&page);
    assert!(page.contains("&lt;script&gt;alert(1)") && page.contains("chưa định ngày đóng"), "{page}");
    for path in
        ["/console", "/console/waves", "/console/waves/thu-2/edit", "/console/waves/thu-2/links", "/console/runs/new?index=mini%401"]
    {
        harmless(&office.lan.get(path).page(200));
    }
    changed[1].1 = "Khác";
    let stale = office.lan.post("/console/waves/thu-2/edit", &changed).page(412);
    assert!(stale.contains("role=\"alert\""), "{stale}");
    office.lan.post("/console/waves/thu-2/close", &[]).leads_to();
    assert!(office.lan.get("/console/waves").page(200).contains("08:00, 01/09/2024"));
}

#[test]
fn a_design_is_loaded_from_files_and_every_finding_has_its_line() {
    let office = Office::open();
    let path = "/console/waves/sample/design";
    let page = office.lan.get(path).page(200);
    assert!(page.contains("enctype=\"multipart/form-data\"") && page.contains("<dd>3</dd>"), "{page}");
    let seen = revision(&page);
    let send = |from: &str, psus: &str| upload(&office.lan, path, from, &[("revision", &seen)], &[("psus", psus)]);
    let wrong = send("same-origin", "psu,stratum,fpc,area,weight\np4,s2,20,48,4\np5,s2,20,48,none\n").page(422);
    assert!(wrong.contains("dòng 3") && wrong.contains("<caption>Điều phát hiện</caption>"), "{wrong}");
    assert!(office.lan.get(path).page(200).contains("<dd>3</dd>"), "nothing was loaded");
    assert_eq!(send("cross-site", "psu,stratum,fpc,area,weight\np4,s2,20,48,4\n").status, 403);
    let done = send("same-origin", "psu,stratum,fpc,area,weight\np4,s2,20,48,4\n").page(200);
    assert!(done.contains("Đã nạp: 1 cụm") && done.contains("<dd>4</dd>"), "{done}");
    let none = upload(&office.lan, path, "same-origin", &[("revision", "1")], &[]).page(422);
    assert!(none.contains("href=\"#psus\""), "{none}");
    let broken = office.lan.send(
        "POST",
        path,
        &[("Content-Type", "multipart/form-data; boundary=x"), ("Sec-Fetch-Site", "same-origin")],
        Some(b"--x\r\n"),
    );
    assert!(broken.page(422).contains("<code>body-invalid</code>"));
}

#[test]
fn fieldwork_is_shown_by_stratum_unit_psu_and_day() {
    let office = Office::open();
    office.app.client(hailong::office::Role::Collector).put(&new_response(), &sampled()).expect(201);
    let page = office.lan.get("/console/waves/sample").page(200);
    let text: String = page.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("<th scope=\"row\">s1</th><td class=\"number\">2</td><td class=\"number\">1</td>"), "{text}");
    assert!(text.contains("<th scope=\"row\">s2</th><td class=\"number\">1</td><td class=\"number\">1</td>"), "{text}");
    assert!(text.contains("Thành phố Hà Nội") && text.contains("01/09/2024") && text.contains("khóa số "), "{text}");
    assert!(text.contains("/console/waves/sample/design") && text.contains("Đóng ngay"));
    let minh = office.minh.get("/console/waves/sample").page(200);
    assert!(!minh.contains("Đóng ngay") && !minh.contains("/edit\""), "a publisher looks on: {minh}");
    assert_eq!(office.minh.post("/console/waves/sample/close", &[]).status, 403);
    assert_eq!(office.lan.post_from(&[("Sec-Fetch-Site", "same-site")], "/console/waves/sample/close", &[]).status, 403);
    assert_eq!(office.lan.get("/console/waves/none").status, 404);
    let english = office.lan.get("/console/waves/sample?lang=en").page(200);
    assert!(english.contains("By stratum") && english.contains("PSUs without responses first"), "{english}");
}

#[test]
fn each_unit_has_a_link_and_a_poster_with_the_address_under_the_code() {
    let office = Office::open();
    let links = office.lan.get("/console/waves/open/links?q=y+t%E1%BA%BF").page(200);
    let own = format!("http://{}/s/open?u=SYT", office.app.addr);
    assert!(links.contains(&own) && !links.contains("u=SXD"), "{links}");
    let poster = office.lan.get("/console/waves/open/poster?u=SYT&at=https%3A%2F%2Fhailong.example").page(200);
    assert!(poster.contains("<p class=\"link\">https://hailong.example/s/open?u=SYT</p>"), "{poster}");
    assert_eq!(poster.matches("<path d=\"M").count(), 2, "one path for the code, beside the mark of the head");
    assert!(poster.contains("Sở Y tế") && poster.contains("Ông/Bà có hài lòng không?"), "{poster}");
    let evil = office.lan.get("/console/waves/open/poster?u=SYT&at=https%3A%2F%2Fevil.example%2F%22%3E%3Cscript%3E").page(200);
    let (_, body) = evil.split_once("<main").unwrap();
    assert!(!body.contains("evil.example") && body.contains(&own), "{body}");
    assert_eq!(office.lan.get("/console/waves/open/poster?u=NONE").status, 404);
    assert_eq!(office.lan.get("/console/waves/open/poster").status, 404);
    assert!(office.lan.get("/console/waves/sample/links").page(200).contains("không nhận phiếu qua đường dẫn"));
}

#[test]
fn flags_stand_beside_the_score_and_an_exclusion_is_proposed_from_them() {
    let office = Office::open();
    office.answers();
    let mut fast = submission();
    fast["started_at"] = "2024-09-01T07:58:59+07:00".into();
    office.app.anyone().put(&new_response(), &fast).expect(201);
    let path = "/console/waves/open/quality";
    assert!(office.lan.get(path).page(200).contains("Chưa có lần đánh giá nào"));
    office.lan.post(path, &[]).leads_to();
    assert!(office.lan.get(path).page(200).contains("http-equiv=\"refresh\""), "it is under way");
    judge(&office);
    let run = office.finished();
    let page = office.lan.get(path).page(200);
    assert!(page.contains("Theo quy tắc") && page.contains(&run) && page.contains("mọi phiếu hợp lệ"), "{page}");
    let seq = page.split(&format!("action=\"{path}/")).nth(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    let seq = seq.unwrap_or_else(|| panic!("no response is flagged: {page}"));
    let propose =
        |what: &str, reason: &str| office.lan.post(&format!("{path}/{seq}"), &[("do", what), ("reason", reason), ("evaluation", "1")]);
    assert!(propose("exclude", "x").page(422).contains("Lý do phải từ 3 đến 500 ký tự"));
    assert_eq!(propose("exclude", HOSTILE).leads_to(), "/console/proposals");
    propose("lift", "đã xem lại").leads_to();
    let proposals = office.minh.get("/console/proposals").page(200);
    harmless(&proposals);
    assert!(proposals.contains("loại phiếu") && proposals.contains("bỏ cờ của phiếu"), "{proposals}");
    assert!(!office.minh.get(path).page(200).contains(&format!("action=\"{path}/{seq}\"")), "a publisher proposes nothing");
    let admin = office.also("An", "admin");
    for page in ["/console/waves", "/console/waves/open", path, "/console/waves/new", "/console/waves/open/design"] {
        guarded(&office.app, page, &admin);
    }
    office.app.set_now(NOW + HOUR / 10);
}

/// Does a worker's part of the evaluation that is queued.
fn judge(office: &Office) {
    let mut db = office.app.store.db().unwrap();
    let wave = hailong::store::waves::find(&mut db, "open").unwrap().unwrap();
    let begun = hailong::store::quality::list(&mut db, wave.id).unwrap().remove(0);
    let found = judging::evaluate(&mut db, &begun, &|_, _, _| ControlFlow::Continue(()));
    judging::conclude(&mut db, begun.id, None, &found, NOW).unwrap();
}
