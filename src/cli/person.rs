//! `hailong person`: who may log in.

use std::io::{BufRead as _, IsTerminal as _};

use anyhow::{Context as _, Result, bail};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use super::key::{role_named, unit_named};
use crate::cli::Context;
use crate::cli::context::myself;
use crate::cli::lang::refused;
use crate::office::persons::{self, EnrolWish, Enrolled, Invitation, InviteWish};
use crate::words::Lang;

/// What to do with persons.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Invites a person, or gives them other roles; prints the code with which they enrol themselves, once.
    Add {
        /// What people call them, which they log in by.
        #[arg(long)]
        name: String,
        /// A role that they may log in as: collector, agency, statistician, publisher, auditor or admin. Several may be named.
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
        /// The unit that they are bound to, with all below it: `LIST:CODE`.
        #[arg(long)]
        unit: Option<String>,
    },
    /// Lists the persons.
    List,
    /// Ends what a person may do: their keys and sessions open nothing any more.
    Disable {
        /// Their name.
        name: String,
    },
    /// Enrols with the code of the invitation: asks for it and for a password, and prints what an authenticator needs.
    Enrol {
        /// One's name.
        name: String,
    },
}

/// Does it.
pub(super) fn person(context: &Context, command: &Command) -> Result<()> {
    let lang = context.lang;
    let office = if matches!(command, Command::Add { .. }) { context.office_or_new()? } else { context.office()? };
    if let Command::Enrol { name } = command {
        let code = asked(lang.pick("Mã mời: ", "Code of the invitation: "))?;
        let password = asked(lang.pick("Mật khẩu: ", "Password: "))?;
        let wish = EnrolWish { login: name.clone(), code, password };
        let Enrolled { secret, address } = persons::enrol(&office, &wish).map_err(refused)?;
        let vi = "Đưa vào ứng dụng xác thực; chỉ hiện một lần. Lần đăng nhập đầu xác nhận việc này";
        eprintln!("{}", lang.pick(vi, "For an authenticator, shown once. The first login confirms it"));
        println!("{secret}\n{address}");
        return Ok(());
    }
    let me = myself(&office)?;
    match command {
        Command::Add { name, roles, unit } => {
            let roles = roles.iter().map(|role| role_named(role)).collect::<Result<Vec<_>>>()?;
            let unit = unit.as_deref().map(unit_named).transpose()?;
            let wish = InviteWish { name: name.clone(), roles, unit };
            let (told, code) = match office.act(&me, |act| persons::invite(act, &wish)).map_err(refused)? {
                Invitation::Sent { code, .. } => (
                    lang.pick(
                        "Mã mời, chỉ hiện một lần, dùng trong ba ngày: hailong person enrol TÊN".to_owned(),
                        "The code of the invitation, shown once, for three days: hailong person enrol NAME".to_owned(),
                    ),
                    code,
                ),
                Invitation::Proposed { proposal, half } => (super::key::halved(proposal.id, lang), half),
            };
            eprintln!("{told}");
            println!("{code}");
        }
        Command::List => {
            for person in office.look(&me, persons::list).map_err(refused)? {
                let state =
                    if person.disabled_at.is_some() { lang.pick("ngừng", "disabled") } else { lang.pick("còn quyền", "active") };
                println!("{:>4}  {:<10}  {}  {}", person.id, state, person.name, person.roles);
            }
        }
        Command::Disable { name } => {
            let known = office.look(&me, persons::list).map_err(refused)?;
            let login = crate::store::people::login;
            let Some(found) = known.into_iter().find(|person| login(&person.login) == login(name)) else {
                bail!("{}", lang.pick(format!("không có người nào tên “{name}”"), format!("there is no person “{name}”")))
            };
            let person = office.act(&me, |act| persons::disable(act, found.id)).map_err(refused)?;
            println!("{}", disabled(&person.name, lang));
        }
        Command::Enrol { .. } => {}
    }
    Ok(())
}

fn disabled(name: &str, lang: Lang) -> String {
    lang.pick(format!("{name} không còn quyền gì"), format!("{name} may do nothing any more"))
}

/// A line that somebody types and nobody reads over the shoulder; from a file or a pipe, the next line of it.
fn asked(prompt: &str) -> Result<String> {
    let stdin = std::io::stdin();
    let terminal = stdin.is_terminal();
    let before = if terminal { Some(tcgetattr(&stdin)?) } else { None };
    if let Some(before) = &before {
        eprintln!("{prompt}");
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(&stdin, OptionalActions::Flush, &silent)?;
    }
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line);
    if let Some(before) = &before {
        tcsetattr(&stdin, OptionalActions::Flush, before)?;
    }
    read.context("stdin")?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}
