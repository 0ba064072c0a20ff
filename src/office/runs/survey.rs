//! What a run of a survey's index is made of.

use serde_json::json;
use uuid::Uuid;

use super::{FlaggedWish, Frozen, RunWish, composite};
use crate::office::{Act, Code, Refusal};
use crate::response::quality::Rule;
use crate::schema::IndexDefinition;
use crate::store::composites::Inputs;
use crate::store::quality::{self, LeftOut};
use crate::store::waves::{self, Wave};
use crate::store::{Db, StoreError, runs, schemas};
use crate::words::Finding;
use crate::words::encode::from_rfc3339;

/// Checks a wish for a run of a survey's index.
///
/// # Errors
/// `wave-unknown`, or `body-invalid` with everything that is wrong.
pub(super) fn freeze(act: &mut Act<'_>, wish: &RunWish, definition: &IndexDefinition) -> Result<Frozen, Refusal> {
    let wave = match &wish.wave {
        Some(code) => Some(waves::find(act.db, code)?.ok_or_else(|| unknown_wave(code))?),
        None => None,
    };
    let mut findings: Vec<Finding> = of_wave(definition, wave.as_ref()).into_iter().collect();
    findings.extend(of_parameters(wish, definition));
    findings.extend(composite::foreign(wish));
    let as_of = as_of(wish, &mut findings);
    let since = earlier(act.db, wish.since.as_deref(), definition.code(), &mut findings)?;
    let left_out = match (&wish.without_flagged, &wave) {
        (Some(wanted), Some(wave)) => flagged(act.db, wanted, wave, &mut findings)?,
        _ => None,
    };
    let Some(wave) = wave.filter(|_| findings.is_empty()) else { return Err(Refusal::new(Code::BodyInvalid).errors(findings)) };
    let parameters = json!(wish.parameters).to_string();
    Ok(Frozen { wave_id: Some(wave.id), as_of, since, left_out, parameters, inputs: Inputs::default() })
}

pub(super) fn unknown_wave(code: &str) -> Refusal {
    Refusal::new(Code::WaveUnknown).detail(format!("không có đợt {code}"), format!("there is no wave {code}"))
}

/// No wave, or one of another survey.
fn of_wave(index: &IndexDefinition, wave: Option<&Wave>) -> Option<Finding> {
    match wave {
        None => Some(Finding::error("/wave", "missing", "Thiếu đợt khảo sát", "The wave is missing")),
        Some(wave) if index.survey() != wave.survey_code => {
            let vi = format!("Chỉ số tính từ khảo sát {}, đợt này thuộc {}", index.survey(), wave.survey_code);
            let en = format!("The index is of the survey {}, the wave of {}", index.survey(), wave.survey_code);
            Some(Finding::error("/wave", "other-survey", vi, en))
        }
        Some(_) => None,
    }
}

/// Parameters that the index does not have or that are out of bounds.
fn of_parameters(wish: &RunWish, index: &IndexDefinition) -> Vec<Finding> {
    let wrong = |(name, value): (&String, &f64)| {
        let pointer = format!("/parameters/{}", name.replace('~', "~0").replace('/', "~1"));
        match index.parameters().get(name) {
            None => {
                let (vi, en) = ("Chỉ số không có tham số này", "The index has no such parameter");
                Some(Finding::error(pointer, "parameter-unknown", vi, en))
            }
            Some(known) if !(known.min..=known.max).contains(value) => {
                let (vi, en) = (format!("Phải từ {} đến {}", known.min, known.max), format!("Must be from {} to {}", known.min, known.max));
                Some(Finding::error(pointer, "out-of-bounds", vi, en))
            }
            Some(_) => None,
        }
    };
    wish.parameters.iter().filter_map(wrong).collect()
}

/// The instant that a wish names.
fn as_of(wish: &RunWish, findings: &mut Vec<Finding>) -> Option<i64> {
    let instant = from_rfc3339(wish.as_of.as_ref()?);
    if instant.is_none() {
        let (vi, en) = ("Cần thời điểm theo RFC 3339, có múi giờ", "An RFC 3339 instant with offset is needed");
        findings.push(Finding::error("/as_of", "instant-invalid", vi, en));
    }
    instant
}

/// The run to compare with: finished, and of the same index.
fn earlier(db: &mut Db, since: Option<&str>, index: &str, findings: &mut Vec<Finding>) -> Result<Option<Uuid>, StoreError> {
    let Some(id) = since else { return Ok(None) };
    let mut refused = |code, vi: &str, en: &str| {
        findings.push(Finding::error("/since", code, vi, en));
        Ok(None)
    };
    let run = match Uuid::parse_str(id) {
        Ok(id) => runs::find(db, id)?,
        Err(_) => None,
    };
    let Some(run) = run else { return refused("run-unknown", "Không có lần tính này", "There is no such run") };
    if run.digest.is_none() {
        return refused("run-unfinished", "Lần tính này chưa có kết quả", "That run has no results");
    }
    if schemas::index_by_id(db, run.index_version_id)?.code != index {
        return refused("other-index", "Lần tính này thuộc chỉ số khác", "That run is of another index");
    }
    Ok(Some(run.id))
}

/// The evaluation and the rules that a wish names: one that is done, rules that exist.
pub(super) fn flagged(db: &mut Db, wish: &FlaggedWish, wave: &Wave, findings: &mut Vec<Finding>) -> Result<Option<LeftOut>, StoreError> {
    let before = findings.len();
    let is_done = |evaluation: &quality::Evaluation| evaluation.state() == "done";
    let evaluation = match wish.evaluation {
        Some(version) => quality::find(db, wave.id, version)?.filter(is_done),
        None => quality::list(db, wave.id)?.into_iter().find(is_done),
    };
    if evaluation.is_none() {
        let (vi, en) = match wish.evaluation {
            Some(_) => ("Đợt này không có lần đánh giá đã xong mang số đó", "The wave has no finished evaluation of that number"),
            None => ("Đợt này chưa có lần đánh giá nào đã xong", "The wave has no finished evaluation yet"),
        };
        findings.push(Finding::error("/without_flagged/evaluation", "evaluation-unknown", vi, en));
    }
    let mut rules = Vec::new();
    for (place, name) in wish.rules.iter().flatten().enumerate() {
        if let Some(rule) = Rule::parse(name) {
            rules.push(rule);
            continue;
        }
        let names = Rule::ALL.map(Rule::as_str).join(", ");
        let (vi, en) = (format!("Phải là một trong: {names}"), format!("Must be one of: {names}"));
        findings.push(Finding::error(format!("/without_flagged/rules/{place}"), "unknown-value", vi, en));
    }
    if wish.rules.as_ref().is_some_and(Vec::is_empty) {
        let (vi, en) = ("Danh sách không được để trống", "The list must not be empty");
        findings.push(Finding::error("/without_flagged/rules", "empty", vi, en));
    }
    rules.sort_unstable();
    rules.dedup();
    let Some(evaluation) = evaluation.filter(|_| findings.len() == before) else { return Ok(None) };
    let rules = if wish.rules.is_some() { rules } else { quality::rules_of(db, evaluation.id)? };
    Ok(Some(LeftOut { evaluation, rules }))
}
