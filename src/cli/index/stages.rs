//! What each stage did, in a line: how many, and which units and indicators.

use std::collections::BTreeMap;

use super::Shown;
use crate::cli::findings;
use crate::composite::{Filled, Record, StepResult, stage_vi, unscaled};
use crate::schema::composite::{CompositeDefinition, CompositeNode};
use crate::words::Lang;

/// Most names in a line; --json has all.
const NAMES: usize = 10;

/// Prints the stages in their order.
pub(super) fn print(shown: &Shown<'_>) {
    let lang = shown.lang;
    println!("\n{}", lang.pick("các bước", "stages"));
    let said = Said {
        definition: &shown.checked.definition,
        editions: shown.outcome.rows().editions().len(),
        named: shown.reader.is_office(),
        lang,
    };
    for (place, step) in shown.outcome.steps().iter().enumerate() {
        let name = step.arguments.name();
        println!("  {} {:<18} {}", place + 1, lang.pick(stage_vi(name), name), said.of(step));
    }
}

/// The first names of a list, and how many more there are.
pub(super) fn listed(names: &[String], lang: Lang) -> String {
    let first = names.iter().take(NAMES).map(|name| findings::name(name)).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES) {
        0 => first,
        more => format!("{first} {}", lang.pick(format!("và {more} mục nữa"), format!("and {more} more"))),
    }
}

struct Said<'a> {
    definition: &'a CompositeDefinition,
    /// How many editions the data hold: with several, names tell theirs.
    editions: usize,
    /// Whether units and indicators are named; the public gets numbers.
    named: bool,
    lang: Lang,
}

impl Said<'_> {
    fn of(&self, step: &StepResult) -> String {
        let lang = self.lang;
        match &step.record {
            Record::Screened { removed } if removed.is_empty() => lang.pick("giữ mọi đơn vị", "every unit stays").to_owned(),
            Record::Screened { removed } => {
                let names = removed.iter().map(|unit| self.dated(&unit.unit, &unit.edition));
                let units = lang.count(removed.len(), "đơn vị", ["unit", "units"]);
                self.with(lang.pick(format!("loại {units}"), format!("{units} left out")), names)
            }
            Record::Denominated { indicators, lost } => {
                let divided = self.with(
                    format!("{} {}", self.indicators(indicators.len()), lang.pick("được chia", "divided")),
                    indicators.iter().cloned(),
                );
                format!("{divided}; {}", self.values(lost, "bị mất", "lost"))
            }
            Record::Imputed { filled, left } => {
                let left = lang.pick(format!("còn thiếu {left}"), format!("{left} missing still"));
                format!("{}; {left}", self.values(filled, "được điền", "filled in"))
            }
            Record::Treated { indicators } => {
                let of = |which: &dyn Fn(&crate::composite::Treated) -> bool, vi: &str, en: &str| {
                    let names: Vec<String> =
                        indicators.iter().filter(|treated| which(treated)).map(|it| self.dated(&it.indicator, &it.edition)).collect();
                    self.with(format!("{} {}", names.len(), lang.pick(vi, en)), names.into_iter())
                };
                let tested = format!("{} {}", indicators.len(), lang.pick("được kiểm tra", "tested"));
                let winsorised = of(&|treated| treated.winsorised > 0, "được kéo về biên", "winsorised");
                format!("{tested}; {winsorised}; {}", of(&|treated| treated.transformed, "được biến đổi", "transformed"))
            }
            Record::Normalised { limits, beyond } => {
                let mut codes: Vec<&str> = limits.iter().map(|limits| limits.indicator.as_str()).collect();
                codes.sort_unstable();
                codes.dedup();
                let mut said = self.indicators(codes.len());
                if self.editions > 1 {
                    said = format!("{said}, {}", lang.count(self.editions, "kỳ", ["edition", "editions"]));
                }
                let mut flat: BTreeMap<_, Vec<String>> = BTreeMap::new();
                for limits in limits.iter().filter(|limits| limits.flat) {
                    flat.entry(unscaled(self.definition, limits)).or_default().push(self.dated(&limits.indicator, &limits.edition));
                }
                for ((vi, en), names) in flat {
                    let what = lang.pick(format!("không có điểm vì {vi}"), format!("without a score as {en}"));
                    said = format!("{said}; {}", self.with(format!("{} {what}", names.len()), names.into_iter()));
                }
                if !beyond.is_empty() {
                    let what = ("ngoài khoảng điểm của chỉ tiêu", "outside the points of their indicators");
                    said = format!("{said}; {}", self.values(beyond, what.0, what.1));
                }
                said
            }
            Record::Weighted { weights, opposed } => {
                let changed = |(node, weight): (&CompositeNode, &f64)| {
                    (node.parent().is_some() && node.weight().to_bits() != weight.to_bits()).then(|| format!("{} {weight:.4}", node.code()))
                };
                let names: Vec<String> = self.definition.nodes().iter().zip(weights).filter_map(changed).collect();
                let count = lang.count(names.len(), "trọng số", ["weight", "weights"]);
                let mut said = self.with(lang.pick(format!("thay {count}"), format!("{count} replaced")), names.into_iter());
                if !opposed.is_empty() {
                    let what = lang.pick("đi ngược các thành phần còn lại", "against their siblings");
                    let names = opposed.iter().map(|opposed| format!("{} {:.3}", opposed.child, opposed.loading));
                    said = format!("{said}; {}", self.with(format!("{} {what}", opposed.len()), names));
                }
                said
            }
            Record::Aggregated => lang.pick("tính mọi nút", "every node computed").to_owned(),
        }
    }

    /// What was counted, and the names where they may be told.
    fn with(&self, counted: String, names: impl Iterator<Item = String>) -> String {
        let names: Vec<String> = names.collect();
        if !self.named || names.is_empty() { counted } else { format!("{counted}: {}", listed(&names, self.lang)) }
    }

    fn values(&self, cells: &[Filled], vi: &str, en: &str) -> String {
        let names = cells.iter().map(|cell| self.dated(&format!("{} {}", cell.unit, cell.indicator), &cell.edition));
        self.with(format!("{} {}", self.lang.count(cells.len(), "giá trị", ["value", "values"]), self.lang.pick(vi, en)), names)
    }

    fn indicators(&self, n: usize) -> String {
        self.lang.count(n, "chỉ tiêu", ["indicator", "indicators"])
    }

    fn dated(&self, name: &str, edition: &str) -> String {
        if self.editions > 1 { format!("{name} ({edition})") } else { name.to_owned() }
    }
}
