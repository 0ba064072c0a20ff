//! Reading JSON and parameters into Rust, with what does not fit told in both languages and with its place.
//!
//! serde lets the format choose the error: this one keeps what kind of misfit it is and where, instead of an English sentence.

use std::borrow::Cow;
use std::fmt;

use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{self, DeserializeOwned, DeserializeSeed, Expected, IntoDeserializer, MapAccess, SeqAccess, Unexpected, Visitor};
use serde_json::Value;

use crate::words::{Finding, push_escaped};

/// What does not fit, and where.
#[derive(Debug)]
pub struct Misfit {
    /// Steps from the misfit out to the root.
    path: Vec<String>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Missing(&'static str),
    Unknown { name: String, known: &'static [&'static str] },
    NoSuchName(&'static [&'static str]),
    Twice(&'static str),
    Type { found: &'static str, expected: String },
    Value(String),
    Length { found: usize, expected: String },
    Other(String),
}

/// Reads a value as the shape of `T`.
///
/// # Errors
/// The first thing that does not fit.
pub fn from_value<T: DeserializeOwned>(value: &Value) -> Result<T, Finding> {
    T::deserialize(Json(value)).map_err(Misfit::finding)
}

/// Reads decoded parameters as the shape of `T`; numbers are written as text.
///
/// # Errors
/// The first thing that does not fit, at `/query/NAME`.
pub fn from_pairs<T: DeserializeOwned>(pairs: &[(String, String)]) -> Result<T, Finding> {
    T::deserialize(Pairs(pairs)).map_err(|misfit| misfit.within("query".into()).finding())
}

impl Misfit {
    fn new(kind: Kind) -> Self {
        Self { path: Vec::new(), kind }
    }

    fn within(mut self, step: String) -> Self {
        self.path.push(step);
        self
    }

    fn pointer(&self) -> String {
        let mut pointer = String::new();
        let named = match &self.kind {
            Kind::Unknown { name, .. } => Some(name.as_str()),
            // A parameter that is missing has no object to be reported at.
            Kind::Missing(name) if self.path.last().is_some_and(|root| root == "query") => Some(*name),
            _ => None,
        };
        for step in self.path.iter().rev().map(String::as_str).chain(named) {
            pointer.push('/');
            let _ = push_escaped(step, |part| {
                pointer.push_str(part);
                Ok::<_, fmt::Error>(())
            });
        }
        pointer
    }

    fn finding(self) -> Finding {
        let pointer = self.pointer();
        let (code, vi, en) = self.kind.said();
        Finding::error(pointer, code, vi, en)
    }
}

impl Kind {
    fn said(self) -> (&'static str, String, String) {
        match self {
            Self::Missing(name) => ("missing-member", format!("Thiếu {name}"), format!("{name} is missing")),
            Self::Unknown { name, known } => {
                let name = shortened(&name);
                let (vi, en) = names(known);
                ("unknown-member", format!("Không có trường {name}; {vi}"), format!("There is no member {name}; {en}"))
            }
            Self::NoSuchName(known) => {
                let list = known.join(", ");
                ("unknown-name", format!("Phải là một trong: {list}"), format!("Must be one of: {list}"))
            }
            Self::Twice(name) => ("duplicate-key", format!("{name} xuất hiện nhiều lần"), format!("{name} appears more than once")),
            Self::Type { found, expected } => {
                let expected = type_name(&expected);
                let found = type_name(found);
                (
                    "wrong-type",
                    format!("Phải là {}, không phải {}", expected.0, found.0),
                    format!("Must be {}, not {}", expected.1, found.1),
                )
            }
            Self::Value(expected) => {
                let (vi, en) = type_name(&expected);
                ("wrong-value", format!("Giá trị không dùng được: phải là {vi}"), format!("The value cannot be used: it must be {en}"))
            }
            Self::Length { found, expected } => {
                let (vi, en) = type_name(&expected);
                ("wrong-length", format!("Có {found} phần tử, phải là {vi}"), format!("Has {found} elements, must be {en}"))
            }
            Self::Other(said) => ("wrong-value", "Giá trị không dùng được".into(), said),
        }
    }
}

fn names(known: &[&str]) -> (String, String) {
    if known.is_empty() {
        return ("ở đây không có trường nào".into(), "there are none here".into());
    }
    let list = known.join(", ");
    (format!("các trường: {list}"), format!("the members are: {list}"))
}

/// A name that a client sent, cut to what a message can hold.
pub(crate) fn shortened(name: &str) -> Cow<'_, str> {
    match name.char_indices().nth(60) {
        Some((end, _)) => Cow::Owned(format!("{}…", &name[..end])),
        None => Cow::Borrowed(name),
    }
}

