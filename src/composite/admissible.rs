//! Which weights a published composite and its published components admit, all of them rounded.
//!
//! An index whose weights are nowhere stated can still be held against its own figures: each printed figure is an interval, and
//! the weights that no choice of values in these intervals reproduces are ruled out.

/// A figure as it was printed: the value that it stands for lies within `half` of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Printed {
    value: f64,
    half: f64,
}

impl Printed {
    /// A figure and how far off the value may be; none unless both are finite and `half` is not negative.
    #[must_use]
    pub fn new(value: f64, half: f64) -> Option<Self> {
        (value.is_finite() && half.is_finite() && half >= 0.0).then_some(Self { value, half })
    }

    /// A figure as it stands in print: half a unit of its last decimal either way. Decimals take a point.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let decimals = i32::try_from(fraction.len()).ok()?;
        Self::new(text.parse().ok()?, 0.5 / libm::pow(10.0, f64::from(decimals)))
    }

    /// A sum or difference of two such figures with this value, as one year's value less its printed change.
    #[must_use]
    pub fn derived(self) -> Self {
        Self { half: 2.0 * self.half, ..self }
    }

    /// The figure on another scale, such as a hundred points as ten.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self { value: self.value * factor, half: self.half * factor.abs() }
    }

    /// The least value that it may stand for.
    #[must_use]
    pub fn low(self) -> f64 {
        self.value - self.half
    }

    /// The greatest value that it may stand for.
    #[must_use]
    pub fn high(self) -> f64 {
        self.value + self.half
    }
}

/// The least and the greatest weight of `first`, from 0 to 1, with which its mean with `second` can be `composite`; none where
/// no weight will do.
///
/// # Formula
/// `w` is admissible where `w·a₋ + (1 − w)·b₋ ≤ c₊` and `w·a₊ + (1 − w)·b₊ ≥ c₋`, with `a`, `b` the components, `c` the
/// composite, and `₋`, `₊` the ends of what each may stand for: the mean over all values in the intervals is an interval too,
/// and must meet that of the composite. Both conditions are linear in `w`, so the bounds are exact.
#[must_use]
pub fn admissible_weight(first: Printed, second: Printed, composite: Printed) -> Option<(f64, f64)> {
    let (mut from, mut to) = (0.0_f64, 1.0_f64);
    // Each as `slope·w ≤ room`.
    let conditions =
        [(first.low() - second.low(), composite.high() - second.low()), (second.high() - first.high(), second.high() - composite.low())];
    for (slope, room) in conditions {
        if slope > 0.0 {
            to = to.min(room / slope);
        } else if slope < 0.0 {
            from = from.max(room / slope);
        } else if room < 0.0 {
            return None;
        }
    }
    (from <= to).then_some((from, to))
}

/// A unit of which the composite and every component were printed, on one scale.
#[derive(Debug, Clone, PartialEq)]
pub struct PrintedRow {
    /// The components, in one order for all rows.
    pub components: Vec<Printed>,
    /// Their weighted mean.
    pub composite: Printed,
}

/// Why weights on a grid cannot be searched.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum GridError {
    /// There is no row, rows differ in the number of components, or it is not from 1 to [`MOST_COMPONENTS`].
    #[error("every row needs the same components, from 1 to {MOST_COMPONENTS}")]
    Components,
    /// More vectors than [`MOST_VECTORS`].
    #[error("the grid holds {0:e} vectors of weights, more than can be searched")]
    TooFine(f64),
    /// More vectors fit than [`MOST_FOUND`]: the rows tell too little.
    #[error("more than {MOST_FOUND} vectors of weights fit; add rows or decimals")]
    TooMany,
}

/// The most components that [`admissible_grid`] takes.
pub const MOST_COMPONENTS: usize = 100;

/// The most vectors of weights that [`admissible_grid`] searches.
pub const MOST_VECTORS: f64 = 1e8;

/// The most vectors of weights that [`admissible_grid`] returns.
pub const MOST_FOUND: usize = 100_000;

/// Slack for the rounding of sums, far below the last decimal of any index.
const SLACK: f64 = 1e-9;

