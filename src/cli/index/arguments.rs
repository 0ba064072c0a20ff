//! What can be asked of a composite index: a verb each.

use std::path::PathBuf;

use uuid::Uuid;

use super::{runs, series, target};
use crate::cli::lang;
use crate::composite::uncertainty::{Method, Options};
use crate::schema::composite::TargetKind;

/// A verb; without one, the scores.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(in crate::cli) struct Arguments {
    #[command(subcommand)]
    pub(super) verb: Option<Verb>,
    #[command(flatten)]
    pub(super) scores: Scores,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Verb {
    /// Scores, ranks, stages and contributions; what is shown without a verb.
    Scores(Scores),
    /// Why a unit has its score: contributions, points lost and who answers for them, distance from the best, change since the last
    /// edition in which it has one.
    Explain(Explain),
    /// Intervals of every score and rank, from the standard errors in the table.
    Uncertainty(Uncertainty),
    /// Rank ranges over the choices in a file of factors, and the share of each factor in the spread.
    Sensitivity(Sensitivity),
    /// Editions on one list of units (vn-64, vn-63, vn-34): units that merged are rebuilt from their parts.
    Series(Series),
    /// How the parts of the index hang together: statistics of every node, Cronbach's alpha, correlations with the node above,
    /// effective weights.
    Coherence(Coherence),
}

/// Where the index and its data come from.
#[derive(Debug, clap::Args)]
pub(super) struct From {
    /// The definition of the composite index.
    #[arg(long, required_unless_present = "run_id", requires = "data")]
    pub(super) definition: Option<PathBuf>,
    /// The table of indicators as CSV: a line a value, or a line a unit with a column an indicator.
    #[arg(long, required_unless_present = "run_id", requires = "definition")]
    pub(super) data: Option<PathBuf>,
    /// Instead of files: a finished run of a stored composite index, seen again with what it froze. Intervals are made anew, by the
    /// options given here.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["definition", "data", "runs"])]
    pub(super) run_id: Option<Uuid>,
    /// A run as `hailong run --json` prints it, for leaves that its survey measures; with the edition that takes its values, if it is
    /// not the definition's.
    #[arg(long = "run", value_name = "[EDITION=]FILE", value_parser = runs::parse)]
    pub(super) runs: Vec<runs::RunFile>,
}

