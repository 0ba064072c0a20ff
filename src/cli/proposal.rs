//! `hailong proposal`: what one person asks for and another confirms.

use anyhow::Result;

use crate::cli::Context;
use crate::cli::context::myself;
use crate::cli::lang::refused;
use crate::office::proposals::{self, Confirmed, ListWish};
use crate::store::proposals::ProposalState;
use crate::words::encode::rfc3339;

/// What to do with proposals.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Lists what is proposed, the latest first.
    List {
        /// Also what was decided.
        #[arg(long)]
        all: bool,
    },
    /// Confirms what another person proposed: it is done with that.
    Confirm {
        /// Its number.
        id: i32,
    },
    /// Rejects a proposal; whoever made it may take it back.
    Reject {
        /// Its number.
        id: i32,
    },
}

/// Does it.
pub(super) fn proposal(context: &Context, command: &Command) -> Result<()> {
    let (office, lang) = (context.office()?, context.lang);
    let me = myself(&office)?;
    match command {
        Command::List { all } => {
            let state = (!all).then_some(ProposalState::Open);
            let wish = ListWish { state, before: None, limit: 1_000 };
            for row in office.look(&me, |look| proposals::list(look, &wish)).map_err(refused)? {
                let (kind, by, at) = (row.kind.as_str(), row.proposed_by, rfc3339(row.proposed_at));
                println!("{:>4}  {:<16}  {:<9}  {}  {at}  {by}  {}", row.id, kind, row.state.as_str(), row.object, row.reason);
            }
        }
        Command::Confirm { id } => {
            let Confirmed { proposal, half } = office.act(&me, |act| proposals::confirm(act, *id)).map_err(refused)?;
            let (kind, object) = (proposal.kind.as_str(), &proposal.object);
            if half.is_some() {
                let vi = "Nửa sau, chỉ hiện một lần: trao cho người đó, người đề nghị trao nửa đầu";
                eprintln!("{}", lang.pick(vi, "The second half, shown once: give it to that person; who proposed it gives the first"));
            }
            println!(
                "{}",
                half.unwrap_or_else(|| lang.pick(format!("đã xác nhận {kind} {object}"), format!("{kind} {object} is confirmed")))
            );
        }
        Command::Reject { id } => {
            let row = office.act(&me, |act| proposals::reject(act, *id)).map_err(refused)?;
            let (kind, object) = (row.kind.as_str(), row.object);
            println!("{}", lang.pick(format!("đã từ chối {kind} {object}"), format!("{kind} {object} is rejected")));
        }
    }
    Ok(())
}
