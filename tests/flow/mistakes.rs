//! The same mistakes through the API and at the command line, by the holder of the same key on the same database: both faces refuse them,
//! for the same reasons.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use hailong::jobs::load;
use hailong::office::Role;
use hailong::store::units::{SuccessionRow, UnitRow};
use hailong::store::{keys, runs, schemas, waves};
use hailong::unit;
use serde_json::{Value, json};
use uuid::Uuid;

use super::process::hailong;
use crate::harness::composites;
use crate::harness::fixtures::{self, finish_run, id, index, open_wave, publish, questionnaire, sample_wave, start_run};
use crate::harness::{Client, NOW, Reply, TestApp, Wish};

const UNITS: &str = "list,code,kind,name_vi,name_en,parent_list,parent_code,valid_from,valid_to\n";

/// One office with two doors.
struct House {
    app: TestApp,
    folder: tempfile::TempDir,
    keys: [(Role, String); 3],
}

/// A mistake: who makes it, how at HTTP, and how at the command line.
struct Mistake {
    what: &'static str,
    by: Role,
    http: Box<dyn Fn(&Client) -> Reply>,
    typed: Vec<String>,
}

impl House {
    /// A survey with an index, two waves and a composite index, among all units of the country.
    fn open() -> Self {
        let (records, successions) = unit::embedded().unwrap();
        let own = fixtures::units().into_iter().filter(|row| row.list == "agency-danang");
        let own = own.map(|row| UnitRow { valid_from: 20_270, ..row }); // as long as the city that they belong to
        let rows = records.iter().map(load::row).chain(own).collect();
        let successions =
            successions.into_iter().map(|s| SuccessionRow { from: s.from, to: s.to, whole: s.whole, is_default: s.is_default });
        let app = TestApp::with(Wish { units: (rows, successions.collect()), ..Wish::default() });
        publish(&app);
        let statistician = app.client(Role::Statistician);
        statistician.put_bytes("/v1/indices/example/versions/2025", composites::EXAMPLE.as_bytes()).expect(201);
        let mut other = questionnaire();
        other["code"] = json!("other");
        statistician.put("/v1/surveys/other/versions/1", &other).expect(201);
        statistician.put("/v1/indices/other/versions/1", &named("other", "other")).expect(201);
        statistician.put("/v1/indices/twin/versions/1", &named("twin", "mini")).expect(201);
        let keys = [Role::Statistician, Role::Publisher, Role::Admin].map(|role| (role, app.key(role, None)));
        Self { app, folder: tempfile::tempdir().unwrap(), keys }
    }

    fn key(&self, role: Role) -> &str {
        &self.keys.iter().find(|(of, _)| *of == role).unwrap().1
    }

    fn file(&self, name: &str, content: &str) -> String {
        let path: PathBuf = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.display().to_string()
    }

    fn json(&self, name: &str, content: &Value) -> String {
        self.file(name, &content.to_string())
    }

    /// A run of the publisher's own, submitted.
    fn own_run(&self) -> Uuid {
        let mut db = self.app.store.db().unwrap();
        let hash = hailong::office::secret::hash(self.key(Role::Publisher));
        let key = keys::find_by_hash(&mut db, &hash).unwrap().unwrap();
        let run = start_run(&self.app);
        finish_run(&self.app, &run);
        let run: Uuid = run.rsplit('/').next().unwrap().parse().unwrap();
        let made = runs::get(&mut db, run).unwrap();
        let step = runs::Step { revision: made.revision, actor: &format!("{}#{}", key.name, key.id), now: NOW };
        runs::submit(&mut db, run, step).unwrap();
        run
    }

    /// The codes that both faces refuse it for; they must be the same.
    #[track_caller]
    fn refuse(&self, mistake: &Mistake) -> BTreeSet<String> {
        let what = mistake.what;
        let key = self.key(mistake.by);
        let reply = (mistake.http)(&Client::new(self.app.addr, Some(key.to_owned())));
        assert!((400..500).contains(&reply.status), "{what}: {} {}", reply.status, reply.text());
        let problem = reply.json();
        let errors = problem["errors"].as_array().into_iter().flatten();
        let mut told: BTreeSet<String> = errors.map(|error| error["code"].as_str().unwrap().to_owned()).collect();
        if told.is_empty() {
            told.insert(problem["code"].as_str().unwrap().to_owned());
        }
        let mut command = hailong(self.folder.path());
        command.args(["--database", &self.app.url()]).args(&mistake.typed).env("HAILONG_KEY", key);
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success(), "{what}: went through: {}{said}", String::from_utf8_lossy(&output.stdout));
        assert_eq!(codes(&said), told, "{what}: at the command line\n{said}and by HTTP\n{problem:#}");
        told
    }
}

