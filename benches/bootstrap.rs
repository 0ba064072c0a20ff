//! A bootstrap of every province and every agency of a national wave: 31 outputs each (25 items, 5 criteria, the index), their standard
//! errors from 1,000 replicates, next to linearisation and to one plain pass over the same sums.
//!
//! `cargo bench --bench bootstrap -- [1m]`: 36,525 respondents in 195 PSUs (districts) and in 1,701 (villages), 63 provinces, 1,260
//! agencies; with `1m` a million respondents in 16,632 PSUs as well. Each figure is the least of several runs.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::panic)] // a measurement that goes wrong should stop
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]

mod common;

use std::time::Instant;

use common::{mix, normal, uniform};
use hailong::frame::{Frame, Strata, Stratum};
use hailong::schema::{BootstrapKind, LonelyPsu, VarianceMethod};
use hailong::scoring::replicate::{DomainReplicates, Replicates, Wanted, estimates};
use hailong::scoring::{Cells, Leaf, LinearMap, Measure, Source, Tally, Task, estimate};
use hailong::words::encode::hex;
use rayon::prelude::*;
use sha2::{Digest, Sha256};

const ITEMS: usize = 25;
const INDEX: usize = 30;
const PROVINCES: u32 = 63;
const AGENCIES: u32 = 20;
const REPLICATES: u32 = 1_000;
const REPETITIONS: usize = 5;

fn main() {
    common::machine();
    println!("{REPETITIONS} repetitions, the least in milliseconds; 63 provinces and 1,260 agencies, {REPLICATES} replicates");
    println!(
        "{:>9} {:>6} {:>8}  {:>6} {:>10} {:>9} {:>8} {:>8} {:>9} {:>9}  digest",
        "rows", "PSUs", "cells", "tally", "linearised", "jackknife", "draws", "figures", "all, CPU", "one pass"
    );
    let mut sizes = vec![(36_525, 195), (36_525, 1_701)];
    if std::env::args().any(|word| word == "1m") {
        sizes.push((1_000_000, 16_632));
    }
    for (rows, psus) in sizes {
        measure(rows, psus);
    }
    println!("load afterwards {}", common::load());
}

/// The least of several runs, in milliseconds, and what the last one made.
fn least<T>(mut run: impl FnMut() -> T) -> (f64, T) {
    let mut all = (0..REPETITIONS).map(|_| {
        let started = Instant::now();
        let made = run();
        (started.elapsed().as_secs_f64() * 1e3, made)
    });
    let first = all.next().unwrap();
    all.fold(first, |best, next| (best.0.min(next.0), next.1))
}

fn measure(rows: usize, psus: u32) {
    let frame = frame(rows, psus);
    let mut codes = [None; 256];
    for code in 1..=5_u8 {
        codes[usize::from(code)] = Some(25 * (i32::from(code) - 1));
    }
    let measures: Vec<Measure> = (0..ITEMS).map(|item| Measure::new(item, codes, 1.0)).collect();
    let leaves: Vec<Leaf> = (0..ITEMS).map(|item| Leaf { parts: vec![item] }).collect();
    let (tally_ms, tally) = least(|| Tally::<i64>::take(&frame, &measures, None).unwrap());
    let province = |psu: u32| frame.strata().area_of(psu).map(|area| area as u32);
    let provinces = Cells::new(PROVINCES as usize, tally.cells().iter().map(|cell| province(cell.psu)));
    let agencies = Cells::new((PROVINCES * AGENCIES) as usize, tally.cells().iter().map(|cell| Some(cell.unit)));
    let partitions = [&provinces, &agencies];
    let task = Task {
        measures: &measures,
        leaves: &leaves,
        strata: frame.strata(),
        lonely: LonelyPsu::Certainty,
        keep: &[INDEX],
        residuals: None,
    };
    let (linearised_ms, _) = least(|| {
        let of = |cells: &&Cells| {
            (0..cells.len()).into_par_iter().map(|domain| estimate(&task, &tally, cells.of(domain), &tree).unwrap()).collect::<Vec<_>>()
        };
        partitions.iter().map(of).collect::<Vec<_>>()
    });
    let wanted = Wanted { values: true, ..Wanted::default() };
    let figures = |replicates: &Replicates, wanted: Wanted| -> Vec<DomainReplicates> {
        let of = |cells: &&Cells| estimates(&task, &tally, cells, &tree, replicates, wanted).unwrap();
        partitions.iter().flat_map(of).collect()
    };
    let jackknife = Replicates::make(VarianceMethod::Jackknife, 1, frame.strata(), LonelyPsu::Certainty).unwrap();
    let (jackknife_ms, _) = least(|| figures(&jackknife, Wanted::default()));
    let method = VarianceMethod::Bootstrap { kind: BootstrapKind::RaoWuYueBeaumont, replicates: REPLICATES };
    let before = common::cpu_seconds();
    let (draws_ms, replicates) = least(|| Replicates::make(method, 1, frame.strata(), LonelyPsu::Certainty).unwrap());
    let (figures_ms, found) = least(|| figures(&replicates, wanted));
    let cpu = (common::cpu_seconds() - before) * 1e3 / REPETITIONS as f64;
    let (pass_ms, _) = least(|| plain_pass(&tally));
    let cells = tally.cells().len();
    print!("{rows:>9} {psus:>6} {cells:>8}  {tally_ms:>6.1} {linearised_ms:>10.1} {jackknife_ms:>9.1} ");
    println!("{draws_ms:>8.1} {figures_ms:>8.1} {cpu:>9.1} {pass_ms:>9.2}  {}", digest(&found));
}

