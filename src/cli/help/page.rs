//! `docs/command-line.md`, made of the same texts as `--help`, so that neither can go stale.

use std::fmt::Write as _;
use std::path::Path;

use clap::{Arg, Command};

use super::{command, texts};
use crate::words::Lang;

/// Set it to write the page anew after a change that was meant.
const REWRITE: &str = "HAILONG_WRITE_COMMAND_LINE";

const INTRODUCTION: &str = "\
# The command line

`hailong` is one program: the server and every command. `hailong COMMAND --help` shows what stands here; `--vi`, in any place, or
`HAILONG_LANG=vi` makes everything Vietnamese: results, findings, refusals, help, and what is wrong with the arguments.

This page is written by a test from the program's own texts: `HAILONG_WRITE_COMMAND_LINE=1 cargo test --lib command_line`.

## What goes where

Results go to standard output, everything about the work (findings of a refused input, progress, errors, the log) to standard error.
`--json` prints one line of JSON, the same in both languages but for texts made for people. Behind `| head` a command ends quietly.

## How it ends

| status | when |
|---|---|
| 0 | what was asked is done; warnings may have been printed |
| 1 | refused, or not all of it was stored as wanted: what was printed says what and why |
| 2 | the command line is wrong: an unknown command or option, a missing one, a value that it cannot have |
| 3 | the machine or the program failed: a full disk, a database that cannot be reached, an error nobody foresaw |

## Environment

| variable | what |
|---|---|
| `HAILONG_DATA` | the data folder, like `--data` |
| `HAILONG_DATABASE` | the database, like `--database`, so that its password need not be typed |
| `HAILONG_LISTEN` | where `serve` listens, like `--listen` |
| `HAILONG_LANG` | `vi`: Vietnamese; anything else: English |
| `HAILONG_KEY` | the key of whoever acts, instead of the operator of this machine |
| `HAILONG_LOG` | from which level log lines are written: `error`, `warn`, `info` (by default), `debug`, `trace` |
| `HAILONG_LOG_FORMAT` | `json`: a JSON object for each log line |
";

fn page() -> String {
    let mut page = INTRODUCTION.to_owned();
    let root = command(Lang::En);
    page.push_str("\n## Options of every command\n\n");
    table(&mut page, &root.get_arguments().filter(|arg| arg.is_global_set()).collect::<Vec<_>>());
    for sub in root.get_subcommands() {
        section(&mut page, sub, "");
    }
    page
}

fn section(page: &mut String, command: &Command, path: &str) {
    if command.is_hide_set() || command.get_name() == "help" {
        return;
    }
    let path = texts::below(path, command.get_name());
    let about = command.get_long_about().or_else(|| command.get_about()).map(ToString::to_string).unwrap_or_default();
    let _ = write!(page, "\n## `hailong {path}`\n\n{}.\n", about.trim_end_matches('.'));
    if command.has_subcommands() {
        for below in command.get_subcommands() {
            section(page, below, &path);
        }
        return;
    }
    let usage = command.clone().render_usage().to_string();
    let _ = write!(page, "\n```text\n{}\n```\n", usage.trim_start_matches("Usage: "));
    let own: Vec<&Arg> =
        command.get_arguments().filter(|arg| !arg.is_global_set() && !arg.is_hide_set() && arg.get_id() != "help").collect();
    if !own.is_empty() {
        page.push('\n');
        table(page, &own);
    }
}

fn table(page: &mut String, arguments: &[&Arg]) {
    page.push_str("| argument | what |\n|---|---|\n");
    for arg in arguments {
        let help = arg.get_long_help().or_else(|| arg.get_help()).map(ToString::to_string).unwrap_or_default();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
        let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        let defaults = match defaults.as_slice() {
            [] => String::new(),
            _ if !arg.get_action().takes_values() => String::new(),
            some => format!(" By default `{}`.", some.join(" ")),
        };
        let _ = writeln!(page, "| `{}` | {}.{defaults} |", arg.to_string().replace('|', "\\|"), help.trim_end_matches('.'));
    }
}

#[test]
fn the_page_of_the_command_line_is_the_one_that_is_checked_in() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/command-line.md");
    let page = page();
    if std::env::var_os(REWRITE).is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(known == page, "docs/command-line.md is not what the program says; if that was meant, run with {REWRITE}=1");
}
