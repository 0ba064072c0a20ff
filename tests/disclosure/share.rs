//! How much is hidden of what a province publishes: protection that hides everything would be none.

use hailong::office::Role;
use hailong::store::units::UnitRow;
use hailong::words::encode::rfc3339;
use serde_json::{Map, Value, json};

use super::field::pages;
use crate::harness::fixtures::{id, units, words};
use crate::harness::runs::{release, start, work};
use crate::harness::{Dice, HOUR, NOW, TestApp, Wish};

const COMMUNES: usize = 30;
const PEOPLE: usize = 60;
const OFFICES: usize = 40;

fn read(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(format!("survey-schemas/{name}")).unwrap()).unwrap()
}

/// One form of the shipped questionnaire: people are content, some more than others, and some skip what does not concern them.
fn form(dice: &mut Dice, questionnaire: &Value, commune: usize) -> Map<String, Value> {
    let mood = dice.roll(20);
    let mut answers = Map::new();
    for item in questionnaire["sections"].as_array().unwrap().iter().flat_map(|section| section["items"].as_array().unwrap()) {
        let code = item["code"].as_str().unwrap();
        let options = match item["scale"].as_str() {
            Some(scale) => questionnaire["scales"][scale]["options"].as_array().unwrap(),
            None if item["kind"] == "single" => item["options"].as_array().unwrap(),
            None => continue,
        };
        let number = u64::try_from(options.len()).unwrap();
        let asked = code.starts_with('A') || dice.roll(100) < 93;
        let place = match item["scale"].as_str() {
            Some(_) if dice.roll(100) < 65 + mood + u64::try_from(commune % 10).unwrap() => number - 1 - dice.roll(2),
            _ => dice.roll(number),
        };
        if asked {
            answers.insert(code.to_owned(), options[usize::try_from(place).unwrap()]["code"].clone());
        }
    }
    answers
}

fn send(app: &TestApp, bodies: &[Value]) {
    let collector = app.client(Role::Collector);
    for batch in bodies.chunks(500) {
        let reply = collector.post("/v1/responses:batch", &json!({ "responses": batch })).expect(200);
        assert!(reply["results"].as_array().unwrap().iter().all(|result| result["status"] == 201), "{}", reply["results"][0]);
    }
}

#[test]
fn of_a_wave_of_a_province_little_is_hidden() {
    let commune = |place: usize| UnitRow {
        list: "vn-34".into(),
        code: format!("4{place:04}"),
        kind: "commune".into(),
        name_vi: format!("Xã {place}"),
        name_en: None,
        parent: Some(("vn-34".into(), "48".into())),
        valid_from: 14_092,
        valid_to: None,
    };
    let all: Vec<UnitRow> = units().into_iter().chain((0..COMMUNES).map(commune)).collect();
    let app = TestApp::with(Wish { units: (all, Vec::new()), ..Wish::default() });
    let statistician = app.client(Role::Statistician);
    let questionnaire = read("sipas/2022.1.json");
    statistician.put("/v1/surveys/sipas/versions/2022.1", &questionnaire).expect(201);
    statistician.put("/v1/indices/sipas/versions/2022.1", &read("sipas/index-2022.1.json")).expect(201);
    let wave = json!({
        "survey": "sipas", "title": words("Đợt tỉnh", "Wave of a province"), "mode": "probability_sample",
        "frame": words("Người dân", "Residents"), "unit_list": "vn-34", "design": "cluster", "opens_at": rfc3339(NOW - 10 * HOUR),
        "closes_at": rfc3339(NOW + 10 * HOUR)
    });
    let opened = statistician.put("/v1/waves/province", &wave);
    assert_eq!(opened.status, 201, "{}", opened.text());
    let villages =
        (0..COMMUNES * 3).map(|village| format!("v{village},c{},40,vn-34:4{:04},{}\n", village / 3, village / 3, 10 + village % 7));
    let psus = format!("psu,stratum,fpc,area,weight\n{}", villages.collect::<String>());
    statistician.put_if("/v1/waves/province/design", &opened.etag(), &json!({ "psus": psus })).expect(200);

    let mut dice = Dice::new(51);
    let bodies: Vec<Value> = (0..COMMUNES * PEOPLE)
        .map(|person| {
            let commune = person / PEOPLE;
            json!({
                "id": id(), "survey": "sipas", "version": "2022.1", "wave": "province", "psu": format!("v{}", commune * 3 + person % 3),
                "unit": { "list": "vn-34", "code": format!("4{commune:04}") }, "channel": "household",
                "answers": form(&mut dice, &questionnaire, commune)
            })
        })
        .collect();
    send(&app, &bodies);
    app.set_now(NOW + 11 * HOUR);
    let run = start(&statistician, &json!({ "index": "sipas", "version": "2022.1", "wave": "province" }));
    work(&app, &run);
    let figures = pages(&app, &release(&app, &run));
    let hidden = figures.iter().filter(|figure| figure["status"] == "c").count();
    println!("hidden of a province: {hidden} of {} ({:.1}%)", figures.len(), 100.0 * share(hidden, figures.len()));
    assert!(figures.len() > 3_000 && share(hidden, figures.len()) <= 0.15, "{hidden} of {}", figures.len());
}

