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
