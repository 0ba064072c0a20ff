//! The way of a run to publication, by hand: `hailong runs`, `submit`, `approve`, `return`, `publish`, `withdraw`, `cancel`.

use anyhow::{Result, bail};
use uuid::Uuid;

use super::refused;
use crate::cli::context::{Context, myself};
use crate::cli::flag::percent;
use crate::cli::lang;
use crate::office::editions::{self, Proposal};
use crate::office::runs::{self, Described, ListWish, Seen, desk};
use crate::office::{Act, Actor, Office, Refusal};
use crate::publication::disclosure::{Extent, Hidden};
use crate::store::runs::RunState;
use crate::words::Lang;
use crate::words::encode::{hex, rfc3339};

/// A step that somebody takes.
#[derive(Debug)]
pub(in crate::cli) enum Command {
    Submit(Target),
    Approve(Approval),
    Return(Returning),
    Publish(Publication),
    Withdraw(Withdrawal),
    Cancel(Target),
}

/// Which run.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Target {
    /// Its id.
    run: Uuid,
}

/// How to approve.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Approval {
    #[command(flatten)]
    target: Target,
    /// Let agencies see their own scores from now on, under embargo.
    #[arg(long)]
    preview: bool,
}

/// How to publish.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Publication {
    #[command(flatten)]
    target: Target,
    /// The code of the edition, typed as the sign that this and nothing else is to become public. Left out: shows what would be.
    #[arg(long, value_name = "CODE")]
    edition: Option<String>,
}

/// How to send back.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Returning {
    #[command(flatten)]
    target: Target,
    /// Why, for those who made it.
    #[arg(long)]
    reason: String,
}

/// How to take back.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Withdrawal {
    #[command(flatten)]
    target: Target,
    /// Why, for everybody to read.
    #[arg(long)]
    reason: String,
}

/// Which runs to list.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Listed {
    /// Of this wave.
    #[arg(long)]
    wave: Option<String>,
    /// In this state: queued, running, cancelled, failed, draft, submitted, approved, published or withdrawn.
    #[arg(long, value_parser = state)]
    state: Option<RunState>,
    /// So many at most.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=1000))]
    limit: u16,
}

fn state(name: &str) -> Result<RunState, String> {
    RunState::try_from(name).map_err(|_| {
        let known = RunState::NAMES.join(", ");
        lang::chosen().pick(format!("phải là một trong: {known}"), format!("one of {known}"))
    })
}

/// Takes the step, and says in which state the run is after it.
pub(in crate::cli) fn step(context: &Context, command: &Command) -> Result<()> {
    let (office, lang) = (context.office()?, context.lang);
    let me = myself(&office)?;
    match command {
        Command::Submit(target) => take(&office, &me, target, lang, runs::submit),
        Command::Approve(Approval { target, preview }) => take(&office, &me, target, lang, |act, seen| runs::approve(act, seen, *preview)),
        Command::Return(Returning { target, reason }) => take(&office, &me, target, lang, |act, seen| runs::send_back(act, seen, reason)),
        Command::Publish(Publication { target, edition: Some(edition) }) => {
            let proposal = office.look(&me, |look| editions::propose(look, target.run)).map_err(|refusal| refused(lang, &refusal))?;
            // Beside what is printed of the step, which programs read.
            eprintln!("{}: {}", lang.pick("số liệu", "figures"), published(&proposal.extent, lang));
            take(&office, &me, target, lang, |act, seen| runs::publish(act, seen, Some(edition)))
        }
        Command::Publish(Publication { target, edition: None }) => propose(&office, &me, target, lang),
        Command::Withdraw(Withdrawal { target, reason }) => take(&office, &me, target, lang, |act, seen| runs::withdraw(act, seen, reason)),
        Command::Cancel(target) => take(&office, &me, target, lang, runs::cancel),
    }
}