#[allow(clippy::cast_precision_loss)] // numbers of figures
fn share(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}

/// How much is hidden of offices that people come to: how many answer in each, how many of a hundred questions they skip, and how many of a
/// hundred answers are one of the best two. Gives the shares of figures that rules hide by themselves, and that protect these.
fn offices(people: &[usize], skipped: u64, good: u64) -> [f64; 2] {
    let office = |place: usize| UnitRow {
        list: "agencies".into(),
        code: format!("office-{place}"),
        kind: "agency".into(),
        name_vi: format!("Cơ quan {place}"),
        name_en: None,
        parent: Some(("vn-34".into(), "48".into())),
        valid_from: 14_092,
        valid_to: None,
    };
    let all: Vec<UnitRow> = units().into_iter().chain((0..OFFICES).map(office)).collect();
    let app = TestApp::with(Wish { units: (all, Vec::new()), ..Wish::default() });
    let statistician = app.client(Role::Statistician);
    statistician.put("/v1/surveys/sipas-open/versions/1.1", &read("sipas-open/1.1.json")).expect(201);
    statistician.put("/v1/indices/sipas-open/versions/1.1", &read("sipas-open/index-1.1.json")).expect(201);
    let wave = json!({
        "survey": "sipas-open", "title": words("Các cơ quan", "Offices"), "mode": "transaction_stream", "frame": words("Hồ sơ", "Dossiers"),
        "unit_list": "agencies", "design": "element", "chain": { "customers": 12_000, "invitations": 6_000 },
        "opens_at": rfc3339(NOW - 10 * HOUR), "closes_at": rfc3339(NOW + 10 * HOUR)
    });
    statistician.put("/v1/waves/offices", &wave).expect(201);
    let mut dice = Dice::new(77);
    let answers = |dice: &mut Dice| -> Map<String, Value> {
        let answer = |dice: &mut Dice| if dice.roll(100) < good { 5 - dice.roll(2) } else { 1 + dice.roll(5) };
        let area = *dice.pick(&["1", "2"]);
        let items: Vec<usize> = (1..=25).filter(|_| dice.roll(100) >= skipped).collect();
        let answers = items.into_iter().map(|item| (format!("q{item:02}"), json!(answer(dice).to_string())));
        answers.chain([("urban".to_owned(), json!(area))]).collect()
    };
    let everybody = (0..OFFICES).flat_map(|office| vec![office; people[office % people.len()]]);
    let bodies: Vec<Value> = everybody
        .map(|office| {
            json!({
                "id": id(), "survey": "sipas-open", "version": "1.1", "wave": "offices", "channel": "kiosk",
                "unit": { "list": "agencies", "code": format!("office-{office}") }, "answers": answers(&mut dice)
            })
        })
        .collect();
    send(&app, &bodies);
    app.set_now(NOW + 11 * HOUR);
    let run = start(&statistician, &json!({ "index": "sipas-open", "version": "1.1", "wave": "offices" }));
    work(&app, &run);
    let told = statistician.get(&run).expect(200);
    let number = |of: &Value| usize::try_from(of.as_u64().unwrap()).unwrap();
    let figures = number(&told["publication"]["figures"]);
    let by_rule: Vec<(&String, usize)> =
        told["publication"]["by_rule"].as_object().unwrap().iter().map(|(rule, of)| (rule, number(of))).collect();
    println!("hidden of offices of {people:?}: {by_rule:?} of {figures}");
    let sum = |beside: bool| by_rule.iter().filter(|(rule, _)| (*rule == "protects_sibling") == beside).map(|(_, of)| of).sum();
    [share(sum(false), figures), share(sum(true), figures)]
}

#[test]
fn of_small_offices_little_more_is_hidden_than_rules_hide() {
    let usual = offices(&[30], 0, 78);
    assert!(usual[0] + usual[1] <= 0.15, "{usual:?}");
    // Two in five have fewer people than figures are published of.
    let few = offices(&[4, 8, 15, 30, 60], 3, 78);
    assert!(few[0] > 0.3 && few[1] <= 0.15, "{few:?}");
    // A quarter of all figures is of people who all said the same.
    let content = offices(&[12, 15, 30, 60], 3, 95);
    assert!(content[0] > 0.15 && content[1] <= 0.55, "{content:?}");
}
