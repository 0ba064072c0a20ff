//! Two things that are shown of the same answers: previews that agencies get one after the other, and several indices over one wave.

use std::collections::BTreeMap;

use hailong::office::Role;
use serde_json::{Value, json};

use super::field::{LEAVES, Person, collect, computed, count, define, index, nothing_of, offices, open, plain, seen, truth};
use crate::harness::runs::{approve, id_of, release, start, work};
use crate::harness::{Client, Dice, HOUR, NOW, Reply, TestApp};

fn names(number: usize) -> Vec<String> {
    (1..=number).map(|office| format!("O{office:02}")).collect()
}

/// Submits a run and asks for a preview of it.
fn preview(app: &TestApp, run: &str) -> Reply {
    app.client(Role::Statistician).step(&format!("{run}:submit"), "*", None).expect(200);
    app.client(Role::Publisher).step(&format!("{run}:approve"), "*", Some(&json!({ "preview": true })))
}

fn publish_step(app: &TestApp, run: &str) -> Reply {
    app.client(Role::Publisher).step(&format!("{run}:publish"), "*", None)
}

/// What an agency sees of its own in the edition of a run: value and people by node.
fn own(app: &TestApp, agency: &Client, run: &str) -> BTreeMap<String, (f64, f64)> {
    let editions = app.client(Role::Publisher).get("/v1/editions").expect(200);
    let of_run = |edition: &&Value| {
        let code = edition["code"].as_str().unwrap();
        app.client(Role::Publisher).get(&format!("/v1/editions/{code}")).json()["run"] == id_of(run)
    };
    let Some(edition) = editions["items"].as_array().unwrap().iter().find(of_run) else { return BTreeMap::new() };
    let page = agency.get(&format!("/v1/scores?edition={}&domain=unit&limit=1000", edition["code"].as_str().unwrap())).expect(200);
    let figure = |item: &Value| Some((item["node"].as_str()?.to_owned(), (item["value"].as_f64()?, item["n"].as_f64()?)));
    page["items"].as_array().unwrap().iter().filter_map(figure).collect()
}

#[test]
fn two_previews_do_not_tell_an_agency_who_came_between() {
    let app = offices(&names(4));
    define(&app, &index(&plain(), None));
    open(&app, "opt_in");
    let mut dice = Dice::new(71);
    let people: Vec<Person> = (0..80).map(|place| Person::any(&mut dice, &names(4)[place % 4], 0)).collect();
    collect(&app, "open", &people);
    let agency = app.client_of(Role::Agency, Some(("offices", "O01")));
    let early = computed(&app, "open", &json!({}));
    app.set_now(NOW - HOUR);
    let first = computed(&app, "open", &json!({}));
    preview(&app, &first).expect(200);
    let before = own(&app, &agency, &first);
    assert!(before.contains_key("Q1"), "the agency sees its own ahead of publication");
    let one = Person::any(&mut dice, "O01", 0);
    collect(&app, "open", std::slice::from_ref(&one));
    app.set_now(NOW);
    let second = computed(&app, "open", &json!({}));
    let asked = preview(&app, &second);
    let after = own(&app, &agency, &second);
    let told = |leaf: &&&str| {
        let (Some((v1, n1)), Some((v2, n2))) = (before.get(**leaf), after.get(**leaf)) else { return false };
        one.score(leaf).is_some_and(|score| (v2 * n2 - v1 * n1 - score).abs() < 0.6)
    };
    nothing_of("two previews", LEAVES.iter().filter(told).count(), LEAVES.len());
    asked.problem(409, "preview-open");

    // Nor is anything else published meanwhile. What was computed with the preview in view may follow it, and what was before is computed anew.
    app.client(Role::Publisher).step(&format!("{second}:approve"), "*", None).expect(200);
    publish_step(&app, &second).problem(409, "preview-open");
    publish_step(&app, &first).expect(200);
    publish_step(&app, &second).expect(200);
    assert_eq!(preview(&app, &early).problem(409, "wrong-state")["errors"][0]["code"], "edition-newer");
    release(&app, &computed(&app, "open", &json!({})));
}

#[test]
fn a_run_of_before_a_preview_is_computed_anew_also_where_the_preview_was_taken_back() {
    let app = offices(&names(4));
    define(&app, &index(&plain(), None));
    open(&app, "opt_in");
    let mut dice = Dice::new(72);
    let people: Vec<Person> = (0..80).map(|place| Person::any(&mut dice, &names(4)[place % 4], 0)).collect();
    collect(&app, "open", &people);
    let early = computed(&app, "open", &json!({}));
    let first = computed(&app, "open", &json!({}));
    app.set_now(NOW + HOUR);
    preview(&app, &first).expect(200);
    app.client(Role::Publisher).step(&format!("{first}:withdraw"), "*", Some(&json!({ "reason": "an error" }))).expect(200);
    app.client(Role::Statistician).step(&format!("{early}:submit"), "*", None).expect(200);
    let asked = app.client(Role::Publisher).step(&format!("{early}:approve"), "*", None);
    assert_eq!(asked.problem(409, "wrong-state")["errors"][0]["code"], "edition-newer");
}

