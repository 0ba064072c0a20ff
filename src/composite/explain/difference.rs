//! Where the difference between two scores comes from: exactly, leaf by leaf.

use serde::Serialize;

use super::secant::{Generator, median_slopes};
use super::subject::{Family, Situation, Subject};
use crate::schema::composite::{Aggregator, CompositeNode, Gap};

/// The part of a difference that stems from a node, in points of the root.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
pub struct Effect {
    /// The code of the node: a leaf, or an inner node whose weight changed or that came or went as a whole.
    pub node: String,
    /// By the value measured.
    pub value: f64,
    /// By the goalposts that the value is held against, or by the maximum that its points are given out of.
    pub goalposts: f64,
    /// By its weight, or by the scale of its node.
    pub weights: f64,
    /// By nodes that came or went, it or its siblings.
    pub structure: f64,
}

impl Effect {
    /// All four.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.value + self.goalposts + self.weights + self.structure
    }
}

/// A difference between two scores and the parts that sum to it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Difference {
    /// The first score.
    pub from: f64,
    /// The second.
    pub to: f64,
    /// The parts, in the order of the tree; nodes without any are left out.
    pub effects: Vec<Effect>,
    /// Their sums; the node is empty.
    pub totals: Effect,
}

/// Decomposes the difference between the root's scores of two subjects: two units, or one unit in two editions, of one
/// definition or two. None where one of them has no score.
///
/// # Formula
/// A node's value is `f⁻¹(Σ c f(x))` with `f` the identity, the logarithm or a power, and `c` what weights and gaps make of
/// each child. With bars for means of both sides and `s_f(a, b) = (f(b) − f(a))/(b − a)`,
/// `Δr = Σ [c̄ s_f(x₀, x₁) Δx + f̄ Δc] / s_f(r₀, r₁)`: exact at every node, and so down the tree. For the geometric mean it is
/// the logarithmic mean Divisia index (Ang 2004, Energy Policy 32). `Δc` and a leaf's `Δscore` each depend on two things (weight and
/// presence; value and goalposts) whose effects are means over both orders. Points are shares of a maximum: where both sides state
/// one, `Δ(share · maximum)` is `maximum̄ Δshare` of value and `sharē Δmaximum` of goalposts. A median goes by Shapley's values over
/// its children; Copeland's score, and a node whose method changed, as a whole.
#[must_use]
pub fn difference(from: &Subject<'_>, to: &Subject<'_>) -> Option<Difference> {
    between(&Situation::of(*from)?, &Situation::of(*to)?)
}

/// The difference between two situations.
pub(super) fn between(from: &Situation<'_>, to: &Situation<'_>) -> Option<Difference> {
    let mut walk = Walk { sides: [from, to], effects: Vec::new(), slopes: Vec::new() };
    let (first, second) = (from.score(0)?, to.score(0)?);
    walk.node([0, 0], 1.0)?;
    let mut totals = Effect::default();
    for effect in &walk.effects {
        totals.value += effect.value;
        totals.goalposts += effect.goalposts;
        totals.weights += effect.weights;
        totals.structure += effect.structure;
    }
    Some(Difference { from: first, to: second, effects: walk.effects, totals })
}

/// For each leaf below a node (by place) the derivative of the node's score by the leaf's; none where the node has no score.
pub(super) fn slopes(here: &Situation<'_>, node: usize) -> Option<Vec<(usize, f64)>> {
    let mut walk = Walk { sides: [here, here], effects: Vec::new(), slopes: Vec::new() };
    here.score(node)?;
    walk.node([node, node], 1.0)?;
    walk.slopes.sort_by_key(|(place, _)| *place);
    Some(walk.slopes)
}

/// A child on both sides, joined by its code.
struct Pair<'a> {
    code: &'a str,
    places: [Option<usize>; 2],
    weights: [Option<f64>; 2],
    maxima: [Option<f64>; 2],
    counted: [bool; 2],
    scores: [Option<f64>; 2],
}

