//! A questionnaire while it is written: a document that a form carries along, what the fields of one section say of it, and what a button
//! does to it. Whether it is right is the schema's to say, as it stands.
//!
//! A field is named by the pointer of what it holds, with dots: `sections.0.items.3.text.vi`. Options are lines of
//! `code | score | Vietnamese | English`.

use serde_json::{Map, Value, json};

use crate::schema::source;

/// A questionnaire that is being written, right or not.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft(Value);

/// The members of an item that its form has fields for; others stay as they are.
const ITEM: [&str; 12] =
    ["code", "kind", "required", "does_not_apply", "scale", "min", "max", "decimals", "max_length", "min_selected", "max_selected", "text"];

impl Draft {
    /// One that begins: a section with a question, and a scale of five.
    #[must_use]
    pub fn blank() -> Self {
        let level =
            |code: u32, vi: &str, en: &str| json!({ "code": code.to_string(), "score": (code - 1) * 25, "label": { "vi": vi, "en": en } });
        Self(json!({
            "kind": "questionnaire", "code": "", "version": "1", "title": { "vi": "", "en": "" }, "languages": ["vi", "en"],
            "scales": { "five": { "options": [
                level(1, "Rất không hài lòng", "Very dissatisfied"), level(2, "Không hài lòng", "Dissatisfied"),
                level(3, "Bình thường", "Neither"), level(4, "Hài lòng", "Satisfied"), level(5, "Rất hài lòng", "Very satisfied")
            ] } },
            "sections": [ { "code": "A", "title": { "vi": "", "en": "" }, "items": [ new_item("Q1") ] } ]
        }))
    }

