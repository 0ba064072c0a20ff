//! Surveys to be attacked: who answered what, in which wave, and what anybody is told of it.

use std::collections::{BTreeMap, BTreeSet};

use hailong::office::Role;
use hailong::store::units::UnitRow;
use hailong::words::encode::rfc3339;
use serde_json::{Value, json};

use crate::harness::fixtures::{id, units, words};
use crate::harness::runs::{release, start, work};
use crate::harness::{Dice, HOUR, NOW, TestApp, Wish};

/// Leaves of the index, and the nodes above them.
pub const LEAVES: [&str; 5] = ["Q1", "Q2", "Q3", "Q4", "Q5"];
const FIRST: [&str; 3] = ["Q1", "Q2", "Q3"];
const SECOND: [&str; 2] = ["Q4", "Q5"];

/// The two provinces.
pub const PROVINCES: [&str; 2] = ["01", "48"];

/// An answer of the scale, the better ones more often.
fn answer(dice: &mut Dice) -> u8 {
    *dice.pick(&[1, 2, 3, 3, 4, 4, 4, 5, 5, 5])
}

/// Somebody who answered.
#[derive(Debug, Clone)]
pub struct Person {
    pub id: String,
    pub unit: String,
    pub province: usize,
    pub sex: &'static str,
    /// The answers, by item, from 1 to 5.
    pub answers: BTreeMap<&'static str, u8>,
}

impl Person {
    /// Somebody who answered everything.
    pub fn any(dice: &mut Dice, unit: &str, province: usize) -> Self {
        let answers = LEAVES.iter().map(|leaf| (*leaf, answer(dice))).collect();
        Self { id: id(), unit: unit.to_owned(), province, sex: *dice.pick(&["f", "m"]), answers }
    }

    /// The score of an answer.
    pub fn score(&self, leaf: &str) -> Option<f64> {
        self.answers.get(leaf).map(|answer| 25.0 * (f64::from(*answer) - 1.0))
    }
}

/// What a figure speaks of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain {
    pub kind: String,
    pub area: Option<String>,
    pub unit: Option<String>,
    pub option: Option<String>,
}

impl Domain {
    pub fn has(&self, person: &Person) -> bool {
        self.area.as_ref().is_none_or(|area| area == PROVINCES[person.province])
            && self.unit.as_ref().is_none_or(|unit| *unit == person.unit)
            && self.option.as_ref().is_none_or(|option| option == person.sex)
    }
}

/// What anybody is told of a figure.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    pub value: Option<f64>,
    pub n: Option<f64>,
    pub se: Option<f64>,
    pub rank: Option<i64>,
    pub modelled: Option<f64>,
    pub hidden: bool,
    /// All that was told.
    pub told: Value,
}

/// All figures of an edition.
pub type Seen = BTreeMap<(Domain, String), Figure>;

/// People and value of a node for a domain, by those who answered.
pub fn truth(people: &[Person], domain: &Domain, node: &str) -> (usize, f64) {
    let leaf = |leaf: &str| {
        let scores: Vec<f64> = people.iter().filter(|person| domain.has(person)).filter_map(|person| person.score(leaf)).collect();
        (scores.len(), scores.iter().sum::<f64>() / count(scores.len()))
    };
    let children: Vec<(f64, (usize, f64))> = match node {
        "INDEX" => vec![(0.5, truth(people, domain, "A")), (0.5, truth(people, domain, "B"))],
        "A" => FIRST.iter().map(|item| (1.0 / 3.0, leaf(item))).collect(),
        "B" => SECOND.iter().map(|item| (0.5, leaf(item))).collect(),
        _ => return leaf(node),
    };
    let there = || children.iter().filter(|(_, (n, _))| *n > 0);
    let weight: f64 = there().map(|(weight, _)| weight).sum();
    // People of a node: those of its most answered leaf, who are all that is certain.
    let n = there().map(|(_, (n, _))| *n).max().unwrap_or(0);
    (n, there().map(|(of, (_, value))| of * value).sum::<f64>() / weight)
}

/// The children of a node.
pub fn children(node: &str) -> Vec<(&'static str, f64)> {
    match node {
        "INDEX" => vec![("A", 0.5), ("B", 0.5)],
        "A" => FIRST.iter().map(|leaf| (*leaf, 1.0 / 3.0)).collect(),
        "B" => SECOND.iter().map(|leaf| (*leaf, 0.5)).collect(),
        _ => Vec::new(),
    }
}

