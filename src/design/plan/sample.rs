//! A sample of several stages, drawn from a frame as a plan says.

use std::collections::HashMap;

use super::allocation::{self, Stratum, allocate};
use super::draw::{Candidate, Cause, DrawError, Method, Selection, draw, reserve};
use super::number::as_real;
use super::sampling_frame::{Line, SamplingFrame};
use super::sampling_plan::{Number, PsuRule, SamplingPlan, Stage};
use super::stream::{Purpose, Stream};
use crate::words::Finding;

/// A sample, with all that is needed to check it by hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Sample {
    /// The seed it was drawn with.
    pub seed: u64,
    /// Every draw: stratum by stratum, and below each unit what was drawn in it.
    pub draws: Vec<Draw>,
    /// The units of the last stage, in the same order; substitutes after those whose place they may take.
    pub elements: Vec<Element>,
}

/// One draw of one stage in one parent.
#[derive(Debug, Clone, PartialEq)]
pub struct Draw {
    /// The stage, from 0.
    pub stage: usize,
    /// The code of the parent: the stratum, or a unit of the stage before.
    pub parent: String,
    /// How many units the parent has.
    pub population: u64,
    /// How many the plan asks for; `None`: all.
    pub wanted: Option<u64>,
    /// How many were drawn by chance.
    pub by_chance: u64,
    /// What the sizes add up to of the units that took part in the draw by chance; their number, where chances are equal.
    pub total: u64,
    /// The random start of a systematic draw, times `by_chance`.
    pub start: Option<u64>,
    /// The units that were drawn, in the order of the list.
    pub taken: Vec<Taken>,
    /// The substitutes, in the order in which they are to be used.
    pub reserve: Vec<String>,
}

/// A unit that was drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// Its code.
    pub code: String,
    /// Its size, where chances go by size.
    pub size: Option<u64>,
    /// What drew it.
    pub by: Cause,
    /// Its chance in this draw.
    pub probability: f64,
    /// Its chance over all stages up to this one.
    pub overall: f64,
}

/// A unit of the last stage that is to answer, or may have to.
#[derive(Debug, Clone, PartialEq)]
pub struct Element {
    /// Its stratum, the units it lies in, and itself.
    pub path: Vec<String>,
    /// Its place among the substitutes, from 1; `None`: it is in the sample.
    pub substitute: Option<u64>,
    /// Its chance in each stage.
    pub probabilities: Vec<f64>,
    /// Its base weight: one over the product of the chances. That of a substitute is that of whoever it stands in for.
    pub weight: f64,
    /// Its PSU.
    pub psu: String,
    /// The stratum of its PSU.
    pub stratum: String,
    /// How many PSUs that stratum has in the population, where the plan wants that said and chances are equal.
    pub fpc: Option<u64>,
    /// The administrative unit of the PSU, as `CODE` or `LIST:CODE`.
    pub area: Option<String>,
    /// The columns of the frame that the plan carries along.
    pub carried: Vec<String>,
}

impl Element {
    /// Its own code.
    #[must_use]
    pub fn code(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }
}

/// Draws a sample.
///
/// The same plan, seed and rows give the same sample, whatever the order of the rows. What is drawn in a unit follows from the seed,
/// the level, the unit's code and its own rows, so that other provinces may come and go (a total allocated to strata aside).
///
/// # Errors
/// A finding for every stratum or unit in which the plan cannot be carried out.
pub fn draw_sample(plan: &SamplingPlan, frame: &SamplingFrame, seed: u64) -> Result<Sample, Vec<Finding>> {
    let allocated = allocated(plan, frame)?;
    let sample = Sample { seed, draws: Vec::new(), elements: Vec::new() };
    let mut drawing = Drawing { plan, allocated, sample, findings: Vec::new() };
    for stratum in frame.lines().chunk_by(|a, b| a.path[0] == b.path[0]) {
        drawing.descend(stratum, &mut Vec::new());
    }
    if drawing.findings.is_empty() { Ok(drawing.sample) } else { Err(drawing.findings) }
}

