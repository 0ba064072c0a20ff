//! How long it takes to ask a composite index how far it can be trusted.
//!
//! `cargo bench --bench composite -- [coinr] [asem] [communes] [uncertainty]`:
//! - `coinr`: the example of the R package `COINr`, and that package on the same choices in the same run;
//! - `asem`: 51 units, 49 indicators in 8 pillars and 2 sub-indices, as the ASEM portal has them; 10,000 Monte Carlo replicates
//!   over weights, imputation, outliers, normalisation, aggregation and dropped indicators, and a Sobol design of 512 rows;
//! - `communes`: 3,321 units, 100 indicators in 10 pillars, 1,000 replicates over the same factors;
//! - `uncertainty`: both, with standard errors on two in five indicators and goalposts that the data set, by 1,000 replicates of the whole pipeline.
//!
//! The values are made by a rule; one indicator in ten has a long tail, and one value in fifty is missing.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::panic)] // a measurement that goes wrong should stop
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod asem;
#[path = "../common/mod.rs"]
mod common;

use std::time::Instant;

use common::{mix, normal, uniform};
use hailong::composite::sensitivity::{Variations, monte_carlo, sobol};
use hailong::composite::uncertainty::{Errors, Method, Options, propagate};
use hailong::composite::{Observation, Table, compute};
use hailong::schema::composite::{CompositeDefinition, FactorSet, parse_composite, parse_factors};
use hailong::words::encode::hex;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const EDITION: &str = "2024";
const REPETITIONS: usize = 3;

/// How large an index is.
struct Size {
    name: &'static str,
    units: u64,
    /// The indicators of each pillar.
    pillars: &'static [u64],
    /// How many pillars the first sub-index has.
    first: usize,
    replicates: u32,
    sobol: u32,
}

const ASEM: Size = Size { name: "asem", units: 51, pillars: &[8, 6, 3, 6, 7, 5, 9, 5], first: 5, replicates: 10_000, sobol: 512 };
const COMMUNES: Size = Size { name: "communes", units: 3321, pillars: &[10; 10], first: 5, replicates: 1000, sobol: 0 };

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let asked = |word: &str| words.is_empty() || words.iter().any(|known| known == word);
    common::machine();
    println!("best of {REPETITIONS}; wall and processor time in seconds");
    if asked("coinr") {
        asem::run();
    }
    for size in [ASEM, COMMUNES] {
        let (definition, table) = (definition(&size), table(&size));
        if asked(size.name) {
            sensitivity(&size, &definition, &table);
        }
        if asked("uncertainty") {
            uncertainty(&size, &definition, &table);
        }
    }
}

fn sensitivity(size: &Size, definition: &CompositeDefinition, table: &Table) {
    let factors = factors(size, definition);
    measure(&format!("{}, {} replicates", size.name, size.replicates), || {
        // With everything that is computed once.
        monte_carlo(&Variations::new(definition, &factors, table, EDITION).unwrap(), 7).unwrap()
    });
    if let Some(plan) = factors.sobol() {
        let runs = plan.base * (u32::try_from(factors.factors().len()).unwrap() + 2);
        measure(&format!("{}, Sobol, {runs} evaluations, {} bootstraps", size.name, plan.bootstrap), || {
            sobol(&Variations::new(definition, &factors, table, EDITION).unwrap(), plan, 7).unwrap()
        });
    }
}

fn uncertainty(size: &Size, definition: &CompositeDefinition, table: &Table) {
    let outcome = compute(definition, table).unwrap();
    let errors = Errors::of(definition, table);
    let options = Options { level: 0.95, method: None, replicates: 1000, seed: 7 };
    measure(&format!("{}, {} values with errors, {} replicates", size.name, errors.len(), options.replicates), || {
        let found = propagate(definition, table, &outcome, &errors, EDITION, &options).unwrap();
        assert_eq!(found.method, Method::Replicates);
        found
    });
}

