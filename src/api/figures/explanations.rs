//! Why a unit has its score in a composite index, and what it would take to reach another.

use std::sync::Arc;

use actix_web::{HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::api::figures::composite_reports::Origin;
use crate::api::figures::composite_scores::composite;
use crate::api::figures::sources::{Asked, View};
use crate::api::wire::Cacheable;
use crate::composite::explain::{Aim, Explanation, Subject, aim, explain};
use crate::composite::targets::Rules;
use crate::composite::{Hidden, Release};
use crate::http::state::AppState;
use crate::jobs::composite::Prepared;
use crate::office::Action;
use crate::office::Actor;
use crate::office::Code;
use crate::office::Refusal;
use crate::schema::composite::TargetKind;
use crate::unit::{Registry, UnitId};

/// Which unit, and what about it.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExplanationQuery {
    /// The code of a published edition, such as `pci@2025.1`.
    edition: Option<String>,
    /// A run's id; for those who may see runs.
    run: Option<String>,
    /// An index's code: its latest published edition.
    index: Option<String>,
    /// With `index`: the latest of this version of the definition.
    period: Option<String>,
    /// The unit, by its code as scores have it.
    unit: String,
    /// What tables and definitions call an edition, such as `2025`; the definition's own if nothing is said.
    year: Option<String>,
    /// What the unit sets out to reach: `rank:20`, `score:69.5`, `rise:5` (ranks) or `gain:1.5` (points).
    target: Option<String>,
}

impl ExplanationQuery {
    fn asked(&self) -> Asked<'_> {
        let [edition, run, index, period] = [&self.edition, &self.run, &self.index, &self.period].map(Option::as_deref);
        Asked { edition, run, index, period }
    }
}

/// A unit's score in full.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplanationBody {
    /// Of what.
    #[serde(flatten)]
    pub origin: Origin,
    /// What each leaf adds, points lost with the agencies that answer for them, the distance from the best unit, and the change
    /// since the year before. As `hailong index explain --json` has it.
    #[schema(value_type = Object)]
    pub explanation: Explanation,
    /// The target of the query: whether it is met, and what it would take. Null without one.
    #[schema(value_type = Option<Object>)]
    pub target: Option<Aim>,
}

/// What is asked of a computed index.
struct Question {
    unit: String,
    year: Option<String>,
    target: Option<TargetKind>,
    /// Who asks; none: an office, which sees everything.
    agency: Option<Agency>,
    seed: u64,
}

/// An agency that asks about a unit of its own.
struct Agency {
    root: UnitId,
    view: View,
    units: Arc<Registry>,
}

/// Why a unit has its score. For an office any unit of any edition that it sees; for an agency its own, where nothing of it is hidden.
#[utoipa::path(tag = "composites", params(ExplanationQuery),
    responses((status = 200, description = "The explanation", body = ExplanationBody)))]
#[get("/v1/composite-explanations")]
pub async fn get_composite_explanation(
    state: AppState,
    actor: Actor,
    query: web::Query<ExplanationQuery>,
) -> Result<HttpResponse, Refusal> {
    let holder = actor.may(Action::ReadExplanations)?.clone();
    let wrong = |error: crate::schema::composite::TargetError| Refusal::new(Code::QueryInvalid).detail(error.vi(), error.to_string());
    let target = query.target.as_deref().map(str::parse).transpose().map_err(wrong)?;
    let (units, office) = (state.units().await?, actor.can(Action::ReadRuns));
    let (source, index, query) = state
        .read(move |db| {
            let (source, index) = composite(db, &actor, query.asked())?;
            Ok((source, index, query.into_inner()))
        })
        .await?;
    let agency = match (office, holder.unit) {
        (true, _) => None,
        (false, Some(unit)) => Some(Agency { root: UnitId(unit), view: source.view, units }),
        (false, None) => return Err(Refusal::new(Code::UnitForbidden)),
    };
    let (origin, seed) = (Origin::of(&source, index), source.run.seed.unsigned_abs());
    let question = Question { unit: query.unit, year: query.year, target, agency, seed };
    let prepared = state.prepared(source.run).await?;
    let answered = web::block(move || answer(&prepared, &question)).await.map_err(Refusal::internal)?;
    let (explanation, target) = answered?;
    Ok(HttpResponse::Ok().private().json(ExplanationBody { origin, explanation, target }))
}

