//! Runs: starting a computation, watching it, and its way to publication.

pub mod composite_runs;
pub mod progress;
pub mod steps;
pub mod survey_runs;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::str::FromStr;

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use crate::api::admin::audit;
use crate::api::collect::responses::uuid;
use crate::api::field::quality::{LeftOutBody, WithoutFlagged};
use crate::api::runs::composite_runs::{SurveyBody, SurveyRequest, UncertaintyRequest};
use crate::api::wire::Cacheable;
use crate::http::body::{Json, LARGE};
use crate::http::etag;
use crate::http::page::{Listing, Page};
use crate::http::state::AppState;
use crate::jobs::{RUN_JOB, load};
use crate::office::Action;
use crate::office::Actor;
use crate::office::Code;
use crate::office::Refusal;
use crate::store::Db;
use crate::store::composites::{self, Inputs};
use crate::store::jobs::NewJob;
use crate::store::quality::LeftOut;
use crate::store::runs::{self, Filter, NewRun, Run, RunState};
use crate::store::{quality, schemas, waves};
use crate::words::encode::{hex, rfc3339};

/// A run to start: of a survey's index from the answers of a wave, or of a composite index from tables and runs of surveys' indices.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunRequest {
    /// Code of the index.
    #[validate(length(min = 1, max = 64))]
    pub(super) index: String,
    /// Version of its definition.
    #[validate(length(min = 1, max = 32))]
    pub(super) version: String,
    /// The wave; of a survey's index only, and needed there.
    #[validate(length(min = 1, max = 64))]
    pub(super) wave: Option<String>,
    /// Only what had arrived by then, RFC 3339: to compute again what was known on a day. By default everything there is now.
    pub(super) as_of: Option<String>,
    /// Values of the index's parameters; those not given keep the definition's.
    #[serde(default)]
    pub(super) parameters: BTreeMap<String, f64>,
    /// For whatever is drawn at random: the same seed gives the same figures.
    #[serde(default = "one")]
    #[validate(range(min = 0, max = 9_007_199_254_740_991_i64))]
    pub(super) seed: i64,
    /// A look at unfinished work, never to be published.
    #[serde(default)]
    pub(super) preview: bool,
    /// The id of a finished run of the same index, such as last year's: every score tells how it moved since, with a test that
    /// knows of the PSUs that both samples share. The earlier answers are read by this run's definition.
    pub(super) since: Option<String>,
    /// Leave out the responses that an evaluation flagged; by default every valid response takes part.
    pub(super) without_flagged: Option<WithoutFlagged>,
    /// Of a composite index: the numbers of its indicator tables; a value of a later one replaces that of an earlier one.
    #[serde(default)]
    #[validate(length(max = 1000))]
    pub(super) tables: Vec<i32>,
    /// Of a composite index: the runs of surveys' indices that its leaves are taken from.
    #[serde(default)]
    #[validate(nested)]
    pub(super) surveys: Vec<SurveyRequest>,
    /// Of a composite index: how errors of its values are carried to scores and ranks.
    pub(super) uncertainty: Option<UncertaintyRequest>,
    /// Of a composite index: the choices that a sensitivity analysis varies, a document of kind `sensitivity`; none without it.
    pub(super) sensitivity: Option<Value>,
}

/// What a run is made of, as its request says it.
pub struct Frozen {
    /// The wave whose answers it takes.
    pub wave_id: Option<i32>,
    /// The instant by which they had arrived, µs UTC.
    pub as_of: Option<i64>,
    /// The run that it is compared with.
    pub since: Option<Uuid>,
    /// The flagged responses that it leaves out.
    pub left_out: Option<LeftOut>,
    /// How it is to be computed, as JSON.
    pub parameters: String,
    /// The tables and runs that a composite index takes.
    pub inputs: Inputs,
}

fn one() -> i64 {
    1
}

