//! A series of scores on one list of units, across reforms.
//!
//! An edition was made for the units of its time: 64 provinces until 2008, 63 until 2025, 34 since. [`rebuild`] shows every
//! edition on one list: a unit that is made of several old ones gets the weighted mean of their scores, marked as rebuilt, and
//! the units are ranked anew. The other way there is no figure: nobody scored the parts, so a unit that has since been merged
//! with others gets none. Units that stayed as they were are carried over in both directions.

mod errors;
mod names;

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use serde::Serialize;

use super::pipeline::Outcome;
use super::stages::rank::ranks;
use crate::schema::Finding;
use crate::schema::composite::CompositeDefinition;
use crate::unit::{LEGACY, REFORMED, Registry, Unit, UnitKind};
use names::{Codes, HA_NOI, HA_TAY};

pub use errors::{SeriesInterval, SeriesPrecision};

/// What series is wanted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Request {
    /// The list, such as `vn-34`.
    pub list: String,
    /// The denominator by which units are weighed, such as their population; none: equally.
    pub weight: Option<String>,
    /// The lists of editions, where [`list_of`] would not tell them right.
    pub lists: BTreeMap<String, String>,
}

/// One old unit in a rebuilt one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// The unit as the table writes it.
    pub unit: String,
    /// Its share; none where no figure could be made.
    pub share: Option<f64>,
}

/// A unit of the series in an edition.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeriesUnit {
    /// Its code in the list of the series.
    pub unit: String,
    /// Its name in Vietnamese.
    pub name: String,
    /// What it is made of.
    pub parts: Vec<Part>,
    /// Whether its figures were calculated from several units: nobody published them.
    pub rebuilt: bool,
    /// The score of each node of the definition, in its order.
    pub scores: Vec<Option<f64>>,
    /// How sure each of them is; empty until [`Series::add_uncertainty`] says so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub intervals: Vec<Option<SeriesInterval>>,
    /// Its rank by the root among the units of the series; none where some of them could not be rebuilt.
    pub rank: Option<u32>,
}

/// An edition on the list of the series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeriesEdition {
    /// The edition.
    pub edition: String,
    /// The list that it was made for.
    pub from: String,
    /// Whether any unit was rebuilt.
    pub rebuilt: bool,
    /// How the intervals were found, where there are any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<SeriesPrecision>,
    /// The units in the order of the list.
    pub units: Vec<SeriesUnit>,
}

/// All editions on one list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// The list.
    pub list: String,
    /// The editions in their order.
    pub editions: Vec<SeriesEdition>,
    /// What was rebuilt, by which weights, and what could not be.
    pub findings: Vec<Finding>,
}

/// The list that an edition was made for: as the definition says for its own; for another one the older list where it starts with a
/// year before 2025 or holds a unit that the new list does not know, else the definition's.
#[must_use]
pub fn list_of(definition: &CompositeDefinition, units: &Registry, edition: &str, codes: &[String]) -> String {
    let own = definition.geography();
    if let Some(own) = own.filter(|_| edition == definition.edition()) {
        return own.to_owned();
    }
    let year = edition.get(..4).and_then(|year| year.parse::<u32>().ok());
    let reformed = Codes::of(units, REFORMED);
    let old = year.is_some_and(|year| year < 2025) || codes.iter().any(|code| reformed.find(code).is_none());
    if old { LEGACY.to_owned() } else { own.unwrap_or(REFORMED).to_owned() }
}

/// Shows every edition of an outcome on one list.
///
/// # Formula
/// `Σ w s / Σ w` over the parts of a unit, by the weight of each in the edition.
///
/// # Errors
/// The list holds no unit, or the weight is no denominator of the definition.
pub fn rebuild(definition: &CompositeDefinition, outcome: &Outcome, units: &Registry, request: &Request) -> Result<Series, Vec<Finding>> {
    let column = |name: &String| {
        let column = definition.denominators().iter().position(|known| known == name);
        column.ok_or_else(|| {
            let vi = format!("Quyền số “{name}” không có trong “denominators” của định nghĩa");
            vec![Finding::error("/weight", "unknown-weight", vi, format!("The weight “{name}” is no denominator of the definition"))]
        })
    };
    let weight = request.weight.as_ref().map(column).transpose()?;
    let listed = |list: &str| units.iter().any(|unit| unit.record.list == list);
    let (mut editions, mut findings) = (Vec::new(), Vec::new());
    let lists = std::iter::once(&request.list).chain(request.lists.values());
    let unknown = lists.filter(|list| !listed(list));
    let unknown: Vec<Finding> = unknown
        .map(|list| {
            Finding::error(
                "/geography",
                "unknown-list",
                format!("Không có danh mục đơn vị “{list}”"),
                format!("There is no list of units “{list}”"),
            )
        })
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    for (place, edition) in outcome.rows().editions().iter().enumerate() {
        let span = outcome.rows().spans().get(place).cloned().unwrap_or_default();
        let texts = outcome.rows().units().get(span.clone()).unwrap_or_default();
        let from = request.lists.get(edition).cloned().unwrap_or_else(|| list_of(definition, units, edition, texts));
        let work = Work { definition, outcome, units, weight, edition, from: &from, to: &request.list };
        editions.push(work.edition(span, texts, &mut findings));
    }
    Ok(Series { list: request.list.clone(), editions, findings })
}

