//! Weights that follow from the data or from experts.

use super::aggregate::scores;
use super::{Opposed, Record, StageError, State};
use crate::composite::coherence::covariance;
use crate::numeric::linear::first_vector;
use crate::schema::composite::{Aggregation, Budget, CompositeDefinition, CompositeNode, Loadings, Weighting};

/// Replaces the weights of the nodes concerned, from the leaves up.
pub(super) fn weight(
    weighting: &Weighting,
    definition: &CompositeDefinition,
    aggregation: &Aggregation,
    state: &mut State,
) -> Result<Record, StageError> {
    let given: Vec<f64> = definition.nodes().iter().map(CompositeNode::weight).collect();
    let mut opposed = Vec::new();
    match weighting {
        Weighting::Given => state.weights = given,
        Weighting::Equal => state.weights = vec![1.0; given.len()],
        Weighting::Budget(budget) => {
            state.weights = given;
            allocate(budget, definition, &mut state.weights);
        }
        Weighting::Pca { nodes, loadings } => {
            let found = |block: &Block| principal(block, *loadings, &mut opposed);
            from_correlations(nodes, definition, aggregation, state, found)?;
        }
        Weighting::Correlation { nodes, iterations } => {
            let found = |block: &Block| block.balanced(*iterations).ok_or_else(|| StageError::NoCorrelation { node: block.node.clone() });
            from_correlations(nodes, definition, aggregation, state, found)?;
        }
    }
    Ok(Record::Weighted { weights: state.weights.clone(), opposed })
}

/// The mean of the shares that the experts give to the children of a node, of those experts who give any.
#[allow(clippy::cast_precision_loss)] // a list of experts
fn allocate(budget: &Budget, definition: &CompositeDefinition, weights: &mut [f64]) {
    for node in definition.nodes() {
        let points = |expert: &std::collections::BTreeMap<String, f64>, place: usize| {
            definition.nodes().get(place).and_then(|child| expert.get(child.code())).copied().unwrap_or(0.0)
        };
        let total =
            |expert: &std::collections::BTreeMap<String, f64>| node.children().iter().map(|child| points(expert, *child)).sum::<f64>();
        let voters: Vec<_> = budget.experts.iter().filter(|expert| total(expert) > 0.0).collect();
        if voters.is_empty() {
            continue;
        }
        for child in node.children() {
            let sum: f64 = voters.iter().map(|expert| points(expert, *child) / total(expert)).sum();
            if let Some(weight) = weights.get_mut(*child) {
                *weight = sum / voters.len() as f64;
            }
        }
    }
}

/// The children of a node: their covariances over the rows, and the weights that the definition gives them.
struct Block {
    node: String,
    children: Vec<String>,
    size: usize,
    covariance: Vec<f64>,
    given: Vec<f64>,
}

/// Finds weights node by node, each from the scores that the weights found below it give.
fn from_correlations(
    only: &[String],
    definition: &CompositeDefinition,
    aggregation: &Aggregation,
    state: &mut State,
    mut find: impl FnMut(&Block) -> Result<Vec<f64>, StageError>,
) -> Result<(), StageError> {
    for node in definition.nodes().iter().rev() {
        let children: Vec<usize> =
            node.children().iter().copied().filter(|place| definition.nodes().get(*place).is_some_and(CompositeNode::scored)).collect();
        if children.len() < 2 || !(only.is_empty() || only.iter().any(|code| code == node.code())) {
            continue;
        }
        let missing = || StageError::NoCorrelation { node: node.code().to_owned() };
        let scores = scores(aggregation, definition, state)?;
        let code = |place: &usize| definition.nodes().get(*place).map_or("", CompositeNode::code).to_owned();
        let constant: Vec<String> = children.iter().filter(|child| !varies(scores.column(**child))).map(code).collect();
        if !constant.is_empty() {
            return Err(StageError::Constant { node: node.code().to_owned(), children: constant });
        }
        let whole: Vec<usize> = (0..scores.rows()).filter(|row| children.iter().all(|child| scores.get(*row, *child).is_some())).collect();
        let columns: Vec<Vec<f64>> =
            children.iter().map(|child| whole.iter().map(|row| scores.get(*row, *child).unwrap_or(f64::NAN)).collect()).collect();
        let cells = columns.iter().flat_map(|a| columns.iter().map(move |b| covariance(a, b)));
        let covariance: Vec<f64> = cells.collect::<Option<_>>().ok_or_else(missing)?;
        let size = children.len();
        let flat = |place: &usize| covariance[place * (size + 1)] <= 0.0;
        let constant: Vec<String> = (0..size).filter(flat).filter_map(|place| children.get(place)).map(code).collect();
        if !constant.is_empty() {
            return Err(StageError::Constant { node: node.code().to_owned(), children: constant });
        }
        let given = children.iter().map(|child| state.weights.get(*child).copied().unwrap_or(0.0)).collect();
        let found = find(&Block { node: node.code().to_owned(), children: children.iter().map(code).collect(), size, covariance, given })?;
        for (child, weight) in children.iter().zip(found) {
            if let Some(cell) = state.weights.get_mut(*child) {
                *cell = weight;
            }
        }
    }
    Ok(())
}

