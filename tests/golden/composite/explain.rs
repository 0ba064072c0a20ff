//! PCI 2006–2016: every province's change between two editions explained, and the series on one list of provinces.

use std::collections::BTreeMap;

use hailong::composite::explain::{Difference, Subject, difference, shares};
use hailong::composite::geography::{Request, Series, rebuild, unknown_units};
use hailong::composite::{Observation, Outcome, State, Table, compute};
use hailong::schema::composite::CompositeDefinition;
use hailong::unit::{Registry, embedded};
use serde_json::{Value, json};

use super::{Csv, Scored, definition, shipped};

/// 2011 does not follow from its sub-indices, 2005 has other units; both are left out.
const YEARS: [&str; 9] = ["2006", "2007", "2008", "2009", "2010", "2013", "2014", "2015", "2016"];

fn label(code: &str) -> Value {
    json!({"vi": code, "en": code})
}

fn leaf(code: &str, weight: f64) -> Value {
    json!({"code": code, "label": label(code), "weight": weight, "indicator": {}})
}

fn index(edition: &str, factor: f64, leaves: &[Value]) -> CompositeDefinition {
    definition(&json!({
        "kind": "composite", "code": "pci", "edition": edition, "title": label("pci"), "geography": "vn-63",
        "pipeline": [{"stage": "normalise", "method": "as_given"}, {"stage": "aggregate", "method": "arithmetic"}],
        "tree": {"code": "PCI", "label": label("pci"), "rescale": {"factor": factor}, "children": leaves},
    }))
}

/// The sub-indices of a year by their weights.
fn year(edition: &str) -> CompositeDefinition {
    let weights = Csv::read("pci_weights_by_year.csv");
    let own = weights.rows.iter().filter(|row| row["year"] == edition);
    index(edition, 10.0, &own.map(|row| leaf(&row["subindex"], row["weight_pct"].parse().unwrap())).collect::<Vec<_>>())
}

/// The columns of some years.
fn table(data: &Csv, years: &[&str], columns: &[&str]) -> Table {
    let mut table = Table::default();
    for row in data.rows.iter().filter(|row| years.contains(&row["year"].as_str())) {
        for column in columns {
            table.insert(&row["year"], &row["prov"], column, Observation { value: Csv::number(row, column), ..Observation::default() });
        }
    }
    table
}

struct Year {
    definition: CompositeDefinition,
    initial: State,
    outcome: Outcome,
}

impl Year {
    fn new(data: &Csv, edition: &str) -> Self {
        let definition = year(edition);
        let columns: Vec<&str> = definition.leaves().map(|(_, node, _)| node.code()).collect();
        let table = table(data, &[edition], &columns);
        let (initial, outcome) = (table.state(&definition), compute(&definition, &table).unwrap());
        Self { definition, initial, outcome }
    }

    fn subject(&self, unit: &str) -> Option<Subject<'_>> {
        let row = self.outcome.rows().find(0, unit)?;
        Some(Subject { definition: &self.definition, initial: &self.initial, outcome: &self.outcome, row })
    }
}

#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn changes_of_the_published_pci_are_explained_to_the_last_digit() {
    let data = Csv::read("pci_2005_2019_subindices.csv");
    let published: BTreeMap<(&str, &str), f64> = data
        .rows
        .iter()
        .filter_map(|row| Some(((row["year"].as_str(), row["prov"].as_str()), Csv::number(row, "pci_published")?)))
        .collect();
    let years: Vec<Year> = YEARS.iter().map(|edition| Year::new(&data, edition)).collect();
    let (mut compared, mut worst, mut rest) = (0, 0.0_f64, 0.0_f64);
    for (place, pair) in years.windows(2).enumerate() {
        let (before, after) = (YEARS[place], YEARS[place + 1]);
        for unit in pair[1].outcome.rows().units() {
            let (Some(from), Some(to)) = (pair[0].subject(unit), pair[1].subject(unit)) else { continue };
            let found = difference(&from, &to).unwrap();
            let sum: f64 = found.effects.iter().map(hailong::composite::explain::Effect::total).sum();
            worst = worst.max((sum - (published[&(after, unit.as_str())] - published[&(before, unit.as_str())])).abs());
            rest = rest.max((sum - (found.to - found.from)).abs());
            kinds(&found, before, after);
            let (parts, constant) = shares(&to).unwrap();
            let whole: f64 = parts.iter().map(|part| part.adds).sum::<f64>() + constant;
            worst = worst.max((whole - published[&(after, unit.as_str())]).abs());
            compared += 1;
        }
    }
    println!("PCI changes: {compared} compared, worst {worst:.1e} points from the published ones, {rest:.1e} unexplained");
    assert!(compared > 500 && worst < 2e-5 && rest < 1e-12, "{compared}, {worst:e}, {rest:e}");
}

