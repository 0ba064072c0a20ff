//! Why something cannot be estimated, in Vietnamese; in English the errors display themselves.

use super::rank::RankError;
use super::replicate::ReplicateError;
use super::{LonelyStratum, TallyError};

impl LonelyStratum {
    /// The reason in Vietnamese.
    #[must_use]
    pub fn vi(&self) -> String {
        format!("tầng “{}” chỉ có một PSU được chọn: hãy nêu cách xử lý (remove, adjust, average, certainty)", self.stratum)
    }
}

impl TallyError {
    /// The reason in Vietnamese.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::Measures(one, other) => format!("không gộp được bảng đếm {one} đại lượng với bảng đếm {other} đại lượng"),
            Self::Overflow => "trọng số quá lớn nên không cộng được: hãy chọn đơn vị trọng số thô hơn".to_owned(),
        }
    }
}

impl ReplicateError {
    /// The reason in Vietnamese.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::Linearised => "phương pháp tuyến tính hóa không tạo trọng số lặp".to_owned(),
            Self::Range(_) => "phương pháp tính phương sai có số nằm ngoài khoảng cho phép".to_owned(),
            Self::Lonely { stratum } => format!("tầng “{stratum}” chỉ có một PSU được chọn: hãy nêu cách xử lý (remove, certainty)"),
            Self::Rule { rule } => {
                format!("cách xử lý {rule} cho tầng có một PSU không có trọng số lặp: hãy chọn remove hoặc certainty, hoặc tuyến tính hóa")
            }
            Self::NotTwo { stratum, sampled } => {
                format!("nửa mẫu cân bằng cần đúng hai PSU trong mỗi tầng: tầng “{stratum}” có {sampled}")
            }
            Self::Population => {
                "nửa mẫu cân bằng không dùng số lượng của tổng thể: hãy bỏ các số đó, hoặc chọn phương pháp khác".to_owned()
            }
            Self::Ragged { replicate, found, expected } => {
                format!("bộ trọng số lặp {replicate} có {found} trọng số, mẫu có {expected} dòng")
            }
            Self::Weight { replicate, row } => format!("bộ trọng số lặp {replicate}, dòng {row}: trọng số không phải là số hữu hạn"),
            Self::Count { replicates, rscales } => {
                format!("có {replicates} bộ trọng số lặp và {rscales} hệ số riêng: cần ít nhất hai bộ, mỗi bộ một hệ số")
            }
            Self::Scale => "hệ số của các bộ trọng số lặp phải là số không âm".to_owned(),
            Self::Units { found, expected } => format!("trọng số lặp dành cho {found} đơn vị, mẫu có {expected}"),
            Self::Calibrated => "trọng số đã hiệu chỉnh không có trọng số lặp ở đây: hãy tuyến tính hóa".to_owned(),
            Self::NoValue => "không bộ trọng số lặp nào cho giá trị".to_owned(),
        }
    }
}

impl RankError {
    /// The reason in Vietnamese.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::Shape { what, found, expected } => format!("{} có {found} số, cần {expected}", named(what)),
            Self::Number { what, unit, number } => format!("{} của đơn vị {unit} (đếm từ 0) là {number}", named(what)),
            Self::NoDegrees { unit } => format!("đơn vị {unit} (đếm từ 0) không có bậc tự do: không biết phương sai của nó"),
            Self::TooFewDraws { draws, level } => format!("{draws} lần rút là quá ít cho độ tin cậy {level}"),
            Self::Level(level) => format!("độ tin cậy {level} không nằm giữa 0 và 1"),
            Self::NoUnit(unit) => format!("không có đơn vị {unit} (đếm từ 0)"),
        }
    }
}

/// What the numbers of an error are, in Vietnamese.
fn named(what: &'static str) -> &'static str {
    match what {
        "the value" => "giá trị",
        "a covariance" => "một hiệp phương sai",
        "the variance" => "phương sai",
        "the number of degrees of freedom" => "số bậc tự do",
        "the covariance matrix" => "ma trận hiệp phương sai",
        "the covariance matrix across years" => "ma trận hiệp phương sai giữa các năm",
        "the list of degrees of freedom" => "danh sách bậc tự do",
        "the list of ratios" => "danh sách tỷ số",
        "the list of draws" => "danh sách lần rút",
        "a unit's draws" => "danh sách lần rút của một đơn vị",
        other => other,
    }
}
