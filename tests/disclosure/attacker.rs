//! The attacker's arithmetic: equations between what is published and what is hidden, solved exactly and as bounds.

use std::collections::HashMap;

use microlp::{ComparisonOp, OptimizationDirection, Problem};

use super::field::{Domain, LEAVES, Person, Seen, children, count, domains, truth};

/// Hidden values are told to within this many points.
pub const CLOSE: f64 = 0.5;

/// Figures are published with two decimals.
const ROUNDING: f64 = 0.005;

/// Steps of the scale.
const STEP: f64 = 25.0;

/// A cell: a node for a domain.
pub type Cell = (Domain, String);

/// Σ factor · cell = constant over hidden cells, to within `slack`.
#[derive(Debug, Clone)]
pub struct Equation {
    terms: Vec<(Cell, f64)>,
    constant: f64,
    slack: f64,
}

/// A domain and those that part it.
fn partitions(all: &[Domain]) -> Vec<(Domain, Vec<Domain>)> {
    let inside = |part: &Domain, whole: &Domain| {
        whole.area.as_ref().is_none_or(|area| part.area.as_ref() == Some(area))
            && whole.unit.as_ref().is_none_or(|unit| part.unit.as_ref() == Some(unit))
            && whole.option.as_ref().is_none_or(|option| part.option.as_ref() == Some(option))
    };
    let mut kinds: Vec<&str> = all.iter().map(|domain| domain.kind.as_str()).collect();
    kinds.dedup();
    let mut found = Vec::new();
    for whole in all {
        for kind in kinds.iter().filter(|kind| **kind != whole.kind) {
            let parts: Vec<Domain> = all.iter().filter(|part| part.kind == *kind && inside(part, whole)).cloned().collect();
            if !parts.is_empty() {
                found.push((whole.clone(), parts));
            }
        }
    }
    found
}

/// What is published of an edition, and the people behind it whom the attacker wants to know of: only their numbers does he know.
pub struct Attacker<'a> {
    pub seen: &'a Seen,
    pub people: &'a [Person],
    partitions: Vec<(Domain, Vec<Domain>)>,
    domains: Vec<Domain>,
}

impl<'a> Attacker<'a> {
    pub fn new(seen: &'a Seen, people: &'a [Person]) -> Self {
        let domains: Vec<Domain> = domains(seen).into_iter().collect();
        Self { seen, people, partitions: partitions(&domains), domains }
    }

    /// How many people are behind a cell, which the attacker is given.
    fn n(&self, cell: &Cell) -> usize {
        truth(self.people, &cell.0, &cell.1).0
    }

    fn is_hidden(&self, cell: &Cell) -> bool {
        self.seen[cell].hidden
    }

    /// Hidden cells of few people, or in which everybody says the same.
    pub fn secrets(&self) -> Vec<Cell> {
        let few = |cell: &&Cell| self.seen[*cell].hidden && (self.n(cell) < 10 || self.is_unanimous(cell));
        self.seen.keys().filter(few).cloned().collect()
    }

    /// Cells that rest on few people, whether they are hidden or not.
    pub fn few(&self) -> Vec<Cell> {
        self.seen.keys().filter(|cell| (1..10).contains(&self.n(cell))).cloned().collect()
    }

    /// Whether all answers of a leaf are the same.
    pub fn is_unanimous(&self, cell: &Cell) -> bool {
        let mut scores = self.people.iter().filter(|person| cell.0.has(person)).filter_map(|person| person.score(&cell.1));
        let first = scores.next();
        LEAVES.contains(&cell.1.as_str()) && first.is_some() && scores.all(|score| Some(score) == first)
    }

    /// One equation of cells and factors, those that are published being known.
    fn equation(&self, terms: Vec<(Cell, f64)>) -> Option<Equation> {
        let (hidden, known): (Vec<_>, Vec<_>) = terms.into_iter().partition(|(cell, _)| self.is_hidden(cell));
        let constant = known.iter().map(|(cell, factor)| -factor * self.seen[cell].value.unwrap_or_default()).sum();
        let slack = known.iter().map(|(_, factor)| factor.abs() * ROUNDING).sum::<f64>() + 1e-9;
        (!hidden.is_empty()).then_some(Equation { terms: hidden, constant, slack })
    }

