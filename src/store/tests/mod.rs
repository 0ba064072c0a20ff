//! The store on real databases: SQLite in a temporary file, and PostgreSQL in a schema of its own when `HAILONG_TEST_POSTGRES` is a URL.

mod collection;
mod composites;
mod migrations;
mod operation;
mod person;
mod publication;
mod quality;
mod registry;
mod writing;

use std::io::Write as _;
use std::ops::ControlFlow;

use diesel::connection::SimpleConnection;
use uuid::Uuid;

use super::responses::{ResponseState, Summary};
use super::runs::{NewRun, Run, Step};
use super::scan::{HighWater, Scanned};
use super::writer::{Corrector, NewResponse, Outcome, Scope, WriteError, Writer, WriterOptions};
use super::{Db, Store, StoreOptions};
use super::{jobs, responses, runs, scan, schemas, units, waves};

const URL: &str = "HAILONG_TEST_POSTGRES";

/// Runs a test on every database there is, each time on an empty one.
fn on_each_database(test: impl Fn(&str)) {
    let folder = tempfile::tempdir().unwrap();
    test(folder.path().join("test.sqlite").to_str().unwrap());
    let Ok(url) = std::env::var(URL) else {
        static TOLD: std::sync::Once = std::sync::Once::new();
        // Straight to the terminal: what a test that passes prints is not shown.
        TOLD.call_once(|| drop(writeln!(std::io::stderr(), "the store is tested on SQLite only: {URL} is not set")));
        return;
    };
    let schema = format!("hailong_{}", Uuid::new_v4().simple());
    let mut admin = Db::connect(&url).unwrap();
    admin.batch_execute(&format!("CREATE SCHEMA {schema}")).unwrap();
    let joint = if url.contains('?') { '&' } else { '?' };
    test(&format!("{url}{joint}options=-csearch_path%3D{schema}"));
    admin.batch_execute(&format!("DROP SCHEMA {schema} CASCADE")).unwrap();
}

fn open(url: &str) -> Store {
    Store::open(&StoreOptions { url: url.into(), readers: 4 }).unwrap()
}

/// A store with a province, an agency, a questionnaire, an index and an open wave.
struct World {
    store: Store,
    writer: Writer,
    wave: i32,
    version: i32,
    index: i32,
    agency: i32,
}

impl World {
    fn new(url: &str) -> Self {
        let store = open(url);
        let writer = store.start_writer(WriterOptions::default()).unwrap();
        let (wave, version, index, agency) = store
            .write(|db| {
                units::seed(db, units::By { at: 0, actor: "lan" }, &unit_rows(), &[])?;
                let (all, _) = units::load(db)?;
                let agency = all.iter().find(|(_, u)| u.kind == "agency").unwrap().0;
                let version = schemas::publish_survey(db, &survey())?.into_inner().id;
                let index = schemas::publish_index(db, &index())?.into_inner().id;
                Ok::<_, super::StoreError>((waves::create(db, &new_wave("sipas-2024"))?.id, version, index, agency))
            })
            .unwrap();
        Self { store, writer, wave, version, index, agency }
    }

    fn response(&self, id: u128) -> NewResponse {
        NewResponse {
            id: Uuid::from_u128(id),
            wave_id: self.wave,
            version_id: self.version,
            unit_id: self.agency,
            psu_id: 0,
            weight_u: 1_500_000,
            channel: 1,
            device_key_id: None,
            started_at: None,
            answered_at: Some(1_700_000_000_000_000),
            received_at: 1_700_000_001_000_000,
            state: ResponseState::Valid,
            body: format!("{{\"answer\":{id}}}").into_bytes(),
            body_sha256: digest(id),
            receipt_hash: None,
            answers: vec![1, 2, u8::try_from(id % 250).unwrap()],
            texts: vec![("Q11".into(), format!("lời góp ý {id}"))],
            findings: None,
            reasons: Vec::new(),
            respondent: None,
            strict: false,
            supersedes: None,
            invitation: None,
            corrector: Corrector { scope: Scope::All, receipt: None },
            imported: false,
            actor: "kiosk".into(),
        }
    }

