//! Scores: of a published edition to anyone, of its own embargoed one to an agency, of any finished run to the office that made it.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::api::definitions::units::split_name;
use crate::api::figures::change::{MovementBody, VerdictBody, verdict};
use crate::api::figures::sources::{Asked, Source, View, source};
use crate::api::wire::{Cacheable, UnitLabel, Words};
use crate::http::page::{Page, link};
use crate::http::state::AppState;
use crate::jobs::load;
use crate::office::Actor;
use crate::office::Code;
use crate::office::Refusal;
use crate::publication::{ClustersUsed, Manifest};
use crate::scoring::rank::Target;
use crate::store::changes::{self, Change};
use crate::store::runs::Run;
use crate::store::scores::{self, Filter, Score};
use crate::store::{Db, schemas, waves};
use crate::unit::{Registry, UnitId};

/// Rows read at a time while looking for those that the caller may see.
const CHUNK: u16 = 1_000;

/// Which scores: of an `edition`, of a `run`, or of the latest published edition of an `index`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ScoresQuery {
    /// An edition's code.
    edition: Option<String>,
    /// A run's id; for those who may see runs.
    run: Option<String>,
    /// An index's code: its latest published edition.
    index: Option<String>,
    /// With `index`: the latest of this wave.
    period: Option<String>,
    /// A node of the index.
    node: Option<String>,
    /// The rated unit, as `LIST:CODE`.
    unit: Option<String>,
    /// The area, as `LIST:CODE`.
    area: Option<String>,
    /// The kind of domain: `nation`, `province`, `unit` …
    domain: Option<String>,
    /// A target to hold each score against: `score:85`, `rank:20` or, for a run that is compared with another, `rise:5`.
    target: Option<String>,
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// Scores a page, at most 1000.
    limit: Option<u32>,
}

impl ScoresQuery {
    fn asked(&self) -> Asked<'_> {
        let [edition, run, index, period] = [&self.edition, &self.run, &self.index, &self.period].map(Option::as_deref);
        Asked { edition, run, index, period }
    }
}

/// A page of scores and what they were made of.
#[derive(Debug, Serialize, ToSchema)]
pub struct ScoresBody {
    /// The edition; null of a run that has none.
    pub edition: Option<String>,
    /// `embargoed`, `published` or `withdrawn`; of a run without an edition, the run's state.
    pub state: &'static str,
    /// Code of the index.
    pub index: String,
    /// Version of its definition.
    pub version: String,
    /// The wave.
    pub wave: String,
    /// How its answers came about: `probability_sample`, `transaction_stream` or `opt_in`. What an interval says depends on it.
    pub mode: String,
    /// Whom it speaks of.
    pub frame: Words,
    /// Whether the respondents were made up.
    pub synthetic: bool,
    /// What the intervals rest on where nobody was drawn: the kind of clusters and how many; null of a probability sample.
    #[schema(value_type = Option<Object>)]
    pub clusters: Option<ClustersUsed>,
    /// The scores, in the run's canonical order.
    pub items: Vec<ScoreBody>,
    /// The address of the next page; null on the last.
    pub next: Option<String>,
}

