//! Why an index cannot be computed, in Vietnamese; in English the errors display themselves.

use super::{CalibrateError, ComputeError, CovarianceError};

impl ComputeError {
    /// The reason in Vietnamese.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::Lonely(error) => error.vi(),
            Self::Tally(error) => error.vi(),
            Self::Replicates(error) => format!("phương sai không có trọng số lặp: {}", error.vi()),
            Self::Ranks(error) => format!("không xét được hạng: {}", error.vi()),
            Self::Calibrate(error) => format!("không hiệu chỉnh được trọng số: {}", error.vi()),
            Self::Cancelled => "đã hủy".to_owned(),
        }
    }
}

impl CalibrateError {
    /// The reason in Vietnamese.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::Combinations(n) => {
                format!("các câu hỏi của biên, cùng câu hỏi chia miền, có {n} tổ hợp câu trả lời; chỉ phân biệt được 256")
            }
            Self::NoTotal { margin, class, rows } => format!("{margin}: {rows} phiếu thuộc nhóm “{class}” nhưng nhóm này không có tổng"),
            Self::Totals(errors) => errors.iter().map(|error| error.finding("").vi).collect::<Vec<_>>().join("; "),
        }
    }
}

impl CovarianceError {
    /// The reason in Vietnamese.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::NoNode(nodes) => format!("chỉ số không có nút {}", nodes.join(", ")),
            Self::NoPartition { kind, known } => {
                format!("chỉ số không tính cho miền “{kind}” gồm trọn các đơn vị; các loại miền có là: {}", known.join(", "))
            }
            Self::TooMany { domains, nodes, replicates } => format!(
                "{domains} miền × {nodes} nút × {replicates} bộ trọng số lặp là quá nhiều giá trị: hãy hỏi ít đơn vị hơn, hoặc tuyến tính hóa"
            ),
            Self::Compute(error) => error.vi(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::LonelyStratum;
    use crate::scoring::rank::RankError;

    #[test]
    fn a_reason_in_vietnamese_has_no_english_in_it() {
        let lonely = ComputeError::from(LonelyStratum { stratum: "07".to_owned() });
        let ranks = ComputeError::Ranks(RankError::Shape { what: "the covariance matrix across years", found: 3, expected: 4 });
        let totals = CalibrateError::NoTotal { margin: "sex".to_owned(), class: "3".to_owned(), rows: 2 };
        for told in [CovarianceError::from(lonely).vi(), ranks.vi(), ComputeError::Calibrate(totals).vi()] {
            assert!(!told.split(' ').any(|word| ["the", "a", "of", "is", "has", "rows"].contains(&word)), "{told}");
        }
        assert_eq!(ranks.vi(), "không xét được hạng: ma trận hiệp phương sai giữa các năm có 3 số, cần 4");
    }
}
