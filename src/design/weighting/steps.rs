//! A plan applied to its data.

use std::collections::BTreeMap;

use super::plan::{Base, Classes, ENDS, Margin as MarginPlan, Outcome, Plan, Stage, Step, Totals};
use super::sheet::Sheet;
use crate::design::{
    Auxiliary, BaseWeightError, Calibration, CalibrationError, CaseCounts, ClassAdjustment, ClassLine, Disposition, FactorSummary, Margin,
    MarginLine, ResponseRates, StageChance, Trimmed, WeightSummary, base_weights, calibrate, margin_lines, nonresponse, poststratify, rake,
    total_lines, trim, unknown_eligibility,
};
use crate::design::{Bounds, RakingResiduals, SmallClass};
use crate::words::Finding;

/// Weights after every step, and what is to be said of them.
pub(crate) struct Weighting {
    /// The base weights, then those after each step.
    pub(crate) steps: Vec<StepResult>,
    /// Who answered.
    pub(crate) respondents: Vec<bool>,
    /// Response rates of the cases: unweighted, and weighted by the base weights.
    pub(crate) rates: Option<[ResponseRates; 2]>,
}

/// Weights after a step, with its diagnostics.
#[derive(Default)]
pub(crate) struct StepResult {
    pub(crate) name: &'static str,
    pub(crate) weights: Vec<f64>,
    /// How the weights are spread; `None` where none is left.
    pub(crate) summary: Option<WeightSummary>,
    /// How the step's factors are spread.
    pub(crate) factors: Option<FactorSummary>,
    /// The totals that this step and the steps before it aimed at, with what is left of them.
    pub(crate) margins: Vec<MarginLine>,
    pub(crate) classes: Vec<ClassLine>,
    /// Rounds of the step's method, where it has any.
    pub(crate) rounds: Option<usize>,
    pub(crate) trimmed: Option<Trimmed>,
}

type Checked<T> = Result<T, Vec<Finding>>;

/// Applies a plan to its data; `totals` holds the files of totals that it names.
///
/// # Errors
/// Every finding about columns first; then those of the first step that cannot be done.
pub(crate) fn apply(plan: &Plan, sheet: &Sheet, totals: &BTreeMap<String, Sheet>) -> Checked<Weighting> {
    let dispositions = columns(plan, sheet)?;
    let base = base(plan, sheet)?;
    let respondents: Vec<bool> = dispositions.iter().map(|(end, _)| end.is_none_or(|end| end < 2)).collect();
    let rates = plan.outcome.as_ref().map(|_| rates(&dispositions, &base));
    let became: Vec<Disposition> = dispositions.iter().map(|(_, disposition)| *disposition).collect();
    let mut steps = vec![StepResult { name: "base", weights: base, ..StepResult::default() }];
    let mut aims: Vec<Aim> = Vec::new();
    for (place, step) in plan.steps.iter().enumerate() {
        let before = steps.last().map(|step| step.weights.clone()).unwrap_or_default();
        let work = Work { sheet, totals, pointer: format!("/steps/{place}"), respondents: &respondents, became: &became };
        let (mut result, own) = work.step(step, &before)?;
        // What an earlier step reached, this one may have moved: it is shown again, but for totals that this one aims at anew.
        aims.retain(|aim| !own.iter().any(|own| own.name() == aim.name()));
        aims.extend(own);
        let (from, to) = (work.of_respondents(&before), work.of_respondents(&result.weights));
        result.margins = aims.iter().flat_map(|aim| aim.lines(&from, &to)).collect();
        let bounds = match step {
            Step::Calibrate { distance, .. } => {
                let (low, high) = distance.range();
                Bounds::new(low, high).ok().filter(|bounds| bounds.low() > 0.0 || bounds.high().is_finite())
            }
            _ => None,
        };
        result.factors = FactorSummary::of(&before, &result.weights, bounds);
        result.name = step.name();
        steps.push(result);
    }
    for step in &mut steps {
        step.summary = WeightSummary::of(&step.weights);
    }
    Ok(Weighting { steps, respondents, rates })
}

/// Totals that a step aims at.
enum Aim {
    Margin(Margin),
    Total(Auxiliary),
}

