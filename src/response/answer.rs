//! One answer against its item: what fits becomes a number to pack, what does not says why.

use serde_json::{Map, Number, Value};

use crate::schema::{DOES_NOT_APPLY, DecimalError, Item, NOT_ANSWERED, NOT_OFFERED, OptionList, scaled, unscaled};

/// Why an answer does not fit: where below its item, a code, and the texts.
pub(super) struct Misfit {
    pub(super) below: Option<usize>,
    pub(super) code: &'static str,
    pub(super) vi: String,
    pub(super) en: String,
}

pub(super) fn misfit(code: &'static str, vi: impl Into<String>, en: impl Into<String>) -> Misfit {
    Misfit { below: None, code, vi: vi.into(), en: en.into() }
}

/// `{"missing": …}` → a state.
pub(super) fn missing(item: &Item, marker: &Map<String, Value>) -> Result<u8, Misfit> {
    let reason = marker.get("missing").and_then(Value::as_str).filter(|_| marker.len() == 1);
    match reason {
        Some("not_answered") => Ok(NOT_ANSWERED),
        Some("not_offered") => Ok(NOT_OFFERED),
        Some("does_not_apply") if item.does_not_apply() => Ok(DOES_NOT_APPLY),
        Some("does_not_apply") => Err(misfit(
            "does-not-apply-not-allowed",
            "Câu này không có lựa chọn “không áp dụng”",
            "“Does not apply” may not be answered to this item",
        )),
        _ => Err(misfit(
            "bad-missing",
            "Phải là {\"missing\": …} với not_answered, not_offered hoặc does_not_apply",
            "Must be {\"missing\": …} with not_answered, not_offered or does_not_apply",
        )),
    }
}

/// An option's code, or a whole number that spells it, to the option's number.
pub(super) fn option(options: &OptionList, answer: &Value) -> Result<u8, Misfit> {
    let (number, code) = match answer {
        Value::String(code) => (options.number(code), code.as_str().into()),
        // A spreadsheet writes 4 as 4.0.
        Value::Number(number) if scaled(number, 0).is_ok() => {
            let code = scaled(number, 0).unwrap_or_default().to_string();
            (options.number(&code), std::borrow::Cow::Owned(code))
        }
        _ => return Err(misfit("wrong-type", "Phải là mã của một lựa chọn", "Must be the code of an option")),
    };
    number.ok_or_else(|| {
        let code: String = code.chars().filter(|c| !c.is_control()).take(40).collect();
        misfit("unknown-option", format!("Không có lựa chọn “{code}”"), format!("There is no option “{code}”"))
    })
}

pub(super) fn many(chosen: &[u8], min: u8, max: u8, exclusive: &[u8]) -> Result<(), Misfit> {
    let alone = chosen.iter().any(|option| exclusive.contains(option));
    if alone && chosen.len() > 1 {
        return Err(misfit(
            "exclusive-option",
            "Lựa chọn loại trừ không được chọn cùng lựa chọn khác",
            "An option that stands alone is chosen with others",
        ));
    }
    if !alone && chosen.len() < usize::from(min) {
        return Err(misfit(
            "too-few-options",
            format!("Phải chọn ít nhất {min} lựa chọn"),
            format!("At least {min} options must be chosen"),
        ));
    }
    if chosen.len() > usize::from(max) {
        return Err(misfit(
            "too-many-options",
            format!("Chỉ được chọn tối đa {max} lựa chọn"),
            format!("At most {max} options may be chosen"),
        ));
    }
    Ok(())
}

pub(super) fn number(answer: &Number, min: i64, max: i64, decimals: u8) -> Result<i64, Misfit> {
    let bounds = || out_of_range(&unscaled(min, decimals), &unscaled(max, decimals));
    match scaled(answer, decimals) {
        Ok(value) if (min..=max).contains(&value) => Ok(value),
        Ok(_) | Err(DecimalError::TooLarge) => Err(bounds()),
        Err(DecimalError::TooManyDecimals(_)) => Err(misfit(
            "too-many-decimals",
            format!("Chỉ được có tối đa {decimals} chữ số thập phân"),
            format!("At most {decimals} digits after the point are allowed"),
        )),
    }
}

pub(super) fn out_of_range(min: &impl std::fmt::Display, max: &impl std::fmt::Display) -> Misfit {
    misfit("out-of-range", format!("Phải nằm trong khoảng từ {min} đến {max}"), format!("Must lie between {min} and {max}"))
}