#[allow(clippy::cast_precision_loss)] // people
pub fn count(n: usize) -> f64 {
    n as f64
}

/// A server with some offices that are rated.
pub fn offices(names: &[String]) -> TestApp {
    let office = |name: &String| UnitRow {
        list: "offices".into(),
        code: name.clone(),
        kind: "agency".into(),
        name_vi: name.clone(),
        name_en: None,
        parent: None,
        valid_from: 14_092,
        valid_to: None,
    };
    let all = units().into_iter().chain(names.iter().map(office)).collect();
    TestApp::with(Wish { units: (all, Vec::new()), ..Wish::default() })
}

pub fn questionnaire() -> Value {
    let option = |code: u32| json!({ "code": code.to_string(), "score": (code - 1) * 25, "label": words("Mức", "Level") });
    let item = |leaf: &&str| json!({ "code": leaf, "kind": "scale", "scale": "five", "text": words("Hài lòng?", "Satisfied?") });
    let sex = json!({ "code": "sex", "kind": "single", "text": words("Giới tính", "Sex"),
        "options": [ { "code": "f", "label": words("Nữ", "Female") }, { "code": "m", "label": words("Nam", "Male") } ] });
    let items: Vec<Value> = LEAVES.iter().map(item).chain([sex]).collect();
    json!({
        "kind": "questionnaire", "code": "told", "version": "1", "languages": ["vi", "en"], "title": words("Phiếu", "Form"),
        "scales": { "five": { "options": [option(1), option(2), option(3), option(4), option(5)] } },
        "sections": [ { "code": "S", "title": words("Phần", "Part"), "items": items } ]
    })
}

/// `INDEX` of `A` (three items) and `B` (two), at least ten people behind a figure.
pub fn index(domains: &Value, estimation: Option<Value>) -> Value {
    let leaf = |item: &&str| json!({ "code": item, "label": words("Mục", "Item"), "measure": { "kind": "mean", "item": item } });
    let group = |code: &str, leaves: &[&str]| json!({ "code": code, "label": words("Nhóm", "Group"), "children": leaves.iter().map(leaf).collect::<Vec<_>>() });
    let mut index = json!({
        "kind": "index", "code": "told", "version": "1", "title": words("Chỉ số", "Index"), "survey": "told", "survey_versions": ["1"],
        "level": 0.95, "min_n": 10, "lonely_psu": "adjust", "missing": { "leaf": "available", "node": "renormalise" }, "domains": domains,
        "tree": [ { "code": "INDEX", "label": words("Chỉ số", "Index"), "children": [group("A", &FIRST), group("B", &SECOND)] } ]
    });
    if let Some(estimation) = estimation {
        index["estimation"] = estimation;
    }
    index
}

/// The nation, its provinces, the offices, the offices in each province, and women and men.
pub fn crossed() -> Value {
    json!([
        { "kind": "nation" }, { "kind": "level", "level": "province" }, { "kind": "unit" },
        { "kind": "unit_by_level", "level": "province" }, { "kind": "item", "item": "sex" }
    ])
}

/// The nation, the offices, and women and men.
pub fn plain() -> Value {
    json!([{ "kind": "nation" }, { "kind": "unit" }, { "kind": "item", "item": "sex" }])
}

pub fn define(app: &TestApp, index: &Value) {
    let statistician = app.client(Role::Statistician);
    statistician.put("/v1/surveys/told/versions/1", &questionnaire()).expect(201);
    statistician.put("/v1/indices/told/versions/1", index).expect(201);
}

/// A wave `sample` that drew four villages in each province.
pub fn sample(app: &TestApp) {
    let wave = json!({
        "survey": "told", "title": words("Đợt", "Wave"), "mode": "probability_sample", "frame": words("Người dân", "Residents"),
        "unit_list": "offices", "design": "cluster", "opens_at": rfc3339(NOW - 10 * HOUR), "closes_at": rfc3339(NOW + 10 * HOUR)
    });
    let statistician = app.client(Role::Statistician);
    let opened = statistician.put("/v1/waves/sample", &wave);
    assert_eq!(opened.status, 201, "{}", opened.text());
    let rows = (0..8).map(|psu| format!("p{psu},s{},100,vn-34:{},1\n", psu / 4, PROVINCES[psu / 4]));
    let psus = format!("psu,stratum,fpc,area,weight\n{}", rows.collect::<String>());
    statistician.put_if("/v1/waves/sample/design", &opened.etag(), &json!({ "psus": psus })).expect(200);
}

