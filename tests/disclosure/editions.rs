//! Two editions of the same wave, or an edition and what else is told with it: their difference must not tell who came between.

use std::collections::HashMap;

use hailong::index::{Basis, DomainKey, Score};
use hailong::office::Role;
use hailong::publication::disclosure::Numbers;
use hailong::publication::public_digest;
use hailong::words::encode::hex;
use serde_json::{Value, json};

use super::attacker::Attacker;
use super::field::{
    LEAVES, Person, Seen, collect, computed, count, crossed, define, edition, index, nothing_of, offices, open, pages, plain, sample, seen,
    submission, truth,
};
use crate::harness::runs::{approve, release, worked};
use crate::harness::{Dice, HOUR, NOW, TestApp};

fn names(number: usize) -> Vec<String> {
    (1..=number).map(|office| format!("O{office:02}")).collect()
}

/// A wave that stays open, with so many people of four offices.
fn running(people: usize) -> (TestApp, Vec<Person>, Dice) {
    let (app, offices_of) = (offices(&names(5)), names(4));
    let app = {
        define(&app, &index(&plain(), None));
        open(&app, "opt_in");
        app
    };
    let mut dice = Dice::new(21 + u64::try_from(people).unwrap());
    let everybody: Vec<Person> = (0..people).map(|place| Person::any(&mut dice, &offices_of[place % 4], 0)).collect();
    collect(&app, "open", &everybody);
    (app, everybody, dice)
}

/// Whether the difference of two editions tells an answer of somebody who is in one of them alone (`by` is 1 where he came, -1 where he went):
/// an answer is told where every figure that he is in points at it.
fn is_told(before: &Seen, after: &Seen, person: &Person, by: f64) -> bool {
    LEAVES.iter().any(|leaf| {
        let Some(score) = person.score(leaf) else { return false };
        let cells = before.keys().filter(|(domain, node)| node == leaf && domain.has(person));
        let guesses: Vec<f64> = cells
            .filter_map(|cell| {
                let (old, new) = (&before[cell], after.get(cell)?);
                let (v1, n1, v2, n2) = (old.value?, old.n?, new.value?, new.n?);
                let moved = (v1 - v2).abs() > 1e-9 || (n1 - n2).abs() > 1e-9;
                // Whether or not the number of people is told anew, he knows by how many it changed.
                moved.then_some(by * (v2 * (n1 + by) - v1 * n1)).map(|guess| (guess.clamp(0.0, 100.0) / 25.0).round() * 25.0)
            })
            .collect();
        !guesses.is_empty() && guesses.iter().all(|guess| (guess - score).abs() < 1e-9)
    })
}

fn one_more(people: usize) {
    let (app, _, mut dice) = running(people);
    let mut last = edition(&app, "open", &json!({}));
    assert!(last.values().all(|figure| !figure.hidden && figure.value.is_some()), "an edition of many hides nothing");
    let mut recovered = 0;
    for trial in 0..10 {
        let newcomer = Person::any(&mut dice, &names(4)[trial % 4], 0);
        collect(&app, "open", std::slice::from_ref(&newcomer));
        let next = edition(&app, "open", &json!({}));
        recovered += usize::from(is_told(&last, &next, &newcomer, 1.0));
        last = next;
    }
    nothing_of(&format!("one response more than {people}"), recovered, 10);
}

#[test]
fn one_response_more_than_a_hundred_is_not_told() {
    one_more(100);
}

#[test]
fn one_response_more_than_a_thousand_is_not_told() {
    one_more(1_250);
}

#[test]
fn one_response_more_than_ten_thousand_is_not_told() {
    one_more(10_000);
}

#[test]
fn a_response_that_was_withdrawn_is_not_told() {
    let (app, everybody, _) = running(100);
    let statistician = app.client(Role::Statistician);
    let mut last = edition(&app, "open", &json!({}));
    let mut recovered = 0;
    for person in &everybody[..5] {
        statistician.delete(&format!("/v1/responses/{}?reason=asked", person.id)).expect(204);
        let next = edition(&app, "open", &json!({}));
        recovered += usize::from(is_told(&last, &next, person, -1.0));
        last = next;
    }
    nothing_of("one withdrawn", recovered, 5);
}

