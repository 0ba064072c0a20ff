//! What a run of a composite index is made of, as its request says it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use crate::api::codes::Code;
use crate::api::problem::Problem;
use crate::api::runs::{Frozen, RunRequest};
use crate::index::composite::uncertainty::Method;
use crate::jobs::composite::Parameters;
use crate::schema::Finding;
use crate::schema::composite::{CompositeDefinition, SurveyLeaf, parse_factors};
use crate::store::composites::Inputs;
use crate::store::runs::{self, Run, RunState};
use crate::store::{Db, StoreError, indicators, schemas, waves};

/// Fewest and most replicates.
const REPLICATES: std::ops::RangeInclusive<u32> = 100..=100_000;

/// A run of a survey's index that leaves are taken from.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SurveyRequest {
    /// The run's id. It must be finished; the composite index can be published once it is.
    run: String,
    /// The edition that takes its values; the definition's own if nothing is said.
    #[validate(length(min = 1, max = 32))]
    edition: Option<String>,
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
pub fn freeze(db: &mut Db, request: &RunRequest, definition: &CompositeDefinition) -> Result<Frozen, Problem> {
    let mut findings = of_surveys(request);
    if request.tables.is_empty() && request.surveys.is_empty() {
        let (vi, en) = ("Cần ít nhất một bảng chỉ tiêu hoặc một lần tính", "At least one indicator table or survey run is needed");
        findings.push(Finding::error("/tables", "missing", vi, en));
    }
    tables(db, &request.tables, definition.code(), &mut findings)?;
    let surveys = surveys(db, &request.surveys, definition, &mut findings)?;
    let parameters = parameters(request, definition, &mut findings);
    if !findings.is_empty() {
        return Err(Problem::new(Code::BodyInvalid).errors(findings));
    }
    // Numbers, texts and a document that was JSON always serialise.
    let parameters = serde_json::to_string(&parameters).unwrap_or_default();
    let inputs = Inputs { tables: request.tables.clone(), surveys };
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

/// Tables that do not exist, that are of another index, or that stand there twice.
fn tables(db: &mut Db, tables: &[i32], index: &str, findings: &mut Vec<Finding>) -> Result<(), StoreError> {
    for (place, id) in tables.iter().enumerate() {
        let mut finding = |code, vi: String, en: String| findings.push(Finding::error(format!("/tables/{place}"), code, vi, en));
        if tables.iter().take(place).any(|earlier| earlier == id) {
            finding("repeated", format!("Bảng {id} có hai lần"), format!("The table {id} stands there twice"));
            continue;
        }
        let Some(table) = indicators::find(db, *id)? else {
            finding("table-unknown", format!("Không có bảng {id}"), format!("There is no table {id}"));
            continue;
        };
        let other = schemas::index_by_id(db, table.index_version_id)?.code;
        if other != index {
            finding("other-index", format!("Bảng {id} thuộc chỉ số {other}"), format!("The table {id} is of the index {other}"));
        }
    }
    Ok(())
}

/// The runs that leaves are taken from, each with its edition; what cannot be used is a finding.
fn surveys(
    db: &mut Db,
    requests: &[SurveyRequest],
    definition: &CompositeDefinition,
    findings: &mut Vec<Finding>,
) -> Result<Vec<(Uuid, String)>, Problem> {
    let mut taken: Vec<(Uuid, String)> = Vec::new();
    for (place, request) in requests.iter().enumerate() {
        let mut finding = |(code, vi, en): Wrong| findings.push(Finding::error(format!("/surveys/{place}/run"), code, vi, en));
        let run = match Uuid::parse_str(&request.run) {
            Ok(id) => runs::find(db, id)?,
            Err(_) => None,
        };
        let Some(run) = run else {
            finding(("run-unknown", "Không có lần tính này", "There is no such run"));
            continue;
        };
        if let Some(wrong) = unusable(db, &run, definition)? {
            finding(wrong);
            continue;
        }
        let entry = (run.id, request.edition.clone().unwrap_or_else(|| definition.edition().to_owned()));
        if taken.contains(&entry) {
            finding(("repeated", "Lần tính này có hai lần cho cùng một kỳ", "The run stands there twice for one edition"));
            continue;
        }
        taken.push(entry);
    }
    Ok(taken)
}

/// A code, and the reason in both languages.
type Wrong = (&'static str, &'static str, &'static str);

/// Why leaves cannot be taken from a run, if they cannot.
fn unusable(db: &mut Db, run: &Run, definition: &CompositeDefinition) -> Result<Option<Wrong>, Problem> {
    let Some(wave_id) = run.wave_id else {
        return Ok(Some(("composite", "Lần tính này là của chỉ số tổng hợp", "That run is of a composite index")));
    };
    if run.state == RunState::Withdrawn {
        return Ok(Some(("run-withdrawn", "Lần tính này đã bị rút", "That run was withdrawn")));
    }
    if run.digest.is_none() {
        return Ok(Some(("run-unfinished", "Lần tính này chưa có kết quả", "That run has no results")));
    }
    let (index, wave) = (schemas::index_by_id(db, run.index_version_id)?.code, waves::by_id(db, wave_id)?.code);
    let asks = |leaf: &SurveyLeaf| leaf.index == index && leaf.wave.as_ref().is_none_or(|named| *named == wave);
    let used = definition.leaves().any(|(_, _, indicator)| indicator.survey.as_ref().is_some_and(asks));
    let wrong =
        ("run-not-used", "Không chỉ tiêu nào lấy kết quả của chỉ số và đợt này", "No indicator takes estimates of its index and wave");
    Ok((!used).then_some(wrong))
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