impl Aim {
    fn name(&self) -> &str {
        match self {
            Self::Margin(margin) => margin.name(),
            Self::Total(auxiliary) => &auxiliary.name,
        }
    }

    /// The totals beside the weighted sums of those who answered.
    fn lines(&self, before: &[f64], after: &[f64]) -> Vec<MarginLine> {
        match self {
            Self::Margin(margin) => margin_lines(margin, before, after),
            Self::Total(auxiliary) => total_lines(std::slice::from_ref(auxiliary), before, after),
        }
    }
}

/// A step done, with the totals that it aimed at.
type Done = (StepResult, Vec<Aim>);

/// Checks that every column named is there; returns what became of each row.
fn columns(plan: &Plan, sheet: &Sheet) -> Checked<Vec<(Option<usize>, Disposition)>> {
    let mut findings = Vec::new();
    let named = named_columns(plan);
    findings.extend(named.iter().filter_map(|(name, pointer)| sheet.column(name, pointer).err()));
    findings.extend(sheet.column(&plan.id, "/id").map_or(Vec::new(), |ids| repeated(&ids, sheet)));
    let became = match &plan.outcome {
        None => Ok(vec![(None, Disposition::Respondent); sheet.rows()]),
        Some(outcome) => ends(outcome, sheet),
    };
    let became = became.map_err(|found| findings.extend(found)).unwrap_or_default();
    if findings.is_empty() { Ok(became) } else { Err(findings) }
}

/// Ids that are empty or stand twice.
fn repeated(ids: &[&str], sheet: &Sheet) -> Vec<Finding> {
    let mut seen = std::collections::HashSet::new();
    let bad = ids.iter().enumerate().filter(|(_, id)| id.is_empty() || !seen.insert(**id));
    let finding = |(row, id): (usize, &&str)| {
        let line = sheet.line(row);
        let vi = format!("Dòng {line}: mã “{id}” trống hoặc đã có");
        Finding::error("/id", "id-repeated", vi, format!("Line {line}: the id “{id}” is empty or stands twice"))
    };
    bad.map(finding).collect()
}

/// Every column that a plan names beside base weights and outcome, with where it does.
fn named_columns(plan: &Plan) -> Vec<(&str, String)> {
    let mut named = vec![(plan.id.as_str(), "/id".to_owned())];
    named.extend(plan.psu.iter().map(|name| (name.as_str(), "/psu".to_owned())));
    for (place, step) in plan.steps.iter().enumerate() {
        let here = |member: &str| format!("/steps/{place}{member}");
        let margins: &[MarginPlan] = match step {
            Step::UnknownEligibility(Classes { columns, .. }) | Step::NonResponse(Classes { columns, .. }) => {
                named.extend(columns.iter().map(|name| (name.as_str(), here("/classes"))));
                &[]
            }
            Step::PostStratify(margin) => std::slice::from_ref(margin),
            Step::Rake { margins, .. } => margins,
            Step::Calibrate { margins, totals, clusters, .. } => {
                named.extend(totals.iter().map(|(name, _)| (name.as_str(), here("/totals"))));
                named.extend(clusters.iter().map(|name| (name.as_str(), here("/clusters"))));
                margins
            }
            Step::Trim { .. } => &[],
        };
        named.extend(margins.iter().flat_map(|margin| &margin.columns).map(|name| (name.as_str(), here(""))));
    }
    named
}

/// The end of each row's case: its place in [`ENDS`], and what that makes of it; each value that is none of them, once.
fn ends(outcome: &Outcome, sheet: &Sheet) -> Checked<Vec<(Option<usize>, Disposition)>> {
    let cells = sheet.column(&outcome.column, "/outcome/column").map_err(|finding| vec![finding])?;
    let (mut ends, mut unknown) = (Vec::with_capacity(cells.len()), BTreeMap::new());
    for (row, cell) in cells.iter().enumerate() {
        let Some(end) = outcome.values.iter().position(|values| values.iter().any(|value| value == cell)) else {
            unknown.entry(*cell).or_insert(sheet.line(row));
            continue;
        };
        let disposition = match ENDS[end] {
            "complete" | "partial" => Disposition::Respondent,
            "unknown" => Disposition::Unknown,
            "ineligible" => Disposition::Ineligible,
            _ => Disposition::NonRespondent,
        };
        ends.push((Some(end), disposition));
    }
    let mut unknown: Vec<(&str, u32)> = unknown.into_iter().collect();
    unknown.sort_by_key(|(_, line)| *line);
    let findings: Vec<Finding> = unknown.into_iter().map(|(cell, line)| no_end(outcome, cell, line)).collect();
    if findings.is_empty() { Ok(ends) } else { Err(findings) }
}

