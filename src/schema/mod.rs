//! Definition files → checked definitions.
//!
//! There are three kinds of JSON files, all versioned and never changed once published: a *questionnaire* says what
//! is asked and what may be answered, an *index* how answers become scores, a [`composite`] index how scores of
//! surveys and other indicators become one. [`parse`] turns the text of any into a type that can only be right, or into every [`Finding`] at once,
//! each with a JSON pointer, a line, and a text in Vietnamese and English.
//!
//! From a questionnaire follow
//! - a [`Layout`]: how the answers of one response pack into bytes, which is what the store keeps and what a
//!   recomputation scans;
//! - a [`Report`] against an older version: what a statistician must know before comparing two years.
//!
//! **Invariant:** nothing here reads a file, a clock or a random number.

mod check;
pub mod composite;
pub(crate) mod decode;
mod estimation;
mod estimation_file;
mod index;
mod index_file;
mod layout;
mod number;
mod questionnaire;
mod questionnaire_file;
mod relevance;
mod rules;
#[cfg(test)]
pub(crate) mod sample;
pub(crate) mod source;
mod text;
mod variance;
mod version;

use serde_json::Value;

use crate::words::Finding;

pub use check::check_index_against;
pub use estimation::{
    CalibrationDistance, CalibrationRule, ChangeRule, Estimation, Margin, RankBasis, RankRule, ShareInterval, SmallAreaRule, ThinRule,
};
pub use index::{
    Content, Domain, FavourableMissing, IndexDefinition, InvalidItems, LeafMissing, LonelyPsu, Measure, Missing, Node, NodeMissing,
    Parameter, Weight,
};
pub use layout::{ANSWERED, DOES_NOT_APPLY, INVALID, Layout, NOT_ANSWERED, NOT_ASKED, NOT_OFFERED, Slot, SlotKind};
pub use number::{DecimalError, MAX_DECIMALS, MAX_SCALED, Ratio, scaled, unscaled};
pub use questionnaire::{Choice, Item, ItemKind, MAX_OPTIONS, OptionList, Questionnaire, Section};
pub use relevance::Relevance;
pub use rules::parse_day;
pub(crate) use rules::{document_code, version};
pub use source::MAX_DEPTH;
pub(crate) use text::is_forbidden;
pub use text::{NoVietnamese, Text};
pub use variance::{BootstrapKind, VarianceMethod};
pub use version::{Change, Report, canonical_json, compatibility, content_hash};

/// A definition of any kind.
#[derive(Debug, Clone)]
pub enum Document {
    /// What is asked.
    Questionnaire(Questionnaire),
    /// How answers become scores.
    Index(IndexDefinition),
    /// How indicators become scores.
    Composite(composite::CompositeDefinition),
}

/// A definition without errors.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The definition.
    pub document: Document,
    /// What somebody should look at, in the order of the file.
    pub warnings: Vec<Finding>,
    /// SHA-256 of the [canonical JSON](canonical_json): the identity of the content.
    pub sha256: [u8; 32],
}

/// Reads a definition file; its `kind` says which.
///
/// # Errors
/// Every finding of the file, warnings among them, in the order of lines; at least one is an error.
pub fn parse(text: &str) -> Result<Checked, Vec<Finding>> {
    let decode::Read { found: document, warnings, value } = decode::document(text, read)?;
    Ok(Checked { document, warnings, sha256: content_hash(&value) })
}

fn read(value: &Value, at: &mut decode::At<'_>) -> Option<Document> {
    let mut object = decode::Object::open(value, at)?;
    match object.need("kind", at, |value, at| at.one_of(value, &["questionnaire", "index", "composite"]))? {
        0 => questionnaire_file::read(value, at).map(Document::Questionnaire),
        1 => index_file::read(value, at).map(Document::Index),
        _ => composite::read(value, at).map(Document::Composite),
    }
}

