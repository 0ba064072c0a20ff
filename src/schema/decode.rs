//! Reading a JSON value member by member, so that one wrong member hides no other.
//!
//! serde stops at the first thing it does not like, in English. Files written by hand deserve every finding
//! at once, in both languages, so wire forms are read by these few functions instead.

use serde_json::{Map, Value};

use super::source::{self, MAX_DEPTH};
use super::text::{self, forbidden_character};
use crate::table::nfc;
use crate::words::{Finding, Path, any_error};

/// What a document says, and what somebody should look at.
pub(crate) struct Read<T> {
    pub found: T,
    /// Warnings, in the order of lines.
    pub warnings: Vec<Finding>,
    pub value: Value,
}

/// Reads the text of a JSON document by a reader of its kind: what it says, or every finding in the order of lines.
pub(crate) fn document<T>(text: &str, read: impl FnOnce(&Value, &mut At<'_>) -> Option<T>) -> Result<Read<T>, Vec<Finding>> {
    let text = &*nfc(text);
    let (mut value, mut findings) = source::read(text.as_bytes(), MAX_DEPTH).map_err(|finding| vec![finding])?;
    if text.contains("\\u") {
        compose(&mut value);
    }
    let found = read(&value, &mut At::root(&mut findings));
    source::locate(text, &mut findings);
    findings.sort_by_key(|finding| finding.line);
    text::gather_missing_english(&mut findings);
    match found {
        Some(found) if !any_error(&findings) => Ok(Read { found, warnings: findings, value }),
        _ => Err(findings),
    }
}

/// Brings what was written by escapes (`\u0303`) to NFC as well: names in documents are compared with names in tables.
pub(crate) fn compose(value: &mut Value) {
    match value {
        Value::String(text) => *text = nfc(text).into_owned(),
        Value::Array(list) => list.iter_mut().for_each(compose),
        Value::Object(members) => {
            let all = std::mem::take(members);
            members.extend(all.into_iter().map(|(key, mut value)| {
                compose(&mut value);
                (nfc(&key).into_owned(), value)
            }));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A place in the document and the list its findings go to.
pub(crate) struct At<'a> {
    path: Path<'a>,
    findings: &'a mut Vec<Finding>,
}

impl<'a> At<'a> {
    pub fn root(findings: &'a mut Vec<Finding>) -> Self {
        Self { path: Path::Root, findings }
    }

    pub fn key<'b>(&'b mut self, key: &'b str) -> At<'b> {
        At { path: Path::Key(&self.path, key), findings: self.findings }
    }

    pub fn index(&mut self, index: usize) -> At<'_> {
        At { path: Path::Index(&self.path, index), findings: self.findings }
    }

    pub fn pointer(&self) -> String {
        self.path.to_string()
    }

    pub fn error(&mut self, code: &'static str, vi: impl Into<String>, en: impl Into<String>) {
        self.findings.push(Finding::error(self.pointer(), code, vi, en));
    }

    pub fn warning(&mut self, code: &'static str, vi: impl Into<String>, en: impl Into<String>) {
        self.findings.push(Finding::warning(self.pointer(), code, vi, en));
    }

    pub fn wrong_type(&mut self, vi: &str, en: &str, found: &Value) {
        let (found_vi, found_en) = type_name(found);
        self.error("wrong-type", format!("Cần {vi}, nhưng đây là {found_vi}"), format!("Expected {en}, found {found_en}"));
    }

    pub fn missing(&mut self, name: &str) {
        self.error("missing-member", format!("Thiếu trường “{name}”"), format!("The member “{name}” is missing"));
    }

    pub fn forbidden_character(&mut self, bad: char) {
        let bad = u32::from(bad);
        self.error(
            "forbidden-character",
            format!("Có ký tự không được phép U+{bad:04X} (ký tự điều khiển hoặc đảo chiều chữ)"),
            format!("Holds the character U+{bad:04X}, a control or direction character that is not allowed"),
        );
    }

    /// `value` must be one of `names`; returns the position.
    pub fn one_of(&mut self, value: &Value, names: &[&str]) -> Option<usize> {
        let found = value.as_str().and_then(|name| names.iter().position(|known| *known == name));
        if found.is_none() {
            let list = names.join(", ");
            self.error("unknown-value", format!("Phải là một trong: {list}"), format!("Must be one of: {list}"));
        }
        found
    }
}

fn type_name(value: &Value) -> (&'static str, &'static str) {
    match value {
        Value::Null => ("null", "null"),
        Value::Bool(_) => ("true/false", "true/false"),
        Value::Number(_) => ("một số", "a number"),
        Value::String(_) => ("một chuỗi", "a string"),
        Value::Array(_) => ("một danh sách", "a list"),
        Value::Object(_) => ("một đối tượng", "an object"),
    }
}

/// A JSON object of which we remember the members asked for, to report the others.
pub(crate) struct Object<'v> {
    map: &'v Map<String, Value>,
    known: Vec<&'static str>,
}

impl<'v> Object<'v> {
    pub fn open(value: &'v Value, at: &mut At<'_>) -> Option<Self> {
        match value {
            Value::Object(map) => Some(Self { map, known: Vec::new() }),
            other => {
                at.wrong_type("một đối tượng", "an object", other);
                None
            }
        }
    }

    pub fn members(&self) -> impl Iterator<Item = (&'v String, &'v Value)> {
        self.map.iter()
    }

    /// Remembers a member that was asked for, once.
    fn know(&mut self, name: &'static str) {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
    }

    /// Whether the member is there; asking makes it known.
    pub fn has(&mut self, name: &'static str) -> bool {
        self.know(name);
        self.map.contains_key(name)
    }

    /// Reads an optional member.
    pub fn read<T>(&mut self, name: &'static str, at: &mut At<'_>, read: impl FnOnce(&'v Value, &mut At<'_>) -> Option<T>) -> Option<T> {
        self.know(name);
        self.map.get(name).and_then(|value| read(value, &mut at.key(name)))
    }

    /// Reads a member that must be there.
    pub fn need<T>(&mut self, name: &'static str, at: &mut At<'_>, read: impl FnOnce(&'v Value, &mut At<'_>) -> Option<T>) -> Option<T> {
        if !self.map.contains_key(name) {
            at.missing(name);
        }
        self.read(name, at, read)
    }

    /// Reports the members that nobody asked for.
    pub fn close(self, at: &mut At<'_>) {
        for name in self.map.keys().filter(|name| !self.known.contains(&name.as_str())) {
            let known = self.known.join(", ");
            at.key(name).error(
                "unknown-member",
                format!("Không có trường “{name}” ở đây; các trường được phép: {known}"),
                format!("There is no member “{name}” here; it may have: {known}"),
            );
        }
    }
}

/// A non-empty string of at most 200 characters without control characters.
pub(crate) fn string<'v>(value: &'v Value, at: &mut At<'_>) -> Option<&'v str> {
    let Value::String(text) = value else {
        at.wrong_type("một chuỗi", "a string", value);
        return None;
    };
    if text.trim().is_empty() {
        at.error("empty", "Không được để trống", "Must not be empty");
        return None;
    }
    if text.chars().count() > 200 {
        at.error("too-long", "Dài quá 200 ký tự", "Longer than 200 characters");
        return None;
    }
    if let Some(bad) = forbidden_character(text) {
        at.forbidden_character(bad);
        return None;
    }
    Some(text)
}

pub(crate) fn boolean(value: &Value, at: &mut At<'_>) -> Option<bool> {
    if value.as_bool().is_none() {
        at.wrong_type("true hoặc false", "true or false", value);
    }
    value.as_bool()
}

/// A whole number within `range`.
pub(crate) fn whole(value: &Value, range: std::ops::RangeInclusive<u32>, at: &mut At<'_>) -> Option<u32> {
    let found = value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| range.contains(n));
    if found.is_none() {
        let (low, high) = (range.start(), range.end());
        at.error("out-of-range", format!("Phải là số nguyên từ {low} đến {high}"), format!("Must be a whole number from {low} to {high}"));
    }
    found
}

