//! Scores of composite indices.

use std::sync::Arc;

use uuid::Uuid;

use super::scores::known_node;
use super::{Asked, Origin, Source};
use crate::jobs::load;
use crate::office::{Look, Refusal};
use crate::publication::CompositeManifest;
use crate::publication::disclosure::{CompositeFigure, CompositeNumbers, Hidden, Reader, Seen};
use crate::schema::composite::{CompositeDefinition, CompositeNode};
use crate::store::Db;
use crate::store::composites::{self, CompositeScore, Filter};
use crate::store::runs::Run;
use crate::store::schemas::IndexKind;
use crate::unit::Registry;

/// Rows read at a time while looking for those that the reader may know of.
const CHUNK: usize = 1_000;

/// Which scores.
#[derive(Debug, Clone, Default)]
pub struct CompositeWish {
    /// Of which run.
    pub of: Asked,
    /// Of what tables and definitions call an edition.
    pub year: Option<String>,
    /// Of a unit, by its code.
    pub unit: Option<String>,
    /// Of a node.
    pub node: Option<String>,
    /// Only those after this place: the cursor.
    pub after: Option<i32>,
    /// So many at most.
    pub limit: usize,
}

/// Scores and what they were made of.
#[derive(Debug)]
pub struct CompositePage {
    /// Where they come from.
    pub origin: Origin,
    /// The definition of the index.
    pub definition: CompositeDefinition,
    /// What the run was made of.
    pub manifest: CompositeManifest,
    /// The units as they were when the run was made: figures keep the names that they were published under.
    pub units: Arc<Registry>,
    /// The years that there are scores of, in their order, as far as the reader may know.
    pub years: Vec<String>,
    /// The scores, in the order of year, unit and node.
    pub items: Vec<Seen<CompositeFigure>>,
}

/// Scores of one edition or run of a composite index.
///
/// # Errors
/// `query-invalid`, `not-found`; of a run 401, 403, and `wrong-state` before it is done.
pub fn composite_scores(look: &mut Look<'_>, wish: &CompositeWish) -> Result<CompositePage, Refusal> {
    let source = Source::of(look, &wish.of, IndexKind::Composite)?;
    let definition = load::composite_of_run(look.db, &source.run, &source.index)?;
    if let Some(node) = &wish.node {
        known_node(node, definition.nodes().iter().map(CompositeNode::code))?;
    }
    check(look.db, &source, wish)?;
    let filter = Filter { edition: wish.year.clone(), unit: wish.unit.clone(), node: wish.node.clone(), after_ord: wish.after };
    let items = seen(look.db, source.run.id, filter, &source.reader, definition.publication().decimals(), wish.limit)?;
    let units = look.units_of_run(source.run.id)?;
    let years = if source.reader.is_embargoed() { Vec::new() } else { composites::editions(look.db, source.run.id)? };
    Ok(CompositePage { origin: source.origin(), definition, manifest: manifest(&source.run)?, units, years, items })
}

/// Finds fault with a year and a unit that no score is of, as far as the reader may know.
fn check(db: &mut Db, source: &Source, wish: &CompositeWish) -> Result<(), Refusal> {
    let mut any = |filter: Filter| Ok::<_, Refusal>(!seen(db, source.run.id, filter, &source.reader, 0, 1)?.is_empty());
    if let Some(year) = &wish.year
        && !any(Filter { edition: Some(year.clone()), ..Filter::default() })?
    {
        let (vi, en) = (format!("Không có điểm nào của kỳ “{year}”"), format!("There are no scores of the year “{year}”"));
        return Err(Refusal::unknown_value("year", vi, en));
    }
    if let Some(unit) = &wish.unit
        && !any(Filter { unit: Some(unit.clone()), ..Filter::default() })?
    {
        let (vi, en) = (format!("Không có điểm nào của đơn vị “{unit}”"), format!("There are no scores of the unit “{unit}”"));
        return Err(Refusal::unknown_value("unit", vi, en));
    }
    Ok(())
}

/// What a finished run was made of.
fn manifest(run: &Run) -> Result<CompositeManifest, Refusal> {
    let manifest = run.manifest.as_deref().and_then(|manifest| serde_json::from_str(manifest).ok());
    manifest.ok_or_else(|| Refusal::internal(format!("the manifest of run {} cannot be read", run.id)))
}

/// The first so many scores that the reader may know of.
fn seen(
    db: &mut Db,
    run: Uuid,
    mut filter: Filter,
    reader: &Reader,
    decimals: u8,
    wanted: usize,
) -> Result<Vec<Seen<CompositeFigure>>, Refusal> {
    let mut found = Vec::new();
    loop {
        let rows = composites::query(db, run, &filter, i64::try_from(CHUNK).unwrap_or(i64::MAX))?;
        let full = rows.len() == CHUNK;
        filter.after_ord = rows.last().map(|score| score.ord);
        for row in rows {
            found.extend(figure(row, decimals)?.seen_by(reader));
        }
        if !full || found.len() >= wanted {
            found.truncate(wanted);
            return Ok(found);
        }
    }
}

/// A stored score on its way out.
pub(super) fn figure(score: CompositeScore, decimals: u8) -> Result<CompositeFigure, Refusal> {
    let unknown = |name: &String| Refusal::internal(format!("{name:?} is no reason to hide a figure"));
    let hidden = score.hidden.as_ref().map(|name| Hidden::parse(name).ok_or_else(|| unknown(name))).transpose()?;
    Ok(CompositeFigure {
        ord: score.ord,
        edition: score.edition,
        unit: score.unit,
        unit_id: score.unit_id,
        node: score.node,
        numbers: CompositeNumbers {
            score: score.score,
            se: score.se,
            df: score.df,
            low: score.lo,
            high: score.hi,
            rank: score.rank,
            rank_low: score.rank_lo,
            rank_high: score.rank_hi,
        },
        tier: score.tier,
        hidden,
        decimals,
    })
}
