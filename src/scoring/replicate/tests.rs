//! Replicates of totals against linearisation, and what every set of replicates must keep to.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::*;
use crate::frame::Stratum;
use crate::scoring::Scatter;
use crate::scoring::sample::{Linearised, StageColumns};

const KINDS: [BootstrapKind; 4] = BootstrapKind::ALL;
const MANY: u32 = 10_000;

fn bootstrap(kind: BootstrapKind, replicates: u32) -> VarianceMethod {
    VarianceMethod::Bootstrap { kind, replicates }
}

/// Strata of these sizes, drawn from populations of these.
fn strata(sizes: &[(u32, Option<i64>)]) -> Strata {
    let list = sizes.iter().enumerate().map(|(h, (_, population))| Stratum { name: h.to_string(), sampled: 0, population: *population });
    let of_psu: Vec<u32> = (0..).zip(sizes).flat_map(|(h, (n, _))| std::iter::repeat_n(h, *n as usize)).collect();
    let areas = vec![None; of_psu.len()];
    Strata::new(list.collect(), of_psu, areas).unwrap()
}

/// Made-up totals of two variables, PSU by PSU.
fn totals(psus: usize, seed: u64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..psus).flat_map(|_| [f64::from(rng.next_u32() % 1000) / 7.0, f64::from(rng.next_u32() % 500) - 100.0]).collect()
}

/// The variances that replicates and linearisation give two totals.
fn both(replicates: &Replicates, strata: &Strata, z: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let values: Vec<Vec<f64>> = (0..replicates.len())
        .map(|r| (0..2).map(|v| (0..strata.psus()).map(|psu| replicates.factor(psu, r) * z[2 * psu + v]).sum()).collect())
        .collect();
    let full = (0..2).map(|v| z.iter().skip(v).step_by(2).sum()).collect();
    let found = Spread::new(replicates, full, &values).unwrap().covariance().to_vec();
    let psus = (0_u32..).take(strata.psus()).collect();
    let linearised = Scatter { width: 2, psus, z: z.to_vec() }.covariance(strata, LonelyPsu::Fail).unwrap();
    (found, linearised)
}

fn worst(found: &[f64], expected: &[f64]) -> f64 {
    found.iter().zip(expected).map(|(a, b)| ((a - b) / b).abs()).fold(0.0, f64::max)
}

#[test]
fn the_jackknife_of_a_total_is_its_linearised_variance() {
    for sizes in [vec![(2, None), (3, Some(7)), (9, Some(400))], vec![(15, Some(757))], vec![(4, None), (2, Some(2)), (30, Some(31))]] {
        let strata = strata(&sizes);
        let replicates = Replicates::make(VarianceMethod::Jackknife, 11, &strata, LonelyPsu::Fail).unwrap();
        let (found, linearised) = both(&replicates, &strata, &totals(strata.psus(), 1));
        let difference = worst(&found, &linearised);
        assert!(difference < 1e-13, "{difference:e}");
        assert!((replicates.df() - (count(strata.psus()) - count(sizes.len()))).abs() < f64::EPSILON);
    }
}

#[test]
fn balanced_half_samples_of_a_total_are_its_linearised_variance() {
    for pairs in [1, 3, 4, 24, 63] {
        let strata = strata(&vec![(2, None); pairs]);
        for method in [VarianceMethod::Brr, VarianceMethod::Fay { rho: 0.3 }, VarianceMethod::Fay { rho: 0.9 }] {
            for mse in [false, true] {
                let replicates = Replicates::make(method, 11, &strata, LonelyPsu::Fail).unwrap().about_the_estimate(mse);
                let (found, linearised) = both(&replicates, &strata, &totals(strata.psus(), 2));
                let difference = worst(&found, &linearised);
                assert!(difference < 1e-12, "{method:?}, {pairs} strata: {difference:e}");
            }
        }
    }
}

#[test]
fn bootstraps_of_a_total_spread_like_its_linearised_variance() {
    // A variance of R normal draws has the relative standard error √(2/(R − 1)); five of them are allowed, for each of four figures.
    let bound = 5.0 * (2.0 / (f64::from(MANY) - 1.0)).sqrt();
    let fractions = [(20, Some(40)), (12, Some(100)), (30, None), (7, Some(9))];
    let open = [(20, None), (12, None), (30, None), (7, None)];
    let alike = [(11, None), (11, None), (11, None)];
    for kind in KINDS {
        let sizes = match kind {
            BootstrapKind::RaoWu => open.as_slice(),
            BootstrapKind::CantyDavison => &alike,
            BootstrapKind::RaoWuYueBeaumont | BootstrapKind::Preston => &fractions,
        };
        let strata = strata(sizes);
        let replicates = Replicates::make(bootstrap(kind, MANY), 7, &strata, LonelyPsu::Fail).unwrap();
        let (found, linearised) = both(&replicates, &strata, &totals(strata.psus(), 3));
        // A covariance is measured by its variances.
        let size: Vec<f64> = [(0, 0), (0, 3), (3, 0), (3, 3)].map(|(a, b)| (linearised[a] * linearised[b]).sqrt()).to_vec();
        let difference = found.iter().zip(&linearised).zip(&size).map(|((a, b), s)| ((a - b) / s).abs()).fold(0.0, f64::max);
        assert!(difference < bound, "{kind:?}: {difference:.3} of the variance, {bound:.3} allowed");
    }
}

