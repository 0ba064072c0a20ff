//! Editions: what was published, named for good.

use serde_json::Value;
use uuid::Uuid;

use super::runs::{Described, release};
use super::{Act, Action, Actor, Code, Look, Refusal};
use crate::jobs::load;
use crate::publication::disclosure::{Extent, Rule};
use crate::publication::{CompositeManifest, Manifest, composite_public_manifest, public_manifest};
use crate::store::editions::{self, Edition, EditionState};
use crate::store::runs::{self, Run, RunState};
use crate::store::schemas::{self, IndexKind};
use crate::store::{disclosure, waves};
use crate::words::Finding;

/// Whether somebody may know of an edition. One that was withdrawn after publication stays known: people have quoted it.
#[must_use]
pub fn is_known(edition: &Edition, actor: &Actor) -> bool {
    match edition.state {
        EditionState::Published => true,
        EditionState::Withdrawn => edition.published_at.is_some() || actor.can(Action::ReadRuns),
        EditionState::Embargoed => actor.can(Action::ReadRuns) || actor.can(Action::ReadOwnEmbargoed),
    }
}

/// The editions that the actor may know of, the latest first.
///
/// # Errors
/// Those of the store.
pub fn list(look: &mut Look<'_>) -> Result<Vec<Edition>, Refusal> {
    let actor = look.actor;
    Ok(editions::list(look.db, None)?.into_iter().filter(|edition| is_known(edition, actor)).collect())
}

/// What everybody is told of how an edition was made.
#[derive(Debug)]
pub struct Told {
    /// The edition.
    pub edition: Edition,
    /// The run that it shows.
    pub run: Run,
    /// SHA-256 of what everybody sees; none where nothing of it was settled.
    pub digest: Option<[u8; 32]>,
    /// What it was made of.
    pub manifest: Option<Value>,
}

/// An edition with what is told of how it was made. The run's own manifest and digest are the office's.
///
/// # Errors
/// `not-found`.
pub fn told(look: &mut Look<'_>, code: &str) -> Result<Told, Refusal> {
    let (edition, run) = get(look, code)?;
    let text = run.manifest.as_deref();
    if run.kind == IndexKind::Composite {
        let row = schemas::index_by_id(look.db, run.index_version_id)?;
        let definition = load::composite_of_run(look.db, &run, &row)?;
        let settled = disclosure::of_run(look.db, run.id)?;
        let hides = settled.as_ref().is_none_or(|settled| settled.extent.hidden() > 0);
        let manifest = text.and_then(|manifest| serde_json::from_str::<CompositeManifest>(manifest).ok());
        let manifest = manifest.map(|manifest| composite_public_manifest(&manifest, definition.publication(), hides));
        return Ok(Told { edition, digest: settled.map(|settled| settled.digest), run, manifest });
    }
    let definition = load::index(&schemas::index_by_id(look.db, run.index_version_id)?)?;
    let rule = Rule { people: i64::from(definition.min_n()), decimals: definition.decimals() };
    let manifest = text.and_then(|manifest| serde_json::from_str::<Manifest>(manifest).ok());
    let digest = disclosure::of_run(look.db, run.id)?.map(|settled| settled.digest);
    Ok(Told { edition, digest, run, manifest: manifest.map(|manifest| public_manifest(&manifest, rule)) })
}

/// An edition with the run that it shows.
///
/// # Errors
/// `not-found`.
pub fn get(look: &mut Look<'_>, code: &str) -> Result<(Edition, Run), Refusal> {
    let actor = look.actor;
    let edition = editions::find(look.db, code)?.filter(|edition| is_known(edition, actor)).ok_or_else(Refusal::not_found)?;
    let run = runs::get(look.db, edition.run_id)?;
    Ok((edition, run))
}

/// The name of a run's edition: the one it has, or the one it would get now.
///
/// The edition of a survey's index is named after its wave, such as `sipas-2024.1`; that of a composite index after the index and its
/// version, such as `pci@2025.1`. No code of a wave holds an `@`, so the two never meet. The number counts the editions of the same wave,
/// or index and version, and goes on where a name of before was taken already.
///
/// # Errors
/// Those of the store.
pub fn name(look: &mut Look<'_>, run: &Run) -> Result<String, Refusal> {
    if let Some(edition) = editions::of_run(look.db, run.id)? {
        return Ok(edition.code);
    }
    let all = editions::list(look.db, None)?;
    let index = schemas::index_by_id(look.db, run.index_version_id)?;
    let (base, earlier) = match run.kind {
        IndexKind::Survey => {
            let wave = waves::by_id(look.db, run.wave()?)?.code;
            let earlier = all.iter().filter(|edition| edition.wave_code.as_ref() == Some(&wave)).count();
            (wave, earlier)
        }
        IndexKind::Composite => {
            let same = |edition: &&Edition| edition.index_code == index.code && edition.index_version == index.version;
            (format!("{}@{}", index.code, index.version), all.iter().filter(same).count())
        }
    };
    let free = |name: &String| !all.iter().any(|edition| edition.code == *name);
    let names = (earlier + 1..=earlier + 1 + all.len()).map(|number| format!("{base}.{number}"));
    // Of so many names more than there are editions, one is free.
    names.into_iter().find(free).ok_or_else(|| Refusal::internal("no name of an edition is free"))
}

/// Refuses another name than the edition's, for one who types it to show that he knows what he publishes.
pub(super) fn check_name(typed: Option<&str>, name: &str) -> Result<(), Refusal> {
    let Some(typed) = typed.filter(|typed| *typed != name) else { return Ok(()) };
    let (vi, en) = (format!("Ấn bản này mang tên {name}, không phải {typed}"), format!("The edition is {name}, not {typed}"));
    Err(Refusal::because(Code::BodyInvalid, Finding::error("/edition", "other-edition", vi, en)))
}

/// Gives an approved run its edition ahead of publication, for agencies to see their own scores.
pub(super) fn embargo(act: &mut Act<'_>, run: &Run) -> Result<Edition, Refusal> {
    let (name, now) = (name(act, run)?, act.now);
    Ok(editions::embargo(act.db, run.id, &name, now)?)
}

/// The name of the edition that a run has, if it has one.
///
/// # Errors
/// Those of the store.
pub fn of_run(look: &mut Look<'_>, id: Uuid) -> Result<Option<String>, Refusal> {
    look.may(Action::ReadRuns)?;
    Ok(editions::of_run(look.db, id)?.map(|edition| edition.code))
}

/// What publishing a run would make public.
#[derive(Debug)]
pub struct Proposal {
    /// The run.
    pub described: Described,
    /// The name of its edition.
    pub edition: String,
    /// How much of it is hidden.
    pub extent: Extent,
}

/// Tells what publishing a run would make public, and under which name.
///
/// # Errors
/// `not-found`, `wrong-state` for a run that is not approved, `not-settled`.
pub fn propose(look: &mut Look<'_>, id: Uuid) -> Result<Proposal, Refusal> {
    look.may(Action::Publish)?;
    let described = super::runs::get(look, id)?;
    let run = &described.run;
    if run.state != RunState::Approved {
        return Err(Refusal::new(Code::WrongState)
            .with("state", run.state.as_str())
            .detail("Chỉ công bố được lần tính đã duyệt", "Only a run that was approved can be published"));
    }
    let edition = name(look, run)?;
    let extent = release::settled(look, run)?.extent;
    Ok(Proposal { described, edition, extent })
}
