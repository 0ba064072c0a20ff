//! Where people say the same, or say it again: what a difference or an own form would tell of them.

use serde_json::json;

use hailong::office::Role;

use super::field::{LEAVES, Person, Seen, collect, count, define, edition, index, nothing_of, offices, open, plain, submission, truth};
use crate::harness::{Dice, TestApp};

const OFFICES: [&str; 4] = ["O01", "O02", "O03", "O04"];

/// A wave that stays open, with twenty-five people of each office.
fn heard(mode: &str, seed: u64) -> (TestApp, Vec<Person>, Dice) {
    let app = offices(&OFFICES.map(str::to_owned));
    define(&app, &index(&plain(), None));
    open(&app, mode);
    let mut dice = Dice::new(seed);
    let everybody: Vec<Person> = (0..100).map(|place| Person::any(&mut dice, OFFICES[place % 4], 0)).collect();
    collect(&app, "open", &everybody);
    (app, everybody, dice)
}

/// By how much the total of a leaf rose in an office, and by how many people, where it is told anew.
fn rise(before: &Seen, after: &Seen, office: &str, leaf: &str) -> Option<(f64, f64)> {
    let of = |seen: &Seen| {
        let mut own = seen.iter().filter(|((domain, node), _)| domain.unit.as_deref() == Some(office) && node == leaf);
        own.find_map(|(_, figure)| Some((figure.value?, figure.n?)))
    };
    let ((v1, n1), (v2, n2)) = (of(before)?, of(after)?);
    ((v1, n1) != (v2, n2)).then_some((v2 * n2 - v1 * n1, n2 - n1))
}

#[test]
fn of_twelve_who_came_and_all_said_the_same_it_is_not_told_what() {
    let (app, _, mut dice) = heard("opt_in", 71);
    let first = edition(&app, "open", &json!({}));
    let come: Vec<Person> = (0..12)
        .map(|_| {
            let mut person = Person::any(&mut dice, "O01", 0);
            person.answers.extend([("Q1", 1), ("Q2", 5)]);
            person
        })
        .collect();
    collect(&app, "open", &come);
    let second = edition(&app, "open", &json!({}));
    let told =
        |leaf: &&str| rise(&first, &second, "O01", leaf).is_some_and(|(rise, n)| (rise / n - come[0].score(leaf).unwrap()).abs() < 0.5);
    nothing_of("what twelve newcomers all said", ["Q1", "Q2"].iter().filter(|leaf| told(leaf)).count(), 2);
    assert!(["Q3", "Q4", "Q5"].iter().any(|leaf| rise(&first, &second, "O01", leaf).is_some()), "what differs among them is told anew");
}

/// Nine people of an office send their answers again, as they were or another, and one comes.
fn corrected_and_one_more(changed: bool) -> usize {
    let mut recovered = 0;
    for trial in 0..3 {
        let (app, everybody, mut dice) = heard("opt_in", 81 + trial);
        let first = edition(&app, "open", &json!({}));
        let collector = app.client(Role::Collector);
        for person in everybody.iter().filter(|person| person.unit == "O01").take(9) {
            let mut again = Person { id: crate::harness::fixtures::id(), ..person.clone() };
            if changed {
                again.answers.insert("Q5", 6 - person.answers["Q5"]);
            }
            let mut body = submission("open", &again, 0);
            body["supersedes"] = json!(person.id);
            collector.put(&format!("/v1/responses/{}", again.id), &body).expect(201);
        }
        let newcomer = Person::any(&mut dice, "O01", 0);
        collect(&app, "open", std::slice::from_ref(&newcomer));
        let second = edition(&app, "open", &json!({}));
        let told = |leaf: &&&str| {
            let own = newcomer.score(leaf).unwrap();
            rise(&first, &second, "O01", leaf).is_some_and(|(rise, n)| (n - 1.0).abs() < 1e-9 && (rise - own).abs() < 1.0)
        };
        recovered += LEAVES[..4].iter().filter(told).count();
    }
    recovered
}

#[test]
fn answers_sent_again_make_a_newcomer_no_harder_to_tell() {
    nothing_of("one more among answers sent again as they were", corrected_and_one_more(false), 12);
    nothing_of("one more among corrected answers", corrected_and_one_more(true), 12);
}

#[test]
fn an_own_form_does_not_open_a_figure_of_those_who_all_said_the_same() {
    let app = offices(&OFFICES.map(str::to_owned));
    define(&app, &index(&plain(), None));
    open(&app, "transaction_stream");
    let mut dice = Dice::new(91);
    let mut everybody: Vec<Person> = (0..100).map(|place| Person::any(&mut dice, OFFICES[place % 4], 0)).collect();
    for person in everybody.iter_mut().filter(|person| person.unit == "O01") {
        person.answers.extend([("Q1", 5), ("Q4", 1)]);
    }
    collect(&app, "open", &everybody);
    let mut own = Person::any(&mut dice, "O01", 0);
    own.answers.extend([("Q1", 1), ("Q4", 5)]);
    let mut body = submission("open", &own, 0);
    body["channel"] = json!("qr");
    app.anyone().put(&format!("/v1/responses/{}", own.id), &body).expect(201);
    let seen = edition(&app, "open", &json!({}));
    let told = |leaf: &&&str| {
        seen.iter().filter(|((domain, node), _)| domain.unit.as_deref() == Some("O01") && node == **leaf).any(|((domain, _), figure)| {
            let Some(value) = figure.value else { return false };
            let (n, theirs) = truth(&everybody, domain, leaf);
            let left = (value * (count(n) + 1.0) - own.score(leaf).unwrap()) / count(n);
            (left - theirs).abs() < 0.5
        })
    };
    nothing_of("what twenty-five all said, less an own form", ["Q1", "Q4"].iter().filter(told).count(), 2);
    assert!(
        seen.iter().any(|((domain, node), figure)| domain.unit.as_deref() == Some("O01") && node == "Q2" && figure.value.is_some()),
        "what they differ in is told"
    );
}
