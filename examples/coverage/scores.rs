//! Intervals of mean scores, under several designs.

use serde_json::json;

use super::count::{Moments, Share, Table, replicates};
use super::definition::{Figure, scores};
use super::draw::{Design, Sample};
use super::population::{PROVINCES, stream};
use super::{Settings, World};

const NODES: [&str; 2] = ["INDEX", "q01"];

/// Which domains a row of the table speaks of.
const DOMAINS: [(&str, std::ops::Range<usize>); 3] =
    [("nation", 0..1), ("provinces", 1..PROVINCES + 1), ("one sex of a province", PROVINCES + 1..2 * PROVINCES + 1)];

pub fn study(world: &World, settings: &Settings) {
    let head =
        ["design", "figure", "domains", "responses", "df", "coverage %", "lowest, highest domain %", "bias / SE", "mean SE / true SE"];
    let mut table = Table::new("Scores: 95 % intervals `ŷ ∓ t·se`", &head);
    let definition = scores(&json!({}), true);
    for design in [Design::Villages, Design::Districts, Design::Simple { fpc: false }, Design::Simple { fpc: true }] {
        let found = replicates(settings.replicates, |replicate| {
            let mut rng = stream(settings.seed, 10 + 1_000 * replicate);
            let figures = definition.figures(&Sample::of(&world.now, design, &mut rng), replicate);
            NODES.map(|node| figures[node].iter().map(|figure| figure.unwrap()).collect::<Vec<_>>())
        });
        for (place, node) in NODES.into_iter().enumerate() {
            for (name, places) in DOMAINS {
                let truth = |place: usize| world.truth_now.value(node, place);
                let figures: Vec<&[Figure]> = found.iter().map(|figures| &figures[place][places.clone()]).collect();
                let summary = Summary::of(&figures, &places.clone().map(truth).collect::<Vec<_>>());
                table.row([design.name().into(), node.into(), name.into()].into_iter().chain(summary.cells()));
            }
        }
    }
    println!("{table}");
}

/// What replicates of several domains come to.
struct Summary {
    n: Moments,
    df: Moments,
    coverage: Share,
    /// Domain by domain.
    each: Vec<Share>,
    /// Bias in true standard errors, and the estimated over the true standard error, a number a domain.
    bias: Moments,
    ratio: Moments,
}

impl Summary {
    fn of(figures: &[&[Figure]], truths: &[f64]) -> Self {
        let (mut n, mut df, mut coverage) = (Moments::default(), Moments::default(), Share::default());
        for replicate in figures {
            coverage.hits(replicate.iter().zip(truths).map(|(figure, truth)| figure.covers(*truth)));
            replicate.iter().for_each(|figure| n += figure.n as f64);
            replicate.iter().for_each(|figure| df += figure.df);
        }
        let (mut each, mut bias, mut ratio) = (Vec::new(), Moments::default(), Moments::default());
        for (place, truth) in truths.iter().enumerate() {
            let (mut values, mut variances, mut hits) = (Moments::default(), Moments::default(), Share::default());
            for replicate in figures {
                values += replicate[place].value;
                variances += replicate[place].se.powi(2);
                hits.hits([replicate[place].covers(*truth)]);
            }
            bias += (values.mean() - truth) / values.variance().sqrt();
            ratio += (variances.mean() / values.variance()).sqrt();
            each.push(hits);
        }
        Self { n, df, coverage, each, bias, ratio }
    }

    fn cells(&self) -> [String; 6] {
        let mut each: Vec<f64> = self.each.iter().map(|share| 100.0 * share.value()).collect();
        each.sort_by(f64::total_cmp);
        let range = if each.len() == 1 { String::new() } else { format!("{:.1}, {:.1}", each[0], each[each.len() - 1]) };
        [
            format!("{:.0}", self.n.mean()),
            format!("{:.0}", self.df.mean()),
            self.coverage.percent(),
            range,
            format!("{:.2}", self.bias.mean()),
            format!("{:.3}", self.ratio.mean()),
        ]
    }
}
