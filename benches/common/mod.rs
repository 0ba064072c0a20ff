//! What the measurements share: the machine's facts, medians, numbers that only look random.

#![allow(dead_code)] // each measurement uses a part of it

pub mod stages;
pub mod world;

use std::fs;
use std::path::PathBuf;

use hailong::schema::{Document, IndexDefinition, Questionnaire};

/// Prints what the figures below depend on: processor, cores, load, build.
pub fn machine() {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")).map_or("unknown", |m| m.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let build = if cfg!(debug_assertions) { "DEBUG BUILD: the figures mean nothing" } else { "optimised build" };
    println!("{cores} cores, {model}, load {}, {build}", load());
}

/// The load average of the last minute. Well above zero before a measurement begins, it says that others were at work.
pub fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split_whitespace().next().unwrap_or("unknown").to_owned()
}

/// Processor time of this process until now, over all its threads, in seconds: what busy neighbours disturb least.
pub fn cpu_seconds() -> f64 {
    const TICKS: f64 = 100.0; // a second, on Linux
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / TICKS
}

/// The middle of several measurements.
pub fn median(mut measured: Vec<f64>) -> f64 {
    measured.sort_by(f64::total_cmp);
    measured.get(measured.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A well-mixed number for each number (the finaliser of `SplitMix64`, Steele, Lea and Flood 2014).
pub fn mix(n: u64) -> u64 {
    let n = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// From 0 up to 1.
pub fn uniform(n: u64) -> f64 {
    (mix(n) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Near enough a normal deviate: four uniform ones added up.
pub fn normal(n: u64) -> f64 {
    let bits = mix(n);
    let sum: f64 = (0..4).map(|part| f64::from((bits >> (16 * part)) as u16)).sum();
    (sum / 65_536.0 - 2.0) * 3.0_f64.sqrt()
}

/// A file of `survey-schemas`.
pub fn schema_text(file: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("survey-schemas").join(file);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

pub fn questionnaire(text: &str) -> Questionnaire {
    match hailong::schema::parse(text).unwrap().document {
        Document::Questionnaire(questionnaire) => questionnaire,
        Document::Index(_) | Document::Composite(_) => panic!("an index where a questionnaire belongs"),
    }
}

pub fn index(text: &str) -> IndexDefinition {
    match hailong::schema::parse(text).unwrap().document {
        Document::Index(index) => index,
        Document::Questionnaire(_) | Document::Composite(_) => panic!("a questionnaire where an index belongs"),
    }
}
