use super::super::units::{Seeded, SuccessionRow};
use super::super::waves::{DesignAdded, NewPsu, NewRespondent, WaveChange};
use super::super::{StoreError, keys, schemas, units, waves};
use super::{World, index, new_wave, on_each_database, open, survey, unit_row, unit_rows};

#[test]
fn seeding_twice_changes_nothing_and_a_changed_name_is_taken_over() {
    on_each_database(|url| {
        let store = open(url);
        let mut rows = unit_rows();
        let heir =
            SuccessionRow { from: ("vn-63".into(), "00001".into()), to: ("vn-63".into(), "01".into()), whole: true, is_default: true };
        let seed = |rows: &[units::UnitRow]| {
            store.read(|db| units::seed(db, units::By { at: 0, actor: "lan" }, rows, std::slice::from_ref(&heir))).unwrap()
        };
        assert_eq!(seed(&rows), Seeded { added: 3, changed: 0 });
        assert_eq!(seed(&rows), Seeded::default());
        rows[0].name_vi = "Sở Tư pháp".into();
        rows[0].valid_to = Some(20_270);
        assert_eq!(seed(&rows), Seeded { added: 0, changed: 1 });
        let (stored, successions) = store.read(units::load).unwrap();
        let mut stored: Vec<_> = stored.into_iter().map(|(_, row)| row).collect();
        stored.sort_by(|a, b| a.code.cmp(&b.code));
        rows.sort_by(|a, b| a.code.cmp(&b.code));
        assert_eq!(stored, rows);
        assert_eq!(successions, std::slice::from_ref(&heir));
    });
}

#[test]
fn nothing_of_a_unit_is_overwritten_and_every_state_can_be_read_again() {
    on_each_database(|url| {
        let store = open(url);
        let by = |at| units::By { at, actor: "lan" };
        let mut db = store.db().unwrap();
        let first = vec![unit_row("01", "province", None), unit_row("00001", "commune", Some("01"))];
        units::seed(&mut db, by(1), &first, &[]).unwrap();
        let mut renamed = first.clone();
        renamed[1].name_vi = "Tên mới".into();
        units::seed(&mut db, by(2), &renamed, &[]).unwrap();
        assert_eq!(units::seed(&mut db, by(3), &renamed, &[]).unwrap(), Seeded::default(), "nothing changed, so there is no change");
        let added = unit_row("02", "province", None);
        units::seed(&mut db, by(4), std::slice::from_ref(&added), &[]).unwrap();
        units::seed(&mut db, by(5), &first, &[]).unwrap();
        assert_eq!(units::latest_change(&mut db).unwrap(), 4);
        let mut at = |change| units::load_at(&mut db, change).unwrap().0.into_iter().map(|(_, row)| row).collect::<Vec<_>>();
        assert_eq!(at(0), []);
        assert_eq!(at(1), first);
        assert_eq!(at(2), renamed);
        assert_eq!(at(3), [renamed.clone(), vec![added.clone()]].concat());
        assert_eq!(at(4), [first.clone(), vec![added]].concat(), "named as it was first again, which is a change too");
        assert_eq!(at(4), units::load(&mut store.db().unwrap()).unwrap().0.into_iter().map(|(_, row)| row).collect::<Vec<_>>());
    });
}

#[test]
fn a_code_used_again_is_another_unit_and_children_find_the_parent_of_their_day() {
    on_each_database(|url| {
        let store = open(url);
        let mut old = unit_row("01", "province", None);
        old.valid_to = Some(20_000);
        let mut new = unit_row("01", "province", None);
        (new.valid_from, new.name_vi) = (20_000, "Tỉnh mới".into());
        let mut child = unit_row("00009", "commune", Some("01"));
        child.valid_from = 20_100;
        let early = unit_row("00008", "commune", Some("01"));
        store.read(|db| units::seed(db, units::By { at: 0, actor: "lan" }, &[child, early, new, old], &[])).unwrap();
        let mut db = store.db().unwrap();
        let parent_since = |db: &mut super::Db, code: &str| {
            use super::super::unit_tables::unit;
            use diesel::prelude::*;
            let parent: Option<i32> = unit::table.filter(unit::code.eq(code)).select(unit::parent_id).first(db).unwrap();
            unit::table.find(parent.unwrap()).select(unit::valid_from).first::<i32>(db).unwrap()
        };
        assert_eq!(parent_since(&mut db, "00009"), 20_000);
        assert_eq!(parent_since(&mut db, "00008"), 14_092);
    });
}

#[test]
fn a_unit_whose_parent_is_unknown_is_refused() {
    on_each_database(|url| {
        let store = open(url);
        let error = store
            .read(|db| {
                units::seed(
                    db,
                    units::By { at: 0, actor: "lan" },
                    &[unit_row("01", "province", None), unit_row("x", "commune", Some("99"))],
                    &[],
                )
            })
            .unwrap_err();
        assert!(matches!(&error, StoreError::NotFound { what: "unit", key } if key.contains("vn-63:99")), "{error}");
        assert!(store.read(units::load).unwrap().0.is_empty());
    });
}

