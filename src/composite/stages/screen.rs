//! Screening: units with too little data leave.

use std::sync::Arc;

use super::{Record, Removed, State};
use crate::schema::composite::Screen;

/// Takes out every unit that misses a threshold, edition by edition.
#[allow(clippy::cast_precision_loss)] // counts of indicators
pub(super) fn screen(screen: &Screen, state: &mut State) -> Record {
    let columns = state.indicators.columns();
    let (mut kept, mut removed) = (Vec::with_capacity(state.rows.len()), Vec::new());
    for (row, (edition, unit)) in state.rows.keys().enumerate() {
        let values = (0..columns).filter_map(|column| state.indicators.get(row, column));
        let (n, zeros) = values.fold((0_usize, 0_usize), |(n, zeros), value| (n + 1, zeros + usize::from(value == 0.0)));
        let available = n as f64 / columns.max(1) as f64;
        let non_zero = (n - zeros) as f64 / n.max(1) as f64;
        let passes = screen.available.is_none_or(|least| available >= least) && screen.non_zero.is_none_or(|least| non_zero >= least);
        let forced = |units: &[String]| units.iter().any(|named| named == unit);
        let keep = (passes || forced(&screen.keep)) && !forced(&screen.drop);
        kept.push(keep);
        if !keep {
            removed.push(Removed { edition: edition.to_owned(), unit: unit.to_owned(), available, non_zero });
        }
    }
    if !removed.is_empty() {
        state.rows = Arc::new(state.rows.filter(&kept));
        state.indicators = state.indicators.filter(&kept);
        state.denominators = state.denominators.filter(&kept);
        for attribute in Arc::make_mut(&mut state.attributes) {
            let mut kept = kept.iter();
            attribute.retain(|_| kept.next().copied().unwrap_or(false));
        }
    }
    Record::Screened { removed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::composite::{Observation, Table};
    use crate::schema::composite::sample::{composite, definition};

    #[test]
    fn units_leave_that_miss_a_threshold_unless_they_are_named() {
        let definition = definition(&composite());
        let mut table = Table::default();
        let rows = [
            ("a", [Some(1.0), Some(2.0), Some(3.0)]),
            ("b", [Some(1.0), None, None]),
            ("c", [Some(0.0), Some(0.0), Some(1.0)]),
            ("d", [None; 3]),
        ];
        for (unit, values) in rows {
            table.describe("2024", unit, "region", unit);
            for (code, value) in ["days", "shops", "trust"].iter().zip(values) {
                table.insert("2024", unit, code, Observation { value, ..Observation::default() });
            }
        }
        let kept = |rule: Screen| {
            let mut state = table.state(&definition);
            let Record::Screened { removed } = screen(&rule, &mut state) else { panic!("it screens") };
            assert_eq!((removed.len(), state.indicators.rows()), (4 - state.rows.len(), state.rows.len()));
            assert_eq!(
                state.attributes[0],
                state.rows.units().iter().cloned().map(Some).collect::<Vec<_>>(),
                "all parts lose the same rows"
            );
            state.rows.units().join("")
        };
        assert_eq!(kept(Screen::default()), "abcd");
        assert_eq!(kept(Screen { available: Some(0.5), ..Screen::default() }), "ac");
        assert_eq!(kept(Screen { non_zero: Some(0.5), ..Screen::default() }), "ab");
        assert_eq!(kept(Screen { available: Some(1.0), keep: vec!["d".into()], drop: vec!["a".into()], ..Screen::default() }), "cd");
    }
}
