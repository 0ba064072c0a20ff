//! Confidence sets of ranks against an independent implementation in R that saw the same draws.

use hailong::numeric::distribution::{chi_squared, normal};
use hailong::scoring::rank::{Coverage, Draws, Joint, RankInterval, RankMethod, drawn_ranks, pairwise, step_down};
use serde_json::Value;

use super::{Worst, numbers};

/// The minimal standard generator, from 1.
struct Minimal(u64);

impl Minimal {
    #[allow(clippy::cast_precision_loss)] // 31 bits
    fn next(&mut self) -> f64 {
        self.0 = self.0 * 16_807 % 2_147_483_647;
        self.0 as f64 / 2_147_483_647.0
    }
}

struct Case {
    golden: Value,
    values: Vec<f64>,
    se: Vec<f64>,
    df: Vec<f64>,
    level: f64,
}

impl Case {
    fn all() -> [Self; 2] {
        ["provinces.json", "spread.json"].map(Self::read)
    }

    fn read(name: &str) -> Self {
        let file = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/ranks").join(name);
        let golden: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let column = |name: &str| numbers(&golden["units"][name]);
        let (values, se, df) = (column("value"), column("se"), column("df"));
        let level = golden["level"].as_f64().unwrap();
        Self { golden, values, se, df, level }
    }

    fn joint(&self, known: bool) -> Joint {
        let variances: Vec<f64> = self.se.iter().map(|se| se * se).collect();
        Joint::independent(self.values.clone(), &variances, (!known).then(|| self.df.clone())).unwrap()
    }

    fn draws(&self, known: bool) -> Draws {
        let count = self.golden["draws"].as_u64().unwrap();
        let mut from = Minimal(1);
        let errors = self.se.iter().map(|se| (0..count).map(|_| se * normal::quantile(from.next())).collect()).collect();
        let ratios = self.df.iter().map(|df| (0..count).map(|_| (chi_squared::quantile(from.next(), *df) / df).sqrt()).collect()).collect();
        Draws::given(errors, (!known).then_some(ratios)).unwrap()
    }

    fn hold(&self, found: &[RankInterval], part: &str, name: &str) {
        let ends = |end: &str| numbers(&self.golden[part][format!("{name}_{end}")]);
        assert_eq!(found.iter().map(|r| f64::from(r.low)).collect::<Vec<_>>(), ends("low"), "{part} {name} low");
        assert_eq!(found.iter().map(|r| f64::from(r.high)).collect::<Vec<_>>(), ends("high"), "{part} {name} high");
        println!("{part} {name}: {} sets are equal, {} places wide on average", found.len(), width(found));
    }
}

#[allow(clippy::cast_precision_loss)] // 63 sets
fn width(sets: &[RankInterval]) -> f64 {
    sets.iter().map(|r| f64::from(r.high - r.low + 1)).sum::<f64>() / sets.len() as f64
}

#[test]
fn step_down_sets_equal_those_of_the_reference() {
    for (case, (part, known)) in Case::all().iter().flat_map(|case| [("known", true), ("t", false)].map(|part| (case, part))) {
        let (joint, draws) = (case.joint(known), case.draws(known));
        for (name, coverage) in [("one", Coverage::One), ("all", Coverage::All)] {
            case.hold(&step_down(&joint, &draws, coverage, case.level).unwrap(), part, name);
        }
    }
}

#[test]
fn pairwise_sets_with_welchs_t_equal_those_of_the_reference() {
    for case in Case::all() {
        for (name, method) in [("marginal", RankMethod::PairwiseMarginal), ("joint", RankMethod::PairwiseJoint)] {
            case.hold(&pairwise(&case.joint(false), method, case.level), "welch", name);
        }
    }
}

#[test]
fn chances_of_the_top_twenty_equal_those_of_the_reference() {
    let mut worst = Worst::default();
    for (case, (part, known)) in Case::all().iter().flat_map(|case| [("known", true), ("t", false)].map(|part| (case, part))) {
        let drawn = drawn_ranks(&case.joint(known), &case.draws(known)).unwrap();
        for (unit, expected) in numbers(&case.golden["top20"][part]).into_iter().enumerate() {
            worst.compare(&format!("{part} {unit}"), 1.0 + drawn.of(unit).at_most(20).value, 1.0 + expected);
        }
    }
    worst.hold("top 20", 1e-15, 252);
}
