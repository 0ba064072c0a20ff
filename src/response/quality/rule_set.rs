//! The thresholds of the rules: a named, versioned piece of data.

use std::collections::BTreeMap;

use super::{Hours, Rule, rule_set_file};
use crate::response::Channel;
use crate::schema::Text;
use crate::schema::decode::document;
use crate::words::Finding;

/// The rule set that is shipped.
pub const DEFAULT: &str = include_str!("../../../survey-schemas/quality/default-2.json");

/// Which rules are applied, and from where on each of them speaks. A rule that is not named is not applied.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleSet {
    pub(super) code: String,
    pub(super) version: String,
    pub(super) title: Text,
    pub(super) sha256: [u8; 32],
    pub(super) too_fast: Option<TooFast>,
    pub(super) straight_lined: Option<StraightLined>,
    pub(super) burst: Option<Burst>,
    pub(super) closed_hours: Option<ClosedHours>,
    pub(super) repeated_vector: Option<RepeatedVector>,
    pub(super) link_burst: Option<LinkBurst>,
    pub(super) link_copies: Option<LinkCopies>,
    pub(super) link_agreement: Option<Agreement>,
}

/// A form was answered too fast where any of these holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TooFast {
    /// Less time for each answered item, microseconds.
    pub per_item: Option<i64>,
    /// Less time for the whole form, microseconds.
    pub whole: Option<i64>,
    /// Less than this share of the median time of everyone who answered the same questionnaire version.
    pub share_of_median: Option<f64>,
}

/// A form is straight-lined where either holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StraightLined {
    /// A block (scale items that follow one another in a section and share their options) counts from so many answers on.
    pub min_items: usize,
    /// Every block that counts has one answer throughout, and there are at least so many of them.
    pub min_blocks: usize,
    /// So many equal answers in a row over all scale items that share their options.
    pub longest_run: Option<usize>,
}

/// Too many responses of one device in a short while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Burst {
    /// The length of the window, microseconds.
    pub window: i64,
    /// More responses than this within a window are a burst.
    pub max_responses: usize,
    /// A response that ends less than so long after the one before it, microseconds.
    pub min_gap: Option<i64>,
}

/// Answered while the office was closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClosedHours {
    /// Ways of answering that need the office: a kiosk does, a phone at home does not.
    pub channels: Vec<Channel>,
    /// When offices are open.
    pub hours: Hours,
    /// Days on which all are closed, as service days.
    pub closed_days: Vec<i64>,
    /// Hours of single units, by `LIST:CODE`, in place of the others.
    pub units: BTreeMap<String, Hours>,
}

/// The same answers again and again from one device on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RepeatedVector {
    /// Forms with fewer answers are alike by chance, and are not compared.
    pub min_items: usize,
    /// More equal forms than this are suspicious, all of them: nobody can say which one was real.
    pub max_copies: usize,
}

/// Too many responses of one unit by an open link in a short while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkBurst {
    /// Windows to look through; one that holds too many suffices.
    pub windows: Vec<LinkWindow>,
    /// More than so many times what a window of the unit usually holds.
    pub times_usual: usize,
}

/// A length of time, and how many answers of one unit may come in it whatever is usual there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkWindow {
    /// Microseconds.
    pub length: i64,
    /// More responses than this, for one thing.
    pub max_responses: usize,
}

/// The same answers to every item, again and again by the open link of one unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LinkCopies {
    /// Forms with fewer answers are not compared.
    pub min_items: usize,
    /// How many are too many.
    pub agreement: Agreement,
}

/// More responses that say the same than chance explains.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// The length of the window, microseconds.
    pub window: i64,
    /// So many alike at least.
    pub min_alike: usize,
    /// A probability below this, by what is usual of the unit.
    pub max_probability: f64,
}

impl RuleSet {
    /// Reads a rule set.
    ///
    /// # Errors
    /// Every finding at once, each with its place in the file.
    pub fn parse(text: &str) -> Result<Self, Vec<Finding>> {
        Ok(document(text, rule_set_file::read)?.found)
    }

    /// Its code, such as `default`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What people call it.
    #[must_use]
    pub fn title(&self) -> &Text {
        &self.title
    }

    /// SHA-256 of its canonical JSON.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// The rules that it applies, in canonical order.
    #[must_use]
    pub fn rules(&self) -> Vec<Rule> {
        let applied = [
            self.too_fast.is_some(),
            self.straight_lined.is_some(),
            self.burst.is_some(),
            self.closed_hours.is_some(),
            self.repeated_vector.is_some(),
            self.link_burst.is_some(),
            self.link_copies.is_some(),
            self.link_agreement.is_some(),
        ];
        Rule::ALL.into_iter().zip(applied).filter_map(|(rule, applied)| applied.then_some(rule)).collect()
    }
}