/// Every sum that one replicate of both partitions needs, read once and added up by a plain loop on one thread: what a thousand replicates
/// would take a thousand times.
fn plain_pass(tally: &Tally<i64>) -> f64 {
    let mut sum = 0.0;
    for _ in 0..2 {
        for cell in 0..tally.cells().len() as u32 {
            for sums in tally.sums(cell) {
                sum += sums.w as f64 + sums.wy as f64;
            }
        }
    }
    std::hint::black_box(sum)
}

/// The items, five criteria of five items each, and the index, each over what is there.
fn tree(present: &[bool]) -> LinearMap {
    let mut outputs: Vec<Option<Vec<(Source, f64)>>> =
        (0..ITEMS).map(|item| present[item].then(|| vec![(Source::Leaf(item), 1.0)])).collect();
    let mean = |outputs: &[Option<Vec<_>>], among: std::ops::Range<usize>| {
        let there: Vec<usize> = among.filter(|output| outputs[*output].is_some()).collect();
        (!there.is_empty()).then(|| there.iter().map(|output| (Source::Output(*output), 1.0 / there.len() as f64)).collect())
    };
    for criterion in 0..5 {
        outputs.push(mean(&outputs, 5 * criterion..5 * criterion + 5));
    }
    outputs.push(mean(&outputs, ITEMS..INDEX));
    LinearMap { outputs }
}

/// Made-up answers; a stratum a province, PSUs shared out evenly among the provinces.
fn frame(rows: usize, psus: u32) -> Frame {
    let salted = |salt: u64, n: u64| mix(salt) ^ n;
    let province = |psu: u32| (u64::from(psu) * u64::from(PROVINCES) / u64::from(psus)) as u32;
    let psu_of: Vec<u32> = (0..rows).map(|row| (row as u64 * u64::from(psus) / rows as u64) as u32).collect();
    let agency = |row: u64| (uniform(salted(3, row)).powf(1.3) * f64::from(AGENCIES)) as u32;
    let units: Vec<u32> = (0..).zip(&psu_of).map(|(row, psu)| province(*psu) * AGENCIES + agency(row)).collect();
    let weights = (0..rows as u64).map(|row| (100e6 * (0.3 * normal(salted(5, row))).exp()) as i64).collect();
    let answer = |item: u64, row: u64, psu: u32| {
        let at = salted(100 + item, row);
        let liking = 0.9 + 0.3 * normal(salted(6, u64::from(psu))) + 0.7 * normal(salted(8, row)) + 0.8 * normal(at);
        let given = 1 + [-1.0, -0.2, 0.7, 1.8].iter().map(|cut| u8::from(liking > *cut)).sum::<u8>();
        if uniform(!at) < 0.05 { 0 } else { given }
    };
    let columns = (0..ITEMS as u64).map(|item| (0..).zip(&psu_of).map(|(row, psu)| answer(item, row, *psu)).collect()).collect();
    let stratum = |h: u32| Stratum { name: format!("{h:02}"), sampled: 0, population: Some(1_000) };
    let areas = (0..psus).map(|psu| Some(province(psu) as i32)).collect();
    let strata = Strata::new((0..PROVINCES).map(stratum).collect(), (0..psus).map(province).collect(), areas).unwrap();
    Frame::from_columns(columns, weights, psu_of, units, (0..(PROVINCES * AGENCIES) as i32).collect(), strata, 1_000_000).unwrap()
}

/// The same for the same figures to the last bit.
fn digest(found: &[DomainReplicates]) -> String {
    let mut hash = Sha256::new();
    for domain in found {
        for output in domain.outputs.iter().flatten() {
            hash.update(output.estimate.se.to_bits().to_le_bytes());
        }
        for value in domain.values.iter().flatten() {
            hash.update(value.to_bits().to_le_bytes());
        }
    }
    hex(&hash.finalize())[..12].to_owned()
}
