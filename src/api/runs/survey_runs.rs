//! What a run of a survey's index is made of, as its request says it.

use serde_json::json;
use uuid::Uuid;

use crate::api::runs::composite_runs;
use crate::api::runs::{Frozen, RunRequest};
use crate::office::Code;
use crate::office::Refusal;
use crate::schema::IndexDefinition;
use crate::store::composites::Inputs;
use crate::store::runs;
use crate::store::{Db, schemas, waves};
use crate::words::Finding;
use crate::words::encode::from_rfc3339;

/// Reads a request for a run of a survey's index.
///
/// # Errors
/// `wave-unknown`, or `body-invalid` with what is wrong.
pub fn freeze(db: &mut Db, request: &RunRequest, definition: &IndexDefinition) -> Result<Frozen, Refusal> {
    let wave = match &request.wave {
        Some(code) => Some(waves::find(db, code)?.ok_or_else(|| Refusal::new(Code::WaveUnknown))?),
        None => None,
    };
    let mut findings = check(request, definition, wave.as_ref());
    findings.extend(composite_runs::foreign(request));
    let Some(wave) = wave.filter(|_| findings.is_empty()) else { return Err(Refusal::new(Code::BodyInvalid).errors(findings)) };
    Ok(Frozen {
        wave_id: Some(wave.id),
        as_of: as_of(request)?,
        since: earlier(db, request.since.as_deref(), definition.code())?,
        left_out: request.without_flagged.as_ref().map(|without| without.read(db, wave.id)).transpose()?,
        parameters: json!(request.parameters).to_string(),
        inputs: Inputs::default(),
    })
}

/// No wave, one of another survey, and parameters that the index does not have or that are out of bounds.
fn check(request: &RunRequest, index: &IndexDefinition, wave: Option<&waves::Wave>) -> Vec<Finding> {
    let mut findings = Vec::new();
    match wave {
        None => findings.push(Finding::error("/wave", "missing", "Thiếu đợt khảo sát", "The wave is missing")),
        Some(wave) if index.survey() != wave.survey_code => {
            let vi = format!("Chỉ số tính từ khảo sát {}, đợt này thuộc {}", index.survey(), wave.survey_code);
            let en = format!("The index is of the survey {}, the wave of {}", index.survey(), wave.survey_code);
            findings.push(Finding::error("/wave", "other-survey", vi, en));
        }
        Some(_) => {}
    }
    for (name, value) in &request.parameters {
        let pointer = format!("/parameters/{}", name.replace('~', "~0").replace('/', "~1"));
        match index.parameters().get(name) {
            None => {
                let (vi, en) = ("Chỉ số không có tham số này", "The index has no such parameter");
                findings.push(Finding::error(pointer, "parameter-unknown", vi, en));
            }
            Some(known) if !(known.min..=known.max).contains(value) => {
                let (vi, en) = (format!("Phải từ {} đến {}", known.min, known.max), format!("Must be from {} to {}", known.min, known.max));
                findings.push(Finding::error(pointer, "out-of-bounds", vi, en));
            }
            Some(_) => {}
        }
    }
    findings
}

/// The instant that a request names.
fn as_of(request: &RunRequest) -> Result<Option<i64>, Refusal> {
    let Some(text) = &request.as_of else { return Ok(None) };
    let finding = || {
        Finding::error("/as_of", "instant-invalid", "Cần thời điểm theo RFC 3339, có múi giờ", "An RFC 3339 instant with offset is needed")
    };
    from_rfc3339(text).map(Some).ok_or_else(|| Refusal::because(Code::BodyInvalid, finding()))
}

/// The run to compare with: finished, and of the same index.
fn earlier(db: &mut Db, since: Option<&str>, index: &str) -> Result<Option<Uuid>, Refusal> {
    let Some(id) = since else { return Ok(None) };
    let finding = |code, vi: &str, en: &str| Refusal::because(Code::BodyInvalid, Finding::error("/since", code, vi, en));
    let unknown = || finding("run-unknown", "Không có lần tính này", "There is no such run");
    let run = runs::find(db, Uuid::parse_str(id).map_err(|_| unknown())?)?.ok_or_else(unknown)?;
    if run.digest.is_none() {
        return Err(finding("run-unfinished", "Lần tính này chưa có kết quả", "That run has no results"));
    }
    if schemas::index_by_id(db, run.index_version_id)?.code != index {
        return Err(finding("other-index", "Lần tính này thuộc chỉ số khác", "That run is of another index"));
    }
    Ok(Some(run.id))
}
