//! The plan of a weighting: a JSON file, checked as a whole.

use serde_json::Value;

use crate::design::{Bounds, ClassRule, Distance, RakeStop, Redistribution, TrimRule};
use crate::schema::decode::{At, Object, array, boolean, document, list, names, not_empty, real, skip_meta_schema, string, whole};
use crate::table;
use crate::words::Finding;

/// How weights are made, step by step.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// The CSV file of the sample, relative to the plan.
    pub(crate) data: String,
    /// The column that tells rows apart.
    pub(crate) id: String,
    /// The column with the PSU.
    pub(crate) psu: Option<String>,
    /// Where base weights come from.
    pub(crate) base: Base,
    /// What became of each row; without it every row is a respondent.
    pub(crate) outcome: Option<Outcome>,
    /// The steps, in order.
    pub(crate) steps: Vec<Step>,
}

/// Where base weights come from.
#[derive(Debug, Clone)]
pub(crate) enum Base {
    /// A column.
    Column(String),
    /// The chance at each stage.
    Stages(Vec<Stage>),
}

/// The chance to be drawn at a stage.
#[derive(Debug, Clone)]
pub(crate) enum Stage {
    /// A column of probabilities.
    Probability(String),
    /// Columns of the units there are and of those drawn.
    Counts { population: String, sampled: String },
}

impl Stage {
    fn columns(&self) -> Vec<&str> {
        match self {
            Self::Probability(column) => vec![column],
            Self::Counts { population, sampled } => vec![population, sampled],
        }
    }
}

/// The ends a case can come to, in the order of [`Outcome::values`].
pub(crate) const ENDS: [&str; 7] = ["complete", "partial", "refused", "not_contacted", "other", "unknown", "ineligible"];

/// Which values of a column stand for which end of a case.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) column: String,
    /// The values for each of [`ENDS`].
    pub(crate) values: [Vec<String>; 7],
}

/// A step.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    UnknownEligibility(Classes),
    NonResponse(Classes),
    PostStratify(Margin),
    Rake { margins: Vec<Margin>, stop: RakeStop },
    Calibrate { margins: Vec<Margin>, totals: Vec<(String, f64)>, population: Option<f64>, distance: Distance, clusters: Option<String> },
    Trim { rule: TrimRule, redistribution: Redistribution, strict: bool },
}

/// Weighting classes: the combinations of columns' values.
#[derive(Debug, Clone)]
pub(crate) struct Classes {
    pub(crate) columns: Vec<String>,
    pub(crate) rule: ClassRule,
}

/// A margin: the combinations of columns' values, with their totals.
#[derive(Debug, Clone)]
pub(crate) struct Margin {
    pub(crate) columns: Vec<String>,
    pub(crate) totals: Totals,
}

/// Where the totals of a margin stand.
#[derive(Debug, Clone)]
pub(crate) enum Totals {
    /// In the plan.
    Inline(Vec<(String, f64)>),
    /// In a CSV file with the margin's columns and a column `total`, relative to the plan.
    File(String),
}

impl Step {
    /// The name in plans and reports.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::UnknownEligibility(_) => STEPS[0],
            Self::NonResponse(_) => STEPS[1],
            Self::PostStratify(_) => STEPS[2],
            Self::Rake { .. } => STEPS[3],
            Self::Calibrate { .. } => STEPS[4],
            Self::Trim { .. } => STEPS[5],
        }
    }
}

const STEPS: [&str; 6] = ["unknown_eligibility", "nonresponse", "poststratify", "rake", "calibrate", "trim"];

impl Plan {
    /// Reads a plan.
    ///
    /// # Errors
    /// Every finding, in the order of lines.
    pub(crate) fn parse(text: &str) -> Result<Self, Vec<Finding>> {
        Ok(document(text, read)?.found)
    }

    /// The columns of the data that hold numbers.
    pub(crate) fn numbers(&self) -> Vec<&str> {
        let base = match &self.base {
            Base::Column(column) => vec![column.as_str()],
            Base::Stages(stages) => stages.iter().flat_map(Stage::columns).collect(),
        };
        let totals = self.steps.iter().flat_map(|step| match step {
            Step::Calibrate { totals, .. } => totals.as_slice(),
            _ => &[],
        });
        base.into_iter().chain(totals.map(|(column, _)| column.as_str())).collect()
    }

    /// The files with totals that margins name, each with where the plan names it.
    pub(crate) fn total_files(&self) -> Vec<(String, &str)> {
        let mut files = Vec::new();
        for (place, step) in self.steps.iter().enumerate() {
            let (margins, member): (&[Margin], _) = match step {
                Step::PostStratify(margin) => (std::slice::from_ref(margin), "margin"),
                Step::Rake { margins, .. } | Step::Calibrate { margins, .. } => (margins, "margins"),
                Step::UnknownEligibility(_) | Step::NonResponse(_) | Step::Trim { .. } => continue,
            };
            for (number, margin) in margins.iter().enumerate() {
                let within = if member == "margin" { String::new() } else { format!("/{number}") };
                if let Totals::File(file) = &margin.totals {
                    files.push((format!("/steps/{place}/{member}{within}/file"), file.as_str()));
                }
            }
        }
        files
    }
}

