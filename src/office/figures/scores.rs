//! Scores of indices of surveys: of a published edition to anyone, of its own embargoed one to an agency, of any finished run to the office
//! that made it.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::Arc;

use super::{Asked, Origin, Source};
use crate::jobs::load;
use crate::jobs::stored;
use crate::office::{Look, Refusal};
use crate::publication::disclosure::{Figure, Hidden, Movement, Seen, Standing};
use crate::publication::{ClustersUsed, Manifest};
use crate::schema::{Domain, IndexDefinition, Node};
use crate::scoring::RankInterval;
use crate::scoring::change::Measured;
use crate::scoring::rank::{Evidence, RiseInterval};
use crate::store::Db;
use crate::store::changes::{self, Change};
use crate::store::runs::Run;
use crate::store::schemas::IndexKind;
use crate::store::scores::{self, Filter, Score};
use crate::store::waves::{self, Wave};
use crate::unit::Registry;

/// Rows read at a time while looking for those that the reader may know of.
const CHUNK: usize = 1_000;

/// Which scores.
#[derive(Debug, Clone, Default)]
pub struct ScoresWish {
    /// Of which run.
    pub of: Asked,
    /// Of a node of the index.
    pub node: Option<String>,
    /// Of a kind of domain.
    pub domain: Option<String>,
    /// Of a rated unit, as list and code.
    pub unit: Option<(String, String)>,
    /// Of an area, as list and code.
    pub area: Option<(String, String)>,
    /// Only those after this place: the cursor.
    pub after: Option<i32>,
    /// So many at most.
    pub limit: usize,
}

/// Scores and what they were made of.
#[derive(Debug)]
pub struct ScoresPage {
    /// Where they come from.
    pub origin: Origin,
    pub wave: Wave,
    /// The definition of the index.
    pub definition: IndexDefinition,
    /// What the intervals rest on where nobody was drawn.
    pub clusters: Option<ClustersUsed>,
    /// The share of those that took part that came by invitation, where nobody was drawn.
    pub invited_share: Option<f64>,
    /// The units as they were when the run was made: figures keep the names that they were published under.
    pub units: Arc<Registry>,
    /// The scores, in the run's canonical order.
    pub items: Vec<Seen<Figure>>,
}

/// Scores of one edition or run.
///
/// # Errors
/// `query-invalid`, `not-found`; of a run 401, 403, and `wrong-state` before it is done.
pub fn scores(look: &mut Look<'_>, wish: &ScoresWish) -> Result<ScoresPage, Refusal> {
    let source = Source::of(look, &wish.of, IndexKind::Survey)?;
    let wave = waves::by_id(look.db, source.run.wave()?)?;
    let definition = load::index(&source.index)?;
    check(&definition, wish)?;
    let units = look.units_of_run(source.run.id)?;
    let filter = filter(&units, wish)?;
    let items = seen(look.db, &source, filter, definition.decimals(), wish.limit)?;
    let (clusters, invited_share) = of_stream(&source.run);
    Ok(ScoresPage { origin: source.origin(), wave, definition, clusters, invited_share, units, items })
}

/// Finds fault with a node or a kind of domain that the definition does not have: no answer could tell that from one without scores.
fn check(definition: &IndexDefinition, wish: &ScoresWish) -> Result<(), Refusal> {
    if let Some(node) = &wish.node {
        known_node(node, definition.nodes().map(Node::code))?;
    }
    let domains: Vec<String> = definition.domains().iter().map(Domain::name).collect();
    match wish.domain.as_ref().filter(|domain| !domains.contains(domain)) {
        Some(domain) => Err(Refusal::unknown_value(
            "domain",
            format!("Chỉ số không có loại miền “{domain}”, chỉ có: {}", domains.join(", ")),
            format!("The index has no domains of the kind “{domain}”; it has: {}", domains.join(", ")),
        )),
        None => Ok(()),
    }
}

/// Finds fault with a node that is not among those of the definition.
pub(super) fn known_node<'n>(node: &str, mut known: impl Iterator<Item = &'n str>) -> Result<(), Refusal> {
    if known.any(|known| known == node) {
        return Ok(());
    }
    Err(Refusal::unknown_value("node", format!("Chỉ số không có nút “{node}”"), format!("The index has no node “{node}”")))
}