    /// Totals over all parts of a domain, leaf by leaf, weights being equal.
    pub fn totals(&self) -> Vec<Equation> {
        let mut found = Vec::new();
        for (whole, parts) in &self.partitions {
            for leaf in LEAVES {
                let cell = |domain: &Domain| (domain.clone(), leaf.to_owned());
                let there: Vec<Cell> = parts.iter().map(cell).filter(|cell| self.n(cell) > 0).collect();
                let all = self.n(&cell(whole));
                if all == 0 || there.iter().map(|cell| self.n(cell)).sum::<usize>() != all {
                    continue;
                }
                let terms = there.into_iter().map(|cell| (count(self.n(&cell)) / count(all), cell)).map(|(factor, cell)| (cell, factor));
                found.extend(self.equation(terms.chain([(cell(whole), -1.0)]).collect()));
            }
        }
        found
    }

    /// Nodes are means of those of their children that are there.
    pub fn nodes(&self) -> Vec<Equation> {
        let mut found = Vec::new();
        for domain in &self.domains {
            for node in ["INDEX", "A", "B"] {
                let cell = |node: &str| (domain.clone(), node.to_owned());
                let there: Vec<_> = children(node).into_iter().filter(|(child, _)| self.n(&cell(child)) > 0).collect();
                let weight: f64 = there.iter().map(|(_, weight)| weight).sum();
                if !there.is_empty() {
                    let terms = there.into_iter().map(|(child, of)| (cell(child), of / weight));
                    found.extend(self.equation(terms.chain([(cell(node), -1.0)]).collect()));
                }
            }
        }
        found
    }

    /// The numbers of answers, which add up over parts for every node.
    pub fn numbers(&self) -> Vec<Equation> {
        let mut found = Vec::new();
        for (whole, parts) in &self.partitions {
            for node in LEAVES.iter().chain(&["INDEX", "A", "B"]) {
                let cell = |domain: &Domain| (domain.clone(), (*node).to_owned());
                let terms = parts.iter().map(|part| (cell(part), 1.0)).chain([(cell(whole), -1.0)]);
                let (hidden, known): (Vec<_>, Vec<_>) = terms.partition(|(cell, _)| self.is_hidden(cell));
                let constant = known.iter().map(|(cell, factor)| -factor * self.seen[cell].n.unwrap_or_default()).sum();
                if !hidden.is_empty() {
                    found.push(Equation { terms: hidden, constant, slack: 0.0 });
                }
            }
        }
        found
    }

    /// How many cells a set of claims tells: values to within [`CLOSE`].
    pub fn told(&self, claims: &HashMap<Cell, f64>, of: &[Cell]) -> usize {
        let is_told = |cell: &&Cell| {
            let value = self.seen[*cell].value.or_else(|| claims.get(*cell).copied());
            value.is_some_and(|value| (value - truth(self.people, &cell.0, &cell.1).1).abs() <= CLOSE)
        };
        of.iter().filter(is_told).inspect(|cell| println!("  told: {cell:?}")).count()
    }

    /// How many numbers of people a set of claims tells.
    pub fn numbered(&self, claims: &HashMap<Cell, f64>, of: &[Cell]) -> usize {
        let is_told = |cell: &&Cell| {
            let n = self.seen[*cell].n.or_else(|| claims.get(*cell).copied());
            n.is_some_and(|n| (n - count(self.n(cell))).abs() < 0.5)
        };
        of.iter().filter(is_told).inspect(|cell| println!("  counted: {cell:?}")).count()
    }

