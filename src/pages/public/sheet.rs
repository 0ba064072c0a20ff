//! What everybody sees of an edition, whichever kind of index it is of: the figures of one node for the whole and for every place.

use serde_json::Value;
use uuid::Uuid;

use crate::office::figures::{self, Asked, CompositePage, CompositeWish, ScoresPage, ScoresWish};
use crate::office::{Look, Refusal, editions};
use crate::publication::ClustersUsed;
use crate::publication::disclosure::{CompositeFigure, Figure, Numbers, Seen};
use crate::schema::composite::{CompositeDefinition, Tiers};
use crate::schema::{Domain, IndexDefinition, Node, Text};
use crate::scoring::change::Measured;
use crate::store::editions::{Edition, EditionState};
use crate::store::schemas::IndexKind;
use crate::unit::{Registry, UnitId, UnitRecord};

/// More places than any code list has on one level.
const EVERYWHERE: usize = 20_000;

/// An edition as a page shows it.
pub(in crate::pages) struct Sheet {
    pub(in crate::pages) edition: Edition,
    /// Why it was taken back.
    pub(in crate::pages) withdrawn_reason: Option<String>,
    /// SHA-256 of what everybody sees.
    pub(in crate::pages) digest: Option<[u8; 32]>,
    /// What it was made of, as everybody may know it.
    pub(in crate::pages) manifest: Value,
    /// What is shown; none of an edition that was withdrawn.
    pub(in crate::pages) shown: Option<Shown>,
}

/// The figures of an edition.
pub(in crate::pages) struct Shown {
    pub(in crate::pages) title: Text,
    pub(in crate::pages) note: Option<Text>,
    pub(in crate::pages) source: Source,
    /// The two-sided level of the intervals.
    pub(in crate::pages) level: f64,
    pub(in crate::pages) decimals: u8,
    /// Every node of the index, in the order of the tree.
    pub(in crate::pages) nodes: Vec<NodeName>,
    /// The node that is shown, by its place among them.
    pub(in crate::pages) node: usize,
    pub(in crate::pages) whole: Option<Mark>,
    pub(in crate::pages) places: Vec<Place>,
    /// How many places have a rank; none where one sees one's own alone.
    pub(in crate::pages) ranked: Option<usize>,
    /// The breakdown that the places are of; none of a composite index.
    pub(in crate::pages) domain: Option<Domain>,
}

/// What an edition was made of.
pub(in crate::pages) enum Source {
    Survey {
        wave: Text,
        frame: Text,
        mode: String,
        synthetic: bool,
        opens_at: i64,
        closes_at: Option<i64>,
        clusters: Option<ClustersUsed>,
        invited: Option<f64>,
        /// Whether nobody is behind the figures of two places.
        apart: bool,
    },
    Composite {
        year: String,
        synthetic: bool,
        /// Only the best so many have a score.
        top: Option<u32>,
    },
}

/// A node and what it is called.
#[derive(Debug, Clone)]
pub(in crate::pages) struct NodeName {
    pub(in crate::pages) code: String,
    pub(in crate::pages) label: Text,
    pub(in crate::pages) depth: u8,
}

/// A place that has a figure: a province, an agency.
#[derive(Debug, Clone)]
pub(in crate::pages) struct Place {
    pub(in crate::pages) code: String,
    /// As the registry knew it when the run was made; none: the code is all there is.
    pub(in crate::pages) unit: Option<(UnitId, UnitRecord)>,
    pub(in crate::pages) mark: Mark,
}

/// One figure on a page.
#[derive(Debug, Clone, Default)]
pub(in crate::pages) struct Mark {
    /// What was measured; none of a hidden figure.
    pub(in crate::pages) numbers: Numbers,
    pub(in crate::pages) change: Option<Shift>,
    pub(in crate::pages) hidden: bool,
    /// The group that it is in, where there are groups.
    pub(in crate::pages) tier: Option<Text>,
    /// The edition whose figure stands here.
    pub(in crate::pages) stands_from: Option<String>,
}