/// What each stratum gets of a total; empty where the first stage has none.
fn allocated(plan: &SamplingPlan, frame: &SamplingFrame) -> Result<HashMap<String, u64>, Vec<Finding>> {
    let Some(Number::Allocated(rule)) = plan.stages.first().map(|stage| &stage.number) else { return Ok(HashMap::new()) };
    let stratum = |lines: &[Line]| {
        let size = population(plan, 0, lines);
        let sum = |column: &String| lines.iter().map(|line| line.whole(column)).sum();
        let real = |column: &Option<String>| column.as_ref().map_or(1.0, |column| lines[0].real(column));
        Stratum {
            code: lines[0].path[0].clone(),
            size,
            measure: as_real(rule.measure.as_ref().map_or(size, sum)),
            spread: real(&rule.spread),
            cost: real(&rule.cost),
        }
    };
    let strata: Vec<Stratum> = frame.lines().chunk_by(|a, b| a.path[0] == b.path[0]).map(stratum).collect();
    let given = allocate(rule.total, rule.rule, &strata, rule.bounds).map_err(|error| {
        let vi = match &error {
            allocation::AllocationError::TooFew { total, least } => format!("{total} ít hơn tổng mức tối thiểu {least} của các tầng"),
            allocation::AllocationError::TooMany { total, most } => format!("{total} nhiều hơn tổng mức tối đa {most} của các tầng"),
            allocation::AllocationError::Stratum { code, value, .. } => format!("Tầng {code}: {value} không phải là số dương"),
            allocation::AllocationError::Parameter(value) => format!("Tham số {value} nằm ngoài phạm vi của quy tắc"),
        };
        vec![Finding::error("/stages/0/number", "allocation-impossible", vi, error.to_string())]
    })?;
    Ok(strata.into_iter().map(|stratum| stratum.code).zip(given).collect())
}

/// How many units of a stage the rows of one parent hold.
fn population(plan: &SamplingPlan, stage: usize, lines: &[Line]) -> u64 {
    match &plan.stages[stage].count {
        Some(column) => lines.iter().map(|line| line.whole(column)).sum(),
        None => lines.chunk_by(|a, b| a.path[stage + 1] == b.path[stage + 1]).map(|_| 1).sum(),
    }
}

/// A unit on the way down.
struct Step {
    code: String,
    probability: f64,
    /// Units of its parent, and those of them that took part in the draw by chance.
    population: u64,
    free: u64,
}

struct Drawing<'a> {
    plan: &'a SamplingPlan,
    allocated: HashMap<String, u64>,
    sample: Sample,
    findings: Vec<Finding>,
}

/// A parent and the units of one stage in it.
struct Parent<'l> {
    code: &'l str,
    lines: &'l [Line],
    /// The rows of each unit; empty where units are only numbered.
    units: Vec<&'l [Line]>,
    candidates: Vec<Candidate>,
}

impl<'l> Parent<'l> {
    fn of(plan: &SamplingPlan, place: usize, lines: &'l [Line]) -> Self {
        let stage = &plan.stages[place];
        let code = &lines[0].path[place];
        if stage.count.is_some() {
            let candidates = (0..population(plan, place, lines)).map(|_| Candidate { size: 1, certain: false }).collect();
            return Self { code, lines, units: Vec::new(), candidates };
        }
        let units: Vec<&[Line]> = lines.chunk_by(|a, b| a.path[place + 1] == b.path[place + 1]).collect();
        let candidates = units.iter().map(|unit| candidate(stage, unit)).collect();
        Self { code, lines, units, candidates }
    }

    /// The rows of a unit: those of the parent, where units are only numbered.
    fn lines_of(&self, unit: usize) -> &'l [Line] {
        self.units.get(unit).copied().unwrap_or(self.lines)
    }

    fn code_of(&self, unit: usize, place: usize) -> String {
        self.units.get(unit).map_or_else(|| format!("{}-{:03}", self.code, unit + 1), |lines| lines[0].path[place + 1].clone())
    }
}

