//! Changes between two years whose samples share PSUs.

use std::ops::ControlFlow;

use hailong::index::{NodeChange, changes};
use hailong::scoring::interval;
use hailong::scoring::multiple::holm;
use hailong::scoring::rank::ranks;
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use super::count::{Moments, Share, Table, replicates};
use super::definition::{Definition, LEVEL, place_of, scores};
use super::draw::{Design, Sample, psus, renewed};
use super::population::{PROVINCES, Population, stream};
use super::{Settings, World};

const NODE: &str = "INDEX";

pub fn study(world: &World, settings: &Settings) {
    let head = [
        "design",
        "truth",
        "coverage, nation %",
        "coverage, provinces %",
        "the same with covariance left out %",
        "width, with / without",
        "mean SE / true SE, nation",
        "provinces",
        "rises of ranks hold %",
    ];
    let mut table = Table::new("Changes of the index between two years, three in five PSUs kept", &head);
    let head = [
        "design",
        "truth",
        "p-values",
        "any province p < 5 % unadjusted, % of samples",
        "any after Holm, % of samples",
        "provinces after Holm",
    ];
    let mut tests = Table::new("Tests of 63 changes at once, at 5 %", &head);
    // Few draws: intervals of rises hold their level with any number, and take most of the time.
    let definition = scores(&json!({ "ranks": { "draws": 100 } }), false);
    for design in [Design::Villages, Design::Districts] {
        for (what, later) in [("changes", true), ("no change", false)] {
            let truth = |place: usize| if later { world.truth_later.value(NODE, place) - world.truth_now.value(NODE, place) } else { 0.0 };
            let found = replicates(settings.replicates, |replicate| {
                let mut rng = stream(settings.seed, 12 + 1_000 * replicate);
                two_years(&definition, design, [&world.now, if later { &world.later } else { &world.now }], &mut rng)
            });
            let cells = [design.name().into(), what.into()].into_iter().chain(coverage(&found, truth));
            table.row(cells.chain([rises(&found, &if later { risen(world) } else { vec![0; PROVINCES] })]));
            for (called, normal) in [("t", false), ("normal", true)] {
                tests.row([design.name().into(), what.into(), called.into()].into_iter().chain(claims(&found, normal)));
            }
        }
    }
    println!("{table}\n{tests}");
}

/// The changes of the nation and of each province.
fn two_years(definition: &Definition, design: Design, years: [&Population; 2], rng: &mut ChaCha8Rng) -> Vec<NodeChange> {
    let first = psus(years[0], design, rng);
    let second = renewed(years[1], design, &first, rng);
    let before = Sample::new(years[0], design, first, [1.0; 2], rng).frame(&definition.columns);
    let after = Sample::new(years[1], design, second, [1.0; 2], rng).frame(&definition.columns);
    let found = changes(&definition.plan, before, after, &definition.registry, &|_, _| ControlFlow::Continue(())).unwrap();
    let mut found: Vec<NodeChange> = found.into_iter().filter(|change| change.node == NODE).collect();
    found.sort_by_key(|change| place_of(&change.domain));
    assert_eq!(found.len(), 1 + PROVINCES);
    found
}

fn coverage(found: &[Vec<NodeChange>], truth: impl Fn(usize) -> f64) -> [String; 6] {
    let (mut nation, mut provinces, mut naive) = <(Share, Share, Share)>::default();
    let (mut with, mut without) = <(Moments, Moments)>::default();
    let covers = |change: &NodeChange, variance: f64, truth: f64| {
        let (low, high) = interval::linear(change.change.change.value, variance, change.change.change.df, LEVEL);
        low <= truth && truth <= high
    };
    let own = |change: &NodeChange| change.change.change.se.powi(2);
    let apart = |change: &NodeChange| change.change.before.variance + change.change.after.variance;
    for sample in found {
        nation.hits([covers(&sample[0], own(&sample[0]), truth(0))]);
        provinces.hits((1..).zip(&sample[1..]).map(|(place, change)| covers(change, own(change), truth(place))));
        naive.hits((1..).zip(&sample[1..]).map(|(place, change)| covers(change, apart(change), truth(place))));
        sample[1..].iter().for_each(|change| with += own(change).sqrt());
        sample[1..].iter().for_each(|change| without += apart(change).sqrt());
    }
    let ratio = |place: usize| {
        let (mut values, mut variances) = <(Moments, Moments)>::default();
        for sample in found {
            values += sample[place].change.change.value;
            variances += own(&sample[place]);
        }
        (variances.mean() / values.variance()).sqrt()
    };
    let mut ratios = Moments::default();
    (1..=PROVINCES).for_each(|place| ratios += ratio(place));
    let widths = format!("{:.2}", with.mean() / without.mean());
    let [of_nation, of_provinces] = [ratio(0), ratios.mean()].map(|ratio| format!("{ratio:.3}"));
    [nation.percent(), provinces.percent(), naive.percent(), widths, of_nation, of_provinces]
}

/// By how many places each province truly rose.
fn risen(world: &World) -> Vec<i32> {
    let [now, later] = [&world.truth_now, &world.truth_later]
        .map(|truth| ranks(&(1..=PROVINCES).map(|place| truth.value(NODE, place)).collect::<Vec<f64>>()));
    now.into_iter().zip(later).map(|(now, later)| now as i32 - later as i32).collect()
}

fn rises(found: &[Vec<NodeChange>], truth: &[i32]) -> String {
    let mut hits = Share::default();
    for sample in found {
        let rises = sample[1..].iter().map(|change| change.rise.unwrap());
        hits.hits(rises.zip(truth).map(|(rise, truth)| rise.low <= *truth && *truth <= rise.high));
    }
    hits.percent()
}

/// How often at least one province is said to have changed, and how many are.
fn claims(found: &[Vec<NodeChange>], normal: bool) -> [String; 3] {
    let (mut plain, mut adjusted, mut count) = <(Share, Share, Moments)>::default();
    for sample in found {
        let p: Vec<Option<f64>> =
            sample[1..].iter().map(|change| if normal { Some(change.change.change.p_normal) } else { change.change.change.p_t }).collect();
        let significant = |p: &[Option<f64>]| p.iter().flatten().filter(|p| **p < 1.0 - LEVEL).count();
        plain.hits([significant(&p) > 0]);
        let left = significant(&holm(&p));
        adjusted.hits([left > 0]);
        count += left as f64;
    }
    [plain.percent(), adjusted.percent(), format!("{:.2}", count.mean())]
}
