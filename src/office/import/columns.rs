//! Which column of a file holds what.
//!
//! What was asked for comes first, then the column map, then the questionnaire's own codes, then what Kobo and ODK call things: their
//! groups stand in front of a name (`grp/used`), each option of a question that takes several has a column of its own (`why/slow`), and
//! columns of their own say who, when and on what.

use std::collections::{BTreeMap, BTreeSet};

use super::map::ColumnMap;
use crate::schema::{Item, ItemKind, Questionnaire};
use crate::table::Table;
use crate::words::Finding;

/// What a column can hold besides an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// What tells records apart.
    Id,
    /// The code of the rated unit.
    Unit,
    Psu,
    /// The code on the sample list.
    Respondent,
    /// When answering began.
    StartedAt,
    /// When answering ended.
    AnsweredAt,
    /// The device: the number or the name of its key.
    Device,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 7] = [Self::Id, Self::Unit, Self::Psu, Self::Respondent, Self::StartedAt, Self::AnsweredAt, Self::Device];

    /// The name in a column map, behind an `@`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Unit => "unit",
            Self::Psu => "psu",
            Self::Respondent => "respondent",
            Self::StartedAt => "started_at",
            Self::AnsweredAt => "answered_at",
            Self::Device => "device",
        }
    }
}

/// What somebody says that a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holds {
    /// Who, where or when.
    Role(Role),
    /// The answer to an item, by its position.
    Item(usize),
    /// Whether an option of an item that takes several was chosen.
    Choice(usize, String),
    /// Nothing that an import takes.
    Nothing,
}

/// The columns that answer one item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ItemColumns {
    /// Those that hold its answer; the first that is not empty counts.
    pub whole: Vec<usize>,
    /// Those that hold one option each, with the option.
    pub split: Vec<(usize, String)>,
}

/// Which columns of a file hold what.
#[derive(Debug, Clone, Default)]
pub struct Columns {
    roles: BTreeMap<Role, Vec<usize>>,
    items: BTreeMap<usize, ItemColumns>,
    /// Those whose times have no offset and are UTC all the same.
    utc: BTreeSet<usize>,
}

/// Names under which Kobo, ODK and people write what tells submissions apart, the surest first.
const IDS: [&str; 6] = ["_uuid", "meta/instanceID", "instanceID", "KEY", "_id", "id"];
/// When answering began.
const STARTS: [&str; 1] = ["start"];
/// When answering ended; else, when the submission reached the server.
const ENDS: [&str; 3] = ["end", "_submission_time", "SubmissionDate"];
/// Columns of theirs that say nothing about the answers.
const THEIRS: [&str; 14] = [
    "deviceid",
    "today",
    "username",
    "simserial",
    "phonenumber",
    "subscriberid",
    "audit",
    "formhub/uuid",
    "SubmitterID",
    "SubmitterName",
    "AttachmentsPresent",
    "AttachmentsExpected",
    "Status",
    "FormVersion",
];

impl Columns {
    /// Finds out what each column of a heading holds.
    pub fn find(
        table: &Table,
        asked: &BTreeMap<Role, String>,
        map: &ColumnMap,
        questionnaire: &Questionnaire,
        findings: &mut Vec<Finding>,
    ) -> Self {
        let heading: Vec<String> = table.names().map(str::to_owned).collect();
        let heading = heading.as_slice();
        let mut columns = Self::default();
        let mut open: Vec<usize> = Vec::new();
        for (role, name) in asked {
            if !heading.contains(name) {
                findings.push(missing(*role, name, heading));
            }
        }
        for (place, name) in heading.iter().enumerate() {
            // One column may be asked for as several things: a respondent's code may tell records apart.
            let roles: Vec<Role> = asked.iter().filter(|(_, asked)| *asked == name).map(|(role, _)| *role).collect();
            if !roles.is_empty() {
                for role in roles {
                    columns.put(place, Holds::Role(role));
                }
                continue;
            }
            match map.holds(name).or_else(|| item_of(questionnaire, name)) {
                Some(holds) => columns.put(place, holds),
                None => open.push(place),
            }
        }
        open.retain(|place| !columns.theirs(*place, &heading[*place], heading, asked));
        open.retain(|place| !columns.by_other_separator(*place, &heading[*place], questionnaire));
        columns.unit_by_name(&mut open, heading);
        for place in open {
            let name = &heading[place];
            if !name.is_empty() && !name.starts_with('_') && !THEIRS.contains(&name.as_str()) && !name.starts_with("meta/") {
                let (vi, en) = (
                    format!("Phiếu hỏi không có câu “{name}”; bỏ qua cột này"),
                    format!("The questionnaire has no item “{name}”; the column is passed over"),
                );
                findings.push(Finding { line: Some(1), ..Finding::warning(format!("/{name}"), "column-unused", vi, en) });
            }
        }
        columns
    }

