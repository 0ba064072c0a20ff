//! What the office tells an agency of its own unit, in one edition and in all of them.

use std::sync::Arc;

use crate::composite::explain::{Explanation, Outlook};
use crate::office::figures::{self, Asked, ExplainWish, Explained, Lost, ScoresWish};
use crate::office::{Action, Code, Look, Refusal, editions};
use crate::pages::public::profile::{Profile, profile, wish_of};
use crate::pages::public::sheet::{self, Mark, Place, Shown, Source};
use crate::publication::disclosure::{Figure, Seen};
use crate::schema::Text;
use crate::schema::composite::TargetKind;
use crate::store::editions::{Edition, EditionState};
use crate::unit::{Registry, UnitId, UnitRecord};

/// So many editions are looked through, the newest first.
const EDITIONS: usize = 40;

/// What is asked for.
#[derive(Debug, Clone, Default)]
pub(super) struct Wish {
    /// The code of an edition; the newest with a figure of one's own if nothing is said.
    pub(super) edition: Option<String>,
    /// The code of a unit within one's own.
    pub(super) unit: Option<String>,
}

/// One's own unit in every edition that has a figure of it.
pub(super) struct Own {
    /// The unit that the account is bound to.
    pub(super) unit: UnitRecord,
    /// The editions, the newest first.
    pub(super) lines: Vec<Line>,
    /// The one that is shown.
    pub(super) picked: Option<Picked>,
}

/// An edition in a line.
pub(super) struct Line {
    pub(super) edition: Edition,
    pub(super) title: Text,
    pub(super) mark: Mark,
    pub(super) decimals: u8,
    pub(super) ranked: Option<usize>,
}

/// A unit in an edition.
pub(super) struct Picked {
    pub(super) edition: Edition,
    pub(super) shown: Shown,
    pub(super) place: Place,
    /// The other units of one's own, with their figures.
    pub(super) others: Vec<Place>,
    pub(super) profile: Profile,
    pub(super) of: OfKind,
}

/// What there is besides, by the kind of index.
pub(super) enum OfKind {
    /// Where points are lost, and the figure of the index itself.
    Survey { lost: Lost, root: Option<Seen<Figure>> },
    /// Why the unit has its score; or why that is not told.
    Composite { year: String, told: Result<Explanation, Refusal> },
}

impl Picked {
    /// Whether it is not published yet.
    pub(super) fn is_embargoed(&self) -> bool {
        self.edition.state == EditionState::Embargoed
    }

    /// What the node above another is called; none above the first.
    pub(super) fn above(&self, code: &str) -> Option<&Text> {
        let nodes = &self.shown.nodes;
        let at = nodes.iter().position(|node| node.code == code)?;
        let depth = nodes[at].depth.checked_sub(1)?;
        nodes[..at].iter().rev().find(|node| node.depth == depth).map(|node| &node.label)
    }

    /// What a node is called.
    pub(super) fn label(&self, code: &str) -> Option<&Text> {
        self.shown.nodes.iter().find(|node| node.code == code).map(|node| &node.label)
    }
}

/// The unit that the account is bound to, with all units.
pub(super) fn bound(look: &mut Look<'_>, action: Action) -> Result<(UnitId, Arc<Registry>), Refusal> {
    let unit = look.may(action)?.unit.map(UnitId).ok_or_else(|| Refusal::new(Code::UnitForbidden))?;
    Ok((unit, look.units()?))
}

