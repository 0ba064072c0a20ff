//! Why weights cannot be calibrated.

use crate::words::Finding;

/// Why weights cannot be calibrated. `name` is the auxiliary variable, or the margin and its category.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CalibrationError {
    /// Bounds that do not enclose 1, or are negative.
    #[error("bounds {low} and {high}: g needs 0 ≤ low < 1 < high, and logit a finite high")]
    Bounds {
        /// The lower one.
        low: f64,
        /// The upper one.
        high: f64,
    },
    /// A column of another length than the weights.
    #[error("{name}: {found} rows, the weights have {expected}")]
    Ragged {
        /// The variable.
        name: String,
        /// Its rows.
        found: usize,
        /// The rows of the weights.
        expected: usize,
    },
    /// A base weight that is no number from 0.
    #[error("row {row}: the base weight is no number from 0")]
    BaseWeight {
        /// The row, from 0.
        row: usize,
    },
    /// A value of an auxiliary variable that is missing or infinite.
    #[error("{name}, row {row}: an auxiliary variable must not be missing")]
    Missing {
        /// The variable.
        name: String,
        /// The row, from 0.
        row: usize,
    },
    /// A total that is no number, or a negative count of people.
    #[error("{name}: {total} is no total")]
    Total {
        /// The variable.
        name: String,
        /// The total given.
        total: f64,
    },
    /// A category that rows have, and nobody of the population.
    #[error("{name}: {rows} rows have this category and the totals have nobody in it")]
    NoTotal {
        /// The margin and category.
        name: String,
        /// How many rows.
        rows: usize,
    },
    /// A total for people of whom the sample has none.
    #[error("{name}: the total is {total} and no row with weight stands for it: merge it with another category")]
    Empty {
        /// The margin and category.
        name: String,
        /// The total given.
        total: f64,
    },
    /// A total that the other totals contradict.
    #[error("{name}: the total is {total}, the other totals imply {implied} (difference {})", total - implied)]
    Contradiction {
        /// The variable.
        name: String,
        /// The total given.
        total: f64,
        /// What follows from the others.
        implied: f64,
    },
    /// A total that no weights within the bounds reach.
    #[error("{name}: the total is {total}, the bounds let weights reach {low} to {high} (short by {})", short(*total, *low, *high))]
    OutOfReach {
        /// The variable.
        name: String,
        /// The total given.
        total: f64,
        /// The least that the bounds allow.
        low: f64,
        /// The most that the bounds allow.
        high: f64,
    },
    /// Totals that no weights within the bounds reach together.
    #[error("{name}: the total is {total}, weights came to {reached} after {iterations} rounds (difference {})", total - reached)]
    NotReached {
        /// The variable.
        name: String,
        /// The total given.
        total: f64,
        /// What the weights add up to.
        reached: f64,
        /// Rounds gone.
        iterations: usize,
    },
}

fn short(total: f64, low: f64, high: f64) -> f64 {
    if total > high { total - high } else { low - total }
}

impl CalibrationError {
    /// The error as a finding at `pointer`, in both languages.
    #[must_use]
    pub fn finding(&self, pointer: &str) -> Finding {
        let (code, vi) = match self {
            Self::Bounds { low, high } => (
                "calibration-bounds",
                format!("Giới hạn {low} và {high}: hệ số g cần 0 ≤ dưới < 1 < trên; với logit giới hạn trên phải hữu hạn"),
            ),
            Self::Ragged { name, found, expected } => {
                ("calibration-ragged", format!("{name}: có {found} dòng, trong khi trọng số có {expected} dòng"))
            }
            Self::BaseWeight { row } => ("calibration-base-weight", format!("Dòng {row}: trọng số cơ sở không phải là số không âm")),
            Self::Missing { name, row } => ("calibration-missing", format!("{name}, dòng {row}: biến phụ trợ không được để trống")),
            Self::Total { name, total } => ("calibration-total", format!("{name}: {total} không phải là một tổng hợp lệ")),
            Self::NoTotal { name, rows } => {
                ("calibration-no-total", format!("{name}: {rows} dòng thuộc nhóm này nhưng các tổng không có ai trong nhóm"))
            }
            Self::Empty { name, total } => (
                "calibration-empty",
                format!("{name}: tổng là {total} nhưng không có dòng nào có trọng số thuộc nhóm này; hãy gộp với nhóm khác"),
            ),
            Self::Contradiction { name, total, implied } => (
                "calibration-contradiction",
                format!("{name}: tổng là {total}, các tổng khác suy ra {implied} (chênh {})", total - implied),
            ),
            Self::OutOfReach { name, total, low, high } => (
                "calibration-out-of-reach",
                format!("{name}: tổng là {total}, giới hạn chỉ cho phép từ {low} đến {high} (thiếu {})", short(*total, *low, *high)),
            ),
            Self::NotReached { name, total, reached, iterations } => (
                "calibration-not-reached",
                format!("{name}: tổng là {total}, trọng số chỉ đạt {reached} sau {iterations} vòng (chênh {})", total - reached),
            ),
        };
        Finding::error(pointer, code, vi, self.to_string())
    }
}