    fn put(&mut self, place: usize, holds: Holds) {
        match holds {
            Holds::Role(role) => self.roles.entry(role).or_default().push(place),
            Holds::Item(item) => self.items.entry(item).or_default().whole.push(place),
            Holds::Choice(item, option) => self.items.entry(item).or_default().split.push((place, option)),
            Holds::Nothing => {}
        }
    }

    /// Takes a column that Kobo or ODK made, where nothing else was asked for. Of several that tell submissions apart the surest counts.
    fn theirs(&mut self, place: usize, name: &str, heading: &[String], asked: &BTreeMap<Role, String>) -> bool {
        for (role, names) in [(Role::Id, &IDS[..]), (Role::StartedAt, &STARTS[..]), (Role::AnsweredAt, &ENDS[..])] {
            if !names.contains(&name) {
                continue;
            }
            let first = names.iter().find(|known| heading.iter().any(|name| name == *known));
            let free = !asked.contains_key(&role) && !self.roles.contains_key(&role);
            if free && first == Some(&name) {
                // Both write UTC without saying so.
                if name == "_submission_time" || name == "SubmissionDate" {
                    self.utc.insert(place);
                }
                self.put(place, Holds::Role(role));
            }
            return true;
        }
        false
    }

    /// Takes `grp-used` and `grp.used` as `grp/used`, where no other column answers the item: ODK Central and R write them so.
    fn by_other_separator(&mut self, place: usize, name: &str, questionnaire: &Questionnaire) -> bool {
        let found = ['-', '.', ':'].into_iter().find_map(|separator| item_of(questionnaire, &name.replace(separator, "/")));
        let taken = |item: &usize, columns: &Self| columns.items.get(item).is_some_and(|known| !known.whole.is_empty());
        match found {
            Some(Holds::Item(item)) if !taken(&item, self) => self.put(place, Holds::Item(item)),
            Some(holds @ Holds::Choice(..)) => self.put(place, holds),
            _ => return false,
        }
        true
    }

    /// A column named `unit` holds the unit, if nothing else was said to.
    fn unit_by_name(&mut self, open: &mut Vec<usize>, heading: &[String]) {
        if self.roles.contains_key(&Role::Unit) {
            return;
        }
        if let Some(at) = open.iter().position(|place| heading[*place] == "unit") {
            let place = open.swap_remove(at);
            self.put(place, Holds::Role(Role::Unit));
        }
    }

    /// Says what is missing, and which columns claim the same. `unit_known`: whether the unit need not stand in the file.
    pub fn judge(&self, table: &Table, unit_known: bool, map: &ColumnMap, questionnaire: &Questionnaire, findings: &mut Vec<Finding>) {
        let heading: Vec<String> = table.names().map(str::to_owned).collect();
        let heading = heading.as_slice();
        if !self.roles.contains_key(&Role::Unit) && !unit_known {
            findings.push(missing(Role::Unit, "unit", heading));
        }
        for (name, holds) in map.names().filter(|(name, _)| !heading.iter().any(|there| there == name)) {
            let held = match holds {
                Holds::Role(role) => self.roles.contains_key(role),
                Holds::Item(item) => self.items.get(item).is_some_and(|columns| !columns.whole.is_empty()),
                Holds::Choice(item, option) => {
                    self.items.get(item).is_some_and(|columns| columns.split.iter().any(|(_, known)| known == option))
                }
                Holds::Nothing => true,
            };
            if !held {
                let (vi, en) =
                    (format!("Tệp không có cột “{name}” của tệp ánh xạ"), format!("The file has no column “{name}” of the column map"));
                findings.push(Finding { line: Some(1), ..Finding::warning(format!("/columns/{name}"), "column-missing", vi, en) });
            }
        }
        if self.items.is_empty() {
            let (vi, en) = ("Không cột nào trả lời một câu của phiếu hỏi", "No column answers an item of the questionnaire");
            findings.push(Finding { line: Some(1), ..Finding::error("", "no-answers", vi, en) });
        }
        for (item, columns) in &self.items {
            let code = questionnaire.items().get(*item).map_or("", Item::code);
            Self::twice(code, &columns.whole, heading, map, findings);
        }
        for (role, columns) in &self.roles {
            Self::twice(role.as_str(), columns, heading, map, findings);
        }
    }