/// How a figure moved.
#[derive(Debug, Clone, Copy)]
pub(in crate::pages) struct Shift {
    pub(in crate::pages) before: f64,
    pub(in crate::pages) difference: f64,
    pub(in crate::pages) evidence: bool,
}

impl Mark {
    pub(in crate::pages) fn of(figure: &Seen<Figure>, level: f64) -> Self {
        let change = figure.change.map(|change| {
            // Corrected for how many changes are looked at, where it was.
            let evidence = change.p_holm.or(change.p).is_some_and(|p| p < 1.0 - level);
            Shift { before: change.before, difference: change.difference, evidence }
        });
        let stands_from = figure.standing.as_ref().map(|standing| standing.edition.clone());
        Self { numbers: figure.numbers, change, hidden: figure.suppressed, tier: None, stands_from }
    }

    pub(in crate::pages) fn of_composite(figure: &Seen<CompositeFigure>, tiers: &[Text]) -> Self {
        let of = &figure.numbers;
        let numbers = Numbers {
            value: of.score,
            se: of.se,
            df: of.df,
            low: of.low,
            high: of.high,
            rank: of.rank,
            rank_low: of.rank_low,
            rank_high: of.rank_high,
            ..Numbers::default()
        };
        let tier = figure.tier.and_then(|tier| tiers.get(usize::try_from(tier).ok()?)).cloned();
        Self { numbers, change: None, hidden: figure.hidden.is_some(), tier, stands_from: None }
    }

    /// As far as a comparison needs it.
    pub(in crate::pages) fn measured(&self) -> Option<Measured> {
        let Numbers { value, se, df, .. } = self.numbers;
        Some(Measured { value: value?, variance: se? * se?, df: df? })
    }
}

impl Shown {
    pub(in crate::pages) fn place(&self, code: &str) -> Option<&Place> {
        self.places.iter().find(|place| place.code == code)
    }

    /// The code list of its places.
    pub(in crate::pages) fn list(&self) -> Option<&str> {
        self.places.iter().find_map(|place| place.unit.as_ref()).map(|(_, unit)| unit.list.as_str())
    }

    pub(in crate::pages) fn is_synthetic(&self) -> bool {
        match self.source {
            Source::Survey { synthetic, .. } | Source::Composite { synthetic, .. } => synthetic,
        }
    }
}

/// Asks the office for an edition by its code.
pub(in crate::pages) fn asked(edition: &str) -> Asked {
    Asked { edition: Some(edition.to_owned()), ..Asked::default() }
}

/// An edition and the figures of one node of it, by its code; of the index itself if none is named.
pub(in crate::pages) fn gather(look: &mut Look<'_>, code: &str, node: Option<&str>) -> Result<Sheet, Refusal> {
    let told = editions::told(look, code)?;
    let withdrawn = told.edition.state == EditionState::Withdrawn;
    let shown = match (withdrawn, told.edition.wave_code.is_some()) {
        (true, _) => None,
        (false, true) => Some(of_survey(look, &asked(code), node, None)?),
        (false, false) => Some(of_composite(look, &asked(code), node)?),
    };
    let manifest = told.manifest.unwrap_or_default();
    Ok(Sheet { edition: told.edition, withdrawn_reason: told.run.withdrawn_reason, digest: told.digest, manifest, shown })
}

/// The figures of a run that is not published, as everybody will see them once it is.
pub(in crate::pages) fn as_public(look: &mut Look<'_>, run: Uuid, kind: IndexKind, node: Option<&str>) -> Result<Shown, Refusal> {
    let of = Asked { as_public: true, ..Asked::run(run) };
    match kind {
        IndexKind::Survey => of_survey(look, &of, node, None),
        IndexKind::Composite => of_composite(look, &of, node),
    }
}