/// One edition being rebuilt.
struct Work<'w> {
    definition: &'w CompositeDefinition,
    outcome: &'w Outcome,
    units: &'w Registry,
    weight: Option<usize>,
    edition: &'w str,
    from: &'w str,
    to: &'w str,
}

/// How a unit of the series is had from units of the edition's list.
enum Origin {
    /// From these, each going whole into it.
    Codes(Vec<String>),
    /// Not at all: it is a part of these units, which hold others too or are not all of it.
    PartOf(Vec<String>),
}

impl Work<'_> {
    fn edition(&self, span: std::ops::Range<usize>, texts: &[String], findings: &mut Vec<Finding>) -> SeriesEdition {
        let codes = Codes::of(self.units, self.from);
        let mut rows: BTreeMap<&str, usize> = BTreeMap::new();
        let mut unknown = Vec::new();
        for (row, text) in span.zip(texts) {
            match codes.find(text) {
                Some(code) => drop(rows.insert(code, row)),
                None => unknown.push(text.as_str()),
            }
        }
        self.unknown(&unknown, findings);
        let kinds: Vec<UnitKind> = rows.keys().filter_map(|code| Some(self.units.find(self.from, code, None)?.record.kind)).collect();
        let (mut out, mut refused, mut broken) = (Vec::new(), Vec::new(), Vec::new());
        for unit in self.units.iter().filter(|unit| unit.record.list == self.to && kinds.contains(&unit.record.kind)) {
            match self.origin(unit, &rows) {
                Origin::Codes(parts) => {
                    let there: Vec<(&String, usize)> = parts.iter().filter_map(|code| Some((code, *rows.get(code.as_str())?))).collect();
                    if !there.is_empty() {
                        broken.extend((there.len() < parts.len()).then(|| unit.record.name_vi.clone()));
                        out.push(self.unit(unit, &there, there.len() == parts.len()));
                    }
                }
                Origin::PartOf(heirs) if heirs.iter().any(|code| rows.contains_key(code.as_str())) => {
                    refused.push(unit.record.name_vi.clone());
                }
                Origin::PartOf(_) => {}
            }
        }
        if refused.is_empty() {
            let root: Vec<f64> = out.iter().map(|unit| unit.scores.first().copied().flatten().unwrap_or(f64::NAN)).collect();
            for (unit, rank) in out.iter_mut().zip(ranks(&root, self.definition.rank().ties)) {
                unit.rank = rank;
            }
        }
        self.told(&out, &refused, &broken, rows.contains_key(HA_TAY) && self.from == LEGACY, findings);
        SeriesEdition {
            edition: self.edition.to_owned(),
            from: self.from.to_owned(),
            rebuilt: out.iter().any(|unit| unit.rebuilt),
            precision: None,
            units: out,
        }
    }

    /// A day on which the units of a list are valid.
    fn day(&self, list: &str) -> Option<NaiveDate> {
        let record = &self.units.iter().find(|unit| unit.record.list == list)?.record;
        match record.valid_to {
            Some(end) => end.checked_sub_days(Days::new(1)),
            None => Some(record.valid_from),
        }
    }

    fn origin(&self, unit: &Unit, rows: &BTreeMap<&str, usize>) -> Origin {
        let code = |unit: crate::unit::UnitId| self.units.get(unit).map(|unit| unit.record.code.clone());
        if self.from == self.to {
            return Origin::Codes(with_ha_tay(vec![unit.record.code.clone()], self.from, rows));
        }
        let (Some(then), Some(now)) = (self.day(self.from), self.day(self.to)) else { return Origin::PartOf(Vec::new()) };
        let links = self.units.counterparts(unit.id, then);
        let codes: Vec<String> = links.iter().filter_map(|link| code(link.unit)).collect();
        // Forward in time a unit must be the whole of what it became.
        let alone = || links.len() == 1 && links.iter().all(|link| self.units.counterparts(link.unit, now).len() == 1);
        let whole = links.iter().all(|link| link.whole) && (then < now || alone());
        if whole { Origin::Codes(with_ha_tay(codes, self.from, rows)) } else { Origin::PartOf(codes) }
    }

    /// A unit from its parts with their rows; without figures where not all parts are there.
    fn unit(&self, unit: &Unit, parts: &[(&String, usize)], complete: bool) -> SeriesUnit {
        let weight = |row: usize| match self.weight {
            Some(column) => self.outcome.state().denominators.get(row, column).filter(|weight| *weight > 0.0),
            None => Some(1.0),
        };
        let weights: Option<Vec<f64>> = match parts {
            [_] => Some(vec![1.0]),
            _ => parts.iter().map(|(_, row)| weight(*row)).collect(),
        };
        let weights = weights.filter(|_| complete);
        let total: f64 = weights.iter().flatten().sum();
        let score = |node: usize| match (parts, &weights) {
            ([(_, row)], Some(_)) => self.outcome.score(node, *row),
            (_, Some(weights)) => {
                let terms = parts.iter().zip(weights).map(|((_, row), weight)| Some(weight * self.outcome.score(node, *row)?));
                Some(terms.sum::<Option<f64>>()? / total)
            }
            (_, None) => None,
        };
        let share = |place: usize| weights.as_ref().and_then(|weights| Some(weights.get(place)? / total));
        let text = |row: usize| self.outcome.rows().units().get(row).cloned().unwrap_or_default();
        SeriesUnit {
            unit: unit.record.code.clone(),
            name: unit.record.name_vi.clone(),
            parts: parts.iter().enumerate().map(|(place, (_, row))| Part { unit: text(*row), share: share(place) }).collect(),
            rebuilt: parts.len() > 1,
            scores: (0..self.definition.nodes().len()).map(score).collect(),
            intervals: Vec::new(),
            rank: None,
        }
    }

    fn warn(&self, findings: &mut Vec<Finding>, code: &'static str, vi: String, en: String) {
        findings.push(Finding::warning(format!("/editions/{}", self.edition), code, vi, en));
    }

    fn unknown(&self, unknown: &[&str], findings: &mut Vec<Finding>) {
        if !unknown.is_empty() {
            let (edition, list, names) = (self.edition, self.from, unknown.join(", "));
            let vi = format!("Kỳ {edition}: không có trong danh mục {list} nên bị bỏ qua: {names}");
            self.warn(findings, "unknown-unit", vi, format!("{edition}: not in the list {list} and left out: {names}"));
        }
    }

    /// What was done, and what could not be.
    fn told(&self, units: &[SeriesUnit], refused: &[String], broken: &[String], ha_tay: bool, findings: &mut Vec<Finding>) {
        let edition = self.edition;
        let rebuilt: Vec<&SeriesUnit> = units.iter().filter(|unit| unit.rebuilt).collect();
        if !rebuilt.is_empty() {
            let (count, parts) = (rebuilt.len(), rebuilt.iter().map(|unit| unit.parts.len()).sum::<usize>());
            let by = self.weight.and_then(|column| self.definition.denominators().get(column));
            let (by_vi, by_en) = by.map_or_else(
                || ("quyền số bằng nhau vì không nêu cột quyền số".to_owned(), "equally weighted, as no weight was named".to_owned()),
                |name| (format!("quyền số “{name}”"), format!("weighted by “{name}”")),
            );
            let (from, to) = (self.from, self.to);
            let vi = format!(
                "Kỳ {edition}: {count} đơn vị của {to} được tính lại từ {parts} đơn vị của {from} ({by_vi}); không phải số liệu đã công bố"
            );
            let en = format!(
                "{edition}: {count} units of {to} are rebuilt from {parts} units of {from} ({by_en}); nobody published these figures"
            );
            self.warn(findings, "rebuilt", vi, en);
        }
        if ha_tay {
            let vi = format!(
                "Kỳ {edition}: Hà Tây được gộp vào Hà Nội (sáp nhập từ 01/8/2008); phần của Vĩnh Phúc (Mê Linh) và Hòa Bình (bốn xã) chuyển về \
                 Hà Nội không tách ra được"
            );
            let en = format!(
                "{edition}: Hà Tây is merged into Hà Nội (one province since 1 August 2008); what Hà Nội got of Vĩnh Phúc (Mê Linh) and Hòa Bình (four \
                 communes) cannot be split off"
            );
            self.warn(findings, "ha-tay-merged", vi, en);
        }
        let missing: Vec<&str> =
            rebuilt.iter().filter(|unit| unit.scores.first().is_some_and(Option::is_none)).map(|unit| unit.name.as_str()).collect();
        let missing: Vec<&str> = missing.into_iter().chain(broken.iter().map(String::as_str)).collect();
        let mut names: Vec<&str> = Vec::new();
        for name in missing {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        if !names.is_empty() {
            let names = names.join(", ");
            let vi = format!("Kỳ {edition}: không tính lại được vì thiếu điểm hoặc quyền số của một đơn vị cũ: {names}");
            self.warn(
                findings,
                "part-missing",
                vi,
                format!("{edition}: not rebuilt, as the score or weight of an old unit is missing: {names}"),
            );
        }
        if !refused.is_empty() {
            let (names, from, to) = (refused.join(", "), self.from, self.to);
            let vi = format!(
                "Kỳ {edition}: không thể đưa từ {from} về {to}: các đơn vị sau đã nhập chung với đơn vị khác (hoặc bị chia) và không ai tính điểm riêng \
                 cho từng phần: {names}. Vì vậy cũng không xếp hạng"
            );
            let en = format!(
                "{edition}: cannot be taken from {from} back to {to}: these units are one with others now (or were divided), and nobody scored the parts: \
                 {names}. So there are no ranks either"
            );
            self.warn(findings, "cannot-rebuild", vi, en);
        }
    }
}

