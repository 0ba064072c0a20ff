//! The figures of a composite index as tables and as JSON.

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::cli::lang;
use crate::cli::show::padded;
use crate::cli::{findings, index};
use crate::jobs::composite::CompositeOutcome;
use crate::publication::disclosure::Hidden;
use crate::publication::{CompositeManifest, CompositeScore as Figure};
use crate::schema::composite::{CompositeDefinition, CompositeNode, Tiers};
use crate::store::composites::ReportKind;
use crate::unit::Registry;
use crate::words::Lang;
use crate::words::encode::hex;

/// Units of one table on the screen; the rest is a line that says how many.
const ROWS: usize = 100;

/// A run's figures on the screen: the definition's own edition by the root and the nodes right below it.
pub(super) struct Page<'a> {
    pub(super) definition: &'a CompositeDefinition,
    pub(super) outcome: &'a CompositeOutcome,
    pub(super) units: &'a Registry,
    pub(super) lang: Lang,
}

impl Page<'_> {
    pub(super) fn print(&self) {
        let manifest = &self.outcome.manifest;
        let lang = self.lang;
        let synthetic =
            if manifest.synthetic { lang.pick(" · người trả lời GIẢ LẬP", " · SYNTHETIC respondents") } else { "" };
        println!("{} {} · {}{synthetic}", manifest.index.code, manifest.index.version, self.definition.title().get(lang.tag()));
        inputs(manifest, lang);
        for finding in &self.outcome.findings {
            println!("  {}", findings::line(finding, lang));
        }
        let editions = self.editions();
        let own = editions.iter().find(|edition| **edition == self.definition.edition()).or(editions.last());
        if let Some(edition) = own {
            self.edition(edition);
        }
        if editions.len() > 1 {
            let n = editions.len();
            println!("\n{}", lang.pick(format!("có {n} kỳ: --json có đủ"), format!("{n} editions in all: --json has them")));
        }
        index::targets(self.outcome.targets.iter(), lang);
        if self.outcome.reports.iter().any(|(kind, _)| *kind == ReportKind::Sensitivity) {
            let said = lang.pick(
                "hạng phụ thuộc các lựa chọn ra sao: xem báo cáo của lần tính, --json in ra",
                "how ranks depend on choices is in the run's report: --json prints it",
            );
            println!("\n{said}");
        }
    }

    /// The editions in their order.
    fn editions(&self) -> Vec<&str> {
        let mut editions: Vec<&str> = self.outcome.figures.iter().map(|figure| figure.edition.as_str()).collect();
        editions.dedup(); // figures are sorted by edition
        editions
    }

    fn edition(&self, edition: &str) {
        println!("\n{edition} · {}", method(&self.outcome.manifest, edition, self.lang));
        let nodes = self.definition.nodes();
        let Some(root) = nodes.first() else { return };
        self.node(edition, root);
        for node in root.children().iter().filter_map(|place| nodes.get(*place)) {
            self.node(edition, node);
        }
    }

    fn node(&self, edition: &str, node: &CompositeNode) {
        println!("\n{} {}", node.code(), node.label().get(self.lang.tag()));
        let [rank, ranks, unit, score, error, interval] = self.lang.pick(
            ["hạng", "khoảng hạng", "đơn vị", "điểm", "sai số chuẩn", "khoảng tin cậy"],
            ["rank", "of ranks", "unit", "score", "s.e.", "interval"],
        );
        println!("  {rank:>5} {ranks:>11}  {unit:<8} {:<28} {score:>10} {error:>12} {interval:>21}", "");
        let of = |figure: &&Figure| figure.edition == edition && figure.node == node.code();
        let mut figures: Vec<&Figure> = self.outcome.figures.iter().filter(of).collect();
        figures.sort_by_key(|figure| figure.rank.unwrap_or(u32::MAX)); // stable: equal ranks keep the order of units
        for figure in figures.iter().take(ROWS) {
            self.line(figure);
        }
        lang::more(self.lang, figures.len(), ROWS, "đơn vị", ["unit", "units"]);
    }

    fn line(&self, figure: &Figure) {
        let decimals = self.definition.publication().decimals.map_or(2, |decimals| decimals as usize);
        let number = |number: Option<f64>| number.map_or("–".to_owned(), |number| format!("{number:.decimals$}"));
        let rank = figure.rank.map_or("–".to_owned(), |rank| rank.to_string());
        let ranks = figure.rank_interval.map_or(String::new(), |(low, high)| format!("{low}–{high}"));
        let interval = figure.low.zip(figure.high).map_or("–".to_owned(), |(low, high)| format!("{low:.decimals$} – {high:.decimals$}"));
        println!(
            "  {rank:>5} {ranks:>11}  {} {} {:>10} {:>12} {interval:>21}{}{}",
            padded(&figure.unit, 8),
            padded(&self.name(&figure.unit), 28),
            number(figure.score),
            number(figure.se),
            self.tier(figure),
            figure.hidden.map(|reason| hidden(reason, self.lang)).unwrap_or_default()
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
        label.map_or(String::new(), |label| format!("  {}", label.get(self.lang.tag())))
    }
}

/// What went in.
fn inputs(manifest: &CompositeManifest, lang: Lang) {
    for table in &manifest.tables {
        println!("  {} {} “{}”, sha256 {}", lang.pick("bảng", "table"), table.id, table.title, table.sha256);
    }
    for survey in &manifest.surveys {
        let (index, wave, edition, run) = (&survey.index, &survey.wave, &survey.edition, &survey.run);
        let vi = format!("{index}, đợt {wave}, cho kỳ {edition}: lần tính {run}");
        println!("  {}", lang.pick(vi, format!("{index} over {wave} for {edition}: run {run}")));
    }
    let (values, errors, pairs) = (manifest.values, manifest.with_errors, manifest.covariances);
    let said = lang.pick(
        format!("{values} giá trị, {errors} giá trị có sai số chuẩn, {pairs} cặp có hiệp phương sai"),
        format!("{values} values, {errors} of them with standard errors, {pairs} pairs with covariances"),
    );
    println!("  {said}");
}

/// How the intervals of an edition were found.
fn method(manifest: &CompositeManifest, edition: &str, lang: Lang) -> String {
    let (level, seed) = (manifest.level, manifest.seed);
    match manifest.uncertainty.iter().find(|used| used.edition == edition) {
        None => lang.pick(
            "không có khoảng tin cậy: không biết gì về sai số của các giá trị".to_owned(),
            "no intervals: nothing is known of errors of its values".to_owned(),
        ),
        Some(used) if used.replicates > 0 => {
            let (replicates, failed) = (used.replicates, used.failed);
            lang.pick(
                format!("khoảng tin cậy {level} từ {replicates} mẫu lặp, {failed} mẫu không tính được, số gieo {seed}"),
                format!("intervals at level {level} from {replicates} replicates, {failed} failed, seed {seed}"),
            )
        }
        Some(used) => lang.pick(
            format!("khoảng tin cậy {level} theo phương pháp {}", used.method),
            format!("intervals at level {level} by the {} method", used.method),
        ),
    }
}

/// What the office should know of a figure's publication.
fn hidden(reason: Hidden, lang: Lang) -> String {
    let said = reason.said();
    format!("  ({})", lang.pick(said.vi, said.en))
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
