//! The definition of a composite index: what PCI, PAPI, PAR INDEX, DTI, PGI and a province's own sets of criteria are made of.
//!
//! A composite index is a tree. Its leaves are *indicators*: columns of a table with one value a unit and edition, or survey
//! estimates. Its inner nodes combine their children. Between the two stands a *pipeline*: the steps of the OECD/JRC handbook
//! (screening, denominators, imputation, outlier treatment, normalisation, weighting, aggregation) in the order in which they
//! are to be applied, each with its arguments. Nothing about an index is code; [`parse_composite`] turns its file into a
//! [`CompositeDefinition`] or into every finding at once.

mod definition;
mod driven;
mod factors;
mod factors_file;
mod file;
mod fit;
mod geography;
mod node_file;
mod rules_file;
#[cfg(test)]
pub(crate) mod sample;
mod stage;
mod stage_file;
mod target;

pub use definition::{
    Body, CompositeDefinition, CompositeNode, Direction, Evidence, Gap, Goalposts, Indicator, Publication, RankRule, Rescale, SurveyLeaf,
    Target, TargetKind, Tiers, Ties,
};
pub use factors::{Factor, FactorKind, FactorSet, Noise, SensitivityOutput, SobolPlan};
pub use factors_file::parse_factors;
pub use geography::NATIONAL_LISTS;
pub use stage::{
    Aggregation, Aggregator, Budget, Centre, Imputation, Impute, LevelAggregator, Loadings, Log, Normalisation, Normaliser, Reverse, Scale,
    Screen, Stage, Step, Treat, Weighting, Window, WindowSpan,
};
pub use target::TargetError;

use super::decode;
use super::version::content_hash;
use crate::words::Finding;
pub(super) use file::read;

/// A definition of a composite index without errors.
#[derive(Debug, Clone)]
pub struct CheckedComposite {
    /// The definition.
    pub definition: CompositeDefinition,
    /// What somebody should look at, in the order of the file.
    pub warnings: Vec<Finding>,
    /// SHA-256 of the [canonical JSON](super::canonical_json): the identity of the content.
    pub sha256: [u8; 32],
}

/// Reads the definition of a composite index.
///
/// # Errors
/// Every finding of the file, warnings among them, in the order of lines; at least one is an error.
pub fn parse_composite(text: &str) -> Result<CheckedComposite, Vec<Finding>> {
    let decode::Read { found: definition, warnings, value } = decode::document(text, file::read)?;
    Ok(CheckedComposite { definition, warnings, sha256: content_hash(&value) })
}

#[cfg(test)]
mod tests {
    use super::sample::composite;
    use super::*;
    use crate::words::any_error;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn every_composite_index_that_is_shipped_is_without_findings() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("survey-schemas/indices");
        let mut read = 0;
        for index in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
            for file in std::fs::read_dir(index).unwrap().map(|entry| entry.unwrap().path()) {
                if file.extension().is_some_and(|extension| extension == "json") {
                    let checked = parse_composite(&std::fs::read_to_string(&file).unwrap());
                    let checked = checked.unwrap_or_else(|findings| panic!("{}: {findings:#?}", file.display()));
                    assert!(checked.warnings.is_empty(), "{}: {:#?}", file.display(), checked.warnings);
                    read += 1;
                }
            }
        }
        assert!(read > 0);
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

    proptest! {
        #[test]
        fn a_definition_with_any_one_value_replaced_is_taken_or_refused_with_a_reason(
            place in any::<proptest::sample::Index>(), kind in 0..7_usize, number in any::<f64>(),
        ) {
            let mut value = composite();
            let mut places = Vec::new();
            pointers(&value, "", &mut places);
            let other = [json!(null), json!(true), json!(number), json!("days"), json!([]), json!({}), json!([{"code": "x"}])];
            *value.pointer_mut(&places[place.index(places.len())]).unwrap() = other[kind].clone();
            let sound = parse_composite(&value.to_string()).map_or_else(|found| any_error(&found), |read| !any_error(&read.warnings));
            prop_assert!(sound);
        }
    }
}
