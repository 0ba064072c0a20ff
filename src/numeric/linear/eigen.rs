//! Eigenvectors of small symmetric matrices.

/// The unit eigenvector of the largest eigenvalue of a symmetric matrix of `size` rows, its sign such that its sum is not negative.
///
/// # Formula
/// Cyclic Jacobi rotations, Golub and Van Loan (2013), Matrix Computations, §8.5; 60 sweeps at most.
pub(crate) fn first_vector(matrix: &[f64], size: usize) -> Vec<f64> {
    let mut a = matrix.to_vec();
    let mut vectors: Vec<f64> = (0..size * size).map(|cell| if cell % (size + 1) == 0 { 1.0 } else { 0.0 }).collect();
    for _ in 0..60 {
        let off: f64 = (0..size * size).filter(|cell| cell / size != cell % size).map(|cell| a[cell] * a[cell]).sum();
        if off < 1e-300 {
            break;
        }
        for p in 0..size {
            for q in p + 1..size {
                rotate(&mut a, &mut vectors, size, p, q);
            }
        }
    }
    let largest = (0..size).max_by(|x, y| a[x * (size + 1)].total_cmp(&a[y * (size + 1)])).unwrap_or(0);
    let vector: Vec<f64> = (0..size).map(|row| vectors[row * size + largest]).collect();
    let sign = if vector.iter().sum::<f64>() < 0.0 { -1.0 } else { 1.0 };
    vector.into_iter().map(|part| sign * part).collect()
}

/// Makes the entry (p, q) zero.
fn rotate(a: &mut [f64], vectors: &mut [f64], size: usize, p: usize, q: usize) {
    let cross = a[p * size + q];
    if cross == 0.0 {
        return;
    }
    let tau = (a[q * size + q] - a[p * size + p]) / (2.0 * cross);
    let tangent = if tau >= 0.0 { 1.0 / (tau + (1.0 + tau * tau).sqrt()) } else { -1.0 / (-tau + (1.0 + tau * tau).sqrt()) };
    let cosine = 1.0 / (1.0 + tangent * tangent).sqrt();
    let sine = tangent * cosine;
    for k in 0..size {
        let (left, right) = (a[k * size + p], a[k * size + q]);
        a[k * size + p] = cosine * left - sine * right;
        a[k * size + q] = sine * left + cosine * right;
    }
    for k in 0..size {
        let (upper, lower) = (a[p * size + k], a[q * size + k]);
        a[p * size + k] = cosine * upper - sine * lower;
        a[q * size + k] = sine * upper + cosine * lower;
        let (left, right) = (vectors[k * size + p], vectors[k * size + q]);
        vectors[k * size + p] = cosine * left - sine * right;
        vectors[k * size + q] = sine * left + cosine * right;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_vector_of_a_known_matrix() {
        // Eigenvalues of [[2,1,0],[1,2,1],[0,1,2]] are 2 ± √2 and 2; the first vector is (1, √2, 1)/2.
        let vector = first_vector(&[2.0, 1.0, 0.0, 1.0, 2.0, 1.0, 0.0, 1.0, 2.0], 3);
        for (part, expected) in vector.iter().zip([0.5, 0.5_f64.sqrt(), 0.5]) {
            assert!((part - expected).abs() < 1e-14, "{vector:?}");
        }
    }
}
