//! Confidence intervals for one estimate, from its design-based variance.
//!
//! All take a variance (the square of the standard error), the degrees of freedom of the (sub)design (infinity gives the
//! normal quantile) and a two-sided level such as 0.95, and return `(low, high)`. For proportions the estimate lies
//! between 0 and 1. A NaN, a negative variance, degrees of freedom that are not positive or a level outside 0 to 1 give
//! NaN bounds. [`logit`], [`asin`], [`likelihood`] and [`wilson`] are NaN at 0 and 1, where the variance is 0 and says
//! nothing; only [`beta`] knows the sample size and has an honest interval there. [`Share`] has one by every method.
//!
//! The methods are those of `svyciprop` in R's `survey` package, under the names it gives them.

mod profile;
mod share;

pub use profile::InterceptFit;
pub use share::{Share, ShareInterval};

use crate::numeric::distribution::{self, student};

/// The t quantile that cuts off half of what the level leaves: `t(1 − (1 − level)/2; df)`.
///
/// # Formula
/// See [`student::quantile`]. The half that is cut off is formed first, so that no digit of it is lost.
#[must_use]
pub fn multiplier(level: f64, df: f64) -> f64 {
    if level > 0.0 && level < 1.0 { -student::quantile(0.5 * (1.0 - level), df) } else { f64::NAN }
}

/// `estimate ∓ t · se`; for a mean, a total or any score. Not held to any range.
///
/// # Formula
/// Särndal, Swensson and Wretman (1992), section 2.11, with t in place of z; `confint` and method `mean` of `survey`.
#[must_use]
pub fn linear(estimate: f64, variance: f64, df: f64, level: f64) -> (f64, f64) {
    around(estimate, variance, multiplier(level, df))
}

/// The same, where the [`multiplier`] is known: it depends on the degrees of freedom alone, and takes far longer than the rest.
#[must_use]
pub fn around(estimate: f64, variance: f64, multiplier: f64) -> (f64, f64) {
    let half = multiplier * libm::sqrt(variance);
    (estimate - half, estimate + half)
}

/// Symmetric on the scale of the log odds, so that it stays within 0 to 1.
///
/// # Formula
/// `expit(logit p ∓ t √v / (p (1 − p)))`: method `xlogit` of `survey`; its method `logit` fits a model with
/// an intercept only and ends at the same interval up to that fit's tolerance (about 1e-9).
#[must_use]
pub fn logit(p: f64, variance: f64, df: f64, level: f64) -> (f64, f64) {
    if !inside(p) {
        return (f64::NAN, f64::NAN);
    }
    let (low, high) = linear(log_odds(p), variance / (p * (1.0 - p)) / (p * (1.0 - p)), df, level);
    (expit(low), expit(high))
}

/// Symmetric on the arcsine scale, which makes the variance of a proportion nearly constant.
///
/// # Formula
/// `sin²(arcsin √p ∓ t √v / (2 √(p (1 − p))))`, method `asin` of `survey`; the angle is held to a quarter turn, beyond
/// which the sine would turn back.
#[must_use]
pub fn asin(p: f64, variance: f64, df: f64, level: f64) -> (f64, f64) {
    if !inside(p) {
        return (f64::NAN, f64::NAN);
    }
    let (low, high) = linear(libm::asin(libm::sqrt(p)), variance / (4.0 * p * (1.0 - p)), df, level);
    let back = |angle: f64| {
        let sine = libm::sin(angle.clamp(0.0, std::f64::consts::FRAC_PI_2));
        sine * sine
    };
    (back(low), back(high))
}

/// Wilson's score interval at the effective sample size.
///
/// # Formula
/// `(p + t²/2n ∓ t √(p (1 − p)/n + t²/4n²)) / (1 + t²/n)` with `n = p (1 − p)/v`: Wilson (1927), with t in place of z as
/// method `wilson` of `survey` 4.5 has it.
#[must_use]
pub fn wilson(p: f64, variance: f64, df: f64, level: f64) -> (f64, f64) {
    if !inside(p) {
        return (f64::NAN, f64::NAN);
    }
    let t = multiplier(level, df);
    // In terms of t²/n, which is 0 rather than 0/0 where the variance is.
    let share = t * t * variance / (p * (1.0 - p));
    let half = 0.5 * share + libm::sqrt(share * (p * (1.0 - p) + 0.25 * share));
    // The formula's two roots multiply to p² / (1 + t²/n): by that each bound comes out of a sum, without cancellation.
    (p * p / (p + half), 1.0 - (1.0 - p) * (1.0 - p) / (1.0 - p + half))
}

