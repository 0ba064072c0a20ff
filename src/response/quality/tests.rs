//! Each rule on forms made for it, and all of them together.

use serde_json::{Value, json};

use super::{Evaluation, Evaluator, Flag, Judged, Rule, RuleSet};
use crate::response::Channel;
use crate::schema::{Layout, Questionnaire, sample};

/// 2024-09-02T08:00+07:00, a Monday.
const MONDAY: i64 = 1_725_238_800_000_000;
const SECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600 * SECOND;

/// Two blocks of four items, one of two, and a comment.
fn questionnaire() -> Questionnaire {
    let text = |vi: &str| json!({ "vi": vi, "en": vi });
    let options: Vec<Value> = (1..=5).map(|n: u8| json!({ "code": n.to_string(), "score": n, "label": text("m") })).collect();
    let items = |prefix: &str, count: usize| -> Vec<Value> {
        (1..=count).map(|n| json!({ "code": format!("{prefix}{n}"), "kind": "scale", "scale": "five", "text": text("Câu") })).collect()
    };
    let mut last = items("c", 2);
    last.push(json!({ "code": "note", "kind": "text", "max_length": 99, "text": text("Góp ý") }));
    sample::checked(&json!({
        "kind": "questionnaire", "code": "q", "version": "1", "title": text("Phiếu"), "languages": ["vi", "en"],
        "scales": { "five": { "options": options } },
        "sections": [
            { "code": "A", "title": text("A"), "items": items("a", 4) },
            { "code": "B", "title": text("B"), "items": items("b", 4) },
            { "code": "C", "title": text("C"), "items": last },
        ]
    }))
}

fn rules(rules: &Value) -> RuleSet {
    let text = json!({ "kind": "quality", "code": "t", "version": "1", "title": { "vi": "Thử", "en": "Test" }, "rules": rules });
    RuleSet::parse(&text.to_string()).unwrap()
}

/// A form: its answers to the ten scale items (0: none), and when it was answered, in how many seconds.
#[derive(Clone)]
struct Sheet {
    answers: [u8; 10],
    device: Option<i32>,
    channel: Channel,
    at: i64,
    took: Option<i64>,
    unit: i32,
}

fn sheet(answers: [u8; 10], at: i64, took: i64) -> Sheet {
    Sheet { answers, device: Some(7), channel: Channel::Kiosk, at: MONDAY + at * SECOND, took: Some(took * SECOND), unit: 1 }
}

/// The sheets, numbered from 1, under a rule set.
fn evaluate(rules: &RuleSet, sheets: &[Sheet]) -> Evaluation {
    evaluate_in(rules, sheets, (0..sheets.len()).collect())
}

fn evaluate_in(rules: &RuleSet, sheets: &[Sheet], order: Vec<usize>) -> Evaluation {
    let questionnaire = questionnaire();
    let layout = Layout::of(&questionnaire);
    let forms = std::iter::once((&questionnaire, &layout));
    let mut evaluator = Evaluator::new(rules, forms, |name| (name == "list:2").then_some(2)).unwrap();
    for place in order {
        let sheet = &sheets[place];
        let mut bytes = layout.blank();
        for (slot, answer) in layout.slots().iter().zip(sheet.answers) {
            slot.add_option(&mut bytes, answer);
        }
        evaluator.push(&Judged {
            seq: i64::try_from(place).unwrap() + 1,
            form: 0,
            unit: sheet.unit,
            device: sheet.device,
            channel: sheet.channel,
            imported: false,
            started_at: sheet.took.map(|took| sheet.at - took),
            answered_at: Some(sheet.at),
            received_at: sheet.at + HOUR,
            answers: &bytes,
        });
    }
    evaluator.finish()
}

fn flagged(evaluation: &Evaluation) -> Vec<i64> {
    evaluation.flags.iter().map(|flag| flag.seq).collect()
}

#[test]
fn names_of_rules_are_read_back() {
    for rule in Rule::ALL {
        assert_eq!(Rule::parse(rule.as_str()), Some(rule));
    }
    assert_eq!(Rule::parse("liar"), None);
}

const MIXED: [u8; 10] = [1, 2, 3, 4, 5, 4, 3, 2, 1, 2];
const HALF: [u8; 10] = [1, 2, 3, 4, 5, 0, 0, 0, 0, 0];

