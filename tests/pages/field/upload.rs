//! Files of records by a page: columns are said, a check stores nothing, good records are stored once, the rest comes back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hailong::jobs::Janitor;
use hailong::store::{people, uploads};
use serde_json::Value;

use crate::harness::accounts::{enrolled, enrolled_at};
use crate::harness::{Browser, HOUR, NOW, Reply};
use crate::pages::console::{HOSTILE, Office, guarded, harmless, upload};

const UPLOAD: &str = "/f/upload";

/// Five records, of which the second has an answer that is none, and the fifth a unit that is none.
const FILE: &str = "Mã phiếu;Đơn vị;Hài lòng?;Q2;Giới tính;Ghi chú\n\
    F-1;SYT;5;4;Nữ;x\nF-2;SYT;9;4;Nam;x\nF-3;SXD;3;;m;x\nF-4;SYT;2;1;f;x\nF-5;NONE;2;1;f;x\n";

/// What the columns of the file hold.
const COLUMNS: [&str; 6] = ["@id", "@unit", "Q1", "Q2", "sex", "@ignore"];

fn send(browser: &Browser, file: &str) -> Reply {
    upload(browser, UPLOAD, "same-origin", &[("wave", "open")], &[("file", file)])
}

/// Uploads a file; gives the page where it is looked at.
pub fn kept(browser: &Browser, file: &str) -> String {
    send(browser, file).leads_to().to_owned()
}

pub fn act(browser: &Browser, page: &str, columns: &[&str], more: &[(&str, &str)]) -> Reply {
    let names: Vec<String> = (0..columns.len()).map(|place| format!("column.{place}")).collect();
    let mut fields: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(columns.iter().copied()).collect();
    fields.extend(more);
    browser.post(page, &fields)
}

pub fn stored(office: &Office) -> Vec<Value> {
    let found = office.statistician().get("/v1/responses?wave=open&limit=1000").expect(200);
    found["items"].as_array().unwrap().clone()
}

/// The option that is chosen for a column.
#[track_caller]
fn guess(page: &str, place: usize) -> String {
    let select = page.split(&format!("name=\"column.{place}\"")).nth(1).expect("the column is there").split("</select>").next().unwrap();
    select.split(" selected").next().unwrap().rsplit("value=\"").next().unwrap().trim_end_matches('"').to_owned()
}

#[test]
fn columns_are_guessed_by_code_by_text_and_by_what_people_call_them() {
    let office = Office::open();
    let page = office.also("Hà", "collector").get(&kept(&office.lan, FILE)).status;
    assert_eq!(page, 404, "a file is its uploader's alone");
    let page = office.lan.get(&kept(&office.lan, FILE)).page(200);
    let guesses: Vec<String> = (0..6).map(|place| guess(&page, place)).collect();
    assert_eq!(guesses, COLUMNS);
    assert!(page.contains("F-1 · F-2 · F-3"), "{page}");
    assert!(stored(&office).is_empty());
}

#[test]
fn a_check_stores_nothing_and_the_good_records_are_stored_once() {
    let office = Office::open();
    let collector = office.also("Hà", "collector");
    let page = kept(&collector, FILE);
    let checked = act(&collector, &page, &COLUMNS, &[("do", "check")]).page(200);
    assert!(checked.contains("3 phiếu nạp được, 2 dòng cần sửa"), "{checked}");
    assert!(checked.contains("<th scope=\"row\">3</th><td>Hài lòng?</td>"), "the finding names line and column: {checked}");
    assert!(checked.contains("<th scope=\"row\">6</th><td>Đơn vị</td>"), "{checked}");
    assert!(checked.contains("Những dòng đầu"), "{checked}");
    assert!(stored(&office).is_empty(), "nothing is stored by a check");
    let done = act(&collector, &page, &COLUMNS, &[("do", "import")]).page(200);
    assert!(done.contains("3 phiếu đã được lưu."), "{done}");
    let rows = stored(&office);
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row["state"] == "valid"), "{rows:?}");
    let again = act(&collector, &page, &COLUMNS, &[("do", "import")]).page(200);
    assert!(again.contains("0 phiếu đã được lưu.") && again.contains("Đã có từ trước"), "{again}");
    assert_eq!(stored(&office).len(), 3, "the same again stores nothing");
    let audit = office.app.client(hailong::office::Role::Auditor).get("/v1/audit?limit=100").expect(200).to_string();
    assert!(audit.contains("import.upload") && audit.contains("import.end"), "{audit}");
}

