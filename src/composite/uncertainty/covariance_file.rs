//! Covariances of values as a table.

use super::pairs::{Name, Pairs};
use crate::table::{self, Column, Options, Others, Record, Table};
use crate::words::Finding;

const COLUMNS: [&str; 6] = ["unit_a", "indicator_a", "unit_b", "indicator_b", "covariance", "edition"];

/// Reads covariances into `pairs`; without `edition` a line is of `own`.
pub(super) fn read(bytes: &[u8], own: &str, pairs: &mut Pairs<'_>) -> Result<(), Vec<Finding>> {
    let columns = |name: &str| if name == "covariance" { Column::NUMBER } else { Column::NAME };
    let table = Table::read_sound_rows(bytes, &Options::new(&columns))?;
    let mut findings = table.check_columns(&COLUMNS[..5], Others::Optional(&COLUMNS[5..]));
    if !findings.is_empty() {
        return Err(findings);
    }
    findings.extend(table.findings().iter().filter(|finding| finding.is_error()).cloned());
    for record in table.records() {
        line(record, own, pairs, &mut findings);
    }
    if findings.is_empty() { Ok(()) } else { Err(findings) }
}

fn line(record: Record<'_>, own: &str, pairs: &mut Pairs<'_>, findings: &mut Vec<Finding>) {
    let text = |column: usize| record.get(COLUMNS[column]).unwrap_or_default();
    let edition = record.get("edition").unwrap_or(own);
    let name = |column: usize| Name { edition, unit: text(column), indicator: text(column + 1) };
    let covariance = table::number(text(4)).ok_or(text(4));
    let faults = pairs.add([name(0), name(2)], covariance);
    findings.extend(faults.into_iter().map(|fault| Finding { line: Some(record.line()), ..fault.at(record.index()) }));
}