/// Every vector of weights that are multiples of `1/steps` and sum to 1 with which each row's composite can be the weighted mean
/// of its components; in multiples of `1/steps`, in lexical order.
///
/// # Formula
/// `Σ wᵢ·xᵢ₋ ≤ c₊` and `Σ wᵢ·xᵢ₊ ≥ c₋` in every row, as in [`admissible_weight`]. A beginning of a vector is given up as soon as
/// the least (greatest) of the remaining components cannot bring the sum below `c₊` (above `c₋`), so that none is missed.
///
/// # Errors
/// [`GridError`] where the rows do not go together, the grid is too fine, or too much fits.
pub fn admissible_grid(rows: &[PrintedRow], steps: u32) -> Result<Vec<Vec<u32>>, GridError> {
    let width = rows.first().map_or(0, |row| row.components.len());
    if !(1..=MOST_COMPONENTS).contains(&width) || rows.iter().any(|row| row.components.len() != width) {
        return Err(GridError::Components);
    }
    if steps == 0 {
        return Ok(Vec::new());
    }
    let vectors = vectors(steps, width);
    if vectors > MOST_VECTORS {
        return Err(GridError::TooFine(vectors));
    }
    let mut search = Search { rows: rows.iter().map(|row| Bounds::of(row, steps)).collect(), weights: vec![0; width], found: Vec::new() };
    let sums = vec![(0.0, 0.0); rows.len()];
    search.extend(0, steps, &sums)?;
    Ok(search.found)
}

/// How many vectors of `width` whole numbers sum to `steps`: `(steps + width − 1)! / (steps! (width − 1)!)`.
#[allow(clippy::cast_precision_loss)] // a count that is compared with a limit
fn vectors(steps: u32, width: usize) -> f64 {
    (1..width).fold(1.0, |count, k| count * (f64::from(steps) + k as f64) / k as f64)
}

/// What a row asks of the sums of weights times components.
struct Bounds {
    /// Lower and upper end of each component.
    ends: Vec<(f64, f64)>,
    /// The least lower end and the greatest upper end of the components from each place on.
    rest: Vec<(f64, f64)>,
    /// Ends of the composite, times the number of steps.
    composite: (f64, f64),
}

impl Bounds {
    fn of(row: &PrintedRow, steps: u32) -> Self {
        let ends: Vec<(f64, f64)> = row.components.iter().map(|component| (component.low(), component.high())).collect();
        let mut rest = vec![(f64::INFINITY, f64::NEG_INFINITY); ends.len() + 1];
        for (place, (low, high)) in ends.iter().enumerate().rev() {
            rest[place] = (rest[place + 1].0.min(*low), rest[place + 1].1.max(*high));
        }
        let steps = f64::from(steps);
        Self { ends, rest, composite: (steps * row.composite.low() - SLACK, steps * row.composite.high() + SLACK) }
    }

    /// Whether `left` steps spread over the components from `place` on can still lead to the composite.
    fn reachable(&self, place: usize, left: f64, (low, high): (f64, f64)) -> bool {
        let (least, greatest) = if left > 0.0 { self.rest[place] } else { (0.0, 0.0) };
        low + left * least <= self.composite.1 && high + left * greatest >= self.composite.0
    }
}

struct Search {
    rows: Vec<Bounds>,
    weights: Vec<u32>,
    found: Vec<Vec<u32>>,
}

