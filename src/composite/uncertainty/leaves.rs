//! Intervals of the values that indicators came with.

use serde::Serialize;

use super::super::table::Table;
use crate::schema::composite::CompositeDefinition;
use crate::scoring::interval::linear;

/// A value of the table with its interval, in the indicator's own unit of measure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LeafInterval {
    /// The value in force, as the table has it.
    pub value: f64,
    /// Its standard error.
    pub se: f64,
    /// The degrees of freedom of the standard error; none: it counts as known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub df: Option<f64>,
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

/// The values of one indicator.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeafUncertainty {
    /// The code of the indicator.
    pub leaf: String,
    /// The unit of measure, where the definition says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured_in: Option<String>,
    /// A value for each unit; none where it has no standard error.
    pub units: Vec<Option<LeafInterval>>,
}

/// The indicators of which any of `units` has a value with a standard error of its own in `edition`, in the order of the definition.
///
/// The intervals are on the scale of the table, where the standard errors stand: before denominators, treatment and
/// normalisation. A leaf's normalised score is a transformation of its value, by goalposts that may depend on other units; it gets
/// no interval here, and its parents get theirs from [`propagate`](super::propagate).
///
/// # Formula
/// `value ∓ t · se` with the table's degrees of freedom, [`linear`]; so that the interval of a share may reach beyond 0 or 100.
#[must_use]
pub fn leaf_intervals(
    definition: &CompositeDefinition,
    table: &Table,
    edition: &str,
    units: &[String],
    level: f64,
) -> Vec<LeafUncertainty> {
    let interval = |unit: &str, code: &str| {
        let observation = table.get(edition, unit, code)?;
        let (value, se) = (observation.value?, observation.standard_error.filter(|se| *se > 0.0)?);
        let (low, high) = linear(value, se * se, observation.df.unwrap_or(f64::INFINITY), level);
        Some(LeafInterval { value, se, df: observation.df, low, high })
    };
    let leaves = definition.leaves().map(|(_, node, indicator)| LeafUncertainty {
        leaf: node.code().to_owned(),
        measured_in: indicator.unit.clone(),
        units: units.iter().map(|unit| interval(unit, node.code())).collect(),
    });
    leaves.filter(|leaf| leaf.units.iter().any(Option::is_some)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::composite::Observation;
    use crate::schema::composite::sample::{composite, definition};

    #[test]
    fn a_value_with_a_standard_error_has_its_interval_in_its_own_unit_of_measure() {
        let mut table = Table::default();
        let lines = [
            ("A", "days", 12.0, Some(2.0), Some(10.0)),
            ("A", "trust", 0.5, Some(0.1), None),
            ("A", "shops", 3.0, None, None),
            ("B", "days", 7.0, Some(0.0), Some(10.0)),
            ("C", "days", 9.0, Some(1.0), Some(1.0)),
        ];
        for (unit, code, value, standard_error, df) in lines {
            let observation = Observation { value: Some(value), standard_error, df, ..Observation::default() };
            table.insert("2024", unit, code, observation);
        }
        let restated = Observation { value: Some(13.0), standard_error: Some(1.5), df: Some(10.0), revision: 1, ..Observation::default() };
        table.insert("2024", "A", "days", restated);
        let units = ["A", "B", "C"].map(str::to_owned);
        let found = leaf_intervals(&definition(&composite()), &table, "2024", &units, 0.95);
        assert_eq!(found.iter().map(|leaf| leaf.leaf.as_str()).collect::<Vec<_>>(), ["days", "trust"], "no error, no interval");
        assert_eq!((found[0].measured_in.as_deref(), found[1].measured_in.as_deref()), (Some("days"), None));
        assert_eq!(found[0].units[1], None, "an error of 0 is none");
        // Quantiles of Student's t and the normal distribution from printed tables.
        for (found, centre, half) in [
            (found[0].units[0], 13.0, 2.228_138_852 * 1.5),
            (found[0].units[2], 9.0, 12.706_204_736),
            (found[1].units[0], 0.5, 1.959_963_985 * 0.1),
        ] {
            let found = found.unwrap();
            assert!((found.low - (centre - half)).abs() < 1e-8 && (found.high - (centre + half)).abs() < 1e-8, "{found:?}");
        }
        assert!(leaf_intervals(&definition(&composite()), &table, "2023", &units, 0.95).is_empty());
    }
}
