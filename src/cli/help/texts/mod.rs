//! The help in Vietnamese: one table for each command, and one for what many commands have in common. A test holds that every command and
//! every argument has its text here, so that a new one cannot be forgotten.

mod composite;
mod data;
mod fieldwork;
mod house;
mod sample;

/// The help of a command in Vietnamese.
pub(super) struct Texts {
    /// How it is called, without `hailong`: `table load`.
    path: &'static str,
    /// What it does.
    about: &'static str,
    /// Its arguments by id, and what each is.
    arguments: &'static [(&'static str, &'static str)],
}

/// Arguments that are the same wherever they stand. A command's own table goes first.
static EVERYWHERE: [(&str, &str); 6] = [
    ("data", "Thư mục dữ liệu, nơi có tệp `hailong.sqlite`"),
    ("database", "Cơ sở dữ liệu, nếu không phải tệp trong thư mục dữ liệu: `postgres://…` hoặc `sqlite:ĐƯỜNG_DẪN`"),
    ("vi", "Mọi thứ bằng tiếng Việt; `HAILONG_LANG=vi` cũng vậy"),
    ("json", "In tất cả ra JSON"),
    ("seed", "Số gieo: cùng một số gieo thì cùng kết quả"),
    ("subcommand", "In hướng dẫn của lệnh này"),
];

/// Headings of groups of options.
const HEADINGS: [(&str, &str); 2] = [("For every command", "Cho mọi lệnh"), ("Composite indices", "Chỉ số tổng hợp")];

fn all() -> impl Iterator<Item = &'static Texts> {
    [house::TEXTS, data::TEXTS, fieldwork::TEXTS, composite::TEXTS, sample::TEXTS].into_iter().flatten()
}

/// The name of a subcommand as the table has it. `help` holds the same commands once more.
pub(super) fn below(path: &str, name: &str) -> String {
    match path {
        "" | "help" => name.to_owned(),
        _ => format!("{path} {name}").replace("help ", ""),
    }
}

/// What a command does.
pub(super) fn about(path: &str) -> Option<&'static str> {
    if path == "help" || path.ends_with(" help") {
        return Some("In hướng dẫn này, hoặc hướng dẫn của một lệnh");
    }
    all().find(|texts| texts.path == path).map(|texts| texts.about)
}

/// What an argument of a command is: as the command's own table says, else as one above it, else as everywhere.
pub(super) fn argument(path: &str, id: &str) -> Option<&'static str> {
    let mut above = Some(path);
    while let Some(path) = above {
        let own = all().filter(|texts| texts.path == path).flat_map(|texts| texts.arguments);
        if let Some(text) = told(own, id) {
            return Some(text);
        }
        above = path.rsplit_once(' ').map(|(above, _)| above);
    }
    told(EVERYWHERE.iter(), id)
}

fn told(mut table: impl Iterator<Item = &'static (&'static str, &'static str)>, id: &str) -> Option<&'static str> {
    table.find(|(known, _)| *known == id).map(|(_, text)| *text)
}

/// A heading in Vietnamese.
pub(super) fn heading(heading: &str) -> Option<&'static str> {
    HEADINGS.iter().find(|(english, _)| *english == heading).map(|(_, ours)| *ours)
}

#[cfg(test)]
mod tests {
    use clap::{Arg, Command};

    use super::*;
    use crate::words::Lang;

    /// Every command with its path, hidden ones aside.
    fn commands(command: &Command, path: &str, found: &mut Vec<(String, Command)>) {
        found.push((path.to_owned(), command.clone()));
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set() && sub.get_name() != "help") {
            commands(sub, &below(path, sub.get_name()), found);
        }
    }

    fn everything() -> Vec<(String, Command)> {
        let mut found = Vec::new();
        commands(&crate::cli::help::command(Lang::En), "", &mut found);
        found
    }

    fn shown(command: &Command) -> impl Iterator<Item = &Arg> {
        command.get_arguments().filter(|arg| !arg.is_hide_set() && !["help", "version"].contains(&arg.get_id().as_str()))
    }

    #[test]
    fn every_command_and_every_argument_is_explained_in_both_languages() {
        let mut missing = Vec::new();
        for (path, command) in everything() {
            if about(&path).is_none() {
                missing.push(format!("`{path}` has no Vietnamese text in src/cli/help/texts"));
            }
            if command.get_about().is_none() {
                missing.push(format!("`{path}` has no English text"));
            }
            for arg in shown(&command) {
                let id = arg.get_id();
                if argument(&path, id.as_str()).is_none() {
                    missing.push(format!("`{path}`: {id} has no Vietnamese text in src/cli/help/texts"));
                }
                if arg.get_help().is_none() {
                    missing.push(format!("`{path}`: {id} has no English text"));
                }
                if let Some(known) = arg.get_help_heading().filter(|known| !HEADINGS.iter().any(|(english, _)| english == known)) {
                    missing.push(format!("the heading {known:?} has no Vietnamese text in src/cli/help/texts"));
                }
            }
        }
        assert!(missing.is_empty(), "{}", missing.join("\n"));
    }

    #[test]
    fn no_text_explains_what_is_not_there() {
        let there = everything();
        let mut idle = Vec::new();
        for texts in all() {
            let here =
                there.iter().filter(|(path, _)| path.strip_prefix(texts.path).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')));
            let here: Vec<&Command> = here.map(|(_, command)| command).collect();
            let has = |id: &str| here.iter().any(|command| shown(command).any(|arg| arg.get_id() == id));
            idle.extend(here.is_empty().then(|| texts.path.to_owned()));
            idle.extend(texts.arguments.iter().filter(|(id, _)| !has(id)).map(|(id, _)| format!("{}: {id}", texts.path)));
        }
        assert!(idle.is_empty(), "texts for commands or arguments that do not exist: {}", idle.join(", "));
    }
}
