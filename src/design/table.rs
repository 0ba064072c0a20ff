//! The design table of a wave: PSUs, strata, population counts, base weights.

use std::collections::{BTreeMap, HashMap};

use crate::design::rows::{Others, Row, on_line, read_table};
use crate::design::{RoundingReport, WeightUnit};
use crate::table::{integer, number};
use crate::words::Finding;

/// A primary sampling unit that was drawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Psu {
    /// Its code, unique in the wave.
    pub code: String,
    /// The stratum it was drawn in.
    pub stratum: String,
    /// How many PSUs that stratum has in the population; `None`: drawn as if with replacement.
    pub fpc: Option<i64>,
    /// The administrative unit it lies in: `CODE` in the wave's own list, or `LIST:CODE`.
    pub area: Option<String>,
    /// The base weight of everyone in it, in the wave's weight units, unless a respondent has their own.
    pub weight: Option<i64>,
}

/// A person on the sample list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Respondent {
    /// Their code on the list, unique in the wave. It names no one.
    pub code: String,
    /// The PSU they were drawn in.
    pub psu: Option<String>,
    /// Their base weight, in the wave's weight units.
    pub weight: i64,
}

/// The design of a wave, checked: every respondent's PSU exists, every stratum has one population count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Design {
    psus: Vec<Psu>,
    respondents: Vec<Respondent>,
    by_psu: HashMap<String, usize>,
    by_respondent: HashMap<String, usize>,
}

/// Why the design gives a response no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unplaced {
    /// The wave draws PSUs and the response names none, nor a listed respondent who has one.
    NoPsu,
    /// The PSU is not on the design table.
    UnknownPsu,
    /// The respondent is not on the sample list.
    UnknownRespondent,
    /// The response names a PSU other than its respondent's.
    OtherPsu,
    /// Neither the respondent nor the PSU has a base weight.
    NoWeight,
}

impl Design {
    /// Puts a design together from parts that were stored.
    ///
    /// # Errors
    /// Every contradiction between the rows, at once.
    pub fn new(psus: Vec<Psu>, respondents: Vec<Respondent>) -> Result<Self, Vec<Finding>> {
        Self::on_lines(psus, respondents, [&[], &[]])
    }

    /// The same of rows that stand on these lines of their files; of those that stand on none, the header counts as line 1.
    fn on_lines(psus: Vec<Psu>, respondents: Vec<Respondent>, lines: [&[u32]; 2]) -> Result<Self, Vec<Finding>> {
        let mut findings = Vec::new();
        let [psu_lines, respondent_lines] = lines.map(Lines);
        let mut by_psu = HashMap::with_capacity(psus.len());
        for (row, psu) in psus.iter().enumerate() {
            if by_psu.insert(psu.code.clone(), row).is_some() {
                findings.push(on_line(
                    psu_lines.of(row),
                    "psu",
                    "psu-repeated",
                    &format!("PSU {} đã có ở dòng trên", psu.code),
                    &format!("PSU {} stands on an earlier line too", psu.code),
                ));
            }
        }
        check_strata(&psus, psu_lines, &mut findings);
        let mut by_respondent = HashMap::with_capacity(respondents.len());
        for (row, person) in respondents.iter().enumerate() {
            if by_respondent.insert(person.code.clone(), row).is_some() {
                findings.push(on_line(
                    respondent_lines.of(row),
                    "respondent",
                    "respondent-repeated",
                    &format!("Người trả lời {} đã có ở dòng trên", person.code),
                    &format!("respondent {} stands on an earlier line too", person.code),
                ));
            }
            if let Some(psu) = person.psu.as_ref().filter(|psu| !by_psu.contains_key(*psu)) {
                findings.push(on_line(
                    respondent_lines.of(row),
                    "psu",
                    "psu-unknown",
                    &format!("PSU {psu} không có trong bảng thiết kế mẫu"),
                    &format!("PSU {psu} is not on the design table"),
                ));
            }
        }
        if findings.is_empty() { Ok(Self { psus, respondents, by_psu, by_respondent }) } else { Err(findings) }
    }

    /// The PSUs, in the order of the table.
    #[must_use]
    pub fn psus(&self) -> &[Psu] {
        &self.psus
    }

    /// The sample list, in the order of the table.
    #[must_use]
    pub fn respondents(&self) -> &[Respondent] {
        &self.respondents
    }

    /// Whether somebody of this code is on the sample list.
    #[must_use]
    pub fn is_listed(&self, respondent: &str) -> bool {
        self.by_respondent.contains_key(respondent)
    }

