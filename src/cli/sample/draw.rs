//! `hailong sample draw`: a sample from a frame, a plan and a seed.

use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};

use super::{or_findings, read};
use crate::cli::Context;
use crate::design::plan::{Protocol, SamplingFrame, SamplingPlan, Tables, draw_sample};

/// What to draw from.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Arguments {
    /// The frame: CSV with a row for each of the smallest units on a list.
    #[arg(long)]
    frame: PathBuf,
    /// The plan: JSON that says what is drawn in each stage (`docs/examples/sampling`).
    #[arg(long)]
    plan: PathBuf,
    /// The seed; best one that nobody could choose, such as a lottery's numbers on a day named before.
    #[arg(long)]
    seed: u64,
    /// The folder for the results; made if it is not there.
    #[arg(long)]
    out: PathBuf,
    /// Overwrite the results of an earlier draw.
    #[arg(long)]
    force: bool,
}

/// Draws, writes every result and says what became of it.
pub(super) fn draw(context: &Context, arguments: &Arguments) -> Result<()> {
    let plan = or_findings(context.lang, &arguments.plan, SamplingPlan::parse(&read(&arguments.plan)?))?;
    let frame = or_findings(context.lang, &arguments.frame, SamplingFrame::read(&read(&arguments.frame)?, &plan))?;
    let sample = or_findings(context.lang, &arguments.plan, draw_sample(&plan, &frame, arguments.seed))?;
    let tables = Tables::of(&plan, &sample)?;
    let protocol = Protocol::of(&plan, &frame, &sample);
    let results = [
        ("sample.csv", tables.sample),
        ("psus.csv", tables.psus),
        ("respondents.csv", tables.respondents),
        ("fieldwork.csv", tables.fieldwork),
        ("protocol.txt", protocol.to_string()),
        ("protocol.json", serde_json::to_string_pretty(&protocol)? + "\n"),
    ];
    std::fs::create_dir_all(&arguments.out).with_context(|| format!("cannot make the folder {}", arguments.out.display()))?;
    let there: Vec<&str> = results.iter().map(|(name, _)| *name).filter(|name| arguments.out.join(name).exists()).collect();
    if !there.is_empty() && !arguments.force {
        bail!("{} has {} already: name another folder, or --force", arguments.out.display(), there.join(", "));
    }
    for (name, text) in results {
        let path = arguments.out.join(name);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    print(&protocol, arguments);
    Ok(())
}

fn print(protocol: &Protocol, arguments: &Arguments) {
    for stage in &protocol.stages {
        println!(
            "{}: {} of {} in {} parents ({}), {} with certainty",
            stage.level, stage.sampled, stage.population, stage.parents, stage.method, stage.certain
        );
    }
    for short in &protocol.shortfalls {
        println!("{} of {}: all {} taken, {} were wanted", short.level, short.parent, short.population, short.wanted);
    }
    println!(
        "{} in the sample, {} substitutes; weights add up to {:.1} of {}",
        protocol.sampled, protocol.substitutes, protocol.sum_of_weights, protocol.population
    );
    println!("seed {}, frame sha256 {}: see protocol.txt in {}", protocol.seed, protocol.frame.sha256, arguments.out.display());
}
