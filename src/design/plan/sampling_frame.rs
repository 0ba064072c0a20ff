//! What can be drawn: a table with a row for each of the smallest units on a list.

use std::collections::{BTreeSet, HashMap};

use sha2::{Digest, Sha256};

use super::sampling_plan::{Number, SamplingPlan};
use crate::design::rows::{Others, Row, on_line, read_table};
use crate::table;
use crate::words::Finding;

/// The largest size of one row.
const MAX_SIZE: u64 = 1_000_000_000_000;
/// The longest list that is numbered from 1.
const MAX_COUNT: u64 = 10_000_000;

/// A sampling frame, checked against a plan: each unit lies in one unit of the level above it, and has what its draw
/// needs.
///
/// Rows are kept in canonical order: by stratum, then level by level by the plan's order and by code. The order of the
/// file leaves no trace.
#[derive(Debug)]
pub struct SamplingFrame {
    lines: Vec<Line>,
    sha256: [u8; 32],
    canonical_sha256: [u8; 32],
}

/// A row of the frame.
#[derive(Debug)]
pub(super) struct Line {
    /// The stratum and the codes of the units of each stage that the row lies in.
    pub(super) path: Vec<String>,
    number: u32,
    cells: Row,
    whole: HashMap<String, u64>,
    real: HashMap<String, f64>,
    order: Vec<String>,
}

impl Line {
    pub(super) fn text(&self, column: &str) -> &str {
        self.cells.text(column).unwrap_or_default()
    }

    /// A size, count or measure; the reader has checked that it is there.
    pub(super) fn whole(&self, column: &str) -> u64 {
        self.whole.get(column).copied().unwrap_or(0)
    }

    /// A spread or cost.
    pub(super) fn real(&self, column: &str) -> f64 {
        self.real.get(column).copied().unwrap_or(1.0)
    }

    pub(super) fn flag(&self, column: &str) -> bool {
        table::whole(self.text(column)) == Some("1")
    }
}

/// The columns that a plan reads, by what they must hold.
#[derive(Default)]
struct Columns<'p> {
    sizes: BTreeSet<&'p str>,
    counts: BTreeSet<&'p str>,
    reals: BTreeSet<&'p str>,
    flags: BTreeSet<&'p str>,
    /// Columns that have one value within each unit of a level, as its place in a row's path.
    constant: BTreeSet<(usize, &'p str)>,
    carried: BTreeSet<&'p str>,
}

impl<'p> Columns<'p> {
    fn of(plan: &'p SamplingPlan) -> Self {
        let mut columns = Self::default();
        for (place, stage) in plan.stages.iter().enumerate() {
            columns.sizes.extend(stage.size.as_deref());
            columns.counts.extend(stage.count.as_deref());
            columns.flags.extend(stage.certainty.as_deref());
            columns.constant.extend(stage.certainty.iter().chain(&stage.order).map(|column| (place + 1, column.as_str())));
            for number in std::iter::once(&stage.number).chain(&stage.reserve) {
                match number {
                    Number::ByGroup { column, .. } => {
                        columns.constant.insert((place, column));
                    }
                    Number::Allocated(allocation) => {
                        columns.sizes.extend(allocation.measure.as_deref());
                        for column in allocation.spread.iter().chain(&allocation.cost) {
                            columns.reals.insert(column);
                            columns.constant.insert((0, column));
                        }
                    }
                    Number::All | Number::Fixed(_) => {}
                }
            }
        }
        columns.constant.extend(plan.area.iter().map(|area| (1, area.column.as_str())));
        columns.carried.extend(plan.carry.iter().map(String::as_str));
        columns
    }

