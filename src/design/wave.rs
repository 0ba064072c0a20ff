//! One round of collection of one survey.

use crate::design::WeightUnit;
use crate::words::{Said, named};

named! {
    /// How the answers of a wave came about.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum Mode {
        /// A random sample with known chances: intervals speak of the population.
        ProbabilitySample = "probability_sample",
        /// Feedback tied to transactions, every transaction having been asked.
        TransactionStream = "transaction_stream",
        /// Whoever chose to answer: intervals speak of those who answer, not of everyone.
        OptIn = "opt_in",
    }
}

impl Mode {
    /// Whether people chose to answer: such a wave says how many could have ([`Chain`](crate::design::Chain)).
    #[must_use]
    pub fn is_stream(self) -> bool {
        self != Mode::ProbabilitySample
    }

    /// What it is called.
    #[must_use]
    pub fn said(self) -> Said {
        match self {
            Mode::ProbabilitySample => Said::new("mẫu xác suất", "probability sample"),
            Mode::TransactionStream => Said::new("phản hồi gắn với giao dịch", "stream of transactions"),
            Mode::OptIn => Said::new("người trả lời tự chọn", "opt-in"),
        }
    }
}

named! {
    /// What is drawn in the first stage.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub enum DesignKind {
        /// Each response is its own primary sampling unit, with equal weights unless a respondent list says otherwise.
        Element = "element",
        /// Primary sampling units (villages, blocks) are drawn in strata; people within them.
        Cluster = "cluster",
        /// Nobody is drawn: the responses that one device sent on one service day are a cluster, the rated units are strata.
        DeviceDay = "device_day",
    }
}

/// One round of collection of one survey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wave {
    /// The wave's code, stable for ever: `sipas-2024`.
    pub code: String,
    /// The survey whose versions it accepts.
    pub survey: String,
    /// How its answers came about.
    pub mode: Mode,
    /// What is drawn first.
    pub kind: DesignKind,
    /// The unit of its weights.
    pub weight_unit: WeightUnit,
    /// From when it accepts answers, UTC microseconds.
    pub opens_at: i64,
    /// Until when it accepts answers (exclusive), UTC microseconds; `None` while open-ended.
    pub closes_at: Option<i64>,
    /// Whether its respondents were made up, as in the demo: said wherever its scores are shown.
    pub synthetic: bool,
}

/// Why a wave cannot be as described.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WaveError {
    /// Not lower-case letters, digits, dots and dashes.
    #[error("{0:?} is no wave code: use lower-case letters, digits, dots and dashes, at most 64")]
    Code(String),
    /// It would close before it opens.
    #[error("the wave would close before it opens")]
    ClosesBeforeOpening,
    /// A probability sample whose PSUs would be devices, which nobody drew.
    #[error("device-days are clusters of a stream, not of a probability sample")]
    DeviceDaysOfSample,
}

impl Wave {
    /// Checks what no type can hold.
    ///
    /// # Errors
    /// Every [`WaveError`] at once.
    pub fn check(&self) -> Result<(), Vec<WaveError>> {
        let mut errors = Vec::new();
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
        if self.code.is_empty() || self.code.len() > 64 || !self.code.chars().all(good) {
            errors.push(WaveError::Code(self.code.clone()));
        }
        if self.closes_at.is_some_and(|closes| closes <= self.opens_at) {
            errors.push(WaveError::ClosesBeforeOpening);
        }
        if self.kind == DesignKind::DeviceDay && self.mode == Mode::ProbabilitySample {
            errors.push(WaveError::DeviceDaysOfSample);
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave() -> Wave {
        Wave {
            code: "sipas-2024".into(),
            survey: "sipas".into(),
            mode: Mode::ProbabilitySample,
            kind: DesignKind::Cluster,
            weight_unit: WeightUnit::MICRO,
            opens_at: 100,
            closes_at: Some(200),
            synthetic: false,
        }
    }

    #[test]
    fn every_error_of_a_wave_is_reported_at_once() {
        let bad = Wave { code: "SIPAS 2024".into(), closes_at: Some(50), kind: DesignKind::DeviceDay, ..wave() };
        assert_eq!(bad.check().unwrap_err().len(), 3);
        assert_eq!(Wave { kind: DesignKind::DeviceDay, mode: Mode::OptIn, ..wave() }.check(), Ok(()));
    }

    #[test]
    fn names_of_modes_and_kinds_are_read_back() {
        for mode in Mode::ALL {
            assert_eq!(Mode::parse(mode.as_str()), Some(mode));
        }
        for kind in DesignKind::ALL {
            assert_eq!(DesignKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(Mode::parse("census"), None);
    }
}
