//! Skip logic: when a question is asked.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::decode::{At, Object, array, names, string};
use super::layout::Layout;
use super::number::{scaled, unscaled};
use super::questionnaire::{Choice, Item, ItemKind, OptionList};

/// A condition on earlier answers. Items are named by their position in the questionnaire, options by number.
///
/// A condition on an item that was not answered does not hold, whatever the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Relevance {
    /// The answer is, or includes, one of the options.
    Is {
        /// Position of the item.
        item: usize,
        /// Numbers of the options, ascending.
        options: Vec<u8>,
    },
    /// The number lies within the bounds, which are inclusive and scaled like the item's answers.
    Between {
        /// Position of the item.
        item: usize,
        /// Lower bound.
        at_least: Option<i64>,
        /// Upper bound.
        at_most: Option<i64>,
    },
    /// The item has an answer.
    Answered {
        /// Position of the item.
        item: usize,
    },
    /// Every condition holds.
    All(Vec<Relevance>),
    /// At least one condition holds.
    Any(Vec<Relevance>),
    /// The condition does not hold.
    Not(Box<Relevance>),
}

impl Relevance {
    /// Whether the condition holds for packed answers.
    #[must_use]
    pub fn holds(&self, layout: &Layout, bytes: &[u8]) -> bool {
        let slot = |item: &usize| layout.slots().get(*item);
        match self {
            Self::Is { item, options } => slot(item).is_some_and(|slot| options.iter().any(|&option| slot.includes(bytes, option))),
            Self::Between { item, at_least, at_most } => slot(item)
                .and_then(|slot| slot.number(bytes))
                .is_some_and(|number| at_least.is_none_or(|bound| number >= bound) && at_most.is_none_or(|bound| number <= bound)),
            Self::Answered { item } => slot(item).is_some_and(|slot| slot.is_answered(bytes)),
            Self::All(parts) => parts.iter().all(|part| part.holds(layout, bytes)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(layout, bytes)),
            Self::Not(part) => !part.holds(layout, bytes),
        }
    }

    /// Whether `test` holds for any item that the condition names.
    pub fn names_any(&self, test: &impl Fn(usize) -> bool) -> bool {
        match self {
            Self::Is { item, .. } | Self::Between { item, .. } | Self::Answered { item } => test(*item),
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.names_any(test)),
            Self::Not(part) => part.names_any(test),
        }
    }

    /// The condition as a file writes it, with the codes of `items`; those of options are sorted, so that two versions
    /// whose options stand in another order compare equal.
    pub(crate) fn to_value(&self, items: &[Item]) -> Value {
        let code = |item: &usize| items.get(*item).map_or("", Item::code);
        let parts = |parts: &[Self]| parts.iter().map(|part| part.to_value(items)).collect::<Vec<_>>();
        match self {
            Self::Is { item, options } => {
                let list = items.get(*item).and_then(Item::options);
                let mut codes: Vec<_> = options.iter().filter_map(|&number| list?.get(number)).map(Choice::code).collect();
                codes.sort_unstable();
                json!({"item": code(item), "is": codes})
            }
            Self::Between { item, at_least, at_most } => {
                let decimals = match items.get(*item).map(Item::kind) {
                    Some(ItemKind::Number { decimals, .. }) => *decimals,
                    _ => 0,
                };
                let mut members = Map::new();
                members.insert("item".into(), code(item).into());
                for (name, bound) in [("at_least", at_least), ("at_most", at_most)] {
                    if let Some(bound) = bound {
                        members.insert(name.into(), Value::Number(unscaled(*bound, decimals)));
                    }
                }
                Value::Object(members)
            }
            Self::Answered { item } => json!({"answered": code(item)}),
            Self::All(all) => json!({"all": parts(all)}),
            Self::Any(any) => json!({"any": parts(any)}),
            Self::Not(part) => json!({"not": part.to_value(items)}),
        }
    }
}

/// What a condition may refer to: the items read so far, and the codes of all items of the file.
pub(super) struct Known<'k> {
    /// Items read so far.
    pub items: &'k [Item],
    /// Codes seen so far, with the position in `items`; `None` where the item itself is faulty.
    pub earlier: &'k HashMap<String, Option<usize>>,
    /// Codes of all items of the file.
    pub anywhere: &'k HashSet<String>,
}

