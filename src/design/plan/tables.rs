//! A sample as the tables that the office, the field and an import read.

use std::collections::{BTreeMap, BTreeSet};

use super::sample::{Element, Sample};
use super::sampling_plan::SamplingPlan;

/// The tables of a sample, as CSV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables {
    /// Every unit of the last stage in the sample, with its chance in each stage, base weight, PSU and stratum.
    pub sample: String,
    /// The design table `psu,stratum[,fpc][,area][,weight]`. A PSU has a weight where everyone in it has the same.
    pub psus: String,
    /// The sample list `respondent,psu,weight`, substitutes included: whoever answers in another's place answers with their weight.
    pub respondents: String,
    /// Whom to visit, and who may stand in, in that order: without chances or weights.
    pub fieldwork: String,
}

impl Tables {
    /// The tables of `sample`, which was drawn as `plan` says.
    ///
    /// # Errors
    /// What the CSV writer says; it writes to memory.
    pub fn of(plan: &SamplingPlan, sample: &Sample) -> Result<Self, csv::Error> {
        Ok(Self {
            sample: sample_table(plan, sample)?,
            psus: psu_table(plan, sample)?,
            respondents: respondent_table(sample)?,
            fieldwork: fieldwork_table(plan, sample)?,
        })
    }
}

/// The columns that lead to a unit: its stratum, then level by level.
fn levels(plan: &SamplingPlan) -> Vec<String> {
    std::iter::once(plan.strata.join("/")).chain(plan.stages.iter().map(|stage| stage.level.clone())).collect()
}

fn sample_table(plan: &SamplingPlan, sample: &Sample) -> Result<String, csv::Error> {
    let chances = plan.stages.iter().map(|stage| format!("probability_{}", stage.level));
    let header = levels(plan).into_iter().chain(chances).chain(["weight", "psu", "stratum"].map(str::to_owned));
    let row = |unit: &Element| {
        let numbers = unit.probabilities.iter().chain([&unit.weight]).map(f64::to_string);
        unit.path.iter().cloned().chain(numbers).chain([unit.psu.clone(), unit.stratum.clone()]).collect()
    };
    table(header.collect(), sample.elements.iter().filter(|unit| unit.substitute.is_none()).map(row))
}

fn psu_table(plan: &SamplingPlan, sample: &Sample) -> Result<String, csv::Error> {
    let mut psus: BTreeMap<(&str, &str), Vec<&Element>> = BTreeMap::new();
    for unit in &sample.elements {
        psus.entry((&unit.stratum, &unit.psu)).or_default().push(unit);
    }
    let mut header = vec!["psu", "stratum"];
    header.extend(plan.fpc.then_some("fpc"));
    header.extend(plan.area.as_ref().map(|_| "area"));
    header.push("weight");
    let rows = psus.into_iter().map(|((stratum, psu), units)| {
        let mut row = vec![psu.to_owned(), stratum.to_owned()];
        let first = units.first();
        if plan.fpc {
            row.push(first.and_then(|unit| unit.fpc).map(|fpc| fpc.to_string()).unwrap_or_default());
        }
        if plan.area.is_some() {
            row.push(first.and_then(|unit| unit.area.clone()).unwrap_or_default());
        }
        let weights: BTreeSet<u64> = units.iter().map(|unit| unit.weight.to_bits()).collect();
        row.push(first.filter(|_| weights.len() == 1).map(|unit| unit.weight.to_string()).unwrap_or_default());
        row
    });
    table(header.into_iter().map(str::to_owned).collect(), rows)
}

fn respondent_table(sample: &Sample) -> Result<String, csv::Error> {
    let row = |unit: &Element| vec![unit.code().to_owned(), unit.psu.clone(), unit.weight.to_string()];
    table(["respondent", "psu", "weight"].map(str::to_owned).to_vec(), sample.elements.iter().map(row))
}

fn fieldwork_table(plan: &SamplingPlan, sample: &Sample) -> Result<String, csv::Error> {
    let header = levels(plan).into_iter().chain(["role", "order"].map(str::to_owned)).chain(plan.carry.iter().cloned());
    let mut last: Option<(&[String], u64)> = None;
    let rows = sample.elements.iter().map(|unit| {
        let parent = &unit.path[..unit.path.len() - 1];
        let place = match last {
            Some((before, place)) if before == parent => place + 1,
            _ => 1,
        };
        last = Some((parent, place));
        let (role, order) = unit.substitute.map_or(("sample", place), |order| ("substitute", order));
        unit.path.iter().cloned().chain([role.to_owned(), order.to_string()]).chain(unit.carried.iter().cloned()).collect()
    });
    table(header.collect(), rows)
}

fn table(header: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header)?;
    for row in rows {
        writer.write_record(row)?;
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
