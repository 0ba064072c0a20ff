//! Ballot stuffing by an open link: what the rules find of it, and what they say of honest people.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Instant;

use hailong::jobs::Worker;
use hailong::office::Role;
use hailong::response::Channel;
use hailong::response::quality::{DEFAULT, Evaluator, Judged, Rule, RuleSet};
use hailong::schema::{Document, Layout, Questionnaire};
use hailong::words::encode::rfc3339;
use serde_json::{Value, json};

use crate::harness::fixtures::{new_response, open_wave, questionnaire, submission, words};
use crate::harness::{Client, Dice, HOUR, NOW, TestApp};

const MINUTE: i64 = HOUR / 60;
const SECOND: i64 = MINUTE / 60;
const DAY: i64 = 24 * HOUR;
const LINK_RULES: [Rule; 3] = [Rule::LinkBurst, Rule::LinkCopies, Rule::LinkAgreement];

/// An answer by a link: when it came, of which unit, and what it says.
#[derive(Clone)]
struct Sheet {
    at: i64,
    unit: i32,
    answers: [u8; 12],
}

/// Twelve scale items.
fn form() -> Questionnaire {
    let option = |code: u32| json!({ "code": code.to_string(), "score": code, "label": words("Mức", "Level") });
    let item = |n: u32| json!({ "code": format!("q{n}"), "kind": "scale", "scale": "five", "text": words("Câu", "Item") });
    let text = json!({
        "kind": "questionnaire", "code": "counter", "version": "1", "languages": ["vi", "en"], "title": words("Phiếu", "Form"),
        "scales": { "five": { "options": (1..=5).map(option).collect::<Vec<_>>() } },
        "sections": [{ "code": "A", "title": words("Phần", "Part"), "items": (1..=12).map(item).collect::<Vec<_>>() }]
    });
    match hailong::schema::parse(&text.to_string()).unwrap().document {
        Document::Questionnaire(questionnaire) => questionnaire,
        _ => unreachable!(),
    }
}

/// What the rules for links say of sheets, by number.
fn flagged(sheets: &[Sheet]) -> BTreeSet<usize> {
    let (rules, form) = (RuleSet::parse(DEFAULT).unwrap(), form());
    let layout = Layout::of(&form);
    let mut evaluator = Evaluator::new(&rules, std::iter::once((&form, &layout)), |_| None).unwrap();
    for (number, sheet) in sheets.iter().enumerate() {
        let mut answers = layout.blank();
        for (slot, answer) in layout.slots().iter().zip(sheet.answers) {
            slot.add_option(&mut answers, answer);
        }
        evaluator.push(&Judged {
            seq: i64::try_from(number).unwrap(),
            form: 0,
            unit: sheet.unit,
            device: None,
            channel: Channel::Qr,
            imported: false,
            started_at: None,
            answered_at: None,
            received_at: sheet.at,
            answers: &answers,
        });
    }
    let flags = evaluator.finish().flags;
    flags.into_iter().filter(|flag| LINK_RULES.contains(&flag.rule)).map(|flag| usize::try_from(flag.seq).unwrap()).collect()
}

/// What an honest person says: one level throughout, as many do, or levels around one of their own.
fn honest(dice: &mut Dice, straight: u64) -> [u8; 12] {
    if dice.chance(straight) {
        return [if dice.chance(70) { 5 } else { 4 }; 12];
    }
    let level = 2 + u8::try_from(dice.roll(3)).unwrap();
    std::array::from_fn(|_| level + u8::try_from(dice.roll(3)).unwrap() - 1)
}

/// Twenty working days of eight offices, from a handful of answers a day to one every minute and a half, twice as many in the afternoon; in
/// each office once a hall of twenty people who answer within five minutes.
fn weeks(dice: &mut Dice) -> Vec<Sheet> {
    let mut sheets = Vec::new();
    for (unit, each_day) in [(1, 3), (2, 8), (3, 20), (4, 40), (5, 80), (6, 120), (7, 240), (8, 360)] {
        let straight = 20 + dice.roll(50);
        for day in 0..20 {
            for _ in 0..each_day {
                // Half past seven to half past eleven, or from half past one: two in three come after noon.
                let start = if dice.chance(33) { 0 } else { 6 * HOUR };
                let at = NOW + day * DAY + start + dice.within(4 * HOUR - HOUR * i64::from(start > 0));
                sheets.push(Sheet { at, unit, answers: honest(dice, straight) });
            }
        }
        let hall = NOW + dice.within(20) * DAY + 2 * HOUR;
        sheets.extend((0..20).map(|_| Sheet { at: hall + dice.within(5 * MINUTE), unit, answers: honest(dice, straight) }));
    }
    sheets
}

