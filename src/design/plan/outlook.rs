//! What a sample size would give: the table that a planner looks at before anything is drawn.

use std::collections::BTreeMap;

use serde::Serialize;

use super::allocation::Stratum;
use super::size::{Precision, SizeError, invitations, slovin};
use crate::design::rows::{Others, Row, on_line, read_table};
use crate::table;
use crate::words::Finding;

/// The margin of the Ministry of Home Affairs' guidance.
const GUIDANCE_MARGIN: f64 = 0.05;

/// Which columns of a frame say what a planner needs of its strata.
#[derive(Debug, Clone, Copy)]
pub struct StrataColumns<'a> {
    /// The column with the stratum.
    pub by: &'a str,
    /// The column with the people of a row; without one each row is one.
    pub size: Option<&'a str>,
    /// The column with the spread, one value a stratum.
    pub spread: Option<&'a str>,
    /// The column with the cost of an answer, one value a stratum.
    pub cost: Option<&'a str>,
}

/// The strata of a frame, in the order of their codes.
///
/// # Errors
/// Every finding at once, each with its line and column.
pub fn read_strata(bytes: impl AsRef<[u8]>, columns: StrataColumns<'_>) -> Result<Vec<Stratum>, Vec<Finding>> {
    let mut findings = Vec::new();
    let used: Vec<&str> = [Some(columns.by), columns.size, columns.spread, columns.cost].into_iter().flatten().collect();
    let numbers = |column: &str| [columns.size, columns.spread, columns.cost].contains(&Some(column));
    let rows = read_table(bytes.as_ref(), &used, Others::Any, &numbers, &mut findings);
    let mut strata: BTreeMap<String, (Stratum, u32)> = BTreeMap::new();
    for row in &rows {
        let code = row.required(columns.by, &mut findings);
        let size = columns
            .size
            .map_or(Some(1), |column| number(row, column, table::integer, |size: &u64| *size <= 1_000_000_000_000, &mut findings));
        let mut real =
            |column: Option<&str>| column.map_or(Some(1.0), |column| number(row, column, table::number, |x: &f64| *x > 0.0, &mut findings));
        let (Some(spread), Some(cost), Some(code), Some(size)) = (real(columns.spread), real(columns.cost), code, size) else { continue };
        let new = Stratum { spread, cost, ..Stratum::new(code.clone(), 0) };
        let (stratum, first) = strata.entry(code).or_insert((new, row.line));
        let values = [(columns.spread, stratum.spread, spread), (columns.cost, stratum.cost, cost)];
        for column in values.into_iter().filter_map(|(column, there, here)| column.filter(|_| there.to_bits() != here.to_bits())) {
            let (vi, en) = (format!("Tầng này có giá trị khác ở dòng {first}"), format!("the stratum has another value on line {first}"));
            findings.push(on_line(row.line, column, "value-contradicts", &vi, &en));
        }
        stratum.size = stratum.size.saturating_add(size);
    }
    if rows.is_empty() && findings.is_empty() {
        findings.push(on_line(1, "", "frame-empty", "Khung mẫu không có dòng nào", "the frame has no rows"));
    }
    if !findings.is_empty() {
        return Err(findings);
    }
    Ok(strata
        .into_values()
        .map(|(stratum, _)| Stratum { spread: stratum.spread, cost: stratum.cost, ..Stratum::new(stratum.code, stratum.size) })
        .collect())
}

/// A number in a cell that must not be empty.
fn number<T>(row: &Row, column: &str, read: fn(&str) -> Option<T>, good: impl Fn(&T) -> bool, findings: &mut Vec<Finding>) -> Option<T> {
    let text = row.required(column, findings)?;
    let number = read(&text).filter(good);
    if number.is_none() {
        let (vi, en) = (format!("{text:?} không phải là số hợp lệ"), format!("{text:?} is no valid number"));
        findings.push(on_line(row.line, column, "number-invalid", &vi, &en));
    }
    number
}

/// What sample sizes would give, stratum by stratum and as a whole.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outlook {
    /// Each stratum.
    pub strata: Vec<OutlookLine>,
    /// All of them together, estimated as the weighted mean of the strata.
    pub total: OutlookLine,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutlookLine {
    /// The stratum; empty for the total.
    pub stratum: String,
    /// How many people there are.
    pub population: u64,
    /// How many answer.
    pub answers: u64,
    /// How many to ask for that.
    pub invitations: u64,
    /// The half-width of the interval; `None` without answers.
    pub half_width: Option<f64>,
    /// How many answers the half-width wished for takes.
    pub needed: Option<u64>,
    /// What Slovin's formula at 5% would ask, which knows neither design effect nor level.
    pub slovin: u64,
}