fn filter(units: &Registry, wish: &ScoresWish) -> Result<Filter, Refusal> {
    // A code may have had several versions; a score names the one of its time.
    let ids = |parameter: &str, name: &Option<(String, String)>| {
        let Some((list, code)) = name else { return Ok(None) };
        let of_name = units.iter().filter(|unit| unit.record.list == *list && unit.record.code == *code);
        let ids: Vec<i32> = of_name.map(|unit| unit.id.0).collect();
        if ids.is_empty() {
            let (vi, en) = (format!("Không có đơn vị {list}:{code}"), format!("There is no unit {list}:{code}"));
            return Err(Refusal::unknown_value(parameter, vi, en));
        }
        Ok(Some(ids))
    };
    Ok(Filter {
        node: wish.node.clone(),
        domain_kind: wish.domain.clone(),
        unit_ids: ids("unit", &wish.unit)?,
        area_ids: ids("area", &wish.area)?,
        after_ord: wish.after,
    })
}

/// The first so many scores that the reader may know of.
fn seen(db: &mut Db, source: &Source, mut filter: Filter, decimals: u8, wanted: usize) -> Result<Vec<Seen<Figure>>, Refusal> {
    let (run, reader) = (&source.run, &source.reader);
    let mut found = Vec::new();
    loop {
        let rows = scores::query(db, run.id, &filter, i64::try_from(CHUNK).unwrap_or(i64::MAX))?;
        let full = rows.len() == CHUNK;
        filter.after_ord = rows.last().map(|score| score.ord);
        let Some(places) = rows.first().zip(rows.last()).map(|(first, last)| first.ord..=last.ord) else { return Ok(found) };
        let (mut moved, mut standing) = (moved(db, run, &places)?, stored::standing(db, run.id, places)?);
        let rows = rows.into_iter().map(|score| (moved.remove(&score.ord), standing.remove(&score.ord), score));
        found.extend(rows.filter_map(|(change, standing, score)| figure(score, change, standing, decimals).seen_by(reader)));
        if !full || found.len() >= wanted {
            found.truncate(wanted);
            return Ok(found);
        }
    }
}

/// The changes of the scores in these places, by their places.
fn moved(db: &mut Db, run: &Run, places: &RangeInclusive<i32>) -> Result<HashMap<i32, Change>, Refusal> {
    let changes = if run.since.is_some() { changes::between(db, run.id, *places.start(), *places.end())? } else { Vec::new() };
    Ok(changes.into_iter().map(|change| (change.ord, change)).collect())
}

/// What the intervals of a run rest on where nobody was drawn, and the share of its responses that came by invitation.
fn of_stream(run: &Run) -> (Option<ClustersUsed>, Option<f64>) {
    let manifest: Option<Manifest> = run.manifest.as_deref().and_then(|manifest| serde_json::from_str(manifest).ok());
    let Some(manifest) = manifest.filter(|manifest| manifest.clusters.is_some()) else { return (None, None) };
    (manifest.clusters, Some(manifest.by_invitation.map_or(0.0, |invited| invited.share)))
}

/// A stored score with its change, on its way out.
#[must_use]
pub fn figure(score: Score, change: Option<Change>, standing: Option<Standing>, decimals: u8) -> Figure {
    Figure {
        ord: score.ord,
        domain: stored::domain(&score),
        numbers: stored::numbers(&score),
        node: score.node,
        hidden: score.hidden.as_deref().and_then(Hidden::parse),
        standing,
        decimals,
        shown: change.as_ref().is_some_and(|change| change.shown),
        change: change.map(|change| Movement {
            before: change.before,
            difference: change.difference,
            se: change.se,
            df: change.df,
            p: change.p,
            p_holm: change.p_holm,
            rank_before: change.rank_before,
            rise_low: change.rise_lo,
            rise_high: change.rise_hi,
        }),
        suppressed: score.suppressed,
    }
}

/// What is known of a figure to hold a target against.
#[must_use]
pub fn evidence(figure: &Figure) -> Evidence<'_> {
    let numbers = &figure.numbers;
    let place = |rank: Option<i32>| rank.and_then(|rank| u32::try_from(rank).ok());
    let rank = place(numbers.rank).zip(place(numbers.rank_low)).zip(place(numbers.rank_high));
    let rank = rank.map(|((rank, low), high)| RankInterval { rank, low, high });
    let rise = figure.change.and_then(|change| {
        let before = place(change.rank_before).map(|rank| RankInterval { rank, low: rank, high: rank })?;
        let (after, gained) = (rank?, change.rank_before? - numbers.rank?);
        Some(RiseInterval { before, after, rise: gained, low: change.rise_low?, high: change.rise_high? })
    });
    let measured = numbers.value.zip(numbers.se).zip(numbers.df);
    Evidence { score: measured.map(|((value, se), df)| Measured { value, variance: se * se, df }), rank, rise, ..Evidence::default() }
}