/// A finite number.
pub(crate) fn real(value: &Value, at: &mut At<'_>) -> Option<f64> {
    let found = value.as_f64().filter(|x| x.is_finite());
    if found.is_none() {
        at.wrong_type("một số", "a number", value);
    }
    found
}

pub(crate) fn array<'v>(value: &'v Value, at: &mut At<'_>) -> Option<&'v [Value]> {
    let Value::Array(values) = value else {
        at.wrong_type("một danh sách", "a list", value);
        return None;
    };
    Some(values)
}

/// A list; elements that cannot be read are reported and left out.
pub(crate) fn list<'v, T>(value: &'v Value, at: &mut At<'_>, mut read: impl FnMut(&'v Value, &mut At<'_>) -> Option<T>) -> Option<Vec<T>> {
    let values = array(value, at)?;
    Some(values.iter().enumerate().filter_map(|(index, value)| read(value, &mut at.index(index))).collect())
}

/// Reports an empty list.
pub(crate) fn not_empty<T>(values: &[T], at: &mut At<'_>) {
    if values.is_empty() {
        at.error("empty", "Danh sách không được để trống", "The list must not be empty");
    }
}

/// A list of distinct strings with at least one element.
pub(crate) fn names(value: &Value, at: &mut At<'_>) -> Option<Vec<String>> {
    let mut seen: Vec<String> = Vec::new();
    list(value, at, |value, at| {
        let name = string(value, at)?;
        if seen.iter().any(|known| known == name) {
            at.error("duplicate-code", format!("“{name}” đã có trong danh sách"), format!("“{name}” is listed twice"));
        } else {
            seen.push(name.to_owned());
        }
        Some(())
    })?;
    not_empty(array(value, at)?, at);
    Some(seen)
}

/// `https://…` or a relative path to the meta-schema: for editors, not for us.
pub(crate) fn skip_meta_schema(object: &mut Object<'_>, at: &mut At<'_>) {
    object.read("$schema", at, string);
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_unknown_member_is_told_with_each_known_one_once() {
        let (value, mut findings) = (json!({"colour": 1}), Vec::new());
        let mut at = At::root(&mut findings);
        let mut object = Object::open(&value, &mut at).unwrap();
        if !object.has("scale") {
            object.read("scale", &mut at, real);
        }
        object.read("window", &mut at, string);
        object.close(&mut at);
        let told: Vec<(&str, &str)> = findings.iter().map(|finding| (finding.pointer.as_str(), finding.en.as_str())).collect();
        assert_eq!(told, [("/colour", "There is no member “colour” here; it may have: scale, window")]);
    }
}
