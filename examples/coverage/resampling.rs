//! Standard errors from replicates of the sample beside linearised ones.

use hailong::frame::Frame;
use hailong::schema::{BootstrapKind, LonelyPsu, VarianceMethod};
use hailong::scoring::replicate::{Replicates, Wanted, estimates};
use hailong::scoring::{Cells, Estimate, Leaf, LinearMap, Measure, Source, Tally, Task, estimate, interval};

use super::count::{Moments, Share, Table, replicates};
use super::definition::LEVEL;
use super::draw::{Design, Sample};
use super::population::{PROVINCES, stream};
use super::{Settings, World};

/// One in so many replicates of the simulation is enough here.
const FEWER: u64 = 4;
/// Replicates of the bootstrap.
const BOOTSTRAP: u32 = 500;
/// The columns read: six items of the index and the one with the small share.
const COLUMNS: [usize; 7] = [1, 2, 3, 4, 5, 6, 7];
const NODES: [&str; 2] = ["INDEX", "LOW"];
const METHODS: [&str; 3] = ["linearised", "jackknife", "bootstrap (Rao, Wu, Yue, Beaumont)"];

/// Estimates and degrees of freedom by method, node, and place: the nation, then provinces.
type Found = [Vec<[(Estimate, f64); NODES.len()]>; METHODS.len()];

pub fn study(world: &World, settings: &Settings) {
    let head = ["design", "figure", "method", "coverage, nation %", "coverage, provinces %", "SE / linearised, provinces", "mean SE / true SE, provinces"];
    let mut table = Table::new("Standard errors from replicates", &head);
    let (measures, leaves) = measures();
    for design in [Design::Villages, Design::Districts] {
        let found = replicates((settings.replicates / FEWER).max(2), |replicate| {
            let mut rng = stream(settings.seed, 14 + 1_000 * replicate);
            let frame = Sample::of(&world.now, design, &mut rng).frame(&COLUMNS);
            by_method(&frame, &measures, &leaves, settings.seed ^ replicate)
        });
        for (node, name) in NODES.into_iter().enumerate() {
            let truths: Vec<f64> = (0..=PROVINCES).map(|place| world.truth_now.value(name, place)).collect();
            for (method, called) in METHODS.into_iter().enumerate() {
                table.row([design.name().into(), name.into(), called.into()].into_iter().chain(summary(&found, &truths, node, method)));
            }
        }
    }
    println!("{table}");
}

/// Scores of six items, and the share of answers 4 and 5 to the seventh.
fn measures() -> (Vec<Measure>, Vec<Leaf>) {
    let of = |value: &dyn Fn(i32) -> i32| std::array::from_fn(|code| (1..=5).contains(&code).then(|| value(code as i32)));
    let mut measures: Vec<Measure> = (0..6).map(|column| Measure::new(column, of(&|code| 25 * (code - 1)), 1.0)).collect();
    measures.push(Measure::new(6, of(&|code| i32::from(code >= 4)), 100.0));
    let leaves = (0..measures.len()).map(|part| Leaf { parts: vec![part] }).collect();
    (measures, leaves)
}

/// `INDEX = 0.4 · mean of three + 0.6 · mean of three`, and the share. Every province has answers to every item.
fn map(_: &[bool]) -> LinearMap {
    let weight = |item: usize| if item < 3 { 0.4 / 3.0 } else { 0.6 / 3.0 };
    LinearMap { outputs: vec![Some((0..6).map(|item| (Source::Leaf(item), weight(item))).collect()), Some(vec![(Source::Leaf(6), 1.0)])] }
}

fn by_method(frame: &Frame, measures: &[Measure], leaves: &[Leaf], seed: u64) -> Found {
    let tally = Tally::<i64>::take(frame, measures, None).unwrap();
    let lonely = LonelyPsu::Fail;
    let task = Task { measures, leaves, strata: frame.strata(), lonely, residuals: None, keep: &[] };
    let nation = Cells::new(1, tally.cells().iter().map(|_| Some(0)));
    let provinces = Cells::new(PROVINCES, tally.cells().iter().map(|cell| Some(frame.strata().stratum_of(cell.psu))));
    let domains = [&nation, &provinces];
    let linearised = domains.into_iter().flat_map(|cells| {
        (0..cells.len()).map(|domain| {
            let found = estimate(&task, &tally, cells.of(domain), &map).unwrap();
            [0, 1].map(|node| (found.outputs[node].unwrap(), found.sums.df()))
        })
    });
    let linearised = linearised.collect();
    let bootstrap = VarianceMethod::Bootstrap { kind: BootstrapKind::RaoWuYueBeaumont, replicates: BOOTSTRAP };
    let [jackknife, bootstrap] = [VarianceMethod::Jackknife, bootstrap].map(|method| {
        let replicates = Replicates::make(method, seed, frame.strata(), lonely).unwrap();
        let of = |cells| estimates(&task, &tally, cells, &map, &replicates, Wanted::default()).unwrap();
        let found = domains.into_iter().flat_map(of);
        found.map(|found| [0, 1].map(|node| (found.outputs[node].unwrap().estimate, found.sums.df()))).collect()
    });
    [linearised, jackknife, bootstrap]
}

fn summary(found: &[Found], truths: &[f64], node: usize, method: usize) -> [String; 4] {
    let (mut nation, mut provinces, mut beside, mut ratio) = <(Share, Share, Moments, Moments)>::default();
    let covers = |(estimate, df): (Estimate, f64), truth: f64| {
        let (low, high) = interval::linear(estimate.value, estimate.se * estimate.se, df, LEVEL);
        low <= truth && truth <= high
    };
    for sample in found {
        nation.hits([covers(sample[method][0][node], truths[0])]);
        provinces.hits((1..=PROVINCES).map(|place| covers(sample[method][place][node], truths[place])));
    }
    for place in 1..=PROVINCES {
        let [mut values, mut variances, mut linearised] = [Moments::default(); 3];
        for sample in found {
            values += sample[method][place][node].0.value;
            variances += sample[method][place][node].0.se.powi(2);
            linearised += sample[0][place][node].0.se.powi(2);
        }
        beside += (variances.mean() / linearised.mean()).sqrt();
        ratio += (variances.mean() / values.variance()).sqrt();
    }
    [nation.percent(), provinces.percent(), format!("{:.4}", beside.mean()), format!("{:.3}", ratio.mean())]
}