/// The codes of findings, at the ends of their lines; that of the refusal where it has none.
fn codes(said: &str) -> BTreeSet<String> {
    let last = |line: &str| Some(line.strip_suffix(')')?.rsplit_once('(')?.1.to_owned());
    let first = |line: &str| Some(line.split_once('(')?.1.split_once(')')?.0.to_owned());
    let mut lines = said.lines().skip_while(|line| !line.starts_with("hailong: ")).filter(|line| !line.is_empty());
    let head = lines.next().unwrap_or_default();
    let found: BTreeSet<String> = lines.filter_map(last).collect();
    if found.is_empty() { last(head).or_else(|| first(head)).into_iter().collect() } else { found }
}

fn named(code: &str, survey: &str) -> Value {
    let mut definition = index();
    (definition["code"], definition["survey"]) = (json!(code), json!(survey));
    definition
}

fn changed(mut value: Value, pointer: &str, to: Value) -> Value {
    *value.pointer_mut(pointer).unwrap() = to;
    value
}

fn typed(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn put(path: &'static str, body: Value) -> Box<dyn Fn(&Client) -> Reply> {
    Box::new(move |client| client.put_if(path, "*", &body))
}

fn post(path: &'static str, body: Value) -> Box<dyn Fn(&Client) -> Reply> {
    Box::new(move |client| client.post(path, &body))
}

fn csv(path: &'static str, text: String) -> Box<dyn Fn(&Client) -> Reply> {
    Box::new(move |client| client.send("POST", path, &[("Content-Type", "text/csv")], Some(text.as_bytes())))
}

fn definitions(house: &House) -> Vec<Mistake> {
    let mistake = |what, path: &'static str, content: Value| Mistake {
        what,
        by: Role::Statistician,
        typed: typed(&["define", &house.json(&format!("{what}.json"), &content)]),
        http: put(path, content),
    };
    vec![
        mistake("a broken definition", "/v1/surveys/mini/versions/2", json!({ "kind": "questionnaire", "code": "mini", "version": "2" })),
        mistake(
            "an index over a missing item",
            "/v1/indices/bad/versions/1",
            changed(named("bad", "mini"), "/tree/0/children/0/measure/item", json!("Q9")),
        ),
        mistake(
            "an index of a questionnaire that is not published",
            "/v1/indices/bad/versions/1",
            changed(named("bad", "mini"), "/survey_versions", json!(["1", "7"])),
        ),
        mistake("a published version changed", "/v1/surveys/mini/versions/1", changed(questionnaire(), "/title/vi", json!("Phiếu khác"))),
    ]
}

