//! Replicates against R's `survey` package, a plain loop over respondents, and linearisation. Each test prints the worst
//! difference that it saw.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;
use crate::frame::{Frame, Stratum};
use crate::scoring::sample::StageColumns;
use crate::scoring::{Cells, DomainEstimates, Leaf, LinearMap, Measure, Source, Tally, Task, estimate};

const ITEMS: usize = 25;
const INDEX: usize = 30;
const FIRST_CRITERION: usize = 25;
const KEEP: [usize; 2] = [FIRST_CRITERION, INDEX];

fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

fn reference() -> serde_json::Value {
    serde_json::from_slice(&std::fs::read(golden("replicates/reference.json")).unwrap()).unwrap()
}

/// The synthetic survey of `tests/golden/survey`: 63 provinces, 189 strata, 756 PSUs, 20 agencies that cross them.
struct Survey {
    frame: Frame,
    measures: Vec<Measure>,
    leaves: Vec<Leaf>,
    tally: Tally<i64>,
}

impl Survey {
    fn read() -> Self {
        let mut reader = csv::Reader::from_path(golden("survey/data/sipas_open_y1.csv")).unwrap();
        let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
        let number = |row: &BTreeMap<String, String>, name: &str| row[name].parse::<u32>().unwrap();
        let mut strata: BTreeMap<u32, i64> = BTreeMap::new();
        let mut psus: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        for row in &rows {
            strata.insert(number(row, "stratum"), i64::from(number(row, "fpc")));
            psus.insert((number(row, "stratum"), number(row, "psu")), number(row, "province"));
        }
        let place = |stratum: u32| u32::try_from(strata.keys().position(|h| *h == stratum).unwrap()).unwrap();
        let list = strata.iter().map(|(h, n)| Stratum { name: h.to_string(), sampled: 0, population: Some(*n) }).collect();
        let areas = psus.values().map(|province| i32::try_from(*province).ok()).collect();
        let of_stratum = psus.keys().map(|(h, _)| place(*h)).collect();
        let answer = |row: &BTreeMap<String, String>, item: usize| row[&format!("q{:02}", item + 1)].parse().unwrap_or(0);
        #[allow(clippy::cast_possible_truncation)]
        let weight = |row: &BTreeMap<String, String>| (row["weight"].parse::<f64>().unwrap() * 1e6).round() as i64;
        let numbers: BTreeMap<&(u32, u32), u32> = psus.keys().zip(0..).collect();
        let frame = Frame::from_columns(
            (0..ITEMS).map(|item| rows.iter().map(|row| answer(row, item)).collect()).collect(),
            rows.iter().map(weight).collect(),
            rows.iter().map(|row| numbers[&(number(row, "stratum"), number(row, "psu"))]).collect(),
            rows.iter().map(|row| number(row, "agency") - 1).collect(),
            (1..=20).collect(),
            Strata::new(list, of_stratum, areas).unwrap(),
            1_000_000,
        )
        .unwrap();
        let mut codes = [None; 256];
        for code in 1..=5_u8 {
            codes[usize::from(code)] = Some(25 * (i32::from(code) - 1));
        }
        let measures: Vec<Measure> = (0..ITEMS).map(|item| Measure::new(item, codes, 1.0)).collect();
        let tally = Tally::take(&frame, &measures, None).unwrap();
        Self { frame, measures, leaves: (0..ITEMS).map(|item| Leaf { parts: vec![item] }).collect(), tally }
    }

    fn task(&self) -> Task<'_> {
        let lonely = LonelyPsu::Fail;
        Task { measures: &self.measures, leaves: &self.leaves, strata: self.frame.strata(), lonely, keep: &KEEP, residuals: None }
    }

    /// The nation, the provinces, the agencies: one partition after the other.
    fn partitions(&self) -> [Cells; 3] {
        let cells = self.tally.cells();
        let province = |psu: u32| u32::try_from(self.frame.strata().area_of(psu).unwrap() - 1).unwrap();
        [
            Cells::new(1, cells.iter().map(|_| Some(0))),
            Cells::new(63, cells.iter().map(|cell| Some(province(cell.psu)))),
            Cells::new(20, cells.iter().map(|cell| Some(cell.unit))),
        ]
    }

    fn make(&self, method: VarianceMethod) -> Replicates {
        Replicates::make(method, 4, self.frame.strata(), LonelyPsu::Fail).unwrap()
    }

    fn replicate(&self, replicates: &Replicates, wanted: Wanted) -> Vec<DomainReplicates> {
        let task = self.task();
        let of = |cells: &Cells| estimates(&task, &self.tally, cells, &tree, replicates, wanted).unwrap();
        self.partitions().iter().flat_map(of).collect()
    }

    fn linearised(&self) -> Vec<DomainEstimates> {
        let task = self.task();
        let of = |cells: &Cells| (0..cells.len()).map(|d| estimate(&task, &self.tally, cells.of(d), &tree).unwrap()).collect::<Vec<_>>();
        self.partitions().iter().flat_map(of).collect()
    }
}