#[test]
fn population_counts_shrink_as_the_formula_says() {
    // The same seed draws the same PSUs, so factors less 1 shrink by √(1 − f) exactly.
    let (whole, part) = (strata(&[(10, None)]), strata(&[(10, Some(16))]));
    for kind in [BootstrapKind::RaoWuYueBeaumont, BootstrapKind::Preston] {
        let make = |strata| Replicates::make(bootstrap(kind, 50), 3, strata, LonelyPsu::Fail).unwrap();
        let (open, closed) = (make(&whole), make(&part));
        for (psu, replicate) in (0..10).flat_map(|psu| (0..50).map(move |r| (psu, r))) {
            let (a, b) = (open.factor(psu, replicate) - 1.0, closed.factor(psu, replicate) - 1.0);
            assert!((b - (6.0_f64 / 16.0).sqrt() * a).abs() < 1e-14, "{kind:?}");
        }
    }
}

#[test]
fn factors_are_not_negative_and_one_on_average() {
    let strata = strata(&[(2, None), (3, Some(7)), (1, Some(1)), (9, Some(400)), (40, Some(40))]);
    let all = VarianceMethod::Jackknife;
    for method in KINDS.map(|kind| bootstrap(kind, MANY)).into_iter().chain([all]) {
        let replicates = Replicates::make(method, 11, &strata, LonelyPsu::Fail).unwrap();
        let (mut psu, mut lonely) = (0, 0);
        for stratum in strata.strata() {
            let n = stratum.sampled as usize;
            for replicate in 0..replicates.len() {
                let factors: Vec<f64> = (psu..psu + n).map(|psu| replicates.factor(psu, replicate)).collect();
                assert!(factors.iter().all(|factor| *factor >= 0.0), "{method:?}");
                assert!((factors.iter().sum::<f64>() - count(n)).abs() < 1e-9, "{method:?}: each replicate keeps a stratum's size");
                lonely += usize::from(n == 1 && factors == [1.0]);
            }
            if let VarianceMethod::Bootstrap { kind, .. } = method {
                for psu in psu..psu + n {
                    let mean = (0..replicates.len()).map(|r| replicates.factor(psu, r)).sum::<f64>() / f64::from(MANY);
                    // The variance of a factor is below 1 but for strata of two; five standard errors.
                    assert!((mean - 1.0).abs() < 0.06, "{kind:?}: factor {mean}");
                }
            }
            psu += n;
        }
        assert_eq!(lonely, replicates.len());
    }
}

#[test]
fn a_replicate_depends_on_the_seed_and_its_number_alone() {
    let strata = strata(&[(20, Some(40)), (12, None), (30, None)]);
    for kind in KINDS {
        let make = |replicates, seed| Replicates::make(bootstrap(kind, replicates), seed, &strata, LonelyPsu::Fail).unwrap();
        let (few, many, other) = (make(5, 1), make(300, 1), make(5, 2));
        let column = |replicates: &Replicates, r: usize| (0..62).map(|psu| replicates.factor(psu, r)).collect::<Vec<_>>();
        for replicate in 0..5 {
            assert_eq!(column(&few, replicate), column(&many, replicate));
            assert_ne!(column(&few, replicate), column(&other, replicate));
        }
        assert_ne!(column(&many, 0), column(&many, 1));
        let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        assert_eq!(one.install(|| make(300, 1)), many);
    }
}

#[test]
fn what_a_method_cannot_do_is_refused() {
    let lonely = strata(&[(1, None), (2, None)]);
    let jackknife = |rule| Replicates::make(VarianceMethod::Jackknife, 11, &lonely, rule).map(|replicates| replicates.len());
    assert_eq!(jackknife(LonelyPsu::Fail), Err(ReplicateError::Lonely { stratum: "0".into() }));
    assert_eq!(jackknife(LonelyPsu::Average), Err(ReplicateError::Rule { rule: "average" }));
    assert_eq!(jackknife(LonelyPsu::Certainty), Ok(2));
    let make = |method, sizes: &[(u32, Option<i64>)]| Replicates::make(method, 11, &strata(sizes), LonelyPsu::Fail).map(|_| ());
    assert_eq!(make(VarianceMethod::Brr, &[(2, None), (3, None)]), Err(ReplicateError::NotTwo { stratum: "1".into(), sampled: 3 }));
    assert_eq!(make(VarianceMethod::Brr, &[(2, Some(9))]), Err(ReplicateError::Population));
    assert_eq!(make(VarianceMethod::Linearised, &[(2, None)]), Err(ReplicateError::Linearised));
    let wild = VarianceMethod::Fay { rho: 1.5 };
    assert_eq!(make(wild, &[(2, None)]), Err(ReplicateError::Range(wild)));
    assert!(matches!(make(VarianceMethod::Jackknife, &[(1, Some(1))]), Err(ReplicateError::Count { .. })));
}

