//! Orthonormal bases that say which columns are redundant, and small symmetric systems.

/// A column counts as a combination of those before it if less than this share of its length is left.
const REDUNDANT: f64 = 1e-7;

/// An orthonormal basis of columns, with what is needed to carry totals over to it.
#[derive(Debug, Clone)]
pub(super) struct Orthonormal {
    /// The basis, one column after the other, each as long as the columns it spans.
    pub(super) basis: Vec<Vec<f64>>,
    /// For each column given: how it is made of the basis.
    made_of: Vec<Vec<f64>>,
    /// For each column given: the place in the basis that it opened; `None` where it is redundant.
    place: Vec<Option<usize>>,
}

impl Orthonormal {
    /// The basis that the columns span, in their order: a column that the earlier ones make up opens no place.
    ///
    /// # Formula
    /// Modified Gram–Schmidt, each column twice ("twice is enough", Giraud, Langou and Rozložník 2005, Numer. Math. 101); the
    /// same columns are kept as by the QR of R's `lm`, whose tolerance is 1e-7 too.
    pub(super) fn new(columns: impl Iterator<Item = Vec<f64>>) -> Self {
        let mut found = Self { basis: Vec::new(), made_of: Vec::new(), place: Vec::new() };
        for mut column in columns {
            let length = dot(&column, &column).sqrt();
            let mut made_of = vec![0.0; found.basis.len()];
            for _ in 0..2 {
                for (part, direction) in made_of.iter_mut().zip(&found.basis) {
                    let along = dot(direction, &column);
                    *part += along;
                    subtract(&mut column, along, direction);
                }
            }
            let left = dot(&column, &column).sqrt();
            let opens = left > REDUNDANT * length && left > 0.0;
            found.place.push(opens.then_some(found.basis.len()));
            if opens {
                made_of.push(left);
                for x in &mut column {
                    *x /= left;
                }
                found.basis.push(column);
            }
            found.made_of.push(made_of);
        }
        found
    }

    /// The totals of the columns as totals of the basis; of redundant columns, which total that implies.
    pub(super) fn carry_over(&self, totals: &[f64]) -> (Vec<f64>, Vec<(usize, f64)>) {
        let mut carried = Vec::with_capacity(self.basis.len());
        let mut implied = Vec::new();
        for (column, (made_of, place)) in self.made_of.iter().zip(&self.place).enumerate() {
            let known: f64 = made_of.iter().zip(&carried).map(|(part, total)| part * total).sum();
            match (place, made_of.last(), totals.get(column)) {
                (Some(_), Some(own), Some(total)) => carried.push((total - known) / own),
                _ => implied.push((column, known)),
            }
        }
        (carried, implied)
    }
}

/// `Σ a·b`.
pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `from − along · direction`, in place.
pub(super) fn subtract(from: &mut [f64], along: f64, direction: &[f64]) {
    for (x, d) in from.iter_mut().zip(direction) {
        *x -= along * d;
    }
}

/// Solves `(A + μ I) x = b` for a symmetric positive semidefinite `A` (row-major), with the smallest `μ` of 0, 1e-12, 1e-10, …
/// that makes it definite. `None` only where `A` holds what is no number.
///
/// # Formula
/// Cholesky's decomposition; the ridge is Levenberg's and Marquardt's.
pub(super) fn solve_damped(a: &[f64], b: &[f64]) -> Option<Vec<f64>> {
    let size = b.len();
    let largest = (0..size).map(|k| a[k * size + k]).fold(1.0, f64::max);
    let mut ridge = 0.0;
    for _ in 0..10 {
        if let Some(lower) = cholesky(a, size, ridge, largest * 1e-14) {
            return Some(substitute(&lower, b));
        }
        ridge = if ridge == 0.0 { largest * 1e-12 } else { ridge * 100.0 };
    }
    None
}

/// The lower factor of `A + ridge·I`; `None` where a pivot falls to `least` or below.
fn cholesky(a: &[f64], size: usize, ridge: f64, least: f64) -> Option<Vec<f64>> {
    let mut lower = vec![0.0; size * size];
    for row in 0..size {
        for column in 0..=row {
            let known = dot(&lower[row * size..row * size + column], &lower[column * size..column * size + column]);
            let rest = a[row * size + column] - known;
            lower[row * size + column] = if row > column {
                rest / lower[column * size + column]
            } else if rest + ridge > least {
                (rest + ridge).sqrt()
            } else {
                return None;
            };
        }
    }
    Some(lower)
}

fn substitute(lower: &[f64], b: &[f64]) -> Vec<f64> {
    let size = b.len();
    let mut x = b.to_vec();
    for row in 0..size {
        let known = dot(&lower[row * size..row * size + row], &x[..row]);
        x[row] = (x[row] - known) / lower[row * size + row];
    }
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|below| lower[below * size + row] * x[below]).sum();
        x[row] = (x[row] - known) / lower[row * size + row];
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constant_beside_all_its_indicators_is_redundant_and_its_total_is_implied() {
        let columns = [[1.0, 1.0, 1.0, 1.0], [1.0, 0.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0], [3.0, 1.0, 4.0, 1.5]];
        let basis = Orthonormal::new(columns.iter().map(|column| column.to_vec()));
        assert_eq!(basis.place, [Some(0), Some(1), None, Some(2)]);
        for (i, a) in basis.basis.iter().enumerate() {
            for (j, b) in basis.basis.iter().enumerate() {
                let expected = if i == j { 1.0 } else { 0.0 };
                assert!((dot(a, b) - expected).abs() < 1e-15, "{i} {j}");
            }
        }
        let (carried, implied) = basis.carry_over(&[100.0, 30.0, 60.0, 240.0]);
        assert_eq!(implied.len(), 1);
        assert!((implied[0].1 - 70.0).abs() < 1e-12, "100 less 30 leaves 70, not 60");
        // Carried back: Σ of what each column is made of.
        assert!((dot(&basis.made_of[3], &carried) - 240.0).abs() < 1e-12);
    }

    #[test]
    fn a_symmetric_system_is_solved_even_where_it_is_singular() {
        let solved = solve_damped(&[4.0, 2.0, 2.0, 3.0], &[2.0, 5.0]).unwrap();
        assert!((solved[0] + 0.5).abs() < 1e-15 && (solved[1] - 2.0).abs() < 1e-15, "{solved:?}");
        let damped = solve_damped(&[1.0, 1.0, 1.0, 1.0], &[2.0, 2.0]).unwrap();
        assert!((damped[0] - 1.0).abs() < 1e-3 && (damped[1] - 1.0).abs() < 1e-3, "{damped:?}");
        assert_eq!(solve_damped(&[f64::NAN], &[1.0]), None);
    }
}