fn waves_and_designs(house: &House) -> Vec<Mistake> {
    let mut place = 0;
    let mut wave = |what, code: &str, path: &'static str, content: Value| {
        place += 1;
        let file = house.json(&format!("wave-{place}.json"), &content);
        Mistake { what, by: Role::Statistician, typed: typed(&["wave", "put", code, &file]), http: put(path, content) }
    };
    let mut all = vec![
        wave("an ill-named wave", "Bad Wave!", "/v1/waves/Bad%20Wave!", open_wave()),
        wave("a wave of an unknown survey", "new", "/v1/waves/new", changed(open_wave(), "/survey", json!("minni"))),
        wave("a wave of an unknown list of units", "new", "/v1/waves/new", changed(open_wave(), "/unit_list", json!("agency-dannag"))),
        wave("a wave of no mode at no time", "new", "/v1/waves/new", {
            changed(changed(open_wave(), "/mode", json!("census")), "/opens_at", json!("yesterday"))
        }),
        wave("a wave without words", "new", "/v1/waves/new", changed(open_wave(), "/title", json!({ "en": "No Vietnamese" }))),
        wave("a wave of people who chose themselves, of unknown many", "new", "/v1/waves/new", {
            changed(open_wave(), "/chain", json!({ "customers": 10, "invitations": 11 }))
        }),
        wave("an open wave made another", "sample", "/v1/waves/sample", changed(sample_wave(), "/fpc", json!(false))),
    ];
    let mut design = |what, psus: &str, respondents: Option<&str>| {
        let file = house.file(&format!("psus-{what}.csv"), psus);
        let mut words = vec!["wave", "design", "sample", "--psus", &file];
        let list = respondents.map(|text| house.file(&format!("people-{what}.csv"), text));
        words.extend(list.iter().flat_map(|list| ["--respondents", list]));
        let body = json!({ "psus": psus, "respondents": respondents });
        all.push(Mistake { what, by: Role::Statistician, typed: typed(&words), http: put("/v1/waves/sample/design", body) });
    };
    design("a PSU in no area", "psu,stratum,area\np9,s9,77\n", None);
    design("a PSU without a code", "psu,stratum,fpc\n,s1,x\n", None);
    design("a PSU that is another already", "psu,stratum,fpc,area,weight\np1,s2,20,01,2.5\n", None);
    design("a respondent in no PSU", "psu,stratum,fpc,area,weight\np1,s1,10,01,2.5\n", Some("respondent,psu,weight\nHN-9,p77,3\n"));
    all
}

fn units_and_keys(house: &House) -> Vec<Mistake> {
    let units = |what, row: &str| {
        let text = format!("{UNITS}{row}");
        let file = house.file(&format!("units-{what}.csv"), &text);
        Mistake { what, by: Role::Admin, typed: typed(&["units", "add", &file]), http: csv("/v1/units", text) }
    };
    let key = |what, body: Value, words: &[&str]| Mistake {
        what,
        by: Role::Admin,
        typed: typed(&[&["key", "create", "--name", "x"], words].concat()),
        http: post("/v1/keys", body),
    };
    let nowhere = json!({ "name": "x", "role": "device", "unit": { "list": "vn-34", "code": "00" } });
    vec![
        units("a unit with an unknown parent", "agency-danang,A,agency,Sở A,,agency-danang,NONE,2025-07-01,\n"),
        units("a national list overwritten", "vn-34,48,province,Tỉnh Khác,,vn-34,VN,2025-07-01,\n"),
        units("a unit of no kind", "agency-danang,A,planet,Sở A,,,,2025-07-01,\n"),
        key("a key of an unknown unit", nowhere, &["--role", "device", "--unit", "vn-34:00"]),
        key("an agency's key without a unit", json!({ "name": "x", "role": "agency" }), &["--role", "agency"]),
        key("keys in the hands of a statistician", json!({ "name": "x", "role": "admin" }), &["--role", "admin"]).by(Role::Statistician),
    ]
}

impl Mistake {
    fn by(self, by: Role) -> Self {
        Self { by, ..self }
    }
}

fn runs_and_editions(house: &House) -> Vec<Mistake> {
    let app = &house.app;
    let run = |what, body: Value, words: &[&str]| Mistake {
        what,
        by: Role::Statistician,
        typed: typed(&[&["run"], words].concat()),
        http: post("/v1/runs", body),
    };
    let of = |index: &str, wave: &str| json!({ "index": index, "version": "1", "wave": wave });
    let words = |index: &'static str, wave: &'static str| ["--index", index, "--index-version", "1", "--wave", wave];
    let started = start_run(app);
    finish_run(app, &started);
    let draft = started.rsplit('/').next().unwrap().to_owned();
    let (own, unknown) = (house.own_run().to_string(), id());
    let since = |index: &str, run: &str| {
        let mut body = of(index, "open");
        body["since"] = json!(run);
        body
    };
    let step = |what, by, verb: &'static str, run: &str, body: Option<Value>, more: &[&str]| {
        let path = format!("/v1/runs/{run}:{verb}");
        let http: Box<dyn Fn(&Client) -> Reply> = Box::new(move |client| client.step(&path, "*", body.as_ref()));
        Mistake { what, by, typed: typed(&[&[verb, run], more].concat()), http }
    };
    vec![
        run("a run of an unknown index", of("minni", "open"), &words("minni", "open")),
        run("a run of an unknown wave", of("mini", "opne"), &words("mini", "opne")),
        run("a run of another survey's wave", of("other", "open"), &words("other", "open")),
        run("a run since an unknown run", since("mini", &unknown), &[&words("mini", "open")[..], &["--since", &unknown]].concat()),
        run("a run since another index", since("twin", &draft), &[&words("twin", "open")[..], &["--since", &draft]].concat()),
        step("a run approved by a statistician", Role::Statistician, "approve", &own, None, &[]),
        step("one's own run approved", Role::Publisher, "approve", &own, None, &[]),
        step("a draft published", Role::Publisher, "publish", &draft, None, &["--edition", "open.1"]),
        step("an unknown run submitted", Role::Statistician, "submit", &unknown, None, &[]),
        step("a run withdrawn for no reason", Role::Publisher, "withdraw", &draft, Some(json!({ "reason": "" })), &["--reason", ""]),
    ]
}