/// Two stages of simple random sampling: `psus` of `population` PSUs, in each some of its units.
fn two_stage(psus: usize, population: i64, units: impl Fn(usize) -> (usize, i64)) -> Sample {
    let mut stages = [StageColumns::default(), StageColumns::default()];
    let mut weights = Vec::new();
    #[allow(clippy::cast_precision_loss)]
    let float = |n: i64| n as f64;
    for psu in 0..psus {
        let (m, all) = units(psu);
        for unit in 0..m {
            stages[0].clusters.push(format!("{psu:03}"));
            stages[0].population.push(population);
            stages[1].clusters.push(format!("{unit:03}"));
            stages[1].population.push(all);
            weights.push(float(population) / count(psus) * float(all) / count(m));
        }
    }
    Sample::new(weights, &stages, LonelyPsu::Fail).unwrap()
}

#[test]
fn prestons_bootstrap_of_two_stages_has_the_variance_of_both() {
    // Five standard errors of a variance of R normal draws.
    let bound = 5.0 * (2.0 / (f64::from(MANY) - 1.0)).sqrt();
    // Few PSUs of many; half of them; all of them, so that only the second stage varies; PSUs with a single unit of one.
    for (psus, population) in [(12, 60), (12, 24), (13, 13)] {
        let sample = two_stage(psus, population, |psu| if psu == 3 { (1, 1) } else { (4 + psu % 3, 20) });
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        // Units vary more than PSUs, so that the second stage has a part in the variance.
        let y: Vec<f64> = (0..sample.rows()).map(|_| 50.0 + f64::from(rng.next_u32() % 100)).collect();
        let replicates = Replicates::of_sample(bootstrap(BootstrapKind::Preston, MANY), 9, &sample).unwrap();
        assert_eq!((replicates.level(), replicates.units()), (Level::Rows, sample.rows()));
        for replicate in 0..200 {
            assert!(replicates.weights(&sample, replicate).unwrap().iter().all(|w| population == 13 || *w >= 0.0));
        }
        let total = |w: &[f64]| vec![w.iter().zip(&y).map(|(w, y)| w * y).sum::<f64>()];
        let found = replicates.estimate(&sample, total).unwrap().covariance()[0];
        let influence = Linearised::new(total(sample.weights()), sample.weights().iter().zip(&y).map(|(w, y)| w * y).collect());
        let linearised = sample.covariance(&influence).unwrap()[0];
        let difference = (found / linearised - 1.0).abs();
        assert!(difference < bound, "{psus} of {population} PSUs: {difference:.3} of the variance, {bound:.3} allowed");
    }
}

#[test]
fn replicates_without_a_value_are_left_out() {
    let strata = strata(&[(3, None)]);
    let replicates = Replicates::make(bootstrap(BootstrapKind::RaoWu, 4), 1, &strata, LonelyPsu::Fail).unwrap();
    let of = |values: [f64; 4]| Spread::new(&replicates, vec![1.0], &values.map(|v| vec![v]));
    let spread = of([1.0, 2.0, f64::NAN, 3.0]).unwrap();
    assert_eq!(spread.undefined(), 1);
    // The squares add up to 2 over three replicates, which stand for four: 2 · 4/3 / 3.
    assert!((spread.covariance()[0] - 8.0 / 9.0).abs() < 1e-15);
    assert_eq!(of([f64::NAN; 4]), Err(ReplicateError::NoValue));
    let none = Spread::new(&replicates, vec![f64::NAN, 1.0], &vec![vec![f64::NAN, 1.0]; 4]).unwrap();
    assert!(none.covariance()[0].is_nan() && none.covariance()[3].abs() < f64::EPSILON);
}

#[test]
fn a_statistic_that_fails_tells_why() {
    #[derive(Debug, PartialEq)]
    enum Failure {
        Replicate(ReplicateError),
        Weights(usize),
    }
    impl From<ReplicateError> for Failure {
        fn from(error: ReplicateError) -> Self {
            Self::Replicate(error)
        }
    }
    let sample = two_stage(4, 8, |_| (1, 1));
    let replicates = Replicates::of_sample(VarianceMethod::Jackknife, 1, &sample).unwrap();
    // A calibration to the number of all works; one that needs the last two rows does not.
    let all = |w: &[f64]| Ok::<_, Failure>(vec![8.0 / w.iter().sum::<f64>()]);
    assert!(replicates.try_estimate(&sample, all).unwrap().covariance()[0].abs() < 1e-30);
    let needs = |w: &[f64]| w[2..].iter().position(|w| *w == 0.0).map_or(Ok(vec![1.0]), |row| Err(Failure::Weights(row)));
    assert_eq!(replicates.try_estimate(&sample, needs), Err(Failure::Weights(0)));
    let other = two_stage(5, 8, |_| (1, 1));
    let units = ReplicateError::Units { found: 4, expected: 5 };
    assert_eq!(replicates.try_estimate(&other, all), Err(Failure::Replicate(units)));
}
