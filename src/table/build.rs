//! Rows as they stand in a file → a table.

use super::checks::at_heading;
use super::clean::{self, blank};
use super::number::Marks;
use super::split::{self, RawCell, RawRow, width};
use super::{Column, Heading, Kind, Options, Span, Table, decode, workbook};
use crate::words::Finding;

/// Reads a table; rows that cannot be read are left out and reported.
pub(super) fn table(bytes: &[u8], options: &Options<'_>) -> Result<Table, Vec<Finding>> {
    let single = |finding| vec![finding];
    match workbook::Kind::of(bytes) {
        workbook::Kind::Archive => {
            let (rows, warning) = workbook::rows(bytes, options.sheet).map_err(single)?;
            let heading = rows.iter().position(|row| !aside(row)).unwrap_or(rows.len());
            Builder::new(options, warning, false).table(rows.into_iter().skip(heading))
        }
        workbook::Kind::Text => {
            let (text, warning) = decode::decode(bytes).map_err(single)?;
            if let Some(sheet) = options.sheet {
                let (vi, en) = (format!("Tệp CSV không có trang “{sheet}”"), format!("A CSV has no sheet “{sheet}”"));
                return Err(single(Finding::error("", "sheet-missing", vi, en)));
            }
            Builder::new(options, warning, true).table(split::rows(&text))
        }
        kind => Err(single(workbook::other(kind))),
    }
}

/// The heading and what stands below it, as it stands there.
pub(super) fn rows(bytes: &[u8]) -> Result<Vec<(u32, Vec<String>)>, Finding> {
    let plain = |row: RawRow<'_>| (row.line, row.cells.into_iter().map(|cell| cell.text.into_owned()).collect());
    if workbook::Kind::of(bytes) == workbook::Kind::Archive {
        let (rows, _) = workbook::rows(bytes, None)?;
        return Ok(rows.into_iter().skip_while(aside).map(plain).collect());
    }
    let (text, _) = decode::decode(bytes)?;
    Ok(split::rows(&text).map(plain).collect())
}

/// Whether a row of a workbook above its heading is empty or a comment.
fn aside(row: &RawRow<'_>) -> bool {
    let first = row.cells.first().map_or("", |cell| cell.text.trim_start());
    blank_row(row) || first.starts_with('#') && (first.trim_end() != "#" || width(row) < 2)
}

fn blank_row(row: &RawRow<'_>) -> bool {
    row.cells.iter().all(|cell| blank(&cell.text))
}

struct Builder<'o> {
    options: &'o Options<'o>,
    /// Whether a row that is shorter than the heading is a finding; of a workbook, its last cells are empty.
    strict: bool,
    table: Table,
    /// The place in the file of each named column, and what it holds.
    columns: Vec<(usize, Column)>,
    /// How many cells a row may have.
    width: usize,
    /// Columns without a name, and whether anything stands in them.
    unnamed: Vec<(usize, bool)>,
    marks: Marks,
    /// Where in the text decimal commas stand.
    commas: Vec<usize>,
}

impl<'o> Builder<'o> {
    fn new(options: &'o Options<'o>, warning: Option<Finding>, strict: bool) -> Self {
        let table = Table { findings: warning.into_iter().collect(), ..Table::default() };
        Self { options, strict, table, columns: Vec::new(), width: 0, unnamed: Vec::new(), marks: Marks::default(), commas: Vec::new() }
    }

