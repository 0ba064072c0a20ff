//! Runs: starting a computation, watching it, and its way to publication.

pub mod progress;
pub mod steps;

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use validator::Validate;

use crate::api::collect::responses::uuid;
use crate::api::field::quality::{LeftOutBody, WithoutFlagged};
use crate::api::wire::Cacheable;
use crate::http::body::{Json, LARGE};
use crate::http::etag;
use crate::http::page::{Listing, Page};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::runs::{self, Described, ListWish, RunWish, UncertaintyWish};
use crate::office::{Action, Actor, Refusal};
use crate::publication::disclosure::Extent;
use crate::store::runs::{Run, RunState};
use crate::words::encode::{hex, rfc3339};

/// A run to start: of a survey's index from the answers of a wave, or of a composite index from tables and runs of surveys' indices.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunRequest {
    /// Code of the index.
    #[validate(length(min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64)]
    index: String,
    /// Version of its definition.
    #[validate(length(min = 1, max = 32))]
    #[schema(min_length = 1, max_length = 32)]
    version: String,
    /// The wave; of a survey's index only, and needed there.
    #[validate(length(min = 1, max = 64))]
    #[schema(min_length = 1, max_length = 64)]
    wave: Option<String>,
    /// Only what had arrived by then, RFC 3339: to compute again what was known on a day. By default everything there is now.
    as_of: Option<String>,
    /// Values of the index's parameters; those not given keep the definition's.
    #[serde(default)]
    parameters: BTreeMap<String, f64>,
    /// For whatever is drawn at random: the same seed gives the same figures.
    #[serde(default = "one")]
    #[validate(range(min = 0, max = 9_007_199_254_740_991_i64))]
    #[schema(minimum = 0, maximum = 9_007_199_254_740_991_i64)]
    seed: i64,
    /// A look at unfinished work, never to be published.
    #[serde(default)]
    preview: bool,
    /// The id of a finished run of the same index, such as last year's: every score tells how it moved since, with a test that
    /// knows of the PSUs that both samples share. The earlier answers are read by this run's definition.
    since: Option<String>,
    /// Leave out the responses that an evaluation flagged; by default every valid response takes part.
    without_flagged: Option<WithoutFlagged>,
    /// Of a composite index: the numbers of its indicator tables; a value of a later one replaces that of an earlier one.
    #[serde(default)]
    #[validate(length(max = 1000))]
    #[schema(max_items = 1000)]
    tables: Vec<i32>,
    /// Of a composite index: the runs of surveys' indices that its leaves are taken from.
    #[serde(default)]
    #[validate(nested)]
    surveys: Vec<SurveyRequest>,
    /// Of a composite index: how errors of its values are carried to scores and ranks.
    uncertainty: Option<UncertaintyRequest>,
    /// Of a composite index: the choices that a sensitivity analysis varies, a document of kind `sensitivity`; none without it.
    sensitivity: Option<Value>,
}

/// A run of a survey's index that leaves are taken from.
#[derive(Debug, Deserialize, Validate, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SurveyRequest {
    /// The run's id. It must be finished; the composite index can be published once it is.
    #[serde(deserialize_with = "run_id")]
    #[schema(value_type = String, format = "uuid")]
    run: Uuid,
    /// The edition that takes its values; the definition's own if nothing is said.
    #[validate(length(min = 1, max = 32))]
    #[schema(min_length = 1, max_length = 32)]
    edition: Option<String>,
}

fn run_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Uuid, D::Error> {
    let text = String::deserialize(deserializer)?;
    Uuid::parse_str(&text).map_err(|_| serde::de::Error::custom(format!("{text:?} is no id of a run")))
}

/// A run of a survey's index that leaves were taken from.
#[derive(Debug, Serialize, ToSchema)]
pub struct SurveyBody {
    /// The run's id.
    pub run: String,
    /// The edition that takes its values.
    pub edition: String,
}

/// How the errors of values are carried to scores and ranks.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UncertaintyRequest {
    /// The two-sided level of intervals; 0.95 if nothing is said.
    level: Option<f64>,
    /// `delta` or `replicates`; by slopes where every path is smooth, else by replicates, if nothing is said.
    method: Option<String>,
    /// Replicates where they are needed, 100 to 100 000; 1000 if nothing is said.
    replicates: Option<u32>,
}

impl RunRequest {
    fn wish(self) -> RunWish {
        let uncertainty = |asked: UncertaintyRequest| {
            let UncertaintyRequest { level, method, replicates } = asked;
            UncertaintyWish { level, method, replicates }
        };
        RunWish {
            index: self.index,
            version: self.version,
            wave: self.wave,
            as_of: self.as_of,
            parameters: self.parameters,
            seed: self.seed,
            preview: self.preview,
            since: self.since,
            without_flagged: self.without_flagged.map(WithoutFlagged::wish),
            tables: self.tables,
            surveys: self.surveys.into_iter().map(|survey| (survey.run, survey.edition)).collect(),
            uncertainty: self.uncertainty.map(uncertainty),
            sensitivity: self.sensitivity.map(|factors| factors.to_string()),
        }
    }
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
    /// What it was made of; with what the digest is salted with for those alone who see hidden figures.
    pub manifest: Option<Value>,
    /// How much of it is or would be published; null before it is computed, and for auditors and those who are bound to a unit.
    pub publication: Option<PublicationBody>,
    /// Why it failed.
    pub error: Option<String>,
    /// Counts the steps; the number in the `ETag`.
    pub revision: i64,
}

