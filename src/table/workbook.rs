//! An XLSX workbook → the rows of one of its sheets.

use std::borrow::Cow;
use std::io::{Cursor, Read as _};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{DataRef, ExcelDateTime, Reader as _, SheetType, SheetVisible, Xlsx};

use super::split::{RawCell, RawRow};
use crate::words::Finding;

/// How many bytes a workbook may unpack to.
const MAX_UNPACKED: u64 = 1 << 29;
/// How many cells a sheet may hold.
const MAX_CELLS: usize = 20_000_000;

/// A kind of file that is told by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A ZIP archive, which an XLSX workbook is.
    Archive,
    /// A binary workbook of before 2007.
    OldWorkbook,
    /// A PDF.
    Pdf,
    /// Anything else; text, it is hoped.
    Text,
}

impl Kind {
    /// What the bytes begin like.
    pub(super) fn of(bytes: &[u8]) -> Self {
        match bytes {
            [b'P', b'K', 3, 4, ..] => Self::Archive,
            [0xD0, 0xCF, 0x11, 0xE0, ..] => Self::OldWorkbook,
            [b'%', b'P', b'D', b'F', ..] => Self::Pdf,
            _ => Self::Text,
        }
    }
}

/// The rows of a sheet, and a warning where one was chosen from several.
type Sheet = (Vec<RawRow<'static>>, Option<Finding>);

/// The rows of the sheet of this name, or of the first one that is not hidden.
///
/// # Errors
/// A finding where the bytes are no XLSX workbook, or it has no such sheet.
pub(super) fn rows(bytes: &[u8], sheet: Option<&str>) -> Result<Sheet, Finding> {
    if !unpacks(bytes) {
        return Err(unreadable());
    }
    // The parser is not ours: where it should fail on a workbook that was tampered with, that is a finding too.
    catch_unwind(AssertUnwindSafe(|| read(bytes, sheet))).unwrap_or_else(|_| Err(unreadable()))
}

/// A file that is none of the tables that are read.
pub(super) fn other(kind: Kind) -> Finding {
    let (vi, en) = match kind {
        Kind::Pdf => {
            ("Tệp là PDF, không phải bảng: hãy xin bản CSV hoặc XLSX", "The file is a PDF, not a table: ask for it as CSV or XLSX")
        }
        _ => (
            "Tệp là sổ tính kiểu cũ (.xls): hãy lưu lại ở dạng .xlsx hoặc CSV UTF-8",
            "The file is a workbook of the old kind (.xls): save it as .xlsx or CSV UTF-8",
        ),
    };
    Finding::error("", "file-kind", vi, en)
}

/// Whether the archive can be unpacked, to less than would exhaust the memory.
fn unpacks(bytes: &[u8]) -> bool {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else { return false };
    let mut left = MAX_UNPACKED;
    for place in 0..archive.len() {
        let Ok(file) = archive.by_index(place) else { return false };
        match std::io::copy(&mut file.take(left), &mut std::io::sink()) {
            Ok(size) if size < left => left -= size,
            _ => return false,
        }
    }
    true
}

fn unreadable() -> Finding {
    Finding::error(
        "",
        "workbook-unreadable",
        "Không đọc được sổ tính: tệp phải là .xlsx, không hỏng, không đặt mật khẩu; tệp .ods hãy lưu lại ở dạng .xlsx hoặc CSV UTF-8",
        "The workbook cannot be read: it must be an .xlsx, sound and without a password; save an .ods as .xlsx or CSV UTF-8",
    )
}

fn read(bytes: &[u8], wanted: Option<&str>) -> Result<Sheet, Finding> {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|_| unreadable())?;
    let sheets = workbook.sheets_metadata().iter().filter(|sheet| sheet.typ == SheetType::WorkSheet);
    let seen: Vec<String> = sheets.clone().filter(|sheet| sheet.visible == SheetVisible::Visible).map(|sheet| sheet.name.clone()).collect();
    let all: Vec<String> = sheets.map(|sheet| sheet.name.clone()).collect();
    let Some(name) = wanted.map_or(seen.first(), |wanted| all.iter().find(|name| super::name(name) == super::name(wanted))) else {
        let (vi, en) = match wanted {
            Some(wanted) => (
                format!("Sổ tính không có trang “{wanted}”; các trang: {}", all.join(", ")),
                format!("The workbook has no sheet “{wanted}”; it has: {}", all.join(", ")),
            ),
            None => ("Sổ tính không có trang nào".to_owned(), "The workbook has no sheet".to_owned()),
        };
        return Err(Finding::error("", "sheet-missing", vi, en));
    };
    let chosen = (wanted.is_none() && seen.len() > 1).then(|| {
        let others = seen.iter().filter(|other| *other != name).map(String::as_str).collect::<Vec<_>>().join(", ");
        let (vi, en) = (
            format!("Chỉ đọc trang “{name}”; các trang khác: {others}"),
            format!("Only the sheet “{name}” was read; there are others: {others}"),
        );
        Finding::warning("", "sheet-chosen", vi, en)
    });
    let mut cells = workbook.worksheet_cells_reader(name).map_err(|_| unreadable())?;
    let mut rows: Vec<RawRow<'static>> = Vec::new();
    let mut count = 0;
    while let Some(cell) = cells.next_cell().map_err(|_| unreadable())? {
        let (row, column) = cell.get_position();
        let Some((text, typed)) = content(cell.get_value()) else { continue };
        let line = row.saturating_add(1);
        if text.contains('\0') {
            return Err(super::decode::nul(line));
        }
        if rows.last().is_none_or(|last| last.line != line) {
            rows.push(RawRow { line, cells: Vec::new(), flaw: None });
        }
        let Some(last) = rows.last_mut() else { continue };
        let place = usize::try_from(column).unwrap_or(usize::MAX);
        count += place.saturating_sub(last.cells.len()) + 1;
        if count > MAX_CELLS {
            return Err(unreadable());
        }
        while last.cells.len() <= place {
            last.cells.push(RawCell { text: Cow::Borrowed(""), line, typed: false });
        }
        last.cells[place] = RawCell { text: Cow::Owned(text), line, typed };
    }
    rows.sort_by_key(|row| row.line);
    Ok((rows, chosen))
}

/// What a cell holds as text, and whether it is a number; `None` where it is empty.
fn content(value: &DataRef<'_>) -> Option<(String, bool)> {
    let text = |text: &str| Some((text.to_owned(), false));
    match value {
        DataRef::Empty => None,
        DataRef::Int(number) => Some((number.to_string(), true)),
        // `Display` writes a number without a fraction as a whole one.
        DataRef::Float(number) => Some((number.to_string(), true)),
        DataRef::Bool(yes) => text(if *yes { "TRUE" } else { "FALSE" }),
        DataRef::DateTime(instant) => Some((day(instant), false)),
        DataRef::String(string) | DataRef::DateTimeIso(string) | DataRef::DurationIso(string) => text(string),
        DataRef::SharedString(string) => text(string),
        DataRef::Error(error) => text(&error.to_string()),
    }
}

/// `2025-07-01`, with the time behind it where there is one; a duration as its number of days.
fn day(instant: &ExcelDateTime) -> String {
    if instant.is_duration() {
        return instant.as_f64().to_string();
    }
    let (year, month, day, hour, minute, second, _) = instant.to_ymd_hms_milli();
    match (hour, minute, second) {
        (0, 0, 0) => format!("{year:04}-{month:02}-{day:02}"),
        _ => format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"),
    }
}