/// One figure. Of a suppressed one only what it is about is told, not how many people it rests on.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct ScoreBody {
    /// The node of the index.
    pub node: String,
    /// What the node is called.
    pub label: Words,
    /// The kind of domain.
    pub domain: String,
    /// The rated unit, where the domain is one or part of one.
    pub unit: Option<UnitLabel>,
    /// The area, where the domain is one or part of one.
    pub area: Option<UnitLabel>,
    /// The item that divides the respondents, where one does.
    pub item: Option<String>,
    /// The option of that item.
    pub option: Option<String>,
    /// The estimate.
    pub value: Option<f64>,
    /// Its standard error.
    pub se: Option<f64>,
    /// Lower end of the interval.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
    /// Responses it rests on.
    pub n: Option<i64>,
    /// PSUs they are in.
    pub psus: Option<i32>,
    /// Degrees of freedom of the interval.
    pub df: Option<f64>,
    /// Design effect.
    pub deff: Option<f64>,
    /// Its rank among its peers, from 1.
    pub rank: Option<i32>,
    /// The best rank that the data allow.
    pub rank_low: Option<i32>,
    /// The worst rank that the data allow.
    pub rank_high: Option<i32>,
    /// The best rank that the data allow, all peers taken together.
    pub rank_joint_low: Option<i32>,
    /// The worst rank that the data allow, all peers taken together.
    pub rank_joint_high: Option<i32>,
    /// The probability of being among the first so many; how many, the index definition says.
    pub top: Option<f64>,
    /// An estimate that borrows strength from other domains by a model; null where the definition asks for none.
    pub modelled: Option<f64>,
    /// The root of its mean squared error.
    pub modelled_rmse: Option<f64>,
    /// Whether the direct estimate is too thin to rely on.
    pub thin: Option<bool>,
    /// How it moved since the run that its run is compared with; null without one.
    pub change: Option<MovementBody>,
    /// Whether it met the target of the query; null without one, and where the target asks for what is not known.
    pub verdict: Option<VerdictBody>,
    /// `c` (confidential): too few responses. Null: nothing special.
    pub status: Option<&'static str>,
}

/// What the nodes of an index are called.
type Labels = HashMap<String, Words>;

/// What every score of an answer is told with.
struct About {
    units: Arc<Registry>,
    labels: Labels,
    target: Option<Target>,
    /// The level of the run's intervals.
    level: f64,
}

impl View {
    fn body(self, score: Score, change: Option<Change>, about: &About) -> ScoreBody {
        let (units, labels) = (&about.units, &about.labels);
        let verdict = about.target.and_then(|target| verdict(target, &score, change.as_ref(), about.level));
        let name = |id: Option<i32>| units.get(UnitId(id?)).map(UnitLabel::of);
        let subject = ScoreBody {
            unit: name(score.unit_id),
            area: name(score.area_id),
            label: labels.get(&score.node).cloned().unwrap_or_default(),
            node: score.node,
            domain: score.domain_kind,
            item: score.item_code,
            option: score.option_code,
            status: score.suppressed.then_some("c"),
            ..ScoreBody::default()
        };
        if score.suppressed && self != Self::Office {
            return subject;
        }
        ScoreBody {
            verdict,
            value: score.est,
            se: score.se,
            low: score.lo,
            high: score.hi,
            n: Some(score.n),
            psus: Some(score.n_psu),
            df: score.df,
            deff: score.deff,
            rank: score.rank,
            rank_low: score.rank_lo,
            rank_high: score.rank_hi,
            rank_joint_low: score.rank_joint_lo,
            rank_joint_high: score.rank_joint_hi,
            top: score.p_top,
            modelled: score.model_est,
            modelled_rmse: score.model_rmse,
            thin: Some(score.thin),
            change: change.map(MovementBody::from),
            ..subject
        }
    }
}

/// Scores of one edition or run.
#[utoipa::path(tag = "scores", params(ScoresQuery), responses((status = 200, description = "A page of scores", body = ScoresBody)))]
#[get("/v1/scores")]
pub async fn list_scores(state: AppState, actor: Actor, req: HttpRequest, query: web::Query<ScoresQuery>) -> Result<HttpResponse, Refusal> {
    let page = Page::of(query.cursor.as_deref(), query.limit)?;
    let units = state.units().await?;
    let filter = filter(&query, &units, page)?;
    let target = target(query.target.as_deref())?;
    let (registry, query) = (Arc::clone(&units), query.into_inner());
    let found = state.read(move |db| {
        let Source { run, edition, view } = source(db, &actor, query.asked())?;
        let Some(wave_id) = run.wave_id else { return Err(composite()) };
        let rows = visible(db, run.id, filter, view, &registry, page.limit as usize + 1)?;
        let changes = moved(db, &run, &rows)?;
        let index = schemas::index_by_id(db, run.index_version_id)?;
        let definition = load::index(&index)?;
        let labels: Labels = definition.nodes().map(|node| (node.code().to_owned(), Words::of(node.label()))).collect();
        let about = About { units: registry, labels, target, level: definition.level() };
        let wave = waves::by_id(db, wave_id)?;
        Ok((run, edition, view, (rows, changes), (index, about), wave))
    });
    let (run, edition, view, (mut rows, mut changes), (index, about), wave) = found.await?;
    let next = page.cut(&req, &mut rows, |score| i64::from(score.ord));
    let mut answer = HttpResponse::Ok();
    answer.private();
    link(&mut answer, next.as_deref());
    Ok(answer.json(ScoresBody {
        state: edition.as_ref().map_or(run.state.as_str(), |edition| edition.state.as_str()),
        edition: edition.map(|edition| edition.code),
        index: index.code,
        version: index.version,
        wave: wave.code,
        mode: wave.mode,
        frame: Words::from_json(&wave.frame_label),
        synthetic: wave.synthetic,
        clusters: clusters(&run),
        items: rows
            .into_iter()
            .map(|score| (changes.remove(&score.ord), score))
            .map(|(change, score)| view.body(score, change, &about))
            .collect(),
        next,
    }))
}

