//! What must hold of estimates whatever the sample is.

use std::sync::Arc;

use proptest::prelude::*;

use super::{Estimator, Expression, Linearised, Rows, Sample, StageColumns, Statistic, Term, Values};
use crate::schema::LonelyPsu;

/// A row: stratum, PSU, weight, two variables, whether it lies in the domain.
type Row = (u8, u8, f64, f64, f64, bool);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec((0..3_u8, 0..4_u8, 0.5..50.0, -80.0..80.0, 1.0..9.0, any::<bool>()), 2..60)
}

fn sample(rows: &[Row]) -> Sample {
    let names = |of: &dyn Fn(&Row) -> u8| rows.iter().map(|row| of(row).to_string()).collect();
    let stage = StageColumns { clusters: names(&|row| row.1), strata: names(&|row| row.0), population: vec![40; rows.len()] };
    Sample::new(rows.iter().map(|row| row.2).collect(), &[stage], LonelyPsu::Adjust).unwrap()
}

fn column(rows: &[Row], of: impl Fn(&Row) -> f64) -> Values {
    rows.iter().map(of).collect()
}

/// A total, a mean and a ratio over all rows, and a mean over the domain.
fn estimator(rows: &[Row]) -> Estimator {
    let (y, x) = (column(rows, |row| row.3), column(rows, |row| row.4));
    let all: Rows = vec![true; rows.len()].into();
    let domain: Rows = rows.iter().map(|row| row.5).collect();
    let term = |rows: &Rows, statistic| Term { rows: Arc::clone(rows), statistic };
    Estimator::new(vec![
        term(&all, Statistic::Total(Arc::clone(&x))),
        term(&all, Statistic::Mean(Arc::clone(&y))),
        term(&all, Statistic::Ratio(Arc::clone(&y), x)),
        term(&domain, Statistic::Mean(y)),
    ])
}

fn estimated(rows: &[Row]) -> (Vec<f64>, Vec<f64>) {
    let sample = sample(rows);
    let statistics = estimator(rows).linearise(sample.weights());
    (statistics.values().to_vec(), sample.covariance(&statistics).unwrap())
}

/// Whether two lists agree up to rounding, beside the size that their figures have.
fn agree(found: &[f64], expected: &[f64], scale: f64) -> bool {
    found.len() == expected.len()
        && found.iter().zip(expected).all(|(a, b)| a.is_nan() && b.is_nan() || (a - b).abs() <= 1e-12 * b.abs() + 1e-13 * scale)
}

proptest! {
    #[test]
    fn scaling_every_weight_changes_no_mean_and_no_standard_error(rows in rows(), factor in 0.01..1000.0) {
        let scaled: Vec<Row> = rows.iter().map(|row| (row.0, row.1, factor * row.2, row.3, row.4, row.5)).collect();
        let (values, covariance) = estimated(&rows);
        let (found, variance) = estimated(&scaled);
        prop_assert!(agree(&found[1..], &values[1..], 80.0));
        prop_assert!(agree(&found[..1], &[factor * values[0]], 0.0));
        let inner = |matrix: &[f64]| matrix.chunks(4).skip(1).flat_map(|row| row[1..].to_vec()).collect::<Vec<f64>>();
        prop_assert!(agree(&inner(&variance), &inner(&covariance), 6400.0));
    }

    #[test]
    fn scaling_by_a_power_of_two_changes_no_bit_of_a_mean(rows in rows(), power in -20..20_i32) {
        let factor = 2.0_f64.powi(power);
        let scaled: Vec<Row> = rows.iter().map(|row| (row.0, row.1, factor * row.2, row.3, row.4, row.5)).collect();
        let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
        let ((values, covariance), (found, variance)) = (estimated(&rows), estimated(&scaled));
        prop_assert_eq!(bits(&found[1..]), bits(&values[1..]));
        prop_assert_eq!(bits(&variance[5..8]), bits(&covariance[5..8]));
    }

    #[test]
    fn splitting_a_row_of_a_psu_changes_nothing(rows in rows(), at in any::<prop::sample::Index>()) {
        let mut split = rows.clone();
        let place = at.index(rows.len());
        split[place].2 /= 2.0;
        split.push(split[place]);
        let ((values, covariance), (found, variance)) = (estimated(&rows), estimated(&split));
        prop_assert!(agree(&found, &values, 80.0));
        prop_assert!(agree(&variance, &covariance, covariance[0].max(6400.0)));
    }

    /// To rounding, not to the bit: the rows of a PSU are added in the order in which they stand.
    #[test]
    fn the_order_of_rows_changes_nothing(rows in rows(), shift in any::<prop::sample::Index>()) {
        let mut other = rows.clone();
        other.reverse();
        other.rotate_left(shift.index(rows.len()));
        let ((values, covariance), (found, variance)) = (estimated(&rows), estimated(&other));
        prop_assert!(found.iter().zip(&values).all(|(a, b)| a.is_nan() && b.is_nan() || (a - b).abs() <= 1e-13 * b.abs().max(1.0)));
        prop_assert!(agree(&variance, &covariance, covariance[0].max(6400.0)));
    }

    #[test]
    fn a_ratio_is_the_function_of_totals_that_it_is(rows in rows()) {
        let sample = sample(&rows);
        let all: Rows = vec![true; rows.len()].into();
        let (y, x) = (column(&rows, |row| row.3), column(&rows, |row| row.4));
        let totals = [&y, &x].map(|values| Term { rows: Arc::clone(&all), statistic: Statistic::Total(Arc::clone(values)) });
        let function = Estimator::function(totals.to_vec(), Expression::parse("y / x").unwrap()).linearise(sample.weights());
        let ratio = Estimator::new(vec![Term { rows: all, statistic: Statistic::Ratio(y, x) }]).linearise(sample.weights());
        prop_assert!(agree(function.values(), ratio.values(), 80.0));
        prop_assert!(agree(&sample.covariance(&function).unwrap(), &sample.covariance(&ratio).unwrap(), 80.0));
    }

    #[test]
    fn statistics_that_are_joined_keep_their_variances(rows in rows()) {
        let sample = sample(&rows);
        let whole = estimator(&rows).linearise(sample.weights());
        let parts: Vec<Linearised> =
            estimator(&rows).terms().iter().map(|term| Estimator::new(vec![term.clone()]).linearise(sample.weights())).collect();
        let joined = Linearised::join(&parts);
        prop_assert!(agree(joined.values(), whole.values(), 0.0));
        prop_assert!(agree(&sample.covariance(&joined).unwrap(), &sample.covariance(&whole).unwrap(), 0.0));
    }
}

#[test]
fn columns_that_are_too_short_are_missing_values() {
    let all: Rows = vec![true; 3].into();
    let short = Term { rows: all, statistic: Statistic::Mean(vec![1.0].into()) };
    let statistics = Estimator::new(vec![short]).linearise(&[1.0; 3]);
    assert!(statistics.values()[0].is_nan());
    let contrast = Estimator::contrasts(Vec::new(), vec![vec![1.0, 2.0]]).linearise(&[1.0; 3]);
    assert_eq!(contrast.values(), [0.0]);
    assert_eq!(Estimator::new(Vec::new()).linearise(&[1.0; 3]).width(), 0);
}
