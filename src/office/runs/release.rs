//! Whether what a run came to may become an edition.

use crate::jobs::past;
use crate::office::{Act, Code, Refusal};
use crate::store::runs::Run;
use crate::store::schemas::{self, IndexKind};
use crate::store::{disclosure, waves};
use crate::words::Finding;

/// The mode of a wave whose respondents were drawn: it is published when it is over.
const DRAWN: &str = "probability_sample";

/// Refuses to publish the survey of a wave that is still open, and figures whose pattern of hidden ones was made before another edition of the
/// wave came out: the difference of the two would tell what neither tells.
pub(super) fn check(act: &mut Act<'_>, run: &Run) -> Result<(), Refusal> {
    if run.kind != IndexKind::Survey {
        return Ok(());
    }
    let wave = waves::by_id(act.db, run.wave()?)?;
    let refused = |code, vi: &str, en: &str| {
        Refusal::because(Code::WrongState, Finding::error("", code, vi.to_owned(), en.to_owned())).detail(vi.to_owned(), en.to_owned())
    };
    if wave.mode == DRAWN && wave.closes_at.is_none_or(|closes_at| act.now < closes_at) {
        return Err(refused(
            "wave-open",
            "Đợt khảo sát chưa đóng: đóng đợt rồi mới công bố được",
            "The wave is still open: it is published once it is closed",
        ));
    }
    let index = schemas::index_by_id(act.db, run.index_version_id)?;
    let known = disclosure::of_run(act.db, run.id)?.map(|settled| settled.editions).unwrap_or_default();
    if past::public_editions(act.db, &index.code, &wave.code)?.join("\n") != known {
        return Err(refused(
            "edition-newer",
            "Từ khi tính đã có ấn bản khác của đợt này: phải tính lại để hiệu hai ấn bản không làm lộ câu trả lời nào",
            "Another edition of this wave came out since: compute anew, so that the difference of the two tells nobody's answers",
        ));
    }
    Ok(())
}
