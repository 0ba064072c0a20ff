//! Several margins, brought to their totals in turn.

use std::collections::BTreeMap;

use crate::design::calibration::projection::Projection;
use crate::design::calibration::{Auxiliary, Calibration, CalibrationError, Distance, Margin, bad_weights, calibrate};

/// How often R's survey package takes margins out of an influence value; see [`RakingResiduals::Unweighted`].
const SWEEPS_OUT: usize = 10;

/// When raking ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RakeStop {
    /// Sweeps over all margins at most.
    pub sweeps: usize,
    /// The change of the weighted sum of any cell of the cross-classification in a sweep, below which it ends: below 1 a share of the sum
    /// of the weights, else a number of people, as `epsilon` of `rake` in R's survey package.
    pub epsilon: f64,
}

impl Default for RakeStop {
    /// A part in 10^12, in 1,000 sweeps. R's own default, a change of one person in 10 sweeps, shows in the fourth digit of a weight.
    fn default() -> Self {
        Self { sweeps: 1000, epsilon: 1e-12 }
    }
}

/// How the residuals of raked weights are taken. Where all base weights are equal, both are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RakingResiduals {
    /// As R's survey package does after `rake`: deviations from unweighted means of one margin after the other, ten times over.
    #[default]
    Unweighted,
    /// Those of the regression on all margins, weighted by the base weights, as for every other distance: Deville and Särndal (1992),
    /// JASA 87, eq. 3.4.
    Regression,
}

/// Scales the weights to each margin in turn until nothing changes any more.
///
/// # Formula
/// Iterative proportional fitting: Deming and Stephan (1940), Annals of Mathematical Statistics 11; `rake` of R's survey package.
///
/// # Errors
/// A base weight that is no number from 0, margins over other rows, every category whose rows have no weight, and margins whose
/// totals add up to different populations. Margins that cannot be met together are no error: see [`Calibration::converged`].
pub fn rake(base: &[f64], margins: &[Margin], stop: RakeStop, residuals: RakingResiduals) -> Result<Calibration, Vec<CalibrationError>> {
    let errors = unfit(base, margins);
    if !errors.is_empty() {
        return Err(errors);
    }
    let table = Table::new(base, margins);
    let (factors, rounds, converged) = table.fit(margins, stop);
    let g: Vec<f64> = table.of_row.iter().map(|cell| factors[*cell as usize]).collect();
    let weights: Vec<f64> = base.iter().zip(&g).map(|(d, g)| d * g).collect();
    let projection = match residuals {
        RakingResiduals::Unweighted => {
            let metric: Vec<f64> = weights.iter().map(|w| if *w > 0.0 { 1.0 } else { 0.0 }).collect();
            let classes = margins.iter().map(|margin| (margin.of_row(), margin.categories().len()));
            Projection::deviations(weights.clone(), &metric, classes, SWEEPS_OUT)
        }
        RakingResiduals::Regression => {
            let indicators: Vec<Auxiliary> = margins
                .iter()
                .flat_map(|margin| {
                    let sums = margin.sums(base);
                    margin.indicators().into_iter().zip(sums).map(|(x, total)| Auxiliary { total, ..x })
                })
                .collect();
            // Weights calibrated to what they add up to already: only the projection is wanted.
            let Calibration { projection, .. } = calibrate(base, &indicators, Distance::Linear(None), None)?;
            projection.rescaled(&g)
        }
    };
    Ok(Calibration { weights, projection, rounds, converged })
}

fn unfit(base: &[f64], margins: &[Margin]) -> Vec<CalibrationError> {
    let mut errors = bad_weights(base);
    for margin in margins.iter().filter(|margin| margin.of_row().len() != base.len()) {
        let (name, found) = (margin.name().to_owned(), margin.of_row().len());
        errors.push(CalibrationError::Ragged { name, found, expected: base.len() });
    }
    if !errors.is_empty() {
        return errors;
    }
    errors.extend(margins.iter().flat_map(|margin| margin.without_weight(base)));
    let size = |margin: &Margin| margin.categories().iter().map(|category| category.total).sum::<f64>();
    if let Some((first, others)) = margins.split_first() {
        let implied = size(first);
        for (margin, total) in others.iter().map(|margin| (margin, size(margin))) {
            if (total - implied).abs() > 1e-6 * implied {
                errors.push(CalibrationError::Contradiction { name: margin.name().to_owned(), total, implied });
            }
        }
    }
    errors
}

/// The cross-classification of the margins, as far as rows have it.
struct Table {
    of_row: Vec<u32>,
    /// The categories of each cell, one a margin.
    categories: Vec<Vec<u32>>,
    base: Vec<f64>,
}

impl Table {
    fn new(base: &[f64], margins: &[Margin]) -> Self {
        let key = |row: usize| -> Vec<u32> { margins.iter().map(|margin| margin.of_row()[row]).collect() };
        let mut cells: BTreeMap<Vec<u32>, u32> = (0..base.len()).map(|row| (key(row), 0)).collect();
        for (place, cell) in (0..).zip(cells.values_mut()) {
            *cell = place;
        }
        let of_row: Vec<u32> = (0..base.len()).map(|row| cells[&key(row)]).collect();
        let mut sums = vec![0.0; cells.len()];
        for (cell, d) in of_row.iter().zip(base) {
            sums[*cell as usize] += d;
        }
        Self { of_row, categories: cells.into_keys().collect(), base: sums }
    }

    /// The factor of each cell, the sweeps gone, and whether the last changed less than asked for.
    fn fit(&self, margins: &[Margin], stop: RakeStop) -> (Vec<f64>, usize, bool) {
        let mut cells = self.base.clone();
        let least = if stop.epsilon < 1.0 { stop.epsilon * cells.iter().sum::<f64>() } else { stop.epsilon };
        let mut factors = vec![1.0; cells.len()];
        for sweep in 1..=stop.sweeps {
            let before = cells.clone();
            for (place, margin) in margins.iter().enumerate() {
                let mut sums = vec![0.0; margin.categories().len()];
                for (key, cell) in self.categories.iter().zip(&cells) {
                    sums[key[place] as usize] += cell;
                }
                for ((key, cell), factor) in self.categories.iter().zip(&mut cells).zip(&mut factors) {
                    let category = key[place] as usize;
                    let by = margin.categories()[category].total / sums[category];
                    *cell *= by;
                    *factor *= by;
                }
            }
            let change = cells.iter().zip(&before).map(|(now, then)| (now - then).abs()).fold(0.0, f64::max);
            if change < least {
                return (factors, sweep, true);
            }
        }
        (factors, stop.sweeps, false)
    }
}
