//! Importing records from a file: the act of the office behind the command line and behind the pages of fieldworkers.
//!
//! Everything is checked first: definitions, units, the wave and its design, the columns, every record. What is made on the way and
//! the ids of the records are one transaction with its lines of the audit log; then the records go the way of every other response,
//! through the one writer. An import that breaks off between the two is done again: what is stored is known by its record.
//!
//! **Invariant:** no record is lost and none doubled: each is counted once in the [`Report`], and whatever is not stored as it was
//! wanted is told with its line.

mod cells;
mod columns;
mod field;
mod identity;
pub mod keying;
mod made;
mod map;
mod records;
mod report;
pub mod upload;

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

pub use columns::Role;
pub use identity::{Fate, Identity};
pub use made::Made;
pub use report::{Reason, Report};

use self::columns::Columns;
use self::map::ColumnMap;
use self::records::{Planned, Source};
use super::intake::{self, Intake};
use super::{Act, Action, Actor, Code, Office, Refusal};
use crate::design::Mode;
use crate::jobs::load::{self, Survey, WaveInField};
use crate::schema::Questionnaire;
use crate::store::writer::{Pending, QueueError, Writer};
use crate::store::{DOUBLED, Secret, doubled, imports};
use crate::table::{Column, MISSING, Options, Table};
use crate::unit::Registry;
use crate::words::Finding;
use crate::words::encode::hex;

/// What to import, as it was asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// The bytes of the file: a table with a heading.
    pub file: &'a [u8],
    /// The questionnaire that was answered, as text; without it, the one by which a wave that is there asks now.
    pub questionnaire: Option<&'a str>,
    /// An index over it to publish along.
    pub index: Option<&'a str>,
    /// What the columns mean, as text: see `docs/import.md`.
    pub map: Option<&'a str>,
    /// Columns that hold what is no answer, by name.
    pub columns: &'a BTreeMap<Role, String>,
    /// The wave; opened if it is not there.
    pub wave: &'a str,
    /// The unit that every record rates, where the file does not say.
    pub unit: Option<&'a str>,
    /// The code list of the rated units.
    pub unit_list: &'a str,
    /// Whether a list that is not there is made of the codes in the file.
    pub new_unit_list: bool,
    /// How the answers came about; of a new wave without it, a probability sample.
    pub mode: Option<Mode>,
    /// Customers that the rated units served, of a wave that is no probability sample.
    pub customers: Option<i64>,
    /// Invitations to answer that were made to them.
    pub invitations: Option<i64>,
    /// Why one of these numbers is not known.
    pub chain_unknown: Option<&'a str>,
    /// The design table.
    pub psus: Option<&'a [u8]>,
    /// The sample list.
    pub respondents: Option<&'a [u8]>,
    /// Whether a new probability sample without either is a simple random sample.
    pub simple_random_sample: bool,
    /// The name of the batch; without it, one that follows from the content of the file.
    pub batch: Option<&'a str>,
    /// Whether a known record with other content takes the place of the earlier one.
    pub correct: bool,
    /// Whether only records without an error are stored, so that the others can be mended and imported.
    pub only_good: bool,
}

/// What is ready to be sent.
struct Prepared {
    field: std::sync::Arc<WaveInField>,
    survey: Survey,
    units: Registry,
    planned: Vec<Planned>,
    /// Why records that are there already do not count as they are.
    uncounted: HashMap<Uuid, Vec<(String, String)>>,
    report: Report,
}

