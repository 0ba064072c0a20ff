//! What everybody sees of one place: every node of the index, and the index over time.

use std::collections::HashMap;

use super::sheet::{Mark, Place, Shown, Source, asked, composite_names, names};
use crate::office::figures::{self, CompositeWish, ScoresWish};
use crate::office::{Code, Look, Refusal, editions};
use crate::publication::disclosure::{Figure, Seen};
use crate::schema::Domain;
use crate::schema::composite::Tiers;
use crate::store::editions::{Edition, EditionState};

/// More nodes than an index has, times the years of a series.
const NODES: usize = 20_000;
/// More figures than a year of a composite index has.
const FIGURES: usize = 1_000_000;
/// So many editions back a series goes.
const EDITIONS: usize = 12;

/// One place in an edition.
#[derive(Default)]
pub(in crate::pages) struct Profile {
    /// Its figure and that of the whole, for every node by its place in the sheet; none: there is no such figure.
    pub(in crate::pages) nodes: Vec<(Option<Mark>, Option<Mark>)>,
    /// The lowest and the highest published value of any place, for every node of a composite index: its nodes have points of different worth.
    pub(in crate::pages) ranges: Vec<Option<(f64, f64)>>,
    /// The index itself over time: of when, and the figure; the oldest first.
    pub(in crate::pages) series: Vec<(String, Mark)>,
}

/// Reads all of it, of an edition that everybody sees.
pub(in crate::pages) fn profile(look: &mut Look<'_>, code: &str, shown: &Shown, place: &Place) -> Result<Profile, Refusal> {
    match &shown.source {
        Source::Survey { .. } => of_survey(look, code, shown, place),
        Source::Composite { year, .. } => of_composite(look, code, shown, place, year),
    }
}

/// The breakdown of an edition, narrowed to one place of it.
pub(in crate::pages) fn wish_of(code: &str, domain: &Domain, place: &Place) -> ScoresWish {
    let name = place.unit.as_ref().map(|(_, unit)| (unit.list.clone(), unit.code.clone()));
    let wish = ScoresWish { of: asked(code), domain: Some(domain.name()), limit: NODES, ..ScoresWish::default() };
    if matches!(domain, Domain::Unit) { ScoresWish { unit: name, ..wish } } else { ScoresWish { area: name, ..wish } }
}

fn of_survey(look: &mut Look<'_>, code: &str, shown: &Shown, place: &Place) -> Result<Profile, Refusal> {
    let around = figures::scores(look, &ScoresWish { of: asked(code), limit: 1, ..ScoresWish::default() })?;
    let Some(domain) = &shown.domain else { return Ok(Profile::default()) };
    let own = figures::scores(look, &wish_of(code, domain, place))?.items;
    let whole = if around.definition.domains().contains(&Domain::Nation) {
        figures::scores(look, &ScoresWish { of: asked(code), domain: Some("nation".to_owned()), limit: NODES, ..ScoresWish::default() })?
            .items
    } else {
        Vec::new()
    };
    let by_node = |figures: &[Seen<Figure>]| {
        figures.iter().map(|figure| (figure.node.clone(), Mark::of(figure, shown.level))).collect::<HashMap<_, _>>()
    };
    let (mut own, mut whole) = (by_node(&own), by_node(&whole));
    let nodes = shown.nodes.iter().map(|node| (own.remove(&node.code), whole.remove(&node.code))).collect();
    let root = names(around.definition.tree()).first().map(|node| node.code.clone()).unwrap_or_default();
    Ok(Profile { nodes, ranges: Vec::new(), series: over_editions(look, (&around.origin.index, &root, domain), place)? })
}

/// The root of an index in its editions that stand, the newest of each wave. What cannot be compared, since the index was another or the place
/// was of another list, is not in it.
fn over_editions(look: &mut Look<'_>, (index, root, domain): (&str, &str, &Domain), place: &Place) -> Result<Vec<(String, Mark)>, Refusal> {
    let mut series: Vec<(i64, String, Mark)> = Vec::new();
    let mut waves = Vec::new();
    let of_index = |edition: &Edition| edition.index_code == index && edition.state == EditionState::Published;
    for edition in editions::list(look)?.into_iter().filter(of_index).take(EDITIONS) {
        let Some(wave) = edition.wave_code.clone().filter(|wave| !waves.contains(wave)) else { continue };
        waves.push(wave);
        let of = asked(&edition.code);
        let around = figures::scores(look, &ScoresWish { of, limit: 1, ..ScoresWish::default() })?;
        if around.definition.node(root).is_none() || !around.definition.domains().contains(domain) {
            continue;
        }
        let wish = ScoresWish { node: Some(root.to_owned()), ..wish_of(&edition.code, domain, place) };
        // A place that is younger than an edition has no figure there.
        let found = match figures::scores(look, &wish) {
            Ok(page) => page.items,
            Err(refusal) if refusal.code() == Code::QueryInvalid => continue,
            Err(other) => return Err(other),
        };
        let level = around.definition.level();
        series.extend(found.first().map(|figure| (around.wave.opens_at, around.wave.code.clone(), Mark::of(figure, level))));
    }
    series.sort_by_key(|(opens_at, ..)| *opens_at);
    Ok(series.into_iter().map(|(_, wave, mark)| (wave, mark)).collect())
}

fn of_composite(look: &mut Look<'_>, code: &str, shown: &Shown, place: &Place, year: &str) -> Result<Profile, Refusal> {
    let unit = Some(place.code.clone());
    let page = figures::composite_scores(look, &CompositeWish { of: asked(code), unit, limit: NODES, ..CompositeWish::default() })?;
    let tiers = page.definition.publication().tiers.as_ref().map(Tiers::labels).unwrap_or_default();
    let mark = |figure| Mark::of_composite(figure, tiers);
    let of_year = page.items.iter().filter(|figure| figure.edition == year);
    let mut own: HashMap<&str, Mark> = of_year.map(|figure| (figure.node.as_str(), mark(figure))).collect();
    let nodes = shown.nodes.iter().map(|node| (own.remove(node.code.as_str()), None)).collect();
    let root = composite_names(&page.definition).first().map(|node| node.code.clone()).unwrap_or_default();
    let mut series: Vec<(String, Mark)> =
        page.items.iter().filter(|figure| figure.node == root).map(|figure| (figure.edition.clone(), mark(figure))).collect();
    series.sort_by(|a, b| a.0.cmp(&b.0));
    let ranges = ranges(look, code, shown, year)?;
    Ok(Profile { nodes, ranges, series })
}

/// From where to where every node goes among all places of a year.
fn ranges(look: &mut Look<'_>, code: &str, shown: &Shown, year: &str) -> Result<Vec<Option<(f64, f64)>>, Refusal> {
    let year = Some(year.to_owned());
    let page = figures::composite_scores(look, &CompositeWish { of: asked(code), year, limit: FIGURES, ..CompositeWish::default() })?;
    let mut found: HashMap<&str, (f64, f64)> = HashMap::new();
    for (node, score) in page.items.iter().filter_map(|figure| Some((figure.node.as_str(), figure.numbers.score?))) {
        let (low, high) = found.entry(node).or_insert((score, score));
        (*low, *high) = (low.min(score), high.max(score));
    }
    Ok(shown.nodes.iter().map(|node| found.get(node.code.as_str()).copied()).collect())
}
