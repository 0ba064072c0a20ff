//! What must hold for any items.

use proptest::prelude::{Strategy, prop, prop_assert, proptest};

use super::*;
use crate::schema::LonelyPsu;

const RANGE: AnswerRange = AnswerRange { lowest: 1.0, highest: 5.0 };

fn equal(weights: &[f64]) -> Sample {
    Sample::new(weights.to_vec(), &[], LonelyPsu::Fail).unwrap()
}

fn of(items: &[Values], weights: &[f64], missing: MissingItems) -> Result<Reliability, ReliabilityError> {
    reliability(&equal(weights), items, &vec![true; weights.len()].into(), missing, RANGE)
}

/// Rows of three answers that have a common part, some of them missing, with a weight.
fn rows() -> impl Strategy<Value = Vec<(u8, [u8; 3], u8)>> {
    prop::collection::vec((1_u8..5, [0_u8..6, 0..6, 0..6], 1_u8..9), 12..40)
}

fn columns(rows: &[(u8, [u8; 3], u8)]) -> (Vec<Values>, Vec<f64>) {
    let answer = |common: u8, own: u8| if own == 0 { f64::NAN } else { f64::from(common) + f64::from(own) / 8.0 };
    let items = (0..3).map(|item| rows.iter().map(|(common, own, _)| answer(*common, own[item])).collect()).collect();
    (items, rows.iter().map(|(_, _, weight)| f64::from(*weight)).collect())
}

proptest! {
    #[test]
    fn the_influence_is_the_derivative_by_the_weight(rows in rows()) {
        let (items, weights) = columns(&rows);
        let all = [0, 1, 2];
        let everyone = vec![true; weights.len()];
        let alpha = |weights: &[f64]| Pairs::new(weights, &items, &everyone).ok().and_then(|pairs| pairs.alpha(&all));
        if let Some(here) = alpha(&weights).filter(|alpha| *alpha > 0.2) {
            let influence = Pairs::new(&weights, &items, &everyone).unwrap().influence(&weights, &items, &everyone);
            for row in 0..weights.len() {
                let step = 1e-5 * weights[row];
                let moved = |by: f64| {
                    let mut weights = weights.clone();
                    weights[row] += by;
                    alpha(&weights).unwrap()
                };
                let slope = (moved(step) - moved(-step)) / (2.0 * step) * weights[row];
                prop_assert!((slope - influence[row]).abs() < 1e-6 * (1.0 + here.abs()), "row {row}: {slope} {}", influence[row]);
            }
        }
    }

    #[test]
    fn the_scale_of_answers_and_weights_does_not_matter(rows in rows()) {
        let (items, weights) = columns(&rows);
        let moved: Vec<Values> = items.iter().map(|item| item.iter().map(|answer| 7.0 - 3.0 * answer).collect()).collect();
        let heavier: Vec<f64> = weights.iter().map(|weight| 0.25 * weight).collect();
        let (one, other) = (of(&items, &weights, MissingItems::Pairwise), of(&moved, &heavier, MissingItems::Pairwise));
        if let (Ok(one), Ok(other)) = (one, other) {
            prop_assert!((one.alpha - other.alpha).abs() < 1e-9 * (1.0 + one.alpha.abs()));
            prop_assert!((one.variance - other.variance).abs() < 1e-8 * one.variance);
        }
    }
}

#[test]
fn two_items_that_agree_are_as_reliable_as_spearman_and_brown_say() {
    let one: Values = [1.0, 2.0, 3.0, 4.0, 5.0, 2.0].into_iter().collect();
    let other: Values = [2.0, 1.0, 4.0, 3.0, 5.0, 1.0].into_iter().collect();
    let found = of(&[one, other], &[1.0; 6], MissingItems::Listwise).unwrap();
    let r = found.correlations[1].unwrap();
    assert!((found.standardised.unwrap() - 2.0 * r / (1.0 + r)).abs() < 1e-14);
    assert!(found.items.iter().all(|item| item.alpha_if_deleted.is_none()));
    assert!((found.items[0].rest_correlation.unwrap() - r).abs() < 1e-14);
    let (low, high) = found.interval(0.95);
    assert!(low < found.alpha && found.alpha < high && high < 1.0);
}

#[test]
fn floor_ceiling_and_missing_are_shares_of_weight() {
    let one: Values = [1.0, 5.0, f64::NAN, 3.0].into_iter().collect();
    let other: Values = [2.0, 5.0, 1.0, 4.0].into_iter().collect();
    let found = of(&[one, other], &[1.0, 2.0, 3.0, 4.0], MissingItems::Pairwise).unwrap();
    let item = &found.items[0];
    assert_eq!([item.floor, item.ceiling, item.missing].map(f64::to_bits), [1.0 / 7.0, 2.0 / 7.0, 0.3].map(f64::to_bits));
    assert_eq!(found.items[1].floor.to_bits(), 0.3_f64.to_bits());
    assert!((found.classical.complete - 3.0).abs() < f64::EPSILON);
}

#[test]
fn what_has_no_reliability_is_refused() {
    let varied: Values = [1.0, 2.0, 3.0].into_iter().collect();
    let constant: Values = [4.0; 3].into_iter().collect();
    let short: Values = [4.0; 2].into_iter().collect();
    let absent: Values = [f64::NAN, f64::NAN, 3.0].into_iter().collect();
    let refused = |items: &[&Values]| {
        let items: Vec<Values> = items.iter().map(|item| (*item).clone()).collect();
        of(&items, &[1.0; 3], MissingItems::Pairwise).unwrap_err()
    };
    assert_eq!(refused(&[&varied]), ReliabilityError::Items(1));
    assert_eq!(refused(&[&varied, &short]), ReliabilityError::Ragged { item: 1, found: 2, expected: 3 });
    assert_eq!(refused(&[&varied, &absent]), ReliabilityError::Answers { one: 0, other: 1 });
    assert_eq!(refused(&[&constant, &constant]), ReliabilityError::Constant);
}