    /// How many leaves can have but one value, given what all equations together leave open and that answers are whole steps of the scale.
    pub fn bounded(&self, equations: &[Equation], of: &[Cell]) -> usize {
        let only = |cell: &&Cell| {
            let (low, high) = bounds(equations, cell);
            let n = self.n(cell);
            if !LEAVES.contains(&cell.1.as_str()) {
                return high - low < CLOSE;
            }
            let step = STEP / count(n);
            let possible = (0..=4 * n).filter(|k| (low - 1e-6..=high + 1e-6).contains(&(count(*k) * step))).count();
            possible == 1
        };
        of.iter().filter(only).inspect(|cell| println!("  bounded: {cell:?} {:?} of {}", bounds(equations, cell), self.n(cell))).count()
    }
}

/// Between which values a cell lies by all equations.
pub fn bounds(equations: &[Equation], cell: &Cell) -> (f64, f64) {
    let end = |direction| {
        let mut problem = Problem::new(direction);
        let mut variables = HashMap::from([(cell, problem.add_var(1.0, (0.0, 100.0)))]);
        for equation in equations {
            for (of, _) in &equation.terms {
                variables.entry(of).or_insert_with(|| problem.add_var(0.0, (0.0, 100.0)));
            }
            let mut terms: Vec<_> = equation.terms.iter().map(|(of, factor)| (variables[of], *factor)).collect();
            terms.push((problem.add_var(0.0, (-equation.slack, equation.slack)), 1.0));
            problem.add_constraint(terms.as_slice(), ComparisonOp::Eq, equation.constant);
        }
        problem.solve().ok().and_then(|solved| solved.into_solution().ok()).map(|solution| solution.var_value(variables[cell]))
    };
    (end(OptimizationDirection::Minimize).unwrap_or(0.0), end(OptimizationDirection::Maximize).unwrap_or(100.0))
}

/// Equations in which a single cell is hidden, one after the other.
pub fn subtracted(equations: &[Equation]) -> HashMap<Cell, f64> {
    let mut found: HashMap<Cell, f64> = HashMap::new();
    loop {
        let before = found.len();
        for equation in equations {
            let mut open = equation.terms.iter().filter(|(cell, _)| !found.contains_key(cell));
            if let (Some((cell, factor)), None) = (open.next(), open.next()) {
                let known: f64 = equation.terms.iter().filter_map(|(cell, factor)| Some(factor * found.get(cell)?)).sum();
                found.insert(cell.clone(), (equation.constant - known) / factor);
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

/// What all equations together determine, by Gauss and Jordan.
pub fn eliminated(equations: &[Equation]) -> HashMap<Cell, f64> {
    let mut columns: HashMap<&Cell, usize> = HashMap::new();
    for (cell, _) in equations.iter().flat_map(|equation| &equation.terms) {
        let next = columns.len();
        columns.entry(cell).or_insert(next);
    }
    let width = columns.len();
    let mut rows: Vec<Vec<f64>> = equations
        .iter()
        .map(|equation| {
            let mut row = vec![0.0; width + 1];
            equation.terms.iter().for_each(|(cell, factor)| row[columns[cell]] += factor);
            row[width] = equation.constant;
            row
        })
        .collect();
    let mut done = 0;
    for column in 0..width {
        let Some(best) = (done..rows.len()).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs())) else { break };
        if rows[best][column].abs() < 1e-9 {
            continue;
        }
        rows.swap(done, best);
        let pivot = rows[done][column];
        rows[done].iter_mut().for_each(|entry| *entry /= pivot);
        let by = rows[done].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(place, _)| *place != done) {
            let factor = row[column];
            if factor != 0.0 {
                row.iter_mut().zip(&by).for_each(|(entry, other)| *entry -= factor * other);
            }
        }
        done += 1;
    }
    let cells: HashMap<usize, &Cell> = columns.into_iter().map(|(cell, column)| (column, cell)).collect();
    let alone = |row: &Vec<f64>| {
        let mut entries = (0..width).filter(|column| row[*column].abs() > 1e-7);
        match (entries.next(), entries.next()) {
            (Some(column), None) => Some((cells[&column].clone(), row[width] / row[column])),
            _ => None,
        }
    };
    rows.iter().filter_map(alone).collect()
}
