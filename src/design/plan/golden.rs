//! Draws held against those of `docs/examples/sampling/repeat.py`, an implementation in Python that shares nothing with this one.

use super::tests::{FRAME, PAPI, SIPAS, drawn};

#[test]
fn draws_are_those_of_an_implementation_in_python() {
    let mut worst: f64 = 0.0;
    for (plan, seed, golden) in [
        (SIPAS, 2024, include_str!("../../../tests/golden/sampling/sipas-2024.jsonl")),
        (SIPAS, u64::MAX, include_str!("../../../tests/golden/sampling/sipas-18446744073709551615.jsonl")),
        (PAPI, 2024, include_str!("../../../tests/golden/sampling/papi-2024.jsonl")),
        (PAPI, u64::MAX, include_str!("../../../tests/golden/sampling/papi-18446744073709551615.jsonl")),
    ] {
        let sample = drawn(plan, FRAME, seed);
        let last = sample.draws.iter().map(|draw| draw.stage).max();
        let mut draws = sample.draws.iter().filter(|draw| Some(draw.stage) == last);
        for line in golden.lines() {
            let expected: serde_json::Value = serde_json::from_str(line).unwrap();
            let draw = draws.next().unwrap();
            let listed = |name: &str| -> Vec<String> {
                let numbers = expected[name].as_array().unwrap().iter().map(|n| format!("{}-{:03}", draw.parent, n.as_u64().unwrap()));
                numbers.collect()
            };
            assert_eq!(expected["unit"], draw.parent);
            assert_eq!(draw.taken.iter().map(|unit| unit.code.clone()).collect::<Vec<_>>(), listed("numbers"), "seed {seed}");
            assert_eq!(draw.reserve, listed("substitutes"), "seed {seed}");
            worst = worst.max((1.0 / draw.taken[0].overall / expected["weight"].as_f64().unwrap() - 1.0).abs());
        }
        assert!(draws.next().is_none());
    }
    println!("worst relative difference of a weight to Python: {worst:.1e}");
    assert!(worst < 1e-14);
}
