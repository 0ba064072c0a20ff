//! A CSV file → responses, through the same checks as a submission over HTTP.
//!
//! Each record becomes a submission in JSON and goes the way of every other: parsed, placed, checked, packed, written
//! by the one writer. Its id follows from the wave and the record's key, so that importing a file twice stores it once.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::intake::{self, Intake};
use super::{Actor, Refusal};
use crate::jobs::load::{Survey, WaveInField};
use crate::schema::{Item, ItemKind};
use crate::store::responses::ResponseState;
use crate::store::writer::{NewResponse, Outcome, Pending, QueueError, WriteError, Writer};
use crate::unit::Registry;
use crate::words::Finding;

/// What is the same for every record.
pub struct Batch<'a> {
    /// The wave and its design.
    pub field: &'a WaveInField,
    /// The questionnaire that was answered.
    pub survey: &'a Survey,
    /// Every unit.
    pub units: &'a Registry,
    /// Who imports.
    pub actor: &'a Actor,
    /// When, UTC microseconds.
    pub now: i64,
}

/// Which columns hold what is no answer.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    /// The code of the rated unit.
    pub unit: String,
    /// The PSU.
    pub psu: Option<String>,
    /// The respondent on the sample list.
    pub respondent: Option<String>,
    /// What tells records apart; without one, the line number.
    pub id: Option<String>,
}

/// What became of an import.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    /// Records read.
    pub records: usize,
    /// Responses stored now, valid ones.
    pub stored: usize,
    /// Responses stored now although something is wrong with them: kept, and left out of every index.
    pub invalid: usize,
    /// Responses that were there already.
    pub replayed: usize,
    /// What was found, by line of the file.
    pub findings: Vec<(u64, Finding)>,
}

/// Why an import broke off. What it reported as stored is stored; the rest can be imported again.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file is no CSV.
    #[error("not readable as CSV: {0}")]
    Csv(#[from] csv::Error),
    /// Columns that were asked for are missing.
    #[error("the file has no column {0}")]
    Column(String),
    /// The writer could not store a response.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The writer has stopped.
    #[error("the writer has stopped")]
    Stopped,
}

impl Batch<'_> {
    /// Checks the bytes of a submission and makes the row that the writer stores, with what was found.
    ///
    /// # Errors
    /// Every finding, where the bytes are no submission or name a unit that does not exist: such a record has no place.
    pub fn row(&self, id: Uuid, body: Vec<u8>) -> Result<(NewResponse, Vec<Finding>), Vec<Finding>> {
        let found = |refusal: Refusal| refusal.findings().to_vec();
        let sent = intake::read(id, body).map_err(found)?;
        let Self { actor, field, survey, units, now } = *self;
        let intake = Intake { actor, field, survey, units, now, keep_invalid: true };
        let admitted = intake.admit(&sent.submission).map_err(found)?;
        let ready = intake.judge(sent, admitted).map_err(found)?;
        Ok((ready.row, ready.findings))
    }

    /// Imports a CSV file with a header: a column for each item, named by its code, and those of `columns`.
    ///
    /// An empty cell is no answer; several options of one item are separated by `;`. Columns that are neither are
    /// passed over and reported.
    ///
    /// # Errors
    /// [`ImportError`]; what is wrong with single records is in the report instead.
    pub fn csv(&self, text: &str, columns: &Columns, writer: &Writer) -> Result<Report, ImportError> {
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
        let headers: Vec<String> = reader.headers()?.iter().map(|h| h.trim_start_matches('\u{feff}').to_owned()).collect();
        let place = |name: &str| headers.iter().position(|h| h == name).ok_or_else(|| ImportError::Column(name.to_owned()));
        let optional = |name: &Option<String>| name.as_deref().map(place).transpose();
        let unit = place(&columns.unit)?;
        let (psu, respondent, id) = (optional(&columns.psu)?, optional(&columns.respondent)?, optional(&columns.id)?);
        let mut report = Report::default();
        let used = [Some(unit), psu, respondent, id];
        for (place, header) in headers.iter().enumerate() {
            if !used.contains(&Some(place)) && self.survey.questionnaire.item(header).is_none() {
                let (vi, en) = (
                    format!("Phiếu hỏi không có câu {header}; bỏ qua cột này"),
                    format!("The questionnaire has no item {header}; the column is passed over"),
                );
                report.findings.push((1, Finding::warning(format!("/{header}"), "column-unused", vi, en)));
            }
        }
        let mut waiting = Vec::new();
        for record in reader.records() {
            let record = record?;
            let line = record.position().map_or(0, csv::Position::line);
            report.records += 1;
            let cell = |place: Option<usize>| place.and_then(|place| record.get(place)).filter(|text| !text.is_empty());
            let body = self.submission(&headers, &record, [cell(Some(unit)), cell(psu), cell(respondent)]);
            let key = cell(id).map_or_else(|| line.to_string(), str::to_owned);
            match self.row(derived_id(&self.field.wave.code, &key), body) {
                Ok((new, findings)) => {
                    report.findings.extend(findings.into_iter().map(|finding| (line, finding)));
                    waiting.push(submit(writer, &new)?);
                }
                Err(findings) => report.findings.extend(findings.into_iter().map(|finding| (line, finding))),
            }
        }
        for pending in waiting {
            report.count(&settle(pending)?);
        }
        Ok(report)
    }

    /// One record as a submission.
    fn submission(&self, headers: &[String], record: &csv::StringRecord, [unit, psu, respondent]: [Option<&str>; 3]) -> Vec<u8> {
        let questionnaire = &self.survey.questionnaire;
        let answers: serde_json::Map<String, serde_json::Value> = headers
            .iter()
            .zip(record)
            .filter(|(_, text)| !text.is_empty())
            .filter_map(|(header, text)| Some((header.clone(), answer(questionnaire.item(header)?, text))))
            .collect();
        let wave = &self.field.wave;
        let mut submission = serde_json::json!({
            "survey": questionnaire.code(), "version": questionnaire.version(), "wave": wave.code,
            "unit": { "list": wave.unit_list, "code": unit.unwrap_or_default() }, "channel": "paper", "answers": answers,
        });
        for (name, text) in [("psu", psu), ("respondent", respondent)] {
            if let Some(text) = text {
                submission[name] = text.into();
            }
        }
        submission.to_string().into_bytes()
    }
}