    fn all(&self, plan: &'p SamplingPlan) -> BTreeSet<&'p str> {
        let codes = plan.strata.iter().chain(plan.coded_stages().iter().map(|stage| &stage.level)).map(String::as_str);
        let constant = self.constant.iter().map(|(_, column)| *column);
        let others = [&self.sizes, &self.counts, &self.reals, &self.flags, &self.carried].into_iter().flatten().copied();
        codes.chain(constant).chain(others).collect()
    }
}

impl SamplingFrame {
    /// Reads the frame that `plan` draws from: a table with the columns that the plan names, and any others.
    ///
    /// # Errors
    /// Every finding at once, each with its line and column.
    pub fn read(bytes: impl AsRef<[u8]>, plan: &SamplingPlan) -> Result<Self, Vec<Finding>> {
        let mut findings = Vec::new();
        let columns = Columns::of(plan);
        let used: Vec<&str> = columns.all(plan).into_iter().collect();
        let numbers = |column: &str| [&columns.sizes, &columns.counts, &columns.reals].iter().any(|set| set.contains(column));
        let rows = read_table(bytes.as_ref(), &used, Others::Any, &numbers, &mut findings);
        if rows.is_empty() && findings.is_empty() {
            findings.push(on_line(1, "", "frame-empty", "Khung mẫu không có dòng nào", "the frame has no rows"));
        }
        let read = rows.into_iter().filter_map(|row| line(row, plan, &columns, &mut findings));
        let mut lines: Vec<Line> = read.collect();
        check_tree(&lines, plan, &columns, &mut findings);
        lines.sort_by(|a, b| a.order.cmp(&b.order));
        check_sizes(&lines, plan, &mut findings);
        if !findings.is_empty() {
            findings.sort_by(|a, b| (a.line, &a.pointer).cmp(&(b.line, &b.pointer)));
            // What contradicts itself on several levels is said once.
            findings.dedup_by(|a, b| (&a.pointer, &a.code) == (&b.pointer, &b.code));
            return Err(findings);
        }
        let mut canonical = Sha256::new();
        for line in &lines {
            for column in &used {
                canonical.update(line.text(column));
                canonical.update([0x1f]);
            }
            canonical.update("\n");
        }
        Ok(Self { lines, sha256: Sha256::digest(bytes.as_ref()).into(), canonical_sha256: canonical.finalize().into() })
    }

    /// The rows in canonical order.
    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// How many rows it has.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.lines.len()
    }

    /// How many units of the plan's last stage it holds.
    #[must_use]
    pub fn population(&self, plan: &SamplingPlan) -> u64 {
        let count = plan.stages.last().and_then(|stage| stage.count.as_deref());
        self.lines.iter().map(|line| count.map_or(1, |column| line.whole(column))).sum()
    }

    /// SHA-256 of the file.
    #[must_use]
    pub fn sha256(&self) -> [u8; 32] {
        self.sha256
    }

    /// SHA-256 of what the plan reads of it, in canonical order: the same for the same rows in another order.
    #[must_use]
    pub fn canonical_sha256(&self) -> [u8; 32] {
        self.canonical_sha256
    }
}

/// Reads the cells of a row; those that cannot be read are findings.
fn line(cells: Row, plan: &SamplingPlan, columns: &Columns<'_>, findings: &mut Vec<Finding>) -> Option<Line> {
    let number = cells.line;
    let before = findings.len();
    // Every cell is read before the row is given up, so that each has its finding.
    let strata: Vec<Option<String>> = plan.strata.iter().map(|column| code(&cells, column, findings)).collect();
    let levels: Vec<Option<String>> = plan.coded_stages().iter().map(|stage| code(&cells, &stage.level, findings)).collect();
    let mut whole = HashMap::new();
    for column in columns.sizes.union(&columns.counts) {
        let range = if columns.counts.contains(column) { 1..=MAX_COUNT } else { 0..=MAX_SIZE };
        let Some(text) = cells.required(column, findings) else { continue };
        if let Some(n) = table::integer(&text).filter(|n| range.contains(n)) {
            whole.insert((*column).to_owned(), n);
        } else {
            let (low, high) = (range.start(), range.end());
            let expected = (&*format!("số nguyên từ {low} đến {high}"), &*format!("whole number from {low} to {high}"));
            wrong(number, column, &text, "number-invalid", expected, findings);
        }
    }
    let mut real = HashMap::new();
    for column in &columns.reals {
        let Some(text) = cells.required(column, findings) else { continue };
        if let Some(x) = table::number(&text).filter(|x| *x > 0.0) {
            real.insert((*column).to_owned(), x);
        } else {
            wrong(number, column, &text, "number-invalid", ("số dương", "positive number"), findings);
        }
    }
    for column in &columns.flags {
        if let Some(text) = cells.text(column).filter(|text| !table::whole(text).is_some_and(|flag| ["0", "1"].contains(&flag))) {
            wrong(number, column, text, "flag-invalid", ("0 hoặc 1", "0 or 1"), findings);
        }
    }
    let strata: Vec<String> = strata.into_iter().collect::<Option<_>>()?;
    let path: Vec<String> = std::iter::once(Some(strata.join("/"))).chain(levels).collect::<Option<_>>()?;
    let mut order = vec![path[0].clone()];
    for (stage, code) in plan.coded_stages().iter().zip(&path[1..]) {
        order.extend(stage.order.iter().map(|column| cells.text(column).unwrap_or_default().to_owned()));
        order.push(code.clone());
    }
    (findings.len() == before).then_some(Line { path, number, cells, whole, real, order })
}