#[cfg(test)]
mod tests {
    use super::sample::{errors, index, questionnaire};
    use super::*;
    use crate::words::any_error;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn every_definition_that_is_shipped_is_without_findings_and_every_index_fits_its_survey() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("survey-schemas");
        let (mut surveys, mut indices) = (Vec::new(), Vec::new());
        for set in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
            // Composite indices are read by `composite::tests`, rule sets for flags by `response::quality`.
            if set.ends_with("indices") || set.ends_with("quality") {
                continue;
            }
            for file in std::fs::read_dir(set).unwrap().map(|entry| entry.unwrap().path()) {
                if file.to_string_lossy().ends_with(".schema.json") {
                    continue;
                }
                let checked =
                    parse(&std::fs::read_to_string(&file).unwrap()).unwrap_or_else(|findings| panic!("{}: {findings:#?}", file.display()));
                assert!(checked.warnings.is_empty(), "{}: {:#?}", file.display(), checked.warnings);
                match checked.document {
                    Document::Questionnaire(survey) => surveys.push(survey),
                    Document::Index(index) => indices.push(index),
                    Document::Composite(index) => panic!("{} belongs under indices/", index.code()),
                }
            }
        }
        assert!(surveys.len() >= 5 && indices.len() >= 5);
        for index in &indices {
            for version in index.survey_versions() {
                let survey = surveys.iter().find(|survey| survey.code() == index.survey() && survey.version() == version);
                assert_eq!(check_index_against(index, survey.unwrap()), [], "{} {}", index.code(), index.version());
            }
        }
    }

    #[test]
    fn the_hash_is_that_of_the_content_not_of_the_spelling() {
        let value = questionnaire();
        let (compact, pretty) = (value.to_string(), serde_json::to_string_pretty(&value).unwrap());
        assert_eq!(parse(&compact).unwrap().sha256, parse(&pretty).unwrap().sha256);
        let mut other = value.clone();
        other["title"]["vi"] = json!("Phiếu khác");
        assert_ne!(parse(&compact).unwrap().sha256, parse(&other.to_string()).unwrap().sha256);
    }

    #[test]
    fn a_file_of_an_unknown_kind_is_refused() {
        assert_eq!(errors(&json!({"kind": "poll"})), [("/kind".to_owned(), "unknown-value".to_owned())]);
        assert_eq!(errors(&json!({})), [(String::new(), "missing-member".to_owned())]);
        assert_eq!(errors(&json!([])), [(String::new(), "wrong-type".to_owned())]);
    }

    #[test]
    fn findings_come_with_lines_and_in_their_order() {
        let mut value = questionnaire();
        value["sections"][0]["items"][0]["required"] = json!("yes");
        value["version"] = json!("x");
        let text = serde_json::to_string_pretty(&value).unwrap();
        let findings = parse(&text).unwrap_err();
        for finding in &findings {
            let name = finding.pointer.rsplit('/').next().unwrap();
            let line = text.lines().nth(finding.line.unwrap() as usize - 1).unwrap();
            assert!(line.contains(&format!("\"{name}\":")), "{finding} is at {line}");
        }
        assert_eq!(findings.len(), 2);
        assert!(findings[0].line < findings[1].line);
    }

    /// JSON out of the words that definitions are made of, so that it gets past the first checks.
    fn definition_like() -> impl Strategy<Value = Value> {
        let words = [
            "kind",
            "questionnaire",
            "index",
            "code",
            "a",
            "1",
            "version",
            "title",
            "vi",
            "en",
            "sections",
            "items",
            "options",
            "scale",
            "scales",
            "relevant",
            "item",
            "is",
            "tree",
            "children",
            "measure",
            "mean",
            "weight",
            "parameter",
            "all",
        ];
        let word = proptest::sample::select(words.to_vec());
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            word.clone().prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 60, 6, move |inner| {
            let member = (word.clone().prop_map(str::to_owned), inner.clone());
            prop_oneof![
                proptest::collection::vec(inner, 0..4).prop_map(Value::from),
                proptest::collection::vec(member, 0..6).prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// Every place in `value`, as a pointer.
    fn pointers(value: &Value, here: &str, out: &mut Vec<String>) {
        out.push(here.to_owned());
        match value {
            Value::Object(members) => members.iter().for_each(|(key, value)| pointers(value, &format!("{here}/{key}"), out)),
            Value::Array(values) => {
                values.iter().enumerate().for_each(|(index, value)| pointers(value, &format!("{here}/{index}"), out));
            }
            _ => {}
        }
    }

    fn is_sound(text: &str) -> bool {
        parse(text).map_or_else(|findings| any_error(&findings), |checked| !any_error(&checked.warnings))
    }

    proptest! {
        #[test]
        fn any_text_is_taken_or_refused_with_a_reason(text in any::<String>()) {
            prop_assert!(is_sound(&text));
        }

        #[test]
        fn any_json_is_taken_or_refused_with_a_reason(value in definition_like()) {
            prop_assert!(is_sound(&value.to_string()));
        }

        #[test]
        fn a_definition_with_any_one_value_replaced_is_taken_or_refused_with_a_reason(
            of_index in any::<bool>(), place in any::<proptest::sample::Index>(), value in definition_like(),
        ) {
            let mut definition = if of_index { index() } else { questionnaire() };
            let mut places = Vec::new();
            pointers(&definition, "", &mut places);
            *definition.pointer_mut(&places[place.index(places.len())]).unwrap() = value;
            prop_assert!(is_sound(&definition.to_string()));
        }
    }
}
