//! The attacker: how narrowly every hidden figure can be told from the published ones.
//!
//! He is given more than any reader has: published figures to the last digit, and how many people and how much weight are behind every hidden
//! one. He knows that a node is the weighted mean of its children, that totals over the parts of a domain add up to its own, and between which
//! values a figure lies. What follows from that is a linear programme for each end of the interval (Fischetti and Salazar 2000, "Models and
//! algorithms for optimizing cell suppression in tabular data with linear constraints", *JASA* 95).
//!
//! Hidden figures that no equation joins are solved apart. Systems beyond [`EXACT`] figures are not solved but bounded from within: the vector
//! that moves one figure and leaves every equation as it is (its projection onto their null space) can be walked along in both directions until
//! a figure meets the end of its range. Both ends are possible, so the true interval is at least as wide.

use std::collections::HashMap;

use microlp::{ComparisonOp, OptimizationDirection, Problem};

use super::Hidden;
use super::system::System;

/// Systems of so many hidden figures are solved exactly.
const EXACT: usize = 160;

/// Steps of the projection, and how exact it is.
const STEPS: usize = 2_000;
const EXACTNESS: f64 = 1e-10;

/// Between which values a figure lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The least.
    pub low: f64,
    /// The greatest.
    pub high: f64,
}

/// An unknown: a hidden figure, or what of a domain lies in none of its parts.
#[derive(Debug, Clone, Copy)]
struct Unknown {
    low: f64,
    high: f64,
    /// What it is in truth, of which the attacker knows nothing.
    truth: f64,
}

/// A sum of unknowns that is known: places and factors.
type Equation = Vec<(usize, f64)>;

/// Everything the attacker knows.
pub struct Attack {
    unknowns: Vec<Unknown>,
    equations: Vec<Equation>,
    /// The unknown of each hidden cell.
    of_cell: HashMap<usize, usize>,
    /// The part of the system that each unknown is in, and the parts.
    part_of: Vec<usize>,
    parts: Vec<Part>,
}

#[derive(Default)]
struct Part {
    unknowns: Vec<usize>,
    equations: Vec<usize>,
}

impl Attack {
    /// What can be known where these cells are hidden.
    #[must_use]
    pub fn new(system: &System<'_>, hidden: &[Option<Hidden>]) -> Self {
        let nodes = system.shapes.len();
        let mut attack =
            Self { unknowns: Vec::new(), equations: Vec::new(), of_cell: HashMap::new(), part_of: Vec::new(), parts: Vec::new() };
        for (place, cell) in system.cells.iter().enumerate().filter(|(place, cell)| hidden[*place].is_some() && cell.is_there()) {
            let shape = &system.shapes[place % nodes];
            attack.of_cell.insert(place, attack.unknowns.len());
            attack.unknowns.push(Unknown { low: shape.low, high: shape.high, truth: cell.value });
        }
        if attack.unknowns.is_empty() {
            return attack;
        }
        attack.nodes(system);
        attack.totals(system);
        attack.split();
        attack
    }

    /// Nodes are means of their children.
    fn nodes(&mut self, system: &System<'_>) {
        for domain in 0..system.domains() {
            for node in 0..system.shapes.len() {
                let place = system.place(domain, node);
                let children = system.children(domain, node);
                if children.is_empty() || !system.cells[place].is_there() {
                    continue;
                }
                let terms = children.into_iter().chain([(place, -1.0)]);
                self.push(terms.filter_map(|(cell, factor)| Some((*self.of_cell.get(&cell)?, factor))).collect());
            }
        }
    }

    /// Totals over parts add up.
    fn totals(&mut self, system: &System<'_>) {
        let leaves: Vec<usize> = system.leaves().collect();
        for group in &system.groups {
            for leaf in &leaves {
                let whole = system.place(group.whole, *leaf);
                let total = system.cells[whole].weight;
                if !system.cells[whole].is_there() || total <= 0.0 {
                    continue;
                }
                let (parts, people, rest) = system.parts(group, *leaf);
                let terms = parts.iter().map(|part| (*part, system.cells[*part].weight / total)).chain([(whole, -1.0)]);
                let mut terms: Equation = terms.filter_map(|(cell, factor)| Some((*self.of_cell.get(&cell)?, factor))).collect();
                if terms.is_empty() {
                    continue;
                }
                if people > 0 && rest > 0.0 {
                    let known: f64 = parts.iter().map(|part| system.cells[*part].weight * system.cells[*part].value).sum();
                    let shape = &system.shapes[*leaf];
                    let truth = ((total * system.cells[whole].value - known) / rest).clamp(shape.low, shape.high);
                    terms.push((self.unknowns.len(), rest / total));
                    self.unknowns.push(Unknown { low: shape.low, high: shape.high, truth });
                }
                self.push(terms);
            }
        }
    }

    fn push(&mut self, terms: Equation) {
        if !terms.is_empty() {
            self.equations.push(terms);
        }
    }

    /// Sorts unknowns that equations join into parts.
    fn split(&mut self) {
        let mut root: Vec<usize> = (0..self.unknowns.len()).collect();
        fn find(root: &mut [usize], mut at: usize) -> usize {
            while root[at] != at {
                root[at] = root[root[at]];
                at = root[at];
            }
            at
        }
        for equation in &self.equations {
            for pair in equation.windows(2) {
                let (a, b) = (find(&mut root, pair[0].0), find(&mut root, pair[1].0));
                root[a.max(b)] = a.min(b);
            }
        }
        let mut places: HashMap<usize, usize> = HashMap::new();
        for unknown in 0..root.len() {
            let first = find(&mut root, unknown);
            let part = *places.entry(first).or_insert_with(|| {
                self.parts.push(Part::default());
                self.parts.len() - 1
            });
            self.parts[part].unknowns.push(unknown);
            self.part_of.push(part);
        }
        for (place, equation) in self.equations.iter().enumerate() {
            self.parts[self.part_of[equation[0].0]].equations.push(place);
        }
    }

