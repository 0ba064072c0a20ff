use uuid::Uuid;

use super::super::responses::{CountBy, EventKind, ResponseState};
use super::super::scan::{Scanned, count_responses, scan_responses};
use super::super::writer::Outcome;
use super::super::{StoreError, responses};
use super::{World, digest, on_each_database};

#[test]
fn the_same_bytes_again_give_the_same_receipt_and_other_bytes_a_conflict() {
    on_each_database(|url| {
        let world = World::new(url);
        let Ok(Outcome::Stored(receipt)) = world.put(world.response(1)) else { panic!() };
        let mut later = world.response(1);
        later.received_at += 5;
        assert_eq!(world.put(later), Ok(Outcome::Replayed(receipt.clone())));
        let mut other = world.response(1);
        other.body_sha256 = digest(99);
        assert_eq!(world.put(other), Ok(Outcome::Conflict { own_sha256: None }));
        assert_eq!(world.find(1).unwrap().receipt, receipt);
        let (body, findings) = world.store.read(|db| responses::submission(db, receipt.seq)).unwrap().unwrap();
        assert_eq!((body.as_slice(), findings), (b"{\"answer\":1}".as_slice(), None));
    });
}

#[test]
fn a_withdrawn_response_is_erased_and_does_not_come_back() {
    on_each_database(|url| {
        let world = World::new(url);
        world.store_all(1..=3);
        let before = world.high_water();
        let withdraw = || world.store.read(|db| responses::withdraw(db, Uuid::from_u128(2), "citizen", "asked for it", 50)).unwrap();
        assert!(withdraw());
        assert!(!withdraw());
        assert_eq!(world.put(world.response(2)), Ok(Outcome::Withdrawn));

        let tombstone = world.find(2).unwrap();
        assert_eq!((tombstone.withdrawn_at, tombstone.receipt.body_sha256), (Some(50), [0; 32]));
        let mut db = world.store.db().unwrap();
        assert_eq!(responses::submission(&mut db, tombstone.receipt.seq).unwrap(), None);
        let texts = responses::free_texts(&mut db, world.wave, "Q11", 0, 10).unwrap();
        assert_eq!(texts, [(1, "lời góp ý 1".into()), (3, "lời góp ý 3".into())]);
        let events = responses::events(&mut db, tombstone.receipt.seq).unwrap();
        assert_eq!(events.iter().map(|e| (e.kind, e.actor.as_str())).collect::<Vec<_>>(), [(EventKind::Withdrawn, "citizen")]);

        // A run frozen earlier is told what it can no longer see; a later one never counted it.
        assert_eq!(world.scan(before), (vec![1, 3], Scanned { rows: 2, erased: 1, broken_off: false }));
        assert_eq!(world.scan(world.high_water()), (vec![1, 3], Scanned { rows: 2, erased: 0, broken_off: false }));
        let unknown = responses::withdraw(&mut db, Uuid::from_u128(77), "citizen", "", 50);
        assert!(matches!(unknown, Err(StoreError::NotFound { .. })));
    });
}

#[test]
fn a_scan_sees_what_its_high_water_froze() {
    on_each_database(|url| {
        let world = World::new(url);
        world.store_all(1..=2);
        let mut invalid = world.response(3);
        (invalid.state, invalid.findings) = (ResponseState::Invalid, Some("[]".into()));
        world.put(invalid).unwrap();
        let frozen = world.high_water();

        world.store_all([4]);
        let mut correction = world.response(5);
        correction.supersedes = Some(Uuid::from_u128(1));
        world.put(correction).unwrap();
        let exclude = |id| world.store.read(|db| responses::exclude(db, Uuid::from_u128(id), "lan", "test data", 60)).unwrap();
        assert!(exclude(4));
        assert!(!exclude(4));

        assert_eq!(world.scan(frozen).0, [1, 2]);
        assert_eq!(world.scan(world.high_water()).0, [2, 5]);
        let count = |at| world.store.read(|db| count_responses(db, world.wave, at)).unwrap();
        assert_eq!((count(frozen), count(world.high_water())), (2, 2));
        assert_eq!(world.find(4).unwrap().withdrawn_at, None);
    });
}

