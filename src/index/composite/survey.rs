//! Leaves that a survey measures: their values, standard errors and numbers of answers come from a run.

use super::table::{Observation, Status, Table};
use crate::index::Score;
use crate::schema::Finding;
use crate::schema::composite::{CompositeDefinition, SurveyLeaf};
use crate::unit::{Registry, UnitId};

/// An estimate of a node for one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimate {
    /// The code of the unit in its list.
    pub unit: String,
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
    let code = |score: &Score| {
        let domain = &score.domain;
        let ((Some(id), None, None) | (None, Some(id), None)) = (domain.area, domain.unit, &domain.item) else { return None };
        let record = &units.get(UnitId(id))?.record;
        list.is_none_or(|list| record.list == list).then(|| record.code.clone())
    };
    let estimate = |score: &Score| {
        let n = u32::try_from(score.n).ok();
        Some(Estimate { unit: code(score)?, node: score.node.clone(), value: score.value, se: score.se, df: score.df, n })
    };
    scores.iter().filter_map(estimate).collect()
}

/// Puts a run's estimates into the table where leaves ask for them, as revisions of what stands there.
///
/// # Errors
/// Nothing refuses a run: findings are warnings. A leaf of the run's index without an estimate, values that are replaced, and a
/// run that no leaf asks for are told.
pub fn join(definition: &CompositeDefinition, run: &Run, table: &mut Table) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut asked = false;
    for (_, node, indicator) in definition.leaves() {
        let Some(survey) = indicator.survey.as_ref().filter(|survey| is_of(survey, run)) else { continue };
        asked = true;
        let (mut found, mut replaced) = (0, Vec::new());
        for estimate in run.estimates.iter().filter(|estimate| estimate.node == survey.node) {
            found += 1;
            let known = table.revisions(&run.edition, &estimate.unit, node.code()).last().cloned();
            if known.as_ref().is_some_and(|known| known.value.is_some() && known.value != estimate.value) {
                replaced.push(estimate.unit.as_str());
            }
            table.insert(&run.edition, &estimate.unit, node.code(), observation(run, estimate, known.map(|known| known.revision)));
        }
        let (code, survey) = (node.code(), &survey.node);
        if found == 0 {
            findings.push(Finding::warning(
                format!("/{code}"),
                "no-estimate",
                format!("Đợt tính {} không có điểm “{survey}” cho chỉ tiêu “{code}” theo đơn vị", run.name),
                format!("The run {} has no estimate “{survey}” by unit for the indicator “{code}”", run.name),
            ));
        }
        if !replaced.is_empty() {
            let units = replaced.join(", ");
            findings.push(Finding::warning(
                format!("/{code}"),
                "survey-value-replaced",
                format!("Giá trị “{code}” trong bảng được thay bằng kết quả đợt tính {}: {units}", run.name),
                format!("Values of “{code}” in the table are replaced by those of the run {}: {units}", run.name),
            ));
        }
    }
    if !asked {
        findings.push(Finding::warning(
            "",
            "run-not-used",
            format!("Không chỉ tiêu nào lấy kết quả của chỉ số {}, đợt {} (đợt tính {})", run.index, run.wave, run.name),
            format!("No indicator takes estimates of the index {}, wave {} (run {})", run.index, run.wave, run.name),
        ));
    }
    findings
}

fn is_of(survey: &SurveyLeaf, run: &Run) -> bool {
    survey.index == run.index && survey.wave.as_ref().is_none_or(|wave| *wave == run.wave)
}

fn observation(run: &Run, estimate: &Estimate, last: Option<u32>) -> Observation {
    Observation {
        value: estimate.value,
        source: Some(format!("{} {}: {}", run.index, run.wave, run.name)),
        status: Status::Derived,
        revision: last.map_or(0, |revision| revision.saturating_add(1)),
        standard_error: estimate.se.filter(|_| estimate.df > 0.0),
        df: Some(estimate.df).filter(|df| *df > 0.0),
        n: estimate.n,
        ..Observation::default()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::index::DomainKey;
    use crate::index::composite::compute;
    use crate::schema::composite::sample::{composite, definition};
    use crate::unit::{LEGACY, embedded};

    fn run(estimates: &[(&str, &str, f64)]) -> Run {
        let estimates = estimates.iter().map(|(unit, node, value)| Estimate {
            unit: (*unit).to_owned(),
            node: (*node).to_owned(),
            value: Some(*value),
            se: Some(0.01),
            df: 17.0,
            n: Some(12),
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
        };
        let area = DomainKey { area: Some(da_nang), ..DomainKey::whole("province") };
        let women = DomainKey { item: Some("sex".to_owned()), option: Some("f".to_owned()), ..area.clone() };
        let scores = [score(DomainKey::whole("nation")), score(area), score(women)];
        let found = estimates(&scores, &units, Some(LEGACY));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].unit.as_str(), found[0].n), ("48", Some(40)));
        assert!(estimates(&scores, &units, Some("vn-34")).is_empty());
    }
}
