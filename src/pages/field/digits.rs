//! What digits mean on a paper form: the codes of options where those are numbers, else their places, from 1.

use crate::pages::questionnaire::{DOES_NOT_APPLY, field};
use crate::pages::visit::Visit;
use crate::schema::{Item, ItemKind, OptionList, Questionnaire};

/// The digits of each option of an item, in their order; none for an item that is written in.
pub(super) fn keys(item: &Item) -> Option<Vec<String>> {
    let options = item.options()?;
    let is_number = |code: &str| code.len() <= 3 && code.bytes().all(|byte| byte.is_ascii_digit());
    let all = options.all();
    let by_code = all.iter().all(|option| is_number(option.code()));
    Some(all.iter().enumerate().map(|(place, option)| if by_code { option.code().to_owned() } else { (place + 1).to_string() }).collect())
}

/// Fields of digits as fields of options; what means nothing stays, so that the check of the answers says so.
pub(super) fn read(questionnaire: &Questionnaire, fields: &[(String, String)]) -> Vec<(String, String)> {
    let of_item = |item: &Item| {
        let name = field(item.code());
        let text = fields.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value.trim());
        meant(item, text).into_iter().map(|value| (name.clone(), value)).collect::<Vec<_>>()
    };
    questionnaire.items().iter().flat_map(of_item).collect()
}

fn meant(item: &Item, text: &str) -> Vec<String> {
    let (Some(options), Some(keys)) = (item.options(), keys(item)) else {
        let spare = item.does_not_apply() && text == "-";
        return vec![if spare { DOES_NOT_APPLY.to_owned() } else { text.to_owned() }];
    };
    let one = |text: &str| of(item, options, &keys, text);
    if !matches!(item.kind(), ItemKind::Multiple { .. }) {
        return vec![one(text)];
    }
    let parts: Vec<&str> = text.split([' ', ',', ';', '.']).filter(|part| !part.is_empty()).collect();
    // Digits that run on are one option each, where no option has two.
    let run_on = parts.len() == 1 && keys.iter().all(|key| key.len() == 1) && text.bytes().all(|byte| byte.is_ascii_digit());
    if run_on { text.chars().map(|digit| one(&digit.to_string())).collect() } else { parts.into_iter().map(one).collect() }
}

fn of(item: &Item, options: &OptionList, keys: &[String], text: &str) -> String {
    let option = keys.iter().position(|key| key == text).and_then(|place| options.all().get(place));
    match option {
        Some(option) => option.code().to_owned(),
        None if item.does_not_apply() && text == "0" => DOES_NOT_APPLY.to_owned(),
        None => text.to_owned(),
    }
}

/// How an item is written that has no options.
pub(super) fn how(visit: &Visit, item: &Item) -> String {
    let said = match item.kind() {
        ItemKind::Number { min, max, decimals } => {
            let bound = |value| crate::schema::unscaled(value, *decimals);
            format!("{}–{}", bound(*min), bound(*max))
        }
        ItemKind::Date { .. } => visit.say("năm-tháng-ngày", "year-month-day").to_owned(),
        _ => visit.say("chữ", "text").to_owned(),
    };
    if item.does_not_apply() { format!("{said} · - {}", visit.say("không áp dụng", "does not apply")) } else { said }
}
