//! What a calibration by cells takes out of the variance.

use crate::design::CellCalibration;
use crate::scoring::Scatter;

/// The base weight that one PSU has in one calibration cell.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// The PSU, by its canonical number.
    pub psu: u32,
    /// The calibration cell.
    pub cell: u32,
    /// Σ of base weights, in the unit of the calibration's cells.
    pub weight: f64,
}

/// A calibration of cells, with all that residuals need of the sample.
#[derive(Debug, Clone)]
pub struct CellResiduals {
    calibration: CellCalibration,
    /// The calibration cell of each class of the tally.
    of_class: Vec<u32>,
    /// By PSU.
    lines: Vec<Line>,
}

impl CellResiduals {
    /// Puts a calibration together with the lines of every PSU, also of those that no domain of interest has, and the
    /// calibration cell of each class of the tally.
    #[must_use]
    pub fn new(calibration: CellCalibration, of_class: Vec<u32>, mut lines: Vec<Line>) -> Self {
        lines.sort_by_key(|line| (line.psu, line.cell));
        Self { calibration, of_class, lines }
    }

    /// How many calibration cells there are.
    pub(super) fn cells(&self) -> usize {
        self.calibration.g().len()
    }

    /// The calibration cell of a class of the tally.
    pub(super) fn cell_of(&self, class: u32) -> u32 {
        self.of_class[class as usize]
    }

    /// Linearised totals of PSUs turned into residual totals. `sums` are the same totals by calibration cell, cell by cell.
    ///
    /// # Formula
    /// `z_j − Σ_c w_jc g_c x_cᵀB`, see [`CellCalibration::residuals`]. PSUs outside the domain take part: their fitted values are
    /// not 0.
    pub(super) fn of(&self, scatter: &Scatter, sums: &[f64]) -> Scatter {
        let width = scatter.width;
        let fitted: Vec<Vec<f64>> = (0..width)
            .map(|statistic| self.calibration.fitted(&sums.iter().skip(statistic).step_by(width).copied().collect::<Vec<_>>()))
            .collect();
        let touched: Vec<bool> = (0..self.cells()).map(|cell| fitted.iter().any(|fitted| fitted[cell] != 0.0)).collect();
        let mut residuals = Scatter { width, ..Scatter::default() };
        let mut own = scatter.psus.iter().zip(scatter.z.chunks_exact(width.max(1))).peekable();
        let mut row = vec![0.0; width];
        for lines in self.lines.chunk_by(|a, b| a.psu == b.psu) {
            let psu = lines[0].psu;
            let mut there = false;
            row.fill(0.0);
            if let Some((_, z)) = own.next_if(|(own, _)| **own == psu) {
                row.copy_from_slice(z);
                there = true;
            }
            for line in lines.iter().filter(|line| touched[line.cell as usize]) {
                for (z, fitted) in row.iter_mut().zip(&fitted) {
                    *z -= line.weight * fitted[line.cell as usize];
                }
                there = true;
            }
            if there {
                residuals.psus.push(psu);
                residuals.z.extend_from_slice(&row);
            }
        }
        residuals
    }
}