/// A wave `open` that stays open, of offices that people come to.
pub fn open(app: &TestApp, mode: &str) {
    let wave = json!({
        "survey": "told", "title": words("Đợt mở", "Open wave"), "mode": mode, "frame": words("Người dùng dịch vụ", "Users"),
        "unit_list": "offices", "design": "element", "chain": { "customers": 12000, "invitations": 6000 },
        "opens_at": rfc3339(NOW - 10 * HOUR), "closes_at": rfc3339(NOW + 10 * HOUR)
    });
    app.client(Role::Statistician).put("/v1/waves/open", &wave).expect(201);
}

/// What somebody sends.
pub fn submission(wave: &str, person: &Person, place: usize) -> Value {
    let mut answers: BTreeMap<String, Value> = person.answers.iter().map(|(item, answer)| ((*item).to_owned(), json!(answer))).collect();
    answers.insert("sex".to_owned(), json!(person.sex));
    let mut body = json!({
        "survey": "told", "version": "1", "wave": wave, "unit": { "list": "offices", "code": person.unit },
        "channel": "household", "answers": answers
    });
    if wave == "sample" {
        body["psu"] = json!(format!("p{}", person.province * 4 + place % 4));
    }
    body
}

/// A collector sends what people answered.
pub fn collect(app: &TestApp, wave: &str, people: &[Person]) {
    let collector = app.client(Role::Collector);
    let bodies: Vec<Value> = people
        .iter()
        .enumerate()
        .map(|(place, person)| {
            let mut body = submission(wave, person, place);
            body["id"] = json!(person.id);
            body
        })
        .collect();
    for batch in bodies.chunks(500) {
        let reply = collector.post("/v1/responses:batch", &json!({ "responses": batch })).expect(200);
        assert!(reply["results"].as_array().unwrap().iter().all(|result| result["status"] == 201), "{reply}");
    }
}

/// A run that is computed; gives its address.
pub fn computed(app: &TestApp, wave: &str, also: &Value) -> String {
    let mut request = json!({ "index": "told", "version": "1", "wave": wave });
    request.as_object_mut().unwrap().extend(also.as_object().cloned().unwrap_or_default());
    let run = start(&app.client(Role::Statistician), &request);
    work(app, &run);
    run
}

/// Computes and publishes; gives what anybody sees of it.
pub fn edition(app: &TestApp, wave: &str, also: &Value) -> Seen {
    seen(app, &release(app, &computed(app, wave, also)))
}

/// All that anybody is told of an edition's figures.
pub fn pages(app: &TestApp, edition: &str) -> Vec<Value> {
    let anyone = app.anyone();
    let (mut found, mut next) = (Vec::new(), Some(format!("/v1/scores?edition={edition}&limit=1000")));
    while let Some(address) = next {
        let page = anyone.get(&address).expect(200);
        found.extend(page["items"].as_array().unwrap().iter().cloned());
        next = page["next"].as_str().map(str::to_owned);
    }
    found
}

pub fn domain(told: &Value) -> Domain {
    let code = |name: &str| told[name]["code"].as_str().map(str::to_owned);
    let kind = told["domain"].as_str().unwrap().to_owned();
    Domain { kind, area: code("area"), unit: code("unit"), option: told["option"].as_str().map(str::to_owned) }
}

pub fn seen(app: &TestApp, edition: &str) -> Seen {
    let figure = |told: Value| {
        let number = |name: &str| told[name].as_f64();
        let figure = Figure {
            value: number("value"),
            n: number("n"),
            se: number("se"),
            rank: told["rank"].as_i64(),
            modelled: number("modelled"),
            hidden: told["status"] == "c",
            told: Value::Null,
        };
        ((domain(&told), told["node"].as_str().unwrap().to_owned()), Figure { told, ..figure })
    };
    pages(app, edition).into_iter().map(figure).collect()
}

/// The domains of an edition.
pub fn domains(seen: &Seen) -> BTreeSet<Domain> {
    seen.keys().map(|(domain, _)| domain.clone()).collect()
}

/// How an attack ended: every one must have had something to find, and found nothing.
#[track_caller]
pub fn nothing_of(attack: &str, recovered: usize, of: usize) {
    println!("{attack}: recovered {recovered} of {of}");
    assert!(of > 0, "{attack}: nothing was hidden");
    assert_eq!(recovered, 0, "{attack}: recovered {recovered} of {of}");
}
