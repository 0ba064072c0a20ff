//! `hailong key`: API keys.

use anyhow::{Context as _, Result, bail};

use crate::cli::Context;
use crate::cli::context::myself;
use crate::cli::lang::refused;
use crate::office::keys::{self, KeyWish};
use crate::office::{Actor, Office, Role};

/// What to do with keys.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Makes a key and shows it, once.
    Create {
        /// What people will call it.
        #[arg(long)]
        name: String,
        /// device, collector, agency, statistician, publisher, auditor or admin.
        #[arg(long)]
        role: String,
        /// The unit it is bound to, with all below it: `LIST:CODE`.
        #[arg(long)]
        unit: Option<String>,
    },
    /// Lists the keys; their secrets are not stored.
    List,
    /// Revokes a key.
    Revoke {
        /// Its number.
        id: i32,
    },
}

/// Does it.
pub(super) fn key(context: &Context, command: &Command) -> Result<()> {
    let office = context.office()?;
    let me = myself(&office)?;
    match command {
        Command::Create { name, role, unit } => {
            let text = create(&office, &me, name, role, unit.as_deref())?;
            eprintln!("This is shown once and stored nowhere. Send it as: Authorization: Bearer KEY");
            println!("{text}");
        }
        Command::List => {
            for key in office.look(&me, keys::list).map_err(refused)? {
                let state = if key.revoked_at.is_some() { "revoked" } else { "valid" };
                println!("{:>4}  {:<12}  {:<7}  {}", key.id, key.role, state, key.name);
            }
        }
        Command::Revoke { id } => {
            let key = office.act(&me, |act| keys::revoke(act, *id)).map_err(refused)?;
            println!("key {} ({}) is revoked", key.id, key.name);
        }
    }
    Ok(())
}

/// Makes a key; returns its text.
pub(super) fn create(office: &Office, me: &Actor, name: &str, role: &str, unit: Option<&str>) -> Result<String> {
    let Some(role) = Role::parse(role) else {
        let names: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
        bail!("{role:?} is no role: use one of {}", names.join(", "))
    };
    let unit = unit.map(unit_named).transpose()?;
    let wish = KeyWish { name: name.to_owned(), role, unit };
    Ok(office.act(me, |act| keys::issue(act, &wish)).map_err(refused)?.text)
}

fn unit_named(name: &str) -> Result<(String, String)> {
    let (list, code) = name.split_once(':').with_context(|| format!("{name:?} names no unit: write LIST:CODE, such as vn-34:48"))?;
    Ok((list.to_owned(), code.to_owned()))
}
