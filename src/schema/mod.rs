//! Definition files → checked definitions.
//!
//! A survey is defined by two kinds of JSON files, both versioned and never changed once published: a
//! *questionnaire* says what is asked and what may be answered, an *index* says how answers become scores.
//! [`parse`] turns the text of either into a type that can only be right, or into every [`Finding`] at once,
//! each with a JSON pointer, a line, and a text in Vietnamese and English.
//!
//! From a questionnaire follow
//! - a [`Layout`]: how the answers of one response pack into bytes, which is what the store keeps and what a
//!   recomputation scans;
//! - a [`Report`] against an older version: what a statistician must know before comparing two years.
//!
//! **Invariant:** nothing here reads a file, a clock or a random number.

mod check;
pub(crate) mod decode;
mod finding;
mod index;
mod index_file;
mod layout;
mod number;
mod questionnaire;
mod questionnaire_file;
mod relevance;
mod rules;
pub(crate) mod source;
mod text;
mod version;

use serde_json::Value;

pub use check::check_index_against;
pub(crate) use finding::Path;
pub use finding::{Finding, Severity, any_error};
pub use index::{
    Content, Domain, FavourableMissing, IndexDefinition, LeafMissing, LonelyPsu, Measure, Missing, Node, NodeMissing,
    Parameter, Weight,
};
pub use layout::{ANSWERED, DOES_NOT_APPLY, Layout, NOT_ANSWERED, NOT_ASKED, NOT_OFFERED, Slot, SlotKind};
pub use number::{DecimalError, MAX_DECIMALS, MAX_SCALED, Ratio, scaled, unscaled};
pub use questionnaire::{Choice, Item, ItemKind, MAX_OPTIONS, OptionList, Questionnaire, Section};
pub use relevance::Relevance;
pub use rules::parse_day;
pub use source::MAX_DEPTH;
pub use text::{NoVietnamese, Text};
pub(crate) use text::forbidden_character;
pub use version::{Change, Report, canonical_json, compatibility, content_hash};

/// A definition of either kind.
#[derive(Debug, Clone)]
pub enum Document {
    /// What is asked.
    Questionnaire(Questionnaire),
    /// How answers become scores.
    Index(IndexDefinition),
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
    let (value, mut findings) = source::read(text.as_bytes(), MAX_DEPTH).map_err(|finding| vec![finding])?;
    let document = read(&value, &mut decode::At::root(&mut findings));
    source::locate(text, &mut findings);
    findings.sort_by_key(|finding| finding.line);
    match document {
        Some(document) if !any_error(&findings) => {
            Ok(Checked { document, warnings: findings, sha256: content_hash(&value) })
        }
        _ => Err(findings),
    }
}

fn read(value: &Value, at: &mut decode::At<'_>) -> Option<Document> {
    let mut object = decode::Object::open(value, at)?;
    match object.need("kind", at, |value, at| at.one_of(value, &["questionnaire", "index"]))? {
        0 => questionnaire_file::read(value, at).map(Document::Questionnaire),
        _ => index_file::read(value, at).map(Document::Index),
    }
}
