//! From columns in memory to every figure of an index with its standard error.
//!
//! `cargo bench --bench scoring -- [1m] [10m] [shuffled]`: so many respondents, 25 items, 63 provinces, 189 strata,
//! 16,632 PSUs, 1,260 agencies that cross PSUs, 5 % of the answers missing, unequal weights. Rows stand in the order of
//! their PSUs, or with `shuffled` in none.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::panic)] // a measurement that goes wrong should stop
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]

mod common;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Mutex;
use std::time::Instant;

use chrono::NaiveDate;
use common::{median, mix, normal, uniform};
use hailong::frame::{Frame, Strata, Stratum};
use hailong::index::{Plan, Score, compute};
use hailong::unit::{Registry, UnitKind, UnitRecord};
use hailong::words::encode::hex;
use rayon::prelude::*;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const ITEMS: u64 = 25;
const PROVINCES: u32 = 63;
const STRATA: u32 = 3 * PROVINCES;
const PSUS: u32 = 88 * STRATA;
const AGENCIES: u32 = 20;
const REPETITIONS: usize = 5;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let has = |word: &str| words.iter().any(|w| w == word);
    let sizes: Vec<usize> = [("1m", 1_000_000), ("10m", 10_000_000)].into_iter().filter(|(name, _)| has(name)).map(|(_, n)| n).collect();
    let sizes = if sizes.is_empty() { vec![1_000_000] } else { sizes };
    common::machine();
    println!("{REPETITIONS} repetitions, medians in milliseconds; tally: rows to sums; estimates: sums to figures; CPU: of all threads");
    println!(
        "{:>10}  {:<26} {:>7} {:>9} {:>7} {:>7} {:>7} {:>9} {:>6}  digest",
        "rows", "domains", "tally", "estimates", "total", "CPU", "MB read", "one read", "ratio"
    );
    for rows in sizes {
        let frame = frame(rows, has("shuffled"));
        let (bytes, read) = plain_read(&frame);
        // The same 1,260 domains twice: as agencies, which are ranked with intervals, and as agencies by province, which are not.
        let unranked = json!({ "kind": "unit_by_level", "level": "province" });
        for (name, agencies) in [("provinces + agencies", unranked), ("the same, agencies ranked", json!({ "kind": "unit" }))] {
            let plan = plan(&json!([{ "kind": "level", "level": "province" }, agencies]));
            let (mut tally, mut total, mut cpu, mut digest) = (Vec::new(), Vec::new(), Vec::new(), String::new());
            for _ in 0..REPETITIONS {
                let frame = frame.clone();
                let before = common::cpu_seconds();
                let (t, all, scores) = measure(&plan, frame);
                cpu.push((common::cpu_seconds() - before) * 1e3);
                tally.push(t);
                total.push(all);
                digest = digest_of(&scores);
            }
            let rest = median(total.iter().zip(&tally).map(|(all, t)| all - t).collect());
            let (tally, total, cpu) = (median(tally), median(total), median(cpu));
            let mb = bytes as f64 / 1e6;
            println!(
                "{rows:>10}  {name:<26} {tally:>7.0} {rest:>9.0} {total:>7.0} {cpu:>7.0} {mb:>7.0} {read:>9.1} {:>6.0}  {}",
                total / read,
                &digest[..12]
            );
        }
    }
    println!("load afterwards {}", common::load());
}

/// Milliseconds to the end of the tally and to the end of all, and what came out.
fn measure(plan: &Plan, frame: Frame) -> (f64, f64, Vec<Score>) {
    let registry = registry();
    let tallied = Mutex::new(f64::NAN);
    let started = Instant::now();
    let progress = |done: usize, _: usize| {
        if done == 1 {
            *tallied.lock().unwrap() = started.elapsed().as_secs_f64() * 1e3;
        }
        ControlFlow::Continue(())
    };
    let scores = compute(plan, frame, &registry, &progress).unwrap().scores;
    let total = started.elapsed().as_secs_f64() * 1e3;
    (tallied.into_inner().unwrap(), total, scores)
}

/// All bytes that scoring reads, and the milliseconds in which all threads together read them once, adding them up.
fn plain_read(frame: &Frame) -> (usize, f64) {
    const CHUNK: usize = 1 << 16;
    let words =
        |bytes: &[u8]| bytes.chunks_exact(8).fold(0_u64, |sum, word| sum.wrapping_add(u64::from_le_bytes(word.try_into().unwrap())));
    let columns: Vec<&[u8]> = (0..ITEMS as usize).map(|item| frame.column(item)).collect();
    let pass = || {
        let answers = columns.par_iter().flat_map(|column| column.par_chunks(CHUNK)).map(words).reduce(|| 0, u64::wrapping_add);
        let weights = frame
            .weights()
            .par_chunks(CHUNK)
            .map(|part| part.iter().fold(0_i64, |sum, w| sum.wrapping_add(*w)))
            .reduce(|| 0, i64::wrapping_add);
        let numbers = |list: &[u32]| {
            list.par_chunks(CHUNK).map(|part| part.iter().fold(0_u32, |sum, n| sum.wrapping_add(*n))).reduce(|| 0, u32::wrapping_add)
        };
        (answers, weights, numbers(frame.psus()), numbers(frame.units()))
    };
    let times = (0..REPETITIONS).map(|_| {
        let started = Instant::now();
        std::hint::black_box(pass());
        started.elapsed().as_secs_f64() * 1e3
    });
    (frame.rows() * (ITEMS as usize + 8 + 4 + 4), median(times.collect()))
}

