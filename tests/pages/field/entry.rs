//! Paper forms by digits: each is keyed in by two people, and what they keyed in differently is settled item by item.

use serde_json::{Value, json};

use super::upload::stored;
use crate::harness::accounts::enrolled_at;
use crate::harness::{Browser, NOW, Reply};
use crate::pages::console::{HOSTILE, Office, guarded, harmless};

const ENTRY: &str = "/f/entry/open";

/// Keys a form in: its number, and its fields as they are typed.
fn key(browser: &Browser, number: &str, answers: &[(&str, &str)], more: &[(&str, &str)]) -> Reply {
    let names: Vec<String> = answers.iter().map(|(item, _)| format!("answers.{item}")).collect();
    let mut fields = vec![("version", "1"), ("number", number), ("unit", "SYT")];
    fields.extend(names.iter().map(String::as_str).zip(answers.iter().map(|(_, text)| *text)));
    fields.extend(more);
    browser.post(ENTRY, &fields)
}

/// What stands of the form that was stored last and is not superseded.
fn standing(office: &Office) -> Value {
    let all = stored(office);
    let last = all.iter().max_by_key(|row| row["seq"].as_i64()).expect("a response is stored");
    office.statistician().get(&format!("/v1/responses/{}", last["seq"])).expect(200)["submission"].clone()
}

#[test]
fn digits_are_the_codes_of_options_or_their_places_and_the_next_number_follows() {
    let office = Office::open();
    let collector = office.also("Hà", "collector");
    let page = collector.get(&format!("{ENTRY}?number=007&unit=SYT")).page(200);
    assert!(page.contains("name=\"answers.Q1\"") && page.contains("<b>2</b> Nam"), "{page}");
    let filed = key(&collector, "007", &[("Q1", "4"), ("Q2", "0"), ("sex", "2"), ("age", "34"), ("note", "Tốt")], &[("day", "2024-08-31")]);
    let next = filed.leads_to().to_owned();
    assert!(next.contains("done=007") && next.contains("number=008") && next.contains("unit=SYT"), "{next}");
    assert!(collector.get(&next).page(200).contains("đã lưu"));
    let submission = standing(&office);
    let answers = json!({ "Q1": "4", "Q2": { "missing": "does_not_apply" }, "sex": "m", "age": 34, "note": "Tốt" });
    assert_eq!((&submission["answers"], &submission["channel"]), (&answers, &json!("paper")));
    assert_eq!(submission["answered_at"], "2024-08-31T00:00:00+07:00");
}

#[test]
fn what_is_wrong_stands_at_its_field_and_is_stored_only_when_the_paper_says_so() {
    let office = Office::open();
    let wrong = key(&office.lan, "1", &[("Q1", "9"), ("age", "12")], &[]).page(422);
    assert!(
        wrong.contains("href=\"#answers.Q1\"") && wrong.contains("href=\"#answers.age\"") && wrong.contains("name=\"sure\""),
        "{wrong}"
    );
    assert!(wrong.contains("value=\"9\""), "what was typed is kept");
    assert!(key(&office.lan, "", &[("Q1", "4")], &[]).page(422).contains("href=\"#number\""));
    let nowhere = office.lan.post(ENTRY, &[("version", "1"), ("number", "1"), ("unit", "NONE"), ("answers.Q1", "4")]).page(422);
    assert!(nowhere.contains("href=\"#unit\""), "{nowhere}");
    assert!(stored(&office).is_empty());
    let filed = key(&office.lan, "1", &[("Q1", "4"), ("age", "12")], &[("sure", "on")]);
    assert!(filed.leads_to().contains("how=invalid"));
    assert_eq!(stored(&office)[0]["state"], "valid", "the rest of it counts");
}

