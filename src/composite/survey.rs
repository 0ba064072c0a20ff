//! Leaves that a survey measures: their values, standard errors and numbers of answers come from a run.

use std::collections::BTreeSet;

use super::table::{Observation, Status, Table};
use super::uncertainty::Pair;
use crate::index::{self, DomainKey, Score};
use crate::schema::composite::{CompositeDefinition, SurveyLeaf};
use crate::unit::{Registry, UnitId};
use crate::words::Finding;

/// An estimate of a node for one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// The code of the unit in its list.
    pub unit: String,
    /// The kind of domain that the unit is: `province`, `unit`, …
    pub kind: String,
    /// The code of the node of the survey's index.
    pub node: String,
    /// The estimate.
    pub value: Option<f64>,
    /// Its standard error.
    pub se: Option<f64>,
    /// Degrees of freedom of that; with none nothing is known of the error.
    pub df: f64,
    /// Responses it rests on.
    pub n: Option<u32>,
    /// Whether its run hides it.
    pub hidden: bool,
    /// The edition in which it was published that stands for it, where too few answers changed since.
    pub standing: Option<String>,
}

/// The covariance of two estimates.
#[derive(Debug, Clone, PartialEq)]
pub struct Covariance {
    /// The codes of the units in their list: twice the same within a unit.
    pub units: [String; 2],
    /// The codes of the nodes: twice the same for a variance.
    pub nodes: [String; 2],
    /// The covariance.
    pub value: f64,
}

/// The estimates of a run, for an edition of the composite index.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The run, for the record of where values come from.
    pub name: String,
    /// The code of its index.
    pub index: String,
    /// Its wave.
    pub wave: String,
    /// The edition that takes its values.
    pub edition: String,
    /// Its estimates.
    pub estimates: Vec<Estimate>,
}

/// The estimates among `scores` that speak of a unit of `list` as a whole: of a place, or of an agency, but not of a part of its
/// people. Without a list, of any. Where the definition makes a modelled estimate too, the direct one is taken.
#[must_use]
pub fn estimates(scores: &[Score], units: &Registry, list: Option<&str>) -> Vec<Estimate> {
    let estimate = |score: &Score| {
        let (unit, n) = (code(&score.domain, units, list)?, u32::try_from(score.n).ok());
        Some(Estimate {
            unit,
            kind: score.domain.kind.clone(),
            node: score.node.clone(),
            value: score.value,
            se: score.se,
            df: score.df,
            n,
            hidden: score.suppressed,
            standing: None,
        })
    };
    scores.iter().filter_map(estimate).collect()
}

/// The covariances among `found` whose estimates speak of units of `list`, as those of [`estimates`] do.
#[must_use]
pub fn covariances(found: &[index::Covariance], units: &Registry, list: Option<&str>) -> Vec<Covariance> {
    let covariance = |found: &index::Covariance| {
        let [a, b] = found.domains.each_ref().map(|domain| code(domain, units, list));
        Some(Covariance { units: [a?, b?], nodes: found.nodes.clone(), value: found.value })
    };
    found.iter().filter_map(covariance).collect()
}

/// The code of the unit of `list`, or of any list, that a domain is as a whole; none for a part of its people.
#[must_use]
pub fn code(domain: &DomainKey, units: &Registry, list: Option<&str>) -> Option<String> {
    let ((Some(id), None, None) | (None, Some(id), None)) = (domain.area, domain.unit, &domain.item) else { return None };
    let record = &units.get(UnitId(id))?.record;
    list.is_none_or(|list| record.list == list).then(|| record.code.clone())
}

/// The kind of domain that a leaf takes of a run: the one that it names, else the largest of those that the table has units of in the
/// run's edition, else the largest. A run may have provinces and their districts on one list.
fn kind<'r>(survey: &'r SurveyLeaf, run: &'r Run, table: &Table) -> &'r str {
    if let Some(level) = &survey.level {
        return level;
    }
    let size = |kind: &str| SurveyLeaf::LEVELS.iter().position(|known| *known == kind).unwrap_or(SurveyLeaf::LEVELS.len());
    let of_node = || run.estimates.iter().filter(|estimate| estimate.node == survey.node);
    let known = of_node().filter(|estimate| table.has_row(&run.edition, &estimate.unit));
    let largest = known.min_by_key(|estimate| size(&estimate.kind)).or_else(|| of_node().min_by_key(|estimate| size(&estimate.kind)));
    largest.map_or("", |estimate| estimate.kind.as_str())
}

