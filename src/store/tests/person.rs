//! One person counts once: corrections, withdrawals, exclusions and second answers, against a model small enough to be read.

use proptest::prelude::*;
use uuid::Uuid;

use super::super::responses::{self, CountBy, ResponseState};
use super::super::writer::{NewResponse, Outcome};
use super::super::{DOUBLED, Store};
use super::{World, on_each_database};

fn link(world: &World, id: u128, of: Option<u128>, valid: bool) -> NewResponse {
    let mut new = world.response(id);
    new.supersedes = of.map(Uuid::from_u128);
    if !valid {
        new.state = ResponseState::Invalid;
        new.reasons = vec![(String::new(), "psu-unknown".into())];
    }
    new
}

fn stored(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Stored(_))
}

fn counted(world: &World) -> Vec<u8> {
    world.scan(world.high_water()).0
}

fn bodies(store: &Store, world: &World, ids: impl IntoIterator<Item = u128>) -> Vec<bool> {
    let has = |id| {
        let seq = world.find(id).unwrap().receipt.seq;
        let texts = store.read(|db| responses::free_texts_of(db, seq)).unwrap();
        store.read(|db| responses::submission(db, seq)).unwrap().is_some() || !texts.is_empty()
    };
    ids.into_iter().map(has).collect()
}

#[test]
fn a_chain_with_an_invalid_link_counts_one_person() {
    on_each_database(|url| {
        let world = World::new(url);
        assert!(stored(&world.put(link(&world, 1, None, true)).unwrap()));
        assert!(stored(&world.put(link(&world, 2, Some(1), false)).unwrap()));
        assert_eq!(counted(&world), [1], "an invalid correction leaves what is there in force");
        assert!(stored(&world.put(link(&world, 3, Some(2), true)).unwrap()));
        assert_eq!(counted(&world), [3]);
        // The same, however long, and where the chain forks at what is invalid.
        for id in 4..=8 {
            assert!(stored(&world.put(link(&world, id, Some(id - 1), false)).unwrap()));
        }
        assert_eq!(counted(&world), [3]);
        assert!(stored(&world.put(link(&world, 9, Some(5), true)).unwrap()));
        assert_eq!(counted(&world), [9]);
        assert_eq!(world.put(link(&world, 10, Some(8), true)), Ok(Outcome::SupersededMissing), "a newer one took its place");
    });
}

#[test]
fn corrections_that_stand_before_what_they_correct_are_stored_in_one_batch() {
    on_each_database(|url| {
        let world = World::new(url);
        let batch =
            [link(&world, 3, Some(2), true), link(&world, 2, Some(1), true), link(&world, 1, None, true), link(&world, 4, Some(9), true)];
        let outcomes = world.store.read(|db| super::super::ingest::store_batch(db, &batch.iter().collect::<Vec<_>>())).unwrap();
        assert_eq!(outcomes.iter().map(stored).collect::<Vec<_>>(), [true, true, true, false]);
        assert_eq!(counted(&world), [3]);
    });
}

#[test]
fn a_withdrawal_takes_back_the_whole_chain_whichever_link_it_names() {
    on_each_database(|url| {
        let world = World::new(url);
        for (first, named) in [(1, 3), (11, 11), (21, 22)] {
            world.put(link(&world, first, None, true)).unwrap();
            world.put(link(&world, first + 1, Some(first), false)).unwrap();
            world.put(link(&world, first + 2, Some(first + 1), true)).unwrap();
            assert_eq!(bodies(&world.store, &world, first..first + 3), [true; 3]);
            let withdrawn = world.store.read(|db| responses::withdraw(db, Uuid::from_u128(named), "lan", "asked", 9)).unwrap();
            assert!(withdrawn);
            assert_eq!(bodies(&world.store, &world, first..first + 3), [false; 3], "{named}");
            let again = world.store.read(|db| responses::withdraw(db, Uuid::from_u128(first + 1), "lan", "asked", 9)).unwrap();
            assert!(!again);
            for id in first..first + 3 {
                assert!(world.find(id).unwrap().withdrawn_at.is_some());
                assert_eq!(world.put(link(&world, 100 + id, Some(id), true)), Ok(Outcome::SupersededMissing));
            }
        }
        assert!(counted(&world).is_empty());
    });
}

#[test]
fn excluding_what_counts_brings_nobody_back() {
    on_each_database(|url| {
        let world = World::new(url);
        let exclude = |id| world.store.read(|db| responses::exclude(db, Uuid::from_u128(id), "lan", "made up", 5)).unwrap();
        world.put(link(&world, 1, None, true)).unwrap();
        world.put(link(&world, 2, Some(1), false)).unwrap();
        assert!(exclude(2));
        assert_eq!(counted(&world), [1], "an invalid correction that is excluded takes nothing with it");
        world.put(link(&world, 3, Some(1), false)).unwrap();
        assert!(exclude(1));
        assert!(!exclude(1));
        assert_eq!(world.put(link(&world, 4, Some(3), true)), Ok(Outcome::SupersededMissing));
        assert!(counted(&world).is_empty());
        assert_eq!(bodies(&world.store, &world, 1..=3), [true; 3], "an exclusion erases nothing");
    });
}