/// A code: not empty, on one line, without the slash that joins codes to paths.
fn code(cells: &Row, column: &str, findings: &mut Vec<Finding>) -> Option<String> {
    let text = cells.required(column, findings)?;
    if text.len() > 64 || text.contains(|c: char| c.is_control() || c == '/') {
        let expected = ("mã hợp lệ (tối đa 64 ký tự, không có dấu /)", "code (at most 64 characters, without a slash)");
        wrong(cells.line, column, &text, "code-invalid", expected, findings);
        return None;
    }
    Some(text)
}

fn wrong(line: u32, column: &str, text: &str, code: &'static str, expected: (&str, &str), findings: &mut Vec<Finding>) {
    let (vi, en) = (format!("{text:?} không phải là {}", expected.0), format!("{text:?} is no {}", expected.1));
    findings.push(on_line(line, column, code, &vi, &en));
}

/// Each unit lies in one parent, stands on one row if it is of the lowest level, and has one value of what belongs to it as a whole.
fn check_tree(lines: &[Line], plan: &SamplingPlan, columns: &Columns<'_>, findings: &mut Vec<Finding>) {
    let lowest = plan.coded_stages().len();
    let level = |depth: usize| if depth == 0 { plan.strata.join("/") } else { plan.stages[depth - 1].level.clone() };
    let mut parents: HashMap<(usize, &str), &Line> = HashMap::new();
    let mut owners: HashMap<(usize, &str, &str), &Line> = HashMap::new();
    for line in lines {
        for depth in 1..=lowest {
            let code = &line.path[depth];
            let Some(first) = parents.get(&(depth, code.as_str())) else {
                parents.insert((depth, code), line);
                continue;
            };
            if first.path[depth - 1] != line.path[depth - 1] {
                let (vi, en) = (
                    format!(
                        "{} {code} thuộc {} ở đây nhưng thuộc {} ở dòng {}",
                        level(depth),
                        line.path[depth - 1],
                        first.path[depth - 1],
                        first.number
                    ),
                    format!(
                        "{} {code} lies in {} here and in {} on line {}",
                        level(depth),
                        line.path[depth - 1],
                        first.path[depth - 1],
                        first.number
                    ),
                );
                findings.push(on_line(line.number, &level(depth), "unit-under-two-parents", &vi, &en));
            } else if depth == lowest {
                let (vi, en) = (format!("{code} đã có ở dòng {}", first.number), format!("{code} stands on line {} already", first.number));
                findings.push(on_line(line.number, &level(depth), "unit-repeated", &vi, &en));
            }
        }
        for (depth, column) in &columns.constant {
            let owner = line.path[*depth].as_str();
            let first = owners.entry((*depth, column, owner)).or_insert(line);
            let (here, there) = (line.text(column), first.text(column));
            if here != there {
                let (vi, en) = (
                    format!("{} {owner} có giá trị {here:?} ở đây nhưng {there:?} ở dòng {}", level(*depth), first.number),
                    format!("{} {owner} has {here:?} here and {there:?} on line {}", level(*depth), first.number),
                );
                findings.push(on_line(line.number, column, "value-contradicts", &vi, &en));
            }
        }
        check_groups(line, plan, findings);
    }
}

/// The plan has a number for the group of the row's units.
fn check_groups(line: &Line, plan: &SamplingPlan, findings: &mut Vec<Finding>) {
    for number in plan.stages.iter().flat_map(|stage| std::iter::once(&stage.number).chain(&stage.reserve)) {
        if let Number::ByGroup { column, values, otherwise: None } = number
            && !values.contains_key(line.text(column))
        {
            let (vi, en) = ("Kế hoạch không có số lượng cho nhóm này", "the plan has no number for this group");
            findings.push(on_line(line.number, column, "group-unknown", vi, en));
        }
    }
}

/// Where chances go by size, every unit has one: a unit of size 0 could never be drawn. `lines` are sorted.
fn check_sizes(lines: &[Line], plan: &SamplingPlan, findings: &mut Vec<Finding>) {
    for (place, stage) in plan.coded_stages().iter().enumerate() {
        let Some(column) = &stage.size else { continue };
        for unit in lines.chunk_by(|a, b| a.path[place + 1] == b.path[place + 1]) {
            if let Some(first) = unit.first().filter(|_| unit.iter().all(|line| line.whole(column) == 0)) {
                let (vi, en) = (
                    format!("{} {} có quy mô 0 nên không bao giờ được chọn", stage.level, first.path[place + 1]),
                    format!("{} {} has size 0 and could never be drawn", stage.level, first.path[place + 1]),
                );
                findings.push(on_line(first.number, column, "size-zero", &vi, &en));
            }
        }
    }
}
