use uuid::Uuid;

use super::super::composites::{self, CompositeScore, Filter, Inputs, ReportKind};
use super::super::indicators::{self, Attribute, Contents, NewTable, Value};
use super::super::runs::{Figures, NewRun, Results, RunState};
use super::super::schemas::{self, NewIndexVersion, Published};
use super::super::{Db, StoreError, editions, jobs, runs};
use super::{World, new_job, on_each_database, step};

fn definition(db: &mut Db) -> i32 {
    let new = NewIndexVersion {
        code: "par-index",
        version: "2024",
        sha256: [9; 32],
        document: "{ \"kind\": \"composite\" }",
        survey_code: None,
        published_at: 1,
        published_by: "lan",
    };
    schemas::publish_index(db, &new).unwrap().into_inner().id
}

fn contents() -> Contents {
    let value = |ord: i32, unit: &str, revision, value| Value {
        ord,
        edition: "2024".into(),
        unit: unit.into(),
        indicator: "overdue".into(),
        revision,
        value,
        measured_in: Some("%".into()),
        date: Some("2024-12-31".into()),
        source: Some("Báo cáo năm".into()),
        status: if revision == 0 { "published" } else { "restated" }.into(),
        standard_error: value.map(|_| 1.0 / 3.0),
        df: None,
        n: Some(510),
    };
    Contents {
        units: ["01", "02", "04"].map(|unit| ("2024".to_owned(), unit.to_owned())).to_vec(),
        attributes: vec![Attribute { edition: "2024".into(), unit: "01".into(), attribute: "region".into(), value: "ĐBSH".into() }],
        values: vec![value(0, "01", 0, Some(0.1)), value(1, "01", 1, Some(0.2)), value(2, "02", 0, None)],
    }
}

fn load(db: &mut Db, index_version_id: i32, sha256: [u8; 32], contents: &Contents) -> Published<indicators::IndicatorTable> {
    let new = NewTable {
        index_version_id,
        title: "Số liệu 2024",
        sha256,
        editions: "[\"2024\"]",
        findings: "[]",
        loaded_at: 5,
        loaded_by: "lan",
        contents,
    };
    indicators::load(db, &new).unwrap()
}

fn new_run(id: u128, index_version_id: i32) -> NewRun {
    NewRun {
        id: Uuid::from_u128(id),
        index_version_id,
        wave_id: None,
        preview: false,
        as_of: None,
        parameters: "{}".into(),
        seed: 1,
        threads: None,
        since: None,
        created_by: "lan".into(),
        created_at: 10,
    }
}

fn score(ord: i32, unit: &str, node: &str) -> CompositeScore {
    CompositeScore {
        ord,
        edition: "2024".into(),
        unit: unit.into(),
        unit_id: None,
        node: node.into(),
        score: Some(70.0 + 1.0 / 3.0),
        se: Some(0.5),
        df: None,
        lo: Some(69.0),
        hi: Some(71.5),
        rank: Some(3),
        rank_lo: Some(1),
        rank_hi: Some(9),
        tier: (node == "ALL").then_some(1),
        hidden: (node == "LEAF").then(|| "few_answers".to_owned()),
    }
}

#[test]
fn a_table_comes_back_as_it_was_loaded_and_the_same_file_is_the_same_table() {
    on_each_database(|url| {
        let world = World::new(url);
        let mut db = world.store.db().unwrap();
        let index = definition(&mut db);
        let Published::New(table) = load(&mut db, index, [1; 32], &contents()) else { panic!("it is new") };
        assert_eq!((table.n_values, table.n_units, table.sha256), (3, 3, [1; 32]));
        assert_eq!(indicators::contents(&mut db, table.id).unwrap(), contents());
        assert_eq!(load(&mut db, index, [1; 32], &Contents::default()), Published::Already(table.clone()));

        let of_unit = indicators::Filter { unit: Some("01".into()), after_ord: Some(0), ..indicators::Filter::default() };
        assert_eq!(indicators::values(&mut db, table.id, &of_unit, 10).unwrap(), contents().values[1..2]);
        let Published::New(second) = load(&mut db, index, [2; 32], &contents()) else { panic!("another file is another table") };
        assert_eq!(indicators::list(&mut db, Some("par-index"), None, 10).unwrap(), [second.clone(), table.clone()]);
        assert_eq!(indicators::list(&mut db, None, Some(second.id), 10).unwrap(), [table]);
        assert_eq!(indicators::list(&mut db, Some("sipas"), None, 10).unwrap(), []);
    });
}

