//! The command line in Vietnamese: every help text from the table, and the headings that the parser has in English.

use clap::{Arg, ArgAction, Command};

use super::texts;

const TEMPLATE: &str = "{about}\n\nCách dùng: {usage}\n\n{all-args}{after-help}";

/// The command (built already, so that it has its `help`) and all below it in Vietnamese. `path` is how it is called.
pub(super) fn spoken(command: Command, path: &str) -> Command {
    let mut command = command.help_template(TEMPLATE).subcommand_help_heading("Lệnh").subcommand_value_name("LỆNH");
    if let Some(about) = texts::about(path) {
        command = command.about(about).long_about(None::<&str>);
    }
    command = command.mut_args(|arg| argument(arg, path));
    for below in command.get_subcommands_mut() {
        let name = texts::below(path, below.get_name());
        *below = spoken(std::mem::take(below), &name);
    }
    command
}

fn argument(arg: Arg, path: &str) -> Arg {
    let heading = match arg.get_help_heading() {
        Some(heading) => texts::heading(heading),
        None if arg.is_positional() => Some("Tham số"),
        None => Some("Tùy chọn"),
    };
    let text = match arg.get_action() {
        ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong => Some("In hướng dẫn này"),
        ArgAction::Version => Some("In phiên bản"),
        _ => texts::argument(path, arg.get_id().as_str()),
    };
    let arg = match heading {
        Some(heading) => arg.help_heading(heading),
        None => arg,
    };
    match text {
        Some(text) => arg.help(text).long_help(None::<&str>),
        None => arg,
    }
}
