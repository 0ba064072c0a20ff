//! A factor of a covariance matrix, for drawing from it.

/// What a unit's variance may keep unexplained, as a share of it: below this a pivot is rounding.
const REST: f64 = 1e-10;

/// The rows of `L` with `L Lᵀ` the correlation matrix: for each unit the places and numbers that are not 0.
///
/// # Formula
/// Cholesky's factorisation with the largest remaining diagonal as the next pivot, which ends early where the matrix is
/// only semidefinite: Higham (2002), Accuracy and Stability of Numerical Algorithms, section 10.3. Rows are brought to
/// length 1, so that each unit keeps its variance even where rounding left the matrix not quite semidefinite.
pub(crate) fn correlation_factor(k: usize, covariance: impl Fn(usize, usize) -> f64) -> Vec<Vec<(u32, f64)>> {
    let sd: Vec<f64> = (0..k).map(|unit| covariance(unit, unit).sqrt()).collect();
    let mut rest: Vec<f64> = vec![0.0; k * k];
    for (a, row) in rest.chunks_exact_mut(k.max(1)).enumerate() {
        for (b, cell) in row.iter_mut().enumerate() {
            let scale = sd[a] * sd[b];
            *cell = if a == b {
                f64::from(u8::from(scale > 0.0))
            } else if scale > 0.0 {
                covariance(a, b) / scale
            } else {
                0.0
            };
        }
    }
    let mut open: Vec<usize> = (0..k).collect();
    let mut rows: Vec<Vec<(u32, f64)>> = vec![Vec::new(); k];
    for step in 0_u32.. {
        let diagonal = |unit: &usize| rest[unit * k + unit];
        let Some(place) = (0..open.len()).reduce(|best, next| if diagonal(&open[next]) > diagonal(&open[best]) { next } else { best })
        else {
            break;
        };
        let pivot = open[place];
        let root = diagonal(&pivot);
        if root <= REST {
            break;
        }
        let root = root.sqrt();
        rows[pivot].push((step, root));
        open.remove(place);
        let column: Vec<(usize, f64)> =
            open.iter().map(|unit| (*unit, rest[unit * k + pivot] / root)).filter(|(_, number)| *number != 0.0).collect();
        for (a, x) in &column {
            rows[*a].push((step, *x));
            for (b, y) in &column {
                rest[a * k + b] -= x * y;
            }
        }
    }
    for row in &mut rows {
        let length = row.iter().map(|(_, number)| number * number).sum::<f64>().sqrt();
        for (_, number) in row {
            *number /= length;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(rows: &[Vec<(u32, f64)>], a: usize, b: usize) -> f64 {
        rows[a].iter().flat_map(|(p, x)| rows[b].iter().filter(move |(q, _)| p == q).map(move |(_, y)| x * y)).sum()
    }

    #[test]
    fn the_factor_gives_the_matrix_back_where_it_is_singular_too() {
        // The covariance of (x, y, x + y, x − y, 0), with x and y independent of variance 1 and 4.
        let basis = [[1.0, 0.0], [0.0, 2.0], [1.0, 2.0], [1.0, -2.0], [0.0, 0.0]];
        let covariance: Vec<f64> = basis.iter().flat_map(|a| basis.iter().map(move |b| a[0] * b[0] + a[1] * b[1])).collect();
        let rows = correlation_factor(5, |a, b| covariance[a * 5 + b]);
        assert_eq!(rows.iter().flatten().map(|(place, _)| *place).max(), Some(1), "two pivots suffice");
        for a in 0..5 {
            for b in 0..5 {
                let scale = (covariance[a * 6] * covariance[b * 6]).sqrt();
                assert!((product(&rows, a, b) * scale - covariance[a * 5 + b]).abs() < 1e-14, "{a} {b}");
            }
        }
    }

    #[test]
    fn an_impossible_matrix_keeps_its_variances() {
        let rows = correlation_factor(2, |a, b| if a == b { 1.0 } else { 1.001 });
        assert!((product(&rows, 0, 0) - 1.0).abs() < 1e-15 && (product(&rows, 1, 1) - 1.0).abs() < 1e-15);
    }
}
