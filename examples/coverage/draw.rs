//! Samples of the population, as surveys like SIPAS draw them.

use hailong::frame::{Frame, Strata, Stratum};
use rand_chacha::ChaCha8Rng;

use super::population::{Area, COLUMNS, PROVINCES, Population, below, place_of, uniform};

/// Persons asked in a village.
const ASKED: u32 = 31;
/// Of ten PSUs, how many a second year keeps.
const KEPT_OF_TEN: usize = 6;
/// Weights are whole millionths.
const PER_ONE: f64 = 1e6;

/// How the sample is drawn. All strata are provinces, all samples have 1,170 villages, 36,270 persons; the two largest
/// provinces have twice the PSUs of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Design {
    /// 18 villages a province, by size and with replacement; 31 persons in each.
    Villages,
    /// 3 districts a province and 6 villages in each, by size and with replacement; 31 persons in each village. The districts are the PSUs.
    Districts,
    /// 18 villages a province as a simple random sample; 31 persons in each. `fpc`: the correction for a finite population is applied.
    Simple { fpc: bool },
}

impl Design {
    pub fn name(self) -> &'static str {
        match self {
            Self::Villages => "18 villages, by size",
            Self::Districts => "3 districts × 6 villages, by size",
            Self::Simple { fpc: false } => "18 villages, simple, as if with replacement",
            Self::Simple { fpc: true } => "18 villages, simple, with FPC",
        }
    }

    fn psus(self) -> usize {
        if self == Self::Districts { 3 } else { 18 }
    }
}

/// A PSU that was drawn. Drawn twice, an area is two PSUs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Psu {
    province: usize,
    /// The village or district, by its place.
    area: usize,
    /// Which draw it came with; those of a second year start at 100.
    turn: usize,
}

/// Who was asked.
pub struct Sample<'a> {
    population: &'a Population,
    design: Design,
    psus: Vec<Psu>,
    /// For each row: the person, the PSU's place, the weight.
    rows: Vec<(u32, u32, i64)>,
}

/// Draws the PSUs of a sample.
pub fn psus(population: &Population, design: Design, rng: &mut ChaCha8Rng) -> Vec<Psu> {
    let mut all = Vec::new();
    for (province, count) in counts(population, design).into_iter().enumerate() {
        all.extend(in_province(population, design, province, count, 0, rng));
    }
    all.sort_unstable();
    all
}

/// The PSUs of a second year: of each province three in five stay, the others are drawn anew.
pub fn renewed(population: &Population, design: Design, before: &[Psu], rng: &mut ChaCha8Rng) -> Vec<Psu> {
    let mut all = Vec::new();
    for old in before.chunk_by(|a, b| a.province == b.province) {
        let kept = (old.len() * KEPT_OF_TEN).div_ceil(10);
        all.extend(distinct(old.len() as u32, kept as u32, rng).into_iter().map(|place| old[place as usize]));
        all.extend(in_province(population, design, old[0].province, old.len() - kept, 100, rng));
    }
    all.sort_unstable();
    all
}

/// How many PSUs each province has in the sample.
fn counts(population: &Population, design: Design) -> Vec<usize> {
    let mut by_size: Vec<usize> = (0..PROVINCES).collect();
    by_size.sort_by_key(|province| std::cmp::Reverse(population.provinces[*province].len()));
    let mut counts = vec![design.psus(); PROVINCES];
    by_size[..2].iter().for_each(|province| counts[*province] *= 2);
    counts
}

fn in_province(population: &Population, design: Design, province: usize, count: usize, turn: usize, rng: &mut ChaCha8Rng) -> Vec<Psu> {
    let persons = &population.provinces[province];
    let areas: Vec<usize> = match design {
        // Where a person drawn at random lives: an area's chance is its size.
        Design::Villages => (0..count).map(|_| place_of(&population.villages, anyone(persons, rng))).collect(),
        Design::Districts => (0..count).map(|_| place_of(&population.districts, anyone(persons, rng))).collect(),
        Design::Simple { .. } => {
            let (first, villages) = villages_of(population, province);
            distinct(villages, count as u32, rng).into_iter().map(|place| first + place as usize).collect()
        }
    };
    areas.into_iter().zip(turn..).map(|(area, turn)| Psu { province, area, turn }).collect()
}

