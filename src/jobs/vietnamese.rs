//! Why a run has no scores, in Vietnamese; in English the errors display themselves.

use super::composite::CompositeError;
use super::load::LoadError;
use super::quality::QualityError;
use super::recompute::RunError;
use crate::frame::FrameError;
use crate::words::{Finding, Said};

impl RunError {
    /// The reason in both languages, where it is not the store's: the store's errors are worded by each face.
    #[must_use]
    pub fn said(&self) -> Option<Said> {
        let vi = match self {
            Self::Store(_) => return None,
            Self::Load(error) => return error.said(),
            Self::Frame(error) => frame(error),
            Self::Compute(error) => error.vi(),
            Self::Covariance(error) => error.vi(),
            Self::Composite(error) => error.vi(),
            Self::Plan(findings) => format!("chỉ số không khớp: {}", joined(findings)),
            Self::NoVersion { survey, versions } => {
                format!("khảo sát {survey} chưa có phiên bản nào mà chỉ số dùng được ({versions})")
            }
            Self::Erased(n) => format!("{n} phiếu đã bị rút sau khi lần tính được chốt: hãy tạo lần tính mới"),
            Self::Parameters => "không đọc được tham số của lần tính".to_owned(),
            Self::Cancelled => "đã hủy".to_owned(),
        };
        Some(Said::new(vi, self.to_string()))
    }
}

impl LoadError {
    /// The reason in both languages, where it is not the store's.
    #[must_use]
    pub fn said(&self) -> Option<Said> {
        let vi = match self {
            Self::Store(_) => return None,
            Self::Definition { code, version } => format!("không đọc được định nghĩa đã lưu {code} {version}"),
            Self::Design { wave, .. } => format!("thiết kế đã lưu của đợt {wave} tự mâu thuẫn"),
            Self::Wave(wave) => format!("đợt {wave} đã lưu có phương thức, loại thiết kế hoặc đơn vị trọng số không tồn tại"),
            Self::Units(_) => "các đơn vị đã lưu mâu thuẫn với nhau".to_owned(),
        };
        Some(Said::new(vi, self.to_string()))
    }
}

impl QualityError {
    /// The reason in both languages, where it is not the store's.
    #[must_use]
    pub fn said(&self) -> Option<Said> {
        let vi = match self {
            Self::Store(_) => return None,
            Self::Load(error) => return error.said(),
            Self::Rules(findings) => format!("không dùng được bộ quy tắc: {}", joined(findings)),
            Self::Cancelled => "đã hủy".to_owned(),
        };
        Some(Said::new(vi, self.to_string()))
    }
}

impl CompositeError {
    /// The reason in Vietnamese.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::Compute(error) => error.vi(),
            Self::Uncertainty(error) => error.vi(),
            Self::Sensitivity(error) => error.vi(),
            Self::Factors(findings) => format!("các yếu tố không khớp: {}", joined(findings)),
            Self::Covariances(findings) => format!("hiệp phương sai không khớp: {}", joined(findings)),
            Self::SurveyUnfinished(run) => format!("lần tính {run}, nguồn của chỉ tiêu, không có kết quả"),
        }
    }
}

fn frame(error: &FrameError) -> String {
    match error {
        FrameError::Ragged => "các cột dài ngắn khác nhau".to_owned(),
        FrameError::UnknownPsu => "có dòng nêu PSU hoặc đơn vị không tồn tại".to_owned(),
        FrameError::UnknownVersion { seq, version } => {
            format!("phiếu {seq} trả lời theo một phiên bản phiếu hỏi mà đợt không biết (mã {version})")
        }
        FrameError::Width { seq, found, expected } => {
            format!("câu trả lời của phiếu {seq} dài {found} byte, phiên bản phiếu hỏi cần {expected}")
        }
    }
}

fn joined(findings: &[Finding]) -> String {
    findings.iter().map(|finding| finding.vi.as_str()).collect::<Vec<_>>().join("; ")
}
