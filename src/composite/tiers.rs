//! Groups of units by score.

use super::matrix::present;
use super::ties::{levelled, reaches, tolerance};
use crate::schema::composite::Tiers;

/// The tier of each value, 0 the best; none where there is no value (NaN). Values that tie are in the same.
#[must_use]
pub fn tiers(rule: &Tiers, values: &[f64]) -> Vec<Option<usize>> {
    let (values, tolerance) = (&levelled(values), tolerance(values.iter().copied()));
    let least = match rule {
        Tiers::Breaks { from, .. } => from.clone(),
        Tiers::Quantiles { from, .. } => {
            let mut sorted: Vec<f64> = present(values).collect();
            sorted.sort_by(f64::total_cmp);
            from.iter().map(|share| quantile(&sorted, *share)).collect()
        }
        Tiers::Natural { labels } => natural_breaks(values, labels.len()),
    };
    let tier =
        |value: f64| (!value.is_nan()).then(|| least.iter().position(|from| reaches(value, *from, tolerance)).unwrap_or(least.len()));
    values.iter().map(|value| tier(*value)).collect()
}

/// The quantile of sorted values.
///
/// # Formula
/// `x[⌊h⌋] + (h − ⌊h⌋)(x[⌊h⌋+1] − x[⌊h⌋])` at `h = (n − 1) p`, Hyndman and Fan (1996), type 7.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a place among units
fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = sorted.len().saturating_sub(1) as f64 * share.clamp(0.0, 1.0);
    let below = libm::floor(at);
    let value = |place: usize| sorted.get(place).copied();
    let Some(low) = value(below as usize) else { return f64::NAN };
    let high = value(below as usize + 1).unwrap_or(low);
    low + (at - below) * (high - low)
}

/// The least value of each natural class but the lowest, falling: `classes − 1` of them, fewer where there are fewer different
/// values.
///
/// # Formula
/// The classes of consecutive values with the least sum of squared deviations from their means, by dynamic programming
/// (Fisher 1958, JASA 53; the optimal classes of Jenks 1977). Of several best partitions the one whose upper classes are larger.
#[must_use]
pub fn natural_breaks(values: &[f64], classes: usize) -> Vec<f64> {
    let mut sorted: Vec<f64> = present(values).collect();
    sorted.sort_by(f64::total_cmp);
    // Equal values belong together: weigh each different one by how often it stands. They rise: not above the next is equal to it.
    let groups: Vec<(f64, f64)> = sorted.chunk_by(|a, b| a >= b).filter_map(|run| Some((*run.first()?, count(run.len())))).collect();
    let (n, classes) = (groups.len(), classes.min(groups.len()));
    if classes < 2 {
        return Vec::new();
    }
    let centre = sorted.iter().sum::<f64>() / count(sorted.len());
    let mut sums = vec![(0.0, 0.0, 0.0)];
    for (value, times) in &groups {
        let (weight, sum, square) = sums.last().copied().unwrap_or_default();
        let x = value - centre; // about the mean, so that squares keep their digits
        sums.push((weight + times, sum + times * x, square + times * x * x));
    }
    let cost = |from: usize, to: usize| {
        let ((w0, s0, q0), (w1, s1, q1)) = (sums[from], sums[to]);
        ((q1 - q0) - (s1 - s0) * (s1 - s0) / (w1 - w0)).max(0.0)
    };
    let mut best: Vec<f64> = (0..=n).map(|to| if to == 0 { 0.0 } else { cost(0, to) }).collect();
    let mut starts = vec![vec![0; n + 1]];
    for class in 1..classes {
        let (mut next, mut start) = (vec![f64::INFINITY; n + 1], vec![0; n + 1]);
        for to in class + 1..=n {
            for (from, before) in best.iter().enumerate().take(to).skip(class) {
                let total = before + cost(from, to);
                if total < next[to] {
                    (next[to], start[to]) = (total, from);
                }
            }
        }
        best = next;
        starts.push(start);
    }
    let (mut breaks, mut end) = (Vec::new(), n);
    for class in (1..classes).rev() {
        end = starts[class][end];
        breaks.push(groups[end].0);
    }
    breaks
}

#[allow(clippy::cast_precision_loss)] // units
fn count(n: usize) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Text;

    fn labels(n: usize) -> Vec<Text> {
        let text = std::collections::BTreeMap::from([("vi".to_owned(), "nhóm".to_owned())]);
        vec![Text::try_from(text).unwrap(); n]
    }

    #[test]
    fn breaks_and_quartiles_put_a_value_on_the_border_above() {
        let rule = Tiers::Breaks { from: vec![80.0, 60.0], labels: labels(3) };
        assert_eq!(tiers(&rule, &[80.0, 79.999, 60.0, 10.0, f64::NAN]), [Some(0), Some(1), Some(1), Some(2), None]);
        let rule = Tiers::Quantiles { from: vec![0.75, 0.5, 0.25], labels: labels(4) };
        // Of 1 to 8, type 7: 6.25, 4.5, 2.75.
        let values: Vec<f64> = (1..=8).map(f64::from).collect();
        assert_eq!(tiers(&rule, &values), [3, 3, 2, 2, 1, 1, 0, 0].map(Some));
    }

    #[test]
    fn values_that_tie_are_in_one_tier() {
        let sums = [0.3 + 0.2 + 0.1, 0.1 + 0.2 + 0.3, 0.1];
        let rule = Tiers::Breaks { from: vec![sums[1]], labels: labels(2) };
        assert!(sums[0] < sums[1], "the case is one that rounding makes");
        assert_eq!(tiers(&rule, &sums), [0, 0, 1].map(Some));
        assert_eq!(tiers(&Tiers::Natural { labels: labels(3) }, &sums), [0, 0, 1].map(Some));
    }

    #[test]
    fn natural_breaks_fall_into_the_gaps() {
        assert_eq!(natural_breaks(&[1.0, 2.0, 1.5, 10.0, 11.0, 30.0, f64::NAN], 3), [30.0, 10.0]);
        assert_eq!(natural_breaks(&[5.0, 5.0, 5.0], 3), Vec::<f64>::new(), "one value, one class");
        let rule = Tiers::Natural { labels: labels(3) };
        assert_eq!(tiers(&rule, &[1.0, 30.0, 11.0]), [Some(2), Some(0), Some(1)]);
    }

    fn spread(values: &[f64]) -> f64 {
        let mean = values.iter().sum::<f64>() / count(values.len());
        values.iter().map(|x| (x - mean) * (x - mean)).sum()
    }

    proptest::proptest! {
        #[test]
        fn no_other_three_classes_are_tighter(values in proptest::collection::vec(0.0..100.0_f64, 3..14)) {
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let breaks = natural_breaks(&values, 3);
            let cost = |low: usize, high: usize| spread(&sorted[..low]) + spread(&sorted[low..high]) + spread(&sorted[high..]);
            let place = |value: f64| sorted.partition_point(|x| *x < value);
            let found = cost(place(breaks[1]), place(breaks[0]));
            for low in 1..sorted.len() - 1 {
                for high in low + 1..sorted.len() {
                    proptest::prop_assert!(found <= cost(low, high) + 1e-9);
                }
            }
        }
    }
}
