//! Reference figures that are not part of the repository: a folder beside it, or where `HAILONG_REFERENCE` says.

use std::path::PathBuf;

/// A file of the reference folder; `None` where it is absent, which is printed so that nobody takes the test for held.
pub(crate) fn file(name: &str) -> Option<PathBuf> {
    let default = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/reference");
    let path = std::env::var_os("HAILONG_REFERENCE").map_or(default, PathBuf::from).join(name);
    if !path.is_file() {
        println!("ignored: {} is absent; HAILONG_REFERENCE names the folder that holds {name}", path.display());
        return None;
    }
    Some(path)
}
