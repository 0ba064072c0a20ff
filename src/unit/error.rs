//! What can be wrong with units: in one row of a file, and between records.
//!
//! The `Display` text is English; `vi` says the same in Vietnamese, and `code` is for programs.

use super::{UnitId, UnitKey, UnitKind};
use crate::words::Finding;
use chrono::NaiveDate;
use std::borrow::Cow;

/// What is wrong with a row (or the header) of a file of units. Lines count from 1, the header's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// The file is no table, or the row does not fit its heading.
    #[error("{}{}", .0.line.map(|line| format!("line {line}: ")).unwrap_or_default(), .0.en)]
    Table(Finding),
    /// The header lacks a column.
    #[error("the column {column} is missing")]
    MissingColumn {
        /// Its name.
        column: &'static str,
    },
    /// The header has a column that means nothing here, or one twice.
    #[error("the column {column:?} is unknown or appears twice")]
    UnexpectedColumn {
        /// Its name.
        column: String,
    },
    /// A field that must be filled is empty.
    #[error("line {line}: {column} is empty")]
    Empty {
        /// The line.
        line: u64,
        /// The column.
        column: &'static str,
    },
    /// A list or code with other characters than letters, digits, `.`, `_` and `-`, or longer than 64.
    #[error("line {line}: {column} {value:?} is not made of 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-'")]
    BadCode {
        /// The line.
        line: u64,
        /// The column.
        column: &'static str,
        /// What stands there.
        value: String,
    },
    /// A name with control characters or longer than 300 characters.
    #[error("line {line}: {column} is longer than 300 characters or has control characters")]
    BadName {
        /// The line.
        line: u64,
        /// The column.
        column: &'static str,
    },
    /// No such kind of unit.
    #[error("line {line}: {value:?} is no kind of unit")]
    UnknownKind {
        /// The line.
        line: u64,
        /// What stands there.
        value: String,
    },
    /// No date of the form 2025-07-01.
    #[error("line {line}: {column} {value:?} is no date of the form YYYY-MM-DD")]
    BadDate {
        /// The line.
        line: u64,
        /// The column.
        column: &'static str,
        /// What stands there.
        value: String,
    },
    /// A list of the parent without its code, or the reverse.
    #[error("line {line}: parent_list and parent_code must both be filled or both be empty")]
    HalfParent {
        /// The line.
        line: u64,
    },
    /// The unit ends before it begins.
    #[error("line {line}: valid_to {valid_to} is not after valid_from {valid_from}")]
    EmptyValidity {
        /// The line.
        line: u64,
        /// The first day.
        valid_from: NaiveDate,
        /// The first day after.
        valid_to: NaiveDate,
    },
    /// The same unit from the same day twice in the file.
    #[error("line {line}: {}, valid from {valid_from}, already stands on line {first_line}", shown(.unit))]
    Repeated {
        /// The line.
        line: u64,
        /// Where it stands first.
        first_line: u64,
        /// The unit.
        unit: UnitKey,
        /// Its first day.
        valid_from: NaiveDate,
    },
}

impl RowError {
    /// The line it is about; `None` for the header as a whole.
    #[must_use]
    pub fn line(&self) -> Option<u64> {
        match self {
            Self::MissingColumn { .. } | Self::UnexpectedColumn { .. } => None,
            Self::Table(finding) => finding.line.map(u64::from),
            Self::Empty { line, .. }
            | Self::BadCode { line, .. }
            | Self::BadName { line, .. }
            | Self::UnknownKind { line, .. }
            | Self::BadDate { line, .. }
            | Self::HalfParent { line }
            | Self::EmptyValidity { line, .. }
            | Self::Repeated { line, .. } => Some(*line),
        }
    }