    /// Two columns for one thing are a mistake, unless the map says that both hold it.
    fn twice(what: &str, columns: &[usize], heading: &[String], map: &ColumnMap, findings: &mut Vec<Finding>) {
        if columns.len() > 1 && !columns.iter().all(|place| map.holds(&heading[*place]).is_some()) {
            let names = columns.iter().map(|place| format!("“{}”", heading[*place])).collect::<Vec<_>>().join(", ");
            let (vi, en) = (
                format!("Các cột {names} cùng chứa {what}; nếu đúng là như vậy, hãy khai trong tệp ánh xạ"),
                format!("The columns {names} all hold {what}; if that is meant, say so in the column map"),
            );
            findings.push(Finding { line: Some(1), ..Finding::error(format!("/{what}"), "column-twice", vi, en) });
        }
    }

    /// The columns that are read, with what they hold.
    #[must_use]
    pub fn told(&self, table: &Table, questionnaire: &Questionnaire) -> BTreeMap<String, String> {
        let name = |place: usize| table.header().get(place).map(|heading| heading.name.clone()).unwrap_or_default();
        let roles = self.roles.iter().flat_map(|(role, places)| places.iter().map(|place| (name(*place), format!("@{}", role.as_str()))));
        let items = self.items.iter().flat_map(|(item, columns)| {
            let code = questionnaire.items().get(*item).map_or("", Item::code);
            let whole = columns.whole.iter().map(|place| (name(*place), code.to_owned()));
            let split = columns.split.iter().map(|(place, option)| (name(*place), format!("{code}/{option}")));
            whole.chain(split).collect::<Vec<_>>()
        });
        let mut told: BTreeMap<String, String> = BTreeMap::new();
        for (name, holds) in roles.chain(items) {
            told.entry(name).and_modify(|known| *known = format!("{known}, {holds}")).or_insert(holds);
        }
        told
    }

    /// The columns of a role; the first that is not empty counts.
    #[must_use]
    pub fn of(&self, role: Role) -> &[usize] {
        self.roles.get(&role).map_or(&[], Vec::as_slice)
    }

    /// The items that have columns, by position.
    pub fn items(&self) -> impl Iterator<Item = (usize, &ItemColumns)> {
        self.items.iter().map(|(item, columns)| (*item, columns))
    }

    /// Whether times of this column without an offset are UTC.
    #[must_use]
    pub fn is_utc(&self, column: usize) -> bool {
        self.utc.contains(&column)
    }
}

/// The item that a column answers, as the map or its name says.
pub(super) fn item<'q>(questionnaire: &'q Questionnaire, map: &ColumnMap, name: &str) -> Option<&'q Item> {
    let found = map.holds(name).or_else(|| item_of(questionnaire, name));
    let found = found.or_else(|| ['-', '.', ':'].into_iter().find_map(|mark| item_of(questionnaire, &name.replace(mark, "/"))));
    match found {
        Some(Holds::Item(position)) => questionnaire.items().get(position),
        _ => None,
    }
}

/// The item that a name means, with the groups in front of it taken away; `why/slow` is an option of an item that takes several.
fn item_of(questionnaire: &Questionnaire, name: &str) -> Option<Holds> {
    let mut rest = name;
    loop {
        if let Some(item) = questionnaire.position(rest) {
            return Some(Holds::Item(item));
        }
        if let Some((code, option)) = rest.split_once('/')
            && let Some(item) = questionnaire.position(code)
            && matches!(questionnaire.items().get(item).map(Item::kind), Some(ItemKind::Multiple { .. }))
        {
            return Some(Holds::Choice(item, option.to_owned()));
        }
        rest = rest.split_once('/')?.1;
    }
}

fn missing(role: Role, name: &str, heading: &[String]) -> Finding {
    let there = heading.iter().filter(|name| !name.is_empty()).map(|name| format!("“{name}”")).collect::<Vec<_>>().join(", ");
    let what = role.as_str();
    let (vi, en) = (
        format!("Tệp không có cột “{name}” ({what}); các cột có: {there}"),
        format!("The file has no column “{name}” ({what}); it has {there}"),
    );
    Finding { line: Some(1), ..Finding::error(format!("/{what}"), "column-missing", vi, en) }
}
