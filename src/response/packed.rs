//! Packed bytes → the answers they stand for.

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use crate::schema::{
    DOES_NOT_APPLY, Item, Layout, NOT_ANSWERED, NOT_ASKED, NOT_OFFERED, OptionList, Questionnaire, Slot, SlotKind,
    unscaled,
};

/// The bytes are not a packed response of the layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("these {found} bytes are no answers of a layout of {expected} bytes")]
pub struct NotOfLayout {
    /// How many bytes the layout has.
    pub expected: usize,
    /// How many bytes were given.
    pub found: usize,
}

/// The answers as a submission writes them. Items not answered or not asked are left out; the texts, which
/// are not in the bytes, come from `text_of`.
///
/// # Errors
/// [`NotOfLayout`] where the bytes have another length, or hold a state or an option that does not exist.
pub fn decode(
    bytes: &[u8],
    questionnaire: &Questionnaire,
    layout: &Layout,
    text_of: impl Fn(&str) -> Option<String>,
) -> Result<Map<String, Value>, NotOfLayout> {
    if !layout.accepts(bytes) {
        return Err(NotOfLayout { expected: layout.width(), found: bytes.len() });
    }
    let pairs = questionnaire.items().iter().zip(layout.slots());
    Ok(pairs
        .filter_map(|(item, slot)| Some((item.code().to_owned(), answer(item, *slot, bytes, &text_of)?)))
        .collect())
}

fn answer(item: &Item, slot: Slot, bytes: &[u8], text_of: impl Fn(&str) -> Option<String>) -> Option<Value> {
    match slot.state(bytes) {
        NOT_ANSWERED | NOT_ASKED => return None,
        DOES_NOT_APPLY => return Some(json!({"missing": "does_not_apply"})),
        NOT_OFFERED => return Some(json!({"missing": "not_offered"})),
        _ => {}
    }
    let code = |options: &OptionList, number: u8| options.get(number).map(|option| Value::from(option.code()));
    match slot.kind() {
        SlotKind::Option(_) => code(item.options()?, slot.option(bytes)?),
        SlotKind::Multiple(_) => {
            let options = item.options()?;
            Some(slot.options(bytes).filter_map(|number| code(options, number)).collect())
        }
        SlotKind::Number(decimals) => Some(Value::Number(unscaled(slot.number(bytes)?, decimals))),
        SlotKind::Date => NaiveDate::from_epoch_days(slot.days(bytes)?).map(|day| day.to_string().into()),
        SlotKind::Text => text_of(item.code()).map(Value::from),
    }
}