fn listed(world: &World, id: u128, respondent: &str, of: Option<u128>) -> NewResponse {
    NewResponse { respondent: Some(respondent.into()), ..link(world, id, of, true) }
}

#[test]
fn of_two_answers_of_a_listed_respondent_the_first_counts_until_a_correction_says_otherwise() {
    on_each_database(|url| {
        let world = World::new(url);
        let doubled = || -> i64 {
            let counts = world.store.read(|db| responses::count(db, world.wave, CountBy::Psu)).unwrap();
            counts.iter().filter(|count| count.doubled && !count.ended).map(|count| count.n).sum()
        };
        for (base, corrected) in [(10, 11), (20, 22)] {
            let name = format!("r{base}");
            assert!(stored(&world.put(listed(&world, base + 1, &name, None)).unwrap()));
            let Outcome::Doubled(Some(receipt)) = world.put(listed(&world, base + 2, &name, None)).unwrap() else { panic!() };
            assert_eq!(receipt.state, ResponseState::Invalid);
            let (_, findings) = world.store.read(|db| responses::submission(db, receipt.seq)).unwrap().unwrap();
            assert!(findings.unwrap().contains(DOUBLED));
            assert_eq!(doubled(), 1);
            let strict = NewResponse { strict: true, ..listed(&world, base + 3, &name, None) };
            assert_eq!(world.put(strict), Ok(Outcome::Doubled(None)));
            assert!(stored(&world.put(link(&world, base + 5, Some(corrected), true)).unwrap()));
            assert_eq!(doubled(), 0);
            // The correction is of the same respondent though it does not say so.
            assert!(matches!(world.put(listed(&world, base + 6, &name, None)), Ok(Outcome::Doubled(Some(_)))));
            world.store.read(|db| responses::exclude(db, Uuid::from_u128(base + 6), "lan", "seen", 5)).unwrap();
        }
        assert_eq!(counted(&world), [15, 25]);
    });
}

#[test]
fn second_answers_are_found_in_one_batch_and_an_invalid_first_one_leaves_room() {
    on_each_database(|url| {
        let world = World::new(url);
        let mut unplaced = listed(&world, 3, "s", None);
        (unplaced.state, unplaced.reasons) = (ResponseState::Invalid, vec![(String::new(), "psu-other".into())]);
        let batch = [
            listed(&world, 1, "r", None),
            listed(&world, 2, "r", None),
            unplaced,
            listed(&world, 4, "s", None),
            listed(&world, 5, "t", None),
        ];
        let outcomes = world.store.read(|db| super::super::ingest::store_batch(db, &batch.iter().collect::<Vec<_>>())).unwrap();
        assert!(matches!(outcomes[1], Outcome::Doubled(Some(_))), "{outcomes:?}");
        let mut now = counted(&world);
        now.sort_unstable();
        assert_eq!(now, [1, 4, 5]);
        // Whoever mends the one that had no place speaks for the same person.
        assert!(stored(&world.put(listed(&world, 6, "s", Some(3))).unwrap()));
        let mut now = counted(&world);
        now.sort_unstable();
        assert_eq!(now, [1, 5, 6]);
    });
}

#[test]
fn a_correction_that_moves_an_answer_to_another_line_ends_no_one_elses() {
    on_each_database(|url| {
        let world = World::new(url);
        world.put(listed(&world, 1, "r", None)).unwrap();
        world.put(listed(&world, 2, "s", None)).unwrap();
        assert!(matches!(world.put(listed(&world, 3, "s", Some(1))), Ok(Outcome::Doubled(Some(_)))));
        assert_eq!(counted(&world), [1, 2]);
        assert!(stored(&world.put(listed(&world, 4, "t", Some(1))).unwrap()));
        assert!(stored(&world.put(listed(&world, 5, "r", None)).unwrap()), "the line that the answer left is free");
        assert_eq!(counted(&world), [2, 4, 5]);
    });
}

#[test]
fn a_run_tells_the_same_of_what_it_left_out_after_a_withdrawal() {
    on_each_database(|url| {
        let world = World::new(url);
        world.put(link(&world, 1, None, true)).unwrap();
        world.put(link(&world, 2, None, false)).unwrap();
        let partly = NewResponse { reasons: vec![("Q1".into(), "unknown-option".into())], ..link(&world, 3, None, true) };
        world.put(partly).unwrap();
        let late = NewResponse { state: ResponseState::Quarantined, ..link(&world, 4, None, true) };
        world.put(late).unwrap();
        let at = world.high_water();
        let told = |world: &World| world.store.read(|db| super::super::scan::not_counted(db, world.wave, at)).unwrap();
        let before = told(&world);
        assert_eq!((before.invalid, before.quarantined), (1, 1));
        assert_eq!(before.reasons, [("psu-unknown".to_owned(), 1)]);
        assert_eq!(before.items, [("Q1".to_owned(), "unknown-option".to_owned(), 1)]);
        world.store.read(|db| responses::withdraw(db, Uuid::from_u128(2), "lan", "asked", 9)).unwrap();
        assert_eq!(told(&world), before);
    });
}

