//! Weights calibrated to known totals where one sex answers less often than the other.

use serde_json::{Value, json};

use super::count::{Moments, Share, Table, replicates};
use super::definition::{Definition, Figure, scores};
use super::draw::{Design, Sample, psus};
use super::population::{PROVINCES, stream};
use super::{Settings, World};

/// One in so many replicates of the simulation is enough here.
const FEWER: u64 = 2;
const NODE: &str = "INDEX";
/// How often each sex answers.
const RESPONSE: [f64; 2] = [0.9, 0.6];

/// What the nation and each province have.
type Places = Vec<Figure>;

pub fn study(world: &World, settings: &Settings) {
    let head = [
        "design",
        "response",
        "weights",
        "bias, nation (points)",
        "coverage, nation %",
        "coverage, provinces %",
        "mean SE, provinces",
        "mean SE / true SE, provinces",
    ];
    let samples = (settings.replicates / FEWER).max(2);
    let title = format!("The index with weights as drawn and raked to the people of each sex in each province, {samples} samples");
    let mut table = Table::new(&title, &head);
    let definitions = [scores(&json!({}), false), scores(&raked(world), false)];
    for design in [Design::Villages, Design::Districts] {
        for (what, response) in [("all answer", [1.0; 2]), ("90 % and 60 %", RESPONSE)] {
            let found = replicates(samples, |replicate| {
                let mut rng = stream(settings.seed, 15 + 1_000 * replicate);
                let psus = psus(&world.now, design, &mut rng);
                let sample = Sample::new(&world.now, design, psus, response, &mut rng);
                definitions.each_ref().map(|definition| places(definition, &sample))
            });
            for (place, weights) in ["as drawn", "raked"].into_iter().enumerate() {
                let found: Vec<&Places> = found.iter().map(|found| &found[place]).collect();
                table.row([design.name().into(), what.into(), weights.into()].into_iter().chain(summary(world, &found)));
            }
        }
    }
    println!("{table}");
}

/// The margin: how many people of each sex each province has.
fn raked(world: &World) -> Value {
    let class = |province: usize| {
        let first = world.truth_now.people[1 + PROVINCES + province];
        let area = format!("provinces:{:02}", province + 1);
        let second = world.truth_now.people[1 + province] - first;
        [json!({ "area": area, "option": "1", "total": first }), json!({ "area": area, "option": "2", "total": second })]
    };
    let totals: Vec<Value> = (0..PROVINCES).flat_map(class).collect();
    json!({ "calibration": { "method": "raking", "margins": [{ "level": "province", "item": "sex", "totals": totals }] } })
}

fn places(definition: &Definition, sample: &Sample<'_>) -> Places {
    definition.figures(sample, 1)[NODE][..=PROVINCES].iter().map(|figure| figure.unwrap()).collect()
}

fn summary(world: &World, found: &[&Places]) -> [String; 5] {
    let (mut bias, mut nation, mut provinces) = <(Share, Share, Share)>::default();
    let (mut se, mut ratio) = <(Moments, Moments)>::default();
    let truth = |place: usize| world.truth_now.value(NODE, place);
    for sample in found {
        bias.replicate_of([sample[0].value - truth(0)]);
        nation.hits([sample[0].covers(truth(0))]);
        provinces.hits((1..=PROVINCES).map(|place| sample[place].covers(truth(place))));
    }
    for place in 1..=PROVINCES {
        let (mut values, mut variances) = <(Moments, Moments)>::default();
        for sample in found {
            values += sample[place].value;
            variances += sample[place].se.powi(2);
        }
        se += variances.mean().sqrt();
        ratio += (variances.mean() / values.variance()).sqrt();
    }
    let bias = format!("{:.3} ± {:.3}", bias.value(), bias.se());
    [bias, nation.percent(), provinces.percent(), format!("{:.3}", se.mean()), format!("{:.3}", ratio.mean())]
}
