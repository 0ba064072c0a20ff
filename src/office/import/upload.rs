//! Importing in steps, as a page does it: a file is kept, its columns are looked at, what it would come to is checked, and its good records
//! are imported. Whoever uploaded a file is the only one who is shown it, for a day.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uuid::Uuid;

use super::columns::Columns;
use super::map::ColumnMap;
use super::{Report, Role, Wish, field};
use crate::jobs::load::Survey;
use crate::office::{Act, Action, Actor, Code, Look, Office, Refusal, waves};
use crate::schema::{Item, ItemKind, Questionnaire};
use crate::store::uploads::{self, NewUpload};
use crate::store::writer::Writer;
use crate::table::{self, Column, Options, Table};
use crate::words::Finding;

/// So many files of one person are kept.
const FILES: i64 = 5;
/// So many cells of a column are shown.
const SAMPLES: usize = 3;
/// What a file's name may have, in characters.
const NAME: usize = 120;
/// What is a column for, if it is for nothing.
pub const NOTHING: &str = "@ignore";

/// A file that is kept.
pub struct Kept {
    /// The code of the wave that its records are of.
    pub wave: String,
    /// The list of the units that the wave rates.
    pub unit_list: String,
    /// The name that it had where it came from.
    pub name: String,
    /// What is in it.
    pub content: Vec<u8>,
    /// The questionnaire by which the wave asks.
    pub survey: Survey,
}

/// A column of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its name.
    pub name: String,
    /// What it seems to hold: an item, an option of one (`why/slow`), a role (`@unit`), or [`NOTHING`].
    pub guess: String,
    /// Some of its cells.
    pub samples: Vec<String>,
}

/// What somebody says of a file.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// What each column holds, in their order.
    pub columns: Vec<String>,
    /// The unit that every record rates, where no column says it.
    pub unit: Option<String>,
    /// The name of the batch.
    pub batch: Option<String>,
    /// Whether a known record with other content takes the place of the earlier one.
    pub correct: bool,
}

/// Keeps a file of records of a wave; gives the id by which it is found again.
///
/// # Errors
/// `not-found` for an unknown wave; `records-invalid` for what is no table.
pub fn keep(act: &mut Act<'_>, wave: &str, name: &str, content: &[u8]) -> Result<Uuid, Refusal> {
    act.may(Action::Import)?;
    let wave = waves::existing(act, wave)?;
    read(content)?;
    let (by, now, id) = (act.actor.name(), act.now, Uuid::new_v4());
    let name: String = name.chars().filter(|letter| !letter.is_control()).take(NAME).collect();
    let new = NewUpload { id, wave_id: wave.id, name: &name, content, created_by: &by, created_at: now };
    uploads::keep(act.db, &new)?;
    uploads::forget(act.db, &by, FILES)?;
    act.note("import.upload", &wave.code, &format!("{} bytes", content.len()))?;
    Ok(id)
}

/// A file that the actor uploaded.
///
/// # Errors
/// `not-found`, also once it was imported whole or a day has passed.
pub fn find(look: &mut Look<'_>, id: Uuid) -> Result<Kept, Refusal> {
    look.may(Action::Import)?;
    let found = uploads::find(look.db, id, &look.actor.name(), look.now)?.ok_or_else(Refusal::not_found)?;
    let wave = crate::store::waves::by_id(look.db, found.wave_id)?;
    let survey = field::asked(look, &wave.code)?;
    Ok(Kept { wave: wave.code, unit_list: wave.unit_list, name: found.name, content: found.content, survey })
}

/// Any table, cell by cell as it stands there.
fn read(content: &[u8]) -> Result<Table, Refusal> {
    let names = |_: &str| Column::NAME;
    Table::read_sound_rows(content, &Options::new(&names)).map_err(|findings| Refusal::new(Code::RecordsInvalid).errors(findings))
}

