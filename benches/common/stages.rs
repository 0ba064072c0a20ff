//! A run by the job's own functions, timed stage by stage.

use std::ops::ControlFlow;
use std::sync::Mutex;
use std::time::Instant;

use hailong::index::Score;
use hailong::jobs::recompute::{Stage, recompute, rows};
use hailong::store::Store;
use hailong::store::jobs::NewJob;
use hailong::store::runs::{self, NewRun};
use hailong::words::encode::hex;
use uuid::Uuid;

/// What a run took, stage by stage, in milliseconds, and what it came to.
pub struct Measured {
    pub stages: Vec<(&'static str, f64)>,
    pub digest: String,
    pub scores: Vec<Score>,
}

/// Makes a run of the index over the wave, computes it and stores its scores.
pub fn run(store: &Store, index: i32, wave: i32) -> Measured {
    let id = Uuid::now_v7();
    let new = NewRun {
        as_of: None,
        id,
        index_version_id: index,
        wave_id: Some(wave),
        preview: false,
        parameters: "{}".into(),
        seed: 1,
        threads: None,
        since: None,
        created_by: "bench".into(),
        created_at: 1,
    };
    let job = NewJob { id, kind: "run".into(), payload: "{}".into(), created_at: 1 };
    store.read(|db| runs::create(db, &new, &job)).unwrap();
    let run = store.read(|db| runs::start(db, id, 2)).unwrap();
    let marks: Mutex<Vec<(Stage, Instant)>> = Mutex::default();
    let report = |stage: Stage, _: usize, _: usize| {
        marks.lock().unwrap().push((stage, Instant::now()));
        ControlFlow::Continue(())
    };
    let started = Instant::now();
    let outcome = recompute(&mut store.db().unwrap(), &run, &report).unwrap();
    let computed = Instant::now();
    let manifest = serde_json::to_string(&outcome.manifest).unwrap();
    store
        .read(|db| {
            let scores = rows(&outcome.scores, &outcome.settled);
            let (disclosure, standing) = outcome.disclosure();
            runs::finish(
                db,
                id,
                &runs::Results {
                    digest: &outcome.digest,
                    manifest: &manifest,
                    figures: runs::Figures::Survey { scores: &scores, changes: &[], disclosure: &disclosure, standing: &standing },
                },
                3,
            )
        })
        .unwrap();
    let stored = Instant::now();
    let marks = marks.into_inner().unwrap();
    let of = |stage: Stage| marks.iter().filter(move |mark| mark.0 == stage).map(|mark| mark.1);
    let read = of(Stage::Reading).next_back().unwrap();
    let (tallied, estimated) = (of(Stage::Computing).next().unwrap(), of(Stage::Computing).next_back().unwrap());
    let ends = [
        ("definitions, units, design; rows from the database", read),
        ("columns and the first tally", tallied),
        ("estimates, ranks, further tallies", estimated),
        ("small counts hidden, digest", computed),
        ("scores to the database", stored),
    ];
    let mut before = started;
    let stages = ends.map(|(name, end)| (name, (end - std::mem::replace(&mut before, end)).as_secs_f64() * 1e3));
    Measured { stages: stages.to_vec(), digest: hex(&outcome.digest), scores: outcome.scores }
}