    /// One that somebody sent as a file or that a form carried; none of what is no JSON object.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (value, _) = source::read(text.as_bytes(), source::MAX_DEPTH).ok()?;
        value.is_object().then_some(Self(value))
    }

    /// The document, as a file has it.
    #[must_use]
    pub fn text(&self) -> String {
        // A value that was read always serialises.
        serde_json::to_string_pretty(&self.0).unwrap_or_default()
    }

    /// What stands at a place; null where nothing does.
    #[must_use]
    pub fn at(&self, pointer: &str) -> &Value {
        self.0.pointer(pointer).unwrap_or(&Value::Null)
    }

    /// A text at a place, or a number as it is written.
    #[must_use]
    pub fn said(&self, pointer: &str) -> String {
        match self.at(pointer) {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(true) => "true".to_owned(),
            _ => String::new(),
        }
    }

    /// How many parts a list has.
    #[must_use]
    pub fn count(&self, pointer: &str) -> usize {
        self.at(pointer).as_array().map_or(0, Vec::len)
    }

    /// The names of the scales.
    #[must_use]
    pub fn scales(&self) -> Vec<String> {
        self.at("/scales").as_object().map(|scales| scales.keys().cloned().collect()).unwrap_or_default()
    }

    /// Options as lines.
    #[must_use]
    pub fn options(&self, pointer: &str) -> String {
        let empty = Vec::new();
        let options = self.at(pointer).as_array().unwrap_or(&empty);
        let line = |option: &Value| {
            let text = |name: &str| option["label"][name].as_str().unwrap_or_default().to_owned();
            let score = if option["score"].is_null() { String::new() } else { option["score"].to_string().trim_matches('"').to_owned() };
            format!("{} | {score} | {} | {}", option["code"].as_str().unwrap_or_default(), text("vi"), text("en"))
        };
        options.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Writes what the fields of a form say into it. Names that are no place of it are passed over.
    pub fn take(&mut self, fields: &[(String, String)]) {
        for (name, value) in fields {
            let parts: Vec<&str> = name.split('.').collect();
            let value = value.trim();
            match parts.as_slice() {
                ["code" | "version"] => self.put(&format!("/{name}"), Value::from(value)),
                ["title" | "note", lang @ ("vi" | "en")] => self.word(&format!("/{}", parts[0]), lang, value),
                ["scales", scale, "options"] => self.put(&format!("/scales/{}/options", escape(scale)), options(value)),
                ["sections", section, "code"] if index(section) => self.put(&format!("/sections/{section}/code"), Value::from(value)),
                ["sections", section, "title", lang @ ("vi" | "en")] if index(section) => {
                    self.word(&format!("/sections/{section}/title"), lang, value);
                }
                ["sections", section, "items", item, rest @ ..] if index(section) && index(item) => {
                    self.item(&format!("/sections/{section}/items/{item}"), rest, value);
                }
                _ => {}
            }
        }
    }

    /// Writes one field of an item.
    fn item(&mut self, at: &str, member: &[&str], value: &str) {
        if !self.at(at).is_object() {
            return;
        }
        match member {
            ["text", lang @ ("vi" | "en")] => self.word(&format!("{at}/text"), lang, value),
            ["options"] if value.is_empty() => self.remove(&format!("{at}/options")),
            ["options"] => self.put(&format!("{at}/options"), options(value)),
            ["exclusive"] => self.put_or_remove(&format!("{at}/exclusive"), codes(value)),
            ["relevant", part] => self.relevant(at, part, value),
            ["required" | "does_not_apply"] => {
                let name = member[0];
                if value == "true" { self.put(&format!("{at}/{name}"), Value::Bool(true)) } else { self.remove(&format!("{at}/{name}")) }
            }
            ["code" | "kind"] => self.put(&format!("{at}/{}", member[0]), Value::from(value)),
            [name] if ITEM.contains(name) && *name != "text" => self.put_or_remove(&format!("{at}/{name}"), number_or_text(name, value)),
            _ => {}
        }
    }

    /// A condition by its fields: an item and the options, or bounds. One that says more than that is a field of JSON.
    fn relevant(&mut self, at: &str, part: &str, value: &str) {
        let place = format!("{at}/relevant");
        if part == "json" {
            match serde_json::from_str::<Value>(value) {
                _ if value.is_empty() => self.remove(&place),
                Ok(condition) => self.put(&place, condition),
                // It stays as it was typed, and the check says that it is no condition.
                Err(_) => self.put(&place, Value::from(value)),
            }
            return;
        }
        let mut condition = self.at(&place).as_object().cloned().unwrap_or_default();
        match part {
            "item" => {
                condition.remove("answered");
                set(&mut condition, "item", (!value.is_empty()).then(|| Value::from(value)));
            }
            "is" => set(&mut condition, "is", codes(value)),
            "at_least" | "at_most" => set(&mut condition, part, number_or_text(part, value)),
            _ => return,
        }
        if condition.is_empty() { self.remove(&place) } else { self.put(&place, Value::Object(condition)) }
    }

    /// Makes conditions of what their fields left: an item alone asks whether it was answered; without an item there is none.
    pub fn settle(&mut self) {
        let sections = self.count("/sections");
        for section in 0..sections {
            for item in 0..self.count(&format!("/sections/{section}/items")) {
                let at = format!("/sections/{section}/items/{item}");
                self.settle_condition(&format!("{at}/relevant"));
                self.settle_kind(&at);
            }
        }
    }

    fn settle_condition(&mut self, place: &str) {
        let Some(condition) = self.at(place).as_object() else { return };
        let simple = ["item", "is", "at_least", "at_most"];
        if condition.keys().any(|name| !simple.contains(&name.as_str())) {
            return;
        }
        match (condition.get("item").cloned(), condition.len()) {
            (None, _) => self.remove(place),
            (Some(item), 1) => self.put(place, json!({ "answered": item })),
            _ => {}
        }
    }

    /// Drops members that an item of this kind cannot have and its form showed before the kind was changed.
    fn settle_kind(&mut self, at: &str) {
        let kind = self.said(&format!("{at}/kind"));
        let foreign: &[&str] = match kind.as_str() {
            "scale" | "single" => &["min", "max", "decimals", "max_length", "min_selected", "max_selected", "exclusive"],
            "multiple" => &["min", "max", "decimals", "max_length"],
            "number" => &["scale", "options", "max_length", "min_selected", "max_selected", "exclusive"],
            "date" => &["scale", "options", "decimals", "max_length", "min_selected", "max_selected", "exclusive"],
            "text" => &["scale", "options", "min", "max", "decimals", "min_selected", "max_selected", "exclusive"],
            _ => &[],
        };
        for name in foreign {
            self.remove(&format!("{at}/{name}"));
        }
        if !self.said(&format!("{at}/scale")).is_empty() {
            self.remove(&format!("{at}/options"));
        }
    }

    /// Adds a section at the end; gives its place.
    pub fn add_section(&mut self) -> usize {
        let number = self.count("/sections");
        let code = self.free_code("S", number + 1);
        let items = vec![new_item(&self.free_code("Q", 1))];
        self.push("/sections", json!({ "code": code, "title": { "vi": "" }, "items": items }));
        number
    }

    /// Adds a question at the end of a section.
    pub fn add_item(&mut self, section: usize) {
        let item = new_item(&self.free_code("Q", 1));
        let at = format!("/sections/{section}/items");
        if self.at(&format!("/sections/{section}")).is_object() {
            self.push(&at, item);
        }
    }

    /// Adds a scale.
    pub fn add_scale(&mut self) {
        let names = self.scales();
        let name = (1..=names.len() + 1).map(|number| format!("scale{number}")).find(|name| !names.contains(name)).unwrap_or_default();
        self.put(&format!("/scales/{name}/options"), options("1 | 0 |  | \n2 | 100 |  | "));
    }

    /// Takes away what stands at a place of a list, or a scale.
    pub fn drop_at(&mut self, list: &str, place: &str) {
        match self.0.pointer_mut(list) {
            Some(Value::Array(parts)) => {
                if let Some(place) = place.parse().ok().filter(|place: &usize| *place < parts.len()) {
                    parts.remove(place);
                }
            }
            Some(Value::Object(members)) => {
                members.remove(place);
            }
            _ => {}
        }
    }

    /// Moves a part of a list one place up or down.
    pub fn swap(&mut self, list: &str, place: usize, with: usize) {
        if let Some(Value::Array(parts)) = self.0.pointer_mut(list)
            && place.max(with) < parts.len()
        {
            parts.swap(place, with);
        }
    }

    /// A code that no item and no section has.
    fn free_code(&self, letter: &str, from: usize) -> String {
        let taken = self.text();
        // A text has fewer codes than letters.
        (from..=from + taken.len())
            .map(|number| format!("{letter}{number}"))
            .find(|code| !taken.contains(&format!("\"{code}\"")))
            .unwrap_or_default()
    }

    /// Adds to the list at a place, which is made if there is none.
    fn push(&mut self, pointer: &str, value: Value) {
        if !self.at(pointer).is_array() {
            self.put(pointer, Value::Array(Vec::new()));
        }
        if let Some(Value::Array(list)) = self.0.pointer_mut(pointer) {
            list.push(value);
        }
    }

    /// A word in one language; an empty English one is no word.
    fn word(&mut self, at: &str, lang: &str, value: &str) {
        if value.is_empty() && lang != "vi" {
            self.remove(&format!("{at}/{lang}"));
        } else {
            self.put(&format!("{at}/{lang}"), Value::from(value));
        }
    }

    fn put_or_remove(&mut self, pointer: &str, value: Option<Value>) {
        match value {
            Some(value) => self.put(pointer, value),
            None => self.remove(pointer),
        }
    }

    /// Puts a value at a place, with the objects above it; a place below a list must be there.
    fn put(&mut self, pointer: &str, value: Value) {
        let mut here = &mut self.0;
        for part in pointer.split('/').skip(1) {
            let name = part.replace("~1", "/").replace("~0", "~");
            here = match here {
                Value::Array(list) => match name.parse().ok().and_then(|place: usize| list.get_mut(place)) {
                    Some(next) => next,
                    None => return,
                },
                Value::Object(members) => members.entry(name).or_insert(Value::Null),
                other => {
                    *other = Value::Object(Map::new());
                    match other {
                        Value::Object(members) => members.entry(name).or_insert(Value::Null),
                        _ => return,
                    }
                }
            };
        }
        *here = value;
    }

    fn remove(&mut self, pointer: &str) {
        let Some((above, name)) = pointer.rsplit_once('/') else { return };
        if let Some(Value::Object(members)) = self.0.pointer_mut(above) {
            members.remove(&name.replace("~1", "/").replace("~0", "~"));
        }
    }
}

