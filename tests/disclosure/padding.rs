//! Forms that the attacker sends himself: he knows them, and takes them out of what is published.

use serde_json::{Value, json};

use super::attacker::CLOSE;
use super::field::{Person, Seen, collect, count, define, edition, index, nothing_of, offices, open, submission, truth};
use crate::harness::{Dice, TestApp};

const PADDED: usize = 30;

fn names() -> Vec<String> {
    (1..=PADDED + 6).map(|office| format!("O{office:02}")).collect()
}

/// Offices of which thirty had one to three people, whom staff or a device heard.
fn heard(mode: &str) -> (TestApp, Vec<Person>, Dice) {
    let app = offices(&names());
    define(&app, &index(&json!([{ "kind": "nation" }, { "kind": "unit" }]), None));
    open(&app, mode);
    let mut dice = Dice::new(61);
    let mut people = Vec::new();
    for (place, office) in names().iter().enumerate() {
        for _ in 0..if place < PADDED { 1 + place % 3 } else { 25 } {
            people.push(Person::any(&mut dice, office, 0));
        }
    }
    (app, people, dice)
}

/// The attacker sends forms of his own to an office, without a key.
fn pad(app: &TestApp, dice: &mut Dice, office: &str, number: usize) -> Vec<Person> {
    let anyone = app.anyone();
    let own: Vec<Person> = (0..number).map(|_| Person::any(dice, office, 0)).collect();
    for person in &own {
        let mut body: Value = submission("open", person, 0);
        body["channel"] = json!("qr");
        anyone.put(&format!("/v1/responses/{}", person.id), &body).expect(201);
    }
    own
}

/// In how many offices the figures less his own forms are those of the people.
fn told(seen: &Seen, people: &[Person], own: &[Person]) -> usize {
    let all: Vec<Person> = people.iter().chain(own).cloned().collect();
    let is_told = |office: &String| {
        seen.iter().filter(|((domain, node), _)| domain.unit.as_ref() == Some(office) && node.starts_with('Q')).any(
            |((domain, node), figure)| {
                let (n, mine) = (truth(&all, domain, node).0, truth(own, domain, node));
                let theirs = truth(people, domain, node);
                let Some(value) = figure.value else { return false };
                let left = (value * count(n) - mine.1 * count(mine.0)) / count(n - mine.0);
                (left - theirs.1).abs() <= CLOSE
            },
        )
    };
    names()[..PADDED].iter().filter(|office| is_told(office)).count()
}

#[test]
fn forms_without_a_key_do_not_make_a_cell_of_one_to_three_large_enough() {
    let (app, people, mut dice) = heard("transaction_stream");
    collect(&app, "open", &people);
    let own: Vec<Person> = names()[..PADDED].iter().flat_map(|office| pad(&app, &mut dice, office, 10)).collect();
    let seen = edition(&app, "open", &json!({}));
    nothing_of("padding by forms without a key", told(&seen, &people, &own), PADDED);
    assert!(
        seen.iter().filter(|((domain, _), _)| domain.kind == "unit").any(|(_, figure)| figure.value.is_some()),
        "large offices are told"
    );
}

#[test]
fn forms_without_a_key_do_not_make_a_change_of_one_to_three_large_enough() {
    let (app, _, mut dice) = heard("transaction_stream");
    let before: Vec<Person> = names()[..PADDED]
        .iter()
        .flat_map(|office| (0..25).map(|_| office.clone()).collect::<Vec<_>>())
        .map(|office| Person::any(&mut dice, &office, 0))
        .collect();
    collect(&app, "open", &before);
    let first = edition(&app, "open", &json!({}));
    let come: Vec<Person> = names()[..PADDED].iter().map(|office| Person::any(&mut dice, office, 0)).collect();
    collect(&app, "open", &come);
    let own: Vec<Person> = names()[..PADDED].iter().flat_map(|office| pad(&app, &mut dice, office, 10)).collect();
    let second = edition(&app, "open", &json!({}));
    let is_told = |person: &&Person| {
        first.iter().filter(|((domain, node), _)| domain.unit.as_ref() == Some(&person.unit) && node.starts_with('Q')).any(
            |(cell, figure)| {
                let (Some(old), Some(new), Some(n)) = (figure.value, second[cell].value, figure.n) else { return false };
                let mine = truth(&own, &cell.0, &cell.1);
                let all = n + 1.0 + count(mine.0);
                let left = new * all - old * n - mine.1 * count(mine.0);
                (old - new).abs() > 1e-9 && (left - person.score(&cell.1).unwrap()).abs() < 12.5
            },
        )
    };
    nothing_of("padding of a change", come.iter().filter(is_told).count(), come.len());
}

#[test]
fn forms_without_a_key_do_not_pad_a_wave_that_anybody_may_answer() {
    let (app, people, mut dice) = heard("opt_in");
    collect(&app, "open", &people);
    let own: Vec<Person> = names()[..PADDED].iter().flat_map(|office| pad(&app, &mut dice, office, 10)).collect();
    let seen = edition(&app, "open", &json!({}));
    nothing_of("padding of an opt-in wave", told(&seen, &people, &own), PADDED);
}