    fn table<'t>(mut self, mut rows: impl Iterator<Item = RawRow<'t>>) -> Result<Table, Vec<Finding>> {
        let Some(heading) = rows.next() else {
            let (vi, en) = ("Tệp không có bảng nào: thiếu dòng tiêu đề cột", "There is no table in the file: the heading is missing");
            self.table.findings.push(Finding { line: Some(1), ..Finding::error("", "table-empty", vi, en) });
            return Err(self.table.findings);
        };
        let mut rows = rows.filter(|row| row.flaw.is_some() || !blank_row(row)).peekable();
        self.heading(&heading, rows.peek().map_or(0, width));
        if self.table.findings.iter().any(Finding::is_error) {
            return Err(self.table.findings);
        }
        for row in rows {
            self.row(row);
        }
        self.finish()
    }

    /// Takes the names of the columns; `below` is the width of the row below them.
    fn heading(&mut self, row: &RawRow<'_>, below: usize) {
        let line = row.line;
        self.table.findings.extend(row.flaw.clone());
        self.width = width(row);
        if self.width == 1 && below > 1 {
            let title = clean::name(&row.cells[0].text).into_owned();
            let vi =
                format!("Dòng {line} có vẻ là tên bảng (“{title}”), không phải dòng tiêu đề cột: hãy xóa dòng này hoặc đặt dấu # ở đầu");
            let en = format!("Line {line} seems to be a title (“{title}”), not the heading: delete the line, or begin it with #");
            self.table.findings.push(Finding { line: Some(line), ..Finding::error(format!("/{line}"), "title-above-heading", vi, en) });
            return;
        }
        for (place, cell) in row.cells.iter().take(self.width).enumerate() {
            let (name, column) = (clean::name(&cell.text).into_owned(), u32::try_from(place + 1).unwrap_or(u32::MAX));
            if name.is_empty() {
                self.unnamed.push((place, false));
                continue;
            }
            if let Some(first) = self.table.column(&name) {
                let first = self.table.header[first].column;
                let vi = format!("Cột “{name}” có hai lần: cột thứ {first} và cột thứ {column}");
                let en = format!("The column “{name}” is there twice, as number {first} and number {column}");
                self.table.findings.push(at_heading(cell.line, &name, "column-repeated", vi, en));
                continue;
            }
            self.table.by_name.insert(name.clone(), self.table.header.len());
            self.columns.push((place, (self.options.columns)(&name)));
            self.table.header.push(Heading { name, line: cell.line, column });
        }
    }

    fn row(&mut self, row: RawRow<'_>) {
        let (line, found) = (row.line, width(&row));
        let short = self.strict && row.cells.len() < self.width;
        if let Some(flaw) = row.flaw {
            self.table.findings.push(flaw);
        } else if found > self.width || short {
            let (found, expected) = (found.max(if short { row.cells.len() } else { 0 }), self.width);
            let (vi, en) = (format!("Dòng có {found} ô, cần {expected}"), format!("The line has {found} cells, {expected} are needed"));
            self.table.findings.push(Finding { line: Some(line), ..Finding::error(format!("/{line}"), "wrong-width", vi, en) });
        } else {
            for (place, used) in &mut self.unnamed {
                *used |= row.cells.get(*place).is_some_and(|cell| !blank(&cell.text));
            }
            self.table.lines.push(line);
            for place in 0..self.columns.len() {
                let (at, column) = self.columns[place];
                match row.cells.get(at) {
                    Some(cell) => self.cell(cell, column),
                    None => self.push("", line),
                }
            }
        }
    }

    fn cell(&mut self, cell: &RawCell<'_>, column: Column) {
        let clean = match column.kind {
            Kind::Text if blank(&cell.text) => "".into(),
            Kind::Text => clean::nfc(&cell.text),
            Kind::Name => clean::name(&cell.text),
            Kind::Number => clean::number(&cell.text),
        };
        if column.missing.iter().any(|word| word.eq_ignore_ascii_case(clean.trim())) {
            return self.push("", cell.line);
        }
        if column.kind == Kind::Number && !cell.typed && self.marks.see(&clean, cell.line) {
            self.commas.extend(clean.find(',').map(|at| self.table.text.len() + at));
        }
        self.push(&clean, cell.line);
    }

    fn push(&mut self, text: &str, line: u32) {
        let offset = |text: &String| u32::try_from(text.len()).unwrap_or(u32::MAX);
        let start = offset(&self.table.text);
        self.table.text.push_str(text);
        self.table.cells.push(Span { start, end: offset(&self.table.text), line });
    }

    fn finish(mut self) -> Result<Table, Vec<Finding>> {
        let table = &mut self.table;
        if u32::try_from(table.text.len()).is_err() {
            let (vi, en) = ("Bảng quá lớn: hãy chia thành nhiều tệp", "The table is too large: split it into several files");
            table.findings.push(Finding::error("", "table-too-large", vi, en));
            return Err(self.table.findings);
        }
        let line = table.heading_line();
        for (place, _) in self.unnamed.iter().filter(|(_, used)| *used) {
            let column = place + 1;
            let (vi, en) =
                (format!("Cột thứ {column} không có tên nên bị bỏ qua"), format!("Column number {column} has no name and is left out"));
            table.findings.push(Finding { line: Some(line), ..Finding::warning(format!("/{line}"), "column-unnamed", vi, en) });
        }
        let doubt = self.marks.doubt();
        let refused = doubt.is_some();
        table.findings.extend(doubt);
        table.findings.sort_by_key(|finding| finding.line);
        if refused {
            return Err(self.table.findings);
        }
        let mut bytes = std::mem::take(&mut table.text).into_bytes();
        for at in self.commas {
            if let Some(comma) = bytes.get_mut(at) {
                *comma = b'.';
            }
        }
        table.text = String::from_utf8(bytes).unwrap_or_default(); // an ASCII byte took the place of another
        Ok(self.table)
    }
}
