//! Whether a composite index can be computed from what is named.

use uuid::Uuid;

use crate::schema::composite::{CompositeDefinition, SurveyLeaf};
use crate::store::composites::Inputs;
use crate::store::runs::{self, RunState};
use crate::store::{Db, StoreError, indicators, schemas, waves};
use crate::words::Finding;

/// Everything that keeps the tables and runs named from being the inputs of a run of an index; nothing if they can be. Pointers are
/// into `{"tables": [7], "surveys": [{"run": …, "edition": …}]}`.
///
/// # Errors
/// [`StoreError::Database`].
pub fn check(db: &mut Db, definition: &CompositeDefinition, inputs: &Inputs) -> Result<Vec<Finding>, StoreError> {
    let mut findings = Vec::new();
    if inputs.tables.is_empty() && inputs.surveys.is_empty() {
        let (vi, en) = ("Cần ít nhất một bảng chỉ tiêu hoặc một lần tính", "At least one indicator table or survey run is needed");
        findings.push(Finding::error("/tables", "missing", vi, en));
    }
    for (place, id) in inputs.tables.iter().enumerate() {
        let wrong = if inputs.tables.iter().take(place).any(|earlier| earlier == id) {
            Some(("repeated", format!("Bảng {id} có hai lần"), format!("The table {id} stands there twice")))
        } else {
            table(db, definition, *id)?
        };
        findings.extend(wrong.map(|(code, vi, en)| Finding::error(format!("/tables/{place}"), code, vi, en)));
    }
    for (place, entry) in inputs.surveys.iter().enumerate() {
        let (id, edition) = entry;
        let wrong = if inputs.surveys.iter().take(place).any(|earlier| earlier == entry) {
            let en = format!("The run {id} stands there twice for the edition {edition}");
            Some(("repeated", format!("Lần tính {id} có hai lần cho kỳ {edition}"), en))
        } else {
            survey(db, definition, *id)?
        };
        findings.extend(wrong.map(|(code, vi, en)| Finding::error(format!("/surveys/{place}/run"), code, vi, en)));
    }
    Ok(findings)
}

/// A code, and what is wrong in both languages.
type Wrong = Option<(&'static str, String, String)>;

/// A table is of the same index; tables of its earlier versions will do.
fn table(db: &mut Db, definition: &CompositeDefinition, id: i32) -> Result<Wrong, StoreError> {
    let Some(table) = indicators::find(db, id)? else {
        return Ok(Some(("table-unknown", format!("Không có bảng {id}"), format!("There is no table {id}"))));
    };
    let other = schemas::index_by_id(db, table.index_version_id)?.code;
    let wrong = ("other-index", format!("Bảng {id} thuộc chỉ số {other}"), format!("The table {id} is of the index {other}"));
    Ok((other != definition.code()).then_some(wrong))
}

/// Leaves are taken from a finished run of an index and a wave that they ask for.
fn survey(db: &mut Db, definition: &CompositeDefinition, id: Uuid) -> Result<Wrong, StoreError> {
    let Some(run) = runs::find(db, id)? else {
        return Ok(Some(("run-unknown", format!("Không có lần tính {id}"), format!("There is no run {id}"))));
    };
    let Some(wave) = run.wave_id else {
        let vi = format!("Lần tính {id} là của chỉ số tổng hợp");
        return Ok(Some(("composite", vi, format!("The run {id} is of a composite index"))));
    };
    if run.state == RunState::Withdrawn {
        return Ok(Some(("run-withdrawn", format!("Lần tính {id} đã bị rút"), format!("The run {id} was withdrawn"))));
    }
    if run.digest.is_none() {
        return Ok(Some(("run-unfinished", format!("Lần tính {id} chưa có kết quả"), format!("The run {id} has no results"))));
    }
    let (index, wave) = (schemas::index_by_id(db, run.index_version_id)?.code, waves::by_id(db, wave)?.code);
    let asks = |leaf: &SurveyLeaf| leaf.index == index && leaf.wave.as_ref().is_none_or(|named| *named == wave);
    if definition.leaves().any(|(_, _, indicator)| indicator.survey.as_ref().is_some_and(asks)) {
        return Ok(None);
    }
    let vi = format!("Không chỉ tiêu nào lấy kết quả của chỉ số {index}, đợt {wave} (lần tính {id})");
    Ok(Some(("run-not-used", vi, format!("No indicator takes estimates of the index {index}, wave {wave} (run {id})"))))
}
