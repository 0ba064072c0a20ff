//! Properties that no single figure shows.

use super::*;

/// A small generator, so that the data are the same everywhere.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        f64::from(u32::try_from(self.0 >> 33).unwrap()) / f64::from(1_u32 << 31)
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // from 0 to count
    fn below(&mut self, count: usize) -> usize {
        (self.next() * f64::from(u32::try_from(count).unwrap())) as usize
    }
}

/// 600 rows in 24 PSUs of two areas, with three classifications and one linearised variable that is 0 outside a domain.
struct Sample {
    base: Vec<f64>,
    psu: Vec<usize>,
    labels: [Vec<String>; 3],
    influence: Vec<f64>,
}

fn sample() -> Sample {
    let mut draw = Draw(11);
    let rows = 600;
    let mut sample = Sample { base: Vec::new(), psu: Vec::new(), labels: Default::default(), influence: Vec::new() };
    for _ in 0..rows {
        let psu = draw.below(24);
        sample.psu.push(psu);
        sample.base.push(2.0 + 10.0 * draw.next());
        // Categories of an area are its own, so that areas are calibrated apart.
        let area = psu / 12;
        for (labels, count) in sample.labels.iter_mut().zip([2, 4, 3]) {
            labels.push(format!("{area}-{}", draw.below(count)));
        }
        let z = if draw.next() < 0.4 { draw.next() * 5.0 - 1.0 } else { 0.0 };
        sample.influence.push(z);
    }
    sample
}

/// Margins whose totals are up to 15% away from the weighted counts, in agreement with each other.
fn margins(sample: &Sample) -> Vec<Margin> {
    let mut draw = Draw(5);
    let moved: Vec<f64> = sample.base.iter().map(|d| d * (0.85 + 0.3 * draw.next())).collect();
    let margin = |(place, labels): (usize, &Vec<String>)| {
        let names: std::collections::BTreeSet<&String> = labels.iter().collect();
        let total = |name: &str| labels.iter().zip(&moved).filter(|(label, _)| *label == name).map(|(_, w)| w).sum::<f64>();
        let totals: Vec<(String, f64)> = names.into_iter().map(|name| (name.clone(), total(name))).collect();
        Margin::new(&format!("m{place}"), labels, &totals).unwrap()
    };
    sample.labels.iter().enumerate().map(margin).collect()
}

fn distances() -> Vec<Distance> {
    let bounds = Bounds::new(0.7, 1.4).unwrap();
    vec![
        Distance::Linear(None),
        Distance::Linear(Some(bounds)),
        Distance::Raking(None),
        Distance::Raking(Some(bounds)),
        Distance::logit(bounds).unwrap(),
    ]
}

fn close(a: f64, b: f64, tolerance: f64) -> bool {
    (a - b).abs() <= tolerance * a.abs().max(b.abs()).max(1.0)
}

