//! A database in a temporary folder: both code lists, 1,260 agencies, SIPAS 2022 and its index, a wave with a cluster design.

use hailong::jobs::load;
use hailong::schema::{self, Layout, Questionnaire};
use hailong::store::units::UnitRow;
use hailong::store::waves::{NewPsu, NewWave};
use hailong::store::{Store, StoreError, StoreOptions, schemas, units, waves};
use hailong::unit::embedded;
use tempfile::TempDir;

use super::{mix, normal, questionnaire, schema_text};

/// The first and the day after the last day of the list `vn-63`, in days since 1970-01-01.
const LIST_63: (i32, i32) = (14_092, 20_270);
/// Agencies a province.
const AGENCIES: usize = 20;

/// The database and the numbers that rows carry.
pub struct World {
    pub store: Store,
    pub questionnaire: Questionnaire,
    pub layout: Layout,
    pub version: i32,
    pub index: i32,
    pub wave: i32,
    /// PSUs in each of three strata a province.
    psus_a_stratum: usize,
    /// Agencies by their numbers, and PSUs by their codes, both province by province.
    pub agencies: Vec<(i32, String)>,
    pub psus: Vec<(String, i64)>,
    /// Removed with the world.
    pub folder: TempDir,
}

impl World {
    pub fn new(psus_a_stratum: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("bench.sqlite").display().to_string();
        let store = Store::open(&StoreOptions { url, readers: 4 }).unwrap();
        let (survey_text, index_text) = (schema_text("sipas/2022.1.json"), schema_text("sipas/index-2022.1.json"));
        let questionnaire = questionnaire(&survey_text);
        let layout = Layout::of(&questionnaire);
        let (records, _) = embedded().unwrap();
        let mut rows: Vec<UnitRow> = records.iter().map(load::row).collect();
        let provinces: Vec<String> = rows.iter().filter(|r| r.list == "vn-63" && r.kind == "province").map(|r| r.code.clone()).collect();
        assert_eq!(provinces.len(), 63);
        rows.extend(provinces.iter().flat_map(|province| (0..AGENCIES).map(move |n| agency(province, n))));
        let (version, index, wave, agencies, psus) = store
            .write(|db| {
                units::seed(db, units::By { at: 0, actor: "lan" }, &rows, &[])?;
                let (stored, _) = units::load(db)?;
                let id = |list: &str, code: &str| stored.iter().find(|(_, u)| u.list == list && u.code == code).map(|(id, _)| *id).unwrap();
                let version = schemas::publish_survey(
                    db,
                    &schemas::NewSurveyVersion {
                        code: "sipas",
                        version: "2022.1",
                        sha256: schema::parse(&survey_text).unwrap().sha256,
                        document: &survey_text,
                        layout_width: i32::try_from(layout.width()).unwrap(),
                        published_at: 1,
                        published_by: "bench",
                    },
                )?;
                let index = schemas::publish_index(
                    db,
                    &schemas::NewIndexVersion {
                        code: "sipas",
                        version: "2022.1",
                        sha256: schema::parse(&index_text).unwrap().sha256,
                        document: &index_text,
                        survey_code: Some("sipas"),
                        published_at: 1,
                        published_by: "bench",
                    },
                )?;
                let wave = waves::create(db, &wave())?.id;
                let design: Vec<NewPsu> = provinces.iter().flat_map(|p| design(p, id("vn-63", p), psus_a_stratum)).collect();
                waves::add_design(db, wave, &design, &[])?;
                let agencies: Vec<(i32, String)> = provinces
                    .iter()
                    .flat_map(|p| (0..AGENCIES).map(move |n| agency(p, n).code))
                    .map(|code| (id("agencies", &code), code))
                    .collect();
                let psus: Vec<(String, i64)> = design.into_iter().map(|psu| (psu.code, psu.weight_u.unwrap())).collect();
                Ok::<_, StoreError>((version.into_inner().id, index.into_inner().id, wave, agencies, psus))
            })
            .unwrap();
        Self { store, questionnaire, layout, version, index, wave, psus_a_stratum, agencies, psus, folder }
    }

    /// The PSU, by its place on the list, and the agency of the n-th respondent: random, so rows come in no order.
    pub fn place(&self, n: u64) -> (usize, usize) {
        let (psu, agency) = (mix(n ^ 0x50) as usize % self.psus.len(), mix(n ^ 0xa6) as usize % AGENCIES);
        (psu, psu / (3 * self.psus_a_stratum) * AGENCIES + agency)
    }

    /// The n-th respondent's answer to an item with so many options, from 1; 0 for none, one in twenty.
    pub fn answer(n: u64, item: usize, options: u8) -> u8 {
        let at = mix(n) ^ mix(item as u64);
        if mix(!at).is_multiple_of(20) {
            return 0;
        }
        let middle = 0.7 * f64::from(options) + 0.4 * normal(n) + 0.7 * normal(at);
        (middle.round() as i64).clamp(1, i64::from(options)) as u8
    }
}

fn agency(province: &str, n: usize) -> UnitRow {
    UnitRow {
        list: "agencies".into(),
        code: format!("{province}-{n:02}"),
        kind: "agency".into(),
        name_vi: format!("Cơ quan {n} của tỉnh {province}"),
        name_en: Some(format!("Agency {n} of province {province}")),
        parent: Some(("vn-63".into(), province.into())),
        valid_from: LIST_63.0,
        valid_to: Some(LIST_63.1),
    }
}

fn design(province: &str, area: i32, psus_a_stratum: usize) -> impl Iterator<Item = NewPsu> {
    (0..3 * psus_a_stratum).map(move |n| NewPsu {
        code: format!("{province}-{n:03}"),
        stratum: format!("{province}-{}", n / psus_a_stratum),
        fpc: Some(400),
        area_unit_id: Some(area),
        weight_u: Some((80e6 * (0.4 * normal(mix(area as u64) ^ n as u64)).exp()) as i64),
    })
}

fn wave() -> NewWave {
    NewWave {
        code: "sipas-2022".into(),
        survey_code: "sipas".into(),
        title: r#"{"vi":"SIPAS 2022 mô phỏng","en":"SIPAS 2022, simulated"}"#.into(),
        mode: "probability_sample".into(),
        frame_label: r#"{"vi":"Người dân từ 18 tuổi","en":"Adults"}"#.into(),
        unit_list: "agencies".into(),
        opens_at: 1,
        closes_at: None,
        weight_exponent: 6,
        design_kind: "cluster".into(),
        fpc: true,
        synthetic: true,
        created_by: "bench".into(),
        created_at: 1,
    }
}
