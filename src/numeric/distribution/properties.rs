//! What must hold for every distribution, wherever it is looked at.

use proptest::prelude::{ProptestConfig, Strategy, prop_assert, proptest};

use super::{beta, chi_squared, fisher, gamma, normal, student};

/// One distribution of each kind, as its three functions.
struct Member {
    name: String,
    cdf: Box<dyn Fn(f64) -> f64>,
    sf: Box<dyn Fn(f64) -> f64>,
    quantile: Box<dyn Fn(f64) -> f64>,
}

fn member(
    name: String,
    cdf: impl Fn(f64) -> f64 + 'static,
    sf: impl Fn(f64) -> f64 + 'static,
    quantile: impl Fn(f64) -> f64 + 'static,
) -> Member {
    Member { name, cdf: Box::new(cdf), sf: Box::new(sf), quantile: Box::new(quantile) }
}

fn members(a: f64, b: f64) -> Vec<Member> {
    vec![
        member("normal".into(), normal::cdf, normal::sf, normal::quantile),
        member(format!("t({a})"), move |x| student::cdf(x, a), move |x| student::sf(x, a), move |p| student::quantile(p, a)),
        member(format!("χ²({a})"), move |x| chi_squared::cdf(x, a), move |x| chi_squared::sf(x, a), move |p| chi_squared::quantile(p, a)),
        member(format!("F({a}, {b})"), move |x| fisher::cdf(x, a, b), move |x| fisher::sf(x, a, b), move |p| fisher::quantile(p, a, b)),
        member(format!("beta({a}, {b})"), move |x| beta::cdf(x, a, b), move |x| beta::sf(x, a, b), move |p| beta::quantile(p, a, b)),
    ]
}

const PROBABILITIES: [f64; 15] =
    [1e-300, 1e-60, 1e-12, 5e-4, 0.025, 0.2, 0.4999, 0.5, 0.5001, 0.75, 0.9, 0.975, 0.9995, 1.0 - 1e-9, 1.0 - 1e-15];

/// Shapes from tiny to far beyond any survey, on both sides of every switch of method.
const SHAPES: [f64; 12] = [1e-6, 1e-3, 0.5, 1.0, 4.0, 9.999, 59.5, 1e5, 1.999_999e8, 2e8, 1e16, 1e100];

