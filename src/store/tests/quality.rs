use std::collections::BTreeMap;

use uuid::Uuid;

use super::super::chain::{self, NewChain};
use super::super::quality::{self, FlagsBy, LeftOut, NewEvaluation};
use super::super::{StoreError, origins, responses, waves};
use super::{World, new_wave, on_each_database};
use crate::response::quality::{Evaluation, Flag, Rule, RuleCount};

fn new(world: &World) -> NewEvaluation<'static> {
    NewEvaluation {
        wave_id: world.wave,
        rules_code: "default",
        rules_version: "1",
        rules_sha256: [3; 32],
        rules: "{}",
        created_by: "lan",
        created_at: 5,
    }
}

fn flag(seq: i64, rule: Rule) -> Flag {
    Flag { seq, rule, detail: format!("seconds={seq}") }
}

fn found(flags: Vec<Flag>) -> Evaluation {
    let rules = BTreeMap::from([
        (Rule::TooFast, RuleCount { judged: 9, flagged: flags.len() }),
        (Rule::Burst, RuleCount { judged: 4, flagged: 1 }),
    ]);
    Evaluation { responses: 9, flagged: flags.len(), rules, flags }
}

#[test]
fn evaluations_are_versions_beside_responses_that_stay_as_they_are() {
    on_each_database(|url| {
        let world = World::new(url);
        world.store_all(1..=9);
        let before: Vec<_> = (1..=9).map(|id| world.find(id).unwrap()).collect();
        let mut db = world.store.db().unwrap();
        let first = quality::create(&mut db, &new(&world)).unwrap();
        assert_eq!((first.version, first.state(), first.high_water()), (1, "pending", world.high_water()));
        assert!(quality::flagged(&mut db, first.id, &Rule::ALL).unwrap().is_empty());

        let flags = vec![flag(2, Rule::TooFast), flag(2, Rule::Burst), flag(7, Rule::TooFast)];
        let done = quality::finish(&mut db, first.id, &found(flags), 8).unwrap();
        assert_eq!((done.state(), done.responses, done.flagged, done.finished_at), ("done", Some(9), Some(3), Some(8)));
        let again = quality::finish(&mut db, first.id, &found(Vec::new()), 9);
        assert!(matches!(again, Err(StoreError::WrongState { state: "done", .. })), "what is done is never done again");
        assert!(quality::fail(&mut db, first.id, "no", 9).is_err());

        assert_eq!(quality::flagged(&mut db, first.id, &Rule::ALL).unwrap(), [2, 7]);
        assert_eq!(quality::flagged(&mut db, first.id, &[Rule::Burst]).unwrap(), [2]);
        assert_eq!(quality::rules_of(&mut db, first.id).unwrap(), [Rule::TooFast, Rule::Burst]);
        let by_unit = quality::flags_by(&mut db, first.id, FlagsBy::Unit).unwrap();
        let by_unit: Vec<_> = by_unit.iter().map(|count| (count.key, count.rule.as_str(), count.n)).collect();
        assert_eq!(by_unit, [(world.agency, "burst", 1), (world.agency, "too_fast", 2)]);
        assert_eq!(quality::flags_by(&mut db, first.id, FlagsBy::Device).unwrap()[0].key, 0);

        // The next look is another version; the first stays.
        let second = quality::create(&mut db, &new(&world)).unwrap();
        quality::finish(&mut db, second.id, &found(vec![flag(2, Rule::TooFast)]), 9).unwrap();
        let third = quality::create(&mut db, &new(&world)).unwrap();
        assert_eq!(quality::fail(&mut db, third.id, "no such unit", 10).unwrap().state(), "failed");
        let of_two: Vec<_> = quality::flags_of(&mut db, 2).unwrap().into_iter().map(|f| (f.evaluation, f.rule, f.detail)).collect();
        let expected = [(1, "burst"), (1, "too_fast"), (2, "too_fast")].map(|(v, rule)| (v, rule.to_owned(), "seconds=2".to_owned()));
        assert_eq!(of_two, expected);
        let versions: Vec<i32> = quality::list(&mut db, world.wave).unwrap().iter().map(|evaluation| evaluation.version).collect();
        assert_eq!(versions, [3, 2, 1]);
        assert_eq!(quality::find(&mut db, world.wave, 1).unwrap(), Some(done));
        drop(db);
        assert_eq!((1..=9).map(|id| world.find(id).unwrap()).collect::<Vec<_>>(), before);
    });
}