/// Imports a file.
///
/// # Errors
/// What refuses the whole: definitions, units, wave, design or columns that are not as they must be. What is wrong with single records
/// is in the report instead.
pub fn import(office: &Office, actor: &Actor, writer: &Writer, wish: &Wish<'_>) -> Result<Report, Refusal> {
    let mut prepared = office.act(actor, |act| prepare(act, wish))?;
    let planned = std::mem::take(&mut prepared.planned);
    let mut report = std::mem::take(&mut prepared.report);
    let intake = intake(actor, &prepared, wish, office.store().secret(), office.now());
    let mut waiting = Vec::new();
    for planned in planned {
        let (line, fate, id) = (planned.line, planned.fate, planned.id);
        match planned.judge(&intake) {
            Ok(None) => report.replay(line, prepared.uncounted.get(&id)),
            Ok(Some(ready)) => {
                report.found(line, ready.findings.iter().cloned());
                waiting.push((line, fate, in_part(&ready), submit(writer, &ready)?));
            }
            Err(refusal) => report.refuse(line, &refusal),
        }
    }
    for (line, fate, in_part, pending) in waiting {
        let answer = pending.blocking_recv().map_err(|_| stopped())?;
        match intake::answered(answer, Vec::new()) {
            Ok(taken) if taken.replayed => report.replayed += 1,
            Ok(taken) => {
                // Which answer counts is the store's word: the first one may not be valid.
                let doubled = taken.findings.iter().any(|finding| finding.code == DOUBLED);
                let fate = match fate {
                    _ if doubled => Fate::Doubled,
                    Fate::Doubled => Fate::New,
                    fate => fate,
                };
                report.count(fate, taken.receipt.state, in_part);
                report.found(line, taken.findings);
            }
            Err(refusal) if refusal.code().status() >= 500 => return Err(refusal),
            Err(refusal) => report.refuse(line, &refusal),
        }
    }
    report.close();
    office.act(actor, |act| finish(act, &report))?;
    Ok(report)
}

/// Checks what importing a file would come to, and stores nothing.
///
/// # Errors
/// Those of [`import`].
pub fn check(office: &Office, actor: &Actor, wish: &Wish<'_>) -> Result<Report, Refusal> {
    let mut prepared = office.rehearse(actor, |act| prepare(act, wish))?;
    let planned = std::mem::take(&mut prepared.planned);
    let mut report = std::mem::take(&mut prepared.report);
    report.check = true;
    let intake = intake(actor, &prepared, wish, office.store().secret(), office.now());
    for planned in planned {
        let (line, fate, id) = (planned.line, planned.fate, planned.id);
        match planned.judge(&intake) {
            Ok(None) => report.replay(line, prepared.uncounted.get(&id)),
            Ok(Some(_)) if fate == Fate::Doubled && wish.only_good => {
                report.refuse(line, &Refusal::because(Code::AnswersInvalid, doubled()));
            }
            Ok(Some(ready)) => {
                report.count(fate, ready.row.state, in_part(&ready));
                report.found(line, ready.findings);
                report.found(line, (fate == Fate::Doubled).then(doubled));
            }
            Err(refusal) => report.refuse(line, &refusal),
        }
    }
    report.close();
    Ok(report)
}

fn intake<'a>(actor: &'a Actor, prepared: &'a Prepared, wish: &Wish<'_>, secret: &'a Secret, now: i64) -> Intake<'a> {
    let Prepared { field, survey, units, .. } = prepared;
    Intake { actor, field, survey, units, secret, now, keep_invalid: !wish.only_good }
}

/// Whether items of a record are not valid.
fn in_part(ready: &intake::Ready) -> bool {
    ready.row.reasons.iter().any(|(item, _)| !item.is_empty())
}

/// Hands a row to the writer, waiting for room.
fn submit(writer: &Writer, ready: &intake::Ready) -> Result<Pending, Refusal> {
    loop {
        match writer.submit(ready.row.clone()) {
            Ok(pending) => return Ok(pending),
            Err(QueueError::Stopped) => return Err(stopped()),
            Err(QueueError::Full) => std::thread::sleep(std::time::Duration::from_millis(2)),
        }
    }
}

fn stopped() -> Refusal {
    Refusal::new(Code::Unavailable).caused_by("the writer has stopped")
}

