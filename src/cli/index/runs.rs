//! Runs as `hailong run --json` prints them, for leaves that a survey measures.

use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::cli::lang;
use crate::composite::survey::{Estimate, Run};
use crate::office::wire;
use crate::words::Lang;

/// A file with a run, and the edition that takes its values.
#[derive(Debug, Clone)]
pub(super) struct RunFile {
    edition: Option<String>,
    file: PathBuf,
}

/// `FILE` or `EDITION=FILE`.
pub(super) fn parse(text: &str) -> Result<RunFile, String> {
    let (edition, file) = match text.split_once('=') {
        Some((edition, file)) => (Some(edition.to_owned()), file),
        None => (None, text),
    };
    if file.is_empty() {
        Err(lang::chosen().pick("cần một tệp", "a file is needed").to_owned())
    } else {
        Ok(RunFile { edition, file: file.into() })
    }
}

#[derive(Deserialize)]
struct Printed {
    run: String,
    manifest: Manifest,
    scores: Vec<PrintedScore>,
}

#[derive(Deserialize)]
struct Manifest {
    index: Index,
    wave: String,
}

#[derive(Deserialize)]
struct Index {
    code: String,
}

#[derive(Deserialize)]
struct PrintedScore {
    #[serde(default)]
    domain: String,
    node: String,
    value: Option<f64>,
    se: Option<f64>,
    df: f64,
    n: i64,
    #[serde(default)]
    suppressed: bool,
    area: Option<String>,
    unit: Option<String>,
    item: Option<String>,
}

impl PrintedScore {
    /// The code of the unit of `list` that the score speaks of as a whole.
    fn unit(&self, list: Option<&str>) -> Option<&str> {
        let ((Some(whole), None, None) | (None, Some(whole), None)) = (&self.area, &self.unit, &self.item) else { return None };
        let (of, code) = whole.split_once(':')?;
        list.is_none_or(|list| list == of).then_some(code)
    }
}

/// Reads a run: its estimates for the units of `list`, for its edition or else `edition`.
pub(super) fn read(file: &RunFile, list: Option<&str>, edition: &str, spoken: Lang) -> Result<Run> {
    let text = crate::cli::file::read(&file.file, spoken)?;
    let name = file.file.display();
    let no_run = || {
        spoken.pick(
            format!("{name} không phải là kết quả của `hailong run --json`"),
            format!("{name} is no run as `hailong run --json` prints it"),
        )
    };
    let printed: Printed = wire::decode(text.as_bytes()).map_err(lang::refused).with_context(no_run)?;
    let estimate = |score: &PrintedScore| {
        let n = u32::try_from(score.n).ok();
        Some(Estimate {
            unit: score.unit(list)?.to_owned(),
            kind: score.domain.clone(),
            node: score.node.clone(),
            value: score.value,
            se: score.se,
            df: score.df,
            n,
            hidden: score.suppressed,
            standing: None,
        })
    };
    Ok(Run {
        name: printed.run,
        index: printed.manifest.index.code,
        wave: printed.manifest.wave,
        edition: file.edition.clone().unwrap_or_else(|| edition.to_owned()),
        estimates: printed.scores.iter().filter_map(estimate).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_printed_run_is_told_by_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let file = RunFile { edition: None, file: folder.path().join("run.json") };
        let told = |text: &str| {
            std::fs::write(&file.file, text).unwrap();
            format!("{:#}", read(&file, None, "2025", Lang::Vi).err().unwrap())
        };
        let missing = told("{\"run\":\"r\",\"manifest\":{\"index\":{\"code\":\"mini\"}},\n\"scores\":[]}");
        assert!(missing.contains("/manifest") && missing.contains("wave"), "{missing}");
        let misfit = told("{\"run\":\"r\",\"manifest\":{\"index\":{\"code\":\"mini\"},\"wave\":\"w\"},\n\"scores\":[7]}");
        assert!(misfit.contains("/scores/0"), "{misfit}");
        assert!(told("{\"run\":").contains("hailong run --json"));
    }
}
