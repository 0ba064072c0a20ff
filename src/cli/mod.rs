//! The command line: the same verbs as the API, on the same library calls.
#![allow(missing_docs, reason = "the lint is for the core; here a comment stands where it says more than the name")]
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command line prints")]

/// Prints a line of the result. Where nobody reads any more, as behind `| head`, the command ends quietly. So what a command is to store, it
/// stores before it prints.
macro_rules! println {
    ($($part:tt)*) => { $crate::cli::print::result(format_args!($($part)*)) };
}

/// Prints a line about the work: findings, progress, what went wrong.
macro_rules! eprintln {
    ($($part:tt)*) => { $crate::cli::print::aside(format_args!($($part)*)) };
}

mod check;
mod compare;
mod context;
mod define;
mod demo;
mod erase;
pub mod estimate;
mod file;
mod findings;
mod flag;
mod help;
mod import;
mod index;
mod key;
mod lang;
mod left_out;
mod person;
mod print;
mod proposal;
mod run;
mod sample;
mod serve;
mod show;
mod status;
mod table;
mod units;
mod wave;
mod weight;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::words::Lang;

pub use context::Context;

/// The heading of options that every command has.
const EVERYWHERE: &str = "For every command";

/// Collects citizen-satisfaction survey responses and computes weighted indices with honest confidence intervals.
#[derive(Debug, Parser)]
#[command(name = "hailong", version)]
struct Arguments {
    /// Where data is kept: holds `hailong.sqlite`.
    #[arg(long, global = true, help_heading = EVERYWHERE, env = "HAILONG_DATA", default_value = "hailong-data")]
    data: PathBuf,
    /// The database, if it is another than the one in the data folder: `postgres://…` or `sqlite:PATH`.
    #[arg(long, global = true, help_heading = EVERYWHERE, env = "HAILONG_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// Everything in Vietnamese; `HAILONG_LANG=vi` asks for it too.
    #[arg(long, global = true, help_heading = EVERYWHERE)]
    vi: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows the whole at work on 36,525 synthetic respondents, then serves it.
    Demo(demo::Arguments),
    /// Serves the HTTP API until it is stopped.
    Serve(serve::Arguments),
    /// Brings the database up to date.
    Migrate,
    /// Writes the files of the database anew without what was withdrawn. The server does it by itself where they are not large.
    Erase,
    /// Checks definition files; prints every finding with its place.
    Check(check::Arguments),
    /// Publishes questionnaires, index definitions and composite indices.
    Define(define::Arguments),
    /// Adds and lists units: provinces, communes, agencies.
    #[command(subcommand)]
    Units(units::Command),
    /// Opens, closes and shows waves; loads their design.
    #[command(subcommand)]
    Wave(wave::Command),
    /// Imports responses from a CSV or XLSX file.
    Import(Box<import::Arguments>),
    /// Looks for suspicious responses of a wave and flags them; changes none.
    Flag(flag::Arguments),
    /// Loads, checks and shows indicator tables of composite indices.
    #[command(subcommand)]
    Table(table::Command),
    /// Computes an index over a wave, or a composite index from stored tables and runs, and prints the scores.
    Run(Box<run::Arguments>),
    /// Lists the runs, the newest first.
    Runs(run::Listed),
    /// Puts a draft forward for approval.
    Submit(run::Target),
    /// Approves what another person submitted: as the holder of the key in `HAILONG_KEY`, or as the operator.
    Approve(run::Approval),
    /// Sends what was submitted back to those who made it, with a reason.
    Return(run::Returning),
    /// Publishes an approved run under the code of its edition, which must be typed.
    Publish(run::Publication),
    /// Takes a run back, and its edition with it.
    Withdraw(run::Withdrawal),
    /// Calls a run off that is not done yet.
    Cancel(run::Target),
    /// Makes weights from a plan: base weights, non-response, calibration, trimming; prints their diagnostics.
    Weight(weight::Arguments),
    /// Estimates figures for a file of cases, one line of JSON each.
    Estimate(estimate::Arguments),
    /// Plans and draws samples.
    #[command(subcommand)]
    Sample(sample::Command),
    /// Computes a composite index from a table of indicators, or shows a stored run of one: scores, ranks, stages, contributions.
    Index(Box<index::Arguments>),
    /// Makes, lists and revokes API keys.
    #[command(subcommand)]
    Key(key::Command),
    /// Invites, lists and disables persons; enrols oneself.
    #[command(subcommand)]
    Person(person::Command),
    /// Lists, confirms and rejects what one person proposed: keys, exclusions, the lifting of flags.
    #[command(subcommand)]
    Proposal(proposal::Command),
}

/// Parses the arguments and does what they say.
#[must_use]
pub fn main() -> ExitCode {
    let lang = lang::choose();
    status::guarded(lang, move || match help::parse(lang) {
        Ok(arguments) => obey(arguments, lang),
        Err(status) => status,
    })
}

fn obey(arguments: Arguments, lang: Lang) -> ExitCode {
    log();
    let context = Context { data: arguments.data, database: arguments.database, lang };
    let done = match arguments.command {
        Command::Demo(arguments) => demo::demo(&context, &arguments),
        Command::Serve(arguments) => serve::serve(&context, &arguments),
        Command::Erase => erase::erase(&context),
        Command::Migrate => context.office_or_new().map(|_| migrated(&context)),
        Command::Check(arguments) => return check::check(&context, &arguments),
        Command::Define(arguments) => define::define(&context, &arguments),
        Command::Units(command) => units::units(&context, &command),
        Command::Wave(command) => wave::wave(&context, &command),
        Command::Import(arguments) => import::import(&context, &arguments),
        Command::Flag(arguments) => flag::flag(&context, &arguments),
        Command::Table(command) => table::table(&context, &command),
        Command::Run(arguments) => run::run(&context, &arguments),
        Command::Runs(arguments) => run::list(&context, &arguments),
        Command::Submit(target) => run::step(&context, &run::Step::Submit(target)),
        Command::Approve(approval) => run::step(&context, &run::Step::Approve(approval)),
        Command::Return(returning) => run::step(&context, &run::Step::Return(returning)),
        Command::Publish(publication) => run::step(&context, &run::Step::Publish(publication)),
        Command::Withdraw(withdrawal) => run::step(&context, &run::Step::Withdraw(withdrawal)),
        Command::Cancel(target) => run::step(&context, &run::Step::Cancel(target)),
        Command::Weight(arguments) => return weight::weight(&context, &arguments),
        Command::Estimate(arguments) => estimate::estimate(&arguments, |answer| println!("{answer}")),
        Command::Sample(command) => sample::sample(&context, &command),
        Command::Index(arguments) => index::index(&context, &arguments),
        Command::Key(command) => key::key(&context, &command),
        Command::Person(command) => person::person(&context, &command),
        Command::Proposal(command) => proposal::proposal(&context, &command),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => status::failed(error, lang),
    }
}

fn migrated(context: &Context) {
    let name = context.name();
    println!("{}", context.lang.pick(format!("{name} đã ở cấu trúc mới nhất"), format!("{name} is up to date")));
}

/// Log lines go to standard error; `HAILONG_LOG` says from which level (info by default), `HAILONG_LOG_FORMAT=json`
/// makes each a JSON object.
fn log() {
    let level = std::env::var("HAILONG_LOG").ok().and_then(|level| level.parse().ok()).unwrap_or(tracing::Level::INFO);
    let lines = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).with_target(false);
    if std::env::var("HAILONG_LOG_FORMAT").is_ok_and(|format| format == "json") {
        lines.json().flatten_event(true).init();
    } else {
        lines.with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr())).init();
    }
}
