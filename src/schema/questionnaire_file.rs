//! Questionnaire file → [`Questionnaire`], or everything that is wrong with it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use super::decode::{At, Object, array, boolean, list, names, not_empty, string, whole};
use super::number::{MAX_DECIMALS, Ratio};
use super::questionnaire::{Choice, Item, ItemKind, MAX_OPTIONS, OptionList, Questionnaire, Section};
use super::relevance::{Known, read_options, read_scaled};
use super::rules::{day, document_code, duplicate, item_code, option_code, version};
use super::text::{Text, is_language_tag};

/// Longest text answer that an item may ask for, in characters.
const MAX_TEXT: u32 = 20_000;

/// Reads a questionnaire; findings go to `at`, and nothing is returned where an essential part is missing.
pub(super) fn read(value: &Value, at: &mut At<'_>) -> Option<Questionnaire> {
    let mut object = Object::open(value, at)?;
    super::decode::skip_meta_schema(&mut object, at);
    object.has("kind");
    let code = object.need("code", at, document_code);
    let version = object.need("version", at, version);
    let title = object.need("title", at, Text::read);
    let note = object.read("note", at, Text::read);
    let languages = object.need("languages", at, languages);
    let scales = object.read("scales", at, scales).unwrap_or_default();
    let mut reader = Reader { scales, anywhere: item_codes(value), earlier: HashMap::new(), items: Vec::new() };
    let sections = object.need("sections", at, |value, at| reader.sections(value, at));
    object.close(at);
    reader.unused_scales(at);

    let by_code = reader.earlier.into_iter().filter_map(|(code, position)| Some((code, position?))).collect();
    Some(Questionnaire {
        code: code?.to_owned(),
        version: version?.to_owned(),
        title: title?,
        note,
        languages: languages?,
        sections: sections?,
        items: reader.items,
        by_code,
    })
}

fn languages(value: &Value, at: &mut At<'_>) -> Option<Vec<String>> {
    let languages = names(value, at)?;
    for (index, tag) in languages.iter().enumerate().filter(|(_, tag)| !is_language_tag(tag)) {
        at.index(index).error(
            "bad-language",
            format!("“{tag}” không phải là mã ngôn ngữ (ví dụ: vi, en, tay)"),
            format!("“{tag}” is no language tag (such as vi, en, tay)"),
        );
    }
    if !languages.iter().any(|tag| tag == "vi") {
        at.error("missing-vietnamese", "Danh sách ngôn ngữ phải có “vi”", "The list of languages must have “vi”");
    }
    Some(languages)
}

/// The codes of all items of the file, whatever else is wrong with them.
fn item_codes(value: &Value) -> HashSet<String> {
    let sections = value.get("sections").and_then(Value::as_array).into_iter().flatten();
    let items = sections.filter_map(|section| section.get("items")?.as_array()).flatten();
    items.filter_map(|item| item.get("code")?.as_str().map(str::to_owned)).collect()
}

/// `None` stands for a scale that is there but faulty: it has its own findings.
type Scales = BTreeMap<String, Option<Arc<OptionList>>>;

fn scales(value: &Value, at: &mut At<'_>) -> Option<Scales> {
    let object = Object::open(value, at)?;
    let mut scales = Scales::new();
    for (name, value) in object.members() {
        let mut at = at.key(name);
        item_code(&Value::from(name.as_str()), &mut at);
        let options = Object::open(value, &mut at).and_then(|mut scale| {
            let options = scale.need("options", &mut at, options);
            scale.close(&mut at);
            options
        });
        scales.insert(name.clone(), options.map(Arc::new));
    }
    Some(scales)
}

