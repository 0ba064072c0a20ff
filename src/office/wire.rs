//! Documents in JSON that ask for an act: how they are read, and what several have in common. The API takes them as bodies, the command
//! line as files; what is wrong with one is told in the same findings.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use validator::{Validate, ValidationError, ValidationErrors, ValidationErrorsKind};

use super::{Code, Refusal, shape};
use crate::schema::{Text, source};
use crate::words::{Finding, Path};

/// A unit: a code within a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UnitName {
    /// The code list, such as `vn-34`.
    pub list: String,
    /// The code in that list.
    pub code: String,
}

/// A text in several languages; `vi` must be there.
#[derive(Default, Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
pub struct Words(pub BTreeMap<String, String>);

impl Words {
    /// The words that the store keeps as JSON.
    #[must_use]
    pub fn from_json(json: &str) -> Self {
        Self(serde_json::from_str(json).unwrap_or_default())
    }

    /// The words of a definition.
    #[must_use]
    pub fn of(text: &Text) -> Self {
        Self(text.languages().map(|language| (language.to_owned(), text.get(language).to_owned())).collect())
    }

    /// As the store keeps them.
    #[must_use]
    pub fn to_json(&self) -> String {
        // A map of strings has no value that JSON cannot hold.
        serde_json::to_string(&self.0).unwrap_or_default()
    }
}

/// Words with Vietnamese among them, none of them empty or long.
///
/// # Errors
/// What is missing.
pub fn check_words(words: &Words) -> Result<(), ValidationError> {
    let bad = |text: &String| text.trim().is_empty() || text.chars().count() > 500;
    if !words.0.contains_key("vi") || words.0.values().any(bad) {
        return Err(ValidationError::new("words"));
    }
    Ok(())
}

/// Why a member cannot be as it is, for a check that has words of its own. The code is that of the finding.
#[must_use]
pub fn objection(code: &'static str, vi: impl Into<Cow<'static, str>>, en: impl Into<Cow<'static, str>>) -> ValidationError {
    let mut error = ValidationError::new(code).with_message(en.into());
    error.add_param("vi".into(), &vi.into());
    error
}

/// Lets one of the known names pass.
///
/// # Errors
/// `unknown-value`, with the names.
pub fn one_of(name: &str, known: &[&str]) -> Result<(), ValidationError> {
    if known.contains(&name) {
        return Ok(());
    }
    let names = known.join(", ");
    Err(objection("unknown-value", format!("Phải là một trong: {names}"), format!("Must be one of: {names}")))
}

/// Reads `bytes` as JSON of the shape of `T`.
///
/// # Errors
/// `json-invalid` for what is no JSON, `body-invalid` for a member that is given twice, holds U+0000 or does not fit the shape.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    let (value, mut found) = source::read(bytes, source::MAX_DEPTH).map_err(|finding| {
        let Finding { vi, en, .. } = finding;
        Refusal::new(Code::JsonInvalid).detail(vi, en)
    })?;
    find_nul(&value, &Path::Root, &mut found);
    match shape::from_value::<T>(&value) {
        Ok(read) if found.is_empty() => return Ok(read),
        Ok(_) => {}
        Err(finding) => found.push(finding),
    }
    source::locate(&String::from_utf8_lossy(bytes), &mut found);
    Err(Refusal::new(Code::BodyInvalid).errors(found))
}

/// No text may hold U+0000: not every database can keep it.
fn find_nul(value: &Value, at: &Path<'_>, found: &mut Vec<Finding>) {
    let mut nul = || found.push(Finding::error(at.to_string(), "nul-character", "Có ký tự U+0000", "Holds the character U+0000"));
    match value {
        Value::String(text) if text.contains('\0') => nul(),
        Value::Array(items) => items.iter().enumerate().for_each(|(index, item)| find_nul(item, &Path::Index(at, index), found)),
        Value::Object(members) => {
            if members.keys().any(|name| name.contains('\0')) {
                nul();
            }
            members.iter().for_each(|(name, value)| find_nul(value, &Path::Key(at, name), found));
        }
        _ => {}
    }
}

/// Checks the bounds of what was read.
///
/// # Errors
/// `body-invalid` with a pointer for each member that is out of bounds.
pub fn check<T: Validate>(value: &T) -> Result<(), Refusal> {
    let found = findings(value);
    if found.is_empty() { Ok(()) } else { Err(Refusal::new(Code::BodyInvalid).errors(found)) }
}

/// Every member that is out of its bounds, in the order of their pointers.
#[must_use]
pub fn findings<T: Validate>(value: &T) -> Vec<Finding> {
    findings_at(value, "")
}

/// The same of what stands at a place of its own.
#[must_use]
pub fn findings_at<T: Validate>(value: &T, at: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Err(errors) = value.validate() {
        collect(&errors, at, &mut found);
    }
    found.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    found
}

/// The nested maps of `validator` as findings with JSON pointers; the refused values are not repeated.
fn collect(errors: &ValidationErrors, at: &str, found: &mut Vec<Finding>) {
    for (field, kind) in errors.errors() {
        let pointer = format!("{at}/{field}");
        match kind {
            ValidationErrorsKind::Struct(inner) => collect(inner, &pointer, found),
            ValidationErrorsKind::List(items) => {
                for (index, inner) in items {
                    collect(inner, &format!("{pointer}/{index}"), found);
                }
            }
            ValidationErrorsKind::Field(broken) => found.extend(broken.iter().map(|error| told(&pointer, error))),
        }
    }
}

fn told(pointer: &str, error: &ValidationError) -> Finding {
    if let (Some(vi), Some(en)) = (error.params.get("vi").and_then(Value::as_str), &error.message) {
        return Finding::error(pointer, error.code.clone(), vi, en.clone());
    }
    let bound = |name: &str| error.params.get(name).map(ToString::to_string);
    let (vi, en) = match (bound("min"), bound("max"), error.code.as_ref()) {
        (Some(min), Some(max), "length") => (format!("Độ dài phải từ {min} đến {max}"), format!("The length must be from {min} to {max}")),
        (None, Some(max), "length") => (format!("Độ dài tối đa {max}"), format!("The length is at most {max}")),
        (Some(min), None, "length") => (format!("Độ dài tối thiểu {min}"), format!("The length is at least {min}")),
        (Some(min), Some(max), _) => (format!("Phải từ {min} đến {max}"), format!("Must be from {min} to {max}")),
        (None, Some(max), _) => (format!("Tối đa {max}"), format!("At most {max}")),
        (Some(min), None, _) => (format!("Tối thiểu {min}"), format!("At least {min}")),
        (None, None, "words") => (
            "Cần tiếng Việt (vi); mỗi ngôn ngữ từ 1 đến 500 ký tự".to_owned(),
            "Vietnamese (vi) is needed; each language has 1 to 500 characters".to_owned(),
        ),
        _ => ("Giá trị không dùng được ở đây".to_owned(), "The value cannot be used here".to_owned()),
    };
    Finding::error(pointer, format!("out-of-bounds-{}", error.code), vi, en)
}
