//! A run beside the edition that was published last: what its publisher looks at before he decides.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::{Asked, CompositePage, CompositeWish, ScoresPage, ScoresWish, composite_scores, scores};
use crate::jobs::load;
use crate::office::{Action, Look, Refusal};
use crate::publication::disclosure::{CompositeFigure, Figure, Seen};
use crate::store::editions::{self, Edition, EditionState};
use crate::store::runs::{self, Run};
use crate::store::schemas::{self, IndexKind};

/// So many figures are held against each other at most: those of one node.
const MOST: usize = 20_000;

/// A figure before and now; one of them may be missing.
#[derive(Debug)]
pub struct Pair<F> {
    /// As the edition has it.
    pub before: Option<Seen<F>>,
    /// As the run has it.
    pub now: Option<Seen<F>>,
}

/// A run beside an edition, at the root of the index.
#[derive(Debug)]
pub struct Against<F, P> {
    /// The code of the edition.
    pub edition: String,
    /// Whether the run was computed with that edition's run as the one before it, so that it holds a test of each change.
    pub tested: bool,
    /// Whether index and version are the same, so that the figures mean the same.
    pub same_version: bool,
    /// The figures, in the run's order; what only the edition has comes last.
    pub pairs: Vec<Pair<F>>,
    /// The run's page: definition and units.
    pub page: P,
}

/// The edition that a run of a survey's index follows: of the same wave if there is one, else the last of the index. None: it would be the
/// first.
///
/// # Errors
/// 401, 403, `not-found`, `wrong-state` before it is done.
pub fn against(look: &mut Look<'_>, id: Uuid) -> Result<Option<Against<Figure, ScoresPage>>, Refusal> {
    let (run, Some(edition)) = before(look, id)? else { return Ok(None) };
    let root = root_of(look, &run)?;
    let wish = |id: Uuid| ScoresWish { of: Asked::run(id), node: root.clone(), limit: MOST, ..ScoresWish::default() };
    let mut page = scores(look, &wish(run.id))?;
    let earlier = scores(look, &wish(edition.run_id));
    let earlier = earlier.map(|page| page.items).unwrap_or_default(); // another version may have another root
    let key = |figure: &Seen<Figure>| figure.domain.clone();
    let pairs = pairs(std::mem::take(&mut page.items), earlier, key);
    Ok(Some(Against {
        tested: run.since == Some(edition.run_id),
        same_version: edition.index_version == page.origin.version,
        edition: edition.code,
        pairs,
        page,
    }))
}

/// The same of a composite index: the year of its definition beside the year of that edition's.
///
/// # Errors
/// Those of [`against`].
pub fn composite_against(look: &mut Look<'_>, id: Uuid) -> Result<Option<Against<CompositeFigure, CompositePage>>, Refusal> {
    let (run, Some(edition)) = before(look, id)? else { return Ok(None) };
    let mut of_run = |id: Uuid| {
        let index = runs::get(look.db, id)?.index_version_id;
        let definition = load::composite(&schemas::index_by_id(look.db, index)?)?;
        let node = definition.nodes().first().map(|node| node.code().to_owned());
        let mut page = composite_scores(look, &CompositeWish { of: Asked::run(id), node, limit: MOST, ..CompositeWish::default() })?;
        page.items.retain(|figure| figure.edition == definition.edition());
        Ok::<_, Refusal>(page)
    };
    let (mut page, earlier) = (of_run(run.id)?, of_run(edition.run_id)?.items);
    let pairs = pairs(std::mem::take(&mut page.items), earlier, |figure| figure.unit.clone());
    let same_version = edition.index_version == page.origin.version;
    Ok(Some(Against { tested: false, same_version, edition: edition.code, pairs, page }))
}

/// The root of a run's index.
///
/// # Errors
/// 401, 403, `not-found`.
pub fn root(look: &mut Look<'_>, id: Uuid) -> Result<Option<String>, Refusal> {
    look.may(Action::ReadRuns)?;
    let run = runs::get(look.db, id)?;
    root_of(look, &run)
}

fn root_of(look: &mut Look<'_>, run: &Run) -> Result<Option<String>, Refusal> {
    let index = schemas::index_by_id(look.db, run.index_version_id)?;
    Ok(match run.kind {
        IndexKind::Survey => load::index(&index)?.tree().first().map(|node| node.code().to_owned()),
        IndexKind::Composite => load::composite(&index)?.nodes().first().map(|node| node.code().to_owned()),
    })
}

/// The run, and the edition that it follows.
fn before(look: &mut Look<'_>, id: Uuid) -> Result<(Run, Option<Edition>), Refusal> {
    look.may(Action::ReadRuns)?;
    let run = runs::get(look.db, id)?;
    let index = schemas::index_by_id(look.db, run.index_version_id)?;
    let wave = match run.wave_id {
        Some(wave) => Some(crate::store::waves::by_id(look.db, wave)?.code),
        None => None,
    };
    let until = run.published_at.unwrap_or(i64::MAX);
    let follows = |edition: &Edition| {
        edition.index_code == index.code && edition.run_id != id && edition.published_at.is_some_and(|published| published <= until)
    };
    let published = editions::list(look.db, Some(EditionState::Published))?.into_iter().filter(follows);
    let last = published.max_by_key(|edition| (wave.is_some() && edition.wave_code == wave, edition.published_at, edition.id));
    Ok((run, last))
}

/// Figures before and now, by what they are of.
fn pairs<F, K: Ord>(now: Vec<Seen<F>>, before: Vec<Seen<F>>, key: impl Fn(&Seen<F>) -> K) -> Vec<Pair<F>> {
    let mut earlier: BTreeMap<K, Seen<F>> = before.into_iter().map(|figure| (key(&figure), figure)).collect();
    let mut pairs: Vec<Pair<F>> = Vec::with_capacity(now.len());
    for figure in now {
        pairs.push(Pair { before: earlier.remove(&key(&figure)), now: Some(figure) });
    }
    pairs.extend(earlier.into_values().map(|figure| Pair { before: Some(figure), now: None }));
    pairs
}