/// Whether there are two values that differ.
fn varies(column: &[f64]) -> bool {
    let mut there = column.iter().filter(|value| !value.is_nan());
    there.next().is_some_and(|first| there.any(|other| other.to_bits() != first.to_bits()))
}

/// What a loading below 0 may owe to rounding.
const ROUNDING: f64 = 1e-9;

/// # Formula
/// The first eigenvector of the correlation matrix, its sign such that its sum is positive; or its squares, which sum to 1.
/// OECD/JRC, Handbook on Constructing Composite Indicators (2008), §6.1.
///
/// A child that goes against the others has a loading below 0. As a raw weight it would take the mean off its scale, up to a sum of
/// weights of 0: that is refused. Its square drops the sign: that is told in `opposed`.
fn principal(block: &Block, loadings: Loadings, opposed: &mut Vec<Opposed>) -> Result<Vec<f64>, StageError> {
    let k = block.size;
    let sd: Vec<f64> = (0..k).map(|place| block.covariance[place * (k + 1)].sqrt()).collect();
    let correlation: Vec<f64> = block.covariance.iter().enumerate().map(|(cell, value)| value / (sd[cell / k] * sd[cell % k])).collect();
    let vector = first_vector(&correlation, k);
    let named = || block.children.iter().cloned().zip(vector.iter().copied());
    let against: Vec<(String, f64)> = named().filter(|(_, loading)| *loading < -ROUNDING).collect();
    match loadings {
        Loadings::Raw if !against.is_empty() => {
            let opposed = against.into_iter().map(|(child, _)| child).collect();
            Err(StageError::Opposed { node: block.node.clone(), opposed, loadings: named().collect() })
        }
        Loadings::Raw => Ok(vector.into_iter().map(|loading| loading.max(0.0)).collect()),
        Loadings::Squared => {
            opposed.extend(against.into_iter().map(|(child, loading)| Opposed { node: block.node.clone(), child, loading }));
            Ok(vector.iter().map(|loading| loading * loading).collect())
        }
    }
}

impl Block {
    /// Weights, not negative and summing to 1, under which the correlations of the children with their weighted sum stand in
    /// the proportion of the weights given.
    ///
    /// # Formula
    /// `ρ_i = (C w)_i / (s_i √(wᵀ C w))`; a child whose share of `Σ ρ` is too small for its given share gains weight in
    /// proportion to the square root of the ratio, until nothing moves. Paruolo, Saisana and Saltelli (2013), JRSS A 176(3).
    fn balanced(&self, iterations: u32) -> Option<Vec<f64>> {
        let total: f64 = self.given.iter().sum();
        let goal: Vec<f64> = self.given.iter().map(|weight| weight / total).collect();
        let mut weights = goal.clone();
        for _ in 0..iterations {
            let shares = self.shares(&weights)?;
            let ratio = |place: usize| if shares[place] > 0.0 { goal[place] / shares[place] } else { 4.0 };
            let raw: Vec<f64> = weights.iter().enumerate().map(|(place, weight)| weight * ratio(place).clamp(0.25, 4.0).sqrt()).collect();
            let sum: f64 = raw.iter().sum();
            let next: Vec<f64> = raw.iter().map(|weight| weight / sum).collect();
            let moved = weights.iter().zip(&next).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            weights = next;
            if moved < 1e-14 {
                break;
            }
        }
        weights.iter().all(|weight| weight.is_finite()).then_some(weights)
    }