/// A value that stands for no end of a case; where another one is written nearly so, it is named.
fn no_end(outcome: &Outcome, cell: &str, line: u32) -> Finding {
    let alike = outcome.values.iter().flatten().find(|value| value.to_lowercase() == cell.to_lowercase());
    let (ask_vi, ask_en) = alike.map_or_else(Default::default, |alike| (format!("; có phải là “{alike}”?"), format!("; is it “{alike}”?")));
    let column = &outcome.column;
    let vi = format!("Cột “{column}”, dòng {line}: “{cell}” không thuộc kết quả nào đã khai báo{ask_vi}");
    Finding::error("/outcome", "outcome-unknown", vi, format!("Column “{column}”, line {line}: “{cell}” is no end of a case here{ask_en}"))
}

fn rates(dispositions: &[(Option<usize>, Disposition)], base: &[f64]) -> [ResponseRates; 2] {
    let count = |weight: &dyn Fn(usize) -> f64| {
        let mut sums = [0.0; 7];
        for (row, end) in dispositions.iter().enumerate().filter_map(|(row, (end, _))| end.map(|end| (row, end))) {
            sums[end] += weight(row);
        }
        let [complete, partial, refused, not_contacted, other, unknown, ineligible] = sums;
        CaseCounts { complete, partial, refused, not_contacted, other, unknown, ineligible }.rates()
    };
    [count(&|_| 1.0), count(&|row| base[row])]
}

fn base(plan: &Plan, sheet: &Sheet) -> Checked<Vec<f64>> {
    let all = vec![true; sheet.rows()];
    let numbers = |name: &str, pointer: &str| sheet.numbers(name, &all, pointer);
    match &plan.base {
        Base::Column(name) => {
            let weights = numbers(name, "/base/column").map_err(|finding| vec![finding])?;
            match weights.iter().position(|weight| *weight < 0.0) {
                Some(row) => Err(vec![CalibrationError::BaseWeight { row }.finding("/base/column")]),
                None => Ok(weights),
            }
        }
        Base::Stages(stages) => {
            let (mut columns, mut findings) = (Vec::new(), Vec::new());
            for (place, stage) in stages.iter().enumerate() {
                let names = match stage {
                    Stage::Probability(column) => vec![column],
                    Stage::Counts { population, sampled } => vec![population, sampled],
                };
                for name in names {
                    match numbers(name, &format!("/base/stages/{place}")) {
                        Ok(column) => columns.push(column),
                        Err(finding) => findings.push(finding),
                    }
                }
            }
            if !findings.is_empty() {
                return Err(findings);
            }
            let mut columns = columns.iter().map(Vec::as_slice);
            let mut next = || columns.next().unwrap_or_default();
            let chances: Vec<StageChance<'_>> = stages
                .iter()
                .map(|stage| match stage {
                    Stage::Probability(_) => StageChance::Probability(next()),
                    Stage::Counts { .. } => StageChance::Counts { population: next(), sampled: next() },
                })
                .collect();
            base_weights(sheet.rows(), &chances).map_err(|errors| {
                let finding = |error: &BaseWeightError| {
                    let vi = format!("Không tính được trọng số cơ sở: {}", error.vi());
                    Finding::error("/base/stages", "base-weight", vi, format!("No base weight: {error}"))
                };
                errors.iter().map(finding).collect()
            })
        }
    }
}

fn no_file(pointer: &str, file: &str) -> Finding {
    Finding::error(pointer, "file-unreadable", format!("Không có tệp {file}"), format!("There is no file {file}"))
}

