//! One person alone, by whatever comes to mind: an admin with any number of keys, and one who holds two roles. Random sequences of acts;
//! nothing may be published, and nothing left out.

use std::sync::Arc;

use hailong::office::keys::{self, Answer, KeyWish};
use hailong::office::proposals::{self, ListWish};
use hailong::office::quality::{self, LiftWish};
use hailong::office::runs::{self, RunWish, Seen};
use hailong::office::{Actor, Office, Role, responses, secret};
use hailong::store::{editions, responses as stored, runs as store_runs};
use uuid::Uuid;

use crate::harness::fixtures::{finish_run, new_response, publish, start_run, submission};
use crate::harness::{Dice, NOW, TestApp};

const STEPS: usize = 5_000;

fn seed() -> u64 {
    let given = std::env::var("HAILONG_TEST_SEED").ok().and_then(|seed| seed.parse().ok());
    given.unwrap_or_else(|| u64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() % 1_000_000_007).unwrap())
}

/// What one person has in hand, and what there is to act on.
struct World {
    app: TestApp,
    office: Office,
    keys: Vec<String>,
    halves: Vec<String>,
    runs: Vec<Uuid>,
    responses: Vec<Uuid>,
}

impl World {
    fn new(keys: &[(&str, Role)], own_runs: bool) -> Self {
        let app = TestApp::start();
        publish(&app);
        let office = Office::new(app.store.clone(), Arc::new(|| NOW));
        let texts = keys.iter().map(|(person, role)| app.key_of(person, *role, None)).collect();
        let mut world = Self { office, keys: texts, halves: Vec::new(), runs: Vec::new(), responses: Vec::new(), app };
        for _ in 0..4 {
            let path = new_response();
            world.app.anyone().put(&path, &submission()).expect(201);
            world.responses.push(path.rsplit('/').next().unwrap().parse().unwrap());
        }
        if !own_runs {
            // Another's work, to try one's hand on: a draft, and one that waits for approval.
            for submitted in [false, true] {
                let run = start_run(&world.app);
                finish_run(&world.app, &run);
                if submitted {
                    world.app.client(Role::Statistician).step(&format!("{run}:submit"), "*", None).expect(200);
                }
                world.runs.push(run.rsplit('/').next().unwrap().parse().unwrap());
            }
        }
        world
    }

    fn actor(&self, key: &str) -> Actor {
        let hash = secret::hash(key);
        let holder = self.office.look(&Actor::anyone(), |look| keys::holder(look, &hash)).unwrap();
        holder.map_or_else(Actor::anyone, |holder| Actor::known(Arc::new(holder)))
    }

    /// Does something; what is refused is no matter.
    fn act(&mut self, dice: &mut Dice) {
        let mine = self.keys.clone();
        let me = self.actor(dice.pick::<String>(&mine));
        let number = i32::try_from(1 + dice.place(60)).unwrap();
        match dice.place(12) {
            0 | 1 => self.ask_for_a_key(dice, &me),
            2 => {
                if let Ok(confirmed) = self.office.act(&me, |act| proposals::confirm(act, number)) {
                    self.halves.extend(confirmed.half);
                }
            }
            3 => {
                let wish = ListWish { state: None, before: None, limit: 50 };
                for row in self.office.look(&me, |look| proposals::list(look, &wish)).unwrap_or_default().into_iter().take(2) {
                    drop(self.office.act(&me, |act| proposals::confirm(act, row.id)));
                }
            }
            4 => drop(self.office.act(&me, |act| proposals::reject(act, number))),
            5 if self.runs.len() < 6 => {
                let (id, wish) = (
                    Uuid::new_v4(),
                    RunWish { index: "mini".into(), version: "1".into(), wave: Some("open".into()), ..RunWish::default() },
                );
                if self.office.act(&me, |act| runs::create(act, id, &wish)).is_ok() {
                    finish_run(&self.app, &format!("/v1/runs/{id}"));
                    self.runs.push(id);
                }
            }
            5..=8 => self.step(dice, &me),
            9 => {
                let id = *dice.pick(&self.responses);
                drop(self.office.act(&me, |act| responses::exclude(act, id, "it does not suit me")));
            }
            10 => {
                let id = *dice.pick(&self.responses);
                let wish = LiftWish { evaluation: 1, rules: None, reason: "it does not suit me".into() };
                drop(self.office.act(&me, |act| quality::lift(act, stored::Which::Id(id), &wish)));
            }
            _ => self.try_halves(dice),
        }
    }