/// The items, five criteria of five items each, and the index.
fn tree(present: &[bool]) -> LinearMap {
    let mut outputs: Vec<Option<Vec<(Source, f64)>>> =
        (0..ITEMS).map(|item| present[item].then(|| vec![(Source::Leaf(item), 1.0)])).collect();
    for criterion in 0..5 {
        let items = 5 * criterion..5 * criterion + 5;
        let all = items.clone().all(|item| present[item]);
        outputs.push(all.then(|| items.map(|item| (Source::Output(item), 0.2)).collect()));
    }
    let all = outputs.iter().all(Option::is_some);
    outputs.push(all.then(|| (FIRST_CRITERION..INDEX).zip([0.15, 0.25, 0.2, 0.2, 0.2]).map(|(c, w)| (Source::Output(c), w)).collect()));
    LinearMap { outputs }
}

/// The same replicates without what makes them quick.
fn spelt_out(replicates: &Replicates) -> Replicates {
    let table = (0..replicates.units()).flat_map(|unit| (0..replicates.len()).map(move |r| replicates.factor(unit, r))).collect();
    Replicates { factors: Factors::Dense(table), ..replicates.clone() }
}

const ALL: Wanted = Wanted { percentiles: Some(0.9), covariance: true, values: true };

fn bootstrap(replicates: u32) -> VarianceMethod {
    VarianceMethod::Bootstrap { kind: BootstrapKind::RaoWuYueBeaumont, replicates }
}

#[test]
fn every_replicate_is_what_a_plain_loop_over_respondents_finds() {
    let survey = Survey::read();
    let replicates = survey.make(bootstrap(70));
    let found = survey.replicate(&replicates, ALL);
    let frame = &survey.frame;
    let mut worst: f64 = 0.0;
    // Agency 3 crosses PSUs; its domain follows the nation and the provinces.
    for (replicate, value) in found[1 + 63 + 2].values[1].iter().enumerate() {
        let mut index = 0.0;
        for item in 0..ITEMS {
            let (mut w, mut wy) = (0.0, 0.0);
            for row in (0..frame.rows()).filter(|row| frame.units()[*row] == 2 && frame.column(item)[*row] > 0) {
                #[allow(clippy::cast_precision_loss)]
                let weight = frame.weights()[row] as f64 * replicates.factor(frame.psus()[row] as usize, replicate);
                w += weight;
                wy += weight * 25.0 * (f64::from(frame.column(item)[row]) - 1.0);
            }
            index += wy / w * 0.2 * [0.15, 0.25, 0.2, 0.2, 0.2][item / 5];
        }
        worst = worst.max((value / index - 1.0).abs());
    }
    println!("replicate values of an agency's index: worst relative difference {worst:.1e}");
    assert!(worst < 1e-13);
}

#[test]
fn values_do_not_depend_on_the_method_and_standard_errors_are_close_to_linearised_ones() {
    let survey = Survey::read();
    let linearised = survey.linearised();
    // A bootstrap's SE has the relative standard error 1/√(2R), 3.5 % here.
    for (method, nation) in [(VarianceMethod::Jackknife, 0.005), (bootstrap(400), 0.15)] {
        let found = survey.replicate(&survey.make(method), Wanted::default());
        let mut ratios = Vec::new();
        for (domain, (linearised, found)) in linearised.iter().zip(&found).enumerate() {
            assert_eq!(linearised.sums, found.sums);
            for (a, b) in linearised.outputs.iter().zip(&found.outputs) {
                let (a, b) = (a.unwrap(), b.unwrap());
                assert_eq!((a.value.to_bits(), a.n, b.undefined), (b.estimate.value.to_bits(), b.estimate.n, 0));
                let ratio = b.estimate.se / a.se;
                assert!(domain > 0 || (ratio - 1.0).abs() < nation, "{method:?}: nation {ratio}");
                ratios.push(ratio);
            }
        }
        ratios.sort_by(f64::total_cmp);
        let (low, middle, high) = (ratios[0], ratios[ratios.len() / 2], ratios[ratios.len() - 1]);
        println!("{method:?}: SE over the linearised one {low:.4} to {high:.4}, median {middle:.4}, {} figures", ratios.len());
        // Small domains: a ratio is no longer nearly linear in its sums.
        assert!(low > 0.75 && high < 1.4 && (middle - 1.0).abs() < 0.03, "{method:?}");
    }
}