/// The kinds of domains that leaves take of a run, told before [`join`] puts its units into the table.
#[must_use]
pub fn kinds(definition: &CompositeDefinition, run: &Run, table: &Table) -> BTreeSet<String> {
    leaves(definition, run).map(|(_, survey)| kind(survey, run, table).to_owned()).filter(|kind| !kind.is_empty()).collect()
}

/// Puts a run's estimates into the table where leaves ask for them, as revisions of what stands there.
///
/// # Errors
/// Nothing refuses a run: findings are warnings. A leaf of the run's index without an estimate, values that are replaced, and a
/// run that no leaf asks for are told.
pub fn join(definition: &CompositeDefinition, run: &Run, table: &mut Table) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut asked = false;
    // Of all leaves before the first one's units are in the table.
    let kinds: Vec<String> = leaves(definition, run).map(|(_, survey)| kind(survey, run, table).to_owned()).collect();
    for ((code, survey), kind) in leaves(definition, run).zip(kinds) {
        asked = true;
        let (mut found, mut replaced) = (0, Vec::new());
        for estimate in run.estimates.iter().filter(|estimate| estimate.node == survey.node && estimate.kind == kind) {
            found += 1;
            let known = table.revisions(&run.edition, &estimate.unit, code).last().cloned();
            if known.as_ref().is_some_and(|known| known.value.is_some() && known.value != estimate.value) {
                replaced.push(estimate.unit.as_str());
            }
            table.insert(&run.edition, &estimate.unit, code, observation(run, estimate, known.map(|known| known.revision)));
        }
        let survey = &survey.node;
        if found == 0 {
            findings.push(Finding::warning(
                format!("/{code}"),
                "no-estimate",
                format!("Lần tính {} không có điểm “{survey}” cho chỉ tiêu “{code}” theo đơn vị", run.name),
                format!("The run {} has no estimate “{survey}” by unit for the indicator “{code}”", run.name),
            ));
        }
        if !replaced.is_empty() {
            let units = replaced.join(", ");
            findings.push(Finding::warning(
                format!("/{code}"),
                "survey-value-replaced",
                format!("Giá trị “{code}” trong bảng được thay bằng kết quả lần tính {}: {units}", run.name),
                format!("Values of “{code}” in the table are replaced by those of the run {}: {units}", run.name),
            ));
        }
    }
    if !asked {
        findings.push(Finding::warning(
            "",
            "run-not-used",
            format!("Không chỉ tiêu nào lấy kết quả của chỉ số {}, đợt {} (lần tính {})", run.index, run.wave, run.name),
            format!("No indicator takes estimates of the index {}, wave {} (run {})", run.index, run.wave, run.name),
        ));
    }
    findings
}

/// What a run would add to a table that knows nothing of it: an edition, or units of one. Warnings; ask before [`join`].
#[must_use]
pub fn beyond(definition: &CompositeDefinition, run: &Run, table: &Table) -> Vec<Finding> {
    let taken: BTreeSet<(&str, &str)> =
        leaves(definition, run).map(|(_, survey)| (survey.node.as_str(), kind(survey, run, table))).collect();
    let editions: BTreeSet<&str> = table.rows().map(|(edition, _)| edition).collect();
    if taken.is_empty() || editions.is_empty() {
        return Vec::new();
    }
    let (name, edition) = (&run.name, run.edition.as_str());
    if !editions.contains(edition) {
        let known = editions.into_iter().collect::<Vec<_>>().join(", ");
        return vec![Finding::warning(
            "/edition",
            "run-adds-edition",
            format!("Kỳ {edition} không có trong bảng (bảng có: {known}): mọi số liệu của kỳ này chỉ lấy từ lần tính {name}"),
            format!("The table has no edition {edition} (it has: {known}): all of it comes from the run {name}"),
        )];
    }
    let estimates = run.estimates.iter().filter(|estimate| taken.contains(&(estimate.node.as_str(), estimate.kind.as_str())));
    let strange = |unit: &&str| !table.has_row(edition, unit);
    let units: BTreeSet<&str> = estimates.map(|estimate| estimate.unit.as_str()).filter(strange).collect();
    if units.is_empty() {
        return Vec::new();
    }
    let units = units.into_iter().collect::<Vec<_>>().join(", ");
    vec![Finding::warning(
        "/unit",
        "run-adds-units",
        format!("Bảng không có các đơn vị sau trong kỳ {edition}, chúng chỉ có số liệu của lần tính {name}: {units}"),
        format!("Units that the table does not have in {edition} come with figures of the run {name} alone: {units}"),
    )]
}