    /// A name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Table(finding) => match &finding.code {
                Cow::Borrowed(code) => code,
                Cow::Owned(_) => "table-unreadable",
            },
            Self::MissingColumn { .. } => "column-missing",
            Self::UnexpectedColumn { .. } => "column-unexpected",
            Self::Empty { .. } => "field-empty",
            Self::BadCode { .. } => "code-malformed",
            Self::BadName { .. } => "name-malformed",
            Self::UnknownKind { .. } => "kind-unknown",
            Self::BadDate { .. } => "date-malformed",
            Self::HalfParent { .. } => "parent-incomplete",
            Self::EmptyValidity { .. } => "validity-empty",
            Self::Repeated { .. } => "unit-repeated",
        }
    }

    /// The same in Vietnamese.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::Table(finding) => finding.line.map(|line| format!("dòng {line}: ")).unwrap_or_default() + &finding.vi,
            Self::MissingColumn { column } => format!("thiếu cột {column}"),
            Self::UnexpectedColumn { column } => {
                format!("cột {column:?} không được biết đến hoặc bị lặp lại")
            }
            Self::Empty { line, column } => format!("dòng {line}: {column} để trống"),
            Self::BadCode { line, column, value } => {
                format!("dòng {line}: {column} {value:?} phải gồm 1 đến 64 ký tự trong A-Z, a-z, 0-9, '.', '_' và '-'")
            }
            Self::BadName { line, column } => {
                format!("dòng {line}: {column} dài hơn 300 ký tự hoặc có ký tự điều khiển")
            }
            Self::UnknownKind { line, value } => {
                format!("dòng {line}: không có loại đơn vị {value:?}")
            }
            Self::BadDate { line, column, value } => {
                format!("dòng {line}: {column} {value:?} không phải là ngày dạng NNNN-TT-NN (năm-tháng-ngày)")
            }
            Self::HalfParent { line } => {
                format!("dòng {line}: parent_list và parent_code phải cùng có giá trị hoặc cùng để trống")
            }
            Self::EmptyValidity { line, valid_from, valid_to } => {
                format!("dòng {line}: valid_to {valid_to} không sau valid_from {valid_from}")
            }
            Self::Repeated { line, first_line, unit, valid_from } => {
                format!("dòng {line}: {}, hiệu lực từ {valid_from}, đã có ở dòng {first_line}", shown(unit))
            }
        }
    }
}

/// What is wrong between the records of a [`Registry`](super::Registry).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// Two records under one number.
    #[error("the number {id} is given to {} and to {}", shown(.first), shown(.second))]
    RepeatedId {
        /// The number.
        id: UnitId,
        /// The first unit that has it.
        first: UnitKey,
        /// Another one.
        second: UnitKey,
    },
    /// One version of a unit twice.
    #[error("{} has two versions valid from {valid_from}", shown(.unit))]
    Repeated {
        /// The unit.
        unit: UnitKey,
        /// The first day of both.
        valid_from: NaiveDate,
    },
    /// A version ends before it begins.
    #[error("{}: valid_to {valid_to} is not after valid_from {valid_from}", shown(.unit))]
    EmptyValidity {
        /// The unit.
        unit: UnitKey,
        /// The first day.
        valid_from: NaiveDate,
        /// The first day after.
        valid_to: NaiveDate,
    },
    /// A version begins before the one before it ends.
    #[error("{}: the version valid from {earlier} lasts beyond {later}, when the next begins", shown(.unit))]
    Overlap {
        /// The unit.
        unit: UnitKey,
        /// First day of the earlier version.
        earlier: NaiveDate,
        /// First day of the later one.
        later: NaiveDate,
    },
    /// The parent is in no list.
    #[error("{}: its parent {} is unknown", shown(.unit), shown(.parent))]
    UnknownParent {
        /// The unit.
        unit: UnitKey,
        /// The parent it names.
        parent: UnitKey,
    },
    /// The parent does not live as long as the unit.
    #[error("{}: its parent {} is not valid on {day}", shown(.unit), shown(.parent))]
    ParentNotValid {
        /// The unit.
        unit: UnitKey,
        /// Its parent.
        parent: UnitKey,
        /// The first day of the unit on which the parent is not valid.
        day: NaiveDate,
    },
    /// A unit of this kind cannot belong to one of that kind.
    #[error("{}, a {kind}, cannot belong to {}, a {parent_kind}", shown(.unit), shown(.parent))]
    ParentKind {
        /// The unit.
        unit: UnitKey,
        /// Its kind.
        kind: UnitKind,
        /// Its parent.
        parent: UnitKey,
        /// The parent's kind.
        parent_kind: UnitKind,
    },
    /// Units that belong to each other in a circle.
    #[error("these units belong to each other in a circle: {}", all_shown(.units))]
    Cycle {
        /// Each belongs to the next, the last to the first.
        units: Vec<UnitKey>,
    },
    /// A succession names a unit in no list.
    #[error("the succession of {} by {} names the unknown unit {}", shown(.from), shown(.to), shown(.unknown))]
    UnknownInSuccession {
        /// The unit that ended.
        from: UnitKey,
        /// The one that took over.
        to: UnitKey,
        /// Which of the two is unknown.
        unknown: UnitKey,
    },
    /// A succession twice.
    #[error("the succession of {} by {} is stated twice", shown(.from), shown(.to))]
    RepeatedSuccession {
        /// The unit that ended.
        from: UnitKey,
        /// The one that took over.
        to: UnitKey,
    },
    /// A unit has a successor but no end.
    #[error("{} is succeeded by {} but is still valid", shown(.from), shown(.to))]
    StillValid {
        /// The unit.
        from: UnitKey,
        /// The one said to take over.
        to: UnitKey,
    },
    /// A successor is not there on the day its predecessor ends.
    #[error("{} ends on {day}, when its successor {} is not valid", shown(.from), shown(.to))]
    SuccessorNotValid {
        /// The unit that ended.
        from: UnitKey,
        /// The one said to take over.
        to: UnitKey,
        /// The first day without the predecessor.
        day: NaiveDate,
    },
    /// A unit went "whole" to several others, or in part to a single one.
    #[error("{} has {receivers} successors: it went whole to one, or in part to several", shown(.from))]
    Shares {
        /// The unit that ended.
        from: UnitKey,
        /// To how many.
        receivers: usize,
    },
    /// Not exactly one of the successors is the default.
    #[error("{} has {defaults} default successors where exactly one is needed", shown(.from))]
    Defaults {
        /// The unit that ended.
        from: UnitKey,
        /// How many are marked.
        defaults: usize,
    },
}

