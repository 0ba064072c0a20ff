use uuid::Uuid;

use super::super::editions::{self, EditionState};
use super::super::runs::{Figures, Results, RunState};
use super::super::scores::{self, Score};
use super::super::{StoreError, jobs, responses, runs};
use super::{World, new_job, on_each_database, step};

fn score(ord: i32, node: &str, unit_id: Option<i32>) -> Score {
    Score {
        ord,
        node: node.into(),
        domain_kind: if unit_id.is_some() { "unit" } else { "nation" }.into(),
        domain_key: String::new(),
        unit_id,
        area_id: None,
        item_code: None,
        option_code: None,
        est: Some(0.1 + f64::from(ord)),
        se: Some(1.0 / 3.0),
        lo: None,
        hi: None,
        n: 30,
        n_psu: 3,
        df: Some(2.0),
        deff: None,
        weight_sum: 1e9,
        rank: Some(1),
        rank_lo: Some(1),
        rank_hi: Some(4),
        suppressed: false,
        rank_joint_lo: None,
        rank_joint_hi: None,
        p_top: None,
        model_est: None,
        model_rmse: None,
        thin: false,
        hidden: None,
    }
}

/// Results without a manifest.
fn results<'a>(digest: &'a [u8; 32], scores: &'a [Score]) -> Results<'a> {
    Results {
        digest,
        manifest: "{}",
        figures: Figures::Survey { scores, changes: &[], disclosure: &crate::store::disclosure::NOTHING, standing: &[] },
    }
}

#[test]
fn a_run_goes_from_queue_to_edition_by_two_people() {
    on_each_database(|url| {
        let world = World::new(url);
        world.store_all(1..=3);
        world.store.read(|db| responses::exclude(db, Uuid::from_u128(3), "lan", "test", 5)).unwrap();
        let run = world.create_run(1);
        assert_eq!((run.state, run.high_water(), run.revision), (RunState::Queued, world.high_water(), 1));
        let mut db = world.store.db().unwrap();
        assert_eq!(runs::start(&mut db, run.id, 20).unwrap().revision, 2);
        // After a restart the worker takes it again.
        assert_eq!(runs::start(&mut db, run.id, 30).unwrap().started_at, Some(20));

        let all: Vec<Score> =
            (0..2_345).map(|i| score(i, if i % 2 == 0 { "SIPAS" } else { "Q9_1" }, (i % 5 == 0).then_some(world.agency))).collect();
        let draft = runs::finish(&mut db, run.id, &results(&[6; 32], &all), 40).unwrap();
        assert_eq!((draft.state, draft.digest, draft.revision), (RunState::Draft, Some([6; 32]), 3));
        assert_eq!(scores::query(&mut db, run.id, &scores::Filter::default(), 9_999).unwrap(), all);

        assert!(matches!(runs::approve(&mut db, run.id, step(3, "minh")), Err(StoreError::WrongState { state: "draft", .. })));
        runs::submit(&mut db, run.id, step(3, "hoa")).unwrap();
        for same in ["lan", "hoa"] {
            assert!(matches!(runs::approve(&mut db, run.id, step(4, same)), Err(StoreError::SamePerson { .. })), "{same}");
        }
        assert!(matches!(editions::embargo(&mut db, run.id, "sipas-2024.1", 50), Err(StoreError::WrongState { .. })));
        assert!(matches!(runs::approve(&mut db, run.id, step(3, "minh")), Err(StoreError::RevisionConflict { expected: 3, found: 4, .. })));
        runs::approve(&mut db, run.id, step(4, "minh")).unwrap();
        assert_eq!(editions::embargo(&mut db, run.id, "sipas-2024.1", 50).unwrap().state, EditionState::Embargoed);
        runs::publish(&mut db, run.id, "sipas-2024.1", step(5, "lan")).unwrap();
        let edition = editions::find(&mut db, "sipas-2024.1").unwrap().unwrap();
        assert_eq!((edition.state, edition.published_at, edition.revision), (EditionState::Published, Some(99), 2));
        assert_eq!((edition.index_code.as_str(), edition.wave_code.as_deref().unwrap()), ("sipas", "sipas-2024"));

        let withdrawn = runs::withdraw(&mut db, run.id, "sai trọng số", step(6, "minh")).unwrap();
        assert_eq!((withdrawn.state, withdrawn.withdrawn_reason.as_deref()), (RunState::Withdrawn, Some("sai trọng số")));
        assert_eq!(editions::of_run(&mut db, run.id).unwrap().unwrap().state, EditionState::Withdrawn);
        assert!(editions::list(&mut db, Some(EditionState::Published)).unwrap().is_empty());
    });
}