impl Kept {
    /// The columns of the file, each with what it seems to hold.
    ///
    /// # Errors
    /// `records-invalid`, which nothing is that was kept.
    pub fn columns(&self) -> Result<Vec<Seen>, Refusal> {
        let (table, questionnaire) = (read(&self.content)?, &self.survey.questionnaire);
        let natural = natural(&table, questionnaire);
        let mut taken: Vec<String> = natural.values().cloned().collect();
        let seen = |(place, name): (usize, &str)| {
            let guess = natural.get(name).cloned().or_else(|| {
                let guess = by_words(name, questionnaire).filter(|guess| !taken.contains(guess))?;
                taken.push(guess.clone());
                Some(guess)
            });
            let samples = table.records().filter_map(|record| record.at(place)).take(SAMPLES).map(str::to_owned).collect();
            Seen { name: name.to_owned(), guess: guess.unwrap_or_else(|| NOTHING.to_owned()), samples }
        };
        Ok(table.names().enumerate().map(seen).collect())
    }

    /// Everything that a column can hold, with what people call it in a language: roles first, then items and their options.
    #[must_use]
    pub fn targets(&self, language: &str) -> Vec<(String, String)> {
        let items = self.survey.questionnaire.items().iter().flat_map(|item| {
            let (code, text) = (item.code(), item.text().get(language));
            let options = match item.kind() {
                ItemKind::Multiple { options, .. } => options.all(),
                _ => &[],
            };
            let options = options.iter().map(move |option| {
                let target = format!("{code}/{}", option.code());
                (target.clone(), format!("{target} – {}", option.label().get(language)))
            });
            std::iter::once((code.to_owned(), format!("{code} – {text}"))).chain(options)
        });
        items.collect()
    }

    /// The lines of these records as they stand in the file, below its heading, with a last column that says why each is there.
    ///
    /// # Errors
    /// `records-invalid`, which nothing is that was kept.
    pub fn rest(&self, report: &Report, why: impl Fn(&Finding) -> String) -> Result<Vec<Vec<String>>, Refusal> {
        let rows = table::rows(&self.content).map_err(|finding| Refusal::because(Code::RecordsInvalid, finding))?;
        let mut rows = rows.into_iter();
        let Some((_, mut heading)) = rows.next() else { return Ok(Vec::new()) };
        let width = heading.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last + 1);
        // A file that was mended before has the column already.
        heading.truncate(width);
        let whole = heading.len();
        heading.pop_if(|name| name == WHY);
        let width = heading.len();
        heading.push(WHY.to_owned());
        let left = rows.filter(|(line, _)| report.left.contains(line)).map(|(line, mut cells)| {
            let whys: Vec<String> =
                report.findings.iter().filter(|finding| finding.line == Some(line) && finding.is_error()).map(&why).collect();
            if cells.iter().skip(whole).all(|cell| cell.trim().is_empty()) {
                cells.resize(width, String::new());
            }
            cells.push(whys.join(" · "));
            cells
        });
        Ok(std::iter::once(heading).chain(left).collect())
    }

    /// The column map that a choice makes, as text.
    fn map(&self, choice: &Choice) -> Result<String, Refusal> {
        let (table, questionnaire) = (read(&self.content)?, &self.survey.questionnaire);
        let natural = natural(&table, questionnaire);
        // What a column holds by its name is not said again: of some, the name says more than what they hold.
        let said = table.names().zip(&choice.columns).filter(|(name, target)| natural.get(*name) != Some(*target));
        let columns: BTreeMap<&str, &str> = said.map(|(name, target)| (name, target.as_str())).collect();
        Ok(json!({ "columns": columns, "options": labels(questionnaire) }).to_string())
    }

    fn wish<'a>(&'a self, choice: &'a Choice, map: &'a str, columns: &'a BTreeMap<Role, String>) -> Wish<'a> {
        Wish {
            file: &self.content,
            questionnaire: None,
            index: None,
            map: Some(map),
            columns,
            wave: &self.wave,
            unit: choice.unit.as_deref(),
            unit_list: &self.unit_list,
            new_unit_list: false,
            mode: None,
            customers: None,
            invitations: None,
            chain_unknown: None,
            psus: None,
            respondents: None,
            simple_random_sample: false,
            batch: choice.batch.as_deref(),
            correct: choice.correct,
            only_good: true,
        }
    }

    /// What importing the good records would come to.
    ///
    /// # Errors
    /// Those of [`super::check`].
    pub fn check(&self, office: &Office, actor: &Actor, choice: &Choice) -> Result<Report, Refusal> {
        let (map, columns) = (self.map(choice)?, BTreeMap::new());
        super::check(office, actor, &self.wish(choice, &map, &columns))
    }

    /// Imports the good records. A file of which nothing is left is forgotten.
    ///
    /// # Errors
    /// Those of [`super::import`].
    pub fn import(&self, id: Uuid, office: &Office, actor: &Actor, writer: &Writer, choice: &Choice) -> Result<Report, Refusal> {
        let (map, columns) = (self.map(choice)?, BTreeMap::new());
        let report = super::import(office, actor, writer, &self.wish(choice, &map, &columns))?;
        if report.left.is_empty() {
            office.act(actor, |act| {
                uploads::drop(act.db, id)?;
                act.nothing_changed();
                Ok(())
            })?;
        }
        Ok(report)
    }
}