fn text(value: &Value, at: &mut At<'_>) -> Option<String> {
    string(value, at).map(str::to_owned)
}

fn read(value: &Value, at: &mut At<'_>) -> Option<Plan> {
    let mut object = Object::open(value, at)?;
    skip_meta_schema(&mut object, at);
    object.need("kind", at, |value, at| at.one_of(value, &["weighting"]));
    let data = object.need("data", at, text);
    let id = object.need("id", at, text);
    let psu = object.read("psu", at, text);
    let base = object.need("base", at, base);
    let outcome = object.read("outcome", at, outcome);
    let steps = object.need("steps", at, |value, at| list(value, at, step));
    object.close(at);
    for (place, step) in steps.iter().flatten().enumerate() {
        if outcome.is_none() && matches!(step, Step::UnknownEligibility(_) | Step::NonResponse(_)) {
            at.key("steps").index(place).error(
                "outcome-missing",
                "Bước này cần trường “outcome” của kế hoạch để biết ai đã trả lời",
                "This step needs the plan's “outcome”, which says who answered",
            );
        }
    }
    Some(Plan { data: data?, id: id?, psu, base: base?, outcome, steps: steps? })
}

fn base(value: &Value, at: &mut At<'_>) -> Option<Base> {
    let mut object = Object::open(value, at)?;
    let column = object.read("column", at, text);
    let stages = object.read("stages", at, |value, at| {
        let stages = list(value, at, stage)?;
        not_empty(array(value, at)?, at);
        Some(stages)
    });
    let found = match (column, stages) {
        (Some(column), None) => Some(Base::Column(column)),
        (None, Some(stages)) => Some(Base::Stages(stages)),
        _ => either("column", "stages", at),
    };
    object.close(at);
    found
}

fn stage(value: &Value, at: &mut At<'_>) -> Option<Stage> {
    let mut object = Object::open(value, at)?;
    let probability = object.read("probability", at, text);
    let (population, sampled) = (object.read("population", at, text), object.read("sampled", at, text));
    let found = match (probability, population, sampled) {
        (Some(column), None, None) => Some(Stage::Probability(column)),
        (None, Some(population), Some(sampled)) => Some(Stage::Counts { population, sampled }),
        _ => either("probability", "population, sampled", at),
    };
    object.close(at);
    found
}

/// Says that one of two belongs here, and not both.
fn either<T>(one: &str, other: &str, at: &mut At<'_>) -> Option<T> {
    let (vi, en) = (format!("Cần hoặc “{one}” hoặc “{other}”"), format!("Either “{one}” or “{other}” belongs here"));
    at.error("one-of", vi, en);
    None
}

fn outcome(value: &Value, at: &mut At<'_>) -> Option<Outcome> {
    let mut object = Object::open(value, at)?;
    let column = object.need("column", at, text);
    let values: [Vec<String>; 7] =
        ENDS.map(|end| object.read(end, at, names).unwrap_or_default().iter().map(|value| table::name(value).into_owned()).collect());
    object.close(at);
    if values[0].is_empty() && values[1].is_empty() {
        at.missing("complete");
    }
    let mut seen: Vec<&String> = Vec::new();
    for value in values.iter().flatten() {
        if seen.contains(&value) {
            let (vi, en) = (format!("“{value}” có ở hai kết quả"), format!("“{value}” stands for two ends of a case"));
            at.error("duplicate-code", vi, en);
        }
        seen.push(value);
    }
    Some(Outcome { column: column?, values })
}

fn step(value: &Value, at: &mut At<'_>) -> Option<Step> {
    let mut object = Object::open(value, at)?;
    let kind = object.need("step", at, |value, at| at.one_of(value, &STEPS))?;
    let found = match kind {
        0 => classes(&mut object, at).map(Step::UnknownEligibility),
        1 => classes(&mut object, at).map(Step::NonResponse),
        2 => object.need("margin", at, margin).map(Step::PostStratify),
        3 => rake(&mut object, at),
        4 => calibrate(&mut object, at),
        _ => trim(&mut object, at),
    };
    object.close(at);
    found
}

fn classes(object: &mut Object<'_>, at: &mut At<'_>) -> Option<Classes> {
    let columns = object.need("classes", at, names);
    let minimum = object.read("minimum", at, |value, at| whole(value, 1..=1_000_000, at)).unwrap_or(1);
    let largest_factor = object.read("largest_factor", at, |value, at| positive(value, 1.0, at)).unwrap_or(f64::INFINITY);
    let merge = object.read("merge", at, boolean).unwrap_or(false);
    Some(Classes { columns: columns?, rule: ClassRule { minimum: minimum as usize, largest_factor, merge } })
}

/// A number of at least `least`.
fn positive(value: &Value, least: f64, at: &mut At<'_>) -> Option<f64> {
    let number = real(value, at)?;
    if number < least {
        at.error("out-of-range", format!("Phải là số từ {least} trở lên"), format!("Must be a number from {least} up"));
        return None;
    }
    Some(number)
}

