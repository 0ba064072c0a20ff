//! Records of a file → submissions, and what is to become of each.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::Wish;
use super::cells;
use super::columns::{Columns, Role};
use super::identity::{Decided, Fate, Identity, Key, Records};
use super::map::ColumnMap;
use super::report::Report;
use crate::jobs::load::WaveInField;
use crate::office::intake::{self, Intake, Ready, Sent};
use crate::office::place::place;
use crate::office::{Act, Code, Refusal};
use crate::schema::Questionnaire;
use crate::store::imports::{self, NewBatch};
use crate::store::waves::Wave;
use crate::store::{Secret, keys};
use crate::table::{Record, Table};
use crate::unit::Registry;
use crate::words::Finding;

/// Batches of before that a new one is compared with.
const BATCHES: i64 = 50;
/// So many records are shown as they were read.
const FIRST: usize = 20;

/// A file and what its columns mean.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    pub table: &'a Table,
    pub columns: &'a Columns,
    pub map: &'a ColumnMap,
    pub questionnaire: &'a Questionnaire,
    pub wish: &'a Wish<'a>,
}

/// A record that was decided about.
pub(super) struct Planned {
    pub line: u32,
    pub fate: Fate,
    /// The id of its response.
    pub id: Uuid,
    sent: Result<Sent, Refusal>,
    /// The key of the device that took it.
    device: Option<i32>,
    /// What was found in reading its cells.
    findings: Vec<Finding>,
}

/// A record as it was read.
struct Read {
    line: u32,
    submission: Map<String, Value>,
    device: Option<i32>,
    findings: Vec<Finding>,
}

impl Source<'_> {
    /// The cell of a role: of several columns the first that is not empty.
    fn role(&self, record: &Record<'_>, role: Role) -> Option<(usize, String)> {
        self.columns.of(role).iter().find_map(|place| record.at(*place).map(|text| (*place, text.trim().to_owned())))
    }

    fn unit(&self, record: &Record<'_>) -> String {
        self.role(record, Role::Unit)
            .map(|(_, text)| self.map.unit(&text).to_owned())
            .or(self.wish.unit.map(str::to_owned))
            .unwrap_or_default()
    }

    /// The codes of the rated units, each once.
    pub(super) fn units(&self) -> Vec<String> {
        let all: std::collections::BTreeSet<String> = self.table.records().map(|record| self.unit(&record)).collect();
        all.into_iter().filter(|code| !code.is_empty()).collect()
    }

    fn read(&self, record: &Record<'_>, devices: &[(i32, String)]) -> Read {
        let mut findings = Vec::new();
        let cell = |place: usize| record.at(place).unwrap_or_default().to_owned();
        let mut answers = Map::new();
        for (position, columns) in self.columns.items() {
            let Some(item) = self.questionnaire.items().get(position) else { continue };
            if let Some(answer) = cells::answer((position, item), columns, self.map, &cell, &mut findings) {
                answers.insert(item.code().to_owned(), answer);
            }
        }
        let submission = json!({
            "survey": self.questionnaire.code(), "version": self.questionnaire.version(), "wave": self.wish.wave,
            "unit": { "list": self.wish.unit_list, "code": self.unit(record) }, "channel": "paper", "answers": answers,
        });
        let Value::Object(mut submission) = submission else {
            return Read { line: record.line(), submission: answers, device: None, findings };
        };
        for role in [Role::Psu, Role::Respondent] {
            if let Some((_, text)) = self.role(record, role) {
                submission.insert(role.as_str().to_owned(), text.into());
            }
        }
        for role in [Role::StartedAt, Role::AnsweredAt] {
            let Some((place, text)) = self.role(record, role) else { continue };
            if let Some(at) = cells::instant(&text, self.columns.is_utc(place)) {
                submission.insert(role.as_str().to_owned(), at.to_rfc3339().into());
            } else {
                let (vi, en) = (format!("“{text}” không phải là thời điểm"), format!("“{text}” is no point in time"));
                findings.push(Finding::error(format!("/{}", role.as_str()), "bad-instant", vi, en));
            }
        }
        let device = self.role(record, Role::Device).and_then(|(_, text)| device(&text, devices, &mut findings));
        Read { line: record.line(), submission, device, findings }
    }

    /// What identifies a record. `repeated` counts records of the same content.
    fn key(&self, record: &Record<'_>, secret: &Secret, batch: &str, repeated: &mut impl FnMut([u8; 32]) -> u64) -> Key {
        let lines = || [record.line(), record.line().saturating_sub(1)].iter().map(u32::to_string).collect();
        if let Some((_, id)) = self.role(record, Role::Id) {
            return Key { identity: Identity::Id, hash: secret.keyed(&[b"id", id.as_bytes()]), before: vec![id] };
        }
        if let Some((_, person)) = self.role(record, Role::Respondent) {
            let hash = secret.keyed(&[b"respondent", person.as_bytes()]);
            // What made records up of a sample list used the respondents as keys.
            let before = [vec![person], lines()].concat();
            return Key { identity: Identity::Respondent, hash, before };
        }
        let hash = in_batch(secret, batch, record, repeated(content(secret, record)));
        Key { identity: Identity::Batch, hash, before: lines() }
    }
}