#[test]
fn the_jackknife_of_an_index_equals_that_of_r() {
    let reference = reference();
    let survey = Survey::read();
    let found = survey.replicate(&survey.make(VarianceMethod::Jackknife), Wanted::default());
    let lists = ["nation", "province", "agency"].map(|list| &reference["jkn"][list]);
    let (mut worst, mut compared): (f64, usize) = (0.0, 0);
    for (output, name) in [(FIRST_CRITERION, "C1"), (INDEX, "INDEX")] {
        let expected = lists.iter().flat_map(|list| list[name].as_array().unwrap()).map(|se| se.as_f64().unwrap());
        for (domain, se) in found.iter().zip(expected) {
            worst = worst.max((domain.outputs[output].unwrap().estimate.se / se - 1.0).abs());
            compared += 1;
        }
    }
    println!("JKn of criterion and index: {compared} figures, worst relative difference {worst:.1e}");
    assert!(compared == 168 && worst < 1e-9);
}

#[test]
fn the_jackknife_is_the_same_spelt_out() {
    let survey = Survey::read();
    let task = survey.task();
    for mse in [false, true] {
        let quick = survey.make(VarianceMethod::Jackknife).about_the_estimate(mse);
        let provinces = &survey.partitions()[1];
        let of = |replicates: &Replicates| estimates(&task, &survey.tally, provinces, &tree, replicates, ALL).unwrap();
        let (a, b) = (of(&quick), of(&spelt_out(&quick)));
        let mut worst: f64 = 0.0;
        let mut compare = |a: f64, b: f64| worst = worst.max((a - b).abs() / b.abs().max(1e-3));
        for (a, b) in a.iter().zip(&b) {
            for (a, b) in a.outputs.iter().zip(&b.outputs) {
                compare(a.unwrap().estimate.se, b.unwrap().estimate.se);
                assert_eq!(a.unwrap().interval, None, "the jackknife has no percentiles");
            }
            a.covariance.iter().zip(&b.covariance).for_each(|(a, b)| compare(*a, *b));
            a.values.iter().flatten().zip(b.values.iter().flatten()).for_each(|(a, b)| compare(*a, *b));
        }
        println!("jackknife, shared columns against all: worst relative difference {worst:.1e}");
        assert!(worst < 1e-9);
    }
}

#[test]
fn covariances_and_intervals_follow_from_the_values() {
    let survey = Survey::read();
    let replicates = survey.make(bootstrap(99));
    for domain in survey.replicate(&replicates, ALL) {
        for (place, output) in KEEP.iter().enumerate() {
            let found = domain.outputs[*output].unwrap();
            assert!((domain.covariance[3 * place].sqrt() / found.estimate.se - 1.0).abs() < 1e-14);
            let mut sorted = domain.values[place].clone();
            sorted.sort_by(f64::total_cmp);
            // With 99 replicates the 5 % and 95 % points are the 5th and the 95th of them.
            let (low, high) = found.interval.unwrap();
            assert!((low - sorted[4]).abs() < 1e-12 && (high - sorted[94]).abs() < 1e-12);
        }
        let full: Vec<f64> = KEEP.iter().map(|output| domain.outputs[*output].unwrap().estimate.value).collect();
        let rows: Vec<Vec<f64>> = (0..99).map(|r| domain.values.iter().map(|values| values[r]).collect()).collect();
        let spread = Spread::new(&replicates, full, &rows).unwrap();
        assert!(spread.covariance().iter().zip(&domain.covariance).all(|(a, b)| (a - b).abs() <= 1e-12 * a.abs()));
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let survey = Survey::read();
    let of = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| survey.replicate(&survey.make(bootstrap(130)), ALL))
    };
    let one = of(1);
    assert!(one.iter().all(|domain| domain.values.iter().flatten().all(|value| value.is_finite())));
    assert_eq!(of(2), one);
    assert_eq!(of(7), one);
}

