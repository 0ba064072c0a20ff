//! A checked questionnaire: what can be asked, in which order, and what may be answered.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use chrono::NaiveDate;

use super::number::Ratio;
use super::relevance::Relevance;
use super::text::Text;

/// Most options that a list may have: option numbers are bytes, and the bytes above are states.
pub const MAX_OPTIONS: usize = 250;

/// One version of a questionnaire. It is made by [`parse`](super::parse) only, so it can only be right.
#[derive(Debug, Clone)]
pub struct Questionnaire {
    pub(super) code: String,
    pub(super) version: String,
    pub(super) title: Text,
    pub(super) note: Option<Text>,
    pub(super) languages: Vec<String>,
    pub(super) sections: Vec<Section>,
    pub(super) items: Vec<Item>,
    pub(super) by_code: HashMap<String, usize>,
}

impl Questionnaire {
    /// The survey's code, such as `sipas`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The version, digits and dots, such as `2024.1`.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The title.
    #[must_use]
    pub fn title(&self) -> &Text {
        &self.title
    }

    /// A remark for whoever uses the questionnaire, such as its source.
    #[must_use]
    pub fn note(&self) -> Option<&Text> {
        self.note.as_ref()
    }

    /// The languages in which it is asked; `vi` is among them.
    #[must_use]
    pub fn languages(&self) -> &[String] {
        &self.languages
    }

    /// The sections in order.
    #[must_use]
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    /// All items in the order asked.
    #[must_use]
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// The items of one section of this questionnaire.
    #[must_use]
    pub fn items_of(&self, section: &Section) -> &[Item] {
        self.items.get(section.items.clone()).unwrap_or(&[])
    }

    /// The item with this code.
    #[must_use]
    pub fn item(&self, code: &str) -> Option<&Item> {
        self.items.get(self.position(code)?)
    }

    /// The position in [`items`](Self::items) of the item with this code.
    #[must_use]
    pub fn position(&self, code: &str) -> Option<usize> {
        self.by_code.get(code).copied()
    }
}

/// A part of a questionnaire under one heading.
#[derive(Debug, Clone)]
pub struct Section {
    pub(super) code: String,
    pub(super) title: Text,
    pub(super) items: Range<usize>,
}

impl Section {
    /// The code, unique in the questionnaire.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The heading.
    #[must_use]
    pub fn title(&self) -> &Text {
        &self.title
    }
}

/// One question.
#[derive(Debug, Clone)]
pub struct Item {
    pub(super) code: String,
    pub(super) text: Text,
    pub(super) required: bool,
    pub(super) does_not_apply: bool,
    pub(super) relevant: Option<Relevance>,
    pub(super) kind: ItemKind,
}

impl Item {
    /// The code, unique in the questionnaire.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The question as asked.
    #[must_use]
    pub fn text(&self) -> &Text {
        &self.text
    }

    /// Whether an answer is needed when the question is asked.
    #[must_use]
    pub fn required(&self) -> bool {
        self.required
    }

    /// Whether “does not apply” may be answered.
    #[must_use]
    pub fn does_not_apply(&self) -> bool {
        self.does_not_apply
    }

    /// When the question is asked; always where there is no rule.
    #[must_use]
    pub fn relevant(&self) -> Option<&Relevance> {
        self.relevant.as_ref()
    }

    /// What may be answered.
    #[must_use]
    pub fn kind(&self) -> &ItemKind {
        &self.kind
    }

    /// The options of a scale, single or multiple item.
    #[must_use]
    pub fn options(&self) -> Option<&OptionList> {
        match &self.kind {
            ItemKind::Scale(options) | ItemKind::Single(options) | ItemKind::Multiple { options, .. } => Some(options),
            ItemKind::Number { .. } | ItemKind::Date { .. } | ItemKind::Text { .. } => None,
        }
    }
}

/// What may be answered to an item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ItemKind {
    /// One option of an ordered scale.
    Scale(Arc<OptionList>),
    /// One option.
    Single(Arc<OptionList>),
    /// Any of the options, within bounds.
    Multiple {
        /// The options.
        options: Arc<OptionList>,
        /// Fewest options of an answer.
        min_selected: u8,
        /// Most options of an answer.
        max_selected: u8,
        /// Numbers of the options that stand alone, such as “none of these”.
        exclusive: Vec<u8>,
    },
    /// A decimal number; the bounds are scaled by 10^`decimals` and inclusive.
    Number {
        /// Smallest answer, scaled.
        min: i64,
        /// Largest answer, scaled.
        max: i64,
        /// Digits after the point.
        decimals: u8,
    },
    /// A calendar day; the bounds are inclusive.
    Date {
        /// First day.
        min: NaiveDate,
        /// Last day.
        max: NaiveDate,
    },
    /// Free text of at most `max_length` characters.
    Text {
        /// Most characters (Unicode scalar values).
        max_length: u32,
    },
}

impl ItemKind {
    /// The names of the kinds in a file.
    pub const NAMES: [&'static str; 6] = ["scale", "single", "multiple", "number", "date", "text"];

    /// The name of this kind in a file.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Scale(_) => "scale",
            Self::Single(_) => "single",
            Self::Multiple { .. } => "multiple",
            Self::Number { .. } => "number",
            Self::Date { .. } => "date",
            Self::Text { .. } => "text",
        }
    }
}

/// The options of a scale or of an item, 1 to [`MAX_OPTIONS`] of them, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionList(pub(super) Vec<Choice>);

impl OptionList {
    /// All options in order; the one at position `i` has the number `i + 1`.
    #[must_use]
    pub fn all(&self) -> &[Choice] {
        &self.0
    }

    /// How many options there are.
    #[must_use]
    pub fn count(&self) -> u8 {
        u8::try_from(self.0.len()).unwrap_or(u8::MAX)
    }

    /// The number (from 1) of the option with this code.
    #[must_use]
    pub fn number(&self, code: &str) -> Option<u8> {
        // Lists are short and codes are a few bytes: walking beats hashing.
        let position = self.0.iter().position(|option| option.code == code)?;
        u8::try_from(position + 1).ok()
    }

    /// The option with this number (from 1).
    #[must_use]
    pub fn get(&self, number: u8) -> Option<&Choice> {
        self.0.get(usize::from(number).checked_sub(1)?)
    }

    /// Whether any option has a score.
    #[must_use]
    pub fn has_scores(&self) -> bool {
        self.0.iter().any(|option| option.score.is_some())
    }
}

/// One option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub(super) code: String,
    pub(super) score: Option<Ratio>,
    pub(super) label: Text,
}

impl Choice {
    /// The code, unique in its list.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// What the option counts for in a mean; one without a score is left out of means.
    #[must_use]
    pub fn score(&self) -> Option<Ratio> {
        self.score
    }

    /// The label.
    #[must_use]
    pub fn label(&self) -> &Text {
        &self.label
    }
}