#[test]
fn a_scan_that_breaks_off_leaves_the_connection_usable() {
    on_each_database(|url| {
        let world = World::new(url);
        world.store_all(1..=500);
        let at = world.high_water();
        let mut db = world.store.db().unwrap();
        let mut seen = 0;
        let scanned = scan_responses(&mut db, world.wave, at, |_| {
            seen += 1;
            if seen == 10 { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) }
        });
        assert_eq!(scanned.unwrap(), Scanned { rows: 10, erased: 0, broken_off: true });
        assert_eq!(count_responses(&mut db, world.wave, at).unwrap(), 500);
    });
}

#[test]
fn only_one_correction_of_a_response_counts() {
    on_each_database(|url| {
        let world = World::new(url);
        world.store_all([1]);
        let correcting = |id, of| {
            let mut new = world.response(id);
            new.supersedes = Some(Uuid::from_u128(of));
            new
        };
        assert!(matches!(world.put(correcting(2, 1)), Ok(Outcome::Stored(_))));
        assert!(matches!(world.put(correcting(2, 1)), Ok(Outcome::Replayed(_))));
        assert_eq!(world.put(correcting(3, 1)), Ok(Outcome::SupersededMissing));
        assert_eq!(world.put(correcting(4, 77)), Ok(Outcome::SupersededMissing));
        assert!(world.find(3).is_none());
        assert!(matches!(world.put(correcting(5, 2)), Ok(Outcome::Stored(_))));
        let mut invalid = correcting(6, 5);
        invalid.state = ResponseState::Invalid;
        assert!(matches!(world.put(invalid), Ok(Outcome::Stored(_))));
        assert_eq!(world.scan(world.high_water()).0, [5]);
        let first = world.find(1).unwrap().receipt.seq;
        let event = world.store.read(|db| responses::events(db, first)).unwrap().remove(0);
        assert_eq!((event.kind, event.successor_seq), (EventKind::Superseded, Some(world.find(2).unwrap().receipt.seq)));
    });
}

#[test]
fn fieldwork_counts_by_unit_psu_and_vietnamese_day() {
    on_each_database(|url| {
        let world = World::new(url);
        // 2024-09-01T16:59:59Z is 23:59:59 in Việt Nam; two seconds later it is tomorrow there, not in London.
        let last_second = 1_725_209_999_000_000;
        for (id, at, psu, state) in
            [(1, 0, 4, ResponseState::Valid), (2, 2_000_000, 4, ResponseState::Valid), (3, 2_000_000, 0, ResponseState::Invalid)]
        {
            let mut new = world.response(id);
            (new.received_at, new.psu_id, new.state) = (last_second + at, psu, state);
            world.put(new).unwrap();
        }
        world.store.read(|db| responses::exclude(db, Uuid::from_u128(1), "lan", "test", 1)).unwrap();
        let count = |by| -> Vec<_> {
            let counts = world.store.read(|db| responses::count(db, world.wave, by)).unwrap();
            counts.into_iter().map(|c| (c.key, c.state, c.ended, c.n)).collect()
        };
        let agency = i64::from(world.agency);
        let (valid, invalid) = (ResponseState::Valid, ResponseState::Invalid);
        assert_eq!(count(CountBy::Unit), [(agency, valid, false, 1), (agency, valid, true, 1), (agency, invalid, false, 1)]);
        assert_eq!(count(CountBy::Psu), [(0, invalid, false, 1), (4, valid, false, 1), (4, valid, true, 1)]);
        assert_eq!(count(CountBy::Day), [(19_967, valid, true, 1), (19_968, valid, false, 1), (19_968, invalid, false, 1)]);
    });
}

#[test]
fn pages_of_responses_follow_one_another() {
    on_each_database(|url| {
        let world = World::new(url);
        world.store_all(1..=5);
        let page = |after_seq, unit_id: Option<i32>| {
            let filter = responses::Filter { after_seq, unit_ids: unit_id.map(|unit| vec![unit]), state: Some(ResponseState::Valid) };
            world.store.read(|db| responses::list(db, world.wave, &filter, 2)).unwrap()
        };
        let mut seen = Vec::new();
        let mut after = 0;
        while let Some(last) = page(after, Some(world.agency)).last().map(|s| s.receipt.seq) {
            seen.extend(page(after, Some(world.agency)).into_iter().map(|s| s.receipt.id.as_u128()));
            after = last;
        }
        assert_eq!(seen, [1, 2, 3, 4, 5]);
        assert!(page(0, Some(world.agency + 1)).is_empty());
    });
}
