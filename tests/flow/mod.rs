//! The product as its users run it: the real binary, from collection to published scores.

mod change;
mod command_line;
mod composite;
mod composite_store;
mod composite_text;
mod crash;
mod ending;
mod mistakes;
mod national;
pub(crate) mod process;
mod runs;
mod sampling;
mod stream;
mod weighting;

use std::path::PathBuf;

/// A file of the repository.
pub(crate) fn file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

pub(crate) fn read(path: &str) -> String {
    std::fs::read_to_string(file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
