//! `hailong define`: publishes definition files.

use std::path::PathBuf;

use anyhow::Result;

use crate::cli::context::myself;
use crate::cli::lang::refused;
use crate::cli::{Context, file, findings};
use crate::office::definitions::{self, Sent};
use crate::words::encode::hex;

/// Which files.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Questionnaires, index definitions and composite indices, in any order. An index goes with questionnaires that are published, or
    /// named with it.
    #[arg(required = true)]
    files: Vec<PathBuf>,
}

/// Publishes all of the files, or none where one has errors.
pub(super) fn define(context: &Context, arguments: &Arguments) -> Result<()> {
    let lang = context.lang;
    let sent = arguments.files.iter().map(|path| Ok(Sent::read(file::read(path, lang)?).from_file(&path.display().to_string())));
    let sent = sent.collect::<Result<Vec<_>>>()?;
    let office = context.office_or_new()?;
    let published = office.act(&myself(&office)?, |act| definitions::publish(act, &sent));
    for done in published.map_err(refused)? {
        for warning in &done.warnings {
            eprintln!("{}", findings::line(warning, lang));
        }
        let version = done.version;
        let became = if done.new { lang.pick("đã công bố", "published") } else { lang.pick("đã có", "there already") };
        println!("{} {} {}: {became}, sha256 {}", version.kind.as_str(), version.code, version.version, hex(&version.sha256));
    }
    Ok(())
}
