//! What else a run of a composite index came to: targets, the sensitivity of ranks to choices, the stages one by one. Its reports are
//! told digit for digit as they are stored, which is what the run's digest is of.

use actix_web::{HttpResponse, get, web};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::api::definitions::indicator_tables::stored_findings;
use crate::api::figures::composite_scores::{Eyes, composite};
use crate::api::figures::sources::{Asked, Source};
use crate::api::wire::{Cacheable, FindingBody};
use crate::http::state::AppState;
use crate::jobs::load;
use crate::office::Action;
use crate::office::Actor;
use crate::office::Refusal;
use crate::schema::composite::CompositeDefinition;
use crate::store::Db;
use crate::store::composites::{self, Filter, ReportKind};
use crate::store::schemas::IndexVersion;

/// Of what: of an `edition`, of a `run`, or of the latest published edition of an `index`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ReportQuery {
    /// The code of a published edition, such as `pci@2025.1`.
    edition: Option<String>,
    /// A run's id; for those who may see runs.
    run: Option<String>,
    /// An index's code: its latest published edition.
    index: Option<String>,
    /// With `index`: the latest of this version of the definition.
    period: Option<String>,
}

impl ReportQuery {
    fn asked(&self) -> Asked<'_> {
        let [edition, run, index, period] = [&self.edition, &self.run, &self.index, &self.period].map(Option::as_deref);
        Asked { edition, run, index, period }
    }
}

/// Of which edition and definition something is told.
#[derive(Debug, Serialize, ToSchema)]
pub struct Origin {
    /// The edition's code; null of a run that has none.
    pub edition: Option<String>,
    /// `embargoed`, `published` or `withdrawn`; of a run without an edition, the run's state.
    pub state: &'static str,
    /// Code of the index.
    pub index: String,
    /// Version of its definition.
    pub version: String,
}

impl Origin {
    /// Where figures of a run come from.
    #[must_use]
    pub fn of(source: &Source, index: IndexVersion) -> Self {
        let edition = source.edition.as_ref().map(|edition| edition.code.clone());
        Self { edition, state: source.state(), index: index.code, version: index.version }
    }
}

/// What units set out to reach, and whether they did.
#[derive(Debug, Serialize, ToSchema)]
pub struct TargetsBody {
    /// Of what.
    #[serde(flatten)]
    pub origin: Origin,
    /// Each target of the definition (`unit`, `node`, `edition`, `kind`, `value`, `source`) with its `judgement`, or why there is none:
    /// `open`. Those of figures that the caller may not see are left out.
    #[schema(value_type = Vec<Object>)]
    pub items: Vec<Box<RawValue>>,
}

/// How ranks depend on choices.
#[derive(Debug, Serialize, ToSchema)]
pub struct SensitivityBody {
    /// Of what.
    #[serde(flatten)]
    pub origin: Origin,
    /// Ranges of ranks over the choices, and the share of each choice in what varies.
    #[schema(value_type = Object)]
    pub sensitivity: Box<RawValue>,
}

/// How scores came about.
#[derive(Debug, Serialize, ToSchema)]
pub struct StagesBody {
    /// Of what.
    #[serde(flatten)]
    pub origin: Origin,
    /// What was found when tables and estimates were put together.
    pub findings: Vec<FindingBody>,
    /// The stages in their order, each with its arguments and what it did.
    #[schema(value_type = Vec<Object>)]
    pub stages: Vec<Box<RawValue>>,
    /// The weight of each node among its siblings, as it was in force.
    #[schema(value_type = Option<Object>)]
    pub weights: Option<Box<RawValue>>,
    /// By year, how errors were carried through the tree; empty where nothing is known of errors.
    #[schema(value_type = Vec<Object>)]
    pub uncertainty: Vec<Box<RawValue>>,
}

/// A stored report, if there is one of this kind.
fn report<T: DeserializeOwned>(db: &mut Db, run: Uuid, kind: ReportKind) -> Result<Option<T>, Refusal> {
    let unreadable = |_| Refusal::internal(format!("the report {} of run {run} cannot be read", kind.as_str()));
    composites::report(db, run, kind)?.map(|text| serde_json::from_str(&text).map_err(unreadable)).transpose()
}

