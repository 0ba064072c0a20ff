//! Whether what a run came to may become an edition, and how much of it anybody would see.

use std::collections::BTreeMap;

use crate::jobs::past;
use crate::jobs::recompute::Outcome;
use crate::office::{Act, Code, Look, Refusal};
use crate::publication::disclosure as disclosure_core;
use crate::store::runs::Run;
use crate::store::schemas::{self, IndexKind};
use crate::store::{composites, disclosure, waves};
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

/// How much of a run's figures would be published.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extent {
    /// Figures in all.
    pub figures: i64,
    /// How many nobody but the office would see.
    pub hidden: i64,
    /// How many stand from an earlier edition, since too few answers changed.
    pub carried: i64,
    /// Those hidden, by rule.
    pub by_rule: BTreeMap<String, i64>,
}

/// The same of what a run came to just now.
#[must_use]
pub fn extent_of(outcome: &Outcome) -> Extent {
    let of = disclosure_core::Extent::of(&outcome.scores, &outcome.settled);
    let by_rule: BTreeMap<String, i64> = of.hidden.into_iter().map(|(rule, number)| (rule.to_owned(), number)).collect();
    Extent { figures: of.figures, hidden: by_rule.values().sum(), carried: of.carried, by_rule }
}

/// How much of the figures of a run would be published.
///
/// # Errors
/// Those of the store.
pub fn extent(look: &mut Look<'_>, run: &Run) -> Result<Extent, Refusal> {
    let Some(settled) = disclosure::of_run(look.db, run.id)? else {
        // A run of before there were such rules.
        let (figures, hidden) = composites::count(look.db, run.id)?;
        return Ok(Extent { figures, hidden, ..Extent::default() });
    };
    let by_rule: BTreeMap<String, i64> = serde_json::from_str(&settled.hidden).unwrap_or_default();
    Ok(Extent { figures: settled.figures, hidden: by_rule.values().sum(), carried: settled.carried, by_rule })
}