/// What serde calls a type, in both languages.
fn type_name(serde: &str) -> (Cow<'static, str>, Cow<'static, str>) {
    let (vi, en) = match serde {
        "string" | "a string" | "str" | "a borrowed string" | "a character" => ("chuỗi", "a string"),
        "boolean" | "a boolean" | "bool" => ("true hoặc false", "true or false"),
        "integer" => ("số nguyên", "a whole number"),
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => ("số nguyên trong phạm vi", "a whole number within range"),
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => ("số nguyên không âm trong phạm vi", "a whole number from 0 up, within range"),
        "floating point" | "f32" | "f64" | "a number" => ("số", "a number"),
        "null" | "unit" | "option" => ("null", "null"),
        "sequence" | "a sequence" | "a set" => ("danh sách", "a list"),
        "map" | "a map" => ("đối tượng", "an object"),
        "a day" => ("ngày viết YYYY-MM-DD", "a day written YYYY-MM-DD"),
        other if other.starts_with("struct ") || other.starts_with("internally tagged enum") => ("đối tượng", "an object"),
        other if other.starts_with("enum ") || other.starts_with("variant") || other.contains("string or") => ("tên", "a name"),
        other if other.starts_with("tuple ") || other.contains("array of length") || other.contains("elements") => {
            ("danh sách có độ dài khác", "a list of another length")
        }
        other => return ("kiểu khác".into(), other.to_owned().into()),
    };
    (vi.into(), en.into())
}

fn found(unexpected: Unexpected<'_>) -> &'static str {
    match unexpected {
        Unexpected::Bool(_) => "boolean",
        Unexpected::Unsigned(_) | Unexpected::Signed(_) => "integer",
        Unexpected::Float(_) => "floating point",
        Unexpected::Char(_) | Unexpected::Str(_) | Unexpected::Bytes(_) => "string",
        Unexpected::Unit | Unexpected::Option => "null",
        Unexpected::Seq => "sequence",
        _ => "map",
    }
}

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?}", self.pointer(), self.kind)
    }
}

impl std::error::Error for Misfit {}

impl de::Error for Misfit {
    fn custom<T: fmt::Display>(said: T) -> Self {
        Self::new(Kind::Other(said.to_string()))
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Kind::Type { found: found(unexpected), expected: expected.to_string() })
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Kind::Value(expected.to_string()))
    }

    fn invalid_length(found: usize, expected: &dyn Expected) -> Self {
        Self::new(Kind::Length { found, expected: expected.to_string() })
    }

    fn unknown_variant(_: &str, known: &'static [&'static str]) -> Self {
        Self::new(Kind::NoSuchName(known))
    }

    fn unknown_field(name: &str, known: &'static [&'static str]) -> Self {
        Self::new(Kind::Unknown { name: name.to_owned(), known })
    }

    fn missing_field(name: &'static str) -> Self {
        Self::new(Kind::Missing(name))
    }

    fn duplicate_field(name: &'static str) -> Self {
        Self::new(Kind::Twice(name))
    }
}

/// A JSON value to read from.
#[derive(Clone, Copy)]
struct Json<'v>(&'v Value);

impl<'de> de::Deserializer<'de> for Json<'de> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(value), _) => visitor.visit_u64(value),
                (None, Some(value)) => visitor.visit_i64(value),
                (None, None) => visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_borrowed_str(text),
            Value::Array(items) => visitor.visit_seq(Items { items: items.iter(), at: 0 }),
            Value::Object(members) => visitor.visit_map(Members { members: members.iter(), value: None }),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Misfit> {
        match self.0 {
            Value::String(text) => visitor.visit_enum(StrDeserializer::new(text)),
            Value::Object(members) => visitor.visit_enum(MapAccessDeserializer::new(Members { members: members.iter(), value: None })),
            _ => self.deserialize_any(visitor),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map
        struct identifier ignored_any
    }
}

struct Items<'v> {
    items: std::slice::Iter<'v, Value>,
    at: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Misfit;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit> {
        let Some(item) = self.items.next() else { return Ok(None) };
        let at = self.at;
        self.at += 1;
        seed.deserialize(Json(item)).map(Some).map_err(|misfit| misfit.within(at.to_string()))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Members<'v> {
    members: serde_json::map::Iter<'v>,
    value: Option<(&'v str, &'v Value)>,
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        let Some((name, value)) = self.members.next() else { return Ok(None) };
        self.value = Some((name, value));
        seed.deserialize(StrDeserializer::new(name)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Misfit> {
        let (name, value) = self.value.take().ok_or_else(|| de::Error::custom("a value without a name"))?;
        seed.deserialize(Json(value)).map_err(|misfit| misfit.within(name.to_owned()))
    }
}

/// Parameters to read from.
struct Pairs<'v>(&'v [(String, String)]);

