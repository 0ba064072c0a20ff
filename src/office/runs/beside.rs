//! What was shown beside a run, of the same index or of the same answers: from the difference of two, or both together, may follow what neither
//! tells.

use std::collections::HashSet;

use crate::jobs::load;
use crate::office::{Code, Look, Refusal};
use crate::publication::disclosure::Hidden;
use crate::store::composites;
use crate::store::disclosure;
use crate::store::editions::{self, Edition, EditionState};
use crate::store::runs::{self, Run};
use crate::store::schemas::{self, IndexKind};

/// Whether a figure that is hidden by a rule is hidden for what it would tell of people, by itself or with others.
fn protects(rule: &str) -> bool {
    Hidden::parse(rule) != Some(Hidden::BeyondTop)
}

/// Whether a run hides anything for what it tells of people; one of which nothing was settled might.
fn hides(look: &mut Look<'_>, run: &Run) -> Result<bool, Refusal> {
    let settled = disclosure::of_run(look.db, run.id)?;
    Ok(settled.is_none_or(|settled| settled.extent.by_rule.iter().any(|(rule, count)| *count > 0 && protects(rule))))
}

/// Every edition but a run's own that anybody has seen: those that were public once, and previews.
fn shown(look: &mut Look<'_>, run: &Run) -> Result<Vec<(Edition, Run)>, Refusal> {
    let others = editions::list(look.db, None)?.into_iter().filter(|edition| edition.run_id != run.id);
    others.map(|edition| runs::get(look.db, edition.run_id).map(|run| (edition, run)).map_err(Refusal::from)).collect()
}

/// Refuses a run while agencies see another of the same index and wave, or version of a composite index, and one that was computed before they did.
///
/// # Errors
/// `preview-open`, `edition-newer`.
pub(super) fn check_previews(look: &mut Look<'_>, run: &Run, shows: bool) -> Result<(), Refusal> {
    let index = schemas::index_by_id(look.db, run.index_version_id)?;
    for (edition, other) in shown(look, run)? {
        let same = match run.kind {
            IndexKind::Survey => other.wave_id == run.wave_id && edition.index_code == index.code,
            IndexKind::Composite => other.index_version_id == run.index_version_id,
        };
        if !same || edition.published_at.is_some() {
            continue;
        }
        if shows && edition.state == EditionState::Embargoed {
            let (vi, en) = (
                format!("Cơ quan đang xem trước {}: công bố hoặc thu hồi bản đó rồi tính lại", edition.code),
                format!("Agencies see {} ahead of publication: publish or withdraw it, then compute this anew", edition.code),
            );
            return Err(Refusal::new(Code::PreviewOpen).detail(vi, en));
        }
        if run.started_at.is_none_or(|started| started <= edition.created_at) {
            return Err(super::release::newer());
        }
    }
    Ok(())
}

/// Refuses a run beside another index, version or choice of parameters over the same answers where either hides anything for what it tells of
/// people: each is protected by itself, and the two are not solved together.
///
/// # Errors
/// `other-figures-tell`.
pub(super) fn check_others(look: &mut Look<'_>, run: &Run) -> Result<(), Refusal> {
    let hides_here = hides(look, run)?;
    let sources = sources(look, run)?;
    for (edition, other) in shown(look, run)? {
        let same = (other.index_version_id, &other.parameters) == (run.index_version_id, &run.parameters);
        if same || other.kind != run.kind {
            continue;
        }
        let shares = match run.kind {
            IndexKind::Survey => other.wave_id == run.wave_id,
            IndexKind::Composite => !self::sources(look, &other)?.is_disjoint(&sources),
        };
        if shares && (hides_here || hides(look, &other)?) {
            let named = format!("{} ({} {})", edition.code, edition.index_code, edition.index_version);
            let (vi, en) = (
                format!("Ấn bản {named} đã cho thấy số liệu khác của cùng các câu trả lời, và có số liệu bị ẩn: hãy gộp vào một chỉ số"),
                format!("The edition {named} showed other figures of the same answers, and some are hidden: put both into one index"),
            );
            return Err(Refusal::new(Code::OtherFiguresTell).detail(vi, en));
        }
    }
    Ok(())
}

/// The survey runs that a composite index takes leaves from.
fn sources(look: &mut Look<'_>, run: &Run) -> Result<HashSet<uuid::Uuid>, Refusal> {
    Ok(composites::inputs(look.db, run.id)?.surveys.into_iter().map(|(survey, _)| survey).collect())
}

/// Refuses a composite index that scores units against each other by a leaf that has a value hidden for what it tells of people: the scores of
/// those that are told would tell it.
///
/// # Errors
/// `normalisation-tells`.
pub(super) fn check_normalisation(look: &mut Look<'_>, run: &Run) -> Result<(), Refusal> {
    if run.kind != IndexKind::Composite {
        return Ok(());
    }
    let definition = load::composite(&schemas::index_by_id(look.db, run.index_version_id)?)?;
    for (_, leaf, _) in definition.leaves() {
        let Some(stage) = definition.driven_by_data(leaf.code()) else { continue };
        let filter = composites::Filter { node: Some(leaf.code().to_owned()), ..composites::Filter::default() };
        if composites::query(look.db, run.id, &filter, i64::MAX)?.iter().any(|score| score.hidden.as_deref().is_some_and(protects)) {
            let code = leaf.code();
            let (vi, en) = (
                format!(
                    "Bước “{stage}” chấm các đơn vị theo số liệu của nhau, mà “{code}” có giá trị bị ẩn: hãy đặt mốc cố định (goalposts)"
                ),
                format!("The stage “{stage}” scores units by each other's values, and “{code}” has hidden ones: give it fixed goalposts"),
            );
            return Err(Refusal::new(Code::NormalisationTells).detail(vi, en));
        }
    }
    Ok(())
}
