//! A finite population whose true figures are known: provinces → districts → villages → persons with answers.

use std::ops::Range;

use hailong::numeric::distribution::normal;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

/// People.
pub const PERSONS: u32 = 1_000_000;
/// Provinces; their registry ids are 1 to 63.
pub const PROVINCES: usize = 63;
/// Columns of a person: the sex and nine items on a scale from 1 to 5.
pub const COLUMNS: usize = 10;
/// How easily each item is answered well: six in the middle, one near the floor, one near the ceiling, one rarer still.
const EASE: [f64; COLUMNS - 1] = [0.6, 0.45, 0.3, 0.8, 0.5, 0.2, -1.9, 2.45, -2.65];
/// Where the scale's options end on the latent scale.
const CUTS: [f64; 4] = [-1.2, -0.5, 0.3, 1.4];
/// The standard deviation of what provinces differ by, in the population of most tables.
pub const APART: f64 = 0.20;
/// Standard deviations of what districts, villages, persons and single answers differ by.
const DISTRICT: f64 = 0.10;
const VILLAGE: f64 = 0.18;
const PERSON: f64 = 0.60;
const ANSWER: f64 = 0.80;
/// By how much the first sex answers better than the second.
const SEX: f64 = 0.25;
/// The share of answers that are missing.
const MISSING: f64 = 0.04;
/// Mean and standard deviation of what a year changes in provinces, and its deviation in villages.
const CHANGE: (f64, f64) = (0.03, 0.08);
const VILLAGE_CHANGE: f64 = 0.10;

/// A person's sex (1 or 2) and answers (1 to 5; 0: none).
pub type Person = [u8; COLUMNS];

/// A part of the population: a run of persons.
pub type Area = Range<u32>;

/// Everybody, in the order of provinces, districts and villages.
pub struct Population {
    pub persons: Vec<Person>,
    pub provinces: Vec<Area>,
    pub districts: Vec<Area>,
    pub villages: Vec<Area>,
    /// What everybody in a village has in common.
    levels: Vec<f64>,
}

impl Population {
    /// The population of a seed; `apart` is the standard deviation of what provinces differ by.
    pub fn new(seed: u64, apart: f64) -> Self {
        let mut rng = stream(seed, 0);
        let shares: Vec<f64> = (0..PROVINCES).map(|_| libm::exp(0.5 * standard_normal(&mut rng))).collect();
        let whole: f64 = shares.iter().sum();
        let (mut provinces, mut districts, mut villages, mut levels) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (mut before, mut start) = (0.0, 0);
        for share in shares {
            before += share;
            let end = (f64::from(PERSONS) * before / whole).round() as u32;
            provinces.push(start..end);
            let province = apart * standard_normal(&mut rng);
            for district in parts(start..end, 900.0, 2_100.0, &mut rng) {
                let level = province + DISTRICT * standard_normal(&mut rng);
                for village in parts(district.clone(), 60.0, 180.0, &mut rng) {
                    villages.push(village);
                    levels.push(level + VILLAGE * standard_normal(&mut rng));
                }
                districts.push(district);
            }
            start = end;
        }
        let persons = persons(&villages, &levels, stream(seed, 1).next_u64());
        Self { persons, provinces, districts, villages, levels }
    }

    /// The same villages a year later: every province and village changes, and everybody answers anew.
    pub fn a_year_later(&self, seed: u64) -> Self {
        let mut rng = stream(seed, 2);
        let changes: Vec<f64> = (0..PROVINCES).map(|_| CHANGE.0 + CHANGE.1 * standard_normal(&mut rng)).collect();
        let change = |village: &Area| changes[place_of(&self.provinces, village.start)] + VILLAGE_CHANGE * standard_normal(&mut rng);
        let changed: Vec<f64> = self.villages.iter().map(change).zip(&self.levels).map(|(change, level)| level + change).collect();
        Self {
            persons: persons(&self.villages, &changed, stream(seed, 3).next_u64()),
            provinces: self.provinces.clone(),
            districts: self.districts.clone(),
            villages: self.villages.clone(),
            levels: changed,
        }
    }
}

/// Cuts a run of persons into parts whose sizes lie evenly between two numbers; the last takes the rest.
fn parts(all: Area, low: f64, high: f64, rng: &mut ChaCha8Rng) -> Vec<Area> {
    let (mut list, mut start) = (Vec::new(), all.start);
    while start < all.end {
        let size = (low + (high - low) * uniform(rng)) as u32;
        let end = if all.end - start < size + low as u32 { all.end } else { start + size };
        list.push(start..end);
        start = end;
    }
    list
}

/// The persons of all villages, each village from a stream of its own.
fn persons(villages: &[Area], levels: &[f64], seed: u64) -> Vec<Person> {
    let of_village = |(place, (village, level)): (usize, (&Area, &f64))| {
        let mut rng = stream(seed, place as u64);
        village.clone().map(|_| person(*level, &mut rng)).collect::<Vec<_>>()
    };
    villages.par_iter().zip(levels).enumerate().flat_map_iter(of_village).collect()
}

fn person(level: f64, rng: &mut ChaCha8Rng) -> Person {
    let mut person = [0; COLUMNS];
    person[0] = 1 + u8::from(uniform(rng) < 0.5);
    let liking = level + PERSON * standard_normal(rng) + if person[0] == 1 { 0.5 * SEX } else { -0.5 * SEX };
    for (answer, ease) in person[1..].iter_mut().zip(EASE) {
        let latent = liking + ease + ANSWER * standard_normal(rng);
        let given = 1 + CUTS.iter().map(|cut| u8::from(latent > *cut)).sum::<u8>();
        *answer = if uniform(rng) < MISSING { 0 } else { given };
    }
    person
}

/// Which of several areas, in order, a person lives in.
pub fn place_of(areas: &[Area], person: u32) -> usize {
    areas.partition_point(|area| area.end <= person)
}

/// A generator of its own for each number.
pub fn stream(seed: u64, number: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(number);
    rng
}

/// A number strictly between 0 and 1.
pub fn uniform(rng: &mut ChaCha8Rng) -> f64 {
    ((rng.next_u64() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
}

/// A whole number below `end`.
pub fn below(rng: &mut ChaCha8Rng, end: u32) -> u32 {
    ((u64::from(end) * (rng.next_u64() >> 32)) >> 32) as u32
}

fn standard_normal(rng: &mut ChaCha8Rng) -> f64 {
    normal::quantile(uniform(rng))
}