/// The name of the column that says why a record was left. An import passes over names that begin so.
const WHY: &str = "_findings";

/// What each column holds by its name alone, as an import without a map takes it.
fn natural(table: &Table, questionnaire: &Questionnaire) -> BTreeMap<String, String> {
    let columns = Columns::find(table, &BTreeMap::new(), &ColumnMap::default(), questionnaire, &mut Vec::new());
    columns.told(table, questionnaire)
}

/// Names that people give to columns that hold no answer, in lower case.
const ROLES: &[(Role, &[&str])] = &[
    (Role::Id, &["mã phiếu", "số phiếu", "form", "form number", "form_no"]),
    (Role::Unit, &["đơn vị", "mã đơn vị", "cơ quan", "mã cơ quan", "mã tỉnh", "mã xã", "unit code", "unit_code"]),
    (Role::Psu, &["psu", "cụm", "mã cụm", "cụm (psu)", "mã thôn", "thôn"]),
    (Role::Respondent, &["người trả lời", "mã người trả lời", "respondent"]),
    (Role::StartedAt, &["bắt đầu", "thời điểm bắt đầu", "started", "started_at"]),
    (Role::AnsweredAt, &["kết thúc", "thời điểm trả lời", "ngày trả lời", "ngày phỏng vấn", "answered", "answered_at"]),
    (Role::Device, &["thiết bị", "device"]),
];

/// What a column seems to hold by the words that people head it with: the name of a role, or the text of an item.
fn by_words(name: &str, questionnaire: &Questionnaire) -> Option<String> {
    let name = name.to_lowercase();
    if let Some((role, _)) = ROLES.iter().find(|(_, names)| names.contains(&name.as_str())) {
        return Some(format!("@{}", role.as_str()));
    }
    let says = |item: &&Item| {
        let is_it = |text: &str| table::name(text).to_lowercase() == name;
        item.code().to_lowercase() == name || item.text().languages().any(|language| is_it(item.text().get(language)))
    };
    let mut found = questionnaire.items().iter().filter(says);
    let first = found.next()?;
    // Two items of one text are told apart by nobody.
    found.next().is_none().then(|| first.code().to_owned())
}

/// The labels of options, for files that hold what people read: those that mean one option of their item and are no code of another.
fn labels(questionnaire: &Questionnaire) -> Value {
    fn of_item(item: &Item) -> Option<(String, BTreeMap<String, &str>)> {
        let options = item.options()?;
        let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for option in options.all() {
            for language in option.label().languages() {
                let codes = found.entry(table::name(option.label().get(language)).into_owned()).or_default();
                if !codes.contains(&option.code()) {
                    codes.push(option.code());
                }
            }
        }
        found.retain(|label, codes| codes.len() == 1 && options.number(label).is_none());
        let labels: BTreeMap<String, &str> = found.into_iter().filter_map(|(label, codes)| Some((label, *codes.first()?))).collect();
        Some((item.code().to_owned(), labels))
    }
    json!(questionnaire.items().iter().filter_map(of_item).collect::<BTreeMap<_, _>>())
}