/// Twelve come: what is told of them together must not tell one of them apart.
fn twelve_of_whom_one_is_apart(attack: &str, apart: impl Fn(usize, &mut Person)) {
    let mut recovered = 0;
    for trial in 0..5 {
        let (app, _, mut dice) = running(100 + 4 * trial);
        let first = edition(&app, "open", &json!({}));
        let mut come: Vec<Person> = (0..12).map(|_| Person { sex: "f", ..Person::any(&mut dice, "O01", 0) }).collect();
        come.iter_mut().enumerate().for_each(|(place, person)| apart(place, person));
        collect(&app, "open", &come);
        let second = edition(&app, "open", &json!({}));
        // What every leaf's total rose by, where it is told anew.
        let rise = |domain: &super::field::Domain, leaf: &str| {
            let cell = (domain.clone(), leaf.to_owned());
            let (v1, n1, v2, n2) = (first[&cell].value?, first[&cell].n?, second[&cell].value?, second[&cell].n?);
            ((v1, n1) != (v2, n2)).then_some((n2 - n1, v2 * n2 - v1 * n1))
        };
        let domains: Vec<_> = super::field::domains(&first).into_iter().collect();
        let is_told = |leaf: &str| {
            let truth = come[0].score(leaf);
            let rises: Vec<(f64, f64)> = domains.iter().filter_map(|domain| rise(domain, leaf)).collect();
            let alone = rises.iter().filter(|(n, _)| (*n - 1.0).abs() < 1e-9).map(|(_, rise)| *rise);
            let pairs = rises.iter().flat_map(|(n, rise)| rises.iter().map(move |(m, other)| (n - m, rise - other)));
            let less = pairs.filter(|(n, _)| (*n - 1.0).abs() < 1e-9).map(|(_, rise)| rise);
            let mut guesses = alone.chain(less).map(|guess| (guess.clamp(0.0, 100.0) / 25.0).round() * 25.0);
            guesses.any(|guess| Some(guess) == truth)
        };
        recovered += usize::from(LEAVES.iter().any(|leaf| is_told(leaf)));
    }
    nothing_of(attack, recovered, 5);
}

#[test]
fn of_twelve_who_came_the_one_of_another_office_is_not_told() {
    twelve_of_whom_one_is_apart("one of another office", |place, person| {
        if place == 0 {
            "O02".clone_into(&mut person.unit);
        }
    });
}

#[test]
fn of_twelve_who_came_the_only_man_is_not_told() {
    twelve_of_whom_one_is_apart("the only man", |place, person| person.sex = if place == 0 { "m" } else { "f" });
}

#[test]
fn of_twelve_who_came_the_one_who_answered_a_question_is_not_told() {
    twelve_of_whom_one_is_apart("the only one who answered", |place, person| {
        if place > 0 {
            person.answers.remove("Q2");
        }
    });
}

#[test]
fn what_an_edition_hid_is_not_told_by_the_next_in_which_more_have_come() {
    let (mut recovered, mut of) = (0, 0);
    for trial in 0..3 {
        let (app, mut people, mut dice) = running(80);
        let small: Vec<Person> = (0..6 + trial).map(|_| Person::any(&mut dice, "O05", 0)).collect();
        collect(&app, "open", &small);
        people.extend(small);
        let first = edition(&app, "open", &json!({}));
        let more: Vec<Person> = (0..15).map(|_| Person::any(&mut dice, "O05", 0)).collect();
        collect(&app, "open", &more);
        let second = edition(&app, "open", &json!({}));
        let was_hidden = |cell: &&super::attacker::Cell| first[*cell].hidden && cell.0.unit.is_some() && cell.1.starts_with('Q');
        for cell in first.keys().filter(was_hidden) {
            let (n, value) = truth(&people, &cell.0, &cell.1);
            of += 1;
            // All who came are in the nation, and nobody came anywhere else but to the small office.
            let nation = first.keys().find(|(domain, node)| domain.kind == "nation" && *node == cell.1).unwrap();
            let total = |seen: &Seen, cell: &super::attacker::Cell| seen[cell].value.zip(seen[cell].n).map(|(value, n)| value * n);
            let came = total(&second, nation).zip(total(&first, nation)).map(|(after, before)| after - before);
            let came = if cell.0.unit.as_deref() == Some("O05") { came } else { Some(0.0) };
            let guess = total(&second, cell).zip(came).map(|(now, came)| (now - came) / count(n));
            recovered += usize::from(guess.is_some_and(|guess| (guess - value).abs() <= 0.5));
        }
    }
    nothing_of("what the edition before hid", recovered, of);
}