/// How much of a run is or would be published. What hides a figure is the office's to know, and so are these numbers.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublicationBody {
    /// Figures in all.
    pub figures: i64,
    /// How many of them are hidden.
    pub hidden: i64,
    /// Their share, from 0 to 1; null where there are no figures.
    pub share: Option<f64>,
    /// How many are hidden by each rule: `few_answers`, `dominated`, `unanimous`, `protects_sibling`, `beyond_top`.
    pub by_rule: BTreeMap<String, i64>,
    /// How many stand from an earlier edition, since too few answers changed.
    pub carried: i64,
}

impl PublicationBody {
    fn of(extent: Extent) -> Self {
        let (hidden, share) = (extent.hidden(), extent.share());
        Self { figures: extent.figures, hidden, share, by_rule: extent.by_rule, carried: extent.carried }
    }
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
#[derive(Debug, Deserialize, Validate, IntoParams)]
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
    #[validate(range(min = 1, max = 1000))]
    #[param(minimum = 1, maximum = 1000)]
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

impl RunBody {
    /// A run as the API tells it.
    #[must_use]
    pub fn of(described: Described) -> Self {
        let Described { run, index, version, wave, left_out, inputs, extent } = described;
        let survey = |(run, edition): (Uuid, String)| SurveyBody { run: run.to_string(), edition };
        Self {
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
            without_flagged: left_out.as_ref().map(LeftOutBody::of),
            tables: inputs.tables,
            surveys: inputs.surveys.into_iter().map(survey).collect(),
            steps: steps(&run),
            digest: run.digest.map(|digest| hex(&digest)),
            manifest: run.manifest.as_deref().and_then(|manifest| serde_json::from_str(manifest).ok()),
            publication: extent.map(PublicationBody::of),
            error: run.error,
            revision: run.revision,
        }
    }
}

/// The steps that a run can have behind it, in their order.
pub(in crate::api) const STEPS: [&str; 7] = ["created", "started", "finished", "submitted", "approved", "published", "withdrawn"];

fn steps(run: &Run) -> Vec<StepBody> {
    let [created, started, finished, submitted, approved, published, withdrawn] = STEPS;
    let step = |step, at: Option<i64>, by: Option<&String>| at.map(|at| StepBody { step, at: rfc3339(at), by: by.cloned(), reason: None });
    let withdrawn = step(withdrawn, run.withdrawn_at, run.withdrawn_by.as_ref());
    let all = [
        step(created, Some(run.created_at), Some(&run.created_by)),
        step(started, run.started_at, None),
        step(finished, run.finished_at, None),
        step(submitted, run.submitted_at, run.submitted_by.as_ref()),
        step(approved, run.approved_at, run.approved_by.as_ref()),
        step(published, run.published_at, run.published_by.as_ref()),
        withdrawn.map(|withdrawn| StepBody { reason: run.withdrawn_reason.clone(), ..withdrawn }),
    ];
    all.into_iter().flatten().collect()
}

/// Answers with a run as it is now.
#[must_use]
pub fn answer(mut with: actix_web::HttpResponseBuilder, run: Described) -> HttpResponse {
    let body = RunBody::of(run);
    with.private().tag(etag::revision(body.revision)).json(body)
}

/// Starts a computation. Its inputs are frozen now; its progress is at `…/progress` and, as a stream, at `…/events`.
#[utoipa::path(tag = "runs", request_body = RunRequest, responses((status = 202, description = "Queued; `Location` is the run", body = RunBody)))]
#[post("/v1/runs")]
pub async fn create_run(state: AppState, actor: Actor, request: Json<RunRequest, LARGE>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::Compute)?; // before the body is judged
    let (id, wish) = (Uuid::new_v4(), request.0.wish());
    let run = state.act(actor, move |act| runs::create(act, id, &wish)).await?;
    let mut accepted = HttpResponse::Accepted();
    accepted.insert_header((LOCATION, format!("/v1/runs/{id}")));
    Ok(answer(accepted, run))
}

/// Runs, the newest first.
#[utoipa::path(tag = "runs", params(RunsQuery), responses((status = 200, description = "A page of runs", body = Listing<RunBody>)))]
#[get("/v1/runs")]
pub async fn list_runs(state: AppState, actor: Actor, req: HttpRequest, query: Query<RunsQuery>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::ReadRuns)?;
    let page: Page<Position> = Page::of(query.cursor.as_deref(), query.limit)?;
    let unknown = |_| {
        let names = RunState::NAMES.join(", ");
        Refusal::unknown_value("state", format!("Phải là một trong: {names}"), format!("Must be one of: {names}"))
    };
    let wanted = query.state.as_deref().map(RunState::try_from).transpose().map_err(unknown)?;
    let before = page.after.map(|position| (position.0, position.1));
    let wish = ListWish { wave: query.into_inner().wave, state: wanted, before, limit: page.fetch() };
    let rows = state.look(actor, move |look| runs::list(look, &wish)).await?;
    Ok(page.answer(&req, rows, |row| Position(row.run.created_at, row.run.id), RunBody::of))
}

/// A run; `ETag` is its revision.
#[utoipa::path(tag = "runs", params(("id" = String, Path, description = "The run")), responses((status = 200, description = "The run", body = RunBody)))]
#[get("/v1/runs/{id:[^:/]+}")]
pub async fn get_run(state: AppState, actor: Actor, id: web::Path<String>) -> Result<HttpResponse, Refusal> {
    actor.may(Action::ReadRuns)?;
    let id = uuid(&id)?;
    Ok(answer(HttpResponse::Ok(), state.look(actor, move |look| runs::get(look, id)).await?))
}