    /// Hands a response in and waits for the commit.
    fn put(&self, new: NewResponse) -> Result<Outcome, WriteError> {
        self.writer.submit(new).unwrap().blocking_recv().unwrap()
    }

    fn store_all(&self, ids: impl IntoIterator<Item = u128>) {
        let pending: Vec<_> = ids.into_iter().map(|id| self.writer.submit(self.response(id)).unwrap()).collect();
        for answer in pending {
            assert!(matches!(answer.blocking_recv().unwrap(), Ok(Outcome::Stored(_))));
        }
    }

    fn find(&self, id: u128) -> Option<Summary> {
        self.store.read(|db| responses::find(db, Uuid::from_u128(id))).unwrap()
    }

    fn high_water(&self) -> HighWater {
        self.store.read(|db| scan::high_water(db, self.wave)).unwrap()
    }

    /// The last answer byte of every row that counts at `at`.
    fn scan(&self, at: HighWater) -> (Vec<u8>, Scanned) {
        let mut seen = Vec::new();
        let visit = |row: scan::RowRef<'_>| {
            seen.push(*row.answers.last().unwrap());
            ControlFlow::Continue(())
        };
        let scanned = self.store.read(|db| scan::scan_responses(db, self.wave, at, visit)).unwrap();
        (seen, scanned)
    }

    fn new_run(&self, id: u128) -> NewRun {
        NewRun {
            as_of: None,
            id: Uuid::from_u128(id),
            index_version_id: self.index,
            wave_id: Some(self.wave),
            preview: false,
            parameters: "{}".into(),
            seed: 7,
            threads: None,
            since: None,
            created_by: "lan".into(),
            created_at: 10,
        }
    }

    fn create_run(&self, id: u128) -> Run {
        self.store.read(|db| runs::create(db, &self.new_run(id), &new_job(id + 1_000, 10))).unwrap()
    }
}

fn digest(n: u128) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&n.to_be_bytes());
    bytes
}

fn step(revision: i64, actor: &str) -> Step<'_> {
    Step { revision, actor, now: 99 }
}

fn new_job(id: u128, created_at: i64) -> jobs::NewJob {
    jobs::NewJob { id: Uuid::from_u128(id), kind: "recompute".into(), payload: "{}".into(), created_at }
}

fn unit_row(code: &str, kind: &str, parent: Option<&str>) -> units::UnitRow {
    units::UnitRow {
        list: "vn-63".into(),
        code: code.into(),
        kind: kind.into(),
        name_vi: format!("Đơn vị {code}"),
        name_en: None,
        parent: parent.map(|p| ("vn-63".into(), p.into())),
        valid_from: 14_092,
        valid_to: None,
    }
}

/// Children first, so that seeding has to find the order.
fn unit_rows() -> Vec<units::UnitRow> {
    vec![unit_row("00001", "agency", Some("01")), unit_row("01", "province", Some("VN")), unit_row("VN", "country", None)]
}

fn survey() -> schemas::NewSurveyVersion<'static> {
    schemas::NewSurveyVersion {
        code: "sipas",
        version: "2024.1",
        sha256: [7; 32],
        document: "{ \"kind\": \"questionnaire\" }\n",
        layout_width: 3,
        published_at: 1,
        published_by: "lan",
    }
}

fn index() -> schemas::NewIndexVersion<'static> {
    schemas::NewIndexVersion {
        code: "sipas",
        version: "2024.1",
        sha256: [8; 32],
        document: "{ \"kind\": \"index\" }",
        survey_code: Some("sipas"),
        published_at: 1,
        published_by: "lan",
    }
}

fn new_wave(code: &str) -> waves::NewWave {
    waves::NewWave {
        code: code.into(),
        survey_code: "sipas".into(),
        title: "{\"vi\":\"SIPAS 2024\"}".into(),
        mode: "probability_sample".into(),
        frame_label: "{\"vi\":\"Người dân từ 18 tuổi\"}".into(),
        unit_list: "vn-63".into(),
        opens_at: 1,
        closes_at: None,
        weight_exponent: 6,
        design_kind: "cluster".into(),
        fpc: false,
        synthetic: true,
        created_by: "lan".into(),
        created_at: 1,
    }
}
