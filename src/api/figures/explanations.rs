//! Why a unit has its score in a composite index, and what it would take to reach another.

use actix_web::{HttpResponse, get};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::api::figures::composite_reports::Origin;
use crate::api::wire::Cacheable;
use crate::composite::explain::{Explanation, Outlook};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::figures::{self, Asked, ExplainWish, Explained};
use crate::office::{Action, Actor, Refusal};
use crate::schema::composite::TargetError;

/// Which unit, and what about it.
#[derive(Debug, Deserialize, Validate, IntoParams)]
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
    fn asked(&self) -> Asked {
        let [edition, run, index, period] = [&self.edition, &self.run, &self.index, &self.period].map(Clone::clone);
        Asked { edition, run, index, period, as_public: false }
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
    pub target: Option<Outlook>,
}

/// Why a unit has its score. For an office any unit of any edition that it sees; for an agency its own, where nothing of it is hidden.
#[utoipa::path(tag = "composites", params(ExplanationQuery),
    responses((status = 200, description = "The explanation", body = ExplanationBody)))]
#[get("/v1/composite-explanations")]
pub async fn get_composite_explanation(state: AppState, actor: Actor, query: Query<ExplanationQuery>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::ReadExplanations)?; // before the target is judged
    let wrong = |error: TargetError| Refusal::parameter("target", "bad-target", error.vi(), error.to_string());
    let target = query.target.as_deref().map(str::parse).transpose().map_err(wrong)?;
    let of = query.asked();
    let ExplanationQuery { unit, year, .. } = query.into_inner();
    let wish = ExplainWish { of, unit, year, target };
    let Explained { origin, explanation, target } = state.look_long(actor, move |look| figures::explain(look, &wish)).await?;
    Ok(HttpResponse::Ok().private().json(ExplanationBody { origin: origin.into(), explanation, target }))
}