#[test]
fn the_rest_is_a_file_that_is_mended_and_uploaded_again() {
    let office = Office::open();
    let file = format!("{FILE}F-6;SYT;5;4\n\"F-7\";SYT;5;4;f;\"hai\ndòng\"\nF-8;SYT;0;4;f;x\n");
    let page = kept(&office.lan, &file);
    act(&office.lan, &page, &COLUMNS, &[("do", "import")]).page(200);
    assert_eq!(stored(&office).len(), 4);
    let rest = act(&office.lan, &page, &COLUMNS, &[("do", "rest")]);
    assert_eq!(rest.header("content-type"), Some("text/csv; charset=utf-8"));
    let text = rest.text();
    let rows: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(rows[0], "Mã phiếu,Đơn vị,Hài lòng?,Q2,Giới tính,Ghi chú,_findings");
    assert_eq!(rows.len(), 5, "{text}");
    assert!(rows[1].starts_with("F-2,SYT,9,4,Nam,x,") && rows[1].contains("Hài lòng?: "), "{text}");
    assert!(rows[2].starts_with("F-5,NONE,") && rows[3].starts_with("F-6,SYT,5,4,,,"), "{text}");
    assert!(rows[4].starts_with("F-8,"), "{text}");
    let mended = text.replace("F-2,SYT,9", "F-2,SYT,1").replace("F-5,NONE", "F-5,SXD").replace("F-8,SYT,0", "F-8,SYT,4");
    let page = kept(&office.lan, &mended);
    let columns: Vec<String> = (0..7).map(|place| guess(&office.lan.get(&page).page(200), place)).collect();
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    assert_eq!(columns[6], "@ignore");
    let done = act(&office.lan, &page, &columns, &[("do", "import")]).page(200);
    assert!(done.contains("4 phiếu đã được lưu."), "{done}");
    assert_eq!(stored(&office).len(), 8);
    assert_eq!(office.lan.get(&page).status, 404, "a file of which nothing is left is forgotten");
}

