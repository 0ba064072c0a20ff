//! Scores of composite indices: of a published edition to anyone, of its own embargoed one to an agency, of any finished run to the
//! office that made it.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get, web};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::api::figures::sources::{Asked, Source, View, source};
use crate::api::wire::{Cacheable, UnitLabel, Words};
use crate::composite::Hidden;
use crate::http::page::{Page, link};
use crate::http::state::AppState;
use crate::jobs::load;
use crate::office::Action;
use crate::office::Actor;
use crate::office::Code;
use crate::office::Refusal;
use crate::publication::CompositeManifest;
use crate::schema::composite::{CompositeDefinition, Tiers};
use crate::store::Db;
use crate::store::composites::{self, CompositeScore, Filter};
use crate::store::runs::Run;
use crate::store::schemas::{self, IndexKind, IndexVersion};
use crate::unit::{Registry, UnitId};

/// Rows read at a time while looking for those that the caller may see.
const CHUNK: u16 = 1_000;

/// Which scores: of an `edition`, of a `run`, or of the latest published edition of an `index`.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CompositeScoresQuery {
    /// The code of a published edition, such as `pci@2025.1`.
    edition: Option<String>,
    /// A run's id; for those who may see runs.
    run: Option<String>,
    /// An index's code: its latest published edition.
    index: Option<String>,
    /// With `index`: the latest of this version of the definition.
    period: Option<String>,
    /// What tables and definitions call an edition, such as `2025`: a run computes every year that its tables hold.
    year: Option<String>,
    /// A node of the index.
    node: Option<String>,
    /// The unit, by its code as `items` have it.
    unit: Option<String>,
    /// Where the page begins: `next` of the page before.
    cursor: Option<String>,
    /// Scores a page, at most 1000.
    limit: Option<u32>,
}

impl CompositeScoresQuery {
    fn asked(&self) -> Asked<'_> {
        let [edition, run, index, period] = [&self.edition, &self.run, &self.index, &self.period].map(Option::as_deref);
        Asked { edition, run, index, period }
    }
}

/// A page of scores and what they were made of.
#[derive(Debug, Serialize, ToSchema)]
pub struct CompositeScoresBody {
    /// The edition's code; null of a run that has none.
    pub edition: Option<String>,
    /// `embargoed`, `published` or `withdrawn`; of a run without an edition, the run's state.
    pub state: &'static str,
    /// Code of the index.
    pub index: String,
    /// Version of its definition.
    pub version: String,
    /// The list that codes of units are of, where the definition names one.
    pub geography: Option<String>,
    /// Whether respondents of a survey that it takes leaves from were made up.
    pub synthetic: bool,
    /// The two-sided level of the intervals.
    pub level: f64,
    /// The scores, in the order of year, unit and node.
    pub items: Vec<CompositeScoreBody>,
    /// The address of the next page; null on the last.
    pub next: Option<String>,
}

/// One score. Of one that is hidden only what it is about is told, and why.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct CompositeScoreBody {
    /// What tables and definitions call the edition, such as `2025`.
    pub year: String,
    /// The unit, as tables have it.
    pub unit: String,
    /// What it is called, where the registry knows it.
    pub name: Option<Words>,
    /// The node of the index; the first of a unit is the index itself.
    pub node: String,
    /// What the node is called.
    pub label: Words,
    /// The score, unrounded.
    pub score: Option<f64>,
    /// Its standard error; null where nothing is known of errors, which is not to say that there are none.
    pub se: Option<f64>,
    /// Degrees of freedom; null: they count as infinite.
    pub df: Option<f64>,
    /// Lower end of the interval.
    pub low: Option<f64>,
    /// Upper end of the interval.
    pub high: Option<f64>,
    /// Its rank in the year, by unrounded scores.
    pub rank: Option<i32>,
    /// The best rank that the data allow.
    pub rank_low: Option<i32>,
    /// The worst rank that the data allow.
    pub rank_high: Option<i32>,
    /// The group that the unit is in, where the definition makes groups. Units beyond the top have one too.
    pub tier: Option<Words>,
    /// Why the public does not see it: `few_answers`, `protects_sibling` or `beyond_top`. Null: it does.
    pub hidden: Option<String>,
}

/// Who looks at the figures of a run.
#[derive(Clone)]
pub(super) struct Eyes {
    view: View,
    /// The unit of an agency's key: of its own units it sees what is beyond the top too.
    own: Option<UnitId>,
    units: Arc<Registry>,
}

impl Eyes {
    pub(super) fn new(view: View, actor: &Actor, units: &Arc<Registry>) -> Self {
        let own = actor.holder().filter(|_| actor.can(Action::ReadOwnEmbargoed)).and_then(|holder| holder.unit);
        Self { view, own: own.map(UnitId), units: Arc::clone(units) }
    }

    /// Whether anything of a unit's figure is told.
    pub(super) fn know(&self, score: &CompositeScore) -> bool {
        self.view.shows(score.unit_id, &self.units)
    }

    /// Whether its score and rank are told.
    pub(super) fn see(&self, score: &CompositeScore) -> bool {
        match score.hidden.as_deref() {
            _ if self.view == View::Office => true,
            None => true,
            Some(hidden) => hidden == Hidden::BeyondTop.as_str() && self.is_own(score),
        }
    }

    /// Whether nothing is kept from whoever looks.
    pub(super) fn sees_all(&self) -> bool {
        self.view == View::Office
    }