/// The table for `answers` in each of the `strata`.
///
/// The half-widths are those of [`Precision`] within each stratum's population; `wish` is the half-width that
/// [`OutlookLine::needed`] is for.
///
/// # Errors
/// [`SizeError`] where a stratum is empty or the response rate no rate.
pub fn outlook(
    strata: &[Stratum],
    answers: &[u64],
    precision: Precision,
    wish: Option<f64>,
    response_rate: f64,
) -> Result<Outlook, SizeError> {
    let line = |stratum: &str, population: u64, answers: u64| -> Result<OutlookLine, SizeError> {
        // A single person who answers is known without error.
        let within = if population == 1 { None } else { Some(precision.within(population)?) };
        Ok(OutlookLine {
            stratum: stratum.to_owned(),
            population,
            answers,
            invitations: invitations(answers, response_rate)?,
            half_width: if answers == 0 { None } else { Some(within.map_or(Ok(0.0), |within| within.half_width_of(answers))?) },
            needed: wish.map(|wish| within.map_or(Ok(1), |within| within.answers_for(wish))).transpose()?,
            slovin: slovin(population, GUIDANCE_MARGIN)?,
        })
    };
    let lines = strata.iter().zip(answers).map(|(stratum, answers)| line(&stratum.code, stratum.size, *answers));
    let lines: Vec<OutlookLine> = lines.collect::<Result<_, _>>()?;
    let sizes: Vec<(u64, u64)> = lines.iter().map(|line| (line.population, line.answers)).collect();
    let mut total = line("", sizes.iter().map(|(size, _)| size).sum(), sizes.iter().map(|(_, answers)| answers).sum())?;
    total.half_width = if sizes.iter().all(|(_, answers)| *answers > 0) { Some(precision.half_width_in_strata(&sizes)?) } else { None };
    total.invitations = lines.iter().map(|line| line.invitations).sum();
    Ok(Outlook { strata: lines, total })
}

#[cfg(test)]
mod tests {
    use super::super::size::Target;
    use super::*;

    #[test]
    fn strata_are_summed_up_and_their_table_agrees_with_the_formulas() {
        let frame = "province,people,sd\nb,600,10\na,1000,20\nb,400,10\n";
        let columns = StrataColumns { by: "province", size: Some("people"), spread: Some("sd"), cost: None };
        let strata = read_strata(frame, columns).unwrap();
        assert_eq!(strata.iter().map(|s| (s.code.as_str(), s.size)).collect::<Vec<_>>(), [("a", 1_000), ("b", 1_000)]);
        let precision = Precision::new(Target::Share { p: 0.5 }, 2.0, 1.0, None).unwrap();
        let outlook = outlook(&strata, &[100, 0], precision, Some(0.05), 0.8).unwrap();
        let (first, second) = (&outlook.strata[0], &outlook.strata[1]);
        assert_eq!(first.half_width, Some(precision.within(1_000).unwrap().half_width_of(100).unwrap()));
        assert_eq!((first.invitations, first.slovin, first.needed), (125, 286, Some(286)));
        assert_eq!((second.half_width, outlook.total.half_width), (None, None), "nobody answers: nothing is known");
        assert_eq!((outlook.total.population, outlook.total.answers, outlook.total.invitations), (2_000, 100, 125));
    }

    #[test]
    fn a_frame_that_contradicts_itself_is_refused_at_its_lines() {
        let columns = StrataColumns { by: "province", size: Some("people"), spread: Some("sd"), cost: None };
        let findings = read_strata("province,people,sd\na,1,2\na,x,2\n,5,2\na,5,3\nb,1,-1\n", columns).unwrap_err();
        let found: Vec<(&str, &str)> = findings.iter().map(|finding| (finding.pointer.as_str(), finding.code.as_ref())).collect();
        for expected in
            [("/3/people", "number-invalid"), ("/4/province", "cell-empty"), ("/5/sd", "value-contradicts"), ("/6/sd", "number-invalid")]
        {
            assert!(found.contains(&expected), "{expected:?} is missing from {found:?}");
        }
    }
}
