//! Covariances of values as CSV.

use std::collections::BTreeMap;

use csv::StringRecord;

use super::super::matrix::Rows;
use super::super::stages::leaf_codes;
use super::errors::Errors;
use crate::schema::Finding;
use crate::schema::composite::CompositeDefinition;

const COLUMNS: [&str; 6] = ["unit_a", "indicator_a", "unit_b", "indicator_b", "covariance", "edition"];

/// By how much a correlation may exceed 1 in a file of rounded numbers.
const ROUNDED: f64 = 1e-6;

/// The covariance of each pair of cells, the earlier cell first.
type Covariances = BTreeMap<(usize, usize), f64>;

/// Reads covariances. Lines that start with `#` are comments; without `edition` a line is of the definition's own.
pub(super) fn read(text: &str, definition: &CompositeDefinition, rows: &Rows, errors: &Errors) -> Result<Covariances, Vec<Finding>> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => return Err(vec![not_csv(&error)]),
    };
    let place = |name: &str| header.iter().position(|known| known.trim_start_matches('\u{feff}') == name);
    let places = COLUMNS.map(place);
    let mut file =
        File { places, codes: leaf_codes(definition), definition, rows, errors, found: Covariances::new(), findings: Vec::new() };
    file.header(&header);
    if !file.findings.is_empty() {
        return Err(file.findings);
    }
    for (row, record) in reader.records().enumerate() {
        match record {
            Ok(record) => file.line(row, &record),
            Err(error) => file.findings.push(not_csv(&error)),
        }
    }
    if file.findings.is_empty() { Ok(file.found) } else { Err(file.findings) }
}

fn not_csv(error: &csv::Error) -> Finding {
    Finding::error("", "not-csv", format!("Không đọc được CSV: {error}"), format!("The CSV cannot be read: {error}"))
}

struct File<'a> {
    places: [Option<usize>; 6],
    codes: Vec<&'a str>,
    definition: &'a CompositeDefinition,
    rows: &'a Rows,
    errors: &'a Errors,
    found: Covariances,
    findings: Vec<Finding>,
}

impl File<'_> {
    fn header(&mut self, header: &StringRecord) {
        for (name, place) in COLUMNS.iter().zip(self.places).take(5) {
            if place.is_none() {
                let (vi, en) = (format!("Thiếu cột “{name}”"), format!("The column “{name}” is missing"));
                self.findings.push(Finding::error(format!("/{name}"), "column-missing", vi, en));
            }
        }
        for name in header.iter().map(|name| name.trim_start_matches('\u{feff}')).filter(|name| !COLUMNS.contains(name)) {
            let (vi, en) = (format!("Cột “{name}” không được dùng"), format!("The column “{name}” is not used"));
            self.findings.push(Finding::error(format!("/{name}"), "unknown-column", vi, en));
        }
    }

    fn error(&mut self, row: usize, record: &StringRecord, column: usize, code: &'static str, vi: String, en: String) {
        let column = COLUMNS.get(column).copied().unwrap_or_default();
        let mut finding = Finding::error(format!("/{row}/{column}"), code, vi, en);
        finding.line = record.position().and_then(|position| u32::try_from(position.line()).ok());
        self.findings.push(finding);
    }

    fn text<'r>(&self, record: &'r StringRecord, column: usize) -> &'r str {
        self.places.get(column).copied().flatten().and_then(|place| record.get(place)).unwrap_or_default()
    }

    fn line(&mut self, row: usize, record: &StringRecord) {
        let edition = Some(self.text(record, 5)).filter(|edition| !edition.is_empty()).unwrap_or(self.definition.edition());
        let Some(edition) = self.rows.editions().iter().position(|known| known == edition) else {
            let (vi, en) = (format!("Bảng không có kỳ “{edition}”"), format!("The table has no edition “{edition}”"));
            return self.error(row, record, 5, "unknown-edition", vi, en);
        };
        let (a, b) = (self.cell(row, record, edition, 0), self.cell(row, record, edition, 2));
        let text = self.text(record, 4);
        let Some(covariance) = text.parse::<f64>().ok().filter(|number| number.is_finite()) else {
            let (vi, en) = (format!("“{text}” không phải là số"), format!("“{text}” is no number"));
            return self.error(row, record, 4, "not-a-number", vi, en);
        };
        let (Some(a), Some(b)) = (a, b) else { return };
        let limit = self.errors.cells()[a].sd * self.errors.cells()[b].sd;
        if a == b {
            // A whole covariance matrix may be given: its diagonal must then say the same as the table.
            if (covariance / limit - 1.0).abs() > ROUNDED {
                let (vi, en) = (
                    format!("Phương sai {covariance} khác với sai số chuẩn trong bảng"),
                    format!("The variance {covariance} is not the square of the table's standard error"),
                );
                self.error(row, record, 4, "another-variance", vi, en);
            }
            return;
        }
        if covariance.abs() > limit * (1.0 + ROUNDED) {
            let (vi, en) = (
                format!("Tương quan {:.4} vượt quá 1", covariance / limit),
                format!("The correlation {:.4} lies beyond 1", covariance / limit),
            );
            return self.error(row, record, 4, "beyond-one", vi, en);
        }
        let pair = (a.min(b), a.max(b));
        let known = *self.found.entry(pair).or_insert(covariance);
        // The mirrored cell of a whole matrix repeats it.
        if (known - covariance).abs() > ROUNDED * limit {
            let (vi, en) = ("Cặp này đã có hiệp phương sai khác".to_owned(), "This pair has another covariance already".to_owned());
            self.error(row, record, 4, "contradiction", vi, en);
        }
    }

    /// The cell that two columns name.
    fn cell(&mut self, row: usize, record: &StringRecord, edition: usize, column: usize) -> Option<usize> {
        let (unit, code) = (self.text(record, column), self.text(record, column + 1));
        let Some(leaf) = self.codes.iter().position(|known| *known == code) else {
            let (vi, en) = (format!("Không có chỉ tiêu “{code}”"), format!("There is no indicator “{code}”"));
            self.error(row, record, column + 1, "unknown-indicator", vi, en);
            return None;
        };
        let Some(at) = self.rows.find(edition, unit) else {
            let (vi, en) = (format!("Không có đơn vị “{unit}”"), format!("There is no unit “{unit}”"));
            self.error(row, record, column, "unknown-unit", vi, en);
            return None;
        };
        let cell = self.errors.find(at, leaf);
        if cell.is_none() {
            let (vi, en) = (format!("“{code}” của {unit} không có sai số chuẩn"), format!("“{code}” of {unit} has no standard error"));
            self.error(row, record, column + 1, "no-standard-error", vi, en);
        }
        cell
    }
}
