//! The two ways out: standard output for results, standard error for all else. Every print of every command goes through here.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

use crate::cli::{lang, status};
use crate::words::fault;

/// A line of the result. A reader who has seen enough closes the pipe: the command ends, and that is no fault. A result that cannot be
/// written for another reason is one.
pub(super) fn result(text: Arguments<'_>) {
    let mut out = std::io::stdout().lock();
    let Err(error) = writeln!(out, "{text}").and_then(|()| out.flush()) else { return };
    if error.kind() == ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    let (lang, said) = (lang::chosen(), fault::of_system(&error));
    aside(format_args!("hailong: {}: {}", lang.pick("không in được kết quả", "the result cannot be printed"), said.pick(lang)));
    std::process::exit(i32::from(status::FAULT));
}

/// A line about the work. Where nobody listens, it is left unsaid.
pub(super) fn aside(text: Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