impl RegistryError {
    /// A name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::RepeatedId { .. } => "id-repeated",
            Self::Repeated { .. } => "unit-repeated",
            Self::EmptyValidity { .. } => "validity-empty",
            Self::Overlap { .. } => "validity-overlap",
            Self::UnknownParent { .. } => "parent-unknown",
            Self::ParentNotValid { .. } => "parent-not-valid",
            Self::ParentKind { .. } => "parent-kind",
            Self::Cycle { .. } => "parent-cycle",
            Self::UnknownInSuccession { .. } => "succession-unknown-unit",
            Self::RepeatedSuccession { .. } => "succession-repeated",
            Self::StillValid { .. } => "succession-still-valid",
            Self::SuccessorNotValid { .. } => "succession-not-valid",
            Self::Shares { .. } => "succession-shares",
            Self::Defaults { .. } => "succession-defaults",
        }
    }

    /// The same in Vietnamese.
    #[must_use]
    pub fn vi(&self) -> String {
        match self {
            Self::RepeatedId { id, first, second } => {
                format!("số {id} được dùng cho cả {} và {}", shown(first), shown(second))
            }
            Self::Repeated { unit, valid_from } => {
                format!("{} có hai phiên bản cùng hiệu lực từ {valid_from}", shown(unit))
            }
            Self::EmptyValidity { unit, valid_from, valid_to } => {
                format!("{}: valid_to {valid_to} không sau valid_from {valid_from}", shown(unit))
            }
            Self::Overlap { unit, earlier, later } => {
                format!("{}: phiên bản hiệu lực từ {earlier} kéo dài quá {later}, ngày phiên bản sau bắt đầu", shown(unit))
            }
            Self::UnknownParent { unit, parent } => {
                format!("{}: không có đơn vị cấp trên {}", shown(unit), shown(parent))
            }
            Self::ParentNotValid { unit, parent, day } => {
                format!("{}: đơn vị cấp trên {} không có hiệu lực vào ngày {day}", shown(unit), shown(parent))
            }
            Self::ParentKind { unit, kind, parent, parent_kind } => {
                format!("{} (loại {kind}) không thể trực thuộc {} (loại {parent_kind})", shown(unit), shown(parent))
            }
            Self::Cycle { units } => format!("các đơn vị trực thuộc nhau thành vòng: {}", all_shown(units)),
            Self::UnknownInSuccession { from, to, unknown } => {
                format!("việc {} được {} kế thừa nêu đơn vị không tồn tại {}", shown(from), shown(to), shown(unknown))
            }
            Self::RepeatedSuccession { from, to } => {
                format!("việc {} được {} kế thừa được nêu hai lần", shown(from), shown(to))
            }
            Self::StillValid { from, to } => {
                format!("{} được {} kế thừa nhưng vẫn còn hiệu lực", shown(from), shown(to))
            }
            Self::SuccessorNotValid { from, to, day } => {
                format!("{} kết thúc vào ngày {day}, khi đơn vị kế thừa {} không có hiệu lực", shown(from), shown(to))
            }
            Self::Shares { from, receivers } => {
                format!("{} có {receivers} đơn vị kế thừa: hoặc chuyển toàn bộ cho một, hoặc chia cho nhiều đơn vị", shown(from))
            }
            Self::Defaults { from, defaults } => {
                format!("{} có {defaults} đơn vị kế thừa mặc định, cần đúng một", shown(from))
            }
        }
    }
}

fn shown((list, code): &UnitKey) -> String {
    format!("{list}/{code}")
}

fn all_shown(units: &[UnitKey]) -> String {
    units.iter().map(shown).collect::<Vec<_>>().join(" → ")
}