impl Search {
    /// Tries every weight at `place`; `sums` are the ends of each row's sum up to there.
    fn extend(&mut self, place: usize, left: u32, sums: &[(f64, f64)]) -> Result<(), GridError> {
        let last = place + 1 == self.weights.len();
        for weight in if last { left } else { 0 }..=left {
            let by = f64::from(weight);
            let add = |(row, (low, high)): (&Bounds, &(f64, f64))| (low + by * row.ends[place].0, high + by * row.ends[place].1);
            let sums: Vec<(f64, f64)> = self.rows.iter().zip(sums).map(add).collect();
            let rest = f64::from(left - weight);
            if !self.rows.iter().zip(&sums).all(|(row, sum)| row.reachable(place + 1, rest, *sum)) {
                continue;
            }
            self.weights[place] = weight;
            if !last {
                self.extend(place + 1, left - weight, &sums)?;
            } else if self.found.len() == MOST_FOUND {
                return Err(GridError::TooMany);
            } else {
                self.found.push(self.weights.clone());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(text: &str) -> Printed {
        Printed::parse(text).unwrap()
    }

    #[test]
    fn a_printed_figure_is_off_by_half_its_last_decimal_at_most() {
        let figure = printed("80.08");
        assert!((figure.low() - 80.075).abs() < 1e-12 && (figure.high() - 80.085).abs() < 1e-12);
        assert_eq!((printed("83").low(), printed("83").high()), (82.5, 83.5));
        assert_eq!((printed("-1.5").low(), printed("-1.5").derived().low()), (-1.55, -1.6));
        assert!((printed("75.0").scaled(0.1).high() - 7.505).abs() < 1e-12);
        for wrong in ["", "-", ".5", "1,5", "1e3", "NaN", "1.2.3", "+1", "--1"] {
            assert_eq!(Printed::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Printed::new(1.0, -0.1), None);
    }

    #[test]
    fn a_weight_is_admissible_where_some_values_give_the_composite() {
        let exact = |value| Printed::new(value, 0.0).unwrap();
        assert_eq!(admissible_weight(exact(1.0), exact(3.0), exact(1.5)), Some((0.75, 0.75)));
        assert_eq!(admissible_weight(exact(1.0), exact(3.0), exact(3.5)), None, "beyond both");
        assert_eq!(admissible_weight(exact(2.0), exact(2.0), exact(2.0)), Some((0.0, 1.0)), "equal components tell nothing");
        assert_eq!(admissible_weight(exact(2.0), exact(2.0), exact(2.1)), None);
        assert_eq!(admissible_weight(printed("1"), printed("2"), printed("1")), Some((0.0, 1.0)), "1.4 of 0.6 and 1.6");
        // By a fine search: every weight inside, none outside, has values within the intervals that fit.
        let (a, b, c) = (printed("79.7"), printed("80.4"), printed("80.1"));
        let (from, to) = admissible_weight(a, b, c).unwrap();
        for step in 0..=1000 {
            let w = f64::from(step) / 1000.0;
            let mean = |a: f64, b: f64| w * a + (1.0 - w) * b;
            let fits = mean(a.low(), b.low()) <= c.high() && mean(a.high(), b.high()) >= c.low();
            assert_eq!(fits, (from..=to).contains(&w), "{w}");
        }
    }

    /// All vectors, one after the other, without giving up anything early.
    fn exhaustive(rows: &[PrintedRow], steps: u32) -> Vec<Vec<u32>> {
        let mut found = Vec::new();
        for a in 0..=steps {
            for b in 0..=steps - a {
                let weights = [a, b, steps - a - b];
                let sum = |row: &PrintedRow, end: fn(Printed) -> f64| {
                    row.components.iter().zip(weights).map(|(x, w)| f64::from(w) * end(*x)).sum::<f64>() / f64::from(steps)
                };
                let fits = |row: &PrintedRow| {
                    sum(row, Printed::low) <= row.composite.high() + 1e-12 && sum(row, Printed::high) >= row.composite.low() - 1e-12
                };
                if rows.iter().all(fits) {
                    found.push(weights.to_vec());
                }
            }
        }
        found
    }

    #[test]
    fn a_grid_search_finds_what_an_exhaustive_one_finds() {
        let row = |texts: [&str; 3], composite: &str| PrintedRow {
            components: texts.iter().map(|text| printed(text)).collect(),
            composite: printed(composite),
        };
        // 0.2, 0.3 and 0.5 of each row.
        let rows = [row(["7.1", "5.5", "6.2"], "6.2"), row(["3.3", "8.0", "6.1"], "6.1"), row(["9.9", "4.0", "2.5"], "4.4")];
        for count in 1..=3 {
            let found = admissible_grid(&rows[..count], 20).unwrap();
            assert_eq!(found, exhaustive(&rows[..count], 20));
            assert!(found.contains(&vec![4, 6, 10]), "{found:?}");
        }
        assert!(admissible_grid(&rows, 20).unwrap().len() < admissible_grid(&rows[..1], 20).unwrap().len());
    }

    #[test]
    fn rows_that_do_not_go_together_and_grids_too_fine_are_refused() {
        let row = |count: usize| PrintedRow { components: vec![printed("1.0"); count], composite: printed("1.0") };
        assert_eq!(admissible_grid(&[], 20), Err(GridError::Components));
        assert_eq!(admissible_grid(&[row(2), row(3)], 20), Err(GridError::Components));
        assert_eq!(admissible_grid(&[row(0)], 20), Err(GridError::Components));
        assert_eq!(admissible_grid(&[row(MOST_COMPONENTS + 1)], 1), Err(GridError::Components));
        assert!(matches!(admissible_grid(&[row(20)], 1000), Err(GridError::TooFine(_))));
        assert_eq!(admissible_grid(&[row(6)], 50), Err(GridError::TooMany), "equal components tell nothing");
        assert_eq!(admissible_grid(&[row(3)], 0), Ok(Vec::new()));
        assert_eq!(admissible_grid(&[row(1)], 20), Ok(vec![vec![20]]));
    }

    #[test]
    fn the_grid_of_ten_weights_by_five_percent_holds_ten_million_vectors() {
        assert!((vectors(20, 10) - 10_015_005.0).abs() < 1e-3);
    }
}
