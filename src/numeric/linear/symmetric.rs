//! Symmetric matrices: inverses, quadratic forms, systems that may be singular.

use super::basis::dot;

/// The inverse of a symmetric positive definite matrix, row-major `p × p`; `None` where it is singular to working
/// precision.
///
/// # Formula
/// Cholesky's factor L after scaling to a unit diagonal, then `A⁻¹ = L⁻ᵀ L⁻¹`.
pub(crate) fn inverse(matrix: &[f64], p: usize) -> Option<Vec<f64>> {
    let scale: Vec<f64> = (0..p).map(|i| 1.0 / matrix[i * p + i].sqrt()).collect();
    let mut lower = vec![0.0; p * p];
    for i in 0..p {
        for j in 0..=i {
            let inner: f64 = (0..j).map(|m| lower[i * p + m] * lower[j * p + m]).sum();
            let rest = matrix[i * p + j] * scale[i] * scale[j] - inner;
            if i == j {
                // With a unit diagonal, what is left of a column that the others explain is rounding.
                if rest.is_nan() || rest <= 1e-12 {
                    return None;
                }
                lower[i * p + i] = rest.sqrt();
            } else {
                lower[i * p + j] = rest / lower[j * p + j];
            }
        }
    }
    let mut back = vec![0.0; p * p]; // L⁻¹
    for column in 0..p {
        for i in column..p {
            let inner: f64 = (column..i).map(|m| lower[i * p + m] * back[m * p + column]).sum();
            back[i * p + column] = (f64::from(u8::from(i == column)) - inner) / lower[i * p + i];
        }
    }
    let cell = |i: usize, j: usize| (i.max(j)..p).map(|m| back[m * p + i] * back[m * p + j]).sum::<f64>() * scale[i] * scale[j];
    Some((0..p * p).map(|at| cell(at / p, at % p)).collect())
}

/// `xᵀ A y` for a row-major square matrix.
pub(crate) fn form(x: &[f64], matrix: &[f64], y: &[f64]) -> f64 {
    matrix.chunks_exact(y.len().max(1)).zip(x).map(|(row, x)| x * row.iter().zip(y).map(|(a, y)| a * y).sum::<f64>()).sum()
}

/// Solves `(A + μ I) x = b` for a symmetric positive semidefinite `A` (row-major), with the smallest `μ` of 0, 1e-6, 1e-4, …
/// that makes it definite. `None` only where `A` holds what is no number.
///
/// # Formula
/// Cholesky's decomposition; the ridge is Levenberg's and Marquardt's.
pub(crate) fn solve_damped(a: &[f64], b: &[f64]) -> Option<Vec<f64>> {
    let size = b.len();
    let largest = (0..size).map(|k| a[k * size + k]).fold(1.0, f64::max);
    let mut ridge = 0.0;
    for _ in 0..10 {
        if let Some(lower) = cholesky(a, size, ridge, largest * 1e-14) {
            return Some(substitute(&lower, b));
        }
        ridge = if ridge == 0.0 { largest * 1e-6 } else { ridge * 100.0 };
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
    fn the_inverse_of_hilberts_matrix_is_whole() {
        let hilbert: Vec<f64> = (0..3).flat_map(|i| (0..3).map(move |j| 1.0 / f64::from(i + j + 1))).collect();
        let expected = [9.0, -36.0, 30.0, -36.0, 192.0, -180.0, 30.0, -180.0, 180.0];
        let found = inverse(&hilbert, 3).unwrap();
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-10), "{found:?}");
        assert_eq!(inverse(&[1.0, 2.0, 2.0, 4.0], 2), None);
        assert!((form(&[1.0, 2.0], &[1.0, 3.0, 5.0, 7.0], &[1.0, 10.0]) - (31.0 + 2.0 * 75.0)).abs() < 1e-12);
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
