//! What tells versions apart: a hash of the content, and what changed from one to the next.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::questionnaire::{Item, ItemKind, OptionList, Questionnaire};

/// JSON without white space and with sorted keys, so that equal content is equal bytes.
#[must_use]
pub fn canonical_json(value: &Value) -> String {
    let mut out = String::new();
    write_canonical(value, &mut out);
    out
}

fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Array(values) => {
            out.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write_canonical(value, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            // serde_json's map may keep the file's order, if any crate in the build asks for that.
            let sorted: BTreeMap<_, _> = members.iter().collect();
            out.push('{');
            for (index, (key, value)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write_canonical(value, out);
            }
            out.push('}');
        }
        plain => out.push_str(&plain.to_string()),
    }
}

/// SHA-256 of the [canonical JSON](canonical_json).
#[must_use]
pub fn content_hash(value: &Value) -> [u8; 32] {
    Sha256::digest(canonical_json(value).as_bytes()).into()
}

/// What changed between two versions of a questionnaire.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Figures of the two versions cannot be compared as they are.
    pub breaking: Vec<Change>,
    /// The new version can hold more; old answers mean what they meant.
    pub additive: Vec<Change>,
    /// Wording and order.
    pub cosmetic: Vec<Change>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// JSON pointer into the new version; into the old one for what was removed.
    pub pointer: String,
    /// What changed, in kebab-case.
    pub code: &'static str,
    /// The explanation in Vietnamese.
    pub vi: String,
    /// The explanation in English.
    pub en: String,
}

/// How much a change matters.
#[derive(Clone, Copy)]
enum Impact {
    Breaking,
    Additive,
    Cosmetic,
}

impl Report {
    fn add(&mut self, impact: Impact, pointer: &str, code: &'static str, vi: String, en: String) {
        let list = match impact {
            Impact::Breaking => &mut self.breaking,
            Impact::Additive => &mut self.additive,
            Impact::Cosmetic => &mut self.cosmetic,
        };
        list.push(Change { pointer: pointer.to_owned(), code, vi, en });
    }
}

/// What changed from `old` to `new`, item by item, matched by code.
#[must_use]
pub fn compatibility(old: &Questionnaire, new: &Questionnaire) -> Report {
    let mut report = Report::default();
    let (old_pointers, new_pointers) = (item_pointers(old), item_pointers(new));
    if old.code() != new.code() {
        let (from, to) = (old.code(), new.code());
        report.add(
            Impact::Breaking,
            "/code",
            "other-survey",
            format!("Phiếu hỏi khác: “{from}” thành “{to}”"),
            format!("Another survey: “{from}” became “{to}”"),
        );
    }
    headings(old, new, &mut report);
    for (item, pointer) in old.items().iter().zip(&old_pointers).filter(|(item, _)| new.item(item.code()).is_none()) {
        let code = item.code();
        report.add(Impact::Breaking, pointer, "item-removed", format!("Câu “{code}” bị bỏ"), format!("The item “{code}” was removed"));
    }
    for (item, pointer) in new.items().iter().zip(&new_pointers) {
        if let Some(before) = old.item(item.code()) {
            Comparison { old, new, before, after: item, pointer, report: &mut report }.run();
        } else {
            let code = item.code();
            let (vi, en) = (format!("Thêm câu “{code}”"), format!("The item “{code}” was added"));
            report.add(Impact::Additive, pointer, "item-added", vi, en);
        }
    }
    report
}

fn item_pointers(questionnaire: &Questionnaire) -> Vec<String> {
    let sections = questionnaire.sections().iter().enumerate();
    sections.flat_map(|(section, part)| (0..part.items.len()).map(move |item| format!("/sections/{section}/items/{item}"))).collect()
}