/// The figures of an edition among which some are of a unit or of what lies below it, as whoever looks may see them; none: it has no such. Of
/// several breakdowns the one that the unit itself is in, sooner than one of what lies below.
pub(in crate::pages) fn own(
    look: &mut Look<'_>,
    edition: &Edition,
    root: UnitId,
    is_own: impl Fn(UnitId) -> bool,
) -> Result<Option<Shown>, Refusal> {
    let of = asked(&edition.code);
    let has = |shown: &Shown, is_meant: &dyn Fn(UnitId) -> bool| {
        shown.places.iter().filter_map(|place| place.unit.as_ref()).any(|(id, _)| is_meant(*id))
    };
    let has_own = |shown: &Shown| has(shown, &is_own);
    let embargoed = edition.state == EditionState::Embargoed;
    let told = |shown: Shown| if embargoed { Shown { ranked: None, ..shown } } else { shown };
    if edition.wave_code.is_none() {
        return Ok(Some(of_composite(look, &of, None)?).filter(has_own).map(told));
    }
    let around = figures::scores(look, &ScoresWish { of: of.clone(), limit: 1, ..ScoresWish::default() })?;
    let mut domains: Vec<Domain> =
        around.definition.domains().iter().filter(|domain| matches!(domain, Domain::Unit | Domain::Level { .. })).cloned().collect();
    // One is a unit that is rated sooner than an area of others.
    domains.sort_by_key(|domain| !matches!(domain, Domain::Unit));
    let mut below = None;
    for domain in domains {
        let shown = of_survey(look, &of, None, Some(domain))?;
        if has(&shown, &|id| id == root) {
            return Ok(Some(told(shown)));
        }
        if below.is_none() && has_own(&shown) {
            below = Some(told(shown));
        }
    }
    Ok(below)
}

/// The breakdown that a page shows: by province if there is one, else by another kind of area, else by rated unit.
pub(in crate::pages) fn breakdown(definition: &IndexDefinition) -> Option<&Domain> {
    let all = definition.domains();
    let province = all.iter().find(|domain| matches!(domain, Domain::Level { level } if level == "province"));
    let level = || all.iter().find(|domain| matches!(domain, Domain::Level { .. }));
    province.or_else(level).or_else(|| all.iter().find(|domain| matches!(domain, Domain::Unit)))
}

fn of_survey(look: &mut Look<'_>, of: &Asked, node: Option<&str>, domain: Option<Domain>) -> Result<Shown, Refusal> {
    let wish = ScoresWish { of: of.clone(), domain: Some("nation".to_owned()), limit: EVERYWHERE, ..ScoresWish::default() };
    let page = whole_of(look, &wish)?;
    let definition = page.definition;
    let nodes = names(definition.tree());
    let at = position(&nodes, node)?;
    let level = definition.level();
    let whole = page.items.iter().find(|figure| figure.node == nodes[at].code).map(|figure| Mark::of(figure, level));
    let domain = domain.or_else(|| breakdown(&definition).cloned());
    let items = match &domain {
        Some(domain) => {
            let wish = ScoresWish { node: Some(nodes[at].code.clone()), domain: Some(domain.name()), ..wish };
            figures::scores(look, &wish)?.items
        }
        None => Vec::new(),
    };
    let places: Vec<Place> = items.iter().filter_map(|figure| place(&page.units, figure, level)).collect();
    let wave = page.wave;
    // Areas of a sample have PSUs of their own, units of a stream clusters of their own; units of a sample share PSUs.
    let apart = wave.mode != "probability_sample" || matches!(domain, Some(Domain::Level { .. }));
    let source = Source::Survey {
        wave: text(&wave.title)?,
        frame: text(&wave.frame_label)?,
        mode: wave.mode,
        synthetic: wave.synthetic,
        opens_at: wave.opens_at,
        closes_at: wave.closes_at,
        clusters: page.clusters,
        invited: page.invited_share,
        apart,
    };
    let (title, note) = (definition.title().clone(), definition.note().cloned());
    let ranked = Some(ranked(&places));
    Ok(Shown { title, note, source, level, decimals: definition.decimals(), nodes, node: at, whole, places, ranked, domain })
}

/// How many places have a rank.
fn ranked(places: &[Place]) -> usize {
    places.iter().filter(|place| place.mark.numbers.rank.is_some()).count()
}

