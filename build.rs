//! Tells the tests whether the reference data that cannot be part of this repository are at hand.

use std::env;
use std::path::PathBuf;

/// Sets `cfg(hailong_reference)` where the folder `HAILONG_REFERENCE` (`../shared/reference` by default) is there, and hands
/// its path on. Tests that need it are ignored, by name, where it is not.
fn main() {
    println!("cargo::rustc-check-cfg=cfg(hailong_reference)");
    println!("cargo::rerun-if-env-changed=HAILONG_REFERENCE");
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let folder = env::var_os("HAILONG_REFERENCE").map_or_else(|| root.join("../shared/reference"), PathBuf::from);
    if folder.is_dir() {
        println!("cargo::rustc-cfg=hailong_reference");
        println!("cargo::rerun-if-changed={}", folder.display());
    } else {
        // A path that is not there counts as changed, and all would be built anew each time.
        println!("cargo::rerun-if-changed=build.rs");
    }
    println!("cargo::rustc-env=HAILONG_REFERENCE={}", folder.display());
}
