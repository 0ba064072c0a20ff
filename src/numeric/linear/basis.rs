//! Orthonormal bases that say which columns are redundant.

/// A column counts as a combination of those before it if less than this share of its length is left.
const REDUNDANT: f64 = 1e-7;

/// An orthonormal basis of columns, with what is needed to carry totals over to it.
#[derive(Debug, Clone)]
pub(crate) struct Orthonormal {
    /// The basis, one column after the other, each as long as the columns it spans.
    pub(crate) basis: Vec<Vec<f64>>,
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
    pub(crate) fn new(columns: impl Iterator<Item = Vec<f64>>) -> Self {
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
    pub(crate) fn carry_over(&self, totals: &[f64]) -> (Vec<f64>, Vec<(usize, f64)>) {
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
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `from − along · direction`, in place.
pub(crate) fn subtract(from: &mut [f64], along: f64, direction: &[f64]) {
    for (x, d) in from.iter_mut().zip(direction) {
        *x -= along * d;
    }
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
}
