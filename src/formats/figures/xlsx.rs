//! Figures as a workbook: the figures, and a sheet that says what they are.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

use super::HIDDEN;
use super::sheet::{Cell, Column, Sheet};

/// Why there is no workbook.
#[derive(Debug, thiserror::Error)]
pub enum WorkbookError {
    /// More rows than a sheet of a workbook holds.
    #[error("{0} rows are more than a workbook holds")]
    TooLong(usize),
    /// The writer could not: its folder for temporary files, as a rule.
    #[error("the workbook cannot be written: {0}")]
    Writer(#[from] XlsxError),
}

/// Rows of a sheet, its head among them.
const MOST_ROWS: usize = 1_048_576;

/// The bytes of a workbook. The same sheet gives the same bytes.
///
/// # Errors
/// [`WorkbookError`].
pub fn xlsx(sheet: &Sheet) -> Result<Vec<u8>, WorkbookError> {
    if sheet.rows.len() >= MOST_ROWS {
        return Err(WorkbookError::TooLong(sheet.rows.len()));
    }
    let mut book = Workbook::new();
    // A date of making would make every copy another file.
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_title(&sheet.title).set_creation_datetime(&made));
    figures(book.add_worksheet_with_constant_memory()?, sheet)?;
    about(book.add_worksheet_with_constant_memory()?, sheet)?;
    Ok(book.save_to_buffer()?)
}

fn head() -> Format {
    Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top).set_border_bottom(FormatBorder::Thin)
}

fn figures(page: &mut Worksheet, sheet: &Sheet) -> Result<(), WorkbookError> {
    page.set_name(sheet.lang.pick("Số liệu", "Figures"))?;
    page.set_freeze_panes(1, 0)?;
    page.set_landscape().set_paper_size(9).set_repeat_rows(0, 0)?.set_print_fit_to_pages(1, 0);
    for (at, column) in (0_u16..).zip(&sheet.columns) {
        page.set_column_width(at, width(column, sheet, usize::from(at)))?;
    }
    let bold = head();
    for (at, column) in (0_u16..).zip(&sheet.columns) {
        page.write_string_with_format(0, at, column.said.pick(sheet.lang), &bold)?;
    }
    let by_decimals: Vec<Format> = (0..=6_usize).map(|decimals| Format::new().set_num_format(shape(decimals))).collect();
    let right = Format::new().set_align(FormatAlign::Right);
    for (row, cells) in (1_u32..).zip(&sheet.rows) {
        for (at, cell) in (0_u16..).zip(cells) {
            match cell {
                // Codes keep their zeros, and nothing is a formula.
                Cell::Text(text) => page.write_string(row, at, text)?,
                Cell::Number(number, decimals) => {
                    page.write_number_with_format(row, at, *number, &by_decimals[usize::from(*decimals).min(6)])?
                }
                #[allow(clippy::cast_precision_loss, reason = "a workbook knows doubles alone")]
                Cell::Whole(number) => page.write_number_with_format(row, at, *number as f64, &by_decimals[0])?,
                Cell::Hidden => page.write_string_with_format(row, at, HIDDEN, &right)?,
                Cell::Empty => page,
            };
        }
    }
    if let (Ok(rows), Ok(columns)) = (u32::try_from(sheet.rows.len()), u16::try_from(sheet.columns.len())) {
        page.autofilter(0, 0, rows, columns.saturating_sub(1))?;
    }
    Ok(())
}

/// How a number with so many decimals is shown; the workbook's own language chooses the signs.
fn shape(decimals: usize) -> String {
    if decimals == 0 { "#,##0".to_owned() } else { format!("#,##0.{}", "0".repeat(decimals)) }
}

/// Wide enough for the longest of the first texts, within reason.
fn width(column: &Column, sheet: &Sheet, at: usize) -> f64 {
    let texts = sheet.rows.iter().take(500).filter_map(|row| match row.get(at) {
        Some(Cell::Text(text)) => Some(text.chars().count()),
        _ => None,
    });
    let longest = texts.max().unwrap_or(0).max(column.said.pick(sheet.lang).chars().count().min(14)).clamp(8, 48);
    f64::from(u8::try_from(longest).unwrap_or(48)) + 2.0
}

fn about(page: &mut Worksheet, sheet: &Sheet) -> Result<(), WorkbookError> {
    page.set_name(sheet.lang.pick("Giải nghĩa", "What it is"))?;
    page.set_column_width(0, 28)?;
    page.set_column_width(1, 60)?;
    let bold = head();
    page.write_string_with_format(0, 0, &sheet.title, &bold)?;
    let mut row = 1;
    for (name, said) in &sheet.about {
        page.write_string(row, 0, name.pick(sheet.lang))?;
        page.write_string(row, 1, said)?;
        row += 1;
    }
    row += 1;
    page.write_string_with_format(row, 0, sheet.lang.pick("Cột", "Column"), &bold)?;
    page.write_string_with_format(row, 1, sheet.lang.pick("Nội dung", "What it holds"), &bold)?;
    for column in &sheet.columns {
        row += 1;
        page.write_string(row, 0, column.name)?;
        page.write_string(row, 1, column.said.pick(sheet.lang))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use calamine::{Data, Reader as _, Xlsx};

    use super::*;
    use crate::words::{Lang, Said};

    #[test]
    fn codes_keep_their_zeros_nothing_is_a_formula_and_the_same_sheet_gives_the_same_bytes() {
        let column = |name| Column { name, said: Said::new("Cột", "Column") };
        let text = |text: &str| Cell::Text(text.to_owned());
        let rows = vec![
            vec![text("00014"), Cell::Number(84.25, 2)],
            vec![text("=HYPERLINK(\"http://x\")"), Cell::Hidden],
            vec![Cell::Empty, Cell::Whole(36_525)],
        ];
        let about = vec![(Said::new("Ấn bản", "Edition"), "sipas-2024.1".to_owned())];
        let sheet = Sheet { title: "Chỉ số".to_owned(), lang: Lang::Vi, columns: vec![column("unit"), column("value")], rows, about };
        let bytes = xlsx(&sheet).unwrap();
        assert_eq!(bytes, xlsx(&sheet).unwrap());
        let mut book: Xlsx<_> = Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
        let page = book.worksheet_range("Số liệu").unwrap();
        let cell = |row, column| page.get_value((row, column)).cloned();
        assert_eq!((cell(1, 0), cell(1, 1)), (Some(Data::String("00014".into())), Some(Data::Float(84.25))));
        assert_eq!((cell(2, 0), cell(2, 1)), (Some(Data::String("=HYPERLINK(\"http://x\")".into())), Some(Data::String("c".into()))));
        assert_eq!(cell(3, 1), Some(Data::Float(36_525.0)));
        assert!(book.worksheet_formula("Số liệu").unwrap().is_empty());
        assert_eq!(book.worksheet_range("Giải nghĩa").unwrap().get_value((1, 1)), Some(&Data::String("sipas-2024.1".into())));
    }
}