/// Has a worker evaluate what is in the wave by a rule that forms of less than ten seconds are too fast.
fn evaluated(app: &TestApp) {
    let rules = json!({ "rule_set": {
        "kind": "quality", "code": "test", "version": "1", "title": { "vi": "Thử", "en": "Test" }, "rules": { "too_fast": { "seconds": 10 } }
    } });
    let statistician = app.client(Role::Statistician);
    let begun = statistician.post("/v1/waves/open/quality-evaluations", &rules);
    let address = begun.header("location").unwrap().to_owned();
    begun.expect(202);
    assert_eq!(worked(app, &statistician, &address)["state"], "done");
}

#[test]
fn who_was_flagged_is_not_told_by_editions_with_and_without() {
    let mut recovered = 0;
    for order in
        [[json!({}), json!({ "without_flagged": { "evaluation": 1 } })], [json!({ "without_flagged": { "evaluation": 1 } }), json!({})]]
    {
        let (app, _, mut dice) = running(100);
        let device = app.client(Role::Device);
        let hasty = Person::any(&mut dice, "O02", 0);
        let mut body = submission("open", &hasty, 0);
        body["channel"] = json!("kiosk");
        body["started_at"] = json!("2024-09-01T07:30:00+07:00");
        body["answered_at"] = json!("2024-09-01T07:30:04+07:00");
        device.put(&format!("/v1/responses/{}", hasty.id), &body).expect(201);
        evaluated(&app);
        let with_first = order[0] == json!({});
        let [one, other] = order.map(|also| edition(&app, "open", &also));
        recovered += usize::from(is_told(&one, &other, &hasty, if with_first { -1.0 } else { 1.0 }));
    }
    nothing_of("with and without flagged", recovered, 2);
}

#[test]
fn how_many_were_flagged_is_not_told_by_the_chain() {
    let (app, _, mut dice) = running(100);
    let device = app.client(Role::Device);
    for _ in 0..12 {
        let hasty = Person::any(&mut dice, "O02", 0);
        let mut body = submission("open", &hasty, 0);
        body["channel"] = json!("kiosk");
        body["started_at"] = json!("2024-09-01T07:30:00+07:00");
        body["answered_at"] = json!("2024-09-01T07:30:04+07:00");
        device.put(&format!("/v1/responses/{}", hasty.id), &body).expect(201);
    }
    evaluated(&app);
    let run = computed(&app, "open", &json!({ "without_flagged": { "evaluation": 1 } }));
    let code = release(&app, &run);
    let manifest = app.anyone().get(&format!("/v1/editions/{code}")).expect(200)["manifest"].clone();
    let office = app.client(Role::Statistician).get(&run).expect(200)["manifest"].clone();
    let number = |value: &Value| value.as_f64().unwrap();
    let chain = &manifest["chain"];
    assert!((number(&office["chain"]["answers"]) - 112.0).abs() < 1e-9, "the office counts all: {office:#}");
    let claims = [
        number(&chain["answers"]) - number(&manifest["responses"]),
        number(&chain["answered"]) * 6_000.0 - number(&manifest["responses"]),
        number(&chain["overall"]) * 12_000.0 - number(&manifest["responses"]),
    ];
    nothing_of("flagged by the chain", claims.iter().filter(|claim| claim.abs() > 0.5).count(), claims.len());
}

