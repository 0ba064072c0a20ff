//! The language in which a command speaks: one for all that it prints.

use std::ffi::OsString;
use std::sync::OnceLock;

use anyhow::{Error, anyhow};

use crate::cli::findings;
use crate::cli::status::Refused;
use crate::composite::ComputeError;
use crate::composite::explain::OutlookError;
use crate::composite::sensitivity::SensitivityError;
use crate::composite::uncertainty::UncertaintyError;
use crate::jobs::composite::CompositeError;
use crate::jobs::load::LoadError;
use crate::jobs::quality::QualityError;
use crate::jobs::recompute::RunError;
use crate::office::Refusal;
use crate::store::StoreError;
use crate::words::{Lang, Said, fault};

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
    Refused::new(refusal, told).into()
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
    // Transparent errors show their cause in their own place: the chain does not hold it.
    let said = cause.downcast_ref::<RunError>().map(RunError::said);
    let said = said.or_else(|| cause.downcast_ref::<LoadError>().map(LoadError::said));
    let said = said.or_else(|| cause.downcast_ref::<QualityError>().map(QualityError::said));
    if let Some(said) = said {
        return said.map(|said| said.vi.into_owned());
    }
    let of = cause.downcast_ref::<CompositeError>().map(CompositeError::vi);
    let of = of.or_else(|| cause.downcast_ref::<ComputeError>().map(ComputeError::vi));
    let of = of.or_else(|| cause.downcast_ref::<UncertaintyError>().map(UncertaintyError::vi));
    let of = of.or_else(|| cause.downcast_ref::<SensitivityError>().map(SensitivityError::vi));
    of.or_else(|| cause.downcast_ref::<OutlookError>().map(OutlookError::vi))
}

/// An error with its causes, each told once: some repeat theirs.
pub(super) fn causes(error: &Error, lang: Lang) -> String {
    let mut told = String::new();
    for cause in error.chain().map(|cause| told_by(cause, lang)) {
        if told.is_empty() {
            told = cause;
        } else if !told.ends_with(&cause) {
            told = format!("{told}: {cause}");
        }
    }
    told
}

/// What a cause says, in Vietnamese where its kind tells what that is.
fn told_by(cause: &(dyn std::error::Error + 'static), lang: Lang) -> String {
    let said = if let Some(error) = cause.downcast_ref::<std::io::Error>() {
        fault::of_system(error)
    } else if let Some(error) = cause.downcast_ref::<serde_json::Error>() {
        fault::of_json(error)
    } else if let Some(error) = cause.downcast_ref::<csv::Error>() {
        fault::of_csv(error)
    } else if let Some(error) = of_store(cause) {
        store(error)
    } else {
        return cause.to_string();
    };
    said.pick(lang).to_owned()
}

/// The store's error that a cause is, or shows in its own place.
pub(super) fn of_store<'a>(cause: &'a (dyn std::error::Error + 'static)) -> Option<&'a StoreError> {
    let of_load = |error: &'a LoadError| match error {
        LoadError::Store(error) => Some(error),
        _ => None,
    };
    match (cause.downcast_ref(), cause.downcast_ref()) {
        (Some(RunError::Store(error)), _) | (_, Some(QualityError::Store(error))) => Some(error),
        (Some(RunError::Load(error)), _) | (_, Some(QualityError::Load(error))) => of_load(error),
        _ => cause.downcast_ref().or_else(|| of_load(cause.downcast_ref()?)),
    }
}

/// What the store says, in Vietnamese. Its English names tables and states; this names what to do about it.
fn store(error: &StoreError) -> Said {
    let vi = match error {
        StoreError::Url(_) => "địa chỉ cơ sở dữ liệu phải bắt đầu bằng postgres:// hoặc là một tệp SQLite".to_owned(),
        StoreError::Connect(_) => "không kết nối được cơ sở dữ liệu".to_owned(),
        StoreError::Busy(_) => "cơ sở dữ liệu đang bận, hãy thử lại".to_owned(),
        StoreError::Migration(_) => "không nâng được cấu trúc cơ sở dữ liệu; dữ liệu vẫn như trước".to_owned(),
        StoreError::DatabaseIsNewer { version } => {
            format!("cơ sở dữ liệu đã ở bản nâng cấp {version} mà chương trình này chưa biết: hãy dùng chương trình mới hơn")
        }
        StoreError::StorageFull => return Said::new("ổ đĩa hết chỗ", "the disk is full"),
        StoreError::Database(_) if error.is_disk_full() => return Said::new("ổ đĩa hết chỗ", "the disk is full"),
        StoreError::Database(_) if error.to_string().contains("disk I/O error") => {
            return Said::new(
                "không ghi được xuống ổ đĩa (có thể ổ đĩa đã hết chỗ)",
                "the disk does not take what is written (it may be full)",
            );
        }
        StoreError::Database(_) if error.is_transient() => "cơ sở dữ liệu đang bận, hãy thử lại".to_owned(),
        StoreError::Database(_) => "cơ sở dữ liệu báo lỗi".to_owned(),
        StoreError::Unreadable { table, .. } => format!("bảng {table} có giá trị không đọc được"),
        StoreError::NotFound { key, .. } => format!("không tìm thấy {key}"),
        StoreError::Conflict { key, .. } => format!("{key} đã có và khác nội dung này"),
        StoreError::RevisionConflict { key, .. } => format!("{key} đã bị đổi từ lần đọc trước"),
        StoreError::WrongState { key, state, .. } => format!("trạng thái của {key} ({state}) không cho phép"),
        StoreError::SamePerson { actor, .. } => format!("{actor} đã tạo hoặc trình lần tính này nên không thể duyệt: cần người thứ hai"),
        StoreError::Preview(run) => format!("lần tính {run} là tính thử, không thể công bố"),
        StoreError::Unpublished { survey, .. } => {
            format!("có chỉ tiêu lấy từ lần tính {survey} chưa công bố: hãy công bố lần tính đó trước")
        }
        StoreError::LostLease(_) => "một tiến trình khác đã nhận việc này".to_owned(),
    };
    Said::new(vi, error.to_string())
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
        let told = causes(&error, Lang::En);
        assert_eq!(told.matches("has no value").count(), 1, "{told}");
        assert!(told.starts_with("the index: stage 1 (normalise): x: "), "{told}");
        let vi = super::error(Lang::Vi, error).to_string();
        assert!(vi.contains("Bước 1 (chuẩn hóa)") && vi.contains("không có giá trị"), "{vi}");
        let run = RunError::from(CompositeError::Compute(failed()));
        assert_eq!(super::error(Lang::Vi, Error::from(run)).to_string(), vi);
        let full = || Error::from(RunError::Load(LoadError::Store(StoreError::StorageFull)));
        assert_eq!(causes(&super::error(Lang::Vi, full()), Lang::Vi), "ổ đĩa hết chỗ");
        assert!(full().chain().any(|cause| of_store(cause).is_some()), "it ends the command as a fault of the machine");
        let erased = super::error(Lang::Vi, RunError::Erased(3).into()).to_string();
        assert_eq!(erased, "3 phiếu đã bị rút sau khi lần tính được chốt: hãy tạo lần tính mới");
        let nested = Error::from(UncertaintyError::Nominal(failed()));
        assert_eq!(causes(&nested, Lang::En).matches("has no value").count(), 1);
    }
}