fn take(
    office: &Office,
    me: &Actor,
    target: &Target,
    lang: Lang,
    step: impl FnOnce(&mut Act<'_>, Seen) -> Result<Described, Refusal>,
) -> Result<()> {
    let id = target.run;
    let taken = office.act(me, |act| {
        let revision = runs::revision(act, id)?;
        step(act, Seen { id, revision })
    });
    let taken = taken.map_err(|refusal| refused(lang, &refusal))?;
    let state = word(taken.run.state, lang);
    match office.look(me, |look| editions::of_run(look, id)).map_err(|refusal| refused(lang, &refusal))? {
        Some(edition) => println!("{} {id}: {state} · {} {edition}", lang.pick("lần tính", "run"), lang.pick("ấn bản", "edition")),
        None => println!("{} {id}: {state}", lang.pick("lần tính", "run")),
    }
    Ok(())
}

/// Shows what publishing would make public, and how to do it.
fn propose(office: &Office, me: &Actor, target: &Target, lang: Lang) -> Result<()> {
    let proposal = office.look(me, |look| editions::propose(look, target.run)).map_err(|refusal| refused(lang, &refusal))?;
    let Proposal { described, edition, extent } = proposal;
    let run = &described.run;
    let say = |vi: &str, en: &str, value: &str| println!("{:<12} {value}", lang.pick(vi, en));
    say("lần tính", "run", &format!("{} ({})", run.id, word(run.state, lang)));
    say("chỉ số", "index", &format!("{} {}", described.index, described.version));
    if let Some(wave) = &described.wave {
        say("đợt", "wave", wave);
    }
    say("ấn bản", "edition", &edition);
    say("số liệu", "figures", &published(&extent, lang));
    if let Some(digest) = &run.digest {
        say("mã băm", "digest", &hex(digest));
    }
    for (vi, en, by) in [("người tính", "made by", Some(&run.created_by)), ("người duyệt", "approved by", run.approved_by.as_ref())]
    {
        if let Some(by) = by {
            say(vi, en, by);
        }
    }
    bail!(lang.pick(
        format!("chưa công bố gì: thêm --edition {edition} để công bố"),
        format!("nothing is published yet: --edition {edition} publishes it"),
    ))
}

/// How many figures there are, how many nobody would see and by which rule, and how many stand as they were.
pub(in crate::cli) fn published(extent: &Extent, lang: Lang) -> String {
    let Extent { figures, by_rule, carried } = extent;
    let hidden = extent.hidden();
    let share = percent(hidden, *figures);
    let mut said =
        lang.pick(format!("{figures}, trong đó {hidden} không công bố ({share})"), format!("{figures}, {hidden} of them hidden ({share})"));
    for (rule, number) in by_rule {
        let reason = Hidden::parse(rule).map(Hidden::said);
        said += &reason.map_or(String::new(), |reason| format!("\n{:<12} {number}: {}", "", lang.pick(reason.vi, reason.en)));
    }
    if *carried > 0 {
        said += &lang.pick(
            format!("\n{:<12} {carried} giữ nguyên như ấn bản trước: quá ít phiếu thay đổi", ""),
            format!("\n{:<12} {carried} stand as in the edition before: too few answers changed", ""),
        );
    }
    said
}

/// Prints the runs, the newest first.
pub(in crate::cli) fn list(context: &Context, arguments: &Listed) -> Result<()> {
    let (office, lang) = (context.office()?, context.lang);
    let me = myself(&office)?;
    let wish = ListWish { wave: arguments.wave.clone(), state: arguments.state, before: None, limit: i64::from(arguments.limit) };
    let rows = office.look(&me, |look| runs::list(look, &wish)).map_err(|refusal| refused(lang, &refusal))?;
    if rows.is_empty() {
        println!("{}", lang.pick("chưa có lần tính nào", "there are no runs"));
    }
    for row in rows {
        let Described { run, index, version, wave, .. } = row;
        let of = wave.map(|wave| format!(" · {wave}")).unwrap_or_default();
        println!("{}  {:<12} {}  {index} {version}{of}  {}", run.id, word(run.state, lang), rfc3339(run.created_at), run.created_by);
    }
    Ok(())
}

/// A state in a word.
pub(in crate::cli) fn word(state: RunState, lang: Lang) -> String {
    desk::word(state).pick(lang).to_owned()
}