fn options(value: &Value, at: &mut At<'_>) -> Option<OptionList> {
    let given = array(value, at)?;
    if given.is_empty() || given.len() > MAX_OPTIONS {
        let count = given.len();
        at.error(
            "option-count",
            format!("Phải có từ 1 đến {MAX_OPTIONS} lựa chọn, ở đây có {count}"),
            format!("There must be 1 to {MAX_OPTIONS} options, here are {count}"),
        );
        return None;
    }
    let mut seen = HashSet::new();
    let options = list(value, at, |value, at| {
        let mut object = Object::open(value, at)?;
        let code = object.need("code", at, option_code);
        let score = object.read("score", at, Ratio::read);
        let label = object.need("label", at, Text::read);
        object.close(at);
        if let Some(code) = code.filter(|code| !seen.insert(*code)) {
            duplicate(code, at);
        }
        Some(Choice { code: code?.to_owned(), score, label: label? })
    })?;
    (options.len() == given.len()).then_some(OptionList(options))
}

struct Reader {
    scales: Scales,
    anywhere: HashSet<String>,
    earlier: HashMap<String, Option<usize>>,
    items: Vec<Item>,
}

impl Reader {
    fn sections(&mut self, value: &Value, at: &mut At<'_>) -> Option<Vec<Section>> {
        let mut seen = HashSet::new();
        let sections = list(value, at, |value, at| {
            let mut object = Object::open(value, at)?;
            let code = object.need("code", at, item_code);
            let title = object.need("title", at, Text::read);
            let start = self.items.len();
            object.need("items", at, |value, at| {
                not_empty(array(value, at)?, at);
                list(value, at, |value, at| self.item(value, at))
            });
            object.close(at);
            if let Some(code) = code.filter(|code| !seen.insert((*code).to_owned())) {
                duplicate(code, at);
            }
            Some(Section { code: code?.to_owned(), title: title?, items: start..self.items.len() })
        })?;
        not_empty(array(value, at)?, at);
        Some(sections)
    }

    fn item(&mut self, value: &Value, at: &mut At<'_>) -> Option<()> {
        let mut object = Object::open(value, at)?;
        let code = object.need("code", at, item_code);
        let text = object.need("text", at, Text::read);
        let required = object.read("required", at, boolean).unwrap_or(false);
        let does_not_apply = object.read("does_not_apply", at, boolean).unwrap_or(false);
        let relevant = object.read("relevant", at, |value, at| {
            Known { items: &self.items, earlier: &self.earlier, anywhere: &self.anywhere }.read(value, at)
        });
        let kind = object.need("kind", at, |value, at| at.one_of(value, &ItemKind::NAMES));
        let kind = kind.and_then(|kind| {
            let kind = self.kind(ItemKind::NAMES[kind], &mut object, at);
            object.close(at); // with an unknown kind, nobody can tell which members belong
            kind
        });
        let code = code?;
        let item = text.zip(kind).map(|(text, kind)| Item { code: code.to_owned(), text, required, does_not_apply, relevant, kind });
        if self.earlier.contains_key(code) {
            duplicate(code, at);
            return None;
        }
        self.earlier.insert(code.to_owned(), item.as_ref().map(|_| self.items.len()));
        self.items.extend(item);
        Some(())
    }

    fn kind(&self, kind: &str, object: &mut Object<'_>, at: &mut At<'_>) -> Option<ItemKind> {
        match kind {
            "scale" => self.options(object, at).map(ItemKind::Scale),
            "single" => self.options(object, at).map(ItemKind::Single),
            "multiple" => self.multiple(object, at),
            "number" => number(object, at),
            "date" => date(object, at),
            _ => {
                let length = object.need("max_length", at, |value, at| whole(value, 1..=MAX_TEXT, at));
                length.map(|max_length| ItemKind::Text { max_length })
            }
        }
    }

    /// The options of an item: its own list, or a scale of the file.
    fn options(&self, object: &mut Object<'_>, at: &mut At<'_>) -> Option<Arc<OptionList>> {
        let (own, shared) = (object.has("options"), object.has("scale"));
        if own == shared {
            at.error(
                "options-or-scale",
                "Phải có đúng một trong hai trường “options” và “scale”",
                "Exactly one of “options” and “scale” is needed",
            );
        }
        if own {
            return object.read("options", at, options).map(Arc::new);
        }
        object.read("scale", at, |value, at| {
            let name = string(value, at)?;
            let Some(scale) = self.scales.get(name) else {
                at.error("unknown-scale", format!("Không có thang đo “{name}”"), format!("There is no scale “{name}”"));
                return None;
            };
            scale.clone()
        })
    }

