//! With which status a command ends, and what it says when it fails.

use std::fmt;
use std::process::ExitCode;

use anyhow::Error;

use crate::cli::lang;
use crate::office::{Code, Refusal};
use crate::store::StoreError;
use crate::words::Lang;

/// The command line itself is wrong.
pub(super) const USAGE: u8 = 2;
/// The machine or the program failed: a full disk, a database that cannot be reached, an error that nobody foresaw.
pub(super) const FAULT: u8 = 3;

/// A refusal in the words of the command line, with the status it ends the command with.
#[derive(Debug)]
pub(super) struct Refused {
    text: String,
    fault: bool,
}

impl Refused {
    /// In these words.
    pub(super) fn new(refusal: &Refusal, text: String) -> Self {
        Self { text, fault: is_fault(refusal.code()) }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Refused {}

/// Whether whoever asked could not have asked better.
fn is_fault(code: Code) -> bool {
    code.status() >= 500
}

/// Whether the database itself failed.
fn of_machine(error: &StoreError) -> bool {
    matches!(
        error,
        StoreError::StorageFull
            | StoreError::Connect(_)
            | StoreError::Busy(_)
            | StoreError::Migration(_)
            | StoreError::Database(_)
            | StoreError::Unreadable { .. }
    )
}

/// Says why a command failed, and gives its status.
pub(super) fn failed(error: Error, lang: Lang) -> ExitCode {
    let fault = error.chain().any(|cause| {
        cause.downcast_ref::<Refused>().is_some_and(|refused| refused.fault)
            || cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::StorageFull)
            || lang::of_store(cause).is_some_and(of_machine)
    });
    eprintln!("hailong: {}", lang::causes(&lang::error(lang, error), lang));
    if fault { ExitCode::from(FAULT) } else { ExitCode::FAILURE }
}

/// Does what was asked; an error in the program ends the command with its own status, after it has been said what to do about it.
pub(super) fn guarded(lang: Lang, work: impl FnOnce() -> ExitCode + std::panic::UnwindSafe) -> ExitCode {
    std::panic::set_hook(Box::new(move |fault| eprintln!("{}", report(fault, lang))));
    std::panic::catch_unwind(work).unwrap_or(ExitCode::from(FAULT))
}

fn report(fault: &std::panic::PanicHookInfo<'_>, lang: Lang) -> String {
    let place = fault.location().map(ToString::to_string).unwrap_or_default();
    let said = fault.payload();
    let said = said.downcast_ref::<&str>().copied().or_else(|| said.downcast_ref::<String>().map(String::as_str)).unwrap_or_default();
    let version = env!("CARGO_PKG_VERSION");
    lang.pick(
        format!(
            "hailong: lỗi của chương trình, không phải của bạn. Việc đang làm dở chưa được lưu; những gì đã lưu trước đó không đổi.\n\
             Hãy gửi dòng dưới đây cùng lệnh đã gõ cho người phát triển, rồi chạy lại lệnh.\n  {version} {place}: {said}"
        ),
        format!(
            "hailong: this is a fault of the program, not yours. What was under way is not stored; what was stored before is as it was.\n\
             Send the next line and the command you typed to the developers, then run the command again.\n  {version} {place}: {said}"
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::process::{Command, exit};

    use super::*;

    /// Names the process that is to fail.
    const FAILS: &str = "HAILONG_TEST_FAILS";

    #[test]
    fn an_error_in_the_program_ends_the_command_with_its_own_status_and_says_what_to_do() {
        if std::env::var_os(FAILS).is_some() {
            // What is said when it fails is said once for a whole process, so this one is a process of its own.
            let status = guarded(Lang::Vi, || panic!("the ninth measure is missing"));
            exit(if status == ExitCode::from(FAULT) { i32::from(FAULT) } else { 9 });
        }
        let own = "cli::status::tests::an_error_in_the_program_ends_the_command_with_its_own_status_and_says_what_to_do";
        let test = std::env::current_exe().unwrap();
        let output = Command::new(test).args(["--exact", own, "--nocapture"]).env(FAILS, "1").output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(i32::from(FAULT)), "{told}");
        for part in ["lỗi của chương trình", "người phát triển", "status.rs", "the ninth measure is missing", env!("CARGO_PKG_VERSION")]
        {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains("panicked"), "{told}");
    }
}
