//! From rows in SQLite to stored scores: the whole of a run, stage by stage.
//!
//! `cargo bench --bench recompute -- [36k] [1m]`: so many responses to SIPAS 2022 (36,525, as many as that survey had, or
//! a million), written by the store's own writer and computed by the job's own function. The database lies in `TMPDIR`.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::panic)] // a measurement that goes wrong should stop
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]

mod common;

use std::ops::ControlFlow;
use std::time::Instant;

use common::world::World;
use common::{median, mix, stages};
use hailong::jobs::load;
use hailong::schema::SlotKind;
use hailong::store::responses::ResponseState;
use hailong::store::scan;
use hailong::store::writer::{NewResponse, Outcome, WriterOptions};
use uuid::Uuid;

/// Responses handed to the writer before the first is waited for; its queue holds twice as many.
const WINDOW: u64 = 4_096;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let sizes: Vec<(u64, usize, usize)> = [("36k", (36_525, 9, 5)), ("1m", (1_000_000, 88, 3))]
        .into_iter()
        .filter(|(name, _)| words.iter().any(|word| word == name))
        .map(|(_, size)| size)
        .collect();
    let sizes = if sizes.is_empty() { vec![(36_525, 9, 5)] } else { sizes };
    common::machine();
    for (responses, psus_a_stratum, repetitions) in sizes {
        let world = World::new(psus_a_stratum);
        let started = Instant::now();
        fill(&world, responses);
        let seconds = started.elapsed().as_secs_f64();
        let megabytes =
            std::fs::read_dir(world.folder.path()).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum::<u64>() as f64 / 1e6;
        println!(
            "\n{responses} responses, {} PSUs: written in {seconds:.1} s ({:.0} a second), {megabytes:.0} MB",
            world.psus.len(),
            responses as f64 / seconds
        );
        let measured: Vec<stages::Measured> = (0..repetitions).map(|_| stages::run(&world.store, world.index, world.wave)).collect();
        assert!(measured.iter().all(|m| m.digest == measured[0].digest), "runs over the same rows differ");
        println!(
            "{} scores, digest {}; {repetitions} repetitions, medians in milliseconds",
            measured[0].scores.len(),
            &measured[0].digest[..12]
        );
        for (place, (name, _)) in measured[0].stages.iter().enumerate() {
            println!("{:>9.1}  {name}", median(measured.iter().map(|m| m.stages[place].1).collect()));
        }
        println!("{:>9.1}  in all", median(measured.iter().map(|m| m.stages.iter().map(|s| s.1).sum()).collect()));
        println!("for comparison");
        for (name, step) in comparisons(&world) {
            println!("{:>9.1}  {name}", median((0..repetitions).map(|_| timed(&step)).collect()));
        }
    }
    println!("load afterwards {}", common::load());
}

/// Something to time, with its name.
type Timed<'a> = (&'static str, Box<dyn Fn() + 'a>);

/// Parts of the first stage, alone.
fn comparisons(world: &World) -> Vec<Timed<'_>> {
    let definitions = || {
        let mut db = world.store.db().unwrap();
        let units = load::registry(&mut db).unwrap();
        std::hint::black_box(load::wave(&mut db, "sipas-2022", None, &units).unwrap());
    };
    let bare = || {
        let mut db = world.store.db().unwrap();
        let at = scan::high_water(&mut db, world.wave).unwrap();
        let mut bytes = 0;
        let visit = |row: scan::RowRef<'_>| {
            bytes += row.answers.len();
            ControlFlow::Continue(())
        };
        scan::scan_responses(&mut db, world.wave, at, visit).unwrap();
        std::hint::black_box(bytes);
    };
    let count = || {
        let mut db = world.store.db().unwrap();
        let at = scan::high_water(&mut db, world.wave).unwrap();
        std::hint::black_box(scan::count_responses(&mut db, world.wave, at).unwrap());
    };
    vec![("units and design alone", Box::new(definitions)), ("rows counted", Box::new(count)), ("rows read and dropped", Box::new(bare))]
}

fn timed(step: &dyn Fn()) -> f64 {
    let started = Instant::now();
    step();
    started.elapsed().as_secs_f64() * 1e3
}

/// Stores that many responses.
fn fill(world: &World, responses: u64) {
    let writer = world.store.start_writer(WriterOptions::default()).unwrap();
    for first in (0..responses).step_by(WINDOW as usize) {
        let pending: Vec<_> = (first..responses.min(first + WINDOW)).map(|n| writer.submit(response(world, n)).unwrap()).collect();
        for answer in pending {
            assert!(matches!(answer.blocking_recv().unwrap(), Ok(Outcome::Stored(_))));
        }
    }
    writer.shutdown();
}

fn response(world: &World, n: u64) -> NewResponse {
    let (psu, agency) = world.place(n);
    let mut answers = world.layout.blank();
    for (item, slot) in world.layout.slots().iter().enumerate() {
        if let SlotKind::Option(options) = slot.kind() {
            match World::answer(n, item, options) {
                0 => {}
                option => slot.add_option(&mut answers, option),
            }
        }
    }
    NewResponse {
        id: Uuid::from_u64_pair(mix(n), mix(!n)),
        wave_id: world.wave,
        version_id: world.version,
        unit_id: world.agencies[agency].0,
        psu_id: psu as i32 + 1,
        weight_u: world.psus[psu].1,
        channel: 5,
        device_key_id: None,
        started_at: None,
        answered_at: Some(1_660_000_000_000_000),
        received_at: 1_660_000_000_000_000 + n as i64,
        state: ResponseState::Valid,
        body: vec![b' '; 1_024], // as long as a submission is
        body_sha256: [0; 32],
        receipt_hash: None,
        answers,
        texts: Vec::new(),
        findings: None,
        reasons: Vec::new(),
        respondent: None,
        strict: false,
        supersedes: None,
        invitation: None,
        corrector: hailong::store::writer::Corrector::default(),
        imported: false,
        actor: "bench".into(),
    }
}