    fn multiple(&self, object: &mut Object<'_>, at: &mut At<'_>) -> Option<ItemKind> {
        let options = self.options(object, at);
        let count = options.as_ref().map_or(250, |options| options.count());
        let bound = |value: &Value, at: &mut At<'_>| whole(value, 0..=u32::from(count), at).and_then(|bound| u8::try_from(bound).ok());
        let min_selected = object.read("min_selected", at, bound).unwrap_or(0);
        let max_selected = object.read("max_selected", at, bound).unwrap_or(count);
        if min_selected > max_selected || max_selected == 0 {
            at.error(
                "min-over-max",
                format!("Không thể chọn từ {min_selected} đến {max_selected} lựa chọn"),
                format!("Nobody can choose {min_selected} to {max_selected} options"),
            );
        }
        let exclusive = match &options {
            Some(options) => object.read("exclusive", at, |value, at| read_options(value, options, at)),
            None => object.has("exclusive").then(Vec::new),
        };
        let exclusive = exclusive.unwrap_or_default();
        if min_selected > 1 && !exclusive.is_empty() {
            at.key("exclusive").warning(
                "exclusive-under-min",
                "Lựa chọn loại trừ được chọn một mình nên được miễn “min_selected”",
                "An exclusive option stands alone and is exempt from “min_selected”",
            );
        }
        Some(ItemKind::Multiple { options: options?, min_selected, max_selected, exclusive })
    }

    fn unused_scales(&self, at: &mut At<'_>) {
        let used = |scale: &Arc<OptionList>| {
            self.items.iter().any(|item| match item.kind() {
                ItemKind::Scale(options) | ItemKind::Single(options) | ItemKind::Multiple { options, .. } => Arc::ptr_eq(options, scale),
                _ => false,
            })
        };
        let every_item_was_read = self.earlier.values().all(Option::is_some);
        for (name, scale) in &self.scales {
            if every_item_was_read && scale.as_ref().is_some_and(|scale| !used(scale)) {
                at.key("scales").key(name).warning(
                    "unused-scale",
                    format!("Không câu hỏi nào dùng thang đo “{name}”"),
                    format!("No item uses the scale “{name}”"),
                );
            }
        }
    }
}

fn number(object: &mut Object<'_>, at: &mut At<'_>) -> Option<ItemKind> {
    let decimals = object.read("decimals", at, |value, at| whole(value, 0..=u32::from(MAX_DECIMALS), at));
    let decimals = decimals.and_then(|decimals| u8::try_from(decimals).ok()).unwrap_or(0);
    let bound = |value: &Value, at: &mut At<'_>| read_scaled(value, decimals, at);
    let (min, max) = (object.need("min", at, bound), object.need("max", at, bound));
    min_over_max(min, max, at);
    Some(ItemKind::Number { min: min?, max: max?, decimals })
}

fn date(object: &mut Object<'_>, at: &mut At<'_>) -> Option<ItemKind> {
    let (min, max) = (object.need("min", at, day), object.need("max", at, day));
    min_over_max(min, max, at);
    Some(ItemKind::Date { min: min?, max: max? })
}

fn min_over_max<T: Ord>(min: Option<T>, max: Option<T>, at: &mut At<'_>) {
    if min.zip(max).is_some_and(|(min, max)| min > max) {
        at.error("min-over-max", "“min” lớn hơn “max”", "“min” is above “max”");
    }
}

#[cfg(test)]
mod tests {
    use crate::schema::sample::{checked, errors_after, expected, questionnaire};
    use crate::schema::{ItemKind, parse};
    use serde_json::{Value, json};

