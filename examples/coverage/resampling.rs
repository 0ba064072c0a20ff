//! Standard errors from replicates of the sample beside linearised ones.

use serde_json::{Value, json};

use super::count::{Moments, Share, Table, replicates};
use super::definition::{Figure, score_and_share};
use super::draw::{Design, Sample};
use super::population::{PROVINCES, stream};
use super::{Settings, World};

/// One in so many replicates of the simulation is enough here.
const FEWER: u64 = 4;
const NODES: [&str; 2] = ["INDEX", "LOW"];

/// What a sample comes to: by method and node, the nation and the provinces.
type Found = Vec<[Vec<Figure>; NODES.len()]>;

/// The variance methods by their names in the table.
fn methods() -> [(&'static str, Value); 3] {
    [
        ("linearised", json!({ "method": "linearised" })),
        ("jackknife", json!({ "method": "jackknife" })),
        ("bootstrap, 500 replicates", json!({ "method": "bootstrap", "replicates": 500 })),
    ]
}

pub fn study(world: &World, settings: &Settings) {
    let head =
        ["design", "figure", "method", "coverage, nation %", "coverage, provinces %", "SE / linearised, provinces", "mean SE / true SE"];
    let samples = (settings.replicates / FEWER).max(2);
    let mut table = Table::new(&format!("Standard errors from replicates, {samples} samples"), &head);
    let definitions = methods().map(|(name, variance)| (name, score_and_share(&json!({ "variance": variance }))));
    for design in [Design::Villages, Design::Districts] {
        let found = replicates(samples, |replicate| -> Found {
            let mut rng = stream(settings.seed, 14 + 1_000 * replicate);
            let sample = Sample::of(&world.now, design, &mut rng);
            let by_method = definitions.iter().map(|(_, definition)| {
                let figures = definition.figures(&sample, replicate);
                NODES.map(|node| figures[node][..=PROVINCES].iter().map(|figure| figure.unwrap()).collect())
            });
            by_method.collect()
        });
        for (node, name) in NODES.into_iter().enumerate() {
            let truths: Vec<f64> = (0..=PROVINCES).map(|place| world.truth_now.value(name, place)).collect();
            for (method, (called, _)) in definitions.iter().enumerate() {
                let rows = found.iter().map(|sample| [method, 0].map(|method| &sample[method][node][..])).collect::<Vec<_>>();
                table.row([design.name().into(), name.into(), (*called).into()].into_iter().chain(summary(&rows, &truths)));
            }
        }
    }
    println!("{table}");
}

/// Of figures by one method, and linearised.
fn summary(found: &[[&[Figure]; 2]], truths: &[f64]) -> [String; 4] {
    let (mut nation, mut provinces, mut beside, mut ratio) = <(Share, Share, Moments, Moments)>::default();
    for [own, _] in found {
        nation.hits([own[0].covers(truths[0])]);
        provinces.hits(own.iter().zip(truths).skip(1).map(|(figure, truth)| figure.covers(*truth)));
    }
    for place in 1..=PROVINCES {
        let [mut values, mut variances, mut linearised] = [Moments::default(); 3];
        for [own, other] in found {
            values += own[place].value;
            variances += own[place].se.powi(2);
            linearised += other[place].se.powi(2);
        }
        beside += (variances.mean() / linearised.mean()).sqrt();
        ratio += (variances.mean() / values.variance()).sqrt();
    }
    [nation.percent(), provinces.percent(), format!("{:.4}", beside.mean()), format!("{:.3}", ratio.mean())]
}