#[test]
fn a_name_and_version_stand_for_one_rule_set() {
    on_each_database(|url| {
        let world = World::new(url);
        let mut db = world.store.db().unwrap();
        quality::create(&mut db, &new(&world)).unwrap();
        let other = NewEvaluation { rules_sha256: [4; 32], ..new(&world) };
        assert!(matches!(quality::create(&mut db, &other), Err(StoreError::Conflict { what: "rule set", .. })));
        assert_eq!(quality::create(&mut db, &NewEvaluation { rules_version: "2", ..other }).unwrap().version, 2);
        assert!(matches!(quality::create(&mut db, &NewEvaluation { wave_id: 99, ..new(&world) }), Err(StoreError::NotFound { .. })));
    });
}

#[test]
fn a_run_keeps_what_it_leaves_out() {
    on_each_database(|url| {
        let world = World::new(url);
        world.store_all(1..=3);
        let run = world.create_run(1);
        let mut db = world.store.db().unwrap();
        let evaluation = quality::create(&mut db, &new(&world)).unwrap();
        let pending = LeftOut { evaluation, rules: vec![Rule::TooFast] };
        assert!(matches!(quality::leave_out(&mut db, run.id, &pending), Err(StoreError::WrongState { state: "pending", .. })));
        assert_eq!(quality::left_out(&mut db, run.id).unwrap(), None);
        let evaluation = quality::finish(&mut db, pending.evaluation.id, &found(Vec::new()), 8).unwrap();
        let left_out = LeftOut { evaluation, rules: vec![Rule::TooFast, Rule::RepeatedVector] };
        quality::leave_out(&mut db, run.id, &left_out).unwrap();
        assert_eq!(quality::left_out(&mut db, run.id).unwrap(), Some(left_out.clone()));
        assert!(quality::leave_out(&mut db, run.id, &left_out).is_err(), "a run is frozen");
    });
}

#[test]
fn origins_are_those_of_the_responses_that_count() {
    on_each_database(|url| {
        let world = World::new(url);
        world.store_all(1..=4);
        let frozen = world.high_water();
        world.store.read(|db| responses::exclude(db, Uuid::from_u128(1), "lan", "test", 5)).unwrap();
        world.store.read(|db| responses::withdraw(db, Uuid::from_u128(2), "lan", "wish", 6)).unwrap();
        let mut db = world.store.db().unwrap();
        let mut seen = Vec::new();
        let broken_off = origins::scan_origins(&mut db, world.wave, frozen, |row| {
            seen.push((row.seq, row.device, row.answered_at.is_some(), row.answers.len()));
            std::ops::ControlFlow::Continue(())
        });
        assert!(!broken_off.unwrap());
        // The frozen moment knew of no exclusion; what was erased since has no answers to judge.
        assert_eq!(seen, [1, 3, 4].map(|seq| (seq, None, true, 3)));
        let devices = origins::devices(&mut db, world.wave, frozen).unwrap();
        assert_eq!(devices, [1, 2, 3, 4].map(|seq| (seq, None)));
    });
}

#[test]
fn what_is_said_of_a_chain_is_added_and_never_changed() {
    on_each_database(|url| {
        let world = World::new(url);
        let mut db = world.store.db().unwrap();
        assert_eq!(chain::latest(&mut db, world.wave).unwrap(), None);
        let said = |customers, reason, created_at| NewChain {
            wave_id: world.wave,
            customers,
            invitations: Some(50),
            reason,
            created_by: "lan",
            created_at,
        };
        assert_eq!(chain::add(&mut db, &said(None, Some("not counted yet"), 10)).unwrap().version, 1);
        assert_eq!(chain::add(&mut db, &said(None, Some("not counted yet"), 11)).unwrap().version, 1, "the same is said once");
        assert_eq!(chain::add(&mut db, &said(Some(90), None, 20)).unwrap().version, 2);
        assert_eq!(chain::latest_at(&mut db, world.wave, 19).unwrap().unwrap().customers, None);
        assert_eq!(chain::latest_at(&mut db, world.wave, 9).unwrap(), None);
        let all: Vec<_> = chain::versions(&mut db, world.wave).unwrap().into_iter().map(|v| (v.version, v.customers)).collect();
        assert_eq!(all, [(2, Some(90)), (1, None)]);
        let unexplained = said(None, None, 30);
        assert!(chain::add(&mut db, &unexplained).is_err(), "the table itself wants a reason");
    });
}

#[test]
fn a_wave_of_device_days_is_read_back_as_one() {
    on_each_database(|url| {
        let world = World::new(url);
        let mut db = world.store.db().unwrap();
        let opened = waves::create(&mut db, &waves::NewWave { design_kind: "device_day".into(), ..new_wave("kiosk") }).unwrap();
        assert_eq!(opened.design(), "device_day");
        assert_eq!(waves::find(&mut db, "kiosk").unwrap().unwrap().design(), "device_day");
        assert_eq!(waves::by_id(&mut db, world.wave).unwrap().design(), "cluster");
    });
}