fn headings(old: &Questionnaire, new: &Questionnaire, report: &mut Report) {
    let order = |of: &Questionnaire, other: &Questionnaire| -> Vec<(String, String)> {
        let all = of
            .sections()
            .iter()
            .flat_map(|section| of.items_of(section).iter().map(|item| (section.code().to_owned(), item.code().to_owned())));
        all.filter(|(_, item)| other.item(item).is_some()).collect()
    };
    if order(old, new) != order(new, old) {
        report.add(
            Impact::Cosmetic,
            "/sections",
            "item-order",
            "Thứ tự hoặc phần của các câu hỏi thay đổi".to_owned(),
            "Items moved to another place or section".to_owned(),
        );
    }
    let titles = |of: &Questionnaire| -> Vec<_> {
        of.sections().iter().map(|section| (section.code().to_owned(), section.title().clone())).collect()
    };
    if titles(old) != titles(new) || old.title() != new.title() || old.note() != new.note() {
        report.add(
            Impact::Cosmetic,
            "",
            "headings",
            "Tiêu đề, ghi chú hoặc tên phần thay đổi".to_owned(),
            "The title, the note or section headings changed".to_owned(),
        );
    }
    if old.languages() != new.languages() {
        let dropped = old.languages().iter().any(|language| !new.languages().contains(language));
        report.add(
            if dropped { Impact::Breaking } else { Impact::Additive },
            "/languages",
            "languages",
            "Các ngôn ngữ của phiếu hỏi thay đổi".to_owned(),
            "The questionnaire's languages changed".to_owned(),
        );
    }
}

struct Comparison<'c> {
    old: &'c Questionnaire,
    new: &'c Questionnaire,
    before: &'c Item,
    after: &'c Item,
    pointer: &'c str,
    report: &'c mut Report,
}

