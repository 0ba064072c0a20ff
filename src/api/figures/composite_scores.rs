//! Scores of composite indices: of a published edition to anyone, of its own embargoed one to an agency, of any finished run to the
//! office that made it.

use std::collections::HashMap;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use validator::Validate;

use crate::api::wire::{Cacheable, UnitLabel, Words};
use crate::http::page::{Page, link};
use crate::http::query::Query;
use crate::http::state::AppState;
use crate::office::figures::{self, Asked, CompositePage, CompositeWish};
use crate::office::{Actor, Refusal};
use crate::publication::disclosure::{CompositeFigure, CompositeNumbers, Seen};
use crate::schema::composite::{CompositeDefinition, Tiers};
use crate::unit::{Registry, UnitId};

/// Which scores: of an `edition`, of a `run`, or of the latest published edition of an `index`.
#[derive(Debug, Deserialize, Validate, IntoParams)]
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
    #[validate(range(min = 1, max = 1000))]
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

impl CompositeScoresQuery {
    fn asked(&self) -> Asked {
        let [edition, run, index, period] = [&self.edition, &self.run, &self.index, &self.period].map(Clone::clone);
        Asked { edition, run, index, period, as_public: false }
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
#[derive(Debug, Serialize, ToSchema)]
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
    /// What was computed; all null of one that is hidden.
    #[serde(flatten)]
    pub numbers: CompositeNumbers,
    /// The group that the unit is in, where the definition makes groups. Units beyond the top have one too.
    pub tier: Option<Words>,
    /// Why the public does not see it: `few_answers`, `protects_sibling` or `beyond_top`. Null: it does.
    pub hidden: Option<String>,
}

/// What every score of an answer is told with.
struct About {
    units: Arc<Registry>,
    labels: HashMap<String, Words>,
    tiers: Vec<Words>,
}

impl About {
    fn new(units: Arc<Registry>, definition: &CompositeDefinition) -> Self {
        let labels = definition.nodes().iter().map(|node| (node.code().to_owned(), Words::of(node.label()))).collect();
        let tiers = definition.publication().tiers.as_ref().map(Tiers::labels).unwrap_or_default();
        Self { units, labels, tiers: tiers.iter().map(Words::of).collect() }
    }

    fn body(&self, figure: Seen<CompositeFigure>) -> CompositeScoreBody {
        let figure = figure.into_inner();
        let tier = figure.tier.and_then(|tier| usize::try_from(tier).ok());
        CompositeScoreBody {
            name: figure.unit_id.and_then(|id| self.units.get(UnitId(id))).map(|unit| UnitLabel::of(unit).name),
            label: self.labels.get(&figure.node).cloned().unwrap_or_default(),
            tier: tier.and_then(|tier| self.tiers.get(tier).cloned()),
            year: figure.edition,
            unit: figure.unit,
            node: figure.node,
            numbers: figure.numbers,
            hidden: figure.hidden.map(|hidden| hidden.as_str().to_owned()),
        }
    }
}

/// Scores of one edition or run of a composite index.
#[utoipa::path(tag = "composites", params(CompositeScoresQuery),
    responses((status = 200, description = "A page of scores", body = CompositeScoresBody)))]
#[get("/v1/composite-scores")]
pub async fn list_composite_scores(
    state: AppState,
    actor: Actor,
    req: HttpRequest,
    query: Query<CompositeScoresQuery>,
) -> Result<HttpResponse, Refusal> {
    let page: Page<i32> = Page::of(query.cursor.as_deref(), query.limit)?;
    let of = query.asked();
    let CompositeScoresQuery { year, unit, node, .. } = query.into_inner();
    let wish = CompositeWish { of, year, unit, node, after: page.after, limit: page.limit as usize + 1 };
    let found = state.look(actor, move |look| figures::composite_scores(look, &wish)).await?;
    let CompositePage { origin, definition, manifest, units, mut items, .. } = found;
    let next = page.cut(&req, &mut items, |figure| figure.ord);
    let mut answer = HttpResponse::Ok();
    answer.private();
    link(&mut answer, next.as_deref());
    let about = About::new(units, &definition);
    Ok(answer.json(CompositeScoresBody {
        state: origin.state,
        edition: origin.edition,
        index: origin.index,
        version: origin.version,
        geography: definition.geography().map(str::to_owned),
        synthetic: manifest.synthetic,
        level: manifest.level,
        items: items.into_iter().map(|figure| about.body(figure)).collect(),
        next,
    }))
}
