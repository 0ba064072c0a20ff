//! One edition: totals less their parts, nodes less their children, all equations at once, bounds, ranks, models.

use serde_json::{Value, json};

use super::attacker::{Attacker, bounds, eliminated, subtracted};
use super::field::{
    Domain, LEAVES, Person, Seen, collect, count, crossed, define, edition, index, nothing_of, offices, open, plain, sample, truth,
};
use crate::harness::{Dice, HOUR, NOW, TestApp};

fn names(number: usize) -> Vec<String> {
    (1..=number).map(|office| format!("O{office:02}")).collect()
}

/// People of offices in two provinces, few of them in some.
fn few_in_some(seed: u64, offices: &[String]) -> Vec<Person> {
    let mut dice = Dice::new(seed);
    let mut people = Vec::new();
    for (place, office) in offices.iter().enumerate() {
        for province in 0..2 {
            let number = match (place + 2 * province + usize::try_from(seed).unwrap()) % 5 {
                0 => 1,
                1 => 2 + dice.roll(7),
                _ => 12 + dice.roll(30),
            };
            for _ in 0..number {
                let mut person = Person::any(&mut dice, office, province);
                // Most answer everything.
                person.answers.retain(|_, _| dice.roll(20) > 0);
                people.push(person);
            }
        }
    }
    people
}

/// A closed sample of these people, and what anybody sees of it.
fn told(people: &[Person], offices_of: &[String], domains: &Value) -> (TestApp, Seen) {
    let app = offices(offices_of);
    define(&app, &index(domains, None));
    sample(&app);
    collect(&app, "sample", people);
    app.set_now(NOW + 11 * HOUR);
    let seen = edition(&app, "sample", &json!({}));
    (app, seen)
}

#[test]
fn no_total_less_its_parts_and_no_equations_together_tell_a_hidden_figure() {
    let offices = names(5);
    let mut found = [(0, 0); 7];
    for seed in 1..=4 {
        let people = few_in_some(seed, &offices);
        let (_app, seen) = told(&people, &offices, &crossed());
        let attacker = Attacker::new(&seen, &people);
        let (few, secrets) = (attacker.few(), attacker.secrets());
        let leaves: Vec<_> = few.iter().filter(|cell| LEAVES.contains(&cell.1.as_str())).cloned().collect();
        let lone: Vec<_> = few.iter().filter(|cell| truth(&people, &cell.0, &cell.1).0 == 1).cloned().collect();
        let nodes: Vec<_> = few.iter().filter(|cell| !LEAVES.contains(&cell.1.as_str())).cloned().collect();
        let (totals, both) = (attacker.totals(), [attacker.totals(), attacker.nodes()].concat());
        let (simple, full) = (subtracted(&totals), eliminated(&both));
        let numbers = eliminated(&attacker.numbers());
        let mut add = |place: usize, recovered: usize, of: usize| found[place] = (found[place].0 + recovered, found[place].1 + of);
        add(0, attacker.told(&simple, &leaves), leaves.len());
        add(1, attacker.numbered(&numbers, &few), few.len());
        add(2, attacker.told(&full, &lone), lone.len());
        add(3, attacker.told(&full, &nodes), nodes.len());
        add(4, attacker.told(&full, &secrets), secrets.len());
        add(5, attacker.bounded(&both, &secrets), secrets.len());
        // Every answer is known where all are the same: it is told by a figure with no error, or by one at the end of its scale.
        let same: Vec<_> = seen.keys().filter(|cell| attacker.is_unanimous(cell)).cloned().collect();
        let open = same.iter().filter(|cell| seen[*cell].value.is_some() || seen[*cell].se == Some(0.0)).count();
        add(6, open + attacker.told(&full, &same), same.len());
        let hidden = seen.values().filter(|figure| figure.hidden).count();
        println!("table {seed}: {hidden} of {} hidden, of few people {}", seen.len(), few.len());
    }
    let names = [
        "hidden leaves by subtraction",
        "numbers of people by subtraction",
        "single persons",
        "hidden nodes",
        "all equations at once",
        "bounds and whole answers",
        "every answer of a cell where all are the same",
    ];
    for (name, (recovered, of)) in names.into_iter().zip(found) {
        nothing_of(name, recovered, of);
    }
}

