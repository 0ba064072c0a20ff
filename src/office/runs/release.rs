//! Whether what a run came to may become an edition.

use super::beside;
use crate::design::Mode;
use crate::jobs::load::LoadError;
use crate::jobs::past;
use crate::office::{Code, Look, Refusal};
use crate::store::disclosure::{self, Disclosure};
use crate::store::editions;
use crate::store::runs::Run;
use crate::store::schemas::{self, IndexKind};
use crate::store::waves;
use crate::words::Finding;

/// What was settled of a run's publication.
///
/// # Errors
/// `not-settled` for a run of before there were such rules.
pub(in crate::office) fn settled(look: &mut Look<'_>, run: &Run) -> Result<Disclosure, Refusal> {
    disclosure::of_run(look.db, run.id)?.ok_or_else(|| {
        Refusal::new(Code::NotSettled).detail(
            "Lần tính này có từ trước khi có quy tắc về số liệu không công bố: hãy tính lại và công bố lần tính mới",
            "The run is from before there were rules of what is hidden: compute it again, and publish the new run",
        )
    })
}

/// Whether a run may be approved; with `preview`, agencies would see their part of it from now on.
pub(super) fn check_approval(look: &mut Look<'_>, run: &Run, preview: bool) -> Result<(), Refusal> {
    beside::check_previews(look, run, preview)?;
    if preview {
        let known = settled(look, run)?.editions;
        if run.kind == IndexKind::Survey && public_beside(look, run)? != known {
            return Err(newer());
        }
        beside::check_others(look, run)?;
        beside::check_normalisation(look, run)?;
    }
    Ok(())
}

/// Codes of the editions of a run's index and wave that anybody may have seen, its own left out, in order, one a line.
fn public_beside(look: &mut Look<'_>, run: &Run) -> Result<String, Refusal> {
    let (index, wave) = (schemas::index_by_id(look.db, run.index_version_id)?, waves::by_id(look.db, run.wave()?)?);
    let own = editions::of_run(look.db, run.id)?.map(|edition| edition.code);
    let mut all = past::public_editions(look.db, &index.code, &wave.code)?;
    all.retain(|code| Some(code) != own.as_ref());
    Ok(all.join("\n"))
}

/// The refusal of a run that was computed before another edition or preview of its wave was shown.
pub(super) fn newer() -> Refusal {
    refused(
        "edition-newer",
        "Từ khi tính đã có ấn bản khác của đợt này: phải tính lại để hiệu hai ấn bản không làm lộ câu trả lời nào",
        "Another edition of this wave came out since: compute anew, so that the difference of the two tells nobody's answers",
    )
}

fn refused(code: &'static str, vi: &str, en: &str) -> Refusal {
    Refusal::because(Code::WrongState, Finding::error("", code, vi.to_owned(), en.to_owned())).detail(vi.to_owned(), en.to_owned())
}

/// Refuses to publish what nothing was settled for, what other figures would tell more of, the survey of a wave that is still open, and figures whose pattern of hidden ones was made before another edition of the
/// wave came out: the difference of the two would tell what neither tells.
pub(super) fn check(look: &mut Look<'_>, run: &Run) -> Result<(), Refusal> {
    let known = settled(look, run)?.editions;
    beside::check_previews(look, run, true)?;
    beside::check_others(look, run)?;
    beside::check_normalisation(look, run)?;
    if run.kind != IndexKind::Survey {
        return Ok(());
    }
    let wave = waves::by_id(look.db, run.wave()?)?;
    let mode = Mode::parse(&wave.mode).ok_or_else(|| LoadError::Wave(wave.code.clone()))?;
    if mode == Mode::ProbabilitySample && wave.closes_at.is_none_or(|closes_at| look.now < closes_at) {
        return Err(refused(
            "wave-open",
            "Đợt khảo sát chưa đóng: đóng đợt rồi mới công bố được",
            "The wave is still open: it is published once it is closed",
        ));
    }
    if public_beside(look, run)? == known { Ok(()) } else { Err(newer()) }
}
