use std::sync::{Arc, Barrier};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::BigInt;
use uuid::Uuid;

use super::super::ingest::store_batch;
use super::super::writer::{Outcome, QueueError, WriteError, Writer, WriterOptions};
use super::super::{Db, StoreError, scan};
use super::{World, digest, on_each_database};

#[test]
fn a_batch_sorts_out_duplicates_and_corrections_of_its_own_rows() {
    on_each_database(|url| {
        let world = World::new(url);
        let mut conflicting = world.response(1);
        conflicting.body_sha256 = digest(99);
        let mut correction = world.response(3);
        correction.supersedes = Some(Uuid::from_u128(2));
        let batch = [world.response(1), world.response(1), conflicting, correction.clone(), world.response(2), correction];
        let outcomes = world.store.read(|db| store_batch(db, &batch.iter().collect::<Vec<_>>())).unwrap();
        let Outcome::Stored(first) = &outcomes[0] else { panic!("{outcomes:?}") };
        assert_eq!(outcomes[1], Outcome::Replayed(first.clone()));
        assert_eq!(outcomes[2], Outcome::Conflict { own_sha256: None });
        assert!(matches!(&outcomes[3], Outcome::Stored(_)));
        assert!(matches!(&outcomes[4], Outcome::Stored(_)));
        assert!(matches!(&outcomes[5], Outcome::Replayed(_)));
        assert_eq!(world.scan(world.high_water()).0, [1, 3]);
    });
}

#[test]
fn one_row_that_the_database_rejects_fails_alone() {
    on_each_database(|url| {
        let world = World::new(url);
        let mut bad = world.response(2);
        bad.unit_id = 12_345;
        let pending = [world.response(1), bad, world.response(3)].map(|new| world.writer.submit(new).unwrap());
        let answers = pending.map(|p| p.blocking_recv().unwrap());
        assert!(matches!(answers[0], Ok(Outcome::Stored(_))));
        assert!(matches!(answers[1], Err(WriteError::Rejected(_))), "{:?}", answers[1]);
        assert!(matches!(answers[2], Ok(Outcome::Stored(_))));
        assert_eq!(world.scan(world.high_water()).0, [1, 3]);
    });
}

#[test]
fn every_acknowledged_response_is_there_once_though_sent_by_many_at_the_same_time() {
    on_each_database(|url| {
        let world = World::new(url);
        std::thread::scope(|s| {
            for sender in 0..4_u128 {
                let world = &world;
                s.spawn(move || {
                    // Each id is sent by two of the four senders.
                    let from = sender * 250;
                    let pending: Vec<_> = (from..from + 500).map(|i| world.writer.submit(world.response(1 + i % 1_000)).unwrap()).collect();
                    for answer in pending {
                        assert!(matches!(answer.blocking_recv().unwrap(), Ok(Outcome::Stored(_) | Outcome::Replayed(_))));
                    }
                });
            }
        });
        assert_eq!(world.scan(world.high_water()).1.rows, 1_000);
        let stats = world.writer.stats();
        assert_eq!((stats.responses, stats.queued, stats.failed), (2_000, 0, 0));
        assert!(stats.batches < 2_000 && stats.longest_micros <= stats.busy_micros, "{stats:?}");
    });
}

#[test]
fn sequence_numbers_appear_in_order_though_two_servers_write() {
    on_each_database(|url| {
        let world = World::new(url);
        let other = world.store.start_writer(WriterOptions::default()).unwrap();
        let send = |writer: Writer, from: u128| {
            for id in from..from + 200 {
                writer.submit(world.response(id)).unwrap().blocking_recv().unwrap().unwrap();
            }
        };
        std::thread::scope(|s| {
            s.spawn(|| send(world.writer.clone(), 1));
            s.spawn(|| send(other.clone(), 1_000));
            // Whatever a freeze has counted once, it counts again later.
            let mut frozen = Vec::new();
            for _ in 0..50 {
                let at = world.high_water();
                frozen.push((at, world.scan(at).1.rows));
            }
            for (at, rows) in frozen {
                assert_eq!(world.scan(at).1.rows, rows);
            }
        });
        assert_eq!(world.scan(world.high_water()).1.rows, 400);
    });
}

/// A writer whose second connection, and so each after it, waits until the test lets it through; the first one fails at once.
fn held_writer(url: &str, options: WriterOptions) -> (Writer, Arc<Barrier>) {
    let barrier = Arc::new(Barrier::new(2));
    let (gate, url) = (Arc::clone(&barrier), url.to_owned());
    let mut first = true;
    let connect = move || {
        let mut db = Db::connect(&url)?;
        if std::mem::take(&mut first) {
            // Not even one page more: the first write finds the disk full.
            db.batch_execute("PRAGMA max_page_count=1")?;
        } else {
            gate.wait();
        }
        Ok(db)
    };
    (Writer::start(Box::new(connect), options).unwrap(), barrier)
}

#[test]
fn a_full_disk_refuses_and_the_writer_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let url = folder.path().join("full.sqlite");
    let world = World::new(url.to_str().unwrap());
    let (writer, gate) = held_writer(url.to_str().unwrap(), WriterOptions::default());
    let mut large = world.response(1);
    large.body = vec![b'x'; 1 << 20];
    assert_eq!(writer.submit(large).unwrap().blocking_recv().unwrap(), Err(WriteError::StorageFull));
    assert_eq!(*writer.fatal().borrow(), None);
    let second = writer.submit(world.response(1)).unwrap();
    gate.wait();
    assert!(matches!(second.blocking_recv().unwrap(), Ok(Outcome::Stored(_))));
    assert_eq!(writer.stats().failed, 1);
}

