//! The attacker: how narrowly every hidden figure can be told from the published ones.
//!
//! He is given more than any reader has: published figures to the last digit, and how many people and how much weight are behind every hidden
//! one. He knows that a node is the weighted mean of its children, that totals over the parts of a domain add up to its own, and between which
//! values a figure lies. What follows from that is a linear programme for each end of the interval (Fischetti and Salazar 2000, "Models and
//! algorithms for optimizing cell suppression in tabular data with linear constraints", *JASA* 95).
//!
//! Published figures are rounded, so that every equation holds to within what the rounding of its published terms allows.
//!
//! Hidden figures that no equation joins are solved apart. Of systems beyond [`EXACT`] figures, only those nearest to the figure in question may
//! move, and all others are held where they are in truth. What is possible then is possible: the true interval is at least as wide.

use std::collections::{HashMap, HashSet};

use microlp::{ComparisonOp, OptimizationDirection, Problem, SolveOptions, Variable};

use super::Hidden;
use super::system::System;

/// Systems of so many hidden figures are solved exactly.
const EXACT: usize = 80;

/// Equations of so many hidden figures are short.
const SHORT: usize = 12;

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

/// A sum of unknowns that is known, to within what rounding leaves open.
struct Equation {
    /// Places and factors.
    terms: Vec<(usize, f64)>,
    /// How far the sum may be from what it is in truth.
    slack: f64,
    /// Whether it is of one leaf, over a domain and its parts.
    of_parts: bool,
}

/// Everything the attacker knows.
pub struct Attack {
    unknowns: Vec<Unknown>,
    equations: Vec<Equation>,
    /// The unknown of each hidden cell.
    of_cell: HashMap<usize, usize>,
    /// The equations that each unknown is in, the shortest first.
    equations_of: Vec<Vec<usize>>,
    exact: usize,
}

impl Attack {
    /// What can be known where these cells are hidden and the others published, each no farther from the truth than `rounding`.
    #[must_use]
    pub fn new(system: &System<'_>, hidden: &[Option<Hidden>], rounding: f64) -> Self {
        let nodes = system.shapes.len();
        let mut attack =
            Self { unknowns: Vec::new(), equations: Vec::new(), of_cell: HashMap::new(), equations_of: Vec::new(), exact: EXACT };
        for (place, cell) in system.cells.iter().enumerate().filter(|(place, cell)| hidden[*place].is_some() && cell.is_there()) {
            let shape = &system.shapes[place % nodes];
            attack.of_cell.insert(place, attack.unknowns.len());
            attack.unknowns.push(Unknown { low: shape.low, high: shape.high, truth: cell.value });
        }
        if attack.unknowns.is_empty() {
            return attack;
        }
        attack.nodes(system, rounding);
        attack.totals(system, rounding);
        attack.equations.sort_by_key(|equation| equation.terms.len());
        attack.equations_of = vec![Vec::new(); attack.unknowns.len()];
        for (place, equation) in attack.equations.iter().enumerate() {
            equation.terms.iter().for_each(|(unknown, _)| attack.equations_of[*unknown].push(place));
        }
        attack
    }

    /// The same where so many figures at most may move.
    #[must_use]
    pub fn moving(self, exact: usize) -> Self {
        Self { exact, ..self }
    }

    /// Nodes are means of their children.
    fn nodes(&mut self, system: &System<'_>, rounding: f64) {
        for domain in 0..system.domains() {
            for node in 0..system.shapes.len() {
                let place = system.place(domain, node);
                let children = system.children(domain, node);
                if children.is_empty() || !system.cells[place].is_there() {
                    continue;
                }
                let terms: Vec<(usize, f64)> = children.into_iter().chain([(place, -1.0)]).collect();
                self.push(&terms, None, rounding, false);
            }
        }
    }