/// The first village of a province and how many it has.
fn villages_of(population: &Population, province: usize) -> (usize, u32) {
    let persons = &population.provinces[province];
    let first = place_of(&population.villages, persons.start);
    (first, (place_of(&population.villages, persons.end - 1) + 1 - first) as u32)
}

fn anyone(persons: &Area, rng: &mut ChaCha8Rng) -> u32 {
    persons.start + below(rng, persons.end - persons.start)
}

/// `count` different numbers below `end`, each set with the same chance (Floyd's algorithm).
fn distinct(end: u32, count: u32, rng: &mut ChaCha8Rng) -> Vec<u32> {
    let mut chosen = Vec::with_capacity(count as usize);
    for last in end - count.min(end)..end {
        let number = below(rng, last + 1);
        chosen.push(if chosen.contains(&number) { last } else { number });
    }
    chosen
}

impl<'a> Sample<'a> {
    /// Draws persons in these PSUs. A person of sex 1 or 2 answers with the chance `response`.
    pub fn new(population: &'a Population, design: Design, psus: Vec<Psu>, response: [f64; 2], rng: &mut ChaCha8Rng) -> Self {
        let counts = counts(population, design);
        let mut sample = Self { population, design, psus, rows: Vec::with_capacity(37_000) };
        for place in 0..sample.psus.len() {
            let Psu { province, area, .. } = sample.psus[place];
            let (size, drawn) = (population.provinces[province].len() as f64, counts[province] as f64);
            match design {
                Design::Villages => sample.ask(place, area, size / drawn, response, rng),
                Design::Districts => {
                    for _ in 0..6 {
                        let village = place_of(&population.villages, anyone(&population.districts[area], rng));
                        sample.ask(place, village, size / drawn / 6.0, response, rng);
                    }
                }
                Design::Simple { .. } => {
                    let villages = f64::from(villages_of(population, province).1);
                    sample.ask(place, area, population.villages[area].len() as f64 * villages / drawn, response, rng);
                }
            }
        }
        sample
    }

    /// Draws a sample in which everybody answers.
    pub fn of(population: &'a Population, design: Design, rng: &mut ChaCha8Rng) -> Self {
        let psus = psus(population, design, rng);
        Self::new(population, design, psus, [1.0; 2], rng)
    }

    /// Asks in a village, for which the persons asked stand together for `people`.
    fn ask(&mut self, psu: usize, village: usize, people: f64, response: [f64; 2], rng: &mut ChaCha8Rng) {
        let village = &self.population.villages[village];
        let asked = distinct(village.len() as u32, ASKED, rng);
        let weight = (PER_ONE * people / asked.len() as f64).round() as i64;
        for person in asked {
            let person = village.start + person;
            let sex = usize::from(self.population.persons[person as usize][0]) - 1;
            if response[sex] >= 1.0 || uniform(rng) < response[sex] {
                self.rows.push((person, psu as u32, weight));
            }
        }
    }

    /// The frame with these of the persons' columns.
    pub fn frame(&self, columns: &[usize]) -> Frame {
        assert!(columns.iter().all(|column| *column < COLUMNS));
        let persons = &self.population.persons;
        let column = |column: &usize| self.rows.iter().map(|row| persons[row.0 as usize][*column]).collect();
        let stratum = |province: usize| Stratum {
            name: format!("{:02}", province + 1),
            sampled: 0,
            population: (self.design == Design::Simple { fpc: true }).then(|| i64::from(villages_of(self.population, province).1)),
        };
        let of_psu = self.psus.iter().map(|psu| psu.province as u32).collect();
        let areas = self.psus.iter().map(|psu| Some(psu.province as i32 + 1)).collect();
        let codes = self.psus.iter().map(|psu| format!("{:05}-{:03}", psu.area, psu.turn)).collect();
        let strata = Strata::new((0..PROVINCES).map(stratum).collect(), of_psu, areas).unwrap().with_codes(codes).unwrap();
        Frame::from_columns(
            columns.iter().map(column).collect(),
            self.rows.iter().map(|row| row.2).collect(),
            self.rows.iter().map(|row| row.1).collect(),
            vec![0; self.rows.len()],
            vec![super::definition::AGENCY],
            strata,
            PER_ONE as i64,
        )
        .unwrap()
    }
}