/// The shares that a likelihood-ratio test does not reject, at the effective sample size.
///
/// `answers` is how many rows have an answer.
///
/// # Formula
/// The two `q` with `2 e (p ln(p/q) + (1 − p) ln((1 − p)/(1 − q))) = t² n/(n − 1)`, `e = p (1 − p)/v`: the profile of the
/// quasi-binomial model under the first-order correction of Rao and Scott (1984), Annals of Statistics 12; `n/(n − 1)` is the
/// dispersion of that model's Pearson residuals. Method `likelihood` of `survey` interpolates between a few points of it, see
/// [`ShareInterval::Profile`].
#[must_use]
pub fn likelihood(p: f64, variance: f64, df: f64, answers: f64, level: f64) -> (f64, f64) {
    let t = multiplier(level, df);
    let nats = 0.5 * t * t * answers / (answers - 1.0) * variance / (p * (1.0 - p));
    if !(inside(p) && nats >= 0.0 && nats.is_finite()) {
        return (f64::NAN, f64::NAN);
    }
    // The upper bound as one minus the mirror image's lower bound.
    (diverging(p, nats), 1.0 - diverging(1.0 - p, nats))
}

/// The share `q ≤ p` with `p ln(p/q) + (1 − p) ln((1 − p)/(1 − q)) = nats`.
///
/// In the log odds of `q` the divergence is convex with its minimum at `p`, so Newton's method from below the root closes in
/// from that side, whatever the start.
fn diverging(p: f64, nats: f64) -> f64 {
    const STEPS: usize = 200;
    if nats == 0.0 {
        return p;
    }
    // A start below the root: there p ln(p/q) alone is as large as what is sought and the most that the other term takes away.
    let start = p * libm::exp(-(nats - (1.0 - p) * libm::log1p(-p)) / p);
    if start < f64::MIN_POSITIVE {
        return start;
    }
    let mut odds = log_odds(start);
    for _ in 0..STEPS {
        let q = expit(odds);
        let step = (divergence(p, q) - nats) / (p - q);
        odds += step;
        if step.is_nan() || step <= 1e-15 * odds.abs() {
            break;
        }
    }
    expit(odds).min(p)
}

/// How far a share `q` is from `p`: `p ln(p/q) + (1 − p) ln((1 − p)/(1 − q))`, without cancellation where they are close.
fn divergence(p: f64, q: f64) -> f64 {
    let ln_ratio = |to: f64, from: f64, more: f64| if more.abs() < 0.5 * from { libm::log1p(more / from) } else { libm::log(to / from) };
    -p * ln_ratio(q, p, q - p) - (1.0 - p) * ln_ratio(1.0 - q, 1.0 - p, p - q)
}

/// Korn and Graubard's interval: Clopper and Pearson's exact one at the effective sample size.
///
/// `n` is the number of rows in the (sub)design, those without an answer included. For 0 and 1, whose variance is 0, the
/// effective sample size is taken to be `n` (the rule of the U.S. National Center for Health Statistics, 2017); R's
/// formula is 0/0 there.
///
/// # Formula
/// `e = p (1 − p)/v · (t(α/2; n − 1) / t(α/2; df))²`, then the α/2 quantile of beta(`e p`, `e (1 − p) + 1`) and the
/// 1 − α/2 quantile of beta(`e p + 1`, `e (1 − p)`): Korn and Graubard (1998), Survey Methodology 24; method `beta` of
/// `survey`.
#[must_use]
pub fn beta(p: f64, variance: f64, df: f64, n: f64, level: f64) -> (f64, f64) {
    let certain = variance == 0.0 && (0.0..=1.0).contains(&p) && !inside(p);
    let (t, t_simple) = (multiplier(level, df), multiplier(level, n - 1.0));
    if t.is_nan() || t_simple.is_nan() && !certain || !(certain || inside(p) && variance >= 0.0) {
        return (f64::NAN, f64::NAN);
    }
    if variance == 0.0 && !certain {
        return (p, p);
    }
    let ratio = t_simple / t;
    let size = if certain { n } else { p * (1.0 - p) / variance * ratio * ratio };
    let (yes, no) = (size * p, size * (1.0 - p));
    let half = 0.5 * (1.0 - level);
    let low = if yes > 0.0 { distribution::beta::quantile(half, yes, no + 1.0) } else { 0.0 };
    // The upper bound as one minus the mirror image's lower bound: its small tail keeps its digits.
    let high = if no > 0.0 { 1.0 - distribution::beta::quantile(half, no, yes + 1.0) } else { 1.0 };
    (low, high)
}

/// Whether a proportion lies strictly between 0 and 1.
fn inside(p: f64) -> bool {
    p > 0.0 && p < 1.0
}

/// `ln(p / (1 − p))`.
fn log_odds(p: f64) -> f64 {
    libm::log(p) - libm::log1p(-p)
}