/// Which editions are shown.
#[derive(Debug, Clone, Default, clap::Args)]
pub(super) struct Editions {
    /// Every edition of the table, not the definition's alone. Goalposts of several editions take all of them either way.
    #[arg(long)]
    pub(super) panel: bool,
    /// Another edition of the table than the definition's own.
    #[arg(long, conflicts_with = "panel")]
    pub(super) edition: Option<String>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Scores {
    #[command(flatten)]
    pub(super) from: From,
    #[command(flatten)]
    pub(super) editions: Editions,
    /// One unit in full: each indicator from its value to what it adds to the score.
    #[arg(long, conflicts_with = "public")]
    pub(super) unit: Option<String>,
    /// What everybody may see: few answers hidden, only the best so many where the definition says so.
    #[arg(long)]
    pub(super) public: bool,
    /// Everything as JSON, with the data set after each stage.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Explain {
    /// The unit.
    pub(super) unit: String,
    #[command(flatten)]
    pub(super) from: From,
    /// Another edition of the table than the definition's own.
    #[arg(long)]
    pub(super) edition: Option<String>,
    /// What it would take, and how likely it is already. rank:20, score:69.5, rise:5 (ranks), gain:1.5 (points).
    #[arg(long, value_parser = target::parse)]
    pub(super) target: Option<TargetKind>,
    /// The definition of an earlier edition to compare with, where weights or the tree changed; it reads the same table.
    #[arg(long, conflicts_with = "run_id", value_name = "DEFINITION")]
    pub(super) before: Option<PathBuf>,
    /// As JSON.
    #[arg(long)]
    pub(super) json: bool,
}

/// How intervals are made.
#[derive(Debug, clap::Args)]
pub(super) struct Intervals {
    /// Covariances of values as CSV: `unit_a,indicator_a,unit_b,indicator_b,covariance[,edition]`.
    #[arg(long, value_name = "FILE")]
    pub(super) covariances: Option<PathBuf>,
    /// The delta method or replicates, whatever the path from values to scores is like.
    #[arg(long, value_parser = method)]
    method: Option<Method>,
    /// The level of intervals. Left out: 0.95.
    #[arg(long, value_parser = level)]
    level: Option<f64>,
    #[command(flatten)]
    pub(super) draws: Draws,
}

/// How many random replicates, and from which seed.
#[derive(Debug, clap::Args)]
pub(super) struct Draws {
    /// Replicates; left out: 1000, or what the factors say.
    #[arg(long, value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
    pub(super) replicates: Option<u32>,
    /// Where random numbers start; the same seed gives the same figures. Left out: 1.
    #[arg(long)]
    seed: Option<u64>,
}

#[derive(Debug, clap::Args)]
pub(super) struct Uncertainty {
    #[command(flatten)]
    pub(super) from: From,
    #[command(flatten)]
    pub(super) editions: Editions,
    #[command(flatten)]
    pub(super) intervals: Intervals,
    /// What everybody may see: no interval of a hidden figure.
    #[arg(long)]
    pub(super) public: bool,
    /// As JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Sensitivity {
    /// The file of factors: the choices to vary.
    pub(super) factors: PathBuf,
    #[command(flatten)]
    pub(super) from: From,
    #[command(flatten)]
    pub(super) editions: Editions,
    #[command(flatten)]
    pub(super) draws: Draws,
    /// What everybody may see: no unit whose score is hidden.
    #[arg(long)]
    pub(super) public: bool,
    /// As JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Series {
    /// The list of units to show all editions on.
    pub(super) geography: String,
    #[command(flatten)]
    pub(super) from: From,
    #[command(flatten)]
    pub(super) editions: Editions,
    /// The denominator by which parts are weighed, such as the population. Left out: equally.
    #[arg(long, value_name = "COLUMN")]
    pub(super) weight: Option<String>,
    /// The list that an edition was made for, where its name and units do not tell it.
    #[arg(long = "list", value_name = "EDITION=LIST", value_parser = series::list)]
    pub(super) lists: Vec<(String, String)>,
    /// Intervals of the scores, by the options below.
    #[arg(long)]
    uncertainty: bool,
    #[command(flatten)]
    intervals: Intervals,
    /// As JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct Coherence {
    #[command(flatten)]
    pub(super) from: From,
    #[command(flatten)]
    pub(super) editions: Editions,
    /// As JSON.
    #[arg(long)]
    pub(super) json: bool,
}

impl Draws {
    pub(super) fn seed(&self) -> u64 {
        self.seed.unwrap_or(1)
    }
}

impl Intervals {
    /// How errors are carried to the nodes.
    pub(super) fn options(&self) -> Options {
        let replicates = self.draws.replicates.unwrap_or(1000) as usize;
        Options { level: self.level.unwrap_or(0.95), method: self.method, replicates, seed: self.draws.seed() }
    }

    /// Whether any option was given.
    fn given(&self) -> bool {
        let Self { covariances, method, level, draws: Draws { replicates, seed } } = self;
        covariances.is_some() || method.is_some() || level.is_some() || replicates.is_some() || seed.is_some()
    }
}

impl Series {
    /// How intervals are made, where they are asked for: by the flag, or by saying how.
    pub(super) fn intervals(&self) -> Option<&Intervals> {
        (self.uncertainty || self.intervals.given()).then_some(&self.intervals)
    }
}

fn method(name: &str) -> Result<Method, String> {
    Method::parse(name).ok_or_else(|| lang::chosen().pick("phải là delta hoặc replicates", "delta or replicates").to_owned())
}

fn level(text: &str) -> Result<f64, String> {
    let level = text.parse().ok().filter(|level: &f64| *level > 0.0 && *level < 1.0);
    level.ok_or_else(|| lang::chosen().pick(format!("“{text}” không nằm giữa 0 và 1"), format!("“{text}” does not lie between 0 and 1")))
}