/// What happens to a wave.
#[derive(Debug, Clone)]
enum Act {
    /// A new person.
    New {
        valid: bool,
    },
    /// A correction of what arrived as the `of`th.
    Correct {
        of: usize,
        valid: bool,
    },
    Withdraw {
        of: usize,
    },
    Exclude {
        of: usize,
    },
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let of = || 0..8_usize;
    let act = prop_oneof![
        2 => any::<bool>().prop_map(|valid| Act::New { valid }),
        6 => (of(), any::<bool>()).prop_map(|(of, valid)| Act::Correct { of, valid }),
        1 => of().prop_map(|of| Act::Withdraw { of }),
        1 => of().prop_map(|of| Act::Exclude { of }),
    ];
    proptest::collection::vec(act, 1..25)
}

/// The reference: a person is a list of records that stand or do not.
#[derive(Debug, Default)]
struct Model {
    /// The person, validity and standing of each record, in the order of arrival; `None`: it was refused.
    records: Vec<Option<(usize, bool, bool)>>,
    persons: usize,
}

impl Model {
    fn end_all(&mut self, person: usize) {
        for record in self.records.iter_mut().flatten().filter(|record| record.0 == person) {
            record.2 = false;
        }
    }

    fn does(&mut self, act: &Act) {
        let at = |of: usize| self.records.get(of).copied().flatten();
        match *act {
            Act::New { valid } => {
                self.records.push(Some((self.persons, valid, true)));
                self.persons += 1;
            }
            Act::Correct { of, valid } => match at(of) {
                Some((person, _, true)) => {
                    if valid {
                        self.end_all(person);
                    }
                    self.records.push(Some((person, valid, true)));
                }
                _ => self.records.push(None),
            },
            Act::Withdraw { of } => {
                if let Some((person, ..)) = at(of) {
                    self.end_all(person);
                }
            }
            Act::Exclude { of } => match at(of) {
                Some((person, true, true)) => self.end_all(person),
                Some((person, valid, _)) => self.records[of] = Some((person, valid, false)),
                None => {}
            },
        }
    }

    fn counted(&self) -> Vec<u8> {
        let counts = |(place, record): (usize, &Option<(usize, bool, bool)>)| {
            record.filter(|record| record.1 && record.2).map(|_| u8::try_from(place + 1).unwrap())
        };
        self.records.iter().enumerate().filter_map(counts).collect()
    }
}

#[test]
fn random_chains_come_to_what_the_model_says() {
    on_each_database(|url| {
        let world = World::new(url);
        let mut runner =
            proptest::test_runner::TestRunner::new(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() });
        let case = std::cell::Cell::new(0_u128);
        runner
            .run(&acts(), |acts| {
                case.set(case.get() + 1);
                let base = case.get() << 32;
                let after = world.high_water().seq;
                let mut model = Model::default();
                for act in &acts {
                    let place = model.records.len();
                    let id = |place: usize| base + place as u128 + 1;
                    let make = |of: Option<u128>, valid| {
                        let mut new = link(&world, 1, of, valid);
                        new.id = Uuid::from_u128(id(place));
                        new.answers = vec![u8::try_from(place + 1).unwrap()];
                        new
                    };
                    model.does(act);
                    match *act {
                        Act::New { valid } => drop(world.put(make(None, valid)).unwrap()),
                        Act::Correct { of, valid } => {
                            let outcome = world.put(make(Some(id(of)), valid)).unwrap();
                            prop_assert_eq!(stored(&outcome), model.records[place].is_some());
                        }
                        Act::Withdraw { of } => {
                            drop(world.store.read(|db| responses::withdraw(db, Uuid::from_u128(id(of)), "lan", "x", 1)));
                        }
                        Act::Exclude { of } => drop(world.store.read(|db| responses::exclude(db, Uuid::from_u128(id(of)), "lan", "x", 1))),
                    }
                }
                let mut seen = Vec::new();
                let at = world.high_water();
                world
                    .store
                    .read(|db| {
                        super::super::scan::scan_responses(db, world.wave, at, |row| {
                            if row.seq > after {
                                seen.push(row.answers[0]);
                            }
                            std::ops::ControlFlow::Continue(())
                        })
                    })
                    .unwrap();
                prop_assert_eq!(&seen, &model.counted());
                Ok(())
            })
            .unwrap();
    });
}
