//! What a run of a composite index is made of, as its request says it.

use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use crate::api::runs::{Frozen, RunRequest};
use crate::composite::uncertainty::Method;
use crate::jobs::composite::Parameters;
use crate::jobs::composite::inputs;
use crate::office::Code;
use crate::office::Refusal;
use crate::schema::composite::{CompositeDefinition, parse_factors};
use crate::store::Db;
use crate::store::composites::Inputs;
use crate::words::Finding;

/// Fewest and most replicates.
const REPLICATES: std::ops::RangeInclusive<u32> = 100..=100_000;

/// A run of a survey's index that leaves are taken from.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SurveyRequest {
    /// The run's id. It must be finished; the composite index can be published once it is.
    #[serde(deserialize_with = "run_id")]
    #[schema(value_type = String, format = "uuid")]
    run: Uuid,
    /// The edition that takes its values; the definition's own if nothing is said.
    #[validate(length(min = 1, max = 32))]
    edition: Option<String>,
}

fn run_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
    let text = String::deserialize(deserializer)?;
    Uuid::parse_str(&text).map_err(|_| serde::de::Error::custom(format!("{text:?} is no id of a run")))
}

/// A run of a survey's index that leaves were taken from.
#[derive(Debug, Serialize, ToSchema)]
pub struct SurveyBody {
    /// The run's id.
    pub run: String,
    /// The edition that takes its values.
    pub edition: String,
}

impl SurveyBody {
    /// As the API tells it.
    #[must_use]
    pub fn of((run, edition): (Uuid, String)) -> Self {
        Self { run: run.to_string(), edition }
    }
}

/// How the errors of values are carried to scores and ranks.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UncertaintyRequest {
    /// The two-sided level of intervals; 0.95 if nothing is said.
    level: Option<f64>,
    /// `delta` or `replicates`; by slopes where every path is smooth, else by replicates, if nothing is said.
    method: Option<String>,
    /// Replicates where they are needed, 100 to 100 000; 1000 if nothing is said.
    replicates: Option<u32>,
}

/// What only runs of composite indices have, in a request for another.
#[must_use]
pub fn foreign(request: &RunRequest) -> Vec<Finding> {
    let (vi, en) = ("Chỉ dùng cho chỉ số tổng hợp", "Only runs of composite indices have this");
    let given = [
        ("/tables", !request.tables.is_empty()),
        ("/surveys", !request.surveys.is_empty()),
        ("/uncertainty", request.uncertainty.is_some()),
        ("/sensitivity", request.sensitivity.is_some()),
    ];
    given.into_iter().filter(|(_, given)| *given).map(|(pointer, _)| Finding::error(pointer, "not-composite", vi, en)).collect()
}

/// Reads a request for a run of a composite index.
///
/// # Errors
/// `body-invalid` with everything that is wrong.
pub fn freeze(db: &mut Db, request: &RunRequest, definition: &CompositeDefinition) -> Result<Frozen, Refusal> {
    let survey = |survey: &SurveyRequest| (survey.run, survey.edition.clone().unwrap_or_else(|| definition.edition().to_owned()));
    let inputs = Inputs { tables: request.tables.clone(), surveys: request.surveys.iter().map(survey).collect() };
    let mut findings = of_surveys(request);
    findings.extend(inputs::check(db, definition, &inputs)?);
    let parameters = parameters(request, definition, &mut findings);
    if !findings.is_empty() {
        return Err(Refusal::new(Code::BodyInvalid).errors(findings));
    }
    // Numbers, texts and a document that was JSON always serialise.
    let parameters = serde_json::to_string(&parameters).unwrap_or_default();
    Ok(Frozen { wave_id: None, as_of: None, since: None, left_out: None, parameters, inputs })
}

/// What only runs of surveys' indices have.
fn of_surveys(request: &RunRequest) -> Vec<Finding> {
    let (vi, en) = ("Không dùng cho chỉ số tổng hợp", "Runs of composite indices do not have this");
    let given = [
        ("/wave", request.wave.is_some()),
        ("/as_of", request.as_of.is_some()),
        ("/since", request.since.is_some()),
        ("/without_flagged", request.without_flagged.is_some()),
        ("/parameters", !request.parameters.is_empty()),
    ];
    given.into_iter().filter(|(_, given)| *given).map(|(pointer, _)| Finding::error(pointer, "composite", vi, en)).collect()
}

/// How the index is to be computed; what is out of bounds or does not go with the definition is a finding.
fn parameters(request: &RunRequest, definition: &CompositeDefinition, findings: &mut Vec<Finding>) -> Parameters {
    let mut parameters = Parameters { factors: request.sensitivity.clone(), ..Parameters::default() };
    if let Some(asked) = &request.uncertainty {
        parameters.level = asked.level.unwrap_or(parameters.level);
        parameters.replicates = asked.replicates.unwrap_or(parameters.replicates);
        parameters.method = asked.method.as_deref().and_then(method);
        if parameters.method.is_none() && asked.method.is_some() {
            let (vi, en) = ("Phải là delta hoặc replicates", "Must be delta or replicates");
            findings.push(Finding::error("/uncertainty/method", "unknown-value", vi, en));
        }
    }
    if !(parameters.level > 0.0 && parameters.level < 1.0) {
        let (vi, en) = ("Phải lớn hơn 0 và nhỏ hơn 1", "Must be above 0 and below 1");
        findings.push(Finding::error("/uncertainty/level", "out-of-bounds", vi, en));
    }
    if !REPLICATES.contains(&parameters.replicates) {
        let (least, most) = (REPLICATES.start(), REPLICATES.end());
        let (vi, en) = (format!("Phải từ {least} đến {most}"), format!("Must be from {least} to {most}"));
        findings.push(Finding::error("/uncertainty/replicates", "out-of-bounds", vi, en));
    }
    if let Some(Err(wrong)) = request.sensitivity.as_ref().map(|factors| parse_factors(&factors.to_string(), definition)) {
        let under = |finding: Finding| Finding { pointer: format!("/sensitivity{}", finding.pointer), line: None, ..finding };
        findings.extend(wrong.into_iter().filter(Finding::is_error).map(under));
    }
    parameters
}

fn method(name: &str) -> Option<Method> {
    [Method::Delta, Method::Replicates].into_iter().find(|method| method.as_str() == name)
}
