//! Intervals of shares by each method, near 0 and 1 too, and where a sample has nobody at all.

use hailong::scoring::interval::{self, ShareInterval};

use super::count::{Moments, Share, Table, replicates};
use super::definition::{Definition, Figure, LEVEL, SHARES, shares};
use super::draw::{Design, Sample};
use super::population::{PROVINCES, stream};
use super::{Settings, World};

/// The methods that a definition may ask for, and the one that only the library has.
const METHODS: [&str; 5] = ["linear", "logit", "asin", "beta", "wilson"];
const LIKELIHOOD: &str = "likelihood-ratio";

/// A share's interval by every method for the nation and each province.
type Places = Vec<[Option<Figure>; METHODS.len() + 1]>;

pub fn study(world: &World, settings: &Settings) {
    let definitions = METHODS.map(shares);
    let head = ["design", "sample has nobody in", "method", "coverage %", "mean upper end", "interval of no width %"];
    let mut empty = Table::new("Shares of which a province's sample has nobody (`RARE`)", &head);
    for design in [Design::Villages, Design::Districts] {
        let found = replicates(settings.replicates, |replicate| {
            let mut rng = stream(settings.seed, 11 + 1_000 * replicate);
            by_node(&definitions, &Sample::of(&world.now, design, &mut rng))
        });
        println!("{}", coverage(world, design, &found));
        nobody(world, design, &found, &mut empty);
    }
    println!("{empty}");
}

/// The intervals of one sample, share by share.
fn by_node(definitions: &[Definition; METHODS.len()], sample: &Sample<'_>) -> [Places; SHARES.len()] {
    let figures = definitions.each_ref().map(|definition| definition.figures(sample, 1));
    SHARES.map(|(node, _)| {
        let place = |place: usize| {
            let mut all = [None; METHODS.len() + 1];
            all.iter_mut().zip(&figures).for_each(|(cell, figures)| *cell = figures[node][place]);
            all[METHODS.len()] = all[0].map(likelihood);
            all
        };
        (0..=PROVINCES).map(place).collect()
    })
}

/// The same estimate with the interval of the likelihood ratio.
fn likelihood(linear: Figure) -> Figure {
    let (n, variance) = (linear.n as f64, (linear.se / 100.0).powi(2));
    let share = interval::Share { estimate: linear.value / 100.0, variance, df: linear.df, rows: n, answers: n, fit: None };
    let (low, high) = share.interval(ShareInterval::Likelihood, LEVEL);
    Figure { low: 100.0 * low, high: 100.0 * high, ..linear }
}

fn coverage(world: &World, design: Design, found: &[[Places; SHARES.len()]]) -> Table {
    let head = ["share", "method", "coverage, provinces %", "truth above %", "truth below %", "mean width, points", "coverage, nation %"];
    let mut table = Table::new(&format!("Shares, {}", design.name()), &head);
    for (place, (node, _)) in SHARES.into_iter().enumerate() {
        let truths: Vec<f64> = (0..=PROVINCES).map(|place| world.truth_now.value(node, place)).collect();
        let (least, most) = truths[1..].iter().fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
        let name = format!("{node}: {:.2} % ({least:.2} to {most:.2})", truths[0]);
        for (method, called) in METHODS.into_iter().chain([LIKELIHOOD]).enumerate() {
            let (mut nation, mut hits, mut above, mut below) = Default::default();
            let mut width = Moments::default();
            for sample in found {
                let figures: Vec<(Figure, f64)> =
                    sample[place].iter().zip(&truths).map(|(all, truth)| (all[method].unwrap(), *truth)).collect();
                let (country, provinces) = (figures[0], &figures[1..]);
                Share::hits(&mut nation, [country.0.covers(country.1)]);
                Share::hits(&mut hits, provinces.iter().map(|(figure, truth)| figure.covers(*truth)));
                Share::hits(&mut above, provinces.iter().map(|(figure, truth)| *truth > figure.high));
                Share::hits(&mut below, provinces.iter().map(|(figure, truth)| *truth < figure.low));
                for (figure, _) in provinces {
                    width += figure.width();
                }
            }
            let rates = [hits, above, below].map(|share| share.percent());
            let [hits, above, below] = rates;
            table.row([name.clone(), called.into(), hits, above, below, format!("{:.2}", width.mean()), nation.percent()]);
        }
    }
    table
}

/// What the methods say where the estimate is 0.
fn nobody(world: &World, design: Design, found: &[[Places; SHARES.len()]], table: &mut Table) {
    let rare = SHARES.len() - 1;
    let mut share = Share::default();
    for sample in found {
        share.hits(sample[rare][1..].iter().map(|all| all[0].unwrap().value == 0.0));
    }
    for (method, called) in METHODS.into_iter().chain([LIKELIHOOD]).enumerate() {
        let (mut hits, mut point, mut upper) = (Share::default(), Share::default(), Moments::default());
        for sample in found {
            let figures =
                (1..).zip(&sample[rare][1..]).map(|(place, all)| (all[method].unwrap(), world.truth_now.value(SHARES[rare].0, place)));
            let figures: Vec<(Figure, f64)> = figures.filter(|(figure, _)| figure.value == 0.0).collect();
            hits.hits(figures.iter().map(|(figure, truth)| figure.covers(*truth)));
            point.hits(figures.iter().map(|(figure, _)| figure.width() == 0.0));
            for (figure, _) in &figures {
                upper += figure.high;
            }
        }
        let upper = format!("{:.2}", upper.mean());
        table.row([design.name().into(), format!("{} %", share.percent()), called.into(), hits.percent(), upper, point.percent()]);
    }
}