impl Report {
    fn count(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Stored(receipt) if receipt.state == ResponseState::Valid => self.stored += 1,
            Outcome::Stored(_) => self.invalid += 1,
            Outcome::Replayed(_) => self.replayed += 1,
            Outcome::Conflict { .. } | Outcome::Withdrawn | Outcome::SupersededMissing => {
                let (vi, en) = ("Một dòng đã được nhập trước đây với nội dung khác", "a record was imported before with other content");
                self.findings.push((0, Finding::error("", "response-conflict", vi, en)));
            }
        }
    }
}

/// A cell as the JSON that its item takes.
fn answer(item: &Item, text: &str) -> serde_json::Value {
    match item.kind() {
        ItemKind::Multiple { .. } => text.split(';').map(str::trim).collect(),
        ItemKind::Number { .. } => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        _ => text.into(),
    }
}

/// The id of an imported record: a UUID of version 8 made of SHA-256 over wave and key.
#[must_use]
pub fn derived_id(wave: &str, key: &str) -> Uuid {
    let hash = Sha256::digest(format!("{wave}\n{key}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// Queues a row, waiting for room.
///
/// # Errors
/// [`ImportError::Stopped`].
pub fn submit(writer: &Writer, new: &NewResponse) -> Result<Pending, ImportError> {
    loop {
        match writer.submit(new.clone()) {
            Ok(pending) => return Ok(pending),
            Err(QueueError::Stopped) => return Err(ImportError::Stopped),
            Err(QueueError::Full) => std::thread::sleep(std::time::Duration::from_millis(2)),
        }
    }
}

/// Waits for the commit of a queued row.
///
/// # Errors
/// [`ImportError::Write`], [`ImportError::Stopped`].
pub fn settle(pending: Pending) -> Result<Outcome, ImportError> {
    pending.blocking_recv().map_err(|_| ImportError::Stopped)?.map_err(ImportError::Write)
}

/// The distinct values of a column: the units that a file rates.
///
/// # Errors
/// [`ImportError::Csv`], [`ImportError::Column`].
pub fn distinct(text: &str, column: &str) -> Result<Vec<String>, ImportError> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    let place = reader.headers()?.iter().position(|h| h.trim_start_matches('\u{feff}') == column);
    let place = place.ok_or_else(|| ImportError::Column(column.to_owned()))?;
    let mut values = std::collections::BTreeSet::new();
    for record in reader.records() {
        values.extend(record?.get(place).filter(|text| !text.is_empty()).map(str::to_owned));
    }
    Ok(values.into_iter().collect())
}