#[test]
fn a_combination_without_an_error_is_not_told_where_everybody_answered_alike() {
    let offices = names(4);
    let mut dice = Dice::new(17);
    let mut people = Vec::new();
    for office in &offices {
        for place in 0..20 {
            let mut person = Person::any(&mut dice, office, place % 2);
            if office == "O01" {
                // Levels that differ from question to question: no mean is an end of the scale.
                person.answers = LEAVES.into_iter().zip([5, 4, 3, 5, 2]).collect();
            }
            people.push(person);
        }
    }
    let (_app, seen) = told(&people, &offices, &json!([{ "kind": "nation" }, { "kind": "unit" }]));
    let alike: Vec<_> = seen.iter().filter(|((domain, _), _)| domain.unit.as_deref() == Some("O01")).collect();
    assert_eq!(alike.len(), 8);
    let shown = alike.iter().filter(|(_, figure)| figure.value.is_some() || figure.se.is_some()).count();
    nothing_of("a combination of what everybody answered alike", shown, alike.len());
    assert!(seen.values().any(|figure| figure.se.is_some_and(|se| se > 0.0)), "others are told");
}

#[test]
fn a_leaf_of_few_does_not_follow_from_its_parent_and_siblings() {
    let offices = names(8);
    let mut dice = Dice::new(11);
    let mut people = Vec::new();
    for office in &offices {
        for place in 0..30 {
            let mut person = Person::any(&mut dice, office, place % 2);
            if place >= 3 {
                person.answers.remove("Q2"); // three alone have used this service
            }
            people.push(person);
        }
    }
    let (_app, seen) = told(&people, &offices, &json!([{ "kind": "nation" }, { "kind": "unit" }]));
    let attacker = Attacker::new(&seen, &people);
    let leaves: Vec<_> = attacker.few().into_iter().filter(|cell| cell.1 == "Q2").collect();
    let nodes = attacker.nodes();
    nothing_of("leaf from parent and siblings", attacker.told(&subtracted(&nodes), &leaves), leaves.len());
    let all = [nodes, attacker.totals()].concat();
    nothing_of("leaf from all equations", attacker.told(&eliminated(&all), &leaves), leaves.len());
    nothing_of("leaf by bounds", attacker.bounded(&all, &leaves), leaves.len());
    let hidden = seen.values().filter(|figure| figure.hidden).count();
    assert!(hidden * 2 < seen.len(), "{hidden} of {}", seen.len());
}

#[test]
fn a_node_rests_on_those_who_answered_its_leaves_and_not_on_whoever_came() {
    let offices = names(10);
    let mut dice = Dice::new(12);
    let mut people = Vec::new();
    for (place, office) in offices.iter().enumerate() {
        for number in 0..20 {
            let mut person = Person::any(&mut dice, office, number % 2);
            match place {
                // One answered the questions, the others came and left.
                0..3 if number > 0 => person.answers.clear(),
                // Twenty people, and four of them behind each leaf.
                3..5 => person.answers.retain(|leaf, _| *leaf == LEAVES[number % 5]),
                _ => {}
            }
            people.push(person);
        }
    }
    let (_app, seen) = told(&people, &offices, &plain());
    let attacker = Attacker::new(&seen, &people);
    let nodes: Vec<_> = attacker.few().into_iter().filter(|cell| !LEAVES.contains(&cell.1.as_str()) && cell.0.kind == "unit").collect();
    let all = [attacker.nodes(), attacker.totals()].concat();
    nothing_of("node of five leaves of few", attacker.told(&eliminated(&all), &nodes), nodes.len());
    let few = attacker.few();
    nothing_of("their leaves", attacker.told(&eliminated(&all), &few), few.len());
    nothing_of("their leaves by bounds", attacker.bounded(&all, &few), few.len());
}

/// Offices of which some are small, in a wave that anybody may answer.
fn small_and_large(estimation: Option<Value>) -> (TestApp, Vec<Person>, Seen) {
    let offices_of = names(36);
    let app = offices(&offices_of);
    define(&app, &index(&json!([{ "kind": "nation" }, { "kind": "unit" }]), estimation));
    open(&app, "opt_in");
    let mut dice = Dice::new(13);
    let mut people = Vec::new();
    for (place, office) in offices_of.iter().enumerate() {
        for _ in 0..if place < 20 { 3 + dice.roll(6) } else { 15 + dice.roll(10) } {
            let mut person = Person::any(&mut dice, office, place % 2);
            // Offices differ, so that a model has something to say.
            for answer in person.answers.values_mut() {
                *answer = if dice.roll(100) < 70 { u8::try_from(1 + place % 5).unwrap() } else { *answer };
            }
            people.push(person);
        }
    }
    collect(&app, "open", &people);
    let seen = edition(&app, "open", &json!({}));
    (app, people, seen)
}

