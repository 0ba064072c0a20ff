//! The respondents that `respondents.py` wrote, and the index that is computed of them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use chrono::NaiveDate;
use hailong::frame::{Frame, Strata, Stratum};
use hailong::index::Plan;
use hailong::unit::{Registry, UnitKind, UnitRecord};
use serde_json::{Value, json};

use crate::common;

pub const ITEMS: usize = 25;
pub const PROVINCES: usize = 63;
/// Agencies a province.
pub const AGENCIES: usize = 20;
/// Of weights: the file holds whole millionths.
pub const PER_ONE: i64 = 1_000_000;

/// The columns as they lie in files, one a column, little-endian, PSUs and agencies numbered from 0.
pub struct Respondents {
    pub answers: Vec<Vec<u8>>,
    pub weights: Vec<i64>,
    pub psus: Vec<u32>,
    pub agencies: Vec<u32>,
    /// The stratum of each PSU, which are three a province.
    pub strata: Vec<u32>,
}

impl Respondents {
    pub fn read(folder: &Path) -> Self {
        let file = |name: &str| fs::read(folder.join("columns").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let numbers =
            |name: &str| -> Vec<u32> { file(name).chunks_exact(4).map(|bytes| u32::from_le_bytes(bytes.try_into().unwrap())).collect() };
        Self {
            answers: (1..=ITEMS).map(|item| file(&format!("q{item:02}"))).collect(),
            weights: file("weight_u").chunks_exact(8).map(|bytes| i64::from_le_bytes(bytes.try_into().unwrap())).collect(),
            psus: numbers("psu"),
            agencies: numbers("agency"),
            strata: numbers("stratum_of_psu"),
        }
    }

    /// The province of a PSU, from 0.
    pub fn province(&self, psu: usize) -> usize {
        self.strata[psu] as usize / 3
    }

    /// The frame that scoring reads, with the units of [`registry`].
    pub fn frame(self) -> Frame {
        let stratum = |number: u32| Stratum { name: format!("{number:03}"), sampled: 0, population: None };
        let count = self.strata.iter().max().map_or(0, |last| last + 1);
        let areas = (0..self.strata.len()).map(|psu| Some(1 + self.province(psu) as i32)).collect();
        let strata = Strata::new((0..count).map(stratum).collect(), self.strata, areas).unwrap();
        let units = (0..PROVINCES * AGENCIES).map(|agency| (1 + PROVINCES + agency) as i32).collect();
        Frame::from_columns(self.answers, self.weights, self.psus, self.agencies, units, strata, PER_ONE).unwrap()
    }
}

/// The index of the open data set, cut down to 25 means, 5 criteria and the index made of them, for provinces and agencies.
/// Agencies stand as domains by province, since those are not ranked: no peer ranks.
pub fn definition() -> String {
    let mut definition: Value = serde_json::from_str(&common::schema_text("sipas-open/index-1.1.json")).unwrap();
    definition["tree"] = json!([definition["tree"][0]]);
    definition["domains"] = json!([{ "kind": "level", "level": "province" }, { "kind": "unit_by_level", "level": "province" }]);
    definition.to_string()
}

pub fn plan() -> Plan {
    let questionnaire = common::questionnaire(&common::schema_text("sipas-open/1.1.json"));
    Plan::compile(&common::index(&definition()), &questionnaire, &BTreeMap::new()).unwrap()
}

/// Provinces have ids 1 to 63, agencies follow.
pub fn registry() -> Registry {
    let numbers = (0..PROVINCES).map(|n| (UnitKind::Province, n)).chain((0..PROVINCES * AGENCIES).map(|n| (UnitKind::Agency, n)));
    Registry::new((1..).zip(numbers.map(|(kind, number)| unit(kind, number))).collect(), &[]).unwrap()
}

/// A province or an agency, whose codes sort as their numbers do.
pub fn unit(kind: UnitKind, number: usize) -> UnitRecord {
    let agency = kind == UnitKind::Agency;
    UnitRecord {
        list: if agency { "agencies" } else { "provinces" }.into(),
        code: format!("{number:04}"),
        kind,
        name_vi: format!("{} {number}", if agency { "Cơ quan" } else { "Tỉnh" }),
        name_en: format!("{} {number}", if agency { "Agency" } else { "Province" }),
        parent: agency.then(|| ("provinces".into(), format!("{:04}", number / AGENCIES))),
        valid_from: NaiveDate::from_ymd_opt(2020, 1, 1).unwrap(),
        valid_to: None,
    }
}
