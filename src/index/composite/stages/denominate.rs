//! Denominators: per head, per unit of output.

use super::{Filled, Record, State};
use crate::schema::composite::CompositeDefinition;

/// Divides each indicator that has a denominator by it, told for its `per`.
///
/// # Formula
/// `x / d · per`
pub(super) fn denominate(definition: &CompositeDefinition, state: &mut State) -> Record {
    let (mut indicators, mut lost) = (Vec::new(), Vec::new());
    for (column, (_, node, indicator)) in definition.leaves().enumerate() {
        let Some(by) = indicator.denominator.as_ref().and_then(|name| definition.denominators().iter().position(|known| known == name))
        else {
            continue;
        };
        indicators.push(node.code().to_owned());
        for (row, (edition, unit)) in state.rows.keys().enumerate() {
            let Some(value) = state.indicators.get(row, column) else { continue };
            let per_head = state.denominators.get(row, by).filter(|divisor| *divisor != 0.0).map(|divisor| value / divisor * indicator.per);
            if per_head.is_none() {
                let (edition, unit, indicator) = (edition.to_owned(), unit.to_owned(), node.code().to_owned());
                lost.push(Filled { edition, unit, indicator, value });
            }
            state.indicators.set(row, column, per_head);
        }
    }
    Record::Denominated { indicators, lost }
}