/// Where sub-indices came or went there are effects of structure, and only there.
fn kinds(found: &Difference, before: &str, after: &str) {
    let changed = [("2008", "2009"), ("2010", "2013")].contains(&(before, after));
    let structure: f64 = found.effects.iter().map(|effect| effect.structure.abs()).sum();
    assert_eq!(structure > 1e-9, changed, "{before} to {after}");
    assert!(found.effects.iter().all(|effect| effect.goalposts == 0.0), "scores are given");
    if (before, after) == ("2006", "2007") {
        assert!(found.totals.weights.abs() < 1e-12, "the weights stayed");
    }
    let came_or_went = |code: &str| found.effects.iter().find(|effect| effect.node == code).map_or(0.0, |effect| effect.value);
    if changed {
        assert_eq!((came_or_went("bias_soe"), came_or_went("bias")), (0.0, 0.0), "what is not on both sides has no change of value");
    }
}

fn series(list: &str) -> (Csv, Series) {
    let data = Csv::read("pci_2005_2019_subindices.csv");
    let definition = index("2016", 1.0, &[leaf("pci_published", 1.0)]);
    let outcome = compute(&definition, &table(&data, &YEARS, &["pci_published"])).unwrap();
    let (records, successions) = embedded().unwrap();
    let units = Registry::numbered(records, &successions).unwrap();
    let request = Request { list: list.to_owned(), ..Request::default() };
    let series = rebuild(&definition, &outcome, &units, &request).unwrap();
    (data, series)
}

#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn the_series_of_pci_is_shown_on_63_and_on_34_provinces() {
    for (list, count) in [("vn-63", 63), ("vn-34", 34)] {
        let (data, series) = series(list);
        let published = |year: &str, unit: &str| {
            let row = data.rows.iter().find(|row| row["year"] == year && row["prov"] == unit).unwrap();
            Csv::number(row, "pci_published").unwrap()
        };
        assert!(series.findings.iter().all(|finding| finding.code != "unknown-unit"), "{:#?}", series.findings);
        let score = |year: usize, unit: &str| {
            let unit = series.editions[year].units.iter().find(|other| other.unit == unit).unwrap();
            (unit.scores[0].unwrap(), unit.rebuilt)
        };
        for (place, edition) in series.editions.iter().enumerate() {
            assert_eq!((edition.units.len(), edition.edition.as_str()), (count, YEARS[place]), "{list}");
            let pointer = format!("/editions/{}", edition.edition);
            let merged = series.findings.iter().any(|finding| finding.code == "ha-tay-merged" && finding.pointer == pointer);
            assert_eq!(merged, place < 3, "64 units until 2008");
            assert!(edition.units.iter().all(|unit| unit.scores[0].is_some() && unit.rank.is_some()));
        }
        let (ha_noi, rebuilt) = score(0, "01");
        assert!((ha_noi - f64::midpoint(published("2006", "hanoi"), published("2006", "hatay"))).abs() < 1e-12 && rebuilt);
        assert_eq!(score(8, "01"), (published("2016", "hanoi"), false));
        let da_nang = if count == 34 {
            (f64::midpoint(published("2016", "danang"), published("2016", "quangnam")), true)
        } else {
            (published("2016", "danang"), false)
        };
        assert_eq!(score(8, "48"), da_nang);
    }
}

/// The shipped definitions of 64 provinces as they are, and as everybody sees their figures today.
#[test]
#[cfg_attr(not(hailong_reference), ignore = "reference data absent: set HAILONG_REFERENCE")]
fn the_shipped_pci_of_64_provinces_is_shown_on_64_on_63_and_on_34() {
    let data = Csv::read("pci_2005_2019_subindices.csv");
    let definition = shipped("pci/2006");
    let columns: Vec<&str> = definition.leaves().map(|(_, node, _)| node.code()).collect();
    let table = table(&data, &["2006", "2007", "2008"], &columns);
    let (records, successions) = embedded().unwrap();
    let units = Registry::numbered(records, &successions).unwrap();
    assert_eq!(unknown_units(&definition, &table), []);
    let scored = Scored::new(definition, &table);
    let mean = |year: &str, units: &[&str]| {
        let published = |row: &BTreeMap<String, String>| Csv::number(row, "pci_published").unwrap();
        let rows = data.rows.iter().filter(|row| row["year"] == year && units.contains(&row["prov"].as_str()));
        #[allow(clippy::cast_precision_loss)] // one or two
        let count = units.len() as f64;
        rows.map(published).sum::<f64>() / count
    };
    for (list, count) in [("vn-64", 64), ("vn-63", 63), ("vn-34", 34)] {
        let request = Request { list: list.to_owned(), ..Request::default() };
        let series = rebuild(&scored.definition, &scored.outcome, &units, &request).unwrap_or_else(|findings| panic!("{findings:#?}"));
        assert_eq!(series.editions.len(), 3);
        for edition in &series.editions {
            let year = edition.edition.as_str();
            assert_eq!((edition.units.len(), edition.from.as_str()), (count, "vn-64"), "{year} {list}");
            let score = |code: &str| edition.units.iter().find(|unit| unit.unit == code).and_then(|unit| unit.scores[0]);
            let near = |code: &str, of: &[&str]| assert!((score(code).unwrap() - mean(year, of)).abs() < 2e-5, "{code} {year} {list}");
            if list == "vn-64" {
                near("01", &["hanoi"]);
                near("28", &["hatay"]);
            } else {
                near("01", &["hanoi", "hatay"]);
            }
            near("48", if list == "vn-34" { &["danang", "quangnam"] } else { &["danang"] });
        }
    }
    assert_eq!(shipped("pci-indicators/2006").geography(), Some("vn-64"));
}
