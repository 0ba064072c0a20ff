//! What was typed, read by clap; help and what is wrong with the arguments, told in the language of the command.

#[cfg(test)]
mod page;
mod texts;
mod usage;
mod vietnamese;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};

use crate::cli::Arguments;
use crate::words::Lang;

/// The whole command line in this language.
fn command(lang: Lang) -> clap::Command {
    let mut command = Arguments::command();
    command.build();
    match lang {
        Lang::Vi => vietnamese::spoken(command, ""),
        Lang::En => command,
    }
}

/// What was typed, or the status to end with once the help or what is wrong has been printed.
pub(super) fn parse(lang: Lang) -> Result<Arguments, ExitCode> {
    let matches = command(lang).try_get_matches();
    matches.and_then(|mut matches| Arguments::from_arg_matches_mut(&mut matches)).map_err(|error| end(&error, lang))
}

fn end(error: &clap::Error, lang: Lang) -> ExitCode {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            println!("{}", told(error, lang));
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("{}", told(error, lang));
            ExitCode::from(super::status::USAGE)
        }
    }
}

/// The text of an error or of the help, without the last line's end.
fn told(error: &clap::Error, lang: Lang) -> String {
    let text = match lang {
        Lang::Vi => usage::vietnamese(error),
        Lang::En => error.render().to_string(),
    };
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(lang: Lang, typed: &[&str]) -> String {
        let matches = command(lang).try_get_matches_from([&["hailong"], typed].concat());
        told(&matches.and_then(|mut matches| Arguments::from_arg_matches_mut(&mut matches)).unwrap_err(), lang)
    }

    /// Words of clap that a Vietnamese reader must not meet.
    const ENGLISH: [&str; 18] = [
        "Usage",
        "Commands:",
        "Options:",
        "OPTIONS",
        "Arguments:",
        "COMMAND",
        "Print ",
        "default:",
        "possible values",
        "env:",
        "error",
        "required",
        "For more",
        "unexpected",
        "invalid",
        "value",
        "cannot be used",
        "found in string",
    ];

    fn no_english(text: &str) {
        // Names of options stay as they are typed.
        let words: String =
            text.split_whitespace().filter(|word| !word.contains("--") && !word.contains('`')).collect::<Vec<_>>().join(" ");
        for word in ENGLISH {
            assert!(!words.contains(word), "{word:?} in {text}");
        }
    }

    #[test]
    fn help_in_vietnamese_has_no_word_of_the_parser_in_english() {
        for typed in [&["--help"][..], &["help"], &["run", "--help"], &["help", "table", "load"], &["table", "-h"], &["estimate", "--help"]]
        {
            let text = said(Lang::Vi, typed);
            assert!(text.contains("Cách dùng: hailong") && text.contains("Tùy chọn"), "{text}");
            no_english(&text);
        }
        assert!(said(Lang::En, &["--help"]).contains("Usage: hailong"));
        assert!(said(Lang::Vi, &["--help"]).contains("Lệnh:"));
    }

    #[test]
    fn what_is_wrong_with_the_arguments_is_told_in_vietnamese_too() {
        for (typed, words) in [
            (&["rn"][..], "không có lệnh “rn”"),
            (&["table"], "Cách dùng: hailong table"),
            (&["run", "--nope"], "không có tùy chọn “--nope”"),
            (&["run", "--index"], "thiếu giá trị cho “--index <INDEX>”"),
            (&["run"], "thiếu:"),
            (&["demo", "--seed", "x"], "giá trị “x” của “--seed <SEED>” không dùng được: phải là số nguyên"),
            (&["demo", "--seed", "-1"], "không có tùy chọn “-1”"),
            (&["demo", "--seed", ""], "phải là số nguyên"),
            (&["demo", "--listen", "here"], "phải là ĐỊA_CHỈ_IP:CỔNG"),
            (&["demo", "--once", "--once"], "“--once” chỉ được dùng một lần"),
            (&["run", "--index", "a", "--index-version", "1", "--seed=-1"], "phải nằm trong khoảng 0..=9007199254740991"),
            (&["run", "--index", "a", "--index-version", "1", "--since", "a"], "phải là UUID"),
            (&["run", "--index", "a", "--index-version", "1", "--without-flagged", "--leave-out-flagged"], "không dùng chung được với"),
            (&["table", "check", "a.csv"], "thiếu:"),
        ] {
            let text = said(Lang::Vi, typed);
            assert!(text.contains(words), "{typed:?}: {words:?} is missing in {text}");
            no_english(&text.lines().next().unwrap_or_default().replace("<INDEX>", ""));
            assert_ne!(text, said(Lang::En, typed));
        }
    }
}