/// An index of its own over the same leaves, for other domains.
fn other(code: &str, domains: &Value) -> Value {
    let mut other = index(domains, None);
    other["code"] = json!(code);
    other
}

/// A run of any index over the wave.
fn run_of(app: &TestApp, code: &str, version: &str, also: &Value) -> String {
    let mut request = json!({ "index": code, "version": version, "wave": "open" });
    request.as_object_mut().unwrap().extend(also.as_object().cloned().unwrap_or_default());
    let run = start(&app.client(Role::Statistician), &request);
    work(app, &run);
    run
}

/// Offices of twenty people each, the last of so many.
fn with_last(last: usize, domains: &Value) -> (TestApp, Vec<Person>) {
    let app = offices(&names(5));
    define(&app, &index(domains, None));
    open(&app, "opt_in");
    let mut dice = Dice::new(73);
    let mut people: Vec<Person> = (0..80).map(|place| Person::any(&mut dice, &names(4)[place % 4], 0)).collect();
    people.extend((0..last).map(|_| Person::any(&mut dice, "O05", 0)));
    collect(&app, "open", &people);
    (app, people)
}

#[test]
fn another_index_over_the_same_answers_does_not_tell_what_the_first_hides() {
    let (app, people) = with_last(4, &json!([{ "kind": "unit" }]));
    let statistician = app.client(Role::Statistician);
    let units = seen(&app, &release(&app, &computed(&app, "open", &json!({}))));
    statistician.put("/v1/indices/whole/versions/1", &other("whole", &json!([{ "kind": "nation" }]))).expect(201);
    let mut version = other("told", &json!([{ "kind": "nation" }]));
    version["version"] = json!("2");
    statistician.put("/v1/indices/told/versions/2", &version).expect(201);
    let (mut recovered, mut of) = (0, 0);
    for (code, version) in [("whole", "1"), ("told", "2")] {
        let run = run_of(&app, code, version, &json!({}));
        approve(&app, &run, false);
        let asked = publish_step(&app, &run);
        let nation = if asked.status == 200 { seen(&app, &edition_of(&app, &run)) } else { BTreeMap::new() };
        for ((domain, leaf), _) in
            units.iter().filter(|((domain, leaf), figure)| figure.hidden && domain.unit.as_deref() == Some("O05") && leaf.starts_with('Q'))
        {
            of += 1;
            let sum = |seen: &super::field::Seen| {
                seen.iter().filter(|((_, node), _)| node == leaf).filter_map(|(_, figure)| Some(figure.value? * figure.n?)).sum::<f64>()
            };
            let (n, value) = truth(&people, domain, leaf);
            recovered += usize::from(((sum(&nation) - sum(&units)) / count(n) - value).abs() < 0.5);
        }
        asked.problem(409, "other-figures-tell");
    }
    nothing_of("a second index less the first", recovered, of);

    // Also where the first was taken back: people have seen it.
    let first = app.anyone().get("/v1/editions/open.1").expect(200)["run"].as_str().unwrap().to_owned();
    app.client(Role::Publisher).step(&format!("/v1/runs/{first}:withdraw"), "*", Some(&json!({ "reason": "an error" }))).expect(200);
    let run = run_of(&app, "whole", "1", &json!({}));
    approve(&app, &run, false);
    publish_step(&app, &run).problem(409, "other-figures-tell");
    // Neither ahead of publication.
    preview(&app, &run_of(&app, "whole", "1", &json!({}))).problem(409, "other-figures-tell");
}

#[test]
fn indices_that_hide_nothing_are_published_side_by_side() {
    let (app, _) = with_last(20, &json!([{ "kind": "unit" }]));
    release(&app, &computed(&app, "open", &json!({})));
    app.client(Role::Statistician).put("/v1/indices/whole/versions/1", &other("whole", &json!([{ "kind": "nation" }]))).expect(201);
    release(&app, &run_of(&app, "whole", "1", &json!({})));
}

fn edition_of(app: &TestApp, run: &str) -> String {
    let editions = app.anyone().get("/v1/editions").expect(200);
    let codes = editions["items"].as_array().unwrap().iter().map(|edition| edition["code"].as_str().unwrap().to_owned());
    codes.into_iter().find(|code| app.anyone().get(&format!("/v1/editions/{code}")).json()["run"] == id_of(run)).unwrap()
}