impl<'de> de::Deserializer<'de> for Pairs<'de> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_map(PairAccess { pairs: self.0.iter(), value: None })
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct PairAccess<'v> {
    pairs: std::slice::Iter<'v, (String, String)>,
    value: Option<&'v (String, String)>,
}

impl<'de> MapAccess<'de> for PairAccess<'de> {
    type Error = Misfit;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit> {
        let Some(pair) = self.pairs.next() else { return Ok(None) };
        self.value = Some(pair);
        seed.deserialize(StrDeserializer::new(&pair.0)).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Misfit> {
        let (name, value) = self.value.take().ok_or_else(|| de::Error::custom("a value without a name"))?;
        seed.deserialize(Text(value)).map_err(|misfit| misfit.within(name.clone()))
    }
}

/// A parameter's text, which may stand for a number.
struct Text<'v>(&'v str);

macro_rules! numbers {
    ($($method:ident $visit:ident $kind:ty;)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
            match self.0.parse::<$kind>() {
                Ok(value) => visitor.$visit(value),
                Err(_) => Err(Misfit::new(Kind::Value(stringify!($kind).into()))),
            }
        })+
    };
}

impl<'de> de::Deserializer<'de> for Text<'de> {
    type Error = Misfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Misfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &'static str, _: &'static [&'static str], visitor: V) -> Result<V::Value, Misfit> {
        let text: StrDeserializer<'de, Misfit> = self.0.into_deserializer();
        visitor.visit_enum(text)
    }

    numbers! {
        deserialize_bool visit_bool bool;
        deserialize_i8 visit_i8 i8;
        deserialize_i16 visit_i16 i16;
        deserialize_i32 visit_i32 i32;
        deserialize_i64 visit_i64 i64;
        deserialize_u8 visit_u8 u8;
        deserialize_u16 visit_u16 u16;
        deserialize_u32 visit_u32 u32;
        deserialize_u64 visit_u64 u64;
        deserialize_f64 visit_f64 f64;
    }

    serde::forward_to_deserialize_any! {
        i128 u128 f32 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        #[allow(dead_code)]
        name: String,
        #[serde(default)]
        #[allow(dead_code)]
        sizes: Vec<u8>,
        #[allow(dead_code)]
        kind: Option<Colour>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Colour {
        Red,
        Green,
    }

    fn of(value: &Value) -> (String, String) {
        let finding = from_value::<Sample>(value).unwrap_err();
        assert!(!finding.vi.is_ascii(), "it is not Vietnamese: {}", finding.vi);
        (finding.pointer, finding.code.into_owned())
    }

    #[test]
    fn each_kind_of_misfit_has_its_place_its_code_and_vietnamese_words() {
        for (value, pointer, code) in [
            (json!({}), "", "missing-member"),
            (json!({ "name": "a", "role/x": 1 }), "/role~1x", "unknown-member"),
            (json!({ "name": 5 }), "/name", "wrong-type"),
            (json!({ "name": "a", "sizes": [1, 256] }), "/sizes/1", "wrong-value"),
            (json!({ "name": "a", "sizes": [1, -2] }), "/sizes/1", "wrong-value"),
            (json!({ "name": "a", "sizes": {} }), "/sizes", "wrong-type"),
            (json!({ "name": "a", "kind": "blue" }), "/kind", "unknown-name"),
            (json!({ "name": "a", "kind": 7 }), "/kind", "wrong-type"),
            (json!([]), "", "wrong-length"),
            (json!("x"), "", "wrong-type"),
        ] {
            assert_eq!(of(&value), (pointer.to_owned(), code.to_owned()), "{value}");
        }
    }

    #[test]
    fn what_fits_is_read() {
        let read: Sample = from_value(&json!({ "name": "a", "sizes": [1, 255], "kind": "green" })).unwrap();
        assert!(matches!(read.kind, Some(Colour::Green)) && read.sizes == [1, 255]);
        let read: Sample = from_value(&json!({ "name": "a", "kind": null })).unwrap();
        assert!(read.kind.is_none());
        let _ = Colour::Red;
    }

    #[derive(Debug, Deserialize, PartialEq)]
    struct Asked {
        list: String,
        limit: Option<u32>,
    }

    #[test]
    fn a_parameter_is_read_as_its_type_and_one_that_is_missing_is_named() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let read: Asked = from_pairs(&[pair("list", "7"), pair("limit", "7")]).unwrap();
        assert_eq!(read, Asked { list: "7".into(), limit: Some(7) });
        let finding = from_pairs::<Asked>(&[pair("list", "a"), pair("limit", "x")]).unwrap_err();
        assert_eq!((finding.pointer.as_str(), finding.code.as_ref()), ("/query/limit", "wrong-value"));
        let finding = from_pairs::<Asked>(&[]).unwrap_err();
        assert_eq!((finding.pointer.as_str(), finding.code.as_ref()), ("/query/list", "missing-member"));
    }
}
