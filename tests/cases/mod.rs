//! Small inputs that went wrong once, file by file, and what is right; `data` holds them as they came.

mod import;
mod numbers;
mod tables;
mod validity;

use std::path::PathBuf;

/// A file of `tests/cases/data`.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases/data").join(name)
}

/// Its text.
pub(crate) fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}