#[test]
fn cells_give_the_factors_and_residuals_of_their_rows() {
    let sample = sample();
    let margins = margins(&sample);
    let key = |row: usize| margins.iter().map(|margin| margin.of_row()[row]).collect::<Vec<u32>>();
    let keys: std::collections::BTreeSet<Vec<u32>> = (0..sample.base.len()).map(key).collect();
    let keys: Vec<Vec<u32>> = keys.into_iter().collect();
    let cell_of: Vec<usize> = (0..sample.base.len()).map(|row| keys.binary_search(&key(row)).unwrap()).collect();
    let mut cells = vec![Cell::default(); keys.len()];
    for (cell, d) in cell_of.iter().zip(&sample.base) {
        cells[*cell].weight += d;
        cells[*cell].rows += 1;
    }
    let of_cells: Vec<CellMargin> = margins
        .iter()
        .enumerate()
        .map(|(place, margin)| CellMargin {
            name: margin.name().to_owned(),
            categories: margin.categories().to_vec(),
            of_cell: keys.iter().map(|key| Some(key[place])).collect(),
        })
        .collect();
    let indicators: Vec<Auxiliary> = margins.iter().flat_map(Margin::indicators).collect();
    for distance in distances() {
        let by_row = calibrate(&sample.base, &indicators, distance, None).unwrap();
        let by_cell = calibrate_cells(&cells, &of_cells, distance).unwrap();
        for (row, cell) in cell_of.iter().enumerate() {
            let g = by_row.weights()[row] / sample.base[row];
            assert!(close(g, by_cell.g()[*cell], 1e-12), "{distance:?}: {g} {}", by_cell.g()[*cell]);
        }
        // Two statistics: the variable, and the same shifted; PSU totals of residuals from rows and from (PSU, cell) lines.
        let mut rows: Vec<f64> = sample.influence.iter().zip(by_row.weights()).flat_map(|(y, w)| [w * y, w * (y + 1.0)]).collect();
        let mut lines: std::collections::BTreeMap<(usize, usize), (f64, [f64; 2])> = std::collections::BTreeMap::new();
        for (row, z) in rows.chunks_exact(2).enumerate() {
            let line = lines.entry((sample.psu[row], cell_of[row])).or_default();
            line.0 += sample.base[row];
            line.1[0] += z[0];
            line.1[1] += z[1];
        }
        let of_lines: Vec<u32> = lines.keys().map(|(_, cell)| u32::try_from(*cell).unwrap()).collect();
        let weights: Vec<f64> = lines.values().map(|(weight, _)| *weight).collect();
        let mut z: Vec<f64> = lines.values().flat_map(|(_, z)| *z).collect();
        by_cell.residuals(&of_lines, &weights, &mut z, 2);
        by_row.residuals(&mut rows, 2);
        for psu in 0..24 {
            for statistic in 0..2 {
                let whole: f64 = (0..sample.base.len()).filter(|row| sample.psu[*row] == psu).map(|row| rows[row * 2 + statistic]).sum();
                let parts: f64 = lines.keys().zip(z.chunks_exact(2)).filter(|((of, _), _)| *of == psu).map(|(_, z)| z[statistic]).sum();
                let size = sample.base.iter().sum::<f64>() / 24.0;
                assert!((whole - parts).abs() <= 1e-12 * size, "{distance:?} PSU {psu}: {whole} {parts}");
            }
        }
    }
}

#[test]
fn every_distance_reaches_the_totals_and_keeps_its_bounds() {
    let sample = sample();
    let margins = margins(&sample);
    let indicators: Vec<Auxiliary> = margins.iter().flat_map(Margin::indicators).collect();
    for distance in distances() {
        let done = calibrate(&sample.base, &indicators, distance, None).unwrap();
        for line in total_lines(&indicators, &sample.base, done.weights()) {
            assert!(line.gap() < 1e-12, "{distance:?}: {line:?}");
        }
        let (low, high) = distance.range();
        assert!(done.weights().iter().zip(&sample.base).all(|(w, d)| (low * 0.999_999..=high * 1.000_001).contains(&(w / d))));
        assert!(done.rounds() <= 12, "{distance:?} took {} rounds", done.rounds());
    }
}

#[test]
fn raking_by_sweeps_and_by_newton_are_one() {
    let sample = sample();
    let margins = margins(&sample);
    let indicators: Vec<Auxiliary> = margins.iter().flat_map(Margin::indicators).collect();
    let swept = rake(&sample.base, &margins, RakeStop::default(), RakingResiduals::Regression).unwrap();
    let solved = calibrate(&sample.base, &indicators, Distance::Raking(None), None).unwrap();
    assert!(swept.converged());
    for (a, b) in swept.weights().iter().zip(solved.weights()) {
        assert!(close(*a, *b, 1e-10), "{a} {b}");
    }
    let (mut a, mut b) = (sample.influence.clone(), sample.influence.clone());
    swept.residuals(&mut a, 1);
    solved.residuals(&mut b, 1);
    assert!(a.iter().zip(&b).all(|(a, b)| close(*a, *b, 1e-9)));
}

