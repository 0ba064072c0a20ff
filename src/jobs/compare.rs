//! What changed since another run.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;

use crate::frame::Frame;
use crate::index::{ChangeError, ComputeError, DomainKey, NodeChange, Plan, Score, changes, round};
use crate::jobs::recompute::{Report, RunError, Stage};
use crate::publication::disclosure::Key;
use crate::scoring::multiple::holm;
use crate::store::changes::Change;
use crate::unit::Registry;

/// Two rounded figures that differ by less are the same.
const SAME: f64 = 1e-9;

/// The change of every score since `before`, both computed by the definition of the later run.
///
/// `public`: what the edition of the earlier run shows; nothing of a run that was never public. A change is shown where both figures are and
/// the one of before is what was published: a figure that stood from an earlier edition is another, and so is one that the later definition
/// makes otherwise. A rank of before is shown where every figure that it is a rank among is.
///
/// P-values are adjusted by Holm's method over the domains of a partition, node by node.
pub(super) fn since(
    plan: &Plan,
    before: Frame,
    after: Frame,
    scores: &[Score],
    units: &Registry,
    public: Option<&HashMap<Key, f64>>,
    report: &Report<'_>,
) -> Result<Vec<Change>, RunError> {
    let progress = |done, steps| report(Stage::Comparing, done, steps);
    let found = changes(plan, before, after, units, &progress).map_err(|error| match error {
        ChangeError::Compute(ComputeError::Cancelled) => RunError::Cancelled,
        ChangeError::Compute(other) => other.into(),
        ChangeError::Frame(other) => other.into(),
    })?;
    let places: HashMap<(&DomainKey, &str), usize> =
        scores.iter().enumerate().map(|(place, score)| ((&score.domain, score.node.as_str()), place)).collect();
    // An earlier figure that rests on too few answers to be shown is not told by way of its change either.
    let shown = found.iter().filter(|change| change.n_before >= plan.min_n());
    let placed: Vec<(usize, &NodeChange)> =
        shown.filter_map(|change| Some((*places.get(&(&change.domain, change.node.as_str()))?, change))).collect();
    let mut rows: Vec<Change> = placed.iter().map(|(place, change)| row(*place, change)).collect();
    adjust(&mut rows, &placed);
    reveal(&mut rows, &placed, scores, public, plan.decimals());
    rows.sort_unstable_by_key(|row| row.ord);
    if report(Stage::Comparing, 1, 1) == ControlFlow::Break(()) {
        return Err(RunError::Cancelled);
    }
    Ok(rows)
}

fn row(place: usize, change: &NodeChange) -> Change {
    let paired = &change.change;
    Change {
        ord: i32::try_from(place).unwrap_or(i32::MAX),
        before: paired.before.value,
        difference: paired.change.value,
        se: paired.change.se,
        df: paired.change.df,
        p: paired.change.p_t.filter(|p| p.is_finite()),
        p_holm: None,
        rank_before: change.rise.and_then(|rise| i32::try_from(rise.before.rank).ok()),
        rise_lo: change.rise.map(|rise| rise.low),
        rise_hi: change.rise.map(|rise| rise.high),
        shown: false,
    }
}

/// Marks the changes that everybody may know of, and takes out ranks among figures that are hidden in either year.
fn reveal(rows: &mut [Change], placed: &[(usize, &NodeChange)], scores: &[Score], public: Option<&HashMap<Key, f64>>, decimals: u8) {
    let mut closed: HashSet<(&str, &str)> = scores.iter().filter(|score| score.suppressed).map(peers).collect();
    for (row, (place, change)) in rows.iter_mut().zip(placed) {
        let published = public.and_then(|public| public.get(&(change.domain.clone(), change.node.clone())));
        let is_same = |value: &f64| (round(row.before, decimals) - value).abs() < SAME;
        row.shown = published.is_some_and(is_same) && scores.get(*place).is_some_and(|score| !score.suppressed);
        if !row.shown && public.is_some() {
            closed.insert((&change.domain.kind, &change.node));
        }
    }
    for (row, (_, change)) in rows.iter_mut().zip(placed) {
        if closed.contains(&(change.domain.kind.as_str(), change.node.as_str())) {
            (row.rank_before, row.rise_lo, row.rise_hi) = (None, None, None);
        }
    }
}

/// What a score is ranked among.
fn peers(score: &Score) -> (&str, &str) {
    (&score.domain.kind, &score.node)
}

/// Holm's correction over each partition and node. A family of one needs none and gets its own p-value.
fn adjust(rows: &mut [Change], placed: &[(usize, &NodeChange)]) {
    let mut families: BTreeMap<(&str, &str), Vec<usize>> = BTreeMap::new();
    for (number, (_, change)) in placed.iter().enumerate() {
        families.entry((&change.domain.kind, &change.node)).or_default().push(number);
    }
    for members in families.into_values() {
        let p: Vec<Option<f64>> = members.iter().map(|number| rows[*number].p).collect();
        for (number, adjusted) in members.iter().zip(holm(&p)) {
            rows[*number].p_holm = adjusted;
        }
    }
}