#[test]
fn two_people_key_a_form_in_and_settle_what_differs() {
    let office = Office::open();
    let (first, second) = (office.also("Hà", "collector"), office.also("Bình", "collector"));
    let typed = [("Q1", "4"), ("Q2", "3"), ("sex", "1"), ("age", "34")];
    key(&first, "7", &typed, &[]).leads_to();
    assert!(key(&first, "7", &typed, &[]).leads_to().contains("how=own"), "one person is not two");
    assert_eq!(stored(&office).len(), 1);
    let other = [("Q1", "4"), ("Q2", "5"), ("sex", "1"), ("age", "43")];
    let page = key(&second, "7", &other, &[]).page(200);
    assert!(page.contains("name=\"settle.Q2\"") && page.contains("name=\"settle.age\"") && !page.contains("name=\"settle.Q1\""), "{page}");
    assert_eq!(stored(&office).len(), 1, "nothing is stored until it is settled");
    let open = key(&second, "7", &other, &[("settling", "on"), ("settle.Q2", "second")]);
    assert_eq!(open.status, 422, "every difference is settled");
    let settled = key(&second, "7", &other, &[("settling", "on"), ("settle.Q2", "second"), ("settle.age", "first")]);
    assert!(settled.leads_to().contains("how=settled"));
    assert_eq!(standing(&office)["answers"], json!({ "Q1": "4", "Q2": "5", "sex": "f", "age": 34 }));
    let page = second.get(ENTRY).page(200);
    assert!(page.contains("1 phiếu đã nhập, 1 phiếu hai lần; khác nhau 40,00% số câu"), "{page}");
    let again = key(&second, "7", &[("Q1", "4"), ("Q2", "5"), ("sex", "1"), ("age", "34")], &[]);
    assert!(again.leads_to().contains("how=same"));
    let progress = office.statistician().get("/v1/waves/open/progress?by=unit").expect(200);
    assert_eq!(progress["items"][0]["valid"], 1, "one form counts once: {progress}");
    let audit = office.app.client(hailong::office::Role::Auditor).get("/v1/audit?limit=100").expect(200).to_string();
    assert!(audit.contains("form.compare") && audit.contains("form.settle"), "{audit}");
}

#[test]
fn a_form_that_came_in_a_file_is_the_one_of_its_number() {
    let office = Office::open();
    let page = super::upload::kept(&office.lan, "id,unit,Q1,Q2\n7,SYT,4,3\n");
    super::upload::act(&office.lan, &page, &["@id", "@unit", "Q1", "Q2"], &[("do", "import")]).page(200);
    assert!(key(&office.lan, "7", &[("Q1", "4"), ("Q2", "3")], &[]).leads_to().contains("how=same"));
    assert_eq!(stored(&office).len(), 1);
}

#[test]
fn of_another_form_or_another_unit_nothing_is_told() {
    let office = Office::open();
    key(&office.also("Hà", "collector"), "7", &[("Q1", "4"), ("Q2", "3"), ("sex", "1"), ("age", "34"), ("note", "secret")], &[]).leads_to();
    let second = office.also("Bình", "collector");
    let page = key(&second, "7", &[("Q1", "1"), ("Q2", "1"), ("sex", "2"), ("age", "20")], &[]).page(409);
    assert!(page.contains("Số này đã có ở một phiếu khác hẳn") && !page.contains("secret"), "{page}");
    let person = enrolled_at(&office.app, "Cúc", "collector", ("agency-danang", "SXD"));
    let bound = Browser::signed_in(&office.app, &person, NOW);
    let typed = [("Q1", "4"), ("Q2", "3"), ("sex", "1"), ("age", "34")];
    let refused = key(&bound, "7", &typed, &[]);
    assert!(matches!(refused.status, 403 | 409) && !refused.text().contains("secret"), "{}", refused.text());
    assert_eq!(key(&bound, "8", &typed, &[]).status, 403, "a form about another unit");
    assert_eq!(stored(&office).len(), 1);
}

#[test]
fn keying_in_is_for_those_who_bring_responses_in() {
    let office = Office::open();
    guarded(&office.app, ENTRY, &office.minh);
    assert!(office.lan.get("/f/entry").page(200).contains("href=\"/f/entry/open\""));
    assert_eq!(key(&office.minh, "1", &[("Q1", "4")], &[]).status, 403);
    assert_eq!(office.lan.get("/f/entry/none").status, 404);
    let page = key(&office.lan, HOSTILE, &[("Q1", HOSTILE), ("note", HOSTILE)], &[]).page(422);
    harmless(&page);
    key(&office.lan, "h", &[("Q1", "4"), ("note", HOSTILE)], &[]).leads_to();
    harmless(&key(&office.also("Hà", "collector"), "h", &[("Q1", "4"), ("note", "x")], &[]).page(200));
    let forged = office.lan.post_from(&[("Sec-Fetch-Site", "cross-site")], ENTRY, &[("number", "9"), ("version", "1"), ("unit", "SYT")]);
    assert_eq!(forged.status, 403);
}