#[test]
fn residuals_of_the_auxiliary_variables_themselves_are_nothing() {
    // What is calibrated has no variance left: the influence of its total is w·x.
    let sample = sample();
    let indicators: Vec<Auxiliary> = margins(&sample).iter().flat_map(Margin::indicators).collect();
    for distance in distances() {
        let done = calibrate(&sample.base, &indicators, distance, None).unwrap();
        for x in &indicators {
            let mut z: Vec<f64> = x.values.iter().zip(done.weights()).map(|(x, w)| x * w).collect();
            done.residuals(&mut z, 1);
            assert!(z.iter().all(|z| z.abs() < 1e-10), "{distance:?} {}", x.name);
        }
    }
}

#[test]
fn redundant_variables_change_nothing() {
    let sample = sample();
    let margins = margins(&sample);
    let few: Vec<Auxiliary> = margins.iter().flat_map(Margin::indicators).collect();
    let population = margins[0].categories().iter().map(|category| category.total).sum();
    let mut many = vec![Auxiliary::constant(600, population)];
    many.extend(few.iter().cloned());
    many.extend(few.iter().map(|x| Auxiliary { values: x.values.iter().map(|x| 3.0 * x).collect(), total: 3.0 * x.total, ..x.clone() }));
    let (few, many) = [few, many].map(|x| calibrate(&sample.base, &x, Distance::Raking(None), None).unwrap()).into();
    assert!(few.weights().iter().zip(many.weights()).all(|(a, b)| close(*a, *b, 1e-12)));
}

#[test]
fn rows_of_a_cluster_share_their_factor_and_totals_are_met() {
    let sample = sample();
    let clusters: Vec<u32> = (0..600).map(|row| row / 3).collect();
    let indicators: Vec<Auxiliary> = margins(&sample).iter().flat_map(Margin::indicators).collect();
    let done = calibrate(&sample.base, &indicators, Distance::Raking(None), Some(&clusters)).unwrap();
    let g: Vec<f64> = done.weights().iter().zip(&sample.base).map(|(w, d)| w / d).collect();
    assert!(g.chunks_exact(3).all(|g| close(g[0], g[1], 1e-14) && close(g[0], g[2], 1e-14)));
    assert!(total_lines(&indicators, &sample.base, done.weights()).iter().all(|line| line.gap() < 1e-12));
}

#[test]
fn margins_that_bounds_reach_one_by_one_and_not_together_are_named_with_their_gap() {
    let labels = |labels: [&str; 4]| labels.map(str::to_owned);
    let totals = |one: &str, other: &str| vec![(one.to_owned(), 28.0), (other.to_owned(), 12.0)];
    let a = Margin::new("a", &labels(["1", "1", "2", "2"]), &totals("1", "2")).unwrap();
    let b = Margin::new("b", &labels(["x", "y", "x", "y"]), &totals("x", "y")).unwrap();
    let indicators = [a.indicators(), b.indicators()].concat();
    for distance in [Distance::Linear(Some(Bounds::new(0.5, 1.5).unwrap())), Distance::Logit(Bounds::new(0.5, 1.5).unwrap())] {
        let errors = calibrate(&[10.0; 4], &indicators, distance, None).unwrap_err();
        assert!(
            errors
                .iter()
                .all(|error| matches!(error, CalibrationError::NotReached { total, reached, .. } if (total - reached).abs() > 0.1))
        );
        assert!(errors.iter().any(|error| error.to_string().starts_with("a = 1: the total is 28")), "{errors:?}");
    }
}

