//! Reading JSON objects: every finding at once, nothing overlooked.

use serde_json::{Map, Value};

/// The fields of a JSON object. What is read is ticked off, so that what is left over can be named.
#[derive(Debug)]
pub struct Fields<'a> {
    pointer: String,
    left: Map<String, Value>,
    findings: &'a mut Vec<String>,
}

impl<'a> Fields<'a> {
    /// The fields of `value`, which stands at `pointer`.
    pub fn new(pointer: &str, value: Option<&Value>, findings: &'a mut Vec<String>) -> Self {
        let left = match value {
            Some(Value::Object(fields)) => fields.clone(),
            other => {
                findings.push(format!("{pointer}: an object belongs here, not {}", described(other)));
                Map::new()
            }
        };
        Self { pointer: pointer.to_owned(), left, findings }
    }

    /// A finding about a field.
    pub fn find(&mut self, name: &str, what: &str) {
        self.findings.push(format!("{}/{name}: {what}", self.pointer));
    }

    /// The field as it stands; `None` where it is missing or null.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.left.remove(name).filter(|value| !value.is_null())
    }

    fn typed<T>(&mut self, name: &str, wanted: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let value = self.take(name)?;
        let typed = read(&value);
        if typed.is_none() {
            self.find(name, &format!("{wanted} belongs here, not {}", described(Some(&value))));
        }
        typed
    }

    /// A text.
    pub fn text(&mut self, name: &str) -> Option<String> {
        self.typed(name, "a text", |value| value.as_str().map(str::to_owned))
    }

    /// A text, or a list of at most one.
    pub fn word(&mut self, name: &str) -> Option<String> {
        if self.left.get(name).and_then(Value::as_array).is_some_and(Vec::is_empty) {
            self.left.remove(name);
        }
        self.typed(name, "a text", |value| match value {
            Value::Array(list) if list.len() == 1 => list[0].as_str().map(str::to_owned),
            other => other.as_str().map(str::to_owned),
        })
    }

    /// A number.
    pub fn number(&mut self, name: &str) -> Option<f64> {
        self.typed(name, "a number", Value::as_f64)
    }

    /// Yes or no; no where it is missing.
    pub fn flag(&mut self, name: &str) -> bool {
        self.typed(name, "true or false", Value::as_bool).unwrap_or(false)
    }

    /// A list of texts, or one text; empty where it is missing.
    pub fn texts(&mut self, name: &str) -> Vec<String> {
        let read = |value: &Value| match value {
            Value::String(text) => Some(vec![text.clone()]),
            Value::Array(list) => list.iter().map(|text| text.as_str().map(str::to_owned)).collect(),
            _ => None,
        };
        self.typed(name, "a list of texts", read).unwrap_or_default()
    }

    /// A list of numbers, or one number; empty where it is missing.
    pub fn numbers(&mut self, name: &str) -> Vec<f64> {
        let read = |value: &Value| match value {
            Value::Number(number) => Some(vec![number.as_f64()?]),
            Value::Array(list) => list.iter().map(Value::as_f64).collect(),
            _ => None,
        };
        self.typed(name, "a list of numbers", read).unwrap_or_default()
    }

    /// Says what is left over: an option that is not known must not be passed over in silence.
    pub fn finish(self) {
        for name in self.left.iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name) {
            self.findings.push(format!("{}/{name}: there is no such option", self.pointer));
        }
    }
}

fn described(value: Option<&Value>) -> &'static str {
    match value {
        None | Some(Value::Null) => "nothing",
        Some(Value::Bool(_)) => "a truth value",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(_)) => "a text",
        Some(Value::Array(_)) => "a list",
        Some(Value::Object(_)) => "an object",
    }
}