#[test]
fn a_run_of_a_composite_index_is_published_after_the_runs_that_it_takes_leaves_from() {
    on_each_database(|url| {
        let world = World::new(url);
        let survey = world.create_run(1);
        let mut db = world.store.db().unwrap();
        let index = definition(&mut db);
        let table = load(&mut db, index, [1; 32], &contents()).into_inner();
        let new = new_run(2, index);
        let run = runs::create(&mut db, &new, &new_job(2, 10)).unwrap();
        assert_eq!((run.wave_id, run.high_water_seq, run.state), (None, 0, RunState::Queued));
        assert!(matches!(run.wave(), Err(StoreError::NotFound { .. })));
        let inputs = Inputs { tables: vec![table.id], surveys: vec![(survey.id, "2024".into())] };
        composites::freeze(&mut db, run.id, &inputs).unwrap();
        assert_eq!(composites::inputs(&mut db, run.id).unwrap(), inputs);
        assert_eq!(composites::inputs(&mut db, survey.id).unwrap(), Inputs::default());

        let all: Vec<_> =
            ["01", "02"].into_iter().zip(0..).flat_map(|(unit, n)| [score(2 * n, unit, "ALL"), score(2 * n + 1, unit, "LEAF")]).collect();
        let reports = [(ReportKind::Weights, "{\"ALL\":1.0}".to_owned())];
        runs::start(&mut db, run.id, 20).unwrap();
        let figures = Figures::Composite { scores: &all, reports: &reports, disclosure: &crate::store::disclosure::NOTHING };
        runs::finish(&mut db, run.id, &Results { digest: &[6; 32], manifest: "{}", figures }, 40).unwrap();
        assert_eq!(composites::query(&mut db, run.id, &Filter::default(), 99).unwrap(), all);
        let filter = Filter { unit: Some("02".into()), node: Some("LEAF".into()), edition: Some("2024".into()), after_ord: Some(1) };
        assert_eq!(composites::query(&mut db, run.id, &filter, 99).unwrap(), all[3..]);
        assert_eq!(composites::report(&mut db, run.id, ReportKind::Weights).unwrap().as_deref(), Some("{\"ALL\":1.0}"));
        assert_eq!(composites::report(&mut db, run.id, ReportKind::Sensitivity).unwrap(), None);

        runs::submit(&mut db, run.id, step(3, "lan")).unwrap();
        assert!(matches!(runs::approve(&mut db, run.id, step(4, "lan")), Err(StoreError::SamePerson { .. })));
        runs::approve(&mut db, run.id, step(4, "minh")).unwrap();
        let early = runs::publish(&mut db, run.id, "par-index-2024.1", step(5, "minh"));
        assert!(matches!(early, Err(StoreError::Unpublished { survey: found, .. }) if found == survey.id.to_string()));
        runs::start(&mut db, survey.id, 20).unwrap();
        let figures = Figures::Survey { scores: &[], changes: &[], disclosure: &crate::store::disclosure::NOTHING, standing: &[] };
        runs::finish(&mut db, survey.id, &Results { digest: &[7; 32], manifest: "{}", figures }, 40).unwrap();
        runs::submit(&mut db, survey.id, step(3, "lan")).unwrap();
        runs::approve(&mut db, survey.id, step(4, "minh")).unwrap();
        runs::publish(&mut db, survey.id, "sipas-2024.1", step(5, "minh")).unwrap();
        runs::publish(&mut db, run.id, "par-index-2024.1", step(5, "minh")).unwrap();
        let edition = editions::of_run(&mut db, run.id).unwrap().unwrap();
        assert_eq!((edition.index_code.as_str(), edition.wave_code), ("par-index", None));
    });
}

#[test]
fn a_run_cannot_be_made_of_what_does_not_exist() {
    on_each_database(|url| {
        let world = World::new(url);
        let created = world.store.write(|db| {
            let index = definition(db);
            let new = new_run(3, index);
            runs::create(db, &new, &jobs::NewJob { id: new.id, kind: "run".into(), payload: "{}".into(), created_at: 1 })?;
            composites::freeze(db, new.id, &Inputs { tables: vec![77], surveys: Vec::new() })
        });
        assert!(matches!(created, Err(StoreError::Database(_))));
        assert_eq!(world.store.read(|db| runs::find(db, Uuid::from_u128(3))).unwrap(), None, "the run went with it");
    });
}