    /// Where a PSU stands on the table.
    #[must_use]
    pub fn psu_index(&self, code: &str) -> Option<usize> {
        self.by_psu.get(code).copied()
    }

    /// The PSU (its row on the table) and base weight of a response of a wave that draws clusters.
    ///
    /// # Errors
    /// [`Unplaced`], where the response cannot be placed: it is kept, but no index counts it.
    pub fn place(&self, psu: Option<&str>, respondent: Option<&str>) -> Result<(usize, i64), Unplaced> {
        let person = match respondent {
            Some(code) if !self.respondents.is_empty() => {
                Some(&self.respondents[*self.by_respondent.get(code).ok_or(Unplaced::UnknownRespondent)?])
            }
            _ => None,
        };
        let listed = person.and_then(|person| person.psu.as_deref());
        if let (Some(said), Some(listed)) = (psu, listed)
            && said != listed
        {
            return Err(Unplaced::OtherPsu);
        }
        let index = self.psu_index(listed.or(psu).ok_or(Unplaced::NoPsu)?).ok_or(Unplaced::UnknownPsu)?;
        let weight = person.map(|person| person.weight).or(self.psus[index].weight).ok_or(Unplaced::NoWeight)?;
        Ok((index, weight))
    }

    /// The base weight of a response of a wave without clusters: the listed respondent's, or one.
    ///
    /// # Errors
    /// [`Unplaced::UnknownRespondent`] where there is a sample list and the respondent is not on it.
    pub fn element_weight(&self, respondent: Option<&str>, unit: WeightUnit) -> Result<i64, Unplaced> {
        if self.respondents.is_empty() {
            return Ok(unit.per_one());
        }
        let row = respondent.and_then(|code| self.by_respondent.get(code)).ok_or(Unplaced::UnknownRespondent)?;
        Ok(self.respondents[*row].weight)
    }

    /// Reads a design from tables: `psu,stratum[,fpc][,area][,weight]` for the PSUs and, where people were listed,
    /// `respondent[,psu],weight` for them.
    ///
    /// # Errors
    /// Every finding of both tables at once, each with its line and column.
    pub fn read<T: AsRef<[u8]>>(psus: T, respondents: Option<T>, unit: WeightUnit) -> Result<(Self, RoundingReport), Vec<Finding>> {
        let mut findings = Vec::new();
        let mut report = RoundingReport::default();
        let numbers = |column: &str| ["fpc", "weight"].contains(&column);
        let optional = Others::Optional(&["fpc", "area", "weight"]);
        let psu_rows = read_table(psus.as_ref(), &["psu", "stratum"], optional, &numbers, &mut findings);
        let of_psu = |row: &Row| Some((row.line, row.psu(unit, &mut report, &mut findings)?));
        let (psu_lines, psu_table): (Vec<u32>, _) = psu_rows.iter().filter_map(of_psu).unzip();
        let listed = respondents
            .map(|list| read_table(list.as_ref(), &["respondent", "weight"], Others::Optional(&["psu"]), &numbers, &mut findings))
            .unwrap_or_default();
        let of_person = |row: &Row| Some((row.line, row.respondent(unit, &mut report, &mut findings)?));
        let (people_lines, people): (Vec<u32>, _) = listed.iter().filter_map(of_person).unzip();
        match Self::on_lines(psu_table, people, [&psu_lines, &people_lines]) {
            Ok(design) if findings.is_empty() => Ok((design, report)),
            Ok(_) => Err(findings),
            Err(more) => {
                findings.extend(more);
                Err(findings)
            }
        }
    }
}

/// The lines on which rows stand.
#[derive(Clone, Copy)]
struct Lines<'l>(&'l [u32]);

impl Lines<'_> {
    fn of(self, row: usize) -> u32 {
        self.0.get(row).copied().unwrap_or_else(|| u32::try_from(row + 2).unwrap_or(u32::MAX))
    }
}

/// One stratum has one population count, no smaller than the number of PSUs drawn in it.
fn check_strata(psus: &[Psu], lines: Lines<'_>, findings: &mut Vec<Finding>) {
    let mut strata: BTreeMap<&str, (usize, Option<i64>, i64)> = BTreeMap::new();
    for (row, psu) in psus.iter().enumerate() {
        let (first, fpc, drawn) = strata.entry(&psu.stratum).or_insert((row, psu.fpc, 0));
        *drawn += 1;
        if *fpc != psu.fpc {
            findings.push(on_line(
                lines.of(row),
                "fpc",
                "fpc-contradicts",
                &format!("Tầng {} có hai số đơn vị khác nhau (xem dòng {})", psu.stratum, lines.of(*first)),
                &format!("stratum {} has another population count on line {}", psu.stratum, lines.of(*first)),
            ));
        }
    }
    for (stratum, (row, fpc, drawn)) in strata {
        if fpc.is_some_and(|population| population < drawn) {
            findings.push(on_line(
                lines.of(row),
                "fpc",
                "fpc-too-small",
                &format!("Tầng {stratum} chọn {drawn} PSU, nhiều hơn số PSU của tổng thể"),
                &format!("stratum {stratum} has {drawn} PSUs drawn, more than its population holds"),
            ));
        }
    }
}