    /// Totals over parts add up.
    fn totals(&mut self, system: &System<'_>, rounding: f64) {
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
                let terms: Vec<(usize, f64)> = terms.collect();
                let mut besides = None;
                if people > 0 && rest > 0.0 && terms.iter().any(|(cell, _)| self.of_cell.contains_key(cell)) {
                    let known: f64 = parts.iter().map(|part| system.cells[*part].weight * system.cells[*part].value).sum();
                    let shape = &system.shapes[*leaf];
                    let truth = ((total * system.cells[whole].value - known) / rest).clamp(shape.low, shape.high);
                    besides = Some((self.unknowns.len(), rest / total));
                    self.unknowns.push(Unknown { low: shape.low, high: shape.high, truth });
                }
                self.push(&terms, besides, rounding, true);
            }
        }
    }

    /// Takes an equation of cells, and of what lies in none of them, if any of these is not published.
    fn push(&mut self, cells: &[(usize, f64)], besides: Option<(usize, f64)>, rounding: f64, of_parts: bool) {
        let of_cell = &self.of_cell;
        let terms = cells.iter().filter_map(|(cell, factor)| Some((*of_cell.get(cell)?, *factor))).chain(besides);
        let terms: Vec<(usize, f64)> = terms.collect();
        let published = cells.iter().filter(|(cell, _)| !of_cell.contains_key(cell));
        let slack = published.map(|(_, factor)| rounding * factor.abs()).sum();
        if !terms.is_empty() {
            self.equations.push(Equation { terms, slack, of_parts });
        }
    }

    /// Between which values a cell can be told to lie; of a large system an interval that is possible throughout. A cell that is not hidden
    /// is known.
    #[must_use]
    pub fn interval(&self, cell: usize) -> Interval {
        let Some(unknown) = self.of_cell.get(&cell) else { return Interval { low: 0.0, high: 0.0 } };
        let truth = self.unknowns[*unknown].truth;
        let near = self.near(*unknown);
        let end = |direction| self.solved(&near, direction).map_or(truth, |by| truth + by);
        Interval { low: end(OptimizationDirection::Minimize), high: end(OptimizationDirection::Maximize) }
    }

    /// Whether every figure that bears on a cell was let move.
    #[cfg(test)]
    pub(super) fn is_exact(&self, cell: usize) -> bool {
        self.of_cell.get(&cell).is_none_or(|unknown| self.near(*unknown).len() < self.exact)
    }

    /// An unknown and those nearest to it, as many as may move: the same leaf over parts and wholes first, which holds it most; then along short
    /// equations, and then along the long ones, which join figures from everywhere. What a long one reaches comes with all that short ones hold to it: alone it could not move.
    fn near(&self, unknown: usize) -> Vec<usize> {
        let mut near = vec![unknown];
        let mut seen: HashSet<usize> = near.iter().copied().collect();
        self.follow(&mut near, &mut seen, 0, self.exact / 2, |equation| equation.of_parts);
        let mut followed = self.follow(&mut near, &mut seen, 0, self.exact, |_| true);
        let mut at = 0;
        while at < near.len() && near.len() < self.exact {
            let long = self.equations_of[near[at]].iter().map(|place| &self.equations[*place]).filter(|of| of.terms.len() > SHORT);
            for (other, _) in long.flat_map(|equation| &equation.terms) {
                if near.len() < self.exact && seen.insert(*other) {
                    near.push(*other);
                    followed = self.follow(&mut near, &mut seen, followed, self.exact, |_| true);
                }
            }
            at += 1;
        }
        near
    }

    /// Adds what short equations join to the unknowns from this place on; gives the place after the last.
    fn follow(&self, near: &mut Vec<usize>, seen: &mut HashSet<usize>, mut at: usize, most: usize, which: fn(&Equation) -> bool) -> usize {
        while at < near.len() && near.len() < most {
            let short = self.equations_of[near[at]].iter().map(|place| &self.equations[*place]);
            let short = short.filter(|of| of.terms.len() <= SHORT && which(of));
            for (other, _) in short.flat_map(|equation| &equation.terms) {
                if near.len() < most && seen.insert(*other) {
                    near.push(*other);
                }
            }
            at += 1;
        }
        at
    }

    /// How far the first of some unknowns can move where all others are held.
    fn solved(&self, near: &[usize], direction: OptimizationDirection) -> Option<f64> {
        let mut problem = Problem::new(direction);
        let mut variables: HashMap<usize, Variable> = HashMap::new();
        let mut equations: Vec<usize> = Vec::new();
        for (place, of) in near.iter().enumerate() {
            let Unknown { low, high, truth } = self.unknowns[*of];
            let range = ((low - truth).min(0.0), (high - truth).max(0.0));
            variables.insert(*of, problem.add_var(if place == 0 { 1.0 } else { 0.0 }, range));
            equations.extend(&self.equations_of[*of]);
        }
        equations.sort_unstable();
        equations.dedup();
        for equation in equations.into_iter().map(|place| &self.equations[place]) {
            let mut terms: Vec<(Variable, f64)> =
                equation.terms.iter().filter_map(|(of, factor)| Some((*variables.get(of)?, *factor))).collect();
            if equation.slack > 0.0 {
                terms.push((problem.add_var(0.0, (-equation.slack, equation.slack)), 1.0));
            }
            problem.add_constraint(terms.as_slice(), ComparisonOp::Eq, 0.0);
        }
        let first = *variables.get(near.first()?)?;
        // The solver's simplification may go round for ever on equations that say the same.
        let mut options = SolveOptions::default();
        options.presolve = false;
        problem.solve_with(options).ok()?.into_solution().ok().map(|solution| solution.var_value(first))
    }
}