impl Comparison<'_> {
    fn add(&mut self, impact: Impact, member: &str, code: &'static str, vi: &str, en: &str) {
        let item = self.after.code();
        self.report.add(impact, &format!("{}{member}", self.pointer), code, format!("Câu “{item}”: {vi}"), format!("Item “{item}”: {en}"));
    }

    fn run(&mut self) {
        let (before, after) = (self.before, self.after);
        if before.text() != after.text() {
            self.add(Impact::Cosmetic, "/text", "wording", "câu chữ thay đổi", "the wording changed");
        }
        match (before.required(), after.required()) {
            (false, true) => self.add(Impact::Breaking, "/required", "required", "nay bắt buộc trả lời", "it is required now"),
            (true, false) => {
                self.add(Impact::Additive, "/required", "required", "không còn bắt buộc", "it is not required any more");
            }
            _ => {}
        }
        match (before.does_not_apply(), after.does_not_apply()) {
            (false, true) => self.add(
                Impact::Additive,
                "/does_not_apply",
                "does-not-apply",
                "nay có thể chọn “không áp dụng”",
                "“does not apply” may be answered now",
            ),
            (true, false) => self.add(
                Impact::Breaking,
                "/does_not_apply",
                "does-not-apply",
                "không còn “không áp dụng”",
                "“does not apply” may not be answered any more",
            ),
            _ => {}
        }
        self.skip_logic();
        self.kind();
    }

    /// Asking everybody adds answers; asking others changes who is counted.
    fn skip_logic(&mut self) {
        let before = self.before.relevant().map(|condition| condition.to_value(self.old.items()));
        let after = self.after.relevant().map(|condition| condition.to_value(self.new.items()));
        if before == after {
            return;
        }
        let impact = if after.is_none() { Impact::Additive } else { Impact::Breaking };
        self.add(impact, "/relevant", "skip-logic", "điều kiện hỏi thay đổi", "the condition for asking changed");
    }

    fn kind(&mut self) {
        let (before, after) = (self.before.kind(), self.after.kind());
        match (before, after) {
            (ItemKind::Scale(old), ItemKind::Scale(new)) => self.options(old, new, Impact::Breaking),
            (ItemKind::Single(old), ItemKind::Single(new)) => self.options(old, new, Impact::Cosmetic),
            (
                ItemKind::Multiple { options: old, min_selected: low, max_selected: high, .. },
                ItemKind::Multiple { options: new, min_selected, max_selected, .. },
            ) => {
                self.options(old, new, Impact::Cosmetic);
                self.bounds((low, high), (min_selected, max_selected));
                self.exclusive();
            }
            (ItemKind::Number { min: low, max: high, decimals: old }, ItemKind::Number { min, max, decimals: new }) => {
                // Bounds are scaled by each version's own decimals; widen both to compare them.
                let widen = |bound: i64, decimals: u8| i128::from(bound) * 10_i128.pow(u32::from(decimals));
                self.bounds((&widen(*low, *new), &widen(*high, *new)), (&widen(*min, *old), &widen(*max, *old)));
                if old != new {
                    let impact = if new > old { Impact::Additive } else { Impact::Breaking };
                    self.add(impact, "/decimals", "decimals", "số chữ số thập phân thay đổi", "the decimals changed");
                }
            }
            (ItemKind::Date { min: low, max: high }, ItemKind::Date { min, max }) => {
                self.bounds((low, high), (min, max));
            }
            (ItemKind::Text { max_length: old }, ItemKind::Text { max_length: new }) => {
                self.bounds((&0, old), (&0, new));
            }
            _ => self.add(
                Impact::Breaking,
                "/kind",
                "kind",
                &format!("loại câu hỏi đổi từ {} thành {}", before.as_str(), after.as_str()),
                &format!("the kind changed from {} to {}", before.as_str(), after.as_str()),
            ),
        }
    }

    fn bounds<T: Ord>(&mut self, (old_min, old_max): (&T, &T), (new_min, new_max): (&T, &T)) {
        if new_min > old_min || new_max < old_max {
            self.add(Impact::Breaking, "", "range-narrowed", "khoảng cho phép hẹp lại", "the range became narrower");
        } else if new_min < old_min || new_max > old_max {
            self.add(Impact::Additive, "", "range-widened", "khoảng cho phép rộng ra", "the range became wider");
        }
    }

    fn exclusive(&mut self) {
        let codes = |item: &Item| -> Vec<String> {
            let (ItemKind::Multiple { exclusive, .. }, Some(options)) = (item.kind(), item.options()) else {
                return Vec::new();
            };
            let mut codes: Vec<_> = exclusive.iter().filter_map(|&number| options.get(number)).map(|o| o.code().to_owned()).collect();
            codes.sort();
            codes
        };
        if codes(self.before) != codes(self.after) {
            self.add(Impact::Breaking, "/exclusive", "exclusive", "các lựa chọn loại trừ thay đổi", "the exclusive options changed");
        }
    }

    /// `reordered`: on a scale the order carries meaning, elsewhere it is a matter of show.
    fn options(&mut self, old: &OptionList, new: &OptionList, reordered: Impact) {
        for option in old.all().iter().filter(|option| new.number(option.code()).is_none()) {
            let code = option.code();
            let (vi, en) = (format!("bỏ lựa chọn “{code}”"), format!("the option “{code}” was removed"));
            self.add(Impact::Breaking, "", "option-removed", &vi, &en);
        }
        for option in new.all() {
            let code = option.code();
            let Some(before) = old.number(code).and_then(|number| old.get(number)) else {
                let (vi, en) = (format!("thêm lựa chọn “{code}”"), format!("the option “{code}” was added"));
                self.add(Impact::Additive, "", "option-added", &vi, &en);
                continue;
            };
            if before.score() != option.score() {
                let (vi, en) = (format!("điểm của lựa chọn “{code}” thay đổi"), format!("the score of the option “{code}” changed"));
                self.add(Impact::Breaking, "", "score", &vi, &en);
            }
            if before.label() != option.label() {
                let (vi, en) = (format!("nhãn của lựa chọn “{code}” thay đổi"), format!("the label of the option “{code}” changed"));
                self.add(Impact::Cosmetic, "", "option-wording", &vi, &en);
            }
        }
        let common = |of: &OptionList, other: &OptionList| -> Vec<String> {
            let codes = of.all().iter().map(|option| option.code().to_owned());
            codes.filter(|code| other.number(code).is_some()).collect()
        };
        if common(old, new) != common(new, old) {
            self.add(reordered, "", "option-order", "thứ tự lựa chọn thay đổi", "the options' order changed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::sample;
    use serde_json::json;

    fn after(change: impl FnOnce(&mut Value)) -> Report {
        let old = sample::questionnaire();
        let mut new = old.clone();
        change(&mut new);
        compatibility(&sample::checked(&old), &sample::checked(&new))
    }

    fn codes(changes: &[Change]) -> Vec<(&str, &str)> {
        changes.iter().map(|change| (change.pointer.as_str(), change.code)).collect()
    }

    #[test]
    fn canonical_json_is_sorted_and_compact() {
        let value = serde_json::from_str(r#"{ "b": [1, {"d": "x\"", "c": null}], "a": 0.5 }"#).unwrap();
        assert_eq!(canonical_json(&value), r#"{"a":0.5,"b":[1,{"c":null,"d":"x\""}]}"#);
    }

    #[test]
    fn the_hash_is_sha256() {
        // That of the two bytes `{}`.
        let expect = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        let byte = |place: usize| u8::from_str_radix(&expect[2 * place..2 * place + 2], 16).unwrap();
        assert_eq!(content_hash(&json!({})), std::array::from_fn(byte));
    }

    #[test]
    fn the_same_questionnaire_has_no_changes() {
        assert_eq!(after(|new| new["version"] = json!("1.1")), Report::default());
    }

    #[test]
    fn what_makes_years_incomparable_is_breaking() {
        let report = after(|new| {
            let first = &mut new["sections"][0]["items"];
            first[0]["options"] = json!([first[0]["options"][1]]);
            first[1]["required"] = json!(true);
            first[2]["max_selected"] = json!(2);
            new["scales"]["five"]["options"][4]["score"] = json!(90);
            let second = new["sections"][1]["items"].as_array_mut().unwrap();
            second[1]["relevant"] = json!({"answered": "age"});
            second[4] = json!({"code": "day", "kind": "text", "max_length": 9, "text": second[4]["text"]});
            second.remove(3);
        });
        let expect = [
            ("/sections/1/items/3", "item-removed"),
            ("/sections/0/items/0", "option-removed"),
            ("/sections/0/items/1/required", "required"),
            ("/sections/0/items/2", "range-narrowed"),
            ("/sections/1/items/0", "score"),
            ("/sections/1/items/1/relevant", "skip-logic"),
            ("/sections/1/items/1", "score"),
            ("/sections/1/items/3/kind", "kind"),
        ];
        assert_eq!(codes(&report.breaking), expect);
        assert_eq!((codes(&report.additive), codes(&report.cosmetic)), (vec![], vec![]));
    }

    #[test]
    fn what_only_adds_is_additive() {
        let report = after(|new| {
            let items = new["sections"][1]["items"].as_array_mut().unwrap();
            items[2].as_object_mut().unwrap().remove("relevant");
            items[3]["decimals"] = json!(3);
            let mut added = items[4].clone();
            added["code"] = json!("day2");
            items.push(added);
            let option = json!({"code": "other", "label": {"vi": "Khác", "en": "Other"}});
            new["sections"][0]["items"][0]["options"].as_array_mut().unwrap().push(option);
        });
        let expect = [
            ("/sections/0/items/0", "option-added"),
            ("/sections/1/items/2/relevant", "skip-logic"),
            ("/sections/1/items/3/decimals", "decimals"),
            ("/sections/1/items/5", "item-added"),
        ];
        assert_eq!(codes(&report.additive), expect);
        assert_eq!((codes(&report.breaking), codes(&report.cosmetic)), (vec![], vec![]));
    }

    #[test]
    fn wording_and_order_are_cosmetic_but_the_order_of_a_scale_is_not() {
        let report = after(|new| {
            new["sections"][0]["items"][0]["text"]["vi"] = json!("Giới tính của ông/bà");
            new["sections"][0]["items"][0]["options"].as_array_mut().unwrap().reverse();
            new["sections"][0]["title"]["vi"] = json!("Về ông/bà");
            new["scales"]["five"]["options"].as_array_mut().unwrap().reverse();
        });
        let expect = [("", "headings"), ("/sections/0/items/0/text", "wording"), ("/sections/0/items/0", "option-order")];
        assert_eq!(codes(&report.cosmetic), expect);
        assert_eq!(codes(&report.breaking), [("/sections/1/items/0", "option-order"), ("/sections/1/items/1", "option-order")]);
    }
}