fn shape() -> impl Strategy<Value = f64> {
    (-1.0..6.0_f64).prop_map(|power| 10_f64.powf(power))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_quantile_undoes_the_cdf(a in shape(), b in shape(), p in 1e-6..0.999_999_f64) {
        for member in members(a, b) {
            let x = (member.quantile)(p);
            let (lower, upper) = ((member.cdf)(x), (member.sf)(x));
            // Close to 1 the doubles are too coarse for a beta quantile; its mirror image has the digits.
            if member.name.starts_with("beta") && x > 0.999_999 {
                continue;
            }
            // A quantile is right to the last digit when one ulp of it moves the probability as far as we are off.
            let ulp = (member.cdf)(x * (1.0 + 4.0 * f64::EPSILON)) - (member.cdf)(x * (1.0 - 4.0 * f64::EPSILON));
            let slack = ulp.abs() + 3e-13 * p.min(1.0 - p);
            prop_assert!((lower - p).abs() <= slack, "{}: p = {p}, x = {x}, cdf = {lower}", member.name);
            prop_assert!((upper - (1.0 - p)).abs() <= slack + f64::EPSILON, "{}: p = {p}, x = {x}, sf = {upper}", member.name);
        }
    }

    #[test]
    fn the_cdf_and_the_quantile_never_fall(a in shape(), b in shape()) {
        for member in members(a, b) {
            let quantiles = PROBABILITIES.map(|p| (member.quantile)(p));
            prop_assert!(quantiles.is_sorted(), "{}: {quantiles:?}", member.name);
            let centre = (member.quantile)(0.5);
            let points: Vec<f64> = (0..200).map(|i| centre * f64::from(i) / 100.0).collect();
            for pair in points.windows(2) {
                let (one, two) = ((member.cdf)(pair[0]), (member.cdf)(pair[1]));
                let rounding = 1e-12 * two;
                prop_assert!(two >= one - rounding, "{}: {one} at {}, {two} at {}", member.name, pair[0], pair[1]);
            }
        }
    }

    #[test]
    fn the_two_tails_add_to_one(a in shape(), b in shape(), x in 0.0..3.0_f64) {
        for member in members(a, b) {
            let sum = (member.cdf)(x) + (member.sf)(x);
            prop_assert!((sum - 1.0).abs() < 1e-12, "{} at {x}: {sum}", member.name);
        }
    }

    #[test]
    fn t_is_symmetric_and_its_square_is_an_f(df in shape(), t in 1e-3..30.0_f64) {
        prop_assert!(student::cdf(-t, df).to_bits() == student::sf(t, df).to_bits());
        let p = student::sf(t, df).max(1e-300);
        let back = student::quantile(p, df);
        prop_assert!(back < 0.0 && (student::sf(-back, df) / p - 1.0).abs() < 1e-11);
        let squared = fisher::sf(t * t, 1.0, df);
        prop_assert!((squared / (2.0 * student::sf(t, df)) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_beta_distribution_is_its_own_mirror_image(a in shape(), b in shape(), part in 0..16_777_216_u32) {
        // A point whose mirror image is exact.
        let x = f64::from(part) / 16_777_216.0;
        let (one, other) = (beta::cdf(x, a, b), beta::sf(1.0 - x, b, a));
        prop_assert!((one - other).abs() <= 1e-12 * one, "{one} {other}");
    }
}

#[test]
fn every_function_returns_for_every_size_of_shape() {
    for a in SHAPES {
        for b in SHAPES {
            // The first three have one parameter only.
            for member in members(a, b).into_iter().skip(if b == SHAPES[0] { 0 } else { 3 }) {
                for p in PROBABILITIES {
                    let x = (member.quantile)(p);
                    assert!(!x.is_nan(), "{} at {p}", member.name);
                    for point in [x, -x, 2.0 * x, p, 1e300] {
                        let lower = (member.cdf)(point);
                        let upper = (member.sf)(point);
                        let bounds = -1e-12..=1.0 + 1e-12;
                        assert!(bounds.contains(&lower) && bounds.contains(&upper), "{} at {point}: {lower} {upper}", member.name);
                    }
                }
            }
        }
    }
}

#[test]
fn t_approaches_the_normal_as_its_degrees_of_freedom_grow() {
    for p in [1e-9, 0.0005, 0.025, 0.3, 0.499, 0.501, 0.95, 0.995] {
        let z = normal::quantile(p);
        assert_eq!(student::quantile(p, f64::INFINITY).to_bits(), z.to_bits());
        for df in [1e5, 1e7, 9.9e7, 1.1e8, 1e9, 1e12, 1e15, 9.9e19, 1.1e20, 1e307] {
            // Three terms of the Cornish–Fisher expansion, Abramowitz and Stegun 26.7.5; the next is of order df⁻⁴.
            let (one, two, three) = (
                (z.powi(3) + z) / 4.0,
                (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0,
                (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0,
            );
            let expected = z + (one + (two + three / df) / df) / df;
            let got = student::quantile(p, df);
            assert!((got / expected - 1.0).abs() < 1e-13, "p {p}, df {df}: {got} against {expected}");
        }
    }
}

#[test]
fn arguments_outside_the_domain_give_nan() {
    for bad in [f64::NAN, 0.0, -1.0, -1e300, f64::NEG_INFINITY] {
        for member in members(bad, 2.0).into_iter().skip(1).chain(members(2.0, bad).into_iter().skip(3)) {
            assert!((member.cdf)(0.5).is_nan() && (member.sf)(0.5).is_nan(), "{}", member.name);
            assert!((member.quantile)(0.5).is_nan(), "{}", member.name);
        }
        assert!(gamma::ln_gamma(bad).is_nan());
    }
    for member in members(3.0, 4.0) {
        for p in [f64::NAN, -1e-300, 1.000_000_1, f64::INFINITY] {
            assert!((member.quantile)(p).is_nan(), "{} at {p}", member.name);
        }
        assert!((member.cdf)(f64::NAN).is_nan() && (member.sf)(f64::NAN).is_nan(), "{}", member.name);
    }
}

#[test]
fn the_ends_of_the_support_have_probabilities_zero_and_one() {
    for member in members(3.0, 4.0) {
        let (start, end) = ((member.quantile)(0.0), (member.quantile)(1.0));
        let expected = match member.name.chars().next() {
            Some('n' | 't') => (f64::NEG_INFINITY, f64::INFINITY),
            Some('b') => (0.0, 1.0),
            _ => (0.0, f64::INFINITY),
        };
        assert_eq!((start, end), expected, "{}", member.name);
        assert_eq!(((member.cdf)(start), (member.sf)(start)), (0.0, 1.0), "{}", member.name);
        assert_eq!(((member.cdf)(end), (member.sf)(end)), (1.0, 0.0), "{}", member.name);
    }
}

#[test]
fn f_with_an_infinite_denominator_is_chi_squared_over_its_degrees_of_freedom() {
    for x in [0.1, 1.0, 3.5] {
        assert_eq!(fisher::sf(x, 4.0, f64::INFINITY).to_bits(), chi_squared::sf(4.0 * x, 4.0).to_bits());
        let near = fisher::cdf(x, 4.0, 1e17);
        assert!((near / fisher::cdf(x, 4.0, f64::INFINITY) - 1.0).abs() < 1e-13);
    }
}
