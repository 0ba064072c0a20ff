//! What goes wrong in computing, in Vietnamese; in English the errors display themselves.

use super::pipeline::ComputeError;
use super::sensitivity::SensitivityError;
use super::stages::{StageError, listed, quoted};
use super::uncertainty::{Reason, UncertaintyError};

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

impl StageError {
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
            Self::Replicates { done, asked, failure } => format!("Chỉ {done} trong {asked} mẫu lặp tính được điểm: {failure}"),
            Self::Rank(error) => format!("Không xét được hạng: {error}"),
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
                format!("Có phương án không tính được nên không chia được phương sai theo yếu tố: {why}")
            }
            Self::NoReplicate(why) => format!("Không tính được mẫu lặp nào: {why}"),
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
