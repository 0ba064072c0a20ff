//! Scores: of a published edition to anyone, of its own embargoed one to an agency, of any finished run to the office that made it.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::api::definitions::units::split_name;
use crate::api::wire::{Cacheable, UnitLabel, Words};
use crate::http::page::{Page, link};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::figures::{self, Asked, ScoresPage, ScoresWish};
use crate::office::{Actor, Refusal};
use crate::publication::ClustersUsed;
use crate::publication::disclosure::{Figure, Hidden, Movement, Numbers, Seen};
use crate::scoring::rank::Target;
use crate::unit::{Registry, UnitId};

/// Which scores: of an `edition`, of a `run`, or of the latest published edition of an `index`.
#[derive(Debug, Deserialize, Validate, IntoParams)]
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
    #[validate(range(min = 1, max = 1000))]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

impl ScoresQuery {
    fn asked(&self) -> Asked {
        let [edition, run, index, period] = [&self.edition, &self.run, &self.index, &self.period].map(Clone::clone);
        Asked { edition, run, index, period, as_public: false }
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
    /// The share of those that took part that came by invitation, each the only answer about its dossier; null of a probability sample.
    pub invited_share: Option<f64>,
    /// The scores, in the run's canonical order.
    pub items: Vec<ScoreBody>,
    /// The address of the next page; null on the last.
    pub next: Option<String>,
}

/// One figure. Of a suppressed one only what it is about is told, not how many people it rests on.
#[derive(Debug, Serialize, ToSchema)]
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
    /// What was measured; all null of one that is suppressed.
    #[serde(flatten)]
    pub numbers: Numbers,
    /// How it moved since the run that its run is compared with; null without one.
    pub change: Option<Movement>,
    /// Whether it met the target of the query; null without one, and where the target asks for what is not known.
    pub verdict: Option<VerdictBody>,
    /// `c` (confidential): not published. Null: nothing special.
    pub status: Option<&'static str>,
    /// By which rule it is hidden, for the office: `few_answers`, `dominated`, `unanimous`, or `protects_sibling`, since another would follow from it.
    pub hidden: Option<&'static str>,
    /// The edition whose figure stands here for the public, since too few answers changed for a new one to be told.
    pub stands_from: Option<String>,
}

/// A target held against a score, in view of its sampling error.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerdictBody {
    /// `met`, `missed` or `not_distinguishable`: whether all, none or some of the values that the data allow meet the target.
    pub verdict: &'static str,
    /// Whether the figure itself meets it.
    pub reached: bool,
    /// The chance that the true score meets it; for targets on scores.
    pub chance: Option<f64>,
}

/// What every score of an answer is told with.
struct About {
    units: Arc<Registry>,
    labels: HashMap<String, Words>,
    target: Option<Target>,
    /// The level of the run's intervals.
    level: f64,
}

impl About {
    fn body(&self, figure: Seen<Figure>) -> ScoreBody {
        let verdict = self.target.and_then(|target| verdict(target, &figure, self.level));
        let figure = figure.into_inner();
        let name = |id: Option<i32>| self.units.get(UnitId(id?)).map(UnitLabel::of);
        ScoreBody {
            label: self.labels.get(&figure.node).cloned().unwrap_or_default(),
            node: figure.node,
            unit: name(figure.domain.unit),
            area: name(figure.domain.area),
            domain: figure.domain.kind,
            item: figure.domain.item,
            option: figure.domain.option,
            numbers: figure.numbers,
            change: figure.change,
            verdict,
            status: figure.suppressed.then_some("c"),
            hidden: figure.hidden.map(Hidden::as_str),
            stands_from: figure.standing.as_ref().map(|standing| standing.edition.clone()),
        }
    }
}

/// Holds a target against what is seen of a figure.
fn verdict(target: Target, figure: &Figure, level: f64) -> Option<VerdictBody> {
    let found = target.assess(&figures::evidence(figure), level)?;
    Some(VerdictBody { verdict: found.verdict.as_str(), reached: found.reached, chance: found.chance.map(|chance| chance.value) })
}

/// Scores of one edition or run.
#[utoipa::path(tag = "scores", params(ScoresQuery), responses((status = 200, description = "A page of scores", body = ScoresBody)))]
#[get("/v1/scores")]
pub async fn list_scores(state: AppState, actor: Actor, req: HttpRequest, query: Query<ScoresQuery>) -> Result<HttpResponse, Refusal> {
    let page: Page<i32> = Page::of(query.cursor.as_deref(), query.limit)?;
    let target = target(query.target.as_deref())?;
    let name = |parameter, name: &Option<String>| {
        let named = name.as_deref().map(|name| split_name(parameter, name)).transpose()?;
        Ok::<_, Refusal>(named.map(|(list, code)| (list.to_owned(), code.to_owned())))
    };
    let (unit, area, of) = (name("unit", &query.unit)?, name("area", &query.area)?, query.asked());
    let ScoresQuery { node, domain, .. } = query.into_inner();
    let wish = ScoresWish { of, node, domain, unit, area, after: page.after, limit: page.limit as usize + 1 };
    let found = state.look(actor, move |look| figures::scores(look, &wish)).await?;
    let ScoresPage { origin, wave, definition, clusters, invited_share, units, mut items } = found;
    let next = page.cut(&req, &mut items, |figure| figure.ord);
    let mut answer = HttpResponse::Ok();
    answer.private();
    link(&mut answer, next.as_deref());
    let labels = definition.nodes().map(|node| (node.code().to_owned(), Words::of(node.label()))).collect();
    let about = About { units, labels, target, level: definition.level() };
    Ok(answer.json(ScoresBody {
        edition: origin.edition,
        state: origin.state,
        index: origin.index,
        version: origin.version,
        wave: wave.code,
        mode: wave.mode,
        frame: Words::from_json(&wave.frame_label),
        synthetic: wave.synthetic,
        clusters,
        invited_share,
        items: items.into_iter().map(|figure| about.body(figure)).collect(),
        next,
    }))
}

/// The target that a query names.
fn target(name: Option<&str>) -> Result<Option<Target>, Refusal> {
    let wrong = |_| {
        let (vi, en) = ("Mục tiêu viết là score:85, rank:20 hoặc rise:5", "A target is score:85, rank:20 or rise:5");
        Refusal::parameter("target", "bad-target", vi, en)
    };
    name.map(str::parse).transpose().map_err(wrong)
}
