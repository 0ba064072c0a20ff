//! Moments and medians of a column.

/// The arithmetic mean.
///
/// # Formula
/// `Σ x / n`, with one step of correction `Σ (x − x̄) / n`, as R's `mean` does.
#[allow(clippy::cast_precision_loss)] // counts of units
pub(crate) fn mean(values: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    let n = values.clone().count();
    if n == 0 {
        return None;
    }
    let rough = values.clone().sum::<f64>() / n as f64;
    Some(rough + values.map(|value| value - rough).sum::<f64>() / n as f64)
}

/// The sample standard deviation, with divisor `n − 1`.
#[allow(clippy::cast_precision_loss)]
pub(crate) fn deviation(values: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    let centre = mean(values.clone())?;
    let (n, squares) = values.fold((0_usize, 0.0), |(n, sum), value| (n + 1, sum + (value - centre) * (value - centre)));
    (n > 1).then(|| (squares / (n - 1) as f64).sqrt())
}

/// The median; of an even number, the mean of the middle two.
pub(crate) fn median(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.get(sorted.len() / 2).copied()?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    sorted.get((sorted.len() / 2).checked_sub(1)?).map(|lower| f64::midpoint(*lower, upper))
}

/// The least and the greatest value.
pub(crate) fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |range, value| Some(range.map_or((value, value), |(low, high): (f64, f64)| (low.min(value), high.max(value)))))
}

/// Sample skewness; none below three values or where they do not vary.
///
/// # Formula
/// `G₁ = √(n(n−1))/(n−2) · m₃/m₂^{3/2}`, Joanes and Gill (1998), The Statistician 47(1), their second definition.
pub(crate) fn skewness(values: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    skewness_kurtosis(values).0
}

/// Sample excess kurtosis; none below four values or where they do not vary.
///
/// # Formula
/// `G₂ = (n−1)/((n−2)(n−3)) · ((n+1)(m₄/m₂² − 3) + 6)`, Joanes and Gill (1998), their second definition.
pub(crate) fn kurtosis(values: impl Iterator<Item = f64> + Clone) -> Option<f64> {
    skewness_kurtosis(values).1
}

/// Skewness and kurtosis at once: see [`skewness`] and [`kurtosis`].
#[allow(clippy::cast_precision_loss)]
pub(crate) fn skewness_kurtosis(values: impl Iterator<Item = f64> + Clone) -> (Option<f64>, Option<f64>) {
    let Some((n, _, m2, m3, m4)) = moments(values) else { return (None, None) };
    let count = n as f64;
    let skewness = || m3 / (m2 * m2.sqrt()) * (count * (count - 1.0)).sqrt() / (count - 2.0);
    let kurtosis = || ((count + 1.0) * (m4 / (m2 * m2) - 3.0) + 6.0) * (count - 1.0) / ((count - 2.0) * (count - 3.0));
    ((n >= 3 && m2 > 0.0).then(skewness), (n >= 4 && m2 > 0.0).then(kurtosis))
}

/// Number, mean and central moments 2 to 4.
#[allow(clippy::cast_precision_loss)]
fn moments(values: impl Iterator<Item = f64> + Clone) -> Option<(usize, f64, f64, f64, f64)> {
    let centre = mean(values.clone())?;
    let (mut n, mut sums) = (0_usize, [0.0; 3]);
    for value in values {
        let distance = value - centre;
        let square = distance * distance;
        n += 1;
        sums[0] += square;
        sums[1] += square * distance;
        sums[2] += square * square;
    }
    let [m2, m3, m4] = sums.map(|sum| sum / n as f64);
    Some((n, centre, m2, m3, m4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_of_a_textbook_sample() {
        let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        assert_eq!(mean(values.iter().copied()), Some(5.0));
        assert_eq!(median(values.iter().copied()), Some(4.5));
        assert_eq!(range(values.iter().copied()), Some((2.0, 9.0)));
        assert!((deviation(values.iter().copied()).unwrap() - (32.0_f64 / 7.0).sqrt()).abs() < 1e-15);
        // m₂ = 4, m₃ = 5.25, m₄ = 44.5 by hand.
        assert!((skewness(values.iter().copied()).unwrap() - 5.25 / 8.0 * 56.0_f64.sqrt() / 6.0).abs() < 1e-15);
        assert!((kurtosis(values.iter().copied()).unwrap() - (9.0 * (44.5 / 16.0 - 3.0) + 6.0) * 7.0 / 30.0).abs() < 1e-14);
    }

    #[test]
    fn too_few_or_equal_values_have_no_shape() {
        assert_eq!(mean([].into_iter()), None);
        assert_eq!(median([].into_iter()), None);
        assert_eq!(deviation([1.0].into_iter()), None);
        assert_eq!(skewness([1.0, 1.0, 1.0].into_iter()), None);
        assert_eq!(kurtosis([1.0, 2.0, 3.0].into_iter()), None);
    }
}
