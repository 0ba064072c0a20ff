//! Submission → [`Response`], or every finding at once.
//!
//! [`Submission::parse`] looks at the envelope, [`check`] at the answers, and [`Response`] is what came of both:
//! only a response crosses into the store and the figures. A kiosk's answers are never thrown away, so a
//! submission with findings can be kept too. A finding belongs to the item it is about ([`item_of`]): that item is marked as
//! invalid and the rest counts. What is wrong about who, where and when refuses the response as a whole. What looks odd about answers that are valid is
//! the matter of [`quality`].
//!
//! **Invariant:** whether a response is valid follows from its bytes and the questionnaire alone; no clock, no
//! list of units, no wave is asked here.

mod answer;
mod check;
mod day;
mod packed;
pub mod quality;
mod reason;
mod spelled;
mod submission;

use crate::words::named;

pub use check::{Checked, check};
pub use day::{DAY, service_date, service_day, time_of_day, weekday};
pub use packed::{NotOfLayout, decode};
pub use reason::{invalid_items, item_of, reasons, refuses_whole};
pub use submission::{MAX_DEPTH, Submission, UnitRef};

use crate::words::{Finding, any_error};

named! {
    /// How answers came in. The codes are stored: they never change.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
    pub enum Channel {
        /// A fixed device at a one-stop shop.
        Kiosk = "kiosk",
        /// A link.
        Web = "web",
        /// A QR code on a result slip or a poster.
        Qr = "qr",
        /// A paper form, keyed in.
        Paper = "paper",
        /// A fieldworker's tablet.
        Tablet = "tablet",
        /// An interview by telephone.
        Phone = "phone",
        /// An interview at home.
        Household = "household",
    }
}

impl Channel {
    /// The stored code, from 1.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Kiosk => 1,
            Self::Web => 2,
            Self::Qr => 3,
            Self::Paper => 4,
            Self::Tablet => 5,
            Self::Phone => 6,
            Self::Household => 7,
        }
    }

    /// The channel with this stored code.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.code() == code)
    }
}

/// A submission that was checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    submission: Submission,
    packed: Vec<u8>,
    texts: Vec<(String, String)>,
    findings: Vec<Finding>,
    valid: bool,
}

impl Response {
    /// Checks `submission` and takes it if nothing is wrong with it, not with one item either.
    ///
    /// # Errors
    /// Every finding, where one of them is an error.
    pub fn check(
        submission: Submission,
        questionnaire: &crate::schema::Questionnaire,
        layout: &crate::schema::Layout,
    ) -> Result<Self, Vec<Finding>> {
        let response = Self::check_and_keep(submission, questionnaire, layout);
        if any_error(&response.findings) { Err(response.findings) } else { Ok(response) }
    }

    /// Checks `submission` and takes it in any case, its items marked where they are invalid.
    #[must_use]
    pub fn check_and_keep(submission: Submission, questionnaire: &crate::schema::Questionnaire, layout: &crate::schema::Layout) -> Self {
        let checked = check(&submission, questionnaire, layout);
        let valid = checked.is_valid();
        Self { submission, packed: checked.packed, texts: checked.texts, findings: checked.findings, valid }
    }

    /// Whether its valid items may enter an index.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.valid
    }

    /// The submission it was made from.
    #[must_use]
    pub fn submission(&self) -> &Submission {
        &self.submission
    }

    /// The answers by the questionnaire's layout.
    #[must_use]
    pub fn packed(&self) -> &[u8] {
        &self.packed
    }

    /// The texts by item code.
    #[must_use]
    pub fn texts(&self) -> &[(String, String)] {
        &self.texts
    }

    /// What was found; of a valid response, warnings and what is wrong with single items.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Layout, sample};

    #[test]
    fn channels_keep_their_names_and_codes() {
        for (index, channel) in Channel::ALL.into_iter().enumerate() {
            assert_eq!(usize::from(channel.code()), index + 1);
            assert_eq!(Channel::parse(channel.as_str()), Some(channel));
            assert_eq!(Channel::from_code(channel.code()), Some(channel));
        }
        assert_eq!((Channel::parse("fax"), Channel::from_code(0)), (None, None));
    }

    #[test]
    fn a_submission_with_an_invalid_item_is_refused_or_kept_with_the_item_marked() {
        let body = br#"{"survey":"sample","version":"1.0","wave":"w","unit":{"list":"l","code":"c"},"channel":"kiosk",
            "answers":{"sex":"x","staff":4}}"#;
        let submission = Submission::parse(body).unwrap();
        let questionnaire = sample::checked(&sample::questionnaire());
        let layout = Layout::of(&questionnaire);
        let findings = Response::check(submission.clone(), &questionnaire, &layout).unwrap_err();
        assert_eq!(findings.len(), 1);
        let kept = Response::check_and_keep(submission, &questionnaire, &layout);
        assert!(kept.is_valid(), "one bad answer does not take the others with it");
        assert!(layout.holds_invalid(kept.packed()));
        assert_eq!(kept.findings(), findings);
        assert_eq!(layout.option_of(kept.packed(), "staff"), Some(4), "what was valid is kept");
    }
}
