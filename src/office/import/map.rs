//! The column map: a JSON file that says what the columns of somebody else's file mean.

use std::collections::BTreeMap;

use serde_json::Value;

use super::columns::{Holds, Role};
use crate::schema::decode::{At, Object, document, skip_meta_schema, string};
use crate::schema::{ItemKind, Questionnaire};
use crate::words::Finding;

/// What the columns of a file mean.
#[derive(Debug, Clone, Default)]
pub struct ColumnMap {
    columns: BTreeMap<String, Holds>,
    options: BTreeMap<usize, BTreeMap<String, Value>>,
    units: BTreeMap<String, String>,
}

impl ColumnMap {
    /// Reads the text of a map:
    ///
    /// ```json
    /// { "columns": { "Ông/bà đã dùng dịch vụ?": "used", "Lý do (chậm)": "why/slow", "Mã phiếu": "@id", "Ghi chú": "@ignore" },
    ///   "options": { "used": { "Có": "yes", "Không trả lời": { "missing": "not_answered" } } },
    ///   "units": { "Sở Y tế": "SYT" } }
    /// ```
    ///
    /// Several columns may mean one thing: the first that is not empty counts.
    ///
    /// # Errors
    /// Every finding: no JSON, items or options that the questionnaire does not have.
    pub fn read(text: &str, questionnaire: &Questionnaire) -> Result<Self, Vec<Finding>> {
        document(text, |value, at| read(value, questionnaire, at)).map(|read| read.found)
    }

    /// What this column holds, if the map says so.
    #[must_use]
    pub fn holds(&self, column: &str) -> Option<Holds> {
        self.columns.get(column).cloned()
    }

    /// What a cell of an item stands for, if the map says so.
    #[must_use]
    pub fn option(&self, item: usize, cell: &str) -> Option<&Value> {
        self.options.get(&item)?.get(cell)
    }

    /// The code of a unit that the file calls so.
    #[must_use]
    pub fn unit<'a>(&'a self, cell: &'a str) -> &'a str {
        self.units.get(cell).map_or(cell, String::as_str)
    }

    /// The columns that it names.
    pub fn names(&self) -> impl Iterator<Item = (&str, &Holds)> {
        self.columns.iter().map(|(name, holds)| (name.as_str(), holds))
    }
}

fn read(value: &Value, questionnaire: &Questionnaire, at: &mut At<'_>) -> Option<ColumnMap> {
    let mut object = Object::open(value, at)?;
    skip_meta_schema(&mut object, at);
    let columns = object.read("columns", at, |value, at| {
        members(value, at, |value, at| {
            let name = string(value, at)?;
            let holds = target(name, questionnaire);
            if holds.is_none() {
                let roles = Role::ALL.map(|role| format!("@{}", role.as_str())).join(", ");
                at.error(
                    "unknown-item",
                    format!("Phiếu hỏi không có câu “{name}”; ngoài mã câu hỏi có thể dùng {roles}, @ignore"),
                    format!("The questionnaire has no item “{name}”; beside the codes of items there are {roles}, @ignore"),
                );
            }
            holds
        })
    });
    let options = object.read("options", at, |value, at| options(value, questionnaire, at));
    let units = object.read("units", at, |value, at| members(value, at, |value, at| string(value, at).map(str::to_owned)));
    object.close(at);
    Some(ColumnMap { columns: columns.unwrap_or_default(), options: options.unwrap_or_default(), units: units.unwrap_or_default() })
}

fn members<T>(value: &Value, at: &mut At<'_>, mut read: impl FnMut(&Value, &mut At<'_>) -> Option<T>) -> Option<BTreeMap<String, T>> {
    let object = Object::open(value, at)?;
    let found = object.members().filter_map(|(name, value)| Some((name.trim().to_owned(), read(value, &mut at.key(name))?)));
    Some(found.collect())
}

/// What a name in a map means: `@unit` and the like, `@ignore`, an item, or `item/option`.
fn target(name: &str, questionnaire: &Questionnaire) -> Option<Holds> {
    if let Some(role) = name.strip_prefix('@') {
        let role = Role::ALL.into_iter().find(|known| known.as_str() == role).map(Holds::Role);
        return role.or_else(|| (name == "@ignore").then_some(Holds::Nothing));
    }
    if let Some(item) = questionnaire.position(name) {
        return Some(Holds::Item(item));
    }
    let (code, option) = name.split_once('/')?;
    let position = questionnaire.position(code)?;
    let item = questionnaire.items().get(position)?;
    let known = matches!(item.kind(), ItemKind::Multiple { options, .. } if options.number(option).is_some());
    known.then(|| Holds::Choice(position, option.to_owned()))
}

fn options(value: &Value, questionnaire: &Questionnaire, at: &mut At<'_>) -> Option<BTreeMap<usize, BTreeMap<String, Value>>> {
    let mut found = BTreeMap::new();
    let object = Object::open(value, at)?;
    for (code, labels) in object.members() {
        let mut at = at.key(code);
        let Some(position) = questionnaire.position(code) else {
            at.error("unknown-item", format!("Phiếu hỏi không có câu “{code}”"), format!("The questionnaire has no item “{code}”"));
            continue;
        };
        let known = questionnaire.items().get(position).and_then(|item| item.options());
        let labels = members(labels, &mut at, |value, at| {
            if value.get("missing").is_some() {
                return Some(value.clone());
            }
            let option = string(value, at)?;
            if known.is_none_or(|known| known.number(option).is_none()) {
                at.error(
                    "unknown-option",
                    format!("Câu “{code}” không có lựa chọn “{option}”"),
                    format!("The item “{code}” has no option “{option}”"),
                );
                return None;
            }
            Some(Value::from(option))
        });
        found.insert(position, labels.unwrap_or_default());
    }
    Some(found)
}