fn answer(prepared: &Prepared, question: &Question) -> Result<(Explanation, Option<Aim>), Refusal> {
    let (definition, unit) = (&prepared.definition, question.unit.as_str());
    if let Some(agency) = &question.agency {
        agency.check_own(definition.geography(), unit)?;
    }
    let year = question.year.as_deref().unwrap_or(definition.edition());
    let row = prepared.row(year, unit).ok_or_else(|| {
        let (vi, en) = (format!("Không có đơn vị {unit} trong kỳ {year}"), format!("There is no unit {unit} in {year}"));
        Refusal::not_found().detail(vi, en)
    })?;
    let subject = prepared.subject(row);
    let mut before = subject.before();
    let curtain = question.agency.as_ref().map(|agency| Curtain::new(agency, prepared));
    if let Some(curtain) = &curtain {
        curtain.check(&subject, before.as_ref(), question.target.is_some())?;
        before = before.filter(|before| !curtain.is_closed(before.row));
    }
    let mut found = explain(&subject, before.as_ref()).ok_or_else(|| {
        let (vi, en) = (format!("{unit} không có điểm trong kỳ {year}"), format!("{unit} has no score in {year}"));
        Refusal::not_found().detail(vi, en)
    })?;
    if curtain.is_some_and(|curtain| !curtain.shows_best(&subject)) {
        found.to_best = None;
    }
    let errors = |node: usize, row: usize| prepared.error(node, row);
    let rules = Rules { level: prepared.parameters.level, seed: question.seed, ..Rules::default() };
    let aim = question.target.map(|target| aim(&subject, before.as_ref(), target, &errors, &rules)).transpose();
    let aim = aim.map_err(|error| Refusal::new(Code::QueryInvalid).detail(error.vi(), error.to_string()))?;
    Ok((found, aim))
}

impl Agency {
    /// Refuses a unit that is not its own, by the code in the definition's list.
    fn check_own(&self, list: Option<&str>, unit: &str) -> Result<(), Refusal> {
        let named = |known: &&crate::unit::Unit| Some(known.record.list.as_str()) == list && known.record.code == unit;
        let own = self.units.iter().filter(named).any(|known| self.units.is_within(known.id, self.root));
        if own { Ok(()) } else { Err(Refusal::new(Code::UnitForbidden)) }
    }
}

/// What an explanation must not give away to an agency.
struct Curtain<'p> {
    release: Release<'p>,
    prepared: &'p Prepared,
    view: View,
}

impl<'p> Curtain<'p> {
    fn new(agency: &Agency, prepared: &'p Prepared) -> Self {
        Self { release: Release::new(&prepared.definition, &prepared.outcome, &prepared.table), prepared, view: agency.view }
    }

    fn any(&self, row: usize, hidden: impl Fn(Hidden) -> bool) -> bool {
        (0..self.prepared.definition.nodes().len()).any(|node| self.release.hidden(node, row).is_some_and(&hidden))
    }

    /// Whether a row has figures that rest on few answers: its own agency does not see those either.
    fn is_closed(&self, row: usize) -> bool {
        self.any(row, |hidden| hidden != Hidden::BeyondTop)
    }

    /// Refuses an explanation from which hidden figures could be had: of the unit, or, with a target, of those that it is ranked among.
    fn check(&self, subject: &Subject<'_>, before: Option<&Subject<'_>>, target: bool) -> Result<(), Refusal> {
        let hidden = |vi: &'static str, en: &'static str| Err(Refusal::new(Code::FiguresHidden).detail(vi, en));
        if self.is_closed(subject.row) {
            return hidden(
                "Có chỉ tiêu của đơn vị dựa trên quá ít câu trả lời, lời giải thích sẽ làm lộ",
                "Some figures of the unit rest on too few answers: an explanation would give them away",
            );
        }
        if target && matches!(self.view, View::Own(_)) {
            return hidden(
                "Trước khi công bố không xét mục tiêu: kết quả sẽ cho biết điểm của đơn vị khác",
                "No target is judged before publication: the answer would tell scores of other units",
            );
        }
        let mut rows = [Some(subject), before].into_iter().flatten().map(|subject| subject.row);
        if target && rows.any(|row| self.hides_in_year_of(row)) {
            return hidden(
                "Không xét mục tiêu khi có số liệu của đơn vị khác không công khai: kết quả sẽ làm lộ",
                "No target is judged where figures of other units are hidden: the answer would give them away",
            );
        }
        Ok(())
    }

    fn hides_in_year_of(&self, row: usize) -> bool {
        let rows = self.prepared.outcome.rows();
        let mut year = rows.spans().get(rows.edition_of(row)).cloned().unwrap_or_default();
        year.any(|row| self.any(row, |_| true))
    }

    /// Whether the best unit's values may stand beside the agency's own: once published, and none of them hidden.
    fn shows_best(&self, subject: &Subject<'_>) -> bool {
        self.view == View::Public && subject.best().is_none_or(|best| !self.any(best.row, |_| true))
    }
}