/// The index of the open data set, cut down to the 25 means, 5 criteria and the one index made of them.
fn plan(domains: &Value) -> Plan {
    let mut definition: Value = serde_json::from_str(&common::schema_text("sipas-open/index-1.1.json")).unwrap();
    definition["tree"] = json!([definition["tree"][0]]);
    definition["domains"] = domains.clone();
    let questionnaire = common::questionnaire(&common::schema_text("sipas-open/1.1.json"));
    Plan::compile(&common::index(&definition.to_string()), &questionnaire, &BTreeMap::new()).unwrap()
}

/// Provinces have ids 1 to 63, agencies follow.
fn registry() -> Registry {
    let record = |kind, code: u32| UnitRecord {
        list: if kind == UnitKind::Agency { "agencies" } else { "provinces" }.into(),
        code: format!("{code:04}"),
        kind,
        name_vi: format!("{code}"),
        name_en: format!("{code}"),
        parent: (kind == UnitKind::Agency).then(|| ("provinces".into(), format!("{:04}", 1 + code / AGENCIES))),
        valid_from: NaiveDate::from_ymd_opt(2020, 1, 1).unwrap(),
        valid_to: None,
    };
    let provinces = (1..=PROVINCES).map(|p| (p as i32, record(UnitKind::Province, p)));
    let agencies = (0..PROVINCES * AGENCIES).map(|a| ((1 + PROVINCES + a) as i32, record(UnitKind::Agency, a)));
    Registry::new(provinces.chain(agencies).collect(), &[]).unwrap()
}

/// Made-up answers. Every figure follows from its row's number alone, so that columns can be made side by side.
fn frame(rows: usize, shuffled: bool) -> Frame {
    let salted = |salt: u64, n: u64| mix(salt) ^ n;
    let sizes: Vec<f64> = (0..u64::from(PSUS)).map(|psu| 0.7 + 0.6 * uniform(salted(1, psu))).collect();
    let whole: f64 = sizes.iter().sum();
    let mut psus: Vec<u32> = Vec::with_capacity(rows);
    let mut before = 0.0;
    for (psu, size) in (0..).zip(&sizes) {
        before += size;
        psus.resize((rows as f64 * before / whole).round() as usize, psu);
    }
    psus.resize(rows, PSUS - 1);
    let mut order: Vec<u64> = (0..rows as u64).collect();
    if shuffled {
        order.par_sort_unstable_by_key(|row| mix(salted(2, *row)));
        psus = order.par_iter().map(|row| psus[*row as usize]).collect();
    }
    // Agencies of a province are not equally busy.
    let agency = |row: u64| ((uniform(salted(3, row)).powf(1.3)) * f64::from(AGENCIES)) as u32;
    let units: Vec<u32> = order.par_iter().zip(&psus).map(|(row, psu)| psu / (PSUS / PROVINCES) * AGENCIES + agency(*row)).collect();
    let weight = |row: u64, psu: u32| 100e6 * (0.35 * normal(salted(4, u64::from(psu))) + 0.25 * normal(salted(5, row))).exp();
    let weights = order.par_iter().zip(&psus).map(|(row, psu)| weight(*row, *psu) as i64).collect();
    let base: Vec<f64> = order
        .par_iter()
        .zip(psus.par_iter().zip(&units))
        .map(|(row, (psu, unit))| {
            0.9 + 0.3 * normal(salted(6, u64::from(*psu))) + 0.3 * normal(salted(7, u64::from(*unit))) + 0.7 * normal(salted(8, *row))
        })
        .collect();
    let answer = |item: u64, row: u64, base: f64| {
        let at = salted(100 + item, row);
        let liking = base + 0.25 * normal(salted(9, item)) + 0.8 * normal(at);
        let given = 1 + [-1.0, -0.2, 0.7, 1.8].iter().map(|cut| u8::from(liking > *cut)).sum::<u8>();
        if uniform(!at) < 0.05 { 0 } else { given }
    };
    let column = |item| order.par_iter().zip(&base).map(|(row, base)| answer(item, *row, *base)).collect();
    let columns = (0..ITEMS).map(column).collect();
    let stratum = |h: u32| Stratum { name: format!("{h:03}"), sampled: 0, population: Some(100 + (mix(u64::from(h)) % 300) as i64) };
    let areas = (0..PSUS).map(|psu| Some((1 + psu / (PSUS / PROVINCES)) as i32)).collect();
    let strata = Strata::new((0..STRATA).map(stratum).collect(), (0..PSUS).map(|psu| psu / (PSUS / STRATA)).collect(), areas).unwrap();
    let unit_ids = (0..PROVINCES * AGENCIES).map(|a| (1 + PROVINCES + a) as i32).collect();
    Frame::from_columns(columns, weights, psus, units, unit_ids, strata, 1_000_000).unwrap()
}

/// The same for the same figures to the last bit.
fn digest_of(scores: &[Score]) -> String {
    let mut hash = Sha256::new();
    for score in scores {
        for number in [score.value, score.se, score.low, score.high, score.deff] {
            hash.update(number.map_or(u64::MAX, f64::to_bits).to_le_bytes());
        }
        hash.update(format!("{} {:?} {} {:?}", score.node, score.domain, score.n, score.rank_interval));
    }
    hex(&hash.finalize())
}