/// Hà Tây beside Hà Nội, where the edition still has it.
fn with_ha_tay(mut codes: Vec<String>, list: &str, rows: &BTreeMap<&str, usize>) -> Vec<String> {
    if list == LEGACY && rows.contains_key(HA_TAY) && codes.iter().any(|code| code == HA_NOI) {
        codes.push(HA_TAY.to_owned());
    }
    codes
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use serde_json::json;

    use super::*;
    use crate::index::composite::{Observation, Table, compute};
    use crate::schema::composite::sample::{definition, text};
    use crate::unit::embedded;

    static UNITS: LazyLock<Registry> = LazyLock::new(|| {
        let (records, successions) = embedded().unwrap();
        Registry::numbered(records, &successions).unwrap()
    });

    fn series(geography: &str, rows: &[(&str, &str, f64, f64)], list: &str, weight: Option<&str>) -> Result<Series, Vec<Finding>> {
        let definition = definition(&json!({
            "kind": "composite", "code": "one", "edition": "2025", "title": text("x"), "geography": geography, "denominators": ["people"],
            "pipeline": [{"stage": "normalise", "method": "as_given"}, {"stage": "aggregate", "method": "arithmetic"}],
            "tree": {"code": "ALL", "label": text("x"), "children": [{"code": "x", "label": text("x"), "indicator": {}}]},
        }));
        let mut table = Table::default();
        for (edition, unit, value, people) in rows {
            table.insert(edition, unit, "x", Observation { value: Some(*value), ..Observation::default() });
            table.insert(edition, unit, "people", Observation { value: Some(*people), ..Observation::default() });
        }
        let outcome = compute(&definition, &table).unwrap();
        let request = Request { list: list.to_owned(), weight: weight.map(str::to_owned), lists: BTreeMap::new() };
        rebuild(&definition, &outcome, &UNITS, &request)
    }

    fn codes(series: &Series) -> Vec<&str> {
        series.findings.iter().map(|finding| finding.code.as_ref()).collect()
    }

    #[test]
    fn da_nang_of_34_is_the_weighted_mean_of_two_provinces() {
        let rows =
            [("2023", "48", 70.0, 1.0), ("2023", "Quảng Nam", 60.0, 3.0), ("2023", "vn-63:01", 65.0, 8.0), ("2025", "48", 66.0, 4.0)];
        let found = series("vn-34", &rows, "vn-34", Some("people")).unwrap();
        let units: Vec<(&str, Option<f64>, bool, Option<u32>)> =
            found.editions[0].units.iter().map(|unit| (unit.unit.as_str(), unit.scores[0], unit.rebuilt, unit.rank)).collect();
        assert_eq!(units, [("01", Some(65.0), false, Some(1)), ("48", Some(62.5), true, Some(2))]);
        let da_nang = &found.editions[0].units[1];
        assert_eq!(da_nang.parts.iter().map(|part| part.share).collect::<Vec<_>>(), [Some(0.25), Some(0.75)]);
        assert_eq!((found.editions[0].rebuilt, found.editions[1].rebuilt), (true, false));
        assert_eq!((found.editions[1].from.as_str(), found.editions[1].units[0].scores[0]), ("vn-34", Some(66.0)));
        assert_eq!(codes(&found), ["rebuilt"]);
        let equal = series("vn-34", &rows, "vn-34", None).unwrap();
        assert_eq!(equal.editions[0].units[1].scores[0], Some(65.0));
        assert!(equal.findings[0].en.contains("equally weighted"));
    }

    #[test]
    fn ha_tay_is_merged_into_ha_noi_on_either_list() {
        let rows = [("2007", "ha noi", 50.0, 3.0), ("2007", "ha tay", 60.0, 1.0), ("2007", "Thừa Thiên Huế", 55.0, 1.0)];
        for list in ["vn-63", "vn-34"] {
            let found = series("vn-63", &rows, list, Some("people")).unwrap();
            let units: Vec<(&str, Option<f64>)> = found.editions[0].units.iter().map(|unit| (unit.unit.as_str(), unit.scores[0])).collect();
            assert_eq!(units, [("01", Some(52.5)), ("46", Some(55.0))], "{list}");
            assert!(codes(&found).contains(&"ha-tay-merged"));
        }
    }

    #[test]
    fn what_was_merged_cannot_be_taken_apart_and_what_stayed_is_carried_back() {
        let found = series("vn-34", &[("2025", "01", 70.0, 1.0), ("2025", "48", 60.0, 1.0)], "vn-63", None).unwrap();
        let units: Vec<(&str, Option<f64>, Option<u32>)> =
            found.editions[0].units.iter().map(|unit| (unit.unit.as_str(), unit.scores[0], unit.rank)).collect();
        assert_eq!(units, [("01", Some(70.0), None)], "Hà Nội is what it was");
        assert_eq!(codes(&found), ["cannot-rebuild"]);
        assert!(found.findings[0].vi.contains("Quảng Nam") && found.findings[0].vi.contains("Đà Nẵng"));
    }

    #[test]
    fn a_unit_with_a_missing_part_has_no_figure_and_strangers_are_told() {
        let found = series("vn-34", &[("2023", "48", 70.0, 1.0), ("2023", "Atlantis", 1.0, 1.0)], "vn-34", None).unwrap();
        assert_eq!(found.editions[0].units[0].scores[0], None);
        assert_eq!(codes(&found), ["unknown-unit", "part-missing"]);
        let rows = [("2023", "48", 70.0, 1.0), ("2023", "49", 70.0, 0.0)];
        assert_eq!(series("vn-34", &rows, "vn-34", Some("people")).unwrap().editions[0].units[0].scores[0], None, "no weight");
    }

    #[test]
    fn all_63_go_to_34_and_an_unknown_list_or_weight_is_refused() {
        let names: Vec<String> = UNITS
            .iter()
            .filter(|unit| unit.record.list == LEGACY && unit.record.kind == UnitKind::Province)
            .map(|unit| unit.record.name_en.clone())
            .collect();
        let rows: Vec<(&str, &str, f64, f64)> = names.iter().map(|name| ("2024", name.as_str(), 50.0, 1.0)).collect();
        let found = series("vn-34", &rows, "vn-34", Some("people")).unwrap();
        assert_eq!(found.editions[0].units.len(), 34);
        assert_eq!(found.editions[0].units.iter().map(|unit| unit.parts.len()).sum::<usize>(), 63);
        assert_eq!(found.editions[0].units.iter().filter(|unit| !unit.rebuilt).count(), 11);
        assert!(found.editions[0].units.iter().all(|unit| (unit.scores[0].unwrap() - 50.0).abs() < 1e-12 && unit.rank == Some(1)));
        assert_eq!(series("vn-63", &rows, "vn-99", None).unwrap_err()[0].code, "unknown-list");
        assert_eq!(series("vn-63", &rows, "vn-34", Some("cows")).unwrap_err()[0].code, "unknown-weight");
    }
}