fn tables(house: &House) -> Vec<Mistake> {
    let table = |what, index: &'static str, version: &'static str, text: &str| {
        let file = house.file(&format!("table-{what}.csv"), text);
        let text = text.to_owned();
        let path = format!("/v1/indicator-tables?index={index}&version={version}&title=t");
        let http: Box<dyn Fn(&Client) -> Reply> =
            Box::new(move |client| client.send("POST", &path, &[("Content-Type", "text/csv")], Some(text.as_bytes())));
        let words = ["table", "load", &file, "--index", index, "--index-version", version, "--title", "t"];
        Mistake { what, by: Role::Statistician, typed: typed(&words), http }
    };
    vec![
        table("a table with a bad cell", "example", "2025", &composites::INDICATORS.replacen("A,2024,80", "A,2024,x", 1)),
        table("a table of a survey's index", "mini", "1", composites::INDICATORS),
        table("a table of an unknown index", "nope", "1", composites::INDICATORS),
    ]
}

#[test]
fn the_same_mistakes_are_refused_for_the_same_reasons_by_http_and_at_the_command_line() {
    let house = House::open();
    let all = [waves_and_designs(&house), units_and_keys(&house), runs_and_editions(&house), tables(&house), definitions(&house)];
    let mut told = BTreeSet::new();
    let mut seen = 0;
    for mistake in all.iter().flatten() {
        told.extend(house.refuse(mistake));
        seen += 1;
    }
    assert!(seen >= 30, "only {seen} mistakes");
    // The reasons are those that were meant.
    for code in [
        "missing-member",
        "version-immutable",
        "unknown-item",
        "survey-version-unknown",
        "wave-invalid",
        "survey-unknown",
        "unit-list-unknown",
        "bad-instant",
        "fixed",
        "area-unknown",
        "already-exists",
        "parent-unknown",
        "list-reserved",
        "unit-unknown",
        "forbidden",
        "same-person",
        "wrong-state",
        "wave-unknown",
        "not-composite",
    ] {
        assert!(told.contains(code), "nothing was refused as {code}: {told:?}");
    }
    // Nothing of it was done.
    let mut db = house.app.store.db().unwrap();
    assert!(waves::find(&mut db, "new").unwrap().is_none() && schemas::find_index(&mut db, "bad", "1").unwrap().is_none());
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

#[test]
fn a_command_that_reads_or_computes_makes_no_database_where_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("mistyped");
    std::fs::create_dir(&data).unwrap();
    for words in [
        &["key", "list"][..],
        &["wave", "list"],
        &["units", "list"],
        &["table", "list"],
        &["runs"],
        &["flag", "--wave", "w"],
        &["run", "--index", "x", "--index-version", "1", "--wave", "w"],
        &["wave", "close", "w"],
    ] {
        let output = hailong(&data).args(words).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains("no database at") && said.contains("mistyped"), "{words:?}: {said}");
        assert!(said.contains("hailong migrate") && is_empty(&data), "{words:?}: {said}");
    }
    let output = hailong(&data).arg("migrate").output().unwrap();
    assert!(output.status.success() && String::from_utf8_lossy(&output.stderr).contains("made a new database at"));
    assert!(hailong(&data).args(["wave", "list"]).status().unwrap().success());
}
