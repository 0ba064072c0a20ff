use std::collections::HashSet;

use uuid::Uuid;

use super::super::jobs::{self, Ending, JobState, Progress};
use super::super::{StoreError, audit};
use super::{World, new_job, on_each_database, open};

const PROGRESS: Progress<'_> = Progress { stage: "scan", done: 3, total: 9 };

#[test]
fn each_job_goes_to_one_worker() {
    on_each_database(|url| {
        let store = open(url);
        for n in 1..=40 {
            store.read(|db| jobs::enqueue(db, &new_job(n, 1))).unwrap();
        }
        let claimed: Vec<Uuid> = std::thread::scope(|s| {
            let worker = || {
                let mut mine = Vec::new();
                while let Some(job) = store.read(|db| jobs::claim(db, 100)).unwrap() {
                    mine.push(job.id);
                }
                mine
            };
            let workers = [s.spawn(worker), s.spawn(worker), s.spawn(worker)];
            workers.into_iter().flat_map(|w| w.join().unwrap()).collect()
        });
        assert_eq!(claimed.len(), 40);
        assert_eq!(claimed.iter().collect::<HashSet<_>>().len(), 40);
    });
}

#[test]
fn a_worker_whose_lease_ran_out_is_refused() {
    on_each_database(|url| {
        let store = open(url);
        let mut db = store.db().unwrap();
        jobs::enqueue(&mut db, &new_job(1, 1)).unwrap();
        let slow = jobs::claim(&mut db, 100).unwrap().unwrap().lease();
        assert!(!jobs::report(&mut db, slow, PROGRESS, 200).unwrap());
        assert_eq!(jobs::requeue_lapsed(&mut db, 3, 199).unwrap(), (0, 0));
        assert_eq!(jobs::requeue_lapsed(&mut db, 3, 201).unwrap(), (1, 0));
        let second = jobs::claim(&mut db, 300).unwrap().unwrap();
        assert_eq!((second.attempts, second.done), (2, 3));
        assert!(matches!(jobs::report(&mut db, slow, PROGRESS, 400), Err(StoreError::LostLease(_))));
        assert!(matches!(jobs::finish(&mut db, slow, Ending::Done, 250), Err(StoreError::LostLease(_))));
        jobs::finish(&mut db, second.lease(), Ending::Failed("no rows"), 260).unwrap();
        let ended = jobs::get(&mut db, slow.id).unwrap();
        assert_eq!((ended.state, ended.error.as_deref(), ended.lease_until), (JobState::Failed, Some("no rows"), None));
    });
}

#[test]
fn a_job_that_kills_its_worker_each_time_fails_in_the_end() {
    on_each_database(|url| {
        let store = open(url);
        let mut db = store.db().unwrap();
        jobs::enqueue(&mut db, &new_job(1, 1)).unwrap();
        for _ in 0..2 {
            jobs::claim(&mut db, 100).unwrap().unwrap();
            jobs::requeue_lapsed(&mut db, 2, 101).unwrap();
        }
        assert_eq!(jobs::claim(&mut db, 100).unwrap(), None);
        assert_eq!(jobs::list(&mut db, Some(JobState::Failed), 9).unwrap().len(), 1);
    });
}

#[test]
fn a_queued_job_ends_when_called_off_and_a_running_one_is_asked() {
    on_each_database(|url| {
        let store = open(url);
        let mut db = store.db().unwrap();
        for n in 1..=2 {
            jobs::enqueue(&mut db, &new_job(n, 1)).unwrap();
        }
        let running = jobs::claim(&mut db, 100).unwrap().unwrap();
        assert_eq!(jobs::request_cancel(&mut db, Uuid::from_u128(2), 5).unwrap().state, JobState::Cancelled);
        assert_eq!(jobs::request_cancel(&mut db, running.id, 5).unwrap().state, JobState::Running);
        assert!(jobs::report(&mut db, running.lease(), PROGRESS, 200).unwrap());
        jobs::finish(&mut db, running.lease(), Ending::Cancelled, 6).unwrap();
        assert!(matches!(jobs::request_cancel(&mut db, running.id, 7), Err(StoreError::WrongState { state: "cancelled", .. })));
        assert!(matches!(jobs::request_cancel(&mut db, Uuid::from_u128(9), 7), Err(StoreError::NotFound { .. })));
    });
}

#[test]
fn an_audit_line_goes_with_the_change_it_records() {
    on_each_database(|url| {
        let world = World::new(url);
        let line = |object| audit::NewLine { at: 1, actor: "lan", role: "publisher", action: "run.approve", object, detail: "{}" };
        let undone = world.store.write(|db| {
            audit::append(db, &line("run/1"))?;
            jobs::get(db, Uuid::from_u128(404))
        });
        assert!(matches!(undone, Err(StoreError::NotFound { .. })));
        for object in ["run/1", "run/2", "run/1"] {
            world.store.write(|db| audit::append(db, &line(object))).unwrap();
        }
        let lines = |filter: audit::Filter, limit| world.store.read(|db| audit::list(db, &filter, limit)).unwrap();
        let ids = |filter| -> Vec<String> { lines(filter, 9).into_iter().map(|line| line.object).collect() };
        let all = audit::Filter::default;
        assert_eq!(ids(all()), ["run/1", "run/2", "run/1"]);
        assert_eq!(ids(audit::Filter { object: Some("run/1".into()), ..all() }).len(), 2);
        let latest = lines(all(), 1)[0].id;
        assert_eq!(ids(audit::Filter { before: Some(latest), ..all() }), ["run/2", "run/1"]);
        for (action, actor, from, until, found) in [
            (Some("run."), None, None, None, 3),
            (Some("run.approve%"), None, None, None, 0),
            (Some("r_n."), None, None, None, 0),
            (None, Some("la"), None, None, 3),
            (None, Some("minh"), None, None, 0),
            (None, None, Some(1), Some(2), 3),
            (None, None, Some(2), None, 0),
            (None, None, None, Some(1), 0),
        ] {
            let filter = audit::Filter { action: action.map(Into::into), actor: actor.map(Into::into), from, until, ..all() };
            assert_eq!(ids(filter.clone()).len(), found, "{filter:?}");
        }
    });
}
