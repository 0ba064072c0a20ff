//! What was withdrawn is gone from the bytes of the files, and the files are their owner's alone.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
use diesel::{Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use hailong::office::Role;
use hailong::store::erasure::{Sweeper, Swept};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::flow::process::{Process, hailong, run};
use crate::harness::fixtures::{self, new_response, publish, submission};
use crate::harness::{Client, TestApp};

const VICTIMS: usize = 10;
const OTHERS: usize = 150;

/// Where a thing is looked for in bytes.
fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    needle.len() >= 8 && haystack.windows(needle.len()).any(|window| window == needle)
}

/// Everything by which one answer can be recognised.
#[derive(Default)]
struct Canary(Vec<Vec<u8>>);

impl Canary {
    fn is_in(&self, files: &[(PathBuf, Vec<u8>)]) -> bool {
        self.0.iter().any(|needle| files.iter().any(|(_, bytes)| holds(bytes, needle)))
    }
}

fn recovered(canaries: &[Canary], files: &[(PathBuf, Vec<u8>)]) -> usize {
    canaries.iter().filter(|canary| canary.is_in(files)).count()
}

/// Every file below a folder, with its bytes.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if let Ok(bytes) = std::fs::read(&path) {
            found.push((path, bytes));
        }
    }
    found
}

/// Forty questions, so that packed answers can be recognised, and a text.
fn questionnaire() -> Value {
    let mut form = fixtures::questionnaire();
    let words = |text: &str| json!({ "vi": text, "en": text });
    let mut items: Vec<Value> =
        (0..40).map(|n| json!({ "code": format!("K{n}"), "kind": "scale", "scale": "five", "text": words(&format!("Câu {n}")) })).collect();
    items.push(json!({ "code": "note", "kind": "text", "max_length": 2000, "text": words("Góp ý") }));
    form["sections"][0]["items"] = json!(items);
    form
}

/// An answer that differs from every other one, of a length of its own.
#[allow(clippy::cast_possible_truncation)] // there are fewer than 256
fn answer(n: usize) -> (Value, String) {
    let note = format!("GÓP-Ý-{}-{}", uuid::Uuid::new_v4().simple(), "dài ".repeat(n * 37 % 200));
    let mut answers = json!({ "note": note });
    let own = [Sha256::digest([n as u8]), Sha256::digest([n as u8, 0])].concat();
    for (item, byte) in own.iter().take(40).enumerate() {
        answers[format!("K{item}")] = json!((byte % 5 + 1).to_string());
    }
    (
        json!({ "survey": "mini", "version": "1", "wave": "open", "unit": { "list": "vn-34", "code": "48" }, "channel": "qr", "answers": answers }),
        note,
    )
}

fn put_everything(statistician: &Client) {
    statistician.put("/v1/surveys/mini/versions/1", &questionnaire()).expect(201);
    let mut wave = fixtures::open_wave();
    wave["unit_list"] = json!("vn-34");
    wave["opens_at"] = json!("2020-01-01T00:00:00Z");
    wave["closes_at"] = Value::Null;
    statistician.put("/v1/waves/open", &wave).expect(201);
}

#[derive(QueryableByName)]
struct Stored {
    #[diesel(sql_type = Binary)]
    answers: Vec<u8>,
    #[diesel(sql_type = Binary)]
    body_sha256: Vec<u8>,
    #[diesel(sql_type = Binary)]
    receipt_hash: Vec<u8>,
}

