//! A wave's sampling design, and how its fieldwork goes.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, get, put, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::api::admin::audit;
use crate::api::wire::Cacheable;
use crate::design::{Design, RoundingReport, WeightUnit};
use crate::http::body::{Json, LARGE};
use crate::http::etag;
use crate::http::page::Listing;
use crate::http::state::AppState;
use crate::jobs::load::WaveInField;
use crate::jobs::place::design_rows;
use crate::office::Action;
use crate::office::Actor;
use crate::office::Code;
use crate::office::Refusal;
use crate::store::responses::{self, Count, CountBy, ResponseState};
use crate::store::waves::{self, NewPsu, NewRespondent};
use crate::unit::{Registry, UnitId};

/// A design to load: two tables as CSV text, each with a header line. Rows that are there already are passed over.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DesignRequest {
    /// `psu,stratum[,fpc][,area][,weight]`: the PSUs that were drawn.
    psus: Option<String>,
    /// `respondent[,psu],weight`: the people who were listed, in PSUs of the other table or, without one, of the wave.
    respondents: Option<String>,
}

/// What was loaded.
#[derive(Debug, Serialize, ToSchema)]
pub struct DesignBody {
    /// PSUs that are new.
    pub psus_added: usize,
    /// Lines of the sample list that are new.
    pub respondents_added: usize,
    /// Weights read.
    pub weights: usize,
    /// Weights that rounding to the wave's unit changed.
    pub weights_rounded: usize,
    /// The largest such change, relative to the weight.
    pub worst_relative_rounding: f64,
}

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
    let holder = actor.may(Action::KeepWave)?.clone();
    state.cache().forget_wave(&code);
    let field = state.wave(&code).await?.ok_or_else(Refusal::not_found)?;
    etag::require_match(req.headers(), &etag::revision(field.wave.revision))?;
    let units = state.units().await?;
    let now = state.now();
    let loaded = state.write(move |db| {
        let (psus, respondents, rounding) = read(&field, &request.0, &units)?;
        let added = waves::add_design(db, field.wave.id, &psus, &respondents)?;
        audit::note(db, &holder, now, "wave.design", &field.wave.code, &format!("{} PSUs, {} respondents", added.psus, added.respondents))?;
        let revision = waves::by_id(db, field.wave.id)?.revision;
        Ok((added, rounding, revision))
    });
    let (added, rounding, revision) = loaded.await?;
    state.cache().forget_wave(&code);
    Ok(HttpResponse::Ok().tag(etag::revision(revision)).json(DesignBody {
        psus_added: added.psus,
        respondents_added: added.respondents,
        weights: rounding.weights,
        weights_rounded: rounding.changed,
        worst_relative_rounding: rounding.worst_relative,
    }))
}

/// Reads both tables. A sample list that comes alone may name the PSUs that the wave has.
fn read(
    field: &WaveInField,
    request: &DesignRequest,
    units: &Registry,
) -> Result<(Vec<NewPsu>, Vec<NewRespondent>, RoundingReport), Refusal> {
    let refused = |findings| Refusal::new(Code::DesignInvalid).errors(findings);
    let exponent = u8::try_from(field.wave.weight_exponent).ok().and_then(WeightUnit::new);
    let unit = exponent.ok_or_else(|| Refusal::internal("a stored weight exponent is out of range"))?;
    let psus = request.psus.clone().unwrap_or_else(|| stored_psus(field, unit));
    let (design, rounding) = Design::read(&psus, request.respondents.as_deref(), unit).map_err(refused)?;
    let (psus, people) = design_rows(&design, &field.wave, units).map_err(refused)?;
    Ok((psus, people, rounding))
}

/// The wave's own PSUs as a table.
fn stored_psus(field: &WaveInField, unit: WeightUnit) -> String {
    let mut table = csv::Writer::from_writer(Vec::new());
    let mut rows = vec![["psu", "stratum", "fpc", "area", "weight"].map(str::to_owned)];
    rows.extend(field.design.psus().iter().map(|psu| {
        let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
        let weight = psu.weight.map(|weight| unit.weight(weight).to_string()).unwrap_or_default();
        [psu.code.clone(), psu.stratum.clone(), number(psu.fpc), psu.area.clone().unwrap_or_default(), weight]
    }));
    for row in rows {
        // Writing to memory cannot fail.
        let _ = table.write_record(row);
    }
    String::from_utf8(table.into_inner().unwrap_or_default()).unwrap_or_default()
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
#[derive(Debug, Deserialize, IntoParams)]
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
    /// Kept with findings; they do not count.
    pub invalid: i64,
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
    query: web::Query<ProgressQuery>,
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
    let counts = state.read(move |db| Ok(responses::count(db, wave_id, by)?)).await?;
    Ok(HttpResponse::Ok().json(Listing { items: rows(&field, &units, by, &counts), next: None }))
}

fn rows(field: &WaveInField, units: &Registry, by: CountBy, counts: &[Count]) -> Vec<ProgressBody> {
    let mut rows: BTreeMap<i64, ProgressBody> = BTreeMap::new();
    if by == CountBy::Psu {
        rows.extend((1..).take(field.design.psus().len()).map(|id| (id, ProgressBody::default())));
    }
    for count in counts {
        let row = rows.entry(count.key).or_default();
        let cell = match (count.ended, count.state) {
            (true, _) => &mut row.ended,
            (false, ResponseState::Valid) => &mut row.valid,
            (false, ResponseState::Invalid) => &mut row.invalid,
            (false, ResponseState::Quarantined) => &mut row.quarantined,
        };
        *cell += count.n;
    }
    rows.into_iter().map(|(key, row)| ProgressBody { key: label(field, units, by, key).unwrap_or_default(), ..row }).collect()
}

fn label(field: &WaveInField, units: &Registry, by: CountBy, key: i64) -> Option<String> {
    let key = i32::try_from(key).ok()?;
    match by {
        CountBy::Unit => units.get(UnitId(key)).map(|unit| format!("{}:{}", unit.record.list, unit.record.code)),
        CountBy::Psu => field.design.psus().get(usize::try_from(key - 1).ok()?).map(|psu| psu.code.clone()),
        CountBy::Day => chrono::NaiveDate::from_epoch_days(key).map(|day| day.to_string()),
    }
}