/// The nodes of a run's index that leaves take, each once: those whose covariances [`pairs`] needs.
#[must_use]
pub fn nodes<'a>(definition: &'a CompositeDefinition, run: &Run) -> Vec<&'a str> {
    let mut nodes: Vec<&str> = Vec::new();
    for (_, survey) in leaves(definition, run) {
        if !nodes.contains(&survey.node.as_str()) {
            nodes.push(&survey.node);
        }
    }
    nodes
}

/// The covariances of a run's nodes as those of the leaves that take them, for
/// [`Errors::with_pairs`](super::uncertainty::Errors::with_pairs).
///
/// `table` holds the run's estimates: [`join`] has put them there as they are, so that covariances need no scaling. Values that
/// another source has replaced since, and those without a standard error, bring none. Leaves that take one node are one estimate
/// and covary by its variance.
#[must_use]
pub fn pairs(definition: &CompositeDefinition, run: &Run, covariances: &[Covariance], table: &Table) -> Vec<Pair> {
    let leaves: Vec<(&str, &SurveyLeaf)> = leaves(definition, run).collect();
    let source = source(run);
    let brings = |unit: &str, leaf: &str| {
        let known = table.get(&run.edition, unit, leaf).filter(|known| known.source.as_ref() == Some(&source));
        known.is_some_and(|known| known.value.is_some() && known.standard_error.is_some_and(|se| se > 0.0))
    };
    let key = |unit: &str, leaf: &str| (run.edition.clone(), unit.to_owned(), leaf.to_owned());
    let mut found = Vec::new();
    for Covariance { units: [u, v], nodes: [m, n], value } in covariances {
        let taking = |unit: &'_ str, node: &'_ str| -> Vec<&str> {
            let takes = leaves.iter().filter(|(leaf, survey)| survey.node == node && brings(unit, leaf));
            takes.map(|(leaf, _)| *leaf).collect()
        };
        let (first, second) = (taking(u, m), taking(v, n));
        for (place, a) in first.iter().enumerate() {
            // A variance is that of each pair of the leaves that take its node, either way round but once.
            let others = if u == v && m == n { &second[place + 1..] } else { &second[..] };
            found.extend(others.iter().map(|b| Pair { a: key(u, a), b: key(v, b), covariance: *value }));
        }
    }
    found
}

/// The leaves that take nodes of a run's index.
fn leaves<'a>(definition: &'a CompositeDefinition, run: &Run) -> impl Iterator<Item = (&'a str, &'a SurveyLeaf)> {
    let leaves = definition.leaves().filter_map(|(_, node, indicator)| Some((node.code(), indicator.survey.as_ref()?)));
    leaves.filter(|(_, survey)| is_of(survey, run))
}

fn is_of(survey: &SurveyLeaf, run: &Run) -> bool {
    survey.index == run.index && survey.wave.as_ref().is_none_or(|wave| *wave == run.wave)
}

/// What the table says of where a run's values come from.
fn source(run: &Run) -> String {
    format!("{} {}: {}", run.index, run.wave, run.name)
}

