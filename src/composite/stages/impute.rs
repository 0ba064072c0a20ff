//! Imputation: values where there are none.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Columns, Filled, Record, State, em, leaf_codes};
use crate::composite::matrix::Matrix;
use crate::composite::statistics::{mean, median};
use crate::schema::composite::{Centre, CompositeDefinition, Imputation, Impute};

/// Fills in what it can and writes down every value that it put in.
pub(super) fn impute(impute: &Impute, columns: Columns<'_>, definition: &CompositeDefinition, state: &mut State) -> Record {
    let gaps = gaps(columns, state);
    match &impute.method {
        Imputation::Centre { of, group } => {
            let by = group.as_ref().and_then(|name| definition.attributes().iter().position(|known| known == name));
            centre(*of, by, columns, state);
        }
        Imputation::Latest => panel(columns, state, latest),
        Imputation::Linear => panel(columns, state, linear),
        Imputation::Em { iterations, tolerance } => em::fill(definition, state, *iterations, *tolerance),
    }
    let codes = leaf_codes(definition);
    let fill = |(column, row): &(usize, usize)| {
        let value = state.indicators.get(*row, *column)?;
        let edition = state.rows.editions().get(state.rows.edition_of(*row)).cloned().unwrap_or_default();
        let unit = state.rows.units().get(*row).cloned().unwrap_or_default();
        Some(Filled { edition, unit, indicator: (*codes.get(*column)?).to_owned(), value })
    };
    let filled: Vec<Filled> = gaps.iter().filter_map(fill).collect();
    let left = gaps.len() - filled.len();
    Record::Imputed { filled, left }
}

/// Column and row of each missing value.
fn gaps(columns: Columns<'_>, state: &State) -> Vec<(usize, usize)> {
    let mut gaps = Vec::new();
    for column in (0..state.indicators.columns()).filter(|column| columns.has(*column)) {
        let values = state.indicators.column(column).iter().enumerate();
        gaps.extend(values.filter(|(_, value)| value.is_nan()).map(|(row, _)| (column, row)));
    }
    gaps
}

/// The mean or median of the edition, or of the unit's group in it; a group without a value stays without.
fn centre(of: Centre, group: Option<usize>, columns: Columns<'_>, state: &mut State) {
    let members = members(group, state);
    for column in (0..state.indicators.columns()).filter(|column| columns.has(*column)) {
        for rows in &members {
            let values = state.indicators.column(column);
            let known: Vec<f64> = present_at(values, rows).collect();
            if known.len() == rows.len() {
                continue;
            }
            let value = match of {
                Centre::Mean => mean(known.iter().copied()),
                Centre::Median => median(known.iter().copied()),
            };
            fill_gaps(&mut state.indicators, column, rows, |_| value);
        }
    }
}

/// The rows of each edition, and of each group in it; a unit of no group is filled in from no group.
fn members(group: Option<usize>, state: &State) -> Vec<Vec<usize>> {
    let groups = group.and_then(|place| state.attributes.get(place));
    let mut all = Vec::new();
    for span in state.rows.spans() {
        let Some(names) = groups else {
            all.push(span.clone().collect());
            continue;
        };
        let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for row in span.clone() {
            if let Some(name) = names.get(row).and_then(Option::as_deref) {
                members.entry(name).or_default().push(row);
            }
        }
        all.extend(members.into_values());
    }
    all
}

/// The values of some rows that are there.
fn present_at<'a>(values: &'a [f64], rows: &'a [usize]) -> impl Iterator<Item = f64> + 'a {
    rows.iter().filter_map(|row| values.get(*row)).copied().filter(|value| !value.is_nan())
}

/// A unit's values over the editions: time and value, in order.
type Series = [(f64, f64)];

/// Fills in each unit's series by `value`, which is given what is known and the time that is asked for.
fn panel(columns: Columns<'_>, state: &mut State, value: fn(&Series, f64) -> Option<f64>) {
    let all = Arc::clone(&state.rows);
    let times = times(all.editions());
    let mut units: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (row, unit) in all.units().iter().enumerate() {
        units.entry(unit).or_default().push(row);
    }
    let time = |row: usize| times.get(all.edition_of(row)).copied().unwrap_or_default();
    for column in (0..state.indicators.columns()).filter(|column| columns.has(*column)) {
        for rows in units.values() {
            let known: Vec<(f64, f64)> = rows.iter().filter_map(|row| Some((time(*row), state.indicators.get(*row, column)?))).collect();
            fill_gaps(&mut state.indicators, column, rows, |row| value(&known, time(row)));
        }
    }
}