/// Reads all of it.
pub(super) fn gather(look: &mut Look<'_>, wish: &Wish) -> Result<Own, Refusal> {
    let (root, units) = bound(look, Action::ReadOwnEmbargoed)?;
    let is_own = |id: UnitId| units.is_within(id, root);
    let unit = units.get(root).map(|unit| unit.record.clone()).ok_or_else(|| Refusal::internal("an account is bound to no unit"))?;
    let (mut lines, mut picked) = (Vec::new(), None);
    let known = editions::list(look)?.into_iter().filter(|edition| edition.state != EditionState::Withdrawn);
    for edition in known.take(EDITIONS) {
        let Some(mut shown) = sheet::own(look, &edition, root, is_own)? else { continue };
        let own = |place: &Place| place.unit.as_ref().is_some_and(|(id, _)| is_own(*id));
        let is_meant = |place: &Place| match &wish.unit {
            Some(code) => place.code == *code,
            None => place.unit.as_ref().is_some_and(|(id, _)| *id == root),
        };
        let mut all: Vec<Place> = shown.places.iter().filter(|place| own(place)).cloned().collect();
        let at = all.iter().position(is_meant).or_else(|| wish.unit.is_none().then_some(0));
        let place = at.map(|at| all.remove(at));
        let mark = place.as_ref().map_or_else(Mark::default, |place| place.mark.clone());
        let (title, decimals, ranked) = (shown.title.clone(), shown.decimals, shown.ranked);
        lines.push(Line { edition: edition.clone(), title, mark, decimals, ranked });
        let asked = wish.edition.as_ref().is_none_or(|code| *code == edition.code);
        if let Some(place) = place.filter(|_| asked && picked.is_none()) {
            shown.places.retain(|place| edition.state == EditionState::Published || own(place));
            picked = Some(pick(look, edition, shown, place, all)?);
        }
    }
    if picked.is_none() && (wish.edition.is_some() || wish.unit.is_some()) {
        let (vi, en) = ("Không có số liệu của đơn vị mình ở đây", "There are no figures of one's own unit here");
        return Err(Refusal::not_found().detail(vi, en));
    }
    Ok(Own { unit, lines, picked })
}

fn pick(look: &mut Look<'_>, edition: Edition, shown: Shown, place: Place, others: Vec<Place>) -> Result<Picked, Refusal> {
    let mut profile = profile(look, &edition.code, &shown, &place)?;
    if edition.state == EditionState::Embargoed {
        // From one's own lowest to one's own highest says nothing.
        profile.ranges.clear();
    }
    let of = match (&shown.source, &shown.domain) {
        (Source::Composite { year, .. }, _) => {
            let told = explain(look, &edition.code, &place, year, None).map(|explained| explained.explanation);
            OfKind::Composite { year: year.clone(), told: in_words(told)? }
        }
        (Source::Survey { .. }, Some(domain)) => {
            let wish = wish_of(&edition.code, domain, &place);
            let lost = figures::lost(look, &wish)?;
            let node = shown.nodes.first().map(|node| node.code.clone());
            OfKind::Survey { lost, root: figures::scores(look, &ScoresWish { node, ..wish })?.items.into_iter().next() }
        }
        (Source::Survey { .. }, None) => OfKind::Survey { lost: Lost::default(), root: None },
    };
    Ok(Picked { edition, shown, place, others, profile, of })
}

/// A refusal that a page tells in words, where it is none of the server's own.
fn in_words<T>(told: Result<T, Refusal>) -> Result<Result<T, Refusal>, Refusal> {
    match told {
        Err(refusal) if refusal.code().status() >= 500 => Err(refusal),
        told => Ok(told),
    }
}

fn explain(look: &mut Look<'_>, edition: &str, place: &Place, year: &str, target: Option<TargetKind>) -> Result<Explained, Refusal> {
    let of = Asked { edition: Some(edition.to_owned()), ..Asked::default() };
    figures::explain(look, &ExplainWish { of, unit: place.code.clone(), year: Some(year.to_owned()), target })
}

/// What a target of a composite index would take; or why that is not told.
pub(super) fn outlook(
    look: &mut Look<'_>,
    edition: &str,
    place: &Place,
    year: &str,
    target: TargetKind,
) -> Result<Result<Option<Outlook>, Refusal>, Refusal> {
    in_words(explain(look, edition, place, year, Some(target)).map(|explained| explained.target))
}