/// The keyed hash of what a record says, column by column.
fn content(secret: &Secret, record: &Record<'_>) -> [u8; 32] {
    let cells: Vec<&[u8]> = record.cells().map(|cell| cell.unwrap_or_default().as_bytes()).collect();
    secret.keyed(&cells)
}

fn in_batch(secret: &Secret, batch: &str, record: &Record<'_>, nth: u64) -> [u8; 32] {
    secret.keyed(&[b"batch", batch.as_bytes(), &content(secret, record), &nth.to_be_bytes()])
}

/// The key of the device that a cell names, by number or name.
fn device(text: &str, devices: &[(i32, String)], findings: &mut Vec<Finding>) -> Option<i32> {
    let number = text.parse().ok();
    let found = devices.iter().find(|(id, name)| Some(*id) == number || name == text).map(|(id, _)| *id);
    if found.is_none() {
        let (vi, en) = (format!("Không có thiết bị “{text}”"), format!("There is no device “{text}”"));
        findings.push(Finding::error("/device", "device-unknown", vi, en));
    }
    found
}

impl Planned {
    /// Judges a record that is to be stored; none of one that is there already.
    pub(super) fn judge(self, intake: &Intake<'_>) -> Result<Option<Ready>, Refusal> {
        let Self { fate, sent, device, findings, .. } = self;
        let sent = sent?;
        match fate {
            Fate::Replayed => return Ok(None),
            Fate::Withdrawn => return Err(Refusal::new(Code::ResponseWithdrawn)),
            Fate::Conflicting => return Err(conflict()),
            Fate::Contradicted => return Err(contradicted()),
            Fate::New | Fate::Corrected | Fate::Doubled => {}
        }
        let (place, mut found, when) = intake.locate(&sent.submission)?;
        found.extend(findings);
        Ok(Some(intake.judge(sent, (place, found, when))?.of_file(device)))
    }
}

fn contradicted() -> Refusal {
    let (vi, en) = (
        "Một bản ghi khác trong chính tệp này có cùng mã mà nội dung khác: hãy giữ lại một",
        "Another record of this very file has the same identity and says something else: keep one of them",
    );
    Refusal::because(Code::ResponseConflict, Finding::error("", "record-twice", vi, en))
}

fn conflict() -> Refusal {
    let (vi, en) = (
        "Bản ghi này đã được nhập trước đây với nội dung khác; muốn thay thế thì phải nói là sửa",
        "This record was imported before with other content; to replace it, say that it is a correction",
    );
    Refusal::because(Code::ResponseConflict, Finding::error("", "response-conflict", vi, en))
}

