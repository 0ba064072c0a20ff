//! The one door for figures: scores of either kind, and whatever is derived from them. They leave as [`Seen`] only, or as what
//! [`disclosure`] has passed, so that no face can forget to hide.
//!
//! [`Seen`]: crate::publication::disclosure::Seen
//! [`disclosure`]: crate::publication::disclosure

mod against;
mod compare;
mod composite;
mod explain;
mod lost;
mod reports;
mod scores;
mod series;

use uuid::Uuid;

use super::editions::is_known;
use super::{Action, Code, Look, Refusal};
use crate::publication::disclosure::Reader;
use crate::store::StoreError;
use crate::store::composites;
use crate::store::editions::{self, Edition, EditionState};
use crate::store::runs::{self, Run, RunState};
use crate::store::schemas::{self, IndexKind, IndexVersion};
use crate::unit::UnitId;
use crate::words::Finding;

pub use against::{Against, Pair, against, composite_against, root};
pub use compare::{Comparison, compare};
pub use composite::{CompositePage, CompositeWish, composite_scores};
pub use explain::{ExplainWish, Explained, explain};
pub use lost::{Lost, LostLeaf, lost};
pub use reports::{Stages, Targets, sensitivity, stages, targets};
pub use scores::{ScoresPage, ScoresWish, evidence, figure, scores};
pub use series::{SeriesWish, Shown, series};

/// Exactly one of an edition, a run, or the latest published edition of an index.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// An edition's code.
    pub edition: Option<String>,
    /// A run's id.
    pub run: Option<String>,
    /// An index's code.
    pub index: Option<String>,
    /// With `index`: the latest of this wave, or of this version of a composite index.
    pub period: Option<String>,
    /// With `run`: as everybody would see it, once it is published.
    pub as_public: bool,
}

impl Asked {
    /// A run.
    #[must_use]
    pub fn run(id: Uuid) -> Self {
        Self { run: Some(id.to_string()), ..Self::default() }
    }

    /// The parameter that it is asked for by.
    fn by(&self) -> &'static str {
        match (&self.edition, &self.run) {
            (Some(_), _) => "edition",
            (None, Some(_)) => "run",
            (None, None) => "index",
        }
    }

    /// Nothing of that name is there, or nothing that the caller may know of.
    fn not_found(&self) -> Refusal {
        let (name, vi, en) = match (self.by(), &self.period) {
            ("index", Some(_)) => {
                ("period", "Không có ấn bản đã công bố của kỳ này", "There is no published edition of this index and period")
            }
            ("index", None) => ("index", "Không có ấn bản đã công bố của chỉ số này", "There is no published edition of this index"),
            ("run", _) => ("run", "Không có lần tính này", "There is no such run"),
            (name, _) => (name, "Không có ấn bản này", "There is no such edition"),
        };
        Refusal::not_found().at_parameter(name, "unknown-value", vi, en)
    }
}

/// Where figures come from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The edition's code; none of a run that has none.
    pub edition: Option<String>,
    /// The state of the edition; of a run without one, the run's.
    pub state: &'static str,
    /// Code of the index.
    pub index: String,
    /// Version of its definition.
    pub version: String,
}

/// A run with who reads its figures.
struct Source {
    run: Run,
    index: IndexVersion,
    edition: Option<Edition>,
    reader: Reader,
}

impl Source {
    /// The run that is asked for. What one may not see is not there.
    ///
    /// # Errors
    /// `query-invalid` for none or several, and for an index of another kind; `not-found`; of a run 401, 403, and `wrong-state` before it is
    /// done.
    fn of(look: &mut Look<'_>, asked: &Asked, kind: IndexKind) -> Result<Self, Refusal> {
        let (run, edition, reader) = found(look, asked)?;
        if run.kind != kind {
            let (vi, en) = match kind {
                IndexKind::Survey => {
                    ("Chỉ số tổng hợp: xem /v1/composite-scores", "This index is a composite one: its scores are at /v1/composite-scores")
                }
                IndexKind::Composite => {
                    ("Chỉ số tính từ khảo sát: xem /v1/scores", "This index is of a survey: its scores are at /v1/scores")
                }
            };
            return Err(Refusal::parameter(asked.by(), "other-kind", vi, en));
        }
        let index = schemas::index_by_id(look.db, run.index_version_id)?;
        Ok(Self { run, index, edition, reader })
    }

    fn origin(&self) -> Origin {
        Origin {
            edition: self.edition.as_ref().map(|edition| edition.code.clone()),
            state: self.edition.as_ref().map_or(self.run.state.as_str(), |edition| edition.state.as_str()),
            index: self.index.code.clone(),
            version: self.index.version.clone(),
        }
    }
}

