//! What goes wrong in computing, in Vietnamese; in English the errors display themselves.

use super::pipeline::ComputeError;
use super::sensitivity::SensitivityError;
use super::stages::{StageError, listed, quoted};
use super::uncertainty::{Reason, UncertaintyError};
use crate::words::{Lang, Said};

/// A stage's name in Vietnamese.
#[must_use]
pub fn stage_vi(name: &str) -> &str {
    match name {
        "screen" => "sàng lọc",
        "denominate" => "chia mẫu số",
        "impute" => "điền giá trị thiếu",
        "treat" => "xử lý ngoại lai",
        "normalise" => "chuẩn hóa",
        "weight" => "xác định trọng số",
        "aggregate" => "tổng hợp",
        other => other,
    }
}

/// What follows a failure: why, where that is known.
pub(super) fn because(why: Option<&Said>, lang: Lang) -> String {
    why.map(|why| format!(": {}", why.pick(lang))).unwrap_or_default()
}

impl StageError {
    /// The reason in both languages.
    #[must_use]
    pub fn said(&self) -> Said {
        Said::new(self.vi(), self.to_string())
    }

    /// The reason in Vietnamese.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::OutOfDomain { of, needs, unit, edition, value } => {
                format!("{of}: {}, nhưng {unit} kỳ {edition} có {value}", needs.vi)
            }
            Self::Overflow { of, edition } => format!("{of}: số liệu kỳ {edition} quá lớn nên không tính được"),
            Self::NoReference { indicator, unit, edition } => {
                format!("{indicator}: đơn vị tham chiếu {unit} không có giá trị trong kỳ {edition}")
            }
            Self::NoCorrelation { node } => {
                format!("{node}: quá ít đơn vị có đủ giá trị của mọi thành phần nên không tìm được trọng số")
            }
            Self::Constant { node, children } => {
                format!("{node}: {} không có điểm hoặc chỉ có một giá trị nên không tìm được trọng số", quoted(children))
            }
            Self::Opposed { node, opposed, loadings } => format!(
                "{node}: {} đi ngược các thành phần còn lại (hệ số tải {}): hệ số tải thô sẽ thành trọng số âm, hãy đổi “direction” hoặc bỏ ra",
                quoted(opposed),
                listed(loadings)
            ),
        }
    }
}

impl ComputeError {
    /// The reason in both languages.
    #[must_use]
    pub fn said(&self) -> Said {
        Said::new(self.vi(), self.to_string())
    }

    /// The reason in Vietnamese.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::NoUnits => "Không có đơn vị nào để chấm điểm".to_owned(),
            Self::Stage { place, name, source } => format!("Bước {} ({}): {}", place + 1, stage_vi(name), source.vi()),
            Self::NoAggregation => "Các bước không kết thúc bằng bước tổng hợp".to_owned(),
        }
    }
}

impl UncertaintyError {
    /// The reason in Vietnamese.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::Nominal(error) => format!("Chỉ số theo định nghĩa không tính được: {}", error.vi()),
            Self::NoEdition(edition) => format!("Kết quả không có kỳ {edition}"),
            Self::NoDerivative(node) => format!("{node}: điểm không có đạo hàm, cần tính bằng mẫu lặp"),
            Self::Replicates { done, asked, failure } => {
                format!("Chỉ {done} trong {asked} mẫu lặp tính được điểm{}", because(failure.as_ref(), Lang::Vi))
            }
            Self::Rank(error) => format!("Không xét được hạng: {}", error.vi()),
            Self::Level(level) => format!("Độ tin cậy {level} không nằm giữa 0 và 1"),
        }
    }
}

impl SensitivityError {
    /// The reason in Vietnamese.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::Nominal(error) => format!("Chỉ số theo định nghĩa không tính được: {}", error.vi()),
            Self::NoEdition(edition) => format!("Bảng số liệu không có kỳ {edition}"),
            Self::NoUnit(unit) => format!("Đơn vị {unit} không có điểm"),
            Self::Alternative(why) => {
                format!("Có phương án không tính được nên không chia được phương sai theo yếu tố: {}", why.vi)
            }
            Self::NoReplicate(why) => format!("Không tính được mẫu lặp nào{}", because(why.as_ref(), Lang::Vi)),
            Self::Shape { place, found, expected } => format!("Kết quả của thiết kế {place} có {found} dòng, cần {expected}"),
        }
    }
}

impl Reason {
    /// The reason in Vietnamese.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::Imputed { indicator } => format!("{indicator}: giá trị thiếu được điền từ các giá trị có sai số"),
            Self::Treated { indicator } => format!("{indicator}: giá trị ngoại lai được xử lý"),
            Self::DataGoalposts { indicator } => format!("{indicator}: mốc chuẩn hóa lấy từ các giá trị có sai số"),
            Self::NotSmooth { indicator } => format!("{indicator}: cách chuẩn hóa không có đạo hàm"),
            Self::NearGoalpost { indicator, unit } => format!("{indicator}: {unit} nằm sát mốc mà điểm bị chặn lại"),
            Self::DataWeights => "trọng số tính từ số liệu".to_owned(),
            Self::NotSmoothNode { node } => format!("{node}: trung vị hoặc điểm Copeland không có đạo hàm"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scoring::rank::RankError;

    #[test]
    fn what_lies_behind_a_failure_is_told_in_the_same_language() {
        let why = StageError::Overflow { of: "x".to_owned(), edition: "2025".to_owned() }.said();
        let replicates = UncertaintyError::Replicates { done: 1, asked: 9, failure: Some(why.clone()) };
        let told = [
            (replicates.vi(), replicates.to_string()),
            (SensitivityError::Alternative(why.clone()).vi(), SensitivityError::Alternative(why.clone()).to_string()),
            (SensitivityError::NoReplicate(Some(why.clone())).vi(), SensitivityError::NoReplicate(Some(why)).to_string()),
        ];
        for (vi, en) in told {
            assert!(vi.ends_with("x: số liệu kỳ 2025 quá lớn nên không tính được"), "{vi}");
            assert!(en.ends_with("x: the numbers of 2025 are too large to be computed with"), "{en}");
        }
        assert_eq!(SensitivityError::NoReplicate(None).to_string(), "no replicate could be computed");
        assert_eq!(UncertaintyError::Rank(RankError::Level(2.0)).vi(), "Không xét được hạng: độ tin cậy 2 không nằm giữa 0 và 1");
    }
}
