//! Intervals of ranks and chances of the first places, among provinces of which some are all but equal.

use hailong::scoring::rank::{Coverage, Draws, Joint, RankInterval, RankMethod, drawn_ranks, pairwise, ranks, step_down};
use serde_json::json;

use super::count::{Moments, Share, Table, replicates};
use super::definition::{Figure, LEVEL, scores};
use super::draw::{Design, Sample};
use super::population::{PROVINCES, Population, stream};
use super::truth::Truth;
use super::{Settings, World};

const NODE: &str = "INDEX";
/// One in so many replicates of the simulation is enough here.
const FEWER: u64 = 4;
/// The first so many places.
const TOP: u32 = 20;
/// Draws behind step-down intervals and chances.
const DRAWS: usize = 999;
/// Where the bins of chances end.
const BINS: [f64; 7] = [0.05, 0.2, 0.4, 0.6, 0.8, 0.95, 1.0];

/// What a method's intervals promise.
const ONE: &str = "any one unit";
const ALL: &str = "all at once";
const METHODS: [(&str, &str); 9] = [
    ("pairwise, normal", ONE),
    ("pairwise, t", ONE),
    ("step-down, t", ONE),
    ("pairwise, normal", ALL),
    ("pairwise, t", ALL),
    ("Klein–Wright–Wieczorek, normal", ALL),
    ("Klein–Wright–Wieczorek, t", ALL),
    ("step-down, variances known", ALL),
    ("step-down, t", ALL),
];

/// What one sample says.
struct Ranking {
    intervals: [Vec<RankInterval>; METHODS.len()],
    /// Each province's chance of the first places: with estimated variances, and with variances taken as known.
    chances: [Vec<f64>; 2],
}

pub fn study(world: &World, settings: &Settings) {
    let samples = (settings.replicates / FEWER).max(2);
    let head = ["provinces", "design", "method", "promise", "holds for a unit %", "holds for all 63 %", "mean width, places"];
    let mut table = Table::new(&format!("Ranks of 63 provinces: intervals at 95 %, {samples} samples"), &head);
    let head =
        ["provinces", "design", "chance", "cases", "mean chance, t %", "truly among them %", "mean chance, normal %", "truly among them %"];
    let mut top = Table::new("Chances of being among the first 20, by size of the chance", &head);
    let definition = scores(&json!({}), false);
    let equal = Population::new(settings.seed, 0.0);
    for (apart, population) in [("apart", &world.now), ("all but equal", &equal)] {
        let truth = Truth::of(population);
        let truth = ranks(&(1..=PROVINCES).map(|place| truth.value(NODE, place)).collect::<Vec<f64>>());
        for design in [Design::Villages, Design::Districts] {
            let found = replicates(samples, |replicate| {
                let mut rng = stream(settings.seed, 13 + 1_000 * replicate);
                let figures = definition.figures(&Sample::of(population, design, &mut rng), 1);
                let provinces: Vec<Figure> = figures[NODE][1..=PROVINCES].iter().map(|figure| figure.unwrap()).collect();
                Ranking::of(&provinces, settings.seed ^ replicate)
            });
            for (place, (method, promise)) in METHODS.into_iter().enumerate() {
                let intervals: Vec<&[RankInterval]> = found.iter().map(|ranking| &ranking.intervals[place][..]).collect();
                let cells = [apart, design.name(), method, promise].map(String::from);
                table.row(cells.into_iter().chain(coverage(&intervals, &truth)));
            }
            calibration([apart, design.name()], &found, &truth, &mut top);
        }
    }
    println!("{table}\n{top}");
}

impl Ranking {
    /// Provinces are strata of their own: their estimates are independent.
    fn of(provinces: &[Figure], seed: u64) -> Self {
        let values: Vec<f64> = provinces.iter().map(|figure| figure.value).collect();
        let variances: Vec<f64> = provinces.iter().map(|figure| figure.se.powi(2)).collect();
        let df = provinces.iter().map(|figure| figure.df).collect();
        let joint = Joint::independent(values.clone(), &variances, Some(df)).unwrap();
        let known = Joint::independent(values, &variances, None).unwrap();
        let (draws, normal) = (Draws::of(&joint, DRAWS, seed), Draws::of(&known, DRAWS, seed));
        let by = |joint: &Joint, method| pairwise(joint, method, LEVEL);
        let intervals = [
            by(&known, RankMethod::PairwiseMarginal),
            by(&joint, RankMethod::PairwiseMarginal),
            step_down(&joint, &draws, Coverage::One, LEVEL).unwrap(),
            by(&known, RankMethod::PairwiseJoint),
            by(&joint, RankMethod::PairwiseJoint),
            by(&known, RankMethod::KleinWrightWieczorek),
            by(&joint, RankMethod::KleinWrightWieczorek),
            step_down(&known, &normal, Coverage::All, LEVEL).unwrap(),
            step_down(&joint, &draws, Coverage::All, LEVEL).unwrap(),
        ];
        let chances = [(&joint, &draws), (&known, &normal)].map(|(joint, draws)| {
            let drawn = drawn_ranks(joint, draws).unwrap();
            (0..joint.len()).map(|unit| drawn.of(unit).at_most(TOP as i32).value).collect()
        });
        Self { intervals, chances }
    }
}

fn coverage(found: &[&[RankInterval]], truth: &[u32]) -> [String; 3] {
    let (mut each, mut all, mut width) = <(Share, Share, Moments)>::default();
    for intervals in found {
        let holds = |(interval, rank): (&RankInterval, &u32)| interval.low <= *rank && *rank <= interval.high;
        each.hits(intervals.iter().zip(truth).map(holds));
        all.hits([intervals.iter().zip(truth).all(holds)]);
        intervals.iter().for_each(|interval| width += f64::from(interval.high - interval.low + 1));
    }
    [each.percent(), all.percent(), format!("{:.1}", width.mean())]
}

fn calibration(names: [&str; 2], found: &[Ranking], truth: &[u32], table: &mut Table) {
    let mut from = 0.0;
    for to in BINS {
        let within = |chance: f64| from <= chance && (chance < to || to >= 1.0);
        let columns = [0, 1].map(|kind| {
            let (mut said, mut met) = <(Share, Share)>::default();
            for ranking in found {
                let cases = ranking.chances[kind].iter().zip(truth).filter(|(chance, _)| within(**chance));
                met.hits(cases.clone().map(|(_, rank)| *rank <= TOP));
                said.replicate_of(cases.map(|(chance, _)| *chance));
            }
            (said.trials(), format!("{:.1}", 100.0 * said.value()), met.percent())
        });
        let [(cases, said, met), (_, normal, met_normal)] = columns;
        let bin = format!("{:.0} to {:.0} %", 100.0 * from, 100.0 * to);
        table.row([names[0].into(), names[1].into(), bin, format!("{cases:.0}"), said, met, normal, met_normal]);
        from = to;
    }
}