/// What the row of a response holds of it, as bytes.
fn row_of(db: &mut SqliteConnection, seq: i64) -> Stored {
    let of = "SELECT answers, body_sha256, receipt_hash FROM response WHERE seq = $1";
    sql_query(of).bind::<BigInt, _>(seq).get_result(db).unwrap()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_is_withdrawn_is_in_no_byte_of_the_data_folder_nor_of_a_backup_made_after() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Process::start(&data);
    let (statistician, publisher) = (server.client("statistician", None), server.client("publisher", None));
    put_everything(&statistician);
    let anyone = Client::new(server.addr, None);
    let (mut canaries, mut receipts) = (Vec::new(), Vec::new());
    for n in 0..OTHERS {
        let ((body, note), path) = (answer(n), new_response());
        let receipt = anyone.put(&path, &body).expect(201);
        if n % (OTHERS / VICTIMS) == 7 {
            canaries.push(Canary(vec![note.into_bytes(), body.to_string().into_bytes()[60..].to_vec()]));
            receipts.push((path, receipt));
        } else if n % 3 == 0 {
            // Rows that grow move others of their page.
            let proposed = statistician.post(&format!("{path}:exclude"), &json!({ "reason": "for the test" }));
            publisher.post(&format!("{}:confirm", proposed.header("location").unwrap()), &json!({})).expect(200);
        }
    }
    let file = data.join("hailong.sqlite");
    let mut db = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    db.batch_execute("PRAGMA busy_timeout=5000").unwrap();
    for (canary, (_, receipt)) in canaries.iter_mut().zip(&receipts) {
        let row = row_of(&mut db, receipt["seq"].as_i64().unwrap());
        assert_eq!((row.body_sha256.len(), row.receipt_hash.len()), (32, 32));
        canary.0.extend([row.answers, row.body_sha256, row.receipt_hash]);
    }
    drop(db);
    let before = recovered(&canaries, &files(&data));
    assert_eq!((before, canaries.len()), (VICTIMS, VICTIMS), "the search finds what is there");

    // One by their receipts, one by the office.
    for (n, (path, receipt)) in receipts.iter().enumerate() {
        if n % 2 == 0 {
            let code = json!({ "withdrawal_code": receipt["withdrawal_code"] });
            anyone.post(&format!("{path}:withdraw"), &code).expect(204);
        } else {
            statistician.delete(&format!("{path}?reason=because")).expect(204);
        }
    }
    let since = Instant::now();
    let mut after = VICTIMS;
    while after > 0 && since.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(200));
        after = recovered(&canaries, &files(&data));
    }
    for (at, canary) in canaries.iter().enumerate().filter(|_| after > 0) {
        for (which, needle) in canary.0.iter().enumerate() {
            let found = files(&data).into_iter().filter(|(_, bytes)| holds(bytes, needle)).map(|(path, _)| path);
            println!("answer {at}, part {which}, in {:?}", found.collect::<Vec<_>>());
        }
    }
    println!("withdrawn answers in the data folder: recovered {after} of {VICTIMS} (after {} ms)", since.elapsed().as_millis());
    assert_eq!(after, 0);

    let backup = folder.path().join("backup");
    std::fs::create_dir(&backup).unwrap();
    let mut db = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    db.batch_execute(&format!("VACUUM INTO '{}'", backup.join("b.sqlite").display())).unwrap();
    drop(db);
    let in_backup = recovered(&canaries, &files(&backup));
    println!("withdrawn answers in a backup made after: recovered {in_backup} of {VICTIMS}");
    assert_eq!(in_backup, 0);
    for name in ["hailong.sqlite", "hailong.sqlite-wal", "hailong.sqlite-shm"] {
        assert_eq!(mode(&data.join(name)), 0o600, "{name}");
    }
    let others: i64 = statistician.get("/v1/waves/open/progress").expect(200)["items"][0]["valid"].as_i64().unwrap();
    assert!(others > 0, "the others are all there");
    server.stop();
    assert_eq!(recovered(&canaries, &files(&data)), 0);
    assert!(run(&data, &["erase"]).contains("nothing that was withdrawn waits"));
}

#[test]
fn a_reader_of_an_older_state_holds_a_sweep_up_and_it_is_done_when_he_is_gone() {
    let app = TestApp::start();
    if app.url().starts_with("postgres") {
        return; // there it is a lock: see below
    }
    publish(&app);
    let path = new_response();
    let note = format!("GÓP-Ý-{}", uuid::Uuid::new_v4());
    let mut body = submission();
    body["answers"]["note"] = json!(note);
    let receipt = app.anyone().put(&path, &body).expect(201);
    let canaries = [Canary(vec![note.into_bytes()])];
    let folder = PathBuf::from(app.url()).parent().unwrap().to_owned();
    let mut sweeper = Sweeper::new(app.store.clone());
    assert_eq!(sweeper.sweep(None).unwrap(), Swept::Nothing);

    let mut reader = SqliteConnection::establish(&app.url()).unwrap();
    reader.batch_execute("BEGIN; SELECT COUNT(*) FROM response").unwrap();
    app.anyone().post(&format!("{path}:withdraw"), &json!({ "withdrawal_code": receipt["withdrawal_code"] })).expect(204);
    assert!(matches!(sweeper.sweep(Some(1)).unwrap(), Swept::TooLarge(_)));
    for _ in 0..3 {
        assert_eq!(sweeper.sweep(None).unwrap(), Swept::Busy);
    }
    assert_eq!(recovered(&canaries, &files(&folder)), 1, "it is there as long as he reads");
    // Responses are stored meanwhile, and wait for nobody.
    app.anyone().put(&new_response(), &submission()).expect(201);
    reader.batch_execute("COMMIT").unwrap();
    assert_eq!(sweeper.sweep(None).unwrap(), Swept::Done);
    assert_eq!(sweeper.sweep(None).unwrap(), Swept::Nothing);
    let left = recovered(&canaries, &files(&folder));
    println!("withdrawn answers once a reader is gone: recovered {left} of 1");
    assert_eq!(left, 0);
}

#[derive(QueryableByName)]
struct Relation {
    #[diesel(sql_type = Text)]
    path: String,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Nullable<Bool>)]
    found: Option<bool>,
}

