use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;

use super::super::migrate::{back, first};
use super::super::{Db, StoreError, migrate, pending, revert_all, units};
use super::on_each_database;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Everything that the migrations make, as text: tables with their constraints, columns, indexes.
fn dump(db: &mut Db) -> Vec<String> {
    let query = match db {
        Db::Sqlite(_) => {
            "SELECT type || ' ' || name || ' ' || COALESCE(sql, '') AS line FROM sqlite_master \
                          WHERE name NOT LIKE 'sqlite_%' AND name <> '__diesel_schema_migrations' ORDER BY 1"
        }
        Db::Postgres(_) => {
            "SELECT concat_ws(' ', 'column', table_name, ordinal_position, column_name, data_type, is_nullable, column_default, is_identity) AS line \
             FROM information_schema.columns WHERE table_schema = current_schema() AND table_name <> '__diesel_schema_migrations' \
             UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename <> '__diesel_schema_migrations' \
             UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint \
             WHERE connamespace = current_schema()::regnamespace AND conrelid::regclass::text <> '__diesel_schema_migrations' ORDER BY 1"
        }
    };
    sql_query(query).load::<Line>(db).unwrap().into_iter().map(|l| l.line).collect()
}

#[test]
fn up_down_up_leaves_the_same_tables() {
    on_each_database(|url| {
        let mut db = Db::connect(url).unwrap();
        let empty = dump(&mut db);
        assert_eq!(empty, Vec::<String>::new());
        assert_eq!(pending(&mut db).unwrap().len(), migrate(&mut db).unwrap().len());
        let first = dump(&mut db);
        assert!(first.len() > 20, "{first:#?}");
        revert_all(&mut db).unwrap();
        assert_eq!(dump(&mut db), empty);
        migrate(&mut db).unwrap();
        assert_eq!(dump(&mut db), first);
        assert_eq!(migrate(&mut db).unwrap(), Vec::<String>::new());
    });
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |backend: &str| {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(backend);
        let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

#[test]
fn a_database_of_a_later_release_is_refused() {
    on_each_database(|url| {
        let mut db = Db::connect(url).unwrap();
        migrate(&mut db).unwrap();
        db.batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')").unwrap();
        assert!(matches!(migrate(&mut db), Err(StoreError::DatabaseIsNewer { version }) if version == "9999"));
    });
}

#[test]
fn two_servers_that_start_together_migrate_once() {
    on_each_database(|url| {
        let applied: Vec<usize> = std::thread::scope(|s| {
            let start = || migrate(&mut Db::connect(url).unwrap()).unwrap().len();
            let both = [s.spawn(start), s.spawn(start)];
            both.map(|t| t.join().unwrap()).to_vec()
        });
        assert_eq!(applied.iter().filter(|n| **n > 0).count(), 1, "{applied:?}");
    });
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

#[test]
fn tables_that_are_made_again_keep_their_rows_and_their_foreign_keys() {
    on_each_database(|url| {
        let mut db = Db::connect(url).unwrap();
        first(&mut db, 8).unwrap();
        let sqlite = matches!(db, Db::Sqlite(_));
        let (one, two) = if sqlite { ("x'01'", "x'02'") } else { (r"'\x01'", r"'\x02'") };
        let (no, own) = if sqlite { ("0", "") } else { ("FALSE", "OVERRIDING SYSTEM VALUE") };
        let edition = |id: i32, run: &str| {
            format!(
                "INSERT INTO edition (id, code, run_id, index_code, index_version, wave_code, state, created_at, revision) \
                 {own} VALUES ({id}, 'w.{id}', {run}, 'sipas', '1', 'w', 'published', 9, 1)"
            )
        };
        let rows = [
            format!(
                "INSERT INTO index_version (id, code, version, sha256, document, survey_code, published_at, published_by) \
                 {own} VALUES (7, 'sipas', '1', {one}, '{{}}', 'sipas', 1, 'lan')"
            ),
            format!(
                "INSERT INTO wave (id, code, survey_code, title, mode, frame_label, unit_list, opens_at, weight_exponent, design_kind, fpc, \
                 synthetic, revision, created_by, created_at) {own} VALUES (3, 'w', 'sipas', '{{}}', 'probability_sample', '{{}}', 'vn-63', \
                 1, 6, 'element', {no}, {no}, 1, 'lan', 1)"
            ),
            format!(
                "INSERT INTO run (id, index_version_id, wave_id, state, preview, parameters, high_water_seq, high_water_event, seed, \
                 created_by, created_at, revision) VALUES ({one}, 7, 3, 'published', {no}, '{{}}', 5, 6, 1, 'lan', 9, 4)"
            ),
            edition(2, one),
        ];
        db.batch_execute(&rows.join("; ")).unwrap();
        migrate(&mut db).unwrap();
        let kept = [
            "index_version WHERE id = 7 AND survey_code = 'sipas'",
            "run WHERE wave_id = 3 AND high_water_event = 6",
            "edition WHERE id = 2",
        ];
        for row in kept {
            let count: Count = sql_query(format!("SELECT COUNT(*) AS n FROM {row}")).get_result(&mut db).unwrap();
            assert_eq!(count.n, 1, "{row}");
        }
        assert!(db.batch_execute(&edition(9, two)).is_err(), "an edition needs its run, as before");
    });
}

#[test]
fn indices_and_runs_of_before_say_which_kind_they_are() {
    on_each_database(|url| {
        let mut db = Db::connect(url).unwrap();
        first(&mut db, 9).unwrap();
        let sqlite = matches!(db, Db::Sqlite(_));
        let bytes = |n: u8| if sqlite { format!("x'0{n}'") } else { format!(r"'\x0{n}'") };
        let (no, own) = if sqlite { ("0", "") } else { ("FALSE", "OVERRIDING SYSTEM VALUE") };
        let index = |id: i32, code: &str, survey: &str| {
            format!(
                "INSERT INTO index_version (id, code, version, sha256, document, survey_code, published_at, published_by) \
                 {own} VALUES ({id}, '{code}', '1', {}, '{{}}', {survey}, 1, 'lan')",
                bytes(1)
            )
        };
        let run = |id: u8, index: i32, wave: &str, since: &str| {
            format!(
                "INSERT INTO run (id, index_version_id, wave_id, state, preview, parameters, high_water_seq, high_water_event, seed, \
                 created_by, created_at, revision, since_run_id) VALUES ({}, {index}, {wave}, 'draft', {no}, '{{}}', 5, 6, 1, 'lan', 9, 4, \
                 {since})",
                bytes(id)
            )
        };
        let wave = format!(
            "INSERT INTO wave (id, code, survey_code, title, mode, frame_label, unit_list, opens_at, weight_exponent, design_kind, fpc, \
             synthetic, revision, created_by, created_at) {own} VALUES (3, 'w', 'sipas', '{{}}', 'probability_sample', '{{}}', 'vn-63', \
             1, 6, 'element', {no}, {no}, 1, 'lan', 1)"
        );
        let rows = [
            index(7, "sipas", "'sipas'"),
            index(8, "par", "NULL"),
            wave,
            run(1, 7, "3", "NULL"),
            run(2, 7, "3", &bytes(1)),
            run(3, 8, "NULL", "NULL"),
            format!("INSERT INTO run_survey (run_id, ord, survey_run_id, edition) VALUES ({}, 0, {}, '2024')", bytes(3), bytes(1)),
        ];
        db.batch_execute(&rows.join("; ")).unwrap();
        migrate(&mut db).unwrap();
        let kept = [
            "index_version WHERE id = 7 AND kind = 'survey'",
            "index_version WHERE id = 8 AND kind = 'composite'",
            &format!("run WHERE id = {} AND kind = 'survey' AND wave_id = 3", bytes(1)),
            &format!("run WHERE id = {} AND kind = 'survey' AND since_run_id = {}", bytes(2), bytes(1)),
            &format!("run WHERE id = {} AND kind = 'composite' AND wave_id IS NULL", bytes(3)),
            "run_survey",
        ];
        for row in kept {
            let count: Count = sql_query(format!("SELECT COUNT(*) AS n FROM {row}")).get_result(&mut db).unwrap();
            assert_eq!(count.n, 1, "{row}");
        }
        let contradiction = "UPDATE run SET kind = 'survey' WHERE wave_id IS NULL";
        assert!(db.batch_execute(contradiction).is_err(), "a run of a survey's index has a wave");
        assert!(db.batch_execute("UPDATE index_version SET kind = 'composite' WHERE id = 7").is_err());
    });
}

#[test]
fn what_was_imported_before_is_told_from_what_comes_after() {
    on_each_database(|url| {
        let mut db = Db::connect(url).unwrap();
        first(&mut db, 10).unwrap();
        let sqlite = matches!(db, Db::Sqlite(_));
        let (bytes, no, own) = if sqlite { ("x'01'", "0", "") } else { (r"'\x01'", "FALSE", "OVERRIDING SYSTEM VALUE") };
        let rows = [
            format!(
                "INSERT INTO wave (id, code, survey_code, title, mode, frame_label, unit_list, opens_at, weight_exponent, design_kind, fpc, \
                 synthetic, revision, created_by, created_at) {own} VALUES (3, 'w', 'sipas', '{{}}', 'probability_sample', '{{}}', 'vn-63', \
                 1, 6, 'element', {no}, {no}, 1, 'lan', 1)"
            ),
            format!(
                "INSERT INTO survey_version (id, code, version, sha256, document, layout_width, published_at, published_by) \
                 {own} VALUES (2, 'sipas', '1', {bytes}, '{{}}', 1, 1, 'lan')"
            ),
            format!("INSERT INTO unit (id, list, code, kind, name_vi, valid_from) {own} VALUES (4, 'l', 'c', 'agency', 'C', 0)"),
            format!(
                "INSERT INTO response (seq, id, wave_id, version_id, unit_id, psu_id, weight_u, channel, received_at, state, body_sha256, \
                 answers) {own} VALUES (41, {bytes}, 3, 2, 4, 0, 1, 4, 1, 0, {bytes}, {bytes})"
            ),
        ];
        db.batch_execute(&rows.join("; ")).unwrap();
        migrate(&mut db).unwrap();
        let count = |db: &mut Db, query: &str| sql_query(query.to_owned()).get_result::<Count>(db).unwrap().n;
        assert_eq!(count(&mut db, "SELECT seq AS n FROM import_before"), 41);
        assert_eq!(count(&mut db, "SELECT COUNT(*) AS n FROM response WHERE seq = 41"), 1, "nothing is lost");
        assert_eq!(count(&mut db, "SELECT COUNT(*) AS n FROM import_record"), 0);
    });
}

#[test]
fn what_was_invalid_before_stays_invalid_as_a_whole_and_chains_of_before_find_their_first_link() {
    on_each_database(|url| {
        let mut db = Db::connect(url).unwrap();
        first(&mut db, 11).unwrap();
        let sqlite = matches!(db, Db::Sqlite(_));
        let bytes = |hex: &str| if sqlite { format!("x'{hex}'") } else { format!(r"'\x{hex}'") };
        let text = |text: &str| bytes(&text.bytes().map(|byte| format!("{byte:02x}")).collect::<String>());
        let (no, own) = if sqlite { ("0", "") } else { ("FALSE", "OVERRIDING SYSTEM VALUE") };
        let id = |n: u8| format!("000000000000400080000000000000{n:02}");
        let uuid = |n: u8| format!("00000000-0000-4000-8000-0000000000{n:02}");
        let response = |seq: u8, state: u8| {
            format!(
                "INSERT INTO response (seq, id, wave_id, version_id, unit_id, psu_id, weight_u, channel, received_at, state, body_sha256, \
                 answers) {own} VALUES ({seq}, {}, 3, 2, 4, 0, 1, 4, 1, {state}, {}, {})",
                bytes(&id(seq)),
                bytes("01"),
                bytes("01")
            )
        };
        let submission = |seq: u8, body: &str, findings: &str| {
            format!("INSERT INTO submission (response_seq, body, findings) VALUES ({seq}, {}, {findings})", text(body))
        };
        let found = r#"'[{"pointer":"/answers/a","severity":"warning","code":"told","vi":"","en":""},{"pointer":"/answers/b","severity":"error","code":"unknown-option","vi":"\u0000","en":""},{"pointer":"/psu","severity":"error","code":"psu-unknown","vi":"","en":""}]'"#;
        let correcting = |n: u8| format!(r#"{{"answers":{{"t":"a\u0000b"}},"respondent":"r1","supersedes":"{}"}}"#, uuid(n));
        let rows = [
            format!(
                "INSERT INTO wave (id, code, survey_code, title, mode, frame_label, unit_list, opens_at, weight_exponent, design_kind, fpc, \
                 synthetic, revision, created_by, created_at) {own} VALUES (3, 'w', 'sipas', '{{}}', 'probability_sample', '{{}}', 'vn-63', \
                 1, 6, 'element', {no}, {no}, 1, 'lan', 1)"
            ),
            format!(
                "INSERT INTO survey_version (id, code, version, sha256, document, layout_width, published_at, published_by) \
                 {own} VALUES (2, 'sipas', '1', {}, '{{}}', 1, 1, 'lan')",
                bytes("01")
            ),
            format!("INSERT INTO unit (id, list, code, kind, name_vi, valid_from) {own} VALUES (4, 'l', 'c', 'agency', 'C', 0)"),
            "INSERT INTO design_respondent (wave_id, respondent, weight_u) VALUES (3, 'r1', 1)".to_owned(),
            response(11, 0),
            response(12, 1),
            response(13, 0),
            response(14, 0),
            submission(11, r#"{"respondent": "r1"}"#, "NULL"),
            submission(12, &correcting(11), found),
            submission(13, &correcting(12), "NULL"),
            submission(14, "no JSON at all", "NULL"),
            format!(
                "INSERT INTO response_event (id, response_seq, kind, at, actor, reason, successor_seq) {own} \
                 VALUES (5, 12, 'superseded', 1, 'lan', '', 13)"
            ),
            "UPDATE response SET ended_event = 5 WHERE seq = 12".to_owned(),
        ];
        db.batch_execute(&rows.join("; ")).unwrap();
        migrate(&mut db).unwrap();
        for (query, n) in [
            ("SELECT COUNT(*) AS n FROM response WHERE state = 1 AND seq = 12", 1),
            (
                "SELECT COUNT(*) AS n FROM response_finding WHERE response_seq = 12 AND item = '' AND code IN ('unknown-option', 'psu-unknown')",
                2,
            ),
            ("SELECT COUNT(*) AS n FROM response_finding", 2),
            ("SELECT COUNT(*) AS n FROM response WHERE first_seq = 11 AND seq IN (12, 13)", 2),
            ("SELECT COUNT(*) AS n FROM response WHERE first_seq IS NULL AND seq IN (11, 14)", 2),
            ("SELECT COUNT(*) AS n FROM response WHERE respondent = 'r1' AND seq IN (11, 12, 13)", 3),
            ("SELECT COUNT(*) AS n FROM submission", 4),
        ] {
            let count: Count = sql_query(query).get_result(&mut db).unwrap();
            assert_eq!(count.n, n, "{query}");
        }
    });
}

#[test]
fn units_and_runs_of_before_are_as_they_were_and_what_units_became_outlives_the_way_back() {
    on_each_database(|url| {
        let mut db = Db::connect(url).unwrap();
        first(&mut db, 12).unwrap();
        let sqlite = matches!(db, Db::Sqlite(_));
        let (no, own, one) = if sqlite { ("0", "", "x'01'") } else { ("FALSE", "OVERRIDING SYSTEM VALUE", r"'\x01'") };
        let unit = |id: i32, code: &str, parent: &str| {
            format!(
                "INSERT INTO unit (id, list, code, kind, name_vi, parent_id, valid_from) \
                 {own} VALUES ({id}, 'own', '{code}', 'agency', 'Sở {code}', {parent}, 0)"
            )
        };
        let rows = [
            unit(1, "A", "NULL"),
            unit(2, "B", "1"),
            format!("INSERT INTO unit_succession (from_id, to_id, whole, is_default) VALUES (1, 2, {no}, {no})"),
            format!(
                "INSERT INTO index_version (id, code, version, sha256, document, published_at, published_by, kind) \
                 {own} VALUES (8, 'par', '1', {one}, '{{}}', 1, 'lan', 'composite')"
            ),
            format!(
                "INSERT INTO run (id, index_version_id, state, preview, parameters, high_water_seq, high_water_event, seed, created_by, \
                 created_at, revision, kind) VALUES ({one}, 8, 'draft', {no}, '{{}}', 0, 0, 1, 'lan', 9, 4, 'composite')"
            ),
        ];
        db.batch_execute(&rows.join("; ")).unwrap();
        let later = migrate(&mut db).unwrap().len();
        let before = units::load(&mut db).unwrap();
        assert_eq!((before.0.len(), before.1.len()), (2, 1));
        assert_eq!(before.0[1].1.parent, Some(("own".into(), "A".into())));
        let run = uuid::Uuid::from_slice(&[[1].as_slice(), &[0; 15]].concat()).unwrap();
        assert_eq!(units::change_of_run(&mut db, run).unwrap(), 0, "a run of before knows the units of before");
        let mut renamed = before.0[0].1.clone();
        renamed.name_vi = "Sở Mới".into();
        units::seed(&mut db, units::By { at: 7, actor: "lan" }, &[renamed], &[]).unwrap();
        assert_eq!(units::load_at(&mut db, 0).unwrap(), before);
        back(&mut db, later).unwrap();
        let kept = "SELECT COUNT(*) AS n FROM unit WHERE name_vi = 'Sở Mới' AND id = 1 OR name_vi = 'Sở B' AND parent_id = 1";
        assert_eq!(sql_query(kept).get_result::<Count>(&mut db).unwrap().n, 2);
    });
}

#[test]
fn the_name_of_a_key_of_before_is_its_person_where_it_decides() {
    on_each_database(|url| {
        let mut db = Db::connect(url).unwrap();
        first(&mut db, 13).unwrap();
        let sqlite = matches!(db, Db::Sqlite(_));
        let (no, own) = if sqlite { ("0", "") } else { ("FALSE", "OVERRIDING SYSTEM VALUE") };
        let bytes = |n: u8| if sqlite { format!("x'{n:02x}'") } else { format!("'\\x{n:02x}'") };
        let key = |id: u8, name: &str, role: &str| {
            let hash = bytes(id);
            format!(
                "INSERT INTO api_key (id, name, role, hash, created_at, created_by) {own} VALUES ({id}, '{name}', '{role}', {hash}, 1, 'cli:root')"
            )
        };
        let one = bytes(1);
        let rows = [
            key(1, "Lan", "statistician"),
            key(2, " lan", "publisher"),
            key(3, "Minh", "publisher"),
            key(4, "Lan", "device"),
            format!(
                "INSERT INTO index_version (id, code, version, sha256, document, published_at, published_by, kind) \
                 {own} VALUES (8, 'par', '1', {one}, '{{}}', 1, 'lan', 'composite')"
            ),
            format!(
                "INSERT INTO run (id, index_version_id, state, preview, parameters, high_water_seq, high_water_event, seed, created_by, \
                 created_at, revision, kind, submitted_by) \
                 VALUES ({one}, 8, 'submitted', {no}, '{{}}', 0, 0, 1, 'Lan#1', 9, 4, 'composite', 'cli:root')"
            ),
        ];
        db.batch_execute(&rows.join("; ")).unwrap();
        migrate(&mut db).unwrap();
        let count = |db: &mut Db, query: &str| sql_query(query.to_owned()).get_result::<Count>(db).unwrap().n;
        assert_eq!(count(&mut db, "SELECT COUNT(*) AS n FROM person"), 2);
        assert_eq!(count(&mut db, "SELECT COUNT(*) AS n FROM api_key WHERE person_id IS NULL AND role = 'device'"), 1);
        assert_eq!(count(&mut db, "SELECT COUNT(DISTINCT person_id) AS n FROM api_key WHERE id IN (1, 2)"), 1);
        let made =
            "SELECT COUNT(*) AS n FROM run_person p JOIN api_key k ON k.person_id = p.created_by WHERE k.id = 2 AND p.submitted_by IS NULL";
        assert_eq!(count(&mut db, made), 1);
    });
}
