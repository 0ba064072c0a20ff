//! What else a run of a composite index came to: targets, the sensitivity of ranks to choices, the stages one by one. Its reports are
//! told digit for digit as they are stored, which is what the run's digest is of.

use actix_web::{HttpResponse, get};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::api::definitions::indicator_tables::stored_findings;
use crate::api::wire::{Cacheable, FindingBody};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::figures::{self, Asked, Targets};
use crate::office::{Actor, Refusal};

/// Of what: of an `edition`, of a `run`, or of the latest published edition of an `index`.
#[derive(Debug, Deserialize, Validate, IntoParams)]
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
    fn asked(&self) -> Asked {
        let [edition, run, index, period] = [&self.edition, &self.run, &self.index, &self.period].map(Clone::clone);
        Asked { edition, run, index, period, as_public: false }
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

impl From<figures::Origin> for Origin {
    fn from(origin: figures::Origin) -> Self {
        let figures::Origin { edition, state, index, version } = origin;
        Self { edition, state, index, version }
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

/// What units set out to reach, and whether they did: met, missed, or not to be told.
#[utoipa::path(tag = "composites", params(ReportQuery), responses((status = 200, description = "The targets", body = TargetsBody)))]
#[get("/v1/composite-targets")]
pub async fn list_composite_targets(state: AppState, actor: Actor, query: Query<ReportQuery>) -> Result<HttpResponse, Refusal> {
    let asked = query.asked();
    let Targets { origin, items } = state.look(actor, move |look| figures::targets(look, &asked)).await?;
    Ok(HttpResponse::Ok().private().json(TargetsBody { origin: origin.into(), items }))
}

/// How ranks depend on the choices that the run varied.
#[utoipa::path(tag = "composites", params(ReportQuery),
    responses((status = 200, description = "The sensitivity analysis", body = SensitivityBody)))]
#[get("/v1/composite-sensitivity")]
pub async fn get_composite_sensitivity(state: AppState, actor: Actor, query: Query<ReportQuery>) -> Result<HttpResponse, Refusal> {
    let asked = query.asked();
    let (origin, sensitivity) = state.look(actor, move |look| figures::sensitivity(look, &asked)).await?;
    Ok(HttpResponse::Ok().private().json(SensitivityBody { origin: origin.into(), sensitivity }))
}

/// The stages of a run with their arguments and what they did, the weights in force, findings, and how errors were carried.
#[utoipa::path(tag = "composites", params(ReportQuery), responses((status = 200, description = "The stages", body = StagesBody)))]
#[get("/v1/composite-stages")]
pub async fn get_composite_stages(state: AppState, actor: Actor, query: Query<ReportQuery>) -> Result<HttpResponse, Refusal> {
    let asked = query.asked();
    let found = state.look(actor, move |look| figures::stages(look, &asked)).await?;
    Ok(HttpResponse::Ok().private().json(StagesBody {
        origin: found.origin.into(),
        findings: stored_findings(&found.findings),
        stages: found.stages,
        weights: found.weights,
        uncertainty: found.uncertainty,
    }))
}
