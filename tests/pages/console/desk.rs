//! What waits for whom.

use super::{Office, guarded, page_of, step};
use crate::harness::fixtures::start_run;

#[test]
fn an_empty_office_is_told_its_first_three_steps() {
    let office = Office::empty();
    let page = office.lan.get("/console").page(200);
    assert!(page.contains("Bắt đầu trong ba bước") && page.contains("Công bố phiếu hỏi"), "{page}");
    assert!(page.contains("Không có việc nào chờ Ông/Bà"), "{page}");
    let english = office.lan.get("/console?lang=en").page(200);
    assert!(english.contains("The first three steps") && english.contains("href=\"/console/surveys?lang=en\""), "{english}");
    assert_eq!(english.matches("<h1>").count(), 1);
}

#[test]
fn a_run_waits_for_whoever_can_take_its_next_step() {
    let office = Office::open();
    office.answers();
    let page = office.lan.get("/console").page(200);
    assert!(!page.contains("Bắt đầu trong ba bước"), "the first steps are taken: {page}");
    let run = office.finished();
    let split = |page: &str| page.split_once("Chờ người khác").map(|(mine, others)| (mine.to_owned(), others.to_owned()));
    let link = format!("href=\"{run}\"");
    let lan = office.lan.get("/console").page(200);
    assert!(lan.contains(&link) && split(&lan).is_none(), "a draft waits for a statistician: {lan}");
    let (mine, others) = split(&office.minh.get("/console").page(200)).unwrap();
    assert!(!mine.contains(&link) && others.contains(&link) && others.contains("trình duyệt"));
    step(&office.lan, &run, "submit", &[]).leads_to();
    let (mine, others) = split(&office.lan.get("/console").page(200)).unwrap();
    assert!(!mine.contains(&link) && others.contains(&link));
    let minh = office.minh.get("/console").page(200);
    assert!(minh.contains(&link) && split(&minh).is_none(), "{minh}");
}

#[test]
fn waves_stand_with_what_came_of_what_is_expected_and_runs_under_way_reload_the_page() {
    let office = Office::open();
    office.answers();
    let page = office.lan.get("/console").page(200);
    assert!(page.contains("Đợt mở") && page.contains("<td class=\"number\">16</td><td class=\"number\">600</td>"), "{page}");
    assert!(!page.contains("http-equiv=\"refresh\""));
    let run = page_of(&start_run(&office.app));
    let page = office.lan.get("/console").page(200);
    assert!(page.contains("http-equiv=\"refresh\"") && page.contains(&run) && page.contains("chờ tính"), "{page}");
}

#[test]
fn the_desk_is_of_the_office_alone() {
    let office = Office::open();
    let admin = office.also("An", "admin");
    guarded(&office.app, "/console", &admin);
    let page = admin.get("/account").page(200);
    assert!(
        !page.contains("href=\"/console\"") && page.contains("href=\"/console/proposals\""),
        "only what one may do is in the bar: {page}"
    );
    office.also("Hoa", "auditor").get("/console").page(200);
}
