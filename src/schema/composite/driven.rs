//! Which stages take the values of all units into the score of each.

use super::{Aggregation, Aggregator, CompositeDefinition, Indicator, Normalisation, Stage, Weighting};

impl CompositeDefinition {
    /// The first stage that lets the value of one unit decide what another scores by a leaf, or by a node above it: least and greatest values,
    /// means, ranks, weights from correlations. Between fixed goalposts each unit is scored by itself.
    #[must_use]
    pub fn driven_by_data(&self, leaf: &str) -> Option<&'static str> {
        let indicator = self.nodes().get(self.position(leaf)?)?.indicator()?;
        let driven = |stage: &&Stage| match stage {
            // Also from what a unit had before: a value that was hidden then would be told now.
            Stage::Impute(_) => true,
            Stage::Treat(treat) => !treat.skip.iter().any(|skipped| skipped == leaf),
            Stage::Normalise(normaliser) => {
                let own = indicator.normalise.as_ref().unwrap_or(normaliser);
                !is_fixed(&own.method, indicator)
            }
            Stage::Weight(weighting) => matches!(weighting, Weighting::Pca { .. } | Weighting::Correlation { .. }),
            Stage::Aggregate(aggregation) => compares(aggregation),
            Stage::Screen(_) | Stage::Denominate => false,
        };
        self.pipeline().iter().find(driven).map(Stage::name)
    }
}

fn is_fixed(method: &Normalisation, indicator: &Indicator) -> bool {
    match method {
        Normalisation::AsGiven | Normalisation::Points | Normalisation::Steps { .. } => true,
        Normalisation::MinMax { .. } => indicator.goalposts.low.is_some() && indicator.goalposts.high.is_some(),
        Normalisation::ZScore { .. }
        | Normalisation::Rank
        | Normalisation::PercentileRank
        | Normalisation::Borda
        | Normalisation::DistanceToMaximum
        | Normalisation::DistanceToReference { .. }
        | Normalisation::DistanceToTarget { .. }
        | Normalisation::FractionOfMaximum
        | Normalisation::RatioToBest { .. } => false,
    }
}

/// Whether units are compared with each other where children are combined.
fn compares(aggregation: &Aggregation) -> bool {
    let all = std::iter::once(&aggregation.method).chain(aggregation.by_depth.iter().map(|level| &level.method));
    all.into_iter().any(|method| *method == Aggregator::Copeland)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::schema::composite::sample::{definition, text};

    fn driven(stages: &[Value], indicator: &Value) -> Option<&'static str> {
        let aggregate = json!({ "stage": "aggregate", "method": "arithmetic" });
        let mut pipeline = stages.to_vec();
        if !pipeline.iter().any(|stage| stage["stage"] == "aggregate") {
            pipeline.push(aggregate);
        }
        let leaf = |code: &str, indicator: &Value| json!({ "code": code, "label": text(code), "weight": 1.0, "indicator": indicator });
        let read = definition(&json!({
            "kind": "composite", "code": "one", "edition": "2025", "title": text("x"), "pipeline": pipeline,
            "tree": { "code": "ALL", "label": text("x"), "children": [leaf("x", indicator), leaf("y", &json!({}))] },
        }));
        read.driven_by_data("x")
    }

    #[test]
    fn fixed_goalposts_leave_each_unit_to_itself_and_statistics_of_all_do_not() {
        let normalise = |method: Value| {
            let mut stage = json!({ "stage": "normalise" });
            stage.as_object_mut().unwrap().extend(method.as_object().unwrap().clone());
            stage
        };
        let none = json!({});
        let min_max = normalise(json!({ "method": "min_max" }));
        assert_eq!(driven(&[normalise(json!({ "method": "as_given" }))], &none), None);
        assert_eq!(driven(std::slice::from_ref(&min_max), &json!({ "goalposts": { "low": 0, "high": 100 } })), None);
        assert_eq!(driven(std::slice::from_ref(&min_max), &none), Some("normalise"));
        assert_eq!(driven(std::slice::from_ref(&min_max), &json!({ "goalposts": { "low": 0 } })), Some("normalise"));
        for method in ["z_score", "rank", "percentile_rank", "borda", "distance_to_maximum"] {
            assert_eq!(driven(&[normalise(json!({ "method": method }))], &none), Some("normalise"), "{method}");
        }
        let given = || normalise(json!({ "method": "as_given" }));
        assert_eq!(driven(&[json!({ "stage": "impute", "method": "centre", "of": "mean" }), given()], &none), Some("impute"));
        assert_eq!(driven(&[json!({ "stage": "treat" }), given()], &none), Some("treat"));
        assert_eq!(driven(&[json!({ "stage": "treat", "skip": ["x"] }), given()], &none), None);
        assert_eq!(driven(&[given(), json!({ "stage": "weight", "method": "pca" })], &none), Some("weight"));
        assert_eq!(driven(&[given(), json!({ "stage": "weight", "method": "equal" })], &none), None);
        assert_eq!(driven(&[given(), json!({ "stage": "aggregate", "method": "copeland" })], &none), Some("aggregate"));
    }
}
