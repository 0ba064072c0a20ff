//! Treatment of outliers.

use super::{Columns, Record, Shape, State, Treated};
use crate::composite::matrix::present;
use crate::composite::statistics::{range, skewness, skewness_kurtosis};
use crate::schema::composite::{CompositeDefinition, Log, Treat};

/// Tests each indicator of each edition and draws in the outliers of those that do not pass.
pub(super) fn treat(treat: &Treat, columns: Columns<'_>, definition: &CompositeDefinition, state: &mut State) -> Record {
    let mut indicators = Vec::new();
    for (column, (_, node, _)) in definition.leaves().enumerate().filter(|(column, _)| columns.has(*column)) {
        if treat.skip.iter().any(|code| code == node.code()) {
            continue;
        }
        for (edition, span) in state.rows.editions().iter().zip(state.rows.spans()) {
            let Some(values) = state.indicators.column_mut(column).get_mut(span.clone()) else { continue };
            let units = state.rows.units().get(span.clone()).unwrap_or_default();
            indicators.push(one(treat, (edition, units), node.code(), values));
        }
    }
    Record::Treated { indicators }
}

fn shape(values: &[f64]) -> Shape {
    let (skewness, kurtosis) = skewness_kurtosis(present(values));
    Shape { skewness, kurtosis }
}

/// Whether a shape needs no treatment; one that cannot be told does not.
fn passes(treat: &Treat, shape: Shape) -> bool {
    match (shape.skewness, shape.kurtosis) {
        (Some(skewness), Some(kurtosis)) => skewness.abs() < treat.skewness || kurtosis < treat.kurtosis,
        _ => true,
    }
}

/// Treats the values of one indicator in one edition.
fn one(treat: &Treat, (edition, units): (&str, &[String]), indicator: &str, values: &mut [f64]) -> Treated {
    let before = shape(values);
    let passed = passes(treat, before);
    let mut treated = Treated {
        edition: edition.to_owned(),
        indicator: indicator.to_owned(),
        before,
        passed,
        winsorised: 0,
        winsorised_units: Vec::new(),
        winsorised_shape: None,
        transformed: false,
        after: None,
    };
    if passed {
        return treated;
    }
    let original = values.to_vec();
    treated.winsorised = winsorise(treat, values);
    let replaced = |((_, value), old): &((&String, &f64), &f64)| value.total_cmp(old).is_ne();
    let changed = units.iter().zip(values.iter()).zip(&original).filter(replaced);
    treated.winsorised_units = changed.map(|((unit, _), _)| unit.clone()).collect();
    let drawn_in = shape(values);
    (treated.winsorised_shape, treated.after) = (Some(drawn_in), Some(drawn_in));
    if let Some(log) = treat.then.filter(|_| !passes(treat, drawn_in)) {
        if !treat.combine {
            values.copy_from_slice(&original);
            treated.winsorised = 0;
            treated.winsorised_units.clear();
        }
        transform(log, values);
        treated.transformed = true;
        treated.after = Some(shape(values));
    }
    treated
}

/// Replaces the most extreme values on the side of the skewness by the next one, until the shape passes or so many are replaced
/// as may be; values that tie are replaced together. Returns how many were.
fn winsorise(treat: &Treat, values: &mut [f64]) -> u32 {
    let (mut high, mut low) = (0_u32, 0_u32);
    while high + low < treat.winsorise && !passes(treat, shape(values)) {
        let upper = skewness(present(values)).is_none_or(|skewness| skewness >= 0.0);
        let Some((least, greatest)) = range(present(values)) else { break };
        let extreme = if upper { greatest } else { least };
        let rest = range(present(values).filter(|value| value.total_cmp(&extreme).is_ne()));
        let Some(next) = rest.map(|(least, greatest)| if upper { greatest } else { least }) else { break };
        let mut replaced = 0_u32;
        for value in values.iter_mut().filter(|value| value.total_cmp(&extreme).is_eq()) {
            *value = next;
            replaced = replaced.saturating_add(1);
        }
        // What was replaced before ties with the extreme and is replaced again: the count is of values, not of rounds.
        *(if upper { &mut high } else { &mut low }) = replaced;
    }
    high + low
}

