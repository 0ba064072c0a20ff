//! `hailong table`: indicator tables of composite indices, kept in the store.

mod load;
mod show;

use anyhow::Result;

use crate::cli::Context;

/// What to do with tables.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Stores a table for a published definition. It gets a number and never changes.
    Load(load::Arguments),
    /// Says what is found in a table, and stores nothing.
    Check(load::CheckArguments),
    /// Lists the tables, the last loaded first.
    List(show::ListArguments),
    /// Shows the values of a table.
    Show(show::Arguments),
}

/// Does it.
pub(super) fn table(context: &Context, command: &Command) -> Result<()> {
    match command {
        Command::Load(arguments) => load::load(context, arguments),
        Command::Check(arguments) => load::check(context, arguments),
        Command::List(arguments) => show::list(context, arguments),
        Command::Show(arguments) => show::show(context, arguments),
    }
}
