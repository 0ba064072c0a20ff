//! CSV files that are written again with columns added.

use crate::words::{Finding, Said, fault};

/// A CSV file: a header and its records, in the order of the file.
#[derive(Debug, Clone)]
pub(crate) struct Sheet {
    headers: csv::StringRecord,
    records: Vec<csv::StringRecord>,
}

impl Sheet {
    /// Reads the text of a file, which findings call `name`.
    ///
    /// # Errors
    /// A finding at `pointer`: the text is no CSV, has no rows, or two columns of one name.
    pub(crate) fn parse(name: &str, text: &str, pointer: &str) -> Result<Self, Finding> {
        let refused = |Said { vi, en }| {
            Finding::error(pointer, "file-unreadable", format!("Không đọc được tệp {name}: {vi}"), format!("{name}: {en}"))
        };
        let unreadable = |error: &csv::Error| refused(fault::of_csv(error));
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let headers = reader.headers().map_err(|error| unreadable(&error))?.clone();
        let records = reader.records().collect::<Result<Vec<_>, _>>().map_err(|error| unreadable(&error))?;
        if records.is_empty() {
            return Err(refused(Said::new("không có dòng nào", "there are no rows")));
        }
        let twice = headers.iter().enumerate().find(|(place, name)| headers.iter().take(*place).any(|other| other == *name));
        match twice {
            Some((_, twice)) => Err(refused(Said::new(format!("hai cột cùng tên “{twice}”"), format!("two columns are named “{twice}”")))),
            None => Ok(Self { headers, records }),
        }
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.records.len()
    }

    /// The cells of a column.
    ///
    /// # Errors
    /// A finding at `pointer`: there is no such column.
    pub(crate) fn column(&self, name: &str, pointer: &str) -> Result<Vec<&str>, Finding> {
        let place = self.headers.iter().position(|header| header == name).ok_or_else(|| {
            let vi = format!("Tệp dữ liệu không có cột “{name}”");
            Finding::error(pointer, "column-unknown", vi, format!("The data has no column “{name}”"))
        })?;
        Ok(self.records.iter().map(|record| record.get(place).unwrap_or_default()).collect())
    }

    /// The cells of several columns, those of a row joined.
    ///
    /// # Errors
    /// As [`Sheet::column`].
    pub(crate) fn joined(&self, names: &[String], pointer: &str) -> Result<Vec<String>, Finding> {
        let columns = names.iter().map(|name| self.column(name, pointer)).collect::<Result<Vec<_>, _>>()?;
        Ok((0..self.rows()).map(|row| columns.iter().map(|column| column[row]).collect::<Vec<_>>().join(" × ")).collect())
    }

    /// The numbers of a column; of rows that are not wanted, 0.
    ///
    /// # Errors
    /// A finding at `pointer`: there is no such column, or the first cell that is no finite number, with its line.
    pub(crate) fn numbers(&self, name: &str, wanted: &[bool], pointer: &str) -> Result<Vec<f64>, Finding> {
        let number = |(row, cell): (usize, &&str)| match cell.parse::<f64>() {
            _ if !wanted.get(row).copied().unwrap_or_default() => Ok(0.0),
            Ok(value) if value.is_finite() => Ok(value),
            _ => {
                let line = row + 2; // the header is line 1
                let vi = format!("Cột “{name}”, dòng {line}: “{cell}” không phải là số");
                Err(Finding::error(pointer, "not-a-number", vi, format!("Column “{name}”, line {line}: “{cell}” is no number")))
            }
        };
        self.column(name, pointer)?.iter().enumerate().map(number).collect()
    }

    /// The file as CSV text with columns of numbers added.
    ///
    /// # Errors
    /// What keeps a record from being written; memory is all it needs.
    pub(crate) fn with_columns(&self, added: &[(String, &[f64])]) -> Result<Vec<u8>, csv::Error> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(self.headers.iter().chain(added.iter().map(|(name, _)| name.as_str())))?;
        for (row, record) in self.records.iter().enumerate() {
            let numbers: Vec<String> = added.iter().map(|(_, numbers)| numbers[row].to_string()).collect();
            writer.write_record(record.iter().chain(numbers.iter().map(String::as_str)))?;
        }
        writer.into_inner().map_err(|error| error.into_error().into())
    }
}