/// Transforms values; see [`Log`] for the formulas. A missing value stays missing, and what has no logarithm becomes so.
fn transform(log: Log, values: &mut [f64]) {
    let Some((least, greatest)) = range(present(values)) else { return };
    let spread = greatest - least;
    let mirrored = log == Log::LogCtPlus && skewness(present(values)).is_some_and(|skewness| skewness < 0.0);
    for value in values.iter_mut() {
        let above = *value - least;
        let transformed = match log {
            Log::LogCtPlus if mirrored => -libm::log(greatest - *value + 0.01 * spread),
            Log::LogCt | Log::LogCtPlus => libm::log(above + 0.01 * spread),
            Log::LogGii => libm::log((greatest - 1.0) * above / spread + 1.0),
            Log::LogCtOrig | Log::BoxCox { lambda: 0.0 } => libm::log(above + 1.0),
            Log::BoxCox { lambda } => (libm::pow(above + 1.0, lambda) - 1.0) / lambda,
        };
        *value = if transformed.is_finite() { transformed } else { f64::NAN };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units(n: usize) -> Vec<String> {
        (0..n).map(|unit| format!("u{unit}")).collect()
    }

    fn rule(then: Option<Log>) -> Treat {
        Treat { skewness: 2.0, kurtosis: 3.5, winsorise: 5, then, combine: false, skip: Vec::new() }
    }

    #[test]
    fn values_that_tie_at_the_end_are_replaced_together_and_counted_once_each() {
        let mut values: Vec<f64> = (1..=20).map(f64::from).chain([200.0, 900.0]).collect();
        let treated = one(&rule(None), ("2024", &units(22)), "x", &mut values);
        assert_eq!((treated.passed, treated.winsorised, treated.transformed), (false, 2, false));
        assert_eq!(treated.winsorised_units, ["u20", "u21"]);
        assert_eq!(values[20..], [20.0, 20.0]);
    }

    #[test]
    fn a_transformation_follows_on_the_original_values_unless_combined() {
        let long_tail = || (0..30).map(|n| libm::exp(f64::from(n) * 0.5)).collect::<Vec<f64>>();
        let (mut apart, mut together) = (long_tail(), long_tail());
        let one_at_most = Treat { winsorise: 1, ..rule(Some(Log::LogCt)) };
        let once = one(&one_at_most, ("", &units(30)), "x", &mut apart);
        let combined = one(&Treat { combine: true, ..one_at_most }, ("", &units(30)), "x", &mut together);
        assert_eq!((once.transformed, once.winsorised, combined.transformed, combined.winsorised), (true, 0, true, 1));
        assert_eq!((once.winsorised_units.len(), combined.winsorised_units), (0, vec!["u29".to_owned()]));
        let top = libm::exp(14.5);
        assert!((apart[29] - libm::log(top - 1.0 + 0.01 * (top - 1.0))).abs() < 1e-12);
        assert!(together[29] < apart[29]);
        assert!(once.after.unwrap().skewness.unwrap() < once.before.skewness.unwrap());
    }

    #[test]
    fn each_transformation_is_its_formula() {
        let each = |log| {
            let mut values = [1.0, 3.0, f64::NAN, 5.0];
            transform(log, &mut values);
            values
        };
        assert!(each(Log::LogCt)[2].is_nan());
        assert!((each(Log::LogCt)[1] - libm::log(2.04)).abs() < 1e-15);
        assert!((each(Log::LogCtOrig)[3] - libm::log(5.0)).abs() < 1e-15);
        assert!((each(Log::LogGii)[3] - libm::log(5.0)).abs() < 1e-15, "the greatest value is its own logarithm");
        assert!((each(Log::BoxCox { lambda: 2.0 })[1] - 4.0).abs() < 1e-15);
        assert!((each(Log::BoxCox { lambda: 0.0 })[1] - libm::log(3.0)).abs() < 1e-15);
        let mut left_tail = [1.0, 8.0, 9.0, 9.5];
        transform(Log::LogCtPlus, &mut left_tail);
        assert!((left_tail[0] + libm::log(8.5 + 0.085)).abs() < 1e-15);
        assert!(left_tail.is_sorted(), "the direction stays");
    }
}
