//! The same respondents in a database of their own, and runs over it.

use std::path::Path;
use std::time::Instant;

use hailong::jobs::load;
use hailong::schema::{self, Layout};
use hailong::store::responses::ResponseState;
use hailong::store::units::UnitRow;
use hailong::store::waves::{NewPsu, NewWave};
use hailong::store::writer::{NewResponse, Outcome, WriterOptions};
use hailong::store::{Store, StoreError, StoreOptions, schemas, units, waves};
use hailong::unit::UnitKind;
use serde_json::json;
use uuid::Uuid;

use crate::common::{mix, questionnaire, schema_text, stages::run};
use crate::respondents::{AGENCIES, ITEMS, PROVINCES, Respondents, definition, unit};

/// Responses handed to the writer before the first is waited for; its queue holds twice as many.
const WINDOW: usize = 4_096;
/// Bytes of a submission of this questionnaire.
const BODY: usize = 400;
const WAVE: &str = "peers";

/// What rows carry.
struct Ids {
    wave: i32,
    version: i32,
    agencies: Vec<i32>,
}

/// Stores every respondent as a response, in the order of their files.
pub fn load(folder: &Path, database: &str) {
    let respondents = Respondents::read(folder);
    let store = open(database);
    let started = Instant::now();
    let ids = store.write(|db| publish(db, &respondents)).unwrap();
    let layout = Layout::of(&questionnaire(&schema_text("sipas-open/1.1.json")));
    let slots: Vec<_> = (1..=ITEMS).map(|item| layout.slot(&format!("q{item:02}")).unwrap()).collect();
    let response = |row: usize| {
        let mut answers = layout.blank();
        for (slot, column) in slots.iter().zip(&respondents.answers) {
            match column[row] {
                0 => {}
                option => slot.add_option(&mut answers, option),
            }
        }
        NewResponse {
            id: Uuid::from_u64_pair(mix(row as u64), mix(!(row as u64))),
            wave_id: ids.wave,
            version_id: ids.version,
            unit_id: ids.agencies[respondents.agencies[row] as usize],
            psu_id: respondents.psus[row] as i32 + 1,
            weight_u: respondents.weights[row],
            channel: 5,
            device_key_id: None,
            started_at: None,
            answered_at: Some(1_760_000_000_000_000),
            received_at: 1_760_000_000_000_000 + row as i64,
            state: ResponseState::Valid,
            body: vec![b' '; BODY],
            body_sha256: [0; 32],
            receipt_hash: None,
            answers,
            texts: Vec::new(),
            findings: None,
            reasons: Vec::new(),
            respondent: None,
            strict: false,
            supersedes: None,
            invitation: None,
            corrector: hailong::store::writer::Corrector::default(),
            imported: false,
            actor: "bench".into(),
        }
    };
    let writer = store.start_writer(WriterOptions::default()).unwrap();
    let rows = respondents.weights.len();
    for first in (0..rows).step_by(WINDOW) {
        let pending: Vec<_> = (first..rows.min(first + WINDOW)).map(|row| writer.submit(response(row)).unwrap()).collect();
        for answer in pending {
            assert!(matches!(answer.blocking_recv().unwrap(), Ok(Outcome::Stored(_))));
        }
    }
    writer.shutdown();
    println!("{}", json!({ "rows": rows, "load": started.elapsed().as_secs_f64() }));
}

/// A run, stage by stage.
pub fn stages(database: &str) {
    let store = open(database);
    let find = |db: &mut _| {
        let index = schemas::find_index(db, "sipas-open", "1.1")?.unwrap().id;
        Ok::<_, StoreError>((index, waves::find(db, WAVE)?.unwrap().id))
    };
    let (index, wave) = store.read(find).unwrap();
    let measured = run(&store, index, wave);
    let stages: Vec<_> = measured.stages.iter().map(|(name, ms)| json!([name, ms / 1e3])).collect();
    println!("{}", json!({ "stages": stages, "digest": &measured.digest[..12], "scores": measured.scores.len() }));
}

fn open(database: &str) -> Store {
    Store::open(&StoreOptions { url: database.to_owned(), readers: 4 }).unwrap()
}

/// Units, definitions, and a wave with its design.
fn publish(db: &mut hailong::store::Db, respondents: &Respondents) -> Result<Ids, StoreError> {
    let provinces = (0..PROVINCES).map(|number| unit(UnitKind::Province, number));
    let agencies = (0..PROVINCES * AGENCIES).map(|number| unit(UnitKind::Agency, number));
    let rows: Vec<UnitRow> = provinces.chain(agencies).map(|record| load::row(&record)).collect();
    units::seed(db, units::By { at: 0, actor: "lan" }, &rows, &[])?;
    let (stored, _) = units::load(db)?;
    let ids = |list: &str| {
        let mut found: Vec<_> = stored.iter().filter(|(_, unit)| unit.list == list).map(|(id, unit)| (&unit.code, *id)).collect();
        found.sort();
        found.into_iter().map(|(_, id)| id).collect::<Vec<i32>>()
    };
    let (survey, index) = (schema_text("sipas-open/1.1.json"), definition());
    let version = schemas::publish_survey(
        db,
        &schemas::NewSurveyVersion {
            code: "sipas-open",
            version: "1.1",
            sha256: schema::parse(&survey).unwrap().sha256,
            document: &survey,
            layout_width: i32::try_from(Layout::of(&questionnaire(&survey)).width()).unwrap(),
            published_at: 1,
            published_by: "bench",
        },
    )?;
    schemas::publish_index(
        db,
        &schemas::NewIndexVersion {
            code: "sipas-open",
            version: "1.1",
            sha256: schema::parse(&index).unwrap().sha256,
            document: &index,
            survey_code: Some("sipas-open"),
            published_at: 1,
            published_by: "bench",
        },
    )?;
    let wave = waves::create(db, &wave())?.id;
    let provinces = ids("provinces");
    let psu = |(number, stratum): (usize, &u32)| NewPsu {
        code: format!("{number:05}"),
        stratum: format!("{stratum:03}"),
        fpc: None,
        area_unit_id: Some(provinces[respondents.province(number)]),
        weight_u: None,
    };
    let design: Vec<NewPsu> = respondents.strata.iter().enumerate().map(psu).collect();
    waves::add_design(db, wave, &design, &[])?;
    Ok(Ids { wave, version: version.into_inner().id, agencies: ids("agencies") })
}

fn wave() -> NewWave {
    NewWave {
        code: WAVE.into(),
        survey_code: "sipas-open".into(),
        title: r#"{"vi":"Người trả lời giả lập","en":"Made-up respondents"}"#.into(),
        mode: "probability_sample".into(),
        frame_label: r#"{"vi":"Người trả lời giả lập","en":"Made-up respondents"}"#.into(),
        unit_list: "agencies".into(),
        opens_at: 1_760_000_000_000_000,
        closes_at: None,
        weight_exponent: 6,
        design_kind: "cluster".into(),
        fpc: false,
        synthetic: true,
        created_by: "bench".into(),
        created_at: 1,
    }
}