#[test]
fn a_form_is_too_fast_by_item_by_the_whole_or_beside_the_median() {
    let per_item = rules(&json!({ "too_fast": { "seconds_per_item": 2 } }));
    // Ten answers need 20 seconds, five need 10: the same 12 seconds are too few for one and enough for the other.
    let mut untimed = sheet(MIXED, 400, 1);
    untimed.took = None;
    let sheets = [sheet(MIXED, 0, 20), sheet(MIXED, 100, 12), sheet(HALF, 200, 12), sheet(MIXED, 300, -5), untimed];
    let found = evaluate(&per_item, &sheets);
    assert_eq!(found.flags, [Flag { seq: 2, rule: Rule::TooFast, detail: "seconds=12.000 items=10 median=12.000".into() }]);
    let count = found.rules[&Rule::TooFast];
    assert_eq!((found.responses, found.flagged, count.judged, count.flagged), (5, 1, 3, 1), "no time, or one that runs backwards");

    let whole = rules(&json!({ "too_fast": { "seconds": 5 } }));
    assert_eq!(flagged(&evaluate(&whole, &[sheet(MIXED, 0, 5), sheet(MIXED, 99, 4)])), [2]);

    // The median of 30, 40, 50, 60 is 45: a third of it is 15.
    let median = rules(&json!({ "too_fast": { "share_of_median": 0.3334 } }));
    let times = [14, 16, 30, 40, 50, 60, 70, 80];
    let sheets: Vec<Sheet> = (0..).zip(times).map(|(n, took)| sheet(MIXED, n * 1_000, took)).collect();
    assert_eq!(flagged(&evaluate(&median, &sheets)), [1], "the median of eight is (40 + 50) / 2");
}

#[test]
fn a_form_is_straight_lined_by_blocks_or_by_a_run() {
    let blocks = rules(&json!({ "straight_lined": { "min_items": 4, "min_blocks": 2 } }));
    let sheets = [
        sheet([5; 10], 0, 60),
        sheet([5, 5, 5, 5, 3, 3, 3, 3, 1, 2], 0, 60), // flat within each block; the block of two does not count
        sheet([5, 5, 5, 5, 3, 3, 4, 3, 1, 1], 0, 60), // one block is not flat
        sheet([5, 5, 5, 0, 3, 3, 3, 3, 1, 1], 0, 60), // one block has too few answers: only one counts
        sheet(MIXED, 0, 60),
    ];
    let found = evaluate(&blocks, &sheets);
    assert_eq!(flagged(&found), [1, 2]);
    assert_eq!(found.flags[1].detail, "blocks=2 items=8 run=4");
    assert_eq!(found.rules[&Rule::StraightLined].judged, 4, "a form with one block cannot be judged by two");

    // A run goes on over blocks of one scale and over what was not answered.
    let run = rules(&json!({ "straight_lined": { "min_items": 9, "min_blocks": 9, "longest_run": 6 } }));
    let sheets = [
        sheet([1, 2, 5, 5, 0, 5, 5, 5, 5, 1], 0, 60),
        sheet([1, 5, 5, 5, 5, 5, 1, 5, 5, 5], 0, 60),
        sheet([5, 5, 5, 5, 5, 1, 1, 1, 1, 1], 0, 60),
    ];
    assert_eq!(flagged(&evaluate(&run, &sheets)), [1]);
    assert_eq!(evaluate(&run, &[sheet(HALF, 0, 60)]).rules[&Rule::StraightLined].judged, 0, "five answers make no run of six");
}

#[test]
fn a_burst_is_a_full_window_or_a_short_gap_on_one_device() {
    let window = rules(&json!({ "burst": { "window_seconds": 60, "max_responses": 3 } }));
    let at = |seconds: i64| sheet(MIXED, seconds, 30);
    let mut other = at(31);
    other.device = Some(8);
    let mut none = at(32);
    none.device = None;
    // Four of device 7 within [10, 70); the one at 0 is in a window of three, the one at 70 in another.
    let sheets = [at(0), at(10), at(30), at(50), at(69), at(130), other, none];
    let found = evaluate(&window, &sheets);
    // [0, 60) holds four as well: 0, 10, 30, 50. Both windows overlap, so all five are one crowd.
    assert_eq!(flagged(&found), [1, 2, 3, 4, 5]);
    assert!(found.flags.iter().all(|flag| flag.detail == "window=4"), "{:?}", found.flags);
    assert_eq!(found.rules[&Rule::Burst].judged, 7);
    assert_eq!(flagged(&evaluate(&window, &[at(0), at(20), at(40), at(60)])), Vec::<i64>::new(), "the window is open at its end");

    let gap = rules(&json!({ "burst": { "window_seconds": 60, "max_responses": 99, "min_gap_seconds": 10 } }));
    let found = evaluate(&gap, &[at(0), at(9), at(19), at(19)]);
    assert_eq!(flagged(&found), [2, 4], "the later of two is flagged");
    assert_eq!((found.flags[0].detail.as_str(), found.flags[1].detail.as_str()), ("gap=9.000", "gap=0.000"));
}