fn margin(value: &Value, at: &mut At<'_>) -> Option<Margin> {
    let mut object = Object::open(value, at)?;
    let columns = object.need("columns", at, names);
    let inline = object.read("totals", at, |value, at| {
        let Value::Object(totals) = value else {
            at.wrong_type("một đối tượng", "an object", value);
            return None;
        };
        Some(
            totals
                .iter()
                .filter_map(|(name, total)| Some((table::name(name).into_owned(), positive(total, 0.0, &mut at.key(name))?)))
                .collect(),
        )
    });
    let file = object.read("file", at, text);
    let totals = match (inline, file) {
        (Some(totals), None) => Some(Totals::Inline(totals)),
        (None, Some(file)) => Some(Totals::File(file)),
        _ => either("totals", "file", at),
    };
    object.close(at);
    Some(Margin { columns: columns?, totals: totals? })
}

fn rake(object: &mut Object<'_>, at: &mut At<'_>) -> Option<Step> {
    let margins = object.need("margins", at, |value, at| {
        let margins = list(value, at, margin)?;
        not_empty(array(value, at)?, at);
        Some(margins)
    });
    let usual = RakeStop::default();
    let sweeps = object.read("sweeps", at, |value, at| whole(value, 1..=100_000, at)).map_or(usual.sweeps, |sweeps| sweeps as usize);
    let epsilon = object.read("epsilon", at, |value, at| positive(value, 1e-14, at)).unwrap_or(usual.epsilon);
    Some(Step::Rake { margins: margins?, stop: RakeStop { sweeps, epsilon } })
}

fn calibrate(object: &mut Object<'_>, at: &mut At<'_>) -> Option<Step> {
    let margins = object.read("margins", at, |value, at| list(value, at, margin)).unwrap_or_default();
    let totals = object.read("totals", at, |value, at| list(value, at, total)).unwrap_or_default();
    let population = object.read("population", at, |value, at| positive(value, 0.0, at));
    let kind = object.need("distance", at, |value, at| at.one_of(value, &["linear", "raking", "logit"]));
    let bounds = object.read("bounds", at, bounds);
    let clusters = object.read("clusters", at, text);
    if margins.is_empty() && totals.is_empty() && population.is_none() {
        at.missing("margins");
    }
    let distance = match (kind?, bounds) {
        (0, bounds) => Distance::Linear(bounds),
        (1, bounds) => Distance::Raking(bounds),
        (_, Some(bounds)) => Distance::Logit(bounds),
        (_, None) => {
            at.missing("bounds");
            return None;
        }
    };
    Some(Step::Calibrate { margins, totals, population, distance, clusters })
}

fn total(value: &Value, at: &mut At<'_>) -> Option<(String, f64)> {
    let mut object = Object::open(value, at)?;
    let column = object.need("column", at, text);
    let total = object.need("total", at, real);
    object.close(at);
    Some((column?, total?))
}

/// Two numbers, the lower one first.
fn pair(value: &Value, at: &mut At<'_>) -> Option<(f64, f64)> {
    let numbers = list(value, at, real)?;
    let [low, high] = numbers.as_slice() else {
        at.error("pair", "Cần hai số: dưới và trên", "Two numbers belong here: the lower and the upper one");
        return None;
    };
    Some((*low, *high))
}

fn bounds(value: &Value, at: &mut At<'_>) -> Option<Bounds> {
    let (low, high) = pair(value, at)?;
    let bounds = Bounds::new(low, high);
    bounds.map_err(|error| at.error("calibration-bounds", error.finding("").vi, error.to_string())).ok()
}

fn trim(object: &mut Object<'_>, at: &mut At<'_>) -> Option<Step> {
    let limits = object.read("limits", at, pair).map(|(low, high)| TrimRule::Limits { low, high });
    let quantiles = object.read("quantiles", at, quantiles);
    let medians = object.read("medians", at, pair).map(|(low, high)| TrimRule::Medians { low, high });
    let ranges = object.read("interquartile_ranges", at, |value, at| positive(value, 0.0, at)).map(TrimRule::InterquartileRanges);
    let redistribution = object.read("redistribute", at, |value, at| at.one_of(value, &["equally", "proportionally", "nowhere"]));
    let strict = object.read("strict", at, boolean).unwrap_or(true);
    let redistribution = match redistribution {
        None | Some(0) => Redistribution::Equally,
        Some(1) => Redistribution::Proportionally,
        Some(_) => Redistribution::Nowhere,
    };
    let rules: Vec<TrimRule> = [limits, quantiles, medians, ranges].into_iter().flatten().collect();
    let [rule] = rules.as_slice() else {
        return either("limits", "quantiles, medians, interquartile_ranges", at);
    };
    Some(Step::Trim { rule: *rule, redistribution, strict })
}

fn quantiles(value: &Value, at: &mut At<'_>) -> Option<TrimRule> {
    let (low, high) = pair(value, at)?;
    if !(0.0 <= low && low < high && high <= 1.0) {
        at.error("out-of-range", "Hai xác suất từ 0 đến 1, số dưới trước", "Two probabilities from 0 to 1, the lower one first");
        return None;
    }
    Some(TrimRule::Quantiles { low, high })
}