impl Known<'_> {
    /// The position of an earlier item. Faulty items have their own finding, so they get none here.
    fn position(&self, code: &str, at: &mut At<'_>) -> Option<usize> {
        match self.earlier.get(code) {
            Some(position) => *position,
            None if self.anywhere.contains(code) => {
                at.error(
                    "forward-reference",
                    format!("Câu “{code}” không đứng trước câu này; điều kiện chỉ được dựa vào các câu đứng trước"),
                    format!("The item “{code}” does not come before this one; a condition may name earlier items only"),
                );
                None
            }
            None => {
                at.error("unknown-item", format!("Không có câu hỏi “{code}”"), format!("There is no item “{code}”"));
                None
            }
        }
    }

    /// Reads one condition.
    pub fn read(&self, value: &Value, at: &mut At<'_>) -> Option<Relevance> {
        let mut object = Object::open(value, at)?;
        let operators = ["item", "answered", "all", "any", "not"];
        let mut given = operators.into_iter().filter(|name| object.members().any(|(key, _)| key == name));
        let (Some(operator), None) = (given.next(), given.next()) else {
            at.error(
                "bad-condition",
                "Điều kiện phải có đúng một trong các trường: item, answered, all, any, not",
                "A condition has exactly one of the members item, answered, all, any, not",
            );
            return None;
        };
        let condition = match operator {
            "item" => self.comparison(&mut object, at),
            "answered" => {
                object.read("answered", at, |value, at| self.position(string(value, at)?, at)).map(|item| Relevance::Answered { item })
            }
            "all" => object.read("all", at, |value, at| self.parts(value, at)).map(Relevance::All),
            "any" => object.read("any", at, |value, at| self.parts(value, at)).map(Relevance::Any),
            _ => object.read("not", at, |value, at| self.read(value, at)).map(|part| Relevance::Not(Box::new(part))),
        };
        object.close(at);
        condition
    }

    fn parts(&self, value: &Value, at: &mut At<'_>) -> Option<Vec<Relevance>> {
        let values = array(value, at)?;
        if values.is_empty() {
            at.error("empty", "Danh sách điều kiện không được để trống", "The list of conditions must not be empty");
        }
        let parts: Vec<_> = values.iter().enumerate().filter_map(|(index, value)| self.read(value, &mut at.index(index))).collect();
        (parts.len() == values.len() && !parts.is_empty()).then_some(parts)
    }

    fn comparison(&self, object: &mut Object<'_>, at: &mut At<'_>) -> Option<Relevance> {
        let position = object.read("item", at, |value, at| self.position(string(value, at)?, at));
        let (is, bounded) = (object.has("is"), object.has("at_least") | object.has("at_most"));
        if is == bounded {
            at.error(
                "bad-condition",
                "Cần hoặc “is”, hoặc “at_least” và/hoặc “at_most”",
                "Either “is”, or “at_least” and/or “at_most” is needed",
            );
            return None;
        }
        let item = position?;
        let target = self.items.get(item)?;
        if is {
            let Some(list) = target.options() else {
                return wrong_kind(target, "scale, single, multiple", at);
            };
            let options = object.read("is", at, |value, at| read_options(value, list, at))?;
            return Some(Relevance::Is { item, options });
        }
        let ItemKind::Number { decimals, .. } = *target.kind() else {
            return wrong_kind(target, "number", at);
        };
        let bound = |value: &Value, at: &mut At<'_>| read_scaled(value, decimals, at);
        let at_least = object.read("at_least", at, bound);
        let at_most = object.read("at_most", at, bound);
        if let (Some(low), Some(high)) = (at_least, at_most)
            && low > high
        {
            at.error("min-over-max", "“at_least” lớn hơn “at_most”", "“at_least” is above “at_most”");
        }
        Some(Relevance::Between { item, at_least, at_most })
    }
}

fn wrong_kind(item: &Item, needed: &str, at: &mut At<'_>) -> Option<Relevance> {
    let (code, kind) = (item.code(), item.kind().as_str());
    at.error(
        "wrong-item-kind",
        format!("Câu “{code}” thuộc loại {kind}; điều kiện này cần loại: {needed}"),
        format!("The item “{code}” is of kind {kind}; this condition needs: {needed}"),
    );
    None
}

/// Reads option codes of `list` to option numbers, ascending.
pub(super) fn read_options(value: &Value, list: &OptionList, at: &mut At<'_>) -> Option<Vec<u8>> {
    let codes = names(value, at)?;
    let mut numbers = Vec::with_capacity(codes.len());
    for (index, code) in array(value, at)?.iter().enumerate().filter_map(|(index, code)| Some((index, code.as_str()?))) {
        match list.number(code) {
            Some(number) => numbers.push(number),
            None => at.index(index).error("unknown-option", format!("Không có lựa chọn “{code}”"), format!("There is no option “{code}”")),
        }
    }
    numbers.sort_unstable();
    (numbers.len() == codes.len()).then_some(numbers)
}

/// Reads a JSON number to a whole number scaled by 10^`decimals`.
pub(super) fn read_scaled(value: &Value, decimals: u8, at: &mut At<'_>) -> Option<i64> {
    let Value::Number(number) = value else {
        at.wrong_type("một số", "a number", value);
        return None;
    };
    scaled(number, decimals)
        .inspect_err(|_| {
            at.error(
                "out-of-range",
                format!("Phải là số có tối đa {decimals} chữ số thập phân, không quá lớn"),
                format!("Must be a number with at most {decimals} digits after the point, and not too large"),
            );
        })
        .ok()
}

#[cfg(test)]
mod tests {
    use crate::schema::layout::{DOES_NOT_APPLY, Layout};
    use crate::schema::sample;

    #[test]
    fn conditions_hold_on_packed_answers() {
        let survey = sample::checked(&sample::questionnaire());
        let layout = Layout::of(&survey);
        let holds = |item: &str, bytes: &[u8]| survey.item(item).unwrap().relevant().unwrap().holds(&layout, bytes);
        let slot = |item: &str| layout.slot(item).unwrap();
        let mut bytes = layout.blank();
        assert!(!holds("why", &bytes) && !holds("fee", &bytes));
        slot("result").add_option(&mut bytes, 2);
        assert!(holds("why", &bytes));
        slot("result").set_state(&mut bytes, DOES_NOT_APPLY);
        assert!(!holds("why", &bytes));
        slot("age").set_number(&mut bytes, 59);
        assert!(!holds("fee", &bytes));
        slot("age").set_number(&mut bytes, 60);
        assert!(holds("fee", &bytes));
        slot("sources").add_option(&mut bytes, 5);
        assert!(!holds("fee", &bytes));
    }

    #[test]
    fn a_condition_is_written_as_it_was_read() {
        let file = sample::questionnaire();
        let survey = sample::checked(&file);
        for (item, place) in [("why", 2), ("fee", 3)] {
            let written = survey.item(item).unwrap().relevant().unwrap().to_value(survey.items());
            assert_eq!(written, file["sections"][1]["items"][place]["relevant"]);
        }
    }
}
