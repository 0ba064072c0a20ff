//! A wave's sampling design, and how its fieldwork goes.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, get, put, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::api::wire::Cacheable;
use crate::http::body::{Json, LARGE};
use crate::http::etag;
use crate::http::page::Listing;
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::jobs::load::WaveInField;
use crate::office::fieldwork::{self, Came};
use crate::office::responses as office;
use crate::office::waves::{self, DesignBody, DesignRequest, DesignTables};
use crate::office::{Action, Actor, Refusal};
use crate::store::responses::{Count, CountBy};
use crate::unit::{Registry, UnitId};

/// Loads PSUs and the sample list. A row that contradicts one that is there refuses the whole: responses may stand on it.
#[utoipa::path(tag = "waves", request_body = DesignRequest, params(("code" = String, Path, description = "The wave")),
    responses((status = 200, description = "Loaded", body = DesignBody)))]
#[put("/v1/waves/{code:[^:/]+}/design")]
pub async fn put_design(
    state: AppState,
    actor: Actor,
    req: HttpRequest,
    code: web::Path<String>,
    request: Json<DesignRequest, LARGE>,
) -> Result<HttpResponse, Refusal> {
    actor.may(Action::KeepWave)?; // before the body is judged
    let (code, headers) = (code.into_inner(), req.headers().clone());
    let (wave, tables) = (code.clone(), DesignTables::from(request.0));
    let loaded = state.act(actor, move |act| {
        waves::load_design(act, &wave, &tables, &|revision| etag::require_match(&headers, &etag::revision(revision)))
    });
    let (body, revision) = loaded.await?;
    state.cache().forget_wave(&code);
    Ok(HttpResponse::Ok().tag(etag::revision(revision)).json(body))
}

/// What to count by.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum By {
    /// The unit that is rated.
    Unit,
    /// The PSU.
    Psu,
    /// The day of arrival, in Việt Nam.
    Day,
}

/// How to count.
#[derive(Debug, Deserialize, Validate, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProgressQuery {
    /// What to count by; the day if nothing is said.
    #[param(inline)]
    by: Option<By>,
}

/// Responses of one unit, PSU or day.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct ProgressBody {
    /// `LIST:CODE` of the unit, the PSU's code, or the day; empty: without a PSU.
    pub key: String,
    /// Responses that count.
    pub valid: i64,
    /// Those of them with items that are not valid and count as missing.
    pub valid_in_part: i64,
    /// Invalid as a whole: kept, and they do not count.
    pub invalid: i64,
    /// Those of them that are second answers of a listed respondent whose first one counts.
    pub doubled: i64,
    /// Came late and are kept apart.
    pub quarantined: i64,
    /// Withdrawn, superseded or excluded.
    pub ended: i64,
}

/// How fieldwork goes: responses by unit, PSU or day. PSUs without any are listed too.
#[utoipa::path(tag = "waves", params(("code" = String, Path, description = "The wave"), ProgressQuery),
    responses((status = 200, description = "The counts", body = Listing<ProgressBody>)))]
#[get("/v1/waves/{code:[^:/]+}/progress")]
pub async fn get_progress(
    state: AppState,
    actor: Actor,
    code: web::Path<String>,
    query: Query<ProgressQuery>,
) -> Result<HttpResponse, Refusal> {
    actor.may(Action::WatchFieldwork)?;
    let field = state.wave(&code).await?.ok_or_else(Refusal::not_found)?;
    let units = state.units().await?;
    let by = match query.by {
        Some(By::Unit) => CountBy::Unit,
        Some(By::Psu) => CountBy::Psu,
        Some(By::Day) | None => CountBy::Day,
    };
    let wave_id = field.wave.id;
    let bound = actor.unit().is_some();
    let counts = state.look(actor, move |look| office::count(look, wave_id, by)).await?;
    Ok(HttpResponse::Ok().json(Listing { items: rows(&field, &units, (by, bound), &counts), next: None }))
}

fn rows(field: &WaveInField, units: &Registry, (by, bound): (CountBy, bool), counts: &[Count]) -> Vec<ProgressBody> {
    let mut rows: BTreeMap<i64, ProgressBody> = BTreeMap::new();
    // Which PSUs wait for their first response says something of other units.
    if by == CountBy::Psu && !bound {
        rows.extend((1..).take(field.design.psus().len()).map(|id| (id, ProgressBody::default())));
    }
    for (key, came) in fieldwork::by_key(counts) {
        let Came { valid, valid_in_part, invalid, doubled, quarantined, ended } = came;
        rows.insert(key, ProgressBody { key: String::new(), valid, valid_in_part, invalid, doubled, quarantined, ended });
    }
    rows.into_iter().map(|(key, row)| ProgressBody { key: label(field, units, by, key).unwrap_or_default(), ..row }).collect()
}

fn label(field: &WaveInField, units: &Registry, by: CountBy, key: i64) -> Option<String> {
    let key = i32::try_from(key).ok()?;
    match by {
        CountBy::Unit => units.get(UnitId(key)).map(|unit| format!("{}:{}", unit.record.list, unit.record.code)),
        CountBy::Psu => field.design.psus().get(usize::try_from(key - 1).ok()?).map(|psu| psu.code.clone()),
        CountBy::Device => (key != 0).then(|| key.to_string()),
        CountBy::Day => chrono::NaiveDate::from_epoch_days(key).map(|day| day.to_string()),
    }
}
