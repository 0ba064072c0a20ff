//! What the intervals are worth: samples drawn again and again from a population whose true figures are known.
//!
//! `cargo run --release --example coverage -- [--replicates N] [--seed S] [--only STUDY]`: a population of one million people in
//! 63 provinces, districts and villages; samples of about 36,000 respondents as SIPAS draws them; every figure by the library as
//! runs use it. Prints Markdown tables of how often 95 % intervals hold the truth, each with its Monte Carlo standard error. The
//! same seed prints the same tables, on any number of threads.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr, clippy::panic)] // a simulation that goes wrong should stop
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]
#![allow(missing_docs)] // nobody imports it

mod calibrated;
mod changes;
mod count;
mod definition;
mod draw;
mod population;
mod rankings;
mod resampling;
mod scores;
mod shares;
mod truth;

use std::time::Instant;

use population::Population;
use truth::Truth;

/// What is asked for on the command line.
struct Settings {
    replicates: u64,
    seed: u64,
    only: Option<String>,
}

/// The population in two years, and its true figures.
struct World {
    now: Population,
    later: Population,
    truth_now: Truth,
    truth_later: Truth,
}

type Study = (&'static str, fn(&World, &Settings));

/// In the order of the tables.
const STUDIES: [Study; 6] = [
    ("scores", scores::study),
    ("shares", shares::study),
    ("changes", changes::study),
    ("rankings", rankings::study),
    ("resampling", resampling::study),
    ("calibrated", calibrated::study),
];

fn main() {
    let settings = settings();
    let now = Population::new(settings.seed, population::APART);
    let later = now.a_year_later(settings.seed);
    let (truth_now, truth_later) = (Truth::of(&now), Truth::of(&later));
    let world = World { now, later, truth_now, truth_later };
    println!("{} replicates, seed {}. {}\n", settings.replicates, settings.seed, described(&world));
    for (name, study) in STUDIES {
        if settings.only.as_deref().is_none_or(|only| only == name) {
            let started = Instant::now();
            study(&world, &settings);
            eprintln!("{name}: {:.0} s", started.elapsed().as_secs_f64());
        }
    }
}

fn settings() -> Settings {
    let mut settings = Settings { replicates: 1000, seed: 1, only: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next();
        match (word.as_str(), value) {
            // One sample has no spread.
            ("--replicates", Some(value)) => settings.replicates = value.parse::<u64>().unwrap().max(2),
            ("--seed", Some(value)) => settings.seed = value.parse().unwrap(),
            ("--only", Some(value)) if STUDIES.iter().any(|(name, _)| *name == value) => settings.only = Some(value),
            _ => panic!("usage: coverage [--replicates N] [--seed S] [--only {}]", STUDIES.map(|(name, _)| name).join("|")),
        }
    }
    settings
}

fn described(world: &World) -> String {
    let Population { persons, districts, villages, .. } = &world.now;
    format!("{} people in 63 provinces, {} districts, {} villages.", persons.len(), districts.len(), villages.len())
}