#[test]
fn honest_people_with_busy_afternoons_are_left_alone() {
    for seed in 1..=5 {
        let sheets = weeks(&mut Dice::new(seed));
        let found = flagged(&sheets).len();
        println!("seed {seed}: flagged {found} of {} honest answers", sheets.len());
        assert!(found * 1000 <= sheets.len(), "{found} of {}", sheets.len());
    }
}

#[test]
fn an_office_that_everybody_praises_is_measured_by_itself() {
    for seed in 1..=5 {
        let mut dice = Dice::new(seed);
        let mut sheets = weeks(&mut dice);
        let first = sheets.len();
        for day in 0..20 {
            sheets.extend((0..60).map(|_| Sheet { at: NOW + day * DAY + dice.within(9 * HOUR), unit: 99, answers: [5; 12] }));
        }
        let found = flagged(&sheets).into_iter().filter(|number| *number >= first).count();
        println!("seed {seed}: flagged {found} of {} answers of an office that everybody praises", sheets.len() - first);
        assert_eq!(found, 0);
    }
}

#[test]
fn stuffing_is_found_by_its_pace_or_by_how_alike_it_is() {
    type Attack = fn(&mut Dice, i64) -> (i64, [u8; 12]);
    // How many of 150 are found. Whoever takes a day for them is not: that is said in docs/open-links.md.
    let attacks: [(&str, Attack, RangeInclusive<usize>); 5] = [
        ("150 in a third of a second, all alike", |dice, _| (dice.within(SECOND / 3), [5; 12]), 143..=150),
        ("150 in a third of a second, unlike", |dice, _| (dice.within(SECOND / 3), honest(dice, 0)), 143..=150),
        ("150 in two minutes, unlike", |dice, _| (dice.within(2 * MINUTE), honest(dice, 0)), 143..=150),
        ("150 in forty minutes, all alike", |_, n| (n * 16 * SECOND, [5; 12]), 143..=150),
        ("150 in a day, unlike", |dice, n| (n * 4 * MINUTE, honest(dice, 0)), 0..=15),
    ];
    for (name, attack, wanted) in attacks {
        let mut dice = Dice::new(7);
        let mut sheets = weeks(&mut dice);
        let first = sheets.len();
        let begins = NOW + 9 * DAY + 3 * HOUR;
        for n in 0..150 {
            let (after, answers) = attack(&mut dice, n);
            sheets.push(Sheet { at: begins + after, unit: 3, answers });
        }
        let (stuffed, others): (Vec<usize>, Vec<usize>) = flagged(&sheets).into_iter().partition(|number| *number >= first);
        println!("{name}: flagged {} of 150, and {} of {first} honest answers", stuffed.len(), others.len());
        assert!(wanted.contains(&stuffed.len()), "{name}");
        assert!(others.len() * 1000 <= first, "{name}");
    }
}

/// The share of those who are satisfied.
fn index() -> Value {
    let share = json!({ "kind": "share", "item": "Q1", "options": ["4", "5"] });
    let leaf = json!({ "code": "Q1", "label": words("Hài lòng", "Satisfied"), "measure": share });
    json!({
        "kind": "index", "code": "happy", "version": "1", "title": words("Hài lòng", "Satisfied"), "survey": "mini",
        "survey_versions": ["1"], "level": 0.95, "min_n": 10, "lonely_psu": "adjust",
        "missing": { "leaf": "available", "node": "renormalise" }, "domains": [{ "kind": "nation" }],
        "tree": [{ "code": "INDEX", "label": words("Chỉ số", "Index"), "children": [leaf] }]
    })
}

