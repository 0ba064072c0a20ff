//! `hailong key`: API keys.

use anyhow::{Context as _, Result};

use crate::cli::Context;
use crate::cli::context::myself;
use crate::cli::lang::{self, refused};
use crate::office::keys::{self, Answer, Issued, KeyWish};
use crate::office::{Actor, Office, Role};
use crate::words::Lang;

/// What to do with keys.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Makes a key and shows it, once. Two keys of one person are one person wherever two are needed.
    Create {
        /// What people will call it. Of a key that decides it stands for its person too, unless one is named.
        #[arg(long)]
        name: String,
        /// device, collector, agency, statistician, publisher, auditor or admin.
        #[arg(long)]
        role: String,
        /// The unit it is bound to, with all below it: `LIST:CODE`.
        #[arg(long)]
        unit: Option<String>,
        /// Whose it is.
        #[arg(long)]
        person: Option<String>,
        /// For how many days it opens anything; until it is revoked if nothing is said.
        #[arg(long)]
        days: Option<u32>,
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
    let lang = context.lang;
    // The first key is often the first thing that is asked of a new database.
    let office = if matches!(command, Command::Create { .. }) { context.office_or_new()? } else { context.office()? };
    let me = myself(&office)?;
    match command {
        Command::Create { name, role, unit, person, days } => {
            let (told, text) = match create(&office, &me, (name, role), unit.as_deref(), (person.clone(), *days))? {
                Answer::Issued(Issued { text, .. }) => (
                    lang.pick(
                        "Khóa chỉ hiện một lần và không được lưu ở đâu. Gửi kèm yêu cầu: Authorization: Bearer KHÓA".to_owned(),
                        "This is shown once and stored nowhere. Send it as: Authorization: Bearer KEY".to_owned(),
                    ),
                    text,
                ),
                Answer::Proposed { proposal, half } => (halved(proposal.id, lang), half),
            };
            eprintln!("{told}");
            println!("{text}");
        }
        Command::List => {
            let (listed, persons) = office.look(&me, |look| Ok((keys::list(look)?, keys::persons(look)?))).map_err(refused)?;
            for key in listed {
                let state = if key.revoked_at.is_some() {
                    lang.pick("đã thu hồi", "revoked")
                } else if key.expires_at.is_some_and(|expires_at| expires_at <= office.now()) {
                    lang.pick("hết hạn", "expired")
                } else {
                    lang.pick("còn dùng", "valid")
                };
                let owner = key.person_id.and_then(|id| persons.get(&id)).filter(|owner| **owner != key.name);
                let owner = owner.map(|owner| format!("  ({owner})")).unwrap_or_default();
                println!("{:>4}  {:<12}  {:<10}  {}{owner}", key.id, key.role, state, key.name);
            }
        }
        Command::Revoke { id } => {
            let key = office.act(&me, |act| keys::revoke(act, *id)).map_err(refused)?;
            let (id, name) = (key.id, key.name);
            println!("{}", lang.pick(format!("đã thu hồi khóa {id} ({name})"), format!("key {id} ({name}) is revoked")));
        }
    }
    Ok(())
}

/// Makes a key, or proposes one.
fn create(
    office: &Office,
    me: &Actor,
    (name, role): (&str, &str),
    unit: Option<&str>,
    (person, days): (Option<String>, Option<u32>),
) -> Result<Answer> {
    let role = role_named(role)?;
    let unit = unit.map(unit_named).transpose()?;
    let wish = KeyWish { name: name.to_owned(), role, unit, person, days };
    office.act(me, |act| keys::issue(act, &wish)).map_err(refused)
}

pub(super) fn unit_named(name: &str) -> Result<(String, String)> {
    let (list, code) = name.split_once(':').with_context(|| {
        let vi = format!("“{name}” không phải là một đơn vị: hãy viết DANH_MỤC:MÃ, như vn-34:48");
        lang::chosen().pick(vi, format!("“{name}” is not a unit: write LIST:CODE, such as vn-34:48"))
    })?;
    Ok((list.to_owned(), code.to_owned()))
}

/// The role of a name.
pub(super) fn role_named(role: &str) -> Result<Role> {
    Role::parse(role).with_context(|| {
        let names: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
        let names = names.join(", ");
        lang::chosen().pick(
            format!("không có vai trò “{role}”: hãy dùng một trong {names}"),
            format!("there is no role “{role}”: use one of {names}"),
        )
    })
}

/// What is said beside the first half of a text that two persons issue.
pub(super) fn halved(proposal: i32, lang: Lang) -> String {
    lang.pick(
        format!("Đề nghị {proposal}: một người khác phải xác nhận và trao nửa sau. Đây là nửa đầu, chỉ hiện một lần"),
        format!("Proposal {proposal}: another person must confirm it and give the second half. This is the first, shown once"),
    )
}
