//! The language in which a command speaks: one for all that it prints.

use std::ffi::OsString;
use std::sync::OnceLock;

use anyhow::{Error, anyhow};

use crate::cli::findings;
use crate::composite::ComputeError;
use crate::composite::explain::AimError;
use crate::composite::sensitivity::SensitivityError;
use crate::composite::uncertainty::UncertaintyError;
use crate::jobs::composite::CompositeError;
use crate::jobs::recompute::RunError;
use crate::office::Refusal;
use crate::words::Lang;

/// The flag that asks for Vietnamese.
const FLAG: &str = "--vi";
/// The environment variable that names the language: `vi` or `en`, or a locale that begins so.
const VARIABLE: &str = "HAILONG_LANG";

static CHOSEN: OnceLock<Lang> = OnceLock::new();

/// The language of this command, which is chosen once when it starts.
pub(super) fn chosen() -> Lang {
    CHOSEN.get().copied().unwrap_or(Lang::En)
}

/// Chooses the language from what was typed and from the environment, before anything is parsed: help and what is wrong with the
/// arguments are told in it too.
pub(super) fn choose() -> Lang {
    let variable = std::env::var(VARIABLE).unwrap_or_default();
    *CHOSEN.get_or_init(|| asked(std::env::args_os(), &variable))
}

fn asked(arguments: impl Iterator<Item = OsString>, variable: &str) -> Lang {
    let typed = arguments.skip(1).take_while(|argument| argument != "--").any(|argument| argument == FLAG);
    let variable = variable.get(..2).is_some_and(|tag| tag.eq_ignore_ascii_case(Lang::Vi.tag()));
    if typed || variable { Lang::Vi } else { Lang::En }
}

/// What stands below a table that was cut off, if it was.
pub(super) fn more(lang: Lang, all: usize, shown: usize, vi: &str, en: [&str; 2]) {
    let Some(left) = all.checked_sub(shown).filter(|left| *left > 0) else { return };
    let [one, many] = en.map(|word| format!("more {word}"));
    let rest = lang.count(left, vi, [&one, &many]);
    println!("{}", lang.pick(format!("… và {rest} nữa: --json có đủ"), format!("… and {rest}: --json has them all")));
}

/// A refusal of the office, as the command line words it: what it says at the head with its code, more about it, then every finding in
/// a line.
pub(super) fn refusal(lang: Lang, refusal: &Refusal) -> Error {
    let mut told = format!("{} ({})", refusal.title().pick(lang), refusal.code().as_str());
    for more in refusal.said().map(|said| said.pick(lang)).into_iter().chain(refusal.cause()) {
        told = format!("{told}: {more}");
    }
    for finding in refusal.findings() {
        told = format!("{told}\n  {}", findings::line(finding, lang));
    }
    anyhow!(told)
}

/// A refusal of the office in the language of this command.
#[allow(clippy::needless_pass_by_value)] // for `map_err`
pub(super) fn refused(refusal: Refusal) -> Error {
    self::refusal(chosen(), &refusal)
}

/// An error in this language where what lies behind it can be told so.
pub(super) fn error(lang: Lang, error: Error) -> Error {
    let vi = (lang == Lang::Vi).then(|| error.chain().find_map(vi)).flatten();
    vi.map_or(error, |vi| anyhow!(vi))
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
    use crate::composite::StageError;

    fn failed() -> ComputeError {
        let source = StageError::NoReference { indicator: "x".to_owned(), unit: "A".to_owned(), edition: "2025".to_owned() };
        ComputeError::Stage { place: 0, name: "normalise", source }
    }

    #[test]
    fn the_flag_asks_for_vietnamese_wherever_it_stands_and_else_the_variable_does() {
        let of = |typed: &[&str], variable| asked(typed.iter().map(OsString::from), variable);
        assert_eq!(of(&["hailong", "run", "--vi", "--json"], ""), Lang::Vi);
        assert_eq!(of(&["hailong", "key", "list"], "vi_VN.UTF-8"), Lang::Vi);
        assert_eq!(of(&["hailong", "key", "list"], "VI"), Lang::Vi);
        assert_eq!(of(&["hailong", "--vi"], "en"), Lang::Vi, "the flag wins");
        for other in ["", "en", "v", "fr", "\u{1eaf}"] {
            assert_eq!(of(&["--vi", "check", "--", "--vi"], other), Lang::En, "{other}: the program's name and files are no flags");
        }
    }

    #[test]
    fn a_cause_is_told_once_and_in_the_language_asked_for() {
        let error = Error::from(failed()).context("the index");
        let told = causes(&error);
        assert_eq!(told.matches("has no value").count(), 1, "{told}");
        assert!(told.starts_with("the index: stage 1 (normalise): x: "), "{told}");
        let vi = super::error(Lang::Vi, error).to_string();
        assert!(vi.contains("Bước 1 (chuẩn hóa)") && vi.contains("không có giá trị"), "{vi}");
        let run = RunError::from(CompositeError::Compute(failed()));
        assert_eq!(super::error(Lang::Vi, Error::from(run)).to_string(), vi);
        let nested = Error::from(UncertaintyError::Nominal(failed()));
        assert_eq!(causes(&nested).matches("has no value").count(), 1);
    }
}