/// The share of the nation, with or without what an evaluation flagged, and that of those who came by invitation.
fn share(client: &Client, without: Option<&Value>) -> (f64, f64) {
    let mut request = json!({ "index": "happy", "version": "1", "wave": "open" });
    if let Some(evaluation) = without {
        request["without_flagged"] = json!({ "evaluation": evaluation });
    }
    let started = client.post("/v1/runs", &request);
    assert_eq!(started.status, 202, "{}", started.text());
    let run = client.settled(started.header("location").unwrap());
    let scores = client.get(&format!("/v1/scores?run={}", run["id"].as_str().unwrap())).expect(200);
    let index = scores["items"].as_array().unwrap().iter().find(|score| score["node"] == "INDEX").unwrap().clone();
    (index["value"].as_f64().unwrap(), scores["invited_share"].as_f64().unwrap())
}

#[test]
fn what_was_stuffed_in_a_third_of_a_second_is_left_out_again() {
    let app = TestApp::start();
    let statistician = app.client(Role::Statistician);
    statistician.put("/v1/surveys/mini/versions/1", &questionnaire()).expect(201);
    statistician.put("/v1/indices/happy/versions/1", &index()).expect(201);
    let mut wave = open_wave();
    wave["closes_at"] = json!(rfc3339(NOW + 30 * DAY));
    statistician.put("/v1/waves/open", &wave).expect(201);
    let (anyone, office) = (app.anyone(), app.client(Role::Collector));
    let send = |at: i64, answers: Value, invitation: Option<Value>| {
        app.set_now(at);
        let mut body = submission();
        body.as_object_mut().unwrap().remove("answered_at");
        body["answers"] = answers;
        if let Some(token) = invitation {
            body["invitation"] = token;
        }
        anyone.put(&new_response(), &body).expect(201);
    };
    // Half of a hundred people are satisfied, on ten days.
    let mut dice = Dice::new(11);
    for n in 0..100_i64 {
        let level = if n % 2 == 0 { 4 + dice.roll(2) } else { 1 + dice.roll(3) };
        let answers = json!({ "Q1": level.to_string(), "Q2": (1 + dice.roll(5)).to_string(), "sex": (if n % 3 == 0 { "m" } else { "f" }), "age": 20 + n % 50 });
        let wish = json!({ "wave": "open", "unit": { "list": "agency-danang", "code": "SYT" }, "dossier": format!("HS-{n}") });
        let invited = (n % 5 < 2).then(|| office.post("/v1/invitations", &wish).expect(201)["token"].clone());
        send(NOW + n / 10 * DAY + n % 10 * 40 * MINUTE, answers, invited);
    }
    let mut worker = Worker::start(app.store.clone(), Arc::new(|| NOW + 20 * DAY), true).unwrap();
    let honest = share(&statistician, None).0;
    let begins = NOW + 10 * DAY;
    let since = Instant::now();
    for n in 0..150_i64 {
        send(begins + n * 2_200, json!({ "Q1": "5", "Q2": "5", "age": 18 + n % 60 }), None);
    }
    println!("accepted 150 of 150, in {:?} of this machine and a third of a second of the server's clock", since.elapsed());
    let (stuffed, invited_stuffed) = share(&statistician, None);
    let begun = statistician.post("/v1/waves/open/quality-evaluations", &json!({})).header("location").unwrap().to_owned();
    let found = statistician.settled(&begun);
    let (rescued, invited) = share(&statistician, Some(&found["version"]));
    worker.stop();
    println!("flagged {} of 250; the share: {honest:.2} honest, {stuffed:.2} stuffed, {rescued:.2} without the flagged", found["flagged"]);
    let burst = found["by_rule"].as_array().unwrap().iter().find(|count| count["rule"] == "link_burst").unwrap();
    assert!(burst["flagged"].as_u64().unwrap() >= 143, "{found}");
    assert!((honest - 50.0).abs() < 1e-9 && stuffed > 75.0, "{honest} {stuffed}");
    assert!((rescued - honest).abs() < 1.0, "{rescued}");
    // Forty of the honest came by invitation.
    println!("the share that came by invitation: {invited_stuffed:.2} stuffed, {invited:.2} without the flagged");
    assert!((invited_stuffed - 0.16).abs() < 1e-12 && (invited - 0.4).abs() < 1e-12);
}