    /// The correlations of the children with their weighted sum, as shares of their sum.
    fn shares(&self, weights: &[f64]) -> Option<Vec<f64>> {
        let k = self.size;
        let with_sum = |place: usize| (0..k).map(|other| self.covariance[place * k + other] * weights[other]).sum::<f64>();
        let raw: Vec<f64> = (0..k).map(|place| with_sum(place) / self.covariance[place * (k + 1)].sqrt()).collect();
        let total: f64 = raw.iter().sum();
        (total > 0.0).then(|| raw.iter().map(|share| share / total).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(size: usize, covariance: Vec<f64>) -> Block {
        let children = (0..size).map(|place| format!("c{place}")).collect();
        Block { node: "N".to_owned(), children, size, covariance, given: vec![1.0; size] }
    }

    #[test]
    fn a_child_that_goes_against_the_others_is_refused_raw_and_told_squared() {
        // Correlations 0.8 between the first two, -0.8 of both with the third: loadings (1, 1, -1)/√3.
        let block = block(3, vec![1.0, 0.8, -0.8, 0.8, 1.0, -0.8, -0.8, -0.8, 1.0]);
        let refused = principal(&block, Loadings::Raw, &mut Vec::new()).unwrap_err();
        assert!(matches!(&refused, StageError::Opposed { opposed, .. } if opposed == &["c2"]), "{refused}");
        let mut opposed = Vec::new();
        let squared = principal(&block, Loadings::Squared, &mut opposed).unwrap();
        assert!(squared.iter().all(|weight| (weight - 1.0 / 3.0).abs() < 1e-12), "{squared:?}");
        assert_eq!((opposed.len(), opposed[0].child.as_str()), (1, "c2"));
        assert!((opposed[0].loading + 3.0_f64.sqrt().recip()).abs() < 1e-12);
    }

    #[test]
    fn given_equal_and_budgeted_weights_replace_each_other() {
        use crate::composite::Table;
        use crate::schema::composite::sample::{composite, definition};
        let definition = definition(&composite());
        let Some(crate::schema::composite::Stage::Aggregate(aggregation)) = definition.pipeline().last() else { panic!("it aggregates") };
        let mut state = Table::default().state(&definition);
        let mut weights = |weighting: Weighting| {
            weight(&weighting, &definition, aggregation, &mut state).unwrap();
            ["COST", "PLAN", "days", "shops"].map(|code| state.weights.get(definition.position(code).unwrap()).copied())
        };
        assert_eq!(weights(Weighting::Equal), [Some(1.0); 4]);
        assert_eq!(weights(Weighting::Given), [0.6, 0.4, 1.0, 1.0].map(Some));
        let expert = |points: &[(&str, f64)]| points.iter().map(|(code, points)| ((*code).to_owned(), *points)).collect();
        let experts =
            vec![expert(&[("COST", 70.0), ("PLAN", 30.0)]), expert(&[("COST", 1.0), ("PLAN", 1.0), ("days", 3.0), ("shops", 1.0)])];
        assert_eq!(
            weights(Weighting::Budget(Budget { experts })),
            [0.6, 0.4, 0.75, 0.25].map(Some),
            "the second expert alone speaks of days and shops"
        );
    }

    #[test]
    fn weights_need_units_with_a_value_of_every_child() {
        use crate::composite::Table;
        use crate::schema::composite::sample::{composite, definition};
        let definition = definition(&composite());
        let Some(crate::schema::composite::Stage::Aggregate(aggregation)) = definition.pipeline().last() else { panic!("it aggregates") };
        let mut state = Table::default().state(&definition);
        let pca = Weighting::Pca { nodes: Vec::new(), loadings: Loadings::Raw };
        let error = weight(&pca, &definition, aggregation, &mut state).unwrap_err();
        assert!(matches!(error, StageError::Constant { .. }), "{error}");
    }

    #[test]
    fn balanced_weights_make_the_correlations_equal() {
        let block = block(3, vec![4.0, 1.0, 0.5, 1.0, 1.0, 0.2, 0.5, 0.2, 9.0]);
        let weights = block.balanced(10_000).unwrap();
        for share in block.shares(&weights).unwrap() {
            assert!((share - 1.0 / 3.0).abs() < 1e-10, "{share}");
        }
    }

    #[test]
    fn two_standardised_children_are_alike_and_squares_sum_to_one() {
        let block = block(2, vec![4.0, 3.0, 3.0, 9.0]);
        let raw = principal(&block, Loadings::Raw, &mut Vec::new()).unwrap();
        assert!(raw.iter().all(|loading| (loading - 0.5_f64.sqrt()).abs() < 1e-14));
        let squared = principal(&block, Loadings::Squared, &mut Vec::new()).unwrap();
        assert!((squared.iter().sum::<f64>() - 1.0).abs() < 1e-14);
    }
}