impl Pair<'_> {
    /// Weight by one side; by the other where this one does not know the child.
    fn weight(&self, side: usize) -> f64 {
        self.weights.get(side).copied().flatten().or(self.weights.iter().copied().flatten().next()).unwrap_or(0.0)
    }

    fn maximum(&self, side: usize) -> Option<f64> {
        self.maxima.get(side).copied().flatten().or(self.maxima.iter().copied().flatten().next())
    }

    fn there(&self, side: usize) -> bool {
        self.scores.get(side).copied().flatten().is_some()
    }

    /// The score of each side; where one has none, that of the other.
    fn both(&self) -> Option<[f64; 2]> {
        match self.scores {
            [Some(a), Some(b)] => Some([a, b]),
            [Some(a), None] | [None, Some(a)] => Some([a, a]),
            [None, None] => None,
        }
    }
}

struct Walk<'w, 'a> {
    sides: [&'w Situation<'a>; 2],
    effects: Vec<Effect>,
    slopes: Vec<(usize, f64)>,
}

fn mean([a, b]: [f64; 2]) -> f64 {
    0.5 * (a + b)
}

impl<'a> Walk<'_, 'a> {
    fn add(&mut self, node: &str, part: impl FnOnce(&mut Effect)) {
        let place = self.effects.iter().position(|effect| effect.node == node).unwrap_or_else(|| {
            self.effects.push(Effect { node: node.to_owned(), ..Effect::default() });
            self.effects.len() - 1
        });
        if let Some(effect) = self.effects.get_mut(place) {
            part(effect);
        }
    }

    fn nodes(&self, [a, b]: [usize; 2]) -> Option<[&'a CompositeNode; 2]> {
        Some([self.sides[0].subject.definition.nodes().get(a)?, self.sides[1].subject.definition.nodes().get(b)?])
    }

    /// A node that both sides have with a score; `slope` is what the root moves by 1 of its score.
    fn node(&mut self, places: [usize; 2], slope: f64) -> Option<()> {
        let nodes = self.nodes(places)?;
        let families = [0, 1].map(|side| self.sides[side].families.get(places[side]).and_then(Option::as_ref));
        match families {
            [None, None] => self.leaf(places, nodes, slope),
            [Some(first), Some(second)] if first.inner.method == second.inner.method => {
                let pairs = self.pairs([first, second]);
                match inner(&pairs, [first, second]) {
                    Some(parts) => self.inner(nodes, &pairs, &parts, slope),
                    None => self.whole(places, nodes, |effect, moved| effect.value += slope * moved),
                }
            }
            _ => self.whole(places, nodes, |effect, moved| effect.structure += slope * moved),
        }
    }

    /// A node that is not looked into.
    fn whole(&mut self, places: [usize; 2], nodes: [&CompositeNode; 2], part: impl FnOnce(&mut Effect, f64)) -> Option<()> {
        let moved = self.sides[1].score(places[1])? - self.sides[0].score(places[0])?;
        self.add(nodes[1].code(), |effect| part(effect, moved));
        Some(())
    }

    fn pairs(&self, families: [&Family<'a>; 2]) -> Vec<Pair<'a>> {
        let mut pairs: Vec<Pair<'a>> = Vec::new();
        // The order of the second side, then what only the first has.
        for side in [1, 0] {
            for child in &families[side].children {
                let Some(node) = self.sides[side].subject.definition.nodes().get(child.place) else { continue };
                let place = pairs.iter().position(|pair| pair.code == node.code()).unwrap_or_else(|| {
                    let nothing = Pair {
                        code: node.code(),
                        places: [None; 2],
                        weights: [None; 2],
                        maxima: [None; 2],
                        counted: [false; 2],
                        scores: [None; 2],
                    };
                    pairs.push(nothing);
                    pairs.len() - 1
                });
                if let Some(pair) = pairs.get_mut(place) {
                    pair.places[side] = Some(child.place);
                    pair.weights[side] = Some(child.weight);
                    pair.maxima[side] = child.maximum;
                    pair.counted[side] = true;
                    pair.scores[side] = self.sides[side].score(child.place);
                }
            }
        }
        pairs
    }

    fn inner(&mut self, nodes: [&CompositeNode; 2], pairs: &[Pair<'a>], parts: &Parts, slope: f64) -> Option<()> {
        let (factors, offsets) = scale(nodes);
        let moved = mean(parts.raw) * (factors[1] - factors[0]) + offsets[1] - offsets[0];
        if moved != 0.0 {
            self.add(nodes[1].code(), |effect| effect.weights += slope * moved);
        }
        let slope = slope * mean(factors);
        for (pair, part) in pairs.iter().zip(&parts.of) {
            if part.weights != 0.0 || part.structure != 0.0 {
                self.add(pair.code, |effect| {
                    effect.weights += slope * part.weights;
                    effect.structure += slope * part.structure;
                });
            }
            if let [Some(a), Some(b)] = pair.places
                && pair.there(0)
                && pair.there(1)
            {
                self.node([a, b], slope * part.slope)?;
            }
        }
        Some(())
    }

    fn leaf(&mut self, places: [usize; 2], nodes: [&CompositeNode; 2], slope: f64) -> Option<()> {
        self.slopes.push((places[1], slope));
        let finals = [self.sides[0].score(places[0])?, self.sides[1].score(places[1])?];
        let scorers = [0, 1].map(|side| {
            let situation = self.sides[side];
            let column = situation.subject.definition.leaves().position(|(place, ..)| place == places[side])?;
            situation.actual.then(|| situation.subject.scorer(column)).flatten()
        });
        let mut effect = Effect { value: finals[1] - finals[0], ..Effect::default() };
        if let [Some((x, first)), Some((y, second))] = &scorers {
            // What a value is on the other side: its share of the other maximum, where points are given out of one.
            let maxima = [0, 1].map(|side| self.sides[side].subject.points(nodes[side]));
            let stretch = if let [Some(before), Some(after)] = maxima { after / before } else { 1.0 };
            let crossed = [first.score(y / stretch), second.score(x * stretch)].map(|score| score.unwrap_or(f64::NAN));
            let scored = [first.score(*x)?, crossed[0], crossed[1], second.score(*y)?];
            let [low, moved, held, high] = scored;
            let (factors, offsets) = scale(nodes);
            let factor = mean(factors);
            let goalposts = mean([held - low, high - moved]);
            // Where a value cannot be scored as the other side does, all of it counts as the value's.
            effect.goalposts = if goalposts.is_finite() { factor * goalposts } else { 0.0 };
            effect.weights = mean([low, high]) * (factors[1] - factors[0]) + offsets[1] - offsets[0];
            effect.value = factor * (high - low) - effect.goalposts;
        }
        self.add(nodes[1].code(), |sum| {
            sum.value += slope * effect.value;
            sum.goalposts += slope * effect.goalposts;
            sum.weights += slope * effect.weights;
        });
        Some(())
    }
}

/// Factors and offsets of the rescaling on both sides.
fn scale(nodes: [&CompositeNode; 2]) -> ([f64; 2], [f64; 2]) {
    let by = nodes.map(CompositeNode::rescale);
    (by.map(|by| by.map_or(1.0, |by| by.factor)), by.map(|by| by.map_or(0.0, |by| by.offset)))
}

/// What a child does to its parent before rescaling.
struct Part {
    /// By 1 of its own score.
    slope: f64,
    /// By its weight.
    weights: f64,
    /// By presence, its own or its siblings'.
    structure: f64,
}

/// What all children do, and the node's value before rescaling on both sides.
struct Parts {
    raw: [f64; 2],
    of: Vec<Part>,
}

/// None where the node cannot be looked into.
fn inner(pairs: &[Pair<'_>], families: [&Family<'_>; 2]) -> Option<Parts> {
    let method = families[1].inner.method;
    let present = |side: usize| pairs.iter().filter(|pair| pair.there(side)).count();
    let single = method != Aggregator::Copeland && present(0) == 1 && present(1) == 1 && families[1].inner.gap != Gap::Zero;
    let generator = Generator::of(method).or((single && method == Aggregator::Median).then_some(Generator::Identity));
    let Some(f) = generator else { return (method == Aggregator::Median).then(|| middle(pairs)).flatten() };
    let c = |weights: usize, presence: usize| coefficients(pairs, method, families[presence].inner.gap, weights, presence);
    let (own, crossed) = ([c(0, 0), c(1, 1)], [c(1, 0), c(0, 1)]);
    let both: Vec<Option<[f64; 2]>> = pairs.iter().map(Pair::both).collect();
    let value = |side: usize| {
        let terms = both.iter().zip(&own[side]).filter(|(_, c)| **c != 0.0);
        f.inverse(terms.filter_map(|(both, c)| Some(c * f.at((*both)?[side]))).sum())
    };
    let raw = [value(0), value(1)];
    let per = f.secant(raw[0], raw[1]);
    // Where coefficients sum to 1 on both sides, what is above the node's value gains by weight and what is below loses.
    let whole = own.iter().all(|c| (c.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    let centre = if whole { mean(raw.map(|x| f.at(x))) } else { 0.0 };
    let part = |place: usize, both: &Option<[f64; 2]>| {
        let at = |c: &[Vec<f64>; 2], side: usize| c[side].get(place).copied().unwrap_or(0.0);
        let Some([x, y]) = *both else { return Part { slope: 0.0, weights: 0.0, structure: 0.0 } };
        let (before, after) = (at(&own, 0), at(&own, 1));
        let change = after - before;
        let presence = mean([at(&crossed, 1) - before, after - at(&crossed, 0)]);
        let presence = if presence.is_finite() { presence } else { change };
        let level = (mean([f.at(x), f.at(y)]) - centre) / per;
        Part { slope: mean([before, after]) * f.secant(x, y) / per, weights: level * (change - presence), structure: level * presence }
    };
    let of: Vec<Part> = both.iter().enumerate().map(|(place, both)| part(place, both)).collect();
    let finite = raw.iter().chain(of.iter().flat_map(|part| [&part.slope, &part.weights, &part.structure])).all(|x| x.is_finite());
    finite.then_some(Parts { raw, of })
}

/// A median of the same children on both sides.
fn middle(pairs: &[Pair<'_>]) -> Option<Parts> {
    if pairs.iter().any(|pair| pair.there(0) != pair.there(1)) {
        return None;
    }
    let both: Vec<[f64; 2]> = pairs.iter().filter_map(Pair::both).collect();
    let side = |side: usize| both.iter().map(|both| both[side]).collect::<Vec<f64>>();
    let mut slopes = median_slopes(&side(0), &side(1))?.into_iter();
    let raw = [0, 1].map(|at| crate::composite::statistics::median(side(at).into_iter()).unwrap_or(f64::NAN));
    let part = |pair: &Pair<'_>| {
        let slope = if pair.there(0) { slopes.next().unwrap_or(0.0) } else { 0.0 };
        Part { slope, weights: 0.0, structure: 0.0 }
    };
    Some(Parts { raw, of: pairs.iter().map(part).collect() })
}

/// The coefficient `c` of each child by the weights of one side and the presence of another; 0 where it is not present.
#[allow(clippy::cast_precision_loss)]
fn coefficients(pairs: &[Pair<'_>], method: Aggregator, gap: Gap, weights: usize, presence: usize) -> Vec<f64> {
    let counted = || pairs.iter().filter(|pair| pair.counted[presence]);
    let there = || counted().filter(|pair| pair.there(presence));
    let sums = matches!(method, Aggregator::Sum | Aggregator::WeightedSum);
    let maxima = method == Aggregator::Sum && counted().all(|pair| pair.maximum(weights).is_some());
    let size = |pair: &Pair<'_>| match method {
        Aggregator::Sum if maxima => pair.maximum(weights).unwrap_or(0.0),
        Aggregator::Sum => 1.0,
        _ => pair.weight(weights),
    };
    let factor = match (sums, gap) {
        (true, Gap::Renormalise) => counted().map(size).sum::<f64>() / there().map(size).sum::<f64>(),
        (true, _) => 1.0,
        (false, Gap::Zero) => 1.0 / counted().map(size).sum::<f64>(),
        (false, _) => 1.0 / there().map(size).sum::<f64>(),
    };
    let own = |pair: &Pair<'_>| match method {
        Aggregator::Sum => 1.0,
        Aggregator::Median => 1.0 / factor,
        _ => pair.weight(weights),
    };
    let present = |pair: &Pair<'_>| pair.counted[presence] && pair.there(presence);
    pairs.iter().map(|pair| if present(pair) { factor * own(pair) } else { 0.0 }).collect()
}
