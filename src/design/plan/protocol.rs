//! The protocol of a draw: what an auditor needs to draw the same sample again, or to follow it with pencil and paper.

use serde::Serialize;

use crate::words::encode::hex;

use super::draw::{Cause, Method};
use super::number::quotient;
use super::sample::{Draw, Sample, Taken};
use super::sampling_frame::SamplingFrame;
use super::sampling_plan::SamplingPlan;

/// The protocol of a draw. It holds no date and no name of a machine, so a draw that is repeated gives the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Protocol {
    /// The kind of document.
    pub kind: &'static str,
    /// The version of the method: of streams, draws and this document.
    pub method_version: u32,
    /// The seed, as text: many readers of JSON keep 53 bits of a number.
    pub seed: String,
    /// The frame.
    pub frame: FrameFacts,
    /// The plan.
    pub plan: PlanFacts,
    /// The stages.
    pub stages: Vec<StageFacts>,
    /// Every draw, in order.
    pub draws: Vec<DrawFacts>,
    /// Parents that have fewer units than the plan asks for, all of which were taken.
    pub shortfalls: Vec<Shortfall>,
    /// Units of the last stage in the sample.
    pub sampled: u64,
    /// Substitutes for them.
    pub substitutes: u64,
    /// Units of the last stage on the whole frame.
    pub population: u64,
    /// What the base weights of the sample add up to: an estimate of `population`.
    pub sum_of_weights: f64,
    /// The command that draws the same again.
    pub repeat: String,
}

/// The frame, as its protocol names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FrameFacts {
    /// SHA-256 of the file.
    pub sha256: String,
    /// SHA-256 of what the plan reads of it, in canonical order.
    pub canonical_sha256: String,
    /// Rows without the header.
    pub rows: usize,
}

/// The plan, as the protocol names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanFacts {
    /// Its code.
    pub code: String,
    /// Its version.
    pub version: String,
    /// Its title in Vietnamese.
    pub title_vi: String,
    /// Its title in English.
    pub title_en: String,
    /// SHA-256 of its canonical JSON.
    pub sha256: String,
}

/// A stage as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StageFacts {
    /// The level.
    pub level: String,
    /// `srs`, `systematic` or `pps_systematic`.
    pub method: &'static str,
    /// The column of sizes.
    pub size: Option<String>,
    /// The column that says how long the list is, where units are only numbered.
    pub count: Option<String>,
    /// In how many parents it was drawn.
    pub parents: usize,
    /// Units of those parents.
    pub population: u64,
    /// Units that were drawn, those with certainty included.
    pub sampled: usize,
    /// Units that were in with certainty.
    pub certain: usize,
}

/// One draw.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DrawFacts {
    /// The stage, from 1.
    pub stage: usize,
    /// The level drawn.
    pub level: String,
    /// The unit drawn in.
    pub parent: String,
    /// Its units.
    pub population: u64,
    /// Units drawn by chance.
    pub by_chance: u64,
    /// What the sizes of the units that took part add up to; their number, where chances are equal.
    pub total: u64,
    /// The numerator of the random start; its denominator is `by_chance`.
    pub start: Option<u64>,
    /// The random start, on the scale of the cumulated sizes.
    pub start_value: Option<f64>,
    /// The interval, on the same scale: `total / by_chance`.
    pub interval: Option<f64>,
    /// The units drawn, in the order of the list.
    pub units: Vec<UnitFacts>,
    /// The substitutes, in the order of their use.
    pub substitutes: Vec<String>,
}

/// A unit that was drawn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnitFacts {
    /// Its code.
    pub code: String,
    /// Its size.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Whether it was in with certainty.
    pub certain: bool,
    /// The selection point that fell on it, on the scale of the cumulated sizes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hit: Option<f64>,
    /// The random number it got in a simple random draw, as text like the seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Its chance in this draw.
    pub probability: f64,
    /// Its base weight so far: one over its chance in all stages up to this one.
    pub weight: f64,
}

/// A parent with fewer units than asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shortfall {
    /// The level drawn.
    pub level: String,
    /// The parent.
    pub parent: String,
    /// What the plan asks for.
    pub wanted: u64,
    /// What there is.
    pub population: u64,
}