/// A run.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunBody {
    /// Its id.
    pub id: String,
    /// Code of the index.
    pub index: String,
    /// Version of its definition.
    pub version: String,
    /// The wave; null for a composite index.
    pub wave: Option<String>,
    /// `queued`, `running`, `cancelled`, `failed`, `draft`, `submitted`, `approved`, `published` or `withdrawn`.
    pub state: &'static str,
    /// Whether it is a look at unfinished fieldwork.
    pub preview: bool,
    /// Values of the index's parameters that it was given; of a composite index, how it is computed.
    pub parameters: Value,
    /// The last response, by sequence number, that could take part.
    pub high_water_seq: i64,
    /// The last withdrawal, correction or exclusion that was taken account of.
    pub high_water_event: i64,
    /// The seed.
    pub seed: i64,
    /// The run that it is compared with.
    pub since: Option<String>,
    /// The flagged responses that it leaves out; null: none.
    pub without_flagged: Option<LeftOutBody>,
    /// The indicator tables of a composite index, in the order in which they lie over each other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<i32>,
    /// The runs that leaves of a composite index are taken from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub surveys: Vec<SurveyBody>,
    /// Who did what with it, when.
    pub steps: Vec<StepBody>,
    /// SHA-256 of inputs and scores: the same for every repetition.
    pub digest: Option<String>,
    /// What it was made of.
    pub manifest: Option<Value>,
    /// Why it failed.
    pub error: Option<String>,
    /// Counts the steps; the number in the `ETag`.
    pub revision: i64,
}

/// One step of a run.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepBody {
    /// `created`, `started`, `finished`, `submitted`, `approved`, `published` or `withdrawn`.
    pub step: &'static str,
    /// When.
    pub at: String,
    /// By whom; null for what a worker did.
    pub by: Option<String>,
    /// Why, where a reason was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Which runs to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RunsQuery {
    /// Of this wave.
    wave: Option<String>,
    /// In this state.
    state: Option<String>,
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// Runs a page, at most 1000.
    limit: Option<u32>,
}

/// Where a run stands in the list: the newest first, and of the same instant by id.
#[derive(Clone, Copy)]
struct Position(i64, Uuid);

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

impl FromStr for Position {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, id) = text.split_once('.').ok_or(())?;
        Ok(Self(at.parse().map_err(drop)?, id.parse().map_err(drop)?))
    }
}

/// The names of what runs refer to by number.
#[derive(Default)]
pub struct Names {
    indices: HashMap<i32, (String, String)>,
    waves: HashMap<i32, String>,
}

impl Names {
    /// A run as the API tells it.
    ///
    /// # Errors
    /// Those of the store.
    pub fn body(&mut self, db: &mut Db, run: Run) -> Result<RunBody, Refusal> {
        let index_id = run.index_version_id;
        if let Entry::Vacant(entry) = self.indices.entry(index_id) {
            let row = schemas::index_by_id(db, index_id)?;
            entry.insert((row.code, row.version));
        }
        let wave = match run.wave_id.map(|wave_id| (wave_id, self.waves.entry(wave_id))) {
            Some((_, Entry::Occupied(known))) => Some(known.get().clone()),
            Some((wave_id, Entry::Vacant(entry))) => Some(entry.insert(waves::by_id(db, wave_id)?.code).clone()),
            None => None,
        };
        let (index, version) = self.indices.get(&index_id).cloned().unwrap_or_default();
        let inputs = if wave.is_none() { composites::inputs(db, run.id)? } else { Inputs::default() };
        Ok(RunBody {
            id: run.id.to_string(),
            index,
            version,
            wave,
            state: run.state.as_str(),
            preview: run.preview,
            parameters: serde_json::from_str(&run.parameters).unwrap_or_default(),
            high_water_seq: run.high_water_seq,
            high_water_event: run.high_water_event,
            seed: run.seed,
            since: run.since.map(|id| id.to_string()),
            without_flagged: quality::left_out(db, run.id)?.as_ref().map(LeftOutBody::of),
            tables: inputs.tables,
            surveys: inputs.surveys.into_iter().map(SurveyBody::of).collect(),
            steps: steps(&run),
            digest: run.digest.map(|digest| hex(&digest)),
            manifest: run.manifest.as_deref().and_then(|manifest| serde_json::from_str(manifest).ok()),
            error: run.error,
            revision: run.revision,
        })
    }
}

fn steps(run: &Run) -> Vec<StepBody> {
    let step = |step, at: Option<i64>, by: Option<&String>| at.map(|at| StepBody { step, at: rfc3339(at), by: by.cloned(), reason: None });
    let withdrawn = step("withdrawn", run.withdrawn_at, run.withdrawn_by.as_ref());
    let all = [
        step("created", Some(run.created_at), Some(&run.created_by)),
        step("started", run.started_at, None),
        step("finished", run.finished_at, None),
        step("submitted", run.submitted_at, run.submitted_by.as_ref()),
        step("approved", run.approved_at, run.approved_by.as_ref()),
        step("published", run.published_at, run.published_by.as_ref()),
        withdrawn.map(|withdrawn| StepBody { reason: run.withdrawn_reason.clone(), ..withdrawn }),
    ];
    all.into_iter().flatten().collect()
}