/// What is answered to who asks here for the scores of a composite index.
fn composite() -> Refusal {
    let (vi, en) = ("Chỉ số tổng hợp: xem /v1/composite-scores", "This index is a composite one: its scores are at /v1/composite-scores");
    Refusal::new(Code::QueryInvalid).detail(vi, en)
}

/// The changes of these scores, by their places.
fn moved(db: &mut Db, run: &Run, rows: &[Score]) -> Result<HashMap<i32, Change>, Refusal> {
    let ends = rows.first().zip(rows.last()).filter(|_| run.since.is_some());
    let Some((first, last)) = ends else { return Ok(HashMap::new()) };
    Ok(changes::between(db, run.id, first.ord, last.ord)?.into_iter().map(|change| (change.ord, change)).collect())
}

/// What the intervals of a run rest on where nobody was drawn.
fn clusters(run: &Run) -> Option<ClustersUsed> {
    let manifest: Manifest = serde_json::from_str(run.manifest.as_deref()?).ok()?;
    manifest.clusters
}

/// The target that a query names.
fn target(name: Option<&str>) -> Result<Option<Target>, Refusal> {
    let wrong = |_| {
        Refusal::new(Code::QueryInvalid).detail("Mục tiêu viết là score:85, rank:20 hoặc rise:5", "A target is score:85, rank:20 or rise:5")
    };
    name.map(str::parse).transpose().map_err(wrong)
}

fn filter(query: &ScoresQuery, units: &Registry, page: Page) -> Result<Filter, Refusal> {
    // A code may have had several versions; a score names the one of its time.
    let ids = |name: &Option<String>| -> Result<Option<Vec<i32>>, Refusal> {
        let Some((list, code)) = name.as_deref().map(split_name).transpose()? else { return Ok(None) };
        Ok(Some(units.iter().filter(|unit| unit.record.list == list && unit.record.code == code).map(|unit| unit.id.0).collect()))
    };
    Ok(Filter {
        node: query.node.clone(),
        domain_kind: query.domain.clone(),
        unit_ids: ids(&query.unit)?,
        area_ids: ids(&query.area)?,
        after_ord: page.after.map(i32::try_from).transpose().map_err(|_| Refusal::new(Code::CursorInvalid))?,
    })
}

/// The first `wanted` scores that the view shows.
fn visible(db: &mut Db, run: Uuid, mut filter: Filter, view: View, units: &Registry, wanted: usize) -> Result<Vec<Score>, Refusal> {
    let mut found = Vec::new();
    loop {
        let rows = scores::query(db, run, &filter, CHUNK.into())?;
        let full = rows.len() == usize::from(CHUNK);
        filter.after_ord = rows.last().map(|score| score.ord);
        found.extend(rows.into_iter().filter(|score| view.shows(score.unit_id.or(score.area_id), units)));
        if !full || found.len() >= wanted {
            found.truncate(wanted);
            return Ok(found);
        }
    }
}