#[test]
fn closed_hours_are_those_of_the_unit_and_concern_the_channels_named() {
    let closed = rules(&json!({ "closed_hours": {
        "channels": ["kiosk"], "hours": { "mon": ["08:00-11:30", "13:30-17:00"] }, "closed_days": ["2024-09-09"],
        "units": { "list:2": { "mon": ["18:00-20:00"] } }
    } }));
    let at = |hours: i64| sheet(MIXED, hours * 3_600, 30);
    let mut phone = at(4);
    phone.channel = Channel::Qr;
    let mut evening = at(4);
    evening.unit = 2;
    let mut late = at(10);
    late.unit = 2;
    // Open at 8:00; noon; a phone at noon; noon of unit 2; its evening; Tuesday; a Monday that is a holiday.
    let found = evaluate(&closed, &[at(0), at(4), phone, evening, late, at(24), at(7 * 24)]);
    assert_eq!(flagged(&found), [2, 4, 6, 7]);
    assert_eq!(found.flags[0].detail, "at=2024-09-02T12:00");
    assert_eq!(found.rules[&Rule::ClosedHours].judged, 6);
    let unknown = rules(&json!({ "closed_hours": { "channels": ["kiosk"], "hours": {}, "units": { "a/b": {}, "list:2": {} } } }));
    let findings = Evaluator::new(&unknown, std::iter::empty(), |name| (name == "list:2").then_some(2)).err().unwrap();
    assert_eq!(findings.iter().map(|f| f.pointer.as_str()).collect::<Vec<_>>(), ["/rules/closed_hours/units/a~1b"]);
}

#[test]
fn repeated_vectors_are_those_of_one_device_and_day_beyond_a_count() {
    let copies = rules(&json!({ "repeated_vector": { "min_items": 8, "max_copies": 2 } }));
    let at = |day: i64, device: Option<i32>, answers: [u8; 10]| Sheet { device, ..sheet(answers, day * 86_400, 30) };
    let sheets = [
        at(0, Some(7), MIXED),
        at(0, Some(7), MIXED),
        at(0, Some(7), MIXED),
        at(1, Some(7), MIXED), // another day
        at(0, Some(8), MIXED), // another device
        at(0, None, MIXED),
        at(0, Some(9), HALF), // too few answers to be unlike
        at(0, Some(9), HALF),
        at(0, Some(9), HALF),
    ];
    let found = evaluate(&copies, &sheets);
    assert_eq!(flagged(&found), [1, 2, 3]);
    assert!(found.flags.iter().all(|flag| flag.detail == "copies=3"));
    assert_eq!(found.rules[&Rule::RepeatedVector].judged, 5);
}

#[test]
fn flags_come_in_one_order_whatever_the_order_of_arrival() {
    let rules = RuleSet::parse(super::DEFAULT).unwrap();
    let mut sheets: Vec<Sheet> = (0..60).map(|n| sheet(if n % 3 == 0 { [4; 10] } else { MIXED }, n * 7, 3 + n % 40)).collect();
    sheets[5].at += 12 * HOUR;
    let found = evaluate(&rules, &sheets);
    assert!(found.flags.windows(2).all(|pair| (pair[0].seq, pair[0].rule) < (pair[1].seq, pair[1].rule)));
    for rule in [Rule::TooFast, Rule::Burst, Rule::ClosedHours, Rule::RepeatedVector] {
        assert!(found.rules[&rule].flagged > 0, "{rule:?}");
    }
    assert_eq!(found.flagged, found.flags.iter().map(|flag| flag.seq).collect::<std::collections::BTreeSet<_>>().len());
    assert_eq!(evaluate_in(&rules, &sheets, (0..60).rev().collect()), found);
}

#[test]
fn extreme_claims_of_a_clock_are_no_panic() {
    let rules = RuleSet::parse(super::DEFAULT).unwrap();
    let mut sheets: Vec<Sheet> = [i64::MIN, i64::MAX, 0].map(|at| Sheet { at, took: None, ..sheet([4; 10], 0, 0) }).to_vec();
    for sheet in &mut sheets {
        sheet.at = sheet.at.min(i64::MAX - HOUR);
    }
    assert_eq!(evaluate(&rules, &sheets).responses, 3);
}
