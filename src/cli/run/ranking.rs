//! The figures of a composite index as tables and as JSON.

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::cli::show::padded;
use crate::cli::{findings, index};
use crate::index::composite::{Figure, Hidden};
use crate::jobs::composite::CompositeOutcome;
use crate::publication::{CompositeManifest, hex};
use crate::schema::composite::{CompositeDefinition, CompositeNode, Tiers};
use crate::store::composites::ReportKind;
use crate::unit::Registry;

/// Units of one table on the screen; the rest is a line that says how many.
const ROWS: usize = 100;

/// A run's figures on the screen: the definition's own edition by the root and the nodes right below it.
pub(super) struct Page<'a> {
    pub(super) definition: &'a CompositeDefinition,
    pub(super) outcome: &'a CompositeOutcome,
    pub(super) units: &'a Registry,
    pub(super) language: &'static str,
}

impl Page<'_> {
    pub(super) fn print(&self) {
        let manifest = &self.outcome.manifest;
        let synthetic = if manifest.synthetic { " · SYNTHETIC respondents" } else { "" };
        println!("{} {} · {}{synthetic}", manifest.index.code, manifest.index.version, self.definition.title().get(self.language));
        inputs(manifest);
        for finding in &self.outcome.findings {
            println!("  {}", findings::line(finding, self.language));
        }
        let editions = self.editions();
        let own = editions.iter().find(|edition| **edition == self.definition.edition()).or(editions.last());
        if let Some(edition) = own {
            self.edition(edition);
        }
        if editions.len() > 1 {
            println!("\n{} editions in all: --json has them", editions.len());
        }
        index::targets(self.outcome.targets.iter());
        if self.outcome.reports.iter().any(|(kind, _)| *kind == ReportKind::Sensitivity) {
            println!("\nhow ranks depend on choices is in the run's report: --json prints it");
        }
    }

    /// The editions in their order.
    fn editions(&self) -> Vec<&str> {
        let mut editions: Vec<&str> = self.outcome.figures.iter().map(|figure| figure.edition.as_str()).collect();
        editions.dedup(); // figures are sorted by edition
        editions
    }

    fn edition(&self, edition: &str) {
        println!("\n{edition} · {}", method(&self.outcome.manifest, edition));
        let nodes = self.definition.nodes();
        let Some(root) = nodes.first() else { return };
        self.node(edition, root);
        for node in root.children().iter().filter_map(|place| nodes.get(*place)) {
            self.node(edition, node);
        }
    }

    fn node(&self, edition: &str, node: &CompositeNode) {
        println!("\n{} {}", node.code(), node.label().get(self.language));
        println!("  {:>5} {:>11}  {:<8} {:<28} {:>10} {:>9} {:>21}", "rank", "of ranks", "unit", "", "score", "s.e.", "interval");
        let of = |figure: &&Figure| figure.edition == edition && figure.node == node.code();
        let mut figures: Vec<&Figure> = self.outcome.figures.iter().filter(of).collect();
        figures.sort_by_key(|figure| figure.rank.unwrap_or(u32::MAX)); // stable: equal ranks keep the order of units
        for figure in figures.iter().take(ROWS) {
            self.line(figure);
        }
        if figures.len() > ROWS {
            println!("… and {} more units: --json has them all", figures.len() - ROWS);
        }
    }

    fn line(&self, figure: &Figure) {
        let decimals = self.definition.publication().decimals.map_or(2, |decimals| decimals as usize);
        let number = |number: Option<f64>| number.map_or("–".to_owned(), |number| format!("{number:.decimals$}"));
        let rank = figure.rank.map_or("–".to_owned(), |rank| rank.to_string());
        let ranks = figure.rank_interval.map_or(String::new(), |(low, high)| format!("{low}–{high}"));
        let interval = figure.low.zip(figure.high).map_or("–".to_owned(), |(low, high)| format!("{low:.decimals$} – {high:.decimals$}"));
        println!(
            "  {rank:>5} {ranks:>11}  {} {} {:>10} {:>9} {interval:>21}{}{}",
            padded(&figure.unit, 8),
            padded(&self.name(&figure.unit), 28),
            number(figure.score),
            number(figure.se),
            self.tier(figure),
            figure.hidden.map(hidden).unwrap_or_default()
        );
    }

    /// What the registry calls a unit of the definition's list.
    fn name(&self, unit: &str) -> String {
        let found = self.definition.geography().and_then(|list| self.units.find(list, unit, None));
        found.map(|unit| unit.record.name_vi.clone()).unwrap_or_default()
    }

    fn tier(&self, figure: &Figure) -> String {
        let labels = self.definition.publication().tiers.as_ref().map(Tiers::labels);
        let label = figure.tier.zip(labels).and_then(|(tier, labels)| labels.get(tier));
        label.map_or(String::new(), |label| format!("  {}", label.get(self.language)))
    }
}

/// What went in.
fn inputs(manifest: &CompositeManifest) {
    for table in &manifest.tables {
        println!("  table {} “{}”, sha256 {}", table.id, table.title, table.sha256);
    }
    for survey in &manifest.surveys {
        println!("  {} over {} for {}: run {}", survey.index, survey.wave, survey.edition, survey.run);
    }
    println!(
        "  {} values, {} of them with standard errors, {} pairs with covariances",
        manifest.values, manifest.with_errors, manifest.covariances
    );
}

/// How the intervals of an edition were found.
fn method(manifest: &CompositeManifest, edition: &str) -> String {
    let level = manifest.level;
    match manifest.uncertainty.iter().find(|used| used.edition == edition) {
        None => "no intervals: nothing is known of errors of its values".to_owned(),
        Some(used) if used.replicates > 0 => {
            format!("intervals at level {level} from {} replicates, {} failed, seed {}", used.replicates, used.failed, manifest.seed)
        }
        Some(used) => format!("intervals at level {level} by the {} method", used.method),
    }
}

/// What the office should know of a figure's publication.
fn hidden(reason: Hidden) -> &'static str {
    match reason {
        Hidden::BeyondTop => "  (not among those published)",
        Hidden::FewAnswers => "  (few answers: not published)",
        Hidden::ProtectsSibling => "  (not published: another figure would follow from it)",
    }
}

/// Everything about a run, doubles in full.
pub(super) fn json(run: &str, outcome: &CompositeOutcome) -> Result<Value> {
    let report = |(kind, text): &(ReportKind, String)| Ok((kind.as_str().to_owned(), serde_json::from_str(text)?));
    Ok(json!({
        "run": run,
        "digest": hex(&outcome.digest),
        "manifest": outcome.manifest,
        "figures": outcome.figures.iter().map(figure).collect::<Vec<_>>(),
        "reports": outcome.reports.iter().map(report).collect::<Result<Map<_, _>>>()?,
    }))
}

fn figure(figure: &Figure) -> Value {
    json!({
        "edition": figure.edition, "unit": figure.unit, "node": figure.node, "score": figure.score, "se": figure.se, "df": figure.df,
        "low": figure.low, "high": figure.high, "rank": figure.rank, "rank_low": figure.rank_interval.map(|(low, _)| low),
        "rank_high": figure.rank_interval.map(|(_, high)| high), "tier": figure.tier, "hidden": figure.hidden.map(Hidden::as_str),
    })
}