/// A stored report that is a list; empty if there is none.
fn list(db: &mut Db, run: Uuid, kind: ReportKind) -> Result<Vec<Box<RawValue>>, Refusal> {
    Ok(report(db, run, kind)?.unwrap_or_default())
}

/// What units set out to reach, and whether they did: met, missed, or not to be told.
#[utoipa::path(tag = "composites", params(ReportQuery), responses((status = 200, description = "The targets", body = TargetsBody)))]
#[get("/v1/composite-targets")]
pub async fn list_composite_targets(state: AppState, actor: Actor, query: web::Query<ReportQuery>) -> Result<HttpResponse, Refusal> {
    let units = state.units().await?;
    let found = state.read(move |db| {
        let (source, index) = composite(db, &actor, query.asked())?;
        let definition = load::composite(&index)?;
        let (eyes, mut items) = (Eyes::new(source.view, &actor, &units), Vec::new());
        for target in list(db, source.run.id, ReportKind::Targets)? {
            let read = serde_json::from_str(target.get()).map_err(Refusal::internal)?;
            if told(db, source.run.id, &eyes, &definition, &read)? {
                items.push(target);
            }
        }
        Ok(TargetsBody { origin: Origin::of(&source, index), items })
    });
    Ok(HttpResponse::Ok().private().json(found.await?))
}

/// Whether the caller sees the figure that a target is about; and of a gain, that of the year before too.
fn told(db: &mut Db, run: Uuid, eyes: &Eyes, definition: &CompositeDefinition, target: &Value) -> Result<bool, Refusal> {
    let text = |member: &str| target[member].as_str();
    let root = definition.nodes().first().map_or("", |node| node.code());
    let (unit, node) = (text("unit").map(str::to_owned), text("node").unwrap_or(root).to_owned());
    let year = text("edition").unwrap_or(definition.edition());
    let rows = composites::query(db, run, &Filter { unit, node: Some(node), ..Filter::default() }, i64::MAX)?;
    let Some(place) = rows.iter().position(|row| row.edition == year) else { return Ok(eyes.sees_all()) };
    let gain = matches!(text("kind"), Some("rank_gain" | "score_gain"));
    let first = if gain { place.saturating_sub(1) } else { place };
    Ok(rows.get(first..=place).unwrap_or_default().iter().all(|row| eyes.know(row) && eyes.see(row)))
}

/// How ranks depend on the choices that the run varied.
#[utoipa::path(tag = "composites", params(ReportQuery),
    responses((status = 200, description = "The sensitivity analysis", body = SensitivityBody)))]
#[get("/v1/composite-sensitivity")]
pub async fn get_composite_sensitivity(state: AppState, actor: Actor, query: web::Query<ReportQuery>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::ReadRuns)?;
    let found = state.read(move |db| {
        let (source, index) = composite(db, &actor, query.asked())?;
        let none = || Refusal::not_found().detail("Lần tính này không phân tích độ nhạy", "The run has no sensitivity analysis");
        let sensitivity = report(db, source.run.id, ReportKind::Sensitivity)?.ok_or_else(none)?;
        Ok(SensitivityBody { origin: Origin::of(&source, index), sensitivity })
    });
    Ok(HttpResponse::Ok().private().json(found.await?))
}

/// The stages of a run with their arguments and what they did, the weights in force, findings, and how errors were carried.
#[utoipa::path(tag = "composites", params(ReportQuery), responses((status = 200, description = "The stages", body = StagesBody)))]
#[get("/v1/composite-stages")]
pub async fn get_composite_stages(state: AppState, actor: Actor, query: web::Query<ReportQuery>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::ReadRuns)?;
    let found = state.read(move |db| {
        let (source, index) = composite(db, &actor, query.asked())?;
        let run = source.run.id;
        let findings = composites::report(db, run, ReportKind::Findings)?.unwrap_or_default();
        Ok(StagesBody {
            origin: Origin::of(&source, index),
            findings: stored_findings(&findings),
            stages: list(db, run, ReportKind::Stages)?,
            weights: report(db, run, ReportKind::Weights)?,
            uncertainty: list(db, run, ReportKind::Uncertainty)?,
        })
    });
    Ok(HttpResponse::Ok().private().json(found.await?))
}