#[test]
fn what_a_draft_was_that_nobody_approved_is_not_told_by_the_change_since() {
    let (app, everybody, mut dice) = running(80);
    let draft = computed(&app, "open", &json!({}));
    let more: Vec<Person> = (0..80).map(|place| Person::any(&mut dice, &names(4)[place % 4], 0)).collect();
    collect(&app, "open", &more);
    let since = |run: &str| json!({ "since": run.rsplit('/').next().unwrap() });
    let later = computed(&app, "open", &since(&draft));
    let first = release(&app, &later);
    let shown = seen(&app, &first);
    let cells = shown.keys().filter(|(domain, node)| truth(&everybody, domain, node).0 > 0);
    let told = cells.clone().filter(|cell| !shown[*cell].told["change"].is_null());
    nothing_of("change.before of a draft", told.count(), cells.count());

    // Since an edition that everybody knows, it is told.
    let more: Vec<Person> = (0..80).map(|place| Person::any(&mut dice, &names(4)[place % 4], 0)).collect();
    collect(&app, "open", &more);
    let third = edition(&app, "open", &since(&later));
    assert!(third.values().all(|figure| figure.told["change"]["before"].is_f64()));
    for (cell, figure) in &third {
        assert_eq!(figure.told["change"]["before"].as_f64(), shown[cell].value, "{cell:?}");
    }
}

#[test]
fn the_public_digest_is_that_of_what_everybody_sees_and_tells_no_hidden_figure() {
    let offices_of = names(5);
    let app = offices(&offices_of);
    define(&app, &index(&crossed(), None));
    sample(&app);
    let mut dice = Dice::new(31);
    let mut people = Vec::new();
    for (place, office) in offices_of.iter().enumerate() {
        for province in 0..2 {
            for _ in 0..if (place + province) % 4 == 0 { 3 } else { 20 } {
                people.push(Person::any(&mut dice, office, province));
            }
        }
    }
    collect(&app, "sample", &people);
    app.set_now(NOW + 11 * HOUR);
    let code = release(&app, &computed(&app, "sample", &json!({})));
    let told = app.anyone().get(&format!("/v1/editions/{code}")).expect(200);
    let (digest, items) = (told["digest"].as_str().unwrap().to_owned(), pages(&app, &code));
    let mut names_of: Vec<String> = Vec::new();
    let mut number = |label: &Value, list: &str| {
        let name = format!("{list}:{}", label["code"].as_str()?);
        names_of.push(name);
        i32::try_from(names_of.len() - 1).ok()
    };
    let scores: Vec<Score> = items
        .iter()
        .map(|item| {
            let text = |name: &str| item[name].as_str().map(str::to_owned);
            let domain = DomainKey {
                kind: text("domain").unwrap(),
                area: number(&item["area"], "vn-34"),
                unit: number(&item["unit"], "offices"),
                item: text("item"),
                option: text("option"),
            };
            score(domain, text("node").unwrap())
        })
        .collect();
    let name = |id: i32| names_of[usize::try_from(id).unwrap()].clone();
    let numbers: Vec<Option<Numbers>> =
        items.iter().map(|item| (item["status"] != "c").then(|| serde_json::from_value(item.clone()).unwrap())).collect();
    assert_eq!(
        hex(&public_digest(&told["manifest"], &scores, &|place| numbers[place], &name)),
        digest,
        "it holds nothing but what is seen"
    );

    let shown = seen(&app, &code);
    let attacker = Attacker::new(&shown, &people);
    let cells: HashMap<_, usize> = items
        .iter()
        .enumerate()
        .map(|(place, item)| ((super::field::domain(item), item["node"].as_str().unwrap().to_owned()), place))
        .collect();
    let secrets: Vec<_> = attacker.secrets().into_iter().filter(|cell| LEAVES.contains(&cell.1.as_str())).take(8).collect();
    let found = |cell: &&super::attacker::Cell| {
        let (place, (n, _)) = (cells[*cell], truth(&people, &cell.0, &cell.1));
        (0..=4 * n).any(|k| {
            let guess = Numbers { value: Some(25.0 * count(k) / count(n)), n: i64::try_from(n).ok(), ..Numbers::default() };
            let with = |at: usize| if at == place { Some(guess) } else { numbers[at] };
            hex(&public_digest(&told["manifest"], &scores, &with, &name)) == digest
        })
    };
    nothing_of("digest", secrets.iter().filter(found).count(), secrets.len());
}