/// The published and the hidden offices of a node.
fn parted(seen: &Seen, node: &str) -> (Vec<Domain>, Vec<Domain>) {
    let of: Vec<&Domain> = seen.keys().filter(|(domain, of)| domain.kind == "unit" && of == node).map(|(domain, _)| domain).collect();
    of.into_iter().cloned().partition(|domain| !seen[&(domain.clone(), node.to_owned())].hidden)
}

#[test]
fn ranks_leave_no_gap_for_a_hidden_office() {
    let (_app, people, seen) = small_and_large(None);
    let (mut recovered, mut of) = (0, 0);
    for node in ["INDEX", "A", "B", "Q1", "Q2", "Q3", "Q4", "Q5"] {
        let (open, hidden) = parted(&seen, node);
        of += hidden.len();
        let mut ranked: Vec<(i64, f64)> = open
            .iter()
            .map(|domain| &seen[&(domain.clone(), node.to_owned())])
            .map(|figure| (figure.rank.unwrap(), figure.value.unwrap()))
            .collect();
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        // Whoever has a lower value than k others is at place k + 1: a place that nobody has is a hidden one's, between its neighbours.
        for (place, (rank, value)) in ranked.iter().enumerate() {
            let better = ranked.iter().filter(|(_, other)| other > value).count();
            if usize::try_from(*rank).unwrap() != better + 1 {
                let above = if place == 0 { 100.0 } else { ranked[place - 1].1 };
                let middle = f64::midpoint(above, *value);
                let near = |domain: &&Domain| above - value < 10.0 && (truth(&people, domain, node).1 - middle).abs() <= 0.5;
                recovered += hidden.iter().filter(near).count().max(1);
            }
        }
        assert!(hidden.iter().all(|domain| seen[&(domain.clone(), node.to_owned())].rank.is_none()));
    }
    nothing_of("gaps in ranks", recovered, of);
}

#[test]
fn the_modelled_estimates_of_others_do_not_give_a_hidden_one() {
    use hailong::scoring::small_area::{Area, Fit, fay_herriot};
    let (_app, people, seen) = small_and_large(Some(json!({ "small_area": { "model": "fay_herriot" } })));
    let node = "Q1";
    let figure = |domain: &Domain| &seen[&(domain.clone(), node.to_owned())];
    let (open, hidden) = parted(&seen, node);
    let area = |value: f64, se: f64| Area { direct: Some((value, se * se)), covariates: Vec::new() };
    let direct: Vec<Area> = open.iter().map(|domain| area(figure(domain).value.unwrap(), figure(domain).se.unwrap())).collect();
    assert!(open.iter().filter(|domain| figure(domain).modelled.is_some()).count() > 5, "a model is published");
    // How far off the published estimates are if these areas are what the model was fitted to.
    let off = |areas: &[Area]| {
        let fitted = fay_herriot(areas, Fit::Reml).ok()?;
        let pairs = open.iter().zip(&fitted.areas);
        Some(pairs.map(|(domain, modelled)| (figure(domain).modelled.unwrap() - modelled.value).powi(2)).sum::<f64>())
    };
    let without = off(&direct).unwrap();
    let mut recovered = 0;
    for domain in &hidden {
        let (n, value) = truth(&people, domain, node);
        // Its standard error is about that of a spread that is known from the others.
        let guess =
            |candidate: f64| off(&[direct.clone(), vec![area(candidate, 32.0 / count(n).sqrt())]].concat()).map(|off| (off, candidate));
        let best = (0..=200).filter_map(|half| guess(0.5 * count(half))).min_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
        recovered += usize::from(best.0 < without && (best.1 - value).abs() <= 0.5);
    }
    nothing_of("Fay–Herriot", recovered, hidden.len());
    let attacker = Attacker::new(&seen, &people);
    let few = attacker.few();
    let all = [attacker.nodes(), attacker.totals()].concat();
    assert!(few.iter().all(|cell| seen[cell].modelled.is_none()));
    let width = |cell: &&super::attacker::Cell| {
        let (low, high) = bounds(&all, cell);
        high - low < 1.0
    };
    nothing_of("bounds of small offices", few.iter().filter(|cell| cell.1 == node).filter(width).count(), few.len());
}
