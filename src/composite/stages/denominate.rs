//! Denominators: per head, per unit of output.

use super::{Columns, Filled, Record, State};
use crate::schema::composite::CompositeDefinition;

/// Divides each indicator that has a denominator by it, told for its `per`.
///
/// # Formula
/// `x / d · per`
pub(super) fn denominate(columns: Columns<'_>, definition: &CompositeDefinition, state: &mut State) -> Record {
    let (mut indicators, mut lost) = (Vec::new(), Vec::new());
    for (column, (_, node, indicator)) in definition.leaves().enumerate().filter(|(column, _)| columns.has(*column)) {
        let Some(by) = indicator.denominator.as_ref().and_then(|name| definition.denominators().iter().position(|known| known == name))
        else {
            continue;
        };
        indicators.push(node.code().to_owned());
        for (row, (edition, unit)) in state.rows.keys().enumerate() {
            let Some(value) = state.indicators.get(row, column) else { continue };
            let per_head = state.denominators.get(row, by).filter(|divisor| *divisor != 0.0).map(|divisor| value / divisor * indicator.per);
            // A divisor next to 0 gives no number either.
            let per_head = per_head.filter(|value| value.is_finite());
            if per_head.is_none() {
                let (edition, unit, indicator) = (edition.to_owned(), unit.to_owned(), node.code().to_owned());
                lost.push(Filled { edition, unit, indicator, value });
            }
            state.indicators.set(row, column, per_head);
        }
    }
    Record::Denominated { indicators, lost }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::composite::{Observation, Table};
    use crate::schema::composite::sample::{composite, definition};

    #[test]
    fn a_value_is_told_for_so_many_of_its_denominator_and_lost_without_one() {
        let definition = definition(&composite());
        let mut table = Table::default();
        for (unit, population) in [("a", Some(500.0)), ("b", Some(0.0)), ("c", None)] {
            for (code, value) in [("shops", Some(4.0)), ("days", Some(3.0)), ("population", population)] {
                table.insert("2024", unit, code, Observation { value, ..Observation::default() });
            }
        }
        let mut state = table.state(&definition);
        let Record::Denominated { indicators, lost } = denominate(Columns::All, &definition, &mut state) else { panic!("it divides") };
        assert_eq!((indicators, lost.len()), (vec!["shops".to_owned()], 2));
        assert_eq!((0..3).map(|row| state.indicators.get(row, 1)).collect::<Vec<_>>(), [Some(8.0), None, None], "4 in 500 are 8 in 1000");
        assert_eq!(state.indicators.column(0), [3.0; 3]);
    }
}
