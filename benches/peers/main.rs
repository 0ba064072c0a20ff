//! Our side of the comparison with other systems: see `README.md` beside this file, and `run.py`, which calls it.
//!
//! * `peers columns FOLDER FIGURES`: from columns in memory to figures, in this process.
//! * `peers load FOLDER DATABASE`: the same respondents into a database of their own, by the writer that intake uses.
//! * `peers stages DATABASE`: a run over that database, stage by stage.
//!
//! Each prints one line of JSON.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::panic)] // a measurement that goes wrong should stop
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]

#[path = "../common/mod.rs"]
mod common;

mod columns;
mod database;
mod respondents;

fn main() {
    // Cargo hands `--bench` to every benchmark.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["columns", folder, figures] => columns::columns(folder.as_ref(), figures.as_ref()),
        ["load", folder, database] => database::load(folder.as_ref(), database),
        ["stages", database] => database::stages(database),
        _ => println!("peers columns FOLDER FIGURES | load FOLDER DATABASE | stages DATABASE"),
    }
}
