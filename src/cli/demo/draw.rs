//! The sample of the demo: province → district → commune → village → person, with base weights from the stages.

use anyhow::{Context as _, Result};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::cli::lang;
use crate::design::{Psu, Respondent, WeightUnit};
use crate::unit::{LEGACY, Registry, Unit, UnitKind};

/// Respondents in all, as the survey of 2024 had.
pub(super) const RESPONDENTS: usize = 36_525;
/// Respondents in each of the two cities that take six districts.
const CITY: usize = 2_700;
const CITIES: [&str; 2] = ["01", "79"];
const COMMUNES: usize = 3;
const VILLAGES: usize = 2;
/// Villages of a commune; the real numbers are not on the code list, so a figure near the country's mean stands in.
const VILLAGES_OF_A_COMMUNE: f64 = 9.0;
/// Adults of a village on average; likewise.
const ADULTS: f64 = 760.0;

/// A village that was drawn.
pub(super) struct Village {
    pub(super) province: String,
    pub(super) district: String,
    pub(super) commune: String,
    /// 1 or 2.
    pub(super) number: usize,
    /// People drawn in it.
    pub(super) respondents: usize,
    /// Base weight of each of them: the inverse of the chance to be drawn.
    pub(super) weight: f64,
}

impl Village {
    /// The code of a person on the sample list.
    pub(super) fn respondent(&self, person: usize) -> String {
        format!("{}-{}-{:03}", self.commune, self.number, person + 1)
    }
}

/// A number from 0 up to 1.
#[allow(clippy::cast_precision_loss)] // 53 bits fit a double
pub(super) fn uniform(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

/// Draws the villages; the same seed draws the same.
pub(super) fn draw(units: &Registry, seed: u64) -> Result<Vec<Village>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut villages = Vec::with_capacity(1_170);
    let provinces = of_kind(units.iter(), UnitKind::Province);
    let others = provinces.len() - CITIES.len();
    for (place, province) in provinces.iter().enumerate() {
        let city = CITIES.contains(&province.record.code.as_str());
        let before = provinces[..place].iter().filter(|p| !CITIES.contains(&p.record.code.as_str())).count();
        let rest = RESPONDENTS - CITIES.len() * CITY;
        let people = if city { CITY } else { rest / others + usize::from(before < rest % others) };
        let districts = of_kind(units.children(province.id), UnitKind::District);
        let able: Vec<&Unit> =
            districts.into_iter().filter(|d| of_kind(units.children(d.id), UnitKind::Commune).len() >= COMMUNES).collect();
        let drawn = sample(&mut rng, &able, if city { 6 } else { 3 }).with_context(|| {
            let name = &province.record.name_vi;
            lang::chosen().pick(format!("{name} có quá ít huyện"), format!("{name} has too few districts"))
        })?;
        let share = drawn.len() * COMMUNES * VILLAGES;
        for (d, district) in drawn.iter().enumerate() {
            let communes = of_kind(units.children(district.id), UnitKind::Commune);
            let taken = sample(&mut rng, &communes, COMMUNES).with_context(|| lang::chosen().pick("quá ít xã", "too few communes"))?;
            for (c, commune) in taken.iter().enumerate() {
                for number in 1..=VILLAGES {
                    let village = (d * COMMUNES + c) * VILLAGES + number - 1;
                    let respondents = people / share + usize::from(village < people % share);
                    let adults = ADULTS * (0.6 + 0.8 * uniform(&mut rng));
                    let ratio = |all: usize, some: usize| float(all) / float(some);
                    let weight = ratio(able.len(), drawn.len())
                        * ratio(communes.len(), COMMUNES)
                        * (VILLAGES_OF_A_COMMUNE / float(VILLAGES))
                        * (adults / float(respondents));
                    villages.push(Village {
                        province: province.record.code.clone(),
                        district: district.record.code.clone(),
                        commune: commune.record.code.clone(),
                        number,
                        respondents,
                        weight,
                    });
                }
            }
        }
    }
    Ok(villages)
}

#[allow(clippy::cast_precision_loss)] // counts of a sample
fn float(n: usize) -> f64 {
    n as f64
}

/// The units of a kind on the list of 63 provinces, by code.
fn of_kind<'a>(units: impl Iterator<Item = &'a Unit>, kind: UnitKind) -> Vec<&'a Unit> {
    let mut found: Vec<&Unit> = units.filter(|unit| unit.record.kind == kind && unit.record.list == LEGACY).collect();
    found.sort_by(|a, b| a.record.code.cmp(&b.record.code));
    found
}

/// A simple random sample without replacement, in the order of the list; `None` where the list is too short.
fn sample<'a>(rng: &mut ChaCha8Rng, from: &[&'a Unit], size: usize) -> Option<Vec<&'a Unit>> {
    if from.len() < size {
        return None;
    }
    let mut keyed: Vec<(u64, usize)> = (0..from.len()).map(|place| (rng.next_u64(), place)).collect();
    keyed.sort_unstable();
    let mut places: Vec<usize> = keyed[..size].iter().map(|(_, place)| *place).collect();
    places.sort_unstable();
    Some(places.into_iter().map(|place| from[place]).collect())
}

/// The design table: a district is a PSU, its province the stratum.
pub(super) fn psus(villages: &[Village]) -> Vec<Psu> {
    let firsts = villages.chunk_by(|a, b| a.district == b.district);
    let psu = |village: &Village| Psu {
        code: village.district.clone(),
        stratum: village.province.clone(),
        fpc: None,
        area: Some(village.district.clone()),
        weight: None,
    };
    firsts.filter_map(|group| group.first().map(psu)).collect()
}

/// The sample list: everyone who was drawn, with their base weight.
pub(super) fn respondents(villages: &[Village]) -> Vec<Respondent> {
    let people = |village: &Village| {
        let weight = WeightUnit::MICRO.units(village.weight).unwrap_or_else(|| WeightUnit::MICRO.per_one());
        let line = |person| Respondent { code: village.respondent(person), psu: Some(village.district.clone()), weight };
        (0..village.respondents).map(line).collect::<Vec<_>>()
    };
    villages.iter().flat_map(people).collect()
}