/// A score of which nothing but its name matters.
fn score(domain: DomainKey, node: String) -> Score {
    Score {
        domain,
        node,
        value: None,
        se: None,
        low: None,
        high: None,
        n: 0,
        psus: 0,
        df: 0.0,
        deff: None,
        weight: 0.0,
        rank: None,
        rank_interval: None,
        rank_joint: None,
        top: None,
        modelled: None,
        thin: false,
        suppressed: false,
        basis: Basis::default(),
    }
}

#[test]
fn an_office_in_which_ten_answers_changed_shows_new_figures_and_the_others_stand() {
    let (app, _, mut dice) = running(200);
    let first = edition(&app, "open", &json!({}));
    let many: Vec<Person> = (0..12).map(|_| Person::any(&mut dice, "O01", 0)).collect();
    collect(&app, "open", &many);
    let second = edition(&app, "open", &json!({}));
    let few: Vec<Person> = (0..9).map(|_| Person::any(&mut dice, "O02", 0)).collect();
    collect(&app, "open", &few);
    let third = edition(&app, "open", &json!({}));
    for ((domain, node), figure) in &first {
        let cell = (domain.clone(), node.clone());
        let (after, last) = (&second[&cell], &third[&cell]);
        match domain.unit.as_deref() {
            Some("O01") => assert_eq!(after.n, figure.n.map(|n| n + 12.0), "{cell:?}"),
            Some(_) => assert_eq!((after.n, after.value), (figure.n, figure.value), "{cell:?}"),
            None => {}
        }
        assert_eq!((last.n, last.value), (after.n, after.value), "{cell:?}: nine are too few");
    }
    let id = app.anyone().get("/v1/editions/open.3").expect(200)["run"].as_str().unwrap().to_owned();
    let told = app.client(Role::Statistician).get(&format!("/v1/runs/{id}")).expect(200);
    let stand = third.values().filter(|figure| figure.told["stands_from"].is_string()).count();
    assert!(stand > 0);
    assert_eq!(told["publication"]["carried"], stand, "the office is told how many stand");
    let mut db = app.store.db().unwrap();
    let run = hailong::store::runs::get(&mut db, id.parse().unwrap()).unwrap();
    let read_back = hailong::jobs::stored::outcome(&mut db, &run).unwrap().unwrap();
    assert_eq!(usize::try_from(read_back.extent().carried).unwrap(), stand, "and so it is read back");
    let whole = |seen: &Seen| seen.iter().find(|((domain, node), _)| domain.kind == "nation" && node == "Q1").unwrap().1.n;
    assert_eq!((whole(&first), whole(&second), whole(&third)), (Some(200.0), Some(212.0), Some(212.0)));
}

#[test]
fn a_run_of_before_another_edition_is_not_published() {
    let (app, _, mut dice) = running(100);
    let early = computed(&app, "open", &json!({}));
    collect(&app, "open", &[Person::any(&mut dice, "O01", 0)]);
    let late = computed(&app, "open", &json!({}));
    release(&app, &late);
    approve(&app, &early, false);
    let problem = app.client(Role::Publisher).step(&format!("{early}:publish"), "*", None).problem(409, "wrong-state");
    assert_eq!(problem["errors"][0]["code"], "edition-newer", "{problem}");
}

#[test]
fn a_sample_is_not_published_while_its_wave_is_open() {
    let offices_of = names(2);
    let app = offices(&offices_of);
    define(&app, &index(&crossed(), None));
    sample(&app);
    let mut dice = Dice::new(41);
    let people: Vec<Person> = (0..80).map(|place| Person::any(&mut dice, &offices_of[place % 2], place / 2 % 2)).collect();
    collect(&app, "sample", &people);
    let run = computed(&app, "sample", &json!({}));
    approve(&app, &run, false);
    let publish = || app.client(Role::Publisher).step(&format!("{run}:publish"), "*", None);
    let problem = publish().problem(409, "wrong-state");
    assert_eq!(problem["errors"][0]["code"], "wave-open", "{problem}");
    app.set_now(NOW + 11 * HOUR);
    assert_eq!(publish().expect(200)["state"], "published");
}