fn found(look: &mut Look<'_>, asked: &Asked) -> Result<(Run, Option<Edition>, Reader), Refusal> {
    let edition = match (&asked.edition, &asked.run, &asked.index) {
        (Some(code), None, None) => editions::find(look.db, code)?,
        (None, None, Some(index)) => editions::list(look.db, Some(EditionState::Published))?
            .into_iter()
            .filter(|edition| edition.index_code == *index && asked.period.as_ref().is_none_or(|wanted| wanted == period(edition)))
            .max_by_key(|edition| edition.published_at),
        (None, Some(id), None) => return of_run(look, asked, id),
        _ => {
            let (vi, en) = ("Cần đúng một trong: edition, run, index", "Exactly one of edition, run and index is needed");
            return Err(Refusal::because(Code::QueryInvalid, Finding::error("/query", "one-of-three", vi, en)));
        }
    };
    let actor = look.actor;
    let edition = edition.filter(|edition| is_known(edition, actor)).ok_or_else(|| asked.not_found())?;
    let reader = reader(look, &edition)?.ok_or_else(|| asked.not_found())?;
    Ok((runs::get(look.db, edition.run_id)?, Some(edition), reader))
}

/// What an edition is of: its wave, or the version of its composite index.
fn period(edition: &Edition) -> &str {
    edition.wave_code.as_deref().unwrap_or(&edition.index_version)
}

/// Who reads an edition; `None` where there is nothing of it for whoever asks.
fn reader(look: &mut Look<'_>, edition: &Edition) -> Result<Option<Reader>, Refusal> {
    let actor = look.actor;
    // Whoever is bound to a unit, in whichever role, sees before publication what is its own.
    let agency = actor.unit().filter(|_| actor.can(Action::ReadOwnEmbargoed) || actor.can(Action::ReadRuns)).map(UnitId);
    let embargoed = match edition.state {
        EditionState::Published => false,
        EditionState::Withdrawn => return Err(Refusal::not_found().detail("Ấn bản này đã bị rút", "The edition was withdrawn")),
        EditionState::Embargoed if agency.is_none() && actor.can(Action::ReadRuns) => return Ok(Some(Reader::public())),
        EditionState::Embargoed => true,
    };
    match agency {
        Some(unit) => Ok(Some(Reader::agency(unit, embargoed, look.units()?))),
        // An agency's key always has a unit; one without sees nothing rather than everything.
        None if embargoed => Ok(None),
        None => Ok(Some(Reader::public())),
    }
}

/// Who reads figures of all units: the office that made them, or one who looks after it and sees what everybody will see.
fn whole(look: &Look<'_>) -> Reader {
    if look.actor.can(Action::ReadHidden) { Reader::office() } else { Reader::public() }
}

/// Refuses what is told digit for digit to one who does not see hidden figures, where leaves come from surveys.
///
/// # Errors
/// `figures-hidden`.
fn check_digits(look: &mut Look<'_>, source: &Source) -> Result<(), Refusal> {
    if look.actor.can(Action::ReadHidden) || composites::inputs(look.db, source.run.id)?.surveys.is_empty() {
        return Ok(());
    }
    let (vi, en) = (
        "Báo cáo này có số liệu khảo sát chưa làm tròn, kể cả số liệu bị ẩn",
        "The report has figures of surveys with all digits, hidden ones among them",
    );
    Err(Refusal::new(Code::FiguresHidden).detail(vi, en))
}

fn of_run(look: &mut Look<'_>, asked: &Asked, id: &str) -> Result<(Run, Option<Edition>, Reader), Refusal> {
    look.may(Action::ReadRuns)?;
    let id = Uuid::try_parse(id).ok().filter(|_| id.len() == 36).ok_or_else(|| {
        Refusal::not_found().at_parameter("run", "bad-uuid", "Mã phải là UUID 36 ký tự", "The id must be a UUID of 36 characters")
    })?;
    let run = runs::get(look.db, id).map_err(|error| match error {
        StoreError::NotFound { .. } => asked.not_found(),
        other => other.into(),
    })?;
    if matches!(run.state, RunState::Queued | RunState::Running | RunState::Cancelled | RunState::Failed) {
        return Err(Refusal::new(Code::WrongState).with("state", run.state.as_str()));
    }
    let edition = editions::of_run(look.db, id)?;
    let reader = match look.actor.unit() {
        // What everybody will see is for those to see before publication who see all of it.
        Some(_) if asked.as_public => return Err(Refusal::new(Code::UnitForbidden)),
        Some(unit) => Reader::agency(UnitId(unit), true, look.units()?),
        None if asked.as_public => Reader::public(),
        None => whole(look),
    };
    Ok((run, edition, reader))
}