    fn refused(change: impl FnOnce(&mut Value)) -> Vec<(String, String)> {
        errors_after(questionnaire(), change)
    }

    #[test]
    fn a_right_questionnaire_is_read_whole() {
        let questionnaire = checked(&questionnaire());
        assert_eq!(questionnaire.items().len(), 8);
        assert_eq!(questionnaire.items_of(&questionnaire.sections()[1])[0].code(), "staff");
        let staff = questionnaire.item("staff").unwrap();
        assert!(staff.required() && staff.does_not_apply());
        assert_eq!(staff.options().unwrap().get(2).unwrap().score().unwrap().to_string(), "25");
        let ItemKind::Number { min, max, decimals } = *questionnaire.item("fee").unwrap().kind() else { panic!() };
        assert_eq!((min, max, decimals), (-150, 100_000, 2));
        let ItemKind::Multiple { exclusive, .. } = questionnaire.item("sources").unwrap().kind() else { panic!() };
        assert_eq!(exclusive, &[5]);
    }

    #[test]
    fn one_bad_item_hides_no_other() {
        let found = refused(|value| {
            let items = &mut value["sections"][0]["items"];
            items[0]["colour"] = json!("red");
            items[1]["min"] = json!("18");
            items[2]["kind"] = json!("many");
            value["sections"][1]["items"][0]["scale"] = json!("six");
            value["sections"][1]["items"][1]["text"] = json!({"en": "Result"});
            value["sections"][1]["items"][3]["decimals"] = json!(9);
        });
        let expect = [
            ("/sections/0/items/0/colour", "unknown-member"),
            ("/sections/0/items/1/min", "wrong-type"),
            ("/sections/0/items/2/kind", "unknown-value"),
            ("/sections/1/items/0/scale", "unknown-scale"),
            ("/sections/1/items/1/text", "missing-vietnamese"),
            ("/sections/1/items/3/decimals", "out-of-range"),
            // Read with the default of no decimals, its bound of −1.5 does not fit either.
            ("/sections/1/items/3/min", "out-of-range"),
        ];
        assert_eq!(found, expected(&expect));
    }

    #[test]
    fn codes_are_unique_and_well_spelt() {
        let found = refused(|value| {
            value["sections"][1]["code"] = json!("A");
            value["sections"][1]["items"][1]["code"] = json!("staff");
            value["sections"][0]["items"][0]["options"][1]["code"] = json!("male");
            value["sections"][0]["items"][1]["code"] = json!("tuổi");
        });
        let expect = [
            ("/sections/0/items/0/options/1/code", "duplicate-code"),
            ("/sections/0/items/1/code", "bad-code"),
            ("/sections/1/code", "duplicate-code"),
            ("/sections/1/items/1/code", "duplicate-code"),
            ("/sections/1/items/2/relevant/any/1/item", "unknown-item"),
            ("/sections/1/items/3/relevant/all/0/answered", "unknown-item"),
            ("/sections/1/items/3/relevant/all/1/item", "unknown-item"),
        ];
        assert_eq!(found, expected(&expect));
    }

    #[test]
    fn conditions_name_earlier_items_of_the_right_kind() {
        let condition = |condition: Value| refused(|value| value["sections"][1]["items"][0]["relevant"] = condition);
        let at = |below: &str, code: &str| expected(&[(&format!("/sections/1/items/0/relevant{below}"), code)]);
        assert_eq!(condition(json!({"answered": "day"})), at("/answered", "forward-reference"));
        assert_eq!(condition(json!({"answered": "staff"})), at("/answered", "forward-reference"));
        assert_eq!(condition(json!({"answered": "x"})), at("/answered", "unknown-item"));
        assert_eq!(condition(json!({"item": "sex", "is": ["other"]})), at("/is/0", "unknown-option"));
        assert_eq!(condition(json!({"item": "sex", "is": []})), at("/is", "empty"));
        assert_eq!(condition(json!({"item": "sex", "at_least": 1})), at("", "wrong-item-kind"));
        assert_eq!(condition(json!({"item": "age", "is": ["18"]})), at("", "wrong-item-kind"));
        assert_eq!(condition(json!({"item": "age"})), at("", "bad-condition"));
        assert_eq!(condition(json!({"item": "age", "at_least": 9, "at_most": 8})), at("", "min-over-max"));
        assert_eq!(condition(json!({"item": "age", "at_least": 18.5})), at("/at_least", "out-of-range"));
        assert_eq!(condition(json!({"all": [], "any": []})), at("", "bad-condition"));
        assert_eq!(condition(json!({"all": []})), at("/all", "empty"));
        assert_eq!(condition(json!({"not": {"all": [{"answered": "age", "x": 1}]}})), at("/not/all/0/x", "unknown-member"));
    }

