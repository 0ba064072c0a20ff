//! What a case does to the weights, read against its data.

use serde_json::{Map, Value};

use super::super::fields::Fields;
use super::super::refusal::Refusal;
use super::super::study::Study;
use crate::design::{
    Auxiliary, Bounds, Calibration, Distance, Margin, RakeStop, RakingResiduals, Redistribution, TrimRule, calibrate, poststratify, rake,
    trim,
};

/// A way to calibrate, and limits to cut the weights to after it.
pub(super) struct Recipe {
    step: Step,
    trim: Option<Trim>,
}

enum Step {
    PostStratify(Margin),
    Rake { margins: Vec<Margin>, stop: RakeStop },
    Calibrate { auxiliaries: Vec<Auxiliary>, distance: Distance, clusters: Option<Vec<u32>> },
}

struct Trim {
    low: f64,
    high: f64,
    strict: bool,
}

impl Recipe {
    /// Reads a recipe; what does not follow the format goes to the findings of `fields`.
    ///
    /// # Errors
    /// Variables that are not in the data, and totals that do not fit them.
    pub(super) fn read(operation: &str, fields: &mut Fields<'_>, study: &Study<'_>) -> Result<Self, Refusal> {
        let (operation, trimmed) = match operation.strip_suffix("+trim") {
            Some(operation) => (operation, true),
            None => (operation, false),
        };
        let population = match fields.take("population").or_else(|| fields.take("pop")) {
            Some(Value::Object(population)) => population,
            _ => Map::new(),
        };
        let known = Known { study, population: &population };
        let step = match operation {
            "poststratify" => known.margin(&fields.text("margin").unwrap_or_default()).map(Step::PostStratify),
            "rake" => {
                let margins = fields.texts("margins").iter().map(|name| known.margin(name)).collect::<Result<_, _>>();
                let epsilon = fields.number("epsilon").unwrap_or(RakeStop::default().epsilon);
                margins.map(|margins| Step::Rake { margins, stop: RakeStop { epsilon, ..RakeStop::default() } })
            }
            "calibrate" => known.calibrate(fields),
            other => Err(Refusal::unsupported(format!("/post/op: there is no operation {other:?}"))),
        }?;
        let (low, high) = (fields.number("lower").unwrap_or(0.0), fields.number("upper").unwrap_or(f64::INFINITY));
        let trim = trimmed.then(|| Trim { low: low.max(0.0), high, strict: fields.flag("strict") });
        Ok(Self { step, trim })
    }

    /// Applies the recipe to base weights.
    ///
    /// # Errors
    /// What keeps the weights from reaching their totals.
    pub(super) fn apply(&self, base: &[f64]) -> Result<Calibration, Refusal> {
        let calibration = match &self.step {
            Step::PostStratify(margin) => poststratify(base, margin)?,
            Step::Rake { margins, stop } => rake(base, margins, *stop, RakingResiduals::Unweighted)?,
            Step::Calibrate { auxiliaries, distance, clusters } => calibrate(base, auxiliaries, *distance, clusters.as_deref())?,
        };
        if !calibration.converged() {
            return Err(Refusal::new("calibration-failed", format!("raking still changes weights after {} sweeps", calibration.rounds())));
        }
        Ok(match &self.trim {
            None => calibration,
            Some(Trim { low, high, strict }) => {
                let rule = TrimRule::Limits { low: *low, high: *high };
                let trimmed = trim(calibration.weights(), rule, Redistribution::Equally, *strict);
                let trimmed = trimmed.map_err(|error| Refusal::new("trimming-failed", error.to_string()))?;
                calibration.trimmed(trimmed.weights)
            }
        })
    }
}

/// What is known of the population.
struct Known<'a> {
    study: &'a Study<'a>,
    population: &'a Map<String, Value>,
}

impl Known<'_> {
    /// A column whose categories have known counts.
    fn margin(&self, column: &str) -> Result<Margin, Refusal> {
        let missing = || Refusal::new("case-invalid", format!("/post/population: no counts of the categories of {column:?}"));
        let counts = self.population.get(column).and_then(Value::as_object).ok_or_else(missing)?;
        let totals: Option<Vec<(String, f64)>> =
            counts.iter().map(|(category, total)| total.as_f64().map(|total| (category.clone(), total))).collect();
        Ok(Margin::new(column, self.study.table.cells(column)?, &totals.ok_or_else(missing)?)?)
    }

    fn calibrate(&self, fields: &mut Fields<'_>) -> Result<Step, Refusal> {
        let mut auxiliaries = Vec::new();
        for term in fields.text("aux").unwrap_or_default().split('+').map(str::trim) {
            auxiliaries.extend(self.auxiliary(term)?);
        }
        let bounds = match fields.numbers("bounds").as_slice() {
            [] => None,
            [low, high] => Some(Bounds::new(*low, *high).map_err(|error| vec![error])?),
            _ => return Err(Refusal::new("case-invalid", "/post/bounds: a lower and an upper bound belong here")),
        };
        let distance = match (fields.text("calfun").as_deref(), bounds) {
            (None | Some("linear"), bounds) => Distance::Linear(bounds),
            (Some("raking"), bounds) => Distance::Raking(bounds),
            (Some("logit"), Some(bounds)) => Distance::logit(bounds).map_err(|error| vec![error])?,
            (Some(other), _) => return Err(Refusal::new("case-invalid", format!("/post/calfun: {other:?} is unknown, or needs bounds"))),
        };
        let stages = self.study.sample.stages();
        let clusters = match fields.number("aggregate_stage") {
            None => None,
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // within the stages, which are few
            Some(stage) if stage >= 1.0 && stage.fract() == 0.0 && stage <= 16.0 => {
                stages.clusters(stage as usize - 1).map(<[u32]>::to_vec)
            }
            Some(stage) => return Err(Refusal::new("case-invalid", format!("/post/aggregate_stage: {stage} is no stage"))),
        };
        Ok(Step::Calibrate { auxiliaries, distance, clusters })
    }

    /// The variables of a term: `1`, a column of categories, a column of numbers.
    fn auxiliary(&self, term: &str) -> Result<Vec<Auxiliary>, Refusal> {
        let total = |name: &str| self.population.get(name).and_then(Value::as_f64);
        let missing = |name: &str| Refusal::new("case-invalid", format!("/post/population: no total {name:?}"));
        if term == "1" {
            return Ok(vec![Auxiliary::constant(self.study.table.rows(), total("N").ok_or_else(|| missing("N"))?)]);
        }
        if self.population.get(term).is_some_and(Value::is_object) {
            return Ok(self.margin(term)?.indicators());
        }
        let sum = format!("sum_{term}");
        let values = self.study.variable(term)?.to_vec();
        Ok(vec![Auxiliary { name: term.to_owned(), values, total: total(&sum).ok_or_else(|| missing(&sum))? }])
    }
}