impl Row {
    fn weight(&self, unit: WeightUnit, report: &mut RoundingReport, findings: &mut Vec<Finding>) -> Option<i64> {
        let text = self.text("weight")?;
        let weight = number(text);
        let Some((weight, units)) = weight.and_then(|w| Some((w, unit.units(w)?))) else {
            findings.push(on_line(
                self.line,
                "weight",
                "weight-invalid",
                &format!("{text:?} không phải là trọng số dương"),
                &format!("{text:?} is no positive weight"),
            ));
            return None;
        };
        report.add(unit, weight, units);
        Some(units)
    }

    fn psu(&self, unit: WeightUnit, report: &mut RoundingReport, findings: &mut Vec<Finding>) -> Option<Psu> {
        let code = self.required("psu", findings);
        let stratum = self.required("stratum", findings);
        let fpc = self.text("fpc").map(|text| (text, integer::<i64>(text).filter(|n| *n > 0)));
        if let Some((text, None)) = fpc {
            findings.push(on_line(
                self.line,
                "fpc",
                "fpc-invalid",
                &format!("{text:?} không phải là số đơn vị của tổng thể"),
                &format!("{text:?} is no population count"),
            ));
        }
        let weight = self.weight(unit, report, findings);
        Some(Psu { code: code?, stratum: stratum?, fpc: fpc.and_then(|(_, n)| n), area: self.text("area").map(str::to_owned), weight })
    }

    fn respondent(&self, unit: WeightUnit, report: &mut RoundingReport, findings: &mut Vec<Finding>) -> Option<Respondent> {
        let code = self.required("respondent", findings);
        if self.text("weight").is_none() {
            self.required("weight", findings);
        }
        let weight = self.weight(unit, report, findings);
        Some(Respondent { code: code?, psu: self.text("psu").map(str::to_owned), weight: weight? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PSUS: &str = "psu,stratum,fpc,area,weight\n01-1,01,58,01,100.5\n01-2,01,58,01,99.5\n02-1,02,40,02,\n";

    #[test]
    fn a_response_finds_its_psu_and_weight() {
        let (design, report) = Design::read(PSUS, Some("respondent,psu,weight\na,02-1,7.25\n"), WeightUnit::MICRO).unwrap();
        assert_eq!(design.place(Some("01-2"), None), Ok((1, 99_500_000)));
        assert_eq!(design.place(None, Some("a")), Ok((2, 7_250_000)));
        assert_eq!(design.place(Some("01-1"), Some("a")), Err(Unplaced::OtherPsu));
        assert_eq!(design.place(Some("09-9"), None), Err(Unplaced::UnknownPsu));
        assert_eq!(design.place(Some("02-1"), None), Err(Unplaced::NoWeight));
        assert_eq!(design.place(None, Some("zz")), Err(Unplaced::UnknownRespondent));
        assert_eq!((report.weights, report.changed), (3, 0));
    }

    #[test]
    fn orphans_and_contradictions_are_findings_all_at_once() {
        let psus = "psu,stratum,fpc,weight\na,s,5,1\na,s,6,x\nb,t,1,2\nc,t,1,-3\n,t,1,1\n";
        let findings = Design::read(psus, Some("respondent,psu,weight\np,zzz,1\np,b,1\n"), WeightUnit::MICRO).unwrap_err();
        let codes: Vec<&str> = findings.iter().map(|f| f.code.as_ref()).collect();
        for code in
            ["weight-invalid", "cell-empty", "psu-repeated", "fpc-contradicts", "fpc-too-small", "respondent-repeated", "psu-unknown"]
        {
            assert!(codes.contains(&code), "{code} is missing from {codes:?}");
        }
    }

    #[test]
    fn a_missing_column_is_named() {
        let findings = Design::read("psu,weigth\na,1\n", None, WeightUnit::MICRO).unwrap_err();
        assert!(findings.iter().any(|f| f.code == "column-missing" && f.pointer == "/1/stratum"));
        assert!(findings.iter().any(|f| f.code == "column-unknown" && f.pointer == "/1/weigth"));
    }
}