#[test]
fn a_full_queue_refuses_at_once_and_a_shutdown_stores_what_waits() {
    let folder = tempfile::tempdir().unwrap();
    let url = folder.path().join("queue.sqlite");
    let world = World::new(url.to_str().unwrap());
    let options = WriterOptions { queue: 3, queue_bytes: 100_000, batch: 2 };
    let (writer, gate) = held_writer(url.to_str().unwrap(), options);
    let mut large = world.response(9);
    large.body = vec![b'x'; 1 << 20];
    // More than may wait, but nothing else does: a body that the API lets through is never stuck.
    assert_eq!(writer.submit(large).unwrap().blocking_recv().unwrap(), Err(WriteError::StorageFull));
    let first = writer.submit(world.response(1)).unwrap();
    while writer.stats().queued > 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let waiting: Vec<_> = (2..=4).map(|id| writer.submit(world.response(id)).unwrap()).collect();
    assert_eq!(writer.submit(world.response(5)).unwrap_err(), QueueError::Full);
    std::thread::scope(|s| {
        let shutdown = s.spawn(|| writer.shutdown());
        gate.wait();
        shutdown.join().unwrap();
    });
    assert_eq!(writer.submit(world.response(5)).unwrap_err(), QueueError::Stopped);
    for answer in waiting.into_iter().chain([first]) {
        assert!(matches!(answer.blocking_recv().unwrap(), Ok(Outcome::Stored(_))));
    }
    assert_eq!(world.scan(world.high_water()).1.rows, 4);
}

#[test]
fn a_queue_full_of_bytes_refuses() {
    let folder = tempfile::tempdir().unwrap();
    let url = folder.path().join("bytes.sqlite");
    let world = World::new(url.to_str().unwrap());
    let (writer, gate) = held_writer(url.to_str().unwrap(), WriterOptions { queue: 100, queue_bytes: 3_000, batch: 1 });
    let mut large = world.response(9);
    large.body = vec![b'x'; 1 << 20];
    assert_eq!(writer.submit(large).unwrap().blocking_recv().unwrap(), Err(WriteError::StorageFull));
    let _first = writer.submit(world.response(1)).unwrap();
    while writer.stats().queued > 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    let mut sized = world.response(2);
    sized.body = vec![b'x'; 2_000];
    let _second = writer.submit(sized).unwrap();
    let mut sized = world.response(3);
    sized.body = vec![b'x'; 2_000];
    assert_eq!(writer.submit(sized).unwrap_err(), QueueError::Full);
    gate.wait();
    writer.shutdown();
}

const ROOT_PAGE: &str = "SELECT rootpage FROM sqlite_master WHERE name = 'response'";

#[derive(QueryableByName)]
struct Page {
    #[diesel(sql_type = BigInt)]
    rootpage: i64,
}

#[test]
fn a_damaged_file_stops_the_writer_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("damaged.sqlite");
    let world = World::new(path.to_str().unwrap());
    world.store_all(1..=50);
    world.writer.shutdown();
    world.store.db().unwrap().batch_execute("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let root = world.store.read(|db| Ok::<_, StoreError>(sql_query(ROOT_PAGE).get_result::<Page>(db)?.rootpage)).unwrap();
    let page = 4_096 * usize::try_from(root - 1).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[page..page + 4_096].fill(0xa5);
    std::fs::write(&path, bytes).unwrap();

    let writer = world.store.start_writer(WriterOptions { batch: 1, ..WriterOptions::default() }).unwrap();
    let mut fatal = writer.fatal();
    let answer = writer.submit(world.response(60)).unwrap().blocking_recv().unwrap();
    assert!(matches!(answer, Err(WriteError::Fatal(_))), "{answer:?}");
    while fatal.borrow_and_update().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(writer.submit(world.response(61)).unwrap_err(), QueueError::Stopped);
}

#[test]
fn a_lost_connection_refuses_one_batch_and_the_next_gets_a_new_one() {
    on_each_database(|url| {
        let world = World::new(url);
        let mut admin = Db::connect(url).unwrap();
        if let Db::Postgres(_) = admin {
            let name = Uuid::new_v4().to_string();
            let own = format!("{url}&application_name={name}");
            let writer = Writer::start(Box::new(move || Db::connect(&own)), WriterOptions::default()).unwrap();
            let put = |id| writer.submit(world.response(id)).unwrap().blocking_recv().unwrap();
            assert!(matches!(put(1), Ok(Outcome::Stored(_))));
            let end = format!("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = '{name}'");
            admin.batch_execute(&end).unwrap();
            let refused = put(2);
            assert!(matches!(refused, Err(WriteError::Unavailable(_))), "{refused:?}");
            assert!(matches!(put(2), Ok(Outcome::Stored(_))));
            assert_eq!((writer.stats().failed, writer.fatal().borrow().clone()), (1, None));
        } else {
            // A file cannot hang up; a lock held too long is what comes nearest.
            admin.batch_execute("BEGIN IMMEDIATE").unwrap();
            let refused = world.put(world.response(1));
            assert!(matches!(refused, Err(WriteError::Unavailable(_))), "{refused:?}");
            admin.batch_execute("ROLLBACK").unwrap();
            assert!(matches!(world.put(world.response(1)), Ok(Outcome::Stored(_))));
        }
        assert_eq!(world.store.read(|db| scan::high_water(db, world.wave)).unwrap().seq, world.high_water().seq);
    });
}