/// Runs something a few times and prints the least time, with a digest of what came out.
fn measure<T: Serialize>(name: &str, run: impl Fn() -> T) {
    let (mut wall, mut cpu, mut digest) = (f64::INFINITY, f64::INFINITY, String::new());
    for _ in 0..REPETITIONS {
        let (start, before) = (Instant::now(), common::cpu_seconds());
        let found = run();
        wall = wall.min(start.elapsed().as_secs_f64());
        cpu = cpu.min(common::cpu_seconds() - before);
        digest = hex(&Sha256::digest(serde_json::to_vec(&found).unwrap()));
    }
    println!("{name:<64} {wall:>8.2} {cpu:>8.2}  {}", &digest[..12]);
}

fn definition(size: &Size) -> CompositeDefinition {
    let text = |text: &str| json!({"vi": text, "en": text});
    let mut number = 0;
    let pillars: Vec<Value> = size
        .pillars
        .iter()
        .enumerate()
        .map(|(pillar, count)| {
            let leaves: Vec<Value> = (0..*count)
                .map(|_| {
                    number += 1;
                    let direction = if number % 4 == 0 { "lower" } else { "higher" };
                    json!({"code": format!("i{number}"), "label": text("x"), "weight": 1, "indicator": {"direction": direction}})
                })
                .collect();
            json!({"code": format!("P{pillar}"), "label": text("x"), "weight": 1, "children": leaves})
        })
        .collect();
    let (first, second) = pillars.split_at(size.first);
    let value = json!({
        "kind": "composite", "code": size.name, "edition": EDITION, "title": text("x"),
        "pipeline": [
            {"stage": "impute", "method": "centre", "of": "mean"},
            {"stage": "treat", "winsorise": 5},
            {"stage": "normalise", "method": "min_max", "scale": [1, 100]},
            {"stage": "aggregate", "method": "arithmetic"}
        ],
        "tree": {"code": "ALL", "label": text("x"), "children": [
            {"code": "S1", "label": text("x"), "weight": 0.5, "children": first},
            {"code": "S2", "label": text("x"), "weight": 0.5, "children": second},
        ]},
    });
    parse_composite(&value.to_string()).unwrap_or_else(|findings| panic!("{findings:#?}")).definition
}

fn factors(size: &Size, definition: &CompositeDefinition) -> FactorSet {
    let mut value = json!({"kind": "sensitivity", "replicates": size.replicates, "factors": [
        {"code": "weights", "kind": "weight_noise", "noise": [{"amount": 0.25}]},
        {"code": "gaps", "kind": "stage", "stage": "impute", "alternatives": [{"stage": "impute", "method": "centre", "of": "median"}]},
        {"code": "outliers", "kind": "stage", "stage": "treat", "alternatives": [null]},
        {"code": "scale", "kind": "stage", "stage": "normalise", "alternatives": [
            {"stage": "normalise", "method": "z_score", "mean": 100, "sd": 4},
            {"stage": "normalise", "method": "rank"}
        ]},
        {"code": "mean", "kind": "stage", "stage": "aggregate", "alternatives": [{"stage": "aggregate", "method": "geometric"}]},
        {"code": "without", "kind": "drop"}
    ]});
    if size.sobol > 0 {
        value["sobol"] = json!({"base": size.sobol});
    }
    parse_factors(&value.to_string(), definition).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

fn table(size: &Size) -> Table {
    let indicators: u64 = size.pillars.iter().sum();
    let mut table = Table::default();
    for unit in 0..size.units {
        let quality = normal(mix(unit) ^ 1);
        for indicator in 1..=indicators {
            let place = unit * 1000 + indicator;
            let sign = if indicator % 4 == 0 { -1.0 } else { 1.0 };
            let value = 50.0 + 10.0 * sign * (0.6 * quality + 0.8 * normal(place));
            let value = if indicator % 10 == 0 { (value / 12.0).exp() } else { value };
            let survey = indicator % 5 < 2 && indicator % 10 != 0;
            let observation = Observation {
                value: (uniform(place ^ 0x55) > 0.02).then_some(value),
                standard_error: survey.then_some(1.5),
                ..Observation::default()
            };
            table.insert(EDITION, &format!("u{unit:04}"), &format!("i{indicator}"), observation);
        }
    }
    table
}
