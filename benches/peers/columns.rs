//! From columns in memory to figures.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use hailong::index::{Plan, Score, compute};
use serde_json::json;

use crate::common::cpu_seconds;
use crate::respondents::{Respondents, plan, registry};

/// Reads the columns, computes, writes every value and standard error, and prints what each step took.
pub fn columns(folder: &Path, figures: &Path) {
    let started = Instant::now();
    let respondents = Respondents::read(folder);
    let read = started.elapsed().as_secs_f64();
    let (plan, registry) = (plan(), registry());
    let tallied = Mutex::new(0.0);
    let (started, before) = (Instant::now(), cpu_seconds());
    let progress = |done: usize, _: usize| {
        if done == 1 {
            *tallied.lock().unwrap() = started.elapsed().as_secs_f64();
        }
        ControlFlow::Continue(())
    };
    let scores = compute(&plan, respondents.frame(), &registry, &progress).unwrap().scores;
    let (computed, cpu) = (started.elapsed().as_secs_f64(), cpu_seconds() - before);
    write(&plan, &scores, figures);
    let tallied = tallied.into_inner().unwrap();
    println!("{}", json!({ "read": read, "compute": computed, "compute_cpu": cpu, "tally": tallied, "estimates": computed - tallied }));
}

/// Value and standard error of the 25 items, 5 criteria and the index, domain by domain, as doubles.
fn write(plan: &Plan, scores: &[Score], file: &Path) {
    let nodes = plan.nodes();
    let mut order: Vec<usize> = (0..nodes.len()).collect();
    order.sort_by_key(|node| std::cmp::Reverse(nodes[*node].depth)); // stable: items, criteria, index, each in its order
    let mut bytes = Vec::new();
    for domain in scores.chunks(nodes.len()) {
        for node in &order {
            for number in [domain[*node].value, domain[*node].se] {
                bytes.extend(number.unwrap_or(f64::NAN).to_le_bytes());
            }
        }
    }
    fs::write(file, bytes).unwrap();
}