/// All that is done before the records are sent.
fn prepare(act: &mut Act<'_>, wish: &Wish<'_>) -> Result<Prepared, Refusal> {
    act.may(Action::Import)?;
    let survey = field::definitions(act, wish)?;
    let questionnaire = &survey.questionnaire;
    let unfit = |findings| Refusal::new(Code::RecordsInvalid).errors(findings);
    let map = wish.map.map_or_else(|| Ok(ColumnMap::default()), |text| ColumnMap::read(text, questionnaire)).map_err(unfit)?;
    let kinds = |name: &str| kind(questionnaire, &map, name);
    let table = Table::read_sound_rows(wish.file, &Options::new(&kinds)).map_err(unfit)?;
    let mut findings = Vec::new();
    let columns = Columns::find(&table, wish.columns, &map, questionnaire, &mut findings);
    columns.judge(&table, wish.unit.is_some(), &map, questionnaire, &mut findings);
    if crate::words::any_error(&findings) {
        return Err(unfit(findings));
    }
    let source = Source { table: &table, columns: &columns, map: &map, questionnaire, wish };
    let units = field::rated_units(act, wish, &source.units())?;
    let wave = field::wave(act, wish, &survey.questionnaire)?;
    let field = load::wave(act.db, &wave.code, None, &units)?.ok_or_else(|| Refusal::internal("the wave is gone"))?;
    let mut report =
        Report { wave: wave.code.clone(), batch: batch(wish, &table)?, columns: columns.told(&table, questionnaire), ..Report::default() };
    report.findings = findings;
    // Rows that cannot be read at all are records too.
    for flaw in table.findings() {
        if flaw.is_error() {
            (report.records, report.refused) = (report.records + 1, report.refused + 1);
            report.left.extend(flaw.line);
        }
        report.findings.push(flaw.clone());
    }
    let planned = records::plan(act, &source, (&field, &units), &mut report)?;
    act.note("import.start", &wave.code, &format!("batch {}, {} records", report.batch, report.records))?;
    let there: Vec<Uuid> = planned.iter().filter(|planned| planned.fate == Fate::Replayed).map(|planned| planned.id).collect();
    let uncounted = imports::uncounted(act.db, &there)?;
    Ok(Prepared { field, survey, units, planned, uncounted, report })
}

/// What a column holds, for whoever reads the table.
fn kind(questionnaire: &Questionnaire, map: &ColumnMap, name: &str) -> Column {
    use crate::schema::ItemKind::{Number, Text};
    match columns::item(questionnaire, map, name).map(crate::schema::Item::kind) {
        Some(Text { .. }) => Column::TEXT,
        Some(Number { .. }) => Column::NUMBER.or(MISSING),
        _ => Column::NAME,
    }
}

/// The name of the batch.
fn batch(wish: &Wish<'_>, table: &Table) -> Result<String, Refusal> {
    let Some(name) = wish.batch else {
        // Of the content: the same table saved by another program is the same batch.
        let mut hash = Sha256::new();
        for cell in table.names().map(Some).chain(table.records().flat_map(|record| record.cells())) {
            let cell = cell.unwrap_or_default();
            hash.update((cell.len() as u64).to_be_bytes());
            hash.update(cell);
        }
        return Ok(format!("file-{}", hex(&hash.finalize()[..8])));
    };
    let name = crate::table::name(name);
    if (1..=100).contains(&name.chars().count()) && !name.chars().any(char::is_control) {
        return Ok(name.into_owned());
    }
    let (vi, en) = ("Tên lô phải từ 1 đến 100 ký tự", "A batch's name must have 1 to 100 characters");
    Err(Refusal::because(Code::BodyInvalid, Finding::error("/batch", "bad-batch", vi, en)))
}

fn finish(act: &mut Act<'_>, report: &Report) -> Result<(), Refusal> {
    let Report { stored, in_part, replayed, corrected, doubled, conflicting, invalid, quarantined, refused, .. } = report;
    let told = format!(
        "batch {}: {stored} stored, {in_part} in part, {replayed} replayed, {corrected} corrected, {doubled} doubled, {conflicting} conflicting, \
         {invalid} invalid, {quarantined} quarantined, {refused} refused",
        report.batch
    );
    act.note("import.end", &report.wave, &told)
}
