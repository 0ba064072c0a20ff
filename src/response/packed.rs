//! Packed bytes → the answers they stand for.

use chrono::NaiveDate;
use serde_json::{Map, Value, json};

use crate::schema::{
    DOES_NOT_APPLY, INVALID, Item, Layout, NOT_ANSWERED, NOT_ASKED, NOT_OFFERED, OptionList, Questionnaire, Slot, SlotKind, unscaled,
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

/// The answers as a submission writes them. Items not answered, not asked or not valid are left out; the texts, which
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
    Ok(pairs.filter_map(|(item, slot)| Some((item.code().to_owned(), answer(item, *slot, bytes, &text_of)?))).collect())
}

fn answer(item: &Item, slot: Slot, bytes: &[u8], text_of: impl Fn(&str) -> Option<String>) -> Option<Value> {
    match slot.state(bytes) {
        NOT_ANSWERED | NOT_ASKED | INVALID => return None,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::check;
    use crate::response::check::tests::submission;
    use crate::schema::sample;
    use proptest::prelude::*;

    #[test]
    fn bytes_of_another_layout_are_refused() {
        let questionnaire = sample::checked(&sample::questionnaire());
        let layout = Layout::of(&questionnaire);
        let refused = |bytes: &[u8]| decode(bytes, &questionnaire, &layout, |_| None).is_err();
        assert!(refused(&[]));
        assert!(refused(&[9; 29]));
        assert!(!refused(&layout.blank()));
    }

    #[test]
    fn missing_answers_are_told_apart_only_where_the_respondent_can_tell() {
        let questionnaire = sample::checked(&sample::questionnaire());
        let layout = Layout::of(&questionnaire);
        let mut bytes = layout.blank();
        for (item, state) in
            [("sex", NOT_ANSWERED), ("staff", DOES_NOT_APPLY), ("result", NOT_OFFERED), ("why", NOT_ASKED), ("fee", INVALID)]
        {
            layout.slot(item).unwrap().set_state(&mut bytes, state);
        }
        let answers = decode(&bytes, &questionnaire, &layout, |_| None).unwrap();
        assert_eq!(Value::Object(answers), json!({"staff": {"missing": "does_not_apply"}, "result": {"missing": "not_offered"}}));
    }

    fn choice(codes: &'static [&'static str]) -> impl Strategy<Value = Value> {
        proptest::sample::select(codes).prop_map(Value::from)
    }

    prop_compose! {
        /// Valid answers, in the spelling that [`decode`] uses.
        fn valid_answers()(
            sex in choice(&["male", "female"]),
            age in proptest::option::of(18..=120),
            sources in proptest::option::of(proptest::sample::subsequence(vec!["tv", "radio", "web", "office"], 1..=3)),
            staff in prop_oneof![choice(&["1", "2", "3", "4", "5"]), Just(json!({"missing": "does_not_apply"}))],
            result in proptest::option::of(prop_oneof![choice(&["1", "5"]), Just(json!({"missing": "not_offered"}))]),
            why in "[a-zà-ỹ]{1,20}",
            fee in proptest::option::of(-150..=100_000_i64),
            day in proptest::option::of(1..=28),
        ) -> Map<String, Value> {
            let low = |answer: &Value| matches!(answer.as_str(), Some("1" | "2"));
            let mut answers = Map::new();
            if low(&staff) || result.as_ref().is_some_and(low) {
                answers.insert("why".into(), why.into());
            }
            if let (Some(60..), Some(fee)) = (age, fee) {
                answers.insert("fee".into(), Value::Number(unscaled(fee, 2)));
            }
            answers.insert("sex".into(), sex);
            answers.insert("staff".into(), staff);
            answers.extend(age.map(|age| ("age".to_owned(), json!(age))));
            answers.extend(sources.map(|sources| ("sources".to_owned(), json!(sources))));
            answers.extend(result.map(|result| ("result".to_owned(), result)));
            answers.extend(day.map(|day| ("day".to_owned(), json!(format!("2024-02-{day:02}")))));
            answers
        }
    }

    proptest! {
        #[test]
        fn what_is_packed_decodes_to_what_was_answered(answers in valid_answers()) {
            let questionnaire = sample::checked(&sample::questionnaire());
            let layout = Layout::of(&questionnaire);
            let checked = check(&submission(&Value::Object(answers.clone())), &questionnaire, &layout);
            prop_assert_eq!(&checked.findings, &[]);
            prop_assert!(layout.accepts(&checked.packed));
            let text_of = |item: &str| checked.texts.iter().find(|(code, _)| code == item).map(|(_, text)| text.clone());
            prop_assert_eq!(decode(&checked.packed, &questionnaire, &layout, text_of), Ok(answers));
        }
    }
}