#[test]
fn a_file_that_was_mended_as_a_whole_is_not_taken_for_other_people() {
    let office = Office::open();
    let page = kept(&office.lan, "unit,Q1\nSYT,5\nSYT,4\nSYT,9\n");
    act(&office.lan, &page, &["@unit", "Q1"], &[("do", "import")]).page(200);
    assert_eq!(stored(&office).len(), 2);
    let page = kept(&office.lan, "unit,Q1\nSYT,5\nSYT,4\nSYT,3\n");
    let checked = act(&office.lan, &page, &["@unit", "Q1"], &[("do", "check")]).page(200);
    assert!(checked.contains("Là tệp đó, đã sửa"), "{checked}");
    let batch = checked.split("name=\"batch\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let done = act(&office.lan, &page, &["@unit", "Q1"], &[("do", "import"), ("batch", batch)]).page(200);
    assert!(done.contains("1 phiếu đã được lưu."), "{done}");
    assert_eq!(stored(&office).len(), 3);
}

#[test]
fn one_unit_may_be_said_for_the_whole_file_and_what_is_wrong_with_it_is_told() {
    let office = Office::open();
    let page = kept(&office.lan, "Q1,Q2\n5,4\n");
    let without = act(&office.lan, &page, &["Q1", "Q2"], &[("do", "check")]).page(422);
    assert!(without.contains("Dòng 1: ") && without.contains("href=\"#unit\""), "{without}");
    act(&office.lan, &page, &["Q1", "Q2"], &[("do", "import"), ("unit", "SYT")]).page(200);
    assert_eq!(stored(&office).len(), 1);
    for (file, said) in [("", "Hãy chọn"), ("%PDF-1.4", "PDF")] {
        let reply =
            if file.is_empty() { upload(&office.lan, UPLOAD, "same-origin", &[("wave", "open")], &[]) } else { send(&office.lan, file) };
        let page = reply.page(422);
        assert!(page.contains(said), "{page}");
    }
}

#[test]
fn whoever_is_bound_to_a_unit_brings_in_what_is_about_that_unit() {
    let office = Office::open();
    office.lan.get(UPLOAD).page(200);
    let first = kept(&office.lan, "id,unit,Q1\nF-1,SXD,5\n");
    act(&office.lan, &first, &["@id", "@unit", "Q1"], &[("do", "import")]).page(200);
    let person = enrolled_at(&office.app, "Bình", "collector", ("agency-danang", "SYT"));
    let browser = Browser::signed_in(&office.app, &person, NOW);
    let page = kept(&browser, "id,unit,Q1\nF-1,SXD,4\nF-2,SXD,4\nF-3,SYT,4\nF-4,SYT-KCB,4\n");
    let done = act(&browser, &page, &["@id", "@unit", "Q1"], &[("do", "import"), ("correct", "on")]).page(200);
    assert!(done.contains("2 phiếu đã được lưu."), "{done}");
    assert!(!done.contains("response-conflict"), "of another unit nobody learns what is there: {done}");
    assert_eq!(stored(&office).len(), 3);
}

#[test]
fn a_file_cannot_hurt_a_page_and_is_gone_after_a_day() {
    let office = Office::open();
    let hostile = HOSTILE.replace('"', "\"\"");
    let page = kept(&office.lan, &format!("unit,Q1,\"{hostile}\"\nSYT,\"{hostile}\",x\n"));
    harmless(&office.lan.get(&page).page(200));
    harmless(&act(&office.lan, &page, &["@unit", "Q1", "note"], &[("do", "check")]).page(200));
    let unknown = act(&office.lan, &page, &["@unit", "Q1", HOSTILE], &[("do", "check")]).page(422);
    harmless(&unknown);
    office.app.set_now(NOW + 25 * HOUR);
    let lan = enrolled(&office.app, "Lan2", &["statistician"]);
    let lan = Browser::signed_in(&office.app, &lan, NOW + 25 * HOUR);
    assert_eq!(lan.get(&page).status, 404);
}

#[test]
fn uploading_is_for_those_who_bring_responses_in() {
    let office = Office::open();
    guarded(&office.app, UPLOAD, &office.minh);
    let page = kept(&office.lan, FILE);
    assert_eq!(act(&office.minh, &page, &COLUMNS, &[("do", "import")]).status, 403);
    assert_eq!(upload(&office.lan, UPLOAD, "cross-site", &[("wave", "open")], &[("file", FILE)]).status, 403);
    assert_eq!(upload(&office.lan, UPLOAD, "same-origin", &[("wave", "none")], &[("file", FILE)]).status, 404);
    assert_eq!(office.lan.get("/f/upload/none").status, 404);
    assert!(stored(&office).is_empty());
}

#[test]
fn a_file_is_forgotten_when_its_day_is_over_though_nobody_uploads_another() {
    let office = Office::open();
    let page = kept(&office.lan, FILE);
    let id = page.rsplit('/').next().unwrap().parse().unwrap();
    let lan = people::find(&mut office.app.store.db().unwrap(), "Lan").unwrap().unwrap();
    let by = format!("Lan@{}", lan.id);
    let there = |now: i64| uploads::find(&mut office.app.store.db().unwrap(), id, &by, now).unwrap().is_some();
    let (early, late) = (NOW + 23 * HOUR, NOW + 25 * HOUR);
    assert!(there(early) && !there(late), "after its day it is shown to nobody");
    for (now, remains) in [(early, true), (late, false)] {
        let mut janitor = Janitor::start(office.app.store.clone(), Arc::new(move || now)).unwrap();
        // It looks at once; where nothing is to go there is nothing to wait for.
        std::thread::sleep(Duration::from_millis(500));
        let until = Instant::now() + Duration::from_secs(20);
        while there(NOW) != remains && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        janitor.stop();
        assert_eq!(there(NOW), remains, "at {now}");
    }
}