    fn ask_for_a_key(&mut self, dice: &mut Dice, me: &Actor) {
        let names = ["An", "an", "Ghost", "Puppet", "cli:root", "Lan", "test statistician 1"];
        let (name, role) = ((*dice.pick(&names)).to_owned(), *dice.pick(&Role::ALL));
        let person = (dice.place(2) == 0).then(|| (*dice.pick(&names)).to_owned());
        let unit = (role == Role::Agency).then(|| ("agency-danang".to_owned(), "SYT".to_owned()));
        match self.office.act(me, |act| keys::issue(act, &KeyWish { name, role, unit, person, days: None })) {
            Ok(Answer::Issued(issued)) if self.keys.len() < 40 => self.keys.push(issued.text),
            Ok(Answer::Proposed { half, .. }) => self.halves.push(half),
            _ => {}
        }
    }

    fn step(&self, dice: &mut Dice, me: &Actor) {
        if self.runs.is_empty() {
            return;
        }
        let id = *dice.pick(&self.runs);
        let revision = store_runs::get(&mut self.app.store.db().unwrap(), id).unwrap().revision;
        let seen = Seen { id, revision };
        drop(match dice.place(3) {
            0 => self.office.act(me, |act| runs::submit(act, seen)),
            1 => self.office.act(me, |act| runs::approve(act, seen, true)),
            _ => self.office.act(me, |act| runs::publish(act, seen, None)),
        });
    }

    /// Puts halves together, in the hope that they fit.
    fn try_halves(&mut self, dice: &mut Dice) {
        if self.halves.is_empty() {
            return;
        }
        let key = format!("{}{}", dice.pick(&self.halves), dice.pick(&self.halves));
        if self.actor(&key).holder().is_some() {
            self.keys.push(key);
        }
    }

    /// Editions, and responses that are left out.
    fn harm(&self) -> (usize, usize) {
        let mut db = self.app.store.db().unwrap();
        let published = editions::list(&mut db, None).unwrap().len();
        let ended = self.responses.iter().filter(|id| stored::find(&mut db, **id).unwrap().unwrap().ended_event.is_some()).count();
        (published, ended)
    }
}

fn play(keys: &[(&str, Role)], own_runs: bool) {
    let seed = seed();
    println!("HAILONG_TEST_SEED={seed}");
    let mut dice = Dice::new(seed);
    let mut world = World::new(keys, own_runs);
    for _ in 0..STEPS {
        world.act(&mut dice);
    }
    let (published, left_out) = world.harm();
    println!(
        "published {published} of {STEPS}, left out {left_out} of {STEPS}, with {} keys and {} halves",
        world.keys.len(),
        world.halves.len()
    );
    assert_eq!((published, left_out), (0, 0), "HAILONG_TEST_SEED={seed}");
}

#[test]
fn an_admin_with_any_number_of_keys_publishes_nothing_and_leaves_nothing_out() {
    play(&[("An", Role::Admin), ("an", Role::Admin)], false);
}

#[test]
fn one_person_with_every_role_publishes_nothing_of_their_own_and_leaves_nothing_out() {
    let roles = [Role::Statistician, Role::Publisher, Role::Statistician, Role::Auditor, Role::Admin];
    play(&roles.map(|role| ("Lan", role)), true);
}
