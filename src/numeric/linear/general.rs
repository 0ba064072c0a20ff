//! Square matrices of any kind.

/// `A M Aᵀ` for the rows of `A` and a square matrix, row-major.
pub(crate) fn quadratic(rows: &[Vec<f64>], matrix: &[f64]) -> Vec<f64> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let half: Vec<Vec<f64>> = rows.iter().map(|row| matrix.chunks_exact(row.len().max(1)).map(|line| dot(line, row)).collect()).collect();
    rows.iter().flat_map(|a| half.iter().map(|b| dot(a, b))).collect()
}

/// `M⁻¹ B` for a square matrix of order `k` and any number of columns, row-major; `None` if the matrix is singular.
///
/// Gauss's elimination with the largest pivot of each column.
pub(crate) fn solve(mut matrix: Vec<f64>, mut right: Vec<f64>, k: usize) -> Option<Vec<f64>> {
    const SINGULAR: f64 = 1e-13;
    let width = right.len() / k;
    let scale = matrix.iter().fold(0.0_f64, |largest, cell| largest.max(cell.abs()));
    for column in 0..k {
        let pivot = (column..k).max_by(|a, b| matrix[a * k + column].abs().total_cmp(&matrix[b * k + column].abs()))?;
        if matrix[pivot * k + column].abs() <= SINGULAR * scale {
            return None;
        }
        for cell in 0..k {
            matrix.swap(pivot * k + cell, column * k + cell);
        }
        for cell in 0..width {
            right.swap(pivot * width + cell, column * width + cell);
        }
        for row in (0..k).filter(|row| *row != column) {
            let factor = matrix[row * k + column] / matrix[column * k + column];
            for cell in column..k {
                matrix[row * k + cell] -= factor * matrix[column * k + cell];
            }
            for cell in 0..width {
                right[row * width + cell] -= factor * right[column * width + cell];
            }
        }
    }
    for row in 0..k {
        for cell in 0..width {
            right[row * width + cell] /= matrix[row * k + row];
        }
    }
    Some(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elimination_solves_what_can_be_solved() {
        let found = solve(vec![0.0, 2.0, 4.0, 1.0], vec![2.0, 6.0], 2).unwrap();
        assert!((found[0] - 1.25).abs() < 1e-15 && (found[1] - 1.0).abs() < 1e-15);
        assert_eq!(solve(vec![1.0, 2.0, 2.0, 4.0], vec![1.0, 1.0], 2), None);
    }
}