fn fill_gaps(matrix: &mut Matrix, column: usize, rows: &[usize], value: impl Fn(usize) -> Option<f64>) {
    for row in rows {
        if matrix.get(*row, column).is_none() {
            matrix.set(*row, column, value(*row));
        }
    }
}

/// The editions as points in time: years where all are numbers, else their order.
#[allow(clippy::cast_precision_loss)] // a list of editions
fn times(editions: &[String]) -> Vec<f64> {
    let years: Option<Vec<f64>> = editions.iter().map(|edition| edition.parse().ok().filter(|year: &f64| year.is_finite())).collect();
    years.unwrap_or_else(|| (0..editions.len()).map(|place| place as f64).collect())
}

fn latest(known: &Series, time: f64) -> Option<f64> {
    known.iter().rev().find(|(at, _)| *at < time).map(|(_, value)| *value)
}

/// # Formula
/// `y₀ + (y₁ − y₀)(t − t₀)/(t₁ − t₀)` between the neighbours, the nearest value beyond them.
fn linear(known: &Series, time: f64) -> Option<f64> {
    let before = known.iter().rev().find(|(at, _)| *at < time);
    let after = known.iter().find(|(at, _)| *at > time);
    match (before, after) {
        (Some((t0, y0)), Some((t1, y1))) => Some(y0 + (y1 - y0) * (time - t0) / (t1 - t0)),
        (Some((_, only)), None) | (None, Some((_, only))) => Some(*only),
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_is_filled_from_before_or_between_or_from_the_nearest_end() {
        let known = [(2010.0, 4.0), (2014.0, 8.0)];
        assert_eq!([2009.0, 2012.0, 2020.0].map(|time| latest(&known, time)), [None, Some(4.0), Some(8.0)]);
        assert_eq!([2009.0, 2011.0, 2020.0].map(|time| linear(&known, time)), [Some(4.0), Some(5.0), Some(8.0)]);
        assert_eq!(linear(&[], 2010.0), None);
    }

    #[test]
    fn years_are_points_in_time_and_other_editions_their_order() {
        let times = |editions: &[&str]| super::times(&editions.iter().map(|edition| (*edition).to_owned()).collect::<Vec<_>>());
        assert_eq!(times(&["2010", "2012"]), [2010.0, 2012.0]);
        assert_eq!(times(&["2010-I", "2010-II"]), [0.0, 1.0]);
    }

    #[test]
    fn each_method_fills_what_it_can_and_says_so() {
        use crate::composite::{Observation, Table};
        use crate::schema::composite::sample::{composite, definition};
        let definition = definition(&composite());
        let mut table = Table::default();
        let mut put = |edition: &str, unit: &str, region: &str, days: Option<f64>| {
            table.describe(edition, unit, "region", region);
            table.insert(edition, unit, "days", Observation { value: days, ..Observation::default() });
        };
        put("2023", "a", "north", Some(2.0));
        put("2024", "a", "north", Some(4.0));
        put("2024", "b", "north", None);
        put("2024", "c", "south", Some(10.0));
        put("2024", "d", "south", Some(40.0));
        put("2024", "e", "east", None);
        put("2025", "a", "north", None);
        let filled = |method: Imputation| {
            let mut state = table.state(&definition);
            let Record::Imputed { filled, left } = impute(&Impute { method }, Columns::All, &definition, &mut state) else {
                panic!("it imputes")
            };
            let filled: Vec<(String, f64)> =
                filled.into_iter().map(|cell| (format!("{} {}", cell.edition, cell.unit), cell.value)).collect();
            (filled, left)
        };
        let named = |list: &[(&str, f64)]| list.iter().map(|(cell, value)| ((*cell).to_owned(), *value)).collect::<Vec<_>>();
        // Two more leaves are missing in all seven rows.
        let group = Imputation::Centre { of: Centre::Mean, group: Some("region".into()) };
        assert_eq!(filled(group), (named(&[("2024 b", 4.0)]), 2 + 14), "an empty group stays empty");
        let median = Imputation::Centre { of: Centre::Median, group: None };
        assert_eq!(filled(median), (named(&[("2024 b", 10.0), ("2024 e", 10.0)]), 1 + 14));
        assert_eq!(filled(Imputation::Latest), (named(&[("2025 a", 4.0)]), 2 + 14));
        assert_eq!(filled(Imputation::Linear), (named(&[("2025 a", 4.0)]), 2 + 14));
    }
}
