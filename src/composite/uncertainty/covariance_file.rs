//! Covariances of values as CSV.

use csv::StringRecord;

use super::pairs::{Fault, Name, Pairs};
use crate::words::{Finding, Said, fault};

const COLUMNS: [&str; 6] = ["unit_a", "indicator_a", "unit_b", "indicator_b", "covariance", "edition"];

/// Reads covariances into `pairs`. Lines that start with `#` are comments; without `edition` a line is of `own`.
pub(super) fn read(text: &str, own: &str, pairs: &mut Pairs<'_>) -> Result<(), Vec<Finding>> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => return Err(vec![not_csv(&error)]),
    };
    let place = |name: &str| header.iter().position(|known| known.trim_start_matches('\u{feff}') == name);
    let places = COLUMNS.map(place);
    let mut file = File { places, own, pairs, findings: Vec::new() };
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
    if file.findings.is_empty() { Ok(()) } else { Err(file.findings) }
}

fn not_csv(error: &csv::Error) -> Finding {
    let Said { vi, en } = fault::of_csv(error);
    Finding::error("", "not-csv", format!("Không đọc được CSV: {vi}"), format!("The CSV cannot be read: {en}"))
}

struct File<'a, 'p> {
    places: [Option<usize>; 6],
    own: &'a str,
    pairs: &'a mut Pairs<'p>,
    findings: Vec<Finding>,
}

impl File<'_, '_> {
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

    fn fault(&mut self, row: usize, record: &StringRecord, fault: Fault) {
        let mut finding = fault.at(row);
        finding.line = record.position().and_then(|position| u32::try_from(position.line()).ok());
        self.findings.push(finding);
    }

    fn text<'r>(&self, record: &'r StringRecord, column: usize) -> &'r str {
        self.places.get(column).copied().flatten().and_then(|place| record.get(place)).unwrap_or_default()
    }

    fn line(&mut self, row: usize, record: &StringRecord) {
        let edition = Some(self.text(record, 5)).filter(|edition| !edition.is_empty()).unwrap_or(self.own);
        let name = |column: usize| Name { edition, unit: self.text(record, column), indicator: self.text(record, column + 1) };
        let text = self.text(record, 4);
        let covariance = text.parse::<f64>().map_err(|_| text);
        for fault in self.pairs.add([name(0), name(2)], covariance) {
            self.fault(row, record, fault);
        }
    }
}