    /// Between which values a cell can be told to lie; of a large system an interval that is possible throughout. A cell that is not hidden
    /// is known.
    #[must_use]
    pub fn interval(&self, cell: usize) -> Interval {
        let Some(unknown) = self.of_cell.get(&cell) else { return Interval { low: 0.0, high: 0.0 } };
        let part = &self.parts[self.part_of[*unknown]];
        if part.unknowns.len() <= EXACT
            && let Some(interval) = self.solved(part, *unknown)
        {
            return interval;
        }
        self.bounded(part, *unknown)
    }

    /// The interval from within, whatever the size of the system.
    #[must_use]
    pub fn bound(&self, cell: usize) -> Interval {
        let Some(unknown) = self.of_cell.get(&cell) else { return Interval { low: 0.0, high: 0.0 } };
        self.bounded(&self.parts[self.part_of[*unknown]], *unknown)
    }

    /// Whether the part of the system that a cell is in is solved exactly.
    #[must_use]
    pub fn is_exact(&self, cell: usize) -> bool {
        self.of_cell.get(&cell).is_none_or(|unknown| self.parts[self.part_of[*unknown]].unknowns.len() <= EXACT)
    }

    /// Both ends, each by a linear programme.
    fn solved(&self, part: &Part, unknown: usize) -> Option<Interval> {
        let end = |direction: OptimizationDirection| {
            let mut problem = Problem::new(direction);
            let variables: HashMap<usize, microlp::Variable> = part
                .unknowns
                .iter()
                .map(|of| (*of, problem.add_var(if *of == unknown { 1.0 } else { 0.0 }, (self.unknowns[*of].low, self.unknowns[*of].high))))
                .collect();
            for equation in part.equations.iter().map(|equation| &self.equations[*equation]) {
                let total: f64 = equation.iter().map(|(of, factor)| factor * self.unknowns[*of].truth).sum();
                let terms: Vec<(microlp::Variable, f64)> = equation.iter().map(|(of, factor)| (variables[of], *factor)).collect();
                problem.add_constraint(terms.as_slice(), ComparisonOp::Eq, total);
            }
            problem.solve().ok()?.into_solution().ok().map(|solution| solution.var_value(variables[&unknown]))
        };
        let (low, high) = (end(OptimizationDirection::Minimize)?, end(OptimizationDirection::Maximize)?);
        (low.is_finite() && high.is_finite()).then_some(Interval { low, high })
    }

    /// A line of possible values through the truth, along which the unknown moves and no equation changes.
    fn bounded(&self, part: &Part, unknown: usize) -> Interval {
        let truth = self.unknowns[unknown].truth;
        let known = Interval { low: truth, high: truth };
        let places: HashMap<usize, usize> = part.unknowns.iter().enumerate().map(|(place, of)| (*of, place)).collect();
        let rows: Vec<Equation> =
            part.equations.iter().map(|of| self.equations[*of].iter().map(|(of, factor)| (places[of], *factor)).collect()).collect();
        let mut target = vec![0.0; places.len()];
        target[places[&unknown]] = 1.0;
        let Some(line) = project(&rows, target) else { return known };
        let moved = line[places[&unknown]];
        if moved < 1e-9 {
            return known;
        }
        let (mut back, mut forth) = (f64::INFINITY, f64::INFINITY);
        for (step, of) in line.iter().zip(&part.unknowns) {
            let Unknown { low, high, truth } = self.unknowns[*of];
            let (down, up) = ((truth - low).max(0.0), (high - truth).max(0.0));
            if *step > 0.0 {
                (forth, back) = (forth.min(up / step), back.min(down / step));
            } else if *step < 0.0 {
                (forth, back) = (forth.min(down / -step), back.min(up / -step));
            }
        }
        Interval { low: truth - moved * back, high: truth + moved * forth }
    }
}

/// The part of a vector that lies in the null space of some rows: what is left when its best approximation by the rows is taken away, which
/// conjugate gradients find. `None` where they do not.
fn project(rows: &[Equation], mut target: Vec<f64>) -> Option<Vec<f64>> {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let forward = |x: &[f64]| rows.iter().map(|row| row.iter().map(|(at, factor)| factor * x[*at]).sum()).collect::<Vec<f64>>();
    let back = |y: &[f64], length: usize| {
        let mut x = vec![0.0; length];
        for (row, y) in rows.iter().zip(y) {
            for (at, factor) in row {
                x[*at] += factor * y;
            }
        }
        x
    };
    let mut residual = forward(&target);
    let mut direction = residual.clone();
    let mut left = dot(&residual, &residual);
    let enough = EXACTNESS * EXACTNESS;
    for _ in 0..STEPS {
        if left <= enough {
            return Some(target);
        }
        let spread = back(&direction, target.len());
        let length = dot(&spread, &spread);
        if length <= 0.0 {
            return None;
        }
        let step = left / length;
        target.iter_mut().zip(&spread).for_each(|(at, move_by)| *at -= step * move_by);
        let image = forward(&spread);
        residual.iter_mut().zip(&image).for_each(|(at, move_by)| *at -= step * move_by);
        let now = dot(&residual, &residual);
        direction = residual.iter().zip(&direction).map(|(at, before)| at + now / left * before).collect();
        left = now;
    }
    None
}
