//! `hailong key`: API keys.

use anyhow::{Context as _, Result, bail};

use crate::cli::Context;
use crate::cli::context::{note, now, operator};
use crate::http::auth::NewSecret;
use crate::jobs::load;
use crate::office::Role;
use crate::store::Db;
use crate::store::keys::{self, NewKey};

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
    let store = context.open()?;
    match command {
        Command::Create { name, role, unit } => {
            let secret = store.write(|db| create(db, name, role, unit.as_deref()))?;
            eprintln!("This is shown once and stored nowhere. Send it as: Authorization: Bearer KEY");
            println!("{secret}");
        }
        Command::List => {
            for key in store.read(|db| -> Result<_> { Ok(keys::list(db)?) })? {
                let state = if key.revoked_at.is_some() { "revoked" } else { "valid" };
                println!("{:>4}  {:<12}  {:<7}  {}", key.id, key.role, state, key.name);
            }
        }
        Command::Revoke { id } => {
            store.write(|db| -> Result<()> {
                let key = keys::revoke(db, *id, now())?;
                note(db, "key.revoke", &key.id.to_string())?;
                println!("key {} ({}) is revoked", key.id, key.name);
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// Makes a key; returns its text.
pub(super) fn create(db: &mut Db, name: &str, role: &str, unit: Option<&str>) -> Result<String> {
    let Some(role) = Role::parse(role) else {
        let names: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
        bail!("{role:?} is no role: use one of {}", names.join(", "))
    };
    let unit_id = unit.map(|name| unit_named(db, name)).transpose()?;
    let secret = NewSecret::generate().map_err(|error| anyhow::anyhow!("the system gives no randomness: {error}"))?;
    let new = NewKey {
        name: name.to_owned(),
        role: role.as_str().to_owned(),
        hash: secret.hash,
        unit_id,
        created_at: now(),
        created_by: operator(),
    };
    let key = keys::create(db, &new)?;
    note(db, "key.create", &key.id.to_string())?;
    Ok(secret.text)
}

fn unit_named(db: &mut Db, name: &str) -> Result<i32> {
    let (list, code) = name.split_once(':').with_context(|| format!("{name:?} names no unit: write LIST:CODE, such as vn-34:48"))?;
    let units = load::registry(db)?;
    units.find(list, code, None).map(|unit| unit.id.0).with_context(|| format!("the list {list} has no unit {code}"))
}
