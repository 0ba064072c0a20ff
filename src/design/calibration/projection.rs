//! What calibration takes out of a variance.

use crate::numeric::linear::{dot, subtract};

/// The subspace that influence values are freed of.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Projection {
    /// What an influence value is divided by before, and multiplied by after.
    scale: Vec<f64>,
    space: Space,
}

#[derive(Debug, Clone, PartialEq)]
enum Space {
    /// Orthonormal columns over the rows.
    Basis(Vec<Vec<f64>>),
    /// Classifications of the rows, each with orthonormal columns that do not overlap; taken out in turn, so many times over.
    Classes(Vec<Classes>, usize),
}

/// A classification whose classes are one direction each.
#[derive(Debug, Clone, PartialEq)]
struct Classes {
    of_row: Vec<u32>,
    count: usize,
    /// The row's part of its class's direction, of length 1 over the class.
    unit: Vec<f64>,
}

impl Projection {
    /// Residuals of the regression on all of `x`, where the basis spans `√d·x`: `scale` is `g·√d`.
    pub(super) fn regression(scale: Vec<f64>, basis: Vec<Vec<f64>>) -> Self {
        Self { scale, space: Space::Basis(basis) }
    }

    /// Deviations from the means of classes, one classification after the other, `sweeps` times; `metric` is the root of the weight
    /// that a row has in a mean of `z/scale`.
    pub(super) fn deviations<'a>(
        scale: Vec<f64>,
        metric: &[f64],
        classifications: impl Iterator<Item = (&'a [u32], usize)>,
        sweeps: usize,
    ) -> Self {
        let classes = classifications.map(|(of_row, count)| Classes::new(of_row, count, metric)).collect();
        Self { scale, space: Space::Classes(classes, sweeps) }
    }

    /// The same subspace for weights that are `g` times as large.
    pub(super) fn rescaled(mut self, g: &[f64]) -> Self {
        self.scale.iter_mut().zip(g).for_each(|(scale, g)| *scale *= g);
        self
    }

    /// See `Calibration::residuals`.
    pub(super) fn apply(&self, influence: &mut [f64], width: usize) {
        for statistic in 0..width {
            let values = influence.iter().skip(statistic).step_by(width).zip(&self.scale);
            let mut y: Vec<f64> = values.map(|(z, scale)| if *scale == 0.0 { 0.0 } else { z / scale }).collect();
            self.space.take_out(&mut y);
            for ((z, y), scale) in influence.iter_mut().skip(statistic).step_by(width).zip(&y).zip(&self.scale) {
                *z = y * scale;
            }
        }
    }
}

impl Space {
    fn take_out(&self, y: &mut [f64]) {
        match self {
            Self::Basis(basis) => {
                for column in basis {
                    let along = dot(column, y);
                    subtract(y, along, column);
                }
            }
            Self::Classes(list, sweeps) => (0..*sweeps).for_each(|_| list.iter().for_each(|classes| classes.take_out(y))),
        }
    }
}

impl Classes {
    fn new(of_row: &[u32], count: usize, metric: &[f64]) -> Self {
        let mut squares = vec![0.0; count];
        for (class, m) in of_row.iter().zip(metric) {
            squares[*class as usize] += m * m;
        }
        let unit = |(class, m): (&u32, &f64)| if *m == 0.0 { 0.0 } else { m / squares[*class as usize].sqrt() };
        Self { of_row: of_row.to_vec(), count, unit: of_row.iter().zip(metric).map(unit).collect() }
    }

    fn take_out(&self, y: &mut [f64]) {
        let mut along = vec![0.0; self.count];
        for ((class, unit), y) in self.of_row.iter().zip(&self.unit).zip(&*y) {
            along[*class as usize] += unit * y;
        }
        for ((class, unit), y) in self.of_row.iter().zip(&self.unit).zip(y) {
            *y -= along[*class as usize] * unit;
        }
    }
}
