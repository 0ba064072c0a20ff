//! `hailong estimate`: figures for a file of cases, to be checked by hand or held against another system.

mod answer;
mod basic;
mod calibrated;
mod case;
mod condition;
mod contingency;
mod design;
mod evaluate;
mod fields;
mod proportion;
mod quantile;
mod refusal;
mod reliability;
mod replicates;
mod study;
mod table;

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::cli::lang;
use crate::schema::decode::compose;

pub use answer::{line, number, numbers, texts};
pub use case::{Case, Freedom, Options, Simple};
pub use condition::Condition;
pub use design::Design;
pub use evaluate::evaluate;
pub use refusal::Refusal;
pub use study::{Domain, Study, domains};
pub use table::{Levels, Table, Tables};

/// Which file.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Cases in the format of `tests/golden/survey`: each names its data (relative to this file), design and estimator.
    ///
    /// One line of JSON a case is printed, in their order. A case that cannot be answered is a line with an `error`, and no
    /// reason to fail: the command fails only where the file itself cannot be read.
    cases: PathBuf,
}

/// Prints one line a case.
///
/// # Errors
/// The file cannot be read, is not JSON, or has no list of cases.
pub fn estimate(arguments: &Arguments, mut print: impl FnMut(&str)) -> anyhow::Result<()> {
    evaluate_file(&arguments.cases, |answer| print(&line(&answer)))
}

/// Hands out the answer to each case of a file, in order.
///
/// # Errors
/// The file cannot be read, is not JSON, or has no list of cases.
pub fn evaluate_file(path: &Path, mut answer: impl FnMut(Value)) -> anyhow::Result<()> {
    use anyhow::Context as _;
    let name = path.display();
    let said = |vi: &str, en: &str| format!("{name} {}", lang::chosen().pick(vi, en));
    let text = std::fs::read(path).with_context(|| said("không đọc được", "cannot be read"))?;
    let mut file: Value = serde_json::from_slice(&text).with_context(|| said("không phải là JSON", "is not JSON"))?;
    compose(&mut file); // as names in tables are
    let tables = Tables::new(path.parent().unwrap_or(Path::new("")));
    let cases =
        file.get("cases").and_then(Value::as_array).with_context(|| said("không có danh sách “cases”", "holds no list of cases"))?;
    let freedom = Freedom::of_format(file.get("format").and_then(Value::as_str));
    for case in cases {
        answer(evaluate(case, freedom, &tables));
    }
    Ok(())
}