/// Reads every record, and decides about each.
pub(super) fn plan(
    act: &mut Act<'_>,
    source: &Source<'_>,
    (field, units): (&WaveInField, &Registry),
    report: &mut Report,
) -> Result<Vec<Planned>, Refusal> {
    let (wish, wave) = (source.wish, &field.wave);
    let secret = *act.secret;
    let (by, now) = (act.actor.name(), act.now);
    let new = NewBatch { wave_id: wave.id, name: &report.batch, created_by: &by, created_at: now };
    let (batch_id, is_new) = imports::batch(act.db, &new)?;
    let devices: Vec<(i32, String)> = match source.columns.of(Role::Device) {
        [] => Vec::new(),
        _ => keys::list(act.db)?.into_iter().map(|key| (key.id, key.name)).collect(),
    };
    let mut counts = std::collections::HashMap::new();
    let mut repeated = |content: [u8; 32]| {
        let nth = counts.entry(content).or_insert(0_u64);
        *nth += 1;
        *nth
    };
    let keys: Vec<Key> = source.table.records().map(|record| source.key(&record, &secret, &report.batch, &mut repeated)).collect();
    if is_new && wish.batch.is_none() {
        overlap(act, source, wave, &secret, &keys, report)?;
    }
    let mut records = Records::look_up(act.db, (wave.id, &wave.code), &secret, wish.correct, &keys)?;
    let mut planned = Vec::with_capacity(keys.len());
    for (record, key) in source.table.records().zip(&keys) {
        report.records += 1;
        *report.identity.entry(key.identity).or_default() += 1;
        let Read { line, submission, device, findings } = source.read(&record, &devices);
        let body = |supersedes: Option<Uuid>| bytes(&submission, supersedes);
        if report.first.len() < FIRST {
            report.first.push((line, submission.clone()));
        }
        // What is no submission has no place, and no id; of what is about another unit nobody learns whether it is there.
        let readable = intake::read(Uuid::nil(), body(None)).and_then(|sent| {
            if act.actor.unit().is_some() { place(act.actor, &sent.submission, field, units, act.now).map(drop) } else { Ok(()) }
        });
        if let Err(refusal) = readable {
            planned.push(Planned { line, fate: Fate::New, id: Uuid::nil(), sent: Err(refusal), device, findings });
            continue;
        }
        let Decided { fate, id, body } = records.decide(act.db, key, &body)?;
        planned.push(Planned { line, fate, id, sent: intake::read(id, body), device, findings });
    }
    imports::remember(act.db, wave.id, batch_id, &records.new)?;
    Ok(planned)
}

fn bytes(submission: &Map<String, Value>, supersedes: Option<Uuid>) -> Vec<u8> {
    let mut submission = submission.clone();
    if let Some(id) = supersedes {
        submission.insert("supersedes".to_owned(), id.to_string().into());
    }
    Value::Object(submission).to_string().into_bytes()
}

/// Says so where a file without a batch's name holds every record of an earlier one: perhaps it is the same with rows added.
fn overlap(act: &mut Act<'_>, source: &Source<'_>, wave: &Wave, secret: &Secret, keys: &[Key], report: &mut Report) -> Result<(), Refusal> {
    if !keys.iter().any(|key| key.identity == Identity::Batch) {
        return Ok(());
    }
    for batch in imports::batches(act.db, wave.id, BATCHES)?.iter().filter(|batch| batch.name != report.batch) {
        let mut counts = std::collections::HashMap::new();
        let theirs = source.table.records().map(|record| {
            let nth = counts.entry(content(secret, &record)).or_insert(0_u64);
            *nth += 1;
            in_batch(secret, &batch.name, &record, *nth)
        });
        let theirs: Vec<[u8; 32]> = theirs.collect();
        let is_stored = |versions: &&Vec<imports::Record>| versions.iter().any(|version| version.stored.is_some());
        let shared = imports::records(act.db, wave.id, &theirs)?.values().filter(is_stored).count();
        let all = imports::count(act.db, batch.id)?;
        if all > 0 && shared == all {
            let name = &batch.name;
            let (vi, en) = (
                format!(
                    "Cả {all} bản ghi của lô {name} cũng có trong tệp này và được nhập là người khác; nếu là cùng một tệp có thêm dòng, hãy nêu tên lô {name}"
                ),
                format!(
                    "All {all} records of the batch {name} are in this file too, and are taken for other people; if it is the same file with rows added, name the batch {name}"
                ),
            );
            report.overlaps = Some(name.clone());
            report.findings.push(Finding::warning("/batch", "batch-overlaps", vi, en));
        }
    }
    Ok(())
}
