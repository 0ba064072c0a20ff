//! Quality flags: what about a response gives reason to look at how it came about.
//!
//! A flag is a suspicion, never a verdict: it is stored beside the response, takes nothing away, and every figure can be
//! computed with and without the responses that carry one. [`Rule`]s look for what the literature on careless and
//! invented answers knows, three of them at what came by open links alone; a [`RuleSet`] says with which thresholds, and is a named, versioned piece of data.
//!
//! An [`Evaluator`] is told every response that counts, in any order, and yields the flags in canonical order.
//!
//! **Invariant:** flags follow from the responses and the rule set alone; no clock is read, and the order of arrival
//! leaves no trace.

mod device;
mod evaluate;
mod hours;
mod link;
mod rule_set;
mod rule_set_file;
mod single;
#[cfg(test)]
mod tests;

pub use evaluate::{Evaluation, Evaluator, RuleCount};
pub use hours::Hours;
pub use rule_set::{
    Agreement, Burst, ClosedHours, DEFAULT, LinkBurst, LinkCopies, LinkWindow, RepeatedVector, RuleSet, StraightLined, TooFast,
};

use crate::response::Channel;
use crate::words::{Said, named};

named! {
    /// What kind of suspicion a flag is.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum Rule {
        /// Answered faster than anybody reads.
        TooFast = "too_fast",
        /// The same answer over whole blocks of questions.
        StraightLined = "straight_lined",
        /// One of too many from one device within a short while.
        Burst = "burst",
        /// Answered when the office was closed.
        ClosedHours = "closed_hours",
        /// The same answers as others of that device and day.
        RepeatedVector = "repeated_vector",
        /// One of too many of one unit that came by an open link within a short while.
        LinkBurst = "link_burst",
        /// The same answers to everything as others of that unit that came by an open link about the same time, more often than chance explains.
        LinkCopies = "link_copies",
        /// The same answers to the scale items, likewise, over a longer while.
        LinkAgreement = "link_agreement",
    }
}

impl Rule {
    /// What it is called.
    #[must_use]
    pub fn said(self) -> Said {
        let (vi, en) = match self {
            Self::TooFast => ("trả lời quá nhanh", "answered too fast"),
            Self::StraightLined => ("mọi câu cùng một mức", "the same answer throughout"),
            Self::Burst => ("dồn dập từ một thiết bị", "a burst from one device"),
            Self::ClosedHours => ("ngoài giờ mở cửa", "out of opening hours"),
            Self::RepeatedVector => ("trùng hết với phiếu khác cùng thiết bị, cùng ngày", "the same as others of that device and day"),
            Self::LinkBurst => ("dồn dập qua đường dẫn", "a burst by the link"),
            Self::LinkCopies => ("trùng hết với phiếu khác qua đường dẫn", "the same as others by the link"),
            Self::LinkAgreement => ("trùng các câu thang đo qua đường dẫn", "the same scale items as others by the link"),
        };
        Said::new(vi, en)
    }
}

/// What the rules look at of one response: one that is valid and stands.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    /// Its place in the order of arrival: its name.
    pub seq: i64,
    /// The questionnaire version it was answered on: a place in the evaluator's list.
    pub form: usize,
    /// The rated unit's id.
    pub unit: i32,
    /// The device that sent it; `None`: it came by a link, or from a file.
    pub device: Option<i32>,
    /// How the answers came in.
    pub channel: Channel,
    /// Whether it came in a file: then its arrival tells nothing.
    pub imported: bool,
    /// When answering began, by the device's clock, UTC microseconds.
    pub started_at: Option<i64>,
    /// When answering ended, by the device's clock, UTC microseconds.
    pub answered_at: Option<i64>,
    /// When it arrived, UTC microseconds.
    pub received_at: i64,
    /// The packed answers.
    pub answers: &'a [u8],
}

impl Judged<'_> {
    /// How long answering took, microseconds; `None` where the device does not say, or says what cannot be.
    fn duration(&self) -> Option<i64> {
        Some(self.answered_at?.saturating_sub(self.started_at?)).filter(|duration| *duration >= 0)
    }

    /// Whether it came by an open link: whoever has that can answer as often as they like, and says of themselves what they like.
    fn by_link(&self) -> bool {
        self.device.is_none() && !self.imported && matches!(self.channel, Channel::Web | Channel::Qr)
    }

    /// The service day, of answering where the device tells when, else of arrival.
    fn day(&self) -> i64 {
        super::service_day(self.answered_at.unwrap_or(self.received_at))
    }
}

/// A suspicion about one response.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flag {
    /// The response.
    pub seq: i64,
    /// What kind of suspicion.
    pub rule: Rule,
    /// What was measured, as `name=value` in words of no language. It tells nothing of the answers given.
    pub detail: String,
}

/// Microseconds as seconds with three digits, so that the text is the same everywhere.
fn seconds(micros: i64) -> String {
    let millis = micros / 1_000;
    format!("{}.{:03}", millis / 1_000, millis % 1_000)
}