    #[test]
    fn impossible_bounds_are_refused() {
        let found = refused(|value| {
            value["sections"][0]["items"][1]["max"] = json!(17);
            value["sections"][0]["items"][2]["min_selected"] = json!(4);
            value["sections"][0]["items"][2]["max_selected"] = json!(0);
            value["sections"][1]["items"][4]["max"] = json!("2023-12-31");
            value["sections"][1]["items"][2]["max_length"] = json!(0);
        });
        let expect = [
            ("/sections/0/items/1", "min-over-max"),
            ("/sections/0/items/2", "min-over-max"),
            ("/sections/1/items/2/max_length", "out-of-range"),
            ("/sections/1/items/4", "min-over-max"),
        ];
        assert_eq!(found, expected(&expect));
    }

    #[test]
    fn options_number_1_to_250() {
        let options = |count: usize| {
            let label = json!({"vi": "x", "en": "x"});
            Value::Array((0..count).map(|n| json!({"code": n.to_string(), "label": label})).collect())
        };
        let with = |count| refused(|value| value["sections"][0]["items"][0]["options"] = options(count));
        assert_eq!(with(250), []);
        for count in [0, 251] {
            assert_eq!(with(count), expected(&[("/sections/0/items/0/options", "option-count")]));
        }
        let both = refused(|value| value["sections"][0]["items"][0]["scale"] = json!("five"));
        assert_eq!(both, expected(&[("/sections/0/items/0", "options-or-scale")]));
    }

    #[test]
    fn a_missing_english_text_and_an_unused_scale_are_warnings() {
        let mut value = questionnaire();
        value["title"] = json!({"vi": "Phiếu"});
        value["scales"]["two"] = json!({"options": [{"code": "1", "label": {"vi": "Có", "en": "Yes"}}]});
        let warnings = parse(&value.to_string()).unwrap().warnings;
        let mut found: Vec<_> = warnings.iter().map(|w| (w.pointer.as_str(), w.code.as_ref())).collect();
        found.sort_unstable();
        assert_eq!(found, [("/scales/two", "unused-scale"), ("/title", "missing-english")]);
    }

    #[test]
    fn a_questionnaire_in_vietnamese_alone_gets_one_warning_that_says_where_english_is_missing() {
        let text = serde_json::to_string_pretty(&questionnaire()).unwrap().replace("\"en\":", "\"tay\":");
        let warnings = parse(&text).unwrap().warnings;
        let [warning] = warnings.as_slice() else { panic!("{warnings:#?}") };
        assert_eq!(warning.code, "missing-english");
        let lines: Vec<usize> = text.lines().enumerate().filter(|(_, line)| line.contains("\"tay\":")).map(|(at, _)| at + 1).collect();
        assert!(warning.en.starts_with(&format!("{} texts lack English", lines.len())), "{warning}");
        assert_eq!(
            warning.line.map(|line| line as usize),
            warning.en.split_once("lines ").and_then(|(_, rest)| rest.split(", ").next()?.parse().ok())
        );
        assert!(warning.vi.starts_with(&format!("{} đoạn văn thiếu bản tiếng Anh", lines.len())));
    }
}