fn observation(run: &Run, estimate: &Estimate, last: Option<u32>) -> Observation {
    Observation {
        value: estimate.value,
        source: Some(match &estimate.standing {
            None => source(run),
            // Another source: the covariances of the run are not those of what stands.
            Some(edition) => format!("{} {}: {edition}", run.index, run.wave),
        }),
        status: Status::Derived,
        revision: last.map_or(0, |revision| revision.saturating_add(1)),
        standard_error: estimate.se.filter(|_| estimate.df > 0.0),
        df: Some(estimate.df).filter(|df| *df > 0.0),
        n: estimate.n,
        public: Some(!estimate.hidden),
        ..Observation::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::composite::compute;
    use crate::composite::uncertainty::Errors;
    use crate::schema::composite::sample::{composite, definition};
    use crate::unit::{LEGACY, embedded};

    fn run(estimates: &[(&str, &str, f64)]) -> Run {
        let estimates = estimates.iter().map(|(unit, node, value)| Estimate {
            kind: "province".to_owned(),
            unit: (*unit).to_owned(),
            node: (*node).to_owned(),
            value: Some(*value),
            se: Some(0.01),
            df: 17.0,
            n: Some(12),
            hidden: false,
            standing: None,
        });
        let (name, index, wave) = ("run 1".to_owned(), "sipas".to_owned(), "w-2024".to_owned());
        Run { name, index, wave, edition: "2024".to_owned(), estimates: estimates.collect() }
    }

    fn mixed(wave: Option<&str>) -> CompositeDefinition {
        let mut value = composite();
        let leaf = &mut value["tree"]["children"][1]["children"][0]["children"][0]["indicator"];
        leaf["survey"] = json!({"index": "sipas", "node": "ALL"});
        if let Some(wave) = wave {
            leaf["survey"]["wave"] = json!(wave);
        }
        definition(&value)
    }

    #[test]
    fn a_tree_takes_a_leaf_from_a_run_and_the_others_from_the_table() {
        let definition = mixed(Some("w-2024"));
        let text = "unit,region,days,shops,trust,population\n01,n,5,10,,100\n02,n,7,30,0.5,100\n";
        let (mut table, _) = Table::read(text, &definition).unwrap();
        let findings = join(&definition, &run(&[("01", "ALL", 0.8), ("02", "ALL", 0.6), ("01", "ACCESS", 0.1)]), &mut table);
        assert_eq!(findings.iter().map(|finding| finding.code.as_ref()).collect::<Vec<_>>(), ["survey-value-replaced"]);
        let observation = table.get("2024", "01", "trust").unwrap();
        assert_eq!((observation.value, observation.standard_error, observation.n), (Some(0.8), Some(0.01), Some(12)));
        assert_eq!((table.get("2024", "02", "trust").unwrap().revision, table.revisions("2024", "02", "trust").len()), (1, 2));
        let outcome = compute(&definition, &table).unwrap();
        let trust = definition.position("trust").unwrap();
        assert!((outcome.score(trust, 0).unwrap() - (1.0 + 9.0 * 0.8)).abs() < 1e-12);
        assert!(outcome.score(0, 0).is_some(), "days and shops come from the table");
    }

    #[test]
    fn an_edition_or_units_that_only_a_run_knows_are_told() {
        let definition = mixed(None);
        let mut other = run(&[("01", "ALL", 0.8), ("99", "ALL", 0.7), ("98", "OTHER", 0.1)]);
        let mut table = Table::default();
        assert_eq!(beyond(&definition, &other, &table), [], "a table of nothing has no units to miss");
        table.admit("2024", "01");
        let found = beyond(&definition, &other, &table);
        assert_eq!((found.len(), found[0].code.as_ref()), (1, "run-adds-units"));
        assert!(found[0].en.ends_with(": 99"), "{}", found[0].en);
        other.edition = "1999".to_owned();
        let found = beyond(&definition, &other, &table);
        assert_eq!((found.len(), found[0].code.as_ref()), (1, "run-adds-edition"));
        other.index = "other".to_owned();
        assert_eq!(beyond(&definition, &other, &table), [], "it is not used at all");
    }

    #[test]
    fn a_run_of_provinces_and_districts_on_one_list_gives_those_that_the_table_has() {
        let both = |definition: &CompositeDefinition, text: &str| {
            let (mut table, _) = Table::read(text, definition).unwrap();
            let mut run = run(&[("01", "ALL", 0.8), ("02", "ALL", 0.6), ("001", "ALL", 0.9), ("002", "ALL", 0.7)]);
            run.estimates[2..].iter_mut().for_each(|estimate| estimate.kind = "district".to_owned());
            let (kinds, beyond) = (kinds(definition, &run, &table), beyond(definition, &run, &table).len());
            join(definition, &run, &mut table);
            let units: Vec<&str> = ["01", "02", "001", "002"].into_iter().filter(|unit| table.has_row("2024", unit)).collect();
            (kinds.into_iter().collect::<Vec<_>>().concat(), units.join(" "), beyond)
        };
        let header = "unit,region,days,shops,trust,population\n";
        let any = mixed(None);
        let provinces = format!("{header}01,n,5,10,,100\n02,n,7,30,,100\n");
        assert_eq!(both(&any, &provinces), ("province".to_owned(), "01 02".to_owned(), 0));
        assert_eq!(both(&any, &format!("{header}001,n,5,10,,100\n")), ("district".to_owned(), "001 002".to_owned(), 1));
        assert_eq!(both(&any, header), ("province".to_owned(), "01 02".to_owned(), 0), "without a table the largest");
        let mut value = composite();
        let leaf = &mut value["tree"]["children"][1]["children"][0]["children"][0]["indicator"];
        leaf["survey"] = json!({"index": "sipas", "node": "ALL", "level": "district"});
        assert_eq!(both(&definition(&value), &provinces).0, "district", "as the leaf says");
    }

    #[test]
    fn a_run_of_another_index_or_wave_is_told_and_leaves_the_table() {
        let definition = mixed(Some("w-2023"));
        let mut table = Table::default();
        let findings = join(&definition, &run(&[("01", "ALL", 0.8)]), &mut table);
        assert_eq!(findings[0].code, "run-not-used");
        assert_eq!(table, Table::default());
        let findings = join(&mixed(None), &run(&[("01", "OTHER", 0.8)]), &mut table);
        assert_eq!(findings[0].code, "no-estimate");
    }

    #[test]
    fn covariances_of_nodes_become_those_of_the_leaves_that_take_them() {
        // `trust` and `shops` take one node, `days` another.
        let mut value = composite();
        let cost = &mut value["tree"]["children"][0]["children"];
        cost[0]["indicator"]["survey"] = json!({"index": "sipas", "node": "WAIT"});
        cost[1]["indicator"]["survey"] = json!({"index": "sipas", "node": "ALL"});
        let trust = &mut value["tree"]["children"][1]["children"][0]["children"][0]["indicator"];
        trust["survey"] = json!({"index": "sipas", "node": "ALL"});
        let definition = definition(&value);
        let run = run(&[("01", "ALL", 0.8), ("02", "ALL", 0.6), ("01", "WAIT", 5.0)]);
        assert_eq!(nodes(&definition, &run), ["WAIT", "ALL"]);
        let mut table = Table::default();
        join(&definition, &run, &mut table);
        let covariance = |units: [&str; 2], nodes: [&str; 2], value: f64| Covariance {
            units: units.map(str::to_owned),
            nodes: nodes.map(str::to_owned),
            value,
        };
        let all = [
            covariance(["01", "01"], ["ALL", "ALL"], 0.0001),
            covariance(["01", "01"], ["WAIT", "ALL"], 0.00005),
            covariance(["01", "01"], ["WAIT", "WAIT"], 0.0001),
            covariance(["02", "02"], ["WAIT", "ALL"], 0.00003),
            covariance(["01", "02"], ["ALL", "ALL"], 0.00002),
        ];
        let found = pairs(&definition, &run, &all, &table);
        let named = |pairs: &[Pair]| -> Vec<String> {
            pairs.iter().map(|pair| format!("{}.{} {}.{} {}", pair.a.1, pair.a.2, pair.b.1, pair.b.2, pair.covariance)).collect()
        };
        let expected = [
            "01.shops 01.trust 0.0001",
            "01.days 01.shops 0.00005",
            "01.days 01.trust 0.00005",
            "01.shops 02.shops 0.00002",
            "01.shops 02.trust 0.00002",
            "01.trust 02.shops 0.00002",
            "01.trust 02.trust 0.00002",
        ];
        assert_eq!(named(&found), expected, "02 has no value of WAIT");
        let errors = Errors::of(&definition, &table).with_pairs(found, &definition, &table).unwrap();
        assert_eq!(errors.covariances().count(), expected.len());
        // A value from elsewhere has nothing to do with the run's.
        table.insert(
            "2024",
            "01",
            "days",
            Observation { value: Some(4.0), standard_error: Some(0.1), revision: 9, ..Observation::default() },
        );
        assert_eq!(named(&pairs(&definition, &run, &all, &table)), [expected[0], expected[3], expected[4], expected[5], expected[6]]);
    }

    #[test]
    fn scores_of_whole_units_of_the_list_become_estimates() {
        let (records, successions) = embedded().unwrap();
        let units = Registry::numbered(records, &successions).unwrap();
        let da_nang = units.find(LEGACY, "48", None).unwrap().id.0;
        let score = |domain: DomainKey| Score {
            domain,
            node: "ALL".to_owned(),
            value: Some(0.9),
            se: None,
            low: None,
            high: None,
            n: 40,
            psus: 3,
            df: 2.0,
            deff: None,
            weight: 1.0,
            rank: None,
            rank_interval: None,
            rank_joint: None,
            top: None,
            modelled: None,
            thin: false,
            suppressed: false,
            basis: crate::index::Basis::default(),
        };
        let area = DomainKey { area: Some(da_nang), ..DomainKey::whole("province") };
        let women = DomainKey { item: Some("sex".to_owned()), option: Some("f".to_owned()), ..area.clone() };
        let scores = [score(DomainKey::whole("nation")), score(area), score(women)];
        let found = estimates(&scores, &units, Some(LEGACY));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].unit.as_str(), found[0].n), ("48", Some(40)));
        assert!(estimates(&scores, &units, Some("vn-34")).is_empty());
        let [_, area, women] = scores.map(|score| score.domain);
        let covariance = |domains| index::Covariance { domains, nodes: ["ALL".to_owned(), "C1".to_owned()], value: 0.1 };
        let all = [covariance([area.clone(), area.clone()]), covariance([area, women])];
        let found = covariances(&all, &units, Some(LEGACY));
        assert_eq!(found, [Covariance { units: ["48".to_owned(), "48".to_owned()], nodes: all[0].nodes.clone(), value: 0.1 }]);
    }
}