    fn is_own(&self, score: &CompositeScore) -> bool {
        self.own.zip(score.unit_id).is_some_and(|(root, id)| self.units.is_within(UnitId(id), root))
    }

    fn sees_tier(&self, score: &CompositeScore) -> bool {
        self.see(score) || score.hidden.as_deref() == Some(Hidden::BeyondTop.as_str())
    }
}

/// What every score of an answer is told with.
struct About {
    eyes: Eyes,
    labels: HashMap<String, Words>,
    tiers: Vec<Words>,
}

impl About {
    fn new(eyes: Eyes, definition: &CompositeDefinition) -> Self {
        let labels = definition.nodes().iter().map(|node| (node.code().to_owned(), Words::of(node.label()))).collect();
        let tiers = definition.publication().tiers.as_ref().map(Tiers::labels).unwrap_or_default();
        Self { eyes, labels, tiers: tiers.iter().map(Words::of).collect() }
    }

    fn body(&self, score: CompositeScore) -> CompositeScoreBody {
        let tier = score.tier.filter(|_| self.eyes.sees_tier(&score)).and_then(|tier| usize::try_from(tier).ok());
        let seen = self.eyes.see(&score);
        let subject = CompositeScoreBody {
            name: score.unit_id.and_then(|id| self.eyes.units.get(UnitId(id))).map(|unit| UnitLabel::of(unit).name),
            label: self.labels.get(&score.node).cloned().unwrap_or_default(),
            tier: tier.and_then(|tier| self.tiers.get(tier).cloned()),
            year: score.edition,
            unit: score.unit,
            node: score.node,
            hidden: score.hidden,
            ..CompositeScoreBody::default()
        };
        if !seen {
            return subject;
        }
        CompositeScoreBody {
            score: score.score,
            se: score.se,
            df: score.df,
            low: score.lo,
            high: score.hi,
            rank: score.rank,
            rank_low: score.rank_lo,
            rank_high: score.rank_hi,
            ..subject
        }
    }
}

/// A run of a composite index with its definition.
///
/// # Errors
/// Those of [`source`]; `query-invalid` for a survey's index.
pub(super) fn composite(db: &mut Db, actor: &Actor, asked: Asked<'_>) -> Result<(Source, IndexVersion), Refusal> {
    let source = source(db, actor, asked)?;
    if source.run.kind == IndexKind::Survey {
        let (vi, en) = ("Chỉ số tính từ khảo sát: xem /v1/scores", "This index is of a survey: its scores are at /v1/scores");
        return Err(Refusal::new(Code::QueryInvalid).detail(vi, en));
    }
    let index = schemas::index_by_id(db, source.run.index_version_id)?;
    Ok((source, index))
}

/// Scores of one edition or run of a composite index.
#[utoipa::path(tag = "composites", params(CompositeScoresQuery),
    responses((status = 200, description = "A page of scores", body = CompositeScoresBody)))]
#[get("/v1/composite-scores")]
pub async fn list_composite_scores(
    state: AppState,
    actor: Actor,
    req: HttpRequest,
    query: web::Query<CompositeScoresQuery>,
) -> Result<HttpResponse, Refusal> {
    let page: Page<i32> = Page::of(query.cursor.as_deref(), query.limit)?;
    let (units, query) = (state.units().await?, query.into_inner());
    let found = state.read(move |db| {
        let (source, index) = composite(db, &actor, query.asked())?;
        let definition = load::composite(&index)?;
        let about = About::new(Eyes::new(source.view, &actor, &units), &definition);
        let filter = Filter { edition: query.year, unit: query.unit, node: query.node, after_ord: page.after };
        let rows = visible(db, source.run.id, filter, &about.eyes, page.limit as usize + 1)?;
        Ok((source, index, definition, about, rows))
    });
    let (source, index, definition, about, mut rows) = found.await?;
    let next = page.cut(&req, &mut rows, |score| score.ord);
    let manifest = manifest(&source.run)?;
    let mut answer = HttpResponse::Ok();
    answer.private();
    link(&mut answer, next.as_deref());
    Ok(answer.json(CompositeScoresBody {
        state: source.state(),
        edition: source.edition.map(|edition| edition.code),
        index: index.code,
        version: index.version,
        geography: definition.geography().map(str::to_owned),
        synthetic: manifest.synthetic,
        level: manifest.level,
        items: rows.into_iter().map(|score| about.body(score)).collect(),
        next,
    }))
}

/// What a finished run was made of.
fn manifest(run: &Run) -> Result<CompositeManifest, Refusal> {
    let manifest = run.manifest.as_deref().and_then(|manifest| serde_json::from_str(manifest).ok());
    manifest.ok_or_else(|| Refusal::internal(format!("the manifest of run {} cannot be read", run.id)))
}

/// The first `wanted` scores that the caller may know of.
fn visible(db: &mut Db, run: Uuid, mut filter: Filter, eyes: &Eyes, wanted: usize) -> Result<Vec<CompositeScore>, Refusal> {
    let mut found = Vec::new();
    loop {
        let rows = composites::query(db, run, &filter, CHUNK.into())?;
        let full = rows.len() == usize::from(CHUNK);
        filter.after_ord = rows.last().map(|score| score.ord);
        found.extend(rows.into_iter().filter(|score| eyes.know(score)));
        if !full || found.len() >= wanted {
            found.truncate(wanted);
            return Ok(found);
        }
    }
}
