//! The language in which a command speaks: one for all that it prints.

use anyhow::{Error, anyhow};

use crate::index::composite::ComputeError;
use crate::index::composite::explain::AimError;
use crate::index::composite::sensitivity::SensitivityError;
use crate::index::composite::uncertainty::UncertaintyError;
use crate::jobs::composite::CompositeError;
use crate::jobs::recompute::RunError;

/// English, or Vietnamese for `--vi`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lang {
    Vi,
    En,
}

impl Lang {
    /// Vietnamese where it is asked for.
    pub(super) fn of(vi: bool) -> Self {
        if vi { Self::Vi } else { Self::En }
    }

    /// Its key in the labels of definitions.
    pub(super) fn code(self) -> &'static str {
        self.say("vi", "en")
    }

    /// The words in this language.
    pub(super) fn say<T>(self, vi: T, en: T) -> T {
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }

    /// A number of things: `1 unit`, `2 units`. Vietnamese nouns have one form.
    pub(super) fn count(self, n: usize, vi: &str, [one, many]: [&str; 2]) -> String {
        let en = if n == 1 { one } else { many };
        format!("{n} {}", self.say(vi, en))
    }

    /// What stands below a table that was cut off, if it was.
    pub(super) fn more(self, all: usize, shown: usize, vi: &str, en: [&str; 2]) {
        let Some(left) = all.checked_sub(shown).filter(|left| *left > 0) else { return };
        let [one, many] = en.map(|word| format!("more {word}"));
        let rest = self.count(left, vi, [&one, &many]);
        println!("{}", self.say(format!("… và {rest} nữa: --json có đủ"), format!("… and {rest}: --json has them all")));
    }

    /// An error in this language where what lies behind it can be told so.
    pub(super) fn error(self, error: Error) -> Error {
        let vi = (self == Self::Vi).then(|| error.chain().find_map(vi)).flatten();
        vi.map_or(error, |vi| anyhow!(vi))
    }
}

/// What went wrong in Vietnamese, where an error knows.
fn vi(cause: &(dyn std::error::Error + 'static)) -> Option<String> {
    // A transparent error shows its cause in its own place, so that the chain does not hold the cause.
    let cause = match cause.downcast_ref::<RunError>() {
        Some(RunError::Composite(cause)) => &**cause as &(dyn std::error::Error + 'static),
        _ => cause,
    };
    match cause.downcast_ref::<CompositeError>() {
        Some(CompositeError::Compute(error)) => return Some(error.vi()),
        Some(CompositeError::Uncertainty(error)) => return Some(error.vi()),
        Some(CompositeError::Sensitivity(error)) => return Some(error.vi()),
        _ => {}
    }
    let of = cause.downcast_ref::<ComputeError>().map(ComputeError::vi);
    let of = of.or_else(|| cause.downcast_ref::<UncertaintyError>().map(UncertaintyError::vi));
    let of = of.or_else(|| cause.downcast_ref::<SensitivityError>().map(SensitivityError::vi));
    of.or_else(|| cause.downcast_ref::<AimError>().map(AimError::vi))
}

/// An error with its causes, each told once: some repeat theirs.
pub(super) fn causes(error: &Error) -> String {
    let mut told = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if told.is_empty() {
            told = cause;
        } else if !told.ends_with(&cause) {
            told = format!("{told}: {cause}");
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::composite::StageError;

    fn failed() -> ComputeError {
        let source = StageError::NoReference { indicator: "x".to_owned(), unit: "A".to_owned(), edition: "2025".to_owned() };
        ComputeError::Stage { place: 0, name: "normalise", source }
    }

    #[test]
    fn a_cause_is_told_once_and_in_the_language_asked_for() {
        let error = Error::from(failed()).context("the index");
        let told = causes(&error);
        assert_eq!(told.matches("has no value").count(), 1, "{told}");
        assert!(told.starts_with("the index: stage 1 (normalise): x: "), "{told}");
        let vi = Lang::Vi.error(error).to_string();
        assert!(vi.contains("Bước 1 (chuẩn hóa)") && vi.contains("không có giá trị"), "{vi}");
        let run = RunError::from(CompositeError::Compute(failed()));
        assert_eq!(Lang::Vi.error(Error::from(run)).to_string(), vi);
        let nested = Error::from(UncertaintyError::Nominal(failed()));
        assert_eq!(causes(&nested).matches("has no value").count(), 1);
    }

    #[test]
    fn one_thing_is_no_plural() {
        let unit = |n| Lang::En.count(n, "đơn vị", ["unit", "units"]);
        assert_eq!((unit(1), unit(0), unit(2)), ("1 unit".to_owned(), "0 units".to_owned(), "2 units".to_owned()));
        assert_eq!(Lang::Vi.count(2, "đơn vị", ["unit", "units"]), "2 đơn vị");
    }
}
