//! P-values of many tests at once.
//!
//! Among 63 provinces of which none has changed, three will show a change at 5% on average. [`holm`] keeps the chance of
//! any such false claim at the level; [`benjamini_hochberg`] keeps the share of false ones among the claims.
//!
//! Both take the p-values of a list of units in its order and give adjusted ones in the same order, to be held against
//! the level. A missing p-value, or one that is no number from 0 to 1, stays missing and counts as no test.

/// Adjusted p-values by Holm's step-down method: the family-wise error rate holds, whatever the dependence.
///
/// # Formula
/// With the m p-values in rising order, `p̃₍ᵢ₎ = max over j ≤ i of min(1, (m − j + 1) p₍ⱼ₎)`: Holm (1979), Scandinavian
/// Journal of Statistics 6; `p.adjust(method = "holm")` of R.
#[must_use]
pub fn holm(p: &[Option<f64>]) -> Vec<Option<f64>> {
    adjusted(p, |sorted| {
        let m = sorted.len();
        let mut worst = 0.0_f64;
        for (place, p) in sorted.iter_mut().enumerate() {
            worst = worst.max((count(m - place) * *p).min(1.0));
            *p = worst;
        }
    })
}

/// Adjusted p-values by Benjamini and Hochberg's step-up method: the false discovery rate holds where tests are
/// independent or positively dependent.
///
/// # Formula
/// With the m p-values in rising order, `p̃₍ᵢ₎ = min over j ≥ i of min(1, m p₍ⱼ₎ / j)`: Benjamini and Hochberg (1995), JRSS B
/// 57; `p.adjust(method = "BH")` of R.
#[must_use]
pub fn benjamini_hochberg(p: &[Option<f64>]) -> Vec<Option<f64>> {
    adjusted(p, |sorted| {
        let m = sorted.len();
        let mut best = 1.0_f64;
        for (place, p) in sorted.iter_mut().enumerate().rev() {
            best = best.min(count(m) / count(place + 1) * *p);
            *p = best;
        }
    })
}

/// Hands the p-values that are there, in rising order, to `adjust`, and puts what it makes of them back in their places.
fn adjusted(p: &[Option<f64>], adjust: impl Fn(&mut [f64])) -> Vec<Option<f64>> {
    let valid = |p: &Option<f64>| p.filter(|p| (0.0..=1.0).contains(p));
    let mut order: Vec<(f64, usize)> = p.iter().enumerate().filter_map(|(place, p)| valid(p).map(|p| (p, place))).collect();
    order.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut sorted: Vec<f64> = order.iter().map(|(p, _)| *p).collect();
    adjust(&mut sorted);
    let mut result = vec![None; p.len()];
    for ((_, place), p) in order.into_iter().zip(sorted) {
        result[place] = Some(p);
    }
    result
}

#[allow(clippy::cast_precision_loss)] // a list of units
fn count(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const P: [Option<f64>; 9] = [Some(0.01), Some(0.04), None, Some(0.03), Some(0.005), Some(0.55), Some(f64::NAN), Some(0.03), Some(1e-9)];

    #[test]
    fn adjusted_p_values_are_those_of_r() {
        // R 4.2.2: p.adjust(c(.01, .04, NA, .03, .005, .55, NA, .03, 1e-9), "holm"), then "BH", to 15 digits.
        let holm_r = [Some(0.05), Some(0.12), None, Some(0.12), Some(0.03), Some(0.55), None, Some(0.12), Some(7e-9)];
        let bh_r = [
            Some(0.023_333_333_333_333_3),
            Some(0.046_666_666_666_666_7),
            None,
            Some(0.042),
            Some(0.0175),
            Some(0.55),
            None,
            Some(0.042),
            Some(7e-9),
        ];
        for (found, expected) in [(holm(&P), holm_r), (benjamini_hochberg(&P), bh_r)] {
            for (found, expected) in found.iter().zip(expected) {
                assert_eq!(found.is_some(), expected.is_some());
                let (found, expected) = (found.unwrap_or(1.0), expected.unwrap_or(1.0));
                assert!((found / expected - 1.0).abs() < 1e-14, "{found} instead of {expected}");
            }
        }
    }

    #[test]
    fn one_test_alone_is_left_as_it_is() {
        assert_eq!(holm(&[None, Some(0.02)]), [None, Some(0.02)]);
        assert_eq!(benjamini_hochberg(&[]), []);
    }

    proptest! {
        #[test]
        fn adjusting_keeps_the_order_and_never_lowers(p in proptest::collection::vec(proptest::option::of(0.0..=1.0_f64), 0..40)) {
            let tests = p.iter().flatten().count();
            for adjusted in [holm(&p), benjamini_hochberg(&p)] {
                for (a, p_a) in adjusted.iter().zip(&p) {
                    prop_assert_eq!(a.is_some(), p_a.is_some());
                    let (Some(a), Some(p_a)) = (a, p_a) else { continue };
                    // Up to the rounding of one product.
                    prop_assert!(p_a * (1.0 - 1e-15) <= *a && *a <= (p_a * count(tests) * (1.0 + 1e-15)).min(1.0));
                    for (b, p_b) in adjusted.iter().zip(&p) {
                        let (Some(b), Some(p_b)) = (b, p_b) else { continue };
                        prop_assert!(p_a > p_b || a <= b, "{} and {} changed places", p_a, p_b);
                    }
                }
            }
            for (h, b) in holm(&p).iter().zip(benjamini_hochberg(&p)) {
                prop_assert!(b.unwrap_or(1.0) <= h.unwrap_or(1.0) * (1.0 + 1e-15), "Holm is the stricter");
            }
        }
    }
}