impl Drawing<'_> {
    /// Draws in the parent that `steps` lead to, whose rows `lines` are, and below what was drawn.
    fn descend(&mut self, lines: &[Line], steps: &mut Vec<Step>) {
        let place = steps.len();
        let parent = Parent::of(self.plan, place, lines);
        let (selection, spare) = match self.select(&parent, place) {
            Ok(drawn) => drawn,
            Err(error) => return self.findings.push(impossible(place, parent.code, error)),
        };
        let draw = self.record(&parent, place, steps, &selection, &spare);
        let population = draw.population;
        let step = |unit: usize| Step {
            code: parent.code_of(unit, place),
            probability: selection.chances.of(unit),
            population,
            free: selection.chances.free(),
        };
        self.sample.draws.push(draw);
        for pick in &selection.picks {
            steps.push(step(pick.place));
            if steps.len() == self.plan.stages.len() {
                self.element(&parent.lines_of(pick.place)[0], steps, None);
            } else {
                self.descend(parent.lines_of(pick.place), steps);
            }
            steps.pop();
        }
        for (number, unit) in (1..).zip(spare) {
            steps.push(step(unit));
            self.element(&parent.lines_of(unit)[0], steps, Some(number));
            steps.pop();
        }
    }

    /// The sample of one parent and its substitutes.
    fn select(&self, parent: &Parent<'_>, place: usize) -> Result<(Selection, Vec<usize>), DrawError> {
        let stage = &self.plan.stages[place];
        let stream = |purpose| Stream::new(self.sample.seed, &stage.level, parent.code, purpose);
        let wanted = self.number(&stage.number, &parent.lines[0]).unwrap_or(u64::MAX);
        let selection = draw(stage.method, &parent.candidates, wanted, &mut stream(Purpose::Sample))?;
        let substitutes = stage.reserve.as_ref().and_then(|number| self.number(number, &parent.lines[0])).unwrap_or(0);
        let spare = reserve(&selection, substitutes, &mut stream(Purpose::Reserve));
        Ok((selection, spare))
    }

    fn record(&self, parent: &Parent<'_>, place: usize, steps: &[Step], selection: &Selection, spare: &[usize]) -> Draw {
        let stage = &self.plan.stages[place];
        let before: f64 = steps.iter().map(|step| step.probability).product();
        let taken = selection.picks.iter().map(|pick| {
            let probability = selection.chances.of(pick.place);
            let size = stage.size.is_some().then(|| parent.candidates[pick.place].size);
            Taken { code: parent.code_of(pick.place, place), size, by: pick.by, probability, overall: before * probability }
        });
        Draw {
            stage: place,
            parent: parent.code.to_owned(),
            population: u64::try_from(parent.candidates.len()).unwrap_or(u64::MAX),
            wanted: self.number(&stage.number, &parent.lines[0]),
            by_chance: selection.chances.number(),
            total: selection.chances.total(),
            start: selection.start,
            taken: taken.collect(),
            reserve: spare.iter().map(|unit| parent.code_of(*unit, place)).collect(),
        }
    }

    /// How many units the plan wants in the parent of `line`; `None`: all.
    fn number(&self, number: &Number, line: &Line) -> Option<u64> {
        match number {
            Number::All => None,
            Number::Fixed(number) => Some(*number),
            // The reader of the frame has seen to it that every group has a number.
            Number::ByGroup { column, values, otherwise } => values.get(line.text(column)).copied().or(*otherwise),
            Number::Allocated(_) => self.allocated.get(&line.path[0]).copied(),
        }
    }

    fn element(&mut self, line: &Line, steps: &[Step], substitute: Option<u64>) {
        let plan = self.plan;
        let stratum = line.path[0].as_str();
        // A unit drawn with certainty adds no variance of its own: the first that was drawn by chance is the PSU.
        let psu = match plan.psus {
            PsuRule::FirstStage => 0,
            PsuRule::BelowCertainty => steps.iter().position(|step| step.probability < 1.0).unwrap_or(steps.len() - 1),
        };
        let code = &steps[psu].code;
        let above = steps[..psu].iter().map(|step| step.code.as_str());
        let equal = plan.stages[psu].method != Method::PpsSystematic;
        let size = if plan.psus == PsuRule::FirstStage || steps[psu].free == 0 { steps[psu].population } else { steps[psu].free };
        let area = plan.area.as_ref().map(|area| {
            let code = line.text(&area.column);
            area.list.as_ref().map_or_else(|| code.to_owned(), |list| format!("{list}:{code}"))
        });
        self.sample.elements.push(Element {
            path: std::iter::once(stratum).chain(steps.iter().map(|step| step.code.as_str())).map(str::to_owned).collect(),
            substitute,
            probabilities: steps.iter().map(|step| step.probability).collect(),
            weight: 1.0 / steps.iter().map(|step| step.probability).product::<f64>(),
            psu: if psu == 0 { code.clone() } else { format!("{}:{code}", plan.stages[psu].level) },
            stratum: std::iter::once(stratum).chain(above).collect::<Vec<_>>().join("/"),
            fpc: (plan.fpc && equal).then_some(size),
            area: area.filter(|area| !area.is_empty()),
            carried: plan.carry.iter().map(|column| line.text(column).to_owned()).collect(),
        });
    }
}

/// A unit of a stage as its draw sees it.
fn candidate(stage: &Stage, unit: &[Line]) -> Candidate {
    let size = stage.size.as_ref().map_or(1, |column| unit.iter().map(|line| line.whole(column)).sum());
    Candidate { size, certain: stage.certainty.as_ref().is_some_and(|column| unit[0].flag(column)) }
}

fn impossible(stage: usize, parent: &str, error: DrawError) -> Finding {
    let why = match error {
        DrawError::NoneLeft { certain, number } => {
            format!("{certain} đơn vị được chọn chắc chắn trong khi chỉ cần {number}: các đơn vị khác không có cơ hội được chọn")
        }
        DrawError::NoSize(left) => format!("còn phải chọn {left} đơn vị nhưng không còn đơn vị nào có quy mô"),
        DrawError::TooLarge => "tổng quy mô vượt quá 64 bit".to_owned(),
    };
    Finding::error(format!("/stages/{stage}"), "draw-impossible", format!("Trong {parent}: {why}"), format!("in {parent}: {error}"))
}