#[test]
fn a_domain_that_some_replicates_miss_says_so() {
    let survey = Survey::read();
    let cells = survey.tally.cells();
    // A domain of one PSU: each bootstrap draws it or not. Its population is left aside, so that the factor of one not drawn is 0.
    let psu: Vec<Option<u32>> = cells.iter().map(|cell| (cell.psu == 5).then_some(0)).collect();
    let rao_wu = VarianceMethod::Bootstrap { kind: BootstrapKind::RaoWu, replicates: 200 };
    for (method, everything) in [(rao_wu, 200), (VarianceMethod::Jackknife, 756)] {
        let replicates = survey.make(method);
        let missed = (0..everything).filter(|r| replicates.factor(5, *r) == 0.0).count();
        let found = estimates(&survey.task(), &survey.tally, &Cells::new(1, psu.iter().copied()), &tree, &replicates, ALL).unwrap();
        let index = found[0].outputs[INDEX].unwrap();
        assert!(missed > 0 && index.undefined == missed, "{method:?}: {missed} {}", index.undefined);
        assert_eq!(found[0].values[1].iter().filter(|value| value.is_nan()).count(), missed);
        // A ratio of a single PSU does not vary over the rest.
        assert!(index.estimate.se < 1e-10);
    }
}

#[test]
fn replicates_of_other_units_are_refused() {
    let survey = Survey::read();
    let replicates = Replicates::make(bootstrap(5), 4, &Strata::elements(9), LonelyPsu::Fail).unwrap();
    let found = estimates(&survey.task(), &survey.tally, &survey.partitions()[0], &tree, &replicates, ALL);
    assert_eq!(found, Err(ReplicateError::Units { found: 9, expected: 756 }));
}

#[test]
fn random_replicates_of_apiclus2_spread_like_those_of_r() {
    let reference = reference();
    let mut reader = csv::Reader::from_path(golden("survey/data/apiclus2.csv")).unwrap();
    let rows: Vec<BTreeMap<String, String>> = reader.deserialize().map(Result::unwrap).collect();
    let column = |name: &str| rows.iter().map(|row| row[name].parse().unwrap_or(f64::NAN)).collect::<Vec<f64>>();
    let clusters = |name: &str| rows.iter().map(|row| row[name].clone()).collect();
    let population = |name: &str| rows.iter().map(|row| row[name].parse().unwrap()).collect();
    let stage = |ids: &str, fpc: &str| StageColumns { clusters: clusters(ids), strata: Vec::new(), population: population(fpc) };
    let both = Sample::drawn(rows.len(), &[stage("dnum", "fpc1"), stage("snum", "fpc2")], LonelyPsu::Fail).unwrap();
    let first = StageColumns { population: Vec::new(), ..stage("dnum", "fpc1") };
    let open = Sample::new(column("pw"), &[first], LonelyPsu::Fail).unwrap();
    let (enroll, api00) = (column("enroll"), column("api00"));
    let statistics = |w: &[f64]| {
        let total = w.iter().zip(&enroll).filter(|(_, y)| y.is_finite()).map(|(w, y)| w * y).sum();
        vec![total, w.iter().zip(&api00).map(|(w, y)| w * y).sum::<f64>() / w.iter().sum::<f64>()]
    };
    // Two standard errors from 4,000 draws each: their ratio has the standard error √2/√(2·4000), 1.6 %; five of those.
    let bound = 5.0 * (1.0_f64 / 4000.0).sqrt();
    for (sample, kind, name) in [
        (&both, BootstrapKind::Preston, "mrbbootstrap"),
        (&open, BootstrapKind::RaoWu, "subbootstrap"),
        (&open, BootstrapKind::CantyDavison, "bootstrap"),
    ] {
        let replicates = Replicates::of_sample(VarianceMethod::Bootstrap { kind, replicates: 4000 }, 17, sample).unwrap();
        let covariance = replicates.estimate(sample, statistics).unwrap().covariance().to_vec();
        for (place, what) in [(0, "total of enroll"), (1, "mean of api00")] {
            let (found, r) = (covariance[3 * place].sqrt(), reference["apiclus2"][name][place].as_f64().unwrap());
            println!("{name}, {what}: {found:.4}, R has {r:.4}, ratio {:.4}", found / r);
            assert!((found / r - 1.0).abs() < bound, "{name}, {what}");
        }
    }
}
