//! What the fields of a form say, as the answers of a submission.

use serde_json::{Map, Value, json};

use super::{DOES_NOT_APPLY, field, offers};
use crate::schema::{Item, ItemKind, Questionnaire};

/// The answers in the fields of a form: as text, but where a whole number was written, so that they are judged like those of every sender.
/// Items of sections that were not offered say so.
#[must_use]
pub fn answers(questionnaire: &Questionnaire, sections: &[String], fields: &[(String, String)]) -> Map<String, Value> {
    let mut answers = Map::new();
    for section in questionnaire.sections() {
        let offered = offers(sections, section);
        for item in questionnaire.items_of(section) {
            let answer = if offered { answer(item, fields) } else { Some(json!({ "missing": "not_offered" })) };
            if let Some(answer) = answer {
                answers.insert(item.code().to_owned(), answer);
            }
        }
    }
    answers
}

fn answer(item: &Item, fields: &[(String, String)]) -> Option<Value> {
    let name = field(item.code());
    let values: Vec<&str> =
        fields.iter().filter(|(known, value)| *known == name && !value.is_empty()).map(|(_, value)| value.as_str()).collect();
    let written: Vec<&str> = values.iter().copied().filter(|value| *value != DOES_NOT_APPLY).collect();
    if written.is_empty() {
        return (!values.is_empty()).then(|| json!({ "missing": "does_not_apply" }));
    }
    Some(match item.kind() {
        ItemKind::Multiple { .. } => json!(written),
        ItemKind::Number { .. } => number(written.first()?),
        ItemKind::Scale(_) | ItemKind::Single(_) | ItemKind::Date { .. } | ItemKind::Text { .. } => json!(written.first()?),
    })
}

/// A whole number as one; anything else as it was written, which the check reads where it stands for a number.
fn number(text: &str) -> Value {
    let text = text.trim();
    let plain = !text.is_empty() && text.len() <= 15 && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse::<i64>().ok()).flatten().map_or_else(|| json!(text), |number| json!(number))
}