impl Protocol {
    /// The protocol of a sample that was drawn from `frame` as `plan` says.
    #[must_use]
    pub fn of(plan: &SamplingPlan, frame: &SamplingFrame, sample: &Sample) -> Self {
        let substitutes = sample.elements.iter().filter(|unit| unit.substitute.is_some()).count();
        Self {
            kind: "sampling_protocol",
            method_version: 1,
            seed: sample.seed.to_string(),
            frame: FrameFacts { sha256: hex(&frame.sha256()), canonical_sha256: hex(&frame.canonical_sha256()), rows: frame.rows() },
            plan: PlanFacts {
                code: plan.code.clone(),
                version: plan.version.clone(),
                title_vi: plan.title.vi().to_owned(),
                title_en: plan.title.get("en").to_owned(),
                sha256: hex(&plan.sha256),
            },
            stages: (0..plan.stages.len()).map(|stage| stage_facts(plan, stage, &sample.draws)).collect(),
            draws: sample.draws.iter().map(|draw| draw_facts(plan, draw)).collect(),
            shortfalls: sample.draws.iter().filter_map(|draw| shortfall(plan, draw)).collect(),
            sampled: count(sample.elements.len() - substitutes),
            substitutes: count(substitutes),
            population: frame.population(plan),
            sum_of_weights: sample.elements.iter().filter(|unit| unit.substitute.is_none()).map(|unit| unit.weight).sum(),
            repeat: format!("hailong sample draw --frame FRAME.csv --plan PLAN.json --seed {} --out DIR", sample.seed),
        }
    }
}

fn stage_facts(plan: &SamplingPlan, stage: usize, draws: &[Draw]) -> StageFacts {
    let of_stage = || draws.iter().filter(|draw| draw.stage == stage);
    let rule = &plan.stages[stage];
    StageFacts {
        level: rule.level.clone(),
        method: rule.method.as_str(),
        size: rule.size.clone(),
        count: rule.count.clone(),
        parents: of_stage().count(),
        population: of_stage().map(|draw| draw.population).sum(),
        sampled: of_stage().map(|draw| draw.taken.len()).sum(),
        certain: of_stage().flat_map(|draw| &draw.taken).filter(|unit| unit.by == Cause::Certainty).count(),
    }
}

fn draw_facts(plan: &SamplingPlan, draw: &Draw) -> DrawFacts {
    let stage = &plan.stages[draw.stage];
    let by_chance = u128::from(draw.by_chance);
    let spaced = stage.method != Method::Simple && draw.by_chance > 0;
    DrawFacts {
        stage: draw.stage + 1,
        level: stage.level.clone(),
        parent: draw.parent.clone(),
        population: draw.population,
        by_chance: draw.by_chance,
        total: draw.total,
        start: draw.start,
        start_value: draw.start.map(|start| quotient(u128::from(start), by_chance)),
        interval: spaced.then(|| quotient(u128::from(draw.total), by_chance)),
        units: draw.taken.iter().map(|unit| unit_facts(unit, by_chance)).collect(),
        substitutes: draw.reserve.clone(),
    }
}

fn unit_facts(unit: &Taken, by_chance: u128) -> UnitFacts {
    let (hit, number) = match unit.by {
        Cause::Certainty => (None, None),
        Cause::Hit(point) => (Some(quotient(point, by_chance)), None),
        Cause::Number(number) => (None, Some(number.to_string())),
    };
    UnitFacts {
        code: unit.code.clone(),
        size: unit.size,
        certain: unit.by == Cause::Certainty,
        hit,
        number,
        probability: unit.probability,
        weight: 1.0 / unit.overall,
    }
}

fn shortfall(plan: &SamplingPlan, draw: &Draw) -> Option<Shortfall> {
    let wanted = draw.wanted.filter(|wanted| *wanted > draw.population)?;
    Some(Shortfall { level: plan.stages[draw.stage].level.clone(), parent: draw.parent.clone(), wanted, population: draw.population })
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