/// Answers with a run as it is now.
#[must_use]
pub fn answer(mut with: actix_web::HttpResponseBuilder, run: &RunBody) -> HttpResponse {
    with.private().tag(etag::revision(run.revision)).json(run)
}

/// Starts a computation. Its inputs are frozen now; its progress is at `…/progress` and, as a stream, at `…/events`.
#[utoipa::path(tag = "runs", request_body = RunRequest, responses((status = 202, description = "Queued; `Location` is the run", body = RunBody)))]
#[post("/v1/runs")]
pub async fn create_run(state: AppState, actor: Actor, request: Json<RunRequest, LARGE>) -> Result<HttpResponse, Refusal> {
    let holder = actor.may(Action::Compute)?.clone();
    let request = request.0;
    let (id, now) = (Uuid::new_v4(), state.now());
    let created = state.write(move |db| {
        let index = schemas::find_index(db, &request.index, &request.version)?;
        let index =
            index.ok_or_else(|| Refusal::not_found().detail("Không có phiên bản chỉ số này", "There is no such version of the index"))?;
        let frozen = match index.survey_code {
            Some(_) => survey_runs::freeze(db, &request, &load::index(&index)?)?,
            None => composite_runs::freeze(db, &request, &load::composite(&index)?)?,
        };
        let new = NewRun {
            id,
            index_version_id: index.id,
            wave_id: frozen.wave_id,
            preview: request.preview,
            as_of: frozen.as_of,
            parameters: frozen.parameters,
            seed: request.seed,
            threads: None,
            since: frozen.since,
            created_by: holder.actor(),
            created_at: now,
        };
        let job = NewJob { id, kind: RUN_JOB.into(), payload: json!({ "run": id.to_string() }).to_string(), created_at: now };
        let run = runs::create(db, &new, &job)?;
        composites::freeze(db, id, &frozen.inputs)?;
        if let Some(left_out) = &frozen.left_out {
            quality::leave_out(db, id, left_out)?;
        }
        audit::note(db, &holder, now, "run.create", &id.to_string(), "")?;
        Names::default().body(db, run)
    });
    let mut accepted = HttpResponse::Accepted();
    accepted.insert_header((LOCATION, format!("/v1/runs/{id}")));
    Ok(answer(accepted, &created.await?))
}

/// Runs, the newest first.
#[utoipa::path(tag = "runs", params(RunsQuery), responses((status = 200, description = "A page of runs", body = Listing<RunBody>)))]
#[get("/v1/runs")]
pub async fn list_runs(state: AppState, actor: Actor, req: HttpRequest, query: web::Query<RunsQuery>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::ReadRuns)?;
    let page: Page<Position> = Page::of(query.cursor.as_deref(), query.limit)?;
    let unknown = |_| Refusal::new(Code::QueryInvalid).detail("Không có trạng thái này", "There is no such state");
    let wanted = query.state.as_deref().map(RunState::try_from).transpose().map_err(unknown)?;
    let wave = query.into_inner().wave;
    let (before, fetch) = (page.after.map(|position| (position.0, position.1)), page.fetch());
    let rows = state.read(move |db| {
        let wave_id = match wave {
            Some(code) => Some(waves::find(db, &code)?.ok_or_else(|| Refusal::new(Code::WaveUnknown))?.id),
            None => None,
        };
        let mut names = Names::default();
        let rows = runs::list(db, &Filter { wave_id, state: wanted, before }, fetch)?;
        rows.into_iter().map(|run| Ok((Position(run.created_at, run.id), names.body(db, run)?))).collect::<Result<Vec<_>, Refusal>>()
    });
    Ok(page.answer(&req, rows.await?, |(position, _)| *position, |(_, run)| run))
}

/// A run; `ETag` is its revision.
#[utoipa::path(tag = "runs", params(("id" = String, Path, description = "The run")), responses((status = 200, description = "The run", body = RunBody)))]
#[get("/v1/runs/{id:[^:/]+}")]
pub async fn get_run(state: AppState, actor: Actor, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::ReadRuns)?;
    let id = uuid(&id)?;
    let run = state.read(move |db| {
        let run = runs::get(db, id)?;
        Names::default().body(db, run)
    });
    Ok(answer(HttpResponse::Ok(), &run.await?))
}