#[test]
fn publishing_the_same_document_again_is_no_error_and_another_one_is() {
    on_each_database(|url| {
        let store = open(url);
        let mut db = store.db().unwrap();
        let first = schemas::publish_survey(&mut db, &survey()).unwrap();
        assert!(matches!(first, schemas::Published::New(_)));
        let mut again = survey();
        again.published_by = "minh";
        let schemas::Published::Already(stored) = schemas::publish_survey(&mut db, &again).unwrap() else { panic!() };
        assert_eq!((stored.published_by.as_str(), stored.document.as_str()), ("lan", survey().document));
        let mut other = survey();
        other.sha256 = [9; 32];
        assert!(matches!(schemas::publish_survey(&mut db, &other), Err(StoreError::Conflict { .. })));
        assert_eq!(schemas::survey_by_id(&mut db, stored.id).unwrap(), stored);
        assert_eq!(schemas::list_surveys(&mut db, Some("sipas")).unwrap().len(), 1);
        assert_eq!(schemas::list_surveys(&mut db, Some("pci")).unwrap().len(), 0);
        schemas::publish_index(&mut db, &index()).unwrap();
        let mut other = index();
        other.sha256 = [9; 32];
        assert!(matches!(schemas::publish_index(&mut db, &other), Err(StoreError::Conflict { .. })));
        assert_eq!(schemas::list_indices(&mut db, None).unwrap().len(), 1);
    });
}

#[test]
fn of_two_changes_to_one_wave_the_second_is_told() {
    on_each_database(|url| {
        let world = World::new(url);
        let mut db = world.store.db().unwrap();
        let change = WaveChange { closes_at: Some(Some(50)), ..WaveChange::default() };
        let changed = waves::update(&mut db, world.wave, 1, &change).unwrap();
        assert_eq!((changed.revision, changed.closes_at), (2, Some(50)));
        let refused = waves::update(&mut db, world.wave, 1, &change);
        assert!(matches!(refused, Err(StoreError::RevisionConflict { expected: 1, found: 2, .. })));
        let open_end = WaveChange { closes_at: Some(None), ..WaveChange::default() };
        assert_eq!(waves::update(&mut db, world.wave, 2, &open_end).unwrap().closes_at, None);
        assert!(matches!(waves::update(&mut db, 999, 1, &change), Err(StoreError::NotFound { .. })));
        assert!(matches!(waves::create(&mut db, &new_wave("sipas-2024")), Err(StoreError::Conflict { .. })));
    });
}

#[test]
fn a_design_grows_and_never_changes() {
    on_each_database(|url| {
        let world = World::new(url);
        let mut db = world.store.db().unwrap();
        let psu = |code: &str| NewPsu { code: code.into(), stratum: "01".into(), fpc: Some(90), area_unit_id: None, weight_u: None };
        let line = |id: &str, weight_u| NewRespondent { respondent: id.into(), psu: Some("v1".into()), weight_u };
        let mut psus: Vec<NewPsu> = (1..=2_500).map(|i| psu(&format!("v{i}"))).collect();
        let added = waves::add_design(&mut db, world.wave, &psus, &[line("HN-1", 5)]).unwrap();
        assert_eq!(added, DesignAdded { psus: 2_500, respondents: 1 });
        assert_eq!(waves::by_id(&mut db, world.wave).unwrap().revision, 2);
        psus.push(psu("w"));
        let added = waves::add_design(&mut db, world.wave, &psus, &[line("HN-1", 5), line("HN-2", 6)]).unwrap();
        assert_eq!(added, DesignAdded { psus: 1, respondents: 1 });
        assert_eq!(waves::find_psu(&mut db, world.wave, "w").unwrap().unwrap().id, 2_501);
        assert_eq!(waves::find_respondent(&mut db, world.wave, "HN-2").unwrap().unwrap().psu_id, Some(1));

        let mut other = psu("v1");
        other.stratum = "02".into();
        assert!(matches!(waves::add_design(&mut db, world.wave, &[psu("x"), other], &[]), Err(StoreError::Conflict { what: "PSU", .. })));
        assert!(matches!(
            waves::add_design(&mut db, world.wave, &[], &[line("HN-1", 7)]),
            Err(StoreError::Conflict { what: "respondent", .. })
        ));
        assert_eq!(waves::load_psus(&mut db, world.wave).unwrap().len(), 2_501);
        assert_eq!(waves::load_respondents(&mut db, world.wave).unwrap().len(), 2);
        assert_eq!(waves::by_id(&mut db, world.wave).unwrap().revision, 3);
    });
}

#[test]
fn a_revoked_key_keeps_its_first_date() {
    on_each_database(|url| {
        let world = World::new(url);
        let mut db = world.store.db().unwrap();
        let new = keys::NewKey {
            name: "kiosk 7".into(),
            role: "device".into(),
            hash: [3; 32],
            unit_id: Some(world.agency),
            created_at: 1,
            created_by: "lan".into(),
            person_id: None,
            expires_at: Some(9),
        };
        let key = keys::create(&mut db, &new).unwrap();
        assert_eq!(keys::find_by_hash(&mut db, &[3; 32]).unwrap(), Some(key.clone()));
        assert_eq!(keys::find_by_hash(&mut db, &[4; 32]).unwrap(), None);
        assert_eq!(keys::revoke(&mut db, key.id, 20).unwrap().revoked_at, Some(20));
        assert_eq!(keys::revoke(&mut db, key.id, 30).unwrap().revoked_at, Some(20));
        assert!(matches!(keys::revoke(&mut db, 77, 30), Err(StoreError::NotFound { .. })));
        assert_eq!(keys::list(&mut db).unwrap().len(), 1);
    });
}
