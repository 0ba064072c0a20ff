//! Whether a composite index can be computed from what is named.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::schema::Finding;
use crate::store::composites::Inputs;
use crate::store::runs;
use crate::store::schemas::{self, IndexVersion};
use crate::store::{Db, StoreError, indicators};

/// Everything that keeps the runs and tables named from being the inputs of a run of `index`; nothing if they can be. Pointers are into
/// `{"tables": [7], "surveys": [{"run": …, "edition": …}]}`.
///
/// # Errors
/// [`StoreError::Database`].
pub fn check(db: &mut Db, index: &IndexVersion, inputs: &Inputs) -> Result<Vec<Finding>, StoreError> {
    let mut findings = Vec::new();
    if inputs.tables.is_empty() && inputs.surveys.is_empty() {
        let (vi, en) = ("Cần ít nhất một bảng số liệu hoặc một lần tính khảo sát", "At least one table or one run of a survey is needed");
        findings.push(Finding::error("", "inputs-missing", vi, en));
    }
    let mut seen = BTreeSet::new();
    for (place, id) in inputs.tables.iter().enumerate() {
        if !seen.insert(id) {
            let (vi, en) = (format!("Bảng {id} được nêu hai lần"), format!("The table {id} stands there twice"));
            findings.push(Finding::error(format!("/tables/{place}"), "table-twice", vi, en));
        } else if let Some((code, vi, en)) = table(db, index, *id)? {
            findings.push(Finding::error(format!("/tables/{place}"), code, vi, en));
        }
    }
    let mut seen = BTreeSet::new();
    for (place, (id, edition)) in inputs.surveys.iter().enumerate() {
        if !seen.insert((id, edition)) {
            let vi = format!("Lần tính {id} được nêu hai lần cho kỳ {edition}");
            let en = format!("The run {id} stands there twice for the edition {edition}");
            findings.push(Finding::error(format!("/surveys/{place}"), "run-twice", vi, en));
        } else if let Some((code, vi, en)) = survey(db, *id)? {
            findings.push(Finding::error(format!("/surveys/{place}/run"), code, vi, en));
        }
    }
    Ok(findings)
}

/// A code, and what is wrong in both languages.
type Wrong = Option<(&'static str, String, String)>;

/// A table was checked against one version of one index, and is for that.
fn table(db: &mut Db, index: &IndexVersion, id: i32) -> Result<Wrong, StoreError> {
    let Some(table) = indicators::find(db, id)? else {
        return Ok(Some(("table-unknown", format!("Không có bảng số {id}"), format!("There is no table {id}"))));
    };
    if table.index_version_id == index.id {
        return Ok(None);
    }
    let of = schemas::index_by_id(db, table.index_version_id)?;
    Ok(Some((
        "other-index",
        format!("Bảng {id} được nạp cho {} {}, không phải {} {}", of.code, of.version, index.code, index.version),
        format!("The table {id} was loaded for {} {}, not for {} {}", of.code, of.version, index.code, index.version),
    )))
}

/// Leaves are taken from a finished run of the index of a survey.
fn survey(db: &mut Db, id: Uuid) -> Result<Wrong, StoreError> {
    let Some(run) = runs::find(db, id)? else {
        return Ok(Some(("run-unknown", format!("Không có lần tính {id}"), format!("There is no run {id}"))));
    };
    if run.wave_id.is_none() {
        let vi = format!("Lần tính {id} là của một chỉ số tổng hợp, không phải của khảo sát");
        return Ok(Some(("run-composite", vi, format!("The run {id} is of a composite index, not of a survey's"))));
    }
    if run.digest.is_none() {
        let vi = format!("Lần tính {id} chưa có kết quả");
        return Ok(Some(("run-unfinished", vi, format!("The run {id} has no results"))));
    }
    Ok(None)
}
