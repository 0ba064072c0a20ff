//! `hailong sample`: how many to ask, and whom.

mod draw;
mod plan;

use std::path::Path;

use anyhow::{Result, bail};

use crate::cli::Context;
use crate::cli::findings::{errors, tell};
use crate::words::{Finding, Lang};

/// Findings that are printed; the rest is counted.
const FINDINGS: usize = 50;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Divides a sample size among the strata of a frame; prints the half-widths to expect.
    Plan(Box<plan::Arguments>),
    /// Draws a sample from a frame as a plan says; writes the sample, the design, the list for the field and a protocol.
    Draw(draw::Arguments),
}

/// Does it.
pub(super) fn sample(context: &Context, command: &Command) -> Result<()> {
    match command {
        Command::Plan(arguments) => plan::plan(context, arguments),
        Command::Draw(arguments) => draw::draw(context, arguments),
    }
}

/// What `checked` holds; its findings, printed with the name of the file, where it holds none.
fn or_findings<T>(lang: Lang, file: &Path, checked: Result<T, Vec<Finding>>) -> Result<T> {
    let findings = match checked {
        Ok(value) => return Ok(value),
        Err(findings) => findings,
    };
    let name = file.display().to_string();
    tell(&name, &findings[..findings.len().min(FINDINGS)], lang);
    if findings.len() > FINDINGS {
        let left = findings.len() - FINDINGS;
        let rest = lang.count(left, "lỗi", ["more finding", "more findings"]);
        eprintln!("{}", lang.pick(format!("… và {rest} nữa"), format!("… and {rest}")));
    }
    bail!("{name}: {}", errors(findings.len(), lang))
}
