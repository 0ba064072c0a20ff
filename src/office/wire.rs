//! Documents in JSON that ask for an act: how they are read, and what several have in common. The API takes them as bodies, the command
//! line as files; what is wrong with one is told in the same findings.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use validator::{Validate, ValidationError, ValidationErrors, ValidationErrorsKind};

use super::{Code, Refusal};
use crate::schema::Text;
use crate::words::Finding;

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
/// `json-invalid` for what is no JSON, `body-invalid` for what has another shape.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(bytes).map_err(|error| unread(&error))
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
    let mut found = Vec::new();
    if let Err(errors) = value.validate() {
        collect(&errors, "", &mut found);
    }
    found.sort_by(|a, b| a.pointer.cmp(&b.pointer));
    found
}

/// What serde says of a document that it cannot read.
#[must_use]
pub fn unread(error: &serde_json::Error) -> Refusal {
    let (line, column) = (error.line(), error.column());
    if error.is_data() {
        let mut finding = Finding::error("", "wrong-shape", format!("Dòng {line}, cột {column}: {error}"), error.to_string());
        finding.line = u32::try_from(line).ok();
        return Refusal::new(Code::BodyInvalid).errors(vec![finding]);
    }
    Refusal::new(Code::JsonInvalid).detail(
        format!("Không đọc được JSON ở dòng {line}, cột {column}"),
        format!("The JSON cannot be read at line {line}, column {column}"),
    )
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
    if let (Some(vi), Some(en)) = (error.params.get("vi").and_then(serde_json::Value::as_str), &error.message) {
        return Finding::error(pointer, error.code.clone(), vi, en.clone());
    }
    let bound = |name: &str| error.params.get(name).map(|bound| format!(" {name}={bound}")).unwrap_or_default();
    let bounds = format!("{}{}", bound("min"), bound("max"));
    let code = format!("out-of-bounds-{}", error.code);
    Finding::error(pointer, code, format!("Giá trị ngoài giới hạn:{bounds}"), format!("The value is out of bounds:{bounds}"))
}