/// What a step works on.
struct Work<'a> {
    sheet: &'a Sheet,
    totals: &'a BTreeMap<String, Sheet>,
    pointer: String,
    respondents: &'a [bool],
    became: &'a [Disposition],
}

impl Work<'_> {
    fn step(&self, step: &Step, before: &[f64]) -> Checked<Done> {
        match step {
            Step::UnknownEligibility(Classes { columns, rule }) => {
                let classes = self.joined(columns)?;
                self.adjusted(unknown_eligibility(before, self.became, &classes, *rule))
            }
            Step::NonResponse(Classes { columns, rule }) => {
                let classes = self.joined(columns)?;
                self.adjusted(nonresponse(before, self.became, &classes, *rule))
            }
            Step::PostStratify(margin) => {
                let before = self.of_respondents(before);
                let margin = self.margin(margin, "/margin")?;
                let done = poststratify(&before, &margin).map_err(|errors| self.findings(&errors))?;
                Ok((self.calibrated(&done), vec![Aim::Margin(margin)]))
            }
            Step::Rake { margins, stop } => {
                let before = self.of_respondents(before);
                let margins = self.margins(margins)?;
                let done = rake(&before, &margins, *stop, RakingResiduals::Regression).map_err(|errors| self.findings(&errors))?;
                if !done.converged() {
                    let lines: Vec<MarginLine> = margins.iter().flat_map(|margin| margin_lines(margin, &before, done.weights())).collect();
                    return Err(self.not_reached(&lines, done.rounds()));
                }
                Ok((self.calibrated(&done), margins.into_iter().map(Aim::Margin).collect()))
            }
            Step::Calibrate { margins, totals, population, distance, clusters } => {
                let before = self.of_respondents(before);
                let constant = population.map(|population| Auxiliary::constant(before.len(), population));
                let (margins, totals) = (self.margins(margins)?, self.totals(totals)?);
                let indicators = margins.iter().flat_map(Margin::indicators);
                let auxiliaries: Vec<Auxiliary> = constant.iter().cloned().chain(indicators).chain(totals.iter().cloned()).collect();
                let clusters = clusters.as_ref().map(|name| self.clusters(name)).transpose()?;
                let done = calibrate(&before, &auxiliaries, *distance, clusters.as_deref()).map_err(|errors| self.findings(&errors))?;
                let aims = constant.into_iter().map(Aim::Total).chain(margins.into_iter().map(Aim::Margin));
                Ok((self.calibrated(&done), aims.chain(totals.into_iter().map(Aim::Total)).collect()))
            }
            Step::Trim { rule, redistribution, strict } => {
                let before = self.of_respondents(before);
                let trimmed = trim(&before, *rule, *redistribution, *strict).map_err(|error| {
                    let vi = format!("Không cắt được trọng số: {}", error.vi());
                    vec![Finding::error(&self.pointer, "trimming", vi, format!("Weights cannot be trimmed: {error}"))]
                })?;
                let weights = self.all_rows(&trimmed.weights);
                Ok((StepResult { weights, rounds: Some(trimmed.rounds), trimmed: Some(trimmed), ..StepResult::default() }, Vec::new()))
            }
        }
    }

    fn findings(&self, errors: &[CalibrationError]) -> Vec<Finding> {
        errors.iter().map(|error| error.finding(&self.pointer)).collect()
    }

    /// The values of those who answered.
    fn of_respondents<T: Clone>(&self, all: &[T]) -> Vec<T> {
        all.iter().zip(self.respondents).filter(|(_, answered)| **answered).map(|(value, _)| value.clone()).collect()
    }

    /// Weights of those who answered as weights of all; those of the others are 0.
    fn all_rows(&self, weights: &[f64]) -> Vec<f64> {
        let mut weights = weights.iter().copied();
        self.respondents.iter().map(|answered| if *answered { weights.next().unwrap_or_default() } else { 0.0 }).collect()
    }

    fn calibrated(&self, done: &Calibration) -> StepResult {
        StepResult { weights: self.all_rows(done.weights()), rounds: Some(done.rounds()), ..StepResult::default() }
    }

    fn adjusted(&self, done: Result<ClassAdjustment, Vec<SmallClass>>) -> Checked<Done> {
        let finding = |class: &SmallClass| {
            let vi = format!(
                "Lớp {}: {} trên {} trường hợp nhận trọng số, hệ số {}; cần ít nhất {} và hệ số không quá {}",
                class.names.join(" + "),
                class.takers,
                class.cases,
                class.factor,
                class.minimum,
                class.largest_factor
            );
            Finding::error(&self.pointer, "class-too-small", vi, class.to_string())
        };
        let ClassAdjustment { weights, classes } = done.map_err(|small| small.iter().map(finding).collect::<Vec<_>>())?;
        Ok((StepResult { weights, classes, ..StepResult::default() }, Vec::new()))
    }

    fn not_reached(&self, lines: &[MarginLine], iterations: usize) -> Vec<Finding> {
        let open = lines.iter().filter(|line| line.gap() > 1e-9);
        let error = |line: &MarginLine| {
            let (name, total, reached) = (line.name.clone(), line.total, line.after);
            CalibrationError::NotReached { name, total, reached, iterations }.finding(&self.pointer)
        };
        let mut findings: Vec<Finding> = open.map(error).collect();
        if findings.is_empty() {
            let vi = format!("Trọng số vẫn còn thay đổi sau {iterations} vòng; hãy tăng “sweeps” hoặc nới “epsilon”");
            let en = format!("Weights still change after {iterations} sweeps: allow more “sweeps” or a larger “epsilon”");
            findings.push(Finding::error(&self.pointer, "calibration-not-reached", vi, en));
        }
        findings
    }

    fn joined(&self, columns: &[String]) -> Checked<Vec<String>> {
        self.sheet.joined(columns, &self.pointer).map_err(|finding| vec![finding])
    }

    fn margins(&self, plans: &[MarginPlan]) -> Checked<Vec<Margin>> {
        let (mut margins, mut findings) = (Vec::new(), Vec::new());
        for (place, plan) in plans.iter().enumerate() {
            match self.margin(plan, &format!("/margins/{place}")) {
                Ok(margin) => margins.push(margin),
                Err(found) => findings.extend(found),
            }
        }
        if findings.is_empty() { Ok(margins) } else { Err(findings) }
    }

    fn margin(&self, plan: &MarginPlan, place: &str) -> Checked<Margin> {
        let pointer = format!("{}{place}", self.pointer);
        let labels = self.of_respondents(&self.joined(&plan.columns)?);
        let totals = match &plan.totals {
            Totals::Inline(totals) => totals.clone(),
            Totals::File(file) => {
                let one = |finding: Finding| vec![finding];
                let sheet = self.totals.get(file).ok_or_else(|| vec![no_file(&pointer, file)])?;
                let names = sheet.joined(&plan.columns, &pointer).map_err(one)?;
                let totals = sheet.numbers("total", &vec![true; sheet.rows()], &pointer).map_err(one)?;
                names.into_iter().zip(totals).collect()
            }
        };
        let margin = Margin::new(&plan.columns.join(" × "), &labels, &totals);
        margin.map_err(|errors| errors.iter().map(|error| error.finding(&pointer)).collect())
    }

    /// The columns with known totals.
    fn totals(&self, totals: &[(String, f64)]) -> Checked<Vec<Auxiliary>> {
        let mut auxiliaries = Vec::new();
        let mut findings = Vec::new();
        for (place, (name, total)) in totals.iter().enumerate() {
            match self.sheet.numbers(name, self.respondents, &format!("{}/totals/{place}", self.pointer)) {
                Ok(values) => auxiliaries.push(Auxiliary { name: name.clone(), values: self.of_respondents(&values), total: *total }),
                Err(finding) => findings.push(finding),
            }
        }
        if findings.is_empty() { Ok(auxiliaries) } else { Err(findings) }
    }

    /// The clusters of those who answered, numbered in the order in which they occur.
    fn clusters(&self, name: &str) -> Checked<Vec<u32>> {
        let cells = self.sheet.column(name, &self.pointer).map_err(|finding| vec![finding])?;
        let mut known = std::collections::HashMap::new();
        let number = |cell: &&str| {
            let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
            *known.entry((*cell).to_owned()).or_insert(next)
        };
        Ok(self.of_respondents(&cells).iter().map(number).collect())
    }
}