#[test]
fn totals_beyond_the_bounds_are_named_with_what_is_short() {
    let labels = ["1", "1", "2", "2"].map(str::to_owned);
    let margin = Margin::new("a", &labels, &[("1".to_owned(), 35.0), ("2".to_owned(), 25.0)]).unwrap();
    let errors = calibrate(&[10.0; 4], &margin.indicators(), Distance::Logit(Bounds::new(0.5, 1.5).unwrap()), None).unwrap_err();
    assert_eq!(errors.len(), 1);
    assert!(errors[0].to_string().contains("reach 10 to 30 (short by 5)"), "{}", errors[0]);
    // Negative totals of a positive variable cannot be raked to.
    let x = Auxiliary { name: "x".to_owned(), values: vec![1.0, 2.0, 3.0, 4.0], total: -3.0 };
    assert!(matches!(calibrate(&[1.0; 4], &[x], Distance::Raking(None), None).unwrap_err()[0], CalibrationError::OutOfReach { .. }));
}

#[test]
fn bad_columns_are_all_named_at_once() {
    let short = Auxiliary { name: "short".to_owned(), values: vec![1.0], total: 1.0 };
    let missing = Auxiliary { name: "missing".to_owned(), values: vec![1.0, f64::NAN], total: f64::INFINITY };
    let errors = calibrate(&[1.0, -1.0], &[short, missing], Distance::Linear(None), Some(&[0])).unwrap_err();
    assert_eq!(errors.len(), 5, "{errors:?}");
    assert!(errors.iter().all(|error| !error.finding("/x").vi.is_empty()));
}

#[test]
fn whatever_weights_within_the_bounds_add_up_to_is_reached() {
    let mut draw = Draw(77);
    for trial in 0..150 {
        let rows = 20 + draw.below(60);
        let base: Vec<f64> = (0..rows).map(|_| 0.5 + 20.0 * draw.next()).collect();
        let (low, high) = (0.2 + 0.6 * draw.next(), 1.2 + 3.0 * draw.next());
        let factors: Vec<f64> = (0..rows).map(|_| low + (high - low) * (0.02 + 0.96 * draw.next())).collect();
        let mut auxiliaries = vec![Auxiliary::constant(rows, 0.0)];
        for variable in 0..=draw.below(5) {
            let values = (0..rows).map(|_| if variable % 2 == 0 { f64::from(draw.next() < 0.3) } else { 40.0 + 20.0 * draw.next() });
            auxiliaries.push(Auxiliary { name: format!("x{variable}"), values: values.collect(), total: 0.0 });
        }
        for x in &mut auxiliaries {
            x.total = x.values.iter().zip(&base).zip(&factors).map(|((x, d), g)| x * d * g).sum();
        }
        let bounds = Bounds::new(low, high).unwrap();
        for distance in [Distance::Linear(Some(bounds)), Distance::Raking(Some(bounds)), Distance::Logit(bounds), Distance::Raking(None)] {
            let done = calibrate(&base, &auxiliaries, distance, None);
            let done = done.unwrap_or_else(|errors| panic!("trial {trial}, {distance:?}: {errors:#?}"));
            for line in total_lines(&auxiliaries, &base, done.weights()) {
                assert!(
                    (line.after - line.total).abs() <= 1e-8 * line.total.abs().max(line.after.abs()),
                    "trial {trial}, {distance:?}: {line:?}"
                );
            }
        }
    }
}

#[test]
fn totals_a_thousand_times_away_are_reached_where_nothing_forbids_it() {
    let labels = ["a", "a", "b", "b", "c"].map(str::to_owned);
    let totals = [("a", 2e4), ("b", 1e-2), ("c", 7.0)].map(|(name, total)| (name.to_owned(), total));
    let indicators = Margin::new("m", &labels, &totals).unwrap().indicators();
    for distance in [Distance::Raking(None), Distance::Logit(Bounds::new(1e-4, 1e4).unwrap())] {
        let done = calibrate(&[10.0, 5.0, 3.0, 4.0, 7.0], &indicators, distance, None).unwrap();
        assert!(total_lines(&indicators, &[10.0, 5.0, 3.0, 4.0, 7.0], done.weights()).iter().all(|line| line.gap() < 1e-9));
    }
}