#[test]
fn a_taken_edition_name_leaves_the_run_approved() {
    on_each_database(|url| {
        let world = World::new(url);
        let mut db = world.store.db().unwrap();
        for (n, name) in [(1, "a"), (2, "a")] {
            let run = world.create_run(n);
            runs::start(&mut db, run.id, 1).unwrap();
            runs::finish(&mut db, run.id, &results(&[0; 32], &[]), 2).unwrap();
            runs::submit(&mut db, run.id, step(3, "lan")).unwrap();
            runs::approve(&mut db, run.id, step(4, "minh")).unwrap();
            let published = runs::publish(&mut db, run.id, name, step(5, "minh"));
            if n == 1 {
                published.unwrap();
            } else {
                assert!(matches!(published, Err(StoreError::Conflict { what: "edition", .. })));
                assert_eq!(runs::get(&mut db, run.id).unwrap().state, RunState::Approved);
            }
        }
    });
}

#[test]
fn a_preview_is_never_put_forward() {
    on_each_database(|url| {
        let world = World::new(url);
        let mut db = world.store.db().unwrap();
        let mut new = world.new_run(1);
        new.preview = true;
        let run = runs::create(&mut db, &new, &new_job(2, 1)).unwrap();
        runs::start(&mut db, run.id, 1).unwrap();
        runs::finish(&mut db, run.id, &results(&[0; 32], &[]), 2).unwrap();
        assert!(matches!(runs::submit(&mut db, run.id, step(3, "lan")), Err(StoreError::Preview(_))));
    });
}

#[test]
fn a_run_that_was_called_off_stores_no_scores() {
    on_each_database(|url| {
        let world = World::new(url);
        let mut db = world.store.db().unwrap();
        let run = world.create_run(1);
        let job = Uuid::from_u128(1_001);
        let claimed = jobs::claim(&mut db, 100).unwrap().unwrap();
        assert_eq!(claimed.id, job);
        runs::start(&mut db, run.id, 20).unwrap();
        runs::cancel(&mut db, run.id, job, step(2, "lan")).unwrap();
        assert!(jobs::get(&mut db, job).unwrap().cancel_requested);
        let late = runs::finish(&mut db, run.id, &results(&[6; 32], &[score(0, "SIPAS", None)]), 40);
        assert!(matches!(late, Err(StoreError::WrongState { state: "cancelled", .. })));
        assert!(scores::query(&mut db, run.id, &scores::Filter::default(), 9).unwrap().is_empty());
        assert!(matches!(runs::fail(&mut db, run.id, "x", 50), Err(StoreError::WrongState { .. })));
        assert!(matches!(runs::start(&mut db, run.id, 50), Err(StoreError::WrongState { .. })));
    });
}

#[test]
fn scores_are_found_by_node_unit_and_cursor() {
    on_each_database(|url| {
        let world = World::new(url);
        let mut db = world.store.db().unwrap();
        let run = world.create_run(1);
        runs::start(&mut db, run.id, 1).unwrap();
        let all = [score(0, "SIPAS", None), score(1, "SIPAS", Some(world.agency)), score(2, "Q9_1", Some(world.agency))];
        runs::finish(&mut db, run.id, &results(&[0; 32], &all), 2).unwrap();
        let mut ords =
            |filter: scores::Filter| -> Vec<i32> { scores::query(&mut db, run.id, &filter, 9).unwrap().iter().map(|s| s.ord).collect() };
        assert_eq!(ords(scores::Filter { node: Some("SIPAS".into()), ..Default::default() }), [0, 1]);
        assert_eq!(ords(scores::Filter { unit_ids: Some(vec![world.agency]), ..Default::default() }), [1, 2]);
        assert_eq!(ords(scores::Filter { unit_ids: Some(Vec::new()), ..Default::default() }), [0; 0]);
        assert_eq!(ords(scores::Filter { domain_kind: Some("nation".into()), ..Default::default() }), [0]);
        assert_eq!(ords(scores::Filter { after_ord: Some(1), ..Default::default() }), [2]);
    });
}

#[test]
fn runs_are_listed_newest_first_in_pages() {
    on_each_database(|url| {
        let world = World::new(url);
        for n in 1..=3 {
            world.create_run(n);
        }
        let mut db = world.store.db().unwrap();
        let page = |db: &mut super::Db, before| {
            let filter = runs::Filter { wave_id: Some(world.wave), state: Some(RunState::Queued), before };
            runs::list(db, &filter, 2).unwrap().iter().map(|r| r.id.as_u128()).collect::<Vec<_>>()
        };
        assert_eq!(page(&mut db, None), [3, 2]);
        assert_eq!(page(&mut db, Some((10, Uuid::from_u128(2)))), [1]);
    });
}