/// `1 / (1 + e^(−x))`.
fn expit(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use serde_json::Value;

    use super::*;

    const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/survey");

    /// The rows of the case's data that its `where` (always `column == value`) keeps, and PSUs minus strata among them:
    /// the `df` of the file is the whole design's, the interval was made with the domain's.
    fn rows_and_df(case: &Value) -> (f64, f64) {
        let mut table = csv::Reader::from_path(format!("{FOLDER}/{}", case["data"].as_str().unwrap())).unwrap();
        let headers = table.headers().unwrap().clone();
        let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
        let first = |part: &str| case["design"][part][0].as_str().map(column);
        let (psu, stratum) = (first("ids"), first("strata"));
        let condition = case["estimator"]["where"]
            .as_str()
            .map(|text| text.split_once(" == ").unwrap())
            .map(|(name, value)| (column(name), value.trim_matches('\'')));
        let (mut rows, mut psus, mut strata) = (0_u32, BTreeSet::new(), BTreeSet::new());
        for record in table.records().map(Result::unwrap) {
            if condition.is_some_and(|(column, value)| record[column] != *value) {
                continue;
            }
            rows += 1;
            let stratum = stratum.map_or(String::new(), |column| record[column].to_owned());
            psus.insert((stratum.clone(), psu.map_or_else(|| rows.to_string(), |column| record[column].to_owned())));
            strata.insert(stratum);
        }
        let count = |number: usize| f64::from(u32::try_from(number).unwrap());
        (f64::from(rows), count(psus.len()) - count(strata.len()))
    }

    #[test]
    fn every_proportion_interval_of_r_is_matched() {
        let mut worst: BTreeMap<String, (u32, f64)> = BTreeMap::new();
        for file in ["02_proportions.json", "10_wilson_survey45.json"] {
            let text = std::fs::read_to_string(format!("{FOLDER}/{file}")).unwrap();
            let golden: Value = serde_json::from_str(&text).unwrap();
            for case in golden["cases"].as_array().unwrap() {
                let method = case["estimator"]["method"].as_str().unwrap_or_default();
                if case["estimator"]["fn"] != "prop_ci" || method == "likelihood" {
                    continue;
                }
                let (id, expected) = (case["id"].as_str().unwrap(), &case["expected"]);
                let number = |name: &str| expected[name][0].as_f64().unwrap();
                let (p, variance, level) = (number("est"), number("se").powi(2), case["level"].as_f64().unwrap());
                let (n, df) = rows_and_df(case);
                let (low, high) = match method {
                    "mean" => linear(p, variance, df, level),
                    "logit" | "xlogit" => logit(p, variance, df, level),
                    "asin" => asin(p, variance, df, level),
                    "beta" => beta(p, variance, df, n, level),
                    "wilson" => wilson(p, variance, df, level),
                    other => panic!("no method {other}"),
                };
                let difference = (low / number("ci_low") - 1.0).abs().max((high / number("ci_high") - 1.0).abs());
                let bar = if method == "logit" { 1e-8 } else { 1e-11 };
                assert!(difference <= bar, "{id}: ({low}, {high}) is off by {difference:.1e}");
                let entry = worst.entry(method.to_owned()).or_default();
                *entry = (entry.0 + 1, entry.1.max(difference));
            }
        }
        println!("cases and worst relative difference: {worst:?}");
        assert_eq!(worst.values().map(|entry| entry.0).sum::<u32>(), 120);
    }

    #[test]
    fn korn_and_graubard_at_zero_and_one_is_clopper_and_pearson() {
        // With no success in n, the upper bound u solves (1 − u)ⁿ = α/2.
        let (low, high) = beta(0.0, 0.0, 18.0, 30.0, 0.95);
        assert_eq!(low.to_bits(), 0.0_f64.to_bits());
        assert!((high - (1.0 - 0.025_f64.powf(1.0 / 30.0))).abs() < 1e-15);
        let (mirrored, one) = beta(1.0, 0.0, 18.0, 30.0, 0.95);
        assert!((mirrored - (1.0 - high)).abs() < 1e-15 && (one - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn intervals_of_proportions_stay_within_zero_and_one() {
        for p in [1e-6, 0.01, 0.5, 0.97, 1.0 - 1e-6] {
            for variance in [0.0, 1e-12, 1e-4, 0.05, 3.0] {
                for df in [1.0, 7.0, 1e9, f64::INFINITY] {
                    let all = [
                        logit(p, variance, df, 0.95),
                        asin(p, variance, df, 0.95),
                        wilson(p, variance, df, 0.95),
                        beta(p, variance, df, 50.0, 0.95),
                    ];
                    for (low, high) in all {
                        let near = 1e-9;
                        assert!(0.0 <= low && low <= p + near && p - near <= high && high <= 1.0, "{p} {variance} {df}: {all:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn what_makes_no_sense_gives_nan() {
        for (p, variance, df, level) in [
            (f64::NAN, 0.01, 9.0, 0.95),
            (0.5, -0.01, 9.0, 0.95),
            (0.5, 0.01, 0.0, 0.95),
            (0.5, 0.01, 9.0, 0.0),
            (0.5, 0.01, 9.0, 1.0),
            (0.5, 0.01, 9.0, 95.0),
        ] {
            for (low, high) in [
                linear(p, variance, df, level),
                logit(p, variance, df, level),
                asin(p, variance, df, level),
                wilson(p, variance, df, level),
                beta(p, variance, df, 50.0, level),
            ] {
                assert!(low.is_nan() && high.is_nan(), "{p} {variance} {df} {level}: {low} {high}");
            }
        }
    }
}