fn new_item(code: &str) -> Value {
    json!({ "code": code, "kind": "scale", "scale": "five", "required": true, "text": { "vi": "" } })
}

fn set(members: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => drop(members.insert(name.to_owned(), value)),
        None => drop(members.remove(name)),
    }
}

fn index(text: &str) -> bool {
    text.len() <= 4 && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Codes with commas between them.
fn codes(text: &str) -> Option<Value> {
    let codes: Vec<Value> = text.split([',', ' ', ';']).map(str::trim).filter(|code| !code.is_empty()).map(Value::from).collect();
    (!codes.is_empty()).then_some(Value::Array(codes))
}

/// A number where one is meant; what is no number stays a text, which the check then finds.
fn number_or_text(name: &str, text: &str) -> Option<Value> {
    if text.is_empty() {
        return None;
    }
    let numeric = !matches!(name, "scale");
    let number = || serde_json::from_str::<Value>(&text.replace(',', ".")).ok().filter(Value::is_number);
    Some(number().filter(|_| numeric).unwrap_or_else(|| Value::from(text)))
}

/// Lines of options. The parts of a line are separated by `|`, or by tabs as a spreadsheet copies them.
fn options(text: &str) -> Value {
    let option = |line: &str| {
        let parts: Vec<&str> = line.split(if line.contains('|') { '|' } else { '\t' }).map(str::trim).collect();
        let part = |at: usize| parts.get(at).copied().unwrap_or_default();
        let mut label = Map::new();
        label.insert("vi".to_owned(), Value::from(part(2)));
        if !part(3).is_empty() {
            label.insert("en".to_owned(), Value::from(part(3)));
        }
        let mut option = Map::new();
        option.insert("code".to_owned(), Value::from(part(0)));
        set(&mut option, "score", number_or_text("score", part(1)));
        option.insert("label".to_owned(), Value::Object(label));
        Value::Object(option)
    };
    Value::Array(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(option).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schema::parse;

    fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_blank_one_becomes_right_by_its_fields() {
        let mut draft = Draft::blank();
        assert!(parse(&draft.text()).is_err());
        draft.add_item(0);
        draft.take(&fields(&[
            ("code", "thu"),
            ("version", "2026.1"),
            ("title.vi", "Phiếu thử"),
            ("title.en", "A test"),
            ("sections.0.title.vi", "Phần A"),
            ("sections.0.title.en", "Part A"),
            ("sections.0.items.0.text.vi", "Hài lòng?"),
            ("sections.0.items.0.text.en", "Satisfied?"),
            ("sections.0.items.1.code", "why"),
            ("sections.0.items.1.kind", "multiple"),
            ("sections.0.items.1.required", ""),
            ("sections.0.items.1.scale", ""),
            ("sections.0.items.1.options", "fee | | Phí | Fee\nwait\t\tĐợi\tWaiting"),
            ("sections.0.items.1.text.vi", "Vì sao?"),
            ("sections.0.items.1.text.en", "Why?"),
            ("sections.0.items.1.relevant.item", "Q1"),
            ("sections.0.items.1.relevant.is", "1, 2"),
            ("sections.0.items.9.code", "none"),
            ("sections.0.kind", "index"),
            ("languages", "en"),
        ]));
        draft.settle();
        let checked = parse(&draft.text()).unwrap_or_else(|found| panic!("{found:#?}\n{}", draft.text()));
        assert!(checked.warnings.is_empty(), "{:#?}", checked.warnings);
        assert_eq!(draft.at("/sections/0/items/1/relevant"), &json!({ "item": "Q1", "is": ["1", "2"] }));
        assert_eq!(draft.options("/sections/0/items/1/options"), "fee |  | Phí | Fee\nwait |  | Đợi | Waiting");
        assert_eq!(Draft::read(&draft.text()), Some(draft));
    }

    #[test]
    fn what_its_form_shows_it_takes_back_unchanged() {
        let text = include_str!("../../../../survey-schemas/sipas/2022.1.json");
        let draft = Draft::read(text).unwrap();
        let mut same = draft.clone();
        let mut shown = Vec::new();
        for section in 0..draft.count("/sections") {
            for item in 0..draft.count(&format!("/sections/{section}/items")) {
                let at = format!("/sections/{section}/items/{item}");
                for name in ITEM.iter().filter(|name| **name != "text") {
                    shown.push((format!("{at}/{name}"), draft.said(&format!("{at}/{name}"))));
                }
                shown.push((format!("{at}/options"), draft.options(&format!("{at}/options"))));
            }
        }
        let shown: Vec<(String, String)> =
            shown.into_iter().map(|(at, value)| (at.trim_start_matches('/').replace('/', "."), value)).collect();
        same.take(&shown);
        same.settle();
        assert_eq!(crate::schema::content_hash(&same.0), crate::schema::content_hash(&draft.0));
    }

    #[test]
    fn buttons_add_take_away_and_move() {
        let mut draft = Draft::blank();
        assert_eq!(draft.add_section(), 1);
        draft.add_item(1);
        assert_eq!((draft.said("/sections/1/items/0/code"), draft.said("/sections/1/items/1/code")), ("Q2".into(), "Q3".into()));
        draft.swap("/sections/1/items", 1, 0);
        assert_eq!(draft.said("/sections/1/items/0/code"), "Q3");
        draft.drop_at("/sections/1/items", "0");
        draft.drop_at("/sections/1/items", "7");
        assert_eq!(draft.count("/sections/1/items"), 1);
        draft.add_scale();
        assert_eq!(draft.scales(), ["five", "scale1"]);
        draft.drop_at("/scales", "five");
        assert_eq!(draft.scales(), ["scale1"]);
        draft.add_item(9);
        draft.swap("/sections", 0, 9);
    }

    #[test]
    fn a_condition_by_fields_is_a_condition_and_one_that_says_more_stays() {
        let mut draft = Draft::blank();
        draft.take(&fields(&[("sections.0.items.0.relevant.item", "Q0")]));
        draft.settle();
        assert_eq!(draft.at("/sections/0/items/0/relevant"), &json!({ "answered": "Q0" }));
        draft.take(&fields(&[("sections.0.items.0.relevant.item", "")]));
        draft.settle();
        assert!(draft.at("/sections/0/items/0/relevant").is_null());
        draft.take(&fields(&[("sections.0.items.0.relevant.json", "{\"not\":{\"answered\":\"Q0\"}}")]));
        draft.settle();
        assert_eq!(draft.at("/sections/0/items/0/relevant/not/answered"), "Q0");
        draft.take(&fields(&[("sections.0.items.0.relevant.json", "{")]));
        assert_eq!(draft.said("/sections/0/items/0/relevant"), "{");
    }

    proptest! {
        #[test]
        fn no_document_and_no_field_brings_it_down(
            name in "(sections|scales|title|code)(\\.(0|1|a|items|options|text|vi|relevant|is|kind|title)){0,6}",
            value in "[a-z|\\t\\n0-9{}\",]{0,20}",
            sections in prop::sample::select(vec!["null", "[]", "{}", "[1]", "[{\"items\":3}]", "[{\"items\":[null]}]", "\"x\""]),
        ) {
            let mut draft = Draft::read(&format!("{{\"sections\":{sections},\"scales\":{sections},\"title\":3}}")).unwrap();
            draft.take(&[(name, value)]);
            draft.settle();
            draft.add_item(0);
            draft.add_section();
            draft.add_scale();
            draft.drop_at("/sections", "0");
            let _ = parse(&draft.text());
            let _ = draft.options("/sections");
        }
    }
}