/// The files of every table, index and TOAST table of a schema, and of the planner's statistics.
fn relations(db: &mut PgConnection, schema: &str) -> Vec<String> {
    let of = format!(
        "WITH own AS (SELECT oid, reltoastrelid FROM pg_class WHERE relnamespace = '{schema}'::regnamespace), \
         every AS (SELECT oid FROM own UNION SELECT reltoastrelid FROM own UNION \
            SELECT indexrelid FROM pg_index WHERE indrelid IN (SELECT reltoastrelid FROM own) UNION \
            SELECT unnest(ARRAY['pg_statistic'::regclass::oid, (SELECT reltoastrelid FROM pg_class WHERE oid = 'pg_statistic'::regclass)])) \
         SELECT pg_relation_filepath(oid) AS path FROM every WHERE oid <> 0 AND pg_relation_filepath(oid) IS NOT NULL"
    );
    let found: Vec<Relation> = sql_query(of).load(db).unwrap();
    found.into_iter().map(|relation| relation.path).collect()
}

#[test]
fn on_postgresql_what_is_withdrawn_is_in_no_file_of_its_tables_after_a_sweep() {
    let app = TestApp::start();
    let Some((server, schema)) = app.url().rsplit_once("search_path%3D").map(|(url, schema)| (url.to_owned(), schema.to_owned())) else {
        println!("erasure on PostgreSQL is not tested: HAILONG_TEST_POSTGRES is not set");
        return;
    };
    publish(&app);
    let mut sent = Vec::new();
    for n in 0..60 {
        let (path, note) = (new_response(), format!("GOP-Y-{}-{}", uuid::Uuid::new_v4().simple(), "dài ".repeat(n % 40)));
        let mut body = submission();
        body["answers"]["note"] = json!(note);
        let receipt = app.anyone().put(&path, &body).expect(201);
        if n % 6 == 0 {
            sent.push((path, note, receipt));
        }
    }
    let mut db = PgConnection::establish(&format!("{server}search_path%3D{schema}")).unwrap();
    // As the server would do it of its own accord some time.
    db.batch_execute("ANALYZE response, submission, free_text").unwrap();
    let mut count = |sent: &[(String, String, Value)]| {
        db.batch_execute("CHECKPOINT").unwrap();
        let files = relations(&mut db, &schema);
        assert!(files.len() > 20, "{files:?}");
        sent.iter()
            .filter(|(_, note, _)| {
                files.iter().any(|file| {
                    let of = "SELECT position(convert_to($1, 'UTF8') IN pg_read_binary_file($2, 0, 100000000, true)) > 0 AS found";
                    let found: Found = sql_query(of).bind::<Text, _>(&note[..38]).bind::<Text, _>(file).get_result(&mut db).unwrap();
                    found.found == Some(true)
                })
            })
            .count()
    };
    assert_eq!(count(&sent), VICTIMS, "the search finds what is there");
    for (path, _, receipt) in &sent {
        app.anyone().post(&format!("{path}:withdraw"), &json!({ "withdrawal_code": receipt["withdrawal_code"] })).expect(204);
    }
    let before = count(&sent);
    assert_eq!(Sweeper::new(app.store.clone()).sweep(None).unwrap(), Swept::Done);
    let after = count(&sent);
    println!("withdrawn answers in PostgreSQL's files: recovered {after} of {VICTIMS} ({before} before the sweep)");
    assert_eq!(after, 0);
    app.client(Role::Statistician).get("/v1/waves/open/progress").expect(200);
}

/// Runs the binary in a shell that takes nothing from the modes of new files.
fn careless(data: &Path, arguments: &str) -> (bool, String) {
    let own = hailong(data);
    let program = own.get_program().to_owned();
    let line = format!("umask 000; exec \"$0\" --data \"$1\" {arguments}");
    let mut shell = Command::new("sh");
    shell.args(["-c", &line]).arg(program).arg(data).env_remove("HAILONG_DATABASE").env("HAILONG_LOG", "info");
    let output = shell.output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn the_data_folder_and_the_database_are_their_owners_alone_whatever_the_umask() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let form = folder.path().join("form.json");
    std::fs::write(&form, fixtures::questionnaire().to_string()).unwrap();
    let records = folder.path().join("records.csv");
    std::fs::write(&records, "unit,Q1\nA,5\nA,4\n").unwrap();
    let import = format!(
        "import {} --questionnaire {} --wave w --unit-list own --new-unit-list --simple-random-sample",
        records.display(),
        form.display()
    );
    let mut loose = 0;
    let commands = ["migrate".to_owned(), import, "key create --role admin --name A".to_owned()];
    for (n, command) in commands.iter().enumerate() {
        let data = folder.path().join(format!("new/data-{n}"));
        let (good, said) = careless(&data, command);
        assert!(good, "{command}: {said}");
        loose += usize::from(mode(&data) != 0o700) + usize::from(mode(&data.join("hailong.sqlite")) != 0o600);
    }
    println!("folders and databases open to others: recovered {loose} of {}", 2 * commands.len());
    assert_eq!(loose, 0);

    // One that was made open to all before is closed, and that is said.
    let data = folder.path().join("new/data-0");
    let file = data.join("hailong.sqlite");
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o644)).unwrap();
    let (good, said) = careless(&data, "migrate");
    assert!(good && said.contains("others could read"), "{said}");
    assert_eq!(mode(&file), 0o600);
    assert!(!careless(&data, "migrate").1.contains("others"), "once");
}