/// Figures of the whole. An index that has none of it is asked for without, for what stands around them.
fn whole_of(look: &mut Look<'_>, wish: &ScoresWish) -> Result<ScoresPage, Refusal> {
    let of = ScoresWish { domain: None, limit: 1, ..wish.clone() };
    let around = figures::scores(look, &of)?;
    if around.definition.domains().contains(&Domain::Nation) {
        return figures::scores(look, wish);
    }
    Ok(ScoresPage { items: Vec::new(), ..around })
}

fn place(units: &Registry, figure: &Seen<Figure>, level: f64) -> Option<Place> {
    let unit = units.get(UnitId(figure.domain.unit.or(figure.domain.area)?))?;
    Some(Place { code: unit.record.code.clone(), unit: Some((unit.id, unit.record.clone())), mark: Mark::of(figure, level) })
}

fn of_composite(look: &mut Look<'_>, of: &Asked, node: Option<&str>) -> Result<Shown, Refusal> {
    // Any figure says what the index is made of.
    let any = CompositeWish { of: of.clone(), limit: 1, ..CompositeWish::default() };
    let nodes = composite_names(&figures::composite_scores(look, &any)?.definition);
    let at = position(&nodes, node)?;
    let page = figures::composite_scores(look, &CompositeWish { node: Some(nodes[at].code.clone()), limit: EVERYWHERE, ..any })?;
    let year = latest(&page);
    let tiers = page.definition.publication().tiers.as_ref().map(Tiers::labels).unwrap_or_default();
    let of_year = page.items.iter().filter(|figure| figure.edition == year);
    let places = of_year.map(|figure| Place {
        code: figure.unit.clone(),
        unit: figure.unit_id.and_then(|id| page.units.get(UnitId(id))).map(|unit| (unit.id, unit.record.clone())),
        mark: Mark::of_composite(figure, tiers),
    });
    let places: Vec<Place> = places.collect();
    let definition = &page.definition;
    let synthetic = page.manifest.synthetic;
    Ok(Shown {
        title: definition.title().clone(),
        note: definition.note().cloned(),
        source: Source::Composite { year, synthetic, top: definition.publication().top },
        level: page.manifest.level,
        decimals: definition.publication().decimals(),
        nodes,
        node: at,
        whole: None,
        ranked: Some(ranked(&places)),
        places,
        domain: None,
    })
}

/// The year that a page is about: that of the definition, or else the last that there is.
pub(in crate::pages) fn latest(page: &CompositePage) -> String {
    let own = page.definition.edition();
    let years = || page.items.iter().map(|figure| figure.edition.as_str());
    if years().any(|year| year == own) { own.to_owned() } else { years().max().unwrap_or(own).to_owned() }
}

/// The nodes of a tree, each with its depth.
pub(in crate::pages) fn names(tree: &[Node]) -> Vec<NodeName> {
    fn walk(nodes: &[Node], depth: u8, found: &mut Vec<NodeName>) {
        for node in nodes {
            found.push(NodeName { code: node.code().to_owned(), label: node.label().clone(), depth });
            walk(node.children(), depth.saturating_add(1), found);
        }
    }
    let mut found = Vec::new();
    walk(tree, 0, &mut found);
    found
}

pub(in crate::pages) fn composite_names(definition: &CompositeDefinition) -> Vec<NodeName> {
    let nodes = definition.nodes().iter();
    let depth = |depth: u32| u8::try_from(depth).unwrap_or(u8::MAX);
    nodes.map(|node| NodeName { code: node.code().to_owned(), label: node.label().clone(), depth: depth(node.depth()) }).collect()
}

fn position(nodes: &[NodeName], node: Option<&str>) -> Result<usize, Refusal> {
    let Some(node) = node else { return Ok(0) };
    let (vi, en) = (format!("Chỉ số không có nút “{node}”"), format!("The index has no node “{node}”"));
    nodes.iter().position(|known| known.code == node).ok_or_else(|| Refusal::not_found().detail(vi, en))
}

/// A text that the store has as JSON.
fn text(json: &str) -> Result<Text, Refusal> {
    serde_json::from_str(json).map_err(Refusal::internal)
}
